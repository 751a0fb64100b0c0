"""What a network makes of pictures: the classifier in whose eyes they are scored, and its features batch by batch."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artlib.cache import digest
from artlib.papers.artist_gan.scores.feature_statistics import SAMPLE, SPLITS, FeatureStatistics, ScoreError, Source

if TYPE_CHECKING:
    from artlib.nets import Network
    from artlib.pixels import Pictures


def feature_extractor(weights: str = "auto") -> "Network":
    """The classifier in whose eyes pictures are scored, its last layer included, in evaluation mode.

    Scores of two extractors do not compare. Source: Xu et al. 2018, section 5 (which take ImageNet's ResNet34).

    Parameters
    ----------
    weights : "photographs" (a small network that learned 34 drawn objects, places and surfaces), a file of an ImageNet
        network (safetensors, in the library's or our names), or "auto": a file called ``NAME-imagenet.safetensors`` in
        ``data/weights`` or the cache where there is one, else photographs.

    Raises
    ------
    WeightsError : when the file does not fit.
    """
    from artlib import nets
    from artlib.nets import weights as stored

    given = _found_weights() if weights == "auto" else weights
    drawn = given == "photographs"
    name = "resnet18_s" if drawn else Path(given).stem.removesuffix("-imagenet")
    file = stored.find(name, given)
    network = nets.create(name, stored.outputs_of(nets.create(name, 1), file))
    stored.load(network, file, head=True)
    # Told by their name, not by where the file lies.
    network.provenance = {**network.provenance, "network": name, "weights": given if drawn else "imagenet"}
    return network.eval()


def _found_weights() -> str:
    from artlib import paths

    for folder in (paths.data() / "weights", paths.cache() / "weights"):
        found = sorted(folder.glob("*-imagenet.safetensors"))
        if found:
            return str(found[0])
    return "photographs"


def extract_features(
    network: "Network", batches: Iterable[np.ndarray], size: int | None = None
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """What a network makes of pictures, batch by batch; it stays in its mode.

    Parameters
    ----------
    batches : uint8 (B, H, W, 3).
    size : pixels to scale to first (antialiased); None: as they are.

    Yields
    ------
    Pixels a side, features (B, D) of its body, and class probabilities (B, K) of its head.
    """
    import torch
    from torch.nn import functional as F

    from artlib.nets import evaluating

    device = next(network.parameters()).device
    with evaluating(network):
        for batch in batches:
            if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[-1] != 3:
                raise ScoreError(f"Pictures come as uint8 (B, H, W, 3), not as {batch.dtype} {batch.shape}.")
            with torch.inference_mode():
                x = torch.from_numpy(np.ascontiguousarray(batch)).to(device).permute(0, 3, 1, 2).float() / 255
                if not size and x.shape[-1] != x.shape[-2]:
                    raise ScoreError(f"Pictures of {x.shape[-1]} x {x.shape[-2]} px are no squares: give a size.")
                if size and x.shape[-2:] != (size, size):
                    x = F.interpolate(x, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
                features = network.body(network.normalize(x))
                shares = network.head(features).softmax(1)
            yield x.shape[-1], features.float().cpu().numpy(), shares.float().cpu().numpy()


def statistics_of(
    network: "Network",
    batches: Iterable[np.ndarray],
    size: int | None = None,
    sample: int = SAMPLE,
    splits: int = SPLITS,
    seed: int = 0,
    class_covariance: bool = False,
) -> FeatureStatistics:
    """Statistics of what a classifier makes of batches of pictures, uint8 (B, H, W, 3). Chapter: painting generation.

    Parameters
    ----------
    network, batches, size : as in `extract_features`.
    sample, splits, seed, class_covariance : as in `FeatureStatistics`; fewer splits where they would have less than ten
        pictures each.
    """
    splits = max(1, min(splits, sample // 10))
    gathered = None
    for pixels, features, shares in extract_features(network, batches, size):
        if gathered is None:
            source = source_of(network, pixels)
            gathered = FeatureStatistics(source, sample, splits, seed, class_covariance=class_covariance)
        if pixels != gathered.source.pixels:
            raise ScoreError(f"Pictures of {gathered.source.pixels} and of {pixels} px in one set: give a size.")
        gathered.add(features, shares)
    if gathered is None:
        raise ScoreError("There is no picture to score.")
    return gathered


def source_of(network: "Network", pixels: int) -> Source:
    """The Source of features that this network, as it is now, makes of pictures of so many pixels."""
    return Source(network.name, str(network.provenance.get("weights", "none")), int(pixels), digest(network)[:8])


def batches_of(pictures: "Pictures", rows: Iterable[int], batch_size: int = 256) -> Iterator[np.ndarray]:
    """Rows of pixels.Pictures as batches for ``statistics_of``, (B, S, S, 3) uint8."""
    rows = np.asarray(list(rows), dtype="int64")
    for start in range(0, len(rows), batch_size):
        yield np.asarray(pictures.pixels[rows[start : start + batch_size]])

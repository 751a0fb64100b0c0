"""Features of a frozen body, computed once and cached: float16, mapped from disk in parts, by pictures and weights.

While nothing before the heads learns, the body says the same of a picture in every epoch. Source: Strezoski and
Worring, section 3.3 (only the added layers learn). Chapter: omniart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from artlib import cache, loaders, paths
from artlib.cache import digest
from artlib.errors import ArtlibError, one_of
from artlib.learners import linear, shards
from artlib.nets import Network, evaluating
from artlib.nets.levels import BODY
from artlib.nets.levels import levels as levels_at

if TYPE_CHECKING:
    from artlib.pixels import Pictures

_LARGEST = float(np.finfo("float16").max)


class FeatureCacheError(ArtlibError):
    """Features that cannot be computed, or used with these pictures and this network."""


@dataclass(frozen=True)
class View:
    """One way to show a picture to the body: ``change`` maps (B, 3, H, W), RGB in 0..1, to the same shape.

    ``key`` changes with whatever changes what comes out (a mean that was measured, for instance).
    """

    name: str
    change: Callable[[torch.Tensor], torch.Tensor] = field(repr=False)
    key: str = ""


PLAIN = View("plain", torch.positive)  # functions with a name, so that a learner can be pickled
MIRROR = View("mirror", partial(torch.flip, dims=(-1,)))


def rotated(degrees: float) -> View:
    """Pictures turned about their middle, the corners filled by the nearest edge (section 4.2 tries rotations)."""

    def turn(x: torch.Tensor) -> torch.Tensor:
        angle = torch.tensor(np.deg2rad(degrees), dtype=x.dtype)
        c, s = torch.cos(angle), torch.sin(angle)
        matrix = torch.stack([torch.stack([c, -s, c * 0]), torch.stack([s, c, c * 0])]).to(x.device)
        grid = torch.nn.functional.affine_grid(matrix.expand(len(x), 2, 3), list(x.shape), align_corners=False)
        return torch.nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)

    return View(f"rotated by {degrees:g}", turn)


def less_mean(pictures: Pictures, rows: Sequence[int]) -> View:
    """Pictures less the mean picture of these (training) rows, about middle grey (section 4.2: mean subtraction)."""
    mean = np.zeros(pictures.pixels.shape[1:], dtype="float64")
    for row in rows:
        mean += pictures.pixels[row]
    centre = torch.from_numpy(mean / (255 * len(rows))).permute(2, 0, 1).float()
    return View("less mean", lambda x: x - centre.to(x.device) + 0.5, digest(centre))


def whitened(pictures: Pictures, rows: Sequence[int], floor: float = 0.01) -> View:
    """Pictures with decorrelated pixels (ZCA whitening, section 4.2), fitted on these (training) rows.

    ``floor``, a share of the largest variance, is added to all; the result has a deviation of 0.25 about 0.5.
    """
    flat = np.stack([pictures.pixels[row].reshape(-1) for row in rows]).astype("float32") / 255
    mean = flat.mean(0)
    centred = flat - mean
    # Fewer pictures than pixels: the eigenvectors come from the small matrix of products between pictures.
    variances, turned = np.linalg.eigh(centred @ centred.T / len(rows))
    known = variances > 1e-6 * variances[-1]
    variances, turned = variances[known], turned[:, known]
    axes = (centred.T @ turned) / np.sqrt(variances * len(rows))
    gains = 1 / np.sqrt(variances + floor * variances[-1])
    scale = 0.25 / max(float(((centred @ axes) * gains @ axes.T).std()), 1e-9)
    mean_t, axes_t, gains_t = torch.from_numpy(mean), torch.from_numpy(axes), torch.from_numpy(gains * scale)

    def whiten(x: torch.Tensor) -> torch.Tensor:
        columns = (x.permute(0, 2, 3, 1).flatten(1).cpu() - mean_t) @ axes_t
        made = (columns * gains_t) @ axes_t.T + 0.5
        return made.unflatten(1, (x.shape[2], x.shape[3], 3)).permute(0, 3, 1, 2).to(x.device)

    return View("whitened", whiten, digest(mean, gains))


@dataclass(frozen=True)
class CachedFeatures:
    """Features (N, views, D) float16, mapped from disk; row i belongs to row i of the pictures' works.

    ``facts`` say of which pictures, weights, views and levels they are.
    """

    values: np.ndarray | shards.Shards = field(repr=False)
    views: tuple[View, ...]
    facts: dict[str, Any]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels of the body that stand side by side."""
        return tuple(self.facts["levels"])

    def check(
        self, network: Network, pictures: Pictures, levels: Sequence[str] = (BODY,), *, crop: int | None = None
    ) -> None:
        """Raise FeatureCacheError where they are of other pictures, weights, levels or another crop."""
        for name, value in _facts(network, pictures, self.views, levels, crop).items():
            if self.facts[name] != value:
                raise FeatureCacheError(
                    f"These features were computed with other {name} ({self.facts[name]}) than these ({value}): they "
                    "say nothing about them. Cache the features again (artlib.learners.feature_cache.cache_features)."
                )


def cache_features(
    network: Network,
    pictures: Pictures,
    views: Sequence[View] = (PLAIN,),
    levels: Sequence[str] = (BODY,),
    *,
    crop: int | None = None,
    batch_size: int = 64,
) -> CachedFeatures:
    """The body's features of all pictures, from the cache where they were computed before; in parts of 8,192 pictures.

    Parameters
    ----------
    views : ways to show a picture. levels : of the body (``nets.levels``). crop : the middle so many pixels.

    Raises
    ------
    FeatureCacheError : features that float16 cannot hold, or no pictures.
    """
    if not len(pictures.works):
        raise FeatureCacheError("There is no picture to compute features of.")
    facts = _facts(network, pictures, views, levels, crop)

    def make(rows: Sequence[int]) -> np.ndarray:
        return _computed(network, pictures, rows, views, levels, crop, batch_size)

    key = cache.key("features", facts, code=("learners/feature_cache.py", "nets", "loaders"))
    values = shards.filled(paths.cache() / "features" / key, len(pictures.works), make, facts)
    return CachedFeatures(values, tuple(views), facts)


def _facts(
    network: Network, pictures: Pictures, views: Sequence[View], levels: Sequence[str], crop: int | None
) -> dict[str, Any]:
    """What features depend on, in words: pictures, weights, views, levels, crop."""
    return {
        "pictures": pictures.key,
        "weights": f"{network.name} {linear.digest(network)}",
        "views": [f"{view.name} {view.key}".strip() for view in views],
        "levels": list(levels),
        "crop": crop,
    }


def _computed(network, pictures, rows, views, names, crop, batch_size) -> np.ndarray:
    made = []
    with evaluating(network), torch.inference_mode():
        for x in loaders.batches_of(network, pictures, rows, crop, batch_size):
            found = torch.stack([levels_at(network, view.change(x), names) for view in views], 1)
            made.append(as_half(found, network.name))
    return np.concatenate(made)


def as_half(found: torch.Tensor, network: str) -> np.ndarray:
    """Features in half precision. Raises FeatureCacheError where it cannot hold them."""
    values = found.cpu().numpy()
    if not np.isfinite(values).all() or np.abs(values).max(initial=0) > _LARGEST:
        raise FeatureCacheError(
            f"The features of {network} hold numbers beyond {_LARGEST:g}, which half precision cannot "
            "keep. Are these weights trained, and the pictures in 0..1?"
        )
    return values.astype("float16")


PREPARATIONS = ("plain", "mirror", "rotation", "mean", "whitening")


def views(preparation: str, pictures: Pictures, rows: Sequence[int], degrees: float = 10) -> tuple[View, ...]:
    """The views of a preparation of section 4.2: training chooses among them, the first is tested.

    rows: training works, on which a mean or a whitening is measured. Raises FeatureCacheError for an unknown name.
    """
    one_of(preparation, PREPARATIONS, f"Unknown preparation {preparation!r}", FeatureCacheError)
    if preparation == "mean":
        return (less_mean(pictures, rows),)
    if preparation == "whitening":
        return (whitened(pictures, rows),)
    fixed = {"plain": (), "mirror": (MIRROR,), "rotation": (rotated(degrees), rotated(-degrees))}
    return (PLAIN, *fixed[preparation])

"""How good generated pictures are: the scores of Xu et al. 2018, which the poster cites, and precision and recall.

All are computed from what one network makes of the pictures, so the numbers of two networks do not compare:
``FeatureStatistics`` carry their `Source`, and scores across sources are refused. They are filled batch by batch and
take the same memory for a thousand pictures as for a million: running means and covariances in float64, sums of class
probabilities, and a random sample of fixed size for the scores that need pairs of pictures.

**Small samples.** The Frechet distance of few pictures is too large, most with many features: two sets of one
distribution are never at distance 0, and the excess falls about as 1/n (Chong and Forsyth 2020). The inception score of
few pictures is too small for its number of classes, precision and recall too large, the Wasserstein distance too large.
So compare only sets of equal size, and give beside each score that of real pictures against other real pictures.
Kernel MMD is unbiased. What the poster's formulas and its borrowed code compute is in ``papers.artist_gan.measures``.
"""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from artlib import nets, paths
from artlib.cache import digest
from artlib.errors import one_of
from artlib.nets import Network, evaluating
from artlib.nets import weights as stored
from artlib.papers.artist_gan.feature_statistics import (
    SAMPLE,
    SPLITS,
    TINY,
    FeatureStatistics,
    Moments,
    ScoreError,
    ScoreWarning,
    Source,
    centred,
    comparable,
    negative_entropy,
    samples_of,
)
from artlib.pixels import Pictures

_SOME = 1024  # pictures a side among which the median distance is taken


# --- what a network makes of pictures --------------------------------------------------------------------------


def feature_extractor(weights: str = "auto") -> Network:
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
    found = (file for folder in paths.weights("") for file in sorted(folder.glob("*-imagenet.safetensors")))
    return str(next(found, "photographs"))


def extract_features(
    network: Network, batches: Iterable[np.ndarray], size: int | None = None
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
    network: Network,
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


def source_of(network: Network, pixels: int) -> Source:
    """The Source of features that this network, as it is now, makes of pictures of so many pixels."""
    return Source(network.name, str(network.provenance.get("weights", "none")), int(pixels), digest(network)[:8])


def batches_of(pictures: Pictures, rows: Iterable[int], batch_size: int = 256) -> Iterator[np.ndarray]:
    """Rows of pixels.Pictures as batches for ``statistics_of``, (B, S, S, 3) uint8."""
    rows = np.asarray(list(rows), dtype="int64")
    for start in range(0, len(rows), batch_size):
        yield np.asarray(pictures.pixels[rows[start : start + batch_size]])


# --- the scores ------------------------------------------------------------------------------------------------


def all_scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """All scores of generated against real pictures, by name, for histories and records.

    Those of pairs (all after the Frechet distance) are computed on the samples.
    """
    comparable(real, fake)
    mean, deviation = inception_score(fake)
    neighbours = neighbour_accuracy(real, fake)
    precision, recall = precision_recall(real, fake)
    return {
        "inception_score": mean,
        "inception_score_deviation": deviation,
        "mode_score": mode_score(real, fake),
        "frechet_distance": frechet_distance(real, fake),
        "kernel_mmd": kernel_mmd(real, fake),
        "wasserstein": wasserstein(real, fake),
        "neighbour_accuracy": neighbours["all"],
        "neighbour_accuracy_real": neighbours["real"],
        "neighbour_accuracy_fake": neighbours["fake"],
        "precision": precision,
        "recall": recall,
        "copied": memorisation(real, fake),
    }


# --- class probabilities -------------------------------------------------------------------------------------


def inception_score(fake: FeatureStatistics) -> tuple[float, float]:
    """``exp(E KL(p(y|x) || p(y)))``, mean and (population) deviation over the splits (Salimans et al. 2016).

    From 1 to the number of classes. Pictures are dealt out to the splits in turn.
    """
    information(fake)  # says clearly what is missing
    if fake.n < fake.splits:
        raise ScoreError(f"{fake.n} pictures cannot fill {fake.splits} splits: use more pictures or fewer splits.")
    n, entropy, sums = fake.dealt[:, 0], fake.dealt[:, 1], fake.dealt[:, 2:]
    each = np.exp(entropy / n - negative_entropy(sums / n[:, None]))
    return float(each.mean()), float(each.std())


def information(fake: FeatureStatistics) -> float:
    """``E KL(p(y|x) || p(y))`` over all pictures at once: what a picture tells about its class, in nats."""
    return float(-negative_entropy(fake.marginal) + fake.dealt[:, 1].sum() / fake.n)


def mode_score(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """``exp(E KL(p(y|x) || p(y)) - KL(p(y) || p(y*)))``, y* of real pictures (Che et al. 2017; Xu et al. 2018).

    Over all pictures at once. With p(y*) in the first term it would be the inception score exactly.
    """
    comparable(real, fake)
    shares, wanted = fake.marginal, real.marginal
    divergence = float((shares * (np.log(shares + TINY) - np.log(wanted + TINY))).sum())
    return float(np.exp(information(fake) - divergence))


# --- means and covariances -----------------------------------------------------------------------------------


def frechet_distance(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """``|mu_r - mu_g|^2 + Tr(C_r + C_g - 2 (C_r C_g)^(1/2))`` between the features (Heusel et al. 2017).

    Warns when there are fewer pictures than features.
    """
    return sum(frechet_terms(real, fake))


def frechet_terms(real: FeatureStatistics, fake: FeatureStatistics) -> tuple[float, float]:
    """The squared distance of the features' means, and the term of their covariances; warns as `frechet_distance`."""
    comparable(real, fake)
    fewest, width = min(real.n, fake.n), real.features.width
    if fewest < width:
        warnings.warn(
            f"{fewest:,} pictures and {width:,} features: the covariance of so few has no full rank, and the Frechet "
            f"distance is far too large. Use {width + 1:,} pictures or more, a network with fewer features, or compare "
            "only with sets of the same size (real against real among them).",
            ScoreWarning,
            stacklevel=3,
        )
    return moment_terms(real.features, fake.features)


def moment_terms(real: Moments, fake: Moments) -> tuple[float, float]:
    """The squared distance of the means, and the term of the covariances; neither below 0."""
    shift = float(((real.mean - fake.mean) ** 2).sum())
    a, b = real.covariance, fake.covariance
    spread = np.trace(a) + np.trace(b) - 2 * _trace_of_root(a, b)
    return shift, max(0.0, float(spread))


def _trace_of_root(a: np.ndarray, b: np.ndarray) -> float:
    """Tr (AB)^(1/2) of two covariances: the roots of the eigenvalues of F'BF, where FF' = A; they are those of AB.

    F'BF is symmetric, which makes its eigenvalues real and several times cheaper than those of AB; no matrix root is
    taken.
    """
    values, vectors = np.linalg.eigh(a)
    factor = vectors * np.sqrt(values.clip(0))
    return float(np.sqrt(np.linalg.eigvalsh(factor.T @ b @ factor).clip(0)).sum())


# --- pairs of pictures ---------------------------------------------------------------------------------------


def kernel_mmd(
    real: FeatureStatistics, fake: FeatureStatistics, kernel: str = "gaussian", bandwidth: float | None = None
) -> float:
    """Squared kernel maximum mean discrepancy of the samples, unbiased (Gretton et al. 2012).

    About 0, even below, for one distribution.

    Parameters
    ----------
    kernel : "gaussian", ``exp(-|x - y|^2 / 2 bandwidth^2)``, or "polynomial", ``(x'y / D + 1)^3``, which makes it the
        kernel inception distance (Binkowski et al. 2018).
    bandwidth : None: the median distance (Xu et al. 2018).
    """
    from sklearn.metrics.pairwise import pairwise_kernels

    a, b = (rows.astype("float64") for rows in samples_of(real, fake))
    kernels = {
        "gaussian": {"metric": "rbf"},
        "polynomial": {"metric": "poly", "degree": 3, "gamma": 1 / a.shape[1], "coef0": 1},
    }
    one_of(kernel, kernels, f"There is no kernel {kernel!r}", ScoreError)
    options = kernels[kernel]
    if kernel == "gaussian":
        bandwidth = bandwidth or _median_distance(a, b)
        if not bandwidth:
            return 0.0  # all pictures look the same to the network
        options["gamma"] = 1 / (2 * bandwidth**2)
    inside = (pairwise_kernels(x, **options) for x in (a, b))
    within = sum((found.sum() - np.trace(found)) / (len(found) * (len(found) - 1)) for found in inside)
    return float(within - 2 * pairwise_kernels(a, b, **options).mean())


def wasserstein(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """Earth mover's distance between equal parts of the samples, by the best assignment of pairs (Xu et al. 2018).

    Euclidean distance between features, mean over pairs; time grows with the cube of the samples.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    a, b = samples_of(real, fake)
    pairs = cdist(a, b)
    return float(pairs[linear_sum_assignment(pairs)].mean())


def _median_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The median of the positive distances between some of the pictures; 0 where there are none."""
    from scipy.spatial.distance import pdist

    found = pdist(np.concatenate([a[:_SOME], b[:_SOME]]))
    return float(np.median(found[found > 0])) if found.any() else 0.0


# --- nearest neighbours --------------------------------------------------------------------------------------


def neighbour_accuracy(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """Accuracy of telling real from generated by the nearest other picture (Xu et al. 2018): "all", "real", "fake".

    Of equal parts of the samples. About 0.5 for one distribution; 1 where they lie apart; near 0 where generated
    pictures are copies of the real ones; real high and fake low where the generator knows only a few pictures.
    """
    a, b = samples_of(real, fake)
    pool = np.concatenate(centred(a, b))
    truth = np.arange(len(pool)) < len(a)
    right = truth[_nearest(pool)[1][:, 0]] == truth
    return {"all": float(right.mean()), "real": float(right[truth].mean()), "fake": float(right[~truth].mean())}


def precision_recall(real: FeatureStatistics, fake: FeatureStatistics, k: int = 3) -> tuple[float, float]:
    """Improved precision and recall of the samples (Kynkaanniemi et al. 2019).

    Returns
    -------
    Precision: the share of generated pictures within the ``k``-th neighbour's distance of some real picture. Recall:
    the share of real ones within that of some generated picture.
    """
    a, b = samples_of(real, fake, equal=False)
    if min(len(a), len(b)) <= k:
        raise ScoreError(f"Neighbours number {k} need more than {min(len(a), len(b))} pictures a side.")
    a, b = centred(a, b)
    return _inside(b, a, k), _inside(a, b, k)


def _inside(points: np.ndarray, others: np.ndarray, k: int) -> float:
    """Share of the points that lie within the ``k``-th neighbour's distance of some of the others."""
    from sklearn.metrics import pairwise_distances_chunked

    reach = _nearest(others, k=k)[0][:, -1]
    return float(np.concatenate([(far <= reach).any(1) for far in pairwise_distances_chunked(points, others)]).mean())


def memorisation(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """Share of generated pictures nearer to a real one than that is to any other real one.

    One less authenticity (Alaa et al. 2022). Below one half for new pictures of the same distribution, 1 for copies.
    Only copies of pictures in the real sample are seen: let it be as large as the training set (``sample``), or look
    with `nearest`. A real picture that is there twice counts once: the nearest other one is no copy of it.
    """
    a, b = centred(*samples_of(real, fake, equal=False))
    a = a[np.sort(np.unique(np.round(a / (np.abs(a).max() or 1), 5), axis=0, return_index=True)[1])]
    distance, closest = (found[:, 0] for found in _nearest(a, b))
    return float((distance < _nearest(a)[0][closest, 0]).mean())


def nearest(
    network: Network, generated: np.ndarray, batches: Iterable[np.ndarray], size: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest training picture of each generated one: is it copying? Memory does not grow with the stream.

    Parameters
    ----------
    generated : uint8 (M, H, W, 3).
    batches : the training pictures, uint8 (B, H, W, 3).
    size : as in `extract_features`.

    Returns
    -------
    Numbers in the stream, from 0, and Euclidean distances between features, both (M,).
    """
    from sklearn.metrics import pairwise_distances_argmin_min

    own = np.concatenate([features for _, features, _ in extract_features(network, [generated], size)])
    best, found, start = np.full(len(own), np.inf), np.zeros(len(own), dtype="int64"), 0
    for _, features, _ in extract_features(network, batches, size):
        closest, distance = pairwise_distances_argmin_min(own, features)
        nearer = distance < best
        best[nearer], found[nearer] = distance[nearer], start + closest[nearer]
        start += len(features)
    return found, best


def _nearest(rows: np.ndarray, points: np.ndarray | None = None, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Distances and numbers of the ``k`` rows nearest to each point, (N, k); None: to each row, itself left out."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(rows).kneighbors(points)

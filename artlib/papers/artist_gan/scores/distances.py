"""Distances between samples of features: kernel maximum mean discrepancy, and the earth mover's distance."""

import numpy as np

from artlib.papers.artist_gan.scores.feature_statistics import SAMPLE, FeatureStatistics, ScoreError, samples_of

_SOME = 1024  # pictures a side among which the median distance is taken


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
    if kernel not in kernels:
        raise ScoreError(f"There is no kernel {kernel!r}; choose gaussian or polynomial.")
    options = kernels[kernel]
    if kernel == "gaussian":
        bandwidth = bandwidth or _median_distance(a, b)
        if not bandwidth:
            return 0.0  # all pictures look the same to the network
        options["gamma"] = 1 / (2 * bandwidth**2)
    inside = (pairwise_kernels(x, **options) for x in (a, b))
    within = sum((found.sum() - np.trace(found)) / (len(found) * (len(found) - 1)) for found in inside)
    return float(within - 2 * pairwise_kernels(a, b, **options).mean())


def wasserstein(real: FeatureStatistics, fake: FeatureStatistics, at_most: int = SAMPLE) -> float:
    """Earth mover's distance between equal parts of the samples, by the best assignment of pairs (Xu et al. 2018).

    Euclidean distance between features, mean over pairs.

    Parameters
    ----------
    at_most : pictures a side; time grows with the cube.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    a, b = samples_of(real, fake, at_most)
    pairs = cdist(a, b)
    return float(pairs[linear_sum_assignment(pairs)].mean())


def _median_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The median of the positive distances between some of the pictures; 0 where there are none."""
    from scipy.spatial.distance import pdist

    found = pdist(np.concatenate([a[:_SOME], b[:_SOME]]))
    return float(np.median(found[found > 0])) if found.any() else 0.0

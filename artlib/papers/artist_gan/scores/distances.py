"""Distances between samples of features: kernel maximum mean discrepancy, and the earth mover's distance."""

from typing import TYPE_CHECKING

import numpy as np

from artlib.papers.artist_gan.scores.feature_statistics import (
    SAMPLE,
    FeatureStatistics,
    ScoreError,
    centred,
    samples_of,
)

if TYPE_CHECKING:
    import torch

BLOCK = 1024  # rows of distances at once


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
    a, b = samples_of(real, fake)
    if kernel not in ("gaussian", "polynomial"):
        raise ScoreError(f"There is no kernel {kernel!r}; choose gaussian or polynomial.")
    if kernel == "gaussian":
        # Distances do not change, and float32 keeps more of them.
        a, b = centred(a, b)
        bandwidth = bandwidth or _median_distance(a, b)
        if not bandwidth:
            return 0.0  # all pictures look the same to the network
    within = [_kernel_within(x, kernel, bandwidth) / (len(x) * (len(x) - 1)) for x in (a, b)]
    return within[0] + within[1] - 2 * _kernel_sum(a, b, kernel, bandwidth) / (len(a) * len(b))


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


def euclidean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances of the rows of ``a`` (N, D) from those of ``b`` (M, D), (N, M)."""
    import torch

    return torch.cdist(torch.from_numpy(a), torch.from_numpy(b)).numpy()


def _median_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The median of the positive distances between some of the pictures; 0 where there are none."""
    pool = np.concatenate([a[:BLOCK], b[:BLOCK]])
    found = euclidean(pool, pool)
    found = found[found > 0]
    return float(np.median(found)) if found.size else 0.0


def _kernel_within(rows: np.ndarray, kernel: str, bandwidth: float | None) -> float:
    """The kernel summed over all ordered pairs of different rows; each block beside the diagonal is computed once."""
    total = 0.0
    for start in range(0, len(rows), BLOCK):
        part, rest = rows[start : start + BLOCK], rows[start + BLOCK :]
        values = _kernel_values(part, part, kernel, bandwidth)
        total += _total(values) - _total(values.diagonal())
        if len(rest):
            total += 2 * _total(_kernel_values(part, rest, kernel, bandwidth))
    return total


def _kernel_sum(a: np.ndarray, b: np.ndarray, kernel: str, bandwidth: float | None) -> float:
    parts = (a[start : start + BLOCK] for start in range(0, len(a), BLOCK))
    return sum(_total(_kernel_values(part, b, kernel, bandwidth)) for part in parts)


def _kernel_values(a: np.ndarray, b: np.ndarray, kernel: str, bandwidth: float | None) -> "torch.Tensor":
    import torch

    a, b = torch.from_numpy(a), torch.from_numpy(b)
    if kernel == "gaussian":
        return torch.cdist(a, b).square_().div_(-2 * bandwidth**2).exp_()
    values = torch.addmm(torch.ones(()), a, b.T, alpha=1 / a.shape[1])
    return values.square().mul_(values)  # a general power costs many times more


def _total(values: "torch.Tensor") -> float:
    import torch

    return float(values.sum(dtype=torch.float64))

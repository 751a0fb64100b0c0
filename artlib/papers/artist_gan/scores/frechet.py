"""The Frechet distance between features, and its two terms."""

import warnings

import numpy as np

from artlib.papers.artist_gan.scores.feature_statistics import FeatureStatistics, Moments, ScoreWarning, comparable


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

"""Scores of class probabilities: inception score and mode score."""

import numpy as np

from artlib.papers.artist_gan.scores.feature_statistics import (
    TINY,
    FeatureStatistics,
    ScoreError,
    comparable,
    negative_entropy,
)


def inception_score(fake: FeatureStatistics) -> tuple[float, float]:
    """``exp(E KL(p(y|x) || p(y)))``, mean and (population) deviation over the splits (Salimans et al. 2016).

    From 1 to the number of classes. Pictures are dealt out to the splits in turn.
    """
    information(fake)  # says clearly what is missing
    if fake.n < fake.splits:
        raise ScoreError(f"{fake.n} pictures cannot fill {fake.splits} splits: use more pictures or fewer splits.")
    each = np.exp(fake._split_entropy / fake._split_n - negative_entropy(fake._split_sums / fake._split_n[:, None]))
    return float(each.mean()), float(each.std())


def information(fake: FeatureStatistics) -> float:
    """``E KL(p(y|x) || p(y))`` over all pictures at once: what a picture tells about its class, in nats."""
    return float(fake._split_entropy.sum() / fake.n - negative_entropy(fake.marginal))


def mode_score(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """``exp(E KL(p(y|x) || p(y)) - KL(p(y) || p(y*)))``, y* of real pictures (Che et al. 2017; Xu et al. 2018).

    Over all pictures at once. With p(y*) in the first term it would be the inception score exactly.
    """
    comparable(real, fake)
    shares, wanted = fake.marginal, real.marginal
    divergence = float((shares * (np.log(shares + TINY) - np.log(wanted + TINY))).sum())
    return float(np.exp(information(fake) - divergence))

"""What is measured of a generator while it learns, and the poster's three scores as it prints and computes them.

The poster's code borrowed its scores; what it computes, and what the poster's formula says, explain its Fig. 6 and are
good for nothing else. The right ones are those of ``papers.artist_gan.scores``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np

from artlib.papers.artist_gan import scores
from artlib.papers.artist_gan.feature_statistics import FeatureStatistics, ScoreError

if TYPE_CHECKING:
    from artlib.nets import Network
    from artlib.papers.artist_gan.learner import GANLearner


def score_callback(
    real: FeatureStatistics,
    network: Network,
    n: int = scores.SAMPLE,
    every: int | Collection[int] = 1,
    size: int | None = None,
    seed: int = 0,
    *,
    poster: bool = False,
) -> Callable[[GANLearner], dict[str, float]]:
    """What a GAN's learner takes as ``measure``: the scores of ``n`` new pictures, every so many epochs and at the end.

    Parameters
    ----------
    real : statistics of real pictures, best of ``n`` of them that the generator is not trained on.
    network, size : the classifier that made them, and as there.
    every : epochs between two measurements, the last one among them; or the epochs themselves.
    seed : of the noise, the same in every epoch.
    poster : the poster's scores too (`poster_scores`).
    """

    def measure(learner: GANLearner) -> dict[str, float]:
        epoch = len(learner.rows) + 1
        asked = (
            epoch in every if isinstance(every, Collection) else epoch % every == 0 or epoch == learner.recipe.epochs
        )
        if not asked:
            return {}
        batches = learner.samples(n, seed)
        fake = scores.statistics_of(network, batches, size, n, real.splits, class_covariance=poster)
        return scores.all_scores(real, fake) | (poster_scores(real, fake) if poster else {})

    return measure


def poster_scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """The three scores of the poster's Fig. 6 as its formula prints and its borrowed code computes them.

    Both statistics need their ``class_covariance``.
    """
    return {
        "inception_score_as_borrowed": inception_score_as_borrowed(fake),
        "mode_score_as_borrowed": mode_score_as_borrowed(real, fake),
        "frechet_as_borrowed": frechet_as_borrowed(real, fake),
        "frechet_as_printed": frechet_as_printed(real, fake),
    }


def inception_score_as_borrowed(fake: FeatureStatistics) -> float:
    """Over all pictures at once, without splits: larger than the mean over splits, and without deviation."""
    return float(np.exp(scores.information(fake)))


def mode_score_as_borrowed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """The mode score with its arguments swapped: its first term scores the real pictures, not the generated ones."""
    return scores.mode_score(fake, real)


def frechet_as_printed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """As the poster prints it: the distance of the means is not squared, so the two terms are of different units."""
    shift, spread = scores.frechet_terms(real, fake)
    return float(np.sqrt(shift)) + spread


def frechet_as_borrowed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """As the borrowed code computes it: the square root of the Frechet distance between class probabilities."""
    scores.information(real), scores.information(fake)  # says clearly what is missing
    if real.classes is None or fake.classes is None:
        raise ScoreError("The borrowed Frechet distance needs statistics that were made with class_covariance=True.")
    return float(np.sqrt(sum(scores.moment_terms(real.classes, fake.classes))))

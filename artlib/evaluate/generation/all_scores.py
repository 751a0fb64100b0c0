"""All scores of generated pictures at once, for histories and records."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from artlib.evaluate.generation.class_scores import (
    inception_score,
    inception_score_as_borrowed,
    mode_score,
    mode_score_as_borrowed,
)
from artlib.evaluate.generation.distances import kernel_mmd, wasserstein
from artlib.evaluate.generation.feature_statistics import SAMPLE, FeatureStatistics, comparable
from artlib.evaluate.generation.features import statistics_of
from artlib.evaluate.generation.frechet import frechet_as_borrowed, frechet_as_printed, frechet_distance
from artlib.evaluate.generation.neighbours import memorisation, neighbour_accuracy, precision_recall

if TYPE_CHECKING:
    from artlib.nets import Network


def scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
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


def score_callback(
    real: FeatureStatistics,
    network: "Network",
    n: int = SAMPLE,
    every: int = 1,
    size: int | None = None,
    seed: int = 0,
    *,
    poster: bool = False,
) -> Callable[..., dict[str, float]]:
    """What a GAN's learner takes as ``measure``: the scores of ``n`` new pictures, every so many epochs and at the end.

    Parameters
    ----------
    real : statistics of real pictures, best of ``n`` of them that the generator is not trained on.
    network, size : the classifier that made them, and as there.
    every : epochs between two measurements.
    seed : of the noise, the same in every epoch.
    poster : the poster's scores too (`poster_scores`).
    """

    def measure(learner) -> dict[str, float]:
        epoch = len(learner.log) + 1
        if epoch % every and epoch != learner.recipe.epochs:
            return {}
        batches = learner.samples(n, seed)
        fake = statistics_of(network, batches, size, n, real.splits, class_covariance=poster)
        return scores(real, fake) | (poster_scores(real, fake) if poster else {})

    return measure


def poster_scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """The three scores of the poster's Fig. 6 as its formula prints and its borrowed code computes them.

    Both statistics need their `class_covariance`.
    """
    return {
        "inception_score_as_borrowed": inception_score_as_borrowed(fake),
        "mode_score_as_borrowed": mode_score_as_borrowed(real, fake),
        "frechet_as_borrowed": frechet_as_borrowed(real, fake),
        "frechet_as_printed": frechet_as_printed(real, fake),
    }

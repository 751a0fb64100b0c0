"""All scores of generated pictures at once, for histories and records."""

from artlib.papers.artist_gan.scores.class_scores import inception_score, mode_score
from artlib.papers.artist_gan.scores.distances import kernel_mmd, wasserstein
from artlib.papers.artist_gan.scores.feature_statistics import FeatureStatistics, comparable
from artlib.papers.artist_gan.scores.frechet import frechet_distance
from artlib.papers.artist_gan.scores.neighbours import memorisation, neighbour_accuracy, precision_recall


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

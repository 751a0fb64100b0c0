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

from artlib.papers.artist_gan.scores.class_scores import inception_score, information, mode_score
from artlib.papers.artist_gan.scores.distances import kernel_mmd, wasserstein
from artlib.papers.artist_gan.scores.feature_statistics import (
    SAMPLE,
    SPLITS,
    FeatureStatistics,
    ScoreError,
    ScoreWarning,
    Source,
)
from artlib.papers.artist_gan.scores.features import (
    batches_of,
    extract_features,
    feature_extractor,
    source_of,
    statistics_of,
)
from artlib.papers.artist_gan.scores.frechet import frechet_distance, frechet_terms, moment_terms
from artlib.papers.artist_gan.scores.neighbours import memorisation, nearest, neighbour_accuracy, precision_recall
from artlib.papers.artist_gan.scores.summary import all_scores

__all__ = [
    "SAMPLE", "SPLITS", "FeatureStatistics", "ScoreError", "ScoreWarning", "Source", "all_scores", "batches_of",
    "extract_features", "feature_extractor", "frechet_distance", "frechet_terms", "inception_score", "information",
    "kernel_mmd", "memorisation", "mode_score", "moment_terms", "nearest", "neighbour_accuracy", "precision_recall",
    "source_of", "statistics_of", "wasserstein",
]  # fmt: skip

"""Works that are alike, near each other on a plane: t-SNE of features. Chapter: collection-map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from artlib import cache
from artlib.evaluate import similarity
from artlib.evaluate.similarity import Features

PERPLEXITY = 30
_ITERATIONS = (250, 500)  # with the clusters pulled together, and without
FEW = 6
"""Fewer works than this, or works that are all alike, have no such plane."""


def alike(features: Features) -> np.ndarray:
    """Places (N, 2) by t-SNE: what is near under the network is near on the plane, as far as two dimensions allow.

    Cosine distance, perplexity 30, started from the two main components, always with the same seed. From the cache
    where the same features were laid before. Source: van der Maaten and Hinton 2008; openTSNE.
    Features of fewer works than ``FEW``, or that are all the same, are not for it.
    """
    facts = {"features": features.values, "perplexity": PERPLEXITY, "iterations": list(_ITERATIONS)}
    code = ("figures/maps/tsne.py", "evaluate/similarity.py")
    return cache.once("plane", facts, lambda: _tsne(features), code=code).value


def _tsne(features: Features) -> np.ndarray:
    n = len(features)
    from openTSNE import TSNEEmbedding, affinity, initialization, nearest_neighbors

    perplexity = min(PERPLEXITY, (n - 1) / 3)
    k = min(n - 1, int(3 * perplexity))
    far, rows = similarity.index(features).search(replace(features, rows=np.arange(n)), k + 1)
    others = np.argsort(rows == np.arange(n)[:, None], axis=1, kind="stable")[:, :k]  # itself goes last
    far, rows = np.take_along_axis(far, others, 1), np.take_along_axis(rows, others, 1)
    # An inverted file may find fewer: the farthest of those found stands in.
    rows = np.where(rows < 0, np.maximum.accumulate(rows, axis=1), rows)
    # On directions of length 1 the Euclidean distance is the root of twice the cosine distance.
    knn = nearest_neighbors.PrecomputedNeighbors(rows, np.sqrt(2 * np.clip(far, 0, None)))
    near = affinity.PerplexityBasedNN(knn_index=knn, perplexity=perplexity)
    start = initialization.pca(features.values, random_state=0)
    gradient = "bh" if n < 3_000 else "fft"
    embedding = TSNEEmbedding(start, near, random_state=0, negative_gradient_method=gradient)
    embedding = embedding.optimize(_ITERATIONS[0], exaggeration=12, momentum=0.5)
    return _fitted(np.asarray(embedding.optimize(_ITERATIONS[1], momentum=0.8)))


def _fitted(xy: np.ndarray) -> np.ndarray:
    """Moved and scaled into 0.02..0.98, the sides in proportion."""
    middle, side = (xy.max(0) + xy.min(0)) / 2, np.ptp(xy, axis=0).max()
    return (0.5 + 0.96 * (xy - middle) / max(side, 1e-12)).astype("float32")

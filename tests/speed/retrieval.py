"""How fast nearest pictures are found in a large collection, beside scikit-learn's brute force."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

_RECALL, _RATIO = 0.95, 8.0


def run() -> DataFrame:
    """`measure` as a table, with a column that says whether both targets are reached."""
    import pandas as pd

    rows = pd.DataFrame([measure()])
    reached = (rows["recall_at_10"] >= _RECALL) & (rows["ratio"] >= _RATIO)
    return rows.assign(reached=reached).round(3)


def measure(pictures: int = 100_000, units: int = 512, queries: int = 1_000, clusters: int = 1_000, seed: int = 0):
    """Seconds for all queries' ten nearest by cosine distance, ours and scikit-learn's, on the same features.

    Features are drawn around `clusters` centres, as a trained network's lie around its classes. One row: seconds of
    each (the best of three rounds), ratio (theirs / ours), recall_at_10 of ours against theirs, seconds to build each
    index, and memory_mb that ours holds (vectors and their numbers).
    """
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    from artlib.evaluate import similarity

    features = similarity.features_from_vectors(_clustered(pictures + queries, units, clusters, seed))
    shown = similarity.Features(features.values[:pictures], np.arange(pictures), features.key)
    asked = similarity.Features(features.values[pictures:], np.arange(queries), features.key)
    build, index = _timed(lambda: similarity.index(shown))
    their_build, theirs = _timed(
        lambda: NearestNeighbors(n_neighbors=10, algorithm="brute", metric="cosine").fit(shown.values)
    )
    # Taking turns, because other work on the machine slows neighbours alike.
    rounds = [
        (
            _timed(lambda: index.search(asked, 10)[1]),
            _timed(lambda: theirs.kneighbors(asked.values, return_distance=False)),
        )
        for _ in range(3)
    ]
    ours, brute = zip(*rounds, strict=True)
    found, true = ours[0][1], brute[0][1]
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, true, strict=True)])
    seconds = [min(time for time, _ in side) for side in (ours, brute)]
    return {
        "name": f"{queries:,} queries in {pictures:,} x {units} features",
        "ours": seconds[0],
        "peer": seconds[1],
        "ratio": seconds[1] / seconds[0],
        "unit": "s",
        "target": _RATIO,
        "recall_at_10": float(recall),
        "build_seconds": build,
        "peer_build_seconds": their_build,
        "memory_mb": _size(index.searcher) / 2**20,
    }


def _clustered(n: int, units: int, clusters: int, seed: int):
    import numpy as np

    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(clusters, units)).astype("float32")
    noise = generator.normal(size=(n, units), scale=0.7).astype("float32")
    return centres[generator.integers(0, clusters, n)] + noise


def _timed(function):
    start = perf_counter()
    made = function()
    return perf_counter() - start, made


def _size(searcher) -> int:
    """Bytes of an index, as FAISS would write it."""
    import faiss

    return len(faiss.serialize_index(searcher))

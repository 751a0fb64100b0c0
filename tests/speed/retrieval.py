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


def large(pictures: int = 1_000_000, units: int = 512, queries: int = 500, clusters: int = 1_000) -> dict:
    """The same on features that stay on disk: the compressed index beside comparing with all of them, in memory.

    One row: seconds of each for all queries (the best of three rounds), how many times as fast, recall_at_10, seconds
    to build, MiB of the index and of the features, and the MiB that building took at its highest.
    """
    import faiss
    import numpy as np

    from artlib import records
    from artlib.evaluate import similarity
    from speed.size import shards_of

    kept = shards_of(pictures, units, clusters)
    features = similarity.of_shards(kept)
    with records.Stopwatch() as watch:
        before = records.peak_memory_mb()
        build, index = _timed(lambda: similarity.index(features))
    asked = similarity.Features(
        similarity.features_from_vectors(_clustered(queries, units, clusters, 0)).values,
        np.arange(queries),
        features.key,
    )
    exact = faiss.IndexFlatIP(units)
    for part in kept.parts:
        exact.add(similarity.features_from_vectors(part).values)
    rounds = [
        (_timed(lambda: index.search(asked, 10)[1]), _timed(lambda: exact.search(asked.values, 10)[1]))
        for _ in range(3)
    ]
    ours, brute = zip(*rounds, strict=True)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ours[0][1], brute[0][1], strict=True)])
    seconds = [min(time for time, _ in side) for side in (ours, brute)]
    return {
        "works": pictures, "units": units, "queries": queries, "seconds": round(seconds[0], 4),
        "exact_seconds": round(seconds[1], 4), "ratio": round(seconds[1] / seconds[0], 1),
        "recall_at_10": round(float(recall), 4), "build_seconds": round(build, 1),
        "build_peak_mb": round((watch.peak_memory_mb or before) - before, 1),
        "index_mb": round(_size(index.searcher) / 2**20, 1), "exact_mb": round(pictures * units * 4 / 2**20, 1),
    }  # fmt: skip


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


if __name__ == "__main__":
    import sys
    from pathlib import Path

    sys.path[0] = str(Path(__file__).resolve().parents[1])
    print(large(int(sys.argv[1])))

"""What a collection costs by its size: seconds and memory of every step, each in a process of its own.

``python tests/speed size`` measures up to 10,000 works; ``python tests/speed/size.py STEP WORKS`` one step.
Pictures are of noise, at once there: what is measured is the book's own work. Drawing or decoding comes on top, always
the same for a picture; ``features 20000`` of the museum's drawings is measured by itself (``drawn``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

    from artlib.works import Collection

STEPS = ("table", "split", "split by artist", "cache", "features", "index", "map")
_UNITS, _SIDE = 512, 32
_MOST = {"map": 100_000, "drawn": 20_000}  # works that a step is measured with at most
_NETWORK = "mobilenet_s"


def run(works: tuple[int, ...] = (1_000, 10_000)) -> DataFrame:
    """`measure` of every step at these sizes, as a table."""
    import pandas as pd

    asked = [(step, n) for step in STEPS for n in works if n <= _MOST.get(step, n)]
    return pd.DataFrame([measured(step, n) for step, n in asked])


def measured(step: str, works: int) -> dict:
    """One step in a new process."""
    called = [sys.executable, __file__, step, str(works)]
    done = subprocess.run(
        called, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    return json.loads(done.stdout.splitlines()[-1])


def measure(step: str, works: int) -> dict:
    """Seconds, and MiB that the step added to the process at its highest."""
    from artlib import records

    prepare = {"table": _table, "split": _split, "split by artist": _apart, "cache": _cache, "features": _features,
               "drawn": _drawn, "index": _index, "map": _map}[step]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ARTLIB_CACHE"] = folder
        do = prepare(works)
        before = _resident()
        with records.Stopwatch() as watch:
            start = perf_counter()
            do()
            seconds = perf_counter() - start
    return {"name": step, "works": works, "seconds": round(seconds, 3),
            "memory_mb": round(max(0.0, (watch.peak_memory_mb or before) - before), 1)}  # fmt: skip


def _resident() -> float:
    import psutil

    return psutil.Process().memory_info().rss / 2**20


def _museum(works: int) -> Collection:
    from artlib.collections import museum

    return museum.read(works)


def _table(works: int):
    _museum(64)
    return lambda: _museum(works)


def _split(works: int, disjoint: str | None = None):
    from artlib import splits, tasks
    from artlib.collections import museum

    table = museum.read(works, artists=int(np.clip(works // 20, 100, 5_000))).works

    def do() -> None:
        task = tasks.make(table, "artist", minimum=5)
        splits.stratified(table, task if disjoint is None else tasks.make(table, "culture"), disjoint=disjoint)

    if works <= 10_000:
        do()  # libraries are there before the clock runs
    return do


def _apart(works: int):
    return _split(works, "artist")


@dataclass(frozen=True)
class Noise:
    """Pictures that are there at once: a window into one sheet of noise."""

    threads = False

    def read(self, image: str, size: int) -> np.ndarray:
        """A window that depends on the picture's number."""
        at = int(image) * 7 % 4096
        return _sheet()[at : at + size, at % 97 : at % 97 + size]

    def fingerprint(self, image: str) -> str:
        """Its number."""
        return image


_SHEET: list[np.ndarray] = []


def _sheet() -> np.ndarray:
    if not _SHEET:
        _SHEET.append(np.random.default_rng(0).integers(0, 256, (4096 + 512, 97 + 512, 3), "uint8"))
    return _SHEET[0]


def noise(works: int) -> Collection:
    """So many works of noise."""
    import pandas as pd

    from artlib.works import Collection, check

    names = [str(k) for k in range(works)]
    return Collection("noise", check(pd.DataFrame({"work_id": names, "image": names}), "noise"), Noise())


def _cache(works: int):
    from artlib import pixels

    collection = noise(works)
    return lambda: pixels.cache(collection, _SIDE, workers=1, progress=False)


def _features(works: int):
    from artlib.experiments import engines, features

    collection = noise(works)
    return lambda: features.build(collection, _NETWORK, None, _SIDE, engines.serial)


def _drawn(works: int):
    from artlib.experiments import engines, features

    collection = _museum(works)
    return lambda: features.build(collection, _NETWORK, None, _SIDE, engines.serial)


def _index(works: int):
    from artlib.evaluate import similarity

    kept = shards_of(works, _UNITS, max(10, works // 1_000))
    similarity.index(similarity.features_from_vectors(kept[:100]))  # libraries are there before the clock runs
    return lambda: similarity.index(similarity.of_shards(kept))


def _map(works: int):
    from artlib.evaluate import similarity
    from artlib.figures.maps import tsne

    features = similarity.features_from_vectors(np.asarray(shards_of(works, 64, max(10, works // 1_000))))
    return lambda: tsne.alike(features)


def shards_of(works: int, units: int, clusters: int, seed: int = 0):
    """Vectors around so many centres, as a trained network's lie around its classes; made part by part, on disk."""
    from artlib import paths
    from artlib.learners import shards

    folder, chance = paths.scratch("drawn-features", f"{works}-{units}"), np.random.default_rng(seed)
    centres = chance.normal(size=(clusters, units)).astype("float32")
    for number in shards.begin(folder, works, {"clusters": clusters, "seed": seed}):
        rows = len(shards.spans(works)[number])
        part = np.random.default_rng([seed, number])
        values = centres[part.integers(0, clusters, rows)] + part.normal(0, 0.7, (rows, units)).astype("float32")
        shards.write(folder, number, values.astype("float16"))
    return shards.Shards(folder)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from speed import size  # not this module's other self: processes look up the pictures' source by its name

    print(json.dumps(size.measure(" ".join(sys.argv[1:-1]), int(sys.argv[-1]))))

"""Which way of computing trains fastest on this processor: every way on three networks, beside plain eager.

Also what compiling costs first, and one process on all cores beside one process a core, as ``--workers`` has them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from pandas import DataFrame

NETWORKS = (("resnet18_s", 64, 64), ("mobilenetv2_100", 144, 32), ("caffenet_s", 64, 64))  # name, pixels, batch


def run(rounds: int = 5) -> DataFrame:
    """`compiling`, `measure` and `by_cores` of all networks as one table."""
    import pandas as pd

    with nothing_compiled():
        return pd.DataFrame(
            [row for one in NETWORKS for row in (*compiling(*one), *measure(*one, rounds), *by_cores(*one, rounds))]
        )


@contextmanager
def nothing_compiled() -> Iterator[None]:
    """Inside the block whatever was compiled before is not known."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, TORCHINDUCTOR_CACHE_DIR=folder):
        yield


def measure(name: str, size: int, batch: int, rounds: int = 5) -> list[dict]:
    """A row for each way: median of ``rounds``, in which the ways take turns; final loss; whether it is chosen."""
    from artlib import nets
    from artlib.experiments import setting

    found = setting.measure(nets.create(name, 10), size, batch, rounds=rounds)
    chosen = setting.choose({way: row for way, row in found.items() if "precision" not in setting.WAYS[way]})
    return [
        _row((name, size, batch), way, row["pictures_per_second"], found["eager"]["pictures_per_second"])
        | {"loss": round(row["loss"], 5), "chosen": way == chosen}
        for way, row in found.items()
    ]


def compiling(name: str, size: int, batch: int) -> list[dict]:
    """Processor seconds that compiling costs before the first step."""
    usual, compiled = (_trained((name, size, batch), rounds=1, compiled=one)[0]["spent"] for one in (False, True))
    return [{"name": f"compiling {name}", "ours": round(compiled - usual, 1), "unit": "processor s"}]


def by_cores(name: str, size: int, batch: int, rounds: int = 5) -> list[dict]:
    """One process on all cores, and one process a core: the sum of their pictures a second. Nothing on one core."""
    from artlib.pixels import processors

    of, cores = (name, size, batch), processors()
    sums = [sum(one["speed"] for one in _trained(of, count, cores // count, rounds)) for count in (1, cores)]
    ways = ("one process on all cores", "one process a core")
    return [_row(of, *row, sums[0]) for row in zip(ways, sums, strict=True)] if cores > 1 else []


def _row(of: tuple, way: str, ours: float, peer: float) -> dict:
    name, size, batch = of
    return {"name": f"{name}, {size} px, batches of {batch}", "way": way, "ours": round(ours, 1), "peer": peer,
            "ratio": round(ours / peer, 3), "unit": "pictures/s"}  # fmt: skip


def _trained(of: tuple, processes: int = 1, threads: int = 1, rounds: int = 5, compiled: bool = False) -> list[dict]:
    """What each of so many processes says (`_train`), which begin together."""
    words = [sys.executable, __file__, *map(str, (*of, threads, rounds, int(compiled)))]
    # Compiled by the process itself, so that its time is counted.
    own = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True,
           "env": {**os.environ, "TORCHINDUCTOR_COMPILE_THREADS": "1"}}  # fmt: skip
    begun = [subprocess.Popen(words, **own) for _ in range(processes)]
    for one in begun:
        one.stdout.readline()  # it has imported what it needs, and waits for the others
    for one in begun:
        one.stdin.write("\n")
        one.stdin.flush()
    return [json.loads(one.communicate()[0]) for one in begun]


def _train(name: str, size: int, batch: int, threads: int, rounds: int, compiled: int) -> dict[str, float]:
    """Pictures a second, and processor seconds of the whole."""
    import torch

    from artlib import nets
    from artlib.experiments import setting

    torch.set_num_threads(threads)
    network, way = nets.create(name, 10), "compiled, channels last" if compiled else setting.USUAL
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    found = setting.measure(network, size, batch, [way], rounds)
    return {"speed": found[way]["pictures_per_second"], "spent": sum(os.times()[:4])}


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.stdout.write(json.dumps(_train(sys.argv[1], *map(int, sys.argv[2:]))))

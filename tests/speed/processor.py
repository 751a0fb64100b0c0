"""Which way of computing trains fastest on this processor: every way on three networks, beside plain eager."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

NETWORKS = (("resnet18_s", 64, 64), ("mobilenetv2_100", 144, 32), ("caffenet_s", 64, 64))  # name, pixels, batch


def run(rounds: int = 5) -> DataFrame:
    """Pictures a second and final loss of each way, and whether it is the one that is chosen."""
    import pandas as pd

    rows = [row for name, size, batch in NETWORKS for row in measure(name, size, batch, rounds)]
    return pd.DataFrame(rows)


def measure(name: str, size: int, batch: int, rounds: int = 5) -> list[dict]:
    """One row a way; ways take turns, and the number is the median of ``rounds``."""
    from artlib import nets
    from artlib.experiments import setting

    found = setting.measure(nets.create(name, 10), size, batch, setting.EVERY, rounds)
    single = [row for row, one in zip(found, setting.EVERY, strict=True) if one.precision == "auto"]
    chosen, plain = setting.choose(single), found[0]["pictures_per_second"]
    return [
        {
            "name": f"{name}, {size} px, batches of {batch}", "way": one.name, "ours": row["pictures_per_second"],
            "peer": plain, "ratio": round(row["pictures_per_second"] / plain, 3), "loss": round(row["loss"], 5),
            "unit": "pictures/s", "chosen": k == chosen,
        }
        for k, (one, row) in enumerate(zip(setting.EVERY, found, strict=True))
    ]  # fmt: skip


def together(name: str = "resnet18_s", size: int = 64, batch: int = 64, steps: int = 40, rounds: int = 3) -> dict:
    """Pictures a second of one process on all cores, and of one process a core, taking turns."""
    from statistics import median

    cores = len(os.sched_getaffinity(0))
    turns = [(_pictures(1, cores, (name, size, batch, steps)), _pictures(cores, 1, (name, size, batch, steps)))
             for _ in range(rounds)]  # fmt: skip
    one, many = (median(column) for column in zip(*turns, strict=True))
    return {
        "name": f"{name}: one process a core, beside one on all {cores}", "way": "processes", "ours": round(many, 1),
        "peer": round(one, 1), "ratio": round(many / one, 3), "unit": "pictures/s", "chosen": many > one,
    }  # fmt: skip


_CHILD = """
import sys, time, torch
from artlib import nets
name, size, batch, steps, threads = sys.argv[1], *map(int, sys.argv[2:])
torch.set_num_threads(threads)
network = nets.create(name, 10).train().to(memory_format=torch.channels_last)
x = torch.rand(batch, 3, size, size).contiguous(memory_format=torch.channels_last)
y, rate = torch.randint(0, 10, (batch,)), torch.optim.SGD(network.parameters(), 1e-3, momentum=0.9)
def step():
    torch.nn.functional.cross_entropy(network(x), y).backward(); rate.step(); rate.zero_grad()
step(); step()
print("ready", flush=True); sys.stdin.readline()
for _ in range(steps): step()
"""


def _pictures(processes: int, threads: int, asked: tuple) -> float:
    name, size, batch, steps = asked
    called = [sys.executable, "-c", _CHILD, name, str(size), str(batch), str(steps), str(threads)]
    env = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    running = [
        subprocess.Popen(called, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(processes)
    ]
    for one in running:
        one.stdout.readline()
    start = perf_counter()
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
    for one in running:
        one.wait()
        one.stdin.close()
        one.stdout.close()
    return processes * steps * batch / (perf_counter() - start)

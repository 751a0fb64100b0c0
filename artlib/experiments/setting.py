"""Which way of computing is fastest on this processor: measured once for a network, kept in the cache, told in records.

A way that is not the usual must be faster by a twentieth and reach the same losses. Half precision is measured but not
chosen: a grid that was begun in single precision would go on in another. A recipe may ask for it.
"""

from __future__ import annotations

import copy
import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from artlib import cache

if TYPE_CHECKING:
    import torch

    from artlib.nets import Network

WORTH = 500
"""Steps of a training from which on measuring pays; compiling pays from twenty times as many on."""
_STEPS, _ROUNDS, _GAIN, _SAME = 2, 3, 1.05, 0.02
_CODE = ("experiments/setting.py", "nets")


USUAL = "channels last"
WAYS = {
    "eager": {"channels_last": False, "compiled": False},
    USUAL: {"channels_last": True, "compiled": False},
    "compiled, channels last": {"channels_last": True, "compiled": True},
    "bfloat16, channels last": {"channels_last": True, "compiled": False, "precision": "bfloat16"},
}
"""Ways of computing, and what a learner takes for each; the last is measured only."""


def fastest(network: Network, size: int, batch_size: int, steps: int) -> tuple[dict[str, bool], dict[str, Any]]:
    """The fastest way to train this network on this processor, as a learner takes it, and what a record says of it.

    Parameters
    ----------
    size, batch_size : pixels a side, pictures a batch. steps : of the training; a short one is not worth a measurement.
    """
    import torch

    if steps < WORTH or torch.cuda.is_available():
        return WAYS[USUAL], {}
    ways = [
        name for name, way in WAYS.items() if "precision" not in way and (steps >= 20 * WORTH or not way["compiled"])
    ]
    facts = {
        "processor": processor(), "threads": torch.get_num_threads(), "torch": torch.__version__,
        "network": network.name, "frozen": list(network.frozen), "pixels": size, "batch": batch_size, "ways": ways,
    }  # fmt: skip
    found = cache.once("setting", facts, lambda: measure(network, size, batch_size, ways), code=_CODE).value
    speeds = {name: row["pictures_per_second"] for name, row in found.items()}
    return WAYS[chosen := choose(found)], {"setting": {"chosen": chosen, "pictures_per_second": speeds}}


def choose(found: Mapping[str, dict[str, Any]]) -> str:
    """Which way of those in ``measure`` is taken: the fastest with the losses of plain eager, if it beats the usual."""
    loss = found["eager"]["loss"]
    right = {name: row["pictures_per_second"] for name, row in found.items() if abs(row["loss"] - loss) <= _SAME * loss}
    best = max(right, key=right.get)
    return best if right[best] > _GAIN * found[USUAL]["pictures_per_second"] else USUAL


def measure(
    network: Network, size: int, batch_size: int, ways: Iterable[str] = tuple(WAYS), rounds: int = _ROUNDS
) -> dict[str, dict[str, Any]]:
    """Pictures a second in training and the loss reached, for each way; they take turns, so that other work on the
    machine slows all alike.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.rand(batch_size, 3, size, size)
        y = torch.randint(0, network.outputs, (batch_size,))
        steps = {name: _training(copy.deepcopy(network), x, y, **WAYS[name]) for name in ways}
        for one in steps.values():
            next(one)  # pays for memory, for choosing algorithms, for compiling
        turns = [{name: next(one) for name, one in steps.items()} for _ in range(rounds)]
    return {
        name: {"pictures_per_second": round(_STEPS * batch_size / median(turn[name][0] for turn in turns), 1),
               "loss": turns[-1][name][1]}
        for name in steps
    }  # fmt: skip


def _training(
    network: Network, x: torch.Tensor, y: torch.Tensor, channels_last: bool, compiled: bool, precision: str = "auto"
) -> Iterator[tuple[float, float]]:
    import torch

    torch.manual_seed(0)
    last = torch.channels_last if channels_last else torch.contiguous_format
    network, x = network.train().to(memory_format=last), x.contiguous(memory_format=last)
    if compiled:
        network.compile()
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], 1e-3, momentum=0.9)
    while True:
        start = perf_counter()
        torch.manual_seed(0)
        for _ in range(_STEPS):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                loss = torch.nn.functional.cross_entropy(network(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        yield perf_counter() - start, float(loss.detach())


def processor() -> str:
    """The kind of processor, as the system calls it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8", errors="replace").splitlines() if told.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "flags"))][:2]
    return f"{platform.machine()} {cache.key('processor', {'is': named}, code=('experiments/setting.py',))} {named[:1]}"

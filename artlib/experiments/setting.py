"""Which way of computing is fastest on this processor: measured once for a network, kept in the cache, told in records.

A way that is not the usual must be faster by a twentieth and reach the same losses. Half precision is measured but not
chosen: a grid that was begun in single precision would go on in another. A recipe may ask for it.
"""

from __future__ import annotations

import copy
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
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
_STEPS, _ROUNDS, _GAIN, _TOLERANCE = 2, 3, 1.05, 0.02
_CODE = ("experiments/setting.py", "nets")


@dataclass(frozen=True)
class Setting:
    """How a training computes. channels_last : order of weights in memory. precision : "auto" or "bfloat16".
    compiled : by ``torch.compile``.
    """

    channels_last: bool = True
    precision: str = "auto"
    compiled: bool = False

    def options(self) -> dict[str, bool]:
        """As a learner takes it."""
        return {"channels_last": self.channels_last, "compiled": self.compiled}

    @property
    def name(self) -> str:
        """In words, for tables."""
        words = [
            *(["bfloat16"] if self.precision == "bfloat16" else []),
            *(["compiled"] if self.compiled else []), "channels last" if self.channels_last else "eager",
        ]  # fmt: skip
        return ", ".join(words)


PLAIN, USUAL = Setting(channels_last=False), Setting()
SINGLE = (PLAIN, USUAL, Setting(compiled=True))
EVERY = (*SINGLE, Setting(precision="bfloat16"))


def fastest(network: Network, size: int, batch_size: int, steps: int) -> tuple[Setting, dict[str, Any]]:
    """The fastest way to train this network on this processor, and what a record says of it.

    Parameters
    ----------
    size, batch_size : pixels a side, pictures a batch. steps : of the training; a short one is not worth a measurement.
    """
    import torch

    if steps < WORTH or torch.cuda.is_available():
        return USUAL, {}
    settings = [one for one in SINGLE if not one.compiled or steps >= 20 * WORTH]
    facts = {
        "processor": processor(), "threads": torch.get_num_threads(), "torch": torch.__version__,
        "network": network.name, "frozen": list(network.frozen), "pixels": size, "batch": batch_size,
        "settings": [asdict(one) for one in settings],
    }  # fmt: skip
    found = cache.once("setting", facts, lambda: measure(network, size, batch_size, settings), code=_CODE).value
    chosen = settings[choose(found)]
    speeds = {one.name: row["pictures_per_second"] for one, row in zip(settings, found, strict=True)}
    return chosen, {"setting": {"chosen": chosen.name, "pictures_per_second": speeds}}


def choose(found: Sequence[dict[str, Any]]) -> int:
    """Which row of ``measure`` is taken: the fastest with the losses of the first, if it beats the usual (row 1)."""
    right = [k for k, row in enumerate(found) if abs(row["loss"] - found[0]["loss"]) <= _TOLERANCE * found[0]["loss"]]
    best = max(right, key=lambda k: found[k]["pictures_per_second"])
    return best if found[best]["pictures_per_second"] > _GAIN * found[1]["pictures_per_second"] else 1


def measure(
    network: Network, size: int, batch_size: int, settings: Sequence[Setting] = EVERY, rounds: int = _ROUNDS
) -> list[dict[str, Any]]:
    """Pictures a second in training and the loss reached, for each setting; they take turns, so that other work on the
    machine slows all alike.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.rand(batch_size, 3, size, size)
        y = torch.randint(0, network.outputs, (batch_size,))
        steps = [_training(copy.deepcopy(network), x, y, one) for one in settings]
        for one in steps:
            next(one)  # pays for memory, for choosing algorithms, for compiling
        turns = [[next(one) for one in steps] for _ in range(rounds)]
    return [
        {"pictures_per_second": round(_STEPS * batch_size / median(turn[k][0] for turn in turns), 1),
         "loss": turns[-1][k][1]}
        for k in range(len(settings))
    ]  # fmt: skip


def _training(network: Network, x: torch.Tensor, y: torch.Tensor, setting: Setting) -> Iterator[tuple[float, float]]:
    import torch

    torch.manual_seed(0)
    last = torch.channels_last if setting.channels_last else torch.contiguous_format
    network, x = network.train().to(memory_format=last), x.contiguous(memory_format=last)
    if setting.compiled:
        network.compile()
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], 1e-3, momentum=0.9)
    while True:
        start = perf_counter()
        torch.manual_seed(0)
        for _ in range(_STEPS):
            with torch.autocast("cpu", torch.bfloat16, enabled=setting.precision == "bfloat16"):
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

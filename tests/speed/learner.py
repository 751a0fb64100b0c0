"""What the Learner costs over a bare PyTorch loop that does the same steps on the same tensors."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

_CLASSES, _TARGET = 10, 1.05


def run() -> DataFrame:
    """`measure` as a table, with a column that says whether the target is reached."""
    import pandas as pd

    rows = pd.DataFrame(measure()).drop(columns="higher_is_better")
    return rows.assign(reached=rows["ratio"] <= rows["target"]).round({"ours": 1, "peer": 1, "ratio": 3})


def measure(steps: int = 50, batch_size: int = 64, size: int = 64, rounds: int = 7) -> list[dict]:
    """Milliseconds a step of the fine-tuning Learner and of a bare loop: resnet18_s, gradient descent, one epoch.

    One row of name, ours, peer, ratio (ours / peer), unit, target (of the ratio), higher_is_better. Both make `steps`
    steps and look at one validation batch at the end; both keep pictures and weights with channels last. Medians over
    `rounds` in which the two take turns; the ratio is the median of the rounds' ratios, because other work on the
    machine slows neighbours alike.
    """
    import torch

    from artlib import nets

    generator = torch.Generator().manual_seed(0)
    batches = [_batch(batch_size, size, generator) for _ in range(min(steps, 10))]
    train = [batches[k % len(batches)] for k in range(steps)]
    ours = _learner(nets.create("resnet18_s", _CLASSES), train, batches[:1])
    bare = _loop(nets.create("resnet18_s", _CLASSES), train, batches[:1])
    for once in (ours, bare):
        next(once)  # the first epoch pays for memory and for choosing algorithms
    times = [(next(ours), next(bare)) for _ in range(rounds)]
    milliseconds = [1000 * median(column) / steps for column in zip(*times, strict=True)]
    return [
        {
            "name": "Learner against a bare PyTorch loop",
            "ours": milliseconds[0],
            "peer": milliseconds[1],
            "ratio": median(one / other for one, other in times),
            "unit": "ms/step",
            "target": _TARGET,
            "higher_is_better": False,
        }
    ]


def _batch(n: int, size: int, generator):
    import torch

    x = torch.rand((n, 3, size, size), generator=generator).contiguous(memory_format=torch.channels_last)
    return x, torch.randint(0, _CLASSES, (n,), generator=generator)


def _learner(network, train: list, valid: list) -> Iterator[float]:
    """Seconds of one epoch after another, with everything that the Learner does around it."""
    from fastai.data.core import DataLoaders

    from artlib.learners.finetune import FineTuner, Recipe
    from artlib.progress import StatusLine
    from artlib.tasks import Task

    task = Task("none", "category", tuple(map(str, range(_CLASSES))))
    recipe = Recipe(epochs=1000, lr=0.01)
    learner = FineTuner(DataLoaders(_Given(train), _Given(valid), device="cpu"), network, task, recipe, quiet=True)
    learner.opt = learner.recipe_optimizer()
    while True:
        start = perf_counter()
        learner.fit(1, cbs=learner.recipe_callbacks(StatusLine(quiet=True)))
        yield perf_counter() - start


def _loop(network, train: list, valid: list) -> Iterator[float]:
    """Seconds of one epoch after another, as one would write it by hand."""
    import torch
    from torch.nn import functional as F

    network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    while True:
        start = perf_counter()
        network.train()
        for x, y in train:
            loss = F.cross_entropy(network(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        network.eval()
        with torch.no_grad():
            for x, y in valid:
                F.cross_entropy(network(x), y)
        yield perf_counter() - start


class _Given:
    """Batches that are there already, as a Learner takes them."""

    n_inp = 1

    def __init__(self, batches: list) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator:
        return iter(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Every epoch is the same."""

    def to(self, device) -> _Given:
        """They stay where they are."""
        return self

"""What it costs to be tested on artists that were never seen in training. Chapters: collections, fine-tuning."""

from collections.abc import Mapping

import numpy as np

from artlib import splits
from artlib.evaluate import statistics
from artlib.learners import linear
from artlib.nets import Network
from artlib.tasks import Task


def cost(pictures, task: Task, network: Network, apart: str = "artist", k: int = 5, C: float = 0.01, seed: int = 0):
    """Accuracy lost when no ``apart`` stands on both sides of a split: a `statistics.Estimate` in shares, negative.

    A linear probe of the frozen body is cross-validated twice over ``k`` folds, with artists apart and without, so
    that every work is tested once each way; artists are resampled, because they are what is new in the test.
    Errors: SplitError, ProbeError.
    """
    sides = [_right(pictures, task, network, k, C, seed, side) for side in (apart, None)]
    rows = np.flatnonzero(~np.isnan(sides[0]) & ~np.isnan(sides[1]))
    who = pictures.works[apart].iloc[rows].to_numpy()
    return statistics.paired(sides[0][rows], sides[1][rows], groups=who)


def costs(museums: Mapping[str, object], column: str, network: Network, **options) -> dict:
    """The `cost` of each of several collections' pictures, by name; `column` is the task's."""
    from artlib import tasks

    return {
        name: cost(pictures, tasks.make(pictures.works, column, minimum=10), network, **options)
        for name, pictures in museums.items()
    }


def _right(pictures, task: Task, network: Network, k: int, C: float, seed: int, apart: str | None) -> np.ndarray:
    """For every picture whether it was named rightly when it was tested (1 or 0), NaN where it was not."""
    right, targets = np.full(len(pictures.works), np.nan), task.targets(pictures.works)
    for split in splits.folds(pictures.works, task, k, seed=seed, apart=apart, valid=0.0):
        probe = linear.probe(pictures, task, split, network, C)
        right[split.test] = probe.probabilities(split.test).argmax(axis=1) == targets[split.test]
    return right

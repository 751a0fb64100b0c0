"""What it costs to be tested on artists that were never seen in training. Chapters: collections, fine-tuning."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from artlib import splits, tasks
from artlib.evaluate import statistics
from artlib.evaluate.statistics import Estimate
from artlib.learners import linear
from artlib.nets import Network
from artlib.pixels import Pictures
from artlib.tasks import Task


def cost(
    pictures: Pictures,
    task: Task,
    network: Network,
    disjoint: str = "artist",
    k: int = 5,
    C: float = 0.01,
    seed: int = 0,
) -> Estimate:
    """Accuracy lost when nobody in ``disjoint`` stands on both sides of a split, in shares; negative.

    A linear probe of the frozen body is cross-validated twice, with artists apart and without, so that every work is
    tested once each way. Artists are resampled, because they are what is new in the test.

    Parameters
    ----------
    disjoint : column of the works whose values must not stand on both sides.
    k : folds.
    C : inverse penalty of the probe.

    Raises
    ------
    SplitError, ProbeError
    """

    def right(column: str | None) -> np.ndarray:
        """For every picture whether it was named rightly when it was tested (1 or 0), NaN where it was not."""
        found, targets = np.full(len(pictures.works), np.nan), task.targets(pictures.works)
        for split in splits.folds(pictures.works, task, k, seed=seed, disjoint=column, valid=0.0):
            said = linear.probe(pictures, task, split, network, C).probabilities(split.test).argmax(axis=1)
            found[split.test] = said == targets[split.test]
        return found

    unseen, seen = right(disjoint), right(None)
    rows = np.flatnonzero(~np.isnan(unseen) & ~np.isnan(seen))
    return statistics.paired(unseen[rows], seen[rows], groups=pictures.works[disjoint].iloc[rows].to_numpy())


def costs(several: Mapping[str, Pictures], column: str, network: Network, **options: Any) -> dict[str, Estimate]:
    """The `cost` for each of several collections, name -> pictures; ``column`` is the task's."""
    return {
        name: cost(pictures, tasks.make(pictures.works, column, minimum=10), network, **options)
        for name, pictures in several.items()
    }

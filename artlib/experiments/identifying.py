"""The kind that recognises artists and, beside the test, measures what testing on the training works would have said."""

from collections.abc import Iterator, Mapping

import pandas as pd

from artlib import paths, records
from artlib.experiments.bench import Bench
from artlib.experiments.training import told, trained

TOPS = ("accuracy", "top3", "top5")
"""What the poster's table prints, for test and training."""


def identify(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train a network, choose its epoch on the validation works, test it once; then show it its training works.

    ``metrics.train_accuracy``, ``train_top3`` and ``train_top5`` are what the poster's test loop measured, which ran
    over the training loader. Paper: Niyogi and Ruiz, task 1.
    """
    from artlib.evaluate import metrics, predictions

    _, task = bench.question(cell["cell"]["task"])
    learner = trained(bench, cell, settings, paths.cache() / "checkpoints" / records.identity(cell))
    predicted = predictions.predict(learner, learner.split.test)
    record = bench.tested(task, learner.split, predicted) | told(learner)
    seen = metrics.scores(predictions.predict(learner, learner.split.train), task)
    record["metrics"] |= {f"train_{name}": seen[name] for name in TOPS if name in seen}
    record["metrics"]["seconds_per_epoch"] = float(learner.history["seconds"].median())
    yield record, predicted

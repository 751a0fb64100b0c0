"""The kind that recognises artists, and measures what testing on the training works would have said."""

from collections.abc import Iterator, Mapping

import pandas as pd

from artlib import paths, records
from artlib.experiments.run_context import Bench
from artlib.experiments.training import told, trained

TOPS = ("accuracy", "top3", "top5")
"""What the poster's table prints, for test and training."""

_PRINTED = {"accuracy": "top-1", "top3": "top-3", "top5": "top-5"}


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


def tops(runs: pd.DataFrame) -> pd.DataFrame:
    """The poster's table from records: one row a method and measure ("test top-1", ..., "F1"), with value, low, high.

    Test measures resample works and models; what was measured on training works only models.
    """
    from artlib.evaluate import comparisons, statistics
    from artlib.experiments.results import predictions

    rows = []
    for method, part in runs.groupby("cell.method", sort=False):
        tested = predictions(part)
        classes = tested.attrs["classes"]  # of all runs: two draws need not have the same artists
        named = {f"test {word}": name for name, word in _PRINTED.items()}
        for title, name in (named | {"precision": "precision", "recall": "recall", "F1": "f1"}).items():
            rows.append({"method": method, "measured": title} | comparisons.score(tested, name, classes).row())
        for name, word in _PRINTED.items():
            trained = statistics.interval_of_runs(part[f"metrics.train_{name}"])
            rows.append({"method": method, "measured": f"train {word}"} | trained.row())
    return pd.DataFrame(rows, columns=["method", "measured", "value", "low", "high"])

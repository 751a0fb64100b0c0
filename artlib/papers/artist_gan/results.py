"""What recorded runs say of Niyogi and Ruiz: the poster's table of artists, and the pictures of generators."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from artlib import records
from artlib.evaluate import comparisons, statistics
from artlib.experiments.results import predictions

_PRINTED = {"accuracy": "top-1", "top3": "top-3", "top5": "top-5"}


def tops(runs: pd.DataFrame) -> pd.DataFrame:
    """The poster's table from records: one row a method and measure ("test top-1", ..., "F1"), with value, low, high.

    Test measures resample works and models; what was measured on training works only models.
    """
    rows = []
    for method, part in runs.groupby("cell.method", sort=False):
        tested = predictions(part)
        named = {f"test {word}": name for name, word in _PRINTED.items()}
        for title, name in (named | {"precision": "precision", "recall": "recall", "F1": "f1"}).items():
            found = comparisons.score(tested, name)
            rows.append({"method": method, "measured": title, **found.row()})
        for name, word in _PRINTED.items():
            if f"metrics.train_{name}" not in part:  # three classes have no first three
                continue
            found = statistics.interval_of_runs(part[f"metrics.train_{name}"])
            rows.append({"method": method, "measured": f"train {word}", **found.row()})
    return pd.DataFrame(rows, columns=["method", "measured", "value", "low", "high"])


def pictures(run: Mapping[str, Any], what: str = "epoch") -> dict[int, np.ndarray]:
    """What ``keep`` kept of a recorded run: step (an epoch, or a step of the walk) -> pictures (N, S, S, 3) uint8."""
    table = records.predictions(run)
    table = table[table["what"] == what].sort_values(["step", "number"])
    return {int(step): np.stack([_decoded(one) for one in part["webp"]]) for step, part in table.groupby("step")}


def looks(run: Mapping[str, Any]) -> pd.DataFrame:
    """The scores of a recorded run at the epochs at which it was looked at, one row each."""
    own = {name: values for name, values in dict(run).items() if name.startswith("looks.")}
    return pd.DataFrame(own).rename(columns=lambda name: name.removeprefix("looks."))


def _decoded(data: bytes) -> np.ndarray:
    from PIL import Image

    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))

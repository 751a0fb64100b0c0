"""Measures and their differences with intervals, straight from tables of predictions.

Where tables of several runs are joined, the columns ``draw``, ``seed``, ``repeat`` and ``fold`` say which run a row is
from: works are resampled by ``work_id``, and trained models (seed, repeat, fold) inside their draw.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd

from artlib.evaluate import metrics, statistics
from artlib.evaluate.statistics import Block, Estimate

MODEL = ("seed", "repeat", "fold")
"""Columns that together name one trained model within a draw of the collection."""


def score(
    predictions: pd.DataFrame, metric: str = "accuracy", *, options: Mapping | None = None, **bootstrap: object
) -> Estimate:
    """One measure with its interval: ``score(predicted, "kappa")``.

    Parameters
    ----------
    metric : a name that `metrics.measure` knows.
    options : of the measure.
    **bootstrap : of `statistics.resample`.
    """
    return statistics.resample([block(predictions, metric, **(options or {}))], **bootstrap)


def difference(
    a: pd.DataFrame,
    b: pd.DataFrame,
    metric: str = "accuracy",
    *,
    paired: bool = True,
    relative: bool = False,
    **bootstrap: object,
) -> Estimate:
    """Measure of ``a`` less that of ``b`` on the works that both were tested on; other parameters as in `score`.

    Parameters
    ----------
    paired : False where the two were tested on other works.
    relative : in shares of what ``b`` has.

    Raises
    ------
    StatisticsError : when no work was tested on both sides.
    """
    blocks = [block(side, metric) for side in (shared(a, b) if paired else (a, b))]

    def combine(measures: np.ndarray) -> np.ndarray:
        less = measures[:, 0] - measures[:, 1]
        return less / measures[:, 1] if relative else less

    return statistics.resample(blocks, combine, **bootstrap)


def shared(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """The tables without works that one of them lacks, so that none has the easier ones."""
    keys = ["draw", "row"] if all("draw" in table.columns for table in tables) else ["row"]
    works = [pd.MultiIndex.from_frame(table[keys]) for table in tables]
    common = reduce(pd.MultiIndex.intersection, works)
    if common.empty:
        raise statistics.StatisticsError("the two sides have no tested work in common, so they cannot be compared")
    return [table[own.isin(common)] for table, own in zip(tables, works, strict=True)]


def block(predictions: pd.DataFrame, metric: str, **options: object) -> Block:
    """A table of predictions as a block to be resampled."""
    moments, statistic = metrics.measure(metric, predictions, **options)
    return Block(moments, statistic, _groups(predictions), units(predictions))


def units(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """The outer levels of a table's rows: its draw, and the trained model within it."""
    levels = {"draw": _joined(table, ["draw"]), "model": _joined(table, MODEL)}
    return {name: codes for name, codes in levels.items() if codes is not None}


def _groups(predictions: pd.DataFrame) -> np.ndarray:
    works = predictions["work_id"].astype(str)
    # The same number in two draws of the museum is two works.
    return (predictions["draw"].astype(str) + "/" + works if "draw" in predictions.columns else works).to_numpy()


def _joined(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray | None:
    """One label a row from several columns; labels, not codes, so that they agree between tables."""
    present = [column for column in columns if column in table.columns]
    if not present:
        return None
    codes = np.zeros(len(table), np.int64)
    for column in present:
        own, kinds = pd.factorize(table[column], use_na_sentinel=False)
        codes = codes * len(kinds) + own
    _, first, place = np.unique(codes, return_index=True, return_inverse=True)
    kinds = table[present].iloc[first].itertuples(index=False)
    return np.array(["/".join("" if pd.isna(value) else str(value) for value in kind) for kind in kinds])[place]

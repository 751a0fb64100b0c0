"""What recorded runs say of the fine-tuning paper: best settings, what weights had learned, distances of networks."""

from __future__ import annotations

import numpy as np
import pandas as pd


def by_source(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with a column ``source``: what their initial weights had learned, whichever files they came from."""
    from artlib.nets import weights

    if runs.empty:
        return runs
    return runs.assign(source=[weights.LEARNED.get(name, name) for name in runs["cell.weights"]])


def best(runs: pd.DataFrame) -> pd.DataFrame:
    """The best settings of each task, chosen by validation accuracy, with their test accuracy (Table 4).

    One row a task: method, weights, classes, runs, accuracy (mean over runs) and kappa.
    """
    chosen = best_runs(runs)
    if chosen.empty:
        return pd.DataFrame(columns=["method", "weights", "classes", "runs", "accuracy", "kappa"])
    chosen = chosen.assign(count=chosen["classes"].map(len))
    table = chosen.groupby("cell.task").agg(
        method=("cell.method", "first"), weights=("cell.weights", "first"), classes=("count", "max"),
        runs=("id", "size"), accuracy=("metrics.accuracy", "mean"), kappa=("metrics.kappa", "mean"),
    )  # fmt: skip
    return table.rename_axis("task").round(3)


def best_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of each task's best settings (method and initial weights), chosen by validation accuracy."""
    trained = runs[runs["history.accuracy"].notna()] if "history.accuracy" in runs.columns else runs.iloc[:0]
    if trained.empty:
        return trained
    # The same cell may stand in two grids (all layers, first weights).
    same = [f"cell.{name}" for name in ("task", "method", "weights", "draw", "repeat", "fold")] + ["seed"]
    trained = trained.drop_duplicates([name for name in same if name in trained.columns])
    settings = ["cell.task", "cell.method", "cell.weights"]
    means = trained.assign(valid=trained["history.accuracy"].map(max)).groupby(settings)["valid"].mean()
    chosen = set(means.groupby("cell.task").idxmax())
    return trained[[tuple(row) in chosen for row in trained[settings].to_numpy()]].reset_index(drop=True)


def distances(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean cosine distance between each two networks of a comparison (Fig. 16), seeds and draws averaged.

    A square table of the models' names ("genre, photographs"); NaN where two were not compared. On the diagonal
    stands the distance between two training seeds of the same model.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for pairs in runs["pairs"] if "pairs" in runs.columns else ():
        for a, b, distance in pairs if isinstance(pairs, list) else ():
            names = tuple(name.rpartition(", seed ")[0] for name in (a, b))
            for key in {names, names[::-1]}:
                found.setdefault(key, []).append(distance)
    names = sorted({name for key in found for name in key})
    values = [[np.mean(found.get((a, b), [np.nan])) for b in names] for a in names]
    return pd.DataFrame(values, index=names, columns=names)

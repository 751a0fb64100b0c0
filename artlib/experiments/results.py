"""What recorded runs say: predictions, curves, differences, best settings, distances."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib import records, tasks
from artlib.experiments.grid import recorded
from artlib.experiments.study import ExperimentError

if TYPE_CHECKING:
    from artlib.works import Collection


def predictions(runs: pd.DataFrame) -> pd.DataFrame:
    """The predictions of several runs in one table, with the cells' fields beside them.

    ``attrs["classes"]`` names the classes, numbered as in the table, where the runs say theirs.
    """
    from artlib.evaluate import predictions as predicting

    known = list(runs["classes"]) if "classes" in runs.columns else [None]
    common = predicting.common_classes(known) if all(isinstance(one, list) for one in known) else None
    fields = [column for column in runs.columns if column.startswith("cell.")]
    parts = [
        records.predictions(row).assign(seed=row["seed"], **{name.removeprefix("cell."): row[name] for name in fields})
        for _, row in runs.iterrows()
    ]
    if common:
        parts = [predicting.renumbered(part, own, common) for part, own in zip(parts, known, strict=True)]
    table = pd.concat(parts, ignore_index=True)
    table.attrs["classes"] = common
    return table


def answers(task: str, runs: pd.DataFrame, *names: str) -> pd.DataFrame:
    """What networks with all layers tuned said in a task, as ``predictions`` has it; a printed line says whose it is.

    Of the first of the declared studies ``names`` that has a record of it, else of ``runs``, a page's own.
    Raises ExperimentError where neither was run on the task.
    """
    for name in (*names, None):
        found = runs if name is None else recorded(name)
        if len(found):
            found = found[(found["cell.task"] == task) & found["cell.method"].isin(TUNED)]
        if len(found):
            kept = f"Recorded: {name}" if name else "No recorded run yet; this page's own, a proof that the code runs"
            print(f"{kept}: {len(found)} tuned network{'s' * (len(found) > 1)} on {task}.")
            return predictions(found)
    raise ExperimentError(f"No network was tuned on {task!r}, neither in {', '.join(names)} nor on this page.")


TUNED = ("fine-tuned", "all")
"""Methods that train all layers from given weights, by the names that the studies give them."""

NINE = {
    "modern": ("artist", "style", "genre", "culture"),
    "survey": ("artist", "timeframe", "genre", "culture"),
    "prints": ("artist",),
}
"""The nine tasks of the fine-tuning paper (Table 1) by the museum's wings, its WikiArt, Web Gallery and TICC prints."""


def wings(name: str, root=None, size: str | int = "smoke") -> dict[str, "Collection"]:
    """The three sources of the paper as the museum's wings, by name; elsewhere the one collection there is."""
    from artlib import collections

    if name != "museum":
        return {name: collections.read(name, root, size)}
    return {f"{name}, {wing}": collections.read(name, size=size, wing=wing) for wing in NINE}


def nine_tasks(name: str, root=None, size: str | int = "smoke", minimum: int = 20) -> dict[str, tuple]:
    """The paper's nine tasks, title -> (works, task): on the museum by wing, elsewhere those the works can pose."""
    found = wings(name, root, size)
    if name != "museum":
        works = found[name].works
        columns = list(dict.fromkeys(column for columns in NINE.values() for column in columns))
        return {task.column: (works, task) for task in tasks.possible(works, columns, minimum)}
    return {
        f"{wing}: {task.column}": (collection.works, task)
        for (wing, columns), collection in zip(NINE.items(), found.values(), strict=True)
        for task in tasks.possible(collection.works, columns, minimum)
    }


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
    same = [
        name for name in ("task", "method", "weights", "draw", "repeat", "fold") if f"cell.{name}" in trained.columns
    ]
    trained = trained.drop_duplicates(
        [f"cell.{name}" for name in same] + [n for n in ("seed",) if n in trained.columns]
    )
    settings = ["cell.task", "cell.method", "cell.weights"]
    means = trained.assign(valid=trained["history.accuracy"].map(max)).groupby(settings)["valid"].mean()
    chosen = set(means.groupby("cell.task").idxmax())
    return trained[[tuple(row) in chosen for row in trained[settings].to_numpy()]].reset_index(drop=True)


def histories(runs: pd.DataFrame, by: str = "method") -> dict[str, list[pd.DataFrame]]:
    """Learning curves of recorded trainings by a field of the cell, as ``figures.learning_curve`` takes them."""
    columns = [column for column in runs.columns if column.startswith("history.")]
    trained = runs[runs["history.epoch"].notna()] if "history.epoch" in columns else runs.iloc[:0]
    names = trained[by if by in trained.columns else f"cell.{by}"] if len(trained) else []
    made: dict[str, list[pd.DataFrame]] = {}
    for name, (_, row) in zip(names, trained.iterrows(), strict=True):
        made.setdefault(str(name), []).append(
            pd.DataFrame({column.removeprefix("history."): row[column] for column in columns})
        )
    # Sorted, so that a name has the same colour in all figures of a page.
    return dict(sorted(made.items()))


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


def differences(runs: pd.DataFrame, *pairs: tuple[str, str], by: str = "task", metric: str = "accuracy") -> dict:
    """Paired differences between methods, task by task: "style: fine-tuned over frozen" -> Estimate.

    ``pairs`` are (better, worse) names of methods; works, models and draws are resampled as ``claims`` does.
    """
    from artlib.evaluate import comparisons as contrasts

    table = predictions(runs)
    return {
        f"{name}: {better} over {worse}": contrasts.difference(
            part[part["method"] == better], part[part["method"] == worse], metric
        )
        for name, part in table.groupby(by, sort=False)
        for better, worse in pairs
        if {better, worse} <= set(part["method"])
    }

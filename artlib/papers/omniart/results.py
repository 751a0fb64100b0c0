"""What recorded runs say of the OmniArt paper: each task by its own measure, and what learning together gains."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from artlib import records
from artlib.evaluate import statistics
from artlib.evaluate.statistics import Estimate
from artlib.experiments import results

MEASURES = {
    "artist": ("metrics.accuracy", "accuracy", 100, 1),
    "type": ("metrics.mean_average_precision", "mean average precision", 100, 1),
    "material": ("metrics.mean_average_precision", "mean average precision", 100, 1),
    "period": ("metrics.mean_absolute_error", "mean error in years", 1, -1),
}
"""The paper's measure of each of its tasks: column of the records, words, factor, and -1 where less is better."""


STAGE_ONE = tuple(
    f"bases-{how}"
    for how in ("museum-cpu", "museum-cpu-more", "scratch-museum-cpu", "external-museum-cpu", "tuned-museum-cpu")
)
"""The studies of section 4.4: new layers only, from scratch, external data first; and all layers from known weights."""


def scored(runs: pd.DataFrame, by: str = "method") -> pd.DataFrame:
    """Each task by its own measure and a field of the cell: task, ``by``, value, low, high, runs."""
    rows = []
    grouped = runs.groupby(["cell.task", f"cell.{by}"], sort=False) if len(runs) else ()
    for (name, kind), part in grouped:
        if name not in MEASURES:
            continue
        column, words, factor, _ = MEASURES[name]
        values = factor * part[column].to_numpy(float)
        found = statistics.interval_of_runs(values, part["cell.draw"])
        rows.append({"task": f"{name}, {words}", by: kind, **found.row(), "runs": len(values)})
    table = pd.DataFrame(rows, columns=["task", by, "value", "low", "high", "runs"])
    table.attrs["origin"] = runs.attrs.get("origin") or records.origin_of(runs)
    return table


def gains(
    runs: pd.DataFrame,
    better: str = "multi-task",
    worse: str = "single-task",
    relative: bool = False,
) -> dict[str, Estimate]:
    """Paired gains of one method over another, task by task, in hundredths; of errors, in shares of the error.

    Trained models and draws are resampled. "artist: accuracy" -> Estimate, positive where ``better`` is better.
    ``relative``: all gains in shares of what ``worse`` has, so that tasks of different measures can be compared.
    """
    found = {}
    for name, (column, words, factor, sign) in MEASURES.items() if len(runs) else ():
        own = runs[runs["cell.task"] == name]
        if len(own) and column in own.columns:
            of_error = factor == 1
            gained = results.gain(own, better, worse, by=None, metric=column, relative=of_error or relative)
            if one := gained.get("all"):
                title = f"{name}: {words}, per cent less" if of_error else f"{name}: {words}"
                found[title] = one if sign > 0 else -one
    return found


def task_affinity(runs: pd.DataFrame) -> pd.DataFrame:
    """Gain of each task with each other over learning alone, in per cent, from an affinity grid.

    As ``figures.affinity`` has it: task, partner, value, low, high; trained models and draws are resampled.
    """
    rows = [
        {"task": title.partition(":")[0], "partner": partner, **one.row(100)}
        for partner in MEASURES
        for title, one in gains(runs, f"with {partner}", "alone", relative=True).items()
    ]
    return pd.DataFrame(rows, columns=["task", "partner", "value", "low", "high"])


def by_minimum(runs: pd.DataFrame) -> pd.DataFrame:
    """Tables 2 to 4 of ours: each task together and alone at each minimum of works an artist.

    Columns minimum, artists (of all draws, on average), task, multi-task, single-task, gain, low, high; in the task's
    own measure, the gain positive where together is better (points; of the period per cent of the error). kappa: of the
    artist, together, because accuracies over different numbers of artists cannot be compared.
    """
    columns = ["minimum", "artists", "task", "multi-task", "single-task", "gain", "low", "high", "kappa"]
    if runs.empty:
        return pd.DataFrame(columns=columns)
    own = runs[runs["cell.task"] == "artist"]
    artists = own["classes"].map(len).groupby(own["cell.minimum"]).mean()
    kappa = own[own["cell.method"] == "multi-task"].groupby("cell.minimum")["metrics.kappa"].mean()
    rows = []
    for minimum, level in runs.groupby("cell.minimum"):
        values = scored(level).pivot(index="task", columns="method", values="value")
        for title, one in gains(level).items():
            name = next(task for task in values.index if task.startswith(title.partition(":")[0]))
            rows.append(
                {"minimum": int(minimum), "artists": round(float(artists[minimum]), 1), "task": name,
                 **values.loc[name].round(1), **_gain_row(one),
                 "kappa": kappa[minimum] if name.startswith("artist") else float("nan")}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def pair_rank_vs_null(runs: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    """Is the confusion of a father and a son more than the largest of all pairs would be by luck? A row a museum, draw.

    runs, null : of kind ``artist-pair-confusion``; null with the artist cut. "first": share of the folds in which no
    pair is confused more; "beyond luck": share in which the pair's excess is above every largest excess of the null
    museum (of its other draws, for the null itself); then medians of the pair's excess and of the largest of all pairs.
    """
    rows = []
    for title, table in (("drawn", runs), ("no hands (null)", null)):
        own = table[table["cell.years"] == "common"] if len(table) else table
        for draw, folds in own.groupby("cell.draw") if len(own) else ():
            excess, ranks = folds["metrics.excess_of_pair"], folds["metrics.rank_of_pair"]
            # The null is compared with its other draws: with itself no pair can be beyond the largest.
            others = null[null["cell.draw"] != draw] if table is null else null
            most = others["metrics.largest_excess"].max() if len(others) else float("nan")
            beyond = float((excess > most).mean()) if len(others) else float("nan")
            largest = folds["metrics.largest_excess"].median()
            rows.append([title, draw, len(folds), (ranks == 1).mean(), beyond, excess.median(), largest])
    columns = ["museum", "draw", "folds", "first", "beyond luck", "excess of the pair", "largest of all pairs"]
    return pd.DataFrame(rows, columns=columns).round(2)


def stage_one(names: Sequence[str] = STAGE_ONE) -> pd.DataFrame:
    """Recorded bases in each setting of section 4.4, single tasks: task, network, value, low, high, runs."""
    runs = pd.concat([one for one in map(results.recorded, names) if len(one)] or [pd.DataFrame()], ignore_index=True)
    if runs.empty:
        return scored(runs, by="network")
    parts = [scored(own, by="network").assign(setting=name) for name, own in runs.groupby("cell.setting", sort=False)]
    table = pd.concat(parts, ignore_index=True)
    table["task"] += " (" + table.pop("setting") + ")"
    table.attrs["origin"] = records.origin_of(runs)
    return table


def named_artists_only(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs, with the accuracy of the artist among works by named artists where the unknown are a class too."""
    if "metrics.accuracy_of_named" not in runs.columns:
        return runs
    own = runs["metrics.accuracy_of_named"]
    accuracy = {"metrics.accuracy": runs["metrics.accuracy"].where(own.isna(), own)}
    return runs.drop(columns="predictions", errors="ignore").assign(**accuracy)  # they are of all works


def by_dependence(runs: pd.DataFrame) -> pd.DataFrame:
    """Gain of together over alone at each strength of the labels' dependence, for ``figures.dependence`` of this paper.

    In points (artist, type, material) and in per cent of the error (period); one row a task and strength.
    """
    level = runs["cell.cut"].fillna("") if "cell.cut" in runs.columns else pd.Series("", index=runs.index)
    rows = [
        {
            "task": name.partition(":")[0], "dependence": float(part["metrics.dependence"].mean()),
            **_gain_row(one),
        }
        for _, part in runs.groupby(level)
        for name, one in gains(part).items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "dependence", "gain", "low", "high"])


def _gain_row(one: Estimate) -> dict[str, float]:
    row = one.row(100)
    return {"gain": row.pop("value"), **row}

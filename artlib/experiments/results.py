"""What recorded runs say: predictions, curves, and how much better one group of runs is than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from artlib import records
from artlib.evaluate import comparisons, statistics
from artlib.evaluate.predictions import joined, scored_by_work
from artlib.evaluate.statistics import Estimate
from artlib.experiments.study import load

_MODEL = ("draw", "seed", "repeat", "fold")


def recorded(name: str) -> pd.DataFrame:
    """The committed records of a declared study, from whichever initial weights; empty while it has none."""
    study = load(name)
    table = records.read(study.paper, study.experiment)
    table.attrs["experiment"] = name  # where it is empty, a figure says how it is made
    if table.empty:
        return table
    known = {_place(_columns(one.fields())) for one in study.runs()}
    ours = [_place(row) in known for row in table.to_dict("records")]
    return table[ours].reset_index(drop=True)


def recorded_or_own(runs: pd.DataFrame, *names: str, needed: int = 0) -> pd.DataFrame:
    """The committed records of declared studies, else a page's own runs; ``attrs["note"]`` says which.

    runs : of the page. On a reader's own pictures they stay: what was recorded on others says nothing about them.
    names : of studies. The first that has records is taken.
    needed : where above 0, the records of all these studies together, if at least so many of them have any.
    """
    if len(runs) and "museum" not in set(runs["collection"]):
        note = f"Your own pictures: this page's own run of {len(runs)}; nothing recorded on others stands in for it."
        return with_note(runs, note)
    found = {name: table for name in names if len(table := recorded(name))}
    if needed == 0:
        found = dict(list(found.items())[:1])
    if len(found) >= max(1, needed):
        whole = sum(len(list(load(name).runs())) for name in found)
        table = pd.concat(list(found.values()), ignore_index=True)
        return with_note(table, f"Recorded: {', '.join(found)}, {len(table)} of {whole} runs.")
    missing = [name for name in names if name not in found]
    return with_note(
        runs,
        f"No recorded run yet: `artlib experiment {missing[0 if needed else -1]}` makes one. What follows is this "
        f"page's own run of {len(runs)}, at a size that proves that the code runs, and no more.",
    )


def beside_recorded(runs: pd.DataFrame) -> pd.DataFrame:
    """Means of one's own runs by task and method, beside those of the book's records of the same folds.

    Initial weights may come from another file. runs : of one experiment on one collection. The measure is accuracy,
    else the first that they have.
    """
    book = records.read(runs["paper"].iloc[0], runs["experiment"].iloc[0], collection=runs["collection"].iloc[0])
    metrics = [name for name in runs if str(name).startswith("metrics.") and name in book]
    measure = "metrics.accuracy" if "metrics.accuracy" in metrics else metrics[0]
    same = ["cell.task", "cell.method", *(f"cell.{name}" for name in _MODEL if name != "seed"), "seed"]
    # What no run has (folds, where there are none) is None in one table and NaN in another.
    runs, book = (table.assign(**table[same].astype("object").fillna(-1)) for table in (runs, book))
    both = runs.merge(book[[*same, measure]], on=same, suffixes=("", " recorded"))
    means = both.groupby(["cell.task", "cell.method"])[[measure, f"{measure} recorded"]].mean()
    return means.set_axis([f"{measure.removeprefix('metrics.')} here", "recorded"], axis="columns")


def with_note(table: pd.DataFrame, note: str) -> pd.DataFrame:
    """The same table, with a note for the page in ``attrs["note"]``: whose runs it holds."""
    noted = table.copy(deep=False)
    noted.attrs["note"] = note
    return noted


def predictions(runs: pd.DataFrame) -> pd.DataFrame:
    """The predictions of several runs in one table, with the fields of their config beside them.

    ``attrs["classes"]`` names the classes, numbered as in the table, where the runs say theirs.
    """
    fields = {column.removeprefix("cell."): column for column in runs.columns if column.startswith("cell.")}
    table = joined(runs, {"seed": "seed"} | fields)
    table.attrs["origin"] = records.origin_of(runs)
    return table


def histories(runs: pd.DataFrame, by: str = "method") -> dict[str, list[pd.DataFrame]]:
    """Learning curves of recorded trainings by a field of the config, as ``figures.learning_curve`` takes them."""
    trained = runs[runs["history"].notna()] if "history" in runs.columns else runs.iloc[:0]
    names = trained[by if by in trained.columns else f"cell.{by}"] if len(trained) else []
    made: dict[str, list[pd.DataFrame]] = {}
    for name, (_, row) in zip(names, trained.iterrows(), strict=True):
        made.setdefault(str(name), []).append(records.history(row))
        made[str(name)][-1].attrs |= {"origin": records.origin_of(runs), "best_epoch": row.get("best_epoch")}
    # Sorted, so that a name has the same colour in all figures of a page.
    return dict(sorted(made.items()))


def gain(
    runs: pd.DataFrame,
    better: str,
    worse: str,
    *,
    among: str = "method",
    by: str | None = "task",
    metric: str = "accuracy",
    relative: bool = False,
    paired: bool = True,
    **bootstrap: Any,
) -> dict[Any, Estimate]:
    """How far one group of runs is above another, by a field of their config: value of ``by`` -> Estimate.

    Only trained models that both groups have are counted, so that a grid still running compares like with like; a
    value of ``by`` at which there is none is left out.

    Parameters
    ----------
    runs : records, or their ``predictions``.
    better, worse : values of the field ``among`` that name the two groups.
    by : a field of the config; None: all runs together, under the key "all".
    metric : of ``evaluate.metrics``, where works, models and draws are resampled as ``claims`` does; or a column of
        the records ("metrics.mean_absolute_error"), where models and draws are, and works where their parts are kept.
    relative : in shares of what ``worse`` has.
    paired : False where the groups were tested on other works, so that nothing is paired but the models.
    bootstrap : options of ``statistics.resample``.
    """
    if metric in runs.columns and not scored_by_work(runs, metric):
        return _gain_of_models(runs, better, worse, among, by, metric, relative, bootstrap)
    how = {"metric": metric.removeprefix("metrics."), "paired": paired, "relative": relative, **bootstrap}
    table = runs if "predicted" in runs.columns else predictions(runs)
    found = {}
    for name, part in table.groupby(by, sort=False) if by else (("all", table),):
        sides = common_models(*(part[part[among] == one] for one in (better, worse)))
        if not sides[0].empty:
            found[name] = comparisons.difference(*sides, **how)
    return _with_origin(found, table)


def _gain_of_models(runs, better, worse, among, by, metric, relative, bootstrap) -> dict[Any, Estimate]:
    keys = [name for name in ("cell.draw", "seed", "cell.repeat", "cell.fold") if name in runs.columns]
    found = {}
    for name, part in runs.groupby(f"cell.{by}", sort=False) if by else (("all", runs),):
        own = part.fillna(dict.fromkeys(keys, -1))
        wide = own.pivot_table(index=keys, columns=f"cell.{among}", values=metric)
        if not {better, worse} <= set(wide.columns) or len(wide := wide.dropna(subset=[better, worse])) < 2:
            continue
        gained = (wide[better] - wide[worse]) / (wide[worse] if relative else 1.0)
        draws = gained.index.get_level_values("cell.draw") if "cell.draw" in keys else ()
        units = {"draw": np.asarray(draws)} if len(set(draws)) > 1 else None
        found[name] = statistics.interval(gained.to_numpy(), units=units, **bootstrap)
    return _with_origin(found, runs)


def _with_origin(found: dict[Any, Estimate], table: pd.DataFrame) -> dict[Any, Estimate]:
    """Estimates that know what runs they rest on, so that a figure can say it."""
    origin = table.attrs.get("origin") or records.origin_of(table)
    return {name: replace(estimate, origin=origin) for name, estimate in found.items()}


def differences(runs: pd.DataFrame, *pairs: tuple[str, str], by: str = "task", **options: Any) -> dict[str, Estimate]:
    """Gains of several pairs, (better, worse), of methods or what ``among`` says: "style: fine-tuned over frozen".

    options : of ``gain``.
    """
    table = predictions(runs)
    gains = {pair: gain(table, *pair, by=by, **options) for pair in pairs}
    return {
        f"{name}: {better} over {worse}": gains[better, worse][name]
        for name in table[by].unique()
        for better, worse in pairs
        if name in gains[better, worse]
    }


def intervals(named: Mapping[str, pd.DataFrame], column: str) -> dict[str, Estimate]:
    """The mean of a number that records keep in each of several sets of runs: title -> Estimate.

    Trained models are resampled inside their draws. Sets with fewer than two runs that have the number are left out.
    """
    found = {}
    for title, runs in named.items():
        known = runs.dropna(subset=[column]) if column in runs.columns else runs.iloc[:0]
        if len(known) > 1:
            found[title] = statistics.interval_of_runs(known[column], known["cell.draw"])
    return found


def common_models(a: pd.DataFrame, b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Only the trained models that both sides have."""
    keys = [name for name in _MODEL if name in a.columns and name in b.columns]
    first, second = (pd.MultiIndex.from_frame(side[keys].astype("object").fillna(-1)) for side in (a, b))
    return a[first.isin(second)], b[second.isin(first)]


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What was run, as a row of ``records.read`` has it."""
    config = {f"cell.{name}": value for name, value in fields["cell"].items()}
    return {**{name: value for name, value in fields.items() if name != "cell"}, **config}


def _place(row: Mapping[str, Any]) -> frozenset:
    """Where a run stands in its grid: its identity but for the initial weights, which may be given as a file."""
    named = {name for name in row if name.startswith("cell.") or name in records.IDENTITY} - {"cell.weights"}
    texts = {name: str(records.plain(row[name])) for name in named}
    return frozenset((name, value) for name, value in texts.items() if value)

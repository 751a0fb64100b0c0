"""Our results beside the paper's, as a real table that can be read out and copied."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.evaluate import metrics
from artlib.figures import badge, theme
from artlib.figures.comparisons import summary
from artlib.figures.figure import NotRecorded, noted


class Table:
    """A table for a page: ``frame`` holds its cells as text, (group, side) columns; shown as HTML with a caption."""

    def __init__(self, frame: pd.DataFrame, caption: str = "", rows: str = "", printed: Collection[str] = ()):
        self.frame, self.caption, self.rows, self.printed = frame, caption, rows, set(printed)
        self.badge: badge.Badge | None = None

    def _repr_html_(self) -> str:
        groups: dict[str, list] = {}
        for group, side in self.frame.columns:
            groups.setdefault(group, []).append(side)
        alone = all(sides == ["ours"] for sides in groups.values())
        rows = ((name, row.items()) for name, row in self.frame.map(str).iterrows())
        return theme.fill("table.html", table=self, groups=groups, alone=alone, rows=rows, readable=theme.readable)

    def __str__(self) -> str:
        return f"{self.frame.to_string()}\n{self.caption}"


@noted
def table(
    runs: pd.DataFrame,
    rows: str = "method",
    columns: str = "task",
    metric: str = "accuracy",
    beside: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
    caption: str | None = None,
) -> Table:
    """Our results with 95% intervals, by two fields of the cell, beside the paper's printed ones.

    Parameters
    ----------
    runs : records as ``records.read`` gives them; may be empty, then the paper's numbers stand alone.
    beside : a table as ``papers.printed.table`` gives it, its rows and columns named like ours, for instance
        ``printed.table("finetuning", 3)["WikiArt"]``; or several, under the names that the header shall show; or other
        runs of ours.
    """
    named = dict(beside) if isinstance(beside, Mapping) else {"paper": beside} if beside is not None else {}
    sides = {"ours": _measured(runs, rows, columns, metric)}
    sides |= {name: _printed(other, rows, columns, metric) for name, other in named.items()}
    across = list(dict.fromkeys(column for side in sides.values() for column in side.columns))
    printed = {name for name, other in named.items() if not _is_runs(other)}
    down = _order(sides, printed)
    if not across:
        raise NotRecorded(runs)
    whole = pd.concat(sides, axis=1).swaplevel(axis=1)
    cells = [(column, name) for column in across for name in sides if (column, name) in whole]
    whole = whole.reindex(index=down, columns=cells).fillna("").astype(str).rename(columns=str).rename_axis(index=rows)
    said = caption if caption is not None else _caption(sides, named, metric)
    made = Table(whole, said, rows, printed)
    made.badge = badge.of(runs, *(other for name, other in named.items() if name not in printed))
    return made


def variances(runs: pd.DataFrame, across: str = "weights", beside: pd.Series | None = None) -> Table:
    """Population variance of the accuracy over initial weights, task by task (fine-tuning paper, Table 2).

    Divided by the number of weights, as the paper does, from mean accuracies over seeds and draws; ``beside`` holds the
    printed ones. With one seed a variance is mostly luck: the claim F1 takes that off, this table does not.
    """
    name, ours = "variance × 10⁴", runs
    if not runs.empty:
        means = summary(runs, ("task", across), "accuracy", resamples=200).groupby("task", sort=False)["value"]
        ours = (1e4 * means.var(ddof=0)).reset_index().assign(measure=name, low=np.nan, high=np.nan)
    told = "; ours are not recorded yet" if runs.empty else ""
    caption = f"Variance of accuracy over initial weights, in ten-thousandths{told}."
    printed = None if beside is None else (1e4 * beside).to_frame(name)
    return table(ours, "task", "measure", "variance", printed, caption)


@noted
def means(
    runs: pd.DataFrame,
    by: Sequence[str],
    columns: Mapping[str, str],
    how: str = "mean",
    digits: int = 3,
    ratio: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Means of numbers that records keep, by fields of the cell; of nothing recorded a note.

    Parameters
    ----------
    runs : records as ``records.read`` gives them.
    by : fields of the cell, "task" or "method".
    columns : column of the records -> its name in the table.
    how : "mean" or "median".
    ratio : two values of the last field, which then makes the columns; how many times the first has of the second.
    """
    if runs.empty:
        raise NotRecorded(runs)
    fields = [f"cell.{name}" for name in by]
    table = runs.groupby(fields, sort=False)[list(columns)].agg(how).rename(columns=columns).rename_axis(list(by))
    if ratio and set(ratio) <= set(runs[fields[-1]]):
        table = table.rename_axis(columns="").stack().unstack(by[-1])
        table = table.assign(ratio=table[ratio[0]] / table[ratio[1]])
    table = table.round(digits)
    table.attrs["origin"] = runs.attrs.get("origin") or records.origin_of(runs)
    return table


@noted
def measured(name: str) -> pd.DataFrame:
    """What was measured by ``python tests/speed NAME`` and recorded, one row a measurement; else a note."""
    found = records.read("book", "bench", **{"cell.bench": name})
    if found.empty:
        raise NotRecorded(found)
    known = found.sort_values("cell.row").dropna(axis=1, how="all")
    words = paths.table("words.yaml")["speed"]
    table = known[[column for column in words if column in known]].rename(columns=words)
    # Rows of many units: three digits of each, where a column of numbers has as many decimals in all of its rows.
    table = table.astype(dict.fromkeys(table.select_dtypes("number"), object)).map(_three_digits)
    if "compared with" in table:
        ratio = table["ratio or difference"]
        table["ratio or difference"] = ratio.where(table["unit"].isin(["share", "GiB"]), "×" + ratio.astype(str))
    return table.set_index(table.columns[0])


def _three_digits(value: object) -> object:
    if not isinstance(value, float) or np.isnan(value):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _order(sides: Mapping[str, pd.DataFrame], printed: Collection[str]) -> list:
    """What we measured first, in the paper's order where it has one; then what only the paper has."""
    paper = [row for name in sides if name in printed for row in sides[name].index]
    ours = sorted({row for name, side in sides.items() if name not in printed for row in side.index}, key=str)
    return list(dict.fromkeys([*(row for row in paper if row in ours), *ours, *paper]))


def _is_runs(table: pd.DataFrame) -> bool:
    return "id" in table.columns or "value" in table.columns


def _measured(runs: pd.DataFrame, rows: str, columns: str, metric: str) -> pd.DataFrame:
    """Cells as text, "71.8 [68.2, 75.1]"."""
    if runs.empty:
        return pd.DataFrame()
    found = runs if {"value", "low", "high"} <= set(runs.columns) else summary(runs, (rows, columns), metric)
    scale, form = (100, ".1f") if metric in metrics.POINTS else (1, ".3g")
    told = [
        f"{value * scale:{form}}" + ("" if np.isnan(low) else f" [{low * scale:{form}}, {high * scale:{form}}]")
        for value, low, high in found[["value", "low", "high"]].to_numpy(float)
    ]
    wide = found.assign(told=told).pivot_table(index=rows, columns=columns, values="told", aggfunc="first", sort=False)
    return wide.rename_axis(columns=None)


def _printed(printed: pd.DataFrame, rows: str, columns: str, metric: str) -> pd.DataFrame:
    if _is_runs(printed):
        return _measured(printed, rows, columns, metric)
    if printed.columns.nlevels > 1:
        printed = printed.set_axis([" ".join(map(str, column)) for column in printed.columns], axis=1)
    if printed.index.nlevels > 1:
        printed = printed.set_axis([" ".join(map(str, row)) for row in printed.index], axis=0)
    scale, form = (100, ".1f") if metric in metrics.POINTS else (1, ".3g")
    return printed.map(lambda value: f"{value * scale:{form}}" if isinstance(value, (int, float)) else str(value))


def _caption(sides: Mapping[str, pd.DataFrame], named: Mapping[str, pd.DataFrame], metric: str) -> str:
    unit = "per cent" if metric in metrics.POINTS else metric
    words = f"{metric.removeprefix('metrics.').replace('_', ' ').capitalize()}" + (
        f", {unit}" if unit != metric else ""
    )
    ours = "; ours with 95% intervals" if not sides["ours"].empty else "; ours are not recorded yet"
    printed = [frame.attrs for frame in named.values() if frame.attrs.get("paper")]
    source = "".join(f"; {said['paper']}, Table {said['number']}" for said in printed)
    return f"{words}{ours}{source}."

"""Figures of results: methods side by side, differences with intervals, and how luck scatters them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib import records
from artlib.evaluate import comparisons, metrics, predictions, statistics
from artlib.evaluate.statistics import Estimate
from artlib.figures import badge, theme
from artlib.figures.figure import Drawn, FigureError, NotRecorded, drawing
from artlib.figures.panels import interval, intervals, matrix, name_rows

_MARGIN = 2  # percentage points: what is smaller does not matter (``statistics.agree``)
_CLEAR = ("better", "worse", "at least as good")
_UNITS = ("draw", "seed", "repeat", "fold")


@drawing
def accuracy(
    runs: pd.DataFrame,
    compare: str = "method",
    by: str = "task",
    metric: str = "accuracy",
    order: Sequence[str] | None = None,
    origin: badge.Badge | None = None,
) -> Drawn:
    """Methods side by side in each task: means with 95% intervals, and what chance would give.

    Parameters
    ----------
    runs : records as ``records.read`` gives them (with their predictions), or a table with the columns of ``compare``
        and ``by``, value, low, high and, if wanted, chance.
    compare, by : fields of the cell; one colour for each of the first, one group for each of the second.
    metric : of ``artlib.evaluate.metrics``, or a number kept in the records ("minutes").
    order : the methods in the order wanted; None: the best last.
    origin : what the numbers rest on, where the table does not say it itself.
    """
    table = runs if {"value", "low", "high"} <= set(runs.columns) else summary(runs, (by, compare), metric)
    points = metric in metrics.POINTS
    names = list(order) if order else list(table.groupby(compare)["value"].mean().sort_values().index)
    groups = list(table.groupby(by)["value"].mean().sort_values(ascending=False).index)
    numbers = [name for name in ("value", "low", "high", "chance") if name in table.columns]
    scaled = table.assign(**{name: table[name].astype(float) * (100 if points else 1) for name in numbers})
    if _axis_label(metric).endswith("%"):
        scaled[["low", "high"]] = scaled[["low", "high"]].clip(0, 100)  # a share is no less, and no more
    figure = _dots(scaled, names, groups, compare, by, _axis_label(metric))
    chance = "chance" in table.columns and table["chance"].notna().any()
    alt = _accuracy_alt(table, names, groups, compare, by, points)
    caption = "Points: means; bars: 95% intervals." + (" Dashed: always naming the largest class." if chance else "")
    if origin is not None and not origin.recorded:
        said = f"{_axis_label(metric)}: what this page's own small runs gave for {theme.listed(names)}."
    elif len(names) > 1 and points:
        said = _highest(table, compare, by)
    else:
        said = _range(table, compare, by, metric)
    caption = f"{said[:1].upper()}{said[1:]} {caption}"
    return figure, alt, caption, _numbers(scaled, [by, compare])


def _highest(table: pd.DataFrame, compare: str, by: str) -> str:
    """In how many groups which method has the highest mean: a sentence."""
    tops = table.loc[table.groupby(by, sort=False)["value"].idxmax()]
    first = tops[compare].value_counts()
    where = tops[tops[compare] == first.index[0]][by]
    lows = tops.set_index(by)["low"]
    near = (lows <= table.drop(tops.index).groupby(by)["high"].max().reindex(lows.index)).any()
    paired = " Where bars overlap, that is no win: only a paired difference can say which is better." if near else ""
    if len(tops) == 1:
        mean = theme.percent(tops["value"].iloc[0])
        return f"{'Highest mean' if near else 'Highest'}: {first.index[0]} ({mean}).{paired}"
    told = "" if len(where) == len(tops) or len(where) > 3 else f" ({theme.listed(where)})"
    every = (
        f"{len(where)} of {len(tops)}" if len(where) < len(tops) else "both" if len(tops) == 2 else f"all {len(tops)}"
    )
    others = f"; elsewhere {theme.listed(first.index[1:])}" if len(first) > 1 else ""
    return f"{'Highest mean' if near else 'Highest'} in {every} groups{told}: {first.index[0]}{others}.{paired}"


def _range(table: pd.DataFrame, compare: str, by: str, metric: str) -> str:
    """From which value to which a measure goes: a sentence."""
    ends = table.sort_values("value").iloc[[0, -1]].to_dict("records")
    varied = [name for name in (by, compare) if table[name].nunique() > 1]
    points = metric in metrics.POINTS
    values = [theme.percent(row["value"]) if points else f"{row['value']:.3g}" for row in ends]
    if not varied:
        return f"{values[0]} is the mean."
    told = [
        f"{value} ({', '.join(theme.readable(row[name]) for name in varied)})"
        for value, row in zip(values, ends, strict=True)
    ]
    return f"{theme.readable(metric).removesuffix(', %')} goes from {told[0]} to {told[1]}."


def _numbers(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The numbers of a figure, to be read and reused."""
    columns = [*names, *(name for name in ("value", "low", "high", "chance", "n", "runs") if name in table.columns)]
    renamed = {"low": "lower end", "high": "upper end", "n": "works or runs"}
    shown = table[columns].replace("artists apart", "new artists", regex=True)
    return shown.dropna(axis=1, how="all").round(4).rename(columns=renamed)


@drawing
def estimates(
    differences: Mapping[str, Estimate] | object,
    better: str = "",
    worse: str = "",
    unit: str = "percentage points",
    origin: badge.Badge | None = None,
) -> Drawn:
    """Differences with their intervals, one below the other, and the band of differences too small to matter.

    What is right of zero is green and "better" only where ``better`` is left out; else it has the given word, and a
    colour that does not judge. A page's own small run has no words at all.

    Parameters
    ----------
    differences : name -> `Estimate` of shares, or a verdict of ``artlib.claims``.
    better, worse : what right and left of zero mean.
    unit : of the differences; others than points have no band.
    origin : what the numbers rest on, where the estimates do not say it themselves.
    """
    named = {theme.readable(name): one for name, one in _estimates(differences).items()}
    judged = origin is None or origin.recorded
    colours = {"better": theme.GREEN, "worse": theme.RED} if not better + worse else {}
    colours = dict.fromkeys(_CLEAR, theme.BLUE) | colours if judged else {}
    figure, axes = theme.canvas(0.46 * len(named) + 1.15)
    numbers = pd.DataFrame([one.row(100) | {"n": one.n} for one in named.values()], index=list(named))
    words = {name: statistics.agree(one, _MARGIN / 100) for name, one in named.items()}
    if better:
        small = {name: "too small to matter" for name, one in named.items() if 100 * one.high < _MARGIN}
        words = {n: small.get(n, "undecided") if word == "at least as good" else word for n, word in words.items()}
    looks = [colours.get(word.split(",")[0], theme.GREY) for word in words.values()]
    intervals(axes, numbers, looks, 30)
    told = []
    for y, ((name, word), colour) in enumerate(zip(words.items(), looks, strict=True)):
        word = {"better": better or "better", "worse": worse or "worse"}.get(word, word) if judged else ""
        value, low, high = map(_signed, numbers.loc[name, ["value", "low", "high"]])
        axes.annotate(f"{value} [{low}, {high}]  {word}".rstrip(), (1, y), (6, 0), ("axes fraction", "data"),
                      "offset points", va="center", fontsize=9, color=colour, annotation_clip=False)  # fmt: skip
        told.append(f"{name}: {value} [{low}, {high}]" + (f", {word}" if word else ""))
    axes.margins(x=0.06)
    sides = "      ".join(filter(None, [worse and f"← {worse}", better and f"{better} →"]))
    axes.set_xlabel(sides or f"difference, {unit}")
    if points := unit == "percentage points":
        axes.axvspan(-_MARGIN, _MARGIN, color=theme.FAINT, alpha=0.75, linewidth=0, zorder=0)
        axes.text(0, -0.72, f"under {_MARGIN} points:\ntoo small to matter", ha="center", va="bottom", fontsize=8.5,
                  color=theme.MUTED)  # fmt: skip
    alt = f"Differences with 95% intervals, in {unit}. {'; '.join(told)}."
    caption = theme.caption("estimates", margin=_MARGIN) if points else "Bars: 95% intervals."
    if any(line.endswith(", at least as good") for line in told):
        caption += f" At least as good: the interval holds zero and stays above −{_MARGIN} points."
    said = _clear(named) if judged else f"What this page's own small runs gave for {theme.listed(named, 2)}."
    return figure, alt, f"{said} {caption}", _numbers(numbers.rename_axis("what").reset_index(), ["what"])


def _clear(named: Mapping[str, Estimate]) -> str:
    """How many of these intervals lie wholly on which side of zero: a sentence."""
    words = {True: "wholly above zero", False: "with zero inside"}
    sides = {name: "wholly below zero" if one.high < 0 else words[one.low > 0] for name, one in named.items()}
    if len(named) == 1:
        (one,), (side,) = named.values(), sides.values()
        return f"The difference is {_signed(100 * one.value)}, its interval {side}."
    told = []
    for side, names in pd.Series(list(sides), sides.values()).groupby(level=0):
        told.append(f"{len(names)} {side}" + (f" ({theme.listed(names)})" if len(names) < min(4, len(named)) else ""))
    return f"Of {len(named)} intervals: {'; '.join(told)}."


@drawing
def resamples(estimate: Estimate, what: str = "difference") -> Drawn:
    """How an estimate would have come out with other works and other runs: its bootstrap, with the interval.

    Parameters
    ----------
    what : names the number, a share; only a difference is compared with zero.
    """
    import seaborn as sns

    figure, axes = theme.canvas(2.7)
    is_difference = what == "difference"
    possible = (-1 if is_difference else 0, 1)  # of few works the bootstrap goes beyond it
    low, high = np.clip([estimate.low, estimate.high], *possible) * 100
    values = estimate.samples.clip(*possible) * 100
    sns.histplot(values, ax=axes, bins=60, color=theme.shades(3)[1], edgecolor=theme.PAPER, linewidth=0.3)
    axes.axvspan(low, high, color=theme.BLUE, alpha=0.10, linewidth=0)
    top = axes.get_ylim()[1]
    axes.vlines(estimate.value * 100, 0, top * 1.08, color=theme.BLUE)
    axes.set_ylim(0, top * 1.3)
    middle = (low + high) / 2
    axes.text(
        middle, top * 1.26, "95% interval", color=theme.BLUE, ha="center", va="top", fontweight="bold", fontsize=9.5
    )
    if is_difference and values.min() <= 0 <= values.max():
        axes.axvline(0, color=theme.RED, linestyle=(0, (4, 3)), linewidth=1.4)
        axes.text(0, top * 1.26, " no difference", color=theme.RED, va="top", fontsize=9.5, fontweight="bold")
    axes.set(xlabel=what + (", percentage points" if is_difference else ", %"), ylabel="resamples", yticks=[])
    axes.spines["left"].set_visible(False)
    inside = theme.percent(float((estimate.samples <= 0).mean()))
    told = [_signed(number).lstrip("+" * (not is_difference)) for number in (estimate.value * 100, low, high)]
    alt = (
        f"Histogram of {len(values):,} resampled values of the {what} around {told[0]}; the 95% interval goes "
        f"from {told[1]} to {told[2]}" + (f"; {inside} lie at or below zero." if is_difference else ".")
    )
    caption = f"The {what}, had we tested other works: {len(values):,} resamples of {estimate.n:,} works."
    count, edges = np.histogram(values, 60)
    return figure, alt, caption, pd.DataFrame({"from": edges[:-1], "to": edges[1:], "resamples": count})


@drawing
def affinity(gains: pd.DataFrame, unit: str = "per cent") -> Drawn:
    """Who gains from whom: one row a task or field, one column a partner; what learning with it adds, with intervals.

    Parameters
    ----------
    gains : columns task, partner, value, low, high, in ``unit``, positive where the task of the row gains.
    """
    from matplotlib.colors import LinearSegmentedColormap

    names = list(dict.fromkeys([*gains["task"], *gains["partner"]]))
    clear = (gains["low"] > 0) | (gains["high"] < 0)
    spans = [
        "" if np.isnan(low) else f"{_signed(low)} to {_signed(high)}" for low, high in gains[["low", "high"]].values
    ]
    words = [f"{_signed(value)}\n{span}" for value, span in zip(gains["value"], spans, strict=True)]
    square = gains.assign(words=words, clear=clear).set_index(["task", "partner"]).unstack()
    wide = {name: square[name].reindex(index=names, columns=names) for name in ("value", "words", "clear")}
    figure, axes = theme.canvas(0.9 * len(names) + 1.1, 6.6)
    most = max(1e-9, gains["value"].abs().max())
    colours = LinearSegmentedColormap.from_list("gains", [theme.RED, theme.PAPER, theme.GREEN])
    look = {"square": False, "cmap": colours, "alpha": 0.6, "vmin": -most, "vmax": most}
    matrix(axes, wide["value"].astype(float), 10, 90, annot=wide["words"], fmt="", **look)
    for text, bold in zip(axes.texts, wide["clear"].stack().dropna(), strict=True):
        text.set(color=theme.INK, fontweight="bold" if bold else "normal")
    axes.xaxis.tick_top()
    axes.set_xticklabels(names, rotation=0, ha="center")
    axes.set_ylabel("this one gains ...", labelpad=10)
    axes.set_title("... from learning with this one", loc="center", fontweight="normal", fontsize=10)
    axes.set_xlabel("")
    rows = zip(gains["value"], gains["task"], gains["partner"], words, strict=True)
    told = [
        f"{task} with {partner} {text}]".replace("\n", " [") for _, task, partner, text in sorted(rows, reverse=True)
    ]
    said = "; ".join(told).replace("\N{MINUS SIGN}", "-")
    alt = f"Table of gains in {unit}, one row for who gains and one column for the partner. {said}."
    caption = theme.caption("affinity", unit=unit, clear=clear.sum(), count=len(gains))
    return figure, alt, caption, _numbers(gains, ["task", "partner"])


def summary(runs: pd.DataFrame, by: Sequence[str], metric: str = "accuracy", **bootstrap) -> pd.DataFrame:
    """A measure of runs with its interval, by fields of the cell.

    Returns
    -------
    One row for each combination of the fields: value, low, high, n, runs, chance (the largest class).
    """
    fields = [name if name in runs.columns else f"cell.{name}" for name in by]
    missing = [name for name, field in zip(by, fields, strict=True) if field not in runs.columns]
    if missing:
        raise FigureError(
            f"The runs have no {' and no '.join(missing)} to sort by. They have: {', '.join(runs.columns)}."
        )
    rows = []
    for key, group in runs.groupby(fields, sort=False):
        estimate, chance = _measured(group, metric, bootstrap)
        told = estimate.row() | {"n": estimate.n, "runs": len(group), "chance": chance}
        rows.append(dict(zip(by, key, strict=True)) | told)
    table = pd.DataFrame(rows)
    table.attrs["origin"] = runs.attrs.get("origin") or records.origin_of(runs)
    return table


def _measured(group: pd.DataFrame, metric: str, bootstrap: Mapping) -> tuple[Estimate, float]:
    units = {name: next((c for c in (f"cell.{name}", name) if c in group.columns), None) for name in _UNITS}
    units = {name: column for name, column in units.items() if column}
    if not metrics.is_measure(metric):
        known = group.dropna(subset=metric)
        values = known[metric].to_numpy(float)
        draws = known[units["draw"]] if "draw" in units else None
        return statistics.interval_of_runs(values, draws, **bootstrap), float("nan")
    table = predictions.joined(group, units)
    chance = _largest(table) if metric == "accuracy" else float("nan")
    return comparisons.score(table, metric, **bootstrap), chance


def _largest(table: pd.DataFrame) -> float:
    """The share of the largest class; of several draws, which have classes of their own, the mean."""
    draws = [own for _, own in table.groupby("draw")] if "draw" in table.columns else [table]
    return float(np.mean([own["target"].value_counts(normalize=True).iloc[0] for own in draws]))


def _dots(table: pd.DataFrame, names: list, groups: list, compare: str, by: str, label: str):
    figure, axes = theme.canvas(0.24 * len(names) * len(groups) + 0.35 * len(groups) + 0.9)
    styles, step = theme.styles(names), 0.72 / max(len(names), 1)
    for y, rows in enumerate(table[table[by] == group] for group in groups):
        chance = rows["chance"].mean() if "chance" in rows.columns else np.nan
        axes.plot([chance, chance], [y - 0.42, y + 0.42], color=theme.MUTED, linestyle=(0, (2, 2)), linewidth=1.3)
        if y:
            axes.axhline(y - 0.5, color=theme.FAINT, linewidth=0.8)
        elif not np.isnan(chance):
            axes.text(chance, -0.5, "chance", ha="center", va="bottom", fontsize=9, color=theme.MUTED)
        for row in rows[rows[compare].isin(names)].to_dict("records"):
            colour, marker = styles[str(row[compare])]
            place = y - 0.36 + step * (names.index(row[compare]) + 0.5)
            interval(axes, place, row, colour, marker)
            end = np.nanmax([row["value"], row["high"]]), place
            axes.annotate(
                row[compare], end, (7, 0), textcoords="offset points", va="center", color=colour, fontsize=9.5
            )
    axes.margins(x=0.05)
    low, high = axes.get_xlim()
    room = 0.02 * max(len(str(name)) for name in names) * (high - low)
    axes.set(xlim=(low, high + room), ylim=(len(groups) - 0.5, -0.62), xlabel=label)
    most = 100 if label.endswith("%") else high  # names of points stand further right, where there is nothing to tick
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= most])
    name_rows(axes, groups, 18, fontweight="bold")
    axes.grid(axis="x")
    return figure


def _axis_label(metric: str) -> str:
    words = theme.readable(metric)
    return f"{words}, %" if metric in metrics.POINTS else words


def _accuracy_alt(table: pd.DataFrame, names: list, groups: list, compare: str, by: str, points: bool) -> str:
    def number(value: float) -> str:
        return theme.percent(value) if points else f"{value:.3g}"

    told = []
    for group in groups:
        rows = table[table[by] == group].set_index(compare)
        each = [f"{name} {number(rows.loc[name, 'value'])}" for name in names if name in rows.index]
        chance = rows["chance"].mean() if "chance" in rows.columns else float("nan")
        told.append(
            f"{theme.readable(group)}: {', '.join(each)}" + ("" if np.isnan(chance) else f", chance {number(chance)}")
        )
    return f"Comparison of {theme.listed(names)} by {by}. {'. '.join(told)}."


def _estimates(differences: Mapping[str, Estimate] | object) -> dict[str, Estimate]:
    if isinstance(differences, Mapping):
        named = dict(differences)
    else:
        findings = getattr(differences, "findings", ())
        parts = [(one, part) for one in findings for part in one.parts if part.estimate is not None]
        several = len({finding.collection for finding, _ in parts}) > 1
        named = {_part_name(finding, part, several): part.estimate for finding, part in parts}
    if not named:
        raise NotRecorded
    return named


def _part_name(finding, part, several: bool) -> str:
    where = [*map(str, part.stratum.values()), *([finding.collection] if several else [])]
    return part.contrast.says + (f" ({', '.join(where)})" if where else "")


def _signed(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")

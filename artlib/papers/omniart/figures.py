"""Figures of several tasks learned together: the network, who helps whom, a father and a son, a picture described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib import tasks
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, NotRecorded, drawing
from artlib.figures.panels import arrow, bars, blank, box, intervals, name_rows, panels
from artlib.figures.pictures import large, put
from artlib.papers.omniart import measures
from artlib.pixels import Pictures

if TYPE_CHECKING:
    from artlib.evaluate.statistics import Estimate
    from artlib.papers.omniart.describe import Description
    from artlib.papers.omniart.network import MultiTask

_KIND = {"category": "one of", "multilabel": "any of", "binary": "yes or no", "regression": "a number"}


@drawing
def several_tasks(model: MultiTask) -> Drawn:
    """A multi-task network as the paper draws it: body, shared representation, a block for each task (Fig. 2)."""
    names = list(model.tasks)
    height = max(2.2, 0.62 * len(names) + 0.5)
    figure, axes = blank(height)
    middle = height / 2
    body = f"{theme.readable(model.name)}\n{'frozen' if model.frozen else 'learns'}\n{model.widths[0]:,} features"
    box(axes, (0.1, middle - 0.45), 1.55, 0.9, body, theme.GREY if model.frozen else theme.BLUE)
    shared = f"shared representation\n{model.units:,} units, {model.activation}"
    box(axes, (2.35, middle - 0.6), 1.75, 1.2, shared, theme.BLUE)
    arrow(axes, (1.65, middle), (2.35, middle))
    many = {name: f" {task.outputs}" * (task.kind != "regression") for name, task in model.tasks.items()}
    for number, name in enumerate(names):
        y = 0.25 + (number + 0.5) * (height - 0.5) / len(names)
        task, depth = model.tasks[name], model.depths.get(name)
        box(axes, (4.95, y - 0.22), 2.25, 0.44, f"{name}: {_KIND[task.kind]}{many[name]}", theme.OCHRE)
        early = (1.4, middle + 0.45 * np.sign(y - middle or 1))  # a task that branches off within the body
        arrow(axes, early if depth else (4.1, middle), (4.95, y), connectionstyle="arc3,rad=0.1" if depth else "arc3")
    blocks = theme.listed([f"{name} ({_KIND[task.kind]}{many[name]})" for name, task in model.tasks.items()])
    learned = "stays as it is" if model.frozen else "learns too"
    alt = theme.alt("several_tasks", model=model, learned=learned, classes=len(names), blocks=blocks)
    caption = "One picture goes through once; every task reads the same shared representation."
    rows = [(name, task.kind, task.outputs, model.depths.get(name)) for name, task in model.tasks.items()]
    return figure, alt, caption, pd.DataFrame(rows, columns=["block", "kind", "outputs", "branches off after"])


@drawing
def gains_along(gains: pd.DataFrame, x: str, words: str, unit: str = "points") -> Drawn:
    """Gain of learning together along something that was varied, a panel for each task.

    Parameters
    ----------
    gains : columns task, ``x``, gain, low, high; one row a point.
    words : what ``x`` is.
    """
    names = list(dict.fromkeys(gains["task"]))
    figure, grid = panels(names, 3.1, columns=len(names), sharex=True, sharey=True)
    told = []
    for (name, axes), colour in zip(grid.items(), theme.PALETTE, strict=False):
        own = gains[gains["task"] == name].sort_values(x)
        axes.axhline(0, color=theme.INK, linewidth=1)
        axes.vlines(own[x], own["low"], own["high"], color=colour, linewidth=2.2)
        axes.plot(own[x], own["gain"], color=colour, marker="o", markersize=6.5, linewidth=1.2)
        axes.set_title(name)
        axes.margins(x=0.18)
        axes.grid(axis="y")
        ends = [f"{row.gain:+.1f} at {getattr(row, x):g}" for row in (own.iloc[0], own.iloc[-1])]
        told.append(f"{name} {ends[0]}, {ends[1]}")
    figure.suptitle(f"Gain of learning together, {unit}", x=0.01, ha="left", fontsize=10)
    figure.supxlabel(words, fontsize=10)
    alt = f"Gain of learning together against {words}, {len(names)} tasks. {'; '.join(told)}."
    caption = f"{_clear(gains)} Above zero: together is better. Bars: 95% intervals."
    return figure, alt, caption, gains[["task", x, "gain", "low", "high"]].round(3)


def _clear(gains: pd.DataFrame) -> str:
    """How many of these intervals leave out zero, on which side: a sentence."""
    above, below = int((gains["low"] > 0).sum()), int((gains["high"] < 0).sum())
    sides = " and ".join(
        f"{n} lie{'s' * (n == 1)} {side} zero" for n, side in ((above, "above"), (below, "below")) if n
    )
    return f"Of {len(gains)} intervals {sides}." if sides else f"None of the {len(gains)} intervals leaves out zero."


def _rise(gains: pd.DataFrame) -> str:
    """In how many tasks the gain is larger at the right end than at the left, and clearly so: a sentence."""
    ends = gains.sort_values("dependence").groupby("task").agg(["first", "last"])
    rises = int((ends["gain", "last"] > ends["gain", "first"]).sum())
    clear = int((ends["low", "last"] > ends["high", "first"]).sum())
    return f"The right end is above the left in {rises} of {len(ends)} tasks, and its whole interval in {clear}."


@drawing
def gains_by_task(sides: Mapping[str, Mapping[str, Estimate]]) -> Drawn:
    """Gain of learning together in several comparisons: a panel for each task, a row for each comparison.

    Parameters
    ----------
    sides : name of the comparison -> "artist: accuracy" -> gain (``results.gains``).
    """
    spans = pd.DataFrame(
        [{"task": k, "compared": name} | one.row(100) for name, gained in sides.items() for k, one in gained.items()]
    )
    if spans.empty:
        raise NotRecorded(None)
    figure, grid = panels(spans["task"].unique(), 0.36 * len(sides) + 1.1, columns=2, sharex=True)
    told = []
    for title, axes in grid.items():
        own = spans[spans["task"] == title].set_index("compared")
        rows = own.reindex(list(sides))
        intervals(axes, rows, np.where((rows["low"] > 0) | (rows["high"] < 0), theme.BLUE, theme.GREY))
        axes.set_title(theme.wrap(title, 24))
        axes.tick_params(labelbottom=True)
        told.append(f"{title}: {theme.listed([f'{name} {value:+.1f}' for name, value in own['value'].items()])}")
    figure.supxlabel("points, or per cent of the error; right of zero: together is better", fontsize=9.5)
    alt = f"Gain of learning together in {len(grid)} panels. {'; '.join(told)}."
    return figure, alt, f"{_clear(spans)} Bars: 95% intervals; grey where the interval holds zero.", spans.round(2)


def dependence(gains: pd.DataFrame, unit: str = "points", origin: object = None):
    """Gain of learning together against how much the labels tell of one another, a panel for each task.

    Parameters
    ----------
    gains : columns task, dependence (share of the artist's entropy that the other labels take away, 0..1), gain, low,
        high; one row a point.
    origin : the runs.
    """
    words = "how much the other labels tell of the artist"
    below = (
        f"{_clear(gains)} {_rise(gains)} Above zero: together is better. Left: labels that know nothing of one another."
    )
    rounded = gains.assign(dependence=gains["dependence"].round(2))
    return gains_along(rounded, "dependence", words, unit, caption=below, origin=origin)


@drawing
def confused_pair(told: pd.DataFrame, span: tuple[float, float] | None = None) -> Drawn:
    """The tested works of two artists on a time line: right, given to the other, given to somebody else.

    Parameters
    ----------
    told : as ``measures.works_of_pair`` gives it.
    span : their common years, shaded.
    """
    artists = list(told.groupby("artist")["year"].median().sort_values().index)
    if len(artists) != 2:
        raise FigureError(f"A time line of two hands needs tested works of both; here are those of {len(artists)}.")
    figure, axes = theme.canvas(2.8)
    common = told.loc[told["common"], "year"]
    first, last = span or (common.min(), common.max()) if len(common) else (np.nan, np.nan)
    if first <= last:
        axes.axvspan(first, last, color=theme.FAINT, alpha=0.8, linewidth=0)
        axes.text((first + last) / 2, -0.62, "common years", ha="center", va="center", fontsize=9.5, color=theme.MUTED)
    rng = np.random.default_rng(0)
    kinds = {
        "right": (told["said"] == told["artist"], theme.GREEN, "o"),
        "taken for the other": (told["given"], theme.RED, "X"),
        "taken for somebody else": (~told["given"] & (told["said"] != told["artist"]), theme.GREY, "."),
    }
    for name, (chosen, colour, marker) in kinds.items():
        own = told[chosen]
        y = own["artist"].map(artists.index).astype(float) + rng.uniform(-0.24, 0.24, len(own))
        axes.scatter(own["year"], y, color=colour, marker=marker, s=46, linewidth=0.3, edgecolor=theme.PAPER,
            label=f"{name} ({len(own)})", zorder=3)  # fmt: skip
    axes.set(ylim=(1.55, -0.85), xlabel="year")
    name_rows(axes, artists, 18)
    axes.grid(axis="x")
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.24), ncols=3, fontsize=9, handletextpad=0.2)
    shares = {k: told.loc[told["common"] == k, "given"] for k in (True, False)}
    said = [
        f"{theme.percent(part.mean())} of {len(part)} works in {words} years" for words, part in
        (("common", shares[True]), ("other", shares[False])) if len(part)
    ]  # fmt: skip
    ends = told["year"].agg(["min", "max"])
    alt = theme.alt("confused_pair", works=len(told), artists=artists, ends=ends, said=theme.listed(said))
    caption = f"{artists[0]} and {artists[1]}: which works the network gave to whom, by year."
    return figure, alt, caption, told[["artist", "year", "said", "common"]]


@drawing
def activation_sparsity(shared: Mapping[str, np.ndarray]) -> Drawn:
    """How strongly shared units answer, by activation: the share at rest, and how the others spread.

    Parameters
    ----------
    shared : activation -> answers (works, units). At rest: ``measures.sparsity``.
    """
    figure, grid = panels(shared, 2.6, columns=len(shared))
    told, numbers = [], {}
    for name, axes in grid.items():
        values = np.asarray(shared[name]).ravel()
        scale, share = max(float(np.quantile(np.abs(values), 0.99)), 1e-12), measures.sparsity(values)
        look = {"range": (-1.1, 1.1), "color": theme.BLUE, "density": True}
        numbers[name], edges, _ = axes.hist(np.clip(values / scale, -1.1, 1.1), 44, **look)
        axes.set_title(f"{name}: {theme.percent(share)} at rest")
        axes.set(yticks=[], xlabel="answer, in shares of the largest")
        axes.spines["left"].set_visible(False)
        told.append(f"{name} {theme.percent(share)}")
    alt = f"Histograms of the shared units' answers for {theme.listed(shared)}. Share at rest: {theme.listed(told)}."
    caption = "What the units of the shared representation answer. At rest: below a hundredth of the largest."
    return figure, alt, caption, pd.DataFrame({"answer from": edges[:-1].round(2), **numbers})


@drawing
def prediction_card(pictures: Pictures, row: int, description: Description) -> Drawn:
    """One picture, what is said of it and how surely, and the works that lie nearest to it."""
    names = [*description.answers, *description.intervals]
    height = 0.95 * len(names) + 1.75
    figure, whole = blank(height)
    put(whole, large(pictures, row), 0.1, 0.15, 1.9)
    works = pictures.works
    near = description.nearest["row"].tolist()[:5]
    for number, other in enumerate(near):
        x = 0.1 + number * 1.44
        put(whole, large(pictures, other), x, height - 1.28, 1.0)
        artist = works["artist"].iloc[other] if "artist" in works.columns else None
        words = theme.wrap(artist if isinstance(artist, str) else "artist unknown", 20)
        whole.text(x, height - 0.24, words, fontsize=8, va="top", linespacing=1.0)
    whole.text(0.1, height - 1.38, "nearest works in the shared representation", fontsize=9, color=theme.MUTED)
    for number, name in enumerate(names):
        bottom = 1 - (0.28 + 0.95 * (number + 1) - 0.3) / height
        axes = figure.add_axes([0.6, bottom, 0.36, 0.52 / height])
        known = _truth(works.iloc[row], name)
        if name in description.answers:
            shares, right = description.answers[name][:3], known if isinstance(known, list) else [known]
            colours = [theme.GREEN if label in right else theme.shades(3)[1] for label in shares.index]
            bars(axes, shares, [theme.percent(share) for share in shares], colours, 24)
            axes.set(title=name, xlim=(0, 1.15))
        else:
            _span(axes, name, description.intervals[name], known, description.level)
    table = description.table()
    said = [f"{name}: {line['said']} ({line['how sure']})" for name, line in table.iterrows()]
    alt = f"A picture and what is said of it. {'; '.join(said)}. Below, its {len(near)} nearest works."
    caption = "What the network says of one picture, how surely, and what it lies near to."
    return figure, alt, caption, credits.line(works.iloc[[row, *near]])


def _truth(work: pd.Series, name: str) -> object:
    """The label of a work for a task, by the column that tasks of this name read; None where it has none."""
    value = work.get(tasks.FOUR.get(name, (name,))[0])
    return value if isinstance(value, list) or not pd.isna(value) else None


def _span(axes, name: str, interval: tuple[float, float, float], truth: object, level: float) -> None:
    low, middle, high = interval
    axes.plot([low, high], [0, 0], color=theme.BLUE, linewidth=5, alpha=0.45, solid_capstyle="butt")
    axes.plot([middle], [0], marker="o", color=theme.BLUE, markersize=7)
    ends = [low, high]
    if truth is not None:
        axes.plot([float(truth)] * 2, [-0.35, 0.35], color=theme.GREEN, linewidth=2.4)
        ends.append(float(truth))
    room = 0.15 * (max(ends) - min(ends))
    axes.set(xlim=(min(ends) - room, max(ends) + room), ylim=(-1, 1), yticks=[])
    axes.set_title(f"{name}: {middle:.0f} ({theme.percent(level)}: {low:.0f} to {high:.0f})", fontsize=9.5, pad=2)
    axes.tick_params(labelsize=8)
    axes.spines["left"].set_visible(False)

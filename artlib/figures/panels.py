"""What figures are made of: panels, curves over epochs with names at their ends, named rows, matrices, blank paper."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from artlib.figures import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 25  # points of a curve that are marked one by one


def panels(
    names: Iterable[str], height: float, columns: int = 2, width: float = theme.WIDTH, **grid: Any
) -> "tuple[Figure, dict[str, Axes]]":
    """A figure with a panel for each name, ``columns`` of them side by side.

    Parameters
    ----------
    names : one panel each; what is left of the last row stays empty.
    height : of one row of panels, in inches; ``width`` is that of the whole figure.
    **grid : for ``matplotlib.figure.Figure.subplots``.
    """
    names = list(names)
    across = max(1, min(columns, len(names)))
    down = -(-len(names) // across)
    figure, axes = theme.canvas(height * down, width, nrows=down, ncols=across, squeeze=False, **grid)
    for left in axes.flat[len(names) :]:
        left.axis("off")
    return figure, dict(zip(names, axes.flat, strict=False))


def blank(height: float, width: float = theme.WIDTH) -> "tuple[Figure, Axes]":
    """Paper without axes, measured in inches from its upper left corner."""
    figure, axes = theme.canvas(height, width)
    figure.set_layout_engine("none")
    axes.set_position([0, 0, 1, 1])
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.axis("off")
    return figure, axes


def spread(values: pd.Series, low: float = 0, high: float = 1) -> pd.DataFrame:
    """Low, middle and high of several runs, by epoch (the index): quantiles and the median."""
    runs = values.groupby(level=0)
    return pd.DataFrame({"low": runs.quantile(low), "middle": runs.median(), "high": runs.quantile(high)})


def epoch_lines(
    axes: "Axes",
    title: str,
    lines: Mapping[str, pd.Series | pd.DataFrame],
    colours: Iterable[str],
    level: float | None = None,
    named: bool = True,
) -> None:
    """Lines over epochs, their points marked where there are few.

    Parameters
    ----------
    lines : name -> values by epoch, or their ``spread``, which is drawn as a band.
    level : of a dashed line, such as chance.
    named : whether each line is named at its end.
    """
    from matplotlib.ticker import MaxNLocator

    ends = []
    for (name, values), colour in zip(lines.items(), colours, strict=False):
        if isinstance(values, pd.DataFrame):
            axes.fill_between(values.index, values["low"], values["high"], color=colour, alpha=0.16, linewidth=0)
            values = values["middle"]
        marker = "o" if len(values) <= _FEW else None
        axes.plot(values.index, values, color=colour, marker=marker, markersize=4, label=name)
        ends.append((values.iloc[-1], name, colour))
    first, last = (end(values.index[place] for values in lines.values()) for end, place in ((min, 0), (max, -1)))
    if level is not None:
        axes.plot([first, last], [level, level], color=theme.MUTED, linestyle="--", linewidth=1)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.grid(axis="y")
    # Names of lines stand right of the last epoch, where there are no epochs to tick.
    ticks = MaxNLocator(integer=True, nbins=6).tick_values(first, last)
    axes.set_xticks([tick for tick in ticks if first <= tick <= last])
    if named:
        name_ends(axes, last, ends)


def name_ends(axes: "Axes", x: float, ends: list[tuple[float, str, str]]) -> None:
    """Name lines at their right end, (y, text, colour), and make room for the names inside the axes.

    Names that would overlap are moved apart, up and down alike, in the order of their lines.
    """
    rows, columns = axes.get_gridspec().get_geometry()
    wide, tall = axes.figure.get_figwidth() / columns - 0.75, axes.figure.get_figheight() / rows - 0.75
    ordered, (low, high), left = sorted(ends), axes.get_ylim(), axes.get_xlim()[0]
    gap = 0.18 / max(tall, 0.5) * (high - low)
    places = _spread([y for y, *_ in ordered], gap, low, high - 0.4 * gap)
    for y, (_, text, colour) in zip(places, ordered, strict=True):
        behind = {"fc": theme.PAPER, "ec": "none", "pad": 1}  # a line at zero would strike a name out
        axes.text(x, y, f" {text}", c=colour, va="center", size=9.5, weight=700, bbox=behind)
    share = min(0.6, (0.12 + 0.085 * max(len(text) for _, text, _ in ends)) / wide)
    axes.set_xlim(left, left + max(x - left, 1e-9) / (1 - share))


def _spread(wanted: list[float], gap: float, low: float, high: float) -> np.ndarray:
    """Rising places at least ``gap`` apart and between ``low`` and ``high``, as near to those wanted as can be."""
    from scipy.optimize import isotonic_regression

    below = gap * np.arange(len(wanted))  # the gaps below each place
    return np.maximum(low, np.minimum(isotonic_regression(wanted - below).x, high - below[-1])) + below


def name_rows(axes: "Axes", names: Iterable[object], wide: int = 26, **style: Any) -> None:
    """A name at the left of each row (0, 1, ...), broken at ``wide`` characters, and no axis beside it."""
    names = [theme.wrap(theme.readable(name), wide, 2) for name in names]
    axes.set_yticks(range(len(names)), names, **style)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def interval(axes: "Axes", y: float, row: Mapping[str, float], colour: str, marker: str = "o") -> None:
    """A value as a point on its interval: value, low and high of the row."""
    axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=2.5)
    axes.plot(row["value"], y, marker, color=colour, markersize=7, markeredgecolor=theme.PAPER, markeredgewidth=0.8)


def intervals(axes: "Axes", rows: pd.DataFrame, colours: Iterable[str], wide: int = 20) -> None:
    """An `interval` a row of the table with its name at the left, and a line at zero."""
    axes.axvline(0, color=theme.INK, linewidth=1.1, zorder=1)
    for y, (row, colour) in enumerate(zip(rows.to_dict("records"), colours, strict=True)):
        interval(axes, y, row, colour)
    axes.set_ylim(len(rows) - 0.5, -0.75)
    name_rows(axes, rows.index, wide)


def pairs_of(table: pd.DataFrame) -> pd.Series:
    """The upper triangle of a square table, by (row, column); pairs without a value are left out."""
    return table.rename_axis(index=None, columns=None).where(np.triu(np.ones(table.shape, bool), 1)).stack().dropna()


def mistaken(counts: pd.DataFrame) -> pd.Series:
    """(true, said) -> share of the true class, of each two classes that are not the same, the largest first."""
    shares = counts.div(counts.sum(axis=1), axis=0).rename_axis(index=None, columns=None).stack()
    return shares[[a != b for a, b in shares.index]].sort_values(ascending=False, kind="stable")


def leaf_order(distances: pd.DataFrame) -> list:
    """Names in the order in which the near stand side by side (optimal leaf ordering; Bar-Joseph et al. 2001)."""
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    condensed = squareform(distances.to_numpy(), checks=False)
    order = leaves_list(optimal_leaf_ordering(linkage(condensed, "average"), condensed))
    return [distances.index[place] for place in order]


def pairs(axes: "Axes", x: pd.Series, y: pd.Series, mark: int) -> pd.Series:
    """A point for each pair of names (``pairs_of``) and the line through them.

    Returns how far the ``mark`` pairs that are named lie above the line: those that are farthest from it.
    """
    import seaborn as sns
    from matplotlib.patheffects import withStroke

    look = {"scatter_kws": {"s": 26, "edgecolor": theme.PAPER}, "line_kws": {"color": theme.GREY, "linewidth": 1.2}}
    sns.regplot(x=x.to_numpy(), y=y.to_numpy(), ax=axes, ci=None, color=theme.BLUE, **look)
    off = y - np.polyval(np.polyfit(x, y, 1), x)
    far = off.abs().sort_values(ascending=False, kind="stable").index[:mark]
    for pair in far:
        right = x[pair] > x.min() + 0.55 * (x.max() - x.min())
        axes.annotate(theme.listed(pair), (x[pair], y[pair]), (-6 if right else 6, 5), textcoords="offset points",
                      ha="right" if right else "left", fontsize=9, color=theme.RED,
                      path_effects=[withStroke(linewidth=3, foreground=theme.PAPER)])  # fmt: skip
        axes.plot(x[pair], y[pair], "o", color=theme.RED, markersize=5.5)
    return off[far]


def box(
    axes: "Axes", corner: tuple[float, float], width: float, height: float, words: str, colour: str, **style: Any
) -> None:
    """Words in a rounded box whose least x and y are ``corner``; ``style`` is that of the words."""
    from matplotlib.patches import FancyBboxPatch

    look = {"boxstyle": "round,pad=0,rounding_size=0.07", "facecolor": theme.shades(3, colour)[2], "linewidth": 1.3}
    axes.add_patch(FancyBboxPatch(corner, width, height, edgecolor=colour, **look))
    middle = corner[0] + width / 2, corner[1] + height / 2
    axes.text(*middle, words, **{"ha": "center", "va": "center", "fontsize": 9.5, "linespacing": 1.3} | style)


def arrow(
    axes: "Axes", start: tuple[float, float], end: tuple[float, float], colour: str = theme.MUTED, **look: Any
) -> None:
    """An arrow; ``look`` is that of ``matplotlib.patches.FancyArrowPatch``."""
    look = {"arrowstyle": "-|>", "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0, "color": colour} | look
    axes.annotate("", end, start, arrowprops=look)


def bars(
    axes: "Axes", values: pd.Series, words: Iterable[str], colour: str | list[str] = theme.BLUE, wide: int = 26
) -> None:
    """A bar a row with its name at the left and ``words`` at its end, without axes."""
    most = max(float(values.max()) if len(values) else 0, 1e-9)
    axes.barh(range(len(values)), values, color=colour, height=0.7)
    for y, (value, word) in enumerate(zip(values, words, strict=True)):
        axes.text(value + 0.015 * most, y, word, va="center", fontsize=9, color=theme.MUTED)
    axes.set(ylim=(len(values) - 0.5, -0.5), xlim=(0, 1.22 * most), xticks=[])
    name_rows(axes, values.index, wide)
    axes.spines["bottom"].set_visible(False)


def matrix(axes: "Axes", table: pd.DataFrame, size: float = 9, turn: float = 40, **options: Any) -> None:
    """A table as squares, darker for more, with its names.

    Parameters
    ----------
    size : of the numbers, in points.
    turn : of the names below, in degrees.
    **options : for ``seaborn.heatmap``.
    """
    import seaborn as sns

    look = {"cmap": theme.ramp(), "cbar": False, "square": True, "linewidths": 0.8, "linecolor": theme.PAPER,
            "annot_kws": {"fontsize": size}, "xticklabels": False, "yticklabels": False}  # fmt: skip
    sns.heatmap(table, ax=axes, **(look | options))
    axes.tick_params(length=0)
    across, down = ([theme.wrap(name, 26, 2) for name in names] for names in (table.columns, table.index))
    axes.set_xticks(np.arange(len(across)) + 0.5, across, rotation=turn, ha="right" if turn < 90 else "center")
    axes.set_yticks(np.arange(len(down)) + 0.5, down, rotation=0, va="center")

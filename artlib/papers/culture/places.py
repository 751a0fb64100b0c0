"""Figures of classes as points: who stands near whom (Chen and Chen, Figs. 6, 7), and where a network looks (4, 5)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import drawing
from artlib.papers.culture import measures as clusters


@drawing
def neighbours(apart: pd.DataFrame, groups: Mapping[str, Sequence[str]] | None = None, seed: int = 0):
    """Classes laid out by ForceAtlas2 from their distances, each joined to its nearest; colours for groups.

    apart : distances, (classes, classes). groups : group -> classes; None: the three regions of the culture paper.
    """
    groups = grouped(apart, groups)
    placed = clusters.layout(apart, seed)
    placed = (placed - placed.mean()) / np.abs(placed - placed.mean()).to_numpy().max()
    nearest = _nearest(apart)
    figure, axes = theme.canvas(4.6)
    for name, other in nearest.items():
        axes.plot(*zip(placed.loc[name], placed.loc[other], strict=True), color=theme.FAINT, linewidth=3, zorder=1)
    for number, (group, members) in enumerate(groups.items()):
        colour, marker = theme.PALETTE[number % 6], theme.MARKERS[number % 6]
        x, y = placed.loc[members, "x"], placed.loc[members, "y"]
        axes.scatter(x, y, s=90, color=colour, marker=marker, edgecolor=theme.PAPER, zorder=2, label=group)
    colours = {name: theme.PALETTE[i % 6] for i, members in enumerate(groups.values()) for name in members}
    name_points(axes, placed, colours)
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.2, 1.2))
    axes.axis("off")
    axes.legend(loc="upper right", fontsize=9.5)
    told = "; ".join(f"{name} next to {other}" for name, other in nearest.items())
    alt = f"{len(apart)} classes as points in a plane, near each other where their pictures are alike. {told}."
    return (
        figure,
        alt,
        (
            "Classes by the distance of their mean features. A line leads from each to its nearest. Directions mean "
            "nothing: turn the page and it says the same."
        ),
    )


@drawing
def chords(apart: pd.DataFrame, groups: Mapping[str, Sequence[str]] | None = None, top: float = 0.25):
    """The strongest similarities as a chord diagram: the highest ``top`` of all ordered pairs (the paper's Fig. 7)."""
    from matplotlib.figure import Figure as Drawn
    from pycirclize import Circos

    groups = grouped(apart, groups)
    order = [name for members in groups.values() for name in members]
    share = clusters.similarity(apart).loc[order, order]
    cut = np.quantile(share.to_numpy()[~np.eye(len(share), dtype=bool)], 1 - top)
    kept = share.where(share >= cut, 0.0)
    linked = [name for name in order if kept.loc[name].any() or kept[name].any()]
    alone = [name for name in order if name not in linked]
    kept = kept.loc[linked, linked]
    colours = {name: theme.PALETTE[i % 6] for i, members in enumerate(groups.values()) for name in members}
    colours = {name: colours[name] for name in linked}
    circos = Circos.chord_diagram(
        kept, space=4, cmap=colours, label_kws={"size": 10, "color": theme.INK, "orientation": "vertical"},
        link_kws={"ec": theme.PAPER, "lw": 0.5, "alpha": 0.75},
    )  # fmt: skip
    figure = Drawn(figsize=(theme.WIDTH * 0.72, theme.WIDTH * 0.72))
    circos.plotfig(ax=figure.add_subplot(projection="polar"))
    pairs = kept.stack().sort_values(ascending=False)
    pairs = pairs[pairs > 0]
    told = theme.listed([f"{a} to {b} {theme.percent(value)}" for (a, b), value in pairs.items()], most=8)
    none = f" No band for {theme.listed(alone)}." if alone else ""
    alt = f"Chord diagram of {len(linked)} classes, the {len(pairs)} strongest ordered similarities: {told}.{none}"
    return (
        figure,
        alt,
        (
            f"The strongest {theme.percent(top)} of all similarities. The band from a class to another is the share of "
            f"its pull that the other has, so that it can be strong one way and absent the other.{none}"
        ),
    )


@drawing
def agreement(apart: pd.DataFrame, truth: pd.DataFrame, what: str = "kilometres", mark: int = 4):
    """Distance of mean features against another distance of the same classes, a point a pair (Mantel test)."""
    import seaborn as sns

    names = [name for name in apart.index if name in truth.index]
    upper = np.triu_indices(len(names), 1)
    x, y = (m.loc[names, names].to_numpy(dtype=float)[upper] for m in (truth, apart))
    found = clusters.mantel(apart, truth)
    figure, axes = theme.canvas(3.6)
    sns.regplot(x=x, y=y, ax=axes, color=theme.BLUE, ci=None, line_kws={"color": theme.MUTED, "linewidth": 1.2},
                scatter_kws={"s": 26, "edgecolor": theme.PAPER})  # fmt: skip
    off = np.abs(y - np.polyval(np.polyfit(x, y, 1), x))
    for k in np.argsort(-off)[:mark]:
        pair = f"{names[upper[0][k]]}, {names[upper[1][k]]}"
        axes.annotate(pair, (x[k], y[k]), (4, 4), textcoords="offset points", fontsize=8.5, color=theme.MUTED)
    axes.set(xlabel=what, ylabel="distance of mean features")
    words = f"correlation {found.r:+.2f}, p {found.p:.3g}".replace("-", "−")
    alt = f"Scatter plot of {len(x)} pairs of classes: distance of mean features against {what}; {words} (Mantel test)."
    return figure, alt, f"A point a pair of classes: {words} by a Mantel test on {found.n} of them."


def grouped(apart: pd.DataFrame, groups: Mapping[str, Sequence[str]] | None) -> dict[str, list[str]]:
    """The classes at hand by group; what is in none stands alone under "other"."""
    named = {key: [n for n in members if n in apart.index] for key, members in (groups or clusters.REGIONS).items()}
    other = [name for name in apart.index if not any(name in members for members in named.values())]
    return {key: members for key, members in {**named, "other": other}.items() if members}


def _nearest(apart: pd.DataFrame) -> dict[str, str]:
    values = apart.to_numpy(copy=True)
    np.fill_diagonal(values, np.inf)
    return {name: apart.columns[k] for name, k in zip(apart.index, values.argmin(1), strict=True)}


def name_points(
    axes,
    placed: pd.DataFrame,
    colours: Mapping[str, str],
    size: float = 10,
    room: tuple[float, float] = (0.5, 0.1),
    step: float = 0.04,
) -> None:
    """Names beside their points, each moved down by steps until it covers no other (``room``: width, height)."""
    taken: list[tuple[float, float]] = []
    for name, (x, y) in placed.sort_values("y", ascending=False).iterrows():
        while any(abs(y - b) < room[1] and abs(x - a) < room[0] for a, b in taken):
            y -= step
        taken.append((x, y))
        axes.text(x + 0.05, y, name, color=colours[name], va="center", fontsize=size, fontweight="bold")

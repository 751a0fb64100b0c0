"""Figures of the culture paper: its preparation, class sizes against recall, one culture at a time, and a shaky map."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.evaluate import metrics
from artlib.figures import credits, theme
from artlib.figures.figure import Figure, FigureError, drawing
from artlib.figures.pictures import board, put
from artlib.figures.sliders import Frames, frames
from artlib.figures.tables import Table
from artlib.papers.culture import measures as clusters
from artlib.papers.culture.places import grouped as _groups_of
from artlib.papers.culture.places import name_points

_TYPES_TOLD = 22  # characters of a medium below a small picture


@drawing
def funnel(prepared):
    """What each step of a preparation leaves, from all works to those that are learned from (``preparations``)."""
    steps = prepared.funnel
    if steps.empty:
        raise FigureError("The preparation has no step to show.")
    figure, axes = theme.canvas(0.42 * len(steps) + 0.55)
    most = steps["works"].max()
    colours = [theme.BLUE if row.dropped == 0 else theme.shades(3)[1] for row in steps.itertuples()]
    axes.barh(range(len(steps)), steps["works"], color=colours, height=0.72)
    for y, row in enumerate(steps.itertuples()):
        lost = f"  (−{row.dropped:,})" if row.dropped else ""
        axes.text(row.works + 0.012 * most, y, f"{row.works:,}{lost}", va="center", fontsize=9, color=theme.MUTED)
    axes.set(yticks=range(len(steps)), ylim=(len(steps) - 0.5, -0.6), xlim=(0, most * 1.22), xticks=[])
    axes.set_yticklabels([theme.wrap(step, 38) for step in steps["step"]])
    axes.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    told = [f"{row.step}: {row.works:,}" for row in steps.itertuples()]
    alt = f"Bars of the works left after each of {len(steps)} steps. {'. '.join(told)}."
    return figure, alt, f"{prepared.name}: works left after each step, and in brackets how many it dropped."


def groups(prepared, caption: str | None = None) -> Table:
    """Works of each class before and after the last step, beside the paper's (Table 1 of the culture paper)."""
    found = prepared.groups
    sides = {("this collection", "before"): found["initial"], ("this collection", "after"): found["final"]}
    if "paper_final" in found:
        sides[("the paper", "paper, before")] = found["paper_initial"]
        sides[("the paper", "paper, after")] = found["paper_final"]
    told = {key: [*map(_count, column), _count(column.fillna(0).sum())] for key, column in sides.items()}
    frame = pd.DataFrame(told, index=pd.Index([*map(str, found.index), "all"], name=prepared.column))
    said = caption or (
        f"Works of each {prepared.column} before and after works of another kind are removed; at the right what the "
        "paper prints."
    )
    return Table(frame, said, prepared.column, {"paper, before", "paper, after"})


def _count(number) -> str:
    return "" if pd.isna(number) else f"{int(number):,}"


def mistagged(pictures, tagged: str = "painting", n: int = 8, most: float = 0.08) -> Figure | None:
    """Works that are catalogued as paintings though hardly any work of their materials is (the paper's Fig. 2).

    ``most``: the largest share of works of the same materials that may be paintings. Returns None, and prints a line,
    where there is none.
    """
    rows = _doubtful(pictures.works, tagged, most)
    if not len(rows):
        print(f"No work here is catalogued as a {tagged} against what its materials say.")
        return None
    return _mistagged(pictures, rows, tagged, n)


@drawing
def _mistagged(pictures, rows: np.ndarray, tagged: str, n: int):
    shown = rows[:n]
    told = [", ".join(pictures.works["materials"].iloc[row])[:_TYPES_TOLD] for row in shown]
    cells = [(pictures.pixels[row], words) for row, words in zip(shown, told, strict=True)]
    figure = board([("", cells[i : i + 8]) for i in range(0, len(cells), 8)], side=0.82)
    alt = (
        f"{len(shown)} of {len(rows)} works catalogued as a {tagged} whose materials are hardly ever a {tagged}'s: "
        f"{theme.listed(dict.fromkeys(told))}."
    )
    caption = f"Catalogued as a {tagged}, but of what? {len(shown)} of {len(rows)} works whose materials say otherwise."
    return figure, alt, caption, credits.line(pictures.works.iloc[shown])


def _doubtful(works: pd.DataFrame, tagged: str, most: float) -> np.ndarray:
    """Rows of that type whose materials hardly ever go with it; materials of a handful of works say nothing."""
    if not {"types", "materials"} <= set(works.columns):
        return np.empty(0, dtype="int64")
    typed = works["types"].map(lambda kinds: isinstance(kinds, list | tuple) and tagged in kinds)
    made = works["materials"].map(lambda parts: "; ".join(map(str, parts)) if isinstance(parts, list | tuple) else "")
    share, count = typed.groupby(made).transform("mean"), typed.groupby(made).transform("size")
    return np.flatnonzero(typed & (made != "") & (share <= most) & (count >= 1 / most))


@drawing
def recall_by_size(tested: pd.DataFrame, task, works: pd.DataFrame, split):
    """How well each class is recognised against how many training pictures it has, named points on a log scale."""
    found = metrics.by_class(tested, task)
    size = task.counts(works.iloc[split.train]).reindex(found.index)
    shown = found["recall"].notna() & (size > 0)
    if not shown.any():
        raise FigureError("No class was both trained and tested.")
    recall, size = found.loc[shown, "recall"] * 100, size[shown]
    figure, axes = theme.canvas(3.7)
    axes.scatter(size, recall, s=20 + 6 * np.sqrt(found.loc[shown, "works"]), color=theme.BLUE, edgecolor=theme.PAPER)
    taken: list[tuple[float, float]] = []
    for name in recall.sort_values(ascending=False).index:
        x, y = np.log(size[name]), recall[name] + 2
        while any(abs(x - a) < 0.3 and abs(y - b) < 5 for a, b in taken):
            y += 5
        taken.append((x, y))
        axes.annotate(name, (size[name], y), (6, 0), textcoords="offset points", fontsize=9)
    axes.set_xscale("log")
    axes.set(xlabel="training pictures (logarithmic)", ylabel="recall, %", ylim=(-6, 106))
    axes.set_xlim(size.min() / 1.25, size.max() * 2.0)
    ticks = [tick for tick in (5, 10, 20, 50, 100, 200, 500, 1000, 2000) if size.min() / 1.25 < tick < size.max() * 2]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="y")
    rank = float(pd.Series(size).rank().corr(recall.rank())) if len(recall) > 2 else float("nan")
    told = [f"{name} {size[name]:,} trained, recall {recall[name]:.0f}%" for name in size.sort_values().index]
    alt = f"Scatter plot of {len(recall)} classes, training pictures against recall. {'; '.join(told)}."
    with_rank = f" Rank correlation {rank:+.2f}.".replace("-", "−") if rank == rank else ""
    return figure, alt, f"Recall of each class against its training pictures; larger points had more tested.{with_rank}"


def explorer(pictures, tested: pd.DataFrame, task, apart: pd.DataFrame, n: int = 7) -> Frames:
    """Pick a class: example pictures, its nearest by mean features, and what its works were taken for.

    Live in JupyterLab; on a page frames that were drawn beforehand. ``apart``: distances (``clusters.distances``).
    """
    names = [name for name in task.classes if name in apart.index]
    if len(names) < 2:
        raise FigureError("An explorer needs two classes or more that were tested.")
    shares = metrics.confusion(tested, task, normalize=True)
    return frames(
        lambda culture: one_class(pictures, tested, task, apart, culture, n),
        {task.column: names} if task.column == "culture" else {"culture": names},
        told=lambda culture: one_class_alt(shares, tested, task, apart, culture),
        caption=_EXPLORED,
    )


_EXPLORED = (
    "Above, works of the test set: those that were named rightly first. Below at the left the other classes, nearest "
    "first, by the distance of mean features; at the right what its tested pictures were called."
)


@drawing
def one_class(pictures, tested: pd.DataFrame, task, apart: pd.DataFrame, name: str, n: int = 7):
    """One frame of the ``explorer``: pictures of a class, its nearest classes, and what it was taken for."""
    from matplotlib.figure import Figure as Drawn

    shares = metrics.confusion(tested, task, normalize=True)
    own = tested[tested["target"] == task.classes.index(name)].drop_duplicates("work_id")
    rows = own.assign(wrong=own["rank"] > 1).sort_values(["wrong", "p"], ascending=[True, False])["row"].head(n)
    side = (theme.WIDTH - 0.2) / n - 0.08
    height = side + 0.42 + 2.35
    figure = Drawn(figsize=(theme.WIDTH, height))
    board_ = figure.add_axes([0, 0, 1, 1])
    board_.text(0.12, 0.14, name, fontsize=12, fontweight="bold", va="center")
    for place, row in enumerate(rows):
        put(board_, pictures.pixels[row], 0.12 + place * (side + 0.08), 0.34, side)
    board_.set(xlim=(0, theme.WIDTH), ylim=(height, 0))
    board_.axis("off")
    low, tall = 0.34 / height, 1.72 / height
    _bars(figure.add_axes([0.15, low, 0.31, tall]), _near(apart, name), "distance of mean features", theme.BLUE, ".2f")
    said = _called(shares, name)
    colours = [theme.GREEN if other == name else theme.RED for other in said.index]
    called = f"called, % of {int((tested['target'] == task.classes.index(name)).sum()):,}"
    _bars(figure.add_axes([0.66, low, 0.28, tall]), said * 100, called, colours, ".0f")
    return figure, one_class_alt(shares, tested, task, apart, name), _EXPLORED, credits.line(pictures.works.iloc[rows])


def one_class_alt(shares: pd.DataFrame, tested: pd.DataFrame, task, apart: pd.DataFrame, name: str) -> str:
    """A frame of the explorer in words."""
    near, said = _near(apart, name), _called(shares, name)
    count = int((tested["target"] == task.classes.index(name)).sum())
    called = theme.listed([f"{other} {theme.percent(share)}" for other, share in said.items()])
    return (
        f"{name}. Nearest by mean features: {theme.listed([f'{other} ({d:.2f})' for other, d in near.items()])}. Of "
        f"{count:,} tested pictures, called: {called or 'none were tested'}."
    )


def _near(apart: pd.DataFrame, name: str, most: int = 5) -> pd.Series:
    return apart.loc[name].drop(name).sort_values().head(most)


def _called(shares: pd.DataFrame, name: str, most: int = 5) -> pd.Series:
    said = shares.loc[name].fillna(0)
    others = said.drop(name).sort_values(ascending=False)
    return pd.concat([said[[name]], others[others > 0].head(most - 1)])


def _bars(axes, values: pd.Series, title: str, colour, form: str) -> None:
    axes.barh(range(len(values)), values, color=colour, height=0.7)
    most = max(float(values.max()) if len(values) else 0, 1e-9)
    for y, value in enumerate(values):
        axes.text(value + 0.02 * most, y, f"{value:{form}}", va="center", fontsize=9, color=theme.MUTED)
    axes.set(
        yticks=range(len(values)), yticklabels=list(values.index), ylim=(4.5, -0.5), xlim=(0, 1.18 * most), xticks=[]
    )
    axes.tick_params(axis="y", length=0)
    axes.set_title(title, fontsize=9.5, x=0)
    axes.spines["bottom"].set_visible(False)


@drawing
def layouts(named: Mapping[str, pd.DataFrame], groups: Mapping[str, Sequence[str]] | None = None):
    """Several layouts of the same classes, turned onto the first (Procrustes): do they say the same?

    ``named``: title -> layout (``clusters.layout``), from other seeds or other samples of the pictures.
    """
    if len(named) < 2:
        raise FigureError("A comparison of layouts needs two of them or more.")
    turned = dict(zip(named, clusters.aligned(list(named.values())), strict=True))
    names = list(next(iter(turned.values())).index)
    groups = _groups_of(pd.DataFrame(0.0, names, names), groups)
    colours = {name: theme.PALETTE[i % 6] for i, members in enumerate(groups.values()) for name in members}
    down = -(-len(turned) // 2)
    figure, grid = theme.canvas(2.75 * down, nrows=down, ncols=2, squeeze=False)
    for axes, (title, placed) in zip(grid.flat, turned.items(), strict=False):
        placed = placed / np.abs(placed.to_numpy()).max()
        axes.scatter(placed["x"], placed["y"], s=34, color=[colours[name] for name in placed.index], zorder=2)
        name_points(axes, placed, colours, size=8.5, room=(0.55, 0.15), step=0.05)
        axes.set(xlim=(-1.3, 1.75), ylim=(-1.35, 1.2), xticks=[], yticks=[])
        axes.set_title(title, fontsize=9.5)
    for axes in list(grid.flat)[len(turned) :]:
        axes.axis("off")
    shaky = clusters.stability(list(named.values()))
    key = ", ".join(f"{group} {_COLOURS[i % 6]}" for i, group in enumerate(groups))
    alt = (
        f"{len(turned)} layouts of the same {len(names)} classes, each turned to fit the first as well as it can. Mean "
        f"disparity of two of them {shaky:.2f} (0: the same, 1: unrelated)."
    )
    caption = (
        f"The same classes, laid out {len(turned)} times ({key}). Two of these layouts differ by {shaky:.2f} on "
        "average after the best turn (0: the same, 1: unrelated)."
    )
    return figure, alt, caption


_COLOURS = ("blue", "red", "ochre", "green", "purple", "grey")

"""Figures of the culture paper: its preparation, recall by class size, one class at a time, and classes as points.

Chen and Chen, Figs. 2, 6 and 7.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.collections import open_works
from artlib.evaluate import metrics
from artlib.figures import credits, real_works, theme
from artlib.figures.figure import Drawn, FigureError, NothingToShow, NotRecorded, drawing
from artlib.figures.panels import bars, blank, intervals, panels
from artlib.figures.pictures import board, large, put, wrapped
from artlib.figures.sliders import Frames
from artlib.papers.culture import measures
from artlib.pixels import Pictures
from artlib.splits import Split
from artlib.tasks import Task

Groups = Mapping[str, Sequence[str]]


_TYPES_TOLD = 22  # characters of a medium below a small picture
_OF_CLASS = 7  # pictures of a class that is browsed


@drawing
def funnel(left: pd.Series, name: str) -> Drawn:
    """What each step of a preparation leaves, from all works to those that are learned from; step -> works."""
    if left.empty:
        raise FigureError("The preparation has no step to show.")
    figure, axes = theme.canvas(0.42 * len(left) + 0.55)
    lost = left.shift().sub(left).fillna(0).astype(int)
    words = [f"{works:,}" + (f"  (−{less:,})" if less else "") for works, less in zip(left, lost, strict=True)]
    colours = [theme.shades(3)[1] if less else theme.BLUE for less in lost]
    bars(axes, left, words, colours, wide=38)
    told = [f"{step}: {works:,}" for step, works in left.items()]
    alt = f"Bars of the works left after each of {len(left)} steps. {'. '.join(told)}."
    caption = f"{name}: of {left.iloc[0]:,} works {left.iloc[-1]:,} are left. In brackets how many each step removed."
    return figure, alt, caption, pd.DataFrame({"step": left.index, "left": left.array, "removed": lost.array})


@drawing
def mistagged(pictures: Pictures) -> Drawn:
    """Eight works catalogued as paintings though hardly any work of their materials is (the paper's Fig. 2)."""
    rows = _doubtful(pictures.works, "painting", 0.08)
    if not len(rows):
        raise NothingToShow("No work here is catalogued as a painting against what its materials say.")
    shown = rows[:8]
    told = [", ".join(pictures.works["materials"].iloc[row])[:_TYPES_TOLD] for row in shown]
    figure = board(wrapped([(large(pictures, row), words) for row, words in zip(shown, told, strict=True)], 8))
    alt = theme.alt("mistagged", shown=len(shown), rows=len(rows), told=theme.listed(dict.fromkeys(told)))
    caption = f"Catalogued as a painting, but of what? {len(shown)} of {len(rows)} works whose materials say otherwise."
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
def recall_by_size(tested: pd.DataFrame, task: Task, works: pd.DataFrame, split: Split) -> Drawn:
    """How well each class is recognised against how many training pictures it has, named points on a log scale."""
    from matplotlib.ticker import LogLocator

    found = metrics.by_class(tested, task)
    size = task.counts(works.iloc[split.train]).reindex(found.index)
    shown = found["recall"].notna() & (size > 0)
    if not shown.any():
        raise FigureError("No class was both trained and tested.")
    recall, size = found.loc[shown, "recall"] * 100, size[shown]
    figure, axes = theme.canvas(3.7)
    axes.scatter(size, recall, s=20 + 6 * np.sqrt(found.loc[shown, "works"]), color=theme.BLUE, edgecolor=theme.PAPER)
    taken: list[tuple[float, float]] = []
    for name in recall.sort_values().index:  # from below, so that names stand in the order of their points
        x, y = np.log(size[name]), recall[name] + 2
        while any(abs(x - a) < 0.3 and abs(y - b) < 5 for a, b in taken):
            y += 5
        taken.append((x, y))
        line = {"arrowstyle": "-", "linewidth": 0.6, "color": theme.GREY}
        axes.annotate(name, (size[name], recall[name]), (size[name] * 1.06, y), fontsize=9, arrowprops=line)
    axes.set_xscale("log")
    axes.set(xlabel="training pictures (logarithmic)", ylabel="recall, %", ylim=(-6, 106))
    axes.set_xlim(size.min() / 1.25, size.max() * 2.0)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.minorticks_off()
    axes.grid(axis="y")
    rank = float(pd.Series(size).rank().corr(recall.rank())) if len(recall) > 2 else float("nan")
    told = [f"{name} {size[name]:,} trained, recall {recall[name]:.0f}%" for name in size.sort_values().index]
    alt = f"Scatter plot of {len(recall)} classes, training pictures against recall. {'; '.join(told)}."
    with_rank = f" Rank correlation {rank:+.2f}.".replace("-", "−") if rank == rank else ""
    caption = f"Recall of each class against its training pictures; larger points had more tested.{with_rank}"
    numbers = found.loc[shown, ["works", "recall"]].assign(trained=size).rename_axis("class").reset_index()
    return figure, alt, caption, numbers


def class_browser(pictures: Pictures, tested: pd.DataFrame, task: Task, distances: pd.DataFrame) -> Frames:
    """Pick a class: example pictures, its nearest by mean features, and what its works were taken for.

    Live in JupyterLab; on a page frames that were drawn beforehand.

    Parameters
    ----------
    tested : predictions of the test works.
    distances : (classes, classes), as ``measures.distances`` gives them.
    """
    names = [name for name in task.classes if name in distances.index]
    if len(names) < 2:
        raise FigureError("To browse classes takes two or more that were tested.")
    browser = Frames(
        lambda culture: one_class(pictures, tested, task, distances, culture),
        {"culture": names},
        caption=theme.caption("one_class"),
    )
    called = {"distance": distances, "share called": metrics.confusion(tested, task, normalize=True)}
    browser.data = pd.concat({name: table.stack() for name, table in called.items()}, axis=1).round(3)
    browser.data = browser.data.rename_axis(["class", "other"]).reset_index()
    return browser


@drawing
def one_class(pictures: Pictures, tested: pd.DataFrame, task: Task, distances: pd.DataFrame, name: str) -> Drawn:
    """One frame of the ``class_browser``: pictures of a class, its nearest classes, and what it was taken for."""
    shares = metrics.confusion(tested, task, normalize=True)
    own = tested[tested["target"] == task.classes.index(name)].drop_duplicates("work_id")
    rows = own.assign(wrong=own["rank"] > 1).sort_values(["wrong", "p"], ascending=[True, False])["row"].head(_OF_CLASS)
    side = (theme.WIDTH - 0.2) / _OF_CLASS - 0.08
    height = side + 0.42 + 2.35
    figure, whole = blank(height)
    whole.text(0.12, 0.14, name, fontsize=12, fontweight="bold", va="center")
    for place, row in enumerate(rows):
        put(whole, large(pictures, row), 0.12 + place * (side + 0.08), 0.34, side)
    low, tall, near = 0.34 / height, 1.72 / height, distances.loc[name].drop(name).sort_values().head(5)
    left, right = (figure.add_axes([x, low, wide, tall]) for x, wide in ((0.15, 0.31), (0.66, 0.28)))
    bars(left, near, [f"{value:.2f}" for value in near])
    left.set_title("distance of mean features", fontsize=9.5, x=0)
    said = _called(shares, name)
    colours = [theme.GREEN if other == name else theme.RED for other in said.index]
    bars(right, said, [f"{100 * share:.0f}" for share in said], colours)
    count = int((tested["target"] == task.classes.index(name)).sum())
    right.set_title(f"called, % of {count:,}", fontsize=9.5, x=0)
    for axes in (left, right):
        axes.set_ylim(4.5, -0.5)
    called = theme.listed([f"{other} {theme.percent(share)}" for other, share in said.items()])
    nearest = theme.listed([f"{other} ({far:.2f})" for other, far in near.items()])
    alt = theme.alt("one_class", name=name, nearest=nearest, count=count, called=called or "none were tested")
    return figure, alt, theme.caption("one_class"), credits.line(pictures.works.iloc[rows])


def _called(shares: pd.DataFrame, name: str, most: int = 5) -> pd.Series:
    said = shares.loc[name].fillna(0)
    others = said.drop(name).sort_values(ascending=False)
    return pd.concat([said[[name]], others[others > 0].head(most - 1)])


@drawing
def layouts(named: Mapping[str, pd.DataFrame]) -> Drawn:
    """Several layouts of the same classes, turned onto the first (Procrustes): do they say the same?

    Parameters
    ----------
    named : title -> layout (``measures.layout``), from other seeds or other samples of the pictures.
    """
    if len(named) < 2:
        raise FigureError("A comparison of layouts needs two of them or more.")
    turned = dict(zip(named, measures.superimposed(list(named.values())), strict=True))
    names = list(next(iter(turned.values())).index)
    groups = _present(names)
    figure, grid = panels(turned, 2.75)
    for title, axes in grid.items():
        _points(axes, turned[title], 8.5, (0.55, 0.15))
        axes.set(xlim=(-1.3, 1.75), ylim=(-1.35, 1.2), xticks=[], yticks=[])
        axes.set_title(title, fontsize=9.5)
    shaky = measures.stability(list(named.values()))
    key = ", ".join(f"{group} {_WORDS[i % 6]}" for i, group in enumerate(groups))
    alt = theme.alt("layouts", layouts=len(turned), classes=len(names), shaky=shaky)
    caption = theme.caption("layouts", layouts=len(turned), key=key, shaky=shaky)
    return figure, alt, caption, pd.concat(turned, names=["layout", "class"]).round(3).reset_index()


_WORDS = ("blue", "red", "ochre", "green", "purple", "grey")


# --- classes as points ----------------------------------------------------------------------------------------------


@drawing
def chords(distances: pd.DataFrame) -> Drawn:
    """The strongest similarities as a chord diagram: the highest quarter of all ordered pairs (the paper's Fig. 7)."""
    from matplotlib.figure import Figure as Drawn
    from pycirclize import Circos

    groups = _present(distances.index)
    order = [name for members in groups.values() for name in members]
    share = measures.similarity(distances).loc[order, order]
    cut = np.quantile(share.to_numpy()[~np.eye(len(share), dtype=bool)], 0.75)
    kept = share.where(share >= cut, 0.0)
    linked = [name for name in order if kept.loc[name].any() or kept[name].any()]
    alone = [name for name in order if name not in linked]
    kept = kept.loc[linked, linked]
    colours = {name: colour for name, colour in _colours(groups).items() if name in linked}
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
    caption = theme.caption("chords", none=none)
    return figure, alt, caption, share.round(3).rename_axis(index="from", columns=None).reset_index()


@drawing
def shown_maps(named: Mapping[str, pd.DataFrame]) -> Drawn:
    """Recorded maps of cultures side by side: the mean distances of each set of runs, laid out by ForceAtlas2.

    Parameters
    ----------
    named : title -> runs of kind ``culture-map`` that kept their distances.
    """
    known = {title: runs for title, runs in named.items() if "distances" in runs.columns and len(runs)}
    if not known:
        raise NotRecorded(next(iter(named.values()), None))
    figure, grid = panels(known, 3.1, columns=3)
    told = []
    for (title, axes), runs in zip(grid.items(), known.values(), strict=True):
        apart = measures.mean_distances(runs)
        r = runs["metrics.mantel"].mean()
        _points(axes, measures.layout(apart), 7.5, (0.75, 0.17))
        axes.set(xlim=(-1.25, 1.9), ylim=(-1.5, 1.25))
        axes.axis("off")
        axes.set_title(f"{title}\ncorrelation {r:+.2f}".replace("-", "−"), fontsize=9.5)
        told.append(f"{title}, correlation {r:+.2f}: {_neighbourhood(apart)}")
    alt = f"{len(known)} maps of cultures, each culture joined in words to its nearest. {'. '.join(told)}."
    caption = theme.caption("shown_maps")
    between = {title: measures.mean_distances(runs).stack() for title, runs in known.items()}
    return figure, alt, caption, pd.concat(between, names=["map", "culture", "to"]).rename("distance").reset_index()


@drawing
def pictured_map(runs: pd.DataFrame) -> Drawn:
    """The recorded map of cultures, a real work of each in its place where it was fetched (the paper's Figs. 1 and 6).

    runs : of kind ``culture-map`` that kept their distances.
    """
    apart = measures.mean_distances(runs)
    works = open_works.displayed("cultures").drop_duplicates("culture").set_index("culture", drop=False)
    pictures = {name: real_works.picture(works["path"][name]) for name in apart.index.intersection(works.index)}
    pictures = {name: picture for name, picture in pictures.items() if picture is not None}
    figure, axes = blank(_TALL)
    at = _pushed_apart(measures.layout(apart), (theme.WIDTH, _TALL))
    colours = _colours(_present(apart.index))
    for name, (x, y) in at.iterrows():
        high = wide = 0.0
        if name in pictures:
            high, wide = np.array(pictures[name].shape[:2]) * _THUMB / 2 / max(pictures[name].shape)
            axes.imshow(pictures[name], extent=(x - wide, x + wide, y + high, y - high), aspect="auto")
        else:
            axes.plot([x], [y], "o", color=colours[name], markersize=9)
        look = {"color": colours[name], "fontsize": 9.5, "fontweight": "bold"}
        axes.text(x, y + max(high, 0.1) + 0.03, name, ha="center", va="top", **look)
    alt = f"A map of {len(at)} cultures, {len(pictures)} with a work in its place. {_neighbourhood(apart)}."
    caption = "Cultures stand near each other where their pictures are alike (Asia blue, Europe red, America ochre)."
    points = at.round(2).rename_axis("culture").reset_index()
    if not pictures:
        return figure, alt, f"{caption} {real_works.FETCH}", points
    return figure, alt, caption, real_works.credit_line(works.loc[list(pictures)]), points


_THUMB, _TALL = 1.0, 5.8  # inches: the side of a picture on a map, and the map's height


def _pushed_apart(placed: pd.DataFrame, room: tuple[float, float]) -> pd.DataFrame:
    """A layout in inches on paper of that size, points moved until no two pictures with their names overlap."""
    low, high = placed.min(), placed.max()
    margin, size = np.array([_THUMB * 0.7, _THUMB * 0.75]), np.array([_THUMB * 1.12, _THUMB * 1.35])
    at = margin + ((placed - low) / (high - low)).to_numpy() * (np.array(room) - 2 * margin)
    for _ in range(300):
        gap = at[:, None] - at[None]
        inside = size - np.abs(gap)
        for one, other in np.argwhere(np.triu((inside > 1e-3).all(-1), 1)):
            side = int(inside[one, other].argmin())  # out of each other by the shorter way
            step = np.sign(gap[one, other, side] or 1) * inside[one, other, side] / 2
            at[one, side] += step
            at[other, side] -= step
        at = at.clip(margin, np.array(room) - margin)
    return pd.DataFrame(at, placed.index, ["x", "y"])


def _neighbourhood(apart: pd.DataFrame) -> str:
    nearest = apart.mask(np.eye(len(apart), dtype=bool)).idxmin(axis=1)
    return ", ".join(f"{name} next to {other}" for name, other in nearest.items())


_TWO = {"mantel": "as the paper measures it", "mantel_corrected": "scatter of small classes removed"}


@drawing
def map_agreement(found: pd.DataFrame) -> Drawn:
    """How far distances between cultures agree with geography, as measured and with the scatter subtracted.

    Parameters
    ----------
    found : of ``results.agreement``: measure, museum, value, low, high.
    """
    museums = list(dict.fromkeys(found["museum"]))
    figure, grid = panels(_TWO.values(), 0.42 * len(museums) + 1.15, sharey=True, sharex=True)
    for (measure, words), colour in zip(_TWO.items(), (theme.GREY, theme.BLUE), strict=True):
        axes, own = grid[words], found[found["measure"] == measure].set_index("museum").reindex(museums)
        intervals(axes, own, [colour] * len(own), 22)
        for y, value in enumerate(own["value"]):
            place = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center", "zorder": 2,
                     "bbox": {"fc": theme.PAPER, "ec": "none", "pad": 0.5}}  # fmt: skip
            axes.annotate(f"{value:+.2f}".replace("-", "−"), (value, y), fontsize=9, color=colour, **place)
        axes.set_title(words, fontsize=9.5)
        axes.set(xlabel="correlation with kilometres", xlim=(-1, 1))
        axes.grid(axis="x")
    told = [
        f"{row.museum}, {_TWO[row.measure]}: {row.value:+.2f} [{row.low:+.2f}, {row.high:+.2f}]"
        for row in found.itertuples()
    ]
    alt = f"Correlations of distances between cultures with kilometres, with 95% intervals. {'; '.join(told)}."
    lowest = found[found["measure"] == "mantel"].sort_values("value").iloc[0]
    caption = theme.caption("map_agreement", lowest=lowest).replace("-0", "−0")
    return figure, alt, caption, found.replace({"measure": _TWO}).round(3)


def _present(names: Iterable[str]) -> dict[str, list[str]]:
    """The classes that are there by region; what is in none stands alone under "other"."""
    names = list(names)
    named = {key: [n for n in members if n in names] for key, members in measures.REGIONS.items()}
    other = [name for name in names if not any(name in members for members in named.values())]
    return {key: members for key, members in {**named, "other": other}.items() if members}


def _colours(groups: Groups) -> dict[str, str]:
    return {name: theme.PALETTE[i % 6] for i, members in enumerate(groups.values()) for name in members}


def _points(axes, placed: pd.DataFrame, size: float, room: tuple[float, float]) -> None:
    """Classes as points with names, each moved down until it covers no other (``room``: width, height)."""
    groups = _present(placed.index)
    placed = (placed - placed.mean()) / np.abs(placed - placed.mean()).to_numpy().max()
    for (group, members), colour, marker in zip(groups.items(), theme.PALETTE, theme.MARKERS, strict=False):
        look = {"s": 34, "color": colour, "marker": marker, "edgecolor": theme.PAPER, "zorder": 2}
        axes.scatter(placed.loc[members, "x"], placed.loc[members, "y"], label=group, **look)
    colours, taken = _colours(groups), []
    for name, (x, y) in placed.sort_values("y", ascending=False).iterrows():
        while any(abs(y - b) < room[1] and abs(x - a) < room[0] for a, b in taken):
            y -= 0.04
        taken.append((x, y))
        axes.text(x + 0.05, y, name, color=colours[name], va="center", fontsize=size, fontweight="bold")

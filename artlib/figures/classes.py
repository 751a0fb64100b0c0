"""Figures of a task: how large its classes are, when its works were made, what is taken for what."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from artlib.evaluate import metrics
from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import leaf_order, matrix, mistaken, name_rows, panels
from artlib.splits import Split
from artlib.tasks import Task

_NAMED = 40  # more classes than this are drawn as one curve, without their names
_WHOLE, _FOLDED = 16, 12  # a matrix of more classes than the one cannot be read: the other number of them is shown


@drawing
def class_sizes(works: pd.DataFrame, task: Task, split: Split | None = None) -> Drawn:
    """Works in each class, largest first, with the training, validation and test parts of a split.

    The dashed line is the majority baseline: what a network scores that always says the largest class.
    """
    counts, unit = task.counts(works), theme.counted(works)
    if counts.empty or counts.sum() == 0:
        raise FigureError(f"No work has a label for the task {task.column!r}.")
    parts = _parts(works, task, split, counts)
    share = counts.iloc[0] / counts.sum()
    sized = [f"{name} {count:,}" for name, count in counts.items()]
    if len(counts) > _NAMED:
        figure, axes = theme.canvas(3.2)
        _small_bars(axes, task.column, counts, unit)
    else:
        figure, axes = theme.canvas(max(2.0, 0.24 * len(counts) + 1.1))
        _bars(axes, counts, parts, unit)
    always = f"always “{counts.index[0]}”: right {theme.percent(share)} of the time"
    axes.set_title(always, loc="right", color=theme.RED, fontsize=9.5)
    told = {"largest": theme.listed(sized[:3]), "smallest": theme.listed(sized[-2:]), "share": theme.percent(share)}
    alt = theme.alt("class_sizes", counts=counts, works=counts.sum(), column=task.column, unit=unit, **told)
    shares = [f"{theme.percent(part)} {name}" for name, part in (parts.sum() / parts.to_numpy().sum()).items()]
    sides = f" In all {theme.listed(shares)}." if split is not None else ""
    sides += _unlabelled(works, task)
    times = f"{counts.iloc[0] / max(counts.iloc[-1], 1):.1f}".removesuffix(".0")
    found = "all classes are about as large"
    if times != "1":
        found = f"the largest class has {times} times as many as the smallest"
    caption = f"{unit.capitalize()} by {task.column}: {found}.{sides}"
    return figure, alt, caption, parts.rename_axis(task.column).reset_index()


@drawing
def distributions(named: Mapping[str, tuple]) -> Drawn:
    """Sizes of the classes of several tasks, small and side by side (fine-tuning paper, Figs. 2 and 3).

    Parameters
    ----------
    named : title -> (works, task).
    """
    counts = {title: task.counts(works) for title, (works, task) in named.items()}
    units = {title: theme.counted(works) for title, (works, _) in named.items()}
    if not counts:
        raise FigureError("There is no task whose classes could be drawn.")
    figure, grid = panels(counts, 2.0, columns=3)
    for title, axes in grid.items():
        _small_bars(axes, title, counts[title], units[title])
    told = [
        f"{title}: {len(sizes)} classes, {sizes.sum():,} {units[title]}, from {sizes.index[0]} ({sizes.iloc[0]:,}) to "
        f"{sizes.index[-1]} ({sizes.iloc[-1]:,})"
        for title, sizes in counts.items()
    ]
    alt = f"A bar chart of class sizes for each task, largest class first. {'. '.join(told)}."
    left_out = "".join(f" {title}:{words}" for title, (own, task) in named.items() if (words := _unlabelled(own, task)))
    numbers = pd.concat(counts, names=["task", "class"]).rename("works").reset_index()
    return figure, alt, f"Works in each class, largest first; the largest class is named.{left_out}", numbers


@drawing
def timeline(works: pd.DataFrame, by: str = "style", most: int = 12) -> Drawn:
    """When the works of each class were made, classes in the order of their middle year."""
    for column in (by, "year_begin"):
        if column not in works.columns:
            raise FigureError(f"The works have no column {column!r}, so there is no timeline to draw.")
    years = works.reindex(columns=["year_begin", "year_end"]).astype(float).mean(axis=1)
    dated = pd.DataFrame({"name": works[by], "year": years.where(works["year_begin"].notna())}).dropna()
    if dated.empty:
        raise FigureError(f"No work has both a year and a {by}.")
    kept = dated["name"].value_counts().index[:most]
    dated = dated[dated["name"].isin(kept)]
    middle = dated.groupby("name")["year"].median().sort_values()
    unit = theme.counted(works)
    figure = _ridges(dated, middle, unit)
    told = [f"{name} {year:.0f}" for name, year in middle.items()]
    ends = dated["year"].agg(["min", "max"])
    alt = theme.alt("timeline", works=len(dated), unit=unit, by=by, ends=ends, told=theme.listed(told))
    numbers = pd.DataFrame({"middle year": middle, unit: dated["name"].value_counts()}).loc[middle.index]
    caption = theme.caption("timeline", first=middle.index[0], last=middle.index[-1], by=by)
    return figure, alt, caption, numbers.rename_axis(by).reset_index()


@drawing
def confusion(predictions: pd.DataFrame, task: Task) -> Drawn:
    """What is taken for what, in shares of each true class.

    Classes that are confused stand side by side (optimal leaf ordering of the mutual confusion). Of more than 16
    classes the 12 that are confused most are shown; what was said of the others is one column.
    """
    counts = metrics.confusion(predictions, task)
    counts = counts.loc[counts.sum(axis=1) > 0]
    counts = counts[[*counts.index, *counts.columns[(counts.sum() > 0) & ~counts.columns.isin(counts.index)]]]
    if len(counts) < 2:
        raise FigureError("A confusion matrix needs two classes in the test set.")
    names, other = _similar(counts), counts
    counts = counts.loc[names, [*names, *(name for name in counts.columns if name not in names)]]
    shares = counts.div(counts.sum(axis=1), axis=0)
    # Several runs test the same works, so that what is counted then is answers.
    units = [name for name in ("draw", "seed", "repeat", "fold") if name in predictions]
    runs = len(predictions[units].drop_duplicates()) if units else 1
    works = predictions["work_id"].nunique() if "work_id" in predictions else len(predictions)
    what = f"answers in {runs} runs" if runs > 1 else "works" if works == len(predictions) else "pictures"
    alt = _confusion_alt(shares, counts, what, works)
    often = theme.listed(_mistaken(counts, 1), 3)
    often = f"The largest share of a class that is mistaken: {often}. " if often else ""
    caption = f"{often}Rows say what a work is, columns what the network said. Framed cells are right."
    numbers = counts.rename_axis(index="true", columns=None).reset_index()
    shown = _folded(counts, other)
    if len(shown) < len(counts):
        caption += f" Shown: the {len(shown)} of {len(counts)} classes that are confused most."
    whole = shown.sum(axis=1)
    return _heat(shown.div(whole, axis=0), whole, what), alt, caption, numbers


def _folded(counts: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Of many classes the rows of those that ``other`` confuses most, and one column for what was said of the rest."""
    if len(counts) <= _WHOLE:
        return counts
    often = mistaken(other).index
    kept = set(list(dict.fromkeys(name for pair in often for name in pair if name in counts.index))[:_FOLDED])
    names = [name for name in counts.index if name in kept]
    rest = counts.columns.difference(names)
    return counts.loc[names, names].assign(**{f"{len(rest)} others": counts.loc[names, rest].sum(axis=1)})


def _unlabelled(works: pd.DataFrame, task: Task) -> str:
    """What a page must say of the works that a task passes over: warnings are not shown there."""
    without = int((~task.labelled(works)).sum())
    few = f" (in a class of at least {task.minimum})" if task.minimum > 1 else ""
    of = f"{without:,} of {len(works):,} {theme.counted(works)}"
    return f" {of} have no label{few} and are left out." if without else ""


def _parts(works: pd.DataFrame, task: Task, split: Split | None, counts: pd.Series) -> pd.DataFrame:
    """Works of each class (rows) in each part of the split."""
    if split is None:
        return counts.to_frame(theme.counted(works))
    words = {"train": "for training", "valid": "for validation", "test": "for the test"}
    rows = {words.get(name, name): rows for name, rows in split.parts().items() if len(rows)}
    return pd.DataFrame({name: task.counts(works.iloc[own]) for name, own in rows.items()}).loc[counts.index]


def _bars(axes, counts: pd.Series, parts: pd.DataFrame, unit: str) -> None:
    total = parts.sum(axis=1)
    parts.plot.barh(stacked=True, ax=axes, width=0.74, color=theme.shades(len(parts.columns)), edgecolor=theme.PAPER,
                    legend=False)  # fmt: skip
    if len(parts.columns) > 1:  # below: beside few classes there is no room that is free
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(parts.columns))
    ground = {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 0.6}  # a number hides the line behind it
    for y, count in enumerate(total):
        axes.text(count + 0.01 * total.max(), y, f"{count:,}", va="center", fontsize=9, color=theme.MUTED, bbox=ground)
    axes.axvline(total.max(), color=theme.RED, linestyle=(0, (4, 3)), linewidth=1.4, zorder=0)
    axes.set(xlabel=unit, ylim=(len(counts) - 0.4, -0.6), xlim=(0, total.max() * 1.09))
    name_rows(axes, counts.index)


def _small_bars(axes, title: str, counts: pd.Series, unit: str) -> None:
    axes.bar(range(len(counts)), counts, width=0.86, color=theme.BLUE)
    axes.set_title(title)
    said = f"{len(counts)} classes, {counts.sum():,} {unit}\nlargest: {theme.wrap(counts.index[0], 22)}"
    axes.set_xlabel(said, fontsize=9, loc="left", linespacing=1.25)
    axes.set(xticks=[])
    axes.tick_params(axis="y", labelsize=8.5)


def _ridges(dated: pd.DataFrame, middle: pd.Series, unit: str):
    import seaborn as sns

    figure, axes = theme.canvas(max(2.2, 0.42 * len(middle) + 0.7))
    look = {"color": theme.shades(3)[1], "saturation": 1, "linecolor": theme.BLUE, "linewidth": 1, "inner": None}
    order = list(middle.index)
    sns.violinplot(dated, x="year", y="name", order=order, ax=axes, cut=0, density_norm="width", **look)
    axes.vlines(middle, np.arange(len(middle)) - 0.4, np.arange(len(middle)) + 0.4, color=theme.RED, zorder=4)
    words = {"transform": axes.get_yaxis_transform(), "fontsize": 9, "color": theme.MUTED, "va": "center"}
    for y, name in enumerate(middle.index):
        axes.text(1.02, y, f"{(dated['name'] == name).sum():,}", **words)
    axes.text(1.02, -0.8, unit, **words)
    axes.set(ylabel="")
    name_rows(axes, middle.index)
    axes.grid(axis="x")
    return figure


def _similar(counts: pd.DataFrame) -> list:
    """Classes in an order in which those that are taken for one another stand side by side."""
    square = counts.loc[:, counts.index]
    if len(square) < 3:
        return list(square.index)
    shares = square.div(square.sum(axis=1), axis=0).to_numpy(float)
    near = (shares + shares.T) / 2
    np.fill_diagonal(near, 0)
    far = 1 - near / max(near.max(), 1e-9)
    np.fill_diagonal(far, 0)
    return leaf_order(pd.DataFrame(far, square.index, square.index))


def _heat(shares: pd.DataFrame, works: pd.Series, what: str):
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Rectangle

    n = len(shares)
    written = n <= 16
    side = min(theme.WIDTH - 2.0, max(2.6, 0.46 * n)) if written else theme.WIDTH - 1.9
    figure, axes = theme.canvas(side * n / shares.shape[1] + 1.5)
    norm = PowerNorm(0.55, 0, 1)  # lifts the mistakes, which are small beside what is right
    numbers = (100 * shares).round().astype(int).astype(str).where(shares >= 0.005, "") if written else False
    named = shares.set_axis([f"{name}  ({works[name]:,})" for name in shares.index])
    matrix(axes, named, 9.5 if n <= 12 else 8.5, 45 if n <= 16 else 90, norm=norm, annot=numbers, fmt="")
    for i in range(n):
        axes.add_patch(Rectangle((i, i), 1, 1, fill=False, edgecolor=theme.INK, linewidth=0.9))
    size = 9.5 if n <= 16 else max(5.5, 9.5 - (n - 16) * 0.17)
    axes.tick_params(labelsize=size)
    axes.set(xlabel="said", ylabel=f"true ({what})")
    axes.set_title("Of each row, per cent" if written else "Darker: a larger share of the row")
    return figure


def _mistaken(counts: pd.DataFrame, most: int = 3) -> list[str]:
    """The largest shares of a class that went to one other class, in counts; what ties with the last is named too."""
    whole, wrong = counts.sum(axis=1), mistaken(counts)
    wrong = wrong[(wrong > 0) & (wrong >= wrong.iloc[:most].min())]
    return [f"{a} for {b} ({counts.loc[a, b]:.0f} of {whole[a]:.0f})" for a, b in wrong.index]


def _confusion_alt(shares: pd.DataFrame, counts: pd.DataFrame, what: str, works: int) -> str:
    right = pd.Series({name: shares.loc[name, name] for name in shares.index})
    overall = sum(counts.loc[name, name] for name in counts.index) / counts.to_numpy().sum()
    told = {"works": "tested pictures", "pictures": f"tested pictures of {works:,} works"}.get(what, what)
    ends = [
        f"{theme.listed(right.index[right == end], 6)} ({theme.percent(end)})" for end in (right.max(), right.min())
    ]
    facts = {"overall": theme.percent(overall), "ends": ends, "mistaken": theme.listed(_mistaken(counts), 6) or "none"}
    return theme.alt("confusion", classes=len(shares), answers=int(counts.to_numpy().sum()), told=told, **facts)

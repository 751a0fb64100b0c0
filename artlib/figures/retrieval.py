"""Figures of similarity and confusion: query sheets, distances between models, and pairs that are taken for another."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.evaluate import metrics
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, NotRecorded, drawing
from artlib.figures.panels import blank, matrix
from artlib.figures.pictures import put
from artlib.figures.sliders import Frames, frames
from artlib.pixels import Pictures
from artlib.tasks import Task

_TEXT = 0.36  # inches below a picture for its labels


@drawing
def retrieved(
    pictures: Pictures,
    found: Mapping[str, pd.DataFrame],
    query: int,
    labels: Sequence[str] = ("genre", "style"),
    n: int = 6,
) -> Drawn:
    """A query sheet: the picture asked for, and its nearest neighbours under each network, nearest first (Fig. 15).

    Parameters
    ----------
    found : name of a network -> its neighbours (``evaluate.similarity.neighbours``).
    query : row of the picture in the works.
    labels : columns written below each picture; in bold those that agree with the query's.
    """
    lists = {name: _first(table, query, n, name) for name, table in found.items()}
    works = pictures.works
    width = theme.WIDTH
    side = (width - 0.1) / (n + 1) - 0.09
    line = side + _TEXT + 0.26
    figure, axes = blank(len(lists) * line + 0.12)
    for number, (name, rows) in enumerate(lists.items()):
        top = 0.26 + number * line
        axes.text(0.06 + (side + 0.09), top - 0.06, name, fontsize=9.5, fontweight="bold", va="bottom")
        for place, row in enumerate([query, *rows]):
            if place == 0 and number:
                continue
            x = 0.06 + place * (side + 0.09)
            put(axes, pictures.pixels[row], x, top, side)
            _labels(axes, works, row, query, labels, x, top + side, side)
    axes.text(0.06, 0.2, "asked for", fontsize=9.5, fontweight="bold", va="bottom", color=theme.RED)
    shown = works.iloc[[query, *(row for rows in lists.values() for row in rows)]]
    return figure, retrieved_alt(pictures, found, query, labels, n), _CAPTION, credits.line(shown)


_CAPTION = (
    "A picture and what each network finds most like it. Bold labels are those of the picture asked for; pictures of "
    "the same work are left out."
)


def retrieved_alt(
    pictures: Pictures, found: Mapping[str, pd.DataFrame], query: int, labels: Sequence[str], n: int
) -> str:
    """What a query sheet shows, in words."""
    works = pictures.works
    asked = theme.listed([f"{label} {works[label].iloc[query]}" for label in labels])
    told = []
    for name, table in found.items():
        rows = _first(table, query, n, name)
        same = [f"{sum(works[label].iloc[rows] == works[label].iloc[query])} have its {label}" for label in labels]
        told.append(f"Of the {len(rows)} nearest under the network “{name}” {theme.listed(same)}.")
    return f"The picture asked for ({asked}) and its nearest neighbours. {' '.join(told)}"


def retrieval(
    pictures: Pictures,
    found: Mapping[str, pd.DataFrame],
    queries: Sequence[int],
    labels: Sequence[str] = ("genre", "style"),
    n: int = 6,
) -> Frames:
    """A panel to choose a picture and see its neighbours under each network; live in JupyterLab, frames on a page."""
    works = pictures.works
    names = {
        f"{number}: {', '.join(str(works[label].iloc[row]) for label in labels)}": row
        for number, row in enumerate(queries, 1)
    }
    return frames(
        lambda picture: retrieved(pictures, found, names[picture], labels, n),
        {"picture": list(names)},
        told=lambda picture: retrieved_alt(pictures, found, names[picture], labels, n),
        caption=_CAPTION,
    )


@drawing
def distances(between: pd.DataFrame, what: str = "mean cosine distance") -> Drawn:
    """How far apart models lie, as a matrix (Fig. 16): ``evaluate.similarity.between`` or ``experiments.distances``."""
    if between.empty or between.shape[0] != between.shape[1] or not between.notna().to_numpy().any():
        raise NotRecorded(between)
    n = len(between)
    longest = max(len(str(name)) for name in between.index)
    side = min(theme.WIDTH - 0.085 * min(longest, 30) - 0.3, 0.62 * n + 0.6)
    figure, axes = theme.canvas(side + 0.07 * min(longest, 30) + 0.7)
    top = float(np.nanmax(between.to_numpy()))
    matrix(axes, between, 9 if n <= 9 else 7.5, vmin=0, vmax=max(top, 1e-6), annot=n <= 12, fmt=".2f")
    axes.set_facecolor(theme.FAINT)
    axes.set_title(what.capitalize())
    pairs = between.where(np.triu(np.ones((n, n), bool), 1)).stack().dropna().sort_values()
    told = [f"{a} and {b} {value:.2f}" for (a, b), value in pairs.items()]
    ends = f"Nearest: {told[0]}. Farthest: {told[-1]}." if told else "No two different models were compared."
    alt = f"Matrix of {what} between {n} models, from 0 to {top:.2f}. {ends}"
    empty = " Grey: not compared." if between.isna().to_numpy().any() else ""
    return figure, alt, f"{what.capitalize()} between models on the same pictures; darker is farther.{empty}"


@drawing
def confused(pictures: Pictures, predictions: pd.DataFrame, task: Task, n: int = 3, each: int = 3) -> Drawn:
    """The most confused pairs of classes as pictures side by side (Fig. 11): what was missed, what it was taken for.

    At the left the works that were misnamed, the surest first; at the right works of the class they were taken for.

    Parameters
    ----------
    n : pairs, in order of the share of the true class that was taken for the other.
    each : pictures on a side.
    """
    shares = metrics.confusion(predictions, task, normalize=True)
    pairs = shares.rename_axis(index=None, columns=None).stack()
    pairs = pairs[[a != b for a, b in pairs.index]].sort_values(ascending=False)
    pairs = pairs[pairs > 0].head(n)
    if pairs.empty:
        raise FigureError("There is no confused pair to show: every picture was named rightly.")
    names = list(metrics.classes_of(task))
    side = (theme.WIDTH - 0.5) / (2 * each) - 0.06
    line = side + 0.36
    figure, axes = blank(len(pairs) * line + 0.1)
    middle, shown = 0.06 + each * (side + 0.06) + 0.3, []
    for number, ((true, said), share) in enumerate(pairs.items()):
        top = 0.3 + number * line
        title = f"{true}, taken for {said} ({theme.percent(share)})"
        # Long names are set smaller: the other half begins right beside them.
        axes.text(0.06, top - 0.05, title, va="bottom", fontsize=min(9.5, 9.5 * 42 / len(title)),
                  color=theme.RED, fontweight="bold")  # fmt: skip
        axes.text(middle, top - 0.05, f"what {said} looks like", va="bottom", fontsize=9.5, fontweight="bold")
        # A class that several pairs are taken for is shown by other works each time.
        before = each * [other for _, other in pairs.index[:number]].count(said)
        like = _right(predictions, names, said)
        for start, rows in (
            (0.06, _missed(predictions, names, true, said)),
            (middle, like[before:] or like),
        ):
            shown += rows[:each]
            for place, row in enumerate(rows[:each]):
                put(axes, pictures.pixels[row], start + place * (side + 0.06), top, side)
    told = [f"{a} for {b} ({theme.percent(share)} of the class)" for (a, b), share in pairs.items()]
    alt = (
        f"Pictures of the {len(pairs)} most confused pairs of {getattr(task, 'column', 'classes')}: "
        f"{theme.listed(told)}. At the left works that were misnamed, at the right works of the class they were "
        "taken for."
    )
    caption = "The most confused pairs, side by side. At the left the mistakes, the surest first."
    return figure, alt, caption, credits.line(pictures.works.iloc[shown])


def _missed(predictions: pd.DataFrame, names: list, true: str, said: str) -> list[int]:
    wrong = (predictions["target"] == names.index(true)) & (predictions["predicted"] == names.index(said))
    return list(predictions[wrong].drop_duplicates("work_id").sort_values("confidence", ascending=False)["row"])


def _right(predictions: pd.DataFrame, names: list, said: str) -> list[int]:
    """Works of the class, those that were named rightly first."""
    own = predictions[predictions["target"] == names.index(said)].drop_duplicates("work_id")
    return list(own.sort_values("p", ascending=False)["row"])


def _first(table: pd.DataFrame, query: int, n: int, name: str) -> list[int]:
    rows = table[table["query"] == query].sort_values("rank")["row"].head(n)
    if rows.empty:
        raise FigureError(f"Picture {query} is not among the queries of the network {name!r}.")
    return [int(row) for row in rows]


def _labels(
    axes, works: pd.DataFrame, row: int, query: int, labels: Sequence[str], x: float, below: float, side: float
) -> None:
    room = max(6, int(side / 0.075))
    for number, label in enumerate(labels):
        value = works[label].iloc[row]
        said = "unknown" if pd.isna(value) else str(value)
        said = said if len(said) <= room else said[: room - 1] + "…"
        same = row != query and value == works[label].iloc[query]
        axes.text(x, below + 0.05 + 0.15 * number, said, va="top", fontsize=7.5,
                  fontweight="bold" if same else "normal", color=theme.INK if same else theme.MUTED)  # fmt: skip

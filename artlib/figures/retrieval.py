"""Figures of similarity and confusion: query sheets, distances between models, and pairs that are taken for another."""

from collections.abc import Mapping, Sequence

import pandas as pd

from artlib.evaluate import metrics
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import bars, mistaken
from artlib.figures.pictures import board, large
from artlib.figures.sliders import Frames
from artlib.pixels import Pictures
from artlib.tasks import Task

_EACH = 3  # pictures on each side of a confused pair


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
    nearest = {name: _first(table, query, n, name) for name, table in found.items()}
    works, lines, told = pictures.works, [], []
    asked = theme.listed([f"{label} {works[label].iloc[query]}" for label in labels])
    for name, rows in nearest.items():
        cells = [(large(pictures, row), _labels(works, row, query, labels)) for row in [query, *rows]]
        lines.append((name, cells if not lines else [None, *cells[1:]]))
        same = [f"{sum(works[label].iloc[rows] == works[label].iloc[query])} have its {label}" for label in labels]
        told.append(f"Of the {len(rows)} nearest under the network “{name}” {theme.listed(same)}.")
    shown = works.iloc[[query, *(row for rows in nearest.values() for row in rows)]]
    alt = f"The picture asked for ({asked}) and its nearest neighbours. {' '.join(told)}"
    return board(lines, {0: "asked for", 1: "nearest"}, split=1), alt, theme.caption("retrieved"), credits.line(shown)


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
    return Frames(
        lambda picture: retrieved(pictures, found, names[picture], labels, n),
        {"picture": list(names)},
        caption=theme.caption("retrieved"),
    )


@drawing
def confusion_pairs(predictions: pd.DataFrame, task: Task | Sequence[str], most: int = 8) -> Drawn:
    """The most frequent confusions as bars: what a work is, what it was called, and in which share of its class."""
    names = list(metrics.classes_of(task))
    wrong = _wrong_pairs(predictions, names, most)
    figure, axes = theme.canvas(0.36 * len(wrong) + 0.5)
    told = [f"{a}, called {b}" for a, b in wrong.index]
    bars(axes, wrong.set_axis(told), [theme.percent(share) for share in wrong], theme.RED, wide=46)
    counts = predictions["target"].map(names.__getitem__).value_counts()
    (true, said), top = wrong.index[0], wrong.iloc[0]
    said_of = [f"{name} ({theme.percent(share)})" for name, share in zip(told, wrong, strict=True)]
    alt = f"Bars of the {len(wrong)} most frequent confusions, as shares of the true class: {theme.listed(said_of)}."
    facts = {"classes": len(names), "answers": counts.sum()}
    caption = theme.caption("confusion_pairs", true=true, top=100 * top, said=said, pairs=len(wrong), **facts)
    rows = [(a, b, share, counts[a]) for (a, b), share in wrong.items()]
    numbers = pd.DataFrame(rows, columns=["true", "called", "share", "answers on the class"])
    return figure, alt, caption, numbers


@drawing
def confused(pictures: Pictures, predictions: pd.DataFrame, task: Task) -> Drawn:
    """The three most confused pairs of classes as pictures side by side (Fig. 11).

    At the left the works that were misnamed, the surest first; at the right works of the class they were taken for.
    """
    names = list(metrics.classes_of(task))
    pairs = _wrong_pairs(predictions, names, 3)
    lines, shown = [], []
    for (true, said), share in pairs.items():
        # A class that several pairs are taken for is shown by other works each time.
        like = [row for row in _right(predictions, names, said) if row not in shown] or _right(predictions, names, said)
        sides = [rows[:_EACH] for rows in (_missed(predictions, names, true, said), like)]
        shown += sides[0] + sides[1]
        cells = [[(large(pictures, row), "") for row in rows] for rows in sides]
        free = [None] * (_EACH - len(cells[0]))
        lines.append((f"{true}, taken for {said} ({theme.percent(share)})", [*cells[0], *free, *cells[1]]))
    told = [f"{a} for {b} ({theme.percent(share)} of the class)" for (a, b), share in pairs.items()]
    alt = theme.alt("confused", pairs=len(pairs), task=getattr(task, "column", "classes"), told=theme.listed(told))
    caption = "The most confused pairs, side by side. At the left the mistakes, the surest first."
    figure = board(lines, {0: "misnamed", _EACH: "what they were taken for"}, split=_EACH)
    return figure, alt, caption, credits.line(pictures.works.iloc[shown])


def _wrong_pairs(predictions: pd.DataFrame, names: list, most: int) -> pd.Series:
    """(true, said) -> share of the true class, the most frequent confusions first."""
    pairs = mistaken(metrics.confusion(predictions, names))
    if not (pairs > 0).any():
        raise FigureError("There is no confused pair to show: every picture was named rightly.")
    return pairs[pairs > 0].head(most)


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


def _labels(works: pd.DataFrame, row: int, query: int, labels: Sequence[str]) -> list[tuple[str, dict]]:
    """The labels of a work, in bold where they are those of the picture asked for."""
    texts = []
    for label in labels:
        value = works[label].iloc[row]
        same = row != query and value == works[label].iloc[query]
        style = {"fontweight": "bold"} if same else {"color": theme.MUTED}
        texts.append(("unknown" if pd.isna(value) else str(value), style))
    return texts

"""Figures made of pictures: contact sheets, the mistakes of a network, and where it looks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.evaluate import metrics
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import blank
from artlib.pixels import Pictures
from artlib.tasks import Task

_GAP = 0.07  # of a picture's side
_DATED = 25  # years: a wider range, such as a century, is no place in a life


@drawing
def sheet(
    pictures: Pictures,
    rows: str | None = None,
    columns: str | None = None,
    n: int | None = None,
    most: int = 10,
    seed: int = 0,
) -> Drawn:
    """A contact sheet: ``sheet(pictures, rows="style", columns="genre")``.

    Parameters
    ----------
    pictures : ``artlib.pixels.Pictures``.
    rows, columns : columns of the works whose ``most`` most frequent values make the rows and the columns; where
        hardly any work has both labels, or none has the one, the other alone is shown, and the caption says so.
    n : pictures in a row (rows only: 8), or in all (neither: 32); with both there is one picture a cell.
    seed : draws the pictures, one of a work at most.
    """
    works = pictures.works.drop_duplicates("work_id")
    if rows is None and columns is not None:
        rows, columns = columns, None
    absent = [one for one in (rows, columns) if one and (one not in works.columns or works[one].dropna().empty)]
    if rows and columns and len(absent) == 1:
        rows, columns = next(one for one in (rows, columns) if one not in absent), None
    for column in filter(None, (rows, columns)):
        if column in absent:
            raise FigureError(f"The works have no values in column {column!r}, so a sheet cannot be sorted by it.")
    works = works.sample(frac=1, random_state=seed)
    apart = columns if rows and columns and not _meet(works, rows, columns, most) else None
    columns = None if apart else columns
    heads, sides, cells = _cells(works, rows, columns, n, most)
    figure = _grid(pictures, cells, heads, sides)
    rows_shown = [cell for line in cells for cell in line if cell is not None]
    shown, credit = len(rows_shown), credits.line(works.loc[rows_shown])
    note = (
        f" Hardly any work here has both a {rows} and a {apart}, so they are sorted by {rows} alone." if apart else ""
    )
    note += f" No work here has a {absent[0]}, so they are sorted by {rows} alone." if absent else ""
    alt = _sheet_alt(shown, rows, columns, heads, sides, cells)
    return figure, alt, _sheet_caption(shown, rows, columns) + note, credit


@drawing
def works_of_artist(pictures: Pictures, artist: str | None = None, n: int = 15) -> Drawn:
    """Works of one artist in the order of their years, the years below as the labels give them.

    Parameters
    ----------
    artist : None takes the one with the most dated works.
    n : works that are shown, chosen evenly over the years.
    """
    works = pictures.works.drop_duplicates("work_id").dropna(subset=["artist", "year_begin", "year_end"])
    works = works[works["year_end"] - works["year_begin"] <= _DATED]
    if works.empty:
        raise FigureError("No work has both an artist and a year, so there is no life's work to show.")
    artist = works["artist"].value_counts().index[0] if artist is None else artist
    own = works[works["artist"] == artist]
    if own.empty:
        raise FigureError(f"No dated work is by {artist!r}.")
    own = own.assign(middle=(own["year_begin"].astype(float) + own["year_end"].astype(float)) / 2)
    own = own.sort_values(["middle", "work_id"], kind="stable")
    shown = own.iloc[np.unique(np.linspace(0, len(own) - 1, n).round().astype(int))]
    cells = [(pictures.pixels[row], str(text)) for row, text in shown["date_text"].items()]
    figure = board([("", cells[i : i + 5]) for i in range(0, len(cells), 5)], side=1.06)
    genres = theme.listed(sorted(shown["genre"].dropna().unique())) if "genre" in shown else ""
    alt = (
        f"{len(shown)} of {len(own)} works by {artist} in the order of their years, from {cells[0][1]} to "
        f"{cells[-1][1]}" + (f": {genres}." if genres else ".")
    )
    return figure, alt, f"{artist}, year by year: {len(shown)} of {len(own)} works.", credits.line(shown)


@drawing
def fields(pictures: Pictures, n: int = 3) -> Drawn:
    """The fields of art, a row each: ``n`` artistic works at the left, ``n`` ordinary ones at the right."""
    works = pictures.works
    names = list(dict.fromkeys(works["field"].dropna()))
    lines, sides = [], ("artistic", "ordinary")
    for name in names:
        cells: list = []
        for artistic, side in zip((True, False), sides, strict=True):
            rows = works.index[(works["field"] == name) & (works["artistic"] == artistic)][:n]
            if len(rows) < n:
                raise FigureError(f"There are {len(rows)} {side} works in the field {name!r}; {n} are to be shown.")
            cells += [(pictures.pixels[row], "") for row in rows]
        lines.append((name, cells))
    figure = board(lines, heads={0: sides[0], n: sides[1]}, side=0.92, split=n)
    alt = (
        f"A contact sheet of {2 * n * len(names)} works. Each row shows one field: {theme.listed(names)}. At the left "
        f"{n} artistic works of each, at the right {n} ordinary ones."
    )
    return figure, alt, f"{theme.listed(names).capitalize()}: artistic works at the left, ordinary ones at the right."


@drawing
def mistakes(pictures: Pictures, predictions: pd.DataFrame, task: Task, most: str = "confident", n: int = 6) -> Drawn:
    """Pictures that were taken for something else, with what they are and what was said.

    Parameters
    ----------
    most : "confident" (the wrong answer was given with the highest probability), "close" (the truth nearly won), or
        "lost" (the truth got the lowest probability).
    n : pictures that are shown.
    """
    keys = {"confident": ("confidence", False), "close": ("margin", True), "lost": ("p", True)}
    if most not in keys:
        raise FigureError(f"Unknown choice of mistakes {most!r}. Choose one of {', '.join(keys)}.")
    wrong = predictions[predictions["target"] != predictions["predicted"]]
    if wrong.empty:
        raise FigureError("There is no mistake to show: every picture was named rightly.")
    column, ascending = keys[most]
    wrong = wrong.assign(margin=wrong["confidence"] - wrong["p"]).drop_duplicates("work_id")
    chosen = wrong.sort_values([column, "row"], ascending=[ascending, True]).head(n)
    names = metrics.classes_of(task)
    told = [(names[r.target], names[r.predicted], r.confidence, r.p) for r in chosen.itertuples()]
    figure = _captioned(pictures.pixels[chosen["row"].to_numpy()], told)
    alt = f"{len(told)} pictures that were misnamed. " + " ".join(
        f"{i}: {true}, said to be {said} with {theme.percent(sure)}." for i, (true, said, sure, _) in enumerate(told, 1)
    )
    share = len(predictions[predictions["target"] != predictions["predicted"]]) / len(predictions)
    caption = f"{_CHOICE[most]} Wrong in all: {theme.percent(share)} of {len(predictions):,}."
    return figure, alt, caption, credits.line(pictures.works.loc[chosen["row"]])


@drawing
def overlays(
    pictures: Pictures, rows: Sequence[int], maps: Mapping[str, np.ndarray], names: Sequence[str] | None = None
) -> Drawn:
    """Pictures, and below each the same picture lit by where a map is high; one line a map.

    Parameters
    ----------
    maps : name -> (len(rows), h, w) from 0 to 1.
    names : one a picture.
    """
    rows = list(rows)
    for name, stack in maps.items():
        if len(stack) != len(rows):
            raise FigureError(f"{len(rows)} pictures, but {len(stack)} maps of {name!r}.")
    shown = [("picture", pictures.pixels[rows])]
    shown += [(name, _lit(pictures.pixels[rows], stack)) for name, stack in maps.items()]
    gap, left = 0.06, 1.1
    side = (theme.WIDTH - left) / max(4, len(rows)) - gap
    top = 0.35 if names is not None else 0.1
    height = top + len(shown) * (side + gap)
    figure, axes = blank(height)
    for y, (name, stack) in enumerate(shown):
        place = top + y * (side + gap)
        axes.text(left - 0.08, place + side / 2, theme.wrap(name, 12), ha="right", va="center", fontsize=9.5)
        for x, picture in enumerate(stack):
            put(axes, picture, left + x * (side + gap), place, side)
    for x, name in enumerate(names if names is not None else []):
        axes.text(left + x * (side + gap) + side / 2, top - 0.06, theme.wrap(name, 14), ha="center", va="bottom",
                  fontsize=9)  # fmt: skip
    told = f", of {theme.listed(names)}" if names is not None else ""
    alt = f"{len(rows)} pictures{told}; below, the same pictures lit where these are high: {theme.listed(list(maps))}."
    caption = "Light where the map is high, dark where it is zero."
    return figure, alt, caption, credits.line(pictures.works.iloc[rows])


_CHOICE = {
    "confident": "The mistakes of which the network was surest.",
    "close": "Mistakes in which the truth nearly won.",
    "lost": "Mistakes in which the truth was given the least chance.",
}


def _cells(works: pd.DataFrame, rows: str | None, columns: str | None, n: int | None, most: int):
    """Headings, names of rows, and which picture stands in each cell (its row, or None)."""
    if rows is None:
        chosen = list(works.index[: n or 32])
        return [], [], [chosen[i : i + 8] for i in range(0, len(chosen), 8)]
    sides = _frequent(works[rows], most)
    if columns is None:
        width = n or 8
        cells = [list(works.index[works[rows] == side][:width]) for side in sides]
        return [], sides, [line + [None] * (width - len(line)) for line in cells]
    works = works.dropna(subset=[rows, columns])
    sides, heads = _frequent(works[rows], most), _frequent(works[columns], most)
    first = works.drop_duplicates([rows, columns])
    place = dict(zip(zip(first[rows], first[columns], strict=True), first.index, strict=True))
    return heads, sides, [[place.get((side, head)) for head in heads] for side in sides]


def _meet(works: pd.DataFrame, rows: str, columns: str, most: int) -> bool:
    """Whether the two labels cross: half of the cells filled, or more of them than one a row and one a column."""
    both = works.dropna(subset=[rows, columns])
    sides, heads = _frequent(both[rows], most), _frequent(both[columns], most)
    filled = both[both[rows].isin(sides) & both[columns].isin(heads)].groupby([rows, columns]).ngroups
    return len(sides) > 1 and filled >= min(len(sides) + len(heads), len(sides) * len(heads) / 2)


def _frequent(values: pd.Series, most: int) -> list:
    return sorted(values.value_counts().index[:most])


def _grid(pictures: Pictures, cells: list[list], heads: list, sides: list):
    """Pictures on one pair of axes, a unit square each, with names on top and at the left."""
    count, lines = max(len(line) for line in cells), len(cells)
    names = [theme.wrap(side, 15) for side in sides]
    label = 0.085 * max((len(part) for name in names for part in name.split("\n")), default=0)
    side = min(1.25, (theme.WIDTH - label - 0.2) / (count * (1 + _GAP)))
    tops = [theme.wrap(head, max(6, int(side / 0.085))) for head in heads]
    slanted = any(len(part) * 0.082 > side * 1.02 for top in tops for part in top.split("\n"))
    if slanted:
        tops = [str(head) for head in heads]
    head = _head_height(tops, slanted)
    height, width = lines * side * (1 + _GAP) + head + 0.12, count * side * (1 + _GAP) + label + 0.2
    figure, axes = theme.canvas(height, min(width + (0.5 if slanted else 0), theme.WIDTH))
    figure.set_layout_engine("none")
    full = figure.get_figwidth()
    axes.set_position(
        [(label + 0.08) / full, 0.06 / height, count * side * (1 + _GAP) / full, 1 - (head + 0.12) / height]
    )
    for y, line in enumerate(cells):
        for x, row in enumerate(line):
            put(axes, None if row is None else pictures.pixels[row], x * (1 + _GAP), y * (1 + _GAP))
    for y, name in enumerate(names):
        axes.text(-0.1, y * (1 + _GAP) + 0.5, name, ha="right", va="center", fontsize=9.5, linespacing=1.1)
    for x, top in enumerate(tops):
        style = {"rotation": 40, "ha": "left", "va": "bottom"} if slanted else {"ha": "center", "va": "bottom"}
        axes.text(x * (1 + _GAP) + (0.35 if slanted else 0.5), -0.08, top, fontsize=9.5, linespacing=1.1, **style)
    axes.set(xlim=(0, count * (1 + _GAP)), ylim=(lines * (1 + _GAP), 0))
    axes.axis("off")
    return figure


def _head_height(tops: list[str], slanted: bool) -> float:
    if not tops:
        return 0.05
    if slanted:
        return 0.14 + 0.049 * max(map(len, tops))
    return 0.1 + 0.17 * max(top.count("\n") + 1 for top in tops)


def board(lines: list[tuple], heads: dict | None = None, side: float = 1.06, split: int | None = None):
    """Pictures with words below: each line a name at its left and [(picture or None, words), ...].

    Parameters
    ----------
    heads : column -> what stands above it.
    side : of a picture, in inches.
    split : column before which a gap opens.
    """
    label = 0.083 * max((len(part) for name, _ in lines for part in theme.wrap(name, 13).split("\n")), default=0)
    count = max(len(cells) for _, cells in lines)
    told = [[theme.wrap(words, max(6, int(side / 0.076))) for _, words in cells] for _, cells in lines]
    below = [0.09 + 0.155 * max(words.count("\n") + bool(words) for words in line) for line in told]
    left, gap, open_ = 0.06 + label + 0.1 * bool(label), 0.07, 0.16 if split else 0.0
    width, top = left + count * (side + gap) + open_, 0.26 if heads else 0.04
    height = top + sum(side + room for room in below)
    figure, axes = blank(height, min(width, theme.WIDTH))

    def across(x: int) -> float:
        return left + x * (side + gap) + (open_ if split and x >= split else 0)

    y = top
    for (name, cells), words, room in zip(lines, told, below, strict=True):
        axes.text(left - 0.1, y + side / 2, theme.wrap(name, 13), ha="right", va="center", fontsize=9.5)
        for x, ((picture, _), word) in enumerate(zip(cells, words, strict=True)):
            if picture is not None:
                put(axes, picture, across(x), y, side)
            axes.text(across(x) + side / 2, y + side + 0.04, word, ha="center", va="top", fontsize=8.5, linespacing=1.1)
        y += side + room
    for x, head in (heads or {}).items():
        axes.text(across(x), 0.06, head, va="top", fontsize=9.5, fontweight="bold")
    return figure


def put(axes, picture: np.ndarray | None, x: float, y: float, side: float = 1.0) -> None:
    """A picture on the axes, `side` wide, its upper left corner at x, y; None: an empty frame."""
    from matplotlib.patches import Rectangle

    if picture is None:
        axes.add_patch(Rectangle((x, y), side, side, facecolor="none", edgecolor=theme.FAINT, linewidth=0.8))
        return
    axes.imshow(picture, extent=(x, x + side, y + side, y), interpolation="lanczos", aspect="auto")


def _captioned(pixels: np.ndarray, told: list[tuple]):
    """Pictures three (or four) to a line, below each what it is and what was said, in inches from the top left."""
    width = 3 if len(told) <= 6 else 4
    gap, room, text = 0.15, 30 if width == 3 else 22, 0.62
    side = (theme.WIDTH - gap * (width + 1)) / width
    height = -(-len(told) // width) * (side + text) + gap
    figure, axes = blank(height)
    for number, (picture, (true, said, sure, _)) in enumerate(zip(pixels, told, strict=True)):
        x, y = gap + number % width * (side + gap), gap + number // width * (side + text)
        put(axes, picture, x, y, side)
        truth = theme.wrap(f"is {true}", room)
        below = y + side + 0.06
        axes.text(x, below, truth, va="top", fontsize=9.5, linespacing=1.15)
        below += 0.18 * (truth.count("\n") + 1)
        answer = theme.wrap(f"said {said}, {theme.percent(sure)}", room)
        axes.text(x, below, answer, va="top", fontsize=9.5, color=theme.RED, fontweight="bold", linespacing=1.15)
    return figure


def _sheet_alt(shown: int, rows: str | None, columns: str | None, heads: list, sides: list, cells: list) -> str:
    if rows is None:
        return f"A contact sheet of {shown} pictures drawn at random."
    words = f"A contact sheet of {shown} pictures. Each row shows one {rows}: {theme.listed(sides)}."
    if columns is None:
        return words
    empty = sum(cell is None for line in cells for cell in line)
    holes = f" {empty} cells are empty: no work has that {rows} and that {columns}." if empty else ""
    return f"{words} Each column shows one {columns}: {theme.listed(heads)}.{holes}"


def _sheet_caption(shown: int, rows: str | None, columns: str | None) -> str:
    if rows is None:
        return f"{shown} pictures, drawn at random."
    return f"Pictures by {rows}" + (
        f" (down) and {columns} (across), one of each." if columns else ", drawn at random."
    )


def _lit(pixels: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Pictures darkened where a map is low, whatever the size of the map; uint8."""
    import cv2

    height, width = pixels.shape[1:3]
    light = np.stack([cv2.resize(np.float32(m), (width, height), interpolation=cv2.INTER_LINEAR) for m in maps])
    grey = pixels.mean(-1, keepdims=True) * 0.28
    return (grey + (pixels - grey) * np.clip(light, 0, 1)[..., None]).astype(np.uint8)

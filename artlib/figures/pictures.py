"""Figures made of pictures: contact sheets, the mistakes of a network, and where it looks."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from artlib.errors import one_of
from artlib.evaluate import metrics
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import blank
from artlib.pixels import Pictures
from artlib.pixels.pictures import fit
from artlib.tasks import Task
from artlib.works import PictureError

_SHARP = 192  # pixels of a shown picture, at most
_DATED = 25  # years: a wider range, such as a century, is no place in a life


@drawing
def sheet(
    pictures: Pictures, rows: str | None = None, columns: str | None = None, n: int | None = None, most: int = 10
) -> Drawn:
    """A contact sheet, of one picture of a work at most: ``sheet(pictures, rows="style", columns="genre")``.

    Parameters
    ----------
    rows, columns : columns of the works whose ``most`` most frequent values make the rows and the columns; where
        hardly any work has both labels, or none has the one, the other alone is shown, and the caption says so.
    n : pictures in a row (rows only: 8), or in all (neither: 32); with both there is one picture a cell.
    """
    works = pictures.works.drop_duplicates("work_id").sample(frac=1, random_state=0)
    by = [one for one in (rows, columns) if one]
    known = [one for one in by if one in works.columns and works[one].notna().any()]
    absent = [one for one in by if one not in known]
    if absent and not known:
        raise FigureError(f"The works have no values in column {absent[0]!r}, so a sheet cannot be sorted by it.")
    note = f" No work here has a {absent[0]}, so they are sorted by {known[0]} alone." if absent else ""
    if len(getattr(pictures, "skipped", ())):
        note += f" {len(pictures.skipped):,} pictures that cannot be decoded are left out."
    if len(known) == 2 and not _meet(works, *known, most):
        note += f" Hardly any work here has both a {rows} and a {columns}, so they are sorted by {rows} alone."
        known = known[:1]
    heads, sides, cells = _cells(works, known, n, most)
    lines = [
        (side, [(None if row is None else large(pictures, row), "") for row in line])
        for side, line in zip(sides, cells, strict=True)
    ]
    figure = board(lines, dict(enumerate(heads)), side=1.25)
    shown = [row for line in cells for row in line if row is not None]
    alt, caption = _sheet_words(len(shown), known, heads, sides, sum(map(len, cells)) - len(shown))
    return figure, alt, caption + note, credits.line(works.loc[shown])


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
    dates = shown["date_text" if "date_text" in shown else "year_begin"]
    cells = [(large(pictures, row), str(text)) for row, text in dates.items()]
    figure = board(wrapped(cells, 5))
    genres = theme.listed(sorted(shown["genre"].dropna().unique())) if "genre" in shown else ""
    facts = {"artist": artist, "ends": (cells[0][1], cells[-1][1]), "genres": f": {genres}" if genres else ""}
    alt = theme.alt("works_of_artist", shown=len(shown), works=len(own), **facts)
    return figure, alt, f"{artist}, year by year: {len(shown)} of {len(own)} well dated works.", credits.line(shown)


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
            cells += [(large(pictures, row), "") for row in rows]
        lines.append((name, cells))
    figure = board(lines, heads={0: sides[0], n: sides[1]}, side=0.92, split=n)
    alt = theme.alt("fields", works=2 * n * len(names), names=theme.listed(names), n=n)
    return figure, alt, f"{theme.listed(names).capitalize()}: artistic works at the left, ordinary ones at the right."


@drawing
def pairs(pictures: Pictures, rows: np.ndarray) -> Drawn:
    """Numbered pairs of works for a reader to sort, three pairs in a line; ``rows`` (N, 2) of the works."""
    sides = ("left", "right")
    cells = [
        [*((large(pictures, row), f"{number} {side}") for row, side in zip(pair, sides, strict=True)), None]
        for number, pair in enumerate(rows, start=1)
    ]
    lines = [("", list(chain(*cells[k : k + 3]))[:-1]) for k in range(0, len(cells), 3)]
    alt = f"{len(rows)} numbered pairs of works, an artistic and an ordinary one of one field in each, unordered."
    return board(lines), alt, "One of each pair is artistic. Which?"


@drawing
def mistakes(pictures: Pictures, predictions: pd.DataFrame, task: Task, most: str = "confident", n: int = 6) -> Drawn:
    """Pictures that were taken for something else, with what they are and what was said.

    Parameters
    ----------
    most : "confident" (the wrong answer was given with the highest probability), "close" (the truth nearly won), or
        "lost" (the truth got the lowest probability).
    n : pictures that are shown.
    """
    one_of(most, _MISTAKES, f"Unknown choice of mistakes {most!r}", FigureError)
    wrong = predictions[predictions["target"] != predictions["predicted"]]
    if wrong.empty:
        raise FigureError("There is no mistake to show: every picture was named rightly.")
    which, column, ascending = _MISTAKES[most]
    wrong = wrong.assign(margin=wrong["confidence"] - wrong["p"]).drop_duplicates("work_id")
    chosen = wrong.sort_values([column, "row"], ascending=[ascending, True]).head(n)
    names = metrics.classes_of(task)
    told = [(names[r.target], names[r.predicted], theme.percent(r.confidence)) for r in chosen.itertuples()]
    red = {"color": theme.RED, "fontweight": "bold"}
    cells = [
        (large(pictures, row), [(f"is {true}", {}), (f"said {said}, {sure}", red)])
        for row, (true, said, sure) in zip(chosen["row"], told, strict=True)
    ]
    figure = board(wrapped(cells, 3 if n <= 6 else 4), side=2.3)
    alt = f"{len(told)} pictures that were misnamed. " + " ".join(
        f"{i}: {true}, said to be {said} with {sure}." for i, (true, said, sure) in enumerate(told, 1)
    )
    share = (predictions["target"] != predictions["predicted"]).mean()
    caption = f"{which} Wrong in all: {theme.percent(share)} of {len(predictions):,}."
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
    below = [""] * len(rows) if names is None else names
    shown = np.stack([large(pictures, row)(_SHARP) for row in rows])
    lines = [("picture", list(zip(shown, below, strict=True)))]
    lines += [(name, [(shone, "") for shone in lit(shown, stack)]) for name, stack in maps.items()]
    told = f", of {theme.listed(names)}" if names is not None else ""
    alt = f"{len(rows)} pictures{told}; below, the same pictures lit where these are high: {theme.listed(list(maps))}."
    caption = "Light inside the red line: the fifth of the picture where the map is highest."
    return board(lines, side=1.75), alt, caption, credits.line(pictures.works.iloc[rows])


_MISTAKES = {
    "confident": ("The mistakes of which the network was surest.", "confidence", False),
    "close": ("Mistakes in which the truth nearly won.", "margin", True),
    "lost": ("Mistakes in which the truth was given the least chance.", "p", True),
}


def _cells(works: pd.DataFrame, by: list[str], n: int | None, most: int):
    """Headings, names of rows, and which picture stands in each cell (its row, or None)."""
    if not by:
        lines = [line for _, line in wrapped(list(works.index[: n or 32]), 8)]
        return [], [""] * len(lines), lines
    works = works.dropna(subset=by)
    sides = _frequent(works[by[0]], most)
    if len(by) == 1:
        return [], sides, [list(works.index[works[by[0]] == side][: n or 8]) for side in sides]
    heads = _frequent(works[by[1]], most)
    place = works.reset_index().groupby(by)["index"].first()
    heads = [head for head in heads if any((side, head) in place.index for side in sides)]
    return heads, sides, [[place.get((side, head)) for head in heads] for side in sides]


def _meet(works: pd.DataFrame, rows: str, columns: str, most: int) -> bool:
    """Whether the two labels cross: half of the cells filled, or more of them than one a row and one a column."""
    both = works.dropna(subset=[rows, columns])
    sides, heads = _frequent(both[rows], most), _frequent(both[columns], most)
    filled = both[both[rows].isin(sides) & both[columns].isin(heads)].groupby([rows, columns]).ngroups
    return len(sides) > 1 and filled >= min(len(sides) + len(heads), len(sides) * len(heads) / 2)


def _frequent(values: pd.Series, most: int) -> list:
    return sorted(values.value_counts().index[:most])


def tiled(pictures: Sequence[np.ndarray], columns: int, gap: int = 0) -> np.ndarray:
    """Pictures (N, H, W, 3) uint8 of one size as one, ``columns`` side by side, white where there is none."""
    height, width = np.add(pictures[0].shape[:2], gap)
    made = np.full((-(-len(pictures) // columns) * height - gap, columns * width - gap, 3), 255, dtype=np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // columns * height, number % columns * width
        made[y : y + len(picture), x : x + picture.shape[1]] = picture
    return made


def wrapped(cells: list, width: int) -> list[tuple[str, list]]:
    """Lines of a ``board`` without names, ``width`` cells each."""
    return [("", cells[start : start + width]) for start in range(0, len(cells), width)]


def board(lines: list[tuple], heads: dict | None = None, side: float = 1.06, split: int | None = None):
    """Pictures with words below, as large as the page is wide enough for.

    Parameters
    ----------
    lines : (name at its left, cells) each. A cell is (picture, words), None for the picture leaves an empty frame;
        None for the cell leaves its place free. Words are a text, or several, (text, style), below one another.
    heads : column -> what stands above it; turned where there is no room.
    side : of a picture, in inches, at most.
    split : column before which a gap opens.
    """
    heads, names = heads or {}, [theme.wrap(name, 14, 6) for name, _ in lines]
    label = 0.083 * max(len(part) for name in names for part in name.split("\n"))
    left, gap, open_ = 0.06 + label + 0.1 * bool(label), 0.07, 0.16 if split else 0.0
    count = max(len(cells) for _, cells in lines)
    ends = [*list(heads)[1:], count]
    pitch = min(side + gap, (theme.WIDTH - left - open_) / count)
    turned = any(0.09 * len(str(head)) > (end - x) * pitch for (x, head), end in zip(heads.items(), ends, strict=False))
    pitch = min(side + gap, (theme.WIDTH - left - open_ - 0.7 * turned) / count)
    side, top = pitch - gap, _head_height(heads, turned)
    told = [[_texts(cell[1] if cell else "", side) for cell in cells] for _, cells in lines]
    below = [0.09 + 0.155 * max(sum(text.count("\n") + 1 for text, _ in texts) for texts in line) for line in told]
    figure, axes = blank(top + sum(side + room for room in below), left + count * pitch + open_ + 0.7 * turned)

    def across(x: int) -> float:
        return left + x * pitch + (open_ if split and x >= split else 0)

    y = top
    for name, (_, cells), line, room in zip(names, lines, told, below, strict=True):
        axes.text(left - 0.1, y + side / 2, name, ha="right", va="center", fontsize=9.5, linespacing=1.1)
        for x, (cell, texts) in enumerate(zip(cells, line, strict=True)):
            if cell:
                put(axes, cell[0], across(x), y, side)
            under = y + side + 0.04
            for text, style in texts:
                axes.text(across(x) + side / 2, under, text, ha="center", va="top", fontsize=8.5, linespacing=1.1,
                          **style)  # fmt: skip
                under += 0.155 * (text.count("\n") + 1)
        y += side + room
    for x, head in heads.items():
        place = (
            {"x": across(x) + side / 3, "y": top - 0.06, "rotation": 40}
            if turned
            else {"x": across(x), "y": top - 0.06}
        )
        axes.text(s=head, va="bottom", fontsize=9.5, fontweight="bold", **place)
    return figure


def _head_height(heads: dict, turned: bool) -> float:
    longest = max((len(str(head)) for head in heads.values()), default=0)
    return 0.14 + 0.055 * longest if turned else 0.26 if heads else 0.04


def _texts(words: str | list[tuple[str, dict]], side: float) -> list[tuple[str, dict]]:
    """The texts below a picture, broken to its width."""
    several = [(words, {})] if isinstance(words, str) else words
    return [(theme.wrap(text, max(6, int(side / 0.076))), style) for text, style in several if text]


Picture = np.ndarray | Callable[[int], np.ndarray] | None
"""Pixels, or what gives them in a wanted size (``large``); None: an empty frame."""


def large(pictures: Pictures, row: int) -> Picture:
    """A work for the eye: read or drawn again in the wanted size; its kept pixels where that cannot be done."""

    def read(size: int) -> np.ndarray:
        kept, source = pictures.pixels[row], getattr(pictures, "source", None)
        if source is None or size <= pictures.size:
            return kept
        try:
            return fit(source.read(pictures.works["image"].iloc[row], size), size, "squash")
        except PictureError:
            return fit(np.ascontiguousarray(kept), size, "squash")

    return read


def put(axes, picture: Picture, x: float, y: float, side: float = 1.0) -> None:
    """A picture on the axes, `side` wide, its upper left corner at x, y."""
    from matplotlib.patches import Rectangle

    if picture is None:
        axes.add_patch(Rectangle((x, y), side, side, facecolor="none", edgecolor=theme.FAINT, linewidth=0.8))
        return
    if callable(picture):
        picture = picture(min(_SHARP, round(2 * side * theme.PIXELS / theme.WIDTH)))
    axes.imshow(picture, extent=(x, x + side, y + side, y), interpolation="lanczos", aspect="auto")


def _sheet_words(shown: int, by: list[str], heads: list, sides: list, empty: int) -> tuple[str, str]:
    """Alternative text and caption of a sheet."""
    if not by:
        return f"A contact sheet of {shown} pictures chosen at random.", f"{shown} pictures, chosen at random."
    words = f"A contact sheet of {shown} pictures. Each row shows one {by[0]}: {theme.listed(sides)}."
    if len(by) == 1:
        return words, f"Pictures by {by[0]}, chosen at random."
    holes = f" {empty} cells are empty: no work has that {by[0]} and that {by[1]}." if empty else ""
    words += f" Each column shows one {by[1]}: {theme.listed(heads)}.{holes}"
    return words, f"Pictures by {by[0]} (down) and {by[1]} (across), one of each."


def lit(pixels: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Pictures with a line around the fifth where a map is highest, dimmed outside of it; uint8."""
    import cv2

    height, width = pixels.shape[1:3]
    shone = []
    for picture, small in zip(pixels, maps, strict=True):
        heat = cv2.resize(np.float32(small), (width, height), interpolation=cv2.INTER_CUBIC)
        inside = (heat > np.quantile(heat, 0.8)).astype(np.uint8)
        grey = picture.mean(-1, keepdims=True)
        dimmed = np.where(inside[..., None], picture, 0.45 * grey + 0.1 * picture + 0.35 * 255).astype(np.uint8)
        lines, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        red = tuple(int(theme.RED[place : place + 2], 16) for place in (1, 3, 5))
        shone.append(cv2.drawContours(np.ascontiguousarray(dimmed), lines, -1, red, 2))
    return np.stack(shone)

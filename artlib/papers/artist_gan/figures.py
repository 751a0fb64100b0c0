"""Figures of generated pictures: beside real ones, over the epochs, and next to the training pictures they resemble."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from artlib.figures import credits, theme
from artlib.figures.curves import finish
from artlib.figures.figure import FigureError, drawing
from artlib.figures.pictures import board

if TYPE_CHECKING:
    import pandas as pd

_TITLES = {
    "frechet_distance": "Frechet distance",
    "inception_score": "inception score",
    "mode_score": "mode score",
    "kernel_mmd": "kernel MMD, squared",
    "wasserstein": "Wasserstein distance",
    "neighbour_accuracy": "accuracy of the nearest neighbour",
    "precision": "precision",
    "recall": "recall",
}


def tiles(pictures: np.ndarray, columns: int = 6, scale: int = 1, gap: int = 2) -> np.ndarray:
    """Pictures (N, H, W, 3) uint8 as one, `columns` side by side: what ``frames`` shows of an epoch, or of a walk.

    scale: whole number by which every pixel is enlarged. gap: white pixels between pictures.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or not len(pictures):
        raise FigureError(f"Tiles are made of pictures (N, H, W, 3) uint8, not of {pictures.dtype} {pictures.shape}.")
    pictures = pictures.repeat(scale, axis=1).repeat(scale, axis=2)
    n, height, width, _ = pictures.shape
    columns = min(columns, n)
    lines = -(-n // columns)
    made = np.full((lines * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // columns * (height + gap), number % columns * (width + gap)
        made[y : y + height, x : x + width] = picture
    return made


@drawing
def painted(rows: Mapping[str, np.ndarray], n: int = 8):
    """Rows of pictures under one another, such as real and generated ones (the poster's Figs. 2 to 4).

    ``rows``: name -> pictures (N, H, W, 3) uint8, of which the first ``n`` are shown; not the best.
    """
    if not rows:
        raise FigureError("There is no row of pictures to show.")
    lines = [(name, [(picture, "") for picture in pictures[:n]]) for name, pictures in rows.items()]
    names = theme.listed(list(rows))
    alt = f"{len(rows)} rows of up to {n} pictures, from top to bottom: {names}."
    return board(lines, side=_side(lines)), alt, f"From top to bottom: {names}. The first {n} of each, not the best."


@drawing
def copies(generated: np.ndarray, pictures, rows: Sequence[int], distances: Sequence[float]):
    """Generated pictures above, below each the training picture nearest to it: is it copying?

    ``generated``: (N, H, W, 3) uint8; ``rows``: their nearest rows of ``pictures``; ``distances`` between features
    (``generation.nearest``).
    """
    rows = np.asarray(rows)
    if not len(generated) or not len(generated) == len(rows) == len(distances):
        raise FigureError(f"{len(generated)} pictures, {len(rows)} neighbours and {len(distances)} distances.")
    above = [(picture, "") for picture in generated]
    below = [(pictures.pixels[row], f"{distance:.2g}") for row, distance in zip(rows, distances, strict=True)]
    lines = [("generated", above), ("nearest, and its distance", below)]
    different = len(set(rows.tolist()))
    alt = (
        f"{len(rows)} generated pictures, below each the nearest of the training pictures; {different} different ones, "
        f"at distances from {min(distances):.2g} to {max(distances):.2g}."
    )
    caption = "Generated pictures, and below each the training picture whose features are nearest."
    return board(lines, side=_side(lines)), alt, caption, credits.line(pictures.works.iloc[rows])


@drawing
def duel(history):
    """The two losses by epoch, and how real each kind of picture looks to the discriminator (1: real, 0: generated).

    ``history``: a GANLearner that has run, or its history.
    """
    table = _history(history, ("d_loss", "g_loss", "real", "fake"))
    figure, (left, right) = theme.canvas(3.1, ncols=2)
    panels = (
        (left, "Loss", {"d_loss": "discriminator", "g_loss": "generator"}),
        (right, "Taken for real by the discriminator", {"real": "real", "fake": "generated"}),
    )
    for axes, title, lines in panels:
        ends = []
        for (column, name), colour in zip(lines.items(), (theme.BLUE, theme.OCHRE), strict=True):
            axes.plot(table.index, table[column], color=colour, marker="o" if len(table) <= 25 else None, markersize=4)
            ends.append((table[column].iloc[-1], name, colour))
        low, high = axes.get_ylim()
        theme.label_ends(axes, table.index[-1], ends, 0.07 * (high - low))
        finish(axes, title, table.index[0], table.index[-1])
        axes.set_xlim(right=table.index[-1] + 0.5 * max(1, table.index[-1] - table.index[0]))
    first, last = table.iloc[0], table.iloc[-1]
    alt = (
        f"Two curves over {len(table)} epochs. The discriminator's loss goes from {first['d_loss']:.2f} to "
        f"{last['d_loss']:.2f}, the generator's from {first['g_loss']:.2f} to {last['g_loss']:.2f}. At the end real "
        f"pictures look real to the discriminator with {theme.percent(last['real'])}, generated ones with "
        f"{theme.percent(last['fake'])}."
    )
    caption = "Losses do not say how good the pictures are: each network's loss depends on how good the other is."
    return figure, alt, caption


_POSTER = (
    ("inception score", "inception_score", "inception_score_as_borrowed"),
    ("mode score", "mode_score", "mode_score_as_borrowed"),
    ("Frechet distance", "frechet_distance", "frechet_as_borrowed"),
)


@drawing
def poster_scores(histories: Mapping[str, "pd.DataFrame"]):
    """Three scores by epoch for several sets of pictures: above by the right formulas, below as the poster's code does.

    ``histories``: name of a set -> a GANLearner's history with the poster's scores, or ``experiments`` looks at one
    (the poster's Fig. 6: landscapes and everything).
    """
    wanted = [column for _, *columns in _POSTER for column in columns]
    tables = {name: _history(history, wanted)[wanted].dropna() for name, history in histories.items()}
    figure, axes = theme.canvas(4.6, nrows=2, ncols=3)
    colours, told = theme.styles(tables), []
    for number, (title, right, borrowed) in enumerate(_POSTER):
        for line, (column, kind) in enumerate(((right, ""), (borrowed, ", borrowed"))):
            panel = axes[line][number]
            for name, table in tables.items():
                panel.plot(table.index, table[column], color=colours[name][0], marker=colours[name][1], markersize=4)
                told.append(f"{title}{kind}, {name}: {table[column].iloc[0]:.3g} to {table[column].iloc[-1]:.3g}")
            every = next(iter(tables.values())).index
            finish(panel, f"{title[0].upper() + title[1:]}{kind}", every[0], every[-1])
            panel.set_title(panel.get_title(loc="left"), loc="left", fontsize=9)
    for place, name in enumerate(tables):
        axes[0][0].annotate(
            name, (0.03, 0.93 - 0.11 * place), xycoords="axes fraction", color=colours[name][0], fontsize=9,
            fontweight="bold",
        )  # fmt: skip
    alt = f"Six curves over the epochs, three scores each by two formulas. {'; '.join(told)}."
    caption = (
        "Three scores by epoch. Above: the right formulas. Below: what the code that the poster borrowed computes "
        "under the same names."
    )
    return figure, alt, caption


@drawing
def scores_by_epoch(history, columns: Sequence[str] = ("frechet_distance", "precision"), floor: Mapping | None = None):
    """Scores that were measured after the epochs, a panel each.

    ``history``: a GANLearner that has run with ``measure``, or its history. ``floor``: score -> what real pictures
    reach against other real ones, drawn as a dashed line.
    """
    table, floor = _history(history, columns), floor or {}
    figure, axes = theme.canvas(3.0, ncols=len(columns))
    told = []
    for panel, column in zip(np.atleast_1d(axes), columns, strict=True):
        values, title = table[column].dropna(), _TITLES.get(column, column.replace("_", " "))
        panel.plot(values.index, values, color=theme.BLUE, marker="o" if len(values) <= 25 else None, markersize=4)
        said = f"{title} goes from {values.iloc[0]:.3g} to {values.iloc[-1]:.3g}"
        if column in floor:
            panel.axhline(floor[column], color=theme.RED, linestyle="--", linewidth=1)
            said += f" (real against real: {floor[column]:.3g})"
        told.append(said)
        finish(panel, title[0].upper() + title[1:], values.index[0], values.index[-1])
    dashed = " The dashed line is what real pictures reach against other real ones." if floor else ""
    alt = f"{len(columns)} curves over {len(table)} epochs: {theme.listed(told)}."
    return figure, alt, f"Scores of generated pictures by epoch.{dashed}"


def _history(history, columns: Sequence[str]) -> "pd.DataFrame":
    table = getattr(history, "history", history)
    missing = [column for column in ("epoch", *columns) if column not in table.columns]
    if missing or table.empty:
        raise FigureError(
            f"The history has {'no epoch' if not missing else 'no ' + theme.listed(missing)}: "
            "run the learner first, with measure=... for scores."
        )
    return table.set_index("epoch")


def _side(lines: list[tuple]) -> float:
    """Inches that let the longest row fill the width of the page."""
    count = max(len(cells) for _, cells in lines)
    words = max((len(part) for name, _ in lines for part in theme.wrap(name, 13).split("\n")), default=0)
    return min(1.06, (theme.WIDTH - 0.16 - 0.083 * words) / count - 0.07)

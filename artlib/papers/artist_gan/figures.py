"""Figures of generated pictures: beside real ones, over the epochs, and next to the training pictures they resemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib import paths
from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.listing import Listing, listing
from artlib.figures.panels import arrow, blank, box, epoch_lines, panels
from artlib.figures.pictures import board, tiled
from artlib.pixels import Pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from artlib.papers.artist_gan.learner import GANLearner
    from artlib.papers.artist_gan.network import DCGAN


def tiles(pictures: np.ndarray, columns: int = 6, scale: int = 1, gap: int = 2) -> np.ndarray:
    """Pictures (N, H, W, 3) uint8 as one, `columns` side by side: what a page's frames show.

    scale: whole number by which every pixel is enlarged. gap: white pixels between pictures.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or not len(pictures):
        raise FigureError(f"Tiles are made of pictures (N, H, W, 3) uint8, not of {pictures.dtype} {pictures.shape}.")
    return tiled(pictures.repeat(scale, axis=1).repeat(scale, axis=2), min(columns, len(pictures)), gap)


@drawing
def painted(rows: Mapping[str, np.ndarray], n: int = 8) -> Drawn:
    """Rows of pictures under one another, such as real and generated ones (the poster's Figs. 2 to 4).

    ``rows``: name -> pictures (N, H, W, 3) uint8, of which the first ``n`` are shown; not the best.
    """
    if not rows:
        raise FigureError("There is no row of pictures to show.")
    lines = [(name, [(picture, "") for picture in pictures[:n]]) for name, pictures in rows.items()]
    names = theme.listed(list(rows))
    alt = f"{len(rows)} rows of up to {n} pictures, from top to bottom: {names}."
    return board(lines), alt, f"From top to bottom: {names}. The first {n} of each, not the best."


@drawing
def copies(generated: np.ndarray, pictures: Pictures, rows: Sequence[int], distances: Sequence[float]) -> Drawn:
    """Generated pictures above, below each the training picture nearest to it: is it copying?

    ``generated``: (N, H, W, 3) uint8; ``rows``: their nearest rows of ``pictures``; ``distances`` between features
    (``scores.nearest``).
    """
    rows = np.asarray(rows)
    if not len(generated) or not len(generated) == len(rows) == len(distances):
        raise FigureError(f"{len(generated)} pictures, {len(rows)} neighbours and {len(distances)} distances.")
    above = [(picture, "") for picture in generated]
    below = [(pictures.pixels[row], f"{distance:.2g}") for row, distance in zip(rows, distances, strict=True)]
    lines = [("generated", above), ("nearest, and its distance", below)]
    different = len(set(rows.tolist()))
    alt = theme.alt("copies", rows=len(rows), different=different, least=min(distances), most=max(distances))
    caption = "Generated pictures, and below each the training picture whose features are nearest."
    return board(lines), alt, caption, credits.line(pictures.works.iloc[rows])


@drawing
def gan_losses(history: GANLearner | pd.DataFrame) -> Drawn:
    """The two losses by epoch, and how real each kind of picture looks to the discriminator (1: real, 0: generated).

    Parameters
    ----------
    history : a GANLearner that has run, or its history.
    """
    table = _history(history, ("d_loss", "g_loss", "real", "fake"))
    lines = {
        "Loss": {"d_loss": "discriminator", "g_loss": "generator"},
        "Taken for real by the discriminator": {"real": "real", "fake": "generated"},
    }
    figure, grid = panels(lines, 3.1)
    for title, axes in grid.items():
        named = {name: table[column] for column, name in lines[title].items()}
        epoch_lines(axes, title, named, (theme.BLUE, theme.OCHRE))
    first, last = table.iloc[0], table.iloc[-1]
    alt = theme.alt("gan_losses", epochs=len(table), first=first, last=last)
    caption = "Losses do not say how good the pictures are: each network's loss depends on how good the other is."
    names = {"d_loss": "loss of the discriminator", "g_loss": "loss of the generator", "fake": "generated"}
    return figure, alt, caption, table[["d_loss", "g_loss", "real", "fake"]].rename(columns=names).reset_index()


@drawing
def poster_scores(histories: Mapping[str, GANLearner | pd.DataFrame]) -> Drawn:
    """Three scores by epoch for several sets of pictures: above by the right formulas, below as the poster's code does.

    Parameters
    ----------
    histories : name of a set -> a GANLearner's history with the poster's scores (the poster's Fig. 6: landscapes and
        everything).
    """
    poster = paths.table("words.yaml")["poster_scores"]
    wanted = list(poster.values())
    tables = {name: _history(history, wanted)[wanted].dropna() for name, history in histories.items()}
    figure, grid = panels(poster, 2.3, columns=3)
    colours, told = [colour for colour, _ in theme.styles(tables).values()], []
    for title, panel in grid.items():
        lines = {name: table[poster[title]] for name, table in tables.items()}
        epoch_lines(panel, title, lines, colours, named=False)
        panel.set_title(title, fontsize=9)
        told += [f"{title}, {name}: {line.iloc[0]:.3g} to {line.iloc[-1]:.3g}" for name, line in lines.items()]
    next(iter(grid.values())).legend(fontsize=9)
    alt = f"Six curves over the epochs, three scores each by two formulas. {'; '.join(told)}."
    caption = theme.caption("poster_scores")
    numbers = pd.concat(tables, names=["pictures", "epoch"]).rename(columns={own: name for name, own in poster.items()})
    return figure, alt, caption, numbers.reset_index()


@drawing
def networks(gan: DCGAN) -> Drawn:
    """Generator and discriminator stage by stage, with the size of what each hands on (the poster's Fig. 1)."""
    sides = [4 * 2**step for step in range(int(np.log2(gan.generator.size // 4)) + 1)]
    widths = [gan.generator.width * 2**step for step in reversed(range(len(sides) - 1))] + [3]
    stages = [f"{side}x{side}\n{width} maps" for side, width in zip(sides, widths, strict=True)]
    lines = {
        "Generator": [f"noise\n{gan.generator.z} numbers", *stages[:-1], f"picture\n{stages[-1]}"],
        "Discriminator": [f"picture\n{stages[-1]}", *stages[-2::-1], "real?\n1 number"],
    }
    figure, axes = blank(2.7)
    for y, (name, boxes), colour in zip((0.35, 1.65), lines.items(), (theme.BLUE, theme.OCHRE), strict=True):
        axes.text(0.1, y - 0.12, name, fontsize=10, fontweight="bold")
        _chain(axes, y, boxes, colour)
    alt = "; ".join(f"{name}: {', then '.join(boxes)}" for name, boxes in lines.items()).replace("\n", " by ")
    count = sum(parameter.numel() for parameter in gan.parameters())
    caption = theme.caption("gan_networks", count=count)
    steps = [(name, " by ".join(box.split("\n"))) for name, boxes in lines.items() for box in boxes]
    return figure, f"{alt}.", caption, pd.DataFrame(steps, columns=["network", "what each step hands on"])


@drawing
def scheme() -> Drawn:
    """How every score of generated pictures comes about (the poster's Fig. 5)."""
    figure, axes = blank(1.9)
    rows = []
    for y, kind in ((0.12, "real pictures,\nheld out"), (1.08, "generated\npictures")):
        boxes = [kind, "a network that\ntakes no part", "features", ""]
        rows.append([words.replace("\n", " ") for words in boxes[:3]] + ["score: how far apart?"])
        ends = _chain(axes, y, boxes[:3], theme.BLUE if "real" in kind else theme.OCHRE, across=len(boxes))
        arrow(axes, ends, (theme.WIDTH * 3 / 4 + 0.12, 0.95), theme.MUTED)
    box(axes, (theme.WIDTH * 3 / 4 + 0.12, 0.6), theme.WIDTH / 4 - 0.22, 0.7, "score:\nhow far apart?", theme.RED)
    alt = theme.alt("scheme")
    caption = "A score compares what one network makes of real pictures with what it makes of generated ones."
    return figure, alt, caption, pd.DataFrame(rows, columns=["pictures", "go through", "become", "are compared by"])


def known_answers(scored: Mapping[str, Mapping[str, float]]) -> Listing:
    """Scores of sets whose answer is known, such as real pictures, copies and noise: a row each, a column a score.

    Parameters
    ----------
    scored : name of the set -> its scores (``scores.all_scores``).
    """
    words = paths.table("words.yaml")["known_answers"]
    frame = pd.DataFrame.from_dict(scored, orient="index")[list(words)].rename(columns=words)
    frame = frame.apply(lambda column: column.map("{:z.2f}".format if "0: alike" in column.name else theme.percent))
    return listing(frame, "Each set compared with the same held-out real pictures.")


def _chain(axes: Axes, y: float, words: Sequence[str], colour: str, across: int | None = None) -> tuple[float, float]:
    """Boxes in a row, joined by arrows; where the last one ends."""
    pitch, height = theme.WIDTH / (across or len(words)), 0.7
    for number, word in enumerate(words):
        left = number * pitch + 0.1
        box(axes, (left, y), pitch - 0.3, height, word, colour, fontsize=9)
        if number + 1 < len(words):
            arrow(axes, (left + pitch - 0.28, y + height / 2), (left + pitch - 0.02, y + height / 2), colour)
    return left + pitch - 0.3, y + height / 2


def _history(history: GANLearner | pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    table = getattr(history, "history", history)
    missing = [column for column in ("epoch", *columns) if column not in table.columns]
    if missing or table.empty:
        raise FigureError(
            f"The history has {'no epoch' if not missing else 'no ' + theme.listed(missing)}: "
            "run the learner first, with measure=... for scores."
        )
    return table.set_index("epoch")

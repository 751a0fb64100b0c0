"""The figure of the scoreboard: how many claims of each paper ended under which word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import name_rows

if TYPE_CHECKING:
    from artlib.claims.scoreboard import Scoreboard

_COLOURS = {
    "reproduced": theme.GREEN,
    "recovered": "#5aa88a",
    "holds on drawn pictures": "#93c9b2",
    "inconclusive": theme.OCHRE,
    "missed": "#d9846a",
    "fails on drawn pictures": "#cf6a4b",
    "contradicted": theme.RED,
    "no verdict yet": "#b9b3a8",
    "not testable": theme.FAINT,
}


@drawing
def claims_by_verdict(board: Scoreboard | pd.DataFrame) -> Drawn:
    """Claims of each paper by the word that decides most about them, one square a claim.

    Parameters
    ----------
    board : a scoreboard, or its ``counts`` (rows papers, columns words).
    """
    from matplotlib.patches import Rectangle

    counts = getattr(board, "counts", board)
    if counts.empty:
        raise FigureError("There are no claims to count.")
    words = [word for word in _COLOURS if word in counts.columns and counts[word].sum()]
    figure, axes = theme.canvas(0.44 * len(counts) + 0.3 * -(-len(words) // 3) + 0.35)

    def square(x: float, y: float, side: tuple[float, float], word: str) -> None:
        axes.add_patch(Rectangle((x, y), *side, facecolor=_COLOURS[word], edgecolor=theme.MUTED, linewidth=0.6))

    for y, paper in enumerate(counts.index):
        for x, word in enumerate(one for one in words for _ in range(int(counts.loc[paper, one]))):
            square(x + 0.06, y - 0.4, (0.88, 0.8), word)
    most, lines = int(counts.sum(axis=1).max()), -(-len(words) // 3)
    for number, word in enumerate(words):
        x, y = (number % 3) * most / 3, len(counts) + 0.1 + 0.62 * (number // 3)
        square(x, y - 0.2, (0.4, 0.4), word)
        axes.text(x + 0.5, y, f"{word}: {int(counts[word].sum())}", va="center", fontsize=9)
    axes.set(xlim=(-0.1, most + 0.2), ylim=(len(counts) - 0.2 + 0.62 * lines, -0.6), xticks=[])
    name_rows(axes, counts.index, fontweight="bold")
    axes.spines["bottom"].set_visible(False)
    each = [
        f"{paper}: " + ", ".join(f"{int(counts.loc[paper, word])} {word}" for word in words if counts.loc[paper, word])
        for paper in counts.index
    ]
    alt = f"One square for each of {int(counts.to_numpy().sum())} claims, by paper and verdict. {'; '.join(each)}."
    return figure, alt, "One square a claim, by the word that decides most about it (real pictures before drawn ones)."

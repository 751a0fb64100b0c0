"""The figure of the scoreboard: how many claims of each paper ended under which word."""

import numpy as np
import pandas as pd

from artlib import paths
from artlib.claims.scoreboard import Scoreboard
from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import name_rows


@drawing
def claims_by_verdict(board: Scoreboard | pd.DataFrame) -> Drawn:
    """Claims of each paper by verdict, one square a claim, real and drawn pictures apart.

    Parameters
    ----------
    board : a scoreboard, or its ``counts`` (rows papers and pictures, columns words).
    """
    from matplotlib.patches import Patch

    counts = getattr(board, "counts", board)
    if counts.empty:
        raise FigureError("There are no claims to count.")
    counts = counts.set_axis([", ".join(map(theme.shown, np.atleast_1d(name))) for name in counts.index])
    squares = {word: one["square"] for word, one in paths.table("words.yaml")["verdicts"].items() if "square" in one}
    words = [word for word in squares if word in counts.columns and counts[word].sum()]
    figure, axes = theme.canvas(0.44 * len(counts) + 0.3 * -(-len(words) // 2) + 0.35)
    edge = {"edgecolor": theme.MUTED, "linewidth": 0.6}
    for y, paper in enumerate(counts.index):
        colours = [squares[word] for word in words for _ in range(int(counts.loc[paper, word]))]
        axes.barh(y, 0.88, left=np.arange(len(colours)) + 0.06, height=0.8, color=colours, **edge)
    legend = [Patch(facecolor=squares[word], label=f"{word}: {int(counts[word].sum())}", **edge) for word in words]
    axes.legend(handles=legend, ncols=2, loc="upper left", bbox_to_anchor=(0, 0), frameon=False, fontsize=9)
    axes.set(xlim=(-0.1, int(counts.sum(axis=1).max()) + 0.2), ylim=(len(counts) - 0.4, -0.6), xticks=[])
    name_rows(axes, counts.index, fontweight="bold")
    axes.spines["bottom"].set_visible(False)
    each = [
        f"{paper}: " + ", ".join(f"{int(counts.loc[paper, word])} {word}" for word in words if counts.loc[paper, word])
        for paper in counts.index
    ]
    total = int(counts.to_numpy().sum())
    alt = f"One square for each of {total} verdicts, by paper and kind of pictures. {'; '.join(each)}."
    caption = theme.caption("claims_by_verdict", total=total, word=counts[words].sum().idxmax())
    numbers = counts[words].rename_axis(index="paper and pictures", columns="verdict").stack().rename("claims")
    return figure, alt, caption, numbers[numbers > 0].reset_index()

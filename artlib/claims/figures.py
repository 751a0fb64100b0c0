"""The figure of the scoreboard: how many claims of each paper ended under which word."""

from artlib.figures import theme
from artlib.figures.figure import FigureError, drawing

_ORDER = (
    "reproduced", "recovered", "holds on drawn pictures", "inconclusive", "missed", "fails on drawn pictures",
    "contradicted", "no verdict yet", "not testable",
)  # fmt: skip
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
def tally(board):
    """Claims of each paper by the word that decides most about them, one square a claim.

    ``board``: a ``claims.Scoreboard``, or its ``counts`` (rows papers, columns words).
    """
    counts = getattr(board, "counts", board)
    if counts.empty:
        raise FigureError("There are no claims to count.")
    words = [word for word in _ORDER if word in counts.columns and counts[word].sum()]
    figure, axes = theme.canvas(0.44 * len(counts) + 0.3 * -(-len(words) // 3) + 0.35)
    from matplotlib.patches import Rectangle

    for y, paper in enumerate(counts.index):
        told = [word for word in words for _ in range(int(counts.loc[paper, word]))]
        for x, word in enumerate(told):
            axes.add_patch(
                Rectangle(
                    (x + 0.06, y - 0.4), 0.88, 0.8, facecolor=_COLOURS[word], edgecolor=theme.MUTED, linewidth=0.6
                )
            )
    most = int(counts.sum(axis=1).max())
    lines = -(-len(words) // 3)
    for number, word in enumerate(words):
        x, y = (number % 3) * most / 3, len(counts) + 0.1 + 0.62 * (number // 3)
        axes.add_patch(
            Rectangle((x, y - 0.2), 0.4, 0.4, facecolor=_COLOURS[word], edgecolor=theme.MUTED, linewidth=0.6)
        )
        axes.text(x + 0.5, y, f"{word}: {int(counts[word].sum())}", va="center", fontsize=9)
    axes.set(
        xlim=(-0.1, most + 0.2), ylim=(len(counts) - 0.2 + 0.62 * lines, -0.6), xticks=[], yticks=range(len(counts))
    )
    axes.set_yticklabels(counts.index, fontweight="bold")
    axes.tick_params(axis="y", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    each = [
        f"{paper}: " + ", ".join(f"{int(counts.loc[paper, word])} {word}" for word in words if counts.loc[paper, word])
        for paper in counts.index
    ]
    alt = f"One square for each of {int(counts.to_numpy().sum())} claims, by paper and verdict. {'; '.join(each)}."
    return figure, alt, "One square a claim, by the word that decides most about it (real pictures before drawn ones)."

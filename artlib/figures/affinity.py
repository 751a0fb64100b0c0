"""Who gains from learning with whom, as a table of colours. Chapters: omniart, artistry."""

from __future__ import annotations

import numpy as np
import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import Drawn, NotRecorded, drawing


@drawing
def affinity(gains: pd.DataFrame, unit: str = "per cent") -> Drawn:
    """Who gains from whom: one row a task or field, one column a partner; what learning with it adds, with intervals.

    gains : columns task, partner, value, low, high, in ``unit``, positive where the task of the row gains.
    """
    if gains.empty:
        raise NotRecorded(gains)
    names = list(dict.fromkeys([*gains["task"], *gains["partner"]]))
    figure, axes = theme.canvas(0.9 * len(names) + 1.1, 6.6)
    most = max(1e-9, gains["value"].abs().max())
    told = []
    for row in gains.itertuples():
        y, x = names.index(row.task), names.index(row.partner)
        clear = row.low > 0 or row.high < 0
        colour = theme.GREEN if row.value > 0 else theme.RED if row.value < 0 else theme.GREY
        axes.add_patch(_cell(x, y, colour, 0.12 + 0.5 * min(1, abs(row.value) / most)))
        axes.text(x, y - 0.08, _signed(row.value), ha="center", va="center", fontsize=12,
                  fontweight="bold" if clear else "normal")  # fmt: skip
        span = "" if np.isnan(row.low) else f"{_signed(row.low)} to {_signed(row.high)}"
        axes.text(x, y + 0.22, span, ha="center", va="center", fontsize=8.5, color=theme.MUTED)
        told.append((row.value, f"{row.task} with {row.partner} {_signed(row.value)} [{span}]"))
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), xticks=range(len(names)),
             yticks=range(len(names)), xticklabels=names, yticklabels=names)  # fmt: skip
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_ylabel("this one gains ...")
    axes.set_title("... from learning with this one", loc="center", fontweight="normal", fontsize=10)
    for side in axes.spines.values():
        side.set_visible(False)
    clear = int(((gains["low"] > 0) | (gains["high"] < 0)).sum())
    said = "; ".join(words for _, words in sorted(told, reverse=True)).replace("\N{MINUS SIGN}", "-")
    alt = f"Table of gains in {unit}, one row for who gains and one column for the partner. {said}."
    caption = (
        f"What each gains, in {unit}, when it is learned with one other instead of alone; below, the 95% interval. "
        f"{clear} of {len(gains)} intervals leave out zero (bold)."
    )
    return figure, alt, caption


def _cell(x: int, y: int, colour: str, strength: float):
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, facecolor=colour, alpha=strength, linewidth=0)


def _signed(value: float) -> str:
    return "" if np.isnan(value) else f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")

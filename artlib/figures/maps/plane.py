"""Where works lie on a plane, and what the plane keeps of their true neighbourhoods. Chapter: collection-map."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from artlib.evaluate import similarity, statistics
from artlib.evaluate.similarity import Features

NEAR = 10
"""Neighbours of a work that are shown and counted."""
MOST_BLOCKS = 40  # values of a label that get a block of their own
_MEASURED = 2_000  # works on which the share of neighbours kept is measured in large collections


@dataclass(frozen=True)
class Layout:
    """One way to lay works on a plane.

    Attributes
    ----------
    name : for the page.
    xy : (N, 2) float32 from 0 to 1, x to the right and y downwards; row i belongs to row i of the works.
    cell : side of one work, in the same units.
    marks : words on the plane: text, x, y.
    missing : what the layout leaves out, in one sentence; "" where it leaves out nothing.
    network : whose neighbourhoods it shows; "" where it was not laid by likeness.
    """

    name: str
    xy: np.ndarray = field(repr=False)
    cell: float
    marks: tuple[tuple[str, float, float], ...] = ()
    missing: str = ""
    network: str = ""


def neighbours(features: Features, works: pd.DataFrame, k: int = NEAR) -> np.ndarray:
    """The ``k`` nearest pictures of other works under a network, (N, k) rows, nearest first; -1 where there are fewer.

    Exact up to ``similarity.EXACT`` pictures, by an inverted file above.
    """
    found = similarity.neighbours(similarity.index(features), features, works, k)
    near = np.full((len(works), k), -1, "int64")
    near[found["query"], found["rank"] - 1] = found["row"]
    return near


def kept(xy: np.ndarray, near: np.ndarray, works: pd.DataFrame) -> statistics.Estimate:
    """Share of a work's true neighbours that are among as many nearest on the plane, with its interval.

    Of 2,000 works at most; works, not pictures, are resampled.

    Parameters
    ----------
    near : of ``neighbours``.

    Raises
    ------
    StatisticsError : with fewer than two works.
    """
    from scipy.spatial import cKDTree

    groups = pd.factorize(works["work_id"])[0]
    rows = np.random.default_rng(0).permutation(len(xy))[:_MEASURED]
    k, own = near.shape[1], int(np.bincount(groups).max(initial=1))
    # Works that lie on one spot are told apart by a step that no eye sees.
    spread = xy + np.random.default_rng(1).normal(0, 1e-6, xy.shape)
    found = cKDTree(spread).query(spread[rows], min(len(xy), k + own))[1].reshape(len(rows), -1)
    other = groups[found] != groups[rows][:, None]
    first = other & (np.cumsum(other, axis=1) <= k)
    hits = (first[:, :, None] & (found[:, :, None] == near[rows][:, None, :])).sum((1, 2))
    return statistics.interval(hits / np.maximum(1, (near[rows] >= 0).sum(1)), groups[rows])


def shuffled(features: Features, seed: int = 0) -> Features:
    """The null of a map: each number of the features dealt anew among the works, so that nothing is like anything."""
    rng = np.random.default_rng(seed)
    mixed = np.column_stack([rng.permutation(column) for column in features.values.T])
    return similarity.features_from_vectors(mixed, features.rows, f"{features.key}-shuffled")


def in_rows(n: int) -> Layout:
    """Works in rows, in the order of the table."""
    across = max(1, int(np.ceil(np.sqrt(n))))
    xy = np.c_[np.arange(n) % across, np.arange(n) // across] + 0.5
    return Layout("in the table's order", (xy / across).astype("float32"), 1 / across)


def by_date(works: pd.DataFrame, order: Sequence[int]) -> Layout:
    """Works in columns by the middle of their years, the earliest at the left; those without a year at the right.

    The half per cent at either end shares a column with the next, so that one very old work does not make the rest
    narrow. ``order``: rows in the order in which a column is filled, from below.
    """
    middle = works[["year_begin", "year_end"]].astype("Float64").mean(axis=1).to_numpy("float64", na_value=np.nan)
    known = ~np.isnan(middle)
    low, high = np.quantile(middle[known], [0.005, 0.995])
    undated, most = bool((~known).any()), int(np.clip(high - low + 1, 1, MOST_BLOCKS))
    column, width, cell, edges = max(
        (_columns(middle, low, high, bins, undated) for bins in {most, max(1, most // 2), max(1, most // 3)}),
        key=lambda made: made[2],
    )
    bins = len(edges) - 1
    across = int(width / cell)
    place = _places(column, order)
    x = column * width + (place % across + 0.5) * cell
    y = 0.95 - (place // across + 0.5) * cell
    each = max(1, bins // 8)
    marks = [(f"{edges[k]:.0f}", k * width, 0.98) for k in range(0, bins, each)]
    marks += [("no year", (bins + 1) * width, 0.98)] if undated else []
    missing = f"{(~known).sum():,} works have no year" if undated else ""
    return Layout("by date", np.c_[x, y].astype("float32"), cell, tuple(marks), missing)


def _columns(years: np.ndarray, low: float, high: float, bins: int, undated: bool) -> tuple:
    """The column of each work, a column's width, a work's side, and the years at which columns begin and end."""
    edges = np.linspace(low, high + 1e-9, bins + 1)
    column = np.clip(np.searchsorted(edges, years, side="right") - 1, 0, bins - 1)
    column = np.where(np.isnan(years), bins + 1, column)
    width = 1 / (bins + 2 * undated)
    return column, width, _cell(width, np.bincount(column).max()), edges


def _cell(width: float, most: int) -> float:
    """The largest side at which ``most`` works fill a column that is ``width`` wide and 0.9 high."""
    sides = width / np.arange(1, max(2, int(np.ceil(np.sqrt(most))) + 1))
    return float(next((side for k, side in enumerate(sides, 1) if np.ceil(most / k) * side <= 0.9), sides[-1]))


def by_label(works: pd.DataFrame, column: str, order: Sequence[int]) -> Layout:
    """Works in blocks, one for each value of a label, the largest first; of many values the forty most frequent.

    ``order``: rows in the order in which a block is filled. Of a list of labels the first counts.
    """
    values = works[column].map(lambda value: value[0] if isinstance(value, list) and value else value)
    values = values.where(values.map(lambda value: not isinstance(value, list) and pd.notna(value)), None)
    counts = values.value_counts()
    names = [*counts.index[:MOST_BLOCKS], "other", "no label"]
    code = (
        values.map({name: k for k, name in enumerate(names[:-2])}).fillna(len(names) - 2).to_numpy("int64", copy=True)
    )
    code[values.isna().to_numpy()] = len(names) - 1
    sizes = np.bincount(code, minlength=len(names))
    corners, span = _shelves(np.ceil(np.sqrt(sizes)).astype(int))
    across, place = np.maximum(1, np.ceil(np.sqrt(sizes)).astype(int))[code], _places(code, order)
    xy = corners[code] + np.c_[place % across, place // across] + 0.5
    some = np.flatnonzero(sizes)
    marks = tuple((f"{names[k]} ({sizes[k]:,})", *(corners[k] / span)) for k in some)
    rest = f"{len(counts):,} values of {column}: the {MOST_BLOCKS} most frequent have blocks of their own"
    return Layout(
        f"by {column}", (xy / span).astype("float32"), 1 / span, marks, rest if len(counts) > MOST_BLOCKS else ""
    )


def _shelves(sides: np.ndarray) -> tuple[np.ndarray, float]:
    """Upper left corners (K, 2) of squares set side by side on shelves, and the side of the square that holds them."""
    gap = max(1.0, 0.12 * np.sqrt((sides**2).sum()) / max(1, np.sqrt((sides > 0).sum())))
    wide = max(sides.max(initial=1) + gap, 1.08 * np.sqrt(((sides[sides > 0] + gap) ** 2).sum()))
    corners, x, y, high = np.zeros((len(sides), 2)), 0.0, gap, 0.0
    for k, side in enumerate(sides):
        if not side:
            continue
        if x and x + side > wide:
            x, y, high = 0.0, y + high + gap, 0.0
        corners[k], x, high = (x, y), x + side + gap, max(high, side)
    return corners, max(wide, y + high)


def _places(code: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """The how-manieth of its block each row is, from 0, (N,)."""
    places = np.empty(len(code), "int64")
    places[order] = pd.Series(code[order]).groupby(code[order]).cumcount()
    return places


def along(xy: np.ndarray) -> np.ndarray:
    """Rows in an order in which neighbours on the plane stay together (Morton 1966), (N,)."""
    x, y = (np.clip(xy, 0, 1) * 1023).astype("int64").T
    key = np.zeros(len(xy), "int64")
    for bit in range(10):
        key |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return np.argsort(key, kind="stable")

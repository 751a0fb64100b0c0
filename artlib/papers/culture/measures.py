"""Classes as points: mean features, the distances between them, and whether these agree with a map of the world.

Chen and Chen, section 4.2 (Figs. 6, 7). Chapters: culture, culture-map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib.errors import ArtlibError

if TYPE_CHECKING:
    from artlib.learners.finetune import FineTuner
    from artlib.pixels import Pictures
    from artlib.works import Collection

REGIONS = {
    "Asia": ("Chinese", "Indian", "Japanese"),
    "Europe": ("British", "Dutch", "Flemish", "French", "German", "Italian", "Spanish"),
    "America": ("American",),
}
"""The three groups that the paper sees in its Figure 6."""

EAST_WEST = {"Asian": REGIONS["Asia"], "Western": (*REGIONS["America"], *REGIONS["Europe"])}
"""The two that the paper's sentence on top-3 accuracy is about (section 4.1), as claim C6 counts them."""


_DRAWS = 50  # of pictures, where two sides shall show equally many


class ClusterError(ArtlibError):
    """Classes that cannot be compared as asked."""


@dataclass(frozen=True)
class Mantel:
    """A Mantel test.

    Attributes
    ----------
    r : correlation.
    p : one-sided, by permutation.
    n : how many things the matrices compare.
    """

    r: float
    p: float
    n: int


def means(features: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    """Mean feature vector of each class, in alphabetical order; (classes, D). Pictures without a label are left out."""
    labels = pd.Series(labels, dtype=object).reset_index(drop=True)
    if len(labels) != len(features):
        raise ClusterError(f"{len(features)} feature vectors, but {len(labels)} labels.")
    known = labels.notna().to_numpy()
    return pd.DataFrame(np.asarray(features, dtype="float64")[known]).groupby(labels[known].to_numpy()).mean()


def distances(points: pd.DataFrame) -> pd.DataFrame:
    """Euclidean distance between the rows, (classes, classes)."""
    from scipy.spatial.distance import cdist

    return pd.DataFrame(cdist(points, points), points.index, points.index)


def mean_distances(runs: pd.DataFrame) -> pd.DataFrame:
    """The recorded distances of runs of kind ``culture-map``, averaged over the runs that have both."""
    tables = [
        pd.DataFrame(list(map(list, matrix)), list(names), list(names), dtype=float)
        for names, matrix in zip(runs["placed"], runs["distances"], strict=True)
    ]
    return pd.concat(tables).groupby(level=0).mean().pipe(lambda mean: mean[mean.index])


def noise_corrected_distances(features: np.ndarray, labels: Sequence[str]) -> pd.DataFrame:
    """Distances between the classes' means with the scatter of the means taken off, (classes, classes).

    The mean of n pictures lies off its class by about s / sqrt(n), so that small classes seem far from everything:
    ``|a - b|^2`` is too large by ``s^2 (1/n_a + 1/n_b)`` on average. ``s^2`` is the variance within classes, pooled
    over all; what would fall below zero is zero. Chapter: culture (why the null museum's correlation is not zero).
    """
    labels = pd.Series(labels, dtype=object).reset_index(drop=True)
    known = labels.notna().to_numpy()
    values, names = np.asarray(features, "float64")[known], labels[known].to_numpy()
    middle = means(values, names)
    freedom = len(values) - len(middle)
    if freedom < 1:
        raise ClusterError("The scatter of means needs a class with two pictures or more.")
    within = ((values - middle.loc[names].to_numpy()) ** 2).sum() / freedom
    share = 1 / pd.Series(names).value_counts().loc[middle.index].to_numpy()
    squares = distances(middle).to_numpy() ** 2 - within * (share[:, None] + share[None])
    np.fill_diagonal(squares, 0)
    return pd.DataFrame(np.sqrt(np.maximum(squares, 0)), middle.index, middle.index)


def similarity(matrix: pd.DataFrame) -> pd.DataFrame:
    """Share of each class's pull that each other one has (Fig. 7): d(A,B)^-1 / sum over C of d(A,C)^-1; rows sum to 1.

    Not symmetric: the row is A.

    Parameters
    ----------
    matrix : distances (classes, classes).

    Raises
    ------
    ClusterError : where two classes lie on one point.
    """
    values = matrix.to_numpy(dtype="float64")
    other = ~np.eye(len(values), dtype=bool)
    if len(values) < 2 or (values[other] <= 0).any():
        raise ClusterError("Similarity needs two classes or more, no two of them at the same place.")
    pull = np.zeros_like(values)
    pull[other] = 1 / values[other]
    return pd.DataFrame(pull / pull.sum(1, keepdims=True), matrix.index, matrix.columns)


def mantel(a: pd.DataFrame, b: pd.DataFrame, permutations: int = 9_999, seed: int = 0) -> Mantel:
    """Do two distance matrices agree? Correlation of their entries, against relabelled ones (Mantel 1967).

    Only classes in both count.

    Raises
    ------
    ClusterError : below four of them, where all distances are alike, or where a matrix is not finite and symmetric.
    """
    both = [name for name in a.index if name in b.index]
    if len(both) < 4:
        raise ClusterError(f"A Mantel test needs four classes in both matrices; there are {len(both)}.")
    x, y = (m.loc[both, both].to_numpy(dtype="float64") for m in (a, b))
    upper = np.triu_indices(len(both), 1)
    for values in (x, y):
        if not np.isfinite(values).all() or not np.allclose(values, values.T, rtol=1e-6):
            raise ClusterError(
                "A Mantel test needs distances that are known and the same in both directions (a symmetric matrix)."
            )
        if np.ptp(values[upper]) <= 1e-9 * np.abs(values[upper]).max():
            raise ClusterError("A Mantel test needs distances that differ.")
    fixed = y[upper] - y[upper].mean()

    def correlation(matrix: np.ndarray) -> float:
        entries = matrix[upper] - matrix[upper].mean()
        return float(entries @ fixed / np.sqrt((entries @ entries) * (fixed @ fixed)))

    found, rng = correlation(x), np.random.default_rng(seed)
    orders = (rng.permutation(len(both)) for _ in range(permutations))
    as_large = sum(correlation(x[np.ix_(order, order)]) >= found - 1e-12 for order in orders)
    return Mantel(found, (as_large + 1) / (permutations + 1), len(both))


def silhouette(matrix: pd.DataFrame) -> float:
    """How far the paper's three regions stand apart: mean silhouette of the classes, -1 to 1.

    A class that is alone in its group counts as 0 (Rousseeuw 1987). Classes in no group are left out.
    """
    from sklearn.metrics import silhouette_score

    group = {name: key for key, members in REGIONS.items() for name in members}
    known = [name for name in matrix.index if name in group]
    labels = [group[name] for name in known]
    if not 2 <= len(set(labels)) < len(known):
        raise ClusterError("Regions need two groups or more, one of them with two classes or more.")
    values = matrix.loc[known, known].to_numpy(copy=True)
    np.fill_diagonal(values, 0)  # what rounding left of a place's distance to itself
    return float(silhouette_score(values, labels, metric="precomputed"))


def made_of(works: pd.DataFrame, word: str) -> np.ndarray:
    """(N,) booleans: works one of whose materials names the word ("paper" finds "ink on paper")."""
    if "materials" not in works.columns:
        raise ClusterError(f"The works have no column 'materials', so nobody can say which of them are made of {word}.")
    told = works["materials"].map(lambda parts: " ".join(map(str, parts)) if isinstance(parts, list | tuple) else "")
    return told.str.contains(rf"\b{word}\b", case=False, regex=True).to_numpy()


def sides(features: np.ndarray, labels: Sequence[str], side: np.ndarray, seed: int = 0) -> pd.Series:
    """Mean distance between the classes' means among the pictures of one side, and among the others.

    Few pictures scatter a mean and drive means apart, so both sides show equally many pictures of each class (drawn
    fifty times); classes with fewer than two on either side are left out. In units of a picture's typical
    distance from the mean of all. Equal numbers leave a difference where pictures of one side scatter less within
    their classes; ``inside_corrected`` and ``outside_corrected`` have each side's own scatter taken off
    (``noise_corrected_distances``). Index: inside, outside, these two, classes. Raises ClusterError below three such
    classes.
    """
    values, labels = np.asarray(features, "float64"), np.asarray(labels, dtype=object)
    rng = np.random.default_rng(seed)
    rows = {name: [np.flatnonzero((labels == name) & (side == there)) for there in (True, False)]
            for name in sorted({name for name in labels if isinstance(name, str)})}  # fmt: skip
    counts = {name: min(map(len, pair)) for name, pair in rows.items()}
    kept = [name for name, count in counts.items() if count >= 2]
    if len(kept) < 3:
        raise ClusterError(
            f"Only {len(kept)} classes have 2 pictures or more on both sides; three are needed to speak of the "
            "distances between them."
        )
    unit = np.sqrt(((values - values.mean(0)) ** 2).sum(1).mean())
    found = []
    for _ in range(_DRAWS):
        for k in (0, 1):
            chosen = {name: rng.choice(rows[name][k], counts[name], replace=False) for name in kept}
            found.append(_mean_distances(values, chosen))
    (inside, inside_own), (outside, outside_own) = np.mean(np.reshape(found, (_DRAWS, 2, 2)), axis=0) / unit
    told = {"inside": inside, "outside": outside, "inside_corrected": inside_own, "outside_corrected": outside_own}
    return pd.Series({name: float(value) for name, value in told.items()} | {"classes": len(kept)})


def _mean_distances(values: np.ndarray, chosen: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """Mean distance between the classes' means, as they are and with the scatter taken off."""
    rows = np.concatenate(list(chosen.values()))
    names = [name for name, own in chosen.items() for _ in own]
    upper = np.triu_indices(len(chosen), 1)
    both = distances(means(values[rows], names)), noise_corrected_distances(values[rows], names)
    return tuple(float(table.to_numpy()[upper].mean()) for table in both)


def resampled(features: np.ndarray, labels: Sequence[str], n: int = 20, seed: int = 0) -> list[pd.DataFrame]:
    """Distances of the classes' means, had other pictures of each class been shown: ``n`` bootstrap samples."""
    labels, rng = np.asarray(labels, dtype=object), np.random.default_rng(seed)
    groups = [np.flatnonzero(labels == name) for name in sorted({x for x in labels if isinstance(x, str)})]
    drawn = (np.concatenate([rng.choice(rows, len(rows)) for rows in groups]) for _ in range(n))
    return [distances(means(np.asarray(features)[rows], labels[rows])) for rows in drawn]


def relabelled(matrix: pd.DataFrame, n: int = 20, seed: int = 0) -> list[pd.DataFrame]:
    """The same distances with the names dealt anew, ``n`` times: what has nothing to do with who is who."""
    rng, names = np.random.default_rng(seed), list(matrix.index)
    orders = (rng.permutation(len(names)) for _ in range(n))
    return [pd.DataFrame(matrix.to_numpy()[np.ix_(order, order)], names, names) for order in orders]


def superimposed(layouts: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Layouts shifted, turned, mirrored and scaled onto the first of them (Procrustes), all of unit size."""
    from scipy.spatial import procrustes

    if not layouts:
        return []
    first, names = layouts[0], layouts[0].index
    pairs = [procrustes(first, one.loc[names]) for one in layouts]
    return [pd.DataFrame(turned, names, list(first.columns)) for _, turned, _ in pairs]


def by_region(
    predictions: pd.DataFrame, classes: Sequence[str], groups: Mapping[str, Sequence[str]] | None = None
) -> pd.DataFrame:
    """Predictions asked only for the region: target, predicted and rank by group; works of no group are left out.

    By default the paper's three regions. With ``metrics`` this says how often the right part of the world was named.
    """
    groups = groups or REGIONS
    number = {name: code for code, members in enumerate(groups.values()) for name in members}
    code = np.array([number.get(name, -1) for name in classes])
    truth, said = (code[predictions[column].to_numpy()] for column in ("target", "predicted"))
    made = predictions.assign(target=truth, predicted=said, rank=np.where(truth == said, 1, 2))
    return made[truth >= 0].reset_index(drop=True)


def layout(matrix: pd.DataFrame, seed: int = 0, iterations: int = 500) -> pd.DataFrame:
    """ForceAtlas2 from a random start, classes pulled together by their similarity (Fig. 6); columns x, y.

    Directions mean nothing, distances on the page little: only who stands near whom. See ``stability``.
    """
    import networkx as nx

    pull = similarity(matrix)
    graph = nx.Graph()
    graph.add_nodes_from(matrix.index)
    for i, first in enumerate(matrix.index):
        for second in matrix.index[i + 1 :]:
            graph.add_edge(first, second, weight=float(pull.loc[first, second] + pull.loc[second, first]))
    placed = nx.forceatlas2_layout(graph, max_iter=iterations, weight="weight", seed=seed)
    return pd.DataFrame(placed, index=["x", "y"]).T.loc[matrix.index]


def stability(layouts: Sequence[pd.DataFrame]) -> float:
    """Mean disparity of layouts after the best shift, turn and scale (Procrustes): 0 the same, near 1 unrelated."""
    from itertools import combinations

    from scipy.spatial import procrustes

    if len(layouts) < 2:
        raise ClusterError("Stability compares two layouts or more.")
    return float(np.mean([procrustes(a, b.loc[a.index])[2] for a, b in combinations(layouts, 2)]))


def kilometres(names: Sequence[str], coordinates: Mapping[str, tuple[float, float]] | None = None) -> pd.DataFrame:
    """Great-circle distances between cultures: those of the museum's table, and places given in ``coordinates``.

    Parameters
    ----------
    coordinates : name -> (latitude, longitude) in degrees.

    Raises
    ------
    ClusterError : for a name without any.
    """
    from sklearn.metrics.pairwise import haversine_distances

    from artlib.collections.museum import CULTURES

    coordinates = {name: row[:2] for name, row in CULTURES.items()} | dict(coordinates or {})
    missing = [name for name in names if name not in coordinates]
    if missing:
        raise ClusterError(
            f"No coordinates for {', '.join(map(str, missing))}. Known: {', '.join(coordinates)}. "
            "Give coordinates={name: (latitude, longitude)} with the missing ones, or leave those works out."
        )
    places = np.radians([coordinates[name] for name in names])
    return pd.DataFrame(6371.0 * haversine_distances(places), list(names), list(names))


def attention_scores(
    learner: FineTuner, pictures: Pictures, rows: np.ndarray, museum: Collection, seed: int = 0
) -> pd.DataFrame:
    """Feature map, Grad-CAM and blind maps of the learner's network against the evidence for its label.

    rows : of the pictures, and of the museum that drew them. seed : of the maps at random.
    """
    from artlib.collections.museum import evidence
    from artlib.evaluate import attention

    maps = attention.picture_maps(learner.model, pictures, rows, learner.recipe.crop)
    size = next(iter(maps.values())).shape[-1]
    blind = attention.baselines(len(rows), size, seed, attention.cells(learner.model, size))
    return attention.score_maps(maps | blind, evidence.masks(museum, rows, learner.task.column, size))

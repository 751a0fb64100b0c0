"""Similarity of pictures in a network's eyes: features of the penultimate layer, cosine distance, nearest neighbours.

Source: fine-tuning paper, section 5.5 (fc7, cosine distance; Figs. 15 and 16). It shows examples; here precision is
measured. Neighbours are found by FAISS: exactly in small collections, by an inverted file in large ones, and in the
largest by one of compressed features (Jegou and others 2011), whose best candidates are compared anew.
Chapter: fine-tuning-confusions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib.errors import ArtlibError
from artlib.pixels import Pictures

if TYPE_CHECKING:
    from artlib.learners.shards import Shards
    from artlib.nets import Network

EXACT = 20_000
"""Up to so many pictures every one is compared; above, only those in the cells of the index nearest to the query."""
COMPRESSED = 400_000
"""Above so many the index holds 128 bytes of each picture; the features may then stay on disk."""
_LISTS_PROBED = 6
_CANDIDATES = 8  # pictures compared anew for each one wanted
_PART = 8_192


class SimilarityError(ArtlibError):
    """Features that cannot be compared, or an index that was built with others."""


@dataclass(frozen=True)
class Features:
    """Directions of pictures in feature space: (N, D) float32 of length 1, their rows, and what made them.

    ``key`` changes with the network's weights and with how pictures are cut: only equal keys can be compared.
    ``values`` may be on disk, of any length, in half precision (``of_shards``).
    """

    values: np.ndarray | Shards = field(repr=False)
    rows: np.ndarray = field(repr=False)
    key: str

    def __len__(self) -> int:
        return len(self.rows)

    def directions(self, places: slice | np.ndarray) -> np.ndarray:
        """Of some of them, float32 of length 1."""
        if isinstance(self.values, np.ndarray):
            return np.ascontiguousarray(self.values[places])
        return _of_length_one(self.values[self.rows[places]])


@dataclass(frozen=True)
class Index:
    """An index of pictures to be searched; ``key`` and ``rows`` as in the features it was built from.

    ``again`` : features with which the best candidates of a compressed index are compared; else None.
    """

    key: str
    rows: np.ndarray = field(repr=False)
    searcher: object = field(repr=False)
    again: Features | None = field(default=None, repr=False)

    def search(self, queries: Features, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """Cosine distances and rows of the ``k`` nearest pictures of each query, both (Q, k), nearest first.

        A query that is in the index finds itself; `neighbours` leaves it out.

        Raises
        ------
        SimilarityError : where the index was built with other features than the queries', or holds fewer than ``k``
            pictures.
        """
        if queries.key != self.key:
            raise SimilarityError(
                f"The index was built with other features ({self.key}) than the queries' ({queries.key}): their "
                "distances mean nothing. Build it again with the same network, or take the features from that one."
            )
        if not 1 <= k <= len(self.rows):
            raise SimilarityError(f"The index holds {len(self.rows):,} pictures: ask for 1 to so many, not {k}.")
        if self.again is None:
            near, found = self.searcher.search(queries.directions(slice(None)), k)
        else:
            asked = (queries.directions(slice(a, a + 64)) for a in range(0, len(queries), 64))
            near, found = map(np.concatenate, zip(*(self._compared(some, k) for some in asked), strict=True))
        return np.clip(1 - near, 0, 2), np.where(found >= 0, self.rows[found], -1)

    def _compared(self, asked: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Similarity and place of the ``k`` best of eight times as many candidates, by their own features."""
        found = self.searcher.search(asked, min(len(self.rows), k * _CANDIDATES))[1]
        values = self.again.directions(found.clip(0).ravel()).reshape(*found.shape, -1)
        near = np.where(found >= 0, np.matmul(values, asked[:, :, None])[:, :, 0], -1)
        best = np.argsort(-near, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(near, best, 1), np.take_along_axis(found, best, 1)


def features(network: Network, pictures: Pictures, rows: Sequence[int], *, crop: int | None = None) -> Features:
    """Directions of the body's features for rows of the pictures, (N, D) float32 (fc7 in CaffeNet).

    A picture of which no unit says anything has the direction 0, at distance 1 from all.

    Parameters
    ----------
    crop : the middle so many pixels; None: whole pictures.
    """
    from artlib.learners import linear

    rows = np.asarray(rows, "int64")
    values = linear.features(network, pictures, rows, crop=crop)
    return features_from_vectors(values, rows, f"{linear.digest(network)[:12]}-{crop or 'whole'}")


def features_from_vectors(values: np.ndarray, rows: Sequence[int] | None = None, key: str = "given") -> Features:
    """Features from vectors of any length, (N, D)."""
    values = np.asarray(values, "float32")
    if values.ndim != 2 or not np.isfinite(values).all():
        raise SimilarityError(f"Features are a finite table (pictures, units), not of the shape {values.shape}.")
    rows = np.arange(len(values)) if rows is None else np.asarray(rows, "int64")
    return Features(_of_length_one(values), rows, key)


def of_shards(values: Shards) -> Features:
    """Features that stay on disk, of the rows that could be made."""
    lost = values.skipped()
    rows = np.setdiff1d(np.arange(len(values)), list(lost)) if lost else np.arange(len(values))
    return Features(values, rows, str(values.about.get("network", "given")))


def _of_length_one(values: np.ndarray) -> np.ndarray:
    import torch

    # NumPy takes four times as long from half precision.
    values = torch.from_numpy(np.ascontiguousarray(values)).float()
    return (values / torch.linalg.vector_norm(values, dim=1, keepdim=True).clamp(min=1e-12)).numpy()


def index(features: Features, exact: bool | None = None) -> Index:
    """An index over pictures.

    Parameters
    ----------
    exact : whether all pictures are compared, or those of an inverted file, which groups the pictures around
        2 sqrt(N) centres and looks into the 6 nearest groups (compressed above `COMPRESSED`); None: all of up to
        `EXACT`.
    """
    import faiss

    n = len(features)
    if not n:
        raise SimilarityError("There is no picture to put into the index.")
    units, flat = features.values.shape[1], exact or (exact is None and n <= EXACT)
    lists, compressed = max(1, min(int(2 * n**0.5), n // 40)), n > COMPRESSED and not flat
    pieces = max(number for number in range(1, 129) if units % number == 0)
    # "np": codes are not put in an order for searches by Hamming distance, which takes most of the training.
    kind = "Flat" if flat else f"IVF{lists},PQ{pieces}x8np" if compressed else f"IVF{lists},Flat"
    searcher = faiss.index_factory(units, kind, faiss.METRIC_INNER_PRODUCT)
    if not flat:
        searcher.cp.niter, searcher.cp.spherical, searcher.nprobe = 8, False, min(lists, _LISTS_PROBED)
        # Centres from a part of the pictures: more change little and take long.
        searcher.train(features.directions(np.arange(0, n, max(1, n // (40 * lists)))))
    for start in range(0, n, _PART):
        searcher.add(features.directions(slice(start, start + _PART)))
    return Index(features.key, features.rows, searcher, features if compressed else None)


def neighbours(index: Index, queries: Features, works: pd.DataFrame, k: int = 10) -> pd.DataFrame:
    """The ``k`` nearest pictures of other works.

    Pictures of the query's own work are left out: finding another photograph of it is no retrieval.

    Returns
    -------
    Columns query and row (of the works), rank from 1, distance.
    """
    groups = pd.factorize(works["work_id"])[0]
    own = pd.Series(groups[index.rows]).value_counts()
    most = int(own.reindex(groups[queries.rows]).fillna(0).max()) if len(queries) else 0
    distances, rows = index.search(queries, min(len(index.rows), k + most))
    other = (rows >= 0) & (groups[rows] != groups[queries.rows][:, None])
    rank = np.cumsum(other, axis=1)
    kept = other & (rank <= k)
    query = np.broadcast_to(queries.rows[:, None], rows.shape)
    return pd.DataFrame(
        {"query": query[kept], "rank": rank[kept], "row": rows[kept], "distance": distances[kept].astype("float32")}
    )


def precision_at(found: pd.DataFrame, works: pd.DataFrame, column: str, k: int = 10) -> pd.Series:
    """Share of each query's first ``k`` neighbours that have its label; index: the queries that have one.

    Neighbours without a label in this column say nothing and are not counted.
    """
    if column not in works.columns:
        raise SimilarityError(f"The works have no column {column!r} to compare neighbours by.")
    labels = works[column].to_numpy(object)
    first = found[found["rank"] <= k]
    mine, theirs = labels[first["query"]], labels[first["row"]]
    known = ~(pd.isna(mine) | pd.isna(theirs))
    hits = pd.Series((mine == theirs)[known].astype(float), index=first["query"].to_numpy()[known])
    return hits.groupby(level=0).mean().rename(f"{column} precision at {k}")


def chance(works: pd.DataFrame, column: str) -> float:
    """Precision of neighbours drawn at random: the sum of squared shares of the classes."""
    return float((works[column].dropna().value_counts(normalize=True) ** 2).sum())


def reach(index: Index, queries: Features, k: int = 1000) -> np.ndarray:
    """Cosine distance of each query's ``k``-th neighbour, itself not counted, (Q,) (section 5.5 says below 0.4)."""
    return index.search(queries, k + 1)[0][:, -1]


def between(models: Mapping[str, Features]) -> pd.DataFrame:
    """Mean cosine distance of the same pictures' features under each two models, a square table (Fig. 16).

    Units of two networks correspond only where both started from the same weights; elsewhere the distance says that
    they lie apart, and no more.

    Raises
    ------
    SimilarityError : for other pictures, or features of another length.
    """
    names = list(models)
    first = models[names[0]]
    for name in names[1:]:
        other = models[name]
        if other.values.shape != first.values.shape or not np.array_equal(other.rows, first.rows):
            raise SimilarityError(
                f"The features of {name!r} are of other pictures or another length than those of {names[0]!r}: "
                f"{other.values.shape} and {first.values.shape}."
            )
    cosines = [[np.einsum("nd,nd->n", models[a].values, models[b].values) for b in names] for a in names]
    table = [[float(np.clip(1 - cosine, 0, 2).mean()) for cosine in row] for row in cosines]
    return pd.DataFrame(table, index=names, columns=names)

"""Paintings, buildings, sculptures and gardens, artistic and ordinary: what the artistry chapter learns from.

Drawn (`artlib.collections.museum.fields`), with a switch for each cause; or any collection whose works say which
field they are of and whether they are artistic, such as folders of photographs
(`artlib.collections.artistry`). Of drawn works it is known where their artistry lies. Chapter: artistry.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib.collections.museum import fields
from artlib.collections.museum.drawing import known, number
from artlib.works import FIELDS, Collection, CollectionError, skipped

CUTS = ("shared", "artistic")
_STEP = 0.35  # deviations by which a factor is moved to see where the picture changes


def read(size: str | int = "smoke", seed: int = 0, shared: float = 0.5, cut: str | None = None) -> Collection:
    """The museum's four fields: as ``fields.read``, with the causes that can be cut.

    `cut`: "shared", nothing of artistry is common to the fields (`shared` 0); "artistic", which works are called
    artistic has nothing to do with the picture (labels dealt anew within each field). Errors: MuseumError.
    """
    known(cut, "switch", [None, *CUTS])
    collection = fields.read(size, seed, 0.0 if cut == "shared" else shared)
    if cut != "artistic":
        return collection
    works, rng = collection.works.copy(), np.random.default_rng([seed, 21])
    for rows in works.groupby("field").indices.values():
        works.loc[rows, "artistic"] = rng.permutation(works["artistic"].to_numpy()[rows])
    return replace(collection, works=works)


def of(name: str, root: str | Path | None = None, size: str | int = "smoke", **drawn: Any) -> Collection:
    """The works of a collection that have a field and a side: of "museum" its four fields (``drawn``: as ``read``).

    Fields with artistic or with ordinary works only are left out, with a SkippedWarning.
    Errors: CollectionError where no field has both.
    """
    from artlib import collections

    if name in ("museum", "four_fields"):
        return read(size, **drawn)
    collection = collections.read(name, root)
    both = fields_of(collection.works)
    left = [field for field in collection.works["field"].dropna().unique() if field not in both]
    if left:
        skipped(f"Left out: {', '.join(map(str, left))} (without artistic or without ordinary works).")
    chosen = collection.works["field"].isin(both) & collection.works["artistic"].notna()
    return replace(collection, works=collection.works[chosen].reset_index(drop=True))


def fields_of(works: pd.DataFrame) -> tuple[str, ...]:
    """The fields that have both artistic and ordinary works, in the order of ``works.FIELDS``.

    Errors: CollectionError where the works say nothing of fields or sides, or no field has both.
    """
    missing = [c for c in ("field", "artistic") if c not in works.columns or works[c].isna().all()]
    if missing:
        raise CollectionError(
            f"These works do not say {' and '.join(_ASKED[column] for column in missing)}, so artistry cannot be asked "
            "of them. Take the museum (collection 'museum'), or photographs in folders FIELD/artistic and "
            "FIELD/ordinary (collection 'artistry')."
        )
    counts = count(works)
    both = tuple(field for field in FIELDS if field in counts.index and counts.loc[field].min() > 0)
    if not both:
        sides = "; ".join(
            f"{field}: {row.artistic} artistic, {row.ordinary} ordinary" for field, row in counts.iterrows()
        )
        raise CollectionError(
            f"No field has both artistic and ordinary works ({sides}), so there is nothing to tell apart: add the "
            "other side in folders FIELD/artistic and FIELD/ordinary (collection 'artistry'), or take the museum."
        )
    return both


_ASKED = {"field": "which field they are of", "artistic": "whether they are artistic"}


def count(works: pd.DataFrame) -> pd.DataFrame:
    """Works by field: artistic and ordinary."""
    labelled = works[works["field"].notna() & works["artistic"].notna()]
    side = labelled["artistic"].astype(bool).map({True: "artistic", False: "ordinary"})
    table = pd.crosstab(labelled["field"], side).reindex(columns=["artistic", "ordinary"], fill_value=0)
    order = [field for field in FIELDS if field in table.index]
    return table.loc[order].rename_axis(columns=None)


def pairs(works: pd.DataFrame, n: int = 5, seed: int = 2026) -> tuple[np.ndarray, str]:
    """Rows (4 n, 2) of an artistic and an ordinary work beside each other, ``n`` a field; and L or R, the artistic."""
    rng, made = np.random.default_rng(seed), []
    for field in fields_of(works):
        sides = [np.flatnonzero((works["field"] == field) & (works["artistic"] == side)) for side in (True, False)]
        made += [np.stack([rng.permutation(rows)[:n] for rows in sides], 1)]
    rows = rng.permutation(np.concatenate(made))
    right = rng.integers(0, 2, len(rows))
    return np.where(right[:, None], rows[:, ::-1], rows), "".join(np.where(right, "R", "L"))


def evidence(collection: Collection, image: str, size: int = 64) -> np.ndarray:
    """Where the artistry of a drawn work lies: how much the picture changes there when its factors are moved a little.

    Each factor counts by how far it sets artistic and ordinary works apart. (size, size) float32 from 0 to 1, its
    largest value. Errors: MuseumError for works that are not drawn fields.
    """
    import cv2

    source = _source(collection)
    factors = source.factors(number(image, source.seed, source.works))
    shares = np.repeat([source.shared, 1 - source.shared], 4)
    total = np.zeros((size, size))
    for name, share in zip(factors, np.sqrt(shares / 4), strict=True):
        if share:
            low, high = (_Moved(source.seed, source.works, source.shared, name, step) for step in (-_STEP, _STEP))
            total += share * np.abs(np.float32(high.read(image, size)) - low.read(image, size)).mean(2)
    smooth = cv2.GaussianBlur(total, (0, 0), max(0.5, 0.02 * size))
    return (smooth / max(smooth.max(), 1e-9)).astype(np.float32)


@dataclass(frozen=True)
class _Moved(fields.FieldSource):
    """The same works with one factor moved by a step."""

    factor: str = ""
    step: float = 0.0

    def factors(self, number: int) -> dict:
        found = super().factors(number)
        return {**found, self.factor: found[self.factor] + self.step}


def _source(collection: Collection) -> fields.FieldSource:
    if not isinstance(collection.source, fields.FieldSource):
        raise fields.MuseumError(
            f"Where the artistry of {collection.name!r} lies is not known: only of drawn works are the causes known."
        )
    return collection.source

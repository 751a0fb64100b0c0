"""Where the evidence for a label lies in the museum's pictures, many at once. Chapters: culture, artistry."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from artlib import cache
from artlib.collections.museum import truth

if TYPE_CHECKING:
    from artlib.works import Collection


def masks(collection: "Collection", rows: Sequence[int], label: str, size: int) -> np.ndarray:
    """Masks of the evidence for a label, as ``museum.truth.evidence`` has them, kept in the cache.

    Drawing one mask takes five pictures. Raises MuseumError where the collection is no museum, or the label no cause.

    Parameters
    ----------
    collection : the museum, as ``collections.read`` gives it.
    rows : of its works.
    label : "culture" or another cause.
    size : pixels a side.

    Returns
    -------
    (len(rows), size, size) float32, from 0 to 1.
    """
    images = collection.works["image"].to_numpy()[np.asarray(rows, dtype="int64")]

    def draw() -> np.ndarray:
        return np.stack([truth.evidence(collection, image, label, size) for image in images]).astype("float16")

    if not _is_drawn(collection):
        return draw().astype("float32")
    facts = {"label": label, "size": size, "pictures": [collection.source.fingerprint(image) for image in images]}
    return cache.once("evidence", facts, draw, code=["collections"]).value.astype("float32")


def known_masks(collection: "Collection", rows: Sequence[int], label: str, size: int) -> dict[str, np.ndarray]:
    """``{"evidence": masks}`` in the museum; elsewhere nothing, and a warning that says why."""
    if _is_drawn(collection):
        return {"evidence": masks(collection, rows, label, size)}
    warnings.warn(f"{collection.name}: nobody knows where the evidence for {label} lies in these pictures. The museum "
                  "does.", stacklevel=2)  # fmt: skip
    return {}


def _is_drawn(collection: "Collection") -> bool:
    return hasattr(collection.source, "causes")

"""Near-duplicate pictures found by what they look like, so that a split keeps them on one side."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from artlib import cache
from artlib.works import PictureError, PictureSource

DISTANCE = 6  # bits of 64; see `group`

_LOOK = 64  # px, shorter side, which the hash looks at
_TILE = 512  # pictures compared with as many at once: 2 MB


def group(works: pd.DataFrame, source: PictureSource, distance: int = DISTANCE) -> pd.DataFrame:
    """The works with one `work_id` for pictures that look alike, and for the works that they connect.

    Two pictures are alike when their perceptual hashes (imagehash.phash: signs of the 64 lowest cosine frequencies)
    differ little. That finds other scans, sizes and mild crops of one picture; it finds neither details nor other
    views. Pictures that do not decode stay as they are.

    Parameters
    ----------
    works : pandas.DataFrame
        A table of works.
    source : PictureSource
        Of their pictures.
    distance : int
        Bits of 64 in which hashes may differ.

    Returns
    -------
    pandas.DataFrame
        The same rows.
    """
    hashes, seen = perceptual_hashes(works["image"], source)
    rows = np.flatnonzero(seen)
    pairs = _alike(hashes[rows], distance)
    joined = _joined(works["work_id"], rows[pairs[:, 0]], rows[pairs[:, 1]])
    return works.assign(work_id=joined)


def perceptual_hashes(images: pd.Series, source: PictureSource) -> tuple[np.ndarray, np.ndarray]:
    """(N,) uint64 hashes and (N,) booleans that say which pictures could be decoded; kept in the cache by content."""

    def look() -> dict[str, np.ndarray]:
        with warnings.catch_warnings(), ThreadPoolExecutor() as threads:
            warnings.filterwarnings("ignore", module="PIL")
            found = list(threads.map(lambda image: _hash(image, source), images))
        hashes = np.array([value or 0 for value in found], dtype=np.uint64)
        return {"hashes": hashes, "seen": np.array([value is not None for value in found], dtype=bool)}

    facts = {"pictures": [source.fingerprint(image) for image in images]}
    kept = cache.once("hashes", facts, look, code=["collections/duplicates.py", "collections/files.py"]).value
    return kept["hashes"], kept["seen"]


def _hash(image: str, source: PictureSource) -> int | None:
    import imagehash
    from PIL import Image

    try:
        picture = Image.fromarray(source.read(image, _LOOK))
    except PictureError:
        return None
    return int(str(imagehash.phash(picture)), 16)


def _alike(hashes: np.ndarray, distance: int) -> np.ndarray:
    """(P, 2) positions of all pairs within the distance, in tiles that stay in the processor's cache."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for top in range(0, len(hashes), _TILE):
        for left in range(top, len(hashes), _TILE):
            tile = hashes[top : top + _TILE, None] ^ hashes[None, left : left + _TILE]
            near = np.flatnonzero(np.bitwise_count(tile) <= distance)
            pairs = np.stack(np.divmod(near, tile.shape[1]), axis=1) + np.array([top, left])
            found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.concatenate(found)


def _joined(work_ids: pd.Series, left: np.ndarray, right: np.ndarray) -> list[str]:
    """Each work's id, or the first id of the works that pairs of its pictures connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    codes, ids = pd.factorize(work_ids)
    links = coo_array((np.ones(len(left)), (codes[left], codes[right])), shape=(len(ids), len(ids)))
    labels = connected_components(links, directed=False)[1]
    first = dict(zip(labels[::-1], ids[::-1], strict=True))  # the earliest overwrites
    return [first[labels[code]] for code in codes]

"""Near-duplicate pictures found by what they look like, so that a split keeps them on one side."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from artlib import cache
from artlib.works import PictureError, PictureSource, connected

DISTANCE = 6  # bits of 64; see `group`

_LOOK = 64  # px, shorter side, which the hash looks at
_LOOKED_AT = 400  # pictures, for a message
_SIZE = r"(?:[ _.-]+(?:\d{3,5}(?:x\d{3,5})?(?:px|w)?|small|thumb(?:nail)?|large|big|copy|medium)| ?\(\d+\))+$"


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


def joined_or_offered(works: pd.DataFrame, source: PictureSource, near_duplicates: bool) -> pd.DataFrame:
    """`group` on request; else the works as they are, with a message where many seem to be there twice.

    Looked at are only pictures of one name in several folders or with a size in it ("a-small", "a_1024"): few decodes.
    """
    if near_duplicates:
        return group(works, source)
    names = works["image"].str.rpartition("/")[2].str.rpartition(".")[0].str.lower().str.replace(_SIZE, "", regex=True)
    alike = names.map(names.value_counts())
    few = works[alike.between(2, 4)].head(_LOOKED_AT)  # more are a series
    again = len(few) - group(few, source)["work_id"].nunique() if few["work_id"].nunique() > 1 else 0
    if again >= max(3, 0.02 * len(works)):
        warnings.warn(
            f"{again:,} of {len(works):,} pictures look like another one, in another size or folder. JOIN=yes (make), "
            "--join (artlib) or near_duplicates=True (collections.read) makes them one work: else a split tests on "
            "what it trained on.",
            UserWarning,
            stacklevel=4,
        )
    return works


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


def perceptual_hash(image: str, source: PictureSource) -> int:
    """64 bits that say what a picture looks like, as `group` compares them. Errors: PictureError."""
    import imagehash
    from PIL import Image

    return int(str(imagehash.phash(Image.fromarray(source.read(image, _LOOK)))), 16)


def _hash(image: str, source: PictureSource) -> int | None:
    try:
        return perceptual_hash(image, source)
    except PictureError:
        return None


def _alike(hashes: np.ndarray, distance: int) -> np.ndarray:
    """(P, 2) positions of all pairs within the distance."""
    import faiss

    index, codes = faiss.IndexBinaryFlat(64), hashes.view(np.uint8).reshape(-1, 8)
    index.add(codes)
    ends, _, right = index.range_search(codes, distance + 1)
    left = np.repeat(np.arange(len(codes)), np.diff(ends.astype(np.int64)))
    return np.stack([left, right], axis=1)[left < right]


def _joined(work_ids: pd.Series, left: np.ndarray, right: np.ndarray) -> list[str]:
    """Each work's id, or the first id of the works that pairs of its pictures connect."""
    codes, ids = pd.factorize(work_ids)
    labels = connected(len(ids), codes[left], codes[right])
    first = dict(zip(labels[::-1], ids[::-1], strict=True))  # the earliest overwrites
    return [first[labels[code]] for code in codes]

"""A collection's pictures from the pixel cache, which is filled on the first call.

An entry is found by the fingerprints of all its pictures, so that a changed file is decoded again. It is not one of
``artlib.cache.once``, which writes an entry whole: filling may take an hour, and a killed one must go on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artlib import paths
from artlib.errors import count_reasons, one_of
from artlib.pixels import filling
from artlib.pixels.pictures import CROPS, Pictures, PixelsError
from artlib.works import Collection, SkippedWarning

if TYPE_CHECKING:
    from pandas import DataFrame

_FORMAT = 1  # to be raised whenever the same picture would give other bytes


def cache(
    collection: Collection, size: int, crop: str = "squash", workers: int | None = None, progress: bool = True
) -> Pictures:
    """The collection's pictures as squares: decoded on the first call, opened in milliseconds afterwards.

    Pictures that do not decode are left out with a SkippedWarning. Chapter: collections.

    Parameters
    ----------
    collection : what ``collections.read`` gives.
    size : pixels a side, 1 to 8192.
    crop : "squash" scales both sides whatever the shape (fine-tuning paper); "center" scales the shorter side and
        keeps the middle.
    workers : how many decode at once (None: one a processor); the result does not depend on it.
    progress : whether a line tells how far the decoding is.

    Raises
    ------
    PixelsError : no picture decodes, or the disk is full; what was decoded is kept and the next call goes on there.
    """
    one_of(crop, CROPS, f"There is no crop called {crop!r}", PixelsError)
    if not isinstance(size, int | np.integer) or not 1 <= size <= 8192:
        raise PixelsError(f"The size is a number of pixels from 1 to 8192, not {size!r}.")
    if not len(collection):
        raise PixelsError(f"The collection {collection.name!r} has no works: there is nothing to decode.")
    key = content_key(collection, size, crop)
    try:
        folder = paths.scratch("pixels") / key
        pictures = _opened(folder, collection, size)
        if pictures is None:
            with filling.alone(folder, progress):
                pictures = _opened(folder, collection, size)  # another process may have filled it meanwhile
                if pictures is None:
                    filling.fill(folder, collection, size, crop, workers or processors(), progress)
                    pictures = _opened(folder, collection, size)
    except OSError as fault:
        raise PixelsError(
            f"The pixel cache cannot be used ({fault.strerror or fault}): {paths.cache()}. "
            "Make that folder writable, or set ARTLIB_CACHE to another one."
        ) from fault
    if pictures is None:
        raise PixelsError(f"The pixel cache was removed while it was being opened ({folder}). Run again.")
    _warn_of_skipped(pictures, len(collection))
    return pictures


def content_key(collection: Collection, size: int, crop: str) -> str:
    """24 hexadecimal digits that change with any picture's content, the order, the size and the crop."""
    prints = map(collection.source.fingerprint, collection.works["image"])
    text = "\n".join([f"{_FORMAT} {int(size)} {crop}", *prints])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _opened(folder: Path, collection: Collection, size: int) -> Pictures | None:
    """The finished cache, or None where there is none or a damaged one (which is then removed)."""
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        pixels = np.load(folder / about["file"], mmap_mode="r", allow_pickle=False)
        skipped = {int(row): reason for row, reason in about["skipped"].items()}
        if pixels.shape != (len(collection) - len(skipped), size, size, 3):
            raise ValueError(pixels.shape)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    works = collection.works
    if skipped:
        works = works.drop(index=works.index[list(skipped)]).reset_index(drop=True)
    skip_list = _skip_list(collection, skipped)
    return Pictures(works, pixels, int(size), collection.name, skip_list, folder.name, collection.source)


def _skip_list(collection: Collection, skipped: dict[int, str]) -> DataFrame:
    import pandas as pd

    images = collection.works["image"].iloc[list(skipped)].tolist()
    return pd.DataFrame({"image": images, "reason": list(skipped.values())}, dtype=object)


def _warn_of_skipped(pictures: Pictures, works: int) -> None:
    if not len(pictures.skipped):
        return
    warnings.warn(
        f"{pictures.collection}: {len(pictures.skipped):,} of {works:,} pictures left out that cannot be decoded "
        f"({count_reasons(pictures.skipped['reason'])}). All are listed in .skipped.",
        SkippedWarning,
        stacklevel=3,
    )


def processors() -> int:
    """Processors that this process may use, 48 at most."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 48)

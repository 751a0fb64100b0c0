"""What is made of pictures that are cached: files for another program, and copies that are changed a little."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from artlib import paths
from artlib.pixels.pictures import Pictures, PixelsError


def export(pictures: Pictures, rows: Iterable[int] | None = None, folder: str | Path | None = None) -> Path:
    """Write pictures as PNG beside a ``works.csv``: what the reader "table" reads. Chapter: collections.

    Parameters
    ----------
    pictures : what ``cache`` gives.
    rows : positions of those to write; None: all.
    folder : where to; None: into the cache.

    Returns
    -------
    The folder.
    """
    from PIL import Image

    rows = list(range(len(pictures)) if rows is None else rows)
    folder = Path(folder) if folder else paths.scratch("export", pictures.key[:12])
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    names = [f"pictures/{number:06d}.png" for number in range(len(rows))]
    for name, row in zip(names, rows, strict=True):
        Image.fromarray(np.asarray(pictures.pixels[row])).save(folder / name)
    table = pictures.works.iloc[rows].assign(image=names)
    for column in table.columns.intersection(["types", "materials"]):
        table[column] = table[column].map("; ".join)
    table.to_csv(folder / "works.csv", index=False)
    return folder


def copies(pictures: Pictures, n: int, seed: int = 0) -> Pictures:
    """Each picture several times, every copy changed a little: turned, moved, nearer, mirrored, lighter or darker.

    Copies keep their work's ``work_id``, so that splits hold them together; the new column ``copy`` counts them from
    0. The artistry paper makes twenty of each and splits afterwards. Chapter: artistry.

    Parameters
    ----------
    pictures : what ``cache`` gives.
    n : copies of each, 1 or more.
    seed : what chance draws for them depends on it and on the row.

    Raises
    ------
    PixelsError : n is no whole number of 1 or more.
    """
    import cv2
    import pandas as pd

    if not isinstance(n, int | np.integer) or n < 1:
        raise PixelsError(f"The number of copies is a whole number from 1 on, not {n!r}.")
    size, middle = pictures.size, (pictures.size - 1) / 2
    made = np.empty((len(pictures) * n, size, size, 3), dtype=np.uint8)
    for row in range(len(pictures)):
        chance = np.random.default_rng([seed, row])
        for copy in range(n):
            turn, near = chance.uniform(-10, 10), chance.uniform(0.95, 1.2)
            matrix = cv2.getRotationMatrix2D((middle, middle), turn, near)
            matrix[:, 2] += chance.uniform(-0.05, 0.05, 2) * size
            picture = cv2.warpAffine(
                np.array(pictures.pixels[row]), matrix, (size, size), borderMode=cv2.BORDER_REFLECT
            )
            picture = picture[:, ::-1] if chance.random() < 0.5 else picture
            made[row * n + copy] = np.clip(picture * chance.uniform(0.85, 1.15) + chance.uniform(-10, 10), 0, 255)
    works = pictures.works.loc[pictures.works.index.repeat(n)].reset_index(drop=True)
    works = works.assign(copy=pd.Series(np.tile(np.arange(n), len(pictures))))
    return Pictures(works, made, size, pictures.collection, pictures.skipped, f"{pictures.key}-{n}-{seed}")

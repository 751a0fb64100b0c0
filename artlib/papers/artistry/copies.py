"""Many copies of few pictures, each changed a little (Sato, Sakaue and Sato, section 4.2)."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd

from artlib.pixels import Pictures, PixelsError


def augmented_copies(pictures: Pictures, n: int, seed: int = 0) -> Pictures:
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

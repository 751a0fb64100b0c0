"""Pictures that are cached, written as files for another program."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from artlib import paths
from artlib.pixels.pictures import Pictures


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

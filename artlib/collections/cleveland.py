"""The Cleveland Museum of Art, Open Access (CC0): data.csv, or records of its API, with type, technique and culture.

github.com/ClevelandMuseumArt/openaccess: 68,954 records, 42,267 of them CC0, 41,447 with pictures (2026). One record
has all that the culture and OmniArt tasks ask for; its columns are declared in `data/sources/cleveland.yaml`.
Chapters: collections, culture, omniart.
"""

from pathlib import Path
from typing import Unpack

import pandas as pd

from artlib.collections import published
from artlib.collections.table import ReadingOptions
from artlib.works import Collection, CollectionError


def read(root: str | Path, cc0: bool = True, **options: Unpack[ReadingOptions]) -> Collection:
    """Read data.csv, data.json or API records, and the pictures beside them (`artlib.collections.published.read`).

    Parameters
    ----------
    root : str or pathlib.Path
        The folder, or the file itself.
    cc0 : bool
        Whether works that are not CC0, or have no picture at the museum, are left out.
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        Names file and row; also where no work is CC0.
    """
    return published.read("cleveland", root, only=_open if cc0 else None, **options)


def _open(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    chosen = (frame["share_license_status"].str.upper() == "CC0") & frame["address"].notna()
    if not chosen.any():
        raise CollectionError(f"{table} has no CC0 work with a picture ({len(frame):,} rows): cc0=False keeps all.")
    return frame[chosen]

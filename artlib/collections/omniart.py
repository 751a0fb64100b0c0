"""OmniArt, third version (Strezoski and Worring): 1,946,516 rows of one table, and pictures 300 px wide.

The source no longer distributes it; copies of omniart_v3_datadump.csv and data/img_300x/ are about. The 432,217
pictures of the paper, and their split, were never released as files. Chapters: collections, omniart.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, delimited, published
from artlib.collections.files import MAX_PIXELS

TABLE = "omniart_v3_datadump.csv"

_COLUMNS = {
    "omni_id": "omni_id",
    "id": "uuid",
    "artwork_name": "title",
    "artist_full_name": "artist",
    "creation_year": "date_text",
    "century": "century",
    "source_url": "url",
    "image_url": "address",
    "collection_origins": "credit",
    "artwork_type": "types",
    "general_type": "general_type",
    "school": "school",
}
_REQUIRED = ("omni_id", "artwork_name", "artist_full_name", "creation_year", "artwork_type")
_NO_TITLE = ("unknown", "untitled", "nan")
_PLACES = ("data/img_300x", "img_300x", "data/images", "images")


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read `omniart_v3_datadump.csv` and the pictures `data/img_300x/<omni_id>.jpg`.

    `root` is the folder (the table may lie in its `data/csv/`), or the table itself. Rows of one picture's address
    are one work. `types` are taken apart at "|" and "-"; `century` is a number where it is one. Unknown artists keep
    the word that says so ("unknown", "unidentified"); `artlib.collections.preparations.omniart` drops them or makes
    them one class. Further columns: century, general_type, school (a geocoder's text), address.

    Errors: CollectionError names file and row; repeated ids and impossible years are counted in a SkippedWarning.
    """
    file = _table(Path(root).expanduser())
    frame = published.texts(delimited.read(file, list(_COLUMNS), required=_REQUIRED)).rename(columns=_COLUMNS)
    frame = published.once(frame, "omni_id", file.name)
    folder = file.parent.parent.parent if file.parent.parts[-2:] == ("data", "csv") else file.parent
    place = next((f"{name}/" for name in _PLACES if (folder / name).is_dir()), f"{_PLACES[0]}/")
    return published.collection(
        "omniart", _works(frame, place, file.name), folder, file.name, pictures, near_duplicates, max_pixels
    )


def _table(root: Path) -> Path:
    if root.is_file():
        return root
    found = [place for place in (root / TABLE, root / "data" / "csv" / TABLE) if place.is_file()]
    if not found:
        raise CollectionError(f"{root} holds no {TABLE}, nor has its data/csv/ one.")
    return found[0]


def _works(frame: pd.DataFrame, place: str, file: str) -> pd.DataFrame:
    year = frame["date_text"].str.removesuffix(".0")
    return frame.drop(columns=["omni_id", "uuid"]).assign(
        work_id=_same_address(frame),
        image=place + frame["omni_id"] + ".jpg",
        title=frame["title"].mask(frame["title"].isin(_NO_TITLE)),
        date_text=year,
        century=_centuries(frame["century"]),
        types=published.parts(frame["types"], r"[|-]"),
        source="OmniArt",
        licence="unknown",
        **published.spans(year, year, year, file),
    )


def _same_address(frame: pd.DataFrame) -> pd.Series:
    """The first id of those that show the same address."""
    firsts = frame.groupby("address", sort=False)["omni_id"].transform("first")
    return firsts.fillna(frame["omni_id"])


def _centuries(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.where((numbers % 1 == 0) & numbers.between(-400, 21) & (numbers != 0)).astype("Int64")

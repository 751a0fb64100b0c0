"""The Metropolitan Museum of Art, Open Access: MetObjects.csv of either column set, or records of its API.

github.com/metmuseum/openaccess (CC0): more than 470,000 objects, without addresses of pictures, which only the API
has. Chapters: collections, culture, omniart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from artlib.collections import Collection, CollectionError, delimited, published
from artlib.collections.files import MAX_PIXELS

TABLE = "MetObjects.csv"
MUSEUM = "The Metropolitan Museum of Art"
FIELDS = {"Paintings": "painting", "Sculpture": "sculpture"}  # a classification that is one of the four art fields

# Our name: the name in the table, the name in an API record. Only these columns are ever in memory.
_COLUMNS = {
    "object_id": ("Object ID", "objectID"),
    "accession_number": ("Object Number", "accessionNumber"),
    "public_domain": ("Is Public Domain", "isPublicDomain"),
    "department": ("Department", "department"),
    "object_name": ("Object Name", "objectName"),
    "title": ("Title", "title"),
    "culture": ("Culture", "culture"),
    "period": ("Period", "period"),
    "dynasty": ("Dynasty", "dynasty"),
    "artists": ("Artist Display Name", "artistDisplayName"),
    "nationality": ("Artist Nationality", "artistNationality"),
    "date_text": ("Object Date", "objectDate"),
    "begin": ("Object Begin Date", "objectBeginDate"),
    "end": ("Object End Date", "objectEndDate"),
    "medium": ("Medium", "medium"),
    "credit": ("Credit Line", "creditLine"),
    "country": ("Country", "country"),
    "region": ("Region", "region"),
    "classification": ("Classification", "classification"),
    "url": ("Link Resource", "objectURL"),
    "tags": ("Tags", "tags"),
}
_REQUIRED = ("Object ID", "Title", "Culture", "Artist Nationality", "Classification", "Object Begin Date")


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read MetObjects.csv, or API records as JSON lines or as a folder of .json files, and the pictures beside them.

    `root` is the folder, or the file itself. A picture is named by the manifest of a download where there is one,
    else `<Object ID>.jpg` (also in `images/`); with `pictures="optional"` rows without one stay. Of several artists
    the first counts (`artists` keeps all). `culture` is the museum's Culture, often blank for European paintings,
    `nationality` the first artist's (`artlib.collections.preparations.culture` joins the two). Further columns:
    accession_number, department, object_name, period, dynasty, classification, country, region, tags.

    Errors: CollectionError names file and row; repeated ids and impossible years are counted in a SkippedWarning.
    """
    file = _source_file(Path(root).expanduser())
    frame = _from_table(file) if file.suffix.lower() == ".csv" else _from_records(file)
    frame = published.once(frame, "object_id", file.name)
    folder = file if file.is_dir() else file.parent
    return published.collection(
        "met", _works(frame, file.name, folder), folder, file.name, pictures, near_duplicates, max_pixels
    )


def _source_file(root: Path) -> Path:
    if root.is_file():
        return root
    if not root.is_dir():
        raise CollectionError(f"There is no such file or folder: {root}")
    if (root / TABLE).is_file():
        return root / TABLE
    lines = sorted(file for file in root.glob("*.jsonl") if not file.name.startswith("manifest"))
    if lines:
        return lines[0]
    for folder in (root / "objects", root / "records", root):
        if any(folder.glob("*.json")):
            return folder
    raise CollectionError(f"{root} holds no {TABLE}, and no records of the Met's API as .jsonl or .json files.")


def _from_table(file: Path) -> pd.DataFrame:
    names = {published_name: ours for ours, (published_name, _) in _COLUMNS.items()}
    return published.texts(delimited.read(file, list(names), required=_REQUIRED)).rename(columns=names)


def _from_records(file: Path) -> pd.DataFrame:
    names = {record_name: ours for ours, (_, record_name) in _COLUMNS.items()}
    frame = published.records(file, list(names), "the Met's API").rename(columns=names)
    frame["tags"] = frame["tags"].map(_terms)
    flat = frame.map(lambda value: None if value is None or isinstance(value, list | dict) else str(value).strip())
    return flat.where(flat != "").astype(pd.StringDtype(na_value=np.nan))


def _terms(tags: object) -> str | None:
    """ "Men|Portraits" of the API's list of tags, as the table has it."""
    terms = [tag.get("term") for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return "|".join(filter(None, map(str, terms))) or None


def _works(frame: pd.DataFrame, file: str, folder: Path) -> pd.DataFrame:
    works = frame.assign(
        work_id=frame["object_id"],
        image=published.image_names(frame["object_id"], folder),
        artist=published.first(frame["artists"]),
        nationality=published.first(frame["nationality"]),
        types=published.parts(frame["classification"], r"\|"),
        materials=published.parts(frame["medium"], r"[|,;]"),
        field=published.by_value(frame["classification"], FIELDS.get),
        source=MUSEUM,
        licence=np.where(frame["public_domain"].str.lower() == "true", "CC0", "rights reserved"),
        **published.spans(frame["begin"], frame["end"], frame["date_text"], file),
    )
    return works.drop(columns=["object_id", "public_domain", "begin", "end", "medium"])

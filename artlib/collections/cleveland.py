"""The Cleveland Museum of Art, Open Access (CC0): data.csv, or records of its API, with type, technique and culture.

github.com/ClevelandMuseumArt/openaccess: 68,954 records, 42,267 of them CC0, 41,447 with pictures (2026). One record
has all that the culture and OmniArt tasks ask for. Chapters: collections, culture, omniart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib.collections import Collection, CollectionError, delimited, published
from artlib.collections.files import MAX_PIXELS

TABLES = ("data.csv", "data.json")
MUSEUM = "The Cleveland Museum of Art"
FIELDS = {"Painting": "painting", "Sculpture": "sculpture", "Garden": "garden"}

_SHARED = ("id", "accession_number", "share_license_status", "title", "creation_date", "creation_date_earliest")
_SHARED += ("creation_date_latest", "creators", "culture", "technique", "department", "type", "creditline", "url")
_REQUIRED = ("id", "share_license_status", "title", "creation_date_earliest", "culture", "type")
_NATIONALITY = re.compile(r"\(([^,)\d]+)[,)]")


def read(
    root: str | Path,
    cc0: bool = True,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read `data.csv`, `data.json`, JSON lines or a folder of API records, and the pictures beside them.

    `root` is the folder, or the file itself. Works that are not CC0, or have no picture at the museum, are left out
    unless `cc0=False`. A picture is named by the manifest of a download where there is one, else `<id>.jpg`.
    `culture` is the first place of the museum's culture ("France, 19th century" is France); `artist` the first
    creator, `nationality` what stands behind the name. Further columns: accession_number,
    department, address, culture_text.

    Errors: CollectionError names file and row; repeated ids and impossible years are counted in a SkippedWarning.
    """
    file = _file(Path(root).expanduser())
    frame = published.once(_from_table(file) if file.suffix == ".csv" else _from_records(file), "id", file.name)
    if cc0:
        open_ones = (frame["share_license_status"].str.upper() == "CC0") & frame["address"].notna()
        if not open_ones.any():
            raise CollectionError(
                f"{file.name} has no CC0 work with a picture ({len(frame):,} rows): cc0=False keeps all."
            )
        frame = frame[open_ones]
    folder = file if file.is_dir() else file.parent
    return published.collection(
        "cleveland", _works(frame, file.name, folder), folder, file.name, pictures, near_duplicates, max_pixels, cc0
    )


def _file(root: Path) -> Path:
    if root.is_file():
        return root
    if not root.is_dir():
        raise CollectionError(f"There is no such file or folder: {root}")
    named = [root / name for name in TABLES if (root / name).is_file()]
    lines = sorted(file for file in root.glob("*.jsonl") if file.name != published.MANIFEST)
    folders = [folder for folder in (root / "records", root) if any(folder.glob("*.json"))]
    found = [*named, *lines, *folders]
    if not found:
        raise CollectionError(f"{root} holds no {' or '.join(TABLES)}, and no records as .jsonl or .json files.")
    return found[0]


def _from_table(file: Path) -> pd.DataFrame:
    frame = published.texts(delimited.read(file, (*_SHARED, "image_web"), required=_REQUIRED))
    lists = {name: published.by_value(frame[name], _listed) for name in ("creators", "culture")}
    return frame.rename(columns={"image_web": "address"}).assign(**lists)


def _from_records(file: Path) -> pd.DataFrame:
    frame = published.records(file, (*_SHARED, "images"), "the Cleveland Museum of Art")
    plain = [name for name in frame.columns if name not in ("creators", "culture", "images")]
    return pd.concat(
        [
            frame[plain].map(_plain).astype(pd.StringDtype(na_value=np.nan)),
            pd.DataFrame(
                {
                    "creators": frame["creators"].map(_firsts(lambda creator: creator.get("description"))),
                    "culture": frame["culture"].map(_firsts(lambda entry: None)),
                    "address": frame["images"].map(_web).astype(pd.StringDtype(na_value=np.nan)),
                }
            ),
        ],
        axis=1,
    )


def _plain(value: Any) -> str | None:
    return None if value is None or isinstance(value, list | dict) else str(value).strip() or None


def _firsts(text_of: Callable[[dict], Any]) -> Callable[[Any], str | None]:
    """The first entry of a list of texts or of objects; None where there is none."""

    def pick(values: Any) -> str | None:
        for value in values if isinstance(values, list) else [values]:
            text = text_of(value) if isinstance(value, dict) else value
            if isinstance(text, str) and text.strip():
                return text.strip()
        return None

    return pick


def _web(images: Any) -> str | None:
    web = images.get("web") if isinstance(images, dict) else None
    return _plain(web.get("url")) if isinstance(web, dict) else None


def _listed(text: str) -> str | None:
    """The first of a field of the table that is a list: JSON's, or entries between semicolons."""
    if text.startswith("["):
        try:
            return _firsts(lambda entry: entry.get("description"))(json.loads(text))
        except json.JSONDecodeError:
            text = text.strip("[]").split("',")[0].strip("'\" ")
    return text.split(";")[0].strip() or None


def _name(creator: str) -> str | None:
    """ "Claude Monet" of "Claude Monet (French, 1840-1926), artist"."""
    return re.split(r"[(,]", creator, maxsplit=1)[0].strip() or None


def _nationality(creator: str) -> str | None:
    found = _NATIONALITY.search(creator)
    return found[1].strip() or None if found else None


def _works(frame: pd.DataFrame, file: str, folder: Path) -> pd.DataFrame:
    years = published.spans(
        frame["creation_date_earliest"], frame["creation_date_latest"], frame["creation_date"], file
    )
    return pd.DataFrame(
        {
            "work_id": frame["id"],
            "image": published.image_names(frame["id"], folder),
            "artist": published.by_value(frame["creators"], _name),
            "title": frame["title"],
            "date_text": frame["creation_date"],
            **years,
            "culture": published.by_value(frame["culture"], lambda text: text.split(",")[0].strip() or None),
            "types": published.parts(frame["type"], r"\|"),
            "materials": published.parts(frame["technique"], r"[,;]"),
            "field": frame["type"].map(FIELDS),
            "source": MUSEUM,
            "licence": frame["share_license_status"],
            "credit": frame["creditline"],
            "url": frame["url"],
            "address": frame["address"],
            "nationality": published.by_value(frame["creators"], _nationality),
            "culture_text": frame["culture"],
            "accession_number": frame["accession_number"],
            "department": frame["department"],
        }
    )

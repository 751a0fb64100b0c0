"""The Web Gallery of Art: about 50,500 pictures of works from the 3rd to the 19th century, and their catalogue."""

from __future__ import annotations

import html
from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, delimited, published
from artlib.collections.files import MAX_PIXELS, folder_of

FILE = "catalog.csv"
LICENCE = "Free for personal and educational use; redistribution is not allowed"

_COLUMNS = ("TITLE", "DATE", "TECHNIQUE", "LOCATION", "URL", "FORM", "TYPE", "SCHOOL")
_OLD = {"ARTIST": "AUTHOR", "TIMELINE": "TIMEFRAME"}  # column names of earlier catalogues
_PAGE = r"^https?://(?:www\.)?wga\.hu/html(?:_m)?/(?P<path>[\w./-]+)\.html?$"
_DETAIL = r"(?i)\s*\((?:details?|.*\bdetail)\b[^()]*\)"
_FIELDS = ("painting", "sculpture", "architecture")
_PLACES = ("art", "detail", "preview", "")


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
    encoding: str = "cp1252",
) -> Collection:
    """Read `catalog.csv` (semicolons, Western European bytes) and the pictures below it, laid out as on the site.

    The picture of `/html/a/aachen/adonis.html` is `art/a/aachen/adonis.jpg` (also below `detail/`, `preview/`, or
    `a/` itself). Title by title, pictures of one artist's work in one place share a `work_id`: "(detail)" in a title
    says that another picture shows the whole. Two works of the same title in the same place are then one, which no
    split can put on two sides. `timeframe` is when the artist was active, not when the work was made. `culture` is
    the school, `genre` the type, `materials` what the technique says before the size.

    Further columns: `born_died`, `technique`, `location`, `form`. Rows without a page of the site are left out with
    a SkippedWarning. Errors: CollectionError names file, row and column. Chapter: collections.
    """
    folder = folder_of(root, "wga")
    file = folder / FILE
    if not file.is_file():
        archives = sorted(entry.name for entry in folder.glob("*.zip"))
        hint = f"; unpack {archives[0]} first" if archives else ""
        raise CollectionError(f"{folder} holds no {FILE} of the Web Gallery of Art{hint}.")
    rows = _rows(file, encoding)
    works = pd.DataFrame(
        {
            "artist": people(rows["AUTHOR"]),
            "title": rows["TITLE"],
            "date_text": rows["DATE"],
            "genre": rows["TYPE"].str.lower(),
            "culture": rows["SCHOOL"],
            "timeframe": rows["TIMEFRAME"],
            "field": rows["FORM"].str.lower().where(rows["FORM"].str.lower().isin(_FIELDS)),
            "materials": materials(rows["TECHNIQUE"]),
            "url": rows["URL"],
            "technique": rows["TECHNIQUE"],
            "location": rows["LOCATION"],
            "form": rows["FORM"].str.lower(),
            "born_died": rows["BORN-DIED"],
            "work_id": one_work(rows["PATH"], rows["AUTHOR"], rows["TITLE"], rows["LOCATION"]),
            "image": _place(folder, rows["PATH"]) + rows["PATH"] + ".jpg",
            "source": "Web Gallery of Art",
            "licence": LICENCE,
            "credit": "Web Gallery of Art, www.wga.hu",
        }
    ).assign(**published.written(rows["DATE"], file.name))
    return published.collection("wga", works, folder, file.name, pictures, near_duplicates, max_pixels)


def people(column: pd.Series) -> pd.Series:
    """Catalogue names as names: "AACHEN, Hans von" is "Aachen, Hans von"; unknown masters are missing."""
    family = column.str.extract(r"^(?P<family>[^,]*)(?P<rest>.*)$", expand=True)
    names = family["family"].str.title().str.replace(r"(?<=\w)'S\b", "'s", regex=True) + family["rest"]
    return names.mask(column.str.contains(r"(?i)^(?:unknown|anonymous)\b", regex=True, na=False))


def materials(column: pd.Series) -> pd.Series:
    """What a technique says before its first size: "Oil on canvas, 68 x 95 cm" is ["Oil on canvas"]."""
    plain = column.str.extract(r"^\s*([^,;\d]*[^,;\d\s])", expand=False)
    return plain.map(lambda text: [text] if isinstance(text, str) else [])


def one_work(names: pd.Series, *keys: pd.Series) -> pd.Series:
    """For each picture the name of the first that agrees in all keys, "(detail)" in the second of them aside."""
    frame = pd.DataFrame({number: key.fillna("").str.casefold() for number, key in enumerate(keys)})
    frame[1] = frame[1].str.replace(_DETAIL, "", regex=True).str.strip()
    first = names.groupby([frame[number] for number in frame]).transform("first")
    return first.where(frame[1] != "", names)


def plain(column: pd.Series) -> pd.Series:
    """Texts without HTML's spelling of letters ("&eacute;"); a tag stays what it is, a text."""
    # A column without any text would come back as numbers.
    return column.map(lambda text: html.unescape(text).strip(), na_action="ignore").astype(column.dtype)


def _rows(file: Path, encoding: str) -> pd.DataFrame:
    table = delimited.read(file, delimiter=";", encoding=encoding, required=_COLUMNS)
    names = [_OLD.get(name, name) if _OLD.get(name) not in table.column_names else name for name in table.column_names]
    missing = [name for name in ("AUTHOR", "BORN-DIED", "TIMEFRAME") if name not in names]
    if missing:
        raise CollectionError(f"{file.name}: column {', '.join(map(repr, missing))} is missing (found: {names}).")
    rows = published.texts(table.rename_columns(names))
    for name in ("AUTHOR", "TITLE", "TECHNIQUE", "LOCATION"):
        rows[name] = plain(rows[name])
    rows = rows.mask(rows == "-")
    rows["PATH"] = rows["URL"].str.extract(_PAGE)["path"]
    rows["PATH"] = rows["PATH"].mask(rows["PATH"].str.contains("..", regex=False).fillna(False))
    return published.once(rows, "PATH", file.name)


def _place(folder: Path, paths: pd.Series) -> str:
    """The folder of the site below which the pictures lie: the first that is there."""
    tops = set(paths.str.split("/").str[0])
    for place in _PLACES:
        if any((folder / place / top).is_dir() for top in tops):
            return f"{place}/" if place else ""
    return "art/"

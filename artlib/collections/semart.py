"""SemArt (Garcia and Vogiatzis, 2018): 21,384 paintings of the Web Gallery of Art with comments, in three sets."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, SkippedWarning, delimited, published
from artlib.collections.files import MAX_PIXELS, folder_of
from artlib.collections.wga import materials, one_work, people, plain

FILES = {"train": "semart_train.csv", "valid": "semart_val.csv", "test": "semart_test.csv"}
LICENCE = "Pictures from the Web Gallery of Art: personal and educational use"

_COLUMNS = (*("IMAGE_FILE", "DESCRIPTION", "AUTHOR", "TITLE", "TECHNIQUE", "DATE", "TYPE", "SCHOOL", "TIMEFRAME"),)


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
    encoding: str = "cp1252",
) -> Collection:
    """Read `semart_train.csv`, `semart_val.csv` and `semart_test.csv` (tabs) and the pictures in `Images/`.

    `set` is the published split ("train", "valid", "test"). Details share the `work_id` of their work (same artist,
    title and date), so that `artlib.splits.published` can say where the published split tests on a work that it
    trains on. `culture` is the school, `genre` the type. Further columns: `description`, `technique`. HTML entities
    become letters. Errors: CollectionError names file, row and column. Chapter: collections.
    """
    folder = folder_of(root, "semart")
    base = next((place for place in (folder, folder / "SemArt") if (place / FILES["train"]).is_file()), folder)
    there = {name: base / file for name, file in FILES.items() if (base / file).is_file()}
    if not there:
        raise CollectionError(f"{folder} holds none of {', '.join(FILES.values())} of SemArt.")
    if len(there) < len(FILES):
        absent = ", ".join(file for name, file in FILES.items() if name not in there)
        warnings.warn(f"SemArt: {absent} is missing from {base}.", SkippedWarning, stacklevel=3)
    rows = pd.concat([_rows(file, name, encoding) for name, file in there.items()], ignore_index=True)
    rows = published.once(rows, "IMAGE_FILE", "the tables of SemArt")
    place = "Images/" if (base / "Images").is_dir() else "images/" if (base / "images").is_dir() else "Images/"
    works = pd.DataFrame(
        {
            "work_id": one_work(rows["IMAGE_FILE"], rows["AUTHOR"], rows["TITLE"], rows["DATE"]),
            "image": place + rows["IMAGE_FILE"],
            "artist": people(rows["AUTHOR"]),
            "title": rows["TITLE"],
            "date_text": rows["DATE"],
            "genre": rows["TYPE"].str.lower(),
            "culture": rows["SCHOOL"],
            "timeframe": rows["TIMEFRAME"],
            "field": "painting",
            "materials": materials(rows["TECHNIQUE"]),
            "technique": rows["TECHNIQUE"],
            "description": rows["DESCRIPTION"],
            "set": rows["set"],
            "source": "SemArt",
            "licence": LICENCE,
            "credit": "Web Gallery of Art, www.wga.hu, by SemArt",
        }
    ).assign(**rows[["year_begin", "year_end"]])
    return published.collection("semart", works, base, "the tables of SemArt", pictures, near_duplicates, max_pixels)


def _rows(file: Path, part: str, encoding: str) -> pd.DataFrame:
    rows = published.texts(delimited.read(file, _COLUMNS, delimiter="\t", encoding=encoding, required=_COLUMNS))
    led = rows["IMAGE_FILE"].str.contains(r"[/\\]|^\.\.?$", regex=True).fillna(False).astype(bool)
    if led.any():
        row = led.idxmax()
        raise CollectionError(
            f"{file.name}, row {row}, column 'IMAGE_FILE': {rows['IMAGE_FILE'][row]!r} is no name of a file in Images/."
        )
    for name in ("AUTHOR", "TITLE", "TECHNIQUE", "DESCRIPTION"):
        rows[name] = plain(rows[name])
    rows = rows.mask(rows == "-")
    return rows.assign(set=part, **published.written(rows["DATE"], file.name))

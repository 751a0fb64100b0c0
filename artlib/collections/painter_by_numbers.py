"""Painter by Numbers (Kaggle, 2016): 103,250 pictures in train/ and test/, and a table of what they show."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, delimited, published
from artlib.collections.files import MAX_PIXELS, folder_of

FILES = ("all_data_info.csv", "train_info.csv")
LICENCE = "Pictures of many origins, for the competition and research only"

_ALL = ("artist", "date", "genre", "source", "style", "title", "artist_group", "in_train", "new_filename")
_SIZES = {"pixelsx": "width", "pixelsy": "height"}
_TRAIN = ("filename", "artist", "title", "style", "genre", "date")
_FOLDER = re.compile(r"(train|test)(_\d)?")
_REPLACED = "replacements_for_corrupted_files"
_SETS = {"true": "train", "false": "test"}


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read `all_data_info.csv` (all pictures, artists by name) or else `train_info.csv` (artists as digests).

    The pictures lie in `train/` and `test/` (or `train_1/` to `train_9/`), or beside the table; those of
    `replacements_for_corrupted_files/` come before the broken ones. Columns beyond `artlib.works.COLUMNS`: `set`
    ("train", "test": the competition's own split), `artist_group` ("train_and_test", "train_only", "test_only"),
    `origin` (the site a picture came from), `width` and `height` in px. Dates as "1955.0" and "c.1982" become years.
    Pictures larger than `max_pixels` are refused when they are read: the collection has scans of several hundred
    million. Errors: CollectionError names file, row and column. Chapter: collections.
    """
    folder = folder_of(root, "painter_by_numbers")
    file = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if file is None:
        raise CollectionError(f"{folder} holds neither {' nor '.join(FILES)} of Painter by Numbers.")
    works = _all(file) if file.name == FILES[0] else _train(file)
    works = published.once(works, "image", file.name)
    years = published.written(works["date_text"], file.name)
    works = works.assign(**years, source="Painter by Numbers", licence=LICENCE)
    works["work_id"] = works["image"]
    works["image"] = _places(folder, works)
    return published.collection("painter_by_numbers", works, folder, file.name, pictures, near_duplicates, max_pixels)


def _all(file: Path) -> pd.DataFrame:
    rows = published.texts(delimited.read(file, (*_ALL, *_SIZES), required=_ALL))
    sets = rows["in_train"].str.lower().map(_SETS)
    wrong = sets.isna()
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise CollectionError(
            f"{file.name}, row {row + 2}, column 'in_train': {rows['in_train'].iloc[row]!r} is not True or False."
        )
    sizes = {name: pd.to_numeric(rows[column], errors="coerce") for column, name in _SIZES.items()}
    rows = rows.rename(columns={"new_filename": "image", "date": "date_text", "source": "origin"})
    return rows.drop(columns=["in_train", *_SIZES]).assign(set=sets, **sizes)


def _train(file: Path) -> pd.DataFrame:
    rows = published.texts(delimited.read(file, _TRAIN, required=_TRAIN))
    return rows.rename(columns={"filename": "image", "date": "date_text"}).assign(set="train")


def _places(folder: Path, works: pd.DataFrame) -> pd.Series:
    """Names relative to the folder: where a file of that name lies, else where it should."""
    there = _lying(folder)
    usual = {name: f"{name}/" for name in _SETS.values() if (folder / name).is_dir()}
    names = zip(works["image"], works["set"], strict=True)
    places = [there.get(name, f"{usual.get(part, '')}{name}") for name, part in names]
    return pd.Series(places, index=works.index, dtype=object)


def _lying(folder: Path) -> dict[str, str]:
    """Files by name in train/, test/ and train_1/ to train_9/; those published instead of broken ones come before."""
    there = {}
    for place in sorted(entry for entry in folder.iterdir() if entry.is_dir() and _FOLDER.fullmatch(entry.name)):
        there |= {file.name: f"{place.name}/{file.name}" for file in os.scandir(place)}
    for file in (folder / _REPLACED).rglob("*.*") if (folder / _REPLACED).is_dir() else ():
        if file.name in there:
            there[file.name] = file.relative_to(folder).as_posix()
    return there

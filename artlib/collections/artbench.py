"""ArtBench-10 (Liao et al., 2022): 60,000 pictures of ten styles, 5,000 + 1,000 each, as folders of pictures."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, SkippedWarning, delimited, published
from artlib.collections.files import MAX_PIXELS, SUFFIXES, folder_of

STYLES = (
    *("art_nouveau", "baroque", "expressionism", "impressionism", "post_impressionism", "realism", "renaissance"),
    *("romanticism", "surrealism", "ukiyo_e"),
)
FILE = "ArtBench-10.csv"
LICENCE = "Fair use claimed by its authors; public domain where the table says so"

_FOLDERS = ("", "artbench-10-imagefolder-split", "artbench-10-imagefolder")
_JOINED = ("artist", "url", "is_public_domain", "split")
_PICKLES = ("artbench-10-batches-py", "artbench-10-python", "data_batch_1", "meta")
_SETS = {"train": "train", "test": "test", "val": "valid"}


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read the image folders, `train/STYLE/` and `test/STYLE/` or `STYLE/` alone, and `ArtBench-10.csv` beside them.

    The table adds artists, addresses, and the published split where the folders have none; without it the artist is
    what the file's name says. Pictures that lack a row, and rows that lack a picture, are counted in a
    SkippedWarning. The edition of Python pickles (`artbench-10-python`) is never opened: a pickle runs what it holds.
    Columns beyond `artlib.works.COLUMNS`: `set`, `public_domain`. Errors: CollectionError. Chapter: collections.
    """
    folder = folder_of(root, "artbench")
    base = next((folder / name for name in _FOLDERS if _has_styles(folder / name)), None)
    if base is None:
        raise CollectionError(_nothing(folder))
    found = _found(base)
    if found.empty:
        raise CollectionError(f"{base} has the folders of ArtBench-10's styles but no picture in them.")
    file = next((place / FILE for place in (folder, base, base.parent) if (place / FILE).is_file()), None)
    works = _named(found) if file is None else _joined(found, file)
    works = works.assign(source="ArtBench-10", style=works["style"].str.replace("_", " "))
    works["licence"] = LICENCE
    return published.collection("artbench", works, base, FILE, pictures, near_duplicates, max_pixels)


def _has_styles(folder: Path) -> bool:
    return any((folder / part / style).is_dir() for part in ("", "train", "test") for style in STYLES)


def _nothing(folder: Path) -> str:
    pickles = [name for name in _PICKLES if (folder / name).exists()]
    hint = f" {pickles[0]} holds Python pickles, which are never opened." if pickles else ""
    return (
        f"{folder} holds no folder of a style of ArtBench-10 ({', '.join(STYLES[:3])}, ...), neither itself nor in "
        f"train/, test/, {_FOLDERS[1]}/ or {_FOLDERS[2]}/.{hint} Unpack the edition 'imagefolder' or "
        "'imagefolder-split'."
    )


def _found(base: Path) -> pd.DataFrame:
    """One row a picture file: image, style, set (from the folder), name; in one order everywhere."""
    rows = [
        {"image": "/".join(filter(None, (part, style, name))), "style": style, "set": _SETS.get(part), "name": name}
        for part in ("", "train", "test")
        for style in STYLES
        for name in _pictures(base / part / style)
    ]
    return pd.DataFrame(rows, columns=["image", "style", "set", "name"], dtype=object)


def _pictures(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if os.path.splitext(entry.name)[1].lower() in SUFFIXES and not entry.name.startswith("."):
            yield entry.name


def _named(found: pd.DataFrame) -> pd.DataFrame:
    """Artist and title from names such as "abraham-storck_italianate-park-landscape.jpg"."""
    parts = found["name"].str.rsplit(".", n=1).str[0].str.split("_", n=1, expand=True).reindex(columns=[0, 1])
    people = {slug: published.person(slug) for slug in parts[0].unique()}
    return found.assign(
        work_id=found["name"],
        artist=parts[0].map(people).where(parts[1].notna()),
        title=parts[1].map(published.titled),
    ).drop(columns="name")


def _joined(found: pd.DataFrame, file: Path) -> pd.DataFrame:
    table = published.texts(delimited.read(file, ("name", "label", *_JOINED), required=("name", "label")))
    _check(table, file)
    table = table.drop_duplicates(["name", "label"]).set_index(["name", "label"])
    keys = pd.MultiIndex.from_frame(found[["name", "style"]])
    rows = table.reindex(keys).reset_index(drop=True)
    unknown, absent = int((~keys.isin(table.index)).sum()), int((~table.index.isin(keys)).sum())
    if unknown == len(found):
        raise CollectionError(
            f"{file.name} has no row for any of the {len(found):,} pictures (columns name and label)."
        )
    if unknown or absent:
        warnings.warn(
            f"{file.name}: {unknown:,} pictures have no row in it, and {absent:,} of its rows have no picture.",
            SkippedWarning,
            stacklevel=3,
        )
    works = _named(found)
    return works.assign(
        artist=_people(rows["artist"]).fillna(works["artist"]),
        url=rows["url"],
        set=found["set"].fillna(rows["split"].str.lower().map(_SETS)),
        public_domain=rows["is_public_domain"].str.lower().map({"true": True, "false": False}).astype("boolean"),
    )


def _people(column: pd.Series) -> pd.Series:
    return column.map(
        {name: published.person(name) if name == name.lower() else name for name in column.dropna().unique()}
    )


def _check(table: pd.DataFrame, file: Path) -> None:
    wrong = ~table["label"].isin(STYLES)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise CollectionError(
            f"{file.name}, row {row + 2}, column 'label': {table['label'].iloc[row]!r} is none of the ten styles."
        )

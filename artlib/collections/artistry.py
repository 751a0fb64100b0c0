"""Artistic and ordinary pictures of four fields (Sato's question), gathered from whatever open sources there are.

Sato's own pictures are not disclosed. Paintings and sculptures come from museums, buildings and gardens from
Places365, whose categories `data/places365.csv` maps to a field and to artistic or ordinary. A model can win on such
a collection by telling museum photographs from snapshots: that is the domain, not the artistry.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd

from artlib import paths
from artlib import works as works_table
from artlib.collections import delimited
from artlib.collections.files import MAX_PIXELS, folder_of, pictures_below
from artlib.collections.table import as_collection
from artlib.works import Collection, CollectionError, SkippedWarning

SIDES = {"artistic": True, "ordinary": False}
TABLE = "places365.csv"

_PLURALS = {"paintings": "painting", "sculptures": "sculpture", "gardens": "garden"}


def read(
    root: str | Path,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read folders FIELD/artistic/ and FIELD/ordinary/, and folders of Places365 under their own names.

    FIELD is painting, architecture, sculpture or garden; pictures lie at any depth, and the first folder below
    becomes the `style` ("museum", "snapshots"). Categories of Places365 may stand in any of its spellings ("palace",
    "church-outdoor", "c/church/outdoor") at the top or below `places365/`. Other folders are passed over with a
    SkippedWarning that names them. Chapter: collections.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder.
    pictures : str
        "required" leaves out works whose picture is missing, with a SkippedWarning; "optional" keeps them.
    near_duplicates : bool
        Whether pictures that look alike become one work (`artlib.collections.duplicates`).
    max_pixels : int
        Larger pictures are refused when they are read, by what their header says.

    Raises
    ------
    CollectionError
        No field has a picture.
    """
    folder = folder_of(root, "artistry").resolve()
    rows = [*_fields(folder), *_places(folder)]
    _report(folder)
    if not rows:
        raise CollectionError(
            f"{folder} holds no picture of a field: make folders {', '.join(works_table.FIELDS)} with artistic/ and "
            f"ordinary/ in each, or put folders of Places365 there (their names are in data/{TABLE})."
        )
    works = pd.DataFrame(rows, columns=["image", "field", "artistic", "style", "source"])
    works["artistic"] = works["artistic"].astype(object)
    works["work_id"] = works["image"]
    return as_collection("artistry", works, folder, "artistry", pictures, near_duplicates, max_pixels)


def places365() -> pd.DataFrame:
    """The table of Places365 categories: category ("church/outdoor"), field, artistic (bool)."""
    table = delimited.read(paths.data() / TABLE, required=("category", "field", "artistic")).to_pandas()
    return table.assign(artistic=table["artistic"].map({"true": True, "false": False}))


def category(name: str) -> str | None:
    """A category's name in the spelling of the table, from any of those in use; None where the table lacks it."""
    plain = name.strip("/").lower()
    if len(plain) > 2 and plain[1] == "/":
        plain = plain[2:]
    return _spellings().get(plain.replace("-", "/"))


@cache
def _spellings() -> dict[str, str]:
    names = places365()["category"]
    return {name: name for name in names} | {name.replace("/", "_"): name for name in names}


def _fields(folder: Path) -> Iterator[tuple]:
    for entry in _folders(folder):
        field = _PLURALS.get(entry.name.lower(), entry.name.lower())
        if field not in works_table.FIELDS:
            continue
        for side in _folders(entry):
            if side.name.lower() in SIDES:
                for image in _pictures(side, f"{entry.name}/{side.name}"):
                    below = image.split("/")[2:-1]
                    yield image, field, SIDES[side.name.lower()], below[0] if below else None, "artistry"


def _places(folder: Path) -> Iterator[tuple]:
    known = places365().set_index("category")
    for prefix in _place_folders(folder):
        name = category(prefix.removeprefix("places365/"))
        if name is not None:
            row = known.loc[name]
            for image in _pictures(folder / prefix, prefix):
                yield image, row["field"], bool(row["artistic"]), name, "Places365"


def _place_folders(folder: Path) -> list[str]:
    """Folders that may be categories, deepest last: "palace", "places365/church-outdoor", "c/church/outdoor"."""
    found = []
    for base in ("", "places365/"):
        for first in _folders(folder / base):
            if first.name == "places365":
                continue
            names = [f"{base}{first.name}"]
            names += [f"{names[0]}/{second.name}" for second in _folders(first)]
            if len(first.name) == 1:
                names += [f"{name}/{third.name}" for name in names[1:] for third in _folders(folder / name)]
            found += names
    return found


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.is_dir() and entry.name[0] != ".")


def _pictures(folder: Path, prefix: str) -> Iterator[str]:
    """Pictures of a folder; a category of Places365 in it comes on its own."""
    return pictures_below(folder, prefix, lambda name: category(name.removeprefix("places365/")) is not None)


def _report(folder: Path) -> None:
    """Folders that are neither a field nor a category, and what lies in a field beside its two sides."""
    known = {*works_table.FIELDS, *_PLURALS, "places365"}
    passed = [
        entry.name
        for entry in _folders(folder)
        if entry.name.lower() not in known and category(entry.name) is None and len(entry.name) > 1
    ]
    for entry in _folders(folder):
        if entry.name.lower() in known - {"places365"}:
            passed += [f"{entry.name}/{side.name}" for side in _folders(entry) if side.name.lower() not in SIDES]
    passed += [
        f"places365/{entry.name}"
        for entry in _folders(folder / "places365")
        if category(entry.name) is None and len(entry.name) > 1 and not _folders(entry)
    ]
    if passed:
        warnings.warn(
            f"artistry: {len(passed)} folders passed over that are neither artistic nor ordinary pictures of a field "
            f"({', '.join(map(repr, passed[:5]))}).",
            SkippedWarning,
            stacklevel=3,
        )

"""Artistic and ordinary pictures of four fields (Sato's question), gathered from whatever open sources there are.

Sato's own pictures are not disclosed. Paintings and sculptures come from museums, buildings and gardens from
Places365, whose categories `data/places365.csv` maps to a field and to artistic or ordinary. A model can win on such
a collection by telling museum photographs from snapshots: that is the domain, not the artistry.
"""

from functools import cache
from pathlib import Path
from typing import Unpack

import pandas as pd

from artlib import paths
from artlib import works as works_table
from artlib.collections import delimited
from artlib.collections.files import folder_of, pictures_below
from artlib.collections.table import ReadingOptions, as_collection
from artlib.works import Collection, CollectionError, skipped

SIDES = {"artistic": True, "ordinary": False}
TABLE = "places365.csv"

_PLURALS = {"paintings": "painting", "sculptures": "sculpture", "gardens": "garden"}


def read(root: str | Path, **options: Unpack[ReadingOptions]) -> Collection:
    """Read folders FIELD/artistic/ and FIELD/ordinary/, and folders of Places365 under their own names.

    FIELD is painting, architecture, sculpture or garden; pictures lie at any depth, and the first folder below
    becomes the `style` ("museum", "snapshots"). Categories of Places365 may stand in any of its spellings ("palace",
    "church-outdoor", "c/church/outdoor") at the top or below `places365/`. Other folders are passed over with a
    SkippedWarning that names them. Chapter: collections.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder.
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        No field has a picture.
    """
    folder = folder_of(root, "artistry").resolve()
    rows, passed = _rows(folder)
    if passed:
        skipped(
            f"artistry: {len(passed)} folders passed over that are neither artistic nor ordinary pictures of a field "
            f"({', '.join(map(repr, passed[:5]))})."
        )
    if not rows:
        raise CollectionError(
            f"{folder} holds no picture of a field: make folders {', '.join(works_table.FIELDS)} with artistic/ and "
            f"ordinary/ in each, or put folders of Places365 there (their names are in data/{TABLE})."
        )
    works = pd.DataFrame(rows, columns=["image", "field", "artistic", "style", "source"])
    works["artistic"] = works["artistic"].astype(object)
    works["work_id"] = works["image"]
    return as_collection("artistry", works, folder, "artistry", **options)


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


def _rows(folder: Path) -> tuple[list[tuple], list[str]]:
    """image, field, artistic, style and source of every picture; and the folders whose pictures are none of these."""
    known = places365().set_index("category")
    rows, passed = [], {}
    for image in pictures_below(folder, linked=3):
        *above, _ = image.split("/")
        prefixes = ["/".join(above[:depth]).removeprefix("places365/") for depth in range(len(above), 0, -1)]
        name = next(filter(None, map(category, prefixes)), None)
        top, side = [*map(str.lower, above[:2]), "", ""][:2]
        field = _PLURALS.get(top, top)
        if name is not None:
            rows.append((image, known.at[name, "field"], bool(known.at[name, "artistic"]), name, "Places365"))
        elif field in works_table.FIELDS and side in SIDES:
            rows.append((image, field, SIDES[side], above[2] if len(above) > 2 else None, "artistry"))
        elif above:
            passed["/".join(above[:2] if field in works_table.FIELDS or top == "places365" else above[:1])] = None
    return rows, list(passed)

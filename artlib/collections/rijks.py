"""Rijksmuseum Challenge 2014 (Mensink and Van Gemert): 112,039 pictures, their creators, types, materials and years.

doi.org/10.21942/uva.5660617: rijksgt.mat (ground truth and split) and ``jpg2/*.jpg``. Names are Dutch. Chapters:
collections, omniart (Tables 2, 3), fine-tuning (`ticc=True` stands in for TICC Printmaking, which is not public).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from artlib.collections import columns, matlab
from artlib.collections.table import ReadingOptions, as_collection
from artlib.works import Collection, CollectionError

TRUTH, PICTURES = "rijksgt.mat", "jpg2"
PRINT = "prent"
UNKNOWN = ("anoniem", "unknown")  # the last two names of creators, which are none
TICC_MINIMUM = 96  # works an artist in TICC Printmaking (fine-tuning paper, section 3)

_SETS = np.array(["train", "valid", "test"], dtype=object)
_FIELDS = ("set", "C", "Cnames", "T", "Tnames", "M", "Mnames", "Y")


def read(root: str | Path, ticc: bool = False, **options: Unpack[ReadingOptions]) -> Collection:
    """Read `rijksgt.mat` and the folder `jpg2` beside it: row i of the table is the i-th picture in sorted order.

    `set` is the published split ("train", "valid", "test": `artlib.splits.published`); `types` and `materials` are
    Dutch; unknown creators ("anoniem", "unknown") have no artist. Impossible years are counted in a SkippedWarning.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder, or the file.
    ticc : bool
        Whether only prints are kept, by artists with at least 96 of them.
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        The file is no such table, its parts do not fit one another, or the number of pictures is another than that of
        the rows.
    """
    folder = _folder(Path(root).expanduser())
    truth = _truth(folder / TRUTH)
    works = _works(truth, _images(folder, len(truth["set"]), options.get("pictures", "required")), TRUTH)
    if ticc:
        works = _prints(works)
    return as_collection("rijks-prints" if ticc else "rijks", works, folder, TRUTH, chosen=ticc, **options)


def _folder(root: Path) -> Path:
    if root.name == TRUTH:
        return root.parent
    if not (root / TRUTH).is_file():
        raise CollectionError(f"{root} holds no {TRUTH}: give the folder with it and {PICTURES}/ (figshare 5660617).")
    return root


def _truth(file: Path) -> dict[str, Any]:
    """The fields of the struct `gt`, by name."""
    struct = matlab.read(file, "gt")
    fields = tuple(struct) if isinstance(struct, dict) else ()
    missing = [name for name in _FIELDS if name not in fields]
    if missing:
        raise CollectionError(f"{file.name}: the struct 'gt' lacks {', '.join(missing)} (found: {', '.join(fields)}).")
    return _checked({name: struct[name] for name in _FIELDS}, file.name)


def _checked(truth: dict[str, Any], file: str) -> dict[str, Any]:
    """Whole numbers and names of the sizes that fit one another."""
    for name in ("set", "C", "Y", "Cnames", "Tnames", "Mnames"):
        if hasattr(truth[name], "tocoo"):
            raise CollectionError(f"{file}: {name!r} is sparse; it should have a value for each row.")
    rows = np.size(truth["set"])
    checked: dict[str, Any] = {}
    for name in ("set", "C"):
        checked[name] = _whole(truth[name], name, file, (rows,))
    if np.size(truth["Y"]) != 2 * rows:
        raise CollectionError(f"{file}: 'Y' should have two years for each of {rows:,} rows.")
    checked["Y"] = np.asarray(truth["Y"], dtype=object).astype(str).reshape(rows, 2)
    for name in ("C", "T", "M"):
        checked[f"{name}names"] = np.atleast_1d(np.asarray(truth[f"{name}names"], dtype=object)).ravel()
    for name in ("T", "M"):
        checked[name] = _cells(truth[name], (rows, len(checked[f"{name}names"])), name, file)
    for name, top in (("set", 3), ("C", len(checked["Cnames"]))):
        wrong = np.flatnonzero((checked[name] < 1) | (checked[name] > top))
        if len(wrong):
            raise CollectionError(
                f"{file}, row {wrong[0] + 1}: {name} is {checked[name][wrong[0]]}, which is not from 1 to {top:,}."
            )
    return checked


def _whole(values: Any, name: str, file: str, shape: tuple[int, ...]) -> np.ndarray:
    try:
        numbers = np.asarray(values, dtype="float64").reshape(-1)
    except (TypeError, ValueError):
        raise CollectionError(f"{file}: {name!r} should hold numbers.") from None
    if numbers.shape != shape or not (numbers % 1 == 0).all():
        raise CollectionError(f"{file}: {name!r} should hold {shape[0]:,} whole numbers, one a row.")
    return numbers.astype("int64")


def _cells(values: Any, shape: tuple[int, int], name: str, file: str) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the marked cells of a table of marks, dense or sparse."""
    if not hasattr(values, "tocoo"):
        values = np.asarray(values)
        values = values.reshape(shape) if values.size == shape[0] * shape[1] else values
    if values.shape != shape:
        raise CollectionError(
            f"{file}: {name!r} is {values.shape}; there are {shape[0]:,} rows and {shape[1]:,} names."
        )
    rows, marks = values.nonzero()
    order = np.lexsort((marks, rows))
    return rows[order], marks[order]


def _images(folder: Path, rows: int, pictures: str) -> list[str]:
    shown = folder / PICTURES
    names = sorted(entry.name for entry in os.scandir(shown) if entry.name.endswith(".jpg")) if shown.is_dir() else []
    if len(names) == rows:
        return [f"{PICTURES}/{name}" for name in names]
    if pictures == "optional" and not names:
        return [f"{PICTURES}/{number}.jpg" for number in range(1, rows + 1)]
    raise CollectionError(
        f"{PICTURES}/ holds {len(names):,} pictures and {TRUTH} has {rows:,} rows. A row's picture is known by its "
        "place in sorted order alone, so that all must be there, and no other .jpg."
    )


def _works(truth: Mapping[str, Any], images: list[str], file: str) -> pd.DataFrame:
    names = pd.Series(truth["Cnames"], dtype=object).map(str)
    artists = names.mask(names.str.lower().isin(UNKNOWN), None).to_numpy()
    begin, end = (pd.Series(truth["Y"][:, side]) for side in (0, 1))
    return pd.DataFrame(
        {
            "work_id": pd.Series(images).str.split("/").str[-1].str.removesuffix(".jpg"),
            "image": images,
            "artist": artists[truth["C"] - 1],
            "types": _lists(*truth["T"], truth["Tnames"], len(images)),
            "materials": _lists(*truth["M"], truth["Mnames"], len(images)),
            **columns.spans(file, begin, end),
            "set": _SETS[truth["set"] - 1],
            "source": "Rijksmuseum",
            "licence": "public domain",
            "credit": "Rijksmuseum, Amsterdam",
        }
    )


def _lists(rows: np.ndarray, marks: np.ndarray, names: np.ndarray, count: int) -> list[list[str]]:
    """The names of each row's marks."""
    marked = np.array([str(name) for name in names], dtype=object)[marks]
    return [part.tolist() for part in np.split(marked, np.searchsorted(rows, np.arange(1, count)))]


def _prints(works: pd.DataFrame) -> pd.DataFrame:
    prints = works[works["types"].map(lambda types: PRINT in types).astype(bool) & works["artist"].notna()]
    kept = prints[prints.groupby("artist")["artist"].transform("size") >= TICC_MINIMUM]
    if kept.empty:
        raise CollectionError(
            f"No artist has {TICC_MINIMUM} works of the type {PRINT!r} here ({len(prints):,} prints)."
        )
    return kept.reset_index(drop=True)

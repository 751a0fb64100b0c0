"""What a collection is: a table of works, its columns, their check, and pictures.

One pandas row per picture. ``work_id`` and ``image`` are required; all other columns may be missing, and columns
of other names are kept as they are. Pictures that show one physical work share its ``work_id``.
"""

import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from artlib.errors import ArtlibError

REQUIRED = ("work_id", "image")
TEXT = (
    *REQUIRED, "artist", "title", "date_text", "style", "genre", "culture", "timeframe", "field", "source", "licence",
    "credit", "url",
)  # fmt: skip
YEARS = ("year_begin", "year_end")
LISTS = ("types", "materials")
COLUMNS = (*TEXT, *YEARS, *LISTS, "artistic")
SETS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}
FIELDS = ("painting", "architecture", "sculpture", "garden")

_TRUE = {"true", "yes", "1", "1.0", "artistic"}
_FALSE = {"false", "no", "0", "0.0", "ordinary"}
EARLIEST, LATEST = -40_000, 2_200  # what a table of works takes for a year


class CollectionError(ArtlibError):
    """A collection cannot be read as asked: what is wrong, where, and what to do."""


class SkippedWarning(UserWarning):
    """Pictures were left out; the text says how many and why."""


def skipped(said: str) -> None:
    """Give a SkippedWarning at the line outside the package that asked for the collection."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("artlib"):
        frame, level = frame.f_back, level + 1
    warnings.warn(said, SkippedWarning, stacklevel=level)


class PictureError(ArtlibError):
    """One picture cannot be used; its text is one plain reason, which goes to the skip list."""


class PictureSource(Protocol):
    """What a collection gives the pixel cache: pictures by key.

    Objects travel to other processes (plain attributes, no open files). `threads = True`, which is optional, says that
    reading runs outside the interpreter's lock.
    """

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture as uint8 RGB (H, W, 3), shorter side >= `size` px where the original allows, or PictureError."""
        ...

    def fingerprint(self, image: str) -> str:
        """A short text that changes when the picture's content changes, got without decoding it."""
        ...


@dataclass(frozen=True)
class Collection:
    """A table of works (``COLUMNS``, one row per picture) and the source of its pictures."""

    name: str
    works: pd.DataFrame
    source: PictureSource

    def __len__(self) -> int:
        return len(self.works)


class WorksError(ArtlibError):
    """A table of works breaks a rule; the text names source, row, column and value."""


def check(frame: pd.DataFrame, source: str, first: int = 0) -> pd.DataFrame:
    """The frame as a table of works: right types, empty texts as missing, rows numbered from 0.

    Years are whole numbers (``artlib.collections.dates`` reads what museums write). Lists may be lists or texts
    separated by semicolons.

    Parameters
    ----------
    frame : one row a picture; see the module's columns.
    source : where the frame comes from (a file's name), for the messages.
    first : number that messages give to the first row (2 below the header of a file).

    Raises
    ------
    WorksError : a required column is missing, an id is empty, a picture is listed twice, or a value cannot be read.
    """
    missing = [column for column in REQUIRED if column not in frame.columns]
    if missing:
        raise WorksError(
            f"{source}: column {' and '.join(map(repr, missing))} is missing "
            f"(found: {', '.join(map(str, frame.columns)) or 'none'}). Every picture needs a work_id and an image."
        )
    works = frame.set_axis(range(first, first + len(frame)))
    for column in works.columns.intersection(TEXT):
        try:
            works[column] = _texts(works[column])
        except (TypeError, ValueError, NotImplementedError):
            raise WorksError(f"{source}, column {column!r}: holds lists or other values where texts belong.") from None
    for column in works.columns.intersection(YEARS):
        works[column] = _years(works[column], source)
    for column in works.columns.intersection(LISTS):
        works[column] = _lists(works[column])
    if "artistic" in works.columns:
        works["artistic"] = _truths(works["artistic"], source)
    _validate(works, source)
    return works.reset_index(drop=True)


def describe(works: pd.DataFrame, columns: Iterable[str] = ("artist", "style", "genre", "culture")) -> pd.DataFrame:
    """How many works and how many different values each column holds, and how many pictures lack one."""
    rows = [
        {
            "column": column,
            "values": works[column].nunique(),
            "pictures": int(works[column].notna().sum()),
            "without": int(works[column].isna().sum()),
            "largest": works[column].value_counts().index[0] if works[column].notna().any() else None,
        }
        for column in columns
        if column in works.columns
    ]
    return pd.DataFrame(rows, columns=["column", "values", "pictures", "without", "largest"])


def select(works: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """The pictures of these works, in the order of the table, rows numbered from 0; chapter: collection-map.

    Raises
    ------
    WorksError : an id that is no ``work_id`` of the table.
    """
    unknown = sorted(set(ids) - set(works["work_id"]))
    if unknown:
        raise WorksError(
            f"{len(unknown)} of {len(set(ids))} ids are no work_id of these works, {unknown[0]!r} for one. "
            "Were they copied from the map of another collection?"
        )
    return works[works["work_id"].isin(ids)].reset_index(drop=True)


def connected(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which of so many things hang together by pairs (left[i], right[i]): a number for each, (count,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(left)), (left, right)), shape=(count, count))
    return connected_components(links, directed=False)[1]


def mark(works: pd.DataFrame, name: str, ids: Sequence[str]) -> pd.DataFrame:
    """All works with a new column ``name``: "inside" for these ids, "outside" for the rest, so that it can be a task.

    Raises
    ------
    WorksError : as ``select``, or a column of that name.
    """
    if name in works.columns:
        raise WorksError(f"The works have a column {name!r} already: choose another name for the selection.")
    inside = works["work_id"].isin(select(works, ids)["work_id"])
    return works.assign(**{name: np.where(inside, "inside", "outside").astype(object)})


# --- columns ---------------------------------------------------------------------------------------------------


def _texts(column: pd.Series) -> pd.Series:
    """Stripped texts; empty ones are missing. Equal texts are one object: published tables repeat themselves."""
    codes, different = pd.factorize(column.astype("string"))
    texts = pd.Series(different, dtype="string").str.strip().str.replace("\ufeff", "", regex=False)
    texts = np.append(texts.mask(texts == "").astype(object).where(lambda values: values.notna(), None), [None])
    return pd.Series(texts[codes], index=column.index, dtype=object)


def _years(column: pd.Series, source: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    given = column.notna() & (column.astype("string").str.strip() != "").fillna(False)
    # Beyond 2^53 floats skip whole numbers.
    broken = given & (numbers.isna() | (numbers % 1 != 0) | (numbers.abs() > 2**53))
    if broken.any():
        row = column.index[broken][0]
        raise WorksError(
            f"{source}, row {row}, column {column.name!r}: {column[row]!r} is not a year. "
            "Write a whole number (negative for BCE), leave it empty, or put the words into 'date_text'."
        )
    return numbers.astype("Int64")


def _lists(column: pd.Series) -> pd.Series:
    if not isinstance(column.dtype, pd.StringDtype):
        return column.map(_as_list).astype(object)
    # Texts repeat: each is taken apart once, and every row gets a list of its own.
    codes, different = pd.factorize(column)
    apart = [*map(_as_list, different), []]
    values = np.empty(len(codes), dtype=object)
    values[:] = [apart[code].copy() for code in codes]
    return pd.Series(values, index=column.index, dtype=object)


def _as_list(value: object) -> list[str]:
    if value is None or (isinstance(value, float) and value != value) or value is pd.NA:
        return []
    parts = value.split(";") if isinstance(value, str) else [str(part) for part in value]
    return [part.strip() for part in parts if part.strip()]


def _truths(column: pd.Series, source: str) -> pd.Series:
    words = column.astype("string").str.strip().str.lower()
    wrong = ~words.isin(_TRUE | _FALSE | {""}) & words.notna()
    if wrong.any():
        row = wrong.idxmax()
        raise WorksError(f"{source}, row {row}, column 'artistic': {column[row]!r} is neither true nor false.")
    return words.map(dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)).astype("boolean")


def _validate(works: pd.DataFrame, source: str) -> None:
    """The rules that hold between values; the first faults become one message."""
    faults = [(row, name, rule) for name, rule, broken in _rules(works) for row in works.index[broken]]
    if faults:
        cells = ((row, name, works.astype({name: object}).at[row, name], rule) for row, name, rule in faults[:3])
        said = "; ".join(f"row {row}, column {name!r}: {value!r} {rule}" for row, name, value, rule in cells)
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        raise WorksError(f"{source}: {said}{more}")


def _rules(works: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series]]:
    """Each rule as the column it speaks of, its words, and the rows that break it."""
    for name in REQUIRED:
        yield name, "must not be empty", works[name].isna()
    yield "image", "is listed twice (one row a picture)", works["image"].duplicated(keep=False) & works["image"].notna()
    if "field" in works:
        yield "field", f"is none of {', '.join(FIELDS)}", works["field"].notna() & ~works["field"].isin(FIELDS)
    for name in works.columns.intersection(YEARS):
        outside = ~works[name].between(EARLIEST, LATEST).fillna(True).astype(bool)
        yield name, f"is not a year from {EARLIEST} to {LATEST}", outside
    if set(YEARS) <= set(works):
        turned = (works["year_begin"] > works["year_end"]).fillna(False).astype(bool)
        yield "year_begin", "year_begin lies after year_end", turned

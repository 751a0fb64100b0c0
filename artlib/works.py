"""What a collection is: a table of works, its columns, their check, years as museums write them, and pictures.

One pandas row per picture. ``work_id`` and ``image`` are required; all other columns may be missing, and columns
of other names are kept as they are. Pictures that show one physical work share its ``work_id``.
"""

import re
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
    *REQUIRED,
    "artist",
    "title",
    "date_text",
    "style",
    "genre",
    "culture",
    "timeframe",
    "field",
    "source",
    "licence",
    "credit",
    "url",
)
YEARS = ("year_begin", "year_end")
LISTS = ("types", "materials")
COLUMNS = (*TEXT, *YEARS, *LISTS, "artistic")
SETS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}
FIELDS = ("painting", "architecture", "sculpture", "garden")

_TRUE = {"true", "yes", "1", "1.0", "artistic"}
_FALSE = {"false", "no", "0", "0.0", "ordinary"}
_EARLIEST, _LATEST = -40_000, 2_200


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

    Objects travel to other processes (plain attributes, no open files). Two attributes are optional: `threads = True`
    where reading runs outside the interpreter's lock, and `fingerprints(images)` where many at once are cheaper.
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


def check(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """The frame as a table of works: right types, empty texts as missing, rows numbered from 0.

    Years may be numbers or texts ("c. 1635", "1713-22", "16th century"); what a text year says moves into
    ``date_text`` when that is empty. Lists may be lists or texts separated by semicolons.

    Parameters
    ----------
    frame : one row a picture; see the module's columns.
    source : where the frame comes from (a file's name), for the messages.

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
    works = frame.reset_index(drop=True)
    for column in works.columns.intersection(TEXT):
        try:
            works[column] = _texts(works[column])
        except (TypeError, ValueError, NotImplementedError):
            raise WorksError(f"{source}, column {column!r}: holds lists or other values where texts belong.") from None
    for column in works.columns.intersection(YEARS):
        works = _with_years(works, column, source)
    for column in works.columns.intersection(LISTS):
        works[column] = _lists(works[column])
    if "artistic" in works.columns:
        works["artistic"] = _truths(works["artistic"], source)
    _validate(works, source)
    return works


def parse_years(text: object) -> tuple[int, int] | tuple[None, None]:
    """First and last year that a museum's date says; BCE is negative; (None, None) where it says none.

    Reads years, days ("1850-01-01"), ranges ("1535-40", "1870/75"), decades, centuries (with early, mid, late), "c."
    and "B.C.", and takes the narrowest span where several are given ("Qing dynasty (1644-1911), Kangxi (1662-1722)").
    """
    if text is None or (isinstance(text, float) and text != text):
        return None, None
    if isinstance(text, (int, float)):
        return int(text), int(text)
    cleaned = re.sub(r"[\u2012-\u2015\u2212/]", "-", str(text).strip())
    if re.fullmatch(r"-?\d{1,5}(\.0+)?", cleaned):
        year = int(float(cleaned))
        return year, year
    if day := re.fullmatch(r"(-?\d{4,6})-\d\d-\d\d(?:T.*)?", cleaned):
        return int(day[1]), int(day[1])
    spans = [span for reader in (_centuries, _ranges, _decades, _single_years) for span in reader(cleaned)]
    spans = [(low, high) for low, high in spans if _EARLIEST <= low <= high <= _LATEST]
    return min(spans, key=lambda span: span[1] - span[0]) if spans else (None, None)


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


# --- dates -----------------------------------------------------------------------------------------------------

_BCE = r"(?:\s*(B\.?\s?C\.?(?:\s?E\.?)?))?"
_CENTURY = re.compile(
    r"(?:(early|mid|late|first half|second half)[\s-]*(?:of the\s*)?)?"
    r"(\d{1,2})(?:st|nd|rd|th)?(?:\s*-\s*(?:(?:early|mid|late)\s*)?(\d{1,2}))?\s*(?:st|nd|rd|th)?\s*"
    r"(?:centur(?:y|ies)|\u4e16\u7eaa|\u4e16\u7d00)" + _BCE,
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?<!\d)(\d{3,4})\s*(?:-|to|or)\s*(\d{1,4})(?!\d)(?!\s*(?:st|nd|rd|th))" + _BCE, re.IGNORECASE)
_ACROSS = re.compile(
    r"(?<!\d)(\d{1,4})\s*B\.?\s?C\.?(?:\s?E\.?)?\s*(?:-|to)\s*(?:A\.?\s?D\.?\s*(\d{1,4})|(\d{1,4})\s*(?:A\.?\s?D\.?|C\.?\s?E\.?))",
    re.IGNORECASE,
)
_DECADE = re.compile(r"(?<!\d)(\d{3}0)'?s(?!\w)")
_YEAR = re.compile(r"(?<!\d)(?<!\d\.)(\d{3,4})(?![\d.]\d|\d|'?s\b)" + _BCE, re.IGNORECASE)
_PART = {"early": (0, 33), "mid": (33, 66), "late": (66, 99), "first half": (0, 49), "second half": (50, 99)}


def _centuries(text: str) -> list[tuple[int, int]]:
    spans = []
    for part, first, last, bce in _CENTURY.findall(text):
        low, high = int(first), int(last or first)
        if not 1 <= low <= 21 or not 1 <= high <= 21:
            continue
        if bce:
            spans.append((-100 * max(low, high), -100 * (min(low, high) - 1) - 1))
            continue
        begin, end = (low - 1) * 100 + 1, high * 100
        if part and not last:
            offset, until = _PART[part.lower()]
            begin, end = begin + offset, begin + until
        spans.append((begin, end))
    return spans


def _ranges(text: str) -> list[tuple[int, int]]:
    # From one era into the other: "206 B.C.-A.D. 220".
    spans = [(-int(first), int(before or after)) for first, before, after in _ACROSS.findall(text)]
    for first, last, bce in _RANGE.findall(text):
        begin = int(first)
        if bce:
            spans.append((-begin, -int(last)))
        else:
            # "1713-22" means 1722: the second number borrows the digits that it leaves out.
            spans.append((begin, int(first[: -len(last)] + last) if len(last) < len(first) else int(last)))
    return spans


def _decades(text: str) -> list[tuple[int, int]]:
    return [(int(decade), int(decade) + 9) for decade in _DECADE.findall(text)]


def _single_years(text: str) -> list[tuple[int, int]]:
    if _RANGE.search(text) or _ACROSS.search(text):
        return []
    years = [-int(year) if bce else int(year) for year, bce in _YEAR.findall(text)]
    return [(year, year) for year in years[:1]]


# --- columns ---------------------------------------------------------------------------------------------------


def _texts(column: pd.Series) -> pd.Series:
    """Stripped texts; empty ones are missing. Equal texts are one object: published tables repeat themselves."""
    codes, different = pd.factorize(column.astype("string"))
    texts = pd.Series(different, dtype="string").str.strip().str.replace("\ufeff", "", regex=False)
    texts = np.append(texts.mask(texts == "").astype(object).where(lambda values: values.notna(), None), [None])
    return pd.Series(texts[codes], index=column.index, dtype=object)


def _with_years(works: pd.DataFrame, column: str, source: str) -> pd.DataFrame:
    numbers = pd.to_numeric(works[column], errors="coerce")
    written = works[column].astype("string").str.strip()
    wordy = numbers.isna() & written.notna() & (written != "")
    for row in works.index[wordy]:
        begin, end = parse_years(written[row])
        if begin is None:
            raise WorksError(
                f"{source}, row {row}, column {column!r}: {written[row]!r} is not a year. "
                "Write a whole number (negative for BCE), leave it empty, or put the words into 'date_text'."
            )
        numbers[row] = begin if column == "year_begin" else end
        if "date_text" not in works.columns:
            works["date_text"] = None
        if not isinstance(works.at[row, "date_text"], str):
            works.at[row, "date_text"] = written[row]
    broken = numbers.notna() & ((numbers % 1 != 0) | (numbers.abs() > 2**53))  # beyond that, floats skip whole numbers
    if broken.any():
        row = works.index[broken][0]
        raise WorksError(f"{source}, row {row}, column {column!r}: {works.at[row, column]!r} is not a whole year.")
    works[column] = numbers.astype("Int64")
    return works


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
    def truth(row: int, value: object) -> bool | None:
        if value is None or value is pd.NA or (isinstance(value, float) and value != value) or value == "":
            return None
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise WorksError(f"{source}, row {row}, column 'artistic': {value!r} is neither true nor false.")
        return word in _TRUE

    values = [truth(row, value) for row, value in column.items()]
    return pd.Series(values, index=column.index, dtype="boolean")


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
        outside = ~works[name].between(_EARLIEST, _LATEST).fillna(True).astype(bool)
        yield name, f"is not a year from {_EARLIEST} to {_LATEST}", outside
    if set(YEARS) <= set(works):
        turned = (works["year_begin"] > works["year_end"]).fillna(False).astype(bool)
        yield "year_begin", "year_begin lies after year_end", turned

"""What the readers of museums' own tables share: texts, years, lists, records, duplicates, and the last step.

Everything here works on whole columns; what a source got wrong is counted in a SkippedWarning, never passed over.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from artlib import works as works_table
from artlib.collections import Collection, CollectionError, SkippedWarning, delimited
from artlib.collections.files import MAX_PIXELS, FileSource
from artlib.collections.table import present, report_unlisted

if TYPE_CHECKING:
    import pyarrow

EARLIEST, LATEST = -40_000, 2_200  # what a table of works takes for a year
STILL = 9999  # "to this day" in museums' tables
MANIFEST = "manifest.jsonl"  # what a download leaves beside its pictures
YEAR_IN_SLUG = r"-(1[0-9]{3}|20[01][0-9])(?:-\d{1,2})?(?:\(\d+\))?$"

_SMALL = frozenset(
    {"a", "af", "and", "d", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "e", "el", "la", "le"}
    | {"of", "the", "van", "von", "y"}
)
_MOJIBAKE = re.compile("[\u00e2\u00e3][\u0080-\u00bf]")


def texts(table: pyarrow.Table) -> pd.DataFrame:
    """An Arrow table as a frame of stripped texts, empty ones missing; its index counts rows as the file does."""
    import pyarrow
    from pyarrow import compute

    trimmed = {}
    for name in table.column_names:
        column = compute.utf8_trim_whitespace(table.column(name))
        trimmed[name] = compute.if_else(compute.equal(column, ""), None, column)
    frame = pyarrow.table(trimmed).to_pandas(types_mapper={pyarrow.string(): pd.StringDtype(na_value=np.nan)}.get)
    return frame.set_axis(pd.RangeIndex(2, len(frame) + 2))


def spans(begin: pd.Series, end: pd.Series, written: pd.Series | None, file: str) -> pd.DataFrame:
    """Columns year_begin and year_end (Int64, BCE negative) from two columns of texts, and the date as written.

    9999 is "still" and 0 is no year: both are unknown. Where the numbers say nothing, or nothing possible, the date
    as written is read (`artlib.works.parse_years`). Impossible years are counted in a SkippedWarning and unknown.
    """
    (low, low_claimed), (high, high_claimed) = _years(begin), _years(end)
    impossible = (low.isna() & low_claimed) | (high.isna() & high_claimed) | (low > high).fillna(False).astype(bool)
    low, high = low.mask(impossible), high.mask(impossible)
    unknown = low.isna() & high.isna()
    if written is not None and unknown.any():
        first, last = _as_written(written[unknown])
        low, high = low.where(~unknown, first), high.where(~unknown, last)
    if impossible.any():
        rows = np.flatnonzero(impossible)
        shown = f"row {begin.index[rows[0]]}: {begin.iloc[rows[0]]} to {end.iloc[rows[0]]}"
        rescued = int((impossible & low.notna()).sum())
        warnings.warn(
            f"{file}: {len(rows):,} rows with years that cannot be (first: {shown}); "
            f"{rescued:,} took the date as written, the others count as undated.",
            SkippedWarning,
            stacklevel=4,
        )
    return pd.DataFrame({"year_begin": low, "year_end": high})


def by_value(column: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    """A function of the texts of a column, asked once for each different text."""
    codes, different = pd.factorize(column)
    changed = np.array([*map(change, different), None], dtype=object)
    return pd.Series(changed[codes], index=column.index, dtype=pd.StringDtype(na_value=np.nan))


def written(column: pd.Series, file: str) -> pd.DataFrame:
    """As `spans`, where a source has dates as written and nothing else; what says no possible year is unknown."""
    nothing = pd.Series(np.nan, index=column.index)
    return spans(nothing, nothing, column, file)


def parts(column: pd.Series, pattern: str) -> pd.Series:
    """The texts between separators, each once, as the table of works takes lists: separated by semicolons."""
    separator = re.compile(pattern)

    def apart(text: str) -> str:
        pieces = (raw.replace(";", ",").strip() for raw in separator.split(text))
        return ";".join(dict.fromkeys(filter(None, pieces)))

    return by_value(column, apart)


def first(column: pd.Series, separator: str = "|") -> pd.Series:
    """The first of several entries in one field; missing where that is blank."""
    return by_value(column, lambda text: text.partition(separator)[0].strip() or None)


def once(frame: pd.DataFrame, column: str, file: str) -> pd.DataFrame:
    """The frame with each value of a column once; repetitions and blanks are left out with a SkippedWarning."""
    blank = frame[column].isna()
    again = frame[column].duplicated() & ~blank
    if not (blank | again).any():
        return frame
    said = [
        f"{number:,} rows {what}"
        for number, what in (
            (
                again.sum(),
                f"whose {column!r} an earlier row has (first: row {again.idxmax()}, {frame[column][again.idxmax()]!r})",
            ),
            (blank.sum(), f"without {column!r}"),
        )
        if number
    ]
    warnings.warn(f"{file}: left out {' and '.join(said)}.", SkippedWarning, stacklevel=4)
    kept = frame[~(blank | again)]
    if kept.empty:
        raise CollectionError(f"{file} has no row with {column!r}.")
    return kept


def records(file: Path, keys: Sequence[str], what: str) -> pd.DataFrame:
    """JSON records as a frame of the keys asked for: one object a line, a list, an API's page ("data"), a folder.

    Errors: CollectionError names file and line of what is no record; objects without the first key are none.
    """
    rows = [row for source in _json_files(file) for row in _records(source, keys, what)]
    if not rows:
        raise CollectionError(f"{file} holds no records of {what}.")
    return pd.DataFrame(rows, columns=list(keys), dtype=object, index=pd.RangeIndex(1, len(rows) + 1))


def collection(
    name: str,
    frame: pd.DataFrame,
    root: Path,
    table: str,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
    chosen: bool = False,
) -> Collection:
    """The last step of a reader: the frame checked as works, its pictures found beneath `root`, copies grouped.

    Pictures that no work names are counted in a SkippedWarning, unless the works were `chosen` among the source's.
    """
    works = works_table.check(frame, source=table)
    source = FileSource(root.resolve(), max_pixels)
    named = works["image"]
    works = present(works, source, table, pictures)
    if pictures == "required" and not chosen:
        report_unlisted(named, source, table)
    if near_duplicates:
        from artlib.collections import duplicates

        works = duplicates.group(works, source)
    return Collection(name, works, source)


# --- years -----------------------------------------------------------------------------------------------------------


def _years(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Years that can be, and where a field claims one: not blank, no mere word, not 0, not "still"."""
    codes, different = pd.factorize(column)
    written = pd.Series(different, dtype=object)
    numbers = pd.to_numeric(written, errors="coerce")
    can_be = numbers.where((numbers % 1 == 0) & (numbers != 0) & numbers.between(EARLIEST, LATEST)).astype("Int64")
    claims = written.astype(str).str.contains(r"\d") & ~numbers.isin((0, STILL))
    years = can_be.array.take(codes, allow_fill=True)
    return pd.Series(years, index=column.index), pd.Series(np.append(claims, False)[codes], index=column.index)


def _possible(date: str) -> tuple[int | None, int | None]:
    low, high = works_table.parse_years(date)
    return (low, high) if low is not None and EARLIEST <= low <= high <= LATEST and low and high else (None, None)


def _as_written(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    codes, different = pd.factorize(column)
    found = [*map(_possible, different), (None, None)]
    pairs = pd.DataFrame(found, columns=["low", "high"]).astype("Int64").iloc[codes]
    return tuple(pd.Series(pairs[name].to_numpy(), index=column.index, dtype="Int64") for name in pairs)


# --- records ---------------------------------------------------------------------------------------------------------


def _json_files(file: Path) -> list[Path]:
    if file.is_dir():
        return sorted(entry for entry in file.glob("*.json") if not entry.name.startswith("."))
    return [file]


def _records(file: Path, keys: Sequence[str], what: str) -> Iterator[dict[str, Any]]:
    """The records of one file, each cut down to the keys."""
    delimited.opened(file)
    for where, record in _objects(file):
        if not isinstance(record, dict) or record.get(keys[0]) in (None, ""):
            shown = ", ".join(list(record)[:5]) if isinstance(record, dict) else type(record).__name__
            raise CollectionError(
                f"{file.name}{where}: not a record of {what}, it has no {keys[0]!r} (found: {shown})."
            )
        yield {key: record.get(key) for key in keys}


def _objects(file: Path) -> Iterator[tuple[str, Any]]:
    """(where, object): line by line when the first line is an object of its own, else from one document."""
    with open(file, encoding="utf-8-sig") as text:
        try:
            start = next((line for line in text if line.strip()), "")
            if not _is_object(start):
                yield from _document(file, json.loads(start + text.read()))
                return
            text.seek(0)
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield f", line {number}", _loaded(line, file, number)
        except UnicodeDecodeError:
            raise delimited.undecodable(file, "utf-8") from None
        except (json.JSONDecodeError, RecursionError) as fault:
            line = getattr(fault, "lineno", 1)
            raise CollectionError(f"{file.name}, line {line}: not JSON ({fault}).") from None


def _is_object(line: str) -> bool:
    try:
        found = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and not isinstance(found.get("data"), list | dict)


def _document(file: Path, found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, Mapping) and isinstance(found.get("data"), list | Mapping):
        found = found["data"]
    for number, record in enumerate(found if isinstance(found, list) else [found], start=1):
        yield f", record {number}", record


def _loaded(line: str, file: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as fault:
        raise CollectionError(f"{file.name}, line {number}: not JSON ({fault}).") from None


# --- pictures --------------------------------------------------------------------------------------------------------


def image_names(ids: pd.Series, folder: Path) -> pd.Series:
    """Where the pictures of works with these ids lie: as a download's manifest says, else `<id>.jpg`.

    The latter in `pictures/` or `images/` where the folder has one of them.
    """
    known = _manifest(folder / MANIFEST) if (folder / MANIFEST).is_file() else {}
    place = next((f"{name}/" for name in ("pictures", "images") if (folder / name).is_dir()), "")
    return ids.map(known).astype(object).where(ids.isin(known), place + ids.astype("string") + ".jpg").astype(object)


def _manifest(file: Path) -> dict[str, str]:
    """Pictures by their works' ids; a line that a broken-off download cut short is passed over."""
    found = {}
    with open(file, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except (json.JSONDecodeError, RecursionError):
                continue
            if not isinstance(entry, dict):
                continue
            key, image = str(entry.get("id")), str(entry.get("image"))
            # Each work's picture has its id for a name; a manifest that says otherwise is not a download's.
            if re.fullmatch(rf"pictures/{re.escape(key)}\.\w+", image):
                found[key] = image
    return found


# --- names out of files' names ----------------------------------------------------------------------------------------


def repaired(text: str) -> str:
    """A name whose UTF-8 was once read as Latin-1 and lower-cased, as it was: "joaquã\\xadn" is "joaquín"."""

    def letter(pair: re.Match) -> str:
        return bytes([ord(pair[0][0]) - 0x20, ord(pair[0][1])]).decode("utf-8")

    return _MOJIBAKE.sub(letter, text.lower()).replace("\u00a0", " ").lower()


def person(slug: object) -> str | None:
    """ "vincent-van-gogh" as a name; small words as they are written within one."""
    words = repaired(str(slug)).strip().replace("-", " ").split()
    if not words:
        return None
    return " ".join(word if number and word in _SMALL else _capital(word) for number, word in enumerate(words))


def _capital(word: str) -> str:
    return re.sub(r"(^|[(.'])(\w)", lambda start: start[1] + start[2].upper(), word)


def titled(slug: object) -> str | None:
    """Words of the file's name, without copy number and date; none where WikiArt's own export did not know any."""
    if not isinstance(slug, str) or slug.startswith("not_detected"):
        return None
    words = re.sub(r"\(\d+\)$", "", re.sub(YEAR_IN_SLUG, "", slug))
    return repaired(words).replace("-", " ").replace("_", " ").strip().capitalize() or None

"""What is done to the columns of published tables: steps that a declaration names, years, and one row a key.

Everything here works on whole columns, and asks once for each different text; what a source got wrong is counted in a
SkippedWarning, never passed over. Chapter: collections.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths
from artlib.collections.dates import parse_years, tell_unread
from artlib.works import EARLIEST, LATEST, CollectionError, skipped

STILL = 9999  # "to this day" in museums' tables
YEAR_IN_SLUG = r"-(1[0-9]{3}|20[01][0-9])(?:-\d{1,2})?(?:\(\d+\))?$"

_SMALL = frozenset(paths.table("words.yaml")["small_in_names"])
_MOJIBAKE = re.compile("[\u00e2\u00e3][\u0080-\u00bf]")
TEXT = pd.StringDtype(na_value=np.nan)

Expression = str | list  # a column's name, or a list of one and of the steps that change it


def column(frame: pd.DataFrame, expression: Expression) -> pd.Series:
    """A column of a frame, changed step by step as a declaration says: ``[TITLE, lower, {without: ["-"]}]``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Texts; a step that names other columns finds them there.
    expression : str or list
        The column, then steps: a key of `STEPS`, or a mapping of one such key to what it is given.
    """
    name, *steps = [expression] if isinstance(expression, str) else expression
    values = frame[name]
    for step in steps:
        ((named, given),) = step.items() if isinstance(step, Mapping) else ((step, None),)
        values = STEPS[named](values, given, frame)
    return values


def by_value(values: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    """A function of the texts of a column, asked once for each different text; missing stays missing."""
    codes, different = pd.factorize(values)
    changed = np.array([*map(change, different), None], dtype=object)
    return pd.Series(changed[codes], index=values.index, dtype=TEXT)


def parts(values: pd.Series, pattern: str) -> pd.Series:
    """The texts between separators, each once, as the table of works takes lists: separated by semicolons."""
    separator = re.compile(pattern)

    def pieces(text: str) -> str:
        stripped = (raw.replace(";", ",").strip() for raw in separator.split(text))
        return ";".join(dict.fromkeys(filter(None, stripped)))

    return by_value(values, pieces)


def unescaped(values: pd.Series) -> pd.Series:
    """Texts without HTML's spelling of letters ("&eacute;"); a tag stays what it is, a text."""
    return by_value(values, lambda text: html.unescape(text).strip())


def once(frame: pd.DataFrame, name: str, file: str) -> pd.DataFrame:
    """The frame with each value of a column once; repetitions and blanks are left out with a SkippedWarning."""
    blank = frame[name].isna()
    again = frame[name].duplicated() & ~blank
    if not (blank | again).any():
        return frame
    said = []
    if again.any():
        first = again.idxmax()
        shown = f"(first: row {first}, {frame[name][first]!r})"
        said.append(f"{again.sum():,} rows whose {name!r} an earlier row has {shown}")
    if blank.any():
        said.append(f"{blank.sum():,} rows without {name!r}")
    skipped(f"{file}: left out {' and '.join(said)}.")
    kept = frame[~(blank | again)]
    if kept.empty:
        raise CollectionError(f"{file} has no row with {name!r}.")
    return kept


# --- years -----------------------------------------------------------------------------------------------------------


def spans(
    file: str, begin: pd.Series | None = None, end: pd.Series | None = None, written: pd.Series | None = None
) -> pd.DataFrame:
    """Columns year_begin and year_end (Int64, BCE negative) from two columns of texts, and the date as written.

    9999 is "still" and 0 is no year: both are unknown. Where the numbers say nothing, or nothing possible, the date
    as written is read (`artlib.collections.dates`). Impossible years are counted in a SkippedWarning and unknown.
    """
    nothing = pd.Series(np.nan, index=(begin if written is None else written).index)
    begin, end = (nothing if values is None else values for values in (begin, end))
    (low, low_claimed), (high, high_claimed) = _years(begin), _years(end)
    impossible = (low.isna() & low_claimed) | (high.isna() & high_claimed) | (low > high).fillna(False).astype(bool)
    low, high = low.mask(impossible), high.mask(impossible)
    unknown = low.isna() & high.isna()
    if written is not None and unknown.any():
        first, last = _as_written(written[unknown])
        low, high = low.where(~unknown, first), high.where(~unknown, last)
        tell_unread(written[unknown], low[unknown], file)
    if impossible.any():
        rows = np.flatnonzero(impossible)
        shown = f"row {begin.index[rows[0]]}: {begin.iloc[rows[0]]} to {end.iloc[rows[0]]}"
        rescued = int((impossible & low.notna()).sum())
        skipped(
            f"{file}: {len(rows):,} rows with years that cannot be (first: {shown}); "
            f"{rescued:,} took the date as written, the others count as undated."
        )
    return pd.DataFrame({"year_begin": low, "year_end": high})


def _years(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Years that can be, and where a field claims one: not blank, no mere word, not 0, not "still"."""
    codes, different = pd.factorize(values)
    written = pd.Series(different, dtype=object)
    numbers = pd.to_numeric(written, errors="coerce")
    can_be = numbers.where((numbers % 1 == 0) & (numbers != 0) & numbers.between(EARLIEST, LATEST)).astype("Int64")
    claims = written.astype(str).str.contains(r"\d") & ~numbers.isin((0, STILL))
    years = can_be.array.take(codes, allow_fill=True)
    return pd.Series(years, index=values.index), pd.Series(np.append(claims, False)[codes], index=values.index)


def _possible(date: str) -> tuple[int | None, int | None]:
    low, high = parse_years(date)
    return (low, high) if low is not None and EARLIEST <= low <= high <= LATEST and low and high else (None, None)


def _as_written(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    codes, different = pd.factorize(values)
    found = [*map(_possible, different), (None, None)]
    pairs = pd.DataFrame(found, columns=["low", "high"]).astype("Int64").iloc[codes]
    return tuple(pd.Series(pairs[name].to_numpy(), index=values.index, dtype="Int64") for name in pairs)


# --- names -----------------------------------------------------------------------------------------------------------


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


def titled(slug: object) -> str | None:
    """Words of the file's name, without copy number and date; none where WikiArt's own export did not know any."""
    if not isinstance(slug, str) or slug.startswith("not_detected"):
        return None
    words = re.sub(r"\(\d+\)$", "", re.sub(YEAR_IN_SLUG, "", slug))
    return repaired(words).replace("-", " ").replace("_", " ").strip().capitalize() or None


def _capital(word: str) -> str:
    return re.sub(r"(^|[(.'])(\w)", lambda start: start[1] + start[2].upper(), word)


def _catalogued(name: str) -> str | None:
    """ "AACHEN, Hans von" as "Aachen, Hans von"; unknown masters are none."""
    if re.match(r"(?:unknown|anonymous)\b", name, re.IGNORECASE):
        return None
    family, comma, rest = name.partition(",")
    return re.sub(r"(?<=\w)'S\b", "'s", family.title()) + comma + rest


# --- steps -----------------------------------------------------------------------------------------------------------


def _extracted(values: pd.Series, pattern: str, _: pd.DataFrame) -> pd.Series:
    found = re.compile(pattern)

    def one(text: str) -> str | None:
        match = found.search(text)
        return (match[1].strip() or None) if match else None

    return by_value(values, one)


def _replaced(values: pd.Series, given: list[str], _: pd.DataFrame) -> pd.Series:
    pattern, by = given
    return by_value(values, lambda text: re.sub(pattern, by, text).strip() or None)


def _same(values: pd.Series, keys: list[str], frame: pd.DataFrame) -> pd.Series:
    """The first value of the rows that agree in all these columns; a row without the first of them stands alone."""
    first = values.groupby([frame[key].fillna("") for key in keys], sort=False).transform("first")
    return first.where(frame[keys[0]].notna(), values)


def _none(values: pd.Series) -> pd.Series:
    return values.where(values.notna(), None)


def _whole(values: pd.Series, limits: list[int], _: pd.DataFrame) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers.where((numbers % 1 == 0) & numbers.between(*limits) & (numbers != 0)).astype("Int64")


def _first_listed(text: str) -> str | None:
    """The first of a field that is a list: JSON's, or entries between semicolons."""
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            text = text.strip("[]").split("',")[0].strip("'\" ")
        else:
            texts = (entry.get("description") if isinstance(entry, dict) else entry for entry in listed)
            return next((one.strip() for one in texts if isinstance(one, str) and one.strip()), None)
    return text.split(";")[0].strip() or None


STEPS: dict[str, Callable[[pd.Series, Any, pd.DataFrame], pd.Series]] = {
    "title": lambda values, _, frame: values.str.title(),
    "lower": lambda values, _, frame: values.str.lower(),
    "first": lambda values, _, frame: by_value(values, lambda text: text.partition("|")[0].strip() or None),
    "first_listed": lambda values, _, frame: by_value(values, _first_listed),
    "split": lambda values, pattern, frame: parts(values, pattern),
    "extract": _extracted,
    "replace": _replaced,
    "map": lambda values, table, frame: by_value(values, table.get),
    "without": lambda values, words, frame: values.mask(values.isin(words)),
    "only": lambda values, words, frame: values.where(values.isin(words)),
    "else": lambda values, text, frame: values.fillna(text),
    "or": lambda values, other, frame: _none(values.astype(object).fillna(column(frame, other).astype(object))),
    "same": _same,
    "number": lambda values, _, frame: pd.to_numeric(values, errors="coerce"),
    "whole": _whole,
    "truth": lambda values, _, frame: values.str.lower().map({"true": True, "false": False}).astype("boolean"),
    "catalogued": lambda values, _, frame: by_value(values, _catalogued),
    "person": lambda values, _, frame: by_value(values, person),
    "person_in_lower_case": lambda values, _, frame: by_value(values, lambda n: person(n) if n == n.lower() else n),
    "titled": lambda values, _, frame: by_value(values, titled),
}
"""What a declaration may do with a column, by name: (values, what the step is given, the frame) -> values."""

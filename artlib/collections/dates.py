"""Dates as museums write them: what is said surely becomes years, the rest is missing and counted.

"c. 1635", "1713-22", "late 16th century", "206 B.C.-A.D. 220", "189-?". Chapter: collections.
"""

import re
import unicodedata

import pandas as pd

from artlib import paths
from artlib.works import EARLIEST, LATEST, YEARS, WorksError, skipped


def with_years(works: pd.DataFrame, source: str) -> pd.DataFrame:
    """The works with years out of what is written: in year columns, whose words move into ``date_text``, or only there.

    Raises
    ------
    WorksError : a word in a year column that no year can be read from; in ``date_text`` such are counted in a
        SkippedWarning, and their years are missing.
    """
    works = works.copy()
    for column in works.columns.intersection(YEARS):
        written = works[column].astype("string").str.strip()
        wordy = pd.to_numeric(works[column], errors="coerce").isna() & (written != "").fillna(False)
        if not wordy.any():
            continue
        works[column] = works[column].astype(object)
        for row in works.index[wordy]:
            years = parse_years(written[row])
            if years[0] is None:
                raise WorksError(
                    f"{source}, row {row}, column {column!r}: {written[row]!r} is not a year, or not surely one. "
                    "Write a whole number (negative for BCE), leave it empty, or put the words into 'date_text'."
                )
            works.at[row, column] = years[column == "year_end"]
        if "date_text" not in works.columns:
            works["date_text"] = None
        said = works["date_text"].map(lambda text: isinstance(text, str) and bool(text.strip()))
        works["date_text"] = works["date_text"].astype(object).mask(wordy & ~said, written)
    if "date_text" in works.columns and not works.columns.intersection(YEARS).size:
        spans = [parse_years(text) for text in works["date_text"]]
        works = works.assign(year_begin=[span[0] for span in spans], year_end=[span[1] for span in spans])
        tell_unread(works["date_text"], works["year_begin"], source)
    return works


def tell_unread(written: pd.Series, years: pd.Series, source: str) -> None:
    """Count in a SkippedWarning the dates that say a number and of which no year is known."""
    unread = written[written.astype("string").str.contains(r"\d").fillna(False).astype(bool) & years.isna()]
    if len(unread):
        first = ", ".join(map(repr, unread.drop_duplicates().head(3)))
        skipped(f"{source}: no year can be read surely from {len(unread):,} dates, which are missing (first: {first}).")


def parse_years(text: object) -> tuple[int, int] | tuple[None, None]:
    """First and last year that a museum's date says; BCE is negative; (None, None) where it says none, or not surely.

    Reads years, days ("1850-01-01"), ranges ("1535-40", "17th or 18th century", "206 B.C.-A.D. 220"), decades ("1760s",
    "189-?"), centuries and their parts, "c." and eras, and takes the narrowest span where several are given ("Qing
    dynasty (1644-1911), Kangxi (1662-1722)"). What is open at one end ("before 1850") has no span.
    """
    if text is None or (isinstance(text, float) and text != text):
        return None, None
    if isinstance(text, (int, float)):
        return int(text), int(text)
    cleaned = re.sub(r"[\u2010-\u2015\u2212/]", "-", unicodedata.normalize("NFKC", str(text)).strip())
    cleaned = _FORMS["day"].sub(r"\1", cleaned)
    if year := re.fullmatch(r"(-?\d{1,5})(?:\.0+)?", cleaned):
        return int(year[1]), int(year[1])
    cleaned = _FORMS["no_years"].sub("", re.sub(r"(?<!\d)(\d{1,2}),(?=\d{3}(?!\d))", r"\1", cleaned))
    for _ in range(2):  # "16th, 17th or 18th century": the word stands once and is meant each time
        cleaned = _FORMS["short_of_word"].sub(r"\g<one> century to ", cleaned)
    spans = [] if _FORMS["open"].search(cleaned) else _spans(cleaned)
    return min(spans, key=lambda span: span[1] - span[0]) if spans else (None, None)


_TABLE = paths.table("dates.yaml")
"""Parts of centuries, and forms that dates have."""


def _compiled() -> dict[str, re.Pattern]:
    """The forms by name, each made of those above it."""
    made = {"part": "|".join(_TABLE["parts"])}
    for name, form in _TABLE["forms"].items():
        made[name] = "".join(form) % made
    return {name: re.compile(form, re.I) for name, form in made.items()}


_FORMS = _compiled()


def _spans(text: str) -> list[tuple[int, int]]:
    """The spans of a text: dates with a word or a dash between them are one; none where two contradict each other."""
    chains: list[list[re.Match]] = []
    for found in _FORMS["date"].finditer(text):
        if chains and _FORMS["joint"].fullmatch(text[chains[-1][-1].end() : found.start()]):
            chains[-1].append(found)
        else:
            chains.append([found])
    known = [(_chained(chain), len(chain)) for chain in chains]
    known = [(span, length) for span, length in known if span]
    ranges = [span for span, length in known if length > 1]
    if any(low > high for low, high in ranges):
        return []
    first, single = (known[0][0], known[0][1] == 1) if known else (None, False)
    # A year beside a range is of another event ("printed 1920"), unless it comes first and the range is elsewhere.
    if ranges and not (single and all(first[1] < low or high < first[0] for low, high in ranges)):
        known = [(span, length) for span, length in known if length > 1 or span[0] < span[1]]
    elif ranges:
        known = known[:1]
    else:
        years = [span for span, _ in known if span[0] == span[1]]
        known = [(span, 1) for span, _ in known if span[0] < span[1] or span == years[0]]
    return [span for span, _ in known if EARLIEST <= span[0] <= span[1] <= LATEST]


def _chained(chain: list[re.Match]) -> tuple[int, int] | None:
    """From the first date of a chain to its last; an era counts for those before it ("300-200 B.C.")."""
    era, parts = "", []
    for found, left in zip(reversed(chain), [*reversed(chain[:-1]), None], strict=True):
        own = (found["after"] or found["before"] or era).upper()
        if parts and own.startswith("B") and not era:
            return 1, 0  # "206 B.C.-220": of which era is the end?
        era, part = own, _one_date(found, own, (left["year"] or left["decade"] or "") if left else "")
        parts = [part, *parts] if part else parts
    return (parts[0][0], parts[-1][1]) if parts else None


def _one_date(found: re.Match, era: str, before: str) -> tuple[int, int] | None:
    """First and last year of one date; None for a number that is no year. ``before``: digits that it may borrow."""
    bce = era.startswith("B")
    if found["century"]:
        number, (begin, end) = int(found["century"]), _TABLE["parts"].get((found["part"] or "").lower(), (0, 99))
        start = -100 * number if bce else 100 * number - 99
        return (start + begin, start + end) if 1 <= number <= 21 else None
    if found["unknown"]:
        digits = re.match(r"\d+", found["unknown"])[0]
        return int(digits.ljust(4, "0")), int(digits.ljust(4, "9"))
    digits = found["year"] or found["decade"]
    borrowed = before[: -len(digits)] + digits
    if len(digits) < len(before) and not (bce and int(borrowed) > int(before)):
        digits = borrowed  # "1713-22" means 1722
    elif len(digits) < 3 and not era:
        return None
    low, high = int(digits), int(digits) + (9 if found["decade"] else 0)
    return (-high, -low) if bce else (low, high)

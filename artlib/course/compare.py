"""One's own runs beside the book's records: the same order? inside the interval? and what differs between the two?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.course.lessons import CourseError

_METRIC, _GUESSING = "metrics.accuracy", 0.05


@dataclass(frozen=True)
class Comparison:
    """One experiment of one's own beside the book's: what differs, and what was found, in sentences."""

    experiment: str
    differs: list[str]
    found: list[str]

    def __str__(self) -> str:
        same = "Nothing that a record holds differs but the runs themselves."
        return "\n".join([self.experiment, *(f"  {line}" for line in [*(self.differs or [same]), *self.found])])


def compare_with_book(folder: Path | None = None, book: Path | None = None) -> list[Comparison]:
    """One's own records beside the book's, by experiment.

    Parameters
    ----------
    folder : of one's own records; None: the journal, ``data/runs``.
    book : of the book's; None: the archive.

    Raises
    ------
    CourseError : there are no records in the folder, or none of an experiment that the book has.
    """
    place = folder or paths.runs()
    own = records.read(folder=place) if place.is_dir() else pd.DataFrame()
    if own.empty or _METRIC not in own:
        raise CourseError(f"There are no records with an accuracy in {place}. `artlib experiment NAME` makes some.")
    made = [_compared(*key, mine, book or paths.results()) for key, mine in own.groupby(["paper", "experiment"])]
    if not any(made):
        raise CourseError(f"The book has no records of {', '.join(sorted(set(own['experiment'])))} to compare with.")
    return [one for one in made if one]


def _compared(paper: str, experiment: str, mine: pd.DataFrame, book: Path) -> Comparison | None:
    theirs = records.read(paper, experiment, folder=book)
    if theirs.empty or _METRIC not in theirs:
        return None
    theirs = _nearest(mine, theirs)
    found = [line for task, runs in mine.groupby("cell.task") for line in _task(str(task), runs, theirs)]
    return Comparison(
        f"{paper}/{experiment}: {len(mine)} runs of yours, {len(theirs)} of the book", _differs(mine, theirs), found
    )


def _nearest(mine: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The book's runs that share most with one's own: its collection before its preset before its network."""
    keys = [key for key in ("collection", "preset", "cell.network", "cell.weights") if key in mine and key in theirs]
    for key in keys:
        same = theirs[theirs[key].isin(set(mine[key]))]
        theirs = same if len(same) else theirs
    return theirs


def _differs(mine: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    lines = {}
    for column in sorted(set(mine) & set(theirs)):
        ours, books = (set(map(str, table[column].dropna())) for table in (mine, theirs))
        if (words := _words(column)) and ours and books and not ours <= books:
            lines[words] = f"Another {words}: {_listed(ours - books)} in yours, {_listed(books)} in the book's."
    first = paths.table("words.yaml")["fields"].values()
    return [lines.pop(words) for words in first if words in lines] + list(lines.values())


def _words(column: str) -> str:
    """What a field of a record is called; empty for one that says nothing about what was run."""
    table = paths.table("words.yaml")
    if column in table["fields"]:
        return table["fields"][column]
    found = {begin: word for begin, word in table["fields_beginning"].items() if column.startswith(begin)}
    return next((f"{word} {column.removeprefix(begin)}".strip() for begin, word in found.items()), "")


def _task(task: str, mine: pd.DataFrame, theirs: pd.DataFrame) -> Iterator[str]:
    theirs = theirs[theirs["cell.task"] == task]
    methods = [method for method in dict.fromkeys(mine["cell.method"]) if method in set(theirs["cell.method"])]
    if not methods:
        yield f"{task}: the book has no run of this task by these methods."
        return
    ours, books = ({m: table[table["cell.method"] == m] for m in methods} for table in (mine, theirs))
    for method in methods:
        yield f"{task}, {method}: {_placed(ours[method], books[method])}"
    if len(methods) > 1:
        yield f"{task}: {_order(methods, ours, books)}"


def _placed(own: pd.DataFrame, book: pd.DataFrame) -> str:
    value, mean = own[_METRIC].mean(), book[_METRIC].mean()
    if len(book) < 2:
        return f"{value:.0%}; the book has one run, {mean:.0%}, and so no interval."
    half = _margin(own[_METRIC], book[_METRIC])
    where = "below" if value < mean - half else "above" if value > mean + half else "inside"
    said = f"{value:.0%}, {where} the interval of such runs, {max(0, mean - half):.0%} to {min(1, mean + half):.0%}."
    if _guesses(own) and not _guesses(book):
        said += (
            " No better than guessing: this training is broken. Look at its learning curve, its rate and its labels."
        )
    return said


def _guesses(runs: pd.DataFrame) -> bool:
    """Whether the runs do no better than chance; a loss that is no number counts as that."""
    kappa = runs.get("metrics.kappa", pd.Series(dtype=float)).mean()
    return bool(kappa < _GUESSING or not np.isfinite(runs[_METRIC]).all())


def _margin(own: pd.Series, book: pd.Series) -> float:
    """Where the mean of so many runs lies nineteen times in twenty, by the spread of the book's."""
    from scipy.stats import t

    return t.ppf(0.975, len(book) - 1) * book.std() * np.sqrt(1 / len(own) + 1 / len(book))


def _order(methods: list[str], ours: dict, books: dict) -> str:
    turned, clear = [], 0
    for a, b in combinations(methods, 2):
        apart = books[a][_METRIC].mean() - books[b][_METRIC].mean()
        error = np.hypot(books[a][_METRIC].sem(), books[b][_METRIC].sem())
        if abs(apart) > 2 * error:  # false where an error is not known
            clear += 1
            if apart * (ours[a][_METRIC].mean() - ours[b][_METRIC].mean()) < 0:
                turned.append(f"{a} and {b}")
    if not clear:
        return "the book's runs do not tell these methods apart, so that there is no order to compare."
    return (
        f"another order than the book's: {', '.join(turned)} change places."
        if turned
        else "the same order as the book's."
    )


def _listed(values: set[str]) -> str:
    return ", ".join(sorted(values)[:4])

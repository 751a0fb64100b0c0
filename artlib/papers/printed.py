"""What the papers print, and what the book does otherwise: tables to stand beside ours."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from artlib import experiments, figures, paths
from artlib.errors import ArtlibError, one_of
from artlib.figures.figure import Note


class PaperError(ArtlibError):
    """A paper or a table that is not written down."""


def table(paper: str, number: int) -> pd.DataFrame:
    """A table as the paper prints it: ``table("finetuning", 3)``.

    Rows and columns of several levels are a MultiIndex, so ``table("finetuning", 3)["WikiArt"]`` is that source's part.
    ``attrs`` holds caption, note, paper and number. Errors: `PaperError`.
    """
    tables = _entry("papers.yaml", paper)["tables"]
    one_of(number, tables, f"Table {number} of {paper!r} is not written down", PaperError)
    printed = tables[number]
    frame = pd.DataFrame(list(printed["rows"].values()), index=_index(printed), columns=_columns(printed))
    frame.attrs.update(
        caption=printed["caption"], note=printed.get("note", ""), paper=cited(paper), number=number, values="printed"
    )
    return frame


def deviations(paper: str, chapter: str | None = None) -> figures.Listing:
    """What the book changed in a paper's experiments and why, folded.

    Parameters
    ----------
    chapter : only what concerns this page; a change that names no chapter concerns all of the paper's.
    """
    changes = [one for one in _entry("deviations.yaml", paper) if chapter in one.get("chapters", [chapter])]
    frame = pd.DataFrame(changes, columns=["what", "paper", "book", "why"])
    return figures.listing(frame, folded=f"All {len(frame)} changes to the paper's experiments, and why")


def deviation(paper: str, what: str) -> Note:
    """The change that ``what`` names ("Splits"), as a note beside the text that it concerns. Errors: `PaperError`."""
    changes = {one["what"]: one for one in _entry("deviations.yaml", paper)}
    one_of(what, changes, f"No change {what!r} to {paper!r}", PaperError)
    text = "Changed: {what}. The paper: {paper} Here: {book}".format(**changes[what])
    html = "<b>What we changed: {what}.</b> <i>The paper:</i> {paper} <i>Here:</i> {book} <i>Why:</i> {why}"
    return Note(text, html.format(**{name: escape(str(said)) for name, said in changes[what].items()}), "change")


def places(paper: str, chapter: str) -> figures.Listing:
    """Where each table and figure of the paper is in the book, and which records it shows; folded.

    chapter : the page that asks, whose own places are not linked through another file.
    """
    rows = [
        {
            "in the paper": one["item"],
            "here": _link(one, chapter),
            "recorded runs": _runs(one.get("studies", [])),
            "note": one.get("note", ""),
        }
        for one in _entry("places.yaml", paper)
    ]
    frame = pd.DataFrame(rows).replace({"note": {"": None}}).dropna(axis=1, how="all")
    return figures.listing(frame, folded="The paper's tables and figures, and where they are here")


def _link(place: Mapping[str, Any], chapter: str) -> figures.Link | str:
    if not place["chapter"]:
        return place["here"]
    page = "" if place["chapter"] == chapter else f"{place['chapter']}.html"
    at = f"#{place['at']}" if place.get("at") else ""
    return figures.Link(place["here"], page + at) if page + at else place["here"]


def _runs(studies: Sequence[str]) -> str:
    counts = {name: (len(experiments.recorded(name)), len(list(experiments.load(name).runs()))) for name in studies}
    missing = {name: f" of {whole}" * (0 < n < whole) for name, (n, whole) in counts.items()}
    return ", ".join(f"{name}: {n or 'none yet'}{missing[name]}" for name, (n, _) in counts.items())


def cited(paper: str) -> str:
    """Authors and year in words."""
    entry = _entry("papers.yaml", paper)
    return f"{entry['authors']} ({entry['year']})"


def _index(printed: dict) -> pd.Index:
    levels = printed["index"]
    if isinstance(levels, str):
        return pd.Index(list(printed["rows"]), name=levels)
    return pd.MultiIndex.from_tuples([tuple(row.split(", ")) for row in printed["rows"]], names=levels)


def _columns(printed: dict) -> pd.Index:
    levels = printed.get("columns")
    if levels is None:
        return pd.Index(printed["header"])
    return pd.MultiIndex.from_tuples([tuple(column) for column in printed["header"]], names=levels)


def _entry(file: str, paper: str):
    entries = paths.table(file)
    one_of(paper, entries, f"No paper {paper!r} in data/{file}", PaperError)
    return entries[paper]

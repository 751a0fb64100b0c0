"""What the papers print, and what the book does otherwise: tables to stand beside ours."""

import pandas as pd

from artlib import paths
from artlib.errors import ArtlibError


class PaperError(ArtlibError):
    """A paper or a table that is not written down."""


def names() -> list[str]:
    """The papers of which tables are written down."""
    return list(paths.table("papers.yaml"))


def table(paper: str, number: int) -> pd.DataFrame:
    """A table as the paper prints it: ``table("finetuning", 3)``.

    Rows and columns of several levels are a MultiIndex, so ``table("finetuning", 3)["WikiArt"]`` is that source's part.
    ``attrs`` holds caption, note, paper and number. Errors: `PaperError`.
    """
    tables = _entry("papers.yaml", paper)["tables"]
    if number not in tables:
        raise PaperError(f"Table {number} of {paper!r} is not written down. Tables: {', '.join(map(str, tables))}.")
    printed = tables[number]
    frame = pd.DataFrame(list(printed["rows"].values()), index=_index(printed), columns=_columns(printed))
    frame.attrs.update(
        caption=printed["caption"], note=printed.get("note", ""), paper=cited(paper), number=number, values="printed"
    )
    return frame


def deviations(paper: str) -> pd.DataFrame:
    """What the book changed in a paper's experiments and why: columns what, paper, book, why."""
    return pd.DataFrame(_entry("deviations.yaml", paper), columns=["what", "paper", "book", "why"])


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
    if paper not in entries:
        raise PaperError(f"No paper {paper!r} in data/{file}. Papers: {', '.join(entries)}.")
    return entries[paper]

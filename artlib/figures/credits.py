"""Whose pictures a figure shows: one line beneath it, made from the table of works."""

import html
import re

import pandas as pd

_MOST = 3  # credits that are written out; beyond, their sources are named
_LONGEST = 100
_MARKUP = re.compile(r"([\\`*_{}\[\]$|~^#])")


def line(works: pd.DataFrame) -> str:
    """The credits of these pictures with their licences, as Markdown for the page; "" where the works name none.

    More than three credits give way to their sources, since the works' own credits stand in the collection's table.
    Nothing in a credit is taken for Markdown or HTML. Chapters: all that show pictures of a real collection.
    """
    if "credit" not in works.columns:
        return ""
    credited = works[works["credit"].notna()]
    if credited.empty:
        return ""
    named = _named(credited, "credit")
    if len(named) <= _MOST:
        return f"Pictures: {'; '.join(named)}."
    sources = _named(credited[credited["source"].notna()], "source") if "source" in works.columns else []
    shown, kind = (sources, "source") if sources else (named, "credit")
    others = len(shown) - _MOST
    more = f" and {others:,} other {kind}{'s' if others > 1 else ''}" if others > 0 else ""
    return f"Pictures: {'; '.join(shown[:_MOST])}{more}; each work's own credit stands in the collection's table."


def _named(works: pd.DataFrame, column: str) -> list[str]:
    """Distinct values, the most frequent first, each with its licence where it has one and the same throughout."""
    count = works[column].astype(str).value_counts()
    ordered = sorted(count.index, key=lambda text: (-count[text], text))
    if "licence" not in works.columns:
        return [*map(plain, ordered)]
    terms = works["licence"].groupby(works[column].astype(str)).agg(lambda found: list(found.dropna().unique()))
    return [plain(text) + (f" ({plain(terms[text][0])})" if len(terms[text]) == 1 else "") for text in ordered]


def plain(text: str) -> str:
    """A text that shows as itself on the page, whatever is in it."""
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
    return _MARKUP.sub(r"\\\1", html.escape(text, quote=False))

"""Any table of pandas as a page wants it: numbers in few digits, no NaN, no row numbers, words in its head."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from artlib.figures import badge as badges
from artlib.figures import theme
from artlib.figures.figure import NotRecorded, noted

_GAP = "–"
_DIGITS = 3


@dataclass(frozen=True)
class Link:
    """A cell that leads to a place of the site: its words, and an address relative to the page."""

    words: str
    address: str

    def __str__(self) -> str:
        return self.words


class Listing:
    """A table for a page.

    Attributes
    ----------
    frame : what is shown; numbers stay numbers until they are shown.
    caption : below the table, as Markdown is not read: plain text.
    folded : the words on which a reader clicks to open it; "" shows it at once.
    names : column -> what stands in the head instead.
    origin : data that says what the numbers rest on, where the frame itself does not.
    """

    def __init__(self, frame: pd.DataFrame, caption: str = "", folded: str = "",
                 names: Mapping[str, str] | None = None, origin: Any = None):  # fmt: skip
        self.frame, self.caption, self.folded = frame, caption, folded
        self.names, self.badge = dict(names or {}), badges.of(frame if origin is None else origin)

    def _repr_html_(self) -> str:
        frame = _with_names_of_rows(self.frame)
        columns = [frame.iloc[:, place] for place in range(frame.shape[1])]
        heads = [self._head(column) for column in frame.columns]
        sides = ["artlib-number" if pd.api.types.is_numeric_dtype(column) else "" for column in columns]
        rows = zip(*map(_as_text, columns), strict=True)
        return theme.fill("listing.html", listing=self, heads=heads, sides=sides, rows=rows)

    def _head(self, column: object) -> str:
        name = ", ".join(str(part) for part in column if str(part)) if isinstance(column, tuple) else str(column)
        return self.names.get(name) or theme.readable(name)

    def __str__(self) -> str:
        return self.frame.to_string()


@noted
def listing(frame: pd.DataFrame | pd.Series | Mapping[str, Any], caption: str = "", **options: Any) -> Listing:
    """A table, a column or named numbers as a page wants it; ``options`` are those of `Listing`.

    A table without rows, made from runs that are not there (``origin``), is a `Note` that says so.
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    elif isinstance(frame, Mapping):
        frame = pd.DataFrame({"": list(map(theme.readable, frame)), "value": list(frame.values())})
    if frame.empty and "origin" in options:
        raise NotRecorded(options["origin"])
    return Listing(frame, caption, **options)


def show_tables_so() -> None:
    """In a notebook: tables and named numbers as `Listing`, words as a paragraph, single numbers in three digits."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None and getattr(shell, "display_formatter", None):
        html = shell.display_formatter.formatters["text/html"]
        for kind in (pd.DataFrame, pd.Series, dict):
            html.for_type(kind, lambda shown: listing(shown)._repr_html_())
        html.for_type(str, lambda said: f"<p>{escape(said)}</p>")  # without the quotes of its repr
        shell.display_formatter.formatters["text/plain"].float_precision = f"%.{_DIGITS}g"


def _with_names_of_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The index as columns, but for mere row numbers."""
    index = frame.index
    if index.nlevels == 1 and pd.api.types.is_integer_dtype(index) and index.name is None:
        return frame
    names = ["" if name is None else name for name in index.names]
    return frame.reset_index(names=names, allow_duplicates=True)


def _as_text(column: pd.Series) -> list[str | Link]:
    if pd.api.types.is_bool_dtype(column):
        return ["yes" if value else "no" for value in column]
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(float, na_value=np.nan)
        known = values[np.isfinite(values)]
        if len(known) == 0 or (known == np.round(known)).all():
            year = any(word in str(column.name) for word in ("year", "birth", "death"))
            whole = "{:.0f}" if year else "{:,.0f}"  # 1825 is a year, 1,825 a number
            return [_GAP if np.isnan(value) else whole.format(value) for value in values]
        places = max(0, min(4, _DIGITS - 1 - int(np.floor(np.log10(max(np.abs(known).max(), 1e-4))))))
        return [_GAP if np.isnan(value) else f"{value:,.{places}f}" for value in values]
    return [_one(value) for value in column]


def _one(value: object) -> str | Link:
    if isinstance(value, Link):
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return _GAP if np.isnan(value) else f"{value:.0f}" if value == round(value) else f"{value:.{_DIGITS}g}"
    return _GAP if value is None or value is pd.NA else theme.shown(str(value))

"""One line that tells how far something is: live in a terminal and in a notebook, silent elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

_EVERY = 0.25  # seconds between two updates


class StatusLine:
    """``with StatusLine() as line: line.show("epoch 3 of 10", 0.3)``, or with a ``total`` and ``line.advance()``.

    In a terminal the line vanishes at the end, and so it does beneath another display that allows no second one. In a
    notebook what ``line.leave`` was given stays, and nothing where it was not called.

    Parameters
    ----------
    text : what is being done, until ``show`` says something else.
    total : how many things there are to do, for ``advance``.
    quiet : nothing is shown.
    """

    def __init__(self, text: str = "", total: int | None = None, *, quiet: bool = False):
        self._text, self._total, self._quiet = text, total, quiet
        self._done, self._share, self._at = 0, 0.0, 0.0
        self._bar: Any = None
        self._handle: Any = None
        self._last = ""

    def __enter__(self) -> StatusLine:
        if not self._quiet:
            if _in_notebook():
                self._handle = _handle()
            else:
                self._bar = _bar(self._said())
        return self

    def show(self, text: str, share: float | None = None, now: bool = False) -> None:
        """Say what is being done, and which part of all is done, 0..1 (None: as before). Most calls cost nothing."""
        self._text, self._share = text, self._share if share is None else share
        if self._bar is None and self._handle is None:
            return
        moment = time.monotonic()
        if now or moment - self._at > _EVERY:
            self._at = moment
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=self._said(), completed=self._share)
            else:
                self._handle.update({"text/plain": f"{self._said()} ({self._share:.0%})"}, raw=True)

    def advance(self, count: int = 1) -> None:
        """So many more of the ``total`` are done."""
        total = self._total or 1
        self._done = min(self._done + count, total)
        self.show(self._text, self._done / total, now=self._done == total)

    def leave(self, text: str) -> None:
        """What remains in a notebook when the line is closed."""
        self._last = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._handle is not None:
            self._handle.update({"text/plain": self._last}, raw=True)
        self._bar = self._handle = None

    def _said(self) -> str:
        return self._text if self._total is None else f"{self._text} {self._done:,} of {self._total:,}"


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _handle() -> Any:
    from IPython.display import display

    return display({"text/plain": ""}, raw=True, display_id=True)


def _bar(text: str) -> Any:
    import rich
    from rich.errors import LiveError
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = rich.get_console()
    if not console.is_terminal:
        return None
    columns = TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    bar.add_task(text, total=1.0)
    try:
        bar.start()
    except LiveError:
        return None
    return bar

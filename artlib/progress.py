"""One line that tells how far a training is: live in a terminal and in a notebook, silent elsewhere."""

import time
from types import TracebackType

_EVERY = 0.25  # seconds between two updates


class StatusLine:
    """``with StatusLine() as line: line.show("epoch 3 of 10", 0.4)``; what ``leave`` was given stays in a notebook.

    In a terminal the line vanishes at the end, and so it does beneath another progress display that allows no second.
    """

    def __init__(self, quiet: bool = False):
        self._quiet = quiet
        self._at = 0.0
        self._bar = self._handle = None
        self._last = ""

    def __enter__(self) -> "StatusLine":
        if not self._quiet:
            if _in_notebook():
                self._handle = _handle()
            else:
                self._bar = _bar()
        return self

    def show(self, text: str, share: float = 0.0, now: bool = False) -> None:
        """Say where things are; `share` is the part done, 0..1. Most calls cost nothing."""
        if self._bar is None and self._handle is None:
            return
        moment = time.monotonic()
        if now or moment - self._at > _EVERY:
            self._at = moment
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=text, completed=share)
            else:
                self._handle.update({"text/plain": f"{text} ({share:.0%})"}, raw=True)

    def leave(self, text: str) -> None:
        """What remains when the line is closed."""
        self._last = text

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._handle is not None:
            self._handle.update({"text/plain": self._last}, raw=True)
        self._bar = self._handle = None


def _in_notebook() -> bool:
    import sys

    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _handle():
    from IPython.display import display

    return display({"text/plain": ""}, raw=True, display_id=True)


def _bar():
    import rich
    from rich.errors import LiveError
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = rich.get_console()
    if not console.is_terminal:
        return None
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True)
    bar.add_task("", total=1.0)
    try:
        bar.start()
    except LiveError:
        return None
    return bar

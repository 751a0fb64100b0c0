"""How far the execution of each chapter is: bars on a terminal, one line a chapter elsewhere."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Bars:
    """``with Bars() as progress:`` gives the function that ``execute.run`` tells its progress."""

    def __init__(self, console: Console | None = None) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("cells"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, chapter: str, done: int, total: int) -> None:
        """Show that a chapter has come to its cell number ``done`` of ``total``."""
        if chapter not in self._tasks:
            self._tasks[chapter] = self._progress.add_task(chapter, total=total)
            if not self._progress.console.is_terminal:
                self._progress.console.print(f"executing {chapter} ({total} cells)")
        self._progress.update(self._tasks[chapter], completed=done)

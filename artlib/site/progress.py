"""How far the execution of each chapter is: bars on a terminal, one line a chapter elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def bars(console: Console | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """While it lasts: the function that ``execute.run`` tells (chapter, cells done, cells in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("cells"))
    tasks: dict[str, int] = {}
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as shown:

        def show(chapter: str, done: int, total: int) -> None:
            if chapter not in tasks:
                tasks[chapter] = shown.add_task(chapter, total=total)
                if not shown.console.is_terminal:
                    shown.console.print(f"executing {chapter} ({total} cells)")
            shown.update(tasks[chapter], completed=done)

        yield show

"""A chapter as a reader's own copy (``artlib lab``): run as it stands, and told of each answer whether it is right.

It runs on the reader's machine like any notebook of theirs: what it may use is not limited.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from artlib.course import checks, pack
from artlib.course.lessons import CourseError
from artlib.site import layout, notebooks

_DOTS = re.compile(r"^\w+ = \.\.\.", re.MULTILINE)
_STATES = {"Right": checks.RIGHT, "Not right": checks.WRONG}


def is_copy(file: Path) -> bool:
    """Whether a file is a copy of a chapter that ``artlib lab`` has made."""
    try:
        return "made_from" in json.loads(file.read_text(encoding="utf-8"))["metadata"]["artlib"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False


def check(file: Path) -> tuple[list[checks.Verdict], list[str]]:
    """The verdict on each exercise of a copy, and what else was noticed. It runs up to the last answer.

    Raises CourseError where the copy has no cells for answers, or Python died.
    """
    notebook = notebooks.read(file)
    asked = [(k, cell) for k, cell in enumerate(notebook.cells) if cell.get("id", "").startswith("answer-")]
    if not asked:
        raise CourseError(f"{file} has no cell for an answer. Move it away; `artlib lab` then makes a new copy.")
    last = max((k for k, cell in asked if not _DOTS.search(cell.source)), default=-1)
    notebook.cells = notebook.cells[: last + 1]
    if last >= 0:
        pack.executed(notebook, file.resolve().parent, layout.here(), go_on=True)
    return [_verdict(cell) for _, cell in asked], list(_stopped(notebook.cells))


def _verdict(cell: Any) -> checks.Verdict:
    exercise = cell.id.removeprefix("answer-")
    said = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
    state, _, sentence = said.partition(". ")
    if not said:
        waiting = "The cell stopped." if cell.outputs else "Put your answer in place of the dots."
        return checks.Verdict(exercise, checks.WAITING, waiting)
    return checks.Verdict(exercise, _STATES.get(state, checks.WAITING), sentence)


def _stopped(cells: list[Any]) -> Iterator[str]:
    for cell in cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"A cell stopped ({notebooks.first_line(cell.source)}): {output.ename}: {output.evalue}"

"""A session page of ``book/teaching`` as notebooks: the page is the only source of what a class is given.

Below its heading "The notebook" a page holds paragraphs, blocks of Python and exercises (``{check}``, whose text and
solution stand in ``data/checks.yaml``). A student's notebook has dots in place of the solutions.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from artlib import paths
from artlib.errors import ArtlibError, one_of
from artlib.site import notebooks

SESSIONS = (1, 2, 3, 4, 5, 6)
TORCH_FREE = (4,)
"""Sessions that read recorded predictions, in an environment without PyTorch."""
_BLOCK = re.compile(r"^```\{(?P<name>[\w-]+)\} *(?P<of>\S*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^:([\w-]+): *(.*)\n", re.MULTILINE)
_BREAK = re.compile(r"^\+\+\+.*$", re.MULTILINE)


class CourseError(ArtlibError):
    """A list of names, a session page or a folder that a class cannot be made from."""


@dataclass(frozen=True)
class Part:
    """One cell of a session: ``kind`` is "text", "code" or "exercise" (its id is then ``source``)."""

    kind: str
    source: str
    slide: bool = False


@dataclass(frozen=True)
class Student:
    """One student of a class: the name as it was given, a name for files, and the seed of the own museum."""

    name: str
    slug: str
    seed: int


def page(session: int) -> Path:
    """The page of a session. Errors: CourseError for a number that no session has."""
    one_of(session, SESSIONS, f"There is no session {session}", CourseError)
    return paths.root() / "book" / "teaching" / f"session-{session}.md"


def title(session: int) -> str:
    """The title of a session's page."""
    return re.search(r"^# (.*)$", page(session).read_text(encoding="utf-8"), re.MULTILINE)[1]


def parts(session: int) -> list[Part]:
    """The cells of a session, as its page has them below "The notebook"."""
    return list(_parts(section(page(session).read_text(encoding="utf-8"), "The notebook")))


def section(text: str, heading: str) -> str:
    """What stands below a heading of the second level, up to the next of it; empty where there is none."""
    found = re.search(rf"^## {re.escape(heading)}$\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def chapter(session: int) -> str:
    """The chapter that a session belongs to, by its short name: whose quiz is asked."""
    text = page(session).read_text(encoding="utf-8")
    return re.search(r"\*\*Chapter:\*\*\s+\{doc\}`\.\./([\w-]+)`", text)[1]


@contextmanager
def files(session: int) -> Iterator[Path]:
    """While it lasts: a folder with what the notebook of a session reads beside it; empty where it reads nothing."""
    with TemporaryDirectory(prefix="artlib-session-") as place:
        write_files(session, Path(place))
        yield Path(place)


def write_files(session: int, folder: Path) -> None:
    """Write what the notebook of a session reads beside it: recorded predictions, for those that need no PyTorch."""
    if session in TORCH_FREE:
        _recorded().to_parquet(folder / "predictions.parquet", index=False)


@cache
def _recorded() -> pd.DataFrame:
    """Recorded predictions of real works by three methods, with the labels of their classes as names."""
    from artlib import experiments

    runs = experiments.recorded("transfer-real")
    runs = runs[runs["cell.repeat"] == 0]
    tables = []
    for task in ("genre", "culture", "culture, artists apart"):
        found = experiments.predictions(runs[runs["cell.task"] == task])
        names = pd.Series(found.attrs["classes"])
        tables.append(
            found.assign(task=task, target=found["target"].map(names), predicted=found["predicted"].map(names))
        )
    kept = ["task", "method", "fold", "work_id", "target", "predicted", "p", "rank", "confidence"]
    return pd.concat(tables, ignore_index=True)[kept]


def exercises(session: int) -> list[str]:
    """The ids of a session's exercises, in order."""
    return [part.source for part in parts(session) if part.kind == "exercise"]


def rules() -> dict[str, Any]:
    """Every exercise of ``data/checks.yaml``: question, answer, what must hold, known wrong answers, solution."""
    return paths.table("checks.yaml")["exercises"]


def public_rules(names: Sequence[str]) -> str:
    """The rules of some exercises as students have them, without their solutions: JSON."""
    kept = {name: {key: rules()[name][key] for key in rules()[name] if key not in ("solution", "of")} for name in names}
    return json.dumps(kept, ensure_ascii=False, indent=1)


def notebook(session: int, student: Student, solved: bool = False, nbgrader: bool = False, address: str | None = None):
    """A session as a notebook of format 4.

    Parameters
    ----------
    student : whose seed and name stand in it.
    solved : with solutions, as the instructor has it.
    nbgrader : with the metadata that nbgrader reads, and each check in a cell of its own that fails.
    address : the repository's; with it a first cell installs the package where it is missing.
    """
    import nbformat

    setup = notebooks.made("session", "setup", seed=student.seed, metadata={"tags": ["parameters"]})
    opening, *rest = parts(session)
    first = f"# {title(session)}\n\n{opening.source}"
    cells = [nbformat.v4.new_markdown_cell(first, id="title", metadata={"tags": ["slide"]}), setup]
    if address:
        cells.insert(1, notebooks.made("installer", address=address))
    for number, part in enumerate(rest):
        cells += _cells(part, f"part-{number}", solved, nbgrader)
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata |= {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "artlib_course": {"session": session, "seed": student.seed, "student": student.name},
    }
    if nbgrader:
        _for_nbgrader(made)
    return made


def roster(names: Path | None, seed: int) -> list[Student]:
    """The students of a class, each with a seed of the own; without a list, one for all with the class's seed.

    Parameters
    ----------
    names : a table with a column ``name`` (or one name a line); two students may have one name.
    seed : of the class, 0 to 2,000,000.

    Raises
    ------
    CourseError : no such file, no text in UTF-8, or nobody in it.
    """
    if not 0 <= seed <= 2_000_000:
        raise CourseError(f"The seed of a class is a number from 0 to 2,000,000; {seed} is not.")
    if names is None:
        return [Student("", "class", seed)]
    try:
        rows = [row for row in csv.reader(names.read_text(encoding="utf-8-sig").splitlines()) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise CourseError(f"{names} cannot be read as a list of names (text in UTF-8): {fault}") from fault
    column = next((k for k, cell in enumerate(rows[0]) if cell.strip().casefold() == "name"), None) if rows else None
    listed = [row[column or 0].strip() for row in rows[column is not None :] if len(row) > (column or 0)]
    listed = [name for name in listed if name]
    if not listed:
        raise CourseError(f"{names} names nobody: one name a line, or a column `name`.")
    return [Student(name, f"{k:02d}-{slug(name)}", seed * 1_000 + k) for k, name in enumerate(listed, start=1)]


def slug(name: str) -> str:
    """A name as part of a file's name: plain letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40] or "student"


def no_formula(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula."""
    text = str(value).replace("\n", " ")
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _parts(text: str) -> Iterator[Part]:
    place = 0
    for block in _BLOCK.finditer(text):
        yield from _texts(text[place : block.start()])
        place = block.end()
        options, body = dict(_OPTION.findall(block["body"])), _OPTION.sub("", block["body"]).strip("\n")
        if block["name"] == "check":
            yield Part("exercise", block["of"])
        elif block["name"] == "code-block":
            yield Part("code", body, "slide" in options.get("class", ""))
    yield from _texts(text[place:])


def _texts(text: str) -> Iterator[Part]:
    slides = [False, *("slide" in line for line in _BREAK.findall(text))]
    for slide, piece in zip(slides, _BREAK.split(text), strict=True):
        if piece.strip():
            yield Part("text", piece.strip(), slide)


def _cells(part: Part, name: str, solved: bool, split: bool) -> list[Any]:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    tags = {"tags": ["slide"]} if part.slide else {}
    if part.kind == "text":
        return [new_markdown_cell(part.source, metadata=tags, id=name)]
    if part.kind == "code":
        return [new_code_cell(part.source, metadata=tags, id=name)]
    rule = rules()[part.source]
    answer = rule["solution"].strip() if solved else f"{rule['answer']} = ..."
    call = f'check("{part.source}")'
    question = new_markdown_cell(f"**Exercise.** {rule['question'].strip()}", id=f"question-{part.source}")
    if not split:
        return [question, new_code_cell(f"{answer}\n\n{call}", id=f"answer-{part.source}")]
    answered = new_code_cell(f"### BEGIN SOLUTION\n{answer}\n### END SOLUTION", id=f"answer-{part.source}")
    test = new_code_cell(f"said = {call}\nassert said, said", id=f"check-{part.source}")
    return [question, answered, test]


def _for_nbgrader(made: Any) -> None:
    for cell in made.cells:
        answer, test = cell.id.startswith("answer-"), cell.id.startswith("check-")
        if cell.cell_type == "code":
            cell.metadata["nbgrader"] = {
                "grade": test, "solution": answer, "locked": not answer, "task": False, "schema_version": 3,
                "grade_id": cell.id, **({"points": 1} if test else {}),
            }  # fmt: skip

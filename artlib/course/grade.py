"""Submissions to marks: each executed apart, its answers compared with what its own museum holds.

Of a submission only the answers and the cells that were added count. What a student was given is put back, and the
truth comes from the instructor's notebook of the same seed, which no submission can reach.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from artlib.course import chapters, checks, fence, lessons
from artlib.course.lessons import CourseError, Student
from artlib.site import files

_MOST_BYTES, _MOST_CELLS, _MOST_CHARACTERS = 20_000_000, 60, 20_000
_COLUMNS = ("file", "student", "session", "seed", "right", "of", "state", "notes")


@dataclass(frozen=True)
class Mark:
    """What became of one submission; ``state`` is "graded", "stopped" or "refused"."""

    file: str
    state: str
    student: str = ""
    session: int = 0
    seed: int = 0
    verdicts: Sequence[checks.Verdict] = ()
    notes: Sequence[str] = field(default_factory=list)

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(map(bool, self.verdicts))


@dataclass(frozen=True)
class Submission:
    """A notebook as it came back: where it belongs, its cells (id, kind, source), whether it has outputs."""

    session: int
    seed: int
    student: str
    cells: Sequence[tuple[str, str, str]]
    outputs: bool


def check(file: Path) -> tuple[list[checks.Verdict], list[str]]:
    """What a student is told: the verdict on every exercise of a notebook, and what else was noticed.

    A session's notebook runs apart, as in ``grade``; a chapter's copy (``artlib lab``) runs as it stands.

    Raises CourseError where the file is no notebook of the course, or could not be run to its end.
    """
    if chapters.is_copy(file):
        return chapters.check(file)
    try:
        submission = read(file)
    except CourseError as fault:
        raise CourseError(f"{file}: {fault} Of a chapter, take the copy that `artlib lab` makes.") from None
    mark = _graded(file.name, submission, fence.Limits(), notes=[])
    if mark.state == "stopped":
        raise CourseError(f"{file}: {' '.join(mark.notes)}")
    return list(mark.verdicts), list(mark.notes)


def grade(
    folder: Path,
    to: Path | None = None,
    students: Sequence[Student] = (),
    session: int | None = None,
    limits: fence.Limits | None = None,
) -> list[Mark]:
    """Grade all submissions of a folder; writes ``marks.csv`` and a page for each.

    Parameters
    ----------
    to : where the marks go; None: ``marks`` beside the folder. It must not hold anything but earlier marks.
    students : of the class; where given, the seed of the list counts, not the one in the notebook.
    session : which one was asked for; notebooks of another are refused. None: each as the session that it says.

    Raises
    ------
    CourseError : no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder of submissions.")
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    if not files:
        raise CourseError(f"There is no submission in {folder}: one notebook for each student.")
    target = to or folder.resolve().parent / "marks"
    target.mkdir(parents=True, exist_ok=True)
    marks = [_marked(file, students, session, limits or fence.Limits()) for file in files]
    _write(marks, target)
    return marks


def read(file: Path) -> Submission:
    """A submission, read as data. Errors: CourseError says why it is none."""
    if file.is_symlink():
        raise CourseError("It is a link to another file. Hand in the notebook itself.")
    if not file.is_file():
        raise CourseError("It is no file. Hand in one notebook.")
    if file.stat().st_size > _MOST_BYTES:
        raise CourseError(
            f"It is larger than {_MOST_BYTES // 10**6} MB. Clear its outputs (Edit, Clear Outputs) and save."
        )
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
        about = whole["metadata"].get("artlib_course", {})
        cells = [(str(cell.get("id", "")), str(cell["cell_type"]), "".join(cell["source"])) for cell in whole["cells"]]
        outputs = any(cell.get("outputs") for cell in whole["cells"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CourseError("It is no notebook: hand in the file that ends in .ipynb, as it was saved.") from None
    try:
        session, seed = int(about["session"]), int(about["seed"])
        lessons.page(session)
    except (KeyError, TypeError, ValueError, CourseError):
        raise CourseError(
            "It is a notebook, but none of this course: it does not say of which session it is."
        ) from None
    return Submission(session, seed, str(about.get("student", "")), cells, outputs)


@lru_cache(maxsize=256)
def truth(session: int, seed: int) -> dict[str, Any]:
    """What the checks of a session need to know of a museum: variables of the solved notebook, run apart."""
    wanted = sorted(set().union(*(checks.needed(lessons.rules()[name]) for name in lessons.exercises(session))))
    solved = lessons.notebook(session, Student("", "", seed), solved=True)
    cells = [(cell.id, cell.source) for cell in solved.cells if cell.cell_type == "code"]
    with lessons.files(session) as folder:
        found = fence.run(cells, wanted, folder)
    missing = [name for name in wanted if found.values.get(name) is None]
    if missing or found.stopped:
        why = found.stopped or "; ".join(f"{name}: {said}" for name, said in found.errors.items())
        raise CourseError(f"The instructor's notebook of session {session} did not give {', '.join(missing)}. {why}")
    return dict(found.values)


def composed(submission: Submission) -> tuple[list[tuple[str, str]], list[str]]:
    """The cells to run: those given out as they were, the student's answers and additions; and what was noticed."""
    given = [
        (cell.id, cell.source)
        for cell in lessons.notebook(submission.session, Student("", "", submission.seed)).cells
        if cell.cell_type == "code"
    ]
    original, notes = dict(given), []
    code = [(name, source) for name, kind, source in submission.cells if kind == "code"]
    kept = [(name, source) for name, source in code if len(source) <= _MOST_CHARACTERS]
    if len(kept) < len(code):
        notes.append(f"Cells of more than {_MOST_CHARACTERS:,} characters were left out.")
    if len(kept) > _MOST_CELLS:
        notes.append(f"It has {len(kept):,} cells of code; only those of this notebook were run.")
        kept = [(name, source) for name, source in kept if name in original]
    answers = {name: source for name, source in reversed(kept) if name.startswith("answer-") and name in original}
    restored = [name for name, source in kept if name in original and name not in answers and source != original[name]]
    if restored:
        notes.append("Cells that were given out had been changed; they were run as they were given out.")
    if submission.outputs and all(answers.get(name, source) == source for name, source in given if "answer-" in name):
        notes.append(
            "It shows outputs, but no answer was written: what a notebook shows is not read, only what it computes."
        )
    added = _added(kept, original)
    cells = list(added.pop("", []))
    for name, source in given:
        cells += [(name, answers.get(name, source)), *added.get(name, [])]
    return cells, notes


def _added(kept: Sequence[tuple[str, str]], original: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Cells that a student has added, by the given cell that they stand below."""
    below, found = "", {}
    for number, (name, source) in enumerate(kept):
        if name in original:
            below = name
        else:
            found.setdefault(below, []).append((f"added-{number}", source))
    return found


def _marked(file: Path, students: Sequence[Student], session: int | None, limits: fence.Limits) -> Mark:
    try:
        submission, notes = read(file), []
        if session not in (None, submission.session):
            raise CourseError(f"It is a notebook of session {submission.session}; session {session} was asked for.")
        # Two students of one name have two seeds, either of which may stand in the notebook.
        seeds = [student.seed for student in students if student.name == submission.student]
        if students and not seeds:
            notes.append("Nobody of that name is in the list of students.")
        if seeds and submission.seed not in seeds:
            notes.append(f"The notebook is of museum {submission.seed}; this student's is {seeds[0]}.")
            submission = replace(submission, seed=seeds[0])
    except CourseError as fault:
        return Mark(file.name, "refused", notes=[str(fault)])
    return _graded(file.name, submission, limits, notes)


def _graded(name: str, submission: Submission, limits: fence.Limits, notes: list[str]) -> Mark:
    exercises, rules = lessons.exercises(submission.session), lessons.rules()
    cells, noticed = composed(submission)
    with lessons.files(submission.session) as folder:
        found = fence.run(cells, [rules[one]["answer"] for one in exercises], folder, limits)
    about = (submission.student, submission.session, submission.seed)
    if found.stopped:
        said = "The notebook was ended before this answer was there."
        waiting = [checks.Verdict(one, checks.WAITING, said) for one in exercises]
        return Mark(name, "stopped", *about, waiting, [*notes, *noticed, found.stopped])
    facts = truth(submission.session, submission.seed)
    # Each answer beside the museum's own facts: a wrong one must not become what another is judged by.
    names = {one: rules[one]["answer"] for one in exercises}
    verdicts = [checks.verdict(one, rules[one], {**facts, name: found.values.get(name)}) for one, name in names.items()]
    failed = [f"{cell}: {said}" for cell, said in found.errors.items()]
    return Mark(name, "graded", *about, verdicts, [*notes, *noticed, *failed])


def _write(marks: Sequence[Mark], target: Path) -> None:
    rows = [
        (one.file, one.student, one.session, one.seed, one.right, len(one.verdicts), one.state, " ".join(one.notes))
        for one in marks
    ]
    pd.DataFrame(rows, columns=_COLUMNS).map(lessons.no_formula).to_csv(target / "marks.csv", index=False)
    for number, mark in enumerate(marks, start=1):
        page = target / f"{number:03d}-{lessons.slug(Path(mark.file).stem)}.html"
        page.write_text(files.filled(Path(__file__).with_name("mark.html"), mark=mark), encoding="utf-8")

"""Everything for a class in one folder and one zip: notebooks, slides, site, quizzes, sheet, weights, a README."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from artlib import paths
from artlib.course import checks, lessons, sheet, slides
from artlib.course.lessons import CourseError, Student
from artlib.site import config, files, kernel, layout, teaching

_WEIGHTS = ("resnet18_s-photographs.safetensors",)
TORCH_FREE = "numpy\npandas\npyarrow\nscikit-learn\nmatplotlib\n"
"""What the session without PyTorch is installed from."""


def pack(
    sessions: Sequence[int] | None, seed: int, names: Path | None, to: Path | None, say: Callable[[str], object]
) -> Path:
    """Write the folder and, beside it, the zip; returns the folder.

    Parameters
    ----------
    sessions : None for all.
    names : the class's list, as `lessons.roster` reads it.
    to : a folder that is empty or not there; None: ``_build/course-SEED``.
    say : is told each step.

    Raises
    ------
    CourseError : the folder is not empty, the list names nobody, no such session.
    """
    book = layout.here()
    chosen, students = sorted(set(sessions or lessons.SESSIONS)), lessons.roster(names, seed)
    for session in chosen:
        lessons.page(session)
    folder = (to or book.build / f"course-{seed}").resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not empty. Name another folder with --to, or delete it first.")
    folder.mkdir(parents=True, exist_ok=True)
    address = config.repository(os.environ)
    steps: Mapping[str, Callable[[], object]] = {
        "student": lambda: _student(chosen, students, folder / "student", address),
        "instructor and slides": lambda: _instructor(chosen, Student("", "class", seed), folder, book),
        "nbgrader": lambda: _nbgrader(chosen, seed, folder / "nbgrader"),
        "quizzes": lambda: (folder / "quizzes.json").write_text(quizzes(), encoding="utf-8"),
        "weights": lambda: _weights(folder / "weights"),
        "lesson": lambda: sheet.write(seed, folder / "lesson") if 1 in chosen else None,
        "site": lambda: _site(book, folder / "site", say),
    }
    for step, do in steps.items():
        say(f"  {step}")
        do()
    listed = pd.DataFrame(students).rename(columns={"slug": "folder"}).map(lessons.no_formula)
    listed.to_csv(folder / "instructor" / "students.csv", index=False)
    who = f"{len(students)} students, a museum for each." if names else "All students have the same museum."
    titles, site = map(lessons.title, chosen), (folder / "site").exists()
    said = files.filled(Path(__file__).with_name("readme.txt"), titles=titles, seed=seed, who=who, site=site)
    (folder / "README.txt").write_text(said, encoding="utf-8")
    _sums(folder)
    shutil.make_archive(str(folder), "zip", folder.parent, folder.name)
    return folder


def quizzes() -> str:
    """All quizzes in JupyterQuiz's schema: JSON."""
    listed = [
        {
            "question": question["ask"], "type": "multiple_choice",
            "answers": [
                {"answer": text, "correct": right, "feedback": said} for text, said, right in teaching.options(question)
            ],
        }
        for entry in paths.table("quizzes.yaml")["chapters"].values() for question in entry["questions"]
    ]  # fmt: skip
    return json.dumps(listed, ensure_ascii=False, indent=1)


def executed(notebook: Any, folder: Path, book: layout.Layout, go_on: bool = False) -> Any:
    """A notebook with its outputs, run in a folder; ``go_on``: past cells that fail.

    Errors: CourseError with the cell's own words.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    with kernel.this_python(book.build / "kernels", book.root):
        try:
            where = {"metadata": {"path": str(folder)}}
            return NotebookClient(notebook, timeout=900, resources=where, allow_errors=go_on).execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as fault:
            raise CourseError(f"A cell failed: {fault}") from None


def _student(sessions: Sequence[int], students: Sequence[Student], folder: Path, address: str | None) -> None:
    for student in students:
        own = folder if len(students) == 1 and not student.name else folder / student.slug
        _notebooks({session: lessons.notebook(session, student, address=address) for session in sessions}, own)
        (own / "requirements-small.txt").write_text(TORCH_FREE, encoding="utf-8")


def _notebooks(sessions: Mapping[int, Any], folder: Path) -> None:
    """Notebooks of sessions with what checks their answers and what they read beside them."""
    import nbformat

    folder.mkdir(parents=True)
    names = [name for session in sessions for name in lessons.exercises(session)]
    (folder / "checks.json").write_text(lessons.public_rules(names), encoding="utf-8")
    shutil.copy2(checks.__file__, folder / "course_check.py")
    for session, notebook in sessions.items():
        nbformat.write(notebook, folder / f"session-{session}.ipynb")
        lessons.write_files(session, folder)


def _instructor(sessions: Sequence[int], reader: Student, folder: Path, book: layout.Layout) -> None:
    import nbformat

    own = folder / "instructor"
    own.mkdir()
    (folder / "slides").mkdir()
    slides.bundle(folder / "slides")
    for session in sessions:
        lessons.write_files(session, own)
        solved = executed(lessons.notebook(session, reader, solved=True), own, book)
        nbformat.write(solved, own / f"session-{session}.ipynb")
        slides.write(session, solved, lessons.chapter(session), folder / "slides")


def _nbgrader(sessions: Sequence[int], seed: int, folder: Path) -> None:
    for session in sessions:
        made = lessons.notebook(session, Student("", "", seed), solved=True, nbgrader=True)
        _notebooks({session: made}, folder / "source" / f"session-{session}")
    text = f'c = get_config()  # noqa: F821\nc.CourseDirectory.course_id = "fine-art-{seed}"\n'
    (folder / "nbgrader_config.py").write_text(text, encoding="utf-8")


def _weights(folder: Path) -> None:
    folder.mkdir()
    for name in _WEIGHTS:
        shutil.copy2(paths.data() / "weights" / name, folder / name)


def _site(book: layout.Layout, folder: Path, say: Callable[[str], object]) -> None:
    """The rendered site as it is; without one, a line that says what to do, and no half of it."""
    if (book.site / "index.html").exists():
        shutil.copytree(book.site, folder, ignore=shutil.ignore_patterns(".doctrees", ".buildinfo"))
        return
    say("    The site has not been built, so that the pack has none: `make book`, then pack again with another --to.")


def _sums(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")

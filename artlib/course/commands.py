"""The commands ``artlib course ...``."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="A class: pack it, check and grade notebooks, compare runs with the book.")
Seed = Annotated[int, typer.Option(help="Of the class: another seed, another museum with other answers.")]
Names = Annotated[Path | None, typer.Option(help="A table with a column `name`: a museum for each student.")]


@app.command("pack")
def pack_course(
    session: Annotated[list[int] | None, typer.Option(help="1 to 6; may be repeated; all when none is named.")] = None,
    seed: Seed = 2027,
    students: Names = None,
    to: Annotated[Path | None, typer.Option(help="An empty or new folder; else _build/course-SEED.")] = None,
) -> None:
    """Write one folder and one zip with everything for a class; no network is needed to use it."""
    from artlib.course import pack

    target = pack.pack(session, seed, students, to, typer.echo)
    typer.echo(f"{target}\n{target.with_suffix('.zip')}\nBegin with {target / 'README.txt'}")


@app.command("check")
def check_course(
    notebook: Annotated[Path, typer.Argument(help="A notebook of a session, or a chapter of `artlib lab`.")],
) -> None:
    """Run a notebook and say of every exercise whether it is right, in words."""
    from artlib.course import grade

    verdicts, notes = grade.check(notebook)
    for one in verdicts:
        typer.echo(f"{one.exercise}: {one!r}")
    typer.echo("\n".join([*notes, f"{sum(map(bool, verdicts))} of {len(verdicts)} right."]))


@app.command("grade")
def grade_course(
    folder: Annotated[Path, typer.Argument(help="Submissions: one notebook for each student.")],
    to: Annotated[Path | None, typer.Option(help="Where the marks go; else `marks` beside the folder.")] = None,
    students: Names = None,
    seed: Seed = 2027,
    session: Annotated[int | None, typer.Option(help="Refuse notebooks of another session, 1 to 6.")] = None,
) -> None:
    """Run submissions apart, and write marks.csv and a page for each."""
    from artlib.course import fence, grade, lessons

    typer.echo(fence.strength())
    marks = grade.grade(folder, to, lessons.roster(students, seed) if students else (), session)
    for mark in marks:
        typer.echo(f"{mark.file}: {mark.state}, {mark.right} of {len(mark.verdicts)} right. {' '.join(mark.notes)}")


@app.command("compare")
def compare_course(
    folder: Annotated[Path | None, typer.Argument(help="Records of your own; else data/runs.")] = None,
) -> None:
    """Your runs beside the book's: the same order? inside the interval? what differs?"""
    from artlib.course import compare

    typer.echo("\n\n".join(map(str, compare.compare_with_book(folder))))


@app.command("agree")
def agree_course(
    labels: Annotated[Path, typer.Argument(help="lesson/labels.csv, filled in by two people.")],
    answers: Annotated[Path, typer.Argument(help="lesson/answers.csv of the same pack.")],
) -> None:
    """How far two people and the network agree: Cohen's kappa with intervals."""
    from artlib.course import sheet

    typer.echo(sheet.agreement(labels, answers))

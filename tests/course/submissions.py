"""What the course's tests share: a session that runs in half a second, and what was computed for each museum."""

from functools import cache

from artlib.course import checks, fence, lessons

QUICK = 6
"""The session whose notebook needs the standard library alone."""


@cache
def museum(session: int, seed: int) -> fence.Outcome:
    """What a student's untouched notebook leaves, and below it every solution: facts and answers by name."""
    student = lessons.Student("", "", seed)
    untouched, solved = (lessons.notebook(session, student, solved=one) for one in (False, True))
    cells = [(cell.id, cell.source) for cell in untouched.cells if cell.cell_type == "code"]
    cells += [(f"solved-{cell.id}", cell.source) for cell in solved.cells if cell.id.startswith("answer-")]
    rules = [lessons.rules()[name] for name in lessons.exercises(session)]
    wanted = sorted(set().union(*(checks.needed(rule) | {rule["answer"]} for rule in rules)))
    with lessons.files(session) as folder:
        return fence.run(cells, wanted, folder)


def written(session: int, seed: int, name: str = "", **answers: str):
    """A student's notebook with answers written into it: exercise -> code."""
    made = lessons.notebook(session, lessons.Student(name, "", seed))
    for cell in made.cells:
        exercise = cell.id.removeprefix("answer-").replace("-", "_")
        if cell.id.startswith("answer-") and exercise in answers:
            cell.source = answers[exercise]
    return made


def solutions() -> dict[str, str]:
    """The solutions of the quick session, as answers of ``written``."""
    return {name.replace("-", "_"): lessons.rules()[name]["solution"] for name in lessons.exercises(QUICK)}

"""The chapters as committed: stripped, framed, free of code that belongs elsewhere; slow: each one executed."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from artlib import presets
from artlib.site import execute, files, jobs, layout, notebooks

BOOK = layout.here()
CHAPTERS = BOOK.chapters()
NOTEBOOKS = sorted((BOOK.root / "book").glob("*.ipynb"))
LONGEST_CELL, LONGEST_FUNCTION = 25, 6
FRAME = ("Your turn", "What we (?:found|have seen)", "Next")


@pytest.fixture(params=CHAPTERS, ids=lambda name: Path(name).name)
def chapter(request):
    return request.param


read = cache(notebooks.read)


@pytest.fixture
def notebook(chapter):
    """What no test changes."""
    return read(BOOK.source(chapter))


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def words(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_what_a_page_folds_as_its_making_shows_nothing(notebook):
    for cell in notebooks.setup(notebook):
        assert not isinstance(ast.parse(cell.source).body[-1], ast.Expr), "a page would hide what this cell shows"


def test_every_notebook_is_a_chapter():
    assert sorted(path.stem for path in NOTEBOOKS) == sorted(Path(name).name for name in CHAPTERS)


def test_notebooks_are_committed_without_outputs():
    """As `make strip` leaves them: the options stand in the Makefile."""
    makefile = (BOOK.root / "Makefile").read_text(encoding="utf-8")
    keys = re.search(r'^STRIP := --keep-id --extra-keys "(.*)"$', makefile, re.MULTILINE).group(1)
    command = [sys.executable, "-m", "nbstripout", "--verify", "--keep-id", "--extra-keys", keys]
    done = subprocess.run([*command, *map(str, NOTEBOOKS)], capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nmake strip removes what is left"


def test_the_parameters_ask_for_a_preset_by_hardware(chapter, notebook):
    declared = notebooks.declared_parameters(notebook, chapter)
    assert declared["preset"] == "auto"
    assert declared["collection"] == "museum"
    assert declared["root"] is None


def test_every_preset_of_every_chapter_gives_a_job(chapter):
    for name in presets.NAMES:
        (job,) = jobs.make(BOOK, [chapter], name, {})
        assert job.injected["preset"] == name
        assert job.timeout > 0


def test_the_frame_is_the_same_in_every_chapter(notebook):
    text = words(notebook)
    places = [re.search(f"^## {heading}$", text, re.MULTILINE) for heading in FRAME]
    assert all(places), dict(zip(FRAME, places, strict=True))
    assert places == sorted(places, key=re.Match.start)
    assert re.match(r"(\([\w-]+\)=\n)?# ", text), "a chapter begins with its title"


def test_exercises_have_solutions_that_are_executed(notebook):
    text = words(notebook)
    exercises = set(re.findall(r"{exercise(?:-start)?}[^\n]*\n(?:[^\n]*\n)*?:label: (\S+)", text))
    solutions = set(re.findall(r"{solution-start} (\S+)", text))
    assert len(exercises) >= 3
    assert solutions == exercises
    for start in (i for i, cell in enumerate(notebook.cells) if "{solution-start}" in cell.source):
        inside = []
        for cell in notebook.cells[start + 1 :]:
            if "{solution-end}" in cell.source:
                break
            inside.append(cell.cell_type)
        assert "code" in inside, f"the solution in cell {start} runs nothing"


def test_cells_are_short_and_hold_no_machinery(notebook):
    for source in code(notebook):
        assert source.count("\n") < LONGEST_CELL, source
        tree = ast.parse("\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(alias.name for alias in node.names)}
                drawing = {name for name in names if name and name.split(".")[0] in ("matplotlib", "seaborn")}
                assert not drawing, f"{drawing}: plotting belongs in artlib.figures"


def test_no_chapter_installs_anything(notebook):
    for source in code(notebook):
        assert not re.search(r"\bpip\b|subprocess|find_spec", source), source


def test_no_chapter_asks_which_preset_it_is(notebook):
    for source in code(notebook):
        assert not re.search(r"\bif\b.*\bpreset\b", source), source


@pytest.mark.slow
def test_every_chapter_runs_at_smoke_within_what_its_preset_promises(chapter, monkeypatch):
    monkeypatch.setenv("ARTLIB_CACHE", str(BOOK.build / "cache"))
    before = files.contents(BOOK.root, files.below(BOOK.root / "data"))
    (job,) = jobs.make(BOOK, [chapter], "smoke", {})
    (result,) = execute.run(BOOK, [job])
    expected = presets.load(Path(chapter).name, "smoke")
    errors = [
        output
        for cell in notebooks.read(result.notebook).cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert not errors
    assert result.measured["settings"]["preset"] == "smoke"
    assert result.measured["minutes"] < 3 * expected.minutes
    assert result.measured["peak_memory_mb"] < 1.5 * expected.memory_mb
    assert files.contents(BOOK.root, files.below(BOOK.root / "data")) == before, "a chapter wrote into data/"

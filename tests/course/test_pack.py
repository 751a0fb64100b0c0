"""A pack: whole, small, without a line of a solution for students, and it runs where it is unpacked."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from typer.testing import CliRunner

from artlib.__main__ import app
from artlib.course import lessons, pack

NAMES = 'name\nJosé Ñandú\n=HYPERLINK(1)\n"O\'Brien, ""Pat"""\nJosé Ñandú\n'
MOST_MB = 60


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Sessions 4 (recorded predictions) and 6 for a class of four, unpacked from the zip elsewhere."""
    place = tmp_path_factory.mktemp("pack")
    (place / "names.csv").write_text(NAMES, encoding="utf-8")
    folder = pack.pack([4, 6], 2027, place / "names.csv", place / "class", lambda step: None)
    with zipfile.ZipFile(folder.with_suffix(".zip")) as archive:
        archive.extractall(place / "elsewhere")
    return place / "elsewhere" / "class"


def test_a_folder_that_is_not_empty_is_refused_before_anything_long(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(app, ["course", "pack", "--to", str(tmp_path)])
    assert done.exit_code == 1
    assert "not empty" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pack", "--session", "9"], "no session 9"),
        (["pack", "--seed", "-1"], "seed"),
        (["pack", "--students", "/no/such/file"], "cannot be read"),
        (["check", "/no/such/file.ipynb"], "/no/such/file.ipynb: It is no file"),
        (["grade", "/no/such/folder"], "no folder"),
        (["compare", "/no/such/folder"], "no records"),
        (["agree", "/no/such/file", "/nor/this"], "cannot be read"),
    ],
)
def test_a_fault_is_one_message(tmp_path, words, said):
    to = ["--to", str(tmp_path / "new")] if words[0] == "pack" else []
    done = CliRunner().invoke(app, ["course", *words, *to])
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_quizzes_are_in_the_schema_of_jupyterquiz():
    listed = json.loads(pack.quizzes())
    assert len(listed) >= 50
    for one in listed:
        assert set(one) == {"question", "type", "answers"}
        assert one["type"] == "multiple_choice"
        assert sum(answer["correct"] for answer in one["answers"]) == 1
        assert all(set(answer) == {"answer", "correct", "feedback"} for answer in one["answers"])


@pytest.mark.slow
def test_a_pack_is_whole_and_small(packed):
    sums = dict(line.split("  ")[::-1] for line in (packed / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    files = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert files == set(sums)
    assert all(hashlib.sha256((packed / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    site = sum((packed / name).stat().st_size for name in files if name.startswith("site/"))
    assert sum((packed / name).stat().st_size for name in files) - site < MOST_MB * 2**20 / 3
    for name in (
        "README.txt",
        "quizzes.json",
        "slides/session-4.html",
        "slides/quiz-4.html",
        "slides/reveal/reveal.js",
        "instructor/students.csv",
    ):
        assert name in files
    students = (packed / "instructor" / "students.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK(1)" in students
    assert students.count("José Ñandú") == 2
    assert len({path.parent.name for path in (packed / "student").glob("*/session-6.ipynb")}) == 4


@pytest.mark.slow
def test_no_line_of_a_solution_and_no_digest_of_one_is_anywhere_in_students_files(packed):
    files = [path for path in (packed / "student").rglob("*") if path.is_file() and path.suffix != ".parquet"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files).replace('\\"', '"')
    given = "\n".join(part.source for session in (4, 6) for part in lessons.parts(session) if part.kind == "code")
    for session in (4, 6):
        for name in lessons.exercises(session):
            solution = lessons.rules()[name]["solution"]
            for line in solution.strip().splitlines():
                assert len(line.strip()) < 12 or line.strip() in given or line.strip() not in text, line
            digests = [
                make(solution.strip().encode()).hexdigest() for make in (hashlib.sha256, hashlib.md5, hashlib.sha1)
            ]
            assert not any(digest in text for digest in digests)


@pytest.mark.slow
def test_slides_and_notebooks_ask_no_other_host(packed):
    for path in (packed / "slides").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text
        assert text.count("<section>") > 10 or path.name.startswith("quiz-")
    assert "@import" not in (packed / "slides" / "reveal" / "theme" / "white.css").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_session_without_pytorch_runs_without_it_and_without_the_package(packed, tmp_path):
    """Neither torch nor artlib can be imported: the file beside the notebook checks."""
    own = tmp_path / "own"
    shutil.copytree(next((packed / "student").glob("01-*")), own)
    made = nbformat.read(own / "session-4.ipynb", as_version=4)
    blocked = "import sys\nfor name in ('torch', 'artlib', 'fastai', 'torchvision'): sys.modules[name] = None\n"
    cells = [cell.source for cell in made.cells if cell.cell_type == "code"]
    shown = "\n".join(
        f"said_{k} = {line}"
        for k, line in enumerate(line for c in cells for line in c.splitlines() if "check(" in line)
    )
    script = (
        blocked
        + "\n".join(cells)
        + f"\n{shown}\nprint([repr(one) for name, one in sorted(globals().items()) if name.startswith('said_')])"
    )
    (own / "run.py").write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, "run.py"], cwd=own, capture_output=True, text=True, env={"PATH": "/usr/bin"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Not yet") == 4


@pytest.mark.slow
def test_instructors_notebooks_were_executed_and_say_right(packed):
    for session in (4, 6):
        made = nbformat.read(packed / "instructor" / f"session-{session}.ipynb", as_version=4)
        outputs = [str(cell.outputs) for cell in made.cells if cell.id.startswith("answer-")]
        assert len(outputs) == 4
        assert all("Right." in output for output in outputs)


@pytest.mark.slow
def test_nbgraders_copy_has_the_metadata_that_it_reads(packed):
    made = nbformat.read(packed / "nbgrader" / "source" / "session-6" / "session-6.ipynb", as_version=4)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    kinds = [(cell.metadata["nbgrader"]["grade"], cell.metadata["nbgrader"]["solution"]) for cell in code]
    assert kinds.count((True, False)) == kinds.count((False, True)) == 4
    assert len({cell.metadata["nbgrader"]["grade_id"] for cell in code}) == len(code)


@pytest.mark.slow
def test_nbgrader_takes_the_folder(packed, tmp_path):
    """In an environment of its own: ARTLIB_NBGRADER names the folder of its commands."""
    place = os.environ.get("ARTLIB_NBGRADER")
    if not place:
        pytest.skip("nbgrader: set ARTLIB_NBGRADER to the bin folder of an environment with nbgrader to run this test")
    course = tmp_path / "course"
    shutil.copytree(packed / "nbgrader", course)
    environment = {**os.environ, "PATH": f"{place}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}
    for words in (["generate_assignment", "session-6", "--create"], ["validate", "source/session-6/session-6.ipynb"]):
        done = subprocess.run(
            [f"{place}/nbgrader", *words], cwd=course, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert "passes all the tests" in done.stdout + done.stderr
    released = (course / "release" / "session-6" / "session-6.ipynb").read_text(encoding="utf-8")
    assert released.count("YOUR CODE HERE") == 4
    assert "0.05 * tests" not in released

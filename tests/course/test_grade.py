"""Submissions, the hostile ones too: thirty rows, no crash, and nothing touched outside of the fence."""

import csv
import json
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from submissions import QUICK, museum, solutions, written

from artlib.course import checks, fence, grade, lessons

LIMITS = fence.Limits(seconds=3, memory=400, disk=20, processes=301)
SEED = 2027


@pytest.fixture
def fenced():
    if not fence.namespaces():
        pytest.skip("namespaces: this system does not let this user make them; the guard is tested by itself")


def save(notebook, file):
    nbformat.write(notebook, file)
    return file


def told(file):
    with pytest.raises(grade.CourseError) as caught:
        grade.read(file)
    return str(caught.value)


def test_what_is_no_submission_is_refused_in_words(tmp_path):
    (tmp_path / "text.ipynb").write_text("dear teacher", encoding="utf-8")
    (tmp_path / "list.ipynb").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\x00\x01")
    (tmp_path / "deep.ipynb").write_text("[" * 100_000, encoding="utf-8")
    other = save(nbformat.v4.new_notebook(cells=[]), tmp_path / "other.ipynb")
    ninth = written(QUICK, SEED)
    ninth.metadata["artlib_course"]["session"] = 9
    save(ninth, tmp_path / "ninth.ipynb")
    link = tmp_path / "link.ipynb"
    link.symlink_to("/etc/passwd")
    for name in ("text", "list", "bytes", "deep"):
        assert "no notebook" in told(tmp_path / f"{name}.ipynb")
    assert "none of this course" in told(other)
    assert "none of this course" in told(tmp_path / "ninth.ipynb")
    assert "link" in told(link)
    assert "no file" in told(tmp_path)


def test_only_answers_and_additions_count():
    made = written(QUICK, SEED, **solutions())
    setup = next(cell for cell in made.cells if cell.id == "part-0")
    setup.source = "p_values = {'a': 1.0}"
    made.cells.insert(3, nbformat.v4.new_code_cell("import math", id="mine"))
    cells, notes = grade.composed(submission(made))
    given = dict(cells)
    assert given["part-0"] != setup.source
    assert "had been changed" in " ".join(notes)
    assert "import math" in given.values()
    assert [name for name, _ in cells].index("added-2") == 2


def submission(made):
    cells = [(cell.id, cell.cell_type, cell.source) for cell in made.cells]
    outputs = any(cell.get("outputs") for cell in made.cells)
    return grade.Submission(QUICK, SEED, "", cells, outputs)


def test_a_wrong_answer_is_not_what_another_is_judged_by(monkeypatch):
    beats = lessons.rules()["net-beats"]
    share = {**beats, "answer": "accuracy", "holds": {"product": [1, "$known"]}, "within": 0.01, "wrong": []}
    given = SimpleNamespace(stopped="", errors={}, values={"accuracy": 0.5, "points": 50.0})
    monkeypatch.setattr(lessons, "rules", lambda: {"net-share": share, "net-beats": beats})
    monkeypatch.setattr(lessons, "exercises", lambda _: ["net-share", "net-beats"])
    monkeypatch.setattr(grade, "composed", lambda _: ([], []))
    monkeypatch.setattr(grade, "truth", lambda *_: {"accuracy": 0.8, "known": 0.8, "majority": 0.3})
    monkeypatch.setattr(fence, "run", lambda *_: given)
    mark = grade._graded("a.ipynb", grade.Submission(QUICK, SEED, "", [], False), LIMITS, [])
    assert [bool(one) for one in mark.verdicts] == [False, True]


def test_ten_thousand_cells_are_told_and_not_run():
    made = written(QUICK, SEED)
    cells = [*submission(made).cells, *((f"c{k}", "code", "raise SystemExit") for k in range(10_000))]
    kept, notes = grade.composed(grade.Submission(QUICK, SEED, "", cells, False))
    assert len(kept) < 20
    assert "10,0" in notes[0]


def test_forged_outputs_are_told():
    made = written(QUICK, SEED)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="Right.")]
    _, notes = grade.composed(submission(made))
    assert "no answer was written" in notes[0]


def test_an_empty_folder_and_a_missing_one_are_said(tmp_path):
    with pytest.raises(grade.CourseError, match="no submission"):
        grade.grade(tmp_path)
    with pytest.raises(grade.CourseError, match="no folder"):
        grade.grade(tmp_path / "nowhere")


def test_without_namespaces_a_guard_stands_in_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(fence, "namespaces", lambda: False)
    outside = tmp_path / "outside.txt"
    outside.write_text("secret", encoding="utf-8")
    tries = {
        "read": f"open({str(outside)!r}).read()",
        "write": f"open({str(outside)!r}, 'w').write('changed')",
        "list": f"__import__('os').listdir({str(tmp_path)!r})",
        "remove": f"__import__('os').remove({str(outside)!r})",
        "system": "__import__('os').system('true')",
        "socket": "__import__('socket').create_connection(('127.0.0.1', 9))",
        "call": "__import__('ctypes').CDLL(None).getpid()",
    }
    own = "open('own.txt', 'w').write('a'); own = open('own.txt').read()"
    found = fence.run([*tries.items(), ("own", own)], ["own"], None, LIMITS)
    assert set(found.errors) == set(tries)
    assert all(error.startswith("PermissionError") for error in found.errors.values())
    assert found.values == {"own": "a"}
    assert outside.read_text(encoding="utf-8") == "secret"
    assert "Grade strangers' work elsewhere" in fence.strength()


def test_the_fence_is_found_whatever_the_path_of_a_user(fenced, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert fence.namespaces.__wrapped__()


@pytest.mark.slow
@pytest.mark.parametrize("session", lessons.SESSIONS)
def test_behind_the_guard_every_session_runs_as_in_a_fence(monkeypatch, session):
    monkeypatch.setattr(fence, "namespaces", lambda: False)
    found = museum.__wrapped__(session, 2027)  # not what another test has kept
    assert not found.errors
    assert None not in found.values.values()


# What thirty students hand in: file name -> code in place of one answer, or a change of the notebook.
HOSTILE = {
    "loop": "while True: pass",
    "sleep": "import time; time.sleep(100)",
    "system": "import os; os.system('touch {outside}/touched; rm -rf {outside}/kept')",
    "subprocess": "import subprocess; subprocess.run(['sh', '-c', 'echo x > {outside}/touched'])",
    "fork-bomb": "import os\nwhile True: os.fork()",
    "threads": "import threading\nfor k in range(10**6): threading.Thread(target=lambda: [0] * 10**7).start()",
    "output": "while True: print('x' * 10**6)",
    "memory": "x = bytearray(2**30); x[::4096] = b'a' * len(x[::4096])",
    "big-file": "open('big', 'wb').write(bytes(50 * 2**20))",
    "fill-disk": "for k in range(100): open(f'f{k}', 'wb').write(bytes(10 * 2**20))",
    "read-instructor": "remain = open('{outside}/kept/secret').read()",
    "walk": "import os; remain = [name for _, _, names in os.walk('{outside}') for name in names][0]",
    "passwd": "remain = open('/etc/passwd').read()",
    "proc-root": "remain = open('/proc/1/root{outside}/kept/secret').read()",
    "network": "import socket; socket.create_connection(('127.0.0.1', {port}), 1)",
    "exit": "import os; os._exit(0)",
    "sys-exit": "raise SystemExit(1)",
    "kill": "import os, signal; os.kill(-1, signal.SIGKILL)",
    "kill-parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "forge-result": """
import os
for fd in range(3, 30):
    try: os.write(fd, b'{"values": 1}')
    except OSError: pass
""",
    "patch-check": """
from artlib.course import checks
checks.verdict = checks.plain = check = lambda *a: 3
""",
    "overwrite-facts": "p_values = {'a': 0.0}; remain = 1",
    "package": "import artlib.course.checks as c; open(c.__file__, 'w').write('')",
    "deep": "remain = []\nfor k in range(10**5): remain = [remain]",
    "huge-answer": "remain = list(range(10**6))",
    "syntax": "remain = (",
    "daemon": "import os\nif os.fork() == 0:\n    os.setsid()\n    while True: pass",
}


@pytest.mark.slow
def test_thirty_hostile_submissions_are_thirty_rows(tmp_path, fenced):
    # The book's own temporary folder lies elsewhere: what stands here is outside of every fence.
    outside, inbox = tmp_path / "outside", tmp_path / "inbox"
    (outside / "kept").mkdir(parents=True)
    inbox.mkdir()
    (outside / "kept" / "secret").write_text("the solutions", encoding="utf-8")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.01)
    port = listener.getsockname()[1]
    for name, code in HOSTILE.items():
        answers = {**solutions(), "account_holm": code.replace("{outside}", str(outside)).replace("{port}", str(port))}
        save(written(QUICK, SEED, name, **answers), inbox / f"{name}.ipynb")
    save(written(QUICK, SEED, "=1+1", **solutions()), inbox / "right.ipynb")
    save(written(QUICK, SEED, "empty"), inbox / "empty.ipynb")
    before, started = snapshot(tmp_path), time.monotonic()
    marks = grade.grade(inbox, tmp_path / "marks", limits=LIMITS)
    assert time.monotonic() - started < 90
    assert len(marks) == 30
    assert {path: was for path, was in snapshot(tmp_path).items() if "marks" not in path.parts} == before
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()
    by_name = {Path(mark.file).stem: mark for mark in marks}
    assert by_name["right"].right == len(lessons.exercises(QUICK))
    assert by_name["empty"].right == 0
    assert {one.state for one in by_name["empty"].verdicts} == {checks.WAITING}
    for name in ("loop", "sleep", "memory"):
        assert by_name[name].state == "stopped", name
    for name in (
        "read-instructor",
        "walk",
        "proc-root",
        "passwd",
        "network",
        "syntax",
        "overwrite-facts",
        "patch-check",
    ):
        assert by_name[name].state == "graded", (name, by_name[name].notes)
        assert not dict(zip(lessons.exercises(QUICK), by_name[name].verdicts, strict=True))["account-holm"], name
    with open(tmp_path / "marks" / "marks.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert rows[[row["file"] for row in rows].index("right.ipynb")]["student"] == "'=1+1"
    assert len(list((tmp_path / "marks").glob("*.html"))) == 30
    assert not left_behind()


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def left_behind():
    """Processes of a fence that are still there."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"artlib.course.run_cells" in process.read_bytes() and process.parent.stat().st_uid == os.getuid():
                found.append(process)
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_student_of_another_museum_is_told_and_marked_by_the_own(tmp_path):
    facts = museum(QUICK, SEED).values
    numbers = {name.replace("-", "_"): f"{rule['answer']} = {facts[rule['answer']]!r}" for name, rule in rules()}
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    save(written(QUICK, SEED, "Ana", **numbers), inbox / "a.ipynb")
    save(written(QUICK, 2029, "Bo", **numbers), inbox / "b.ipynb")
    roster = [lessons.Student("Ana", "1-ana", SEED), lessons.Student("Bo", "2-bo", 2029)]
    ana, bo = grade.grade(inbox, students=roster)
    assert ana.right == 4
    assert bo.right < 4
    save(written(QUICK, SEED, "Bo", **solutions()), inbox / "b.ipynb")
    _, borrowed = grade.grade(inbox, students=roster)
    assert "this student's is 2029" in borrowed.notes[0]
    assert borrowed.seed == 2029
    namesake = [*roster, lessons.Student("Bo", "3-bo", SEED)]
    _, second = grade.grade(inbox, students=namesake)
    assert not second.notes, "one of two students of this name has this museum"
    (refused, _) = grade.grade(inbox, students=roster, session=QUICK + 1)
    assert refused.state == "refused"
    assert f"notebook of session {QUICK}; session {QUICK + 1} was asked for" in refused.notes[0]
    verdicts, _ = grade.check(inbox / "a.ipynb")
    assert all(verdicts)
    assert json.dumps([one.sentence for one in verdicts])


def rules():
    return [(name, lessons.rules()[name]) for name in lessons.exercises(QUICK)]

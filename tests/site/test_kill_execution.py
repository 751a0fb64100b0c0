"""Execution killed at random moments: the next run finishes, and its result is that of an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import psutil
import pytest

from artlib.site import execute, files, notebooks
from artlib.site.layout import Layout

RUN = textwrap.dedent("""
    import sys
    from pathlib import Path
    from artlib.site import execute, jobs, layout
    settings = {"seed": 11}
    job = jobs.Job("book/small", settings, settings, 120)
    print(execute.run(layout.Layout(Path(sys.argv[1])), [job])[0].notebook)
""")

CELLS = (
    "import time\nimport numpy as np\nrandom = np.random.default_rng(seed)",
    "time.sleep(0.7)\nfirst = random.normal(size=1000).cumsum()\nfirst[-1]",
    "time.sleep(0.7)\nprint(first.round(6)[:5])",
    "time.sleep(0.7)\nfirst.mean()",
)


@pytest.fixture
def books(tmp_path):
    """Two equal books: one to disturb, one to leave in peace."""
    made = []
    for name in ("disturbed", "in peace"):
        folder = tmp_path / name / "book"
        folder.mkdir(parents=True)
        code = [nbformat.v4.new_code_cell(source, id=f"c{number}") for number, source in enumerate(CELLS)]
        parameters = nbformat.v4.new_code_cell("seed = 3", id="p", metadata={"tags": ["parameters"]})
        title = nbformat.v4.new_markdown_cell("# Small", id="t")
        nbformat.write(nbformat.v4.new_notebook(cells=[title, parameters, *code]), folder / "small.ipynb")
        made.append(Layout(folder.parent))
    return made


def started(book):
    return subprocess.Popen([sys.executable, "-c", RUN, str(book.root)], stdout=subprocess.PIPE, text=True)


def finished(book):
    """Run to the end; the executed notebook's outputs, without what differs from run to run by nature."""
    said, _ = (process := started(book)).communicate(timeout=120)
    assert process.returncode == 0
    return [cell.get("outputs") for cell in notebooks.read(said.strip()).cells]


@pytest.mark.slow
def test_killed_five_times_the_next_run_gives_the_same_result(books):
    disturbed, in_peace = books
    start = time.monotonic()
    expected = finished(in_peace)
    usual = time.monotonic() - start
    moments = random.Random(time.time_ns())
    killed = 0
    while killed < 5:
        process = started(disturbed)
        delay = moments.uniform(0.1, 0.95) * usual
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        for path in files.below(disturbed.executed):  # whatever is there is whole
            assert execute.stored(disturbed, "book/small", path.stem)
            path.unlink()
    assert finished(disturbed) == expected
    assert not files.below(disturbed.failed)
    assert len(files.below(disturbed.executed)) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("end", "sign"), [(os.killpg, signal.SIGINT), (os.kill, signal.SIGKILL)])
def test_chapters_that_run_at_once_and_their_kernels_end_with_the_command(books, end, sign):
    """Ctrl-C goes to the command and to all that it started; a kill to the command alone."""
    book = books[0]
    endless = notebooks.read(book.source("book/small"))
    endless.cells[-1].source = "time.sleep(600)"
    for name in ("small", "other"):
        nbformat.write(endless, book.root / "book" / f"{name}.ipynb")
    run = RUN.replace("[job])[0].notebook", '[job, jobs.Job("book/other", settings, settings, 120)], workers=2)')
    main = 'if __name__ == "__main__":\n' + textwrap.indent(run, "    ")
    command = [sys.executable, "-c", main, str(book.root)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        started = psutil.Process(process.pid)
        deadline = time.monotonic() + 60
        while sum("ipykernel_launcher" in one.cmdline() for one in started.children(recursive=True)) < 2:
            assert time.monotonic() < deadline, "two kernels run at once"
            time.sleep(0.2)
        below = started.children(recursive=True)
        end(process.pid, sign)
        assert process.wait(timeout=30) != 0
    assert not psutil.wait_procs(below, timeout=15)[1]

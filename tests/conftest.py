"""What every test file shares: an own cache, and the real pictures when they are at hand."""

import contextlib
import gc
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

# Threads that wait for one another asleep: on a machine that does other work too, waiting awake costs minutes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes share the cores already
# jsonschema builds a grammar of international addresses from it, two seconds in every process; no notebook has one.
sys.modules.setdefault("rfc3987_syntax", None)
os.fsync = lambda file: None  # what a test writes need not outlive a power cut
gc.disable()  # until all is imported, little of which is garbage

BOOK = ("test_notebooks", "test_book", "test_browser", "test_course_pages")
"""Files whose tests look at one built book: one after the other, while other files have the second process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file run in one process; those of the book all in one."""
    for item in items:
        name = item.path.stem
        item.add_marker(pytest.mark.xdist_group("book" if name in BOOK else name))


def pytest_collection_finish() -> None:
    """What has been imported stays, and is not searched for garbage again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test reads or writes the user's cache; a test that wants to share one sets ARTLIB_CACHE itself."""
    folder = tmp_path / "artlib-cache"
    monkeypatch.setenv("ARTLIB_CACHE", str(folder))
    return folder


@pytest.fixture
def matlab_here(monkeypatch):
    """Whole MATLAB files are read in this process: one of its own, as for damaged ones, takes a second to start."""
    from artlib.collections import matlab

    def run(command, **_):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = matlab._main(*command[-3:])
        return subprocess.CompletedProcess(command, status, stderr=said.getvalue().encode())

    monkeypatch.setattr(matlab, "subprocess", SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired))
    monkeypatch.setitem(sys.modules, "resource", None)  # nor is the memory of this one limited


@pytest.fixture(scope="session")
def metadata_root() -> Path:
    """The folder of tables as museums publish them that ARTLIB_METADATA names."""
    named = os.environ.get("ARTLIB_METADATA")
    if not named or not Path(named).is_dir():
        pytest.skip("published tables: set ARTLIB_METADATA to a folder with nga, tate and cmoa to run this test")
    return Path(named)


@pytest.fixture(scope="session")
def real_root() -> Path:
    """The folder of real pictures that ARTLIB_REAL names."""
    named = os.environ.get("ARTLIB_REAL")
    if not named or not Path(named, "works.csv").exists():
        pytest.skip("real pictures: set ARTLIB_REAL to a folder with works.csv to run this test")
    return Path(named)


# Without these a browser looks for hosts of its own at every start.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium():
    """One browser for the tests of a file; skipped where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("browser: no Chromium on this machine; .ci/run installs it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()

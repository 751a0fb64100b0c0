"""The command line: quick to answer, one clear message for every fault, never a traceback."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version

import nbformat
import pytest
from book_site import serving
from PIL import Image
from typer.testing import CliRunner

from artlib import paths
from artlib.__main__ import app
from artlib.site import doctor, layout, look, serve

COMMANDS = ("build", "run", "check", "lab", "doctor", "serve", "clean", "pretrain", "experiment", "download", "records")
COMMANDS = (*COMMANDS, "course", "look")


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """An ``ARTLIB_HOME`` with one chapter."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/fine-tuning\n", encoding="utf-8")
    cell = nbformat.v4.new_code_cell(
        'preset = "auto"\ncollection = "museum"\nroot = None', metadata={"tags": ["parameters"]}
    )
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Small"), cell])
    nbformat.write(source, tmp_path / "book" / "fine-tuning.ipynb")
    (tmp_path / "data").mkdir()
    for table in paths.data().glob("*.yaml"):
        shutil.copy(table, tmp_path / "data")
    shutil.copytree(paths.data() / "studies", tmp_path / "data" / "studies")
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
    return tmp_path


def called(*words):
    return CliRunner().invoke(app, list(words))


def test_help_comes_at_once_and_names_every_command():
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "artlib", "--help"], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert all(command in done.stdout for command in COMMANDS)
    # One or two seconds on a machine that has nothing else to do.
    assert seconds < 5


def test_help_imports_nothing_heavy():
    code = "import sys, artlib.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "fastai", "pandas", "numpy", "papermill", "matplotlib", "cv2"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "no-such-chapter"], "no-such-chapter"),
        (["run", "--set", "colour=red"], "colour"),
        (["run", "--preset", "gigantic"], "gigantic"),
        (["run", "--root", "/no/such/folder"], "/no/such/folder"),
        (["check"], "artlib build"),
        (["serve"], "artlib build"),
        (["experiment", "no-such-experiment"], "no-such-experiment"),
        (["pretrain", "resnet18_s", "--source", "paintings"], "paintings"),
    ],
)
def test_a_fault_is_one_message_and_a_failing_exit(small_book, words, said):
    done = called(*words)
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_setting_is_name_and_value(small_book):
    done = called("run", "--set", "colour")
    assert done.exit_code == 2
    assert "name=value" in done.output


def test_outside_of_a_book_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
    done = called("build")
    assert done.exit_code == 1
    assert "ARTLIB_HOME" in done.output


def test_clean_deletes_what_was_built_and_keeps_cache_and_journal(small_book, own_cache):
    built, journal = layout.Layout(small_book).site, small_book / "data" / "runs" / "a.json"
    built.mkdir(parents=True)
    journal.parent.mkdir()
    journal.touch()
    own_cache.mkdir()
    assert called("clean").exit_code == 0
    assert not built.exists()
    assert own_cache.exists()
    assert called("clean", "--caches").exit_code == 0
    assert not own_cache.exists()
    assert journal.exists()


def test_a_site_is_served_on_this_computer_only(tmp_path):
    (tmp_path / "index.html").write_text("<h1>here</h1>", encoding="utf-8")
    with serving(tmp_path) as address:
        assert address.startswith("http://127.0.0.1:")
        assert urllib.request.urlopen(f"{address}/").read() == b"<h1>here</h1>"


def test_a_taken_port_is_said(tmp_path):
    (tmp_path / "index.html").write_text("", encoding="utf-8")
    with serve.server(tmp_path, 0) as first, pytest.raises(serve.ServeError, match="--port"):
        serve.server(tmp_path, first.server_port)


def test_the_doctor_tells_missing_from_different_by_a_lock_file_with_conditions():
    lock = f"# made by hand\nno-such-package==1\nnumpy==0.1\npandas == {version('pandas')} # why\n"
    missing, other = doctor.compare(lock + "only-elsewhere==2.0 ; sys_platform == 'nowhere'\n")
    assert missing == ["no-such-package"]
    assert other == [f"numpy {version('numpy')} instead of 0.1"]


def test_the_doctor_sees_a_folder_that_cannot_be_used(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.os, "access", lambda place, mode: False)
    states = {finding.what: finding.state for finding in doctor.machine()}
    assert states["Disk"] == states["Cache"] == "problem"


@pytest.mark.parametrize(
    ("findings", "code", "said"),
    [
        ([doctor.Finding("Disk", "room.")], 0, "All in order"),
        ([doctor.Finding("GPU", "none.", "note")], 0, "All in order"),
        ([doctor.Finding("Disk", "full.", "problem"), doctor.Finding("GPU", "none.", "note")], 1, "1 to put right"),
    ],
)
def test_the_doctors_exit_says_whether_all_is_in_order(monkeypatch, findings, code, said):
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))
    done = called("doctor")
    assert done.exit_code == code
    assert said in done.output


def test_the_doctor_survives_what_it_looks_at(monkeypatch):
    def broken():
        raise RuntimeError("libcuda")
        yield

    monkeypatch.setattr(doctor, "LOOKS", (broken, doctor.python))
    assert [finding.state for finding in doctor.examine()] == ["problem", "fine"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--collection", "folder"], "--root: the collection 'folder' lies on a disk"),
        (["run", "--collection", "foldr"], "--collection: there is no collection called 'foldr'"),
        (["run", "--root", "."], "--root: the collection 'museum' is drawn"),
        (["run", "--set", "epochs=many"], "--set epochs=...: 'many' does not fit"),
    ],
)
def test_parameters_are_checked_before_anything_starts(small_book, monkeypatch, words, said):
    monkeypatch.delenv("MAKELEVEL", raising=False)  # under make the message names make's variables
    done = called(*words)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.rstrip().endswith(".")
    assert not done.output.rstrip().endswith("..")


def test_make_is_told_of_its_own_options(small_book, monkeypatch):
    monkeypatch.setenv("MAKELEVEL", "1")
    assert "ROOT=: the collection 'folder' lies on a disk" in called("run", "--collection", "folder").output


def test_too_few_pictures_are_one_page_and_a_failing_exit(small_book, tmp_path):
    for name in "abc":
        (tmp_path / "mine" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "mine" / name / "1.png")
    done = called("build", "--collection", "folder", "--root", str(tmp_path / "mine"))
    assert done.exit_code == 1
    assert "Nothing can be asked of the 3 works in mine" in done.output
    assert "the 3 works in mine" in (small_book / "_build" / "your-pictures.html").read_text(encoding="utf-8")


def test_a_look_says_what_can_be_asked_and_which_counts_follow(small_book, tmp_path, monkeypatch):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    for number in range(24):
        folder = tmp_path / "mine" / "train" / f"hand {number % 2}" / "deeper"
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(folder / f"{number}.png")
    (tmp_path / "mine" / "test" / "hand 0").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "mine" / "test" / "hand 0" / "last.png")
    done = called("look", str(tmp_path / "mine"), "--column", "artist")
    assert done.exit_code == 0, done.output
    assert "artist: 2 classes with 5 works or more, 25 works with a label (largest: hand 0)" in done.output
    found = look.look(["book/artist-identification"], "folder:artist", tmp_path / "mine")
    assert found.changes("artist-identification", {"minimum": 40, "thresholds": [20], "batch_size": 64}) == {
        "minimum": 10,
        "thresholds": [10],
        "batch_size": 4,
    }
    assert found.changes("culture", {"minimum": 15}) == {"minimum": 5}, "what the page says it would need"
    small = found.changes("culture", {"batch_size": 64, "learning_rate": 0.02})
    assert small == {"batch_size": 4, "learning_rate": 0.005}, "a sixteenth of the pictures, a quarter of the rate"
    assert found.changes("culture", {"batch_size": 4, "learning_rate": 0.02}) == {}
    refused = called("look", str(tmp_path / "mine"), "--collection", "wikiart", "--join")
    assert "--join is for the collections folder and table" in refused.output
    monkeypatch.setenv("MAKELEVEL", "1")
    refused = called("look", str(tmp_path / "mine"), "--collection", "table", "--column", "artist")
    assert "COLUMN= tells what" in refused.output, "named as make's user did"
    monkeypatch.delenv("MAKELEVEL")
    assert "25 works" in called("look", str(tmp_path / "mine"), "--column", "artist").output
    assert "1 works in mine" in called("look", str(tmp_path / "mine"), "--column", "artist", "--join").output
    assert "cannot serve for 'artist', so another one is made: its test set has no work of 'hand 1'" in done.output
    for number in range(6):
        (tmp_path / "mine" / "test" / "hand 1").mkdir(exist_ok=True)
        for hand in (0, 1):
            Image.new("RGB", (8, 8)).save(tmp_path / "mine" / "test" / f"hand {hand}" / f"{number}.png")
    found = look.look(["book/painting-generation"], "folder:artist", tmp_path / "mine")
    assert found.said[-1].startswith("The published split is kept for 'artist': ")
    assert found.changes("painting-generation", {"held": 196, "train": 150, "batch_size": 64}) == {
        "held": 7,
        "train": 12,
        "batch_size": 4,
    }


@pytest.mark.slow
def test_the_doctor_finds_this_machine_in_order():
    done = subprocess.run(
        [sys.executable, "-m", "artlib", "doctor"], capture_output=True, text=True, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for what in ("Python", "Packages", "PyTorch", "Memory", "Disk", "Museum", "Weights"):
        assert what in done.stdout

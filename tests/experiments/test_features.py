"""Features of a collection in parts: the same bytes whatever ends the run, and whoever makes them."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from killing import killed
from PIL import Image
from typer.testing import CliRunner

from artlib import __main__, nets, pixels
from artlib.collections import files, museum
from artlib.evaluate import similarity
from artlib.experiments import ExperimentError, engines, features
from artlib.learners import shards
from artlib.learners.shards import Shards, ShardsError
from artlib.works import PictureError

NETWORK = "mobilenet_s=photographs"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch, tmp_path):
    """Parts of sixteen works, and a cache of its own."""
    monkeypatch.setattr(shards, "ROWS", 16)
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / "cache"))


def contents(folder):
    """Bytes by file."""
    return {file.name: file.read_bytes() for file in sorted(folder.glob("[!.]*"))}


def test_an_ended_run_goes_on_to_the_same_bytes(tmp_path):
    collection, whole, ended = museum.read(40), tmp_path / "whole", tmp_path / "ended"
    made = features.build(collection, NETWORK, whole, 32, engines.serial)
    assert (made.parts, made.works) == (3, 40)

    def one(work, todo):
        yield todo[0], work(todo.popleft())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        features.build(collection, NETWORK, ended, 32, one)
    assert features.build(collection, NETWORK, ended, 32, engines.serial).parts == 2
    assert contents(ended) == contents(whole)
    assert features.build(collection, NETWORK, ended, 32, engines.serial).parts == 0
    pictures = pixels.cache(collection, 32, progress=False)
    from artlib.learners import linear

    expected = linear.features(nets.named(NETWORK), pictures, range(40))
    np.testing.assert_allclose(np.asarray(Shards(whole), dtype="float32"), expected, rtol=2e-3, atol=2e-3)


def test_a_part_whose_process_is_gone_is_made_again_and_given_up_in_the_end(tmp_path):
    def losing(times):
        def engine(work, todo):
            for number in range(1_000):
                if todo:
                    part = todo.popleft()
                    yield part, engines.Lost("killed") if number < times else work(part)

        return engine

    assert features.build(museum.read(20), NETWORK, tmp_path / "made", 32, losing(3)).parts == 2
    with pytest.raises(ShardsError, match="Given up after 4 tries: killed Every part that was made is kept"):
        features.build(museum.read(20), NETWORK, tmp_path / "lost", 32, losing(9))
    features.build(museum.read(20), NETWORK, tmp_path / "whole", 32, engines.serial)
    assert contents(tmp_path / "made") == contents(tmp_path / "whole")


def test_jobs_of_an_array_share_the_parts(tmp_path):
    collection = museum.read(40)
    for job in (1, 2):
        features.build(collection, NETWORK, tmp_path / "shared", 32, engines.serial, f"{job}/2")
    features.build(collection, NETWORK, tmp_path / "alone", 32, engines.serial)
    assert contents(tmp_path / "shared") == contents(tmp_path / "alone")
    with pytest.raises(ExperimentError, match="3/40"):
        features.build(collection, NETWORK, tmp_path / "alone", 32, engines.serial, "5/2")


def test_a_worker_that_does_not_see_the_folder_sends_what_it_made(tmp_path, monkeypatch):
    collection = museum.read(20)

    def elsewhere(work, todo):
        other = replace(work, folder=tmp_path / "another machine's disk")
        while todo:
            part = todo.popleft()
            yield part, other(part)

    features.build(collection, NETWORK, tmp_path / "sent", 32, elsewhere)
    features.build(collection, NETWORK, tmp_path / "here", 32, engines.serial)
    assert contents(tmp_path / "sent") == contents(tmp_path / "here")


def test_a_picture_that_cannot_be_read_leaves_a_gap_that_no_neighbour_falls_into(tmp_path, monkeypatch):
    collection, real = museum.read(40), museum.MuseumSource.read

    def read(self, image, size):
        if image.endswith("000021"):
            raise PictureError("is a hole")
        return real(self, image, size)

    monkeypatch.setattr(museum.MuseumSource, "read", read)
    made = features.build(collection, NETWORK, tmp_path / "features", 32, engines.serial)
    assert "1 could not be decoded (1 x is a hole)" in str(made)
    array = Shards(made.folder)
    assert array.skipped() == {21: "is a hole"}
    assert np.isnan(array[21]).all()
    assert not np.isnan(array[[20, 22]]).any()
    index, known = features.neighbours(made.folder)
    assert known["works"] == 39
    assert known["recall_at_10"] == 1
    assert 21 not in index.search(similarity.of_shards(array), 39)[1]


def test_an_index_is_read_again_and_made_anew_when_a_part_is(tmp_path, monkeypatch):
    made = features.build(museum.read(40), NETWORK, tmp_path / "features", 32, engines.serial)
    first, known = features.neighbours(made.folder)
    monkeypatch.setattr(similarity, "index", lambda *_: pytest.fail("built again"))
    again, told = features.neighbours(made.folder)
    assert told == known
    asked = similarity.of_shards(Shards(made.folder))
    np.testing.assert_array_equal(first.search(asked, 5)[1], again.search(asked, 5)[1])
    monkeypatch.undo()
    monkeypatch.setattr(shards, "ROWS", 16)
    shards.write(made.folder, 0, np.asarray(Shards(made.folder)[:16]) * np.float16(0.5))
    assert features.neighbours(made.folder)[1]["of"] != known["of"]


def test_the_command_says_what_it_made(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "processes", lambda count: engines.serial)
    asked = ["features", "museum", "--size", "30", "--network", NETWORK, "--pixels", "32"]
    asked += ["--out", str(tmp_path / "out")]
    done = CliRunner().invoke(__main__.app, [*asked, "--workers", "1", "--index"])
    assert done.exit_code == 0, done.output
    assert "30 x " in done.output
    assert "100.0% of the ten nearest" in done.output
    other = CliRunner().invoke(__main__.app, [*asked[:2], "--size", "31", *asked[4:]])
    assert other.exit_code == 1
    assert "holds features with another" in other.output
    nowhere = CliRunner().invoke(__main__.app, ["features", "museum", "--network", "resnet18_s=nowhere"])
    assert nowhere.exit_code == 1


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install -e .[cluster]")
def test_ray_workers_that_are_killed_leave_the_bytes_of_one_process(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "ROWS", 64)
    with killed(3):
        made = features.build(museum.read(1_000), NETWORK, tmp_path / "killed", 32, engines.on_ray(workers=2))
    assert (made.parts, made.works) == (16, 1_000)
    features.build(museum.read(1_000), NETWORK, tmp_path / "whole", 32, engines.serial)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_a_killed_run_leaves_whole_parts_and_goes_on(tmp_path):
    """Two processes, killed with their parent in the middle of their work."""
    script = (
        "from artlib.learners import shards; shards.ROWS = 16\n"
        "from artlib.collections import museum; from artlib.experiments import features, engines\n"
        "from pathlib import Path; import sys\n"
        f"features.build(museum.read(240), {NETWORK!r}, Path(sys.argv[1]), 64, engines.processes(2))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "killed")], start_new_session=True)
    while running.poll() is None and len(list((tmp_path / "killed").glob("0*.npy"))) < 3:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert 3 <= len(list((tmp_path / "killed").glob("0*.npy"))) < 15
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "killed")], check=True)
    features.build(museum.read(240), NETWORK, tmp_path / "whole", 64, engines.serial)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_a_machine_without_the_pictures_says_so_and_one_lost_picture_is_no_fault(tmp_path):
    for number in range(3):
        Image.new("RGB", (40, 40), "red").save(tmp_path / f"{number}.jpg")
    images = [f"{number}.jpg" for number in range(4)]
    task = features.PartMaker(files.FileSource(tmp_path), tmp_path, NETWORK, 32, "squash")
    assert task.fault((0, 0, images)) == ""
    absent = replace(task, source=files.FileSource(tmp_path / "nowhere"))
    assert absent.fault((0, 0, images)) == (
        "none of the first 4 pictures can be read there (4 x there is no such file)."
    )
    assert "nowhere" in replace(task, network="resnet18_s=nowhere").fault((0, 0, images))

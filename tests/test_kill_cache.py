"""Killing a filling of the pixel cache (-9) at random moments: the next run finishes it, with the same bytes."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PICTURES = 240

# Counts what it decodes in a file, since it does so in other processes, and takes its time.
SOURCE = """
import os, time
from artlib.collections.files import FileSource

class Counting(FileSource):
    threads = False

    def read(self, image, size):
        with open(os.environ["COUNT"], "a") as file:
            file.write(image + "\\n")
        time.sleep(0.01)
        return super().read(image, size)
"""

# No `if __name__ == "__main__"`: a student's script has none either, and its workers must not run it again.
SCRIPT = """
import sys, warnings
from artlib import collections, pixels, works
from counting import Counting

warnings.simplefilter("ignore")
made = collections.read("folder", sys.argv[1])
source = Counting(sys.argv[1]) if sys.argv[2] == "processes" else made.source
print("filling", flush=True)
pictures = pixels.cache(works.Collection("set", made.works, source), 64, progress=False)
print(pictures.key, len(pictures), flush=True)
"""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "class"
    folder.mkdir()
    for number in range(PICTURES):
        coarse = np.random.default_rng(number).integers(0, 255, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((1000, 800)).save(folder / f"{number:03d}.jpg", quality=95)
    for number in (7, 100):
        (folder / f"{number:03d}.jpg").write_bytes(b"damaged")
    return folder.parent


class Run:
    """A process that fills the cache, and the folder it fills."""

    def __init__(self, tmp_path, photographs, how):
        self.cache, self.count = tmp_path / "cache", tmp_path / "count"
        (tmp_path / "counting.py").write_text(SOURCE)
        (tmp_path / "script.py").write_text(SCRIPT)
        self.command = [sys.executable, str(tmp_path / "script.py"), str(photographs), how]
        self.environment = {
            **os.environ,
            "ARTLIB_CACHE": str(self.cache),
            "COUNT": str(self.count),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)]),
        }

    def start(self):
        process = subprocess.Popen(self.command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "filling\n"
        return process

    def finish(self):
        done = subprocess.run(self.command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        key, pictures = done.stdout.split()[1:]
        assert int(pictures) == PICTURES - 2
        folder = self.cache / "pixels" / key
        return {file.name: file.read_bytes() for file in folder.iterdir()}

    def decoded(self):
        return len(self.count.read_text().splitlines()) if self.count.exists() else 0


def kill(process, after):
    """Kills as the out-of-memory killer would; returns whether anything was left to do, and what it had started."""
    time.sleep(after)
    workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    running = process.poll() is None
    process.kill()
    process.wait()
    return running, workers


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_killed_five_times_the_result_is_the_same(tmp_path, photographs, how):
    undisturbed = Run(tmp_path, photographs, how)
    start = time.perf_counter()
    expected = undisturbed.finish()
    whole = time.perf_counter() - start
    assert set(expected) == {"about.json", "kept.npy"}
    if how == "processes":
        assert undisturbed.decoded() == PICTURES

    killed = Run(tmp_path, photographs, how)
    killed.cache, killed.count = tmp_path / "killed", tmp_path / "killed count"
    killed.environment |= {"ARTLIB_CACHE": str(killed.cache), "COUNT": str(killed.count)}
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    interrupted, survivors = 0, []
    for latest in (0.05, 0.4, 0.4, 0.4, 0.4):  # the first surely before the end
        running, workers = kill(killed.start(), chance.uniform(0, latest * whole))
        interrupted += running
        survivors += workers
    _, alive = psutil.wait_procs(survivors, timeout=20)
    assert not alive, f"workers outlived the process that started them (seed {seed})"
    assert interrupted, f"no run was killed before its end (seed {seed})"
    assert killed.finish() == expected, f"other bytes than undisturbed (seed {seed})"
    if how == "processes":
        # Each kill loses at most what the workers had in hand: two runs of rows, and what they finished unnoted.
        assert killed.decoded() <= PICTURES + interrupted * 16 * 2 * (os.cpu_count() or 1)


def test_a_kill_costs_nothing_that_was_noted(tmp_path, photographs):
    run = Run(tmp_path, photographs, "processes")
    process = run.start()
    while not (noted := journal_lines(run.cache)) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    noted = journal_lines(run.cache)
    before = run.decoded()
    assert noted, "the filling ended before it could be killed"
    run.finish()
    assert run.decoded() - before <= PICTURES - 16 * noted + 16 * 2 * (os.cpu_count() or 1)


def journal_lines(cache):
    return sum(file.read_bytes().count(b'"start"') for file in cache.glob("pixels/*.part/journal.jsonl"))

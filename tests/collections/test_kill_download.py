"""Killing a download (-9) ten times at random moments: the next run goes on, and no picture is fetched twice."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from factories.open_museum import OpenMuseum

from artlib import collections

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from pathlib import Path

import yaml

from artlib import paths
from artlib.collections import download

table, here = paths.table, yaml.safe_load(Path(sys.argv[2]).read_text(encoding="utf-8"))
paths.table = lambda name: here if name == "downloads.yaml" else table(name)
print("downloading", flush=True)
print(download.download(sys.argv[1], 1000, sys.argv[3]), flush=True)
"""


@pytest.mark.parametrize(("name", "times"), [("met", 10), ("nga", 3), ("cleveland", 3)])
def test_killed_at_random_it_goes_on_and_fetches_nothing_twice(name, times, tmp_path):
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    works = dict.fromkeys(range(1, 121), "good") | {200: "absurd", 201: "private", 202: "html"}
    root = tmp_path / "root"
    asked_when_whole, kills = {}, 0
    with OpenMuseum(works, delay=0.004) as museum:
        museum.declare(name, tmp_path / "downloads.yaml", pace=0.01)
        for _ in range(times):
            process = start(name, tmp_path, root)
            time.sleep(chance.uniform(0, 0.35))
            kills += process.poll() is None
            process.kill()
            process.wait()
            asked = museum.pictures_asked()
            asked_when_whole = {number: asked[number] for number in whole(root)} | asked_when_whole
        done = start(name, tmp_path, root)
        assert done.wait(timeout=120) == 0, f"seed {seed}"
        asked, good = museum.pictures_asked(), museum.good()
    assert kills >= times - 2, f"most runs ended before they could be killed (seed {seed})"
    # What lay there whole at a kill was never asked for again, so that a kill costs the one picture in hand at most.
    assert all(asked[number] == count for number, count in asked_when_whole.items()), f"seed {seed}"
    assert sum(asked[number] - 1 for number in good) <= kills, f"seed {seed}"
    table = collections.read("table", root=root).works
    assert {int(image[9:-4]) for image in table["image"]} == good
    for image, digest in zip(table["image"], table["sha256"], strict=True):
        assert hashlib.sha256((root / image).read_bytes()).hexdigest() == digest


def start(name, folder, root):
    """A download in a process of its own that has begun to fetch."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "*"}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, name, str(folder / "downloads.yaml"), str(root)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    process.stdout.readline()
    return process


def whole(root):
    """The pictures that lie there under their own names."""
    folder = root / "pictures"
    return {int(path.stem) for path in folder.glob("*.jpg")} if folder.is_dir() else set()

"""All open works, killed (-9) ten times at random: the same result, no picture twice, and the recorded splits."""

import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import yaml
from factories.open_services import OpenServices
from open_works_table import pictures

from artlib import collections, experiments, records, splits
from artlib.collections import open_works
from artlib.collections.download import museums

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import yaml

from artlib.collections.download import museums

told, known = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8")), museums.museums()
here = {name: replace(known[name], hosts={one["host"]: 0}, addresses=one["addresses"]) for name, one in told.items()}
print("downloading", flush=True)
print(museums.download(sys.argv[2] == "display", None, here), flush=True)
"""


def test_killed_ten_times_the_same_works_come_once_and_give_the_recorded_splits(real_root, tmp_path, own_cache):
    seed = int.from_bytes(os.urandom(4))
    chance = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = collections.read("table", root=real_root)
    image, kills, done = pictures(real), 0, {}
    rows = open_works.works().to_dict("records")
    with OpenServices(rows, lambda file: Path(real.source.path(image[file])).read_bytes()) as here:
        told = {
            name: {"host": here.hosts[name], "addresses": dict(service.addresses)}
            for name, service in here.services().items()
        }
        (tmp_path / "services.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
        for what, longest in [("display", 0.4)] * 3 + [("all", 2)] * 7:
            process = start(tmp_path, what, own_cache)
            time.sleep(chance.uniform(0, longest))
            kills += process.poll() is None
            process.kill()
            process.wait()
            asked = here.pictures_asked()
            done = {file: asked[file] for file in whole()} | done
        last = start(tmp_path, "all", own_cache)
        assert last.wait(timeout=300) == 0, f"seed {seed}"
        asked = here.pictures_asked()
        strays = here.strays
    assert kills >= 8, f"seed {seed}"
    assert not strays
    assert all(asked[file] == count for file, count in done.items()), f"seed {seed}"
    assert sum(asked[row["file"]] - 1 for row in rows) <= kills, f"seed {seed}"
    read = collections.read("table", root=open_works.folder())
    assert list(read.works["image"]) == [row["file"] for row in rows]
    assert len(open_works.displayed()) == 40
    check_splits(read)


def check_splits(read):
    """The folds of the culture experiment, dealt anew from what came, test the works that the record tested."""
    study = experiments.load("culture-methods-real")
    found = records.read(paper="culture", experiment="methods", collection="real")
    found = found[found["cell.method"] == "frozen"]
    for name, question in study.questions.items():
        asked = question.ask(read.works)
        made = splits.folds(asked.works, asked.task, study.folds, study.repeats, disjoint=question.disjoint)
        for fold, split in enumerate(made):
            record = found[(found["cell.task"] == name) & (found["cell.fold"] == fold)].iloc[0]
            tested = records.predictions(record)["work_id"]
            assert sorted(read.works["work_id"].iloc[split.test]) == sorted(tested)
            assert (len(split.train), len(split.valid)) == (record["n_train"], record["n_valid"])


def start(folder, what, cache):
    """A download in a process of its own that has begun to fetch."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "*", "ARTLIB_CACHE": str(cache)}
    command = [sys.executable, "-c", SCRIPT, str(folder / "services.yaml"), what]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    process.stdout.readline()
    return process


def whole():
    """The pictures that lie there under their own names."""
    folder = open_works.folder()
    return {f"{name}/{path.name}" for name in museums._MUSEUMS for path in (folder / name).glob("*.jpg")}

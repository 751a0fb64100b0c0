"""Killed at random moments, a training ends with the weights and the history of one that nobody disturbed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

EPOCHS = 30
KILLS = 5

BEGINNING = """
import json, sys
from pathlib import Path
import numpy as np, pandas as pd, torch
from artlib import nets, splits, tasks
from artlib.learners import base, finetune
from artlib.pixels import Pictures
from safetensors.torch import save_file

torch.set_num_threads(1)
folder, result = sys.argv[1], Path(sys.argv[2])
generator = np.random.default_rng(0)
works = pd.DataFrame({"work_id": [str(k) for k in range(40)], "style": ["a", "b"] * 20})


class Tell(base.Callback):
    order = 90

    def before_epoch(self):
        print("epoch", self.learn.done + 1, flush=True)


def pictures_of(size):
    pixels = generator.integers(0, 255, (40, size, size, 3)).astype("uint8")
    pixels[1::2, ..., 0] //= 2
    return Pictures(works, pixels, size, "noise", works[:0], "noise")


def finish(learner, tensors, **more):
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, result)
    history = learner.history.drop(columns="seconds").to_dict("list")
    result.with_suffix(".json").write_text(json.dumps({"history": history, **more}))

"""

FINE_TUNING = """
pictures = pictures_of(36)
task = tasks.make(works, "style")
split = splits.stratified(works, task, (0.6, 0.2, 0.2))
rates = {"lr": 0.01, "schedule": "plateau", "patience": 1, "step_factor": 2}
recipe = finetune.Recipe(epochs=int(sys.argv[3]), batch_size=6, crop=32, **rates)
network = nets.create("caffenet_s", task.outputs)
learner = finetune.learner(pictures, task, split, network, recipe, folder=folder or None, quiet=True, cbs=[Tell()])
learner.fit_recipe()
finish(learner, learner.model.state_dict(), best=learner.best_epoch)
"""

GENERATING = """
from artlib.papers.artist_gan import learner as gan

pictures = pictures_of(32)
recipe = gan.Recipe(epochs=int(sys.argv[3]), batch_size=10, width=8, average=0.9, style_ambiguity=1.0)
options = {"task": tasks.make(works, "style"), "folder": folder or None, "device": "cpu", "quiet": True}
learner = gan.learner(pictures, range(40), recipe, cbs=[Tell()], **options).fit_recipe()
finish(learner, {**learner.tensors(), "frames": torch.from_numpy(learner.frames)}, best=learner.done)
"""

TOGETHER = """
from artlib.papers.omniart import learner as multitask

works["year"] = [1500.0 + 9 * k for k in range(40)]
pictures = pictures_of(32)
asked = {"style": tasks.make(works, "style"), "year": tasks.make(works, "year", "regression")}
split = splits.stratified(works, asked["style"], (0.6, 0.2, 0.2))
recipe = multitask.Recipe(
    shared=16, epochs=int(sys.argv[3]), batch_size=6, dropout=0.2, frozen=False, loss_weights="ratio", choose="each"
)
network = nets.create("resnet18_s", 1, width=8)
options = {"features": None, "folder": folder or None, "device": "cpu", "quiet": True}
learner = multitask.learner(pictures, asked, split, network, recipe, cbs=[Tell()], **options).fit_recipe()
chosen = {f"{name}/{key}": tensor for name, one in learner.chosen.items() for key, tensor in one.weights.items()}
newest = max(one.epoch for one in learner.chosen.values())
finish(learner, {**chosen, "loss weights": learner.loss_func.weights}, best=newest)
"""

FIELDS = """
from artlib.papers.artistry import learner as artistry
from artlib.papers.artistry.network import FIELDS, named

works["field"], works["artistic"] = [FIELDS[k // 10] for k in range(40)], [True, False] * 20
pictures = pictures_of(32)
recipe = artistry.Recipe(epochs=int(sys.argv[3]), batch_size=4)
split = artistry.split(works, (0.6, 0.2, 0.2))
options = {"folder": folder or None, "device": "cpu", "quiet": True, "cbs": [Tell()]}
learner = artistry.learner(pictures, split, named("multi-2", size=32), recipe, **options).fit_recipe()
shares = {f"{part}, {f}": np.array(one) for part, each in learner.shares.items() for f, one in each.items()}
shares = {name: torch.from_numpy(one) for name, one in shares.items()}
finish(learner, {**learner.tensors(), **shares}, best=learner.best_epoch)
"""

PROGRAMS = {"fine-tuning": FINE_TUNING, "generating": GENERATING, "several-tasks": TOGETHER, "fields": FIELDS}


def start(program: str, folder: str | Path, result: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", BEGINNING + program, str(folder), str(result), str(EPOCHS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def each_epoch_of(process: subprocess.Popen) -> Iterator[int]:
    return (int(line.split()[1]) for line in process.stdout if line.startswith("epoch "))


def epochs_of(process: subprocess.Popen) -> list[int]:
    return list(each_epoch_of(process))


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_five_kills_change_nothing(tmp_path, program):
    folder, whole, patched = tmp_path / "run", tmp_path / "whole.safetensors", tmp_path / "patched.safetensors"
    undisturbed = start(program, "", whole)
    begun = [(epoch, time.monotonic()) for epoch in each_epoch_of(undisturbed)]
    assert [epoch for epoch, _ in begun] == list(range(1, EPOCHS + 1))
    assert undisturbed.wait() == 0
    # Five times a few epochs have to be fewer than there are, however fast the machine is.
    pace = (begun[-1][1] - begun[0][1]) / (EPOCHS - 1)

    seed = time.time_ns()
    chance = random.Random(seed)
    done = []
    for _ in range(KILLS):
        process = start(program, folder, patched)
        # Some epochs after it took up the work again, and then anywhere: in a step, or while a checkpoint is written.
        for _ in range(chance.randint(1, 3)):
            done.append(int(process.stdout.readline().split()[1]))
        time.sleep(chance.uniform(0, pace))
        process.send_signal(signal.SIGKILL)
        done += epochs_of(process)
        assert process.wait() == -signal.SIGKILL, f"finished before it was killed (moments of seed {seed})"
    process = start(program, folder, patched)
    done += epochs_of(process)
    assert process.wait() == 0

    # No epoch is left out, and at most the one that was cut short by each kill is done again.
    assert set(done) == set(range(1, EPOCHS + 1))
    assert len(done) <= EPOCHS + KILLS, f"more was done again than was lost (moments of seed {seed})"
    one, two = load_file(whole), load_file(patched)
    assert one.keys() == two.keys()
    different = [name for name in one if not torch.equal(one[name], two[name])]
    assert not different, f"moments of seed {seed}"
    expected, found = (json.loads(p.with_suffix(".json").read_text()) for p in (whole, patched))
    assert expected == found, f"moments of seed {seed}"
    names = {p.name for p in folder.iterdir() if not p.name.startswith((".", "frame-"))}
    assert names == {"last.pt", f"best-{found['best']:04d}.safetensors"}

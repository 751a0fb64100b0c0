"""Under torchrun two processes learn what one learns, and go on exactly when they are killed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from safetensors.torch import load_file

from artlib import nets, records, splits, tasks
from artlib.learners import finetune, ranks
from artlib.loaders.batches import taken
from artlib.pixels import Pictures

EPOCHS = 3

PROGRAM = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np, pandas as pd, torch
from safetensors.torch import save_file
from torch import nn
from artlib import experiments, nets, splits, tasks
from artlib.learners import base, finetune
from artlib.papers.artist_gan import learner as gan
from artlib.papers.artistry import learner as artistry
from artlib.papers.artistry.network import FIELDS, named
from artlib.papers.omniart import learner as multitask
from artlib.pixels import Pictures
from artlib.records import processes

torch.set_num_threads(1)
place, folder, epochs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
chance, n = np.random.default_rng(0), 240
works = pd.DataFrame({
    "work_id": [str(k) for k in range(n)], "style": np.where(np.arange(n) % 7 == 3, None, ["a", "b", "c"] * 80),
    "year": np.where(np.arange(n) % 5 == 1, np.nan, 1500.0 + np.arange(n)), "field": np.repeat(FIELDS, n // 4),
    "artistic": [True, False] * (n // 2),
})
pixels = chance.integers(0, 255, (n, 32, 32, 3)).astype("uint8")
pixels[::3, ..., 0] //= 2
pictures = Pictures(works, pixels, 32, "noise", works[:0], "noise")
style, year = tasks.make(works, "style"), tasks.make(works, "year", "regression")
split = splits.stratified(works, style, (0.7, 0.2, 0.1))
split = replace(split, train=split.train[:133])  # the last batch of an epoch divides unevenly


class Tell(base.Callback):
    order = 90

    def before_epoch(self):
        if processes()[0] == 0:
            print("epoch", self.learn.done + 1, flush=True)


def plain(network):
    '''Without batch normalization and dropout, which see their own rows only.'''
    for module in network.modules():
        for name, inner in module.named_children():
            if isinstance(inner, (nn.BatchNorm2d, nn.BatchNorm1d, nn.Dropout)):
                setattr(module, name, nn.Identity())
    return network


def options(name, **more):
    own = {"folder": f"{folder}/{name}" if folder else None, "device": "cpu", "quiet": True, "cbs": [Tell()]}
    return {**own, **more}


def fine_tuning(**more):
    recipe = finetune.Recipe(epochs=epochs, batch_size=64, lr=0.01)
    network = plain(nets.create("caffenet_s", style.outputs))
    return finetune.learner(pictures, style, split, network, recipe, **options("fine-tuning", **more))


def several_tasks():
    given = {"loss_weights": "uncertainty", "choose": "each", "frozen": False, "lr": 1e-4}
    recipe = multitask.Recipe(shared=16, epochs=epochs, batch_size=64, **given)
    network = plain(nets.create("resnet18_s", 1, width=8))
    asked = {"style": style, "year": year}
    return multitask.learner(pictures, asked, split, network, recipe, features=None, **options("tasks"))


def fields():
    recipe = artistry.Recipe(epochs=epochs, batch_size=16, lr=1e-4)
    network = plain(named("multi-2", size=32))
    return artistry.learner(pictures, artistry.split(works), network, recipe, **options("fields"))


def generating():
    recipe = gan.Recipe(epochs=epochs, batch_size=64, width=8, average=0.9, style_ambiguity=1.0)
    made = gan.learner(pictures, np.arange(231), recipe, style, **options("generating"))
    plain(made.model), plain(made.average)
    return made


makers = {"fine-tuning": fine_tuning, "tasks": several_tasks, "fields": fields, "generating": generating}
for name, make in makers.items():
    learner = make().fit_recipe()
    assert all(batches.taken == (0, 1) for batches in learner.dls.loaders)
    tensors = {**learner.tensors(), **{f"loss.{k}": v for k, v in learner.loss_func.state_dict().items()}}
    if name == "fields":
        shares = {f"{part} {f}": np.array(v) for part, each in learner.shares.items() for f, v in each.items()}
        tensors |= {key: torch.from_numpy(one) for key, one in shares.items()}
    if name == "generating":
        tensors["frames"] = torch.from_numpy(learner.frames)
    if processes()[0] == 0:
        save_file({key: one.clone().contiguous() for key, one in tensors.items()}, place / f"{name}.safetensors")
        told = {"best": learner.best_epoch, "history": learner.history.drop(columns="seconds").to_dict("list")}
        (place / f"{name}.json").write_text(json.dumps(told))

if processes()[1] > 1 and not folder:
    try:
        fine_tuning(seed=processes()[0]).fit_recipe()
    except finetune.FineTuneError as fault:
        (place / f"refused-{processes()[0]}").write_text(str(fault))
    study = experiments.Study(
        paper="finetuning", experiment="ranks", collection="noise", preset="smoke",
        questions={"style": experiments.Question("style")}, methods={"all": {"kind": "train"}},
        network="caffenet_s", weights=None, recipe={"epochs": 1, "lr": 0.01, "batch_size": 32}, pixels=32,
    )
    runs = experiments.run(study, pictures, folder=place / "records")
"""


def start(program: Path, place: Path, folder: str, count: int) -> subprocess.Popen:
    place.mkdir(exist_ok=True)
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)] if count > 1 else []
    command = [sys.executable, *several, str(program), str(place), folder, str(EPOCHS)]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own)


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_and_go_on_exactly_after_kills(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    one, two, killed = tmp_path / "one", tmp_path / "two", tmp_path / "killed"
    alone, both = start(program, one, "", 1), start(program, two, "", 2)
    assert alone.wait(300) == 0
    assert both.wait(300) == 0

    names = [file.stem for file in sorted(one.glob("*.safetensors"))]
    assert len(names) == 4
    for name in names:
        first, second = (load_file(place / f"{name}.safetensors") for place in (one, two))
        assert first.keys() == second.keys()
        apart = {
            key: float((first[key].double() - second[key].double()).abs().max()) for key in first if key != "frames"
        }
        assert max(apart.values()) < 1e-5, f"{name}: {max(apart, key=apart.get)} differs by {max(apart.values())}"
        told = [json.loads((place / f"{name}.json").read_text()) for place in (one, two)]
        losses = next(values for key, values in told[0]["history"].items() if "loss" in key)
        assert len(set(losses)) > 1, "something was learned"
        assert told[0]["best"] == told[1]["best"]
        pd.testing.assert_frame_equal(*(pd.DataFrame(one["history"]) for one in told), rtol=1e-4, atol=1e-5)

    # What is not one training is refused in both processes, with one message.
    said = {(two / f"refused-{number}").read_text() for number in (0, 1)}
    assert len(said) == 1
    assert "would not learn the same" in said.pop()
    (file,) = (two / "records").rglob("*.json")
    assert json.loads(file.read_text())["processes"] == 2

    seed = time.time_ns()
    chance = random.Random(seed)
    for killing in (True, True, False):
        process = start(program, killed, str(tmp_path / "checkpoints"), 2)
        if killing:
            # Some epochs after it took up the work again, and then anywhere.
            begun = (line for line in process.stdout if line.startswith("epoch"))
            for _ in range(chance.randint(1, EPOCHS)):
                next(begun)
            time.sleep(chance.uniform(0, 0.3))
            # torchrun's processes are in groups of their own, and would outlive it.
            for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
                one.kill()
        assert process.wait(300) == (-signal.SIGKILL if killing else 0), f"moments of seed {seed}"
    for name in names:
        whole, patched = (load_file(place / f"{name}.safetensors") for place in (two, killed))
        different = [key for key in whole if not torch.equal(whole[key], patched[key])]
        assert not different, f"{name}, moments of seed {seed}"
        assert (two / f"{name}.json").read_text() == (killed / f"{name}.json").read_text()


@pytest.mark.parametrize("n", [1, 2, 5, 64])
def test_every_row_of_a_batch_is_taken_once(n):
    own = [np.arange(n)[taken(n, number, 4)] for number in range(4)]
    assert all(len(rows) for rows in own), "none is without a picture"
    assert sorted(np.concatenate(own[:n]).tolist()) == list(range(n))


def test_one_process_is_no_ranks():
    assert records.processes() == (0, 1)
    assert ranks.told({"a": float("inf")}) == {"a": float("inf")}
    rows = torch.ones(3, requires_grad=True)
    assert ranks.whole(rows, 3) is rows


@pytest.fixture
def made(monkeypatch):
    """A learner in the second of two processes, the other of which is played."""
    works = pd.DataFrame({"work_id": list("abcdefghij"), "style": ["a", "b"] * 5})
    pixels = np.zeros((10, 32, 32, 3), dtype="uint8")
    pictures = Pictures(works, pixels, 32, "black", works[:0], "black")
    task = tasks.make(works, "style")
    split = splits.Split(np.arange(6), np.arange(6, 8), np.arange(8, 10), 0, "style")
    for name, value in {"TORCHELASTIC_RUN_ID": "a", "RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ranks, "_meet", lambda: None)

    def learner(**recipe):
        given = finetune.Recipe(**{"epochs": 1, "batch_size": 4, **recipe})
        return finetune.learner(pictures, task, split, nets.create("caffenet_s", 2), given, device="cpu")

    return learner


def test_a_batch_that_does_not_divide_is_refused(made):
    with pytest.raises(finetune.FineTuneError, match=r"batch of 5 does not divide among 2 processes: .* 4 or 6"):
        made(batch_size=5).fit_recipe()


def test_common_normalization_needs_gpus(made):
    with pytest.raises(finetune.FineTuneError, match="sync_batchnorm needs a GPU for each process"):
        made(sync_batchnorm=True).fit_recipe()


def test_processes_that_see_different_data_are_told_what_differs(made, monkeypatch):
    monkeypatch.setattr(ranks, "every", lambda own: [own | {"pictures": "others", "targets": "others"}, own])
    with pytest.raises(finetune.FineTuneError, match=r"process 1: pictures, targets\. Give all of them the same"):
        made().fit_recipe()


def test_only_the_first_process_writes_records(made, tmp_path):
    run = {"paper": "a", "experiment": "b", "preset": "smoke", "collection": "c", "cell": {}, "seed": 0}
    assert records.provenance()["processes"] == 2
    records.write(run, folder=tmp_path)
    assert not list(tmp_path.rglob("*.json"))


def test_processes_with_folders_of_their_own_are_refused(made, monkeypatch, tmp_path):
    learner = made()
    learner.folder = tmp_path
    monkeypatch.setattr(ranks, "every", lambda own: [3, own])
    with pytest.raises(finetune.FineTuneError, match=r"different epochs .0, 3.: .* on a disk that they share"):
        ranks.same_epoch(learner)

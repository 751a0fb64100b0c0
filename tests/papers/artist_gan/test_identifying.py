"""Artist identification: what a test on the training works would say, and the poster's table from records."""

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import experiments, nets
from artlib.evaluate import predictions
from artlib.experiments import Question, Study
from artlib.nets import weights
from artlib.nets.weights import WeightsError
from artlib.papers.artist_gan import results
from artlib.papers.artist_gan.study import KINDS
from artlib.pixels import Pictures


@pytest.fixture(scope="module")
def pictures():
    chance = np.random.default_rng(0)
    artists = np.repeat(list("abcdef"), 20)
    pixels = chance.integers(0, 255, (120, 32, 32, 3), dtype="uint8")
    works = pd.DataFrame({"work_id": [f"w{k}" for k in range(120)], "image": range(120), "artist": artists})
    return Pictures(works, pixels, 32, "noise", works.iloc[:0], "noise")


def test_what_the_slip_would_say_is_measured_on_training_pictures(pictures, tmp_path, monkeypatch):
    study = Study(
        paper="artist-gan", experiment="networks", collection="noise", preset="cpu",
        questions={"artist": Question("artist", minimum=10)}, network="resnet18_s", weights="photographs", pixels=32,
        methods={"ResNet18": {"kind": "identify"}, "ResNet34": {"kind": "identify", "network": "resnet34_s"}},
        recipe={"epochs": 2, "lr": 0.02, "batch_size": 16, "head_lr_factor": 1, "schedule": "fixed"}, kinds=KINDS,
    )  # fmt: skip
    asked, predict = [], predictions.predict
    monkeypatch.setattr(predictions, "predict", lambda *a: asked.append(predict(*a)) or asked[-1])
    runs = experiments.run(study, pictures, folder=tmp_path / "records", only={"method": "ResNet18"})
    (run,) = runs.to_dict("records")
    tested, trained = asked
    assert (len(tested), len(trained)) == (run["n_test"], run["n_train"])
    assert not set(tested["row"]) & set(trained["row"])
    assert run["metrics.accuracy"] == (tested["rank"] == 1).mean()
    assert run["metrics.train_accuracy"] == (trained["rank"] == 1).mean()
    assert run["metrics.train_top3"] == (trained["rank"] <= 3).mean()
    table = results.tops(runs).set_index("measured")["value"]
    assert table["test top-1"] == pytest.approx(run["metrics.accuracy"])
    assert table["train top-5"] == pytest.approx(run["metrics.train_top5"])
    assert table["F1"] == pytest.approx(run["metrics.f1"])
    assert {f"{part} top-{k}" for part in ("test", "train") for k in (1, 3, 5)} <= set(table.index)
    other = runs.assign(classes=[[*"bcdefgh"]], **{"cell.draw": 1})
    both = results.tops(pd.concat([runs, other], ignore_index=True)).set_index("measured")["value"]
    assert both["test top-1"] == table["test top-1"]


def test_the_deeper_network_begins_as_the_same_function():
    shallow, deep = (nets.create(name, 4, "photographs").eval() for name in ("resnet18_s", "resnet34_s"))
    x = torch.rand(3, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(shallow.body(shallow.normalize(x)), deep.body(deep.normalize(x)))
    assert sum(p.numel() for p in deep.parameters()) > 1.8 * sum(p.numel() for p in shallow.parameters())
    assert deep.provenance["network"] == "resnet18_s"


def test_new_blocks_learn_from_the_first_step():
    deep = nets.create("resnet34_s", 4, "photographs").train()
    deep(torch.rand(4, 3, 32, 32)).square().sum().backward()
    block = deep.body.get_submodule("layer2")[3]
    assert block.norm2.weight.grad.abs().max() > 0


def test_weights_of_another_network_are_still_refused():
    with pytest.raises(WeightsError, match="no weights 'photographs-style' for resnet34_s"):
        nets.create("resnet34_s", 4, "photographs-style")
    with pytest.raises(WeightsError, match="resnet18_s"):
        nets.create("mobilenet_s", 4, weights.find("resnet18_s", "photographs"))

"""Experiments: the grid's cells, pairing by construction, and running only what is missing."""

import numpy as np
import pandas as pd
import pytest

from artlib import experiments, records

STUDY = experiments.Study(
    paper="finetuning",
    experiment="transfer",
    collection="museum",
    preset="smoke",
    questions={"style": experiments.Question("style"), "apart": experiments.Question("style", apart="artist")},
    methods=experiments.TRANSFER,
    network="resnet18_s",
    weights="photographs",
    recipe={"epochs": 1, "lr": 0.01, "batch_size": 32},
    folds=3,
    repeats=2,
    seeds=(0, 1),
)


def test_the_grid_is_the_product_of_its_axes():
    cells = list(STUDY.cells())
    assert len(cells) == 2 * 3 * 3 * 2 * 2
    assert len({records.identity(cell) for cell in cells}) == len(cells)


def test_methods_are_paired():
    table = pd.json_normalize(list(STUDY.cells()))
    pairs = table.groupby(["cell.task", "cell.repeat", "cell.fold", "seed"])["cell.method"].nunique()
    assert (pairs == 3).all()


def test_weights_are_named_without_a_path():
    study = experiments.load("transfer-real", weights="/some/folder/net-imagenet.safetensors")
    names = {cell["cell"]["method"]: cell["cell"]["weights"] for cell in study.cells()}
    assert names == {"frozen": "net-imagenet", "fine-tuned": "net-imagenet", "scratch": "none"}


@pytest.mark.parametrize("name", experiments.declared())
def test_every_declared_study_can_be_loaded(name):
    study = experiments.load(name)
    assert len(list(study.cells())) >= 30
    assert study.question.endswith("?") or study.question.endswith(".")


def test_an_undeclared_study_names_the_declared():
    with pytest.raises(experiments.ExperimentError, match="transfer-real"):
        experiments.load("transfer-moon")


def test_a_question_is_asked_only_where_it_applies():
    works = pd.DataFrame({"style": list("aabbab"), "source": ["x", "x", "x", "x", "y", "y"]})
    asked, task = experiments.Question("style", where={"source": ["x"]}).ask(works)
    assert task.labelled(asked).tolist() == [True] * 4 + [False] * 2


def picture_set(n=90):
    """Three styles that are three colours, as pictures in memory."""
    from artlib import pixels

    generator = np.random.default_rng(0)
    kinds = np.arange(n) % 3
    shades = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200]])[kinds]
    drawn = shades[:, None, None, :] + generator.integers(-40, 40, (n, 32, 32, 3))
    works = pd.DataFrame(
        {
            "work_id": [f"w{i}" for i in range(n)],
            "image": [str(i) for i in range(n)],
            "artist": [f"a{i % 30}" for i in range(n)],
            "style": np.array(["red", "green", "blue"])[kinds],
        }
    )
    none = pd.DataFrame({"image": [], "reason": []})
    return pixels.Pictures(works, drawn.clip(0, 255).astype("uint8"), 32, "colours", none, "colours")


def test_running_fills_the_gaps_only(tmp_path, monkeypatch):
    from dataclasses import replace

    study = replace(STUDY, weights=None, folds=None, repeats=1, seeds=(0,), pixels=32)
    study = replace(study, questions={"style": experiments.Question("style")})
    runs = experiments.run(study, picture_set(), folder=tmp_path)
    assert sorted(runs["cell.method"]) == ["fine-tuned", "frozen", "scratch"]
    assert runs["metrics.accuracy"].between(0, 1).all()
    assert (runs["n_test"] == 18).all()
    together = experiments.predictions(runs)
    assert len(together) == 3 * 18
    assert set(together["method"]) == {"fine-tuned", "frozen", "scratch"}

    ran = []
    original = experiments._Bench.run
    monkeypatch.setattr(experiments._Bench, "run", lambda self, cell: ran.append(cell) or original(self, cell))
    next(tmp_path.rglob("*.json")).unlink()
    again = experiments.run(study, picture_set(), folder=tmp_path)
    assert len(ran) == 1
    same = ["cell.method", "metrics.accuracy"]
    pd.testing.assert_frame_equal(
        again[same].sort_values("cell.method", ignore_index=True),
        runs[same].sort_values("cell.method", ignore_index=True),
    )


def test_the_null_museum_is_recorded_as_such_and_as_nothing_else():
    plain, null = (experiments.load(name) for name in ("transfer-museum", "transfer-museum-null"))
    assert all("cut" not in cell["cell"] for cell in plain.cells())
    assert {cell["cell"]["cut"] for cell in null.cells()} == {"artist"}
    named = {records.identity(cell) for study in (plain, null) for cell in study.cells()}
    assert len(named) == len(list(plain.cells())) + len(list(null.cells()))

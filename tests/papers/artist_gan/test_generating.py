"""Generators as cells of a grid: two stages of one training, one generator for two kinds, pictures beside a record."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import experiments, records
from artlib.evaluate import predictions
from artlib.experiments import Study
from artlib.experiments.training import recipe_of
from artlib.papers.artist_gan import learner as gan
from artlib.papers.artist_gan import results
from artlib.papers.artist_gan import study as generating
from artlib.pixels import Pictures

# So few pictures have no good Frechet distance, and a warning says so.
pytestmark = pytest.mark.filterwarnings("ignore::artlib.papers.artist_gan.scores.ScoreWarning")
RECIPE = {
    "epochs": 10, "batch_size": 8, "width": 2, "z": 4, "train": 24, "held": 12, "fixed": 3, "viewer": "photographs"
}  # fmt: skip
METHODS = {
    "portrait, early": {"kind": "generate", "tasks": [], "where": {"genre": "portrait"}},
    "portrait": {"kind": "generate", "tasks": [], "where": {"genre": "portrait"}, "keep": 3},
    "one artist": {"kind": "generate", "tasks": [], "where": {"artist": "most"}},
}
for name, settings in METHODS.items():
    stage = "early" if "early" in name else "end"
    settings["cell"] = {"trained on": name.removesuffix(", early"), "stage": stage}
METHODS["portrait, early"]["keep"] = 3


def make_pictures(n=120, size=8) -> Pictures:
    chance = np.random.default_rng(0)
    genres = ["portrait" if k % 2 else "landscape" for k in range(n)]
    artists = ["Vermeer" if k % 3 else "Rembrandt" for k in range(n)]
    pixels = chance.integers(0, 255, (n, size, size, 3), dtype="uint8")
    names = [f"w{k // 2}" for k in range(n)]
    works = pd.DataFrame({"work_id": names, "image": range(n), "genre": genres, "artist": artists})
    return Pictures(works, pixels, size, "tones", works.iloc[:0], "tones")


@pytest.fixture
def study():
    return Study(
        paper="artist-gan", experiment="generation", collection="tones", preset="cpu", questions={}, methods=METHODS,
        network="dcgan", weights="none", recipe=RECIPE, pixels=8, kinds=generating.KINDS,
    )  # fmt: skip


@pytest.mark.slow
def test_one_training_answers_both_stages_and_keeps_its_pictures(study, tmp_path, monkeypatch):
    trainings = []
    original = gan.GANLearner.fit
    monkeypatch.setattr(gan.GANLearner, "fit", lambda self, *a, **o: trainings.append(1) or original(self, *a, **o))
    runs = experiments.run(study, make_pictures(), folder=tmp_path / "records").set_index(
        ["cell.trained on", "cell.stage"]
    )
    assert len(runs) == 3
    assert len(trainings) == 2
    early, end = (runs.loc[("portrait", stage)] for stage in ("early", "end"))
    looks = results.looks(end)
    assert looks["epoch"].tolist() == list(range(1, 11))
    assert early["metrics.frechet_distance"] == looks["frechet_distance"].iloc[0]
    assert end["metrics.frechet_distance"] == looks["frechet_distance"].iloc[-1]
    assert 0 < end["metrics.real_frechet_distance"] < end["metrics.frechet_distance"]
    assert end["features"] == "resnet18_s"
    assert {"epochs", "held", "viewer"} <= {c.removeprefix("recipe.") for c in runs.columns if c.startswith("recipe.")}
    steps = results.pictures(end)
    assert sorted(steps) == list(range(11))
    assert steps[10].shape == (3, 8, 8, 3)
    assert len(results.pictures(end, "walk")) == generating.WALK[0] * generating.WALK[1]


@pytest.mark.slow
def test_a_classifier_judges_the_very_generator_that_was_scored(study, tmp_path, monkeypatch):
    pictures = make_pictures()
    experiments.run(study, pictures, folder=tmp_path / "records", only={"method": "portrait"})
    monkeypatch.setattr(gan.GANLearner, "fit", lambda *a, **_: pytest.fail("trained a second time"))
    # As the scored one, or it would be another generator.
    asked = {"kind": "recognise", "tasks": [], "where": {"genre": "portrait"}, "judge_epochs": 1, "keep": 3}
    judged = replace(
        study, experiment="generated-genres", methods={"portrait": asked},
        questions={"genre": experiments.Question("genre")},
    )  # fmt: skip
    asked, predict = [], predictions.predict
    monkeypatch.setattr(predictions, "predict", lambda one, rows: asked.append((one, rows)) or predict(one, rows))
    (run,) = experiments.run(judged, pictures, folder=tmp_path / "records").to_dict("records")
    assert asked
    assert all(set(rows) <= set(one.split.test) for one, rows in asked), "no work that it was trained or chosen on"
    found = records.predictions(run)
    assert len(found) == run["n_test"] == RECIPE["held"]
    assert set(found["target"]) == {run["classes"].index("portrait")}
    assert found["work_id"].is_unique
    assert 0 <= run["metrics.real_accuracy"] <= 1


def test_the_judge_is_scored_on_works_of_its_own_test_set(monkeypatch):
    judged = Study(
        paper="artist-gan", experiment="generated-genres", collection="tones", preset="cpu", methods={},
        questions={"genre": experiments.Question("genre")}, network="dcgan", weights="none", recipe=RECIPE, pixels=8,
    )  # fmt: skip
    asked, predict = [], predictions.predict
    monkeypatch.setattr(predictions, "predict", lambda one, rows: asked.append((one, rows)) or predict(one, rows))
    context = experiments.RunContext(judged, make_pictures())
    network, task, scores = generating._judge(context, 1)
    again, _, kept = generating._judge(context, 1)
    ((learner, rows),) = asked  # the second time it comes from the cache
    assert set(rows) <= set(learner.split.test)
    assert set(scores["recalls"]) == set(task.classes) == {"landscape", "portrait"}
    assert kept == scores
    same = zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)


def test_stages_are_a_tenth_and_all():
    assert [generating.stage_epoch(60, stage) for stage in ("early", "end")] == [6, 60]
    assert generating.stage_epoch(3, "early") == 1
    assert generating.look_epochs(100)[-1] == 100


def test_settings_that_decide_are_compared_when_a_grid_goes_on(study):
    told = recipe_of(study, "portrait")
    assert told["where"] == {"genre": "portrait"}
    assert told["lr"] == gan.Recipe().lr
    assert recipe_of(replace(study, recipe={**RECIPE, "held": 10}), "portrait") != told

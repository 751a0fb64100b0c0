"""Experiments: the grid's cells, pairing by construction, and running only what is missing."""

import json
import re
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from artlib import experiments, papers, paths, records, tasks
from artlib.experiments.training import recipe_of
from artlib.papers.finetuning import results
from artlib.papers.finetuning import study as finetuning

STUDY = experiments.Study(
    paper="finetuning",
    experiment="transfer",
    collection="museum",
    preset="smoke",
    questions={"style": experiments.Question("style"), "apart": experiments.Question("style", disjoint="artist")},
    methods=experiments.TRANSFER,
    network="resnet18_s",
    weights="photographs",
    recipe={"epochs": 1, "lr": 0.01, "batch_size": 32},
    folds=3,
    repeats=2,
    seeds=(0, 1),
)


def test_the_grid_is_the_product_of_its_axes():
    cells = list(STUDY.runs())
    assert len(cells) == 2 * 3 * 3 * 2 * 2
    assert len({one.id for one in cells}) == len(cells)


def test_methods_are_paired():
    table = pd.json_normalize([one.fields() for one in STUDY.runs()])
    pairs = table.groupby(["cell.task", "cell.repeat", "cell.fold", "seed"])["cell.method"].nunique()
    assert (pairs == 3).all()


def test_weights_are_named_without_a_path():
    study = experiments.load("transfer-real", weights="/some/folder/net-imagenet.safetensors")
    names = {one.config["method"]: one.config["weights"] for one in study.runs()}
    assert names == {"frozen": "net-imagenet", "fine-tuned": "net-imagenet", "scratch": "none"}


@pytest.mark.parametrize("name", experiments.declared_studies())
def test_every_declared_study_can_be_loaded(name):
    from artlib.nets import weights

    study = papers.load_study(name)
    assert len(list(study.runs())) >= 2
    assert all(recipe_of(study, method) is not None for method in study.methods)
    assert set(study.initial) <= {*weights.NAMES, "given"}
    assert study.question.endswith("?") or study.question.endswith(".")


@pytest.mark.parametrize("page", sorted((paths.data().parent / "book").glob("*.ipynb")), ids=lambda page: page.stem)
def test_a_page_gives_its_studies_the_kinds_that_they_name(page):
    """A study of a paper's own kinds, made on a page, is made with the ``KINDS`` of that paper."""
    text = page.read_text(encoding="utf-8").replace('\\"', '"')
    asked = set(re.findall(r'"kind": "([a-z-]+)"', text)) - set(experiments.KINDS)
    assert not asked or "kinds=" in text, f"{page.name} asks for {sorted(asked)} and gives its studies no kinds"


def test_an_undeclared_study_names_the_declared():
    with pytest.raises(experiments.ExperimentError, match="transfer-real"):
        experiments.load("transfer-moon")


def test_a_record_says_who_trained_what_came_from_the_cache(own_cache, monkeypatch):
    """The minutes of finding a training are not those of the training, nor are version and memory."""

    def slow(context, run, settings):
        yield {"metrics": context.once("outcomes", {"a": 1}, lambda: time.sleep(0.6) or {"accuracy": 0.5}, ())}, None

    study = replace(STUDY, methods={"slow": {"kind": "slow"}}, kinds={"slow": experiments.Kind(slow)})
    one = next(iter(study.runs()))
    context = experiments.RunContext(study, None)
    ((trained, _),) = context.run(one)
    made = trained["training"]
    assert made["minutes"] >= 0.01
    assert not made["cached"]
    assert {"commit", "code", "versions", "device", "created"} <= set(made)
    ((found, _),) = context.run(one)
    assert found["training"] == made | {"cached": True}
    assert found["minutes"] < made["minutes"]
    assert found["peak_memory_mb"] is None


def test_what_a_record_does_not_know_is_no_difference():
    from artlib.experiments.grid import _same

    nan = float("nan")
    assert _same(nan, {"garden": 5})
    assert _same(nan, [1, 2])
    assert _same(None, 3)
    assert _same([0.4, 0.1], (0.4, 0.1))
    assert not _same([0.4, 0.1], (0.4, 0.2))
    assert not _same(0.1, {"garden": 5})
    assert not _same(3, 4)


def test_a_part_of_a_grid_that_holds_no_cell_says_so(tmp_path):
    with pytest.raises(experiments.ExperimentError, match=r"No cell of .*'task': 'none such'"):
        experiments.run(tiny(), folder=tmp_path, only={"task": "none such"})


def test_a_cell_takes_no_name_that_records_have():
    with pytest.raises(experiments.ExperimentError, match="cannot be called 'classes'"):
        tiny(cell={"classes": "many"})
    with pytest.raises(experiments.ExperimentError, match="cannot be called 'seed'"):
        tiny(methods={"a": {"kind": "train", "cell": {"seed": 1}}})


def test_a_question_is_asked_only_where_it_applies():
    works = pd.DataFrame({"style": list("aabbab"), "source": ["x", "x", "x", "x", "y", "y"]})
    with pytest.raises(tasks.TaskError, match="No work's source is one of w, z"):
        experiments.Question("style", where={"source": ["w", "z"]}).ask(works)
    asked = experiments.Question("style", where={"source": ["x"]}).ask(works)
    assert (asked.targets >= 0).tolist() == [True] * 4 + [False] * 2


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
    original = experiments.RunContext.run
    monkeypatch.setattr(experiments.RunContext, "run", lambda self, one: ran.append(one) or original(self, one))
    next(tmp_path.rglob("*.json")).unlink()
    again = experiments.run(study, picture_set(), folder=tmp_path)
    assert len(ran) == 1
    same = ["cell.method", "metrics.accuracy"]
    pd.testing.assert_frame_equal(
        again[same].sort_values("cell.method", ignore_index=True),
        runs[same].sort_values("cell.method", ignore_index=True),
    )


def test_the_null_museum_is_recorded_as_such_and_as_nothing_else():
    plain, null = (experiments.load(name) for name in ("apart-museum", "apart-museum-null"))
    assert all("cut" not in one.config for one in plain.runs())
    assert {one.config["cut"] for one in null.runs()} == {"artist"}
    named = {one.id for study in (plain, null) for one in study.runs()}
    assert len(named) == len(list(plain.runs())) + len(list(null.runs()))


def tiny(**changes):
    """A study that takes a second or two."""
    from dataclasses import replace

    base = {"weights": None, "folds": None, "repeats": 1, "seeds": (0,), "pixels": 32, "network": "mobilenet_s"}
    return replace(STUDY, **{**base, "questions": {"style": experiments.Question("style")}, **changes})


def two_tasks():
    """The coloured pictures with a genre that no picture shows."""
    from dataclasses import replace

    pictures = picture_set()
    return replace(pictures, works=pictures.works.assign(genre=np.tile(["field", "sea"], 45)))


def test_what_was_recorded_before_keeps_its_identity():
    """Names in records outlive the code: these were given before there was an axis of weights."""
    every = {one.id for name in experiments.declared_studies() for one in experiments.load(name).runs()}
    recorded = {one.id: one for one in experiments.load("transfer-real").runs()}
    first = next(iter(recorded.values()))
    assert first.config == {
        "task": "artist", "method": "frozen", "network": "mobilenetv2_100", "weights": "imagenet", "apart": None,
        "draw": 0, "repeat": 0, "fold": 0,
    }  # fmt: skip
    assert first.id == "95602ebbec55"
    assert set(recorded) <= every


def test_initial_weights_are_an_axis_of_their_own():
    methods = {"all": {"kind": "train"}, "scratch": {"kind": "train", "weights": "none"}}
    cells = list(tiny(weights=("photographs", "/somewhere/hybrid.caffemodel"), methods=methods).runs())
    assert [(one.config["method"], one.config["weights"]) for one in cells] == [
        ("all", "photographs"), ("all", "hybrid"), ("scratch", "none")
    ]  # fmt: skip
    assert len({one.id for one in cells}) == 3


def test_a_grid_that_was_changed_between_two_runs_is_not_mixed(tmp_path):
    study = tiny(methods={"all": {"kind": "train"}}, recipe={"epochs": 1, "lr": 0.01, "batch_size": 32})
    experiments.run(study, picture_set(), folder=tmp_path)
    assert len(experiments.run(study, picture_set(), folder=tmp_path)) == 1
    slower = tiny(methods={"all": {"kind": "train"}}, recipe={"epochs": 1, "lr": 0.001, "batch_size": 32})
    with pytest.raises(experiments.ExperimentError, match=r"1 of 1 cells .* \(lr was 0\.01, is 0\.001; first: "):
        experiments.run(slower, picture_set(), folder=tmp_path)
    # What a page keeps in the cache is run again instead.
    rates = [experiments.run(one, picture_set())["recipe.lr"].item() for one in (study, slower, study)]
    assert rates == [0.01, 0.001, 0.01]


def test_what_a_page_keeps_of_its_runs_is_of_these_pictures_and_labels():
    """Two folders are both the collection "folder", and a table's labels are corrected."""
    from dataclasses import replace

    study, first = tiny(methods={"all": {"kind": "train"}}, recipe={"epochs": 1, "batch_size": 32}), picture_set()
    other = replace(first, works=first.works.assign(style=np.tile(["left", "right"], 45)))
    more = replace(first, works=first.works.iloc[:60], pixels=first.pixels[:60], key="fewer")
    found = [experiments.run(study, pictures)[["n_test", "classes"]].iloc[0] for pictures in (first, other, more)]
    assert [(one["n_test"], len(one["classes"])) for one in found] == [(18, 3), (18, 2), (12, 3)]


def test_a_grid_has_no_more_folds_than_works(tmp_path):
    study = tiny(methods={"frozen": {"kind": "probe", "C": 1.0}}, folds=5)
    pictures = picture_set()
    pictures.works["style"] = ["few"] * 3 + ["many"] * 87
    with pytest.warns(UserWarning, match="in 3 folds, not 5"):
        runs = experiments.run(study, pictures, folder=tmp_path)
    assert sorted(runs["cell.fold"]) == [0, 1, 2]


def test_retrieval_by_both_labels_is_recorded_with_every_network(tmp_path):
    study = tiny(
        questions={name: experiments.Question(name) for name in ("style", "genre")},
        split_by="style",
        methods={"fine-tuned": {"kind": "train", "retrieve": ["style", "genre"]}},
        recipe={"epochs": 2, "lr": 0.02, "batch_size": 32},
    )
    runs = experiments.run(study, two_tasks(), folder=tmp_path).set_index("cell.task")
    assert (runs["metrics.style_precision_by_chance"] - 1 / 3).abs().max() < 0.01
    measured = [f"metrics.{column}_precision_at_10" for column in ("style", "genre")]
    assert runs[[*measured, "metrics.distance_of_last_counted"]].stack().between(0, 2).all()
    assert len(runs[measured].stack()) == 4
    assert (runs["n_test"] == 18).all()
    assert (runs["metrics.neighbours_counted"] == 17).all()
    curves = experiments.histories(runs.reset_index(), by="task")
    assert {name: len(tables[0]) for name, tables in curves.items()} == {"style": 2, "genre": 2}


def test_features_are_compared_between_weights_tasks_and_seeds(tmp_path):
    from artlib import nets
    from artlib.nets import weights

    saved = weights.save(nets.create("mobilenet_s", 2, seed=5), tmp_path / "other.safetensors")
    study = tiny(
        experiment="features",
        questions={name: experiments.Question(name) for name in ("style", "genre")},
        weights=("none", str(saved)),
        seeds=(0, 1),
        split_by="style",
        kinds=finetuning.KINDS,
        methods={
            kind: {"kind": "compare", "tasks": [], "cell": {"between": kind}} for kind in ("weights", "tasks", "seeds")
        },
        recipe={"epochs": 1, "lr": 0.01, "batch_size": 32},
    )
    pictures = two_tasks()
    runs = experiments.run(study, pictures, folder=tmp_path / "results")
    assert len(runs) == 6
    assert list(map(len, runs.set_index("cell.between").loc["weights", "pairs"])) == [2, 2]
    assert runs["metrics.cosine_distance"].between(0, 1).all()
    made = len(list((tmp_path / "artlib-cache" / "compared").iterdir()))
    assert made == 8  # every model once
    between = {"w": {"kind": "compare", "tasks": [], "cell": {"between": "weights"}}}
    only = tiny(experiment="features", kinds=finetuning.KINDS, methods=between)
    with pytest.raises(experiments.ExperimentError, match="only one of the weights"):
        experiments.run(only, pictures, folder=tmp_path / "results")


def test_the_modern_backbone_waits_for_its_weights_and_runs_when_they_are_given(tmp_path, monkeypatch):
    """Declared by name; here a smaller transformer of random values plays the file that cannot be had."""
    import timm
    import torch
    from safetensors.torch import save_file

    from artlib.nets import weights

    study = experiments.load("modern-real")
    assert study.network.startswith("timm/vit_small")
    assert study.crop % 14 == 0
    monkeypatch.setattr(weights, "_from_timm", lambda repository: (_ for _ in ()).throw(OSError("no connection")))
    small = {"network": "timm/vit_tiny_patch16_224", "methods": dict(study.methods), "crop": None}
    asked = tiny(**small, weights=study.weights, recipe={"epochs": 1, "lr": 0.001, "batch_size": 32})
    with pytest.raises(weights.WeightsError, match=r"published weights of timm/vit_tiny.*no connection.*safetensors"):
        experiments.run(asked, picture_set(), folder=tmp_path)
    torch.manual_seed(0)
    file = tmp_path / "given.safetensors"
    save_file(timm.create_model("vit_tiny_patch16_224", num_classes=9).state_dict(), file)
    runs = experiments.run(replace(asked, weights=str(file)), picture_set(), folder=tmp_path)
    assert sorted(runs["cell.method"]) == ["fine-tuned", "frozen"]
    assert set(runs["cell.weights"]) == {"given"}
    assert runs["metrics.accuracy"].between(0, 1).all()


def test_the_best_settings_are_chosen_by_validation_and_shown_by_test():
    rows = [
        {"id": f"{method}{seed}", "seed": seed, "cell.task": "style", "cell.method": method, "cell.weights": "a",
         "history": json.dumps({"epoch": [1, 2], "accuracy": [0.2, valid]})}
        for method, valid in (("all", 0.7), ("only-last", 0.6))
        for seed in (0, 1)
    ]  # fmt: skip
    assert results.best_runs(pd.DataFrame(rows))["id"].tolist() == ["all0", "all1"]
    assert results.best_runs(pd.DataFrame({"id": []})).empty


def test_a_note_says_whose_runs_are_shown(tmp_path, monkeypatch):
    runs = pd.DataFrame({"id": ["a"], "cell.weights": ["photographs-style"], "collection": ["museum"]})
    monkeypatch.setattr(paths, "results", lambda: tmp_path / "results")
    monkeypatch.setattr(paths, "runs", lambda: tmp_path / "runs")
    own = experiments.recorded_or_own(runs, "scenarios-museum", "scenarios-museum-cpu")
    assert own.equals(runs)
    assert "No recorded run yet: `artlib experiment scenarios-museum-cpu` makes one" in own.attrs["note"]
    assert not runs.attrs
    one = next(experiments.load("scenarios-museum-cpu").runs())
    records.write({**one.fields(), "metrics": {"accuracy": 0.5}, "device": "a test"})
    kept = experiments.recorded_or_own(runs, "scenarios-museum", "scenarios-museum-cpu")
    assert len(kept) == 1
    whole = len(list(experiments.load("scenarios-museum-cpu").runs()))
    assert kept.attrs["note"] == f"Recorded: scenarios-museum-cpu, 1 of {whole} runs."
    assert results.by_source(runs)["source"].tolist() == ["photographic style"]


def test_the_papers_nine_tasks_are_posed_by_the_museums_wings():
    posed = finetuning.nine_tasks("museum", size=1500)
    assert len(posed) == 9
    assert {title.split(": ")[1] for title in posed} == {"artist", "style", "genre", "culture", "timeframe"}
    assert all(task.outputs >= 2 for _, task in posed.values())


def test_what_is_recorded_belongs_to_the_study_that_declares_it():
    """Whatever the initial weights were called; records of other studies in the same folder are left out."""
    for name in ("transfer-real", "transfer-museum", "apart-museum"):
        study, found = experiments.load(name), experiments.recorded(name)
        assert len(found) > 0
        assert set(found["collection"]) == {study.collection}
        assert set(found["cell.network"]) == {study.network}
    apart, null = (experiments.recorded(name) for name in ("apart-museum", "apart-museum-null"))
    assert not set(apart["id"]) & set(null["id"])


def both_at_once(context, run, settings):
    """A kind that answers the cells of all tasks in one run."""
    both_at_once.runs += 1
    for one in context.siblings(run, ["task"]):
        yield {**one.fields(), "metrics": {"length": float(len(one.config["task"]))}}, None


def test_one_run_may_answer_several_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(both_at_once, "runs", 0, raising=False)
    study = tiny(
        questions={name: experiments.Question(name) for name in ("style", "genre")},
        methods={
            "both": {"kind": "both", "cell": {"shared": 64}, "units": 64},
            "style only": {"kind": "both", "tasks": ["style"], "network": "caffenet_s"},
            "of no task": {"kind": "both", "tasks": []},
        },
        cell={"level": 0.5},
        kinds={"both": experiments.Kind(both_at_once)},
    )
    runs = experiments.run(study, two_tasks(), folder=tmp_path)
    assert both_at_once.runs == 3
    assert sorted(zip(runs["cell.method"], runs["cell.task"], strict=True)) == [
        ("both", "genre"), ("both", "style"), ("of no task", "all"), ("style only", "style")
    ]  # fmt: skip
    known = runs.set_index("cell.method")
    assert (runs["cell.level"] == 0.5).all()
    assert known.loc["style only", "cell.network"] == "caffenet_s"
    assert set(known.loc["both", "cell.shared"]) == {64}
    assert set(known.loc["both", "recipe.units"]) == {64}
    experiments.run(study, two_tasks(), folder=tmp_path)
    assert both_at_once.runs == 3
    for file in tmp_path.rglob("*.json"):
        if '"style"' in file.read_text() and '"both"' in file.read_text():
            file.unlink()
    experiments.run(study, two_tasks(), folder=tmp_path)
    assert both_at_once.runs == 4


def test_an_unknown_kind_is_named(tmp_path):
    study = tiny(methods={"x": {"kind": "guess"}})
    with pytest.raises(experiments.ExperimentError, match="one of train, probe"):
        experiments.run(study, picture_set(), folder=tmp_path)


def test_a_probe_may_be_given_its_penalty(tmp_path):
    """Where artists are kept apart and few, no work is left to choose it on."""
    study = tiny(methods={"frozen": {"kind": "probe", "C": 0.3}})
    assert experiments.run(study, picture_set(), folder=tmp_path)["recipe.C"].tolist() == [0.3]
    other = tiny(methods={"frozen": {"kind": "probe", "C": 0.1}})
    with pytest.raises(experiments.ExperimentError, match=r"C was 0\.3, is 0\.1"):
        experiments.run(other, picture_set(), folder=tmp_path)

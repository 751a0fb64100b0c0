"""Studies of several tasks: what is recorded of a training, tables of what it says, and their figures."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from artlib import experiments, figures, pixels, records
from artlib.figures.figure import FigureError
from artlib.papers.omniart import figures as omniart_figures
from artlib.papers.omniart import results
from artlib.papers.omniart import study as grids

COLOURS = {"Ada": (220, 40, 40), "Ben": (40, 220, 40), "Cleo": (40, 40, 220), "Dot": (200, 200, 40)}


def painted(n=120, size=16):
    """Colours are artists, with materials, types and centuries of their own; Dot has few works."""
    rng = np.random.default_rng(0)
    artists = ["Dot" if k % 20 == 7 else list(COLOURS)[k % 3] for k in range(n)]
    base = np.array([COLOURS[a] for a in artists], float)[:, None, None]
    drawn = np.clip(base + rng.normal(0, 35, (n, size, size, 3)), 0, 255).astype("uint8")
    years = [1500 + 100 * list(COLOURS).index(a) + int(rng.integers(-9, 9)) for a in artists]
    works = pd.DataFrame(
        {
            "work_id": [f"w{k}" for k in range(n)],
            "image": [f"w{k}" for k in range(n)],
            "artist": artists,
            "types": [["painting"] if k % 2 else ["drawing"] for k in range(n)],
            "materials": [["oil"] if a in ("Ada", "Ben") else ["ink", "paper"] for a in artists],
            "year_begin": years,
            "year_end": years,
        }
    )
    none = pd.DataFrame({"image": [], "reason": []})
    return pixels.Pictures(works, drawn, size, "colours", none, "colours of four")


@pytest.fixture(scope="module")
def pictures():
    return painted()


STUDY = experiments.Study(
    paper="omniart",
    experiment="multi-task",
    collection="colours",
    preset="smoke",
    questions={
        "artist": experiments.Question("artist"),
        "type": experiments.Question("types", "multilabel"),
        "material": experiments.Question("materials", "multilabel"),
        "period": experiments.Question("year", "regression"),
    },
    methods={"multi-task": {"kind": "multi-task"}, "single-task": {"kind": "multi-task", "together": "alone"}},
    split_by="artist",
    network="mobilenet_s",
    weights=None,
    recipe={"shared": 16, "epochs": 2, "lr": 0.01, "batch_size": 16},
    pixels=16,
    seeds=(0, 1),
    kinds=grids.KINDS,
)


@pytest.fixture(scope="module")
def runs(pictures, tmp_path_factory):
    return experiments.run(STUDY, pictures, folder=tmp_path_factory.mktemp("runs"))


def test_one_training_answers_all_its_tasks(runs):
    assert len(runs) == 2 * 2 * 4
    together = runs[runs["cell.method"] == "multi-task"]
    assert together.groupby("seed")["minutes"].nunique().eq(1).all(), "four records of one training"
    assert together.groupby("seed")["best_epoch"].nunique().eq(1).all(), "and of one epoch"
    assert runs["metrics.dependence"].between(0, 1).all()
    assert set(results.gains(runs)) == {
        "artist: accuracy", "type: mean average precision", "material: mean average precision",
        "period: mean error in years, per cent less",
    }  # fmt: skip
    told = results.scored(runs)
    assert len(told) == 8
    assert told["value"].notna().all()
    for name in ("type", "material", "period"):
        measure = results.MEASURES[name][0]
        for _, run in runs[runs["cell.task"] == name].iterrows():
            by_work = records.predictions(run)[measure.removeprefix("metrics.")]
            assert by_work.mean() == pytest.approx(run[measure]), "each work's part is kept"


def test_gains_are_paired_and_signed(runs):
    made_up = runs.drop(columns="predictions")  # as records of before, whose numbers stand alone
    better = made_up["cell.method"] == "multi-task"
    made_up.loc[better, "metrics.accuracy"], made_up.loc[~better, "metrics.accuracy"] = 0.7, 0.5
    made_up.loc[better, "metrics.mean_absolute_error"], made_up.loc[~better, "metrics.mean_absolute_error"] = 30, 40
    found = results.gains(made_up)
    assert found["artist: accuracy"].value == pytest.approx(0.2)
    assert found["period: mean error in years, per cent less"].value == pytest.approx(0.25)
    assert results.gains(made_up, relative=True)["artist: accuracy"].value == pytest.approx(0.4)
    assert results.gains(made_up[better]) == {}, "nothing to pair with"
    assert len(results.gains(runs[runs["cell.task"].isin(["artist", "type"])])) == 2, "without materials"


@pytest.mark.slow
def test_own_epochs_are_recorded_task_by_task(pictures, tmp_path):
    study = replace(STUDY, methods={"multi-task": {"kind": "multi-task", "choose": "each", "epochs": 4}}, seeds=(0,))
    found = experiments.run(study, pictures, folder=tmp_path)
    for _, row in found.iterrows():
        assert row["best_epoch"] == 1 + int(np.argmin(records.history(row)[f"loss {row['cell.task']}"]))
    assert set(found["recipe.choose"]) == {"each"}


@pytest.mark.slow
def test_unknown_artists_are_masked_or_a_class(pictures, tmp_path):
    questions = {"stratum": experiments.Question("stratum"), **STUDY.questions}
    methods = {"multi-task": {"kind": "multi-task", "tasks": ["artist", "period"]}}
    shared = {"questions": questions, "methods": methods, "split_by": "stratum", "seeds": (0,)}
    tables = {}
    for how, more in (("masked", {}), ("class", {"unknown": "class"})):
        study = replace(STUDY, recipe={**STUDY.recipe, "named": 20, **more}, cell={"unknown": how}, **shared)
        runs = experiments.run(study, pictures, folder=tmp_path)
        tables[how] = runs[runs["cell.task"] == "artist"].iloc[0]
    assert tables["masked"]["classes"] == ["Ada", "Ben", "Cleo"]
    assert tables["class"]["classes"] == ["Ada", "Ben", "Cleo", "unknown"]
    assert tables["masked"]["n_test"] == tables["class"]["n_test"], "the same split"
    both = results.named_artists_only(pd.DataFrame(list(tables.values())))
    assert both["metrics.accuracy"].tolist() == [
        tables["masked"]["metrics.accuracy"], tables["class"]["metrics.accuracy_of_named"]
    ]  # fmt: skip


@pytest.mark.slow
def test_a_body_is_adjusted_on_other_pictures_first(pictures, tmp_path, monkeypatch):
    asked = []
    other = replace(pictures, works=pictures.works.assign(style=pictures.works["artist"]), key="others")
    monkeypatch.setattr("artlib.papers.omniart.study.read", lambda study, root, draw: asked.append(draw) or other)
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / "cache"))
    first = {"task": "style", "draw": 100, "schedule": "fixed", "epochs": 1, "lr": 0.02, "batch_size": 16}
    methods = {
        "as given": {"kind": "multi-task", "tasks": ["artist"]},
        "external": {"kind": "multi-task", "tasks": ["artist"], "external": first},
    }
    study = replace(STUDY, methods=methods, seeds=(0,))
    runs = experiments.run(study, pictures, folder=tmp_path / "runs").set_index("cell.method")
    assert asked == [100], "another draw of the museum, read once"
    losses = {name: records.history(run)["loss artist"].tolist() for name, run in runs.iterrows()}
    assert losses["as given"] != losses["external"], "another body gives other features"


def test_a_minimum_has_its_artists_and_gains(runs):
    levels = [runs.assign(**{"cell.minimum": least}) for least in (5, 20)]
    table = results.by_minimum(pd.concat(levels, ignore_index=True))
    assert set(table["minimum"]) == {5, 20}
    assert (table["artists"] == 4).all()
    assert len(table) == 8
    figure = omniart_figures.gains_along(table, "minimum", "least works of an artist")
    assert "against least works of an artist" in figure.alt
    assert results.by_minimum(pd.DataFrame()).empty


def kin(excess, rank, largest):
    rows = [
        {"cell.draw": 0, "cell.fold": fold, "cell.years": years, "metrics.excess_of_pair": e, "metrics.rank_of_pair": r,
         "metrics.largest_excess": m}
        for fold, (e, r, m) in enumerate(zip(excess, rank, largest, strict=True)) for years in ("common", "other")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_largest_confusion_is_held_against_the_largest_by_luck():
    table = results.pair_rank_vs_null(kin([5, 2, 6], [1, 7, 1], [5, 4, 6]), kin([0, 1, 0], [9, 9, 9], [3, 4.5, 2]))
    drawn, cut = table.set_index("museum").loc["drawn"], table.set_index("museum").loc["no hands (null)"]
    assert drawn["folds"] == 3, "a fold counts once, though it has two records"
    assert drawn["first"] == pytest.approx(2 / 3, abs=0.01)
    assert drawn["beyond luck"] == pytest.approx(2 / 3, abs=0.01), "5 and 6 are above 4.5"
    assert cut["first"] == 0
    assert np.isnan(cut["beyond luck"]), "a null with one draw has no other to be compared with"
    two = kin([5, 0], [1, 9], [5, 2])
    two["cell.draw"] = [0, 0, 1, 1]
    alarms = results.pair_rank_vs_null(kin([5], [1], [5]), two).set_index(["museum", "draw"])["beyond luck"]
    assert alarms["no hands (null)", 0] == 1, "5 is above the 2 of the other draw: a false alarm that is told"
    assert alarms["no hands (null)", 1] == 0
    assert results.pair_rank_vs_null(pd.DataFrame(), pd.DataFrame()).empty


def test_affinity_has_intervals(runs):
    parts = [runs[runs["cell.method"] == "single-task"].assign(**{"cell.method": "alone"})]
    parts += [runs[runs["cell.method"] == "multi-task"].assign(**{"cell.method": "with period"})]
    table = results.task_affinity(pd.concat(parts, ignore_index=True))
    assert set(table["partner"]) == {"period"}
    assert (table["low"] <= table["value"]).all()
    figure = figures.affinity(table)
    assert "intervals leave out zero" in figure.caption
    assert repr(figures.affinity(table.iloc[:0])) == "Not recorded yet."
    assert repr(omniart_figures.gains_along(pd.DataFrame(columns=["task"]), "x", "x")) == "Not recorded yet."


def test_stage_one_tells_what_is_recorded(runs, monkeypatch):
    bases = runs[runs["cell.method"] == "single-task"].assign(**{"cell.setting": "new layers"})
    monkeypatch.setattr("artlib.experiments.results.recorded", lambda name: bases if name == "a" else bases.iloc[:0])
    table = results.stage_one(("a", "b"))
    assert set(table["task"]) == {f"{name}, {words} (new layers)" for name, (_, words, *_) in results.MEASURES.items()}
    assert results.stage_one(("b",)).empty


@pytest.mark.slow
def test_time_is_that_of_all_tasks(pictures, tmp_path):
    clocks = {
        "multi-task": {"kind": "training-time", "tasks": [], "epochs": 1, "repeated": 1},
        "single-task": {"kind": "training-time", "tasks": [], "together": "alone", "epochs": 1, "repeated": 1},
    }
    runs = experiments.run(replace(STUDY, methods=clocks, seeds=(0,)), pictures, folder=tmp_path)
    told = runs.set_index("cell.method")
    assert (told["minutes"] > 0).all()
    assert told.loc["single-task", "metrics.test_minutes"] > told.loc["multi-task", "metrics.test_minutes"]


@pytest.mark.slow
def test_handcrafted_features_tell_colours_of_noise_badly_and_are_recorded(tmp_path):
    larger = painted(n=60, size=32)
    study = replace(STUDY, methods={"fisher": {"kind": "handcrafted", "tasks": ["artist"]}}, seeds=(0,))
    runs = experiments.run(study, larger, folder=tmp_path)
    assert runs["metrics.accuracy"].between(0, 1).all()
    assert runs["recipe.penalty"].tolist() == [1.0]
    assert runs["classes"].iloc[0] == list(COLOURS)


def test_works_are_prepared_as_the_recipe_says(pictures):
    works = pictures.works.assign(source=["here"] * 60 + ["there"] * 60, materials=[["oil on wood"]] * 120)
    told = replace(pictures, works=works)
    recipe = {**STUDY.recipe, "source": "there", "materials": "words", "named": 20}
    context = experiments.RunContext(replace(STUDY, recipe=recipe), told)
    found = context.pictures.works
    assert len(found) == len(context.pictures.pixels) == 60
    assert set(found["materials"].iloc[0]) == {"oil", "wood"}
    assert {"year", "stratum"} <= set(found.columns)
    few = found["artist"].value_counts()
    assert few.empty or few.min() >= 19


def test_a_museum_is_loosened_by_works_of_its_null(pictures, monkeypatch):
    asked = []
    other = replace(pictures, works=pictures.works.assign(artist="Nobody"), pixels=255 - pictures.pixels, key="null")
    museum_pictures = replace(pictures, works=pictures.works.assign(image=[f"0/{k}" for k in range(len(pictures))]))
    monkeypatch.setattr(
        "artlib.papers.omniart.study.read", lambda study, root, draw: asked.append((study.reader["cut"], draw)) or other
    )
    mixed = grids.mix_with_null_museum(museum_pictures, STUDY, 0.5)
    loose = (mixed.works["artist"] == "Nobody").to_numpy()
    assert asked == [("entanglement", 0)]
    assert 0.3 < loose.mean() < 0.7
    assert (mixed.pixels[loose] == other.pixels[loose]).all()
    assert (mixed.pixels[~loose] == museum_pictures.pixels[~loose]).all()
    assert mixed.key != museum_pictures.key


def test_gains_are_drawn_along_the_dependence_of_the_labels(runs):
    levels = [
        runs.assign(**{"cell.cut": cut, "metrics.dependence": level}) for cut, level in (("none", 0.77), ("all", 0.16))
    ]
    table = results.by_dependence(pd.concat(levels, ignore_index=True))
    assert set(table["dependence"]) == {0.16, 0.77}
    figure = omniart_figures.dependence(table)
    assert "at 0.16" in figure.alt
    assert "know nothing of one another" in figure.caption


@pytest.mark.slow
def test_figures_of_a_network_of_several_tasks(pictures):
    from artlib import nets, splits
    from artlib.collections import preparations
    from artlib.papers.omniart import describe, measures
    from artlib.papers.omniart import learner as multitask

    told = replace(pictures, works=preparations.with_year(pictures.works), key="with years")
    asked = {name: question.ask(told.works).task for name, question in STUDY.questions.items()}
    split = splits.stratified(told.works, asked["artist"], (0.6, 0.2, 0.2))
    recipe = multitask.Recipe(shared=16, epochs=2, lr=0.01, batch_size=16)
    learner = multitask.learner(told, asked, split, nets.create("mobilenet_s", 1), recipe, quiet=True).fit_recipe()
    assert "a number" in omniart_figures.several_tasks(learner.model).alt
    found = measures.answers(learner)
    assert "at rest" in omniart_figures.activation_sparsity({"relu": found.shared}).alt
    row = int(split.test[0])
    guide = describe.guide(learner, level=0.5)
    assert "nearest works" in omniart_figures.prediction_card(told, row, guide.describe(row)).alt
    table = measures.predicted(found, "artist", told.works)
    hands = measures.works_of_pair(table, asked["artist"], told.works, ("Ada", "Ben"), split.train)
    assert "Time line" in omniart_figures.confused_pair(hands, (1500, 1600)).alt
    with pytest.raises(FigureError, match="needs tested works of both"):
        omniart_figures.confused_pair(hands[hands["artist"] == "Ada"])

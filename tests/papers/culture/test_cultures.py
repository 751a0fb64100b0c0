"""The culture paper's machinery: kinds of runs, sides of a map, evidence, figures, and what bad input is told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from artlib import collections, experiments, figures, pixels, splits, tasks, works
from artlib.collections.museum import evidence, truth
from artlib.evaluate import attention
from artlib.papers import printed
from artlib.papers.culture import figures as culture_figures
from artlib.papers.culture import measures, results
from artlib.papers.culture import study as cultures

NAMES = ("American", "Chinese", "French", "Indian", "Italian", "Japanese")


def painted(n=120, size=32):
    """Six cultures that are six colours, half of them on paper."""
    kinds = np.arange(n) % len(NAMES)
    shades = np.random.default_rng(1).integers(20, 235, (len(NAMES), 3))[kinds]
    noise = np.random.default_rng(0).integers(-30, 30, (n, size, size, 3))
    works = pd.DataFrame(
        {
            "work_id": [f"w{i}" for i in range(n)],
            "image": [str(i) for i in range(n)],
            "artist": [f"a{i % 40}" for i in range(n)],
            "culture": np.array(NAMES, object)[kinds],
            "types": [["painting"] for _ in range(n)],
            "materials": [["ink", "paper"] if (i // len(NAMES)) % 2 else ["oil", "canvas"] for i in range(n)],
        }
    )
    drawn = (shades[:, None, None, :] + noise).clip(0, 255).astype("uint8")
    none = pd.DataFrame({"image": [], "reason": []})
    return pixels.Pictures(works, drawn, size, "colours", none, "colours of cultures")


def study(methods, **changes):
    base = experiments.Study(
        paper="culture",
        experiment="methods",
        collection="colours",
        preset="smoke",
        questions={"culture": experiments.Question("culture")},
        methods=methods,
        network="mobilenet_s",
        weights=None,
        recipe={"epochs": 1, "lr": 0.01, "batch_size": 32, "head": [8, 6]},
        pixels=32,
        fractions=(0.6, 0.2, 0.2),
        kinds=cultures.KINDS,
    )
    return replace(base, **changes)


def sides(*names):
    """Methods that measure the map by works on these sides."""
    return {name: {"kind": "culture-map", "works": name, "cell": {"works": name}} for name in names}


@pytest.fixture(scope="module")
def pictures():
    return painted()


@pytest.fixture
def trainings(monkeypatch):
    """How often a network was trained."""
    count, original = [], cultures._trained
    monkeypatch.setattr(cultures, "_trained", lambda *given: count.append(given) or original(*given))
    return count


# --- kinds ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_measures_of_one_training_train_once(pictures, trainings, tmp_path):
    methods = {
        "fine-tuned": {"kind": "fine-tune-deep-head"},
        "frozen": {"kind": "fine-tune-deep-head", "scenario": "only-new"},
    }
    runs = experiments.run(study(methods), pictures, folder=tmp_path)
    parts = results.right_parts(runs[runs["cell.method"] == "frozen"])["share"]
    assert parts["the right culture first"] <= parts["the right culture among three"] <= 1
    assert parts["the right culture first"] <= parts["the right one of East and West"] <= 1
    assert parts["... by always naming the three largest"] == pytest.approx(0.5, abs=0.01), "six even cultures"
    assert len(trainings) == 2
    assert set(runs["cell.method"]) == {"fine-tuned", "frozen"}
    assert (runs["n_test"] == 24).all()
    assert all(list(head) == [8, 6] for head in runs["recipe.head"])
    assert runs["metrics.seconds_per_epoch"].gt(0).all()
    assert len(experiments.predictions(runs)) == 48
    mapped = {
        f"{side}": {"kind": "culture-map", "works": side, "cell": {"works": side}} for side in ("all", "paper", "other")
    }
    found = experiments.run(study(mapped, experiment="map"), pictures, folder=tmp_path).set_index("cell.works")
    assert len(trainings) == 2, "the map asks for the network that is there already"
    assert -1 <= found.loc["all", "metrics.mantel"] <= 1
    assert -1 <= found.loc["all", "metrics.region_silhouette"] <= 1
    assert found.loc["all", "metrics.cultures"] == 6
    assert found.loc[["paper", "other"], "metrics.culture_distance"].gt(0).all()
    assert "metrics.mantel_true" not in found.columns, "only the museum's truth is known"


def test_an_epoch_is_timed_whatever_else_runs(pictures, tmp_path):
    methods = {"fine-tuned": {"kind": "training-time"}, "frozen": {"kind": "training-time", "scenario": "only-new"}}
    runs = experiments.run(study(methods, experiment="time"), pictures, folder=tmp_path)
    assert runs["metrics.busy_seconds_per_epoch"].gt(0).all()


@pytest.mark.slow
def test_a_resized_class_loses_pictures_and_no_other_does(pictures, trainings, tmp_path):
    sizes = {
        name: {"kind": "class-size", "resize": "Indian", "keep": keep} for name, keep in (("whole", 1), ("half", 0.5))
    }
    runs = experiments.run(study(sizes, experiment="class-size"), pictures, folder=tmp_path).set_index("cell.method")
    assert len(trainings) == 2
    assert runs.loc["whole", "metrics.resized_trained"] == 12
    assert runs.loc["half", "metrics.resized_trained"] == 6
    assert runs.loc["whole", "n_train"] - runs.loc["half", "n_train"] == 6
    assert (runs["n_test"] == 24).all()
    assert runs["metrics.recall_of_resized"].between(0, 1).all()
    assert runs["metrics.ranking_of_resized"].between(0, 1).all()


def test_frozen_features_take_the_place_of_training(pictures, trainings, tmp_path):
    probing = {"frozen": {"kind": "culture-map", "probe": True, "works": "all", "cell": {"works": "all"}}}
    runs = experiments.run(study(probing, experiment="map"), pictures, folder=tmp_path)
    assert not trainings
    assert runs["metrics.mantel"].notna().all()


def test_a_probe_of_a_resized_class_loses_pictures_too(pictures, tmp_path):
    sizes = {
        name: {"kind": "class-size", "probe": True, "resize": "Indian", "keep": keep}
        for name, keep in (("whole", 1), ("few", 0.1))
    }
    runs = experiments.run(study(sizes, experiment="class-size"), pictures, folder=tmp_path).set_index("cell.method")
    assert runs.loc["few", "metrics.resized_trained"] == 1
    assert runs.loc["few", "metrics.log_loss"] != runs.loc["whole", "metrics.log_loss"]


@pytest.mark.slow
def test_a_label_that_training_does_not_see_changes_no_training(pictures, trainings, tmp_path):
    shuffled = replace(
        pictures, works=pictures.works.assign(materials=pictures.works["materials"].sample(frac=1).values)
    )
    one = study({"all works": {"kind": "culture-map", "works": "all"}}, experiment="map")
    experiments.run(one, pictures, folder=tmp_path / "a")
    experiments.run(one, shuffled, folder=tmp_path / "b")
    assert len(trainings) == 1
    mixed = replace(pictures, works=pictures.works.assign(culture=pictures.works["culture"].to_numpy()[::-1]))
    experiments.run(one, mixed, folder=tmp_path / "c")
    assert len(trainings) == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "class-size", "resize": "Martian", "keep": 0.1}, "no class 'Martian' to resize.*American"),
        ({"kind": "culture-map", "works": "glass"}, "Unknown works 'glass'; choose one of: all, paper, other"),
    ],
)
def test_settings_that_mean_nothing_are_refused(pictures, settings, words):
    with pytest.raises(experiments.ExperimentError, match=words):
        experiments.run(study({"one": settings}), pictures)


def test_the_split_follows_the_study(pictures):
    one = study({"frozen": {"kind": "probe"}}, fractions=(0.5, 0.25, 0.25))
    made = experiments.RunContext(one, pictures).split(next(one.runs()))
    assert [len(rows) for rows in made.parts().values()] == [60, 30, 30]


def test_what_unseen_artists_cost_is_told_for_runs_that_can_tell(tmp_path, pictures):
    both = {
        "culture": experiments.Question("culture"),
        "culture, artists apart": experiments.Question("culture", disjoint="artist"),
    }
    runs = experiments.run(
        study({"frozen": {"kind": "probe"}}, questions=both, folds=3, recipe={}), pictures, folder=tmp_path
    )
    found = results.unseen_artists({"colours": runs, "one split only": runs[runs["cell.task"] == "culture"]})
    assert list(found) == ["colours"]
    assert found["colours"].n == 120


def test_agreement_is_read_from_whole_maps_only():
    runs = pd.DataFrame(
        {"cell.works": ["all", "all", "paper"], "cell.draw": [0, 1, 0], "metrics.mantel": [0.4, 0.6, np.nan]}
    )
    table = results.agreement({"museum": runs, "nothing": runs.iloc[:0]})
    assert table["measure"].tolist() == ["mantel"]
    assert table["value"].item() == pytest.approx(0.5)


# --- the map -------------------------------------------------------------------------------------------------------


def test_sides_are_compared_by_equally_many_pictures():
    rng = np.random.default_rng(0)
    labels = np.repeat(list("abcde"), 60)
    side = np.tile(np.arange(60) < 6, 5)  # a tenth on paper: their means scatter three times as far
    noise = rng.normal(size=(300, 8))
    same = measures.sides(noise, labels, side)
    assert same["classes"] == 5
    assert same["inside"] == pytest.approx(same["outside"], rel=0.2)
    naive = measures.distances(measures.means(noise[~side], labels[~side])).to_numpy().mean()
    assert measures.distances(measures.means(noise[side], labels[side])).to_numpy().mean() > 2 * naive
    centres = rng.normal(size=(5, 8)) * 3
    alike = noise + centres[np.repeat(np.arange(5), 60)] * ~side[:, None]
    found = measures.sides(alike, labels, side)
    assert found["inside"] < 0.6 * found["outside"]


def test_a_side_that_scatters_less_is_no_nearer_when_its_scatter_is_taken_off():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.array(list("abcde"), object), 40)
    side = np.tile([True, False], 100)
    noise = rng.normal(size=(200, 12)) * np.where(side, 0.5, 1.0)[:, None] + 3 * (labels == "a")[:, None]
    told = measures.sides(noise, labels, side)
    assert told["inside"] < 0.97 * told["outside"], "equal numbers alone make the quieter side look nearer"
    assert told["inside_corrected"] == pytest.approx(told["outside_corrected"], rel=0.06)


def test_alarms_are_counted_run_by_run():
    runs = pd.DataFrame({"metrics.mantel_p": [0.01, 0.2, np.nan], "metrics.mantel_corrected_p": [0.04, 0.03, np.nan]})
    table = results.alarms({"cut": runs, "not measured": pd.DataFrame({"seed": [0]})})
    assert list(table.index) == ["cut"]
    assert table.loc["cut"].tolist() == [2, 1, 2]


@pytest.mark.slow
def test_recall_is_told_on_paper_and_elsewhere(pictures, trainings, tmp_path):
    methods = {
        side: {"kind": "culture-map", "works": side, "cell": {"works": side}} for side in ("paper", "other", "all")
    }
    runs = experiments.run(study(methods), pictures, folder=tmp_path).set_index("cell.works")
    assert len(trainings) == 1
    assert runs.loc[["paper", "other"], "metrics.recall_of_side"].between(0, 1).all()
    both = runs.loc[["paper", "other"]].reset_index().assign(**{"cell.pictures": "colours"})
    told = results.balanced_materials(pd.concat([both, both.assign(seed=1)], ignore_index=True))["colours"].value
    balanced = runs.loc[["paper", "other"], "metrics.recall_of_side"].mean()
    assert told == pytest.approx(balanced - runs.loc["paper", "metrics.recall_as_they_come"])
    assert 0 < runs.loc["all", "metrics.mantel_p"] <= 1
    assert 0 < runs.loc["all", "metrics.mantel_corrected_p"] <= 1


def test_names_dealt_anew_keep_the_distances():
    apart = measures.distances(measures.means(np.random.default_rng(0).normal(size=(12, 3)), list("abcd") * 3))
    dealt = measures.relabelled(apart, 5)
    assert len(dealt) == 5
    assert all(np.allclose(np.sort(one.to_numpy().ravel()), np.sort(apart.to_numpy().ravel())) for one in dealt)
    assert any(not np.allclose(one, apart) for one in dealt)


def test_places_may_be_given():
    with pytest.raises(measures.ClusterError, match="No coordinates for Atlantis"):
        measures.kilometres(["French", "Atlantis"])
    table = measures.kilometres(["French", "Atlantis"], {"Atlantis": (0.0, -30.0)})
    assert 4_000 < table.loc["French", "Atlantis"] < 7_000


def test_the_scatter_of_means_is_taken_off():
    rng = np.random.default_rng(0)
    labels = np.repeat(list("abcd"), [200, 200, 4, 4])

    found = [measures.noise_corrected_distances(rng.normal(size=(408, 3)), labels).loc["c", "d"] for _ in range(30)]
    plain = measures.distances(measures.means(rng.normal(size=(408, 3)), labels))
    assert plain.loc["c", "d"] > 2 * plain.loc["a", "b"], "small classes seem far from each other"
    assert np.median(found) < 0.6
    moved = rng.normal(size=(408, 3))
    moved[labels == "c"] += 10
    assert measures.noise_corrected_distances(moved, labels).loc["c", "a"] == pytest.approx(np.sqrt(300), rel=0.1)
    with pytest.raises(measures.ClusterError, match="two pictures or more"):
        measures.noise_corrected_distances(np.zeros((2, 3)), ["a", "b"])


def test_sides_need_classes_on_both():
    with pytest.raises(measures.ClusterError, match="Only 0 classes have 2 pictures or more on both sides"):
        measures.sides(np.zeros((6, 2)), list("aabbcc"), np.array([True] * 6))


def test_materials_are_found_as_words():
    works = pd.DataFrame({"materials": [["ink on Paper"], ["newspapers"], None, ["oil", "canvas"]]})
    assert measures.made_of(works, "paper").tolist() == [True, False, False, False]
    with pytest.raises(measures.ClusterError, match="no column 'materials'"):
        measures.made_of(works.drop(columns="materials"), "paper")


def test_regions_of_predictions():
    said = pd.DataFrame({"target": [0, 1, 2, 3], "predicted": [1, 2, 2, 0], "rank": [2, 2, 1, 4]})
    found = measures.by_region(said, ["Chinese", "Japanese", "French", "Martian"])
    assert len(found) == 3
    assert (found["target"] == found["predicted"]).tolist() == [True, False, True]


def test_layouts_are_turned_onto_the_first():
    first = pd.DataFrame({"x": [0.0, 1, 0, 3], "y": [0.0, 0, 1, 1]}, list("abcd"))
    turned = pd.DataFrame({"x": -first["y"] * 2 + 5, "y": first["x"] * 2}, first.index)
    one, other = measures.superimposed([first, turned.loc[list("dcba")]])
    assert np.allclose(one, other)


def test_bootstrap_samples_keep_every_class():
    features = np.random.default_rng(0).normal(size=(30, 4))
    made = measures.resampled(features, np.repeat(list("abc"), 10), n=3)
    assert [list(one.index) for one in made] == [list("abc")] * 3
    assert not np.allclose(made[0], made[1])


def test_a_culture_without_coordinates_is_named():
    with pytest.raises(measures.ClusterError, match=r"No coordinates for Martian\. Known: .*Chinese"):
        measures.kilometres(["Chinese", "Martian"])


def test_a_culture_of_fewer_works_than_parts_is_named(pictures):
    works = pictures.works.copy()
    works.loc[0, "culture"] = "Flemish"
    with pytest.warns(splits.SplitWarning, match="Flemish"):
        splits.stratified(works, tasks.make(works, "culture"), (0.8, 0.1, 0.1))


# --- evidence ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_evidence_of_many_pictures_is_that_of_each():
    drawn_museum = collections.read("museum", size=40, artists=12)
    masks = evidence.masks(drawn_museum, [3, 1], "culture", 24)
    assert masks.shape == (2, 24, 24)
    assert np.allclose(masks[1], truth.evidence(drawn_museum, drawn_museum.works["image"][1], "culture", 24), atol=1e-3)
    assert np.array_equal(evidence.masks(drawn_museum, [3, 1], "culture", 24), masks)
    assert set(evidence.known_masks(drawn_museum, [0], "culture", 24)) == {"evidence"}


def test_elsewhere_nobody_knows_the_evidence():
    drawn_museum = collections.read("museum", size=40)
    other = works.Collection("folder", drawn_museum.works, object())
    with pytest.warns(UserWarning, match="folder: nobody knows where the evidence for culture lies"):
        assert evidence.known_masks(other, [0], "culture", 24) == {}


def test_scores_of_maps_have_intervals_over_works():
    maps = np.zeros((6, 8, 8), "float32")
    maps[:, :4] = 1
    truth_ = np.zeros((6, 8, 8), "float32")
    truth_[:, :2] = 1
    table = attention.summary(attention.score_maps({"above": maps}, truth_), resamples=200)
    above = table[(table["map"] == "above") & (table["measure"] == "share on the evidence")].iloc[0]
    assert above["value"] == pytest.approx(0.5)
    assert above["n"] == 6


# --- figures -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said(pictures):
    """Predictions: every second Chinese work is taken for Japanese, all else is right."""
    from artlib.evaluate import predictions

    task = tasks.make(pictures.works, "culture")
    split = splits.stratified(pictures.works, task, (0.6, 0.2, 0.2))
    targets = task.targets(pictures.works)[split.test]
    shares = np.eye(6)[targets] * 0.5 + 0.1
    wrong = np.flatnonzero(targets == 1)[::2]
    shares[wrong] = np.eye(6)[5] * 0.5 + 0.1
    return task, split, predictions.from_probabilities(pictures.works, split.test, targets, shares)


@pytest.fixture(scope="module")
def apart():
    points = pd.DataFrame(np.arange(12).reshape(6, 2) ** 1.5, NAMES)
    return measures.distances(points)


def test_the_funnel_says_every_step():
    drawn = culture_figures.funnel(printed.table("culture", "funnel")["works"], "The paper's own counts")
    assert "tagged as paintings: 7,938" in drawn.alt
    assert "of 7,938 works 6,663 are left" in drawn.caption


def test_recorded_maps_are_drawn_from_mean_distances(apart):
    flat = apart.to_numpy()
    runs = pd.DataFrame({"placed": [NAMES, NAMES], "distances": [(flat * k).tolist() for k in (1, 3)],
                         "metrics.mantel": [0.2, 0.4]})  # fmt: skip
    assert np.allclose(measures.mean_distances(runs), 2 * apart)
    drawn = culture_figures.shown_maps({"drawn museum": runs, "not recorded": runs.iloc[:0]})
    assert "1 maps" in drawn.alt
    assert "drawn museum, correlation +0.30" in drawn.alt
    assert "Not recorded" in repr(culture_figures.shown_maps({"nothing": pd.DataFrame()}))


def test_agreement_is_drawn_as_measured_and_corrected():
    both = ((measure, *one) for measure in ("mantel", "mantel_corrected") for one in (("real", 0.3), ("null", -0.3)))
    rows = [[measure, museum, value, value - 0.1, value + 0.1] for measure, museum, value in both]
    table = pd.DataFrame(rows, columns=["measure", "museum", "value", "low", "high"])
    drawn = culture_figures.map_agreement(table)
    assert "null, as the paper measures it: -0.30 [-0.40, -0.20]" in drawn.alt
    assert "−0.30 for: null" in drawn.caption


def test_the_middle_beats_maps_only_where_it_is_clearly_above_both():
    rows = [[name, measure, low, low + 0.1] for measure, gap in (("pointing game", 0.2), ("share on the evidence", 0))
            for name, low in (("Grad-CAM", 0.1), ("summed feature map", 0.1), ("the middle", 0.15 + gap))]  # fmt: skip
    scored = results.in_words(pd.DataFrame(rows, columns=["map", "measure", "low", "high"]))
    assert results.best_map(scored) == "A dot in the middle beats both maps in the pointing game."
    assert "No map" in results.best_map(scored[scored["measure"] != "pointing game"])


def test_mistagged_works_are_found_by_their_materials(pictures):
    assert "No work here is catalogued as a painting against" in repr(culture_figures.mistagged(pictures))
    works = pictures.works.assign(types=[["painting"] if i in (1, 6) else ["print"] for i in range(len(pictures))])
    drawn = culture_figures.mistagged(replace(pictures, works=works))
    assert "2 of 2 works catalogued as a painting" in drawn.alt


def test_recall_by_size_names_every_class(said, pictures):
    task, split, tested = said
    drawn = culture_figures.recall_by_size(tested, task, pictures.works, split)
    assert "Chinese 12 trained, recall 50%" in drawn.alt
    assert "Indian 12 trained, recall 100%" in drawn.alt


@pytest.mark.slow
def test_classes_are_browsed_without_a_kernel(said, pictures, apart):
    task, _, tested = said
    shown = culture_figures.class_browser(pictures, tested, task, apart)
    assert len(shown.choices) == 6
    page = shown._repr_html_()
    assert page.count("data:image/webp") == 7  # six frames, and the first once more as the picture
    for word in ("Chinese. Nearest by mean features", "Chinese 50% and Japanese 50%"):
        assert word in page
    with pytest.raises(figures.FigureError, match="two or more"):
        culture_figures.class_browser(pictures, tested, task, apart.iloc[:1, :1])


def test_layouts_are_compared(apart):
    drawn = culture_figures.layouts({"one": measures.layout(apart), "other": measures.layout(apart, 1)})
    assert "2 layouts of the same 6 classes" in drawn.alt
    with pytest.raises(figures.FigureError, match="two of them or more"):
        culture_figures.layouts({"one": measures.layout(apart)})


def test_overlays_of_pictures_that_are_not_square():
    wide = np.random.default_rng(0).integers(0, 255, (2, 24, 60, 3), dtype="uint8")
    works = pd.DataFrame({"work_id": ["a", "b"], "image": ["a", "b"]})
    none = pd.DataFrame({"image": [], "reason": []})
    drawn = figures.overlays(
        pixels.Pictures(works, wide, 24, "wide", none, "wide"), [0, 1], {"map": np.ones((2, 7, 7))}
    )
    images = [image.get_array().shape for axes in drawn.figure.axes for image in axes.get_images()]
    assert images == [(24, 60, 3)] * 4

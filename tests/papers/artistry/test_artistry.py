"""Fields learned together: batches without padding, the loss, the choice of epoch, bad input, what is seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import experiments, nets, papers, pixels
from artlib.collections import four_fields
from artlib.collections.museum.drawing import MuseumError
from artlib.evaluate import attention
from artlib.learners import base
from artlib.papers.artistry import figures as drawn
from artlib.papers.artistry import learner as artistry
from artlib.papers.artistry import measures, results
from artlib.papers.artistry import network as artistry_network
from artlib.papers.artistry import study as fields
from artlib.papers.artistry.copies import augmented_copies
from artlib.papers.artistry.network import named
from artlib.works import CollectionError, SkippedWarning

FIELDS = artistry_network.FIELDS


def pictures_of(counts, size=32, seed=0):
    """Pictures in memory: artistic ones are brighter, with noise; counts: field -> (artistic, ordinary)."""
    rng = np.random.default_rng(seed)
    rows = [(field, side) for field, (a, o) in counts.items() for side in [True] * a + [False] * o]
    works = pd.DataFrame(rows, columns=["field", "artistic"]).sample(frac=1, random_state=seed, ignore_index=True)
    works.insert(0, "work_id", [f"w{i}" for i in range(len(works))])
    works.insert(1, "image", works["work_id"])
    light = np.where(works["artistic"], 150, 90)[:, None, None, None]
    shown = (light + rng.normal(0, 25, (len(works), size, size, 3))).clip(0, 255).astype("uint8")
    none = pd.DataFrame({"image": [], "reason": []})
    return pixels.Pictures(works, shown, size, "tests", none, f"tests-{seed}-{len(works)}")


EVEN = dict.fromkeys(FIELDS, (12, 12))


@pytest.fixture(scope="module")
def even():
    return pictures_of(EVEN)


@pytest.fixture(scope="module")
def learned(even):
    network = named("multi-2", size=32)
    recipe = artistry.Recipe(epochs=3, batch_size=8, lr=3e-3)
    return artistry.learner(even, artistry.split(even.works), network, recipe, quiet=True).fit_recipe()


# --- batches and loss -------------------------------------------------------------------------------------------------


def _seen(batches):
    """How often each field's pictures are shown in a pass, and the sizes of its batches."""
    sizes = {}
    for x, numbers, y in batches:
        assert len(x) == len(numbers) == len(y)
        for number, count in zip(*np.unique(numbers, return_counts=True), strict=True):
            sizes.setdefault(batches.dataset.fields[number], []).append(int(count))
    return sizes


@pytest.mark.parametrize("mode", artistry.MODES)
def test_every_picture_is_shown_once_and_nothing_is_padded(mode):
    some = pictures_of({"painting": (40, 40), "garden": (10, 10)})
    network = named("multi-2", ("painting", "garden"), size=32)
    recipe = artistry.Recipe(epochs=1, batch_size=16, mode=mode)
    learner = artistry.learner(some, artistry.split(some.works), network, recipe, quiet=True)
    sizes = _seen(learner.dls.train)
    rows = learner.rows_of["train"]
    assert {field: sum(own) for field, own in sizes.items()} == {field: len(own) for field, own in rows.items()}
    if mode == "together":
        assert len(sizes["painting"]) == len(sizes["garden"]) == len(learner.dls.train)
        assert max(sizes["garden"]) < min(sizes["painting"])
    else:
        assert all(len(step) == 1 for step in learner.dls.train.steps())


def test_a_field_with_few_batches_is_spread_over_the_pass():
    some = pictures_of({"painting": (60, 60), "garden": (4, 4)})
    network = named("multi-2", ("painting", "garden"), size=32)
    with pytest.warns(artistry.FieldWarning, match="very different numbers"):
        learner = artistry.learner(
            some, artistry.split(some.works), network, artistry.Recipe(1, batch_size=8), quiet=True
        )
    steps = learner.dls.train.steps()
    with_garden = [number for number, step in enumerate(steps) if "garden" in step]
    assert all("painting" in step for step in steps)
    assert len(with_garden) == 2
    assert with_garden[0] < len(steps) / 2 <= with_garden[1]


def test_the_loss_is_the_weighted_sum_of_the_fields():
    outputs, targets, numbers = torch.randn(20, 2), torch.randint(0, 2, (20,)), torch.arange(4).repeat_interleave(5)
    each = [torch.nn.functional.cross_entropy(outputs[numbers == k], targets[numbers == k]) for k in range(4)]
    lambdas = {FIELDS[3]: 3.0, FIELDS[0]: 0.0}
    expected = 3 * each[3] + each[1] + each[2]
    assert torch.allclose(artistry.FieldLoss(FIELDS, lambdas)(outputs, targets, numbers), expected)
    assert torch.allclose(artistry.FieldLoss(FIELDS)(outputs[15:], targets[15:]), each[3])


def test_together_is_what_each_field_gives_by_itself():
    for name in ("single", "multi-1", "multi-2-unshared"):
        network = named(name, size=32).eval()
        shown = {field: torch.rand(3, 3, 32, 32) for field in FIELDS}
        both = network.forward_fields(shown)
        assert all(torch.allclose(both[field], network(x, field), atol=1e-5) for field, x in shown.items())


def test_the_common_branch_is_normalized_by_all_fields_at_once():
    network = named("multi-2", size=32).train()
    shown = {"painting": torch.zeros(4, 3, 32, 32), "garden": torch.rand(4, 3, 32, 32)}
    network.forward_fields(shown)
    at_once = network.common[artistry_network.SHARED][0][1].running_mean.clone()
    other = named("multi-2", size=32).train()
    for field, x in shown.items():
        other(x, field)
    assert not torch.allclose(at_once, other.common[artistry_network.SHARED][0][1].running_mean)


# --- training ---------------------------------------------------------------------------------------------------------


def test_artistry_that_is_there_is_learned(learned):
    last = learned.history[learned.history["epoch"] == 3]
    assert last["train_loss"].mean() < 0.69
    assert len(learned.history) == 3 * len(FIELDS)
    assert set(learned.history["field"]) == set(FIELDS)


def test_the_epoch_is_chosen_on_validation_and_the_papers_choice_stands_beside_it(learned):
    for field in FIELDS:
        own = learned.history[learned.history["field"] == field].set_index("epoch")
        chosen = learned.epoch_of(field)
        assert own.loc[chosen, "accuracy"] == own["accuracy"].max()
        assert own.loc[learned.epoch_of(field, "test"), "test_accuracy"] == own["test_accuracy"].max()
        table = measures.predict(learned, field)
        right = (table["target"] == table["predicted"]).mean()
        assert right == pytest.approx(own.loc[chosen, "test_accuracy"])
    assert (measures.bias(learned)["bias"] >= 0).all()


def test_alone_and_together_are_the_same_where_nothing_is_shared(even):
    split, recipe = artistry.split(even.works), artistry.Recipe(epochs=2, batch_size=8)
    pair = artistry.learner(even, split, named("single", FIELDS[:2], size=32), recipe, quiet=True).fit_recipe()
    both = {field: pair.probabilities(field) for field in FIELDS[:2]}
    network = named("single", FIELDS[:2], size=32)
    alone = named("single", FIELDS[:1], size=32)
    alone.stem[FIELDS[0]].load_state_dict(network.stem[FIELDS[0]].state_dict())
    alone.heads[FIELDS[0]].load_state_dict(network.heads[FIELDS[0]].state_dict())
    one = artistry.learner(even, split, alone, recipe, quiet=True).fit_recipe()
    assert np.allclose(one.probabilities(FIELDS[0]), both[FIELDS[0]], atol=1e-4)


@pytest.mark.slow
def test_a_run_that_was_broken_off_goes_on_as_if_it_had_not_been(even, tmp_path):
    split, recipe = artistry.split(even.works), artistry.Recipe(epochs=3, batch_size=8)

    def made(folder, recipe=recipe):
        return artistry.learner(even, split, named("multi-2", size=32), recipe, folder=folder, quiet=True)

    whole = made(tmp_path / "whole").fit_recipe()
    broken = made(tmp_path / "broken")
    broken.add_cb(_StopAfter(2))
    with pytest.raises(KeyboardInterrupt):
        broken.fit_recipe()
    again = made(tmp_path / "broken")
    again.fit_recipe()
    assert [row["epoch"] for row in again.rows] == [row["epoch"] for row in whole.rows]
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name]), name
    finished = made(tmp_path / "broken").fit_recipe()
    assert finished.rows == again.rows


class _StopAfter(base.Callback):
    order = 95

    def __init__(self, epochs):
        self.epochs = epochs

    def after_epoch(self):
        if self.learn.done == self.epochs:
            raise KeyboardInterrupt


def test_a_frozen_field_keeps_its_layers_and_the_common_branch_learns(even):
    network = named("multi-2", size=32)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    recipe = artistry.Recipe(epochs=1, batch_size=8, frozen=("garden",))
    artistry.learner(even, artistry.split(even.works), network, recipe, quiet=True).fit_recipe()
    after = network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name]) and "tracked" not in name}
    assert not any("garden" in name for name in moved)
    assert any(artistry_network.SHARED in name for name in moved)


# --- bad input --------------------------------------------------------------------------------------------------------


def _learner(some, network=None, **recipe):
    network = network or named("multi-2", size=32)
    return artistry.learner(some, artistry.split(some.works), network, artistry.Recipe(1, **recipe), quiet=True)


def test_a_missing_field_is_named():
    with pytest.raises(artistry.FieldError, match=r"no picture of the field 'garden'.*fields="):
        _learner(pictures_of(dict.fromkeys(FIELDS[:3], (8, 8))))


def test_a_field_with_one_side_is_named():
    with pytest.raises(artistry.FieldError, match="'garden' has 0 ordinary pictures in its train set"):
        _learner(pictures_of({**dict.fromkeys(FIELDS[:3], (8, 8)), "garden": (16, 0)}))


def test_fields_of_very_different_size_are_told_and_learned():
    some = pictures_of({**dict.fromkeys(FIELDS[:3], (60, 60)), "garden": (5, 5)})
    with pytest.warns(artistry.FieldWarning, match="garden 6"):
        learner = _learner(some)
    assert sum(_seen(learner.dls.train)["garden"]) == 6


def test_pictures_that_the_head_was_not_made_for_are_refused(even):
    with pytest.raises(artistry.FieldError, match=r"32 px, but the head of .* was made for 64 px"):
        _learner(even, named("multi-2"))
    with pytest.raises(artistry.FieldError, match="would be shown 32 px only"):
        _learner(pictures_of(EVEN, size=64))


def test_a_network_with_all_fields_frozen_is_refused(even):
    with pytest.raises(nets.NetsError, match="All fields are frozen"):
        _learner(even, frozen=FIELDS)
    with pytest.raises(artistry.FieldError, match="nothing would learn"):
        _learner(even, named("multi-2", size=32).requires_grad_(False))


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"mode": "in turns"}, "Unknown mode"),
        ({"lambdas": {"garden": -1}}, "lambda is a number from 0"),
        ({"lambdas": {"music": 1}}, "names 'music'"),
        ({"lambdas": dict.fromkeys(FIELDS, 0)}, "All lambdas are 0"),
        ({"batch_size": 0}, "batch_size must be more than 0"),
        ({"frozen": ("music",)}, "names 'music'"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(even, recipe, said):
    with pytest.raises(artistry.FieldError, match=said):
        _learner(even, **recipe)


def test_a_loss_that_is_no_number_is_told(even):
    with pytest.raises(artistry.FieldError, match="not a finite number in epoch 1"):
        _learner(even, lr=1e30).fit_recipe()


def test_works_without_fields_or_sides_are_told_what_to_do():
    works = pictures_of(EVEN).works
    with pytest.raises(CollectionError, match="which field they are of"):
        four_fields.fields_of(works.drop(columns="field"))
    with pytest.raises(CollectionError, match="whether they are artistic"):
        four_fields.fields_of(works.assign(artistic=None))
    with pytest.raises(CollectionError, match="add the other side"):
        four_fields.fields_of(works.assign(artistic=True))
    assert four_fields.fields_of(works[(works["field"] != "garden") | works["artistic"]]) == FIELDS[:3]


# --- drawn fields and their evidence ----------------------------------------------------------------------------------


def test_a_cut_takes_its_cause_away_and_leaves_the_rest():
    plain, shared, label = (four_fields.read(80, shared=0.5, cut=cut) for cut in (None, "shared", "artistic"))
    assert shared.source.shared == 0
    assert (label.works["artistic"] != plain.works["artistic"]).any()
    assert (label.works.groupby("field")["artistic"].mean() == 0.5).all()
    assert label.source == plain.source
    with pytest.raises(MuseumError, match="unknown switch"):
        four_fields.read(80, cut="fame")


def test_evidence_lies_where_the_picture_changes():
    drawn_museum = four_fields.read(16)
    for field in FIELDS:
        image = drawn_museum.works.loc[drawn_museum.works["field"] == field, "image"].iloc[0]
        found = four_fields.evidence(drawn_museum, image, 32)
        assert found.shape == (32, 32)
        assert found.max() == pytest.approx(1)
        assert found.min() < 0.3
    with pytest.raises(MuseumError, match="not known"):
        four_fields.evidence(replace(drawn_museum, source=None), image, 32)


def test_copies_stay_with_their_work(even):
    many = augmented_copies(even, 3)
    assert len(many) == 3 * len(even)
    assert (many.works.groupby("work_id").size() == 3).all()
    assert not np.array_equal(many.pixels[0], many.pixels[1])
    split = artistry.split(many.works)
    sides = [set(many.works["work_id"].iloc[rows]) for rows in split.parts().values()]
    assert not sides[0] & sides[2]
    with pytest.raises(pixels.PixelsError, match="copies"):
        augmented_copies(even, 0)


def test_the_leak_parts_copies_of_one_work():
    some = pictures_of(EVEN)
    many, split = fields._divided(some, {"copies": 4, "leak": True}, 0)
    train, test = (set(many.works["work_id"].iloc[rows]) for rows in (split.train, split.test))
    assert train & test
    many, split = fields._divided(some, {"copies": 4, "leak": False}, 0)
    train, test = (set(many.works["work_id"].iloc[rows]) for rows in (split.train, split.test))
    assert not train & test


# --- alignment and attention ------------------------------------------------------------------------------------------


def test_alignment_knows_rotations_and_strangers():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, 8)), rng.normal(size=(60, 5))
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    assert measures.linear_cka(a, 3 * a @ turn + 1) == pytest.approx(1)
    assert abs(measures.linear_cka(a, b)) < 0.2
    assert abs(measures.linear_cka(rng.normal(size=(30, 500)), rng.normal(size=(30, 500)))) < 0.2
    with pytest.raises(measures.FieldsError, match="same four"):
        measures.linear_cka(a, b[:10])


def test_fields_that_are_one_network_see_alike(even):
    network = named("multi-2", size=32).eval()
    for field in FIELDS[1:]:
        network.stem[field].load_state_dict(network.stem[FIELDS[0]].state_dict())
    alike = measures.cka_matrices(network, even, np.arange(12))
    assert np.allclose(alike["common"], 1, atol=1e-4)
    assert not np.allclose(alike["individual"], 1, atol=1e-2)


def test_attention_is_of_the_asked_field_and_at_one_resolution(learned, even):
    rows = learned.rows_of["test"]["garden"][:4]
    found = measures.grad_cam_maps(learned.network, "garden", even, rows)
    assert set(found) == {"individual", "common"}
    assert all(maps.shape == (4, 32, 32) and 0 <= maps.min() <= maps.max() <= 1 for maps in found.values())
    assert measures.resolution([named("single", size=64), named("multi-1", size=64)]) == 8
    with pytest.raises(measures.FieldsError, match="cannot be made finer"):
        measures.at_one_resolution({"a": np.zeros((1, 4, 4))}, 8, 32)
    with pytest.raises(nets.NetsError, match="knows no field"):
        learned.network.for_field("music")


def test_networks_are_shown_beside_each_other(learned, even):
    rows, maps = fields.where_they_look({"multi": learned}, "garden", None, n=2)
    assert list(maps) == ["multi: individual", "multi: common"], "nobody knows the evidence of other pictures"
    assert (rows == learned.rows_of["test"]["garden"][:2]).all()
    assert all(len(found) == 2 for found in maps.values())


def test_a_finer_map_of_the_same_look_is_as_wide():
    coarse = np.zeros((1, 4, 4), "float32")
    coarse[0, 1:3, 1:3] = 1
    fine = coarse.repeat(4, 1).repeat(4, 2)
    maps = measures.at_one_resolution({"coarse": coarse, "fine": fine}, 4, 32)
    assert np.allclose(maps["coarse"], maps["fine"])


def test_a_map_that_is_high_everywhere_is_wide():
    high = np.linspace(0.6, 1, 16).reshape(1, 4, 4)
    maps = measures.at_one_resolution({"high": high, "zero": np.zeros((1, 4, 4))}, 4, 32)
    table = attention.score_maps(maps, measures=["spread"]).set_index("map")["spread"]
    assert table["high"] == 1
    assert np.isnan(table["zero"]), "a map without anything has no width"
    mask = measures.masks(np.random.default_rng(0).random((1, 32, 32)))
    assert attention.energy_over_chance(maps["zero"], mask) == 0, "and is at chance, as an even one is"


def test_a_map_that_knows_nothing_is_at_chance():
    evidence = np.random.default_rng(0).random((5, 16, 16))
    assert (measures.masks(evidence).mean((1, 2)) == 0.25).all()
    mask = measures.masks(evidence)
    assert attention.energy_over_chance(np.ones((5, 16, 16)), mask) == pytest.approx(0)
    assert attention.energy_over_chance(mask.astype(float), mask) == pytest.approx(0.75)


# --- networks by name, and experiments --------------------------------------------------------------------------------


def test_controls_differ_in_one_thing():
    multi, control = named("multi-2"), named("multi-2-unshared")
    assert multi.path_parameters("garden") == control.path_parameters("garden")
    assert multi.shared
    assert not control.shared
    large, largest = named("single-large"), named("multi-1")
    assert 1 <= large.path_parameters("garden") / largest.path_parameters("garden") < 1.1
    for names in ({"name": "multi-4"}, {"name": "single", "family": "large"}):
        with pytest.raises(nets.NetsError, match="choose one of"):
            named(**names)
    with pytest.raises(nets.NetsError, match="has branches"):
        artistry_network.widened_to_match(multi, 10**6)


@pytest.mark.slow
def test_counts_say_where_the_parameters_are():
    table = artistry_network.parameter_counts({name: named(name) for name in ("single", "multi-1")})
    parts = table[["stem", "individual branch", "common branch", "head"]].sum(axis=1)
    assert (parts == table["one field's path"]).all()
    assert table.loc["multi-1", "all fields"] < 4 * table.loc["multi-1", "one field's path"]


STUDY = experiments.Study(
    paper="artistry",
    experiment="networks",
    collection="tests",
    preset="smoke",
    questions=fields.QUESTIONS,
    methods={name: {"kind": "fields", "network": name} for name in ("single", "multi-2")},
    network="multi-2",
    weights="none",
    recipe={"epochs": 1, "batch_size": 8},
    pixels=32,
    kinds=fields.KINDS,
)


@pytest.mark.slow
def test_one_run_answers_all_fields(even, tmp_path):
    runs = experiments.run(STUDY, even, folder=tmp_path)
    assert len(runs) == 2 * len(FIELDS)
    assert set(runs["cell.task"]) == set(FIELDS)
    assert runs["metrics.accuracy"].between(0, 1).all()
    assert runs.groupby("cell.network")["minutes"].nunique().eq(1).all()
    found = experiments.differences(runs, ("multi-2", "single"), among="network")
    assert set(found) == {f"{field}: multi-2 over single" for field in FIELDS}
    assert list(results.bias_table(runs).index) == ["multi-2", "single"]
    levels = [runs.assign(**{"cell.shared": level}) for level in (0.0, 1.0)]
    curve = pd.concat(levels, ignore_index=True)
    assert set(results.calibration(curve)["shared"]) == {0.0, 1.0}
    assert "changes by +0.0 points" in results.gain_vs_shared_text(curve)[-1]
    more = [levels[1].assign(seed=seed, **{"cell.draw": draw}) for seed in (1, 2) for draw in (1, 2)]
    (told,) = results.gain_vs_shared_text(pd.concat([curve, *more], ignore_index=True))
    assert "cannot be told yet: too few runs" in told
    alone = curve[curve["cell.network"] == "single"]
    assert "side by side at 0 of the shares" in results.gain_vs_shared_text(alone)[-1]
    assert "side by side at 1 of the shares" in results.gain_vs_shared_text(pd.concat([levels[0], alone.iloc[4:]]))[-1]
    # The two networks pass for the two ways to split; models that were trained one way only do not count.
    ways = {"single": "split, then augment", "multi-2": "augment, then split"}
    leaked = runs.assign(**{"cell.method": runs["cell.network"].map(ways)})
    assert set(results.leak_gain(leaked)) == {"all fields", *FIELDS}
    assert results.leak_gain(leaked[leaked["cell.network"] == "single"]) == {}
    named = results.gains_over_controls(runs, {"one": ("multi-2", "single"), "other": ("multi-1", "single")})
    assert set(named) == {"one"}, "what was not run is left out"
    assert named["one"].value == pytest.approx(
        runs.groupby("cell.network")["metrics.accuracy"].mean().diff().loc["single"] * -1
    )
    curves = results.accuracy_by_epoch(runs)
    assert len(curves) == len(runs) * STUDY.recipe["epochs"]
    assert "multi-2" in drawn.curves(curves).alt


def test_agreement_is_of_the_runs_that_have_it():
    runs = pd.DataFrame({"metrics.gain_similarity": [0.4, 0.6, np.nan], "cell.draw": [0, 1, 2]})
    found = results.agreement({"some": runs, "none": runs.iloc[:0]})
    assert list(found) == ["some"]
    assert found["some"].value == pytest.approx(0.5)
    none = pd.DataFrame(columns=["field", "network", "part"])
    for note in (drawn.curves(none), drawn.alignment(none), drawn.calibration(none)):
        assert repr(note) == "Not recorded yet."


@pytest.mark.slow
def test_pairs_make_a_matrix_and_other_fields_are_tested(even, tmp_path):
    unshared = {"control": {"kind": "fields", "network": "multi-2-unshared"}}
    alone = experiments.run(replace(STUDY, methods=unshared), even, folder=tmp_path)
    methods = fields.combinations(FIELDS[:3], 2, network="multi-2")
    pairs = experiments.run(replace(STUDY, experiment="together", methods=methods), even, folder=tmp_path)
    matrix = results.gain_matrix(pd.concat([alone, pairs], ignore_index=True))
    assert len(matrix) == 6
    assert (matrix["task"] != matrix["partner"]).all()
    assert results.gains_with_partners(pairs) == {}, "nothing to hold them against"
    assert results.gain_matrix(alone).empty
    source = {"trained on garden": {"kind": "cross-field", "network": "single", "tasks": list(FIELDS[:3]),
                                    "cell": {"trained on": "garden"}}}  # fmt: skip
    cross = experiments.run(replace(STUDY, experiment="cross-field", methods=source), even, folder=tmp_path)
    assert set(cross["cell.task"]) == set(FIELDS[:3])
    assert set(cross["cell.trained on"]) == {"garden"}


def test_some_works_are_of_all_fields_and_sides(even):
    few = fields.subsample(even, 16)
    assert few.works.groupby(["field", "artistic"]).size().eq(2).all()
    assert (few.pixels == even.pixels[even.works["image"].isin(few.works["image"])]).all()


def test_records_of_drawn_fields_stand_in_for_no_photographs(monkeypatch):
    drawn_runs = pd.DataFrame({"collection": ["museum"], "seed": [0]})
    monkeypatch.setattr("artlib.experiments.results.recorded", lambda name: drawn_runs.assign(seed=9))
    own = drawn_runs.assign(collection="artistry")
    for name, needed in (("artistry-leak-cpu", 1), ("transfer-museum", 0)):
        shown = experiments.recorded_or_own(own, name, needed=needed)
        assert shown.equals(own)
        assert "Your own pictures" in shown.attrs["note"]
    kept = experiments.recorded_or_own(drawn_runs, "artistry-leak-cpu")
    assert kept["seed"].tolist() == [9]
    assert "1 of 120 runs" in kept.attrs["note"]


@pytest.mark.slow
def test_every_declared_study_of_the_paper_runs(tmp_path):
    for name in experiments.declared_studies():
        if name.startswith("artistry") and name.endswith("-cpu"):
            study = papers.load_study(name)
            small = {"reader": {**study.reader, "size": 96}, "recipe": {**study.recipe, "epochs": 1}}
            study = replace(study, draws=(0,), seeds=(0,), **small)
            runs = experiments.run(study, folder=tmp_path)
            assert len(runs) == len(list(study.runs())), name


def test_folders_of_photographs_are_learned_by_the_same_call(tmp_path):
    from PIL import Image

    some = pictures_of({"painting": (8, 8), "garden": (8, 8), "sculpture": (3, 0)})
    for row, work in some.works.iterrows():
        folder = tmp_path / work["field"] / ("artistic" if work["artistic"] else "ordinary")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(some.pixels[row]).save(folder / f"{work['work_id']}.png")
    with pytest.warns(SkippedWarning, match="Left out: sculpture"):
        drawn_museum = four_fields.of("artistry", tmp_path)
    asked = four_fields.fields_of(drawn_museum.works)
    assert asked == ("painting", "garden")
    pictures = pixels.cache(drawn_museum, 32, progress=False)
    assert set(fields.field_questions(pictures)) == set(asked)
    learner = _learner(pictures, named("multi-2", asked, size=32), batch_size=8).fit_recipe()
    assert set(learner.history["field"]) == set(asked)
    _, maps = fields.where_they_look({"multi-2": learner}, "garden", drawn_museum, 1)
    assert "where it lies" not in maps, "nobody knows where it lies in photographs"

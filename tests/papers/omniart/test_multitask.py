"""Several tasks at once: masks, combined loss, cached features, measures, honest probabilities, bad input."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from artlib import losses, nets, splits, tasks, works
from artlib.learners import feature_cache
from artlib.learners.feature_cache import MIRROR, PLAIN, FeatureCacheError
from artlib.papers.omniart import describe, measures
from artlib.papers.omniart import fisher_vectors as handcrafted
from artlib.papers.omniart import learner as multitask
from artlib.papers.omniart.learner import MultiTaskError, MultiTaskWarning, Recipe
from artlib.papers.omniart.loss import CombinedLoss
from artlib.papers.omniart.network import MultiTask
from artlib.pixels import Pictures
from artlib.tasks import TaskError

COLOURS = {"Ada": (220, 40, 40), "Ben": (40, 220, 40), "Cleo": (40, 40, 220)}


def make_pictures(n=90, size=16, seed=0) -> Pictures:
    """Coloured noise: the colour is the artist, who has a material and a century; some labels are missing."""
    rng = np.random.default_rng(seed)
    artists = [list(COLOURS)[k % 3] for k in range(n)]
    base = np.array([COLOURS[a] for a in artists], float)[:, None, None]
    pixels = np.clip(base + rng.normal(0, 35, (n, size, size, 3)), 0, 255).astype("uint8")
    years = [{"Ada": 1500, "Ben": 1700, "Cleo": 1900}[a] + int(rng.integers(-9, 9)) for a in artists]
    names = [f"w{k}" for k in range(n)]
    table = pd.DataFrame({"work_id": names, "image": names, "artist": artists, "year_begin": years, "year_end": years})
    table["materials"] = [["oil", "wood"] if a == "Ada" else ["ink"] if a == "Ben" else ["oil"] for a in artists]
    table["year"] = table["year_begin"].astype(float)
    table.loc[table.index % 10 == 0, "year"] = np.nan
    table.loc[table.index % 11 == 5, "artist"] = None
    skipped = pd.DataFrame({"image": [], "reason": []})
    return Pictures(works.check(table, "test").assign(year=table["year"]), pixels, size, "colours", skipped, f"c{seed}")


@pytest.fixture(scope="module")
def pictures():
    return make_pictures()


@pytest.fixture(scope="module")
def asked(pictures):
    return {
        "artist": tasks.make(pictures.works, "artist"),
        "material": tasks.make(pictures.works, "materials", "multilabel"),
        "period": tasks.make(pictures.works, "year", "regression"),
    }


@pytest.fixture(scope="module")
def split(pictures):
    everything = tasks.make(pictures.works, "materials", "multilabel")
    return splits.stratified(pictures.works, everything, (0.6, 0.2, 0.2))


@pytest.fixture(scope="module")
def network():
    return nets.create("resnet18_s", 1, width=8)


QUICK = Recipe(shared=32, epochs=8, lr=0.01, batch_size=16)


@pytest.fixture
def trained(pictures, asked, split, network):
    return multitask.learner(pictures, asked, split, network, QUICK, quiet=True).fit_recipe()


def test_all_kinds_are_learned_together(trained, pictures):
    found = measures.answers(trained)
    artist, material, period = (measures.scores(found, name, pictures.works) for name in trained.tasks)
    assert artist["accuracy"] > 0.8
    assert material["mean_average_precision"] > 0.8
    assert period["mean_absolute_error"] < 80, "200 years lie between the artists"
    assert found.shared.shape == (len(trained.split.test), 32)
    assert trained.best_epoch == int(trained.history["valid_loss"].idxmin()) + 1


def test_the_same_call_gives_the_same_weights(trained, pictures, asked, split, network):
    again = multitask.learner(pictures, asked, split, network, QUICK, quiet=True).fit_recipe()
    for one, other in zip(trained.model.state_dict().values(), again.model.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_frozen_body_stays_and_cached_features_change_nothing(trained, pictures, asked, split, network):
    before = {name: value.clone() for name, value in network.body.state_dict().items()}
    anew = multitask.learner(pictures, asked, split, network, QUICK, features=None, quiet=True).fit_recipe()
    for name, value in network.body.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    with_cached, without = measures.answers(trained), measures.answers(anew)
    assert np.abs(with_cached["artist"] - without["artist"]).mean() < 0.05, "half precision costs next to nothing"


def test_a_body_that_is_not_frozen_learns(pictures, asked, split):
    network = nets.create("resnet18_s", 1, width=8)
    before = network.body.stem[0].weight.clone()
    multitask.learner(pictures, asked, split, network, replace(QUICK, frozen=False, epochs=1), quiet=True).fit_recipe()
    assert not torch.equal(before, network.body.stem[0].weight)


def test_missing_labels_have_no_say(asked):
    """A masked work changes neither loss nor gradient."""
    combined = CombinedLoss([task.loss() for task in asked.values()], [1, 1, 1], [1, 1, 0.1])
    outputs = [torch.randn(4, 3, requires_grad=True), torch.randn(4, 3, requires_grad=True), torch.zeros(4, 1)]
    known = [torch.tensor([0, 1, 2, -1]), torch.tensor([[1, 0, 1]] * 3 + [[-1] * 3]), torch.tensor([1.0, 2, 3, np.nan])]
    whole = combined(outputs, known)
    part = combined([o[:3] for o in outputs], [k[:3] for k in known])
    torch.testing.assert_close(whole, part)
    whole.backward()
    assert outputs[0].grad[3].abs().sum() == 0


def test_the_combined_loss_is_equation_2():
    parts = [tasks.Task("a", "regression", ()).loss(), tasks.Task("b", "regression", ()).loss()]
    combined = CombinedLoss(parts, weights=[2, 3], scales=[0.1, 1])
    value = combined([torch.tensor([[10.0]]), torch.tensor([[1.0]])], [torch.tensor([0.0]), torch.tensor([0.0])])
    assert float(value) == pytest.approx(2 * 0.1 * 10 + 3 * 1 * 1)
    assert combined.last.tolist() == [10, 1]


def test_uncertainty_is_learned_and_the_ratio_follows_the_losses(pictures, asked, split, network):
    uncertain = multitask.learner(
        pictures, asked, split, network, replace(QUICK, loss_weights="uncertainty"), quiet=True
    )
    uncertain.fit_recipe()
    assert uncertain.loss_func.variances.abs().min() > 0
    ratio = multitask.learner(
        pictures, asked, split, network, replace(QUICK, loss_weights="ratio"), quiet=True
    ).fit_recipe()
    assert ratio.loss_func.weights.sum() == pytest.approx(3, abs=1e-4)
    assert ratio.loss_func.weights.argmax() == 2, "the period's loss is the largest"


def test_class_weights_make_classes_count_alike(pictures, asked, split, network):
    balanced = multitask.learner(pictures, asked, split, network, replace(QUICK, balanced=True), quiet=True)
    weights = balanced.loss_func.parts[0].weight
    counts = asked["artist"].counts(pictures.works.iloc[split.train])[list(asked["artist"].classes)].to_numpy()
    np.testing.assert_allclose((weights.numpy() * counts), np.full(3, counts.sum() / 3), rtol=1e-5)


def test_a_block_may_branch_off_at_a_layer(pictures, asked, split, network):
    recipe = replace(QUICK, depths={"material": "layer2"})
    shallow = multitask.learner(pictures, asked, split, network, recipe, quiet=True)
    assert shallow.cached.levels == ("body", "layer2")
    assert shallow.model.widths == [64, 16]
    model, x = shallow.model, torch.rand(2, 3, 16, 16)
    model.eval()
    before = [one.clone() for one in model(x)]
    with torch.no_grad():
        model.shared[0].weight.zero_()
    after = model(x)
    assert torch.equal(before[1], after[1]), "it has no part in the shared representation"
    assert not torch.equal(before[0], after[0])
    with pytest.raises(nets.NetsError, match="no layer 'nowhere'"):
        MultiTask(network, asked, depths={"artist": "nowhere"})


# --- cached features ----------------------------------------------------------------------------------------------


def test_features_are_computed_once(pictures, network, monkeypatch):
    first = feature_cache.cache_features(network, pictures, (PLAIN, MIRROR))
    assert first.values.dtype == np.float16
    assert first.values.shape == (len(pictures), 2, 64)
    monkeypatch.setattr(feature_cache, "_computed", lambda *a: pytest.fail("computed again"))
    again = feature_cache.cache_features(network, pictures, (PLAIN, MIRROR))
    np.testing.assert_array_equal(first.values, again.values)


def test_cached_features_of_other_pictures_or_weights_are_refused(pictures, asked, split, network):
    features = feature_cache.cache_features(network, pictures)
    features.check(network, pictures)
    with pytest.raises(FeatureCacheError, match="other pictures"):
        features.check(network, make_pictures(seed=1))
    other = nets.create("resnet18_s", 1, width=8, seed=3)
    with pytest.raises(FeatureCacheError, match="other weights"):
        multitask.learner(pictures, asked, split, other, QUICK, features=features, quiet=True)
    with pytest.raises(FeatureCacheError, match="other levels"):
        features.check(network, pictures, ("body", "layer2"))


def test_views_change_pictures_as_they_say(pictures):
    x = torch.rand(2, 3, 16, 16)
    assert torch.equal(MIRROR.change(MIRROR.change(x)), x)
    torch.testing.assert_close(feature_cache.rotated(360).change(x), x, atol=1e-4, rtol=0)
    rows = np.arange(60)
    batch = torch.from_numpy(pictures.pixels[rows].astype("float32") / 255).permute(0, 3, 1, 2)
    assert feature_cache.less_mean(pictures, rows).change(batch).mean(0).sub(0.5).abs().max() < 1e-4
    white = feature_cache.whitened(pictures, rows).change(batch)
    assert float(white.std()) == pytest.approx(0.25, abs=0.02)
    plain, changed = (np.corrcoef(one[:, 0].flatten(1).T.numpy()[:40]) for one in (batch, white))
    assert np.abs(changed - np.eye(40)).mean() < np.abs(plain - np.eye(40)).mean(), "pixels are less alike"
    with pytest.raises(FeatureCacheError, match="Unknown preparation"):
        feature_cache.views("upside down", pictures, rows)


# --- measures -----------------------------------------------------------------------------------------------------


def test_precision_over_classes_and_over_pictures_differ():
    targets = np.array([[1, 0], [1, 0], [1, 1]])
    shares = np.array([[0.9, 0.2], [0.8, 0.3], [0.7, 0.1]])
    found = measures.label_scores(targets, shares)
    assert found["mean_average_precision"] == pytest.approx((1 + 1 / 3) / 2)
    assert found["image_average_precision"] == pytest.approx(1)
    interpolated = measures.image_average_precision(np.array([[1, 0, 1]]), np.array([[0.1, 0.9, 0.8]]))
    assert interpolated == pytest.approx([2 / 3]), "the best precision at this rank or later"


def test_precision_by_work_is_what_each_work_adds_to_it():
    rng = np.random.default_rng(0)
    targets, shares = (rng.random((40, 3)) < [0.5, 0.2, 0.03]).astype(int), rng.random((40, 3))
    targets[7, 2] = 1  # a class of few works
    whole, own = measures.label_scores(targets, shares)["mean_average_precision"], np.arange(40)
    without = np.array(
        [measures.label_scores(targets[own != k], shares[own != k])["mean_average_precision"] for k in own]
    )
    found = measures._precision_by_work(targets, shares)
    assert found == pytest.approx(whole + 39 * (without.mean() - without))
    assert found.mean() == pytest.approx(whole)


def test_years_are_scored_against_middle_and_interval():
    table = pd.DataFrame({"year_begin": [1600, 1700], "year_end": [1650, 1700]})
    found = measures.number_scores(np.array([1625.0, 1700.0]), np.array([1640.0, 1790.0]), table)
    assert found["mean_absolute_error"] == pytest.approx(52.5)
    assert (found["within_50"], found["in_interval"], found["near_interval"]) == (0.5, 0.5, 0.5)


def test_sparsity_counts_units_at_rest():
    assert measures.sparsity(np.array([[0, 0, 1.0, 2.0]])) == 0.5
    assert measures.sparsity(np.full((3, 4), 0.5)) == 0


def predictions(pairs):
    target, said = np.array(pairs).T
    return pd.DataFrame({"work_id": range(len(pairs)), "row": range(len(pairs)), "target": target, "predicted": said})


def test_the_pair_beyond_what_sizes_explain_comes_first():
    every = [(a, b) for a in range(6) for b in range(6) if a != b]
    wrong = [*every, *every, *[(5, k) for k in range(5)] * 8, *[(1, 2), (2, 1)] * 6]
    pairs = measures.mutual_confusion(predictions(wrong), list("abcdef"))
    assert pairs.loc[0, ["first", "second"]].tolist() == ["b", "c"]
    assert pairs.loc[0, "mistakes"] == 16
    assert pairs["expected"].sum() == pytest.approx(len(wrong))


def test_common_years_are_those_of_both():
    table = pd.DataFrame({"artist": ["f"] * 41 + ["s"] * 41})
    table["year_begin"] = table["year_end"] = [*range(1600, 1641), *range(1630, 1671)]
    first, last = measures.common_years(table, "f", "s")
    assert 1630 <= first <= 1634
    assert 1636 <= last <= 1640
    task = tasks.make(table, "artist")
    told = measures.works_of_pair(predictions([(0, 1)] * 41 + [(1, 1)] * 41), task, table, ("f", "s"))
    assert told["given"].sum() == 41
    assert told.loc[told["common"], "year"].between(first, last).all()


def test_dependence_is_one_where_labels_tell_all_and_zero_where_none():
    n = 4000
    rng = np.random.default_rng(0)
    artist = rng.choice(list("abcd"), n)
    told = pd.DataFrame({"artist": artist, "year": 1600.0, "materials": [[a] for a in artist]})
    assert measures.dependence(told) > 0.99
    assert measures.dependence(told.assign(materials=[[m] for m in rng.permutation(artist)])) < 0.01
    assert measures.dependence_by_chance(told) < 0.01
    few = told.iloc[:120].assign(materials=[[f"m{k % 30}"] for k in range(120)])
    assert measures.dependence_by_chance(few) > 0.1, "many labels on few works tell something by chance"


# --- describing ---------------------------------------------------------------------------------------------------


def test_a_picture_that_nobody_labelled_is_described(trained, pictures):
    guide = describe.guide(trained)
    red = np.full((40, 30, 3), COLOURS["Ada"], dtype="uint8")
    told = guide.describe(red)
    assert told.answers["artist"].index[0] == "Ada"
    assert told.answers["artist"].sum() == pytest.approx(1, abs=1e-4)
    low, middle, high = told.intervals["period"]
    assert low < middle < high
    near = pictures.works["artist"].iloc[told.nearest["row"]].dropna()
    assert (near == "Ada").mean() > 0.6
    own = guide.describe(int(trained.split.train[0]))
    assert int(trained.split.train[0]) not in own.nearest["row"].tolist()
    assert set(own.table().index) == set(trained.tasks)
    for bad in (np.zeros((4, 4)), "nowhere.png"):
        with pytest.raises(describe.DescribeError):
            guide.describe(bad)


def test_a_temperature_makes_too_sure_probabilities_honest():
    rng = np.random.default_rng(0)
    honest = rng.dirichlet(np.ones(4), 4000)
    targets = np.array([rng.choice(4, p=p) for p in honest])
    sure = describe._tempered(honest, 0.4)
    temperature = describe._temperature(sure, targets)
    assert temperature == pytest.approx(1 / 0.4, rel=0.15)
    after = describe.calibration_error(describe._tempered(sure, temperature), targets)
    assert after < 0.3 * describe.calibration_error(sure, targets)


def test_fisher_vectors_tell_textures_apart():
    rng = np.random.default_rng(0)
    pixels = np.zeros((40, 32, 32, 3), dtype="uint8")
    for k in range(40):
        stripes = np.sin(np.arange(32) * (0.6 if k % 2 else 1.6) + rng.random()) * 90 + 128
        picture = np.broadcast_to(stripes[:, None] if k % 4 < 2 else stripes, (32, 32))
        pixels[k] = np.clip(picture[..., None] + rng.normal(0, 12, (32, 32, 3)), 0, 255)
    shown = Pictures(pd.DataFrame({"work_id": range(40)}), pixels, 32, "stripes", pd.DataFrame(), "s")
    local = handcrafted.dense(shown, range(40))
    vectors = handcrafted.fit(local[:30], gaussians=4, dimensions=8).vectors(local)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(40), abs=1e-5)
    said = handcrafted.classify(vectors[:30], np.arange(30) % 2, vectors[30:], 2).argmax(1)
    assert (said == np.arange(30, 40) % 2).mean() >= 0.9


# --- bad input ----------------------------------------------------------------------------------------------------


def test_works_without_any_label_are_left_out_and_counted(pictures, asked, split, network):
    bare = pictures.works.copy()
    rows = split.train[:2]
    bare.loc[rows, ["artist", "year"]] = None
    for row in rows:
        bare.at[row, "materials"] = []
    with pytest.warns(MultiTaskWarning, match="2 works have no label"):
        made = multitask.learner(replace(pictures, works=bare), asked, split, network, QUICK, quiet=True)
    assert not set(rows) & set(made.split.train)


def test_a_class_never_seen_in_training_is_named(pictures, asked, split, network):
    alone = pictures.works.copy()
    alone.loc[split.test[0], "artist"] = "Dora"
    seen = replace(pictures, works=alone)
    with pytest.raises(MultiTaskError, match=r"No training work shows 'Dora' .*\(1 work in all.*minimum"):
        multitask.learner(seen, {**asked, "artist": tasks.make(alone, "artist")}, split, network, QUICK)


@pytest.mark.parametrize("weight", [0, -1.0, float("nan")])
def test_weights_and_scales_must_be_above_zero(weight):
    with pytest.raises(MultiTaskError, match="must be above 0"):
        Recipe(loss_weights={"artist": weight})
    with pytest.raises(MultiTaskError, match="must be above 0"):
        Recipe(scales={"artist": weight})


def test_weights_for_a_task_that_is_not_there_are_named(pictures, asked, split, network):
    with pytest.raises(MultiTaskError, match="'style', which is none of the tasks"):
        multitask.learner(pictures, asked, split, network, replace(QUICK, loss_weights={"style": 1.0}))
    with pytest.raises(MultiTaskError, match="no task to learn"):
        multitask.learner(pictures, {}, split, network, QUICK)


def test_an_empty_text_among_materials_is_named(pictures):
    faulty = pictures.works.copy()
    faulty.at[4, "materials"] = ["oil", " "]
    with pytest.raises(TaskError, match=r"Row 4, column 'materials'.*empty text"):
        tasks.make(faulty, "materials", "multilabel")


def test_a_period_turned_round_is_named():
    table = pd.DataFrame(
        {"work_id": ["a", "b"], "image": ["a", "b"], "year_begin": [1600, 1750], "year_end": [1610, 1700]}
    )
    with pytest.raises(works.CollectionError, match="Row 1: the period begins in 1750 and ends in 1700"):
        measures.intervals(table)
    with pytest.raises(works.WorksError, match="year_begin lies after year_end"):
        works.check(table, "test")


# --- each task its own epoch; intervals that keep their promise ----------------------------------------------------


def test_each_task_may_answer_by_its_own_epoch(pictures, asked, split, network):
    recipe = replace(QUICK, choose="each", epochs=5)
    made = multitask.learner(pictures, asked, split, network, recipe, quiet=True).fit_recipe()
    for name in asked:
        assert made.epoch_of(name) == int(made.history[f"loss {name}"].idxmin()) + 1
    before = {name: value.clone() for name, value in made.model.state_dict().items()}
    found = measures.answers(made, split.valid)
    for name, value in made.model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    # The validation loss of the answers is the lowest that the curve of the task shows.
    years = asked["period"].targets(pictures.works)[found.rows]
    known = ~np.isnan(years)
    error = np.abs(found["period"][known] - years[known]).mean()
    assert error == pytest.approx(made.history["loss period"].min(), rel=1e-3)


def test_an_unknown_way_to_choose_the_epoch_is_named():
    with pytest.raises(MultiTaskError, match="choose one of: together, each"):
        Recipe(choose="by lot")


def test_intervals_are_held_against_works_that_made_them_not(trained):
    guide = describe.guide(trained, level=0.8)
    share, works = guide.coverage()["period"]
    assert works == int(trained.tasks["period"].labelled(trained.pictures.works)[trained.split.test].sum())
    assert 0.3 < share <= 1
    wide = replace(guide, margins={"period": 1e6})
    assert wide.coverage()["period"][0] == 1
    assert replace(guide, margins={"period": 0.0}).coverage()["period"][0] < 0.2


@pytest.mark.slow
def test_an_interval_needs_works_enough(trained):
    few = replace(trained.split, valid=trained.split.valid[:3])
    learner = multitask.learner(
        trained.pictures,
        trained.tasks,
        few,
        nets.create("resnet18_s", 1, width=8),
        replace(QUICK, epochs=1),
        quiet=True,
    ).fit_recipe()
    with pytest.raises(describe.DescribeError, match="4 are needed"):
        describe.guide(learner, level=0.8)


@pytest.mark.slow
def test_an_unseen_picture_is_shown_as_the_test_works_were(pictures, asked, split, network):
    views = feature_cache.views("mean", pictures, split.train)
    learner = multitask.learner(
        pictures, asked, split, network, replace(QUICK, epochs=1), features=views, quiet=True
    ).fit_recipe()
    row = int(split.test[0])
    picture = torch.from_numpy(pictures.pixels[[row]]).permute(0, 3, 1, 2).float() / 255
    known, unseen = measures.answers(learner, [row]), measures.answers_to_pictures(learner, picture)
    assert np.abs(known["artist"] - unseen["artist"]).max() < 0.01
    open_body = replace(QUICK, frozen=False)
    with pytest.raises(MultiTaskError, match="from cached features only"):
        multitask.learner(pictures, asked, split, network, open_body, features=views, quiet=True)


def test_a_task_without_validation_labels_has_no_say(pictures, asked, split, network):
    works = pictures.works.copy()
    works.loc[works.index[split.valid], "year"] = np.nan
    blank = replace(pictures, works=works, key="no years to validate")
    made = multitask.learner(
        blank, asked, split, network, replace(QUICK, epochs=2, choose="each"), quiet=True
    ).fit_recipe()
    assert made.history["loss period"].isna().all()
    assert made.best_epoch in (1, 2)


def test_dependence_tells_what_there_is():
    table = pd.DataFrame({"artist": list("abab") * 50, "year": [1500.0, 1700.0] * 100})
    assert measures.dependence(table) > 0.9
    assert np.isnan(measures.dependence(table[["year"]]))
    assert np.isnan(measures.dependence(table[["artist"]]))


def test_a_task_of_which_a_batch_has_no_label_moves_nothing():
    loss = CombinedLoss(
        [losses.CategoryLoss(), losses.MultilabelLoss(), losses.RegressionLoss()], [1] * 3, [1] * 3, True
    )
    outputs = tuple(torch.randn(4, k, requires_grad=True) for k in (2, 3, 1))
    loss(outputs, (torch.tensor([0, 1, 0, 1]), torch.full((4, 3), -1), torch.full((4,), torch.nan))).backward()
    assert loss.variances.grad[0] != 0
    assert loss.variances.grad[1:].tolist() == [0, 0]


def test_a_task_without_a_validated_label_keeps_its_weight_and_is_named(pictures, asked, split, network):
    known = pictures.works["artist"].notna().to_numpy()
    dumb = replace(split, valid=np.flatnonzero(~known))
    with pytest.warns(MultiTaskWarning, match="No validation work has a label for artist"):
        made = multitask.learner(
            pictures, asked, dumb, network, replace(QUICK, loss_weights="ratio", epochs=2), quiet=True
        )
    weights = made.fit_recipe().loss_func.weights.tolist()
    assert weights[0] == 1
    assert sum(weights[1:]) == pytest.approx(2)


def test_a_work_without_any_of_the_labels_is_not_counted():
    targets, shares = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0]], "float32"), np.random.default_rng(0).random((3, 3))
    assert all(np.isfinite(list(measures.label_scores(targets, shares).values())))
    with pytest.raises(measures.AnswerError, match="nothing to rank"):
        measures.label_scores(targets * 0, shares)


def test_tokens_of_a_transformer_are_averaged_at_any_size(asked):
    network = nets.create("timm/vit_tiny_patch16_224", 1, depth=2)
    model = MultiTask(network, asked, 8, depths={"artist": "blocks.0"})
    assert [len(output) for output in model(torch.rand(2, 3, 32, 32))] == [2, 2, 2]

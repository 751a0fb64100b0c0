"""Measures: known answers, and the resampled form of each against scikit-learn."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from artlib.evaluate import metrics, predictions

COLOURS = ("blue", "green", "red")


def table(targets, said, rank=None, p=0.5):
    """A table of predictions from class numbers."""
    targets, said = np.asarray(targets), np.asarray(said)
    rank = np.where(targets == said, 1, 2) if rank is None else rank
    ids = [f"w{i}" for i in range(len(targets))]
    columns = {"work_id": ids, "row": range(len(targets)), "target": targets, "predicted": said, "p": p, "rank": rank}
    return pd.DataFrame({**columns, "confidence": 0.5})


def drawn(n=400, classes=6, seed=0):
    """Predictions of a network that is right somewhat more often than not, classes of unequal size."""
    rng = np.random.default_rng(seed)
    shares = np.arange(classes, 0, -1.0)
    targets = rng.choice(classes, n, p=shares / shares.sum())
    scores = rng.normal(size=(n, classes))
    scores[np.arange(n), targets] += 1.3
    exponents = np.exp(scores)
    works = pd.DataFrame({"work_id": [f"w{i // 2}" for i in range(n)]})
    return predictions.from_probabilities(works, np.arange(n), targets, exponents / exponents.sum(1, keepdims=True))


def test_scores_of_a_matrix_worked_by_hand():
    # True blue 4: three right, one taken for red. True green 2: one right, one taken for blue. True red 2: both right.
    found = metrics.scores(table([0, 0, 0, 0, 1, 1, 2, 2], [0, 0, 0, 2, 1, 0, 2, 2]), COLOURS)
    assert found["accuracy"] == 6 / 8
    assert found["balanced_accuracy"] == pytest.approx((3 / 4 + 1 / 2 + 1) / 3)
    assert found["precision"] == pytest.approx((3 / 4 + 1 + 2 / 3) / 3)
    assert found["f1"] == pytest.approx((3 / 4 + 2 / 3 + 4 / 5) / 3)
    luck = (4 * 4 + 2 * 1 + 2 * 3) / 64
    assert found["kappa"] == pytest.approx((6 / 8 - luck) / (1 - luck))


def test_top_k_comes_from_the_rank_and_is_left_out_where_it_cannot_fail():
    ranked = table([0, 0, 0, 0], [0, 1, 1, 1], rank=np.array([1, 3, 4, 6]))
    found = metrics.scores(ranked, 7)
    assert (found["top3"], found["top5"]) == (0.5, 0.75)
    assert "top5" not in metrics.scores(ranked, 5)
    assert "top3" not in metrics.scores(table([0, 1], [0, 1]), 3)


def test_every_measure_is_scikit_learns():
    predicted = drawn()
    truth, said = predicted["target"], predicted["predicted"]
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(truth, said, average="macro")
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(truth, said), "top3": (predicted["rank"] <= 3).mean(),
        "top5": (predicted["rank"] <= 5).mean(), "balanced_accuracy": recall,
        "kappa": sklearn.metrics.cohen_kappa_score(truth, said), "precision": precision, "recall": recall, "f1": f1,
        "log_loss": -np.log(predicted["p"].to_numpy("float64")).mean(),
    }  # fmt: skip
    assert list(metrics.scores(predicted, 6)) == list(expected)
    assert metrics.scores(predicted, 6) == pytest.approx(expected, abs=1e-9)
    for name, value in expected.items():
        moments, statistic = metrics.measure(name, predicted)
        assert statistic(moments.sum(0)[None])[0] == pytest.approx(value, abs=1e-6)


def test_of_one_class_there_is_no_kappa():
    found = metrics.scores(table([0, 0, 0], [0, 1, 0]), COLOURS)
    assert np.isnan(found["kappa"])
    assert found["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("name", ["balanced_accuracy", "kappa", "f1"])
def test_a_work_counted_twice_is_a_work_that_is_there_twice(name):
    predicted = drawn(60)
    weights = np.random.default_rng(1).integers(0, 3, len(predicted))
    moments, statistic = metrics.measure(name, predicted)
    repeated = predicted.loc[predicted.index.repeat(weights)]
    assert statistic((weights[:, None] * moments).sum(0)[None])[0] == pytest.approx(metrics.scores(repeated, 6)[name])


@pytest.mark.parametrize("name", ["balanced_accuracy", "kappa", "precision", "f1"])
def test_draws_with_classes_of_their_own_are_measured_each_and_averaged(name):
    """Luck among the classes of all draws together is smaller than in any draw: pooled, kappa came out too large."""
    first, second = drawn(400, 4), drawn(200, 3, seed=1)
    alone = [metrics.scores(one, 6)[name] for one in (first, second)]
    second = second.assign(target=second["target"] + 4, predicted=second["predicted"] + 4)
    both = pd.concat([first.assign(draw=0), second.assign(draw=1)], ignore_index=True)
    moments, statistic = metrics.measure(name, both)
    assert statistic(moments.sum(0)[None])[0] == pytest.approx(np.average(alone, weights=[400, 200]), abs=1e-6)
    left_out = (both["draw"] == 0).to_numpy(float)[:, None]
    assert statistic((left_out * moments).sum(0)[None])[0] == pytest.approx(alone[0], abs=1e-6)


def test_guesses_by_class_shares_have_no_kappa_whatever_the_shares_of_the_draws():
    rng = np.random.default_rng(0)
    shares = ([0.7, 0.2, 0.1], [0.1, 0.2, 0.7])
    draws = [table(*(rng.choice(3, 4000, p=share) for _ in "ab")).assign(draw=k) for k, share in enumerate(shares)]
    moments, statistic = metrics.measure("kappa", pd.concat(draws, ignore_index=True))
    assert abs(statistic(moments.sum(0)[None])[0]) < 0.03


def test_classes_that_do_not_occur_do_not_count():
    found = metrics.scores(table([0, 0, 1], [0, 2, 1]), COLOURS)
    assert found["balanced_accuracy"] == pytest.approx((1 / 2 + 1) / 2)


def test_rank_one_always_means_said_even_among_equals():
    works = pd.DataFrame({"work_id": ["a", "b", "c"]})
    shares = np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [0.2, 0.4, 0.4]])
    found = predictions.from_probabilities(works, [0, 1, 2], [0, 1, 0], shares)
    assert list(found["rank"]) == [1, 2, 3]
    assert list(found["predicted"]) == [0, 0, 1]
    assert ((found["rank"] == 1) == (found["target"] == found["predicted"])).all()


def test_works_without_a_label_are_not_tested():
    works = pd.DataFrame({"work_id": ["a", "b", "c"]})
    found = predictions.from_probabilities(works, [0, 2], [-1, 1], np.full((2, 2), 0.5))
    assert list(found["work_id"]) == ["c"]
    with pytest.raises(metrics.MetricError, match="no labelled work"):
        metrics.scores(found.iloc[:0], COLOURS)


def test_predict_leaves_the_model_in_the_mode_it_was_in():
    torch = pytest.importorskip("torch")
    from artlib.pixels import Pictures
    from artlib.tasks import Task

    works = pd.DataFrame({"work_id": list("abcd"), "style": ["dark", "light", "dark", None]})
    pixels = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (10, 250, 20, 240)])
    pictures = Pictures(works, pixels, 4, "made", works.iloc[:0], "key")

    class Brightness(torch.nn.Module):
        """Says "light" of a bright picture; in training mode it says the opposite."""

        def __init__(self):
            super().__init__()
            self.gain = torch.nn.Parameter(torch.tensor(10.0))

        def forward(self, x):
            bright = (x.mean((1, 2, 3)) - 0.5) * self.gain * (-1 if self.training else 1)
            return torch.stack([-bright, bright], 1)

    model = Brightness().train()
    learner = SimpleNamespace(
        model=model, task=Task("style", "category", ("dark", "light")), pictures=pictures,
        split=SimpleNamespace(test=np.array([1, 2, 3])), recipe=SimpleNamespace(crop=None),
    )  # fmt: skip
    found = predictions.predict(learner)
    assert model.training
    assert list(found["row"]) == [1, 2]
    assert list(found["predicted"]) == [1, 0]
    assert (found["p"] > 0.9).all()
    assert list(predictions.predict(learner, [0])["predicted"]) == [0]


def test_confusion_and_what_a_class_is_taken_for():
    predicted = table([0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 1, 2])
    counts = metrics.confusion(predicted, COLOURS)
    assert counts.loc["blue", "green"] == 2
    assert metrics.confusion(predicted, COLOURS, normalize=True).loc["blue", "green"] == pytest.approx(2 / 3)
    told = metrics.by_class(predicted, COLOURS)
    assert told.loc["blue", "taken for"] == "green"
    assert pd.isna(told.loc["green", "taken for"])
    assert told.loc["green", "precision"] == pytest.approx(0.5)


def test_pair_lift_sees_mistakes_that_fall_on_the_named_pair():
    # Marinas that are missed: 9 of 10 to landscape. Others that are missed: 1 of 10 to landscape.
    names = ("landscape", "marina", "portrait", "still life")
    targets = [1] * 10 + [2] * 10
    said = [0] * 9 + [2] + [0] + [3] * 9
    moments, statistic = metrics.measure(
        "pair_lift", table(targets, said), pairs=[("marina", "landscape")], names=names
    )
    assert statistic(moments.sum(0)[None])[0] == pytest.approx(np.log(9.5 / 11) - np.log(1.5 / 11))
    with pytest.raises(metrics.MetricError, match="None of the pairs"):
        metrics.measure("pair_lift", table(targets, said), pairs=[("dog", "cat")], names=names)


def test_an_unknown_measure_is_named_with_those_that_exist():
    with pytest.raises(metrics.MetricError, match=r"beauty.*kappa"):
        metrics.measure("beauty", drawn(20))


def test_regions_by_hand():
    """Five works of three cultures in two regions, by rank of the truth and by what was said."""
    table = pd.DataFrame({"target": [0, 0, 1, 2, 2], "predicted": [0, 1, 2, 0, 1], "rank": [1, 2, 4, 5, 3]})
    options = {
        "regions": {"Asian": ["Chinese", "Japanese"], "Western": ["Dutch"]},
        "names": ["Chinese", "Japanese", "Dutch"],
    }
    values = {}
    for name in ("region_accuracy", "missed_into_other_region"):
        moments, statistic = metrics.measure(name, table, **options)
        values[name] = statistic(moments.sum(0)[None])[0]
    assert values == {"region_accuracy": 0.4, "missed_into_other_region": 1.0}
    with pytest.raises(metrics.MetricError, match="regions"):
        metrics.measure("region_accuracy", table, regions={"Asian": ["Thai"]}, names=["Dutch"])


def test_where_nothing_was_predicted_nothing_is_confused():
    nothing = pd.DataFrame({"target": [], "predicted": []}, dtype="int64")
    assert metrics.confusion(nothing, ["a", "b"]).to_numpy().sum() == 0
    assert metrics.by_class(nothing, ["a", "b"])["recall"].isna().all()

"""Scores of generated pictures: known answers, agreement with libraries, memory that does not grow, clear refusals."""

import tracemalloc
import warnings

import numpy as np
import pytest
import torch

from artlib import nets
from artlib.papers.artist_gan import measures as poster
from artlib.papers.artist_gan import scores
from artlib.papers.artist_gan.scores import FeatureStatistics, ScoreError, ScoreWarning

D, K = 12, 5


def drawn(n, seed=0, shift=0.0, scale=1.0, width=D) -> np.ndarray:
    chance = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(width, width)) / np.sqrt(width)
    return ((chance.normal(size=(n, width)) @ mixing) * scale + shift).astype("float32")


def shares(n, seed=0, sharpness=2.0) -> np.ndarray:
    odds = np.random.default_rng(seed).normal(size=(n, K)) * sharpness
    return (np.exp(odds) / np.exp(odds).sum(1, keepdims=True)).astype("float32")


def stats(features, probabilities=None, source="test", batch=100, sample=1000, **options) -> FeatureStatistics:
    made = FeatureStatistics(source, sample, **options)
    for start in range(0, len(features), batch):
        part = slice(start, start + batch)
        made.add(features[part], None if probabilities is None else probabilities[part])
    return made


# --- known answers ----------------------------------------------------------------------------------------------------


def exactly(mean, covariance) -> FeatureStatistics:
    """Statistics with exactly this mean and covariance."""
    n, width = 4 * len(mean), len(mean)
    rows = np.random.default_rng(0).normal(size=(n, width))
    rows -= rows.mean(0)
    whiten = np.linalg.inv(np.linalg.cholesky(rows.T @ rows / (n - 1))).T
    return stats(rows @ whiten @ np.linalg.cholesky(covariance).T + mean)


def test_two_gaussians_have_their_closed_form_distance():
    """Axes apart: sum of (mean differences)^2 and (differences of deviations)^2."""
    a, b = np.array([1.0, 4.0, 9.0, 0.25]), np.array([4.0, 1.0, 1.0, 0.25])
    shift = np.array([3.0, 0.0, -4.0, 0.0])
    real, fake = exactly(np.zeros(4), np.diag(a)), exactly(shift, np.diag(b))
    spread = ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert scores.frechet_distance(real, fake) == pytest.approx(25 + spread, rel=1e-9)
    # What the poster prints forgets the square, and then the terms do not belong together.
    assert poster.frechet_as_printed(real, fake) == pytest.approx(5 + spread, rel=1e-9)


def test_the_root_of_a_product_is_right_where_axes_turn_and_where_one_is_missing():
    from scipy import linalg

    chance = np.random.default_rng(3)
    a, b = (x @ x.T for x in chance.normal(size=(2, 6, 9)))
    assert scores._trace_of_root(a, b) == pytest.approx(np.trace(linalg.sqrtm(a @ b)).real, rel=1e-9)
    flat = a.copy()
    flat[2], flat[:, 2] = 0, 0
    expected = np.sqrt(np.linalg.eigvals(flat @ b).real.clip(0)).sum()
    assert scores._trace_of_root(flat, b) == pytest.approx(expected, rel=1e-6)
    assert scores._trace_of_root(b, flat) == pytest.approx(expected, rel=1e-6)
    assert scores._trace_of_root(np.zeros((6, 6)), b) == 0


def test_identical_sets_are_at_distance_zero():
    x, p = drawn(300), shares(300)
    found = scores.all_scores(stats(x, p), stats(x, p))
    assert found["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert found["wasserstein"] == pytest.approx(0, abs=1e-6)
    assert found["precision"] == found["recall"] == 1
    both = [stats(x, p, class_covariance=True) for _ in range(2)]
    assert poster.frechet_as_borrowed(*both) == pytest.approx(0, abs=1e-4)
    with pytest.raises(ScoreError, match="class_covariance=True"):
        poster.poster_scores(stats(x, p), stats(x, p))


def test_the_borrowed_distance_is_the_root_of_that_between_class_probabilities():
    p, q = shares(300, 1), shares(300, 2, sharpness=0.5)
    real, fake = (stats(drawn(300), s, class_covariance=True) for s in (p, q))
    root = np.sqrt(scores.frechet_distance(stats(p), stats(q)))
    assert poster.poster_scores(real, fake)["frechet_as_borrowed"] == pytest.approx(root, rel=1e-6)


def test_two_draws_of_one_distribution_cannot_be_told_apart():
    found = scores.all_scores(stats(drawn(1000, 1), shares(1000)), stats(drawn(1000, 2), shares(1000)))
    for name in ("neighbour_accuracy", "neighbour_accuracy_real", "neighbour_accuracy_fake"):
        assert found[name] == pytest.approx(0.5, abs=0.06), name
    assert abs(found["kernel_mmd"]) < 0.002
    assert found["copied"] < 0.5
    assert found["precision"] == pytest.approx(found["recall"], abs=0.08)
    assert found["precision"] > 0.7


def test_sets_apart_are_told_apart_by_every_score():
    real, near, far = (stats(drawn(400, k, shift), shares(400)) for k, shift in ((1, 0), (2, 0.3), (3, 9.0)))
    both = [scores.all_scores(real, fake) for fake in (near, far)]
    found = {name: [one[name] for one in both] for name in both[0]}
    for name in ("frechet_distance", "kernel_mmd", "wasserstein", "neighbour_accuracy"):
        assert found[name][0] < found[name][1], name
    assert found["neighbour_accuracy"][1] == 1
    assert found["precision"][1] == found["recall"][1] == 0
    # A shift of c in all D dimensions is c * sqrt(D) for each picture.
    assert found["wasserstein"][1] == pytest.approx(9 * np.sqrt(D), rel=0.02)


def test_memorised_pictures_are_caught():
    train = drawn(500, 1)
    copies = train + np.random.default_rng(0).normal(size=train.shape).astype("float32") * 1e-3
    found = scores.neighbour_accuracy(stats(train), stats(copies))
    assert max(found.values()) < 0.02
    assert scores.memorisation(stats(train), stats(copies)) > 0.98
    assert scores.precision_recall(stats(train), stats(copies))[0] == 1


def test_a_generator_that_knows_few_pictures_has_no_recall():
    few = np.repeat(drawn(8, 5), 50, axis=0) + drawn(400, 6, scale=1e-2)
    real, fake = stats(drawn(400, 1)), stats(few)
    precision, recall = scores.precision_recall(real, fake)
    assert recall < 0.05 < precision
    found = scores.neighbour_accuracy(real, fake)
    assert found["fake"] > 0.95


def test_inception_and_mode_score_have_their_bounds_and_their_identity():
    sure = np.eye(K, dtype="float32")[np.arange(1000) % K]
    x = drawn(1000)
    # Sixteen a split would not be balanced; 1000 are dealt out in turn, so 9 splits see all classes alike.
    assert scores.inception_score(stats(x, sure, splits=9))[0] == pytest.approx(K, rel=1e-3)
    equal = stats(x, np.full((1000, K), 1 / K, "float32"))
    assert scores.inception_score(equal) == pytest.approx((1, 0), abs=1e-6)
    q = shares(1000, 2).astype("float64") ** 2
    q /= q.sum(1, keepdims=True)
    real, fake = stats(x, shares(1000, 1)), stats(x, q)
    p, wanted = fake.marginal, real.marginal
    mode = np.exp((q * np.log(q / p)).sum(1).mean() - (p * np.log(p / wanted)).sum())
    assert scores.mode_score(real, fake) == pytest.approx(mode, rel=1e-4)
    # With the real marginal in the first term it would be the inception score again.
    with_real = np.exp((q * np.log(q / wanted)).sum(1).mean() - (p * np.log(p / wanted)).sum())
    assert with_real == pytest.approx(poster.inception_score_as_borrowed(fake), rel=1e-4)
    assert poster.mode_score_as_borrowed(real, fake) == scores.mode_score(fake, real) != mode
    assert fake.said.sum() == 1000


def test_the_polynomial_kernel_is_unbiased():
    each = [scores.kernel_mmd(stats(drawn(60, k)), stats(drawn(60, 100 + k)), "polynomial") for k in range(60)]
    assert abs(np.mean(each)) < 3 * np.std(each) / np.sqrt(60)
    with pytest.raises(ScoreError, match="one of: gaussian, polynomial"):
        scores.kernel_mmd(stats(drawn(9)), stats(drawn(9)), "cubic")


def test_pictures_of_one_colour_have_scores_too():
    same = np.ones((50, D), "float32")
    assert scores.kernel_mmd(stats(same), stats(same)) == 0
    assert scores.frechet_distance(stats(same), stats(same)) == 0
    real, fake = stats(drawn(50)), stats(same)
    expected = ((real.features.mean - 1) ** 2).sum() + np.trace(real.features.covariance)
    assert scores.frechet_distance(real, fake) == pytest.approx(expected, rel=1e-6)
    assert scores.precision_recall(real, fake)[1] == 0


# --- libraries --------------------------------------------------------------------------------------------------------


def test_the_scores_agree_with_torchmetrics():
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.inception import InceptionScore
    from torchmetrics.image.kid import poly_mmd

    a, b = drawn(400, 1), drawn(400, 2, 0.3, 1.5)
    real, fake = stats(a), stats(b)
    moments = [torch.from_numpy(m) for s in (real, fake) for m in (s.features.mean, s.features.covariance)]
    assert scores.frechet_distance(real, fake) == pytest.approx(float(_compute_fid(*moments)), rel=1e-3)

    theirs = poly_mmd(torch.from_numpy(a).double(), torch.from_numpy(b).double())
    assert scores.kernel_mmd(real, fake, "polynomial") == pytest.approx(float(theirs), rel=1e-3)

    class Given(torch.nn.Module):
        """Odds that are there already, in the place of a network."""

        num_features = K

        def forward(self, x):
            return x.flatten(1)

    odds = torch.from_numpy(np.random.default_rng(5).normal(size=(500, K)) * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = InceptionScore(feature=Given(), splits=10)
        theirs.update(odds[:, :, None, None])
        torch.manual_seed(0)
        mean, deviation = theirs.compute()
    torch.manual_seed(0)
    order = torch.randperm(500).reshape(10, 50).T.flatten()  # theirs cuts into ten, ours deals out in turn
    ours = scores.inception_score(stats(drawn(500), odds.softmax(1)[order].numpy()))
    assert ours[0] == pytest.approx(float(mean), rel=1e-3)
    assert ours[1] * np.sqrt(10 / 9) == pytest.approx(float(deviation), rel=1e-3)


def test_the_scores_agree_with_torch_fidelity():
    from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc

    a, b = drawn(600, 1), drawn(600, 2, 0.2, 1.2)
    real, fake = stats(a), stats(b)
    x, y = torch.from_numpy(a), torch.from_numpy(b)
    theirs = metric_fid.fid_statistics_to_metric(*(metric_fid.fid_features_to_statistics(t) for t in (x, y)), False)
    assert scores.frechet_distance(real, fake) == pytest.approx(theirs["frechet_inception_distance"], rel=1e-3)

    options = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    theirs = metric_prc.prc_features_to_metric(y, x, **options)
    precision, recall = scores.precision_recall(real, fake)
    assert precision == pytest.approx(theirs["precision"], abs=1e-3)
    assert recall == pytest.approx(theirs["recall"], abs=1e-3)

    odds = torch.from_numpy(np.random.default_rng(5).normal(size=(600, K)) * 3)
    theirs = metric_isc.isc_features_to_metric(odds, splits=10, shuffle=False)
    order = torch.arange(600).reshape(10, 60).T.flatten()
    ours = scores.inception_score(stats(a, odds.softmax(1)[order].numpy()))
    assert ours[0] == pytest.approx(theirs["inception_score_mean"], rel=1e-3)
    assert ours[1] == pytest.approx(theirs["inception_score_std"], rel=1e-3)

    options = {"kid_subsets": 1, "kid_subset_size": 600, "kid_kernel": "poly", "verbose": False}
    theirs = metric_kid.kid_features_to_metric(x, y, **options)
    found = scores.kernel_mmd(real, fake, "polynomial")
    assert found == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-3)


# --- streams ----------------------------------------------------------------------------------------------------------


def test_batches_of_any_size_give_what_all_rows_at_once_give():
    x = drawn(997, 1, shift=50) * 3
    for batch in (1, 64, 997):
        made = stats(x, batch=batch)
        assert made.n == 997
        assert np.allclose(made.features.mean, x.astype("float64").mean(0), rtol=1e-12)
        assert np.allclose(made.features.covariance, np.cov(x.astype("float64"), rowvar=False), rtol=1e-9)


def test_the_kept_sample_is_an_even_draw_from_the_stream():
    numbers = np.arange(5000, dtype="float32")[:, None]
    hits = np.zeros(5000)
    for seed in range(40):
        kept = stats(numbers, sample=200, seed=seed, batch=333).sample[:, 0].astype(int)
        assert len(set(kept)) == 200
        hits[kept] += 1
    parts = hits.reshape(10, -1).sum(1)  # of 8000 draws, 800 for each tenth of the stream
    assert np.abs(parts - 800).max() < 5 * np.sqrt(800)
    assert stats(numbers[:150], sample=200).sample[:, 0].tolist() == numbers[:150, 0].tolist()


def test_memory_does_not_grow_with_the_number_of_pictures():
    def peak(batches) -> int:
        tracemalloc.start()
        made = FeatureStatistics("test", sample=100)
        for k in range(batches):
            made.add(drawn(200, k, width=32), shares(200, k))
        scores.inception_score(made)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2)
    assert peak(60) < 1.1 * peak(6)


@pytest.fixture(scope="module")
def network():
    return nets.create("mobilenet_s", 4)


def pictures_of(n, seed=0, size=32) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (n, size, size, 3), dtype="uint8")


def test_statistics_are_those_of_the_body_and_the_head(network):
    pictures = pictures_of(10)
    network.train()
    made = scores.statistics_of(network, [pictures[:6], pictures[6:]], sample=10)
    assert network.training
    network.eval()
    with torch.no_grad():
        features = network.body(network.normalize(torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255))
        expected = network.head(features).softmax(1).mean(0).numpy()
    assert np.allclose(made.sample, features.numpy(), atol=1e-5)
    assert np.allclose(made.marginal, expected, atol=1e-6)
    assert str(made.source).startswith("mobilenet_s (weights: none) at 32 px [")
    assert scores.statistics_of(network, [pictures], size=16).source.pixels == 16
    assert [scores.statistics_of(network, [pictures], sample=n).splits for n in (8, 40, 500)] == [1, 4, 10]
    uneven = [pictures, pictures_of(3, size=16)]
    for wrong, message in (([], "no picture"), ([pictures.astype("float32")], "uint8"), (uneven, "give a size")):
        with pytest.raises(ScoreError, match=message):
            scores.statistics_of(network, wrong)


def test_the_nearest_training_picture_is_found_in_the_stream(network):
    train = pictures_of(30, 1)
    painted = np.concatenate([train[[17, 4]], pictures_of(1, 2)])
    found, distances = scores.nearest(network, painted, [train[:8], train[8:25], train[25:]])
    assert found[:2].tolist() == [17, 4]
    assert distances[:2].max() < 0.01 * distances[2]


def test_a_training_is_measured_every_few_epochs_and_at_its_end(network):
    from types import SimpleNamespace

    train = pictures_of(40, 1)
    real = scores.statistics_of(network, [train], splits=2)
    learner = SimpleNamespace(rows=[], recipe=SimpleNamespace(epochs=5), samples=lambda n, seed: [pictures_of(n, seed)])
    measure = poster.score_callback(real, network, n=20, every=2, seed=1)
    found = []
    for _ in range(5):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScoreWarning)
            found.append(measure(learner))
        learner.rows.append({})
    assert [bool(row) for row in found] == [False, True, False, True, True]
    # The same twenty pictures as the first of the real ones: copies.
    assert found[1]["copied"] == 1
    assert found[1] == found[4]


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_features_of_different_networks_are_refused(network):
    pictures = pictures_of(6)
    other = nets.create("mobilenet_s", 4, seed=1)
    one = scores.statistics_of(network, [pictures])
    for fake in (scores.statistics_of(other, [pictures]), scores.statistics_of(network, [pictures], size=16)):
        for score in (scores.frechet_distance, scores.kernel_mmd, scores.mode_score, scores.all_scores):
            with pytest.raises(ScoreError, match=r"Features of different networks do not compare: .* mobilenet_s"):
                score(one, fake)


def test_fewer_pictures_than_features_warn_and_say_why():
    with pytest.warns(ScoreWarning, match=r"8 pictures and 12 features: .* no full rank.* Use 13 pictures or more"):
        found = scores.frechet_distance(stats(drawn(8)), stats(drawn(400)))
    assert np.isfinite(found)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores.frechet_distance(stats(drawn(D)), stats(drawn(400)))


def test_small_samples_are_biased_as_the_notes_say():
    def floor(n):
        return np.mean([scores.frechet_distance(stats(drawn(n, k)), stats(drawn(n, 50 + k))) for k in range(8)])

    assert floor(100) > 3 * floor(1000) > 0


def test_what_cannot_be_scored_says_why():
    with pytest.raises(ScoreError, match="not all finite numbers"):
        stats(np.full((3, D), np.nan))
    with pytest.raises(ScoreError, match="came without class probabilities"):
        scores.inception_score(stats(drawn(30)))
    with pytest.raises(ScoreError, match="4 pictures cannot fill 10 splits"):
        scores.inception_score(stats(drawn(4), shares(4)))
    with pytest.raises(ScoreError, match=r"\(B, 12\), not \(5, 11\)"):
        stats(drawn(5)).add(drawn(5, width=11))
    with pytest.raises(ScoreError, match="with every batch or with none"):
        stats(drawn(5)).add(drawn(5), shares(5))
    with pytest.raises(ScoreError, match="5 rows of features and 4"):
        FeatureStatistics("test").add(drawn(5), shares(4))
    with pytest.raises(ScoreError, match="Two pictures a side"):
        scores.frechet_distance(stats(drawn(1)), stats(drawn(9)))
    with pytest.raises(ScoreError, match="more than 3 pictures a side"):
        scores.precision_recall(stats(drawn(3)), stats(drawn(9)))


# --- whose eyes -------------------------------------------------------------------------------------------------------


def test_the_viewer_says_who_it_is_and_knows_its_classes():
    eyes = scores.feature_extractor("photographs")
    assert not eyes.training
    assert eyes.outputs == 34
    source = scores.source_of(eyes, 64)
    assert (source.network, source.weights) == ("resnet18_s", "photographs")
    assert source == scores.source_of(scores.feature_extractor("photographs"), 64)


def test_an_imagenet_network_is_taken_where_its_file_is_at_hand(own_cache):
    from artlib.nets import weights

    assert scores.feature_extractor("auto").name == "resnet18_s"
    weights.save(nets.create("mobilenet_s", 7), own_cache / "weights" / "mobilenet_s-imagenet.safetensors")
    eyes = scores.feature_extractor("auto")
    assert (eyes.name, eyes.outputs, eyes.provenance["weights"]) == ("mobilenet_s", 7, "imagenet")
    with pytest.raises(weights.WeightsError, match="does not exist"):
        scores.feature_extractor(own_cache / "weights" / "resnet18_s-imagenet.safetensors")


def test_the_posters_scores_are_measured_where_they_are_wanted(network):
    pictures = np.random.default_rng(0).integers(0, 255, (40, 16, 16, 3), dtype="uint8")
    real = scores.statistics_of(network, [pictures], class_covariance=True)

    class Learner:
        rows, recipe = (), type("Recipe", (), {"epochs": 1})

        @staticmethod
        def samples(n, seed):
            yield pictures[:n]

    plain = poster.score_callback(real, network, 20)(Learner)
    with_poster = poster.score_callback(real, network, 20, poster=True)(Learner)
    assert set(with_poster) - set(plain) == set(poster.poster_scores(real, real))


def filled(rows, **more):
    return FeatureStatistics("x").add(rows.astype("float32"), **more)


def test_a_training_picture_that_is_there_twice_hides_no_copy():
    rows = np.random.default_rng(0).normal(size=(50, 16))
    assert scores.memorisation(filled(np.repeat(rows, 2, 0)), filled(rows)) == 1
    assert scores.memorisation(filled(np.repeat(rows, 2, 0)), filled(rows + 9)) == 0


def test_numbers_that_are_no_probabilities_or_overflow_are_refused():
    rng = np.random.default_rng(0)
    for shares in (rng.normal(size=(20, 5)), np.full((20, 5), 0.5)):
        with pytest.raises(ScoreError, match="sum to 1"):
            filled(rng.normal(size=(20, 4)), probabilities=shares)
    with pytest.raises(ScoreError, match="overflow"):
        filled(rng.normal(size=(20, 4)) * 1e20)


def test_pictures_that_are_no_squares_are_scaled_or_refused():
    network, seen = nets.create("resnet18_s", 3, width=8).eval(), []
    network.body.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape[-2:])))
    tall = [np.zeros((4, 50, 32, 3), "uint8")]
    scores.statistics_of(network, tall, 32)
    assert seen == [(32, 32)]
    with pytest.raises(ScoreError, match="32 x 50 px are no squares"):
        scores.statistics_of(network, tall)

"""Intervals, comparisons, Holm and power: known results, and coverage by simulation."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from artlib.evaluate import comparisons, statistics
from artlib.evaluate.statistics import StatisticsError


def test_the_interval_of_a_mean_is_the_textbook_one():
    values = np.random.default_rng(0).normal(3, 2, 800)
    found = statistics.interval(values)
    error = values.std(ddof=1) / np.sqrt(800)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.01
    )
    assert found.smallest_effect == pytest.approx(2.80 * error, rel=0.03)
    assert found.n == 800


def test_a_row_holds_the_number_and_its_ends_in_any_unit():
    found = statistics.interval(np.random.default_rng(0).normal(3, 2, 50))
    assert found.row() == {"value": found.value, "low": found.low, "high": found.high}
    assert found.row(100)["low"] == 100 * found.low


def test_one_run_has_a_number_and_no_interval():
    told = statistics.interval_of_runs([0.4])
    assert told.value == 0.4
    assert np.isnan([told.low, told.high]).all()
    assert np.isnan(statistics.interval_of_runs([]).value)
    two = statistics.interval_of_runs([1, 2, 3, 4], draws=[0, 0, 1, 1])
    assert two == statistics.interval([1, 2, 3, 4], units={"draw": ["0", "0", "1", "1"]})


def test_a_paired_difference_of_hits_has_mcnemars_error():
    # 30 works that only a got right, 10 that only b did, of 400.
    a = np.r_[np.ones(30), np.zeros(10), np.ones(300), np.zeros(60)]
    b = np.r_[np.zeros(30), np.ones(10), np.ones(300), np.zeros(60)]
    found = statistics.paired(a, b)
    assert found.value == pytest.approx(0.05)
    assert found.error == pytest.approx(np.sqrt(40 - 20**2 / 400) / 400, rel=0.03)
    assert found.p == pytest.approx(0.0015, abs=0.002)
    assert found.p < 0.05
    assert found.low > 0


def test_pairing_is_what_makes_a_small_difference_visible():
    rng = np.random.default_rng(1)
    hard = rng.random(600)
    a, b = (hard > 0.42).astype(float), (hard > 0.45).astype(float)
    assert statistics.paired(a, b).low > 0
    apart = statistics.interval(a).error ** 2 + statistics.interval(b).error ** 2
    assert statistics.paired(a, b).error < 0.5 * np.sqrt(apart)


def test_pictures_of_one_work_count_as_one():
    rng = np.random.default_rng(2)
    works = rng.normal(size=300)
    once = statistics.interval(works)
    thrice = statistics.interval(np.repeat(works, 3), groups=np.repeat(np.arange(300), 3))
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), abs=0.01)
    assert thrice.n == 300
    careless = statistics.interval(np.repeat(works, 3))
    assert careless.error < 0.65 * thrice.error


def test_luck_between_seeds_widens_the_interval_and_its_absence_does_not():
    rng = np.random.default_rng(3)
    works, seeds = np.tile(np.arange(500), 5), np.repeat(np.arange(5), 500)
    calm = rng.normal(size=2500)
    alone = statistics.interval(calm, works)
    assert statistics.interval(calm, works, seeds).error < 1.6 * alone.error
    lucky = calm + np.array([-1, -0.5, 0, 0.5, 1])[seeds]
    assert statistics.interval(lucky, works, seeds).error > 5 * alone.error
    assert statistics.interval(lucky, works, seeds).units == {"model": 5}


def test_few_units_are_trusted_less_than_many():
    """Five runs: the interval is Student's, not the normal curve's."""
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    found = statistics.interval(values)
    half = 2.776 * values.std(ddof=1) / np.sqrt(5)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.08)


def test_seeds_are_resampled_inside_their_draw():
    """The same seed number in two draws is not the same run: draws that differ do not make seeds differ."""
    draws = np.repeat(np.arange(3), 1000)
    seeds = np.tile(np.repeat(np.arange(5), 200), 3)
    works = draws * 200 + np.tile(np.arange(200), 15)
    values = np.random.default_rng(4).normal(size=3000) + np.array([-2.0, 0.0, 2.0])[draws]
    found = statistics.interval(values, works, {"draw": draws, "model": seeds})
    assert found.units == {"draw": 3, "model": 15}
    # 4.30 is Student's factor for three draws.
    assert found.high - found.low == pytest.approx(2 * 4.30 * 2 / np.sqrt(3), rel=0.25)


def test_the_same_seed_gives_the_same_interval_and_another_nearly_the_same():
    values = np.random.default_rng(5).random(200)
    first, again = statistics.interval(values), statistics.interval(values)
    assert (first.low, first.high) == (again.low, again.high)
    assert statistics.interval(values, seed=1).low == pytest.approx(first.low, abs=0.01)


def test_ten_thousand_works_or_more_are_bundled_without_changing_the_error():
    values = np.random.default_rng(6).normal(size=25_000)
    found = statistics.interval(values, resamples=500)
    assert found.error == pytest.approx(1 / np.sqrt(25_000), rel=0.12)
    assert found.n == 25_000


def test_a_variance_is_freed_from_the_noise_that_inflates_it():
    """Five groups of equal mean: their variance is zero, although sampled means differ."""
    plain, freed = [], []
    for trial in range(40):
        rng = np.random.default_rng(trial)
        blocks = [
            statistics.Block(
                np.c_[rng.normal(size=80), np.ones(80)], lambda s: s[:, 0] / s[:, 1], np.arange(80) + 80 * number
            )
            for number in range(5)
        ]
        for unbias, found in ((False, plain), (True, freed)):
            found.append(
                statistics.resample(blocks, lambda measures: measures.var(axis=1), resamples=200, unbias=unbias)
            )
    assert np.mean([estimate.value for estimate in plain]) == pytest.approx(0.8 / 80, rel=0.3)
    assert np.mean([estimate.value for estimate in freed]) == pytest.approx(0, abs=0.002)
    assert np.mean([estimate.low < 0 < estimate.high for estimate in freed]) > 0.9


def test_holm_by_hand():
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.6, 0.9]) == pytest.approx([1.0, 1.0])
    assert list(statistics.holm([])) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_holm_never_helps_and_keeps_the_order(p_values):
    adjusted = statistics.holm(p_values)
    assert (adjusted >= np.array(p_values) - 1e-12).all()
    assert (adjusted <= np.minimum(1, len(p_values) * np.array(p_values)) + 1e-12).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(adjusted[order]) >= -1e-12).all()


def test_the_smallest_effect_is_that_of_the_tables():
    """32 works whose values scatter by 1 show half a deviation four times in five (Cohen 1988)."""
    assert statistics.smallest_effect(1 / np.sqrt(32)) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.01, 0.05, "better"),
        (-0.01, 0.05, "at least as good"),
        (-0.015, -0.005, "worse, by less than the margin"),
        (-0.05, -0.01, "worse"),
        (-0.05, 0.05, "undecided"),
    ],
)
def test_words_follow_where_the_interval_lies(low, high, word):
    found = statistics.Estimate((low + high) / 2, low, high, 100, 0.03, 0.01)
    assert statistics.agree(found, margin=0.02) == word


def test_reading_a_contrast_the_other_way_round():
    found = statistics.interval(np.random.default_rng(8).normal(1, 1, 100))
    turned = -found
    assert (turned.value, turned.low, turned.high) == (-found.value, -found.high, -found.low)
    assert turned.p_below() == found.p_above()


def test_what_cannot_be_resampled_says_why():
    with pytest.raises(StatisticsError, match="at least two works"):
        statistics.interval([1.0, 2.0], groups=["a", "a"])
    with pytest.raises(StatisticsError, match="same works on both sides"):
        statistics.paired([1.0, 2.0], [1.0])
    with pytest.raises(StatisticsError, match="no predictions"):
        statistics.interval([])


def _tables(repeats=2, folds=5, n=300, better=0.1):
    """Two methods in a repeated cross-validation, folds shuffled anew in each repeat."""
    rng = np.random.default_rng(9)
    hard, sides = rng.random(n), {"a": [], "b": []}
    for repeat in range(repeats):
        fold = rng.permutation(n) % folds
        for name, bonus in (("a", better), ("b", 0.0)):
            hit = rng.random(n) < np.clip(0.9 - 0.6 * hard + bonus, 0, 1)
            rows = np.arange(n)
            table = pd.DataFrame({"work_id": [f"w{i}" for i in rows], "row": rows, "target": rows % 3})
            table["predicted"] = np.where(hit, table["target"], (table["target"] + 1) % 3)
            sides[name].append(table.assign(rank=np.where(hit, 1, 2), p=0.5, repeat=repeat, fold=fold, seed=0))
    return pd.concat(sides["a"]), pd.concat(sides["b"])


def test_a_repeated_cross_validation_is_compared_work_by_work():
    a, b = _tables()
    found = comparisons.difference(a, b)
    hits = [(side["rank"] == 1).groupby(side["row"]).mean() for side in (a, b)]
    assert found.value == pytest.approx((hits[0] - hits[1]).mean())
    assert found.n == 300
    assert found.units == {"model": 10}
    assert found.low > 0


def test_only_works_that_both_sides_tested_are_compared():
    a, b = _tables()
    assert comparisons.difference(a, b[b["row"] < 200]).n == 200
    with pytest.raises(StatisticsError, match="no tested work in common"):
        comparisons.difference(a[a["row"] < 10], b[b["row"] >= 10])
    parts = a[a["row"] < 150], b[b["row"] >= 150]
    hits = [float((part["rank"] == 1).mean()) for part in parts]
    assert comparisons.difference(*parts, paired=False).value == pytest.approx(hits[0] - hits[1])
    share = comparisons.difference(*parts, paired=False, relative=True)
    assert share.value == pytest.approx(hits[0] / hits[1] - 1)


def test_the_same_number_in_two_draws_is_two_works():
    a, _ = _tables(repeats=1)
    both = pd.concat([a.assign(draw=0), a.assign(draw=1)])
    assert comparisons.score(both).n == 600


def test_kappa_has_an_interval_too():
    a, b = _tables()
    found = comparisons.difference(a, b, "kappa")
    from sklearn.metrics import cohen_kappa_score

    direct = [cohen_kappa_score(side["target"], side["predicted"]) for side in (a, b)]
    assert found.value == pytest.approx(direct[0] - direct[1])
    assert found.low < found.value < found.high


@pytest.mark.slow
def test_ten_thousand_resamples_of_five_thousand_works_take_seconds():
    rng = np.random.default_rng(10)
    start = time.process_time()
    statistics.interval(rng.random(25_000), np.tile(np.arange(5000), 5), np.repeat(np.arange(5), 5000))
    assert time.process_time() - start < 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("works", "runs", "scatter"), [(300, 5, 0.0), (300, 5, 0.02), (300, 5, 0.1), (300, 10, 0.05), (900, 3, 0.02)]
)
def test_intervals_cover_the_truth_nineteen_times_in_twenty(works, runs, scatter):
    """Works and seeds crossed, with luck of the seed from none to more than that of the works."""
    covered, trials = 0, 400
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        values = rng.normal(0, 0.3, works) + rng.normal(0, scatter, (runs, 1)) + rng.normal(0, 0.4, (runs, works))
        found = statistics.interval(
            values.ravel(),
            np.tile(np.arange(works), runs),
            np.repeat(np.arange(runs), works),
            resamples=1000,
            seed=trial,
        )
        covered += found.low <= 0 <= found.high
    assert 0.91 <= covered / trials <= 0.985


@pytest.mark.slow
def test_intervals_cover_the_truth_when_folds_are_the_models():
    covered, trials = 0, 400
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        own, values, units = rng.normal(0, 0.3, 300), [], []
        for repeat in range(2):
            fold = rng.permutation(300) % 5
            values.append(own + rng.normal(0, 0.03, 5)[fold] + rng.normal(0, 0.4, 300))
            units.append(repeat * 5 + fold)
        found = statistics.interval(
            np.concatenate(values), np.tile(np.arange(300), 2), np.concatenate(units), resamples=1000, seed=trial
        )
        covered += found.low <= 0 <= found.high
    assert 0.91 <= covered / trials <= 0.985


@pytest.mark.slow
def test_intervals_cover_the_truth_over_draws_of_the_museum():
    covered, trials = 0, 400
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        shape = (3, 5, 200)
        values = rng.normal(0, 0.03, (3, 1, 1)) + rng.normal(0, 0.03, (3, 5, 1)) + rng.normal(0, 0.3, (3, 1, 200))
        values = values + rng.normal(0, 0.4, shape)
        draw, model, work = (grid.ravel() for grid in np.indices(shape))
        found = statistics.interval(
            values.ravel(), draw * 200 + work, {"draw": draw, "model": model}, resamples=1000, seed=trial
        )
        covered += found.low <= 0 <= found.high
    assert 0.91 <= covered / trials <= 0.99


def test_an_interval_of_large_numbers_is_as_wide_as_of_small_ones():
    values = np.random.default_rng(0).normal(size=50)
    near, far = (statistics.interval(values + shift) for shift in (0, 1.7e9))
    assert abs((far.high - far.low) - (near.high - near.low)) < 0.01


def test_where_there_are_draws_they_alone_are_resampled():
    """A draw has its own works and models: the interval is Student's over the draws' means, whatever is inside."""
    rng = np.random.default_rng(11)
    values = rng.normal(0, 1, (4, 3, 50)) + rng.normal(0, 0.5, (4, 1, 1))
    draw, model, work = (grid.ravel() for grid in np.indices(values.shape))
    found = statistics.interval(values.ravel(), draw * 50 + work, {"draw": draw, "model": model})
    means = values.mean((1, 2))
    error = means.std(ddof=1) / 2
    assert found.freedom == pytest.approx(3)
    assert found.error == pytest.approx(error, rel=0.03)
    assert found.high - found.value == pytest.approx(3.182 * error, rel=0.03)
    assert found.p_above() == pytest.approx(stats.t.sf(found.value / found.error, 3))
    assert found.p_above(found.low) == pytest.approx(0.025)


def test_degrees_of_freedom_are_satterthwaites():
    assert statistics._satterthwaite([1.0, 1.0], [4, 4]) == pytest.approx(8)
    assert statistics._satterthwaite([1.0, 0.0], [4, 400]) == pytest.approx(4)
    assert statistics._satterthwaite([0.0], [4]) == np.inf


def test_what_could_be_seen_is_larger_at_a_stricter_bar_and_with_few_units():
    plain = statistics.smallest_effect(1.0)
    assert plain < statistics.smallest_effect(1.0, level=1 - 0.05 / 13) < 1.5 * plain
    assert statistics.smallest_effect(1.0, freedom=2) == pytest.approx(4.303 + 1.061, abs=0.01)

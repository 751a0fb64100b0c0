"""What the museum must hold to, measured: learnable, not guessable from colour, no leak, silent when a cause is cut."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from speed import museum as speed

from artlib import splits, tasks
from artlib.collections import museum
from artlib.collections.museum import truth


def _kappa(features, labels, least=10):
    """Kappa of a linear classifier over four folds, on classes of some size."""
    labels = np.asarray(labels, object)
    names, counts = np.unique(labels[labels != None].astype(str), return_counts=True)  # noqa: E711
    keep = np.isin(labels.astype(str), names[counts >= least])
    model = make_pipeline(StandardScaler(), RidgeClassifier(alpha=300))
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    y = labels[keep].astype(str)
    return cohen_kappa_score(y, cross_val_predict(model, features[keep], y, cv=folds))


@pytest.mark.slow
def test_labels_are_learned_in_a_minute_but_not_from_colour_alone():
    found = speed.learning(starts=("photographs",)).pivot(index="task", columns="start", values="kappa")
    assert (found.photographs >= 0.3).all(), found
    assert (found.photographs <= 0.97).all(), found
    assert (found.colour <= 0.7 * found.photographs).all(), found


@pytest.mark.slow
def test_bare_margins_tell_nothing_about_the_work():
    prints = museum.read(500, wing="prints", artists=8)
    whole = np.flatnonzero(truth.causes(prints).detail < 0)
    strips = np.stack([_margin(prints.source.read(prints.works.image[i], 64)) for i in whole])
    for label in ("artist", "style", "genre", "culture"):
        kappa = _kappa(strips, prints.works[label].to_numpy()[whole])
        assert abs(kappa) < 0.08, (label, kappa)


def _margin(picture):
    """What smoothing leaves in the two outermost rows and columns, where a print shows bare paper."""
    strip = np.concatenate([picture[:2], picture[-2:], picture[:, :2].swapaxes(0, 1), picture[:, -2:].swapaxes(0, 1)])
    strip = strip.astype(float).mean(2) / strip.mean()
    rest = strip - np.apply_along_axis(lambda v: np.convolve(v, np.ones(7) / 7, "same"), 1, strip)
    rest = rest[:, 4:-4]
    power = np.abs(np.fft.rfft(rest, axis=1)).mean(0)
    return np.concatenate([power / power.sum(), [(rest[:, 1:] * rest[:, :-1]).mean() / rest.var()]])


@pytest.mark.slow
def test_a_classifier_is_at_chance_on_a_cut_label_and_not_on_the_others():
    columns = {"culture": "culture", "artist": "artist", "year": "timeframe", "style": "style", "genre": "genre"}
    columns["material"] = "types"
    houses = {switch: museum.read(700, artists=12, cut=switch or ()) for switch in ("", *columns)}
    pictures = np.stack([houses[""].source.read(image, 32) for image in houses[""].works.image])
    features = np.concatenate([speed.histograms(pictures), _coarse(pictures)], 1)
    base = {name: _kappa(features, _words(houses[""], name)) for name in columns.values()}
    assert min(base.values()) > 0.12, base
    for switch, cut in columns.items():
        for name, found in base.items():
            kappa = _kappa(features, _words(houses[switch], name))
            if name == cut:
                assert abs(kappa) < 0.08, (switch, kappa)
            else:
                assert kappa > 0.5 * found, (switch, name, kappa)


def _words(drawn_museum, column):
    return drawn_museum.works[column].map(lambda value: "; ".join(value) if isinstance(value, list) else value)


def _coarse(pictures):
    """Lightness on a grid of 8 x 8 and how rough each cell is."""
    cells = pictures.mean(3).reshape(len(pictures), 8, 4, 8, 4)
    return np.concatenate(
        [cells.mean((2, 4)).reshape(len(pictures), -1), cells.std((2, 4)).reshape(len(pictures), -1)], 1
    )


@pytest.mark.parametrize("column", ["style", "genre", "culture", "timeframe"])
def test_splits_without_an_artist_on_two_sides_can_be_made(column):
    works = museum.read("smoke").works
    task = tasks.make(works, column, minimum=30)
    split = splits.stratified(works, task, disjoint="artist")
    assert not splits.straddling(works, split, "artist")
    assert len(split.test) > 100


def test_speed_is_measured_in_works_a_second():
    row = speed.measure(64, works=12, rounds=1)
    assert row["ours"] > 10
    assert row["target"] == 150

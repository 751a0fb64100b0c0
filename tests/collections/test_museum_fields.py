"""Photographs and the four fields: drawn the same everywhere, labelled as asked, clear about what cannot be."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from speed import museum as speed
from test_floors import graph

from artlib.collections import four_fields
from artlib.collections.museum import MuseumError, composition, fields, photographs
from artlib.errors import ArtlibError


@pytest.mark.parametrize("task", list(photographs.TASKS))
def test_photographs_of_every_task_have_their_answers(task):
    taken = photographs.read(task, 60)
    answers = taken.works[task]
    picture = taken.source.read(taken.works.image[5], 64)
    assert picture.shape == (64, 64, 3)
    assert np.array_equal(picture, photographs.read(task, 60).source.read(taken.works.image[5], 64))
    if task == "memorability":
        assert answers.between(0, 1).all()
        assert answers.std() > 0.1
    else:
        assert set(answers) <= set(photographs.TASKS[task])
        assert answers.nunique() >= 2


def test_every_photographed_class_can_be_drawn():
    taken = photographs.read("hybrid", 400)
    assert set(taken.works.hybrid) == set(photographs.HYBRID)
    for name in photographs.HYBRID:
        image = taken.works.image[int(np.flatnonzero(taken.works.hybrid == name)[0])]
        assert taken.source.read(image, 32).std() > 3, name


def test_photographs_show_nothing_that_the_museum_paints():
    """Else it is planted that a network which has seen them knows the museum's genres."""
    museum = "collections.museum"
    used = graph()[f"{museum}.photographs"]
    assert f"{museum}.drawing.canvas" in used
    assert not used & {f"{museum}.{name}" for name in ("composition", "drawing.things", "drawing.scenery")}
    assert not set(photographs.HYBRID) & set(composition.GENRES)


@pytest.mark.parametrize("options", [{"task": "smell"}, {"size": 0}, {"size": "big"}, {"seed": -1}, {"seed": 1.0}])
def test_photographs_that_cannot_be_taken_are_refused(options):
    with pytest.raises(MuseumError):
        photographs.read(**options)


def test_the_four_fields_come_evenly_and_half_of_them_artistic():
    works = fields.read(400).works
    counts = works.groupby(["field", "artistic"]).size()
    assert (counts == 50).all()
    assert fields.read(400, field="garden").works.field.eq("garden").all()


def test_shared_moves_artistry_between_common_and_own_factors():
    def gaps(shared):
        source = fields.read(800, shared=shared).source
        rows = [(source.label(i)[1], list(source.factors(i).values())) for i in range(800)]
        artistic, values = np.array([a for a, _ in rows]), np.array([v for _, v in rows])
        gap = values[artistic].mean(0) - values[~artistic].mean(0)
        return np.linalg.norm(gap[:4]), np.linalg.norm(gap[4:])

    for shared in (0.0, 0.5, 1.0):
        common, own = gaps(shared)
        assert common == pytest.approx(fields.CONTRAST * np.sqrt(shared), abs=0.35)
        assert own == pytest.approx(fields.CONTRAST * np.sqrt(1 - shared), abs=0.35)


def test_factors_show_in_the_pictures_of_every_field():
    source = fields.read(80, seed=3).source
    for field in fields.FIELDS:
        number = next(i for i in range(80) if source.label(i)[0] == field)
        low, high = (dict.fromkeys((*fields.COMMON, *fields.OWN[field]), v) for v in (-1.5, 1.5))
        for factor in low:
            drawn = [_drawn(field, {**low, factor: f[factor]}, number) for f in (low, high)]
            assert np.abs(drawn[0] - drawn[1]).mean() > 0.2, (field, factor)


def _drawn(field, factors, number):
    rng = np.random.default_rng(number)
    scene = fields.Scene(128, rng, dict.fromkeys(fields.CULTURE, 0.0), dict.fromkeys(fields.HAND, 0.0))
    return np.asarray(fields.DRAW[field](scene, factors), float)


@pytest.mark.parametrize(
    "options", [{"shared": 1.5}, {"shared": -0.1}, {"shared": "all"}, {"size": 0}, {"field": "music"}, {"seed": 0.5}]
)
def test_fields_that_cannot_be_drawn_are_refused(options):
    with pytest.raises(ArtlibError):
        fields.read(**options)


def test_a_picture_that_is_not_there_is_refused():
    with pytest.raises(MuseumError, match="no work"):
        fields.read(10).source.read("0/000010", 64)
    with pytest.raises(MuseumError, match="size"):
        fields.read(10).source.read("0/000001", 0)


def test_colours_alone_hardly_tell_artistic_from_ordinary():
    drawn = fields.read(1_600, seed=2, shared=1.0, field="sculpture")
    pictures = np.stack([drawn.source.read(image, 24) for image in drawn.works.image])
    counts, artistic = speed.histograms(pictures), drawn.works.artistic.to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=400)).fit(counts[:250], artistic[:250])
    assert model.score(counts[250:], artistic[250:]) < 0.78


def test_a_work_is_drawn_alike_every_time_and_nothing_else_moves_with_a_factor():
    """As many random numbers are taken whatever the factors are, so that what is drawn last differs by them alone."""
    for field in fields.FIELDS:
        low, high = (dict.fromkeys((*fields.COMMON, *fields.OWN[field]), v) for v in (-1.5, 1.5))
        rngs = [np.random.default_rng(7) for _ in range(3)]
        habits = dict.fromkeys(fields.CULTURE, 0.0), dict.fromkeys(fields.HAND, 0.0)
        drawn = [np.asarray(fields.DRAW[field](fields.Scene(128, rng, *habits), f))
                 for rng, f in zip(rngs, (low, high, high), strict=True)]  # fmt: skip
        assert np.array_equal(drawn[1], drawn[2])
        assert len({rng.random() for rng in rngs}) == 1, field


def test_pairs_hold_an_artistic_and_an_ordinary_work_of_one_field():
    works = four_fields.read(120, shared=1.0).works
    rows, truth = four_fields.pairs(works, n=3)
    assert len(rows) == len(truth) == 12
    for pair, side in zip(rows, truth, strict=True):
        two = works.iloc[pair]
        assert two.field.nunique() == 1
        assert two.artistic.tolist() == [side == "L", side == "R"]
    assert 0 < truth.count("L") < 12

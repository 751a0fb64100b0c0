"""The museum: drawn the same everywhere, labelled as sampled, and clear about what cannot be drawn."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from artlib import pixels
from artlib.collections import museum
from artlib.collections.museum import composition, technique, truth


@pytest.fixture(scope="module")
def drawn_museum():
    return museum.read(300)


def _hash(source, image, size=64):
    return sha256(source.read(image, size).tobytes()).hexdigest()


def test_pictures_are_square_of_the_size_asked(drawn_museum):
    for size in (1, 17, 64, 130):
        picture = drawn_museum.source.read("0/000003", size)
        assert picture.shape == (size, size, 3)
        assert picture.dtype == np.uint8


def test_pixels_are_the_same_in_other_processes_in_any_order_and_after_other_sizes(drawn_museum):
    images = list(drawn_museum.works.image[:6])
    here = [_hash(drawn_museum.source, image) for image in images]
    drawn_museum.source.read(images[0], 96)
    assert [_hash(drawn_museum.source, image) for image in reversed(images)] == here[::-1]
    with ProcessPoolExecutor(2) as pool:
        there = list(pool.map(_hash, [pickle.loads(pickle.dumps(drawn_museum.source))] * 6, images))  # noqa: S301
    assert there == here


def test_the_cache_holds_the_same_pixels_whatever_the_workers_the_run_and_the_size_before(tmp_path, monkeypatch):
    kept = []
    for run, (workers, size) in enumerate([(1, 32), (3, 32), (2, 48), (2, 32)]):
        if run < 2:
            monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / str(run)))
        kept.append(pixels.cache(museum.read(20), size, workers=workers, progress=False).pixels)
    assert np.array_equal(kept[0], kept[1])
    assert np.array_equal(kept[1], kept[3])
    assert np.array_equal(kept[0], np.stack([museum.read(20).source.read(f"0/{i:06d}", 32) for i in range(20)]))


@pytest.mark.parametrize("options", [{"size": 1}, {"size": 40, "artists": 1}, {"size": 2, "artists": 30}])
def test_the_smallest_museums_are_drawn(options):
    drawn_museum = museum.read(**options)
    assert len(drawn_museum.works) == options["size"]
    assert drawn_museum.works.artist.nunique() <= options.get("artists", 1)
    assert drawn_museum.source.read(drawn_museum.works.image[options["size"] - 1], 16).std() > 1


def test_hands_differ_in_more_than_colour(drawn_museum):
    """The same work by another hand: another lightness at most places, not another tint of the same picture."""
    image = drawn_museum.works.image[
        next(i for i, g in enumerate(truth.causes(drawn_museum).genre) if g == "landscape")
    ]
    names = drawn_museum.source.causes().artists["name"][:4]
    grey = [truth.redraw(drawn_museum, image, 64, artist=name).astype(float).mean(2).ravel() for name in names]
    alike = np.corrcoef(grey)[np.triu_indices(len(names), 1)]
    assert alike.mean() < 0.95


def test_every_key_is_a_work_and_keys_tell_nothing(drawn_museum):
    works = drawn_museum.works
    assert list(works.image) == [f"0/{i:06d}" for i in range(300)]
    order = np.arange(300)
    for column in ("style", "genre", "culture"):
        codes = works[column].astype("category").cat.codes
        assert abs(np.corrcoef(order, codes)[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"size": 0}, "number of works"),
        ({"size": "huge"}, "size"),
        ({"seed": 1.5}, "seed"),
        ({"seed": "a"}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"size": -5}, "number of works"),
        ({"size": 10.0}, "number of works"),
        ({"wing": "attic"}, "wing"),
        ({"cut": "gravity"}, "switch"),
        ({"cut": ("culture", "gravity")}, "switch"),
        ({"artists": 0}, "artists"),
    ],
)
def test_what_cannot_be_drawn_is_said_once_and_clearly(options, word):
    with pytest.raises(museum.MuseumError, match=word):
        museum.read(**options)


@pytest.mark.parametrize("size", [0, -3, 10_000, 2.5])
def test_impossible_sizes_are_refused(drawn_museum, size):
    with pytest.raises(museum.MuseumError, match="size"):
        drawn_museum.source.read("0/000001", size)


def test_an_unknown_style_is_refused_by_name(drawn_museum):
    with pytest.raises(museum.MuseumError, match="'Dada'"):
        truth.redraw(drawn_museum, "0/000001", 64, style="Dada")


def test_unknown_works_are_refused(drawn_museum):
    for image in ("0/000300", "1/000001", "x"):
        with pytest.raises(museum.MuseumError, match="no work"):
            drawn_museum.source.read(image, 64)


def test_a_style_and_a_genre_are_one_function_and_one_table_row(drawn_museum, monkeypatch):
    def negative(s, rng):
        """Light is dark."""
        return 255 - s.lit

    def disc(s):
        """A red disc on a wall."""
        s.backdrop(s.hue("stone"))
        s.blob(0.5, 0.5, 0.3, 0.3, s.hue("petal"), s.thing())

    monkeypatch.setitem(technique.STYLES, "Negative", (negative, 1900, 1950, 2000, "French", 0.0))
    monkeypatch.setitem(composition.GENRES, "disc", (disc, 1.0, 1900))
    picture = truth.redraw(drawn_museum, "0/000003", 64, style="Negative", genre="disc")
    assert picture.shape == (64, 64, 3)
    assert not np.array_equal(picture, truth.redraw(drawn_museum, "0/000003", 64, genre="disc"))


def test_the_package_can_be_read_in_an_afternoon():
    names = ("__init__", "history", "composition", "technique", "media", "render", "truth")
    modules = [Path(museum.__file__).parent / f"{name}.py" for name in names]
    assert sum(len(module.read_text(encoding="utf-8").splitlines()) for module in modules) < 1_500

"""Figures of the walk through the museum: each says in words what is true of the museum it was drawn from."""

import re

import numpy as np
import pandas as pd
import pytest

from artlib import figures
from artlib.collections import museum
from artlib.collections.museum import fields, technique, truth
from artlib.evaluate import unseen_artists
from artlib.figures import FigureError
from artlib.tasks import Task


@pytest.fixture(scope="module")
def drawn_museum():
    return museum.read(400, artists=24)


@pytest.fixture(scope="module")
def work(drawn_museum):
    return figures.museum.example(drawn_museum)


class Drawn:
    """Pictures of a collection, as small as can be."""

    def __init__(self, collection, rows, size=12):
        self.works = collection.works.iloc[:rows].reset_index(drop=True)
        self.pixels = np.stack([collection.source.read(image, size) for image in self.works["image"]])
        self.size, self.key = size, "test"


def test_the_arrows_are_those_of_the_structural_model():
    """Every cause depends on earlier ones only; each arrow is there because the labels of its ends go together."""
    order = list(figures.museum.PARENTS)
    assert order == ["culture", "artist", "year", "style", "genre", "medium"]
    assert all(order.index(parent) < order.index(name) for name, given in figures.museum.PARENTS.items() for parent in
        given)  # fmt: skip


def test_the_causal_diagram_counts_the_faults_of_the_labels(drawn_museum, work):
    figure = figures.museum.causes(drawn_museum, work)
    unknown = drawn_museum.works["artist"].isna().mean()
    assert f"artist, {100 * unknown:.0f}% unknown" in figure.alt
    assert "culture, artist, year to style" in figure.alt
    clean = figures.museum.causes(museum.read(400, artists=24, cut="faults"))
    assert "artist, 0% unknown; year, 0% circa" in clean.alt


def test_an_example_is_a_whole_work_of_its_genre(drawn_museum, work):
    own = truth.causes(drawn_museum).iloc[int(work.split("/")[1])]
    assert (own.genre, own.detail) == ("landscape", -1)
    with pytest.raises(FigureError, match="'battle'"):
        figures.museum.example(drawn_museum, "battle")


def test_every_technique_is_shown_once(drawn_museum, work):
    alt = figures.museum.techniques(drawn_museum, work, size=24).alt
    assert all(alt.count(f" {style}") >= 1 for style in museum.STYLES)
    assert f"{len(museum.STYLES)} styles" in alt


def test_a_counterfactual_row_changes_one_cause_and_names_its_values(drawn_museum, work):
    figure = figures.museum.counterfactuals(drawn_museum, work, n=2, size=24)
    own = truth.causes(drawn_museum).iloc[int(work.split("/")[1])]
    rows = dict(part.split(": ") for part in re.split(r"; |changed\. ", figure.alt.rstrip("."))[1:])
    rows = {name.lower(): values.split(", ") for name, values in rows.items()}
    assert list(rows) == ["culture", "hand", "year", "style"]
    assert all(len(values) == 2 for values in rows.values())
    assert own.culture not in rows["culture"]
    near, far = (truth.distances().loc[own.culture, name] for name in rows["culture"])
    assert near < far


def test_sliders_start_at_the_work_itself_and_change_one_cause(drawn_museum, work):
    frames = figures.museum.redraw(drawn_museum, work, size=24)
    start, *others = frames.choices
    own = truth.causes(drawn_museum).iloc[int(work.split("/")[1])]
    assert (
        frames.alt(start)
        == f"{'An' if own.culture[0] in 'AI' else 'A'} {own.culture} landscape of {own.year}, as it is."
    )
    causes = {name: values[k] for (name, values), k in zip(frames.controls.items(), start, strict=True)}
    assert np.array_equal(frames.draw(**causes), truth.redraw(drawn_museum, work, 24))
    assert all(frames.alt(choice).count("instead of") == 1 for choice in others)
    assert {"culture", "artist", "year", "style", "genre"} == set(frames.controls)


def test_distances_are_those_of_the_truth(drawn_museum, work):
    alt = figures.museum.distances().alt
    pairs = np.triu_indices(11, 1)
    r = np.corrcoef(truth.distances().to_numpy()[pairs], truth.kilometres().to_numpy()[pairs])[0, 1]
    assert f"correlation {r:.2f}" in alt
    assert "11 cultures" in figures.museum.culture_map(drawn_museum, work, size=16).alt


def test_numbers_in_words_are_those_of_the_truth(drawn_museum):
    bits, left = truth.information(drawn_museum), truth.artist_entropy(drawn_museum)
    assert f"culture and artist {bits.loc['culture', 'artist']:.1f}" in figures.museum.information(drawn_museum).alt
    assert f"period and materials {left.iloc[-1]:.1f} bits" in figures.museum.artist_entropy(drawn_museum).alt


def test_a_switch_empties_one_bar_and_leaves_the_others(drawn_museum):
    cut = {"style": museum.read(400, artists=24, cut="style"), "year": museum.read(400, artists=24, cut="year")}
    whole, styleless = truth.faithfulness(drawn_museum), truth.faithfulness(cut["style"])
    assert styleless["style"] < 0.35 < 2 < whole["style"]
    assert np.allclose(styleless.drop("style"), whole.drop("style"))
    assert "All other labels change by at most 0.00 bits" in figures.museum.null(drawn_museum, cut).alt
    with pytest.raises(FigureError, match="at least one"):
        figures.museum.null(drawn_museum, {})


def test_a_movement_is_one_function_and_one_row(drawn_museum):
    def plain(scene, rng):
        return np.zeros((scene.size, scene.size, 3), np.float32)

    technique.STYLES["Plain"] = (plain, 1900, 1920, 1940, "French", 0.0)
    try:
        keys = list(drawn_museum.works["image"][:2])
        assert "style Plain" in figures.museum.changed(drawn_museum, keys, size=16, style="Plain").alt
    finally:
        del technique.STYLES["Plain"]
    with pytest.raises(museum.MuseumError, match="Plain"):
        truth.redraw(drawn_museum, keys[0], 16, style="Plain")


def test_works_of_an_artist_are_in_the_order_of_their_years(drawn_museum):
    drawn = Drawn(drawn_museum, 150)
    figure = figures.works_of_artist(drawn, n=6)
    first, last = re.search(r"from (\D*)(\d{4})\S* to \D*(\d{4})", figure.alt).group(2, 3)
    assert int(first) < int(last)
    assert "century" not in figure.alt
    with pytest.raises(FigureError, match="'Nobody'"):
        figures.works_of_artist(drawn, artist="Nobody")


def test_the_four_fields_are_shown_artistic_and_ordinary():
    drawn = Drawn(fields.read(32), 32)
    assert "A contact sheet of 16 works" in figures.fields(drawn, n=2).alt
    with pytest.raises(FigureError, match="to be shown"):
        figures.fields(drawn, n=9)
    assert "2 numbered pairs" in figures.pairs(drawn, np.array([[0, 1], [3, 2]])).alt


def test_what_an_artist_gives_away_is_lost_when_artists_stand_apart(monkeypatch):
    """Features that name the artist and nothing else: right when the artist is known, chance when not."""
    rng = np.random.default_rng(0)
    artist = np.repeat(np.arange(12), 20)
    works = pd.DataFrame(
        {
            "work_id": [f"w{i}" for i in range(240)],
            "artist": [f"a{i}" for i in artist],
            "style": np.where(artist % 2, "dots", "washes"),
        }
    )
    table = np.eye(12, dtype="float32")[artist] + 0.01 * rng.standard_normal((240, 12)).astype("float32")
    monkeypatch.setattr(unseen_artists.linear, "features", lambda network, pictures, rows, **_: table[rows])
    pictures = type("Pictures", (), {"works": works})()
    found = unseen_artists.cost(pictures, Task("style", "category", ("dots", "washes")), None, C=1.0)
    assert found.value < -0.3
    assert found.high < 0
    assert found.n == 12, "artists are what is resampled"
    told = np.eye(2, dtype="float32")[artist % 2]
    monkeypatch.setattr(unseen_artists.linear, "features", lambda network, pictures, rows, **_: told[rows])
    same = unseen_artists.costs({"told": pictures}, "style", None, C=1.0)["told"]
    assert same.value == 0

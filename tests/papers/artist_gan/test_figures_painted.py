"""Figures of generated pictures: what they show is what they were given, and they say so in words."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from artlib import figures
from artlib.claims import figures as claims_figures
from artlib.figures import Figure, FigureError
from artlib.papers.artist_gan import figures as gan_figures
from artlib.papers.artist_gan.network import DCGAN


def made(n=6, size=8, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (n, size, size, 3), dtype="uint8")


@pytest.fixture(scope="module")
def history():
    epochs = np.arange(1, 9)
    losses = {"d_loss": 1.3 - 0.1 * epochs, "g_loss": 0.7 + 0.2 * epochs, "real": 0.5 + 0.05 * epochs}
    scores = {"frechet_distance": 90.0 / epochs, "precision": [np.nan, *np.linspace(0.1, 0.5, 7)]}
    return pd.DataFrame({"epoch": epochs, **losses, "fake": 0.5 - 0.05 * epochs, **scores})


def test_tiles_put_every_picture_where_it_belongs():
    pictures = made(5)
    found = gan_figures.tiles(pictures, columns=3, gap=1)
    assert found.shape == (8 * 2 + 1, 8 * 3 + 2, 3)
    assert np.array_equal(found[:8, 9:17], pictures[1])
    assert np.array_equal(found[9:, 9:17], pictures[4])
    assert (found[9:, 18:] == 255).all()
    assert (found[8] == 255).all()
    large = gan_figures.tiles(pictures[:1], columns=3, scale=2)
    assert np.array_equal(large[::2, 1::2], pictures[0])
    for wrong in (pictures[0], pictures.astype(float), pictures[:0]):
        with pytest.raises(FigureError, match="pictures"):
            gan_figures.tiles(wrong)


def test_tiles_are_frames_of_a_slider():
    epochs = np.stack([made(4, seed=k) for k in range(3)])
    slider = figures.Frames(lambda epoch: gan_figures.tiles(epochs[epoch], 2), {"epoch": range(3)}, together=False)
    assert isinstance(slider, figures.Frames)


def test_rows_are_named_in_their_order():
    figure = gan_figures.painted({"real portraits": made(), "generated": made(seed=1)}, n=4)
    assert isinstance(figure, Figure)
    assert "from top to bottom: real portraits and generated" in figure.alt
    assert len(figure.figure.axes[0].images) == 8
    assert np.array_equal(figure.figure.axes[0].images[4].get_array(), made(seed=1)[0])
    with pytest.raises(FigureError, match="no row"):
        gan_figures.painted({})


def test_each_generated_picture_stands_above_its_nearest():
    works = pd.DataFrame({"work_id": list("abcdef"), "artist": "someone"})
    pictures = SimpleNamespace(works=works, pixels=made(), size=8)
    figure = gan_figures.copies(made(3, seed=2), pictures, [4, 4, 0], [0.5, 1.25, 3.0])
    shown = [image.get_array() for image in figure.figure.axes[0].images]
    assert np.array_equal(shown[3], pictures.pixels[4])
    assert np.array_equal(shown[5], pictures.pixels[0])
    assert "2 different ones, at distances from 0.5 to 3" in figure.alt
    with pytest.raises(FigureError, match="3 pictures, 2 neighbours"):
        gan_figures.copies(made(3), pictures, [4, 4], [1, 2])


def test_curves_say_where_they_begin_and_end(history):
    alt = gan_figures.gan_losses(history).alt
    assert "discriminator's loss goes from 1.20 to 0.50, the generator's from 0.90 to 2.30" in alt
    assert "generated ones with 10" in alt


def test_the_networks_mirror_each_other():
    alt = gan_figures.networks(DCGAN(16, size=32)).alt
    assert "noise by 100 numbers, then 4x4 by 64 maps, then 8x8 by 32 maps, then 16x16 by 16 maps, then picture" in alt
    assert alt.endswith("then 16x16 by 16 maps, then 8x8 by 32 maps, then 4x4 by 64 maps, then real? by 1 number.")


def test_a_score_compares_what_one_network_makes_of_both():
    assert "the same network" in gan_figures.scheme().alt


def test_known_answers_are_a_row_a_set_in_words():
    scored = {
        "frechet_distance": 3.456,
        "kernel_mmd": 1e-5,
        "neighbour_accuracy": 0.5,
        "precision": 1.0,
        "recall": 0.25,
        "copied": 0.0,
    }
    frame = gan_figures.known_answers({"copies": scored | {"copied": 1.0}, "noise": scored}).frame
    assert list(frame.index) == ["copies", "noise"]
    assert frame.loc["noise"].tolist() == ["3.46", "0.00", "50%", "100%", "25%", "0%"]
    assert frame.loc["copies"].iloc[-1] == "100%"


def test_a_history_without_the_score_says_how_to_get_it(history):
    with pytest.raises(FigureError, match="no epoch"):
        gan_figures.gan_losses(history.iloc[:0])


def test_the_posters_figure_shows_both_formulas_for_each_set(history):
    columns = ["inception_score", "mode_score", "frechet_distance"]
    scored = history.assign(**dict.fromkeys(columns, 2.0))
    scored = scored.assign(**{f"{name}_as_borrowed": 0.5 for name in columns[:2]}, frechet_as_borrowed=0.1)
    drawn = gan_figures.poster_scores({"landscape": scored, "everything": scored})
    assert len(drawn.figure.axes) == 6
    assert all(len(axes.lines) == 2 for axes in drawn.figure.axes)
    assert "Frechet distance, borrowed, everything: 0.1 to 0.1" in drawn.alt
    with pytest.raises(FigureError, match="no mode_score"):
        gan_figures.poster_scores({"landscape": scored.drop(columns="mode_score")})


def test_the_figure_draws_a_square_a_claim():
    counts = pd.DataFrame({"reproduced": [2, 0], "not testable": [1, 3]}, index=["culture", "omniart"])
    drawn = claims_figures.claims_by_verdict(counts)
    assert len(drawn.figure.axes[0].patches) == 6
    assert "culture: 2 reproduced, 1 not testable" in drawn.alt
    with pytest.raises(FigureError, match="no claims"):
        claims_figures.claims_by_verdict(counts.iloc[:0])

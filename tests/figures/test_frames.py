"""Frames behind sliders: a page without a kernel holds every frame with its words, JupyterLab gets a live widget."""

import base64
import io
import json

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from artlib import figures
from artlib.figures import FigureError, sliders


def grey(level, tint="none"):
    picture = np.full((24, 24, 3), level, np.uint8)
    picture[..., 0] += 20 * (tint == "red")
    return picture


@pytest.fixture
def slides():
    return figures.Frames(grey, {"level": [10, 100, 200], "tint": ["none", "red"]}, start={"level": 100})


def parsed(frames):
    soup = BeautifulSoup(frames._repr_html_(), "html.parser")
    return soup, json.loads(soup.find("script", type="application/json").string)


def shown(address):
    kind, _, data = address.partition(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), int)


def test_the_page_holds_every_combination_with_its_own_picture_and_words(slides):
    _, held = parsed(slides)
    assert sorted(held["frames"]) == [f"{i} {j}" for i in range(3) for j in range(2)]
    for i, level in enumerate((10, 100, 200)):
        for j, tint in enumerate(("none", "red")):
            address, said = held["frames"][f"{i} {j}"]
            assert abs(shown(address) - grey(level, tint)).max() < 6
            assert said == f"Level {level}, tint {tint}."


def test_one_thing_at_a_time_holds_no_combinations_and_says_so():
    frames = figures.Frames(grey, {"level": range(5), "tint": ["none", "red"]}, {"level": 2}, together=False)
    soup, held = parsed(frames)
    assert sorted(held["frames"]) == ["0 0", "1 0", "2 0", "2 1", "3 0", "4 0"]
    assert held["start"] == [2, 0]
    assert "puts the others back" in soup.figcaption.get_text()


def test_it_begins_with_a_picture_that_needs_no_script(slides):
    soup, held = parsed(slides)
    assert (soup.img["src"], soup.img["alt"]) == tuple(held["frames"]["1 0"])
    assert soup.find(attrs={"aria-live": "polite"}).get_text() == soup.img["alt"]
    assert soup.noscript


def test_sliders_have_names_values_and_a_place_in_the_order_of_the_keyboard(slides):
    soup, _ = parsed(slides)
    for slider, name, value in zip(soup.find_all("input"), ("level", "tint"), ("100", "none"), strict=True):
        assert (slider["type"], slider["aria-label"], slider["aria-valuetext"]) == ("range", name, value)
        assert slider.has_attr("disabled"), "until the script is there, a slider would do nothing"


def test_names_and_words_cannot_break_out_of_the_page():
    frames = figures.Frames(
        lambda **_: np.zeros((8, 8, 3), np.uint8),
        {'<b>"x': ["</script><script>alert(1)</script>"]},
        told=lambda **_: '"><img src=x onerror=alert(1)>',
    )
    soup, held = parsed(frames)
    assert len(soup.find_all("script")) == 2
    assert len(soup.find_all("img")) == 1
    assert held["values"] == [["</script><script>alert(1)</script>"]]


def test_nothing_is_loaded_from_elsewhere(slides):
    assert "http" not in slides._repr_html_()


def test_figures_can_be_frames_too():
    picture = type("P", (), {})()
    import pandas as pd

    picture.works = pd.DataFrame({"work_id": list("abcd")})
    picture.pixels = np.zeros((4, 8, 8, 3), np.uint8)
    frames = figures.Frames(lambda n: figures.sheet(picture, n=n), {"n": [2, 4]})
    soup, held = parsed(frames)
    assert len(held["frames"]) == 2
    assert "--artlib-width" in soup.figure["style"]


def test_the_live_sliders_draw_what_is_chosen(slides):
    box = slides.live()
    image, words, level, tint = box.children
    before = image.value
    level.value, tint.value = 2, 1
    assert image.value != before
    assert words.value == "Level 200, tint red."
    assert tint.description == "tint"


def test_the_widget_is_offered_only_where_a_kernel_answers(slides, monkeypatch):
    view = "application/vnd.jupyter.widget-view+json"
    assert set(slides._repr_mimebundle_()[0]) == {"text/html", "text/plain"}
    monkeypatch.setattr(sliders, "_in_kernel", lambda: True)
    assert view in slides._repr_mimebundle_()[0]


@pytest.mark.parametrize(
    ("controls", "start", "message"),
    [
        ({}, None, "none is given"),
        ({"level": []}, None, "'level' has none"),
        ({"level": [1, 2]}, {"level": 3}, "cannot start at 3"),
        ({"level": range(30), "tint": range(30)}, None, "900 frames are more"),
    ],
)
def test_what_no_page_can_show_is_refused(controls, start, message):
    with pytest.raises(FigureError, match=message):
        figures.Frames(grey, controls, start)

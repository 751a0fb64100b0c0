"""Real works on pages: what was fetched is shown with words, credit and link; a drawn figure stands in until then."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artlib import experiments, figures
from artlib.collections import open_works
from artlib.figures import badge, real_works
from artlib.papers.culture import figures as culture_figures
from artlib.site import check, extension


@pytest.fixture
def fetched():
    """As `make pictures` leaves it: a picture for each displayed work, here noise, which weighs most."""
    noise = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (330, 300, 3), dtype=np.uint8)).save(noise, "JPEG")
    for file in open_works.works(display=True)["file"]:
        path = open_works.folder() / open_works.DISPLAY / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(noise.getvalue())
    return open_works.displayed()


@pytest.fixture(scope="module")
def answers():
    return {task: extension.answers("transfer-real", task) for task in ("culture", "culture, artists apart")}


def page(shown):
    return check.Page(Path("/site/a.html"), "a.html", shown._repr_html_())


def test_forty_works_are_described_credited_linked_and_light(fetched):
    shown = figures.open_works(None)
    html = page(shown)
    assert len(html.soup.select("figure")) == len(fetched) == 40
    assert not check.findings([html])
    assert all(len(image["alt"].split()) >= 5 for image in html.soup.select("img"))
    assert [link["href"] for link in html.soup.select("a")] == [open_works.page(row) for _, row in fetched.iterrows()]
    assert all("CC0" in one.get_text() for one in html.soup.select(".artlib-credit"))
    assert len(html.html.encode()) < 1_000_000


def test_every_use_of_the_pages_has_works(fetched, answers):
    of = {use: len(open_works.displayed(use)) for use in ("front", "hands", "cultures", "describe", "sources")}
    assert min(of.values()) >= 2
    assert len(figures.open_works("front", answers["culture"]).works) == of["front"] == 5
    for said in answers.values():
        wrong = said[said["target"] != said["predicted"]]
        assert len(figures.open_works("confusions", wrong).works) >= 3


def test_an_answer_is_right_or_wrong_the_surest_first(fetched):
    rows = open_works.displayed("hands").iloc[:2]
    said = {
        "work_id": [*rows["work_id"], "w"],
        "predicted": [1, 0, 0],
        "target": [0, 0, 0],
        "confidence": [0.6, 0.9, 1],
    }
    table = pd.DataFrame(said)
    table.attrs["classes"] = ["French", "Dutch"]
    told = [one.get_text() for one in page(figures.open_works("hands", table)).soup.select(".artlib-said")]
    assert told == ["said French, 90%: right", "said Dutch, 60%: the museum says French"]


def test_nothing_of_a_table_becomes_markup(fetched, monkeypatch):
    evil = '"><script>alert(1)</script><img src=//example.org/x.png>'
    columns = dict.fromkeys(("title", "artist", "date_text", "credit", "licence", "alt", "culture", "object"), evil)
    monkeypatch.setattr(open_works, "displayed", lambda use: fetched.iloc[:2].assign(**columns))
    html = page(figures.open_works("front", "culture", by="artist")).soup
    assert not html.select("script")
    assert len(html.select("img")) == 2
    assert not check.findings([page(figures.open_works("front", "culture", by="artist"))])
    assert "<script" not in real_works.credit_line(fetched.iloc[:2].assign(**columns))


def test_until_they_are_fetched_a_drawn_figure_says_so():
    drawn = figures.Figure(None, "A drawn boat.", "A boat.")
    assert figures.open_works("hands", instead=lambda: drawn).caption == f"A boat. {real_works.FETCH}"
    assert "make pictures" in figures.open_works("sources")._repr_html_()
    assert figures.open_pictures("describe", 32) is None


@pytest.mark.parametrize("there", [False, True], ids=["none fetched", "fetched"])
def test_pictures_of_the_reader_stay_where_the_book_would_show_its_own(request, there):
    if there:
        request.getfixturevalue("fetched")
    own = figures.Figure(None, "A boat of the reader's.", "A boat.")
    own.badge = badge.Badge(False, kinds=frozenset(["real"]))
    assert figures.open_works("hands", instead=own) is own
    assert own.caption == "A boat."


def test_maps_lie_beside_their_works_and_a_broken_picture_is_left_out(fetched):
    met = figures.open_pictures("describe", 32)
    maps = {"summed feature map": np.random.default_rng(0).random((len(met), 8, 8))}
    assert len(page(figures.open_works("describe", beside=maps)).soup.select("img")) == 2 * len(met)
    Path(open_works.displayed("describe")["path"].iloc[0]).write_bytes(b"no picture")
    assert len(page(figures.open_works("describe")).soup.select("img")) == len(met) - 1
    with pytest.raises(figures.FigureError, match="another number"):
        figures.open_works("describe", beside=maps)


def test_the_map_of_cultures_has_a_work_in_each_place(fetched):
    runs = experiments.recorded("culture-map-shown-real")
    drawn = culture_figures.pictured_map(runs)
    names = set(open_works.displayed("cultures")["culture"])
    assert f"{len(drawn.figure.axes[0].images)} with a work" in drawn.alt
    assert len(drawn.figure.axes[0].images) >= 9
    assert drawn.credit.count("](https://www.metmuseum.org/") == len(drawn.figure.axes[0].images) <= len(names)
    close = np.random.default_rng(0).normal(size=(11, 2))
    at = culture_figures._pushed_apart(pd.DataFrame(close, columns=["x", "y"]), (7.3, 5.8)).to_numpy()
    gaps = np.abs(at[:, None] - at[None])[np.triu_indices(11, 1)]
    assert (gaps > 0.999).any(axis=1).all(), "two works cover each other"

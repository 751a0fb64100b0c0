"""A map of a collection: where works lie, what the plane keeps, what the page is told, and what is missing."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from typer.testing import CliRunner

from artlib import collections, figures, tasks, works
from artlib.collections.museum import truth
from artlib.evaluate import similarity
from artlib.figures import FigureError
from artlib.figures.maps import plane, sheets, tsne
from artlib.pixels import Pictures
from artlib.works import Collection, WorksError

N = 60


@pytest.fixture(scope="module")
def pictures():
    """Three colours, sixty works; titles in several scripts and with everything that could break a page."""
    kinds = np.arange(N) % 3
    shades = np.array([[60, 120, 60], [50, 90, 170], [190, 140, 110]])[kinds]
    noise = np.random.default_rng(0).integers(-30, 30, (N, 16, 16, 3))
    frame = works.check(
        pd.DataFrame({
            "work_id": [f"w{i}" for i in range(N)], "image": [f"{i}.png" for i in range(N)],
            "artist": np.array(["<b>A</b> & \"B\"", "李白", "محمود سعيد"], object)[kinds],
            "title": ["</script><script>alert(1)</script>", *["Étude"] * (N - 1)],
            "style": np.array(["dots", "washes", None], object)[kinds],
            "materials": ["oil; canvas"] * N, "year_begin": [None, *range(1800, 1800 + N - 1)],
            "year_end": [None, *range(1800, 1800 + N - 1)], "url": "javascript:alert(1)",
        }),
        "test",
    )  # fmt: skip
    return Pictures(frame, (shades[:, None, None] + noise).astype("uint8"), 16, "colours", frame.iloc[:0], "colours")


@pytest.fixture(scope="module")
def features(pictures):
    flat = pictures.pixels.reshape(N, -1).astype(float)
    return similarity.features_from_vectors(flat - flat.mean())


@pytest.fixture(scope="module")
def drawn(pictures, features):
    return figures.collection_map(pictures, {"colour": features})


def some(pictures, rows, **columns):
    frame = pictures.works.iloc[rows].reset_index(drop=True).assign(**columns)
    return Pictures(frame, pictures.pixels[rows], 16, "some", frame.iloc[:0], f"some{len(rows)}")


def held(drawn):
    soup = BeautifulSoup(drawn._repr_html_(), "html.parser")
    return soup, json.loads(soup.find("script", type="application/json").string)


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_likeness_keeps_neighbours_that_luck_does_not(pictures, features):
    near = plane.neighbours(features, pictures.works)
    assert (near % 3 == np.arange(N)[:, None] % 3).all()
    laid, lucky = tsne.alike(features), np.random.default_rng(0).random((N, 2))
    assert plane.kept(laid, near, pictures.works).low > plane.kept(lucky, near, pictures.works).high
    assert laid.min() >= 0
    assert laid.max() <= 1


def test_the_share_kept_is_the_share_of_true_neighbours_among_as_many_on_the_plane():
    """Eight works on a line, two neighbours each; one true neighbour is named wrongly."""
    line = np.c_[np.linspace(0, 1, 8), np.full(8, 0.5)]
    near = np.array([[1, 2], *([i - 1, i + 1] for i in range(1, 7)), [6, 5]])
    frame = pd.DataFrame({"work_id": list("abcdefgh")})
    assert plane.kept(line, near, frame).value == pytest.approx(1.0)
    near[0, 1] = 7
    assert plane.kept(line, near, frame).value == pytest.approx(15 / 16)
    # Another picture of the same work is no neighbour, here as there.
    assert plane.kept(line, near, frame.assign(work_id=list("aacdefgh"))).value < 1


def test_t_sne_agrees_with_scikit_learn():
    """Other implementations find another plane, which keeps as many neighbours."""
    from sklearn.manifold import TSNE

    x = np.random.default_rng(0).normal(size=(6, 8))[np.arange(150) % 6] + np.random.default_rng(1).normal(
        size=(150, 8)
    )
    features, frame = similarity.features_from_vectors(x), pd.DataFrame({"work_id": np.arange(150).astype(str)})
    near = plane.neighbours(features, frame)
    theirs = TSNE(metric="cosine", init="random", random_state=0).fit_transform(features.values)
    ours, theirs = (plane.kept(xy, near, frame).value for xy in (tsne.alike(features), theirs))
    assert ours == pytest.approx(theirs, abs=0.05)
    assert ours > 0.3


def test_works_by_date_stand_in_the_order_of_their_years(pictures):
    laid = plane.by_date(pictures.works, range(N))
    years = pictures.works["year_begin"].to_numpy("float64", na_value=np.nan)
    assert (np.diff(laid.xy[1:, 0][np.argsort(years[1:])]) >= -laid.cell * 3).all()
    assert laid.xy[0, 0] > laid.xy[1:, 0].max()
    assert laid.missing == "1 works have no year"
    assert laid.marks[-1][0] == "no year"
    far = np.abs(laid.xy[:, None] - laid.xy[None]).max(2) + np.eye(N)
    assert far.min() > 0.99 * laid.cell, "two works lie on each other"


def test_a_label_of_many_values_has_forty_blocks_and_the_rest_together(pictures):
    rows = np.arange(5_000) % N
    many = some(pictures, rows, work_id=[f"w{i}" for i in range(5_000)], style=[f"s{i}" for i in range(5_000)])
    laid = plane.by_label(many.works, "style", range(5_000))
    assert len(laid.marks) == plane.MOST_BLOCKS + 1
    assert laid.marks[-1][0] == "other (4,960)"
    assert "5,000 values of style" in laid.missing
    assert laid.xy.min() >= 0
    assert laid.xy.max() <= 1
    assert len(np.unique(laid.xy.round(6), axis=0)) == 5_000


def test_the_page_is_told_the_works_in_its_own_order(pictures, drawn):
    soup, told = held(drawn)
    ids = told["texts"]["work_id"]
    rows = np.array([int(name[1:]) for name in ids])
    assert sorted(rows) == list(range(N))
    xy = unpacked(told["layouts"][0]["xy"], "<u2").reshape(-1, 2) / 65_535
    assert np.abs(xy - drawn.layouts[0].xy[rows]).max() < 1e-4
    near = unpacked(told["near"]["0"], "<u2").reshape(N, 10)
    assert (rows[near] == drawn.near["colour"][rows]).all()
    facets = {one["name"]: one for one in told["labels"]}
    assert facets["style"]["values"] == ["dots", "washes"]
    codes = unpacked(facets["style"]["codes"], "<i2")
    assert [("dots", "washes", None)[code] for code in codes] == [pictures.works["style"][row] for row in rows]
    assert facets["materials"]["lists"][0] == [0, 1]
    sheet = Image.open(io.BytesIO(base64.b64decode(told["sheets"]["files"][0].partition(",")[2]))).convert("RGB")
    first = np.asarray(sheet)[:64, :64].mean((0, 1))
    assert np.abs(first - pictures.pixels[rows[0]].mean((0, 1))).max() < 12
    assert soup.find("img")["alt"].startswith("60 works of colours as small pictures, laid alike: colour.")


def test_nothing_in_a_table_of_works_becomes_code(drawn):
    html = drawn._repr_html_()
    assert "<script>alert" not in html
    assert "<b>A</b>" not in html
    assert json.loads(BeautifulSoup(html, "html.parser").find("script", type="application/json").string)


def test_what_is_missing_is_said_in_one_line_and_there_is_a_map(pictures, features):
    bare = pictures.works.drop(columns=["year_begin", "year_end", "style", "artist", "title", "materials", "url"])
    cases = {
        "no features": (pictures, None),
        "too few works": (some(pictures, [0]), similarity.features_from_vectors(features.values[:1])),
        "all works are alike": (pictures, similarity.features_from_vectors(np.ones((N, 4)))),
        "no work has a year": (Pictures(bare, pictures.pixels, 16, "bare", bare.iloc[:0], "bare"), features),
        "1 works have no year": (pictures, features),
        "2 pictures cannot be decoded": (
            Pictures(
                pictures.works, pictures.pixels, 16, "x", pd.DataFrame({"image": "ab", "reason": list("ab")}), "x"
            ),
            features,
        ),
    }
    for expected, (shown, given) in cases.items():
        likeness = given is not None and (len(given) < N or np.ptp(given.values) < 1e-6)
        drawn = figures.collection_map(shown, given, None if likeness else ["date"])
        assert expected in drawn.missing
        assert "\n" not in drawn.missing
        soup, told = held(drawn)
        assert told["n"] == len(shown)
        assert expected in soup.find(class_="artlib-map-missing").text


def test_works_without_features_are_not_shown(pictures, features):
    some_features = similarity.features_from_vectors(features.values[10:20], range(10, 20))
    drawn = figures.collection_map(pictures, some_features, ["alike"])
    assert drawn.missing.startswith("50 works whose features are not given")
    assert list(drawn.pictures.works["work_id"]) == [f"w{i}" for i in range(10, 20)]
    assert drawn.pictures.key != pictures.key
    assert (drawn.pictures.pixels == pictures.pixels[10:20]).all()


def test_forty_labels_are_forty_choices(pictures, features):
    frame = pictures.works.assign(**{f"mine {k}": np.array(["a", "b"], object)[np.arange(N) % 2] for k in range(40)})
    drawn = figures.collection_map(Pictures(frame, pictures.pixels, 16, "x", frame.iloc[:0], "x"), features, ["style"])
    assert len(drawn.labels) == 40 + 3
    soup, _ = held(drawn)
    assert len(soup.find("select", attrs={"name": "label"}).find_all("option")) == 1 + 43


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layouts": ["likeness"]}, "There is no layout or label 'likeness'"),
        (
            {"features": similarity.features_from_vectors(np.ones((3, 2)), [8, 9, N])},
            "are of 3 pictures that are not these 60",
        ),
    ],
)
def test_a_map_that_cannot_be_made_says_why(pictures, options, said):
    with pytest.raises(FigureError, match=re.escape(said)):
        figures.collection_map(pictures, **options)


class Broken:
    """A source of pictures in their own shape, of which one cannot be read; it counts."""

    def __init__(self):
        self.read_images = []

    def read(self, image, size):
        self.read_images.append(image)
        if image == "3.png":
            raise works.PictureError("it is torn")
        return np.full((2 * size, size, 3), 200, "uint8")

    def fingerprint(self, image):
        return image


def test_a_folder_stands_alone_goes_on_and_loses_only_the_picture_that_fails(pictures, drawn, tmp_path):
    source = Broken()
    whole = Collection("colours", pictures.works, source)
    index = drawn.save(tmp_path / "map", whole)
    page = BeautifulSoup(index.read_text(encoding="utf-8"), "html.parser")
    loaded = [tag.get("src") or tag.get("href") for tag in page.find_all(["script", "link", "img"])]
    assert [
        name for name in loaded if name and not name.startswith("data:") and not (index.parent / name).exists()
    ] == []
    told = json.loads((index.parent / "data.js").read_text(encoding="utf-8").removeprefix("artlibMapData = "))
    named = {
        *told["sheets"]["files"],
        *told["large"]["files"],
        *(f for one in told["layouts"] for f in one["overview"]),
    }
    assert {path.name for path in index.parent.glob("*.webp")} == named
    shapes = unpacked(told["shapes"], "u1").reshape(N, 2)
    rows = list(drawn.order)
    assert (np.delete(shapes, rows.index(3), axis=0) == [128, 255]).all()
    assert (shapes[rows.index(3)] == 255).all()
    # Stopped after the first large sheet: only what is not there yet is read again.
    lost = index.parent / told["large"]["files"][-1]
    lost.unlink()
    source.read_images.clear()
    drawn.save(tmp_path / "map", whole)
    assert lost.exists()
    assert len(source.read_images) == N % 25


def test_pictures_keep_the_shape_that_their_table_tells(pictures):
    shaped = some(pictures, np.arange(3), width=[200, 100, None], height=[100, 200, 50])
    assert sheets.shapes(shaped).tolist() == [[1, 0.5], [0.5, 1], [1, 1]]


def test_a_selection_is_a_table_and_a_label_for_a_new_task(pictures):
    chosen = works.select(pictures.works, ["w4", "w1"])
    assert list(chosen["work_id"]) == ["w1", "w4"]
    marked = works.mark(pictures.works, "my circle", ["w4", "w1"])
    assert tasks.make(marked, "my circle").classes == ("inside", "outside")
    assert (marked["my circle"] == "inside").sum() == 2
    with pytest.raises(WorksError, match="'v9' for one"):
        works.select(pictures.works, ["w1", "v9"])
    with pytest.raises(WorksError, match="have a column 'style' already"):
        works.mark(pictures.works, "style", ["w1"])


def test_the_truth_is_a_network_under_which_the_culture_counts():
    museum = collections.read("museum", size=200, artists=12, cut="faults")
    seen = similarity.features_from_vectors(truth.vectors(museum))
    found = similarity.neighbours(similarity.index(seen), seen, museum.works)
    by_truth = similarity.precision_at(found, museum.works, "culture").mean()
    assert by_truth > similarity.chance(museum.works, "culture") + 0.2


def test_the_command_makes_a_folder(tmp_path):
    from artlib import __main__, pixels
    from artlib.collections import museum

    mine = pixels.export(pixels.cache(museum.read(12), 32, progress=False), folder=tmp_path / "mine")
    done = CliRunner().invoke(__main__.app, ["map", "table", "--root", str(mine), "--out", str(tmp_path / "map")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "map" / "index.html").exists()
    refused = CliRunner().invoke(__main__.app, ["map", "museum", "--network", "resnet18_s=nowhere"])
    assert refused.exit_code == 1

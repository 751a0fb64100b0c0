"""Figures: shown once, in two resolutions' worth of pixels, with words that say what is in them."""

import base64
import dataclasses
import io
import itertools
import re
import warnings
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artlib import experiments, figures, paths, records
from artlib.evaluate import predictions, statistics
from artlib.figures import FigureError, badge, classes, credits, curves, networks, theme
from artlib.papers import printed
from artlib.papers.culture import figures as culture_figures
from artlib.papers.culture import measures
from artlib.splits import Split
from artlib.tasks import Task

STYLES = ("cubism", "dots", "realism", "washes")


@pytest.fixture(scope="module")
def works():
    """Works of four styles, 40, 30, 20 and 10 of them, realism first; no work of cubism is a marina."""
    style = np.repeat(["realism", "washes", "dots", "cubism"], [40, 30, 20, 10])
    genre = np.where(style == "cubism", "portrait", np.tile(["portrait", "marina"], 50))
    table = pd.DataFrame({"work_id": [f"w{i}" for i in range(100)], "style": style, "genre": genre})
    return table.assign(artist="someone", year_begin=np.repeat([1850, 1700, 1890, 1910], [40, 30, 20, 10]) + 3)


@pytest.fixture(scope="module")
def pictures(works):
    pixels = np.random.default_rng(0).integers(0, 255, (100, 16, 16, 3), dtype=np.uint8)
    return SimpleNamespace(works=works, pixels=pixels, size=16)


@pytest.fixture(scope="module")
def task():
    return Task("style", "category", STYLES)


@pytest.fixture(scope="module")
def predicted(works, task):
    """All right but five dots taken for cubism, with growing confidence."""
    targets = task.targets(works)
    shares = np.full((100, 4), 0.05)
    shares[np.arange(100), targets] = 0.85
    for step, row in enumerate(np.flatnonzero(targets == 1)[:5]):
        shares[row] = [0.6 + 0.05 * step, 0.2, 0.1 - 0.02 * step, 0.1 - 0.03 * step]
    return predictions.from_probabilities(works, np.arange(100), targets, shares)


def history(seed=0, epochs=6, top=0.7):
    rng = np.random.default_rng(seed)
    step = np.arange(epochs)
    valid = 1.5 * np.exp(-step) + 0.05 * step
    accuracy = top - 0.1 * np.abs(step - 3)
    noise = rng.normal(0, 0.001, epochs)
    return pd.DataFrame(
        {"epoch": step + 1, "train_loss": 2 - 0.2 * step, "valid_loss": valid, "accuracy": accuracy + noise}
    )


def _drawn(figure):
    """The figure's PNG as a picture."""
    return Image.open(io.BytesIO(figure.png()))


def everything(works, pictures, task, predicted):
    """One of each figure."""
    estimates = {"a": statistics.interval(np.random.default_rng(1).normal(0.1, 0.2, 50), resamples=200)}
    split = Split(np.arange(70), np.arange(70, 80), np.arange(80, 100), 0, "style")
    table = pd.DataFrame({"task": ["style", "style"], "method": ["frozen", "fine-tuned"], "value": [0.5, 0.6]})
    summary = pd.DataFrame(
        {"layer": ["conv1", "fc"], "kind": ["", ""], "output shape": ["8x4x4", "4"], "parameters": [200, 36]}
    )
    points = pd.DataFrame(
        np.random.default_rng(2).normal(size=(5, 3)), ["Chinese", "Dutch", "French", "Indian", "Norse"]
    )
    apart = measures.distances(points)
    return {
        "chords": culture_figures.chords(apart),
        "overlays": figures.overlays(pictures, [0, 1], {"map": np.ones((2, 4, 4))}, names=["a", "b"]),
        "sheet": figures.sheet(pictures, rows="style", columns="genre"),
        "class_sizes": figures.class_sizes(works, task, split),
        "timeline": figures.timeline(works),
        "learning_curve": figures.learning_curve([history(0), history(1)]),
        "confusion": figures.confusion(predicted, task),
        "mistakes": figures.mistakes(pictures, predicted, task),
        "accuracy": figures.accuracy(table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1, chance=0.25)),
        "estimates": figures.estimates(estimates),
        "resamples": figures.resamples(estimates["a"]),
        "network": figures.network(summary),
    }


def test_every_figure_has_words_and_is_shown_once(works, pictures, task, predicted):
    import matplotlib.pyplot as plt

    for name, figure in everything(works, pictures, task, predicted).items():
        data, metadata = figure._repr_mimebundle_()
        (kind,) = metadata
        said = metadata[kind]
        assert len(said["alt"]) > 60, name
        assert not re.search(r"\.(png|svg)$|nan|None", said["alt"] + said["caption"]), (name, said)
        assert said["caption"].endswith("."), name
        picture = Image.open(io.BytesIO(base64.b64decode(data[kind])))
        assert abs(picture.width - 2 * said["width"]) <= 2, name
        assert said["width"] <= 700, name
        assert picture.convert("RGBA").getextrema()[3] == (255, 255), name
        assert said["caption"][:20] in data["text/html"].replace("<strong>", "**"), "JupyterLab shows the caption too"
    assert plt.get_fignums() == []


def test_the_style_file_has_the_colours_of_the_theme():
    import matplotlib

    before = dict(matplotlib.rcParams)
    with theme.look():
        drawn = matplotlib.rcParams
        colours = [drawn[key] for key in ("axes.facecolor", "text.color", "axes.edgecolor", "grid.color")]
        assert colours == [theme.PAPER, theme.INK, theme.MUTED, theme.FAINT]
    assert dict(matplotlib.rcParams) == before


def test_own_words_take_the_place_of_computed_ones(pictures, tmp_path):
    figure = figures.sheet(pictures, n=4, caption="Mine.", alt="What I see.", name="fig-mine")
    assert next(iter(figure._repr_mimebundle_()[1].values())) == {
        "alt": "What I see.", "caption": "Mine.", "name": "fig-mine", "width": figure.width
    }  # fmt: skip
    assert "name" not in next(iter(figures.sheet(pictures, n=4)._repr_mimebundle_()[1].values()))
    assert Image.open(figure.save(tmp_path / "new" / "sheet.png")).format == "PNG"


def test_pictures_are_kept_small_and_lines_sharp(works, task):
    smooth = np.random.default_rng(0).integers(0, 255, (100, 4, 4, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    sheet = figures.sheet(SimpleNamespace(works=works, pixels=smooth, size=32), n=16)
    assert sheet.encoded()[0] == "image/jpeg"
    assert 2 * len(sheet.encoded()[1]) < len(sheet.png())
    kind, lines = figures.class_sizes(works, task).encoded()
    assert kind == "image/png"
    whole = np.asarray(_drawn(figures.class_sizes(works, task)).convert("RGB"), int)
    assert np.percentile(abs(np.asarray(Image.open(io.BytesIO(lines)).convert("RGB"), int) - whole), 99) <= 8


def test_drawing_leaves_the_readers_settings_alone(pictures):
    import matplotlib

    with matplotlib.rc_context({"font.size": 23}):
        figures.sheet(pictures, n=4).png()
        assert matplotlib.rcParams["font.size"] == 23


def test_a_sheet_says_what_its_rows_are_and_which_cells_are_empty(pictures):
    alt = figures.sheet(pictures, rows="style", columns="genre").alt
    assert "7 pictures" in alt
    assert "cubism, dots, realism and washes" in alt
    assert "1 cells are empty" in alt
    assert "32 pictures" in figures.sheet(pictures).alt
    with pytest.raises(FigureError, match="no values in column 'smell'"):
        figures.sheet(pictures, rows="smell")


def test_a_sheet_by_a_label_that_nobody_has_is_sorted_by_the_other(pictures):
    nobody = SimpleNamespace(**{**vars(pictures), "works": pictures.works.drop(columns="genre")})
    shown = figures.sheet(nobody, rows="style", columns="genre")
    assert "No work here has a genre, so they are sorted by style alone." in shown.caption
    with pytest.raises(figures.FigureError, match="no values in column 'colour'"):
        figures.sheet(pictures, rows="colour")


def test_labels_that_never_meet_do_not_make_a_sheet_of_holes(works, pictures):
    genre = works["genre"].where(works["style"] == "dots", None)
    style = works["style"].where(works["style"] != "dots", None)
    apart = SimpleNamespace(works=works.assign(genre=genre, style=style), pixels=pictures.pixels, size=16)
    figure = figures.sheet(apart, rows="style", columns="genre")
    assert "24 pictures" in figure.alt
    assert "Each column" not in figure.alt
    assert "Hardly any work here has both a style and a genre" in figure.caption


@pytest.fixture
def credited(pictures):
    """The pictures as if four people and two museums were to be thanked."""
    credit = np.array([f"Gift of person {i}" for i in range(4)], object)[np.arange(100) % 4]
    museum = np.where(np.arange(100) < 70, "Museum A", "Museum B")
    return SimpleNamespace(
        works=pictures.works.assign(credit=credit, source=museum, licence="CC0-1.0"), pixels=pictures.pixels, size=16
    )


def below(figure):
    (said,) = figure._repr_mimebundle_()[1].values()
    return said["caption"]


def test_credits_stand_beneath_the_pictures_that_are_shown(credited, predicted, task):
    few = SimpleNamespace(works=credited.works[:2], pixels=credited.pixels)
    assert figures.sheet(few).credit == "Pictures: Gift of person 0 (CC0-1.0); Gift of person 1 (CC0-1.0)."
    assert below(figures.sheet(few, caption="Mine.")).startswith("Mine. Pictures: Gift of")
    many = figures.sheet(credited).credit
    assert many.startswith("Pictures: Museum A (CC0-1.0); Museum B (CC0-1.0); each work's own credit")
    assert "Gift" in figures.mistakes(credited, predicted, task, n=2).credit
    lit = figures.overlays(credited, [3], {"map": np.ones((1, 4, 4))})
    assert lit.credit == "Pictures: Gift of person 3 (CC0-1.0)."
    mixed = credited.works.assign(licence=[f"licence of {i}" for i in range(100)])
    mixed = figures.sheet(SimpleNamespace(works=mixed, pixels=credited.pixels)).credit
    assert mixed.startswith("Pictures: Museum A; Museum B; each")
    nameless = SimpleNamespace(works=credited.works.drop(columns=["source", "licence"]), pixels=credited.pixels)
    assert "and 1 other credit; each" in figures.sheet(nameless).credit


def test_where_nobody_is_credited_nothing_changes(pictures):
    drawn = pictures.works.assign(licence="CC0-1.0", source="museum")
    assert credits.line(pictures.works) == credits.line(drawn) == credits.line(drawn.assign(credit=None)) == ""
    figure = figures.sheet(SimpleNamespace(works=drawn, pixels=pictures.pixels, size=16), n=2)
    assert below(figure) == figure.caption


def test_a_credit_is_shown_as_it_is_written_whatever_is_in_it(credited):
    from markdown_it import MarkdownIt

    hostile = '<script>alert(1)</script> [a](http://evil) *b* _c_ `d` $e$ {role}`f` \\ & "g"\n\n# h'
    works = credited.works[:1].assign(credit=hostile, licence="<b>")
    figure = figures.sheet(SimpleNamespace(works=works, pixels=credited.pixels))
    page = MarkdownIt("commonmark").render(figure.credit)
    assert re.findall(r"<[^>]*>", page) == ["<p>", "</p>"]
    for html in (page, figure._repr_mimebundle_()[0]["text/html"]):
        shown = []
        parser = HTMLParser()
        parser.handle_data = shown.append
        parser.feed(html)
        assert "".join(shown).strip().endswith(f"Pictures: {' '.join(hostile.split())} (<b>).")
    long = figures.sheet(SimpleNamespace(works=credited.works[:1].assign(credit="x" * 300), pixels=credited.pixels))
    assert len(long.credit) < 130


def test_a_sheet_shows_a_picture_where_it_belongs():
    works = pd.DataFrame({"work_id": list("ab"), "style": ["dots", "washes"]})
    pixels = np.stack([np.full((8, 8, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200))])
    drawn = _drawn(figures.sheet(SimpleNamespace(works=works, pixels=pixels, size=8), rows="style", n=1)).convert("RGB")
    across = drawn.width * 2 // 3
    column = [drawn.getpixel((across, y)) for y in range(drawn.height)]
    assert column.index((200, 0, 0)) < column.index((0, 0, 200))


def test_class_sizes_say_the_largest_the_smallest_and_the_baseline(works, task):
    figure = figures.class_sizes(works, task)
    assert "Largest: realism 40, washes 30 and dots 20" in figure.alt
    assert "Always saying realism would be right for 40%" in figure.alt
    assert "4 times as many" in figure.caption
    alike = works.groupby("style").head(10).reset_index(drop=True)
    assert "all classes are about as large" in figures.class_sizes(alike, task).caption
    many = pd.DataFrame({"artist": [f"artist {i:02d}" for i in range(60) for _ in range(i + 1)]})
    tail = classes.class_sizes(many, Task("artist", "category", tuple(sorted(set(many["artist"])))))
    assert "60 classes" in tail.alt
    with pytest.raises(FigureError, match="No work has a label"):
        figures.class_sizes(works.assign(style=None), task)


def test_what_is_left_out_is_said_on_the_page_where_no_warning_is_shown(works, task, pictures):
    fewer = works.assign(style=works["style"].where(works.index % 10 > 0, None))
    assert "10 of 100 works have no label and are left out." in figures.class_sizes(fewer, task).caption
    assert "style: 10 of 100 works have no label" in figures.distributions({"style": (fewer, task)}).caption
    assert "left out" not in figures.class_sizes(works, task).caption
    damaged = SimpleNamespace(**vars(pictures), skipped=pd.DataFrame({"image": ["x"], "reason": ["no JPEG"]}))
    assert "1 pictures that cannot be decoded are left out." in figures.sheet(damaged).caption


def test_a_timeline_orders_by_the_middle_year(works):
    assert "washes 1703, realism 1853, dots 1893 and cubism 1913" in figures.timeline(works).alt
    with pytest.raises(FigureError, match="no column 'school'"):
        figures.timeline(works, by="school")


def test_a_confusion_matrix_says_what_is_mistaken_for_what(predicted, task):
    figure = figures.confusion(predicted, task)
    assert "95% right" in figure.alt
    assert "worst: dots (75%)" in figure.alt
    assert "dots for cubism (5 of 20)" in figure.alt, "with few works a count says more than a share"
    with_two = pd.concat([predicted, predicted.iloc[:1]], ignore_index=True)
    assert f"{len(predicted) + 1} tested pictures of {len(predicted)} works" in figures.confusion(with_two, task).alt
    with pytest.raises(FigureError, match="two classes"):
        figures.confusion(predicted[predicted["target"] == 0], task)


def test_answers_of_several_runs_are_not_called_works(predicted, task):
    twice = pd.concat([predicted.assign(seed=0), predicted.assign(seed=1)], ignore_index=True)
    shown = figures.confusion(twice, task)
    assert f"{len(twice):,} answers in 2 runs" in shown.alt
    assert shown.figure.axes[0].get_ylabel() == "true (answers in 2 runs)"
    assert f"{len(predicted):,} tested pictures" in figures.confusion(predicted, task).alt


def test_classes_that_are_confused_stand_side_by_side():
    counts = pd.DataFrame(np.eye(6) * 80, index=list("abcdef"), columns=list("abcdef"))
    for one, other in ("ae", "bf", "cd"):
        counts.loc[one, other] = counts.loc[other, one] = 20
    order = classes._similar(counts)
    assert all(abs(order.index(one) - order.index(other)) == 1 for one, other in ("ae", "bf", "cd"))


def test_of_many_classes_those_that_are_confused_most_are_shown_and_all_in_the_numbers():
    names = [f"class {k}" for k in range(20)]
    said = [(a, a + 1 if a in (3, 8) else a) for a in range(20) for _ in range(10)]
    works = pd.DataFrame({"work_id": [str(n) for n in range(len(said))]})
    shares = np.eye(20)[[b for _, b in said]]
    tested = predictions.from_probabilities(works, np.arange(len(said)), [a for a, _ in said], shares)
    shown = figures.confusion(tested, names)
    labels = [label.get_text() for label in shown.figure.axes[0].get_xticklabels()]
    assert {"class 3", "class 4", "class 8", "class 9"} < set(labels)
    assert labels[-1] == "8 others"
    assert "12 of 20 classes" in shown.caption
    assert len(shown.data) == 20


def test_mistakes_begin_with_the_surest(pictures, predicted, task):
    figure = figures.mistakes(pictures, predicted, task, n=3)
    assert "1: dots, said to be cubism with 80%" in figure.alt
    assert "3 pictures" in figure.alt
    assert "5% of 100" in figure.caption
    assert "1: dots, said to be cubism with 60%" in figures.mistakes(pictures, predicted, task, most="close", n=1).alt
    right = predicted[predicted["target"] == predicted["predicted"]]
    with pytest.raises(FigureError, match="no mistake to show"):
        figures.mistakes(pictures, right, task)


def test_a_learning_curve_marks_the_best_epoch():
    assert "kept: epoch 4, with 70%" in figures.learning_curve(history()).alt
    learner = SimpleNamespace(history=history(), best_epoch=2)
    assert "kept: epoch 2, with 50%" in figures.learning_curve(learner).alt, "what the learner kept, not the highest"
    level = history().assign(accuracy=0.5, valid_loss=[3.0, 2.0, 1.0, 2.0, 3.0, 4.0])
    assert "kept: epoch 3" in figures.learning_curve(level).alt, "among equals the lowest loss"
    several = figures.learning_curve({"slow": history(top=0.5), "quick": [history(1), history(2)]})
    assert "quick 70% at epoch 4 and slow 50% at epoch 4" in several.alt
    assert "medians of 2 runs" in several.caption
    with pytest.raises(FigureError, match="a learner that has run"):
        curves.learning_curve(pd.DataFrame())


def test_names_of_lines_that_end_alike_stand_apart_and_inside_the_axes():
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "valid_loss": [2.0, 1.0]})
    ends = {"a": 0.70, "b": 0.701, "c": 0.702, "d": 0.703, "low": 0.3}
    shown = figures.learning_curve({name: history.assign(accuracy=[0.1, end]) for name, end in ends.items()})
    right = shown.figure.axes[1]
    shown.figure.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in right.texts), key=lambda box: box.y0)
    assert len(boxes) == 5
    assert all(above.y0 >= below.y1 - 1 for below, above in itertools.pairwise(boxes))
    assert boxes[-1].y1 <= right.get_window_extent().y1 + 7
    assert [text.get_text().strip() for text in right.texts] == ["low", "a", "b", "c", "d"]


def test_estimates_say_better_or_worse_in_words():
    def made(low, high):
        return statistics.Estimate((low + high) / 2, low, high, 100, 0.03, 0.01)

    figure = figures.estimates({"skip-first": made(-0.01, 0.02), "only-last": made(-0.09, -0.05)})
    assert "skip-first: +0.5 [−1.0, +2.0], at least as good" in figure.alt
    assert "At least as good: the interval holds zero" in figure.caption
    assert "only-last: −7.0 [−9.0, −5.0], worse" in figure.alt


@pytest.fixture(scope="module")
def runs(tmp_path_factory, works, task, predicted):
    """Two methods, five seeds each, one of them with every eighth answer spoilt."""
    folder = tmp_path_factory.mktemp("results")
    spoilt = predicted.copy()
    spoilt.loc[::8, ["predicted", "rank"]] = [3, 2]
    for method, table in (("fine-tuned", predicted), ("frozen", spoilt)):
        for seed in range(5):
            cell = {"task": "style", "method": method, "draw": 0, "repeat": 0, "fold": None}
            record = {
                "paper": "finetuning",
                "experiment": "transfer",
                "preset": "cpu",
                "collection": "real",
                "cell": cell,
            }
            record |= {"seed": seed, "metrics": {}, "minutes": 1.5 + seed, "classes": list(STYLES), "device": "a test"}
            records.write({**record, "versions": {}, "commit": "none"}, table, folder)
    return records.read("finetuning", folder=folder)


def test_methods_are_compared_with_intervals_and_chance(runs):
    figure = figures.accuracy(runs)
    assert "fine-tuned 95%" in figure.alt
    assert "chance 40%" in figure.alt
    table = figures.summary(runs, ("task", "method"))
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    assert "minutes" in figures.accuracy(runs, metric="minutes").figure.axes[0].get_xlabel()
    with pytest.raises(FigureError, match="no school"):
        figures.accuracy(runs, by="school")


class _Words(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.cells, self.tags = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.cells.append(data.strip())


def test_a_table_puts_ours_beside_the_papers(runs):
    theirs = pd.DataFrame({"style": [0.563, 0.516]}, index=["fine-tuned", "frozen"])
    table = figures.table(runs, beside=theirs)
    assert table.frame.loc["frozen", ("style", "paper")] == "51.6"
    assert table.frame.loc["fine-tuned", ("style", "ours")].startswith("95.0 [")
    read = _Words(table._repr_html_())
    assert "95.0" in read.cells
    assert [attrs["scope"] for tag, attrs in read.tags if tag == "th"].count("row") == 2
    assert "caption" in [tag for tag, _ in read.tags]


def test_a_table_without_runs_shows_the_paper_alone():
    beside = printed.table("finetuning", 3)["WikiArt"]
    table = figures.table(pd.DataFrame(), rows="scenario", beside=beside)
    assert list(table.frame.index) == ["all", "skip-first", "skip-first-two", "only-last-three", "only-last"]
    assert table.frame.loc["only-last", ("style", "paper")] == "51.6"
    assert "not recorded yet" in table.caption
    assert "&lt;b&gt;" in figures.table(pd.DataFrame(), beside=pd.DataFrame({"<b>": [1.0]}))._repr_html_()


def test_means_of_recorded_numbers_and_how_many_times_the_one_is_of_the_other():
    runs = pd.DataFrame({"cell.method": ["a", "a", "b"], "cell.pictures": "ours", "minutes": [2.0, 4.0, 1.0]})
    assert figures.means(runs, ["method"], {"minutes": "time"})["time"].to_dict() == {"a": 3.0, "b": 1.0}
    table = figures.means(runs, ["pictures", "method"], {"minutes": "time"}, ratio=("a", "b"))
    assert table.loc[("ours", "time")].to_dict() == {"a": 3.0, "b": 1.0, "ratio": 3.0}
    assert repr(figures.means(runs.iloc[:0], ["method"], {"minutes": "time"})) == "Not recorded yet."


def test_what_is_not_recorded_yet_says_so_and_how_to_make_it():
    none = pd.DataFrame()
    none.attrs["experiment"] = "grid-cpu"
    for draw in (figures.accuracy, figures.table, figures.variances, figures.affinity):
        note = draw(none)
        assert repr(note) == "Not recorded yet: artlib experiment grid-cpu", draw
        assert "<p" in note._repr_html_()
        assert repr(draw(pd.DataFrame())) == "Not recorded yet."
    assert repr(figures.estimates({})) == "Not recorded yet."


def test_a_network_says_what_is_frozen():
    layers = ["conv1", "conv2", "fc6", "fc7", "fc8"]
    shapes = ["96x27x27", "256x13x13", "4096", "4096", "27"]
    summary = pd.DataFrame(
        {"layer": layers, "output shape": shapes, "parameters": [100, 200, 300, 300, 100], "kind": ""}
    )
    figure = figures.network(summary)
    assert "all: nothing frozen; skip-first: conv1 frozen; skip-first-two: conv1 and conv2 frozen" in figure.alt
    assert "only-last: conv1, conv2, fc6 and fc7 frozen" in figure.alt
    assert "1,000 parameters" in figure.caption
    assert "mine: conv1 frozen" in figures.network(summary, {"mine": layers[1:]}).alt
    assert networks._told("96x27x27") == "96×27²"
    with pytest.raises(FigureError, match="Unknown scenario"):
        figures.network(summary, ["some"])


def test_equal_layers_of_a_deep_network_are_drawn_as_one():
    names = ["embed", *(f"blocks.{k}" for k in range(12)), "head"]
    table = pd.DataFrame({"layer": names, "kind": "x", "output shape": ["17x8"] * 12 + ["8", "5"], "parameters": 100})
    shown = figures.network(table)
    assert "Network of 6 layers" in shown.alt
    assert "blocks.1-9 (17x8, 900)" in shown.alt
    assert "only-last-three: embed, blocks.0 and blocks.1-9 frozen" in shown.alt


def test_inks_can_be_read_and_told_apart():
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (*theme.PALETTE, theme.MUTED, theme.INK):
        assert (light(theme.PAPER) + 0.05) / (light(colour) + 0.05) >= 3.0, colour
    styles = theme.styles(["fine-tuned", "frozen", "scratch", "other", "fifth"])
    assert len({colour for colour, _ in styles.values()}) == 5


def test_printed_tables_and_deviations_can_be_had():
    assert printed.table("finetuning", 2).loc[("WikiArt", "artist"), "hybrid"] == 0.791
    assert printed.table("finetuning", 4).loc[("Lecoutre", "WikiArt", "style"), "value"] == 0.628
    variance = printed.table("finetuning", 2).iloc[:, :5].var(axis=1, ddof=0)
    assert np.allclose(variance, printed.table("finetuning", 2)["variance"], rtol=0.04)
    changes = printed.deviations("finetuning")
    assert list(changes.frame) == ["what", "paper", "book", "why"]
    assert changes.frame.notna().all().all()
    assert changes._repr_html_().count("<summary>") == 1
    assert "one split" in str(printed.deviation("finetuning", "Splits"))
    with pytest.raises(printed.PaperError, match="Splits"):
        printed.deviation("finetuning", "Colours")
    with pytest.raises(printed.PaperError, match="Table 9"):
        printed.table("finetuning", 9)
    with pytest.raises(printed.PaperError, match="No paper 'x'"):
        printed.deviations("x")


# ---- where numbers come from ----


def runs_of(preset="cpu", folder=None, collection="museum"):
    path = str((folder or paths.results()) / "x.runs.parquet")
    return pd.DataFrame({"id": ["a", "b"], "preset": preset, "collection": collection, "path": path})


def test_a_badge_says_recorded_only_of_what_lies_in_the_records(tmp_path, pictures):
    assert str(badge.of(runs_of())) == "RECORDED · 2 runs · drawn works"
    assert str(badge.of(runs_of(collection="met"))) == "RECORDED · 2 runs · real works"
    assert str(badge.of(runs_of("smoke", tmp_path))) == "THIS PAGE · 2 runs · size smoke · not a result"
    assert not badge.of(runs_of("smoke")).recorded, "a proof that the code runs is none, wherever it lies"
    assert not badge.of([runs_of(), runs_of("smoke", tmp_path)]).recorded, "one own run makes it the page's"
    assert badge.of(pd.DataFrame({"layer": ["conv1"]})) is None


def test_a_share_of_few_works_stays_between_none_and_all():
    few = statistics.interval([0.0, 1.0, 1.0], resamples=200)
    assert few.high > 1, "else this shows nothing"
    shown = figures.resamples(few, what="accuracy")
    assert shown.alt.endswith("goes from 0.0 to 100.0.")
    assert shown.data["to"].max() <= 100


def test_what_is_no_result_is_not_judged():
    value = statistics.interval(np.random.default_rng(1).normal(0.2, 0.1, 50), resamples=200)
    own = dataclasses.replace(value, origin={"recorded": False, "runs": 2, "kinds": ["drawn"], "preset": "smoke"})
    shown = figures.estimates({"a": own})
    assert shown.alt.startswith("Differences")
    assert "better" not in shown.alt
    assert shown._repr_mimebundle_()[1].popitem()[1]["alt"].startswith("THIS PAGE · 2 runs")
    assert "better" in figures.estimates({"a": value}).alt
    works = SimpleNamespace(works=pd.DataFrame({"work_id": ["a", "b"]}), name="museum")
    given = figures.estimates({"a": value}, origin=SimpleNamespace(pictures=works))
    assert str(given.badge) == "THIS PAGE · 2 drawn works · not a result"
    views = SimpleNamespace(works=pd.DataFrame({"work_id": ["a", "a"]}), name="folder")
    assert str(badge.of(views)) == "THIS PAGE · 2 real pictures"
    assert "better" not in given.alt, "where the data do not say where they are from, the caller does"
    leak = figures.estimates({"a": value}, better="feigned by the leak", worse="lost")
    assert "feigned by the leak" in leak.alt
    assert "better" not in leak.alt


def test_tables_are_shown_in_few_digits_without_gaps_and_row_numbers():
    frame = pd.DataFrame({"metrics.balanced_accuracy": [0.6177447, np.nan], "n_train": [997.0, 12.0]})
    html = figures.listing(frame)._repr_html_()
    assert "balanced accuracy" in html
    assert "training works" in html
    assert "0.618" in html
    assert "997<" in html
    assert not re.search(r"nan|NaN|metrics\.|997\.0|>0</t[dh]>", html)
    assert "<script>" not in figures.listing(pd.DataFrame({"<script>": ["<script>"]}))._repr_html_()


NAMES = (
    "Ca$$h art",
    "under $5 or over $10",
    "a_b^c \\frac{",
    "\u65e5\u672c\u753b",
    "\u05e9\u05dc\u05d5\u05dd",
    "x" * 90,
)


def test_any_text_is_drawn_as_it_is_written():
    long = "Saints: half-length figures with attributes, in a landscape with ruins and travellers"
    names = [*NAMES, long]
    works = pd.DataFrame({"work_id": range(14), "style": names * 2, "image": "a.png", "year_begin": 1800})
    task = Task("style", "category", tuple(names))
    tested = pd.DataFrame({"row": range(7), "target": range(7), "predicted": range(7), "work_id": range(7)})
    tested = tested.assign(rank=1, probability=0.9)
    for drawn in (figures.class_sizes(works, task), figures.confusion(tested, task)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn.png()
        assert long in drawn.alt
        width, _ = drawn.figure.canvas.get_width_height()
        for axes in drawn.figure.axes:
            for shown in (*axes.get_xticklabels(), *axes.get_yticklabels(), axes.title, axes._right_title):
                box = shown.get_window_extent()
                numbered = shown.get_text().replace(".", "").isdigit()  # ticks beyond the axis are not drawn
                assert numbered or not shown.get_text() or (box.x0 > -2 and box.x1 < width + 2 and box.y0 > -2), (
                    shown.get_text()
                )


def test_long_names_lose_their_middle():
    assert theme.cut("Saints in a landscape with travellers", 20) == "Saints in a\u2026vellers"
    assert theme.wrap("one two three four five six", 9, 2).count("\n") == 1
    assert max(map(len, theme.wrap("y" * 200, 13).split("\n"))) <= 24


def test_letters_without_a_font_are_one_warning(monkeypatch):
    figure, axes = theme.canvas(1.0)
    axes.set_title("\U00012000\U00012001\U00012002")
    with pytest.warns(UserWarning, match="boxes") as said:
        figures.Figure(figure, "Signs.").png()
    assert len(said) == 1


def test_every_place_of_a_paper_is_a_page_and_every_study_is_declared():
    declared = set(experiments.declared_studies())
    for paper in paths.table("papers.yaml"):
        for place in paths.table("places.yaml")[paper]:
            assert set(place.get("studies", [])) <= declared, place["item"]
            if place["chapter"]:
                page = next((paths.root() / "book").glob(f"{place['chapter']}.*"), None)
                assert page, place["item"]
                assert place.get("at", "") in page.read_text(encoding="utf-8"), place["item"]
    shown = printed.places("culture", "culture")
    assert shown.folded
    assert 'href="culture.html' not in shown._repr_html_(), "links of a page to itself name their place only"
    told = printed.places("finetuning", "fine-tuning").frame["recorded runs"]
    runs, whole = len(experiments.recorded("transfer-museum")), len(list(experiments.load("transfer-museum").runs()))
    some = f"transfer-museum: {runs}" + f" of {whole}" * (runs < whole)
    assert any(some in one.split(", ") for one in told), "records that are missing are not passed over"


def test_measurements_of_many_units_keep_three_digits_each():
    told = figures.measured("multitask")
    assert "0" not in set(told["ours"]), "a fraction of a second is not zero"
    timed = told["unit"].isin(["s", "ms"])
    assert told.loc[timed, "ratio or difference"].str.startswith("×").all()
    assert not told.loc[~timed, "ratio or difference"].str.startswith("×").any()


def test_a_table_with_columns_of_any_name_is_shown():
    table = pd.DataFrame({"collection": ["museum", "real"], "name": ["a", "b"], "pictures": [1, 2], "works": [3, 4]})
    assert ">real</td>" in figures.listing(table)._repr_html_()


def test_years_are_no_numbers_and_lists_are_words():
    shown = figures.listing(
        pd.DataFrame({"year": [1825.0], "works": [1825], "types": [["oil", "canvas"]]})
    )._repr_html_()
    assert ">1825<" in shown
    assert ">1,825<" in shown
    assert ">oil, canvas<" in shown

"""One's own runs beside the book's: another preset, a wrong collection and a broken training are told apart."""

import pytest

from artlib import records
from artlib.course import compare
from artlib.course.lessons import CourseError

BOOK = {"scratch": 0.40, "frozen": 0.55, "fine-tuned": 0.62}


def write(folder, methods, runs=5, kappa=0.5, **changes):
    """Runs of three methods: accuracies scattered by two points around those given."""
    for method, accuracy in methods.items():
        for seed in range(runs):
            record = {
                "paper": "finetuning", "experiment": "transfer", "preset": "cpu", "collection": "museum", "pixels": 64,
                "cell": {"task": "style", "method": method, "network": "resnet18_s"}, "seed": seed, "device": "cpu",
                "recipe": {"lr": 0.02},
                "metrics": {"accuracy": accuracy + 0.02 * (seed - (runs - 1) / 2), "kappa": kappa},
            }  # fmt: skip
            records.write(record | changes, folder=folder)
    return folder


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return write(tmp_path_factory.mktemp("book"), BOOK)


def told(book, folder):
    (found,) = compare.compare_with_book(folder, book)
    return str(found)


def test_the_same_runs_are_inside_and_in_order(book, tmp_path):
    said = told(book, write(tmp_path, {name: value + 0.01 for name, value in BOOK.items()}, runs=2))
    assert said.count("inside the interval") == 3
    assert "the same order as the book's" in said
    assert "Another" not in said
    assert "Nothing that a record holds differs" in said


def test_another_preset_is_told(book, tmp_path):
    said = told(book, write(tmp_path, {name: value - 0.3 for name, value in BOOK.items()}, runs=2, preset="smoke"))
    assert "Another preset: smoke in yours, cpu in the book's." in said
    assert said.count("below the interval") == 3
    assert "the same order" in said
    assert "broken" not in said


def test_a_wrong_collection_is_told(book, tmp_path):
    turned = {"scratch": 0.62, "frozen": 0.55, "fine-tuned": 0.40}
    said = told(book, write(tmp_path, turned, runs=2, collection="folder"))
    assert "Another collection: folder in yours, museum in the book's." in said
    assert "another order" in said
    assert "Another preset" not in said
    assert "broken" not in said


def test_a_broken_training_is_told(book, tmp_path):
    write(tmp_path, {"fine-tuned": 0.11}, runs=2, kappa=0.0)
    said = told(book, write(tmp_path, {"scratch": 0.40, "frozen": 0.55}, runs=2))
    assert "fine-tuned: 11%, below the interval" in said
    assert said.count("this training is broken") == 1
    assert "Another" not in said.replace("another order", "")


def test_nothing_to_compare_is_said(book, tmp_path):
    with pytest.raises(CourseError, match="no records"):
        compare.compare_with_book(tmp_path / "none", book)
    with pytest.raises(CourseError, match="book has no records of elsewhere"):
        compare.compare_with_book(write(tmp_path, BOOK, runs=1, experiment="elsewhere"), book)


def test_one_run_of_the_book_has_no_interval(tmp_path):
    alone = write(tmp_path / "book", BOOK, runs=1)
    assert "the book has one run" in told(alone, write(tmp_path / "own", BOOK, runs=2))

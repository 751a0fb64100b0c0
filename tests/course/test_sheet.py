"""The sheet of one lesson: which pictures, and how far two people and a network agree."""

import csv

import pytest

from artlib import collections
from artlib.course import sheet
from artlib.course.lessons import CourseError

STYLES = ["Baroque", "Cubism", "Rococo", "Ukiyo-e"]
TRUE = [STYLES[k % 4] for k in range(24)]


def table(file, columns, rows):
    with open(file, "w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(rows)
    return file


@pytest.fixture
def answers(tmp_path):
    rows = [(k + 1, style, style if k < 20 else "Baroque") for k, style in enumerate(TRUE)]
    return table(tmp_path / "answers.csv", ("picture", "museum", "network"), rows)


def test_the_sheet_has_six_pictures_of_each_of_four_styles_and_no_work_twice():
    works = collections.read("museum", size=500, seed=2027).works
    styles, examples, rows = sheet.choose(works, 2027)
    assert works["style"].iloc[examples].to_list() == styles
    assert works["style"].iloc[rows].value_counts().to_dict() == dict.fromkeys(styles, 6)
    assert works["work_id"].iloc[[*examples, *rows]].is_unique
    assert sheet.choose(works, 1)[2] != rows


def test_agreement_is_told_for_people_and_network(tmp_path, answers):
    second = [style if k % 2 else "Rococo" for k, style in enumerate(TRUE)]
    labels = table(tmp_path / "l.csv", ("picture", "first", "second"), zip(range(1, 25), TRUE, second, strict=True))
    said = sheet.agreement(labels, answers).splitlines()
    assert said[1].startswith("The first and the museum: the same on 24 of 24 pictures; kappa 1.00")
    # 18 of 24 the same; by chance a quarter of 6/24 + 6/24 + ... = 0.25, so that kappa is (0.75 - 0.25) / 0.75.
    assert said[0].startswith("The two of you: the same on 18 of 24 pictures; kappa 0.67")
    assert said[3].startswith("The network and the museum: the same on 21 of 24")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(1, "Baroque", "Baroque")], "1 pictures"),
        ([], "0 pictures"),
        ([(k, "", "Rococo") for k in range(1, 25)], "0 pictures"),
    ],
)
def test_too_few_labels_are_said(tmp_path, answers, rows, said):
    labels = table(tmp_path / "l.csv", ("picture", "first", "second"), rows)
    with pytest.raises(CourseError, match=said):
        sheet.agreement(labels, answers)


def test_a_style_that_is_not_on_the_sheet_and_a_table_that_is_none(tmp_path, answers):
    rows = [(k, "Bauhaus", "baroque ") for k in range(1, 25)]
    labels = table(tmp_path / "l.csv", ("picture", "first", "second"), rows)
    assert "Not on the sheet, so counted as wrong: bauhaus." in sheet.agreement(labels, answers)
    with pytest.raises(CourseError, match="columns"):
        sheet.agreement(table(tmp_path / "x.csv", ("a", "b"), [(1, 2)]), answers)
    one = table(tmp_path / "one.csv", ("picture", "first", "second"), [(k, "Rococo", "Rococo") for k in range(1, 25)])
    assert "there is no kappa" in sheet.agreement(one, answers).splitlines()[0]

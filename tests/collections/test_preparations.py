"""The papers' preparations: which works each step keeps, what a funnel prints, and half a million rows in time."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from artlib.collections import preparations
from artlib.works import CollectionError


def works(**columns):
    count = len(next(iter(columns.values())))
    frame = {"work_id": range(count), "image": [f"{row}.jpg" for row in range(count)], **columns}
    return pd.DataFrame(frame)


# --- cultures ---------------------------------------------------------------------------------------------------------

MET = {
    # Culture, nationality, type, object's name: the culture that it counts for, or why not
    (None, "French", "Paintings", "Painting"): "French",
    ("India (Rajasthan, Mewar)", None, "Paintings", "Folio"): "Indian",
    ("Gujarat", None, "Paintings", "Painting"): "Indian",
    ("England", "French", "Paintings", "Painting"): "British",
    ("British (American market)", None, "Paintings", "Painting"): "British",
    ("probably Italy", None, "Paintings", "Painting"): "Italian",
    ("Italian, Venice", None, "Paintings", "Album leaf"): "Italian",
    ("Indian", None, "Paintings", "Leaf from an illustrated manuscript"): "Indian",
    ("French or Italian", None, "Paintings", "Painting"): "with a culture, or else their artist's nationality",
    (None, None, "Paintings", "Painting"): "with a culture, or else their artist's nationality",
    (None, "Netherlandish", "Paintings", "Painting"): "of the paper's 11 cultures",
    ("Japan", None, "Prints", "Print"): "tagged as paintings",
    ("Japan", None, "Paintings", "Hanging scroll"): "cultures with at least 2 works",
    ("French", None, "Paintings", "Snuffboxes"): "paintings by their object's name",
    ("Indian", None, "Paintings", "Illustrated manuscript"): "paintings by their object's name",
}


def test_cultures_as_the_paper_made_them():
    culture, nation, kind, name = zip(*MET, strict=True)
    made = preparations.culture(
        works(culture=culture, nationality=nation, types=[[one] for one in kind], object_name=name), minimum=2
    )
    expected = [label for label in MET.values() if label[0].isupper()]
    assert made.works["culture"].tolist() == expected
    assert made.works.index.tolist() == list(range(len(expected)))
    steps = dict(zip(made.funnel["step"], made.funnel["dropped"], strict=True))
    for reason in (label for label in MET.values() if not label[0].isupper()):
        assert steps[reason] == list(MET.values()).count(reason), reason
    assert made.funnel["works"].tolist() == [15, 14, 12, 11, 10, 8]
    assert made.groups.loc["French"].tolist() == [2, 1, 940, 815]
    assert made.groups.loc["Indian"].tolist() == [4, 3, 559, 372]
    assert made.works["culture_source"][1] == "India (Rajasthan, Mewar)"


def test_other_cultures_on_request_and_cultures_that_are_too_small():
    painted = works(culture=["Korea"] * 3 + ["France"] * 2, types=[["Painting"]] * 5)
    both = preparations.culture(painted, minimum=2, only=False)
    assert both.works["culture"].tolist() == ["Korea"] * 3 + ["French"] * 2
    assert pd.isna(both.groups.loc["Korea", "paper_initial"])
    with pytest.raises(CollectionError, match=r"no work is left\. Steps so far: all works: 5; .*at least 100 works: 0"):
        preparations.culture(painted)
    with pytest.raises(CollectionError, match="no column 'types'"):
        preparations.culture(painted.drop(columns="types"))


def test_a_funnel_prints_as_table_1_does():
    painted = works(
        culture=["France"] * 1200 + ["Japan"], types=[["Paintings"]] * 1201, object_name=["Painting"] * 1201
    )
    lines = str(preparations.culture(painted)).splitlines()
    assert lines[0] == "Cultures of paintings (culture paper, Table 1)"
    assert "all works                                           1,201        0" in lines
    assert "cultures with at least 100 works                    1,200        1" in lines
    assert lines[-2:] == [
        "culture  initial  final  paper initial  paper final",
        "French     1,200  1,200            940          815",
    ]


# --- artists ----------------------------------------------------------------------------------------------------------


def test_artists_with_enough_pictures_on_both_sides():
    names = ["Ann"] * 5 + ["Ben"] * 5 + ["Cy"] * 5 + ["Follower of Ann"] * 9 + ["Unidentified artist"] * 9 + [None] * 9
    sets = ["train"] * 4 + ["test"] + ["train"] * 3 + ["test"] * 2 + ["train"] * 5 + ["train", "test", "test"] * 9
    made = preparations.artist(works(artist=names, set=sets), minimum=4)
    assert made.works["artist"].unique().tolist() == ["Ann"]  # Ben has three training pictures, Cy is never tested
    assert made.funnel["works"].tolist() == [42, 24, 15, 10, 5]
    without = preparations.artist(works(artist=names), minimum=4)
    assert without.works["artist"].unique().tolist() == ["Ann", "Ben", "Cy"]


def test_omniart_drops_unknown_artists_or_makes_them_one_class():
    table = works(
        artist=["ann"] * 3 + ["ben"] * 2 + ["unknown", None, "Anoniem"],
        materials=[["Oiled Papers", "oiled paper"], [], ["Canvas"]] + [["wood"]] * 5,
        year_begin=pd.array([1600, 1600, -20] + [None] * 5, dtype="Int64"),
        year_end=pd.array([1610, 1700, None] + [1800] * 5, dtype="Int64"),
        set=["train", "valid", "test", "train", "test", "train", "test", "test"],
    )
    dropped = preparations.omniart(table, minimum=2)
    assert dropped.works["artist"].tolist() == ["ann"] * 3 + ["ben"] * 2
    assert dropped.works["materials"].tolist()[:4] == [["oil paper"], [], ["canva"], ["wood"]]
    assert dropped.works["year"].tolist()[:2] == [1605, pd.NA]
    assert dropped.works["year"].tolist()[2:4] == [-20, 1800]
    one_class = preparations.omniart(table, minimum=3, unknown="class")
    assert one_class.works["artist"].tolist() == ["ann"] * 3 + ["unknown"] * 5
    assert one_class.groups["final"].to_dict() == {"unknown": 5, "ann": 3}
    assert preparations.omniart(table, minimum=1, tested=1).works["artist"].unique().tolist() == ["ann"]
    with pytest.raises(CollectionError, match="choose one of: drop, class"):
        preparations.omniart(table, unknown="keep")


def test_stems_in_another_language_and_one_that_is_none():
    lists = pd.Series([["geschilderde panelen"], []])
    assert preparations.stemmed(lists, "dutch").tolist() == [["schilder panel"], []]
    with pytest.raises(CollectionError, match="no stemmer for 'klingon'"):
        preparations.stemmed(lists, "klingon")


# --- the nine tasks ---------------------------------------------------------------------------------------------------


def test_the_nine_tasks_and_their_minimum_counts():
    def table(columns):
        return works(**{column: ["a"] * 4000 + ["b"] * 3200 + ["c"] * 95 for column in columns})

    made = {
        source: preparations.finetuning(table(columns), source)
        for source, columns in (
            ("wikiart", ["artist", "style", "genre", "culture"]),
            ("wga", ["artist", "timeframe", "genre", "culture"]),
            ("ticc", ["artist", "style"]),
        )
    }
    assert [f"{source} {name}" for source, tasks in made.items() for name in tasks] == [
        "wikiart artist", "wikiart style", "wikiart genre", "wikiart nationality",
        "wga artist", "wga timeframe", "wga genre", "wga nationality", "ticc artist",
    ]  # fmt: skip
    for tasks in made.values():
        for prepared in tasks.values():
            assert prepared.groups["final"].to_dict() == {"a": 4000, "b": 3200}
            assert len(prepared) == 7200


@pytest.mark.parametrize(("count", "kept"), [(800, False), (801, True)])
def test_more_than_800_is_801(count, kept):
    styles = works(style=["a"] * 900 + ["b"] * count)
    assert ("b" in preparations.finetuning(styles, "wikiart")["style"].groups.index) is kept


def test_genres_that_are_no_paintings_or_say_nothing_of_what_is_shown():
    genres = ["landscape"] * 1900 + ["sketch_and_study"] * 1950 + ["photo"] * 1950
    made = preparations.finetuning(works(genre=genres, style=["a"] * 5800), "wikiart")
    assert made["genre"].groups["final"].to_dict() == {"landscape": 1900}
    assert len(made["style"]) == 3850
    with pytest.raises(CollectionError, match="no source 'louvre'; choose one of: wikiart, wga, ticc"):
        preparations.finetuning(works(genre=["a"]), "louvre")
    with pytest.raises(CollectionError, match="none of the columns"):
        preparations.finetuning(works(style=["a"]), "wga")


# --- scale ------------------------------------------------------------------------------------------------------------

MEASURE = """
import resource, sys, warnings
warnings.simplefilter("ignore")
from artlib import collections, records
from artlib.collections import preparations
read = collections.read("met", sys.argv[1], pictures="optional").works
prepared = preparations.culture(read)
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(read), len(prepared), used.ru_utime + used.ru_stime, records.peak_memory_mb() * 2**20)
"""


@pytest.mark.slow
@pytest.mark.timed
def test_half_a_million_rows_of_the_met_in_time_and_memory(tmp_path):
    # Made and read in processes of their own, whose memory is theirs alone.
    make = (
        "import sys, pathlib; from factories.published import met_table; met_table(pathlib.Path(sys.argv[1]), 500_000)"
    )
    tests = Path(__file__).resolve().parents[1]
    subprocess.run([sys.executable, "-c", make, str(tmp_path / "MetObjects.csv")], check=True, cwd=tests)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True, cwd=tests.parent
    )
    read, prepared, seconds, memory = map(float, done.stdout.splitlines()[-1].split())
    assert read == 500_000
    assert prepared > 1000
    # Seconds of the processors, which other work on the machine does not lengthen; on an idle one no more pass.
    assert seconds < 15
    assert memory < 1.5e9


def test_a_year_is_no_middle_of_an_interval_turned_round():
    works = pd.DataFrame({"year_begin": [1700, 1750], "year_end": [1710, 1700]})
    with pytest.raises(CollectionError, match="Row 1: the period begins in 1750 and ends in 1700"):
        preparations.with_year(works)
    assert preparations.with_year(works.iloc[:1])["year"].tolist() == [1705]


def test_cultures_have_the_papers_names_where_it_has_any():
    works = pd.DataFrame({"culture": ["Japanese", "Gujarat", "Germany or Italy", "Atlantis", None],
                          "nationality": [None, None, None, None, "French"]})  # fmt: skip
    named = preparations.with_culture(works)["culture"]
    assert named[[0, 1, 3, 4]].tolist() == ["Japanese", "Indian", "Atlantis", "French"]
    assert named.isna().tolist() == [False, False, True, False, False]
    assert preparations.with_culture(works[["nationality"]])["culture"].dropna().tolist() == ["French"]

"""The open works: the table is what its script makes, the forty are worth a look, and say what is to be seen."""

import warnings

import pandas as pd
import pytest
from open_works_table import table

from artlib import collections, records
from artlib.collections import open_works


@pytest.mark.slow
def test_the_table_is_what_its_script_makes_of_the_recorded_collection(real_root):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = table(collections.read("table", root=real_root))
    kept = open_works.works()
    assert list(made) == list(kept)
    pd.testing.assert_frame_equal(made.astype("string"), kept.astype("string"))


def test_a_work_has_one_file_a_museums_page_and_a_credit():
    works = open_works.works()
    assert 2_400 <= len(works) <= 2_420
    assert works["file"].is_unique
    assert set(works["licence"]) == {"CC0-1.0"}
    assert works[["work_id", "credit", "source", "object"]].notna().all(axis=None)
    row = works[works["file"] == "met/437879.jpg"].iloc[0]
    assert open_works.page(row) == "https://www.metmuseum.org/art/collection/search/437879"
    assert open_works.credit(row) == "The Metropolitan Museum of Art, New York, 1979.396.1 (CC0-1.0)"


def test_the_folds_are_those_that_the_records_tested():
    works = open_works.works()
    works = works[works["source"] == "met_paintings"].drop_duplicates("work_id").set_index("work_id")
    found = records.read(paper="culture", experiment="methods", collection="real")
    questions = {"culture": "folds_culture", "culture, artists apart": "folds_culture_apart"}
    assert len(found)
    for _, record in found[found["cell.method"] == "frozen"].iterrows():
        tested = records.predictions(record)["work_id"]
        folds = works.loc[tested, questions[record["cell.task"]]].str[0].astype(int)
        assert (folds == record["cell.fold"]).all()


def test_forty_works_for_what_the_pages_need():
    shown = open_works.works(display=True)
    assert len(shown) == 40
    assert shown["source"].notna().all()
    uses = shown.explode("use").groupby("use")
    assert uses.size()[["front", "portraits", "hands"]].to_dict() == {"front": 5, "portraits": 2, "hands": 8}
    assert uses["culture"].nunique()["cultures"] == uses.size()["cultures"] == 11
    assert uses["artist"].value_counts()["hands"].to_dict() == {"Vincent van Gogh": 4, "Paul Cezanne": 4}
    assert set(uses["source"].unique()["sources"]) == set(open_works.works()["source"])
    # Those with a network's word beneath them were tested in the recorded run.
    assert shown[shown["use"].map(lambda use: bool({"front", "confusions"} & set(use)))]["folds_culture"].notna().all()


def test_each_is_described_by_what_is_seen_and_its_facts():
    for _, row in open_works.works(display=True).iterrows():
        text = open_works.alt(row)
        assert row["title"] in text
        assert 40 <= len(row["shows"]) <= 120
        assert not row["shows"].endswith(".")


def test_shown_is_what_is_there(own_cache):
    assert open_works.displayed().empty
    place = own_cache / "collections" / "open" / "display" / "met" / "437879.jpg"
    place.parent.mkdir(parents=True)
    place.touch()
    shown = open_works.displayed("front")
    assert shown["path"].tolist() == [str(place)]
    assert shown["alt"].iloc[0].endswith("Johannes Vermeer, Study of a Young Woman, ca. 1665–67, Oil on canvas.")
    assert open_works.displayed("hands").empty

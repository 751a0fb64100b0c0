"""The open works: the table is what its script makes, the forty are worth a look, and say what is to be seen."""

import warnings
from types import SimpleNamespace

import pandas as pd
import pytest
from open_works_table import table

from artlib import claims, collections, experiments, records
from artlib.claims import card, verdict
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


def test_which_recorded_experiments_anyone_can_run_again():
    studies = experiments.declared_studies()
    enough = {name for name, study in studies.items() if open_works.suffices(study)}
    assert {"culture-methods-real", "culture-map-real", "multi-task-real-cpu"} <= enough
    # Its artists are of other sources; a museum's own works are drawn.
    assert not {"transfer-real", "artists-real-cpu", "culture-methods"} & enough
    entry = claims.claim("C1")
    found = verdict._by_anyone(entry, [SimpleNamespace(parts=(1,), drawn=False)])
    assert "culture-methods-real" in found
    assert not verdict._by_anyone(entry, [SimpleNamespace(parts=(1,), drawn=True)])
    shown = card.html(verdict.Verdict(entry, (), by_anyone=found))
    assert "artlib experiment culture-methods-real --root open --into again" in shown


def test_runs_stand_beside_the_recorded_ones_of_the_same_folds():
    runs = records.read(paper="culture", experiment="methods", collection="real")
    beside = experiments.beside_recorded(runs[runs["cell.method"] == "frozen"].assign(**{"cell.weights": "imagenet"}))
    assert beside["accuracy here"].tolist() == beside["recorded"].tolist()
    assert [method for _, method in beside.index] == ["frozen", "frozen"]

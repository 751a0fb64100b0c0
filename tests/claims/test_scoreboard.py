"""The scoreboard: every claim, none blank, from records and tables alone; estimates are drawn once."""

import json
import re
from html.parser import HTMLParser
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from test_claims import EXPECTED, STUDIES, Results

from artlib import cache, claims, paths, records
from artlib.claims import answers, card, declared, scoreboard, sides, text, verdict
from artlib.claims.declared import ClaimError
from artlib.evaluate import statistics


@pytest.fixture(autouse=True)
def small_studies(monkeypatch):
    monkeypatch.setattr(
        verdict, "rules", lambda: {**declared.rules(), "resamples": 400, "recorded": {"draws": 3, "models": 3}}
    )
    monkeypatch.setattr(verdict, "declared_studies", STUDIES)


@pytest.fixture(scope="module")
def empty():
    return claims.make_scoreboard({})


@pytest.fixture
def some(tmp_path):
    made = Results(tmp_path / "results")
    made.add("artist", {"ResNet18": 0.8, "ResNet34": 0.5}, experiment="networks", paper="artist-gan")
    made.add(
        "artist", {"ResNet18": 0.8, "ResNet34": 0.8}, experiment="networks", paper="artist-gan", collection="museum",
        draws=3,
    )  # fmt: skip
    return {"artist-gan": records.read("artist-gan", folder=tmp_path / "results")}


def test_all_claims_of_the_five_papers_are_there_and_nothing_is_blank(empty):
    assert set(empty.table["claim"]) == EXPECTED
    by_papers = empty.table[~empty.table["claim"].str.startswith("B")]
    assert by_papers["claim"].nunique() == 40
    assert set(empty.table["paper"]) == set(declared.PAPERS)
    words = empty.table.drop(columns="chapter")
    assert not words.isna().any().any()
    assert (words.map(lambda cell: len(str(cell).strip())) > 0).all().all()


def test_each_claim_is_said_of_real_and_of_drawn_pictures(empty):
    kinds = empty.table.groupby("claim")["collection"].agg(list)
    assert all(len(listed) == 2 for listed in kinds)


def test_what_the_verdicts_rest_on_is_one_table_with_a_row_for_each(empty):
    html = empty.evidence._repr_html_()
    assert html.count("<tr") == len(empty.table) + 1
    assert "positive control" in html
    assert "hours of computing" in html


@pytest.mark.slow
def test_a_verdict_stands_with_all_that_it_rests_on(some):
    table = claims.make_scoreboard(some).table.set_index("claim")
    real = table.loc["G1"][table.loc["G1"]["collection"].str.startswith("real")].iloc[0]
    assert real["verdict"] == "agrees"
    assert "[" in real["ours"]
    assert real["seeds"] == "5"
    assert real["device"] == "a test"
    assert "works" in real["power"]
    assert ".85 with ResNet18" in real["printed"]
    drawn = table.loc["G1"][table.loc["G1"]["collection"].str.startswith("museum")].iloc[0]
    assert drawn["draws"] == "3"
    assert drawn["null"] == "nothing planted, so nothing to cut"


def test_counts_are_of_the_papers_own_claims(empty):
    assert empty.counts.groupby(level="pictures").sum().sum(axis=1).to_dict() == {"drawn": 40, "real": 40}
    assert list(empty.counts.index.unique("paper")) == list(declared.PAPERS)
    assert empty.counts.loc[("artistry", "drawn"), "no verdict yet"] == 8, "drawn pictures could still tell"


def test_what_could_not_be_tested_says_why(empty):
    open_ = claims.untested(empty).frame
    assert len(open_) == len(empty.table)
    gardens = open_[(open_["claim"] == "A1") & open_["why"].str.startswith("not testable: ")]
    assert "gardens" in gardens["why"].iloc[0]


def test_every_paper_has_faults_and_each_says_what_follows():
    table = claims.faults().frame
    assert set(table["paper"]) == set(declared.PAPERS)
    assert set(table["kind"]) == {"wrong", "ambiguous"}
    assert (table["matters"].str.len() > 10).all()
    assert len(claims.faults("culture").frame) < len(table)
    assert not table.isna().any().any()
    for listed in paths.table("scoreboard.yaml")["found"].values():
        assert all(set(fault) == {"kind", "what", "matters"} for fault in listed), "a comma wants quotation marks"
    html = claims.faults()._repr_html_()
    assert all(str(escape(what)) in html for what in table["what"]), "nothing is cut short"


def test_a_claim_without_a_printed_number_is_refused():
    with pytest.raises(ClaimError, match=r"Z9.*scoreboard\.yaml"):
        scoreboard.printed("Z9")
    assert set(paths.table("scoreboard.yaml")["printed"]) == EXPECTED


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_the_page_filters_itself_and_loads_nothing(some):
    html = claims.make_scoreboard(some)._repr_html_()
    page = _Page()
    page.feed(html)
    articles = [attrs for tag, attrs in page.tags if tag == "article"]
    assert len(articles) == len(EXPECTED)
    assert {attrs["data-paper"] for attrs in articles} == set(declared.PAPERS)
    g1 = next(attrs for attrs in articles if attrs["aria-label"] == "Claim G1")
    assert "agrees" in g1["data-verdicts"].split("|")
    assert "real pictures" in g1["data-pictures"].split("|")
    form = next(attrs for tag, attrs in page.tags if tag == "form")
    assert "hidden" in form, "without a script there is no filter to show"
    assert {attrs.get("name") for tag, attrs in page.tags if tag in ("select", "input")} == {
        "paper", "verdict", "pictures", "words",
    }  # fmt: skip
    assert not [link for link in page.links if re.match(r"\w+:|//", link)]
    assert html.count("<script>") == html.count("</script>") == 1


def test_links_lead_to_the_card_in_its_chapter():
    found = scoreboard.chapters()
    assert found["F3"] == "fine-tuning-experiments"
    assert found["G3"] == "painting-generation"
    assert all((paths.root() / "book" / f"{page}.ipynb").exists() for page in found.values())
    assert 'id="claim-F3"' in card.html(claims.verdict_on("F3", pd.DataFrame()))


def test_a_page_that_asks_twice_after_a_claim_tells_of_it_once(tmp_path, monkeypatch):
    page = {"cells": [{"cell_type": "code", "source": ['claims.verdict_on("A1")']}] * 2}
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "artistry.ipynb").write_text(json.dumps(page), encoding="utf-8")
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
    answers.cards.cache_clear()
    try:
        assert answers.cards() == {"artistry": ("A1",)}
    finally:
        answers.cards.cache_clear()


def test_without_the_books_sources_there_are_no_links(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
    answers.cards.cache_clear()
    try:
        assert scoreboard.chapters() == {}
    finally:
        answers.cards.cache_clear()


@pytest.mark.slow
def test_an_estimate_is_drawn_once_and_again_where_its_file_is_damaged(some):
    first = claims.verdict_on("G1", some["artist-gan"])
    verdict._trial.cache_clear()
    with mock.patch.object(statistics, "resample", side_effect=AssertionError("drawn again")):
        again = claims.verdict_on("G1", some["artist-gan"])
    assert str(again) == str(first)
    files = list((paths.cache() / "verdicts").glob("*/*.npy"))
    assert files
    for file in files:
        file.write_bytes(b"nothing")
    verdict._trial.cache_clear()
    assert str(claims.verdict_on("G1", some["artist-gan"])) == str(first)


def test_other_records_or_other_resamples_are_other_estimates(some):
    entry, table = claims.claim("G1"), verdict._Runs(some["artist-gan"])
    runs = table.of(("real", "cpu", ""), entry.experiments)
    (cells,) = sides.strata(entry, entry.parts[0], runs)
    facts = [
        verdict._facts(entry, entry.parts[0], cells, 400),
        verdict._facts(entry, entry.parts[0], cells, 500),
        verdict._facts(entry, entry.parts[0], sides.Cells(cells.stratum, cells.terms[:1]), 400),
    ]
    assert len({cache.key("verdicts", one, code=("claims",)) for one in facts}) == 3


@pytest.mark.slow
def test_numbers_are_the_same_from_the_cache(some):
    fresh = claims.verdict_on("G2", some["artist-gan"]).findings[0].parts[0].estimate
    verdict._trial.cache_clear()
    cached = claims.verdict_on("G2", some["artist-gan"]).findings[0].parts[0].estimate
    assert cached == fresh
    assert np.array_equal(cached.samples, fresh.samples)


def _null_part(metric, value, above=0.0, sides=1):
    terms = tuple((times, {"network": str(times)}, metric) for times in (1, -1)[:sides])
    asked = declared.Contrast("it is seen", terms, "better", margin=0.02, above=above)
    found = statistics.Estimate(value, value - 0.02, value + 0.02, n=500, smallest_effect=0.03, error=0.01)
    return verdict.Part(asked, {}, found)


@pytest.mark.parametrize(
    ("value", "above", "sides", "alarmed"),
    [
        (0.30, 0.0, 2, True),  # a difference where none can be
        (-0.30, 0.0, 2, True),  # in either direction
        (0.01, 0.0, 2, False),
        (0.40, 0.5, 1, False),  # a share is above zero whatever it is of
        (0.60, 0.5, 1, True),
    ],
)
def test_a_null_museum_alarms_for_a_difference_or_for_a_share_that_is_what_the_claim_says(value, above, sides, alarmed):
    part = _null_part("accuracy", value, above, sides)
    null = verdict.Finding("museum", "cpu", "silent", parts=(part,), cut="style")
    assert null.alarms(part) is alarmed


def test_of_several_parts_of_a_null_museum_one_alarms_less_easily():
    part = _null_part("accuracy", 0.022, sides=2)  # p = 0.028
    alone, among = (verdict.Finding("museum", "cpu", "silent", parts=(part,) * n, cut="style") for n in (1, 4))
    assert alone.alarms(part)
    assert not among.alarms(part)


def test_a_card_dates_its_words_beside_records_where_there_are_any(some):
    bare, read = (claims.verdict_on("G1", runs) for runs in (pd.DataFrame(), some["artist-gan"]))
    assert all(re.search("(before|after) the first record", said) for said in text.dates(read))
    assert text.dates(bare)
    assert not any("the first record" in said for said in text.dates(bare))

"""Claims: the table is complete, and verdicts follow from records by the declared rules."""

import copy
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from unittest import mock

import numpy as np
import pandas as pd
import pytest
import simulate

from artlib import claims, experiments, figures, paths, records
from artlib.claims import card, declared, scoreboard, sides, text, verdict
from artlib.evaluate import comparisons, predictions

CLASSES = ["cityscape", "landscape", "marina", "portrait"]
EXPECTED = {
    *(f"F{n}" for n in range(1, 10)), *(f"C{n}" for n in range(1, 9)), *(f"G{n}" for n in range(1, 6)),
    *(f"O{n}" for n in range(1, 11)), *(f"A{n}" for n in range(1, 9)), *(f"B{n}" for n in range(1, 14)),
}  # fmt: skip
STUDIES = cache(experiments.declared_studies)
"""What verdicts only read: made anew at each call, it would take a third of their time."""


@pytest.fixture(autouse=True)
def small_studies(monkeypatch):
    """Fewer resamples and trained models than the book asks for, so that dozens of studies take seconds."""
    monkeypatch.setattr(
        verdict, "rules", lambda: {**declared.rules(), "resamples": 600, "recorded": {"draws": 3, "models": 3}}
    )
    monkeypatch.setattr(verdict, "declared_studies", STUDIES)


class Results:
    """A folder of records of made-up networks whose skill is known."""

    def __init__(self, folder):
        self.folder, self.rng = folder, np.random.default_rng(0)
        self.truth: dict = {}

    def add(
        self, task, skills, collection="real", preset="cpu", experiment="transfer", draws=1, runs=None, n=250, **more
    ):
        """One record for each draw, training seed (or fold) and method; ``skills`` maps method -> skill."""
        folds = not collection.startswith("museum")
        runs = runs or (5 if folds else 3)
        for draw in range(draws):
            targets = self.truth.setdefault((task, draw, n), self.rng.integers(0, 4, n))
            for run in range(runs):
                rows = np.arange(run, n, runs) if folds else np.arange(n)
                for method, skill in skills.items():
                    cell = {"task": task, "method": method, "network": "small", "weights": "photographs", "draw": draw}
                    cell |= {"apart": None, "repeat": 0, "fold": run if folds else None, **more.get("cell", {})}
                    record = {"collection": collection, "preset": preset, "experiment": experiment, "cell": cell}
                    record |= {"seed": 0 if folds else run, "minutes": more.get("minutes", {}).get(method, 1.0)}
                    record["minutes"] *= np.exp(self.rng.normal(0, 0.02))
                    self._write(record, self._answers(targets, rows, skill, draw), more)
        return self

    def _answers(self, targets, rows, skill, draw):
        """Right with probability ``skill``."""
        shares = np.full((len(rows), 4), 0.1)
        right = self.rng.random(len(rows)) < skill
        said = np.where(right, targets[rows], (targets[rows] + self.rng.integers(1, 4, len(rows))) % 4)
        shares[np.arange(len(rows)), said] = 0.7
        works = pd.DataFrame({"work_id": [f"{draw}-{i}" for i in range(len(targets))]})
        return predictions.from_probabilities(works, rows, targets[rows], shares)

    def _write(self, record, predicted, more):
        accuracy = float((predicted["rank"] == 1).mean())
        record |= {"paper": more.get("paper", "finetuning"), "device": "a test", "versions": {}, "commit": "none"}
        record |= {
            "metrics": {
                "accuracy": accuracy,
                "kappa": (accuracy - 0.25) / 0.75,
                "busy_seconds_per_epoch": record.get("minutes", 1.0),
            }
        }
        record |= {"classes": more.get("classes", CLASSES)}
        records.write(record, predicted, self.folder)

    def verdict(self, name, paper="finetuning", family=False):
        """The verdict as if the paper had made this claim alone, or with all its claims."""
        runs = records.read(paper, folder=self.folder)
        if family:
            return claims.verdict_on(name, runs)
        with mock.patch.object(verdict, "declared_claims", return_value={name: declared.claim(name)}):
            return claims.verdict_on(name, runs)


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "results")


def test_every_claim_is_written_down_with_all_that_decides_it():
    known = declared.declared_claims()
    assert set(known) == EXPECTED
    for entry in known.values():
        assert all((entry.statement, entry.source, entry.measure, entry.unit, entry.parts)), entry.id
        assert set(entry.testable) == {"museum", "real"}
        assert all(part.margin > 0 for part in entry.parts)
    assert {entry.paper for entry in known.values()} == {"finetuning", "culture", "artist-gan", "omniart", "artistry"}
    assert [name for name, entry in known.items() if entry.by == "book"] == [
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
        "B10",
        "B13",
        "B6",
        "B7",
        "B8",
        "B11",
        "B12",
        "B9",
    ]


def test_a_planted_cause_names_its_switch_and_every_metric_exists():
    for entry in declared.declared_claims().values():
        assert entry.planted is None or set(entry.planted) == {"cause", "cut"}, entry.id
        assert entry.planted is None or re.fullmatch(r"\w+", entry.cut), entry.id
        for part in entry.parts:
            recorded = part.metric == "minutes" or part.metric.startswith("metrics.")
            assert recorded or sides.metrics.is_measure(part.metric), (entry.id, part.metric)


def test_a_claim_that_is_written_wrongly_is_refused():
    for field, wrong, said in (("direction", "nicer", "F1.*nicer"), ("metrik", "accuracy", "F1.*metrik")):
        written = copy.deepcopy(paths.table("claims/finetuning.yaml"))
        written["F1"]["parts"][0][field] = wrong
        with pytest.raises(claims.ClaimError, match=said):
            declared.parse("finetuning", written)
    del written["F1"]["parts"][0]["metrik"], written["F1"]["source"]
    with pytest.raises(claims.ClaimError, match=r"F1 in data/claims/finetuning\.yaml.*source"):
        declared.parse("finetuning", written)


def test_unknown_claims_are_named_with_those_that_exist():
    with pytest.raises(claims.ClaimError, match=r"Z9.*F1.*F2"):
        claims.verdict_on("Z9")


def test_without_records_there_is_no_verdict_but_the_way_to_one(results):
    found = claims.verdict_on("B1", pd.DataFrame())
    assert set(found.words.values()) == {"no verdict yet"}
    assert "finetuning/transfer" in str(found)
    assert "artlib experiment transfer-real" in str(found)


def test_a_study_is_named_as_long_as_a_cell_of_it_has_no_record(results):
    grid = {"experiment": "schedules", "paper": "culture", "collection": "museum", "draws": 3, "n": 20}
    grid["cell"] = {"network": "resnet18_s"}
    for runs, named in ((4, ["culture-schedules", "culture-schedules-more"]), (5, ["culture-schedules-more"])):
        own = Results(results.folder / str(runs)).add("culture", {"step": 0.7, "plateau": 0.7}, runs=runs, **grid)
        drawn = own.verdict("C3", "culture").first(drawn=True)
        assert drawn.answer == "undecided"
        assert drawn.todo == tuple(f"artlib experiment {name}" for name in named)


def test_what_cannot_be_tested_says_why():
    found = claims.verdict_on("F1", pd.DataFrame())
    assert found.words["real pictures"] == "not testable"
    assert "not available" in str(found)


def test_a_clear_difference_on_real_pictures_is_reproduced(results):
    found = results.add("artist", {"fine-tuned": 0.8, "frozen": 0.6}).verdict("B1")
    assert found.words["real, cpu"] == found.word == "agrees"
    # What is asked for is what is missing.
    assert "artlib experiment transfer-museum" in str(found)
    assert "artlib experiment transfer-real" not in str(found)
    part = found.findings[0].parts[0]
    assert part.estimate.low > 0
    assert part.estimate.n == 250
    assert part.estimate.smallest_effect > 0
    assert dict(part.stratum) == {"task": "artist"}


def test_the_opposite_contradicts_and_nothing_is_inconclusive(results):
    results.add("artist", {"fine-tuned": 0.55, "frozen": 0.8, "scratch": 0.56})
    assert results.verdict("B1").word == "disagrees"
    assert results.verdict("B2").word == "undecided"


def test_a_claim_about_several_tasks_needs_all_of_them(results):
    results.add("artist", {"fine-tuned": 0.85, "frozen": 0.6}).add("genre", {"fine-tuned": 0.9, "frozen": 0.9})
    found = results.verdict("B1")
    assert found.word == "undecided"
    assert {part.stratum["task"]: part.state for part in found.findings[0].parts} == {
        "artist": "holds",
        "genre": "open",
    }
    assert "1 clearly so, 1 undecided" in str(found)


def test_smoke_decides_nothing(results):
    results.add("style", {"fine-tuned": 0.9, "frozen": 0.5}, collection="museum", preset="smoke", draws=3)
    found = results.verdict("B1")
    assert set(found.words.values()) == {"no verdict yet"}
    assert "smoke" in str(found)


def test_too_few_seeds_or_draws_decide_nothing(results):
    skills = {"fine-tuned": 0.9, "frozen": 0.5}
    few_draws = results.add("style", skills, collection="museum", preset="course").verdict("B1")
    assert "3 draws of the museum are needed; 1 recorded" in str(few_draws)
    assert few_draws.word == "no verdict yet"
    few_runs = Results(results.folder / "b").add("artist", skills, runs=1).verdict("B1")
    assert "3 trained models are needed on each side; 1 recorded" in str(few_runs)
    assert (declared.rules()["draws"], declared.rules()["models"]) == (10, 2), "the rule"
    assert declared.rules()["recorded"] == {"draws": 3, "models": 5}, "what was recorded before it"


def test_with_ten_draws_two_models_a_draw_are_enough(results):
    museum = {"collection": "museum", "preset": "course", "runs": 2}
    skills = {"fine-tuned": 0.9, "frozen": 0.5}
    nine = results.add("style", skills, draws=9, **museum).verdict("B1")
    assert "3 trained models are needed on each side; 2 recorded" in str(nine)
    ten = Results(results.folder / "ten").add("style", skills, draws=10, **museum).verdict("B1")
    assert ten.word not in ("no verdict yet", "undecided")


def test_what_nobody_planted_holds_or_fails_on_drawn_pictures(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3}
    results.add("style", {"fine-tuned": 0.8, "frozen": 0.6, "scratch": 0.95}, **museum)
    assert results.verdict("B1").words["museum, course"] == "holds on drawn pictures"
    assert results.verdict("B2").words["museum, course"] == "fails on drawn pictures"


MUSEUM = {"collection": "museum", "preset": "course", "draws": 3, "experiment": "apart"}
APART = {"task": "culture, artists apart", "apart": "artist"}


def _apart(results, known, new, known_cut, new_cut):
    """A museum and its null museum (artist cut) with these skills on works of known and of new artists."""
    for cut, skills in (("", (known, new)), ("artist", (known_cut, new_cut))):
        for more, skill in zip(({}, APART), skills, strict=True):
            results.add("culture", {"fine-tuned": skill}, **MUSEUM, cell={**more, "cut": cut})
    return results.verdict("B3")


def test_what_is_planted_is_recovered_and_silent_where_it_is_cut(results):
    found = _apart(results, 0.85, 0.6, 0.6, 0.6)
    assert found.words == {"real pictures": "no verdict yet", "museum, course": "recovered"}
    drawn = {finding.cut: finding for finding in found.findings if finding.drawn}
    assert {cut: (one.word, one.rate) for cut, one in drawn.items()} == {
        "": ("recovered", (3, 3)),
        "artist": ("silent", (0, 3)),
    }
    assert "the museum minus the null museum" in str(found)
    assert "3 draws of the museum, where 10 are the rule" in str(found)


def test_what_the_null_museum_shows_too_is_not_recovered(results):
    found = _apart(results, 0.85, 0.65, 0.85, 0.65)
    assert {finding.cut: finding.word for finding in found.findings if finding.drawn} == {
        "": "not recovered", "artist": "biased",
    }  # fmt: skip
    (null,) = (finding for finding in found.findings if finding.cut)
    assert [text.shows(part, null) for part in null.parts] == ["an effect, where none can be"]
    assert not null.hollow
    assert text.required(declared.claim("C6").parts[1]) == "above 50.0%"  # a share, and no difference of shares
    assert found.first(drawn=True).parts[0].estimate.value == pytest.approx(0, abs=0.05)


def test_a_learner_that_fails_its_positive_control_tests_nothing(results):
    verdict = _apart(results, 0.6, 0.3, 0.3, 0.3)
    found = verdict.first(drawn=True)
    assert found.word == "could not be tested"
    assert re.search(r"In its own task, culture, its Cohen's kappa is 0\.4\d\. A viewer .* reaches 1\.00", found.why)
    (null,) = (finding for finding in verdict.findings if finding.cut)
    assert null.word == "silent"
    assert null.hollow  # no tick for a network that would be silent wherever it looks
    assert "silent anyway" in null.why
    assert scoreboard._control(verdict, found).endswith("(culture); needed 0.50 of 1.00")


def test_a_learner_too_weak_is_said_to_be_even_where_records_are_missing(results):
    found = results.add("culture", {"fine-tuned": 0.3}, **MUSEUM, cell={"cut": ""}).verdict("B3").first(drawn=True)
    assert found.parts[0].missing
    assert found.word == "could not be tested"


def test_better_by_less_than_matters_and_worse_by_less_than_matters():
    contrast = declared.claim("B1").parts[0]  # margin 0.02

    def part(value, error):
        half = 1.96 * error
        return verdict.Part(contrast, {}, verdict.Estimate(value, value - half, value + half, 99, 0.1, error))

    assert [part(*one).state for one in ((0.1, 0.01), (0.01, 0.003), (-0.01, 0.003), (-0.1, 0.01), (0.01, 0.02))] == [
        "holds", "small", "open", "fails", "open",
    ]  # fmt: skip
    assert verdict._state((part(0.01, 0.003),), 0.01) == "small"


def test_a_planted_effect_that_is_not_found_is_not_recovered(results):
    assert _apart(results, 0.7, 0.7, 0.7, 0.7).words["museum, course"] == "not recovered"


def test_at_least_as_good_needs_the_margin_and_worst_needs_all(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3, "n": 400, "experiment": "scenarios"}
    skills = {"all": 0.80, "skip-first": 0.88, "skip-first-two": 0.87, "only-last-three": 0.7, "only-last": 0.5}
    minutes = {"all": 2.0, "skip-first": 1.8, "skip-first-two": 1.5, "only-last-three": 1.0, "only-last": 0.7}
    results.add("style", skills, **museum, minutes=minutes)
    assert results.verdict("F3").words["museum, course"] == "holds on drawn pictures"
    found = results.verdict("F4")
    assert found.words["museum, course"] == "holds on drawn pictures"
    ratio = next(part for part in found.findings if part.drawn).parts[2].estimate.value
    assert np.exp(ratio) == pytest.approx(2 / 0.7, rel=0.03)


def test_an_experiment_without_one_side_of_a_contrast_asks_something_else(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3}
    results.add("culture", {"fine-tuned": 0.3}, **museum)
    results.add("culture", {"fine-tuned": 0.8}, experiment="apart", **museum)
    assert "no run" in results.verdict("B3").findings[-1].why
    apart = {"cell": {"apart": "artist"}, "experiment": "apart", **museum}
    results.add("culture, artists apart", {"fine-tuned": 0.5}, **apart)
    found = results.verdict("B3")
    assert found.words["museum, course"] == "recovered"
    assert len(found.findings[-1].parts) == 1


def test_draws_with_other_classes_are_joined_by_the_names_of_classes(results):
    """A class that falls below the minimum in one draw moves the numbers of all after it."""
    museum = {"collection": "museum", "preset": "course", "experiment": "transfer"}
    several = (["cityscape", "landscape", "marina", "portrait"], ["animal", "cityscape", "landscape", "marina"])
    tables = []
    for draw, names in enumerate(several):
        rows = np.arange(400)
        truth = np.array([names.index(name) for name in np.array(["cityscape", "marina", "landscape"])[rows % 3]])
        said = np.where(rows % 2, truth, names.index("landscape"))
        shares = np.eye(4)[said] * 0.9 + 0.025
        works = pd.DataFrame({"work_id": [f"{draw}-{row}" for row in rows]})
        tables.append(predictions.from_probabilities(works, rows, truth, shares))
        for seed in range(5):
            cell = {"task": "genre", "method": "fine-tuned", "network": "small", "draw": draw}
            results._write({**museum, "cell": cell, "seed": seed}, tables[-1], {"classes": names})
    part = next(finding for finding in results.verdict("F8").findings if finding.drawn).parts[0]
    pairs = {"pairs": [["cityscape", "landscape"], ["marina", "landscape"]]}
    lone = [
        comparisons.score(one, "pair_lift", options={**pairs, "names": names})
        for one, names in zip(tables, several, strict=True)
    ]
    assert part.estimate.value == pytest.approx(np.mean([one.value for one in lone]), abs=0.5)
    runs = records.read("finetuning", folder=results.folder)
    kappa = figures.accuracy(runs, metric="kappa", by="network").figure.axes[0].get_lines()[-1].get_xdata()[0]
    alone = [comparisons.score(table, "kappa").value for table in tables]
    assert kappa == pytest.approx(np.mean(alone), abs=1e-6)
    table = experiments.predictions(runs)
    right = {table.attrs["classes"][number] for number in table["target"]}
    assert right == {"cityscape", "marina", "landscape"}


def test_tasks_are_averaged_where_the_claim_says_so(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3, "experiment": "scenarios"}
    skills = {"all": 0.8, "skip-first": 0.8, "skip-first-two": 0.8, "only-last-three": 0.7, "only-last": 0.4}
    results.add("style", skills, **museum).add("genre", {**skills, "only-last": 0.6}, **museum)
    parts = next(finding for finding in results.verdict("F3").findings if finding.drawn).parts
    assert len(parts) == 6
    assert parts[2].estimate.value == pytest.approx((0.4 + 0.2) / 2, abs=0.03)


def test_several_claims_of_a_paper_raise_the_bar(results):
    """A difference that is clear alone may not be clear as the weakest of several."""
    results.add("artist", {"fine-tuned": 0.66, "frozen": 0.55, "scratch": 0.545})
    found = results.verdict("B1", family=True)
    alone = found.findings[0].parts[0]
    two_sided = 2 * min(alone.p_holds, alone.p_fails)
    assert two_sided <= found.findings[0].p <= min(1, 2 * two_sided) + 1e-9
    assert verdict._state((alone,), 0.06) == "open"


def test_two_measures_of_the_same_runs_can_be_compared(results):
    results.add("artist", {"x": 0.6}, paper="artist-gan", experiment="networks")
    found = results.verdict("G2", "artist-gan")
    first = found.findings[0].parts[0]
    assert first.threshold == 0.05
    assert first.estimate.value > 0.2


def test_a_difference_of_differences(results):
    """The garden's gain of 30 points against a mean gain of 10 elsewhere."""
    museum = {"collection": "museum", "preset": "course", "draws": 3, "paper": "artistry"}
    for field, gain in (("garden", 0.3), ("painting", 0.1), ("architecture", 0.05), ("sculpture", 0.15)):
        for network, skill in (("single", 0.5), ("multi-1", 0.5 + gain)):
            cell = {"network": network, "drawing": "visible"}
            results.add(field, {"x": skill}, **museum, experiment="networks", cell=cell)
    finding = next(f for f in results.verdict("A2", "artistry").findings if f.drawn)
    assert finding.parts[0].estimate.value == pytest.approx(0.2, abs=0.06)
    assert finding.word == "holds on drawn pictures"


def test_a_variance_across_initial_weights(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3, "experiment": "initial-weights-own-scenes"}
    for weights, artist in (("caffe", 0.5), ("hybrid", 0.7), ("memnet", 0.8), ("flickr", 0.6)):
        results.add("artist", {"all": artist}, **museum, cell={"weights": weights})
        results.add("genre", {"all": 0.7}, **museum, cell={"weights": weights})
    finding = results.verdict("F1").first(drawn=True)
    assert finding.parts[0].estimate.value > 0.1
    assert finding.word != "could not be tested"
    withdrawn = replace(declared.claim("F1"), withdrawn="the records cannot tell")
    with (
        mock.patch.object(verdict, "claim", return_value=withdrawn),
        mock.patch.object(declared, "claim", return_value=withdrawn),
    ):
        assert results.verdict("F1").first(drawn=True).word == "could not be tested"
        assert "Withdrawn on the drawn museum" in str(results.verdict("F1"))


def test_drawn_weights_leave_the_papers_claim_untested_and_published_ones_decide_it(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3, "experiment": "initial-weights"}
    drawn = {"photographs": 0.8, "-sentiment": 0.8, "-objects": 0.7, "-memorability": 0.55, "-style": 0.5}
    for name, skill in drawn.items():
        weights = name if name == "photographs" else f"photographs{name}"
        for experiment in ("initial-weights", "initial-weights-own-scenes"):
            drawn_on = {**museum, "experiment": experiment}
            results.add("style", {"all": skill}, **drawn_on, n=700, cell={"weights": weights})
    found = results.verdict("F2")
    assert found.words["museum, course"] == found.words["real pictures"] == "not testable"
    assert str(found).count("without the five published networks") == 2  # once a collection, not once a part
    assert "no run with weights" not in str(found)
    assert results.verdict("B4").words["museum, course"] != "not testable"
    published = {"hybrid": 0.9, "sentiment": 0.9, "caffe": 0.7, "memnet": 0.55, "flickr": 0.5}
    for name, skill in published.items():
        results.add("style", {"all": skill}, **museum, n=700, cell={"weights": name, "network": "caffenet"})
    parts = next(finding for finding in results.verdict("F2").findings if finding.drawn).parts
    assert [part.state for part in parts if "close" not in part.contrast.says] == ["holds"] * 5
    assert results.verdict("F2").words["museum, course"] not in ("not testable", "no verdict yet")


def test_confusion_on_named_pairs_is_measured_by_their_names(results):
    museum = {"collection": "museum", "preset": "course", "draws": 3}
    results.add("genre", {"fine-tuned": 0.7}, **museum).add("style", {"fine-tuned": 0.5}, **museum)
    pairs = next(f for f in results.verdict("F8").findings if f.drawn).parts[0]
    assert pairs.estimate.value == pytest.approx(0, abs=0.5)
    other = Results(results.folder / "b")
    other.add("genre", {"fine-tuned": 0.7}, **museum, classes=list("abcd"))
    assert "None of the pairs" in str(other.verdict("F8"))


def test_records_that_change_change_the_verdict(results):
    assert results.add("artist", {"fine-tuned": 0.85, "frozen": 0.6}).verdict("B1").word == "agrees"
    assert results.add("artist", {"fine-tuned": 0.2, "frozen": 0.6}).verdict("B1").word == "disagrees"


class _Reader(HTMLParser):
    """Checks that tags are closed in order, and keeps what is written and referred to."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.links = [], "", []

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in ("br", "path", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "circle"):
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_the_card_is_whole_html_without_outside_resources(results):
    found = results.add("artist", {"fine-tuned": 0.8, "frozen": 0.6}).verdict("B1")
    html = found._repr_html_()
    reader = _Reader()
    reader.feed(html)
    assert reader.open == []
    assert reader.links == []
    assert "url(" not in html
    assert "<script" not in html
    for words in ("agrees", "points [", "250 different works", "after Holm", "four times in five"):
        assert words in reader.words


def test_text_in_a_card_is_escaped(results):
    name = 'real<img src=x onerror="a">'
    found = results.add("a <b>task</b>", {"fine-tuned": 0.8, "frozen": 0.6}, collection=name, runs=5).verdict("B1")
    html = found._repr_html_()
    assert "<img" not in html
    assert "<b>task" not in html
    assert "&lt;img" in html


def _contrast(first, second):
    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(first), light(second)))
    return (high + 0.05) / (low + 0.05)


def test_signs_of_a_card_stand_out_from_light_and_dark():
    for colour in (mood["colour"] for mood in paths.table("words.yaml")["moods"].values()):
        alone = re.search(r"#[0-9a-f]{6}", colour)[0]
        assert _contrast(alone, "#ffffff") >= 3
        assert _contrast(alone, "#111111") >= 3


def test_what_was_found_is_said_in_plain_sentences(results):
    results.add("artist", {"fine-tuned": 0.8, "frozen": 0.6, "scratch": 0.8})
    runs = {"finetuning": records.read("finetuning", folder=results.folder)}
    said = str(claims.found(only=["B1", "B2", "C2"], runs=runs))
    assert re.match(r"Real pictures say yes: fine-tuning beats frozen features \(\d+\.\d points\)\.", said)
    assert "pre-trained weights beat" not in said.split("Real pictures leave open")[0]
    whole = claims.found(runs={})
    assert len(whole.sentences) == 2
    assert "0 could be tried" in str(whole)
    assert "<p>" in claims.found("artistry", runs={})._repr_html_()


def test_a_claim_without_enough_records_waits_and_one_that_nothing_could_tell_does_not(results):
    at = {"task": "artist", "experiment": "equal-terms", "skills": {"upper half": 0.8, "frozen": 0.6}}
    results.add(**at, runs=1)
    few = {"finetuning": records.read("finetuning", folder=results.folder)}
    said = str(claims.found(only=["B10", "F2"], runs=few))
    assert re.fullmatch(r"No verdict yet: whether on equal .*\. Could not be tested here: whether weights .*", said)
    said = str(claims.found(only=["B10", "F7", "F5"], runs={}))
    assert said.endswith("; and 1 more.")
    assert said.count("whether") == 2


def test_a_chapters_card_folds_its_numbers_and_the_scoreboards_does_not(results):
    found = results.add("artist", {"fine-tuned": 0.8, "frozen": 0.6}).verdict("B1")
    short, whole = found._repr_html_(), card.html(found)
    assert "<details>" in short
    assert short.index("YES") < short.index("<details>") < short.index("<table>")
    assert "<details>" not in whole


def test_repeats_of_the_same_works_do_not_count_twice():
    """Five folds, twice: numbers a run say no more than five runs do."""
    values = np.random.default_rng(5).normal(0, 1, 5)
    once = pd.DataFrame({"repeat": 0, "fold": range(5), "value": values, "draw": 0})
    twice = pd.concat([once, once.assign(repeat=1)])
    blocks = [sides._scalar(runs, "value") for runs in (once, twice)]
    assert len(blocks[1].moments) == 5
    apart = pd.concat([once, once.assign(repeat=1, value=np.roll(values, 1))])
    spread = np.ptp(sides._scalar(apart, "value").moments[:, 0])
    assert np.sqrt(2) * np.ptp((values + np.roll(values, 1)) / 2) == pytest.approx(spread)


def test_the_page_says_of_the_simulation_what_its_files_say():
    page = (paths.root() / "book/reproduced.md").read_text(encoding="utf-8")
    assert all(words in page for words in simulate.told().values()), "python tests/claims/simulate.py draw"


def test_works_are_resampled_where_records_keep_what_each_adds(tmp_path):
    """The period, whose error is a number a run: with errors by work the interval is that of paired works."""
    rng, truth = np.random.default_rng(6), np.random.default_rng(7).gamma(2, 20, 200)
    for fold, (method, more) in [(fold, one) for fold in range(5) for one in (("multi-task", 0), ("single-task", 2))]:
        rows = np.arange(fold, 200, 5)
        errors = truth[rows] + more + rng.normal(0, 1, len(rows))
        cell = {"task": "period", "method": method, "repeat": 0, "fold": fold, "draw": 0, "network": "small"}
        record = {"paper": "omniart", "experiment": "own-epoch", "preset": "cpu", "collection": "real", "seed": 0}
        record |= {"cell": cell, "metrics": {"mean_absolute_error": errors.mean()}, "classes": []}
        kept = pd.DataFrame({"work_id": rows.astype(str), "row": rows, "mean_absolute_error": errors})
        records.write(record, kept, tmp_path)
    entry, runs = declared.claim("B8"), sides.tidy(records.read("omniart", folder=tmp_path))
    part = next(part for part in entry.parts if "period" in part.says)
    found = verdict._estimated(entry, part, sides.strata(entry, part, runs)[0], 600)
    assert found.counts["works"]
    assert found.estimate.n == 200
    assert found.estimate.value == pytest.approx(2, abs=0.3)
    assert found.estimate.error < 0.3, "unpaired works would make it 3"
    before = sides.strata(entry, part, runs.drop(columns="predictions"))[0]
    blocks, _, counts = sides.blocks(entry, part, before)
    assert not counts["works"]
    assert [len(block.moments) for block in blocks] == [5, 5]


def test_a_range_that_is_needed_names_its_middle():
    long_and_short = declared.claim("F7").parts
    assert [text.required(part) for part in long_and_short] == ["above 0", "within ±2.0 of +3.0"]


def test_in_part_is_a_museum_that_is_not_asked_all_that_real_pictures_are():
    assert declared.claim("F8").in_part  # genre against style is asked of real pictures alone
    assert not declared.claim("C4").in_part  # the same two parts, of another network
    assert not declared.claim("B1").in_part

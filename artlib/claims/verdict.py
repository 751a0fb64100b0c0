"""Verdicts: the declared contrasts, estimated from records and put into the words that are allowed.

The words: on real pictures agrees, disagrees or undecided (reproduced and contradicted only with the paper's own data
and network); on the museum recovered or not recovered where the effect is planted, else "holds on drawn pictures",
"fails on drawn pictures" or undecided; on both "too small to matter"; "not testable" or "could not be tested" with the
reason; "no verdict yet" with what is missing. Where a planted cause is cut: silent or biased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import pandas as pd

from artlib import cache, experiments, paths, records
from artlib.claims import card, declared, sides, text
from artlib.claims.declared import NO_VERDICT, UNTESTED, Claim, Contrast, claim, declared_claims, rules
from artlib.collections import open_works
from artlib.errors import ArtlibError
from artlib.evaluate import statistics
from artlib.evaluate.statistics import Estimate
from artlib.experiments import declared_studies
from artlib.figures import theme

_LEAST = "smoke"  # a size that proves that the code runs, and nothing else
_GROUP = ["collection", "preset", "cut"]
_ALPHA = 1 - statistics.LEVEL
_RATE_RESAMPLES = 2_000
# What an estimate is computed by; words and cards may change without drawing it anew.
_CODE = ("claims/sides.py", "claims/declared.py", "evaluate/comparisons.py", "evaluate/metrics.py",
         "evaluate/predictions.py", "evaluate/statistics.py")  # fmt: skip
_WORDS = {
    "own": {"holds": "reproduced", "fails": "contradicted", "open": "undecided"},
    "real": {"holds": "agrees", "fails": "disagrees", "open": "undecided"},
    "planted": {"holds": "recovered", "fails": "not recovered", "open": "not recovered"},
    "museum": {"holds": "holds on drawn pictures", "fails": "fails on drawn pictures", "open": "undecided"},
}
_ANYWAY = "a network this weak is silent anyway, so this is no success"
_SMALL, _SILENT, _BIASED = "too small to matter", "silent", "biased"


@dataclass(frozen=True)
class Part:
    """One contrast in one place (task, network): what was found, or what is missing."""

    contrast: Contrast
    stratum: Mapping[str, Any]
    estimate: Estimate | None = None
    missing: str = ""
    counts: Mapping[str, int] | None = None
    tests: int = 1
    """How many claims Holm's method corrects for: what could have been seen depends on it."""

    @property
    def smallest_effect(self) -> float:
        """What this design finds four times in five, at the strictest bar of Holm's method."""
        level = 1 - _ALPHA / self.tests
        return statistics.smallest_effect(self.estimate.error, level=level, freedom=self.estimate.freedom)

    @property
    def threshold(self) -> float:
        """What the effect must exceed for the claim to hold."""
        slack = self.contrast.margin if self.contrast.direction == "at least as good" else 0.0
        return self.contrast.above - slack

    @property
    def p_holds(self) -> float:
        """One-sided p of the claim's opposite; small where the claim holds."""
        if self.contrast.direction == "equal":
            low, high = self.contrast.above - self.contrast.margin, self.contrast.above + self.contrast.margin
            return max(self.estimate.p_above(low), self.estimate.p_below(high))
        return self.estimate.p_above(self.threshold)

    @property
    def p_fails(self) -> float:
        """One-sided p of the claim; small where it fails."""
        if self.contrast.direction == "equal":
            low, high = self.contrast.above - self.contrast.margin, self.contrast.above + self.contrast.margin
            return min(1.0, 2 * min(self.estimate.p_above(high), self.estimate.p_below(low)))
        # The opposite of "better" is a difference that matters: worse by a hair does not fail a claim.
        matters = self.contrast.direction != "better" or self.estimate.value <= self.threshold - self.contrast.margin
        return self.estimate.p_below(self.threshold) if matters else 1.0

    @property
    def state(self) -> str:
        """What this part shows by itself: holds, small (better, and too little to matter), fails, open; or missing."""
        if self.estimate is None:
            return "missing"
        if self.p_holds < _ALPHA / 2:
            inside = self.estimate.high < self.threshold + self.contrast.margin
            return "small" if inside and self.contrast.direction == "better" else "holds"
        return "fails" if self.p_fails < _ALPHA / 2 else "open"


@dataclass(frozen=True)
class Finding:
    """What the records of one collection at one size say of a claim.

    ``rate`` counts the draws of the museum in which the analysis alone finds the effect: (found, draws). ``p`` is
    two-sided, corrected by Holm's method within the paper. ``marks`` says of real pictures what is the paper's own:
    data, network, scale. ``less`` says whether the null museum was taken off. ``control``: of a planted claim the
    learner's worst task, its kappa there, and that of the causes.
    """

    collection: str
    preset: str
    word: str
    why: str = ""
    parts: tuple[Part, ...] = ()
    cut: str = ""
    p: float | None = None
    rate: tuple[int, int] | None = None
    network: str = ""
    marks: Mapping[str, bool] | None = None
    less: bool = False
    control: tuple[str, float, float] | None = None
    hollow: bool = False
    """Of a null museum: silent, from a network so weak that it is silent anyway."""
    todo: tuple[str, ...] = ()
    """Commands for the declared studies of these pictures of which no record holds every cell."""

    def alarms(self, part: Part) -> bool:
        """Whether this part of a null museum differs from zero, after a correction for how many were asked.

        A share is never zero: it has to be what the claim says.
        """
        asked = sum(one.contrast.direction == "better" for one in self.parts)
        p = part.estimate.p if len(part.contrast.terms) > 1 else part.p_holds
        return part.contrast.direction == "better" and asked * p < _ALPHA

    @property
    def drawn(self) -> bool:
        return self.collection.startswith("museum")

    @property
    def answer(self) -> str:
        """Yes, no, hardly (too small to matter), not found, undecided; empty where nothing could tell."""
        return paths.table("words.yaml")["verdicts"].get(self.word, {}).get("answer", "")


@dataclass(frozen=True)
class Verdict:
    """A claim and what is known about it, shown as a card in a notebook."""

    claim: Claim
    findings: tuple[Finding, ...]
    recorded: str = ""
    """When the first of its records was made, in UTC."""
    by_anyone: tuple[str, ...] = ()
    """Its studies on open works only, which everyone can fetch."""

    @property
    def id(self) -> str:
        return self.claim.id

    @property
    def todo(self) -> tuple[str, ...]:
        """Commands that make the records without which there is no verdict; none where no such study is declared."""
        return tuple(dict.fromkeys(line for one in self.findings if one.word == NO_VERDICT for line in one.todo))

    @property
    def words(self) -> dict[str, str]:
        """Collection (and size) -> word, the null museum left out."""
        return {f"{f.collection}, {f.preset}" if f.preset else f.collection: f.word for f in self.findings if not f.cut}

    @property
    def word(self) -> str:
        """The first word that decides something, real collections before drawn ones."""
        words = list(self.words.values())
        return next((word for word in words if word not in declared.NOTHING_SAID), (words or [NO_VERDICT])[0])

    def first(self, drawn: bool) -> Finding | None:
        """What real (or drawn) pictures say: of several collections or sizes the first that says something."""
        those = [finding for finding in self.findings if finding.drawn == drawn and not finding.cut]
        return next((finding for finding in those if finding.answer), those[0] if those else None)

    def __str__(self) -> str:
        return text.as_text(self)

    def _repr_html_(self) -> str:
        return card.html(self, folded=True)


def verdict_on(name: str, runs: pd.DataFrame | None = None) -> Verdict:
    """The verdict on a claim, by its id, from ``runs`` (as ``records.read`` gives them; None: the book's own records).

    Real collections come before the museum, larger sizes before smaller. Runs of size smoke give no verdict.

    Raises
    ------
    ClaimError : for an unknown claim.
    """
    entry = claim(name)
    runs = records.read(entry.paper) if runs is None else runs
    table = _Runs(runs[runs["paper"] == entry.paper] if len(runs) else runs)
    findings = list(filter(None, (_finding(entry, table, group) for group in table.groups())))
    kinds = {"museum" if finding.drawn else "real" for finding in findings if not finding.cut}
    absent = [_absent(entry, kind, table) for kind in ("real", "museum") if kind not in kinds]
    told = [replace(one, todo=_todo(entry, one, table)) for one in (*findings, *absent)]
    ordered = sorted(told, key=lambda f: (f.drawn, bool(f.cut), -_rank(f.preset)))
    return Verdict(entry, tuple(ordered), table.first(entry), _by_anyone(entry, ordered))


class _Runs:
    """A table of runs that can be a key: two are equal when they hold the same records, unchanged."""

    def __init__(self, table: pd.DataFrame):
        table = table.copy() if len(table) else pd.DataFrame(columns=["experiment", "digest", *_GROUP], dtype=str)
        self.table, self.key = sides.tidy(table), tuple(table["digest"])

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Runs) and self.key == other.key

    def groups(self) -> list[tuple[str, str, str]]:
        """(collection, preset, what is cut) of the runs that may decide something."""
        kinds = self.table[_GROUP].drop_duplicates().to_numpy()
        return [tuple(map(str, row)) for row in kinds if row[1] != _LEAST]

    def first(self, entry: Claim) -> str:
        """When the first record of a claim's experiments was made; empty without one."""
        runs = self.table[self.table["experiment"].isin(entry.experiments) & (self.table.get("preset") != _LEAST)]
        return str(runs["created"].min()) if len(runs) and "created" in runs.columns else ""

    def holds(self, study: str) -> bool:
        """Whether every cell of a declared study has a record."""
        place, names, cells = _cells(study, str(declared_studies()[study]))
        own = sides.select(self.table, place).reindex(columns=names, fill_value="")
        return cells <= set(own.itertuples(index=False, name=None))

    def smoke(self, drawn: bool) -> bool:
        """Whether there are runs of the size that decides nothing."""
        museum = self.table["collection"].str.startswith("museum")
        return bool(((self.table["preset"] == _LEAST) & (museum == drawn)).any())

    def of(self, group: tuple[str, str, str], experiments: Sequence[str]) -> pd.DataFrame:
        inside = (self.table[_GROUP] == list(group)).all(axis=1)
        return self.table[inside & self.table["experiment"].isin(experiments)]

    def null(self, group: tuple[str, str, str], entry: Claim) -> pd.DataFrame | None:
        """The runs in which the planted cause is cut; None where nothing is planted, or they were not run."""
        if entry.cut is None or not group[0].startswith("museum"):
            return None
        runs = self.of((*group[:2], entry.cut), entry.experiments)
        return None if runs.empty else runs

    def control(self, group: tuple[str, str, str], entry: Claim) -> tuple[str, float, float] | None:
        """How well the learner of a planted claim does: its worst task, its kappa there, and that of the causes.

        Half of the oracle's kappa is needed. None without a record of it.
        """
        control, name = entry.control, "metrics.kappa"
        runs = sides.select(self.of(group, (control["experiment"],)), control.get("where", {}))
        if runs.empty or name not in runs.columns or runs[name].isna().all():
            return None
        each = runs.groupby("task")[name].mean()
        return str(each.idxmin()), float(each.min()), rules()["oracle"][control["oracle"]]

    def weak(self, group: tuple[str, str, str], entry: Claim) -> str:
        """Why the learner cannot test a planted cause; empty where it passes its positive control."""
        found = self.control(group, entry)
        if found is None:
            experiment = entry.control["experiment"]
            return f"no record of how well its network does in its own task ({entry.paper}/{experiment})"
        task, kappa, best = found
        if kappa >= best / 2:
            return ""
        return (
            f"the network is too weak. In its own task, {task}, its Cohen's kappa is {kappa:.2f}. "
            f"A viewer who knows the causes reaches {best:.2f}, and half of that is needed"
        )


def _finding(entry: Claim, table: _Runs, group: tuple[str, str, str]) -> Finding | None:
    collection, preset, cut = group
    runs = table.of(group, entry.experiments)
    if (cut and cut != entry.cut) or runs.empty:
        return None
    used = sides.select(runs, entry.where).get("network", pd.Series(dtype=str))
    network, museum = ", ".join(sorted(set(used.astype(str)))), collection.startswith("museum")
    if entry.withdrawn and museum:
        return Finding(collection, preset, UNTESTED, entry.withdrawn, cut=cut, network=network)
    parts, rate = _trial(entry.id, table, group)
    less = not cut and table.null(group, entry) is not None
    planted, whole = bool(entry.planted) and museum, (collection, preset, "")
    control, weak = (table.control(whole, entry), table.weak(whole, entry)) if planted else (None, "")
    found = Finding(
        collection, preset, NO_VERDICT, parts=parts, cut=cut, rate=rate, less=less, network=network,
        control=None if cut else control,
    )  # fmt: skip
    if found.control and weak:  # whatever else is missing
        return replace(found, word=UNTESTED, why=weak)
    reason = entry.testable["museum" if found.drawn else "real"]
    if missing := [part for part in parts if part.missing]:
        where = f" ({', '.join(map(theme.readable, missing[0].stratum.values()))})" if missing[0].stratum else ""
        if isinstance(reason, str):  # why it cannot be tested is said once, not part by part
            return replace(found, word=declared.NOT_TESTABLE, why=reason, parts=())
        return replace(found, why=missing[0].missing + where)
    if short := _too_few(parts, found.drawn):
        return replace(found, why=short)
    few = _few_draws(parts) if found.drawn else ""
    if cut:
        word = _BIASED if any(map(found.alarms, parts)) else _SILENT
        hollow = word == _SILENT and control is not None and bool(weak)
        why = "; ".join(filter(None, [few, _ANYWAY if hollow else ""]))
        return replace(found, word=word, why=why, hollow=hollow)
    if weak:
        return replace(found, word=UNTESTED, why=weak)
    p, tests = _holm(entry, table, group)
    parts = tuple(replace(part, tests=tests) for part in parts)
    state = _state(parts, p)
    marks = None if found.drawn or entry.by == "book" else _marks(entry, runs, parts)
    own = bool(marks) and marks["data"] and marks["network"]
    kind = ("planted" if entry.planted else "museum") if found.drawn else "own" if own else "real"
    word = _SMALL if state == "small" else _WORDS[kind][state]
    return replace(
        found, parts=parts, word=word, why="; ".join(filter(None, [_why(parts, state), few])), p=p, marks=marks
    )


def _few_draws(parts: tuple[Part, ...]) -> str:
    """Says of a grid that it was recorded with fewer draws than are asked for now."""
    draws = min(part.counts["draws"] for part in parts)
    return f"{draws} draws of the museum, where {rules()['draws']} are the rule" if draws < rules()["draws"] else ""


def _marks(entry: Claim, runs: pd.DataFrame, parts: tuple[Part, ...]) -> dict[str, bool]:
    """What is the paper's own: same data, same network (with its weights), same scale (half of its works or more)."""
    own = rules()["own"][entry.paper]
    used = {
        name: set(runs[name].astype(str)) - {"none", ""}
        for name in ("collection", "network", "weights")
        if name in runs
    }
    same = {name: bool(values) and values <= set(own[name]) for name, values in used.items()}
    return {
        "data": same.get("collection", False),
        "network": same.get("network", False) and same.get("weights", True),
        "scale": min(part.estimate.n for part in parts) >= own["works"] / 2,
    }


@lru_cache(maxsize=256)
def _trial(name: str, table: _Runs, group: tuple[str, str, str]) -> tuple[tuple[Part, ...], tuple[int, int] | None]:
    """All parts of a claim, estimated; and in how many draws of the museum alone it would be found."""
    entry = claim(name)
    runs, null = table.of(group, entry.experiments), None if group[2] else table.null(group, entry)
    parts = _parts(entry, runs, rules()["resamples"], null)
    drawn = group[0].startswith("museum") and "draw" in runs.columns and runs["draw"].nunique() > 1
    if not drawn or not entry.planted or any(part.missing for part in parts):
        return parts, None
    single = [runs[runs["draw"] == draw] for draw in runs["draw"].unique()]  # alone: without what the null says
    found = [all(part.state == "holds" for part in _parts(entry, one, _RATE_RESAMPLES)) for one in single]
    return parts, (sum(found), len(found))


def _parts(entry: Claim, runs: pd.DataFrame, resamples: int, null: pd.DataFrame | None = None) -> tuple[Part, ...]:
    kind = "museum" if runs["collection"].str.startswith("museum").any() else "real"
    asked = (contrast for contrast in entry.parts if contrast.pictures in ("", kind))
    return tuple(part for contrast in asked for part in _contrast(entry, contrast, runs, resamples, null))


def _contrast(
    entry: Claim, contrast: Contrast, runs: pd.DataFrame, resamples: int, null: pd.DataFrame | None
) -> list[Part]:
    try:
        if null is not None and contrast.direction == "better":
            places = sides.less(entry, contrast, runs, null)
        else:
            places = sides.strata(entry, contrast, runs)
    except sides.Missing as reason:
        return [Part(contrast, {}, missing=str(reason))]
    return [_estimated(entry, contrast, cells, resamples) for cells in places]


def _estimated(entry: Claim, contrast: Contrast, cells: sides.Cells, resamples: int) -> Part:
    def draw() -> dict[str, Any]:
        blocks, combine, counts = sides.blocks(entry, contrast, cells)
        # The bootstrap adds to a variance what noise adds to it once more; that is taken off twice.
        estimate = statistics.resample(blocks, combine, resamples=resamples, unbias=bool(contrast.across))
        return {**{one.name: getattr(estimate, one.name) for one in fields(estimate)}, "counts": counts}

    try:
        found = cache.once("verdicts", _facts(entry, contrast, cells, resamples), draw, code=_CODE)
    except (sides.Missing, ArtlibError) as error:
        return Part(contrast, cells.stratum, missing=str(error))
    numbers = dict(found.value)
    counts = numbers.pop("counts")
    return Part(contrast, cells.stratum, Estimate(**numbers), counts=counts)


def _facts(entry: Claim, contrast: Contrast, cells: sides.Cells, resamples: int) -> dict[str, Any]:
    """All that decides an estimate: a bootstrap is drawn once for the same records, however often a page asks."""
    runs = [(times, metric, list(runs["digest"])) for times, metric, runs in cells.terms]
    asked = {"contrast": contrast, "average": entry.average, "where": entry.where, "stratum": cells.stratum}
    return {**asked, "runs": runs, "resamples": resamples}


def _too_few(parts: tuple[Part, ...], drawn: bool) -> str:
    """Whether there are enough trained models and draws for a verdict at all."""
    for models, draws in ((part.counts["models"], part.counts["draws"]) for part in parts):
        older = rules()["recorded"]  # grids of before the rule keep a verdict
        enough = rules()["models"] if drawn and draws >= rules()["draws"] else older["models"]
        if models < enough:
            return f"{enough} trained models are needed on each side; {models} recorded"
        if drawn and draws < older["draws"]:
            return f"{older['draws']} draws of the museum are needed; {draws} recorded"
    return ""


def _p(parts: tuple[Part, ...]) -> tuple[float, float]:
    """(holds, fails): all parts must hold, so the worst counts; one failing part is enough, chosen among all."""
    return max(part.p_holds for part in parts), min(1.0, len(parts) * min(part.p_fails for part in parts))


def _holm(entry: Claim, table: _Runs, group: tuple[str, str, str]) -> tuple[float, int]:
    """The claim's two-sided p, corrected over the claims of its paper that these records can test, and their number."""
    drawn, p_values = group[0].startswith("museum"), {}
    for name, other in declared_claims(entry.paper).items():
        if drawn and (other.withdrawn or (other.planted and table.weak(group, other))):
            continue
        parts, _ = _trial(name, table, group)
        if not any(part.missing for part in parts) and not _too_few(parts, drawn):
            p_values[name] = min(1.0, 2 * min(_p(parts)))
    corrected = dict(zip(p_values, statistics.holm(list(p_values.values())), strict=True))
    return float(corrected[entry.id]), len(p_values)


def _state(parts: tuple[Part, ...], p: float) -> str:
    if p >= _ALPHA:
        return "open"
    holds, fails = _p(parts)
    if holds >= fails:
        return "fails"
    return "small" if any(part.state == "small" for part in parts) else "holds"


def _why(parts: tuple[Part, ...], state: str) -> str:
    if state == "holds":
        return f"all {len(parts)} parts hold" if len(parts) > 1 else ""
    if state == "open" and all(part.state != "open" for part in parts):
        return f"{text.counted(parts)}; not clear after Holm's correction"
    return text.counted(parts) if len(parts) > 1 else ""


def _absent(entry: Claim, kind: str, table: _Runs) -> Finding:
    name = {"real": "real pictures", "museum": "museum"}[kind]
    reason = entry.testable[kind]
    if isinstance(reason, str):
        return Finding(name, "", declared.NOT_TESTABLE, reason)
    smoke = table.smoke(drawn=kind == "museum")
    experiments = " or ".join(f"{entry.paper}/{experiment}" for experiment in entry.experiments)
    only = f"; runs of size {_LEAST} prove that the code runs, and no more" if smoke else ""
    return Finding(name, "", NO_VERDICT, f"no record of {experiments}{only}")


def _todo(entry: Claim, finding: Finding, table: _Runs) -> tuple[str, ...]:
    if not (finding.word in (NO_VERDICT, UNTESTED) or finding.answer == "undecided") or entry.withdrawn:
        return ()
    lacking = {
        name: one["preset"] == finding.preset
        for name, one in declared_studies(entry.paper).items()
        if one["experiment"] in entry.experiments
        and one["collection"].startswith("museum") == finding.drawn
        and one.get("reader", {}).get("cut", "") in ("", finding.cut or entry.cut or "")
        and not table.holds(name)
    }
    # Of the size that is recorded, where one lacks cells; else larger ones.
    return tuple(f"artlib experiment {name}" for name, same in lacking.items() if same or not any(lacking.values()))


@lru_cache(maxsize=256)
def _cells(study: str, given: str) -> tuple[dict[str, str], list[str], set[tuple]]:
    """Where a study's records belong, fields that tell its cells apart, and their values. ``given``: its text."""
    one = experiments.load(study)
    runs = sides.tidy(pd.DataFrame({**run.config, "seed": run.seed} for run in one.runs()).add_prefix("cell."))
    # Of initial weights records name the file that they were read from.
    runs = runs.drop(columns="weights")
    place = {name: getattr(one, name) for name in ("experiment", "collection", "preset")}
    return place, list(runs.columns), set(runs.itertuples(index=False, name=None))


def _by_anyone(entry: Claim, findings: list[Finding]) -> tuple[str, ...]:
    """Studies of the claim's experiments that have records, and whose pictures are there for everyone."""
    recorded = any(finding.parts and not finding.drawn for finding in findings)
    studies = declared_studies(entry.paper).items() if recorded else ()
    return tuple(name for name, one in studies if one["experiment"] in entry.experiments and open_works.suffices(one))


def _rank(preset: str) -> int:
    """Sizes in order; one that is not of the book's three (a run on a CPU, say) stands between smoke and course."""
    return {_LEAST: 0, "": 0, "course": 2, "paper": 3}.get(preset, 1)

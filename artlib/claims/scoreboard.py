"""The scoreboard: every claim of every paper on one page, from records and data tables, filtered without a kernel."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import pandas as pd

from artlib import paths, records
from artlib.claims import answers, card, text
from artlib.claims.answers import cards
from artlib.claims.declared import NOT_TESTABLE, NOTHING_SAID, PAPERS, Claim, ClaimError, declared_claims
from artlib.claims.verdict import Finding, Part, Verdict, verdict_on
from artlib.figures.listing import Listing


@dataclass(frozen=True)
class Scoreboard:
    """All verdicts as a table that filters itself on a page; ``table`` is the same for a program."""

    verdicts: tuple[Verdict, ...]
    table: pd.DataFrame

    @property
    def counts(self) -> pd.DataFrame:
        """The papers' claims by paper and word, on real pictures and on drawn ones: (paper, pictures) x words."""
        own = [one for one in self.verdicts if one.claim.by == "paper"]
        rows = [
            {"paper": one.claim.paper, "pictures": pictures, "verdict": _fate(one, pictures == "drawn")}
            for one in own
            for pictures in ("real", "drawn")
        ]
        return pd.DataFrame(rows).value_counts().unstack(fill_value=0).reindex(PAPERS, level="paper")

    @property
    def evidence(self) -> Listing:
        """What each verdict rests on, a row a claim and kind of pictures."""
        names = paths.table("words.yaml")["evidence"]
        return Listing(self.table[list(names)].rename(columns=names))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What became of all claims in a few sentences: counts, and weak learners behind several claims."""
        return (*answers.counted(self.verdicts), *answers.common_causes(self.verdicts))

    def _repr_html_(self) -> str:
        rows = {name: one.to_dict("records") for name, one in self.table.groupby("claim")}
        papers = paths.table("papers.yaml")
        groups = {paper: [one for one in self.verdicts if one.claim.paper == paper] for paper in PAPERS}
        decided = {
            one.id: {
                "museum" if finding.drawn else "real pictures"
                for finding in one.findings
                if finding.word not in NOTHING_SAID and not finding.cut
            }
            for one in self.verdicts
        }
        script = resources.files("artlib.claims").joinpath("scoreboard.js").read_text(encoding="utf-8")
        return card.fill(
            "scoreboard.html", board=self, rows=rows, decided=decided, script=script, papers=papers, groups=groups,
            answers=answers, whole=card.html,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"Scoreboard: {len(self.verdicts)} claims of {len({v.claim.paper for v in self.verdicts})} papers"


def make_scoreboard(runs: Mapping[str, pd.DataFrame] | None = None) -> Scoreboard:
    """Every claim with its verdicts: one row a claim and collection.

    Parameters
    ----------
    runs : paper -> its records as ``records.read`` gives them; None: the book's own.

    Raises
    ------
    ClaimError : where a claim has nothing printed beside it in ``data/scoreboard.yaml``.
    """
    runs = {paper: records.read(paper) for paper in PAPERS} if runs is None else runs
    found = [verdict_on(name, runs.get(entry.paper, pd.DataFrame())) for name, entry in declared_claims().items()]
    # The null museum is no row: it stands beside the finding of the same size.
    rows = [
        _row(one, finding, runs.get(one.claim.paper)) for one in found for finding in one.findings if not finding.cut
    ]
    return Scoreboard(tuple(found), pd.DataFrame(rows))


def faults(paper: str | None = None) -> Listing:
    """What was found wrong or ambiguous in a paper, or in all: columns paper (of all), kind, what, matters."""
    every = paths.table("scoreboard.yaml")["found"]
    rows = [{"paper": name, **fault} for name, listed in every.items() if paper in (None, name) for fault in listed]
    columns = [*(["paper"] if paper is None else []), "kind", "what", "matters"]
    return Listing(pd.DataFrame(rows, columns=columns))


def untested(board: Scoreboard) -> Listing:
    """What could not be tested, on which kind of pictures, and why: not testable at all, or not decided yet."""
    rows = board.table[board.table["verdict"].isin(NOTHING_SAID)]
    said = rows[["claim", "collection"]].assign(why=rows["verdict"] + ": " + rows["why"])
    return Listing(said, folded=f"{len(said)}, one by one", names={"collection": "pictures"})


def printed(claim: str) -> str:
    """What the paper prints for a claim.

    Raises
    ------
    ClaimError : where nothing is written down for it.
    """
    known = paths.table("scoreboard.yaml")["printed"]
    if not known.get(claim):
        raise ClaimError(f"Nothing is written down as printed for claim {claim}: add it to data/scoreboard.yaml.")
    return known[claim]


def chapters() -> dict[str, str]:
    """Claim -> page on which its card stands; of several the last in the book. Empty without the book's sources."""
    return {name: page for page, shown in cards().items() for name in shown}


def _fate(one: Verdict, drawn: bool) -> str:
    """The word of real (or drawn) pictures on a claim; what is true by construction is counted apart."""
    built = answers.fate(one, drawn) == answers.BUILT
    return answers.BUILT if built else one.first(drawn).word


# --- rows -------------------------------------------------------------------------------------------------------------


def _row(one: Verdict, finding: Finding, runs: pd.DataFrame | None) -> dict:
    entry = one.claim
    estimated = [part for part in finding.parts if part.estimate is not None]
    ours = [f"{text.part_title(part)}: {text.format_estimate(part)}" for part in estimated]
    power = [f"{text.smallest_effect(part)} ({text.sample_size(part)})" for part in estimated]
    # What was not tested has a reason; museums and p would say nothing more.
    why = finding.why if finding.word in NOTHING_SAID else text.details(finding)
    return {
        "claim": one.id, "paper": entry.paper, "statement": entry.statement, "measure": entry.measure,
        "printed": printed(one.id), "collection": text.source(finding), "verdict": finding.word,
        "why": why or "the record decides it alone",
        "ours": "; ".join(ours) or "nothing recorded",
        "seeds": _least(estimated, "models"),
        "draws": _least(estimated, "draws") if finding.drawn else "not drawn",
        "power": "; ".join(power) or "nothing recorded",
        "null": _null(one, finding),
        "control": _control(one, finding),
        "networks": finding.network or "none recorded",
        "todo": "; ".join(finding.todo) or _done(finding),
        **_cost(entry, finding, runs),
        "chapter": chapters().get(one.id, ""),
    }  # fmt: skip


def _least(parts: list[Part], what: str) -> str:
    counts = [part.counts[what] for part in parts if part.counts]
    return " to ".join(map(str, sorted({min(counts), max(counts)}))) if counts else "none"


def _null(one: Verdict, finding: Finding) -> str:
    """What the same analysis says where the cause is cut, or why there is no such museum."""
    if one.claim.cut is None:
        return "nothing planted, so nothing to cut"
    if not finding.drawn:
        return "no null among real pictures"
    nulls = [null for null in one.findings if null.cut and null.preset == finding.preset]
    if not nulls:
        return f"not run yet, without {one.claim.cut}"
    return "; ".join(filter(None, [f"{nulls[0].word}, without {nulls[0].cut}", text.details(nulls[0])]))


def _control(one: Verdict, finding: Finding) -> str:
    """How well the learner does in its own task, beside what the causes themselves give."""
    if one.claim.planted is None or not finding.drawn:
        return "nothing planted, so none needed"
    if finding.control is None:
        return "not recorded"
    task, kappa, best = finding.control
    return f"kappa {kappa:.2f} ({task}); needed {best / 2:.2f} of {best:.2f}"


def _done(finding: Finding) -> str:
    """Why no further study is named."""
    if finding.answer and finding.answer != "undecided":
        return "decided"
    return "no study: see why" if finding.word == NOT_TESTABLE else "all that is declared is recorded"


def _cost(entry: Claim, finding: Finding, runs: pd.DataFrame | None) -> dict[str, str]:
    """On which devices the runs behind a finding were made, and in how many hours all of them together."""
    none = {"device": "no run", "hours": "no run"}
    if runs is None or runs.empty or "device" not in runs.columns:
        return none
    ours = runs[runs["experiment"].isin(entry.experiments) & (runs["collection"] == finding.collection)]
    ours = ours[ours["preset"] == finding.preset] if finding.preset else ours.iloc[:0]
    devices = ", ".join(sorted(set(ours["device"].dropna().astype(str))))
    return {"device": devices, "hours": f"{ours['minutes'].sum() / 60:.1f}"} if devices else none

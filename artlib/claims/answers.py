"""What was found, in plain sentences: yes, no or undecided first, and by how much; for a card, a page or the book."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

import pandas as pd

from artlib import paths, records
from artlib.claims import text
from artlib.claims.declared import NO_VERDICT, NOTHING_SAID, PAPERS, UNTESTED, declared_claims
from artlib.claims.verdict import Finding, Verdict, verdict_on
from artlib.figures import theme


@dataclass(frozen=True)
class Found:
    """Plain sentences computed from records: as text, or as a paragraph on a page."""

    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def _repr_html_(self) -> str:
        return "<p>" + " ".join(map(escape, self.sentences)) + "</p>"


def found(page: str | None = None, only: Collection[str] = (), runs: Mapping[str, pd.DataFrame] | None = None) -> Found:
    """What the book found on the claims of a page, in two or three sentences.

    Parameters
    ----------
    page : of the book, ``"fine-tuning"``: the claims whose cards stand on it. None: all claims, counted.
    only : these claims, in this order, of whatever page.
    runs : paper -> its records as ``records.read`` gives them; None: the book's own.
    """
    names = list(only) or (list(cards().get(page, ())) if page else list(declared_claims()))
    tables = {paper: records.read(paper) for paper in PAPERS} if runs is None else runs
    verdicts = [verdict_on(name, tables.get(declared_claims()[name].paper, pd.DataFrame())) for name in names]
    if page is None and not only:
        return Found(counted(verdicts))
    said = (_sentence(verdicts, drawn) for drawn in (False, True))
    return Found(tuple(filter(None, [*said, _untested(verdicts)])) or ("Nothing is recorded yet on these claims.",))


@cache
def cards() -> dict[str, tuple[str, ...]]:
    """Page -> claims whose cards stand on it, pages in the book's order. Empty without the book's sources."""
    book, contents = paths.root() / "book", paths.root() / "_toc.yml"
    order = contents.read_text(encoding="utf-8") if contents.exists() else ""
    shown = {}
    for page in sorted(book.glob("*.ipynb"), key=lambda page: order.find(f"book/{page.stem}\n")):
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        shown[page.stem] = tuple(re.findall(r"verdict_on\(\"(\w+)\"\)", code))
    return shown


def counted(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Two sentences: what became of the papers' claims on real pictures, and on drawn ones."""
    own = [one for one in verdicts if one.claim.by == "paper"]
    sentences = []
    for where, drawn in (("photographs of real works", False), ("drawn pictures", True)):
        answers = [fate(one, drawn) for one in own]
        known = paths.table("words.yaml")["answers_counted"]
        parts = [f"{answers.count(answer)} {words}" for answer, words in known.items() if answer in answers]
        tried = sum(map(answers.count, known))
        lead = f"Of the papers' {len(own)} claims, {tried} could be tried on {where}"
        sentences.append(f"{lead}: {', '.join(parts)}; {len(own) - tried} could not be tried." if parts else f"{lead}.")
    return tuple(sentences)


def fate(one: Verdict, drawn: bool) -> str:
    """The answer of real (or drawn) pictures; a yes that is true by construction is none of its own."""
    finding = one.first(drawn)
    answer = finding.answer if finding else ""
    return BUILT if answer == "yes" and one.claim.construction else answer


def common_causes(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """One sentence for each learner that is too weak for several claims: that is one finding, not several."""
    weak: dict[str, list[str]] = {}
    for one in verdicts:
        for finding in one.findings:
            if finding.word == UNTESTED and not finding.cut and "too weak" in finding.why:
                weak.setdefault(finding.why, []).append(one.id)
    return tuple(
        f"{theme.listed(names, len(names))} could not be tested on the drawn museum, all for one reason: {why}."
        for why, names in weak.items()
        if len(names) > 1
    )


BUILT = "true by construction"
_MOST = 2  # undecided claims that a sentence names


def _joined(those: list[str], again: str, most: int | None = None) -> str:
    """Claims in a row, each after the word that leads it; of those beyond ``most`` their number alone."""
    more = 0 if most is None else len(those[most:])
    return f"; {again}".join(those[:most]) + (f"; and {more} more" if more else "")


def _sentence(verdicts: list[Verdict], drawn: bool) -> str:
    """What real (or drawn) pictures say of some claims, by their answer."""
    where, said = "drawn pictures" if drawn else "real pictures", []
    for answer, words in paths.table("words.yaml")["answers_said"].items():
        findings = [(one, one.first(drawn)) for one in verdicts]
        answered = [pair for pair in findings if pair[1] and pair[1].answer == answer]
        those = [_named(*pair, alone=len(verdicts) == 1) for pair in answered]
        if those:
            most = _MOST if answer == "undecided" else None
            said.append(words["lead"].format(where=where, listed=_joined(those, words.get("again", ""), most)))
    return " ".join(said)


def _named(one: Verdict, finding: Finding, alone: bool = False) -> str:
    much = "in part" if finding.drawn and one.claim.in_part else text.size(finding)
    if fate(one, finding.drawn) == BUILT:
        much = f"{BUILT}, so no finding"
    elif alone and finding.answer in ("yes", "hardly"):
        much = "; ".join(filter(None, [much, text.certainty(finding)]))
    return f"{_brief(one)} ({much})" if much and finding.answer in ("yes", "no", "hardly") else _brief(one)


def _brief(one: Verdict) -> str:
    """The claim in a few words, to go on a sentence with."""
    brief = one.claim.brief
    return brief if _is_name(brief) else brief[0].lower() + brief[1:]


def _is_name(words: str) -> bool:
    """Whether the first word is a name, which keeps its capital."""
    return not words.split()[0][1:].islower() and len(words.split()[0]) > 1


def _untested(verdicts: list[Verdict]) -> str:
    """Claims of which neither kind of pictures says anything: for want of records, or because none could tell."""
    silent = [one for one in verdicts if all(word in NOTHING_SAID for word in one.words.values())]
    waiting = [one for one in silent if NO_VERDICT in one.words.values()]
    kinds = {"No verdict yet": waiting, "Could not be tested here": [one for one in silent if one not in waiting]}
    return " ".join(
        f"{lead}: whether {_joined(list(map(_brief, those)), 'whether ', _MOST)}."
        for lead, those in kinds.items()
        if those
    )

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
from artlib.claims.verdict import Verdict, verdict_on
from artlib.figures import theme


@dataclass(frozen=True)
class Found:
    """Plain sentences computed from records, what matters most first: as text, or as a paragraph on a page."""

    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sentences)

    def _repr_html_(self) -> str:
        """An answer is three sentences; what follows them is folded."""
        first, rest = (" ".join(map(escape, some)) for some in (self.sentences[:_ANSWER], self.sentences[_ANSWER:]))
        folded = f"<details><summary>The rest of what was found</summary><p>{rest}</p></details>" if rest else ""
        return f"<p>{first}</p>{folded}"


def found(page: str | None = None, only: Collection[str] = (), runs: Mapping[str, pd.DataFrame] | None = None) -> Found:
    """What the book found on the claims of a page, a sentence for each kind of answer.

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
    said = [*_answers(verdicts, False), *_answers(verdicts, True), *_untested(verdicts), *_opposites(verdicts)]
    return Found(tuple(said) or ("Nothing is recorded yet on these claims.",))


@cache
def cards() -> dict[str, tuple[str, ...]]:
    """Page -> claims whose cards stand on it, pages in the book's order. Empty without the book's sources."""
    book, contents = paths.root() / "book", paths.root() / "_toc.yml"
    order = contents.read_text(encoding="utf-8") if contents.exists() else ""
    shown = {}
    for page in sorted(book.glob("*.ipynb"), key=lambda page: order.find(f"book/{page.stem}\n")):
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        shown[page.stem] = tuple(dict.fromkeys(re.findall(r"verdict_on\(\"(\w+)\"\)", code)))  # a page may ask twice
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
        sentences.append(
            f"{lead}: {', '.join(parts)}. The other {len(own) - tried} could not." if parts else lead + "."
        )
    return tuple(sentences)


def fate(one: Verdict, drawn: bool) -> str:
    """The answer of real (or drawn) pictures; a yes that is true by construction is none of its own."""
    answer = finding.answer if (finding := one.first(drawn)) else ""
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
_ANSWER = 3  # sentences
_MOST = 2  # undecided claims that a sentence names


def _joined(those: list[str], again: str, most: int | None = None) -> str:
    """Claims in a row, each after the word that leads it; of those beyond ``most`` their number alone."""
    more = 0 if most is None else len(those[most:])
    return f"; {again}".join(those[:most]) + (f"; and {more} more" if more else "")


def _answers(verdicts: list[Verdict], drawn: bool) -> Iterable[str]:
    """What real (or drawn) pictures say of some claims: a sentence for each answer."""
    where = "Drawn pictures" if drawn else "Real pictures"
    for answer, words in paths.table("words.yaml")["answers_said"].items():
        answered = [one for one in verdicts if fate(one, drawn) == answer]
        those = [_named(one, answer, drawn, alone=len(verdicts) == 1) for one in answered]
        if those:
            listed = _joined(those, words.get("again", ""), _MOST if answer == "undecided" else None)
            yield words["lead"].format(where=where, listed=listed)


def _named(one: Verdict, answer: str, drawn: bool, alone: bool = False) -> str:
    """The claim in a few words; what holds with its size in brackets, and alone with how sure that is."""
    finding = one.first(drawn)
    if finding and answer == "undecided":
        return f"{_brief(one)} ({text.counted(finding.parts, named=False)})"
    if answer not in ("yes", "hardly") or finding is None:
        return _brief(one)
    much = ["in part" if drawn and one.claim.in_part else text.size(finding), text.certainty(finding) if alone else ""]
    return f"{_brief(one)} ({'; '.join(filter(None, much))})" if any(much) else _brief(one)


def _opposites(verdicts: list[Verdict]) -> Iterable[str]:
    """Of each claim that does not hold, in which of its parts."""
    failing = ((one, drawn) for one in verdicts for drawn in (False, True) if fate(one, drawn) == "no")
    where = ("real pictures", "drawn pictures")
    return (f"On {where[drawn]} claim {one.id} {text.size(one.first(drawn))}." for one, drawn in failing)


def _brief(one: Verdict) -> str:
    """The claim in a few words, to go on a sentence with."""
    brief, first = one.claim.brief, one.claim.brief.split()[0]
    is_name = len(first) > 1 and not first[1:].islower()  # which keeps its capital
    return brief if is_name else brief[0].lower() + brief[1:]


def _untested(verdicts: list[Verdict]) -> Iterable[str]:
    """Claims of which neither kind of pictures says anything: for want of records, or because none could tell."""
    silent = [one for one in verdicts if all(word in NOTHING_SAID for word in one.words.values())]
    waiting = [one for one in silent if NO_VERDICT in one.words.values()]
    kinds = {"No verdict yet": waiting, "Could not be tested here": [one for one in silent if one not in waiting]}
    for lead, those in kinds.items():
        if those:
            yield f"{lead}: whether {_joined(list(map(_brief, those)), 'whether ', _MOST)}."

"""Claims as they are written in ``data/claims/<paper>.yaml``; ``rules.yaml`` beside them holds for all verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd

from artlib import paths
from artlib.errors import ArtlibError

PAPERS = ("finetuning", "culture", "artist-gan", "omniart", "artistry")
"""The five papers, in the book's order."""

DIRECTIONS = ("better", "at least as good", "equal")
KINDS = ("museum", "real")
NO_VERDICT, NOT_TESTABLE = "no verdict yet", "not testable"


class ClaimError(ArtlibError):
    """A claim that is not in the table, or is written wrongly there."""


@dataclass(frozen=True)
class Contrast:
    """One part of a claim: a weighted sum of measures of selected runs, and what it must exceed.

    ``terms`` are (times, fields of the cell, metric). ``above`` is what "better" must exceed; "at least as good" must
    exceed it less ``margin``; "equal" must lie within ``margin`` of it.
    """

    says: str
    terms: tuple[tuple[float, Mapping[str, Any], str], ...]
    direction: str
    margin: float
    above: float = 0.0
    scale: str = ""
    across: str = ""
    pair: str = "works"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metric(self) -> str:
        return self.terms[0][2]

    @property
    def fields(self) -> set[str]:
        """The cell fields that tell the terms apart."""
        return {name for _, selected, _ in self.terms for name in selected}

    @property
    def text(self) -> str:
        """The contrast as a formula in words."""
        signs = {1.0: "", -1.0: "less "}
        words = [f"{signs.get(times, f'{times:+g} times ')}{_selection(selected)}" for times, selected, _ in self.terms]
        metrics = " and ".join(dict.fromkeys(metric for _, _, metric in self.terms))
        return f"{metrics}: {', '.join(words)}"


@dataclass(frozen=True)
class Claim:
    """One statement of a paper (or of the book) with what would decide it."""

    id: str
    paper: str
    statement: str
    source: str
    measure: str
    experiments: tuple[str, ...]
    where: Mapping[str, Any]
    average: tuple[str, ...]
    ignore: tuple[str, ...]
    unit: str
    planted: Mapping[str, str] | None
    testable: Mapping[str, bool | str]
    parts: tuple[Contrast, ...]
    by: str = "paper"

    @property
    def cut(self) -> str | None:
        """The switch of the museum that cuts the planted cause."""
        return self.planted["cut"] if self.planted else None


def claim(name: str) -> Claim:
    """A claim by its id.

    Raises
    ------
    ClaimError : for an id that no paper's table has.
    """
    known = declared_claims()
    if name not in known:
        raise ClaimError(f"No claim {name!r}. Claims: {', '.join(known)}.")
    return known[name]


def declared_claims(paper: str | None = None) -> dict[str, Claim]:
    """All claims, or those of one paper, by id, in the order of the tables."""
    return {name: entry for one in ([paper] if paper else PAPERS) for name, entry in _of_paper(one).items()}


def table(paper: str | None = None) -> pd.DataFrame:
    """The claims as a table, one row a claim, indexed by id."""
    words = ("id", "paper", "by", "statement", "source", "measure", "unit", "cut")
    rows = [
        {**{name: getattr(entry, name) for name in words}, **entry.testable, "parts": len(entry.parts),
         "contrast": "; ".join(part.text for part in entry.parts),
         "direction": "; ".join(dict.fromkeys(part.direction for part in entry.parts)),
         "margin": max(part.margin for part in entry.parts),
         "planted": entry.planted["cause"] if entry.planted else "not planted"}
        for entry in declared_claims(paper).values()
    ]  # fmt: skip
    return pd.DataFrame(rows).set_index("id")


def rules() -> Mapping[str, Any]:
    """Level, resamples, and how many trained models and draws a verdict needs."""
    return paths.table("claims/rules.yaml")


@cache
def _of_paper(paper: str) -> dict[str, Claim]:
    return parse(paper, paths.table(f"claims/{paper}.yaml"))


def parse(paper: str, written: Mapping[str, Mapping]) -> dict[str, Claim]:
    """The claims of a paper's table. Raises ClaimError for one that is incomplete or wrong."""
    return {name: _claim(paper, name, entry) for name, entry in written.items()}


def _claim(paper: str, name: str, entry: Mapping[str, Any]) -> Claim:
    try:
        return Claim(
            id=name,
            paper=paper,
            statement=entry["statement"],
            source=entry["source"],
            measure=entry["measure"],
            experiments=_several(entry["experiment"]),
            where=entry.get("where", {}),
            average=_several(entry.get("average", ())),
            ignore=_several(entry.get("ignore", ())),
            unit=entry.get("unit", rules()["unit"]),
            planted=_planted(entry["planted"]),
            testable={kind: entry[kind] for kind in KINDS},
            parts=tuple(_contrast(part) for part in entry["parts"]),
            by=entry.get("by", "paper"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimError(f"Claim {name} in data/claims/{paper}.yaml is incomplete or wrong: {error}.") from None


def _planted(entry: Mapping[str, str] | None) -> Mapping[str, str] | None:
    if entry is not None and set(entry) != {"cause", "cut"}:
        raise ValueError(f"planted needs a cause and its cut, and nothing else: {entry}")
    return entry


def _contrast(part: Mapping[str, Any]) -> Contrast:
    if part["direction"] not in DIRECTIONS:
        raise ValueError(f"direction {part['direction']!r} is none of {', '.join(DIRECTIONS)}")
    known = {"says", "a", "b", "terms", "metric", "direction", "margin", "above", "scale", "across", "pair", "options"}
    if unknown := set(part) - known:
        raise ValueError(f"unknown words in a part: {', '.join(sorted(unknown))}")
    extra = {name: part[name] for name in ("above", "scale", "across", "pair", "options") if name in part}
    margin = part.get("margin", rules()["margin"])
    return Contrast(part["says"], _terms(part), part["direction"], margin, **extra)


def _terms(part: Mapping[str, Any]) -> tuple[tuple[float, Mapping[str, Any], str], ...]:
    if "terms" in part:
        sides = [({**term}.pop("times"), {k: v for k, v in term.items() if k != "times"}) for term in part["terms"]]
    else:
        sides = [(1.0, part["a"])] + ([(-1.0, part["b"])] if "b" in part else [])
    metrics = part["metric"] if isinstance(part["metric"], list) else [part["metric"]] * len(sides)
    return tuple((float(times), selected, metric) for (times, selected), metric in zip(sides, metrics, strict=True))


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _selection(selected: Mapping[str, Any]) -> str:
    words = [f"{name} {'none' if value is None else _listed(value)}" for name, value in selected.items()]
    return " and ".join(words) or "all runs"


def _listed(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)

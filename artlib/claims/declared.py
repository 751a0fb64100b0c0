"""Claims as they are written in ``data/claims/<paper>.yaml``; ``rules.yaml`` beside them holds for all verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from artlib import paths
from artlib.errors import ArtlibError, one_of

PAPERS = ("finetuning", "culture", "artist-gan", "omniart", "artistry")
"""The five papers, in the book's order."""

DIRECTIONS = ("better", "at least as good", "equal")
KINDS = ("museum", "real")
NO_VERDICT, NOT_TESTABLE, UNTESTED = "no verdict yet", "not testable", "could not be tested"
NOTHING_SAID = (NO_VERDICT, NOT_TESTABLE, UNTESTED)
"""Words that leave a claim open, because nothing could tell; "undecided" is not among them: there a run was asked."""


class ClaimError(ArtlibError):
    """A claim that is not in the table, or is written wrongly there."""


@dataclass(frozen=True)
class Contrast:
    """One part of a claim: a weighted sum of measures of selected runs, and what it must exceed.

    ``terms`` are (times, fields of the cell, metric). ``above`` is what "better" must exceed; "at least as good" must
    exceed it less ``margin``; "equal" must lie within ``margin`` of it. ``pictures``: "real", "museum"; empty: both.
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
    pictures: str = ""

    @property
    def metric(self) -> str:
        return self.terms[0][2]

    @property
    def fields(self) -> set[str]:
        """The cell fields that tell the terms apart."""
        return {name for _, selected, _ in self.terms for name in selected}


@dataclass(frozen=True)
class Claim:
    """One statement of a paper (or of the book) with what would decide it."""

    id: str
    paper: str
    statement: str
    brief: str
    source: str
    measure: str
    experiments: tuple[str, ...]
    planted: Mapping[str, str] | None
    testable: Mapping[str, bool | str]
    parts: tuple[Contrast, ...]
    average: tuple[str, ...]
    ignore: tuple[str, ...]
    unit: str
    where: Mapping[str, Any] = field(default_factory=dict)
    by: str = "paper"
    withdrawn: str = ""
    construction: str = ""
    control: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[Mapping[str, str], ...] = ()

    @property
    def in_part(self) -> bool:
        """Whether the drawn museum is asked a part of it only."""
        museum, real = ({one.says for one in self.parts if one.pictures == kind} for kind in KINDS)
        return not real <= museum

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
    one_of(name, known, f"No claim {name!r}", ClaimError)
    return known[name]


def declared_claims(paper: str | None = None) -> dict[str, Claim]:
    """All claims, or those of one paper, by id, in the order of the tables."""
    return {name: entry for one in ([paper] if paper else PAPERS) for name, entry in _of_paper(one).items()}


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
    left = {"unit": rules()["unit"], **entry}
    try:
        return Claim(
            name,
            paper,
            experiments=_several(left.pop("experiment")),
            testable={kind: left.pop(kind) for kind in KINDS},
            parts=tuple(_contrast(part) for part in left.pop("parts")),
            **{field: _several(left.pop(field, ())) for field in ("average", "ignore")},
            changed=tuple(left.pop("changed", ())),
            **left,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimError(f"Claim {name} in data/claims/{paper}.yaml is incomplete or wrong: {error}.") from None


def _contrast(part: Mapping[str, Any]) -> Contrast:
    left = {"margin": rules()["margin"], **part}
    contrast = Contrast(terms=_terms(left), **left)
    one_of(contrast.direction, DIRECTIONS, f"unknown direction {contrast.direction!r}", ValueError)
    one_of(contrast.pictures, ("", *KINDS), f"unknown pictures {contrast.pictures!r}", ValueError)
    return contrast


def _terms(left: dict[str, Any]) -> tuple[tuple[float, Mapping[str, Any], str], ...]:
    """The terms of a part, taken out of what is left of it."""
    signs = {"a": 1.0, "b": -1.0} if "b" in left else {"a": 1.0}
    sides = left.pop("terms", None) or [{"times": times, **left.pop(name)} for name, times in signs.items()]
    metric = left.pop("metric")
    metrics = metric if isinstance(metric, list) else [metric] * len(sides)
    return tuple(
        (float(side["times"]), {name: value for name, value in side.items() if name != "times"}, one)
        for side, one in zip(sides, metrics, strict=True)
    )


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)

"""How sure: bootstrap intervals over works, trained models and draws; paired contrasts; Holm; smallest effects.

One mechanism serves all measures. A measure is a function of sums over predictions (accuracy: hits / works;
Cohen's kappa: hits, class counts, guesses), so a resample is a weighted sum and nothing is ever copied.

What is resampled, and how the parts meet:

* **works**, all pictures of one ``work_id`` together;
* **trained models** (seeds, or the folds of a cross-validation);
* **draws** of the museum. A draw has works and models of its own, so where there are several, whole draws are
  resampled and nothing else: their spread holds that of works and models already.

Works and models are resampled each on its own and their variances added; what works alone explain of the spread between
models is taken out first, so that it is not counted twice. A level of few units knows its spread badly. Therefore
intervals and p are Student's t with Satterthwaite's degrees of freedom: a level counts by its variance and by its
number of units. The simulation on the page about "reproduced" shows how often such intervals hold the truth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from artlib.errors import ArtlibError

LEVEL = 0.95
RESAMPLES = 10_000
POWER = 0.8
_MOST_GROUPS = 10_000  # more works than this are bundled at random: same variance, bounded time
_CELLS = 4_000_000  # weights held at once
_LARGE = 10_000  # sums beyond are added up in double precision


class StatisticsError(ArtlibError):
    """Nothing to resample, or two tables that do not belong together."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval, the works behind it, and the smallest effect that could have been seen.

    Attributes
    ----------
    n : independent works (or runs, where a measure has no works).
    smallest_effect : is found four times in five by the same design (80% power, two-sided 5%).
    error : standard error.
    freedom : Satterthwaite's degrees of freedom of the error.
    units : how many of each outer level.
    samples : of the bootstrap, (B,), as wide as the error.
    origin : of the runs behind it, as ``records.origin_of`` says it.
    """

    value: float
    low: float
    high: float
    n: int
    smallest_effect: float
    error: float
    level: float = LEVEL
    freedom: float = float("inf")
    units: Mapping[str, int] = field(default_factory=dict)
    samples: np.ndarray = field(default=None, repr=False, compare=False)
    origin: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    def p_above(self, null: float = 0.0) -> float:
        """One-sided p of "not above ``null``", from Student's t."""
        from scipy.special import stdtr

        distance = self.value - null
        if self.error == 0:
            return 0.5 if distance == 0 else float(distance < 0)
        return float(stdtr(self.freedom, -distance / self.error))

    def p_below(self, null: float = 0.0) -> float:
        """One-sided p of "not below ``null``"."""
        return (-self).p_above(-null)

    @property
    def p(self) -> float:
        """Two-sided p of "no difference"."""
        return min(1.0, 2 * min(self.p_above(), self.p_below()))

    def row(self, scale: float = 1.0) -> dict[str, float]:
        """Cells of a table: ``value``, ``low``, ``high``, each times ``scale`` (100: percentage points)."""
        return {"value": scale * self.value, "low": scale * self.low, "high": scale * self.high}

    def __neg__(self) -> "Estimate":
        """The same contrast read the other way round."""
        samples = None if self.samples is None else -self.samples
        return replace(self, value=-self.value, low=-self.high, high=-self.low, samples=samples)

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}] ({self.n:,} works)"


@dataclass(frozen=True)
class Block:
    """The predictions of one side of a contrast in one task, ready to be resampled.

    Attributes
    ----------
    moments : (rows, K), summed with weights.
    statistic : sums (B, K) -> measures (B,).
    groups : (rows,) the work of each row.
    units : outer level -> the unit of each row.
    """

    moments: np.ndarray
    statistic: Callable[[np.ndarray], np.ndarray]
    groups: np.ndarray
    units: Mapping[str, np.ndarray] = field(default_factory=dict)


def interval(
    values: Sequence[float],
    groups: Sequence | None = None,
    units: Sequence | Mapping[str, Sequence] | None = None,
    **options: Any,
) -> Estimate:
    """The mean of some values with its interval.

    Parameters
    ----------
    values : (N,)
    groups : (N,) the work of each value; None: each is of its own.
    units : (N,) the trained model, or a mapping of levels from the outermost in: ``{"draw": ..., "model": ...}``.
    **options : ``level``, ``resamples``, ``seed`` of `resample`.

    Raises
    ------
    StatisticsError : with fewer than two groups.
    """
    values = np.asarray(values, float)
    groups = np.arange(len(values)) if groups is None else np.asarray(groups)
    block = Block(np.c_[values, np.ones(len(values))], lambda s: s[:, 0] / s[:, 1], groups, _levels(units))
    return resample([block], **options)


def interval_of_runs(values: Sequence[float], draws: Sequence | None = None, **options: Any) -> Estimate:
    """The mean of one number a run, with its interval; of a single run the number alone, its ends NaN.

    Parameters
    ----------
    values : (N,) one number a trained model; NaN where there is none.
    draws : (N,) of which draw of the collection each is; models are resampled inside their draws.
    **options : of `resample`.
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        nan = float("nan")
        return Estimate(float(values[0]) if len(values) else nan, nan, nan, len(values), nan, nan)
    return interval(values, units=None if draws is None else {"draw": np.asarray(draws).astype(str)}, **options)


def paired(
    a: Sequence[float],
    b: Sequence[float],
    groups: Sequence | None = None,
    units: Sequence | Mapping[str, Sequence] | None = None,
    **options: Any,
) -> Estimate:
    """The mean difference a - b of values (N,) measured on the same works in the same order.

    In a repeated cross-validation each work is tested once a repeat: give its ``work_id`` as group and the
    fold that tested it as unit. The other parameters are those of `interval`.

    Raises
    ------
    StatisticsError : when the two differ in length.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise StatisticsError(
            f"a paired contrast needs the same works on both sides; there are {len(a):,} and {len(b):,} values"
        )
    return interval(a - b, groups, units, **options)


def resample(
    blocks: Sequence[Block],
    combine: Callable[[np.ndarray], np.ndarray] | None = None,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
    unbias: bool = False,
) -> Estimate:
    """Estimate a number made of several blocks' measures under one common resampling.

    Works that occur in several blocks keep one weight, which is what pairs them. Source: Efron and Tibshirani 1993
    (bootstrap, bias); Owen 2007 (crossed levels); Satterthwaite 1946 (degrees of freedom).

    Parameters
    ----------
    combine : measures (B, blocks) -> (B,); None: the first block's.
    level : of the interval.
    unbias : take off the bootstrap's estimate of bias, needed where a measure grows with noise (a variance).

    Raises
    ------
    StatisticsError : where a side has no predictions, or all are of one work.
    """
    combine = combine or (lambda measures: measures[:, 0])
    design = _Design(blocks, combine)
    rng = np.random.default_rng(seed)
    value = float(design.value(design.totals[None])[0])
    deviations, bias, variances, freedoms = np.zeros(resamples), 0.0, [], []
    for step in design.steps():
        drawn = _finite(design.value(step.sums(rng, resamples))) - value
        deviations += np.sqrt(step.inflation) * drawn
        bias += step.inflation * drawn.mean()
        variances.append(step.inflation * float(drawn.var()))
        freedoms.append(step.freedom)
    samples = value + deviations
    if unbias:
        value, samples = value - float(bias), samples - bias - deviations.mean()
    error, freedom = float(np.sqrt(sum(variances))), _satterthwaite(variances, freedoms)
    half = _student(freedom, (1 + level) / 2) * error
    return Estimate(
        value, value - half, value + half, design.n, smallest_effect(error, level=level, freedom=freedom), error, level,
        freedom, design.counts, samples,
    )  # fmt: skip


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: adjusted p-values (N,), in the order given. Source: Holm 1979."""
    p = np.asarray(p_values, float)
    order = np.argsort(p)
    steps = (len(p) - np.arange(len(p))) * p[order]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def smallest_effect(error: float, power: float = POWER, level: float = LEVEL, freedom: float = float("inf")) -> float:
    """The effect that a design with standard error ``error`` finds with the given power.

    level : of one test; of ``m`` tests under Holm's method, where the strictest bar counts, 1 - 0.05 / m.
    """
    return (_student(freedom, (1 + level) / 2) + _student(freedom, power)) * error


def agree(estimate: Estimate, margin: float = 0.02) -> str:
    """In words what a difference shows: better, at least as good, worse, or undecided.

    Better: the interval lies above zero. Worse: below zero. At least as good: above minus the margin.
    """
    if estimate.low > 0:
        return "better"
    if estimate.high < 0:
        return "worse" if estimate.low <= -margin else "worse, by less than the margin"
    return "at least as good" if estimate.low > -margin else "undecided"


@dataclass(frozen=True)
class _Step:
    """One level: how to draw its sums, how much their variance counts, and how well it is known."""

    sums: Callable[[np.random.Generator, int], np.ndarray]
    inflation: float
    freedom: float


class _Design:
    """Blocks laid side by side: sums by work, sums by unit, and the measure of any such sums."""

    def __init__(self, blocks: Sequence[Block], combine: Callable[[np.ndarray], np.ndarray]):
        if not blocks or any(len(block.moments) == 0 for block in blocks):
            raise StatisticsError("nothing to compare: one side has no predictions")
        self.blocks, self.combine = blocks, combine
        self.edges = np.cumsum([0, *(block.moments.shape[1] for block in blocks)])
        self.groups = _factorize([block.groups for block in blocks])
        self.n = int(self.groups.max()) + 1
        if self.n < 2:
            raise StatisticsError("an interval needs at least two works; all predictions are of one work_id")
        names = list(dict.fromkeys(name for block in blocks for name in block.units))
        self.units = {name: self._unit_codes(names[: i + 1]) for i, name in enumerate(names)}
        self.totals = self._sum_by(np.zeros(len(self.groups), int), 1)[0]
        self.counts = {name: int(codes.max()) + 1 for name, codes in self.units.items()}

    def _unit_codes(self, names: list[str]) -> np.ndarray:
        """A unit's code names the units it lies in too: seed 0 of one draw is not seed 0 of another."""
        parts = [(block.units, np.zeros(len(block.moments), int)) for block in self.blocks]
        columns = [_factorize([units.get(name, nothing) for units, nothing in parts]) for name in names]
        return np.unique(np.stack(columns, 1), axis=0, return_inverse=True)[1].ravel()

    def value(self, sums: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            pieces = [
                block.statistic(sums[:, start:stop])
                for block, start, stop in zip(self.blocks, self.edges, self.edges[1:], strict=False)
            ]
            return self.combine(np.stack(pieces, 1))

    def _sum_by(self, codes: np.ndarray, size: int) -> np.ndarray:
        table, first = np.zeros((size, self.edges[-1])), 0
        for block, start in zip(self.blocks, self.edges, strict=False):
            own = codes[first : first + len(block.moments)]
            for k in range(block.moments.shape[1]):
                table[:, start + k] = np.bincount(own, block.moments[:, k], size)
            first += len(block.moments)
        return table

    def influence(self) -> np.ndarray:
        """How much each row moves the measure: its gradient at the totals, times the row (rows,)."""
        scale = np.maximum(np.abs(self.totals), 1.0) * 1e-4
        steps = np.diag(scale)
        gradient = (self.value(self.totals + steps) - self.value(self.totals - steps)) / (2 * scale)
        gradient = np.nan_to_num(gradient)
        parts = np.split(gradient, self.edges[1:-1])
        return np.concatenate([block.moments @ part for block, part in zip(self.blocks, parts, strict=True)])

    def steps(self) -> list[_Step]:
        """Draws alone where there are several; else works, then each outer level that has more than one unit."""
        parents = np.zeros(len(self.groups), int)
        draws = self.units.get("draw", parents)
        if draws.any():
            return [self._level(draws, parents, None)]
        steps = [self._works()]
        influence = self.influence() if self.units else None
        for codes in self.units.values():
            step = self._level(codes, parents, influence)
            steps += [step] if step else []
            parents = codes
        return steps

    def _works(self) -> _Step:
        codes, n = self.groups, self.n
        if n > _MOST_GROUPS:
            codes = np.random.default_rng(0).permutation(n)[codes] % _MOST_GROUPS
            n = _MOST_GROUPS
        table = self._sum_by(codes, n)
        return _Step(lambda rng, size: _resampled_sums(rng, size, table), n / (n - 1), n - 1)

    def _level(self, codes: np.ndarray, parents: np.ndarray, influence: np.ndarray | None) -> _Step | None:
        """One level; ``influence`` of the rows tells what works explain of it (None: all of its spread counts)."""
        size = int(codes.max()) + 1
        parent = np.zeros(size, int)
        parent[codes] = parents
        inside = np.bincount(parent)
        freedom = size - len(inside)
        if freedom < 1:
            return None
        share = 1.0 if influence is None else _own_share(codes, parent, self.groups, influence)
        table = self._sum_by(codes, size)
        members = [np.flatnonzero(parent == p) for p in range(len(inside))]

        def sums(rng: np.random.Generator, resamples: int) -> np.ndarray:
            return sum(_resampled_sums(rng, resamples, table[rows]) for rows in members)

        each = size / len(inside)
        return _Step(sums, share * each / (each - 1), freedom)


def _own_share(codes: np.ndarray, parent: np.ndarray, groups: np.ndarray, influence: np.ndarray) -> float:
    """The part of the spread between units that the scatter of works does not already explain, 0 to 1."""
    size, inside = len(parent), np.bincount(parent)

    def centred(keys: np.ndarray, first: np.ndarray, values: np.ndarray) -> float:
        """Sum of squares of ``values`` less that of their means, inside each (parent, key)."""
        pair = np.unique(keys * len(inside) + first, return_inverse=True)[1]
        squares, sums = np.bincount(pair, values**2), np.bincount(pair, values)
        width = np.zeros(len(sums))
        width[pair] = inside[first]
        return float(np.sum(squares - sums**2 / width))

    between = centred(np.zeros(size, int), parent, np.bincount(codes, influence, size))
    cell, where = np.unique(groups.astype(np.int64) * size + codes, return_inverse=True)
    noise = centred(cell // size, parent[cell % size], np.bincount(where, influence))
    return max(0.0, 1 - noise / between) if between > 0 else 0.0


def _resampled_sums(rng: np.random.Generator, resamples: int, table: np.ndarray) -> np.ndarray:
    """Sums of the table's rows (n, K) drawn n times with replacement, for each resample: (B, K)."""
    n, rows = len(table), max(1, _CELLS // len(table))
    # Sums in float32 lose what is small beside a large mean.
    exact = np.float64 if np.abs(table).max(initial=0) > _LARGE else np.float32
    sums, weighty = np.empty((resamples, table.shape[1])), table.astype(exact)
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        picks = rng.integers(0, n, (size, n), dtype=np.int32) + (np.arange(size, dtype=np.int32) * n)[:, None]
        weights = np.bincount(picks.ravel(), minlength=size * n).reshape(size, n).astype(np.float32)
        sums[start : start + size] = weights @ weighty
    return sums


def _student(freedom: float, share: float) -> float:
    """The value below which ``share`` of Student's t lies; of endless freedom the normal curve's."""
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(freedom, share) if np.isfinite(freedom) else ndtri(share))


def _satterthwaite(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """The degrees of freedom of a sum of variances, each known with its own. Source: Satterthwaite 1946."""
    known = sum(variance**2 / freedom for variance, freedom in zip(variances, freedoms, strict=True))
    return float(sum(variances) ** 2 / known) if known else float("inf")


def _finite(values: np.ndarray) -> np.ndarray:
    """A resample can miss a side altogether when a grid has holes; a few such are left out, many are an error."""
    good = np.isfinite(values)
    if good.mean() < 0.95:
        raise StatisticsError("too few runs on one side to resample: complete the grid of runs, or compare fewer cells")
    return np.where(good, values, values[good].mean())


def _levels(units: Sequence | Mapping[str, Sequence] | None) -> dict[str, np.ndarray]:
    if units is None:
        return {}
    named = units if isinstance(units, Mapping) else {"model": units}
    return {name: np.asarray(values) for name, values in named.items()}


def _factorize(columns: list[np.ndarray]) -> np.ndarray:
    import pandas as pd

    return pd.factorize(np.concatenate([np.asarray(column).astype(str) for column in columns]))[0]

"""Records as the two (or more) sides of a contrast: which runs belong together, and their blocks."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from artlib.claims.declared import Claim, Contrast
from artlib.evaluate import comparisons, metrics, predictions
from artlib.evaluate.statistics import Block
from artlib.figures import theme
from artlib.records import plain

MODEL = comparisons.MODEL
_UNITS = ("draw", *MODEL)
_NOT_STRATA = {*_UNITS, "cut"}


class Missing(Exception):
    """What a part still needs; caught where parts are put together, never seen by a user."""


@dataclass(frozen=True)
class Cells:
    """The runs of one part in one stratum: (times, metric, runs) for each term, and what the stratum is."""

    stratum: Mapping[str, Any]
    terms: tuple[tuple[float, str, pd.DataFrame], ...]
    key: Mapping[str, Any] = field(default_factory=dict)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Records with the fields of their cells as columns of their own, missing ones as empty text."""
    named = {column: column.removeprefix("cell.") for column in table.columns if column.startswith("cell.")}
    # A field of the cell wins over a field of the record with the same name (seed).
    table = table.drop(columns=[name for name in named.values() if name in table.columns]).rename(columns=named)
    fields = [*named.values(), *(name for name in ("seed",) if name in table.columns)]
    for name in fields:
        table[name] = list(map(plain, table[name]))
    if "cut" not in table.columns:
        table["cut"] = ""
    table.attrs["fields"] = [name for name in named.values() if name not in _NOT_STRATA]
    return table.reset_index(drop=True)


def select(runs: pd.DataFrame, fields: Mapping[str, Any]) -> pd.DataFrame:
    """The runs whose cells have these values; None: without the field; a list: any of these."""
    for name, value in fields.items():
        column = runs[name] if name in runs.columns else pd.Series("", index=runs.index)
        runs = runs[column.isin(list(map(plain, value if isinstance(value, list) else [value])))]
    return runs


def strata(claim: Claim, part: Contrast, runs: pd.DataFrame) -> list[Cells]:
    """The part once for each combination of fields that nothing averages over; `Missing` where there is none."""
    chosen = select(runs, claim.where)
    sides = [(times, metric, select(chosen, fields)) for times, fields, metric in part.terms]
    # An experiment in which a whole side was never run asks something else.
    asked = set.intersection(*(set(side["experiment"]) for _, _, side in sides))
    if asked:
        sides = [(times, metric, side[side["experiment"].isin(asked)]) for times, metric, side in sides]
    free = part.fields | set(claim.average) | set(claim.ignore) | {part.across}
    by = ["experiment", *(name for name in runs.attrs["fields"] if name not in free)]
    keys = pd.concat([side[by] for _, _, side in sides]).drop_duplicates()
    keys = keys.sort_values(by, key=lambda column: column.astype(str))
    if keys.empty:
        raise Missing(_no_run(part.terms[0][1] | claim.where))
    # What follows from the task (artists apart, say) need not be said again.
    same = keys.groupby("task")[by] if "task" in by else None
    counts = keys[by].nunique() if same is None else same.nunique().max()
    several = keys["experiment"].nunique() > 1
    varying = [name for name in by if name == "task" or counts[name] > 1 or (name == "experiment" and several)]
    return [
        Cells(
            {name: key[name] for name in varying if key[name] != "" and (name != "experiment" or several)},
            tuple((times, metric, select(side, key.to_dict())) for times, metric, side in sides),
            key.to_dict(),
        )
        for _, key in keys.iterrows()
    ]


def less(claim: Claim, part: Contrast, runs: pd.DataFrame, null: pd.DataFrame) -> list[Cells]:
    """The part's strata in the museum, each with the same contrast in the null museum taken off where it was run.

    A field that the cut itself changes (how much is shared) does not keep the two apart.
    """
    places, nulls = strata(claim, part, runs), strata(claim, part, null)
    own = {name: {place.key[name] for place in places} for name in places[0].key}
    same = [name for name in own if own[name] & {place.key.get(name) for place in nulls}]
    found = []
    for place in places:
        beside = [one for one in nulls if all(one.key[name] == place.key[name] for name in same)]
        off = tuple((-times, metric, runs) for one in beside[:1] for times, metric, runs in one.terms)
        found.append(replace(place, terms=place.terms + off))
    return found


def blocks(claim: Claim, part: Contrast, cells: Cells) -> tuple[list[Block], Any, dict[str, int]]:
    """Blocks of all terms, the function that combines their measures, and how many models and draws there are."""
    terms = _common_models(cells, part)
    groups = [_averaged(claim, part, runs) for _, _, runs in terms]
    metric_of = [metric for _, metric, _ in terms]
    if kept := all(predictions.scored_by_work(runs, metric) for _, metric, runs in terms):
        metric_of = [metric.removeprefix("metrics.") for metric in metric_of]
    if by_work := kept or metrics.is_measure(part.metric):
        units = {name: name for name in _UNITS if name in terms[0][2].columns}
        tables = [[predictions.joined(runs, units) for _, runs in group] for group in groups]
        if part.pair == "works":
            half = len(part.terms)  # the museum's works are paired with one another, and the null museum's
            tables = [
                side
                for start in range(0, len(groups), half)
                for side in _same_works(groups[start : start + half], tables[start : start + half])
            ]
        made = [
            [_block(table, metric, part.options) for table in side]
            for side, metric in zip(tables, metric_of, strict=True)
        ]
    else:
        made = [[_scalar(runs, metric) for _, runs in group] for group, metric in zip(groups, metric_of, strict=True)]
    levels = [[level for level, _ in group] for group in groups]
    counts = _counts(terms) | {"works": by_work}
    return [block for side in made for block in side], _combine(part, terms, levels), counts


def _common_models(cells: Cells, part: Contrast) -> list[tuple[float, str, pd.DataFrame]]:
    """Only models that every term has: the same draw, seed, repeat and fold."""
    columns = [name for name in _UNITS if name in cells.terms[0][2].columns]
    sets = [set(map(tuple, runs[columns].to_numpy())) for _, _, runs in cells.terms]
    common = set.intersection(*sets)
    for number, runs in enumerate(sets):
        if not runs:
            raise Missing(_no_run(part.terms[number % len(part.terms)][1]))
    if not common:
        raise Missing("no two runs with the same seed, fold and draw")
    return [
        (times, metric, runs[[tuple(row) in common for row in runs[columns].to_numpy()]])
        for times, metric, runs in cells.terms
    ]


def _no_run(fields: Mapping[str, Any]) -> str:
    asked = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return "no run" + " and".join(f" with the {name} {' or '.join(map(theme.readable, asked[name]))}" for name in asked)


def _averaged(claim: Claim, part: Contrast, runs: pd.DataFrame) -> list[tuple[tuple, pd.DataFrame]]:
    """A term's runs by what it averages over (or what it takes the variance across)."""
    listed = [name for _, fields, _ in part.terms for name, value in fields.items() if isinstance(value, list)]
    by = [name for name in dict.fromkeys([part.across, *claim.average, *listed]) if name in runs.columns]
    return list(runs.groupby(by, dropna=False)) if by else [((), runs)]


def _same_works(groups: list, tables: list[list[pd.DataFrame]]) -> list[list[pd.DataFrame]]:
    """Works tested on all sides of a contrast, in each of the strata that it averages over."""
    if len(tables) == 1:
        return tables
    levels = [[key for key, _ in group] for group in groups]
    if any(level != levels[0] for level in levels):
        raise Missing("the sides were not run on the same tasks")
    places = [comparisons.shared(*place) for place in zip(*tables, strict=True)]
    return [list(side) for side in zip(*places, strict=True)]


def _block(table: pd.DataFrame, metric: str, options: Mapping[str, Any]) -> Block:
    classes = table.attrs["classes"]
    if options and classes is None:
        raise Missing("the records do not name the classes")
    return comparisons.block(table, metric, **({**options, "names": classes} if options else {}))


def _scalar(runs: pd.DataFrame, metric: str) -> Block:
    """Numbers kept in records: each trained model is its own unit; nothing is known of single works.

    Repeats of a cross-validation test the same works again, so they are averaged and count once: what is left of the
    spread between folds after averaging is widened to that between the folds of one repeat.
    """
    if metric not in runs.columns or runs[metric].isna().any():
        raise Missing(f"the records have no {metric}")
    repeats = runs["repeat"].nunique() if "repeat" in runs.columns else 1
    if repeats > 1:
        by = [name for name in _UNITS if name != "repeat" and name in runs.columns]
        runs = runs.groupby(by, as_index=False, dropna=False)[metric].mean()
    values = runs[metric].to_numpy(float)
    values = values.mean() + np.sqrt(repeats) * (values - values.mean())
    models = runs[[name for name in _UNITS if name in runs.columns]].astype(str).agg("/".join, axis=1)
    outer = {"draw": runs["draw"].astype(str).to_numpy()} if "draw" in runs.columns else {}
    return Block(np.c_[values, np.ones(len(values))], lambda s: s[:, 0] / s[:, 1], models.to_numpy(), outer)


def _combine(part: Contrast, terms: list, levels: list[list]):
    """(B, blocks) -> (B,): each term's mean (or variance) over its blocks, times its weight, summed."""
    sizes = [len(side) for side in levels]
    edges = np.cumsum([0, *sizes])

    def combine(measures: np.ndarray) -> np.ndarray:
        values = np.log(measures) if part.scale == "log" else measures
        sides = [values[:, start:stop] for start, stop in itertools.pairwise(edges)]
        reduce = np.var if part.across else np.mean
        return sum(times * reduce(side, axis=1) for (times, _, _), side in zip(terms, sides, strict=True))

    return combine


def _counts(terms: list) -> dict[str, int]:
    """Trained models a draw, at least, and draws, on each side."""
    runs = terms[0][2]
    models = [name for name in MODEL if name in runs.columns]
    draws = runs["draw"] if "draw" in runs.columns else pd.Series(0, index=runs.index)
    per_draw = [len(group[models].drop_duplicates()) for _, group in runs.groupby(draws)]
    return {"models": min(per_draw), "draws": len(per_draw)}

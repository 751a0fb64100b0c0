"""What recorded runs say of the artistry paper: gains of learning together, what they follow, biases and leaks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from artlib import records
from artlib.evaluate import comparisons, statistics
from artlib.evaluate.statistics import Estimate
from artlib.experiments import results

_RESAMPLES = 2_000  # for figures; verdicts take more

UNSHARED = "multi-2-unshared"
"""The network of multi-2's shape whose fields share nothing."""

CONTROLS = {
    "multi-2 minus not shared": ("multi-2", "multi-2-unshared"),
    "multi-1 minus not shared": ("multi-1", "multi-1-unshared"),
    "multi-1 minus single-large": ("multi-1", "single-large"),
}
"""What a control is compared with: the same network without sharing, and a single network as large as the path."""


CURVE = (
    "artistry-networks-null-cpu",
    "artistry-calibration-25-cpu",
    "artistry-networks-cpu",
    "artistry-calibration-75-cpu",
    "artistry-calibration-100-cpu",
)
"""The studies that together make the calibration curve, from nothing in common to everything."""


def gains_over_controls(runs: pd.DataFrame, pairs: Mapping[str, tuple[str, str]] = CONTROLS) -> dict[str, Estimate]:
    """Accuracy of one network less that of another, over all fields: title -> Estimate; pairs not run are left out."""
    table = results.predictions(runs)
    found = {title: _gain(table, *pair, by=None).get("all") for title, pair in pairs.items()}
    return {title: one for title, one in found.items() if one}


def gains_with_partners(runs: pd.DataFrame) -> dict[tuple[str, str], Estimate]:
    """What each field gains from those it is learned with: (field, "painting + garden") -> Estimate.

    runs : of combinations (cell.together "painting, garden") and, on the same splits, of networks of the same shape
        whose fields share nothing, so that neither another shape nor another size passes for a gain.
    """
    if "cell.together" not in runs.columns:
        return {}
    combined = runs["cell.together"].notna()
    alone = runs[~combined & (runs["cell.network"] == UNSHARED)]
    if not combined.any() or alone.empty:
        return {}
    both, own = results.predictions(runs[combined]), results.predictions(alone).assign(side="alone")
    found = {}
    for together, table in both.groupby("together", sort=False):
        gained = _gain(pd.concat([table.assign(side="together"), own]), "together", "alone", among="side")
        names = together.split(", ")
        for field in (name for name in names if name in gained):
            found[field, " + ".join(name for name in names if name != field)] = gained[field]
    return found


def gain_matrix(runs: pd.DataFrame) -> pd.DataFrame:
    """``gains_with_partners`` as ``figures.affinity`` has it: task (a field), partner, value, low, high in points."""
    found = gains_with_partners(runs).items()
    rows = [{"task": field, "partner": partner, **one.row(100)} for (field, partner), one in found]
    return pd.DataFrame(rows, columns=["task", "partner", "value", "low", "high"])


def leak_gain(runs: pd.DataFrame) -> dict[str, Estimate]:
    """What splitting after augmenting adds to the accuracy: "all fields" and each field -> Estimate.

    The two ways test other works, so that nothing is paired but the trained models; only those count that were
    trained both ways. Empty where there are none.
    """
    table, ways = results.predictions(runs), ("augment, then split", "split, then augment")
    return _with_all_fields(table, *ways, among="method", paired=False)


def calibration(runs: pd.DataFrame, network: str = "multi-2") -> pd.DataFrame:
    """Gain of a multi-task network over the single one by the share in common: shared, field, value, low, high.

    runs : of both networks at several values of cell.shared. "all fields" stands for their mean.
    """
    rows = [
        {"shared": float(shared), "field": field, **one.row()}
        for shared, level in results.predictions(runs).groupby("shared")
        for field, one in _with_all_fields(level, network, "single").items()
    ]
    return pd.DataFrame(rows)


def _gain(table: pd.DataFrame, better: str, worse: str, among: str = "network", **options) -> dict:
    return results.gain(table, better, worse, among=among, resamples=_RESAMPLES, **options)


def _with_all_fields(table: pd.DataFrame, better: str, worse: str, **options) -> dict[str, Estimate]:
    """Gains over all fields, and field by field."""
    whole = _gain(table, better, worse, by=None, **options)
    return {"all fields": whole["all"]} | _gain(table, better, worse, **options) if whole else {}


def gain_vs_shared_text(runs: pd.DataFrame, network: str = "multi-2") -> tuple[str, ...]:
    """Plain sentences, from these runs alone: does the gain of learning together follow what the fields share?"""
    unknown = "Whether the gain follows what is shared cannot be told yet: "
    table, found = results.predictions(runs), {}
    for shared, level in table.groupby("shared"):
        sides = results.common_models(*(level[level["network"] == name] for name in (network, "single")))
        if len(sides[0]):
            found[float(shared)] = [comparisons.block(side, "accuracy") for side in sides]
    if len(found) < 2:
        shares = f"{len(found)} of the shares in common"
        return (f"{unknown}{network} and single networks were run side by side at {shares}.",)
    least, most = min(found), max(found)
    try:
        start = statistics.resample(found[least], lambda m: m[:, 0] - m[:, 1], resamples=_RESAMPLES)
        rise = statistics.resample([*found[most], *found[least]], lambda m: m @ [1, -1, -1, 1], resamples=_RESAMPLES)
    except statistics.StatisticsError as error:  # one level has been run for fewer models or draws than the other
        return (f"{unknown}{error}.",)
    ends = ["nothing" if least == 0 else f"{least:g}", "all" if most == 1 else f"{most:g}"]
    clear = start.low > 0 or start.high < 0
    alarm = (": a false alarm." if least == 0 and start.low > 0 else ".") if clear else ", which may be none."
    first = f"Where {ends[0]} of artistry is common, learning together ({network}) gains {_points(start)}{alarm}"
    second = f"From there to {ends[1]} in common the gain changes by {_points(rise)}: "
    follows = "it rises with what is shared." if rise.low > 0 else "it falls as more is shared."
    return first, second + (follows if rise.low > 0 or rise.high < 0 else "that cannot be told from no change.")


def _points(estimate: Estimate) -> str:
    # Adding 0 makes +0.0 of a negative number that is rounded to nothing; an end of an interval keeps its sign.
    value, *ends = estimate.row(100).values()
    value, (low, high) = f"{round(value, 1) + 0:+.1f}", (f"{end:+.{1 + (abs(end) < 0.05)}f}" for end in ends)
    return f"{value} points [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def accuracy_by_epoch(runs: pd.DataFrame) -> pd.DataFrame:
    """Recorded curves of test accuracy (Fig. 17): network, field, epoch, run, accuracy."""
    return _histories(runs, "epoch", "test_accuracy").rename(columns={"test_accuracy": "accuracy"})


def _histories(runs: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """These columns of the runs' histories below one another, and of which network, field and run they are."""
    tables = [
        records.history(row)[list(columns)].assign(
            network=row["cell.network"], field=row["cell.task"], run=f"{row['cell.draw']}/{row['seed']}"
        )
        for _, row in runs.iterrows()
    ]
    return pd.concat(tables, ignore_index=True)


def agreement(named: Mapping[str, pd.DataFrame]) -> dict[str, Estimate]:
    """Correlation of the pairs' gains with their alignment in sets of runs of kind ``relations``: title -> Estimate."""
    return results.intervals(named, "metrics.gain_similarity")


def biases(runs: pd.DataFrame) -> dict[str, Estimate]:
    """By how much the best epoch on the test set lies above the one chosen on validation: network -> Estimate."""
    return results.intervals(dict(list(runs.groupby("cell.network", sort=False))), "metrics.bias")


def bias_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Accuracy at the epoch chosen on validation, at the last, and at the best on test: means over runs."""
    last = [records.history(row)["test_accuracy"].iloc[-1] for _, row in runs.iterrows()]
    columns = {"metrics.accuracy": "chosen on validation, %", "last": "last epoch, %",
               "metrics.best_on_test": "best on test, %", "metrics.bias": "added by the choice, points"}  # fmt: skip
    table = runs.assign(last=last).groupby("cell.network", sort=False)[list(columns)].mean()
    spans = {name: f"{100 * e.low:.1f} to {100 * e.high:.1f}" for name, e in biases(runs).items()}
    table = (100 * table).round(1).rename(columns=columns)
    return table.assign(**{"95% interval": [spans.get(str(name), "") for name in table.index]}).rename_axis("network")


def attention_width_gain(runs: pd.DataFrame, network: str = "multi-2") -> dict[str, Estimate]:
    """How much more of a picture a multi-task network's attention covers, picture by picture: part -> Estimate.

    Of the trained models that both networks have; empty where there are none.
    """
    table, keys = results.predictions(runs), ["task", "draw", "seed", "picture"]
    single = table.loc[table["network"] == "single", [*keys, "spread"]]
    both = table[table["network"] == network].merge(single, on=keys, suffixes=("", " alone"))
    both = both.dropna(subset=["spread", "spread alone"])  # a map that is zero everywhere has no width
    return {
        f"{part} branch": statistics.paired(
            own["spread"], own["spread alone"], own["work_id"], {"draw": own["draw"], "model": own["seed"]},
            resamples=_RESAMPLES,
        )
        for part, own in both.groupby("part", sort=False)
    }  # fmt: skip


def alignments(runs: pd.DataFrame) -> pd.DataFrame:
    """Alignment by epoch of recorded trainings: part, epoch, alignment, run; parts that are not shared say so."""
    words = {"individual": "individual branch", "common": "common branch", "stem": "alone"}
    table = _histories(runs, "epoch", "part", "alignment")
    table["part"] = table["part"].map(words) + np.where(table["network"].str.contains("unshared"), ", not shared", "")
    shown = table["part"].isin(["individual branch", "common branch", "common branch, not shared"])
    return table[shown].reset_index(drop=True)

"""What networks learn of the museum over five museums, beside what its plan asks for; some minutes, all on one core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import museum

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST, MOST, COLOUR = 0.3, 0.97, 0.7


def run(seeds=range(5)) -> DataFrame:
    """Kappa of resnet18_s, colour's share of it, and what photographs add, each with its 95% interval over museums."""
    return summary(museum.learning(seeds))


def summary(found: DataFrame) -> DataFrame:
    """The table of `museum.learning` in three rows a task: mean over seeds, interval, target, reached or not.

    `reached` asks of the mean that it keeps to the target; of photographs against scratch, that the whole interval
    does. Errors: StatisticsError when there is one seed only.
    """
    import pandas as pd

    from artlib.evaluate.statistics import interval

    rows = []
    for task, table in found.groupby("task", sort=False):
        kappa = table.pivot(index="seed", columns="start", values="kappa")
        network, ratio = interval(kappa.photographs), interval(kappa.colour / kappa.photographs)
        gain = interval(kappa.photographs - kappa.none)
        for name, estimate, target, reached in (
            ("network", network, f"{LEAST} to {MOST}", LEAST <= network.value <= MOST),
            ("colour alone, share of the network's", ratio, f"at most {COLOUR}", ratio.value <= COLOUR),
            ("photographs minus scratch", gain, "interval above 0", gain.low > 0),
        ):
            mean, low, high = (round(value, 3) for value in (estimate.value, estimate.low, estimate.high))
            rows.append({"name": f"{task}: {name}", "ours": mean, "low": low, "high": high, "unit": "kappa",
                         "museums": len(kappa), "target": target, "reached": bool(reached)})  # fmt: skip
    return pd.DataFrame(rows)

"""Which way of computing trains fastest on this processor: every way on three networks, beside plain eager."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

NETWORKS = (("resnet18_s", 64, 64), ("mobilenetv2_100", 144, 32), ("caffenet_s", 64, 64))  # name, pixels, batch


def run(rounds: int = 5) -> DataFrame:
    """Pictures a second and final loss of each way, and whether it is the one that is chosen."""
    import pandas as pd

    rows = [row for name, size, batch in NETWORKS for row in measure(name, size, batch, rounds)]
    return pd.DataFrame(rows)


def measure(name: str, size: int, batch: int, rounds: int = 5) -> list[dict]:
    """One row a way; ways take turns, and the number is the median of ``rounds``."""
    from artlib import nets
    from artlib.experiments import setting

    found = setting.measure(nets.create(name, 10), size, batch, setting.EVERY, rounds)
    single = [row for row, one in zip(found, setting.EVERY, strict=True) if one.precision == "auto"]
    chosen, plain = setting.choose(single), found[0]["pictures_per_second"]
    return [
        {
            "name": f"{name}, {size} px, batches of {batch}", "way": one.name, "ours": row["pictures_per_second"],
            "peer": plain, "ratio": round(row["pictures_per_second"] / plain, 3), "loss": round(row["loss"], 5),
            "unit": "pictures/s", "chosen": k == chosen,
        }
        for k, (one, row) in enumerate(zip(setting.EVERY, found, strict=True))
    ]  # fmt: skip

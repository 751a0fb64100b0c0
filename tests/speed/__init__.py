"""Measurements of speed, each beside what it is compared with. One module a measurement, with a function ``run``.

By hand, from the repository: ``python tests/speed cache`` prints a table; ``--record`` also writes it down.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from artlib import records
from artlib.errors import ArtlibError

if TYPE_CHECKING:
    from pandas import DataFrame

NAMES = ("artistry", "cache", "generation", "learner", "learning", "maps", "multitask", "museum", "processor",
         "retrieval", "start")  # fmt: skip


class SpeedError(ArtlibError):
    """A measurement that does not exist, or that has nothing to compare with."""


def run(name: str, record: bool = False) -> DataFrame:
    """Run one measurement; what comes back prints as its table.

    Parameters
    ----------
    name : one of ``NAMES``.
    record : also record every row (book/bench), with its provenance.

    Raises
    ------
    SpeedError : for an unknown name.
    """
    if name not in NAMES:
        raise SpeedError(f"No measurement {name!r}; there are {', '.join(NAMES)}.")
    table = importlib.import_module(f".{name}", __name__).run()
    if record:
        _record(name, table)
    return table


def _record(name: str, table: DataFrame) -> None:
    for number, row in enumerate(table.to_dict("records")):
        numbers = {key: value for key, value in row.items() if isinstance(value, bool | int | float)}
        words = {key: value for key, value in row.items() if key not in numbers}
        cell = {"bench": name, "row": number, **words}
        place = {"paper": "book", "experiment": "bench", "preset": "cpu", "collection": "none", "seed": None}
        records.write({**place, "cell": cell, "metrics": numbers})

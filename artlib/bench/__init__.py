"""Measurements of speed, each beside what it is compared with. One module a measurement, with a function ``run``."""

import importlib
import pkgutil

from artlib.errors import ArtlibError


class BenchError(ArtlibError):
    """A measurement that does not exist."""


def names() -> list[str]:
    """The measurements there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def run(name: str, keep: bool = False) -> object:
    """Run one measurement; what comes back prints as its table. Raises BenchError for an unknown name.

    ``keep``: also write every row into ``data/results/book/bench``, with its provenance.
    """
    if name not in names():
        raise BenchError(f"No measurement {name!r}; there are {', '.join(names())}.")
    table = importlib.import_module(f"{__name__}.{name}").run()
    if keep:
        _keep(name, table)
    return table


def _keep(name: str, table) -> None:
    from artlib import records

    for number, row in enumerate(table.to_dict("records")):
        numbers = {key: value for key, value in row.items() if isinstance(value, bool | int | float)}
        words = {key: value for key, value in row.items() if key not in numbers}
        cell = {"bench": name, "row": number, **words}
        place = {"paper": "book", "experiment": "bench", "preset": "cpu", "collection": "none", "seed": None}
        records.write({**place, "cell": cell, "metrics": numbers})

"""Measurements of speed, each beside what it is compared with. One module a measurement, with a function ``run``."""

import importlib
import pkgutil

from artlib.errors import ArtlibError


class BenchError(ArtlibError):
    """A measurement that does not exist."""


def names() -> list[str]:
    """The measurements there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def run(name: str) -> object:
    """Run one measurement; what comes back prints as its table. Raises BenchError for an unknown name."""
    if name not in names():
        raise BenchError(f"No measurement {name!r}; there are {', '.join(names())}.")
    return importlib.import_module(f"{__name__}.{name}").run()

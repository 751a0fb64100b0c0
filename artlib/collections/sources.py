"""The real collections in words: what each holds, its licence, how to get it, its faults. Chapter: sources.

All stands in ``data/sources``, one file a source; ``reader`` there is for `artlib.collections.published`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from artlib import paths
from artlib.errors import one_of
from artlib.works import CollectionError

NAMES: tuple[str, ...] = tuple(paths.table("collections.yaml"))


@cache
def _entries() -> dict[str, dict]:
    told = [name for name in NAMES if (paths.data() / "sources" / f"{name}.yaml").exists()]
    return {name: {"name": name, **paths.table(f"sources/{name}.yaml")} for name in told}


def names() -> tuple[str, ...]:
    """The sources in the order of the chapter's sections."""
    return tuple(_entries())


def entry(name: str) -> dict:
    """One source by its reader's name: title, what, licence, how, works, faults, available, citation.

    Errors: CollectionError naming the sources there are.
    """
    one_of(name, names(), f"There is no source called {name!r}", CollectionError)
    return {key: value for key, value in _entries()[name].items() if key != "reader"}


def declared(name: str) -> Mapping[str, Any] | None:
    """How `artlib.collections.published` reads a source; None where a module of its own does."""
    return _entries().get(name, {}).get("reader")


def table() -> pd.DataFrame:
    """All sources, a row each, by the name of their reader."""
    columns = ["title", "works", "available", "licence"]
    return pd.DataFrame(list(_entries().values())).set_index("name")[columns]

"""The real collections in words: what each holds, its licence, how to get it, its faults. Chapter: sources.

All stands in ``data/sources``, one file a source; ``reader`` there is for `artlib.collections.published`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from artlib import paths
from artlib.collections import NAMES, Collection, CollectionError, SkippedWarning, read
from artlib.errors import ArtlibError


@cache
def _entries() -> dict[str, dict]:
    files = {name: paths.data() / "sources" / f"{name}.yaml" for name in NAMES}
    read_in = {name: yaml.safe_load(file.read_text(encoding="utf-8")) for name, file in files.items() if file.exists()}
    return {name: {"name": name, **entry} for name, entry in read_in.items()}


def names() -> tuple[str, ...]:
    """The sources in the order of the chapter's sections."""
    return tuple(_entries())


def entry(name: str) -> dict:
    """One source by its reader's name: title, what, licence, how, works, faults, available, citation.

    Errors: CollectionError naming the sources there are.
    """
    if name not in _entries():
        raise CollectionError(f"There is no source called {name!r}; choose one of: {', '.join(names())}.")
    return {key: value for key, value in _entries()[name].items() if key != "reader"}


def declared(name: str) -> Mapping[str, Any] | None:
    """How `artlib.collections.published` reads a source; None where a module of its own does."""
    return _entries().get(name, {}).get("reader")


def table() -> pd.DataFrame:
    """All sources, a row each, by the name of their reader."""
    columns = ["title", "works", "available", "licence"]
    return pd.DataFrame(list(_entries().values())).set_index("name")[columns]


def present(name: str = "museum", root: str | Path | None = None, folder: str | Path | None = None) -> dict:
    """The real collections that can be read here, by name: those below ``data/collections``, and the one given.

    ``name`` and ``root`` are a chapter's parameters; ``folder`` stands for ``data/collections``. A folder that its
    reader refuses is passed over with a SkippedWarning that says why.
    """
    folder = paths.data() / "collections" if folder is None else Path(folder)
    roots = {known: folder / known for known in names() if (folder / known).is_dir()}
    if name != "museum" and root:
        roots[name] = Path(root)
    found: dict[str, Collection] = {}
    for known, place in roots.items():
        try:
            found[known] = read(known, place)
        except ArtlibError as fault:
            warnings.warn(f"{known}: {fault}", SkippedWarning, stacklevel=2)
    return found

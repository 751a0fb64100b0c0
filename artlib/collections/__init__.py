"""Where the works come from: one reader per source, each giving a table of works and a way to read its pictures.

`read` is the one door. A collection is a table (`artlib.works`) plus a picture source, which later floors ask for
pixels without knowing whether they are drawn or decoded from files.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from artlib.errors import ArtlibError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

# Each name is a module of this package with a `read`, or a source that `data/sources` declares; one a line, so that a
# new reader is one new line. The published ones stand in the order of the chapter that tells of them.
NAMES: tuple[str, ...] = (
    "museum",
    "four_fields",
    "table",
    "folder",
    "wikiart",
    "painter_by_numbers",
    "wga",
    "semart",
    "artbench",
    "artistry",
    "met",
    "nga",
    "cleveland",
    "rijks",
    "omniart",
)

__all__ = [
    "NAMES",
    "Collection",
    "CollectionError",
    "PictureError",
    "PictureSource",
    "SkippedWarning",
    "drawn",
    "read",
    "real",
]


class CollectionError(ArtlibError):
    """A collection cannot be read as asked: what is wrong, where, and what to do."""


class SkippedWarning(UserWarning):
    """Pictures were left out; the text says how many and why."""


class PictureError(ArtlibError):
    """One picture cannot be used; its text is one plain reason, which goes to the skip list."""


class PictureSource(Protocol):
    """What a collection gives the pixel cache: pictures by key.

    Objects travel to other processes (plain attributes, no open files). Two attributes are optional: `threads = True`
    where reading runs outside the interpreter's lock, and `fingerprints(images)` where many at once are cheaper.
    """

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture as uint8 RGB (H, W, 3), shorter side >= `size` px where the original allows, or PictureError."""
        ...

    def fingerprint(self, image: str) -> str:
        """A short text that changes when the picture's content changes, got without decoding it."""
        ...


@dataclass(frozen=True)
class Collection:
    """A table of works (`artlib.works.COLUMNS`, one row per picture) and the source of its pictures."""

    name: str
    works: DataFrame
    source: PictureSource

    def __len__(self) -> int:
        return len(self.works)


def read(name: str, root: str | Path | None = None, size: str = "smoke", **options: Any) -> Collection:
    """Read a collection by name: "museum" (drawn), your own "table" or "folder", or a published one, as "met".

    Chapter: collections.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    root : str or pathlib.Path, optional
        The folder (or the table's file) of a collection that lies on disk.
    size : str
        The preset of a collection that is drawn.
    **options
        For the reader: `artlib.collections.museum.read`, `.table.read`, `.published.read`, ...

    Raises
    ------
    CollectionError
        An unknown name or option, or a root that is missing or not wanted.
    """
    reader = _reader(name)
    accepted = inspect.signature(reader).parameters
    unknown = sorted(set(options) - set(accepted))
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in accepted.values()):
        known = ", ".join(sorted(set(accepted) - {"root", "size"}))
        raise CollectionError(f'The reader "{name}" has no option {", ".join(unknown)}; it takes: {known}.')
    if "root" in accepted:
        if not root:
            raise CollectionError(
                f'The collection "{name}" lies on disk: say where with root=... (on the command line ROOT=...).'
            )
        try:
            return reader(root=root, **options)
        except OSError as fault:
            raise CollectionError(
                f'The collection "{name}": {fault.filename or root} cannot be read ({fault.strerror or fault}).'
            ) from fault
    if root:
        raise CollectionError(
            f'The collection "{name}" is drawn, not read from disk: leave root out (got {str(root)!r}).'
        )
    return reader(size=size, **options)


def drawn(name: str) -> bool:
    """Whether a collection is drawn from a seed, so that there are as many of it as seeds."""
    return "seed" in inspect.signature(_reader(name)).parameters


def real() -> Collection | None:
    """The real pictures in the folder that the environment variable ARTLIB_REAL names; None without it."""
    named = os.environ.get("ARTLIB_REAL")
    return read("table", root=named) if named else None


def _reader(name: str) -> Callable[..., Collection]:
    if name not in NAMES:
        raise CollectionError(f"There is no collection called {name!r}; choose one of: {', '.join(NAMES)}.")
    if importlib.util.find_spec(f"artlib.collections.{name}"):
        return importlib.import_module(f"artlib.collections.{name}").read
    from artlib.collections import published

    return functools.partial(published.read, name)

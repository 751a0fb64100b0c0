"""Where the works come from: one reader per source, each giving a table of works and a way to read its pictures.

`read` is the one door. A collection is a table (`artlib.works`) plus a picture source, which later floors ask for
pixels without knowing whether they are drawn or decoded from files.
"""

import functools
import importlib
import importlib.util
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.collections import open_works
from artlib.collections.sources import NAMES, names
from artlib.errors import ArtlibError, one_of
from artlib.works import Collection, CollectionError, skipped

__all__ = ["NAMES", "drawn", "present", "read", "real"]


OPEN = "open"
"""The collection that `artlib download open` makes, wherever a name is asked for."""

JOINED = "+joined"
"""At the end of a collection's name: pictures that look alike are one work."""


def read(name: str, root: str | Path | None = None, size: str = "smoke", **options: Any) -> Collection:
    """Read a collection by name: "museum" (drawn), your own "table" or "folder", or a published one, as "met".

    Chapter: collections.

    Parameters
    ----------
    name : str
        One of `NAMES`; "folder:artist" is "folder" with its option `column="artist"`, and "+joined" at the end is
        `near_duplicates=True`. "open" is the table that `artlib download open` makes.
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
    root = root or (open_works.folder() if name.removesuffix(JOINED) == OPEN else None)
    name, column, joined = _parts(name)
    options |= ({"column": column} if column else {}) | ({"near_duplicates": True} if joined else {})
    if name == "table" and root and "columns" not in options:
        options |= _column_map(Path(root))
    reader = _reader(name)
    accepted = set(inspect.signature(reader).parameters)
    if "options" in accepted:
        from artlib.collections.table import ReadingOptions

        accepted = accepted - {"options"} | set(ReadingOptions.__annotations__)
    if unknown := sorted(set(options) - accepted):
        known = ", ".join(sorted(accepted - {"root", "size"}))
        raise CollectionError(f'The reader "{name}" has no option {", ".join(unknown)}; it takes: {known}.')
    if "root" in accepted:
        if not root:
            raise CollectionError(
                f'The collection "{name}" lies on disk: say where with root=... (on the command line ROOT=...).'
            )
        try:
            return reader(root=root, **options)
        except OSError as error:
            raise CollectionError(
                f'The collection "{name}": {error.filename or root} cannot be read ({error.strerror or error}).'
            ) from error
    if root:
        raise CollectionError(
            f'The collection "{name}" is drawn, not read from disk: leave root out (got {str(root)!r}).'
        )
    return reader(size=size, **options)


def _column_map(root: Path) -> dict[str, dict[str, str]]:
    """The table's option ``columns``, from a file columns.yaml beside it: our name of a column to the table's."""
    file = (root.parent if root.is_file() else root) / "columns.yaml"
    if not file.is_file():
        return {}
    import yaml

    try:
        columns = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CollectionError(f"{file} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(columns, dict) or not all(isinstance(one, str) for pair in columns.items() for one in pair):
        raise CollectionError(f"{file}: one line for each column, our name and the table's, such as `artist: Maker`.")
    return {"columns": columns}


def known(name: str) -> bool:
    """Whether there is a reader of this name."""
    return _parts(name)[0] in NAMES


def drawn(name: str) -> bool:
    """Whether a collection is drawn from a seed, so that there are as many of it as seeds."""
    return "seed" in inspect.signature(_reader(name)).parameters


def real() -> Collection | None:
    """The real pictures in the folder that the environment variable ARTLIB_REAL names; None without it."""
    named = os.environ.get("ARTLIB_REAL")
    return read("table", root=named) if named else None


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
            skipped(f"{known}: {fault}")
    return found


def _parts(name: str) -> tuple[str, str, bool]:
    """What the name of a collection says: the reader, the column of folders' names, whether copies are joined."""
    reader, _, column = name.removesuffix(JOINED).partition(":")
    return "table" if reader == OPEN else reader, column, name.endswith(JOINED)


def _reader(name: str) -> Callable[..., Collection]:
    name = _parts(name)[0]
    one_of(name, NAMES, f"There is no collection called {name!r}", CollectionError)
    if importlib.util.find_spec(f"artlib.collections.{name}"):
        return importlib.import_module(f"artlib.collections.{name}").read
    from artlib.collections import published

    return functools.partial(published.read, name)

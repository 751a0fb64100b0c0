"""Records of museums' services as JSON: one object a line, a list, an answer's page, or a folder of files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from artlib.collections import columns, delimited
from artlib.works import CollectionError


def read(file: Path, paths: Mapping[str, str], what: str) -> pd.DataFrame:
    """The records of a file, or of the .json files of a folder, as a frame of texts; its index counts from 1.

    Parameters
    ----------
    file : pathlib.Path
        Objects line by line, a list, an API's answer (its "data"), or a folder of such files.
    paths : mapping of str to str
        Our name to the key in a record; "images.web.url" leads into objects, and into each object of a list, whose
        texts are then joined by vertical bars.
    what : str
        What the records are of, for the messages.

    Raises
    ------
    CollectionError
        What is no record, by file and line; an object without the first key is none.
    """
    files = sorted(file.glob("[!.]*.json")) if file.is_dir() else [file]
    rows = [row for source in files for row in _records(source, paths, what)]
    if not rows:
        raise CollectionError(f"{file} holds no records of {what}.")
    return framed(rows)


def framed(rows: list[dict[str, str | None]]) -> pd.DataFrame:
    """Rows of texts as a frame whose index counts from 1."""
    return pd.DataFrame(rows, dtype=object, index=pd.RangeIndex(1, len(rows) + 1)).astype(columns.TEXT)


def row(record: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, str | None]:
    """The texts of one record by our names; see `read` for the paths."""
    return {name: "|".join(_texts(record, key.split("."))) or None for name, key in paths.items()}


def _records(file: Path, paths: Mapping[str, str], what: str) -> Iterator[dict[str, str | None]]:
    delimited.opened(file)
    first = next(iter(paths.values()))
    for where, record in _objects(file):
        if not isinstance(record, dict) or record.get(first) in (None, ""):
            shown = ", ".join(list(record)[:5]) if isinstance(record, dict) else type(record).__name__
            raise CollectionError(f"{file.name}{where}: not a record of {what}, it has no {first!r} (found: {shown}).")
        yield row(record, paths)


def _texts(value: Any, keys: list[str]) -> list[str]:
    """The texts at the end of a path through objects and lists."""
    if isinstance(value, list):
        return [text for entry in value if not isinstance(entry, list) for text in _texts(entry, keys)]
    if isinstance(value, dict):
        return _texts(value.get(keys[0]), keys[1:]) if keys else []
    text = "" if value is None or keys else str(value).encode("utf-8", "replace").decode().strip()
    return [text] if text else []


def _objects(file: Path) -> Iterator[tuple[str, Any]]:
    """(where, object): line by line when the first line is an object of its own, else from one document."""
    with open(file, encoding="utf-8-sig") as text:
        try:
            start = next((line for line in text if line.strip()), "")
            if not _is_object(start):
                yield from _document(_loaded(start + text.read(), file))
                return
            text.seek(0)
            for number, line in enumerate(text, start=1):
                if line.strip():
                    yield f", line {number}", _loaded(line, file, number)
        except UnicodeDecodeError:
            raise delimited.undecodable(file, "utf-8") from None


def _is_object(line: str) -> bool:
    try:
        found = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(found, dict) and not isinstance(found.get("data"), list | dict)


def _document(found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, Mapping) and isinstance(found.get("data"), list | Mapping):
        found = found["data"]
    for number, record in enumerate(found if isinstance(found, list) else [found], start=1):
        yield f", record {number}", record


def _loaded(text: str, file: Path, line: int | None = None) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CollectionError(f"{file.name}, line {line or getattr(error, 'lineno', 1)}: not JSON ({error}).") from None

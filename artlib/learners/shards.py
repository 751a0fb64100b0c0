"""One large array in parts on disk: features of any number of pictures, made by any number of processes.

A part holds 8,192 rows: ``00012.npy``, beside ``00012.json`` with its digest. The array is renamed last, so that a
missing part is the only state: what was ended goes on by making the parts that are not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from artlib import paths
from artlib.errors import ArtlibError

ROWS = 8_192
"""Rows of a part; the last one may have fewer."""
ABOUT = "about.json"
"""The file that makes a folder the place of an array."""


class ShardsError(ArtlibError):
    """A folder that holds other features, or not all of them."""


class Shards:
    """All parts of a folder as one array, (N, ...), mapped from disk and read-only: ``shards[[3, 90_000]]``.

    Attributes
    ----------
    about : of what they are. parts : the arrays.

    Raises
    ------
    ShardsError : parts are missing or cut off.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.about = about(self.folder)
        self.parts, lost = [], []
        for number, rows in enumerate(spans(self.about["rows"])):
            try:
                part = np.load(_file(self.folder, number), mmap_mode="r", allow_pickle=False)
                self.parts.append(part if len(part) == len(rows) else lost.append(number))
            except (OSError, ValueError, EOFError):
                lost.append(number)
        if lost:
            raise ShardsError(
                f"{self.folder}: {len(lost)} of {len(self.parts) + len(lost)} parts are missing or cut off, part "
                f"{lost[0]} for one. Run the command that made the folder again: it makes those and keeps the rest."
            )
        self.shape, self.dtype = (self.about["rows"], *self.parts[0].shape[1:]), self.parts[0].dtype
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, asked: Any) -> np.ndarray:
        first, *rest = asked if isinstance(asked, tuple) else (asked,)
        if isinstance(first, int | np.integer):
            return self[[first], *rest][0]
        rows = np.arange(*first.indices(len(self))) if isinstance(first, slice) else np.asarray(first)
        rows = np.flatnonzero(rows) if rows.dtype == bool else np.where(rows < 0, rows + len(self), rows)
        number, place = np.divmod(rows.astype("int64"), ROWS)
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for one in np.unique(number):
            here = np.flatnonzero(number == one)
            others = [other[here] if isinstance(other, np.ndarray) and other.ndim else other for other in rest]
            found.append((here, self.parts[one][place[here], *others]))
        made = np.empty((len(rows), *found[0][1].shape[1:]) if found else (0, *self.shape[1:]), self.dtype)
        for here, values in found:
            made[here] = values
        return made

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.concatenate(self.parts).astype(dtype or self.dtype, copy=False)

    def skipped(self) -> dict[int, str]:
        """Row -> reason, of the rows that could not be made; they are not numbers."""
        return {
            int(row): reason
            for number in range(len(self.parts))
            for row, reason in _told(self.folder, number).get("skipped", {}).items()
        }


def spans(rows: int) -> list[range]:
    """The rows of each part."""
    return [range(start, min(start + ROWS, rows)) for start in range(0, rows, ROWS)]


def about(folder: Path) -> dict[str, Any]:
    """Of what a folder's features are. Raises ShardsError where it holds none."""
    if found := read_json(Path(folder) / ABOUT):
        return found
    raise ShardsError(f"{folder} holds no features: `artlib features COLLECTION --out {folder}` makes them.")


def begin(folder: Path, rows: int, facts: Mapping[str, Any]) -> list[int]:
    """Make the folder the place of these features; returns the numbers of the parts that are to be made.

    A part whose bytes are not those that were written, because it was cut off for instance, is to be made again.

    Raises
    ------
    ShardsError : the folder holds features of something else.
    """
    asked = json.loads(json.dumps({"rows": rows, "part": ROWS, **facts}))
    if (folder / ABOUT).exists() and (found := about(folder)) != asked:
        other = next(name for name in {**asked, **found} if found.get(name) != asked.get(name))
        raise ShardsError(
            f"{folder} holds features with another {other} ({found.get(other)}, not {asked.get(other)}). "
            "Name another folder, or delete that one."
        )
    paths.write_whole(folder / ABOUT, lambda draft: draft.write_text(json.dumps(asked), encoding="utf-8"))
    return [number for number in range(len(spans(rows))) if not _sound(folder, number)]


def write(folder: Path, number: int, values: np.ndarray, skipped: Mapping[int, str] | None = None) -> None:
    """Keep a part, whole or not at all."""

    def produce(draft: Path) -> None:
        with open(draft, "wb") as file:
            np.save(file, values, allow_pickle=False)
        told = json.dumps({"sha256": digest(draft), "skipped": skipped or {}})
        paths.write_whole(_file(folder, number, ".json"), lambda other: other.write_text(told, encoding="utf-8"))

    paths.write_whole(_file(folder, number), produce)


def filled(
    folder: Path, rows: int, make: Callable[[Sequence[int]], np.ndarray], facts: Mapping[str, Any]
) -> Shards | np.ndarray:
    """A folder of the cache as an array; ``make(rows)`` makes missing parts. In memory where none can be written."""
    try:
        for number in begin(folder, rows, facts):
            write(folder, number, make(spans(rows)[number]))
        made = Shards(folder)
        return made if len(made.parts) > 1 else made.parts[0]
    except OSError:
        return np.concatenate([make(part) for part in spans(rows)])


def digests(folder: Path) -> str:
    """64 hexadecimal digits that change with any part."""
    every = (_told(folder, number).get("sha256", "") for number in range(len(spans(about(folder)["rows"]))))
    return hashlib.sha256("\n".join(every).encode()).hexdigest()


def digest(file: Path) -> str:
    """64 hexadecimal digits of a file's bytes."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_json(file: Path) -> dict[str, Any]:
    """What a file says; nothing where it is not there or torn."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _file(folder: Path, number: int, suffix: str = ".npy") -> Path:
    return Path(folder) / f"{number:05d}{suffix}"


def _told(folder: Path, number: int) -> dict[str, Any]:
    return read_json(_file(folder, number, ".json"))


def _sound(folder: Path, number: int) -> bool:
    file = _file(folder, number)
    return file.is_file() and _told(folder, number).get("sha256") == digest(file)

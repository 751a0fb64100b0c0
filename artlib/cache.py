"""What was computed once, kept on disk under everything that decides it, and never taken for anything else.

``once("outcomes", {"recipe": ..., "network": network, "targets": targets}, train, code=("learners", "nets"))`` calls
``train`` where no entry has these facts and this version of the code, and else reads what it gave before. Facts are
plain values; arrays, tensors and networks count by their content, so that weights of the same name are not mistaken.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from artlib import paths, records
from artlib.errors import ArtlibError

_ABOUT, _TENSORS = "about.json", "tensors.safetensors"
_FORGOTTEN = 24 * 3600  # seconds after which the draft of a process that was killed is cleared away


class CacheError(ArtlibError):
    """Facts that do not say what an entry depends on, or a value that cannot be kept."""


@dataclass(frozen=True)
class Entry:
    """What was computed, and by whom.

    Attributes
    ----------
    value : what ``make`` gave: an array, plain data, or a dictionary of arrays, tensors and plain data.
    made : minutes, code, created, commit, device and versions of the computation, whichever process it ran in.
    cached : whether it was read from the cache, not computed by this call.
    path : the entry's folder; None where the cache could not be written.
    """

    value: Any = field(repr=False)
    made: dict[str, Any] = field(repr=False)
    cached: bool
    path: Path | None


@dataclass(frozen=True)
class Blocks:
    """An array too large for memory: ``blocks`` gives its parts along the first axis, ``rows`` long in all."""

    rows: int
    blocks: Callable[[], Iterable[np.ndarray]]


def once(
    kind: str, facts: Mapping[str, Any], make: Callable[[], Any], *, code: Sequence[str], mapped: bool = False
) -> Entry:
    """What ``make()`` gives, from the cache where the same facts and the same code gave it before.

    A damaged entry is made again. Two processes at once may both compute; one entry is kept. A cache that cannot be
    written costs time, nothing else. Errors of ``make`` pass through, and nothing is kept of them.

    Parameters
    ----------
    kind : what it is, the name of a folder of the cache.
    facts : everything that decides the outcome (see ``plain``): settings, and weights and labels by content.
    make : computes an array, a ``Blocks``, JSON-able data, or a dictionary of those and of tensors.
    code : files and folders of the package that decide it, as in ``records.code_version``; empty for all of it.
    mapped : whether arrays stay on disk, mapped into memory (read-only).

    Raises
    ------
    CacheError : a fact that is neither plain nor counted by content; a value that cannot be kept.
    """
    asked = _asked(kind, facts, code)
    place = paths.cache() / kind / _digits(asked)
    if place.is_dir():
        found = _read(place, mapped)
        if found is not None:
            return Entry(*found, cached=True, path=place)
        shutil.rmtree(place, ignore_errors=True)
    start = time.perf_counter()
    value = make()
    try:
        _write(place, value, asked, start)
        found = _read(place, mapped)
    except OSError:
        found = None
    if found is not None:
        return Entry(*found, cached=False, path=place)
    return Entry(_in_memory(value), _made(asked, start), cached=False, path=None)


def key(kind: str, facts: Mapping[str, Any], *, code: Sequence[str]) -> str:
    """24 hexadecimal digits of what ``once`` would look for: the name of a place where a long computation may rest."""
    return _digits(_asked(kind, facts, code))


def plain(value: Any) -> Any:
    """A fact as JSON says it; arrays, tensors and networks as a digest of their content.

    Raises CacheError for anything else, a path for instance: its name does not say what lies there.
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return plain(value.tolist())
    if isinstance(value, np.ndarray) or hasattr(value, "state_dict") or hasattr(value, "detach"):
        return f"content {digest(value)}"
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    raise CacheError(
        f"A fact of a cache entry is plain data, an array, a tensor or a network, not {type(value).__name__}: "
        f"{str(value)[:80]}. Give what it stands for (a path: the digest of the file)."
    )


def digest(*values: Any) -> str:
    """24 hexadecimal digits of the content of arrays, tensors and networks: names, types, shapes and numbers."""
    made = hashlib.sha256()
    for value in values:
        arrays = value.state_dict() if hasattr(value, "state_dict") else {"": value}
        for name, array in arrays.items():
            made.update(f"{name} {array.dtype} {array.shape} ".encode())
            made.update(_bytes(array))
    return made.hexdigest()[:24]


def _bytes(array: Any) -> memoryview | bytes:
    if hasattr(array, "detach"):
        import torch

        return array.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data
    return np.ascontiguousarray(array).tobytes()


def _asked(kind: str, facts: Mapping[str, Any], code: Sequence[str]) -> dict[str, Any]:
    return {"kind": kind, "facts": plain(facts), "code": records.code_version(*code)}


def _digits(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:24]


def _made(asked: Mapping[str, Any], start: float) -> dict[str, Any]:
    # Loading torch takes seconds, and what has not loaded it has computed on a processor.
    told = records.provenance(device=None if "torch" in sys.modules else "CPU")
    told = {name: value for name, value in told.items() if name != "seed"}
    return {**told, "code": asked["code"], "minutes": round((time.perf_counter() - start) / 60, 4)}


def _parts(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"": value}


def _write(place: Path, value: Any, asked: Mapping[str, Any], start: float) -> None:
    """Write an entry beside its place and move it there whole; one that another process put there first stays."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for left in place.parent.glob(".draft-*"):
        if left.exists() and time.time() - left.stat().st_mtime > _FORGOTTEN:
            shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=place.parent))
    try:
        data, arrays, tensors = {}, [], {}
        for name, part in _parts(value).items():
            if isinstance(part, np.ndarray | Blocks):
                _save(draft / f"{len(arrays)}.npy", part)
                arrays.append(name)
            elif hasattr(part, "detach"):
                tensors[name] = part.detach().cpu().contiguous().clone()
            else:
                data[name] = part
        if tensors:
            from safetensors.torch import save_file

            save_file(tensors, draft / _TENSORS)
        about = {
            **asked, "made": _made(asked, start), "data": data, "arrays": arrays, "tensors": bool(tensors),
            "bare": not isinstance(value, Mapping),
        }  # fmt: skip
        (draft / _ABOUT).write_text(_json(about), encoding="utf-8")
        draft.chmod(0o755)  # made for its owner alone; a cache may be shared
        if not place.exists():
            os.replace(draft, place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _save(file: Path, part: np.ndarray | Blocks) -> None:
    if isinstance(part, np.ndarray):
        if part.dtype.hasobject:
            raise CacheError("An array of objects cannot be kept without pickle. Give it as a list, or as text.")
        np.save(file, part, allow_pickle=False)
        return
    written, start = None, 0
    for block in part.blocks():
        if written is None:
            shape = (part.rows, *block.shape[1:])
            written = np.lib.format.open_memmap(file, mode="w+", dtype=block.dtype, shape=shape)
        written[start : start + len(block)] = block
        start += len(block)
    if written is None or start != part.rows:
        raise CacheError(f"An array of {part.rows} rows was announced, and {start} came.")
    written.flush()


def _json(value: Any) -> str:
    def number(one: Any) -> Any:
        if isinstance(one, np.generic):
            return one.item()
        raise CacheError(f"A {type(one).__name__} cannot be kept. Give arrays, tensors and what JSON can say.")

    return json.dumps(value, default=number)


def _in_memory(value: Any) -> Any:
    """The value as it would have been read, where it could not be written."""
    made = {}
    for name, part in _parts(value).items():
        if isinstance(part, Blocks):
            made[name] = np.concatenate(list(part.blocks()))
        else:
            made[name] = part if isinstance(part, np.ndarray) or hasattr(part, "detach") else json.loads(_json(part))
    return made if isinstance(value, Mapping) else made[""]


def _read(place: Path, mapped: bool) -> tuple[Any, dict[str, Any]] | None:
    """Value and provenance of an entry; None where it is damaged."""
    from safetensors import SafetensorError

    try:
        about = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        found = dict(about["data"])
        for number, name in enumerate(about["arrays"]):
            file = place / f"{number}.npy"
            found[name] = np.load(file, mmap_mode="r" if mapped else None, allow_pickle=False)
        if about["tensors"]:
            from safetensors.torch import load_file

            found |= load_file(place / _TENSORS)
        return (found[""] if about["bare"] else found), about["made"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, SafetensorError):
        return None

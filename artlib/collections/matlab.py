"""MATLAB files of format 5, read with every length checked: a damaged file is an error, never the end of the process.

`scipy.io.loadmat` reads the same format but trusts what a file says of itself; damaged copies of `rijksgt.mat` end
the interpreter. Read are numbers, texts, cells, structs and sparse arrays, which is what data sets hold; objects,
functions and references to code are refused. The format: MathWorks, "MAT-File Format" (Level 5).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from artlib.collections import CollectionError, delimited

_HEADER = 128  # bytes: a text, the version and the order of bytes
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR, _SPARSE = 1, 2, 4, 5
_NUMBERS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_DEEPEST = 20  # arrays within arrays
_LARGEST = 1 << 32  # bytes after decompression


class _Damaged(Exception):
    """The file contradicts itself; the text says how."""


def read(file: Path, variable: str) -> Any:
    """One variable of a file: an array, a list of texts, an object array of cells, a sparse array, or a dict (struct).

    Texts of one row are `str`; arrays keep their shape of two or more dimensions; a struct of more than one element
    is refused. Errors: CollectionError names the file: not of format 5, damaged, or without the variable.
    """
    if not delimited.opened(file, _HEADER).startswith(b"MATLAB 5.0"):
        start = delimited.opened(file, _HEADER)
        newer = start.startswith((b"MATLAB 7.3", b"\x89HDF"))
        what = "is in MATLAB's format 7.3; the published file is in format 5" if newer else "is not a MATLAB file"
        raise CollectionError(f"{file.name} {what}.")
    try:
        for name, value in _variables(memoryview(file.read_bytes()), variable):
            if name == variable:
                return value
    except (_Damaged, zlib.error, UnicodeDecodeError) as fault:
        raise CollectionError(f"{file.name} is not a MATLAB file that can be read: {fault}.") from None
    raise CollectionError(f"{file.name} holds no variable {variable!r}.")


def _variables(raw: memoryview, wanted: str) -> Iterator[tuple[str, Any]]:
    order = {b"IM": "<", b"MI": ">"}.get(bytes(raw[126:128]))
    if order is None:
        raise _Damaged("the order of its bytes is not given")
    at = _HEADER
    while at < len(raw):
        kind, body, at = _element(raw, at, order)
        if kind == _COMPRESSED:
            kind, body, _ = _element(memoryview(_inflated(body)), 0, order)
        if kind == _MATRIX:
            yield _array(body, order, 0, wanted)


def _inflated(body: memoryview) -> bytes:
    worker = zlib.decompressobj()
    found = worker.decompress(body, _LARGEST)
    if not worker.eof:
        raise _Damaged("a compressed part is cut off, or larger than 4 GB")
    return found


def _element(raw: memoryview, at: int, order: str) -> tuple[int, memoryview, int]:
    """Type, bytes and end of the element at a place; elements of up to 4 bytes share the place of their tag."""
    if len(raw) - at < 8:
        raise _Damaged("it ends within a tag")
    kind, size = (int(number) for number in np.frombuffer(raw[at : at + 8], f"{order}u4"))
    if kind >> 16:
        kind, size = kind & 0xFFFF, kind >> 16
        if size > 4:
            raise _Damaged("a short part is longer than it may be")
        return kind, raw[at + 4 : at + 4 + size], at + 8
    start, end = at + 8, at + 8 + size
    if end > len(raw):
        raise _Damaged("it ends within a value")
    # All parts but compressed ones begin at multiples of eight.
    return kind, raw[start:end], min(len(raw), end if kind == _COMPRESSED else end + -size % 8)


class _Parts:
    """The elements of one array, one after the other."""

    def __init__(self, raw: memoryview, order: str) -> None:
        self.raw, self.order, self.at = raw, order, 0

    def next(self) -> tuple[int, memoryview]:
        kind, body, self.at = _element(self.raw, self.at, self.order)
        return kind, body

    def numbers(self) -> np.ndarray:
        """The next element, as the numbers that it is stored as."""
        kind, body = self.next()
        dtype = np.dtype(f"{self.order}{_TYPES.get(kind, 'u1')}")
        if kind not in _TYPES or len(body) % dtype.itemsize:
            raise _Damaged(f"numbers are stored as type {kind}")
        return np.frombuffer(body, dtype)

    def text(self) -> str:
        kind, body = self.next()
        if kind in _TEXTS:
            suffix = {"<": "-le", ">": "-be"}[self.order] if kind != 16 else ""
            return bytes(body).decode(_TEXTS[kind] + suffix)
        if kind not in (1, 2, 4):
            raise _Damaged(f"a text is stored as type {kind}")
        codes = np.frombuffer(body[: len(body) // _size(kind) * _size(kind)], f"{self.order}{_TYPES[kind]}")
        return "".join(chr(code & 0xFFFF) for code in codes.tolist())


def _size(kind: int) -> int:
    return np.dtype(_TYPES[kind]).itemsize


def _array(raw: memoryview, order: str, depth: int, wanted: str | None = None) -> tuple[str, Any]:
    """Name and value of an array; None instead of the value where another name is wanted."""
    if depth > _DEEPEST:
        raise _Damaged("arrays lie within arrays too deep")
    if not len(raw):
        return "", np.empty((0, 0))
    parts = _Parts(raw, order)
    flags, shape = parts.numbers(), tuple(parts.numbers().tolist())
    name = parts.text()
    if not len(flags) or len(shape) < 2 or min(shape) < 0:
        raise _Damaged(f"the array {name[:40]!r} has no shape")
    if wanted is not None and name != wanted:
        return name, None
    return name, _value(parts, int(flags[0]), shape, depth)


def _value(parts: _Parts, flags: int, shape: tuple[int, ...], depth: int) -> Any:
    kind = flags & 0xFF
    if flags & 0x0800:
        raise _Damaged("complex numbers are not expected")
    if kind in _NUMBERS:
        return _shaped(parts.numbers().astype(_NUMBERS[kind], copy=False), shape)
    if kind == _CHAR:
        return _words(parts.text(), shape)
    if kind == _SPARSE:
        return _sparse(parts, shape)
    if kind in (_CELL, _STRUCT) and prod(shape) * 8 > len(parts.raw):
        raise _Damaged(f"{prod(shape):,} cells do not fit into it")
    if kind == _CELL:
        cells = np.empty(prod(shape), dtype=object)
        for number in range(len(cells)):
            cells[number] = _nested(parts, depth)
        return cells.reshape(shape, order="F")
    if kind == _STRUCT:
        return _struct(parts, shape, depth)
    raise _Damaged(f"arrays of class {kind} (objects, functions) are not read")


def _nested(parts: _Parts, depth: int) -> Any:
    kind, body = parts.next()
    if kind != _MATRIX:
        raise _Damaged(f"an array within an array is of type {kind}")
    return _array(body, parts.order, depth + 1)[1]


def _shaped(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if values.size != prod(shape):
        raise _Damaged(f"{values.size:,} numbers do not make an array of {shape}")
    return values.reshape(shape, order="F")


def _words(text: str, shape: tuple[int, ...]) -> str | list[str]:
    """One row of letters is a text; several rows are texts of one length, stored column by column."""
    if shape[0] <= 1:
        return text
    if len(text) != prod(shape):
        raise _Damaged(f"{len(text):,} letters do not make an array of {shape}")
    return [text[row :: shape[0]].rstrip() for row in range(shape[0])]


def _sparse(parts: _Parts, shape: tuple[int, ...]) -> Any:
    from scipy import sparse

    rows, starts, values = parts.numbers(), parts.numbers(), parts.numbers()
    if len(shape) != 2 or len(starts) != shape[1] + 1 or starts[0] != 0 or (np.diff(starts.astype("i8")) < 0).any():
        raise _Damaged("the columns of a sparse array are out of order")
    count = int(starts[-1])
    if count > min(len(rows), len(values)) or (count and not 0 <= rows[:count].min() <= rows[:count].max() < shape[0]):
        raise _Damaged("a sparse array points outside of itself")
    columns = np.repeat(np.arange(shape[1]), np.diff(starts.astype("i8")))
    return sparse.coo_array((values[:count].astype("f8"), (rows[:count].astype("i8"), columns)), shape=shape)


def _struct(parts: _Parts, shape: tuple[int, ...], depth: int) -> dict[str, Any]:
    length = parts.numbers()
    kind, body = parts.next()
    if prod(shape) != 1 or len(length) != 1 or not 0 < length[0] <= 256 or kind not in (1, 2) or len(body) % length[0]:
        raise _Damaged("a struct has no names, or several elements")
    raw = bytes(body)
    step = int(length[0])
    names = [raw[at : at + step].split(b"\0")[0].decode("latin-1") for at in range(0, len(raw), step)]
    return {name: _nested(parts, depth) for name in names}

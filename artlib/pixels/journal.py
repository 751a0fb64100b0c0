"""The file that is being filled, and its journal: which rows are on disk, with the checksum of their bytes.

A filling that is killed, or that meets a full disk, goes on where it stopped and gives the same bytes as an
undisturbed one.
"""

import io
import json
import os
import zlib
from pathlib import Path

import numpy as np


def finished_runs(part: Path, pixels: Path, size: int, header: bytes) -> dict[int, dict]:
    """The journal's lines whose bytes are on disk as the journal says, by their first row; a new file where none is."""
    journal = part / "journal.jsonl"
    if not pixels.exists() or pixels.stat().st_size < len(header) or not journal.exists():
        pixels.write_bytes(header)
        journal.unlink(missing_ok=True)
        return {}
    row = size**2 * 3
    lines = {}
    with open(pixels, "rb") as file:
        for line in map(_parsed, journal.read_text(encoding="utf-8", errors="replace").splitlines()):
            if line is None:
                continue
            file.seek(len(header) + line["start"] * row)
            if zlib.crc32(file.read((line["stop"] - line["start"]) * row)) == line["sum"]:
                lines[line["start"]] = line
    return lines


def header(pictures: int, size: int) -> bytes:
    """The beginning of an .npy file of so many pictures."""
    file = io.BytesIO()
    shape = (pictures, int(size), int(size), 3)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue()


def write(file: str, offset: int, rows: np.ndarray) -> None:
    """Put rows into the file at a byte; several workers do so at once, each with a handle of its own."""
    left = memoryview(rows).cast("B")
    with open(file, "r+b", buffering=0) as raw:
        raw.seek(offset)
        while left:
            left = left[raw.write(left) :]


def flush(file: Path) -> None:
    """Wait until the file's bytes are on the disk."""
    with open(file, "r+b") as opened:
        os.fsync(opened.fileno())


def _parsed(line: str) -> dict | None:
    """A journal's line; None for the torn one at which a killed filling stopped."""
    try:
        return json.loads(line)
    except ValueError:
        return None

"""Files written whole or not at all, and files compared by what is in them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from artlib import paths


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` so that a reader, or a kill at any moment, finds the old file or the new one, never half."""
    paths.write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def below(folder: Path, pattern: str = "*") -> list[Path]:
    """All files under ``folder`` that match, sorted; none when the folder is missing."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file())


def digest(parts: Iterable[bytes]) -> str:
    """Sixteen hexadecimal digits that change when any part, or their order, changes."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()[:16]


def contents(root: Path, files: Iterable[Path]) -> str:
    """A digest of files' names below ``root`` and all that is in them."""
    return digest(part for path in files for part in (path.relative_to(root).as_posix().encode(), path.read_bytes()))


def listing(folder: Path) -> str:
    """A digest of names, sizes and times below ``folder``: for large collections, which are not read for it."""
    entries = ((path.relative_to(folder).as_posix(), path.stat()) for path in below(folder))
    return digest(f"{name} {stat.st_size} {stat.st_mtime_ns}".encode() for name, stat in entries)

"""Files compared by what is in them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


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

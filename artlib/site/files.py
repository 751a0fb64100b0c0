"""Files compared by what is in them, and templates filled."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from artlib.figures import theme


def filled(template: Path, **values: object) -> str:
    """A Jinja template with values in it, which are escaped where it is HTML."""
    return theme.templates(template.parent).get_template(template.name).render(values)


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
    return digest(part for path in files for part in (os.fsencode(path.relative_to(root)), path.read_bytes()))


def listing(folder: Path) -> str:
    """A digest of names, sizes and times below ``folder``, linked folders too: large collections are not read for it.

    What cannot be looked at (a broken link, a folder that is closed) counts by its name; names may be no UTF-8.
    """
    return digest(_entries(folder))


def _entries(folder: Path) -> Iterator[bytes]:
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        if os.path.realpath(place) in seen:  # by a link, perhaps to a folder that it lies in
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        for path in (os.path.join(place, name) for name in (*folders, *sorted(names))):
            try:
                found = os.stat(path)
                facts = "" if stat.S_ISDIR(found.st_mode) else f" {found.st_size} {found.st_mtime_ns}"
            except OSError:
                facts = " closed"
            yield os.fsencode(os.path.relpath(path, folder)) + facts.encode()

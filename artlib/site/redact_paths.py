"""Paths of this machine, taken out of what a chapter shows before anybody keeps it."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.site import notebooks
from artlib.site.layout import Layout

# A picture inside HTML: its letters and slashes may spell a short path by chance.
_NOBODYS = ("/", "/usr", "/usr/local")
_BEFORE, _AFTER = r"(?:(?<![\w./~-])|(?<=file://))", r"(?![\w-]|\.\w)"
_EMBEDDED = r"data:[\w/+.-]+;base64,[\w+/=]*"


def hidden_paths(layout: Layout, settings: Mapping[str, Any]) -> dict[str, str]:
    """Paths of this machine, the longest first, and what a reader sees in their place.

    A machine may give its user no home, or the disk's root as one; nothing is hidden then that says nothing.
    """
    places = [(sys.prefix, "<python>"), (paths.cache(), "<cache>"), (layout.root, "."), (os.path.expanduser("~"), "~")]
    places += [
        (folder, Path(folder).name) for folder in (settings.get("root"), os.environ.get("ARTLIB_REAL")) if folder
    ]
    found = {
        written: shown
        for place, shown in places
        for written in (os.path.abspath(place), os.path.realpath(place))
        if str(place) != "~" and written not in _NOBODYS
    }
    return dict(sorted(found.items(), key=lambda place: -len(place[0])))


def redact_paths(notebook: Any, hidden: Mapping[str, str]) -> Any:
    """Replace whole paths in outputs and in the cell of injected parameters, in place.

    Letters that only look like one (inside another path, an address, a picture's encoding) stay.
    """

    def replace(text: str) -> str:
        return pattern.sub(lambda found: hidden.get(found.group(), found.group()), text)

    pattern = re.compile(f"{_EMBEDDED}|{_BEFORE}(?:{'|'.join(map(re.escape, hidden)) or '(?!)'}){_AFTER}")
    for cell in notebook.cells:
        if "injected-parameters" in notebooks.tags(cell):
            cell.source = replace(cell.source)
        for output in cell.get("outputs", []):
            for place, key in notebooks.texts(output):
                place[key] = replace(place[key])
    return notebook

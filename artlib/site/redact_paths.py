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
_EMBEDDED = r"data:[\w/+.-]+;base64,[\w+/=]*"


def hidden_paths(layout: Layout, settings: Mapping[str, Any]) -> dict[str, str]:
    """Paths of this machine, the longest first, and what a reader sees in their place."""
    found = {
        sys.prefix: "<python>",
        str(paths.cache()): "<cache>",
        str(layout.root): ".",
        str(Path.home()): "~",
    }
    for folder in (settings.get("root"), os.environ.get("ARTLIB_REAL")):
        if folder:
            found[str(Path(folder).resolve())] = Path(folder).name
    return dict(sorted(found.items(), key=lambda place: -len(place[0])))


def redact_paths(notebook: Any, hidden: Mapping[str, str]) -> Any:
    """Replace paths in outputs and in the cell of injected parameters, in place."""

    def replace(text: str) -> str:
        return pattern.sub(lambda found: hidden.get(found.group(), found.group()), text)

    pattern = re.compile("|".join([_EMBEDDED, *map(re.escape, hidden)]))
    for cell in notebook.cells:
        if "injected-parameters" in notebooks.tags(cell):
            cell.source = replace(cell.source)
        for output in cell.get("outputs", []):
            for place, key in notebooks.texts(output):
                place[key] = replace(place[key])
    return notebook

"""What a chapter's result depends on, as one hash: unchanged inputs are never executed twice."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from artlib.site import files
from artlib.site.layout import Layout

# A chapter cannot import the floor that executes it, so a change there leaves results as they are.
_TOP_FLOOR = ("site", "__main__.py")
# Collections are large and named by a parameter: their listing counts, not their content.
_UNREAD_DATA = ("collections", "cache")


def result_key(layout: Layout, chapter: str, parameters: Mapping[str, object]) -> str:
    """The key of a chapter's result: notebook, package, data, lock file, Python, parameters, collections."""
    notebook = layout.source(chapter).read_bytes()
    settings = json.dumps(dict(parameters), sort_keys=True, default=str)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    code = _without(layout.package, "*.py", _TOP_FLOOR)
    data = _without(layout.root / "data", "*", _UNREAD_DATA)
    parts = [code, data, layout.lock_file(), settings, python, *_collections(parameters)]
    return files.digest([notebook, *(part.encode() for part in parts)])


def _without(folder: Path, pattern: str, left_out: tuple[str, ...]) -> str:
    found = [path for path in files.below(folder, pattern) if path.relative_to(folder).parts[0] not in left_out]
    return files.contents(folder, found)


def _collections(parameters: Mapping[str, object]) -> list[str]:
    named = (parameters.get("root"), os.environ.get("ARTLIB_REAL"))
    folders = [Path(str(name)) for name in named if name]
    return [files.listing(folder) for folder in folders if folder.is_dir()]

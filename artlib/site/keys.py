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
    code, data = _without(layout.package, _TOP_FLOOR), _without(layout.root / "data", _UNREAD_DATA)
    parts = [code, data, layout.lock_file(), settings, python, *_collections(parameters)]
    return files.digest([notebook, *(part.encode() for part in parts)])


def _without(folder: Path, left_out: tuple[str, ...]) -> str:
    """A digest of a folder's files, style sheets too, without some of its parts and what Python compiles."""
    found = [path for path in files.below(folder) if path.relative_to(folder).parts[0] not in left_out]
    return files.contents(folder, [path for path in found if path.suffix != ".pyc"])


def _collections(parameters: Mapping[str, object]) -> list[str]:
    named = (parameters.get("root"), os.environ.get("ARTLIB_REAL"))
    folders = [Path(str(name)) for name in named if name]
    return [files.listing(folder) for folder in folders if folder.is_dir()]

"""What a chapter's result depends on, as one hash: unchanged inputs are never executed twice."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from artlib import paths
from artlib.collections import open_works
from artlib.site import files
from artlib.site.layout import Layout

# A chapter cannot import the floor that executes it, so a change there leaves results as they are.
_TOP_FLOOR = ("site", "__main__.py")
# Collections are large and named by a parameter: their listing counts, not their content.
_UNREAD_DATA = ("collections", "cache")


def result_key(layout: Layout, chapter: str, parameters: Mapping[str, object]) -> str:
    """The key of a chapter's result: notebook, package, data, lock file, Python, parameters, and all that readers read.

    What readers read: every file or folder that a parameter names (of a table, what lies beside it), the pictures of
    ARTLIB_REAL, those in ``data/collections``, open works that were fetched, and weights in the cache.
    """
    notebook = layout.source(chapter).read_bytes()
    settings = json.dumps(dict(parameters), sort_keys=True, default=str)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    code, data = _without(layout.package, _TOP_FLOOR), _without(layout.root / "data", _UNREAD_DATA)
    parts = [code, data, layout.lock_file(), settings, python, *_read(layout, parameters)]
    return files.digest([notebook, *(part.encode() for part in parts)])


def _without(folder: Path, left_out: tuple[str, ...]) -> str:
    """A digest of a folder's files, style sheets too, without some of its parts and what Python compiles."""
    found = [path for path in files.below(folder) if path.relative_to(folder).parts[0] not in left_out]
    return files.contents(folder, [path for path in found if path.suffix != ".pyc"])


def _read(layout: Layout, parameters: Mapping[str, object]) -> list[str]:
    named = [str(value) for value in (*parameters.values(), os.environ.get("ARTLIB_REAL")) if value]
    places = [Path(name).expanduser() for name in named if os.sep in name]
    # A table names pictures relative to its folder.
    folders = [place.parent if place.is_file() else place for place in places]
    own = [layout.root / "data" / "collections", paths.cache() / "weights", open_works.folder()]
    return [files.listing(folder) for folder in (*folders, *own) if folder.is_dir()]

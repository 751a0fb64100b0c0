"""Where things lie: the repository, its data, the records, and the user's cache."""

import os
from pathlib import Path


def root() -> Path:
    """The repository's root: ``ARTLIB_HOME`` when set, else the folder above the package."""
    named = os.environ.get("ARTLIB_HOME")
    return Path(named).expanduser().resolve() if named else Path(__file__).resolve().parent.parent


def data() -> Path:
    """Presets, claims, records and kept weights: ``data/`` of the repository, else the package's own copy."""
    beside = root() / "data"
    return beside if (beside / "presets.yaml").exists() else Path(__file__).resolve().parent / "_data"


def results() -> Path:
    """The records that the book's pages quote."""
    return data() / "results"


def cache() -> Path:
    """Decoded pictures, checkpoints and own pre-trained weights: ``ARTLIB_CACHE``, else the user's cache folder."""
    named = os.environ.get("ARTLIB_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_cache_dir("artlib"))


def scratch(*parts: str) -> Path:
    """A folder inside the cache, made when it is missing."""
    folder = cache().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder

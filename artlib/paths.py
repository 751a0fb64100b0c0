"""Where things lie: the repository, its data, the records, and the user's cache."""

import os
import platform
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache as kept_in_memory
from pathlib import Path
from typing import Any

from artlib.errors import ArtlibError


def root() -> Path:
    """The repository's root: ``ARTLIB_HOME`` when set, else the folder above the package."""
    named = os.environ.get("ARTLIB_HOME")
    return Path(named).expanduser().resolve() if named else Path(__file__).resolve().parent.parent


def data() -> Path:
    """Presets, claims, records and kept weights: ``data/`` of the repository, else the package's own copy."""
    beside = root() / "data"
    return beside if (beside / "presets.yaml").exists() else Path(__file__).resolve().parent / "_data"


def table(name: str) -> Any:
    """A table of ``data/``, such as "claims/culture.yaml"; read once, so that what comes back must not be changed.

    Raises
    ------
    ArtlibError : when the file is not there or is no YAML.
    """
    return _parsed(data() / name)


def results() -> Path:
    """The archive of records, in git: two Parquet files an experiment."""
    return data() / "results"


def runs() -> Path:
    """The journal of records: one file a run, which git ignores, until ``artlib records pack`` archives it."""
    return data() / "runs"


def cache() -> Path:
    """Decoded pictures, checkpoints and own pre-trained weights: ``ARTLIB_CACHE``, else the user's cache folder.

    A user without a home, or with one that is closed, has the temporary folder.
    """
    named = os.environ.get("ARTLIB_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    import platformdirs

    usual = Path(platformdirs.user_cache_dir("artlib"))
    there = next(place for place in (usual, *usual.parents) if place.exists())
    homeless = not usual.is_absolute() or not os.access(there, os.W_OK)
    return Path(tempfile.gettempdir()) / f"artlib-{os.getuid()}" if homeless and os.name != "nt" else usual


def weights(name: str) -> tuple[Path, Path]:
    """Where weights of this name may lie: kept with the book, or made or put there by the user."""
    return data() / "weights" / name, cache() / "weights" / name


def environment() -> dict[str, str]:
    """What the environment names, as seen from here: chapters run in another folder.

    A container's user may have no home, which libraries ask for; it gets one in the cache.
    """
    named = {name: os.environ.get(name) for name in ("ARTLIB_CACHE", "ARTLIB_REAL")}
    found = {name: os.path.abspath(os.path.expanduser(value)) for name, value in named.items() if value}
    return found if os.path.isabs(os.path.expanduser("~")) else {**found, "HOME": str(cache())}


def scratch(*parts: str) -> Path:
    """A folder inside the cache, made when it is missing."""
    folder = cache().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_whole(target: Path, produce: Callable[[Path], object]) -> None:
    """Write beside, then rename: a reader, or a kill at any moment, finds the old file or the new one, never half.

    ``produce`` writes the file that it is given. Two processes, also of two machines, may write the same thing at once;
    what a killed one left is cleared away after an hour by the disk's clock, whatever a machine's clock says.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{platform.node()}-{os.getpid()}.draft")
    try:
        draft.touch()
        now = draft.stat().st_mtime
        for left in target.parent.glob(f".{target.name}.*.draft"):
            with suppress(FileNotFoundError):
                if now - left.stat().st_mtime > 3600:
                    left.unlink()
        produce(draft)
        with open(draft, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


@kept_in_memory
def _parsed(file: Path) -> Any:
    import yaml

    # The same safe loader, in C where the library has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)
    except (OSError, yaml.YAMLError) as error:
        raise ArtlibError(f"{file.name} cannot be read: {error}. Restore it from the repository.") from None

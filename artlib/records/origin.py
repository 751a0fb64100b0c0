"""Where a record comes from: when, on what, with which versions, from which state of the code, and how long it took."""

import hashlib
import os
import platform
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from artlib import __version__, paths

_PACKAGES = ("torch", "torchvision", "fastai", "timm", "scikit-learn", "numpy", "pandas")


def provenance(seed: int | None = None, device: str | None = None) -> dict:
    """When, on what, with which versions, and from which code something was computed.

    ``code`` is ``code_version()``; ``dirty`` is there where files that git tracks differ from the commit, and lists
    them; ``processes`` where ``torchrun`` has several work together.
    """
    made = {
        "artlib": __version__,
        "seed": seed,
        "device": device or device_name(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "versions": _versions(),
        "commit": commit(),
        "code": code_version(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    several = {"processes": processes()[1]} if processes()[1] > 1 else {}
    return made | several | ({"dirty": list(_changed_files())} if _changed_files() else {})


def processes() -> tuple[int, int]:
    """The number of this process, from 0, and how many work on one training: (0, 1) but under ``torchrun``."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return 0, 1
    return int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])


def device_name() -> str:
    """The GPU's name, or the kind of processor and its number of cores."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"CPU ({platform.machine()}, {os.cpu_count()} cores)"


@cache
def commit() -> str:
    """The repository's commit, with "+" when files that are tracked differ from it; "unknown" outside a clone."""
    try:
        return _git("rev-parse", "--short=12", "HEAD").strip() + ("+" if _changed_files() else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


@cache
def _changed_files() -> tuple[str, ...]:
    """Tracked files that differ from the commit; none outside a clone."""
    try:
        return tuple(filter(None, _git("diff", "HEAD", "--name-only", "-z").split("\0")))
    except (OSError, subprocess.SubprocessError):
        return ()


def _git(*words: str) -> str:
    # An installed package may lie inside a repository of something else, whose commits say nothing of this code.
    if not (paths.root() / ".git").exists():
        raise FileNotFoundError(f"{paths.root()} is no clone")
    said = subprocess.run(["git", *words], cwd=paths.root(), capture_output=True, text=True, check=True, timeout=10)
    return said.stdout


@cache
def code_version(*parts: str) -> str:
    """Twelve hexadecimal digits of the package's source: part of every key, so that nothing older code made is reused.

    Parameters
    ----------
    parts : files and folders of the package (``"learners"``, ``"losses.py"``), or tables of ``data/``
        (``"museum.yaml"``); none for the whole package.

    Raises
    ------
    FileNotFoundError : a part that does not exist, which would else count as one that never changes.
    """
    package, digest = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for part in parts or (".",):
        place = (paths.data() if part.endswith(".yaml") else package) / part
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for file in files:
            digest.update(f"{part}/{file.relative_to(place).as_posix()}".encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


class Stopwatch:
    """Minutes and peak memory of a block of code: ``with Stopwatch() as watch: ...; watch.minutes``.

    ``peak_memory_mb`` is the block's own peak in MiB (what the process held at its start included), or None where the
    system keeps only the peak of the whole process. Stopwatches do not nest.
    """

    def __enter__(self) -> "Stopwatch":
        self._own = _reset_peak()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.minutes = (time.perf_counter() - self._start) / 60
        self.peak_memory_mb = peak_memory_mb() if self._own else None


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MiB; on a GPU the largest allocation if that is more."""
    used = _resident_peak_mb()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        used = max(used, torch.cuda.max_memory_allocated() / 1024**2)
    return round(used, 1)


def _reset_peak() -> bool:
    """Let the peaks begin anew; False where the system cannot."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _resident_peak_mb() -> float:
    import resource

    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the process that started this one held: a child begins with its parent's peak.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def origin_of(runs: Any) -> dict[str, Any] | None:
    """What a table of runs rests on, small enough for ``DataFrame.attrs``; None for a table that holds no runs.

    recorded (all lie in the archive or the journal, and none is a proof of size "smoke"), runs, kinds ("real",
    "drawn"), preset (of what is not recorded).
    """
    if runs.empty or not {"id", "collection", "preset", "path"} <= set(runs.columns):
        return None
    kept = (str(paths.results()), str(paths.runs()))
    presets = sorted(set(runs["preset"]))
    recorded = "smoke" not in presets and runs["path"].str.startswith(kept).all()
    kinds = sorted({"drawn" if name.startswith("museum") else "real" for name in runs["collection"]})
    return {"recorded": bool(recorded), "runs": len(runs), "kinds": kinds, "preset": "" if recorded else presets[0]}

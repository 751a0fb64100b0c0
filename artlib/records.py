"""Results, written once and read by every page: one JSON file a run, with its provenance.

A record's identity is what was run (paper, experiment, preset, collection, cell, seed), so that running it again
replaces it. What was predicted for each work lies beside it in a Parquet file, because intervals are computed by
resampling works.
"""

import hashlib
import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd

from artlib import __version__, paths
from artlib.errors import ArtlibError

IDENTITY = ("paper", "experiment", "preset", "collection", "cell", "seed")
_PACKAGES = ("torch", "torchvision", "fastai", "timm", "scikit-learn", "numpy", "pandas")


class RecordError(ArtlibError):
    """A record that is incomplete or cannot be read."""


def identity(record: Mapping) -> str:
    """Twelve hexadecimal digits that say what was run, whatever came out."""
    missing = [name for name in IDENTITY if name not in record]
    if missing:
        raise RecordError(f"A record needs {', '.join(IDENTITY)}; {', '.join(missing)} missing.")
    key = json.dumps({name: record[name] for name in IDENTITY}, sort_keys=True, default=str)
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def write(record: Mapping, predictions: pd.DataFrame | None = None, folder: Path | None = None) -> Path:
    """Write one run; a run of the same identity is replaced.

    Parameters
    ----------
    record : the fields of ``IDENTITY`` and, usually, metrics (name -> number), minutes, n_train, n_test.
        Provenance is added where it is missing.
    predictions : one row a tested work (``artlib.evaluate.predictions``), kept in a Parquet file of the same name.
    folder : default ``paths.results()``; the file goes to ``<paper>/<experiment>/<id>.json`` below it.
    """
    name = identity(record)
    target = (folder or paths.results()) / str(record["paper"]) / str(record["experiment"]) / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = {"id": name, **provenance(record.get("seed"), record.get("device")), **record}
    if predictions is not None:
        _replace(target.with_suffix(".parquet"), lambda path: predictions.to_parquet(path, index=False))
        whole["predictions"] = target.with_suffix(".parquet").name
    # Predictions first: a record that can be read is a run that is whole.
    text = json.dumps(whole, indent=1, sort_keys=True, default=str, allow_nan=True) + "\n"
    _replace(target, lambda path: path.write_text(text, encoding="utf-8"))
    return target


def read(
    paper: str | None = None, experiment: str | None = None, folder: Path | None = None, **equal: object
) -> pd.DataFrame:
    """The records as a table, one row a run.

    Nested fields become columns with dots (``metrics.accuracy``, ``cell.task``); ``path`` says where the record
    lies. ``equal`` selects: ``read("finetuning", preset="course", **{"cell.task": "style"})``.
    """
    base = folder or paths.results()
    files = sorted(base.glob(f"{paper or '*'}/{experiment or '*'}/*.json"))
    rows = [{**_flat(_load(file)), "path": str(file)} for file in files]
    table = pd.DataFrame(rows)
    for column, value in equal.items():
        if column not in table.columns:
            return table.iloc[:0]
        table = table[table[column].isna() if value is None else table[column] == value]
    return table.reset_index(drop=True)


def exists(record: Mapping, folder: Path | None = None) -> bool:
    """Whether a run of this identity has been recorded."""
    base = folder or paths.results()
    return (base / str(record["paper"]) / str(record["experiment"]) / f"{identity(record)}.json").exists()


def predictions(record: Mapping | pd.Series) -> pd.DataFrame:
    """What was predicted for each work in a run that ``read`` returned."""
    path = Path(record["path"])
    file = path.with_suffix(".parquet")
    if not file.exists():
        raise RecordError(f"Record {path.name} has no predictions beside it ({file.name}).")
    return pd.read_parquet(file)


def provenance(seed: int | None = None, device: str | None = None) -> dict:
    """When, on what, with which versions, and from which commit something was computed."""
    return {
        "artlib": __version__,
        "seed": seed,
        "device": device or device_name(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "versions": _versions(),
        "commit": commit(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


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
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


@cache
def code_version(*parts: str) -> str:
    """Twelve hexadecimal digits of the package's source, or of some of its files and folders and tables of `data/`.

    Part of every key, so that nothing older code computed is reused.
    """
    package, digest = Path(__file__).resolve().parent, hashlib.sha256()
    places = [(paths.data() if part.endswith(".yaml") else package) / part for part in parts or ("",)]
    for file in [file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


class Stopwatch:
    """Minutes and peak memory of a block of code: ``with Stopwatch() as watch: ...; watch.minutes``."""

    def __enter__(self) -> "Stopwatch":
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.minutes = (time.perf_counter() - self._start) / 60
        self.peak_memory_mb = peak_memory_mb()


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MiB; on a GPU the largest allocation if that is more."""
    import sys

    used = _resident_peak_mb()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        used = max(used, torch.cuda.max_memory_allocated() / 1024**2)
    return round(used, 1)


def _resident_peak_mb() -> float:
    import resource
    import sys

    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the process that started this one held: a child begins with its parent's peak.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=paths.root(), capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


@cache
def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _replace(target: Path, produce) -> None:
    """Write beside, then rename: a reader sees the old file or the new one, never half of one."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        produce(draft)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def _load(file: Path) -> dict:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as fault:
        raise RecordError(f"Record {file} cannot be read ({fault}). Delete it and run the experiment again.") from None


def _flat(record: Mapping, prefix: str = "") -> dict:
    row: dict = {}
    for name, value in record.items():
        row |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return row

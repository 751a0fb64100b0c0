"""Estimates kept on disk: a bootstrap is drawn once for the same records and the same code, however often it is asked.

The chapters show a claim's card and the scoreboard shows all of them; a book built in one go draws each once.
"""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from artlib import paths, records
from artlib.claims.declared import Claim, Contrast
from artlib.claims.sides import Cells, stamp
from artlib.evaluate.statistics import Estimate

_CODE = ("claims", "evaluate")
_NUMBERS = ("value", "low", "high", "n", "smallest_effect", "error", "level")


def once(
    entry: Claim, contrast: Contrast, cells: Cells, resamples: int, compute: Callable[[], tuple[Estimate, dict]]
) -> tuple[Estimate, dict]:
    """What ``compute`` gives, from the cache where the same records gave it before. Its errors are not kept."""
    place = _place(entry, contrast, cells, resamples)
    found = _read(place)
    if found is None:
        found = compute()
        _write(place, *found)
    return found


def _place(entry: Claim, contrast: Contrast, cells: Cells, resamples: int) -> Path:
    runs = [(times, metric, [stamp(path) for path in runs["path"]]) for times, metric, runs in cells.terms]
    asked = [contrast, entry.average, entry.where, dict(cells.place), runs, resamples]
    key = hashlib.sha256(repr(asked).encode()).hexdigest()[:24]
    return paths.scratch("verdicts", records.code_version(*_CODE)) / f"{key}.npz"


def _read(place: Path) -> tuple[Estimate, dict] | None:
    try:
        with np.load(place, allow_pickle=False) as kept:
            facts = json.loads(str(kept["facts"]))
            numbers = {name: facts["numbers"][name] for name in _NUMBERS}
            return Estimate(**numbers, units=facts["units"], samples=kept["samples"]), facts["counts"]
    except (OSError, ValueError, KeyError, EOFError):
        return None  # not there, or damaged: computed again


def _write(place: Path, estimate: Estimate, counts: dict) -> None:
    numbers = {name: float(getattr(estimate, name)) for name in _NUMBERS} | {"n": int(estimate.n)}
    units = {name: int(count) for name, count in estimate.units.items()}
    facts = {"numbers": numbers, "units": units, "counts": {name: int(count) for name, count in counts.items()}}
    draft = place.with_name(f".{place.stem}.{os.getpid()}.npz")
    try:
        np.savez(draft, samples=estimate.samples, facts=json.dumps(facts))
        os.replace(draft, place)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    finally:
        draft.unlink(missing_ok=True)

"""Execute chapters with papermill. A result is kept under the key of all it depends on, and never made twice.

A result is two files: ``<key>.ipynb`` and ``<key>.json``. The second is written last and holds the first's digest,
so that an execution killed at any moment leaves either a whole result or none.
"""

import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlib.errors import ArtlibError
from artlib.site import files, kernel, keys, notebooks, redact_paths
from artlib.site.jobs import Job
from artlib.site.layout import Layout
from artlib.site.memory import peak_of_children

KEPT = 3  # results kept for each chapter, so that going back and forth between two presets executes nothing

Progress = Callable[[str, int, int], None]
"""Told (chapter, cells done, cells in all) before every cell."""


class ExecutionError(ArtlibError):
    """Chapters that did not run to their end; the text names each, its cell and its error."""


@dataclass(frozen=True)
class Result:
    """An executed chapter: its notebook, what was measured, and whether it ran now or had been kept."""

    chapter: str
    notebook: Path
    measured: dict[str, Any]
    seconds: float
    reused: bool


def run(layout: Layout, jobs: Sequence[Job], progress: Progress | None = None, again: bool = False) -> list[Result]:
    """Execute every job whose result is not kept yet; ``again`` executes all.

    A chapter that fails does not stop the others. Raises ExecutionError at the end when any failed.
    """
    results, errors = [], []
    with layout.lock():
        shutil.rmtree(layout.running, ignore_errors=True)
        for job in jobs:
            try:
                results.append(_one(layout, job, progress or (lambda *told: None), again))
            except ExecutionError as error:
                errors.append(str(error))
    if errors:
        done = ", ".join(result.chapter for result in results)
        raise ExecutionError("\n".join([*errors, *([f"Executed without error: {done}."] if done else [])]))
    return results


def stored(layout: Layout, chapter: str, key: str) -> Result | None:
    """The whole result of this key, or None."""
    notebook, sidecar = _places(layout, chapter, key)
    try:
        measured = json.loads(sidecar.read_text(encoding="utf-8"))
        whole = files.digest([notebook.read_bytes()]) == measured["digest"]
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return Result(chapter, notebook, measured, 0.0, True) if whole else None


def _one(layout: Layout, job: Job, progress: Progress, again: bool) -> Result:
    import nbformat

    start = time.perf_counter()
    key = keys.result_key(layout, job.chapter, job.injected)
    found = None if again else stored(layout, job.chapter, key)
    if found:
        os.utime(found.notebook.with_suffix(".json"))  # used now: the last to be pruned
        return found
    draft, measured = _execute(layout, job, progress)
    hidden = redact_paths.hidden_paths(layout, job.settings)
    nbformat.write(redact_paths.redact_paths(notebooks.read(draft), hidden), draft)
    notebook = _store(layout, job.chapter, key, draft, measured)
    _prune(layout, job.chapter)
    return Result(job.chapter, notebook, measured, time.perf_counter() - start, False)


def _execute(layout: Layout, job: Job, progress: Progress) -> tuple[Path, dict[str, Any]]:
    from artlib import records

    draft = layout.running / f"{job.chapter}.ipynb"
    draft.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with kernel.this_python(layout.build / "jupyter", layout.root), peak_of_children() as peak:
        _papermill(layout, job, draft, progress)
    measured = {
        "settings": dict(job.settings),
        "minutes": (time.perf_counter() - start) / 60,
        "peak_memory_mb": round(peak()),
        **records.provenance(job.settings.get("seed"), None),
    }
    return draft, measured


def _papermill(layout: Layout, job: Job, draft: Path, progress: Progress) -> None:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    # It warns of parameters given in one line, which it injects all the same.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    source = layout.source(job.chapter)
    end, line = time.monotonic() + job.timeout, "before the first cell"
    total = len(notebooks.read(source).cells) + 1  # papermill adds the cell of injected parameters

    def started(cell: Any, cell_index: int) -> None:
        nonlocal line
        line = notebooks.first_line(cell.source)
        progress(job.chapter, cell_index, total)

    try:
        papermill.execute_notebook(
            source, draft, parameters=dict(job.injected), kernel_name=kernel.NAME, language="python",
            cwd=source.parent, progress_bar=False, on_cell_start=started,
            timeout_func=lambda cell: max(1, end - time.monotonic()),
        )  # fmt: skip
        return
    except papermill.PapermillExecutionError as error:
        what = f"cell In [{error.exec_count}] ({notebooks.first_line(error.source)}): {error.ename}: {error.evalue}"
    except CellTimeoutError:
        what = f"not done after {job.timeout:g} seconds, in the cell ({line}); data/presets.yaml sets the limit"
    except DeadKernelError:
        what = f"Python died in the cell ({line}); was there enough memory?"
    left = _set_aside(layout, job.chapter, draft)
    raise ExecutionError(f"{job.chapter}.ipynb: {what}. As far as it came, with the traceback: {left}.")


def _set_aside(layout: Layout, chapter: str, draft: Path) -> str:
    left = layout.failed / f"{chapter}.ipynb"
    left.parent.mkdir(parents=True, exist_ok=True)
    if draft.exists():
        os.replace(draft, left)
    return left.relative_to(layout.root).as_posix()


def _store(layout: Layout, chapter: str, key: str, draft: Path, measured: dict[str, Any]) -> Path:
    notebook, sidecar = _places(layout, chapter, key)
    sidecar.unlink(missing_ok=True)
    notebook.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, notebook)
    measured["digest"] = files.digest([notebook.read_bytes()])
    files.write_whole(sidecar, json.dumps(measured, indent=1, default=str))
    return notebook


def _prune(layout: Layout, chapter: str) -> None:
    sidecars = sorted((layout.executed / chapter).glob("*.json"), key=lambda path: path.stat().st_mtime)
    whole = {path.stem for path in sidecars[-KEPT:]}
    for path in (layout.executed / chapter).iterdir():
        if path.stem not in whole:
            path.unlink()


def _places(layout: Layout, chapter: str, key: str) -> tuple[Path, Path]:
    folder = layout.executed / chapter
    return folder / f"{key}.ipynb", folder / f"{key}.json"

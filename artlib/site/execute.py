"""Execute chapters with papermill. A result is kept under the key of all it depends on, and never made twice.

A chapter runs in ``_build/failed``, and stays there, as far as it came, when it stops at an error or is killed. A whole
one is moved to ``_build/executed`` in one step, with what was measured in its metadata.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from artlib.errors import ArtlibError
from artlib.pixels.workers import follow_parent
from artlib.site import kernel, keys, notebooks, redact_paths
from artlib.site.jobs import Job
from artlib.site.layout import Layout
from artlib.site.memory import peak_of_children

KEPT = 3  # results kept for each chapter, so that going back and forth between two presets executes nothing


class ExecutionError(ArtlibError):
    """Chapters that did not run to their end; the text names each, its cell and its error.

    Attributes
    ----------
    results : of all chapters in their order; those that failed as far as they came.
    """

    def __init__(self, said: str, results: Sequence["Result"] = ()):
        super().__init__(said)
        self.results = list(results)


@dataclass(frozen=True)
class Result:
    """An executed chapter: its notebook, what was measured, and whether it ran now or had been kept.

    fault: why it stopped before its end; the notebook is then as far as it came.
    """

    chapter: str
    notebook: Path
    measured: dict[str, Any]
    seconds: float
    reused: bool
    fault: str = ""

    @property
    def unasked(self) -> list[str]:
        """Why cells could not be asked of a reader's own pictures, each reason once."""
        return self.measured.get("unasked", [])

    @property
    def warned(self) -> list[str]:
        """What the package warned of on a reader's own pictures: the split, lowered counts, what was left out."""
        return self.measured.get("warned", [])

    @property
    def of_pictures(self) -> bool:
        """Whether any cell showed something of the pictures (of the museum: always)."""
        return self.measured.get("of_pictures", True)


def run(
    layout: Layout,
    jobs: Sequence[Job],
    show: Callable[[Result], object] | None = None,
    again: bool = False,
    workers: int = 1,
) -> list[Result]:
    """Execute every job whose result is not kept yet.

    A chapter that fails does not stop the others. Raises ExecutionError at the end when any failed.

    Parameters
    ----------
    show : called with each result as it comes.
    again : execute all.
    workers : chapters that run at once, each in a process of its own; results come in the chapters' order all the same.
    """
    results = []
    with layout.lock(), _several(workers) as each:
        for result in each(partial(_one, layout, again=again), jobs):
            results.append(result)
            if show:
                show(result)
    if faults := [result.fault for result in results if result.fault]:
        done = ", ".join(result.chapter for result in results if not result.fault)
        raise ExecutionError("\n".join([*faults, *([f"Executed without error: {done}."] if done else [])]), results)
    return results


@contextmanager
def _several(workers: int) -> Iterator[Callable[..., Iterable[Result]]]:
    """A map over jobs, here or in processes; the processor's threads are shared out among these."""
    if workers == 1:
        yield map
        return
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    # Spawned, as this process has threads.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (threads,))
    try:
        yield pool.map
    except BaseException:
        for worker in active_children():
            worker.kill()  # its kernel ends with it; a notebook's client would take a gentler signal for its own
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(threads: str) -> None:
    """Leave Ctrl-C to the process that spawned this one, end with it, and take a share of the processor's threads."""
    follow_parent()
    os.environ.setdefault("OMP_NUM_THREADS", threads)


def stored(layout: Layout, chapter: str, key: str) -> Result | None:
    """The whole result of this key, or None."""
    path = layout.executed / chapter / f"{key}.ipynb"
    try:
        return Result(chapter, path, notebooks.read(path).metadata["artlib"], 0.0, True)
    except (FileNotFoundError, notebooks.NotebookError, KeyError):
        return None


def _one(layout: Layout, job: Job, again: bool) -> Result:
    import nbformat

    key = keys.result_key(layout, job.chapter, {**job.injected, **job.changes})
    found = None if again else stored(layout, job.chapter, key)
    if found:
        os.utime(found.notebook)  # used now: the last to be pruned
        return found
    draft = layout.failed / f"{job.chapter}.ipynb"
    draft.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with kernel.this_python(layout.build / "jupyter", layout.root, job.changes), peak_of_children() as peak:
        fault = _papermill(layout, job, draft)
    seconds = time.perf_counter() - start
    hidden = redact_paths.hidden_paths(layout, job.settings)
    notebook = redact_paths.redact_paths(
        notebooks.read(draft if draft.exists() else layout.source(job.chapter)), hidden
    )
    notebook.metadata["artlib"] = measured = _measured(job, seconds, peak(), notebook)
    nbformat.write(notebook, draft)
    if fault:
        return Result(job.chapter, draft, measured, seconds, False, fault)
    kept = layout.executed / job.chapter / f"{key}.ipynb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, kept)
    for path in sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        path.unlink()
    return Result(job.chapter, kept, notebook.metadata["artlib"], seconds, False)


def _measured(job: Job, seconds: float, peak: float, notebook: Any) -> dict[str, Any]:
    from artlib import records
    from artlib.site import going_on

    found = {"settings": dict(job.settings), "minutes": seconds / 60, "peak_memory_mb": round(peak)}
    if going_on.own_pictures(job.settings.get("collection")):
        found |= going_on.told(notebook) if going_on.asks(notebook) else {"own": False}
        found["changes"] = dict(job.changes)
    found |= records.provenance(job.settings.get("seed"), None)
    return json.loads(json.dumps(found, default=str))


def _papermill(layout: Layout, job: Job, draft: Path) -> str:
    """Execute into the draft; the fault that ended it, in words, or nothing."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from artlib.site import going_on

    # It warns of parameters given in one line, which it injects all the same.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    source = layout.source(job.chapter)
    go_on = going_on.own_pictures(job.settings.get("collection")) and going_on.asks(notebooks.read(source))
    end, line = time.monotonic() + job.timeout, "before the first cell"

    def started(cell: Any, cell_index: int) -> None:
        nonlocal line
        line = notebooks.first_line(cell.source)

    try:
        papermill.execute_notebook(
            source, draft, parameters=dict(job.injected), kernel_name=kernel.NAME, language="python",
            cwd=source.parent, on_cell_start=started, timeout_func=lambda cell: max(1, end - time.monotonic()),
            # A bar while the chapter runs, and none where there is no terminal.
            progress_bar={"desc": job.chapter, "leave": False, "disable": None}, engine_name=going_on.ENGINE,
            go_on=go_on, said=layout.build / "kernel.log",
        )  # fmt: skip
        return ""
    except papermill.PapermillExecutionError as error:
        what = f"cell In [{error.exec_count}] ({notebooks.first_line(error.source)}): {error.ename}: {error.evalue}"
    except CellTimeoutError:
        what = f"not done after {job.timeout:g} seconds, in the cell ({line}); data/presets.yaml sets the limit"
    except DeadKernelError:
        what = f"Python died in the cell ({line}); was there enough memory?"
    left = draft.relative_to(layout.root).as_posix()
    return f"{job.chapter}.ipynb: {what.rstrip('.')}. As far as it came: {left}."

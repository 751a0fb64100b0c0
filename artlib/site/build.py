"""The whole way from sources to a checked site, in steps that are timed."""

import time
from collections.abc import Callable, Sequence

from artlib.site import check, execute, render, stage
from artlib.site.jobs import Job
from artlib.site.layout import Layout

Steps = list[tuple[str, float, str]]
"""What was done, in order, with seconds and a remark."""


def run(
    layout: Layout, jobs: Sequence[Job], steps: Steps, progress: execute.Progress | None = None, again: bool = False
) -> list[execute.Result]:
    """Execute chapters, and note each in ``steps`` with the seconds it took."""
    results = execute.run(layout, jobs, progress, again)
    steps += [(f"execute {result.chapter}", result.seconds, "unchanged" if result.reused else "") for result in results]
    return results


def build(
    layout: Layout, jobs: Sequence[Job], steps: Steps, progress: execute.Progress | None = None, again: bool = False
) -> None:
    """Execute, stage, render and check; every step is noted in ``steps``, also when it fails."""
    with layout.lock():
        results = run(layout, jobs, steps, progress, again)
        _timed("stage", steps, lambda: stage.stage(layout, results) and "")
        _timed("render", steps, lambda: "" if render.render(layout) else "unchanged")
        _timed("check", steps, lambda: f"{check.check(layout)} pages")


def _timed(name: str, steps: Steps, step: Callable[[], str]) -> None:
    start, remark = time.perf_counter(), ""
    try:
        remark = step()
    finally:
        steps.append((name, time.perf_counter() - start, remark))

"""The whole way from sources to a checked site, in steps that are timed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from artlib.site import check, execute, render, stage
from artlib.site.jobs import Job
from artlib.site.layout import Layout


@dataclass
class Steps:
    """What was done, in order, with seconds and a remark."""

    done: list[tuple[str, float, str]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time a block; what it appends to the list becomes the remark."""
        start, remarks = time.perf_counter(), []
        try:
            yield remarks
        finally:
            self.done.append((name, time.perf_counter() - start, "; ".join(remarks)))


def run(
    layout: Layout,
    jobs: Sequence[Job],
    steps: Steps,
    progress: execute.Progress | None = None,
    again: bool = False,
) -> list[execute.Result]:
    """Execute chapters, and note each with the seconds it took."""
    results = execute.run(layout, jobs, progress, again)
    steps.done += [
        (f"execute {result.chapter}", result.seconds, "unchanged" if result.reused else "") for result in results
    ]
    return results


def build(
    layout: Layout,
    jobs: Sequence[Job],
    steps: Steps,
    progress: execute.Progress | None = None,
    again: bool = False,
) -> None:
    """Execute, stage, render and check; every step is noted in ``steps``, also when it fails."""
    with layout.lock():
        results = run(layout, jobs, steps, progress, again)
        with steps.step("stage"):
            stage.stage(layout, results)
        with steps.step("render") as remarks:
            remarks.append("" if render.render(layout) else "unchanged")
        with steps.step("check") as remarks:
            remarks.append(f"{check.check(layout)} pages")

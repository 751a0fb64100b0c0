"""The most memory that this process's children have held together, sampled while a block of code runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

_EVERY = 0.5  # seconds


@contextmanager
def peak_of_children() -> Iterator[Callable[[], float]]:
    """While it lasts: the function that tells the peak so far, in MiB.

    A chapter's kernel and its workers are children of the process that executes it. Memory they share is counted
    once where the system tells (proportional set size), else in each of them.
    """
    done, peak = threading.Event(), [0.0]

    def sample() -> None:
        pause = 0.02
        while not done.wait(pause):
            # Often at first: a chapter of two cells is over in less than half a second.
            pause = min(2 * pause, _EVERY)
            peak[0] = max(peak[0], sum(map(_bytes, psutil.Process().children(recursive=True))) / 2**20)

    sampling = threading.Thread(target=sample, daemon=True)
    sampling.start()
    try:
        yield lambda: peak[0]
    finally:
        done.set()
        sampling.join()


def _bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:  # it has ended, or is another user's
        return 0
    return getattr(memory, "pss", memory.rss)

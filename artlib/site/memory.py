"""The most memory that this process's children have held together, sampled while a block of code runs."""

import threading
from types import TracebackType

import psutil


class PeakOfChildren:
    """``with PeakOfChildren() as peak: ...`` then ``peak.mebibytes``.

    A chapter's kernel and its workers are children of the process that executes it. Memory they share is counted
    once where the system tells (proportional set size), else in each of them.
    """

    def __init__(self, every: float = 0.5) -> None:
        self.mebibytes = 0.0
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "PeakOfChildren":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        me, pause = psutil.Process(), 0.02
        while not self._done.wait(pause):
            # Often at first: a chapter of two cells is over in less than half a second.
            pause = min(2 * pause, self._every)
            held = sum(_bytes(child) for child in me.children(recursive=True))
            self.mebibytes = max(self.mebibytes, held / 2**20)


def _bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:  # it has ended, or is another user's
        return 0
    return getattr(memory, "pss", memory.rss)

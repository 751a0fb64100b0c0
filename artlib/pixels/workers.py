"""Threads or processes that decode pictures into rows of a file."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from artlib.pixels import journal
from artlib.pixels.pictures import PixelsError, fit
from artlib.works import PictureError, PictureSource

_THREADS_SERVE = 4  # more threads than this wait for the interpreter's lock
_WORTH_PROCESSES = {True: 2000, False: 96}  # pictures, with a source that needs the lock little (True) or all the time


@dataclass(frozen=True)
class Work:
    """What a worker needs to know: whose pictures, at which size, into which rows of which file."""

    source: PictureSource
    file: str
    offset: int
    size: int
    crop: str

    def run(self, start: int, images: list[str]) -> dict:
        """Decode the pictures into rows start, start + 1, ...; returns the run's line for the journal."""
        rows, skipped = decoded(self.source, images, self.size, self.crop)
        journal.write(self.file, self.offset + start * rows[0].nbytes, rows)
        return {"start": start, "stop": start + len(images), "sum": zlib.crc32(rows),
                "skipped": {start + place: reason for place, reason in skipped.items()}}  # fmt: skip


def decoded(source: PictureSource, images: list[str], size: int, crop: str) -> tuple[np.ndarray, dict[int, str]]:
    """Pictures as squares, (N, size, size, 3) uint8, black where one cannot be read; and place and reason of those."""
    rows = np.zeros((len(images), size, size, 3), dtype=np.uint8)
    skipped = {}
    for place, image in enumerate(images):
        try:
            rows[place] = fit(_sound(source.read(image, size), image), size, crop)
        except PictureError as fault:
            skipped[place] = str(fault)
    return rows, skipped


def _sound(picture: np.ndarray, image: str) -> np.ndarray:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise PixelsError(f"{image!r} was read as {picture.dtype} {picture.shape}, not as uint8 (H, W, 3).")
    return picture


_work: Work | None = None  # of a worker process, set once when it starts


@contextlib.contextmanager
def pool(work: Work, workers: int, pictures: int) -> Iterator[tuple[Executor, Callable]]:
    """Threads where they serve or where starting processes (a third of a second) would not pay, else processes."""
    free = bool(getattr(work.source, "threads", False))
    if workers == 1 or pictures <= _WORTH_PROCESSES[free] or (free and workers <= _THREADS_SERVE):
        with ThreadPoolExecutor(workers if free else 1) as executor:
            yield executor, work.run
        return
    # Forked workers could inherit a lock that a thread of the parent holds, and hang; spawned ones start clean.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(work,)) as executor:
        yield executor, _run


def _start_worker(work: Work) -> None:
    global _work
    _work = work
    follow_parent()
    warnings.filterwarnings("ignore", module="PIL")
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)


def follow_parent() -> None:
    """Leave Ctrl-C to the process that spawned this one, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Ends a worker whose parent was killed: nobody would ever tell it to stop."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _run(start: int, images: list[str]) -> dict:
    return _work.run(start, images)


@contextlib.contextmanager
def main_unseen(source: PictureSource) -> Iterator[None]:
    """Hide where the main module came from while processes are spawned.

    They would run it again first, which is slow, and which fails in a script without `if __name__ == "__main__"`.
    A source that is defined in the main module needs it, and gets it.
    """
    main = sys.modules["__main__"]
    if type(source).__module__ == "__main__":
        yield
        return
    hidden = {name: vars(main)[name] for name in ("__file__", "__spec__") if name in vars(main)}
    try:
        for name in hidden:
            setattr(main, name, None)
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)

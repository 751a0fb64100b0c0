"""Filling a pixel cache: in short runs of rows, each noted in a journal, then made whole by renaming its folder."""

import contextlib
import errno
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

from artlib.errors import count_reasons
from artlib.pixels import journal
from artlib.pixels.pictures import PixelsError
from artlib.pixels.workers import Work, main_unseen, pool
from artlib.progress import StatusLine
from artlib.works import Collection

_RUN = 16  # pictures a run: short enough to share out evenly, long enough not to count


@contextlib.contextmanager
def alone(folder: Path, progress: bool) -> Iterator[None]:
    """Hold the cache's lock, which the system takes back when a process dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        with StatusLine("another process is filling this pixel cache; waiting for it", quiet=not progress):
            held = lock.acquire()
    with held:
        yield


def fill(folder: Path, collection: Collection, size: int, crop: str, workers: int, progress: bool) -> None:
    """Decode what is not decoded yet, and put the cache at ``folder``; the other parameters are those of ``cache``.

    Raises
    ------
    PixelsError : no picture decodes, or the disk is full, or a process died.
    """
    part = folder.with_name(f"{folder.name}.part")
    images = collection.works["image"].tolist()
    header = journal.header(len(images), size)
    work = Work(collection.source, str(part / "pixels.npy"), len(header), int(size), crop)
    lines: dict[int, dict] = {}
    try:
        part.mkdir(parents=True, exist_ok=True)
        lines = journal.finished_runs(part, part / "pixels.npy", work.size, header)
        todo = [start for start in range(0, len(images), _RUN) if start not in lines]
        _check_space(part, sum(len(images[start : start + _RUN]) for start in todo) * size * size * 3)
        with open(part / "journal.jsonl", "a", encoding="utf-8") as file:
            file.write("\n")  # ends a line that was torn when a former filling was killed

            def note(line: dict) -> None:
                file.write(json.dumps(line) + "\n")
                file.flush()
                lines[line["start"]] = line

            _decode_all(work, todo, images, workers, note, progress)
        _finish(part, folder, collection, lines, work)
    except OSError as fault:
        done = sum(line["stop"] - line["start"] for line in lines.values())
        raise PixelsError(_disk_message(fault, folder, done, len(images), size)) from fault
    except BrokenProcessPool as fault:
        raise PixelsError(
            "A process that decodes pictures died; the memory may be too small for so many at once. "
            "What is decoded is kept: run again, with workers=1 if it happens twice."
        ) from fault


def _decode_all(
    work: Work, todo: list[int], images: list[str], workers: int, note: Callable[[dict], None], progress: bool
) -> None:
    pictures = min(len(todo) * _RUN, len(images))
    line = StatusLine("decoding pictures", pictures, quiet=not progress)
    # The decoders' own warnings are hushed: what concerns the user becomes a reason in the skip list.
    with warnings.catch_warnings(), line, pool(work, workers, pictures) as (executor, run):
        warnings.filterwarnings("ignore", module="PIL")
        with main_unseen(work.source):
            waiting = {executor.submit(run, start, images[start : start + _RUN]) for start in todo}
        try:
            for future in as_completed(list(waiting)):
                waiting.discard(future)
                note(future.result())
                line.advance(_RUN)
        except BaseException:
            _keep_finished(executor, waiting, note)
            raise


def _keep_finished(executor: Executor, waiting: set[Future], note: Callable[[dict], None]) -> None:
    executor.shutdown(cancel_futures=True)
    for future in waiting:
        if not future.cancelled() and future.exception() is None:
            with contextlib.suppress(OSError):
                note(future.result())


def _finish(part: Path, folder: Path, collection: Collection, lines: dict[int, dict], work: Work) -> None:
    skipped = {int(row): reason for start in sorted(lines) for row, reason in lines[start]["skipped"].items()}
    works = len(collection)
    if len(skipped) == works:
        shutil.rmtree(part, ignore_errors=True)  # nothing in it is worth keeping; the reasons stand in the message
        raise PixelsError(
            f"None of the {works:,} pictures of {collection.name!r} can be decoded: {count_reasons(skipped.values())}."
        )
    name = _without(part, skipped, works, work) if skipped else "pixels.npy"
    journal.flush(part / name)
    about = {"collection": collection.name, "size": work.size, "crop": work.crop, "file": name, "skipped": skipped}
    (part / "about.json").write_text(json.dumps(about), encoding="utf-8")
    journal.flush(part / "about.json")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    for left_over in {"journal.jsonl", "pixels.npy"} - {name}:
        (folder / left_over).unlink(missing_ok=True)


def _without(part: Path, skipped: dict[int, str], works: int, work: Work) -> str:
    """Copies all rows but the skipped ones; in place, a kill half way would leave neither the old nor the new."""
    pixels = np.load(part / "pixels.npy", mmap_mode="r", allow_pickle=False)
    rows = np.setdiff1d(np.arange(works), list(skipped))
    with open(part / "kept.npy", "wb") as file:
        file.write(journal.header(len(rows), work.size))
        for start in range(0, len(rows), _RUN):
            file.write(pixels[rows[start : start + _RUN]].data)
    return "kept.npy"


def _check_space(part: Path, needed: int) -> None:
    if shutil.disk_usage(part).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _disk_message(fault: OSError, folder: Path, done: int, pictures: int, size: int) -> str:
    needed = (pictures - done) * size * size * 3 / 1e9
    kept = f"{done:,} of {pictures:,} pictures are decoded and kept"
    if fault.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"The disk is full: {kept}, the rest needs {needed:.2g} GB more in {folder.parent}. Free that much, or set "
            "ARTLIB_CACHE to a folder on another disk, and run again."
        )
    return f"The pixel cache cannot be written ({fault.strerror or fault}): {kept}. Look at {folder.parent}, run again."

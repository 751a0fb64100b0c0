"""The pixel cache: every picture decoded and resized once, then a memory map that batches are sliced from.

A cache is filled in short runs of rows. Each finished run is noted in a journal with the checksum of its bytes, so
that a filling that is killed, or that meets a full disk, goes on where it stopped and gives the same bytes as an
undisturbed one. A finished cache appears by renaming its folder, never half.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from artlib import paths
from artlib.collections import Collection, PictureError, PictureSource, SkippedWarning
from artlib.collections.files import summary
from artlib.errors import ArtlibError

if TYPE_CHECKING:
    from pandas import DataFrame

CROPS = ("squash", "center")

_FORMAT = 1  # to be raised whenever the same picture would give other bytes
_RUN = 16  # pictures a run: short enough to share out evenly, long enough not to count
_THREADS_SERVE = 4  # more threads than this wait for the interpreter's lock
_WORTH_PROCESSES = {True: 2000, False: 96}  # pictures, with a source that needs the lock little (True) or all the time


class PixelsError(ArtlibError):
    """The pixel cache cannot be filled: what is wrong, what is kept, and what to do."""


@dataclass(frozen=True)
class Pictures:
    """Works with their pixels: row i of `works` is `pixels[i]`, (N, size, size, 3) uint8 RGB, mapped from disk.

    `skipped` lists the pictures that could not be decoded (image, reason); `works` is without them. `collection` is
    the collection's name, `key` changes with any content, the size and the crop.
    """

    works: DataFrame
    pixels: np.ndarray
    size: int
    collection: str
    skipped: DataFrame
    key: str

    def __len__(self) -> int:
        return len(self.works)

    def __repr__(self) -> str:
        return f"Pictures({len(self):,} of {self.collection!r} at {self.size} px, {len(self.skipped):,} skipped)"


def cache(
    collection: Collection,
    size: int,
    crop: str = "squash",
    workers: int | None = None,
    progress: bool = True,
) -> Pictures:
    """The collection's pictures at `size` x `size` px: decoded on the first call, opened in milliseconds afterwards.

    `crop`: "squash" gives both sides `size` whatever the shape (fine-tuning paper), "center" gives the shorter side
    `size` and keeps the middle. `workers`: how many decode at once (default: one a processor); the result does not
    depend on it.
    Pictures that do not decode are left out with a SkippedWarning. Errors: PixelsError when none decodes or the
    disk is full; whatever was decoded is kept and the next call goes on there.
    """
    if crop not in CROPS:
        raise PixelsError(f"There is no crop called {crop!r}; choose one of: {', '.join(CROPS)}.")
    if not isinstance(size, int | np.integer) or not 1 <= size <= 8192:
        raise PixelsError(f"The size is a number of pixels from 1 to 8192, not {size!r}.")
    if not len(collection):
        raise PixelsError(f"The collection {collection.name!r} has no works: there is nothing to decode.")
    key = content_key(collection, size, crop)
    try:
        folder = paths.scratch("pixels") / key
        pictures = _opened(folder, collection, size)
        if pictures is None:
            pictures = _filled(folder, collection, size, crop, workers or _processors(), progress)
    except OSError as fault:
        raise PixelsError(
            f"The pixel cache cannot be used ({fault.strerror or fault}): {paths.cache()}. "
            "Make that folder writable, or set ARTLIB_CACHE to another one."
        ) from fault
    _report(pictures, len(collection))
    return pictures


def export(pictures: Pictures, rows: Iterable[int] | None = None, folder: str | Path | None = None) -> Path:
    """Write pictures as PNG beside a `works.csv`: what the reader "table" reads. Returns the folder.

    `rows`: positions, all when None. `folder`: None writes into the cache. Chapter: collections.
    """
    from PIL import Image

    rows = list(range(len(pictures)) if rows is None else rows)
    folder = Path(folder) if folder else paths.scratch("export", pictures.key[:12])
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    names = [f"pictures/{number:06d}.png" for number in range(len(rows))]
    for name, row in zip(names, rows, strict=True):
        Image.fromarray(np.asarray(pictures.pixels[row])).save(folder / name)
    table = pictures.works.iloc[rows].assign(image=names)
    for column in table.columns.intersection(["types", "materials"]):
        table[column] = table[column].map("; ".join)
    table.to_csv(folder / "works.csv", index=False)
    return folder


def copies(pictures: Pictures, n: int, seed: int = 0) -> Pictures:
    """Each picture `n` times, every copy changed a little: turned, moved, nearer, mirrored, lighter or darker.

    Copies keep their work's `work_id`, so that splits hold them together; the new column `copy` counts them from 0.
    Chapter: artistry (its paper makes twenty of each and splits afterwards).
    """
    import cv2
    import pandas as pd

    if not isinstance(n, int | np.integer) or n < 1:
        raise PixelsError(f"The number of copies is a whole number from 1 on, not {n!r}.")
    size, middle = pictures.size, (pictures.size - 1) / 2
    made = np.empty((len(pictures) * n, size, size, 3), dtype=np.uint8)
    for row in range(len(pictures)):
        chance = np.random.default_rng([seed, row])
        for copy in range(n):
            turn, near = chance.uniform(-10, 10), chance.uniform(0.95, 1.2)
            matrix = cv2.getRotationMatrix2D((middle, middle), turn, near)
            matrix[:, 2] += chance.uniform(-0.05, 0.05, 2) * size
            picture = cv2.warpAffine(
                np.array(pictures.pixels[row]), matrix, (size, size), borderMode=cv2.BORDER_REFLECT
            )
            picture = picture[:, ::-1] if chance.random() < 0.5 else picture
            made[row * n + copy] = np.clip(picture * chance.uniform(0.85, 1.15) + chance.uniform(-10, 10), 0, 255)
    works = pictures.works.loc[pictures.works.index.repeat(n)].reset_index(drop=True)
    works = works.assign(copy=pd.Series(np.tile(np.arange(n), len(pictures))))
    return Pictures(works, made, size, pictures.collection, pictures.skipped, f"{pictures.key}-{n}-{seed}")


def content_key(collection: Collection, size: int, crop: str) -> str:
    """24 hexadecimal digits that change with any picture's content, the order, the size and the crop."""
    source, images = collection.source, collection.works["image"].tolist()
    many = getattr(source, "fingerprints", None)
    prints = many(images) if many else map(source.fingerprint, images)
    text = "\n".join([f"{_FORMAT} {int(size)} {crop}", *prints])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def fit(picture: np.ndarray, size: int, crop: str) -> np.ndarray:
    """A uint8 RGB picture (H, W, 3) brought to (size, size, 3), antialiased, squashed or from its middle square."""
    height, width = picture.shape[:2]
    if height == width == size:
        return picture
    from PIL import Image

    left, top, right, bottom = 0.0, 0.0, float(width), float(height)
    if crop == "center":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        right, bottom = left + side, top + side
    # Hamming is as sharp as bicubic when it makes smaller, at the cost of bilinear; it is not meant for enlarging.
    shrinks = min(right - left, bottom - top) >= size
    filter_ = Image.Resampling.HAMMING if shrinks else Image.Resampling.BICUBIC
    resized = Image.fromarray(picture).resize((size, size), filter_, box=(left, top, right, bottom))
    return np.asarray(resized)


# --- a finished cache -------------------------------------------------------------------------------------------------


def _opened(folder: Path, collection: Collection, size: int) -> Pictures | None:
    """The finished cache, or None where there is none or a damaged one (which is then removed)."""
    try:
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        pixels = np.load(folder / about["file"], mmap_mode="r", allow_pickle=False)
        skipped = {int(row): reason for row, reason in about["skipped"].items()}
        if pixels.shape != (len(collection) - len(skipped), size, size, 3):
            raise ValueError(pixels.shape)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, EOFError):
        shutil.rmtree(folder, ignore_errors=True)
        return None
    works = collection.works
    if skipped:
        works = works.drop(index=works.index[list(skipped)]).reset_index(drop=True)
    return Pictures(works, pixels, int(size), collection.name, _skip_list(collection, skipped), folder.name)


def _skip_list(collection: Collection, skipped: dict[int, str]) -> DataFrame:
    import pandas as pd

    images = collection.works["image"].iloc[list(skipped)].tolist()
    return pd.DataFrame({"image": images, "reason": list(skipped.values())}, dtype=object)


def _report(pictures: Pictures, works: int) -> None:
    if not len(pictures.skipped):
        return
    warnings.warn(
        f"{pictures.collection}: {len(pictures.skipped):,} of {works:,} pictures left out that cannot be decoded "
        f"({summary(pictures.skipped['reason'])}). All are listed in .skipped.",
        SkippedWarning,
        stacklevel=3,
    )


# --- filling one ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Filling:
    """What a worker needs to know: whose pictures, at which size, into which rows of which file."""

    source: PictureSource
    file: str
    offset: int
    size: int
    crop: str

    def run(self, start: int, images: list[str]) -> dict:
        """Decodes the pictures into rows start, start + 1, ... and returns the run's line for the journal."""
        rows = np.zeros((len(images), self.size, self.size, 3), dtype=np.uint8)
        skipped = {}
        for place, image in enumerate(images):
            try:
                rows[place] = fit(_sound(self.source.read(image, self.size), image), self.size, self.crop)
            except PictureError as fault:
                skipped[start + place] = str(fault)
        _write(self.file, self.offset + start * rows[0].nbytes, rows)
        return {"start": start, "stop": start + len(images), "sum": zlib.crc32(rows), "skipped": skipped}


def _filled(folder: Path, collection: Collection, size: int, crop: str, workers: int, progress: bool) -> Pictures:
    with _alone(folder):
        pictures = _opened(folder, collection, size)  # another process may have filled it meanwhile
        if pictures is None:
            _fill(folder, collection, size, crop, workers, progress)
            pictures = _opened(folder, collection, size)
    if pictures is None:
        raise PixelsError(f"The pixel cache was removed while it was being opened ({folder}). Run again.")
    return pictures


def _fill(folder: Path, collection: Collection, size: int, crop: str, workers: int, progress: bool) -> None:
    part = folder.with_name(f"{folder.name}.part")
    images = collection.works["image"].tolist()
    header = _header(len(images), size)
    filling = _Filling(collection.source, str(part / "pixels.npy"), len(header), int(size), crop)
    lines: dict[int, dict] = {}
    try:
        part.mkdir(parents=True, exist_ok=True)
        lines = _kept(part, filling, header)
        todo = [start for start in range(0, len(images), _RUN) if start not in lines]
        _check_space(part, sum(len(images[start : start + _RUN]) for start in todo) * size * size * 3)
        with open(part / "journal.jsonl", "a", encoding="utf-8") as journal:
            journal.write("\n")  # ends a line that was torn when a former filling was killed

            def note(line: dict) -> None:
                journal.write(json.dumps(line) + "\n")
                journal.flush()
                lines[line["start"]] = line

            _decode_all(filling, todo, images, workers, note, progress)
        _finish(part, folder, collection, lines, filling)
    except OSError as fault:
        done = sum(line["stop"] - line["start"] for line in lines.values())
        raise PixelsError(_disk_message(fault, folder, done, len(images), size)) from fault
    except BrokenProcessPool as fault:
        raise PixelsError(
            "A process that decodes pictures died; the memory may be too small for so many at once. "
            "What is decoded is kept: run again, with workers=1 if it happens twice."
        ) from fault


def _decode_all(
    filling: _Filling,
    todo: list[int],
    images: list[str],
    workers: int,
    note: Callable[[dict], None],
    progress: bool,
) -> None:
    pictures = min(len(todo) * _RUN, len(images))
    with _quiet(), _bar(pictures, progress) as advance, _pool(filling, workers, pictures) as (pool, run):
        with _main_unseen(filling.source):
            waiting = {pool.submit(run, start, images[start : start + _RUN]) for start in todo}
        try:
            for future in as_completed(list(waiting)):
                waiting.discard(future)
                note(future.result())
                advance(_RUN)
        except BaseException:
            _keep_finished(pool, waiting, note)
            raise


def _keep_finished(pool: Executor, waiting: set[Future], note: Callable[[dict], None]) -> None:
    pool.shutdown(cancel_futures=True)
    for future in waiting:
        if not future.cancelled() and future.exception() is None:
            with contextlib.suppress(OSError):
                note(future.result())


def _finish(part: Path, folder: Path, collection: Collection, lines: dict[int, dict], filling: _Filling) -> None:
    skipped = {int(row): reason for start in sorted(lines) for row, reason in lines[start]["skipped"].items()}
    works = len(collection)
    if len(skipped) == works:
        shutil.rmtree(part, ignore_errors=True)  # nothing in it is worth keeping; the reasons stand in the message
        raise PixelsError(
            f"None of the {works:,} pictures of {collection.name!r} can be decoded: {summary(skipped.values())}."
        )
    name = _without(part, skipped, works, filling) if skipped else "pixels.npy"
    _flush(part / name)
    about = {
        "collection": collection.name,
        "size": filling.size,
        "crop": filling.crop,
        "file": name,
        "skipped": skipped,
    }
    (part / "about.json").write_text(json.dumps(about), encoding="utf-8")
    _flush(part / "about.json")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    for left_over in {"journal.jsonl", "pixels.npy"} - {name}:
        (folder / left_over).unlink(missing_ok=True)


def _without(part: Path, skipped: dict[int, str], works: int, filling: _Filling) -> str:
    """Copies all rows but the skipped ones; in place, a kill half way would leave neither the old nor the new."""
    pixels = np.load(part / "pixels.npy", mmap_mode="r", allow_pickle=False)
    rows = np.setdiff1d(np.arange(works), list(skipped))
    with open(part / "kept.npy", "wb") as file:
        file.write(_header(len(rows), filling.size))
        for start in range(0, len(rows), _RUN):
            file.write(pixels[rows[start : start + _RUN]].data)
    return "kept.npy"


# --- the part file and its journal ------------------------------------------------------------------------------------


def _kept(part: Path, filling: _Filling, header: bytes) -> dict[int, dict]:
    """The journal's lines whose bytes are on disk as the journal says, by their first row."""
    file, journal = Path(filling.file), part / "journal.jsonl"
    if not file.exists() or file.stat().st_size < len(header) or not journal.exists():
        file.write_bytes(header)
        journal.unlink(missing_ok=True)
        return {}
    row = filling.size**2 * 3
    lines = {}
    with open(file, "rb") as pixels:
        for line in map(_parsed, journal.read_text(encoding="utf-8", errors="replace").splitlines()):
            if line is None:
                continue
            pixels.seek(filling.offset + line["start"] * row)
            if zlib.crc32(pixels.read((line["stop"] - line["start"]) * row)) == line["sum"]:
                lines[line["start"]] = line
    return lines


def _parsed(line: str) -> dict | None:
    """A journal's line; None for the torn one at which a killed filling stopped."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _header(pictures: int, size: int) -> bytes:
    file = io.BytesIO()
    shape = (pictures, int(size), int(size), 3)
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return file.getvalue()


def _write(file: str, offset: int, rows: np.ndarray) -> None:
    left = memoryview(rows).cast("B")
    with open(file, "r+b", buffering=0) as raw:  # a handle of its own: several workers write at once
        raw.seek(offset)
        while left:
            left = left[raw.write(left) :]


def _flush(file: Path) -> None:
    with open(file, "r+b") as opened:
        os.fsync(opened.fileno())


def _sound(picture: np.ndarray, image: str) -> np.ndarray:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise PixelsError(f"{image!r} was read as {picture.dtype} {picture.shape}, not as uint8 (H, W, 3).")
    return picture


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


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the cache's lock, which the system takes back when a process dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        print("Another process is filling this pixel cache; waiting for it.", file=sys.stderr)
        held = lock.acquire()
    with held:
        yield


# --- workers ----------------------------------------------------------------------------------------------------------

_filling: _Filling | None = None  # of a worker process, set once when it starts


@contextlib.contextmanager
def _pool(filling: _Filling, workers: int, pictures: int) -> Iterator[tuple[Executor, Callable]]:
    """Threads where they serve or where starting processes (a third of a second) would not pay, else processes."""
    free = bool(getattr(filling.source, "threads", False))
    if workers == 1 or pictures <= _WORTH_PROCESSES[free] or (free and workers <= _THREADS_SERVE):
        with ThreadPoolExecutor(workers if free else 1) as pool:
            yield pool, filling.run
        return
    # Forked workers could inherit a lock that a thread of the parent holds, and hang; spawned ones start clean.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(filling,)) as pool:
        yield pool, _run


def _start_worker(filling: _Filling) -> None:
    global _filling
    _filling = filling
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C and ends its workers
    warnings.filterwarnings("ignore", module="PIL")
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Ends a worker whose parent was killed: nobody would ever tell it to stop."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _run(start: int, images: list[str]) -> dict:
    return _filling.run(start, images)


@contextlib.contextmanager
def _main_unseen(source: PictureSource) -> Iterator[None]:
    """Hides where the main module came from while processes are spawned.

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


def _processors() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, 48)


# --- what the user sees meanwhile -------------------------------------------------------------------------------------


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the decoders' own warnings: what concerns the user becomes a reason in the skip list."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


@contextlib.contextmanager
def _bar(pictures: int, wanted: bool) -> Iterator[Callable[[int], object]]:
    """A progress bar in a terminal or a notebook, none elsewhere; it goes when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if wanted and console.is_jupyter:
        with _notebook_bar(pictures) as advance:
            yield advance
        return
    columns = (TextColumn("decoding pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (wanted and console.is_terminal)) as bar:
        task = bar.add_task("", total=pictures)
        yield lambda count: bar.advance(task, count)


@contextlib.contextmanager
def _notebook_bar(pictures: int) -> Iterator[Callable[[int], object]]:
    """Plain HTML that is emptied at the end: a widget would leave a dead one on the rendered page."""
    from time import monotonic

    from IPython.display import HTML, display

    done, shown, handle = 0, monotonic(), None

    def advance(count: int) -> None:
        nonlocal done, shown, handle
        done = min(done + count, pictures)
        if monotonic() - shown < 0.5:
            return
        shown = monotonic()
        page = HTML(f"<progress value='{done}' max='{pictures}'></progress> {done:,} of {pictures:,} pictures decoded")
        if handle is None:
            handle = display(page, display_id=True)
        else:
            handle.update(page)

    yield advance
    if handle is not None:
        handle.update(HTML(""))

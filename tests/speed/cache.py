"""The pixel cache against the loaders that everybody uses, at the same geometry and on the same files."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

_CLASSES = 4
_STORED, _SHOWN, _BATCH, _WORKERS = 256, 224, 64, 2  # px decoded to, px shown, pictures a batch, the peers' processes

_LIBRARIES = ("artlib.loaders", "artlib.collections.folder", "torchvision.datasets", "fastai.vision.data", "cv2")


def run() -> DataFrame:
    """`measure` as a table, with a column that says whether the target is reached."""
    import pandas as pd

    rows = pd.DataFrame(measure()).drop(columns="higher_is_better")
    return rows.assign(reached=rows["ratio"] >= rows["target"]).round({"ours": 0, "peer": 0, "ratio": 1})


def measure(n: int = 600, height: int = 800, width: int = 640, rounds: int = 3) -> list[dict]:
    """Pictures a second of ours and of two peers over `n` photograph-like JPEGs of `width` x `height` px.

    Three rows of name, ours, peer, ratio (ours / peer), unit, target (of the ratio), higher_is_better: the first epoch
    with decoding and all set-up against torchvision's ImageFolder and DataLoader (two workers, resize 256, random
    crop 224, mirror); a later epoch against its later epochs; a later epoch against fastai's default
    ImageDataLoaders. All deliver float batches of 64. Medians over `rounds` in which ours and the peers take turns,
    so that other work on the machine slows both.
    """
    for library in _LIBRARIES:
        importlib.import_module(library)  # nobody's first epoch shall pay for imports
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder, "pictures")
        write_photographs(pictures, n, height, width)
        seconds: dict[str, list[float]] = {}
        for number in range(rounds):
            with _own_cache(Path(folder, f"cache-{number}")):
                for name, time in _turn(pictures):
                    seconds.setdefault(name, []).append(time)
    speed = {name: n / median(times) for name, times in seconds.items()}
    return [
        _row("pixel cache, first epoch, against torchvision's", speed["ours first"], speed["torchvision first"], 1),
        _row("pixel cache, later epochs, against torchvision's", speed["ours later"], speed["torchvision later"], 15),
        _row("pixel cache, later epochs, against fastai's default", speed["ours later"], speed["fastai later"], 30),
    ]


def write_photographs(folder: Path, n: int, height: int, width: int, seed: int = 0) -> None:
    """`n` JPEGs (quality 90, about 2 bits a pixel) with the spectrum of photographs, in four class folders."""
    import cv2

    chance = np.random.default_rng(seed)
    canvases = [_canvas(chance, 2 * height, 2 * width) for _ in range(3)]
    for number in range(n):
        top, left = chance.integers(0, height), chance.integers(0, width)
        file = folder / f"class-{number % _CLASSES}" / f"{number:05d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        window = canvases[number % len(canvases)][top : top + height, left : left + width]
        cv2.imwrite(str(file), window, [cv2.IMWRITE_JPEG_QUALITY, 90])


def _canvas(chance: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise of nearly the same strength in every octave, as in photographs, mostly common to the three colours."""
    import cv2

    total = np.zeros((height, width, 3), dtype=np.float32)
    for octave in range(1, 11):
        rows, columns = min(2**octave * 5 // 4 + 2, height), min(2**octave + 2, width)
        noise = chance.normal(size=(rows, columns, 3)).astype(np.float32)
        noise = 1.2 * noise.mean(axis=2, keepdims=True) + 0.5 * noise
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * 2.0 ** (-0.35 * octave)
    return np.clip(128 + 55 * (total - total.mean()) / total.std(), 0, 255).astype(np.uint8)


def _turn(pictures: Path) -> Iterator[tuple[str, float]]:
    """One round: what each contender took (s), the peers between ours."""
    start = perf_counter()
    peer = _torchvision(pictures)
    _consume(peer)
    yield "torchvision first", perf_counter() - start
    start = perf_counter()
    ours = _ours(pictures)
    _consume(ours)
    yield "ours first", perf_counter() - start
    yield "torchvision later", _epoch(peer)
    yield "ours later", median(_epoch(ours) for _ in range(5))
    fastai, share = _fastai(pictures)
    yield "fastai later", _epoch(fastai) / share
    yield "ours later", median(_epoch(ours) for _ in range(5))


def _ours(pictures: Path) -> Iterable:
    from artlib import collections, loaders, pixels, splits, tasks

    cached = pixels.cache(collections.read("folder", pictures), _STORED, crop="center", progress=False)
    task = tasks.make(cached.works, "style")
    everything, nothing = np.arange(len(cached)), np.arange(0)
    split = splits.Split(everything, nothing, nothing, seed=0, column="style")
    return loaders.dataloaders(cached, split, task, _BATCH, crop=_SHOWN, device="cpu").train


def _torchvision(pictures: Path) -> Iterable:
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    steps = [
        transforms.Resize(_STORED),
        transforms.RandomCrop(_SHOWN),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
    ]
    items = datasets.ImageFolder(str(pictures), transforms.Compose(steps))
    return DataLoader(items, _BATCH, shuffle=True, num_workers=_WORKERS, persistent_workers=True)


def _fastai(pictures: Path) -> tuple[Iterable, float]:
    """The training batches, and the share of the pictures that they hold (fastai always sets some aside)."""
    from fastai.vision.augment import Resize
    from fastai.vision.data import ImageDataLoaders

    made = ImageDataLoaders.from_folder(pictures, valid_pct=0.02, item_tfms=Resize(_SHOWN), bs=_BATCH, device="cpu")
    return made.train, len(made.train_ds) / (len(made.train_ds) + len(made.valid_ds))


def _epoch(batches: Iterable) -> float:
    start = perf_counter()
    _consume(batches)
    return perf_counter() - start


def _consume(batches: Iterable) -> None:
    for _batch in batches:
        pass


def _row(name: str, ours: float, peer: float, target: float) -> dict:
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer,
        "unit": "pictures/s",
        "target": target,
        "higher_is_better": True,
    }


@contextlib.contextmanager
def _own_cache(folder: Path) -> Iterator[None]:
    """An empty cache for a first epoch that is one."""
    before = os.environ.get("ARTLIB_CACHE")
    os.environ["ARTLIB_CACHE"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ARTLIB_CACHE"]
        else:
            os.environ["ARTLIB_CACHE"] = before

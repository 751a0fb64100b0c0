"""Batches for fastai Learners, sliced from the pixel cache and augmented as whole tensors.

What an epoch shows, in which order, cut where and mirrored or not, is a function of (seed, epoch) alone, so that a
training that goes on after a kill sees the batches that it would have seen.
"""

from __future__ import annotations

import copy
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from artlib.errors import ArtlibError
from artlib.pixels import Pictures
from artlib.splits import Split
from artlib.tasks import Task

if TYPE_CHECKING:
    from fastai.data.core import DataLoaders

_SCALE = np.float32(1 / 255)
_SHARE = 0.25  # of an accelerator's free memory, which all pixels may take for good


class LoadersError(ArtlibError):
    """Batches cannot be made from these pictures, this split and these numbers."""


def dataloaders(
    pictures: Pictures,
    split: Split,
    task: Task | Sequence[Task],
    batch_size: int = 64,
    augment: bool = True,
    crop: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> DataLoaders:
    """fastai DataLoaders of (x, y): `.train` shuffled and augmented, `.valid` and `[2]`, the test set, in order.

    x: float32 RGB in 0..1, (B, 3, H, W), channels last in memory. y: `task.targets` of the rows, missing labels as
    they are (-1, NaN) for the loss to pass over; a tuple of them when `task` is a list. `augment` cuts `crop` x
    `crop` px at random (default: the whole picture) and mirrors every other picture; the other sets show the middle.
    `split` counts rows of `pictures.works`. Errors: LoadersError. Chapter: fine-tuning (its paper cuts 227 of 256 px).
    """
    from fastai.data.core import DataLoaders
    from fastai.torch_core import default_device

    crop = _checked(pictures, split, batch_size, crop)
    store, targets = _Store(pictures.pixels), _Targets(pictures, task)
    train = Batches(store, targets, split.train, batch_size, crop, shuffle=True, augment=augment, seed=seed)
    others = [Batches(store, targets, rows, batch_size, crop) for rows in (split.valid, split.test)]
    return DataLoaders(train, *others, device=torch.device(device) if device is not None else default_device())


def of_features(
    values: np.ndarray,
    pictures: Pictures,
    split: Split,
    tasks: Sequence[Task],
    batch_size: int = 64,
    views: Sequence[int] = (0,),
    device: torch.device | str | None = None,
    seed: int = 0,
) -> DataLoaders:
    """fastai DataLoaders of (features, targets) from features that were kept: (N, views, D), on disk or in memory.

    x: (B, D) in the type of `values`; y: a tuple of the tasks' targets. Training shows each work in one of `views`
    drawn at random; the other sets show the first. Errors: LoadersError. Chapter: omniart.
    """
    from fastai.data.core import DataLoaders
    from fastai.torch_core import default_device

    _checked(pictures, split, batch_size, None)
    if values.ndim != 3 or len(values) != len(pictures):
        raise LoadersError(f"Features are (works, views, units) of {len(pictures)} works, not {values.shape}.")
    targets = _Targets(pictures, list(tasks))
    # Labels of many classes are nearly all nought: a byte each, not four.
    targets.values = [v.astype("int8") if v.ndim == 2 else v for v in targets.values]
    sets = [(split.train, True), (split.valid, False), (split.test, False)]
    made = [_FeatureBatches(values, targets, rows, batch_size, tuple(views), shuffle, seed) for rows, shuffle in sets]
    return DataLoaders(*made, device=torch.device(device) if device is not None else default_device())


def batch_of(
    pictures: Pictures,
    rows: Sequence[int] | np.ndarray,
    device: torch.device | str | None = None,
    crop: int | None = None,
) -> Tensor:
    """These rows' pictures as one batch: float32 RGB in 0..1, (B, 3, H, W); the middle `crop` x `crop` px if given."""
    rows = np.asarray(rows, dtype=np.int64)
    if rows.size and not 0 <= rows.min() <= rows.max() < len(pictures):
        raise LoadersError(
            f"Rows of these pictures count from 0 to {len(pictures) - 1}, not {rows.min()}..{rows.max()}."
        )
    crop = _crop_size(pictures, crop)
    return _Store(pictures.pixels).batch(_middle(rows, pictures.size, crop), crop, torch.device(device or "cpu"))


class Batches:
    """One set of a split as a Learner takes it: iterates over (x, y), the same in every pass of the same epoch.

    `set_epoch` says which epoch the next pass is; without it the passes count themselves. `n` rows, `bs` a batch,
    `rows` their numbers in the works, in order.
    """

    n_inp = 1  # of a batch's parts, how many go into the network

    def __init__(
        self,
        store: _Store,
        targets: _Targets,
        rows: np.ndarray,
        batch_size: int,
        crop: int,
        shuffle: bool = False,
        augment: bool = False,
        seed: int = 0,
    ) -> None:
        self.store, self.targets, self.rows = store, targets, np.asarray(rows, dtype=np.int64)
        self.bs, self.crop, self.shuffle, self.augment, self.seed = batch_size, crop, shuffle, augment, seed
        # Batch normalization has no variance over a single picture; nothing else is dropped.
        self.drop_last = shuffle and len(self.rows) > 1 and len(self.rows) % batch_size == 1
        self.device, self.epoch = torch.device("cpu"), 0

    @property
    def n(self) -> int:
        """Rows of the set."""
        return len(self.rows)

    @property
    def vocab(self) -> tuple:
        """The classes of the task, or those of each task; fastai looks for them under this name."""
        return self.targets.vocab

    @property
    def c(self) -> int:
        """Outputs that a network needs for the tasks."""
        return self.targets.outputs

    @property
    def dataset(self) -> Batches:
        """What fastai asks for the number of items and the loss: the set itself."""
        return self

    @property
    def loss_func(self):
        """The task's loss (none for several tasks, whose weighting is the learner's to choose)."""
        return self.targets.loss()

    def __len__(self) -> int:
        return self.n // self.bs if self.drop_last else -(-self.n // self.bs)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor | tuple[Tensor, ...]]]:
        draw = self._draw(self.epoch)
        self.epoch += 1
        batches = (self._batch(draw.part(number * self.bs, self.bs)) for number in range(len(self)))
        return batches if self.device.type == "cpu" else _one_ahead(batches)

    def set_epoch(self, epoch: int) -> None:
        """The next pass shows what pass number `epoch` of an undisturbed training shows."""
        self.epoch = epoch

    def one_batch(self) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
        """The first batch of the coming epoch, which stays the coming one."""
        if not self.n:
            raise LoadersError("This set of the split is empty: there is no batch to show.")
        return self._batch(self._draw(self.epoch).part(0, self.bs))

    def new(
        self, shuffle: bool | None = None, shuffled: bool | None = None, drop_last: bool | None = None, **_
    ) -> Batches:
        """A copy that may go in order, as fastai asks for predictions; in order nothing is augmented."""
        made = copy.copy(self)
        wanted = [value for value in (shuffle, shuffled) if value is not None]
        if wanted:
            made.shuffle, made.augment = wanted[0], wanted[0] and self.augment
        if drop_last is not None:
            made.drop_last = drop_last
        return made

    def to(self, device: torch.device | str) -> Batches:
        """Gives batches on this device from now on."""
        self.device = torch.device(device)
        return self

    def _batch(self, draw: _Draw) -> tuple[Tensor, Tensor | tuple[Tensor, ...]]:
        return self.store.batch(draw, self.crop, self.device), self.targets.batch(draw.rows, self.device)

    def _draw(self, epoch: int) -> _Draw:
        """Everything that chance decides in an epoch, drawn at once: batch by batch it would depend on their size."""
        chance = np.random.default_rng([abs(self.seed), epoch])
        rows = chance.permutation(self.rows) if self.shuffle else self.rows
        if not self.augment:
            return _middle(rows, self.store.size, self.crop)
        tops, lefts = chance.integers(0, self.store.size - self.crop + 1, size=(2, self.n))
        return _Draw(rows, tops, lefts, chance.random(self.n) < 0.5)


class _FeatureBatches(Batches):
    """Batches of kept features; what chance draws for a work is which of its views is shown."""

    def __init__(self, values, targets, rows, batch_size: int, views: tuple[int, ...], shuffle: bool, seed: int):
        super().__init__(None, targets, rows, batch_size, 1, shuffle, seed=seed)
        self.values, self.views = values.view(np.ndarray), np.array(views if shuffle else views[:1])

    def _batch(self, draw: _Draw) -> tuple[Tensor, tuple[Tensor, ...]]:
        chosen = torch.from_numpy(self.values[draw.rows, draw.tops])
        return chosen.to(self.device, non_blocking=True), self.targets.batch(draw.rows, self.device)

    def _draw(self, epoch: int) -> _Draw:
        chance = np.random.default_rng([abs(self.seed), epoch])
        rows = chance.permutation(self.rows) if self.shuffle else self.rows
        views = self.views[chance.integers(0, len(self.views), size=self.n)]
        return _Draw(rows, views, np.zeros_like(views), np.zeros(self.n, dtype=bool))


# --- what a batch shows -----------------------------------------------------------------------------------------------


class _Draw(NamedTuple):
    """Rows of the works, where each is cut (px), and which are mirrored."""

    rows: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    mirrored: np.ndarray

    def part(self, start: int, count: int) -> _Draw:
        return _Draw(*(values[start : start + count] for values in self))


def _middle(rows: np.ndarray, size: int, crop: int) -> _Draw:
    edges = np.full(len(rows), (size - crop) // 2)
    return _Draw(rows, edges, edges, np.zeros(len(rows), dtype=bool))


class _Targets:
    """The answers of one task, or of several as a tuple."""

    def __init__(self, pictures: Pictures, task: Task | Sequence[Task]) -> None:
        self.single = isinstance(task, Task)
        self.tasks = (task,) if self.single else tuple(task)
        if not self.tasks:
            raise LoadersError("The list of tasks is empty: name at least one.")
        self.values = [np.asarray(one.targets(pictures.works)) for one in self.tasks]

    def batch(self, rows: np.ndarray, device: torch.device) -> Tensor | tuple[Tensor, ...]:
        found = tuple(torch.from_numpy(values[rows]).to(device, non_blocking=True) for values in self.values)
        return found[0] if self.single else found

    def loss(self):
        return self.tasks[0].loss() if self.single else None

    @property
    def vocab(self) -> tuple:
        return self.tasks[0].classes if self.single else tuple(one.classes for one in self.tasks)

    @property
    def outputs(self) -> int:
        return sum(one.outputs for one in self.tasks)


class _Store:
    """The pixels, and how a batch is cut out of them: by slices on a processor, by indices on an accelerator."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels.view(np.ndarray)  # slices of a plain array cost half of a memory map's
        self.size = pixels.shape[1]
        self.buffers = _Buffers()
        self.moved: dict[torch.device, Tensor | None] = {}

    def batch(self, draw: _Draw, crop: int, device: torch.device) -> Tensor:
        if device.type == "cpu":
            return torch.from_numpy(self._sliced(draw, crop)).permute(0, 3, 1, 2)
        everything = self._resident(device)
        if everything is None:
            chosen = torch.from_numpy(self.pixels[draw.rows])
            chosen = (chosen.pin_memory() if device.type == "cuda" else chosen).to(device, non_blocking=True)
        else:
            chosen = everything[torch.from_numpy(draw.rows).to(device)]
        return _indexed(chosen, draw, crop)

    def _sliced(self, draw: _Draw, crop: int) -> np.ndarray:
        """(B, crop, crop, 3) float32, each picture cut, mirrored and scaled while it is in the processor's cache."""
        import cv2

        batch = self.buffers.take((len(draw.rows), crop, crop, 3))
        mirror = np.empty((crop, crop, 3), dtype=np.uint8)
        for place, row, top, left, mirrored in zip(batch, *draw, strict=True):
            window = self.pixels[row, top : top + crop, left : left + crop]
            if mirrored:
                window = cv2.flip(window, 1, mirror)
            np.multiply(window, _SCALE, out=place, dtype=np.float32)
        return batch

    def _resident(self, device: torch.device) -> Tensor | None:
        """All pixels on the device where they take a small share of its memory: then no batch crosses the bus."""
        if device not in self.moved:
            fits = device.type == "cuda" and self.pixels.nbytes < _SHARE * torch.cuda.mem_get_info(device)[0]
            self.moved[device] = torch.from_numpy(np.array(self.pixels)).to(device) if fits else None
        return self.moved[device]


def _indexed(pixels: Tensor, draw: _Draw, crop: int) -> Tensor:
    """The same cut of (B, S, S, 3) uint8 pixels by one gather, whatever the device: (B, 3, crop, crop) float32."""
    device = pixels.device
    along = torch.arange(crop, device=device)
    tops, lefts, mirrored = (torch.from_numpy(values.copy()).to(device) for values in draw[1:])
    down = tops[:, None] + along
    across = lefts[:, None] + torch.where(mirrored[:, None], along.flip(0), along)
    each = torch.arange(len(pixels), device=device)
    cut = pixels[each[:, None, None], down[:, :, None], across[:, None, :]]
    return cut.permute(0, 3, 1, 2).float().mul_(float(_SCALE))


class _Buffers:
    """Arrays that are used again once no tensor looks into them any more; fresh memory costs as much as filling it.

    A tensor made from an array holds a reference to it until the tensor, its views and what a network kept of it
    are gone, so the count of references tells whether an array is free.
    """

    _IDLE = 3  # references to an array that only this class knows: the list's, the loop's, and the call's

    def __init__(self) -> None:
        self.kept: list[np.ndarray] = []
        self.lock = threading.Lock()

    def take(self, shape: tuple[int, ...]) -> np.ndarray:
        with self.lock:
            for array in self.kept:
                if array.shape == shape and sys.getrefcount(array) <= self._IDLE:
                    return array
            fresh = np.empty(shape, dtype=np.float32)
            self.kept = [*self.kept[-2:], fresh]
            return fresh


def _one_ahead(batches: Iterator) -> Iterator:
    """Prepares the next batch while the device works on this one."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


# --- checks -----------------------------------------------------------------------------------------------------------


def _checked(pictures: Pictures, split: Split, batch_size: int, crop: int | None) -> int:
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise LoadersError(f"The batch size is a whole number from 1 on, not {batch_size!r}.")
    for name, rows in (("train", split.train), ("valid", split.valid), ("test", split.test)):
        if len(rows) and not 0 <= min(rows) <= max(rows) < len(pictures):
            raise LoadersError(
                f"The split's {name} set counts to row {max(rows)}, but there are {len(pictures)} pictures. "
                "Make the split from pictures.works, which is without the pictures that could not be decoded."
            )
    if not len(split.train):
        raise LoadersError("The split's train set is empty: there is nothing to learn from.")
    return _crop_size(pictures, crop)


def _crop_size(pictures: Pictures, crop: int | None) -> int:
    if crop is not None and not 1 <= crop <= pictures.size:
        raise LoadersError(f"A crop of {crop} px cannot be cut from pictures of {pictures.size} px.")
    return int(crop or pictures.size)

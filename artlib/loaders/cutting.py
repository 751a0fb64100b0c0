"""How batches are cut out of the pixel cache: by slices on a processor, by indices on an accelerator."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from artlib.errors import ArtlibError

if TYPE_CHECKING:
    from artlib.pixels import Pictures

_SCALE = np.float32(1 / 255)
_SHARE = 0.25  # of an accelerator's free memory, which all pixels may take for good


class LoadersError(ArtlibError):
    """Batches cannot be made from these pictures, this split and these numbers."""


def batch_of(
    pictures: Pictures,
    rows: Sequence[int] | np.ndarray,
    device: torch.device | str | None = None,
    crop: int | None = None,
) -> Tensor:
    """These rows' pictures as one batch: float32 RGB in 0..1, (B, 3, H, W); the middle ``crop`` x ``crop`` px if given.

    Raises
    ------
    LoadersError : rows that are not there, or a crop that is larger than the pictures.
    """
    rows = np.asarray(rows, dtype=np.int64)
    if rows.size and not 0 <= rows.min() <= rows.max() < len(pictures):
        raise LoadersError(
            f"Rows of these pictures count from 0 to {len(pictures) - 1}, not {rows.min()}..{rows.max()}."
        )
    crop = crop_size(pictures, crop)
    return Store(pictures.pixels).batch(middle(rows, pictures.size, crop), crop, torch.device(device or "cpu"))


def batches_of(
    network: nn.Module, pictures: Pictures, rows: Sequence[int] | np.ndarray, crop: int | None = None, size: int = 128
) -> Iterator[Tensor]:
    """The same, ``size`` rows at a time, on the device that the network is on."""
    device, rows = next(network.parameters()).device, np.asarray(rows, dtype=np.int64)
    for start in range(0, len(rows), size):
        yield batch_of(pictures, rows[start : start + size], device, crop)


def crop_size(pictures: Pictures, crop: int | None) -> int:
    """The pixels of a crop, all where none is asked for. Raises LoadersError."""
    if crop is not None and not 1 <= crop <= pictures.size:
        raise LoadersError(f"A crop of {crop} px cannot be cut from pictures of {pictures.size} px.")
    return int(crop or pictures.size)


class Draw(NamedTuple):
    """Rows of the works, where each is cut (px), and which are mirrored."""

    rows: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    mirrored: np.ndarray

    def part(self, start: int, count: int) -> Draw:
        """Some of them, in order."""
        return Draw(*(values[start : start + count] for values in self))


def middle(rows: np.ndarray, size: int, crop: int) -> Draw:
    """The rows as they are: the middle of each, none mirrored."""
    edges = np.full(len(rows), (size - crop) // 2)
    return Draw(rows, edges, edges, np.zeros(len(rows), dtype=bool))


class Store:
    """The pixels, (N, S, S, 3) uint8, and how a batch is cut out of them."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels.view(np.ndarray)  # slices of a plain array cost half of a memory map's
        self.size = pixels.shape[1]
        self.buffers, self.staging = Buffers(), Staging()
        self.moved: dict[torch.device, Tensor | None] = {}

    def batch(self, draw: Draw, crop: int, device: torch.device) -> Tensor:
        """What was drawn, (B, 3, crop, crop) float32 on the device."""
        if device.type == "cpu":
            return torch.from_numpy(self._sliced(draw, crop)).permute(0, 3, 1, 2)
        everything = self._resident(device)
        if everything is None:
            return self.sent(draw, crop, device)
        return indexed(everything[torch.from_numpy(draw.rows).to(device)], draw, crop)

    def sent(self, draw: Draw, crop: int, device: torch.device) -> Tensor:
        """The same where the device cannot hold all pixels: cut here, so that only what is shown crosses the bus."""
        with self.staging.lend((len(draw.rows), crop, crop, 3), device) as (batch, copied):
            for place, window in zip(batch.numpy(), self._windows(draw, crop), strict=True):
                place[:] = window
            copied(chosen := torch.empty_like(batch, device=device))
        return chosen.permute(0, 3, 1, 2).float().mul_(float(_SCALE))

    def _sliced(self, draw: Draw, crop: int) -> np.ndarray:
        """(B, crop, crop, 3) float32, each picture cut, mirrored and scaled while it is in the processor's cache."""
        batch = self.buffers.lend((len(draw.rows), crop, crop, 3))
        for place, window in zip(batch, self._windows(draw, crop), strict=True):
            np.multiply(window, _SCALE, out=place, dtype=np.float32)
        return batch

    def _windows(self, draw: Draw, crop: int) -> Iterator[np.ndarray]:
        """What is shown of each picture, (crop, crop, 3) uint8; good until the next one."""
        import cv2

        mirror = np.empty((crop, crop, 3), dtype=np.uint8)
        for row, top, left, mirrored in zip(*draw, strict=True):
            window = self.pixels[row, top : top + crop, left : left + crop]
            yield cv2.flip(window, 1, mirror) if mirrored else window

    def _resident(self, device: torch.device) -> Tensor | None:
        """All pixels on the device where they take a small share of its memory: then no batch crosses the bus."""
        if device not in self.moved:
            fits = device.type == "cuda" and self.pixels.nbytes < _SHARE * torch.cuda.mem_get_info(device)[0]
            self.moved[device] = torch.from_numpy(np.array(self.pixels)).to(device) if fits else None
        return self.moved[device]


def indexed(pixels: Tensor, draw: Draw, crop: int) -> Tensor:
    """The same cut of (B, S, S, 3) uint8 pixels by one gather, whatever the device: (B, 3, crop, crop) float32."""
    device = pixels.device
    along = torch.arange(crop, device=device)
    tops, lefts, mirrored = (torch.from_numpy(values.copy()).to(device) for values in draw[1:])
    down = tops[:, None] + along
    across = lefts[:, None] + torch.where(mirrored[:, None], along.flip(0), along)
    each = torch.arange(len(pixels), device=device)
    cut = pixels[each[:, None, None], down[:, :, None], across[:, None, :]]
    return cut.permute(0, 3, 1, 2).float().mul_(float(_SCALE))


class Buffers:
    """Arrays that are lent again once nobody looks into them any more; fresh memory costs as much as filling it.

    What is lent is a view that nobody else has. A tensor made from it holds it until the tensor, its views and what a
    network kept of it are gone; then the view's finalizer gives the memory back.
    """

    def __init__(self) -> None:
        self.idle: dict[tuple, deque[np.ndarray]] = {}

    def lend(self, shape: tuple[int, ...]) -> np.ndarray:
        """A float32 array of this shape with any content."""
        idle = self.idle.setdefault(shape, deque(maxlen=2))
        try:
            array = idle.pop()
        except IndexError:
            array = np.empty(shape, dtype=np.float32)
        lent = array.view()
        weakref.finalize(lent, idle.append, array).atexit = False
        return lent


class Staging:
    """Two buffers for good, in memory that a GPU reads by itself: one is filled while it copies from the other."""

    def __init__(self) -> None:
        self.buffers: list[Tensor | None] = [None, None]
        self.copies: list[torch.cuda.Event | None] = [None, None]
        self.turn = 0

    @contextmanager
    def lend(self, shape: tuple[int, ...], device: torch.device) -> Iterator[tuple[Tensor, Callable[[Tensor], None]]]:
        """A uint8 buffer of this shape, and what copies it to a tensor of the device."""
        turn = self.turn = 1 - self.turn
        buffer, last = self.buffers[turn], self.copies[turn]
        if last is not None:
            last.synchronize()
        if buffer is None or buffer.shape[1:] != shape[1:] or len(buffer) < shape[0]:
            buffer = self.buffers[turn] = torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda")
        lent = buffer[: shape[0]]
        yield lent, lambda target: target.copy_(lent, non_blocking=True)
        if device.type == "cuda":
            event = self.copies[turn] = torch.cuda.Event()
            event.record()


def one_ahead(batches: Iterator) -> Iterator:
    """Prepares the next batch while the device works on this one."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch

"""Pictures of a map as a page loads them: sheets of thumbnails, larger pictures, and one drawing of the whole."""

from collections.abc import Sequence
from contextlib import suppress

import cv2
import numpy as np
import pandas as pd

from artlib import cache
from artlib.figures import theme
from artlib.figures.maps.plane import Layout
from artlib.figures.pictures import tiled
from artlib.pixels import Pictures
from artlib.works import Collection, PictureError

_QUALITY = 50
_CODE = ("figures/maps/sheets.py",)
SHEET = 1_024  # pixels a side of a sheet


def shapes(pictures: Pictures, originals: Collection | None = None) -> np.ndarray:
    """Width and height of each picture as shares of its longer side, (N, 2); the pixel cache makes pictures square.

    From the pictures themselves where the collection is given (once: they are cached), else from the columns ``width``
    and ``height`` of the works, else squares.
    """
    sides = np.ones((len(pictures), 2))
    if originals is not None:
        sides = cache.once(
            "shapes", {"pictures": pictures.key}, lambda: _read_shapes(pictures, originals), code=_CODE
        ).value
    elif {"width", "height"} <= set(pictures.works):
        sides = pictures.works[["width", "height"]].apply(pd.to_numeric, errors="coerce").to_numpy("float64")
    sides = np.where((np.isfinite(sides) & (sides > 0)).all(1, keepdims=True), sides, 1.0)
    return np.maximum(sides / sides.max(1, keepdims=True), 0.1)


def _read_shapes(pictures: Pictures, originals: Collection) -> np.ndarray:
    sides = np.ones((len(pictures), 2))
    for row, image in enumerate(pictures.works["image"]):
        with suppress(PictureError):
            sides[row] = originals.source.read(image, 16).shape[1::-1]
    return sides


def thumbnails(pictures: Pictures, rows: Sequence[int], side: int) -> np.ndarray:
    """Pictures of these rows, (N, side, side, 3) uint8."""
    return np.stack([cv2.resize(pictures.pixels[row], (side, side), interpolation=cv2.INTER_AREA) for row in rows])


def sheet(pictures: Sequence[np.ndarray], side: int) -> bytes:
    """Squares of one size in rows, as WebP."""
    return theme.webp(tiled(pictures, SHEET // side), _QUALITY)


def original(collection: Collection, image: str, side: int, instead: np.ndarray) -> np.ndarray:
    """A picture read anew and squeezed into a square (see ``shapes``); ``instead`` where it cannot be read."""
    try:
        picture = collection.source.read(image, side)
    except PictureError:
        picture = instead
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def overview(pictures: Pictures, layout: Layout, shapes: np.ndarray, size: int) -> bytes:
    """All works at their places on a transparent square of ``size`` pixels, as WebP."""
    board = np.zeros((size, size, 4), "uint8")
    sides = np.maximum(1, np.round(shapes * max(2.0, layout.cell * size))).astype(int)
    corners = np.clip(np.round(layout.xy * size - sides / 2), 0, size - sides).astype(int)
    for row, ((x, y), (w, h)) in enumerate(zip(corners, sides, strict=True)):
        board[y : y + h, x : x + w, :3] = cv2.resize(pictures.pixels[row], (w, h), interpolation=cv2.INTER_AREA)
        board[y : y + h, x : x + w, 3] = 255
    return theme.webp(board, _QUALITY)

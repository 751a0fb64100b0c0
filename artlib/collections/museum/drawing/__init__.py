"""What every drawn collection shares: a sheet with shapes, things and scenery on it, sizes, keys and fingerprints.

`museum` (paintings), `photographs` and `four_fields` draw with it; tables stand in `data/museum.yaml`.
Chapter: collections.
"""

import re

import numpy as np

from artlib import records
from artlib.errors import ArtlibError, one_of

LARGEST = 2048


class MuseumError(ArtlibError):
    """A museum that cannot be drawn as asked: what is wrong and what may be asked."""


def whole(value, name: str, low: int, high: int) -> int:
    """The value as an int, refused when it is not a whole number in range."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise MuseumError(f"museum: {name} must be a whole number from {low:,} to {high:,}, not {value!r}.")
    return int(value)


def known(value, name: str, options) -> None:
    """Refuse a value that is not among the options, naming them."""
    one_of(value, options, f"museum: unknown {name} {value!r}", MuseumError)


def number(image: str, prefix: str | int, works: int) -> int:
    """The number of a work from its key, `prefix`/000000 and on."""
    match = re.fullmatch(rf"{prefix}/(\d{{6}})", str(image))
    if not match or int(match[1]) >= works:
        raise MuseumError(f"museum: no work {image!r}; keys run from {prefix}/000000 to {prefix}/{works - 1:06d}.")
    return int(match[1])


def drawn(draw, size: int) -> np.ndarray:
    """What `draw` makes of a sheet, uint8 RGB of exactly size x size; small ones are drawn larger and averaged."""
    import cv2

    cv2.setNumThreads(1)
    sheet = max(2 * whole(size, "size", 1, LARGEST), 128) if size < 112 else whole(size, "size", 1, LARGEST)
    image = np.clip(draw(sheet), 0, 255).astype(np.uint8)
    return image if sheet == size else cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def drawn_by() -> str:
    """Which code and tables draw: part of every fingerprint, so that a cache never shows what others drew."""
    return records.code_version("collections/museum", "museum.yaml")

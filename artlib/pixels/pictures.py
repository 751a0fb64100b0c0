"""Works with their pixels, and how a picture of any shape is brought to a square."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from artlib.errors import ArtlibError

if TYPE_CHECKING:
    import numpy as np
    from pandas import DataFrame

    from artlib.works import PictureSource

CROPS = ("squash", "center")
"""How a picture is made square: both sides scaled (the fine-tuning paper), or the middle cut out."""


class PixelsError(ArtlibError):
    """The pixel cache cannot be filled: what is wrong, what is kept, and what to do."""


@dataclass(frozen=True)
class Pictures:
    """Works with their pixels: row i of ``works`` is ``pixels[i]``.

    Attributes
    ----------
    works : the table of works, without those that could not be decoded.
    pixels : (N, size, size, 3) uint8 RGB, mapped from disk.
    size : pixels a side.
    collection : the collection's name.
    skipped : the pictures that could not be decoded: image, reason.
    key : changes with any content, the size and the crop.
    source : what draws or reads a work again, in another size; None where only the pixels are known.
    """

    works: DataFrame
    pixels: np.ndarray
    size: int
    collection: str
    skipped: DataFrame
    key: str
    source: PictureSource | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.works)

    def __repr__(self) -> str:
        return f"Pictures({len(self):,} of {self.collection!r} at {self.size} px, {len(self.skipped):,} skipped)"


def fit(picture: np.ndarray, size: int, crop: str) -> np.ndarray:
    """A picture brought to a square, antialiased.

    Parameters
    ----------
    picture : (H, W, 3) uint8 RGB.
    size : pixels a side of the result.
    crop : one of CROPS.

    Returns
    -------
    (size, size, 3) uint8.
    """
    import numpy as np
    from PIL import Image, ImageOps

    height, width = picture.shape[:2]
    if height == width == size:
        return picture
    # Hamming is as sharp as bicubic when it makes smaller, at the cost of bilinear; it is not meant for enlarging.
    filter_ = Image.Resampling.HAMMING if min(width, height) >= size else Image.Resampling.BICUBIC
    image = Image.fromarray(picture)
    if crop == "center":
        return np.asarray(ImageOps.fit(image, (size, size), filter_))
    return np.asarray(image.resize((size, size), filter_))

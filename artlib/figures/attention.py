"""Where a network looks: pictures lit by its maps. Chapters: culture, artistry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from artlib.figures import credits, theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import blank
from artlib.figures.pictures import put

if TYPE_CHECKING:
    from artlib.pixels import Pictures


@drawing
def overlays(
    pictures: Pictures, rows: Sequence[int], maps: Mapping[str, np.ndarray], names: Sequence[str] | None = None
) -> Drawn:
    """Pictures, and below each the same picture lit by where a map is high; one line a map.

    pictures : ``artlib.pixels.Pictures``. maps : name -> (len(rows), h, w) from 0 to 1. names : one a picture.
    """
    rows = list(rows)
    for name, stack in maps.items():
        if len(stack) != len(rows):
            raise FigureError(f"{len(rows)} pictures, but {len(stack)} maps of {name!r}.")
    shown = [("picture", pictures.pixels[rows])]
    shown += [(name, _lit(pictures.pixels[rows], stack)) for name, stack in maps.items()]
    gap, left = 0.06, 1.1
    side = (theme.WIDTH - left) / max(4, len(rows)) - gap
    top = 0.35 if names is not None else 0.1
    height = top + len(shown) * (side + gap)
    figure, axes = blank(height)
    for y, (name, stack) in enumerate(shown):
        place = top + y * (side + gap)
        axes.text(left - 0.08, place + side / 2, theme.wrap(name, 12), ha="right", va="center", fontsize=9.5)
        for x, picture in enumerate(stack):
            put(axes, picture, left + x * (side + gap), place, side)
    for x, name in enumerate(names if names is not None else []):
        axes.text(left + x * (side + gap) + side / 2, top - 0.06, theme.wrap(name, 14), ha="center", va="bottom",
                  fontsize=9)  # fmt: skip
    told = f", of {theme.listed(names)}" if names is not None else ""
    alt = f"{len(rows)} pictures{told}; below, the same pictures lit where these are high: {theme.listed(list(maps))}."
    caption = "Light where the map is high, dark where it is zero."
    return figure, alt, caption, credits.line(pictures.works.iloc[rows])


def _lit(pixels: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Pictures darkened where a map is low, whatever the size of the map; uint8."""
    import cv2

    height, width = pixels.shape[1:3]
    light = np.stack([cv2.resize(np.float32(m), (width, height), interpolation=cv2.INTER_LINEAR) for m in maps])
    grey = pixels.mean(-1, keepdims=True) * 0.28
    return (grey + (pixels - grey) * np.clip(light, 0, 1)[..., None]).astype(np.uint8)

"""Where what and how meet: a work's causes become pixels."""

import cv2
import numpy as np

from artlib.collections.museum.canvas import Scene, noise
from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.history import Work
from artlib.collections.museum.media import MEDIA
from artlib.collections.museum.technique import STYLES, _chroma, _contrast

VERSION = 1
LARGEST = 2048


def scene(work: Work, size: int) -> Scene:
    """Lay out what a work shows on a sheet of `size` px, without painting it."""
    culture, hand = work.parameters()
    s = Scene(size, np.random.default_rng([work.seed, work.number, 1]), culture, hand)
    GENRES[work.genre][0](s)
    s.finish()
    return s


def paint(s: Scene, work: Work) -> np.ndarray:
    """Paint a laid-out scene: technique, palette of culture and hand, medium, age; float32 (size, size, 3) in 0..255."""
    h, c = s.h, s.c
    image = STYLES[work.style][0](s, np.random.default_rng([work.seed, work.number, 2])).astype(np.float32)
    warm, lively, key = (
        0.5 * h["warmth"] + 0.6 * c["warmth"],
        0.5 * h["chroma"] + 0.5 * c["chroma"],
        0.5 * h["key"] + 0.5 * c["key"],
    )
    rng = np.random.default_rng([work.seed, work.number, 3])
    mood = 0.6 * rng.standard_normal(4)
    image = image * np.float32([1 + 0.045 * (warm + mood[0]), 1 + 0.03 * mood[3], 1 - 0.06 * (warm + mood[0])])
    image = _contrast(_chroma(image, np.exp(0.13 * (lively + mood[1]))), np.exp(0.08 * h["contrast"])) + 7 * (
        key + mood[2]
    )
    image = MEDIA[work.medium][0](s, rng, np.clip(image, 0, 255))
    age = np.clip((1950 - work.year) / 750, 0, 1) * (0.6 + 0.4 * rng.random())
    return image * (1 - age * np.float32([0.03, 0.07, 0.17]))


def render(work: Work, size: int) -> np.ndarray:
    """Draw a work as uint8 RGB, exactly size x size; small sizes are drawn at twice the size and averaged."""
    cv2.setNumThreads(1)
    sheet = max(2 * size, 128) if size < 112 else size
    image = np.clip(paint(scene(work, sheet), work), 0, 255).astype(np.uint8)
    if work.detail:
        rng = np.random.default_rng([work.seed, work.number, 4])
        part = int(sheet * (0.45 + 0.25 * rng.random()))
        y, x = (rng.random(2) * (sheet - part)).astype(int)
        image = cv2.resize(image[y : y + part, x : x + part], (sheet, sheet), interpolation=cv2.INTER_LINEAR)
    return image if sheet == size else cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


__all__ = ["VERSION", "noise", "paint", "render", "scene"]

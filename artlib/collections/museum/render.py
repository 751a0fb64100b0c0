"""Where what and how meet: a work's causes become pixels."""

from functools import partial

import cv2
import numpy as np

from artlib.collections.drawing import drawn
from artlib.collections.drawing.canvas import Scene, tint
from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.history import Work
from artlib.collections.museum.media import MEDIA
from artlib.collections.museum.technique import STYLES, contrast, vivid


def scene(work: Work, size: int) -> Scene:
    """Lay out what a work shows on a sheet of `size` px, without painting it."""
    culture, hand = work.parameters()
    s = Scene(size, np.random.default_rng([work.seed, work.number, 1]), culture, hand)
    GENRES[work.genre][0](s)
    s.finish()
    return s


def paint(s: Scene, work: Work) -> np.ndarray:
    """Paint a laid-out scene: technique, palette of culture and hand, medium, age; float32 in 0..255."""
    h, c = s.h, s.c
    image = STYLES[work.style][0](s, np.random.default_rng([work.seed, work.number, 2])).astype(np.float32)
    rng = np.random.default_rng([work.seed, work.number, 3])
    warm, lively, key = (
        0.5 * h[name] + 0.5 * c[name] + 1.3 * rng.standard_normal() for name in ("warmth", "chroma", "key")
    )
    image = vivid(
        tint(image, (1 + 0.045 * warm, 1 + 0.04 * rng.standard_normal(), 1 - 0.06 * warm)), np.exp(0.13 * lively)
    )
    image = MEDIA[work.medium][0](s, rng, contrast(image, np.exp(0.08 * h["contrast"]), 118 + 60 * 0.12 * key))
    age = np.clip((1950 - work.year) / 750, 0, 1) * (0.4 + 0.6 * rng.random())
    return tint(np.float32(image), (1 - 0.03 * age, 1 - 0.07 * age, 1 - 0.17 * age), (7 * key,) * 3)


def crop(work: Work, image: np.ndarray) -> np.ndarray:
    """What a picture shows of a work drawn whole: a detail shows a part, enlarged."""
    if not work.detail:
        return image
    rng, n = np.random.default_rng([work.seed, work.number, 4]), len(image)
    part, place = 0.45 + 0.25 * rng.random(), rng.random(2)
    y, x = ((1 - part) * n * place).astype(int)
    return cv2.resize(image[y : y + int(part * n), x : x + int(part * n)], (n, n), interpolation=cv2.INTER_LINEAR)


def render(work: Work, size: int) -> np.ndarray:
    """Draw a work as uint8 RGB, exactly size x size. Errors: MuseumError for a size that cannot be drawn."""
    return drawn(partial(_sheet, work), size)


def _sheet(work: Work, size: int) -> np.ndarray:
    return crop(work, np.clip(paint(scene(work, size), work), 0, 255).astype(np.uint8))

"""Where what and how meet: a work's causes become pixels."""

from functools import partial

import cv2
import numpy as np

from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.drawing import drawn
from artlib.collections.museum.drawing.brush import outline
from artlib.collections.museum.drawing.canvas import Scene, grid, noise, shaded, tint
from artlib.collections.museum.history import Work
from artlib.collections.museum.media import MEDIA
from artlib.collections.museum.technique import STYLES, UNBOUND

PULL = 0.62  # how far the colours of every picture are drawn to a common middle


def scene(work: Work, size: int) -> Scene:
    """Lay out what a work shows on a sheet of `size` px, as its hand frames it, without painting it."""
    culture, hand = work.parameters()
    s = Scene(size, np.random.default_rng([work.seed, work.number, 1]), culture, hand)
    GENRES[work.genre][0](s)
    _frame(s)
    s.finish()
    return s


def _frame(s: Scene) -> None:
    """The hand's way of seeing: taller or broader forms, a leaning view, nearer or farther, off the middle."""
    h, n = s.h, s.size
    turn, tall = 0.04 * h["tilt"], np.exp(0.09 * h["slender"])
    c, q = np.cos(turn), np.sin(turn)
    back = np.array([[c * tall, -q / tall], [q * tall, c / tall]])  # from the framed view to the sheet
    back /= np.abs(back).sum(1).max() * (1 + 0.1 * (1 + np.tanh(h["near"])))
    slack = 0.5 * (1 - np.abs(back).sum(1))
    middle = 0.5 + slack * np.tanh([0.5 * h["lean"], 0.4 * h["rise"]])
    inverse = np.column_stack([back, n * (middle - back @ (0.5, 0.5))])
    flags = cv2.WARP_INVERSE_MAP
    s.color = cv2.warpAffine(s.color, inverse, (n, n), flags=flags | cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    s.ids = cv2.warpAffine(s.ids, inverse, (n, n), flags=flags | cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    s.focus = tuple(np.clip(np.linalg.solve(back, np.array(s.focus) - middle) + 0.5, 0.02, 0.98))


def paint(s: Scene, work: Work) -> np.ndarray:
    """Paint a laid-out scene: technique, finish of the hand, colour, medium, age; float32 in 0..255."""
    image = STYLES[work.style][0](s, np.random.default_rng([work.seed, work.number, 2])).astype(np.float32)
    rng = np.random.default_rng([work.seed, work.number, 3])
    image = _finish(s, rng, image, work.style not in UNBOUND)
    image = np.clip(cv2.transform(image, _colours(s, rng, image)), 0, 255)
    image = MEDIA[work.medium][0](s, rng, image)
    age, light = np.clip((1950 - work.year) / 750, 0, 1) * (0.4 + 0.6 * rng.random()), 8 * rng.standard_normal()
    return tint(np.float32(image), (1 - 0.03 * age, 1 - 0.07 * age, 1 - 0.17 * age), (light,) * 3)


def _finish(s: Scene, rng, image: np.ndarray, bound: bool) -> np.ndarray:
    """What a hand does whatever the movement: hard or melting edges, contours, its drag of the brush, its own light."""
    h, n, (x, y) = s.h, s.size, grid(64)
    if bound and h["contour"] > 0.4:
        image = outline(s, rng, image, (38, 30, 30), 0.005 + 0.004 * h["contour"], min(0.9, 0.6 * h["contour"]))
    hard = np.float32(np.clip(np.exp(0.55 * h["edge"]), 0.15, 2.6))
    image = cv2.addWeighted(image, hard, cv2.blur(image, (max(3, n // 32 | 1),) * 2), 1 - hard, 0)
    drag = noise(rng, 64, 1, 0.22 * np.exp(0.25 * h["width"]), 1.5 + 6 / (1 + np.exp(-1.5 * h["length"])))
    turn = cv2.getRotationMatrix2D((32, 32), float(np.degrees(1.1 * h["angle"])), 1.0)
    drag = cv2.warpAffine(drag, turn, (64, 64), borderMode=cv2.BORDER_REFLECT)
    u, v = np.float32([np.sin(1.3 * h["lamp"]), -np.cos(1.3 * h["lamp"])]) * np.float32(0.18 * h["light"])
    corner = (x - np.float32(0.5)) ** 2 + (y - np.float32(0.5)) ** 2
    light = 1 + u * (x - np.float32(0.5)) + v * (y - np.float32(0.5)) + np.float32(h["ground"]) * (0.1 - 0.6 * corner)
    light = np.maximum(light + np.float32(min(0.11, 0.03 * np.exp(0.6 * h["grain"]))) * drag, np.float32(0.3))
    return shaded(image, cv2.resize(light, (n, n), interpolation=cv2.INTER_LINEAR))


def _colours(s: Scene, rng, image: np.ndarray) -> np.ndarray:
    """How colours are set, as a (3, 4) matrix: drawn to a middle, then by work, hand and culture.

    Much of it is the single work's, so that colours alone do not name a movement, a hand or a country.
    """
    h, c, z = s.h, s.c, rng.standard_normal(8)
    warm, lively, key = (
        0.35 * h[k] + 0.35 * c[k] + 1.6 * v for k, v in zip(("warmth", "chroma", "key"), z, strict=False)
    )
    mean, spread = (v.ravel() for v in cv2.meanStdDev(image))
    steep = (54 * np.exp(0.22 * z[3]) / (spread.mean() + 8)) ** PULL * np.exp(0.06 * h["contrast"])
    turn, lively = 0.2 * z[4], np.exp(0.2 * lively)
    ring = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * np.sin(turn) / np.sqrt(3)
    m = lively * (np.cos(turn) * np.eye(3) + ring) + (1 - lively * np.cos(turn)) / 3
    aim = 122 + 13 * key + np.array([6.5, 0, -7.5]) * warm + 5 * z[5:]
    return np.float32(np.column_stack([steep * m, mean + PULL * (aim - mean) - steep * m @ mean]))


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
    return crop(work, paint(scene(work, size), work))

"""What painting is done with: strokes, outlines, flat regions, relief, blur and tone, paper and hatching."""

from functools import lru_cache

import cv2
import numpy as np

from artlib.collections.museum.drawing.canvas import grid, mix, noise, rgb, shaded, tint, toned

_LUMA = np.float32([0.299, 0.587, 0.114])


# fmt: off
def soft(image, sigma, size):
    """Blur by a relative radius; large radii on a smaller copy."""
    k = max(1, int(sigma * size / 2.5))
    if k == 1:
        return cv2.GaussianBlur(image, (0, 0), max(0.3, sigma * size))
    small = cv2.resize(image, (size // k, size // k), interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma * size / k), (size, size), interpolation=cv2.INTER_LINEAR)


def grey(image):
    """Lightness, (size, size) float32."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def vivid(image, factor):
    """More or less colour about the grey of the same lightness."""
    m = np.eye(3, dtype=np.float32) * np.float32(factor) + np.float32(1 - factor) * _LUMA
    return np.clip(cv2.transform(image, m), 0, 255)


def contrast(image, factor, middle=118.0):
    """Steeper or flatter tones about a middle."""
    return np.clip(image * np.float32(factor) + np.float32(middle * (1 - factor)), 0, 255)


def one(rng, codes: str):
    """One of the colours."""
    codes = codes.split()
    return rgb(codes[int(rng.random() * len(codes))])


def monochrome(image, colour, dark, span):
    """Everything in one colour, from `dark` up with lightness over `span`."""
    return toned(dark + grey(image) / span, colour)


def rim(size):
    """Distance to the nearest edge of the sheet, (size, size) float32."""
    x, y = grid(size)
    return np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))


def lookup(s, p, values):
    """Values of a (k, k) field at places (N, 2)."""
    i = np.minimum((p * len(values)).astype(np.int32), len(values) - 1)
    return values[i[:, 1], i[:, 0]]


def strokes(s, rng, source, ground, n, length, width, wobble=0.3, colour=14.0, curl=0.0, theta=None, steps=1):
    """Paint n strokes along the direction field over a ground, as float32; `length` and `width` are relative.

    The hand changes number, length and width. `wobble` turns strokes at random, `colour` spreads their lightness,
    `curl` bends them over `steps` pieces.
    """
    size, h = s.size, s.h
    length, width = length * np.exp(0.32 * h["length"]), width * np.exp(0.26 * h["width"])
    side = int(np.sqrt(n * np.clip(np.exp(-0.3 * h["width"]), 0.6, 1.6))) + 1
    cells = rng.permutation(side * side)
    p = (np.stack([cells % side, cells // side], 1) + rng.random((side * side, 2))) / side
    angle = lookup(s, p, s.theta if theta is None else theta) + 0.14 * h["curl"]
    angle = angle + wobble * (1 + 0.35 * h["wobble"]) * rng.standard_normal(len(p))
    c = lookup(s, p, source) + colour * (rng.standard_normal((len(p), 1)) + 0.5 * rng.standard_normal((len(p), 3)))
    c = np.clip(c, 0, 255).tolist()
    reach = length * (0.6 + 0.8 * rng.random(len(p)))[:, None]
    points, bend = [p - 0.5 * reach * np.stack([np.cos(angle), np.sin(angle)], 1)], curl + 0.25 * h["curl"]
    for k in range(steps):
        turn = angle + bend * (k - (steps - 1) / 2)
        points.append(points[-1] + reach / steps * np.stack([np.cos(turn), np.sin(turn)], 1))
    lines = np.rint(np.stack(points, 1) * (size * 16)).astype(np.int32)
    out = np.clip(ground, 0, 255).astype(np.uint8)
    thick = np.maximum(1, np.rint(width * size * (0.7 + 0.6 * rng.random(len(p))))).astype(int).tolist()
    if steps == 1:
        for (p0, p1), paint, w in zip(lines.tolist(), c, thick, strict=True):
            cv2.line(out, p0, p1, paint, w, cv2.LINE_AA, 4)
    else:
        for q, paint, w in zip(lines, c, thick, strict=True):
            cv2.polylines(out, [q], False, paint, w, cv2.LINE_AA, 4)
    return out.astype(np.float32)


def relief(image, size, amount=0.5):
    """Light grazing over thick paint: edges of strokes catch it."""
    g = grey(image)
    fine = g - cv2.blur(g, (max(3, size // 26),) * 2)
    edge = np.zeros_like(fine)
    edge[1:, 1:] = fine[1:, 1:] - fine[:-1, :-1]
    return np.clip(image + cv2.merge([np.float32(amount) * edge] * 3), 0, 255)


def outline(s, rng, image, colour, width=0.008, strength=1.0, inner=False, uneven=0.4):
    """Draw the outlines of things: even or swelling lines of relative width."""
    n, k = s.size, width * np.exp(0.3 * s.h["line"]) * s.size
    edge = s.edge
    if inner:
        edge = edge | (cv2.Laplacian(grey(s.flat), cv2.CV_32F, ksize=3) > 60).astype(np.uint8)
    near = 1 + 0.5 * k - cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3) + uneven * k * noise(rng, n, 1, 0.4)
    return mix(image, np.float32(colour), np.clip(near, 0, 1) * np.float32(strength))


def regions(s, image, keep=1.0):
    """Every thing in its mean colour."""
    flat, table = s.ids.ravel(), np.zeros((256, 3), np.float32)
    count = np.maximum(np.bincount(flat, minlength=256), 1)
    for k, plane in enumerate(cv2.split(image)):
        table[:, k] = np.bincount(flat, plane.ravel(), 256) / count
    return mix(image, table[s.ids], keep)


def two_tone(mask, yes, no):
    """One colour where the mask holds, another elsewhere."""
    return cv2.merge([np.where(mask, np.float32(a), np.float32(b)) for a, b in zip(yes, no, strict=True)])


def bent(image, x, y, size):
    """The image seen at displaced relative coordinates."""
    return cv2.remap(image, np.float32(x * size), np.float32(y * size), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@lru_cache(maxsize=2)
def _tile(size):
    return np.tile(noise(np.random.default_rng(1), size, 2), (2, 2))


def fibre(rng, size):
    """A window of the finest noise, (size, size) float32: shrunk once, because nearly every medium wants it."""
    y, x = rng.integers(0, size, 2)
    return _tile(size)[y : y + size, x : x + size]


def ticks(size):
    """Coordinates of columns (1, size) and rows (size, 1): what repeats along a side needs no more."""
    x, y = grid(size)
    return x[:1], y[:, :1]


def matted(s, rng, image, paper, width=0.05):
    """Leave the sheet bare around the picture."""
    edge = rim(s.size) - 0.004 * noise(rng, s.size, 1, 0.4)
    return np.where((edge > width)[..., None], image, paper)


def blank(s, rng, colour, grain=0.025):
    """A bare sheet: its colour, a little different every time, with fibres."""
    colour = rgb(colour) if isinstance(colour, str) else colour
    colour = colour * (1 + 0.03 * rng.standard_normal() + 0.012 * rng.standard_normal(3))
    sheet = tint(np.full((s.size, s.size, 3), 1, np.float32), colour)
    return shaded(sheet, 1 + grain * fibre(rng, s.size) + 0.012 * noise(rng, s.size, 0, 0.7))


def darkness(s, image, steep):
    """How dark a drawing gets, 0 white..1 black: paint and scene together, stretched to a common middle."""
    g = grey(0.5 * image + 0.5 * s.lit)
    return np.clip(0.46 + (float(g.mean()) - g) / 200 * np.float32(steep), 0, 1)


def hatch(s, rng, tone, period, turns, wobble):
    """Ink lines as wide as a tone is dark (0 white..1 black), in crossing layers: (size, size) 0..1."""
    n, (x, y) = s.size, grid(s.size)
    along = cv2.resize(np.sin(2 * s.theta), (n, n), interpolation=cv2.INTER_LINEAR)
    bend, ink = np.float32(wobble) * (noise(rng, n, 0, 0.3) + 0.35 * along), np.zeros((n, n), np.float32)
    for k, a in enumerate(turns):
        phase = np.float32(6.28 / period * np.cos(a)) * x + np.float32(6.28 / period * np.sin(a)) * y + bend
        depth = np.cos(phase) - 1 + 2.3 * np.clip(tone * 1.25 - 0.3 * k - 0.06, 0, 1)
        ink = np.maximum(ink, np.clip(depth * 2.2, 0, 1))
    return ink

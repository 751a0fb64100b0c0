"""What it is made of: types and materials, each leaving its trace on the painted picture; `MEDIA` is the table."""

# fmt: off
import cv2
import numpy as np

from artlib.collections.museum.canvas import grid, noise
from artlib.collections.museum.technique import _chroma, _contrast, _grey, _mix, _soft, outline


def _margin(s, rng, image, paper, width=0.05):
    """Leave the sheet bare around the picture."""
    x, y = grid(s.size)
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) - 0.004 * noise(rng, s.size, 1, 0.4)
    return np.where((edge > width)[..., None], image, paper)


def _paper(s, rng, colour, grain=0.025):
    """A bare sheet: its colour with fibres."""
    return np.float32(colour) * (1 + grain * noise(rng, s.size, 2, 0.99) + 0.012
        * noise(rng, s.size, 0, 0.7))[..., None]


def oil_on_canvas(s, rng, image):
    x, y = grid(s.size)
    weave = np.sin(6.28 * 52 * x) * np.sin(6.28 * 52 * y) + 0.4 * noise(rng, s.size, 2, 0.99)
    return image * (1 + 0.035 * weave)[..., None]


def oil_on_panel(s, rng, image):
    crack = np.abs(noise(rng, s.size, 1, 0.9)) < 0.04
    return _contrast(image, 1.06) * np.where(crack, 0.9, 1.0)[..., None].astype(np.float32)


def tempera(s, rng, image):
    y = noise(rng, s.size, 2, 0.9, 1.0)
    return _mix(image, np.float32([214, 184, 120]), 0.06) * (1 + 0.03 * y)[..., None]


def ink_on_silk(s, rng, image):
    x, y = grid(s.size)
    silk = 1 + 0.03 * np.sin(6.28 * 60 * y) + 0.012 * np.sin(6.28 * 40 * x) + 0.03 * noise(rng, s.size, 0,
        0.6)
    return image * (np.float32([0.9, 0.8, 0.6]) * silk[..., None])


def ink_on_paper(s, rng, image):
    return np.minimum(image * 1.03, _paper(s, rng, (244, 238, 224)))


def gouache(s, rng, image):
    return _margin(s, rng, _chroma(image, 1.1) * (1 + 0.02 * noise(rng, s.size, 1, 0.7))[..., None],
        _paper(s, rng, (232, 216, 184)), 0.03)


def watercolour(s, rng, image):
    n = s.size
    pale = 255 - (255 - image) * 0.72
    edge = np.abs(pale - _soft(pale, 0.012, n)).mean(2)
    grain = 1 + 0.05 * noise(rng, n, 1, 0.9) + 0.05 * noise(rng, n, 2, 0.99)
    wash = pale * grain[..., None] - 0.5 * edge[..., None]
    x, y = grid(n)
    ragged = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) - 0.045 - 0.02 * noise(rng, n, 0, 0.4)
    return _mix(_paper(s, rng, (246, 242, 230)), wash, np.clip(ragged * 40, 0, 1)[..., None])


def _hatch(s, rng, tone, period, turns, wobble):
    """Ink lines whose width follows the darkness of a tone (0 white..1 black), in crossing layers: (size, size) 0..1."""
    n = s.size
    x, y = grid(n)
    bend = wobble * noise(rng, n, 0, 0.3) + 0.35 * np.sin(2 * s.theta) * wobble
    ink = np.zeros((n, n), np.float32)
    for k, a in enumerate(turns):
        phase = 6.28 / period * (np.cos(a) * x + np.sin(a) * y) + bend
        ink = np.maximum(ink, np.clip((np.cos(phase) - 1 + 2.3 * np.clip(tone * 1.25 - 0.3 * k - 0.06, 0, 1))
            * 2.2, 0, 1))
    return ink


def engraving(s, rng, image):
    tone = 1 - np.clip(_contrast(_grey(image)[..., None], 1.25)[..., 0] / 245, 0, 1)
    a = 0.5 + 0.3 * s.h["curl"]
    ink = _hatch(s, rng, tone, 0.026 * np.exp(0.14 * s.h["width"]), (a, a + 1.2), 0.8)
    paper = _paper(s, rng, (238, 229, 208))
    drawn = outline(s, rng, _mix(paper, np.float32([34, 30, 30]), ink[..., None] * 0.92), (30, 26, 26),
        0.005, 0.9, uneven=0.2)
    return _margin(s, rng, drawn, paper)


def etching(s, rng, image):
    tone = 1 - np.clip(_grey(image) / 235, 0, 1)
    a = 1.1 + 0.3 * s.h["curl"]
    ink = _hatch(s, rng, tone, 0.032 * np.exp(0.14 * s.h["width"]), (a, a - 0.7, a + 0.6), 2.4)
    paper = _paper(s, rng, (232, 220, 194))
    drawn = _mix(paper * (1 - 0.14 * _soft(tone, 0.03, s.size))[..., None], np.float32([46, 34, 26]),
        ink[..., None] * 0.85)
    return _margin(s, rng, outline(s, rng, drawn, (46, 34, 26), 0.004, 0.6, uneven=1.2), paper, 0.06)


def woodcut(s, rng, image):
    n = s.size
    _, y = grid(n)
    g = _grey(image)
    tone = 1 - np.clip(_contrast(g[..., None], 1.4, g.mean())[..., 0] / 255, 0, 1)
    ink = _hatch(s, rng, tone, 0.05 * np.exp(0.14 * s.h["width"]), (1.57 + 0.4 * s.h["curl"],), 1.6) > 0.5
    paper = _paper(s, rng, (236, 224, 196))
    drawn = np.where(ink[..., None], np.float32([28, 25, 26]) * (1 + 0.2 * np.sin(70 * y))[..., None], paper)
    return _margin(s, rng, outline(s, rng, drawn, (26, 24, 26), 0.013, 1.0, uneven=0.5), paper)


def colour_woodcut(s, rng, image):
    _, y = grid(s.size)
    grain = 1 + 0.035 * np.sin(75 * y + 6 * noise(rng, s.size, 0, 0.5, 3))
    flat = _mix(image, np.round(image / 42) * 42, 0.7) * 0.93 + 12
    return _margin(s, rng, flat * grain[..., None], _paper(s, rng, (238, 226, 198)), 0.04)


def lithograph(s, rng, image):
    g = _grey(image) + 40 * noise(rng, s.size, 2, 0.99) * (1 - np.abs(_grey(image) / 128 - 1))
    paper = _paper(s, rng, (236, 232, 222))
    return _margin(s, rng, paper * (np.clip(g / 235, 0.08, 1) ** 1.15)[..., None], paper)


def chalk(s, rng, image):
    """Black, red or white chalk on toned paper."""
    n = s.size
    red = rng.random() < 0.45
    paper = _paper(s, rng, ((214, 200, 172), (188, 178, 160), (160, 164, 162))[int(rng.random() * 3)], 0.04)
    tone = 1 - np.clip(_grey(image) / 210, 0, 1)
    grain = np.clip(0.65 + 0.75 * noise(rng, n, 2, 0.99), 0, 1.4)
    lines = np.abs(_grey(image) - _soft(_grey(image), 0.014, n)) / 60
    mark = np.clip((0.55 * tone + lines * np.exp(0.2 * s.h["line"])) * grain, 0, 1)[..., None]
    white = np.clip((_grey(image) - 190) / 80, 0, 0.6)[..., None] * grain[..., None]
    return _mix(_mix(paper, np.float32([150, 62, 40]) if red else np.float32([38, 36, 38]), mark),
        np.float32([246, 244, 238]), white)


def pen_and_wash(s, rng, image):
    n = s.size
    paper = _paper(s, rng, (238, 228, 204))
    wash = np.round(np.clip(1.05 - _soft(_grey(image), 0.008, n) / 230, 0, 1) * 3.2 + 0.3
        * noise(rng, n, 0, 0.4)) / 3.2
    tinted = paper * (1 - 0.55 * np.clip(_soft(wash.astype(np.float32), 0.004, n), 0, 1)[..., None]
        * np.float32([0.75, 0.9, 1.05]))
    return outline(s, rng, tinted, (60, 38, 22), 0.006, 0.95, inner=True, uneven=1.0)


def albumen_print(s, rng, image):
    return _photograph(s, rng, image, np.float32([1.06, 0.94, 0.76]))


def silver_print(s, rng, image):
    return _photograph(s, rng, image, np.float32([1.0, 1.0, 0.99]))


def _photograph(s, rng, image, tint):
    n = s.size
    x, y = grid(n)
    lens = _mix(image, _soft(s.lit, 0.004, n), 0.75)
    g = 255 * np.clip(_grey(lens) / 255, 0, 1) ** 0.9 + 7 * noise(rng, n, 2, 0.99)
    fall = 1.05 - 0.7 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    return np.clip(_contrast(g[..., None], 1.12), 14, 240) * fall[..., None] * tint


# medium: (trace, types, materials, first year, last year, share, cultures that favour it)
MEDIA = {
    "oil on canvas": (oil_on_canvas, "painting", "oil; canvas", 1480, 1990, 5.0, "Western"),
    "oil on panel": (oil_on_panel, "painting", "oil; panel", 1420, 1900, 1.6, "Western"),
    "tempera": (tempera, "painting; altarpiece", "tempera; gold leaf; panel", 1100, 1500, 5.0, "Western"),
    "ink on silk": (ink_on_silk, "painting; hanging scroll", "ink; colour; silk", 1100, 1920, 3.0,
        "Chinese Japanese"),
    "ink on paper": (ink_on_paper, "painting; handscroll", "ink; paper", 1100, 1930, 2.6, "Chinese Japanese"),
    "gouache": (gouache, "painting; manuscript", "opaque watercolour; gold; paper", 1200, 1900, 5.0,
        "Indian"),
    "watercolour": (watercolour, "drawing; watercolour", "watercolour; paper", 1700, 1990, 0.8,
        "British American"),
    "engraving": (engraving, "print", "engraving; ink; paper", 1450, 1900, 0.8, "Western"),
    "etching": (etching, "print", "etching; ink; paper", 1530, 1990, 0.8, "Western"),
    "woodcut": (woodcut, "print", "woodcut; ink; paper", 1420, 1990, 0.4, "German Chinese"),
    "colour woodcut": (colour_woodcut, "print", "woodcut; ink; colour; paper", 1680, 1960, 3.0, "Japanese"),
    "lithograph": (lithograph, "print", "lithograph; ink; paper", 1800, 1990, 0.5, "Western"),
    "chalk": (chalk, "drawing", "chalk; paper", 1450, 1950, 0.5, "Western"),
    "pen and wash": (pen_and_wash, "drawing", "ink; wash; paper", 1400, 1950, 0.5, "Western Japanese"),
    "albumen print": (albumen_print, "photograph", "albumen silver print; paper", 1850, 1905, 0.4,
        "Western Indian"),
    "silver print": (silver_print, "photograph", "gelatin silver print; paper", 1890, 1990, 0.5,
        "American German"),
}
PRINTS = tuple(name for name, row in MEDIA.items() if row[1].startswith("print"))
__all__ = ["MEDIA", "PRINTS", "cv2"]

"""What it is made of: types and materials, each leaving its trace on the painted picture; `MEDIA` is the table."""

from functools import lru_cache

import numpy as np

from artlib.collections.drawing.canvas import grid, mix, noise, tint
from artlib.collections.museum.technique import contrast, grey, outline, shaded, soft, vivid


@lru_cache(maxsize=2)
def _tile(size):
    return np.tile(noise(np.random.default_rng(1), size, 2), (2, 2))


def _grain(rng, size):
    """A window of the finest noise, (size, size) float32: shrunk once, because nearly every medium wants it."""
    y, x = rng.integers(0, size, 2)
    return _tile(size)[y : y + size, x : x + size]


def _lines(size):
    """Coordinates of columns (1, size) and rows (size, 1): what repeats along a side needs no more."""
    x, y = grid(size)
    return x[:1], y[:, :1]


# fmt: off
def _margin(s, rng, image, paper, width=0.05):
    """Leave the sheet bare around the picture."""
    x, y = grid(s.size)
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) - 0.004 * noise(rng, s.size, 1, 0.4)
    return np.where((edge > width)[..., None], image, paper)


def _paper(s, rng, colour, grain=0.025):
    """A bare sheet: its colour, a little different every time, with fibres."""
    sheet = tint(np.full((s.size, s.size, 3), 1, np.float32), colour
        * (1 + 0.03 * rng.standard_normal() + 0.012 * rng.standard_normal(3)))
    return shaded(sheet, 1 + grain * _grain(rng, s.size) + 0.012 * noise(rng, s.size, 0, 0.7))


def oil_on_canvas(s, rng, image):
    """Woven threads under the paint."""
    x, y = _lines(s.size)
    return shaded(image, 1 + 0.035 * np.sin(327 * x) * np.sin(327 * y) + 0.014 * _grain(rng, s.size))


def oil_on_panel(s, rng, image):
    """A hard smooth ground with fine cracks."""
    return shaded(contrast(image, 1.06), np.where(np.abs(noise(rng, s.size, 1, 0.9)) < 0.04, 0.9, 1.0))


def tempera(s, rng, image):
    """Dry hatching on a warm chalk ground."""
    return shaded(mix(image, np.float32([214, 184, 120]), 0.06), 1 + 0.03 * _grain(rng, s.size))


def ink_on_silk(s, rng, image):
    """Fine horizontal threads, browned with age."""
    x, y = _lines(s.size)
    threads = 0.03 * np.sin(377 * y) + 0.012 * np.sin(251 * x) + 0.03 * noise(rng, s.size, 0, 0.6)
    return shaded(tint(image, 1 - rng.random() * np.array([0.15, 0.28, 0.5])), 1 + threads)



def ink_on_paper(s, rng, image):
    """The sheet shines through."""
    return np.minimum(image * 1.03, _paper(s, rng, np.float32([244, 238, 224])))


def gouache(s, rng, image):
    """Body colour on a sheet with a bare rim."""
    image = shaded(vivid(image, 1.1), 1 + 0.02 * noise(rng, s.size, 1, 0.7))
    return _margin(s, rng, image, _paper(s, rng, np.float32([232, 216, 184])), 0.03)


def watercolour(s, rng, image):
    """Pale washes that dry darker at their edges and end raggedly on white paper."""
    n, (x, y) = s.size, grid(s.size)
    pale = 255 - (255 - image) * 0.72
    rim = 0.5 * np.abs(grey(pale) - soft(grey(pale), 0.012, n))
    wash = shaded(pale, 1 + 0.05 * noise(rng, n, 1, 0.9) + 0.05 * _grain(rng, n)) - rim[..., None]
    ragged = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) - 0.045 - 0.02 * noise(rng, n, 0, 0.4)
    return mix(_paper(s, rng, np.float32([246, 242, 230])), wash, np.clip(ragged * 40, 0, 1))


def _tone(s, image, steep):
    """How dark a drawing gets, 0 white..1 black: paint and scene together, stretched to a common middle."""
    g = grey(0.5 * image + 0.5 * s.lit)
    return np.clip(0.46 + (float(g.mean()) - g) / 200 * np.float32(steep), 0, 1)


def _hatch(s, rng, tone, period, turns, wobble):
    """Ink lines as wide as a tone is dark (0 white..1 black), in crossing layers: (size, size) 0..1."""
    import cv2

    n, (x, y) = s.size, grid(s.size)
    along = cv2.resize(np.sin(2 * s.theta), (n, n), interpolation=cv2.INTER_LINEAR)
    bend, ink = np.float32(wobble) * (noise(rng, n, 0, 0.3) + 0.35 * along), np.zeros((n, n), np.float32)
    for k, a in enumerate(turns):
        phase = np.float32(6.28 / period * np.cos(a)) * x + np.float32(6.28 / period * np.sin(a)) * y + bend
        ink = np.maximum(ink, np.clip((np.cos(phase) - 1 + 2.3 * np.clip(tone * 1.25 - 0.3 * k - 0.06, 0, 1)) * 2.2, 0,
            1))
    return ink


def engraving(s, rng, image):
    """Regular crossing lines cut in copper, printed on paper with a margin."""
    tone, a = _tone(s, image, 1.25), 0.5 + 0.3 * s.h["curl"]
    ink, paper = _hatch(s, rng, tone, 0.026 * np.exp(0.14 * s.h["width"]), (a, a + 1.2), 0.8), _paper(s, rng,
        np.float32([238, 229, 208]))
    return _margin(s, rng, outline(s, rng, mix(paper, np.float32([34, 30, 30]), 0.92 * ink), (30, 26, 26), 0.005, 0.9,
        uneven=0.2), paper)


def etching(s, rng, image):
    """Freer, wavering lines in several layers, with a film of ink on the plate."""
    n, tone, a = s.size, _tone(s, image, 1.0), 1.1 + 0.3 * s.h["curl"]
    ink, paper = _hatch(s, rng, tone, 0.032 * np.exp(0.14 * s.h["width"]), (a, a - 0.7, a + 0.6), 2.4), _paper(s, rng,
        np.float32([232, 220, 194]))
    drawn = mix(shaded(paper, 1 - 0.14 * soft(tone, 0.03, n)), np.float32([46, 34, 26]), 0.85 * ink)
    return _margin(s, rng, outline(s, rng, drawn, (46, 34, 26), 0.004, 0.6, uneven=1.2), paper, 0.06)


def woodcut(s, rng, image):
    """Black and white only: bold outlines and one layer of coarse lines."""
    tone = _tone(s, image, 1.4)
    ink, paper = _hatch(s, rng, tone, 0.05 * np.exp(0.14 * s.h["width"]), (1.57 + 0.4 * s.h["curl"],), 1.6), _paper(s,
        rng, np.float32([236, 224, 196]))
    return _margin(s, rng, outline(s, rng, mix(paper, np.float32([28, 25, 26]), (ink > 0.5) * 1.0), (26, 24, 26),
        0.013, 1.0, uneven=0.5), paper)


def colour_woodcut(s, rng, image):
    """Flat inks that show the grain of the block."""
    _, y = grid(s.size)
    flat = (0.3 * image + 0.7 * np.round(image / 42) * 42) * 0.93 + 12
    grain = 1 + 0.035 * np.sin(75 * y + 6 * noise(rng, s.size, 0, 0.5, 3))
    return _margin(s, rng, shaded(flat.astype(np.float32), grain), _paper(s, rng, np.float32([238, 226, 198])), 0.04)


def lithograph(s, rng, image):
    """Crayon grain in greys."""
    g, paper = 255 - 255 * _tone(s, image, 1.1), _paper(s, rng, np.float32([236, 232, 222]))
    g = g + 26 * _grain(rng, s.size) * (1 - np.abs(g / 128 - 1))
    return _margin(s, rng, shaded(paper, np.clip(g / 235, 0.08, 1) ** 1.15), paper)


def chalk(s, rng, image):
    """Black or red chalk, heightened with white, on toned paper."""
    n, red, g = s.size, rng.random() < 0.45, 255 - 255 * _tone(s, image, 1.1)
    paper = _paper(s, rng, np.float32(((214, 200, 172), (188, 178, 160), (160, 164, 162))[int(rng.random() * 3)]), 0.04)
    grain = np.clip(0.75 + 0.3 * _grain(rng, n) + 0.2 * noise(rng, n, 1, 0.9), 0, 1.4)
    lines = np.abs(g - soft(g, 0.014, n)) / 60 * np.exp(0.2 * s.h["line"])
    mark = np.clip((0.55 * (1 - np.clip(g / 210, 0, 1)) + lines) * grain, 0, 1)
    drawn = mix(paper, np.float32([150, 62, 40] if red else [38, 36, 38]), mark)
    return mix(drawn, np.float32([246, 244, 238]), np.clip((g - 190) / 80, 0, 0.6) * grain)


def pen_and_wash(s, rng, image):
    """Brown lines and two or three washes on paper."""
    n, paper = s.size, _paper(s, rng, np.float32([238, 228, 204]))
    wash = np.round(np.clip(1.05 - soft(grey(image), 0.008, n) / 230, 0, 1) * 3.2 + 0.3 * noise(rng, n, 0, 0.4)) / 3.2
    tinted = mix(paper, np.float32([140, 114, 86]), 0.9 * np.clip(soft(np.float32(wash), 0.004, n), 0, 1))
    return outline(s, rng, tinted, (60, 38, 22), 0.006, 0.95, inner=True, uneven=1.0)


def albumen_print(s, rng, image):
    """A brown photograph: the view itself through a lens."""
    return _photograph(s, rng, image, (1.06, 0.94, 0.76))


def silver_print(s, rng, image):
    """A black and white photograph."""
    return _photograph(s, rng, image, (1.0, 1.0, 0.99))


def _photograph(s, rng, image, tone):
    n, (x, y) = s.size, grid(s.size)
    g = grey(mix(image, soft(s.lit, 0.004, n), 0.75))
    g = np.clip(contrast(255 * np.clip(g / 255, 0, 1) ** 0.9 + 7 * _grain(rng, n), 1.12), 14, 240)
    g = g * (1.05 - 0.7 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    return np.stack([g * np.float32(v) for v in tone], -1)


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
    "engraving": (engraving, "print", "engraving; ink; paper", 1450, 1900, 0.7, "Western"),
    "etching": (etching, "print", "etching; ink; paper", 1530, 1990, 0.6, "Western"),
    "woodcut": (woodcut, "print", "woodcut; ink; paper", 1420, 1990, 0.4, "German Chinese"),
    "colour woodcut": (colour_woodcut, "print", "woodcut; ink; colour; paper", 1680, 1960, 3.0, "Japanese"),
    "lithograph": (lithograph, "print", "lithograph; ink; paper", 1800, 1990, 0.4, "Western"),
    "chalk": (chalk, "drawing", "chalk; paper", 1450, 1950, 0.5, "Western"),
    "pen and wash": (pen_and_wash, "drawing", "ink; wash; paper", 1400, 1950, 0.5, "Western Japanese"),
    "albumen print": (albumen_print, "photograph", "albumen silver print; paper", 1850, 1905, 1.6,
        "Western Indian"),
    "silver print": (silver_print, "photograph", "gelatin silver print; paper", 1890, 1990, 1.4,
        "American German"),
}
PRINTS = tuple(name for name, row in MEDIA.items() if row[1].startswith("print"))

"""What it is made of: types and materials, each leaving its trace on the painted picture; `MEDIA` is the table."""

from functools import partial

import numpy as np

# isort: off
from artlib.collections.museum.drawing.brush import blank, contrast, darkness, fibre, grey, hatch, matted, one, outline
from artlib.collections.museum.drawing.brush import rim, soft, ticks, vivid
from artlib.collections.museum.drawing.canvas import grid, mix, noise, rgb, shaded, tables, tint, toned
# isort: on


# fmt: off
def oil_on_canvas(s, rng, image):
    """Woven threads under the paint."""
    x, y = ticks(s.size)
    return shaded(image, 1 + 0.035 * np.sin(327 * x) * np.sin(327 * y) + 0.014 * fibre(rng, s.size))


def oil_on_panel(s, rng, image):
    """A hard smooth ground with fine cracks."""
    return shaded(contrast(image, 1.06), np.where(np.abs(noise(rng, s.size, 1, 0.9)) < 0.04, 0.9, 1.0))


def tempera(s, rng, image):
    """Dry hatching on a warm chalk ground."""
    return shaded(mix(image, np.float32([214, 184, 120]), 0.06), 1 + 0.03 * fibre(rng, s.size))


def ink_on_silk(s, rng, image):
    """Fine horizontal threads, browned with age."""
    x, y = ticks(s.size)
    threads = 0.03 * np.sin(377 * y) + 0.012 * np.sin(251 * x) + 0.03 * noise(rng, s.size, 0, 0.6)
    return shaded(tint(image, 1 - rng.random() * np.array([0.15, 0.28, 0.5])), 1 + threads)


def ink_on_paper(s, rng, image):
    """The sheet shines through."""
    return np.minimum(image * 1.03, blank(s, rng, "f4eee0"))


def gouache(s, rng, image):
    """Body colour on a sheet with a bare rim."""
    image = shaded(vivid(image, 1.1), 1 + 0.02 * noise(rng, s.size, 1, 0.7))
    return matted(s, rng, image, blank(s, rng, "e8d8b8"), 0.03)


def watercolour(s, rng, image):
    """Pale washes that dry darker at their edges and end raggedly on white paper."""
    n, pale = s.size, 255 - (255 - image) * 0.72
    dry = 0.5 * np.abs(grey(pale) - soft(grey(pale), 0.012, n))
    wash = shaded(pale, 1 + 0.05 * noise(rng, n, 1, 0.9) + 0.05 * fibre(rng, n)) - dry[..., None]
    ragged = rim(n) - 0.045 - 0.02 * noise(rng, n, 0, 0.4)
    return mix(blank(s, rng, "f6f2e6"), wash, np.clip(ragged * 40, 0, 1))


def _plate(s, rng, image, steep, period, turn, cross, wobble, sheet, ink, line, film=0.0, hard=False, margin=0.05):
    """A print of hatched lines: `turn` of the hatching (and how the hand changes it), crossing layers, outlines.

    `ink` is a colour and how strong it is, `line` the colour, width, strength and unevenness of the outlines, `film`
    ink left on the plate, `hard` black and white only.
    """
    tone, a = darkness(s, image, steep), turn[0] + turn[1] * s.h["curl"]
    marks = hatch(s, rng, tone, period * np.exp(0.14 * s.h["width"]), [a + c for c in cross], wobble)
    paper = blank(s, rng, sheet)
    drawn = shaded(paper, 1 - film * soft(tone, 0.03, s.size)) if film else paper
    drawn = mix(drawn, rgb(ink[0]), (marks > 0.5) * 1.0 if hard else ink[1] * marks)
    return matted(s, rng, outline(s, rng, drawn, rgb(line[0]), *line[1:3], uneven=line[3]), paper, margin)


engraving, etching, woodcut = (partial(_plate, **plate) for plate in tables()["plates"].values())


def colour_woodcut(s, rng, image):
    """Flat inks that show the grain of the block."""
    _, y = grid(s.size)
    flat = (0.3 * image + 0.7 * np.round(image / 42) * 42) * 0.93 + 12
    grain = 1 + 0.035 * np.sin(75 * y + 6 * noise(rng, s.size, 0, 0.5, 3))
    return matted(s, rng, shaded(flat.astype(np.float32), grain), blank(s, rng, "eee2c6"), 0.04)


def lithograph(s, rng, image):
    """Crayon grain in greys."""
    g, paper = 255 - 255 * darkness(s, image, 1.1), blank(s, rng, "ece8de")
    g = g + 26 * fibre(rng, s.size) * (1 - np.abs(g / 128 - 1))
    return matted(s, rng, shaded(paper, np.clip(g / 235, 0.08, 1) ** 1.15), paper)


def chalk(s, rng, image):
    """Black or red chalk, heightened with white, on toned paper."""
    n, red, g = s.size, rng.random() < 0.45, 255 - 255 * darkness(s, image, 1.1)
    paper = blank(s, rng, one(rng, "d6c8ac bcb2a0 a0a4a2"), 0.04)
    grain = np.clip(0.75 + 0.3 * fibre(rng, n) + 0.2 * noise(rng, n, 1, 0.9), 0, 1.4)
    lines = np.abs(g - soft(g, 0.014, n)) / 60 * np.exp(0.2 * s.h["line"])
    mark = np.clip((0.55 * (1 - np.clip(g / 210, 0, 1)) + lines) * grain, 0, 1)
    drawn = mix(paper, np.float32([150, 62, 40] if red else [38, 36, 38]), mark)
    return mix(drawn, np.float32([246, 244, 238]), np.clip((g - 190) / 80, 0, 0.6) * grain)


def pen_and_wash(s, rng, image):
    """Brown lines and two or three washes on paper."""
    n, paper = s.size, blank(s, rng, "eee4cc")
    wash = np.round(np.clip(1.05 - soft(grey(image), 0.008, n) / 230, 0, 1) * 3.2 + 0.3 * noise(rng, n, 0, 0.4)) / 3.2
    tinted = mix(paper, np.float32([140, 114, 86]), 0.9 * np.clip(soft(np.float32(wash), 0.004, n), 0, 1))
    return outline(s, rng, tinted, (60, 38, 22), 0.006, 0.95, inner=True, uneven=1.0)


def _photograph(s, rng, image, tone):
    """The view itself through a lens, in one tone."""
    n, (x, y) = s.size, grid(s.size)
    g = grey(mix(image, soft(s.lit, 0.004, n), 0.75))
    g = np.clip(contrast(255 * np.clip(g / 255, 0, 1) ** 0.9 + 7 * fibre(rng, n), 1.12), 14, 240)
    g = g * (1.05 - 0.7 * ((x - 0.5) ** 2 + (y - 0.5) ** 2))
    return toned(g, tone)


albumen_print, silver_print = (partial(_photograph, tone=tone) for tone in ((1.06, 0.94, 0.76), (1.0, 1.0, 0.99)))


_MEDIA = {
    "oil on canvas": oil_on_canvas, "oil on panel": oil_on_panel, "tempera": tempera, "ink on silk": ink_on_silk,
    "ink on paper": ink_on_paper, "gouache": gouache, "watercolour": watercolour, "engraving": engraving,
    "etching": etching, "woodcut": woodcut, "colour woodcut": colour_woodcut, "lithograph": lithograph, "chalk": chalk,
    "pen and wash": pen_and_wash, "albumen print": albumen_print, "silver print": silver_print,
}
# medium: (trace, types, materials, first year, last year, share, cultures that favour it)
MEDIA = {name: (how, *tables()["media"][name]) for name, how in _MEDIA.items()}
PRINTS = tuple(name for name, row in MEDIA.items() if row[1].startswith("print"))

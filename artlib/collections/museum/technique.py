"""How it is painted: one function a movement, each painting a scene anew; `STYLES` is the table.

A technique takes a finished `Scene` and a stream of random numbers and returns (size, size, 3) float32 in 0..255. It
reads the hand as `s.h`: length, width, wobble and pressure of the stroke, line, curl, contrast.
"""

from itertools import pairwise

import cv2
import numpy as np

# isort: off
from artlib.collections.museum.drawing.brush import bent, contrast, grey, lookup, monochrome, one, outline, regions
from artlib.collections.museum.drawing.brush import relief, rim, soft, strokes, two_tone, vivid
from artlib.collections.museum.drawing.canvas import family, grid, mix, noise, rgb, shaded, tables, tint, toned
# isort: on


# fmt: off
def gold_ground(s, rng):
    """Flat saturated figures on gold leaf, thin dark outlines."""
    x, y = grid(s.size)
    body = vivid(mix(regions(s, s.flat, 0.6), s.lit, 0.3), 1.35)
    leaf = 0.95 + 0.28 * np.exp(-((x - 0.35) ** 2 + (y - 0.3) ** 2) / 0.2) + 0.05 * noise(rng, s.size, 1, 0.5)
    gold = one(rng, "cea042 b8894a d8b46a a87a34 c8a878")
    leaf *= 1 - 0.14 * (np.sin(x[:1] * 138) * np.sin(y[:, :1] * 138) > 0.75)
    image = np.where((s.depth > 0.84)[..., None], toned(leaf, gold), body)
    return outline(s, rng, image, (52, 28, 16), 0.007, 0.85, inner=True, uneven=0.1)


def renaissance(s, rng):
    """Clear even light, clean local colour, fine contours, blue distance."""
    image = mix(vivid(mix(s.flat, s.lit, 0.7), 1.25), np.float32([150, 176, 196]), 0.35 * np.clip(s.depth - 0.45, 0, 1))
    image = contrast(strokes(s, rng, image, image, 400, 0.03, 0.006, 0.15, 4.0) * 1.05 + 6, 1.05)
    return outline(s, rng, image, (60, 42, 34), 0.004, 0.5, uneven=0.1)


def mannerism(s, rng):
    """Stretched swaying forms, cold iridescent colour, flickering light."""
    x, y = grid(s.size)
    image = contrast(bent(s.lit, 0.5 + (x - 0.5) * 1.22 + 0.03 * np.sin(7.5 * y + 6 * rng.random()), y, s.size), 1.3)
    image = mix(vivid(image, 1.15), monochrome(image, (120, 150, 165), 0.4, 196), 0.35)
    return strokes(s, rng, image, image, 420, 0.07, 0.012, 0.3, 13, 0.4, steps=2)


def baroque(s, rng):
    """Strong light and dark about a focus, warm brown shadow."""
    x, y = grid(s.size)
    fx, fy = np.float32(s.focus)
    spread = np.float32(0.1 * np.exp(-0.3 * s.h["contrast"]))
    beam = np.exp(-(((x - fx) - 0.25 * (y - fy) * s.side) ** 2 / spread + (y - fy) ** 2 / (1.6 * spread)))
    light = 0.1 + 1.12 * beam * (1 + 0.12 * noise(rng, s.size, 0, 0.4))
    image = tint(shaded(contrast(tint(s.lit, (1.1, 0.98, 0.8)), 1.2), light), lift=(26, 17, 11))
    painted = strokes(s, rng, image, image, 420, 0.05, 0.013, 0.25, 7, steps=2)
    return mix(painted, soft(painted, 0.006, s.size), 0.4)


def rococo(s, rng):
    """Pastel cream, rose and pale blue, feathery curls."""
    image = tint(soft(s.lit, 0.008, s.size), (0.62,) * 3, (93, 86, 81))
    image = mix(image, two_tone(s.depth > 0.6, (196, 214, 226), (240, 200, 190)), 0.16)
    return mix(image, strokes(s, rng, image, image, 480, 0.05, 0.0105, 0.8, 13, 1.0, steps=3), 0.75)


def academicism(s, rng):
    """Smooth finish, full modelling, a warm varnish."""
    return tint(contrast(mix(s.lit, soft(s.lit, 0.006, s.size), 0.6), 1.12), (1.03, 0.98, 0.9))


def realism(s, rng):
    """Sober colour and tone in plain visible strokes."""
    image = tint(vivid(contrast(s.lit, 1.05), 0.75), (0.95, 0.92, 0.88))
    return relief(strokes(s, rng, image, image, 460, 0.047, 0.0145, 0.35, 9), s.size, 0.3)


def romanticism(s, rng):
    """Glowing light, mist in the distance, turbulent air."""
    n, (x, y) = s.size, grid(s.size)
    glow = np.exp(-((x - np.float32(s.focus[0])) ** 2 + (y - np.float32(min(s.focus[1], 0.5))) ** 2) / np.float32(0.07))
    swirl = noise(rng, n, 0, 0.35, 1.5)
    image = mix(s.lit, np.float32([226, 190, 140]), np.clip(s.depth * (0.38 + 0.16 * swirl), 0, 0.75))
    image = shaded(image, 0.6 + 0.75 * glow + 0.1 * swirl) + toned(glow, (50, 40, 22))
    painted = strokes(s, rng, soft(image, 0.008, n), image, 420, 0.075, 0.018, 0.5, 9, 0.6, steps=2)
    return mix(painted, soft(painted, 0.012, n), 0.5)


def tonalism(s, rng):
    """One tone through mist: near shapes melt into far."""
    n, tone = s.size, one(rng, "6f7f86 8a7a5a 5a6a7a 7a8a70 8a6f6a")
    image = vivid(mix(s.flat, np.float32([190, 186, 170]), 0.5 * s.depth), 0.35)
    image = mix(image, monochrome(image, tone, 0.35, 222), 0.6)
    image = cv2.blur(image, (max(3, int(0.05 * n)), max(1, int(0.015 * n))))
    return contrast(mix(image, strokes(s, rng, image, image, 360, 0.12, 0.02, 0.15, 5, theta=0.1 * s.theta), 0.55),
        0.95)


def ink_wash(s, rng):
    """Pale washes that pool and fade, empty sky, ink lines swelling and breaking."""
    n = s.size
    wet = soft(np.clip(1.05 - grey(s.lit) / 255, 0, 1) * (1 - 0.92 * (s.depth > 0.84).astype(np.float32)), 0.014, n)
    pooled = np.clip(np.round(wet * 4 + 0.5 * noise(rng, n, 0, 0.3)) / 4, 0, 1)
    tone = np.clip(soft(0.55 * pooled + 0.35 * wet, 0.006, n) * (1 + 0.16 * noise(rng, n, 1, 0.5)), 0, 1)
    sheet = one(rng, "f0e9d8 d8c6a0 e4e2dc c4a878 cfd2c8")
    image = cv2.merge([np.float32(v) * (1 - np.float32(0.82) * tone) for v in sheet])
    image = mix(image, image * s.flat / 205, 0.3 * (1 + 0.4 * s.h["chroma"]) * (0.4 + 1.2 * rng.random()))
    return outline(s, rng, image, (28, 27, 30), 0.006 * np.exp(0.25 * s.h["pressure"]), 0.85, uneven=1.3)


def court_painting(s, rng):
    """Even fine lines and mineral blue and green on toned silk."""
    body = mix(regions(s, s.flat, 0.5), s.lit, 0.25)
    body = mix(body, two_tone(grey(body) < 135, (74, 120, 108), (212, 190, 150)), 0.3)
    silk = one(rng, "c4a878 b09468 d0c0a0 a8a898 8f8468 c8b4a8")
    image = mix(body, silk, np.where(s.depth > 0.84, 0.85, 0.2) + 0.03 * noise(rng, s.size, 0, 0.6))
    return outline(s, rng, image, (58, 40, 26), 0.005, 0.75, inner=True, uneven=0.05)


def ukiyo_e(s, rng):
    """Flat printed colour, graded sky, firm black outline of one weight."""
    _, y = grid(s.size)
    image = np.round(regions(s, s.flat, 0.9) / 36) * np.float32(31) + 34
    top = 0.85 * np.clip(1 - y / 0.22, 0, 1) ** 1.3 * (s.depth > 0.84)
    image = mix(image, one(rng, "2a4678 c45c40 4a6a5a 7a4a5a"), top)
    grain = 1 + 0.025 * np.sin(60 * y + 5 * noise(rng, s.size, 0, 0.4, 3))
    return outline(s, rng, vivid(shaded(image, grain), 1.1), (24, 24, 34), 0.009, 1.0, inner=True, uneven=0.05)


def miniature(s, rng):
    """Jewel-like flat colour, fine lines, patterned grounds, a painted border."""
    x, y = grid(s.size)
    image = vivid(mix(regions(s, s.flat, 0.75), s.lit, 0.15), 1.5) * 1.06
    k = np.float32(6.28 * (11 + int(rng.random() * 6)))
    pattern = (np.sin(k * x[:1]) * np.sin(k * y[:, :1]) > 0.72) & (s.lut(4) > 0.25)
    image = mix(image, np.float32([238, 208, 120]), 0.65 * pattern)
    image = outline(s, rng, image, (48, 20, 24), 0.004, 0.85, inner=True, uneven=0.05)
    edge = rim(s.size)
    band = one(rng, "1f3f6a 7a2230 2a5a48 c8803a 5a3a6a d8c8a0")
    for width, colour in ((0.075, rgb("d8b45a")), (0.062, band), (0.02, rgb("e8d6ac"))):
        image[edge < width] = colour
    image[(np.sin(107 * x[:1]) * np.sin(107 * y[:, :1]) > 0.35) & (edge < 0.058) & (edge > 0.024)] = (226, 190, 96)
    return image


def impressionism(s, rng):
    """Short broken strokes, bright air, violet shadows."""
    image = vivid(s.lit, 1.4) * 1.05 + 12
    image = mix(image, np.float32([98, 92, 150]), 0.5 * np.clip(1 - grey(image) / 105, 0, 1))
    ground = soft(image, 0.03, s.size) * 0.9 + 18
    return relief(strokes(s, rng, soft(image, 0.008, s.size), ground, 1050, 0.036, 0.0125, 0.4, 20), s.size, 0.7)


def pointillism(s, rng):
    """Dots of split colour on a light ground."""
    n, radius = s.size, 0.0125 * np.exp(0.18 * s.h["width"])
    source, side = vivid(soft(s.lit, 0.01, n), 1.5) * 1.04 + 10, int(0.6 / radius)
    cells = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    p = (cells + 0.9 * rng.random(cells.shape)) / side
    split = np.float32([[42, 4, -46], [-40, -4, 48], [12, 26, -20], [26, -26, 16], [0, 0, 0]])
    split = split[rng.integers(0, 5, len(p))]
    c = np.clip(lookup(s, p, source) + split + 8 * rng.standard_normal((len(p), 1)), 0, 255).tolist()
    out = np.clip(tint(soft(source, 0.03, n), (0.4,) * 3, (142, 138, 128)), 0, 255).astype(np.uint8)
    r = int(max(1, radius * n * 16))
    for q, paint in zip(np.rint(p * n * 16).astype(int).tolist(), c, strict=True):
        cv2.circle(out, q, r, paint, -1, cv2.LINE_AA, 4)
    return out.astype(np.float32)


def post_impressionism(s, rng):
    """Long ribbons of thick paint that swirl, strong colour, dark contours."""
    image = outline(s, rng, vivid(contrast(s.lit, 1.15), 1.7), (30, 40, 66), 0.016, 0.8)
    x, y = (cv2.GaussianBlur(noise(rng, 64, 0, 0.35), (0, 0), 2.5) for _ in range(2))
    depth = cv2.resize(s.depth, (64, 64), interpolation=cv2.INTER_NEAREST)
    theta = np.where(depth > 0.6, np.arctan2(y, x), s.theta)
    ground = soft(image, 0.02, s.size)
    return relief(strokes(s, rng, image, ground, 560, 0.09, 0.0175, 0.15, 22, 0.35, theta, steps=4), s.size, 1.1)


def fauvism(s, rng):
    """Raw flat colour chosen against nature, thick dark brush lines."""
    wild = np.float32(family("wild"))
    wild[1:7] = wild[1:7][rng.permutation(6)]
    level = np.clip((grey(regions(s, s.lit, 0.55)) - 25) / 200 * 7, 0, 6.999)
    image = mix(wild[level.astype(int)], vivid(contrast(regions(s, s.flat, 0.5), 1.3), 2.4), 0.38)
    painted = strokes(s, rng, image, image, 240, 0.13, 0.036, 0.4, 11)
    return outline(s, rng, painted, (22, 26, 58), 0.017, 0.95, uneven=0.5)


def expressionism(s, rng):
    """Harsh colour, jagged strokes, forms pulled about."""
    n, (x, y) = s.size, grid(s.size)
    image = bent(s.lit, x + 0.03 * noise(rng, n, 0, 0.3), y + 0.03 * noise(rng, n, 0, 0.3), n)
    image = contrast(vivid(image, 2.0), 1.5, 105)
    image = mix(image, two_tone(grey(image) < 90, (20, 52, 62), (226, 150, 40)), 0.25)
    return relief(strokes(s, rng, image, image * 0.5, 420, 0.09, 0.022, 0.6, 30, steps=2), n, 0.9)


def cubism(s, rng):
    """Planes that break the view: each shows it displaced, shaded to one edge, in ochre and grey."""
    n, k = s.size, int(20 * np.exp(-0.25 * s.h["length"]))
    p, (x, y) = rng.random((k, 2)).astype(np.float32), grid(s.size)
    p[: k // 2] = 0.5 * p[: k // 2] + 0.5 * np.float32(s.focus)
    a = (rng.integers(0, 4, k) * 0.45 + 0.3 + 0.2 * rng.standard_normal(k)).astype(np.float32)
    best, plane, c, q = np.full((n, n), 9.0, np.float32), np.zeros((n, n), np.int32), np.cos(a), np.sin(a)
    for j in range(k):
        dx, dy = x - p[j, 0], y - p[j, 1]
        d = np.abs(c[j] * dx + q[j] * dy) * 1.6 + np.abs(c[j] * dy - q[j] * dx)
        best, plane = np.minimum(best, d), np.where(d < best, j, plane)
    shift, zoom = np.float32(0.05 * rng.standard_normal((k, 2))), np.float32(0.9 + 0.3 * rng.random(k))[plane]
    px, py = p[plane, 0], p[plane, 1]
    image = outline(s, rng, s.lit, (40, 34, 30), 0.008, 0.7)
    image = bent(image, px + (x - px) * zoom + shift[plane, 0], py + (y - py) * zoom + shift[plane, 1], n)
    image = mix(vivid(image, 0.65), monochrome(image, one(rng, "a8895a 8a8a80 9a7f5f 7f8a86"), 0.3, 182), 0.5)
    ramp = c[plane] * (x - px) + q[plane] * (y - py) + 0.08 * (rng.random(k).astype(np.float32)[plane] - 0.5)
    border = np.zeros((n, n), np.float32)
    border[1:, 1:] = (plane[1:, 1:] != plane[:-1, 1:]) | (plane[1:, 1:] != plane[1:, :-1])
    image = mix(shaded(image, 1 + 1.9 * ramp), np.float32([44, 36, 30]), 0.75 * soft(border, 0.003, n))
    return strokes(s, rng, image, image, 280, 0.04, 0.01, 0.3, 9, theta=a[plane])


def neo_plasticism(s, rng):
    """A grid of rectangles in primary colours and greys, black bars; the view survives as rhythm."""
    n, boxes, done, g = s.size, [(0.0, 0.0, 1.0, 1.0)], [], grey(s.lit)

    def part(image, x0, y0, x1, y1):
        return image[int(y0 * n) : max(int(y0 * n) + 1, int(y1 * n)), int(x0 * n) : max(int(x0 * n) + 1, int(x1 * n))]

    while boxes:
        x0, y0, x1, y1 = box = boxes.pop()
        big, m = max(x1 - x0, y1 - y0), 0.32 + 0.36 * rng.random()
        if big < 0.13 or (big < 0.55 and part(g, *box).std() < 16 + 14 * rng.random()) or len(done) + len(boxes) > 46:
            done.append(box)
        elif x1 - x0 > y1 - y0:
            boxes += [(x0, y0, x0 + (x1 - x0) * m, y1), (x0 + (x1 - x0) * m, y0, x1, y1)]
        else:
            boxes += [(x0, y0, x1, y0 + (y1 - y0) * m), (x0, y0 + (y1 - y0) * m, x1, y1)]
    paints = family("primaries")
    out, bar = np.full((n, n, 3), 240, np.uint8), max(1, round(0.017 * n * np.exp(0.25 * s.h["line"])))
    corners = [((round(x0 * n), round(y0 * n)), (round(x1 * n), round(y1 * n))) for x0, y0, x1, y1 in done]
    for box, (a, b) in zip(done, corners, strict=True):
        mean = np.array(cv2.mean(part(s.lit, *box))[:3])
        fit = ((paints - mean.mean() - (mean - mean.mean()) * 3.2) ** 2).sum(1)
        cv2.rectangle(out, a, b, paints[np.argmin(fit + 3200 * rng.random(8))].tolist(), -1)
    for a, b in corners:
        cv2.rectangle(out, a, b, (20, 20, 22), bar)
    return out.astype(np.float32)


def action_painting(s, rng):
    """Thrown and dripped paint in looping skeins over a bare ground; the view is nearly lost."""
    n = s.size
    out = np.clip(tint(soft(s.flat, 0.06, n), (0.4,) * 3, (133, 127, 114)), 0, 255).astype(np.uint8)
    seen = contrast(vivid(lookup(s, rng.random((5, 2)), s.lit)[None], 1.8), 1.3)[0]
    paints = np.concatenate([seen, np.float32([(22, 20, 24), (240, 236, 226)])])
    for _ in range(int(22 * np.exp(0.25 * s.h["crowd"]))):
        path = rng.random(2) + np.cumsum(rng.standard_normal((7, 2)) * 0.17 * np.exp(0.25 * s.h["length"]), 0)
        t, paint = np.linspace(0, 6, 46), paints[int(rng.random() * 7)].tolist()
        curve = np.stack([np.interp(t, np.arange(7), path[:, j]) for j in (0, 1)], 1)
        curve = cv2.blur(curve.reshape(-1, 1, 2), (1, 9)).reshape(-1, 2)
        w = max(1, round(n * 0.008 * np.exp(0.5 * rng.standard_normal() + 0.24 * s.h["width"])))
        cv2.polylines(out, [np.rint(curve * n * 16).astype(np.int32)], False, paint, w, cv2.LINE_AA, 4)
        for q in curve[rng.integers(0, 46, 6)] + 0.035 * rng.standard_normal((6, 2)):
            drop = int(n * 16 * 0.009 * rng.random() ** 2) + n // 16
            cv2.circle(out, np.rint(q * n * 16).astype(int).tolist(), drop, paint, -1, cv2.LINE_AA, 4)
    return relief(out.astype(np.float32), n, 0.7)


def colour_field(s, rng):
    """Two to four soft-edged fields of glowing colour, taken from the view's own bands."""
    n, (x, y), k = s.size, grid(s.size), 2 + int(rng.random() * 2.7)
    cuts = np.sort(np.clip(np.linspace(0.04, 0.96, k + 1) + np.r_[0, 0.1 * rng.standard_normal(k - 1), 0], 0.04, 0.96))
    mean = np.float32(cv2.mean(s.lit)[:3]).reshape(1, 1, 3)
    image = cv2.resize(vivid(mean, 1.6) * (0.5 + 0.5 * rng.random()), (n, n)).astype(np.float32)
    wave, edge = 0.012 * noise(rng, n, 1, 0.3), 0.014 * np.exp(0.25 * s.h["wobble"])
    for top, bottom in pairwise(cuts):
        mean = np.float32(cv2.mean(s.lit[int(top * n) : int(bottom * n) + 1])[:3]).reshape(1, 1, 3)
        colour = np.clip(vivid(contrast(mean, 1.35), 2.6 + rng.random())[0, 0] + 20 * rng.standard_normal(3), 0, 255)
        inside = np.minimum(np.minimum(x - 0.06, 0.94 - x), np.minimum(y - (top + 0.018), bottom - 0.018 - y))
        cover = np.clip(0.86 + 0.06 * noise(rng, n, 1, 0.5), 0, 1)
        image = mix(image, colour, cover * np.clip((inside + wave) / edge, 0, 1))
    return image


_STYLES = {
    "Gold Ground": gold_ground, "Renaissance": renaissance, "Mannerism": mannerism, "Baroque": baroque,
    "Rococo": rococo, "Academicism": academicism, "Realism": realism, "Romanticism": romanticism, "Tonalism": tonalism,
    "Impressionism": impressionism, "Pointillism": pointillism, "Post-Impressionism": post_impressionism,
    "Fauvism": fauvism, "Expressionism": expressionism, "Cubism": cubism, "Neo-Plasticism": neo_plasticism,
    "Action Painting": action_painting, "Colour Field": colour_field, "Ink Wash": ink_wash,
    "Court Painting": court_painting, "Ukiyo-e": ukiyo_e, "Miniature Painting": miniature,
}
# movement: (technique, first year, height, last year, where it grew, strongest first, share of abstract works)
STYLES = {name: (how, *tables()["styles"][name]) for name, how in _STYLES.items()}
# Movements that leave the outlines of things behind.
UNBOUND = ("Mannerism", "Expressionism", "Cubism", "Neo-Plasticism", "Action Painting", "Colour Field")

"""How it is painted: one function a movement, each painting a scene anew; `STYLES` is the table.

A technique takes a finished `Scene` and a stream of random numbers and returns (size, size,
    3) float32 in 0..255. It
reads the hand as `s.h`: length, width, wobble and pressure of the stroke, line, curl, contrast.
"""

# fmt: off
import cv2
import numpy as np

from artlib.collections.museum.canvas import grid, noise, rgb


def _soft(image, sigma, size):
    return cv2.GaussianBlur(image, (0, 0), max(0.3, sigma * size))


def _grey(image):
    return image @ np.float32([0.299, 0.587, 0.114])


def _mix(a, b, t):
    return a + (b - a) * t


def _chroma(image, factor, grey=None):
    """More or less colour about the grey of the same lightness."""
    g = _grey(image)[..., None]
    return np.clip(g + (image - g) * factor, 0, 255)


def _contrast(image, factor, middle=118.0):
    return np.clip(middle + (image - middle) * factor, 0, 255)


def strokes(s, rng, source, ground, n, length, width, wobble=0.3, colour=14.0, curl=0.0, theta=None, steps=1):
    """Paint strokes along the direction field over a ground: (size, size, 3) uint8.

    `length` and `width` are relative to the picture; hands change both. `wobble` turns strokes at random, `colour` is
    the spread of their lightness, `curl` bends them; `steps` > 1 lets them follow the field.
    """
    size, h = s.size, s.h
    length, width = length * np.exp(0.3 * h["length"]), width * np.exp(0.24 * h["width"])
    n = int(n * np.clip(np.exp(-0.3 * h["width"]), 0.6, 1.7))
    side = int(np.sqrt(n)) + 1
    cells = rng.permutation(side * side)
    p = (np.stack([cells % side, cells // side], 1) + rng.random((side * side, 2))) / side
    i = np.minimum((p * size).astype(np.int32), size - 1)
    angle = (s.theta if theta is None else theta)[i[:, 1], i[:, 0]]
    angle = angle + wobble * (1 + 0.35 * h["wobble"]) * rng.standard_normal(len(p)) + 0.12 * h["curl"]
    c = source[i[:, 1], i[:, 0]] + (colour * rng.standard_normal((len(p), 1)) + 0.5 * colour
        * rng.standard_normal((len(p), 3)))
    c = np.clip(c, 0, 255).tolist()
    reach = length * (0.6 + 0.8 * rng.random(len(p)))[:, None]
    points = [p - 0.5 * reach * np.stack([np.cos(angle), np.sin(angle)], 1)]
    bend = curl + 0.25 * h["curl"]
    for k in range(steps):
        turn = angle + bend * (k - (steps - 1) / 2)
        points.append(points[-1] + reach / steps * np.stack([np.cos(turn), np.sin(turn)], 1))
    lines = np.rint(np.stack(points, 1) * (size * 16)).astype(np.int32)
    out = np.ascontiguousarray(np.clip(ground, 0, 255).astype(np.uint8))
    thick = np.maximum(1, np.rint(width * size * (0.7 + 0.6 * rng.random(len(p))))).astype(int).tolist()
    for q, colour_, w in zip(lines, c, thick, strict=True):
        cv2.polylines(out, [q], False, colour_, w, cv2.LINE_AA, 4)
    return out


def relief(image, size, amount=0.5):
    """Light grazing over thick paint: edges of strokes catch it."""
    g = _grey(image.astype(np.float32))
    fine = g - _soft(g, 0.012, size)
    return np.clip(image + amount * (fine - np.roll(fine, (1, 1), (0, 1)))[..., None], 0, 255)


def outline(s, rng, image, colour, width=0.008, strength=1.0, inner=False, uneven=0.4):
    """Draw the outlines of things: even or swelling lines of relative width."""
    n, width = s.size, width * np.exp(0.3 * s.h["line"])
    edge = s.edge
    if inner:
        edge = edge | (cv2.Laplacian(_grey(s.flat), cv2.CV_32F, ksize=3) > 60).astype(np.uint8)
    k = width * n
    near = np.clip(1.0 + 0.5 * k - cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3) + uneven * k
        * noise(rng, n, 1, 0.4), 0, 1)
    return _mix(image, np.float32(colour), (near * strength)[..., None])


def _regions(s, image, keep=1.0):
    """Every thing in its mean colour."""
    flat = s.ids.ravel()
    count = np.maximum(np.bincount(flat, minlength=256), 1)
    mean = np.stack([np.bincount(flat, image[..., k].ravel(), 256) / count for k in range(3)],
        1).astype(np.float32)
    return _mix(image, mean[s.ids], keep)


def gold_ground(s, rng):
    """Flat saturated figures on gold leaf, thin dark outlines, light hatched on the folds."""
    n = s.size
    body = _chroma(_mix(_regions(s, s.flat, 0.6), s.lit, 0.3), 1.35)
    x, y = grid(n)
    gold = np.float32([206, 160, 66]) * (0.95 + 0.28 * np.exp(-((x - 0.35) ** 2 + (y - 0.3) ** 2) / 0.2)
        + 0.05 * noise(rng, n, 1, 0.5))[..., None]
    punched = np.sin(x * 6.28 * 22) * np.sin(y * 6.28 * 22) > 0.75
    gold[punched] *= 0.86
    image = np.where((s.depth > 0.84)[..., None], gold, body)
    return outline(s, rng, image, (52, 28, 16), 0.007, 0.85, inner=True, uneven=0.1)


def renaissance(s, rng):
    """Clear even light, clean local colour, fine contours, blue distance."""
    n = s.size
    image = _mix(_chroma(_mix(s.flat, s.lit, 0.7), 1.25), np.float32([150, 176, 196]),
        (0.35 * np.clip(s.depth - 0.45, 0, 1))[..., None])
    image = strokes(s, rng, image, image, 500, 0.03, 0.006, 0.15, 4.0).astype(np.float32)
    return outline(s, rng, _contrast(image * 1.05 + 6, 1.05), (60, 42, 34), 0.004, 0.5,
        uneven=0.1) if n else image


def mannerism(s, rng):
    """Stretched forms, cold iridescent colour, flickering light."""
    n = s.size
    x, y = grid(n)
    sway = 0.03 * np.sin(6.28 * (1.2 * y + rng.random()))
    map_x = ((0.5 + (x - 0.5) * 1.22 + sway) * n).astype(np.float32)
    image = cv2.remap(s.lit, map_x, (y * n).astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT)
    g = _grey(image)[..., None] / 255
    image = _mix(_chroma(_contrast(image, 1.3), 1.15), np.float32([120, 150, 165]) * (0.4 + 1.3 * g), 0.35)
    return strokes(s, rng, image, image, 420, 0.07, 0.012, 0.3, 13, 0.4, steps=2).astype(np.float32)


def baroque(s, rng):
    """Strong light and dark about a focus, warm brown shadow."""
    n = s.size
    x, y = grid(n)
    fx, fy = s.focus
    spread = 0.1 * np.exp(-0.3 * s.h["contrast"])
    beam = np.exp(-(((x - fx) - 0.25 * (y - fy) * s.side) ** 2 / spread + (y - fy) ** 2 / (1.6 * spread)))
    light = 0.1 + 1.12 * beam * (1 + 0.12 * noise(rng, n, 0, 0.4))
    image = _contrast(s.lit * np.float32([1.1, 0.98, 0.8]), 1.2) * light[..., None] + np.float32([26, 17, 11])
    painted = strokes(s, rng, image, image, 520, 0.05, 0.013, 0.25, 7, steps=2).astype(np.float32)
    return _mix(painted, _soft(painted, 0.006, n), 0.4)


def rococo(s, rng):
    """Pastel cream, rose and pale blue, feathery curls."""
    n = s.size
    image = _mix(_soft(s.lit, 0.008, n), np.float32([246, 226, 214]), 0.38)
    image = _mix(image, np.where((s.depth > 0.6)[..., None], np.float32([196, 214, 226]),
        np.float32([240, 200, 190])), 0.16)
    return _mix(image, strokes(s, rng, image, image, 900, 0.045, 0.009, 0.8, 13, 1.0,
        steps=3).astype(np.float32), 0.75)


def academicism(s, rng):
    """Smooth finish, full modelling, a warm varnish."""
    image = _contrast(_mix(s.lit, _soft(s.lit, 0.006, s.size), 0.6), 1.12)
    return np.clip(image * np.float32([1.04, 0.98, 0.86]) + 2, 0, 255)


def realism(s, rng):
    """Sober colour and tone in plain visible strokes."""
    image = _chroma(_contrast(s.lit, 1.05), 0.72) * np.float32([0.94, 0.91, 0.86])
    return relief(strokes(s, rng, image, image, 650, 0.045, 0.014, 0.35, 9).astype(np.float32), s.size, 0.3)


def romanticism(s, rng):
    """Glowing light, mist in the distance, turbulent air."""
    n = s.size
    x, y = grid(n)
    fx, fy = s.focus
    glow = np.exp(-((x - fx) ** 2 + (y - min(fy, 0.5)) ** 2) / 0.07)
    swirl = noise(rng, n, 0, 0.35, 1.5)
    image = _mix(s.lit, np.float32([226, 190, 140]), (np.clip(s.depth * (0.38 + 0.16 * swirl), 0, 0.75))[...,
        None])
    image = image * (0.55 + 0.75 * glow + 0.1 * swirl)[..., None] + 50 * glow[...,
        None] * np.float32([1.0, 0.8, 0.45])
    painted = strokes(s, rng, _soft(image, 0.008, n), image, 700, 0.07, 0.016, 0.5, 9, 0.6,
        steps=2).astype(np.float32)
    return _mix(painted, _soft(painted, 0.012, n), 0.55)


def tonalism(s, rng):
    """One tone through mist: near shapes melt into far."""
    n = s.size
    tone = np.float32(rgb(("6f7f86", "8a7a5a", "5a6a7a", "7a8a70")[int(rng.random() * 4)]))
    image = _mix(s.flat, np.float32([190, 186, 170]), (0.5 * s.depth)[..., None])
    image = _mix(_chroma(image, 0.35), tone * (0.35 + 1.15 * _grey(image)[..., None] / 255), 0.62)
    image = cv2.blur(image, (max(3, int(0.05 * n)), max(1, int(0.015 * n))))
    return _contrast(_mix(image, strokes(s, rng, image, image, 420, 0.12, 0.02, 0.15, 5, theta=0.1
        * s.theta).astype(np.float32), 0.55), 0.9)


def ink_wash(s, rng):
    """Pale washes that pool and fade, empty sky, ink lines swelling and breaking."""
    n = s.size
    g = _grey(s.lit) / 255
    wet = _soft(np.clip(1.05 - g, 0, 1) * (1 - 0.92 * (s.depth > 0.84)), 0.014, n)
    pooled = np.clip(np.round(wet * 4 + 0.5 * noise(rng, n, 0, 0.3)) / 4, 0, 1)
    tone = _soft(0.55 * pooled + 0.35 * wet, 0.006, n) * (1 + 0.16 * noise(rng, n, 1, 0.5))
    image = np.float32([240, 233, 216]) * (1 - np.clip(tone, 0, 1)[..., None]
        * np.float32([0.82, 0.81, 0.78]))
    image = _mix(image, image * s.flat / 205, 0.2 * (1 + 0.3 * s.h["chroma"]))
    return outline(s, rng, image, (28, 27, 30), 0.006 * np.exp(0.2 * s.h["pressure"]), 0.85, uneven=1.3)


def court_painting(s, rng):
    """Even fine lines and mineral blue and green on toned silk."""
    n = s.size
    silk = np.float32([196, 168, 120]) * (1 + 0.04 * noise(rng, n, 0, 0.6))[..., None]
    body = _mix(_regions(s, s.flat, 0.5), s.lit, 0.25)
    cool = np.where((_grey(body) < 135)[..., None], np.float32([74, 120, 108]), np.float32([212, 190, 150]))
    image = _mix(_mix(body, cool, 0.35), silk, np.where(s.depth > 0.84, 0.88, 0.22)[...,
        None].astype(np.float32))
    return outline(s, rng, image, (58, 40, 26), 0.005, 0.75, inner=True, uneven=0.05)


def ukiyo_e(s, rng):
    """Flat printed colour, graded sky, firm black outline of one weight."""
    n = s.size
    _, y = grid(n)
    flat = _regions(s, s.flat, 0.9)
    image = np.round(flat / 36) * 36 * 0.86 + 34
    top = np.clip(1 - y / 0.22, 0, 1) ** 1.3 * (s.depth > 0.84)
    image = _mix(image, np.float32([42, 70, 120]) if s.side < 0 else np.float32([196, 92, 64]),
        (0.85 * top)[..., None])
    grain = 1 + 0.025 * np.sin(60 * y + 5 * noise(rng, n, 0, 0.4, 3))
    return outline(s, rng, _chroma(image * grain[..., None], 1.1), (24, 24, 34), 0.009, 1.0, inner=True,
        uneven=0.05)


def miniature(s, rng):
    """Jewel-like flat colour, fine lines, patterned grounds, a painted border."""
    n = s.size
    x, y = grid(n)
    image = _chroma(_mix(_regions(s, s.flat, 0.75), s.lit, 0.15), 1.55) * 1.06
    k = 11 + int(rng.random() * 6)
    florets = (np.sin(6.28 * k * x) * np.sin(6.28 * k * y) > 0.72) & (s.lut(4) > 0.25)
    image[florets] = _mix(image[florets], np.float32([238, 208, 120]), 0.65)
    image = outline(s, rng, image, (48, 20, 24), 0.004, 0.85, inner=True, uneven=0.05)
    edge = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    bands = [(0.075, rgb("d8b45a")), (0.062, rgb(("1f3f6a", "7a2230", "2a5a48",
        "c8803a")[int(rng.random() * 4)])), (0.02, rgb("e8d6ac"))]
    for w, colour in bands:
        image[edge < w] = colour
    dots = (np.sin(6.28 * 17 * x) * np.sin(6.28 * 17 * y) > 0.35) & (edge < 0.058) & (edge > 0.024)
    image[dots] = (226, 190, 96)
    return image


def impressionism(s, rng):
    """Short broken strokes, bright air, violet shadows."""
    image = _chroma(s.lit, 1.4) * 1.05 + 12
    dark = np.clip(1 - _grey(image) / 105, 0, 1)[..., None]
    image = _mix(image, np.float32([98, 92, 150]), 0.55 * dark)
    ground = _soft(image, 0.03, s.size) * 0.9 + 18
    return relief(strokes(s, rng, _soft(image, 0.008, s.size), ground, 1100, 0.04, 0.016, 0.45,
        22).astype(np.float32), s.size, 0.7)


def pointillism(s, rng):
    """Dots of split colour on a light ground."""
    n = s.size
    source = _chroma(_soft(s.lit, 0.01, n), 1.5) * 1.04 + 10
    radius = 0.0125 * np.exp(0.16 * s.h["width"])
    side = int(0.62 / radius)
    p = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.9
        * rng.random((side * side, 2))) / side
    i = np.minimum((p * n).astype(np.int32), n - 1)
    c = source[i[:, 1], i[:, 0]]
    split = np.float32([[42, 4, -46], [-40, -4, 48], [12, 26, -20], [26, -26, 16],
        [0, 0, 0]])[rng.integers(0, 5, len(p))]
    c = np.clip(c + split + 8 * rng.standard_normal((len(p), 1)), 0, 255).tolist()
    out = np.ascontiguousarray(np.clip(_mix(_soft(source, 0.03, n), np.float32([236, 230, 214]), 0.6), 0,
        255).astype(np.uint8))
    r = int(max(1, radius * n * 16))
    for q, colour in zip(np.rint(p * n * 16).astype(int).tolist(), c, strict=True):
        cv2.circle(out, q, r, colour, -1, cv2.LINE_AA, 4)
    return out.astype(np.float32)


def post_impressionism(s, rng):
    """Long ribbons of thick paint that swirl, strong colour, dark contours."""
    n = s.size
    image = outline(s, rng, _chroma(_contrast(s.lit, 1.15), 1.7), (30, 40, 66), 0.016, 0.8)
    x, y = noise(rng, n, 0, 0.35), noise(rng, n, 0, 0.35)
    theta = np.where(s.depth > 0.6, np.arctan2(_soft(y, 0.04, n), _soft(x, 0.04, n)), s.theta)
    out = strokes(s, rng, image, _soft(image, 0.02, n), 620, 0.1, 0.02, 0.15, 24, 0.35, theta, steps=4)
    return relief(out.astype(np.float32), n, 1.1)


def fauvism(s, rng):
    """Raw flat colour chosen against nature, thick dark brush lines."""
    n = s.size
    wild = np.stack([rgb(c) for c in ("1f2f7a", "2f7a4a", "c8302a", "e86a2a", "3f9fb8", "e87fa0", "f0c83a",
        "f6ead0")]).astype(np.float32)
    wild[1:7] = wild[1:7][rng.permutation(6)]
    g = _grey(_regions(s, s.lit, 0.55))
    level = np.clip((g - 25) / 200 * 7, 0, 6.999)
    image = _mix(wild[level.astype(int)], _chroma(_contrast(_regions(s, s.flat, 0.5), 1.3), 2.4), 0.38)
    image = strokes(s, rng, image, image, 240, 0.13, 0.036, 0.4, 11).astype(np.float32)
    return outline(s, rng, image, (22, 26, 58), 0.017, 0.95, uneven=0.5)


def expressionism(s, rng):
    """Harsh colour, jagged strokes, forms pulled about."""
    n = s.size
    x, y = grid(n)
    a, b = noise(rng, n, 0, 0.3), noise(rng, n, 0, 0.3)
    image = cv2.remap(s.lit, ((x + 0.03 * a) * n).astype(np.float32),
        ((y + 0.03 * b) * n).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    image = _contrast(_chroma(image, 2.0), 1.5, 105)
    image = _mix(image, np.where((_grey(image) < 90)[..., None], np.float32([20, 52, 62]),
        np.float32([226, 150, 40])), 0.25)
    return relief(strokes(s, rng, image, image * 0.5, 330, 0.12, 0.03, 0.75, 34, steps=2).astype(np.float32),
        n, 0.9)


def cubism(s, rng):
    """Planes that break the view: each shows it displaced, shaded to one edge, in ochre and grey."""
    n = s.size
    k = int(22 * np.exp(-0.25 * s.h["length"]))
    p = rng.random((k, 2)).astype(np.float32)
    p[: k // 2] = np.clip(0.5 * p[: k // 2] + 0.5 * np.float32(s.focus), 0, 1)
    a = (rng.integers(0, 4, k) * 0.45 + 0.3 + 0.2 * rng.standard_normal(k)).astype(np.float32)
    x, y = grid(n)
    best, plane = np.full((n, n), 9.0, np.float32), np.zeros((n, n), np.int32)
    for j in range(k):
        dx, dy = x - p[j, 0], y - p[j, 1]
        d = np.abs(np.cos(a[j]) * dx + np.sin(a[j]) * dy) * 1.6 + np.abs(np.cos(a[j]) * dy - np.sin(a[j])
            * dx)
        near = d < best
        best[near], plane[near] = d[near], j
    shift = (0.05 * rng.standard_normal((k, 2))).astype(np.float32)
    zoom = (0.9 + 0.3 * rng.random(k)).astype(np.float32)[plane]
    mx = (p[plane, 0] + (x - p[plane, 0]) * zoom + shift[plane, 0]) * n
    my = (p[plane, 1] + (y - p[plane, 1]) * zoom + shift[plane, 1]) * n
    image = cv2.remap(outline(s, rng, s.lit, (40, 34, 30), 0.008, 0.7), mx, my, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT)
    ramp = np.cos(a[plane]) * (x - p[plane, 0]) + np.sin(a[plane]) * (y - p[plane, 1])
    tone = np.float32(rgb(("a8895a", "8a8a80", "9a7f5f", "7f8a86")[int(rng.random() * 4)]))
    g = _grey(image)[..., None] / 255
    image = _mix(_chroma(image, 0.6), tone * (0.3 + 1.4 * g), 0.55) * (1 + 1.9 * ramp + 0.16
        * (rng.random(k).astype(np.float32)[plane] - 0.5))[..., None]
    border = (plane != np.roll(plane, 1, 0)) | (plane != np.roll(plane, 1, 1))
    image = _mix(image, np.float32([44, 36, 30]), 0.75 * _soft(border.astype(np.float32), 0.003, n)[...,
        None])
    return strokes(s, rng, image, image, 300, 0.04, 0.01, 0.3, 9, theta=a[plane]).astype(np.float32)


def neo_plasticism(s, rng):
    """A grid of rectangles in primary colours and greys, black bars; the view survives as rhythm."""
    n = s.size
    boxes, done = [(0.0, 0.0, 1.0, 1.0)], []
    g = _grey(s.lit)
    while boxes:
        x0, y0, x1, y1 = boxes.pop()
        part = g[int(y0 * n) : max(int(y0 * n) + 1, int(y1 * n)),
            int(x0 * n) : max(int(x0 * n) + 1, int(x1 * n))]
        big = max(x1 - x0, y1 - y0)
        if big < 0.13 or (big < 0.55 and part.std() < 16 + 14 * rng.random()) or len(done) + len(boxes) > 46:
            done.append((x0, y0, x1, y1))
        elif x1 - x0 > y1 - y0:
            m = x0 + (x1 - x0) * (0.32 + 0.36 * rng.random())
            boxes += [(x0, y0, m, y1), (m, y0, x1, y1)]
        else:
            m = y0 + (y1 - y0) * (0.32 + 0.36 * rng.random())
            boxes += [(x0, y0, x1, m), (x0, m, x1, y1)]
    paints = np.stack([rgb(c) for c in ("f2efe4", "d8d6cc", "c22a22", "1f3f8a", "ecc32a", "8f9296", "1d1d1f",
        "f2efe4")])
    out, bar = np.full((n, n, 3), 240, np.uint8), max(1, round(0.017 * n * np.exp(0.25 * s.h["line"])))
    for x0, y0, x1, y1 in done:
        a, b = (round(x0 * n), round(y0 * n)), (round(x1 * n), round(y1 * n))
        mean = s.lit[a[1] : max(a[1] + 1, b[1]), a[0] : max(a[0] + 1, b[0])].mean((0, 1))
        vivid = mean.mean() + (mean - mean.mean()) * 3.2
        paint = paints[np.argmin(((paints - vivid) ** 2).sum(1) + 3200 * rng.random(8))]
        cv2.rectangle(out, a, b, paint.tolist(), -1)
    for x0, y0, x1, y1 in done:
        cv2.rectangle(out, (round(x0 * n), round(y0 * n)), (round(x1 * n), round(y1 * n)), (20, 20, 22), bar)
    return out.astype(np.float32)


def action_painting(s, rng):
    """Thrown and dripped paint in looping skeins over a bare ground; the view is nearly lost."""
    n = s.size
    ground = _mix(_soft(s.flat, 0.06, n), np.float32([222, 212, 190]), 0.6)
    out = np.ascontiguousarray(np.clip(ground, 0, 255).astype(np.uint8))
    paints = [s.lit[int(v * n), int(u * n)] for u, v in rng.random((5, 2))] + [np.float32([22, 20, 24]),
        np.float32([240, 236, 226])]
    for _ in range(int(26 * np.exp(0.25 * s.h["crowd"]))):
        start, d = rng.random(2), rng.standard_normal((7, 2)) * 0.17 * np.exp(0.25 * s.h["length"])
        path = start + np.cumsum(d, 0)
        t = np.linspace(0, 6, 46)
        curve = np.stack([np.interp(t, np.arange(7), path[:, j]) for j in (0, 1)], 1)
        curve = cv2.blur(curve.reshape(-1, 1, 2), (1, 9)).reshape(-1, 2)
        paint = _contrast(_chroma(paints[int(rng.random() * len(paints))][None, None], 1.8), 1.3)[0,
            0].tolist()
        w = max(1, round(n * 0.008 * np.exp(0.5 * rng.standard_normal() + 0.24 * s.h["width"])))
        cv2.polylines(out, [np.rint(curve * n * 16).astype(np.int32)], False, paint, w, cv2.LINE_AA, 4)
        for q in curve[rng.integers(0, 46, 6)] + 0.035 * rng.standard_normal((6, 2)):
            cv2.circle(out, np.rint(q * n * 16).astype(int).tolist(), int(n * 16 * 0.009 * rng.random() ** 2)
                + 8, paint, -1, cv2.LINE_AA, 4)
    return relief(out.astype(np.float32), n, 0.7)


def colour_field(s, rng):
    """Two to four soft-edged fields of glowing colour, taken from the view's own bands."""
    n = s.size
    x, y = grid(n)
    k = 2 + int(rng.random() * 2.7)
    cuts = np.sort(np.clip(np.linspace(0.04, 0.96, k + 1) + np.r_[0, 0.1 * rng.standard_normal(k - 1), 0],
        0.04, 0.96))
    image = np.broadcast_to(_chroma(s.lit.mean((0, 1), keepdims=True), 1.6) * (0.5 + 0.5 * rng.random()),
        (n, n, 3)).astype(np.float32)
    wave = 0.012 * noise(rng, n, 1, 0.3)
    for top, bottom in zip(cuts[:-1], cuts[1:], strict=True):
        mean = s.lit[int(top * n) : int(bottom * n) + 1].mean((0, 1), keepdims=True)
        colour = np.clip(_chroma(_contrast(mean, 1.35), 2.6 + rng.random()) + 20 * rng.standard_normal(3), 0,
            255)
        gap, soft = 0.018, 0.014 * np.exp(0.25 * s.h["wobble"])
        inside = [(x - 0.06 + wave) / soft, (0.94 - x + wave) / soft, (y - top - gap + wave) / soft,
            (bottom - gap - y + wave) / soft]
        mask = np.clip(np.minimum.reduce(inside), 0, 1) * (0.86 + 0.06 * noise(rng, n, 1, 0.5))
        image = _mix(image, colour.astype(np.float32), np.clip(mask, 0, 1)[..., None])
    return image


# movement: (technique, first year, height, last year, where it grew: cultures by first letters, share of abstract works)
STYLES = {
    "Gold Ground": (gold_ground, 1150, 1300, 1430, "Italian Spanish German Flemish French", 0.0),
    "Renaissance": (renaissance, 1400, 1490, 1570, "Italian Flemish German Dutch French", 0.0),
    "Mannerism": (mannerism, 1520, 1580, 1640, "Italian Spanish Flemish French", 0.0),
    "Baroque": (baroque, 1590, 1650, 1730, "Italian Spanish Dutch Flemish French German", 0.0),
    "Rococo": (rococo, 1700, 1750, 1800, "French Italian British German", 0.0),
    "Academicism": (academicism, 1640, 1820, 1910, "French British American Italian Spanish German Dutch",
        0.0),
    "Realism": (realism, 1600, 1860, 1950, "French American British Dutch German Spanish Indian", 0.0),
    "Romanticism": (romanticism, 1770, 1825, 1890, "British German French American Spanish", 0.0),
    "Tonalism": (tonalism, 1860, 1895, 1930, "American British Dutch Japanese", 0.0),
    "Impressionism": (impressionism, 1862, 1885, 1935, "French American British German Spanish", 0.0),
    "Pointillism": (pointillism, 1883, 1895, 1925, "French Flemish Dutch Italian", 0.0),
    "Post-Impressionism": (post_impressionism, 1880, 1895, 1930, "French Dutch American", 0.0),
    "Fauvism": (fauvism, 1898, 1910, 1940, "French Spanish German Indian", 0.1),
    "Expressionism": (expressionism, 1900, 1918, 1955, "German Flemish American", 0.15),
    "Cubism": (cubism, 1906, 1916, 1950, "Spanish French American", 0.2),
    "Neo-Plasticism": (neo_plasticism, 1912, 1930, 1965, "Dutch American British", 0.8),
    "Action Painting": (action_painting, 1936, 1952, 1975, "American German Japanese", 0.9),
    "Colour Field": (colour_field, 1936, 1958, 1980, "American British Italian", 0.9),
    "Ink Wash": (ink_wash, 1100, 1500, 1930, "Chinese Japanese", 0.0),
    "Court Painting": (court_painting, 1100, 1420, 1880, "Chinese Japanese", 0.0),
    "Ukiyo-e": (ukiyo_e, 1660, 1800, 1925, "Japanese", 0.0),
    "Miniature Painting": (miniature, 1250, 1640, 1880, "Indian", 0.0),
}

"""What things stand in and where: horizon and place; sky, hills, water, light, a street, a room, a table."""

from itertools import pairwise
from math import tanh

import cv2
import numpy as np

from artlib.collections.museum.drawing.canvas import grid, hours, mix, noise, rgb, toned


# fmt: off
def horizon(s, middle, spread=0.08):
    """Height of the horizon: a habit of the culture."""
    return float(np.clip(middle + 0.055 * s.c["horizon"] + spread * s.u(-1, 1), 0.15, 0.85))


def count(s, low, high):
    """How many: crowded cultures and hands set more."""
    share = 0.5 + 0.22 * s.c["density"] + 0.25 * s.h["crowd"] + 0.3 * s.u(-1, 1)
    return round(low + (high - low) * float(np.clip(share, 0, 1)))


def place(s, spread=0.3):
    """Where the subject stands across the picture: symmetrical cultures centre it, hands lean aside."""
    loose = spread * (0.65 - 0.3 * tanh(s.c["symmetry"])) * s.u(-1, 1)
    return float(np.clip(0.5 + 0.12 * s.h["lean"] + loose, 0.15, 0.85))


def scale(s):
    """The subject's scale, by habit of the hand."""
    return float(np.exp(0.16 * s.h["scale"] + 0.12 * s.u(-1, 1)))


def ridge(s, y, rough, depth, colour, steep=1.0, subject=0.0):
    """A ridge of hills or mountains across the picture."""
    x, k = np.linspace(-0.02, 1.02, 40), np.array([1, 2, 3, 5, 9])[:, None]
    a, b, c = s.rng.random((3, 5, 1))
    line = ((0.3 + 0.7 * a) / k * np.sin(k * x * (2.5 + 2 * b) + 6.28 * c)).sum(0)
    line = y - np.sign(line) * np.abs(line) ** (1 / max(0.5, steep)) * rough
    t = s.thing(0.5 * s.pick(-1, 1) * steep, depth, 0.25, subject)
    s.put(np.stack([np.r_[x, 1.02, -0.02], np.r_[line, 1.02, 1.02]], 1), s.air(colour, depth), t)


def peaks(s, y, colour, tall, subject=1.0):
    """One to three pointed mountains with a lit and a shaded side, perhaps snow."""
    f, base = np.linspace(0, 1, 9), s.air(colour, 0.55)
    for _ in range(1 + int(s.rng.random() * 3)):
        x, h, w, t = s.u(0.1, 0.9), tall * s.u(0.6, 1.1), s.u(0.16, 0.34), s.thing(1.1, 0.75, 0.2, subject)
        left = np.stack([x - w + w * f, y - h * f ** s.u(1, 1.8)], 1)
        left = left + 0.048 * (s.rng.random((9, 2)) - 0.5) * (f * (1 - f))[:, None]
        right = np.stack([x + w * s.u(0.8, 1.3) * f, y - h * (1 - f) ** s.u(1, 1.8)], 1)
        fold = np.stack([x + 0.09 * (s.rng.random(9) - 0.3) * f, y - h + h * f], 1)
        s.put(np.concatenate([left, right[1:]]), base * (0.96 - 0.12 * s.side), t)
        s.put(np.concatenate([fold, right[::-1]]), base * (0.96 + 0.12 * s.side), t)
        if s.chance(0.4):
            s.put([left[-3], left[-1], right[2], fold[1] + np.array([0.01, 0.02]), fold[2]], base * 0.3 + 170, t)


def glow(s, x, y, r, colour, strength=0.8):
    """A soft light laid over what is painted: the sun, a moon, a candle, an apparition."""
    gx, gy = grid(s.size)
    far = (gx - np.float32(x)) ** 2 + (gy - np.float32(y)) ** 2
    mask = np.exp(far * np.float32(-1 / r**2)) * np.float32(strength)
    s.color[:] = np.clip(mix(s.color.astype(np.float32), np.asarray(colour, np.float32), mask), 0, 255)


def land(s, horizon, far=True):
    """Sky, sun or moon, and distance: what stands behind every open view."""
    s.sky(horizon + 0.03)
    if s.chance(0.35) and s.hour in ("gold", "dusk", "night", "haze"):
        s.focus, colour = (s.u(0.1, 0.9), horizon * s.u(0.25, 0.95)), rgb("fff0c0" if s.hour != "night" else "e8ecf4")
        glow(s, *s.focus, s.u(0.08, 0.2), colour, 0.5)
        s.blob(*s.focus, 0.035, 0.035, colour)
    if far and s.chance(np.clip(0.3 + 0.14 * s.c["steep"], 0.05, 0.8)):
        peaks(s, horizon + 0.01, s.hue("rock"), s.u(0.12, 0.3) * (1 + 0.2 * s.c["steep"]))
    for k in range(int(s.u(0, 2.99))):
        rough, hue = s.u(0.02, 0.06), s.hue("foliage" if k else "rock")
        ridge(s, horizon + 0.02 * k, rough, 0.85 - 0.2 * k, hue, 0.6 + 0.3 * s.c["steep"] + s.u(0, 0.8))


def open_land(s, horizon, family, depth=0.6):
    """An empty level land under its sky."""
    land(s, horizon)
    s.plane(horizon, s.hue(family), s.thing(0.05, depth, 0.0, 0.0))


def street(s, h, tall, vx):
    """Rows of houses running to a vanishing point."""
    for side in (-1, 1):
        edge, z = np.linspace(0.0, 0.9, 7), s.u(0.3, 0.55) * tall
        for a, b in pairwise(edge):
            k, wall, roof = z * s.u(0.8, 1.25), s.hue("wall"), s.hue("roof")
            t = s.thing(1.57, 0.25 + 0.5 * b, 0.1, 1.0, 0.6)
            (x0, top0, low0), (x1, top1, low1) = (
                (vx + (0.5 + 0.5 * side - vx) * (1 - e) * 1.04, h - k * (1 - e), h + 0.5 * (1 - e) * (1 - h) + 0.02)
                for e in (a, b))
            colour = s.air(wall * (0.94 + 0.14 * side * s.side), 0.5 * b)
            s.put([(x0, low0), (x0, top0), (x1, top1), (x1, low1)], colour, t)
            lift = 0.09 * (1 - b) * (1.6 if s.c["roof"] > 0 else 0.8)
            ridge_top = 0.5 * (x0 + x1), 0.5 * (top0 + top1) - lift
            s.put([(x0, top0), ridge_top, (x1, top1)], s.air(roof, 0.5 * b), t)
            f, g = (v.reshape(-1, 1, 1) for v in np.meshgrid((0.2, 0.45, 0.7), (0.3, 0.7)))
            m = a + (b - a) * g
            y = h - k * (1 - m) + f * (k * (1 - m) + 0.5 * (1 - m) * (1 - h))
            pane = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
            x = x0 + (x1 - x0) * g + pane[:, :1] * 0.16 * (x1 - x0)
            s.many(np.concatenate([x, y + pane[:, 1:] * 0.08 * k * (1 - m)], 2), wall * 0.33)


def table(s, y):
    """A table before a wall, perhaps with its edge and a cloth over it."""
    s.hour = s.pick("day", "haze", "gold", "gold", "grey")
    s.backdrop(s.hue("room", s.u(0.45, 1.15)), s.u(0.5, 1.0))
    cloth = s.hue(s.pick("wood", "cloth", "wood", "stone"))
    s.plane(y, cloth, s.thing(0.0, 0.5, 0.0, 0.0, 0.8), shade=0.9)
    if s.chance(0.5):
        s.put("box", cloth * 0.6, s.thing(0.0, 0.4, 0.0, 0.0), 0, s.u(0.78, 0.92), 1, 0.3)
    if s.chance(0.5):
        x, d, white = s.u(0.3, 0.7), s.pick(-1, 1), s.pick(np.array([228.0, 224, 212]), s.hue("cloth"))
        s.put("tablecloth", white, s.thing(0.6, 0.4, 0.3, 1.0, 1.0), x, y, d)
        for a in s.rng.random(4) * 0.25 + 0.03:
            s.line([(a, 0.06), (a * 1.1 + 0.02, 0.34)], white * 0.78, 0.01, x, y, d)


def water(s, top, subject=0.0):
    """Water that mirrors what stands above it, broken by ripples."""
    n, a = s.size, int(top * s.size)
    if n - a < 2 or a < 2:
        return
    mirror = cv2.resize(s.color[max(0, 2 * a - n) : a][::-1], (n, n - a)).astype(np.float32)
    t = np.linspace(0, 1, n - a, dtype=np.float32)[:, None]
    ripple = 15 * noise(s.rng, n, 1, s.u(0.2, 0.4), 2.4)[a:] * (0.3 + t)
    tone = toned(1.1 - 0.35 * t, s.hue("water") * (0.45 + 0.55 * hours()[s.hour].strength))
    tone = np.repeat(tone, n, 1) + ripple[..., None]
    s.color[a:] = np.clip(mix(tone, mirror, s.u(0.15, 0.6)), 0, 255)
    s.ids[a:] = s.thing(0.0, 0.5, 0.0, subject, 0.3)


def room(s, floor):
    """An interior: wall, floor with boards or tiles in perspective, a window, a curtain."""
    s.hour = s.pick("day", "haze", "grey", "gold", "gold", "day")
    s.backdrop(s.hue("room"), s.u(0.4, 0.8))
    wood = s.hue(s.pick("wood", "wood", "stone"))
    s.plane(floor, wood, s.thing(0.0, 0.6, 0.0, 0.0, 0.4))
    vx = s.u(0.3, 0.7)
    for k in range(-8, 9):
        s.line([(vx + 0.09 * k, floor), (vx + 0.42 * k, 1.0)], wood * 0.72, 0.004)
    for k in range(4 if s.chance(0.4) else 0):
        s.line("0 0 1 0", wood * 0.72, 0.004, 0, floor + (1 - floor) * (k / 4) ** 1.6)
    if s.chance(0.65):
        at, t = (s.u(0.05, 0.7), s.u(0.06, 0.16), s.u(0.16, 0.26), s.u(0.22, 0.32)), s.thing(1.57, 0.8, 0.0, 0.0)
        frame, hour = s.hue("wood", 0.8), hours()[s.pick("day", "gold", "haze")]
        paints = {"frame": frame, "low": hour.horizon, "high": hour.zenith, "land": s.hue("grass")}
        s.figure("window", *at, **{name: (colour, t) for name, colour in paints.items()})
    if s.chance(0.4):
        cloth, t = s.hue("cloth", 0.8), s.thing(1.5, 0.5, 0.5, 0.0, 1.0)
        for k in range(4):
            light, wide = 0.75 + 0.12 * (k % 2) + 0.05 * k, s.side * 0.045 * (4 - k)
            s.put("0 0 1.5 0 1 .4 1.2 .9 0 .9", cloth * light, t, 0.5 - 0.5 * s.side, 0, wide)

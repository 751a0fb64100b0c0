"""What is painted: one function a genre, each laying out a scene from things; `GENRES` is the table."""

# fmt: off
import numpy as np

from artlib.collections.museum.canvas import HOURS, noise, rgb
from artlib.collections.museum.things import (
    building,
    face,
    flower,
    fruit,
    glow,
    haze,
    leaf,
    peaks,
    person,
    ridge,
    room,
    ship,
    tree,
    vase,
    water,
)  # fmt: skip


def _horizon(s, middle, spread=0.08):
    return float(np.clip(middle + 0.055 * s.c["horizon"] + spread * s.u(-1, 1), 0.15, 0.85))


def _count(s, low, high):
    """How many: crowded cultures and hands set more."""
    t = np.clip(0.5 + 0.22 * s.c["density"] + 0.22 * s.h["crowd"] + 0.3 * s.u(-1, 1), 0, 1)
    return int(round(low + (high - low) * t))


def _place(s, spread=0.3):
    """Where the subject stands across the picture: symmetrical cultures centre it, hands lean aside."""
    return float(np.clip(0.5 + 0.11 * s.h["lean"] + spread * (0.65 - 0.3 * np.tanh(s.c["symmetry"]))
        * s.u(-1, 1), 0.15, 0.85))


def _size(s):
    """The subject's scale, by habit of the hand."""
    return float(np.exp(0.14 * s.h["scale"] + 0.12 * s.u(-1, 1)))


def _sun(s, horizon):
    if s.rng.random() < 0.35 and s.hour in ("gold", "dusk", "night", "haze"):
        x, y = s.u(0.1, 0.9), horizon * s.u(0.25, 0.95)
        colour = rgb("fff0c0" if s.hour != "night" else "e8ecf4")
        glow(s, x, y, s.u(0.08, 0.2), colour, 0.5)
        s.blob(x, y, 0.035, 0.035, colour)
        s.focus = (x, y)


def _land(s, horizon, far=True):
    """Sky, distance and ground: what stands behind every open view."""
    s.sky(horizon + 0.03)
    _sun(s, horizon)
    steep = 0.6 + 0.3 * s.c["steep"] + s.u(0, 0.8)
    if far and s.rng.random() < 0.3 + 0.14 * s.c["steep"]:
        peaks(s, horizon + 0.01, s.hue("rock"), s.u(0.12, 0.3) * (1 + 0.2 * s.c["steep"]))
    for k in range(int(s.u(0, 2.99))):
        ridge(s, horizon + 0.02 * k, s.u(0.02, 0.06), 0.85 - 0.2 * k, s.hue("foliage" if k else "rock"),
            steep)


def landscape(s):
    """Hills, fields, trees, water, perhaps a hut or a walker."""
    h = _horizon(s, 0.44, 0.1)
    _land(s, h)
    ground = s.hue(s.pick("grass", "grass", "earth", "foliage")) if s.rng.random() > 0.1 else np.array([225,
        228, 232])
    s.plane(h, haze(s, ground, 0.15), s.thing(0.05, 0.5, 0.0, 1.0, 0.3))
    for k in range(int(s.u(1, 4))):
        ridge(s, h + 0.08 + 0.11 * k + s.u(0, 0.06), s.u(0.01, 0.04), 0.5 - 0.13 * k, ground
            * s.u(0.78, 1.12), 1.0, 1.0)
    kind, x = s.rng.random(), _place(s)
    if kind < 0.35:
        t, w = s.thing(0.2, 0.4, 0.0, 1.0), s.hue("water", 0.9)
        p = np.array([(x, h + 0.06), (x + s.u(-0.1, 0.1), h + 0.2), (x + s.u(-0.25, 0.25), 0.75),
            (x + s.u(-0.5, 0.5), 1.04)])
        s.limb(p, [0.008, 0.03, 0.08, 0.2], haze(s, w, 0.35), t)
    elif kind < 0.6:
        p = np.array([(x, h + 0.05), (x + s.u(-0.1, 0.1), h + 0.22), (x + s.u(-0.3, 0.3), 1.04)])
        s.limb(p, [0.006, 0.025, 0.1], s.hue("earth", 1.15), s.thing(1.2, 0.4, 0.0, 1.0))
    elif kind < 0.75:
        water(s, max(h + 0.12, s.u(0.6, 0.8)))
    if s.rng.random() < 0.45:
        for _ in range(1 + int(s.rng.random() * 2)):
            w = s.u(0.07, 0.15)
            building(s, s.u(0.05, 0.8), h + s.u(0.04, 0.14), w, w * s.u(0.6, 1.0), 0.5)
    spots = sorted((s.u(0.03, 0.5) ** 1.3, s.u(-0.02, 1.02)) for _ in range(_count(s, 1, 8)))
    kinds = ("round", "tall", "pine", "willow", "palm", "bare", "fir")
    kind = kinds[int(np.clip(np.round(2.6 + 1.5 * s.c["tree"] + 1.1 * s.rng.standard_normal()), 0, 6))]
    for near, x in spots:
        tree(s, x, h + 0.03 + near * (1 - h) * 1.2, (0.1 + 0.75 * near) * _size(s), 0.6 - near, kind=kind
            if s.rng.random() < 0.75 else None)
    if s.rng.random() < 0.4:
        person(s, s.u(0.2, 0.8), s.u(h + 0.2, 0.92), s.u(0.07, 0.13), depth=0.35)
    s.focus = (_place(s), h)


def cityscape(s):
    """A street, square or canal: rows of houses, a tower or dome, people."""
    h = _horizon(s, 0.56, 0.06)
    _land(s, h, far=False)
    s.plane(h, s.hue(s.pick("stone", "earth"), 0.95), s.thing(0.0, 0.5, 0.0, 0.0, 0.4))
    for _ in range(_count(s, 1, 3)):
        w = s.u(0.05, 0.09)
        building(s, s.u(0.05, 0.9), h + 0.02, w, s.u(0.28, 0.42) * (1 + 0.1 * s.c["tall"]), 0.65, "tower")
    x, tall = -0.06, 1 + 0.16 * s.c["tall"]
    while x < 0.98:
        w = s.u(0.09, 0.2)
        building(s, x, h + 0.03, w, s.u(0.14, 0.32) * tall, 0.5)
        x += w * s.u(0.92, 1.1)
    if s.rng.random() < 0.6:
        for q in (0, 1) if s.rng.random() < 0.35 + 0.2 * s.c["symmetry"] else (s.pick(0, 1),):
            w = s.u(0.16, 0.27)
            building(s, -0.05 if q == 0 else 1.05 - w, h + s.u(0.12, 0.24), w, s.u(0.42, 0.62) * tall, 0.15)
    if s.rng.random() < 0.35:
        water(s, h + s.u(0.08, 0.16), subject=1.0)
        for _ in range(2):
            if s.rng.random() < 0.6:
                ship(s, s.u(0.1, 0.9), s.u(h + 0.2, 0.92), s.u(0.1, 0.2), 0.3)
    else:
        for _ in range(_count(s, 1, 9)):
            near = s.u(0.05, 1.0)
            person(s, s.u(0.05, 0.95), h + 0.05 + near * (0.95 - h), 0.05 + 0.13 * near, depth=0.45 - 0.3
                * near)
    s.focus = (_place(s), h - 0.1)


def marina(s):
    """The sea: ships near and far, a coast, waves, harbour or storm."""
    h = _horizon(s, 0.5, 0.14)
    s.sky(h + 0.02)
    _sun(s, h)
    if s.rng.random() < 0.5:
        x = np.linspace(0, 1, 14)
        end = s.u(0.3, 0.8)
        y = h - np.clip(end - (x if s.side > 0 else 1 - x), 0, 1) * s.u(0.15, 0.6) * (1 + 0.3
            * np.sin(9 * x + s.u(0, 6)))
        s.shape(np.concatenate([np.stack([x, y], 1), [[1, h + 0.02], [0, h + 0.02]]]),
            haze(s, s.hue("rock"), 0.6), s.thing(0.4, 0.8, 0.3, 1.0))
    water(s, h, subject=1.0)
    rough = s.u(0, 1) ** 1.5
    t = s.thing(0.1, 0.4, 0.2, 1.0)
    for k in range(int(4 + 12 * rough)):
        y, x, w = h + (1 - h) * ((k + 0.8) / 16) ** 1.1, s.u(0, 1), s.u(0.05, 0.14)
        up = 0.018 * rough + 0.004
        crest = s.color[min(s.size - 1, int(y * s.size)), int(x * (s.size - 1))] * 0.65 + 80
        s.shape([(x - w, y), (x - 0.4 * w, y - up), (x, y - 1.6 * up), (x + 0.5 * w, y - 0.6 * up),
            (x + w, y), (x + 0.2 * w, y - 0.5 * up)], np.minimum(crest, 245), t)
    for near in sorted(s.u(0, 1) for _ in range(_count(s, 1, 5))):
        ship(s, _place(s, 0.55), h + 0.02 + near * (0.8 - h) * 0.9, (0.09 + 0.42 * near) * _size(s),
            0.65 - 0.5 * near)
    if s.rng.random() < 0.25:
        s.shape([(0, 1.02), (0, s.u(0.8, 0.95)), (0.5, s.u(0.88, 0.98)), (1.0, s.u(0.85, 1.0)), (1, 1.02)],
            s.hue("earth", 1.1), s.thing(0.2, 0.2, 0.2, 1.0))
        person(s, s.u(0.1, 0.9), 0.97, s.u(0.1, 0.16), depth=0.2)
    for _ in range(int(s.u(0, 5))):
        x, y = s.u(0, 1), s.u(0.05, h * 0.8)
        s.line([(x - 0.015, y), (x, y + 0.008), (x + 0.015, y - 0.003)], (235, 235, 230), 0.004)
    s.focus = (_place(s), h)


def portrait(s):
    """Head and shoulders, half length, or with hands; dress, hat and background vary."""
    kind = s.rng.random()
    if kind < 0.6:
        s.hour = s.pick("day", "haze", "gold", "gold", "grey")
        s.backdrop(s.hue("room", s.u(0.5, 1.2)), s.u(0.4, 1.0))
    elif kind < 0.8:
        room(s, 0.97)
    else:
        h = _horizon(s, 0.5)
        _land(s, h)
        s.plane(h, s.hue("grass"), s.thing(0.05, 0.6, 0.0, 0.0))
        tree(s, s.u(0, 1), h + 0.12, 0.4, 0.5, 0.0)
    size, x = _size(s), _place(s, 0.14)
    r, y = 0.165 * size, 0.4 - 0.05 * (size - 1)
    turn = float(np.clip(0.45 * s.rng.standard_normal() + 0.25 * s.h["lean"], -1, 1))
    cloth, wide = s.hue("cloth", s.u(0.7, 1.1)), s.u(1.55, 2.15) * (1 - 0.06 * s.c["tall"])
    hair = s.pick("long", "short", "bun", "curls", "beard", "short", "bald", "long")
    t, k = s.thing(1.3, 0.35, 0.5, 1.0, 1.0), s.thing(1.5, 0.35, 0.6, 1.0)
    base = y + 1.55 * r
    s.shape([(x - wide * r, 1.05), (x - wide * r, base + 0.75 * r), (x - 0.75 * wide * r, base + 0.2 * r),
        (x - 0.3 * r, base - 0.1 * r), (x + 0.3 * r, base - 0.1 * r), (x + 0.75 * wide * r, base + 0.2 * r),
        (x + wide * r, base + 0.75 * r), (x + wide * r, 1.05)], cloth, t)
    skin = face(s, x, y, r, turn, hair, age=float(s.rng.random() < 0.25) * 0.6)
    s.limb([(x, y + 0.75 * r), (x, base + 0.15 * r)], [0.42 * r, 0.46 * r], skin * 0.8, k)
    order = s.rng.random()
    if order < 0.25:
        q = s.thing(0.3, 0.3, 0.4, 1.0)
        for j in range(9):
            a = np.pi * j / 8
            s.blob(x + 0.95 * r * np.cos(a), base - 0.05 * r + 0.4 * r * np.sin(a), 0.28 * r, 0.18 * r,
                np.array([232, 228, 215]) * (0.85 + 0.15 * (j % 2)), q)
    elif order < 0.6:
        s.shape([(x - 0.6 * r, base - 0.05 * r), (x, base + s.u(0.5, 1.2) * r),
            (x + 0.6 * r, base - 0.05 * r)], s.pick(skin * 0.95, np.array([235, 230, 220]), s.hue("cloth")),
            k)
    else:
        for q in (-1, 1):
            s.line([(x + 0.35 * q * r, base - 0.05 * r), (x + 0.1 * q * r, base + 0.8 * r),
                (x + 0.15 * q * r, 1.0)], cloth * 0.55, 0.012)
    if s.rng.random() < 0.35:
        s.blob(x, y + 0.15 * r, 0, 0, cloth)
        top = s.hue("cloth", 0.8)
        q = s.thing(0.2, 0.3, 0.5, 1.0)
        if s.rng.random() < 0.5:
            s.blob(x, y - 0.62 * r, s.u(1.2, 1.7) * r, 0.22 * r, top * 0.8, q)
            s.shape([(x - 0.7 * r, y - 0.62 * r), (x - 0.6 * r, y - s.u(1.1, 1.5) * r),
                (x + 0.6 * r, y - 1.25 * r), (x + 0.7 * r, y - 0.62 * r)], top, q)
        else:
            s.blob(x, y - 0.72 * r, 0.95 * r, 0.55 * r, top, q, bumps=0.12)
    if s.rng.random() < 0.4:
        for q in (-1, 1):
            s.limb([(x + q * wide * 0.9 * r, 0.97), (x + q * 0.5 * r, 0.9), (x + 0.1 * q * r, 0.87)],
                [0.3 * r, 0.27 * r, 0.15 * r], cloth * 0.85, t)
            s.blob(x + 0.12 * q * r, 0.865, 0.24 * r, 0.16 * r, skin, k, turn=-0.4 * q)
    s.focus = (x, y)


def _table(s, y):
    s.backdrop(s.hue("room", s.u(0.45, 1.15)), s.u(0.5, 1.0))
    s.hour = s.pick("day", "haze", "gold", "gold", "grey")
    cloth = s.hue(s.pick("wood", "cloth", "wood", "stone"))
    s.plane(y, cloth, s.thing(0.0, 0.5, 0.0, 0.0, 0.8), shade=0.9)
    if s.rng.random() < 0.5:
        e = s.u(0.78, 0.92)
        s.shape([(0, e), (1, e), (1, 1.02), (0, 1.02)], cloth * 0.6, s.thing(0.0, 0.4, 0.0, 0.0))
    if s.rng.random() < 0.5:
        x, white = s.u(0.1, 0.7), s.pick(np.array([228.0, 224, 212]), s.hue("cloth"))
        t = s.thing(0.6, 0.4, 0.4, 1.0, 1.0)
        s.shape([(x, y + 0.06), (x + 0.3, y + 0.04), (x + 0.36, 0.9), (x + 0.2, 1.0), (x + 0.02, 0.92)],
            white, t)
        for _ in range(4):
            a = s.u(0.03, 0.28)
            s.line([(x + a, y + 0.07), (x + a * 1.1 + 0.02, 0.93)], white * 0.75, 0.01)


def still_life(s):
    """Vessels, fruit, bread, books or a skull on a table."""
    y = _horizon(s, 0.55, 0.06)
    _table(s, y)
    size = _size(s)
    for _ in range(_count(s, 1, 3)):
        vase(s, _place(s, 0.5), y + s.u(0.08, 0.2), s.u(0.25, 0.5) * size * (1 + 0.1 * s.c["tall"]),
            s.u(0.055, 0.11) * size)
    if s.rng.random() < 0.35:
        x, c, t = s.u(0.15, 0.75), s.hue("cloth"), s.thing(0.1, 0.3, 0.2, 1.0)
        for k in range(1 + int(s.u(0, 3))):
            b = y + 0.2 - 0.045 * k
            s.shape([(x, b), (x + 0.2, b + 0.015), (x + 0.2, b - 0.025), (x, b - 0.04)], s.hue("cloth")
                if k else c, t)
    if s.rng.random() < 0.4:
        x, b, r, c = _place(s, 0.4), y + s.u(0.18, 0.26), s.u(0.12, 0.17) * size, s.hue("pot")
        t = s.thing(0.1, 0.3, 0.6, 1.0, 1.0)
        for k in range(5):
            fruit(s, x + (k - 2) * 0.36 * r, b - 0.35 * r, 0.34 * r)
        a = np.linspace(0, np.pi, 12)
        s.shape(np.stack([x + r * np.cos(a), b - 0.35 * r + 0.5 * r * np.sin(a)], 1), c, t)
    for near in sorted(s.u(0.1, 0.36) for _ in range(_count(s, 2, 8))):
        fruit(s, _place(s, 0.6), y + near, s.u(0.035, 0.06) * size)
    s.focus = (_place(s), y)


def flowers(s):
    """A bouquet in a vase, or branches and blossoms against an empty ground."""
    if s.rng.random() < np.clip(0.2 + 0.16 * s.c["line"], 0.04, 0.6):
        s.backdrop(s.hue("stone", 1.1), 0.25)
        wood, t = s.hue("wood"), s.thing(0.7, 0.3, 0.5, 1.0)
        x, y, d = (0.0, s.u(0.3, 0.9), 1) if s.rng.random() < 0.5 else (1.0, s.u(0.3, 0.9), -1)
        for b in range(_count(s, 1, 4)):
            p = [(x, y + 0.06 * b), (x + d * 0.3, y - s.u(-0.1, 0.2)),
                (x + d * s.u(0.5, 0.9), y - s.u(-0.3, 0.4))]
            s.limb(p, [0.022, 0.014, 0.004], wood, t)
            for _ in range(7):
                f = s.u(0.15, 1) * 2
                i = int(f > 1)
                q = np.array(p[i]) + (np.array(p[i + 1]) - p[i]) * (f - i)
                (flower if s.rng.random() < 0.7 else fruit)(s, q[0] + s.u(-0.05, 0.05), q[1]
                    + s.u(-0.05, 0.05), s.u(0.025, 0.055) * _size(s))
        return
    y = _horizon(s, 0.72, 0.05)
    _table(s, y)
    size, x = _size(s), _place(s, 0.15)
    mx, my = vase(s, x, y + s.u(0.06, 0.14), s.u(0.22, 0.34), s.u(0.07, 0.11))
    spread, n, stem, t = s.u(0.2, 0.3) * size, _count(s, 6, 20), s.hue("foliage"), s.thing(1.2, 0.35, 0.3,
        1.0)
    for _ in range(n + 5):
        a, d = s.u(-2.9, -0.2), s.u(0.4, 1.1) * spread
        leaf(s, mx + 0.5 * d * np.cos(a), my + 0.6 * d * np.sin(a), s.u(0.06, 0.14) * size, a
            + s.u(-0.5, 0.5), stem * s.u(0.6, 1.15), t)
    for k in range(n):
        a, d = s.u(-3.0, -0.14), spread * np.sqrt((k + 1) / n) * s.u(0.7, 1.1)
        fx, fy = mx + d * np.cos(a), my - 0.03 + 1.15 * d * np.sin(a)
        s.line([(mx, my), (fx, fy)], stem * 0.8, 0.005)
        flower(s, fx, fy, s.u(0.035, 0.085) * size)
    for _ in range(int(s.u(0, 3))):
        (flower if s.rng.random() < 0.5 else fruit)(s, s.u(0.15, 0.85), y + s.u(0.12, 0.2), 0.04)
    s.focus = (mx, my - 0.1)


def religious(s):
    """Holy figures: mother and child, saints, a crucifixion, an apparition, a seated teacher; haloes and arches."""
    kind = s.rng.random()
    if kind < 0.4:
        s.backdrop(s.hue("room", s.u(0.7, 1.3)), 0.4)
    else:
        h = _horizon(s, 0.55)
        _land(s, h)
        s.plane(h, s.hue("earth"), s.thing(0.0, 0.6, 0.0, 0.0))
    if s.rng.random() < 0.4 + 0.15 * s.c["symmetry"]:
        t, stone = s.thing(1.57, 0.5, 0.3, 1.0, 0.6), s.hue("stone")
        a = np.linspace(np.pi, 0, 14)
        outer = np.stack([0.5 + 0.52 * np.cos(a), 0.42 - 0.45 * np.sin(a)], 1)
        inner = np.stack([0.5 + 0.43 * np.cos(a), 0.44 - 0.36 * np.sin(a)], 1)
        s.shape(np.concatenate([[[-0.02, 1.02]], outer, [[1.02, 1.02]], [[0.93, 1.02]], inner[::-1],
            [[0.07, 1.02]]]), stone, t)
    x, size = _place(s, 0.1), _size(s)
    if kind < 0.35:
        robe, under = rgb("2a3f7a") * s.u(0.7, 1.2), s.hue("cloth")
        t = s.thing(1.4, 0.3, 0.5, 1.0, 1.0)
        top = 0.27 * size
        s.blob(x, top, 0.17 * size, 0.17 * size, rgb("e8c860"), s.thing(0, 0.5, 0, 1.0))
        s.shape([(x - 0.1, top), (x + 0.1, top), (x + 0.3 * size, 0.75), (x + 0.36 * size, 1.02),
            (x - 0.36 * size, 1.02), (x - 0.28 * size, 0.72)], robe, t)
        s.shape([(x - 0.1, top + 0.12), (x + 0.1, top + 0.12), (x + 0.14, 0.7), (x - 0.12, 0.7)], under, t)
        face(s, x, top, 0.095 * size, s.u(-0.6, 0.6), "long")
        s.limb([(x - 0.13 * size, top - 0.02), (x, top - 0.13 * size), (x + 0.13 * size, top - 0.02)],
            [0.02, 0.035, 0.02], robe * 0.9, t)
        d = s.pick(-1, 1)
        person(s, x + 0.08 * d, 0.78, 0.36 * size, s.hue("sail"), 0.25, "sit", halo=True)
        for q in (-1, 1):
            s.limb([(x + q * 0.22 * size, 0.6), (x + q * 0.16, 0.74), (x + 0.05 * d, 0.7)],
                [0.05, 0.05, 0.03], robe * 0.85, t)
    elif kind < 0.55:
        wood, t = s.hue("wood", 0.8), s.thing(1.5, 0.4, 0.2, 1.0)
        s.shape([(x - 0.02, 0.06), (x + 0.02, 0.06), (x + 0.02, 0.9), (x - 0.02, 0.9)], wood, t)
        s.shape([(x - 0.24, 0.2), (x + 0.24, 0.2), (x + 0.24, 0.24), (x - 0.24, 0.24)], wood, t)
        skin, k = s.hue("skin"), s.thing(1.3, 0.3, 0.6, 1.0)
        for q in (-1, 1):
            s.limb([(x + 0.22 * q, 0.22), (x + 0.05 * q, 0.28)], [0.012, 0.022], skin, k)
        s.limb([(x, 0.27), (x + 0.015, 0.45), (x - 0.01, 0.62), (x, 0.78)], [0.05, 0.04, 0.03, 0.018], skin,
            k)
        s.shape([(x - 0.05, 0.45), (x + 0.06, 0.45), (x + 0.04, 0.53), (x - 0.04, 0.53)], (225, 220, 205), k)
        s.blob(x + 0.02, 0.22, 0.06, 0.06, rgb("e8c860"), s.thing(0, 0.4, 0, 1.0))
        s.blob(x + 0.02, 0.23, 0.03, 0.036, skin, k)
        for _ in range(_count(s, 1, 4)):
            person(s, s.u(0.08, 0.92), s.u(0.88, 0.98), s.u(0.3, 0.4) * size, depth=0.25,
                pose=s.pick("raise", "bow", "stand"), skirt=True, halo=s.rng.random() < 0.5)
    elif kind < 0.75:
        glow(s, x, 0.35, 0.3, rgb("f4e0a0"), 0.75)
        s.focus = (x, 0.35)
        robe, t, skin = s.hue("cloth"), s.thing(0.3, 0.3, 0.5, 1.0, 1.0), s.hue("skin")
        s.blob(x, 0.5, 0.26, 0.3, rgb("e4c070"), s.thing(0, 0.5, 0, 1.0))
        s.blob(x, 0.31 * size, 0.13, 0.13, rgb("f0d888"), s.thing(0, 0.5, 0, 1.0))
        s.shape([(x - 0.12, 0.42), (x + 0.12, 0.42), (x + 0.16, 0.66), (x + 0.34, 0.74), (x + 0.3, 0.84),
            (x - 0.3, 0.84), (x - 0.34, 0.74), (x - 0.16, 0.66)], robe, t)
        s.shape([(x - 0.12, 0.42), (x + 0.02, 0.42), (x + 0.1, 0.68), (x, 0.72)], skin,
            s.thing(1.3, 0.3, 0.6, 1.0))
        face(s, x, 0.31 * size, 0.085 * size, 0.0, s.pick("bun", "short"))
        s.blob(x, 0.72, 0.07, 0.03, skin, t)
        s.shape([(x - 0.4, 0.84), (x + 0.4, 0.84), (x + 0.33, 0.95), (x - 0.33, 0.95)], s.hue("petal"),
            s.thing(0, 0.3, 0.4, 1.0, 1.0))
    else:
        n = _count(s, 1, 5)
        for k in range(n):
            px = x if n == 1 else 0.14 + 0.72 * k / (n - 1) + s.u(-0.04, 0.04)
            person(s, px, s.u(0.9, 0.97), (0.78 if n == 1 else 0.55) * size * s.u(0.9, 1.05), depth=0.3,
                pose=s.pick("stand", "raise", "stand", "bow"), skirt=True, halo=True)
    s.focus = (x, 0.35)


def genre_painting(s):
    """Daily life: people at a table, at work, making music, in a room, an inn or a yard."""
    y = _horizon(s, 0.68, 0.06)
    if s.rng.random() < 0.72:
        room(s, y)
    else:
        _land(s, y - 0.12)
        s.plane(y - 0.12, s.hue("earth"), s.thing(0.0, 0.6, 0.0, 0.0, 0.3))
        building(s, s.pick(-0.05, 0.55), y, s.u(0.4, 0.5), s.u(0.35, 0.5), 0.45, subject=0.0)
    x, size = _place(s, 0.25), _size(s)
    people = sorted((s.u(0.05, 0.26), float(np.clip(x + s.u(-0.38, 0.38), 0.08,
        0.92))) for _ in range(_count(s, 2, 6)))
    for near, px in people[: len(people) // 2]:
        person(s, px, y + near, s.u(0.4, 0.52) * size, depth=0.35)
    if s.rng.random() < 0.75:
        w, h, b, wood = s.u(0.28, 0.44), 0.16 * size, y + 0.22, s.hue("wood")
        t = s.thing(0.0, 0.3, 0.2, 1.0)
        for q in (0.06, 0.94):
            s.limb([(x - w / 2 + q * w, b - h), (x - w / 2 + q * w, b + 0.02)], [0.012, 0.012], wood * 0.7, t)
        s.shape([(x - 0.42 * w, b - h - 0.06), (x + 0.42 * w, b - h - 0.06), (x + w / 2, b - h),
            (x - w / 2, b - h)], s.pick(wood, s.hue("cloth"), np.array([225.0, 220, 208])), t)
        s.shape([(x - w / 2, b - h), (x + w / 2, b - h), (x + w / 2, b - h + 0.03),
            (x - w / 2, b - h + 0.03)], wood * 0.7, t)
        for _ in range(2):
            vase(s, x + s.u(-0.4, 0.4) * w, b - h - 0.02, s.u(0.06, 0.11), s.u(0.014, 0.026))
        fruit(s, x + s.u(-0.3, 0.3) * w, b - h - 0.01, 0.022)
    for near, px in people[len(people) // 2 :]:
        person(s, px, min(0.99, y + 0.08 + near), s.u(0.42, 0.56) * size, depth=0.25,
            pose=s.pick("sit", "sit", "bow", "stand", "raise"))
    if s.rng.random() < 0.45:
        px, d, fur = s.u(0.1, 0.85), s.pick(-1, 1), s.hue("hair", 1.2)
        t = s.thing(0.2, 0.2, 0.6, 1.0)
        s.blob(px, 0.9, 0.075, 0.032, fur, t)
        s.blob(px + 0.085 * d, 0.87, 0.028, 0.024, fur, t)
        s.limb([(px - 0.07 * d, 0.89), (px - 0.12 * d, 0.85)], [0.01, 0.004], fur, t)
        for q in (-0.05, -0.02, 0.03, 0.06):
            s.limb([(px + q, 0.91), (px + q, 0.955)], [0.01, 0.007], fur * 0.8, t)
    s.focus = (x, y - 0.1)


def figure(s):
    """The human body, standing, seated or lying, bare or draped, alone or a few together."""
    kind, x, size = s.rng.random(), _place(s, 0.15), _size(s)
    if kind < 0.5:
        s.backdrop(s.hue("room", s.u(0.5, 1.2)), s.u(0.4, 0.9))
        s.plane(0.86, s.hue("wood"), s.thing(0.0, 0.5, 0.0, 0.0, 0.5))
    else:
        h = _horizon(s, 0.48)
        _land(s, h)
        s.plane(h, s.hue("grass"), s.thing(0.05, 0.5, 0.0, 0.0))
        tree(s, s.pick(0.08, 0.92), h + 0.3, s.u(0.5, 0.8), 0.35, 0.0)
    if s.rng.random() < 0.38:
        d, y, skin, sheet = s.pick(-1, 1), s.u(0.66, 0.74), s.hue("skin"), s.hue(s.pick("cloth", "sail"))
        t, k = s.thing(0.2, 0.3, 0.4, 1.0, 1.0), s.thing(0.1, 0.25, 0.75, 1.0)
        s.shape([(x - 0.46, y + 0.06), (x - 0.3, y - 0.02), (x + 0.4, y), (x + 0.48, y + 0.1),
            (x + 0.44, y + 0.25), (x - 0.46, y + 0.25)], sheet, t)
        for _ in range(5):
            a = s.u(-0.4, 0.4)
            s.line([(x + a, y + 0.05), (x + a + s.u(-0.06, 0.06), y + 0.24)], sheet * 0.75, 0.012)
        p = np.array([(-0.18, -0.17), (-0.1, -0.07), (0.02, -0.02), (0.1, -0.03), (0.24, -0.1), (0.32, 0.03),
            (0.42, 0.05)]) * (d, 1) * size + (x, y)
        s.limb(p[[2, 3, 4, 6]], [0.06, 0.065, 0.04, 0.016], skin * 0.88, k)
        s.limb(p[[0, 1, 2, 3]], [0.05, 0.06, 0.05, 0.065], skin, k)
        s.limb([p[3], p[5], p[6] + (0, 0.02)], [0.06, 0.04, 0.017], skin, k)
        s.limb([p[0], p[0] + (-0.1 * d, 0.1), p[0] + (-0.02 * d, 0.2)], [0.03, 0.024, 0.016], skin * 0.94, k)
        face(s, p[0][0] - 0.03 * d, p[0][1] - 0.1, 0.072 * size, 0.6 * d,
            s.pick("long", "bun", "short", "curls"))
    else:
        for j in range(1 + (s.rng.random() < 0.3) + (s.rng.random() < 0.12)):
            person(s, float(np.clip(x + 0.26 * (0, -1, 1)[j], 0.1, 0.9)), 0.96 - 0.03 * j, (0.84 - 0.1 * j)
                * min(size, 1.08), depth=0.25, pose=s.pick("stand", "raise", "walk", "sit", "bow"),
                bare=s.rng.random() < 0.6)
    s.focus = (x, 0.45)


def abstract(s):
    """No thing at all: circles, bars, arcs, triangles, nets, hills of colour."""
    s.hour = "day"
    s.backdrop(s.hue(s.pick("pure", "stone", "room", "sail"), s.u(0.7, 1.1)), 0.1)
    family = s.pick("pure", "pure", "cloth", "fruit", "earth")
    kind = s.pick("mixed", "bars", "circles", "arcs", "shards", "bands")
    for _ in range(_count(s, 5, 16)):
        x, y, r, a = _place(s, 0.75), s.u(0.05, 0.95), s.u(0.04, 0.24) * _size(s), s.u(0, np.pi)
        if s.c["symmetry"] + s.rng.standard_normal() > 1.0:
            a = s.pick(0.0, np.pi / 2)
        t, c = s.thing(a, s.u(0.1, 0.8), s.pick(0.0, 0.0, 0.5), 1.0), s.hue(family)
        turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        what = kind if kind != "mixed" else s.pick("bars", "circles", "arcs", "shards")
        if what == "circles":
            s.blob(x, y, r, r, c, t)
            if s.rng.random() < 0.5:
                s.blob(x, y, 0.6 * r, 0.6 * r, s.hue(family), t)
        elif what == "arcs":
            b = np.linspace(a, a + s.u(1.5, 4.5), 14)
            s.limb(np.stack([x + r * np.cos(b), y + r * np.sin(b)], 1), np.full(14, 0.16 * r), c, t)
        elif what == "shards":
            s.shape((s.rng.random((s.pick(3, 4), 2)) - 0.5) * 2.4 * r + (x, y), c, t)
        else:
            w = (3.0, 0.5) if what == "bands" else (1.7, s.u(0.08, 0.4))
            s.shape(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (r * w[0], r * w[1]) @ turn + (x, y), c,
                t)
    for _ in range(int(s.u(0, 6))):
        s.line((s.rng.random((3, 2)) * 1.2 - 0.1), s.hue("pure", 0.5), s.u(0.004, 0.014))
    s.focus = (_place(s), s.u(0.3, 0.7))


# genre: (composition, share, first year, favoured in: style name -> factor)
GENRES = {
    "portrait": (portrait, 1.6, 1200),
    "landscape": (landscape, 1.8, 1200),
    "cityscape": (cityscape, 0.8, 1400),
    "marina": (marina, 0.7, 1550),
    "still life": (still_life, 0.7, 1560),
    "flower painting": (flowers, 0.6, 1200),
    "religious painting": (religious, 1.1, 1200),
    "genre painting": (genre_painting, 1.2, 1500),
    "figure": (figure, 0.8, 1200),
    "abstract": (abstract, 0.8, 1905),
}
__all__ = ["GENRES", "HOURS", "noise"]

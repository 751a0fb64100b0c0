"""What is painted: one function a genre, each laying out a scene from things; `GENRES` is the table."""

from itertools import pairwise
from math import tanh

import numpy as np

from artlib.collections.museum.canvas import rgb
from artlib.collections.museum.things import (
    BOX,
    beast,
    building,
    face,
    flower,
    fruit,
    glow,
    habit,
    leaf,
    peaks,
    person,
    ridge,
    room,
    ship,
    tree,
    vase,
    water,
)


# fmt: off
def _horizon(s, middle, spread=0.08):
    return float(np.clip(middle + 0.055 * s.c["horizon"] + spread * s.u(-1, 1), 0.15, 0.85))


def _count(s, low, high):
    """How many: crowded cultures and hands set more."""
    return round(low + (high - low) * float(np.clip(0.5 + 0.22 * s.c["density"] + 0.25 * s.h["crowd"] + 0.3
        * s.u(-1, 1), 0, 1)))


def _place(s, spread=0.3):
    """Where the subject stands across the picture: symmetrical cultures centre it, hands lean aside."""
    return float(np.clip(0.5 + 0.12 * s.h["lean"] + spread * (0.65 - 0.3 * tanh(s.c["symmetry"])) * s.u(-1, 1),
        0.15, 0.85))


def _size(s):
    """The subject's scale, by habit of the hand."""
    return float(np.exp(0.16 * s.h["scale"] + 0.12 * s.u(-1, 1)))


def _land(s, horizon, far=True):
    """Sky, sun or moon, and distance: what stands behind every open view."""
    s.sky(horizon + 0.03)
    if s.chance(0.35) and s.hour in ("gold", "dusk", "night", "haze"):
        s.focus, colour = (s.u(0.1, 0.9), horizon * s.u(0.25, 0.95)), rgb("fff0c0" if s.hour != "night" else "e8ecf4")
        glow(s, *s.focus, s.u(0.08, 0.2), colour, 0.5)
        s.blob(*s.focus, 0.035, 0.035, colour)
    if far and s.chance(np.clip(0.3 + 0.14 * s.c["steep"], 0.05, 0.8)):
        peaks(s, horizon + 0.01, s.hue("rock"), s.u(0.12, 0.3) * (1 + 0.2 * s.c["steep"]))
    for k in range(int(s.u(0, 2.99))):
        ridge(s, horizon + 0.02 * k, s.u(0.02, 0.06), 0.85 - 0.2 * k, s.hue("foliage" if k else "rock"), 0.6 + 0.3
            * s.c["steep"] + s.u(0, 0.8))


def landscape(s):
    """Hills, fields, trees, a river, path or lake, perhaps a hut, a walker, cattle."""
    h = _horizon(s, 0.44, 0.1)
    _land(s, h)
    ground = s.hue(s.pick("grass", "grass", "earth", "foliage"))
    s.plane(h, s.air(ground, 0.15), s.thing(0.05, 0.5, 0.0, 1.0, 0.3))
    for k in range(int(s.u(1, 4))):
        ridge(s, h + 0.08 + 0.11 * k + s.u(0, 0.06), s.u(0.01, 0.04), 0.5 - 0.13 * k, ground * s.u(0.78, 1.12), 1.0,
            1.0)
    kind, x = s.rng.random(), _place(s)
    if kind < 0.6:
        river = kind < 0.35
        p = np.array([(x, h + 0.06, 0.008), (x + s.u(-0.1, 0.1), h + 0.2, 0.028), (x + s.u(-0.25, 0.25), 0.75, 0.07),
            (x + s.u(-0.5, 0.5), 1.04, 0.1 + 0.1 * river)])
        s.limb(p, 0, 0, 1, 1, s.air(s.hue("water"), 0.35) if river else s.hue("earth", 1.15),
            s.thing(0.2 if river else 1.2, 0.4, 0.0, 1.0))
    elif kind < 0.75:
        water(s, max(h + 0.12, s.u(0.6, 0.8)))
    for _ in range(int(s.u(0, 2.8)) if s.chance(0.6) else 0):
        w = s.u(0.07, 0.15)
        building(s, s.u(0.05, 0.8), h + s.u(0.04, 0.14), w, w * s.u(0.6, 1.0), 0.5)
    spots, kind = sorted((s.u(0.03, 0.5) ** 1.3, s.u(-0.02, 1.02)) for _ in range(_count(s, 1, 8))), habit(s)
    for near, x in spots:
        tree(s, x, h + 0.03 + near * (1 - h) * 1.2, (0.16 + 0.9 * near) * _size(s), 0.6 - near, kind=kind
            if s.chance(0.75) else None)
    for _ in range(int(s.u(0, 2.5))):
        y, beasts = s.u(h + 0.15, 0.95), s.chance(0.5)
        (beast if beasts else person)(s, s.u(0.1, 0.9), y, (0.02 if beasts else 0.06) + (0.06 if beasts else 0.16)
            * (y - h))
    s.focus = (_place(s), h)


def _street(s, h, tall):
    """Rows of houses running to a vanishing point."""
    vx = _place(s)
    for side in (-1, 1):
        edge, z = np.linspace(0.0, 0.9, 7), s.u(0.3, 0.55) * tall
        for a, b in pairwise(edge):
            x0, x1 = (vx + (0.5 + 0.5 * side - vx) * (1 - e) * 1.04 for e in (a, b))
            k, wall, roof, t = z * s.u(0.8, 1.25), s.hue("wall"), s.hue("roof"), s.thing(1.57, 0.25 + 0.5 * b, 0.1,
                1.0, 0.6)
            top0, top1 = h - k * (1 - a), h - k * (1 - b)
            low0, low1 = (h + 0.5 * (1 - e) * (1 - h) + 0.02 for e in (a, b))
            s.put(np.array([(x0, low0), (x0, top0), (x1, top1), (x1, low1)]), 0, 0, 1, 1,
                s.air(wall * (0.94 + 0.14 * side * s.side), 0.5 * b), t)
            lift = 0.09 * (1 - b) * (1.6 if s.c["roof"] > 0 else 0.8)
            s.put(np.array([(x0, top0), (0.5 * (x0 + x1), 0.5 * (top0 + top1) - lift), (x1, top1)]), 0, 0, 1, 1,
                s.air(roof, 0.5 * b), t)
            f, g = (v.reshape(-1, 1, 1) for v in np.meshgrid((0.2, 0.45, 0.7), (0.3, 0.7)))
            m = a + (b - a) * g
            y = h - k * (1 - m) + f * (k * (1 - m) + 0.5 * (1 - m) * (1 - h))
            pane = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
            x = x0 + (x1 - x0) * g + pane[:, :1] * 0.16 * (x1 - x0)
            s.many(np.concatenate([x, y + pane[:, 1:] * 0.08 * k * (1 - m)], 2), wall * 0.33)


def cityscape(s):
    """A street, square or canal: rows of houses, a tower or dome, people, carts, boats."""
    h, tall = _horizon(s, 0.56, 0.06), 1 + 0.16 * s.c["tall"]
    _land(s, h, far=False)
    s.plane(h, s.hue(s.pick("stone", "earth"), 0.95), s.thing(0.0, 0.5, 0.0, 0.0, 0.4))
    for _ in range(_count(s, 1, 3)):
        building(s, s.u(0.05, 0.9), h + 0.02, s.u(0.05, 0.09), s.u(0.28, 0.42) * tall, 0.65, tower=True)
    if s.chance(0.35):
        _street(s, h, tall)
    else:
        x = -0.06
        while x < 0.98:
            w = s.u(0.08, 0.22)
            building(s, x, h + 0.03, w, s.u(0.12, 0.34) * tall, 0.5)
            x += w * s.u(0.92, 1.15)
        for q in (0, 1) if s.chance(0.3 + 0.15 * tanh(s.c["symmetry"])) else (s.pick(0,
                1),) if s.chance(0.6) else ():
            w = s.u(0.16, 0.27)
            building(s, -0.05 if q == 0 else 1.05 - w, h + s.u(0.12, 0.24), w, s.u(0.42, 0.62) * tall, 0.15)
        if s.chance(0.4):
            water(s, h + s.u(0.08, 0.16), subject=1.0)
            for _ in range(_count(s, 0, 3)):
                ship(s, s.u(0.1, 0.9), s.u(h + 0.2, 0.92), s.u(0.1, 0.2), 0.3)
            return
    for near in sorted(s.u(0.05, 1.0) for _ in range(_count(s, 1, 9))):
        who, r = (person, 0.05 + 0.13 * near) if s.chance(0.85) else (beast, 0.02 + 0.04 * near)
        who(s, s.u(0.05, 0.95), h + 0.05 + near * (0.95 - h), r)
    s.focus = (_place(s), h - 0.1)


def marina(s):
    """The sea: ships near and far, a coast, waves, shore or storm."""
    h = _horizon(s, 0.5, 0.14)
    _land(s, h - 0.01, far=False) if s.chance(0.4) else s.sky(h + 0.02)
    if s.chance(0.5):
        x, end = np.linspace(0, 1, 14), s.u(0.3, 0.8)
        y = h - np.clip(end - (x if s.side > 0 else 1 - x), 0, 1) * s.u(0.15, 0.6) * (1 + 0.3
            * np.sin(9 * x + s.u(0, 6)))
        s.put(np.stack([np.r_[x, 1, 0], np.r_[y, h + 0.02, h + 0.02]], 1), 0, 0, 1, 1, s.air(s.hue("rock"), 0.6),
            s.thing(0.4, 0.8, 0.3, 1.0))
        if s.chance(0.4):
            building(s, 0.06 if s.side > 0 else 0.86, h - 0.12, 0.05, s.u(0.1, 0.2), 0.55, tower=True)
    water(s, h, subject=1.0)
    rough, t = s.u(0, 1) ** 1.5, s.thing(0.1, 0.4, 0.2, 1.0)
    for k in range(int(4 + 12 * rough)):
        y, x = h + (1 - h) * ((k + 0.8) / 16) ** 1.1, s.u(0, 1)
        s.put("-1 0 -.4 -1 0 -1.6 .5 -.6 1 0 .2 -.5", x, y, s.u(0.05, 0.14), 0.018 * rough + 0.004, s.at(x, y) * 0.65
            + 80, t)
    for near in sorted(s.u(0, 1) for _ in range(_count(s, 1, 5))):
        ship(s, _place(s, 0.55), h + 0.02 + near * (0.8 - h) * 0.9, (0.09 + 0.42 * near) * _size(s), 0.65 - 0.5 * near)
    if s.chance(0.25):
        s.put(np.array([(0, 1.02), (0, s.u(0.8, 0.95)), (0.5, s.u(0.88, 0.98)), (1, s.u(0.85, 1)), (1, 1.02)]), 0, 0,
            1, 1, s.hue("earth", 1.1), s.thing(0.2, 0.2, 0.2, 1.0))
        person(s, s.u(0.1, 0.9), 0.97, s.u(0.1, 0.16), depth=0.2)
    for _ in range(int(s.u(0, 5))):
        s.line("-1 0 0 .5 1 -.2", s.u(0, 1), s.u(0.05, h * 0.8), 0.015, 0.016, (235, 235, 230), 0.004)
    s.focus = (_place(s), h)


def portrait(s):
    """Head and shoulders or half length; dress, collar, hat, hands and background vary."""
    kind, size, x = s.rng.random(), _size(s), _place(s, 0.14)
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
    r, y = 0.165 * size, 0.4 - 0.05 * (size - 1)
    turn = float(np.clip(0.45 * s.rng.standard_normal() + 0.25 * s.h["lean"], -1, 1))
    cloth, wide, base = s.hue("cloth", s.u(0.7, 1.1)), s.u(1.55, 2.15) * (1 - 0.06 * s.c["tall"]) * r, y + 1.55 * r
    t, k = s.thing(1.3, 0.35, 0.45, 1.0, 1.0), s.thing(1.5, 0.35, 0.4, 1.0)
    skin = face(s, x, y, r, turn, s.pick("long", "short", "bun", "curls", "beard", "short", "bald", "long"), age=0.6
        * s.chance(0.25))
    s.put("-1 4 -1 .75 -.75 .2 -.3 -.1 .3 -.1 .75 .2 1 .75 1 4", x, base, wide, r, cloth, t)
    collar = s.rng.random()
    if collar < 0.25:
        for a in np.linspace(np.pi, 0, 9):
            s.blob(x + 0.95 * r * np.cos(a), base - 0.15 * r + 0.4 * r * np.sin(a), 0.28 * r, 0.18 * r,
                np.array([232, 228, 215]) * s.u(0.85, 1), k)
    elif collar < 0.6:
        s.put(np.array([(-0.5, -0.12), (0, s.u(0.5, 1.2)), (0.5, -0.12)]), x, base, r, r,
            s.pick(skin * 0.95, np.array([235.0, 230, 220]), s.hue("cloth")), k)
    else:
        for q in (-1, 1):
            s.line("3 0 1 8 1.2 30", x, base - 0.05 * r, 0.1 * q * r, 0.1 * r, cloth * 0.55, 0.012)
    if s.chance(0.35):
        top, q = s.hue("cloth", 0.8), s.thing(0.2, 0.3, 0.5, 1.0)
        if s.chance(0.5):
            s.blob(x, y - 0.62 * r, s.u(1.2, 1.7) * r, 0.22 * r, top * 0.8, q)
            s.put("-.7 0 -.6 -1 .6 -.85 .7 0", x, y - 0.62 * r, r, s.u(0.5, 0.9) * r, top, q)
        else:
            s.blob(x, y - 0.72 * r, 0.95 * r, 0.55 * r, top, q, bumps=0.12)
    if s.chance(0.4):
        for q in (-1, 1):
            s.limb(np.array([(0.9 * wide / r, 0.97, 0.3), (0.5, 0.9, 0.27), (0.1, 0.87, 0.15)]) * np.array([r, 1, r]),
                x, 0, q, 1, cloth * 0.85, t)
            s.blob(x + 0.12 * q * r, 0.865, 0.24 * r, 0.16 * r, skin, k, turn=-0.4 * q)
    s.focus = (x, y)


def _table(s, y):
    """A table before a wall, perhaps with its edge and a cloth over it."""
    s.hour = s.pick("day", "haze", "gold", "gold", "grey")
    s.backdrop(s.hue("room", s.u(0.45, 1.15)), s.u(0.5, 1.0))
    cloth = s.hue(s.pick("wood", "cloth", "wood", "stone"))
    s.plane(y, cloth, s.thing(0.0, 0.5, 0.0, 0.0, 0.8), shade=0.9)
    if s.chance(0.5):
        s.put(BOX, 0, s.u(0.78, 0.92), 1, 0.3, cloth * 0.6, s.thing(0.0, 0.4, 0.0, 0.0))
    if s.chance(0.5):
        x, d, white, t = s.u(0.3, 0.7), s.pick(-1, 1), s.pick(np.array([228.0, 224, 212]),
            s.hue("cloth")), s.thing(0.6, 0.4, 0.3, 1.0, 1.0)
        s.put("0 .06 .12 .02 .3 .04 .33 .2 .36 .3 .28 .38 .2 .4 .1 .33 .02 .36 -.02 .2", x, y, d, 1, white, t)
        for a in s.rng.random(4) * 0.25 + 0.03:
            s.line(np.array([(a, 0.06), (a * 1.1 + 0.02, 0.34)]), x, y, d, 1, white * 0.78, 0.01)


def still_life(s):
    """Vessels, a bowl, fruit, books, a skull on a table."""
    y, size = _horizon(s, 0.55, 0.06), _size(s)
    _table(s, y)
    for _ in range(_count(s, 1, 3)):
        vase(s, _place(s, 0.5), y + s.u(0.08, 0.2), s.u(0.25, 0.5) * size * (1 + 0.1 * s.c["tall"]), s.u(0.055, 0.11)
            * size)
    if s.chance(0.35):
        x, t = s.u(0.15, 0.75), s.thing(0.1, 0.3, 0.2, 1.0)
        for k in range(1 + int(s.u(0, 3))):
            s.put("0 0 1 .4 1 -.6 0 -1", x + s.u(-0.02, 0.02), y + 0.2 - 0.045 * k, 0.2, 0.04, s.hue("cloth"), t)
    if s.chance(0.2):
        x, b, bone, t = _place(s), y + 0.14, rgb("d8c8a0"), s.thing(0.8, 0.3, 0.9, 1.0)
        s.blob(x, b - 0.08, 0.085, 0.075, bone, t)
        s.put("-.06 0 .05 0 .045 .06 -.05 .06", x, b - 0.04, 1, 1, bone * 0.9, t)
        for q in (-0.035, 0.03):
            s.blob(x + q, b - 0.06, 0.02, 0.024, bone * 0.25)
    if s.chance(0.4):
        x, b, r, a = _place(s, 0.4), y + s.u(0.18, 0.26), s.u(0.12, 0.17) * size, np.linspace(0, np.pi, 12)
        for k in range(5):
            fruit(s, x + (k - 2) * 0.36 * r, b - 0.35 * r, 0.34 * r)
        s.put(np.stack([np.cos(a), 0.5 * np.sin(a)], 1), x, b - 0.35 * r, r, r, s.hue("pot"),
            s.thing(0.1, 0.3, 0.6, 1.0, 1.0))
    for near in sorted(s.u(0.1, 0.36) for _ in range(_count(s, 2, 8))):
        fruit(s, _place(s, 0.6), y + near, s.u(0.035, 0.06) * size)
    s.focus = (_place(s), y)


def flowers(s):
    """A bouquet in a vase, or branches and blossoms against an empty ground."""
    size = _size(s)
    if s.chance(np.clip(0.2 + 0.16 * s.c["line"], 0.04, 0.6)):
        s.backdrop(s.hue("stone", 1.1), 0.25)
        wood, t, d, y = s.hue("wood"), s.thing(0.7, 0.3, 0.5, 1.0), s.pick(-1, 1), s.u(0.3, 0.9)
        for b in range(_count(s, 1, 4)):
            p = np.array([(0, y + 0.06 * b, 0.022), (0.3, y - s.u(-0.1, 0.2), 0.014),
                (s.u(0.5, 0.9), y - s.u(-0.3, 0.4), 0.004)])
            s.limb(p, 0.5 - 0.5 * d, 0, d, 1, wood, t)
            for f in s.rng.random(7) * 1.7 + 0.3:
                q = p[int(f)] + (p[int(f) + 1] - p[int(f)]) * (f - int(f))
                (flower if s.chance(0.7) else fruit)(s, 0.5 - 0.5 * d + d * q[0] + s.u(-0.05, 0.05), q[1]
                    + s.u(-0.05, 0.05), s.u(0.025, 0.055) * size)
        return
    y, x = _horizon(s, 0.72, 0.05), _place(s, 0.15)
    _table(s, y)
    mx, my = vase(s, x, y + s.u(0.06, 0.14), s.u(0.22, 0.34), s.u(0.07, 0.11))
    spread, n, stem, t = s.u(0.2, 0.3) * size, _count(s, 6, 20), s.hue("foliage"), s.thing(1.2, 0.35, 0.3, 1.0)
    for _ in range(n + 5):
        a, d = s.u(-2.9, -0.2), s.u(0.4, 1.1) * spread
        leaf(s, mx + 0.5 * d * np.cos(a), my + 0.6 * d * np.sin(a), s.u(0.06, 0.14) * size, a + s.u(-0.5, 0.5), stem
            * s.u(0.6, 1.15), t)
    for k in range(n):
        a, d = s.u(-3.0, -0.14), spread * np.sqrt((k + 1) / n) * s.u(0.7, 1.1)
        end = np.array([d * np.cos(a), 1.15 * d * np.sin(a) - 0.03])
        s.line(np.stack([end * 0, end]), mx, my, 1, 1, stem * 0.8, 0.005)
        flower(s, mx + end[0], my + end[1], s.u(0.035, 0.085) * size)
    for _ in range(int(s.u(0, 3))):
        s.pick(flower, fruit)(s, s.u(0.15, 0.85), y + s.u(0.12, 0.2), 0.04)
    s.focus = (mx, my - 0.1)


def religious(s):
    """Holy figures with haloes: mother and child, crucifixion, seated teacher, saints; an arch about them."""
    kind, x, size, halo = s.rng.random(), _place(s, 0.1), _size(s), rgb("e8c860")
    if s.chance(0.4):
        s.backdrop(s.hue("room", s.u(0.7, 1.3)), 0.4)
    else:
        h = _horizon(s, 0.55)
        _land(s, h)
        s.plane(h, s.hue("earth"), s.thing(0.0, 0.6, 0.0, 0.0))
    if s.chance(np.clip(0.4 + 0.15 * s.c["symmetry"], 0.1, 0.9)):
        a = np.linspace(np.pi, 0, 14)
        rim = np.stack([np.cos(a), -np.sin(a)], 1)
        arch = [[(-0.02, 1.02)], rim * 0.52 + np.array([0.5, 0.47]), [(1.02, 1.02), (0.93, 1.02)], rim[::-1] * 0.43
            + np.array([0.5, 0.5]), [(0.07, 1.02)]]
        s.put(np.concatenate(arch), 0, 0, 1, 1, s.hue("stone"), s.thing(1.57, 0.5, 0.3, 1.0, 0.6))
    if kind < 0.35:
        robe, top, t = rgb("2a3f7a") * s.u(0.7, 1.2) if s.chance(0.6) else s.hue("cloth"), 0.27 * size, s.thing(1.4,
            0.3, 0.45, 1.0, 1.0)
        s.blob(x, top, 0.17 * size, 0.17 * size, halo, s.thing(0, 0.5, 0, 1.0))
        s.put("-.12 0 .12 0 .3 .48 .36 .8 -.36 .8 -.28 .45", x, top, size, size, robe, t)
        s.put("-.1 .12 .1 .12 .14 .45 -.12 .45", x, top, size, size, s.hue("cloth"), t)
        face(s, x, top, 0.095 * size, s.u(-0.6, 0.6), "long")
        s.limb("-.14 .1 .02 -.12 -.06 .026 0 -.13 .032 .12 -.06 .026 .14 .1 .02", x, top, size, size, robe * 0.9, t)
        d = s.pick(-1, 1)
        person(s, x + 0.08 * d, 0.78, 0.36 * size, s.hue("sail"), 0.25, "sit", halo=True)
        for q in (-1, 1):
            s.limb(np.array([(0.22 * size, 0.6, 0.05), (0.16, 0.74, 0.05), (-0.05 * d * q, 0.71, 0.03)]), x, 0, q, 1,
                robe * 0.85, t)
    elif kind < 0.55:
        wood, t, skin, k = s.hue("wood", 0.8), s.thing(1.5, 0.4, 0.2, 1.0), s.hue("skin"), s.thing(1.3, 0.3, 0.6, 1.0)
        s.put("-.02 .06 .02 .06 .02 .9 -.02 .9", x, 0, 1, 1, wood, t)
        s.put("-.24 .2 .24 .2 .24 .24 -.24 .24", x, 0, 1, 1, wood, t)
        for q in (-1, 1):
            s.limb(".22 .22 .012 .05 .28 .022", x, 0, q, 1, skin, k)
        s.limb("0 .27 .05 .015 .45 .04 -.01 .62 .03 0 .78 .018", x, 0, 1, 1, skin, k)
        s.put("-.05 .45 .06 .45 .04 .53 -.04 .53", x, 0, 1, 1, (225, 220, 205), k)
        s.blob(x + 0.02, 0.22, 0.06, 0.06, halo, s.thing(0, 0.4, 0, 1.0))
        s.blob(x + 0.02, 0.23, 0.03, 0.036, skin, k)
        for _ in range(_count(s, 1, 4)):
            person(s, s.u(0.08, 0.92), s.u(0.88, 0.98), s.u(0.3, 0.4) * size, depth=0.25,
                pose=s.pick("raise", "bow", "stand"), skirt=True, halo=s.chance(0.5))
    elif kind < 0.75:
        glow(s, x, 0.35, 0.3, rgb("f4e0a0"), 0.75)
        robe, t, top = s.hue("cloth"), s.thing(0.3, 0.3, 0.45, 1.0, 1.0), 0.3 * size
        s.blob(x, 0.5, 0.26, 0.3, rgb("e4c070"), s.thing(0, 0.5, 0, 1.0))
        s.blob(x, top, 0.13, 0.13, rgb("f0d888"), s.thing(0, 0.5, 0, 1.0))
        face(s, x, top, 0.085 * size, 0.0, s.pick("bun", "short"))
        s.put("-.13 .42 .13 .42 .17 .66 .34 .74 .3 .84 -.3 .84 -.34 .74 -.17 .66", x, 0, 1, 1, robe, t)
        s.put("-.1 .42 .03 .42 .1 .68 0 .72", x, 0, 1, 1, s.hue("skin"), s.thing(1.3, 0.3, 0.5, 1.0))
        s.blob(x, 0.72, 0.07, 0.03, s.hue("skin"), t)
        for q in np.linspace(-0.36, 0.36, 7):
            s.put("-.07 0 -.05 -.06 0 -.09 .05 -.06 .07 0 .03 .07 -.03 .07", x + q, 0.88, 1, 1, s.hue("petal"),
                s.thing(0, 0.3, 0.4, 1.0, 1.0))
    else:
        n = _count(s, 1, 5)
        for k in range(n):
            px = x if n == 1 else 0.14 + 0.72 * k / (n - 1) + s.u(-0.04, 0.04)
            person(s, px, s.u(0.9, 0.97), (0.78 if n == 1 else 0.55) * size * s.u(0.9, 1.05), depth=0.3,
                pose=s.pick("stand", "raise", "stand", "bow"), skirt=True, halo=True)
    s.focus = (x, 0.35)


def genre_painting(s):
    """Daily life: people at a table, at work, in a room, an inn or a yard, with animals."""
    y, x, size = _horizon(s, 0.68, 0.06), _place(s, 0.25), _size(s)
    if s.chance(0.7):
        room(s, y)
    else:
        _land(s, y - 0.12)
        s.plane(y - 0.12, s.hue("earth"), s.thing(0.0, 0.6, 0.0, 0.0, 0.3))
        building(s, s.pick(-0.05, 0.55), y, s.u(0.4, 0.5), s.u(0.35, 0.5), 0.45, subject=0.0)
    people = sorted((s.u(0.05, 0.26), float(np.clip(x + s.u(-0.38, 0.38), 0.08, 0.92))) for _ in range(_count(s, 2, 6)))
    for near, px in people[: len(people) // 2]:
        person(s, px, y + near, s.u(0.4, 0.52) * size, depth=0.35)
    if s.chance(0.75):
        w, h, b, wood, t = s.u(0.28, 0.44), 0.16 * size, y + 0.22, s.hue("wood"), s.thing(0.0, 0.3, 0.2, 1.0)
        for q in (-0.44, 0.44):
            s.limb("0 -1 .1 0 .1 .1", x + q * w, b, 0.01, h, wood * 0.7, t)
        s.put("-.42 -.06 .42 -.06 .5 0 -.5 0", x, b - h, w, 1,
            s.pick(wood, s.hue("cloth"), np.array([225.0, 220, 208])), t)
        s.put("-.5 0 .5 0 .5 .03 -.5 .03", x, b - h, w, 1, wood * 0.7, t)
        for _ in range(2):
            vase(s, x + s.u(-0.4, 0.4) * w, b - h - 0.02, s.u(0.06, 0.11), s.u(0.014, 0.026))
        fruit(s, x + s.u(-0.3, 0.3) * w, b - h - 0.01, 0.022)
    for near, px in people[len(people) // 2 :]:
        person(s, px, min(0.99, y + 0.08 + near), s.u(0.42, 0.56) * size, depth=0.25,
            pose=s.pick("sit", "sit", "bow", "stand", "raise"))
    if s.chance(0.45):
        beast(s, s.u(0.1, 0.85), s.u(0.92, 0.98), s.u(0.05, 0.08))
    s.focus = (x, y - 0.1)


def figure(s):
    """The human body, standing, seated or lying, bare or draped, alone or a few together."""
    x, size = _place(s, 0.15), _size(s)
    if s.chance(0.5):
        s.backdrop(s.hue("room", s.u(0.5, 1.2)), s.u(0.4, 0.9))
        s.plane(0.86, s.hue("wood"), s.thing(0.0, 0.5, 0.0, 0.0, 0.5))
    else:
        h = _horizon(s, 0.48)
        _land(s, h)
        s.plane(h, s.hue("grass"), s.thing(0.05, 0.5, 0.0, 0.0))
        tree(s, s.pick(0.08, 0.92), h + 0.3, s.u(0.5, 0.8), 0.35, 0.0)
    if s.chance(0.38):
        d, y, skin, sheet = s.pick(-1, 1), s.u(0.66, 0.74), s.hue("skin"), s.hue(s.pick("cloth", "sail"))
        t, k, f = s.thing(0.2, 0.3, 0.3, 1.0, 1.0), s.thing(0.1, 0.25, 0.6, 1.0), d * size
        s.put("-.46 .06 -.3 -.02 .4 0 .48 .1 .44 .25 -.46 .25", x, y, 1, 1, sheet, t)
        for a in s.rng.random(5) * 0.8 - 0.4:
            s.line(np.array([(a, 0.05), (a + s.u(-0.06, 0.06), 0.24)]), x, y, 1, 1, sheet * 0.75, 0.012)
        s.limb(".02 -.02 .06 .1 -.03 .065 .24 -.1 .04 .42 .05 .016", x, y, f, size, skin * 0.88, k)
        s.limb("-.18 -.17 .05 -.1 -.07 .06 .02 -.02 .05 .1 -.03 .065", x, y, f, size, skin, k)
        s.limb(".1 -.03 .06 .32 .03 .04 .42 .07 .017", x, y, f, size, skin, k)
        s.limb("-.18 -.17 .03 -.28 -.07 .024 -.2 .03 .016", x, y, f, size, skin * 0.94, k)
        face(s, x - 0.21 * f, y - 0.27 * size, 0.072 * size, 0.6 * d, s.pick("long", "bun", "short", "curls"))
    else:
        for j in range(1 + s.chance(0.3) + s.chance(0.12)):
            person(s, float(np.clip(x + 0.26 * (0, -1, 1)[j], 0.1, 0.9)), 0.96 - 0.03 * j, (0.84 - 0.1 * j)
                * min(size, 1.08), depth=0.25, pose=s.pick("stand", "raise", "walk", "sit", "bow"), bare=s.chance(0.6))
    s.focus = (x, 0.45)


def abstract(s):
    """No thing at all: circles, bars, arcs, shards, bands of colour, lines."""
    s.hour = "day"
    s.backdrop(s.hue(s.pick("pure", "stone", "room", "sail"), s.u(0.7, 1.1)), 0.1)
    family, kind = s.pick("pure", "pure", "cloth", "fruit", "earth"), s.pick("mixed", "bars", "circles", "arcs",
        "shards", "bands")
    for _ in range(_count(s, 5, 16)):
        x, y, r, a = _place(s, 0.75), s.u(0.05, 0.95), s.u(0.04, 0.24) * _size(s), s.u(0, np.pi)
        if s.c["symmetry"] + s.rng.standard_normal() > 1.0:
            a = s.pick(0.0, np.pi / 2)
        t, c, what = s.thing(a, s.u(0.1, 0.8), s.pick(0.0, 0.0, 0.5),
            1.0), s.hue(family), kind if kind != "mixed" else s.pick("bars", "circles", "arcs", "shards")
        if what == "circles":
            s.blob(x, y, r, r, c, t)
            if s.chance(0.5):
                s.blob(x, y, 0.6 * r, 0.6 * r, s.hue(family), t)
        elif what == "arcs":
            b = np.linspace(a, a + s.u(1.5, 4.5), 14)
            s.limb(np.stack([np.cos(b), np.sin(b), b * 0 + 0.16], 1), x, y, r, r, c, t)
        elif what == "shards":
            s.put((s.rng.random((s.pick(3, 4), 2)) - 0.5) * 2.4, x, y, r, r, c, t)
        else:
            long = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array([3.0, 0.5]
                if what == "bands" else [1.7, s.u(0.08, 0.4)])
            s.put(long @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]), x, y, r, r, c, t)
    for _ in range(int(s.u(0, 6))):
        s.line(s.rng.random((3, 2)) * 1.2 - 0.1, 0, 0, 1, 1, s.hue("pure", 0.5), s.u(0.004, 0.014))
    s.focus = (_place(s), s.u(0.3, 0.7))


# genre: (composition, share, first year)
GENRES = {
    "portrait": (portrait, 1.6, 1200),
    "landscape": (landscape, 1.8, 1200),
    "cityscape": (cityscape, 0.9, 1400),
    "marina": (marina, 0.9, 1500),
    "still life": (still_life, 0.9, 1540),
    "flower painting": (flowers, 0.7, 1200),
    "religious painting": (religious, 1.0, 1200),
    "genre painting": (genre_painting, 1.2, 1450),
    "figure": (figure, 0.9, 1200),
    "abstract": (abstract, 0.9, 1900),
}

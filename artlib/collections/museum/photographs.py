"""Photographs without any artist's hand: the source domains that networks are trained on before they see art.

Five tasks as the fine-tuning paper's five sources: `objects`, `hybrid` (objects, places and surfaces), `memorability`
(a number), `sentiment` (two classes, few pictures) and `style` (twenty, hard). They show what the museum never
paints (tools, vehicles, views from above, machines), by nothing of its compositions, things and scenery: what a
network learned here is no subject of the pictures that it is tuned on. Chapter: fine-tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd

from artlib.collections.museum.drawing import drawn, drawn_by, known, number, whole
from artlib.collections.museum.drawing.brush import contrast, soft, vivid
from artlib.collections.museum.drawing.canvas import Scene, grid, mix, noise, points, shaded, tables, tint, turned
from artlib.collections.museum.history import CULTURE, HAND

SIZES = {"smoke": 2_000, "course": 12_000, "paper": 60_000}
STYLES = tables()["lenses"]
SURFACES = {"cloth": "cloth", "brick": "wall", "gravel": "stone", "wood": "wood", "tiles": "pot",
    "ripples": "water", "fur": "hair", "marble": "stone"}  # fmt: skip
_ROUND = np.stack([np.cos(np.linspace(0, 2 * np.pi, 33)), np.sin(np.linspace(0, 2 * np.pi, 33))], 1)
_PAINT = np.array([232.0, 230, 222])


# fmt: off
def _ground(s):
    """Where an object lies or stands: a wall, a floor before it, a sheet of paper, a surface."""
    kind = s.rng.random()
    if kind < 0.65:
        s.backdrop(s.hue(s.pick("room", "stone", "pure", "cloth", "wall")), s.u(0, 0.9))
        if kind < 0.25:
            s.plane(s.u(0.5, 0.85), s.hue(s.pick("wood", "stone", "pure")), s.thing(0.0, 0.6, 0.0, 0.0))
        elif kind < 0.4:
            _box(s, s.u(0.3, 0.7), s.u(0.4, 0.7), s.u(0.3, 0.5), s.u(0.3, 0.5), s.hue("pure"), s.u(-0.6, 0.6))
    else:
        _surface(s, s.pick(*SURFACES), 0.8)


def _box(s, x, y, w, h, colour, turn=0.0, **thing):
    """A box of half sides w and h about a centre, turned."""
    t = s.thing(turn, **{"depth": 0.4, "round_": 0.2, **thing})
    s.put(turned(points("-1 -1 1 -1 1 1 -1 1") * np.array([w, h]), turn), colour, t, x, y)


def _ring(s, x, y, r, colour, width):
    s.line(_ROUND, colour, width, x, y, r, r)


def _cells(s, across, down, turn=0.0, wide=1.6):
    """Centres of a grid of cells about the middle, turned: (x, y) and half sides, row by row."""
    w, h = 0.5 * wide / across, 0.5 * wide / down
    u, v = (wide * ((np.arange(n) + 0.5) / n - 0.5) for n in (across, down))
    for x, y in turned(np.stack(np.meshgrid(u, v), -1).reshape(-1, 2), turn) + 0.5:
        if -0.3 < x < 1.3 and -0.3 < y < 1.3:
            yield x, y, w, h


def _standing(s, draw):
    """An object and its shadow on a ground: place, size, colours by chance."""
    _ground(s)
    x, y, r = s.u(0.4, 0.6), s.u(0.42, 0.58), s.u(0.22, 0.4)
    draw(s, x, y, r, s.hue(s.pick("pure", "cloth", "wood", "pot")), s.u(-0.35, 0.35))


def _silhouette(s, x, y, r, colour, turn, name):
    t, d = s.thing(s.u(0, 3), 0.3, s.u(0.3, 1), 1.0, s.u(0, 1)), s.pick(-1, 1)
    p = turned(points(tables()["silhouettes"][name]) * np.array([s.u(0.85, 1.15), 1]), turn)
    s.put(p + np.array([0.07, 0.08]), s.at(x, 0.9) * 0.5, None, x, y, d * r, r)
    s.put(p, colour, t, x, y, d * r, r)
    s.line(p * 0.85, colour * s.u(0.5, 1.3), 0.01, x, y, d * r, r)


def _bicycle(s, x, y, r, colour, turn):
    p = turned(points("-.6 .35 -.35 -.2 .35 -.25 0 .35 -.6 .35 .6 .35 .3 -.45 .45 -.5 -.35 -.2 0 .35 -.45 -.4"), turn)
    for q in p[[0, 5]]:
        for width, light in ((0.03, 0.3), (0.008, 0.8)):
            _ring(s, x + 1.2 * r * q[0], y + 1.2 * r * q[1], 0.5 * r, np.full(3, 120.0) * light, width)
        for a in np.arange(6) * np.pi / 6:
            spoke = np.outer((-0.5, 0.5), (np.cos(a), np.sin(a)))
            s.line(spoke, (150, 150, 150), 0.004, x + 1.2 * r * q[0], y + 1.2 * r * q[1], r, r)
    s.line(p, colour, 0.022, x, y, 1.2 * r, 1.2 * r)
    for q in p[[7, 10]]:
        s.blob(x + 1.2 * r * q[0], y + 1.2 * r * q[1], 0.16 * r, 0.06 * r, colour * 0.3)


def _clock(s, x, y, r, colour, turn):
    s.blob(x + 0.04, y + 0.05, 1.05 * r, 1.05 * r, s.at(x, 0.9) * 0.5)
    s.blob(x, y, r, r, colour, s.thing(0.0, 0.3, 0.8))
    s.blob(x, y, 0.84 * r, 0.84 * r, s.pick(_PAINT, s.hue("sail")), s.thing(0.0, 0.3, 0.2))
    hours = [(turn + k * np.pi / 6, 0.66, 0.78, 0.01) for k in range(12)]
    for a, near, far, width in [*hours, (s.u(0, 6), 0, 0.7, 0.014), (s.u(0, 6), 0, 0.5, 0.02)]:
        s.line(np.outer((near, far), (np.cos(a), np.sin(a))), (30, 28, 26), width, x, y, r, r)


def _gear(s, x, y, r, colour, turn):
    n, metal = s.pick(8, 10, 12, 16), s.pick(colour, s.hue("rock"), s.hue("stone"))
    a = turn + 2 * np.pi * (np.arange(4 * n) + np.tile([0, 0, 0.3, 0.3], n)) / (4 * n)
    p = np.stack([np.cos(a), np.sin(a)], 1) * np.tile([1.0, 1.0, 0.8, 0.8], n)[:, None]
    s.put(p, s.at(x, 0.9) * 0.5, None, x + 0.04, y + 0.05, r, r)
    s.put(p, metal, s.thing(0.0, 0.3, 0.6), x, y, r, r)
    for k in range(s.pick(0, 4, 5, 6)):
        b = turn + 1.26 * k
        s.blob(x + 0.5 * r * np.cos(b), y + 0.5 * r * np.sin(b), 0.14 * r, 0.14 * r, metal * 0.4)
    s.blob(x, y, 0.22 * r, 0.22 * r, metal * 0.3)


def _streets(s):
    """Blocks of houses, parks and a river of traffic, from the air."""
    s.backdrop(s.hue("stone", 0.8), 0.1)
    a, n = s.u(0, 3.14), int(s.u(5, 10))
    for x, y, w, h in _cells(s, n, int(n * s.u(0.6, 1)), a):
        park, inner = s.chance(0.15), s.u(0.7, 0.85)
        _box(s, x, y, inner * w, inner * h, s.hue("grass" if park else "stone"), a)
        for _ in range(0 if park else int(s.u(1, 5))):
            u, v = turned(np.array([[s.u(-0.5, 0.5) * w, s.u(-0.5, 0.5) * h]]), a)[0]
            _box(s, x + u, y + v, s.u(0.2, 0.4) * w, s.u(0.2, 0.4) * h, s.hue(s.pick("roof", "wall")), a, round_=0.5)
    c, q = np.cos(a + s.u(0.4, 1.2)), np.sin(a + s.u(0.4, 1.2))
    s.line([(0.5 - c, 0.5 - q), (0.5 + c, 0.5 + q)], s.hue("stone", 0.7), s.u(0.02, 0.06))


def _car_park(s):
    """Cars in their bays, from above."""
    s.backdrop(s.hue("rock", s.u(0.5, 0.9)), 0.15)
    a, n = s.u(0, 3.14), int(s.u(7, 12))
    for x, y, w, h in _cells(s, n, int(n * 0.6), a):
        side = turned(points("-1 -1 -1 1") * np.array([w, h]), a)
        s.line(side, _PAINT, 0.008, x, y)
        if s.chance(0.65):
            colour = s.hue(s.pick("pure", "stone", "room"))
            _box(s, x, y, 0.62 * w, 0.8 * h, colour, a, round_=0.9)
            _box(s, x, y, 0.5 * w, 0.42 * h, colour * 0.3, a, round_=0.3)
            _box(s, x, y, 0.5 * w, 0.26 * h, colour * 0.9, a, round_=0.3)


def _sports_field(s):
    """A pitch or court with its lines and players, from above."""
    s.backdrop(s.hue(s.pick("earth", "stone", "foliage")), 0.1)
    a, w, h, x, y = s.u(0, 3.14), s.u(0.4, 0.6), s.u(0.25, 0.36), s.u(0.4, 0.6), s.u(0.4, 0.6)
    court, n = s.hue(s.pick("grass", "foliage", "roof", "water", "wood")), int(s.u(1, 10))
    for k in range(n):
        u, v = turned(np.array([[w * ((2 * k + 1) / n - 1), 0]]), a)[0]
        _box(s, x + u, y + v, w / n, h, court * (0.94 + 0.12 * (k % 2)), a, round_=0.0)
    for box in ("-.95 -.9 .95 -.9 .95 .9 -.95 .9 -.95 -.9", "0 -.9 0 .9", "-.95 -.4 -.7 -.4 -.7 .4 -.95 .4",
                ".95 -.4 .7 -.4 .7 .4 .95 .4"):
        s.line(turned(points(box) * np.array([w, h]), a), _PAINT, 0.01, x, y)
    _ring(s, x, y, 0.3 * h, _PAINT, 0.01)
    for p in turned((s.rng.random((int(s.u(0, 14)), 2)) * 1.8 - 0.9) * np.array([w, h]), a):
        s.blob(x + p[0], y + p[1], 0.014, 0.014, s.hue("pure"), s.thing(0.0, 0.2, 1.0))


def _bookshelf(s):
    """Rows of spines on boards."""
    s.backdrop(s.hue("wood", 0.5), 0.3)
    rows, wood, family = int(s.u(2, 5)), s.hue("wood"), s.pick("cloth", "pure", "cloth", "room")
    for k in range(rows):
        foot, x = (k + 0.94) / rows, s.u(-0.02, 0.1)
        _box(s, 0.5, foot + 0.03 / rows, 0.6, 0.04 / rows, wood, round_=0.4)
        while x < 1 and len(s.things) < 240:
            w, tall, colour = s.u(0.02, 0.06), s.u(0.55, 0.86) / rows, s.hue(family)
            if s.chance(0.92):
                _box(s, x + w / 2, foot - tall / 2, w / 2, tall / 2, colour, 0.0 if s.chance(0.9) else 0.12, round_=0.6)
                s.line("-.3 0 .3 0", s.pick(_PAINT, colour * 0.5), 0.01, x + w / 2, foot - 0.75 * tall, w, 1)
            x += w + 0.003


def _kitchen(s):
    """Plates, pans, a board with its knife and a hob, from above."""
    s.backdrop(s.hue(s.pick("stone", "wood", "pure")), 0.15)
    a = s.u(-0.3, 0.3)
    for x, y, w, h in _cells(s, *s.pick((2, 2), (3, 2), (3, 3)), a, 1.1):
        r, what = 0.85 * min(w, h), s.pick("plate", "pan", "board", "hob", "plate")
        if what == "plate":
            for k, light in ((1.0, 1.0), (0.7, 0.9)):
                s.blob(x, y, k * r, k * r, s.pick(_PAINT, s.hue("pot")) * light, s.thing(0.0, 0.3, 0.7))
        elif what == "pan":
            b, metal = s.u(0, 6), s.hue(s.pick("rock", "pure"), 0.7)
            s.limb([(0, 0, 0.12), (1.5 * np.cos(b), 1.5 * np.sin(b), 0.09)], metal * 0.5, None, x, y, r, r)
            s.blob(x, y, 0.85 * r, 0.85 * r, metal, s.thing(0.0, 0.3, 0.9))
            s.blob(x, y, 0.7 * r, 0.7 * r, metal * 0.6, s.thing(0.0, 0.3, 0.2))
        elif what == "board":
            _box(s, x, y, 0.9 * w, 0.7 * h, s.hue("wood", 1.2), a, round_=0.4)
            steel, t = s.hue("stone", 1.1), s.thing(0.0, 0.2, 0.6)
            s.limb("-.8 .1 .05 -.2 .03 .06 -.15 0 .12 .8 -.1 .02", steel, t, x, y, r, r)
        else:
            _box(s, x, y, 0.95 * w, 0.95 * h, s.hue("rock", 0.3), a)
            for u, v in turned(points("-.45 -.45 .45 -.45 .45 .45 -.45 .45") * np.array([w, h]), a):
                _ring(s, x + u, y + v, 0.32 * r, s.pick(np.full(3, 90.0), np.array([200.0, 60, 30])), 0.014)


def _control_panel(s):
    """Dials, buttons, switches and screens of a machine."""
    plate = s.hue(s.pick("rock", "stone", "pot", "room"), s.u(0.5, 1))
    s.backdrop(plate, 0.3)
    for x, y, w, h in _cells(s, int(s.u(2, 6)), int(s.u(2, 6)), s.u(-0.15, 0.15), 1.1):
        r, what, t = 0.75 * min(w, h), s.pick("dial", "button", "switch", "screen", "button"), s.thing(0.0, 0.3, 0.8)
        if what == "dial":
            a = s.u(2.4, 7)
            s.blob(x, y, r, r, s.pick(_PAINT, plate * 0.3), t)
            for b in np.linspace(2.4, 7, 8):
                s.blob(x + 0.8 * r * np.cos(b), y + 0.8 * r * np.sin(b), 0.06 * r, 0.06 * r, plate * 0.6)
            hand = np.outer((0, 0.75), (np.cos(a), np.sin(a)))
            s.line(hand, s.pick((200, 40, 30), plate * 0.5), 0.014, x, y, r, r)
        elif what == "button":
            s.blob(x, y, 0.7 * r, 0.7 * r, s.hue("pure"), t)
        elif what == "switch":
            _box(s, x, y, 0.3 * r, 0.8 * r, plate * 0.4)
            _box(s, x, y + s.pick(-0.45, 0.45) * r, 0.24 * r, 0.3 * r, _PAINT, round_=0.9)
        else:
            _box(s, x, y, 0.85 * w, 0.8 * h, np.array([20.0, 34, 28]))
            wave = np.stack([np.linspace(-0.75, 0.75, 12), s.rng.random(12) - 0.5], 1)
            s.line(wave, s.pick((90, 230, 120), (240, 190, 60)), 0.01, x, y, w, h)


def _sign(s):
    """A board with lines of signs that look like writing."""
    _ground(s)
    board, ink, t = s.hue("pure"), s.pick(_PAINT, np.full(3, 25.0)), s.thing(0.0, 0.3, 0.15)
    x, y, w, h, turn = s.u(0.42, 0.58), s.u(0.4, 0.55), s.u(0.25, 0.42), s.u(0.16, 0.36), s.u(-0.1, 0.1)
    _box(s, x, (1.3 + y) / 2, 0.02, 0.4, s.hue("rock"), 0.0)
    if s.chance(0.3):
        w = h = max(w, h)
        corners = s.pick(3, 8, 33)
        a = 2 * np.pi * np.arange(corners) / corners + (np.pi / 6 if corners == 3 else np.pi / 8)
        for k, colour in ((1.3, ink), (1.2, board)):
            s.put(np.stack([np.cos(a), np.sin(a)], 1) * k, colour, t, x, y, w, h)
        w, h = 0.6 * w, 0.5 * h
    else:
        _box(s, x, y, 1.12 * w, 1.15 * h, ink, turn)
        _box(s, x, y, 1.07 * w, 1.08 * h, board, turn)
    rows = int(s.u(1, 5))
    for k in range(rows):
        n = int(s.u(3, 5 + 2 * rows))
        for j in range(n):
            glyph = s.rng.integers(0, 3, (int(s.u(3, 6)), 2)) / 2.0 - 0.5
            at = turned(np.array([[w * ((2 * j + 1) / n - 1), h * ((2 * k + 1) / rows - 1)]]), turn)[0]
            s.line(glyph, ink, max(0.008, 0.08 * h / rows), x + at[0], y + at[1], 1.3 * w / n, 1.3 * h / rows)


def _microscope(s):
    """Cells and rods in the round bright field of a microscope."""
    field, stain = s.hue(s.pick("sail", "skin", "petal"), s.u(0.9, 1.15)), s.pick("petal", "pure", "water", "cloth")
    s.backdrop(np.full(3, s.u(5, 40)), 0.0)
    s.blob(0.5, 0.5, 0.48, 0.48, field, s.thing(0.0, 0.5, 0.1))
    rods, size = s.chance(0.3), s.u(0.03, 0.08)
    for _ in range(int(s.u(8, 40))):
        a, d, r, colour = s.u(0, 6.28), 0.42 * np.sqrt(s.rng.random()), size * s.u(0.7, 1.3), s.hue(stain)
        x, y, t = 0.5 + d * np.cos(a), 0.5 + d * np.sin(a), s.thing(a, 0.4, 0.5)
        if rods:
            b = s.u(0, 3.14)
            s.limb([(0, 0, 0.25), (np.cos(b), np.sin(b), 0.25)], colour, t, x, y, 1.4 * r, 1.4 * r)
        else:
            s.blob(x, y, r, r * s.u(0.7, 1), 0.5 * colour + 0.5 * field, t, turn=a, bumps=0.3)
            s.blob(x + s.u(-0.2, 0.2) * r, y, 0.35 * r, 0.35 * r, colour * 0.7)


def _circuit(s):
    """Chips, pads and traces on a board."""
    board = s.pick(np.array([30.0, 92, 58]), np.array([28.0, 60, 110]), np.array([40.0, 40, 42]), s.hue("pure", 0.6))
    s.backdrop(board, 0.15)
    copper = s.pick(board * 1.5, np.array([190.0, 150, 80]))
    for x, y in s.rng.random((int(s.u(12, 30)), 2)):
        a = s.rng.integers(0, 8, 2) * np.pi / 4
        steps = np.stack([np.cos(a), np.sin(a)], 1) * s.u(0.1, 0.3)
        s.line(np.concatenate([[(0, 0)], np.cumsum(steps, 0)]), copper, 0.008, x, y)
        s.blob(x, y, 0.012, 0.012, (200, 190, 160))
    for x, y in s.rng.random((int(s.u(2, 8)), 2)):
        w, h, n = s.u(0.04, 0.14), s.u(0.03, 0.1), int(s.u(3, 8))
        for k in (2 * np.arange(n) + 1) / n - 1:
            s.line([(k * w, -1.25 * h), (k * w, 1.25 * h)], (190, 188, 180), 0.008, x, y)
        _box(s, x, y, w, h, s.pick(np.full(3, 28.0), np.full(3, 60.0), s.hue("pure", 0.7)), round_=0.4)


def _machine(s):
    """Pipes, tanks and wheels of a works."""
    s.backdrop(s.hue(s.pick("room", "rock", "wall"), 0.7), 0.4)
    for _ in range(int(s.u(4, 10))):
        r, metal, p = s.u(0.02, 0.06), s.hue(s.pick("rock", "pure", "stone", "roof")), s.rng.random((3, 2)) * 1.2 - 0.1
        p[1, 0], p[2, 1] = p[0, 0], p[1, 1]
        for one, two in ((0, 1), (1, 2)):
            s.limb([(*p[one], r), (*p[two], r)], metal, s.thing(1.57 * one, 0.4, 1.0))
        for q in p:
            s.blob(*q, 1.25 * r, 1.25 * r, metal * 0.8, s.thing(0.0, 0.35, 1.0))
    for _ in range(int(s.u(0, 3))):
        x, y, w, h = s.u(0.1, 0.9), s.u(0.3, 0.9), s.u(0.08, 0.16), s.u(0.12, 0.25)
        tank = s.hue(s.pick("rock", "stone", "pure"))
        _box(s, x, y, w, h, tank, round_=1.0)
        s.blob(x, y - h, w, 0.3 * w, tank * 1.1, s.thing(0.0, 0.3, 0.6))
    for _ in range(int(s.u(0, 3))):
        _gear(s, s.u(0.1, 0.9), s.u(0.1, 0.9), s.u(0.06, 0.16), s.hue("pure"), s.u(0, 1))


def _surface(s, name, light=1.0):
    """Cloth, brick, gravel, wood, tiles, ripples, fur or marble filling the view."""
    n, (x, y), t = s.size, grid(s.size), s.thing(s.u(0, 3), 0.6, 0.0, 1.0)
    a, k, warp = s.u(0, 3.14), np.float32(6.28 * s.u(7, 26)), 0.02 * noise(s.rng, n, 0, 0.5)
    c, q = np.float32(np.cos(a)), np.float32(np.sin(a))
    u, v = c * x + q * y + warp, c * y - q * x + warp
    if name == "cloth":
        tone = 0.5 * np.sin(k * u) * np.sin(k * v * np.float32(s.u(0.5, 2))) + 0.5 * np.sin(k * u * 0.25)
    elif name == "brick":
        course, joint = v * k / 4, u * k / 8 + 0.5 * (np.floor(v * k / 4) % 2)
        tone = 1.2 * ((np.abs(np.sin(course * 3.14)) > 0.25) & (np.abs(np.sin(joint * 3.14)) > 0.15)) - 0.7
    elif name == "wood":
        tone = np.sin(k * u + 6 * noise(s.rng, n, 0, 0.3, 3))
    elif name == "ripples":
        tone = np.sin(k * v + 3 * noise(s.rng, n, 0, 0.4, 2.4)) * (0.4 + y)
    elif name == "tiles":
        column, row = u * k / 5, v * k / 5
        grey = np.sin(12.9898 * np.floor(column) + 78.233 * np.floor(row)) * 437.585 % 1
        tone = np.where(np.minimum(column % 1, row % 1) > 0.12, 1.6 * grey - 0.5, -1)
    elif name == "marble":
        tone = 1 - 3 * np.abs(noise(s.rng, n, 0, s.u(0.3, 0.9))) ** 0.6
    elif name == "fur":
        spin = cv2.getRotationMatrix2D((4, 4), float(np.degrees(a)), 1)
        tone = cv2.filter2D(noise(s.rng, n, 2, 0.99), -1, cv2.warpAffine(np.eye(9, dtype=np.float32), spin, (9, 9))) / 4
    else:
        tone = (noise(s.rng, n, 1, s.u(0.2, 0.7)) > 0) * 1.5 - 0.75 + 0.4 * noise(s.rng, n, 2, 0.9)
    colour, other = s.hue(SURFACES[name], light), s.hue(SURFACES[name], light * s.u(0.4, 0.8))
    base = tint(np.ones((n, n, 3), np.float32), other)
    s.color[:], s.ids[:] = np.clip(mix(base, colour, np.clip(0.5 + 0.5 * tone, 0, 1)), 0, 255), t
    for bx, by in s.rng.random((70, 2)) if name == "gravel" else ():
        s.blob(bx, by, s.u(0.02, 0.06), s.u(0.02, 0.05), s.hue("stone"), t, bumps=0.3)


_DRAWN = {"bicycle": _bicycle, "clock": _clock, "gear": _gear}
_DRAWN |= {name: partial(_silhouette, name=name) for name in tables()["silhouettes"]}
OBJECTS = {name: partial(_standing, draw=draw) for name, draw in _DRAWN.items()}
PLACES = {"streets": _streets, "car park": _car_park, "sports field": _sports_field, "bookshelf": _bookshelf,
    "kitchen": _kitchen, "control panel": _control_panel, "sign": _sign, "microscope": _microscope,
    "circuit": _circuit, "machine": _machine}
HYBRID = OBJECTS | PLACES | {name: partial(_surface, name=name) for name in SURFACES}
TASKS = {"objects": OBJECTS, "hybrid": HYBRID, "memorability": None, "sentiment": ("negative", "positive"),
    "style": STYLES}


def shoot(s, rng, focus=0.0, local=0.0, colour=1.0, steep=1.0, cast=(1, 1, 1), fade=0.0, motion=0.0, light=1.0,
        mist=0.0, bloom=0.0, grain=0.0, corner=0.0, crisp=0.0, turn=0.0):
    """Photograph a scene: natural textures, depth of field, exposure, colour, grain; float32 (size, size, 3)."""
    n, (x, y) = s.size, grid(s.size)
    # Every thing gets its own roughness: coarse, middle or fine.
    rough = rng.random((256, 3)).astype(np.float32) ** 3 * np.float32([0.25, 0.3, 0.25])
    texture = sum(rough[s.ids, k] * noise(rng, n, k, rng.uniform(0.3, 0.95)) for k in range(3))
    image = shaded(s.lit, np.clip(1 + texture, 0.3, 1.8))
    far = soft((s.depth > rng.uniform(0.35, 0.8)).astype(np.float32), 0.01, n)
    blur = focus + rng.exponential(0.006)
    image = mix(image, soft(image, blur, n), far) if blur > 0.004 else image
    image = mix(image, np.float32([214, 216, 220]), np.clip(mist * s.depth, 0, 1)) if mist else image
    if motion or rng.random() < 0.04:
        k = max(3, int((motion + 0.04) * n))
        image = cv2.blur(image, (k, 1) if rng.random() < 0.7 else (1, k))
    if local or crisp:
        image = image + (local + crisp) * (image - soft(image, 0.05 if local else 0.008, n))
    image = image + bloom * soft(np.clip(image - 120, 0, 255), 0.05, n) if bloom else image
    image = vivid(np.clip(image, 0, 255), colour * rng.lognormal(0, 0.25))
    exposure = light * rng.lognormal(0, 0.16) * (1 + 0.07 * rng.standard_normal(3))
    image = contrast(tint(image, np.array(cast) * exposure), steep * rng.lognormal(0, 0.15))
    image = tint(image, (1 - fade,) * 3, (230 * fade,) * 3) if fade else image
    image = shaded(image, 1 - (corner + abs(0.2 * rng.standard_normal())) * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 1.6)
    image = image + (grain + rng.uniform(1, 7)) * noise(rng, n, 2, 0.99)[..., None]
    angle = 6 * rng.standard_normal() + np.degrees(turn) * rng.choice([-1, 1])
    frame = cv2.getRotationMatrix2D((n / 2, n / 2), float(angle), float(1.0 + 0.35 * rng.random() + 0.5 * turn))
    frame[:, 2] += 0.06 * n * rng.standard_normal(2)
    image = cv2.warpAffine(image, frame, (n, n), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return cv2.flip(image, 1) if rng.random() < 0.5 else image


@dataclass(frozen=True)
class PhotographSource:
    """Takes the photographs of one task, each from the seed and its number."""

    task: str
    seed: int
    works: int

    def subject(self, number: int) -> tuple[str, str, np.random.Generator]:
        """Class of what is seen and photographic style of one photograph, and its stream of chance."""
        rng = np.random.default_rng([self.seed, number, 5, list(TASKS).index(self.task)])
        names = list(OBJECTS if self.task == "objects" else HYBRID)
        return names[int(rng.random() * len(names))], list(STYLES)[int(rng.random() * len(STYLES))], rng

    def label(self, number: int):
        """The answer to the task for one photograph."""
        name, style, rng = self.subject(number)
        if self.task in ("objects", "hybrid"):
            return name
        if self.task == "style":
            return style
        mood, (known, glad) = rng.standard_normal(), tables()["moods"].get(name, (0.0, 0.0))
        if self.task == "memorability":
            return float(np.clip(0.55 + known + 0.08 * mood + 0.06 * rng.standard_normal(), 0, 1))
        return "positive" if glad + 0.35 * mood + 0.1 * rng.standard_normal() > 0.03 else "negative"

    def read(self, image: str, size: int) -> np.ndarray:
        """The photograph, uint8 RGB of exactly size x size. Errors: MuseumError."""
        which = number(image, f"{self.task}/{self.seed}", self.works)
        return drawn(partial(self._take, which), size)

    def _take(self, number: int, sheet: int) -> np.ndarray:
        name, style, rng = self.subject(number)
        mood = rng.standard_normal()
        rng = np.random.default_rng([self.seed, number, 6])
        habits, hand = (dict(zip(k, 1.2 * rng.standard_normal(len(k)), strict=True)) for k in (CULTURE, HAND))
        s = Scene(sheet, rng, habits, hand)
        HYBRID[name](s)
        s.finish()
        lens = STYLES[style] if self.task == "style" else {}
        if self.task in ("sentiment", "memorability"):
            cast = (1 + 0.06 * mood, 1, 1 - 0.06 * mood)
            lens = {"light": 1 + 0.16 * mood, "colour": float(np.exp(0.4 * mood)), "cast": cast}
        return shoot(s, rng, **lens)

    def fingerprint(self, image: str) -> str:
        """A text that changes with whatever changes the picture, the code that draws it included."""
        return f"photographs-{drawn_by()}-{image}"


def read(task: str = "hybrid", size: str | int = "smoke", seed: int = 0):
    """Photographs of a task (see `TASKS`) as a collection; the answers stand in a column of the task's name.

    `size` is a preset or a number of pictures; sentiment has a tenth of a preset, because the paper's had few.
    Errors: MuseumError.
    """
    from artlib.works import Collection, check

    known(task, "task", TASKS)
    if isinstance(size, str):
        known(size, "size", SIZES)
    works = whole(SIZES.get(size, size), "the number of photographs", 1, 1_000_000)
    works = works // 10 if task == "sentiment" and isinstance(size, str) else works
    source = PhotographSource(task, whole(seed, "seed", 0, 2**31 - 1), works)
    images = [f"{task}/{seed}/{i:06d}" for i in range(works)]
    answers = [source.label(i) for i in range(works)]
    frame = pd.DataFrame({"work_id": [f"p{image}" for image in images], "image": images, task: answers})
    frame["source"], frame["licence"] = "museum photographs", "CC0-1.0"
    return Collection(f"photographs-{task}", check(frame, "photographs"), source)

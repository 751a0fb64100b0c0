"""The things that compositions are made of: trees, houses, people, ships, fruit, flowers.

Every function takes the scene, a place in relative coordinates (x, y is where a thing stands) and a size. Paths that
are named and figures are in `data/museum.yaml`.
"""

from math import tanh

import numpy as np

from artlib.collections.museum.drawing.canvas import points, rgb

TREES = ("round", "tall", "pine", "willow", "palm", "bare", "fir")
ARMS = ("0 0 .04 .08 .15 .033 .0 .24 .024", "0 0 .04 .07 .16 .033 .05 .3 .024", "0 0 .04 .09 .14 .033 -.02 .17 .024")
RAISED = "0 0 .04 .1 -.07 .033 .13 -.24 .024"
LINEN = np.array([228.0, 224, 212])
EYES = ((52, 34, 22), (70, 92, 110), (40, 32, 28), (80, 84, 50))


# fmt: off
def habit(s) -> str:
    """The kind of tree that grows here: a matter of the country and of chance."""
    return TREES[int(np.clip(np.round(2.6 + 1.5 * s.c["tree"] + 1.1 * s.rng.standard_normal()), 0, 6))]


def tree(s, x, y, h, depth=0.4, subject=1.0, kind=None):
    """A tree: round, tall, layered like a pine, weeping, palm, bare or fir."""
    kind, clumps = kind or habit(s), int(np.clip(30 * h, 4, 11))
    leaf, wood = s.air(s.hue("foliage"), depth), s.air(s.hue("wood", 0.8), depth)
    t, top, b = s.thing(1.4, depth, 0.5, subject), s.thing(0.7, depth, 0.45, subject), s.u(-0.12, 0.12)

    def clump(p, q, rx, ry, light, bumps):
        s.blob(x + p * h, y - q * h, rx * h, ry * h, leaf * light, top, bumps=bumps)

    s.limb([(0, 0, 0.035), (0.3 * b, -0.45, 0.022), (b, -0.8, 0.008)], wood, t, x, y, h, h)
    for _ in range(3 if kind in ("round", "pine", "palm", "bare") else 0):
        s.limb([(0.3 * b, -0.45, 0.014), (s.u(-0.25, 0.25), -s.u(0.65, 0.85), 0.006)], wood, t, x, y, h, h)
    if kind == "bare":
        for _ in range(9):
            p, q = s.u(-0.25, 0.25), s.u(0.5, 0.85)
            s.line([(p, -q), (p * 1.6 + s.u(-0.1, 0.1), -q - 0.15)], wood, 0.005, x, y, h, h)
    elif kind == "round":
        for k in range(clumps):
            r, p, q = s.u(0.12, 0.2), s.u(-0.27, 0.27), s.u(0.5, 0.88)
            clump(b + p, q, r, 0.8 * r, 0.6 + 0.4 * q + 0.1 * (p * s.side > 0) + 0.02 * k, 0.5)
    elif kind == "tall":
        for q in 0.15 + 0.12 * np.arange(7):
            clump(b * q, q, 0.1 * np.sin(np.pi * (q - 0.03)) + 0.02, 0.13, s.u(0.8, 1.1), 0.35)
    elif kind == "fir":
        for k in range(6):
            path, light = "-1 0 0 -1.2 1 0 0 -.2", 0.75 + 0.07 * k
            s.put(path, leaf * light, top, x, y - (0.15 + 0.14 * k) * h, 0.22 * (1 - k / 6.5) * h, 0.22 * h)
    elif kind == "pine":
        for q in 0.45 + 0.09 * np.arange(6):
            clump(b + s.u(-0.22, 0.22), q, s.u(0.13, 0.24), 0.045, s.u(0.75, 1.1), 0.4)
    elif kind == "willow":
        for p in np.linspace(-1, 1, clumps + 2):
            path = [(b + 0.1 * p, -0.85, 0.03), (0.3 * p, -0.8, 0.05), (0.38 * p, -s.u(0.15, 0.4), 0.012)]
            s.limb(path, leaf * s.u(0.75, 1.15), top, x, y, h, h)
    else:
        for a in np.linspace(-0.3, 3.4, min(8, clumps + 1)):
            c, q = np.cos(a), np.sin(a)
            path = [(0, 0, 0.012), (0.2 * c, -0.16 * q, 0.04), (0.36 * c, 0.14 - 0.12 * q, 0.004)]
            s.limb(path, leaf * s.u(0.75, 1.1), top, x + b * h, y - 0.8 * h, h, h)



def building(s, x, y, w, h, depth=0.4, tower=False, subject=1.0):
    """A house or tower; roofs run from domed over flat and gabled to curved with the culture."""
    wall, roof = s.air(s.hue("wall"), depth), s.air(s.hue("roof"), depth)
    style, eaves = s.c["roof"] + 0.5 * s.rng.standard_normal(), y - h
    t, r = s.thing(1.57, depth, 0.12, subject, 0.6), s.thing(0.4, depth, 0.15, subject, 0.6)
    s.put("box", wall * (0.98 - 0.08 * s.side), t, x, y, w, -h)
    if depth < 0.6:
        s.put("box", wall * 0.72, t, x + (w if s.side < 0 else 0), y, 0.38 * w * s.side, -h)
    if tower and style < -0.6:
        s.blob(x + w / 2, eaves, 0.62 * w, 0.55 * w, roof, r)
        s.limb("0 0 .04 0 -1.1 .02", roof, r, x + w / 2, eaves, w, w)
    elif tower:
        s.put("spire", roof, r, x, eaves, w, min(1.6 * w, 0.5 * h) * (1.3 if style > -0.4 else 0.6))
    elif style > 0.9:
        for k in range(1 + (h > 0.25)):
            s.put("curved roof", roof, r, x, y - h * (1 - 0.45 * k), w, 0.22 * h)
    elif style > 0.2:
        s.put("hipped roof", roof, r, x, eaves, w, 0.24 * w + 0.06)
    elif style > -0.7:
        gable, colour = ("stepped gable", wall * 0.95) if s.chance(0.4) else ("gable", roof)
        s.put(gable, colour, r, x, eaves, w, 0.35 * w * (1 + 0.4 * s.c["steep"]) + 0.03)
    elif style > -1.4:
        s.put("flat roof", roof, r, x, eaves, w, 0.03)
    else:
        s.blob(x + w / 2, eaves, 0.42 * w, 0.42 * w, roof * 1.1, r)
        s.line("0 0 0 -.3", roof, 0.006, x + w / 2, eaves - 0.35 * w, w, w)
    pane = "arched window" if s.c["symmetry"] + s.rng.standard_normal() > 0.6 else "square window"
    cols, rows = int(np.clip(w / 0.055, 1, 5)), int(np.clip(h / 0.085, 1, 5))
    px, py = x + w * (np.arange(cols) + 0.5) / cols, eaves + h * (np.arange(rows) + 0.45) / rows
    at = np.stack(np.meshgrid(px, py), -1).reshape(-1, 1, 2)
    panes = at + points(pane) * np.array([0.22 * w / cols, 0.27 * h / rows])
    glass, lit = wall * 0.3 if s.hour != "night" else rgb("f0c060"), s.rng.random(len(panes)) < 0.4
    s.many(panes, glass * 0.85)
    if lit.any():
        s.many(panes[lit], glass * 1.25)


def ship(s, x, y, h, depth=0.4):
    """A boat under sail: hull, one to three masts with square or slanting sails, flags."""
    hull, sail, d = s.air(s.hue("wood", 0.7), depth), s.air(s.hue("sail"), depth), s.pick(-1, 1)
    t, c, w = s.thing(0.1, depth, 0.4), s.thing(1.3, depth, 0.5), 0.42 * h * s.u(0.8, 1.3)
    masts = 1 + int(s.rng.random() * 2.6) if h > 0.2 else 1
    for m in range(masts):
        mx, mw = x + d * w * (0.9 * (m + 0.5) / masts - 0.45), d * w / masts
        mh = h * s.u(0.8, 1.0) * (1 - 0.12 * abs(m - 0.5 * (masts - 1)))
        s.line("0 0 0 -1", hull * 0.7, 0.006, mx, y, 1, mh)
        if s.chance(np.clip(0.45 + 0.15 * s.c["roof"], 0.1, 0.9)):
            for k in range(2 + (h > 0.3)):
                size = 0.55 * mw * (0.7 + 0.25 * k), 0.24 * mh
                s.put("-1 0 1 0 1.35 1 -.8 1", sail * s.u(0.85, 1.08), c, mx, y - mh * (0.9 - 0.3 * k), *size)
        else:
            wide, light = mw * s.u(0.9, 1.3), s.u(0.88, 1.08)
            s.put("0 -1 .4 -.45 .8 -.12 0 -.1", sail * light, c, mx, y, wide, mh)
            s.put("0 -.85 -.5 -.12 0 -.15", sail * s.u(0.7, 0.95), c, mx, y, mw, mh)
        s.put("0 0 -.12 -.015 0 -.035", s.hue("pure"), c, mx, y - mh, d)
    s.put("-.62 -.05 -.45 .13 .45 .13 .68 -.08 .3 0 -.3 0", hull, t, x, y, d * w, h)
    s.line("-.55 .02 .6 .01", sail * 0.8, 0.006, x, y, d * w, h)


def person(s, x, y, h, cloth=None, depth=0.3, pose=None, skirt=None, halo=False, bare=False):
    """A figure standing, walking, sitting, bowing or raising an arm; y is where the feet are."""
    skin, hair, cloth = s.hue("skin"), s.hue("hair"), s.hue("cloth") if cloth is None else cloth
    pose, d, slim = pose or s.pick("stand", "walk", "raise", "bow", "sit", "stand"), s.pick(-1, 1), tanh(s.c["tall"])
    if skirt is None and not bare:
        skirt = s.chance(np.clip(0.5 + 0.15 * s.c["ornament"], 0.1, 0.9))
    t, k = s.thing(1.4, depth, 0.5, 1.0, 0.0 if bare else 1.0), s.thing(1.2, depth, 0.6)
    wide, r, body = h * (1 - 0.12 * slim), 0.066 * h * (1 - 0.08 * slim), skin if bare else cloth
    lean, drop = {"bow": 0.16, "walk": 0.04}.get(pose, 0.0) * d, 0.26 if pose == "sit" else 0.0
    hip, nx, ny = y - (0.5 - drop) * h, x + lean * h, y - (0.83 - drop - 0.4 * abs(lean)) * h
    hx, hy = nx + 0.5 * lean * h, ny - 1.35 * r
    if halo:
        nimbus(s, hx, hy, 2.1 * r, s.thing(0.0, depth, 0.0))
    if pose == "sit":
        s.limb("0 0 .085 .2 0 .07 .21 .25 .045", body * 0.9, t, x, hip, d * h, h)
    elif skirt and not bare:
        s.put("-.4 0 .4 0 1.1 1 -1 1", cloth * 0.92, t, x, hip, 0.16 * wide, 0.5 * h)
        for a in (-0.08, 0.0, 0.07) if h > 0.2 else ():
            s.line([(0.4 * a, 0.05), (a + s.u(-0.03, 0.03), 0.48)], cloth * 0.68, 0.02 * h, x, hip, h, h)
    else:
        leg = "0 0 .062 .045 .24 .045 .075 .5 .03" if pose == "walk" else "0 0 .062 .02 .24 .045 .025 .5 .03"
        for q in (-1, 1):
            s.limb(leg, body * (0.92 - 0.06 * q), t, x + 0.03 * q * h, hip, q * h, h)
    middle = 0.5 * (x + nx), 0.5 * (hip + ny), 0.07 * wide
    s.limb([(x, hip + 0.02 * h, 0.078 * wide), middle, (nx, ny, 0.09 * wide)], body, t)
    for q in (-1, 1):
        arm, ax, ay = RAISED if pose == "raise" and q == d else s.pick(*ARMS), nx + 0.085 * q * wide, ny + 0.03 * h
        s.limb(arm, body * 0.95, t, ax, ay, q * h, h)
        if h > 0.2:
            hand = points(arm, 3)[2]
            s.blob(ax + q * hand[0] * h, ay + hand[1] * h, 0.025 * h, 0.025 * h, skin, k)
    if h > 0.2:
        s.limb([(nx, ny + 0.02 * h, 0.03 * h), (hx, hy, 0.028 * h)], skin * 0.85, k)
    s.blob(hx - 0.15 * d * r, hy - 0.2 * r, 1.02 * r, 1.12 * r, hair, k)
    s.blob(hx + 0.12 * d * r, hy + 0.1 * r, 0.78 * r, 0.98 * r, skin, k)
    if h > 0.4:
        for q in (-0.35, 0.35):
            s.blob(hx + (0.2 * d + q) * r, hy, 0.1 * r, 0.08 * r, hair * 0.4)
        s.line("-.3 .5 .3 .5", skin * 0.6, 0.004, hx + 0.18 * d * r, hy, r, r)


def nimbus(s, x, y, r, thing):
    """A halo behind a holy head: a gold disc with a rim."""
    s.blob(x, y, r, r, rgb("d8ac3a"), thing)
    s.blob(x, y, 0.857 * r, 0.857 * r, rgb("f0d070"), thing)


def face(s, x, y, r, turn, hair_kind, age=0.0):
    """A head seen near, with neck, hair, brows, eyes, nose and mouth; `turn` -1..1 moves the features aside."""
    skin, hair = s.hue("skin", s.u(0.85, 1.05)), s.hue("hair") * (1 - age) + 150 * age
    w, aside, shade = r * (0.74 - 0.06 * tanh(s.c["tall"])), np.sign(turn + 1e-6), skin * np.array([0.8, 0.73, 0.7])
    back, k = s.thing(1.4, 0.35, 0.6), s.thing(1.3, 0.3, 0.6)
    if hair_kind in ("long", "curls", "bun"):
        bumps = 0.25 if hair_kind == "curls" else 0.05
        s.blob(x - 0.1 * turn * r, y - 0.1 * r, w * 1.3, r * 1.12, hair, back, bumps=bumps)
    else:
        s.blob(x - 0.08 * turn * r, y - 0.25 * r, w * 1.15, r * 0.98, hair, back)
    if hair_kind == "long":
        s.put("-1.25 -.2 1.25 -.2 1.3 1.5 -1.3 1.5", hair * 0.9, back, x, y, w, r)
    if hair_kind == "bun":
        s.blob(x - 0.5 * turn * r, y - 1.2 * r, 0.5 * r, 0.42 * r, hair, back)
    s.put("-.55 .5 .55 .5 .68 1.75 -.68 1.75", shade, s.thing(1.5, 0.33, 0.3), x, y, w, r)
    s.blob(x - aside * w * 0.98, y + 0.05 * r, 0.13 * r, 0.22 * r, skin * 0.9, k)
    a = np.linspace(0, 2 * np.pi, 24, False)
    jaw = 1 - 0.22 * np.clip(np.sin(a), 0, 1) ** 2 * s.u(0.7, 1.3)
    s.put(np.stack([np.cos(a) * jaw, 0.08 + 0.94 * np.sin(a)], 1), skin, k, x, y, w, r)
    s.put("shaded cheek", skin * 0.86, None, x, y, -s.side * w * 0.97, r)
    c, far, ey = x + 0.32 * turn * w, 1 - 0.25 * abs(turn), y - 0.06 * r
    for q in (-1, 1):
        ex = c + q * 0.4 * w * (far if q * turn > 0 else 1)
        s.blob(ex, ey - 0.02 * r, 0.23 * w, 0.15 * r, shade)
        s.blob(ex, ey, 0.18 * w, 0.085 * r * s.u(0.8, 1.1), (236, 230, 220))
        s.blob(ex + 0.06 * turn * w, ey, 0.085 * w, 0.085 * r, s.pick(*EYES))
        s.line("-.2 -.06 0 -.12 .2 -.05", hair * 0.35, 0.05 * r, ex, ey, w, r)
        s.line("-.24 -.22 0 -.3 .24 -.22", hair * 0.75, 0.07 * r, ex, ey, w, r)
    nose = c + 0.14 * turn * w
    tip = ((nose + 0.16 * w * aside, y + 0.27 * r), (nose, y + 0.32 * r), (nose - 0.04 * w * aside, y + 0.1 * r))
    s.put([(c + 0.05 * w * aside, y - 0.1 * r), *tip], shade)
    s.blob(nose, y + 0.27 * r, 0.13 * w, 0.06 * r, skin * 0.88)
    lips, smile = skin * np.array([0.82, 0.55, 0.52]), s.u(-0.03, 0.04)
    s.blob(c, y + 0.53 * r, 0.25 * w, 0.06 * r, lips)
    s.line([(-0.3, 0.53 - smile), (0, 0.54), (0.3, 0.53 - smile)], lips * 0.55, 0.03 * r, c, y, w, r)
    if hair_kind == "beard":
        s.put("-1 .2 -.5 .4 .5 .4 1 .2 .6 1.15 0 1.4 -.6 1.15", hair * 0.9, back, x, y, w, r)
        s.blob(c, y + 0.56 * r, 0.2 * w, 0.06 * r, lips)
    if hair_kind != "bald":
        fringe = (0.76, -0.42), (s.u(-0.4, 0.4), -0.62), (-0.76, -0.42)
        s.put([*points("-1.04 .05 -.95 -.72 0 -1 .95 -.72 1.04 .05"), *fringe], hair, back, x, y, w, r)
    return skin


def vase(s, x, y, h, w):
    """A turned vessel from a random profile with a highlight and perhaps a painted band; returns its mouth."""
    colour, t, v = s.hue("pot"), s.thing(1.5, 0.3, 0.8, 1.0, 1.0), np.array([0, 0.12, 0.35, 0.6, 0.78, 0.9, 1.0])
    spread = s.rng.random(7) * np.array([0.3, 0.3, 0.25, 0.4, 0.3, 0.2, 0.25])
    r = np.array([0.5, 0.6, 0.75, 0.6, 0.3, 0.25, 0.35]) + spread
    s.blob(x - 0.5 * s.side * w, y, 1.3 * w, 0.25 * w, s.at(x, y) * 0.55)
    s.put(np.concatenate([np.stack([-r, -v], 1), np.stack([r, -v], 1)[::-1]]), colour, t, x, y, w, h)
    if s.chance(np.clip(0.5 + 0.2 * s.c["ornament"], 0.1, 0.9)):
        band = s.hue("pure")
        for b in (0.3, 0.55):
            s.line("-.8 0 0 -.04 .8 0", band, 0.014, x, y - b * h, w, h)
    s.blob(x + 0.35 * s.side * w, y - 0.45 * h, 0.1 * w, 0.18 * h, colour * 0.5 + 125)
    s.blob(x, y - h, r[-1] * w, 0.2 * r[-1] * w, colour * 0.45, t)
    return x, y - h


def flower(s, x, y, r):
    """A blossom: daisy, rose, tulip, poppy or a spray of small ones."""
    kind, colour = s.pick("daisy", "rose", "tulip", "spray", "poppy"), s.hue("petal")
    t = s.thing(s.u(0, 3), 0.25, 0.5)
    if kind == "daisy":
        n = s.pick(6, 8, 10)
        for k, a in enumerate(2 * np.pi * np.arange(n) / n + 0.2):
            px, py = x + 0.6 * r * np.cos(a), y + 0.5 * r * np.sin(a)
            s.blob(px, py, 0.42 * r, 0.2 * r, colour * (0.9 + 0.1 * (k % 2)), t, turn=a)
        s.blob(x, y, 0.26 * r, 0.22 * r, s.hue("fruit"), t)
    elif kind == "rose":
        for k, q in enumerate((1.0, 0.72, 0.45, 0.22)):
            s.blob(x + 0.06 * r * k * s.side, y, q * r, q * r * 0.9, colour * (0.78 + 0.12 * k), t, bumps=0.3)
    elif kind == "tulip":
        for q in (-1, 1, 0):
            s.blob(x + 0.35 * q * r, y, 0.38 * r, 0.8 * r, colour * (0.85 + 0.2 * (q == 0)), t, turn=0.25 * q)
    elif kind == "poppy":
        s.blob(x, y, r, 0.75 * r, colour, t, bumps=0.5)
        s.blob(x, y, 0.3 * r, 0.25 * r, colour * 0.25, t)
    else:
        for a, b in s.rng.random((7, 2)) * 2 - 1:
            s.blob(x + a * r, y + b * r, 0.28 * r, 0.28 * r, colour * s.u(0.8, 1.1), t)


def leaf(s, x, y, length, angle, colour, thing):
    """A leaf from its stem in a direction."""
    c, q = length * np.cos(angle), length * np.sin(angle)
    sides = ((0.5 * c + k * q, 0.5 * q - k * c) for k in (-0.22, 0.22))
    s.put([(0, 0), next(sides), (c, q), next(sides)], colour, thing, x, y)


def fruit(s, x, y, r):
    """An apple, lemon, pear or a bunch of grapes, with its shadow."""
    colour, t = s.hue("fruit"), s.thing(s.u(0.5, 1.2), 0.25, 1.0)
    kind = s.pick("apple", "lemon", "pear", "grapes", "apple")
    s.blob(x - 0.6 * s.side * r, y + 0.05 * r, 1.2 * r, 0.3 * r, s.at(x, y + 0.3 * r) * 0.5)
    if kind == "grapes":
        for k in range(12):
            gx, gy = x + s.u(-0.9, 0.9) * r * (1 - k / 16), y - r * (0.2 + 1.3 * k / 12)
            s.blob(gx, gy, 0.33 * r, 0.33 * r, colour * s.u(0.65, 1.0), t)
        return
    rx, ry = (1.15, 0.75) if kind == "lemon" else (0.9, 0.88)
    s.blob(x, y - 0.8 * r, r * rx, r * ry, colour, t)
    if kind == "pear":
        s.blob(x + 0.1 * r, y - 1.6 * r, 0.5 * r, 0.7 * r, colour, t)
    s.blob(x + 0.35 * s.side * r, y - 1.15 * r, 0.2 * r, 0.16 * r, colour * 0.5 + 120)
    s.line("0 -1.6 .12 -2", (60, 40, 20), 0.008, x, y, r, r)


def beast(s, x, y, r):
    """An animal on four legs: dog, horse, cow or sheep by its proportions."""
    fur, d = s.hue(s.pick("hair", "earth", "stone"), 1.1), s.pick(-1, 1)
    t, leg = s.thing(0.2, 0.2, 0.6), s.u(0.4, 1.1)
    y -= leg * r
    for q in (-0.75, -0.45, 0.5, 0.8):
        s.limb("0 0 .14 .05 .6 .09 0 1 .07", fur * 0.75, t, x + q * r, y, d * r, leg * r)
    s.limb("-1 -.1 .1 -1.3 .3 .04", fur, t, x, y, d * r, r)
    s.blob(x, y - 0.1 * r, 1.1 * r, 0.45 * r, fur, t, bumps=0.1)
    neck = s.u(0.1, 0.8)
    s.limb([(0.8, -0.2, 0.3), (1.15, -0.3 - neck, 0.2), (1.55, -0.1 - neck, 0.12)], fur * 1.04, t, x, y, d * r, r)
    s.put("1.1 -.3 1.0 -.7 1.25 -.4", fur * 0.7, t, x, y - neck * r, d * r, r)


def collar(s, x, y, r, cloth, skin, thing):
    """A ruff, an open neck or the edges of a coat."""
    kind = s.rng.random()
    if kind < 0.25:
        for a in np.linspace(np.pi, 0, 9):
            px, py = x + 0.95 * r * np.cos(a), y - 0.15 * r + 0.4 * r * np.sin(a)
            s.blob(px, py, 0.28 * r, 0.18 * r, LINEN * s.u(0.87, 1.02), thing)
    elif kind < 0.6:
        neck = [(-0.5, -0.12), (0, s.u(0.5, 1.2)), (0.5, -0.12)]
        s.put(neck, s.pick(skin * 0.95, LINEN, s.hue("cloth")), thing, x, y, r, r)
    else:
        for q in (-1, 1):
            s.line("3 0 1 8 1.2 30", cloth * 0.55, 0.012, x, y - 0.05 * r, 0.1 * q * r, 0.1 * r)

"""The things that compositions are made of: trees, houses, people, ships, fruit, flowers, water, rooms.

Every function takes the scene, a place in relative coordinates (x, y is where a thing stands) and a size.
"""

from math import tanh

import cv2
import numpy as np

from artlib.collections.museum.canvas import HOURS, _path, grid, mix, noise, rgb

TREES = ("round", "tall", "pine", "willow", "palm", "bare", "fir")
BOX = "0 0 1 0 1 1 0 1"
ARMS = ("0 0 .04 .08 .15 .033 .0 .24 .024", "0 0 .04 .07 .16 .033 .05 .3 .024", "0 0 .04 .09 .14 .033 -.02 .17 .024")


# fmt: off
def habit(s) -> str:
    """The kind of tree that grows here: a matter of the country and of chance."""
    return TREES[int(np.clip(np.round(2.6 + 1.5 * s.c["tree"] + 1.1 * s.rng.standard_normal()), 0, 6))]


def ridge(s, y, rough, depth, colour, steep=1.0, subject=0.0):
    """A ridge of hills or mountains across the picture."""
    x = np.linspace(-0.02, 1.02, 40)
    k = np.array([1, 2, 3, 5, 9])[:, None]
    a, b, c = s.rng.random((3, 5, 1))
    line = ((0.3 + 0.7 * a) / k * np.sin(k * x * (2.5 + 2 * b) + 6.28 * c)).sum(0)
    line = y - np.sign(line) * np.abs(line) ** (1 / max(0.5, steep)) * rough
    t = s.thing(0.5 * s.pick(-1, 1) * steep, depth, 0.25, subject)
    s.put(np.stack([np.r_[x, 1.02, -0.02], np.r_[line, 1.02, 1.02]], 1), 0, 0, 1, 1, s.air(colour, depth), t)


def peaks(s, y, colour, tall, subject=1.0):
    """One to three pointed mountains with a lit and a shaded side, perhaps snow."""
    for _ in range(1 + int(s.rng.random() * 3)):
        x, h, w, t = s.u(0.1, 0.9), tall * s.u(0.6, 1.1), s.u(0.16, 0.34), s.thing(1.1, 0.75, 0.2, subject)
        f, base = np.linspace(0, 1, 9), s.air(colour, 0.55)
        left = np.stack([x - w + w * f, y - h * f ** s.u(1, 1.8)], 1) + 0.012 * (s.rng.random((9, 2)) - 0.5) * (f
            * (1 - f))[:, None] * 4
        right = np.stack([x + w * s.u(0.8, 1.3) * f, y - h * (1 - f) ** s.u(1, 1.8)], 1)
        fold = np.stack([x + 0.03 * (s.rng.random(9) - 0.3) * 3 * f, y - h + h * f], 1)
        s.put(np.concatenate([left, right[1:]]), 0, 0, 1, 1, base * (0.96 - 0.12 * s.side), t)
        s.put(np.concatenate([fold, right[::-1]]), 0, 0, 1, 1, base * (0.96 + 0.12 * s.side), t)
        if s.chance(0.4):
            s.put(np.stack([left[-3], left[-1], right[2], fold[1] + np.array([0.01, 0.02]), fold[2]]), 0, 0, 1, 1, base
                * 0.3 + 170, t)


def tree(s, x, y, h, depth=0.4, subject=1.0, kind=None):
    """A tree: round, tall, layered like a pine, weeping, palm, bare or fir."""
    kind, clumps = kind or habit(s), int(np.clip(30 * h, 4, 11))
    leaf, wood = s.air(s.hue("foliage"), depth), s.air(s.hue("wood", 0.8), depth)
    t, top, b = s.thing(1.4, depth, 0.5, subject), s.thing(0.7, depth, 0.45, subject), s.u(-0.12, 0.12)
    s.limb(np.array([(0, 0, 0.035), (0.3 * b, -0.45, 0.022), (b, -0.8, 0.008)]), x, y, h, h, wood, t)
    if kind in ("round", "pine", "palm", "bare"):
        for _ in range(3):
            s.limb(np.array([(0.3 * b, -0.45, 0.014), (s.u(-0.25, 0.25), -s.u(0.65, 0.85), 0.006)]), x, y, h, h, wood,
                t)
    if kind == "bare":
        for _ in range(9):
            p, q = s.u(-0.25, 0.25), s.u(0.5, 0.85)
            s.line(np.array([(p, -q), (p * 1.6 + s.u(-0.1, 0.1), -q - 0.15)]), x, y, h, h, wood, 0.005)
    elif kind == "round":
        for k in range(clumps):
            r, p, q = s.u(0.12, 0.2) * h, s.u(-0.27, 0.27), s.u(0.5, 0.88)
            s.blob(x + (b + p) * h, y - q * h, r, r * 0.8, leaf * (0.6 + 0.4 * q + 0.1 * (p * s.side > 0) + 0.02 * k),
                top, bumps=0.5)
    elif kind == "tall":
        for k in range(7):
            q, r = 0.15 + 0.12 * k, 0.1 * np.sin(np.pi * (0.12 + 0.12 * k)) + 0.02
            s.blob(x + b * q * h, y - q * h, r * h, 0.13 * h, leaf * s.u(0.8, 1.1), top, bumps=0.35)
    elif kind == "fir":
        for k in range(6):
            s.put("-1 0 0 -1.2 1 0 0 -.2", x, y - (0.15 + 0.14 * k) * h, 0.22 * (1 - k / 6.5) * h, 0.22 * h, leaf
                * (0.75 + 0.07 * k), top)
    elif kind == "pine":
        for k in range(6):
            s.blob(x + (b + s.u(-0.22, 0.22)) * h, y - (0.45 + 0.09 * k) * h, s.u(0.13, 0.24) * h, 0.045 * h, leaf
                * s.u(0.75, 1.1), top, bumps=0.4)
    elif kind == "willow":
        for p in np.linspace(-1, 1, clumps + 2):
            q = np.array([(b + 0.1 * p, -0.85, 0.03), (0.3 * p, -0.8, 0.05), (0.38 * p, -s.u(0.15, 0.4), 0.012)])
            s.limb(q, x, y, h, h, leaf * s.u(0.75, 1.15), top)
    else:
        for a in np.linspace(-0.3, 3.4, min(8, clumps + 1)):
            c, q = np.cos(a), np.sin(a)
            s.limb(np.array([(0, 0, 0.012), (0.2 * c, -0.16 * q, 0.04), (0.36 * c, 0.14 - 0.12 * q, 0.004)]), x + b
                * h, y - 0.8 * h, h, h, leaf * s.u(0.75, 1.1), top)


def water(s, top, subject=0.0):
    """Water that mirrors what stands above it, broken by ripples."""
    n, a = s.size, int(top * s.size)
    if n - a < 2 or a < 2:
        return
    mirror = cv2.resize(s.color[max(0, 2 * a - n) : a][::-1], (n, n - a)).astype(np.float32)
    t = np.linspace(0, 1, n - a, dtype=np.float32)[:, None]
    ripple = 15 * noise(s.rng, n, 1, s.u(0.2, 0.4), 2.4)[a:] * (0.3 + t)
    tone = cv2.merge([np.float32(v) * (1.1 - 0.35 * t) + ripple for v in s.hue("water")
        * (0.45 + 0.55 * HOURS[s.hour][3])])
    s.color[a:] = np.clip(mix(tone, mirror, s.u(0.15, 0.6)), 0, 255)
    s.ids[a:] = s.thing(0.0, 0.5, 0.0, subject, 0.3)


def building(s, x, y, w, h, depth=0.4, tower=False, subject=1.0):
    """A house or tower; roofs run from domed over flat and gabled to curved with the culture."""
    wall, roof, style = s.air(s.hue("wall"), depth), s.air(s.hue("roof"),
        depth), s.c["roof"] + 0.5 * s.rng.standard_normal()
    t, r = s.thing(1.57, depth, 0.12, subject, 0.6), s.thing(0.4, depth, 0.15, subject, 0.6)
    s.put(BOX, x, y, w, -h, wall * (0.98 - 0.08 * s.side), t)
    if depth < 0.6:
        s.put(BOX, x + (w if s.side < 0 else 0), y, 0.38 * w * s.side, -h, wall * 0.72, t)
    if tower and style < -0.6:
        s.blob(x + w / 2, y - h, 0.62 * w, 0.55 * w, roof, r)
        s.limb("0 0 .04 0 -1.1 .02", x + w / 2, y - h, w, w, roof, r)
    elif tower:
        s.put("-.1 0 .5 -1 1.1 0", x, y - h, w, min(1.6 * w, 0.5 * h) * (1.3 if style > -0.4 else 0.6), roof, r)
    elif style > 0.9:
        for k in range(1 + (h > 0.25)):
            s.put("-.25 -.15 .05 0 .95 0 1.25 -.15 .85 -.65 .5 -1 .15 -.65", x, y - h * (1 - 0.45 * k), w, 0.22 * h,
                roof, r)
    elif style > 0.2:
        s.put("-.06 0 .2 -1 .8 -1 1.06 0", x, y - h, w, 0.24 * w + 0.06, roof, r)
    elif style > -0.7:
        stepped = s.chance(0.4)
        stairs = "0 0 .15 0 .15 -.35 .32 -.35 .32 -.7 .5 -1 .68 -.7 .68 -.35 .85 -.35 .85 0 1 0"
        gable = stairs if stepped else "-.06 0 .5 -1 1.06 0"
        s.put(gable, x, y - h, w, 0.35 * w * (1 + 0.4 * s.c["steep"]) + 0.03, wall * 0.95 if stepped else roof, r)
    elif style > -1.4:
        s.put("-.04 0 -.04 -1 1.04 -1 1.04 0", x, y - h, w, 0.03, roof, r)
    else:
        s.blob(x + w / 2, y - h, 0.42 * w, 0.42 * w, roof * 1.1, r)
        s.line("0 0 0 -.3", x + w / 2, y - h - 0.35 * w, w, w, roof, 0.006)
    pane = "-1 1 -1 -1 0 -1.5 1 -1 1 1" if s.c["symmetry"] + s.rng.standard_normal() > 0.6 else "-1 1 -1 -1 1 -1 1 1"
    cols, rows = int(np.clip(w / 0.055, 1, 5)), int(np.clip(h / 0.085, 1, 5))
    px = x + w * (np.arange(cols) + 0.5) / cols
    py = y - h + h * (np.arange(rows) + 0.45) / rows
    at = np.stack(np.meshgrid(px, py), -1).reshape(-1, 1, 2)
    panes = at + _path(pane, 2) * np.array([0.22 * w / cols, 0.27 * h / rows])
    glass, lit = wall * 0.3 if s.hour != "night" else rgb("f0c060"), s.rng.random(len(panes)) < 0.4
    s.many(panes, glass * 0.85)
    if lit.any():
        s.many(panes[lit], glass * 1.25)


def ship(s, x, y, h, depth=0.4, subject=1.0):
    """A boat under sail: hull, one to three masts with square or slanting sails, flags."""
    hull, sail, d = s.air(s.hue("wood", 0.7), depth), s.air(s.hue("sail"), depth), s.pick(-1, 1)
    t, c, w = s.thing(0.1, depth, 0.4, subject), s.thing(1.3, depth, 0.5, subject), 0.42 * h * s.u(0.8, 1.3)
    masts = 1 + int(s.rng.random() * 2.6) if h > 0.2 else 1
    for m in range(masts):
        mx, mh, mw = x + d * w * (0.9 * (m + 0.5) / masts - 0.45), h * s.u(0.8, 1.0) * (1 - 0.12
            * abs(m - 0.5 * (masts - 1))), d * w / masts
        s.line("0 0 0 -1", mx, y, 1, mh, hull * 0.7, 0.006)
        if s.chance(np.clip(0.45 + 0.15 * s.c["roof"], 0.1, 0.9)):
            for k in range(2 + (h > 0.3)):
                s.put("-1 0 1 0 1.35 1 -.8 1", mx, y - mh * (0.9 - 0.3 * k), 0.55 * mw * (0.7 + 0.25 * k), 0.24 * mh,
                    sail * s.u(0.85, 1.08), c)
        else:
            s.put("0 -1 .4 -.45 .8 -.12 0 -.1", mx, y, mw * s.u(0.9, 1.3), mh, sail * s.u(0.88, 1.08), c)
            s.put("0 -.85 -.5 -.12 0 -.15", mx, y, mw, mh, sail * s.u(0.7, 0.95), c)
        s.put("0 0 -.12 -.015 0 -.035", mx, y - mh, mw / abs(mw + 1e-9), 1, s.hue("pure"), c)
    s.put("-.62 -.05 -.45 .13 .45 .13 .68 -.08 .3 0 -.3 0", x, y, d * w, h, hull, t)
    s.line("-.55 .02 .6 .01", x, y, d * w, h, sail * 0.8, 0.006)


def person(s, x, y, h, cloth=None, depth=0.3, pose=None, skirt=None, subject=1.0, halo=False, bare=False):
    """A figure standing, walking, sitting, bowing or raising an arm; y is where the feet are."""
    skin, hair, cloth = s.hue("skin"), s.hue("hair"), s.hue("cloth") if cloth is None else cloth
    pose, d, wide = pose or s.pick("stand", "walk", "raise", "bow", "sit", "stand"), s.pick(-1, 1), h * (1 - 0.12
        * tanh(s.c["tall"]))
    skirt = not bare and (s.chance(np.clip(0.5 + 0.15 * s.c["ornament"], 0.1, 0.9)) if skirt is None else skirt)
    t, k = s.thing(1.4, depth, 0.5, subject, 0.0 if bare else 1.0), s.thing(1.2, depth, 0.6, subject)
    head_r, lean, body = 0.066 * h * (1 - 0.08 * tanh(s.c["tall"])), {"bow": 0.16, "walk": 0.04}.get(pose,
        0.0) * d, skin if bare else cloth
    drop = 0.26 if pose == "sit" else 0.0
    hip, neck = y - (0.5 - drop) * h, (x + lean * h, y - (0.83 - drop - 0.4 * abs(lean)) * h)
    hx, hy = neck[0] + 0.5 * lean * h, neck[1] - 1.35 * head_r
    if halo:
        g = s.thing(0.0, depth, 0.0, subject)
        s.blob(hx, hy, 2.1 * head_r, 2.1 * head_r, rgb("d8ac3a"), g)
        s.blob(hx, hy, 1.8 * head_r, 1.8 * head_r, rgb("f0d070"), g)
    if pose == "sit":
        s.limb("0 0 .085 .2 0 .07 .21 .25 .045", x, hip, d * h, h, body * 0.9, t)
    elif skirt:
        s.put("-.4 0 .4 0 1.1 1 -1 1", x, hip, 0.16 * wide, 0.5 * h, cloth * 0.92, t)
        for a in (-0.08, 0.0, 0.07) if h > 0.2 else ():
            s.line(np.array([(0.4 * a, 0.05), (a + s.u(-0.03, 0.03), 0.48)]), x, hip, h, h, cloth * 0.68, 0.02 * h)
    else:
        for q in (-1, 1):
            s.limb("0 0 .062 .045 .24 .045 .075 .5 .03" if pose == "walk" else "0 0 .062 .02 .24 .045 .025 .5 .03", x
                + 0.03 * q * h, hip, q * h, h, body * (0.92 - 0.06 * q), t)
    s.limb(np.array([(x, hip + 0.02 * h, 0.078 * wide), (0.5 * (x + neck[0]), 0.5 * (hip + neck[1]), 0.07 * wide),
        (*neck, 0.09 * wide)]), 0, 0, 1, 1, body, t)
    for q in (-1, 1):
        arm = "0 0 .04 .1 -.07 .033 .13 -.24 .024" if pose == "raise" and q == d else s.pick(*ARMS)
        end = _path(arm, 3)[2]
        s.limb(arm, neck[0] + 0.085 * q * wide, neck[1] + 0.03 * h, q * h, h, body * 0.95, t)
        if h > 0.2:
            fx, fy = neck[0] + 0.085 * q * wide + q * end[0] * h, neck[1] + (0.03 + end[1]) * h
            s.blob(fx, fy, 0.025 * h, 0.025 * h, skin, k)
    if h > 0.2:
        s.limb(np.array([(neck[0], neck[1] + 0.02 * h, 0.03 * h), (hx, hy, 0.028 * h)]), 0, 0, 1, 1, skin * 0.85, k)
    s.blob(hx - 0.15 * d * head_r, hy - 0.2 * head_r, head_r * 1.02, head_r * 1.12, hair, k)
    s.blob(hx + 0.12 * d * head_r, hy + 0.1 * head_r, head_r * 0.78, head_r * 0.98, skin, k)
    if h > 0.4:
        for q in (-0.35, 0.35):
            s.blob(hx + (0.2 * d + q) * head_r, hy, 0.1 * head_r, 0.08 * head_r, hair * 0.4)
        s.line("-.3 .5 .3 .5", hx + 0.18 * d * head_r, hy, head_r, head_r, skin * 0.6, 0.004)


def face(s, x, y, r, turn, hair_kind, subject=1.0, age=0.0):
    """A head seen near, with neck, hair, brows, eyes, nose and mouth; `turn` -1..1 moves the features aside."""
    skin, hair = s.hue("skin", s.u(0.85, 1.05)), s.hue("hair") * (1 - age) + 150 * age
    w, aside = r * (0.74 - 0.06 * tanh(s.c["tall"])), np.sign(turn + 1e-6)
    back, k, shade = s.thing(1.4, 0.35, 0.6, subject), s.thing(1.3, 0.3, 0.6,
        subject), skin * np.array([0.8, 0.73, 0.7])
    if hair_kind in ("long", "curls", "bun"):
        s.blob(x - 0.1 * turn * r, y - 0.1 * r, w * 1.3, r * 1.12, hair, back, bumps=0.25
            if hair_kind == "curls" else 0.05)
        if hair_kind == "long":
            s.put("-1.25 -.2 1.25 -.2 1.3 1.5 -1.3 1.5", x, y, w, r, hair * 0.9, back)
        if hair_kind == "bun":
            s.blob(x - 0.5 * turn * r, y - 1.2 * r, 0.5 * r, 0.42 * r, hair, back)
    else:
        s.blob(x - 0.08 * turn * r, y - 0.25 * r, w * 1.15, r * 0.98, hair, back)
    s.put("-.55 .5 .55 .5 .68 1.75 -.68 1.75", x, y, w, r, shade, s.thing(1.5, 0.33, 0.3, subject))
    s.blob(x - aside * w * 0.98, y + 0.05 * r, 0.13 * r, 0.22 * r, skin * 0.9, k)
    a = np.linspace(0, 2 * np.pi, 24, False)
    jaw = 1 - 0.22 * np.clip(np.sin(a), 0, 1) ** 2 * s.u(0.7, 1.3)
    s.put(np.stack([np.cos(a) * jaw, 0.08 + 0.94 * np.sin(a)], 1), x, y, w, r, skin, k)
    c, far = x + 0.32 * turn * w, 1 - 0.25 * abs(turn)
    s.put("1 -.5 1.02 .1 .85 .6 .35 .95 .55 .5 .72 .1 .7 -.4", x, y, -s.side * w * 0.97, r, skin * 0.86, None)
    for q in (-1, 1):
        ex, ey = c + q * 0.4 * w * (far if q * turn > 0 else 1), y - 0.06 * r
        s.blob(ex, ey - 0.02 * r, 0.23 * w, 0.15 * r, shade)
        s.blob(ex, ey, 0.18 * w, 0.085 * r * s.u(0.8, 1.1), (236, 230, 220))
        s.blob(ex + 0.06 * turn * w, ey, 0.085 * w, 0.085 * r,
            s.pick((52, 34, 22), (70, 92, 110), (40, 32, 28), (80, 84, 50)))
        s.line("-.2 -.06 0 -.12 .2 -.05", ex, ey, w, r, hair * 0.35, 0.05 * r)
        s.line("-.24 -.22 0 -.3 .24 -.22", ex, ey, w, r, hair * 0.75, 0.07 * r)
    nose = c + 0.14 * turn * w
    s.put(np.array([(c + 0.05 * w * aside, y - 0.1 * r), (nose + 0.16 * w * aside, y + 0.27 * r), (nose, y + 0.32 * r),
        (nose - 0.04 * w * aside, y + 0.1 * r)]), 0, 0, 1, 1, shade)
    s.blob(nose, y + 0.27 * r, 0.13 * w, 0.06 * r, skin * 0.88)
    lips, smile = skin * np.array([0.82, 0.55, 0.52]), s.u(-0.03, 0.04)
    s.blob(c, y + 0.53 * r, 0.25 * w, 0.06 * r, lips)
    s.line(np.array([(-0.3, 0.53 - smile), (0, 0.54), (0.3, 0.53 - smile)]), c, y, w, r, lips * 0.55, 0.03 * r)
    if hair_kind == "beard":
        s.put("-1 .2 -.5 .4 .5 .4 1 .2 .6 1.15 0 1.4 -.6 1.15", x, y, w, r, hair * 0.9, back)
        s.blob(c, y + 0.56 * r, 0.2 * w, 0.06 * r, lips)
    if hair_kind != "bald":
        s.put(np.array([(-1.04, 0.05), (-0.95, -0.72), (0, -1.0), (0.95, -0.72), (1.04, 0.05), (0.76, -0.42),
            (s.u(-0.4, 0.4), -0.62), (-0.76, -0.42)]), x, y, w, r, hair, back)
    return skin


def vase(s, x, y, h, w, subject=1.0):
    """A turned vessel from a random profile with a highlight and perhaps a painted band; returns its mouth."""
    colour, t = s.hue("pot"), s.thing(1.5, 0.3, 0.8, subject, 1.0)
    v = np.array([0, 0.12, 0.35, 0.6, 0.78, 0.9, 1.0])
    r = np.array([0.5, 0.6, 0.75, 0.6, 0.3, 0.25, 0.35]) + s.rng.random(7) * np.array([0.3, 0.3, 0.25, 0.4, 0.3, 0.2,
        0.25])
    s.blob(x - 0.5 * s.side * w, y, 1.3 * w, 0.25 * w, s.at(x, y) * 0.55)
    s.put(np.concatenate([np.stack([-r, -v], 1), np.stack([r, -v], 1)[::-1]]), x, y, w, h, colour, t)
    if s.chance(np.clip(0.5 + 0.2 * s.c["ornament"], 0.1, 0.9)):
        band = s.hue("pure")
        for b in (0.3, 0.55):
            s.line("-.8 0 0 -.04 .8 0", x, y - b * h, w, h, band, 0.014)
    s.blob(x + 0.35 * s.side * w, y - 0.45 * h, 0.1 * w, 0.18 * h, colour * 0.5 + 125)
    s.blob(x, y - h, r[-1] * w, 0.2 * r[-1] * w, colour * 0.45, t)
    return x, y - h


def flower(s, x, y, r, subject=1.0):
    """A blossom: daisy, rose, tulip, poppy or a spray of small ones."""
    kind, colour, t = s.pick("daisy", "rose", "tulip", "spray", "poppy"), s.hue("petal"), s.thing(s.u(0, 3), 0.25, 0.5,
        subject)
    if kind == "daisy":
        n = s.pick(6, 8, 10)
        for k in range(n):
            a = 2 * np.pi * k / n + 0.2
            s.blob(x + 0.6 * r * np.cos(a), y + 0.5 * r * np.sin(a), 0.42 * r, 0.2 * r, colour * (0.9 + 0.1 * (k % 2)),
                t, turn=a)
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
    s.put(np.array([(0, 0), (0.5 * c - 0.22 * q, 0.5 * q + 0.22 * c), (c, q),
        (0.5 * c + 0.22 * q, 0.5 * q - 0.22 * c)]), x, y, 1, 1, colour, thing)


def fruit(s, x, y, r, subject=1.0):
    """An apple, lemon, pear or a bunch of grapes, with its shadow."""
    colour, t, kind = s.hue("fruit"), s.thing(s.u(0.5, 1.2), 0.25, 1.0, subject), s.pick("apple", "lemon", "pear",
        "grapes", "apple")
    s.blob(x - 0.6 * s.side * r, y + 0.05 * r, 1.2 * r, 0.3 * r, s.at(x, y + 0.3 * r) * 0.5)
    if kind == "grapes":
        for k in range(12):
            s.blob(x + s.u(-0.9, 0.9) * r * (1 - k / 16), y - r * (0.2 + 1.3 * k / 12), 0.33 * r, 0.33 * r, colour
                * s.u(0.65, 1.0), t)
        return
    s.blob(x, y - 0.8 * r, r * (1.15 if kind == "lemon" else 0.9), r * (0.75 if kind == "lemon" else 0.88), colour, t)
    if kind == "pear":
        s.blob(x + 0.1 * r, y - 1.6 * r, 0.5 * r, 0.7 * r, colour, t)
    s.blob(x + 0.35 * s.side * r, y - 1.15 * r, 0.2 * r, 0.16 * r, colour * 0.5 + 120)
    s.line("0 -1.6 .12 -2", x, y, r, r, (60, 40, 20), 0.008)


def beast(s, x, y, r, subject=1.0):
    """An animal on four legs: dog, horse, cow or sheep by its proportions."""
    fur, d, t, leg = s.hue(s.pick("hair", "earth", "stone"), 1.1), s.pick(-1, 1), s.thing(0.2, 0.2, 0.6,
        subject), s.u(0.4, 1.1)
    y -= leg * r
    for q in (-0.75, -0.45, 0.5, 0.8):
        s.limb("0 0 .14 .05 .6 .09 0 1 .07", x + q * r, y, d * r, leg * r, fur * 0.75, t)
    s.limb("-1 -.1 .1 -1.3 .3 .04", x, y, d * r, r, fur, t)
    s.blob(x, y - 0.1 * r, 1.1 * r, 0.45 * r, fur, t, bumps=0.1)
    neck = s.u(0.1, 0.8)
    s.limb(np.array([(0.8, -0.2, 0.3), (1.15, -0.3 - neck, 0.2), (1.55, -0.1 - neck, 0.12)]), x, y, d * r, r, fur
        * 1.04, t)
    s.put("1.1 -.3 1.0 -.7 1.25 -.4", x, y - neck * r, d * r, r, fur * 0.7, t)


def room(s, floor):
    """An interior: wall, floor with boards or tiles in perspective, a window, a curtain."""
    s.hour = s.pick("day", "haze", "grey", "gold", "gold", "day")
    s.backdrop(s.hue("room"), s.u(0.4, 0.8))
    wood = s.hue(s.pick("wood", "wood", "stone"))
    s.plane(floor, wood, s.thing(0.0, 0.6, 0.0, 0.0, 0.4))
    vx = s.u(0.3, 0.7)
    for k in range(-8, 9):
        s.line(np.array([(vx + 0.09 * k, floor), (vx + 0.42 * k, 1.0)]), 0, 0, 1, 1, wood * 0.72, 0.004)
    for k in range(4 if s.chance(0.4) else 0):
        s.line("0 0 1 0", 0, floor + (1 - floor) * (k / 4) ** 1.6, 1, 1, wood * 0.72, 0.004)
    if s.chance(0.65):
        x, y, w, h, t, frame = s.u(0.05, 0.7), s.u(0.06, 0.16), s.u(0.16, 0.26), s.u(0.22, 0.32), s.thing(1.57, 0.8,
            0.0, 0.0), s.hue("wood", 0.8)
        top, low = HOURS[s.pick("day", "gold", "haze")][:2]
        s.put("-.07 -.05 1.07 -.05 1.07 1.05 -.07 1.05", x, y, w, h, frame, t)
        for path, colour in ((BOX, rgb(low)), ("0 0 1 0 1 .4 0 .5", rgb(top)),
                ("0 .7 .4 .6 1 .72 1 1 0 1", s.hue("grass"))):
            s.put(path, x, y, w, h, colour, t)
        s.line(".5 0 .5 1", x, y, w, h, frame, 0.01)
        s.line("0 .5 1 .5", x, y, w, h, frame, 0.01)
    if s.chance(0.4):
        cloth, t = s.hue("cloth", 0.8), s.thing(1.5, 0.5, 0.5, 0.0, 1.0)
        for k in range(4):
            s.put("0 0 1.5 0 1 .4 1.2 .9 0 .9", 0.5 - 0.5 * s.side, 0, s.side * 0.045 * (4 - k), 1, cloth
                * (0.75 + 0.12 * (k % 2) + 0.05 * k), t)


def glow(s, x, y, r, colour, strength=0.8):
    """A soft light laid over what is painted: the sun, a moon, a candle, an apparition."""
    gx, gy = grid(s.size)
    mask = np.exp(((gx - np.float32(x)) ** 2 + (gy - np.float32(y)) ** 2)
        * np.float32(-1 / r**2)) * np.float32(strength)
    s.color[:] = np.clip(mix(s.color.astype(np.float32), np.asarray(colour, np.float32), mask), 0, 255)

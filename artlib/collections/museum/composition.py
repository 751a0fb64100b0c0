"""What is painted: one function a genre, each laying out a scene from things; `GENRES` is the table."""

from math import tanh

import numpy as np

# isort: off
from artlib.collections.museum.drawing.canvas import points, rgb, tables, turned
from artlib.collections.museum.drawing.scenery import count, glow, horizon, land, open_land, place, ridge, room, scale
from artlib.collections.museum.drawing.scenery import street, table, water
from artlib.collections.museum.drawing.things import LINEN, beast, building, collar, face, flower, fruit, habit, leaf
from artlib.collections.museum.drawing.things import nimbus, person, ship, tree, vase
# isort: on


# fmt: off
def landscape(s):
    """Hills, fields, trees, a river, path or lake, perhaps a hut, a walker, cattle."""
    h = horizon(s, 0.44, 0.1)
    land(s, h)
    ground = s.hue(s.pick("grass", "grass", "earth", "foliage"))
    s.plane(h, s.air(ground, 0.15), s.thing(0.05, 0.5, 0.0, 1.0, 0.3))
    for k in range(int(s.u(1, 4))):
        y, rough = h + 0.08 + 0.11 * k + s.u(0, 0.06), s.u(0.01, 0.04)
        ridge(s, y, rough, 0.5 - 0.13 * k, ground * s.u(0.78, 1.12), 1.0, 1.0)
    kind, x = s.rng.random(), place(s)
    if kind < 0.6:
        river = kind < 0.35
        bends = (0, h + 0.06, 0.008), (0.1, h + 0.2, 0.028), (0.25, 0.75, 0.07), (0.5, 1.04, 0.1 + 0.1 * river)
        path = [(x + (s.u(-q, q) if q else 0), y, r) for q, y, r in bends]
        colour = s.air(s.hue("water"), 0.35) if river else s.hue("earth", 1.15)
        s.limb(path, colour, s.thing(0.2 if river else 1.2, 0.4, 0.0, 1.0))
    elif kind < 0.75:
        water(s, max(h + 0.12, s.u(0.6, 0.8)))
    for _ in range(int(s.u(0, 2.8)) if s.chance(0.6) else 0):
        w = s.u(0.07, 0.15)
        building(s, s.u(0.05, 0.8), h + s.u(0.04, 0.14), w, w * s.u(0.6, 1.0), 0.5)
    spots, kind = sorted((s.u(0.03, 0.5) ** 1.3, s.u(-0.02, 1.02)) for _ in range(count(s, 1, 8))), habit(s)
    for near, x in spots:
        tall = (0.16 + 0.9 * near) * scale(s)
        tree(s, x, h + 0.03 + near * (1 - h) * 1.2, tall, 0.6 - near, kind=kind if s.chance(0.75) else None)
    for _ in range(int(s.u(0, 2.5))):
        y, (who, least, more) = s.u(h + 0.15, 0.95), (beast, 0.02, 0.06) if s.chance(0.5) else (person, 0.06, 0.16)
        who(s, s.u(0.1, 0.9), y, least + more * (y - h))
    s.focus = (place(s), h)


def cityscape(s):
    """A street, square or canal: rows of houses, a tower or dome, people, carts, boats."""
    h, tall = horizon(s, 0.56, 0.06), 1 + 0.16 * s.c["tall"]
    land(s, h, far=False)
    s.plane(h, s.hue(s.pick("stone", "earth"), 0.95), s.thing(0.0, 0.5, 0.0, 0.0, 0.4))
    for _ in range(count(s, 1, 3)):
        building(s, s.u(0.05, 0.9), h + 0.02, s.u(0.05, 0.09), s.u(0.28, 0.42) * tall, 0.65, tower=True)
    if s.chance(0.35):
        street(s, h, tall, place(s))
    elif _row_of_houses(s, h, tall):
        return
    for near in sorted(s.u(0.05, 1.0) for _ in range(count(s, 1, 9))):
        who, r = (person, 0.05 + 0.13 * near) if s.chance(0.85) else (beast, 0.02 + 0.04 * near)
        who(s, s.u(0.05, 0.95), h + 0.05 + near * (0.95 - h), r)
    s.focus = (place(s), h - 0.1)


def _row_of_houses(s, h, tall) -> bool:
    """Houses side by side, perhaps nearer ones to the sides, perhaps on a canal; returns whether there is one."""
    x = -0.06
    while x < 0.98:
        w = s.u(0.08, 0.22)
        building(s, x, h + 0.03, w, s.u(0.12, 0.34) * tall, 0.5)
        x += w * s.u(0.92, 1.15)
    both = s.chance(0.3 + 0.15 * tanh(s.c["symmetry"]))
    for q in (0, 1) if both else (s.pick(0, 1),) if s.chance(0.6) else ():
        w = s.u(0.16, 0.27)
        building(s, 1.05 - w if q else -0.05, h + s.u(0.12, 0.24), w, s.u(0.42, 0.62) * tall, 0.15)
    canal = s.chance(0.4)
    if canal:
        water(s, h + s.u(0.08, 0.16), subject=1.0)
        for _ in range(count(s, 0, 3)):
            ship(s, s.u(0.1, 0.9), s.u(h + 0.2, 0.92), s.u(0.1, 0.2), 0.3)
    return canal


def marina(s):
    """The sea: ships near and far, a coast, waves, shore or storm."""
    h = horizon(s, 0.5, 0.14)
    if s.chance(0.4):
        land(s, h - 0.01, far=False)
    else:
        s.sky(h + 0.02)
    if s.chance(0.5):
        x, end = np.linspace(0, 1, 14), s.u(0.3, 0.8)
        rise = np.clip(end - (x if s.side > 0 else 1 - x), 0, 1) * s.u(0.15, 0.6)
        y = h - rise * (1 + 0.3 * np.sin(9 * x + s.u(0, 6)))
        coast = np.stack([np.r_[x, 1, 0], np.r_[y, h + 0.02, h + 0.02]], 1)
        s.put(coast, s.air(s.hue("rock"), 0.6), s.thing(0.4, 0.8, 0.3, 1.0))
        if s.chance(0.4):
            building(s, 0.06 if s.side > 0 else 0.86, h - 0.12, 0.05, s.u(0.1, 0.2), 0.55, tower=True)
    water(s, h, subject=1.0)
    rough, t = s.u(0, 1) ** 1.5, s.thing(0.1, 0.4, 0.2, 1.0)
    for k in range(int(4 + 12 * rough)):
        y, x, w = h + (1 - h) * ((k + 0.8) / 16) ** 1.1, s.u(0, 1), s.u(0.05, 0.14)
        s.put("-1 0 -.4 -1 0 -1.6 .5 -.6 1 0 .2 -.5", s.at(x, y) * 0.65 + 80, t, x, y, w, 0.018 * rough + 0.004)
    for near in sorted(s.u(0, 1) for _ in range(count(s, 1, 5))):
        ship(s, place(s, 0.55), h + 0.02 + near * (0.8 - h) * 0.9, (0.09 + 0.42 * near) * scale(s), 0.65 - 0.5 * near)
    if s.chance(0.25):
        shore = [(0, 1.02), (0, s.u(0.8, 0.95)), (0.5, s.u(0.88, 0.98)), (1, s.u(0.85, 1)), (1, 1.02)]
        s.put(shore, s.hue("earth", 1.1), s.thing(0.2, 0.2, 0.2, 1.0))
        person(s, s.u(0.1, 0.9), 0.97, s.u(0.1, 0.16), depth=0.2)
    for _ in range(int(s.u(0, 5))):
        s.line("-1 0 0 .5 1 -.2", (235, 235, 230), 0.004, s.u(0, 1), s.u(0.05, h * 0.8), 0.015, 0.016)
    s.focus = (place(s), h)


def portrait(s):
    """Head and shoulders or half length; dress, collar, hat, hands and background vary."""
    kind, size, x = s.rng.random(), scale(s), place(s, 0.14)
    if kind < 0.6:
        s.hour = s.pick("day", "haze", "gold", "gold", "grey")
        s.backdrop(s.hue("room", s.u(0.5, 1.2)), s.u(0.4, 1.0))
    elif kind < 0.8:
        room(s, 0.97)
    else:
        h = horizon(s, 0.5)
        open_land(s, h, "grass")
        tree(s, s.u(0, 1), h + 0.12, 0.4, 0.5, 0.0)
    r, y = 0.165 * size, 0.4 - 0.05 * (size - 1)
    turn = float(np.clip(0.45 * s.rng.standard_normal() + 0.25 * s.h["lean"], -1, 1))
    cloth, wide, base = s.hue("cloth", s.u(0.7, 1.1)), s.u(1.55, 2.15) * (1 - 0.06 * s.c["tall"]) * r, y + 1.55 * r
    t, k = s.thing(1.3, 0.35, 0.45, 1.0, 1.0), s.thing(1.5, 0.35, 0.4)
    hair = s.pick("long", "short", "bun", "curls", "beard", "short", "bald", "long")
    skin = face(s, x, y, r, turn, hair, age=0.6 * s.chance(0.25))
    s.put("bust", cloth, t, x, base, wide, r)
    collar(s, x, base, r, cloth, skin, k)
    if s.chance(0.35):
        hat, q = s.hue("cloth", 0.8), s.thing(0.2, 0.3, 0.5)
        if s.chance(0.5):
            s.blob(x, y - 0.62 * r, s.u(1.2, 1.7) * r, 0.22 * r, hat * 0.8, q)
            s.put("-.7 0 -.6 -1 .6 -.85 .7 0", hat, q, x, y - 0.62 * r, r, s.u(0.5, 0.9) * r)
        else:
            s.blob(x, y - 0.72 * r, 0.95 * r, 0.55 * r, hat, q, bumps=0.12)
    if s.chance(0.4):
        for q in (-1, 1):
            s.limb([(0.9 * wide, 0.97, 0.3), (0.5 * r, 0.9, 0.27), (0.1 * r, 0.87, 0.15)] * np.array([1, 1, r]),
                cloth * 0.85, t, x, 0, q)
            s.blob(x + 0.12 * q * r, 0.865, 0.24 * r, 0.16 * r, skin, k, turn=-0.4 * q)
    s.focus = (x, y)


def still_life(s):
    """Vessels, a bowl, fruit, books, a skull on a table."""
    y, size = horizon(s, 0.55, 0.06), scale(s)
    table(s, y)
    for _ in range(count(s, 1, 3)):
        x, near, tall = place(s, 0.5), s.u(0.08, 0.2), s.u(0.25, 0.5) * size * (1 + 0.1 * s.c["tall"])
        vase(s, x, y + near, tall, s.u(0.055, 0.11) * size)
    if s.chance(0.35):
        x, t = s.u(0.15, 0.75), s.thing(0.1, 0.3, 0.2)
        for k in range(1 + int(s.u(0, 3))):
            bx = x + s.u(-0.02, 0.02)
            s.put("0 0 1 .4 1 -.6 0 -1", s.hue("cloth"), t, bx, y + 0.2 - 0.045 * k, 0.2, 0.04)
    if s.chance(0.2):
        s.figure("skull", place(s), y + 0.14, bone=(rgb("d8c8a0"), s.thing(0.8, 0.3, 0.9)), hole=(rgb("d8c8a0"), None))
    if s.chance(0.4):
        x, b, r, a = place(s, 0.4), y + s.u(0.18, 0.26), s.u(0.12, 0.17) * size, np.linspace(0, np.pi, 12)
        for k in range(5):
            fruit(s, x + (k - 2) * 0.36 * r, b - 0.35 * r, 0.34 * r)
        bowl = np.stack([np.cos(a), 0.5 * np.sin(a)], 1)
        s.put(bowl, s.hue("pot"), s.thing(0.1, 0.3, 0.6, 1.0, 1.0), x, b - 0.35 * r, r, r)
    for near in sorted(s.u(0.1, 0.36) for _ in range(count(s, 2, 8))):
        fruit(s, place(s, 0.6), y + near, s.u(0.035, 0.06) * size)
    s.focus = (place(s), y)


def flowers(s):
    """A bouquet in a vase, or branches and blossoms against an empty ground."""
    size = scale(s)
    if s.chance(np.clip(0.2 + 0.16 * s.c["line"], 0.04, 0.6)):
        _branches(s, size)
        return
    y, x = horizon(s, 0.72, 0.05), place(s, 0.15)
    table(s, y)
    mx, my = vase(s, x, y + s.u(0.06, 0.14), s.u(0.22, 0.34), s.u(0.07, 0.11))
    spread, n, stem, t = s.u(0.2, 0.3) * size, count(s, 6, 20), s.hue("foliage"), s.thing(1.2, 0.35, 0.3)
    for _ in range(n + 5):
        a, d = s.u(-2.9, -0.2), s.u(0.4, 1.1) * spread
        long, angle = s.u(0.06, 0.14) * size, a + s.u(-0.5, 0.5)
        leaf(s, mx + 0.5 * d * np.cos(a), my + 0.6 * d * np.sin(a), long, angle, stem * s.u(0.6, 1.15), t)
    for k in range(n):
        a, d = s.u(-3.0, -0.14), spread * np.sqrt((k + 1) / n) * s.u(0.7, 1.1)
        fx, fy = d * np.cos(a), 1.15 * d * np.sin(a) - 0.03
        s.line([(0, 0), (fx, fy)], stem * 0.8, 0.005, mx, my)
        flower(s, mx + fx, my + fy, s.u(0.035, 0.085) * size)
    for _ in range(int(s.u(0, 3))):
        s.pick(flower, fruit)(s, s.u(0.15, 0.85), y + s.u(0.12, 0.2), 0.04)
    s.focus = (mx, my - 0.1)


def _branches(s, size):
    """One to four branches from the side, with blossoms and fruit."""
    s.backdrop(s.hue("stone", 1.1), 0.25)
    wood, t, d, y = s.hue("wood"), s.thing(0.7, 0.3, 0.5), s.pick(-1, 1), s.u(0.3, 0.9)
    for b in range(count(s, 1, 4)):
        p = np.array([(0, y + 0.06 * b, 0.022), (0.3, y - s.u(-0.1, 0.2), 0.014),
            (s.u(0.5, 0.9), y - s.u(-0.3, 0.4), 0.004)])
        s.limb(p, wood, t, 0.5 - 0.5 * d, 0, d)
        for f in s.rng.random(7) * 1.7 + 0.3:
            q = p[int(f)] + (p[int(f) + 1] - p[int(f)]) * (f - int(f))
            what, x = flower if s.chance(0.7) else fruit, 0.5 - 0.5 * d + d * q[0] + s.u(-0.05, 0.05)
            what(s, x, q[1] + s.u(-0.05, 0.05), s.u(0.025, 0.055) * size)


def religious(s):
    """Holy figures with haloes: mother and child, crucifixion, seated teacher, saints; an arch about them."""
    kind, x, size = s.rng.random(), place(s, 0.1), scale(s)
    if s.chance(0.4):
        s.backdrop(s.hue("room", s.u(0.7, 1.3)), 0.4)
    else:
        open_land(s, horizon(s, 0.55), "earth")
    if s.chance(np.clip(0.4 + 0.15 * s.c["symmetry"], 0.1, 0.9)):
        s.put("arch", s.hue("stone"), s.thing(1.57, 0.5, 0.3, 1.0, 0.6))
    holy = _mother_and_child if kind < 0.35 else _crucifixion if kind < 0.55 else _teacher if kind < 0.75 else _saints
    holy(s, x, size)
    s.focus = (x, 0.35)


def _mother_and_child(s, x, size):
    robe, dress = rgb("2a3f7a") * s.u(0.7, 1.2) if s.chance(0.6) else s.hue("cloth"), s.hue("cloth")
    top, t = 0.27 * size, s.thing(1.4, 0.3, 0.45, 1.0, 1.0)
    nimbus(s, x, top, 0.17 * size, s.thing(0, 0.5, 0))
    s.figure("robe", x, top, size, size, robe=(robe, t), dress=(dress, t))
    face(s, x, top, 0.095 * size, s.u(-0.6, 0.6), "long")
    s.limb("veil", robe * 0.9, t, x, top, size, size)
    d = s.pick(-1, 1)
    person(s, x + 0.08 * d, 0.78, 0.36 * size, s.hue("sail"), 0.25, "sit", halo=True)
    for q in (-1, 1):
        s.limb([(0.22 * size, 0.6, 0.05), (0.16, 0.74, 0.05), (-0.05 * d * q, 0.71, 0.03)], robe * 0.85, t, x, 0, q)


def _crucifixion(s, x, size):
    wood, skin = (s.hue("wood", 0.8), s.thing(1.5, 0.4, 0.2)), (s.hue("skin"), s.thing(1.3, 0.3, 0.6))
    s.figure("crucifix", x, wood=wood, skin=skin, cloth=(LINEN, skin[1]), halo=(rgb("e8c860"), s.thing(0, 0.4, 0)))
    for _ in range(count(s, 1, 4)):
        px, py, tall, pose = s.u(0.08, 0.92), s.u(0.88, 0.98), s.u(0.3, 0.4) * size, s.pick("raise", "bow", "stand")
        person(s, px, py, tall, depth=0.25, pose=pose, skirt=True, halo=s.chance(0.5))


def _teacher(s, x, size):
    glow(s, x, 0.35, 0.3, rgb("f4e0a0"), 0.75)
    robe, skin, t, top = s.hue("cloth"), s.hue("skin"), s.thing(0.3, 0.3, 0.45, 1.0, 1.0), 0.3 * size
    s.blob(x, 0.5, 0.26, 0.3, rgb("e4c070"), s.thing(0, 0.5, 0))
    nimbus(s, x, top, 0.13, s.thing(0, 0.5, 0))
    face(s, x, top, 0.085 * size, 0.0, s.pick("bun", "short"))
    s.figure("teacher", x, robe=(robe, t), skin=(skin, s.thing(1.3, 0.3, 0.5)))
    for q in np.linspace(-0.36, 0.36, 7):
        s.put("lotus", s.hue("petal"), s.thing(0, 0.3, 0.4, 1.0, 1.0), x + q, 0.88)


def _saints(s, x, size):
    n = count(s, 1, 5)
    for k in range(n):
        px = x if n == 1 else 0.14 + 0.72 * k / (n - 1) + s.u(-0.04, 0.04)
        tall, pose = (0.78 if n == 1 else 0.55) * size * s.u(0.9, 1.05), s.pick("stand", "raise", "stand", "bow")
        person(s, px, s.u(0.9, 0.97), tall, pose=pose, skirt=True, halo=True)


def genre_painting(s):
    """Daily life: people at a table, at work, in a room, an inn or a yard, with animals."""
    y, x, size = horizon(s, 0.68, 0.06), place(s, 0.25), scale(s)
    if s.chance(0.7):
        room(s, y)
    else:
        land(s, y - 0.12)
        s.plane(y - 0.12, s.hue("earth"), s.thing(0.0, 0.6, 0.0, 0.0, 0.3))
        building(s, s.pick(-0.05, 0.55), y, s.u(0.4, 0.5), s.u(0.35, 0.5), 0.45, subject=0.0)
    people = sorted((s.u(0.05, 0.26), float(np.clip(x + s.u(-0.38, 0.38), 0.08, 0.92))) for _ in range(count(s, 2, 6)))
    for near, px in people[: len(people) // 2]:
        person(s, px, y + near, s.u(0.4, 0.52) * size, depth=0.35)
    if s.chance(0.75):
        w, h, b, wood, t = s.u(0.28, 0.44), 0.16 * size, y + 0.22, s.hue("wood"), s.thing(0.0, 0.3, 0.2)
        for q in (-0.44, 0.44):
            s.limb("0 -1 .1 0 .1 .1", wood * 0.7, t, x + q * w, b, 0.01, h)
        cover = s.pick(wood, s.hue("cloth"), np.array([225.0, 220, 208]))
        s.put("-.42 -.06 .42 -.06 .5 0 -.5 0", cover, t, x, b - h, w)
        s.put("-.5 0 .5 0 .5 .03 -.5 .03", wood * 0.7, t, x, b - h, w)
        for _ in range(2):
            vase(s, x + s.u(-0.4, 0.4) * w, b - h - 0.02, s.u(0.06, 0.11), s.u(0.014, 0.026))
        fruit(s, x + s.u(-0.3, 0.3) * w, b - h - 0.01, 0.022)
    for near, px in people[len(people) // 2 :]:
        tall, pose = s.u(0.42, 0.56) * size, s.pick("sit", "sit", "bow", "stand", "raise")
        person(s, px, min(0.99, y + 0.08 + near), tall, depth=0.25, pose=pose)
    if s.chance(0.45):
        beast(s, s.u(0.1, 0.85), s.u(0.92, 0.98), s.u(0.05, 0.08))
    s.focus = (x, y - 0.1)


def figure(s):
    """The human body, standing, seated or lying, bare or draped, alone or a few together."""
    x, size = place(s, 0.15), scale(s)
    if s.chance(0.5):
        s.backdrop(s.hue("room", s.u(0.5, 1.2)), s.u(0.4, 0.9))
        s.plane(0.86, s.hue("wood"), s.thing(0.0, 0.5, 0.0, 0.0, 0.5))
    else:
        h = horizon(s, 0.48)
        open_land(s, h, "grass", 0.5)
        tree(s, s.pick(0.08, 0.92), h + 0.3, s.u(0.5, 0.8), 0.35, 0.0)
    s.focus = (x, 0.45)
    if s.chance(0.38):
        d, y, skin, sheet = s.pick(-1, 1), s.u(0.66, 0.74), s.hue("skin"), s.hue(s.pick("cloth", "sail"))
        t, k = s.thing(0.2, 0.3, 0.3, 1.0, 1.0), s.thing(0.1, 0.25, 0.6)
        s.put("-.46 .06 -.3 -.02 .4 0 .48 .1 .44 .25 -.46 .25", sheet, t, x, y)
        for a in s.rng.random(5) * 0.8 - 0.4:
            s.line([(a, 0.05), (a + s.u(-0.06, 0.06), 0.24)], sheet * 0.75, 0.012, x, y)
        s.figure("reclining", x, y, d * size, size, skin=(skin, k))
        face(s, x - 0.21 * d * size, y - 0.27 * size, 0.072 * size, 0.6 * d, s.pick("long", "bun", "short", "curls"))
        return
    for j in range(1 + s.chance(0.3) + s.chance(0.12)):
        px, tall = float(np.clip(x + 0.26 * (0, -1, 1)[j], 0.1, 0.9)), (0.84 - 0.1 * j) * min(size, 1.08)
        pose = s.pick("stand", "raise", "walk", "sit", "bow")
        person(s, px, 0.96 - 0.03 * j, tall, depth=0.25, pose=pose, bare=s.chance(0.6))


def abstract(s):
    """No thing at all: circles, bars, arcs, shards, bands of colour, lines."""
    s.hour = "day"
    s.backdrop(s.hue(s.pick("pure", "stone", "room", "sail"), s.u(0.7, 1.1)), 0.1)
    family, kinds = s.pick("pure", "pure", "cloth", "fruit", "earth"), ("bars", "circles", "arcs", "shards")
    kind = s.pick(None, *kinds, "bands")
    for _ in range(count(s, 5, 16)):
        x, y, r, a = place(s, 0.75), s.u(0.05, 0.95), s.u(0.04, 0.24) * scale(s), s.u(0, np.pi)
        if s.c["symmetry"] + s.rng.standard_normal() > 1.0:
            a = s.pick(0.0, np.pi / 2)
        t, c, what = s.thing(a, s.u(0.1, 0.8), s.pick(0.0, 0.0, 0.5)), s.hue(family), kind or s.pick(*kinds)
        if what == "circles":
            s.blob(x, y, r, r, c, t)
            if s.chance(0.5):
                s.blob(x, y, 0.6 * r, 0.6 * r, s.hue(family), t)
        elif what == "arcs":
            b = np.linspace(a, a + s.u(1.5, 4.5), 14)
            s.limb(np.stack([np.cos(b), np.sin(b), b * 0 + 0.16], 1), c, t, x, y, r, r)
        elif what == "shards":
            s.put((s.rng.random((s.pick(3, 4), 2)) - 0.5) * 2.4, c, t, x, y, r, r)
        else:
            half = (3.0, 0.5) if what == "bands" else (1.7, s.u(0.08, 0.4))
            s.put(turned(points("-1 -1 1 -1 1 1 -1 1") * half, a), c, t, x, y, r, r)
    for _ in range(int(s.u(0, 6))):
        s.line(s.rng.random((3, 2)) * 1.2 - 0.1, s.hue("pure", 0.5), s.u(0.004, 0.014))
    s.focus = (place(s), s.u(0.3, 0.7))


_GENRES = {
    "portrait": portrait, "landscape": landscape, "cityscape": cityscape, "marina": marina, "still life": still_life,
    "flower painting": flowers, "religious painting": religious, "genre painting": genre_painting, "figure": figure,
    "abstract": abstract,
}
# genre: (composition, share, first year)
GENRES = {name: (how, *tables()["genres"][name]) for name, how in _GENRES.items()}

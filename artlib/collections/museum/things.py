"""The things that compositions are made of: trees, houses, people, ships, fruit, flowers, water, rooms.

Every function takes the scene, a place in relative coordinates (x, y is where a thing stands) and a size.
"""

# fmt: off
import cv2
import numpy as np

from artlib.collections.museum.canvas import HOURS, grid, noise, rgb


def haze(s, colour, depth):
    """A colour seen through air: nearer to the horizon's with depth."""
    return colour + (rgb(HOURS[s.hour][1]) - colour) * 0.65 * depth


def ridge(s, y, rough, depth, colour, steep=1.0, subject=0.0):
    """A ridge of hills or mountains across the picture."""
    x = np.linspace(-0.02, 1.02, 40)
    line = sum(s.u(0.3, 1) / k * np.sin(k * x * s.u(2.5, 4.5) + s.u(0, 6.28)) for k in (1, 2, 3, 5, 9))
    line = np.sign(line) * np.abs(line) ** (1 / max(0.5, steep)) * rough
    t = s.thing(0.5 * s.pick(-1, 1) * steep, depth, 0.25, subject)
    s.shape(np.concatenate([np.stack([x, y - line], 1), [[1.02, 1.02], [-0.02, 1.02]]]),
        haze(s, colour, depth), t)
    return y - line


def peaks(s, y, colour, tall, subject=1.0):
    """One to three pointed mountains with a lit and a shaded side, perhaps snow."""
    for _ in range(1 + int(s.rng.random() * 3)):
        x, h, w = s.u(0.1, 0.9), tall * s.u(0.6, 1.1), s.u(0.16, 0.34)
        n = 9
        left = np.stack([np.linspace(x - w, x, n), y - h * np.linspace(0, 1, n) ** s.u(1.0, 1.8)], 1)
        right = np.stack([np.linspace(x, x + w * s.u(0.8, 1.3), n), y - h
            * np.linspace(1, 0, n) ** s.u(1.0, 1.8)], 1)
        left[1:-1] += 0.012 * (s.rng.random((n - 2, 2)) - 0.5)
        fold = np.stack([x + 0.03 * (s.rng.random(n) - 0.3) * np.arange(n) / 3, np.linspace(y - h, y, n)], 1)
        t, base = s.thing(1.1, 0.75, 0.2, subject), haze(s, colour, 0.55)
        s.shape(np.concatenate([left, right[1:]]), base * (1.08 if s.side < 0 else 0.84), t)
        s.shape(np.concatenate([fold, right[::-1]]), base * (0.84 if s.side < 0 else 1.08), t)
        if s.rng.random() < 0.4:
            s.shape([left[-3], left[-1], right[2], fold[1] + (0.01, 0.02), fold[2]], base * 0.3 + 170, t)


def tree(s, x, y, h, depth=0.4, subject=1.0, kind=None):
    """A tree: round, tall, layered like a pine, weeping, palm or bare, as the country's habit is."""
    kind = kind or ("round", "tall", "pine", "willow", "palm", "bare", "fir")[
        int(np.clip(np.round(2.6 + 1.5 * s.c["tree"] + 1.1 * s.rng.standard_normal()), 0, 6))
    ]
    leaf, wood = haze(s, s.hue("foliage"), depth), haze(s, s.hue("wood", 0.8), depth)
    t = s.thing(1.4, depth, 0.5, subject)
    bend = s.u(-0.12, 0.12) * h
    trunk = [(x, y), (x + bend * 0.3, y - 0.45 * h), (x + bend, y - 0.8 * h)]
    s.limb(trunk, [0.035 * h, 0.022 * h, 0.008 * h], wood, t)
    top = s.thing(0.7, depth, 0.45, subject)
    if kind in ("round", "pine", "palm", "bare"):
        for _ in range(3):
            a = s.u(-1, 1)
            s.limb([(x + 0.3 * bend, y - 0.45 * h), (x + a * 0.25 * h, y - s.u(0.65, 0.85) * h)],
                [0.014 * h, 0.006 * h], wood, t)
    if kind == "bare":
        for _ in range(9):
            a, b = s.u(-0.25, 0.25), s.u(0.5, 0.85)
            s.line([(x + a * h, y - b * h), (x + (a * 1.6 + s.u(-0.1, 0.1)) * h, y - (b + 0.15) * h)], wood,
                0.005)
    elif kind == "round":
        for k in range(11):
            r = s.u(0.12, 0.2) * h
            a, b = s.u(-0.27, 0.27), s.u(0.5, 0.88)
            s.blob(x + bend + a * h, y - b * h, r, r * 0.8, leaf
                * (0.75 + 0.4 * (b - 0.4) + 0.1 * (a * s.side > 0) + 0.02 * k), top, bumps=0.5)
    elif kind == "tall":
        for k in range(7):
            b, r = 0.15 + 0.12 * k, 0.1 * np.sin(np.pi * (0.12 + 0.12 * k)) + 0.02
            s.blob(x + bend * b, y - b * h, r * h, 0.13 * h, leaf * s.u(0.8, 1.1), top, bumps=0.35)
    elif kind == "fir":
        for k in range(6):
            b, r = 0.15 + 0.14 * k, 0.22 * (1 - k / 6.5)
            s.shape([(x - r * h, y - b * h), (x, y - (b + 0.26) * h), (x + r * h, y - b * h),
                (x, y - (b + 0.04) * h)], leaf * (0.75 + 0.07 * k), top)
    elif kind == "pine":
        for k in range(6):
            b = 0.45 + 0.09 * k
            s.blob(x + bend + s.u(-0.22, 0.22) * h, y - b * h, s.u(0.13, 0.24) * h, 0.045 * h, leaf
                * s.u(0.75, 1.1), top, bumps=0.4)
    elif kind == "willow":
        for k in range(13):
            a = (k - 6) / 6
            p = [(x + bend + a * 0.1 * h, y - 0.85 * h), (x + a * 0.3 * h, y - 0.8 * h),
                (x + a * 0.38 * h, y - s.u(0.15, 0.4) * h)]
            s.limb(p, [0.03 * h, 0.05 * h, 0.012 * h], leaf * s.u(0.75, 1.15), top)
    else:
        for k in range(8):
            a = -0.3 + 3.7 * k / 7
            p = [(x + bend, y - 0.8 * h), (x + bend + 0.2 * h * np.cos(a), y - (0.8 + 0.16 * np.sin(a)) * h),
                (x + bend + 0.36 * h * np.cos(a), y - (0.66 + 0.12 * np.sin(a)) * h)]
            s.limb(p, [0.012 * h, 0.04 * h, 0.004 * h], leaf * s.u(0.75, 1.1), top)


def water(s, top, bottom=1.0, subject=0.0, calm=None):
    """Water that mirrors what stands above it, broken by ripples."""
    n = s.size
    a, b = int(top * n), round(bottom * n)
    if b - a < 2:
        return
    above = s.color[max(0, 2 * a - b) : a][::-1]
    mirror = cv2.resize(above, (n, b - a)) if len(above) else np.zeros((b - a, n, 3), np.uint8)
    calm = s.u(0.15, 0.6) if calm is None else calm
    tone = s.hue("water") * (0.45 + 0.55 * HOURS[s.hour][3])
    t = np.linspace(0, 1, b - a, dtype=np.float32)[:, None]
    ripple = noise(s.rng, n, 1, s.u(0.2, 0.4), 2.4)[a:b] * (0.3 + t)
    out = mirror * calm + tone * (1 - calm) * (1.1 - 0.35 * t[..., None]) + 15 * ripple[..., None]
    s.color[a:b] = np.clip(out, 0, 255)
    s.ids[a:b] = s.thing(0.0, 0.5, 0.0, subject, 0.3)


def building(s, x, y, w, h, depth=0.4, kind=None, subject=1.0):
    """A house, tower, church or palace; roofs run from flat over gabled to curved with the culture."""
    wall, roof = haze(s, s.hue("wall"), depth), haze(s, s.hue("roof"), depth)
    t = s.thing(1.57, depth, 0.12, subject, 0.6)
    s.shape([(x, y), (x, y - h), (x + w, y - h), (x + w, y)], wall * (1.06 if s.side < 0 else 0.9), t)
    e = x + w * (0.62 if s.side < 0 else 0.38)
    side = [(e, y), (e, y - h), (x + w, y - h), (x + w, y)] if s.side < 0 else [(x, y), (x, y - h),
        (e, y - h), (e, y)]
    if depth < 0.6:
        s.shape(side, wall * 0.72, t)
    style = s.c["roof"] + 0.5 * s.rng.standard_normal()
    kind = kind or "house"
    r = s.thing(0.4, depth, 0.15, subject, 0.6)
    if kind == "tower":
        k = min(w * 1.6, 0.5 * h) * (1.3 if style > -0.4 else 0.5)
        if style < -0.6:
            s.blob(x + w / 2, y - h, 0.62 * w, 0.55 * w, roof, r)
        s.shape([(x - 0.1 * w, y - h), (x + w / 2, y - h - k), (x + 1.1 * w, y - h)], roof, r)
    elif style > 0.9:
        for k in range(1 + (h > 0.25)):
            b = y - h * (1 - 0.45 * k)
            p = [(x - 0.25 * w, b - 0.03 * h), (x + 0.05 * w, b), (x + 0.95 * w, b),
                (x + 1.25 * w, b - 0.03 * h), (x + 0.85 * w, b - 0.14 * h), (x + 0.5 * w, b - 0.22 * h),
                (x + 0.15 * w, b - 0.14 * h)]
            s.shape(p, roof, r)
    elif style > 0.2:
        s.shape([(x - 0.06 * w, y - h), (x + 0.2 * w, y - h - 0.24 * w - 0.06),
            (x + 0.8 * w, y - h - 0.24 * w - 0.06), (x + 1.06 * w, y - h)], roof, r)
    elif style > -0.7:
        k = 0.32 * w * (1 + 0.4 * s.c["steep"]) + 0.03
        steps = s.pick(0, 0, 1)
        gable = [(x, y - h), (x + 0.2 * w, y - h - 0.5 * k), (x + 0.2 * w, y - h - 0.55 * k),
            (x + 0.5 * w, y - h - k), (x + 0.8 * w, y - h - 0.55 * k), (x + w, y - h)]
        s.shape(gable if steps else [(x - 0.06 * w, y - h), (x + 0.5 * w, y - h - k), (x + 1.06 * w, y - h)],
            wall * 0.95 if steps else roof, r)
    elif style > -1.4:
        s.shape([(x - 0.04 * w, y - h - 0.03), (x + 1.04 * w, y - h - 0.03), (x + 1.04 * w, y - h),
            (x - 0.04 * w, y - h)], roof, r)
    else:
        s.blob(x + w / 2, y - h, 0.42 * w, 0.42 * w, roof * 1.1, r)
        s.line([(x + w / 2, y - h - 0.6 * w), (x + w / 2, y - h - 0.3 * w)], roof, 0.006)
    glass = wall * 0.3 if s.hour != "night" else rgb("f0c060")
    cols, rows = max(1, int(w / 0.055)), max(1, int(h / 0.085))
    arch = s.c["symmetry"] + s.rng.standard_normal() > 0.6
    for i in range(min(cols, 5)):
        for j in range(min(rows, 5)):
            cx, cy = x + w * (i + 0.5) / min(cols, 5), y - h + h * (j + 0.45) / min(rows, 5)
            a, b = 0.22 * w / min(cols, 5), 0.27 * h / min(rows, 5)
            pane = [(cx - a, cy + b), (cx - a, cy - b), (cx, cy - b * (1.5 if arch else 1)),
                (cx + a, cy - b), (cx + a, cy + b)]
            s.shape(pane, glass * (0.8 + 0.4 * s.rng.random()))


def ship(s, x, y, h, depth=0.4, subject=1.0):
    """A boat under sail: hull, masts, one to three sails, a flag; steamers late and rowing boats small."""
    hull, sail = haze(s, s.hue("wood", 0.7), depth), haze(s, s.hue("sail"), depth)
    d, w = s.pick(-1, 1), 0.42 * h * s.u(0.8, 1.3)
    t, c = s.thing(0.1, depth, 0.4, subject), s.thing(1.3, depth, 0.5, subject)
    masts = 1 + int(s.rng.random() * 2.6) if h > 0.2 else 1
    for m in range(masts):
        mx = x + d * w * (0.9 * (m + 0.5) / masts - 0.45)
        mh = h * s.u(0.8, 1.0) * (1 - 0.12 * abs(m - 0.5 * (masts - 1)))
        s.line([(mx, y), (mx, y - mh)], hull * 0.7, 0.006)
        if s.rng.random() < 0.45 + 0.15 * s.c["roof"]:
            for k in range(2 + (h > 0.3)):
                b, a = y - mh * (0.9 - 0.3 * k), 0.55 * w / masts * (0.7 + 0.25 * k)
                s.shape([(mx - a, b), (mx + a, b), (mx + a * 1.15 + 0.2 * d * a, b + 0.24 * mh),
                    (mx - a * 1.0 + 0.2 * d * a, b + 0.24 * mh)], sail * s.u(0.85, 1.08), c)
        else:
            p = [(mx + 0.01 * d, y - mh), (mx + d * 0.3 * w / masts * 1.4, y - 0.45 * mh),
                (mx + d * w / masts * s.u(0.6, 0.95), y - 0.12 * mh), (mx + 0.01 * d, y - 0.1 * mh)]
            s.shape(p, sail * s.u(0.88, 1.08), c)
            s.shape([(mx - 0.01 * d, y - 0.85 * mh), (mx - d * 0.5 * w / masts, y - 0.12 * mh),
                (mx - 0.01 * d, y - 0.15 * mh)], sail * s.u(0.7, 0.95), c)
        s.shape([(mx, y - mh), (mx - 0.12 * d * w, y - mh - 0.015), (mx, y - mh - 0.035)], s.hue("pure"), c)
    low, rise = 0.13 * h, 0.05 * h
    s.shape([(x - w * 0.62, y - rise), (x - w * 0.45, y + low), (x + w * 0.45, y + low),
        (x + w * 0.68, y - 1.6 * rise), (x + 0.3 * w, y), (x - 0.3 * w, y)], hull, t)
    s.line([(x - w * 0.55, y + 0.02 * h), (x + w * 0.6, y + 0.01 * h)], sail * 0.8, 0.006)


def person(s, x, y, h, cloth=None, depth=0.3, pose=None, skirt=None, subject=1.0, halo=False, bare=False):
    """A figure standing, walking, sitting, bowing or raising an arm; y is where the feet are."""
    skin, cloth = s.hue("skin"), s.hue("cloth") if cloth is None else cloth
    pose = pose or s.pick("stand", "walk", "raise", "bow", "sit", "stand")
    skirt = s.rng.random() < 0.5 + 0.15 * s.c["ornament"] if skirt is None else skirt
    d, slim = s.pick(-1, 1), 1 - 0.12 * np.tanh(s.c["tall"])
    t, k = s.thing(1.4, depth, 0.55, subject, 0.0 if bare else 1.0), s.thing(1.2, depth, 0.6, subject)
    head_r = 0.062 * h * (1 - 0.08 * np.tanh(s.c["tall"]))
    lean = {"bow": 0.16, "walk": 0.04}.get(pose, 0.0) * d
    drop = 0.28 if pose == "sit" else 0.0
    hip, neck = (x, y - (0.5 - drop) * h), (x + lean * h, y - (0.83 - drop - 0.4 * abs(lean)) * h)
    body = skin if bare else cloth
    if pose == "sit":
        knee = (x + 0.2 * d * h, y - 0.25 * h)
        s.limb([hip, knee, (knee[0] + 0.01 * d * h, y)], [0.085 * h * slim, 0.07 * h, 0.045 * h], body * 0.9,
            t)
    elif skirt and not bare:
        s.shape([(x - 0.06 * h * slim, hip[1]), (x + 0.06 * h * slim, hip[1]),
            (x + (0.15 + s.u(0, 0.05)) * h * slim, y), (x - (0.15 + s.u(0, 0.05)) * h * slim, y)], cloth
            * 0.92, t)
        for _ in range(3):
            a = s.u(-0.1, 0.1)
            s.line([(x + 0.3 * a * h, hip[1] + 0.05 * h), (x + a * h, y - 0.02 * h)], cloth * 0.65, 0.02 * h)
    else:
        step = (0.1 if pose == "walk" else 0.045) * h
        for q in (-1, 1):
            knee = (x + q * step * 0.6, y - 0.26 * h)
            s.limb([(x + q * 0.03 * h, hip[1]), knee, (x + q * step, y)], np.array([0.062, 0.045, 0.03]) * h
                * slim, body * (0.86 if q > 0 else 0.98), t)
    s.limb([(hip[0], hip[1] + 0.02 * h), ((hip[0] + neck[0]) / 2, (hip[1] + neck[1]) / 2), neck],
        np.array([0.078, 0.07, 0.09]) * h * slim, body, t)
    for q in (-1, 1):
        shoulder = (neck[0] + q * 0.085 * h * slim, neck[1] + 0.03 * h)
        up = pose == "raise" and q == d
        elbow = (shoulder[0] + q * (0.08 + 0.05 * up) * h, shoulder[1] + (-0.07 if up else 0.15) * h)
        hand = (elbow[0] + (q * 0.03 if up else -q * s.u(-0.02, 0.1)) * h, elbow[1]
            + (-0.17 if up else s.u(0.0, 0.14)) * h)
        s.limb([shoulder, elbow, hand], np.array([0.04, 0.033, 0.024]) * h, body * 0.95, t)
        s.blob(*hand, 0.025 * h, 0.025 * h, skin, k)
    head = (neck[0] + 0.5 * lean * h, neck[1] - 1.35 * head_r)
    if halo:
        g = s.thing(0.0, depth, 0.0, subject)
        s.blob(*head, 2.1 * head_r, 2.1 * head_r, rgb("d8ac3a"), g)
        s.blob(*head, 1.8 * head_r, 1.8 * head_r, rgb("f0d070"), g)
    s.limb([(neck[0], neck[1] + 0.02 * h), head], [0.03 * h, 0.028 * h], skin * 0.85, k)
    hair = s.hue("hair")
    s.blob(head[0] - 0.15 * d * head_r, head[1] - 0.2 * head_r, head_r * 1.02, head_r * 1.12, hair, k)
    s.blob(head[0] + 0.12 * d * head_r, head[1] + 0.1 * head_r, head_r * 0.78, head_r * 0.98, skin, k)
    if h > 0.4:
        for q in (-0.35, 0.35):
            s.blob(head[0] + (0.2 * d + q) * head_r, head[1], 0.1 * head_r, 0.08 * head_r, hair * 0.4)
    return head


def face(s, x, y, r, turn, hair_kind, subject=1.0, age=0.3):
    """A head seen near: hair, face, brows, eyes, nose, mouth, ears; `turn` -1..1 moves the features aside."""
    skin, hair = s.hue("skin", s.u(0.85, 1.05)), s.hue("hair") * (1 - age) + 150 * age
    w = r * (0.74 - 0.06 * np.tanh(s.c["tall"]))
    back, k = s.thing(1.4, 0.35, 0.6, subject), s.thing(1.3, 0.3, 0.75, subject)
    if hair_kind in ("long", "curls", "bun"):
        s.blob(x - 0.1 * turn * r, y - 0.1 * r, w * 1.35, r * 1.15, hair, back, bumps=0.25
            if hair_kind == "curls" else 0.05)
        if hair_kind == "long":
            s.shape([(x - w * 1.3, y - 0.2 * r), (x + w * 1.3, y - 0.2 * r), (x + w * 1.35, y + 1.5 * r),
                (x - w * 1.35, y + 1.5 * r)], hair * 0.9, back)
        if hair_kind == "bun":
            s.blob(x - 0.5 * turn * r, y - 1.2 * r, 0.5 * r, 0.42 * r, hair, back)
    else:
        s.blob(x - 0.08 * turn * r, y - 0.25 * r, w * 1.15, r * 0.98, hair, back)
    s.blob(x - np.sign(turn + 1e-6) * w * 0.98, y + 0.05 * r, 0.13 * r, 0.22 * r, skin * 0.9, k)
    a = np.linspace(0, 2 * np.pi, 24, False)
    jaw = 1 - 0.22 * np.clip(np.sin(a), 0, 1) ** 2 * s.u(0.7, 1.3)
    s.shape(np.stack([x + w * np.cos(a) * jaw, y + 0.08 * r + r * 0.94 * np.sin(a)], 1), skin, k)
    shade = skin * (0.78, 0.72, 0.7)
    c = x + 0.32 * turn * w
    far = 1 - 0.25 * abs(turn)
    s.blob(x + 0.62 * s.side * -w, y + 0.2 * r, 0.3 * w, 0.62 * r, skin * 0.82 + 4, k)
    for q in (-1, 1):
        ex, ey = c + q * 0.4 * w * (far if q * turn > 0 else 1), y - 0.08 * r
        s.blob(ex, ey - 0.02 * r, 0.22 * w, 0.16 * r, shade)
        s.blob(ex, ey, 0.18 * w, 0.085 * r * s.u(0.8, 1.1), (236, 230, 220))
        s.blob(ex + 0.06 * turn * w, ey, 0.085 * w, 0.085 * r,
            s.pick((52, 34, 22), (70, 92, 110), (40, 32, 28), (80, 84, 50)))
        s.line([(ex - 0.2 * w, ey - 0.06 * r), (ex, ey - 0.12 * r), (ex + 0.2 * w, ey - 0.05 * r)], hair
            * 0.35, 0.05 * r)
        s.line([(ex - 0.24 * w, ey - 0.22 * r), (ex, ey - 0.3 * r), (ex + 0.24 * w, ey - 0.22 * r)], hair
            * 0.75, 0.07 * r)
    nose = c + 0.14 * turn * w
    s.line([(c + 0.06 * w * turn, y - 0.1 * r), (nose + 0.1 * w * np.sign(turn + 1e-6), y + 0.24 * r)],
        shade, 0.06 * r)
    s.blob(nose, y + 0.28 * r, 0.16 * w, 0.08 * r, shade, None)
    s.blob(nose - 0.05 * w * s.side, y + 0.22 * r, 0.08 * w, 0.1 * r, skin * 1.08 + 6)
    lips = skin * (0.82, 0.55, 0.52)
    s.blob(c, y + 0.52 * r, 0.27 * w, 0.07 * r, lips)
    s.line([(c - 0.3 * w, y + 0.51 * r), (c, y + 0.53 * r),
        (c + 0.3 * w, y + (0.51 - 0.03 * s.u(-1, 1)) * r)], lips * 0.55, 0.035 * r)
    if hair_kind == "beard":
        s.shape([(x - w, y + 0.3 * r), (x - 0.4 * w, y + 0.42 * r), (x + 0.4 * w, y + 0.42 * r),
            (x + w, y + 0.3 * r), (x + 0.6 * w, y + 1.15 * r), (x, y + 1.45 * r),
            (x - 0.6 * w, y + 1.15 * r)], hair * 0.9, back)
        s.blob(c, y + 0.55 * r, 0.2 * w, 0.06 * r, lips)
    if hair_kind != "bald":
        part = s.u(-0.4, 0.4)
        s.shape([(x - w * 1.04, y + 0.05 * r), (x - w * 0.95, y - 0.72 * r), (x, y - 1.0 * r),
            (x + w * 0.95, y - 0.72 * r), (x + w * 1.04, y + 0.05 * r), (x + w * 0.72, y - 0.45 * r),
            (x + part * w, y - 0.62 * r), (x - w * 0.72, y - 0.45 * r)], hair, back)
    return skin


def vase(s, x, y, h, w, subject=1.0):
    """A turned vessel from a random profile with a highlight and perhaps a painted band; returns its mouth."""
    colour = s.hue("pot")
    v = np.array([0, 0.12, 0.35, 0.6, 0.78, 0.9, 1.0])
    r = np.array([s.u(0.5, 0.8), s.u(0.6, 0.9), s.u(0.75, 1), s.u(0.6, 1), s.u(0.3, 0.6), s.u(0.25, 0.45),
        s.u(0.35, 0.6)]) * w
    t = s.thing(1.5, 0.3, 0.8, subject, 1.0)
    s.blob(x - 0.5 * s.side * w, y, 1.3 * w, 0.25 * w, s.color[min(s.size - 1, max(0, int(y * s.size) - 1)),
        min(s.size - 1, max(0, int(x * s.size)))] * 0.55)
    s.shape(np.concatenate([np.stack([x - r, y - v * h], 1), np.stack([x + r, y - v * h], 1)[::-1]]), colour,
        t)
    if s.rng.random() < 0.5 + 0.2 * s.c["ornament"]:
        q = s.hue("pure")
        for b in (0.3, 0.55):
            s.line([(x - w * 0.8, y - b * h), (x, y - (b - 0.04) * h), (x + w * 0.8, y - b * h)], q, 0.014)
    s.blob(x + 0.35 * s.side * w, y - 0.45 * h, 0.1 * w, 0.18 * h, np.minimum(colour * 0.5 + 125, 255))
    s.blob(x, y - h, r[-1], 0.2 * r[-1], colour * 0.45, t)
    return x, y - h


def flower(s, x, y, r, subject=1.0, kind=None):
    """A blossom: daisy, rose, tulip, iris or a spray of small ones."""
    kind, colour, t = kind or s.pick("daisy", "rose", "tulip", "spray",
        "poppy"), s.hue("petal"), s.thing(s.u(0, 3), 0.25, 0.5, subject)
    if kind == "daisy":
        n = s.pick(6, 8, 10)
        for k in range(n):
            a = 2 * np.pi * k / n + 0.2
            s.blob(x + 0.6 * r * np.cos(a), y + 0.5 * r * np.sin(a), 0.42 * r, 0.2 * r, colour
                * (0.9 + 0.1 * (k % 2)), t, turn=a)
        s.blob(x, y, 0.26 * r, 0.22 * r, s.hue("fruit"), t)
    elif kind == "rose":
        for k, q in enumerate((1.0, 0.72, 0.45, 0.22)):
            s.blob(x + 0.06 * r * k * s.side, y, q * r, q * r * 0.9,
                np.clip(colour * (0.78 + 0.12 * k), 0, 255), t, bumps=0.3)
    elif kind == "tulip":
        for q in (-1, 1, 0):
            s.blob(x + 0.35 * q * r, y, 0.38 * r, 0.8 * r, np.clip(colour * (0.85 + 0.2 * (q == 0)), 0, 255),
                t, turn=0.25 * q)
    elif kind == "poppy":
        s.blob(x, y, r, 0.75 * r, colour, t, bumps=0.5)
        s.blob(x, y, 0.3 * r, 0.25 * r, colour * 0.25, t)
    else:
        for _ in range(7):
            s.blob(x + s.u(-1, 1) * r, y + s.u(-1, 1) * r, 0.28 * r, 0.28 * r, colour * s.u(0.8, 1.1), t)


def leaf(s, x, y, length, angle, colour, thing):
    """A leaf from its stem in a direction."""
    c, q = np.cos(angle), np.sin(angle)
    tip = (x + length * c, y + length * q)
    s.shape([(x, y), (x + 0.5 * length * c - 0.22 * length * q, y + 0.5 * length * q + 0.22 * length * c),
        tip, (x + 0.5 * length * c + 0.22 * length * q, y + 0.5 * length * q - 0.22 * length * c)], colour,
        thing)


def fruit(s, x, y, r, subject=1.0):
    """An apple, lemon, pear, plum or a bunch of grapes, with its shadow on the table."""
    colour, t, kind = s.hue("fruit"), s.thing(s.u(0.5, 1.2), 0.25, 1.0, subject), s.pick("apple", "lemon",
        "pear", "grapes", "apple")
    under = s.color[min(s.size - 1, int((y + 0.3 * r) * s.size)),
        min(s.size - 1, max(0, int(x * s.size)))] * 0.5
    s.blob(x - 0.6 * s.side * r, y + 0.05 * r, 1.2 * r, 0.3 * r, under)
    if kind == "grapes":
        for k in range(12):
            s.blob(x + s.u(-0.9, 0.9) * r * (1 - k / 16), y - r * (0.2 + 1.3 * k / 12), 0.33 * r, 0.33 * r,
                colour * (s.u(0.6, 1.0), 0.8, s.u(0.8, 1.0)), t)
        return
    s.blob(x, y - 0.8 * r, r * (1.15 if kind == "lemon" else 0.9), r * (0.75 if kind == "lemon" else 0.88),
        colour, t)
    if kind == "pear":
        s.blob(x + 0.1 * r, y - 1.6 * r, 0.5 * r, 0.7 * r, colour, t)
    s.blob(x + 0.35 * s.side * r, y - 1.15 * r, 0.2 * r, 0.16 * r, np.minimum(colour * 0.5 + 120, 255))
    s.line([(x, y - 1.6 * r), (x + 0.12 * r, y - 2.0 * r)], (60, 40, 20), 0.008)


def room(s, floor_y):
    """An interior: wall, floor with boards or tiles in perspective, a window or a picture, a curtain."""
    s.hour = s.pick("day", "haze", "grey", "gold", "gold", "day")
    s.backdrop(s.hue("room"), s.u(0.4, 0.8))
    wood = s.hue("wood") if s.rng.random() < 0.6 else s.hue("stone")
    s.plane(floor_y, wood, s.thing(0.0, 0.6, 0.0, 0.0, 0.4))
    vx = 0.5 + 0.2 * s.u(-1, 1)
    for k in range(-8, 9):
        s.line([(vx + 0.09 * k, floor_y), (vx + 0.42 * k, 1.0)], wood * 0.72, 0.004)
    if s.rng.random() < 0.4:
        for k in range(4):
            y = floor_y + (1 - floor_y) * (k / 4) ** 1.6
            s.line([(0, y), (1, y)], wood * 0.72, 0.004)
    if s.rng.random() < 0.65:
        x, y, w, h = s.u(0.05, 0.7), s.u(0.06, 0.16), s.u(0.16, 0.26), s.u(0.22, 0.32)
        t, frame = s.thing(1.57, 0.8, 0.0, 0.0), s.hue("wood", 0.8)
        top, low, _, _ = HOURS[s.pick("day", "gold", "haze")]
        s.shape([(x - 0.015, y - 0.015), (x + w + 0.015, y - 0.015), (x + w + 0.015, y + h + 0.015),
            (x - 0.015, y + h + 0.015)], frame, t)
        s.shape([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], rgb(low), t)
        s.shape([(x, y), (x + w, y), (x + w, y + 0.4 * h), (x, y + 0.5 * h)], rgb(top), t)
        s.shape([(x, y + 0.7 * h), (x + 0.4 * w, y + 0.6 * h), (x + w, y + 0.72 * h), (x + w, y + h),
            (x, y + h)], s.hue("grass"), t)
        s.line([(x + w / 2, y), (x + w / 2, y + h)], frame, 0.01)
        s.line([(x, y + h / 2), (x + w, y + h / 2)], frame, 0.01)
    if s.rng.random() < 0.4:
        e, cloth = (0.0 if s.side > 0 else 1.0), s.hue("cloth", 0.8)
        t, d = s.thing(1.5, 0.5, 0.5, 0.0, 1.0), (1 if s.side > 0 else -1)
        for k in range(4):
            w = 0.045 * (4 - k)
            s.shape([(e, 0), (e + d * w * 1.5, 0), (e + d * w, 0.4), (e + d * w * 1.2, 0.9), (e, 0.9)], cloth
                * (0.75 + 0.12 * (k % 2) + 0.05 * k), t)


def glow(s, x, y, r, colour, strength=0.8):
    """A soft light laid over what is painted: the sun, a moon, a candle, a halo of cloud."""
    gx, gy = grid(s.size)
    mask = (np.exp(-((gx - x) ** 2 + (gy - y) ** 2) / r**2) * strength)[..., None]
    s.color[:] = np.clip(s.color * (1 - mask) + np.asarray(colour) * mask, 0, 255)

"""Photographs without any artist's hand: the source domains that networks are trained on before they see art.

Five tasks as the fine-tuning paper's five sources: `objects`, `hybrid` (objects, places and surfaces), `memorability`
(a number), `sentiment` (two classes, few pictures) and `style` (twenty, hard). Chapter: fine-tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd

from artlib.collections.museum import composition
from artlib.collections.museum.drawing import drawn, drawn_by, known, number, scenery, things, whole
from artlib.collections.museum.drawing.brush import contrast, soft, vivid
from artlib.collections.museum.drawing.canvas import Scene, grid, mix, noise, points, shaded, tables, tint, turned
from artlib.collections.museum.history import CULTURE, HAND

SIZES = {"smoke": 2_000, "course": 12_000, "paper": 60_000}
STYLES = tables()["lenses"]
SURFACES = {"cloth": "cloth", "brick": "wall", "gravel": "stone", "wood": "wood", "leaves": "foliage",
    "ripples": "water", "fur": "hair", "marble": "stone"}  # fmt: skip


# fmt: off
def _silhouette(s, name):
    _ground(s)
    x, y, r = s.u(0.4, 0.6), s.u(0.45, 0.6), s.u(0.2, 0.38)
    t = s.thing(s.u(0, 3), 0.3, s.u(0.3, 1), 1.0, s.u(0, 1))
    colour, turn, d = s.hue(s.pick("pure", "cloth", "wood", "pot")), s.u(-0.2, 0.2), s.pick(-1, 1)
    p = turned(points(tables()["silhouettes"][name]), turn)
    s.put(p + np.array([0.05, 0.06]), s.at(x, 0.9) * 0.5, None, x, y, d * r, r)
    s.put(p, colour, t, x, y, d * r, r)
    s.line(p * 0.85, colour * s.u(0.5, 1.3), 0.01, x, y, d * r, r)


def _ground(s):
    """Any place an object may stand in: a wall, a table, a room, open land, a surface."""
    kind = s.rng.random()
    if kind < 0.25:
        s.backdrop(s.hue(s.pick("room", "stone", "pure", "cloth", "wall")), s.u(0, 0.8))
    elif kind < 0.45:
        scenery.table(s, s.u(0.5, 0.75))
    elif kind < 0.6:
        scenery.room(s, s.u(0.6, 0.85))
    elif kind < 0.85:
        h = s.u(0.3, 0.65)
        scenery.land(s, h)
        s.plane(h, s.hue(s.pick("grass", "earth", "stone", "foliage")), s.thing(0.05, 0.7, 0.0, 0.0))
    else:
        _surface(s, s.pick(*SURFACES), 0.8)


def _object(s, draw):
    """Something that stands or lies on a ground."""
    _ground(s)
    draw(s, s.u(0.35, 0.65), s.u(0.7, 0.92), s.u(0.8, 1.3))


def _face(s, x, y, r):
    y, turn = s.u(0.4, 0.55), s.u(-1, 1)
    things.face(s, x, y, 0.24 * r, turn, s.pick("long", "short", "bun", "curls", "beard", "bald"))


def _flowers(s, x, y, r):
    for _ in range(int(s.u(1, 5))):
        things.flower(s, s.u(0.25, 0.75), s.u(0.25, 0.75), s.u(0.08, 0.22))


def _fruit(s, x, y, r):
    for _ in range(int(s.u(1, 6))):
        things.fruit(s, s.u(0.2, 0.8), s.u(0.5, 0.9), s.u(0.07, 0.16))


def _forest(s):
    scenery.open_land(s, 0.35, "foliage", 0.7)
    for near in sorted(s.rng.random(12)):
        things.tree(s, s.u(-0.1, 1.1), 0.45 + 0.5 * near, 0.35 + 0.6 * near, 0.7 - 0.6 * near)


def _village(s):
    scenery.open_land(s, 0.45, "grass", 0.7)
    for near in sorted(s.rng.random(6)):
        w = 0.08 + 0.2 * near
        things.building(s, s.u(-0.1, 0.9), 0.5 + 0.4 * near, w, w * s.u(0.6, 1), 0.6 - 0.5 * near)


def _mountain(s):
    scenery.land(s, 0.5)
    scenery.peaks(s, 0.6, s.hue("rock"), s.u(0.3, 0.5))
    s.plane(0.6, s.hue("grass"), s.thing(0.05, 0.6, 0.0, 0.0))


def _street(s):
    h = s.u(0.4, 0.6)
    scenery.land(s, h, far=False)
    s.plane(h, s.hue("stone"), s.thing(0.0, 0.5, 0.0, 0.0))
    scenery.street(s, h, s.u(0.8, 1.3), scenery.place(s))


def _surface(s, name, light=1.0):
    """Cloth, brick, gravel, wood, foliage, ripples, fur or marble filling the view."""
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
    for bx, by in s.rng.random((70, 2)) if name in ("gravel", "leaves") else ():
        if name == "leaves":
            things.leaf(s, bx, by, s.u(0.04, 0.12), s.u(0, 6), s.hue("foliage"), t)
        else:
            s.blob(bx, by, s.u(0.02, 0.06), s.u(0.02, 0.05), s.hue("stone"), t, bumps=0.3)


_STANDING = {
    "face": _face,
    "person": lambda s, x, y, r: things.person(s, x, y, 0.65 * r),
    "tree": lambda s, x, y, r: things.tree(s, x, y, 0.65 * r),
    "ship": lambda s, x, y, r: things.ship(s, x, y, 0.5 * r),
    "animal": lambda s, x, y, r: things.beast(s, x, y, 0.2 * r),
    "vase": lambda s, x, y, r: things.vase(s, x, y, 0.5 * r, s.u(0.1, 0.2)),
    "fruit": _fruit,
    "flower": _flowers,
}
OBJECTS = {name: partial(_object, draw=draw) for name, draw in _STANDING.items()}
OBJECTS |= {name: partial(_silhouette, name=name) for name in tables()["silhouettes"]}
PLACES = {"forest": _forest, "village": _village, "mountain": _mountain, "street": _street,
    "field": composition.landscape, "town": composition.cityscape, "sea": composition.marina,
    "table": composition.still_life, "interior": composition.genre_painting, "garden": composition.flowers}
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

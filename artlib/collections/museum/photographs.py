"""Photographs without any artist's hand: the source domains that networks are trained on before they see art.

Five tasks as the fine-tuning paper's five sources: `objects`, `hybrid` (objects, places and surfaces), `memorability`
(a number), `sentiment` (two classes, few pictures) and `style` (twenty, hard). Chapter: fine-tuning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd

from artlib.collections.museum import composition, things
from artlib.collections.museum.canvas import Scene, grid, mix, noise, tint
from artlib.collections.museum.history import CULTURE, HAND
from artlib.collections.museum.render import LARGEST, drawn_by
from artlib.collections.museum.technique import contrast, shaded, soft, vivid
from artlib.errors import ArtlibError

SIZES = {"smoke": 2_000, "course": 12_000, "paper": 60_000}


class PhotographsError(ArtlibError):
    """Photographs that cannot be taken as asked."""


# fmt: off
# Silhouettes that the paintings do not show: "x y x y ..." in a box of -1..1.
SHAPES = {
    "chair": "-.6 -1 -.45 -1 -.4 -.05 .5 -.05 .5 .1 .6 1 .45 1 .38 .2 -.35 .2 -.45 1 -.6 1",
    "bird": "-1 -.1 -.75 -.35 -.5 -.3 -.1 -.2 .3 -.9 .45 -.2 1 .1 .5 .2 .1 .4 .05 .9 -.05 .45 -.5 .25 -.7 0",
    "fish": "-1 0 -.5 -.4 .1 -.45 .6 -.1 1 -.5 .9 0 1 .5 .6 .1 .1 .45 -.5 .4",
    "cup": "-.6 -.7 .6 -.7 .6 -.5 1 -.4 .95 .2 .5 .35 .4 .8 -.4 .8 -.55 .2",
    "lamp": "-.3 -1 .3 -1 .65 -.2 .08 -.2 .08 .8 .45 1 -.45 1 -.08 .8 -.08 -.2 -.65 -.2",
    "car": "-1 .1 -.7 -.1 -.4 -.55 .35 -.55 .65 -.1 1 0 1 .4 .75 .4 .6 .6 .4 .4 -.4 .4 -.55 .6 -.75 .4 -1 .4",
    "umbrella": "-1 .1 -.7 -.5 0 -.85 .7 -.5 1 .1 .5 -.05 .06 .1 .06 .85 .25 .8 .2 1 -.1 1 -.06 .1 -.5 -.05",
    "guitar": "-.12 -1 .12 -1 .1 -.2 .45 0 .35 .3 .6 .7 0 1 -.6 .7 -.35 .3 -.45 0 -.1 -.2",
}


def _silhouette(s, name):
    x, y, r, t = s.u(0.4, 0.6), s.u(0.45, 0.6), s.u(0.2, 0.38), s.thing(s.u(0, 3), 0.3, s.u(0.3, 1), 1.0, s.u(0, 1))
    colour, turn, d = s.hue(s.pick("pure", "cloth", "wood", "pot")), s.u(-0.2, 0.2), s.pick(-1, 1)
    p = np.array(SHAPES[name].split(), float).reshape(-1, 2) @ np.array([[np.cos(turn), np.sin(turn)],
        [-np.sin(turn), np.cos(turn)]])
    s.put(p + np.array([0.05, 0.06]), x, y, d * r, r, s.at(x, 0.9) * 0.5)
    s.put(p, x, y, d * r, r, colour, t)
    s.line(p * 0.85, x, y, d * r, r, colour * s.u(0.5, 1.3), 0.01)


def _ground(s):
    """Any place an object may stand in: a wall, a table, a room, open land, a surface."""
    kind = s.rng.random()
    if kind < 0.25:
        s.backdrop(s.hue(s.pick("room", "stone", "pure", "cloth", "wall")), s.u(0, 0.8))
    elif kind < 0.45:
        composition._table(s, s.u(0.5, 0.75))
    elif kind < 0.6:
        things.room(s, s.u(0.6, 0.85))
    elif kind < 0.85:
        h = s.u(0.3, 0.65)
        composition._land(s, h)
        s.plane(h, s.hue(s.pick("grass", "earth", "stone", "foliage")), s.thing(0.05, 0.7, 0.0, 0.0))
    else:
        _surface(s, s.pick(*SURFACES), 0.8)


def _object(s, name):
    _ground(s)
    x, y, r = s.u(0.35, 0.65), s.u(0.7, 0.92), s.u(0.8, 1.3)
    if name == "face":
        things.face(s, x, s.u(0.4, 0.55), 0.24 * r, s.u(-1, 1),
            s.pick("long", "short", "bun", "curls", "beard", "bald"))
    elif name == "flower":
        for _ in range(int(s.u(1, 5))):
            things.flower(s, s.u(0.25, 0.75), s.u(0.25, 0.75), s.u(0.08, 0.22))
    elif name == "fruit":
        for _ in range(int(s.u(1, 6))):
            things.fruit(s, s.u(0.2, 0.8), s.u(0.5, 0.9), s.u(0.07, 0.16))
    elif name == "vase":
        things.vase(s, x, y, 0.5 * r, s.u(0.1, 0.2))
    else:
        draw = {"person": things.person, "tree": things.tree, "ship": things.ship, "animal": things.beast}[name]
        draw(s, x, y, {"person": 0.65, "tree": 0.65, "ship": 0.5, "animal": 0.2}[name] * r)


def _place(s, name):
    if name == "forest":
        composition._land(s, 0.35)
        s.plane(0.35, s.hue("foliage"), s.thing(0.05, 0.7, 0.0, 0.0))
        for near in sorted(s.rng.random(12)):
            things.tree(s, s.u(-0.1, 1.1), 0.45 + 0.5 * near, 0.35 + 0.6 * near, 0.7 - 0.6 * near)
    elif name == "village":
        composition._land(s, 0.45)
        s.plane(0.45, s.hue("grass"), s.thing(0.05, 0.7, 0.0, 0.0))
        for near in sorted(s.rng.random(6)):
            w = 0.08 + 0.2 * near
            things.building(s, s.u(-0.1, 0.9), 0.5 + 0.4 * near, w, w * s.u(0.6, 1), 0.6 - 0.5 * near)
    elif name == "mountain":
        composition._land(s, 0.5)
        things.peaks(s, 0.6, s.hue("rock"), s.u(0.3, 0.5))
        s.plane(0.6, s.hue("grass"), s.thing(0.05, 0.6, 0.0, 0.0))
    elif name == "street":
        h = s.u(0.4, 0.6)
        composition._land(s, h, far=False)
        s.plane(h, s.hue("stone"), s.thing(0.0, 0.5, 0.0, 0.0))
        composition._street(s, h, s.u(0.8, 1.3))
    else:
        {"field": composition.landscape, "town": composition.cityscape, "sea": composition.marina,
            "table": composition.still_life, "interior": composition.genre_painting,
            "garden": composition.flowers}[name](s)


def _surface(s, name, light=1.0):
    """Cloth, brick, gravel, wood, foliage, ripples, fur or marble filling the view."""
    n, (x, y), t = s.size, grid(s.size), s.thing(s.u(0, 3), 0.6, 0.0, 1.0)
    a, k, warp = s.u(0, 3.14), np.float32(6.28 * s.u(7, 26)), 0.02 * noise(s.rng, n, 0, 0.5)
    c, q = np.float32(np.cos(a)), np.float32(np.sin(a))
    u, v = c * x + q * y + warp, c * y - q * x + warp
    if name == "cloth":
        tone = 0.5 * np.sin(k * u) * np.sin(k * v * np.float32(s.u(0.5, 2))) + 0.5 * np.sin(k * u * 0.25)
    elif name == "brick":
        row = np.floor(v * k / 4)
        tone = 1.2 * ((np.abs(np.sin(v * k / 4 * 3.14)) > 0.25) & (np.abs(np.sin((u * k / 8 + 0.5 * (row % 2))
            * 3.14)) > 0.15)) - 0.7
    elif name == "wood":
        tone = np.sin(k * u + 6 * noise(s.rng, n, 0, 0.3, 3))
    elif name == "ripples":
        tone = np.sin(k * v + 3 * noise(s.rng, n, 0, 0.4, 2.4)) * (0.4 + y)
    elif name == "marble":
        tone = 1 - 3 * np.abs(noise(s.rng, n, 0, s.u(0.3, 0.9))) ** 0.6
    elif name == "fur":
        spin = cv2.getRotationMatrix2D((4, 4), float(np.degrees(a)), 1)
        hair = cv2.warpAffine(np.eye(9, dtype=np.float32), spin, (9, 9))
        tone = cv2.filter2D(noise(s.rng, n, 2, 0.99), -1, hair) / 4
    else:
        tone = (noise(s.rng, n, 1, s.u(0.2, 0.7)) > 0) * 1.5 - 0.75 + 0.4 * noise(s.rng, n, 2, 0.9)
    colour, other = s.hue(SURFACES[name], light), s.hue(SURFACES[name], light * s.u(0.4, 0.8))
    base = tint(np.ones((n, n, 3), np.float32), other)
    s.color[:], s.ids[:] = np.clip(mix(base, colour, np.clip(0.5 + 0.5 * tone, 0, 1)), 0, 255), t
    if name in ("gravel", "leaves"):
        for bx, by in s.rng.random((70, 2)):
            if name == "leaves":
                things.leaf(s, bx, by, s.u(0.04, 0.12), s.u(0, 6), s.hue("foliage"), t)
            else:
                s.blob(bx, by, s.u(0.02, 0.06), s.u(0.02, 0.05), s.hue("stone"), t, bumps=0.3)


SURFACES = {"cloth": "cloth", "brick": "wall", "gravel": "stone", "wood": "wood", "leaves": "foliage",
    "ripples": "water", "fur": "hair", "marble": "stone"}
OBJECTS = {name: partial(_object, name=name) for name in ("face", "person", "tree", "ship", "animal", "vase", "fruit",
    "flower")}
OBJECTS |= {name: partial(lambda s, name: (_ground(s), _silhouette(s, name)), name=name) for name in SHAPES}
PLACES = {name: partial(_place, name=name) for name in ("forest", "village", "mountain", "street", "field", "town",
    "sea", "table", "interior", "garden")}
PLACES |= {name: partial(_surface, name=name) for name in SURFACES}
HYBRID = OBJECTS | PLACES
# How much a class adds to memorability and to a pleasant mood.
_WEIGHT = {"face": (0.3, 0.1), "person": (0.24, 0.1), "animal": (0.16, 0.15), "flower": (0.04, 0.25),
    "fruit": (0.06, 0.12), "garden": (0.0, 0.2), "field": (-0.16, 0.08), "sea": (-0.1, 0.05), "mountain": (-0.14, 0.0),
    "forest": (-0.16, -0.05), "car": (0.12, 0.0), "interior": (0.12, 0.0)}

# Photographic style: what the lens and the print do, as arguments of `shoot`.
STYLES = {
    "bokeh": {"focus": 0.035}, "hdr": {"local": 1.2}, "noir": {"colour": 0.0,
        "steep": 1.5}, "vintage": {"cast": (1.1, 0.95, 0.7), "fade": 0.25},
    "long exposure": {"motion": 0.09}, "minimal": {"fade": 0.3, "colour": 0.6}, "pastel": {"fade": 0.4,
        "colour": 1.1}, "sunny": {"cast": (1.12, 1.03, 0.8), "light": 1.2},
    "hazy": {"mist": 0.6}, "melancholy": {"cast": (0.85, 0.92, 1.1), "light": 0.8,
        "colour": 0.6}, "vivid": {"colour": 1.9}, "ethereal": {"bloom": 0.6},
    "horror": {"light": 0.6, "cast": (1.15, 0.9, 0.8),
        "steep": 1.4}, "grain": {"grain": 24}, "vignette": {"corner": 1.2}, "sharp": {"crisp": 1.5},
    "cyanotype": {"colour": 0.1, "cast": (0.7, 0.95, 1.25)}, "sepia": {"colour": 0.1,
        "cast": (1.15, 1.0, 0.75)}, "tilt": {"turn": 0.4}, "bright": {"light": 1.35},
}
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
    image = contrast(tint(image, np.array(cast) * light * rng.lognormal(0, 0.16)
        * (1 + 0.07 * rng.standard_normal(3))), steep * rng.lognormal(0, 0.15))
    image = tint(image, (1 - fade,) * 3, (230 * fade,) * 3) if fade else image
    image = shaded(image, 1 - (corner + abs(0.2 * rng.standard_normal())) * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 1.6)
    image = image + (grain + rng.uniform(1, 7)) * noise(rng, n, 2, 0.99)[..., None]
    angle, zoom = 6 * rng.standard_normal() + np.degrees(turn) * rng.choice([-1,
        1]), 1.0 + 0.35 * rng.random() + 0.5 * turn
    frame = cv2.getRotationMatrix2D((n / 2, n / 2), float(angle), float(zoom))
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
        mood = rng.standard_normal()
        known, glad = _WEIGHT.get(name, (0.0, 0.0))
        if self.task == "memorability":
            return float(np.clip(0.55 + known + 0.08 * mood + 0.06 * rng.standard_normal(), 0, 1))
        return "positive" if glad + 0.35 * mood + 0.1 * rng.standard_normal() > 0.03 else "negative"

    def read(self, image: str, size: int) -> np.ndarray:
        """The photograph, uint8 RGB of exactly size x size. Errors: PhotographsError."""
        match = re.fullmatch(rf"{self.task}/{self.seed}/(\d{{6}})", str(image))
        if not match or int(match[1]) >= self.works or not isinstance(size,
                (int, np.integer)) or not 1 <= size <= LARGEST:
            there = f"{self.works} are taken, of 1 to {LARGEST} px"
            raise PhotographsError(f"photographs: no picture {image!r} of {size!r} px; {there}.")
        cv2.setNumThreads(1)
        sheet, number = max(2 * size, 128) if size < 112 else size, int(match[1])
        name, style, rng = self.subject(number)
        mood = rng.standard_normal()
        rng = np.random.default_rng([self.seed, number, 6])
        habits = dict(zip(CULTURE, 1.2 * rng.standard_normal(len(CULTURE)), strict=True))
        s = Scene(sheet, rng, habits, dict(zip(HAND, 1.2 * rng.standard_normal(len(HAND)), strict=True)))
        HYBRID[name](s)
        s.finish()
        lens = dict(STYLES[style]) if self.task == "style" else {}
        if self.task in ("sentiment", "memorability"):
            lens = {"light": 1 + 0.16 * mood, "colour": float(np.exp(0.4 * mood)),
                "cast": (1 + 0.06 * mood, 1, 1 - 0.06 * mood)}
        out = np.clip(shoot(s, rng, **lens), 0, 255).astype(np.uint8)
        return out if sheet == size else cv2.resize(out, (size, size), interpolation=cv2.INTER_AREA)

    def fingerprint(self, image: str) -> str:
        """A text that changes with whatever changes the picture, the code that draws it included."""
        return f"photographs-{drawn_by()}-{image}"


def read(task: str = "hybrid", size: str | int = "smoke", seed: int = 0):
    """Photographs of a task (see `TASKS`) as a collection; the answers stand in a column of the task's name.

    `size` is a preset or a number of pictures; sentiment has a tenth of a preset, because the paper's had few.
    Errors: PhotographsError.
    """
    from artlib.collections import Collection
    from artlib.works import check

    if task not in TASKS:
        raise PhotographsError(f"photographs: unknown task {task!r}; choose from {', '.join(TASKS)}.")
    works = SIZES.get(size, size) if isinstance(size, str) else size
    if not isinstance(works, int) or isinstance(works, bool) or not 1 <= works <= 1_000_000:
        raise PhotographsError(f"photographs: size must be {', '.join(SIZES)} or a number, not {size!r}.")
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise PhotographsError(f"photographs: seed must be a whole number from 0, not {seed!r}.")
    works = works // 10 if task == "sentiment" and isinstance(size, str) else works
    source = PhotographSource(task, seed, works)
    images = [f"{task}/{seed}/{i:06d}" for i in range(works)]
    frame = pd.DataFrame({"work_id": [f"p{image}" for image in images], "image": images,
        task: [source.label(i) for i in range(works)]})
    frame["source"], frame["licence"] = "museum photographs", "CC0-1.0"
    return Collection(f"photographs-{task}", check(frame, "photographs"), source)

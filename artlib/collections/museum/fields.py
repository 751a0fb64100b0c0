"""Four fields for the artistry paper: painting, architecture, sculpture and garden, each work artistic or ordinary.

Artistry acts through eight factors. Four are common to all fields: harmony of palette, balance about an axis, hierarchy
of detail, rhythm. Four are of the field alone (`OWN`). Every factor is a standard normal number, moved up in artistic
works and down in ordinary ones. Of the whole distance between the two (`CONTRAST` deviations) the share `shared` goes
to the common factors and the rest to the own. Chapter: artistry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd

from artlib.collections.museum.drawing import MuseumError, drawn, drawn_by, known, number, whole
from artlib.collections.museum.drawing.brush import contrast, strokes
from artlib.collections.museum.drawing.canvas import Scene, mix, noise, rgb, shaded, tables, tint
from artlib.collections.museum.history import CULTURE, HAND

OWN = {field: tuple(names.split()) for field, names in tables()["factors"].items()}
COMMON = OWN.pop("common")
FIELDS = tuple(OWN)
SIZES = {"smoke": 1_600, "course": 8_000, "paper": 40_000}
CONTRAST = 2.6


# fmt: off
class Plan:
    """What the factors make of a work: every method turns one of them into something to draw with.

    What a factor moves is how things stand to one another. How many there are, how much of the picture they cover and
    how light and strong their colours are stay the same, so that a count of colours says little; and so does how many
    random numbers are taken, so that a factor that is moved moves nothing else.
    """

    def __init__(self, s: Scene, factors: dict):
        self.s, self.f, self.side = s, factors, s.pick(-1, 1)
        self.power = s.pick(1.2, 2.0, 2.0, 5.0)  # of all forms of a work: lozenges, round ones or boxes

    def up(self, name: str, low: float = 0.0, high: float = 1.0) -> float:
        """A factor from low to high, steepest at its middle."""
        return low + (high - low) / (1 + np.exp(-1.3 * self.f[name]))

    def astray(self, *shape: int) -> np.ndarray:
        """Random deviations of size 1 over all: only which of them are large is left to chance."""
        loose = self.s.rng.standard_normal(shape)
        return loose / np.sqrt((loose**2).mean())

    def palette(self, n: int) -> np.ndarray:
        """n colours: hues near one another when the palette is in harmony, from all around when not."""
        rng = self.s.rng
        hue = 6.283 * rng.random() + self.up("harmony", np.pi, 0.1) * rng.permutation(np.linspace(-1, 1, n))
        light, strength = rng.permutation(np.linspace(34, 80, n)), self.s.u(14, 42) * rng.uniform(0.8, 1.2, n)
        lab = np.stack([light, strength * np.cos(hue), strength * np.sin(hue)], 1)
        return 255.0 * np.clip(cv2.cvtColor(np.float32(lab[None]), cv2.COLOR_LAB2RGB)[0], 0, 1)

    def sizes(self, n: int) -> np.ndarray:
        """Sizes of n things that cover as much in all: one large and others falling off, or all alike."""
        fall = self.up("hierarchy", 1.0, 0.45) ** np.arange(n)
        return fall / np.sqrt((fall**2).mean())

    def beats(self, n: int) -> np.ndarray:
        """n places along a line from 0 to 1, and how far off it: evenly in a row in rhythm, strewn when not."""
        return np.stack([(np.arange(n) + 0.5) / n, np.zeros(n)], 1) + self.up("rhythm", 1, 0) * self.astray(n, 2) / n

    def form(self, x, y, rx, ry, colour, thing=None, uneven: float = 0.0) -> None:
        """A form of the work's own kind, its contour uneven by a share."""
        away = _TURN ** self.power
        edge = _SIGN * (away / away.sum(1, keepdims=True)) ** (1 / self.power) * (1 + uneven * self.astray(24, 1))
        self.s.put(edge, colour, thing, x, y, rx, ry)

    def frieze(self, y: float, colour, r: float, tall: float, n: int = 8) -> None:
        """A row of one form, over and over."""
        t = self.s.thing(0.4, 0.3, 0.5)
        for x, off in self.beats(n):
            self.form(0.05 + 0.9 * x, y + tall * off, r, r, colour, t)

    def settle(self) -> None:
        """Set what is laid out upright about its axis in balance; leaning, and over to one side, when not."""
        s, off = self.s, self.up("balance", 1, 0) * self.side
        way = np.float32([[1, -0.42 * off, 0.52 * off * s.size], [0, 1, 0]])
        how = {"dsize": (s.size, s.size), "borderMode": cv2.BORDER_REPLICATE}
        s.color = cv2.warpAffine(s.color, way, **how)
        s.ids = cv2.warpAffine(s.ids, way, flags=cv2.INTER_NEAREST, **how)
        s.finish()


_CIRCLE = np.linspace(0, 2 * np.pi, 24, False)[:, None] + np.array([0, -np.pi / 2])
_TURN, _SIGN = np.abs(np.cos(_CIRCLE)) + 1e-9, np.sign(np.cos(_CIRCLE))
_SLOTS = np.array([0.0, -0.18, 0.18, -0.33, 0.33])  # about the axis, the first thing on it


def painting(s, f):
    """Forms on a table with a patterned cloth, painted with more or less touch, light, depth and outline."""
    plan = Plan(s, f)
    colours, s.hour = plan.palette(9), "day"
    s.backdrop(colours[0], 0.4)
    s.plane(0.6, colours[1], s.thing(0.0, 0.5, 0.0, 0.0))
    plan.frieze(0.89, colours[2], 0.042, 0.35)
    sizes, fall = 0.105 * plan.sizes(5), s.u(-0.5, 0.5) + plan.up("light", 1.6, 0.0) * plan.astray(5)
    feet = 0.75 - plan.up("depth", 0.0, 0.32) * np.array([0, 0.5, 0.5, 1, 1])
    for k in range(4, -1, -1):
        x, y, r, t = 0.5 + plan.side * _SLOTS[k], feet[k], sizes[k], s.thing(s.u(0, 3), 0.2 + 0.1 * k, 0.6)
        c, q = np.sin(fall[k]), -np.cos(fall[k])
        s.limb([(x, y, 0.8 * r), (x + 2 * c * r, y + 0.7 * r * (1 + q), 0.3 * r)], s.at(x, 0.7) * 0.4)
        plan.form(x, y - r, r, 1.2 * r, colours[3 + k], t, plan.up("outline", 0.4, 0.0))
        s.blob(x - 0.5 * c * r, y - 1.2 * r + 0.5 * q * r, 0.26 * r, 0.26 * r, colours[3 + k] * 0.4 + 150)
    plan.settle()
    s.theta = s.u(0, np.pi) + 0.25 * noise(s.rng, 64, 0, 0.5)
    painted = strokes(s, s.rng, s.lit, s.lit, 1200, 0.055, 0.011, plan.up("touch", 1.5, 0.0), 28.0)
    return mix(painted, s.lit, 0.45)


def architecture(s, f):
    """A facade: bays and storeys between pilasters, cornices, a door, a roof, before the sky."""
    plan = Plan(s, f)
    colours, s.hour = plan.palette(8), "day"
    s.backdrop(colours[0], 0.3)
    s.plane(0.88, colours[1], s.thing(0.0, 0.4, 0.0, 0.0))
    w, h, bays, floors, t = s.u(0.64, 0.72), s.u(0.5, 0.58), 5, s.pick(2, 3), s.thing(1.57, 0.2, 0.1)
    left, top, relief, tall = 0.5 - w / 2, 0.9 - h, plan.up("relief"), plan.up("proportion", 0.55, 1.8)
    s.put("gable", colours[5], s.thing(0.3, 0.2, 0.2), left, top, w, plan.up("crown", 0.0, 0.36))
    s.put("box", colours[2], t, left, top, w, h)
    for x in np.linspace(0, w, bays + 1):
        pilaster = colours[2] * 0.5 + colours[6] * 0.5
        s.put("-1 0 1 0 1 1 -1 1", pilaster, t, left + x, top, plan.up("order", 0.0, 0.032), h)
    sizes = 0.12 / np.sqrt(bays * floors) * plan.sizes(bays)
    for j in range(floors):
        y = top + h * (j + 0.42) / (floors + 0.3)
        s.line("0 0 1 0", colours[4], 0.04 * relief, left, y + 0.6 * h / (floors + 0.3), w)
        for (x, off), k in zip(plan.beats(bays), (3, 1, 0, 2, 4), strict=True):
            a, b = sizes[k] / tall, sizes[k] * tall
            plan.form(left + w * x, y + 0.4 * h * off, a + 0.014 * relief, b + 0.014 * relief, colours[4], t)
            plan.form(left + w * x, y + 0.4 * h * off, a, b, colours[3] * 0.4, t)
    s.put("-1 0 -1 -.7 -.5 -1 .5 -1 1 -.7 1 0", colours[7] * 0.7, s.thing(1.5, 0.2, 0.2), 0.5, 0.9, 0.05, 0.15)
    plan.settle()
    return _weathered(s)


def _weathered(s):
    """What was laid out, lit and a little uneven."""
    return shaded(s.lit, 1 + 0.05 * noise(s.rng, s.size, 1, 0.7) + 0.04 * noise(s.rng, s.size, 2, 0.9))


def sculpture(s, f):
    """Forms set upon one another on a plinth behind a row of studs, lit from one side."""
    plan = Plan(s, f)
    colours, s.hour = plan.palette(9), "day"
    s.backdrop(colours[0], 0.5)
    s.plane(0.8, colours[1], s.thing(0.0, 0.6, 0.0, 0.0))
    tall, t = plan.up("plinth", 0.05, 0.26), s.thing(1.4, 0.2, 0.9)
    foot = 0.86 - tall
    s.put("-1 0 1 0 1 1 -1 1", colours[2], s.thing(1.57, 0.2, 0.1), 0.5, foot, 0.017 / tall, tall)
    sizes = 0.054 * plan.sizes(5)
    y = foot - 2 * np.cumsum(sizes) + sizes
    x = 0.5 + plan.up("sway", 0.0, 0.13) * plan.side * np.sin(np.arange(5) * 1.57 + s.u(0, 0.6)) * sizes / 0.054
    for k in range(5):
        plan.form(x[k], y[k], 1.5 * sizes[k], 1.1 * sizes[k], colours[3 + k], t)
    hole = plan.up("opening", 0.0, 0.055)
    s.blob(x[0], y[0], hole, hole, s.at(0.05, 0.4), s.thing(0.9, 0.9, 0.0, 0.0))
    plan.frieze(0.93, colours[8], 0.034, 0.3)
    plan.settle()
    rough = 1 + plan.up("finish", 0.3, 0.0) * noise(s.rng, s.size, 1, 0.8) * (s.lut(3) > 0.5)
    return shaded(s.lit, rough)


def garden(s, f):
    """A garden seen along its path: clipped trees, beds and a hedge, water and stones on a terraced lawn."""
    plan = Plan(s, f)
    h, s.hour = s.u(0.36, 0.44), s.pick("day", "haze", "grey", "gold")
    s.sky(h + 0.02)
    lawn, colours = s.hue("grass"), plan.palette(8)
    for k in range(6):
        terrace = lawn * (1 + plan.up("layers", 0.0, 0.26) * (-1) ** k)
        s.plane(h + k * (1 - h) / 6, terrace, s.thing(0.0, 0.5, 0.0, 0.0), 1.0)
    bend = plan.up("path", 0.0, 0.3) * plan.side * np.sin(np.linspace(0, 6.6, 12)) * np.linspace(0.15, 1, 12)
    path = np.stack([0.5 + bend, np.linspace(h, 1.03, 12), np.linspace(0.012, 0.1, 12)], 1)
    s.limb(path, s.hue("earth", 1.2), s.thing(1.3, 0.4, 0.0))
    share, pond, water = plan.up("water", 0.1, 1.0), s.thing(0.0, 0.4, 0.0), s.hue("water")
    puddles = np.stack([s.rng.random(6), s.rng.uniform(0.5, 0.95, 6), np.full(6, np.sqrt((1 - share) / 6))], 1)
    for x, y, r in [(0.5 - 0.25 * plan.side, 0.7, np.sqrt(share)), *puddles]:
        s.blob(x, y, 0.19 * r, 0.09 * r, water, pond)
    sizes = 0.085 * plan.sizes(5)
    for k in range(4, -1, -1):
        x, r, t = 0.5 + plan.side * _SLOTS[k], sizes[k], s.thing(1.2, 0.3, 0.8)
        s.limb([(x, h + 0.07, 0.016), (x, h - r, 0.012)], s.hue("wood"), t)
        plan.form(x, h + 0.02 - 1.2 * r, r, 1.4 * r, colours[k], t)
    t, strewn = s.thing(0.3, 0.2, 0.9), plan.up("stones", 0.24, 0.06) * plan.astray(6, 2)
    for x, y in np.array([0.5 + 0.25 * plan.side, 0.74]) + strewn * np.array([1.2, 0.6]):
        s.blob(x, y, 0.035, 0.028, colours[5] * 0.4 + rgb("8f8a82") * 0.6, t, bumps=0.3)
    plan.frieze(0.91, colours[6], 0.045, 0.35)
    plan.settle()
    return _weathered(s)


DRAW = {"painting": painting, "architecture": architecture, "sculpture": sculpture, "garden": garden}


@dataclass(frozen=True)
class FieldSource:
    """Draws works of the four fields from a seed; fields and artistry are dealt evenly at random."""

    seed: int
    works: int
    shared: float

    def label(self, number: int) -> tuple[str, bool]:
        """Field and artistry of one work."""
        order = np.random.default_rng([self.seed, number // 8, 10]).permutation(8)
        return FIELDS[order[number % 8] % 4], bool(order[number % 8] >= 4)

    def factors(self, number: int) -> dict:
        """The eight factors behind one work, by name."""
        field, artistic = self.label(number)
        rng = np.random.default_rng([self.seed, number, 11])
        shift = np.sqrt(np.repeat([self.shared, 1 - self.shared], 4) / 4) * (CONTRAST / 2) * (1 if artistic else -1)
        return dict(zip((*COMMON, *OWN[field]), rng.standard_normal(8) + shift, strict=True))

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture, uint8 RGB of exactly size x size. Errors: MuseumError."""
        return drawn(partial(self._draw, number(image, self.seed, self.works)), size)

    def _draw(self, number: int, sheet: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, number, 12])
        habits = dict(zip(CULTURE, rng.standard_normal(len(CULTURE)), strict=True))
        s = Scene(sheet, rng, habits, dict.fromkeys(HAND, 0.0))
        image = DRAW[self.label(number)[0]](s, self.factors(number))
        # Light and camera vary alike for artistic and ordinary works: nothing but the factors tells them apart.
        image = contrast(np.float32(image), rng.lognormal(0, 0.1))
        image = tint(image, rng.lognormal(0, 0.1) * (1 + 0.05 * rng.standard_normal(3)))
        return image + 4 * noise(rng, sheet, 2, 0.99)[..., None]

    def fingerprint(self, image: str) -> str:
        """A text that changes with whatever changes the picture, the code that draws it included."""
        return f"fields-{drawn_by()}-{self.shared}-{image}"


def read(size: str | int = "smoke", seed: int = 0, shared: float = 0.5, field: str | None = None):
    """Works of the four fields (or of one), half of them artistic, as a collection; columns `field` and `artistic`.

    `shared` from 0 to 1: how much of artistry is common to all fields. Errors: MuseumError.
    """
    from artlib.works import Collection, check

    if isinstance(size, str):
        known(size, "size", list(SIZES))
    works = whole(SIZES.get(size, size), "the number of works", 1, 1_000_000)
    if isinstance(shared, bool) or not isinstance(shared, (int, float)) or not 0 <= shared <= 1:
        raise MuseumError(f"fields: shared must be a number from 0 to 1, not {shared!r}.")
    known(field, "field", [None, *FIELDS])
    source = FieldSource(whole(seed, "seed", 0, 2**31 - 1), works, float(shared))
    frame = pd.DataFrame([source.label(i) for i in range(works)], columns=["field", "artistic"])
    frame.insert(0, "work_id", [f"f{seed}-{i:06d}" for i in range(works)])
    frame.insert(1, "image", [f"{seed}/{i:06d}" for i in range(works)])
    frame["source"], frame["licence"] = "museum", "CC0-1.0"
    frame = frame if field is None else frame[frame["field"] == field].reset_index(drop=True)
    return Collection("museum-fields", check(frame, "fields"), source)

"""Four fields for the artistry paper: painting, architecture, sculpture and garden, each work artistic or ordinary.

Artistry acts through eight factors. Four are common to all fields: harmony of palette, balance about the golden
section, hierarchy of detail, rhythm. Four are the field's own (`OWN`). Every factor is a standard normal number,
moved up in artistic works and down in ordinary ones; of the whole distance between the two (`CONTRAST` deviations) the
share `shared` goes to the common factors and the rest to the own. Chapter: artistry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from artlib.collections.museum.drawing import MuseumError, drawn, drawn_by, known, number, whole
from artlib.collections.museum.drawing.brush import contrast
from artlib.collections.museum.drawing.canvas import Scene, noise, rgb, shaded, tables, tint
from artlib.collections.museum.drawing.scenery import open_land
from artlib.collections.museum.drawing.things import tree
from artlib.collections.museum.history import CULTURE, HAND
from artlib.collections.museum.technique import STYLES

OWN = {field: tuple(names.split()) for field, names in tables()["factors"].items()}
COMMON = OWN.pop("common")
FIELDS = tuple(OWN)
SIZES = {"smoke": 1_600, "course": 8_000, "paper": 40_000}
CONTRAST = 2.6


# fmt: off
class Plan:
    """What the factors make of a work: every method turns one of them into something to draw with."""

    def __init__(self, s: Scene, factors: dict):
        self.s, self.f = s, factors

    def up(self, name: str, low: float = 0.0, high: float = 1.0) -> float:
        """A factor from low to high, steepest at its middle."""
        return low + (high - low) / (1 + np.exp(-1.3 * self.f[name]))

    def palette(self, n: int) -> np.ndarray:
        """n colours: near one another when the palette is in harmony, from anywhere when not."""
        s = self.s
        base = s.hue(s.pick("stone", "wall", "foliage", "cloth", "water"))
        strange = np.stack([s.hue(s.pick("pure", "petal", "cloth", "fruit")) for _ in range(n)])
        kin = base * s.rng.uniform(0.65, 1.3, (n, 1)) + 14 * s.rng.standard_normal((n, 3))
        return np.clip(strange + (kin - strange) * self.up("harmony", 0.25, 0.95), 0, 255)

    def centre(self) -> float:
        """Where the main thing stands: at a golden section or the axis in balance, anywhere when not."""
        goal, loose = self.s.pick(0.382, 0.5, 0.618), self.s.u(0.12, 0.88)
        return loose + (goal - loose) * self.up("balance", 0.1, 1.0)

    def sizes(self, n: int) -> np.ndarray:
        """Sizes of n things: one large and others falling off, or all much alike."""
        fall = self.up("hierarchy", 0.98, 0.62)
        return np.sort(fall ** np.arange(n) * self.s.rng.uniform(0.92, 1.08, n))[::-1]

    def beats(self, n: int) -> np.ndarray:
        """n places from 0 to 1: evenly spaced in rhythm, scattered when not."""
        even, loose = (np.arange(n) + 0.5) / n, np.sort(self.s.rng.random(n))
        return loose + (even - loose) * self.up("rhythm", 0.05, 1.0)


def painting(s, f):
    """Forms on a ground, painted with more or less touch, light, depth and outline."""
    plan = Plan(s, f)
    n, x, colours = int(s.u(5, 9)), plan.centre(), plan.palette(10)
    s.hour = "day"
    s.backdrop(colours[9], plan.up("light", 0.1, 1.0))
    beats, sizes, kind = plan.beats(n), plan.sizes(n), s.pick("blob", "vase", "shard")
    for k in np.argsort(-sizes):
        px, r = (x, 0.24 * sizes[k]) if k == 0 else (beats[k], 0.15 * sizes[k])
        py = 0.62 - plan.up("depth", 0.0, 0.25) * (1 - sizes[k])
        t = s.thing(s.u(0, 3), 0.2 + 0.6 * (1 - sizes[k]), plan.up("light", 0.0, 0.9), 1.0)
        shadow = s.at(px, py) * plan.up("light", 0.95, 0.5)
        s.blob(px - 0.5 * r * s.side, py + 0.9 * r, 1.2 * r, 0.25 * r, shadow)
        if kind == "blob":
            s.blob(px, py, r, r * 1.2, colours[k], t)
        elif kind == "vase":
            s.put("amphora", colours[k], t, px, py, r, 1.3 * r)
        else:
            corners = np.array([(-1, 0.6), (-0.2, -1), (0.7, -0.8), (1, 0.3), (0.1, 1)])
            s.put(corners + s.rng.uniform(-0.4, 0.4, (5, 2)), colours[k], t, px, py, r, r)
    s.finish()
    s.h = dict.fromkeys(HAND, 0.0) | {"line": f["outline"], "length": f["touch"], "wobble": -f["touch"]}
    return STYLES[s.pick("Realism", "Impressionism", "Fauvism", "Court Painting", "Post-Impressionism")][0](s, s.rng)


def architecture(s, f):
    """A facade: bays and storeys, a door, cornices, a roof, before the sky."""
    plan = Plan(s, f)
    colours, x = plan.palette(6), plan.centre()
    s.sky(0.92)
    s.plane(0.88, s.hue("stone"), s.thing(0.0, 0.4, 0.0, 0.0))
    w, h, t = s.u(0.6, 0.8), s.u(0.5, 0.68), s.thing(1.57, 0.2, 0.1)
    left, top = 0.5 - w / 2, 0.9 - h
    s.put("box", colours[0], t, left, top, w, h)
    bays, floors = int(s.u(3, 6)), int(s.u(2, 5))
    across, up, fall = plan.beats(bays), plan.beats(floors), plan.sizes(floors)[::-1]
    window = "round window" if f["order"] > 0.3 else "square window"
    for j in range(floors):
        for i in range(bays):
            jig = 0.05 * (1 - plan.up("order")) * s.rng.standard_normal(2)
            cx, cy = left + w * (0.04 + 0.92 * across[i]) + jig[0], top + h * (0.08 + 0.75 * up[j]) + jig[1] * 0.5
            a, b = 0.26 * w / bays, 0.3 * h / floors * fall[j] * plan.up("proportion", 0.55, 1.1)
            if plan.up("relief") > 0.4:
                s.put("-1.3 -1.2 1.3 -1.2 1.3 1.2 -1.3 1.2", colours[1], t, cx, cy, a, b)
            s.put(window, colours[2] * 0.5, t, cx, cy, a, b)
        cornice = top + h * min(0.95, up[j] * 0.8 + 0.22)
        s.line("0 0 1 0", colours[1] * 0.8, plan.up("relief", 0.002, 0.012), left, cornice, w)
    door, tall = left + w * np.clip(x, 0.1, 0.9), 0.2 * plan.up("hierarchy", 0.7, 1.3)
    s.put("-1 0 -1 -.7 -.5 -1 .5 -1 1 -.7 1 0", colours[3] * 0.6, s.thing(1.5, 0.2, 0.2), door, 0.9, 0.06, tall)
    roof = "gable" if f["crown"] > 0 else "flat roof"
    s.put(roof, colours[4], s.thing(0.3, 0.2, 0.2), left, top, w, plan.up("crown", 0.02, 0.2))
    s.finish()
    return _weathered(s)


def _weathered(s):
    """What was laid out, lit and a little uneven."""
    return shaded(s.lit, 1 + 0.07 * noise(s.rng, s.size, 1, 0.7) + 0.05 * noise(s.rng, s.size, 2, 0.9))


def sculpture(s, f):
    """A figure or form of stone or bronze on a plinth, lit from one side."""
    plan = Plan(s, f)
    colours, x = plan.palette(4), 0.3 + 0.4 * plan.centre()
    s.hour = s.pick("day", "grey", "gold", "haze")
    s.backdrop(colours[0] * s.u(0.4, 0.9), s.u(0.5, 1.0))
    s.plane(0.9, colours[1] * 0.7, s.thing(0.0, 0.6, 0.0, 0.0))
    tall, stone, t = plan.up("plinth", 0.04, 0.2), colours[2], s.thing(1.4, 0.2, plan.up("finish", 0.3, 1.0))
    foot = 0.94 - tall
    for k in range(1 + (f["plinth"] > 0)):
        step, wide = s.thing(1.57, 0.2, 0.1), 0.16 + 0.03 * k
        s.put("-1 0 1 0 1 1 -1 1", colours[3] * (0.9 - 0.15 * k), step, x, foot + 0.5 * k * tall, wide, tall)
    v, h = np.linspace(0, 1, 9), s.u(0.52, 0.66)
    spine = x + plan.up("sway", 0.0, 0.16) * np.sin(2 * np.pi * v * s.u(0.8, 1.2)) * s.pick(-1, 1)
    width = 0.09 * (1 + 0.35 * np.cos(2 * np.pi * (v * s.pick(1.5, 2.0) + 0.1))) * (1 - 0.3 * v)
    width = width + 0.03 * (1 - plan.up("rhythm")) * s.rng.standard_normal(9)
    s.limb(np.stack([spine, foot - h * v, np.maximum(width, 0.02)], 1), stone, t)
    parts = ((8, 0, 0.09), (5, 1, 0.075), (3, -1, 0.075), (6, 1, 0.075))
    for (j, d, r), size in zip(parts, plan.sizes(4), strict=True):
        r = r * size
        px, py = spine[j] + d * (width[j] + 0.3 * r), foot - h * v[j] - (0 if d else r)
        s.blob(px, py, r * (1.7 if d else 1), r, stone, t, turn=0.6 * d)
    hole = plan.up("opening", -0.02, 0.05)
    if hole > 0.012:
        s.blob(spine[4], foot - h * 0.5, hole, hole * 1.5, s.at(0.05, 0.4), s.thing(0.9, 0.9, 0.0, 0.0))
    s.finish()
    rough = 1 + plan.up("finish", 0.22, 0.03) * noise(s.rng, s.size, 1, 0.8) * (s.lut(3) > 0.5)
    return contrast(shaded(s.lit, rough), 1.1)


def garden(s, f):
    """A garden seen along its path: beds, trees, hedges, water, stones."""
    plan = Plan(s, f)
    h, x = s.u(0.34, 0.46), plan.centre()
    open_land(s, h, "grass")
    colours, bend = plan.palette(8), plan.up("path", 0.0, 0.22)
    path = [(x, h + 0.03, 0.01), (x + bend, 0.6, 0.04), (x - bend, 0.8, 0.08), (0.5, 1.05, 0.15)]
    s.limb(path, s.hue("earth", 1.2), s.thing(1.3, 0.4, 0.0))
    if f["water"] > -0.3:
        r, pond = plan.up("water", 0.03, 0.16), s.thing(0.0, 0.4, 0.0)
        s.blob(np.clip(1.1 - x, 0.2, 0.8), 0.72, 1.6 * r, 0.5 * r, s.hue("water"), pond, bumps=0.25)
    beats, sizes, kind = plan.beats(6), plan.sizes(6), s.pick("round", "tall", "pine", "fir")
    for k in range(6):
        near = 0.08 + 0.15 * plan.up("layers") * (k % 3)
        tree(s, beats[k], h + near, 0.36 * sizes[k] + 0.08, 0.5 - near, kind=kind if f["rhythm"] > 0 else None)
    for k, b in enumerate(plan.beats(9)):
        bx, by, bed = x + (-1, 1)[k % 2] * (0.1 + 0.3 * b), h + 0.1 + 0.5 * b, s.thing(0.2, 0.3, 0.5)
        s.blob(bx, by, 0.05 + 0.05 * b, 0.025 + 0.02 * b, s.hue("foliage", 0.8), bed, bumps=0.4)
        for j in range(7):
            px, py, r = bx + (0.05 + 0.05 * b) * s.u(-1, 1), by - s.u(0, 0.04), 0.013 + 0.013 * b
            s.blob(px, py, r, r, colours[(k + j) % 8], bumps=0.6)
    for k in range(max(0, int(plan.up("stones", -2.5, 6.5)))):
        r, stone = 0.05 * sizes[min(k, 5)], colours[k % 8] * 0.4 + rgb("8f8a82") * 0.6
        s.blob(s.u(0.1, 0.9), s.u(0.75, 0.97), 1.5 * r, r, stone, s.thing(0.3, 0.2, 0.9), bumps=0.3)
    s.finish()
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

"""The sheet a scene is laid out on: shapes in relative coordinates, colours, noise, light, and a map of things."""

from collections import namedtuple
from functools import lru_cache

import cv2
import numpy as np

from artlib import paths

_TURN = np.linspace(0, 2 * np.pi, 20, False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], 1)
Hour = namedtuple("Hour", "zenith horizon light strength share")


def tables() -> dict:
    """The tables of `data/museum.yaml` by name."""
    return paths.table("museum.yaml")


@lru_cache(maxsize=256)
def rgb(code: str) -> np.ndarray:
    """The colour of a six-digit code as three floats in 0..255."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float64)


@lru_cache(maxsize=1)
def hours() -> dict[str, Hour]:
    """Hours and weathers by name: colours of zenith, horizon and light, strength of the light, share."""
    rows = {name: row.split() for name, row in tables()["hours"].items()}
    return {name: Hour(*(rgb(code) for code in row[:3]), *map(float, row[3:])) for name, row in rows.items()}


@lru_cache(maxsize=32)
def family(name: str) -> np.ndarray:
    """The colours of a family in `data/museum.yaml`, (N, 3)."""
    return np.stack([rgb(code) for code in tables()["colours"][name].split()])


@lru_cache(maxsize=1)
def _bank() -> np.ndarray:
    """Periodic noise, from smooth to fine: (3, 512, 512) float32 of period 256, mean 0 and deviation 1."""
    rng, tiles = np.random.default_rng(1890), []
    for octaves in ((4, 8, 16, 32), (16, 32, 64), (128, 256)):
        tile = np.zeros((256, 256), np.float32)
        for k, n in enumerate(octaves):
            cells = np.tile(rng.standard_normal((n, n)).astype(np.float32), (3, 3))
            tile += cv2.resize(cells, (768, 768), interpolation=cv2.INTER_CUBIC)[256:512, 256:512] * 0.55**k
        tiles.append(np.tile((tile - tile.mean()) / tile.std(), (2, 2)))
    return np.stack(tiles)


def noise(rng, size: int, kind: int = 0, span: float = 1.0, tall: float = 1.0) -> np.ndarray:
    """A window of the noise as (size, size) float32; `span` 1 is a whole tile, `tall` > 1 stretches it sideways."""
    width, height = max(4, int(255 * span)), max(4, int(255 * min(1.0, span * tall)))
    y, x = rng.integers(0, 256, 2)
    how = cv2.INTER_AREA if kind == 2 and width > size else cv2.INTER_LINEAR
    return cv2.resize(_bank()[kind, y : y + height, x : x + width], (size, size), interpolation=how)


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Relative coordinates x and y of the pixel centres, each (size, size) float32."""
    line = np.tile((np.arange(size, dtype=np.float32) + 0.5) / size, (size, 1))
    return line, np.ascontiguousarray(line.T)


def tint(image, gain=(1, 1, 1), lift=(0, 0, 0)):
    """Every channel times a gain plus a lift."""
    return cv2.transform(image, np.float32(np.column_stack([np.diag(gain), lift])))


def toned(light, colour):
    """A colour under a (height, width) light."""
    return cv2.merge([light * np.float32(v) for v in colour])


def shaded(image, light):
    """Every pixel times a (size, size) light."""
    return image * cv2.merge([np.float32(light)] * 3)


def mix(a, b, t):
    """From a to b by a number or a (size, size) mask; b may be a colour."""
    if np.ndim(t) == 0:
        return tint(a, (1 - t,) * 3, np.asarray(b) * t) if np.ndim(b) == 1 else a + (b - a) * np.float32(t)
    t = np.float32(t)
    b = toned(np.ones_like(t), b) if np.ndim(b) == 1 else b
    out = b - a
    out *= cv2.merge([t, t, t])
    out += a
    return out


def turned(points, angle: float):
    """Points (N, 2) turned about the origin."""
    c, s = np.cos(angle), np.sin(angle)
    return points @ np.array([[c, s], [-s, c]])


@lru_cache(maxsize=512)
def _read(text: str, width: int) -> np.ndarray:
    return np.array(tables()["paths"].get(text, text).split(), float).reshape(-1, width)


@lru_cache(maxsize=32)
def _parts(name: str) -> list[tuple]:
    """A figure of the tables: (kind of shape, paint, light, path) part by part."""
    rows = (row.split(maxsplit=3) for row in tables()["figures"][name])
    return [(kind, paint, float(light), path) for kind, paint, light, path in rows]


def points(path, width: int = 2) -> np.ndarray:
    """A path as (N, width) floats: a text "x y x y ...", a name in the tables, a list of tuples or an array."""
    return _read(path, width) if isinstance(path, str) else np.asarray(path, float)


def _edges(ids: np.ndarray) -> np.ndarray:
    edge = np.zeros(ids.shape, np.uint8)
    edge[:, 1:] = ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    return edge


class Scene:
    """What is painted: base colours and a map of things, each (direction, depth, roundness, subject, pattern).

    `rng` is the scene's own stream; `c` and `h` are the culture's and the hand's parameters by name. Coordinates run
    from 0 to 1, x to the right, y down. Paths (see `points`) are scaled by (w, h) and placed at (x, y).
    """

    def __init__(self, size: int, rng, culture: dict, hand: dict):
        self.size, self.rng, self.c, self.h = size, rng, culture, hand
        self.color, self.ids = np.zeros((size, size, 3), np.uint8), np.zeros((size, size), np.uint8)
        self.things, self.focus = [(0.0, 1.0, 0.0, 0.0, 0.0)], (0.5, 0.45)
        shares = np.cumsum([hour.share for hour in hours().values()])
        self.hour = list(hours())[int(np.searchsorted(shares, rng.random() * 0.9999))]
        self.side = -1.0 if rng.random() < 0.75 - 0.2 * np.tanh(hand["lean"]) else 1.0

    def u(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number between two bounds."""
        return low + (high - low) * self.rng.random()

    def pick(self, *options):
        """One of the options."""
        return options[int(self.rng.random() * len(options))]

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self.rng.random() < p

    def hue(self, name: str, light: float = 1.0) -> np.ndarray:
        """A colour of a family, made lighter or darker."""
        anchors, r = family(name), self.rng.random(6)
        a, b = anchors[int(r[0] * len(anchors))], anchors[int(r[1] * len(anchors))]
        return (a + (b - a) * (0.6 * r[2]) + 10 * (r[3:] - 0.5)) * light

    def air(self, colour, depth: float):
        """A colour seen through air: nearer to the horizon's with depth."""
        return colour + (hours()[self.hour].horizon - colour) * 0.65 * depth

    def at(self, x: float, y: float) -> np.ndarray:
        """The colour laid down at a place."""
        n = self.size - 1
        return self.color[min(n, max(0, int(y * n))), min(n, max(0, int(x * n)))].astype(float)

    def thing(self, angle=0.0, depth=0.4, round_=0.6, subject=1.0, pattern=0.0) -> int:
        """A new thing on the map; returns its number (the last is shared when 250 are reached)."""
        if len(self.things) < 250:
            self.things.append((angle, depth, round_, subject, pattern))
        return len(self.things) - 1

    def put(self, path, colour, thing: int | None = None, x=0.0, y=0.0, w=1.0, h=1.0) -> None:
        """Fill a polygon with a colour, as part of a thing (None: colour only)."""
        k = 16 * self.size
        q = [(points(path) * np.array([w * k, h * k]) + np.array([x * k + 0.5, y * k + 0.5])).astype(np.int32)]
        cv2.fillPoly(self.color, q, colour.tolist() if isinstance(colour, np.ndarray) else colour, cv2.LINE_AA, 4)
        if thing is not None:
            cv2.fillPoly(self.ids, q, thing, cv2.LINE_8, 4)

    def many(self, polygons: np.ndarray, colour) -> None:
        """Fill many polygons (N, K, 2) with one colour, colour only."""
        q = list(np.rint(polygons * (16 * self.size)).astype(np.int32))
        cv2.fillPoly(self.color, q, colour.tolist(), cv2.LINE_AA, 4)

    def blob(self, x, y, rx, ry, colour, thing=None, turn=0.0, bumps=0.0) -> None:
        """Fill an ellipse, turned by an angle, its outline uneven by `bumps`."""
        p = _CIRCLE * np.array([rx, ry])
        if bumps:
            p = p * (1 + bumps * (self.rng.random((20, 1)) - 0.5))
        self.put(turned(p, turn) if turn else p, colour, thing, x, y)

    def limb(self, path, colour, thing=None, x=0.0, y=0.0, w=1.0, h=1.0) -> None:
        """Fill a tapering band along a line "x y r ..." of points with half widths r, scaled by the larger side."""
        p = points(path, 3)
        p, r = p[:, :2] * np.array([w, h]), p[:, 2:] * max(abs(w), abs(h))
        d = np.diff(p, axis=0)
        d = np.concatenate([d[:1], d[1:] + d[:-1], d[-1:]])
        n = d[:, ::-1] * np.array([-1.0, 1.0]) * r / (np.sqrt((d * d).sum(1, keepdims=True)) + 1e-9)
        self.put(np.concatenate([p + n, (p - n)[::-1]]), colour, thing, x, y)

    def line(self, path, colour, width: float, x=0.0, y=0.0, w=1.0, h=1.0) -> None:
        """A line of relative width, colour only."""
        p = points(path) * np.array([w, h]) + np.array([x, y])
        q, thick = [np.rint(p * (self.size * 16)).astype(np.int32)], max(1, round(width * self.size))
        cv2.polylines(self.color, q, False, [float(v) for v in colour], thick, cv2.LINE_AA, 4)

    def figure(self, name: str, x=0.0, y=0.0, w=1.0, h=1.0, **paints) -> None:
        """Draw a figure of the tables; `paints` gives the colour and the thing of every paint that it names."""
        for kind, paint, light, path in _parts(name):
            colour, thing = paints[paint]
            if kind == "blob":
                bx, by, rx, ry = points(path, 4)[0]
                self.blob(x + bx * w, y + by * h, rx * abs(w), ry * abs(h), colour * light, thing)
            elif kind == "line":
                self.line(path, colour * light, 0.01, x, y, w, h)
            else:
                shape = self.put if kind == "put" else self.limb
                shape(path, colour * light, thing, x, y, w, h)

    def sky(self, horizon: float) -> None:
        """Sky down to the horizon: gradient of the hour, clouds that thin out towards it."""
        n = self.size
        rows = max(1, min(n, int(np.ceil(horizon * n))))
        top, low = (np.float32(colour) for colour in hours()[self.hour][:2])
        t = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None] ** self.u(0.6, 1.5)
        sky = np.repeat(top + (low - top) * t, n, 1)
        cloud = noise(self.rng, n, 0, self.u(0.25, 0.6), self.u(1.2, 2.6))[:rows]
        mask = np.clip((cloud + self.u(-1.3, 0.7)) * 0.9, 0, 1) * np.float32(self.u(0.5, 0.9))
        white = 255 * self.u(0.85, 1.0) if self.hour not in ("night", "storm") else 150
        shade = 26 * np.clip(cloud, 0, 2)
        clouds = cv2.merge([0.5 * v + 0.5 * np.float32(white) - shade for v in low])
        self.color[:rows] = np.clip(mix(sky, clouds, mask), 0, 255)
        self.ids[:rows] = self.thing(0.05, 1.0, 0.0, 0.0)

    def plane(self, top: float, colour, thing: int, shade: float = 0.75) -> None:
        """A level plane from a height down: lighter far away, mottled."""
        a = min(int(top * self.size), self.size - 1)
        t = np.linspace(1.12, shade, self.size - a, dtype=np.float32)[:, None]
        light = t + 0.06 * noise(self.rng, self.size, 1, 0.4, 2.5)[a:]
        self.color[a:], self.ids[a:] = np.clip(toned(light, colour), 0, 255), thing

    def backdrop(self, colour, fall: float = 0.5) -> None:
        """A wall behind the subject, lit from one side."""
        x, y = grid(self.size)
        d = cv2.magnitude(x - np.float32(0.5 + 0.45 * self.side), y - np.float32(0.3))
        light = np.float32(1.1) - np.float32(fall) * d + np.float32(0.05) * noise(self.rng, self.size, 0, 0.5)
        self.color[:], self.ids[:] = np.clip(toned(light, colour), 0, 255), self.thing(0.9, 0.9, 0.0, 0.0, 0.5)

    def lut(self, column: int, ids=None) -> np.ndarray:
        """A property of the things spread over the map (or another), (size, size) float32."""
        table = np.zeros((1, 256), np.float32)
        table[0, : len(self.things)] = [row[column] for row in self.things]
        return cv2.LUT(self.ids if ids is None else ids, table)

    def finish(self) -> None:
        """Derive outlines, light, lit colours and the direction field (64 x 64) from what was laid out."""
        n, k = self.size, min(self.size, 128)
        self.edge, self.depth = _edges(self.ids), self.lut(1)
        small = self.ids if n == k else cv2.resize(self.ids, (k, k), interpolation=cv2.INTER_NEAREST)
        # Things are inflated like cushions from their outlines and lit from the upper left or right.
        height = np.minimum(cv2.distanceTransform(1 - _edges(small), cv2.DIST_L2, 3) / (0.09 * k), 1)
        height = cv2.GaussianBlur(np.sqrt(height * (2 - height)), (0, 0), 0.012 * k)
        sx, sy = (cv2.Sobel(height, -1, *way, scale=k / 64) for way in ((1, 0), (0, 1)))
        light = 1 + self.lut(2, small) * np.clip(0.88 * sy - 0.99 * self.side * sx, -0.55, 0.4)
        self.light = cv2.resize(light, (n, n), interpolation=cv2.INTER_LINEAR)
        hour = hours()[self.hour]
        self.flat = tint(self._ornament(), hour.light / 255 * (0.5 + 0.5 * hour.strength))
        self.lit = np.minimum(shaded(self.flat, self.light), 255)
        self.theta = self._directions()

    def _directions(self) -> np.ndarray:
        """Which way strokes run, (64, 64): along strong edges of light, else as the things' own directions are."""
        grey = cv2.cvtColor(cv2.resize(self.lit, (64, 64), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        grey = cv2.GaussianBlur(grey, (0, 0), 1.9)
        sx, sy = cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)
        size = cv2.magnitude(sx, sy) + 1e-3
        pull = np.minimum(size / 40, 1)
        ids = cv2.resize(self.ids, (64, 64), interpolation=cv2.INTER_NEAREST)
        # Doubled angles, because a stroke has no head and no tail.
        angle = 2 * (self.lut(0, ids) + 0.5 * noise(self.rng, 64, 0, 0.5))
        c = pull * (sy * sy - sx * sx) / size**2 + (1 - pull) * np.cos(angle)
        s = pull * (-2 * sx * sy) / size**2 + (1 - pull) * np.sin(angle)
        return 0.5 * np.arctan2(cv2.blur(s, (3, 3)), cv2.blur(c, (3, 3)))

    def _ornament(self) -> np.ndarray:
        """The colours with patterns on cloth, vessels, walls: stripes or dots as the country's taste is."""
        image, worn = self.color.astype(np.float32), self.lut(4) > 0.65
        taste = self.c["ornament"] + 0.5 * self.rng.standard_normal()
        if not worn.any():
            return image
        (x, y), k = grid(self.size), np.float32(6.28 * np.clip(17 + 6 * self.c["line"], 8, 30))
        c, q = np.float32(np.cos(0.9 * self.c["steep"])), np.float32(np.sin(0.9 * self.c["steep"]))
        u, v = c * x + q * y, c * y - q * x
        wave = np.sin(k * u) * np.sin(k * v) if taste > 0 else np.sin(k * u)
        light = 1 + np.float32(0.3 * np.tanh(abs(taste))) * np.clip(3 * wave, -1, 1) * worn
        return np.minimum(shaded(image, light), 255)

"""The sheet a scene is laid out on: shapes in relative coordinates, colours, noise, light, and a map of things."""

from functools import lru_cache

import cv2
import numpy as np

# Families of natural colours (RGB); a work mixes two of a family, so that palettes stay in tune and hues never wrap.
COLOURS = {
    "skin": "f1d0b0 e0ac84 c98f64 a86d47 f4dcc4 d9b08c",
    "hair": "2a1c14 5a3a1e 8c5a2b c49a55 1c1a1d 8f8a86 6e2f1a",
    "foliage": "3f5d2b 6b8a3a 2d4a35 8b9a4a a2893a 56703f a65e2a",
    "grass": "6f8a45 8fa055 a89a58 5f7a4a b7a866 8a7a4a d9dcd8",
    "earth": "8a6a48 a98a62 6a4d35 b79b77 75634f 9c5f3d",
    "stone": "b8ab98 938a80 d5c8ae 7f7871 c4a98a a4836a",
    "rock": "6f7480 8a8691 5d646b 9a8c80 7b8794",
    "water": "4d7a8f 3a6170 7fa6ad 5b7f78 2f4f66 8fa8a0 6d7f90 8a8468",
    "wall": "d9c6a1 c98f6b e6dcc8 b4623f cdb58e a7a39b e3b98c 8f5a44",
    "roof": "8a3f2a 5d4a44 a8562f 4a4f57 6f6a5f 3d4a4a",
    "cloth": "7a1f24 1f3b66 2f5a3c c9a23c 3a2f3f d8cdb8 8a4a2a 4a6f86 b5473c 5c2f57 23262b e4dfd2",
    "room": "5d4a38 3d3a38 7a6a50 4a5a52 6a3d32 8a7d68 39434f 9a8f86 b3a78c 72808a",
    "wood": "6a4628 8a5f38 4d3322 a57a4a 7a3f25",
    "fruit": "c23b22 e08a2a d8b93a 8ea83a 6d1f33 e3a36a a8c25a",
    "petal": "d8404a f0d24a f2e6e0 e87fa0 7a5fb0 f09a3a 4f6fc0 b03a6a fff6d8",
    "pot": "4a6f9a d8d2c4 8a4a2f 3f5d54 b58a4a 6f7f8a 2f3a4a c9b8a0",
    "sail": "f0e6d0 d8c4a0 c98a5a e9e4dc a8462f",
    "pure": "c8302a 2a4fa0 e8b92a 1d1d1f efe8d8 2f7a5a d86a2a 7a3f86 5f9fb8 8a8a88",
}
# Hour: zenith, horizon, colour of the light, its strength, share.
HOURS = {
    "day": ("5f8fc4", "d4e2e8", "fff8ea", 1.0, 0.24),
    "haze": ("a9b9c2", "e6dfcc", "f6eedf", 0.92, 0.15),
    "grey": ("8d949b", "c4c6c3", "dfe4ea", 0.85, 0.15),
    "gold": ("7f93ab", "f4cf8a", "ffdf9e", 0.95, 0.12),
    "dusk": ("4a4f7a", "e89a6a", "f0b088", 0.8, 0.11),
    "storm": ("46525f", "a2aba6", "ccd4da", 0.75, 0.08),
    "night": ("22304f", "56709a", "98a8d8", 0.66, 0.06),
    "parchment": ("d2c29c", "ece0c0", "f8eccf", 0.95, 0.09),
}
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 20, False)), np.sin(np.linspace(0, 2 * np.pi, 20, False))], 1)

_ACROSS = np.array([-1.0, 1.0])


@lru_cache(maxsize=256)
def rgb(code: str) -> np.ndarray:
    """The colour of a six-digit code as three floats in 0..255."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float64)


_ANCHORS = {name: np.stack([rgb(code) for code in codes.split()]) for name, codes in COLOURS.items()}
_SHARES = np.cumsum([row[4] for row in HOURS.values()])


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
    return cv2.transform(
        image, np.float32([[gain[0], 0, 0, lift[0]], [0, gain[1], 0, lift[1]], [0, 0, gain[2], lift[2]]])
    )


def mix(a, b, t):
    """From a to b by a number or a (size, size) mask; b may be a colour."""
    if np.ndim(t) == 0:
        return tint(a, (1 - t,) * 3, np.asarray(b) * t) if np.ndim(b) == 1 else a + (b - a) * np.float32(t)
    t = np.float32(t)
    mask = cv2.merge([t, t, t])
    b = cv2.merge([np.full_like(t, v) for v in b]) if np.ndim(b) == 1 else b
    return a + (b - a) * mask


@lru_cache(maxsize=512)
def _path(text: str, width: int) -> np.ndarray:
    return np.array(text.split(), float).reshape(-1, width)


class Scene:
    """What is painted: base colours and a map of things, each (direction, depth, roundness, subject, pattern).

    `rng` is the scene's own stream; `c` and `h` are the culture's and the hand's parameters by name. Coordinates run
    from 0 to 1, x to the right, y down. Paths are texts "x y x y ...", placed at (x, y) and scaled by (w, h).
    """

    def __init__(self, size: int, rng, culture: dict, hand: dict):
        self.size, self.rng, self.c, self.h = size, rng, culture, hand
        self.color, self.ids = np.zeros((size, size, 3), np.uint8), np.zeros((size, size), np.uint8)
        self.things, self.focus = [(0.0, 1.0, 0.0, 0.0, 0.0)], (0.5, 0.45)
        self.hour = list(HOURS)[int(np.searchsorted(_SHARES, rng.random() * 0.9999))]
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
        anchors, r = _ANCHORS[name], self.rng.random(6)
        a, b = anchors[int(r[0] * len(anchors))], anchors[int(r[1] * len(anchors))]
        return (a + (b - a) * (0.6 * r[2]) + 10 * (r[3:] - 0.5)) * light

    def air(self, colour, depth: float):
        """A colour seen through air: nearer to the horizon's with depth."""
        return colour + (rgb(HOURS[self.hour][1]) - colour) * 0.65 * depth

    def at(self, x: float, y: float) -> np.ndarray:
        """The colour laid down at a place."""
        n = self.size - 1
        return self.color[min(n, max(0, int(y * n))), min(n, max(0, int(x * n)))].astype(float)

    def thing(self, angle=0.0, depth=0.4, round_=0.6, subject=1.0, pattern=0.0) -> int:
        """A new thing on the map; returns its number (the last is shared when 250 are reached)."""
        if len(self.things) < 250:
            self.things.append((angle, depth, round_, subject, pattern))
        return len(self.things) - 1

    def put(self, path, x, y, w, h, colour, thing: int | None = None) -> None:
        """Fill a polygon with a colour, as part of a thing (None: colour only)."""
        p, k = _path(path, 2) if isinstance(path, str) else path, 16 * self.size
        self._fill(p * np.array([w * k, h * k]) + np.array([x * k + 0.5, y * k + 0.5]), colour, thing)

    def _fill(self, p, colour, thing) -> None:
        """Fill a polygon given in sixteenths of pixels."""
        q = [p.astype(np.int32)]
        c = colour.tolist() if isinstance(colour, np.ndarray) else colour
        cv2.fillPoly(self.color, q, c, cv2.LINE_AA, 4)
        if thing is not None:
            cv2.fillPoly(self.ids, q, thing, cv2.LINE_8, 4)

    def many(self, polygons: np.ndarray, colour) -> None:
        """Fill many polygons (N, K, 2) with one colour, colour only."""
        cv2.fillPoly(
            self.color, list(np.rint(polygons * (16 * self.size)).astype(np.int32)), colour.tolist(), cv2.LINE_AA, 4
        )

    def blob(self, x, y, rx, ry, colour, thing=None, turn=0.0, bumps=0.0) -> None:
        """Fill an ellipse, turned by an angle, its outline uneven by `bumps`."""
        k = 16 * self.size
        p = _CIRCLE * np.array([rx * k, ry * k])
        if bumps:
            p *= 1 + bumps * (self.rng.random((20, 1)) - 0.5)
        if turn:
            p = p @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        self._fill(p + np.array([x * k + 0.5, y * k + 0.5]), colour, thing)

    def limb(self, path, x, y, w, h, colour, thing=None) -> None:
        """Fill a tapering band along a line "x y r ..." of points with half widths r, scaled by the larger side."""
        p = _path(path, 3) if isinstance(path, str) else np.asarray(path, float)
        k = 16 * self.size
        p, r = (
            p[:, :2] * np.array([w * k, h * k]) + np.array([x * k + 0.5, y * k + 0.5]),
            p[:, 2] * (k * max(abs(w), abs(h))),
        )
        d = p[1:] - p[:-1]
        d = np.concatenate([d[:1], d[1:] + d[:-1], d[-1:]])
        n = d[:, ::-1] * ((r / (np.sqrt((d * d).sum(1)) + 1e-6))[:, None] * _ACROSS)
        self._fill(np.concatenate([p + n, (p - n)[::-1]]), colour, thing)

    def line(self, path, x, y, w, h, colour, width: float) -> None:
        """A line of relative width, colour only."""
        p = (_path(path, 2) if isinstance(path, str) else path) * np.array([w, h]) + np.array([x, y])
        q, thick = [np.rint(p * (self.size * 16)).astype(np.int32)], max(1, round(width * self.size))
        cv2.polylines(self.color, q, False, [float(v) for v in colour], thick, cv2.LINE_AA, 4)

    def sky(self, horizon: float) -> None:
        """Sky down to the horizon: gradient of the hour, clouds that thin out towards it."""
        n = self.size
        rows = max(1, min(n, int(np.ceil(horizon * n))))
        top, low = (np.float32(rgb(code)) for code in HOURS[self.hour][:2])
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
        self.color[a:] = np.clip(cv2.merge([light * np.float32(v) for v in colour]), 0, 255)
        self.ids[a:] = thing

    def backdrop(self, colour, fall: float = 0.5) -> None:
        """A wall behind the subject, lit from one side."""
        x, y = grid(self.size)
        d = cv2.magnitude(x - np.float32(0.5 + 0.45 * self.side), y - np.float32(0.3))
        light = np.float32(1.1) - np.float32(fall) * d + np.float32(0.05) * noise(self.rng, self.size, 0, 0.5)
        self.color[:] = np.clip(cv2.merge([light * np.float32(v) for v in colour]), 0, 255)
        self.ids[:] = self.thing(0.9, 0.9, 0.0, 0.0, 0.5)

    def lut(self, column: int) -> np.ndarray:
        """A property of the things spread over the map, (size, size) float32."""
        return np.array([row[column] for row in self.things], np.float32)[self.ids]

    def finish(self) -> None:
        """Derive outlines, light, lit colours and the direction field (64 x 64) from what was laid out."""
        n, k = self.size, min(self.size, 128)
        self.edge, self.depth = _edges(self.ids), self.lut(1)
        small = self.ids if n == k else cv2.resize(self.ids, (k, k), interpolation=cv2.INTER_NEAREST)
        edge = self.edge if n == k else _edges(small)
        # Things are inflated like cushions from their outlines and lit from the upper left or right.
        height = np.minimum(cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3) / (0.09 * k), 1)
        height = cv2.GaussianBlur(np.sqrt(height * (2 - height)), (0, 0), 0.012 * k)
        lambert = 0.88 * cv2.Sobel(height, -1, 0, 1, scale=k / 64) - 0.99 * self.side * cv2.Sobel(
            height, -1, 1, 0, scale=k / 64
        )
        round_ = np.array([row[2] for row in self.things], np.float32)[small]
        self.light = cv2.resize(1 + round_ * np.clip(lambert, -0.55, 0.4), (n, n), interpolation=cv2.INTER_LINEAR)
        _, _, colour, strength, _ = HOURS[self.hour]
        self.flat = tint(self._ornament(), rgb(colour) / 255 * (0.5 + 0.5 * strength))
        self.lit = np.minimum(self.flat * cv2.merge([self.light] * 3), 255)
        grey = cv2.cvtColor(cv2.resize(self.lit, (64, 64), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        grey = cv2.GaussianBlur(grey, (0, 0), 1.9)
        sx, sy = cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)
        size = cv2.magnitude(sx, sy) + 1e-3
        pull = np.minimum(size / 40, 1)
        ids = cv2.resize(self.ids, (64, 64), interpolation=cv2.INTER_NEAREST)
        angle = 2 * (np.array([row[0] for row in self.things], np.float32)[ids] + 0.5 * noise(self.rng, 64, 0, 0.5))
        # Doubled angles, because a stroke has no head and no tail; strokes run along edges.
        c = pull * (sy * sy - sx * sx) / size**2 + (1 - pull) * np.cos(angle)
        s = pull * (-2 * sx * sy) / size**2 + (1 - pull) * np.sin(angle)
        self.theta = 0.5 * np.arctan2(cv2.blur(s, (3, 3)), cv2.blur(c, (3, 3)))

    def _ornament(self) -> np.ndarray:
        """The colours with patterns on cloth, vessels, walls: stripes or dots as the country's taste is."""
        image, worn = self.color.astype(np.float32), self.lut(4) > 0.65
        taste = self.c["ornament"] + 0.5 * self.rng.standard_normal()
        if not worn.any():
            return image
        (x, y), k, a = (
            grid(self.size),
            np.float32(6.28 * np.clip(17 + 6 * self.c["line"], 8, 30)),
            0.9 * self.c["steep"],
        )
        c, q = np.float32(np.cos(a)), np.float32(np.sin(a))
        u, v = c * x + q * y, c * y - q * x
        wave = np.sin(k * u) * np.sin(k * v) if taste > 0 else np.sin(k * u)
        light = 1 + np.float32(0.3 * np.tanh(abs(taste))) * np.clip(3 * wave, -1, 1) * worn
        return np.minimum(image * cv2.merge([light] * 3), 255)


def _edges(ids: np.ndarray) -> np.ndarray:
    edge = np.zeros(ids.shape, np.uint8)
    edge[:, 1:] = ids[:, 1:] != ids[:, :-1]
    edge[1:] |= ids[1:] != ids[:-1]
    return edge

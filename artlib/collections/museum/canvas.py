"""The sheet a scene is laid out on: shapes in relative coordinates, colours, noise, light and masks."""

from functools import lru_cache

import cv2
import numpy as np

# Anchors of natural colours (RGB); a work mixes two of them, so that palettes stay harmonious and hues never wrap.
COLOURS = {
    "skin": ["f1d0b0", "e0ac84", "c98f64", "a86d47", "f4dcc4", "d9b08c"],
    "hair": ["2a1c14", "5a3a1e", "8c5a2b", "c49a55", "1c1a1d", "8f8a86", "6e2f1a"],
    "foliage": ["3f5d2b", "6b8a3a", "2d4a35", "8b9a4a", "a2893a", "56703f", "a65e2a"],
    "grass": ["6f8a45", "8fa055", "a89a58", "5f7a4a", "b7a866", "8a7a4a"],
    "earth": ["8a6a48", "a98a62", "6a4d35", "b79b77", "75634f", "9c5f3d"],
    "stone": ["b8ab98", "938a80", "d5c8ae", "7f7871", "c4a98a", "a4836a"],
    "rock": ["6f7480", "8a8691", "5d646b", "9a8c80", "7b8794"],
    "water": ["4d7a8f", "3a6170", "7fa6ad", "5b7f78", "2f4f66", "8fa8a0", "6d7f90"],
    "wall": ["d9c6a1", "c98f6b", "e6dcc8", "b4623f", "cdb58e", "a7a39b", "e3b98c", "8f5a44"],
    "roof": ["8a3f2a", "5d4a44", "a8562f", "4a4f57", "6f6a5f", "3d4a4a"],
    "cloth": [
        "7a1f24",
        "1f3b66",
        "2f5a3c",
        "c9a23c",
        "3a2f3f",
        "d8cdb8",
        "8a4a2a",
        "4a6f86",
        "b5473c",
        "5c2f57",
        "23262b",
    ],
    "room": ["5d4a38", "3d3a38", "7a6a50", "4a5a52", "6a3d32", "8a7d68", "39434f", "9a8f86"],
    "wood": ["6a4628", "8a5f38", "4d3322", "a57a4a", "7a3f25"],
    "fruit": ["c23b22", "e08a2a", "d8b93a", "8ea83a", "6d1f33", "e3a36a", "a8c25a"],
    "petal": ["d8404a", "f0d24a", "f2e6e0", "e87fa0", "7a5fb0", "f09a3a", "4f6fc0", "b03a6a", "fff6d8"],
    "pot": ["4a6f9a", "d8d2c4", "8a4a2f", "3f5d54", "b58a4a", "6f7f8a", "2f3a4a", "c9b8a0"],
    "sail": ["f0e6d0", "d8c4a0", "c98a5a", "e9e4dc", "a8462f"],
    "pure": ["c8302a", "2a4fa0", "e8b92a", "1d1d1f", "efe8d8", "2f7a5a", "d86a2a", "7a3f86", "5f9fb8", "8a8a88"],
}
# Zenith, horizon and the colour of the light (RGB), with the light's strength.
HOURS = {
    "day": ("5f8fc4", "d4e2e8", "fff8ea", 1.0),
    "haze": ("a9b9c2", "e6dfcc", "f6eedf", 0.92),
    "grey": ("8d949b", "c4c6c3", "dfe4ea", 0.82),
    "gold": ("7f93ab", "f4cf8a", "ffdf9e", 0.95),
    "dusk": ("4a4f7a", "e89a6a", "f0b088", 0.78),
    "storm": ("3f4a57", "9aa39f", "c4cdd4", 0.68),
    "night": ("16203a", "43577a", "8496c8", 0.55),
    "parchment": ("d2c29c", "ece0c0", "f8eccf", 0.95),
}
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 20, False)), np.sin(np.linspace(0, 2 * np.pi, 20, False))], 1)


def rgb(code: str) -> np.ndarray:
    """The colour of a six-digit code as three floats in 0..255."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float64)


_ANCHORS = {name: np.stack([rgb(code) for code in codes]) for name, codes in COLOURS.items()}


@lru_cache(maxsize=1)
def _bank() -> np.ndarray:
    """Periodic noise tiles, from smooth to fine: (3, 256, 256) float32 with mean 0 and deviation 1."""
    rng = np.random.default_rng(1890)
    tiles = []
    for octaves in ((4, 8, 16, 32), (16, 32, 64), (128, 256)):
        tile = np.zeros((256, 256), np.float32)
        for weight, n in enumerate(octaves):
            cells = rng.standard_normal((n, n)).astype(np.float32)
            wide = cv2.resize(np.tile(cells, (3, 3)), (768, 768), interpolation=cv2.INTER_CUBIC)
            tile += wide[256:512, 256:512] * 0.55**weight
        tiles.append((tile - tile.mean()) / tile.std())
    return np.stack([np.tile(t, (2, 2)) for t in tiles])


def noise(rng, size: int, kind: int = 0, span: float = 1.0, tall: float = 1.0) -> np.ndarray:
    """A window of the noise bank as (size, size) float32; `span` 1 shows a whole tile, `tall` > 1 stretches sideways."""
    width, height = max(4, int(255 * span)), max(4, int(255 * min(1.0, span * tall)))
    y, x = rng.integers(0, 256, 2)
    window = _bank()[kind, y : y + height, x : x + width]
    return cv2.resize(window, (size, size), interpolation=cv2.INTER_AREA if width > size else cv2.INTER_LINEAR)


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Relative coordinates x and y of the pixel centres, each (size, size) float32."""
    line = (np.arange(size, dtype=np.float32) + 0.5) / size
    return np.broadcast_to(line, (size, size)), np.broadcast_to(line[:, None], (size, size))


class Scene:
    """What is painted: base colours, a map of things, and for each thing its direction, depth and roundness.

    `rng` is the scene's own stream; `c` and `h` are the culture's and the hand's parameters by name. Coordinates run
    from 0 to 1, x to the right, y down. `things` holds a row a thing: (angle, depth, roundness, subject,
        pattern).
    """

    def __init__(self, size: int, rng, culture: dict, hand: dict):
        self.size, self.rng, self.c, self.h = size, rng, culture, hand
        self.color = np.zeros((size, size, 3), np.uint8)
        self.ids = np.zeros((size, size), np.uint8)
        self.things = [(0.0, 1.0, 0.0, 0.0, 0.0)]
        self.focus = (0.5, 0.45)
        self.hour = str(rng.choice(list(HOURS), p=[0.24, 0.15, 0.15, 0.12, 0.11, 0.08, 0.06, 0.09]))
        self.side = -1.0 if rng.random() < 0.75 - 0.2 * np.tanh(hand["lean"]) else 1.0

    def u(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number between two bounds."""
        return low + (high - low) * self.rng.random()

    def pick(self, *options):
        """One of the options."""
        return options[int(self.rng.random() * len(options))]

    def hue(self, name: str, light: float = 1.0) -> np.ndarray:
        """A colour of a named family: a mixture of two anchors, made lighter or darker."""
        anchors = _ANCHORS[name]
        a, b = anchors[int(self.rng.random() * len(anchors))], anchors[int(self.rng.random() * len(anchors))]
        t = self.rng.random() * 0.6
        return np.clip((a * (1 - t) + b * t + 10 * (self.rng.random(3) - 0.5)) * light, 0, 255)

    def thing(self, angle=0.0, depth=0.4, round_=0.6, subject=1.0, pattern=0.0) -> int:
        """A new thing on the map; returns its number (the last is shared when 250 are reached)."""
        if len(self.things) < 250:
            self.things.append((angle, depth, round_, subject, pattern))
        return len(self.things) - 1

    def shape(self, points, colour, thing: int | None = None) -> None:
        """Fill a polygon (n, 2) with a colour, as part of a thing (None: colour only)."""
        q = [np.rint(np.asarray(points) * (self.size * 16)).astype(np.int32)]
        cv2.fillPoly(self.color, q, (float(colour[0]), float(colour[1]), float(colour[2])), cv2.LINE_AA, 4)
        if thing is not None:
            cv2.fillPoly(self.ids, q, thing, cv2.LINE_8, 4)

    def blob(self, x, y, rx, ry, colour, thing=None, turn=0.0, bumps=0.0) -> None:
        """Fill an ellipse, turned by an angle, its outline uneven by `bumps`."""
        p = _CIRCLE * (rx, ry)
        if bumps:
            p = p * (1 + bumps * (self.rng.random((20, 1)) - 0.5))
        if turn:
            c, s = np.cos(turn), np.sin(turn)
            p = p @ np.array([[c, s], [-s, c]])
        self.shape(p + (x, y), colour, thing)

    def limb(self, points, widths, colour, thing=None) -> None:
        """Fill a tapering band along a line of points, with a width (half) at each."""
        p, w = np.asarray(points, float), np.asarray(widths, float)[:, None]
        d = np.gradient(p, axis=0)
        n = np.stack([-d[:, 1], d[:, 0]], 1) / (np.hypot(d[:, 0], d[:, 1])[:, None] + 1e-9)
        self.shape(np.concatenate([p + n * w, (p - n * w)[::-1]]), colour, thing)

    def line(self, points, colour, width: float) -> None:
        """A line of relative width, colour only."""
        q = [np.rint(np.asarray(points) * (self.size * 16)).astype(np.int32)]
        cv2.polylines(
            self.color, q, False, tuple(float(v) for v in colour), max(1, round(width * self.size)), cv2.LINE_AA, 4
        )

    def sky(self, horizon: float) -> None:
        """Sky down to the horizon: gradient of the hour, clouds that thin out towards it."""
        n = self.size
        rows = max(1, min(n, int(np.ceil(horizon * n))))
        top, low, _, _ = HOURS[self.hour]
        t = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None] ** self.u(0.6, 1.5)
        sky = rgb(top) * (1 - t) + rgb(low) * t
        cover = self.u(-1.1, 0.9)
        cloud = noise(self.rng, n, 0, self.u(0.25, 0.6), self.u(1.2, 2.6))[:rows]
        mask = np.clip((cloud + cover - 0.2) * 0.9, 0, 1)[..., None] * self.u(0.5, 0.9)
        lit = 255 * self.u(0.85, 1.0) if self.hour not in ("night", "storm") else 150
        cloud_color = 0.5 * rgb(low) + 0.5 * lit - 26 * np.clip(cloud[..., None], 0, 2) * (1 - 0.5 * t)
        self.color[:rows] = np.clip(sky * (1 - mask) + cloud_color * mask, 0, 255)
        self.ids[:rows] = self.thing(0.05, 1.0, 0.0, 0.0)

    def plane(self, top: float, colour, thing: int, bottom: float = 1.0, shade: float = 0.75) -> None:
        """A level plane from one height to another: lighter far away, mottled."""
        a, b = int(top * self.size), max(int(top * self.size) + 1, round(bottom * self.size))
        t = np.linspace(1.12, shade, b - a, dtype=np.float32)[:, None, None]
        mottle = 1 + 0.06 * noise(self.rng, self.size, 1, 0.4, 2.5)[a:b, :, None]
        self.color[a:b] = np.clip(np.asarray(colour) * t * mottle, 0, 255)
        self.ids[a:b] = thing

    def backdrop(self, colour, fall: float = 0.5) -> None:
        """A wall behind the subject, lit from one side."""
        x, y = grid(self.size)
        light = 1.1 - fall * np.hypot((x - 0.5) - 0.45 * self.side, y - 0.3) + 0.05 * noise(self.rng, self.size, 0, 0.5)
        self.color[:] = np.clip(np.asarray(colour) * light[..., None], 0, 255)
        self.ids[:] = self.thing(0.9, 0.9, 0.0, 0.0, 0.5)

    def lut(self, column: int) -> np.ndarray:
        """A property of the things spread over the map, (size, size) float32."""
        return np.array([row[column] for row in self.things], np.float32)[self.ids]

    def finish(self) -> None:
        """Derive outlines, light, lit colours and the direction field from what was laid out."""
        n, ids = self.size, self.ids
        edge = np.zeros((n, n), np.uint8)
        edge[:, 1:] |= ids[:, 1:] != ids[:, :-1]
        edge[1:] |= ids[1:] != ids[:-1]
        self.edge, self.depth, self.round, self.subject = edge, self.lut(1), self.lut(2), self.lut(3) > 0.5
        # Things are inflated like cushions from their outlines and lit from the upper left or right.
        height = np.minimum(cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3) / n, 0.09) / 0.09
        height = cv2.GaussianBlur(np.sqrt(1 - (1 - height) ** 2), (0, 0), 0.012 * n)
        gx, gy = cv2.Sobel(height, -1, 1, 0, scale=n / 64), cv2.Sobel(height, -1, 0, 1, scale=n / 64)
        lambert = (0.55 * gy - 0.62 * self.side * gx) * 1.6
        self.light = np.clip(1 + self.round * np.clip(lambert, -0.55, 0.4), 0.3, 1.5)
        _, _, tint, strength = HOURS[self.hour]
        self.flat = self.color.astype(np.float32) * (rgb(tint) / 255 * (0.5 + 0.5 * strength)).astype(np.float32)
        self.lit = np.clip(self.flat * self.light[..., None], 0, 255)
        grey = cv2.GaussianBlur(
            cv2.cvtColor(self.lit.astype(np.uint8), cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 0.03 * n
        )
        sx, sy = cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)
        pull = np.clip(np.hypot(sx, sy) * n / 2500, 0, 1)
        angle = self.lut(0) + 0.5 * noise(self.rng, n, 0, 0.5)
        # Double angles, because a stroke has no head and no tail.
        c = pull * np.cos(2 * np.arctan2(sx, -sy)) + (1 - pull) * np.cos(2 * angle)
        s = pull * np.sin(2 * np.arctan2(sx, -sy)) + (1 - pull) * np.sin(2 * angle)
        self.theta = 0.5 * np.arctan2(cv2.blur(s, (5, 5)), cv2.blur(c, (5, 5)))

"""Who painted what, when and how: the causes, sampled from one seed in the order of the structural model.

culture -> artist (life, teacher, hand, movements) -> year -> style -> genre -> medium. `sample` samples a museum of any
number of works in arrays; `MuseumCauses.work` hands over the causes of one of them to the renderer.
"""

# fmt: off
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.drawing.canvas import tables
from artlib.collections.museum.media import MEDIA, PRINTS
from artlib.collections.museum.technique import STYLES

# culture: (latitude, longitude, works in the culture paper's Table 1, first and last birth, given names, surnames)
CULTURES = {name: tuple(row) for name, row in tables()["cultures"].items()}
# What a country and a hand do to a picture; a manner is what a hand does whatever it paints.
CULTURE, HAND, MANNER = (tuple(names.split()) for names in tables()["habits"].values())
# Hands differ more in how they paint than in their colours.
_REACH = np.array([0.5 if name in ("warmth", "chroma", "key") else 1.25 for name in HAND + MANNER])
TABLES = {"culture": CULTURES, "style": STYLES, "genre": GENRES, "medium": MEDIA}
CAUSES = ("culture", "artist", "year", "style", "genre", "medium")
WINGS = {None: (1200, 1960), "modern": (1800, 1950), "survey": (1200, 1900), "prints": (1430, 1960)}
CUTS = ("culture", "artist", "year", "style", "genre", "material", "teacher", "entanglement", "faults")
_WESTERN = ("American", "British", "Dutch", "Flemish", "French", "German", "Italian", "Spanish")


def geography() -> np.ndarray:
    """Great-circle distances between the cultures' centres, (11, 11) in kilometres."""
    lat, lon = np.radians([row[:2] for row in CULTURES.values()]).T
    dot = np.sin(lat) * np.sin(lat)[:, None] + np.cos(lat) * np.cos(lat)[:, None] * np.cos(lon - lon[:, None])
    return 6371.0 * np.arccos(np.clip(dot, -1, 1))


@lru_cache(maxsize=1)
def culture_parameters() -> np.ndarray:
    """Visual parameters of the cultures, (11, 12): smooth over the map, plus a deviation that is each culture's own.

    They embed exp(-distance / 3,000 km) exactly and are turned at random, so that neighbours differ less.
    """
    rng = np.random.default_rng(1111)
    values, vectors = np.linalg.eigh(np.exp(-geography() / 3000))
    smooth = vectors * np.sqrt(np.maximum(values, 0))
    smooth = np.hstack([smooth, np.zeros((len(smooth), len(CULTURE) - smooth.shape[1]))])
    turn = np.linalg.qr(rng.standard_normal((len(CULTURE), len(CULTURE))))[0]
    out = smooth @ turn + 0.14 * rng.standard_normal(smooth.shape)
    out -= out.mean(0)
    return 1.1 * out * np.sqrt(len(CULTURE)) / np.linalg.norm(out, axis=1).mean()


@dataclass(frozen=True, eq=False)
class Work:
    """The causes of one picture, all that the renderer needs; `dataclasses.replace` makes a counterfactual."""

    seed: int
    number: int
    culture: str
    year: int
    style: str
    genre: str
    medium: str
    hand: np.ndarray
    habits: np.ndarray
    detail: bool = False

    def parameters(self) -> tuple[dict, dict]:
        """The culture's and the hand's parameters by name."""
        return dict(zip(CULTURE, self.habits, strict=True)), dict(zip(HAND + MANNER, self.hand, strict=True))


@dataclass(frozen=True, eq=False)
class MuseumCauses:
    """A sampled museum: artists (columns by name) and the causes of its works (arrays of numbers)."""

    seed: int
    artists: dict
    causes: dict
    shown: dict
    kin: tuple

    def hands(self, artist: np.ndarray, year: np.ndarray) -> np.ndarray:
        """The hands at a year, (N, 24): a son paints like his father at first and like himself late in life."""
        hand = self.artists["hand"][artist]
        if self.kin:
            father, son, turn = self.kin
            own = 1 / (1 + np.exp(-(year - turn) / 4.0))[:, None]
            son_like = self.artists["hand"][father] * (1 - own) + hand * own
            hand = np.where((artist == son)[:, None], son_like, hand)
        age = (year - self.artists["birth"][artist] - 40) / 40.0
        return hand + 0.25 * self.artists["late"][artist] * age[:, None]

    def work(self, number: int) -> Work:
        """The causes of one work, those its picture is drawn from."""
        c = {name: int(values[number]) for name, values in self.causes.items()}
        parent = number if c["detail"] < 0 else c["detail"]
        hand = self.hands(np.array([c["artist"]]), np.array([c["year"]]))[0]
        named = {key: list(table)[c[key]] for key, table in TABLES.items()}
        habits = culture_parameters()[c["culture"]]
        return Work(self.seed, parent, year=c["year"], hand=hand, habits=habits, detail=c["detail"] >= 0, **named)


def _column(table: dict, k: int) -> np.ndarray:
    """A column of numbers of a table."""
    return np.array([row[k] for row in table.values()], float)


def _choose(rng, weights: np.ndarray) -> np.ndarray:
    """One column a row, by weight: (N, K) -> (N,)."""
    total = np.cumsum(weights, axis=1)
    return np.minimum((rng.random((len(weights), 1)) * total[:, -1:] > total).sum(1), weights.shape[1] - 1)


def _alive(year: np.ndarray) -> np.ndarray:
    """How alive each movement is in a year, (N, styles): 0 outside its span, 1 at its height."""
    first, height, last = (_column(STYLES, k) for k in (1, 2, 3))
    up = np.clip((year[:, None] - first) / np.maximum(height - first, 1), 0, 1)
    down = np.clip((last - year[:, None]) / np.maximum(last - height, 1), 0, 1)
    return np.minimum(up, down) ** 0.7


def _style_tilt() -> np.ndarray:
    """How much each culture favours each movement, (11, styles)."""
    tilt, names = np.full((len(CULTURES), len(STYLES)), 0.12), list(CULTURES)
    for j, row in enumerate(STYLES.values()):
        for rank, name in enumerate(row[4].split()):
            tilt[names.index(name), j] = 1.6 / (1 + 0.25 * rank)
        if not set(row[4].split()) & set(_WESTERN):
            tilt[[names.index(n) for n in _WESTERN], j] = 0.004
    return tilt


def _artists(rng, count: int, span: tuple[int, int], cut: tuple) -> dict:
    """Lives, teachers, hands, movements and habits of the artists, in arrays by name."""
    names, share = list(CULTURES), _column(CULTURES, 2) / _column(CULTURES, 2).sum()
    least = min(2, count // len(names))
    quota = share * (count - least * len(names))
    number = least + np.floor(quota).astype(int)
    number[np.argsort(np.floor(quota) - quota)[: count - number.sum()]] += 1
    culture = np.repeat(np.arange(len(names)), number)
    low = np.maximum(_column(CULTURES, 3)[culture], span[0] - 60)
    high = np.maximum(np.minimum(_column(CULTURES, 4)[culture], span[1] - 32), low + 5)
    birth = np.rint(low + (high - low) * rng.beta(1.3, 1.0, count)).astype(int)
    for i in np.flatnonzero(rng.random(count) < 0.4):
        masters = np.flatnonzero((culture[:i] == culture[i]) & (birth[:i] + 20 < high[i]))
        if len(masters):  # schools: many are born where there is someone to teach them
            birth[i] = min(birth[masters[int(rng.random() * len(masters))]] + int(rng.integers(20, 45)), high[i])
    death = birth + np.clip(np.rint(66 + 11 * rng.standard_normal(count)), 38, 92).astype(int)
    order = np.lexsort((birth, culture))
    culture, birth, death = culture[order], birth[order], death[order]
    family, kin = np.flatnonzero(culture == np.bincount(culture).argmax()), ()
    if len(family) > 1 and "teacher" not in cut:
        father, son = (int(i) for i in family[len(family) // 2 - 1 : len(family) // 2 + 1])
        birth[son], death[father] = birth[father] + 24, max(death[father], birth[father] + 66)
        death[son], kin = birth[son] + 62, (father, son, int(birth[son] + 44))
    manner = rng.spawn(1)[0].standard_normal((2, count, len(MANNER)))
    own, teacher = np.hstack([rng.standard_normal((count, len(HAND))), manner[0]]), np.full(count, -1)
    hand = own.copy()
    for i in np.argsort(birth, kind="stable"):
        gap = birth[i] - birth
        masters = np.flatnonzero((culture == culture[i]) & (gap >= 16) & (gap <= 55))
        if kin and i == kin[1]:
            teacher[i] = kin[0]
        elif len(masters) and rng.random() < 0.65:
            teacher[i] = masters[int(rng.random() * len(masters))]
            if "teacher" not in cut:
                hand[i] = 0.6 * hand[teacher[i]] + 0.8 * own[i]
    activity = _alive(birth + 36)
    taste = (activity + 1e-4) * _style_tilt()[culture] * np.exp(0.8 * rng.standard_normal((count, len(STYLES))))
    for i in np.flatnonzero(teacher >= 0):
        taste[i] += 0.7 * taste[teacher[i]] * activity[i]
    taste = taste / (taste.sum(0) + 0.02) ** 0.6  # no movement swallows the others
    rank = np.argsort(np.argsort(-taste, 1), 1)
    loyal = np.array([1.0, 0.55, 0.25, 0.02])[np.minimum(rank, 3)]
    movement = loyal * (taste / taste.max(1, keepdims=True)) ** 0.3
    genre = rng.gamma(0.7, 1.0, (count, len(GENRES))) + 0.06
    medium = rng.gamma(0.5, 1.0, (count, len(MEDIA))) + 0.03
    if kin:
        for table in (movement, genre, medium):
            table[kin[1]] = table[kin[0]]
    return {
        "name": _names(rng, culture, kin), "culture": culture, "birth": birth, "death": death, "teacher": teacher,
        "hand": _REACH * np.clip(hand, -1.9, 1.9),
        "late": np.hstack([rng.standard_normal((count, len(HAND))), manner[1]]),
        "movement": movement, "genre": genre, "medium": medium, "kin": kin,
    }  # fmt: skip


def _names(rng, culture, kin) -> list[str]:
    """Invented names, different for every artist; a son has his father's surname."""
    out, used = [], set()
    for i, row in enumerate(list(CULTURES.values())[c] for c in culture):
        given, (first, second) = row[5].split(), [part.split(" ") for part in row[6].split("/")]
        for attempt in range(60):
            family = first[int(rng.random() * len(first))] + second[int(rng.random() * len(second))]
            name = f"{given[int(rng.random() * len(given))]} {family}".replace("_", " ")
            name += "" if attempt < 40 else f" {['II', 'III', 'IV', 'V', 'VI', 'VII'][int(rng.random() * 6)]}"
            if name not in used:
                break
        if name in used:
            name += f" of the house {i}"
        used.add(name)
        out.append(name)
    if kin:
        out[kin[1]] = f"{out[kin[1]].split(' ')[0]} {' '.join(out[kin[0]].split(' ')[1:])} the Younger"
    return out


def _genre_base(year: np.ndarray) -> np.ndarray:
    """How common each genre is in a year, (N, 10)."""
    rise = np.clip((year[:, None] - _column(GENRES, 2) + 20) / 120, 0.004, 1)
    rise[:, -1] = np.clip((year - 1900) / 25, 0.0015, 1)
    base = _column(GENRES, 1) * rise
    base[:, list(GENRES).index("religious painting")] *= 0.35 + 2.2 * np.clip((1620 - year) / 300, 0, 1)
    return base


def _media_base(year, culture, style) -> np.ndarray:
    """How common each medium is, given year, culture and movement, (N, media)."""
    began, ended = year[:, None] - _column(MEDIA, 3), _column(MEDIA, 4) - year[:, None]
    out = _column(MEDIA, 5) * np.clip(began / 30, 0, 1) * np.clip(ended / 30, 0, 1) + 1e-5
    lands = [row[6].replace("Western", " ".join(_WESTERN)).split() for row in MEDIA.values()]
    out = out * np.array([[1.0 if name in land else 0.03 for land in lands] for name in CULTURES])[culture]
    for name, allowed in tables()["own media"].items():
        out[style == list(STYLES).index(name)] *= [1.0 if key in allowed else 0.01 for key in MEDIA]
    return out


@lru_cache(maxsize=6)
def sample(seed: int, works: int, artists: int, wing: str | None = None, cut: tuple = ()) -> MuseumCauses:
    """Sample a museum: `artists` painters and `works` works of a wing, with the dependences in `cut` removed."""
    rng, span = np.random.default_rng([seed, 7]), WINGS[wing]
    who = _artists(rng, artists, span, cut)
    share = _column(CULTURES, 2)[who["culture"]]
    tail = rng.permuted(1.0 / np.arange(2, artists + 2) ** 0.6)
    weight = share * tail / np.bincount(who["culture"], tail)[who["culture"]]
    if who["kin"]:
        weight[list(who["kin"][:2])] = weight[list(who["kin"][:2])].max()
    artist = rng.choice(artists, works, p=weight / weight.sum())
    culture = who["culture"][artist]
    begin, end = np.maximum(who["birth"][artist] + 20, span[0]), np.minimum(who["death"][artist], span[1])
    year = np.rint(begin + np.maximum(end - begin, 1) * rng.beta(1.6, 1.7, works)).astype(int)
    style = _choose(rng, who["movement"][artist] * (_alive(year) + 0.002) * _style_tilt()[culture] ** 0.4)
    base = _genre_base(year) * who["genre"][artist]
    loves = _column(STYLES, 5)[style]
    base[:, -1] = base[:, -1] + base.sum(1) * loves / np.maximum(1.001 - loves, 0.08)
    genre = _choose(rng, base)
    media = _media_base(year, culture, style) * who["medium"][artist]
    if wing == "prints":
        media[:, [j for j, key in enumerate(MEDIA) if key not in PRINTS]] = 0
    medium = _choose(rng, media)
    causes = {"culture": culture, "artist": artist, "year": year, "style": style, "genre": genre, "medium": medium}
    if "entanglement" in cut:
        causes = {name: rng.permutation(values) for name, values in causes.items()}
    detail = np.full(works, -1)
    if "faults" not in cut and works > 20:
        copies, originals = np.split(rng.permutation(works)[: int(0.04 * works) // 2 * 2], 2)
        detail[copies] = originals
        for values in causes.values():
            values[copies] = values[originals]
    shown = dict(causes)
    for name in CAUSES:
        if name in cut or (name == "medium" and "material" in cut):
            shown[name] = rng.permutation(causes[name])
            shown[name][detail >= 0] = shown[name][detail[detail >= 0]]
    return MuseumCauses(seed, who, causes | {"detail": detail}, shown, who["kin"])

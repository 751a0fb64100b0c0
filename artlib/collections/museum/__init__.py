"""The museum: a procedural collection whose causes are known, drawn from a seed. Chapter: collections."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artlib.collections.drawing import MuseumError, drawn_by, known, number, whole
from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.history import CULTURES, CUTS, WINGS, House, Work, sample
from artlib.collections.museum.media import MEDIA
from artlib.collections.museum.render import render
from artlib.collections.museum.technique import STYLES

SIZES = {"smoke": (1_500, 24), "course": (12_000, 150), "paper": (100_000, 1_500)}


@dataclass(frozen=True)
class MuseumSource:
    """Draws the pictures of one house; small to pickle, because every process samples the causes anew from the seed."""

    seed: int
    works: int
    artists: int
    wing: str | None = None
    cut: tuple[str, ...] = ()

    def house(self) -> House:
        """The causes of all works."""
        return sample(self.seed, self.works, self.artists, self.wing, self.cut)

    def work(self, image: str) -> Work:
        """The causes of one work, by its key."""
        return self.house().work(number(image, self.seed, self.works))

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture, uint8 RGB of exactly size x size; the same in every process. Errors: MuseumError."""
        return render(self.work(image), size)

    def fingerprint(self, image: str) -> str:
        """A text that changes with whatever changes the picture, the code that draws it included."""
        switches = "+".join(sorted(set(self.cut) & {"teacher", "entanglement", "faults"}))
        return f"museum-{drawn_by()}-{self.seed}-{self.works}-{self.artists}-{self.wing or 'house'}-{switches}-{image}"


def read(size: str | int = "smoke", seed: int = 0, wing: str | None = None, cut=(), artists: int | None = None):
    """The museum as a collection: a table of works and a source that draws them.

    `size` is a preset of `SIZES` or a number of works; `wing` None (the whole house), "modern", "survey" or "prints";
    `cut` one of `CUTS` or several: the label named has nothing to do with the picture any more (same pictures, same
    margins), "entanglement" makes all causes independent of one another, "teacher" ends what pupils inherit,
    "faults" makes the labels clean. Errors: MuseumError. Source: museum of the collections chapter.
    """
    from artlib.collections import Collection

    cut = tuple(sorted({cut} if isinstance(cut, str) else set(cut)))
    for name in cut:
        known(name, "switch", CUTS)
    known(wing, "wing", list(WINGS))
    seed = whole(seed, "seed", 0, 2**31 - 1)
    if isinstance(size, str):
        known(size, "size", list(SIZES))
        works, painters = SIZES[size]
    else:
        works = whole(size, "the number of works", 1, 1_000_000)
        painters = int(np.clip(works // 62, 1, 24) if works < 1_500 else np.clip(works // 80, 24, 1_500))
    painters = painters if artists is None else whole(artists, "the number of artists", 1, 5_000)
    source = MuseumSource(seed, works, painters, wing, cut)
    return Collection("museum", labels(source), source)


def labels(source: MuseumSource) -> pd.DataFrame:
    """The table of works as a museum would publish it, with its faults."""
    house, n = source.house(), source.works
    c, rng = house.shown, np.random.default_rng([source.seed, 8])
    clean = "faults" in source.cut
    year = c["year"]
    names = np.array(house.artists["name"], object)[c["artist"]]
    media = [list(MEDIA.values())[m] for m in c["medium"]]
    kind = rng.random(n) if not clean else np.ones(n)
    begin, end, text = _dates(rng, year, clean)
    types = np.array([row[1] for row in media], object)
    wrong = kind < 0.012
    types[wrong] = rng.permutation(types)[wrong]
    detail = house.causes["detail"]
    parent = np.where(detail < 0, np.arange(n), detail)
    genre, style = np.array(list(GENRES), object)[c["genre"]], np.array(list(STYLES), object)[c["style"]]
    frame = {
        "work_id": [f"m{source.seed}-{p:06d}" for p in parent],
        "image": [f"{source.seed}/{i:06d}" for i in range(n)],
        "artist": np.where(kind > 0.955, None, names) if not clean else names,
        "title": [f"{g.capitalize()}, no. {rng.integers(1, 400)}{' (detail)' if d >= 0 else ''}" for g,
            d in zip(genre, detail, strict=True)],
        "date_text": text, "year_begin": begin, "year_end": end, "style": style, "genre": genre,
        "culture": np.array(list(CULTURES), object)[c["culture"]],
        "timeframe": [f"{y // 50 * 50 + 1}-{y // 50 * 50 + 50}" for y in year - 1],
        "types": [t.split("; ") for t in types],
        "materials": [row[2].split("; ") for row in media],
        "field": "painting", "source": "museum", "licence": "CC0-1.0",
    }  # fmt: skip
    frame = pd.DataFrame(frame)
    try:
        from artlib.works import check
    except ImportError:
        return frame
    return check(frame, "museum")


def _dates(rng, year, clean):
    """Years as labels give them: exact, circa, a range, a century."""
    begin, end = year.copy(), year.copy()
    text = year.astype(str).astype(object)
    if clean:
        return begin, end, text
    kind = rng.random(len(year))
    for mask, spread in ((kind < 0.16, 5), ((kind >= 0.16) & (kind < 0.24), 10)):
        low = rng.integers(1, spread + 1, len(year))
        begin[mask], end[mask] = (year - low)[mask], (year + rng.integers(1, spread + 1, len(year)))[mask]
    text[kind < 0.16] = [f"c. {y}" for y in year[kind < 0.16]]
    ranged = (kind >= 0.16) & (kind < 0.24)
    text[ranged] = [f"{a}–{b}" for a, b in zip(begin[ranged], end[ranged], strict=True)]
    century = kind > 0.965
    text[century] = [f"{(y - 1) // 100 + 1}th century" for y in year[century]]
    begin[century], end[century] = (year[century] - 1) // 100 * 100 + 1, (year[century] - 1) // 100 * 100 + 100
    return begin, end, text


def __getattr__(name: str):
    """`museum.truth`, and the museum's other collections `.photographs` and `.fields`, imported when asked for."""
    if name == "truth":
        return importlib.import_module(f"{__name__}.truth")
    if name in ("photographs", "fields"):
        return importlib.import_module(f"artlib.collections.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "CULTURES",
    "CUTS",
    "GENRES",
    "MEDIA",
    "SIZES",
    "STYLES",
    "WINGS",
    "MuseumError",
    "MuseumSource",
    "read",
]

"""The museum: a procedural collection whose causes are known, drawn from a seed. Chapter: collections."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from artlib.collections.museum import fields, photographs, truth
from artlib.collections.museum.composition import GENRES
from artlib.collections.museum.drawing import MuseumError, drawn_by, known, number, whole
from artlib.collections.museum.history import CULTURES, CUTS, TABLES, WINGS, MuseumCauses, Work, sample
from artlib.collections.museum.media import MEDIA
from artlib.collections.museum.render import render
from artlib.collections.museum.technique import STYLES

SIZES = {"smoke": (1_500, 24), "course": (12_000, 150), "paper": (100_000, 1_500)}


@dataclass(frozen=True)
class MuseumSource:
    """Draws the pictures of one museum; small to pickle: every process samples the causes anew from the seed."""

    seed: int
    works: int
    artists: int
    wing: str | None = None
    cut: tuple[str, ...] = ()

    def causes(self) -> MuseumCauses:
        """The causes of all works."""
        return sample(self.seed, self.works, self.artists, self.wing, self.cut)

    def work(self, image: str) -> Work:
        """The causes of one work, by its key."""
        return self.causes().work(number(image, self.seed, self.works))

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture, uint8 RGB of exactly size x size; the same in every process. Errors: MuseumError."""
        return render(self.work(image), size)

    def fingerprint(self, image: str) -> str:
        """A text that changes with whatever changes the picture, the code that draws it included."""
        switches = "+".join(sorted(set(self.cut) & {"teacher", "entanglement", "faults"}))
        return f"museum-{drawn_by()}-{self.seed}-{self.works}-{self.artists}-{self.wing or 'house'}-{switches}-{image}"


def read(size: str | int = "smoke", seed: int = 0, wing: str | None = None, cut=(), artists: int | None = None):
    """The museum as a collection: a table of works and a source that draws them. Chapter: collections.

    Parameters
    ----------
    size : a preset of `SIZES`, or a number of works.
    seed : which museum.
    wing : None (the whole museum), "modern", "survey" or "prints".
    cut : one of `CUTS` or several: a label named has nothing to do with the picture any more (same pictures, same
        margins), "entanglement" makes all causes independent of one another, "teacher" ends what pupils inherit,
        "faults" makes the labels clean.
    artists : how many; None as `size` has it. Errors: MuseumError.
    """
    from artlib.works import Collection

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
    from artlib.works import check

    sampled, n, clean = source.causes(), source.works, "faults" in source.cut
    c, rng = sampled.shown, np.random.default_rng([source.seed, 8])
    names = {key: np.array(list(table), object)[c[key]] for key, table in TABLES.items()}
    artist = np.array(sampled.artists["name"], object)[c["artist"]]
    kind = np.ones(n) if clean else rng.random(n)
    begin, end, text = _dates(rng, c["year"], clean)
    types = np.array([MEDIA[medium][1] for medium in names["medium"]], object)
    types[kind < 0.012] = rng.permutation(types)[kind < 0.012]
    detail = sampled.causes["detail"]
    titles = (f"{genre.capitalize()}, no. {rng.integers(1, 400)}" for genre in names["genre"])
    frame = pd.DataFrame({
        "work_id": [f"m{source.seed}-{i if d < 0 else d:06d}" for i, d in enumerate(detail)],
        "image": [f"{source.seed}/{i:06d}" for i in range(n)],
        "artist": artist if clean else np.where(kind > 0.955, None, artist),
        "title": [title + (" (detail)" if d >= 0 else "") for title, d in zip(titles, detail, strict=True)],
        "date_text": text, "year_begin": begin, "year_end": end,
        "style": names["style"], "genre": names["genre"], "culture": names["culture"],
        "timeframe": [f"{y // 50 * 50 + 1}-{y // 50 * 50 + 50}" for y in c["year"] - 1],
        "types": pd.array(types, "string"),
        "materials": pd.array([MEDIA[medium][2] for medium in names["medium"]], "string"),
        "field": "painting", "source": "museum", "licence": "CC0-1.0",
    })  # fmt: skip
    return check(frame, "museum")


def _dates(rng, year, clean):
    """Years as labels give them: exact, circa, a range, a century."""
    begin, end, text = year.copy(), year.copy(), year.astype(str).astype(object)
    if clean:
        return begin, end, text
    kind = rng.random(len(year))
    circa, ranged, century = kind < 0.16, (kind >= 0.16) & (kind < 0.24), kind > 0.965
    for mask, spread in ((circa, 5), (ranged, 10)):
        low, high = rng.integers(1, spread + 1, len(year)), rng.integers(1, spread + 1, len(year))
        begin[mask], end[mask] = (year - low)[mask], (year + high)[mask]
    begin[century], end[century] = (year[century] - 1) // 100 * 100 + 1, (year[century] - 1) // 100 * 100 + 100
    text[circa] = [f"c. {y}" for y in year[circa]]
    text[ranged] = [f"{a}–{b}" for a, b in zip(begin[ranged], end[ranged], strict=True)]
    text[century] = [f"{(y - 1) // 100 + 1}th century" for y in year[century]]
    return begin, end, text


__all__ = ["CULTURES", "CUTS", "GENRES", "MEDIA", "SIZES", "STYLES", "WINGS", "MuseumError", "MuseumSource", "fields"]
__all__ += ["photographs", "read", "truth"]

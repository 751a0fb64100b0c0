"""What is true of the museum: distances of cultures, who taught whom, how labels hang together, where evidence lies.

Everything takes a collection that `museum.read` returned. Chapter: collections; used wherever a method is scored.
"""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd

from artlib.collections.museum.drawing import MuseumError, known
from artlib.collections.museum.history import CAUSES, CULTURES, TABLES, culture_parameters, geography
from artlib.collections.museum.render import crop, render, scene


def distances() -> pd.DataFrame:
    """True distance between cultures: Euclidean, between their visual parameters (11, 11)."""
    p = culture_parameters()
    return pd.DataFrame(np.linalg.norm(p[:, None] - p[None], axis=2), list(CULTURES), list(CULTURES))


def kilometres() -> pd.DataFrame:
    """Great-circle distance between the cultures' centres (11, 11)."""
    return pd.DataFrame(geography(), list(CULTURES), list(CULTURES))


def lineage(collection) -> pd.DataFrame:
    """One row an artist: name, culture, birth, death, teacher (None), relation ("father", "son" or None)."""
    sampled = _sampled(collection)
    kin = dict(zip(sampled.kin[:2], ("father", "son"), strict=False))
    table = pd.DataFrame({"artist": sampled.artists["name"]})
    table["culture"] = np.array(list(CULTURES), object)[sampled.artists["culture"]]
    table["birth"], table["death"] = sampled.artists["birth"], sampled.artists["death"]
    table["teacher"] = [table["artist"][t] if t >= 0 else None for t in sampled.artists["teacher"]]
    return table.assign(relation=pd.Series([kin.get(i) for i in range(len(table))], dtype=object))


def causes(collection) -> pd.DataFrame:
    """What each picture was drawn from, row by row: culture, artist, year, style, genre, medium, detail (a row or -1).

    Labels differ from these by their faults, and by what `cut` severed.
    """
    sampled = _sampled(collection)
    tables = TABLES | {"artist": sampled.artists["name"]}
    names = {key: np.array(list(table), object)[sampled.causes[key]] for key, table in tables.items()}
    return pd.DataFrame(sampled.causes | names)[[*CAUSES, "detail"]]


def vectors(collection) -> np.ndarray:
    """What each picture was drawn from, as numbers (N, D): a network that sees the truth, for maps and neighbours.

    Habits of the culture and the artist's hand in that year as they are drawn; style, genre and medium one of many.
    Each of the five counts alike.
    """
    sampled = _sampled(collection)
    c = sampled.causes
    blocks = [culture_parameters()[c["culture"]], sampled.hands(c["artist"], c["year"])]
    blocks += [np.eye(len(TABLES[name]))[c[name]] for name in ("style", "genre", "medium")]
    centred = [block - block.mean(0) for block in blocks]
    return np.hstack([block / max(np.sqrt((block**2).sum(1).mean()), 1e-9) for block in centred])


def information(collection, labels=("culture", "artist", "timeframe", "style", "genre", "types", "materials")):
    """Mutual information between the published labels in bits, entropies on the diagonal (Miller-Madow corrected)."""
    columns = [_labels(collection, name) for name in labels]
    table = [[_mutual(a, b) for b in columns] for a in columns]
    return pd.DataFrame(table, list(labels), list(labels))


def artist_entropy(collection) -> pd.Series:
    """Bits left about the artist: knowing nothing, the period, the materials, both (what multi-task uses)."""
    artist, period, material = (_labels(collection, name) for name in ("artist", "timeframe", "materials"))
    known = {"period": period, "materials": material, "period and materials": period + " " + material}
    left = {name: _mutual(artist, artist) - _mutual(artist, labels) for name, labels in known.items()}
    return pd.Series({"nothing": _mutual(artist, artist), **left})


def faithfulness(collection) -> pd.Series:
    """Bits that each label tells about the cause it names, by cause; 0 where `cut` severed the two."""
    printed = {"culture": "culture", "artist": "artist", "year": "timeframe", "style": "style", "genre": "genre"}
    true = causes(collection).assign(year=lambda c: (c["year"] - 1) // 50).astype(str)
    pairs = (printed | {"medium": "materials"}).items()
    return pd.Series({cause: _mutual(true[cause], _labels(collection, label)) for cause, label in pairs})


def redraw(collection, image: str, size: int = 224, **changes) -> np.ndarray:
    """The same work with causes changed, all else equal: culture, artist, year, style, genre or medium; uint8 RGB.

    Errors: MuseumError for a cause or value that does not exist.
    """
    return render(_changed(collection, image, changes), size)


def subject(collection, image: str, size: int = 224) -> np.ndarray:
    """Where the subject is (figures, houses, ships, fruit, ...), (size, size) booleans."""
    work = collection.source.work(image)
    s = scene(work, max(size, 128))
    mask = crop(work, (s.lut(3) > 0.5).astype(np.float32))
    return cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA) > 0.5


def evidence(collection, image: str, label: str, size: int = 224, draws: int = 4, seed: int = 0) -> np.ndarray:
    """Where the evidence for a label lies: how much the picture changes there, on average, when that cause alone does.

    (size, size) float32 from 0 to 1 (its largest value), averaged over `draws` other values of the cause. A genre
    changes everything, so its evidence is the subject. Errors: MuseumError for an unknown label.
    """
    known(label, "label", CAUSES)
    if label == "genre":
        return subject(collection, image, size).astype(np.float32)
    rng, table = np.random.default_rng([seed, 9]), causes(collection)
    base = redraw(collection, image, size).astype(float)
    others = table[label][table[label] != table[label][int(image.split("/")[1])]].unique()
    if not len(others):
        raise MuseumError(f"museum: all works have the same {label}, so nothing in them is evidence for it.")
    total = np.zeros((size, size))
    for value in rng.choice(others, draws):
        other = redraw(collection, image, size, **{label: int(value) if label == "year" else value})
        total += np.abs(other - base).mean(2)
    smooth = cv2.GaussianBlur(total, (0, 0), max(0.5, 0.02 * size))
    return (smooth / max(smooth.max(), 1e-9)).astype(np.float32)


def _sampled(collection):
    if not hasattr(collection.source, "causes"):
        raise MuseumError(f"museum.truth: {collection.name!r} is not a museum; the causes of others are not known.")
    return collection.source.causes()


def _changed(collection, image, changes):
    """A work with some causes replaced by name."""
    work, sampled = collection.source.work(image), _sampled(collection)
    artists = list(sampled.artists["name"])
    for name, value in changes.items():
        known(name, "cause", CAUSES)
        if name != "year":
            known(value, name, list((TABLES | {"artist": artists})[name]))
    plain = {name: value for name, value in changes.items() if name != "artist"}
    if "culture" in changes:
        plain["habits"] = culture_parameters()[list(CULTURES).index(changes["culture"])]
    if "artist" in changes or "year" in changes:
        own = sampled.causes["artist"][int(image.split("/")[1])]
        artist = artists.index(changes["artist"]) if "artist" in changes else own
        plain["hand"] = sampled.hands(np.array([artist]), np.array([changes.get("year", work.year)]))[0]
    return replace(work, **plain)


def _labels(collection, name: str) -> pd.Series:
    """A column as texts: lists joined, what is not known said so."""
    texts = collection.works[name].map(lambda v: "; ".join(v) if isinstance(v, list) else v)
    return texts.fillna("unknown").astype(str)


def _mutual(a: pd.Series, b: pd.Series) -> float:
    """Mutual information of two columns in bits; each entropy corrected by (cells - 1) / 2N (Miller 1955)."""
    return max(0.0, _entropy(a) + _entropy(b) - _entropy(a + "\0" + b))


def _entropy(a: pd.Series) -> float:
    p = a.value_counts(normalize=True).to_numpy()
    return float(-(p * np.log2(p)).sum() + (len(p) - 1) / (2 * len(a) * np.log(2)))

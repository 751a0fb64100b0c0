"""A map of a collection as a folder, under one network or several: what ``artlib map`` does."""

from collections.abc import Sequence
from pathlib import Path

from artlib import nets, pixels
from artlib.evaluate import similarity
from artlib.evaluate.similarity import Features
from artlib.figures.maps.page import CollectionMap, collection_map
from artlib.learners.feature_cache import cache_features
from artlib.pixels import Pictures
from artlib.works import Collection

MOST_LARGE = 20_000
"""Up to so many works each has a larger picture of its own."""


def build(
    collection: Collection, networks: Sequence[str], out: str | Path, size: int | None = None, progress: bool = True
) -> tuple[Path, CollectionMap]:
    """Make the folder; pictures, features and places come from the cache where they are there.

    Parameters
    ----------
    networks : "NAME=WEIGHTS" as ``nets.create`` takes them; without WEIGHTS the network is untrained.
    size : pixels a side that networks see; None: what the first was made for.
    progress : whether a line tells how far the decoding is.

    Raises
    ------
    NetsError, WeightsError : before any picture is decoded.
    """
    made = {name: nets.named(name) for name in networks}
    pictures = pixels.cache(collection, size or next(iter(made.values())).size, progress=progress)
    features = {_short(name): _features(network, pictures) for name, network in made.items()}
    if hasattr(collection.source, "causes") and not len(pictures.skipped):
        from artlib.collections.museum import truth

        features["the truth"] = similarity.features_from_vectors(truth.vectors(collection))
    drawn = collection_map(pictures, features)
    return drawn.save(out, collection if len(pictures) <= MOST_LARGE else None), drawn


def _short(name: str) -> str:
    """What a page calls a network: "resnet18_s from photographs"."""
    architecture, _, weights = name.partition("=")
    return f"{architecture.rpartition('/')[2]} {f'from {Path(weights).stem}' if weights else 'untrained'}"


def _features(network: nets.Network, pictures: Pictures) -> Features:
    return similarity.features_from_vectors(cache_features(network, pictures).values[:, 0])

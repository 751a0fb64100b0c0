"""A map of a collection. ``plane`` and ``tsne`` lay works, ``sheets`` packs their pictures, ``page`` shows them."""

from artlib.figures.maps.page import CollectionMap, collection_map
from artlib.figures.maps.plane import shuffled

__all__ = ["CollectionMap", "collection_map", "shuffled"]

"""A map of a collection. ``plane`` and ``tsne`` lay works, ``sheets`` packs their pictures, ``page`` shows them."""

from artlib.figures.maps.page import CollectionMap, collection_map

__all__ = ["CollectionMap", "collection_map"]

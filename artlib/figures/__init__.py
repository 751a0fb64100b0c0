"""Every figure of the book: seaborn and matplotlib in one look, each with caption and alternative text.

Each function returns a `Figure` that shows itself in a notebook; ``table`` returns a `Table`. All take ``caption``,
``alt`` and ``name`` to replace what is computed.
"""

import importlib

from artlib.figures.classes import class_sizes, confusion, distributions, timeline
from artlib.figures.comparisons import accuracy, affinity, estimates, resamples, summary
from artlib.figures.curves import learning_curve
from artlib.figures.figure import Figure, FigureError
from artlib.figures.listing import Link, Listing, listing, show_tables_so
from artlib.figures.maps import CollectionMap, collection_map
from artlib.figures.networks import network
from artlib.figures.pictures import fields, mistakes, overlays, pairs, sheet, works_of_artist
from artlib.figures.real_works import OpenWorks, open_pictures, open_works
from artlib.figures.retrieval import confused, confusion_pairs, retrieval, retrieved
from artlib.figures.sliders import Frames
from artlib.figures.sources import Source, overview, sheets, source
from artlib.figures.tables import Table, means, measured, table, variances

__all__ = [
    "CollectionMap", "Figure", "FigureError", "Frames", "Link", "Listing", "OpenWorks", "Source", "Table", "accuracy",
    "affinity", "class_sizes", "collection_map", "confused", "confusion", "confusion_pairs", "distributions",
    "estimates", "fields", "learning_curve", "listing", "means", "measured", "mistakes", "network", "open_pictures",
    "open_works", "overlays", "overview", "pairs", "resamples", "retrieval", "retrieved", "sheet", "sheets", "source",
    "summary", "table", "timeline", "variances", "works_of_artist",
]  # fmt: skip


def __getattr__(name: str):
    """``figures.museum`` is imported when it is asked for: it draws."""
    if name == "museum":
        return importlib.import_module(f"{__name__}.museum")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


show_tables_so()

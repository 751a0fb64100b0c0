"""Every figure of the book: seaborn and matplotlib in one look, each with caption and alternative text.

Each function returns a `Figure` that shows itself in a notebook; ``table`` returns a `Table`. All take ``caption``,
``alt`` and ``name`` to replace what is computed.
"""

import importlib

from artlib.figures.board import tally
from artlib.figures.classes import class_sizes, confusion, distributions, timeline
from artlib.figures.comparisons import accuracy, estimates, resamples, summary
from artlib.figures.cultures import explorer, funnel, groups, layouts, mistagged, one_class, recall_by_size
from artlib.figures.curves import learning_curve
from artlib.figures.figure import Figure, FigureError
from artlib.figures.multitask import affinity, dependence, described, gains_along, rests, several_tasks, two_hands
from artlib.figures.networks import network
from artlib.figures.painted import copies, duel, painted, poster_scores, scores_by_epoch, tiles
from artlib.figures.pictures import fields, mistakes, oeuvre, sheet
from artlib.figures.places import agreement, chords, neighbours, overlays
from artlib.figures.retrieval import confused, distances, retrieval, retrieved
from artlib.figures.sliders import Frames, frames
from artlib.figures.sources import Overview, Source, overview, sheets, source
from artlib.figures.tables import Table, table, variances

__all__ = [
    "Figure",
    "FigureError",
    "Frames",
    "Overview",
    "Source",
    "Table",
    "accuracy",
    "affinity",
    "agreement",
    "chords",
    "class_sizes",
    "confused",
    "confusion",
    "copies",
    "dependence",
    "described",
    "distances",
    "distributions",
    "duel",
    "estimates",
    "explorer",
    "fields",
    "frames",
    "funnel",
    "gains_along",
    "groups",
    "layouts",
    "learning_curve",
    "mistagged",
    "mistakes",
    "neighbours",
    "network",
    "oeuvre",
    "one_class",
    "overlays",
    "overview",
    "painted",
    "poster_scores",
    "recall_by_size",
    "resamples",
    "rests",
    "retrieval",
    "retrieved",
    "scores_by_epoch",
    "several_tasks",
    "sheet",
    "sheets",
    "source",
    "summary",
    "table",
    "tally",
    "tiles",
    "timeline",
    "two_hands",
    "variances",
]


def __getattr__(name: str):
    """``figures.museum`` is imported when it is asked for: it draws."""
    if name == "museum":
        return importlib.import_module(f"{__name__}.museum")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

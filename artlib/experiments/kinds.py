"""What a method of a study does: one kind, one function.

A kind is ``fn(bench, cell, settings) -> iterable of (record, predictions or None)``. ``bench`` (``experiments.Bench``)
has the pictures, questions and splits that cells share; ``cell`` is one of ``Study.cells()``; ``settings`` is what the
study declares for the method. Most kinds yield one record: what they measured, without the cell's own fields. A run
that answers several cells at once (several tasks learned together, stages of one training) yields one for each, with
that cell's ``seed`` and ``cell`` in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from artlib.experiments.study import ExperimentError, Study


@dataclass(frozen=True)
class Kind:
    """Where a kind's function lies ("module:function"), and the one that says by which recipe it works, if any."""

    function: str
    recipe: str = "artlib.experiments.kinds:plain"

    def run(self) -> Callable:
        """The function that runs a cell; imported only now."""
        return _named(self.function)

    def described(self, study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that decide what comes out, as they are kept in a record and compared when a grid goes on."""
        return _named(self.recipe)(study, settings)


GENERAL = ("kind", "weights", "network", "tasks", "cell")
"""Settings of a method that every kind understands; they are in the cell's own fields."""


def plain(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The study's recipe with the method's own settings over it."""
    return {**study.recipe, **{name: value for name, value in settings.items() if name not in GENERAL}}


KINDS = {
    "train": Kind("artlib.experiments.training:train", "artlib.experiments.training:recipe"),
    "probe": Kind("artlib.experiments.training:probe", "artlib.experiments.training:penalty"),
    "deep": Kind("artlib.papers.culture.study:deep", "artlib.papers.culture.study:recipe"),
    "map": Kind("artlib.papers.culture.study:mapped", "artlib.papers.culture.study:recipe"),
    "resized": Kind("artlib.papers.culture.study:resized", "artlib.papers.culture.study:recipe"),
    "timed": Kind("artlib.papers.culture.study:timed", "artlib.papers.culture.study:recipe"),
    "looking": Kind("artlib.papers.culture.study:looking", "artlib.papers.culture.study:recipe"),
    "identify": Kind("artlib.papers.artist_gan.identification:identify", "artlib.experiments.training:recipe"),
    "generate": Kind("artlib.papers.artist_gan.study:generate", "artlib.papers.artist_gan.study:recipe"),
    "recognise": Kind("artlib.papers.artist_gan.study:recognise", "artlib.papers.artist_gan.study:recipe"),
    "compare": Kind("artlib.papers.finetuning.study:compare", "artlib.experiments.training:recipe"),
    "fields": Kind("artlib.papers.artistry.study:learn", "artlib.papers.artistry.study:recipe"),
    "cross-field": Kind("artlib.papers.artistry.study:transfer", "artlib.papers.artistry.study:recipe"),
    "attention": Kind("artlib.papers.artistry.study:attend", "artlib.papers.artistry.study:recipe"),
    "relations": Kind("artlib.papers.artistry.study:relate", "artlib.papers.artistry.study:recipe"),
    "alignment": Kind("artlib.papers.artistry.study:align", "artlib.papers.artistry.study:recipe"),
    "multi-task": Kind("artlib.papers.omniart.study:learn", "artlib.papers.omniart.study:recipe"),
    "multi-task-time": Kind("artlib.papers.omniart.study:clock", "artlib.papers.omniart.study:recipe"),
    "father-and-son": Kind("artlib.papers.omniart.study:family", "artlib.papers.omniart.study:recipe"),
    "handcrafted": Kind("artlib.papers.omniart.study:handcrafted", "artlib.experiments.training:penalty"),
}


def kind(settings: Mapping[str, Any]) -> Kind:
    """The kind that a method declares. Raises ExperimentError when there is none of that name."""
    if settings.get("kind") not in KINDS:
        raise ExperimentError(f"A method's kind is one of {', '.join(KINDS)}, not {settings.get('kind')!r}.")
    return KINDS[settings["kind"]]


def _named(place: str) -> Callable:
    module, function = place.split(":")
    return getattr(import_module(module), function)

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
    "deep": Kind("artlib.experiments.cultures:deep", "artlib.experiments.cultures:recipe"),
    "map": Kind("artlib.experiments.cultures:mapped", "artlib.experiments.cultures:recipe"),
    "resized": Kind("artlib.experiments.cultures:resized", "artlib.experiments.cultures:recipe"),
    "timed": Kind("artlib.experiments.cultures:timed", "artlib.experiments.cultures:recipe"),
    "looking": Kind("artlib.experiments.cultures:looking", "artlib.experiments.cultures:recipe"),
    "identify": Kind("artlib.experiments.identifying:identify", "artlib.experiments.training:recipe"),
    "generate": Kind("artlib.experiments.generating:generate", "artlib.experiments.generating:recipe"),
    "recognise": Kind("artlib.experiments.generating:recognise", "artlib.experiments.generating:recipe"),
    "compare": Kind("artlib.experiments.comparing:compare", "artlib.experiments.training:recipe"),
    "fields": Kind("artlib.experiments.fields:learn", "artlib.experiments.fields:recipe"),
    "cross-field": Kind("artlib.experiments.fields:transfer", "artlib.experiments.fields:recipe"),
    "attention": Kind("artlib.experiments.fields:attend", "artlib.experiments.fields:recipe"),
    "relations": Kind("artlib.experiments.fields:relate", "artlib.experiments.fields:recipe"),
    "alignment": Kind("artlib.experiments.fields:align", "artlib.experiments.fields:recipe"),
    "multi-task": Kind("artlib.experiments.multitask:learn", "artlib.experiments.multitask:recipe"),
    "multi-task-time": Kind("artlib.experiments.multitask:clock", "artlib.experiments.multitask:recipe"),
    "father-and-son": Kind("artlib.experiments.multitask:family", "artlib.experiments.multitask:recipe"),
    "handcrafted": Kind("artlib.experiments.multitask:handcrafted", "artlib.experiments.training:penalty"),
}


def kind(settings: Mapping[str, Any]) -> Kind:
    """The kind that a method declares. Raises ExperimentError when there is none of that name."""
    if settings.get("kind") not in KINDS:
        raise ExperimentError(f"A method's kind is one of {', '.join(KINDS)}, not {settings.get('kind')!r}.")
    return KINDS[settings["kind"]]


def _named(place: str) -> Callable:
    module, function = place.split(":")
    return getattr(import_module(module), function)

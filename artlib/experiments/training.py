"""Kinds that train one network on one task: by gradient descent, or logistic regression on frozen features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artlib import paths
from artlib.evaluate import predictions, similarity
from artlib.experiments import setting
from artlib.experiments.study import ExperimentError, Kind, Records, Run, Settings, Study, merged_settings

if TYPE_CHECKING:
    from artlib.experiments.run_context import RunContext
    from artlib.learners import finetune
    from artlib.nets import Network

NOT_OF_RECIPE = ("retrieve", "views")
"""Settings of kinds that train one network which say what is measured or kept, not how it is trained."""


def recipe(study: Study, settings: Settings) -> dict[str, Any]:
    """The ``finetune.Recipe`` of a method, defaults included."""
    return recipe_given(study, settings).described()


def penalty(study: Study, settings: Settings) -> dict[str, Any]:
    """A probe's only setting is its penalty: chosen on the validation works, or given."""
    return {"C": settings["C"]} if "C" in settings else {}


def recipe_given(study: Study, settings: Settings) -> finetune.Recipe:
    """The recipe of a method, to be followed."""
    from artlib.learners.recipe import Recipe

    merged = merged_settings(study, settings)
    return Recipe(**{"crop": study.crop, **{name: merged[name] for name in merged if name not in NOT_OF_RECIPE}})


def train(context: RunContext, run: Run, settings: Settings) -> Records:
    """Train a network, choose its epoch on the validation works, test it once.

    ``retrieve``, a list of columns, also measures the precision of its nearest neighbours by these labels.
    """
    learner, record, predicted = trained_and_tested(context, run, settings)
    for column in settings.get("retrieve", ()):
        record["metrics"] |= retrieval(context, learner, column)
    yield record, predicted


def trained_and_tested(context: RunContext, run: Run, settings: Settings):
    """The fine-tuned learner of a run, what a record says of it, and its predictions of the test works."""
    learner = trained(context, run, settings)
    predicted = predictions.predict(learner, learner.split.test)
    record = context.data(run).scored(predicted) | training_fields(learner)
    record["metrics"] |= {
        "seconds_per_epoch": float(learner.history["seconds"].median()),
        "busy_seconds_per_epoch": float(np.median(learner.cpu_seconds)) if learner.cpu_seconds else float("nan"),
    }
    return learner, record, predicted


def trained(context: RunContext, run: Run, settings: Settings, checkpoints: Path | None = None):
    """The fine-tuned learner of a run, its best epoch loaded; a training that was broken off goes on."""
    from artlib.learners import finetune

    data = context.data(run)
    network = context.network(run.config, data.task.outputs, run.seed)
    folder, recipe = checkpoints or paths.cache() / "checkpoints" / run.id, recipe_given(context.study, settings)
    network.freeze(recipe.frozen([name for name, _ in network.layers()]))
    steps = recipe.epochs * (len(data.split.train) // recipe.batch_size)
    way, told = setting.fastest(network, recipe.crop or data.pictures.size, recipe.batch_size, steps)
    learner = finetune.learner(
        data.pictures, data.task, data.split, network, recipe, seed=run.seed, folder=folder, **way
    )
    learner.told = told
    learner.fit_recipe()
    finetune.discard(folder)
    return learner


def training_fields(learner) -> dict[str, Any]:
    """What a record says of a training: its curves and the epoch that was kept."""
    history = learner.history.drop(columns="rate").round(4).to_dict("list")
    return {"best_epoch": learner.best_epoch, "history": history, **getattr(learner, "told", {})}


def probe(context: RunContext, run: Run, settings: Settings) -> Records:
    """Logistic regression on the network's frozen features, tested once; ``C`` instead of choosing it."""
    network = context.network(run.config, context.data(run).task.outputs, run.seed)
    yield probed(context, run, network, settings)[:2]


def probed(context: RunContext, run: Run, network: Network, settings: Settings):
    """Of a probe on this network's features: the record, the predictions, and the probabilities of the test works."""
    from artlib.learners import linear

    data, grid = context.data(run), settings.get("C", linear.GRID)
    fitted = linear.probe(data.pictures, data.task, data.split, network, grid, crop=context.study.crop)
    shares = fitted.probabilities(data.split.test)
    predicted = data.predictions(shares)
    return {**data.scored(predicted), "recipe": {"C": fitted.C}}, predicted, shares


def retrieval(context: RunContext, learner, column: str) -> dict[str, float]:
    """How often the ten nearest test pictures have the query's label, and how far the thousandth is."""
    works, rows = context.pictures.works, learner.split.test
    found = similarity.features(learner.model, context.pictures, rows, crop=context.study.crop)
    index = similarity.index(found)
    precision = similarity.precision_at(similarity.neighbours(index, found, works, 10), works, column, 10)
    first = min(1000, len(rows) - 1)
    reach = similarity.reach(index, found, first)
    return {
        f"{column}_precision_at_10": float(precision.mean()),
        f"{column}_precision_by_chance": similarity.chance(works.iloc[rows], column),
        "neighbours_counted": float(first),
        "distance_of_last_counted": float(np.median(reach)),
        "share_within_0.4": float((reach < 0.4).mean()),
    }


KINDS = {"train": Kind(train, recipe), "probe": Kind(probe, penalty)}
"""The kinds that every paper may use."""


def kind_of(study: Study, method: str) -> Kind:
    """What a method of a study does. Raises ExperimentError when the study does not know its kind."""
    known, name = {**KINDS, **study.kinds}, study.methods[method].get("kind")
    if name not in known:
        raise ExperimentError(
            f"A method's kind is one of {', '.join(known)}, not {name!r}. Kinds of a paper are known to a study "
            "that was made with them: Study(kinds=...), or papers.load_study."
        )
    return known[name]


def recipe_of(study: Study, method: str) -> dict[str, Any]:
    """The settings of a method that decide what comes out, as its records keep them."""
    return kind_of(study, method).recipe(study, study.methods[method])


TRANSFER = {
    "frozen": {"kind": "probe", "weights": "given"},
    "fine-tuned": {"kind": "train", "weights": "given"},
    "scratch": {"kind": "train", "weights": "none"},
}
"""The book's first contrast: logistic regression on frozen features, all layers fine-tuned, and no pre-training."""

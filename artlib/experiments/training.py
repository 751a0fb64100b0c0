"""Kinds that train one network on one task: by gradient descent, or logistic regression on frozen features."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.experiments.kinds import plain
from artlib.experiments.run_context import Bench
from artlib.experiments.study import Study

NOT_OF_RECIPE = ("retrieve",)
"""Settings of these kinds that say what is measured, not how a network is trained."""


def recipe(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ``finetune.Recipe`` of a method, defaults included."""
    return _recipe(study, settings).described()


def penalty(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A probe's only setting is its penalty: chosen on the validation works, or given."""
    return {"C": settings["C"]} if "C" in settings else {}


def _recipe(study: Study, settings: Mapping[str, Any]):
    from artlib.learners.recipe import Recipe

    given = {name: value for name, value in plain(study, settings).items() if name not in NOT_OF_RECIPE}
    return Recipe(**{"crop": study.crop, **given})


def train(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train a network, choose its epoch on the validation works, test it once.

    ``retrieve``, a list of columns, also measures the precision of its nearest neighbours by these labels.
    """
    from artlib.evaluate import predictions as predicting

    _, task = bench.question(cell["cell"]["task"])
    learner = trained(bench, cell, settings, paths.cache() / "checkpoints" / records.identity(cell))
    predicted = predicting.predict(learner, learner.split.test)
    record = bench.tested(task, learner.split, predicted) | told(learner)
    record["metrics"] |= {
        "seconds_per_epoch": float(learner.history["seconds"].median()),
        "busy_seconds_per_epoch": float(np.median(learner.cpu_seconds)) if learner.cpu_seconds else float("nan"),
    }
    for column in settings.get("retrieve", ()):
        record["metrics"] |= _retrieval(bench, learner, column)
    yield record, predicted


def trained(bench: Bench, cell: Mapping, settings: Mapping, checkpoints: Path):
    """The fine-tuned learner of a cell, its best epoch loaded; a training that was broken off goes on."""
    from artlib.learners import finetune

    place, seed = cell["cell"], cell["seed"]
    works, task = bench.question(place["task"])
    network = bench.network(place, task.outputs, seed)
    learner = finetune.learner(
        replace(bench.pictures, works=works), task, bench.split(place, seed), network,
        _recipe(bench.study, settings), seed=seed, folder=checkpoints,
    )  # fmt: skip
    learner.fit_recipe()
    finetune.discard(checkpoints)
    return learner


def told(learner) -> dict:
    """What a record says of a training: its curves and the epoch that was kept."""
    history = learner.history.drop(columns="rate").round(4).to_dict("list")
    return {"best_epoch": learner.best_epoch, "history": history}


def probe(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Logistic regression on the network's frozen features, tested once; ``C`` instead of choosing it."""
    from artlib.evaluate import predictions as predicting
    from artlib.learners import linear

    place = cell["cell"]
    works, task = bench.question(place["task"])
    split, pictures = bench.split(place, cell["seed"]), replace(bench.pictures, works=works)
    network = bench.network(place, task.outputs, cell["seed"])
    fitted = linear.probe(pictures, task, split, network, settings.get("C", linear.GRID), crop=bench.study.crop)
    shares = fitted.probabilities(split.test)
    predicted = predicting.from_probabilities(works, split.test, task.targets(works)[split.test], shares)
    yield {**bench.tested(task, split, predicted), "recipe": {"C": fitted.C}}, predicted


def _retrieval(bench: Bench, learner, column: str) -> dict[str, float]:
    """How often the ten nearest test pictures have the query's label, and how far the thousandth is."""
    from artlib.evaluate import similarity

    works, rows = bench.pictures.works, learner.split.test
    found = similarity.features(learner.model, bench.pictures, rows, crop=bench.study.crop)
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

"""What the fine-tuning paper compares: its nine tasks, and the kind that compares trained networks with each other."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib import cache, collections, paths, tasks
from artlib.evaluate import predictions, similarity
from artlib.experiments.run_context import RunContext, TaskData
from artlib.experiments.study import ExperimentError, Kind, Records, Run, Settings, Study
from artlib.experiments.training import penalty, probed, recipe, recipe_given, retrieval, trained, training_fields
from artlib.nets import Network
from artlib.papers.finetuning import statistics
from artlib.works import Collection

COMPARED = 100
"""Pictures on which features of networks are compared (fine-tuning paper, section 5.5)."""

NINE = {
    "modern": ("artist", "style", "genre", "culture"),
    "survey": ("artist", "timeframe", "genre", "culture"),
    "prints": ("artist",),
}
"""The nine tasks of the paper (Table 1) by the museum's wings, its WikiArt, Web Gallery and TICC prints."""

MODERN = {
    "optimizer": "adamw", "schedule": "one-cycle", "epochs": 8, "lr": 1e-3, "head_lr_factor": 10, "weight_decay": 0.05,
    "batch_size": 32, "label_smoothing": 0.1, "mirrored_test": True, "precision": "float32",
}  # fmt: skip
"""A recipe of today, beside the paper's: ``learners.recipe.Recipe(**MODERN, crop=144)``. Chapter: fine-tuning."""

_CODE = ("learners", "nets", "loaders", "losses.py", "evaluate/similarity.py", "papers/finetuning")


def wings(name: str, root: Path | None = None, size: str | int = "smoke") -> dict[str, Collection]:
    """The three sources of the paper as the museum's wings, by name; elsewhere the one collection there is."""
    if name != "museum":
        return {name: collections.read(name, root, size)}
    return {f"{name}, {wing}": collections.read(name, size=size, wing=wing) for wing in NINE}


def nine_tasks(
    name: str, root: Path | None = None, size: str | int = "smoke", minimum: int = 20
) -> dict[str, tuple[pd.DataFrame, tasks.Task]]:
    """The paper's nine tasks, title -> (works, task): on the museum by wing, elsewhere those the works can pose."""
    found = wings(name, root, size)
    if name != "museum":
        works = found[name].works
        columns = list(dict.fromkeys(column for columns in NINE.values() for column in columns))
        return {task.column: (works, task) for task in tasks.possible(works, columns, minimum)}
    return {
        f"{wing}: {task.column}": (collection.works, task)
        for (wing, columns), collection in zip(NINE.items(), found.values(), strict=True)
        for task in tasks.possible(collection.works, columns, minimum)
    }


def compare(context: RunContext, run: Run, settings: Settings) -> Records:
    """Mean cosine distance of the features of each two networks that differ in one thing only.

    Which thing stands in the method's ``cell``: ``between: weights``, ``tasks`` or ``seeds``.
    """
    pairs, between = [], run.config["between"]
    for a, b in _pairs(context.study, run.seed, between):
        first, second = (_features(context, run, *model, settings) for model in (a, b))
        distance = similarity.between({"a": first, "b": second}).loc["a", "b"]
        pairs.append([_title(*a), _title(*b), round(float(distance), 5)])
    if not pairs:
        raise ExperimentError(
            f"{run.paper}/{run.experiment} has only one of the {between} to compare: declare two or more."
        )
    mean = float(np.mean([distance for *_, distance in pairs]))
    yield {"metrics": {"cosine_distance": mean}, "pairs": pairs}, None


def _pairs(study: Study, seed: int, between: str) -> list[tuple]:
    """Pairs of models (task, weights, seed) that differ in what is compared and agree in all else."""
    weights, seeds = study.weights, study.seeds
    several = weights if isinstance(weights, tuple) else (weights,)
    models = list(itertools.product(study.questions, (Path(str(one)).stem for one in several)))
    if between == "seeds":
        other = seeds[(seeds.index(seed) + 1) % len(seeds)]
        return [((*model, seed), (*model, other)) for model in models] if other != seed else []
    same = {"weights": 0, "tasks": 1}[between]
    return [((*a, seed), (*b, seed)) for a, b in itertools.combinations(models, 2) if a[same] == b[same]]


def _title(task: str, weights: str, seed: int) -> str:
    return f"{task}, {weights}, seed {seed}"


def _features(
    context: RunContext, run: Run, task: str, weights: str, seed: int, settings: Settings
) -> similarity.Features:
    """Features of one trained model, made once: several comparisons ask for the same one."""
    study = context.study
    config = {**run.config, "task": task, "weights": weights, "apart": study.questions[task].disjoint}
    model = replace(run, seed=seed, config=config)
    # Always the pictures of the first seed, so that models of two seeds are shown the same ones.
    every = np.arange(len(context.pictures))
    rows = context.split(replace(model, seed=study.seeds[0])).test if study.split_by else every
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:COMPARED])
    data = context.data(model)
    network = context.network(config, data.task.outputs, seed)
    facts = {"network": network, "recipe": recipe(study, settings), "seed": seed, "rows": rows, **data.facts()}

    def make() -> np.ndarray:
        folder = paths.cache() / "checkpoints" / cache.key("compared", facts, code=_CODE)
        learner = trained(context, model, settings, folder)
        return similarity.features(learner.model, context.pictures, rows, crop=study.crop).values

    return similarity.features_from_vectors(context.once("compared", facts, make, _CODE), rows, key="compared")


def train_upper(context: RunContext, run: Run, settings: Settings) -> Records:
    """As the kind "train", but what the frozen layers make of ``views`` views of each picture is computed once."""
    from artlib.papers.finetuning import kept

    data, given = context.data(run), recipe_given(context.study, settings)
    network = context.network(run.config, data.task.outputs, run.seed)
    learner = kept.learner(data.pictures, data.task, data.split, network, given, settings["views"], seed=run.seed)
    predicted = predictions.predict(learner.fit_recipe(), data.split.test)
    record = data.scored(predicted) | training_fields(learner)
    for column in settings.get("retrieve", ()):
        record["metrics"] |= retrieval(context, learner, column)
    yield record, predicted


def recipe_of_upper(study: Study, settings: Settings) -> dict[str, Any]:
    """The recipe, and how many views are kept."""
    return {**recipe(study, settings), "views": settings["views"]}


def floor(context: RunContext, run: Run, settings: Settings) -> Records:
    """Logistic regression on colours and edges alone, as the kind "probe" does on a network's features."""
    yield _probed(context, run, statistics.network(context.data(run).task.outputs), settings)


def probe_within(context: RunContext, run: Run, settings: Settings) -> Records:
    """As the kind "probe", with what it says among the classes that the work's own ``within`` (a column) has."""
    yield _probed(context, run, context.network(run.config, context.data(run).task.outputs, run.seed), settings)


def _probed(context: RunContext, run: Run, network: Network, settings: Settings) -> tuple[dict, pd.DataFrame]:
    record, predicted, shares = probed(context, run, network, settings)
    if column := settings.get("within"):
        record["metrics"] |= _within(context.data(run), column, shares)
    return record, predicted


def _within(data: TaskData, column: str, shares: np.ndarray) -> dict[str, float]:
    """How often the right class has most among those of the work's own painter (say), where there are two or more."""
    known = data.targets >= 0
    groups = data.works[column].to_numpy(dtype=object)
    own = {name: np.unique(data.targets[known & (groups == name)]) for name in set(groups[known]) - {None}}
    right, chance = [], []
    for row, share in zip(data.split.test, shares, strict=True):
        if data.targets[row] >= 0 and len(among := own.get(groups[row], ())) > 1:
            right.append(among[share[among].argmax()] == data.targets[row])
            chance.append(1 / len(among))
    found = {"accuracy": float(np.mean(right)), "chance": float(np.mean(chance)), "n": len(right)}
    return {f"{name}_within_{column}": value for name, value in found.items()}


KINDS = {"compare": Kind(compare, recipe), "train-upper": Kind(train_upper, recipe_of_upper),
         "floor": Kind(floor, penalty), "probe-within": Kind(probe_within, penalty)}  # fmt: skip

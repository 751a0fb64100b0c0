"""Kinds of the OmniArt paper: tasks together or alone, their time, a father and a son, and handcrafted features.

The works get the column ``year`` (the middle of their interval). Where tasks share a split and learn together, one run
answers the cells of all its tasks.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from artlib import collections, splits, tasks
from artlib.collections import preparations
from artlib.experiments import training
from artlib.experiments.grid import read
from artlib.experiments.run_context import RunContext, TaskData
from artlib.experiments.study import ALL, Kind, Records, Run, Settings, Study, merged_settings
from artlib.learners import feature_cache
from artlib.nets import Network
from artlib.papers.omniart import fisher_vectors, measures
from artlib.pixels import Pictures
from artlib.splits import Split, SplitWarning
from artlib.tasks import Task

if TYPE_CHECKING:
    from artlib.papers.omniart.learner import MultiTasker, Recipe

NOT_OF_RECIPE = (
    "together", "alone", "preparation", "materials", "named", "repeated", "loose", "source", "unknown", "external",
)  # fmt: skip
"""Settings of these kinds that say what is learned from what, not how."""

_CODE = ("learners", "nets", "loaders", "losses.py", "papers/omniart/network.py", "papers/omniart/learner.py",
         "papers/omniart/measures.py", "papers/omniart/study.py")  # fmt: skip


def recipe(study: Study, settings: Settings) -> dict[str, Any]:
    """The ``multitask.Recipe`` of a method, defaults included, and which tasks take part."""
    merged = merged_settings(study, settings)
    return {**_recipe(study, settings).described(), **{name: merged[name] for name in NOT_OF_RECIPE if name in merged}}


def _recipe(study: Study, settings: Settings) -> Recipe:
    from artlib.papers.omniart.learner import Recipe

    merged = merged_settings(study, settings)
    given = {name: value for name, value in merged.items() if name not in NOT_OF_RECIPE}
    # A method's own word "weights" is where its network begins; how its losses are weighed needs another.
    weighed = {"loss_weights": given.pop("weighting")} if "weighting" in given else {}
    return Recipe(**{"crop": study.crop, **given, **weighed})


# --- the works as the paper's tasks need them -------------------------------------------------------------------------


def prepared(study: Study, pictures: Pictures) -> Pictures:
    """The pictures with what the paper's tasks need: years, and on request materials word by word.

    ``materials: words`` in the study's recipe takes phrases apart; ``named: 8`` keeps the names of artists with so many
    works, and adds ``stratum``, by which works without such an artist can be split too (their type); ``unknown: class``
    then makes one class of all others, as the paper does for one of its columns ("374+u"). ``loose: 0.5``
    takes so many works from the museum with entanglement cut, so that labels depend on one another by half. ``source``
    keeps the works of one source only.
    """
    asked = study.recipe
    if asked.get("source"):
        pictures = _of_source(pictures, asked["source"])
    if asked.get("loose"):
        pictures = mix_with_null_museum(pictures, study, asked["loose"])
    works = pictures.works
    if "year" not in works.columns:
        works = preparations.with_year(works)
    if asked.get("materials") == "words":
        works = works.assign(materials=preparations.material_words(works["materials"]))
    if asked.get("named"):
        works = preparations.with_strata(works, asked["named"])
    if asked.get("unknown") == "class":
        works = works.assign(artist=works["artist"].where(works["artist"].notna(), preparations.UNKNOWN))
    return replace(pictures, works=works)


def _of_source(pictures: Pictures, source: str) -> Pictures:
    """The pictures of one source of a table that holds several, so that no feature of the others is computed."""
    chosen = (pictures.works["source"] == source).to_numpy()
    works = pictures.works[chosen].reset_index(drop=True)
    return replace(pictures, works=works, pixels=pictures.pixels[chosen], key=f"{pictures.key}-{source}")


def mix_with_null_museum(pictures: Pictures, study: Study, share: float) -> Pictures:
    """The same museum with this share of its works taken from the one whose labels are independent of one another.

    Both have the same artists, so that nothing changes but how much the labels tell of one another.
    """
    draw = int(pictures.works["image"].iloc[0].split("/")[0])
    other = read(replace(study, reader={**study.reader, "cut": "entanglement"}), None, draw)
    loose = np.random.default_rng([draw, 11]).random(len(pictures)) < share
    works = pictures.works.copy()
    works.loc[loose] = other.works.loc[loose]
    pixels = np.where(loose[:, None, None, None], other.pixels, pictures.pixels)
    return replace(pictures, works=works, pixels=pixels, key=f"{pictures.key}-{other.key}-{share:g}")


# --- tasks together or alone ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """Pictures with the labels of several questions, the tasks by name, and the split that they share."""

    pictures: Pictures
    tasks: Mapping[str, Task]
    split: Split


def multi_task(context: RunContext, run: Run, settings: Settings) -> Records:
    """Train the tasks of a run, together or alone, test once; one record a task that takes part.

    ``together``: names of the study's questions that learn with the run's own (absent: all that the method is run on;
    "alone": only its own). ``preparation``: how pictures are shown (``learners.feature_cache.views``).
    """
    names = _together(context.study, run, settings)
    found, asked, left = _outcome(context, run, settings, names)
    works, split = asked.pictures.works, asked.split
    extra = {
        "sparsity": measures.sparsity(found.shared),
        "test_minutes": left["tested"] / 60,
        "dependence": measures.dependence(works.iloc[np.concatenate(list(split.parts().values()))]),
    }
    siblings = context.siblings(run, ("task",)) if len(names) > 1 else ()
    own = {run.config["task"]: run} | {other.config["task"]: other for other in siblings}
    for name in names:
        if name not in own:
            continue  # a task that helps and is not asked about
        record = {
            **own[name].fields(),
            "minutes": round(left["seconds"] / 60, 4),
            "history": left["history"],
            **{f"n_{part}": len(rows) for part, rows in split.parts().items()},
            "classes": list(found.tasks[name].classes),
            "best_epoch": left["best_epoch"][name],
            "metrics": {**measures.scores(found, name, works), **extra, **_accuracy_of_named(found, name, works)},
        }
        yield record, measures.scored_works(found, name, works)


def _accuracy_of_named(found: measures.Answers, name: str, works: pd.DataFrame) -> dict[str, float]:
    """Accuracy on works by artists with a name of their own, where the others are a class too."""
    task = found.tasks[name]
    if task.kind != "category" or preparations.UNKNOWN not in task.classes:
        return {}
    table = measures.predicted(found, name, works)
    own = table[table["target"] != task.classes.index(preparations.UNKNOWN)]
    return {"accuracy_of_named": float((own["target"] == own["predicted"]).mean())}


def _together(study: Study, run: Run, settings: Settings) -> list[str]:
    own = run.config["task"]
    asked = settings.get("together", settings.get("tasks") or _questions(study))
    if asked == "alone":
        return [own]
    return list(dict.fromkeys([own, *asked])) if own != ALL else list(asked)


def _questions(study: Study) -> list[str]:
    """The study's questions, without the one that is asked for the split's sake."""
    return [name for name in study.questions if name != "stratum"]


def _outcome(
    context: RunContext, run: Run, settings: Settings, names: list[str]
) -> tuple[measures.Answers, Asked, dict[str, Any]]:
    """What a training that has run said of the test works, what it was asked, and how it went.

    From the cache where another run has asked for the very same one. How it went: ``seconds`` of the training,
    ``tested``, those of the test works through the trained network, ``best_epoch`` by task (one and the same unless
    each task has chosen its own), ``history``.
    """
    asked, base = _asked(context, run, names), _base(context, run, settings)
    facts = {
        "recipe": _recipe(context.study, settings),
        "preparation": settings.get("preparation"),
        "base": base,
        "seed": run.seed,
        "pictures": asked.pictures.key,
        "tasks": {name: [task, task.targets(asked.pictures.works)] for name, task in asked.tasks.items()},
        "split": asked.split.parts(),
    }

    def make() -> dict[str, Any]:
        learner = _learner(context, run, settings, asked, base)
        start = perf_counter()
        learner.fit_recipe()
        seconds, start = perf_counter() - start, perf_counter()
        found = measures.answers(learner)
        return {
            "seconds": seconds,
            "tested": perf_counter() - start,
            "best_epoch": {name: learner.epoch_of(name) for name in names},
            "history": learner.history.drop(columns="rate").round(4).to_dict("list"),
            "rows": found.rows,
            "shared": found.shared.astype("float16"),
            **{f"said {name}": values for name, values in found.said.items()},
        }

    left = dict(context.once("outcomes", facts, make, _CODE))
    said = {name: left.pop(f"said {name}") for name in names}
    return measures.Answers(left.pop("rows"), asked.tasks, said, left.pop("shared").astype("float32")), asked, left


def _asked(context: RunContext, run: Run, names: list[str]) -> Asked:
    """Pictures with the labels of all these questions, the tasks, and the split that they share.

    Works outside the split ask nothing: their labels are in no vocabulary (Table 4: fewer artists, fewer materials).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SplitWarning)
        split = context.split(replace(run, config={**run.config, "task": names[0]}))
    works, found = context.pictures.works, {}
    inside = np.zeros(len(works), dtype=bool)
    inside[np.concatenate(list(split.parts().values()))] = True
    for name in names:
        question = context.study.questions[name]
        column = question.column
        asked = question.ask(works.assign(**{column: works[column].where(inside, None)}))
        found[name], works = asked.task, works.assign(**{column: asked.works[column]})
    return Asked(replace(context.pictures, works=works), found, split)


def _learner(
    context: RunContext, run: Run, settings: Settings, asked: Asked, base: Network, cached: bool = True
) -> MultiTasker:
    """The learner of these tasks, before it runs; ``cached``: from features that are computed once."""
    from artlib.papers.omniart import learner as multitask

    views = (feature_cache.PLAIN,)
    if settings.get("preparation"):
        views = feature_cache.views(settings["preparation"], asked.pictures, asked.split.train)
    with warnings.catch_warnings():
        # Works without a label for the one task that is learned are expected here.
        warnings.simplefilter("ignore", multitask.MultiTaskWarning)
        return multitask.learner(
            asked.pictures, asked.tasks, asked.split, base, _recipe(context.study, settings),
            seed=run.seed, features=views if cached else None, quiet=True,
        )  # fmt: skip


def _base(context: RunContext, run: Run, settings: Settings) -> Network:
    """The network whose body is the base; with ``external``, adjusted on another collection of art before (4.4).

    external : ``task``, a column of the other museum; ``draw``, by how much its seed differs from the run's; the rest
    are settings of ``finetune.Recipe``.
    """
    from artlib.learners import finetune

    base = context.network(run.config, 1, 0)
    if not settings.get("external"):
        return base
    given = dict(settings["external"])
    column, draw = given.pop("task"), run.config["draw"] + given.pop("draw")
    pictures = read(context.study, None, draw)
    task = tasks.make(pictures.works, column, minimum=20)
    split = splits.stratified(pictures.works, task, (0.8, 0.1, 0.1), seed=0)
    data = TaskData(pictures, task, task.targets(pictures.works), split)
    facts = {"base": base, "recipe": given, **data.facts()}

    def make() -> dict[str, Any]:
        network = context.network(run.config, task.outputs, 0)
        learner = finetune.learner(pictures, task, split, network, finetune.Recipe(**given), quiet=True)
        learner.fit_recipe()
        return learner.model.body.state_dict()

    base.body.load_state_dict(context.once("external", facts, make, _CODE))
    return base


# --- time, kinship, handcrafted features ------------------------------------------------------------------------------


def training_time(context: RunContext, run: Run, settings: Settings) -> Records:
    """Minutes of training all tasks at once, or one after another ("alone"), the body computed anew in every epoch.

    As in section 4.5, where nothing is kept: what several single networks repeat is the body. ``test_minutes``: the
    test works through the trained networks, from pictures to answers. Where a processor computes, its own time is
    counted, which other work on the machine does not lengthen.
    """
    now = perf_counter if torch.cuda.is_available() else process_time
    names = _questions(context.study)
    groups = [[name] for name in names] if settings.get("together") == "alone" else [names]
    test = _asked(context, run, names).split.test
    trained = tested = 0.0
    for group in groups:
        asked = _asked(context, run, group)
        learner = _learner(context, run, settings, asked, _base(context, run, settings), cached=False)
        start = now()
        learner.fit_recipe()
        trained += now() - start
        times = []
        for _ in range(int(settings.get("repeated", 3))):
            start = now()
            measures.answers(learner, test)
            times.append(now() - start)
        tested += float(np.median(times))
    yield {"minutes": trained / 60, "metrics": {"test_minutes": tested / 60}}, None


def artist_pair_confusion(context: RunContext, run: Run, settings: Settings) -> Records:
    """Are a father and a son confused in their common years? One record for common years, one for the others.

    The pair is that of the museum's truth; which pair is confused most (``excess``) stands in every record, so that it
    can be compared with the null museum. The network learns all tasks of the study together.
    """
    found, asked, _ = _outcome(context, run, settings, list(context.study.questions))
    works, task = asked.pictures.works, found.tasks["artist"]
    table = measures.predicted(found, "artist", works)
    pairs = measures.mutual_confusion(table, task)
    museum = collections.read(**{**context.study.reader, "name": "museum", "seed": run.config["draw"]})
    kin = list(measures.father_and_son(museum))
    rank = 1 + int(np.flatnonzero([set(pair) == set(kin) for pair in pairs[["first", "second"]].to_numpy()])[0])
    of_both = measures.works_of_pair(table, task, works, tuple(kin), asked.split.train)
    excess = {
        "excess_of_pair": float(pairs.iloc[rank - 1]["excess"]),
        "largest_excess": float(pairs.iloc[0]["excess"]),
        "rank_of_pair": rank,
    }
    siblings = list(context.siblings(run, ("method", "years")))
    for years, common in (("common", True), ("other", False)):
        part = of_both[of_both["common"] == common]
        own = next(other for other in siblings if other.config.get("years") == years)
        confused = float(part["given"].mean()) if len(part) else float("nan")
        right = float((part["said"] == part["artist"]).mean())
        record = {
            **own.fields(),
            "metrics": {"confused": confused, "right": right, **excess},
            "confused": pairs.iloc[0][["first", "second"]].tolist(),
            "pair": kin,
            "n_test": len(part),
            "classes": list(task.classes),
        }
        yield record, table


def handcrafted(context: RunContext, run: Run, settings: Settings) -> Records:
    """Fisher vectors of dense SIFT and a linear support vector machine, whose penalty hardly matters here (1)."""
    name = run.config["task"]
    asked = _asked(context, run, [name])
    task, split = asked.tasks[name], asked.split
    data = TaskData(asked.pictures, task, task.targets(asked.pictures.works), split)
    descriptors = context.once(
        "descriptors", {"pictures": data.pictures.key},
        lambda: fisher_vectors.dense(data.pictures, range(len(data.works))), ("papers/omniart/fisher_vectors.py",),
    )  # fmt: skip
    fisher = fisher_vectors.fit(descriptors[split.train], seed=run.seed)
    vectors = fisher.vectors(descriptors)
    said = fisher_vectors.classify(vectors[split.train], data.targets[split.train], vectors[split.test], task.outputs)
    table = data.predictions(softmax(said, axis=1))
    yield {**data.scored(table), "recipe": {"penalty": 1.0}}, table


KINDS = {
    "multi-task": Kind(multi_task, recipe, prepared),
    "training-time": Kind(training_time, recipe, prepared),
    "artist-pair-confusion": Kind(artist_pair_confusion, recipe, prepared),
    "handcrafted": Kind(handcrafted, training.penalty, prepared),
}

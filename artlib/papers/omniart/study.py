"""Kinds of the OmniArt paper: tasks together or alone, their time, a father and a son, and handcrafted features.

The works get the column ``year`` (the middle of their interval). Where tasks share a split and learn together, one run
answers the cells of all its tasks.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.experiments.kinds import plain
from artlib.experiments.run_context import Bench
from artlib.experiments.study import Study
from artlib.splits import SplitWarning

NOT_OF_RECIPE = (
    "together", "alone", "preparation", "materials", "named", "repeated", "loose", "source", "unknown", "external",
)  # fmt: skip
"""Settings of these kinds that say what is learned from what, not how."""


def recipe(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ``multitask.Recipe`` of a method, defaults included, and which tasks take part."""
    more = {name: value for name, value in plain(study, settings).items() if name in NOT_OF_RECIPE}
    return {**_recipe(study, settings).described(), **more}


def _recipe(study: Study, settings: Mapping[str, Any]):
    from artlib.papers.omniart.learner import Recipe

    given = {name: value for name, value in plain(study, settings).items() if name not in NOT_OF_RECIPE}
    # A method's own word "weights" is where its network begins; how its losses are weighed needs another.
    weighed = {"loss_weights": given.pop("weighting")} if "weighting" in given else {}
    return Recipe(**{"crop": study.crop, **given, **weighed})


def prepared(bench: Bench) -> None:
    """Give the works of a bench what the paper's tasks need, once: years, and on request materials word by word.

    ``materials: words`` in the study's recipe takes phrases apart; ``named: 8`` keeps the names of artists with so many
    works, and adds ``stratum``, by which works without such an artist can be split too (their type); ``unknown: class``
    then makes one class of all others, as the paper does for one of its columns ("374+u"). ``loose: 0.5``
    takes so many works from the museum with entanglement cut, so that labels depend on one another by half. ``source``
    keeps the works of one source only.
    """
    from artlib.collections import preparations

    if getattr(bench, "is_prepared", False):
        return
    bench.is_prepared = True
    if bench.study.recipe.get("source"):
        bench.pictures = _of_source(bench.pictures, bench.study.recipe["source"])
    if bench.study.recipe.get("loose"):
        bench.pictures = loosened(bench.pictures, bench.study, bench.study.recipe["loose"])
    works = bench.pictures.works
    if "year" not in works.columns:
        works = preparations.with_year(works)
    if bench.study.recipe.get("materials") == "words":
        works = works.assign(materials=preparations.material_words(works["materials"]))
    if bench.study.recipe.get("named"):
        works = preparations.with_strata(works, bench.study.recipe["named"])
    if bench.study.recipe.get("unknown") == "class":
        works = works.assign(artist=works["artist"].where(works["artist"].notna(), preparations.UNKNOWN))
    bench.pictures = replace(bench.pictures, works=works)


@dataclass(frozen=True)
class Outcome:
    """What a training that has run said of the test works, and how it went.

    seconds: of the training. best_epoch: by task; one and the same unless each task has chosen its own.
    """

    found: Any
    works: pd.DataFrame
    split: Any
    seconds: float
    tested: float
    best_epoch: dict[str, int]
    history: dict


def _of_source(pictures, source: str):
    """The pictures of one source of a table that holds several, so that no feature of the others is computed."""
    chosen = (pictures.works["source"] == source).to_numpy()
    works = pictures.works[chosen].reset_index(drop=True)
    return replace(pictures, works=works, pixels=pictures.pixels[chosen], key=f"{pictures.key}-{source}")


def loosened(pictures, study: Study, share: float):
    """The same museum with this share of its works taken from the one whose labels are independent of one another.

    Both have the same artists, so that nothing changes but how much the labels tell of one another.
    """
    from artlib.experiments.grid import read

    draw = int(pictures.works["image"].iloc[0].split("/")[0])
    other = read(replace(study, reader={**study.reader, "cut": "entanglement"}), None, draw)
    loose = np.random.default_rng([draw, 11]).random(len(pictures)) < share
    works = pictures.works.copy()
    works.loc[loose] = other.works.loc[loose]
    pixels = np.where(loose[:, None, None, None], other.pixels, pictures.pixels)
    return replace(pictures, works=works, pixels=pixels, key=f"{pictures.key}-{other.key}-{share:g}")


def learn(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame | None]]:
    """Train the tasks of a cell, together or alone, test once; one record a task that takes part.

    ``together``: names of the study's questions that learn with the cell's own (absent: all that the method is run on;
    "alone": only its own). ``preparation``: how pictures are shown (``learners.feature_cache.views``).
    """
    from artlib.papers.omniart import measures as evaluating

    names = _together(bench, cell, settings)
    outcome = _outcome(bench, cell, settings, names)
    found, split = outcome.found, outcome.split
    common = {
        "minutes": round(outcome.seconds / 60, 4),
        "history": outcome.history,
        "n_train": len(split.train),
        "n_valid": len(split.valid),
        "n_test": len(split.test),
    }
    extra = {
        "sparsity": evaluating.sparsity(found.shared),
        "test_minutes": outcome.tested / 60,
        "dependence": evaluating.dependence(outcome.works.iloc[np.concatenate(list(split.parts().values()))]),
    }
    own = {cell["cell"]["task"]: cell}
    if len(names) > 1:
        own |= {other["cell"]["task"]: other for other in bench.siblings(cell, ("task",))}
    for name in names:
        if name not in own:
            continue  # a task that helps and is not asked about
        task = found.tasks[name]
        record = {**own[name], **common, "classes": list(task.classes), "best_epoch": outcome.best_epoch[name]}
        record["metrics"] = {**evaluating.scores(found, name, outcome.works), **extra}
        record["metrics"] |= _of_the_named(found, name, outcome.works)
        categorical = task.kind in ("category", "binary")
        yield record, evaluating.predicted(found, name, outcome.works) if categorical else None


def _of_the_named(found, name: str, works: pd.DataFrame) -> dict[str, float]:
    """Accuracy on works by artists with a name of their own, where the others are a class too."""
    from artlib.collections.preparations import UNKNOWN
    from artlib.papers.omniart import measures as evaluating

    task = found.tasks[name]
    if task.kind != "category" or UNKNOWN not in task.classes:
        return {}
    table = evaluating.predicted(found, name, works)
    own = table[table["target"] != task.classes.index(UNKNOWN)]
    return {"accuracy_of_named": float((own["target"] == own["predicted"]).mean())}


def _outcome(bench: Bench, cell: Mapping, settings: Mapping, names: list[str]) -> Outcome:
    """The outcome of a training, from the cache where another cell has asked for the very same one."""
    from artlib.papers.omniart import measures as evaluating

    pictures, questions, split = _asked(bench, cell, names)
    facts = [
        _recipe(bench.study, settings).described(), settings.get("preparation"), settings.get("external"),
        pictures.key, cell["seed"], cell["cell"]["network"], cell["cell"]["weights"],
        records.code_version("learners", "nets", "losses.py"),
        [(name, task.column, task.kind, task.classes) for name, task in questions.items()],
    ]  # fmt: skip
    made = hashlib.sha256(repr(facts).encode())
    for rows in split.parts().values():
        made.update(rows.tobytes())
    for task in questions.values():
        made.update(np.ascontiguousarray(task.targets(pictures.works)).tobytes())
    file = paths.scratch("outcomes") / f"{made.hexdigest()[:24]}.npz"
    if not file.exists():
        learner, seconds = _trained(bench, cell, settings, names)
        start = perf_counter()
        found = evaluating.answers(learner)
        told = {"seconds": seconds, "tested": perf_counter() - start}
        told["best_epoch"] = {name: learner.epoch_of(name) for name in names}
        told["history"] = learner.history.drop(columns="rate").round(4).to_dict("list")
        said = {f"said {name}": values for name, values in found.said.items()}
        draft = file.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(draft, rows=found.rows, shared=found.shared.astype("float16"), told=json.dumps(told), **said)
        os.replace(draft, file)
    with np.load(file, allow_pickle=False) as kept:
        told = json.loads(str(kept["told"]))
        said = {name: kept[f"said {name}"] for name in names}
        found = evaluating.Answers(kept["rows"], questions, said, kept["shared"].astype("float32"))
    return Outcome(found, pictures.works, split, **told)


def _together(bench: Bench, cell: Mapping, settings: Mapping) -> list[str]:
    own = cell["cell"]["task"]
    asked = settings.get("together", settings.get("tasks") or [n for n in bench.study.questions if n != "stratum"])
    if asked == "alone":
        return [own]
    return list(dict.fromkeys([own, *asked])) if own != "all" else list(asked)


def _trained(bench: Bench, cell: Mapping, settings: Mapping, names: list[str]):
    """A learner that has run from cached features, and the seconds its training took."""
    learner = _made(bench, cell, settings, names)
    start = perf_counter()
    learner.fit_recipe()
    return learner, perf_counter() - start


def _made(bench: Bench, cell: Mapping, settings: Mapping, names: list[str], cached: bool = True):
    from artlib.learners import feature_cache
    from artlib.papers.omniart import learner as multitask

    pictures, questions, split = _asked(bench, cell, names)
    views = (feature_cache.PLAIN,)
    if settings.get("preparation"):
        views = feature_cache.views(settings["preparation"], pictures, split.train)
    with warnings.catch_warnings():
        # Works without a label for the one task that is learned are expected here.
        warnings.simplefilter("ignore", multitask.MultiTaskWarning)
        return multitask.learner(
            pictures, questions, split, _base(bench, cell, settings), _recipe(bench.study, settings),
            seed=cell["seed"], features=views if cached else None, quiet=True,
        )  # fmt: skip


def _base(bench: Bench, cell: Mapping, settings: Mapping):
    """The network whose body is the base; with ``external``, adjusted on another collection of art before (4.4)."""
    from artlib import nets

    place = cell["cell"]
    if not settings.get("external"):
        return bench.network(place, 1, 0)
    return nets.create(place["network"], 1, str(_adjusted(bench, cell, settings["external"])), seed=0)


def _adjusted(bench: Bench, cell: Mapping, external: Mapping[str, Any]) -> Path:
    """Weights of a body that has learned one task of another museum; made once and kept in the cache.

    external : ``task``, a column of the other museum; ``draw``, by how much its seed differs from the cell's; the rest
    are settings of ``finetune.Recipe``.
    """
    from artlib import splits, tasks
    from artlib.experiments.grid import read
    from artlib.learners import finetune
    from artlib.nets import weights

    given, place = dict(external), cell["cell"]
    column, draw = given.pop("task"), place["draw"] + given.pop("draw")
    facts = [place["network"], place["weights"], column, draw, given, bench.study.pixels, dict(bench.study.reader),
             records.code_version("learners", "nets")]  # fmt: skip
    name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]
    file = paths.scratch("external") / f"{name}.safetensors"
    if not file.exists():
        pictures = read(bench.study, None, draw)
        task = tasks.make(pictures.works, column, minimum=20)
        split = splits.stratified(pictures.works, task, (0.8, 0.1, 0.1), seed=0)
        learner = finetune.learner(
            pictures, task, split, bench.network(place, task.outputs, 0), finetune.Recipe(**given), quiet=True
        ).fit_recipe()
        weights.save(learner.model, file, {"source": f"museum, draw {draw}, task {column}"})
    return file


def _asked(bench: Bench, cell: Mapping, names: list[str]):
    """Pictures with the labels of all these questions, the tasks, and the split that they share.

    Works outside the split ask nothing: their labels are in no vocabulary (Table 4: fewer artists, fewer materials).
    """
    prepared(bench)
    place = {**cell["cell"], "task": names[0]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SplitWarning)
        split = bench.split(place, cell["seed"])
    inside = np.zeros(len(bench.pictures.works), dtype=bool)
    inside[np.concatenate(list(split.parts().values()))] = True
    works, questions = bench.pictures.works, {}
    for name in names:
        column = bench.study.questions[name].column
        given = works.assign(**{column: works[column].where(inside, None)})
        labelled, questions[name] = bench.study.questions[name].ask(given)
        works = works.assign(**{column: labelled[column]})
    return replace(bench.pictures, works=works), questions, split


def clock(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """Minutes of training all tasks at once, or one after another ("alone"), the body computed anew in every epoch.

    As in section 4.5, where nothing is kept: what several single networks repeat is the body. ``test_minutes``: the
    test works through the trained networks, from pictures to answers. Where a processor computes, its own time is
    counted, which other work on the machine does not lengthen.
    """
    import torch

    from artlib.papers.omniart import measures as evaluating

    now = perf_counter if torch.cuda.is_available() else process_time
    names = [name for name in bench.study.questions if name != "stratum"]
    groups = [[name] for name in names] if settings.get("together") == "alone" else [names]
    test = _asked(bench, cell, names)[2].test
    trained = tested = 0.0
    for group in groups:
        learner = _made(bench, cell, settings, group, cached=False)
        start = now()
        learner.fit_recipe()
        trained += now() - start
        times = []
        for _ in range(int(settings.get("repeated", 3))):
            start = now()
            evaluating.answers(learner, test)
            times.append(now() - start)
        tested += float(np.median(times))
    yield {"minutes": trained / 60, "metrics": {"test_minutes": tested / 60}}, None


def family(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame | None]]:
    """Are a father and a son confused in their common years? One record for common years, one for the others.

    The pair is that of the museum's truth; which pair is confused most (``excess``) stands in every record, so that it
    can be held against the null museum. The network learns all tasks of the study together.
    """
    from artlib.collections.museum import truth
    from artlib.papers.omniart import measures as evaluating

    names = list(bench.study.questions)
    outcome = _outcome(bench, cell, settings, names)
    works, task = outcome.works, outcome.found.tasks["artist"]
    table = evaluating.predicted(outcome.found, "artist", works)
    pairs = evaluating.mutual_confusion(table, task)
    kin = truth.lineage(_museum(bench, cell)).dropna(subset=["relation"])["artist"].tolist()
    rank = 1 + int(np.flatnonzero([set(pair) == set(kin) for pair in pairs[["first", "second"]].to_numpy()])[0])
    told = evaluating.works_of_pair(table, task, works, tuple(kin), outcome.split.train)
    most = {
        "pair": kin, "confused_most": pairs.iloc[0][["first", "second"]].tolist(),
        "excess_of_pair": float(pairs.iloc[rank - 1]["excess"]), "largest_excess": float(pairs.iloc[0]["excess"]),
        "rank_of_pair": rank,
    }  # fmt: skip
    for years, common in (("common", True), ("other", False)):
        part = told[told["common"] == common]
        share = float(part["given"].mean()) if len(part) else float("nan")
        own = next(other for other in bench.siblings(cell, ("method", "years")) if other["cell"].get("years") == years)
        right = float((part["said"] == part["artist"]).mean())
        record = {
            **own, "metrics": {"confused": share, "right": right, **_plain(most)},
            "confused": most["confused_most"], "pair": kin, "n_test": len(part), "classes": list(task.classes),
        }  # fmt: skip
        yield record, table


def _plain(most: Mapping) -> dict[str, float]:
    return {name: value for name, value in most.items() if isinstance(value, int | float)}


def _museum(bench: Bench, cell: Mapping):
    from artlib import collections

    options = {name: value for name, value in bench.study.reader.items() if name != "name"}
    return collections.read("museum", **options, seed=cell["cell"]["draw"])


def handcrafted(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Fisher vectors of dense SIFT and a linear support vector machine, whose penalty hardly matters here (1)."""
    from artlib.evaluate import predictions as predicting
    from artlib.papers.omniart import fisher_vectors as crafting

    name = cell["cell"]["task"]
    pictures, questions, split = _asked(bench, cell, [name])
    if not hasattr(bench, "descriptors"):
        bench.descriptors = crafting.dense(pictures, range(len(pictures)))
    fisher = crafting.fit(bench.descriptors[split.train], seed=cell["seed"])
    vectors = fisher.vectors(bench.descriptors)
    task, rows = questions[name], split.train
    targets = task.targets(pictures.works)
    said = crafting.classify(vectors[rows], targets[rows], vectors[split.test], task.outputs)
    shares = np.exp(said - said.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    table = predicting.from_probabilities(pictures.works, split.test, targets[split.test], shares)
    yield {**bench.tested(task, split, table), "recipe": {"penalty": 1.0}}, table


MEASURES = {
    "artist": ("metrics.accuracy", "accuracy", 100, 1),
    "type": ("metrics.mean_average_precision", "mean average precision", 100, 1),
    "material": ("metrics.mean_average_precision", "mean average precision", 100, 1),
    "period": ("metrics.mean_absolute_error", "mean error in years", 1, -1),
}
"""The paper's measure of each of its tasks: column of the records, words, factor, and -1 where less is better."""


def scored(runs: pd.DataFrame, by: str = "method") -> pd.DataFrame:
    """Each task by its own measure and a field of the cell: task, ``by``, value, low, high, runs."""
    from artlib.evaluate import statistics

    rows = []
    grouped = runs.groupby(["cell.task", f"cell.{by}"], sort=False) if len(runs) else ()
    for (name, kind), part in grouped:
        if name not in MEASURES:
            continue
        column, words, factor, _ = MEASURES[name]
        values = factor * part[column].to_numpy(float)
        low = high = float("nan")
        if len(values) > 1:
            found = statistics.interval(values, units={"draw": part["cell.draw"].to_numpy()})
            low, high = found.low, found.high
        rows.append({"task": f"{name}, {words}", by: kind, "value": values.mean(), "low": low, "high": high,
            "runs": len(values)})  # fmt: skip
    return pd.DataFrame(rows, columns=["task", by, "value", "low", "high", "runs"])


def gains(
    runs: pd.DataFrame,
    better: str = "multi-task",
    worse: str = "single-task",
    by: str = "method",
    relative: bool = False,
) -> dict:
    """Paired gains of one method over another, task by task, in hundredths; of errors, in shares of the error.

    Trained models and draws are resampled. "artist: accuracy" -> Estimate, positive where ``better`` is better.
    ``relative``: all gains in shares of what ``worse`` has, so that tasks of different measures can be compared.
    """
    from artlib.evaluate import statistics

    keys = [name for name in ("cell.draw", "seed", "cell.repeat", "cell.fold") if name in runs.columns]
    found = {}
    for name, (column, words, factor, sign) in MEASURES.items() if len(runs) else ():
        own = runs[runs["cell.task"] == name].fillna(dict.fromkeys(keys, -1))
        wide = own.pivot_table(index=keys, columns=f"cell.{by}", values=column) if column in own else pd.DataFrame()
        if not {better, worse} <= set(wide.columns) or len(wide.dropna()) < 2:
            continue
        wide = wide.dropna()
        whole = wide[worse].mean() if factor == 1 or relative else 1.0
        gained = sign * (wide[better] - wide[worse]) / whole
        draws = gained.index.get_level_values("cell.draw") if "cell.draw" in keys else None
        units = {"draw": np.asarray(draws)} if draws is not None and len(set(draws)) > 1 else None
        told = f"{words}, per cent less" if factor == 1 else words
        found[f"{name}: {told}"] = statistics.interval(gained.to_numpy(), units=units)
    return found


def helps(runs: pd.DataFrame) -> pd.DataFrame:
    """Gain of each task with each other over learning alone, in per cent, from an affinity grid.

    As ``figures.affinity`` has it: task, partner, value, low, high; trained models and draws are resampled.
    """
    rows = []
    for partner in MEASURES:
        for title, one in gains(runs, f"with {partner}", "alone", relative=True).items():
            numbers = {"value": 100 * one.value, "low": 100 * one.low, "high": 100 * one.high}
            rows.append({"task": title.partition(":")[0], "partner": partner} | numbers)
    return pd.DataFrame(rows, columns=["task", "partner", "value", "low", "high"])


def by_minimum(runs: pd.DataFrame) -> pd.DataFrame:
    """Tables 2 to 4 of ours: each task together and alone at each minimum of works an artist.

    Columns minimum, artists (of all draws, on average), task, multi-task, single-task, gain, low, high; in the task's
    own measure, the gain positive where together is better (points; of the period per cent of the error). kappa: of the
    artist, together, because accuracies over different numbers of artists cannot be compared.
    """
    artists = runs[runs["cell.task"] == "artist"].groupby("cell.minimum")["classes"].apply(
        lambda lists: np.mean([len(one) for one in lists])
    ) if len(runs) else {}  # fmt: skip
    own = runs[(runs["cell.task"] == "artist") & (runs["cell.method"] == "multi-task")] if len(runs) else runs
    kappa = own.groupby("cell.minimum")["metrics.kappa"].mean() if len(runs) else {}
    rows = []
    for minimum, level in runs.groupby("cell.minimum") if len(runs) else ():
        told = scored(level).pivot(index="task", columns="method", values="value")
        for title, one in gains(level).items():
            name = next(task for task in told.index if task.startswith(title.partition(":")[0]))
            rows.append(
                {"minimum": int(minimum), "artists": round(float(artists[minimum]), 1), "task": name,
                 **told.loc[name].round(1), "gain": 100 * one.value, "low": 100 * one.low, "high": 100 * one.high,
                 "kappa": kappa[minimum] if name.startswith("artist") else float("nan")}
            )  # fmt: skip
    columns = ["minimum", "artists", "task", "multi-task", "single-task", "gain", "low", "high", "kappa"]
    return pd.DataFrame(rows, columns=columns)


def first_by_luck(runs: pd.DataFrame, null: pd.DataFrame) -> pd.DataFrame:
    """Is the confusion of a father and a son more than the largest of all pairs would be by luck? A row a museum, draw.

    runs, null : of kind ``father-and-son``; null with the artist cut. "first": share of the folds in which no pair is
    confused more; "beyond luck": share in which the pair's excess is above every largest excess of the null museum (of
    its other draws, for the null itself); then medians of the pair's excess and of the largest of all pairs.
    """
    rows = []
    for title, table in (("drawn", runs), ("artist cut (null)", null)):
        own = table[table["cell.years"] == "common"] if len(table) else table
        for draw, folds in own.groupby("cell.draw") if len(own) else ():
            excess, ranks = folds["metrics.excess_of_pair"], folds["metrics.rank_of_pair"]
            # The null is held against its other draws: against itself no pair can be beyond the largest.
            others = null[null["cell.draw"] != draw] if table is null else null
            most = others["metrics.largest_excess"].max() if len(others) else float("nan")
            beyond = float((excess > most).mean()) if len(others) else float("nan")
            largest = folds["metrics.largest_excess"].median()
            rows.append([title, draw, len(folds), (ranks == 1).mean(), beyond, excess.median(), largest])
    columns = ["museum", "draw", "folds", "first", "beyond luck", "excess of the pair", "largest of all pairs"]
    return pd.DataFrame(rows, columns=columns).round(2)


STAGE_ONE = ("bases-museum-cpu", "bases-scratch-museum-cpu", "bases-external-museum-cpu")
"""The studies of section 4.4: new layers only, from scratch, external data first."""


def stage_one(names: Sequence[str] = STAGE_ONE) -> pd.DataFrame:
    """Recorded bases in each setting of section 4.4, single tasks: task, network, value, low, high, runs."""
    from artlib.experiments.grid import recorded

    tables = []
    for runs in map(recorded, names):
        if len(runs):
            own = scored(runs, by="network")
            tables.append(own.assign(task=own["task"] + f" ({runs['cell.setting'].iloc[0]})"))
    return pd.concat(tables, ignore_index=True) if tables else scored(pd.DataFrame(), by="network")


def named_only(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs, with the accuracy of the artist among works by named artists where the unknown are a class too."""
    if "metrics.accuracy_of_named" not in runs.columns:
        return runs
    own = runs["metrics.accuracy_of_named"]
    return runs.assign(**{"metrics.accuracy": runs["metrics.accuracy"].where(own.isna(), own)})


def by_dependence(runs: pd.DataFrame) -> pd.DataFrame:
    """Gain of together over alone at each strength of the labels' dependence, as ``figures.dependence`` draws it.

    In points (artist, type, material) and in per cent of the error (period); one row a task and strength.
    """
    level = runs["cell.cut"].fillna("") if "cell.cut" in runs.columns else pd.Series("", index=runs.index)
    rows = [
        {
            "task": name.partition(":")[0], "dependence": float(part["metrics.dependence"].mean()),
            "gain": 100 * one.value, "low": 100 * one.low, "high": 100 * one.high,
        }
        for _, part in runs.groupby(level)
        for name, one in gains(part).items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["task", "dependence", "gain", "low", "high"])

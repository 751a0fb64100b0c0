"""Kinds of the culture paper: a head of three layers, the map of cultures, one class made smaller, where it looks.

Several measures ask for the same training. What it leaves (features and probabilities of the pictures, its curves) is
kept in the cache under all that it depends on, so that each network is trained once. Chapter: culture.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.experiments.kinds import plain
from artlib.experiments.run_context import Bench
from artlib.experiments.study import ExperimentError, Study
from artlib.splits import Split

OWN = ("head", "probe", "resize", "keep", "works")
"""Settings of these kinds that are no fields of a recipe.

head: widths of the new ReLU layers before the last one. probe: logistic regression on frozen features takes the place
of training. resize, keep: the class that loses training pictures, and the share of them that it keeps. works: "all",
"paper" or "other", whose distances are measured.
"""

_TRAINED_BY = ("learners", "nets", "loaders", "losses.py", "splits.py", "papers/culture/study.py")


@dataclass(frozen=True)
class Outcome:
    """What a training leaves.

    features: before the last layer, (N, D) for all pictures. pooled: of the body without the new head, for the rows
    that were not trained on, (len(held), F). shares: probabilities, (N, classes). history: as a learner has it.
    """

    features: np.ndarray
    pooled: np.ndarray
    shares: np.ndarray
    history: dict[str, list]
    best_epoch: int
    split: Split

    @property
    def held(self) -> np.ndarray:
        """Rows that no gradient came from: validation and test."""
        return np.concatenate([self.split.valid, self.split.test])


def recipe(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All that decides what comes out: the ``finetune.Recipe``, defaults included, and this module's own settings."""
    own, given = _settings(study, settings)
    return given.described() | own


def deep(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """A network with the paper's head, fine-tuned, frozen or from scratch; tested once."""
    found = outcome(bench, cell, settings)
    yield _record(bench, cell, found), _predicted(bench, cell, found)


def mapped(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """Distances between the cultures' mean features, and whether they agree with the map of the world (Figs. 6, 7)."""
    found = outcome(bench, cell, settings)
    side = settings.get("works", "all")
    measured = _map_of_all(bench, cell, found) if side == "all" else _map_of_side(bench, cell, found, side)
    yield {**_record(bench, cell, found), "metrics": measured}, None


def resized(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Recall of one class that keeps a share of its training pictures; all else as it was (section 4.3)."""
    _, task = bench.question(cell["cell"]["task"])
    name = settings["resize"]
    if name not in task.classes:
        raise ExperimentError(f"There is no class {name!r} to resize. Classes: {', '.join(task.classes)}.")
    found = outcome(bench, cell, settings)
    predicted, record = _predicted(bench, cell, found), _record(bench, cell, found)
    own = predicted["target"] == task.classes.index(name)
    right = predicted["target"] == predicted["predicted"]
    record["metrics"] |= {
        "recall_of_resized": float(right[own].mean()),
        "accuracy_of_others": float(right[~own].mean()),
        "resized_trained": int((task.targets(bench.question(cell["cell"]["task"])[0])[found.split.train]
                                == task.classes.index(name)).sum()),
    }  # fmt: skip
    yield record, predicted


def timed(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """How long an epoch takes; on a CPU the processor's own time, which other work on the machine does not change."""
    learner = _trained(bench, cell, settings)
    measured = {
        "busy_seconds_per_epoch": float(np.min(learner.cpu_seconds)) if learner.cpu_seconds else float("nan"),
        "seconds_per_epoch": float(learner.history["seconds"].min()),
    }
    yield {"metrics": measured, "n_train": len(learner.split.train)}, None


def looking(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Summed feature map and Grad-CAM against the museum's evidence for the label, on pictures not trained on."""
    from artlib import collections
    from artlib.collections.museum import evidence
    from artlib.evaluate import attention

    place = cell["cell"]
    learner = _trained(bench, cell, settings)
    rows = np.concatenate([learner.split.valid, learner.split.test])
    maps = attention.picture_maps(learner.model, bench.pictures, rows, bench.study.crop)
    label = bench.question(place["task"])[1].column
    collection = collections.read(**{**bench.study.reader, "seed": place["draw"]})
    truth = evidence.masks(collection, rows, label, bench.study.crop or bench.study.pixels)
    side = attention.cells(learner.model, bench.study.crop or bench.study.pixels)
    blind = attention.baselines(len(rows), truth.shape[-1], cell["seed"], side)
    scores = attention.score_maps(maps | blind, truth)
    scores = scores.assign(work_id=bench.pictures.works["work_id"].to_numpy()[rows[scores["picture"]]])
    means = scores.groupby("map")[["inside", "pointing"]].mean()
    named = {f"{kind} {measure}".replace(" ", "_"): float(means.loc[kind, measure])
             for kind in means.index for measure in means.columns}  # fmt: skip
    yield {"metrics": named, "n_test": len(rows), "best_epoch": learner.best_epoch}, scores


# --- one training, and what it leaves ------------------------------------------------------------------------------


def outcome(bench: Bench, cell: Mapping, settings: Mapping) -> Outcome:
    """What this cell's training leaves, from the cache where it was run before."""
    split = _split(bench, cell, settings)
    file = paths.scratch("outcomes") / f"{_key(bench, cell, settings, split)}.npz"
    if not file.exists():
        made = _probed(bench, cell, split) if settings.get("probe") else _left(bench, cell, settings)
        draft = file.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(draft, told=np.array(json.dumps(made.pop("told"))), **made)
        os.replace(draft, file)
    with np.load(file, allow_pickle=False) as kept:
        told = json.loads(str(kept["told"]))
        return Outcome(kept["features"].astype("float32"), kept["pooled"].astype("float32"), kept["shares"],
                       told["history"], told["best_epoch"], split)  # fmt: skip


def _settings(study: Study, settings: Mapping[str, Any]):
    """This module's settings and the recipe."""
    from artlib.learners.recipe import Recipe

    given = plain(study, settings)
    own = {name: given.pop(name) for name in OWN if name in given}
    return own, Recipe(**{"crop": study.crop, **given})


def _split(bench: Bench, cell: Mapping, settings: Mapping) -> Split:
    """The cell's split, without the training pictures that a resized class loses."""
    split = bench.split(cell["cell"], cell["seed"])
    if settings.get("keep", 1) >= 1:
        return split
    works, task = bench.question(cell["cell"]["task"])
    own = split.train[task.targets(works)[split.train] == task.classes.index(settings["resize"])]
    order = np.random.default_rng(cell["seed"]).permutation(own)
    lost = order[max(1, round(settings["keep"] * len(own))) :]
    return replace(split, train=np.setdiff1d(split.train, lost))


def _trained(bench: Bench, cell: Mapping, settings: Mapping):
    """The cell's learner with the paper's head, trained."""
    from artlib import nets
    from artlib.learners import finetune

    place, seed = cell["cell"], cell["seed"]
    works, task = bench.question(place["task"])
    own, given = _settings(bench.study, settings)
    network = bench.network(place, task.outputs, seed)
    if own.get("head"):
        network = nets.add_hidden_layers(network, own["head"], seed)
    checkpoints = paths.cache() / "checkpoints" / records.identity(cell)
    pictures = replace(bench.pictures, works=works)
    learner = finetune.learner(
        pictures, task, _split(bench, cell, settings), network, given, seed=seed, folder=checkpoints, quiet=True
    )
    learner.fit_recipe()
    finetune.discard(checkpoints)
    return learner


def _left(bench: Bench, cell: Mapping, settings: Mapping) -> dict[str, Any]:
    from artlib.evaluate import predictions as predicting
    from artlib.learners import linear

    learner, crop = _trained(bench, cell, settings), bench.study.crop
    every = np.arange(len(bench.pictures))
    features = linear.features(learner.model, bench.pictures, every, crop=crop)
    held = np.concatenate([learner.split.valid, learner.split.test])
    pooled = linear.features(_without_head(learner.model), bench.pictures, held, crop=crop)
    shares = predicting.probabilities(learner, every)
    history = learner.history.drop(columns="rate").round(4).to_dict("list")
    told = {"history": history, "best_epoch": learner.best_epoch}
    return {"features": features.astype("float16"), "pooled": pooled.astype("float16"), "shares": shares, "told": told}


def _probed(bench: Bench, cell: Mapping, split: Split) -> dict[str, Any]:
    """Logistic regression in the place of a training: the features are the frozen body's."""
    from artlib.learners import linear

    works, task = bench.question(cell["cell"]["task"])
    network = bench.network(cell["cell"], task.outputs, 0)
    fitted = linear.probe(replace(bench.pictures, works=works), task, split, network, crop=bench.study.crop)
    every = np.arange(len(bench.pictures))
    features = linear.features(network, bench.pictures, every, crop=bench.study.crop)
    pooled = features[np.concatenate([split.valid, split.test])]
    return {"features": features.astype("float16"), "pooled": pooled.astype("float16"),
            "shares": fitted.probabilities(every), "told": {"history": {}, "best_epoch": 0}}  # fmt: skip


def _without_head(network):
    """The network as it was before its head was deepened, sharing its parameters; itself where it was not."""
    from torch import nn

    from artlib.nets import Network
    from artlib.nets.heads import HIDDEN

    layers = network.layers()
    if HIDDEN not in dict(layers):
        return network
    hidden = dict(layers)[HIDDEN]
    plain_head = nn.Linear(hidden[0].in_features, network.outputs)
    kept = [(name, layer) for name, layer in layers[:-1] if name != HIDDEN]
    return Network(network.name, network.body[0], plain_head, network.normalize, kept, size=network.size,
                   fixed_size=network.fixed_size)  # fmt: skip


def _key(bench: Bench, cell: Mapping, settings: Mapping, split: Split) -> str:
    """Of all that a training depends on; a shuffled label that it does not see changes nothing."""
    place = cell["cell"]
    works, task = bench.question(place["task"])
    decided = {name: value for name, value in recipe(bench.study, settings).items() if name not in OWN[2:]}
    facts = [place["network"], str(bench.study.initial[place["weights"]]), cell["seed"], decided, bench.pictures.key,
             task.classes, records.code_version(*_TRAINED_BY)]  # fmt: skip
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for part in (task.targets(works), split.train, split.valid):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:24]


# --- what is measured of it ----------------------------------------------------------------------------------------


def _predicted(bench: Bench, cell: Mapping, found: Outcome) -> pd.DataFrame:
    from artlib.evaluate import predictions as predicting

    works, task = bench.question(cell["cell"]["task"])
    rows = found.split.test
    return predicting.from_probabilities(works, rows, task.targets(works)[rows], found.shares[rows])


def _record(bench: Bench, cell: Mapping, found: Outcome) -> dict[str, Any]:
    _, task = bench.question(cell["cell"]["task"])
    record = bench.tested(task, found.split, _predicted(bench, cell, found))
    if found.history:
        record["metrics"]["seconds_per_epoch"] = float(np.median(found.history["seconds"]))
        record["metrics"]["valid_accuracy"] = float(np.max(found.history["accuracy"]))
        # The training's own, also where a second measure found it in the cache.
        record |= {"minutes": round(sum(found.history["seconds"]) / 60, 3), "best_epoch": found.best_epoch,
                   "history": found.history}  # fmt: skip
    return record


def _labels(bench: Bench, cell: Mapping) -> np.ndarray:
    works, task = bench.question(cell["cell"]["task"])
    return works[task.column].where(task.labelled(works), None).to_numpy(object)


def _map_of_all(bench: Bench, cell: Mapping, found: Outcome) -> dict[str, float]:
    """Agreement with the map by test pictures, by all pictures (as the paper did), and by the body's own features."""
    labels, test = _labels(bench, cell), found.split.test
    known = [row for row in range(len(labels)) if labels[row] is not None]
    of_test = np.isin(found.held, test)
    measured = _agreement(bench, found.features[test], labels[test])
    measured |= {
        f"{name}_all": value for name, value in _agreement(bench, found.features[known], labels[known]).items()
    }
    body = _agreement(bench, found.pooled[of_test], labels[found.held[of_test]])
    return measured | {f"{name}_body": value for name, value in body.items()}


def _agreement(bench: Bench, features: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    from artlib.papers.culture import measures as clusters

    apart, freed = (
        clusters.distances(clusters.means(features, labels)),
        clusters.noise_corrected_distances(features, labels),
    )
    names = list(apart.index)
    map_of_the_world = clusters.kilometres(names)
    found = {
        "mantel": (whole := clusters.mantel(apart, map_of_the_world, permutations=999)).r,
        "mantel_p": whole.p,
        "region_silhouette": clusters.silhouette(apart),
        "mantel_corrected": (corrected := clusters.mantel(freed, map_of_the_world, permutations=999)).r,
        "mantel_corrected_p": corrected.p,
        "region_silhouette_corrected": clusters.silhouette(freed),
        "cultures": float(len(names)),
    }
    if bench.study.reader.get("name") == "museum":
        from artlib.collections.museum import truth

        found["mantel_true"] = clusters.mantel(apart, truth.distances(), permutations=1).r
        found["mantel_true_corrected"] = clusters.mantel(freed, truth.distances(), permutations=1).r
    return found


def _map_of_side(bench: Bench, cell: Mapping, found: Outcome, side: str) -> dict[str, float]:
    """Mean distance between cultures on paper, or on anything else, by pictures that were not trained on."""
    from artlib.papers.culture import measures as clusters

    if side not in ("paper", "other"):
        raise ExperimentError(f"works is all, paper or other, not {side!r}.")
    rows = found.held
    paper = clusters.made_of(bench.pictures.works, "paper")[rows]
    both = clusters.sides(found.features[rows], _labels(bench, cell)[rows], paper, seed=cell["seed"])
    name = "inside" if side == "paper" else "outside"
    told = {"culture_distance": both[name], "culture_distance_corrected": both[f"{name}_corrected"]}
    told["cultures"] = both["classes"]
    return told | _recall_of_side(bench, cell, found, side == "paper")


def _recall_of_side(bench: Bench, cell: Mapping, found: Outcome, paper: bool) -> dict[str, float]:
    """Mean recall of the cultures that have test works on paper and others: on one of the two sides, and as they come.

    The mean of both sides is a recall in which no culture can be told by its materials: they are balanced.
    """
    from artlib.papers.culture import measures as clusters

    works, task = bench.question(cell["cell"]["task"])
    rows = found.split.test
    table = pd.DataFrame(
        {
            "class": task.targets(works)[rows],
            "right": found.shares[rows].argmax(1) == task.targets(works)[rows],
            "paper": clusters.made_of(bench.pictures.works, "paper")[rows],
        }
    )
    recall = table.groupby(["class", "paper"])["right"].mean().unstack("paper").dropna()
    if len(recall.columns) < 2 or recall.empty:
        return {"recall_of_side": float("nan"), "recall_as_they_come": float("nan")}
    whole = table.groupby("class")["right"].mean()[recall.index]
    return {"recall_of_side": float(recall[paper].mean()), "recall_as_they_come": float(whole.mean())}


# --- what a page reads from records --------------------------------------------------------------------------------


def agreement(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Correlations with the map in several sets of records of kind ``map``: measure, museum, value, low, high.

    named: title -> runs. Trained models are resampled inside their draws.
    """
    from artlib.evaluate import statistics

    rows = []
    for title, runs in named.items():
        whole = runs[runs["cell.works"] == "all"] if "cell.works" in runs.columns else runs
        for metric, words in _AGREEMENT.items():
            column = f"metrics.{metric}"
            known = whole.dropna(subset=[column]) if column in whole.columns else whole.iloc[:0]
            if len(known) > 1:
                levels = {"draw": known["cell.draw"].astype(str).to_numpy()}
                found = statistics.interval(known[column].to_numpy(float), units=levels)
                rows.append({"measure": words, "museum": title, "value": found.value, "low": found.low,
                             "high": found.high})  # fmt: skip
    return pd.DataFrame(rows, columns=["measure", "museum", "value", "low", "high"])


def right_parts(runs: pd.DataFrame) -> pd.DataFrame:
    """The right culture first, among three, and the right part of the world: share, low, high (section 4.1).

    Beside the last two stands what is right by always naming the largest. runs : of one classifier, with predictions.
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions
    from artlib.papers.culture import measures as clusters

    told = predictions(runs)
    world = clusters.by_region(told, told.attrs["classes"])
    sizes, regions = (one["target"].value_counts(normalize=True) for one in (told, world))
    scores = {
        "the right culture first": contrasts.score(told, "accuracy"),
        "the right culture among three": contrasts.score(told, "top3"),
        "... by always naming the three largest": sizes.iloc[:3].sum(),
        "the right part of the world": contrasts.score(world, "accuracy"),
        "... by always naming the largest": regions.iloc[0],
    }
    rows = [[e, "", ""] if isinstance(e, float) else [e.value, e.low, e.high] for e in scores.values()]
    table = pd.DataFrame(rows, index=list(scores), columns=["share", "low", "high"])
    return table.map(lambda value: round(value, 3) if isinstance(value, float) else value)


def by_material(runs: pd.DataFrame) -> pd.DataFrame:
    """Recall on paper, elsewhere, with materials balanced, and as works come: works, pictures, value, low, high.

    runs : of kind ``map`` on the two sides, with a field ``cell.pictures`` that says of what they are. Over the
    cultures that have test works on both sides; trained models are resampled inside their draws.
    """
    from artlib.evaluate import statistics

    keys = ["cell.task", "cell.draw", "seed", "cell.repeat", "cell.fold"]
    rows = []
    for title, own in runs.dropna(subset="metrics.recall_of_side").groupby("cell.pictures", sort=False):
        own = own.fillna(dict.fromkeys(keys, -1))
        table = own.pivot_table(index=keys, columns="cell.works", values="metrics.recall_of_side").dropna()
        table["materials balanced"] = table.mean(axis=1)
        table["as they come"] = own.groupby(keys)["metrics.recall_as_they_come"].mean()
        units = {"draw": table.index.get_level_values("cell.draw").astype(str).to_numpy()}
        for works in table.columns:
            found = statistics.interval(table[works].to_numpy(float), units=units)
            told = {"value": found.value, "low": found.low, "high": found.high}
            rows.append({"works": works, "pictures": title} | told)
    return pd.DataFrame(rows, columns=["works", "pictures", "value", "low", "high"])


def alarms(named: Mapping[str, pd.DataFrame], level: float = 0.05) -> pd.DataFrame:
    """In how many runs Mantel's test says that the map agrees: one row a set of runs of kind ``map``.

    As it is, and with the scatter of the means taken off. On a museum without cultures this is the rate of false
    alarms, and ``level`` of it is what chance promises.
    """
    words = {"metrics.mantel_p": "as it is", "metrics.mantel_corrected_p": "scatter taken off"}
    rows = {}
    for title, runs in named.items():
        told = {name: runs[column].dropna() for column, name in words.items() if column in runs.columns}
        if told and len(told["as it is"]):
            rows[title] = {"runs": len(told["as it is"])}
            rows[title] |= {f"p below {level:g}, {name}": int((values < level).sum()) for name, values in told.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


_AGREEMENT = {
    "mantel": "map of the world, test pictures",
    "mantel_corrected": "the same, scatter taken off",
    "mantel_all": "map of the world, all pictures",
    "mantel_body": "map of the world, without the head",
    "mantel_true": "true habits, test pictures",
    "mantel_true_corrected": "true habits, scatter taken off",
    "region_silhouette": "silhouette of regions",
    "region_silhouette_corrected": "silhouette, scatter taken off",
}


def looked_at(learner, collection, rows: np.ndarray, label: str = "culture") -> pd.DataFrame:
    """Scores of feature maps and Grad-CAM against the evidence, as ``attention.scores``: recorded, else this learner's.

    rows: of the museum ``collection``, pictures the learner was not trained on. Where nobody knows the evidence (any
    other collection) drawn pictures are shown to the learner instead. A printed line says what was scored.
    """
    from artlib import collections, pixels
    from artlib.collections.museum import evidence
    from artlib.evaluate import attention
    from artlib.experiments.grid import recorded
    from artlib.experiments.results import predictions

    found = recorded("culture-looking")
    if len(found):
        print(f"Recorded: culture-looking, {len(found)} networks, {int(found['n_test'].sum())} pictures.")
        return predictions(found)
    pictures = learner.pictures
    if not hasattr(collection.source, "causes"):
        collection = collections.read("museum")
        pictures, rows = pixels.cache(collection, learner.pictures.size), np.arange(min(300, len(collection)))
    print(f"No recorded run yet: this page's own network, on {len(rows)} drawn pictures.")
    maps = attention.picture_maps(learner.model, pictures, rows, learner.recipe.crop)
    size = next(iter(maps.values())).shape[-1]
    side = attention.cells(learner.model, size)
    blind = attention.baselines(len(rows), size, side=side)
    return attention.score_maps(maps | blind, evidence.masks(collection, rows, label, size))


def unseen_artists(named: Mapping[str, pd.DataFrame], apart: str = "artists apart") -> dict:
    """What it costs to be tested on artists that were never seen: title -> Estimate, for titles whose runs tell.

    named: title -> runs on a task, and on the same with ``apart`` in its name (splits with no artist on two sides).
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions

    found = {}
    for title, runs in named.items():
        unseen = runs["cell.task"].astype(str).str.contains(apart) if len(runs) else pd.Series(dtype=bool)
        if unseen.any() and not unseen.all():
            found[title] = contrasts.difference(predictions(runs[unseen]), predictions(runs[~unseen]))
    return found

"""Kinds of the culture paper: a head of three layers, the map of cultures, one class made smaller, where it looks.

Several measures ask for the same training. What it leaves (features and probabilities of the pictures, its curves) is
kept in the cache under all that it depends on, so that each network is trained once. Chapter: culture.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from artlib import collections, nets, paths
from artlib.collections.museum import truth
from artlib.errors import one_of
from artlib.evaluate import predictions
from artlib.experiments.run_context import RunContext, TaskData
from artlib.experiments.study import ExperimentError, Kind, Records, Run, Settings, Study, merged_settings
from artlib.experiments.training import training_fields
from artlib.learners import linear
from artlib.papers.culture import measures

OWN = ("head", "probe", "resize", "keep", "works")
"""Settings of these kinds that are no fields of a recipe.

head: widths of the new ReLU layers before the last one. probe: logistic regression on frozen features takes the place
of training. resize, keep: the class that loses training pictures, and the share of them that it keeps. works: "all",
"paper" or "other", whose distances are measured.
"""

_CODE = ("learners", "nets", "loaders", "losses.py", "evaluate/predictions.py", "papers/culture/study.py")


@dataclass(frozen=True)
class Outcome:
    """What a training leaves.

    Attributes
    ----------
    features : before the last layer, (N, D) for all pictures.
    pooled : of the body without the new head, for the rows that were not trained on, (len(held), F).
    shares : probabilities, (N, classes).
    history, best_epoch : as a learner has them; no history where nothing was trained.
    """

    data: TaskData
    features: np.ndarray
    pooled: np.ndarray
    shares: np.ndarray
    history: dict[str, list]
    best_epoch: int

    @property
    def held(self) -> np.ndarray:
        """Rows that no gradient came from: validation and test."""
        return np.concatenate([self.data.split.valid, self.data.split.test])

    @property
    def labels(self) -> np.ndarray:
        """The class of every picture by name; None where it has none."""
        names = np.array([*self.data.task.classes, None], dtype=object)
        return names[self.data.targets]

    def predictions(self) -> pd.DataFrame:
        """What was said of the test works."""
        return self.data.predictions(self.shares[self.data.split.test])

    def record(self) -> dict[str, Any]:
        """What a record says of the training and its test."""
        record = self.data.scored(self.predictions())
        if self.history:
            record["metrics"]["seconds_per_epoch"] = float(np.median(self.history["seconds"]))
            record["metrics"]["valid_accuracy"] = float(np.max(self.history["accuracy"]))
            # The training's own, also where a second measure found it in the cache.
            minutes = round(sum(self.history["seconds"]) / 60, 3)
            record |= {"minutes": minutes, "best_epoch": self.best_epoch, "history": self.history}
        return record


def recipe(study: Study, settings: Settings) -> dict[str, Any]:
    """All that decides what comes out: the ``finetune.Recipe``, defaults included, and this module's own settings."""
    own, given = _divided(study, settings)
    return given.described() | own


def fine_tune_deep_head(context: RunContext, run: Run, settings: Settings) -> Records:
    """A network with the paper's head, fine-tuned, frozen or from scratch; tested once."""
    found = outcome(context, run, settings)
    yield found.record(), found.predictions()


def culture_map(context: RunContext, run: Run, settings: Settings) -> Records:
    """Distances between the cultures' mean features, and whether they agree with the map of the world (Figs. 6, 7)."""
    found, side = outcome(context, run, settings), settings.get("works", "all")
    drawn = context.study.reader.get("name") == "museum"
    measured = _map_of_all(found, drawn) if side == "all" else _map_of_side(found, side, run.seed)
    yield {**found.record(), "metrics": measured, **(_distances(found) if side == "all" else {})}, None


def class_size(context: RunContext, run: Run, settings: Settings) -> Records:
    """Recall of one class that keeps a share of its training pictures; all else as it was (section 4.3).

    ``ranking_of_resized``: how often a work of the class is given more of its probability than another work is (area
    under the curve). A class that is merely guessed less often keeps it: one factor for all works changes no order.
    """
    from sklearn.metrics import roc_auc_score

    task, name = context.question(run.config["task"]).task, settings["resize"]
    one_of(name, task.classes, f"There is no class {name!r} to resize", ExperimentError)
    found = outcome(context, run, settings)
    predicted, record, number = found.predictions(), found.record(), task.classes.index(name)
    own = predicted["target"] == number
    right = predicted["target"] == predicted["predicted"]
    shares = found.shares[predicted["row"], number]
    record["metrics"] |= {
        "ranking_of_resized": float(roc_auc_score(own, shares)) if own.any() else float("nan"),
        "recall_of_resized": float(right[own].mean()),
        "accuracy_of_others": float(right[~own].mean()),
        "resized_trained": int((found.data.targets[found.data.split.train] == number).sum()),
    }
    yield record, predicted


def training_time(context: RunContext, run: Run, settings: Settings) -> Records:
    """How long an epoch takes; on a CPU the processor's own time, which other work on the machine does not change."""
    learner = _trained(context, run, settings)
    measured = {
        "busy_seconds_per_epoch": float(np.min(learner.cpu_seconds)) if learner.cpu_seconds else float("nan"),
        "seconds_per_epoch": float(learner.history["seconds"].min()),
    }
    yield {"metrics": measured, "n_train": len(learner.split.train)}, None


def attention(context: RunContext, run: Run, settings: Settings) -> Records:
    """Summed feature map and Grad-CAM against the museum's evidence for the label, on pictures not trained on."""
    learner = _trained(context, run, settings)
    rows = np.concatenate([learner.split.valid, learner.split.test])
    museum = collections.read(**{**context.study.reader, "seed": run.config["draw"]})
    scores = measures.attention_scores(learner, context.pictures, rows, museum, seed=run.seed)
    scores = scores.assign(work_id=context.pictures.works["work_id"].to_numpy()[rows[scores["picture"]]])
    means = scores.groupby("map")[["inside", "pointing"]].mean()
    named = {f"{kind} {measure}".replace(" ", "_"): float(means.loc[kind, measure])
             for kind in means.index for measure in means.columns}  # fmt: skip
    yield {"metrics": named, "n_test": len(rows), "best_epoch": learner.best_epoch}, scores


# --- one training, and what it leaves ------------------------------------------------------------------------------


def outcome(context: RunContext, run: Run, settings: Settings) -> Outcome:
    """What this run's training leaves, from the cache where it was done before."""
    own, _ = _divided(context.study, settings)
    data = _data(context, run, settings)
    decided = {name: value for name, value in recipe(context.study, settings).items() if name not in OWN[2:]}
    facts = {"network": _network(context, run, own), "seed": run.seed, "recipe": decided}
    facts |= {"classes": data.task.classes, **data.facts()}
    make = _probed if own.get("probe") else _fine_tuned
    found = context.once("outcomes", facts, lambda: make(context, run, settings), _CODE)
    halves = {name: found[name].astype("float32") for name in ("features", "pooled")}
    return Outcome(data, **halves, shares=found["shares"], history=found["history"], best_epoch=found["best_epoch"])


def _divided(study: Study, settings: Settings):
    """This module's own settings, and the recipe."""
    from artlib.learners.recipe import Recipe

    merged = merged_settings(study, settings)
    own = {name: merged.pop(name) for name in OWN if name in merged}
    return own, Recipe(**{"crop": study.crop, **merged})


def _data(context: RunContext, run: Run, settings: Settings) -> TaskData:
    """The run's data, without the training pictures that a resized class loses."""
    data = context.data(run)
    if settings.get("keep", 1) >= 1:
        return data
    own = data.split.train[data.targets[data.split.train] == data.task.classes.index(settings["resize"])]
    order = np.random.default_rng(run.seed).permutation(own)
    lost = order[max(1, round(settings["keep"] * len(own))) :]
    return replace(data, split=replace(data.split, train=np.setdiff1d(data.split.train, lost)))


def _network(context: RunContext, run: Run, own: Mapping[str, Any]):
    """The run's network with its initial weights and the paper's head; a probe's is the same for every seed."""
    outputs = context.question(run.config["task"]).task.outputs
    network = context.network(run.config, outputs, 0 if own.get("probe") else run.seed)
    deeper = own.get("head") and not own.get("probe")
    return nets.add_hidden_layers(network, own["head"], run.seed) if deeper else network


def _trained(context: RunContext, run: Run, settings: Settings):
    """The run's learner with the paper's head, trained."""
    from artlib.learners import finetune

    own, given = _divided(context.study, settings)
    data, network = _data(context, run, settings), _network(context, run, own)
    checkpoints = paths.cache() / "checkpoints" / run.id
    learner = finetune.learner(
        data.pictures, data.task, data.split, network, given, seed=run.seed, folder=checkpoints, quiet=True
    )
    learner.fit_recipe()
    finetune.discard(checkpoints)
    return learner


def _fine_tuned(context: RunContext, run: Run, settings: Settings) -> dict[str, Any]:
    learner, crop = _trained(context, run, settings), context.study.crop
    every = np.arange(len(context.pictures))
    features = linear.features(learner.model, context.pictures, every, crop=crop)
    held = np.concatenate([learner.split.valid, learner.split.test])
    pooled = linear.features(_without_head(learner.model), context.pictures, held, crop=crop)
    return {
        "features": features.astype("float16"),
        "pooled": pooled.astype("float16"),
        "shares": predictions.probabilities(learner, every),
        **training_fields(learner),
    }


def _probed(context: RunContext, run: Run, settings: Settings) -> dict[str, Any]:
    """Logistic regression in the place of a training: the features are the frozen body's."""
    data, network = _data(context, run, settings), _network(context, run, {"probe": True})
    fitted = linear.probe(data.pictures, data.task, data.split, network, crop=context.study.crop)
    every = np.arange(len(data.works))
    features = linear.features(network, data.pictures, every, crop=context.study.crop).astype("float16")
    held = np.concatenate([data.split.valid, data.split.test])
    shares = fitted.probabilities(every)
    return {"features": features, "pooled": features[held], "shares": shares, "history": {}, "best_epoch": 0}


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


# --- what is measured of it ----------------------------------------------------------------------------------------


def _map_of_all(found: Outcome, drawn: bool) -> dict[str, float]:
    """Agreement with the map by test pictures, by all pictures (as the paper did), and by the body's own features."""
    labels, test = found.labels, found.data.split.test
    known, of_test = np.flatnonzero(found.data.targets >= 0), np.isin(found.held, test)
    shown = {
        "": (found.features[test], labels[test]),
        "_all": (found.features[known], labels[known]),
        "_body": (found.pooled[of_test], labels[found.held[of_test]]),
    }
    return {f"{name}{end}": value for end, own in shown.items() for name, value in _agreement(*own, drawn).items()}


def _agreement(features: np.ndarray, labels: np.ndarray, drawn: bool) -> dict[str, float]:
    apart = measures.distances(measures.means(features, labels))
    freed = measures.noise_corrected_distances(features, labels)
    found, far = {"cultures": float(len(apart))}, measures.kilometres(list(apart.index))
    for end, matrix in (("", apart), ("_corrected", freed)):
        agreed = measures.mantel(matrix, far, permutations=999)
        found |= {f"mantel{end}": agreed.r, f"mantel{end}_p": agreed.p}
        found[f"region_silhouette{end}"] = measures.silhouette(matrix)
        if drawn:
            found[f"mantel_true{end}"] = measures.mantel(matrix, truth.distances(), permutations=1).r
    return found


def _distances(found: Outcome) -> dict[str, list]:
    """The distances themselves, so that the map can be drawn: cultures, and their distances by test pictures."""
    test = found.data.split.test
    shown = found.features[test], found.labels[test]
    apart, freed = measures.distances(measures.means(*shown)), measures.noise_corrected_distances(*shown)
    return {
        "placed": list(apart.index),
        "distances": apart.round(4).to_numpy().tolist(),
        "distances_corrected": freed.round(4).to_numpy().tolist(),
    }


def _map_of_side(found: Outcome, side: str, seed: int) -> dict[str, float]:
    """Mean distance between cultures on paper, or on anything else, by pictures that were not trained on."""
    one_of(side, ("all", "paper", "other"), f"Unknown works {side!r}", ExperimentError)
    rows = found.held
    paper = measures.made_of(found.data.works, "paper")
    both = measures.sides(found.features[rows], found.labels[rows], paper[rows], seed=seed)
    name = "inside" if side == "paper" else "outside"
    return {
        "culture_distance": both[name],
        "culture_distance_corrected": both[f"{name}_corrected"],
        "cultures": both["classes"],
        **_recall_of_side(found, paper, side == "paper"),
    }


def _recall_of_side(found: Outcome, paper: np.ndarray, side: bool) -> dict[str, float]:
    """Mean recall of the cultures that have test works on paper and others: on one of the two sides, and as they come.

    The mean of both sides is a recall in which no culture can be told by its materials: they are balanced.
    """
    rows = found.data.split.test
    targets = found.data.targets[rows]
    table = pd.DataFrame({"class": targets, "right": found.shares[rows].argmax(1) == targets, "paper": paper[rows]})
    recall = table.groupby(["class", "paper"])["right"].mean().unstack("paper").dropna()
    if len(recall.columns) < 2 or recall.empty:
        return {"recall_of_side": float("nan"), "recall_as_they_come": float("nan")}
    whole = table.groupby("class")["right"].mean()[recall.index]
    return {"recall_of_side": float(recall[side].mean()), "recall_as_they_come": float(whole.mean())}


KINDS = {
    "fine-tune-deep-head": Kind(fine_tune_deep_head, recipe),
    "culture-map": Kind(culture_map, recipe),
    "class-size": Kind(class_size, recipe),
    "training-time": Kind(training_time, recipe),
    "attention": Kind(attention, recipe),
}

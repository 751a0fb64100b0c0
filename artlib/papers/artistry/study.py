"""Kinds of the artistry paper: fields learned alone and together, one field judged by another's layers, attention.

A study's questions are the fields; a method names one of the networks of ``artlib.papers.artistry.network.NAMES``,
and its ``tasks`` are the fields that are learned together. A training is kept in the cache, because several studies
ask for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from artlib import cache, collections, paths
from artlib.collections import four_fields
from artlib.evaluate import attention as maps_of_attention
from artlib.evaluate import metrics
from artlib.experiments.run_context import RunContext
from artlib.experiments.study import Kind, Question, Records, Run, Settings, Study, merged_settings
from artlib.papers.artistry import measures
from artlib.papers.artistry.copies import augmented_copies
from artlib.papers.artistry.network import ARTISTIC, named
from artlib.pixels import Pictures
from artlib.splits import Split
from artlib.works import FIELDS, Collection

if TYPE_CHECKING:
    from artlib.papers.artistry.learner import FieldLearner, Recipe

QUESTIONS = {field: Question("artistic", "binary", where={"field": [field]}) for field in FIELDS}
"""The four questions of the paper: is a work of this field artistic or ordinary?"""

OWN = ("family", "fractions", "copies", "leak", "pictures")
"""Settings of these kinds that are none of the learner's recipe."""

_CODE = ("learners", "nets", "loaders", "losses.py", "papers/artistry/copies.py", "papers/artistry/network.py",
         "papers/artistry/learner.py")  # fmt: skip


def recipe(study: Study, settings: Settings) -> dict[str, Any]:
    """The ``artistry.Recipe`` of a method, defaults included, with family, shares of the split and copies."""
    merged = merged_settings(study, settings)
    own = {name: merged[name] for name in OWN if name in merged and name != "pictures"}
    return {**_recipe(study, settings).described(), "family": "small", **own}


def _recipe(study: Study, settings: Settings) -> Recipe:
    from artlib.papers.artistry.learner import Recipe

    return Recipe(**{name: value for name, value in merged_settings(study, settings).items() if name not in OWN})


def learn_fields(context: RunContext, run: Run, settings: Settings) -> Records:
    """Learn the fields of a method, together or alone: a record for each, its epoch chosen on validation.

    ``copies`` makes so many changed copies of every picture; ``leak: true`` splits after that, as the paper did, so
    that copies of one picture stand on both sides; ``leak: false`` before.
    """
    siblings = {other.config["task"]: other for other in context.siblings(run, ["task"])}
    made = trained(context, run, settings, list(siblings))
    biases = measures.bias(made).set_index("field")
    for field, other in siblings.items():
        predicted = measures.predict(made, field)
        own = made.history[made.history["field"] == field].drop(columns="field")
        found = {
            **metrics.scores(predicted, ARTISTIC),
            "best_on_test": float(biases.loc[field, "best"]),
            "bias": float(biases.loc[field, "bias"]),
            "seconds_per_epoch": float(own["seconds"].median()),
        }
        record = {
            **other.fields(),
            "metrics": found,
            **{f"n_{part}": len(rows[field]) for part, rows in made.rows_of.items()},
            "classes": list(ARTISTIC.classes),
            "parameters": made.network.path_parameters(field),
            "parameters_of_all_fields": sum(p.numel() for p in made.network.parameters()),
            "best_epoch": made.epoch_of(field),
            "history": own.round(4).to_dict("list"),
        }
        yield record, predicted


def cross_field(context: RunContext, run: Run, settings: Settings) -> Records:
    """What the network of one field, ``trained on`` in the method's cell, says of the others (see section 1)."""
    made = trained(context, run, settings, list(context.study.questions))
    source = run.config["trained on"]
    for other in context.siblings(run, ["task"]):
        predicted = measures.across(made, source, other.config["task"])
        record = {
            **other.fields(),
            "metrics": metrics.scores(predicted, ARTISTIC),
            "n_train": len(made.rows_of["train"][source]),
            "n_test": len(predicted),
            "classes": list(ARTISTIC.classes),
        }
        yield record, predicted


def attention(context: RunContext, run: Run, settings: Settings) -> Records:
    """Where Grad-CAM says that the networks look: how wide, and, of drawn works, how much on the evidence.

    ``pictures``: of each field how many of the test works are also set beside their evidence. Beside each record lies
    a table with a row for every picture and part of the network.
    """
    study = context.study
    names, family = list(study.questions), recipe(study, settings)["family"]
    made = trained(context, run, settings, names)
    networks = {settings.get("network", study.network) for settings in study.methods.values()}
    side = measures.resolution([named(name, names, family, study.pixels, None) for name in networks])
    collection = _drawn_fields(context, run)
    count = merged_settings(study, settings).get("pictures", 25)
    for other in context.siblings(run, ["task"]):
        field = other.config["task"]
        rows = made.rows_of["test"][field]
        maps = measures.grad_cam_maps(made.network, field, made.pictures, rows, side)
        table = maps_of_attention.score_maps(maps, measures=["spread"], kind="part")
        table.insert(0, "work_id", made.pictures.works["work_id"].to_numpy()[rows][table["picture"]])
        if collection is not None:
            chosen = np.unique(np.linspace(0, len(rows) - 1, count).astype(int))
            mask = measures.masks(evidence(collection, made.pictures, rows[chosen], made.network.size))
            own = {part: found[chosen] for part, found in maps.items()}
            scores = maps_of_attention.score_maps(own, mask, ["over_chance", "pointing"], kind="part")
            scores["picture"] = chosen[scores["picture"]]
            table = table.merge(scores, on=["part", "picture"], how="left")
        yield {**other.fields(), "metrics": _attention_metrics(table), "n_test": len(rows)}, table


def _attention_metrics(table: pd.DataFrame) -> dict[str, float]:
    """Means over pictures, of each part and of all parts alike."""
    by_part = table.groupby("part").mean(numeric_only=True)
    words = {"spread": "area_above_half", "over_chance": "evidence_share_over_chance", "pointing": "pointing"}
    found = {}
    for column, word in words.items():
        if column in by_part:
            found[word] = float(by_part[column].mean())
            found |= {f"{word}, {part}": float(value) for part, value in by_part[column].items()}
    return found


def relations(context: RunContext, run: Run, settings: Settings) -> Records:
    """How the fields are related: what each pair gains from learning together, and how alike their shared layers see.

    Trains, or takes from the cache, the single networks, every pair, and all fields together.
    """
    names = list(context.study.questions)
    alone = _accuracies(trained(context, run, settings, names, "single"))
    gains = {}
    for pair in itertools.combinations(names, 2):
        both = _accuracies(trained(context, run, settings, list(pair)))
        gains[", ".join(pair)] = float((both - alone)[list(pair)].mean())
    every = trained(context, run, settings, names)
    alike = measures.cka_matrices(every.network, every.pictures, measures.some_of_each(every))
    common = measures.pairs(alike["common"])
    # Two points lie on a line whatever they are, and one has none.
    found = float(np.corrcoef([gains[pair] for pair in common.index], common)[0, 1]) if len(common) > 2 else np.nan
    record = {
        "metrics": {
            "gain_similarity": found,
            "mean_gain": float(np.mean(list(gains.values()))),
            **{f"alignment, {part}": float(measures.pairs(table).mean()) for part, table in alike.items()},
        },
        "gains": gains,
        "alignment": {part: measures.pairs(table).round(4).to_dict() for part, table in alike.items()},
    }
    yield record, None


def alignment(context: RunContext, run: Run, settings: Settings) -> Records:
    """How alike the fields' layers see the same pictures, after every epoch of one training (promised in section 1).

    ``history``: mean alignment over the pairs of fields by epoch (0: before training) and part.
    """
    from fastai.callback.core import Callback

    made = learner(context, run, settings, list(context.study.questions), keep=False)
    rows, table = measures.some_of_each(made), []

    def measure(epoch: int) -> None:
        for part, alike in measures.cka_matrices(made.network, made.pictures, rows).items():
            table.append({"epoch": epoch, "part": part, "alignment": float(measures.pairs(alike).mean())})

    measure(0)
    follow = Callback(after_epoch=lambda own: measure(own.learn.done))
    follow.order = 90  # after the epoch has been counted
    made.add_cb(follow)
    made.fit_recipe()
    found = pd.DataFrame(table)
    last = found[found["epoch"] == found["epoch"].max()].set_index("part")["alignment"]
    means = {f"alignment, {part}": float(value) for part, value in last.items()}
    yield {"metrics": means, "history": found.round(4).to_dict("list")}, None


# --- trainings --------------------------------------------------------------------------------------------------------


def trained(
    context: RunContext, run: Run, settings: Settings, names: Sequence[str], network: str | None = None
) -> FieldLearner:
    """The learner of these fields, all its epochs behind it; the same training is done once."""
    made = learner(context, run, settings, names, network)

    def make() -> dict[str, Any]:
        made.fit_recipe()
        return {"epochs": int(made.history["epoch"].max())}

    # What is kept is who trained it; the networks themselves lie in its checkpoints, which are read where it stops.
    context.once("field-trainings", {"folder": made.folder.name}, make, _CODE)
    return made.fit_recipe()


def learner(
    context: RunContext, run: Run, settings: Settings, names: Sequence[str], network: str | None = None,
    keep: bool = True,
) -> FieldLearner:  # fmt: skip
    """The learner of a run, before it trains. Its split is by the seed alone, so that all methods of it are paired."""
    from artlib.papers.artistry import learner as artistry

    study, merged = context.study, merged_settings(context.study, settings)
    pictures, split = _divided(context.pictures, merged, run.seed)
    family = merged.get("family", "small")
    net = named(network or run.config["network"], names, family, study.pixels, run.seed)
    facts = {
        "network": net,
        "fields": list(names),
        "recipe": recipe(study, settings),
        "pictures": pictures.key,
        # Where labels are dealt anew the pictures are the same.
        "answers": list(map(str, pictures.works["artistic"])),
        "split": split.parts(),
        "seed": run.seed,
    }
    folder = paths.cache() / "fields" / cache.key("fields", facts, code=_CODE) if keep else None
    return artistry.learner(pictures, split, net, _recipe(study, settings), seed=run.seed, folder=folder, quiet=True)


def _divided(pictures: Pictures, given: Settings, seed: int) -> tuple[Pictures, Split]:
    """The pictures, or changed copies of them, and their split."""
    from artlib.papers.artistry import learner as artistry

    fractions = tuple(given.get("fractions", (0.6, 0.15, 0.25)))
    many = augmented_copies(pictures, given["copies"], seed=0) if "copies" in given else pictures
    works = many.works
    if given.get("leak"):
        # Every copy passes for a work of its own: this is the leak, and the split cannot know.
        works = works.assign(work_id=works["work_id"] + "/" + works["copy"].astype(str))
    return many, artistry.split(works, fractions, seed)


def _accuracies(made: FieldLearner) -> pd.Series:
    """Test accuracy of each field at the epoch chosen on validation."""
    return measures.bias(made).set_index("field")["chosen"]


# --- where the evidence lies ------------------------------------------------------------------------------------------


def _drawn_fields(context: RunContext, run: Run) -> Collection | None:
    """The drawn fields behind a study's pictures; None where they were not drawn."""
    if context.pictures.collection != "museum-fields":
        return None
    options = {name: value for name, value in context.study.reader.items() if name != "name"}
    # A page's own study has no reader: its pictures say how many were drawn.
    largest = context.pictures.works["image"].str.partition("/")[2].astype(int).max()
    options.setdefault("size", len(FIELDS) * 2 * (1 + largest // (2 * len(FIELDS))))
    return collections.read("four_fields", **{**options, "seed": run.config["draw"]})


def evidence(collection: Collection, pictures: Pictures, rows: Sequence[int], size: int) -> np.ndarray:
    """Where the artistry of these drawn works lies, (N, size, size); kept in the cache, because drawing takes time."""
    images = pictures.works["image"].to_numpy()[np.asarray(rows)]
    facts = {"pictures": [collection.source.fingerprint(image) for image in images], "size": size}
    found = cache.once(
        "evidence", facts,
        lambda: np.stack([four_fields.evidence(collection, image, size) for image in images]).astype("float16"),
        code=("collections",),
    )  # fmt: skip
    return found.value.astype("float32")


# --- what a page asks -------------------------------------------------------------------------------------------------


def field_questions(pictures: Pictures) -> dict[str, Question]:
    """The questions that these pictures can pose: their fields that have both sides."""
    return {field: QUESTIONS[field] for field in four_fields.fields_of(pictures.works)}


def combinations(names: Sequence[str], size: int, **settings: Any) -> dict[str, dict]:
    """Methods that learn all combinations of so many fields together: "painting + garden" -> settings."""
    return {
        " + ".join(chosen): {
            "kind": "fields", **settings, "tasks": list(chosen), "cell": {"together": ", ".join(chosen)}
        }
        for chosen in itertools.combinations(names, size)
    }  # fmt: skip


def where_they_look(
    learners: Mapping[str, FieldLearner], field: str, collection: Collection, n: int = 4
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows of the first test works of a field, and maps for ``figures.overlays``: networks, then the known evidence.

    learners : name -> a learner that has run; all on the same pictures and split.
    """
    side = measures.resolution([learner.network for learner in learners.values()])
    first = next(iter(learners.values()))
    rows = first.rows_of["test"][field][:n]
    maps = {
        f"{name}: {part}": found
        for name, learner in learners.items()
        for part, found in measures.grad_cam_maps(learner.network, field, first.pictures, rows, side).items()
    }
    if first.pictures.collection == "museum-fields":
        maps["where it lies"] = evidence(collection, first.pictures, rows, first.network.size)
    return rows, maps


def subsample(pictures: Pictures, n: int) -> Pictures:
    """About ``n`` works of a collection, as many of each field and side."""
    groups = pictures.works.groupby(["field", "artistic"], sort=False)
    rows = np.sort(np.concatenate([own[: max(1, n // groups.ngroups)] for own in groups.indices.values()]))
    works = pictures.works.iloc[rows].reset_index(drop=True)
    return replace(pictures, works=works, pixels=pictures.pixels[rows], key=f"{pictures.key}-{n}-of-all")


def frame_only(pixels_: np.ndarray, width: int) -> np.ndarray:
    """Pictures (N, H, W, 3) of which only the outermost ``width`` pixels are left: what does the camera tell alone?"""
    made = np.array(pixels_)
    made[:, width:-width, width:-width] = 0
    return made


KINDS = {
    "fields": Kind(learn_fields, recipe),
    "cross-field": Kind(cross_field, recipe),
    "attention": Kind(attention, recipe),
    "relations": Kind(relations, recipe),
    "alignment": Kind(alignment, recipe),
}

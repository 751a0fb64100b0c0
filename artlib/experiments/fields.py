"""Kinds of the artistry paper: fields learned alone and together, one field judged by another's layers, attention.

A study's questions are the fields; a method names one of the networks of ``artlib.nets.artistry.NAMES``, and its
``tasks`` are the fields that are learned together. A training is kept in the cache, because several studies ask for it.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths, pixels
from artlib.experiments.bench import Bench
from artlib.experiments.kinds import plain
from artlib.experiments.study import Question, Study
from artlib.works import FIELDS

QUESTIONS = {field: Question("artistic", "binary", where={"field": [field]}) for field in FIELDS}
"""The four questions of the paper: is a work of this field artistic or ordinary?"""

OWN = ("family", "fractions", "copies", "leak", "pictures")
"""Settings of these kinds that are none of the learner's recipe."""


def recipe(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ``artistry.Recipe`` of a method, defaults included, with family, shares of the split and copies."""
    given = plain(study, settings)
    own = {name: given[name] for name in OWN if name in given and name != "pictures"}
    return {**_recipe(study, settings).described(), "family": "small", **own}


def _recipe(study: Study, settings: Mapping[str, Any]):
    from artlib.learners.artistry import Recipe

    return Recipe(**{name: value for name, value in plain(study, settings).items() if name not in OWN})


def learn(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Learn the fields of a method, together or alone: a record for each, its epoch chosen on validation.

    ``copies`` makes so many changed copies of every picture; ``leak: true`` splits after that, as the paper did, so
    that copies of one picture stand on both sides; ``leak: false`` before.
    """
    from artlib.evaluate import fields, metrics
    from artlib.learners.artistry import ARTISTIC

    cells = {other["cell"]["task"]: other for other in bench.siblings(cell, ["task"])}
    made = trained(bench, cell, settings, list(cells))
    biases = fields.bias(made).set_index("field")
    for field, other in cells.items():
        predicted = fields.predict(made, field)
        own = made.history[made.history["field"] == field].drop(columns="field")
        found = {
            **metrics.scores(predicted, ARTISTIC),
            "best_on_test": float(biases.loc[field, "best"]),
            "bias": float(biases.loc[field, "bias"]),
            "seconds_per_epoch": float(own["seconds"].median()),
        }
        yield (
            {
                "seed": other["seed"],
                "cell": other["cell"],
                "metrics": found,
                **{f"n_{part}": len(rows[field]) for part, rows in made.rows.items()},
                "classes": list(ARTISTIC.classes),
                "parameters": made.network.path_parameters(field),
                "parameters_of_all_fields": sum(p.numel() for p in made.network.parameters()),
                "best_epoch": made.best_epoch(field),
                "history": own.round(4).to_dict("list"),
            },
            predicted,
        )


def transfer(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """What the network of one field, ``trained on`` in the method's cell, says of the others (see section 1)."""
    from artlib.evaluate import fields, metrics
    from artlib.learners.artistry import ARTISTIC

    made = trained(bench, cell, settings, list(bench.study.questions))
    source = cell["cell"]["trained on"]
    for other in bench.siblings(cell, ["task"]):
        predicted = fields.across(made, source, other["cell"]["task"])
        yield (
            {
                "seed": other["seed"],
                "cell": other["cell"],
                "metrics": metrics.scores(predicted, ARTISTIC),
                "n_train": len(made.rows["train"][source]),
                "n_test": len(predicted),
                "classes": list(ARTISTIC.classes),
            },
            predicted,
        )


def attend(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Where Grad-CAM says that the networks look: how wide, and, of drawn works, how much on the evidence.

    ``pictures``: of each field how many of the test works are also held against their evidence. Beside each record lies
    a table with a row for every picture and part of the network.
    """
    from artlib.evaluate import fields

    names = list(bench.study.questions)
    made = trained(bench, cell, settings, names)
    family = recipe(bench.study, settings)["family"]
    networks = {settings.get("network", bench.study.network) for settings in bench.study.methods.values()}
    side = fields.resolution([_network(name, names, family, bench.study.pixels, None) for name in networks])
    house = _house(bench, cell)
    for other in bench.siblings(cell, ["task"]):
        field = other["cell"]["task"]
        rows = made.rows["test"][field]
        maps = fields.looks(made.network, field, made.pictures, rows, side)
        table = fields.scored(maps)
        table.insert(0, "work_id", made.pictures.works["work_id"].to_numpy()[rows][table["picture"]])
        if house is not None:
            some = np.unique(
                np.linspace(0, len(rows) - 1, plain(bench.study, settings).get("pictures", 25)).astype(int)
            )
            truth = evidence(house, made.pictures, rows[some], made.network.size)
            against = fields.scored({part: found[some] for part, found in maps.items()}, truth)
            against["picture"] = some[against["picture"]]
            table = table.merge(against.drop(columns="spread"), on=["part", "picture"], how="left")
        yield {"seed": other["seed"], "cell": other["cell"], "metrics": _attention(table), "n_test": len(rows)}, table


def _attention(table: pd.DataFrame) -> dict[str, float]:
    """Means over pictures, of each part and of all parts alike."""
    by_part = table.groupby("part").mean(numeric_only=True)
    words = {"spread": "area_above_half", "over_chance": "evidence_share_over_chance", "pointing": "pointing"}
    found = {}
    for column, word in words.items():
        if column in by_part:
            found[word] = float(by_part[column].mean())
            found |= {f"{word}, {part}": float(value) for part, value in by_part[column].items()}
    return found


def relate(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """How the fields are related: what each pair gains from learning together, and how alike their shared layers see.

    Trains, or takes from the cache, the single networks, every pair, and all fields together.
    """
    from artlib.evaluate import fields

    names = list(bench.study.questions)
    single = trained(bench, cell, settings, names, "single")
    alone = {field: _accuracy(single, field) for field in names}
    gains = {}
    for pair in itertools.combinations(names, 2):
        both = trained(bench, cell, settings, list(pair))
        gains[", ".join(pair)] = float(np.mean([_accuracy(both, field) - alone[field] for field in pair]))
    every = trained(bench, cell, settings, names)
    alike = fields.aligned(every.network, every.pictures, fields.some_of_each(every))
    common = fields.pairs(alike["common"])
    found = float(np.corrcoef([gains[pair] for pair in common.index], common)[0, 1])
    yield (
        {
            "metrics": {
                "gain_similarity": found,
                "mean_gain": float(np.mean(list(gains.values()))),
                **{f"alignment, {part}": float(fields.pairs(table).mean()) for part, table in alike.items()},
            },
            "gains": gains,
            "alignment": {part: fields.pairs(table).round(4).to_dict() for part, table in alike.items()},
        },
        None,
    )


def align(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """How alike the fields' layers see the same pictures, after every epoch of one training (promised in section 1)."""
    names = list(bench.study.questions)
    found = alignment_over_training(bench, cell, settings, names)
    last = found[found["epoch"] == found["epoch"].max()].set_index("part")["alignment"]
    yield (
        {
            "metrics": {f"alignment, {part}": float(value) for part, value in last.items()},
            "history": found.round(4).to_dict("list"),
        },
        None,
    )


def alignment_over_training(bench: Bench, cell: Mapping, settings: Mapping, names: Sequence[str]) -> pd.DataFrame:
    """Mean alignment over the pairs of fields: epoch (0: before training), part, alignment."""
    from artlib.evaluate import fields

    made = learner(bench, cell, settings, names, keep=False)
    rows, table = fields.some_of_each(made), []

    def measure(epoch: int) -> None:
        for part, alike in fields.aligned(made.network, made.pictures, rows).items():
            table.append({"epoch": epoch, "part": part, "alignment": float(fields.pairs(alike).mean())})

    measure(0)
    made.add_cb(_after_epochs(measure))
    made.run()
    return pd.DataFrame(table)


def _after_epochs(measure):
    from fastai.callback.core import Callback

    class AfterEpochs(Callback):
        order = 90

        def after_epoch(self) -> None:
            measure(self.learn.done)

    return AfterEpochs()


# --- trainings --------------------------------------------------------------------------------------------------------


def trained(bench: Bench, cell: Mapping, settings: Mapping, names: Sequence[str], network: str | None = None):
    """The learner of these fields, all its epochs behind it; the same training is done once."""
    return learner(bench, cell, settings, names, network).run()


def learner(
    bench: Bench, cell: Mapping, settings: Mapping, names: Sequence[str], network: str | None = None, keep: bool = True
):
    """The learner of a cell, before it runs. Its split is by the seed alone, so that all methods of it are paired."""
    from artlib.learners import artistry

    given, seed = plain(bench.study, settings), cell["seed"]
    pictures, split = _divided(bench.pictures, given, seed)
    name = network or cell["cell"]["network"]
    family = given.get("family", "small")
    net = _network(name, names, family, bench.study.pixels, seed)
    # Where labels are dealt anew the pictures are the same.
    labels = hashlib.sha256("".join(map(str, pictures.works["artistic"])).encode()).hexdigest()
    facts = [pictures.key, labels, name, family, list(names), seed, recipe(bench.study, settings)]
    folder = paths.cache() / "fields" / hashlib.sha256(repr(facts).encode()).hexdigest()[:20]
    return artistry.learner(
        pictures, split, net, _recipe(bench.study, settings), seed, folder if keep else None, quiet=True
    )


def _network(name: str, names: Sequence[str], family: str, size: int, seed: int | None):
    from artlib.nets import artistry

    return artistry.named(name, tuple(names), family, size, seed)


def _divided(pictures, given: Mapping[str, Any], seed: int):
    """The pictures, or changed copies of them, and their split."""
    from artlib.learners import artistry

    fractions = tuple(given.get("fractions", (0.6, 0.15, 0.25)))
    if "copies" not in given:
        return pictures, artistry.split(pictures.works, fractions, seed)
    many = pixels.copies(pictures, given["copies"], seed=0)
    if given["leak"]:
        # Every copy passes for a work of its own: this is the leak, and the split cannot know.
        alone = many.works.assign(work_id=many.works["work_id"] + "/" + many.works["copy"].astype(str))
        return many, artistry.split(alone, fractions, seed)
    return many, artistry.split(many.works, fractions, seed)


def _accuracy(learner, field: str) -> float:
    from artlib.evaluate import fields

    table = fields.predict(learner, field)
    return float((table["target"] == table["predicted"]).mean())


# --- where the evidence lies ------------------------------------------------------------------------------------------


def _house(bench: Bench, cell: Mapping):
    """The drawn fields behind a study's pictures; None where they were not drawn."""
    from artlib import collections

    if bench.pictures.collection != "museum-fields":
        return None
    options = {name: value for name, value in bench.study.reader.items() if name != "name"}
    return collections.read("four_fields", **{**options, "seed": cell["cell"]["draw"]})


def evidence(house, pictures, rows: Sequence[int], size: int) -> np.ndarray:
    """Where the artistry of these drawn works lies, (N, size, size); kept in the cache, because drawing takes time."""
    from artlib.collections import four_fields

    images = pictures.works["image"].to_numpy()[np.asarray(rows)]
    found = []
    for image in images:
        key = hashlib.sha256(f"{house.source.fingerprint(image)} {size}".encode()).hexdigest()[:24]
        file = paths.scratch("evidence") / f"{key}.npy"
        if not file.exists():
            draft = file.with_suffix(".part.npy")
            np.save(draft, four_fields.evidence(house, image, size).astype("float16"))
            draft.replace(file)
        found.append(np.load(file, allow_pickle=False).astype("float32"))
    return np.stack(found)


def of_fields(pictures) -> dict[str, Question]:
    """The questions that these pictures can pose: their fields that have both sides."""
    from artlib.collections import four_fields

    return {field: QUESTIONS[field] for field in four_fields.fields_of(pictures.works)}


def combinations(names: Sequence[str], size: int, **settings: Any) -> dict[str, dict]:
    """Methods that learn all combinations of so many fields together: "painting + garden" -> settings."""
    return {
        " + ".join(chosen): {
            "kind": "fields", **settings, "tasks": list(chosen), "cell": {"together": ", ".join(chosen)}
        }
        for chosen in itertools.combinations(names, size)
    }  # fmt: skip

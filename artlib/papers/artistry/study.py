"""Kinds of the artistry paper: fields learned alone and together, one field judged by another's layers, attention.

A study's questions are the fields; a method names one of the networks of ``artlib.papers.artistry.network.NAMES``,
and its ``tasks`` are the fields that are learned together. A training is kept in the cache, because several studies
ask for it.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths
from artlib.experiments.kinds import plain
from artlib.experiments.run_context import Bench
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
    from artlib.papers.artistry.learner import Recipe

    return Recipe(**{name: value for name, value in plain(study, settings).items() if name not in OWN})


def learn(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Learn the fields of a method, together or alone: a record for each, its epoch chosen on validation.

    ``copies`` makes so many changed copies of every picture; ``leak: true`` splits after that, as the paper did, so
    that copies of one picture stand on both sides; ``leak: false`` before.
    """
    from artlib.evaluate import metrics
    from artlib.papers.artistry import measures as fields
    from artlib.papers.artistry.learner import ARTISTIC

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
                **{f"n_{part}": len(rows[field]) for part, rows in made.rows_of.items()},
                "classes": list(ARTISTIC.classes),
                "parameters": made.network.path_parameters(field),
                "parameters_of_all_fields": sum(p.numel() for p in made.network.parameters()),
                "best_epoch": made.epoch_of(field),
                "history": own.round(4).to_dict("list"),
            },
            predicted,
        )


def transfer(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """What the network of one field, ``trained on`` in the method's cell, says of the others (see section 1)."""
    from artlib.evaluate import metrics
    from artlib.papers.artistry import measures as fields
    from artlib.papers.artistry.learner import ARTISTIC

    made = trained(bench, cell, settings, list(bench.study.questions))
    source = cell["cell"]["trained on"]
    for other in bench.siblings(cell, ["task"]):
        predicted = fields.across(made, source, other["cell"]["task"])
        yield (
            {
                "seed": other["seed"],
                "cell": other["cell"],
                "metrics": metrics.scores(predicted, ARTISTIC),
                "n_train": len(made.rows_of["train"][source]),
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
    from artlib.evaluate import attention
    from artlib.papers.artistry import measures as fields

    names = list(bench.study.questions)
    made = trained(bench, cell, settings, names)
    family = recipe(bench.study, settings)["family"]
    networks = {settings.get("network", bench.study.network) for settings in bench.study.methods.values()}
    side = fields.resolution([_network(name, names, family, bench.study.pixels, None) for name in networks])
    collection = _house(bench, cell)
    for other in bench.siblings(cell, ["task"]):
        field = other["cell"]["task"]
        rows = made.rows_of["test"][field]
        maps = fields.grad_cam_maps(made.network, field, made.pictures, rows, side)
        table = attention.score_maps(maps, measures=["spread"], kind="part")
        table.insert(0, "work_id", made.pictures.works["work_id"].to_numpy()[rows][table["picture"]])
        if collection is not None:
            some = np.unique(
                np.linspace(0, len(rows) - 1, plain(bench.study, settings).get("pictures", 25)).astype(int)
            )
            mask = fields.masks(evidence(collection, made.pictures, rows[some], made.network.size))
            own = {part: found[some] for part, found in maps.items()}
            against = attention.score_maps(own, mask, ["over_chance", "pointing"], kind="part")
            against["picture"] = some[against["picture"]]
            table = table.merge(against, on=["part", "picture"], how="left")
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
    from artlib.papers.artistry import measures as fields

    names = list(bench.study.questions)
    single = trained(bench, cell, settings, names, "single")
    alone = {field: _accuracy(single, field) for field in names}
    gains = {}
    for pair in itertools.combinations(names, 2):
        both = trained(bench, cell, settings, list(pair))
        gains[", ".join(pair)] = float(np.mean([_accuracy(both, field) - alone[field] for field in pair]))
    every = trained(bench, cell, settings, names)
    alike = fields.cka_matrices(every.network, every.pictures, fields.some_of_each(every))
    common = fields.pairs(alike["common"])
    # Two points lie on a line whatever they are, and one has none.
    found = float(np.corrcoef([gains[pair] for pair in common.index], common)[0, 1]) if len(common) > 2 else np.nan
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
    from artlib.papers.artistry import measures as fields

    made = learner(bench, cell, settings, names, keep=False)
    rows, table = fields.some_of_each(made), []

    def measure(epoch: int) -> None:
        for part, alike in fields.cka_matrices(made.network, made.pictures, rows).items():
            table.append({"epoch": epoch, "part": part, "alignment": float(fields.pairs(alike).mean())})

    measure(0)
    made.add_cb(_after_epochs(measure))
    made.fit_recipe()
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
    return learner(bench, cell, settings, names, network).fit_recipe()


def learner(
    bench: Bench, cell: Mapping, settings: Mapping, names: Sequence[str], network: str | None = None, keep: bool = True
):
    """The learner of a cell, before it runs. Its split is by the seed alone, so that all methods of it are paired."""
    from artlib.papers.artistry import learner as artistry

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
        pictures, split, net, _recipe(bench.study, settings), seed=seed, folder=folder if keep else None, quiet=True
    )


def _network(name: str, names: Sequence[str], family: str, size: int, seed: int | None):
    from artlib.papers.artistry import network as artistry

    return artistry.named(name, tuple(names), family, size, seed)


def _divided(pictures, given: Mapping[str, Any], seed: int):
    """The pictures, or changed copies of them, and their split."""
    from artlib.papers.artistry import learner as artistry
    from artlib.papers.artistry.copies import augmented_copies

    fractions = tuple(given.get("fractions", (0.6, 0.15, 0.25)))
    if "copies" not in given:
        return pictures, artistry.split(pictures.works, fractions, seed)
    many = augmented_copies(pictures, given["copies"], seed=0)
    if given["leak"]:
        # Every copy passes for a work of its own: this is the leak, and the split cannot know.
        alone = many.works.assign(work_id=many.works["work_id"] + "/" + many.works["copy"].astype(str))
        return many, artistry.split(alone, fractions, seed)
    return many, artistry.split(many.works, fractions, seed)


def _accuracy(learner, field: str) -> float:
    from artlib.papers.artistry import measures as fields

    table = fields.predict(learner, field)
    return float((table["target"] == table["predicted"]).mean())


# --- where the evidence lies ------------------------------------------------------------------------------------------


def _house(bench: Bench, cell: Mapping):
    """The drawn fields behind a study's pictures; None where they were not drawn."""
    from artlib import collections

    if bench.pictures.collection != "museum-fields":
        return None
    options = {name: value for name, value in bench.study.reader.items() if name != "name"}
    # A page's own study has no reader: its pictures say how large the collection must be.
    largest = bench.pictures.works["image"].str.partition("/")[2].astype(int).max()
    options.setdefault("size", len(FIELDS) * 2 * (1 + largest // (2 * len(FIELDS))))
    return collections.read("four_fields", **{**options, "seed": cell["cell"]["draw"]})


def evidence(collection, pictures, rows: Sequence[int], size: int) -> np.ndarray:
    """Where the artistry of these drawn works lies, (N, size, size); kept in the cache, because drawing takes time."""
    from artlib.collections import four_fields

    images = pictures.works["image"].to_numpy()[np.asarray(rows)]
    found = []
    for image in images:
        key = hashlib.sha256(f"{collection.source.fingerprint(image)} {size}".encode()).hexdigest()[:24]
        file = paths.scratch("evidence") / f"{key}.npy"
        if not file.exists():
            draft = file.with_suffix(".part.npy")
            np.save(draft, four_fields.evidence(collection, image, size).astype("float16"))
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


# --- what recorded runs say -------------------------------------------------------------------------------------------

_RESAMPLES = 2_000  # for figures; verdicts take more


def at_hand(runs: pd.DataFrame, *names: str, needed: int | None = None) -> pd.DataFrame:
    """The committed records of these studies together, else ``runs``, which must hold the like; a line says which.

    ``needed``: of how many of the studies there must be records; None: of all, because one is compared with another.
    Runs on a reader's own pictures stay: what was recorded on drawn ones says nothing about them.
    """
    from artlib.experiments.grid import own_pictures, recorded
    from artlib.experiments.study import load

    if own_pictures(runs):
        return runs
    found = {name: recorded(name) for name in names}
    there = [name for name, table in found.items() if len(table)]
    if len(there) >= (len(names) if needed is None else needed):
        whole = sum(len(list(load(name).cells())) for name in names)
        print(f"Recorded: {', '.join(there)}, {sum(map(len, found.values()))} of {whole} records.")
        return pd.concat([found[name] for name in there], ignore_index=True)
    first = next(name for name in names if name not in there)
    print(
        f"No recorded run yet: `artlib experiment {first}` makes one. What follows is this page's own run, at a size "
        "that proves that the code runs, and no more."
    )
    return runs


def gains(runs: pd.DataFrame, *networks: str, fields: Sequence[str] = ()) -> dict[str, Any]:
    """Gain in accuracy of networks over single ones, field by field: "garden: multi-1" -> Estimate.

    Networks or fields that were not run on the same works as the single ones are left out.
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions

    table, found = predictions(runs), {}
    for network, field in itertools.product(networks, fields or dict.fromkeys(table["task"])):
        own = table[table["task"] == field]
        sides = _both(*(own[own["network"] == name] for name in (network, "single")))
        if len(sides[0]):
            found[f"{field}: {network}"] = contrasts.difference(*sides, resamples=_RESAMPLES)
    return found


UNSHARED = "multi-2-unshared"
"""The network of multi-2's shape whose fields share nothing."""

CONTROLS = {
    "multi-2 less not shared": ("multi-2", "multi-2-unshared"),
    "multi-1 less not shared": ("multi-1", "multi-1-unshared"),
    "multi-1 less single-large": ("multi-1", "single-large"),
}
"""What a control is held against: the same network without sharing, and a single network as large as the path."""


def against(runs: pd.DataFrame, pairs: Mapping[str, tuple[str, str]] = CONTROLS) -> dict[str, Any]:
    """Accuracy of one network less that of another, over all fields: title -> Estimate; pairs not run are left out."""
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions

    table, found = predictions(runs), {}
    for title, names in pairs.items():
        sides = _both(*(table[table["network"] == name] for name in names))
        if len(sides[0]):
            found[title] = contrasts.difference(*sides, resamples=_RESAMPLES)
    return found


def by_epoch(runs: pd.DataFrame) -> pd.DataFrame:
    """Recorded curves of test accuracy (Fig. 17): network, field, epoch, run, accuracy."""
    tables = [
        pd.DataFrame({"epoch": row["history.epoch"], "accuracy": row["history.test_accuracy"]}).assign(
            network=row["cell.network"], field=row["cell.task"], run=f"{row['cell.draw']}/{row['seed']}",
        )
        for _, row in runs.iterrows()
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def of_pairs(runs: pd.DataFrame) -> pd.DataFrame:
    """What each pair gains from learning together, and how alike its layers see: pair, measure, value, low, high.

    runs : of kind ``relations``; trained models are resampled inside their draws.
    """
    from artlib.evaluate import statistics

    words = {"gains.": "gain", "alignment.common.": "common branch", "alignment.individual.": "individual branch"}
    rows = []
    for column in runs.columns:
        start = next((start for start in words if column.startswith(start)), None)
        if start is None or runs[column].notna().sum() < 1:
            continue
        values = runs[column].dropna()
        told = {"value": float(values.mean()), "low": float("nan"), "high": float("nan")}
        if len(values) > 1:
            told = _told(
                statistics.interval(values.to_numpy(float), units={"draw": runs.loc[values.index, "cell.draw"]})
            )
        rows.append({"pair": column.removeprefix(start), "measure": words[start]} | told)
    return pd.DataFrame(rows, columns=["pair", "measure", "value", "low", "high"])


def agreement(named: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Correlation of the pairs' gains with their alignment in sets of runs of kind ``relations``: title -> Estimate."""
    from artlib.evaluate import statistics

    found = {}
    for title, runs in named.items():
        known = runs.dropna(subset="metrics.gain_similarity") if len(runs) else runs
        if len(known) > 1:
            values = known["metrics.gain_similarity"].to_numpy(float)
            found[title] = statistics.interval(values, units={"draw": known["cell.draw"].to_numpy()})
    return found


def _both(a: pd.DataFrame, b: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Only the trained models that both sides have, so that a grid still running compares like with like."""
    keys = ["draw", "seed"]
    models = set(map(tuple, a[keys].to_numpy())) & set(map(tuple, b[keys].to_numpy()))
    return tuple(side[[tuple(row) in models for row in side[keys].to_numpy()]] for side in (a, b))


def _told(estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def gains_with(runs: pd.DataFrame) -> dict[tuple[str, str], Any]:
    """What each field gains from those it is learned with: (field, "painting + garden") -> Estimate.

    runs : of combinations (cell.together "painting, garden") and, on the same splits, of networks of the same shape
        whose fields share nothing, so that neither another shape nor another size passes for a gain.
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions

    combined = runs["cell.together"].notna() if "cell.together" in runs.columns else pd.Series(False, index=runs.index)
    alone = runs[~combined & (runs["cell.network"] == UNSHARED)]
    if not combined.any() or alone.empty:
        return {}
    both, own = predictions(runs[combined]), predictions(alone)
    found = {}
    for (field, together), table in both.groupby(["task", "together"], sort=False):
        partners = " + ".join(name for name in together.split(", ") if name != field)
        sides = _both(table, own[own["task"] == field])
        if len(sides[0]):
            found[field, partners] = contrasts.difference(*sides, resamples=_RESAMPLES)
    return found


def gain_matrix(runs: pd.DataFrame) -> pd.DataFrame:
    """``gains_with`` as ``figures.affinity`` has it: task (a field), partner, value, low, high in points."""
    rows = [
        {"task": field, "partner": partner} | {name: 100 * number for name, number in _told(found).items()}
        for (field, partner), found in gains_with(runs).items()
    ]
    return pd.DataFrame(rows, columns=["task", "partner", "value", "low", "high"])


def calibration(runs: pd.DataFrame, network: str = "multi-2") -> pd.DataFrame:
    """Gain of a multi-task network over the single one by the share in common: shared, field, value, low, high.

    runs : of both networks at several values of cell.shared. "all fields" stands for their mean.
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.experiments.results import predictions

    table, rows = predictions(runs), []
    for shared, level in table.groupby("shared"):
        sides = [level[level["network"] == name] for name in (network, "single")]
        for field in ("all fields", *dict.fromkeys(level["task"])):
            both = _both(*(side if field == "all fields" else side[side["task"] == field] for side in sides))
            if both[0].empty:
                continue
            found = contrasts.difference(*both, resamples=_RESAMPLES)
            rows.append({"shared": float(shared), "field": field} | _told(found))
    return pd.DataFrame(rows)


def follows(runs: pd.DataFrame, network: str = "multi-2") -> str:
    """In plain words, from these runs alone: does the gain of learning together follow what the fields share?"""
    from artlib.evaluate import comparisons as contrasts
    from artlib.evaluate import statistics
    from artlib.experiments.results import predictions

    unknown = "Whether the gain follows what is shared cannot be told yet: "
    table, found = predictions(runs), {}
    for shared, level in table.groupby("shared"):
        sides = _both(*(level[level["network"] == name] for name in (network, "single")))
        if len(sides[0]):
            found[float(shared)] = [contrasts.block(side, "accuracy") for side in sides]
    if len(found) < 2:
        return f"{unknown}{network} and single networks were run side by side at {len(found)} of the shares in common."
    least, most = min(found), max(found)
    try:
        start = statistics.resample(found[least], lambda m: m[:, 0] - m[:, 1], resamples=_RESAMPLES)
        rise = statistics.resample(
            [*found[most], *found[least]], lambda m: m[:, 0] - m[:, 1] - m[:, 2] + m[:, 3], resamples=_RESAMPLES
        )
    except statistics.StatisticsError as error:  # one level has been run for fewer models or draws than the other
        return f"{unknown}{error}."
    first = f"Where {least:g} of artistry is common, learning together gains {_points(start)}" + (
        ": a false alarm." if least == 0 and start.low > 0 else "."
    )
    second = f"From there to {most:g} in common the gain changes by {_points(rise)}: "
    second += (
        "it rises with what is shared."
        if rise.low > 0
        else "it falls as more is shared."
        if rise.high < 0
        else "that cannot be told from no change. By these runs a gain says nothing about common artistry."
    )
    return f"{first} {second}"


def _points(estimate) -> str:
    # Adding nought makes +0.0 of a negative number that is rounded to nothing.
    value, low, high = (
        f"{round(100 * number, 1) + 0:+.1f}" for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} points [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def biases(runs: pd.DataFrame) -> dict[str, Any]:
    """By how much the best epoch on the test set lies above the one chosen on validation: network -> Estimate."""
    from artlib.evaluate import statistics

    return {
        str(name): statistics.interval(
            own["metrics.bias"], groups=np.arange(len(own)), units={"draw": own["cell.draw"], "model": own["seed"]}
        )
        for name, own in runs.groupby("cell.network", sort=False)
        if len(own) > 1
    }


def leak(runs: pd.DataFrame) -> dict[str, Any]:
    """What splitting after augmenting adds to the accuracy: "all fields" and each field -> Estimate.

    The two ways test other works, so that nothing is paired but the trained models; only those count that were
    trained both ways. Empty where there are none.
    """
    from artlib.evaluate import comparisons as contrasts
    from artlib.evaluate import statistics
    from artlib.experiments.results import predictions

    table = predictions(runs)
    found = {}
    for field in ("all fields", *dict.fromkeys(table["task"])):
        own = table if field == "all fields" else table[table["task"] == field]
        sides = _both(*(own[own["method"] == name] for name in ("augment, then split", "split, then augment")))
        if len(sides[0]):
            blocks = [contrasts.block(side, "accuracy") for side in sides]
            found[field] = statistics.resample(blocks, lambda sides: sides[:, 0] - sides[:, 1], resamples=_RESAMPLES)
    return found


def wider(runs: pd.DataFrame, network: str = "multi-2") -> dict[str, Any]:
    """How much more of a picture a multi-task network's attention covers, picture by picture: field and part.

    Of the trained models that both networks have; empty where there are none.
    """
    from artlib.evaluate import statistics
    from artlib.experiments.results import predictions

    table = predictions(runs)
    keys = ["task", "draw", "seed", "picture"]
    single = table[table["network"] == "single"].set_index(keys)["spread"]
    found = {}
    for (part, field), own in table[table["network"] == network].groupby(["part", "task"], sort=False):
        own = own.set_index(keys)
        own = own[own.index.isin(single.index)]
        if own.empty:
            continue
        units = {"draw": own.index.get_level_values("draw"), "model": own.index.get_level_values("seed")}
        alone = single.loc[own.index]
        known = (own["spread"].notna() & alone.notna()).to_numpy()  # a map that is nought everywhere has no width
        units = {name: level[known] for name, level in units.items()}
        found[f"{field}: {part} branch"] = statistics.paired(
            own["spread"][known], alone[known], groups=own["work_id"][known], units=units, resamples=_RESAMPLES
        )
    return found


def alignments(runs: pd.DataFrame) -> pd.DataFrame:
    """Alignment by epoch of recorded trainings: part, epoch, alignment, run; parts that are not shared say so."""
    words = {"individual": "individual branch", "common": "common branch", "stem": "alone"}
    tables = [
        pd.DataFrame({name: row[f"history.{name}"] for name in ("epoch", "part", "alignment")}).assign(
            run=f"{row['cell.draw']}/{row['seed']}", network=row["cell.network"]
        )
        for _, row in runs.iterrows()
    ]
    table = pd.concat(tables, ignore_index=True)
    table["part"] = table["part"].map(words) + np.where(table["network"].str.contains("unshared"), ", not shared", "")
    shown = table["part"].isin(["individual branch", "common branch", "common branch, not shared"])
    return table[shown].reset_index(drop=True)


CURVE = (
    "artistry-networks-null-cpu",
    "artistry-calibration-25-cpu",
    "artistry-networks-cpu",
    "artistry-calibration-75-cpu",
    "artistry-calibration-100-cpu",
)
"""The studies that together make the calibration curve, from nothing in common to everything."""


def bias_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Accuracy at the epoch chosen on validation, at the last, and at the best on test: means over runs."""
    last = runs["history.test_accuracy"].map(lambda curve: curve[-1])
    columns = {"metrics.accuracy": "chosen on validation, %", "last": "last epoch, %",
               "metrics.best_on_test": "best on test, %", "metrics.bias": "feigned, points"}  # fmt: skip
    table = runs.assign(last=last).groupby("cell.network", sort=False)[list(columns)].mean()
    spans = {name: f"{100 * e.low:.1f} to {100 * e.high:.1f}" for name, e in biases(runs).items()}
    table = (100 * table).round(1).rename(columns=columns)
    return table.assign(**{"95% interval": [spans.get(str(name), "") for name in table.index]}).rename_axis("network")


def cost() -> pd.DataFrame:
    """Cost of the paper's trainings on a processor core, from a measured step (``tests/speed/artistry.py``)."""
    from artlib import records

    table = records.read("book", "bench")
    table = table[table["cell.bench"] == "artistry"] if len(table) else table
    names = {
        "cell.network": "network",
        "metrics.pictures_a_second": "pictures a second",
        "metrics.optimiser_seconds": "seconds for a step of Adam",
        "metrics.hours": "hours of one training",
        "metrics.memory_gb": "memory, GB",
    }
    return (
        table.sort_values("cell.row")[list(names)].rename(columns=names).set_index("network") if len(table) else table
    )


def known_evidence(collection, pictures, rows: Sequence[int], size: int) -> dict[str, np.ndarray]:
    """Where the artistry of these works lies, as a map for ``figures.overlays``; empty where they are not drawn."""
    if pictures.collection != "museum-fields":
        return {}
    return {"where it lies": evidence(collection, pictures, rows, size)}


def where_they_look(learners: Mapping[str, Any], field: str, collection, n: int = 4) -> tuple[np.ndarray, dict]:
    """Rows of the first test works of a field, and maps for ``figures.overlays``: networks, then the known evidence.

    learners : name -> a FieldLearner that has run; all on the same pictures and split.
    """
    from artlib.papers.artistry import measures as fields

    side = fields.resolution([learner.network for learner in learners.values()])
    first = next(iter(learners.values()))
    rows = first.rows_of["test"][field][:n]
    maps = {
        f"{name}: {part}": found
        for name, learner in learners.items()
        for part, found in fields.grad_cam_maps(learner.network, field, first.pictures, rows, side).items()
    }
    return rows, maps | known_evidence(collection, first.pictures, rows, first.network.size)


def some(pictures, n: int):
    """About ``n`` works of a collection, as many of each field and side."""
    groups = pictures.works.groupby(["field", "artistic"], sort=False)
    rows = np.sort(np.concatenate([own[: max(1, n // groups.ngroups)] for own in groups.indices.values()]))
    works = pictures.works.iloc[rows].reset_index(drop=True)
    return replace(pictures, works=works, pixels=pictures.pixels[rows], key=f"{pictures.key}-{n}-of-all")


def framed(pixels_: np.ndarray, width: int) -> np.ndarray:
    """Pictures (N, H, W, 3) of which only the outermost ``width`` pixels are left: what does the camera tell alone?"""
    made = np.array(pixels_)
    made[:, width:-width, width:-width] = 0
    return made

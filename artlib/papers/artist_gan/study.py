"""Kinds that train generators of pictures: scored early and at the end, and shown to a classifier of genres.

A method says with ``where`` what its generator learns from: columns and their values; ``{artist: most}`` is the artist
with the most works; nothing is everything. Whatever it is, all generators of a study get the same number of pictures,
epochs and held-out pictures, so that the scores of small samples compare. Paper: Niyogi and Ruiz, task 2.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from artlib import paths, records
from artlib.experiments.kinds import plain
from artlib.experiments.run_context import Bench
from artlib.experiments.study import Study

STAGES = {"early": 0.1, "end": 1.0}
"""Shares of the epochs after which a generator is scored (claim G3: a tenth, and all of them)."""

MOST = "most"
"""As a value in ``where``: the most frequent one."""

LOOKS = 10
"""Times that a training which keeps its pictures is scored, and its pictures are kept."""

WALK = (4, 8)
"""Stops of a walk through latent space that is kept, and steps from one to the next."""

_QUALITY = 82  # of kept pictures, as WebP
_JUDGES: WeakKeyDictionary = WeakKeyDictionary()  # bench -> its genre classifier: one a draw serves all generators
_COURSE = ("epoch", "d_loss", "g_loss", "real", "fake")  # of a history, what every epoch has
_OWN = ("where", "train", "held", "keep", "viewer", "judge_epochs")


def recipe(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The ``gan.Recipe`` of a method, and on how many pictures it is trained and scored, in whose eyes."""
    given = plain(study, settings)
    return {**asdict(_recipe(given)), **{name: given[name] for name in _OWN if name in given}}


def _recipe(given: Mapping[str, Any]):
    from artlib.papers.artist_gan import learner as gan

    return gan.Recipe(**{name: value for name, value in given.items() if name not in _OWN})


def generate(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame | None]]:
    """Train a generator and score it against held-out pictures of its kind: a record for every stage that is asked.

    With ``keep``, a number, so many pictures of the same noise are kept beside the record as the epochs go, and a walk.
    """
    given = plain(bench.study, settings)
    learner, train, held = trained(bench, cell, given)
    history = learner.history.round(5)
    keep = kept_pictures(learner, given["keep"]) if given.get("keep") else None
    facts = {
        "n_train": len(train),
        "n_test": len(held),
        "features": str(viewed(given).provenance.get("network", "")),
        "history": history[list(_COURSE)].to_dict("list"),
        "looks": history.dropna().drop(columns=[*_COURSE[1:], "seconds"]).to_dict("list"),
        "training_minutes": round(float(history["seconds"].sum()) / 60, 3),
    }
    floor = {f"real_{name}": value for name, value in _floor(bench, given, train, held).items()}
    for other in bench.siblings(cell, ("method", "stage")):
        row = history.iloc[stage_epoch(learner.recipe.epochs, other["cell"]["stage"]) - 1]
        scored = {name: float(row[name]) for name in history.columns if name not in ("epoch", "seconds")}
        yield {**facts, "seed": other["seed"], "cell": other["cell"], "metrics": {**scored, **floor}}, keep


def recognise(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Show new pictures of a generator of one genre to a classifier that was trained on real pictures (claim G5)."""
    from artlib.evaluate import metrics, predictions

    given = plain(bench.study, settings)
    learner, _, held = trained(bench, cell, given)
    judge = _judge(bench, given)
    (genre,) = [value for column, value in given["where"].items() if column == judge.task.column]
    truth = judge.task.classes.index(genre)
    pictures = learner.sample(len(held), cell["seed"] + 1)
    names = [f"{cell['cell']['draw']}-{cell['seed']}-{genre}-{number}" for number in range(len(pictures))]
    works, rows = pd.DataFrame({"work_id": names}), np.arange(len(pictures))
    shares = classified(judge.model, pictures)
    found = predictions.from_probabilities(works, rows, np.full(len(rows), truth), shares)
    real = predictions.predict(judge, held)
    told = {"accuracy": metrics.scores(found, judge.task)["accuracy"], "real_accuracy": (real["rank"] == 1).mean()}
    tested = predictions.predict(judge, judge.split.test)
    told["judge_kappa"] = metrics.scores(tested, judge.task)["kappa"]
    yield (
        {
            "metrics": {name: float(value) for name, value in told.items()},
            "classes": list(judge.task.classes),
            "n_test": len(found),
        },
        found,
    )


def trained(bench: Bench, cell: Mapping, given: Mapping[str, Any]):
    """(learner, its rows, held-out rows): a generator that has run, from its checkpoint where another cell made it."""
    from artlib.papers.artist_gan import data
    from artlib.papers.artist_gan import learner as gan

    where = {name: _most(bench, name) if value == MOST else value for name, value in given.get("where", {}).items()}
    rows = data.select(bench.pictures, **where)
    train, held = data.train_test_rows(bench.pictures.works, rows, given["held"], given["train"], cell["seed"])
    measure = _measure(bench, given, held)
    # What does not change the generator is left out, so that both kinds find the same one.
    told = sorted((name, value) for name, value in given.items() if name != "judge_epochs")
    facts = f"{bench.pictures.key} {where} {told} {cell['seed']} {cell['cell']['draw']}"
    folder = paths.scratch("generators") / hashlib.sha256(facts.encode()).hexdigest()[:20]
    made = gan.learner(
        bench.pictures, train, _recipe(given), seed=cell["seed"], folder=folder, measure=measure, quiet=True
    )  # fmt: skip
    return made.fit_recipe(), train, held


def stage_epoch(epochs: int, stage: str) -> int:
    """The epoch, counted from 1, after which a stage is scored."""
    return max(1, round(STAGES[stage] * epochs))


def viewed(given: Mapping[str, Any]):
    """The classifier in whose eyes the pictures of a study are scored."""
    from artlib.evaluate import generation

    return generation.feature_extractor(given.get("viewer", "photographs"))


def classified(network, pictures: np.ndarray) -> np.ndarray:
    """Class probabilities (N, K) that a network gives to pictures (N, H, W, 3) uint8."""
    from artlib.evaluate import generation

    return np.concatenate([shares for _, _, shares in generation.extract_features(network, [pictures])])


def _measure(bench: Bench, given: Mapping[str, Any], held: np.ndarray):
    """What is measured after an epoch: all scores, and those of the poster, at the stages and looks."""
    from artlib.evaluate import generation
    from artlib.papers.artist_gan.measures import poster_scores

    network, real = viewed(given), _statistics(bench, given, held)
    epochs = _recipe(given).epochs
    looks = {stage_epoch(epochs, stage) for stage in STAGES}
    if given.get("keep"):
        looks |= set(look_epochs(epochs))

    def measure(learner) -> dict[str, float]:
        if len(learner.rows) + 1 not in looks:
            return {}
        made = generation.statistics_of(
            network, learner.samples(len(held), learner.seed), network.size, len(held), class_covariance=True
        )
        return generation.scores(real, made) | poster_scores(real, made)

    return measure


def look_epochs(epochs: int) -> list[int]:
    """Epochs, counted from 1, at which a training that keeps its pictures is looked at."""
    return sorted({max(1, round(epochs * look / LOOKS)) for look in range(1, LOOKS + 1)})


def _statistics(bench: Bench, given: Mapping[str, Any], rows: np.ndarray):
    from artlib.evaluate import generation

    network, batches = viewed(given), generation.batches_of(bench.pictures, rows)
    return generation.statistics_of(network, batches, network.size, len(rows), class_covariance=True)


def _floor(bench: Bench, given: Mapping[str, Any], train: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """What real pictures score: those that were trained on, as many as were held out, against those held out."""
    from artlib.evaluate import generation
    from artlib.papers.artist_gan.measures import poster_scores

    real, other = (_statistics(bench, given, rows) for rows in (held, train[: len(held)]))
    return generation.scores(real, other) | poster_scores(real, other)


def _most(bench: Bench, column: str) -> str:
    return str(bench.pictures.works[column].value_counts().index[0])


def _judge(bench: Bench, given: Mapping[str, Any]):
    """A genre classifier, fine-tuned once a draw on the study's own question."""
    from artlib import nets, splits
    from artlib.learners import finetune

    if bench not in _JUDGES:
        (name,) = bench.study.questions
        works, task = bench.question(name)
        network = nets.create("resnet18_s", task.outputs, "photographs")
        told = finetune.Recipe(
            schedule="step", epochs=given["judge_epochs"], step_every=max(1, given["judge_epochs"] * 2 // 3),
            lr=0.02, batch_size=64, head_lr_factor=1,
        )  # fmt: skip
        pictures = replace(bench.pictures, works=works)
        _JUDGES[bench] = finetune.learner(pictures, task, splits.stratified(works, task), network, told).fit_recipe()
    return _JUDGES[bench]


# --- pictures beside a record -----------------------------------------------------------------------------------------


def kept_pictures(learner, count: int) -> pd.DataFrame:
    """Pictures as a table to lie beside a record: ``what`` ("epoch" or "walk"), ``step``, ``number``, ``webp``."""
    from artlib.papers.artist_gan import data

    epochs = {0, *look_epochs(learner.recipe.epochs)}
    sets = [("epoch", epoch, learner.frames[epoch][:count]) for epoch in sorted(epochs)]
    walks = [data.interpolate_latents(*WALK, z=learner.recipe.z, seed=seed) for seed in range(6)]
    painted = [learner.generate(walk) for walk in walks]
    sets += [("walk", step, np.stack([one[step] for one in painted])) for step in range(len(walks[0]))]
    return pd.DataFrame(
        [
            {"what": what, "step": step, "number": number, "webp": _webp(picture)}
            for what, step, pictures in sets
            for number, picture in enumerate(pictures)
        ]
    )


def pictures(run: Mapping, what: str = "epoch") -> dict[int, np.ndarray]:
    """What ``keep`` kept of a recorded run: step (an epoch, or a step of the walk) -> pictures (N, S, S, 3) uint8."""
    table = records.predictions(run)
    table = table[table["what"] == what].sort_values(["step", "number"])
    return {int(step): np.stack([_decoded(one) for one in part["webp"]]) for step, part in table.groupby("step")}


def looks(run: Mapping) -> pd.DataFrame:
    """The scores of a recorded run at the epochs at which it was looked at, one row each."""
    return pd.DataFrame(
        {name.removeprefix("looks."): run[name] for name in run.keys() if str(name).startswith("looks.")}  # noqa: SIM118
    )


def _webp(picture: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=_QUALITY, method=6)
    return buffer.getvalue()


def _decoded(data: bytes) -> np.ndarray:
    from PIL import Image

    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))

"""Kinds of Niyogi and Ruiz: artists recognised (task 1), generators of pictures scored and judged (task 2).

A method says with ``where`` what its generator learns from: columns and their values; ``{artist: most}`` is the artist
with the most works; nothing is everything. Whatever it is, all generators of a study get the same number of pictures,
epochs and held-out pictures, so that the scores of small samples compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from artlib import cache, nets, paths, splits
from artlib.evaluate import metrics, predictions
from artlib.experiments import training
from artlib.experiments.run_context import RunContext, TaskData
from artlib.experiments.study import Kind, Records, Run, Settings, Study, merged_settings
from artlib.figures import theme
from artlib.learners.checkpoints import discard
from artlib.nets import Network
from artlib.papers.artist_gan import data, scores
from artlib.papers.artist_gan.feature_statistics import FeatureStatistics
from artlib.papers.artist_gan.measures import poster_scores, score_callback
from artlib.tasks import Task

if TYPE_CHECKING:
    from artlib.papers.artist_gan.learner import GANLearner, Recipe

TOPS = ("accuracy", "top3", "top5")
"""What the poster's table of artists prints, for test and training."""

STAGES = {"early": 0.1, "end": 1.0}
"""Shares of the epochs after which a generator is scored (claim G3: a tenth, and all of them)."""

MOST = "most"
"""As a value in ``where``: the most frequent one."""

LOOKS = 10
"""Times that a training which keeps its pictures is scored, and its pictures are kept."""

WALK = (4, 8)
"""Stops of a walk through latent space that is kept, and steps from one to the next."""

_WALKS = 6
_QUALITY = 82  # of kept pictures, as WebP
_COURSE = ("epoch", "d_loss", "g_loss", "real", "fake")  # of a history, what every epoch has
_OWN = ("where", "train", "held", "keep", "viewer", "judge_epochs")
_CODE = (
    *("learners", "nets", "loaders", "losses.py", "papers/artist_gan/feature_statistics.py"),
    *(f"papers/artist_gan/{part}.py" for part in ("network", "data", "scores", "measures", "learner", "study")),
)
_JUDGED_BY = ("learners", "nets", "loaders", "losses.py", "evaluate", "papers/artist_gan/study.py")


# --- task 1: artists --------------------------------------------------------------------------------------------------


def identify(context: RunContext, run: Run, settings: Settings) -> Records:
    """Train a network, choose its epoch on the validation works, test it once; then show it its training works.

    ``metrics.train_accuracy``, ``train_top3`` and ``train_top5`` are what the poster's test loop measured, which ran
    over the training loader. Paper: task 1.
    """
    learner, record, predicted = training.trained_and_tested(context, run, settings)
    seen = metrics.scores(predictions.predict(learner, learner.split.train), learner.task)
    record["metrics"] |= {f"train_{name}": seen[name] for name in TOPS if name in seen}
    yield record, predicted


# --- task 2: generators -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Generated:
    """What the training of a generator leaves.

    Attributes
    ----------
    train, held : rows of the pictures that it learned from, and that it was scored against.
    history : one row an epoch, with the scores where they were measured.
    pictures : new ones, as many as were held out, (held, S, S, 3) uint8.
    kept : pictures of its epochs and of walks, for a table beside a record; None where none are kept.
    """

    train: np.ndarray
    held: np.ndarray
    history: pd.DataFrame
    pictures: np.ndarray
    kept: pd.DataFrame | None


def recipe(study: Study, settings: Settings) -> dict[str, Any]:
    """The ``gan.Recipe`` of a method, and on how many pictures it is trained and scored, in whose eyes."""
    merged = merged_settings(study, settings)
    return {**asdict(_recipe(merged)), **{name: merged[name] for name in _OWN if name in merged}}


def _recipe(merged: Settings) -> Recipe:
    from artlib.papers.artist_gan import learner as gan

    return gan.Recipe(**{name: value for name, value in merged.items() if name not in _OWN})


def generate(context: RunContext, run: Run, settings: Settings) -> Records:
    """Train a generator and score it against held-out pictures of its kind: a record for every stage that is asked.

    With ``keep``, a number, so many pictures of the same noise are kept beside the record as the epochs go, and a walk.
    """
    merged = merged_settings(context.study, settings)
    made = generated(context, run, merged)
    history = made.history.round(5)
    scores = history.dropna().drop(columns=[*_COURSE[1:], "seconds"])
    facts = {
        "n_train": len(made.train),
        "n_test": len(made.held),
        "features": str(viewed(merged).provenance.get("network", "")),
        "history": history[list(_COURSE)].to_dict("list"),
        "looks": scores.to_dict("list"),
        "training_minutes": round(float(history["seconds"].sum()) / 60, 3),
    }
    floor = {f"real_{name}": value for name, value in _floor(context, merged, made.train, made.held).items()}
    for other in context.siblings(run, ("method", "stage")):
        row = history.iloc[stage_epoch(len(history), other.config["stage"]) - 1]
        scored = {name: float(row[name]) for name in history.columns if name not in ("epoch", "seconds")}
        yield {**facts, **other.fields(), "metrics": {**scored, **floor}}, made.kept


def recognise(context: RunContext, run: Run, settings: Settings) -> Records:
    """Show new pictures of a generator of one genre to a classifier that was trained on real pictures (claim G5).

    ``real_accuracy``: what it says of real works of that genre that it has not learned from, those of its own test set.
    """
    merged = merged_settings(context.study, settings)
    made = generated(context, run, merged)
    judge, task, honest = _judge(context, merged["judge_epochs"])
    (genre,) = [value for column, value in merged["where"].items() if column == task.column]
    names = [f"{run.config['draw']}-{run.seed}-{genre}-{number}" for number in range(len(made.pictures))]
    works, rows = pd.DataFrame({"work_id": names}), np.arange(len(names))
    truth = np.full(len(rows), task.classes.index(genre))
    found = predictions.from_probabilities(works, rows, truth, classified(judge, made.pictures))
    scores = {
        "accuracy": float(metrics.scores(found, task)["accuracy"]),
        "real_accuracy": honest["recalls"][genre],
        "judge_kappa": honest["kappa"],
    }
    yield {"metrics": scores, "classes": list(task.classes), "n_test": len(found)}, found


def generated(context: RunContext, run: Run, merged: Settings) -> Generated:
    """What a generator's training leaves, from the cache where another run has asked for the same one."""
    from artlib.papers.artist_gan import learner as gan

    pictures, recipe = context.pictures, _recipe(merged)
    where = {
        name: str(pictures.works[name].value_counts().index[0]) if value == MOST else value
        for name, value in merged.get("where", {}).items()
    }
    rows = data.select(pictures, **where)
    train, held = data.train_test_rows(pictures.works, rows, merged["held"], merged["train"], run.seed)
    facts = {"recipe": recipe, "pictures": pictures.key, "train": train, "held": held, "seed": run.seed}
    facts |= {"viewer": viewed(merged), "keep": merged.get("keep")}

    def make() -> dict[str, Any]:
        folder = paths.cache() / "checkpoints" / cache.key("generators", facts, code=_CODE)
        measure = _measure(context, merged, held, run.seed)
        learner = gan.learner(pictures, train, recipe, seed=run.seed, folder=folder, measure=measure, quiet=True)
        learner.fit_recipe()
        left = {"history": learner.history.to_dict("list"), "pictures": learner.sample(len(held), run.seed + 1)}
        left |= _frames_and_walks(learner, merged["keep"]) if merged.get("keep") else {}
        discard(folder)
        return left

    left = context.once("generators", facts, make, _CODE)
    kept = kept_pictures(left["epochs"], left["frames"], left["walks"]) if merged.get("keep") else None
    return Generated(train, held, pd.DataFrame(left["history"]), left["pictures"], kept)


def stage_epoch(epochs: int, stage: str) -> int:
    """The epoch, counted from 1, after which a stage is scored."""
    return max(1, round(STAGES[stage] * epochs))


def look_epochs(epochs: int) -> list[int]:
    """Epochs, counted from 1, at which a training that keeps its pictures is looked at."""
    return sorted({max(1, round(epochs * look / LOOKS)) for look in range(1, LOOKS + 1)})


def viewed(merged: Settings) -> Network:
    """The classifier in whose eyes the pictures of a study are scored."""
    return scores.feature_extractor(merged.get("viewer", "photographs"))


def classified(network: Network, pictures: np.ndarray) -> np.ndarray:
    """Class probabilities (N, K) that a network gives to pictures (N, H, W, 3) uint8."""
    return np.concatenate([shares for _, _, shares in scores.extract_features(network, [pictures])])


def _measure(
    context: RunContext, merged: Settings, held: np.ndarray, seed: int
) -> Callable[[GANLearner], dict[str, float]]:
    """What is measured after an epoch: all scores, and those of the poster, at the stages and looks."""
    network, real, epochs = viewed(merged), _statistics(context, merged, held), _recipe(merged).epochs
    looks = {stage_epoch(epochs, stage) for stage in STAGES} | set(look_epochs(epochs) if merged.get("keep") else ())
    return score_callback(real, network, len(held), looks, network.size, seed, poster=True)


def _statistics(context: RunContext, merged: Settings, rows: np.ndarray) -> FeatureStatistics:
    network, batches = viewed(merged), scores.batches_of(context.pictures, rows)
    return scores.statistics_of(network, batches, network.size, len(rows), class_covariance=True)


def _floor(context: RunContext, merged: Settings, train: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """What real pictures score: those that were trained on, as many as were held out, against those held out."""
    real, other = (_statistics(context, merged, rows) for rows in (held, train[: len(held)]))
    return scores.all_scores(real, other) | poster_scores(real, other)


def _judge(context: RunContext, epochs: int) -> tuple[Network, Task, dict[str, Any]]:
    """A genre classifier, fine-tuned once a draw on the study's own question, and what it says of its own test works.

    ``recalls``: share of each class's test works that it knows; ``kappa``: over all of them.
    """
    from artlib.learners import finetune

    (name,) = context.study.questions
    asked = context.question(name)
    pictures = replace(context.pictures, works=asked.works)
    data = TaskData(pictures, asked.task, asked.targets, splits.stratified(asked.works, asked.task))
    network = nets.create("resnet18_s", asked.task.outputs, "photographs")
    recipe = finetune.Recipe(
        schedule="step", epochs=epochs, step_every=max(1, epochs * 2 // 3), lr=0.02, batch_size=64, head_lr_factor=1
    )

    def make() -> dict[str, Any]:
        learner = finetune.learner(pictures, data.task, data.split, network, recipe, quiet=True)
        learner.fit_recipe()
        tested = predictions.predict(learner, data.split.test)
        right = (tested["target"] == tested["predicted"]).groupby(tested["target"]).mean()
        recalls = {asked.task.classes[number]: float(share) for number, share in right.items()}
        kappa = float(metrics.scores(tested, asked.task)["kappa"])
        return {"recalls": recalls, "kappa": kappa, **learner.model.state_dict()}

    facts = {"network": network, "recipe": recipe, **data.facts()}
    left = context.once("judges", facts, make, _JUDGED_BY)
    honest = {measured: left.pop(measured) for measured in ("recalls", "kappa")}
    network.load_state_dict(left)
    return network.eval(), asked.task, honest


# --- pictures beside a record -----------------------------------------------------------------------------------------


def _frames_and_walks(learner: GANLearner, count: int) -> dict[str, Any]:
    """So many pictures of the epochs that are looked at, and those of some walks through latent space."""
    epochs = [0, *look_epochs(learner.recipe.epochs)]
    ways = [data.interpolate_latents(*WALK, z=learner.recipe.z, seed=seed) for seed in range(_WALKS)]
    frames = np.stack([learner.frames[epoch][:count] for epoch in epochs])
    return {"epochs": epochs, "frames": frames, "walks": np.stack([learner.generate(way) for way in ways], axis=1)}


def kept_pictures(epochs: Sequence[int], frames: np.ndarray, walks: np.ndarray) -> pd.DataFrame:
    """Pictures as a table to lie beside a record: ``what`` ("epoch" or "walk"), ``step``, ``number``, ``webp``.

    frames : (epochs, pictures, S, S, 3) uint8. walks : (steps, ways, S, S, 3) uint8.
    """
    sets = [("epoch", epoch, shown) for epoch, shown in zip(epochs, frames, strict=True)]
    sets += [("walk", step, shown) for step, shown in enumerate(walks)]
    return pd.DataFrame(
        [
            {"what": what, "step": step, "number": number, "webp": theme.webp(picture, _QUALITY, method=6)}
            for what, step, pictures in sets
            for number, picture in enumerate(pictures)
        ]
    )


KINDS = {
    "identify": Kind(identify, training.recipe),
    "generate": Kind(generate, recipe),
    "recognise": Kind(recognise, recipe),
}

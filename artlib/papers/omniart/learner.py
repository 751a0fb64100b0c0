"""Several tasks learned together over one table of works (Strezoski and Worring, OmniArt), as a fastai Learner.

``learner(pictures, tasks, split, network, recipe).fit_recipe()``: any mix of category, multi-label and regression
tasks, any network of ``artlib.nets``. While its body is frozen, features are computed once and cached
(``learners.feature_cache``), and the shared representation and the blocks train from them. Chapter: omniart.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Unpack

import numpy as np
import torch
from fastai.data.core import DataLoaders
from torch import Tensor, nn

from artlib import loaders
from artlib.errors import ArtlibError, one_of
from artlib.learners import feature_cache
from artlib.learners.base import ArtLearner, Options
from artlib.learners.feature_cache import PLAIN, CachedFeatures, View
from artlib.learners.recipe import BaseRecipe
from artlib.nets import Network
from artlib.nets.levels import level_names
from artlib.papers.omniart.loss import CombinedLoss
from artlib.papers.omniart.network import MultiTask, ScaledRegressionHead
from artlib.pixels import Pictures
from artlib.splits import Split
from artlib.tasks import Task

__all__ = ["MultiTaskError", "MultiTaskWarning", "MultiTasker", "Recipe", "learner", "ratios"]

WEIGHINGS = ("equal", "ratio", "uncertainty")
CHOICES = ("together", "each")
SCALE_OF_NUMBERS = 0.1  # the paper's s_period, by which it divides: the loss of years is ten times the others


class MultiTaskError(ArtlibError):
    """Tasks that cannot be learned together as was asked."""


class MultiTaskWarning(UserWarning):
    """A training that goes on, with something to know about it."""


@dataclass(frozen=True)
class Recipe(BaseRecipe):
    """How several tasks are learned together; the defaults are the book's, the paper's choices are named.

    Attributes
    ----------
    shared : units of the shared representation (the paper tries 1024 to 8192 and takes 6144).
    activation : relu, tanh, sigmoid (section 3.3) or none. dropout : of the shared representation.
    depths : task -> layer of the body at which its block branches off, outside the shared representation (section 3.3).
    frozen : whether the body stays as it is (the paper's choice).
    loss_weights : w of equation 2: "equal"; task -> number by hand; "ratio", each task's share in the combined
        validation loss, measured anew after every epoch (section 4.1); "uncertainty", learned (Kendall et al. 2018).
    scales : s of equation 2: task -> number; tasks that are not named have 0.1 where they predict a number, else 1.
    balanced : class weights that make every class of a category count alike (section 4.3.1).
    epochs, lr, weight_decay, batch_size, precision : of Adam. schedule : "cosine" to zero, or "fixed".
    choose : by which validation loss the epoch is chosen: "together", one epoch by the combined loss, in which the
        largest loss has the largest say; or "each", for every task the epoch that is best for it, as a network of its
        own has.
    augment : where pictures are shown in every epoch (a body that learns), random crops and mirrored pictures.
    crop : pixels of the crop; None: the whole picture.
    """

    shared: int = 1024
    activation: str = "relu"
    dropout: float = 0.0
    depths: Mapping[str, str] = field(default_factory=dict)
    frozen: bool = True
    loss_weights: str | Mapping[str, float] = "equal"
    scales: Mapping[str, float] = field(default_factory=dict)
    balanced: bool = False
    schedule: str = "cosine"
    choose: str = "together"
    augment: bool = True
    crop: int | None = None

    error: ClassVar[type[ArtlibError]] = MultiTaskError

    def __post_init__(self) -> None:
        if by_name := isinstance(self.loss_weights, str):
            said = f"Unknown loss_weights {self.loss_weights!r}, and no number for each task"
            one_of(self.loss_weights, WEIGHINGS, said, MultiTaskError)
        by_hand = {} if by_name else self.loss_weights
        for what, numbers in (("weight", by_hand), ("scale", self.scales)):
            for task, value in numbers.items():
                if not 0 < value < math.inf:
                    raise MultiTaskError(
                        f"The {what} of the task {task!r} is {value}; it must be above 0. Leave the task out "
                        "instead of giving it no say."
                    )
        one_of(self.schedule, ("cosine", "fixed"), f"Unknown schedule {self.schedule!r}", MultiTaskError)
        one_of(self.choose, CHOICES, f"Unknown way to choose the epoch, {self.choose!r}", MultiTaskError)
        super().__post_init__()
        self.above_zero("shared")

    def described(self) -> dict[str, Any]:
        """The recipe as a plain dictionary, for records, where ``loss_weights`` has always been called "weights"."""
        found = super().described()
        return {"weights" if name == "loss_weights" else name: value for name, value in found.items()}

    def rate(self, losses: Sequence[float] = (), share: float = 0.0) -> float:
        """Learning rate of the next epoch, given the validation losses so far, which only count the epochs."""
        falls = 0.5 * (1 + math.cos(math.pi * len(losses) / self.epochs)) if self.schedule == "cosine" else 1.0
        return self.lr * falls


class MultiTaskOptions(Options, total=False):
    """``learners.base.Options``, and how pictures are shown to a body that is frozen.

    features : views (``feature_cache.views``), whose features are then cached or found, the first also shown in the
        test (default: plain); or features that ``cache_features`` gave, refused where pictures, weights or levels
        differ; None computes the body anew in every epoch. Only a frozen body's features can be cached.
    """

    features: CachedFeatures | Sequence[View] | None


def learner(
    pictures: Pictures,
    tasks: Mapping[str, Task] | Sequence[Task],
    split: Split,
    network: Network,
    recipe: Recipe | None = None,
    **options: Unpack[MultiTaskOptions],
) -> MultiTasker:
    """A learner of several tasks at once over the training rows of one split.

    Works without any label are left out, with a MultiTaskWarning that says how many.

    Parameters
    ----------
    tasks : name -> Task, or a list (their columns are the names).
    network : its body is the base; its head is not used.
    options : ``features`` (``MultiTaskOptions``); ``seed``, ``folder``, ``device``, ``quiet``, ``cbs``.

    Raises
    ------
    MultiTaskError : no task, an empty part of the split, a class that no training work has, weights for other tasks.
    """
    recipe = recipe or Recipe()
    named = dict(tasks) if isinstance(tasks, Mapping) else {task.column: task for task in tasks}
    _check(named, recipe)
    split = _labelled(pictures, named, split)
    if recipe.loss_weights == "ratio":
        _name_unvalidated(pictures, named, split)
    _check_seen(pictures, named, split)
    seed, device = options.get("seed", 0), options.get("device")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MultiTask(
            network, named, recipe.shared, recipe.activation, dropout=recipe.dropout, depths=recipe.depths,
            frozen=recipe.frozen,
        )  # fmt: skip
    cached = _cached(pictures, network, recipe, options.get("features", (PLAIN,)))
    several = list(named.values())
    if cached is not None:
        dls = loaders.of_features(
            cached.values, pictures, split, several, recipe.batch_size, range(len(cached.views)), device, seed
        )
        dls.change = cached.views[0].change
    else:
        augment = recipe.augment and not recipe.frozen
        dls = loaders.dataloaders(
            pictures, split, several, recipe.batch_size, augment=augment, crop=recipe.crop, device=device, seed=seed
        )
    made = MultiTasker(dls, model, recipe, (pictures, split, cached), **options)
    _begin(made)
    return made


class MultiTasker(ArtLearner):
    """A fastai Learner of several tasks.

    Its history has a column "loss NAME" for each task; accuracy is of the first category task on the validation works.
    Beside what ``ArtLearner`` has: tasks (name -> Task), pictures, split, cached (features, or None), views.
    """

    error = MultiTaskError
    channels_last = False  # bodies that learn give other last digits with it, and what is recorded was made without

    def __init__(
        self,
        dls: DataLoaders,
        model: MultiTask,
        recipe: Recipe,
        data: tuple[Pictures, Split, CachedFeatures | None],
        **options: Unpack[MultiTaskOptions],
    ) -> None:
        self.tasks = model.tasks
        self.pictures, self.split, self.cached = data
        self.views = self.cached.views if self.cached else (PLAIN,)
        self.resting = not recipe.frozen  # the base's own head
        self.choices = ("", *self.tasks) if recipe.choose == "each" else ("",)
        losses = [f"loss {name}" for name in self.tasks]
        self.columns = ("epoch", "train_loss", "valid_loss", "accuracy", *losses, "seconds", "rate")
        adam = partial(torch.optim.Adam, weight_decay=recipe.weight_decay, fused=True)
        super().__init__(dls, model, _loss(self.tasks, recipe, self.pictures, self.split), recipe, adam, **options)

    def __repr__(self) -> str:
        return f"MultiTasker({self.model.name}, {self.model.units} shared, tasks: {', '.join(self.tasks)})"

    # --- the recipe ---------------------------------------------------------------------------------------------------

    def parameter_parts(self) -> list[list[nn.Parameter]]:
        """The body; then shared representation, blocks, and learned task weights."""
        body = list(self.model.network.parameters())
        known = {id(p) for p in body}
        return [body, [p for p in (*self.model.parameters(), *self.loss_func.parameters()) if id(p) not in known]]

    def measured(self) -> dict[str, tuple[Tensor, int | Tensor]]:
        """The combined loss, each task's own over its labelled works, and how often the first choice was right."""
        targets = self.yb[0]
        counts = [part.known(target).sum() for part, target in zip(self.loss_func.parts, targets, strict=True)]
        n, known = len(targets[0]), torch.stack(counts).float()
        found = {"loss": (self.loss.detach().double() * n, n), "each": (self.loss_func.last * known, known)}
        for output, target, task in zip(self.pred, targets, self.tasks.values(), strict=True):
            if task.kind in ("category", "binary"):
                found["accuracy"] = (output.detach().argmax(1) == target).sum(), (target >= 0).sum()
                break
        return found

    def epoch_rows(self, train: dict, valid: dict, seconds: float) -> list[dict[str, Any]]:
        """Losses together and task by task; task weights that follow them are measured anew."""
        (row,) = super().epoch_rows(train, valid, seconds)
        if self.recipe.loss_weights == "ratio":
            known = ~np.isnan(valid["each"])  # a task without a labelled validation work keeps its weight
            scales = np.array(self.yardstick[1])[known]
            self.loss_func.weights[torch.tensor(known)] = torch.tensor(ratios(np.array(valid["each"])[known], scales))
        each = {f"loss {name}": value for name, value in zip(self.tasks, valid["each"], strict=True)}
        del row["seconds"]
        return [{**row, **each, "seconds": seconds, "rate": self.rate}]

    def merit(self, rows: list[dict], choice: str) -> tuple[float]:
        """By the combined loss, or by a task's own."""
        if choice:
            return (-rows[0][f"loss {choice}"],)
        # Weights that change while training make no yardstick: those it began with do.
        parts = zip(*self.yardstick, [rows[0][f"loss {name}"] for name in self.tasks], strict=True)
        # A task without a labelled validation work has no say in which epoch is best.
        return (-sum(w * s * value for w, s, value in parts if not math.isnan(value)),)

    def tensors(self, choice: str | None = None) -> dict[str, Tensor]:
        """All weights but those of a frozen body, which do not change."""
        state = self.model.state_dict()
        return {k: v for k, v in state.items() if not (self.recipe.frozen and k.startswith("network."))}

    def extra_state(self) -> dict[str, Any]:
        """Task weights that are learned or measured."""
        return {"loss": self.loss_func.state_dict()}

    def load_extra_state(self, state: dict[str, Any]) -> bool:
        """Take them."""
        self.loss_func.load_state_dict(state["loss"])
        return True

    def put_back(self) -> None:
        """The weights of the epoch that is best for all tasks together."""
        self.load_tensors(self.chosen[""].weights)
        self.model.eval()

    def identity(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What a run depends on: recipe, tasks, pictures, how they are shown, rows and targets."""
        facts, _ = super().identity()
        facts |= {
            "tasks": [[name, task.column, task.kind, task.classes] for name, task in self.tasks.items()],
            "pictures": self.pictures.key,
            "network": self.model.name,
            "shown": [[view.name, view.key] for view in self.views] if self.cached else None,
        }
        arrays = {"train": self.split.train, "valid": self.split.valid}
        return facts, arrays | {f"targets {k}": t.targets(self.pictures.works) for k, t in self.tasks.items()}

    # --- each task by its own epoch -----------------------------------------------------------------------------------

    @contextmanager
    def at_best(self, task: str) -> Iterator[None]:
        """Inside the block the model has the weights of the epoch chosen for a task; after it those it had before."""
        if self.recipe.choose != "each":
            yield
            return
        now = {name: tensor.detach().clone() for name, tensor in self.tensors().items()}
        self.load_tensors(self.chosen[task].weights)
        try:
            yield
        finally:
            self.load_tensors(now)

    def epoch_of(self, task: str) -> int | None:
        """The epoch whose weights answer a task."""
        return self.chosen[task].epoch if self.recipe.choose == "each" else self.best_epoch

    # --- fastai's calls that are different here -----------------------------------------------------------------------

    def unfreeze(self) -> None:
        """The body learns too, where the recipe lets it."""
        if self.recipe.frozen:
            raise MultiTaskError("The recipe keeps the body as it is: make the learner with Recipe(frozen=False).")
        super().unfreeze()

    def get_preds(self, *args, with_loss: bool = False, **options):
        """fastai's; outputs, targets and decoded answers are tuples, one part a task."""
        if with_loss:
            raise MultiTaskError("Several tasks have no one loss a picture: take evaluate of one task, or the history.")
        return super().get_preds(*args, **options)

    def predict(self, item: Any, rm_type_tfms: Any = None, with_input: bool = False) -> tuple:
        """Of a row of the works or any picture: the answers in words, as numbers, and what they were decoded from."""
        dl = self.dls.test_dl([item])
        x, outputs, _, decoded = self.get_preds(dl=dl, with_input=True, with_decoded=True)
        _, *words = dl.decode_batch((x, *decoded))[0]
        found = tuple(words), tuple(one[0] for one in decoded), tuple(one[0] for one in outputs)
        return (x[0], *found) if with_input else found


def ratios(losses: Sequence[float], scales: Sequence[float] | None = None) -> list[float]:
    """Task weights w as shares of the combined validation loss, their mean 1 (section 4.1).

    The paper says "their ratio in the combined loss on the validation set" and no more; read here as in proportion, so
    that a task whose loss is small by nature (materials, nearly all zeros) weighs less, as its section 4.3.3 says.
    """
    parts = np.array(losses, float) * (np.ones(len(losses)) if scales is None else np.array(scales, float))
    if not (parts > 0).all():
        parts = np.maximum(parts, 1e-6)
    return (len(parts) * parts / parts.sum()).tolist()


def _loss(tasks: Mapping[str, Task], recipe: Recipe, pictures: Pictures, split: Split) -> CombinedLoss:
    weights = recipe.loss_weights if isinstance(recipe.loss_weights, Mapping) else {}
    by_class = {
        name: _class_weights(task, pictures, split)
        for name, task in tasks.items()
        if recipe.balanced and task.kind in ("category", "binary")
    }
    parts = [task.loss(by_class.get(name)) for name, task in tasks.items()]
    scales = [
        recipe.scales.get(name, SCALE_OF_NUMBERS if task.kind == "regression" else 1.0) for name, task in tasks.items()
    ]
    return CombinedLoss(parts, [weights.get(name, 1.0) for name in tasks], scales, recipe.loss_weights == "uncertainty")


def _class_weights(task: Task, pictures: Pictures, split: Split) -> list[float]:
    """Works over classes times works of the class, among the training works."""
    targets = task.targets(pictures.works)[split.train]
    counts = np.bincount(targets[targets >= 0], minlength=task.outputs)
    return (counts.sum() / (task.outputs * np.maximum(counts, 1))).tolist()


def _cached(
    pictures: Pictures, network: Network, recipe: Recipe, features: CachedFeatures | Sequence[View] | None
) -> CachedFeatures | None:
    """The body's features, computed, found or checked against pictures and weights; None where none are wanted."""
    if recipe.frozen and features is not None:
        names = level_names(recipe.depths)
        if isinstance(features, CachedFeatures):
            features.check(network, pictures, names, crop=recipe.crop)
            return features
        return feature_cache.cache_features(network, pictures, features, names, crop=recipe.crop)
    if features is not None and (isinstance(features, CachedFeatures) or tuple(features) != (PLAIN,)):
        raise MultiTaskError(
            "Other views than the plain one are shown from cached features only: leave the body frozen, or the views "
            "out."
        )
    return None


def _begin(made: MultiTasker) -> None:
    """What is measured on the training works before anything is learned: scale of the features, middle of numbers."""
    model, rows = made.model, made.split.train
    made.yardstick = (made.loss_func.weights.tolist(), made.loss_func.scales.tolist())
    few = rows[:: max(1, len(rows) // 2048)]
    if made.cached is not None:
        model.standard.fit(torch.from_numpy(made.cached.values[few, 0].astype("float32")))
    else:
        device = next(model.parameters()).device
        x = loaders.batch_of(made.pictures, few[:256], device=device, crop=made.recipe.crop)
        with torch.no_grad():
            model.standard.fit(model.features(x))
    for block, task in zip(model.blocks, model.tasks.values(), strict=True):
        if isinstance(block, ScaledRegressionHead):
            block.fit(torch.from_numpy(task.targets(made.pictures.works)[rows]).to(block.middle.device))


def _check(tasks: Mapping[str, Task], recipe: Recipe) -> None:
    if not tasks:
        raise MultiTaskError("There is no task to learn: give at least one.")
    by_hand = {} if isinstance(recipe.loss_weights, str) else recipe.loss_weights
    for what, numbers in (("loss_weights", by_hand), ("scales", recipe.scales), ("depths", recipe.depths)):
        for name in numbers:
            one_of(name, tasks, f"The recipe's {what} name {name!r}, which is none of the tasks", MultiTaskError)


def _labelled(pictures: Pictures, tasks: Mapping[str, Task], split: Split):
    """The split without works that have no label for any of the tasks."""
    known = np.zeros(len(pictures.works), dtype=bool)
    for task in tasks.values():
        known |= task.labelled(pictures.works)
    parts = {name: rows[known[rows]] for name, rows in split.parts().items()}
    lost = np.concatenate([rows[~known[rows]] for rows in split.parts().values()])
    if len(lost):
        first = pictures.works["work_id"].iloc[int(lost[0])]
        warnings.warn(
            f"{len(lost):,} works have no label for any of the tasks {', '.join(tasks)} and are left out (the first: "
            f"row {lost[0]}, work {first}).",
            MultiTaskWarning,
            stacklevel=3,
        )
    for name in ("train", "valid"):
        if not len(parts[name]):
            raise MultiTaskError(f"The {name} set of the split by {split.column!r} has no labelled work.")
    return replace(split, **parts)


def _name_unvalidated(pictures: Pictures, tasks: Mapping[str, Task], split: Split) -> None:
    silent = [name for name, task in tasks.items() if not task.labelled(pictures.works)[split.valid].any()]
    if silent:
        warnings.warn(
            f"No validation work has a label for {', '.join(silent)}: no ratio is known there, so the weight stays 1.",
            MultiTaskWarning,
            stacklevel=3,
        )


def _check_seen(pictures: Pictures, tasks: Mapping[str, Task], split: Split) -> None:
    """Every class must have a work to learn from."""
    for name, task in tasks.items():
        if task.kind == "regression":
            known = task.labelled(pictures.works)
            if not known[split.train].any():
                raise MultiTaskError(f"No training work has a number for the task {name!r}.")
            continue
        counts = task.counts(pictures.works.iloc[split.train])
        unseen = counts.index[counts == 0]
        if len(unseen):
            whole = int(task.counts(pictures.works)[unseen[0]])
            works = "1 work" if whole == 1 else f"{whole} works"
            more = f" and {len(unseen) - 1} more classes" if len(unseen) > 1 else ""
            raise MultiTaskError(
                f"No training work shows {unseen[0]!r}{more} of the task {name!r} ({works} in all), so it cannot be "
                f"learned. Raise the task's minimum (now {task.minimum}), or make another split."
            )

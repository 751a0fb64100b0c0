"""Several tasks learned together over one table of works (Strezoski and Worring, OmniArt), as a fastai Learner.

``learner(pictures, tasks, split, network, recipe).run()``: any mix of category, multi-label and regression tasks, any
network of ``artlib.nets``. While its body is frozen, features are computed once and kept (``learners.feature_cache``),
and the shared representation and the blocks train from them. Chapter: omniart.
"""

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException, TrainEvalCallback
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper

from artlib.errors import ArtlibError
from artlib.learners import feature_cache as keeping
from artlib.learners.base import own_randomness, seed_epoch
from artlib.learners.feature_cache import PLAIN, Kept, View
from artlib.losses import CombinedLoss
from artlib.nets import Network
from artlib.nets.levels import level_names
from artlib.papers.omniart.network import MultiTask, ScaledRegressionHead
from artlib.progress import StatusLine as Line
from artlib.tasks import Task

__all__ = ["MultiTaskError", "MultiTaskWarning", "MultiTasker", "Recipe", "learner", "ratios", "scales_of"]

WEIGHINGS = ("equal", "ratio", "uncertainty")
CHOICES = ("together", "each")
SCALE_OF_NUMBERS = 0.1  # the paper's s_period, by which it divides: the loss of years is ten times the others


class MultiTaskError(ArtlibError):
    """Tasks that cannot be learned together as was asked."""


class MultiTaskWarning(UserWarning):
    """A training that goes on, with something to know about it."""


@dataclass(frozen=True)
class Recipe:
    """How several tasks are learned together; the defaults are the book's, the paper's choices are named.

    Attributes
    ----------
    shared : units of the shared representation (the paper tries 1024 to 8192 and takes 6144).
    activation : relu, tanh, sigmoid (section 3.3) or none. dropout : of the shared representation.
    depths : task -> layer of the body at which its block branches off, outside the shared representation (section 3.3).
    frozen : whether the body stays as it is (the paper's choice).
    weights : w of equation 2: "equal"; task -> number by hand; "ratio", each task's share in the combined validation
        loss, measured anew after every epoch (section 4.1); "uncertainty", learned (Kendall et al. 2018).
    scales : s of equation 2: task -> number; tasks that are not named have 0.1 where they predict a number, else 1.
    balanced : class weights that make every class of a category count alike (section 4.3.1).
    epochs, lr, weight_decay, batch_size : of Adam. schedule : "cosine" to nought, or "fixed".
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
    weights: str | Mapping[str, float] = "equal"
    scales: Mapping[str, float] = field(default_factory=dict)
    balanced: bool = False
    epochs: int = 20
    lr: float = 1e-3
    weight_decay: float = 0.0
    batch_size: int = 64
    schedule: str = "cosine"
    choose: str = "together"
    augment: bool = True
    crop: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.weights, str) and self.weights not in WEIGHINGS:
            raise MultiTaskError(
                f"Unknown weights {self.weights!r}. Choose {', '.join(WEIGHINGS)}, or a number for each task."
            )
        by_hand = {} if isinstance(self.weights, str) else self.weights
        for what, numbers in (("weight", by_hand), ("scale", self.scales)):
            for task, value in numbers.items():
                if not 0 < value < math.inf:
                    raise MultiTaskError(
                        f"The {what} of the task {task!r} is {value}; it must be above 0. Leave the task out "
                        "instead of giving it no say."
                    )
        if self.schedule not in ("cosine", "fixed"):
            raise MultiTaskError(f"Unknown schedule {self.schedule!r}. Choose cosine or fixed.")
        if self.choose not in CHOICES:
            raise MultiTaskError(f"Unknown way to choose the epoch, {self.choose!r}. Choose {' or '.join(CHOICES)}.")
        for name in ("epochs", "lr", "batch_size", "shared"):
            if not getattr(self, name) > 0:
                raise MultiTaskError(f"The recipe's {name} must be more than 0, not {getattr(self, name)}.")

    def described(self) -> dict:
        """The recipe as a plain dictionary, for records."""
        return asdict(self)

    def rate(self, epoch: int) -> float:
        """Learning rate of an epoch, counted from 0."""
        falls = 0.5 * (1 + math.cos(math.pi * epoch / self.epochs)) if self.schedule == "cosine" else 1.0
        return self.lr * falls


def learner(
    pictures,
    tasks: Mapping[str, Task] | Sequence[Task],
    split,
    network: Network,
    recipe: Recipe | None = None,
    seed: int = 0,
    *,
    kept: Kept | bool = True,
    views: Sequence[View] = (PLAIN,),
    device: torch.device | str | None = None,
    quiet: bool = False,
    cbs=None,
) -> "MultiTasker":
    """A learner of several tasks at once over the training rows of one split.

    Parameters
    ----------
    pictures : pixels.Pictures. tasks : name -> Task, or a list (their columns are the names).
    network : its body is the base; its head is not used.
    kept : features that ``kept.keep`` gave (refused where pictures, weights or views differ); True makes or finds
        them; False computes the body anew in every epoch. Only a frozen body can be kept.
    views : how a kept picture may be shown in training, the first also in the test (``kept.views``).
    seed : new layers, order of works; the same call gives the same weights.

    Raises
    ------
    MultiTaskError : no task, an empty part of the split, a class that no training work has, weights for other tasks.
    Works without any label are left out, with a MultiTaskWarning that says how many.
    """
    from artlib import loaders

    recipe = recipe or Recipe()
    named = dict(tasks) if isinstance(tasks, Mapping) else {task.column: task for task in tasks}
    _check(named, recipe)
    split = _labelled(pictures, named, split)
    _check_seen(pictures, named, split)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MultiTask(
            network, named, recipe.shared, recipe.activation, dropout=recipe.dropout, depths=recipe.depths,
            frozen=recipe.frozen,
        )  # fmt: skip
    several = list(named.values())
    if recipe.frozen and kept is not False:
        names = level_names(recipe.depths)
        if kept is True:
            kept = keeping.keep(network, pictures, views, names, crop=recipe.crop)
        else:
            keeping.load(kept.path, network, pictures, views, names, crop=recipe.crop)
        places = [kept.view(view.name) for view in views]
        dls = loaders.of_features(kept.values, pictures, split, several, recipe.batch_size, places, device, seed)
    else:
        if tuple(views) != (PLAIN,):
            raise MultiTaskError(
                "Other views than the plain one are shown from kept features only: keep them (kept=True, a frozen "
                "body), or leave the views out."
            )
        kept = None
        augment = recipe.augment and not recipe.frozen
        dls = loaders.dataloaders(
            pictures, split, several, recipe.batch_size, augment=augment, crop=recipe.crop, device=device, seed=seed
        )
    made = MultiTasker(dls, model, recipe, pictures, split, kept, views=views, seed=seed, quiet=quiet, cbs=cbs)
    _begin(made)
    return made


class MultiTasker(Learner):
    """A fastai Learner of several tasks.

    Attributes: tasks (name -> Task), recipe, seed, pictures, split, kept (features or None), views; history, a table
    of epoch, train_loss, valid_loss, accuracy (of the first category task on the validation works), "loss NAME" for
    each task, seconds and rate; best_epoch, whose weights are kept after ``run``; where each task has an epoch of its
    own, best_of (name -> loss, epoch, weights) and ``at_best(name)``.
    """

    def __init__(
        self, dls, model: MultiTask, recipe: Recipe, pictures, split, kept, *, views=(PLAIN,), seed=0, quiet=False,
        cbs=None,
    ):  # fmt: skip
        self.views = tuple(views)
        self.tasks, self.recipe, self.seed = model.tasks, recipe, seed
        self.pictures, self.split, self.kept = pictures, split, kept
        self.log: list[dict] = []
        self.best: dict[str, torch.Tensor] | None = None
        self.best_epoch: int | None = None
        self.best_of: dict[str, tuple[float, int, dict[str, torch.Tensor]]] = {}
        self.fault = ""
        device = torch.device(dls.device or "cpu")
        model.to(device)
        loss = _loss(self.tasks, recipe, pictures, split).to(device)
        own = [TrainEvalCallback(), _Course(Line(quiet=quiet))]
        super().__init__(dls, model, loss, lr=recipe.lr, cbs=[*own, *(cbs or ())], default_cbs=False)

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch, epochs from 1."""
        losses = [f"loss {name}" for name in self.tasks]
        columns = ["epoch", "train_loss", "valid_loss", "accuracy", *losses, "seconds", "rate"]
        return pd.DataFrame(self.log, columns=columns)

    def run(self) -> "MultiTasker":
        """Train all epochs of the recipe, then put back the weights of the best one on validation."""
        with own_randomness(), self.course.line:
            self.fit(self.recipe.epochs)
            self.model.load_state_dict(self.best, strict=False)
            self.model.eval()
            seconds = sum(row["seconds"] for row in self.log)
            self.course.line.leave(f"{len(self.log)} epochs in {seconds:.1f} s; best on validation: {self.best_epoch}")
        return self

    def fit(self, *args, **options) -> None:
        """fastai's fit; ``run`` is what follows the recipe."""
        with warnings.catch_warnings():
            # Every callback has a switch called "run"; the learner's method of that name does not touch it.
            warnings.filterwarnings("ignore", message=r"You are shadowing an attribute \(run\)")
            super().fit(*args, **options)
        if self.fault:
            raise MultiTaskError(self.fault)

    def create_opt(self) -> None:
        """Adam over what learns: shared representation, blocks, the body unless frozen, learned task weights."""
        learns = [p for p in [*self.model.parameters(), *self.loss_func.parameters()] if p.requires_grad]
        adam = torch.optim.Adam(learns, lr=self.recipe.lr, weight_decay=self.recipe.weight_decay, fused=True)
        self.opt = OptimWrapper(opt=adam)

    def __repr__(self) -> str:
        return f"MultiTasker({self.model.name}, {self.model.units} shared, tasks: {', '.join(self.tasks)})"

    def _remember(self, row: dict, merit: float) -> None:
        self.log.append(row)
        if self.best is None or merit < self.best_merit:
            self.best_epoch, self.best_merit = row["epoch"], merit
            self.best = self._learned()
        if self.recipe.choose == "each":
            for name in self.tasks:
                loss = row[f"loss {name}"]
                if name not in self.best_of or loss < self.best_of[name][0] or math.isnan(loss):
                    self.best_of[name] = loss, row["epoch"], self._learned()

    def _learned(self) -> dict[str, torch.Tensor]:
        """A copy of all weights but those of a frozen body, which do not change."""
        state = self.model.state_dict()
        learned = [name for name in state if not (self.recipe.frozen and name.startswith("network."))]
        return {name: state[name].detach().clone() for name in learned}

    @contextmanager
    def at_best(self, task: str) -> Iterator[None]:
        """Inside the block the model has the weights of the epoch chosen for a task; after it those it had before."""
        if self.recipe.choose != "each":
            yield
            return
        now = self._learned()
        self.model.load_state_dict(self.best_of[task][2], strict=False)
        try:
            yield
        finally:
            self.model.load_state_dict(now, strict=False)

    def epoch_of(self, task: str) -> int | None:
        """The epoch whose weights answer a task."""
        return self.best_of[task][1] if self.recipe.choose == "each" else self.best_epoch


class _Course(Callback):
    """What happens around every epoch: seeds and rate before, losses task by task and the best weights after."""

    name, order = "course", 80

    def __init__(self, line: Line):
        self.line = line

    def before_epoch(self) -> None:
        self.started, self.number = time.perf_counter(), len(self.learn.log) + 1
        seed_epoch(self.learn.seed, self.number, self.dls.train)
        self.rate = self.recipe.rate(self.number - 1)
        self.opt.set_hypers(lr=self.rate)
        self.first = next(
            (k for k, task in enumerate(self.tasks.values()) if task.kind in ("category", "binary")), None
        )
        self.sums = {side: _Sums(len(self.tasks)) for side in ("train", "valid")}

    def after_batch(self) -> None:
        side = "train" if self.training else "valid"
        if side in getattr(self, "sums", ()):
            self.sums[side].add(self.loss_func, self.loss, self.pred, self.yb[0], self.first)
        if self.training:
            done = (self.number - 1 + (self.iter + 1) / self.n_iter) / self.recipe.epochs
            self.line.show(f"epoch {self.number} of {self.recipe.epochs}", done)

    def after_epoch(self) -> None:
        train, valid = (self.sums[side].read() for side in ("train", "valid"))
        del self.sums
        if not all(map(math.isfinite, (train["loss"], valid["loss"]))):
            self.learn.fault = (
                f"The loss is not a finite number in epoch {self.number} (rate {self.rate:g}). Take a smaller lr."
            )
            raise CancelFitException
        row = {
            "epoch": self.number,
            "train_loss": train["loss"],
            "valid_loss": valid["loss"],
            "accuracy": valid["accuracy"],
            **{f"loss {name}": value for name, value in zip(self.tasks, valid["each"], strict=True)},
            "seconds": time.perf_counter() - self.started,
            "rate": self.rate,
        }
        # Weights that change while training make no yardstick: those it began with do.
        parts = zip(*self.learn.yardstick, valid["each"], strict=True)
        # A task without a labelled validation work has no say in which epoch is best.
        merit = sum(w * s * value for w, s, value in parts if not math.isnan(value))
        self.learn._remember(row, merit)
        if self.recipe.weights == "ratio":
            self.loss_func.weights.copy_(torch.tensor(ratios(np.nan_to_num(valid["each"]), self.learn.yardstick[1])))


class _Sums:
    """Sums of an epoch: the combined loss, each task's own over its labelled works, right answers of one task."""

    def __init__(self, tasks: int) -> None:
        self.loss, self.each, self.known = 0.0, torch.zeros(tasks), torch.zeros(tasks)
        self.pictures, self.right, self.labelled = 0, 0, 0

    def add(self, combined: CombinedLoss, loss, outputs, targets, first: int | None) -> None:
        n = len(targets[0])
        known = torch.tensor([float(_known(target).sum()) for target in targets])
        self.pictures += n
        self.loss += float(loss.detach()) * n
        self.each += combined.last.cpu() * known
        self.known += known
        if first is not None:
            self.right += int((outputs[first].detach().argmax(1) == targets[first]).sum())
            self.labelled += int((targets[first] >= 0).sum())

    def read(self) -> dict:
        return {
            "loss": self.loss / self.pictures if self.pictures else math.nan,
            "each": torch.where(self.known > 0, self.each / self.known.clamp(min=1), torch.nan).tolist(),
            "accuracy": self.right / self.labelled if self.labelled else math.nan,
        }


def ratios(losses: Sequence[float], scales: Sequence[float] | None = None) -> list[float]:
    """Task weights w as shares of the combined validation loss, their mean 1 (section 4.1).

    The paper says "their ratio in the combined loss on the validation set" and no more; read here as in proportion, so
    that a task whose loss is small by nature (materials, nearly all noughts) weighs less, as its section 4.3.3 says.
    """
    parts = np.array(losses, float) * (np.ones(len(losses)) if scales is None else np.array(scales, float))
    if not (parts > 0).all():
        parts = np.maximum(parts, 1e-6)
    return (len(parts) * parts / parts.sum()).tolist()


def scales_of(losses: Mapping[str, float]) -> dict[str, float]:
    """Scales s, powers of ten, that bring every loss to the order of the middle one (section 3.2).

    ``losses``: validation losses by task, for instance the first row of a ``history``; losses below the middle one are
    left as they are, and so are those that are not known.
    """
    losses = {name: value for name, value in losses.items() if value > 0}
    middle = float(np.median(list(losses.values()) or [1.0]))
    return {name: 10.0 ** -max(0, round(math.log10(max(value, 1e-9) / middle))) for name, value in losses.items()}


def _loss(tasks: Mapping[str, Task], recipe: Recipe, pictures, split) -> CombinedLoss:
    weights = recipe.weights if isinstance(recipe.weights, Mapping) else {}
    by_class = {
        name: _class_weights(task, pictures, split)
        for name, task in tasks.items()
        if recipe.balanced and task.kind in ("category", "binary")
    }
    parts = [task.loss(by_class.get(name)) for name, task in tasks.items()]
    scales = [
        recipe.scales.get(name, SCALE_OF_NUMBERS if task.kind == "regression" else 1.0) for name, task in tasks.items()
    ]
    return CombinedLoss(parts, [weights.get(name, 1.0) for name in tasks], scales, recipe.weights == "uncertainty")


def _class_weights(task: Task, pictures, split) -> list[float]:
    """Works over classes times works of the class, among the training works."""
    targets = task.targets(pictures.works)[split.train]
    counts = np.bincount(targets[targets >= 0], minlength=task.outputs)
    return (counts.sum() / (task.outputs * np.maximum(counts, 1))).tolist()


def _begin(made: MultiTasker) -> None:
    """What is measured on the training works before anything is learned: scale of the features, middle of numbers."""
    model, rows = made.model, made.split.train
    made.yardstick = (made.loss_func.weights.tolist(), made.loss_func.scales.tolist())
    few = rows[:: max(1, len(rows) // 2048)]
    if made.kept is not None:
        model.standard.fit(torch.from_numpy(made.kept.values[few, made.dls.valid.views[0]].astype("float32")))
    else:
        from artlib import loaders

        device = next(model.parameters()).device
        x = loaders.batch_of(made.pictures, few[:256], device=device, crop=made.recipe.crop)
        with torch.no_grad():
            model.standard.fit(model.features(x))
    for block, task in zip(model.blocks, model.tasks.values(), strict=True):
        if isinstance(block, ScaledRegressionHead):
            block.fit(torch.from_numpy(task.targets(made.pictures.works)[rows]).to(block.middle.device))


def _known(targets: torch.Tensor) -> torch.Tensor:
    if targets.dim() == 2:
        return targets[:, 0] >= 0
    return ~targets.isnan() if targets.is_floating_point() else targets >= 0


def _check(tasks: Mapping[str, Task], recipe: Recipe) -> None:
    if not tasks:
        raise MultiTaskError("There is no task to learn: give at least one.")
    by_hand = {} if isinstance(recipe.weights, str) else recipe.weights
    for what, numbers in (("weights", by_hand), ("scales", recipe.scales), ("depths", recipe.depths)):
        unknown = [name for name in numbers if name not in tasks]
        if unknown:
            raise MultiTaskError(
                f"The recipe's {what} name {unknown[0]!r}, which is none of the tasks: {', '.join(tasks)}."
            )


def _labelled(pictures, tasks: Mapping[str, Task], split):
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


def _check_seen(pictures, tasks: Mapping[str, Task], split) -> None:
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

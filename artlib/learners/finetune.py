"""Fine-tuning as in Cetinic, Lipic and Grgic (section 4), as a fastai Learner.

``learner(pictures, task, split, network, recipe).run()`` trains, keeps the epoch that is best on validation, and goes
on exactly where it stopped when it was killed.
"""

import math
import random
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException, TrainEvalCallback
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch import nn

from artlib import nets
from artlib.errors import ArtlibError
from artlib.learners import checkpoints
from artlib.learners.checkpoints import discard
from artlib.learners.progress import Line
from artlib.learners.recipe import SCENARIOS, Recipe, RecipeError
from artlib.nets.folded import is_folded, unfold
from artlib.nets.heads import HIDDEN
from artlib.tasks import Task

__all__ = ["SCENARIOS", "FineTuneError", "FineTuner", "Recipe", "RecipeError", "discard", "learner"]

_FORMAT = 1  # of checkpoints and of what happens in an epoch; another number starts every run afresh


class FineTuneError(ArtlibError):
    """A training that cannot begin, or that went astray."""


def learner(
    pictures,
    task: Task,
    split,
    network: nets.Network,
    recipe: Recipe | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    *,
    device: torch.device | str | None = None,
    quiet: bool = False,
    cbs=None,
) -> "FineTuner":
    """A learner that fine-tunes `network`, in place, on the training rows of `split`.

    pictures: pixels.Pictures. recipe: the paper's by default. seed: order and augmentation of the pictures and dropout;
    the same call gives the same weights (on a CPU to the last bit). folder: where checkpoints lie; None: no
    checkpoints. cbs: further fastai callbacks.
    Raises FineTuneError or RecipeError when task, split and network do not fit together.
    """
    from artlib import loaders

    recipe = recipe or Recipe()
    _check(task, split, network)
    dls = loaders.dataloaders(
        pictures, split, task, recipe.batch_size, augment=recipe.augment, crop=recipe.crop, device=device, seed=seed
    )
    made = FineTuner(dls, network, task, recipe, seed=seed, folder=folder, quiet=quiet, cbs=cbs)
    made.pictures, made.split = pictures, split
    _unfold(made)
    if folder is not None:
        made.run_key = _key(made)
    return made


class FineTuner(Learner):
    """A fastai Learner that follows a Recipe.

    Attributes: task, recipe, seed; pictures and split (when made by ``learner``); history, a table of epoch,
    train_loss, valid_loss, accuracy, seconds and rate; best_epoch, whose weights are kept after ``run`` (None before);
    busy, for each epoch of this process its seconds without what others did on the machine meanwhile: of the processor
    on a CPU, of the clock on a GPU.
    """

    def __init__(
        self,
        dls,
        network: nets.Network,
        task: Task,
        recipe: Recipe,
        *,
        seed: int = 0,
        folder: Path | str | None = None,
        quiet: bool = False,
        cbs=None,
    ):
        network.freeze(recipe.frozen([name for name, _ in network.layers()]))
        self.task, self.recipe, self.seed = task, recipe, seed
        self.folder = Path(folder) if folder is not None else None
        self.run_key = self.fault = ""
        self.log: list[dict] = []
        self.busy: list[float] = []
        self.best: dict[str, torch.Tensor] | None = None
        self.best_epoch: int | None = None
        device = torch.device(dls.device or "cpu")
        # Convolutions are faster with channels last, in training by a third to a half on a CPU.
        network.to(device, memory_format=torch.channels_last if _channels_last(device) else torch.preserve_format)
        own = [TrainEvalCallback(), _Course(Line(quiet))]
        if _bfloat16(recipe.precision, device):
            own.append(_Bfloat16(device.type))
        super().__init__(dls, network, task.loss(), lr=recipe.lr, cbs=[*own, *(cbs or ())], default_cbs=False)

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: epoch (from 1), train_loss, valid_loss, accuracy, seconds, rate (of the body's weights)."""
        return pd.DataFrame(self.log, columns=["epoch", "train_loss", "valid_loss", "accuracy", "seconds", "rate"])

    def __repr__(self) -> str:
        done = f"{len(self.log)} of {self.recipe.epochs} epochs"
        best = f", best on validation: epoch {self.best_epoch}" if self.best_epoch else ""
        return f"FineTuner({self.model.name} on {self.task.column}, {self.recipe.scenario}, {done}{best})"

    def run(self) -> "FineTuner":
        """Train all epochs of the recipe, or those that a killed run left; then put back the best epoch's weights.

        A learner that has run does not run again. Raises FineTuneError when the loss is not finite.
        """
        with own_randomness(), self.course.line:
            if not self.log:
                self._resume()
            if not self._finished():
                self.fit(self.recipe.epochs, start_epoch=len(self.log))
            self._keep_best()
        return self

    def fit(self, *args, **options) -> None:
        """fastai's fit; ``run`` is what follows the recipe."""
        with warnings.catch_warnings():
            # Every callback has a switch called "run"; the learner's method of that name does not touch it.
            warnings.filterwarnings("ignore", message=r"You are shadowing an attribute \(run\)")
            super().fit(*args, **options)
        if self.fault:
            raise FineTuneError(self.fault)

    def create_opt(self) -> None:
        """Gradient descent over what is not frozen: weights, biases (twice the rate, no decay), gains (no decay)."""
        groups = _groups(self.model, self.recipe)
        self.opt = OptimWrapper(opt=torch.optim.SGD(groups, lr=self.recipe.lr, momentum=self.recipe.momentum))

    def _finished(self) -> bool:
        waited = len(self.log) - (self.best_epoch or 0)
        given_up = self.recipe.stop_after is not None and waited >= self.recipe.stop_after
        return len(self.log) >= self.recipe.epochs or (bool(self.log) and given_up)

    def _resume(self) -> None:
        found = checkpoints.read(self.folder, self.run_key) if self.folder else None
        if found:
            state, self.best = found
            self.log, self.best_epoch = state["log"], state["best_epoch"]
            self.model.load_state_dict(state["network"])
            self.create_opt()
            self.opt.opt.load_state_dict(state["optimizer"])

    def _remember(self, row: dict) -> None:
        """Enter an epoch in the history; keep its weights if it is the best; write the checkpoint."""
        self.log.append(row)
        is_best = self.best_epoch is None or _merit(row) > _merit(self.log[self.best_epoch - 1])
        if is_best:
            self.best_epoch = row["epoch"]
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        if self.folder:
            state = {
                "run": self.run_key,
                "log": self.log,
                "best_epoch": self.best_epoch,
                "network": self.model.state_dict(),
                "optimizer": self.opt.opt.state_dict(),
            }
            checkpoints.write(self.folder, state, self.best if is_best else None)

    def _keep_best(self) -> None:
        self.model.load_state_dict(self.best)
        self.model.eval()
        self.course.line.leave(_summary(self))


class _Course(Callback):
    """What happens around every epoch: seeds and rates before, measures and checkpoint after."""

    name, order = "course", 80

    def __init__(self, line: Line):
        self.line = line

    def before_epoch(self) -> None:
        if self.learn._finished():
            raise CancelFitException
        self.started, self.number = time.perf_counter(), len(self.learn.log) + 1
        self.clock = time.process_time if self.dls.device in (None, torch.device("cpu")) else time.perf_counter
        self.busy_from = self.clock()
        # All randomness of an epoch follows from the seed and its number: nothing of it needs to be in a checkpoint.
        seed_epoch(self.learn.seed, self.number, self.dls.train)
        self.rate = self.recipe.rate([row["valid_loss"] for row in self.learn.log])
        self.opt.set_hypers(lr=[self.rate * group["factor"] for group in self.opt.opt.param_groups])
        self.sums = {"train": _Sums(), "valid": _Sums()}

    def before_batch(self) -> None:
        if _channels_last(self.xb[0].device):
            self.learn.xb = tuple(x.contiguous(memory_format=torch.channels_last) for x in self.xb)

    def after_batch(self) -> None:
        # Only additions here: reading a number would make a GPU wait in every step.
        categorical = self.task.kind in ("category", "binary")
        side = "train" if self.training else "valid"
        if side in getattr(self, "sums", ()):
            self.sums[side].add(self.loss.detach(), self.pred.detach() if categorical else None, self.yb[0])
        if self.training:
            done = (self.number - 1 + (self.iter + 1) / self.n_iter) / self.recipe.epochs
            self.line.show(f"epoch {self.number} of {self.recipe.epochs}{self.latest()}", done)

    def after_epoch(self) -> None:
        if not hasattr(self, "sums"):
            return  # an epoch that a killed run had done already
        train, valid = (self.sums[side].read() for side in ("train", "valid"))
        del self.sums
        if not all(map(math.isfinite, (train["loss"], valid["loss"]))):
            # fastai puts words of its own before an error that a callback raises; ``fit`` raises this one.
            self.learn.fault = (
                f"The loss is not a finite number in epoch {self.number} (learning rate {self.rate:g}). "
                f"Take a smaller lr, or a smaller head_lr_factor ({self.recipe.head_lr_factor:g})."
            )
            raise CancelFitException
        row = {
            "epoch": self.number,
            "train_loss": train["loss"],
            "valid_loss": valid["loss"],
            "accuracy": valid["accuracy"],
            "seconds": time.perf_counter() - self.started,
            "rate": self.rate,
        }
        self.learn.busy.append(self.clock() - self.busy_from)
        self.learn._remember(row)
        done = self.number / self.recipe.epochs
        self.line.show(f"epoch {self.number} of {self.recipe.epochs}{self.latest()}", done, now=True)

    def latest(self) -> str:
        if not self.learn.log:
            return ""
        row = self.learn.log[-1]
        known = math.isfinite(row["accuracy"])
        return f", accuracy {row['accuracy']:.3f}" if known else f", validation loss {row['valid_loss']:.3f}"


class _Bfloat16(Callback):
    """Forward and loss under autocast; on the way back and in the weights float32 (bfloat16 needs no loss scale)."""

    order = 10

    def __init__(self, device: str):
        self.device = device

    def before_batch(self) -> None:
        self.context = torch.autocast(self.device, torch.bfloat16)
        self.context.__enter__()

    def after_pred(self) -> None:
        self.learn.pred = self.pred.float()

    def after_loss(self) -> None:
        self.context.__exit__(None, None, None)


class _Sums:
    """Sums of an epoch, on the device: loss times pictures, pictures, right answers, labelled pictures."""

    def __init__(self) -> None:
        self.loss = self.right = self.labelled = None
        self.pictures = 0

    def add(self, loss: torch.Tensor, outputs: torch.Tensor | None, targets: torch.Tensor) -> None:
        n = len(targets)
        self.pictures += n
        self.loss = loss * n if self.loss is None else self.loss + loss * n
        if outputs is not None:
            right, labelled = (outputs.argmax(1) == targets).sum(), (targets >= 0).sum()
            self.right = right if self.right is None else self.right + right
            self.labelled = labelled if self.labelled is None else self.labelled + labelled

    def read(self) -> dict[str, float]:
        loss = float(self.loss) / self.pictures if self.pictures else math.nan
        accuracy = float(self.right) / max(1, int(self.labelled)) if self.right is not None else math.nan
        return {"loss": loss, "accuracy": accuracy}


def _merit(row: dict) -> tuple[float, float]:
    """How good an epoch is on validation: its accuracy where the task has one, then its loss."""
    return (row["accuracy"] if math.isfinite(row["accuracy"]) else 0.0, -row["valid_loss"])


def _groups(network: nets.Network, recipe: Recipe) -> list[dict]:
    """Parameters that learn, in groups with their own rate and decay; frozen ones are in none."""
    faster = recipe.head_lr_factor if network.provenance.get("weights", "none") != "none" else 1
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    new = {
        module
        for name, layer in network.layers()
        if name == HIDDEN or layer is network.head
        for module in layer.modules()
    }
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.requires_grad:
                continue
            factor = (faster if module in new else 1) * (2 if name == "bias" and not _normalizes(module) else 1)
            decay = 0.0 if name == "bias" or _normalizes(module) else recipe.weight_decay
            groups.setdefault((factor, decay), []).append(parameter)
    return [
        {"params": parameters, "factor": factor, "weight_decay": decay, "lr": recipe.lr * factor}
        for (factor, decay), parameters in groups.items()
    ]


def _normalizes(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def _channels_last(device: torch.device) -> bool:
    return device.type in ("cpu", "cuda")


def _bfloat16(precision: str, device: torch.device) -> bool:
    if precision == "auto":
        # A CPU without instructions for it emulates bfloat16, many times slower.
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return precision == "bfloat16"


def seed_epoch(seed: int, number: int, batches) -> None:
    state = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    random.seed(state)
    np.random.seed(state)  # noqa: NPY002 - fastai and older transforms draw from the global generator
    torch.manual_seed(state)
    if hasattr(batches, "set_epoch"):
        batches.set_epoch(number - 1)
    else:
        batches.rng = random.Random(state)


@contextmanager
def own_randomness() -> Iterator[None]:
    """Seeds inside; outside the global generators are as they were before, whatever happens."""
    python, legacy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        torch.set_rng_state(cpu)
        if devices is not None:
            torch.cuda.set_rng_state_all(devices)


def _check(task: Task, split, network: nets.Network) -> None:
    if network.outputs != task.outputs:
        raise FineTuneError(
            f"The network has {network.outputs} outputs, the task {task.column!r} needs {task.outputs}: "
            f"create it with nets.create({network.name!r}, {task.outputs}, ...)."
        )
    for part in ("train", "valid"):
        if not len(getattr(split, part)):
            raise FineTuneError(f"The {part} set of the split by {split.column!r} is empty: nothing to learn from.")


def _key(made: FineTuner) -> str:
    split, task = made.split, made.task
    targets = task.targets(made.pictures.works)
    facts = {
        "format": _FORMAT,
        "recipe": made.recipe.described(),
        "task": [task.column, task.kind, task.classes],
        "pictures": made.pictures.key,
        "network": made.model.name,
        "frozen": made.model.frozen,
        "seed": made.seed,
    }
    arrays = {
        "train": split.train,
        "valid": split.valid,
        "targets": targets[split.train],
        "truth": targets[split.valid],
    }
    return checkpoints.key(facts, arrays, made.model)


def _summary(made: FineTuner) -> str:
    best = made.log[made.best_epoch - 1]
    accuracy = f"accuracy {best['accuracy']:.3f}" if math.isfinite(best["accuracy"]) else "loss"
    seconds = sum(row["seconds"] for row in made.log)
    return f"{len(made.log)} epochs in {seconds:.0f} s; best on validation: epoch {made.best_epoch} ({accuracy})"


def _unfold(made: FineTuner) -> None:
    """Weights whose normalization was folded into the convolutions cannot be trained before it is given back."""
    network = made.model
    if network.provenance.get("weights", "none") == "none" or not is_folded(network):
        return
    from artlib import loaders

    # Evenly over the training rows; more pictures do not change what the test set says.
    rows = made.split.train[:: max(1, len(made.split.train) // 256)][:256]
    device = next(network.parameters()).device
    unfold(network, loaders.batch_of(made.pictures, rows, device=device, crop=made.recipe.crop))

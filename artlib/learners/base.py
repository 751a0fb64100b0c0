"""One Learner for all: a fastai Learner with a recipe that it can follow to the same weights, killed or not.

``fit_recipe()`` trains what is left of the recipe's epochs; around it the Learner is fastai's, with all its calls.
While the recipe is followed, these callbacks take part and no others of fastai's are needed:

- ``Seed`` (fastai's ``set_seed`` knows no epochs, so a training that was killed could not go on with the same draws);
- ``Log`` (fastai's Recorder gives the last smoothed loss of an epoch; the history has means over all its pictures);
- ``KeepBest`` (SaveModelCallback watches one number and writes a pickle; tasks and fields choose epochs of their own);
- ``Resume`` (fastai has none);
- ``Bf16``, fastai's MixedPrecision on any device;
- ``ranks.Together``, where ``torchrun`` has several processes learn.

Recorder, ProgressCallback, TrainEvalCallback and CastToTensor are fastai's; the first adds up on the device, because
reading a loss in every step would make a GPU wait, and the second rests while the recipe's one line is shown.
"""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, NamedTuple, TypedDict

import numpy as np
import pandas as pd
import torch
from fastai.callback import hook, schedule  # noqa: F401 - give Learners summary, cycles and lr_find
from fastai.callback.core import Callback, CancelFitException, TrainEvalCallback
from fastai.callback.fp16 import AMPMode, MixedPrecision
from fastai.callback.progress import ProgressCallback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import AvgLoss, AvgSmoothLoss, CastToTensor, Learner, Recorder
from fastai.optimizer import OptimWrapper
from fastai.torch_core import no_random, set_seed
from fastcore.basics import noop
from fastcore.foundation import L
from torch import Tensor, nn

from artlib.errors import ArtlibError
from artlib.learners import checkpoints, ranks
from artlib.learners.recipe import BaseRecipe
from artlib.progress import StatusLine
from artlib.records import processes

_FORMAT = 2  # of checkpoints and of what happens in an epoch; another number starts every run afresh


class LearnerError(ArtlibError):
    """A call that makes no sense for this learner, or a training that went astray."""


class Options(TypedDict, total=False):
    """What every ``learner`` function takes as keywords beside data, network and recipe.

    Attributes
    ----------
    seed : of the order and augmentation of pictures, dropout and new layers; the same call gives the same weights (on a
        CPU to the last bit).
    folder : where checkpoints lie, from which a run that was killed goes on, and a finished one is read; None: none.
    device : None takes fastai's default.
    quiet : show nothing.
    cbs : further fastai callbacks.
    channels_last : keep weights so in memory; convolutions are then faster, in training by a third to a half on a CPU.
    compiled : let PyTorch compile the network, which takes minutes before the first step on a CPU.
    """

    seed: int
    folder: Path | str | None
    device: torch.device | str | None
    quiet: bool
    cbs: Any
    channels_last: bool
    compiled: bool


class Chosen(NamedTuple):
    """The best epoch so far (from 1), what it was chosen by (the higher the better), and its weights."""

    epoch: int
    merit: tuple[float, ...]
    weights: dict[str, Tensor]


class ArtLearner(Learner):
    """A fastai Learner that can follow a recipe.

    Attributes
    ----------
    recipe, seed, folder, quiet : as given.
    rows : the history as a list; ``history`` is its table, ``done`` the number of epochs that are behind it.
    chosen : the best epochs and their weights, by what they were chosen for.
    cpu_seconds : for each epoch of this process its seconds without what others did on the machine meanwhile: of the
        processor on a CPU, of the clock on a GPU.
    """

    error: ClassVar[type[ArtlibError]] = LearnerError
    columns: tuple[str, ...] = ()
    choices: tuple[str, ...] = ("",)
    channels_last: ClassVar[bool] = True
    resting: bool = False
    """Whether a batch may pass over parts of the network that learn."""
    one_chance: ClassVar[bool] = False
    """Whether all processes draw the same random numbers; else each has its own, for dropout."""
    refused: ClassVar[Mapping[str, str]] = {}
    """fastai's calls that make no sense for a learner, each with a sentence that says what to do instead."""

    def __init_subclass__(cls, **options) -> None:
        super().__init_subclass__(**options)
        for name, sentence in cls.refused.items():
            setattr(cls, name, _refusing(name, sentence))

    def __init__(
        self,
        dls: DataLoaders,
        model: nn.Module,
        loss_func: nn.Module,
        recipe: BaseRecipe,
        optimizer: partial,
        **options,
    ) -> None:
        self.recipe, self.seed, self.quiet = recipe, options.get("seed", 0), options.get("quiet", False)
        self.folder = Path(options["folder"]) if options.get("folder") is not None else None
        self.rows: list[dict[str, Any]] = []
        self.chosen: dict[str, Chosen] = {}
        self.cpu_seconds: list[float] = []
        self.rate, self.run_key, self.went_wrong = recipe.lr, "", ""
        self.of_batch = ExitStack()
        self.whole: tuple[dict, dict, dict] | None = None  # ``state`` after the last whole epoch, until all are done
        device = torch.device(dls.device or "cpu")
        last = options.get("channels_last", self.channels_last) and device.type in ("cpu", "cuda")
        model.to(device, memory_format=torch.channels_last if last else torch.preserve_format)
        if options.get("compiled"):
            model.compile()
        loss_func.to(device)
        shown = [] if self.quiet else [ProgressCallback()]
        cbs = [TrainEvalCallback(), DeviceRecorder(), CastToTensor(), *shown, *L(options.get("cbs"))]
        super().__init__(
            dls, model, loss_func, partial(OptimWrapper, opt=optimizer), recipe.lr, cbs=cbs, default_cbs=False,
            splitter=self._parts_of,
        )  # fmt: skip
        self.learning = self._learning()
        if self.quiet:
            self.logger = noop

    # --- the recipe ---------------------------------------------------------------------------------------------------

    def fit_recipe(self) -> ArtLearner:
        """Train all epochs of the recipe, or those that a killed run left; then put back the best epoch's weights.

        Called again after an interruption it goes on from the last whole epoch, whatever happened since. A learner that
        has followed its recipe does not train again. Raises the learner's error when a loss is not finite.
        """
        self.went_wrong = ""
        with no_random(reproducible=False), ranks.together(self), StatusLine(quiet=self.quiet) as line:
            if self.folder and not self.run_key:
                facts, arrays = self.identity()
                learning = self._learning()  # which ones only freeze() and unfreeze() change
                facts |= {"learning": learning} if learning != self.learning else {}
                self.run_key = checkpoints.key(facts, arrays, self.model)
            self.opt = self.recipe_optimizer()
            try:
                if self.whole:
                    self.load_state(self.whole)
                elif self.folder and not self.rows:
                    Resume.read(self)
                    ranks.same_epoch(self)
                self.begin_recipe()
                if not self.finished():
                    self.whole = copy.deepcopy(self.state())
                    silent = [cb for cb in self.cbs if isinstance(cb, ProgressCallback)]
                    with self.removed_cbs(silent), self.no_logging():
                        self.fit(self.recipe.epochs - self.done, cbs=self.recipe_callbacks(line))
                self.whole = None if self.finished() else self.whole
            finally:
                self.opt = None  # what comes next is fastai's, with groups that freeze() understands
            if self.chosen:
                self.put_back()
            if self.went_wrong:
                raise self.error(self.went_wrong)
            line.leave(self.outcome())
        return self

    def recipe_callbacks(self, line: StatusLine) -> list[Callback]:
        """What takes part while the recipe is followed, in any order."""
        number, count = processes()
        casting, several = [Bf16()] if self.bfloat16 else [], [ranks.Together()] if count > 1 else []
        kept = [Resume()] if self.folder and number == 0 else []
        return [Seed(), Log(line), KeepBest(), *kept, *casting, *several]

    def divided(self, parallel: Callable[[nn.Module], nn.Module]) -> Any:
        """What takes the network's place in a batch where several processes learn; ``parallel`` joins gradients."""
        return ranks.by_rows(self, parallel(self.model))

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch, counted from 1: losses, accuracies, seconds."""
        return pd.DataFrame(self.rows, columns=None if self.rows else list(self.columns))

    @property
    def done(self) -> int:
        """Epochs of the recipe that are behind it."""
        return self.rows[-1]["epoch"] if self.rows else 0

    @property
    def best_epoch(self) -> int | None:
        """The epoch that is best on validation, whose weights are kept; None before ``fit_recipe``."""
        return self.chosen[self.choices[0]].epoch if self.chosen else None

    @property
    def bfloat16(self) -> bool:
        """Whether the recipe computes in bfloat16 here."""
        return computes_in_bfloat16(self.recipe.precision, torch.device(self.dls.device or "cpu"))

    def put_back(self) -> None:
        """The weights of the chosen epoch, in evaluation mode."""
        self.load_tensors({name: tensor for choice in self.chosen.values() for name, tensor in choice.weights.items()})
        self.model.eval()

    # --- what a learner of its own says -------------------------------------------------------------------------------

    def identity(self) -> tuple[dict, dict[str, np.ndarray]]:
        """Plain facts and arrays (rows, targets) that a run depends on, beside the initial weights."""
        several = {"processes": processes()[1]} if processes()[1] > 1 else {}
        return {"format": _FORMAT, "recipe": self.recipe.described(), "seed": self.seed, **several}, {}

    def parameter_parts(self) -> list[list[nn.Parameter]]:
        """All parameters in parts from first to last; ``freeze`` leaves the last one to learn."""
        return [list(self.model.parameters())]

    def _parts_of(self, _: nn.Module) -> list[list[nn.Parameter]]:
        return self.parameter_parts()

    def recipe_optimizer(self) -> OptimWrapper:
        """The optimizer of the recipe, over what is not frozen."""
        parts = [[p for p in part if p.requires_grad] for part in self.parameter_parts()]
        return self.opt_func([part for part in parts if part], lr=self.recipe.lr)

    def begin_recipe(self) -> None:
        """What is to be done before the first epoch, or before a killed run goes on."""

    def measured(self) -> dict[str, tuple[Tensor, int | Tensor]]:
        """Of the batch that was just seen, sums whose mean over the epoch is wanted, each with its weight."""
        n = len(self.yb[0])
        return {"loss": (self.loss.detach() * n, n)}

    def epoch_rows(self, train: dict, valid: dict, seconds: float) -> list[dict[str, Any]]:
        """The rows of the history that an epoch adds, from the means of what was measured."""
        losses = {"train_loss": train["loss"], "valid_loss": valid["loss"]}
        return [{"epoch": self.done + 1, **losses, "accuracy": valid.get("accuracy", math.nan), "seconds": seconds}]

    def merit(self, rows: list[dict], choice: str) -> tuple[float, ...]:
        """How good the epoch with these rows is for a choice."""
        accuracy = rows[0]["accuracy"]
        return (accuracy if math.isfinite(accuracy) else 0.0, -rows[0]["valid_loss"])

    def tensors(self, choice: str | None = None) -> dict[str, Tensor]:
        """The weights that learning changes, all of them or those that belong to a choice."""
        return self.model.state_dict()

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take weights that ``tensors`` gave."""
        self.model.load_state_dict(dict(tensors), strict=False)

    def state(self) -> tuple[dict, dict, dict]:
        """Weights, those of the loss, and the optimizer's state."""
        return self.tensors(), self.loss_func.state_dict(), self.opt.opt.state_dict()

    def load_state(self, state: tuple[dict, dict, dict]) -> None:
        """Take what ``state`` gave."""
        weights, loss, optimizer = copy.deepcopy(state)
        self.load_tensors(weights)
        self.loss_func.load_state_dict(loss)
        self.opt.opt.load_state_dict(optimizer)

    def _learning(self) -> list[bool]:
        return [parameter.requires_grad for parameter in self.model.parameters()]

    def extra_state(self) -> dict[str, Any]:
        """What a checkpoint keeps beside weights, optimizer and history: tensors and plain values."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> bool:
        """Take what ``extra_state`` gave; False where it is of no use, so that the run starts afresh."""
        return True

    def finished(self) -> bool:
        """Whether the recipe asks for no further epoch."""
        return self.done >= self.recipe.epochs

    def latest(self) -> str:
        """What is shown of the last epoch."""
        accuracy = self.rows[-1]["accuracy"]
        known = math.isfinite(accuracy)
        return f"accuracy {accuracy:.3f}" if known else f"validation loss {self.rows[-1]['valid_loss']:.3f}"

    def outcome(self) -> str:
        """What remains in a notebook when the training is over."""
        seconds = sum({row["epoch"]: row["seconds"] for row in self.rows}.values())
        best = f"; best on validation: epoch {self.best_epoch}" if self.best_epoch else ""
        return f"{self.done} epochs in {seconds:.0f} s{best} ({self.latest()} at the end)"

    def stop(self) -> None:
        """End the training, for a callback that found a loss that is not a number."""
        # fastai puts words of its own before an error that a callback raises; ``fit_recipe`` raises this one.
        self.went_wrong = (
            f"The loss is not a finite number in epoch {self.done + 1} (learning rate {self.rate:g}). {self.advice()}"
        )
        raise CancelFitException

    def advice(self) -> str:
        """What to do where a loss is not a number."""
        return "Take a smaller lr."

    # --- fastai's calls that are different here -----------------------------------------------------------------------

    def save(self, file: str | Path, **_) -> Path:
        """Write the weights as safetensors, under ``path``/``model_dir`` where the name is relative."""
        from safetensors.torch import save_file

        target = self._weights_file(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        save_file({k: v.detach().cpu().contiguous().clone() for k, v in self.saved().items()}, target)
        return target

    def export(self, fname: str | Path = "export", **_) -> Path:
        """As ``save``: fastai's pickle would run code when it is read, and only weights are worth keeping."""
        return self.save(Path(fname).with_suffix(""))

    def load(self, file: str | Path, **_) -> ArtLearner:
        """Take weights that ``save`` wrote."""
        from safetensors.torch import load_file

        self.load_saved(load_file(self._weights_file(file)))
        return self

    def saved(self) -> dict[str, Tensor]:
        """What ``save`` writes."""
        return self.model.state_dict()

    def load_saved(self, tensors: dict[str, Tensor]) -> None:
        """Take what ``saved`` gave."""
        self.model.load_state_dict(tensors)

    def _weights_file(self, file: str | Path) -> Path:
        target = Path(self.path) / self.model_dir / file
        return target if target.suffix == ".safetensors" else target.with_name(f"{target.name}.safetensors")

    def _with_events(self, f, event_type: str, ex, final=noop) -> None:
        """fastai's; what a callback began for a batch (autocast) ends with it, whatever interrupts it."""
        with self.of_batch if event_type == "batch" else nullcontext():
            try:
                super()._with_events(f, event_type, ex, final)
            except ValueError as error:
                if "more than 1 value per channel" not in str(error):
                    raise
                raise self.error(
                    "Batch normalization has no variance over one picture: the batch size and works must be 2 or more."
                ) from error

    def to_bf16(self) -> ArtLearner:
        """bfloat16 on whatever device the batches are."""
        return self.add_cb(Bf16())

    def lr_find(self, *args, **options):
        """fastai's; the weights are those from before, and no file is left."""
        before = copy.deepcopy((self.model.state_dict(), self.loss_func.state_dict()))
        place, epoch = self.path, getattr(self.dls.train, "epoch", 0)
        with TemporaryDirectory() as folder:
            self.path = Path(folder)
            try:
                return super().lr_find(*args, **options)
            finally:
                self.path, self.opt = place, None
                self.model.load_state_dict(before[0])
                self.loss_func.load_state_dict(before[1])
                self.dls.train.epoch = epoch


def _refusing(name: str, sentence: str):
    def refuse(self: ArtLearner, *_, **__) -> None:
        raise self.error(sentence)

    refuse.__name__, refuse.__doc__ = name, f"Refused. {sentence}"
    return refuse


class DeviceRecorder(Recorder):
    """fastai's Recorder, whose numbers stay on the device until the training is over."""

    name = "recorder"

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.loss, self.smooth_loss = _Loss(), _SmoothLoss()

    def after_fit(self) -> None:
        """Losses and rates as fastai's plots take them."""
        self.losses = [loss.cpu() for loss in getattr(self, "losses", ())]


class _Loss(AvgLoss):
    def accumulate(self, learn: Learner) -> None:
        n = len(learn.yb[0]) if isinstance(learn.yb[0], Tensor) else len(learn.yb[0][0])
        self.total, self.count = self.total + learn.loss.detach().mean() * n, self.count + n


class _SmoothLoss(AvgSmoothLoss):
    def accumulate(self, learn: Learner) -> None:
        loss = learn.loss.detach().mean()
        self.count, self.val = self.count + 1, torch.lerp(loss, self.val.to(loss.device), self.beta)


class RecipeCallback(Callback):
    """Takes part in the training itself, not where another callback asks for predictions meanwhile."""

    def __call__(self, event_name: str) -> None:
        """Do what is to be done at this event."""
        if not hasattr(self.learn, "gather_preds"):
            super().__call__(event_name)


class Seed(RecipeCallback):
    """Before an epoch: all its randomness follows from the seed and its number, and so does its learning rate."""

    name, order = "seed_epochs", -20  # the learner's own ``seed`` is a number

    def before_epoch(self) -> None:
        """Seed everything, or end where the recipe asks for no further epoch."""
        learn = self.learn
        if learn.finished():
            raise CancelFitException
        seed_epoch(learn.seed, learn.done + 1, self.dls.train)
        if processes()[0] and not learn.one_chance:
            torch.manual_seed(torch.initial_seed() + processes()[0])

    def before_batch(self) -> None:
        """The learning rate of the coming step."""
        learn = self.learn
        if self.training:
            losses = [row.get("valid_loss", 0.0) for row in learn.rows]
            learn.rate = learn.recipe.rate(losses, self.iter / self.n_iter)
            self.opt.set_hypers(lr=[learn.rate * group.get("factor", 1) for group in self.opt.opt.param_groups])


class Log(RecipeCallback):
    """Means over every epoch, the history's rows, and the line that shows how far the training is."""

    name, order = "log_epochs", 80  # the learner's own ``log`` is fastai's

    def __init__(self, line: StatusLine) -> None:
        self.line = line

    def before_epoch(self) -> None:
        """Start the clocks."""
        self.clock = time.process_time if self.dls.device in (None, torch.device("cpu")) else time.perf_counter
        self.started, self.clock_started = time.perf_counter(), self.clock()
        self.sums = {True: RunningMeans(), False: RunningMeans()}

    def after_batch(self) -> None:
        """Only additions here: reading a number would make a GPU wait in every step."""
        self.sums[self.training].add(self.learn.measured())
        if self.training:
            self._show((self.iter + 1) / self.n_iter)

    def after_epoch(self) -> None:
        """Enter the epoch in the history; a loss that is not a number ends the training."""
        learn, (train, valid) = self.learn, ranks.told([self.sums[training].read() for training in (True, False)])
        self._stop_at_nonsense(train)
        rows = ranks.told(learn.epoch_rows(train, valid, time.perf_counter() - self.started))
        for row in rows:
            self._stop_at_nonsense(row)
        learn.cpu_seconds.append(self.clock() - self.clock_started)
        learn.rows.extend(rows)
        self._show(0, now=True)

    def _stop_at_nonsense(self, numbers: Mapping[str, Any]) -> None:
        if not all(math.isfinite(value) for name, value in numbers.items() if name.endswith("loss")):
            self.learn.stop()

    def _show(self, share: float, now: bool = False) -> None:
        done, epochs = self.learn.done, self.recipe.epochs
        latest = f", {self.learn.latest()}" if done else ""
        self.line.show(f"epoch {done + (not now)} of {epochs}{latest}", (done + share) / epochs, now)


class KeepBest(RecipeCallback):
    """After an epoch: where the training stands, and copies of its weights for every choice that it is the best for."""

    order = 81

    def after_epoch(self) -> None:
        """Compare with the best; a merit that is not known, because nothing is labelled, gives way to the newest."""
        learn = self.learn
        rows = [row for row in learn.rows if row["epoch"] == learn.done]
        for choice in learn.choices:
            merit, best = learn.merit(rows, choice), learn.chosen.get(choice)
            if best is None or merit > best.merit or any(map(math.isnan, merit)):
                weights = {name: tensor.detach().clone() for name, tensor in learn.tensors(choice).items()}
                learn.chosen[choice] = Chosen(learn.done, merit, weights)
        learn.whole = copy.deepcopy(learn.state())


class Resume(RecipeCallback):
    """After an epoch: a checkpoint, from which a run that is killed goes on."""

    order = 82

    def after_epoch(self) -> None:
        """Write what has changed."""
        learn, chosen = self.learn, self.learn.chosen
        newest = max(choice.epoch for choice in chosen.values())
        state = {
            "run": learn.run_key,
            "rows": learn.rows,
            "best_epoch": newest,
            "chosen": {name: (choice.epoch, choice.merit) for name, choice in chosen.items()},
            "weights": learn.tensors(),
            "optimizer": learn.opt.opt.state_dict(),
            "extra": learn.extra_state(),
        }
        best = {f"{name}/{k}": v for name, choice in chosen.items() for k, v in choice.weights.items()}
        checkpoints.write(learn.folder, state, best if newest == learn.done else None)

    @staticmethod
    def read(learn: ArtLearner) -> None:
        """Take up the run that was killed, if there is one."""
        found = checkpoints.read(learn.folder, learn.run_key)
        if not found:
            return
        state, best = found
        if not learn.load_extra_state(state["extra"]):
            return
        learn.rows = state["rows"]
        for name, (epoch, merit) in state["chosen"].items():
            weights = {k.removeprefix(f"{name}/"): v for k, v in best.items() if k.startswith(f"{name}/")}
            learn.chosen[name] = Chosen(epoch, merit, weights)
        learn.load_tensors(state["weights"])
        learn.opt.opt.load_state_dict(state["optimizer"])


class Bf16(MixedPrecision):
    """fastai's mixed precision in bfloat16, on whatever device the batches are; fastai's own knows GPUs only."""

    def __init__(self) -> None:
        super().__init__(AMPMode.BF16)

    def before_fit(self) -> None:
        """bfloat16 has the range of float32, so that nothing is scaled."""
        device = torch.device(self.dls.device or "cpu").type
        self.autocast, self.scales = torch.autocast(device, torch.bfloat16), []
        self.learn.scaler = torch.amp.GradScaler(device, enabled=False)

    def before_batch(self) -> None:
        """Begin what ends after the loss, or with the batch."""
        self.learn.of_batch.enter_context(self.autocast)

    def after_loss(self) -> None:
        """Only forward passes are cast."""
        self.learn.of_batch.close()


class RunningMeans:
    """Means of an epoch, added up on the device."""

    def __init__(self) -> None:
        self.sums: dict[str, tuple[Tensor, Any]] = {}

    def add(self, values: Mapping[str, tuple[Tensor, int | Tensor]]) -> None:
        """Add a batch's sums, numbers or vectors, each with its weight."""
        for name, (value, weight) in values.items():
            total, weights = self.sums.get(name, (0.0, 0))
            self.sums[name] = total + value, weights + weight

    def read(self) -> dict[str, Any]:
        """The means; NaN where nothing has weight."""
        return {name: self._mean(*sums) for name, sums in self.sums.items()}

    @staticmethod
    def _mean(total: Tensor, weights: Any) -> Any:
        if total.dim():
            return (total / weights).tolist()
        return float(total) / float(weights) if float(weights) else math.nan


def computes_in_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether a recipe of this precision computes in bfloat16 on a device."""
    if precision == "auto":
        # A CPU without instructions for it emulates bfloat16, many times slower.
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return precision == "bfloat16"


def seed_epoch(seed: int, number: int, batches: DataLoader) -> None:
    """Seed all generators for an epoch, counted from 1, and set its batches."""
    state = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    set_seed(state)
    if hasattr(batches, "set_epoch"):
        batches.set_epoch(number - 1)
    else:
        batches.rng = random.Random(state)

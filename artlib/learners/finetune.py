"""Fine-tuning as in Cetinic, Lipic and Grgic (section 4), as a fastai Learner.

``learner(pictures, task, split, network, recipe).fit_recipe()`` trains, keeps the epoch that is best on validation, and
goes on exactly where it stopped when it was killed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import torch
from fastai.optimizer import OptimWrapper
from torch import Tensor, nn

from artlib import loaders, nets
from artlib.errors import ArtlibError
from artlib.learners.base import ArtLearner, Options
from artlib.learners.checkpoints import discard
from artlib.learners.recipe import SCENARIOS, Recipe, RecipeError
from artlib.nets.folded import is_folded, unfold
from artlib.nets.heads import HIDDEN
from artlib.tasks import Task

if TYPE_CHECKING:
    from artlib.loaders.batches import ArtLoaders
    from artlib.pixels import Pictures
    from artlib.splits import Split

__all__ = ["SCENARIOS", "FineTuneError", "FineTuner", "Recipe", "RecipeError", "discard", "learner"]


class FineTuneError(ArtlibError):
    """A training that cannot begin, or that went astray."""


def learner(
    pictures: Pictures,
    task: Task,
    split: Split,
    network: nets.Network,
    recipe: Recipe | None = None,
    **options: Unpack[Options],
) -> FineTuner:
    """A learner that fine-tunes ``network``, in place, on the training rows of ``split``.

    Parameters
    ----------
    recipe : the paper's by default.
    options : ``seed``, ``folder``, ``device``, ``quiet``, ``cbs``, as in ``learners.base.Options``.

    Raises
    ------
    FineTuneError, RecipeError : task, split and network do not fit together.
    """
    recipe = recipe or Recipe()
    _check(task, split, network)
    dls = loaders.dataloaders(
        pictures, split, task, recipe.batch_size, augment=recipe.augment, crop=recipe.crop,
        device=options.get("device"), seed=options.get("seed", 0),
    )  # fmt: skip
    made = FineTuner(dls, network, task, recipe, **options)
    made.pictures, made.split = pictures, split
    _unfold(made)
    return made


class FineTuner(ArtLearner):
    """A fastai Learner that follows a fine-tuning recipe; what it has beside ``ArtLearner``: task, pictures, split."""

    error = FineTuneError
    columns = ("epoch", "train_loss", "valid_loss", "accuracy", "seconds", "rate")

    def __init__(
        self, dls: ArtLoaders, network: nets.Network, task: Task, recipe: Recipe, **options: Unpack[Options]
    ) -> None:
        network.freeze(recipe.frozen([name for name, _ in network.layers()]))
        self.task, self.pictures, self.split = task, None, None
        optimizer = partial(_optimizer(recipe), weight_decay=recipe.weight_decay)
        loss = task.loss()
        loss.smoothing = recipe.label_smoothing
        super().__init__(dls, network, loss, recipe, optimizer, **options)

    def __repr__(self) -> str:
        done = f"{self.done} of {self.recipe.epochs} epochs"
        best = f", best on validation: epoch {self.best_epoch}" if self.best_epoch else ""
        return f"FineTuner({self.model.name} on {self.task.column}, {self.recipe.scenario}, {done}{best})"

    def unfreeze(self) -> None:
        """All layers learn, also those that the recipe keeps."""
        self.model.freeze(())
        super().unfreeze()

    def finished(self) -> bool:
        """Whether all epochs are done, or so many were no better that the recipe gives up."""
        patience = self.recipe.stop_after
        return super().finished() or bool(patience and self.done and self.done - self.best_epoch >= patience)

    def parameter_parts(self) -> list[list[nn.Parameter]]:
        """The body, and what is new."""
        new = {id(p) for module in _new(self.model) for p in module.parameters()}
        parameters = list(self.model.parameters())
        return [[p for p in parameters if id(p) not in new], [p for p in parameters if id(p) in new]]

    def recipe_optimizer(self) -> OptimWrapper:
        """Gradient descent over what is not frozen: weights, biases (twice the rate, no decay), gains (no decay)."""
        groups = _groups(self.model, self.recipe)
        return OptimWrapper(opt=_optimizer(self.recipe)(groups, lr=self.recipe.lr))

    def measured(self) -> dict[str, tuple[Tensor, int | Tensor]]:
        """The loss and, of a choice among classes, how often it was right."""
        found, targets = super().measured(), self.yb[0]
        if self.task.kind in ("category", "binary"):
            right = (self.pred.detach().argmax(1) == targets).sum()
            found["accuracy"] = right, (targets >= 0).sum()
        return found

    def epoch_rows(self, train: dict, valid: dict, seconds: float) -> list[dict[str, Any]]:
        """Losses, accuracy, seconds, and the rate of the body's weights."""
        (row,) = super().epoch_rows(train, valid, seconds)
        return [{**row, "rate": self.rate}]

    def advice(self) -> str:
        """What to do where the loss is not a number."""
        return f"Take a smaller lr, or a smaller head_lr_factor ({self.recipe.head_lr_factor:g})."

    def identity(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What a run depends on: recipe, task, pictures, network, rows and targets."""
        facts, _ = super().identity()
        targets = self.task.targets(self.pictures.works)
        facts |= {
            "task": [self.task.column, self.task.kind, self.task.classes],
            "pictures": self.pictures.key,
            "network": self.model.name,
            "frozen": self.model.frozen,
        }
        train, valid = self.split.train, self.split.valid
        return facts, {"train": train, "valid": valid, "targets": targets[train], "truth": targets[valid]}


def _optimizer(recipe: Recipe) -> partial:
    return torch.optim.AdamW if recipe.optimizer == "adamw" else partial(torch.optim.SGD, momentum=recipe.momentum)


def _new(network: nets.Network) -> list[nn.Module]:
    """The head, and the hidden layers that were put before it."""
    return [layer for name, layer in network.layers() if name == HIDDEN or layer is network.head]


def _groups(network: nets.Network, recipe: Recipe) -> list[dict]:
    """Parameters that learn, in groups with their own rate and decay; frozen ones are in none."""
    faster = recipe.head_lr_factor if network.provenance.get("weights", "none") != "none" else 1
    twice = 2 if recipe.optimizer == "sgd" else 1
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    new = {module for layer in _new(network) for module in layer.modules()}
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if not parameter.requires_grad:
                continue
            factor = (faster if module in new else 1) * (twice if name == "bias" and not _normalizes(module) else 1)
            decay = 0.0 if name == "bias" or _normalizes(module) else recipe.weight_decay
            groups.setdefault((factor, decay), []).append(parameter)
    return [
        {"params": parameters, "factor": factor, "weight_decay": decay, "lr": recipe.lr * factor}
        for (factor, decay), parameters in groups.items()
    ]


def _normalizes(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def _check(task: Task, split: Split, network: nets.Network) -> None:
    if network.outputs != task.outputs:
        raise FineTuneError(
            f"The network has {network.outputs} outputs, the task {task.column!r} needs {task.outputs}: "
            f"create it with nets.create({network.name!r}, {task.outputs}, ...)."
        )
    for part in ("train", "valid"):
        if not len(getattr(split, part)):
            raise FineTuneError(f"The {part} set of the split by {split.column!r} is empty: nothing to learn from.")


def _unfold(made: FineTuner) -> None:
    """Weights whose normalization was folded into the convolutions cannot be trained before it is given back."""
    network = made.model
    if network.provenance.get("weights", "none") == "none" or not is_folded(network):
        return
    # Evenly over the training rows; more pictures do not change what the test set says.
    rows = made.split.train[:: max(1, len(made.split.train) // 256)][:256]
    device = next(network.parameters()).device
    unfold(network, loaders.batch_of(made.pictures, rows, device=device, crop=made.recipe.crop))

"""Losses that pass over works without a label, one for each kind of task."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class TaskLoss(nn.Module):
    """A loss as fastai asks for it, with ``reduction`` ("mean", or "none": one number a picture), activation, decoding.

    smoothing: share of the truth that a choice among classes spreads over all of them.

    weight: one number a class, for unbalanced classes.
    """

    def __init__(self, weight: Sequence[float] | None = None):
        super().__init__()
        self.reduction, self.smoothing = "mean", 0.0
        self.register_buffer("weight", None if weight is None else torch.tensor(weight, dtype=torch.float32))

    def known(self, targets: Tensor) -> Tensor:
        """Which works have an answer, (B,): -1 and NaN say that there is none."""
        return (targets[:, 0] if targets.dim() == 2 else targets) >= 0


class CategoryLoss(TaskLoss):
    """Mean cross entropy over the works that have a label (target >= 0); zero when none has."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if self.reduction == "mean" and (targets < 0).all():
            return outputs.sum() * 0.0
        return F.cross_entropy(
            outputs.float(), targets.long(), self.weight, ignore_index=-1, reduction=self.reduction,
            label_smoothing=self.smoothing,
        )  # fmt: skip

    def activation(self, outputs: Tensor) -> Tensor:
        """Probabilities of the classes."""
        return outputs.float().softmax(-1)

    def decodes(self, shares: Tensor) -> Tensor:
        """The class that is said."""
        return shares.argmax(-1)


class MultilabelLoss(TaskLoss):
    """Mean binary cross entropy over classes and labelled works (a row of -1 has no label)."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        known = (targets >= 0).float()
        each = F.binary_cross_entropy_with_logits(
            outputs.float(), targets.clamp(min=0).float(), weight=self.weight, reduction="none"
        )
        if self.reduction == "none":
            return (each * known).mean(-1)
        return (each * known).sum() / known.sum().clamp(min=1)

    def activation(self, outputs: Tensor) -> Tensor:
        """A probability of each label."""
        return outputs.float().sigmoid()

    def decodes(self, shares: Tensor) -> Tensor:
        """The labels that are more likely than not, as 0 and 1."""
        return (shares > 0.5).long()


class RegressionLoss(TaskLoss):
    """Mean absolute error over the works that have a number (NaN: none)."""

    def known(self, targets: Tensor) -> Tensor:
        """Which works have a number, (B,)."""
        return ~targets.isnan()

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        known = self.known(targets)
        difference = (outputs.float().squeeze(-1) - torch.nan_to_num(targets)).abs()
        if self.reduction == "none":
            return difference * known
        return (difference * known).sum() / known.sum().clamp(min=1)

    def activation(self, outputs: Tensor) -> Tensor:
        """The number itself."""
        return outputs.float()

    def decodes(self, numbers: Tensor) -> Tensor:
        """The number itself."""
        return numbers.squeeze(-1)


def for_kind(kind: str, weight: Sequence[float] | None = None) -> nn.Module:
    """The loss of a task's kind.

    Parameters
    ----------
    kind : one of ``artlib.tasks.KINDS``.
    weight : of each class or label; None: all alike. A regression has none.
    """
    if kind in ("category", "binary"):
        return CategoryLoss(weight)
    return MultilabelLoss(weight) if kind == "multilabel" else RegressionLoss()

"""Losses that pass over works without a label, one for each kind of task; and their sum over several tasks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from artlib.errors import ArtlibError


class LossError(ArtlibError):
    """Losses that cannot be combined as was asked."""


class TaskLoss(nn.Module):
    """A loss as fastai asks for it, with ``reduction`` ("mean", or "none": one number a picture), activation, decoding.

    weight: one number a class, for unbalanced classes.
    """

    def __init__(self, weight: Sequence[float] | None = None):
        super().__init__()
        self.reduction = "mean"
        self.register_buffer("weight", None if weight is None else torch.tensor(weight, dtype=torch.float32))


class CategoryLoss(TaskLoss):
    """Mean cross entropy over the works that have a label (target >= 0); zero when none has."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if self.reduction == "mean" and (targets < 0).all():
            return outputs.sum() * 0.0
        return F.cross_entropy(
            outputs.float(), targets.long(), weight=self.weight, ignore_index=-1, reduction=self.reduction
        )

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

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        known = ~torch.isnan(targets)
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


class CombinedLoss(nn.Module):
    """The sum over tasks of weight times scale times loss (OmniArt, equation 2: ``L_t = sum_i w_i s_i L_i``).

    ``uncertain``: instead of weights given by hand each task has a learned log-variance ``a_i``, and the sum is over
    ``exp(-a_i) s_i L_i + a_i`` (for scores ``+ a_i / 2``; Kendall, Gal and Cipolla 2018; the absolute error as a
    Laplace likelihood). Shapes: a tuple of outputs and a tuple of targets, one each a task, to a number. ``last`` holds
    the losses of the last call, task by task, before weights and scales. Chapter: omniart.
    Raises LossError for a weight or scale that is not above 0.
    """

    def __init__(
        self, parts: Sequence[nn.Module], weights: Sequence[float], scales: Sequence[float], uncertain: bool = False
    ):
        super().__init__()
        for what, values in (("weight", weights), ("scale", scales)):
            for number, value in enumerate(values):
                if not 0 < value < float("inf"):
                    raise LossError(
                        f"The {what} of task {number + 1} is {value:g}; it must be above 0. Leave a task out of the "
                        "list instead of giving it no say."
                    )
        if not len(parts) == len(weights) == len(scales):
            raise LossError(f"{len(parts)} losses need as many weights and scales: {len(weights)} and {len(scales)}.")
        self.parts, self.uncertain = nn.ModuleList(parts), uncertain
        self.register_buffer("weights", torch.tensor(list(weights), dtype=torch.float32))
        self.register_buffer("scales", torch.tensor(list(scales), dtype=torch.float32))
        self.variances = nn.Parameter(torch.zeros(len(parts)), requires_grad=uncertain)
        self.last: Tensor | None = None

    def forward(self, outputs: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
        each = torch.stack([part(o, t) for part, o, t in zip(self.parts, outputs, targets, strict=True)])
        self.last = each.detach()
        if not self.uncertain:
            return (self.weights * self.scales * each).sum()
        share = torch.tensor([1.0 if isinstance(part, RegressionLoss) else 0.5 for part in self.parts])
        return ((-self.variances).exp() * self.scales * each + share.to(each.device) * self.variances).sum()

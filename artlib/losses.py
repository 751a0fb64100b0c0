"""Losses that pass over works without a label, one for each kind of task."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CategoryLoss(nn.Module):
    """Mean cross entropy over the works that have a label (target >= 0); zero when none has."""

    def __init__(self, weight: Sequence[float] | None = None):
        super().__init__()
        self.register_buffer("weight", None if weight is None else torch.tensor(weight, dtype=torch.float32))

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if (targets < 0).all():
            return outputs.sum() * 0.0
        return F.cross_entropy(outputs.float(), targets.long(), weight=self.weight, ignore_index=-1)


class MultilabelLoss(nn.Module):
    """Mean binary cross entropy over classes and labelled works (a row of -1 has no label)."""

    def __init__(self, weight: Sequence[float] | None = None):
        super().__init__()
        self.register_buffer("weight", None if weight is None else torch.tensor(weight, dtype=torch.float32))

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        known = (targets >= 0).float()
        each = F.binary_cross_entropy_with_logits(
            outputs.float(), targets.clamp(min=0).float(), weight=self.weight, reduction="none"
        )
        return (each * known).sum() / known.sum().clamp(min=1)


class RegressionLoss(nn.Module):
    """Mean absolute error over the works that have a number (NaN: none)."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        known = ~torch.isnan(targets)
        difference = (outputs.float().squeeze(-1) - torch.nan_to_num(targets)).abs()
        return (difference * known).sum() / known.sum().clamp(min=1)


def for_kind(kind: str, weight: Sequence[float] | None = None) -> nn.Module:
    """The loss of a task's kind (``artlib.tasks.KINDS``)."""
    if kind in ("category", "binary"):
        return CategoryLoss(weight)
    return MultilabelLoss(weight) if kind == "multilabel" else RegressionLoss()

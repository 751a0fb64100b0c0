"""The loss of several tasks: each task's own, weighed and scaled, and added up (OmniArt, equation 2)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from artlib.losses import RegressionLoss


class CombinedLoss(nn.Module):
    """The sum over tasks of weight times scale times loss (OmniArt, equation 2: ``L_t = sum_i w_i s_i L_i``).

    ``uncertain``: instead of weights given by hand each task has a learned log-variance ``a_i``, and the sum is over
    ``exp(-a_i) s_i L_i + a_i`` (for scores ``+ a_i / 2``; Kendall, Gal and Cipolla 2018; the absolute error as a
    Laplace likelihood). Shapes: a tuple of outputs and a tuple of targets, one each a task, to a number. ``last`` holds
    the losses of the last call, task by task, before weights and scales. The recipe sees to it that weights and scales
    are above 0. Chapter: omniart.
    """

    def __init__(
        self, parts: Sequence[nn.Module], weights: Sequence[float], scales: Sequence[float], uncertain: bool = False
    ):
        super().__init__()
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
        # A task of which the batch has no label moves nothing, or its own weight would grow with each such batch.
        known = torch.stack([part.known(target).any() for part, target in zip(self.parts, targets, strict=True)])
        moved = share.to(each.device) * self.variances * known
        return ((-self.variances).exp() * self.scales * each + moved).sum()

    def activation(self, outputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Each task's answers: probabilities, or a number."""
        return tuple(part.activation(one) for part, one in zip(self.parts, outputs, strict=True))

    def decodes(self, answers: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Each task's answer itself: a class, labels as 0 and 1, a number."""
        return tuple(part.decodes(one) for part, one in zip(self.parts, answers, strict=True))

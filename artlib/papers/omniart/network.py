"""One body, a shared representation, and a block for each task (Strezoski and Worring, section 3, Fig. 2)."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from artlib.errors import one_of
from artlib.nets.levels import BODY, level_names, levels
from artlib.nets.network import NetsError, Network, evaluating
from artlib.tasks import Task

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "none": nn.Identity}


class MultiTask(nn.Module):
    """Pictures (B, 3, H, W), or cached features of them (B, D), to one output a task, in the tasks' order.

    Outputs: category (B, classes) and multilabel (B, labels) scores before softmax or sigmoid; regression (B, 1) in the
    units of the task. The shared representation (``represent``) is what all tasks learn together and can be used as
    features. Chapter: omniart.

    Parameters
    ----------
    network : gives its body.
    tasks : name -> task; each gets a block of its own.
    shared : units of the shared representation.
    activation : a name of ACTIVATIONS, after the shared layer.
    dropout : probability after it.
    depths : task -> layer of the body that it reads instead, averaged over its places; such a task has no part in the
        shared representation (section 3.3).
    frozen : whether the body stays as it is.

    Attributes
    ----------
    levels : what of the body is read, in the order of cached features.

    Raises
    ------
    NetsError : there is no task or unit, or an activation, task or layer is unknown.
    """

    def __init__(
        self,
        network: Network,
        tasks: Mapping[str, Task],
        shared: int = 1024,
        activation: str = "relu",
        *,
        dropout: float = 0.0,
        depths: Mapping[str, str] | None = None,
        frozen: bool = True,
    ):
        super().__init__()
        _check(network, tasks, shared, activation, depths or {})
        self.name, self.network, self.tasks, self.activation = network.name, network, dict(tasks), activation
        self.depths, self.frozen = dict(depths or {}), frozen
        self.levels = level_names(self.depths)
        self.widths = _widths(network, self.levels)
        if frozen:
            network.freeze([name for name, _ in network.layers()])
        self.standard = Standardize(sum(self.widths))
        self.shared = nn.Sequential(nn.Linear(network.features, shared), ACTIVATIONS[activation](), nn.Dropout(dropout))
        self.blocks = nn.ModuleList(self._block(name, task, shared) for name, task in self.tasks.items())
        self.train(self.training)

    @property
    def units(self) -> int:
        """Length of the shared representation."""
        return self.shared[0].out_features

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """What the body gives for pictures, its levels side by side: (B, D)."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            return levels(self.network, x, self.levels)

    def represent(self, x: torch.Tensor) -> torch.Tensor:
        """The shared representation of pictures, or of cached features: (B, units)."""
        return self.shared(self._parts(x)[BODY])

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        parts = self._parts(x)
        shared = self.shared(parts[BODY])
        inputs = [parts[self.depths[name]] if name in self.depths else shared for name in self.tasks]
        return tuple(block(one) for block, one in zip(self.blocks, inputs, strict=True))

    def train(self, mode: bool = True) -> "MultiTask":
        """A frozen body stays in evaluation mode: else cached features and computed ones would differ."""
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def _parts(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        values = self.standard(self.features(x) if x.dim() == 4 else x.float())
        return dict(zip(self.levels, values.split(self.widths, dim=1), strict=True))

    def _block(self, name: str, task: Task, shared: int) -> nn.Module:
        width = self.widths[self.levels.index(self.depths[name])] if name in self.depths else shared
        return ScaledRegressionHead(width) if task.kind == "regression" else nn.Linear(width, task.outputs)


class Standardize(nn.Module):
    """Features less their mean, over their deviation, both of the training works; (B, D) to the same."""

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))

    def fit(self, features: torch.Tensor) -> None:
        """Take mean and deviation from these features (N, D); a constant one keeps its scale."""
        deviation = features.float().std(0, unbiased=False)
        self.mean.copy_(features.float().mean(0))
        self.deviation.copy_(torch.where(deviation > 1e-6, deviation, torch.ones_like(deviation)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.deviation


class ScaledRegressionHead(nn.Module):
    """A linear block whose answer is a number with a unit: years, about the middle of those of the training works."""

    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(width, 1)
        self.register_buffer("middle", torch.zeros(1))
        self.register_buffer("spread", torch.ones(1))

    def fit(self, targets: torch.Tensor) -> None:
        """Take middle and spread from the numbers of the training works; NaN: no label."""
        known = targets[~targets.isnan()].float()
        self.middle.copy_(known.median())
        self.spread.copy_(known.std(unbiased=False).clamp(min=1e-3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.middle + self.spread * self.linear(x)


def _widths(network: Network, names: Sequence[str]) -> list[int]:
    """Length of each level; one small picture is looked at where a level is not the last."""
    if tuple(names) == (BODY,):
        return [network.features]
    device = next(network.parameters()).device
    with evaluating(network), torch.no_grad():
        picture = torch.zeros(1, 3, network.size, network.size, device=device)
        found = [levels(network, picture, (BODY, name)).shape[1] - network.features for name in names[1:]]
    return [network.features, *found]


def _check(network: Network, tasks: Mapping[str, Task], shared: int, activation: str, depths: Mapping) -> None:
    if not tasks:
        raise NetsError("A multi-task network needs at least one task.")
    if shared < 1:
        raise NetsError(f"The shared representation has 1 unit or more, not {shared}.")
    one_of(activation, ACTIVATIONS, f"Unknown activation {activation!r}", NetsError)
    layers = [name for name, _ in network.layers()[:-1]]
    for task, layer in depths.items():
        one_of(task, tasks, f"A depth is given for {task!r}, which is none of the tasks", NetsError)
        one_of(layer, layers, f"{network.name} has no layer {layer!r} to branch off at", NetsError)

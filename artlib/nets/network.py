"""What all networks share: normalize, then body, then head; and layers that can be frozen."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from artlib.errors import ArtlibError

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class NetsError(ArtlibError):
    """A network that does not exist, or that was asked for something it cannot do."""


@contextmanager
def evaluating(network: nn.Module) -> Iterator[nn.Module]:
    """The network in evaluation mode for a while; afterwards every module has the mode that it had before.

    Module by module, because a part may be in evaluation mode by itself, such as frozen batch normalization.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield network
    finally:
        for module, training in modes:
            module.training = training


class Normalize(nn.Module):
    """RGB in 0..1 to what a network was trained on: (x - mean) / std, (B, 3, H, W) to the same.

    Parameters
    ----------
    mean, std : by channel, in the network's own order and units; kept with the weights, as features depend on them.
    scale : what 1 becomes; 255 for Caffe.
    bgr : whether the network's order of channels is blue, green, red, as Caffe's is.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float] = (1, 1, 1), scale: float = 1, bgr: bool = False):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std, dtype=torch.float32).reshape(1, 3, 1, 1))
        self.scale, self.bgr = scale, bgr

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.bgr:
            x = x.flip(1)
        # One multiplication and one addition over the pictures instead of three passes.
        return torch.addcmul(-self.mean / self.std, x, self.scale / self.std)

    def extra_repr(self) -> str:
        order = "BGR" if self.bgr else "RGB"
        return f"{order} 0..{self.scale:g}, mean {self.mean.flatten().tolist()}, std {self.std.flatten().tolist()}"


class Network(nn.Module):
    """forward = head(body(normalize(x))): pictures (B, 3, H, W), RGB in 0..1, to outputs (B, outputs).

    Parameters
    ----------
    name : what ``nets.create`` calls it.
    body : pictures to (B, features).
    head : the last linear layer, always new for a new task.
    normalize : what is done to pictures first.
    layers : (name, module) from first to last, a partition of the body's parameters; the head is added as the last.
    size : the pixels it was made for.
    fixed_size : whether it takes no other size.
    head_name : the name of the last layer.
    origin : for a library's network the library, its name there, and where its weights lie.
    last_layer : what the library calls its last layer.
    grown_from : a network of fewer layers, whose weights it can start from.

    Raises
    ------
    NetsError : the layers are no partition of the parameters.
    """

    def __init__(
        self,
        name: str,
        body: nn.Module,
        head: nn.Linear,
        normalize: Normalize,
        layers: Sequence[tuple[str, nn.Module]],
        *,
        size: int,
        fixed_size: bool = False,
        head_name: str = "head",
        origin: tuple[str, str, str | None] | None = None,
        last_layer: str | None = None,
        grown_from: str | None = None,
    ):
        super().__init__()
        self.name, self.size, self.fixed_size = name, size, fixed_size
        self.origin, self.last_layer, self.grown_from = origin, last_layer, grown_from
        self.normalize, self.body, self.head = normalize, body, head
        # A tuple, so that the modules are not registered a second time.
        self._layers = (*layers, (head_name, head))
        self._frozen: frozenset[str] = frozenset()
        self.provenance: dict[str, str] = {"weights": "none"}
        in_layers = sum(p.numel() for _, layer in self._layers for p in layer.parameters())
        if in_layers != sum(p.numel() for p in self.parameters()):
            raise NetsError(f"The layers of {name} are not a partition of its parameters.")

    @property
    def features(self) -> int:
        """Length of the representation before the head."""
        return self.head.in_features

    @property
    def outputs(self) -> int:
        """Number of outputs of the head."""
        return self.head.out_features

    @property
    def frozen(self) -> tuple[str, ...]:
        """Names of the frozen layers, first to last."""
        return tuple(name for name, _ in self._layers if name in self._frozen)

    def layers(self) -> list[tuple[str, nn.Module]]:
        """All layers, first to last, the head last; together they hold every parameter once."""
        return list(self._layers)

    def freeze(self, names: Iterable[str]) -> "Network":
        """Freeze exactly the named layers: no gradient, and batch normalization uses its kept statistics.

        Autograd records nothing for frozen layers at the beginning of the network, which makes training faster
        (Cetinic et al., Fig. 9). Dropout stays active in them, as in Caffe. Raises NetsError for an unknown layer.
        """
        names = frozenset(names)
        unknown = names - {name for name, _ in self._layers}
        if unknown:
            known = ", ".join(name for name, _ in self._layers)
            raise NetsError(f"{self.name} has no layer {', '.join(sorted(unknown))}. Its layers are: {known}.")
        self._frozen = names
        for name, layer in self._layers:
            layer.requires_grad_(name not in names)
        return self.train(self.training)

    def train(self, mode: bool = True) -> "Network":
        """Training or evaluation mode; batch normalization of frozen layers stays in evaluation mode."""
        super().train(mode)
        for name, layer in self._layers:
            if name in self._frozen:
                for module in layer.modules():
                    if isinstance(module, nn.modules.batchnorm._NormBase):
                        module.eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.fixed_size and x.shape[-2:] != (self.size, self.size):
            height, width = x.shape[-2:]
            raise NetsError(
                f"{self.name} takes pictures of {self.size}x{self.size} pixels, not {height}x{width}. "
                f"Make the pixel cache larger than that and crop to {self.size}, or choose a network that takes any."
            )
        return self.head(self.body(self.normalize(x)))

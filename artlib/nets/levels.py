"""What a body says at several of its layers, averaged over places: the levels that heads and caches read."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import torch
from torch import nn

from artlib.nets.network import Network

BODY = "body"  # the level of the features before a network's head


def level_names(depths: Mapping[str, str]) -> tuple[str, ...]:
    """Which levels of a body are read when tasks branch off at these layers: always the last, and theirs."""
    return (BODY, *dict.fromkeys(depths.values()))


def places(output: torch.Tensor) -> tuple[int, ...]:
    """Which dimensions of a layer's output are places: (2, 3); (1, 2) with channels last (Swin); (1,) for tokens."""
    if output.dim() != 4:
        return (1,) if output.dim() == 3 else ()
    # A square picture has square maps.
    return (1, 2) if output.shape[1] == output.shape[2] != output.shape[3] else (2, 3)


def levels(network: Network, x: torch.Tensor, names: Sequence[str] = (BODY,)) -> torch.Tensor:
    """Features of pictures at several levels of a network.

    Parameters
    ----------
    network : its body is asked.
    x : pictures (B, 3, H, W), RGB in 0..1.
    names : levels: "body" for the features before the head, or a layer's name, whose maps are averaged over places.

    Returns
    -------
    (B, D), the levels side by side.
    """
    layers, seen = dict(network.layers()), {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = output.mean(dim=places(output)) if places(output) else output

        return hook

    with ExitStack() as hooks:
        for name in set(names) - {BODY}:
            hooks.enter_context(_last(layers[name]).register_forward_hook(keep(name)))
        seen[BODY] = network.body(network.normalize(x))
    return torch.cat([seen[name] for name in names], dim=1).float()


def _last(layer: nn.Module) -> nn.Module:
    return layer[-1] if isinstance(layer, nn.ModuleList) else layer

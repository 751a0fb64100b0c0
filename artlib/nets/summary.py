"""A network as a table: one row a layer."""

from collections import Counter
from contextlib import ExitStack

import pandas as pd
import torch
from torch import nn

from artlib import paths
from artlib.nets.network import Network, evaluating


def summary(network: Network, size: int | None = None) -> pd.DataFrame:
    """Layers of a network as a table, first to last.

    Parameters
    ----------
    network : any network of this book.
    size : pixels of the pictures that the shapes are for; None: the network's own.

    Returns
    -------
    A row a layer: layer, kind, output shape (without the batch), parameters, trained.
    """
    size = size or network.size
    shapes: dict[str, tuple[int, ...]] = {}
    device = next(network.parameters()).device
    with ExitStack() as hooks, evaluating(network), torch.no_grad():
        for name, layer in network.layers():
            for module in layer.modules():
                hooks.enter_context(module.register_forward_hook(_remember(shapes, name)))
        network(torch.zeros(1, 3, size, size, device=device))
    rows = [
        {
            "layer": name,
            "kind": _kind(layer),
            "output shape": "x".join(map(str, shapes.get(name, ()))),
            "parameters": sum(p.numel() for p in layer.parameters()),
            "trained": name not in network.frozen,
        }
        for name, layer in network.layers()
    ]
    return pd.DataFrame(rows)


def _remember(shapes: dict, name: str):
    def hook(module: nn.Module, inputs, output) -> None:
        if isinstance(output, torch.Tensor):
            shapes[name] = tuple(output.shape[1:])

    return hook


def _kind(layer: nn.Module) -> str:
    """The kinds of the modules in a layer in the order in which they first stand, counted where several."""
    # timm's batch normalization holds its activation inside, so it is counted though it is not a leaf.
    leaves = [
        module
        for module in layer.modules()
        if not isinstance(module, nn.Identity) and (not list(module.children()) or isinstance(module, nn.BatchNorm2d))
    ]
    counts = Counter(_word(m) for m in leaves)
    return ", ".join(f"{n} {word}" if n > 1 else word for word, n in counts.items())


def _word(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        kernel = "x".join(map(str, module.kernel_size))
        stride = f" / {module.stride[0]}" if module.stride[0] > 1 else ""
        single = module.groups == module.in_channels > 1
        groups = " per channel" if single else f" in {module.groups} groups" if module.groups > 1 else ""
        return f"convolution {kernel}{stride}{groups}"
    words, kinds = paths.table("networks.yaml")["words"], [kind.__name__ for kind in type(module).__mro__]
    return next((words[kind] for kind in kinds if kind in words), kinds[0])

"""Heads of several layers on a body that is there already."""

from collections.abc import Sequence

import torch
from torch import nn

from artlib.nets.network import NetsError, Network

HIDDEN = "hidden"  # the name of the new layers before the last one


def add_hidden_layers(network: Network, widths: Sequence[int], seed: int | None = 0) -> Network:
    """The network with fully connected ReLU layers between its body and a new last layer (Chen and Chen, Fig. 3).

    The new layers are one entry ``hidden`` of ``layers()``, so that everything before them can be frozen ("only-new").
    Chapter: culture.

    Parameters
    ----------
    network : gives its body, whose parameters are shared; it should not be used any more.
    widths : units of each new layer; two of them and the last layer make the paper's three.
    seed : what the initial values of the new layers depend on; None: the global generator.

    Raises
    ------
    NetsError : there are no widths, or one is below 1.
    """
    if not widths or min(widths) < 1:
        raise NetsError(f"A deeper head needs widths of 1 or more, not {list(widths)}.")
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        parts: list[nn.Module] = []
        for before, after in zip([network.features, *widths], widths, strict=False):
            parts += [nn.Linear(before, after), nn.ReLU()]
        hidden, head = nn.Sequential(*parts), nn.Linear(widths[-1], network.outputs)
    deeper = Network(
        network.name,
        nn.Sequential(network.body, hidden),
        head,
        network.normalize,
        [*network.layers()[:-1], (HIDDEN, hidden)],
        size=network.size,
        fixed_size=network.fixed_size,
        origin=network.origin,
        last_layer=network.last_layer,
    )
    deeper.provenance = {**network.provenance, "head": "x".join(map(str, [*widths, network.outputs]))}
    return deeper

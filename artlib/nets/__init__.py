"""Networks by name, each with one meaning of body, head and layers.

``body`` turns pictures into features, ``head`` is the last linear layer, ``layers()`` is the ordered partition of all
parameters that the fine-tuning scenarios freeze. Every network takes RGB pictures in 0..1 and normalizes them itself.
"""

import os

import torch

from artlib.nets.backbones import BACKBONES, library
from artlib.nets.caffenet import CaffeNet, caffenet_s
from artlib.nets.heads import add_hidden_layers
from artlib.nets.network import NetsError, Network, evaluating
from artlib.nets.small import mobilenet_s, resnet18_s, resnet34_s
from artlib.nets.summary import summary
from artlib.nets.weights import load

__all__ = [
    "OWN",
    "CaffeNet",
    "NetsError",
    "Network",
    "add_hidden_layers",
    "create",
    "evaluating",
    "named",
    "names",
    "summary",
]

OWN = "resnet18_s=photographs"
"""The network where none is named: it comes with the book."""

_NETWORKS = {
    "caffenet": CaffeNet,
    "caffenet_s": caffenet_s,
    "resnet18_s": resnet18_s,
    "resnet34_s": resnet34_s,
    "mobilenet_s": mobilenet_s,
}


def names() -> list[str]:
    """The networks that have a name of their own; beside them ``timm/NAME`` and ``torchvision/NAME`` work."""
    return [*_NETWORKS, *BACKBONES]


def create(
    name: str, outputs: int, weights: str | os.PathLike | None = None, *, seed: int | None = 0, **options
) -> Network:
    """A network with a new last layer, its body started from weights.

    Parameters
    ----------
    name : one of ``names()``, or ``timm/NAME`` or ``torchvision/NAME``.
    outputs : units of the last layer, one a class.
    weights : None or "none" (random), "imagenet" or "library" (what the library publishes for this network, learned
        from ImageNet or otherwise), "photographs", or the path of a safetensors file (see ``artlib.nets.weights``).
    seed : what the random initial values depend on, and nothing else does; None: the global generator.
    options : for the architecture (CaffeNet: dropout, mean; library backbones: what the library takes).

    Raises
    ------
    NetsError : the name is unknown, or there is no output.
    WeightsError : the weights are not there, cannot be read or do not fit.
    """
    if outputs < 1:
        raise NetsError(f"A network needs at least one output, not {outputs}. Does the task have any class?")
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        network = (
            _NETWORKS[name](outputs, **options) if name in _NETWORKS else library(name, outputs, weights, **options)
        )
    return load(network, weights)


def named(name: str) -> Network:
    """The body of a network by "NAME=WEIGHTS", as ``create`` takes them; without WEIGHTS it is untrained."""
    architecture, _, weights = name.partition("=")
    return create(architecture, 1, weights or None)

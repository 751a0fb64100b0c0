"""Batch normalization that was folded into the convolutions before it, and how to train such weights.

Converters for phones multiply each filter by what normalization would have done to it. Such a network answers as
before, but cannot be trained: in training mode normalization measures its pictures and undoes a scale that is gone.
"""

from contextlib import ExitStack

import torch
from torch import nn

from artlib.nets.network import Network, evaluating

_LENGTH = 1.0


def is_folded(network: Network) -> bool:
    """Whether every batch normalization of the body is a mere addition (gain 1, mean 0, variance 1)."""
    norms = _norms(network)
    return bool(norms) and all(
        bool((m.weight == 1).all() and (m.running_mean == 0).all() and (m.running_var == 1).all()) for m in norms
    )


def unfold(network: Network, x: torch.Tensor) -> Network:
    """Give batch normalization its statistics back, in place; the network answers as before.

    Gains and offsets are set so that nothing changes in evaluation mode. Filters are brought to length 1, which
    normalization after them makes no difference to, but which makes one learning rate fit all of them: the lengths of
    folded filters differ by a factor of fifty.

    Parameters
    ----------
    network : one whose normalization ``is_folded``.
    x : pictures to measure on, (B, 3, H, W), RGB in 0..1.
    """
    mean, variance, filters = _measure(network, x)
    with torch.no_grad():
        for norm, batch_mean in mean.items():
            # What it did so far was: gain * (x - running_mean) + bias.
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            norm.bias += gain * (batch_mean - norm.running_mean)
            norm.weight.copy_(gain * torch.sqrt(variance[norm] + norm.eps))
            norm.running_mean.copy_(batch_mean)
            norm.running_var.copy_(variance[norm])
            if norm in filters:
                _shorten(filters[norm], norm)
    return network


def _shorten(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    length = convolution.weight.flatten(1).norm(dim=1)
    scale = torch.where(length > 0, _LENGTH / length, 1.0)
    # eps stays as it is: what it adds to the variance is made up for in the gain.
    before = torch.sqrt(norm.running_var + norm.eps)
    convolution.weight *= scale.reshape(-1, 1, 1, 1)
    norm.running_mean *= scale
    norm.running_var *= scale**2
    norm.weight *= torch.sqrt(norm.running_var + norm.eps) / (before * scale)


def _norms(network: Network) -> list[nn.BatchNorm2d]:
    return [m for m in network.body.modules() if isinstance(m, nn.BatchNorm2d) and m.affine and m.track_running_stats]


def _measure(network: Network, x: torch.Tensor):
    """Mean and variance of what each normalization gets in evaluation mode, and the convolution it comes from."""
    mean: dict[nn.Module, torch.Tensor] = {}
    variance: dict[nn.Module, torch.Tensor] = {}
    filters: dict[nn.Module, nn.Conv2d] = {}
    latest: list = [None, None]

    def convolved(module, inputs, output):
        latest[:] = module, output

    def normalized(module, inputs):
        values = inputs[0]
        mean[module] = values.mean((0, 2, 3))
        variance[module] = values.var((0, 2, 3), unbiased=False)
        if values is latest[1] and latest[0].bias is None:
            filters[module] = latest[0]

    with ExitStack() as hooks, evaluating(network), torch.no_grad():
        for module in network.body.modules():
            if isinstance(module, nn.Conv2d):
                hooks.enter_context(module.register_forward_hook(convolved))
        for norm in _norms(network):
            hooks.enter_context(norm.register_forward_pre_hook(normalized))
        network(x)
    return mean, variance, filters

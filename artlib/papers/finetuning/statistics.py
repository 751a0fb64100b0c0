"""What colours and edges alone say of a picture: the floor under every network, without shapes and without places."""

import torch
from torch import Tensor, nn

from artlib.nets import Network
from artlib.nets.network import Normalize

_ANGLES, _SCALES = 8, (1, 4)


class ColoursAndEdges(nn.Module):
    """Pictures (B, 3, H, W) in 0..1 to (B, 90): shares of 64 colours, means and deviations of the channels, and at two
    scales how much edge points where, and how strong edges are."""

    features = 64 + 6 + len(_SCALES) * (_ANGLES + 2)

    def forward(self, x: Tensor) -> Tensor:
        red, green, blue = (x * 3.999).long().unbind(1)
        colours = _shares(16 * red + 4 * green + blue, 64, torch.ones_like(x[:, 0]))
        edges = [part for scale in _SCALES for part in _edges(nn.functional.avg_pool2d(x.mean(1), scale))]
        return torch.cat([colours, x.mean((2, 3)), x.std((2, 3)), *edges], 1)


def network(outputs: int) -> Network:
    """These statistics as the body of a network, so that a probe takes them for features."""
    body = ColoursAndEdges()
    head = nn.Linear(body.features, outputs)
    return Network("colours and edges", body, head, Normalize((0.0,) * 3), [], size=144)


def _shares(bins: Tensor, count: int, weight: Tensor) -> Tensor:
    """Of the weight, how much falls into each bin, as a mean over the places: (B, H, W) to (B, count)."""
    found = torch.zeros(len(bins), count, device=bins.device)
    return found.scatter_add(1, bins.flatten(1), weight.flatten(1)) / bins[0].numel()


def _edges(grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    across = grey[:, :-1, 1:] - grey[:, :-1, :-1]
    down = grey[:, 1:, :-1] - grey[:, :-1, :-1]
    strength = torch.hypot(across, down)
    angle = torch.atan2(down, across) % torch.pi
    bins = (angle / torch.pi * _ANGLES).long().clamp(max=_ANGLES - 1)
    flat = strength.flatten(1)
    return _shares(bins, _ANGLES, strength), flat.mean(1, keepdim=True), flat.std(1, keepdim=True)

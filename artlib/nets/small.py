"""Two small networks for pictures of 64 pixels: a narrow residual network and one of inverted residuals."""

from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from artlib.nets.network import Network, Normalize

_DEEPER = (3, 4, 6, 3)  # blocks a stage of ResNet34; ResNet18 has two in each


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016, Fig. 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = _norm_conv(inputs, outputs, 1, stride, active=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return F.relu(self.norm2(self.conv2(y)).add_(self.shortcut(x)), inplace=True)


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow, with a shortcut where shapes agree (Sandler et al. 2018, Fig. 4)."""

    def __init__(self, inputs: int, outputs: int, stride: int, expand: int):
        super().__init__()
        inner = inputs * expand
        self.widen = _norm_conv(inputs, inner, 1) if expand > 1 else nn.Identity()
        self.filter = _norm_conv(inner, inner, 3, stride, groups=inner)
        self.narrow = _norm_conv(inner, outputs, 1, active=False)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.narrow(self.filter(self.widen(x)))
        return x + y if self.shortcut else y


def resnet18_s(outputs: int, width: int = 24) -> Network:
    """ResNet18 with fewer channels and a 3x3 stem for pictures of 64 pixels: 1.6 million parameters.

    Shapes: (B, 3, 64, 64), RGB in 0..1, to (B, outputs); features: 8 * width. Other sizes work as well.

    Parameters
    ----------
    outputs : units of the head.
    width : channels of the first stage, instead of 64.
    """
    return _network("resnet18_s", *_residual(width, (2, 2, 2, 2)), outputs)


def resnet34_s(outputs: int, width: int = 24) -> Network:
    """ResNet34 in the same small: `resnet18_s` with 3, 4, 6 and 3 blocks a stage, 3.0 million parameters.

    Weights of its own there are none: it grows from those of `resnet18_s`. Where a block is new its last gain starts at
    zero, so that both networks begin as the same function (Chen, Goodfellow and Shlens 2016; Goyal et al. 2017).
    """
    network = _network("resnet34_s", *_residual(width, _DEEPER), outputs, grown_from="resnet18_s")
    for k, blocks in enumerate(_DEEPER):
        for block in network.body.get_submodule(f"layer{k + 1}")[2:blocks]:
            nn.init.zeros_(block.norm2.weight)
    return network


def _residual(width: int, blocks: tuple[int, ...]) -> tuple[OrderedDict, int]:
    """Stages of a residual network with so many blocks each, and the channels they end with."""
    stem = _norm_conv(3, width, 3, 2)
    stem.append(nn.MaxPool2d(3, 2, padding=1))
    stages = OrderedDict(stem=stem)
    channels = width
    for k, count in enumerate(blocks):
        wider = width * 2**k
        first = Residual(channels, wider, 2 if k else 1)
        stages[f"layer{k + 1}"] = nn.Sequential(first, *(Residual(wider, wider, 1) for _ in range(count - 1)))
        channels = wider
    return stages, channels


def mobilenet_s(outputs: int) -> Network:
    """Inverted residuals as in MobileNetV2, for 64 pixels.

    Shapes: (B, 3, 64, 64), RGB in 0..1, to (B, outputs); features: 256. Other sizes work as well.
    """
    stages = OrderedDict(stem=_norm_conv(3, 16, 3, 2))
    channels = 16
    for k, (expand, wider, blocks, stride) in enumerate(((2, 24, 2, 2), (4, 40, 3, 2), (4, 80, 3, 2), (4, 112, 1, 1))):
        stage = []
        for j in range(blocks):
            stage.append(InvertedResidual(channels, wider, 1 if j else stride, expand))
            channels = wider
        stages[f"blocks{k + 1}"] = nn.Sequential(*stage)
    stages["top"] = _norm_conv(channels, 256, 1)
    return _network("mobilenet_s", stages, 256, outputs)


def _norm_conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    stage = nn.Sequential(conv, nn.BatchNorm2d(outputs))
    return stage.append(nn.ReLU(inplace=True)) if active else stage


def _network(name: str, stages: OrderedDict, features: int, outputs: int, grown_from: str | None = None) -> Network:
    layers = list(stages.items())
    body = nn.Sequential(OrderedDict(stages, pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()))
    for module in body.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    head = nn.Linear(features, outputs)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    normalize = Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    return Network(name, body, head, normalize, layers, size=64, grown_from=grown_from)

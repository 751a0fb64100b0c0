"""Generator and discriminator of deep convolutional adversarial networks (Radford, Metz and Chintala 2016).

Pictures are RGB in 0..1 outside, as everywhere in the book, and -1..1 inside. ``width`` is the number of channels of
the widest pictures: the poster's code takes 64, Radford 128, and half of 64 is enough for a processor.
"""

import math
from itertools import pairwise

import torch
from torch import nn

from artlib.nets.network import NetsError, Normalize

_SLOPE = 0.2  # of LeakyReLU below zero
_SPREAD = 0.02  # standard deviation of the initial weights


class Generator(nn.Sequential):
    """Noise to pictures: transposed convolutions that double the side, from 4x4 on (Radford, Fig. 1).

    Shapes: (B, z) to (B, 3, size, size), RGB in 0..1. Chapter: painting-generation.

    Parameters
    ----------
    width : channels of the last stage; the stages before have 2, 4 and 8 times as many.
    z : numbers of noise for a picture.
    size : pixels a side, a power of two from 8 on; 64 gives Radford's network.

    Raises
    ------
    NetsError : no network has this size or width.
    """

    def __init__(self, width: int = 64, z: int = 100, size: int = 64):
        widths = _widths(width, size)[::-1]
        layers = [nn.Unflatten(1, (z, 1, 1)), *_up(z, widths[0], stride=1)]
        for inputs, outputs in pairwise(widths):
            layers += _up(inputs, outputs)
        last = nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1, bias=False)
        super().__init__(*layers, last, nn.Tanh(), _Rescale())
        self.width, self.z, self.size = width, z, size
        self.apply(_start)


class Discriminator(nn.Module):
    """Pictures to one number each, the log odds of being real: the generator's mirror image (Radford, section 3).

    Shapes: (B, 3, size, size), RGB in 0..1, to (B,), and to the log odds of styles, (B, styles), or None without a
    head for them. Chapter: painting-generation.

    Parameters
    ----------
    width, size : as in ``Generator``.
    styles : above 0, how many the second head tells, that of a Creative Adversarial Network (Elgammal et al. 2017).
    """

    def __init__(self, width: int = 64, size: int = 64, styles: int = 0):
        super().__init__()
        widths = _widths(width, size)
        layers = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(_SLOPE, inplace=True)]
        for inputs, outputs in pairwise(widths):
            conv = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
            layers += [conv, nn.BatchNorm2d(outputs), nn.LeakyReLU(_SLOPE, inplace=True)]
        self.width, self.size, self.styles = width, size, styles
        self.normalize = Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(widths[-1], 1, 4, bias=False)
        self.style_head = nn.Conv2d(widths[-1], styles, 4) if styles else None
        self.apply(_start)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        if x.shape[-2:] != (self.size, self.size):
            raise NetsError(f"The discriminator takes {self.size}x{self.size} pixels, not {x.shape[-2]}x{x.shape[-1]}.")
        features = self.body(self.normalize(x))
        styles = self.style_head(features).flatten(1) if self.styles else None
        return self.head(features).flatten(), styles


class DCGAN(nn.Module):
    """Both networks as one module, so that a Learner moves, saves and counts them together.

    Shapes: (B, z) noise to (B, 3, size, size) pictures, RGB in 0..1. Chapter: painting-generation.

    Parameters
    ----------
    width, z, size, styles : as in ``Generator`` and ``Discriminator``.
    seed : what the initial weights depend on, and nothing else does.
    """

    def __init__(self, width: int = 64, z: int = 100, size: int = 64, styles: int = 0, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator = Generator(width, z, size)
            self.discriminator = Discriminator(width, size, styles)

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        return self.generator(noise)

    def extra_repr(self) -> str:
        g, d = (sum(p.numel() for p in m.parameters()) for m in (self.generator, self.discriminator))
        return f"generator: {g:,} parameters, discriminator: {d:,}"


class _Rescale(nn.Module):
    """From -1..1, where tanh ends, to 0..1."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x + 1) / 2


def _widths(width: int, size: int) -> list[int]:
    """Channels of the discriminator's stages, from the picture to 4x4 pixels; the generator has them in reverse."""
    if size < 8 or size & (size - 1):
        raise NetsError(f"The networks make pictures of 8, 16, 32, 64, ... pixels, not {size}.")
    if width < 1:
        raise NetsError(f"The networks need a width of at least one channel, not {width}.")
    return [width * 2**k for k in range(int(math.log2(size)) - 2)]


def _up(inputs: int, outputs: int, stride: int = 2) -> list[nn.Module]:
    conv = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding=stride // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def _start(module: nn.Module) -> None:
    """Filters from N(0, 0.02), gains of batch normalization from N(1, 0.02), offsets zero."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, _SPREAD)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, _SPREAD)
    if getattr(module, "bias", None) is not None:
        nn.init.zeros_(module.bias)

"""CaffeNet (Jia et al. 2014), the network of the fine-tuning paper, and a small one of the same shape.

Five convolutions and three fully connected layers, as AlexNet (Krizhevsky et al. 2012), but with pooling before
normalization.
"""

from collections import OrderedDict

from torch import nn

from artlib.nets.network import Network, Normalize

CAFFE_MEAN_BGR = (104.0, 117.0, 123.0)


class CaffeNet(Network):
    """CaffeNet exactly: 60,965,224 parameters at 1000 classes.

    Shapes: (B, 3, 227, 227), RGB in 0..1, to (B, classes); features: fc7, 4096. Inside, pictures are BGR in 0..255 with
    the mean subtracted. Initial values are those of Caffe's own definition, made for inputs of that range.

    Parameters
    ----------
    classes : units of the head.
    dropout : probability after fc6 and fc7.
    mean : of the data that the weights were trained on, in BGR, 0..255.
    """

    def __init__(self, classes: int = 1000, dropout: float = 0.5, mean: tuple[float, float, float] = CAFFE_MEAN_BGR):
        first = _conv(3, 96, 11, stride=4, pool=True, norm=True)
        body = _body(first, (96, 256, 384, 384, 256), (nn.Flatten(),), (256 * 6 * 6, 4096), dropout)
        head = nn.Linear(4096, classes)
        _caffe_initial_values(body, head)
        normalize = Normalize(mean, scale=255, bgr=True)
        layers = list(body.named_children())
        super().__init__("caffenet", body, head, normalize, layers, size=227, fixed_size=True, head_name="fc8")


def caffenet_s(outputs: int, dropout: float = 0.5) -> Network:
    """CaffeNet's shape with about a million parameters, for 64 pixels (other sizes are pooled to the same grid).

    Shapes: (B, 3, 64, 64), RGB in 0..1, to (B, outputs); features: fc7, 512.

    Parameters
    ----------
    outputs : units of the head.
    dropout : probability after fc6 and fc7.
    """
    first, flat = _conv(3, 32, 7, stride=2, padding=3, pool=True, norm=True), (nn.AdaptiveAvgPool2d(4), nn.Flatten())
    body = _body(first, (32, 64, 96, 96, 64), flat, (64 * 4 * 4, 512), dropout)
    head = nn.Linear(512, outputs)
    for module in body.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    normalize = Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    layers = list(body.named_children())
    return Network("caffenet_s", body, head, normalize, layers, size=64, head_name="fc8")


def _body(
    first: nn.Module, widths: tuple[int, ...], flat: tuple[nn.Module, ...], full: tuple[int, int], dropout: float
) -> nn.Sequential:
    """The first convolution and four more, of these widths; then what flattens their maps, and two full layers."""
    one, two, three, four, five = widths
    return nn.Sequential(
        OrderedDict(
            conv1=first,
            conv2=_conv(one, two, 5, padding=2, groups=2, pool=True, norm=True),
            conv3=_conv(two, three, 3, padding=1),
            conv4=_conv(three, four, 3, padding=1, groups=2),
            conv5=_conv(four, five, 3, padding=1, groups=2, pool=True),
            fc6=nn.Sequential(*flat, *_full(*full, dropout)),
            fc7=_full(full[1], full[1], dropout),
        )
    )


def _conv(
    inputs: int, outputs: int, kernel: int, *, pool: bool = False, norm: bool = False, **geometry
) -> nn.Sequential:
    stage = OrderedDict(conv=nn.Conv2d(inputs, outputs, kernel, **geometry), relu=nn.ReLU(inplace=True))
    if pool:
        # Caffe rounds the size of pooled maps up.
        stage["pool"] = nn.MaxPool2d(3, 2, ceil_mode=True)
    if norm:
        stage["norm"] = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1)
    return nn.Sequential(stage)


def _full(inputs: int, outputs: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU(inplace=True), nn.Dropout(dropout))


def _caffe_initial_values(body: nn.Sequential, head: nn.Linear) -> None:
    """Gaussian weights (0.01; 0.005 in fc6 and fc7) and biases of 0 or 1, as in Caffe's bvlc_reference_caffenet."""
    for name, stage in [*body.named_children(), ("fc8", nn.Sequential(head))]:
        for module in stage.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.normal_(module.weight, std=0.005 if name in ("fc6", "fc7") else 0.01)
                nn.init.constant_(module.bias, 0.0 if name in ("conv1", "conv3", "fc8") else 1.0)

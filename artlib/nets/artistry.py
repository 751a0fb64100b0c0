"""The artistry paper's networks: each field with layers of its own, and a branch that all fields share.

Sato, Sakaue and Sato, Figs. 5 to 8. The text names no widths; those here are the one family found that gives all four
parameter counts of Table 3. What that leaves open is said in the chapter: an inference, not the authors' word.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import nn

from artlib.nets.network import NetsError

FIELDS = ("painting", "architecture", "sculpture", "garden")
SHARED = "all fields"  # the key of a branch that belongs to no field alone
_OWN, _SINGLE = (16, 32, 64), (16, 32, 64, 128, 256)
_VARIANTS = {
    1: ((128, 256), (128,)),
    "1 swapped": ((128,), (128, 256)),
    2: ((64, 128), (64, 128)),
    3: ((64, 64), (64, 64)),
}


class ArtistryNet(nn.Module):
    """forward(x, field): pictures (B, 3, size, size), RGB in 0..1, of one field to two outputs, ordinary and artistic.

    own: widths of each field's first blocks; individual, common: widths of the two parallel branches on them, each
    field's own and, where ``shared``, one for all; both are flattened, put side by side and judged by the field's head.
    A network without branches is one network a field. seed: what the initial values depend on.
    """

    def __init__(
        self,
        name: str,
        own: Sequence[int],
        individual: Sequence[int] = (),
        common: Sequence[int] = (),
        *,
        fields: Sequence[str] = FIELDS,
        size: int = 256,
        hidden: Sequence[int] = (512, 256),
        shared: bool = True,
        seed: int | None = 0,
    ):
        super().__init__()
        if not fields or len(set(fields)) != len(fields):
            raise NetsError(f"An artistry network needs fields, each named once, not {list(fields)}.")
        halvings = len(own) + max(len(individual), len(common))
        if size % 2**halvings:
            times = f"{name} halves its pictures {halvings} times"
            raise NetsError(f"{times}, which {size} px cannot be: take a multiple of {2**halvings}.")
        self.name, self.size, self.fields = name, size, tuple(fields)
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.own = nn.ModuleDict({field: _blocks(3, own) for field in fields})
            self.individual = _branches(own[-1], individual, fields)
            self.common = _branches(own[-1], common, [SHARED] if shared else fields)
            units = sum(_units(size, len(own), own[-1], branch) for branch in (individual, common) if branch)
            units = units or _units(size, len(own), own[-1], ())
            self.heads = nn.ModuleDict({field: _head(units, hidden) for field in fields})

    def forward(self, x: torch.Tensor, field: str) -> torch.Tensor:
        self._fits(x, field)
        return self.heads[field](torch.cat([part.flatten(1) for part in self.parts(x, field).values()], 1))

    def parts(self, x: torch.Tensor, field: str) -> dict[str, torch.Tensor]:
        """What the head of a field is given, before it is flattened: "own", or "individual" and "common"."""
        x = self.own[field](x)
        branches = {"individual": self.individual, "common": self.common}
        found = {name: _of(branch, field)(x) for name, branch in branches.items() if len(branch)}
        return found or {"own": x}

    def path(self, field: str) -> Iterator[nn.Parameter]:
        """The parameters that a picture of a field meets, each once."""
        branches = [_of(branch, field) for branch in (self.individual, self.common) if len(branch)]
        for module in (self.own[field], *branches, self.heads[field]):
            yield from module.parameters()

    def path_parameters(self, field: str) -> int:
        """How many parameters a picture of a field meets: what Table 3 of the paper counts."""
        return sum(parameter.numel() for parameter in self.path(field))

    def freeze(self, fields: Sequence[str]) -> "ArtistryNet":
        """Freeze what is of these fields alone. Raises NetsError when nothing would learn."""
        for field in self.fields:
            for modules in (self.own, self.individual, self.heads, self.common):
                if field in modules:
                    modules[field].requires_grad_(field not in fields)
        if not any(parameter.requires_grad for field in self.fields for parameter in self.heads[field].parameters()):
            raise NetsError("All fields are frozen, so that nothing would learn: leave one of them out.")
        return self

    def _fits(self, x: torch.Tensor, field: str) -> None:
        if field not in self.fields:
            raise NetsError(f"{self.name} knows no field {field!r}; it has {', '.join(self.fields)}.")
        if x.shape[-2:] != (self.size, self.size):
            height, width = x.shape[-2:]
            raise NetsError(
                f"{self.name} was made for pictures of {self.size}x{self.size} pixels, not {height}x{width}: "
                f"its head has an input for every place. Make it with size={width}."
            )


def SingleField(fields: Sequence[str] = FIELDS, **options) -> ArtistryNet:
    """One network a field, nothing shared (Fig. 7); a path has 9,700,722 parameters at 256 px. Chapter: artistry."""
    return ArtistryNet("single field", _SINGLE, fields=fields, **options)


def MultiField(variant: int | str = 1, fields: Sequence[str] = FIELDS, **options) -> ArtistryNet:
    """The multi-task network (Fig. 8) as in a row of Table 3: 1, 2 or 3; "1 swapped" has the longer branch in common.

    A path has 26,699,634, 9,184,626 or 4,694,898 parameters at 256 px. Which branch of variant 1 is the longer cannot
    be told from the counts. Options: as ``ArtistryNet``; shared=False is the control whose common branch is not common.
    """
    if variant not in _VARIANTS:
        raise NetsError(f"There is no variant {variant!r}; choose one of {', '.join(map(repr, _VARIANTS))}.")
    individual, common = _VARIANTS[variant]
    return ArtistryNet(f"multi field ({variant})", _OWN, individual, common, fields=fields, **options)


def single_field_s(fields: Sequence[str] = FIELDS, **options) -> ArtistryNet:
    """A quarter of the widths for 64 px: the book's own small network, one a field."""
    return ArtistryNet("single_field_s", (8, 16, 32, 64), fields=fields, **{**_SMALL, **options})


def multi_field_s(fields: Sequence[str] = FIELDS, **options) -> ArtistryNet:
    """As ``single_field_s``, its last block split into an individual and a common branch of half the width."""
    return ArtistryNet("multi_field_s", (8, 16, 32), (32,), (32,), fields=fields, **{**_SMALL, **options})


_SMALL = {"size": 64, "hidden": (64, 32)}


def _blocks(channels: int, widths: Sequence[int]) -> nn.Sequential:
    """Basis blocks (Fig. 6): twice convolution, batch normalization and ReLU, then max pooling."""
    blocks = []
    for width in widths:
        layers: list[nn.Module] = []
        for inputs in (channels, width):
            layers += [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        channels = width
    return nn.Sequential(*blocks)


def _branches(channels: int, widths: Sequence[int], keys: Sequence[str]) -> nn.ModuleDict:
    return nn.ModuleDict({key: _blocks(channels, widths) for key in keys} if widths else {})


def _of(branch: nn.ModuleDict, field: str) -> nn.Module:
    return branch[field] if field in branch else branch[SHARED]


def _units(size: int, halved: int, channels: int, widths: Sequence[int]) -> int:
    side = size // 2 ** (halved + len(widths))
    return side * side * (widths[-1] if widths else channels)


def _head(units: int, hidden: Sequence[int]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for before, after in zip([units, *hidden], hidden, strict=False):
        parts += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(hidden[-1], 2))

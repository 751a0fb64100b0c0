"""The artistry paper's networks: each field with layers of its stem, and a branch that all fields share.

Sato, Sakaue and Sato, Figs. 5 to 8. The text names no widths; those here are the one family found that gives all four
parameter counts of Table 3. What that leaves open is said in the chapter: an inference, not the authors' word.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import torch
from torch import nn

from artlib.errors import one_of
from artlib.nets.network import NetsError
from artlib.tasks import Task
from artlib.works import FIELDS

ARTISTIC = Task("artistic", "binary", ("false", "true"))  # what the two outputs of each field answer
SHARED = "all fields"  # the key of a branch that belongs to no field alone
_VARIANTS = {
    "1": ((128, 256), (128,)),
    "1-swapped": ((128,), (128, 256)),
    "2": ((64, 128), (64, 128)),
    "3": ((64, 64), (64, 64)),
}
"""Widths of the individual and the common branch; which one of variant 1 is the longer the counts do not tell."""


class Family(NamedTuple):
    """Names of single and multi-task networks, widths of the single one and of the stem, what divides the branches'
    widths, pixels a side, and units of the head."""

    single: str
    multi: str
    widths: tuple[int, ...]
    stem: tuple[int, ...]
    thinner: int
    size: int
    hidden: tuple[int, ...]


FAMILIES = {
    "paper": Family("single field", "multi field", (16, 32, 64, 128, 256), (16, 32, 64), 1, 256, (512, 256)),
    "small": Family("single_field_s", "multi_field_s", (8, 16, 32, 64), (8, 16), 4, 64, (64, 32)),
}
"""The paper's networks (Figs. 7 and 8), and the same in small: they keep the paper's order of sizes of a path, 1 much
larger than the single network's, 2 a little smaller, 3 about half as large."""


class ArtistryNet(nn.Module):
    """forward(x, field): pictures (B, 3, size, size), RGB in 0..1, of one field to two outputs, ordinary and artistic.

    Two parallel branches stand on each field's first blocks; what they give is flattened, put side by side and judged
    by the field's head. A network without branches is one network a field. Chapter: artistry.

    Parameters
    ----------
    name : what it is called in figures and tables.
    stem : widths of each field's first blocks.
    individual : widths of the branch that each field has for itself.
    common : widths of the other branch.
    fields : the fields of art.
    size : pixels a side, a multiple of two to the number of blocks in a row.
    hidden : units of the head's layers before its last.
    shared : whether the common branch is one for all fields.
    seed : what the initial values depend on; None: the global generator.

    Raises
    ------
    NetsError : there is no field or one twice, or the size cannot be halved so often.
    """

    def __init__(
        self,
        name: str,
        stem: Sequence[int],
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
        halvings = len(stem) + max(len(individual), len(common))
        if size % 2**halvings:
            times = f"{name} halves its pictures {halvings} times"
            raise NetsError(f"{times}, which {size} px cannot be: take a multiple of {2**halvings}.")
        self.name, self.size, self.fields, self.halvings = name, size, tuple(fields), halvings
        self.widths = {"stem": tuple(stem), "individual": tuple(individual), "common": tuple(common)}
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.manual_seed(seed)
            self.stem = nn.ModuleDict({field: _blocks(3, stem) for field in fields})
            self.individual = _branches(stem[-1], individual, fields)
            self.common = _branches(stem[-1], common, [SHARED] if shared else fields)
            units = sum(_units(size, len(stem), stem[-1], branch) for branch in (individual, common) if branch)
            units = units or _units(size, len(stem), stem[-1], ())
            self.heads = nn.ModuleDict({field: _head(units, hidden) for field in fields})

    def forward(self, x: torch.Tensor, field: str) -> torch.Tensor:
        self._fits(x, field)
        return self.heads[field](torch.cat([part.flatten(1) for part in self.parts(x, field).values()], 1))

    def parts(self, x: torch.Tensor, field: str) -> dict[str, torch.Tensor]:
        """What the head of a field is given, before it is flattened: "stem", or "individual" and "common"."""
        x = self.stem[field](x)
        return {name: branch(x) for name, branch in self.branches(field).items()} or {"stem": x}

    def branches(self, field: str) -> dict[str, nn.Module]:
        """The branches of a field, "individual" and "common", where there are any."""
        both = {"individual": self.individual, "common": self.common}
        return {name: branch[field if field in branch else SHARED] for name, branch in both.items() if len(branch)}

    def forward_fields(self, pictures: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Outputs of several fields at once: field -> pictures to field -> (B, 2).

        The common branch is given all fields in one batch, so that its batch normalization sees in training the mixture
        whose mean and variance it will use afterwards. Field by field it would be trained on one, judged on another.
        """
        for field, x in pictures.items():
            self._fits(x, field)
        seen = {field: self.stem[field](x) for field, x in pictures.items()}
        parts: dict[str, list[torch.Tensor]] = {field: [] for field in seen}
        for branch in (self.individual, self.common):
            for field, part in _through(branch, seen).items():
                parts[field].append(part.flatten(1))
        return {field: self.heads[field](torch.cat(parts[field] or [x.flatten(1)], 1)) for field, x in seen.items()}

    @property
    def shared(self) -> bool:
        """Whether the fields have layers in common."""
        return SHARED in self.common

    def last_convolutions(self, field: str) -> dict[str, nn.Module]:
        """Where Grad-CAM looks: what the last convolution of each part gives, normalized and rectified, not yet pooled.

        "stem" (block 5 of the single-task network), or "individual" and "common" (section 6.2 of the paper).
        """
        return {name: part[-1][-2] for name, part in (self.branches(field) or {"stem": self.stem[field]}).items()}

    def for_field(self, field: str) -> "OneField":
        """The network of one field, pictures to its two outputs, for tools that know of one task only (Grad-CAM)."""
        return OneField(self, field)

    def field_parameters(self, field: str) -> Iterator[nn.Parameter]:
        """The parameters that a picture of a field meets, each once."""
        for module in (self.stem[field], *self.branches(field).values(), self.heads[field]):
            yield from module.parameters()

    def path_parameters(self, field: str) -> int:
        """How many parameters a picture of a field meets: what Table 3 of the paper counts."""
        return sum(parameter.numel() for parameter in self.field_parameters(field))

    def freeze(self, fields: Sequence[str]) -> "ArtistryNet":
        """Freeze what is of these fields alone. Raises NetsError when nothing would learn."""
        for field in self.fields:
            for modules in (self.stem, self.individual, self.heads, self.common):
                if field in modules:
                    modules[field].requires_grad_(field not in fields)
        if not any(parameter.requires_grad for field in self.fields for parameter in self.heads[field].parameters()):
            raise NetsError("All fields are frozen, so that nothing would learn: leave one of them out.")
        return self

    def _fits(self, x: torch.Tensor, field: str) -> None:
        one_of(field, self.fields, f"{self.name} knows no field {field!r}", NetsError)
        if x.shape[-2:] != (self.size, self.size):
            height, width = x.shape[-2:]
            raise NetsError(
                f"{self.name} was made for pictures of {self.size}x{self.size} pixels, not {height}x{width}: "
                f"its head has an input for every place. Make it with size={width}."
            )


class OneField(nn.Module):
    """A network of several fields as one of a single field: forward(x) gives that field's outputs, (B, 2)."""

    def __init__(self, network: ArtistryNet, field: str):
        super().__init__()
        one_of(field, network.fields, f"{network.name} knows no field {field!r}", NetsError)
        self.network, self.field = network, field
        self.name, self.size = f"{network.name}, {field}", network.size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(x, self.field)


def widened_to_match(network: ArtistryNet, parameters: int, **options) -> ArtistryNet:
    """The control for size: a network without branches whose path has at least so many parameters, and hardly more.

    Parameters
    ----------
    network : ``named("single")``, of any family; all its blocks are widened evenly.
    parameters : of one field's path, to be matched.
    options : as ``ArtistryNet``.

    Raises
    ------
    NetsError : the network has branches, or cannot be widened so far.
    """
    if len(network.individual) or len(network.common):
        raise NetsError(f"{network.name} has branches: the control for size is a wider network without any.")
    widths = [block[0].out_channels for block in network.stem[network.fields[0]]]
    hidden = [layer.out_features for layer in network.heads[network.fields[0]] if isinstance(layer, nn.Linear)][:-1]
    same = {"fields": network.fields, "size": network.size, "hidden": hidden, **options}
    for first in range(widths[0] + 1, 16 * widths[0]):
        stem = [first * width // widths[0] for width in widths]
        with torch.device("meta"):
            made = ArtistryNet(f"{network.name}, wider", stem, **{**same, "seed": None, "fields": network.fields[:1]})
        if made.path_parameters(network.fields[0]) >= parameters:
            return ArtistryNet(f"{network.name}, wider", stem, **same)
    raise NetsError(f"{network.name} cannot be widened to {parameters:,} parameters a path.")


NAMES = ("single", *(f"multi-{name}" for name in (*_VARIANTS, "1-unshared", "2-unshared")), "single-large")
"""The networks of Table 3 and their controls, as the chapter's experiments call them."""


def named(
    name: str, fields: Sequence[str] = FIELDS, family: str = "small", size: int | None = None, seed: int | None = 0
) -> ArtistryNet:
    """A network of Table 3 or a control, by its name in the experiments.

    Parameters
    ----------
    name : "single"; "multi-1", "multi-2", "multi-3" and "multi-1-swapped"; "...-unshared", whose common branch each
        field has for itself; "single-large", a single network whose path is at least as large as that of multi-1.
    fields : the fields of art.
    family : "paper" or "small", the book's for pictures of 64 pixels.
    size : pixels a side; None: those of the family.
    seed : what the initial values depend on; None: the global generator.

    Raises
    ------
    NetsError : the name or the family is unknown.
    """
    for value, known in ((name, NAMES), (family, tuple(FAMILIES))):
        one_of(value, known, f"There is no {value!r} among the artistry networks", NetsError)
    of = FAMILIES[family]
    options = {"fields": fields, "size": size or of.size, "hidden": of.hidden, "seed": seed}
    if name == "single":
        return ArtistryNet(of.single, of.widths, **options)
    if name == "single-large":
        with torch.device("meta"):
            multi, narrow = (named(one, fields, family, size, None) for one in ("multi-1", "single"))
        return widened_to_match(narrow, multi.path_parameters(fields[0]), seed=seed)
    variant = name.removeprefix("multi-").removesuffix("-unshared")
    branches = ([width // of.thinner for width in branch] for branch in _VARIANTS[variant])
    called = f"{of.multi} ({variant.replace('-', ' ')})"
    return ArtistryNet(called, of.stem, *branches, shared=not name.endswith("-unshared"), **options)


def parameter_counts(networks: Mapping[str, ArtistryNet]) -> pd.DataFrame:
    """Where the parameters of networks are.

    Parameters
    ----------
    networks : name -> network.

    Returns
    -------
    A row a network: stem, individual and common branch, head, inputs of the head, one field's path (what Table 3
    counts), and all fields together. Chapter: artistry.
    """
    rows = {}
    for name, network in networks.items():
        field = network.fields[0]
        parts = {"stem": network.stem[field], "head": network.heads[field]}
        parts |= {f"{name} branch": branch for name, branch in network.branches(field).items()}
        counts = {part: sum(p.numel() for p in module.parameters()) for part, module in parts.items()}
        rows[name] = {
            **{part: counts.get(part, 0) for part in ("stem", "individual branch", "common branch", "head")},
            "inputs of the head": next(m for m in parts["head"] if isinstance(m, nn.Linear)).in_features,
            "one field's path": network.path_parameters(field),
            "all fields": sum(p.numel() for p in network.parameters()),
        }
    return pd.DataFrame(rows).T.rename_axis("network")


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


def _through(branch: nn.ModuleDict, seen: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What a branch makes of several fields' features: each field's own on its own, the common one on all at once."""
    if not len(branch):
        return {}
    if SHARED not in branch:
        return {field: branch[field](x) for field, x in seen.items()}
    joined = branch[SHARED](torch.cat(list(seen.values())))
    return dict(zip(seen, joined.split([len(x) for x in seen.values()]), strict=True))


def _units(size: int, halved: int, channels: int, widths: Sequence[int]) -> int:
    side = size // 2 ** (halved + len(widths))
    return side * side * (widths[-1] if widths else channels)


def _head(units: int, hidden: Sequence[int]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for before, after in zip([units, *hidden], hidden, strict=False):
        parts += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(hidden[-1], 2))

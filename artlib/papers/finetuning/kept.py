"""Training above frozen layers whose part is done once: what they make of some views of each picture is kept on disk.

The layers above take what was kept in the place of pictures, and are the network's own, not copies: when they have
learned, the network has. Several times faster than going through the frozen layers in every epoch, at the price of a
few fixed crops instead of ever new ones.
"""

import copy
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from fastai.callback.core import Callback
from torch import Tensor, nn

from artlib import loaders
from artlib.cache import Blocks, digest, once
from artlib.learners import finetune
from artlib.learners import recipe as recipes
from artlib.learners.finetune import FineTuner
from artlib.loaders.cutting import Draw, Store, crop_size, middle
from artlib.nets import NetsError, Network, evaluating
from artlib.pixels import Pictures
from artlib.splits import Split
from artlib.tasks import Task

_CODE = ("papers/finetuning/kept.py", "nets", "loaders")


def learner(
    pictures: Pictures, task: Task, split: Split, network: Network, recipe: recipes.Recipe, views: int, **options
) -> FineTuner:
    """A learner as ``finetune.learner`` makes one, which goes through the recipe's frozen layers only once.

    Parameters
    ----------
    views : how many of each picture: its middle, that mirrored, then random crops; training chooses among them.
    options : ``seed``, ``folder``, ``device``, ``quiet``, as there.

    Raises
    ------
    NetsError : no layer is frozen, or the network cannot be divided after those that are.
    """
    frozen, rows = recipe.frozen([name for name, _ in network.layers()]), np.flatnonzero(task.labelled(pictures.works))
    upper, maps = halves(network, pictures, frozen, views, rows, recipe.crop)
    made = finetune.learner(pictures, task, split, network, recipe, cbs=[Above(upper)], **options)
    chance = {"device": options.get("device"), "seed": options.get("seed", 0)}
    made.dls = loaders.of_features(maps, pictures, split, task, recipe.batch_size, range(views), **chance)
    return made


class Above(Callback):
    """While a learner trains, only the layers above the frozen ones are gone through; afterwards all of them again."""

    def __init__(self, upper: Network) -> None:
        self.upper = upper

    def before_fit(self) -> None:
        self.complete, self.learn.model = self.learn.model, self.upper

    def after_fit(self) -> None:
        self.learn.model = self.complete


class Maps(nn.Module):
    """What was kept, (B, D), as the maps (B, C, H, W) or features that the next layer takes, float32."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, x: Tensor) -> Tensor:
        return x.float().reshape(-1, *self.shape)


def halves(
    network: Network, pictures: Pictures, frozen: Sequence[str], views: int, rows: np.ndarray, crop: int | None = None
) -> tuple[Network, np.ndarray]:
    """The layers above the frozen ones, as a network of their own, and what these make of the pictures.

    Parameters
    ----------
    frozen : names of its first layers.
    rows : of which pictures; the others' part stays zero.
    views : how many of each picture: its middle, that mirrored, then random crops of ``crop`` pixels.

    Returns
    -------
    A network that shares its layers with the given one, and (N, views, D) float16, mapped from disk.

    Raises
    ------
    NetsError : the network cannot be divided there.
    """
    layers, count = network.layers(), len(frozen)
    if not count or [name for name, _ in layers[:count]] != list(frozen):
        raise NetsError(f"What frozen layers make can be kept where the first ones are frozen, not {list(frozen)}.")
    last = _parts(layers[count - 1][1])[-1]
    body = _without(network.body, {part for _, layer in layers[:count] for part in _parts(layer)})
    x = next(_shown(network, pictures, np.arange(1), 1, crop_size(pictures, crop)))
    with evaluating(network), torch.inference_mode():
        maps = _until(network, last, x)
        upper = Network(network.name, body, network.head, Maps(maps.shape[1:]), layers[count:-1], size=network.size)
        if not torch.allclose(upper.eval()(maps.flatten(1)), network(x), rtol=1e-3, atol=1e-3):
            raise NetsError(
                f"{network.name} is no plain sequence of its layers: nothing can be kept before {layers[count][0]}."
            )
    upper.provenance = network.provenance
    facts = {"pictures": pictures.key, "network": digest(network.normalize, network.body), "frozen": list(frozen)}
    facts |= {"views": views, "rows": rows, "crop": crop}
    wanted, shape = np.isin(np.arange(len(pictures)), rows), (views, maps[0].numel())
    make = Blocks(len(pictures), lambda: _blocks(network, last, pictures, wanted, shape, crop_size(pictures, crop)))
    return upper, once("kept", facts, lambda: make, code=_CODE, mapped=True).value


def _parts(layer: nn.Module) -> list[nn.Module]:
    return list(layer) if isinstance(layer, nn.ModuleList) else [layer]


def _without(module: nn.Module, gone: set[nn.Module]) -> nn.Module:
    """The module with others in it passed over; what is left is shared, not copied."""
    if module in gone:
        return nn.Identity()
    if not any(inner in gone for inner in module.modules()):
        return module
    made = copy.copy(module)
    made._modules = {name: _without(child, gone) for name, child in module._modules.items()}
    return made


class _Reached(Exception):
    """The layer that was to be reached, with what it made."""


def _until(network: Network, last: nn.Module, x: Tensor) -> Tensor:
    """What a layer within the body makes of pictures; the layers after it are not gone through."""

    def stop(module, inputs, output) -> None:
        raise _Reached(output)

    with last.register_forward_hook(stop):
        try:
            network.body(network.normalize(x))
        except _Reached as reached:
            return reached.args[0]
    raise NetsError(f"{network.name} does not go through all of its layers: nothing can be kept between them.")


def _shown(network: Network, pictures: Pictures, rows: np.ndarray, views: int, crop: int) -> Iterator[Tensor]:
    """The views of these rows, a batch each: the middle, that mirrored, crops by chance."""
    store, edge, device = Store(pictures.pixels), pictures.size - crop + 1, next(network.parameters()).device
    plain, chance = middle(rows, pictures.size, crop), np.random.default_rng([rows[0], views])
    draws = [plain, plain._replace(mirrored=np.ones(len(rows), dtype=bool))][:views]
    for _ in range(views - 2):
        tops, lefts = chance.integers(0, edge, size=(2, len(rows)))
        draws.append(Draw(rows, tops, lefts, chance.random(len(rows)) < 0.5))
    for draw in draws:
        yield store.batch(draw, crop, device)


def _blocks(
    network: Network, last: nn.Module, pictures: Pictures, wanted: np.ndarray, shape: tuple[int, int], crop: int
) -> Iterator[np.ndarray]:
    with evaluating(network), torch.inference_mode():
        for start in range(0, len(wanted), 64):
            block = np.zeros((len(wanted[start : start + 64]), *shape), dtype="float16")
            if len(rows := np.flatnonzero(wanted[start : start + 64])):
                shown = _shown(network, pictures, start + rows, shape[0], crop)
                for view, x in enumerate(shown):
                    block[rows, view] = _until(network, last, x).flatten(1).cpu().numpy()
            yield block

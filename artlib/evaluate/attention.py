"""What a network looks at: summed feature maps, Grad-CAM, and how far either lies where the evidence is.

Maps are arrays (N, height, width) from 0 to 1. Chapters: culture (Figs. 4, 5), artistry (attention).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional as F

from artlib.errors import ArtlibError
from artlib.nets import Network, evaluating
from artlib.nets.levels import places
from artlib.pixels import Pictures

if TYPE_CHECKING:
    from pytorch_grad_cam import GradCAM


_BATCH = 64
_POOLS = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


class AttentionError(ArtlibError):
    """A network or a map that cannot be looked into."""


def spatial_layer(network: Network, size: int | None = None) -> nn.Module:
    """The last layer of a network whose output still has a place: (B, channels, h, w) with h and w above 1.

    Parameters
    ----------
    size : pixels of the pictures; None: those the network was made for.

    Raises
    ------
    AttentionError : where there is none (a transformer's tokens, pictures so small that one cell is left).
    """
    return _last_with_places(network, size or network.size)[0]


def _last_with_places(network: Network, size: int) -> tuple[nn.Module, tuple[int, ...]]:
    """``spatial_layer``, and which dimensions of its output are places."""
    found: list[tuple[nn.Module, tuple[int, ...]]] = []

    def remember(module: nn.Module, _, output) -> None:
        where = places(output) if isinstance(output, torch.Tensor) else ()
        if len(where) == 2 and output.shape[where[0]] > 1:
            found.append((module, where))
        elif len(where) == 1:
            found.clear()  # a sequence of tokens: whatever had places before is not the last word

    # A pooling that brings any size to one size invents places; normalization lies before the first layer.
    modules = [m for m in network.body.modules() if not isinstance(m, _POOLS)]
    with ExitStack() as hooks, evaluating(network), torch.inference_mode():
        for module in modules:
            hooks.enter_context(module.register_forward_hook(remember))
        network(torch.zeros(1, 3, size, size, device=_device(network)))
    if not found:
        raise AttentionError(
            f"{network.name} has no layer with places left at {size} px, so that there is no map to show. "
            "Take a convolutional network, or larger pictures."
        )
    return found[-1]


def feature_maps(network: Network, x: torch.Tensor, size: int | None = None) -> np.ndarray:
    """The last convolution's output summed over channels, each map from 0 to 1 (Chen and Chen, section 3.5).

    Parameters
    ----------
    x : (N, 3, H, W), RGB in 0..1.
    size : the maps are scaled to so many pixels; None: as the layer gives them.

    Returns
    -------
    (N, size, size) float32.
    """
    layer, where = _last_with_places(network, x.shape[-1])
    maps = []
    for part in x.split(_BATCH):
        kept: list[torch.Tensor] = []
        # A copy: what comes next may change it in place. A module that is called several times counts as at last.
        hook = layer.register_forward_hook(lambda _module, _input, output, kept=kept: kept.append(output.clone()))
        with hook, evaluating(network), torch.inference_mode():
            network(part.to(_device(network)))
        maps.append(kept[-1].float().sum(6 - sum(where)).cpu().numpy())
    return scaled(np.concatenate(maps), size)


def grad_cam(
    network: nn.Module,
    x: torch.Tensor,
    classes: Sequence[int] | None = None,
    size: int | None = None,
    layer: nn.Module | None = None,
    subtract_min: bool = True,
) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017) on the last layer with places: what raised the score of a class, (N, h, w).

    Parameters
    ----------
    classes : which class for each picture, one for each; None: the one with the highest score.
    size : as in `feature_maps`.
    layer : another layer than `spatial_layer`'s; the network may then be any module that gives one task's scores.
    subtract_min : as in `scaled`.

    Raises
    ------
    AttentionError : for classes that are too few or that the network has not, and where maps are not finite.
    """
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    layer, where = (layer, (2, 3)) if layer else _last_with_places(network, x.shape[-1])
    outputs = getattr(network, "outputs", None)
    if classes is not None and (len(classes) != len(x) or not all(0 <= c < (outputs or c + 1) for c in classes)):
        raise AttentionError(
            f"Grad-CAM needs one class below {outputs} for each of {len(x)} pictures, not {list(classes)[:9]}."
        )
    learned = [p.requires_grad for p in network.parameters()]
    maps = []
    try:
        with (
            evaluating(network),
            torch.inference_mode(False),
            torch.enable_grad(),
            GradCAM(model=network, target_layers=[layer]) as cam,
            # What the package keeps must not change in place when the next layer does.
            layer.register_forward_hook(lambda _module, _input, output: output.clone()),
        ):
            for start in range(0, len(x), _BATCH):
                # Asked of the pictures, so that gradients reach the layer in a frozen network, too.
                part = x[start : start + _BATCH].to(_device(network), copy=True).requires_grad_()
                asked = None if classes is None else [ClassifierOutputTarget(int(c)) for c in classes[start:][:_BATCH]]
                cam(input_tensor=part, targets=asked)
                # The package scales to the picture; maps of different layers are compared at one size, so we scale.
                maps.append(_weighted(cam, where))
    finally:
        for parameter, learns in zip(network.parameters(), learned, strict=True):
            parameter.requires_grad_(learns)
            parameter.grad = None
    return scaled(np.concatenate(maps), size, subtract_min)


def picture_maps(
    network: Network, pictures: Pictures, rows: Sequence[int], crop: int | None = None
) -> dict[str, np.ndarray]:
    """Both kinds of map for rows of pictures, at the pictures' size: summed feature map, and Grad-CAM of what is said.

    Returns
    -------
    Name -> (len(rows), size, size) from 0 to 1.
    """
    from artlib import loaders

    x = loaders.batch_of(pictures, np.asarray(rows, dtype="int64"), device=_device(network), crop=crop)
    size = x.shape[-1]
    return {"summed feature map": feature_maps(network, x, size), "Grad-CAM": grad_cam(network, x, size=size)}


def scaled(maps: np.ndarray, size: int | None = None, subtract_min: bool = True) -> np.ndarray:
    """Maps scaled to size x size (bilinear) and each to 0..1; one without any difference becomes zero.

    Parameters
    ----------
    subtract_min : whether its lowest value becomes zero (for the eye). Without it maps are only divided by their
        maximum, as `area_above_half` needs: a map that is high everywhere is wide.
    """
    maps = np.asarray(maps, dtype="float32")
    if maps.ndim != 3 or not np.isfinite(maps).all():
        what = f"not of shape {maps.shape}" if maps.ndim != 3 else "and these are not: are the network's weights?"
        raise AttentionError(f"Maps are an array (N, height, width) of finite numbers, {what}.")
    if size is not None:
        maps = F.interpolate(torch.from_numpy(maps)[:, None], (size, size), mode="bilinear", align_corners=False)
        maps = maps[:, 0].numpy()
    low = maps.min((1, 2), keepdims=True) if subtract_min else np.zeros((len(maps), 1, 1), "float32")
    span = maps.max((1, 2), keepdims=True) - low
    return np.divide(maps - low, span, out=np.zeros_like(maps), where=span > 0)


# --- scores ------------------------------------------------------------------------------------------------------


def energy_on_mask(maps: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Share of a map's weight that lies on the evidence, weighted by how strong it is there; (N,), NaN without either.

    maps, evidence: (N, h, w) of one size; evidence may be boolean or from 0 to 1.
    """
    _same(maps, evidence)
    total = maps.sum((1, 2), dtype="float64")
    there = (maps * evidence).sum((1, 2), dtype="float64")
    out = np.divide(there, total, out=np.full(len(maps), np.nan), where=total > 0)
    return np.where(evidence.reshape(len(evidence), -1).any(1), out, np.nan)


def energy_over_chance(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``energy_on_mask`` less the mask's share of the picture, (N,); mask: (N, h, w) booleans.

    A map that is zero everywhere points nowhere: it is at chance, as an even one is.
    """
    share = mask.mean((1, 2))
    return np.where(maps.any((1, 2)), energy_on_mask(maps, mask), share) - share


def pointing_game(maps: np.ndarray, evidence: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """The pointing game (Zhang et al. 2016): is a map highest where the evidence is at least ``threshold``? (N,).

    A map of few cells is highest at many pixels alike; each of them points, and the share that hits counts.
    """
    _same(maps, evidence)
    flat, there = (values.reshape(len(values), -1) for values in (maps, evidence))
    highest = flat >= flat.max(1, keepdims=True)
    hit = (highest & (there >= threshold)).sum(1) / highest.sum(1)
    return np.where(there.any(1), hit, np.nan)


def area_above_half(maps: np.ndarray, evidence: np.ndarray | None = None) -> np.ndarray:
    """Share of the area where a map is above half of its maximum; (N,), NaN for one that is zero everywhere.

    The map must not have lost its lowest value (``scaled``). Evidence is not asked. Artistry chapter, claim A5.
    """
    most = maps.max((1, 2), keepdims=True)
    return np.where(most[:, 0, 0] > 0, (maps > 0.5 * most).mean((1, 2)), np.nan)


MEASURES = {
    "inside": energy_on_mask,
    "over_chance": energy_over_chance,
    "pointing": pointing_game,
    "spread": area_above_half,
}
"""What ``score_maps`` can compute, under the names of the columns that records keep."""


def score_maps(
    maps: Mapping[str, np.ndarray],
    evidence: np.ndarray | None = None,
    measures: Sequence[str] = ("inside", "pointing"),
    kind: str = "map",
) -> pd.DataFrame:
    """Every map by every measure: a row a picture and kind of map.

    Parameters
    ----------
    maps : name -> maps (N, h, w) from 0 to 1.
    evidence : (N, h, w), from 0 to 1 or boolean ("over_chance" needs booleans); only "spread" does without.
    measures : of `MEASURES`.
    kind : name of the first column, which holds the names of the maps.

    Returns
    -------
    Columns ``kind``, picture (0 to N - 1), and one a measure.
    """
    tables = [
        pd.DataFrame(
            {kind: name, "picture": np.arange(len(found))}
            | {measure: MEASURES[measure](found, evidence) for measure in measures}
        )
        for name, found in maps.items()
    ]
    return pd.concat(tables, ignore_index=True)


def cells(network: Network, size: int | None = None) -> int:
    """How many cells a side the maps of a network have at pictures of ``size`` pixels; see ``spatial_layer``."""
    size = size or network.size
    return feature_maps(network, torch.zeros(1, 3, size, size)).shape[-1]


def baselines(count: int, size: int, seed: int = 0, side: int = 7) -> dict[str, np.ndarray]:
    """Maps that know nothing of the pictures, to be scored beside others: "the middle" and "anywhere".

    side: cells of the other maps before they were scaled (``cells``), which those at random have as well.
    """
    # Whoever looks at the middle whatever is there: a Gaussian of a quarter of the width. And noise, smoothly scaled.
    axis = (np.arange(size) + 0.5) / size - 0.5
    middle = np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 0.25**2)).astype("float32")
    noise = np.random.default_rng(seed).random((count, side, side), dtype="float32")
    return {"the middle": np.broadcast_to(middle, (count, size, size)), "anywhere": scaled(noise, size)}


def summary(scores: pd.DataFrame, **bootstrap) -> pd.DataFrame:
    """Means of ``score_maps`` with 95% intervals over pictures: map, measure, value, low, high, n.

    Rows of one ``work_id`` (else of one ``picture``) are resampled together, and so are trained models and draws where
    the table names them; maps without evidence are left out.
    """
    from artlib.evaluate import comparisons, statistics

    unit = "work_id" if "work_id" in scores.columns else "picture"
    rows = []
    for kind, own in scores.groupby("map", sort=False):
        for measure, words in (("inside", "share on the evidence"), ("pointing", "pointing game")):
            known = own.dropna(subset=measure)
            groups = known[unit].astype(str)
            if "draw" in known.columns:  # the same number in two draws of the museum is two works
                groups = known["draw"].astype(str) + "/" + groups
            units = comparisons.units(known) or None
            found = statistics.interval(known[measure], groups=groups.to_numpy(), units=units, **bootstrap)
            rows.append({"map": kind, "measure": words} | found.row() | {"n": found.n})
    return pd.DataFrame(rows)


def _weighted(cam: GradCAM, where: tuple[int, ...]) -> np.ndarray:
    """The class's map as the layer gives it: activations weighted by their mean gradients, negative parts off."""
    # A module that is called several times (one ReLU for all blocks) counts as it was called last.
    seen = cam.activations_and_grads
    activations, gradients = (kept[-1].float().cpu() for kept in (seen.activations, seen.gradients))
    weights = gradients.mean(where, keepdim=True)
    return F.relu((weights * activations).sum(6 - sum(where))).numpy()


def _same(maps: np.ndarray, evidence: np.ndarray) -> None:
    if maps.shape != evidence.shape:
        raise AttentionError(f"Maps {maps.shape} and evidence {evidence.shape} must have one shape: scale them first.")


def _device(network: Network) -> torch.device:
    return next(network.parameters()).device

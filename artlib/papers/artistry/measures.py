"""What networks of several fields say, share and look at: predictions, transfer, alignment, attention.

Chapter: artistry (Sato, Sakaue and Sato).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from artlib import loaders
from artlib.errors import ArtlibError
from artlib.evaluate import attention, predictions
from artlib.nets import evaluating
from artlib.papers.artistry.network import ARTISTIC, ArtistryNet
from artlib.pixels import Pictures

if TYPE_CHECKING:
    from artlib.papers.artistry.learner import FieldLearner


class FieldsError(ArtlibError):
    """Fields that cannot be compared."""


def predict(learner: FieldLearner, field: str, by: str = "valid") -> pd.DataFrame:
    """What is said of a field's test works at the epoch best on ``by``: "valid", or, as in the paper, "test"."""
    rows = learner.rows_of["test"][field]
    return _table(learner, rows, learner.probabilities(field, "test", by))


def across(learner: FieldLearner, trained: str, tested: str) -> pd.DataFrame:
    """What the layers of one field say of another field's test works: is artistry the same thing there?"""
    rows = learner.rows_of["test"][tested]
    batches = loaders.batches_of(learner.network, learner.pictures, rows, learner.network.size)
    with evaluating(learner.network), torch.inference_mode():
        outputs = torch.cat([learner.network(x, trained).float().cpu() for x in batches])
    return _table(learner, rows, outputs.softmax(1).numpy())


def _table(learner: FieldLearner, rows: np.ndarray, shares: np.ndarray) -> pd.DataFrame:
    works = learner.pictures.works
    return predictions.from_probabilities(works, rows, ARTISTIC.targets(works.iloc[rows]), shares)


def bias(learner: FieldLearner) -> pd.DataFrame:
    """Test accuracy of each field at the epoch chosen on validation, and the best of all epochs, as the paper has it.

    Columns: field, chosen, best, bias (best less chosen).
    """
    rows = []
    for field in learner.fields:
        own = learner.history[learner.history["field"] == field].set_index("epoch")["test_accuracy"]
        chosen, best = own[learner.epoch_of(field)], own.max()
        rows.append({"field": field, "chosen": chosen, "best": best, "bias": best - chosen})
    return pd.DataFrame(rows)


# --- how alike what two fields' layers see is -----------------------------------------------------------------------


def linear_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Linear centred kernel alignment of two tables of features of the same pictures, (N, D) and (N, E).

    1: the same up to rotation and scale; 0: nothing in common. Sources: Kornblith et al. 2019, with the estimate of the
    Hilbert-Schmidt criterion that few pictures do not push up (Song et al. 2012). At least four pictures are needed.
    """
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    if a.ndim != 2 or b.ndim != 2 or len(a) != len(b) or len(a) < 4:
        raise FieldsError(
            f"Alignment compares features of the same four or more pictures, not {a.shape} and {b.shape}."
        )
    k, m = (_without_diagonal(x - x.mean(0)) for x in (a, b))
    cross, own = _criterion(k, m), _criterion(k, k) * _criterion(m, m)
    return float(cross / np.sqrt(own)) if own > 0 else float("nan")


def _without_diagonal(x: np.ndarray) -> np.ndarray:
    kernel = x @ x.T
    np.fill_diagonal(kernel, 0.0)
    return kernel


def _criterion(k: np.ndarray, m: np.ndarray) -> float:
    """The unbiased Hilbert-Schmidt independence criterion, up to a factor of the number of pictures."""
    n = len(k)
    total = (k * m).sum() + k.sum() * m.sum() / ((n - 1) * (n - 2))
    return float(total - 2 / (n - 2) * (k.sum(0) * m.sum(0)).sum())


def cka_matrices(network: ArtistryNet, pictures: Pictures, rows: Sequence[int]) -> dict[str, pd.DataFrame]:
    """How alike the fields' layers see the same pictures: part ("individual", "common", "stem") -> fields by fields.

    Every field's layers are shown the same pictures of all fields; the common branch differs between fields only in
    what their own first layers hand to it.
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for field in network.fields:
        for part, values in _parts(network, pictures, rows, field).items():
            found.setdefault(part, {})[field] = values
    return {
        part: pd.DataFrame(
            [[linear_cka(a, b) for b in by_field.values()] for a in by_field.values()], list(by_field), list(by_field)
        )
        for part, by_field in found.items()
    }


def pairs(table: pd.DataFrame) -> pd.Series:
    """The values of a square table for each pair of fields, "painting, garden"."""
    names = list(table.index)
    found = {f"{a}, {b}": table.loc[a, b] for i, a in enumerate(names) for b in names[i + 1 :]}
    return pd.Series(found, dtype=float)


def some_of_each(learner: FieldLearner, part: str = "test", n: int = 30) -> np.ndarray:
    """Rows of so many pictures of each field, evenly over a part of the split."""
    chosen = [rows[np.unique(np.linspace(0, len(rows) - 1, n).astype(int))] for rows in learner.rows_of[part].values()]
    return np.concatenate(chosen)


# --- attention --------------------------------------------------------------------------------------------------------


def grad_cam_maps(
    network: ArtistryNet, field: str, pictures: Pictures, rows: Sequence[int], side: int | None = None
) -> dict:
    """Grad-CAM maps for what each picture truly is: part -> (N, size, size), all at one resolution, their maximum 1.

    Parts as ``network.last_convolutions``: the last convolution of block 5 alone, or of the individual and the common
    branch (section 6.2).

    Parameters
    ----------
    side : places a side that all maps are brought to before they are scaled to the picture; None: as many as the
        coarsest of them has.
    """
    rows = np.asarray(rows)
    x = loaders.batch_of(pictures, rows, device=next(network.parameters()).device, crop=network.size)
    targets = ARTISTIC.targets(pictures.works.iloc[rows])
    one = network.for_field(field)
    raw = {
        part: attention.grad_cam(one, x, targets, layer=layer, subtract_min=False)
        for part, layer in network.last_convolutions(field).items()
    }
    side = side or min(maps.shape[-1] for maps in raw.values())
    return at_one_resolution(raw, side, network.size)


def at_one_resolution(maps: Mapping[str, np.ndarray], side: int, size: int) -> dict[str, np.ndarray]:
    """Maps averaged to side x side places, then scaled to size x size: finer layers must not look narrower by that.

    Raises
    ------
    FieldsError : where a map is coarser than that.
    """
    coarse = {name: found.shape[-1] for name, found in maps.items() if found.shape[-1] < side}
    if coarse:
        raise FieldsError(f"Maps cannot be made finer than their layer gives them: {coarse}, asked for {side}.")
    pooled = {
        name: F.adaptive_avg_pool2d(torch.from_numpy(np.float32(found))[:, None], side)[:, 0].numpy()
        for name, found in maps.items()
    }
    return {name: attention.scaled(found, size, subtract_min=False) for name, found in pooled.items()}


def resolution(networks: Sequence[ArtistryNet]) -> int:
    """The coarsest resolution at which several networks can be compared: places a side of their last convolutions."""
    return min(network.size // 2 ** (network.halvings - 1) for network in networks)


def masks(evidence: np.ndarray, share: float = 0.25) -> np.ndarray:
    """The share of each picture where its evidence is highest, (N, h, w) booleans: a map has as much in it by luck."""
    flat = evidence.reshape(len(evidence), -1)
    order = flat.argsort(1).argsort(1)
    return (order >= (1 - share) * flat.shape[1]).reshape(evidence.shape)


# --- forward passes ---------------------------------------------------------------------------------------------------


def _parts(network: ArtistryNet, pictures: Pictures, rows: Sequence[int], field: str) -> dict[str, np.ndarray]:
    """What the field's head would be given of these pictures, part by part, (N, units)."""
    kept: dict[str, list] = {}
    with evaluating(network), torch.inference_mode():
        for x in loaders.batches_of(network, pictures, rows, network.size):
            for part, values in network.parts(x, field).items():
                kept.setdefault(part, []).append(values.flatten(1).float().cpu().numpy())
    return {part: np.concatenate(values) for part, values in kept.items()}

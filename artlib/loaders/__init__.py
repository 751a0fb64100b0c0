"""Batches for fastai Learners, sliced from the pixel cache and augmented as whole tensors.

What an epoch shows, in which order, cut where and mirrored or not, is a function of (seed, epoch) alone, so that a
training that goes on after a kill sees the batches that it would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from artlib.loaders.cutting import LoadersError, Store, batch_of, batches_of, crop_size

if TYPE_CHECKING:
    from artlib.loaders.batches import ArtLoaders
    from artlib.pixels import Pictures
    from artlib.splits import Split
    from artlib.tasks import Task

__all__ = ["LoadersError", "batch_of", "batches_of", "dataloaders", "of_features"]


def dataloaders(
    pictures: Pictures,
    split: Split,
    task: Task | Sequence[Task],
    batch_size: int = 64,
    augment: bool = True,
    crop: int | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
) -> ArtLoaders:
    """fastai DataLoaders of (x, y): ``.train`` shuffled and augmented, ``.valid`` and ``[2]``, the test set, in order.

    x: float32 RGB in 0..1, (B, 3, H, W), channels last in memory. y: ``task.targets`` of the rows, missing labels as
    they are (-1, NaN) for the loss to pass over; a tuple of them when ``task`` is a list. Chapter: fine-tuning (its
    paper cuts 227 of 256 px).

    Parameters
    ----------
    split : counts rows of ``pictures.works``.
    augment : cut ``crop`` x ``crop`` px at random and mirror every other picture; the other sets show the middle.
    crop : pixels, None: the whole picture.

    Raises
    ------
    LoadersError : numbers that fit neither the pictures nor one another.
    """
    from artlib.loaders.batches import ArtLoaders, Rows, Targets

    crop = _checked(pictures, split, batch_size, crop)
    store, targets = Store(pictures.pixels), Targets(pictures.works, task)
    sets = [Rows(store, targets, rows, crop) for rows in (split.train, split.valid, split.test)]
    return ArtLoaders.of(sets, batch_size, augment, seed, device)


def of_features(
    values: np.ndarray,
    pictures: Pictures,
    split: Split,
    tasks: Task | Sequence[Task],
    batch_size: int = 64,
    views: Sequence[int] = (0,),
    device: torch.device | str | None = None,
    seed: int = 0,
) -> ArtLoaders:
    """fastai DataLoaders of (features, targets) from cached features: (N, views, D), on disk or in memory.

    x: (B, D) in the type of ``values``; y: as in ``dataloaders``. Training shows each work in one of ``views``
    drawn at random; the other sets show the first. Raises LoadersError. Chapter: omniart.
    """
    from artlib.loaders.batches import ArtLoaders, FeatureRows, Targets

    crop = _checked(pictures, split, batch_size, None)
    if values.ndim != 3 or len(values) != len(pictures):
        raise LoadersError(f"Features are (works, views, units) of {len(pictures)} works, not {values.shape}.")
    targets = Targets(pictures.works, tasks)
    # Labels of many classes are nearly all zero: a byte each, not four.
    targets.values = [v.astype("int8") if v.ndim == 2 else v for v in targets.values]
    store = Store(pictures.pixels)
    sets = [FeatureRows(store, targets, rows, crop, values, views) for rows in (split.train, split.valid, split.test)]
    return ArtLoaders.of(sets, batch_size, True, seed, device)


def _checked(pictures: Pictures, split: Split, batch_size: int, crop: int | None) -> int:
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise LoadersError(f"The batch size is a whole number from 1 on, not {batch_size!r}.")
    for name, rows in (("train", split.train), ("valid", split.valid), ("test", split.test)):
        if len(rows) and not 0 <= min(rows) <= max(rows) < len(pictures):
            raise LoadersError(
                f"The split's {name} set counts to row {max(rows)}, but there are {len(pictures)} pictures. "
                "Make the split from pictures.works, which is without the pictures that could not be decoded."
            )
    if not len(split.train):
        raise LoadersError("The split's train set is empty: there is nothing to learn from.")
    return crop_size(pictures, crop)

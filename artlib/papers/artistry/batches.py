"""Batches of several fields: every picture once a pass, nothing repeated or padded, as fastai DataLoaders.

A batch is (pictures, numbers of their fields, answers); the pictures of a field stand together, in the fields' order.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from fastcore.foundation import L
from torch import Tensor

from artlib.loaders.batches import ArtLoaders, Batches, Rows, Targets
from artlib.loaders.cutting import Draw, LoadersError, Store


class FieldNumbers(Tensor):
    """Which field each picture of a batch is of; it stays on the processor, so that no GPU waits for it."""

    def to(self, *_, **__) -> FieldNumbers:
        """Itself, wherever the pictures go."""
        return self


class FieldRows(Rows):
    """The works of one set of a split, each of one of the fields."""

    n_inp = 2

    def __init__(
        self, store: Store, targets: Targets, rows: np.ndarray, crop: int, fields: Sequence[str], names: np.ndarray
    ) -> None:
        super().__init__(store, targets, rows, crop)
        self.fields, self.names = tuple(fields), names
        self.numbers = np.array([self.fields.index(name) if name in self.fields else -1 for name in names])

    def of_field(self, field: str) -> np.ndarray:
        """The rows of a field, in order."""
        return self.items[self.names[self.items] == field]

    def batch(self, draw: Draw, device: torch.device, own: Draw | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures, or a process's ``own`` part of them; numbers of fields, and whether they are artistic, of all."""
        x, y = super().batch(draw, device, own)
        return x, torch.from_numpy(self.numbers[draw.rows]).as_subclass(FieldNumbers), y


class FieldBatches(Batches):
    """Batches of several fields.

    "together": as many steps as the field with the most batches has; a field with fewer takes part in as many of them,
    evenly spread. "alternate": one field a step, in an order that the seed and the pass decide.
    """

    def __init__(
        self, dataset: FieldRows, sizes: Mapping[str, int], mode: str, *, train: bool, augment: bool, seed: int
    ):
        super().__init__(dataset, max(sizes.values()), shuffle=train, augment=augment, seed=seed)
        self.sizes, self.mode, self.drop_last = dict(sizes), mode, train

    def __len__(self) -> int:
        counts = self._counts().values()
        return sum(counts) if self.mode == "alternate" else max(counts)

    def get_idxs(self) -> list[int]:
        """The order in which the items come."""
        place = {int(row): number for number, row in enumerate(self.dataset.items)}
        return [place[int(row)] for part in self._parts(self._draw()) for row in part.rows]

    def steps(self, epoch: int = 0) -> list[list[str]]:
        """Which fields take part in each step of a pass."""
        counts = self._counts()
        if self.mode == "alternate":
            order = np.repeat(list(counts), list(counts.values()))
            return [[str(field)] for field in np.random.default_rng([self.seed, epoch, 7]).permutation(order)]
        most = max(counts.values())
        # The k-th of n steps has a field's batch whenever the field's share of n passes another whole number.
        due = {f: np.diff(np.floor(np.arange(most + 1) * n / most + 1e-9).astype(int)) > 0 for f, n in counts.items()}
        return [[field for field in counts if due[field][step]] for step in range(most)]

    def decode_batch(self, b: Sequence, max_n: int = 9, full: bool = True) -> L:
        """The samples of a batch: a picture, the name of its field, and its answer in words."""
        x, numbers, y = b
        names, words = self.dataset.fields, self.dataset.targets.words
        return L((x[k], names[int(numbers[k])], *words([y[k]])) for k in range(min(max_n, len(x))))

    def _counts(self) -> dict[str, int]:
        sizes = {field: len(self.dataset.of_field(field)) for field in self.dataset.fields}
        single = {field: self.drop_last and n > 1 == n % self.sizes[field] for field, n in sizes.items()}
        return {field: -(-n // self.sizes[field]) - single[field] for field, n in sizes.items()}

    def _draw(self) -> tuple[dict[str, Draw], list[list[str]]]:
        """Each field by itself, as if it were alone, and who takes part when."""
        draws = {}
        for field in self.dataset.fields:
            rows, chance = self.dataset.of_field(field), self._chance()
            order = chance.permutation(len(rows)) if self.shuffle else np.arange(len(rows))
            draws[field] = self.dataset.draw(rows[order], chance if self.augment else None)
        return draws, self.steps(self.epoch)

    def _parts(self, drawn: tuple[dict[str, Draw], list[list[str]]]) -> Iterator[Draw]:
        draws, steps = drawn
        shown = dict.fromkeys(draws, 0)
        for step in steps:
            parts = []
            for field in step:
                parts.append(draws[field].part(shown[field], self.sizes[field]))
                shown[field] += self.sizes[field]
            yield Draw(*map(np.concatenate, zip(*parts, strict=True)))


class FieldLoaders(ArtLoaders):
    """fastai's DataLoaders of the three sets of a split of several fields."""

    def test_dl(self, test_items: Sequence, with_labels: bool = False, **_) -> FieldBatches:
        """Batches of other rows of the works."""
        if not all(isinstance(item, int | np.integer) for item in test_items):
            raise LoadersError("A picture's field must be known: give rows of the works, or call network(x, field).")
        chosen = copy.copy(self.valid.dataset)
        chosen.items = np.asarray(test_items, dtype=np.int64)
        return self.valid.new(chosen)

"""fastai's side of the loaders: datasets, DataLoaders that give whole batches, and what they show of them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.data.transforms import CategoryMap
from fastai.torch_core import TensorCategory, TensorImage, default_device
from fastcore.foundation import L
from torch import Tensor

from artlib.loaders.cutting import Draw, LoadersError, Store, middle, one_ahead
from artlib.records import processes
from artlib.tasks import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Answers = Tensor | tuple[Tensor, ...]


class Targets:
    """The answers of one task, or of several as a tuple."""

    def __init__(self, works: pd.DataFrame, task: Task | Sequence[Task]) -> None:
        self.single = isinstance(task, Task)
        self.tasks = (task,) if self.single else tuple(task)
        if not self.tasks:
            raise LoadersError("The list of tasks is empty: name at least one.")
        self.values = [np.asarray(one.targets(works)) for one in self.tasks]

    def batch(self, rows: np.ndarray, device: torch.device) -> Answers:
        """The answers of these rows, on the device."""
        found = tuple(torch.from_numpy(values[rows]).to(device, non_blocking=True) for values in self.values)
        return found[0] if self.single else found

    def words(self, answers: Sequence[Tensor]) -> list[str]:
        """One answer a task, in words: a class, labels, a number; "?" where there is none."""
        return [_words(task, np.asarray(one)) for task, one in zip(self.tasks, answers, strict=True)]


class Rows:
    """The works of one set of a split, as fastai asks for a dataset: an item is a picture and its answer.

    ``items`` are their rows in the table of works, in order.
    """

    n_inp = 1  # of a batch's parts, how many go into the network

    def __init__(self, store: Store, targets: Targets, rows: np.ndarray, crop: int) -> None:
        self.store, self.targets, self.items, self.crop = store, targets, np.asarray(rows, dtype=np.int64), crop

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, number: int) -> tuple[Tensor, Answers]:
        x, *y = self.batch(self.draw(self.items[[number]]), torch.device("cpu"))
        return x[0], *(one[0] if isinstance(one, Tensor) else tuple(part[0] for part in one) for one in y)

    @property
    def vocab(self) -> CategoryMap | L:
        """The classes of the task, or those of each task."""
        maps = [CategoryMap(task.classes, sort=False) for task in self.targets.tasks]
        return maps[0] if self.targets.single else L(maps)

    @property
    def c(self) -> int:
        """Outputs that a network needs for the tasks."""
        return sum(task.outputs for task in self.targets.tasks)

    @property
    def loss_func(self) -> torch.nn.Module | None:
        """The task's loss (none for several tasks, whose weighting is the learner's to choose)."""
        return self.targets.tasks[0].loss() if self.targets.single else None

    def draw(self, rows: np.ndarray, chance: np.random.Generator | None = None) -> Draw:
        """How these rows are shown: as they are, or as chance has it."""
        if chance is None:
            return middle(rows, self.store.size, self.crop)
        tops, lefts = chance.integers(0, self.store.size - self.crop + 1, size=(2, len(rows)))
        return Draw(rows, tops, lefts, chance.random(len(rows)) < 0.5)

    def batch(self, draw: Draw, device: torch.device, own: Draw | None = None) -> tuple[Tensor, Answers]:
        """What was drawn, or a process's ``own`` part of it, and the answers of all."""
        return self.store.batch(own or draw, self.crop, device), self.targets.batch(draw.rows, device)

    def pictures(self, draw: Draw) -> Tensor:
        """The pictures of what was drawn, to be looked at."""
        return self.store.batch(draw, self.crop, torch.device("cpu"))


class FeatureRows(Rows):
    """The same of cached features (N, views, D); what chance draws for a work is which of its views is shown."""

    def __init__(
        self, store: Store, targets: Targets, rows: np.ndarray, crop: int, values: np.ndarray, views: Sequence[int]
    ) -> None:
        super().__init__(store, targets, rows, crop)
        plain = isinstance(values, np.ndarray)  # slices of a plain array cost half of a memory map's
        self.values, self.views = values.view(np.ndarray) if plain else values, np.array(views)

    def draw(self, rows: np.ndarray, chance: np.random.Generator | None = None) -> Draw:
        """The first view of each row, or one of them by chance, in the place of the upper edge."""
        which = np.zeros(len(rows), dtype=int) if chance is None else chance.integers(0, len(self.views), len(rows))
        return Draw(rows, self.views[which], np.zeros_like(which), np.zeros(len(rows), dtype=bool))

    def batch(self, draw: Draw, device: torch.device, own: Draw | None = None) -> tuple[Tensor, Answers]:
        """The features of what was drawn, or of a process's ``own`` part, and the answers of all."""
        shown = own or draw
        chosen = torch.from_numpy(self.values[shown.rows, shown.tops])
        return chosen.to(device, non_blocking=True), self.targets.batch(draw.rows, device)

    def pictures(self, draw: Draw) -> Tensor:
        """The pictures that the features are of."""
        return self.store.batch(middle(draw.rows, self.store.size, self.crop), self.crop, torch.device("cpu"))


class Unseen(Rows):
    """Pictures that are in no collection: an item has no answer."""

    def __init__(self, rows: Rows, pixels: np.ndarray, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__(Store(pixels), rows.targets, np.arange(len(pixels)), rows.crop)
        self.change = change

    def batch(self, draw: Draw, device: torch.device, own: Draw | None = None) -> tuple[Tensor]:
        """The pictures alone."""
        return (self.change(self.store.batch(draw, self.crop, device)),)


def own_device(device: torch.device | str | None = None) -> torch.device:
    """The device that is named, else fastai's default; under ``torchrun`` each process has a GPU of its own."""
    if torch.cuda.is_available() and processes()[1] > 1:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return default_device() if device is None else torch.device(device)


def taken(n: int, number: int, count: int) -> slice:
    """Rows of a batch of n that a process takes, of so many: every count-th. One without any shows the last again."""
    return slice(min(number, n - 1), None, count)


class Batches(DataLoader):
    """One set of a split as a Learner takes it: whole batches of (x, y), the same in every pass of the same epoch.

    ``set_epoch`` says which epoch the next pass is; without it the passes count themselves. ``taken``, the number of
    this process and how many there are: of each batch only its own pictures are shown, with the answers of all.
    """

    taken: tuple[int, int] = (0, 1)

    def __init__(self, dataset: Rows, bs: int, shuffle: bool = False, augment: bool = False, seed: int = 0) -> None:
        # Batch normalization has no variance over a single picture; nothing else is dropped.
        super().__init__(dataset, bs=bs, shuffle=shuffle, drop_last=shuffle and len(dataset) > 1 == len(dataset) % bs)
        self.augment, self.seed, self.epoch, self.device = augment, seed, 0, "cpu"

    def __iter__(self) -> Iterator[tuple]:
        draw = self._draw()
        self.epoch += 1
        batches = (self.dataset.batch(part, self.device, self._own(part)) for part in self._parts(draw))
        return batches if self.device.type == "cpu" else one_ahead(batches)

    def _own(self, part: Draw) -> Draw | None:
        rows = taken(len(part.rows), *self.taken)
        return Draw(*(values[rows] for values in part)) if self.taken[1] > 1 else None

    def set_epoch(self, epoch: int) -> None:
        """The next pass shows what pass number ``epoch`` of an undisturbed training shows."""
        self.epoch = epoch

    def one_batch(self) -> tuple:
        """The first batch of the coming epoch, which stays the coming one."""
        return self.dataset.batch(self._first(), self.device)

    def get_idxs(self) -> list[int]:
        """The order of the coming pass, as numbers of the dataset's items."""
        return self._order(self._chance()).tolist()

    def new(self, dataset: Rows | None = None, cls=None, *, shuffle: bool | None = None, **changed) -> Batches:
        """A copy that may go in order, as fastai asks for predictions; in order nothing is augmented."""
        made = copy.copy(self)
        made.taken = 0, 1
        if dataset is not None:
            made.dataset, made.n = dataset, len(dataset)
        if shuffle is not None:
            made.shuffle, made.augment = shuffle, shuffle and self.augment
        for name in {"drop_last", "get_idxs"} & set(changed):
            setattr(made, name, changed[name])
        return made

    def decode_batch(self, b: Sequence, max_n: int = 9, full: bool = True) -> L:
        """The samples of a batch: a picture (or its features) and one answer a task, in words."""
        x, *answers = b
        if len(answers) == 1 and isinstance(answers[0], Sequence):
            answers = list(answers[0])
        return L((x[k], *self.dataset.targets.words([one[k] for one in answers])) for k in range(min(max_n, len(x))))

    def show_batch(self, b: Sequence | None = None, max_n: int = 9, ctxs: Sequence[Axes] | None = None, **_) -> list:
        """Draw the pictures of the first batch with their answers. Returns matplotlib's axes."""
        titles = ["; ".join(words) for _, *words in self.decode_batch(b or self.one_batch(), max_n)]
        return show_pictures(self._shown(max_n, b), titles, ctxs)

    def show_results(self, b: Sequence, out: Answers, max_n: int = 9, ctxs: Sequence[Axes] | None = None, **_) -> list:
        """Draw the pictures of the first batch with their answers and, below, what was predicted."""
        n = self.dataset.n_inp
        said = self.decode_batch((*b[:n], *(out if isinstance(out, Sequence) else (out,))), max_n)
        both = zip(self.decode_batch(b, max_n), said, strict=True)
        titles = ["\n".join(("; ".join(truth[1:]), "; ".join(other[n:]))) for truth, other in both]
        return show_pictures(self._shown(max_n, b), titles, ctxs)

    @property
    def items(self) -> list[int]:
        """Rows of the works, as fastai picks some of them out."""
        return self.dataset.items.tolist()

    def _pre_show_batch(self, b: Sequence, max_n: int = 9) -> tuple[TensorImage, TensorCategory, L]:
        """What fastai's plot of the largest losses draws: pictures, answers, and both by sample, in words."""
        from fastai.vision import learner  # noqa: F401 - knows how to draw the largest losses of pictures

        # The second place is the title; what goes into the network beside the picture belongs there too.
        samples = L((TensorImage(x), ", ".join(words), *words[1:]) for x, *words in self.decode_batch(b, max_n))
        return TensorImage(b[0]), TensorCategory(b[1]), samples

    def _shown(self, n: int, b: Sequence | None = None) -> Tensor:
        """The pictures of a batch, or of the first; a batch of features is taken for the first."""
        if b and b[0].dim() == 4:
            return b[0][:n].detach().as_subclass(Tensor).cpu().float()
        return self.dataset.pictures(self._first().part(0, n))

    def _first(self) -> Draw:
        if not self.n:
            raise LoadersError("This set of the split is empty: there is no batch to show.")
        return next(self._parts(self._draw()))

    def _parts(self, draw: Draw) -> Iterator[Draw]:
        return (draw.part(number * self.bs, self.bs) for number in range(len(self)))

    def _chance(self) -> np.random.Generator:
        return np.random.default_rng([abs(self.seed), self.epoch])

    def _order(self, chance: np.random.Generator) -> np.ndarray:
        return chance.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _draw(self) -> Draw:
        """Everything that chance decides in an epoch, drawn at once: batch by batch it would depend on their size."""
        chance = self._chance()
        given = vars(self).get("get_idxs")  # fastai fixes an order in this way
        order = self._order(chance) if given is None else np.array(given(), dtype=np.int64)
        return self.dataset.draw(self.dataset.items[order], chance if self.augment else None)


class ArtLoaders(DataLoaders):
    """fastai's DataLoaders of the three sets of a split: ``train``, ``valid`` and ``[2]``, the test set."""

    change: Callable[[Tensor], Tensor] = staticmethod(lambda x: x)  # how pictures are shown that are not cached

    @classmethod
    def of(cls, sets: Sequence[Rows], bs: int, augment: bool, seed: int, device: torch.device | str | None):
        """From training, validation and test rows; only training is shuffled and, if wanted, augmented."""
        train = Batches(sets[0], bs, shuffle=True, augment=augment, seed=seed)
        others = [Batches(rows, bs) for rows in sets[1:]]
        return cls(train, *others, device=own_device(device))

    def test_dl(self, test_items: Sequence, with_labels: bool = False, **_) -> Batches:
        """Batches of other rows of the works, or of any pictures: files, Pillow images, uint8 arrays (H, W, 3)."""
        rows = self.valid.dataset
        if all(isinstance(item, int | np.integer) for item in test_items):
            chosen = copy.copy(rows)
            chosen.items = np.asarray(test_items, dtype=np.int64)
            return self.valid.new(chosen)
        return self.valid.new(Unseen(rows, _pixels(test_items, rows.store.size), self.change))


def _pixels(items: Sequence, size: int) -> np.ndarray:
    from PIL import Image

    from artlib import pixels

    pictures = [item if isinstance(item, np.ndarray | Image.Image) else Image.open(item) for item in items]
    arrays = [np.asarray(one.convert("RGB") if isinstance(one, Image.Image) else one) for one in pictures]
    return np.stack([pixels.fit(one, size, "squash") for one in arrays])


def _words(task: Task, answer: np.ndarray) -> str:
    if task.kind == "multilabel":
        return ", ".join(name for name, said in zip(task.classes, answer, strict=True) if said > 0) or "?"
    if task.kind == "regression":
        return "?" if np.isnan(answer) else f"{float(answer.squeeze()):g}"
    return task.classes[int(answer)] if 0 <= answer < len(task.classes) else "?"


def show_pictures(pictures: Tensor, titles: Sequence[str] = (), ctxs: Sequence[Axes] | None = None) -> list:
    """Draw pictures (N, 3, H, W) side by side, each under its title. Returns matplotlib's axes."""
    import matplotlib.pyplot as plt

    if ctxs is None:
        columns = max(1, int(np.ceil(np.sqrt(len(pictures)))))
        rows = -(-len(pictures) // columns)
        ctxs = list(plt.subplots(rows, columns, squeeze=False, layout="constrained")[1].flat)
    for axes in ctxs:
        axes.set_axis_off()
    for axes, picture in zip(ctxs, pictures, strict=False):
        axes.imshow(picture.permute(1, 2, 0).numpy())
    for axes, title in zip(ctxs, titles, strict=False):
        axes.set_title(title, fontsize=8)
    return list(ctxs)

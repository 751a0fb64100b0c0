"""Artistic or ordinary, field by field or all fields together: Sato, Sakaue and Sato's training as a fastai Learner.

``learner(pictures, split, network).fit_recipe()`` trains on batches that hold pictures of every field, follows each
field's accuracy on validation and on test, and chooses each field's epoch on validation. What the paper did, taking the
epoch that is best on test, is kept beside it, so that its bias can be measured. Chapter: artistry.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Unpack

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.foundation import L
from torch import Tensor, nn
from torch.nn import functional as F

from artlib.collections import four_fields
from artlib.errors import ArtlibError, one_of
from artlib.learners.base import ArtLearner, Options, RecipeCallback
from artlib.learners.checkpoints import discard
from artlib.learners.recipe import BaseRecipe
from artlib.loaders.batches import Targets, own_device
from artlib.loaders.cutting import Store
from artlib.losses import CategoryLoss
from artlib.papers.artistry.batches import FieldBatches, FieldLoaders, FieldRows
from artlib.papers.artistry.network import ARTISTIC, ArtistryNet
from artlib.pixels import Pictures
from artlib.progress import StatusLine
from artlib.splits import Split

__all__ = ["FieldError", "FieldLearner", "FieldLoss", "FieldWarning", "Recipe", "discard", "learner", "split"]

MODES = ("together", "alternate")
_UNEQUAL = 10  # times as many pictures in one field as in another, from which on it is said
_LEAST = 2  # pictures of each side that a field needs to learn from


class FieldError(ArtlibError):
    """Fields that cannot be learned, alone or together: what is wrong, in which field, and what to do."""


class FieldWarning(UserWarning):
    """Fields that can be learned together, with something to know about it."""


@dataclass(frozen=True)
class Recipe(BaseRecipe):
    """How the fields are learned. The paper names the epochs and nothing else; the rest is the book's choice.

    Attributes
    ----------
    epochs : 150 in the paper.
    lr, weight_decay, batch_size : of Adam; ``batch_size`` is of the field with the most pictures, the others' are
        smaller in proportion, so that every picture is seen once an epoch and none is repeated or padded.
    lambdas : field -> weight of its loss (equation 3); None: 1 each.
    mode : "together": a step has a batch of every field; "alternate": of one field, in random order.
    augment : mirrored pictures, and crops at random where the pictures are larger than the network takes.
    frozen : fields whose own layers stay as they are; the common branch learns all the same.
    """

    epochs: int = 150
    batch_size: int = 32
    lambdas: Mapping[str, float] | None = None
    mode: str = "together"
    augment: bool = True
    frozen: tuple[str, ...] = ()

    error: ClassVar[type[ArtlibError]] = FieldError

    def __post_init__(self) -> None:
        one_of(self.mode, MODES, f"Unknown mode {self.mode!r}", FieldError)
        super().__post_init__()
        bad = {field: value for field, value in (self.lambdas or {}).items() if not 0 <= value < math.inf}
        if bad:
            raise FieldError(f"A lambda is a number from 0 on; these are not: {bad}.")


class FieldLoss(CategoryLoss):
    """The sum of the fields' cross entropies, each times its lambda (equations 2 and 3).

    Equation 2 as printed takes the logarithm of the truth; meant is that of the output. forward(outputs, targets,
    numbers): (B, 2), (B,) of 0 and 1, and (B,), which of ``fields`` each picture is of; without numbers all are of one.
    Fields that are not in the step add nothing.
    """

    def __init__(self, fields: Sequence[str] = (), lambdas: Mapping[str, float] | None = None):
        super().__init__()
        self.fields, self.lambdas = tuple(fields), dict(lambdas or {})

    def forward(self, outputs: Tensor, targets: Tensor, numbers: Tensor | None = None) -> Tensor:
        if numbers is None or self.reduction == "none":
            return super().forward(outputs, targets)
        parts = [
            self.lambdas.get(self.fields[number], 1.0) * F.cross_entropy(outputs[part].float(), targets[part])
            for number, part in _runs(numbers)
        ]
        return torch.stack(parts).sum()


def split(works: pd.DataFrame, fractions: tuple[float, float, float] = (0.6, 0.15, 0.25), seed: int = 0) -> Split:
    """A split with the same shares of artistic and ordinary works of every field on each side, or the published one.

    The paper has three quarters for training and one for testing, and none to choose the epoch by.
    """
    from artlib import splits, tasks

    four_fields.fields_of(works)
    sides = works.assign(side=_sides(works))
    return splits.make(sides, tasks.make(sides, "side"), fractions, seed)


def learner(
    pictures: Pictures,
    split: Split,
    network: ArtistryNet,
    recipe: Recipe | None = None,
    **options: Unpack[Options],
) -> FieldLearner:
    """A learner that trains ``network``, in place, on the training rows of the fields that it has.

    Warns (FieldWarning) where fields have very different numbers of pictures.

    Parameters
    ----------
    pictures : with the columns field and artistic.
    options : ``seed``, ``folder``, ``device``, ``quiet``, ``cbs``, as in ``learners.base.Options``.

    Raises
    ------
    FieldError : a field is missing or has one side only, pictures have another size than the head was made for, or
        nothing would learn.
    """
    recipe = recipe or Recipe()
    rows = _rows(pictures.works, split, network.fields)
    _check(pictures, rows, network, recipe)
    if recipe.frozen:
        network.freeze(recipe.frozen)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise FieldError(f"All of {network.name} is frozen, so that nothing would learn: leave a field out of frozen.")
    return FieldLearner((pictures, split, rows), network, recipe, **options)


class FieldLearner(ArtLearner):
    """A fastai Learner whose batches hold pictures of several fields.

    The history has one row for each field and epoch: train_loss, valid_loss, accuracy (on validation), test_accuracy,
    and seconds of the whole epoch. Best is the epoch with the highest accuracy on validation: of all fields where they
    share layers, else of each field for its own network.

    Beside what ``ArtLearner`` has: network, fields, pictures, split, rows (part -> field -> rows of the works); shares
    (part -> field -> one array of probabilities an epoch: how artistic each picture looks).
    """

    error = FieldError
    resting = True  # of fields that are not in the step

    def __init__(
        self,
        data: tuple[Pictures, Split, dict[str, dict[str, np.ndarray]]],
        network: ArtistryNet,
        recipe: Recipe,
        **options: Unpack[Options],
    ) -> None:
        self.pictures, self.split, self.rows_of = data
        self.network, self.fields = network, network.fields
        self.shares: dict[str, dict[str, list]] = {part: {f: [] for f in self.fields} for part in ("valid", "test")}
        # Fields that share layers are judged together; fields that share none, each by itself.
        self.choices = ("all fields",) if network.shared else network.fields
        dls = _loaders(*data[::2], network, recipe, options)
        adam = partial(torch.optim.Adam, weight_decay=recipe.weight_decay)
        cbs = [_FieldsToLoss(), *L(options.pop("cbs", None))]
        loss = FieldLoss(self.fields, recipe.lambdas)
        super().__init__(dls, _FieldModel(network), loss, recipe, adam, cbs=cbs, **options)

    def get_preds(self, *args, **options) -> tuple:
        """fastai's, in the order of the items: that of the batches, which fastai's plots take, goes field by field."""
        return super().get_preds(*args, **{**options, "reorder": True})

    # --- the recipe ---------------------------------------------------------------------------------------------------

    def recipe_callbacks(self, line: StatusLine) -> list[Callback]:
        """Those of every learner, and what is said of validation and test."""
        return [*super().recipe_callbacks(line), _Follow()]

    def parameter_parts(self) -> list[list[nn.Parameter]]:
        """Convolutions, and heads."""
        head = list(self.network.heads.parameters())
        known = {id(p) for p in head}
        return [[p for p in self.network.parameters() if id(p) not in known], head]

    def measured(self) -> dict[str, tuple[Tensor, int | Tensor]]:
        """In training, the sum of each field's cross entropy."""
        if not self.training:
            return {}
        outputs, targets = self.pred.detach().float(), self.yb[0]
        return {
            self.fields[number]: (F.cross_entropy(outputs[part], targets[part], reduction="sum"), len(outputs[part]))
            for number, part in _runs(self.xb[1])
        }

    def epoch_rows(self, train: dict, valid: dict, seconds: float) -> list[dict[str, Any]]:
        """A row a field."""
        epoch = self.done + 1
        return [
            {
                "epoch": epoch,
                "field": field,
                "train_loss": train[field],
                "valid_loss": self._loss_of(field),
                "accuracy": self._accuracy("valid", field),
                "test_accuracy": self._accuracy("test", field),
                "seconds": seconds,
            }
            for field in self.fields
        ]

    def merit(self, rows: list[dict], choice: str) -> tuple[float, ...]:
        """Mean accuracy on validation, then mean loss, of the fields that are judged together."""
        own = pd.DataFrame([row for row in rows if choice in ("all fields", row["field"])])
        means = own.groupby("epoch")[["accuracy", "valid_loss"]].mean().iloc[0]
        return float(means["accuracy"]), -float(means["valid_loss"])

    def tensors(self, choice: str | None = None) -> dict[str, Tensor]:
        """All weights, or those of one field's own network."""
        state = self.model.state_dict()
        return {k: v for k, v in state.items() if choice not in self.fields or f".{choice}." in k}

    def extra_state(self) -> dict[str, Any]:
        """What was said of every picture after every epoch."""
        return {
            part: {field: [torch.from_numpy(one) for one in epochs] for field, epochs in by_field.items()}
            for part, by_field in self.shares.items()
        }

    def load_extra_state(self, state: dict[str, Any]) -> bool:
        """Take it."""
        for part, by_field in state.items():
            self.shares[part] = {field: [one.numpy() for one in epochs] for field, epochs in by_field.items()}
        return True

    def latest(self) -> str:
        """The mean accuracy of the last epoch."""
        return f"accuracy {np.mean([row['accuracy'] for row in self.rows[-len(self.fields) :]]):.3f}"

    def advice(self) -> str:
        """What to do where a loss is not a number."""
        return "Take a smaller lr or smaller lambdas."

    def identity(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What a run depends on: recipe, pictures, network, rows and sides."""
        facts, _ = super().identity()
        works, network = self.pictures.works, self.network
        facts |= {"pictures": self.pictures.key, "network": [network.name, network.size, network.fields]}
        arrays = {f"{part}, {field}": rows for part, each in self.rows_of.items() for field, rows in each.items()}
        targets = {f"{name}, targets": ARTISTIC.targets(works.iloc[rows]) for name, rows in arrays.items()}
        return facts, {**arrays, **targets}

    # --- what was said ------------------------------------------------------------------------------------------------

    def epoch_of(self, field: str, by: str = "valid") -> int:
        """The epoch (from 1) that is best for a field: on validation, or, as in the paper, on "test"."""
        own = self.history[self.history["field"] == field]
        if by == "test":
            return int(own.loc[own["test_accuracy"].idxmax(), "epoch"])
        return int(own.sort_values(["accuracy", "valid_loss"], ascending=[False, True])["epoch"].iloc[0])

    def probabilities(self, field: str, part: str = "test", by: str = "valid") -> np.ndarray:
        """Probabilities (N, 2) of ordinary and artistic for ``rows_of[part][field]``, at the epoch ``by`` chooses."""
        artistic = self.shares[part][field][self.epoch_of(field, by) - 1]
        return np.stack([1 - artistic, artistic], 1)

    def _truth(self, part: str, field: str) -> np.ndarray:
        return ARTISTIC.targets(self.pictures.works.iloc[self.rows_of[part][field]])

    def _accuracy(self, part: str, field: str) -> float:
        return float(((self.shares[part][field][-1] > 0.5) == self._truth(part, field)).mean())

    def _loss_of(self, field: str) -> float:
        truth, shares = self._truth("valid", field), self.shares["valid"][field][-1]
        return float(-np.log(np.clip(np.where(truth == 1, shares, 1 - shares), 1e-12, 1)).mean())


class _FieldModel(nn.Module):
    """A network of fields as a Learner calls it: pictures and the numbers of their fields to outputs (B, 2)."""

    def __init__(self, network: ArtistryNet):
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor, numbers: Tensor) -> Tensor:
        each = {self.network.fields[number]: pictures[part] for number, part in _runs(numbers)}
        return torch.cat(list(self.network.forward_fields(each).values()))

    def train(self, mode: bool = True) -> _FieldModel:
        """Layers that are frozen keep the means and variances that they have."""
        super().train(mode)
        for module in self.modules():
            own = list(module.parameters(recurse=False))
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and own and not any(p.requires_grad for p in own):
                module.eval()
        return self


class _FieldsToLoss(Callback):
    """Tells the loss which field each picture is of; fastai gives it outputs and answers only."""

    def after_pred(self) -> None:
        if len(self.yb):
            self.learn.yb = (*self.yb, self.xb[1])

    def after_loss(self) -> None:
        self.learn.yb = self.yb[:1]


class _Follow(RecipeCallback):
    """What is said of the validation and test pictures after every epoch."""

    order = 70

    def before_validate(self) -> None:
        self.said: dict[str, list] = {field: [] for field in self.learn.fields}

    def after_batch(self) -> None:
        if not self.training:
            self._add(self.said, self.pred, self.xb[1])

    def after_validate(self) -> None:
        tested: dict[str, list] = {field: [] for field in self.learn.fields}
        self.model.eval()
        with torch.inference_mode():
            for x, numbers, _ in self.dls[2]:
                self._add(tested, self.model(x, numbers), numbers)
        for part, said in (("valid", self.said), ("test", tested)):
            for field, found in said.items():
                self.learn.shares[part][field].append(torch.cat(found).cpu().numpy())

    def _add(self, said: dict[str, list], outputs: Tensor, numbers: Tensor) -> None:
        for number, part in _runs(numbers):
            said[self.learn.fields[number]].append(outputs[part].detach().float().softmax(1)[:, 1])


def _runs(numbers: Tensor) -> Iterator[tuple[int, slice]]:
    """Which number stands where: the pictures of a field stand together."""
    found, counts = torch.unique_consecutive(numbers.as_subclass(Tensor), return_counts=True)
    start = 0
    for number, count in zip(found.tolist(), counts.tolist(), strict=True):
        yield number, slice(start, start + count)
        start += count


def _loaders(
    pictures: Pictures,
    rows: Mapping[str, Mapping[str, np.ndarray]],
    network: ArtistryNet,
    recipe: Recipe,
    options: Options,
) -> FieldLoaders:
    store, targets = Store(pictures.pixels), Targets(pictures.works, ARTISTIC)
    names, sizes = pictures.works["field"].to_numpy(), _batch_sizes(rows["train"], recipe)
    sets = []
    for part in ("train", "valid", "test"):
        every = np.concatenate(list(rows[part].values()))
        dataset = FieldRows(store, targets, every, network.size, network.fields, names)
        train = part == "train"
        augment = train and recipe.augment
        sets.append(
            FieldBatches(dataset, sizes, recipe.mode, train=train, augment=augment, seed=options.get("seed", 0))
        )
    return FieldLoaders(*sets, device=own_device(options.get("device")))


def _sides(works: pd.DataFrame) -> pd.Series:
    known = works["field"].notna() & works["artistic"].notna()
    words = works["artistic"].map({True: "artistic", False: "ordinary"})
    return (works["field"].astype(str) + ", " + words.astype(str)).where(known, None)


def _rows(works: pd.DataFrame, split: Split, fields: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """Part -> field -> rows."""
    if "field" not in works.columns or "artistic" not in works.columns:
        four_fields.fields_of(works)
    labelled = works["artistic"].notna().to_numpy()
    return {
        part: {f: rows[(works["field"].to_numpy()[rows] == f) & labelled[rows]] for f in fields}
        for part, rows in split.parts().items()
    }


def _batch_sizes(rows: Mapping[str, np.ndarray], recipe: Recipe) -> dict[str, int]:
    """The largest field's batches are as asked; the others' so much smaller that all end together, two at least."""
    if recipe.mode == "alternate":
        return dict.fromkeys(rows, recipe.batch_size)
    steps = -(-max(map(len, rows.values())) // recipe.batch_size)
    return {field: max(2, -(-len(own) // steps)) for field, own in rows.items()}


def _check(
    pictures: Pictures, rows: Mapping[str, Mapping[str, np.ndarray]], network: ArtistryNet, recipe: Recipe
) -> None:
    for field in network.fields:
        if not any(len(rows[part][field]) for part in rows):
            raise FieldError(
                f"The works have no picture of the field {field!r} ({_told(pictures.works)}). Add some, or make the "
                f"network without it: fields={[f for f in network.fields if f != field]}."
            )
        for part in ("train", "valid", "test"):
            count = np.bincount(ARTISTIC.targets(pictures.works.iloc[rows[part][field]]), minlength=2)
            least = _LEAST if part == "train" else 1
            if count.min() < least:
                side = ("ordinary", "artistic")[int(count.argmin())]
                raise FieldError(
                    f"The field {field!r} has {count.min()} {side} pictures in its {part} set and {count.max()} "
                    f"others: both sides are needed, at least {least} of each. Add some, or leave the field out."
                )
    if pictures.size < network.size:
        raise FieldError(
            f"The pictures have {pictures.size} px, but the head of {network.name} was made for {network.size} px: "
            f"make the network with size={pictures.size}, or cache the pictures at {network.size} px."
        )
    if pictures.size > network.size + network.size // 4:
        raise FieldError(
            f"The pictures have {pictures.size} px, of which the head of {network.name} would be shown {network.size} "
            f"px only: cache the pictures at {network.size} px, or up to a quarter more for crops at random."
        )
    for what, names in (("lambdas", recipe.lambdas or {}), ("frozen", recipe.frozen)):
        for field in names:
            one_of(field, network.fields, f"The recipe's {what} names {field!r}, which is no field", FieldError)
    if recipe.lambdas and not any(recipe.lambdas.get(field, 1.0) for field in network.fields):
        raise FieldError("All lambdas are 0, so that nothing would learn: give one of the fields a weight.")
    sizes = {field: len(rows["train"][field]) for field in network.fields}
    if max(sizes.values()) > _UNEQUAL * min(sizes.values()):
        told = ", ".join(f"{field} {size:,}" for field, size in sizes.items())
        warnings.warn(
            f"The fields have very different numbers of pictures ({told}). Each field's loss counts alike whatever its "
            "size (its lambda), and the small one is learned from few pictures: read its interval before its accuracy.",
            FieldWarning,
            stacklevel=3,
        )


def _told(works: pd.DataFrame) -> str:
    counts = _sides(works).value_counts().sort_index()
    return ", ".join(f"{side}: {count:,}" for side, count in counts.items()) or "none has a label"

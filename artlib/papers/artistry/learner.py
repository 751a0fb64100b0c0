"""Artistic or ordinary, field by field or all fields together: Sato, Sakaue and Sato's training as a fastai Learner.

``learner(pictures, split, network).run()`` trains on batches that hold pictures of every field, follows each field's
accuracy on validation and on test, and chooses each field's epoch on validation. What the paper did, taking the epoch
that is best on test, is kept beside it, so that its bias can be measured. Chapter: artistry.
"""

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException, TrainEvalCallback
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch import nn
from torch.nn import functional as F

from artlib.collections import four_fields
from artlib.errors import ArtlibError
from artlib.learners import checkpoints
from artlib.learners.checkpoints import discard
from artlib.papers.artistry.network import ArtistryNet
from artlib.progress import StatusLine as Line
from artlib.splits import Split
from artlib.tasks import Task

__all__ = ["FieldError", "FieldLearner", "FieldLoss", "FieldWarning", "Recipe", "discard", "learner", "split"]

ARTISTIC = Task("artistic", "binary", ("false", "true"))
MODES = ("together", "alternate")
_UNEQUAL = 10  # times as many pictures in one field as in another, from which on it is said
_FORMAT = 1  # of checkpoints and of what happens in an epoch; another number starts every run afresh
_LEAST = 2  # pictures of each side that a field needs to learn from


class FieldError(ArtlibError):
    """Fields that cannot be learned, alone or together: what is wrong, in which field, and what to do."""


class FieldWarning(UserWarning):
    """Fields that can be learned together, with something to know about it."""


@dataclass(frozen=True)
class Recipe:
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
    lr: float = 1e-3
    weight_decay: float = 0.0
    batch_size: int = 32
    lambdas: Mapping[str, float] | None = None
    mode: str = "together"
    augment: bool = True
    frozen: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise FieldError(f"Unknown mode {self.mode!r}. Choose one of: {', '.join(MODES)}.")
        for name in ("epochs", "lr", "batch_size"):
            if not getattr(self, name) > 0:
                raise FieldError(f"The recipe's {name} must be more than 0, not {getattr(self, name)}.")
        bad = {field: value for field, value in (self.lambdas or {}).items() if not 0 <= value < math.inf}
        if bad:
            raise FieldError(f"A lambda is a number from 0 on; these are not: {bad}.")

    def described(self) -> dict[str, Any]:
        """The recipe as a plain dictionary, for records."""
        return asdict(self)


class FieldLoss(nn.Module):
    """The sum of the fields' cross entropies, each times its lambda (equations 2 and 3).

    Equation 2 as printed takes the logarithm of the truth; meant is that of the output. forward(outputs, targets):
    field -> (B, 2) and field -> (B,) of 0 and 1. Fields that are not in the step add nothing.
    """

    def __init__(self, lambdas: Mapping[str, float] | None = None):
        super().__init__()
        self.lambdas = dict(lambdas or {})

    def forward(self, outputs: Mapping[str, torch.Tensor], targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
        parts = [
            self.lambdas.get(field, 1.0) * F.cross_entropy(out.float(), targets[field])
            for field, out in outputs.items()
        ]
        return torch.stack(parts).sum()


def split(works: pd.DataFrame, fractions: tuple[float, float, float] = (0.6, 0.15, 0.25), seed: int = 0) -> Split:
    """A split with the same shares of artistic and ordinary works of every field on each side; a work stays whole.

    The paper has three quarters for training and one for testing, and none to choose the epoch by.
    """
    from artlib import splits, tasks

    four_fields.fields_of(works)
    sides = works.assign(side=_sides(works))
    return splits.stratified(sides, tasks.make(sides, "side"), fractions, seed)


def learner(
    pictures,
    split: Split,
    network: ArtistryNet,
    recipe: Recipe | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    *,
    device: torch.device | str | None = None,
    quiet: bool = False,
    cbs=None,
) -> "FieldLearner":
    """A learner that trains `network`, in place, on the training rows of the fields that it has.

    pictures: pixels.Pictures with the columns field and artistic. seed: order and mirroring of the pictures; the same
    call gives the same weights (on a CPU to the last bit). folder: where checkpoints lie, from which a run that was
    broken off goes on, and a finished one is read; None: no checkpoints. cbs: further fastai callbacks.
    Raises FieldError where a field is missing or has one side only, where pictures have another size than the head was
    made for, and where nothing would learn. Warns (FieldWarning) where fields have very different numbers of pictures.
    """
    recipe = recipe or Recipe()
    rows = _rows(pictures.works, split, network.fields)
    _check(pictures, rows, network, recipe)
    if recipe.frozen:
        network.freeze(recipe.frozen)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise FieldError(f"All of {network.name} is frozen, so that nothing would learn: leave a field out of frozen.")
    made = FieldLearner(pictures, split, rows, network, recipe, seed, folder, device=device, quiet=quiet, cbs=cbs)
    if folder is not None:
        made.run_key = _key(made)
    return made


class FieldLearner(Learner):
    """A fastai Learner whose batches hold pictures of several fields.

    Attributes: network, recipe, seed, pictures, split, rows (part -> field -> rows of the works); log, a row for each
    field and epoch; shares (part -> field -> one array of probabilities an epoch: how artistic each picture looks).
    """

    def __init__(
        self, pictures, split, rows, network, recipe, seed=0, folder=None, *, device=None, quiet=False, cbs=None
    ):
        from artlib import loaders

        self.folder = Path(folder) if folder is not None else None
        self.run_key = ""
        self.pictures, self.split, self.rows, self.recipe, self.seed = pictures, split, rows, recipe, seed
        self.log: list[dict] = []
        self.shares: dict[str, dict[str, list]] = {part: {f: [] for f in network.fields} for part in ("valid", "test")}
        self.best: dict[str, torch.Tensor] = {}
        self.fault = ""
        sizes = _batch_sizes(rows["train"], recipe)
        each = {
            field: loaders.dataloaders(
                pictures,
                replace(split, **{part: rows[part][field] for part in ("train", "valid", "test")}),
                ARTISTIC,
                sizes[field],
                augment=recipe.augment,
                crop=network.size,
                device=device,
                seed=seed,
            )
            for field in network.fields
        }
        dls = _Loaders(*(FieldBatches({f: dl[i] for f, dl in each.items()}, recipe.mode, seed) for i in range(3)))
        place = torch.device(dls.device)
        network.to(place, memory_format=torch.channels_last)
        super().__init__(
            dls, _Together(network), FieldLoss(recipe.lambdas), lr=recipe.lr,
            cbs=[TrainEvalCallback(), _Follow(Line(quiet=quiet)), *(cbs or ())], default_cbs=False,
        )  # fmt: skip

    @property
    def network(self) -> ArtistryNet:
        """The network that is trained."""
        return self.model.network

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are learned."""
        return self.network.fields

    @property
    def history(self) -> pd.DataFrame:
        """One row for each field and epoch: epoch (from 1), field, train_loss, valid_loss, accuracy (on validation),
        test_accuracy, seconds (of the whole epoch)."""
        return pd.DataFrame(self.log)

    def create_opt(self) -> None:
        """Adam over what is not frozen."""
        learns = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        options = {"lr": self.recipe.lr, "weight_decay": self.recipe.weight_decay}
        self.opt = OptimWrapper(opt=torch.optim.Adam(learns, **options))

    @property
    def done(self) -> int:
        """Epochs that are behind it."""
        return len(self.log) // len(self.fields)

    def run(self) -> "FieldLearner":
        """Train all epochs, or those that a run that was broken off left; then put back the best weights.

        Best is the epoch with the highest accuracy on validation: of all fields where they share layers, else of each
        field for its own network. Raises FieldError when the loss is not finite.
        """
        if not self.log:
            self._resume()
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), self.follow.line:
            # Every callback has a switch called "run"; the learner's method of that name does not touch it.
            warnings.filterwarnings("ignore", message=r"You are shadowing an attribute \(run\)")
            if self.done < self.recipe.epochs:
                torch.manual_seed(self.seed)
                self.dls.train.epoch = self.done
                self.fit(self.recipe.epochs - self.done)
        if self.fault:
            raise FieldError(self.fault)
        self.model.load_state_dict(self.best)
        self.model.eval()
        return self

    def _resume(self) -> None:
        found = checkpoints.read(self.folder, self.run_key) if self.folder else None
        if found:
            state, self.best = found
            self.log = state["log"]
            for part, by_field in state["shares"].items():
                self.shares[part] = {field: [one.numpy() for one in epochs] for field, epochs in by_field.items()}
            self.model.load_state_dict(state["network"])
            self.create_opt()
            self.opt.opt.load_state_dict(state["optimizer"])

    def _remember(self) -> None:
        """Keep what is best so far, and write the checkpoint."""
        epoch, better = self.done, []
        for fields in self._groups():
            own = self.history[self.history["field"].isin(fields)]
            means = own.groupby("epoch")[["accuracy", "valid_loss"]].mean()
            if means.sort_values(["accuracy", "valid_loss"], ascending=[False, True]).index[0] == epoch:
                better += fields
        state = self.model.state_dict()
        for name in state:
            field = next((f for f in self.fields if f".{f}." in name), None)
            if (field in better) if field else bool(better):
                self.best[name] = state[name].detach().clone()
        if self.folder:
            shares = {
                part: {field: [torch.from_numpy(one) for one in epochs] for field, epochs in by_field.items()}
                for part, by_field in self.shares.items()
            }
            kept = {"run": self.run_key, "log": self.log, "shares": shares, "best_epoch": epoch, "network": state}
            checkpoints.write(self.folder, {**kept, "optimizer": self.opt.opt.state_dict()}, self.best)

    def _groups(self) -> list[list[str]]:
        """Fields that share layers are judged together; fields that share none, each by itself."""
        return [list(self.fields)] if self.network.shared else [[field] for field in self.fields]

    def best_epoch(self, field: str, by: str = "valid") -> int:
        """The epoch (from 1) that is best for a field: on validation, or, as in the paper, on "test"."""
        own = self.history[self.history["field"] == field]
        if by == "test":
            return int(own.loc[own["test_accuracy"].idxmax(), "epoch"])
        return int(own.sort_values(["accuracy", "valid_loss"], ascending=[False, True])["epoch"].iloc[0])

    def probabilities(self, field: str, part: str = "test", by: str = "valid") -> np.ndarray:
        """Probabilities (N, 2) of ordinary and artistic for ``rows[part][field]``, at the epoch that ``by`` chooses."""
        artistic = self.shares[part][field][self.best_epoch(field, by) - 1]
        return np.stack([1 - artistic, artistic], 1)


class FieldBatches:
    """Batches of several fields as a Learner takes them: ({field: x}, {field: y}), every picture once a pass.

    "together": as many steps as the field with the most batches has; a field with fewer takes part in as many of them,
    evenly spread. "alternate": one field a step, in an order that the seed and the pass decide.
    """

    n_inp = 1

    def __init__(self, each: Mapping[str, Any], mode: str = "together", seed: int = 0):
        self.each, self.mode, self.seed, self.epoch = dict(each), mode, seed, 0

    @property
    def n(self) -> int:
        """Pictures of all fields."""
        return sum(batches.n for batches in self.each.values())

    @property
    def bs(self) -> int:
        """Pictures of the largest step."""
        return sum(batches.bs for batches in self.each.values())

    @property
    def dataset(self) -> "FieldBatches":
        """What fastai asks for the number of items: the set itself."""
        return self

    @property
    def device(self) -> torch.device:
        """Where the batches are."""
        return next(iter(self.each.values())).device

    def to(self, device: torch.device | str) -> "FieldBatches":
        """Gives batches on this device from now on."""
        for batches in self.each.values():
            batches.to(device)
        return self

    def __len__(self) -> int:
        counts = [len(batches) for batches in self.each.values()]
        return sum(counts) if self.mode == "alternate" else max(counts)

    def __iter__(self) -> Iterator[tuple[dict, dict]]:
        for batches in self.each.values():
            batches.set_epoch(self.epoch)
        flowing = {field: iter(batches) for field, batches in self.each.items()}
        steps = self.steps(self.epoch)
        self.epoch += 1
        for step in steps:
            found = {field: next(flowing[field]) for field in step}
            yield {field: x for field, (x, _) in found.items()}, {field: y for field, (_, y) in found.items()}

    def steps(self, epoch: int = 0) -> list[list[str]]:
        """Which fields take part in each step of a pass."""
        counts = {field: len(batches) for field, batches in self.each.items()}
        if self.mode == "alternate":
            order = np.repeat(list(counts), list(counts.values()))
            return [[str(field)] for field in np.random.default_rng([self.seed, epoch, 7]).permutation(order)]
        most = max(counts.values())
        # The k-th of n steps has a field's batch whenever the field's share of n passes another whole number.
        due = {f: np.diff(np.floor(np.arange(most + 1) * n / most + 1e-9).astype(int)) > 0 for f, n in counts.items()}
        return [[field for field in counts if due[field][step]] for step in range(most)]


class _Loaders:
    """What a Learner asks of its data: train, valid and test, and a device."""

    def __init__(self, train: FieldBatches, valid: FieldBatches, test: FieldBatches):
        self.train, self.valid, self.test = train, valid, test

    @property
    def device(self) -> torch.device:
        from fastai.torch_core import default_device

        return default_device() if self.train.device.type == "cpu" else self.train.device

    def __getitem__(self, number: int) -> FieldBatches:
        return (self.train, self.valid, self.test)[number]

    def to(self, device: torch.device | str) -> "_Loaders":
        for batches in (self.train, self.valid, self.test):
            batches.to(device)
        return self

    def cuda(self) -> "_Loaders":
        return self.to("cuda")

    def cpu(self) -> "_Loaders":
        return self.to("cpu")


class _Together(nn.Module):
    """A network of fields as a Learner calls it: field -> pictures to field -> outputs."""

    def __init__(self, network: ArtistryNet):
        super().__init__()
        self.network = network

    def forward(self, pictures: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return self.network.forward_fields(pictures)


class _Follow(Callback):
    """What happens around every epoch: the fields' losses, what is said of validation and test, the best weights."""

    name, order = "follow", 80

    def __init__(self, line: Line):
        self.line = line

    def before_epoch(self) -> None:
        self.started, self.sums = time.perf_counter(), {field: [0.0, 0] for field in self.learn.fields}
        self.found: dict[str, list] = {field: [] for field in self.learn.fields}

    def before_train(self) -> None:
        # Layers that are frozen keep the means and variances that they have.
        for module in self.model.modules():
            own = list(module.parameters(recurse=False))
            if isinstance(module, nn.BatchNorm2d) and own and not any(p.requires_grad for p in own):
                module.eval()

    def after_loss(self) -> None:
        for field, out in self.pred.items():
            if self.training:
                one = F.cross_entropy(out.detach().float(), self.yb[0][field], reduction="sum")
                self.sums[field][0] = self.sums[field][0] + one
                self.sums[field][1] += len(out)
            else:
                self.found[field].append(out.detach().float().softmax(1)[:, 1])

    def after_train(self) -> None:
        epoch, epochs = self.learn.done + 1, self.learn.recipe.epochs
        self.line.show(f"epoch {epoch} of {epochs}", epoch / epochs)

    def after_validate(self) -> None:
        learn = self.learn
        tested: dict[str, list] = {field: [] for field in learn.fields}
        self.model.eval()
        with torch.inference_mode():
            for pictures, _ in learn.dls.test:
                for field, out in self.model(pictures).items():
                    tested[field].append(out.float().softmax(1)[:, 1])
        epoch, seconds = learn.done + 1, time.perf_counter() - self.started
        for field in learn.fields:
            valid, test = (torch.cat(parts[field]).cpu().numpy() for parts in (self.found, tested))
            learn.shares["valid"][field].append(valid)
            learn.shares["test"][field].append(test)
            total, count = self.sums[field]
            learn.log.append(
                {
                    "epoch": epoch,
                    "field": field,
                    "train_loss": float(total) / max(1, count),
                    "valid_loss": self._loss(valid, "valid", field),
                    "accuracy": self._accuracy(valid, "valid", field),
                    "test_accuracy": self._accuracy(test, "test", field),
                    "seconds": seconds,
                }
            )
        self._judge(epoch)

    def _judge(self, epoch: int) -> None:
        """Keep the best weights; stop where a loss is no number."""
        learn = self.learn
        means = learn.history.groupby("epoch")[["train_loss", "valid_loss", "accuracy"]].mean()
        if not np.isfinite(means.loc[epoch].to_numpy()).all():
            learn.fault = (
                f"The loss is not a finite number in epoch {epoch} (learning rate {learn.recipe.lr:g}): "
                "take a smaller lr or smaller lambdas."
            )
            raise CancelFitException
        learn._remember()
        self.line.leave(f"{epoch} epochs; best on validation: {means['accuracy'].max():.3f}")

    def _truth(self, part: str, field: str) -> np.ndarray:
        works = self.learn.pictures.works
        return ARTISTIC.targets(works.iloc[self.learn.rows[part][field]])

    def _accuracy(self, shares: np.ndarray, part: str, field: str) -> float:
        return float(((shares > 0.5) == self._truth(part, field)).mean())

    def _loss(self, shares: np.ndarray, part: str, field: str) -> float:
        truth = self._truth(part, field)
        return float(-np.log(np.clip(np.where(truth == 1, shares, 1 - shares), 1e-12, 1)).mean())


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


def _check(pictures, rows: Mapping[str, Mapping[str, np.ndarray]], network: ArtistryNet, recipe: Recipe) -> None:
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
        unknown = [field for field in names if field not in network.fields]
        if unknown:
            raise FieldError(f"The recipe's {what} names {unknown[0]!r}; the fields are {', '.join(network.fields)}.")
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


def _key(made: FieldLearner) -> str:
    works, network = made.pictures.works, made.network
    facts = {
        "format": _FORMAT,
        "recipe": made.recipe.described(),
        "pictures": made.pictures.key,
        "network": [network.name, network.size, network.fields],
        "seed": made.seed,
    }
    arrays = {f"{part}, {field}": rows for part, by_field in made.rows.items() for field, rows in by_field.items()}
    targets = {f"{name}, targets": ARTISTIC.targets(works.iloc[rows]) for name, rows in arrays.items()}
    return checkpoints.key(facts, {**arrays, **targets}, made.model)

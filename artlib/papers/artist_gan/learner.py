"""Generating pictures as Niyogi and Ruiz do (task 2): a deep convolutional adversarial network as a fastai Learner.

``learner(pictures, select(pictures, genre="portrait")).run()`` trains, keeps what the same noise becomes after every
epoch, and goes on exactly where it stopped when it was killed. Two extensions go by their own names in the recipe and
are off by default: ``average`` (of the generator's weights) and ``style_ambiguity`` (Creative Adversarial Networks).
"""

import copy
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.learner import Learner
from fastai.optimizer import OptimWrapper
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from artlib.errors import ArtlibError
from artlib.learners import checkpoints
from artlib.learners.checkpoints import discard
from artlib.papers.artist_gan.network import DCGAN
from artlib.progress import StatusLine as Line
from artlib.splits import Split
from artlib.tasks import Task
from artlib.works import SkippedWarning

__all__ = ["GANError", "GANLearner", "Recipe", "discard", "hold_out", "learner", "select", "walk"]

_FORMAT = 1  # of checkpoints and of what happens in an epoch; another number starts every run afresh
_LOOK = 25  # batches between two looks whether the losses are numbers; each makes a GPU wait
_AT_ONCE = 256  # pictures painted together
_UNLABELLED = Task("work_id", "category", ())


class GANError(ArtlibError):
    """A training that cannot begin, or that went astray."""


@dataclass(frozen=True)
class Recipe:
    """How the two networks are trained; the defaults are those of the poster's code, which follows Radford.

    Attributes
    ----------
    epochs, batch_size, lr, beta1 : of Adam, the same for both networks (beta2 is 0.999).
    width, z : channels of the widest pictures in both networks, and numbers that a picture is made from.
    flip : show every other picture mirrored.
    fixed : pictures that are painted from the same noise after every epoch.
    average : extension; weight of the past in a moving average of the generator, such as 0.999, from which pictures
        are then painted (Karras et al. 2018). None: paint with the generator itself.
    style_ambiguity : extension; weight of the Creative Adversarial Network's loss (Elgammal et al. 2017): the
        discriminator learns the styles of real pictures, the generator that its own should not be told. 0: off.
    """

    epochs: int = 100
    batch_size: int = 64
    lr: float = 2e-4
    beta1: float = 0.5
    width: int = 64
    z: int = 100
    flip: bool = True
    fixed: int = 36
    average: float | None = None
    style_ambiguity: float = 0.0

    def __post_init__(self) -> None:
        for field in ("epochs", "lr", "width", "z", "fixed"):
            if not getattr(self, field) > 0:
                raise GANError(f"The recipe's {field} must be more than 0, not {getattr(self, field)}.")
        if self.batch_size < 2:
            raise GANError(f"Batch normalization needs batches of two pictures or more, not {self.batch_size}.")
        if not 0 <= self.beta1 < 1:
            raise GANError(f"The recipe's beta1 lies between 0 and 1, not at {self.beta1}.")
        if self.average is not None and not 0 < self.average < 1:
            raise GANError(f"The recipe's average is a weight between 0 and 1 or None, not {self.average}.")
        if self.style_ambiguity < 0:
            raise GANError(f"The recipe's style_ambiguity must not be negative ({self.style_ambiguity}).")

    def described(self) -> dict:
        """The recipe as a plain dictionary, for records."""
        return asdict(self)


# --- which pictures ---------------------------------------------------------------------------------------------------


def select(pictures, **where: str | Sequence[str]) -> np.ndarray:
    """Rows of the pictures with these values, ascending: ``select(pictures, genre="portrait")``; without any, all rows.

    where: a column of the works (genre, style, artist, ...) and the value, or values, that it shall have.
    Pictures of one colour are left out with a SkippedWarning. Errors: GANError for an unknown column or value.
    """
    works = pictures.works
    chosen = np.ones(len(works), dtype=bool)
    for column, value in where.items():
        chosen &= _having(works, column, [value] if isinstance(value, str) else list(value))
    rows = np.flatnonzero(chosen)
    if not len(rows):
        raise GANError(f"No picture has {_words(where)} at once. Choose fewer conditions.")
    plain = _plain(pictures, rows)
    if plain.any():
        warnings.warn(
            f"{plain.sum():,} of {len(rows):,} pictures are of one colour and left out; the first is "
            f"{works['image'].iloc[rows[plain][0]]}.",
            SkippedWarning,
            stacklevel=2,
        )
    return rows[~plain]


def hold_out(
    works: pd.DataFrame, rows: np.ndarray, held: int, train: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(train, held): rows to learn from and rows to score against, drawn by the seed; no work stands on both sides.

    train: at most so many, None: all that are left. Errors: GANError when there are too few.
    """
    own = works["work_id"].to_numpy()[rows]
    order = np.random.default_rng(seed).permutation(pd.unique(own))
    place = pd.Series(np.arange(len(order)), index=order).loc[own].to_numpy()
    drawn, place = rows[np.argsort(place, kind="stable")], np.sort(place)
    # The work in which the held-out pictures end is not trained on.
    rest = drawn[place > place[min(held, len(rows)) - 1]]
    if held < 2 or len(rest) < (train or 1):
        wanted = f"{train:,}" if train else "some"
        raise GANError(f"{len(rows):,} pictures are too few to train on {wanted} and to hold out {held:,} (2 or more).")
    return np.sort(rest[:train]), np.sort(drawn[:held])


def walk(stops: int, steps: int, z: int = 100, seed: int = 0) -> np.ndarray:
    """Noise along a closed way through `stops` random points, `steps` from one to the next: (stops * steps, z) float32.

    The way is spherical, because normal noise of many dimensions lies close to a sphere and is rare within it.
    """
    points = _noise(stops, z, seed).double().numpy()
    lengths = np.linalg.norm(points, axis=1)
    found = []
    for k in range(stops):
        a, b = points[k], points[(k + 1) % stops]
        angle = math.acos(np.clip(a @ b / (lengths[k] * lengths[(k + 1) % stops]), -1, 1)) or 1e-9
        for t in np.arange(steps) / steps:
            found.append((math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle))
    return np.array(found, dtype="float32")


def _having(works: pd.DataFrame, column: str, values: list[str]) -> np.ndarray:
    if column not in works:
        raise GANError(f"The works have no column {column!r}; they have {', '.join(map(str, works.columns))}.")
    counts = works[column].dropna().map(str).value_counts()
    for value in values:
        if str(value) not in counts.index:
            raise GANError(f"No picture has the {column} {str(value)!r}. {_suggestion(str(value), counts)}")
    return works[column].map(str).isin(list(map(str, values))).to_numpy() & works[column].notna().to_numpy()


def _suggestion(value: str, counts: pd.Series) -> str:
    from difflib import get_close_matches

    close = get_close_matches(value, list(counts.index), n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(f'{name!r} ({counts[name]:,} pictures)' for name in close)}?"
    if counts.empty:
        return "No picture has any."
    return f"The most frequent are: {', '.join(f'{name} ({count:,})' for name, count in counts.head(5).items())}."


def _words(where: Mapping) -> str:
    return " and ".join(f"{column} {value!r}" for column, value in where.items()) or "anything"


def _plain(pictures, rows: np.ndarray) -> np.ndarray:
    """Which of the pictures are of one colour from corner to corner."""
    return np.array([bool((pictures.pixels[row] == pictures.pixels[row][:1, :1]).all()) for row in rows], dtype=bool)


# --- the learner ------------------------------------------------------------------------------------------------------


def learner(
    pictures,
    rows: Sequence[int] | np.ndarray,
    recipe: Recipe | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    *,
    task: Task | None = None,
    measure: Callable[["GANLearner"], Mapping[str, float]] | None = None,
    device: torch.device | str | None = None,
    quiet: bool = False,
    cbs=None,
) -> "GANLearner":
    """A learner that trains new networks on these rows of the pictures, which give the pictures their size.

    pictures: pixels.Pictures, in the poster of 64 px and cut in the middle: ``cache(collection, 64, "center")``.
    seed: initial weights, order, mirrors and noise; the same call gives the same pictures (on a CPU to the last bit).
    folder: where checkpoints lie; None: none. task: the styles, wanted by ``style_ambiguity`` only. measure: called
    after every epoch; the numbers that it returns become columns of the history (scores over epochs).
    Raises GANError when there are fewer pictures than a batch, or only pictures of one colour.
    """
    from artlib import loaders

    recipe = recipe or Recipe()
    rows = np.unique(np.asarray(rows, dtype=np.int64))
    _check(pictures, rows, recipe, task)
    task = task if recipe.style_ambiguity else _UNLABELLED
    nothing = np.array([], dtype=np.int64)
    split = Split(rows, nothing, nothing, seed, task.column)
    dls = loaders.dataloaders(pictures, split, task, recipe.batch_size, augment=recipe.flip, device=device, seed=seed)
    networks = DCGAN(recipe.width, recipe.z, pictures.size, len(task.classes), seed)
    made = GANLearner(dls, networks, recipe, seed=seed, folder=folder, measure=measure, quiet=quiet, cbs=cbs)
    if folder is not None:
        made.run_key = _key(made, pictures, rows, task)
    return made


class GANLearner(Learner):
    """A fastai Learner of two networks that work against each other, each batch one step of each (Radford, section 4).

    The discriminator raises log D(x) + log(1 - D(G(z))), the generator log D(G(z)), as in the poster's equations.

    Attributes: recipe, seed; history, a table of epoch, d_loss, g_loss, real and fake (mean D(x) and D(G(z)) while
    learning), seconds and what is measured; frames, what the fixed noise became, epoch by epoch; model, a DCGAN.
    """

    def __init__(
        self,
        dls,
        networks: DCGAN,
        recipe: Recipe,
        *,
        seed: int = 0,
        folder: Path | str | None = None,
        measure: Callable[["GANLearner"], Mapping[str, float]] | None = None,
        quiet: bool = False,
        cbs=None,
    ):
        self.recipe, self.seed, self.measure = recipe, seed, measure
        self.folder = Path(folder) if folder is not None else None
        self.run_key = self.fault = ""
        self.log: list[dict] = []
        self._frames: list[np.ndarray] = []
        device = torch.device(dls.device or "cpu")
        # Convolutions are faster with channels last, here by a sixth on a CPU.
        networks.to(device, memory_format=torch.channels_last if device.type == "cpu" else torch.preserve_format)
        self.average = _averaged(networks.generator, recipe.average) if recipe.average else None
        self.kept = _cloned(self._tensors(networks))
        # The losses belong to the two steps below; fastai asks for one function.
        super().__init__(
            dls, networks, F.softplus, lr=recipe.lr, cbs=[_Course(Line(quiet=quiet)), *(cbs or ())], default_cbs=False
        )

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: epoch (from 1), d_loss, g_loss, real, fake, seconds, and what is measured.

        With style ambiguity also style_loss (of real pictures) and ambiguity (of painted ones; least is log(styles)).
        """
        first = ["epoch", "d_loss", "g_loss", "real", "fake", "seconds"]
        return pd.DataFrame(
            self.log, columns=[*first, *dict.fromkeys(k for row in self.log for k in row if k not in first)]
        )

    @property
    def frames(self) -> np.ndarray:
        """What the fixed noise became: (epochs + 1, fixed, S, S, 3) uint8, the first before any training."""
        return np.stack(self._frames) if self._frames else np.empty((0,), dtype=np.uint8)

    @property
    def painter(self) -> torch.nn.Module:
        """The generator that paints: the averaged one where the recipe has an average."""
        return self.average.module if self.average is not None else self.model.generator

    def __repr__(self) -> str:
        done = f"{len(self.log)} of {self.recipe.epochs} epochs"
        return f"GANLearner(width {self.recipe.width}, {self.dls.train.n:,} pictures, {done})"

    def run(self) -> "GANLearner":
        """Train all epochs of the recipe, or those that a killed run left.

        Raises GANError when a loss is not finite; the networks are then those of the last whole epoch.
        """
        with self.course.line:
            if not self.log:
                self._resume()
            if not self._frames:
                self._keep_frame()
            if len(self.log) < self.recipe.epochs:
                self.fit(self.recipe.epochs - len(self.log))
            self.model.eval()
            self.course.line.leave(_summary(self))
        return self

    def fit(self, *args, **options) -> None:
        """fastai's fit; ``run`` is what follows the recipe."""
        self.fault = ""
        with warnings.catch_warnings():
            # Every callback has a switch called "run"; the learner's method of that name does not touch it.
            warnings.filterwarnings("ignore", message=r"You are shadowing an attribute \(run\)")
            super().fit(*args, **options)
        if self.fault:
            raise GANError(self.fault)

    def paint(self, noise: np.ndarray | torch.Tensor, training_mode: bool = False) -> np.ndarray:
        """Pictures of the noise (N, z), as (N, S, S, 3) uint8, by the generator in evaluation mode.

        training_mode: normalize by each batch's own statistics instead, as the poster's code does by mistake: then a
        picture depends on the others that are painted with it. The networks are not changed by either.
        """
        generator = copy.deepcopy(self.painter).train(training_mode)
        device = next(generator.parameters()).device
        noise = torch.as_tensor(noise, dtype=torch.float32)
        with torch.inference_mode():
            parts = [_as_bytes(generator(part.to(device))) for part in noise.split(_AT_ONCE)]
        return np.concatenate(parts)

    def sample(self, n: int, seed: int = 0, training_mode: bool = False) -> np.ndarray:
        """`n` new pictures, (n, S, S, 3) uint8; the same seed gives the same noise. training_mode: as in ``paint``."""
        return np.concatenate(list(self.samples(n, seed, training_mode)))

    def samples(self, n: int, seed: int = 0, training_mode: bool = False) -> Iterator[np.ndarray]:
        """The pictures of ``sample`` in batches, for scores over more pictures than memory holds."""
        if n < 1:
            raise GANError(f"Ask for one picture or more, not {n}.")
        chance = torch.Generator().manual_seed(seed)
        for start in range(0, n, _AT_ONCE):
            noise = torch.randn(min(_AT_ONCE, n - start), self.recipe.z, generator=chance)
            yield self.paint(noise, training_mode)

    def create_opt(self) -> None:
        """Adam over both networks; a network whose gradients are not there does not move and keeps its averages."""
        networks = (self.model.discriminator, self.model.generator)
        groups = [{"params": list(network.parameters())} for network in networks]
        adam = torch.optim.Adam(groups, lr=self.recipe.lr, betas=(self.recipe.beta1, 0.999))
        self.opt = OptimWrapper(opt=adam)

    def _do_one_batch(self) -> None:
        """fastai's place for what happens in a batch: a step of the discriminator, then one of the generator."""
        real, styles = self.xb[0], self.yb[0]
        noise = torch.randn(len(real), self.recipe.z, generator=self.chance).to(real.device)
        self.pred = self.model.generator(noise)
        self("after_pred")
        told = self._discriminate(real, self.pred.detach(), styles)
        told.update(self._generate(self.pred))
        self.loss = self.loss_grad = told["g_loss"]
        self("after_loss")
        self.course.sums.add(told, len(real))

    def _discriminate(self, real: torch.Tensor, fake: torch.Tensor, styles: torch.Tensor) -> dict[str, torch.Tensor]:
        # Real and painted pictures are never in one batch: normalization would mix what tells them apart.
        on_real, said = self.model.discriminator.judge(real)
        on_fake = self.model.discriminator(fake)
        loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        told = {"d_loss": loss.detach(), "real": on_real.sigmoid().mean().detach()}
        told["fake"] = on_fake.sigmoid().mean().detach()
        if self.recipe.style_ambiguity:
            style_loss = _style_loss(said, styles)
            loss = loss + self.recipe.style_ambiguity * style_loss
            told["style_loss"] = style_loss.detach()
        loss.backward()
        self._step_and_clear()
        return told

    def _generate(self, fake: torch.Tensor) -> dict[str, torch.Tensor]:
        self.model.discriminator.requires_grad_(False)
        on_fake, said = self.model.discriminator.judge(fake)
        loss = F.softplus(-on_fake).mean()
        told = {"g_loss": loss.detach()}
        if self.recipe.style_ambiguity:
            ambiguity = _ambiguity(said)
            loss = loss + self.recipe.style_ambiguity * ambiguity
            told["ambiguity"] = ambiguity.detach()
        loss.backward()
        self.model.discriminator.requires_grad_(True)
        self._step_and_clear()
        if self.average is not None:
            self.average.update_parameters(self.model.generator)
        return told

    def _step_and_clear(self) -> None:
        self.opt.step()
        self.opt.zero_grad()

    def _resume(self) -> None:
        found = checkpoints.read(self.folder, self.run_key) if self.folder else None
        frames = checkpoints.frames(self.folder, found[0]["best_epoch"]) if found else None
        if frames is None:
            return
        state, self.kept = found
        if len(state["log"]) > self.recipe.epochs:
            raise GANError(
                f"The checkpoint in {self.folder} is that of {len(state['log'])} epochs, and the recipe wants "
                f"{self.recipe.epochs}. Take another folder, or discard({str(self.folder)!r})."
            )
        self.log, self._frames = state["log"], frames
        self._put_back()
        self.create_opt()
        self.opt.opt.load_state_dict(state["optimizer"])

    def _remember(self, row: dict) -> None:
        """Enter an epoch in the history; keep its networks and pictures; write the checkpoint."""
        if self.measure is not None:
            row = {**row, **{name: float(value) for name, value in self.measure(self).items()}}
            self.model.train()
        self.log.append(row)
        self.kept = _cloned(self._tensors(self.model))
        self._keep_frame()
        if self.folder:
            # The newest epoch takes the place of the best: no number says which one paints best.
            state = {
                "run": self.run_key,
                "log": self.log,
                "best_epoch": row["epoch"],
                "optimizer": self.opt.opt.state_dict(),
            }
            checkpoints.write(self.folder, state, self.kept)

    def _keep_frame(self) -> None:
        frame = self.paint(_noise(self.recipe.fixed, self.recipe.z, self.seed))
        if self.folder:
            checkpoints.write_frame(self.folder, len(self._frames), frame)
        self._frames.append(frame)

    def _tensors(self, networks: DCGAN) -> dict[str, torch.Tensor]:
        average = self.average.state_dict(prefix="average.") if self.average is not None else {}
        return {**networks.state_dict(prefix="networks."), **average}

    def _put_back(self) -> None:
        """The networks as they were after the last whole epoch, or before the first."""
        for name, into in (("networks.", self.model), ("average.", self.average)):
            if into is not None:
                into.load_state_dict({k.removeprefix(name): v for k, v in self.kept.items() if k.startswith(name)})


class _Course(Callback):
    """What happens around every epoch: randomness before, history and checkpoint after."""

    name, order = "course", 80

    def __init__(self, line: Line):
        self.line, self.sums = line, _Sums()

    def before_epoch(self) -> None:
        self.started, self.number = time.perf_counter(), len(self.learn.log) + 1
        # All randomness of an epoch follows from the seed and its number: nothing of it needs to be in a checkpoint.
        state = np.random.SeedSequence([self.learn.seed, self.number]).generate_state(1)
        self.learn.chance = torch.Generator().manual_seed(int(state[0]))
        if hasattr(self.dls.train, "set_epoch"):
            self.dls.train.set_epoch(self.number - 1)
        self.learn.model.train()
        self.sums = _Sums()

    def after_batch(self) -> None:
        if (self.iter + 1) % _LOOK == 0:
            self._stop_unless_finite()
        done = (self.number - 1 + (self.iter + 1) / self.n_iter) / self.recipe.epochs
        self.line.show(f"epoch {self.number} of {self.recipe.epochs}{self.latest()}", done)

    def after_train(self) -> None:
        self._stop_unless_finite()

    def after_epoch(self) -> None:
        row = {"epoch": self.number, **self.sums.read(), "seconds": time.perf_counter() - self.started}
        self.learn._remember(row)
        done = self.number / self.recipe.epochs
        self.line.show(f"epoch {self.number} of {self.recipe.epochs}{self.latest()}", done, now=True)

    def latest(self) -> str:
        if not self.learn.log:
            return ""
        row = self.learn.log[-1]
        return f", D(x) {row['real']:.2f}, D(G(z)) {row['fake']:.2f}"

    def _stop_unless_finite(self) -> None:
        if self.sums.finite():
            return
        self.learn._put_back()
        whole = self.number - 1
        kept = f"The networks are those of epoch {whole}" if whole else "The networks are those before training"
        where = f", also in {self.learn.folder}" if whole and self.learn.folder else ""
        # fastai puts words of its own before an error that a callback raises; ``fit`` raises this one.
        self.learn.fault = (
            f"A loss is not a finite number in epoch {self.number} (learning rate {self.recipe.lr:g}). "
            f"{kept}{where}. Take a smaller lr or another seed."
        )
        raise CancelFitException


class _Sums:
    """Means over an epoch's pictures, added up on the device: reading a number would make a GPU wait."""

    def __init__(self) -> None:
        self.sums: dict[str, torch.Tensor] = {}
        self.pictures = 0

    def add(self, values: Mapping[str, torch.Tensor], n: int) -> None:
        self.pictures += n
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0) + value * n

    def finite(self) -> bool:
        return all(math.isfinite(float(value)) for value in self.sums.values())

    def read(self) -> dict[str, float]:
        return {name: float(value) / self.pictures for name, value in self.sums.items()}


# --- losses of the extensions -----------------------------------------------------------------------------------------


def _style_loss(said: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
    """How badly the discriminator tells the styles of real pictures; those without a label do not count."""
    labelled = (styles >= 0).sum().clamp(min=1)
    return F.cross_entropy(said, styles, ignore_index=-1, reduction="sum") / labelled


def _ambiguity(said: torch.Tensor) -> torch.Tensor:
    """Cross entropy between equal shares for all styles and what the discriminator says of painted pictures."""
    return -said.log_softmax(1).mean()


def _averaged(generator: torch.nn.Module, weight: float) -> AveragedModel:
    def update(past, present, seen) -> None:
        # A short past first, or a short training would paint with its initial weights.
        get_ema_multi_avg_fn(min(weight, (1 + int(seen)) / (10 + int(seen))))(past, present, seen)

    return AveragedModel(generator, multi_avg_fn=update, use_buffers=True)


# --- parts ------------------------------------------------------------------------------------------------------------


def _noise(n: int, z: int, seed: int) -> torch.Tensor:
    # Always drawn on the processor: the same noise on every device.
    return torch.randn(n, z, generator=torch.Generator().manual_seed(seed))


def _cloned(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _as_bytes(x: torch.Tensor) -> np.ndarray:
    return x.mul(255).round().clamp(0, 255).permute(0, 2, 3, 1).to(torch.uint8).cpu().numpy()


def _check(pictures, rows: np.ndarray, recipe: Recipe, task: Task | None) -> None:
    if len(rows) < recipe.batch_size:
        raise GANError(
            f"{len(rows):,} pictures do not fill a batch of {recipe.batch_size}. "
            "Choose more pictures (another artist, a genre, everything) or a smaller batch_size in the recipe."
        )
    if rows[0] < 0 or rows[-1] >= len(pictures):
        raise GANError(f"Rows of these pictures count from 0 to {len(pictures) - 1}, not {rows[0]}..{rows[-1]}.")
    if _plain(pictures, rows).all():
        raise GANError(f"All {len(rows):,} pictures are of one colour: there is nothing to learn from them.")
    if recipe.style_ambiguity:
        found = task.targets(pictures.works)[rows] if task and task.kind == "category" else np.array([])
        if len(np.unique(found[found >= 0])) < 2:
            raise GANError(
                "style_ambiguity needs a task of two styles or more among the pictures: "
                'give task=tasks.make(pictures.works, "style"), or leave style_ambiguity at 0.'
            )


def _key(made: GANLearner, pictures, rows: np.ndarray, task: Task) -> str:
    # How many epochs there will be changes none of them, so that a longer training can go on from a shorter one.
    recipe = {name: value for name, value in made.recipe.described().items() if name != "epochs"}
    facts = {"format": _FORMAT, "recipe": recipe, "pictures": pictures.key, "task": [task.column, task.classes]}
    arrays = {"rows": rows, "targets": task.targets(pictures.works)[rows]}
    return checkpoints.key({**facts, "seed": made.seed}, arrays, made.model)


def _summary(made: GANLearner) -> str:
    row, seconds = made.log[-1], sum(row["seconds"] for row in made.log)
    return f"{len(made.log)} epochs in {seconds:.0f} s; D(x) {row['real']:.2f}, D(G(z)) {row['fake']:.2f}"

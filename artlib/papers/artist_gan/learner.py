"""Generating pictures as Niyogi and Ruiz do (task 2): a deep convolutional adversarial network as a fastai Learner.

``learner(pictures, select(pictures, genre="portrait")).fit_recipe()`` trains, keeps what the same noise becomes after
every epoch, and goes on exactly where it stopped when it was killed. Two extensions go by their own names in the recipe
and are off by default: ``average`` (of the generator's weights), ``style_ambiguity`` (Creative Adversarial Networks).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Unpack

import numpy as np
import torch
from fastai.callback.core import Callback
from fastcore.basics import noop
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from artlib import loaders
from artlib.errors import ArtlibError
from artlib.learners import checkpoints, ranks
from artlib.learners.base import ArtLearner, Chosen, Options
from artlib.learners.checkpoints import discard
from artlib.learners.recipe import BaseRecipe
from artlib.loaders.batches import ArtLoaders, show_pictures, taken
from artlib.papers.artist_gan.data import GANError, latents, one_colour
from artlib.papers.artist_gan.network import DCGAN
from artlib.pixels import Pictures
from artlib.progress import StatusLine
from artlib.records import processes
from artlib.splits import Split
from artlib.tasks import Task

__all__ = ["GANError", "GANLearner", "Recipe", "discard", "learner"]

_AT_ONCE = 256  # pictures generated together
_UNLABELLED = Task("work_id", "category", ())


@dataclass(frozen=True)
class Recipe(BaseRecipe):
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
    lr: float = 2e-4
    beta1: float = 0.5
    width: int = 64
    z: int = 100
    flip: bool = True
    fixed: int = 36
    average: float | None = None
    style_ambiguity: float = 0.0

    error: ClassVar[type[ArtlibError]] = GANError
    later: ClassVar[tuple[str, ...]] = ("precision", "weight_decay", "sync_batchnorm")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.above_zero("width", "z", "fixed")
        if self.batch_size < 2:
            raise GANError(f"Batch normalization needs batches of two pictures or more, not {self.batch_size}.")
        if not 0 <= self.beta1 < 1:
            raise GANError(f"The recipe's beta1 lies between 0 and 1, not at {self.beta1}.")
        if self.average is not None and not 0 < self.average < 1:
            raise GANError(f"The recipe's average is a weight between 0 and 1 or None, not {self.average}.")
        if self.style_ambiguity < 0:
            raise GANError(f"The recipe's style_ambiguity must not be negative ({self.style_ambiguity}).")


# --- the learner ------------------------------------------------------------------------------------------------------


def learner(
    pictures: Pictures,
    rows: Sequence[int] | np.ndarray,
    recipe: Recipe | None = None,
    task: Task | None = None,
    measure: Callable[[GANLearner], Mapping[str, float]] | None = None,
    **options: Unpack[Options],
) -> GANLearner:
    """A learner that trains new networks on these rows of the pictures, which give the pictures their size.

    Parameters
    ----------
    pictures : in the poster of 64 px and cut in the middle: ``cache(collection, 64, "center")``.
    task : the styles, wanted by ``style_ambiguity`` only.
    measure : called after every epoch; the numbers that it returns become columns of the history (scores over epochs).
    options : ``seed`` (also of initial weights and noise), ``folder``, ``device``, ``quiet``, ``cbs``, as in
        ``learners.base.Options``.

    Raises
    ------
    GANError : fewer pictures than a batch, or only pictures of one colour.
    """
    recipe = recipe or Recipe()
    rows = np.unique(np.asarray(rows, dtype=np.int64))
    _check(pictures, rows, recipe, task)
    task = task if recipe.style_ambiguity else _UNLABELLED
    nothing, seed = np.array([], dtype=np.int64), options.get("seed", 0)
    split = Split(rows, nothing, nothing, seed, task.column)
    dls = loaders.dataloaders(
        pictures, split, task, recipe.batch_size, augment=recipe.flip, device=options.get("device"), seed=seed
    )
    networks = DCGAN(recipe.width, recipe.z, pictures.size, len(task.classes), seed)
    return GANLearner(dls, networks, recipe, (pictures, split, task), measure, **options)


class GANLearner(ArtLearner):
    """A fastai Learner of two networks that work against each other, each batch one step of each (Radford, section 4).

    The discriminator raises log D(x) + log(1 - D(G(z))), the generator log D(G(z)), as in the poster's equations.

    The history has d_loss, g_loss, real and fake (mean D(x) and D(G(z)) while learning), seconds and what is measured.
    Beside what ``ArtLearner`` has: frames, what the fixed noise became, epoch by epoch; model, a DCGAN.
    """

    error = GANError
    one_chance = True  # the noise is drawn for the whole batch
    columns = ("epoch", "d_loss", "g_loss", "real", "fake", "seconds")
    refused: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("validate", "get_preds"),
            "A generator has no right answers to be compared with: score its sample() with papers.artist_gan.scores.",
        ),
        "predict": "A generator is shown no picture: generate(noise) and sample(n) make some.",
        **dict.fromkeys(
            ("freeze", "unfreeze", "freeze_to", "fine_tune"),
            "Both networks have to learn, or the other has nothing to work against: call fit or fit_recipe.",
        ),
        "lr_find": "Neither loss falls when the rate is better, so that no rate can be read from it: change recipe.lr.",
        "to_fp16": "Half precision would need a loss scale for each of the two steps: take to_bf16.",
    }

    def __init__(
        self,
        dls: ArtLoaders,
        networks: DCGAN,
        recipe: Recipe,
        data: tuple[Pictures, Split, Task],
        measure: Callable[[GANLearner], Mapping[str, float]] | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.pictures, self.split, self.task = data
        self.measure = measure
        self._frames: list[np.ndarray] = []
        adam = partial(torch.optim.Adam, betas=(recipe.beta1, 0.999), weight_decay=recipe.weight_decay)
        # The losses belong to the two steps below; fastai asks for one function.
        super().__init__(dls, networks, nn.Softplus(), recipe, adam, **options)
        self.average = _averaged(networks.generator, recipe.average) if recipe.average else None
        self.divided(noop)

    @property
    def frames(self) -> np.ndarray:
        """What the fixed noise became: (epochs + 1, fixed, S, S, 3) uint8, the first before any training."""
        return np.stack(self._frames) if self._frames else np.empty((0,), dtype=np.uint8)

    @property
    def generator(self) -> nn.Module:
        """What makes pictures: the averaged generator where the recipe has an average."""
        return self.average.module if self.average is not None else self.model.generator

    def __repr__(self) -> str:
        done = f"{self.done} of {self.recipe.epochs} epochs"
        return f"GANLearner(width {self.recipe.width}, {self.dls.train.n:,} pictures, {done})"

    def generate(self, noise: np.ndarray | Tensor, training_mode: bool = False) -> np.ndarray:
        """Pictures of the noise (N, z), as (N, S, S, 3) uint8, by the generator in evaluation mode.

        training_mode: normalize by each batch's own statistics instead, as the poster's code does by mistake: then a
        picture depends on the others that are generated with it. The networks are not changed by either.
        """
        generator = copy.deepcopy(self.generator).train(training_mode)
        device = next(generator.parameters()).device
        noise = torch.as_tensor(noise, dtype=torch.float32)
        with torch.inference_mode():
            parts = [_as_bytes(generator(part.to(device))) for part in noise.split(_AT_ONCE)]
        return np.concatenate(parts)

    def sample(self, n: int, seed: int = 0, training_mode: bool = False) -> np.ndarray:
        """``n`` new pictures, (n, S, S, 3) uint8; the same seed gives the same. training_mode: as in ``generate``."""
        return np.concatenate(list(self.samples(n, seed, training_mode)))

    def samples(self, n: int, seed: int = 0, training_mode: bool = False) -> Iterator[np.ndarray]:
        """The pictures of ``sample`` in batches, for scores over more pictures than memory holds."""
        if n < 1:
            raise GANError(f"Ask for one picture or more, not {n}.")
        chance = torch.Generator().manual_seed(seed)
        for start in range(0, n, _AT_ONCE):
            noise = torch.randn(min(_AT_ONCE, n - start), self.recipe.z, generator=chance)
            yield self.generate(noise, training_mode)

    # --- a batch ------------------------------------------------------------------------------------------------------

    def _do_one_batch(self) -> None:
        """fastai's place for what happens in a batch: a step of the discriminator, then one of the generator."""
        real, styles = self.xb[0], self.yb[0]
        noise = torch.randn(len(styles), self.recipe.z)[taken(len(styles), *self.dls.train.taken)].to(real.device)
        with self._casting():
            self.pred = self.paint(noise).float()
        self("after_pred")
        found = self._discriminate(real, self.pred.detach(), styles)
        found.update(self._generate(self.pred))
        self.loss = self.loss_grad = found["g_loss"]
        self("after_loss")
        self.found = found

    def _discriminate(self, real: Tensor, fake: Tensor, styles: Tensor) -> dict[str, Tensor]:
        # Real and generated pictures are never in one batch: normalization would mix what tells them apart.
        with self._casting():
            on_real, said = self._whole(self.judge(real))
            on_fake, _ = self._whole(self.judge(fake))
        on_real, on_fake = on_real.float(), on_fake.float()
        loss = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
        found = {"d_loss": loss.detach(), "real": on_real.sigmoid().mean().detach()}
        found["fake"] = on_fake.sigmoid().mean().detach()
        if self.recipe.style_ambiguity:
            style_loss = _style_loss(said.float(), styles)
            loss = loss + self.recipe.style_ambiguity * style_loss
            found["style_loss"] = style_loss.detach()
        self._step(loss)
        return found

    def _generate(self, fake: Tensor) -> dict[str, Tensor]:
        self.model.discriminator.requires_grad_(False)
        try:
            with self._casting():
                on_fake, said = self._whole(self.model.discriminator(fake))
            loss = F.softplus(-on_fake.float()).mean()
            found = {"g_loss": loss.detach()}
            if self.recipe.style_ambiguity:
                ambiguity = _ambiguity(said.float())
                loss = loss + self.recipe.style_ambiguity * ambiguity
                found["ambiguity"] = ambiguity.detach()
            self._step(loss)
        finally:  # an interruption must not leave it so
            self.model.discriminator.requires_grad_(True)
        if self.average is not None:
            self.average.update_parameters(self.model.generator)
        return found

    def _whole(self, said: tuple[Tensor, Tensor | None]) -> list[Tensor | None]:
        """What the discriminator says of the rows of all processes."""
        alone = self.dls.train.taken[1] == 1
        return [one if alone or one is None else ranks.whole(one, len(self.yb[0])) for one in said]

    def _step(self, loss: Tensor) -> None:
        """Backward and one step; a network without gradients does not move and keeps its averages."""
        loss.backward()
        self.opt.step()
        self.opt.zero_grad()

    def _casting(self) -> AbstractContextManager:
        """Where the recipe computes in bfloat16, forward passes do; ``Bf16`` would keep it on while going back."""
        device = torch.device(self.dls.device or "cpu").type
        return torch.autocast(device, torch.bfloat16) if self.bfloat16 else nullcontext()

    # --- the recipe ---------------------------------------------------------------------------------------------------

    def recipe_callbacks(self, line: StatusLine) -> list[Callback]:
        """Those of every learner but ``Bf16``: each of the two steps casts its own forward passes."""
        return [callback for callback in super().recipe_callbacks(line) if callback.name != "bf16"]

    def divided(self, parallel: Callable[[nn.Module], nn.Module]) -> DCGAN:
        """Each network joins its gradients by itself; the rows of all processes are put together in the two steps."""
        self.paint, self.judge = parallel(self.model.generator), parallel(self.model.discriminator)
        return self.model

    def begin_recipe(self) -> None:
        """Keep the networks and what they make before the first epoch."""
        if not self.chosen:
            weights = {name: tensor.detach().clone() for name, tensor in self.tensors().items()}
            self.chosen[""] = Chosen(0, (0,), weights)
        if not self._frames:
            self._keep_frame()

    def parameter_parts(self) -> list[list[nn.Parameter]]:
        """The discriminator, and the generator."""
        return [list(network.parameters()) for network in (self.model.discriminator, self.model.generator)]

    def measured(self) -> dict[str, tuple[Tensor, int]]:
        """Losses, and how real each kind of picture looks."""
        n = len(self.yb[0])
        return {name: (value * n, n) for name, value in self.found.items()}

    def epoch_rows(self, train: dict, valid: dict, seconds: float) -> list[dict[str, Any]]:
        """The means of the epoch, and what is measured after it."""
        first = {name: train[name] for name in ("d_loss", "g_loss", "real", "fake")}
        row = {"epoch": self.done + 1, **first, "seconds": seconds, **train}
        if self.measure is not None:
            row |= {name: float(value) for name, value in self.measure(self).items()}
        self._keep_frame()
        return [row]

    def merit(self, rows: list[dict], choice: str) -> tuple[float, ...]:
        """The newest epoch takes the place of the best: no number says which one makes the best pictures."""
        return (rows[0]["epoch"],)

    def tensors(self, choice: str | None = None) -> dict[str, Tensor]:
        """Both networks, and the average."""
        average = self.average.state_dict(prefix="average.") if self.average is not None else {}
        return {**self.model.state_dict(prefix="networks."), **average}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take them."""
        for name, into in (("networks.", self.model), ("average.", self.average)):
            if into is not None:
                into.load_state_dict({k.removeprefix(name): v for k, v in tensors.items() if k.startswith(name)})

    def extra_state(self) -> dict[str, Any]:
        """Frames are files of their own; how many there have to be."""
        return {"epochs": self.done}

    def load_extra_state(self, state: dict[str, Any]) -> bool:
        """Read the frames. Raises GANError where there were more epochs than the recipe wants."""
        frames = checkpoints.frames(self.folder, state["epochs"])
        if state["epochs"] > self.recipe.epochs:
            raise GANError(
                f"The checkpoint in {self.folder} is that of {state['epochs']} epochs, and the recipe wants "
                f"{self.recipe.epochs}. Take another folder, or discard({str(self.folder)!r})."
            )
        self._frames = frames or []
        return frames is not None

    def _keep_frame(self) -> None:
        frame = self.generate(latents(self.recipe.fixed, self.recipe.z, self.seed))
        if self.folder and not processes()[0]:
            checkpoints.write_frame(self.folder, len(self._frames), frame)
        self._frames.append(frame)

    def latest(self) -> str:
        """How real each kind of picture looked in the last epoch."""
        return f"D(x) {self.rows[-1]['real']:.2f}, D(G(z)) {self.rows[-1]['fake']:.2f}"

    def outcome(self) -> str:
        """What remains in a notebook."""
        return f"{self.done} epochs in {sum(row['seconds'] for row in self.rows):.0f} s; {self.latest()}"

    def advice(self) -> str:
        """Which networks are left, and what to do."""
        whole = f"those of epoch {self.done}" if self.done else "those before training"
        where = f", also in {self.folder}" if self.done and self.folder else ""
        return f"The networks are {whole}{where}. Take a smaller lr or another seed."

    def identity(self) -> tuple[dict, dict[str, np.ndarray]]:
        """What a run depends on. How many epochs there will be is left out, so that a longer training can go on."""
        facts, _ = super().identity()
        facts["recipe"] = {name: value for name, value in facts["recipe"].items() if name != "epochs"}
        facts |= {"pictures": self.pictures.key, "task": [self.task.column, self.task.classes]}
        rows = self.split.train
        return facts, {"rows": rows, "targets": self.task.targets(self.pictures.works)[rows]}

    # --- fastai's calls that are different here -----------------------------------------------------------------------

    def saved(self) -> dict[str, Tensor]:
        """Both networks, and the average, from which pictures are made."""
        return {name.removeprefix("networks."): tensor for name, tensor in self.tensors().items()}

    def load_saved(self, tensors: dict[str, Tensor]) -> None:
        """Take them."""
        self.load_tensors({k if k.startswith("average.") else f"networks.{k}": v for k, v in tensors.items()})

    def show_results(self, *_, max_n: int = 9, **__) -> list:
        """Draw new pictures. Returns matplotlib's axes."""
        return show_pictures(torch.from_numpy(self.sample(max_n)).permute(0, 3, 1, 2))

    def summary(self) -> str:
        """Both networks, layer by layer."""
        return repr(self.model)


# --- losses of the extensions -----------------------------------------------------------------------------------------


def _style_loss(said: Tensor, styles: Tensor) -> Tensor:
    """How badly the discriminator tells the styles of real pictures; those without a label do not count."""
    labelled = (styles >= 0).sum().clamp(min=1)
    return F.cross_entropy(said, styles, ignore_index=-1, reduction="sum") / labelled


def _ambiguity(said: Tensor) -> Tensor:
    """Cross entropy between equal shares for all styles and what the discriminator says of painted pictures."""
    return -said.log_softmax(1).mean()


def _averaged(generator: nn.Module, weight: float) -> AveragedModel:
    def update(past, present, seen) -> None:
        # A short past first, or a short training would generate with its initial weights.
        get_ema_multi_avg_fn(min(weight, (1 + int(seen)) / (10 + int(seen))))(past, present, seen)

    return AveragedModel(generator, multi_avg_fn=update, use_buffers=True)


# --- parts ------------------------------------------------------------------------------------------------------------


def _as_bytes(x: Tensor) -> np.ndarray:
    return x.mul(255).round().clamp(0, 255).permute(0, 2, 3, 1).to(torch.uint8).cpu().numpy()


def _check(pictures: Pictures, rows: np.ndarray, recipe: Recipe, task: Task | None) -> None:
    if len(rows) < recipe.batch_size:
        raise GANError(
            f"{len(rows):,} pictures do not fill a batch of {recipe.batch_size}. "
            "Choose more pictures (another artist, a genre, everything) or a smaller batch_size in the recipe."
        )
    if rows[0] < 0 or rows[-1] >= len(pictures):
        raise GANError(f"Rows of these pictures count from 0 to {len(pictures) - 1}, not {rows[0]}..{rows[-1]}.")
    if one_colour(pictures, rows).all():
        raise GANError(f"All {len(rows):,} pictures are of one colour: there is nothing to learn from them.")
    if recipe.style_ambiguity:
        found = task.targets(pictures.works)[rows] if task and task.kind == "category" else np.array([])
        if len(np.unique(found[found >= 0])) < 2:
            raise GANError(
                "style_ambiguity needs a task of two styles or more among the pictures: "
                'give task=tasks.make(pictures.works, "style"), or leave style_ambiguity at 0.'
            )

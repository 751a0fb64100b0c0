"""What all recipes of training have, and how a network is fine-tuned: which layers, at which rates, for how long."""

from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar

from artlib.errors import ArtlibError, one_of
from artlib.nets.heads import HIDDEN

SCENARIOS = ("all", "skip-first", "skip-first-two", "skip-first-half", "only-last-three", "only-last", "only-new")
SCHEDULES = ("fixed", "step", "plateau", "one-cycle")
PRECISIONS = ("auto", "float32", "bfloat16")


class RecipeError(ArtlibError):
    """A recipe that cannot be followed."""


@dataclass(frozen=True)
class BaseRecipe:
    """What all recipes have.

    Attributes
    ----------
    epochs, lr, weight_decay, batch_size : of gradient descent.
    precision : "float32"; "bfloat16"; "auto" takes bfloat16 where the hardware computes with it (GPU).
    sync_batchnorm : where several processes learn, normalize by the whole batch; else each by its own rows.
    """

    epochs: int = 20
    lr: float = 1e-3
    weight_decay: float = 0.0
    batch_size: int = 64
    precision: str = "float32"
    sync_batchnorm: bool = False

    error: ClassVar[type[ArtlibError]] = RecipeError
    later: ClassVar[tuple[str, ...]] = ("precision", "sync_batchnorm")
    """Fields that recipes have not always had: records are silent about them while they have their default."""

    def __post_init__(self) -> None:
        self.above_zero("epochs", "lr", "batch_size")
        one_of(self.precision, PRECISIONS, f"Unknown precision {self.precision!r}", self.error)

    def above_zero(self, *names: str) -> None:
        """Raise this recipe's error where one of the fields is not a number above 0."""
        for name in names:
            if not getattr(self, name) > 0:
                raise self.error(f"The recipe's {name} must be more than 0, not {getattr(self, name)}.")

    def described(self) -> dict[str, Any]:
        """The recipe as a plain dictionary, for records."""
        usual = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        found = asdict(self)
        return {k: v for k, v in found.items() if k not in self.later or v != usual[k]}

    def rate(self, losses: Sequence[float] = (), share: float = 0.0) -> float:
        """Learning rate of the next epoch, after a share of it, given the validation losses of all epochs so far.

        It depends on nothing else, so that a run that is taken up again goes on as if it had never stopped.
        """
        return self.lr


@dataclass(frozen=True)
class Recipe(BaseRecipe):
    """How a network is fine-tuned; the defaults are the fine-tuning paper's (section 4.4, Tables 2 and 3).

    Attributes
    ----------
    scenario : which layers learn (section 4.2): all, all but the first one, two or half, the last three, the last;
        "only-new" is the last with the hidden layers that ``nets.add_hidden_layers`` put before it (Chen and Chen).
    schedule : "fixed"; "step", divide the rate by ``step_factor`` every ``step_every`` epochs; "plateau", divide it
        when the validation loss has not fallen for more than ``patience`` epochs; "one-cycle", step by step up to
        ``lr`` within the first quarter and down to nothing (Smith 2018, as fastai has it).
    optimizer : "sgd", or "adamw" (Loshchilov and Hutter 2019), for which biases learn at the rate of all else.
    label_smoothing : share of the truth that is spread over all classes.
    mirrored_test : a test picture's answer is the mean of its own and of its mirror image's.
    epochs, lr, momentum, weight_decay, batch_size : of gradient descent. Biases learn at twice the rate and do not
        decay (Caffe's recipe); gains and offsets of normalization learn at the rate itself and do not decay.
    head_lr_factor : how much faster the new head learns than a body with initial weights. Where all layers are new
        the factor is 1.
    stop_after : give up after so many epochs that are not the best on validation; None: never.
    augment : random crops and mirrored pictures. crop : pixels of the crop, None: the whole picture.
    precision : "auto" takes bfloat16 where the hardware computes with it (GPU), else float32.
    """

    scenario: str = "all"
    schedule: str = "fixed"
    epochs: int = 100
    lr: float = 1e-4
    momentum: float = 0.9
    weight_decay: float = 5e-4
    batch_size: int = 256
    head_lr_factor: float = 10
    step_every: int = 5
    step_factor: float = 10
    patience: int = 3
    stop_after: int | None = None
    augment: bool = True
    crop: int | None = None
    precision: str = "auto"
    optimizer: str = "sgd"
    label_smoothing: float = 0.0
    mirrored_test: bool = False

    later: ClassVar[tuple[str, ...]] = ("optimizer", "label_smoothing", "mirrored_test", "sync_batchnorm")

    def __post_init__(self) -> None:
        for field, known in (("scenario", SCENARIOS), ("schedule", SCHEDULES), ("optimizer", ("sgd", "adamw"))):
            one_of(getattr(self, field), known, f"Unknown {field} {getattr(self, field)!r}", RecipeError)
        super().__post_init__()
        self.above_zero("step_every", "step_factor", "head_lr_factor")
        for field in ("momentum", "weight_decay", "patience"):
            if getattr(self, field) < 0:
                raise RecipeError(f"The recipe's {field} must not be negative ({getattr(self, field)}).")
        if self.stop_after is not None and self.stop_after < 1:
            raise RecipeError(f"The recipe's stop_after is a number of epochs or None, not {self.stop_after}.")

    def frozen(self, layers: Sequence[str]) -> list[str]:
        """Which of the layers, given first to last, do not learn. Raises RecipeError when none would remain."""
        if self.scenario == "only-new":
            return [name for name in layers[:-1] if name != HIDDEN]
        first = dict(zip(SCENARIOS, (0, 1, 2, len(layers) // 2, -3, -1), strict=False))[self.scenario]
        if len(layers) <= abs(first):
            raise RecipeError(
                f"The scenario {self.scenario!r} needs more than the {len(layers)} layers of this network."
            )
        return list(layers[:first])

    def rate(self, losses: Sequence[float] = (), share: float = 0.0) -> float:
        """Learning rate of the next epoch, or within it, given the validation losses so far, by the schedule."""
        if self.schedule == "one-cycle":
            from fastai.callback.schedule import combined_cos

            return float(combined_cos(0.25, self.lr / 25, self.lr, 0)(min(1, (len(losses) + share) / self.epochs)))
        if self.schedule == "step":
            return self.lr * self.step_factor ** -(len(losses) // self.step_every)
        return self.lr * (self._plateau(losses) if self.schedule == "plateau" else 1)

    def _plateau(self, losses: Sequence[float]) -> float:
        import torch

        stand_in = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            stand_in, factor=1 / self.step_factor, patience=self.patience
        )
        for loss in losses:
            schedule.step(loss)
        return stand_in.param_groups[0]["lr"]

"""Describe a picture that no one has labelled: each task's answer with an honest probability, and its nearest works.

Probabilities are calibrated on the validation works: a temperature for a choice among classes (Guo et al. 2017), a
slope and an offset for labels (Platt 1999), and for numbers an interval that holds the truth as often as it says
(split conformal prediction, Vovk et al. 2005; the works that choose the epoch serve again, so that the promise holds
nearly, not exactly: ``Guide.coverage`` measures it). Chapter: omniart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit, softmax

from artlib import loaders, pixels
from artlib.collections.files import FileSource
from artlib.errors import ArtlibError
from artlib.evaluate import similarity
from artlib.papers.omniart import measures
from artlib.works import PictureError

if TYPE_CHECKING:
    from torch import Tensor

    from artlib.papers.omniart.learner import MultiTasker

LEVEL = 0.8  # of intervals: four in five hold the truth


class DescribeError(ArtlibError):
    """A picture that cannot be described, or a network that cannot be calibrated."""


@dataclass(frozen=True)
class Description:
    """What is said of one picture.

    Attributes
    ----------
    answers : task -> class names with calibrated probabilities, most probable first; numbers are in ``intervals``.
    intervals : task -> (lowest, middle, highest), which holds the truth in ``level`` of the works.
    nearest : rows of the works that lie nearest in the shared representation, with their distance.
    """

    answers: Mapping[str, pd.Series]
    intervals: Mapping[str, tuple[float, float, float]]
    nearest: pd.DataFrame
    level: float = LEVEL

    def table(self) -> pd.DataFrame:
        """One row a task: what is said, and how sure (a probability, or the interval)."""
        rows = {name: _told(found) for name, found in self.answers.items()}
        for name, (low, middle, high) in self.intervals.items():
            rows[name] = (f"{middle:.0f}", f"{low:.0f} to {high:.0f} ({self.level:.0%})")
        return pd.DataFrame.from_dict(rows, orient="index", columns=["said", "how sure"]).rename_axis("task")


def _told(found: pd.Series) -> tuple[str, str]:
    likely = found[found >= 0.5] if found.attrs.get("several") else found[:1]
    likely = likely if len(likely) else found[:1]
    return ", ".join(likely.index), ", ".join(f"{share:.0%}" for share in likely)


@dataclass(frozen=True)
class Guide:
    """A trained network with what makes its answers honest: ``describe(picture)``.

    Attributes
    ----------
    honest : task -> what makes its probabilities (N, classes) honest ones.
    margins : task -> half of its interval.
    """

    learner: object = field(repr=False)
    honest: Mapping[str, Callable[[np.ndarray], np.ndarray]] = field(repr=False)
    margins: Mapping[str, float]
    index: similarity.Index = field(repr=False)
    level: float = LEVEL

    def calibrated(self, found: measures.Answers) -> dict[str, np.ndarray]:
        """The answers with honest probabilities, (N, classes) by task; numbers as they are."""
        return {name: self.honest[name](said) if name in self.honest else said for name, said in found.said.items()}

    def describe(self, picture: np.ndarray | str | Path | int, nearest: int = 5) -> Description:
        """A picture: uint8 (H, W, 3), the path of a file, or a row of the learner's own pictures."""
        if isinstance(picture, int | np.integer):
            found = measures.answers(self.learner, [int(picture)])
        else:
            found = measures.answers_to_pictures(self.learner, _batch(picture, self.learner))
        said, tasks = self.calibrated(found), found.tasks
        answers, intervals = {}, {}
        for name, task in tasks.items():
            if task.kind == "regression":
                year = float(said[name][0])
                intervals[name] = (year - self.margins[name], year, year + self.margins[name])
            else:
                shares = pd.Series(said[name][0], index=list(task.classes)).sort_values(ascending=False, kind="stable")
                shares.attrs["several"] = task.kind == "multilabel"
                answers[name] = shares
        return Description(answers, intervals, self._nearest(found, picture, nearest), self.level)

    def coverage(self, rows: Sequence[int] | None = None) -> dict[str, tuple[float, int]]:
        """How often the interval of a number holds the truth, and in how many works, by task.

        Near ``level`` the interval keeps what it promises; test works took no part in making it.

        Parameters
        ----------
        rows : of the learner's pictures; None: the works of the test.
        """
        found = measures.answers(self.learner, rows)
        kept = {}
        for name, margin in self.margins.items():
            truth = found.tasks[name].targets(self.learner.pictures.works)[found.rows]
            errors = np.abs(found[name] - truth)[~np.isnan(truth)]
            kept[name] = (float((errors <= margin).mean()) if len(errors) else float("nan"), len(errors))
        return kept

    def _nearest(self, found: measures.Answers, picture: np.ndarray | str | Path | int, count: int) -> pd.DataFrame:
        query = similarity.features_from_vectors(found.shared, found.rows, self.index.key)
        more = min(len(self.index.rows), count + 5)
        distances, rows = (side[0] for side in self.index.search(query, more))
        works = self.learner.pictures.works
        if isinstance(picture, int | np.integer):
            other = works["work_id"].to_numpy()[rows] != works["work_id"].iloc[int(picture)]
            distances, rows = distances[other], rows[other]
        return pd.DataFrame({"row": rows[:count], "distance": distances[:count].astype(float)})


def guide(learner: MultiTasker, level: float = LEVEL) -> Guide:
    """Calibrate a trained multi-task learner on the validation works of its split, and index its training works.

    Parameters
    ----------
    level : how often the intervals of numbers shall hold the truth.

    Raises
    ------
    DescribeError : without validation works.
    """
    if not 0 < level < 1:
        raise DescribeError(f"The level of an interval lies between 0 and 1, not at {level}.")
    if not len(learner.split.valid):
        raise DescribeError("Probabilities are calibrated on validation works, and the split has none.")
    found = measures.answers(learner, learner.split.valid)
    honest, margins = {}, {}
    for name, task in found.tasks.items():
        targets = task.targets(learner.pictures.works)[found.rows]
        if task.kind == "regression":
            margins[name] = _margin(np.abs(found[name] - targets), level, name)
        elif task.kind == "multilabel":
            honest[name] = _platt(found[name], targets)
        else:
            honest[name] = partial(_tempered, temperature=_temperature(found[name], targets))
    known = measures.answers(learner, learner.split.train)
    vectors = similarity.features_from_vectors(known.shared, known.rows, "shared")
    return Guide(learner, honest, margins, similarity.index(vectors), level)


def calibration_error(shares: np.ndarray, targets: np.ndarray, bins: int = 10) -> float:
    """Mean gap between how sure and how often right, over ``bins`` groups of confidence (Guo et al. 2017); 0 is honest.

    Parameters
    ----------
    shares : probabilities (N, C).
    targets : class numbers (N,), -1 without label.
    """
    known = targets >= 0
    sure, right = shares[known].max(1), shares[known].argmax(1) == targets[known]
    group = np.minimum((sure * bins).astype(int), bins - 1)
    return float(pd.Series(sure - right).groupby(group).sum().abs().sum() / len(sure))


def _tempered(shares: np.ndarray, temperature: float) -> np.ndarray:
    return softmax(np.log(np.maximum(shares, 1e-12)) / temperature, axis=1)


def _temperature(shares: np.ndarray, targets: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    known = targets >= 0
    if not known.any():
        return 1.0
    rows = np.arange(int(known.sum()))

    def loss(log: float) -> float:
        return -np.log(np.maximum(_tempered(shares[known], np.exp(log))[rows, targets[known]], 1e-12)).mean()

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 3), method="bounded").x))


def _platt(shares: np.ndarray, targets: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    known = targets[:, 0] >= 0
    truth = targets[known].ravel() > 0
    if truth.all() or not truth.any():
        return lambda said: said
    model = LogisticRegression(C=1e3).fit(_logits(shares[known]).reshape(-1, 1), truth)
    return lambda said: expit(model.coef_[0, 0] * _logits(said) + model.intercept_[0])


def _margin(errors: np.ndarray, level: float, name: str) -> float:
    """The error that ``level`` of the validation works stay below, counted as if one more were there."""
    errors = np.sort(errors[~np.isnan(errors)])
    if not len(errors):
        raise DescribeError(f"No validation work has a number for the task {name!r}: its interval cannot be measured.")
    place = int(np.ceil((len(errors) + 1) * level)) - 1
    if place >= len(errors):
        raise DescribeError(
            f"{len(errors)} validation works with a number for the task {name!r} are too few for an interval that "
            f"holds {level:.0%} of the truths: {int(np.ceil(level / (1 - level) - 1e-9))} are needed. Lower the level, "
            "or validate on more works."
        )
    return float(errors[place])


def _logits(shares: np.ndarray) -> np.ndarray:
    return logit(np.clip(shares, 1e-6, 1 - 1e-6))


def _batch(picture: np.ndarray | str | Path, learner: MultiTasker) -> Tensor:
    size = learner.pictures.size
    if isinstance(picture, str | Path):
        path = Path(picture).absolute()
        try:
            picture = FileSource(path.parent).read(path.name, size)
        except PictureError as fault:
            raise DescribeError(f"{path} cannot be read as a picture ({fault}).") from None
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise DescribeError(
            f"A picture is an array (height, width, 3) of bytes in RGB, not {picture.shape} {picture.dtype}."
        )
    shown = replace(learner.pictures, pixels=pixels.fit(picture, size, "squash")[None])
    return loaders.batch_of(shown, [0], crop=learner.recipe.crop)

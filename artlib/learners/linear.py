"""Linear probes: logistic regression on the features of a frozen body, the baseline that fine-tuning has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from artlib import cache, loaders
from artlib.errors import ArtlibError
from artlib.nets import Network, evaluating
from artlib.tasks import Task

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from artlib.pixels import Pictures
    from artlib.splits import Split

GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


class ProbeError(ArtlibError):
    """A probe that cannot be fitted."""


@dataclass(frozen=True)
class Probe:
    """A fitted probe. C: inverse strength of the penalty. scores: validation log loss of each C that was tried."""

    C: float
    scores: dict[float, float]
    task: Task
    pictures: Pictures = field(repr=False)
    network: Network = field(repr=False)
    model: Pipeline = field(repr=False)
    crop: int | None = None

    def probabilities(self, rows: Sequence[int]) -> np.ndarray:
        """(N, classes) float32 for rows of the pictures; classes that no training picture had get 0."""
        found = features(self.network, self.pictures, rows, crop=self.crop)
        shares = np.zeros((len(found), self.task.outputs), dtype="float32")
        if len(found):
            shares[:, self.model[-1].classes_] = self.model.predict_proba(found)
        return shares


def probe(
    pictures: Pictures,
    task: Task,
    split: Split,
    network: Network,
    C: float | Sequence[float] = GRID,
    *,
    crop: int | None = None,
) -> Probe:
    """Logistic regression on standardized features of the training rows; C is chosen on the validation rows.

    Parameters
    ----------
    pictures, network, crop : as in ``features``.
    task : a choice among classes.
    split : rows to learn from and to choose by.
    C : inverse strength of the penalty, or several to choose from; a single one needs no validation rows.

    Raises
    ------
    ProbeError : the task is no choice among classes, or the training rows show fewer than two of them.
    """
    if task.kind not in ("category", "binary"):
        raise ProbeError(f"A probe chooses among classes; the task {task.column!r} is a {task.kind}.")
    targets = task.targets(pictures.works)
    train, valid = (rows[targets[rows] >= 0] for rows in (split.train, split.valid))
    if len(np.unique(targets[train])) < 2:
        raise ProbeError(f"The training rows show fewer than two classes of {task.column!r}: nothing to tell apart.")
    grid = (C,) if isinstance(C, int | float) else tuple(sorted(C))
    if len(grid) > 1 and not len(valid):
        raise ProbeError("C is chosen on validation rows, and the split has none: give one C, or another split.")
    x, seen = (features(network, pictures, rows, crop=crop) for rows in (train, valid))
    models = {c: _fit(x, targets[train], c) for c in grid}
    # Log loss, because the accuracy of a few dozen validation works is mostly luck. Among equals the stronger penalty.
    scores = {c: _log_loss(m, seen, targets[valid]) for c, m in models.items()} if len(valid) else {}
    best = min(grid, key=lambda c: (scores.get(c, 0), c))
    return Probe(best, scores, task, pictures, network, models[best], crop)


def features(
    network: Network, pictures: Pictures, rows: Sequence[int], batch_size: int = 128, *, crop: int | None = None
) -> np.ndarray:
    """What the body makes of rows of the pictures, (N, features) float32, in evaluation mode and without augmentation.

    Kept in memory, so that several probes of the same body and pictures compute each row once.

    Parameters
    ----------
    network : its body is asked.
    pictures : what ``pixels.cache`` gives.
    rows : which of them.
    batch_size : how many at once.
    crop : the middle so many pixels; None: all.
    """
    rows = np.asarray(rows, dtype="int64")
    table, known = _table(digest(network), pictures.key, crop, (len(pictures.works), network.features))
    new = np.unique(rows[~known[rows]])
    device = next(network.parameters()).device
    with evaluating(network), torch.inference_mode():
        for start in range(0, len(new), batch_size):
            batch = new[start : start + batch_size]
            x = loaders.batch_of(pictures, batch, device=device, crop=crop)
            table[batch] = network.body(network.normalize(x)).float().cpu().numpy()
            known[batch] = True
    return table[rows]


@lru_cache(maxsize=4)
def _table(body: str, pictures: str, crop: int | None, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Features by row and which rows are filled, of the bodies (by their content) and collections used last."""
    return np.empty(shape, dtype="float32"), np.zeros(shape[0], dtype=bool)


def digest(network: Network) -> str:
    """Of all that features depend on: a network that was trained on meanwhile is another one."""
    return cache.digest(network.normalize, network.body)


def _log_loss(model, features: np.ndarray, targets: np.ndarray) -> float:
    from sklearn.metrics import log_loss

    # A class that no training picture had cannot be named; its works say nothing about C.
    known = np.isin(targets, model[-1].classes_)
    if not known.any():
        return 0.0
    return float(log_loss(targets[known], model.predict_proba(features[known]), labels=model[-1].classes_))


def _fit(x: np.ndarray, y: np.ndarray, penalty: float):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=2000)).fit(x, y)

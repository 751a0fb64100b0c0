"""Measures of a classifier, each computed from the table of predictions and from nothing else.

``measure`` gives one of them as sums and a function of sums, which is what the bootstrap of
``artlib.evaluate.statistics`` needs; ``scores`` the usual ones at once. A test compares them with scikit-learn's.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from artlib import paths
from artlib.errors import ArtlibError, one_of
from artlib.tasks import Task

POINTS = tuple(paths.table("words.yaml")["points"])
"""Measures between 0 and 1 whose differences are told in percentage points."""

Classes = Task | Sequence[str] | int
"""A task, the names of its classes, or how many there are."""

Measure = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]


class MetricError(ArtlibError):
    """A measure that does not exist, or that these predictions cannot give."""


def scores(predictions: pd.DataFrame, task: Classes) -> dict[str, float]:
    """The usual measures: accuracy, top3, top5, balanced_accuracy, kappa, precision, recall, f1, log_loss.

    Precision, recall and F1 are means over the classes that occur among the targets. Top-k is left out where the task
    has k classes or fewer, because there it is always 1. Sources: Cohen 1960 (kappa); Brodersen 2010 (balanced).

    Raises
    ------
    MetricError : for an empty table.
    """
    if predictions.empty:
        raise MetricError("No predictions to score: the test set has no labelled work. Check the split and the task.")
    tops = [f"top{k}" for k in (3, 5) if k < len(classes_of(task))]
    found = {}
    for name in ("accuracy", *tops, "balanced_accuracy", "kappa", "precision", "recall", "f1", "log_loss"):
        moments, statistic = measure(name, predictions)
        found[name] = float(statistic(moments.sum(0, dtype="float64")[None])[0])
    # Where all works are of one class there is nothing that chance could not do.
    return found if predictions["target"].nunique() > 1 else found | {"kappa": float("nan")}


def confusion(predictions: pd.DataFrame, task: Classes, normalize: bool = False) -> pd.DataFrame:
    """Works by true class (rows) and by what was said (columns); ``normalize``: shares of each row."""
    names = classes_of(task)
    pairs = predictions["target"].to_numpy() * len(names) + predictions["predicted"].to_numpy()
    counts = np.bincount(pairs, minlength=len(names) ** 2).reshape(len(names), -1)
    table = pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=pd.Index(names, name="said"))
    return table.div(table.sum(axis=1).replace(0, np.nan), axis=0) if normalize else table


def by_class(predictions: pd.DataFrame, task: Classes) -> pd.DataFrame:
    """One row a class: works, recall, precision, f1, and what it is most often taken for."""
    counts = confusion(predictions, task)
    right = pd.Series(np.diag(counts), index=counts.index, dtype=float)
    works, said = counts.sum(axis=1), counts.sum(axis=0).set_axis(counts.index)
    wrong = counts.to_numpy() - np.diag(np.diag(counts))
    taken = [
        names if count else None for names, count in zip(counts.columns[wrong.argmax(1)], wrong.max(1), strict=True)
    ]
    return pd.DataFrame(
        {
            "works": works,
            "recall": right / works.replace(0, np.nan),
            "precision": right / said.replace(0, np.nan),
            "f1": 2 * right / (works + said).replace(0, np.nan),
            "taken for": taken,
        }
    ).rename_axis("class")


def measure(name: str, predictions: pd.DataFrame, **options: object) -> Measure:
    """One measure as moments (N, K) and a function of their weighted sums, (B, K) -> (B,).

    Parameters
    ----------
    name : accuracy, top2, top3, ..., balanced_accuracy, kappa, log_odds (of accuracy), log_loss, precision, recall, f1
        (means over classes; of several draws the mean of each), pair_lift, region_accuracy, missed_into_other_region;
        or a column of the table with a number a work, whose mean is the measure.
    **options : of pair_lift ``pairs``, of the last two ``regions``, and of the three ``names`` (of classes).

    Raises
    ------
    MetricError : for another name, or predictions that cannot give the measure.
    """
    top = re.fullmatch(r"top(\d+)", name)
    if top:
        return _share(predictions["rank"].to_numpy() <= int(top[1]))
    if name in predictions.columns:
        return _share(predictions[name].to_numpy())
    one_of(name, (*_MEASURES, "top3", "top5"), f"Unknown measure {name!r}", MetricError)
    return _MEASURES[name](predictions, **options)


def is_measure(name: str) -> bool:
    """Whether ``measure`` can compute it from predictions."""
    return name in _MEASURES or re.fullmatch(r"top\d+", name) is not None


def _log_odds(predictions: pd.DataFrame) -> Measure:
    moments, _ = _share(_hits(predictions))
    # Half a work on either side keeps the odds finite when all are right.
    return moments, lambda s: np.log((s[:, 0] + 0.5) / (s[:, 1] - s[:, 0] + 0.5))


def _by_class(predictions: pd.DataFrame, function: Callable) -> Measure:
    """Sums: hits by class, works by class, guesses by class; the function takes the three, each (B, classes).

    Of several draws of a collection each has its own measure, and their mean is taken, by works: draws have other
    classes, and luck among all of them together is smaller than in any one.
    """
    parts = _draws(predictions)
    pieces, edges = [], [0]
    for rows in parts:
        own = predictions.iloc[rows]
        # Only the classes that occur: two draws need not have one in common.
        present = np.unique(own[["target", "predicted"]].to_numpy())
        one_hot = np.eye(len(present), dtype="float32")
        truth, said = (one_hot[np.searchsorted(present, own[name])] for name in ("target", "predicted"))
        sums = np.zeros((len(predictions), 3 * len(present)), dtype="float32")
        sums[rows] = np.concatenate([truth * _hits(own)[:, None], truth, said], axis=1)
        pieces.append(sums)
        edges.append(edges[-1] + sums.shape[1])

    def statistic(s: np.ndarray) -> np.ndarray:
        total = weight = 0.0
        for start, stop in itertools.pairwise(edges):
            hits, works, said = np.split(s[:, start:stop], 3, axis=1)
            n = works.sum(1)
            with np.errstate(divide="ignore", invalid="ignore"):
                own = n * function(hits, works, said)
            total = total + np.where(n > 0, own, 0.0)  # a resample may leave a draw out
            weight = weight + n
        with np.errstate(divide="ignore", invalid="ignore"):
            return total / weight

    return np.concatenate(pieces, axis=1), statistic


def _draws(predictions: pd.DataFrame) -> list[np.ndarray]:
    """The places of each draw's rows; all of them where there is one collection."""
    if "draw" not in predictions.columns:
        return [np.arange(len(predictions))]
    codes = pd.factorize(predictions["draw"], use_na_sentinel=False)[0]
    return [np.flatnonzero(codes == code) for code in range(codes.max(initial=0) + 1)]


def _kappa(hits: np.ndarray, works: np.ndarray, said: np.ndarray) -> np.ndarray:
    n = works.sum(1)
    luck = (works * said).sum(1) / n**2
    return (hits.sum(1) / n - luck) / (1 - luck)


def _pair_lift(predictions: pd.DataFrame, pairs: Sequence[tuple[str, str]] = (), names: Sequence[str] = ()) -> Measure:
    """Do mistakes fall on the named pairs (true, said)? The log of how much more often than mistakes elsewhere.

    For each pair (A, B): the share of "B" among mistakes on A, against the share of "B" among mistakes on classes
    other than A and B; summed over the pairs. 0: no more often; log 2: twice as often. Fine-tuning paper, section 5.4.
    """
    number = {name: code for code, name in enumerate(names)}
    wanted = [(number[a], number[b]) for a, b in pairs if a in number and b in number]
    if not wanted:
        raise MetricError(f"None of the pairs {list(map(tuple, pairs))} has both classes in this task.")
    truth, said = predictions["target"].to_numpy(), predictions["predicted"].to_numpy()
    wrong = truth != said
    named = sum(((truth == a) & (said == b)).astype(float) for a, b in wanted)
    missed = sum(((truth == a) & wrong).astype(float) for a, _ in wanted)
    others = [wrong & (truth != a) & (truth != b) for a, b in wanted]
    elsewhere = sum((other & (said == b)).astype(float) for other, (_, b) in zip(others, wanted, strict=True))
    moments = np.stack([named, missed, elsewhere, sum(other.astype(float) for other in others)], axis=1)

    def statistic(s: np.ndarray) -> np.ndarray:
        return np.log((s[:, 0] + 0.5) / (s[:, 1] + 1)) - np.log((s[:, 2] + 0.5) / (s[:, 3] + 1))

    return moments, statistic


def _regions(
    predictions: pd.DataFrame, regions: Mapping[str, Sequence[str]] | None = None, names: Sequence[str] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """(right region, in any region) of each work: a class's region is the group of ``regions`` that lists it."""
    group = {name: number for number, listed in enumerate((regions or {}).values()) for name in listed}
    codes = np.array([group.get(name, -1) for name in names], dtype=int)
    if not len(codes) or (codes < 0).all():
        raise MetricError("None of the classes of this task lies in any of the regions.")
    truth, said = codes[predictions["target"].to_numpy()], codes[predictions["predicted"].to_numpy()]
    return (truth == said).astype(float), (truth >= 0).astype(float)


def _region_accuracy(predictions: pd.DataFrame, **options: object) -> Measure:
    """The share of works that are put into the right region, whatever the class."""
    right, known = _regions(predictions, **options)
    return np.stack([right * known, known], axis=1), lambda s: s[:, 0] / s[:, 1]


def _missed_into_other_region(predictions: pd.DataFrame, **options: object) -> Measure:
    """Of the works whose class is not among the first three, the share that is put into a wrong region."""
    right, known = _regions(predictions, **options)
    missed = known * (predictions["rank"].to_numpy() > 3)
    return np.stack([missed * (1 - right), missed], axis=1), lambda s: s[:, 0] / s[:, 1]


def _recall(hits: np.ndarray, works: np.ndarray, said: np.ndarray) -> np.ndarray:
    return _mean(hits / works, works)


_MEASURES: dict[str, Callable[..., Measure]] = {
    "accuracy": lambda predictions: _share(_hits(predictions)),
    "balanced_accuracy": lambda predictions: _by_class(predictions, _recall),
    "kappa": lambda predictions: _by_class(predictions, _kappa),
    "log_odds": _log_odds,
    "log_loss": lambda predictions: _share(-np.log(np.maximum(predictions["p"].to_numpy("float64"), 1e-12))),
    "precision": lambda predictions: _by_class(
        predictions, lambda hits, works, said: _mean(hits / np.maximum(said, 1e-9), works)
    ),
    "recall": lambda predictions: _by_class(predictions, _recall),
    "f1": lambda predictions: _by_class(predictions, lambda hits, works, said: _mean(2 * hits / (works + said), works)),
    "pair_lift": _pair_lift,
    "region_accuracy": _region_accuracy,
    "missed_into_other_region": _missed_into_other_region,
}


def classes_of(task: Classes) -> tuple[str, ...]:
    """Names of the classes of a Task, a list of classes, or a number of classes."""
    if isinstance(task, int):
        return tuple(map(str, range(task)))
    return tuple(getattr(task, "classes", task))


def _share(values: np.ndarray) -> Measure:
    moments = np.stack([np.asarray(values, float), np.ones(len(values))], axis=1)
    return moments, lambda s: s[:, 0] / s[:, 1]


def _hits(predictions: pd.DataFrame) -> np.ndarray:
    return (predictions["target"] == predictions["predicted"]).to_numpy("float64")


def _mean(values: np.ndarray, works: np.ndarray) -> np.ndarray:
    """Mean over the classes that occur; (B, classes) -> (B,)."""
    return np.where(works > 0, values, 0).sum(1) / (works > 0).sum(1)

"""What a network of several tasks says, and how well: one set of answers, and the measures of each kind of task.

Sources: Strezoski and Worring, section 4.3 and Table 3; Mensink and Van Gemert 2014 for the measures of labels (mean
average precision over classes, and interpolated precision over the labels of one picture). Chapter: omniart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from artlib import loaders
from artlib.collections import preparations
from artlib.errors import ArtlibError
from artlib.evaluate import metrics, predictions
from artlib.nets import evaluating
from artlib.papers.omniart.network import MultiTask
from artlib.tasks import Task
from artlib.works import Collection

if TYPE_CHECKING:
    from artlib.papers.omniart.learner import MultiTasker

TOLERANCE = 50  # years, section 3.2
_BATCH = 256


class AnswerError(ArtlibError):
    """Answers that cannot be scored."""


@dataclass(frozen=True)
class Answers:
    """What was said of some rows.

    Attributes
    ----------
    said : task -> probabilities (N, classes) or numbers (N,).
    shared : the shared representation, (N, units) float32.
    """

    rows: np.ndarray = field(repr=False)
    tasks: Mapping[str, Task]
    said: Mapping[str, np.ndarray] = field(repr=False)
    shared: np.ndarray = field(repr=False)

    def __getitem__(self, task: str) -> np.ndarray:
        return self.said[task]


def answers(learner: MultiTasker, rows: Sequence[int] | None = None) -> Answers:
    """What a multi-task learner says of ``rows`` of its pictures; None: the test set of its split."""
    rows = np.asarray(learner.split.test if rows is None else rows, dtype="int64")
    return _by_learner(learner, _inputs(learner, rows), rows)


def answers_to_pictures(learner: MultiTasker, x: Tensor) -> Answers:
    """What it says of pictures that are in no collection: (B, 3, H, W) float32, RGB in 0..1.

    They are shown as the test works were, less the mean picture for instance.
    """
    device = next(learner.model.parameters()).device
    return _by_learner(learner, [learner.views[0].change(x.to(device))], np.arange(len(x)))


def _by_learner(learner: MultiTasker, batches: list, rows: np.ndarray) -> Answers:
    """All tasks by one set of weights, or each by those of its own epoch; the shared representation is of the one."""
    found = _said(learner.model, batches, rows)
    if learner.recipe.choose != "each":
        return found
    said = {}
    for name in learner.tasks:
        with learner.at_best(name):
            said[name] = _said(learner.model, batches, rows).said[name]
    return replace(found, said=said)


def _said(model: MultiTask, batches: list, rows: np.ndarray) -> Answers:
    outputs: dict[str, list] = {name: [] for name in model.tasks}
    shared = []
    with evaluating(model), torch.inference_mode():
        for x in batches:
            features = model.features(x) if x.dim() == 4 else x
            shared.append(model.represent(features).float().cpu().numpy())
            for (name, task), output in zip(model.tasks.items(), model(features), strict=True):
                outputs[name].append(_probabilities(task, output.float()).cpu().numpy())
    found = {name: np.concatenate(parts) for name, parts in outputs.items()}
    return Answers(rows, model.tasks, found, np.concatenate(shared))


def _inputs(learner: MultiTasker, rows: np.ndarray) -> list[Tensor]:
    """Cached features of these rows where there are any, else their pictures, batch by batch."""
    if learner.cached is None:
        return list(loaders.batches_of(learner.model, learner.pictures, rows, learner.recipe.crop, _BATCH))
    features = torch.from_numpy(learner.cached.values[rows, 0].astype("float32"))
    return list(features.to(next(learner.model.parameters()).device).split(_BATCH))


def _probabilities(task: Task, output: Tensor):
    if task.kind == "regression":
        return output[:, 0]
    return output.sigmoid() if task.kind == "multilabel" else output.softmax(1)


def predicted(found: Answers, task: str, works: pd.DataFrame) -> pd.DataFrame:
    """The table of predictions of a category task, as ``evaluate.predictions`` has it."""
    question = found.tasks[task]
    if question.kind not in ("category", "binary"):
        raise AnswerError(f"A table of predictions is of classes; the task {task!r} is a {question.kind}.")
    return predictions.from_probabilities(works, found.rows, question.targets(works)[found.rows], found[task])


def scored_works(found: Answers, task: str, works: pd.DataFrame) -> pd.DataFrame:
    """What each tested work says of a task's own measure, kept with a record so that works can be resampled.

    Returns
    -------
    Of a category task its predictions; else work_id, row, and a column named as the measure, whose mean is the measure:
    mean_absolute_error (each work's own error), or mean_average_precision (pseudo-values of the jackknife, Tukey 1958:
    precision is ranked among all works, so a work's part is how far the measure moves without it).
    """
    question = found.tasks[task]
    if question.kind in ("category", "binary"):
        return predicted(found, task, works)
    targets, said, rows = _labelled(found, task, works)
    if question.kind == "multilabel":
        values = {"mean_average_precision": _precision_by_work(targets, said)}
    else:
        values = {"mean_absolute_error": np.abs(said - targets)}
    return pd.DataFrame({"work_id": works["work_id"].to_numpy()[rows], "row": rows, **values})


def scores(found: Answers, task: str, works: pd.DataFrame) -> dict[str, float]:
    """The measures of one task, by its kind.

    Returns
    -------
    category : accuracy, mean class accuracy ("balanced_accuracy"), top3, kappa and the rest of ``metrics.scores``.
    multilabel : mean_average_precision over classes, image_average_precision over pictures, labels.
    regression : in the task's units mean_absolute_error, median_absolute_error, within_50, in_interval and
        near_interval (where works have year_begin and year_end).
    """
    question = found.tasks[task]
    if question.kind in ("category", "binary"):
        return metrics.scores(predicted(found, task, works), question)
    targets, said, rows = _labelled(found, task, works)
    if question.kind == "multilabel":
        return label_scores(targets, said)
    return number_scores(targets, said, works.iloc[rows])


def _labelled(found: Answers, task: str, works: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, answers and rows of the works that have labels (or a number) for the task."""
    question = found.tasks[task]
    targets = question.targets(works)[found.rows]
    known = targets[:, 0] >= 0 if question.kind == "multilabel" else ~np.isnan(targets)
    return targets[known], found[task][known], found.rows[known]


def label_scores(targets: np.ndarray, shares: np.ndarray) -> dict[str, float]:
    """Measures of labels (N, C) of 0 and 1 against probabilities (N, C).

    The two answer different questions: which pictures have this label; which labels has this picture.

    Returns
    -------
    mean_average_precision : mean over the classes that a tested work has.
    image_average_precision : mean over the pictures that have a label.
    labels : how many classes a tested work has.
    """
    each = class_average_precision(targets, shares)
    if np.isnan(each).all():
        raise AnswerError("No tested work has any of the labels, so there is nothing to rank.")
    return {
        "mean_average_precision": float(np.nanmean(each)),
        "image_average_precision": float(np.nanmean(image_average_precision(targets, shares))),
        "labels": int((~np.isnan(each)).sum()),
    }


def class_average_precision(targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Average precision of each class over the works, (C,); NaN for classes that no tested work has."""
    from sklearn.metrics import average_precision_score

    if not len(targets):
        raise AnswerError("No tested work has a label for this task. Check the split and the task.")
    columns = zip(targets.T > 0, shares.T, strict=True)
    return np.array([average_precision_score(truth, share) if truth.any() else np.nan for truth, share in columns])


def _precision_by_work(targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Pseudo-values (N,) of the mean average precision over classes; their mean is that measure itself."""
    with_label = targets.any(axis=0)
    columns = zip(targets.T[with_label] > 0, shares.T[with_label], strict=True)
    whole = np.nanmean(class_average_precision(targets, shares))
    each = np.ma.masked_invalid([_without_each(truth, share) for truth, share in columns])
    without = each.mean(axis=0).filled(whole)
    return whole + (len(targets) - 1) * (without.mean() - without)


def _without_each(truth: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A class's average precision over all works but each in turn, (N,); NaN where no other work has the class."""
    order = np.argsort(-share, kind="stable")
    true, rank = truth[order].astype(float), np.arange(len(truth))  # rank once a better-placed work is gone
    found = true.cumsum()
    above = (true * found / (rank + 1)).cumsum() - true * found / (rank + 1)
    moved = np.divide(true, rank, out=np.zeros(len(true)), where=rank > 0)
    below = (moved * found).sum() - (moved * found).cumsum() - true * (moved.sum() - moved.cumsum())
    left, made = true.sum() - true, np.empty(len(true))
    made[order] = np.divide(above + below, left, out=np.full(len(true), np.nan), where=left > 0)
    return made


def image_average_precision(targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Interpolated average precision over the labels of each picture, (N,); NaN for one without any.

    Labels are ranked by probability; at each true label stands the highest precision at that rank or a later one.
    """
    order = np.argsort(-shares, axis=1, kind="stable")
    true = np.take_along_axis(targets > 0, order, axis=1)
    precision = true.cumsum(1) / np.arange(1, true.shape[1] + 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return np.divide((best * true).sum(1), true.sum(1), out=np.full(len(true), np.nan), where=true.any(1))


def number_scores(targets: np.ndarray, numbers: np.ndarray, works: pd.DataFrame | None = None) -> dict[str, float]:
    """Measures of numbers (N,) against the truth (N,), in its units; of years also against the labels' intervals.

    Returns
    -------
    mean_absolute_error, median_absolute_error
    within_50 : share at most 50 from the middle.
    in_interval : share within the label's own interval.
    near_interval : share within it or at most 50 years away (the paper's interval accuracy, section 3.2).
    """
    if not len(targets):
        raise AnswerError("No tested work has a number for this task. Check the split and the task.")
    errors = np.abs(numbers - targets)
    found = {
        "mean_absolute_error": float(errors.mean()),
        "median_absolute_error": float(np.median(errors)),
        f"within_{TOLERANCE}": float((errors <= TOLERANCE).mean()),
    }
    if works is not None and {"year_begin", "year_end"} <= set(works.columns):
        begin, end = intervals(works)
        beyond = np.maximum(np.maximum(begin - numbers, numbers - end), 0)
        known = ~np.isnan(beyond)
        found["in_interval"] = float((beyond[known] < 0.5).mean())
        found["near_interval"] = float((beyond[known] <= TOLERANCE).mean())
    return found


def intervals(works: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """First and last year of each work, NaN where unknown. Errors: CollectionError for an interval turned round."""
    return tuple(side.to_numpy("float64", na_value=np.nan) for side in preparations.intervals(works))


def sparsity(shared: np.ndarray, rest: float = 0.01) -> float:
    """Share of the shared units' answers that are at rest, 0..1 (section 3.3 expects rectified units to rest most).

    Parameters
    ----------
    shared : (N, units).
    rest : at rest is what is below this share of the largest answers (the 99th percentile of their size), so that
        units of different ranges can be compared.
    """
    sizes = np.abs(shared)
    return float((sizes <= rest * max(np.quantile(sizes, 0.99), 1e-12)).mean())


def dependence(works: pd.DataFrame) -> float:
    """Share of what is unknown about the artist that half-century and materials take away, 0 to 1 (equation 1).

    Normalized mutual information of the labels, each entropy corrected by (cells - 1) / 2N (Miller 1955). Of labels
    that the works lack nothing can be told; nan without artists, or without both years and materials.
    """
    told = [name for name in ("year", "materials") if name in works.columns]
    if "artist" not in works.columns or not told:
        return float("nan")
    known = works[works["artist"].notna()]
    artist, labels = known["artist"].astype(str), pd.Series("", index=known.index)
    if "year" in told:
        labels = labels + (known["year"] // 50).astype(str)
    if "materials" in told:
        labels = labels + " " + known["materials"].map(lambda one: "; ".join(one or ()))
    whole = _entropy(artist)
    return float(np.clip((whole + _entropy(labels) - _entropy(artist + "\0" + labels)) / max(whole, 1e-9), 0, 1))


def dependence_by_chance(works: pd.DataFrame, seed: int = 0) -> float:
    """What ``dependence`` finds where the artists are dealt to the works at random: its bias on so few works."""
    if "artist" not in works.columns:
        return float("nan")
    dealt = works["artist"].to_numpy(object).copy()
    np.random.default_rng(seed).shuffle(dealt)
    return dependence(works.assign(artist=dealt))


def _entropy(values: pd.Series) -> float:
    shares = values.value_counts(normalize=True).to_numpy()
    return float(-(shares * np.log2(shares)).sum() + (len(shares) - 1) / (2 * len(values) * np.log(2)))


# --- who is taken for whom -----------------------------------------------------------------------------------------


def mutual_confusion(table: pd.DataFrame, task: Task) -> pd.DataFrame:
    """How much more often each two classes are taken for one another than their sizes alone would make it.

    The standardized residual of the mistakes both ways, (observed - expected) / sqrt(expected); expected if mistakes
    fell on classes as all mistakes do (quasi-independence).

    Parameters
    ----------
    table : predictions.

    Returns
    -------
    One row a pair, first, second, mistakes, expected and excess, the largest excess first.
    """
    counts = metrics.confusion(table, task)
    names, wrong = list(counts.index), counts.to_numpy(float).copy()
    np.fill_diagonal(wrong, 0)
    expected = _quasi_independent(wrong)
    both, told = wrong + wrong.T, expected + expected.T
    a, b = np.triu_indices(len(names), 1)
    excess = (both[a, b] - told[a, b]) / np.sqrt(np.maximum(told[a, b], 0.5))
    pairs = pd.DataFrame(
        {
            "first": [names[i] for i in a], "second": [names[i] for i in b], "mistakes": both[a, b].astype(int),
            "expected": told[a, b], "excess": excess,
        }
    )  # fmt: skip
    return pairs.sort_values("excess", ascending=False, kind="stable").reset_index(drop=True)


def _quasi_independent(wrong: np.ndarray, rounds: int = 50) -> np.ndarray:
    """Row times column effects off the diagonal with the margins of the mistakes (iterative proportional fitting)."""
    fitted = 1.0 - np.eye(len(wrong))
    for _ in range(rounds):
        for axis in (1, 0):
            now = fitted.sum(axis, keepdims=True)
            fitted = fitted * np.divide(wrong.sum(axis, keepdims=True), now, out=np.zeros_like(now), where=now > 0)
    return fitted


def father_and_son(collection: Collection) -> tuple[str, str] | None:
    """The names of the two artists whom the drawn museum makes kin, father first; None for any other collection."""
    from artlib.collections.museum import MuseumSource, truth

    if not isinstance(collection.source, MuseumSource):
        return None
    kin = truth.lineage(collection).dropna(subset=["relation"])["artist"].tolist()
    return tuple(kin) or None


def common_years(
    works: pd.DataFrame, first: str, second: str, rows: Sequence[int] | None = None
) -> tuple[float, float]:
    """From when to when both artists worked, by the middle years of their works.

    Parameters
    ----------
    rows : whose years are asked; None: of all works.

    Raises
    ------
    AnswerError : where no work of one of them is dated.
    """
    own = works if rows is None else works.iloc[rows]
    begin, end = intervals(own)
    middle = (begin + end) / 2
    spans = []
    for name in (first, second):
        years = middle[(own["artist"] == name).to_numpy() & ~np.isnan(middle)]
        if not len(years):
            raise AnswerError(f"No dated work is by {name!r}, so common years cannot be told.")
        # A few dates are wrong or wide; the outermost twentieths say nothing of a working life.
        spans.append(np.quantile(years, [0.05, 0.95]))
    return float(max(spans[0][0], spans[1][0])), float(min(spans[0][1], spans[1][1]))


def works_of_pair(
    table: pd.DataFrame, task: Task, works: pd.DataFrame, pair: tuple[str, str], rows: Sequence[int] | None = None
) -> pd.DataFrame:
    """The tested works of two artists; those without a year are left out.

    Parameters
    ----------
    table : predictions.
    rows : whose years say which ones were common (training works, for instance).

    Returns
    -------
    row, artist, said, year, common (painted in common years), given (to the other).
    """
    codes = [task.classes.index(name) for name in pair]
    own = table[table["target"].isin(codes)]
    begin, end = intervals(works.iloc[own["row"]])
    first, last = common_years(works, *pair, rows)
    names = np.array(task.classes, object)
    other = np.where(own["target"] == codes[0], codes[1], codes[0])
    found = pd.DataFrame(
        {
            "row": own["row"].to_numpy(), "artist": names[own["target"]], "said": names[own["predicted"]],
            "year": (begin + end) / 2, "given": own["predicted"].to_numpy() == other,
        }
    )  # fmt: skip
    found = found[found["year"].notna()]
    return found.assign(common=found["year"].between(first, last)).reset_index(drop=True)

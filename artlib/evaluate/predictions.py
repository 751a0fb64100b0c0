"""What was said of each tested picture: one table from which every measure is computed.

Columns: ``work_id``, ``row`` (of the works table), ``target`` and ``predicted`` (numbers of classes), ``p``
(probability given to the truth), ``rank`` (of the truth among the classes; 1 is right), ``confidence`` (probability
given to what was said).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib import records
from artlib.evaluate import metrics

if TYPE_CHECKING:
    from artlib.learners.finetune import FineTuner

COLUMNS = ("work_id", "row", "target", "predicted", "p", "rank", "confidence")


def predict(learner: FineTuner, rows: Sequence[int] | None = None) -> pd.DataFrame:
    """What a fine-tuned learner says of its pictures, a row each (see the columns above).

    Pictures are taken whole or by their centre crop, without augmentation. The model is left in the mode it was in.
    Rows without a label for the task are left out.

    Parameters
    ----------
    rows : of its pictures; None: the test set of its split.
    """
    rows = np.asarray(learner.split.test if rows is None else rows, dtype="int64")
    shares = probabilities(learner, rows)
    targets = learner.task.targets(learner.pictures.works)[rows]
    return from_probabilities(learner.pictures.works, rows, targets, shares)


def probabilities(learner: FineTuner, rows: Sequence[int]) -> np.ndarray:
    """Softmax probabilities (N, classes), float32, for ``rows`` of the learner's pictures.

    The mean of theirs and of their mirror images', where the recipe says so.
    """
    import torch

    from artlib import loaders
    from artlib.nets import evaluating

    batches = loaders.batches_of(learner.model, learner.pictures, rows, learner.recipe.crop)
    with evaluating(learner.model), torch.inference_mode():
        seen = ((x, x.flip(-1)) if getattr(learner.recipe, "mirrored_test", False) else (x,) for x in batches)
        parts = [sum(learner.model(x).float().softmax(1) for x in both).cpu() / len(both) for both in seen]
    return torch.cat(parts).numpy() if parts else np.empty((0, learner.task.outputs), "float32")


def from_probabilities(
    works: pd.DataFrame, rows: Sequence[int], targets: Sequence[int], probabilities: np.ndarray
) -> pd.DataFrame:
    """The table of predictions from probabilities.

    Among equal probabilities the class with the lower number goes first, so that rank 1 always means "said".

    Parameters
    ----------
    rows : (N,) of the works.
    targets : (N,) numbers of the true classes, below 0 without a label.
    probabilities : (N, classes).
    """
    rows, targets = np.asarray(rows, "int64"), np.asarray(targets, "int64")
    shares = np.asarray(probabilities, "float64")
    known = targets >= 0
    rows, targets, shares = rows[known], targets[known], shares[known]
    predicted = shares.argmax(1) if len(shares) else np.empty(0, "int64")
    truth = shares[np.arange(len(rows)), targets]
    before = np.arange(shares.shape[1])[None] < targets[:, None]
    rank = 1 + (shares > truth[:, None]).sum(1) + ((shares == truth[:, None]) & before).sum(1)
    return pd.DataFrame(
        {
            "work_id": works["work_id"].to_numpy()[rows],
            "row": rows,
            "target": targets,
            "predicted": predicted,
            "p": truth.astype("float32"),
            "rank": rank.astype("int32"),
            "confidence": shares.max(1, initial=0).astype("float32"),
        }
    )


def renumbered(predictions: pd.DataFrame, classes: Sequence[str], common: Sequence[str]) -> pd.DataFrame:
    """The same predictions with classes numbered anew, so that runs with other classes can be joined.

    Two draws of a collection need not have the same classes above a task's minimum: number 4 of the one may be number
    5 of the other.

    Parameters
    ----------
    classes : as they are numbered now.
    common : as they shall be, all of ``classes`` among them.
    """
    if list(classes) == list(common):
        return predictions
    place = {name: number for number, name in enumerate(common)}
    numbers = np.array([place[name] for name in classes])
    return predictions.assign(
        **{name: numbers[predictions[name]] for name in ("target", "predicted") if name in predictions}
    )


def joined(runs: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The recorded predictions of several runs in one table.

    Parameters
    ----------
    runs : as ``records.read`` gives them.
    columns : name in the table -> column of the runs, to say which run a row is from.

    Returns
    -------
    The columns above and those asked for; ``attrs["classes"]`` names the classes, numbered as in the table, where all
    runs say theirs.
    """
    known = list(runs["classes"]) if "classes" in runs.columns else [None]
    common = common_classes(known) if all(isinstance(one, list) for one in known) else None
    parts = []
    for _, run in runs.iterrows():
        own = records.predictions(run).assign(**{name: run[column] for name, column in columns.items()})
        parts.append(renumbered(own, run["classes"], common) if common else own)
    table = pd.concat(parts, ignore_index=True)
    table.attrs["classes"] = common
    return table


def scored_by_work(runs: pd.DataFrame, metric: str) -> bool:
    """Whether all runs keep what each work adds to a number of theirs ("metrics.mean_absolute_error").

    It is a measure of predictions, or a column of theirs has the number's name, and its mean is the number. Older
    records have the number alone.
    """
    name = metric.removeprefix("metrics.")
    if name == metric or "predictions" not in runs.columns or runs["predictions"].isna().any():
        return False
    return metrics.is_measure(name) or all(name in records.predictions(run).columns for _, run in runs.iterrows())


def common_classes(several: Sequence[Sequence[str]]) -> list[str]:
    """The classes of several runs, each once, in alphabetical order."""
    return sorted({name for classes in several for name in classes})

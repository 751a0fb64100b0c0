"""What is predicted: a column of the works, its kind, its classes, and the loss that fits it."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd

from artlib import paths
from artlib.errors import ArtlibError, one_of

FEWEST = 5  # works of a class below which a minimum is not lowered by itself
KINDS = ("category", "multilabel", "regression", "binary")


class TaskError(ArtlibError):
    """A task that cannot be made from a table of works."""


class TaskWarning(UserWarning):
    """Tasks that these works cannot pose were left out; the text says why."""


@dataclass(frozen=True)
class Task:
    """One question asked of a picture.

    Attributes
    ----------
    column : the works' column that holds the answer.
    kind : "category" (one of the classes), "multilabel" (any of them), "binary" (yes or no), "regression" (a number).
    classes : the vocabulary in alphabetical order; ("false", "true") for binary, empty for regression.
    minimum : pictures that a class must have to be in the vocabulary (the papers' thresholds).
    """

    column: str
    kind: str
    classes: tuple[str, ...]
    minimum: int = 1

    @property
    def outputs(self) -> int:
        """Numbers that a network must give for this task: one a class; two for binary; one for regression."""
        return max(1, len(self.classes))

    def targets(self, works: pd.DataFrame) -> np.ndarray:
        """The answers, row by row.

        category, binary: (N,) int64, -1 without label or outside the vocabulary. multilabel: (N, C) float32 of 0
        and 1, a row of -1 without label. regression: (N,) float32, NaN without label.
        """
        values = works[self.column]
        if self.kind == "regression":
            return _numbers(values).to_numpy("float32")
        if self.kind == "multilabel":
            return _multi_hot(values, self.classes)
        words = _truth_words(values) if self.kind == "binary" else values
        position = {name: number for number, name in enumerate(self.classes)}
        return words.map(position).fillna(-1).to_numpy("int64")

    def labelled(self, works: pd.DataFrame) -> np.ndarray:
        """(N,) booleans: which rows have an answer in the vocabulary."""
        return self.has_label(self.targets(works))

    def has_label(self, targets: np.ndarray) -> np.ndarray:
        """(N,) booleans: which of these targets (as `targets` gives them) are an answer."""
        if self.kind == "regression":
            return ~np.isnan(targets)
        return targets >= 0 if targets.ndim == 1 else targets[:, 0] >= 0

    def counts(self, works: pd.DataFrame) -> pd.Series:
        """Pictures of each class, largest first."""
        targets = self.targets(works)
        if self.kind == "regression":
            raise TaskError(f"Task {self.column!r} is a regression: it has no classes to count.")
        known = targets[self.has_label(targets)]
        numbers = known.sum(axis=0) if known.ndim == 2 else np.bincount(known, minlength=self.outputs)
        return pd.Series(numbers, index=list(self.classes), dtype="int64").sort_values(ascending=False)

    def chance(self, works: pd.DataFrame) -> float:
        """Share of the largest class: what a network scores that always says its name."""
        counts = self.counts(works)
        return float(counts.max() / counts.sum())

    def loss(self, weight: Sequence[float] | None = None):
        """The fitting loss, a torch module of (outputs, targets) that passes over missing labels.

        Cross entropy for category and binary, binary cross entropy for multilabel, mean absolute error for
        regression (OmniArt, section 3.4). ``weight``: one number a class, for unbalanced classes.
        """
        from artlib import losses

        return losses.for_kind(self.kind, weight)


@dataclass(frozen=True)
class Labelled:
    """A task with the works it is asked of: every answer is looked up once.

    works : with labels only where the question is asked.
    """

    works: pd.DataFrame
    task: Task

    @cached_property
    def targets(self) -> np.ndarray:
        """The answers, row by row, as ``Task.targets``."""
        return self.task.targets(self.works)


def make(works: pd.DataFrame, column: str, kind: str = "category", minimum: int = 1) -> Task:
    """The task that a column of the works poses.

    Raises
    ------
    TaskError : the column or the kind is unknown, or too few pictures have a number, or are of a second class.
    """
    one_of(kind, KINDS, f"Unknown kind of task {kind!r}", TaskError)
    one_of(column, works.columns, f"The works have no column {column!r}", TaskError)
    if kind == "regression":
        if (known := _numbers(works[column]).notna().sum()) < minimum:
            raise TaskError(f"Only {known} pictures have a number in column {column!r}, of {minimum} that are needed.")
        return Task(column, kind, (), minimum)
    counts = _class_counts(works[column], kind)
    kept = sorted(counts.index[counts >= minimum])
    if len(kept) < 2:
        largest = f"the largest, {counts.index[0]!r}, has {counts.iloc[0]}" if len(counts) else "no work has a label"
        raise TaskError(
            f"Task {column!r} needs two classes of at least {minimum} pictures; {len(kept)} found ({largest}). "
            "Lower the minimum, or choose another column."
        )
    return Task(column, kind, tuple(kept), minimum)


def possible(works: pd.DataFrame, columns: Sequence[str], minimum: int = 1, least: int = 1) -> list[Task]:
    """The category tasks that these works can pose, in the order of ``columns``; a TaskWarning says which they cannot.

    While fewer than ``least`` tasks have two classes of ``minimum`` pictures it is halved, down to five; the task and
    a TaskWarning say so.

    Raises
    ------
    TaskError : none of the columns makes a task; the text says why for each.
    """
    return list(_posed(works, {column: (column, "category") for column in columns}, minimum, least).values())


FOUR = {name: tuple(asked) for name, asked in paths.table("preparations.yaml")["omniart"]["tasks"].items()}
"""The four tasks of OmniArt (Strezoski and Worring, section 4.3): name -> (column, kind)."""


class Posed(dict[str, Task]):
    """Tasks by name; one that the works do not pose is refused."""

    def __missing__(self, name: str) -> Task:
        # The year is made of year_begin and year_end (``collections.preparations``).
        column = f", which asks for the column {FOUR[name][0].replace('year', 'year_begin')!r}" if name in FOUR else ""
        raise TaskError(f"These works do not pose the task {name!r}{column}. They pose {', '.join(self)}.")


def mixed(works: pd.DataFrame, asked: Mapping[str, tuple[str, str]] = FOUR, minimum: int = 1) -> Posed:
    """Several tasks of any kinds by name, those that these works can pose; a TaskWarning says which they cannot.

    Where none has two classes of ``minimum`` pictures it is halved, as ``possible`` does.

    Raises
    ------
    TaskError : none of them; the text says why for each.
    """
    return _posed(works, asked, minimum, 1)


def _posed(works: pd.DataFrame, asked: Mapping[str, tuple[str, str]], minimum: int, least: int) -> Posed:
    absent = [column for column, _ in asked.values() if column not in works]
    there = {name: one for name, one in asked.items() if one[0] not in absent}
    made, refused = _made(works, there, minimum)
    fewer = minimum // 2
    while len(made) < least and fewer >= FEWEST:
        more, refused = _made(works, there, fewer)
        if lowered := [name for name in more if name not in made]:
            said = f"No two classes have {minimum} works or more: {fewer} are enough for {', '.join(lowered)}."
            warnings.warn(said, TaskWarning, stacklevel=3)
        made = {name: made.get(name, task) for name, task in more.items()}
        fewer //= 2
    if absent:
        refused.insert(0, f"The works have no column {', '.join(map(repr, absent))}.")
    if not made:
        raise TaskError("These works pose none of the tasks. " + " ".join(refused))
    if refused:
        warnings.warn("Left out: " + " ".join(refused), TaskWarning, stacklevel=3)
    return Posed(made)


def _made(works: pd.DataFrame, asked: Mapping[str, tuple[str, str]], minimum: int) -> tuple[dict[str, Task], list[str]]:
    """The tasks that can be made, and why the others cannot."""
    made, refused = {}, []
    for name, (column, kind) in asked.items():
        try:
            made[name] = make(works, column, kind, minimum)
        except TaskError as reason:
            refused.append(str(reason))
    return made, refused


def _class_counts(values: pd.Series, kind: str) -> pd.Series:
    if kind == "multilabel":
        _no_empty_texts(values)
        return values.explode().dropna().astype(str).value_counts()
    words = _truth_words(values) if kind == "binary" else values
    return words.dropna().astype(str).value_counts()


def _no_empty_texts(values: pd.Series) -> None:
    for row, labels in values.items():
        if any(not str(label).strip() for label in (labels if isinstance(labels, list | tuple) else ())):
            raise TaskError(
                f"Row {row}, column {values.name!r}: the list {labels!r} holds an empty text, which is no label. "
                "Take it out, or pass the table through artlib.works.check, which does."
            )


def _truth_words(values: pd.Series) -> pd.Series:
    return values.map(lambda value: None if pd.isna(value) else ("true" if value else "false")).astype(object)


def _numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce").astype("float64")


def _multi_hot(values: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    lists = [labels or () for labels in values]
    rows = np.repeat(np.arange(len(lists)), [len(labels) for labels in lists])
    columns = pd.Index(classes, dtype=object).get_indexer(pd.Index(list(chain.from_iterable(lists)), dtype=object))
    known = columns >= 0
    hot = np.full((len(lists), len(classes)), -1, dtype="float32")
    hot[rows[known]] = 0
    hot[rows[known], columns[known]] = 1
    return hot

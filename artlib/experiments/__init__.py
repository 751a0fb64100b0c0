"""Experiments as grids of cells: every cell one run, every run one record, every grid resumable.

A study declares what is compared (``data/experiments.yaml``, or ``Study`` in a notebook); its cells are the product
of draws, tasks, folds or splits, methods and seeds, so that contrasts between methods are paired by construction.
What a method does is its kind (``artlib.experiments.kinds``); a new kind is one function and one line there.
"""

from artlib.experiments.grid import at_hand, recorded, run
from artlib.experiments.results import (
    answers,
    best,
    best_runs,
    by_source,
    differences,
    distances,
    histories,
    nine_tasks,
    predictions,
    wings,
)
from artlib.experiments.run_context import Bench
from artlib.experiments.study import TRANSFER, ExperimentError, Question, Study, declared, load

__all__ = [
    "TRANSFER",
    "Bench",
    "ExperimentError",
    "Question",
    "Study",
    "answers",
    "at_hand",
    "best",
    "best_runs",
    "by_source",
    "declared",
    "differences",
    "distances",
    "histories",
    "load",
    "nine_tasks",
    "predictions",
    "recorded",
    "run",
    "wings",
]

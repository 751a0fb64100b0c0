"""Experiments as grids: every place in a grid one run, every run one record, every grid resumable.

A study declares what is compared (``data/studies/<paper>.yaml``, or ``Study`` in a notebook); its runs are the product
of draws, tasks, folds or splits, methods and seeds, so that contrasts between methods are paired by construction.
What a method does is its kind: a function in ``training.py`` or in the ``study.py`` of a paper, named by its ``KINDS``.
"""

from artlib.experiments.grid import run
from artlib.experiments.results import (
    beside_recorded,
    common_models,
    differences,
    gain,
    histories,
    predictions,
    recorded,
    recorded_or_own,
)
from artlib.experiments.run_context import RunContext
from artlib.experiments.study import ExperimentError, Kind, Question, Run, Study, declared_studies, load
from artlib.experiments.training import KINDS, TRANSFER

__all__ = [
    "KINDS", "TRANSFER", "ExperimentError", "Kind", "Question", "Run", "RunContext", "Study", "beside_recorded",
    "common_models", "declared_studies", "differences", "gain", "histories", "load", "predictions", "recorded",
    "recorded_or_own", "run",
]  # fmt: skip

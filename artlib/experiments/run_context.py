"""A study's pictures with what several of its cells share, and the running of one cell."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from artlib import records, splits, tasks
from artlib.experiments import kinds
from artlib.experiments.study import Study


class Bench:
    """A study's pictures with what several cells share: works labelled for a question, its task, and splits."""

    def __init__(self, study: Study, pictures):
        self.study, self.pictures = study, pictures
        self._asked: dict[str, tuple[pd.DataFrame, tasks.Task]] = {}
        self._splits: dict[tuple, splits.Split] = {}

    def run(self, cell: Mapping) -> list[tuple[dict, pd.DataFrame | None]]:
        """Run one cell: its record and its predictions; several where one run answers several cells."""
        settings = self.study.methods[cell["cell"]["method"]]
        kind = kinds.kind(settings)
        with records.Stopwatch() as watch:
            found = list(kind.run()(self, cell, settings))
        every = {
            **cell,
            "recipe": kind.described(self.study, settings),
            "minutes": round(watch.minutes, 3),
            "peak_memory_mb": watch.peak_memory_mb,
            "pixels": self.study.crop or self.study.pixels,
        }
        return [({**every, **record}, predicted) for record, predicted in found]

    def question(self, name: str) -> tuple[pd.DataFrame, tasks.Task]:
        """The works labelled for a question, and its task."""
        if name not in self._asked:
            self._asked[name] = self.study.questions[name].ask(self.pictures.works)
        return self._asked[name]

    def split(self, place: Mapping[str, Any], seed: int) -> splits.Split:
        """The split of a cell's fields ``place``: by its own task, or by the one that all tasks of the study share."""
        name = self.study.split_by or place["task"]
        works, task = self.question(name)
        key = (name, place["apart"], place["repeat"], place["fold"], None if place["fold"] is not None else seed)
        if key not in self._splits:
            self._splits[key] = self._make_split(works, task, place, seed)
        return self._splits[key]

    def _make_split(self, works, task, place, seed) -> splits.Split:
        if place["fold"] is None:
            return splits.stratified(works, task, self.study.fractions, seed, place["apart"])
        made = splits.folds(works, task, self.study.folds, self.study.repeats, disjoint=place["apart"])
        return made[place["repeat"] * self.study.folds + place["fold"]]

    def network(self, place: Mapping[str, Any], outputs: int, seed: int):
        """The network of a cell with its initial weights; its new layers are drawn from the seed."""
        from artlib import nets

        return nets.create(place["network"], outputs, self.study.initial[place["weights"]], seed=seed)

    def tested(self, task: tasks.Task, split: splits.Split, predicted: pd.DataFrame) -> dict:
        """What a record says of any classifier: scores on the test works, sizes of the split, classes."""
        from artlib.evaluate import metrics

        return {
            "metrics": metrics.scores(predicted, task),
            "n_train": len(split.train),
            "n_valid": len(split.valid),
            "n_test": len(split.test),
            "classes": list(task.classes),
        }

    def siblings(self, cell: Mapping, names: Sequence[str]) -> Iterator[dict]:
        """The cells of the study that differ from this one in these fields only, itself among them."""
        for other in self.study.cells():
            same = set(cell["cell"]) | set(other["cell"])
            agree = all(cell["cell"].get(name) == other["cell"].get(name) for name in same - set(names))
            if agree and other["seed"] == cell["seed"]:
                yield other

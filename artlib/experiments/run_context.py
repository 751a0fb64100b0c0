"""A study's pictures with what several of its runs share, and the running of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from artlib import cache, records, splits, tasks
from artlib.evaluate import metrics, predictions
from artlib.experiments.study import Run, Study
from artlib.experiments.training import kind_of

if TYPE_CHECKING:
    from artlib.nets import Network
    from artlib.pixels import Pictures


@dataclass(frozen=True)
class TaskData:
    """Pictures labelled for one task, every answer, and the split: what learner, predictions and record read."""

    pictures: Pictures
    task: tasks.Task
    targets: np.ndarray
    split: splits.Split

    @property
    def works(self) -> pd.DataFrame:
        """The works behind the pictures, with labels only where the question is asked."""
        return self.pictures.works

    def facts(self) -> dict[str, Any]:
        """What of it decides a training, for the key of a cache."""
        return {"pictures": self.pictures.key, "answers": self.targets, "split": self.split.parts()}

    def predictions(self, shares: np.ndarray) -> pd.DataFrame:
        """Probabilities (test works, classes) as the predictions that lie beside a record."""
        rows = self.split.test
        return predictions.from_probabilities(self.works, rows, self.targets[rows], shares)

    def scored(self, predicted: pd.DataFrame) -> dict[str, Any]:
        """What a record says of any classifier: scores on the test works, sizes of the split, classes."""
        sizes = {f"n_{part}": len(rows) for part, rows in self.split.parts().items()}
        return {"metrics": metrics.scores(predicted, self.task), **sizes, "classes": list(self.task.classes)}


def wait_for_all() -> None:
    """Where ``torchrun`` has several processes work together, what the first one wrote is there for all of them."""
    if records.processes()[1] > 1:
        from artlib.learners import ranks

        ranks.wait()


class RunContext:
    """A study's pictures with what several runs share: works labelled for a question, its task, and splits."""

    def __init__(self, study: Study, pictures: Pictures):
        for prepare in dict.fromkeys(kind_of(study, method).prepare for method in study.methods):
            pictures = prepare(study, pictures) if prepare else pictures
        self.study, self.pictures = study, pictures
        self._made: dict[tuple, Any] = {}
        self._entries: list[cache.Entry] = []

    def run(self, run: Run) -> list[tuple[dict, pd.DataFrame | None]]:
        """Do one run: its record and its predictions; several where it answers several cells of the grid."""
        kind, settings = kind_of(self.study, run.config["method"]), self.study.methods[run.config["method"]]
        self._entries = []
        with records.Stopwatch() as watch:
            found = list(kind.run(self, run, settings))
            wait_for_all()
        training = self._training()
        every = {
            **run.fields(),
            "recipe": kind.recipe(self.study, settings),
            "minutes": round(watch.minutes, 3),
            "peak_memory_mb": None if training and training["cached"] else watch.peak_memory_mb,
            "pixels": self.study.crop or self.study.pixels,
            **({"training": training} if training else {}),
        }
        return [({**every, **record}, predicted) for record, predicted in found]

    def once(self, kind: str, facts: Mapping[str, Any], make: Callable[[], Any], code: Sequence[str]) -> Any:
        """``cache.once``; the records of this run say who made what was found, and when."""
        entry = cache.once(kind, facts, make, code=code)
        self._entries.append(entry)
        return entry.value

    def _training(self) -> dict[str, Any]:
        """Of what this run found in the cache, or left there: who made it, and in how many minutes."""
        if not self._entries:
            return {}
        last = max(self._entries, key=lambda entry: entry.made["created"])
        minutes = round(sum(entry.made["minutes"] for entry in self._entries), 4)
        return {**last.made, "minutes": minutes, "cached": all(one.cached for one in self._entries)}

    def question(self, name: str) -> tasks.Labelled:
        """The works labelled for a question, its task, and every answer."""
        return self._kept(("question", name), lambda: self.study.questions[name].ask(self.pictures.works))

    def _kept(self, key: tuple, make: Callable[[], Any]) -> Any:
        """What several runs share, made once."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def data(self, run: Run) -> TaskData:
        """A run's pictures, labelled for its task, and its split."""
        asked = self.question(run.config["task"])
        pictures = replace(self.pictures, works=asked.works)
        return TaskData(pictures, asked.task, asked.targets, self.split(run))

    def split(self, run: Run) -> splits.Split:
        """The split of a run: by its own task, or by the one that all tasks of the study share."""
        config, study = run.config, self.study
        name, fold = study.split_by or config["task"], config["fold"]
        if fold is not None:
            every = self._folds(name, config["apart"])
            return every[config["repeat"] * (len(every) // study.repeats) + fold]
        asked, given = self.question(name), (study.fractions, run.seed)
        if apart := config["apart"]:
            how = partial(splits.stratified, asked.works, asked.task, *given, apart)
        else:
            how = partial(splits.make, asked.works, asked.task, *given)
        return self._kept(("split", name, apart, run.seed), how)

    def has_fold(self, run: Run) -> bool:
        """Whether there are works enough for the fold that a run tests."""
        config, study = run.config, self.study
        if config["fold"] is None:
            return True
        return config["fold"] < len(self._folds(study.split_by or config["task"], config["apart"])) // study.repeats

    def _folds(self, name: str, apart: str | None) -> list[splits.Split]:
        asked, study = self.question(name), self.study
        make = partial(splits.folds, asked.works, asked.task, study.folds, study.repeats, disjoint=apart)
        return self._kept(("folds", name, apart), make)

    def network(self, config: Mapping[str, Any], outputs: int, seed: int) -> Network:
        """The network of a config with its initial weights; its new layers are drawn from the seed."""
        from artlib import nets

        return nets.create(config["network"], outputs, self.study.initial[config["weights"]], seed=seed)

    def siblings(self, run: Run, names: Sequence[str]) -> Iterator[Run]:
        """The runs of the study that differ from this one in these fields of the config only, itself among them."""
        for other in self.study.runs():
            same = set(run.config) | set(other.config)
            agree = all(run.config.get(name) == other.config.get(name) for name in same - set(names))
            if agree and other.seed == run.seed:
                yield other

"""What is compared: questions, methods and the axes of a grid, as they are declared."""

import copy
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from artlib import paths, tasks
from artlib.errors import ArtlibError


class ExperimentError(ArtlibError):
    """An experiment that is not declared, or declared wrongly."""


ALL = "all"
"""What a cell that is not about one task, or not about one choice of initial weights, names instead."""


@dataclass(frozen=True)
class Question:
    """A task of a study, before a collection is at hand.

    Attributes
    ----------
    column, kind, minimum : as in ``tasks.make``.
    where : column -> values; works outside lose their label for this task.
    apart : None, or "artist" for splits with no artist on two sides.
    """

    column: str
    kind: str = "category"
    minimum: int = 1
    where: Mapping[str, list] = field(default_factory=dict)
    apart: str | None = None

    def ask(self, works: pd.DataFrame) -> tuple[pd.DataFrame, tasks.Task]:
        """The works with labels only where the question is asked, and the task."""
        asked = pd.Series(True, index=works.index)
        for column, values in self.where.items():
            asked &= works[column].isin(values)
        works = works.assign(**{self.column: works[self.column].where(asked, None)})
        return works, tasks.make(works, self.column, self.kind, self.minimum)


@dataclass(frozen=True)
class Study:
    """A grid: questions x folds (or splits) x methods x initial weights x seeds, one network and recipe throughout.

    Attributes
    ----------
    paper, experiment, collection, preset : where its records belong.
    questions : name -> Question.
    methods : name -> {"kind": one of ``experiments.kinds``, ...settings of that kind}. For all kinds: ``weights``
        "given" (default) or one of their names; ``network`` instead of the study's; ``tasks``, the questions that it
        is run on (an empty list: one cell that has no task of its own); ``cell``, further fields of its records.
    network, weights : a name of ``artlib.nets`` and where its initial weights come from; several make an axis.
    split_by : the question by which all tasks are split; empty: each by its own.
    recipe : fields of ``artlib.learners.finetune.Recipe``, for all methods.
    folds, repeats : cross-validation; ``folds=None`` means one stratified split per seed.
    fractions : shares of training, validation and test of such a split.
    seeds, draws : training seeds; draws of the museum.
    crop : pixels of a training crop; None takes the whole picture.
    cell : further fields of all records.
    reader : the collection's name and what its reader takes; ``cut`` makes it the null museum of that cause.
    """

    paper: str
    experiment: str
    collection: str
    preset: str
    questions: Mapping[str, Question]
    methods: Mapping[str, Mapping]
    network: str
    weights: str | tuple[str, ...] | None
    recipe: Mapping
    pixels: int = 64
    crop: int | None = None
    folds: int | None = None
    repeats: int = 1
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seeds: tuple[int, ...] = (0,)
    draws: tuple[int, ...] = (0,)
    reader: Mapping = field(default_factory=dict)
    cell: Mapping = field(default_factory=dict)
    question: str = ""
    split_by: str = ""

    def __post_init__(self) -> None:
        for fields in (self.cell, *(settings.get("cell", {}) for settings in self.methods.values())):
            if taken := sorted({"classes", "digest", "id", "path", "predictions", "seed"} & set(fields)):
                raise ExperimentError(
                    f"A cell's own field cannot be called {taken[0]!r}: records have a field of that name. Give it "
                    "another name."
                )

    @property
    def initial(self) -> dict[str, str | None]:
        """Initial weights by the name that records give them: never the path of a machine."""
        several = self.weights if isinstance(self.weights, tuple) else (self.weights,)
        named = [
            settings["weights"] for settings in self.methods.values() if settings.get("weights", "given") != "given"
        ]
        return {Path(str(one)).stem: None if one in (None, "none") else one for one in (*several, *named)}

    def cells(self) -> Iterator[dict]:
        """Every cell, first repeats and first draws first, so that an unfinished grid is balanced."""
        folds = range(self.folds) if self.folds else (None,)
        for draw, repeat, seed in itertools.product(self.draws, range(self.repeats), self.seeds):
            for task, fold in itertools.product(self.questions, folds):
                for method in self.methods_of(task):
                    for weights in self._weights_of(method):
                        yield self._cell(task, method, weights, draw, repeat, fold, seed)
            for method, settings in self.methods.items():
                if settings.get("tasks") == []:
                    yield self._cell(ALL, method, self._weights_told(method), draw, repeat, None, seed)

    def methods_of(self, task: str) -> list[str]:
        """The methods that are run on this question."""
        return [name for name, settings in self.methods.items() if task in settings.get("tasks", self.questions)]

    def _weights_of(self, method: str) -> list[str]:
        given = self.methods[method].get("weights", "given")
        if given != "given":
            return [given]
        several = self.weights if isinstance(self.weights, tuple) else (self.weights,)
        return [Path(str(one)).stem for one in several]

    def _weights_told(self, method: str) -> str:
        """The weights of a cell that is no single training: their name, or that several take part."""
        named = self._weights_of(method)
        return named[0] if len(named) == 1 else ALL

    def _cell(self, task, method, weights, draw, repeat, fold, seed) -> dict:
        settings = self.methods[method]
        # Only where a cause is cut, so that the others keep the names they were recorded under.
        cut = {"cut": self.reader["cut"]} if self.reader.get("cut") else {}
        return {
            "paper": self.paper,
            "experiment": self.experiment,
            "collection": self.collection,
            "preset": self.preset,
            "seed": seed,
            "cell": {
                "task": task,
                "method": method,
                "network": settings.get("network", self.network),
                "weights": weights,
                "apart": self.questions[task].apart if task in self.questions else None,
                "draw": draw,
                "repeat": repeat,
                "fold": fold,
                **cut,
                **self.cell,
                **settings.get("cell", {}),
            },
        }


TRANSFER = {
    "frozen": {"kind": "probe", "weights": "given"},
    "fine-tuned": {"kind": "train", "weights": "given"},
    "scratch": {"kind": "train", "weights": "none"},
}
"""The book's first contrast: logistic regression on frozen features, all layers fine-tuned, and no pre-training."""


def declared() -> dict[str, dict]:
    """The studies of ``data/experiments.yaml`` as they are written."""
    return copy.deepcopy(_parsed((paths.data() / "experiments.yaml").read_text(encoding="utf-8")))


@functools.lru_cache(maxsize=2)
def _parsed(text: str) -> dict[str, dict]:
    """Parsed once: a page that asks for fifty studies would else parse the table fifty times."""
    import yaml

    return yaml.safe_load(text)


def load(name: str, weights: str | Sequence[str] | None = None) -> Study:
    """A declared study; ``weights`` replaces its initial weights (a file, for instance, or several)."""
    known = declared()
    if name not in known:
        raise ExperimentError(f"No experiment {name!r} is declared. Declared: {', '.join(known)}.")
    entry = dict(known[name])
    entry["questions"] = {key: Question(**value) for key, value in entry.pop("tasks").items()}
    for several in ("seeds", "draws"):
        entry[several] = tuple(entry.get(several, (0,)))
    if "fractions" in entry:
        entry["fractions"] = tuple(entry["fractions"])
    given = weights or entry.get("weights", "imagenet")
    entry["weights"] = given if isinstance(given, str) else tuple(given) if len(given) > 1 else given[0]
    return Study(**entry)

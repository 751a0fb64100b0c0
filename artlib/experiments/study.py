"""What is compared: questions, methods and the axes of a grid, as they are declared."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from artlib import paths, records, tasks
from artlib.errors import ArtlibError, one_of

if TYPE_CHECKING:
    from artlib.experiments.run_context import RunContext
    from artlib.pixels import Pictures


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
    disjoint : None, or "artist" for splits with no artist on two sides.
    """

    column: str
    kind: str = "category"
    minimum: int = 1
    where: Mapping[str, list] = field(default_factory=dict)
    disjoint: str | None = None

    def ask(self, works: pd.DataFrame) -> tasks.Labelled:
        """The works with labels only where the question is asked, the task, and every answer."""
        asked = pd.Series(True, index=works.index)
        for column, values in self.where.items():
            asked &= works[column].isin(values)
            if not asked.any():
                raise tasks.TaskError(f"No work's {column} is one of {', '.join(map(str, values))}.")
        works = works.assign(**{self.column: works[self.column].where(asked, None)})
        return tasks.Labelled(works, tasks.make(works, self.column, self.kind, self.minimum))


@dataclass(frozen=True)
class Run:
    """One run of a grid: what its record is known by.

    config: where the run stands in its grid: task, method, network, initial weights, draw, repeat, fold, and the
    fields of the study's and the method's own. Records call it ``cell``.
    """

    paper: str
    experiment: str
    collection: str
    preset: str
    seed: int
    config: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """The fields of its record that say what was run."""
        own = {name: getattr(self, name) for name in ("paper", "experiment", "collection", "preset", "seed")}
        return {**own, "cell": dict(self.config)}

    @property
    def id(self) -> str:
        """The identity of its record."""
        return records.identity(self.fields())


GENERAL = ("kind", "weights", "network", "tasks", "cell")
"""Settings of a method that every kind understands; they are in the config of its runs."""


def merged_settings(study: Study, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The study's recipe with the method's own settings over it."""
    return {**study.recipe, **{name: value for name, value in settings.items() if name not in GENERAL}}


Settings = Mapping[str, Any]
"""What a study declares for a method, or for all of its methods."""

Records = Iterable[tuple[dict, pd.DataFrame | None]]
"""What a method gives for a run: records, and what was predicted for each tested work, where it was."""


@dataclass(frozen=True)
class Kind:
    """What a method of a study does.

    Attributes
    ----------
    run : ``run(context, run, settings)`` gives (record, predictions or None), once or several times. ``context`` has
        the pictures, questions and splits that runs share; ``settings`` is what the study declares for the method.
        A record holds what was measured, without the run's own fields. A run that answers several cells of the grid
        at once (several tasks learned together, stages of one training) gives one record each, with the fields of
        that cell's run in it.
    recipe : ``recipe(study, settings)`` gives the settings that decide what comes out, as they are kept in a record
        and compared when a grid goes on.
    prepare : ``prepare(study, pictures)`` gives the pictures with what this kind's questions ask; done once a draw.
    """

    run: Callable[[RunContext, Run, Settings], Records]
    recipe: Callable[[Study, Settings], dict[str, Any]] = merged_settings
    prepare: Callable[[Study, Pictures], Pictures] | None = None


@dataclass(frozen=True)
class Study:
    """A grid: questions x folds (or splits) x methods x initial weights x seeds, one network and recipe throughout.

    Attributes
    ----------
    paper, experiment, collection, preset : where its records belong.
    questions : name -> Question.
    methods : name -> {"kind": one of ``kinds``, ...settings of that kind}. For all kinds: ``weights``
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
    kinds : name -> what a method of that kind does, beside the general ones: the ``KINDS`` of a paper's ``study.py``.
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
    kinds: Mapping[str, Kind] = field(default_factory=dict, repr=False)
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

    def runs(self) -> Iterator[Run]:
        """Every run, first repeats and first draws first, so that an unfinished grid is balanced."""
        folds = range(self.folds) if self.folds else (None,)
        for draw, repeat, seed in itertools.product(self.draws, range(self.repeats), self.seeds):
            for task, fold in itertools.product(self.questions, folds):
                for method in self.methods_of(task):
                    for weights in self._weights_of(method):
                        yield self._run(task, method, weights, draw, repeat, fold, seed)
            for method, settings in self.methods.items():
                if settings.get("tasks") == []:
                    yield self._run(ALL, method, self._common_weights(method), draw, repeat, None, seed)

    def methods_of(self, task: str) -> list[str]:
        """The methods that are run on this question."""
        return [name for name, settings in self.methods.items() if task in settings.get("tasks", self.questions)]

    def _weights_of(self, method: str) -> list[str]:
        given = self.methods[method].get("weights", "given")
        if given != "given":
            return [given]
        several = self.weights if isinstance(self.weights, tuple) else (self.weights,)
        return [Path(str(one)).stem for one in several]

    def _common_weights(self, method: str) -> str:
        """The weights of a run that is no single training: their name, or that several take part."""
        named = self._weights_of(method)
        return named[0] if len(named) == 1 else ALL

    def _run(self, task, method, weights, draw, repeat, fold, seed) -> Run:
        settings = self.methods[method]
        # Only where a cause is cut, so that the others keep the names they were recorded under.
        cut = {"cut": self.reader["cut"]} if self.reader.get("cut") else {}
        config = {
            "task": task,
            "method": method,
            "network": settings.get("network", self.network),
            "weights": weights,
            "apart": self.questions[task].disjoint if task in self.questions else None,
            "draw": draw,
            "repeat": repeat,
            "fold": fold,
            **cut,
            **self.cell,
            **settings.get("cell", {}),
        }
        return Run(self.paper, self.experiment, self.collection, self.preset, seed, config)


def declared_studies(paper: str | None = None) -> dict[str, dict]:
    """The studies of a paper as ``data/studies/<paper>.yaml`` writes them, to be read only; None: of all papers."""
    files = sorted((paths.data() / "studies").glob(f"{paper or '*'}.yaml"))
    tables = (paths.table(f"studies/{file.name}") for file in files)
    return {name: entry for table in tables for name, entry in table.items()}


def load(name: str, weights: str | Sequence[str] | None = None) -> Study:
    """A declared study, to read its records; ``papers.load_study`` gives it the kinds of its paper, to run it.

    weights : instead of its initial weights (a file, for instance, or several).
    Raises ExperimentError for a name that is not declared.
    """
    known = declared_studies()
    one_of(name, known, f"No experiment {name!r} is declared", ExperimentError)
    entry = copy.deepcopy(known[name])
    entry["questions"] = {key: Question(**value) for key, value in entry.pop("tasks").items()}
    for several in ("seeds", "draws"):
        entry[several] = tuple(entry.get(several, (0,)))
    if "fractions" in entry:
        entry["fractions"] = tuple(entry["fractions"])
    initial = weights or entry.get("weights", "imagenet")
    entry["weights"] = initial if isinstance(initial, str) else tuple(initial) if len(initial) > 1 else initial[0]
    return Study(**entry)

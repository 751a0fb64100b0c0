"""Experiments as grids of cells: every cell one run, every run one record, every grid resumable.

A study declares what is compared (``data/experiments.yaml``, or ``Study`` in a notebook); its cells are the product
of draws, tasks, folds or splits, methods and seeds, so that contrasts between methods are paired by construction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from artlib import paths, records, splits, tasks
from artlib.errors import ArtlibError


class ExperimentError(ArtlibError):
    """An experiment that is not declared, or declared wrongly."""


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
    """A grid: questions x folds (or splits) x methods x seeds, the same network and recipe throughout.

    Attributes
    ----------
    paper, experiment, collection, preset : where its records belong.
    questions : name -> Question.
    methods : name -> {"kind": "train" or "probe", "weights": "given" or "none", ...fields of the recipe}.
    network, weights : a name of ``artlib.nets`` and where its initial weights come from.
    recipe : fields of ``artlib.learners.finetune.Recipe``, for all methods.
    folds, repeats : cross-validation; ``folds=None`` means one stratified split per seed.
    seeds, draws : training seeds; draws of the museum.
    crop : pixels of a training crop; None takes the whole picture.
    reader : the collection's name and what its reader takes; ``cut`` makes it the null museum of that cause.
    """

    paper: str
    experiment: str
    collection: str
    preset: str
    questions: Mapping[str, Question]
    methods: Mapping[str, Mapping]
    network: str
    weights: str | None
    recipe: Mapping
    pixels: int = 64
    crop: int | None = None
    folds: int | None = None
    repeats: int = 1
    seeds: tuple[int, ...] = (0,)
    draws: tuple[int, ...] = (0,)
    reader: Mapping = field(default_factory=dict)
    question: str = ""

    def cells(self) -> Iterator[dict]:
        """Every cell, first repeats and first draws first, so that an unfinished grid is balanced."""
        folds = range(self.folds) if self.folds else (None,)
        for draw in self.draws:
            for repeat in range(self.repeats):
                for seed in self.seeds:
                    for task in self.questions:
                        for fold in folds:
                            for method in self.methods:
                                yield self._cell(task, method, draw, repeat, fold, seed)

    def _cell(self, task: str, method: str, draw: int, repeat: int, fold: int | None, seed: int) -> dict:
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
                "network": self.network,
                "weights": self._weights_name(settings),
                "apart": self.questions[task].apart,
                "draw": draw,
                "repeat": repeat,
                "fold": fold,
                **cut,
            },
        }

    def _weights_name(self, settings: Mapping) -> str:
        # A record names the weights, never the path of a machine.
        given = settings.get("weights", "given")
        return Path(str(self.weights)).stem if given == "given" else given


TRANSFER = {
    "frozen": {"kind": "probe", "weights": "given"},
    "fine-tuned": {"kind": "train", "weights": "given"},
    "scratch": {"kind": "train", "weights": "none"},
}
"""The book's first contrast: logistic regression on frozen features, all layers fine-tuned, and no pre-training."""


def declared() -> dict[str, dict]:
    """The studies of ``data/experiments.yaml`` as they are written."""
    import yaml

    return yaml.safe_load((paths.data() / "experiments.yaml").read_text(encoding="utf-8"))


def load(name: str, weights: str | None = None) -> Study:
    """A declared study; ``weights`` replaces its initial weights (a file, for instance)."""
    known = declared()
    if name not in known:
        raise ExperimentError(f"No experiment {name!r} is declared. Declared: {', '.join(known)}.")
    entry = dict(known[name])
    entry["questions"] = {key: Question(**value) for key, value in entry.pop("tasks").items()}
    for several in ("seeds", "draws"):
        entry[several] = tuple(entry.get(several, (0,)))
    entry["weights"] = weights or entry.get("weights", "imagenet")
    return Study(**entry)


def run(study: Study, pictures=None, root: Path | None = None, folder: Path | None = None, only: Mapping | None = None):
    """Run the cells that have no record yet, and return the records of all, as ``records.read`` does.

    Parameters
    ----------
    pictures : ``artlib.pixels.Pictures``; None reads the study's own collection (draw by draw) from ``root``.
    folder : where the records lie. None: a folder of the cache that belongs to this version of the code, so that
        a page which is executed again finds what it has computed, and never what older code computed.
    only : cell field -> value, to run a part of the grid.
    """
    folder = folder or paths.scratch("runs", records.code_version())
    cells = [cell for cell in study.cells() if _matches(cell, only or {})]
    missing = [cell for cell in cells if not records.exists(cell, folder)]
    for number, cell in enumerate(_shown(missing)):
        if pictures is None or number == 0 or cell["cell"]["draw"] != missing[number - 1]["cell"]["draw"]:
            bench = _Bench(study, pictures or _read(study, root, cell["cell"]["draw"]))
        records.write(*bench.run(cell), folder=folder)
    wanted = {records.identity(cell) for cell in cells}
    table = records.read(study.paper, study.experiment, folder)
    return table[table["id"].isin(wanted)].reset_index(drop=True)


def recorded(name: str) -> pd.DataFrame:
    """The committed records of a declared study; empty while it has none."""
    study = load(name)
    table = records.read(study.paper, study.experiment)
    wanted = {"collection": study.collection, "preset": study.preset, "cell.network": study.network}
    for column, value in wanted.items():
        table = table[table[column] == value] if column in table.columns else table.iloc[:0]
    cuts = table["cell.cut"].fillna("") if "cell.cut" in table.columns else pd.Series("", index=table.index)
    return table[cuts == study.reader.get("cut", "")].reset_index(drop=True)


def predictions(runs: pd.DataFrame) -> pd.DataFrame:
    """The predictions of several runs in one table, with the cells' fields beside them."""
    fields = [column for column in runs.columns if column.startswith("cell.")]
    parts = [
        records.predictions(row).assign(seed=row["seed"], **{name.removeprefix("cell."): row[name] for name in fields})
        for _, row in runs.iterrows()
    ]
    return pd.concat(parts, ignore_index=True)


def differences(runs: pd.DataFrame, *pairs: tuple[str, str], by: str = "task", metric: str = "accuracy") -> dict:
    """Paired differences between methods, task by task: "style: fine-tuned over frozen" -> Estimate.

    ``pairs`` are (better, worse) names of methods; works, models and draws are resampled as ``claims`` does.
    """
    from artlib.evaluate import contrasts

    table = predictions(runs)
    return {
        f"{name}: {better} over {worse}": contrasts.difference(
            part[part["method"] == better], part[part["method"] == worse], metric
        )
        for name, part in table.groupby(by, sort=False)
        for better, worse in pairs
        if {better, worse} <= set(part["method"])
    }


# --- one cell ----------------------------------------------------------------------------------------------------


class _Bench:
    """A study's pictures with what several cells share: tasks, splits, and frozen features."""

    def __init__(self, study: Study, pictures):
        self.study, self.pictures = study, pictures
        self._asked: dict[str, tuple] = {}
        self._splits: dict[tuple, splits.Split] = {}

    def run(self, cell: Mapping) -> tuple[dict, pd.DataFrame]:
        """Train or fit one cell, test it once: its record and its predictions."""
        from artlib.evaluate import metrics

        place = cell["cell"]
        works, task = self._question(place["task"])
        split = self._split(place, cell["seed"])
        settings = dict(self.study.methods[place["method"]])
        fit = {"train": self._train, "probe": self._probe}[settings.pop("kind")]
        with records.Stopwatch() as watch:
            predicted, extra = fit(cell, replace(self.pictures, works=works), task, split, settings)
        record = {
            **cell,
            **extra,
            "metrics": metrics.scores(predicted, task),
            "minutes": round(watch.minutes, 3),
            "peak_memory_mb": watch.peak_memory_mb,
            "n_train": len(split.train),
            "n_valid": len(split.valid),
            "n_test": len(split.test),
            "classes": list(task.classes),
            "pixels": self.study.crop or self.study.pixels,
        }
        return record, predicted

    def _question(self, name: str):
        if name not in self._asked:
            self._asked[name] = self.study.questions[name].ask(self.pictures.works)
        return self._asked[name]

    def _split(self, place: Mapping, seed: int) -> splits.Split:
        works, task = self._question(place["task"])
        key = (place["task"], place["repeat"], place["fold"], None if place["fold"] is not None else seed)
        if key not in self._splits:
            self._splits[key] = self._make_split(works, task, place, seed)
        return self._splits[key]

    def _make_split(self, works, task, place, seed) -> splits.Split:
        if place["fold"] is None:
            return splits.stratified(works, task, seed=seed, apart=place["apart"])
        made = splits.folds(works, task, self.study.folds, self.study.repeats, apart=place["apart"])
        return made[place["repeat"] * self.study.folds + place["fold"]]

    def _network(self, task, settings: Mapping, seed: int):
        from artlib import nets

        given = settings.get("weights", "given")
        weights = self.study.weights if given == "given" else None
        return nets.create(self.study.network, task.outputs, weights, seed=seed)

    def _train(self, cell, pictures, task, split, settings):
        from artlib.evaluate import predictions as predicting
        from artlib.learners import finetune

        network = self._network(task, settings, cell["seed"])
        changes = {name: value for name, value in settings.items() if name != "weights"}
        recipe = finetune.Recipe(**{**self.study.recipe, "crop": self.study.crop, **changes})
        checkpoints = paths.cache() / "checkpoints" / records.identity(cell)
        learner = finetune.learner(pictures, task, split, network, recipe, seed=cell["seed"], folder=checkpoints)
        learner.run()
        predicted = predicting.predict(learner, split.test)
        finetune.discard(checkpoints)
        return predicted, {"recipe": recipe.described(), "best_epoch": learner.best_epoch}

    def _probe(self, cell, pictures, task, split, settings):
        from artlib.evaluate import predictions as predicting
        from artlib.learners import linear

        network = self._network(task, settings, cell["seed"])
        probe = linear.probe(pictures, task, split, network, crop=self.study.crop)
        shares = probe.probabilities(split.test)
        targets = task.targets(pictures.works)[split.test]
        return predicting.from_probabilities(pictures.works, split.test, targets, shares), {"recipe": {"C": probe.C}}


def _read(study: Study, root: Path | None, draw: int):
    from artlib import collections, pixels

    options = dict(study.reader)
    name = options.pop("name")
    if name == "museum":
        options["seed"] = draw
    return pixels.cache(collections.read(name, root=root, **options), study.pixels)


def _matches(cell: Mapping, only: Mapping) -> bool:
    return all(cell["cell"].get(name, cell.get(name)) == value for name, value in only.items())


def _shown(cells: list[dict]) -> Iterator[dict]:
    """The cells, with a progress bar on a terminal; in a notebook each run says its own line."""
    from rich.console import Console
    from rich.progress import track

    if not cells or not Console().is_terminal:
        return iter(cells)
    return iter(track(cells, description=f"{cells[0]['paper']}/{cells[0]['experiment']}"))

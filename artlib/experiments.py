"""Experiments as grids of cells: every cell one run, every run one record, every grid resumable.

A study declares what is compared (``data/experiments.yaml``, or ``Study`` in a notebook); its cells are the product
of draws, tasks, folds or splits, methods and seeds, so that contrasts between methods are paired by construction.
"""

import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
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
    """A grid: questions x folds (or splits) x methods x initial weights x seeds, one network and recipe throughout.

    Attributes
    ----------
    paper, experiment, collection, preset : where its records belong.
    questions : name -> Question.
    methods : name -> {"kind": "train" or "probe", "weights": "given" or one of their names, ...fields of the recipe}.
        ``retrieve``, a list of columns, also measures the precision of a trained network's nearest neighbours.
        Kind "compare" trains what it needs and measures how far features of two networks lie apart, ``between``
        "weights", "tasks" or "seeds"; its cells have no task of their own.
    network, weights : a name of ``artlib.nets`` and where its initial weights come from; several make an axis.
    split_by : the question by which all tasks are split; empty: each by its own.
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
    weights: str | tuple[str, ...] | None
    recipe: Mapping
    pixels: int = 64
    crop: int | None = None
    folds: int | None = None
    repeats: int = 1
    seeds: tuple[int, ...] = (0,)
    draws: tuple[int, ...] = (0,)
    reader: Mapping = field(default_factory=dict)
    question: str = ""
    split_by: str = ""

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
        for draw in self.draws:
            for repeat in range(self.repeats):
                for seed in self.seeds:
                    for task in self.questions:
                        for fold in folds:
                            for method in self._methods(of_tasks=True):
                                for weights in self._weights_of(method):
                                    yield self._cell(task, method, weights, draw, repeat, fold, seed)
                    for method in self._methods(of_tasks=False):
                        between = self.methods[method]["between"]
                        yield self._cell(ALL, method, ALL, draw, repeat, None, seed, {"between": between})

    def _methods(self, of_tasks: bool) -> list[str]:
        return [name for name, settings in self.methods.items() if (settings["kind"] != "compare") == of_tasks]

    def _weights_of(self, method: str) -> list[str]:
        given = self.methods[method].get("weights", "given")
        if given != "given":
            return [given]
        several = self.weights if isinstance(self.weights, tuple) else (self.weights,)
        return [Path(str(one)).stem for one in several]

    def _cell(self, task, method, weights, draw, repeat, fold, seed, more: Mapping | None = None) -> dict:
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
                "weights": weights,
                "apart": self.questions[task].apart if task in self.questions else None,
                "draw": draw,
                "repeat": repeat,
                "fold": fold,
                **cut,
                **(more or {}),
            },
        }


ALL = "all"
"""What the cells of a comparison between networks name as their task and weights: several of each take part."""

COMPARED = 100
"""Pictures on which features of networks are compared (fine-tuning paper, section 5.5)."""

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


def load(name: str, weights: str | Sequence[str] | None = None) -> Study:
    """A declared study; ``weights`` replaces its initial weights (a file, for instance, or several)."""
    known = declared()
    if name not in known:
        raise ExperimentError(f"No experiment {name!r} is declared. Declared: {', '.join(known)}.")
    entry = dict(known[name])
    entry["questions"] = {key: Question(**value) for key, value in entry.pop("tasks").items()}
    for several in ("seeds", "draws"):
        entry[several] = tuple(entry.get(several, (0,)))
    given = weights or entry.get("weights", "imagenet")
    entry["weights"] = given if isinstance(given, str) else tuple(given) if len(given) > 1 else given[0]
    return Study(**entry)


def run(study: Study, pictures=None, root: Path | None = None, folder: Path | None = None, only: Mapping | None = None):
    """Run the cells that have no record yet, and return the records of all, as ``records.read`` does.

    Parameters
    ----------
    pictures : ``artlib.pixels.Pictures``; None reads the study's own collection (draw by draw) from ``root``.
    folder : where the records lie. None: a folder of the cache that belongs to this version of the code, so that
        a page which is executed again finds what it has computed, and never what older code computed.
    only : cell field -> value, to run a part of the grid.

    Raises
    ------
    ExperimentError : the folder holds cells of this grid that were run under other settings than the study now
        declares. (In the cache they are run again instead: nothing that anyone kept is lost.)
    """
    kept = folder is not None
    folder = folder or paths.scratch("runs", records.code_version())
    cells = [cell for cell in study.cells() if _matches(cell, only or {})]
    done = [records.exists(cell, folder) for cell in cells]
    missing = [cell for cell, there in zip(cells, done, strict=True) if not there]
    changed = _changed(study, [cell for cell, there in zip(cells, done, strict=True) if there], folder)
    if changed and kept:
        cell, what = changed[0]
        raise ExperimentError(
            f"{len(changed)} of {len(cells)} cells of {study.paper}/{study.experiment} were recorded under other "
            f"settings than are declared now ({what}; first: {records.identity(cell)}). A grid must not mix the two: "
            "restore the settings, give the changed study another name of experiment or preset, or delete these "
            f"records in {folder / study.paper / study.experiment}."
        )
    missing += [cell for cell, _ in changed]
    for number, cell in enumerate(_shown(missing)):
        if number == 0 or cell["cell"]["draw"] != missing[number - 1]["cell"]["draw"]:
            bench = _Bench(study, pictures or _read(study, root, cell["cell"]["draw"]))
        records.write(*bench.run(cell), folder=folder)
    wanted = {records.identity(cell) for cell in cells}
    table = records.read(study.paper, study.experiment, folder)
    return table[table["id"].isin(wanted)].reset_index(drop=True)


def _changed(study: Study, done: list[dict], folder: Path) -> list[tuple[dict, str]]:
    """The cells whose records were made under other settings, with what differs."""
    from artlib.learners.recipes import Recipe

    if not done:
        return []
    table = records.read(study.paper, study.experiment, folder).set_index("id")
    found = []
    for cell in done:
        settings = study.methods[cell["cell"]["method"]]
        record = table.loc[records.identity(cell)]
        now: dict = {"pixels": study.crop or study.pixels}
        if settings["kind"] != "probe":
            described = Recipe(**{**study.recipe, "crop": study.crop, **_of_recipe(settings)}).described()
            now |= {f"recipe.{name}": value for name, value in described.items()}
        # Fields that the record does not know came later than it.
        was = {name: record[name] for name in now if name in table.columns}
        differ = [name for name in was if not _same(was[name], now[name])]
        if differ:
            found.append((cell, f"{differ[0].removeprefix('recipe.')} was {was[differ[0]]}, is {now[differ[0]]}"))
    return found


def _same(was, now) -> bool:
    """What a record does not know (missing reads as NaN) is no difference."""
    return bool(pd.isna(was) or was == now)


_NOT_OF_RECIPE = ("kind", "weights", "retrieve", "between")


def _of_recipe(settings: Mapping) -> dict:
    return {name: value for name, value in settings.items() if name not in _NOT_OF_RECIPE}


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


NINE = {
    "modern": ("artist", "style", "genre", "culture"),
    "survey": ("artist", "timeframe", "genre", "culture"),
    "prints": ("artist",),
}
"""The nine tasks of the fine-tuning paper (Table 1) by the museum's wings, its WikiArt, Web Gallery and TICC prints."""


def nine_tasks(name: str, root=None, size: str = "smoke", minimum: int = 20) -> dict[str, tuple]:
    """The paper's nine tasks, title -> (works, task): on the museum by wing, elsewhere those the works can pose."""
    from artlib import collections

    if name != "museum":
        works = collections.read(name, root, size).works
        columns = list(dict.fromkeys(column for columns in NINE.values() for column in columns))
        return {task.column: (works, task) for task in tasks.possible(works, columns, minimum)}
    wings = {wing: collections.read(name, size=size, wing=wing).works for wing in NINE}
    return {
        f"{wing}: {task.column}": (wings[wing], task)
        for wing, columns in NINE.items()
        for task in tasks.possible(wings[wing], columns, minimum)
    }


def at_hand(runs: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The committed records of the first of these studies that has any, else ``runs``; a printed line says which."""
    for name in names:
        found = recorded(name)
        if len(found):
            whole = len(list(load(name).cells()))
            print(f"Recorded: {name}, {len(found)} of {whole} runs.")
            return found
    print(
        f"No recorded run yet: `artlib experiment {names[-1]}` makes one. What follows is this page's own run of "
        f"{len(runs)}, at a size that proves that the code runs, and no more."
    )
    return runs


def by_source(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with a column ``source``: what their initial weights had learned, whichever files they came from."""
    from artlib import weights

    if runs.empty:
        return runs
    return runs.assign(source=[weights.LEARNED.get(name, name) for name in runs["cell.weights"]])


def best(runs: pd.DataFrame) -> pd.DataFrame:
    """The best settings of each task, chosen by validation accuracy, with their test accuracy (Table 4).

    One row a task: method, weights, classes, runs, accuracy (mean over runs) and kappa.
    """
    trained = runs[runs["history.accuracy"].notna()] if "history.accuracy" in runs.columns else runs.iloc[:0]
    if trained.empty:
        return pd.DataFrame(columns=["method", "weights", "classes", "runs", "accuracy", "kappa"])
    # The same cell may stand in two grids (all layers, first weights).
    same = [
        name for name in ("task", "method", "weights", "draw", "repeat", "fold") if f"cell.{name}" in trained.columns
    ]
    trained = trained.drop_duplicates(
        [f"cell.{name}" for name in same] + [n for n in ("seed",) if n in trained.columns]
    )
    trained = trained.assign(valid=trained["history.accuracy"].map(max), count=trained["classes"].map(len))
    means = trained.groupby(["cell.task", "cell.method", "cell.weights"], as_index=False).agg(
        valid=("valid", "mean"), classes=("count", "max"), runs=("id", "size"),
        accuracy=("metrics.accuracy", "mean"), kappa=("metrics.kappa", "mean"),
    )  # fmt: skip
    chosen = means.loc[means.groupby("cell.task")["valid"].idxmax()].drop(columns="valid")
    return chosen.rename(columns=lambda name: name.removeprefix("cell.")).set_index("task").round(3)


def histories(runs: pd.DataFrame, by: str = "method") -> dict[str, list[pd.DataFrame]]:
    """Learning curves of recorded trainings by a field of the cell, as ``figures.learning_curve`` takes them."""
    columns = [column for column in runs.columns if column.startswith("history.")]
    trained = runs[runs["history.epoch"].notna()] if "history.epoch" in columns else runs.iloc[:0]
    names = trained[by if by in trained.columns else f"cell.{by}"] if len(trained) else []
    made: dict[str, list[pd.DataFrame]] = {}
    for name, (_, row) in zip(names, trained.iterrows(), strict=True):
        made.setdefault(str(name), []).append(
            pd.DataFrame({column.removeprefix("history."): row[column] for column in columns})
        )
    return made


def distances(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean cosine distance between each two networks of a comparison (Fig. 16), seeds and draws averaged.

    A square table of the models' names ("genre, photographs"); NaN where two were not compared. On the diagonal
    stands the distance between two training seeds of the same model.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for pairs in runs["pairs"] if "pairs" in runs.columns else ():
        for a, b, distance in pairs if isinstance(pairs, list) else ():
            names = tuple(name.rpartition(", seed ")[0] for name in (a, b))
            for key in {names, names[::-1]}:
                found.setdefault(key, []).append(distance)
    names = sorted({name for key in found for name in key})
    values = [[np.mean(found.get((a, b), [np.nan])) for b in names] for a in names]
    return pd.DataFrame(values, index=names, columns=names)


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

    def run(self, cell: Mapping) -> tuple[dict, pd.DataFrame | None]:
        """Train or fit one cell, test it once: its record and its predictions (a comparison of networks has none)."""
        settings = dict(self.study.methods[cell["cell"]["method"]])
        fit = {"train": self._train, "probe": self._probe, "compare": self._compare}[settings["kind"]]
        with records.Stopwatch() as watch:
            predicted, extra = fit(cell, settings)
        record = {
            **cell,
            **extra,
            "minutes": round(watch.minutes, 3),
            "peak_memory_mb": watch.peak_memory_mb,
            "pixels": self.study.crop or self.study.pixels,
        }
        return record, predicted

    def _question(self, name: str):
        if name not in self._asked:
            self._asked[name] = self.study.questions[name].ask(self.pictures.works)
        return self._asked[name]

    def _split(self, place: Mapping, seed: int) -> splits.Split:
        name = self.study.split_by or place["task"]
        works, task = self._question(name)
        key = (name, place["apart"], place["repeat"], place["fold"], None if place["fold"] is not None else seed)
        if key not in self._splits:
            self._splits[key] = self._make_split(works, task, place, seed)
        return self._splits[key]

    def _make_split(self, works, task, place, seed) -> splits.Split:
        if place["fold"] is None:
            return splits.stratified(works, task, seed=seed, apart=place["apart"])
        made = splits.folds(works, task, self.study.folds, self.study.repeats, apart=place["apart"])
        return made[place["repeat"] * self.study.folds + place["fold"]]

    def _network(self, task, weights: str, seed: int):
        from artlib import nets

        return nets.create(self.study.network, task.outputs, self.study.initial[weights], seed=seed)

    def _described(self, task, split, predicted) -> dict:
        from artlib.evaluate import metrics

        return {
            "metrics": metrics.scores(predicted, task),
            "n_train": len(split.train),
            "n_valid": len(split.valid),
            "n_test": len(split.test),
            "classes": list(task.classes),
        }

    def _train(self, cell, settings):
        from artlib.evaluate import predictions as predicting

        place = cell["cell"]
        _, task = self._question(place["task"])
        learner = self._trained(place, cell["seed"], settings, paths.cache() / "checkpoints" / records.identity(cell))
        predicted = predicting.predict(learner, learner.split.test)
        record = self._described(task, learner.split, predicted)
        record["metrics"]["seconds_per_epoch"] = float(learner.history["seconds"].median())
        for column in settings.get("retrieve", ()):
            record["metrics"] |= self._retrieval(learner, column)
        history = learner.history.drop(columns="rate").round(4).to_dict("list")
        return predicted, {
            **record, "recipe": learner.recipe.described(), "best_epoch": learner.best_epoch, "history": history
        }  # fmt: skip

    def _trained(self, place, seed, settings, checkpoints):
        from artlib.learners import finetune

        works, task = self._question(place["task"])
        network = self._network(task, place["weights"], seed)
        recipe = finetune.Recipe(**{**self.study.recipe, "crop": self.study.crop, **_of_recipe(settings)})
        learner = finetune.learner(
            replace(self.pictures, works=works), task, self._split(place, seed), network, recipe, seed, checkpoints
        )
        learner.run()
        finetune.discard(checkpoints)
        return learner

    def _retrieval(self, learner, column: str) -> dict[str, float]:
        """How often the ten nearest test pictures have the query's label, and how far the thousandth is."""
        from artlib.evaluate import similarity

        works, rows = self.pictures.works, learner.split.test
        found = similarity.features(learner.model, self.pictures, rows, crop=self.study.crop)
        index = similarity.index(found)
        precision = similarity.precision_at(similarity.neighbours(index, found, works, 10), works, column, 10)
        first = min(1000, len(rows) - 1)
        reach = similarity.reach(index, found, first)
        return {
            f"{column}_precision_at_10": float(precision.mean()),
            f"{column}_precision_by_chance": similarity.chance(works.iloc[rows], column),
            "neighbours_counted": float(first),
            "distance_of_last_counted": float(np.median(reach)),
            "share_within_0.4": float((reach < 0.4).mean()),
        }

    def _probe(self, cell, settings):
        from artlib.evaluate import predictions as predicting
        from artlib.learners import linear

        place = cell["cell"]
        works, task = self._question(place["task"])
        split, pictures = self._split(place, cell["seed"]), replace(self.pictures, works=works)
        network = self._network(task, place["weights"], cell["seed"])
        probe = linear.probe(pictures, task, split, network, crop=self.study.crop)
        shares = probe.probabilities(split.test)
        predicted = predicting.from_probabilities(works, split.test, task.targets(works)[split.test], shares)
        return predicted, {**self._described(task, split, predicted), "recipe": {"C": probe.C}}

    def _compare(self, cell, settings):
        """Mean cosine distance of the features of each two networks that differ in one thing only."""
        from artlib.evaluate import similarity
        from artlib.learners.recipes import Recipe

        pairs = []
        for a, b in self._pairs(cell["seed"], settings["between"]):
            first, second = (self._features(cell["cell"], *model, settings) for model in (a, b))
            distance = similarity.between({"a": first, "b": second}).loc["a", "b"]
            pairs.append([self._told(a), self._told(b), round(float(distance), 5)])
        if not pairs:
            raise ExperimentError(
                f"{self.study.paper}/{self.study.experiment} has only one of the {settings['between']} to compare: "
                "declare two or more."
            )
        recipe = Recipe(**{**self.study.recipe, "crop": self.study.crop, **_of_recipe(settings)})
        mean = float(np.mean([distance for *_, distance in pairs]))
        return None, {"metrics": {"cosine_distance": mean}, "pairs": pairs, "recipe": recipe.described()}

    def _pairs(self, seed: int, between: str) -> list[tuple]:
        """Pairs of models (task, weights, seed) that differ in what is compared and agree in all else."""
        several = self.study.weights if isinstance(self.study.weights, tuple) else (self.study.weights,)
        models = list(itertools.product(self.study.questions, (Path(str(one)).stem for one in several)))
        if between == "seeds":
            seeds = self.study.seeds
            other = seeds[(seeds.index(seed) + 1) % len(seeds)]
            return [((*model, seed), (*model, other)) for model in models] if other != seed else []
        same = {"weights": 0, "tasks": 1}[between]
        return [
            ((*a, seed), (*b, seed)) for a, b in itertools.combinations(models, 2) if a[same] == b[same]
        ]  # fmt: skip

    def _told(self, model: tuple) -> str:
        task, weights, seed = model
        return f"{task}, {weights}, seed {seed}"

    def _features(self, place, task: str, weights: str, seed: int, settings):
        """Features of one trained model, kept in the cache: several comparisons ask for the same one."""
        from artlib.evaluate import similarity

        place = {**place, "task": task, "weights": weights, "apart": self.study.questions[task].apart}
        # Always the pictures of the first seed, so that models of two seeds are shown the same ones.
        rows = self._split(place, self.study.seeds[0]).test if self.study.split_by else np.arange(len(self.pictures))
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:COMPARED])
        facts = [task, weights, seed, self.study.network, self.study.recipe, _of_recipe(settings), self.study.crop]
        key = hashlib.sha256(
            f"{facts} {self.pictures.key} {place['draw']} {records.code_version()}".encode()
        ).hexdigest()
        file = paths.scratch("features") / f"{key[:24]}.npy"
        if not file.exists():
            learner = self._trained(place, seed, settings, paths.cache() / "checkpoints" / key[:12])
            made = similarity.features(learner.model, self.pictures, rows, crop=self.study.crop)
            draft = file.with_suffix(f".{os.getpid()}.tmp.npy")
            np.save(draft, made.values)
            os.replace(draft, file)
        return similarity.of_vectors(np.load(file, allow_pickle=False), rows, key="compared")


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

"""Running a grid: only what has no record yet, draw by draw, and never two settings in one grid."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from artlib import cache, collections, paths, pixels, records
from artlib.experiments.run_context import RunContext, wait_for_all
from artlib.experiments.study import ExperimentError, Run, Study
from artlib.experiments.training import recipe_of
from artlib.pixels import Pictures
from artlib.progress import StatusLine
from artlib.works import Collection


def run(
    study: Study,
    pictures: Pictures | None = None,
    root: Path | None = None,
    folder: Path | None = None,
    only: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Do the runs that have no record yet, and return the records of all, as ``records.read`` does.

    Parameters
    ----------
    pictures : the pictures of every run; None reads the study's own collection (draw by draw) from ``root``.
    folder : where the records lie. None: a folder of the cache that belongs to this version of the code, to these
        pictures, their labels and the questions, so that a page which is executed again finds what it has computed,
        and never what older code or other pictures gave.
    only : field of the config or of the record -> value, to run a part of the grid.

    Raises
    ------
    ExperimentError : no run is as ``only`` asks; or the folder holds runs of this grid that were made under other
        settings than the study now declares. (In the cache they are made again instead: nothing that anyone kept is
        lost.)
    """
    kept = folder is not None
    folder = folder or paths.scratch("runs", _inputs(study, pictures))
    runs = asked(study, only)
    written: set[str] = set()
    absent = missing(study, runs, folder, kept)
    with StatusLine(study.experiment, len(absent), quiet=not absent) as line:
        for draw, part in itertools.groupby(absent, key=lambda one: one.config["draw"]):
            context = RunContext(study, pictures or read(study, root, draw))
            for one in part:
                # One run may have answered several cells of the grid.
                for record, predicted in context.run(one) if one.id not in written and context.has_fold(one) else ():
                    records.write(record, predicted, folder=folder)
                    written.add(records.identity(record))
                line.advance()
    wait_for_all()
    wanted = {one.id for one in runs}
    table = records.read(study.paper, study.experiment, folder)
    return table[table["id"].isin(wanted)].reset_index(drop=True)


def _inputs(study: Study, pictures: Pictures | None) -> str:
    """What the runs of a page depend on beside their settings, which records say."""
    facts = {"questions": study.questions, "split": [study.split_by, study.fractions], "reader": study.reader}
    if pictures is not None:
        # A collection's name says nothing of it: "folder" may be another folder, and a label may have been corrected.
        facts |= {"pictures": pictures.key, "works": pictures.works.to_csv(index=False)}
    return cache.key("runs", facts, code=())


def asked(study: Study, only: Mapping[str, Any] | None = None) -> list[Run]:
    """The runs of a study that have these values in config or record. Raises ExperimentError where there is none."""
    runs = [one for one in study.runs() if _matches(one, only or {})]
    if not runs:
        raise ExperimentError(f"No cell of {study.paper}/{study.experiment} is as asked: {dict(only or {})}.")
    return runs


def missing(study: Study, runs: list[Run], folder: Path | None, kept: bool) -> list[Run]:
    """Those of the runs that have no record under the settings that are declared now.

    Raises ExperimentError where runs that are ``kept`` were made under others.
    """
    done = [records.exists(one.fields(), folder) for one in runs]
    absent = [one for one, there in zip(runs, done, strict=True) if not there]
    changed = _changed(study, [one for one, there in zip(runs, done, strict=True) if there], folder)
    if changed and kept:
        first, what = changed[0]
        raise ExperimentError(
            f"{len(changed)} of {len(runs)} cells of {study.paper}/{study.experiment} were recorded under other "
            f"settings than are declared now ({what}; first: {first.id}). A grid must not mix the two: "
            "restore the settings, give the changed study another name of experiment or preset, or delete the "
            "records of this experiment and run all of it again."
        )
    return absent + [one for one, _ in changed]


def read(study: Study, root: Path | None, draw: int) -> Pictures:
    """The pictures of a study's own collection; a draw is another museum from another seed."""
    return pixels.cache(collection(study, root, draw), study.pixels)


def collection(study: Study, root: Path | None, draw: int) -> Collection:
    """The works of a study's own collection, before any is decoded."""
    options = dict(study.reader)
    name = options.pop("name")
    if collections.drawn(name):
        options["seed"] = draw
    return collections.read(name, root=root, **options)


def _changed(study: Study, done: list[Run], folder: Path | None) -> list[tuple[Run, str]]:
    """The runs whose records were made under other settings, with what differs."""
    if not done:
        return []
    table = records.read(study.paper, study.experiment, folder).set_index("id")
    recipes = {method: recipe_of(study, method) for method in study.methods}
    found = []
    for one in done:
        record = table.loc[one.id]
        now = {"pixels": study.crop or study.pixels}
        now |= {f"recipe.{name}": value for name, value in recipes[one.config["method"]].items()}
        # Fields that the record does not know came later than it.
        was = {name: record[name] for name in now if name in table.columns}
        differ = [name for name in was if not _same(was[name], now[name])]
        if differ:
            found.append((one, f"{differ[0].removeprefix('recipe.')} was {was[differ[0]]}, is {now[differ[0]]}"))
    return found


def _same(was: Any, now: Any) -> bool:
    """What a record does not know (missing reads as NaN) is no difference."""
    if not isinstance(was, list | tuple | dict) and pd.isna(was):
        return True
    if isinstance(was, list | tuple) and isinstance(now, list | tuple):
        return list(was) == list(now)
    return bool(was == now)


def _matches(one: Run, only: Mapping[str, Any]) -> bool:
    return all(one.config.get(name, one.fields().get(name)) == value for name, value in only.items())

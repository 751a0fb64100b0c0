"""Running a grid: only what has no record yet, draw by draw, and never two settings in one grid."""

import itertools
import numbers
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from artlib import paths, records
from artlib.experiments import kinds
from artlib.experiments.run_context import Bench
from artlib.experiments.study import ExperimentError, Study, load


def run(
    study: Study,
    pictures=None,
    root: Path | None = None,
    folder: Path | None = None,
    only: Mapping | None = None,
    keep: bool = False,
) -> pd.DataFrame:
    """Run the cells that have no record yet, and return the records of all, as ``records.read`` does.

    Parameters
    ----------
    pictures : ``artlib.pixels.Pictures``; None reads the study's own collection (draw by draw) from ``root``.
    folder : where the records lie. None: a folder of the cache that belongs to this version of the code, so that
        a page which is executed again finds what it has computed, and never what older code computed.
    only : cell field -> value, to run a part of the grid.
    keep : whether the runs belong to the book's own records; new ones go to the journal.

    Raises
    ------
    ExperimentError : the folder holds cells of this grid that were run under other settings than the study now
        declares. (In the cache they are run again instead: nothing that anyone kept is lost.)
    """
    kept = keep or folder is not None
    folder = None if keep else folder or paths.scratch("runs", records.code_version())
    cells = [cell for cell in study.cells() if _matches(cell, only or {})]
    done = [records.exists(cell, folder) for cell in cells]
    missing = [cell for cell, there in zip(cells, done, strict=True) if not there]
    changed = _changed(study, [cell for cell, there in zip(cells, done, strict=True) if there], folder)
    if changed and kept:
        cell, what = changed[0]
        raise ExperimentError(
            f"{len(changed)} of {len(cells)} cells of {study.paper}/{study.experiment} were recorded under other "
            f"settings than are declared now ({what}; first: {records.identity(cell)}). A grid must not mix the two: "
            "restore the settings, give the changed study another name of experiment or preset, or delete the "
            "records of this experiment and run all of it again."
        )
    missing += [cell for cell, _ in changed]
    written: set[str] = set()
    for draw, part in itertools.groupby(_shown(missing), key=lambda cell: cell["cell"]["draw"]):
        bench = Bench(study, pictures or read(study, root, draw))
        for cell in part:
            # One run may have answered several cells.
            for record, predicted in bench.run(cell) if records.identity(cell) not in written else ():
                records.write(record, predicted, folder=folder)
                written.add(records.identity(record))
    wanted = {records.identity(cell) for cell in cells}
    table = records.read(study.paper, study.experiment, folder)
    return table[table["id"].isin(wanted)].reset_index(drop=True)


def _changed(study: Study, done: list[dict], folder: Path | None) -> list[tuple[dict, str]]:
    """The cells whose records were made under other settings, with what differs."""
    if not done:
        return []
    table = records.read(study.paper, study.experiment, folder).set_index("id")
    described = {name: kinds.kind(settings).described(study, settings) for name, settings in study.methods.items()}
    found = []
    for cell in done:
        record = table.loc[records.identity(cell)]
        now = {"pixels": study.crop or study.pixels}
        now |= {f"recipe.{name}": value for name, value in described[cell["cell"]["method"]].items()}
        # Fields that the record does not know came later than it.
        was = {name: record[name] for name in now if name in table.columns}
        differ = [name for name in was if not _same(was[name], now[name])]
        if differ:
            found.append((cell, f"{differ[0].removeprefix('recipe.')} was {was[differ[0]]}, is {now[differ[0]]}"))
    return found


def _same(was: Any, now: Any) -> bool:
    """What a record does not know (missing reads as NaN) is no difference."""
    if not isinstance(was, list | tuple | dict) and pd.isna(was):
        return True
    if isinstance(was, list | tuple) and isinstance(now, list | tuple):
        return list(was) == list(now)
    return bool(was == now)


def recorded(name: str) -> pd.DataFrame:
    """The committed records of a declared study, from whichever initial weights; empty while it has none."""
    study = load(name)
    table = records.read(study.paper, study.experiment)
    if table.empty:
        return table
    known = {_place(_columns(cell)) for cell in study.cells()}
    ours = [_place(row) in known for row in table.to_dict("records")]
    return table[ours].reset_index(drop=True)


def _columns(cell: Mapping) -> dict:
    """A cell as a row of ``records.read`` has it."""
    fields = {f"cell.{name}": value for name, value in cell["cell"].items()}
    return {**{name: value for name, value in cell.items() if name != "cell"}, **fields}


def _place(row: Mapping) -> frozenset:
    """Where a run stands in its grid: its identity but for the initial weights, which may be given as a file."""
    named = {name for name in row if name.startswith("cell.") or name in records.IDENTITY} - {"cell.weights"}
    told = {name: _told(row[name]) for name in named}
    return frozenset((name, value) for name, value in told.items() if value)


def _told(value: Any) -> str:
    """A field as text; empty where there is none. A column with gaps has made its whole numbers fractions."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return "" if value != value else f"{float(value):g}"
    return "" if value is None else str(value)


def own_pictures(runs: pd.DataFrame) -> bool:
    """Whether a page's runs are of a reader's own collection; then a line says that no record stands in for them."""
    own = len(runs) > 0 and "museum" not in set(runs["collection"])
    if own:
        print(f"Your own pictures: this page's own run of {len(runs)}; nothing recorded on others stands in for it.")
    return own


def at_hand(runs: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The committed records of the first of these studies that has any, else ``runs``; a printed line says which.

    Runs on a reader's own pictures stay: what was recorded on others says nothing about them.
    """
    if own_pictures(runs):
        return runs
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


def read(study: Study, root: Path | None, draw: int):
    """The pictures of a study's own collection; a draw is another museum from another seed."""
    from artlib import collections, pixels

    options = dict(study.reader)
    name = options.pop("name")
    if collections.drawn(name):
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

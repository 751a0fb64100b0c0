"""A grid in parts, on any engine: who does what, what failed and why, and that one folder has one version of the code.

The cells of a part have draw, repeat, fold and seed in common, and so a museum and its splits. Records are all that is
needed to go on: the same command does what has none. A cell that fails is noted beside the records, and the rest goes
on.
"""

import functools
import hashlib
import json
import os
import platform
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from artlib import paths, records
from artlib.errors import ArtlibError
from artlib.experiments import grid
from artlib.experiments.engines import Engine, Lost, outcomes, serial, share_of
from artlib.experiments.run_context import RunContext, wait_for_all
from artlib.experiments.study import ExperimentError, Run, Study
from artlib.experiments.training import recipe_of
from artlib.progress import StatusLine

_FORGOTTEN = 24 * 3600  # seconds after which another machine's grid that gives no sign is taken for dead
_SHOWN = 8  # reasons in one message


def parts(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in parts that share a museum and its splits, in order."""
    found: dict[tuple, list[Run]] = {}
    for one in runs:
        key = (*(one.config[name] for name in ("draw", "repeat", "fold")), one.seed)
        found.setdefault(key, []).append(one)
    return list(found.values())


@dataclass(frozen=True)
class Done:
    """What came of a part: ids of cells that failed, with reasons; and files, where the worker has another disk."""

    failed: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What a worker needs to know of a grid; called with a part, it runs the cells that have no record yet.

    Attributes
    ----------
    folder, sign : where records go, and a file that lies there while the grid is being filled: a worker that does not
        see it has another disk, and sends what it would have written.
    code, home : version of the code, and name of the machine, that the grid was begun with.
    """

    study: Study = field(compare=False, repr=False)
    root: Path | None = field(compare=False)
    folder: Path = field(compare=False)
    sign: Path
    code: str = field(compare=False)
    home: str = field(compare=False)

    def __call__(self, part: list[Run]) -> Done:
        if fault := self._other_code():
            return Done(dict.fromkeys((one.id for one in part), fault))
        if self.sign.exists():
            return Done(self._run(part, self.folder))
        with TemporaryDirectory() as own:
            failed = self._run(part, Path(own))
            files = [file for file in Path(own).rglob("*") if file.is_file()]
            return Done(failed, {file.relative_to(own).as_posix(): file.read_bytes() for file in files})

    def fault(self, part: list[Run]) -> str:
        """What this machine lacks to do such parts, in a sentence; empty where it is ready."""
        try:
            grid.collection(self.study, self.root, part[0].config["draw"])
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is told
            return _reason(fault)
        return self._other_code()

    def _other_code(self) -> str:
        own = records.code_version()
        if own == self.code:
            return ""
        return f"artlib is of another version there ({own}, not {self.code}). Install the same code on every machine."

    def _run(self, part: list[Run], folder: Path) -> dict[str, str]:
        """Run the cells of a part; returns ids of those that failed, with reasons."""
        failed, answered = {}, set()
        for one in part:
            if one.id in answered or records.exists(one.fields(), folder):
                continue
            try:
                context = _context(self, one.config["draw"])
            except Exception as fault:  # noqa: BLE001 - without pictures no cell of the part can be run
                return dict.fromkeys((other.id for other in part), self._told(fault))
            try:
                for record, predicted in context.run(one) if context.has_fold(one) else ():
                    records.write(record, predicted, folder=folder)
                    answered.add(records.identity(record))
            except Exception as fault:  # whatever one cell dies of, the others go on
                if records.processes()[1] > 1:
                    raise  # the other processes wait for this one; torchrun ends them
                failed[one.id] = self._told(fault)
        return failed

    def _told(self, fault: Exception) -> str:
        there = platform.node()
        trace = "" if isinstance(fault, ArtlibError) else "\n" + "".join(traceback.format_exception(fault))
        return f"{'' if there == self.home else f'On {there}: '}{_reason(fault)}{trace}"


@functools.lru_cache(maxsize=1)
def _context(work: Work, draw: int) -> RunContext:
    return RunContext(work.study, grid.read(work.study, work.root, draw))


def _reason(fault: Exception) -> str:
    return str(fault) if isinstance(fault, ArtlibError) else f"{type(fault).__name__}: {fault}"


def run(
    study: Study,
    engine: Engine = serial,
    root: Path | None = None,
    folder: Path | None = None,
    only: Mapping[str, Any] | None = None,
    share: str = "1/1",
) -> pd.DataFrame:
    """Do the cells that have no record yet, in parts, and return the records of all; a cell that fails stops no other.

    Parameters
    ----------
    engine : of ``experiments.engines``.
    root, only : as in ``experiments.run``.
    folder : where records go; None: the book's own journal.
    share : "3/40" does the third of forty shares, which are the same whatever is done already.

    Raises
    ------
    ExperimentError : a share that is none; other settings or another version of the code on the same records; cells
        that failed, when all others are done.
    """
    if engine is not serial and records.processes()[1] > 1:
        raise ExperimentError("torchrun has all its processes learn one network: run it without an engine or workers.")
    number, count = share_of(share)
    runs = [one for part in parts(grid.asked(study, only))[number - 1 :: count] for one in part]
    missing = grid.missing(study, runs, folder, kept=True)
    target = folder or paths.runs()
    failed: dict[str, str] = {}
    if missing:
        with _signed(study, target) as sign, StatusLine(study.experiment, len(missing)) as line:
            work = Work(study, root, target, sign, records.code_version(), platform.node())
            try:
                for part, done in outcomes(engine, work, parts(missing)):
                    if isinstance(done, Lost):
                        done = Done({one.id: done for one in part if not records.exists(one.fields(), target)})
                    for name, content in done.files.items():
                        paths.write_whole(target / name, lambda draft, content=content: draft.write_bytes(content))
                    for one in part:
                        _note(target, one, done.failed.get(one.id))
                    failed |= done.failed
                    sign.touch()
                    line.advance(len(part))
            finally:
                _context.cache_clear()
    wait_for_all()
    if failed:
        raise ExperimentError(_message(study, runs, failed))
    table = records.read(study.paper, study.experiment, folder)
    return table[table["id"].isin({one.id for one in runs})].reset_index(drop=True) if len(table) else table


def status(study: Study, folder: Path | None = None, only: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """A row a cell: its id and config, its ``state`` (done, missing, failed), and the reason it failed for."""
    rows = []
    for one in grid.asked(study, only):
        note = _note_file(folder or paths.runs(), one)
        done = records.exists(one.fields(), folder)
        failed = not done and note.exists()
        reason = note.read_text(encoding="utf-8").splitlines()[0] if failed else ""
        state = "done" if done else "failed" if failed else "missing"
        rows.append({"id": one.id, **one.config, "seed": one.seed, "state": state, "reason": reason})
    return pd.DataFrame(rows)


def slurm(command: Sequence[str], name: str, shares: int) -> str:
    """A job array for ``sbatch``: each job does its share of the grid, and the same script again does what is left.

    command : words that run the experiment, without a share. shares : how many jobs.
    """
    import shlex

    settings = {name: os.environ.get(name) for name in ("ARTLIB_HOME", "ARTLIB_CACHE", "ARTLIB_REAL")}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.items() if value)
    return (
        f"#!/bin/bash\n#SBATCH --job-name={name}\n#SBATCH --array=1-{shares}\n#SBATCH --output={name}-%a.log\n"
        "#SBATCH --requeue\n# Add what your cluster asks for: --time, --partition, --cpus-per-task, --gres=gpu:1.\n"
        f"{exports}cd {shlex.quote(os.getcwd())}\n"
        f'exec {shlex.join(command)} --share "$SLURM_ARRAY_TASK_ID/{shares}"\n'
    )


def _note_file(folder: Path, one: Run) -> Path:
    return folder / one.paper / one.experiment / f"{one.id}.failed"


def _note(folder: Path, one: Run, reason: str | None) -> None:
    """Keep why a cell failed beside the records, or forget it."""
    file = _note_file(folder, one)
    if reason is None:
        file.unlink(missing_ok=True)
    else:
        paths.write_whole(file, lambda draft: draft.write_text(f"{reason}\n", encoding="utf-8"))


def _message(study: Study, runs: Sequence[Run], failed: Mapping[str, str]) -> str:
    first = {name: reason.splitlines()[0] for name, reason in failed.items()}
    counted = Counter(first.values()).most_common()
    known = {one.id: one for one in runs}
    lines = []
    for reason, count in counted[:_SHOWN]:
        one = known[next(name for name, said in first.items() if said == reason)]
        cell = ", ".join(f"{name} {value}" for name, value in one.config.items() if value is not None)
        lines.append(f"  {count} x {reason.rstrip('.')} (first: {one.id}, {cell}, seed {one.seed})")
    more = [f"  and {len(counted) - _SHOWN} other reasons"] if len(counted) > _SHOWN else []
    head = f"{len(failed)} of {len(runs)} cells of {study.paper}/{study.experiment} failed; all others are recorded:"
    return "\n".join([head, *lines, *more, "The same command does these again"])


@contextmanager
def _signed(study: Study, folder: Path) -> Iterator[Path]:
    """A file beside the records while a grid is being filled, by which another version of the code is refused."""
    recipes = {method: recipe_of(study, method) for method in study.methods}
    said = json.dumps([records.code_version(), recipes], sort_keys=True, default=str)
    version = hashlib.sha256(said.encode()).hexdigest()[:12]
    sign = folder / study.paper / study.experiment / f".{version}.{os.getpid()}.{platform.node()}.filling"
    sign.parent.mkdir(parents=True, exist_ok=True)
    sign.touch()
    try:
        for other in sign.parent.glob(".*.filling"):
            if not other.name.startswith(f".{version}.") and _alive(other, sign):
                _, _, process, machine = other.name.removesuffix(".filling").split(".", 3)
                raise ExperimentError(
                    f"{study.paper}/{study.experiment} in {folder} is being filled by another version of the code or "
                    f"of its settings (process {process} on {machine}). A grid must not mix the two: let it end, or "
                    f"give this study another name of experiment. If it was killed, delete {other}."
                )
        yield sign
    finally:
        sign.unlink(missing_ok=True)


def _alive(other: Path, sign: Path) -> bool:
    """Whether a grid goes on: by its process, or, on another machine, by a sign of the last day.

    Both signs have the disk's time, whatever the clocks of the machines say.
    """
    import psutil

    _, _, process, machine = other.name.removesuffix(".filling").split(".", 3)
    if machine == platform.node():
        return psutil.pid_exists(int(process))
    try:
        return sign.stat().st_mtime - other.stat().st_mtime < _FORGOTTEN
    except FileNotFoundError:
        return False

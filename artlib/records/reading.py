"""Records as one table, whether they are packed or loose, and what single runs predicted."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from artlib import paths
from artlib.records import archive, journal
from artlib.records.journal import RecordError

_NESTED = ("shared", "rest", "cell", "metrics")  # with a column for each field; a history stays text
_WHOLE = "training"  # who made what a run found in the cache: kept as it was written
_LAST = ("\uffff",)  # behind the fields of the record in whose row a column first appears


def read(
    paper: str | None = None, experiment: str | None = None, folder: Path | None = None, **equal: object
) -> pd.DataFrame:
    """The records as a table, one row a run.

    Parameters
    ----------
    paper, experiment : only these; None for all.
    folder : where they lie, packed or loose; None: the archive and the journal of the book.
    equal : further fields that must have a value (None: that must be missing), as in
        ``read("finetuning", preset="course", **{"cell.task": "style"})``.

    Returns
    -------
    Nested fields as columns with dots (``metrics.accuracy``, ``cell.task``). ``path`` says in which file the record
    lies, and ``digest`` stands for its content: values computed from a run may be kept under it. ``history`` is text
    (missing where nothing was trained); the function ``history`` reads it, for the few runs that somebody looks at.
    ``training`` is a mapping: who made what a run found in the cache.
    """
    bases = _bases(folder)
    places = archive.experiments(*bases, paper=paper, experiment=experiment)
    found = [_experiment(bases, *place) for place in places]
    table = _frame(pa.concat_tables(found)) if any(map(len, found)) else pd.DataFrame()
    for column, value in equal.items():
        if column not in table.columns:
            return table.iloc[:0]
        table = table[table[column].isna() if value is None else table[column] == value]
    return table.reset_index(drop=True)


def exists(record: Mapping, folder: Path | None = None) -> bool:
    """Whether a run of this identity has been recorded."""
    name, (paper, experiment) = journal.identity(record), (str(record["paper"]), str(record["experiment"]))
    for base in _bases(folder):
        file = base / paper / f"{experiment}{archive.RUNS}"
        if (base / paper / experiment / f"{name}.json").exists() or (
            file.exists() and name in _ids(file, file.stat().st_mtime_ns)
        ):
            return True
    return False


def find(name: str, folder: Path | None = None) -> dict:
    """The record of this id, as it was written; RecordError where there is none."""
    bases = _bases(folder)
    for place in archive.experiments(*bases):
        rows = _experiment(bases, *place)
        if name in rows["id"].to_pylist():
            return archive.record(rows.slice(rows["id"].to_pylist().index(name), 1).to_pylist()[0])
    raise RecordError(f"There is no record {name!r}. `artlib records status` says what there is.")


def history(record: Mapping | pd.Series) -> pd.DataFrame:
    """A run that ``read`` returned, epoch by epoch, as a learner's ``history`` is; empty where nothing was trained."""
    said = record.get("history")
    return pd.DataFrame(json.loads(said) if isinstance(said, str) else {})


def predictions(record: Mapping | pd.Series) -> pd.DataFrame:
    """What was predicted for each work in a run that ``read`` returned; RecordError where nothing was."""
    path = Path(record["path"])
    if path.name.endswith(archive.RUNS):
        found = archive.predictions(path, record["id"])
    else:
        if (loose := journal.load(path)) is None:
            raise RecordError(f"{path} is there no more; it was packed since it was read. Read the records again.")
        found = journal.predictions(path).to_pandas() if "predictions" in loose else None
    if found is None:
        raise RecordError(f"Record {record['id']} in {path} has no predictions beside it.")
    return found


def plain(value: object) -> object:
    """A field to be compared: None and NaN as empty text, lists as text, whole fractions as whole numbers."""
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(map(str, value))
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return int(value) if isinstance(value, float) and value == int(value) else value


def _bases(folder: Path | None) -> list[Path]:
    return [folder] if folder else [paths.results(), paths.runs()]


@lru_cache(maxsize=64)
def _ids(file: Path, written: int) -> frozenset[str]:
    return frozenset(archive.load(file, ["id"])["id"].to_pylist())


def _experiment(bases: list[Path], paper: str, experiment: str) -> pa.Table:
    """The rows of one experiment in the order of their ids, newer loose runs in the place of packed ones."""
    # Loose ones first: what is packed between the two steps is met twice, and not missed.
    loose = [file for base in bases for file in sorted((base / paper / experiment).glob("*.json"))]
    loose = {file: record for file in loose if (record := journal.load(file))}
    files = [file for base in bases if (file := base / paper / f"{experiment}{archive.RUNS}").exists()]
    packed = pa.concat_tables([_EMPTY, *(_with_path(archive.load(file), file) for file in files)])
    if not loose:
        return packed
    known = {row["id"]: row for row in packed.select(["id", "created"]).to_pylist()}
    loose = {
        file: record
        for file, record in loose.items()
        if record["id"] not in known or archive.newer(record, known[record["id"]])
    }
    packed = archive.without(packed, "id", [record["id"] for record in loose.values()])
    rows = [_with_path(archive.table([record]), file) for file, record in loose.items()]
    return pa.concat_tables([packed, *rows]).sort_by("id")


def _with_path(rows: pa.Table, file: Path) -> pa.Table:
    return rows.append_column("path", pa.repeat(pa.scalar(str(file)), len(rows))).replace_schema_metadata(None)


_EMPTY = _with_path(archive.table([]), Path())


def _frame(rows: pa.Table) -> pd.DataFrame:
    """Rows of the archive as a table with a column for each field, in the order in which fields first appear.

    What is said twice is parsed once, and a column's type is inferred from the values that are different.
    """
    found: dict[tuple[str, ...], tuple[int, pd.api.extensions.ExtensionArray | np.ndarray]] = {}
    for name in rows.column_names:
        codes, texts = _coded(rows[name])
        if name in _NESTED:
            values = json.loads(f"[{','.join(texts)}]")
            leaves = _leaves(dict(enumerate(values)), () if name in ("shared", "rest") else (name,))
        else:
            leaves = {(*_LAST, name) if name in ("path", "digest") else (name,): dict(enumerate(texts))}
        for path, parts in leaves.items():
            found[path] = _column(codes, len(texts), parts)
    order = sorted(found, key=lambda path: (found[path][0], path))
    return pd.DataFrame({".".join(path).removeprefix("\uffff."): found[path][1] for path in order})


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """The place of each row's text among the different texts (-1: none), and these texts."""
    whole = column.combine_chunks()
    coded = (whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole).dictionary_encode()
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()


def _leaves(values: Mapping[int, dict], stem: tuple[str, ...]) -> dict[tuple[str, ...], dict[int, object]]:
    """For each field at any depth its values, and where each stands; level by level, as it takes most time."""
    own: dict[str, dict[int, object]] = defaultdict(dict)
    deeper: dict[str, dict[int, dict]] = defaultdict(dict)
    for place, fields in values.items():
        for name, part in fields.items():
            (deeper if isinstance(part, dict) and name != _WHOLE else own)[name][place] = part
    found = {(*stem, name): parts for name, parts in own.items()}
    for name, parts in deeper.items():
        found |= _leaves(parts, (*stem, name))
    return found


def _column(codes: np.ndarray, texts: int, parts: Mapping[int, object]) -> tuple[int, object]:
    """In which row a field first appears, and its column; NaN where a row has no such field."""
    lookup = np.full(texts + 1, -1)  # the last is met by the code -1
    lookup[np.fromiter(parts, int, len(parts))] = np.arange(len(parts))
    wanted = lookup[codes]
    there = wanted >= 0
    values = [*parts.values()] if there.all() else [*parts.values(), np.nan]
    # Most fields are numbers; pandas would look at each of them for what it is.
    measured = set(map(type, values)) <= {float, int}
    known = np.array(values) if measured else pd.Series(values).array
    return int(there.argmax()), known.take(wanted)

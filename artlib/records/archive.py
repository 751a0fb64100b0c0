"""The archive: an experiment's runs in one Parquet file, its predictions in another.

``<experiment>.runs.parquet`` has a row a run. ``id`` and ``created`` are text, the other columns fields of records as
JSON: ``cell``, ``metrics`` and ``history`` each their own, ``shared`` those that many runs have alike (stored once),
``rest`` all others. Nothing is converted, so that every record comes back as it was written. ``digest`` identifies
the record's content. ``<experiment>.predictions.parquet`` has the rows of all runs, ``run`` says whose they are.
``artlib.experiments.packing`` writes both.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artlib.records import journal
from artlib.records.journal import RecordError

RUNS, PREDICTIONS = ".runs.parquet", ".predictions.parquet"
FORMAT, KEY = b"1", b"artlib.records"
_PLAIN, NESTED = ("id", "created"), ("cell", "metrics", "history")
_SHARED = (
    "artlib", "classes", "code", "collection", "commit", "cpus", "device", "dirty", "experiment", "features", "paper",
    "pixels", "preset", "python", "recipe", "versions",
)  # fmt: skip
COLUMNS = ("digest", *_PLAIN, "shared", *NESTED, "rest")
_SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS], {KEY: FORMAT})


def table(found: Iterable[Mapping]) -> pa.Table:
    """Records as the archive holds them, a row each."""
    return pa.Table.from_pylist([_row(record) for record in found], _SCHEMA)


def record(row: Mapping) -> dict:
    """The record in a row of the archive, as it was written."""
    fields = {name: row[name] for name in _PLAIN} | {name: json.loads(row[name] or "null") for name in NESTED}
    fields = {name: value for name, value in fields.items() if row[name] is not None}
    return dict(sorted((fields | json.loads(row["shared"]) | json.loads(row["rest"])).items()))


def _row(record: Mapping) -> dict:
    apart = {*_PLAIN, *NESTED, *_SHARED}
    return {
        "digest": journal.digest(record),
        **{name: record.get(name) for name in _PLAIN},
        "shared": journal.text({name: record[name] for name in _SHARED if name in record}),
        **{name: journal.text(record[name]) for name in NESTED if name in record},
        "rest": journal.text({name: value for name, value in record.items() if name not in apart}),
    }


def load(file: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of an archive's file; RecordError where it is cut off, or of another format."""
    try:
        with pq.ParquetFile(file) as opened:
            written = (opened.schema_arrow.metadata or {}).get(KEY)
            if written != FORMAT:
                raise RecordError(
                    f"{file} is an archive of format {(written or b'unknown').decode()}, and this version of artlib "
                    f"reads format {FORMAT.decode()}. Use the version of artlib that belongs to these records."
                )
            return opened.read(columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise RecordError(
            f"{file} is damaged ({str(error).splitlines()[0]}). Get it back (`git restore {file.name}` in its folder); "
            "runs that are not in it yet lie untouched in the journal."
        ) from None


def predictions(file: Path, run: str) -> pd.DataFrame | None:
    """What one run predicted, from the archive's runs file beside which it lies; None where there is nothing."""
    beside = predictions_file(file)
    if not beside.exists():
        return None
    found = _loaded(beside, beside.stat().st_mtime_ns)
    rows = found.filter(pc.equal(found["run"], run)).drop_columns("run")
    if not len(rows):
        return None
    known = json.loads(found.schema.metadata.get(b"columns", b"{}")).get(run)
    return with_confidence(rows.select(known or rows.column_names)).to_pandas(ignore_metadata=True)


def with_confidence(found: pa.Table) -> pa.Table:
    """Predictions with the column ``confidence`` whole: the archive leaves it out where it is ``p``."""
    if not {"confidence", "p"} <= set(found.column_names):
        return found
    whole = pc.coalesce(found["confidence"], found["p"])
    return found.set_column(found.column_names.index("confidence"), "confidence", whole)


@lru_cache(maxsize=8)
def _loaded(file: Path, written: int) -> pa.Table:
    """A file of predictions; many runs of one experiment are asked for one after the other."""
    return load(file)


def predictions_file(runs_file: Path) -> Path:
    """Where the predictions of an experiment lie, from where its runs do."""
    return runs_file.with_name(runs_file.name.removesuffix(RUNS) + PREDICTIONS)


def experiments(*bases: Path, paper: str | None = None, experiment: str | None = None) -> list[tuple[str, str]]:
    """(paper, experiment) of all that lies below some folders, packed or loose, in order; None: whichever."""
    place = f"{paper or '*'}/{experiment or '*'}"
    packed = {(file.parent.name, file.name.removesuffix(RUNS)) for base in bases for file in base.glob(place + RUNS)}
    loose = {(folder.parent.name, folder.name) for base in bases for folder in base.glob(place) if folder.is_dir()}
    return sorted(packed | loose)


def newer(loose: Mapping, packed: Mapping) -> bool:
    """Whether a loose run replaces the packed one of the same identity: only where it was made later."""
    return (loose.get("created") or "") > (packed.get("created") or "")


def without(found: pa.Table, column: str, values: list[str]) -> pa.Table:
    """The rows in which a column has none of these values."""
    return found.filter(pc.invert(pc.is_in(found[column], pa.array(values, pa.string()))))

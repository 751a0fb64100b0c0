"""The archive: an experiment's runs in one Parquet file, its predictions in another, and the packing of the journal.

``<experiment>.runs.parquet`` has a row a run. ``id`` and ``created`` are text, the other columns fields of records as
JSON: ``cell``, ``metrics`` and ``history`` each their own, ``shared`` those that many runs have alike (stored once),
``rest`` all others. Nothing is converted, so that every record comes back as it was written. ``digest`` identifies
the record's content. ``<experiment>.predictions.parquet`` has the rows of all runs, ``run`` says whose they are.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artlib import paths
from artlib.records import journal
from artlib.records.journal import RecordError

RUNS, PREDICTIONS, CONTENTS = ".runs.parquet", ".predictions.parquet", "contents.csv"
FORMAT = b"1"
_KEY = b"artlib.records"
_PLAIN, NESTED = ("id", "created"), ("cell", "metrics", "history")
_SHARED = (
    "artlib", "classes", "code", "collection", "commit", "cpus", "device", "dirty", "experiment", "features", "paper",
    "pixels", "preset", "python", "recipe", "versions",
)  # fmt: skip
COLUMNS = ("digest", *_PLAIN, "shared", *NESTED, "rest")
_SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS], {_KEY: FORMAT})
_WAIT = 600  # seconds for another process that packs


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
            written = (opened.schema_arrow.metadata or {}).get(_KEY)
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
    beside = _predictions_file(file)
    if not beside.exists():
        return None
    found = _loaded(beside, beside.stat().st_mtime_ns)
    rows = found.filter(pc.equal(found["run"], run)).drop_columns("run")
    if not len(rows):
        return None
    known = json.loads(found.schema.metadata.get(b"columns", b"{}")).get(run)
    return rows.select(known or rows.column_names).to_pandas(ignore_metadata=True)


@lru_cache(maxsize=8)
def _loaded(file: Path, written: int) -> pa.Table:
    """A file of predictions; many runs of one experiment are asked for one after the other."""
    return load(file)


def _predictions_file(runs_file: Path) -> Path:
    return runs_file.with_name(runs_file.name.removesuffix(RUNS) + PREDICTIONS)


def experiments(base: Path, paper: str = "*", experiment: str = "*") -> set[tuple[str, str]]:
    """(paper, experiment) of all that lies below a folder, packed or loose."""
    packed = {(file.parent.name, file.name.removesuffix(RUNS)) for file in base.glob(f"{paper}/{experiment}{RUNS}")}
    loose = {(folder.parent.name, folder.name) for folder in base.glob(f"{paper}/{experiment}") if folder.is_dir()}
    return packed | loose


def newer(loose: Mapping, packed: Mapping) -> bool:
    """Whether a loose run replaces the packed one of the same identity: only where it was made later."""
    return (loose.get("created") or "") > (packed.get("created") or "")


def pack(folder: Path | None = None) -> list[str]:
    """Move the runs of the journal into the archive; returns a line for each experiment.

    Each experiment's files are written beside the old ones, read back and then renamed; only then its loose runs go.
    So whatever interrupts leaves every run in the journal, in the archive, or in both.

    Parameters
    ----------
    folder : holds both, journal and archive; None: ``paths.runs()`` and ``paths.results()``.

    Raises
    ------
    RecordError : a damaged archive or run; a loose run that contradicts the archive without being newer, or does not
        say how the code that made it differed from its commit; runs of one experiment whose predictions have a column
        of one name and two types; a full disk; another process that packs for more than ten minutes. Experiments
        already packed stay packed; of the others nothing has changed.
    """
    from filelock import FileLock, Timeout

    source, target = folder or paths.runs(), folder or paths.results()
    if not source.is_dir():
        return []
    try:
        with FileLock(source / ".pack.lock", timeout=_WAIT):
            lines = [line for place in sorted(experiments(source)) for line in _pack(source, target, *place)]
            _write_contents(target)
            return lines
    except Timeout:
        raise RecordError(f"Another process has been packing {source} for {_WAIT // 60} minutes. Try again.") from None


def _pack(source: Path, target: Path, paper: str, experiment: str) -> Iterator[str]:
    loose = {file: journal.load(file) for file in sorted((source / paper / experiment).glob("*.json"))}
    if not loose:
        return
    file = target / paper / f"{experiment}{RUNS}"
    packed = load(file) if file.exists() else table([])
    known = {row["id"]: row for row in packed.select(["id", "digest", "created"]).to_pylist()}
    new = _unpacked(loose, known)
    if new:
        replaced = [record["id"] for record in new.values()]
        runs = pa.concat_tables([without(packed, "id", replaced), table(new.values())]).sort_by("id")
        _write({_predictions_file(file): _joined(file, new, replaced), file: runs})
    for path, record in loose.items():
        if journal.digest(journal.load(path)) == journal.digest(
            record
        ):  # and not a newer one that was written meanwhile
            path.with_suffix(".parquet").unlink(missing_ok=True)
            path.unlink()
    again = sum(record["id"] in known for record in new.values())
    yield f"{paper}/{experiment}: {len(new) - again} new, {again} replaced, {len(known) + len(new) - again} in all"


def _unpacked(loose: Mapping[Path, Mapping], known: Mapping[str, Mapping]) -> dict[Path, Mapping]:
    """The runs that the archive does not hold yet; RecordError where one must not enter it."""
    new = {
        path: record
        for path, record in loose.items()
        if known.get(record["id"], {}).get("digest") != journal.digest(record)
    }
    for path, record in new.items():
        if record["id"] in known and not newer(record, known[record["id"]]):
            raise RecordError(
                f"{path} contradicts the archive: run {record['id']} is packed with another content, made "
                f"{known[record['id']]['created']}, and this one is not newer ({record.get('created')}). Compare with "
                f"`artlib records show {record['id']}`; then delete the file, or run the experiment again."
            )
        if str(record.get("commit", "")).endswith("+") and not record.get("dirty"):
            raise RecordError(
                f"{path} was made from a work tree that differed from its commit ({record['commit']}), and does not "
                "say in which files. Commit the code and run the experiment again; then what made it can be found."
            )
    return new


def without(found: pa.Table, column: str, values: list[str]) -> pa.Table:
    """The rows in which a column has none of these values."""
    return found.filter(pc.invert(pc.is_in(found[column], pa.array(values, pa.string()))))


def _joined(file: Path, new: Mapping[Path, Mapping], replaced: list[str]) -> pa.Table | None:
    """The predictions of an experiment with those of new runs; None where there are none.

    Runs that were tested on the same works lie together: their columns are the same, and compress to nothing.
    """
    parts: dict[str, pa.Table] = {}
    beside = _predictions_file(file)
    if beside.exists():
        old = without(load(beside), "run", replaced)
        known = json.loads(old.schema.metadata.get(b"columns", b"{}"))
        for run in pc.unique(old["run"]).to_pylist():
            part = old.filter(pc.equal(old["run"], run)).drop_columns("run")
            parts[run] = part.select(known.get(run, part.column_names)).replace_schema_metadata(None)
    for path, record in new.items():
        if path.with_suffix(".parquet").exists():
            parts[record["id"]] = pq.read_table(path.with_suffix(".parquet")).replace_schema_metadata(None)
    if not parts:
        return None
    first = {run: str(part.column(0).to_pylist()) for run, part in parts.items()}
    named = [
        part.add_column(0, "run", pa.repeat(pa.scalar(run), len(part)))
        for run, part in sorted(parts.items(), key=lambda item: (first[item[0]], item[0]))
    ]
    try:
        whole = pa.concat_tables(named, promote_options="default")
    except pa.ArrowException as error:
        raise RecordError(
            f"The runs of {file.parent.name}/{file.name.removesuffix(RUNS)} cannot be packed: their predictions have "
            f"a column of one name and two types ({str(error).splitlines()[0]})."
        ) from None
    columns = {run: part.column_names for run, part in parts.items() if len(part.column_names) < len(whole.schema) - 1}
    return whole.replace_schema_metadata({_KEY: FORMAT, b"columns": json.dumps(columns)})


def _write_contents(base: Path) -> None:
    """A table in text of what the archive holds, so that a change of it can be read in a diff."""
    files = sorted(base.glob(f"*/*{RUNS}"))
    table = pd.DataFrame([contents(file) for file in files], columns=["experiment", "runs", "ids", "records"])
    journal.replace(base / CONTENTS, lambda draft: table.to_csv(draft, index=False, lineterminator="\n"))


def contents(file: Path) -> list:
    """Experiment, number of runs, and a digest each of their ids and of all that they say."""
    found = load(file, ["id", "digest"])
    digests = [journal.digest(found[name].to_pylist()) for name in ("id", "digest")]
    return [f"{file.parent.name}/{file.name.removesuffix(RUNS)}", len(found), *digests]


def _write(files: Mapping[Path, pa.Table | None]) -> None:
    """Write tables into files, all or none; a file that is to hold nothing goes."""
    drafts = {
        file: file.with_name(f".{file.name}.{os.getpid()}.tmp") for file, found in files.items() if found is not None
    }
    try:
        for file, draft in drafts.items():
            draft.parent.mkdir(parents=True, exist_ok=True)
            _write_table(files[file], draft)
            if not load(draft).equals(files[file]):
                raise RecordError(f"{file.name} reads back other than it was written. Nothing has been packed.")
        for file, draft in drafts.items():
            os.replace(draft, file)
        for file in files.keys() - drafts:
            file.unlink(missing_ok=True)
    except OSError as error:
        full = "the disk is full" if error.errno == errno.ENOSPC else str(error)
        raise RecordError(
            f"{next(iter(files)).parent} could not be written: {full}. The runs lie untouched in the journal; make "
            "room and pack again."
        ) from None
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _write_table(found: pa.Table, file: Path) -> None:
    """One Parquet file, small: what repeats itself from run to run is left to zstd, in pages large enough to see it."""
    shared = {"run", "shared", "target", "predicted", "rank"}
    split = [f.name for f in found.schema if pa.types.is_floating(f.type)]
    with file.open("wb") as opened:
        pq.write_table(
            found,
            opened,
            compression="zstd",
            compression_level=19,
            use_dictionary=[name for name in found.column_names if name in shared],
            use_byte_stream_split=split or False,
            data_page_size=1 << 26,
            write_statistics=False,
        )
        opened.flush()
        os.fsync(opened.fileno())


def status(folder: Path | None = None) -> pd.DataFrame:
    """Runs by experiment: how many are packed, loose, and made from a work tree that differed from its commit.

    ``dirty``: packed or loose runs whose commit ends with "+"; ``unnamed``: those of them that do not say which files
    differed (records made before that was written down).
    """
    from artlib.records import reading

    bases = [folder] if folder else [paths.results(), paths.runs()]
    rows = []
    for paper, experiment in sorted(set().union(*map(experiments, bases))):
        loose = sum(1 for base in bases for _ in (base / paper / experiment).glob("*.json"))
        runs = reading.read(paper, experiment, folder)
        if runs.empty:
            continue
        dirty = runs["commit"].str.endswith("+")
        named = runs["dirty"].notna() if "dirty" in runs else False
        packed = sum(
            load(file, ["id"]).num_rows for base in bases if (file := base / paper / f"{experiment}{RUNS}").exists()
        )
        rows.append([f"{paper}/{experiment}", packed, loose, int(dirty.sum()), int((dirty & ~named).sum())])
    return pd.DataFrame(rows, columns=["experiment", "packed", "loose", "dirty", "unnamed"])

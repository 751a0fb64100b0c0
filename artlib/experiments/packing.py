"""The journal of records into the archive: nothing is lost, whatever interrupts.

Also what the archive holds, as a table in text that can be read in a diff, and a count of what is where.
"""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from artlib import paths, records
from artlib.records import RecordError, archive, journal
from artlib.records.archive import RUNS

CONTENTS = "contents.csv"
_WAIT = 600  # seconds for another process that packs


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
        of one name and two types; a full disk, or a folder that must not be written; another process that packs for
        more than ten minutes. Experiments already packed stay packed; of the others nothing has changed.
    """
    from filelock import FileLock, Timeout

    source, target = folder or paths.runs(), folder or paths.results()
    if not source.is_dir():
        return []
    try:
        with FileLock(source / ".pack.lock", timeout=_WAIT):
            lines = [line for place in archive.experiments(source) for line in _pack(source, target, *place)]
            _write_contents(target)
            return lines
    except Timeout:
        raise RecordError(f"Another process has been packing {source} for {_WAIT // 60} minutes. Try again.") from None
    except OSError as error:
        raise RecordError(f"{source} could not be packed: {error}. Every run is still there; pack again.") from None


def _pack(source: Path, target: Path, paper: str, experiment: str) -> Iterator[str]:
    files = sorted((source / paper / experiment).glob("*.json"))
    loose = {file: record for file in files if (record := journal.load(file))}
    if not loose:
        return
    file = target / paper / f"{experiment}{RUNS}"
    packed = archive.load(file) if file.exists() else archive.table([])
    known = {row["id"]: row for row in packed.select(["id", "digest", "created"]).to_pylist()}
    new = _unpacked(loose, known)
    if new:
        replaced = [record["id"] for record in new.values()]
        runs = pa.concat_tables([archive.without(packed, "id", replaced), archive.table(new.values())]).sort_by("id")
        _write({archive.predictions_file(file): _joined(file, new, replaced), file: runs})
    for path, record in loose.items():
        # It may have been written again meanwhile.
        if journal.digest(journal.load(path)) == journal.digest(record):
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
        if record["id"] in known and not archive.newer(record, known[record["id"]]):
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


def _joined(file: Path, new: Mapping[Path, Mapping], replaced: list[str]) -> pa.Table | None:
    """The predictions of an experiment with those of new runs; None where there are none.

    Runs that were tested on the same works lie together: their columns are the same, and compress to nothing.
    """
    parts: dict[str, pa.Table] = {}
    beside = archive.predictions_file(file)
    if beside.exists():
        stored = archive.load(beside)
        old = archive.with_confidence(archive.without(stored, "run", replaced))
        known = json.loads(stored.schema.metadata.get(b"columns", b"{}"))
        for run in pc.unique(old["run"]).to_pylist():
            part = old.filter(pc.equal(old["run"], run)).drop_columns("run")
            parts[run] = part.select(known.get(run, part.column_names)).replace_schema_metadata(None)
    for path, record in new.items():
        if record.get("predictions"):
            parts[record["id"]] = journal.predictions(path).replace_schema_metadata(None)
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
    whole = _without_confidence(whole)
    return whole.replace_schema_metadata({archive.KEY: archive.FORMAT, b"columns": json.dumps(columns)})


def _without_confidence(found: pa.Table) -> pa.Table:
    """Predictions whose ``confidence`` is left out where it equals ``p``: of every work that was recognised."""
    if not {"confidence", "p"} <= set(found.column_names):
        return found
    same = pc.fill_null(pc.equal(found["confidence"], found["p"]), False)
    told = pc.if_else(same, pa.scalar(None, found["confidence"].type), found["confidence"])
    return found.set_column(found.column_names.index("confidence"), "confidence", told)


def _write_contents(base: Path) -> None:
    """A table in text of what the archive holds, so that a change of it can be read in a diff."""
    files = sorted(base.glob(f"*/*{RUNS}"))
    table = pd.DataFrame([contents(file) for file in files], columns=["experiment", "runs", "ids", "records"])
    paths.write_whole(base / CONTENTS, lambda draft: table.to_csv(draft, index=False, lineterminator="\n"))


def contents(file: Path) -> list:
    """Experiment, number of runs, and a digest each of their ids and of all that they say."""
    found = archive.load(file, ["id", "digest"])
    digests = [journal.digest(found[name].to_pylist()) for name in ("id", "digest")]
    return [f"{file.parent.name}/{file.name.removesuffix(RUNS)}", len(found), *digests]


def _write(files: Mapping[Path, pa.Table | None]) -> None:
    """Write tables into files, all or none; a file that is to hold nothing goes."""
    # Only one process packs, so that a draft which a killed one left is written over.
    drafts = {file: file.with_name(f".{file.name}.tmp") for file, found in files.items() if found is not None}
    try:
        for file, draft in drafts.items():
            draft.parent.mkdir(parents=True, exist_ok=True)
            _write_table(files[file], draft)
            if not archive.load(draft).equals(files[file]):
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
    named = [name for name in found.column_names if name in shared]
    how = {"compression": "zstd", "compression_level": 19, "data_page_size": 1 << 26, "write_statistics": False}
    with file.open("wb") as opened:
        pq.write_table(found, opened, use_dictionary=named, use_byte_stream_split=split or False, **how)
        opened.flush()
        os.fsync(opened.fileno())


def status(folder: Path | None = None) -> pd.DataFrame:
    """Runs by experiment: how many are packed, loose, and made from a work tree that differed from its commit.

    ``dirty``: packed or loose runs whose commit ends with "+"; ``unnamed``: those of them that do not say which files
    differed (records made before that was written down).
    """
    bases = [folder] if folder else [paths.results(), paths.runs()]
    rows = []
    for paper, experiment in archive.experiments(*bases):
        loose = sum(1 for base in bases for _ in (base / paper / experiment).glob("*.json"))
        runs = records.read(paper, experiment, folder)
        if runs.empty:
            continue
        dirty = runs["commit"].str.endswith("+")
        named = runs["dirty"].notna() if "dirty" in runs else False
        files = [file for base in bases if (file := base / paper / f"{experiment}{RUNS}").exists()]
        packed = sum(archive.load(file, ["id"]).num_rows for file in files)
        rows.append([f"{paper}/{experiment}", packed, loose, int(dirty.sum()), int((dirty & ~named).sum())])
    return pd.DataFrame(rows, columns=["experiment", "packed", "loose", "dirty", "unnamed"])

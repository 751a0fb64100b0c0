"""The journal: a run as one JSON file with its predictions beside it, never half written."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from artlib import paths
from artlib.errors import ArtlibError
from artlib.records.origin import processes, provenance

IDENTITY = ("paper", "experiment", "preset", "collection", "cell", "seed")


class RecordError(ArtlibError):
    """A record that is incomplete or cannot be read."""


def identity(record: Mapping) -> str:
    """Twelve hexadecimal digits that say what was run, whatever came out.

    Raises RecordError where one of ``IDENTITY`` is missing.
    """
    missing = [name for name in IDENTITY if name not in record]
    if missing:
        raise RecordError(f"A record needs {', '.join(IDENTITY)}; {', '.join(missing)} missing.")
    key = json.dumps({name: record[name] for name in IDENTITY}, sort_keys=True, default=str)
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def digest(fields: object) -> str:
    """Sixteen hexadecimal digits of all that a record says: what values computed from it are kept under."""
    return hashlib.sha256(text(fields).encode()).hexdigest()[:16]


def text(fields: object) -> str:
    """Fields as the shortest JSON, in the order of their names."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), default=str)


def write(record: Mapping, predictions: pd.DataFrame | None = None, folder: Path | None = None) -> Path:
    """Write one run; a run of the same identity is replaced. Of several processes under ``torchrun`` the first writes.

    Parameters
    ----------
    record : the fields of ``IDENTITY`` and, usually, metrics (name -> number), minutes, n_train, n_test.
        Provenance is added where it is missing.
    predictions : one row a tested work (``artlib.evaluate.predictions``), kept in a Parquet file of the same name.
    folder : default the journal, ``paths.runs()``; the file goes to ``<paper>/<experiment>/<id>.json`` below it.

    Returns
    -------
    The file.

    Raises
    ------
    RecordError : a field of ``IDENTITY`` is missing, or the folder cannot be written.
    """
    name = identity(record)
    target = (folder or paths.runs()) / str(record["paper"]) / str(record["experiment"]) / f"{name}.json"
    if processes()[0]:
        return target
    whole = {"id": name, **provenance(record.get("seed"), record.get("device")), **record}
    try:
        if predictions is not None:
            paths.write_whole(target.with_suffix(".parquet"), lambda path: predictions.to_parquet(path, index=False))
            whole["predictions"] = target.with_suffix(".parquet").name
        # Predictions first: a record that can be read is a run that is whole.
        said = json.dumps(whole, indent=1, sort_keys=True, default=str, allow_nan=True) + "\n"
        paths.write_whole(target, lambda path: path.write_text(said, encoding="utf-8"))
    except OSError as error:
        raise RecordError(f"Run {name} could not be recorded in {target.parent}: {error}.") from None
    return target


def load(file: Path) -> dict | None:
    """A record of the journal; None where the file has gone, because its run was packed in this moment.

    Raises RecordError where it cannot be read, or is of another run than its folder and name say.
    """
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        name = identity(record)
        said = (str(record["paper"]), str(record["experiment"]), f"{name}.json", name)
        if said != (*file.parts[-3:], record.get("id")):
            raise ValueError("it is the record of another run than its folder and name say")
        return record
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecordError) as error:
        raise RecordError(f"Record {file} cannot be read ({error}). Delete it and run the experiment again.") from None


def predictions(file: Path) -> pa.Table:
    """The predictions beside a record of the journal; RecordError where they cannot be read, or are not there."""
    try:
        return pq.read_table(file.with_suffix(".parquet"))
    except (OSError, pa.ArrowException) as error:
        raise RecordError(f"Predictions of {file} cannot be read ({error}). Delete both; run it again.") from None

"""Results, written once and read by every page.

A run is written into the *journal*: one JSON file, with its predictions beside it (``data/runs``, which git ignores).
``artlib records pack`` moves what lies there into the *archive* in git (``data/results``): two Parquet files an
experiment. Whoever reads meets both as one table.

A record's identity is what was run (paper, experiment, preset, collection, cell, seed), so that running it again
replaces it. What was predicted for each work is kept with it, because intervals are computed by resampling works.
"""

from artlib.records.journal import IDENTITY, RecordError, identity, write
from artlib.records.origin import Stopwatch, code_version, origin_of, peak_memory_mb, processes, provenance
from artlib.records.reading import exists, find, history, plain, predictions, read

__all__ = [
    "IDENTITY",
    "RecordError",
    "Stopwatch",
    "code_version",
    "exists",
    "find",
    "history",
    "identity",
    "origin_of",
    "peak_memory_mb",
    "plain",
    "predictions",
    "processes",
    "provenance",
    "read",
    "write",
]

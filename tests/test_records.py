"""Records: identity, provenance, selection, and files that are never half written."""

import json

import pandas as pd
import pytest

from artlib import records

RUN = {
    "paper": "finetuning",
    "experiment": "transfer",
    "preset": "smoke",
    "collection": "museum",
    "cell": {"task": "style", "method": "frozen"},
    "seed": 0,
}


def test_a_record_comes_back_flat_with_its_provenance(tmp_path):
    records.write({**RUN, "metrics": {"accuracy": 0.5}, "minutes": 1.5}, folder=tmp_path)
    row = records.read("finetuning", folder=tmp_path).iloc[0]
    assert row["metrics.accuracy"] == 0.5
    assert row["cell.task"] == "style"
    assert row["versions.torch"]
    assert row["commit"]
    assert row["created"].startswith("20")


def test_the_same_run_replaces_and_another_adds(tmp_path):
    for accuracy in (0.1, 0.2):
        records.write({**RUN, "metrics": {"accuracy": accuracy}}, folder=tmp_path)
    records.write({**RUN, "seed": 1, "metrics": {"accuracy": 0.3}}, folder=tmp_path)
    table = records.read(folder=tmp_path)
    assert sorted(table["metrics.accuracy"]) == [0.2, 0.3]
    assert not list(tmp_path.rglob("*.tmp"))


def test_selection_by_nested_field(tmp_path):
    for method in ("frozen", "scratch"):
        records.write({**RUN, "cell": {"task": "style", "method": method}}, folder=tmp_path)
    assert len(records.read(folder=tmp_path, **{"cell.method": "frozen"})) == 1
    assert len(records.read(folder=tmp_path, **{"cell.absent": "x"})) == 0
    assert len(records.read("culture", folder=tmp_path)) == 0


def test_predictions_lie_beside_the_record(tmp_path):
    predictions = pd.DataFrame({"work_id": ["a", "b"], "rank": [1, 3]})
    records.write(RUN, predictions, folder=tmp_path)
    row = records.read(folder=tmp_path).iloc[0]
    pd.testing.assert_frame_equal(records.predictions(row), predictions, check_dtype=False)
    assert records.exists(RUN, folder=tmp_path)
    assert not records.exists({**RUN, "seed": 9}, folder=tmp_path)


def test_incomplete_and_broken_records_say_so(tmp_path):
    with pytest.raises(records.RecordError, match="seed missing"):
        records.write({key: value for key, value in RUN.items() if key != "seed"}, folder=tmp_path)
    path = records.write(RUN, folder=tmp_path)
    with pytest.raises(records.RecordError, match="no predictions"):
        records.predictions(records.read(folder=tmp_path).iloc[0])
    path.write_text("{")
    with pytest.raises(records.RecordError, match="cannot be read"):
        records.read(folder=tmp_path)


def test_records_are_plain_json(tmp_path):
    record = json.loads(records.write(RUN, folder=tmp_path).read_text())
    assert record["cell"] == RUN["cell"]
    assert records.identity(record) == record["id"]


def test_the_stopwatch_measures():
    with records.Stopwatch() as watch:
        sum(range(100_000))
    assert 0 < watch.minutes < 1
    assert watch.peak_memory_mb > 10


def test_the_code_version_is_stable_within_a_process_and_hexadecimal():
    assert records.code_version() == records.code_version()
    assert int(records.code_version(), 16) >= 0

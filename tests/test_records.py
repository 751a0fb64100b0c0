"""Records: identity, provenance, selection, and files that are never half written."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from artlib import paths, records
from artlib.experiments import packing
from artlib.records import journal, origin

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
    assert not list(tmp_path.rglob("*.draft"))


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


@pytest.mark.parametrize("said", [b"", b"[1]", b"null", b'{"paper": "p"}', b"\xff\xfe", "another", "without id"])
def test_a_file_that_is_no_record_of_its_place_says_so(tmp_path, said):
    path = records.write(RUN, folder=tmp_path)
    whole = json.loads(path.read_text())
    changed = {"another": {**whole, "seed": 9}, "without id": {n: v for n, v in whole.items() if n != "id"}}
    path.write_bytes(json.dumps(changed[said]).encode() if said in changed else said)
    with pytest.raises(records.RecordError, match=f"{path.name} cannot be read"):
        records.read(folder=tmp_path)
    with pytest.raises(records.RecordError, match=f"{path.name} cannot be read"):
        packing.pack(tmp_path)
    assert path.exists()


@pytest.mark.parametrize("cut", [True, False])
def test_predictions_that_are_damaged_or_gone_say_so_and_are_not_packed_without(tmp_path, cut):
    path = records.write(RUN, pd.DataFrame({"work_id": ["a"]}), tmp_path)
    beside = path.with_suffix(".parquet")
    beside.write_bytes(b"PAR1") if cut else beside.unlink()
    for act in (packing.pack, lambda folder: records.predictions(records.read(folder=folder).iloc[0])):
        with pytest.raises(records.RecordError, match=r"Predictions of .* cannot be read"):
            act(tmp_path)
    assert path.exists()


def test_a_run_without_predictions_does_not_take_those_of_the_run_it_replaces(tmp_path):
    records.write(RUN, pd.DataFrame({"work_id": ["a"]}), tmp_path)
    records.write(RUN, None, tmp_path)
    for _ in range(2):
        with pytest.raises(records.RecordError, match="no predictions"):
            records.predictions(records.read(folder=tmp_path).iloc[0])
        packing.pack(tmp_path)


def test_a_reader_meets_every_run_while_they_are_packed(tmp_path, monkeypatch):
    records.write(RUN, pd.DataFrame({"work_id": ["a"]}), tmp_path)
    before, load = records.read(folder=tmp_path), journal.load

    def late(file):
        monkeypatch.setattr(journal, "load", load)
        packing.pack(tmp_path)
        return load(file)

    monkeypatch.setattr(journal, "load", late)
    assert records.read(folder=tmp_path)["id"].tolist() == before["id"].tolist()
    with pytest.raises(records.RecordError, match="Read the records again"):
        records.predictions(before.iloc[0])


def test_a_folder_that_cannot_be_written_is_one_clear_message(tmp_path, monkeypatch):
    records.write(RUN, folder=tmp_path)

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(paths, "write_whole", refused)
    with pytest.raises(records.RecordError, match=r"could not be recorded in .*Permission denied"):
        records.write(RUN, folder=tmp_path)
    with pytest.raises(records.RecordError, match=r"could not be packed: .*Permission denied"):
        packing.pack(tmp_path)
    monkeypatch.undo()
    (tmp_path / "finetuning" / ".transfer.runs.parquet.tmp").write_bytes(b"of a packing that was killed")
    records.write({**RUN, "seed": 1}, folder=tmp_path)
    packing.pack(tmp_path)
    assert len(records.read(folder=tmp_path)) == 2
    assert not list(tmp_path.rglob("*.tmp"))


def test_records_are_plain_json(tmp_path):
    record = json.loads(records.write(RUN, folder=tmp_path).read_text())
    assert record["cell"] == RUN["cell"]
    assert records.identity(record) == record["id"]


def test_the_stopwatch_measures():
    with records.Stopwatch() as watch:
        sum(range(100_000))
    assert 0 < watch.minutes < 1
    assert watch.peak_memory_mb is None or watch.peak_memory_mb > 10


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system keeps the peak of the whole process only")
def test_peak_memory_is_that_of_the_run_and_not_of_the_process_before_it():
    code = (
        "from artlib.records import Stopwatch, peak_memory_mb\n"
        "bytes(2**28), bytearray(b'a') * 2**28\n"
        "whole = peak_memory_mb()\n"
        "with Stopwatch() as watch: bytearray(b'a') * 2**26\n"
        "with Stopwatch() as nothing: pass\n"
        "print(whole, watch.peak_memory_mb, nothing.peak_memory_mb)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    whole, watch, nothing = map(float, done.stdout.split())
    assert whole > watch + 100
    assert 50 < watch - nothing < 100


def test_a_record_says_which_code_made_it_and_which_files_differed_from_the_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
    forget = (origin.commit, origin._changed_files)

    def made():
        for function in forget:
            function.cache_clear()
        return records.provenance()

    try:
        assert made()["commit"] == "unknown"
        file = tmp_path / "a name.py"
        file.write_text("a = 1\n")
        for words in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"],
        ):
            subprocess.run(["git", *words], cwd=tmp_path, check=True)
        clean = made()
        assert len(clean["commit"]) == 12
        assert "dirty" not in clean
        assert clean["code"] == records.code_version()
        file.write_text("a = 2\n")
        (tmp_path / "not tracked.py").write_text("")
        assert made()["commit"] == clean["commit"] + "+"
        assert made()["dirty"] == ["a name.py"]
        # Installed somewhere below a repository of something else.
        inside = tmp_path / ".venv"
        inside.mkdir()
        monkeypatch.setenv("ARTLIB_HOME", str(inside))
        assert made()["commit"] == "unknown"
        assert "dirty" not in made()
    finally:
        for function in forget:
            function.cache_clear()


def test_the_code_version_is_stable_within_a_process_and_hexadecimal():
    assert records.code_version() == records.code_version()
    assert int(records.code_version(), 16) >= 0


def test_the_code_version_of_a_part_that_does_not_exist_is_an_error():
    assert records.code_version("records") != records.code_version("paths.py") != records.code_version("presets.yaml")
    with pytest.raises(FileNotFoundError):
        records.code_version("record.py")

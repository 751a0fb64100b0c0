"""The archive of records: what is packed reads as it was written, and nothing that interrupts loses a run."""

import errno
import json
import math
import subprocess
import sys
import time

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from artlib import paths, records
from artlib.__main__ import app
from artlib.experiments import packing
from artlib.records import archive

RUN = {
    "paper": "finetuning",
    "experiment": "transfer",
    "preset": "smoke",
    "collection": "museum",
    "cell": {"task": "style", "method": "frozen"},
    "seed": 0,
}


def runs(folder, *seeds, created="2026-11-01T00:00:00+00:00", accuracy=0.5, experiment="transfer"):
    """Write runs into the journal; returns their files."""
    predictions = pd.DataFrame({"work_id": ["a", "b"], "p": pd.Series([0.25, accuracy], dtype="float32")})
    record = {**RUN, "experiment": experiment, "created": created, "metrics": {"accuracy": accuracy}, "commit": "0123"}
    return [records.write({**record, "seed": seed}, predictions, folder) for seed in seeds]


def everything(folder):
    """What stands below a folder, however it is stored: records and predictions by id."""
    table = records.read(folder=folder)
    return {
        row["id"]: (records.find(row["id"], folder), records.predictions(row).to_dict("list"))
        for _, row in table.iterrows()
    }


ODD = (
    {"cell": {"task": "style", "apart": None, "fold": 1}, "metrics": {"accuracy": math.nan, "n": 3, "big": 2**60}},
    {
        "cell": {"task": "genre", "apart": "artist", "names": ["a", 1, None, [2.5]]},
        "metrics": {},
        "looks": {"deep": {}},
    },
    {"cell": {"task": "Ölbild"}, "history": {"epoch": [1, 2], "loss": [0.1, math.inf]}, "minutes": 1, "note": None},
    {"cell": {"task": 7}, "metrics": {"accuracy": 1, "flag": True}, "pairs": [["a", "b", 0.30000000000000004]]},
)


def test_what_is_packed_reads_as_it_was_written_whatever_its_types(tmp_path):
    texts = {}
    for odd in ODD:
        file = records.write({**RUN, **odd}, folder=tmp_path)
        texts[file.stem] = file.read_text()
    before = records.read(folder=tmp_path)
    assert packing.pack(tmp_path) == ["finetuning/transfer: 4 new, 0 replaced, 4 in all"]
    after = records.read(folder=tmp_path)
    assert not list(tmp_path.rglob("*.json"))
    pd.testing.assert_frame_equal(before.drop(columns="path"), after.drop(columns="path"))
    assert [repr(row) for row in before.drop(columns="path").to_numpy().tolist()] == [
        repr(row) for row in after.drop(columns="path").to_numpy().tolist()
    ]
    for name, text in texts.items():
        assert json.dumps(records.find(name, tmp_path), indent=1, sort_keys=True) + "\n" == text


def test_a_history_is_read_of_the_runs_that_have_one(tmp_path):
    for odd in ODD:
        records.write({**RUN, **odd}, folder=tmp_path)
    for _ in ("loose", "packed"):
        told = [records.history(run) for _, run in records.read(folder=tmp_path).iterrows()]
        (trained,) = (table for table in told if len(table))
        assert trained.to_dict("list") == {"epoch": [1, 2], "loss": [0.1, math.inf]}
        packing.pack(tmp_path)


def test_predictions_are_packed_with_their_types_whichever_columns_a_run_has(tmp_path):
    tables = {
        0: pd.DataFrame({"work_id": ["b", "a"], "rank": pd.Series([1, 3], dtype="int32")}),
        1: pd.DataFrame({"work_id": ["a"], "p": pd.Series([math.nan], dtype="float32")}),
        2: pd.DataFrame({"work_id": ["b", "a"], "webp": [b"RIFF", b"\x00"]}),
    }
    for seed, table in tables.items():
        records.write({**RUN, "seed": seed}, table, tmp_path)
    records.write({**RUN, "seed": 3}, folder=tmp_path)
    packing.pack(tmp_path)
    for _, row in records.read(folder=tmp_path).iterrows():
        if row["seed"] in tables:
            pd.testing.assert_frame_equal(records.predictions(row), tables[row["seed"]])
        else:
            with pytest.raises(records.RecordError, match="no predictions"):
                records.predictions(row)


def test_loose_runs_stand_over_packed_ones_only_when_they_are_newer(tmp_path):
    runs(tmp_path, 0, 1)
    packing.pack(tmp_path)
    runs(tmp_path, 0, created="2026-11-02T00:00:00+00:00", accuracy=0.75)
    runs(tmp_path, 1, created="2026-10-01T00:00:00+00:00", accuracy=0.75)
    runs(tmp_path, 2)
    table = records.read(folder=tmp_path).set_index("seed")
    assert table["metrics.accuracy"].to_dict() == {0: 0.75, 1: 0.5, 2: 0.5}
    assert records.predictions(table.loc[0])["p"].tolist() == [0.25, 0.75]
    assert records.predictions(table.loc[1])["p"].tolist() == [0.25, 0.5]
    assert all(records.exists({**RUN, "seed": seed}, tmp_path) for seed in (0, 1, 2))


def test_a_newer_run_replaces_and_an_older_one_is_one_clear_message(tmp_path):
    runs(tmp_path, 0, 1)
    packing.pack(tmp_path)
    digests = records.read(folder=tmp_path).set_index("seed")["digest"]
    runs(tmp_path, 0, created="2026-11-02T00:00:00+00:00", accuracy=0.75)
    assert packing.pack(tmp_path) == ["finetuning/transfer: 0 new, 1 replaced, 2 in all"]
    table = records.read(folder=tmp_path).set_index("seed")
    assert table["metrics.accuracy"].to_dict() == {0: 0.75, 1: 0.5}
    assert records.predictions(table.loc[0])["p"].tolist() == [0.25, 0.75]
    assert (table["digest"] == digests).to_dict() == {0: False, 1: True}
    for seed in (0, 1):
        records.write({**RUN, "seed": seed, "created": "2026-11-03T00:00:00+00:00", "commit": "0123"}, folder=tmp_path)
    packing.pack(tmp_path)
    with pytest.raises(records.RecordError, match="no predictions"):
        records.predictions(records.read(folder=tmp_path).iloc[0])
    (file,) = runs(tmp_path, 1, created="2026-11-03T00:00:00+00:00", accuracy=0.1)  # the same second, other content
    before = records.read(folder=tmp_path)
    with pytest.raises(records.RecordError, match=f"contradicts the archive: run {file.stem}"):
        packing.pack(tmp_path)
    assert file.exists()
    pd.testing.assert_frame_equal(records.read(folder=tmp_path), before)


def test_packing_what_is_packed_already_changes_nothing(tmp_path):
    runs(tmp_path, 0)
    packing.pack(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.rglob("*.*") if file.suffix in (".parquet", ".csv")}
    assert packing.pack(tmp_path) == []
    runs(tmp_path, 0)  # the same run, copied from elsewhere
    assert packing.pack(tmp_path) == ["finetuning/transfer: 0 new, 0 replaced, 1 in all"]
    after = {file.name: file.read_bytes() for file in tmp_path.rglob("*.*") if file.suffix in (".parquet", ".csv")}
    assert after == before
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_full_disk_while_packing_loses_nothing(tmp_path, monkeypatch, written):
    """The disk is full at the first file, at the second, or when the second is moved to its place."""
    runs(tmp_path, 0, 1)
    packing.pack(tmp_path)
    runs(tmp_path, 2)
    before, calls = everything(tmp_path), []
    kept = packing._write_table, packing.os.replace

    def full(whole, *words):
        calls.append(whole)
        if len(calls) > (written if whole is kept[0] else 1):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(*words)

    if written < 2:
        monkeypatch.setattr(packing, "_write_table", lambda *words: full(kept[0], *words))
    else:
        monkeypatch.setattr(packing.os, "replace", lambda *words: full(kept[1], *words))
    with pytest.raises(records.RecordError, match="the disk is full"):
        packing.pack(tmp_path)
    monkeypatch.undo()
    assert everything(tmp_path) == before
    assert not list(tmp_path.rglob("*.tmp"))
    packing.pack(tmp_path)
    assert everything(tmp_path) == before


def test_an_archive_that_is_cut_off_says_so_and_the_journal_stays(tmp_path):
    runs(tmp_path, 0)
    packing.pack(tmp_path)
    (loose,) = runs(tmp_path, 1)
    for name in ("transfer.runs.parquet", "transfer.predictions.parquet"):
        file = tmp_path / "finetuning" / name
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(records.RecordError, match=rf"{name} is damaged .*git restore {name}"):
            packing.pack(tmp_path)
        assert loose.exists()
        assert file.read_bytes() == whole[: len(whole) // 2]
        file.write_bytes(whole)
    assert len(everything(tmp_path)) == 2


def test_an_archive_of_another_format_is_left_alone(tmp_path):
    runs(tmp_path, 0)
    packing.pack(tmp_path)
    file = tmp_path / "finetuning" / "transfer.runs.parquet"
    pq.write_table(pq.read_table(file).replace_schema_metadata({b"artlib.records": b"9"}), file)
    runs(tmp_path, 1)
    for act in (packing.pack, lambda folder: records.read(folder=folder)):
        with pytest.raises(records.RecordError, match="format 9, and this version of artlib reads format 1"):
            act(tmp_path)
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(records.RecordError, match="format unknown"):
        records.read(folder=tmp_path)


def test_predictions_of_two_types_are_one_clear_message(tmp_path):
    records.write(RUN, pd.DataFrame({"work_id": ["a"], "p": [1]}), tmp_path)
    records.write({**RUN, "seed": 1}, pd.DataFrame({"work_id": ["a"], "p": ["much"]}), tmp_path)
    with pytest.raises(records.RecordError, match="a column of one name and two types"):
        packing.pack(tmp_path)
    assert len(list(tmp_path.rglob("*.json"))) == 2


def test_two_processes_that_pack_at_once_pack_everything_once(tmp_path):
    for experiment in ("transfer", "scenarios", "features"):
        runs(tmp_path, *range(8), experiment=experiment)
    before = everything(tmp_path)
    code = (
        "import sys; from pathlib import Path; from artlib.experiments import packing; packing.pack(Path(sys.argv[1]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert everything(tmp_path) == before
    assert not list(tmp_path.rglob("*.json"))


def test_a_run_written_again_while_it_is_packed_stays_in_the_journal(tmp_path, monkeypatch):
    runs(tmp_path, 0)
    write = packing._write

    def meanwhile(files):
        write(files)
        runs(tmp_path, 0, created="2026-11-03T00:00:00+00:00", accuracy=0.9)

    monkeypatch.setattr(packing, "_write", meanwhile)
    packing.pack(tmp_path)
    row = records.read(folder=tmp_path).iloc[0]
    assert row["metrics.accuracy"] == 0.9
    assert records.predictions(row)["p"].iloc[1] == pytest.approx(0.9)


def test_the_commands_pack_show_and_count(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "results", lambda: tmp_path / "results")
    monkeypatch.setattr(paths, "runs", lambda: tmp_path / "runs")
    assert "no records" in CliRunner().invoke(app, ["records", "status"]).output
    assert "journal is empty" in CliRunner().invoke(app, ["records", "pack"]).output
    (file,) = runs(None, 0)
    records.write({**RUN, "seed": 1, "commit": "0123456789ab+", "dirty": ["artlib/works.py"]})
    unnamed = records.write({**RUN, "seed": 2, "commit": "0123456789ab+", "dirty": None})
    assert file.is_relative_to(tmp_path / "runs")
    assert "0 packed, 3 loose, 2 dirty, 1 unnamed" in CliRunner().invoke(app, ["records", "status"]).output
    refused = CliRunner().invoke(app, ["records", "pack"])
    assert refused.exit_code == 1
    assert "made from a work tree that differed from its commit" in refused.output
    unnamed.unlink()
    assert "2 new" in CliRunner().invoke(app, ["records", "pack"]).output
    assert "2 packed, 0 loose, 1 dirty, 0 unnamed" in CliRunner().invoke(app, ["records", "status"]).output
    shown = CliRunner().invoke(app, ["records", "show", file.stem])
    assert json.loads(shown.output)["metrics"] == {"accuracy": 0.5}
    absent = CliRunner().invoke(app, ["records", "show", "0123"])
    assert absent.exit_code == 1
    assert "no record '0123'" in absent.output


def test_no_recorded_run_has_disappeared():
    """The archive in git holds what its table of contents says, and never less than was there when it was made."""
    said = pd.read_csv(paths.results() / packing.CONTENTS)
    found = [packing.contents(file) for file in sorted(paths.results().glob(f"*/*{archive.RUNS}"))]
    assert found == said.to_numpy().tolist()
    assert said["runs"].sum() >= 6_691


def test_recorded_runs_have_ids_of_their_own_and_their_predictions():
    table = records.read()
    assert not table["id"].duplicated().any()
    assert [records.identity(records.find(name)) for name in table["id"].iloc[::2000]] == list(table["id"].iloc[::2000])
    for _, row in table[table["predictions"].notna()].iloc[::500].iterrows():
        assert len(records.predictions(row))


def test_the_journal_is_not_in_git():
    ignored = (paths.root() / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{paths.runs().relative_to(paths.root()).as_posix()}/" in ignored


@pytest.mark.slow
@pytest.mark.timed
def test_all_records_are_read_in_less_than_three_times_what_pandas_takes_for_their_files():
    files = sorted(paths.results().glob("*/*.runs.parquet"))

    def seconds(read):
        start = time.process_time()  # of this process: others may be busy
        read()
        return time.process_time() - start

    readers = records.read, lambda: [pd.read_parquet(file) for file in files]
    took = [[seconds(read) for read in readers] for _ in range(9)]  # in turn, on the same machine
    ours, pandas = map(min, zip(*took, strict=True))
    assert len(files) > 50
    assert ours < 3 * pandas, took


def test_confidence_that_is_the_truths_probability_is_not_stored_twice_and_reads_as_it_was(tmp_path):
    said = pd.DataFrame({"p": [0.25, 0.75, 0.5], "predicted": [1, 0, 2], "confidence": [0.5, 0.75, 0.5]})
    said = said.astype({"p": "float32", "confidence": "float32"})
    for seed in (0, 1):  # the second joins what is packed already
        records.write({**RUN, "seed": seed, "commit": "0123"}, said, tmp_path)
        packing.pack(tmp_path)
    (stored,) = tmp_path.rglob("*.predictions.parquet")
    assert archive.load(stored)["confidence"].to_pylist() == [0.5, None, None] * 2
    for _, run in records.read(folder=tmp_path).iterrows():
        pd.testing.assert_frame_equal(records.predictions(run), said)

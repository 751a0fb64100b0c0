"""Measurements by name, and what is kept of them."""

import pandas as pd
import pytest

from artlib import bench, records
from artlib.bench import museum


def test_an_unknown_measurement_names_the_known():
    with pytest.raises(bench.BenchError, match="cache, learner"):
        bench.run("poetry")


def test_what_is_measured_can_be_kept(tmp_path, monkeypatch):
    rows = pd.DataFrame({"name": ["a", "b"], "ours": [2.0, 3.0], "target": [1.0, 4.0], "reached": [True, False]})
    monkeypatch.setattr(museum, "run", lambda: rows)
    monkeypatch.setattr(records.paths, "results", lambda: tmp_path)
    assert bench.run("museum") is rows
    assert records.read("book", "bench", tmp_path).empty
    bench.run("museum", keep=True)
    kept = records.read("book", "bench", tmp_path)
    assert sorted(kept["cell.name"]) == ["a", "b"]
    assert sorted(kept["metrics.ours"]) == [2.0, 3.0]
    assert set(kept["metrics.reached"]) == {True, False}

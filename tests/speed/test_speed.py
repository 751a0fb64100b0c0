"""Measurements by name, and what is kept of them."""

import importlib
import json
import subprocess
import sys

import pandas as pd
import pytest
from PIL import Image

import speed
from artlib import paths, records
from speed import costs, gpu, learning, museum, nine_minutes, retrieval


def test_an_unknown_measurement_names_the_known():
    with pytest.raises(speed.SpeedError, match="artistry, cache, generation, learner, learning, maps, multitask"):
        speed.run("poetry")


def test_what_is_measured_can_be_recorded(tmp_path, monkeypatch):
    rows = pd.DataFrame({"name": ["a", "b"], "ours": [2.0, 3.0], "target": [1.0, 4.0], "reached": [True, False]})
    monkeypatch.setattr(museum, "run", lambda: rows)
    monkeypatch.setattr(paths, "runs", lambda: tmp_path)
    assert speed.run("museum") is rows
    assert records.read("book", "bench", tmp_path).empty
    speed.run("museum", record=True)
    found = records.read("book", "bench", tmp_path)
    assert sorted(found["cell.name"]) == ["a", "b"]
    assert sorted(found["metrics.ours"]) == [2.0, 3.0]
    assert set(found["metrics.reached"]) == {True, False}


def test_what_is_learned_of_the_museum_is_summed_up_with_intervals():
    found = pd.DataFrame(
        {"seed": seed, "task": task, "start": start, "kappa": kappa + 0.01 * seed}
        for seed in range(5)
        for task in ("style", "genre")
        for start, kappa in (("colour", 0.2), ("photographs", 0.6), ("none", 0.5 if task == "style" else 0.65))
    )
    table = learning.summary(found).set_index("name")
    assert table.loc["style: network", "ours"] == pytest.approx(0.62)
    assert table.loc["style: network", "low"] < 0.62 < table.loc["style: network", "high"]
    assert table.loc["style: colour alone, share of the network's", "ours"] == pytest.approx(0.354, abs=0.01)
    assert table.loc["style: photographs minus scratch", "reached"]
    assert not table.loc["genre: photographs minus scratch", "reached"]


def test_retrieval_is_measured_against_plain_comparison():
    row = retrieval.measure(pictures=2_000, units=32, queries=50, clusters=20)
    assert row["recall_at_10"] > 0.99
    assert row["ratio"] == pytest.approx(row["peer"] / row["ours"])
    assert row["memory_mb"] > 2_000 * 32 * 4 / 2**20


def test_every_measurement_can_be_run_by_hand():
    for name in speed.NAMES:
        assert callable(importlib.import_module(f"speed.{name}").run)
    asked = [sys.executable, "tests/speed", "no-such-measurement"]
    done = subprocess.run(asked, cwd=paths.root(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no-such-measurement" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_travels_to_a_gpu_is_small_and_has_no_records(tmp_path):
    real = tmp_path / "real"
    (real / "met_paintings").mkdir(parents=True)
    table = pd.DataFrame({"image": ["met_paintings/a.jpg", "other/b.jpg"], "source": ["met_paintings", "other"]})
    table.assign(work_id=["a", "b"], artist=["x", "y"], culture="French").to_csv(real / "works.csv", index=False)
    Image.new("RGB", (160, 200), "red").save(real / "met_paintings" / "a.jpg")
    size = nine_minutes.pack(tmp_path / "pack", real=real)
    travels = {file.relative_to(tmp_path / "pack").as_posix() for file in (tmp_path / "pack").rglob("*")}
    assert {
        "artlib/__main__.py",
        "data/weights/resnet18_s-photographs.safetensors",
        "tests/speed/nine_minutes.py",
        "real/met_paintings/a.jpg",
    } <= travels
    assert "real/other/b.jpg" not in travels
    assert not [name for name in travels if name.startswith(("data/results", "data/runs")) or "__pycache__" in name]
    assert size < nine_minutes.LIMIT / 5, "pictures (20 MiB), a network (7) and wheels (27) come on top"


def test_packages_that_are_there_stay_at_home():
    every = nine_minutes.needed(set())
    assert any(name.startswith("fastai==") for name in every)
    assert any(name.startswith("torch==") for name in every)
    fewer = nine_minutes.needed({"torch", "torchvision"})
    assert not any(name.startswith(("torch==", "nvidia", "triton", "jupyter-book")) for name in fewer)


def test_without_a_gpu_its_speed_is_not_made_up(monkeypatch, tmp_path, capsys):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.run()["name"].tolist() == ["no GPU was found: nothing was measured"]
    assert nine_minutes.walk(tmp_path, 1, dry=False) == 1
    assert "--dry-run" in capsys.readouterr().out


@pytest.mark.slow
def test_the_nine_minutes_walk_all_their_steps_on_a_processor(tmp_path, capsys):
    assert nine_minutes.walk(tmp_path, 8, dry=True) == 0, capsys.readouterr().out
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    studies = {f"study {name}" for step in nine_minutes.PLAN for name in step.studies}
    assert {one["step"] for one in told} == {"chapter fine-tuning", "speeds", *studies}
    measured = pd.read_csv(tmp_path / "speed.csv")
    assert list(measured["name"]) == list(gpu.GOALS)
    assert (measured["ours"] > 0).all()
    assert nine_minutes.walk(tmp_path, 0.01, dry=True) == 0, "what was told is not done again"


def test_the_page_on_many_machines_says_what_was_measured():
    page = costs.PAGE.read_text(encoding="utf-8")
    assert page == costs.written(page), "python tests/speed/costs.py draw"
    assert costs.duration(5_000) == "83 minutes"
    assert costs.duration(100_000 * 22.7 / 160) == "3.9 hours"
    size = costs.read("size").pivot(index="works", columns="name", values="seconds")
    for step in ("table", "split", "split by artist", "cache"):
        # Ten times as many works: at most ten times as long, and what a logarithm adds; small ones are noise.
        assert size.loc[100_000, step] < 20 * max(size.loc[10_000, step], 0.1), step
    memory = costs.read("size").pivot(index="works", columns="name", values="memory_mb")["features"].dropna()
    assert memory.max() < 1.2 * memory.iloc[0], "a thousand times the works take no more memory"

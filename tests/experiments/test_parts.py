"""A grid in parts: the same records on any engine, whatever is killed, and one message for whatever is wrong."""

import importlib.util
import os
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from killing import killed
from typer.testing import CliRunner

from artlib import experiments, paths, records
from artlib.__main__ import app
from artlib.experiments import engines, grid, parts
from artlib.pixels import Pictures

NEEDS_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install -e .[cluster] to run this test"
)
MEASURED = ["id", "metrics.accuracy", "metrics.kappa", "recipe.C", "n_train", "n_test"]


def study(**changes):
    """Sixty cells of a few milliseconds, in twenty parts, on a museum that is drawn in a second."""
    methods = {f"frozen {c}": {"kind": "probe", "C": c, "cell": {"C": c}} for c in (0.03, 0.1, 0.3)}
    base = {
        "paper": "finetuning", "experiment": "parts", "collection": "museum", "preset": "smoke",
        "questions": {"genre": experiments.Question("genre", minimum=20)}, "methods": methods, "network": "mobilenet_s",
        "weights": None, "recipe": {}, "pixels": 32, "folds": 5, "repeats": 4,
        "reader": {"name": "museum", "size": 300},
    }  # fmt: skip
    return experiments.Study(**{**base, **changes})


def measured(folder):
    table = records.read("finetuning", "parts", folder)
    return table[MEASURED].sort_values("id", ignore_index=True)


def played(context, run, settings):
    """A cell that costs nothing, and fails where the study says so."""
    if run.seed in settings.get("bad", ()):
        raise ValueError("no such luck")
    yield {"metrics": {"accuracy": run.seed / 10}}, None


def small(**changes):
    """Six cells that need no picture."""
    own = {"methods": {"a": {"kind": "played"}, "b": {"kind": "played", "bad": [1]}}, "seeds": (0, 1, 2)}
    own |= {"kinds": {"played": experiments.Kind(played)}, "folds": None, "repeats": 1}
    return study(**{**own, **changes})


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A cache with the museum, and what one process measures on it."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ARTLIB_CACHE", str(cache))
        parts.run(study(), folder=cache / "one")
    return cache, measured(cache / "one")


@pytest.fixture
def no_pictures(monkeypatch):
    works = pd.DataFrame({"work_id": ["a"], "genre": ["sea"]})
    none = Pictures(works, np.zeros((1, 8, 8, 3), dtype="uint8"), 8, "none", works[:0], "none")
    monkeypatch.setattr(grid, "read", lambda *_: none)


# --- engines ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "kills"), [pytest.param("ray", 5, marks=NEEDS_RAY), ("processes", 2)])
def test_workers_that_are_killed_leave_the_records_of_one_process(tmp_path, monkeypatch, alone, engine, kills):
    many = tmp_path / "many"
    cache, expected = alone
    assert len(expected) == 60
    monkeypatch.setenv("ARTLIB_CACHE", str(cache))

    with killed(kills):
        parts.run(study(), engines.on_ray(workers=2) if engine == "ray" else engines.processes(2), folder=many)
    pd.testing.assert_frame_equal(expected, measured(many))
    assert not [file for file in many.rglob("*") if file.suffix in (".failed", ".filling", ".draft")]

    before = {file: file.stat().st_mtime_ns for file in many.rglob("*.json")}
    assert len(parts.run(study(), nothing, folder=many)) == 60
    assert {file: file.stat().st_mtime_ns for file in many.rglob("*.json")} == before


@pytest.mark.slow
@NEEDS_RAY
def test_a_cell_on_ray_costs_less_than_half_a_second_beyond_its_own(tmp_path, monkeypatch, alone):
    monkeypatch.setenv("ARTLIB_CACHE", str(alone[0]))
    moments, ray = [], engines.on_ray(workers=2)

    def timed(work, todo):
        for part, done in ray(work, todo):
            moments.append((time.monotonic(), [one.id for one in part]))
            yield part, done

    runs = parts.run(study(), timed, folder=tmp_path).set_index("id")
    # From the first part to the last: what a worker's start costs does not grow with the cells.
    later = [name for _, ids in moments[1:] for name in ids]
    own = runs.loc[later, "minutes"].sum() * 60
    overhead = (2 * (moments[-1][0] - moments[0][0]) - own) / len(later)
    assert overhead < 0.5, f"{overhead:.2f} s"


def nothing(work, todo):
    """An engine that is not to be asked."""
    raise AssertionError("there is nothing to do")
    yield


def test_a_part_whose_process_is_gone_is_done_again_and_given_up_in_the_end(tmp_path, no_pictures):
    def losing(times):
        def engine(work, todo):
            lost = dict.fromkeys((part[0].id for part in todo), 0)
            while todo:
                part = todo.popleft()
                lost[part[0].id] += 1
                yield part, engines.Lost("killed") if lost[part[0].id] <= times else work(part)

        return engine

    easy = small(methods={"a": {"kind": "played"}})
    assert len(parts.run(easy, losing(3), folder=tmp_path / "a")) == 3
    with pytest.raises(experiments.ExperimentError, match=r"(?s)3 of 3 cells .*3 x Given up after 4 tries: killed"):
        parts.run(easy, losing(4), folder=tmp_path / "b")


def test_no_ray_is_one_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(experiments.ExperimentError, match=r"not installed: `pip install artlib.cluster.*--workers N"):
        engines.on_ray()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "ray://127.0.0.1:1"])
def test_an_address_that_does_not_answer_is_one_message(monkeypatch, address):
    monkeypatch.setitem(sys.modules, "ray", object())
    with pytest.raises(experiments.ExperimentError, match=f"Nothing answers at the address '{address}'.*Nothing was"):
        engines.on_ray(address)


@pytest.mark.parametrize("fault", [Exception("The current node timed out."), SystemExit(1), ConnectionError("none")])
def test_a_ray_that_does_not_start_is_one_message(monkeypatch, fault):
    def init(**_):
        raise fault

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init))
    with pytest.raises(
        experiments.ExperimentError, match=rf"Ray cannot be used \({type(fault).__name__}: .*Nothing was"
    ):
        list(engines.on_ray()(len, deque(["part"])))


def test_machines_that_are_not_ready_are_named_before_anything_begins(monkeypatch):
    """Four of a cluster: one ready, one without the collection, one without the package, one without a processor."""
    told = {"a": "", "b": "no works.csv.", "c": RuntimeError("No module named artlib"), "d": "not asked"}
    nodes = [{"Alive": True, "Resources": {"CPU": name != "d"}, "NodeID": name, "NodeManagerHostname": f"host {name}"}
             for name in told]  # fmt: skip

    def remote(scheduling_strategy, **_):
        return lambda _: SimpleNamespace(remote=lambda *_: told[scheduling_strategy])

    def get(said):
        if isinstance(said, Exception):
            raise said
        return said

    strategies = SimpleNamespace(NodeAffinitySchedulingStrategy=lambda name, soft: name)
    monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", strategies)
    ray = SimpleNamespace(
        nodes=lambda: nodes, remote=remote, get=get, exceptions=SimpleNamespace(RayError=RuntimeError)
    )
    with pytest.raises(experiments.ExperimentError, match=r"2 of 3 machines .* nothing was begun") as error:
        engines._must_be_ready(ray, None, "part")
    assert "host b: no works.csv." in str(error.value)
    assert "host c: RuntimeError: No module named artlib (is artlib installed there?)" in str(error.value)
    told |= {"b": "", "c": ""}
    engines._must_be_ready(ray, None, "part")


def test_no_worker_is_too_few():
    with pytest.raises(experiments.ExperimentError, match="At least one worker"):
        engines.processes(0)


# --- parts ------------------------------------------------------------------------------------------------------------


def test_a_part_has_one_museum_and_one_split():
    every = list(study().runs())
    made = parts.parts(every)
    assert len(made) == 20
    assert sorted(one.id for part in made for one in part) == sorted(one.id for one in every)
    assert all(
        len({(one.config["draw"], one.config["repeat"], one.config["fold"]) for one in part}) == 1 for part in made
    )


def test_shares_are_the_whole_and_do_not_depend_on_what_is_done(tmp_path, no_pictures):
    easy = small(methods={"a": {"kind": "played"}, "b": {"kind": "played", "cell": {"other": 1}}})
    first = parts.run(easy, folder=tmp_path, share="1/2")
    assert sorted(first["seed"]) == [0, 0, 2, 2]
    assert sorted(parts.run(easy, folder=tmp_path, share="2/2")["seed"]) == [1, 1]
    assert len(parts.run(easy, nothing, folder=tmp_path)) == 6
    with pytest.raises(experiments.ExperimentError, match="not '3/2'"):
        parts.run(easy, folder=tmp_path, share="3/2")


def test_a_cell_that_fails_stops_no_other_and_is_listed_with_its_reason(tmp_path, no_pictures):
    with pytest.raises(experiments.ExperimentError) as told:
        parts.run(small(), folder=tmp_path)
    assert "1 of 6 cells of finetuning/parts failed; all others are recorded" in str(told.value)
    assert "1 x ValueError: no such luck (first: " in str(told.value)
    states = parts.status(small(), tmp_path).set_index(["method", "seed"])
    assert states["state"].value_counts().to_dict() == {"done": 5, "failed": 1}
    assert states.loc[("b", 1), "reason"] == "ValueError: no such luck"
    (note,) = tmp_path.rglob("*.failed")
    assert "in played" in note.read_text(), "the traceback lies beside the records"
    mended = small(methods={"a": {"kind": "played"}, "b": {"kind": "played", "bad": []}})
    with pytest.raises(experiments.ExperimentError, match=r"other settings .*bad was"):
        parts.run(mended, folder=tmp_path)
    note.with_suffix(".json").write_text("{}")  # whatever came of it meanwhile
    assert parts.status(small(), tmp_path)["state"].eq("done").all()


def test_two_versions_of_the_code_do_not_fill_one_folder(tmp_path, no_pictures):
    easy = small(methods={"a": {"kind": "played"}})
    parts.run(easy, folder=tmp_path, only={"seed": 0})
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.json")}
    machine, place = parts.platform.node(), tmp_path / "finetuning" / "parts"
    other = place / f".0123456789ab.{os.getppid()}.{machine}.filling"
    other.touch()
    with pytest.raises(experiments.ExperimentError, match=f"another version of the code .*process {os.getppid()} on"):
        parts.run(easy, folder=tmp_path)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.json")} == before
    other.rename(place / ".0123456789ab.1.else.where.filling")
    with pytest.raises(experiments.ExperimentError, match=r"process 1 on else\.where"):
        parts.run(easy, folder=tmp_path)
    # One that gave no sign for long, and one whose process is gone, hinder nobody.
    os.utime(place / ".0123456789ab.1.else.where.filling", (time.time() - 10**6,) * 2)
    (place / f".0123456789ab.{2**22 + 1}.{machine}.filling").touch()
    assert len(parts.run(easy, folder=tmp_path)) == 3


def test_a_machine_with_other_code_or_without_the_collection_says_so(tmp_path, no_pictures):
    easy = small(methods={"a": {"kind": "played"}})
    (part, *_) = parts.parts(list(easy.runs()))
    given = {"study": easy, "root": None, "folder": tmp_path, "sign": tmp_path, "home": "here"}
    ready = parts.Work(**given, code=records.code_version())
    assert ready.fault(part) == ""
    assert "of another version there" in parts.Work(**given, code="older").fault(part)
    assert "of another version there" in parts.Work(**given, code="older")(part).failed[part[0].id]
    table = replace(ready, study=replace(easy, reader={"name": "table"}), root=tmp_path / "none")
    assert str(tmp_path / "none") in table.fault(part)


def test_a_collection_that_is_not_there_is_told_once_for_all_cells(tmp_path):
    absent = small(reader={"name": "table"})
    with pytest.raises(experiments.ExperimentError, match=f"(?s)6 of 6 cells .*6 x .*{tmp_path / 'none'}"):
        parts.run(absent, root=tmp_path / "none", folder=tmp_path / "runs")


def test_a_worker_with_another_disk_sends_what_it_would_have_written(tmp_path, no_pictures):
    def elsewhere(work, todo):
        while todo:
            part = todo.popleft()
            yield part, replace(work, folder=tmp_path / "not here", sign=tmp_path / "not seen")(part)

    easy = small(methods={"a": {"kind": "played"}})
    found = parts.run(easy, elsewhere, folder=tmp_path / "runs")
    assert len(found) == 3
    assert not (tmp_path / "not here").exists()


def test_a_clock_that_jumps_takes_no_file_that_is_being_written(tmp_path, monkeypatch):
    theirs = tmp_path / ".a.json.othermachine-7.draft"
    theirs.write_text("half")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 10**6)
    paths.write_whole(tmp_path / "a.json", lambda draft: draft.write_text("whole"))
    assert theirs.read_text() == "half"
    assert (tmp_path / "a.json").read_text() == "whole"


def test_two_machines_with_one_process_number_write_into_two_drafts(tmp_path, monkeypatch):
    drafts = []
    for machine in ("a", "b"):
        monkeypatch.setattr(paths.platform, "node", lambda machine=machine: machine)
        paths.write_whole(tmp_path / "x", lambda draft: drafts.append(draft.name) or draft.write_text("x"))
    assert len(set(drafts)) == 2


# --- the command ------------------------------------------------------------------------------------------------------


def called(*words):
    return CliRunner().invoke(app, ["experiment", *words])


def test_a_job_array_does_its_shares():
    script = called("apart-museum", "--slurm", "40", "--only", "draw=0", "--only", "task=artist").output
    assert "#SBATCH --array=1-40" in script
    played = script.replace(sys.executable, "echo").replace("exec ", "")
    done = subprocess.run(
        ["bash", "-eu"], input=played, capture_output=True, text=True, env={**os.environ, "SLURM_ARRAY_TASK_ID": "3"}
    )
    words = ["experiment", "apart-museum", "--only", "draw=0", "--only", "task=artist", "--share", "3/40"]
    assert done.stdout.split()[2:] == words, done.stderr


def test_the_status_counts_what_is_done_missing_and_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "runs", lambda: tmp_path)
    said = called("apart-museum", "--status")
    assert said.exit_code == 0
    assert "0 missing, 0 failed" in said.output


@pytest.mark.parametrize(("words", "message", "code"), [
    (("--share", "3"), "3/40", 1), (("--engine", "tune"), "of: local, ray", 2), (("--workers", "0"), "--workers", 2),
])  # fmt: skip
def test_words_that_make_no_sense_are_named(words, message, code):
    said = called("apart-museum", *words)
    assert said.exit_code == code
    assert message in said.output

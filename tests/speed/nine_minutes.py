"""Nine minutes of one GPU, in order of what they tell: does every chapter run on it, the plan of studies, the speeds.

    python tests/speed/nine_minutes.py --pack FOLDER [--there NAMES] [--weights FILE]    # what travels, at most 64 MiB
    python tests/speed/nine_minutes.py --minutes 9 --out DIR                             # there, in the packed folder
    python tests/speed/nine_minutes.py --dry-run --out DIR                               # the same in small, on a CPU

It stops in time, and the same command goes on: a chapter that ran and a cell that has a record are not run again. Many
small trainings share the card, one process each. DIR holds ``told.jsonl``, ``speed.csv`` and ``records.tar.gz``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 64 * 2**20
"""Bytes that a pack may have."""
CODE = ("artlib", "book", "data", "tests/speed", "pyproject.toml", "README.md", "LICENSE", "_toc.yml", "_config.yml")
NOT_CODE = ("data/results", "data/runs", "data/collections", "book/images", "book/_static", "data/measurements")
CULTURES = (
    *("American", "British", "Chinese", "Dutch", "Flemish", "French"),
    *("German", "Indian", "Italian", "Japanese", "Spanish"),
)
"""Of the Met's works those of these cultures are asked for, beside all with a genre and artists of 40 works."""
ONLY_NOW = (
    *("jupyter-book", "jupyterlab", "papermill", "nbformat", "sphinx-exercise", "sphinx-mathjax-offline"),
    *("sphinx-revealjs", "spacy", "jedi", "parso", "pywavelets", "widgetsnbextension", "jupyterlab-widgets"),
)
"""What pages need and computations do not: it stays at home."""
NETWORK = "mobilenetv2_100"


@dataclass(frozen=True)
class Step:
    """Studies for so many seconds, by so many processes; ``only`` as the command takes it."""

    name: str
    seconds: float
    studies: tuple[str, ...]
    processes: int = 8
    only: tuple[str, ...] = ()


PLAN = (
    Step("real pictures on equal terms (B1, B2, C1)", 150, ("equal-terms-gpu",), 8),
    Step("artistry at 64 px", 200, ("artistry-gpu-50", "artistry-gpu-0", "artistry-gpu-100"), 6),
    Step("what to freeze, real (F3)", 90, ("scenarios-real",), 8),
    Step("two depths, ten seeds (G1)", 50, ("artists-gpu",), 8),
    Step("draws 3 to 9", 60, ("culture-map-large", "apart-museum-more", "retrieval-museum-cpu-more"), 7),
    Step("generators at 64 px", 60, ("generation-gpu",), 5),
)
CHAPTERS = 140.0
SPEEDS = 60.0


class Clock:
    """Seconds that are left, and what is told of each step."""

    def __init__(self, minutes: float, out: Path) -> None:
        self.end, self.file = time.monotonic() + 60 * minutes, out / "told.jsonl"
        out.mkdir(parents=True, exist_ok=True)
        lines = self.file.read_text(encoding="utf-8").splitlines() if self.file.exists() else []
        self.told = {one["step"]: one for one in map(json.loads, lines)}

    def done(self, step: str) -> bool:
        """Whether it was done before, without a fault."""
        return step in self.told and not self.told[step].get("failed")

    def left(self) -> float:
        """Seconds."""
        return max(0.0, self.end - time.monotonic())

    def tell(self, step: str, **facts: Any) -> None:
        """Write it down at once."""
        self.told[step] = {"step": step, **facts}
        with open(self.file, "a", encoding="utf-8") as file:
            file.write(json.dumps(self.told[step]) + "\n")
        print(json.dumps(self.told[step]), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--there", type=Path, help="a list of the packages that are there, one a line")
    parser.add_argument("--weights", type=Path, help=f"ImageNet weights of {NETWORK}, a safetensors file")
    asked = parser.parse_args(arguments)
    if asked.pack:
        size = pack(asked.pack, asked.there, asked.weights)
        print(f"{asked.pack}: {size / 2**20:.1f} MiB of {LIMIT / 2**20:.0f}")
        return int(size > LIMIT)
    if not asked.out:
        parser.error("--out DIR is where what was measured goes")
    return walk(asked.out.resolve(), asked.minutes, asked.dry_run)


def walk(out: Path, minutes: float, dry: bool) -> int:
    """All steps in order, as far as the time goes; 1 where a chapter or a study failed."""
    clock, device = Clock(minutes, out), _device(dry)
    if device == "cpu" and not dry:
        print("No GPU was found. --dry-run walks the same steps on a CPU, in small.")
        return 1
    _chapters(clock, out, dry)
    if dry:
        _one_cell_each(clock, out)
    for step in () if dry else PLAN:
        _studies(clock, step, out)
    if not clock.done("speeds") and clock.left() > (0 if dry else SPEEDS / 2):
        _speeds(clock, out, device, dry)
    _records(out)
    failed = [name for name, one in clock.told.items() if one.get("failed")]
    print(f"{len(clock.told)} steps, {len(failed)} with faults{': ' if failed else ''}{', '.join(failed)}")
    return int(bool(failed))


def _device(dry: bool) -> str:
    import torch

    return "cuda" if torch.cuda.is_available() and not dry else "cpu"


def _environment(out: Path, **more: str) -> dict[str, str]:
    real = ROOT / "real"
    return {
        **os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "ARTLIB_CACHE": str(out / "cache"), "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg",
        **({"ARTLIB_REAL": str(real)} if real.is_dir() else {}), **more,
    }  # fmt: skip


# --- chapters -----------------------------------------------------------------------------------------------------


def _chapters(clock: Clock, out: Path, dry: bool) -> None:
    """One epoch of each, several at once."""
    todo = [f"chapter {name}" for name in (["fine-tuning"] if dry else chapters())]
    todo, end = [name for name in todo if not clock.done(name)], time.monotonic() + min(CHAPTERS, clock.left())
    running: dict[str, tuple[subprocess.Popen, float]] = {}
    while (todo or running) and time.monotonic() < end:
        while todo and len(running) < (1 if dry else 6):
            name = todo.pop(0)
            running[name] = _started(_chapter_command(name.partition(" ")[2], dry), out, name), time.monotonic()
        for name, (process, start) in list(running.items()):
            if process.poll() is not None:
                del running[name]
                _told_of(clock, out, name, process, start)
        time.sleep(0.1)
    for name, (process, _) in running.items():
        process.kill()
        process.wait()
        print(f"{name}: no time was left for it")


def chapters() -> Iterator[str]:
    """The names of the chapters, in the book's order."""
    import yaml

    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    for entry in toc["parts"][1]["chapters"]:
        if (ROOT / f"{entry['file']}.ipynb").exists():
            yield Path(entry["file"]).name


def _chapter_command(name: str, dry: bool) -> list[str]:
    return [sys.executable, __file__, "chapter", name, "smoke" if dry else "course"]


def chapter(name: str, preset: str) -> None:
    """Run a chapter's cells one after the other, with one epoch, and weights only where they come with the book."""
    from artlib import presets

    usual = presets.load(name, preset).parameters
    changes = {key: 1 for key in usual if key in ("epochs", "slowly", "judge_epochs")}
    changes |= {"weights": "none"} if usual.get("weights") == "imagenet" else {}
    changes |= {"weights": ["photographs"]} if isinstance(usual.get("weights"), list) else {}
    changes |= {"size": 300} if preset == "smoke" and "size" in usual else {}
    os.environ[presets.CHANGES] = json.dumps(changes)
    cells = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    os.chdir(ROOT / "book")
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *_, **__: None}
    for number, cell in enumerate(cells):
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "code" and "raises-exception" not in tags:
            source = "".join(cell["source"])
            source += f"\npreset = {preset!r}\n" if "parameters" in tags else ""
            exec(compile(source, f"{name}, cell {number}", "exec"), names)


# --- studies ------------------------------------------------------------------------------------------------------


def _studies(clock: Clock, step: Step, out: Path) -> None:
    for study in step.studies:
        name, seconds = f"study {study}", min(step.seconds / len(step.studies), clock.left())
        if clock.told.get(name, {}).get("whole") or seconds < 1:
            continue
        start = time.monotonic()
        runs = [_started(_study_command(study, step, share), out, f"{name} {share}") for share in range(step.processes)]
        while time.monotonic() - start < seconds and any(one.poll() is None for one in runs):
            time.sleep(0.1)
        whole = all(one.poll() == 0 for one in runs)
        failed = [one.returncode for one in runs if one.poll() not in (None, 0)]
        for one in runs:
            one.kill()
            one.wait()
        clock.tell(
            name, seconds=round(time.monotonic() - start, 1), whole=whole, **({"failed": failed} if failed else {})
        )


def _study_command(study: str, step: Step, share: int) -> list[str]:
    weights = ROOT / "imagenet.safetensors"
    given = ["--weights", str(weights)] if study in ("equal-terms-gpu", "scenarios-real") else []
    only = [word for one in step.only for word in ("--only", one)]
    return [sys.executable, "-m", "artlib", "experiment", study, "--share", f"{share + 1}/{step.processes}", *only,
            *given,
            *(["--root", str(ROOT / "real")] if (ROOT / "real").is_dir() and "real" in study else [])]  # fmt: skip


def _one_cell_each(clock: Clock, out: Path) -> None:
    todo = [name for step in PLAN for name in step.studies if not clock.done(f"study {name}")]
    if not todo:
        return
    process = _started([sys.executable, __file__, "one-cell", *todo], out, "one cell of each")
    process.wait(max(1.0, clock.left()))
    log = _log(out, "one cell of each").read_text(encoding="utf-8", errors="replace").splitlines()
    said = {one["study"]: one for one in map(json.loads, (line for line in log if line.startswith('{"study"')))}
    for name in todo:
        clock.tell(f"study {name}", **said.get(name, {"failed": log[-1:]}))


def one_cells(*names: str) -> None:
    """One cell of each study; what one dies of is told, and the others go on."""
    for name in names:
        start, failed = time.monotonic(), {}
        try:
            one_cell(name)
        except Exception as fault:  # noqa: BLE001
            failed = {"failed": [f"{type(fault).__name__}: {fault}"]}
        print(json.dumps({"study": name, "seconds": round(time.monotonic() - start, 1), **failed}), flush=True)


def one_cell(name: str) -> None:
    """The first cell of a study, by its own code, on a few drawn works and with one epoch."""
    from dataclasses import replace

    from artlib import collections, experiments, papers, pixels

    study = papers.load_study(name, "none")
    fields = study.reader["name"] == "four_fields"
    drawn = collections.read("four_fields" if fields else "museum", size=120 if fields else 500)
    questions = {
        key: replace(one, minimum=2, where=one.where if fields else {}) for key, one in study.questions.items()
    }
    small = {"epochs": 1, "width": 8, "train": 12, "held": 8, "fixed": 4, "batch_size": 8, "judge_epochs": 1}
    recipe = {**study.recipe, **{key: value for key, value in small.items() if key in study.recipe or key == "epochs"}}
    methods = {key: {k: small.get(k, v) for k, v in one.items() if k != "network" or v.startswith(("single", "multi"))}
               for key, one in list(study.methods.items())[:1]}  # fmt: skip
    study = replace(
        study, questions=questions if fields else dict(list(questions.items())[:1]), methods=methods, recipe=recipe,
        network=study.network if fields or study.network == "dcgan" else "mobilenet_s", weights="none", pixels=32,
        crop=None, draws=(0,), seeds=(0,), folds=None, repeats=1, split_by="",
    )  # fmt: skip
    pictures = pixels.cache(drawn, 32, progress=False)
    experiments.run(study, pictures, folder=Path(os.environ["ARTLIB_CACHE"]) / "one-cell" / name)


# --- speeds and results -------------------------------------------------------------------------------------------


def _speeds(clock: Clock, out: Path, device: str, dry: bool) -> None:
    process = _started([sys.executable, __file__, "speeds", device, str(out / "speed.csv")], out, "speeds")
    start = time.monotonic()
    try:
        process.wait(max(1.0, clock.left()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        print("speeds: no time was left for all of them")
        return
    _told_of(clock, out, "speeds", process, start)


def speeds(device: str, file: str) -> None:
    """`gpu.measure` into a table."""
    import pandas as pd

    sys.path[0] = str(ROOT / "tests")
    from speed import gpu

    pd.DataFrame(gpu.measure(device, gpu.SMALL if device == "cpu" else gpu.Sizes())).to_csv(file, index=False)


def _records(out: Path) -> None:
    """What was recorded, as one file."""
    runs = ROOT / "data" / "runs"
    if runs.is_dir() and any(runs.rglob("*.json")):
        with tarfile.open(out / "records.tar.gz", "w:gz") as kept:
            kept.add(runs, "runs")


def _started(command: list[str], out: Path, name: str) -> subprocess.Popen:
    log = _log(out, name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        return subprocess.Popen(command, cwd=ROOT, env=_environment(out), stdout=file, stderr=subprocess.STDOUT)


def _log(out: Path, name: str) -> Path:
    return out / "logs" / f"{name.replace(' ', '-').replace('/', '-')}.txt"


def _told_of(clock: Clock, out: Path, name: str, process: subprocess.Popen, start: float) -> None:
    failed = {}
    if process.returncode:
        failed = {"failed": _log(out, name).read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]}
    clock.tell(name, seconds=round(time.monotonic() - start, 1), **failed)


# --- the pack -----------------------------------------------------------------------------------------------------


def pack(folder: Path, there: Path | None = None, weights: Path | None = None, real: Path | None = None) -> int:
    """Put together what travels; returns its bytes.

    Parameters
    ----------
    there : names of the packages that are there, one a line; with it the others travel as wheels.
    real : the folder of real pictures; None: the one that ARTLIB_REAL names.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in CODE:
        source = ROOT / name
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".ruff_cache")
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / name)
    for name in NOT_CODE:
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in (*(folder / "data" / "weights").glob("*.safetensors"), folder / "data" / "open-works.csv"):
        if not file.stem.endswith("-photographs"):
            file.unlink(missing_ok=True)
    if weights:
        shutil.copy(weights, folder / "imagenet.safetensors")
    real = real or (Path(os.environ["ARTLIB_REAL"]) if os.environ.get("ARTLIB_REAL") else None)
    if real:
        _pictures(real, folder / "real")
    if there:
        _wheels(folder / "wheels", set(there.read_text(encoding="utf-8").lower().replace("_", "-").split()))
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _pictures(real: Path, folder: Path) -> None:
    """The works that a task of the studies can ask for, and their table; encoded anew, a third smaller."""
    import pandas as pd
    from PIL import Image, ImageOps

    works = pd.read_csv(real / "works.csv", dtype=str, keep_default_na=False)
    many = works["artist"].map(works["artist"].value_counts()).ge(40) & works["artist"].ne("")
    met = works["source"].eq("met_paintings") & works["culture"].isin(CULTURES)
    works = works[many | met | works["source"].eq("louvre_genre")]
    for image in works["image"]:
        target = folder / image
        target.parent.mkdir(parents=True, exist_ok=True)
        ImageOps.exif_transpose(Image.open(real / image)).convert("RGB").save(target, "JPEG", quality=70, optimize=True)
    works.to_csv(folder / "works.csv", index=False)


def needed(there: set[str]) -> list[str]:
    """Requirements of the package that computations need and that are not there, with what those need in turn."""
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import Requirement

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found, todo = {}, list(declared)
    while todo:
        wanted = Requirement(todo.pop())
        key = wanted.name.lower().replace("_", "-")
        if key in {*found, *there, *ONLY_NOW} or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
            continue
        try:
            one = distribution(key)
        except PackageNotFoundError:
            continue
        found[key] = f"{key}=={one.version}"
        todo += one.requires or ()
    return sorted(found.values())


def _wheels(folder: Path, there: set[str]) -> None:
    # For the Python that packs: on the other machine it has to be of the same version.
    called = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder)]
    subprocess.run([*called, *needed(there)], check=True)


INSIDE = {"chapter": chapter, "one-cell": one_cells, "speeds": speeds}

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in INSIDE:
        sys.path[0] = str(ROOT)
        INSIDE[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(main())

"""One environment said three times: loose ranges, one lock file, one file for conda; they agree."""

import re
import subprocess
import tomllib
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from artlib.site import doctor

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
# Options and variables that would name another place to take packages from; and whole addresses.
PLACE = re.compile(r"--[\w-]*(index|links)|PIP_\w*(INDEX|LINKS)")
ADDRESS = re.compile(rf"https?://|{PLACE.pattern}|-i\s|@\s*(git|file)")


def locked():
    lines = [line.split("#")[0].strip() for line in LOCK.splitlines()]
    return [Requirement(line) for line in lines if line]


def wanted():
    extras = PROJECT["optional-dependencies"]
    return [Requirement(text) for text in [*PROJECT["dependencies"], *extras["test"]]]


def test_the_book_is_made_with_the_packages_it_was_asked_for():
    asked = {"jupyter-book", "jupyterlab", "torch", "torchvision", "fastai", "seaborn", "ipywidgets", "grad-cam"}
    assert {*asked, "papermill"} <= {Requirement(text).name for text in PROJECT["dependencies"]}
    assert "from pytorch_grad_cam import" in (ROOT / "artlib" / "evaluate" / "attention.py").read_text(encoding="utf-8")


def test_the_lock_file_holds_names_and_versions_only():
    assert not ADDRESS.search(LOCK)
    for requirement in locked():
        assert re.fullmatch(r"==[\w.!]+", str(requirement.specifier)), requirement
        assert not requirement.url


def test_nothing_is_locked_twice():
    names = [(canonicalize_name(requirement.name), str(requirement.marker)) for requirement in locked()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("requirement", wanted(), ids=lambda requirement: requirement.name)
def test_what_the_project_asks_for_is_locked_within_its_range(requirement):
    versions = {canonicalize_name(found.name): str(found.specifier).removeprefix("==") for found in locked()}
    assert canonicalize_name(requirement.name) in versions
    assert requirement.specifier.contains(Version(versions[canonicalize_name(requirement.name)]))


def test_what_nobody_asks_for_on_windows_is_not_locked_there():
    """Such packages may not even install there (uvloop)."""
    windows = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
    asked = [Requirement(text) for one in distributions() for text in one.requires or ()]

    def there(requirement):
        extras = re.findall(r"extra == ['\"]([^'\"]+)", str(requirement.marker)) or [""]
        return not requirement.marker or any(requirement.marker.evaluate({**windows, "extra": one}) for one in extras)

    def names(requirements):
        return {canonicalize_name(one.name) for one in requirements}

    wrong = (names(asked) - names(filter(there, asked))) & names(filter(there, locked()))
    assert not wrong


def test_ranges_are_loose():
    """Exact pins in a package's own metadata break its installation with every new Python."""
    assert not [str(requirement) for requirement in wanted() if "==" in str(requirement.specifier)]


def test_conda_takes_everything_from_the_lock_file():
    python = next(entry for entry in CONDA["dependencies"] if str(entry).startswith("python"))
    number = re.search(r"\d+\.\d+", python).group()
    assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(f"{number}.0")
    pip = next(entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict))
    assert "-r requirements.lock" in pip
    assert not ADDRESS.search((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_what_runs_here_is_what_is_locked():
    missing, other = doctor.compare(LOCK)
    assert not missing
    assert not other


def test_every_extension_of_the_site_can_be_loaded():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    missing = [name for name in config["sphinx"]["config"]["extensions"] if find_spec(name) is None]
    assert not missing


def test_workflows_name_no_index_and_run_the_same_commands_as_a_person():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert yaml.safe_load(text)["jobs"], path.name
        assert not PLACE.search(text), path.name
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_workflows_name_what_there_is():
    """Targets of make, extras and tests; and a job that waits for another says whether it runs where that one fails."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        run = "\n".join(step.get("run", "") for job in jobs for step in job["steps"])
        assert set(re.findall(r"\bmake (\w+)", run)) <= targets, path.name
        extras = {name for found in re.findall(r"\.\[([\w,]+)\]", run) for name in found.split(",")}
        assert extras <= set(PROJECT["optional-dependencies"]), path.name
        for file, name in re.findall(r"(tests/\S+\.py)::(\w+)", run):
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), path.name
        assert all("if" in job for job in jobs if "needs" in job), path.name


def test_an_installed_package_finds_all_of_data():
    """What lies in `data/` but not in the wheel is found in a clone and missing on a hosted notebook."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    tracked = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    entries = {"/".join(Path(line).parts[:2]) for line in tracked.splitlines()}
    assert entries - {"data/README.md"} == set(included)
    assert all(target == f"artlib/_{source}" for source, target in included.items())

"""What to execute: each chapter with the parameters that its preset and the command line give it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlib import presets
from artlib.errors import ArtlibError
from artlib.site import notebooks
from artlib.site.layout import Layout


class ParameterError(ArtlibError):
    """A parameter that no chapter has, or a folder that is not there."""


@dataclass(frozen=True)
class Job:
    """One chapter to execute.

    Attributes
    ----------
    chapter : its name in ``_toc.yml``, such as "book/fine-tuning".
    injected : what the run gives to the cell tagged ``parameters``.
    settings : every parameter with its value in this run: the preset's, the notebook's own, and ``injected``.
    timeout : seconds until the execution is given up.
    """

    chapter: str
    injected: Mapping[str, Any]
    settings: Mapping[str, Any]
    timeout: float


def make(layout: Layout, chapters: Sequence[str], preset: str, overrides: Mapping[str, Any]) -> list[Job]:
    """A job for each chapter. ``overrides`` (from the command line) wins over the preset, the preset over the notebook.

    Raises ParameterError when something in ``overrides`` is a parameter of no chapter, or when ``root`` is no folder
    or file; PresetError for a preset that does not exist.
    """
    overrides = _with_absolute_root(overrides)
    known = {
        chapter: notebooks.declared_parameters(notebooks.read(layout.source(chapter)), f"{chapter}.ipynb")
        for chapter in chapters
    }
    unknown = set(overrides) - set().union(*known.values())
    if unknown:
        raise ParameterError(
            f"No chapter has the parameter {', '.join(sorted(unknown))}; "
            f"there are {', '.join(sorted(set().union(*known.values())))}."
        )
    return [_job(chapter, defaults, preset, overrides) for chapter, defaults in known.items()]


def _job(chapter: str, defaults: Mapping[str, Any], preset: str, overrides: Mapping[str, Any]) -> Job:
    scale = presets.load(Path(chapter).name, preset)
    offered = {**scale.parameters, **overrides, "preset": scale.name}
    injected = {name: offered[name] for name in defaults if name in offered}
    return Job(chapter, injected, {**scale.parameters, **defaults, **injected}, scale.timeout)


def _with_absolute_root(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Chapters run in their own folder, so a folder named relative to where the command stands is made absolute."""
    if not overrides.get("root"):
        return dict(overrides)
    root = Path(overrides["root"]).expanduser().resolve()
    if not root.exists():
        raise ParameterError(f"The root of the collection, {overrides['root']}, does not exist (looked in {root}).")
    return {**overrides, "root": str(root)}

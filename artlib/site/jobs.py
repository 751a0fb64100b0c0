"""What to execute: each chapter with the parameters that its preset and the command line give it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from artlib import collections, presets
from artlib.errors import ArtlibError, one_of
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
    changes : what the run changes of the preset beside what the notebook names in that cell.
    """

    chapter: str
    injected: Mapping[str, Any]
    settings: Mapping[str, Any]
    timeout: float
    changes: Mapping[str, Any] = field(default_factory=dict)


def make(layout: Layout, chapters: Sequence[str], preset: str, overrides: Mapping[str, Any]) -> list[Job]:
    """A job for each chapter. ``overrides`` (from the command line) wins over the preset, the preset over the notebook.

    Raises ParameterError when something in ``overrides`` is a parameter of no chapter, or when ``collection`` and
    ``root`` do not fit together; PresetError for a preset that does not exist. All of it before anything runs.
    """
    overrides = _with_absolute_root(overrides)
    _with_root(overrides)
    made = []
    for chapter in chapters:
        declared = notebooks.declared_parameters(notebooks.read(layout.source(chapter)), f"{chapter}.ipynb")
        made.append(_job(chapter, declared, presets.load(Path(chapter).name, preset), overrides))
    known = set().union(*(job.settings for job in made))
    for name in overrides:
        one_of(name, sorted(known), f"{option(name)}: no chapter has the parameter {name!r}", ParameterError)
    return made


def option(name: str) -> str:
    """How the user has named a parameter: ROOT= of make, --root of the command, or --set."""
    if name not in ("preset", "collection", "root", "column", "join"):
        return f"SET={name}=..." if "MAKELEVEL" in os.environ else f"--set {name}=..."
    return f"{name.upper()}=" if "MAKELEVEL" in os.environ else f"--{name}"


def _job(chapter: str, defaults: Mapping[str, Any], scale: presets.Preset, overrides: Mapping[str, Any]) -> Job:
    offered = {**scale.parameters, **overrides, "preset": scale.name}
    injected = {name: offered[name] for name in defaults if name in offered}
    changes = {name: overrides[name] for name in scale.parameters if name in overrides and name not in defaults}
    for name, value in changes.items():
        _as_before(name, value, scale.parameters[name])
    settings = {**scale.parameters, **defaults, **injected, **changes}
    return Job(chapter, injected, settings, scale.timeout, changes)


def _as_before(name: str, value: Any, before: Any) -> None:
    """A changed number of a preset is a number, a list a list."""
    number = isinstance(before, int | float) and not isinstance(before, bool)
    fits = isinstance(value, int | float) if number else isinstance(value, type(before))
    if before is not None and not fits:
        raise ParameterError(f"{option(name)}: {value!r} does not fit; the preset has {before!r}.")


def _with_root(overrides: Mapping[str, Any]) -> None:
    """A collection on disk needs a root, a drawn one has none."""
    name = overrides.get("collection") or "museum"
    if not collections.known(name):
        raise ParameterError(
            f"{option('collection')}: there is no collection called {name!r}. There are {', '.join(collections.NAMES)}."
        )
    if collections.drawn(name) and overrides.get("root"):
        raise ParameterError(
            f"{option('root')}: the collection {name!r} is drawn, not read from a folder. Name the collection too: "
            f"{option('collection')} folder for folders of pictures, or table for a table beside them."
        )
    if not collections.drawn(name) and not overrides.get("root"):
        raise ParameterError(f"{option('root')}: the collection {name!r} lies on a disk; say in which folder.")


def _with_absolute_root(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Chapters run in their own folder, so a folder named relative to where the command stands is made absolute."""
    if not overrides.get("root"):
        return dict(overrides)
    root = Path(overrides["root"]).expanduser().resolve()
    if not root.exists():
        raise ParameterError(f"{option('root')}: {overrides['root']} does not exist (looked in {root}).")
    return {**overrides, "root": str(root)}

"""Run sizes: one code path, three scales (smoke, course, paper), all numbers in ``data/presets.yaml``."""

import json
import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from artlib import paths
from artlib.errors import SetupError, one_of

NAMES = ("smoke", "course", "paper")
CHANGES = "ARTLIB_CHANGES"  # what the command line changes of a preset (--set epochs=3), as JSON, for chapters it runs


class PresetError(SetupError):
    """A chapter or a preset that does not exist."""


@dataclass(frozen=True)
class Preset:
    """The scale of one chapter's run; its parameters are attributes (``preset.epochs``).

    Attributes
    ----------
    chapter, name : for instance "fine-tuning" and "smoke".
    parameters : what only the scale decides.
    timeout : seconds until an execution is given up.
    minutes, memory_mb : what to expect on ``hardware``.
    left_out : what this scale leaves out, in words.
    """

    chapter: str
    name: str
    parameters: MappingProxyType = field(repr=False)
    timeout: int
    minutes: float
    memory_mb: int
    left_out: str
    hardware: str

    def __getattr__(self, name: str) -> Any:
        # Only called for names that are no fields; while a copy is being made there are none yet.
        parameters = self.__dict__.get("parameters", {})
        if name in parameters:
            return parameters[name]
        raise AttributeError(f"The preset has no parameter {name!r}. Parameters: {', '.join(parameters)}.")

    def __str__(self) -> str:
        return f"Preset {self.name} (for {self.hardware}): about {_duration(self.minutes)}. {self.left_out}"


def load(chapter: str, preset: str = "auto", **changes: Any) -> Preset:
    """The preset of a chapter. As a text it says which it is, and how long it takes.

    Parameters
    ----------
    chapter : str
        One of `chapters()`.
    preset : str
        "smoke", "course" or "paper"; "auto" chooses by the hardware.
    **changes
        Replace parameters of the preset (``network="resnet50"``); a change to None changes nothing.

    Raises
    ------
    PresetError
        An unknown chapter, preset or parameter.
    """
    chapters = _table()["chapters"]
    one_of(chapter, chapters, f"No presets for the chapter {chapter!r}", PresetError)
    name = by_hardware() if preset == "auto" else preset
    one_of(name, ("auto", *chapters[chapter]), f"No preset {name!r} for the chapter {chapter!r}", PresetError)
    entry = dict(chapters[chapter][name])
    asked = json.loads(os.environ.get(CHANGES) or "{}")
    asked |= {key: value for key, value in changes.items() if value is not None}
    for key in asked:
        one_of(key, entry["parameters"], f"{chapter} has no parameter {key!r}", PresetError)
    entry["parameters"] = MappingProxyType({**entry["parameters"], **asked})
    return Preset(chapter=chapter, name=name, hardware=_table()["hardware"][name], **entry)


def chapters() -> tuple[str, ...]:
    """The chapters that have presets, in the book's order."""
    return tuple(_table()["chapters"])


def asks(chapter: str) -> list[tuple[int, list[str]]]:
    """What a chapter asks of pictures, as (how many, of which labels); nothing of one that asks nothing."""
    return _table()["asks"].get(chapter, [])


def by_hardware() -> str:
    """ "course" where a GPU is at hand, else "smoke"; "paper" is only ever asked for."""
    import torch

    return "course" if torch.cuda.is_available() or torch.backends.mps.is_available() else "smoke"


def _table() -> dict:
    return paths.table("presets.yaml")


def _duration(minutes: float) -> str:
    if minutes < 90:
        return "a minute" if minutes == 1 else f"{minutes:g} minutes"
    return f"{minutes / 60:.0f} hours"

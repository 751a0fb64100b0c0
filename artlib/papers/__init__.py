"""One folder a paper, the same rooms in each; what the papers print (``printed``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from artlib.experiments import Study


def load_study(name: str, weights: str | Sequence[str] | None = None) -> Study:
    """A declared study with the kinds of its paper, ready to be run; ``weights`` instead of its initial weights.

    Raises ExperimentError for a name that is not declared.
    """
    from artlib import experiments
    from artlib.papers.artist_gan import study as artist_gan
    from artlib.papers.artistry import study as artistry
    from artlib.papers.culture import study as culture
    from artlib.papers.finetuning import study as finetuning
    from artlib.papers.omniart import study as omniart

    rooms = {
        "artist-gan": artist_gan, "artistry": artistry, "culture": culture, "finetuning": finetuning, "omniart": omniart
    }  # fmt: skip
    study = experiments.load(name, weights)
    return replace(study, kinds=rooms[study.paper].KINDS)

"""A verdict as a small card of HTML, ``card.html``: no script, no outside resource, right on light and dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from artlib import paths
from artlib.claims import text
from artlib.claims.declared import NO_VERDICT
from artlib.figures import theme

if TYPE_CHECKING:
    from artlib.claims.verdict import Part, Verdict

_WIDTH = 120


def html(verdict: Verdict, folded: bool = False) -> str:
    """The card of a verdict, whole, as the scoreboard has it.

    folded : as chapters have it, the claim in one sentence and its answers; numbers are folded away.
    """
    missing = any(finding.word == NO_VERDICT for finding in verdict.findings)
    return fill("card.html", verdict=verdict, claim=verdict.claim, missing=missing, folded=folded)


def fill(template: str, **values: Any) -> str:
    """A template of this folder with values in it, which are escaped."""
    templates = theme.templates(Path(__file__).parent)
    named = {"text": text, "mood": _mood, "strip": _strip}
    return templates.get_template(template, globals=named).render(values)


def _mood(word: str) -> dict[str, str]:
    """Colour of a verdict's word, as CSS, and the sign before it: colour alone must not say it."""
    words = paths.table("words.yaml")
    return words["moods"][words["verdicts"].get(word, {}).get("mood", "none")]


def _strip(part: Part, parts: tuple[Part, ...]) -> dict[str, str | int]:
    """Where on a strip the interval lies; all parts with this measure have one axis, zero and what is needed on it."""
    kind = (part.contrast.metric, part.contrast.scale)
    same = [one for one in parts if one.estimate and (one.contrast.metric, one.contrast.scale) == kind]
    ends = [0.0, *(end for one in same for end in (one.estimate.low, one.estimate.high, one.threshold))]
    room = 0.06 * (max(ends) - min(ends) or 1.0)
    low, high = min(ends) - room, max(ends) + room
    estimate = part.estimate
    values = {"left": estimate.low, "middle": estimate.value, "right": estimate.high, "zero": 0, "need": part.threshold}
    places = {name: f"{_WIDTH * (value - low) / (high - low):.1f}" for name, value in values.items()}
    mood = {"holds": "good", "fails": "bad"}.get(part.state, "open")
    return {**places, "width": _WIDTH, "colour": paths.table("words.yaml")["moods"][mood]["colour"]}

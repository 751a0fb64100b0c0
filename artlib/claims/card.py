"""A verdict as a small card of HTML: no script, no outside resource, text escaped, right on light and dark pages."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from artlib.claims import text
from artlib.claims.declared import NO_VERDICT
from artlib.figures import theme

if TYPE_CHECKING:
    from artlib.claims.verdict import Finding, Part, Verdict

_MOODS = {
    "good": ("reproduced", "recovered", "holds on drawn pictures", "silent"),
    "bad": ("contradicted", "missed", "fails on drawn pictures", "false alarm"),
    "open": ("inconclusive",),
}
_SIGNS = {"good": "✓", "bad": "✗", "open": "?", "none": "–"}
# The page's own colours where it has some; else colours that stand out from white and from black alike.
_COLOURS = {
    "good": "var(--artlib-good, #2e8555)",
    "bad": "var(--artlib-bad, #c2452d)",
    "open": "var(--artlib-open, #9a6c00)",
    "none": "var(--artlib-none, #767676)",
}
_HEAD = ("part", "ours, with 95% interval", "drawn", "shows")
_WIDTH = 120


def anchor(claim: str) -> str:
    """What a link to a claim's card ends with."""
    return f"claim-{escape(claim)}"


def colour(word: str) -> str:
    """The colour of a verdict's word, as CSS."""
    return _COLOURS[_mood(word)]


def sign(word: str) -> str:
    """The sign before a verdict's word: colour alone must not say it."""
    return _SIGNS[_mood(word)]


def html(verdict: Verdict) -> str:
    """The card of a verdict."""
    claim = verdict.claim
    whose = "the book's own claim" if claim.by == "book" else claim.source
    return "\n".join(
        [
            theme.style("verdict"),
            f'<div class="verdict" id="{anchor(verdict.id)}" role="group" '
            f'aria-label="Verdict on claim {escape(verdict.id)}" style="--verdict-colour: {colour(verdict.word)}">',
            f"<p><strong>Claim {escape(verdict.id)}</strong> · {escape(whose)}</p>",
            f"<p>{escape(claim.statement)}</p>",
            _small(f"Measured by {claim.measure}."),
            *(_finding(finding, verdict.id) for finding in verdict.findings),
            _todo(verdict),
            _small(text.planted_cause(verdict)),
            "</div>",
        ]
    )


def _finding(finding: Finding, claim: str) -> str:
    mood = _mood(finding.word)
    more = text.details(finding)
    return (
        f'<p class="verdict-word" style="--verdict-mood: {_COLOURS[mood]}">'
        f'<span class="verdict-sign" aria-hidden="true">{_SIGNS[mood]}</span>'
        f"<strong>{escape(finding.word)}</strong> on {escape(text.source(finding))}"
        f"{f'<span class=verdict-small> – {escape(more)}</span>' if more else ''}</p>{_table(finding, claim)}"
    )


def _table(finding: Finding, claim: str) -> str:
    if all(part.estimate is None for part in finding.parts):
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    rows = "".join(_row(part, _limits(finding.parts, part)) for part in finding.parts)
    # Regions of one page need names that differ.
    label = escape(f"Parts of claim {claim} on {text.source(finding)}, {finding.preset or 'not run'}")
    return (
        f'<div class="artlib-scroll" role="region" tabindex="0" aria-label="{label}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(part: Part, limits: tuple[float, float]) -> str:
    first = f'<th scope="row">{escape(text.part_title(part))}</th>'
    if part.estimate is None:
        return f'<tr>{first}<td colspan="{len(_HEAD) - 1}">{escape(part.missing)}</td></tr>'
    could = f"{text.sample_size(part)} could have shown {text.smallest_effect(part)}"
    beside = f"needed {text.required(part.contrast)}; {could}"
    ours = f'{escape(text.format_estimate(part))}<span class="verdict-small">{escape(beside)}</span>'
    cells = [ours, _strip(part, limits), escape(text.STATES[part.state])]
    return f"<tr>{first}<td>{'</td><td>'.join(cells)}</td></tr>"


def _limits(parts: tuple[Part, ...], like: Part) -> tuple[float, float]:
    """One axis for all parts with this measure, zero and what is needed included."""
    kind = (like.contrast.metric, like.contrast.scale)
    same = [part for part in parts if part.estimate and (part.contrast.metric, part.contrast.scale) == kind]
    ends = [0.0, *(end for part in same for end in (part.estimate.low, part.estimate.high, part.threshold))]
    room = 0.06 * (max(ends) - min(ends) or 1.0)
    return min(ends) - room, max(ends) + room


def _strip(part: Part, limits: tuple[float, float]) -> str:
    """The interval drawn small; the cell beside it says the same, so screen readers pass over it."""
    low, high = limits
    colour = _COLOURS[{"holds": "good", "fails": "bad"}.get(part.state, "open")]
    left, middle, right, zero, need = (
        f"{_WIDTH * (value - low) / (high - low):.1f}"
        for value in (part.estimate.low, part.estimate.value, part.estimate.high, 0, part.threshold)
    )
    return (
        f'<svg aria-hidden="true" focusable="false" width="{_WIDTH}" height="16" viewBox="0 0 {_WIDTH} 16">'
        f'<path d="M{zero} 1V15" stroke="currentColor" stroke-opacity=".5"/>'
        f'<path d="M{need} 1V15" stroke="currentColor" stroke-dasharray="2 2"/>'
        f'<path d="M{left} 8H{right}" stroke-width="3" style="stroke: {colour}"/>'
        f'<circle cx="{middle}" cy="8" r="4" style="fill: {colour}"/></svg>'
    )


def _todo(verdict: Verdict) -> str:
    if NO_VERDICT not in {finding.word for finding in verdict.findings}:
        return ""
    if not verdict.todo:
        return _small("No experiment that could tell is declared yet.")
    commands = ", ".join(f"<code>{escape(command)}</code>" for command in verdict.todo)
    return f'<p class="verdict-small">The missing records are made by {commands}.</p>'


def _small(said: str) -> str:
    return f'<p class="verdict-small">{escape(said)}</p>'


def _mood(word: str) -> str:
    return next((mood for mood, those in _MOODS.items() if word in those), "none")

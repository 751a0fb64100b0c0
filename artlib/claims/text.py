"""What a verdict says, in words and numbers: the lines that every form of the card is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from artlib import paths
from artlib.claims.declared import UNTESTED
from artlib.evaluate import metrics
from artlib.figures import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from artlib.claims.declared import Contrast
    from artlib.claims.verdict import Finding, Part, Verdict


def as_text(verdict: Verdict) -> str:
    """The card as plain text."""
    lines = [f"Claim {verdict.id}: {verdict.claim.statement}"]
    for finding in verdict.findings:
        more = details(finding)
        lines.append(f"  {source(finding)}: {finding.word}" + (f" ({more})" if more else ""))
        lines += [f"    {part_line(part, shows(part, finding))}" for part in finding.parts]
    lines += [f"  To make the missing records: {command}" for command in verdict.todo]
    return "\n".join([*lines, f"  {planted_cause(verdict)}", *(f"  {line}" for line in dates(verdict))])


def source(finding: Finding) -> str:
    """Where a finding is from: "museum, course; null museum, without culture"."""
    network = finding.network and ", ".join(map(theme.readable, finding.network.split(", ")))
    where = ", ".join(filter(None, [finding.collection, finding.preset, network]))
    return f"{where}; null museum, without {finding.cut}" if finding.cut else where


def details(finding: Finding) -> str:
    """Why the word, in how many draws, and how unlikely by luck."""
    said = [finding.why]
    if finding.rate:
        said.append(f"judged one by one, {finding.rate[0]} of {finding.rate[1]} drawn museums show the effect")
    if finding.p is not None:
        said.append(f"after Holm's correction p = {finding.p:.2g}")
    if finding.less:
        said.append("what counts is the museum minus the null museum, which is more than either where they point apart")
    first, *more = [*filter(None, [*said, marks(finding)]), ""]
    return ". ".join([first, *(one[0].upper() + one[1:] for one in more if one)])


def shows(part: Part, finding: Finding) -> str:
    """What a part shows, in words; where the cause is cut, only whether anything was found."""
    if finding.word == UNTESTED and part.estimate:
        return "not judged"
    if part.estimate is None or not finding.cut:
        return paths.table("words.yaml")["part_shows"][part.state]
    if finding.alarms(part):
        return "an effect, where none can be"
    beside = part.contrast.direction == "better" and not part.estimate.low <= 0 <= part.estimate.high
    return f"no effect clear among {len(finding.parts)} parts" if beside and len(finding.parts) > 1 else "none clear"


def part_line(part: Part, shown: str) -> str:
    if part.estimate is None:
        return f"{part_title(part)}: {part.missing}"
    found = f"{format_estimate(part)}, {sample_size(part)}, {smallest_effect(part)}"
    return f"{part_title(part)}: {found}: {shown}"


def part_title(part: Part) -> str:
    """What the part compares, and where it was measured: "fine-tuned beats frozen (artist, mobilenetv2_100)"."""
    where = ", ".join("experiment " * (key == "experiment") + theme.readable(one) for key, one in part.stratum.items())
    return f"{part.contrast.says} ({where})" if where else part.contrast.says


def sample_size(part: Part) -> str:
    return f"{part.estimate.n:,} {'different works' if part.counts['works'] else 'runs'}"


def dates(verdict: Verdict) -> list[str]:
    """When the claim was written and changed, and whether its records were there already."""
    said = []
    first = verdict.recorded if any(finding.parts for finding in verdict.findings) else ""
    for number, one in enumerate((verdict.claim.written, *verdict.claim.changed)):
        what = "".join(f" {part[0].upper()}{part[1:]}." for part in one["what"].split("; ")) if number else ""
        after = one["at"] > first[:16].replace("T", " ")
        when = f", {'after' if after else 'before'} the first record that this card reads" if first else ""
        commit = f", commit {one['commit']}" if "commit" in one else ""
        said.append(f"{'Changed' if number else 'Written'} ({one['at'][:10]}{commit}){when}.{what}")
    return said if verdict.claim.written else []


def marks(finding: Finding) -> str:
    """What of a real run is the paper's own: "same data: no; same network: no; same scale: no"."""
    return "; ".join(f"same {name}: {'yes' if same else 'no'}" for name, same in (finding.marks or {}).items())


def size(finding: Finding) -> str:
    """How large the effect is, in a few words: "3.4 to 6.3 points"; of several comparisons the one that fails.

    Of what is undecided: how many parts are clear, and which is not.

    Empty for numbers that would need explaining.
    """
    parts = [part for part in finding.parts if part.estimate is not None]
    failing = [part for part in parts if part.state == "fails"]
    if finding.answer == "undecided":
        only = format_estimate(parts[0]) if len(parts) == 1 and _unit(parts[0].contrast) else ""
        return "; ".join(filter(None, [only, finding.why]))
    if finding.answer == "no" and failing:
        worst = min(failing, key=lambda part: part.p_fails)
        undecided = sum(part.state == "open" for part in parts)
        more = f"; {undecided} undecided, but one clear opposite is enough" if undecided else ""
        said = f"fails clearly in {len(failing)} of {len(parts)} parts; the surest failure"
        return f'{said} is "{worst.contrast.says}" ({format_estimate(worst)}){more}'
    if len({part.contrast.says for part in parts}) != 1 or not (unit := _unit(parts[0].contrast)):
        return ""
    values = sorted(part.estimate.value for part in parts)
    ends = (format_number(parts[0].contrast, value, signed=False) for value in (values[0], values[-1]))
    where = f" in {len(parts)} parts" if len(parts) > 1 else ""
    return f"{' to '.join(dict.fromkeys(ends))} {unit}{where}".replace("×", "")


def certainty(finding: Finding) -> str:
    """How sure an answer is, in short: its 95% intervals, and the works or runs behind them."""
    parts = [part for part in finding.parts if part.estimate is not None]
    if not parts or len({(one.contrast.metric, one.contrast.scale) for one in parts}) != 1:
        return ""
    spans = theme.listed(("[" + format_estimate(one).split(" [")[1] for one in parts), len(parts))
    s, more = ("s", " or more") if len(parts) > 1 else ("", "")
    return f"95% interval{s} {spans}; {sample_size(min(parts, key=lambda one: one.estimate.n))}{more}"


def counted(parts: Sequence[Part], *, named: bool = True) -> str:
    """What parts show by themselves: "of 3 parts: 2 clearly so, 1 undecided", and which one is."""
    told, words = [], paths.table("words.yaml")["parts_counted"]
    for state in {part.state: None for part in sorted(parts, key=lambda part: list(words).index(part.state))}:
        those = [part.contrast.says for part in parts if part.state == state]
        which = f' ("{those[0]}")' if named and state != "holds" and len({*those}) == 1 < len(parts) else ""
        told.append(f"{len(those)} {words[state]}{which}")
    alone = "" if named or any(part.state == "open" for part in parts) else ", taken alone"
    return (f"of {len(parts)} parts: {', '.join(told)}" if len(parts) > 1 else told[0][2:]) + alone


def _unit(contrast: Contrast) -> str:
    if contrast.scale == "log":
        return "times"
    points = _in_points(contrast) and contrast.direction == "better"
    return "points" if points else {"metrics.mean_absolute_error": "years"}.get(contrast.metric, "")


def planted_cause(verdict: Verdict) -> str:
    """What in the generator could produce the effect."""
    if verdict.claim.withdrawn:
        return f"Withdrawn on the drawn museum: {verdict.claim.withdrawn}."
    cause = verdict.claim.planted
    if cause is None:
        return "Nothing in the drawn museum was put there to produce this."
    return f"Planted in the drawn museum: {cause['cause']} (its switch: {cause['cut']})."


def format_number(contrast: Contrast, value: float, *, signed: bool = True, digits: int = 1) -> str:
    """A number of a contrast as a reader wants it: points, a ratio, or plain."""
    if contrast.scale == "log" or contrast.metric == "pair_lift":
        return f"×{math.exp(value):.2f}"
    sign = "+" if signed and len(contrast.terms) > 1 else ""
    number = f"{100 * value:{sign}.{digits}f}" if _in_points(contrast) else f"{value:{sign}.3f}"
    return number.replace("-", "\N{MINUS SIGN}")


def format_estimate(part: Part) -> str:
    """Estimate and interval: "+10.2 points [+7.1, +13.4]"."""
    contrast, estimate = part.contrast, part.estimate
    points = _mark(contrast) or (" years" if _unit(contrast) == "years" else "")
    ends = (estimate.low, estimate.high)
    digits = 1 + any(abs(end - bar) < 5e-4 for end in ends for bar in (part.threshold, 0))
    low, high = (format_number(contrast, end, digits=digits) for end in ends)
    return f"{format_number(contrast, estimate.value)}{points} [{low}, {high}]"


def _mark(contrast: Contrast) -> str:
    """Of a difference of shares "points", of a share itself the sign of per cent."""
    return "" if not _in_points(contrast) else " points" if len(contrast.terms) > 1 else "%"


def _in_points(contrast: Contrast) -> bool:
    return contrast.metric in metrics.POINTS and not contrast.across and contrast.scale != "log"


def smallest_effect(part: Part) -> str:
    """The smallest effect that such runs find four times in five, in words."""
    value = format_number(part.contrast, part.smallest_effect, signed=False)
    return f"such runs find {value}{' points' if _in_points(part.contrast) else ''} four times in five"


def required(contrast: Contrast) -> str:
    """What the interval must show, in words."""
    if contrast.direction == "better":
        ratio = contrast.scale == "log" or contrast.metric == "pair_lift"
        nothing = "×1" if ratio else "0"
        share = "%" if _mark(contrast) == "%" else ""
        return f"above {format_number(contrast, contrast.above, signed=False) + share if contrast.above else nothing}"
    margin = format_number(contrast, contrast.margin, signed=False)
    around = f" of {format_number(contrast, contrast.above)}" if contrast.above else ""
    return f"above \N{MINUS SIGN}{margin}" if contrast.direction == "at least as good" else f"within ±{margin}{around}"

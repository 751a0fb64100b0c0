"""What a page says of the run that made it: one strip below the title."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artlib.site import files

if TYPE_CHECKING:
    from artlib.site.execute import Result

_WORDS_A_MINUTE = 200
_FENCED = re.compile(r"^(`{3,}|:{3,}).*$|^:label:.*$|^\([\w-]+\)=$", re.MULTILINE)


def strip(measured: Mapping[str, Any], expected: Mapping[str, float] | None = None) -> str:
    """HTML, in one block without empty lines (Markdown would end it there).

    measured : what was noted when the chapter ran.
    expected : minutes by preset, for a reader who wants to run it.
    """
    expected = {name: _duration(minutes) for name, minutes in (expected or {}).items()}
    return files.filled(Path(__file__).with_name("strip.html"), facts=facts(measured), expected=expected)


def banner(result: "Result") -> str:
    """HTML below the strip, in one block: what stopped the chapter, or what it could not ask of a reader's pictures."""
    if not result.fault and "own" not in result.measured:
        return ""
    return files.filled(Path(__file__).with_name("banner.html"), result=result)


def times(texts: Iterable[str], measured: Mapping[str, Any]) -> str:
    """HTML that says what a chapter asks of a reader: minutes of reading, of exercises, of the machine.

    texts : the sources of its Markdown cells. Exercises begin with their size: a minute, ten minutes, an evening.
    """
    whole = "\n".join(texts)
    prose = _FENCED.sub("", whole)
    exercises = {size: len(re.findall(rf"\*\*{size}", whole)) for size in ("A minute", "Ten minutes", "An evening")}
    short = exercises["A minute"] + 10 * exercises["Ten minutes"]
    evenings = {0: "", 1: " and an evening"}.get(exercises["An evening"], f" and {exercises['An evening']} evenings")
    told = [f"Reading the text: about {max(1, round(len(prose.split()) / _WORDS_A_MINUTE))} min"]
    if short or evenings:
        told.append(f"exercises: {short} min{evenings}")
    told.append(f"computer, when this page was made: {_duration(float(measured.get('minutes', 0)))}")
    return f'<p class="artlib-minutes">{" · ".join(told)}</p>'


def facts(measured: Mapping[str, Any]) -> dict[str, str]:
    """The strip's entries in order: preset, collection, seed, commit, device, time, peak memory."""
    settings = measured.get("settings", {})
    seed, seeds = settings.get("seed"), settings.get("seeds")
    return {
        "preset": str(settings.get("preset", "none")),
        "collection": str(settings.get("collection", "none")),
        "seed": str(seed) if seed is not None else _seeds(seeds),
        "commit": str(measured.get("commit", "unknown")),
        "device": str(measured.get("device", "unknown")),
        "time": _duration(float(measured.get("minutes", 0))),
        "peak memory": _memory(float(measured.get("peak_memory_mb", 0))),
    }


def _seeds(count: object) -> str:
    if not isinstance(count, int):
        return "0"
    return "0" if count == 1 else f"0 to {count - 1}"


def _duration(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    number, unit = (minutes, "min") if minutes < 90 else (minutes / 60, "h")
    return f"{number:.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"


def _memory(mebibytes: float) -> str:
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"

"""One look for all figures: paper and ink, colours that stay apart for colour-blind readers, sizes for 700 pixels."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PAPER, INK, MUTED, FAINT = "#fffdf9", "#23211e", "#57524a", "#e6dfd2"
BLUE, RED, OCHRE, GREEN, PURPLE, GREY = "#1c5a86", "#c04a26", "#a87900", "#2b8a68", "#7b4a9c", "#6f6a62"
PALETTE = (BLUE, RED, OCHRE, GREEN, PURPLE, GREY)
MARKERS = ("o", "s", "D", "^", "v", "P")

WIDTH = 7.3  # inches; 700 CSS pixels
PIXELS = 700
_FOLDER = Path(__file__).parent


@contextmanager
def look() -> Iterator[None]:
    """Draw in the book's look; the reader's own settings are put back afterwards."""
    import matplotlib

    rules = matplotlib.rc_params_from_file(_FOLDER / "book.mplstyle", use_default_template=False)
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **rules, "backend": matplotlib.get_backend()}):
        yield


def canvas(height: float, width: float = WIDTH, **grid):
    """A figure that no display list knows of (so that it is shown once), and its axes."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    return drawn, drawn.subplots(**grid)


@cache
def style(*parts: str) -> str:
    """Rules of the one style sheet, ``style.css``, as an HTML element: of the parts "table", "frames", ..."""
    rules = dict(re.findall(r"/\* part: (\w+) \*/\n(.*?)(?=\n/\* part|\Z)", _resource("style.css"), re.DOTALL))
    return "<style>\n" + "".join(rules[part] for part in parts) + "</style>"


@cache
def script(name: str) -> str:
    """A script that lies beside the style sheet, ``NAME.js``, as an HTML element."""
    return f"<script>\n{_resource(f'{name}.js')}</script>"


def _resource(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def shades(count: int, colour: str = BLUE) -> list[str]:
    """From the colour to a light tint of it, in ``count`` steps."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    tints = LinearSegmentedColormap.from_list("tints", [colour, PAPER])
    return [to_hex(tints(0.62 * step / max(1, count - 1))) for step in range(count)]


def ramp():
    """From paper to the book's blue, for shares from zero to one."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("paper-blue", [PAPER, "#c9dbe8", "#6fa3c7", BLUE, "#0d3350"])


# What comes up in many figures looks the same in all of them.
_KNOWN = {
    "fine-tuned": 0, "scratch": 1, "frozen": 2,
    "all": 0, "only-last": 1, "only-last-three": 2, "skip-first": 3, "skip-first-two": 4,
    "multi-task": 0, "single-task": 1,
}  # fmt: skip


def styles(names: Iterable[object]) -> dict:
    """A colour and a marker for each name: its own where it has one, else the next that is free."""
    names = [str(name) for name in names]
    free = iter([i for i in range(len(PALETTE)) if i not in {_KNOWN.get(name) for name in names}] * len(names))
    number = {name: _KNOWN[name] if name in _KNOWN else next(free, 0) for name in names}
    return {name: (PALETTE[i], MARKERS[i]) for name, i in number.items()}


def wrap(text: object, width: int) -> str:
    """Text broken into lines of at most ``width`` characters; hyphens and slashes may be broken at too."""
    import textwrap

    return "\n".join(textwrap.wrap(str(text), width, break_long_words=False)) or str(text)


_SAID = {
    "f1": "F1", "kappa": "Cohen's kappa", "top3": "top-3 accuracy", "top5": "top-5 accuracy",
    "busy seconds per epoch": "seconds for one epoch", "seconds per epoch": "seconds for one epoch",
    "n train": "training works", "n valid": "validation works", "n test": "test works",
    "frechet distance": "Fréchet distance (lower: more like real ones)",
}  # fmt: skip


def readable(name: object) -> str:
    """A name of the records in a reader's words: ``metrics.balanced_accuracy`` is "balanced accuracy"."""
    short = re.sub(r"^(metrics|cell|recipe|history)\.", "", str(name)).replace("_", " ")
    # What records call apart has training and test artists separated.
    return _SAID.get(short, short.replace("artists apart", "new artists"))


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names as a list in words, the rest counted."""
    names = [str(name) for name in names]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f}%"

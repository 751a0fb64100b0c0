"""One look for all figures: paper and ink, colours that stay apart for colour-blind readers, sizes for 700 pixels."""

import base64
import io
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artlib import paths

if TYPE_CHECKING:
    from jinja2 import Environment

PAPER, INK, MUTED, FAINT = "#fffdf9", "#23211e", "#57524a", "#e6dfd2"
BLUE, RED, OCHRE, GREEN, PURPLE, GREY = "#1c5a86", "#c04a26", "#a87900", "#2b8a68", "#7b4a9c", "#6f6a62"
PALETTE = (BLUE, RED, OCHRE, GREEN, PURPLE, GREY)
MARKERS = ("o", "s", "D", "^", "v", "P")

WIDTH = 7.3  # inches; 700 CSS pixels
PIXELS = 700
_LONG = 48  # letters in a line: longer ones may be wider than the page
_FOLDER = Path(__file__).parent


@contextmanager
def look() -> Iterator[None]:
    """Draw in the book's look; the reader's own settings are put back afterwards."""
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_rules(), "backend": matplotlib.get_backend()}):
        yield


@cache
def _rules() -> dict[str, Any]:
    """The book's style, of whose fonts only those that are installed here: others would be warned of."""
    import matplotlib
    from matplotlib.font_manager import fontManager

    rules = matplotlib.rc_params_from_file(_FOLDER / "book.mplstyle", use_default_template=False)
    installed = {font.name for font in fontManager.ttflist}
    return {**rules, "font.family": [name for name in rules["font.family"] if name in installed]}


def canvas(height: float, width: float = WIDTH, **grid):
    """A figure that no display list knows of (so that it is shown once), and its axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(drawn)  # one that can be measured
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


@cache
def templates(folder: Path) -> "Environment":
    """The templates of a folder; what is put into those of HTML is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    loader, escaped = FileSystemLoader(folder), select_autoescape()
    made = Environment(
        loader=loader, autoescape=escaped, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    made.globals |= {"style": style, "script": script}
    return made


def fill(template: str, **values: Any) -> str:
    """A template of this folder with values in it."""
    return templates(_FOLDER).get_template(template).render(values)


def as_json(held: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(held, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def webp(picture: np.ndarray, quality: int, method: int = 4) -> bytes:
    """A picture, (H, W, 3 or 4) uint8, as WebP."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", quality=quality, method=method)
    return buffer.getvalue()


def address(picture: bytes) -> str:
    """A WebP picture as an address that holds it."""
    return f"data:image/webp;base64,{base64.b64encode(picture).decode('ascii')}"


def _resource(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def alt(figure: str, **facts: Any) -> str:
    """The alternative text that ``data/figures.yaml`` has for a figure, with its facts put in."""
    return paths.table("figures.yaml")["alt"][figure].format(**facts)


def caption(figure: str, **facts: Any) -> str:
    """The caption that ``data/figures.yaml`` has for a figure, with its facts put in."""
    return paths.table("figures.yaml")["caption"][figure].format(**facts)


def shades(count: int, colour: str = BLUE) -> list[str]:
    """From the colour to a light tint of it, in ``count`` steps."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    tints = LinearSegmentedColormap.from_list("tints", [colour, PAPER])
    return [to_hex(tints(0.62 * step / max(1, count - 1))) for step in range(count)]


def ramp():
    """From paper to the book's blue, for shares from zero to one."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("paper-blue", [PAPER, "#c9dbe8", "#6fa3c7", BLUE, "#0d3350"])


def styles(names: Iterable[object]) -> dict:
    """A colour and a marker for each name: its own where it has one, else the next that is free."""
    names = [str(name) for name in names]
    known = paths.table("words.yaml")["colour_numbers"]
    free = iter([i for i in range(len(PALETTE)) if i not in {known.get(name) for name in names}] * len(names))
    number = {name: known[name] if name in known else next(free, 0) for name in names}
    return {name: (PALETTE[i], MARKERS[i]) for name, i in number.items()}


def pass_on(seen: Iterable[warnings.WarningMessage]) -> None:
    """Give warnings again; those of letters without a font, one each, become one."""
    without = [one for one in seen if "missing from" in str(one.message)]
    for one in [*(one for one in seen if one not in without), *without[:1]]:
        said = (
            "A figure shows boxes: no font here has its letters. Install one, for instance Noto Sans or Noto Sans CJK."
        )
        warnings.warn(said if one in without else one.message, one.category, stacklevel=4)


def wrap(text: object, width: int, lines: int = 4) -> str:
    """Text broken into lines of at most ``width`` characters; hyphens and slashes may be broken at too.

    What is longer than so many lines, or one word than 24 characters and the width, is cut in the middle.
    """
    import textwrap

    words = re.sub(r"\S+", lambda word: cut(word[0], max(width, 24)), str(text))
    for most in range(lines * width, width, -3):
        parts = textwrap.wrap(cut(words, most), width, break_long_words=False)
        if len(parts) <= lines:
            return "\n".join(parts) or str(text)
    return cut(words, width)


def cut(text: object, most: int) -> str:
    """Text of at most ``most`` characters: a longer one without its middle, where names tell least apart."""
    text = str(text)
    left = (most - 1) * 2 // 3
    return text if len(text) <= most else f"{text[:left].rstrip()}\u2026{text[left + 1 - most :].lstrip()}"


def fit_texts(figure: Any) -> None:
    """Cut long texts in the middle until they lie inside the figure; tick labels are not asked here."""
    from matplotlib.text import Text

    long = [text for text in figure.findobj(Text) if max(map(len, text.get_text().split("\n"))) > _LONG]
    for share in (0.8, 0.6, 0.45, 0.3) if long else ():
        figure.draw_without_rendering()
        width, whole = figure.bbox.width, [(text, text.get_window_extent()) for text in long if text.get_visible()]
        for text, box in whole:
            if box.x0 < -2 or box.x1 > width + 2:
                lines = text.get_text().split("\n")
                text.set_text("\n".join(cut(line, max(12, int(share * len(line) / (share + 0.2)))) for line in lines))


def readable(name: object) -> str:
    """A name of the records in a reader's words: ``metrics.balanced_accuracy`` is "balanced accuracy"."""
    short = re.sub(r"^(metrics|cell|recipe)\.", "", str(name)).replace("_", " ")
    # What records call apart has training and test artists separated.
    return paths.table("words.yaml")["readable"].get(short, short.replace("artists apart", "new artists"))


def shown(value: str) -> str:
    """A value of the records in a reader's words where it is a known name: ``resnet18_s`` is "small ResNet18"."""
    return paths.table("words.yaml")["readable"].get(value.replace("_", " "), value)


def listed(names: Iterable[object], most: int = 12) -> str:
    """Names as a list in words, the rest counted."""
    names = [str(name) for name in names]
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f}%"


def counted(works: Any) -> str:
    """What the rows of a table of works are called: works, or pictures where a work has several."""
    return "pictures" if "work_id" in works and works["work_id"].duplicated().any() else "works"

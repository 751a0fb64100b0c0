"""A figure as a page wants it: the drawing with its caption and its alternative text."""

import base64
import io
import warnings
from collections.abc import Callable
from functools import wraps
from html import escape
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from artlib.errors import ArtlibError
from artlib.figures import badge, theme

_QUALITY = 80  # of JPEG: on contact sheets at twice the resolution of the page nobody sees the difference


_RECORDED = ("runs", "gains", "found")  # a figure's first parameter, where it is empty until runs are recorded
Drawn = tuple[Any, ...]
"""What a function under `drawing` gives: matplotlib's figure, alternative text, caption, then where due the credit of
pictures (a text) and the numbers drawn (a table)."""


class FigureError(ArtlibError):
    """Something that cannot be drawn from what was given."""


class NothingToShow(FigureError):
    """What is asked for is not there, which is no fault: `Note` says so in the place of the figure or the table."""


class NotRecorded(NothingToShow):
    """There is no run to show yet; `Note` says so in the place of the figure or the table."""

    def __init__(self, runs: Any = None):
        """``runs``: the empty table; it may name the experiment that would fill it (``attrs["experiment"]``)."""
        name = getattr(runs, "attrs", {}).get("experiment")
        super().__init__("Not recorded yet" + (f": artlib experiment {name}" if name else "."))


class Note:
    """Words in the place of a figure or a table that cannot be made yet; it shows itself in a notebook.

    ``html`` : the same for a page; None: the text. ``kind`` : the part of the style sheet that is its look.
    """

    def __init__(self, text: str, html: str | None = None, kind: str = "note"):
        self.text, self.html, self.kind = text, escape(text) if html is None else html, kind

    def _repr_html_(self) -> str:
        return f'{theme.style(self.kind)}\n<p class="artlib-{self.kind}">{self.html}</p>'

    def __repr__(self) -> str:
        return self.text


class Figure:
    """A drawing that shows itself in a notebook, with caption and alternative text for the page.

    Attributes
    ----------
    figure : the matplotlib figure, to change something by hand.
    alt : what is in the picture, computed from the data: numbers, order, extremes.
    caption : what to notice, below the picture.
    name : a label to refer to, unique in the book; None leaves the figure without one.
    credit : whose pictures it shows, after the caption; "" where nobody is to be named.
    badge : what its numbers rest on; None for a diagram.
    data : the numbers that are drawn, as a table, for who wants to read or reuse them; None where there are none.
    """

    def __init__(self, figure: Any, alt: str, caption: str = "", name: str | None = None, credit: str = ""):
        self.figure, self.alt, self.caption, self.name = figure, _one_line(alt), _one_line(caption), name
        self.credit = _one_line(credit)
        self.badge: badge.Badge | None = None
        self.data: pd.DataFrame | None = None

    def png(self) -> bytes:
        """The drawing as PNG, at twice the resolution of the page, its badge above it."""
        from PIL import Image

        buffer = io.BytesIO()
        with theme.look():
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                self.figure.savefig(buffer, format="png", metadata={"Software": None})
            theme.pass_on(seen)
            if self.badge is None:
                return buffer.getvalue()
            return _written(badge.above(Image.open(buffer).convert("RGB"), self.badge), "PNG")

    def encoded(self) -> tuple[str, bytes]:
        """The drawing as a page gets it: JPEG where pictures fill it, else PNG in 256 colours."""
        from PIL import Image

        png = self.png()
        drawn = Image.open(io.BytesIO(png)).convert("RGB")
        jpeg = _written(drawn, "JPEG", quality=_QUALITY)
        if 2 * len(jpeg) < len(png):
            return "image/jpeg", jpeg
        few = drawn.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        return "image/png", _written(few, "PNG")

    def save(self, path: str | Path) -> Path:
        """Write the drawing; the ending says the format (png, svg, pdf)."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".png":
            path.write_bytes(self.png())
            return path
        with theme.look():
            self.figure.savefig(path)
        return path

    @property
    def width(self) -> int:
        """Width on the page in CSS pixels."""
        return round(theme.PIXELS * self.figure.get_figwidth() / theme.WIDTH)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        """Picture and text for a notebook; alternative text, caption and width as metadata."""
        below = " ".join(filter(None, (self.caption, self.credit)))
        said = {"alt": f"{self.badge}. {self.alt}" if self.badge else self.alt, "caption": below, "width": self.width}
        if self.name:
            said["name"] = self.name
        if self.data is not None:
            said["data"] = csv(self.data)
        kind, picture = self.encoded()
        encoded = base64.b64encode(picture).decode("ascii")
        # JupyterLab shows the HTML, so that a figure has its caption there too; pages take the picture.
        html = (
            f'<figure><img src="data:{kind};base64,{encoded}" alt="{escape(said["alt"])}" width="{self.width}">'
            f"<figcaption>{_inline(below)}</figcaption></figure>"
        )
        return {kind: encoded, "text/html": html, "text/plain": repr(self)}, {kind: said}

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"


def noted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a `Note` where the function has `NothingToShow`."""

    @wraps(function)
    def shown(*args: Any, **kwargs: Any):
        try:
            return function(*args, **kwargs)
        except NothingToShow as nothing:
            return Note(str(nothing))

    return shown


def drawing(function: Callable[..., tuple[Any, ...]]) -> Callable[..., Figure]:
    """Make a figure of a function that gives (matplotlib figure, alternative text, caption), in the book's look.

    The wrapped function takes further keywords besides its own: ``finding``, a sentence that is put in bold before the
    caption; ``caption`` and ``alt``, in the place of the computed ones; ``name``; ``origin``, data that says what the
    numbers rest on where the data shown does not (runs, for instance). Where pictures are shown the function gives
    their credit as well, which stays whatever the caption. Where its first parameter is called runs, gains or found and
    is an empty table, nothing is recorded yet, and it gives a `Note`.
    """

    given = signature(function)
    judges = "origin" in given.parameters  # says other things of a page's own run
    first = next(iter(given.parameters), "")

    @noted
    @wraps(function)
    def drawn(*args: Any, finding: str = "", caption: str | None = None, alt: str | None = None,
              name: str | None = None, origin: Any = None, **kwargs: Any):  # fmt: skip
        if first in _RECORDED and (table := given.bind(*args, **kwargs).arguments[first]).empty:
            raise NotRecorded(table)
        shown = badge.of((args, kwargs) if origin is None else origin)
        kwargs |= {"origin": shown} if judges else {}
        with theme.look():
            figure, said, below, *more = function(*args, **kwargs)
            theme.fit_texts(figure)
            below = below if caption is None else caption
            below = f"**{finding.strip()}** {below}" if finding else below
            credit = next((one for one in more if isinstance(one, str)), "")
            made = Figure(figure, said if alt is None else alt, below, name, credit)
            made.badge, made.data = shown, next((one for one in more if not isinstance(one, str)), None)
            return made

    drawn.__annotations__["return"] = Figure
    return drawn


def _written(picture: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, optimize=True, **options)
    return buffer.getvalue()


def _inline(text: str) -> str:
    """A caption's Markdown as HTML; HTML that is in it shows as itself."""
    from markdown_it import MarkdownIt

    return MarkdownIt("js-default").renderInline(text)


def csv(table: "pd.DataFrame") -> str:
    """The numbers of a figure as a page offers them."""
    return table.to_csv(index=False, float_format="%.5g")


def _one_line(text: str) -> str:
    return " ".join(str(text).split())

"""Where the numbers of a figure or a table come from: recorded runs, or a small run made by the page itself.

The badge is found in the data that a figure is given: tables of runs, what is computed from them, verdicts, learners
and pictures know their origin, and every figure and table says it.
"""

import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from artlib import records
from artlib.figures import theme

_TALL = 0.27  # inches of the strip above a drawing


@dataclasses.dataclass(frozen=True)
class Badge:
    """What numbers rest on.

    Attributes
    ----------
    recorded : whether all runs lie in the book's records.
    runs : how many; 0 where it is not known.
    kinds : of works, "real" or "drawn"; both where both are shown.
    size : of a page's own run, such as its preset.
    measured : False for what shows works or their labels only, which can be no result.
    """

    recorded: bool
    runs: int = 0
    kinds: frozenset[str] = frozenset()
    size: str = ""
    measured: bool = True

    def __add__(self, other: "Badge") -> "Badge":
        return Badge(self.recorded and other.recorded, self.runs + other.runs, self.kinds | other.kinds,
                     self.size or other.size, self.measured or other.measured)  # fmt: skip

    def __str__(self) -> str:
        works = " and ".join(sorted(self.kinds, reverse=True)) + " works" * bool(self.kinds)
        runs = f"{self.runs:,} run{'s' * (self.runs != 1)}" if self.runs else ""
        if self.recorded:
            return " · ".join(filter(None, ("RECORDED", runs, works)))
        told = "not a result" if self.measured else ""
        return " · ".join(filter(None, ("THIS PAGE", runs, works if not self.size else self.size, told)))

    @property
    def html(self) -> str:
        """As a line of HTML; its look is the part "badge" of the style sheet."""
        return f'<p class="artlib-badge artlib-{"recorded" if self.recorded else "page"}">{self}</p>'


def of(*things: Any) -> Badge | None:
    """The badge of what is shown: tables, estimates, verdicts, learners, pictures, or lists and mappings of these.

    None where nothing says where it comes from, as for a diagram.
    """
    found = [badge for badge in map(_one, things) if badge]
    found = [badge for badge in found if badge.measured] or found
    return sum(list(dict.fromkeys(found))[1:], found[0]) if found else None


def _one(thing: Any) -> Badge | None:
    if isinstance(thing, Badge) or thing is None:
        return thing
    if isinstance(thing, Mapping):
        return of(*thing.values())
    if isinstance(thing, (list, tuple)):
        return of(*thing)
    if isinstance(thing, pd.DataFrame):
        known = thing.attrs.get("origin") or records.origin_of(thing)
    else:
        known = getattr(thing, "origin", None)  # of an estimate
    if known:
        size = f"size {known['preset']}" if known["preset"] else ""
        return Badge(known["recorded"], known["runs"], frozenset(known["kinds"]), size)
    if hasattr(thing, "findings"):  # a verdict, which only records can give
        return Badge(True, 0, frozenset("drawn" if one.drawn else "real" for one in thing.findings if one.parts))
    if isinstance(thing, (pd.DataFrame, pd.Series)):
        return None  # its columns may have any name, "collection" too
    pictures = getattr(thing, "pictures", thing)  # of a learner
    name = getattr(pictures, "collection", None) or getattr(pictures, "name", None)  # of pixels, of a collection
    if name and hasattr(pictures, "works"):
        kind = "drawn" if str(name).startswith("museum") else "real"
        pixels = f" of {pictures.size} pixels" if hasattr(pictures, "size") else ""
        size = f"{len(pictures.works):,} {kind} {theme.counted(pictures.works)}{pixels}"
        return Badge(False, 0, frozenset([kind]), size, pictures is not thing)
    return None


def above(picture: Any, badge: Badge) -> Any:
    """A drawing (PIL) with its badge in a strip above it, at the right."""
    from matplotlib.figure import Figure
    from PIL import Image

    dots = 2 * theme.PIXELS / theme.WIDTH
    strip = Figure(figsize=(picture.width / dots, _TALL), dpi=dots, facecolor=theme.PAPER)
    look = {"boxstyle": "round,pad=0.35", "linewidth": 1.1}
    if badge.recorded:
        look |= {"facecolor": "#eaf1f5", "edgecolor": theme.BLUE}
    else:
        look |= {"facecolor": theme.PAPER, "edgecolor": theme.GREY, "linestyle": (0, (3, 2))}
    strip.text(1 - 0.08 * dots / picture.width, 0.5, str(badge), ha="right", va="center", fontsize=8, bbox=look,
               color=look["edgecolor"], fontweight="bold" if badge.recorded else "normal")  # fmt: skip
    buffer = io.BytesIO()
    strip.savefig(buffer, format="png", dpi=dots)
    head = Image.open(buffer).convert("RGB").resize((picture.width, round(_TALL * dots)))
    whole = Image.new("RGB", (picture.width, picture.height + head.height), theme.PAPER)
    whole.paste(head, (0, 0))
    whole.paste(picture, (0, head.height))
    return whole

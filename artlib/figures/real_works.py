"""Real works on a page: each with what is said of it, its facts, whose picture it is, and the way to its museum.

The pictures are those that ``make pictures`` fetches (`artlib.collections.open_works`). Where they are not, a drawn
figure stands in their place, with one line that says so. Nothing is loaded from the museums: a page holds the pictures.
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from artlib import pixels, works
from artlib.collections import open_works as fetched
from artlib.collections.files import FileSource
from artlib.figures import badge as badges
from artlib.figures import credits, theme
from artlib.figures.figure import Figure, FigureError, Note
from artlib.figures.pictures import lit
from artlib.works import PictureError

FETCH = "The command `make pictures` puts real works here."
_BYTES = 16_000  # the most that one picture may weigh: forty, written in text, stay below 1 MB
_TRIED = ((300, 80), (300, 60), (260, 50), (220, 40), (160, 30), (120, 20))  # pixels of the longer side, and quality


class OpenWorks:
    """Real works side by side; made by `open_works`.

    Attributes
    ----------
    works : rows of ``collections.open_works.displayed``, in the order in which they are shown.
    badge : what is said of them rests on; None where nothing is.
    """

    def __init__(self, shown: pd.DataFrame, cells: list[str], by: str, across: int, badge: badges.Badge | None):
        self.works, self.badge, self._cells, self._by, self._across = shown, badge, cells, by, across

    def _repr_html_(self) -> str:
        badge = f"{theme.style('badge')}{self.badge.html}" if self.badge else ""
        cells = pd.Series(self._cells)
        groups = cells.groupby(self.works[self._by], sort=False) if self._by else [("", cells)]
        look = f' style="grid-template-columns: repeat({self._across}, minmax(0, 1fr))"' if self._across > 1 else ""
        rows = (
            f'{_paragraph("of", name)}<div class="artlib-works"{look}>{"".join(part)}</div>' for name, part in groups
        )
        return f"{theme.style('works')}\n{badge}{''.join(rows)}"

    def __repr__(self) -> str:
        return "\n".join(self.works["alt"])


def open_works(
    use: str | None,
    said: pd.DataFrame | Mapping[str, str] | str | None = None,
    by: str = "",
    instead: Any = None,
    beside: Mapping[str, np.ndarray] | None = None,
    origin: Any = None,
) -> Any:
    """The real works that were fetched for a use, as HTML that loads nothing; ``instead`` where there are none.

    Chapters: index, fine-tuning, fine-tuning-confusions, culture, artist-identification, omniart, sources.

    Parameters
    ----------
    use : which of the displayed works: "front", "hands", "cultures", ...; None: all.
    said : what stands beneath each in bold. Recorded ``predictions``: what the network answered and how surely, the
        surest first; a work of which they say nothing is left out. Or ``work_id`` -> words, or the name of a column.
    by : column whose values make rows, such as "artist".
    instead : what is shown until the pictures are fetched, such as a drawn figure (or what makes it); one line says so.
    beside : name -> maps (N, height, width) from 0 to 1, one a work; each work is followed by itself, lit by them.
    origin : what the words or maps rest on, where they do not know it themselves.
    """
    shown = _answered(fetched.displayed(use), said)
    pictures = [picture(path) for path in shown["path"]]
    shown = shown[[one is not None for one in pictures]].reset_index(drop=True)
    pictures = [one for one in pictures if one is not None]
    if not pictures:
        return _until_fetched(instead)
    if any(len(maps) != len(pictures) for maps in (beside or {}).values()):
        raise FigureError(f"{len(pictures)} works are shown, and the maps beside them are of another number.")
    cells = [_cell(one, shown.loc[row]) + _lit(one, row, beside or {}) for row, one in enumerate(pictures)]
    rests_on = origin if origin is not None else said if isinstance(said, pd.DataFrame) else None
    return OpenWorks(shown, cells, by, 1 + len(beside or {}), badges.of(rests_on))


def open_pictures(use: str, size: int) -> pixels.Pictures | None:
    """The real works that were fetched for a use as pictures for a network; None where there are none."""
    shown = fetched.displayed(use)
    if shown.empty:
        return None
    folder = fetched.folder()
    images = [Path(path).relative_to(folder).as_posix() for path in shown["path"]]
    table = works.check(shown.drop(columns=["use"]).assign(image=images), "the open works")
    return pixels.cache(works.Collection("open works", table, FileSource(folder)), size, progress=False)


def credit_line(shown: pd.DataFrame) -> str:
    """These works for a caption, as Markdown: each by its title, which leads to its museum's page, and its credit."""
    named = [
        f"[{credits.plain(row['title'] or row['work_id'])}]({quote(fetched.page(row), ':/._-')}), "
        f"{credits.plain(fetched.credit(row))}"
        for _, row in shown.iterrows()
    ]
    return f"Pictures: {'; '.join(named)}."


def _until_fetched(instead: Any) -> Any:
    instead = instead() if callable(instead) else instead
    if isinstance(instead, Figure):
        if instead.badge and "real" in instead.badge.kinds:  # a reader's own pictures are real works already
            return instead
        instead.caption = f"{instead.caption} {FETCH}".strip()
    return Note(FETCH.replace("`", "")) if instead is None else instead


def _answered(shown: pd.DataFrame, said: pd.DataFrame | Mapping[str, str] | str | None) -> pd.DataFrame:
    """The works of which something is said, in the order in which they are shown; column ``answer`` is HTML."""
    if said is None:
        return shown.assign(answer="")
    if isinstance(said, pd.DataFrame):
        first = said.drop_duplicates("work_id").set_index("work_id")
        shown = shown.assign(sure=shown["work_id"].map(first["confidence"])).dropna(subset="sure")
        shown = shown.sort_values("sure", ascending=False, kind="stable")
        names, own = said.attrs["classes"], first.loc[shown["work_id"]].itertuples()
        return shown.assign(answer=[_answer(names[one.predicted], names[one.target], one.confidence) for one in own])
    words = shown[said] if isinstance(said, str) else shown["work_id"].map(said)
    return shown.assign(answer=[_paragraph("said", one) if isinstance(one, str) else None for one in words]).dropna(
        subset="answer"
    )


def _answer(said: str, label: str, confidence: float) -> str:
    """What a network said of a work, how surely, and whether its museum says so too."""
    right = said == label
    told = "right" if right else f"the museum says {label}"
    return _paragraph(
        f"said artlib-{'right' if right else 'wrong'}", f"said {said}, {theme.percent(confidence)}: {told}"
    )


def _cell(picture: np.ndarray, row: pd.Series) -> str:
    title, artist, date = (row[name] if isinstance(row[name], str) else "" for name in ("title", "artist", "date_text"))
    facts = "".join(f", {one}" for one in (artist or "unknown artist", date) if one)
    link = (
        f'<a href="{escape(fetched.page(row))}" rel="noopener" '
        f"aria-label=\"The museum's own words on {escape(title or row['work_id'])}\">The museum's own words</a>"
    )
    credit = f'<p class="artlib-credit">{escape(fetched.credit(row))}. {link}</p>'
    named = f"<p><i>{escape(theme.cut(title, 70))}</i>{escape(facts)}</p>"
    return _figure(picture, row["alt"], f"{row['answer']}{named}{credit}")


def _lit(picture: np.ndarray, number: int, beside: Mapping[str, np.ndarray]) -> str:
    shown = ((name, lit(picture[None], maps[number : number + 1])[0]) for name, maps in beside.items())
    return "".join(_figure(one, f"The same work, lit by its {name}.", _paragraph("said", name)) for name, one in shown)


def _figure(picture: np.ndarray, alt: str, below: str) -> str:
    from PIL import Image

    for side, quality in _TRIED:
        drawn = Image.fromarray(picture)
        drawn.thumbnail((side, side))
        if len(held := theme.webp(np.asarray(drawn), quality)) <= _BYTES:
            break
    size = f'width="{drawn.width}" height="{drawn.height}"'
    # Not the figure's own child: what is as large as it gets has no button to enlarge it.
    image = f'<div><img src="{theme.address(held)}" alt="{escape(alt)}" {size}></div>'
    return f"<figure>{image}<figcaption>{below}</figcaption></figure>"


def picture(path: str) -> np.ndarray | None:
    """A fetched picture within the box of its place on the page; None where it cannot be decoded."""
    from PIL import Image

    try:
        whole = Image.fromarray(FileSource(Path(path).parent).read(Path(path).name, _TRIED[0][0]))
    except PictureError:
        return None
    whole.thumbnail(_TRIED[0][:1] * 2)
    return np.asarray(whole)


def _paragraph(kind: str, words: str) -> str:
    return f'<p class="artlib-{kind}">{escape(str(words))}</p>' if words else ""

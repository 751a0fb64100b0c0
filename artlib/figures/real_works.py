"""Real works on a page: each with what is said of it, its facts, whose picture it is, and the way to its museum.

The pictures are those that ``make pictures`` fetches (`artlib.collections.open_works`). Where they are not, a drawn
figure stands in their place, with one line that says so. Nothing is loaded from the museums: a page holds the pictures.
"""

from collections.abc import Mapping
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

    def __init__(self, shown: pd.DataFrame, cells: list[list[dict]], by: str, badge: badges.Badge | None):
        self.works, self.badge, self._cells, self._by = shown, badge, cells, by

    def _repr_html_(self) -> str:
        cells = pd.Series(self._cells)
        groups = cells.groupby(self.works[self._by], sort=False) if self._by else [("", cells)]
        rows = [(name, [one for cell in part for one in cell]) for name, part in groups]
        return theme.fill("works.html", badge=self.badge, groups=rows, across=len(self._cells[0]))

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
        One of a reader's own pictures is shown in any case, unless there are maps ``beside`` the works.
    beside : name -> maps (N, height, width) from 0 to 1, one a work; each work is followed by itself, lit by them.
    origin : what the words or maps rest on, where they do not know it themselves.
    """
    if not beside and _is_of_real_works(instead):
        return instead
    shown = _answered(fetched.displayed(use), said)
    pictures = [picture(path) for path in shown["path"]]
    shown = shown[[one is not None for one in pictures]].reset_index(drop=True)
    pictures = [one for one in pictures if one is not None]
    if not pictures:
        return _until_fetched(instead)
    if any(len(maps) != len(pictures) for maps in (beside or {}).values()):
        raise FigureError(f"{len(pictures)} works are shown, and the maps beside them are of another number.")
    cells = [[_cell(one, shown.loc[row]), *_lit(one, row, beside or {})] for row, one in enumerate(pictures)]
    rests_on = origin if origin is not None else said if isinstance(said, pd.DataFrame) else None
    return OpenWorks(shown, cells, by, badges.of(rests_on))


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
    if isinstance(instead, Figure) and not _is_of_real_works(instead):
        instead.caption = f"{instead.caption} {FETCH}".strip()
    return Note(FETCH.replace("`", "")) if instead is None else instead


def _is_of_real_works(shown: Any) -> bool:
    return isinstance(shown, Figure) and bool(shown.badge) and "real" in shown.badge.kinds


def _answered(shown: pd.DataFrame, said: pd.DataFrame | Mapping[str, str] | str | None) -> pd.DataFrame:
    """The works of which something is said, in the order in which they are shown: columns ``answer`` and ``mood``."""
    shown = shown.assign(mood="")
    if said is None:
        return shown.assign(answer="")
    if not isinstance(said, pd.DataFrame):
        words = shown[said] if isinstance(said, str) else shown["work_id"].map(said)
        return shown.assign(answer=words.where(words.map(lambda one: isinstance(one, str)))).dropna(subset="answer")
    first = said.drop_duplicates("work_id").set_index("work_id")
    shown = shown.assign(sure=shown["work_id"].map(first["confidence"])).dropna(subset="sure")
    shown = shown.sort_values("sure", ascending=False, kind="stable")
    own, names = first.loc[shown["work_id"]], said.attrs["classes"]
    right = own["target"].to_numpy() == own["predicted"].to_numpy()
    answers = [f"said {names[one.predicted]}, {theme.percent(one.confidence)}: " for one in own.itertuples()]
    labels = ["right" if ok else f"the museum says {names[one]}" for ok, one in zip(right, own["target"], strict=True)]
    mood = np.where(right, " artlib-right", " artlib-wrong")
    return shown.assign(answer=[a + b for a, b in zip(answers, labels, strict=True)], mood=mood)


def _cell(picture: np.ndarray, row: pd.Series) -> dict[str, Any]:
    title, artist, date = (row[name] if isinstance(row[name], str) else "" for name in ("title", "artist", "date_text"))
    facts = "".join(f", {one}" for one in (artist or "unknown artist", date) if one)
    words = {"title": theme.cut(title, 70), "facts": facts, "name": title or row["work_id"]}
    words |= {"said": row["answer"], "mood": row["mood"], "page": fetched.page(row), "credit": fetched.credit(row)}
    return _light(picture, row["alt"]) | words


def _lit(picture: np.ndarray, number: int, beside: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    shown = ((name, lit(picture[None], maps[number : number + 1])[0]) for name, maps in beside.items())
    return [_light(one, f"The same work, lit by its {name}.") | {"said": name, "mood": ""} for name, one in shown]


def _light(picture: np.ndarray, alt: str) -> dict[str, Any]:
    """A picture for the template, small enough for a page."""
    from PIL import Image

    for side, quality in _TRIED:
        drawn = Image.fromarray(picture)
        drawn.thumbnail((side, side))
        if len(held := theme.webp(np.asarray(drawn), quality)) <= _BYTES:
            break
    return {"source": theme.address(held), "alt": alt, "width": drawn.width, "height": drawn.height}


def picture(path: str) -> np.ndarray | None:
    """A fetched picture within the box of its place on the page; None where it cannot be decoded."""
    from PIL import Image

    try:
        whole = Image.fromarray(FileSource(Path(path).parent).read(Path(path).name, _TRIED[0][0]))
    except PictureError:
        return None
    whole.thumbnail(_TRIED[0][:1] * 2)
    return np.asarray(whole)

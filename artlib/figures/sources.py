"""The real collections as sections of a page: each source in words, and pictures of those that lie on this computer."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from artlib import paths, pixels
from artlib.collections import sources
from artlib.figures import theme
from artlib.figures.listing import Listing
from artlib.figures.pictures import sheet
from artlib.works import Collection


class Source:
    """One source for a page: what it holds, how many, licence, how to get it, faults; made by ``source``."""

    def __init__(self, entry: Mapping[str, Any]):
        self.entry = entry

    def _rows(self) -> list[tuple[str, str | list[str]]]:
        words, known = paths.table("words.yaml"), dict(self.entry)
        known["available"] = words["available"].get(known["available"], known["available"])
        known |= {"works": str(known["works"]), "read": f'collections.read("{known["name"]}", root)'}
        return [(word, known[name]) for name, word in words["source"].items() if name in known]

    def _repr_html_(self) -> str:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{_html(name, told)}</dd>" for name, told in self._rows())
        return f'{theme.style("source")}\n<div class="artlib-source"><dl>{rows}</dl></div>'

    def __repr__(self) -> str:
        lines = (f"{name}: {'; '.join(told) if isinstance(told, list) else told}" for name, told in self._rows())
        return "\n".join([self.entry["title"], *lines])


def overview() -> Listing:
    """Every source with how it can be got, and its licence, in whole sentences."""
    return Listing(sources.table()[["title", "available", "licence"]].rename(columns={"title": "collection"}))


def source(name: str) -> Source:
    """What ``data/sources`` says of a source, by its reader's name. Errors: CollectionError for an unknown one."""
    return Source(sources.entry(name))


def sheets(found: Mapping[str, Collection], size: int = 64, n: int = 24) -> None:
    """Show a contact sheet of each collection, of ``n`` works drawn at random; only those are decoded."""
    from IPython.display import display

    for name, collection in found.items():
        works = collection.works.drop_duplicates("work_id")
        some = works.sample(min(n, len(works)), random_state=0).reset_index(drop=True)
        pictures = pixels.cache(Collection(collection.name, some, collection.source), size)
        title = sources.entry(name)["title"] if name in sources.names() else name
        display(sheet(pictures, n=n, caption=f"{title}: {len(pictures)} of {len(collection):,} pictures."))


def _html(name: str, told: str | list[str]) -> str:
    if isinstance(told, list):
        return f"<ul>{''.join(f'<li>{_html(name, line)}</li>' for line in told)}</ul>"
    if name in ("read with", "fetched by"):
        return f"<code>{escape(told)}</code>"
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(told))

"""What a link shows before it is followed, and what the search finds in a section: read out of the finished pages."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_LONGEST = 420  # characters of a preview
_UNREAD = "/api.html"
"""The package's own page: its names are found by Sphinx's search, and none is a word of art, so no section of it is."""


def parsed(pages: Iterable[Path], root: Path) -> dict[str, Any]:
    """The trees of these pages, by their names below ``root``."""
    from bs4 import BeautifulSoup

    names = {path.relative_to(root).as_posix(): path for path in pages}
    return {
        name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for name, path in names.items()
        if name.startswith("book/")
    }


def collect(trees: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Place ("glossary.html#term-style") -> ``text`` of the term, reference, caption or function, and ``image``."""
    found: dict[str, dict[str, str]] = {}
    for name, tree in trees.items():
        page = name.removeprefix("book/")
        for term in tree.select("dl.glossary dt[id]"):
            found[f"{page}#{term['id']}"] = {"text": _text(term.find_next_sibling("dd"))}
        for entry in tree.select(".citation[id]"):
            found[f"{page}#{entry['id']}"] = {"text": _text(entry.p)}
        for name_of in tree.select("dt.sig[id]"):
            said = name_of.find_next_sibling("dd")
            if said and said.p:
                found[f"{page}#{name_of['id']}"] = {"text": f"{name_of['id'].removeprefix('artlib.')}: {_text(said.p)}"}
        for figure in tree.select("figure[id]"):
            image, caption = figure.find("img"), figure.find("figcaption")
            if image and image.get("src", "").startswith("../") and caption:
                found[f"{page}#{figure['id']}"] = {"text": _text(caption.p or caption), "image": image["src"]}
    return found


def add(tree: Any, name: str, known: Mapping[str, dict[str, str]]) -> None:
    """Give the links of a page what they lead to; a script of the site shows it on hover and on focus."""
    page = name.removeprefix("book/")
    for link in tree.select(".bd-article a.reference.internal[href*='#']"):
        place = link["href"] if not link["href"].startswith("#") else page + link["href"]
        if place in known:
            link.attrs.pop("title", None)  # the browser's own, slower and without a picture
            link["data-preview"] = known[place]["text"]
            if "image" in known[place]:
                link["data-preview-image"] = known[place]["image"]


def sections(trees: Mapping[str, Any]) -> str:
    """A script with every section's page, place, title and words (alternative texts too), for the search page."""
    rows = []
    for name, tree in trees.items():
        title = None if name.endswith(_UNREAD) else tree.select_one(".bd-article h1")
        for section in tree.select(".bd-article section[id]"):
            heading = section.find(["h1", "h2", "h3", "h4"], recursive=False)
            if heading and title:
                rows.append([name, section["id"], _text(title), _text(heading), " ".join(_own(section))])
    return f"window.artlibSections = {json.dumps(rows, ensure_ascii=False)};\n"


def _own(section: Any) -> Iterable[str]:
    """The words of a section without those of its subsections, of code, and of what is only for machines."""
    for part in section.find_all(recursive=False):
        if part.name != "section":
            for unread in part.select("style, script, .cell_input, template"):
                unread.decompose()
            yield part.get_text(" ", strip=True)
            yield from (image["alt"] for image in part.select("img[alt]"))


def _text(tag: Any) -> str:
    if tag is None:
        return ""
    words = " ".join(tag.get_text(" ", strip=True).replace(" #", "").split())
    words = words.replace(" .", ".").replace(" ,", ",").removesuffix("#")
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST].rsplit(' ', 1)[0]} …"

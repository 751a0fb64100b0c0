"""What every page must hold to, looked for in the rendered site: nothing here knows how the pages were made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from artlib.errors import ArtlibError
from artlib.site import files, redact_paths
from artlib.site.layout import Layout

_FILE_NAME = re.compile(r"^[\w./\\-]+\.(png|jpe?g|gif|svg|webp)$", re.IGNORECASE)
_OTHER_HOST = re.compile(r"^(https?:)?//", re.IGNORECASE)
_LOADED_BY_CSS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
# Where the browser loads from by itself; a link that a reader may follow is no load.
_LOADS = dict.fromkeys(("script", "img", "iframe", "source", "video", "audio", "embed"), "src")
_LOADS |= {"object": "data", "link": "href"}
_NOT_LOADED = {"canonical", "next", "prev", "index", "search", "author", "copyright", "license"}


class CheckError(ArtlibError):
    """Pages that do not hold to the book's rules; the text lists every place."""


@dataclass(frozen=True)
class Page:
    """One rendered page: its path below the site, its HTML, and the parsed tree."""

    path: Path
    name: str
    html: str = field(repr=False)

    @cached_property
    def soup(self) -> Any:
        """The tree."""
        from bs4 import BeautifulSoup

        return BeautifulSoup(self.html, "html.parser")

    @cached_property
    def anchors(self) -> set[str]:
        """What a link's fragment can point at."""
        return {tag[key] for key in ("id", "name") for tag in self.soup.find_all(attrs={key: True})}


def check(layout: Layout) -> int:
    """Check the whole site; returns the number of pages. Raises CheckError naming page and place of every fault."""
    pages = read(layout.site)
    if not pages:
        raise CheckError(f"There are no pages in {layout.site}; run `artlib build` first.")
    faults = [*findings(pages, layout.chapters()), *_styles(layout.site), *_machine_paths(layout)]
    if faults:
        raise CheckError(f"{len(faults)} faults in the rendered pages:\n" + "\n".join(f"- {fault}" for fault in faults))
    return len(pages)


def read(site: Path) -> list[Page]:
    """All pages of a site."""
    found = files.below(site, "*.html")
    return [Page(path, path.relative_to(site).as_posix(), path.read_text(encoding="utf-8")) for path in found]


def findings(pages: Sequence[Page], chapters: Sequence[str] = ()) -> list[str]:
    """Every fault of these pages in words; ``chapters`` are those that must show where they come from."""
    found = [f"{page.name}: {fault}" for page in pages for rule in RULES for fault in rule(page)]
    by_path = {page.path.resolve(): page for page in pages}
    found += [f"{page.name}: {fault}" for page in pages for fault in _links(page, by_path)]
    strips = {page.name for page in pages if page.soup.select_one(".provenance")}
    return found + [f"{name}.html: no provenance strip" for name in chapters if f"{name}.html" not in strips]


def pictures_are_described(page: Page) -> Iterator[str]:
    """Every picture has an alternative text that is not a file's name; only the logo may leave it to its words."""
    for image in page.soup.find_all("img"):
        said, source = image.get("alt"), image.get("src", "")
        if "logo__image" in image.get("class", []):
            continue
        if not (said or "").strip():
            yield f"picture without alternative text: {source}"
        elif _FILE_NAME.match(said.strip()) or said.strip() in (Path(source).name, Path(source).stem):
            yield f"a picture's alternative text is a file's name: {said!r}"


def nothing_from_other_hosts(page: Page) -> Iterator[str]:
    """No script, style, picture or frame comes from elsewhere, nor does a script name an address to load from."""
    for name, key in _LOADS.items():
        for tag in page.soup.find_all(name):
            if name == "link" and _NOT_LOADED & set(tag.get("rel", [])):
                continue
            if _OTHER_HOST.match(tag.get(key, "")):
                yield f"<{name}> loads from another host: {tag[key]}"
    for tag in page.soup.find_all("style"):
        yield from (f"a style loads from another host: {url}" for url in _LOADED_BY_CSS.findall(tag.string or ""))
    for tag in page.soup.find_all("script", src=False):
        for url in re.findall(r"['\"](https?://[^'\"]+)", tag.string or ""):
            yield f"a script names another host: {url}"


def no_errors(page: Page) -> Iterator[str]:
    """No cell shows a traceback."""
    for output in page.soup.select(".traceback, .output.error"):
        lines = output.get_text().strip().splitlines()
        yield f"a cell shows an error: {lines[-1] if lines else 'without text'}"


RULES = (pictures_are_described, nothing_from_other_hosts, no_errors)


def _links(page: Page, by_path: dict[Path, Page]) -> Iterator[str]:
    for link in page.soup.find_all("a", href=True):
        url = urlsplit(link["href"])
        if url.scheme or url.netloc:
            continue
        target = (page.path.parent / unquote(url.path)).resolve() if url.path else page.path.resolve()
        if not target.exists():
            yield f"a link leads nowhere: {link['href']}"
        elif url.fragment and target in by_path and unquote(url.fragment) not in by_path[target].anchors:
            yield f"a link's place is not on its page: {link['href']}"


def _styles(site: Path) -> list[str]:
    """Style sheets of the site that load from another host."""
    return [
        f"{path.relative_to(site).as_posix()}: loads from another host: {url}"
        for path in files.below(site, "*.css")
        for url in _LOADED_BY_CSS.findall(path.read_text(encoding="utf-8"))
    ]


def _machine_paths(layout: Layout) -> list[str]:
    """Pages and downloads that give away where they were made."""
    places = [place for place in redact_paths.hidden_paths(layout, {}) if len(place) > 1]
    pattern = re.compile("|".join(rf"{re.escape(place)}(?=[/\\])" for place in places))
    made = [path for path in files.below(layout.site) if path.suffix in (".html", ".ipynb", ".md", ".js")]
    return [
        f"{path.relative_to(layout.site).as_posix()}: holds a path of this machine: {found.group()}"
        for path in made
        if "mathjax" not in path.parts and (found := pattern.search(path.read_text(encoding="utf-8")))
    ]

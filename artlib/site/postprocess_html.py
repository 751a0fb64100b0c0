"""A rendered page put right: what the theme leaves to be desired for keyboards, screen readers and small screens."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from artlib import __version__
from artlib.site import config, files, notebooks, previews


def postprocess_html(html: str, name: str = "", known: Mapping[str, dict[str, str]] = MappingProxyType({})) -> str:
    """A whole page's HTML, put right.

    Parameters
    ----------
    name : of the page below the site's root.
    known : what links lead to, as ``previews.collect`` has it.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for step in _STEPS:
        step(soup)
    previews.add(soup, name, known)
    if name == "search.html":
        soup.head.append(soup.new_tag("script", src="_static/sections.js"))
    return str(soup)


def _machinery_is_folded(soup: Any) -> None:
    """How the page was made (what the run was, its parameters, the imports) in one block below the first screen."""
    title = soup.select_one(".bd-article section:has(> h1)")
    parts = soup.select(f".provenance, .cell.tag_{notebooks.SETUP}") if title else []
    if not parts:
        return
    block = soup.new_tag("details", attrs={"class": "artlib-made"})
    heading = soup.new_tag("summary")
    heading.string = "How this page was made"
    block.append(heading)
    for part in parts:
        block.append(part.extract())
    first = title.find("section", recursive=False)
    first.insert_before(block) if first else title.append(block)


def _data_follows_its_figure(soup: Any) -> None:
    """The numbers of a figure stand folded in its caption."""
    for data in soup.select("details.artlib-data"):
        cell = data.find_parent(class_="cell")
        before = cell and cell.find_previous_sibling(class_="cell")
        figure = before and before.find("figure")
        if figure and figure.figcaption:
            data.a["download"] = f"{figure.get('id', 'figure')}.csv"
            figure.figcaption.append(data.extract())
            cell.decompose()


def _says_how_to_cite(soup: Any) -> None:
    """At the end of each page of the book: a line and a BibTeX entry that cite it."""
    page, title, whole = soup.select_one(".bd-article"), soup.select_one(".bd-article h1"), soup.title
    author, foot = soup.select_one(".component-author"), soup.select_one(".copyright")
    if not (title and whole and author and foot):
        return
    name, _, book = whole.get_text(strip=True).rpartition(" — ")
    who, year = author.get_text(" ", strip=True).removeprefix("By "), re.search(r"20\d\d", foot.get_text())
    key = "-".join(["artlib", *re.findall(r"[a-z]+", name.lower())])  # two pages cited together need two keys
    said = {"key": key, "author": who, "title": name, "book": book, "year": year[0] if year else ""}
    html = files.filled(Path(__file__).with_name("cite.html"), version=__version__, **said)
    page.append(type(soup)(html, "html.parser").details)


def _tables_scroll_inside(soup: Any) -> None:
    """A wide table scrolls in a frame of its own, which the keyboard can reach."""
    for table in soup.select(".bd-article table:not(.indextable)"):
        if not table.find_parent("table") and not table.find_parent(class_="artlib-scroll"):
            frame = {"class": "artlib-scroll", "role": "group", "tabindex": "0", "aria-label": _name(table)}
            table.wrap(soup.new_tag("div", attrs=frame))


def _name(table: Any) -> str:
    caption = table.caption or (table.find_parent("figure") and table.find_parent("figure").figcaption)
    return caption.get_text(" ", strip=True) if caption else "Table"


def _empty_headers_are_cells(soup: Any) -> None:
    """pandas leaves the header above its row names empty, which is no header."""
    for header in soup.select(".bd-article th"):
        if not header.get_text(strip=True) and not header.find("img"):
            header.name = "td"
            header.attrs.pop("scope", None)


def _missing_values_are_a_dash(soup: Any) -> None:
    """pandas writes NaN or None where a table has no value."""
    for cell in soup.select(".bd-article table.dataframe td"):
        if cell.get_text(strip=True) in ("NaN", "None", "NaT", "<NA>"):
            cell.string = "–"


def _checkboxes_have_names(soup: Any) -> None:
    for box in soup.select("input.task-list-item-checkbox"):
        item = box.find_parent("li")
        box["aria-label"] = item.get_text(" ", strip=True) if item else "item"


def _citations_are_plain(soup: Any) -> None:
    """Docutils gives lists of citations roles that do not go together."""
    for part in soup.select(".citation-list, .citation, .citation-list [role='doc-backlink']"):
        part.attrs.pop("role", None)


def _sidebar_is_a_landmark(soup: Any) -> None:
    for sidebar in soup.select("#pst-primary-sidebar"):
        sidebar.attrs |= {"role": "complementary", "aria-label": "Book"}


def _colab_opens_the_copy(soup: Any) -> None:
    """The copy of a notebook that installs the package, not the bare source."""
    for link in soup.select(f"a[href^='{config.COLAB}']"):
        link["href"] = re.sub(r"/blob/.+?/(?=book/)", f"/blob/{config.HOSTED}/", link["href"])


_STEPS = (
    _machinery_is_folded, _data_follows_its_figure, _says_how_to_cite,
    _tables_scroll_inside, _empty_headers_are_cells, _missing_values_are_a_dash, _checkboxes_have_names,
    _citations_are_plain, _sidebar_is_a_landmark, _colab_opens_the_copy,
)  # fmt: skip

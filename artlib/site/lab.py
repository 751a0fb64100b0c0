"""Chapters for JupyterLab: working copies that read there as on the page, without the site's own markup.

A copy is made in ``work/`` when it is missing, and made anew when its chapter changed and nobody changed the copy.
"""

import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.site import files, notebooks, teaching
from artlib.site.layout import Layout

FOLDER = "work"
"""Where the copies lie, below the repository's root; git ignores it."""
_FENCE = re.compile(r"^(`{3,}|:{3,})\{([\w-]+)\}[ ]*(.*?)\n(.*?)^\1[ ]*$", re.MULTILINE | re.DOTALL)
_SOLUTION = re.compile(r"\{solution-start\} ([\w-]+)")
_LABEL = re.compile(r"^\(([\w-]+)\)=[ ]*\n?", re.MULTILINE)
_OPTION = re.compile(r"^:[\w-]+:.*\n?", re.MULTILINE)
_ROLE = re.compile(r"\{([\w:+-]+)\}`([^`]+)`")
_TITLED = re.compile(r"(.+?)\s*<([^<>]+)>", re.DOTALL)
_HIDDEN = {"hide-input", "remove-input", "hide-cell", "remove-cell"}


def prepare(layout: Layout) -> list[str]:
    """Make the copies that are missing or out of date; returns the names of those kept because someone changed them."""
    import nbformat

    places, entries = _places(layout), _entries(layout)
    folder = layout.root / FOLDER
    folder.mkdir(exist_ok=True)
    kept = []
    for chapter in layout.chapters():
        source, copy = layout.source(chapter), folder / f"{Path(chapter).name}.ipynb"
        made_from = files.digest([source.read_bytes(), _answers(source.read_text("utf-8")).encode()])
        old = notebooks.read(copy).metadata.get("artlib", {}) if copy.exists() else {}
        if old.get("made_from") == made_from:
            continue
        if copy.exists() and old.get("cells") != _cells(notebooks.read(copy)):
            kept.append(copy.name)
            continue
        made = notebooks.read(source)
        teaching.add_check_line(made.cells, Path(chapter).name)
        made = converted(made, places, entries)
        made.metadata["artlib"] = {"made_from": made_from, "cells": _cells(made)}
        nbformat.write(made, copy)
    return kept


def settings(folder: Path) -> Path:
    """A folder of settings for JupyterLab, with ``lab.json`` as its defaults; what a user has chosen stays above them.

    What JupyterLab would ask a student about, or fetch from elsewhere, is answered there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(Path(__file__).with_name("lab.json"), folder / "overrides.json")
    return folder


def converted(notebook: Any, places: dict[str, tuple[str, str]], entries: dict[str, str]) -> Any:
    """A chapter as JupyterLab can show it, changed in place.

    Roles become links and words, labels go, exercises and solutions are headings, and solutions and what the page folds
    are collapsed. Below each exercise stands a cell for the answer, which checks it.

    Parameters
    ----------
    places : label or page -> (address from the copy's folder, title).
    entries : key of the bibliography -> authors and year.
    """
    opening = notebooks.setup(notebook)
    for cell in opening:
        _collapse(cell)
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cells += _markdown(cell, places, entries)
            continue
        if _HIDDEN & set(notebooks.tags(cell)):
            _collapse(cell)
        cells.append(cell)
        if cell in opening[-1:]:
            cells.append(notebooks.made("checker"))
            _collapse(cells[-1])
    notebook.cells = cells
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def _collapse(cell: Any) -> None:
    cell.metadata["jupyter"] = {**cell.metadata.get("jupyter", {}), "source_hidden": True}


def _markdown(cell: Any, places: dict, entries: dict) -> Iterator[Any]:
    """The cell, in parts where a solution begins in it: JupyterLab folds what follows a heading at a cell's start."""
    import nbformat

    solved = iter(_SOLUTION.findall(cell.source))
    text = re.sub(r"^`{3,}\{solution-end\}\n`{3,}[ ]*$", "", cell.source, flags=re.MULTILINE)
    text = _FENCE.sub(_fence, text)
    text = _ROLE.sub(partial(_role, places=places, entries=entries), _LABEL.sub("", text))
    for number, part in enumerate(re.split(r"(?=^##### Solution$)", text, flags=re.MULTILINE)):
        if part.startswith("##### Solution"):
            label = next(solved)
            yield notebooks.made("answer", f"answer-{label}", label=label, **_rules()[label])
        if part.strip():
            made = nbformat.v4.new_markdown_cell(part.strip(), metadata=dict(cell.metadata))
            made.id = cell.id if number == 0 else f"{cell.id}-{number}"
            if part.startswith("##### Solution"):
                made.metadata["jp-MarkdownHeadingCollapsed"] = True
            yield made


def _rules() -> dict[str, Any]:
    return paths.table("checks.yaml")["chapters"]


def _answers(chapter: str) -> str:
    """What a chapter's copy has beside its cells: the answers that are asked for."""
    return repr([(label, _rules()[label]["write"]) for label in _SOLUTION.findall(chapter)])


def _fence(found: re.Match) -> str:
    kind, title, body = found[2], found[3], _OPTION.sub("", found[4]).strip()
    if kind == "exercise":
        return f"#### Exercise\n\n{body}"
    if kind == "solution-start":
        return "##### Solution"
    if kind == "figure":
        return f"![{body.splitlines()[0] if body else ''}](../book/{title})\n\n{body}"
    lines = f"**{title or kind.capitalize()}.** {body}".splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _role(found: re.Match, places: dict, entries: dict) -> str:
    kind, text = found[1], " ".join(found[2].split())
    titled = _TITLED.fullmatch(text)
    words, target = (titled[1], titled[2]) if titled else ("", text)
    if kind in ("ref", "doc", "numref") and target in places:
        address, title = places[target]
        return f"[{words or title}]({address})"
    if kind.startswith("cite"):
        named = [entries.get(key.strip(), key.strip()) for key in target.split(",")]
        if kind == "cite:t":
            return ", ".join(re.sub(r", (\d{4})$", r" (\1)", one) for one in named)
        return f"({'; '.join(named)})"
    return f"*{words or target}*" if kind in ("term", "ref", "doc", "numref") else f"`{words or target}`"


def _places(layout: Layout) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for page in layout.pages():
        source, name = layout.source(page), Path(page).name
        chapter = source.suffix == ".ipynb"
        address = f"{name}.ipynb" if chapter else f"../{page}.md"
        cells = notebooks.read(source).cells if chapter else []
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown") or source.read_text("utf-8")
        title = re.search(r"^# (.*)$", text, re.MULTILINE)
        found[name] = (address, title[1].strip() if title else name)
        for label in re.finditer(r"^\(([\w-]+)\)=\s*\n+#+ (.*)$", text, re.MULTILINE):
            found[label[1]] = (address, label[2].strip())
    return found


def _entries(layout: Layout) -> dict[str, str]:
    from pybtex.database import parse_file

    def named(entry: Any) -> str:
        people = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
        who = people[0] if len(people) == 1 else " and ".join(people) if len(people) == 2 else f"{people[0]} et al."
        return f"{who.replace('{', '').replace('}', '')}, {entry.fields.get('year', '')}"

    entries = parse_file(str(layout.root / "book" / "references.bib"), bib_format="bibtex").entries
    return {key: named(entry) for key, entry in entries.items() if entry.persons.get("author")}


def _cells(notebook: Any) -> str:
    return files.digest(cell.source.encode() for cell in notebook.cells)

"""Stage the book: a mirror of the repository's paths in which chapters are executed and ready to be rendered."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from csv import reader
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from artlib import presets
from artlib.site import config, files, notebooks, provenance, teaching
from artlib.site.execute import Result
from artlib.site.layout import Layout

# tqdm's bar, and the widget that rich draws its bars in.
_PROGRESS_BAR = re.compile(r"\d+%\||^Output\(\)$")
_TAG = re.compile(r"<[^>]*>")
_TITLE = re.compile(r"^# .*$", re.MULTILINE)
_WIDGET = "application/vnd.jupyter.widget-view+json"
_CONTINUED = "# Shown by the cell above."
# What papermill, the kernel and the execution note down, and pages have no use for.
_RUN_METADATA = ("papermill", "execution", "widgets", "artlib")
_PAPERMILLS = "papermill-error-cell-tag"  # what it puts above a cell that failed


def stage(layout: Layout, results: Sequence[Result], environ: Mapping[str, str] = os.environ) -> Path:
    """Make the staged copy anew from the sources and these results; returns its folder.

    Raises NotebookError for an output that a page cannot show.
    """
    wanted = {
        "_config.yml": config.complete(layout.root / "_config.yml", environ).encode(),
        "_toc.yml": (layout.root / "_toc.yml").read_bytes(),
        **_sources(layout),
        **{f"{result.chapter}.ipynb": _page(layout, result, config.repository(environ)) for result in results},
    }
    front = f"{layout.pages()[0]}.md"
    wanted |= {front: _front(wanted[front].decode(), results).encode()} if front in wanted else {}
    shutil.rmtree(layout.stage, ignore_errors=True)
    for name, content in wanted.items():
        path = layout.stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return layout.stage


def page(notebook: Any, strip: str, address: str | None = None) -> Any:
    """An executed notebook as a page, changed in place.

    Parameters
    ----------
    strip : the HTML of the provenance strip, put below the title.
    address : the repository's. With it the notebook, which can be downloaded from its page and opened elsewhere,
        begins with a cell that installs the package; the page does not show it.
    """
    for name in _RUN_METADATA:
        notebook.metadata.pop(name, None)
    for cell in notebooks.setup(notebook):
        cell.metadata["tags"] = [*notebooks.tags(cell), notebooks.SETUP]
    cells = [cell for cell in notebook.cells if _PAPERMILLS not in notebooks.tags(cell)]
    notebook.cells = [part for cell in cells for part in _cell(cell)]
    _put_below_title(notebook, strip)
    if address:
        _put_installer(notebook, address)
    return notebook


def _page(layout: Layout, result: Result, address: str | None) -> bytes:
    import nbformat

    notebook = notebooks.read(result.notebook)
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    strip = provenance.strip(result.measured, _minutes(result.chapter)) + provenance.banner(result)
    whole = page(notebook, f"{provenance.times(texts, result.measured)}\n\n{strip}", address)
    teaching.add_check_line(whole.cells, Path(result.chapter).name)
    teaching.add_quiz(whole.cells, Path(result.chapter).name)
    return (nbformat.writes(whole) + "\n").encode()


def _front(text: str, results: Sequence[Result]) -> str:
    """The front page; of a reader's own pictures it says in which chapters something of them is to be seen."""
    shown = [Path(one.chapter).name for one in results if one.measured.get("own") and one.of_pictures]
    if not shown:
        return text
    title, _, rest = text.partition("\n")
    links = ", ".join(f"{{doc}}`{name}`" for name in shown)
    said = f"The chapters of this copy were executed on **your pictures**. Something of them is to be seen in: {links}."
    own = "This page, and every other without such a note, is the book's own."
    return f"{title}\n\n:::{{admonition}} Your pictures\n{said}\n{own}\n:::\n{rest}"


def _minutes(chapter: str) -> dict[str, float]:
    """What each preset of a chapter is expected to take; nothing for a chapter without presets."""
    name = Path(chapter).name
    if name not in presets.chapters():
        return {}
    return {preset: presets.load(name, preset).minutes for preset in presets.NAMES}


def _sources(layout: Layout) -> dict[str, bytes]:
    """Everything below ``book/`` but the notebooks, which come executed."""
    book = layout.root / "book"
    return {
        path.relative_to(layout.root).as_posix(): path.read_bytes()
        for path in files.below(book)
        if path.suffix != ".ipynb" and not any(part.startswith(".") for part in path.relative_to(book).parts)
    }


def _cell(cell: Any) -> list[Any]:
    if cell.cell_type != "code":
        return [cell]
    for name in _RUN_METADATA:
        cell.metadata.pop(name, None)
    for output in cell.outputs:
        _as_html(output)
    cell.outputs = [_without_traceback(output) for output in cell.outputs]
    cell.outputs = [output for output in cell.outputs if not _is_progress(output) and not _is_empty(output)]
    return [part for one in _one_picture_each(cell) for part in _with_picture(one)]


def _as_html(output: Any) -> None:
    """What is a widget in JupyterLab and has HTML for pages beside it is that HTML here."""
    if "text/html" in output.get("data", {}):
        output.data.pop(_WIDGET, None)


def _without_traceback(output: Any) -> Any:
    """An error as one line of a page; the traceback stays in the notebook that the page was made from."""
    import nbformat

    if output.output_type != "error":
        return output
    said = f"This cell stopped the chapter. {output.ename}: {output.evalue}"
    html = f'<p class="artlib-note artlib-stopped">{escape(said)}</p>'
    return nbformat.v4.new_output("display_data", {"text/plain": said, "text/html": html})


def _is_progress(output: Any) -> bool:
    """Progress bars are of no use once they are through; any other widget would be a blank on the page."""
    if _WIDGET not in output.get("data", {}):
        return False
    if not _PROGRESS_BAR.search(output.data.get("text/plain", "")):
        raise notebooks.NotebookError("A cell shows a widget, which a page without a kernel cannot. Show a figure.")
    return True


def _is_empty(output: Any) -> bool:
    """What a display that has gone leaves behind."""
    if output.output_type != "display_data" or notebooks.pictures(output):
        return False
    return not any(_TAG.sub("", text).strip() for text in output.data.values() if isinstance(text, str))


def _one_picture_each(cell: Any) -> list[Any]:
    """MyST-NB gives all outputs of a cell one alternative text and one caption: a picture gets a cell of its own."""

    groups: list[list[Any]] = [[]]
    for output in cell.outputs:
        if groups[-1] and (notebooks.pictures(output) or notebooks.pictures(groups[-1][0])):
            groups.append([])
        groups[-1].append(output)
    cell.outputs = groups[0]
    return [cell, *(_continued(cell, number, group) for number, group in enumerate(groups[1:], start=1))]


def _continued(cell: Any, number: int | str, outputs: list[Any]) -> Any:
    import nbformat

    folded = ["hide-output"] if {"hide-cell", "hide-output"} & set(notebooks.tags(cell)) else []
    # MyST-NB passes over cells without source.
    more = nbformat.v4.new_code_cell(_CONTINUED, outputs=outputs, metadata={"tags": ["remove-input", *folded]})
    more.id = f"{cell.id}-{number}"
    return more


def _with_picture(cell: Any) -> list[Any]:
    """Lift a picture's alternative text, width, caption and name to where MyST-NB reads them: the cell's metadata.

    Its numbers follow in a cell of their own; in the picture's they would have its caption once more.
    """
    numbers = []
    for output in cell.outputs:
        about = output.get("metadata", {})
        for kind in notebooks.pictures(output)[:1]:
            output.data.pop("text/html", None)  # JupyterLab's copy of picture and caption
            said = about.get(kind, {})
            named = {name: said[name] for name in ("caption", "name") if said.get(name)}
            cell.metadata["mystnb"] = {
                **cell.metadata.get("mystnb", {}),
                "image": {"alt": said.get("alt", ""), **({"width": f"{said['width']}px"} if "width" in said else {})},
                **({"figure": named} if "caption" in named else {}),
            }
        numbers += [_data(said["data"]) for said in about.values() if isinstance(said, Mapping) and said.get("data")]
    return [cell, *(_continued(cell, f"numbers-{k}", [table]) for k, table in enumerate(numbers))]


def _data(csv: str) -> Any:
    """The numbers of a figure as a table and a file, folded."""
    import nbformat

    head, *rows = reader(csv.splitlines())
    html = files.filled(Path(__file__).with_name("numbers.html"), head=head, rows=rows, csv=quote(csv))
    return nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": ""})


def _put_below_title(notebook: Any, strip: str) -> None:
    for cell in notebook.cells:
        title = _TITLE.search(cell.source) if cell.cell_type == "markdown" else None
        if title:
            rest = cell.source[title.end() :].lstrip()
            cell.source = f"{cell.source[: title.end()]}\n\n{strip}\n\n{rest}".rstrip()
            return
    raise notebooks.NotebookError("A chapter begins with its title: a Markdown cell with a line that starts with '# '.")


def _put_installer(notebook: Any, address: str) -> None:
    first = next((k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code"), len(notebook.cells))
    cell = notebooks.made("installer", address=address, metadata={"tags": ["remove-cell"]})
    notebook.cells.insert(first, cell)

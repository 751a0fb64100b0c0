"""Notebooks read and changed as data; nothing here runs them."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.errors import ArtlibError

SETUP = "artlib-setup"
"""The tag of what a run sets and imports; the rendered page folds it (``postprocess_html``)."""
_IMPORTS = re.compile(r"^(import|from) ", re.MULTILINE)


class NotebookError(ArtlibError):
    """A notebook that the book cannot use as it is."""


def read(path: Path) -> Any:
    """A notebook in format 4.

    Raises NotebookError when the file is no notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path} is not a valid notebook: {error}") from error


def tags(cell: Any) -> list[str]:
    """A cell's tags."""
    return cell.metadata.get("tags", [])


def declared_parameters(notebook: Any, name: str) -> dict[str, Any]:
    """Names and default values of the cell tagged ``parameters``, in its order.

    ``name`` is the notebook's, for the message. Raises NotebookError when there is not exactly one such cell,
    or when it does more than give names to plain values.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "parameters" in tags(cell)]
    if len(cells) != 1:
        raise NotebookError(f"{name} has {len(cells)} cells tagged 'parameters'; a chapter has exactly one.")
    try:
        cell = ast.parse(cells[0].source)
        return {statement.targets[0].id: ast.literal_eval(statement.value) for statement in cell.body}
    except (AttributeError, ValueError, SyntaxError) as error:
        raise NotebookError(
            f"{name}: the cell tagged 'parameters' may only give names to plain values, one a line ({error})."
        ) from error


def setup(notebook: Any) -> list[Any]:
    """The cells that say what a run sets and imports: the parameters, and the first cell after them."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    named = [cell for cell in code if {"parameters", "injected-parameters"} & set(tags(cell))]
    following = code[code.index(named[-1]) + 1 :] if named else []
    return [*named, *[cell for cell in following[:1] if _IMPORTS.search(cell.source)]]


def made(name: str, cell: str = "", metadata: Mapping[str, Any] | None = None, **values: object) -> Any:
    """A cell of ``data/cells.yaml`` with values in it; its id is ``cell``, else the name."""
    import nbformat

    source = paths.table("cells.yaml")[name].format_map(values)
    return nbformat.v4.new_code_cell(source, metadata=dict(metadata or {}), id=cell or name)


def pictures(output: Any) -> list[str]:
    """The image types an output offers, such as ``image/png``."""
    return [kind for kind in output.get("data", {}) if kind.startswith("image/")]


def texts(output: Any) -> Iterator[tuple[Any, str]]:
    """Places of an output that hold text, as (container, key), so that a caller can read and replace them."""
    if output.output_type == "stream":
        yield output, "text"
    for kind in output.get("data", {}):
        if kind.startswith("text/") or kind == "image/svg+xml":
            yield output.data, kind


def first_line(source: str) -> str:
    """The first line of code that is not a comment, shortened: to point at a cell in a message."""
    lines = [line for line in source.splitlines() if line.strip() and not re.match(r"\s*#", line)]
    line = lines[0].strip() if lines else "(empty)"
    return line if len(line) <= 60 else line[:57] + "..."

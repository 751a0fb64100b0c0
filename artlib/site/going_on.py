"""A chapter on a reader's own pictures goes on past what they cannot be asked, and says so on the page.

Chapters hold no guards for it. What the library raises as an ``ArtlibError`` becomes a note in the cell's place. Cells
that use a name which that cell was to give are passed over with a note. What a cell shows without having used the
pictures is marked as the book's own.
"""

import ast
import dis
import re
from html import escape
from types import CodeType
from typing import Any

from nbclient.exceptions import CellExecutionError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from artlib import works
from artlib.collections import drawn

ENGINE = "artlib"
_UNASKED = "Not asked of these pictures. "
_NOT_YOURS = "The book's own, not of your pictures."
# A column that pandas missed, in its words: "'artist'", "Column not found: artist", "['artist'] not in index".
_COLUMN = re.compile(rf"(?<![\w.])({'|'.join((*works.COLUMNS, 'year', 'set'))})(?![\w.])")
_PARAMETERS = frozenset({"collection", "root"})
# What code raises for data of a form that it does not expect, or for a fault of its own; other errors are faults.
_OF_DATA = ("IndexError", "KeyError", "ValueError", "TypeError", "ZeroDivisionError")
_RECORDED = "The book's recorded runs, not of your pictures."
_NO_NUMBER = re.compile(r"(?<!\w)nan(?!\w)")
_EMPTY = ("Empty DataFrame", "Not recorded yet")  # how a table without columns begins, and a figure without runs
_NOTHING_SAID = "A result is empty: a label is missing, or there are too few works or runs, or they are all alike."
# What the package warns of, as a notebook shows it: "file:line: SplitWarning: text".
_WARNED = re.compile(r"^\S.*?: (?:Split|Task|MultiTask|Field|Skipped)Warning: (.+)$", re.MULTILINE)
_FASTAI = re.compile(r"^Exception \w+ in `\w+` when calling event `\w+`:\s*")  # put before what a callback raised
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_LINE = re.compile(r"(?:^\(|Cell In ?\[\d+\], )line (\d+)", re.MULTILINE)


class Names:
    """What cells give one another, by the names in their code.

    Attributes
    ----------
    missing : names that no cell has given a value since one that should have was passed over.
    of_pictures : names whose values come from the collection.
    """

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.of_pictures: set[str] = set(_PARAMETERS)

    def lacks(self, source: str) -> list[str]:
        """The missing names that this cell uses, sorted."""
        return sorted(self.missing & used_and_given(source)[0])

    def uses_pictures(self, source: str) -> bool:
        """Whether anything that this cell uses comes from the collection."""
        return bool(self.of_pictures & used_and_given(source)[0])

    def done(self, source: str) -> None:
        """The cell ran: what it gave is there, and comes from the collection if what its statement used does."""
        for statement in _statements(source):
            used, given = used_and_given(ast.unparse(statement))
            self.missing -= given
            if self.of_pictures & used:
                self.of_pictures |= given
            else:
                self.of_pictures -= given - used - _PARAMETERS

    def lost(self, source: str, line: int = 1) -> None:
        """The cell did not run from a line on: what it was to give is missing, whatever earlier has that name."""
        lines = source.splitlines()
        cut = max((one.end_lineno for one in _statements(source) if one.end_lineno < line), default=0)
        self.done("\n".join(lines[:cut]))
        given = used_and_given("\n".join(lines[cut:]))[1]
        self.missing |= given
        self.of_pictures |= given


def used_and_given(source: str) -> tuple[set[str], set[str]]:
    """Names that code takes from before it, and names that it gives a value (at the outermost level), in order.

    Python's own compiler says which are which. Code that is no Python (a magic command) uses and gives nothing.
    """
    try:
        return _names(compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
    except SyntaxError:
        return set(), set()


def _names(code: CodeType) -> tuple[set[str], set[str]]:
    used: set[str] = set()
    given: set[str] = set()
    for step in dis.get_instructions(code):
        if isinstance(step.argval, CodeType):  # a function, a class or a comprehension: what it takes from outside
            used |= _names(step.argval)[0] - given
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            used |= {step.argval} - given
        elif step.opname in ("STORE_NAME", "STORE_GLOBAL"):
            given.add(step.argval)
    return used, given


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


# --- execution -----------------------------------------------------------------------------------------------------


class _Client(PapermillNotebookClient):
    """Executes a notebook cell by cell, as papermill does, and goes on where ``names`` is given."""

    names: Names | None = None

    def papermill_execute_cells(self) -> None:
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                self._one(cell, index)
            except CellExecutionError as error:
                found = self.names and unasked(cell)
                if not found:
                    self.nb_man.cell_exception(cell, cell_index=index, exception=error)
                    break
                _put_note(cell, "unasked", f"{_UNASKED}{found[0]}")
                self.names.lost(cell.source, found[1])
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    def _one(self, cell: Any, index: int) -> None:
        if self.names is None or cell.cell_type != "code":
            self.execute_cell(cell, index)
        elif lacking := self.names.lacks(cell.source):
            said = " and ".join(f"<code>{escape(name)}</code>" for name in lacking[:3])
            _put_note(cell, "passed", f"Passed over: it goes on from {said}, for which see above.", plain=False)
            self.names.lost(cell.source)
        else:
            cell.metadata["artlib"] = own = self.names.uses_pictures(cell.source)
            self.execute_cell(cell, index)
            self.names.done(cell.source)
            shown = [output for output in cell.outputs if output.get("data", {}).keys() - {"text/plain"}]
            if shown and (not own or all(map(_is_recorded, shown))):
                _put_note(cell, "not-yours", _RECORDED if own else _NOT_YOURS, first=True)
            elif own and (empty := [output for output in cell.outputs if _comes_to_nothing(output)]):
                cell.outputs = [output for output in cell.outputs if output not in empty]
                _put_note(cell, "unasked", f"{_UNASKED}{_NOTHING_SAID}")


class _Engine(NBClientEngine):
    """papermill's engine, with this client."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        traits = {name: value for name, value in options.items() if _Client.class_traits().get(name)}
        client = _Client(nb_man, kernel_name=kernel_name, startup_timeout=60, **traits)
        client.names = Names() if options["go_on"] else None
        with open(options["said"], "w", encoding="utf-8") as said:
            return client.execute(stderr=said)  # what a kernel has to say when it ends is for nobody's terminal


papermill_engines.register(ENGINE, _Engine)


def own_pictures(collection: str | None) -> bool:
    """Whether a chapter's parameter ``collection`` names pictures of the reader, and not drawn ones."""
    return collection is not None and not drawn(collection)


def asks(notebook: Any) -> bool:
    """Whether any cell of a chapter uses the collection; one that shows records only does not."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return any("collection" in used_and_given(source)[0] for source in cells)


def unasked(cell: Any) -> tuple[str, int] | None:
    """Why these pictures could not be asked what a failed cell asks, and in which line; None for a real fault."""
    for output in cell.outputs:
        if output.output_type == "error":
            shown = _COLOUR.sub("", "\n".join(output.traceback))
            line = int(found[1]) if (found := _LINE.search(shown)) else 1
            if output.traceback[0] == output.evalue:  # an ArtlibError, which shows its sentence alone
                return _FASTAI.sub("", output.evalue), line
            if output.ename == "KeyError" and (lacking := _COLUMN.search(output.evalue)):
                return f"The works have no column {lacking.group()!r}.", line
            if output.ename in _OF_DATA:
                said = f"{output.ename}: {output.evalue}".strip().rstrip(".")
                return f"These pictures lack something that this cell needs, or it has a fault ({said}).", line
    return None


def told(notebook: Any) -> dict[str, Any]:
    """What an executed notebook says: why cells could not be asked, what was warned of (each once), whether any was."""
    reasons: dict[str, None] = {}
    warned: dict[tuple[str, ...], str] = {}  # by its words: the same columns are named in several orders
    showing = False
    for cell in notebook.cells:
        kinds = [output.get("metadata", {}).get("artlib") for output in cell.get("outputs", [])]
        showing |= bool(kinds) and not any(kinds)
        for output, kind in zip(cell.get("outputs", []), kinds, strict=True):
            if kind == "unasked":
                reasons[output.data["text/plain"].removeprefix(_UNASKED)] = None
            elif output.get("name") == "stderr" and cell.metadata.get("artlib", True):
                warned |= {tuple(sorted(re.findall(r"\w+", said))): said for said in _WARNED.findall(output.text)}
    return {
        "own": True,
        "unasked": sorted(reasons, key=_NOTHING_SAID.__eq__),
        "warned": list(warned.values()),
        "of_pictures": showing,
    }


def _comes_to_nothing(output: Any) -> bool:
    """Whether it is a sentence that lacks its number, or a table or figure without anything in it."""
    data = output.get("data", {})
    told = output.text if output.get("name") == "stdout" else data.get("text/plain", "")
    in_words = len(data) < 2 or told.startswith(("'", '"'))
    return told.startswith(_EMPTY) or (in_words and bool(_NO_NUMBER.search(told)))


def _is_recorded(output: Any) -> bool:
    """Whether its badge says that the runs which it shows are all recorded."""
    alts = [said["alt"] for said in output.metadata.values() if isinstance(said, dict) and "alt" in said]
    badge = '"artlib-badge artlib-recorded"'  # as a class; style sheets name it too
    return any(alt.startswith("RECORDED") for alt in alts) or badge in output.data.get("text/html", "")


def _put_note(cell: Any, kind: str, said: str, plain: bool = True, first: bool = False) -> None:
    import nbformat

    text = re.sub(r"</?code>", "", said)
    html = f'<p class="artlib-note artlib-{kind}">{escape(said) if plain else said}</p>'
    note = nbformat.v4.new_output("display_data", {"text/plain": text, "text/html": html}, metadata={"artlib": kind})
    kept = [output for output in cell.outputs if output.output_type != "error"]
    cell.outputs = [note, *kept] if first else [*kept, note]

"""What the checks of the chapters' exercises read, and what the chapters' own solutions answer, as recorded at `smoke`.

``python tests/course/chapter_facts.py [CHAPTER ...]`` records them anew: it executes those cells of the chapters that
the checks and the answers rest on.
"""

import ast
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.site import going_on, jobs, layout, notebooks

FILE = Path(__file__).with_suffix(".json")
_START = """
import json as _json
from artlib.course import checks as _checks
_rules, _told = _checks.declared(), {}

def _run(code):
    names = dict(globals())
    exec(code, names)
    return names

def _plain(values):
    rounded = _json.loads(_json.dumps(_checks.plain(values)), parse_float=lambda one: round(float(one), 6))
    return rounded
"""
_ASKED = """
_rule = _rules[{0!r}]
_names = _run(_rule.get("given", ""))
_told[{0!r}] = {{"facts": _plain({{name: _names.get(name) for name in _checks.needed(_rule)}})}}
"""
_SOLVED = """
_told[{0!r}]["answer"] = _plain(_run(_rules[{0!r}]["solution"])[_rules[{0!r}]["answer"]])
"""


def labels(cells: Sequence[Any]) -> list[str]:
    """The exercises in a chapter's cells, in their order."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"\{solution-start\} ([\w-]+)", text)


def recorded() -> dict[str, dict]:
    """Exercise -> the facts that its check reads, and the answer of the chapter's solution."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def observed(notebook: Any, injected: dict[str, Any]) -> Any:
    """A chapter with cells that note each exercise's facts where a reader answers it, and its solution's answer."""
    from nbformat.v4 import new_code_cell

    cells, open_one = [], ""
    for cell in notebook.cells:
        found = re.findall(r"\{solution-(start|end)\} ?([\w-]*)", cell.source) if cell.cell_type == "markdown" else []
        for kind, _ in found:
            if kind == "end":
                cells.append(new_code_cell(_SOLVED.format(open_one)))
        cells.append(cell)
        for kind, label in found:
            if kind == "start":
                open_one = label
                cells.append(new_code_cell(_ASKED.format(label)))
        if "parameters" in notebooks.tags(cell):
            given = "\n".join(f"{name} = {value!r}" for name, value in injected.items())
            cells.append(new_code_cell(given + _START))
    notebook.cells = [*resting_on(cells), new_code_cell("print(_json.dumps(_told))")]
    return notebook


def resting_on(cells: Sequence[Any]) -> list[Any]:
    """The cells that give or change what the observing cells read, in their order."""
    rules, wanted, kept = paths.table("checks.yaml")["chapters"], set(), []
    modules = set().union(*(imported(cell.source) for cell in cells if cell.cell_type == "code"))
    for cell in reversed(cells):
        if cell.cell_type != "code":
            continue
        used, given = going_on.used_and_given(cell.source)
        observed = re.search(r"_told\['([\w-]+)'\]", cell.source)
        if observed:
            read = "given" if "_plain({" in cell.source else "solution"
            used |= going_on.used_and_given(rules[observed[1]].get(read, ""))[0]
        if observed or given & wanted or changed(cell.source) & wanted - modules or _START in cell.source:
            wanted = (wanted - given) | used
            kept.append(cell)
    return kept[::-1]


def imported(source: str) -> set[str]:
    """Names that a cell imports."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in nodes for alias in node.names}


def changed(source: str) -> set[str]:
    """Names whose value a cell may change without naming it anew: ``learner.fit_recipe()``, ``table["a"] = 1``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        calls = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.func
        for place in [calls] if calls else getattr(node, "targets", []):
            while isinstance(place, ast.Attribute | ast.Subscript | ast.Call):
                place = place.func if isinstance(place, ast.Call) else place.value
                if isinstance(place, ast.Name):
                    found.add(place.id)
    return found


def record(chapter: str) -> dict[str, dict]:
    """Execute one chapter at `smoke`; exercise -> facts and answer."""
    from artlib.course import pack

    book = layout.here()
    (job,) = jobs.make(book, [chapter], "smoke", {})
    made = observed(notebooks.read(book.source(chapter)), dict(job.injected))
    done = pack.executed(made, book.source(chapter).parent, book)
    return json.loads("".join(output.text for output in done.cells[-1].outputs if output.output_type == "stream"))


if __name__ == "__main__":
    every = recorded() if FILE.exists() else {}
    wanted = sys.argv[1:] or [Path(one).name for one in layout.here().chapters()]
    for name in wanted:
        every |= record(f"book/{name}")
        known = paths.table("checks.yaml")["chapters"]
        kept = {label: every[label] for label in known if label in every}
        FILE.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")

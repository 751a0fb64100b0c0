"""The house's rule: a module imports only from the floors below it, also inside functions."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from code_lines import code_lines

PACKAGE = Path(__file__).resolve().parent.parent / "artlib"

# Ground first. Where neighbours on a floor need each other, the floor has steps; nothing imports from its own step.
FLOORS = (
    ({"errors", "progress"}, {"paths"}, {"works", "losses", "presets", "records"}, {"cache"}),
    ({"tasks", "collections"}, {"splits"}),
    ({"pixels", "nets"}, {"loaders"}),
    ({"learners"},),
    ({"evaluate"},),
    ({"figures", "experiments"},),
    ({"papers"}, {"claims"}),
    ({"site"}, {"course"}, {"__main__"}),
)
THIN = {
    *("errors", "paths", "works", "losses", "presets", "progress", "records", "cache"),
    *("tasks", "splits", "pixels", "loaders", "nets", "learners", "evaluate"),
}
"""The package for a newcomer: from a collection to batches, networks, trainings and measures."""

THIN_LINES, ALL_LINES = 4_400, 17_500

ADDED = {
    "pages": 852, "own": 658, "truth": 270, "evidence": 250,
    "map": 560, "chapters": 115, "inputs": 410, "course": 1_352,
    "open": 310, "open_pages": 200, "scale": 1_221, "words": 43, "at_once": 40, "photographs": 154, "visible": 25,
}  # fmt: skip
"""What came after the rebuilding, and the most lines of code that each may add to the house."""

ADDED_THIN = {"pages": 20, "evidence": 23, "map": 15, "truth": 36, "own": 75, "scale": 367}
"""Of these, the most that each may add to the thin package (the modern recipe is one that every chapter may take)."""


def place(part: str) -> tuple[int, int]:
    """Floor and step of a module or package directly below ``artlib``."""
    found = [(f, s) for f, steps in enumerate(FLOORS) for s, parts in enumerate(steps) if part in parts]
    assert found, f"artlib.{part} stands on no floor: give it one in FLOORS"
    return found[0]


def part(path: Path) -> str:
    """The part of the house that a file belongs to: ``nets`` for ``artlib/nets/small.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(source: str, inside: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(module, name) of everything below ``artlib`` that a source imports anywhere but for its types alone.

    ``inside`` is the source's own package, for relative imports; name is empty in ``import module``.
    """
    tree = ast.parse(source)
    for_types = {id(inner) for node in ast.walk(tree) if _is_for_types(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*inside[: len(inside) + 1 - node.level], node.module or ""]) if node.level else node.module
            found = [(base.rstrip("."), alias.name) for alias in node.names]
        else:
            continue
        yield from (one for one in found if one[0].split(".")[0] == "artlib")


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@cache
def graph() -> dict[str, set[str]]:
    """Module -> modules of the package that it imports, early or late; "nets" is ``artlib/nets/__init__.py``."""
    files = {name_of(path): path for path in modules()}
    edges = {}
    for name, path in files.items():
        inside = ("artlib", *path.relative_to(PACKAGE).parts[:-1])
        found = set()
        for module, what in imported(path.read_text(encoding="utf-8"), inside):
            whole = f"{module}.{what}".removeprefix("artlib.").rstrip(".")
            found.add(whole if whole in files else module.removeprefix("artlib."))
        edges[name] = (found & set(files)) - {name}
    return edges


def name_of(path: Path) -> str:
    """A module's name below ``artlib``."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def breaks(importer: str, imports: str) -> bool:
    """Whether this import runs against the rule; inside a package it cannot."""
    return importer != imports and place(imports) >= place(importer)


def modules() -> list[Path]:
    """Every module but the package's own lazy door."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_come_from_below(path):
    used = {name.split(".")[0] for name in graph()[name_of(path)]}
    upward = sorted(name for name in used if breaks(part(path), name))
    assert not upward, f"{path.name} imports from its own floor or above: {upward}"


def test_no_module_imports_itself_by_a_detour():
    sorter = TopologicalSorter(graph())
    try:
        sorter.prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


def test_the_thin_package_stands_alone():
    """Spine, networks, learners and evaluation know no source of pictures, no paper and no page."""
    edges = graph()
    thin = {name for name in edges if name.split(".")[0] in THIN}
    # The door of collections holds what a collection is; its readers are behind it.
    outside = {f"{name} -> {other}" for name in thin for other in edges[name] - thin - {"collections"}}
    assert not outside


def test_the_thin_package_is_as_thin_as_it_says():
    """Lines of code, without docstrings and comments."""
    most = THIN_LINES + sum(ADDED_THIN.values())
    assert sum(code_lines(path) for path in PACKAGE.rglob("*.py") if part(path) in THIN) <= most


def test_all_of_the_package_does_not_grow():
    """Lines of code, without docstrings and comments: where the rebuilding ended, and what each addition may add."""
    assert sum(map(code_lines, PACKAGE.rglob("*.py"))) <= ALL_LINES + sum(ADDED.values())


def test_no_module_prints():
    """What a reader should see is returned, warned of, or a caption; the command line has typer."""
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "print" not in source:
            continue
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        lines = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
        assert not lines, f"{path.relative_to(PACKAGE)} prints in line {lines}"


@pytest.mark.parametrize(
    ("source", "inside", "expected"),
    [
        ("import artlib.nets", ("artlib",), [("artlib.nets", "")]),
        ("from artlib import works, tasks", ("artlib",), [("artlib", "works"), ("artlib", "tasks")]),
        ("def late():\n    from artlib.evaluate import metrics", ("artlib",), [("artlib.evaluate", "metrics")]),
        ("from ..learners import finetune", ("artlib", "evaluate"), [("artlib.learners", "finetune")]),
        ("from . import neighbour", ("artlib", "nets"), [("artlib.nets", "neighbour")]),
        ("if TYPE_CHECKING:\n    from artlib import pixels", ("artlib",), []),
        ("import numpy", ("artlib",), []),
    ],
)
def test_imports_are_found_wherever_they_stand(source, inside, expected):
    assert list(imported(source, inside)) == expected


def test_the_rule_tells_up_from_down():
    assert breaks("tasks", "figures")
    assert breaks("figures", "claims")
    assert not breaks("figures", "tasks")
    assert breaks("pixels", "loaders")
    assert not breaks("loaders", "pixels")

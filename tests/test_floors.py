"""The house's rule: a module imports only from the floors below it, also inside functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "artlib"

# Ground first. Where neighbours on a floor need each other, the floor has steps; nothing imports from its own step.
FLOORS = (
    ({"errors"}, {"paths"}, {"works", "losses", "presets", "records"}, {"cache"}),
    ({"tasks", "collections"}, {"splits"}),
    ({"pixels", "nets"}, {"loaders"}),
    ({"learners"},),
    ({"evaluate"},),
    ({"figures", "experiments"},),
    ({"papers"}, {"claims"}),
    ({"site"}, {"__main__"}),
)


def place(part: str) -> tuple[int, int]:
    """Floor and step of a module or package directly below ``artlib``."""
    found = [(f, s) for f, steps in enumerate(FLOORS) for s, parts in enumerate(steps) if part in parts]
    assert found, f"artlib.{part} stands on no floor: give it one in FLOORS"
    return found[0]


def part(path: Path) -> str:
    """The part of the house that a file belongs to: ``nets`` for ``artlib/nets/small.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(source: str, inside: tuple[str, ...]) -> Iterator[str]:
    """Parts of ``artlib`` that a source imports anywhere; ``inside`` is its own package, for relative imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*inside[: len(inside) + 1 - node.level], node.module or ""]) if node.level else node.module
            names = [f"{base.rstrip('.')}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("artlib."))


def breaks(importer: str, imports: str) -> bool:
    """Whether this import runs against the rule; inside a package it cannot."""
    return importer != imports and place(imports) >= place(importer)


def modules() -> list[Path]:
    """Every module but the package's own lazy door."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_come_from_below(path):
    inside = ("artlib", *path.relative_to(PACKAGE).parts[:-1])
    known = {part(other) for other in modules()}
    used = {name for name in imported(path.read_text(encoding="utf-8"), inside) if name in known}
    upward = sorted(name for name in used if breaks(part(path), name))
    assert not upward, f"{path.name} imports from its own floor or above: {upward}"


@pytest.mark.parametrize(
    ("source", "inside", "expected"),
    [
        ("import artlib.nets", ("artlib",), ["nets"]),
        ("from artlib import works, tasks", ("artlib",), ["works", "tasks"]),
        ("def late():\n    from artlib.evaluate import metrics", ("artlib",), ["evaluate"]),
        ("from ..learners import finetune", ("artlib", "evaluate"), ["learners"]),
        ("from . import neighbour", ("artlib", "nets"), ["nets"]),
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

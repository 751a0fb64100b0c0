"""The page of the package names every module that a chapter may use, the thin package first."""

import ast
import re

import pytest

from artlib import paths

PACKAGE = paths.root() / "artlib"
PAGE = (paths.root() / "book" / "api.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"automodule:: artlib\.(\S+)", PAGE)
# Behind a door: what these hold is for their own package.
INSIDE = ("collections/museum/", "collections/download/", "site/", "course/", "__main__", "__init__")
MODULES = [
    path.relative_to(PACKAGE).with_suffix("").as_posix()
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.relative_to(PACKAGE).as_posix().startswith(INSIDE) and path.name != "__init__.py"
]


def public(path):
    """Names of public functions and classes of a module; of a package those that it hands on, too."""
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"}
    handed_on = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return own | (handed_on if path.name == "__init__.py" else set())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_on_the_page_or_its_package_hands_all_of_it_on(name):
    path = PACKAGE / f"{name}.py"
    if name.replace("/", ".") not in DOCUMENTED:
        door = path.parent / "__init__.py"
        missing = public(path) - (public(door) if path.parent != PACKAGE else set())
        assert not missing, f"{sorted(missing)} stand nowhere in book/api.md"


def test_the_thin_package_comes_first_and_nothing_is_named_that_is_gone():
    parts = list(dict.fromkeys(name.split(".")[0] for name in DOCUMENTED))
    assert parts[:3] == ["works", "tasks", "splits"]
    assert parts.index("evaluate") < parts.index("papers") < parts.index("collections") < parts.index("claims")
    for name in DOCUMENTED:
        place = PACKAGE / name.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__init__.py").exists(), name

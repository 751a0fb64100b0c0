"""What a public function takes has a type, and what it does stands in one sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_floors import PACKAGE, THIN, modules, part

# Calls that PyTorch and fastai make by these names; what they do stands with the class.
_HOOKS = ("forward", "extra_repr", "before_", "after_")


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Public functions of a module and public methods of its public classes, by their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and (
                    not method.name.startswith("_") or method.name == "__init__"
                ):
                    yield f"{node.name}.{method.name}", method


def untyped(function: ast.FunctionDef) -> list[str]:
    """Parameters without an annotation; those that take whatever is left (``*args``, ``**options``) need none."""
    given = function.args
    return [
        one.arg
        for one in [*given.posonlyargs, *given.args, *given.kwonlyargs]
        if one.annotation is None and one.arg not in ("self", "cls")
    ]


def says_nothing(function: ast.FunctionDef) -> bool:
    """Whether a docstring is missing, or its first paragraph does not end as a sentence does."""
    if function.name.startswith(_HOOKS) or function.name == "__init__":
        return False
    text = ast.get_docstring(function) or ""
    return not text.split("\n\n")[0].rstrip().endswith((".", "?"))


def checked() -> list[Path]:
    """Modules of the thin package and of the papers."""
    return [path for path in modules() if part(path) in THIN | {"papers"}]


@pytest.mark.parametrize("path", checked(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_public_functions_have_types_and_a_sentence(path: Path):
    found = dict(functions(ast.parse(path.read_text(encoding="utf-8"))))
    assert {name: bare for name, function in found.items() if (bare := untyped(function))} == {}
    assert [name for name, function in found.items() if says_nothing(function)] == []


def test_the_rule_tells_a_typed_function_from_a_bare_one():
    source = 'def one(x: int, *, y=1, **more):\n    """Add."""\n\nclass C:\n    def two(self, z):\n        """Add"""\n'
    found = dict(functions(ast.parse(source)))
    assert untyped(found["one"]) == ["y"]
    assert untyped(found["C.two"]) == ["z"]
    assert [name for name, function in found.items() if says_nothing(function)] == ["C.two"]

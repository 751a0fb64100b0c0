"""What a stranger reads first: every command and every path in it exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from artlib.__main__ import app
from artlib.site import jobs, layout

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "book/how-to-use.md")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
CODE = re.compile(r"^```(?:bash|text)\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
PATH = re.compile(
    r"(?<![\w/.<-])((?:book|data|tests|artlib|\.ci)/[\w./-]*\w|[\w.-]+\.(?:md|toml|lock|yml|cff))(?![\w<*])"
)
MADE = ("data/runs", "data/collections", "_build")
"""What git ignores, and what is there only after it was made."""


@pytest.fixture(params=DOCUMENTS)
def document(request):
    return (ROOT / request.param).read_text(encoding="utf-8")


def lines(document, program):
    """The arguments of every call of a program, in blocks and within sentences."""
    code = "\n".join(block or words for block, words in CODE.findall(document))
    found = re.findall(rf"^(?:.*&& *)?(?:\.venv/bin/)?{program} (.*)$", code, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in found]


def parsed(words):
    """The parameters of a call of ``artlib``, as its own command line understands them."""
    command = typer.main.get_command(app)
    while isinstance(command, typer.core.TyperGroup) and words[0] != "--help":
        (name, *words) = words
        assert name in command.commands, f"artlib {name}"
        command = command.commands[name]
    return command.make_context("artlib", words, resilient_parsing="--help" in words).params


def test_every_target_of_make_is_there(document):
    named = [words[0] for words in lines(document, "make") if words]
    assert named
    assert set(named) <= TARGETS


def test_every_command_is_understood_and_every_parameter_is_a_chapters(document):
    book = layout.here()
    for words in lines(document, "artlib"):
        given = parsed(words)
        for setting in given.get("settings") or []:
            chapters = [book.chapter(name) for name in given["chapters"]]
            name, _, value = setting.partition("=")
            assert jobs.make(book, chapters, "smoke", {name: yaml.safe_load(value)}), setting


def test_every_path_is_there(document):
    code = "\n".join(block or words for block, words in CODE.findall(document))
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document)
    named = {path for path in [*PATH.findall(code), *links] if not path.startswith(MADE)}
    assert len(named) > 2
    missing = [path for path in named if not any((folder / path).exists() for folder in (ROOT, ROOT / "book"))]
    assert not missing


def test_spelling():
    """The options stand in pyproject.toml; names are listed there."""
    done = subprocess.run([sys.executable, "-m", "codespell_lib"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr

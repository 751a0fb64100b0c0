"""What pages have for a class: quizzes, guesses before a result, and the exercises that a command can check.

The texts stand in ``data/quizzes.yaml`` and ``data/checks.yaml``. A page works without JavaScript, where answers are
folded; with it, ``book/_static/course.js`` shows the sentence of the chosen option. Nothing leaves the page.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from artlib import paths
from artlib.site import files

_CODE = re.compile(r"`([^`]+)`")
_OWN_TURN = re.compile(r"^## Your turn$", re.MULTILINE)
_BEFORE = ("## What we have seen", "## What we found")


def setup(app: Any) -> None:
    """Called by the book's extension."""
    for name, directive in {"quiz": Quiz, "guess": Guess, "check": Check}.items():
        app.add_directive(name, directive)


def options(question: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """A question's options as (text, sentence, right), in an order that stays and says nothing.

    In the table the right one stands first.
    """
    listed = [(text, said, k == 0) for k, (text, said) in enumerate(question["options"])]
    return sorted(listed, key=lambda one: hashlib.sha256(one[0].encode()).hexdigest())


def add_quiz(cells: list[Any], chapter: str) -> None:
    """Put a chapter's quiz before the last section of its cells, where the book has one; changes the list."""
    import nbformat

    if chapter not in paths.table("quizzes.yaml")["chapters"]:
        return
    place = next((k for k, cell in enumerate(cells) if cell.source.lstrip().startswith(_BEFORE)), len(cells))
    source = f"## Five questions\n\n```{{quiz}} {chapter}\n```"
    cells.insert(place, nbformat.v4.new_markdown_cell(source, id="quiz"))


def add_check_line(cells: list[Any], chapter: str) -> None:
    """Say, where a chapter's exercises begin to be the reader's own, how answers are checked; changes the cells."""
    line = (
        f"*Check your answers:* `artlib lab` opens `work/{chapter}.ipynb`, with a cell for each answer that says "
        f"whether it is right; `artlib course check work/{chapter}.ipynb` says it of all."
    )
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = _OWN_TURN.sub(rf"\g<0>\n\n{line}", cell.source)


def quiz_html(chapter: str) -> str:
    """The quiz of a chapter: fieldsets of radio buttons, and for instructors minutes and misconceptions."""
    entry = paths.table("quizzes.yaml")["chapters"][chapter]
    return _filled("quiz", chapter=chapter, options=options, **entry)


def estimate(name: str) -> tuple[float, float, float]:
    """The recorded value of a guess with its interval, in the unit of its question."""
    from artlib import experiments

    entry = paths.table("quizzes.yaml")["guesses"][name]
    found = experiments.gain(
        experiments.recorded(entry["study"]), entry["better"], entry["worse"], by="task", metric=entry["metric"]
    )[entry["task"]]
    return tuple(found.row(entry["scale"]).values())


class Quiz(SphinxDirective):
    """``{quiz} chapter``."""

    required_arguments = 1

    def run(self) -> Sequence[nodes.Node]:
        """The quiz as HTML."""
        return [_raw(quiz_html(self.arguments[0]))]


class Guess(SphinxDirective):
    """``{guess} name``: a slider, and behind it the recorded interval."""

    required_arguments = 1

    def run(self) -> Sequence[nodes.Node]:
        """The question and its folded answer as HTML."""
        (name,) = self.arguments
        entry = paths.table("quizzes.yaml")["guesses"][name]
        value, low, high = estimate(name)
        return [_raw(_filled("guess", name=name, value=value, low=low, high=high, entry=entry))]


class Check(SphinxDirective):
    """``{check} exercise``: its text, and for instructors its solution and the known wrong answers."""

    required_arguments = 1
    option_spec = {"class": directives.unchanged}  # noqa: RUF012

    def run(self) -> Sequence[nodes.Node]:
        """The exercise as an admonition that can be pointed at."""
        (name,) = self.arguments
        rule = paths.table("checks.yaml")["exercises"][name]
        wrong = "\n".join(f"- {known['say']}" for known in rule["wrong"])
        lines = f"**Exercise.** {rule['question']}\n\n*Belongs to* {{ref}}`{rule['of']}`\n"
        solved = f"```python\n{rule['solution']}```\n\nWrong answers that have a sentence of their own:\n\n{wrong}\n"
        made = nodes.container(classes=["artlib-check", "exercise"], ids=[f"check-{name}"])
        self._into(made, lines)
        notes = nodes.container(classes=["instructor"])
        self._into(notes, solved)
        made += notes
        return [made]

    def _into(self, node: nodes.Element, text: str) -> None:
        self.state.nested_parse(StringList(text.split("\n"), source="data/checks.yaml"), 0, node)


def _filled(template: str, **values: Any) -> str:
    return files.filled(Path(__file__).with_name(f"{template}.html"), text=_text, **values)


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(str(text), quote=False))


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")

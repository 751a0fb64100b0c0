"""Slides of a session as one HTML page beside reveal.js: title, cells tagged ``slide``, exercises, quiz, discussion.

Beside them the quiz as a page that answers, for whoever has not built the site.
"""

import re
import shutil
from collections.abc import Iterator
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.course import lessons
from artlib.site import files, notebooks, teaching

_HERE = Path(__file__).parent


def write(session: int, executed: Any, chapter: str, folder: Path) -> Path:
    """Write ``session-N.html`` and ``quiz-N.html`` into a folder that `bundle` has prepared.

    Parameters
    ----------
    executed : the instructor's notebook with its outputs, whose pictures are shown.
    chapter : whose quiz is asked at the end.
    """
    found = "\n".join(f"<section>{html}</section>" for html in _slides(session, executed, chapter))
    static = paths.root() / "book" / "_static"
    style, script = ((static / f"course.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    title, quiz = lessons.title(session), teaching.quiz_html(chapter)
    page = files.filled(_HERE / "quiz.html", title=title, style=style, script=script, quiz=quiz)
    (folder / f"quiz-{session}.html").write_text(page, encoding="utf-8")
    target = folder / f"session-{session}.html"
    target.write_text(files.filled(_HERE / "slides.html", title=title, slides=found), encoding="utf-8")
    return target


def bundle(folder: Path) -> None:
    """Put reveal.js, as the package sphinx-revealjs carries it, beside the slides."""
    source = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs" / "dist"
    for name in ("reset.css", "reveal.css", "reveal.js"):
        (folder / "reveal" / "theme").mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, folder / "reveal" / name)
    # The theme's web font would be asked of another host.
    theme = re.sub(r"@import\s+url\([^)]*\);", "", (source / "theme" / "white.css").read_text(encoding="utf-8"))
    (folder / "reveal" / "theme" / "white.css").write_text(theme, encoding="utf-8")


def _slides(session: int, executed: Any, chapter: str) -> Iterator[str]:
    rules = lessons.rules()
    for cell in executed.cells:
        if cell.id.startswith("question-"):
            yield _html(f"## Exercise\n\n{rules[cell.id.removeprefix('question-')]['question']}")
        elif "slide" in notebooks.tags(cell):
            yield _html(cell.source) if cell.cell_type == "markdown" else "".join(map(_output, cell.outputs))
    page = lessons.page(session).read_text(encoding="utf-8")
    discussion = re.sub(r"^:::.*?^:::$", "", lessons.section(page, "Discuss"), flags=re.MULTILINE | re.DOTALL)
    yield _html(f"## Discuss\n\n{discussion}")
    for question in paths.table("quizzes.yaml")["chapters"][chapter]["questions"]:
        listed = "\n".join(f"- {text}" for text, *_ in sorted(question["options"]))
        yield _html(f"## {question['ask']}\n\n{listed}")


def _output(output: Any) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return (
            f'<img alt="What the cell above this slide shows" src="data:image/png;base64,{data["image/png"].strip()}">'
        )
    return f"<pre>{escape(str(data.get('text/plain', output.get('text', ''))))}</pre>"


def _html(text: str) -> str:
    from markdown_it import MarkdownIt

    # Roles of the book's pages as plain words.
    return MarkdownIt().render(re.sub(r"\{(?:ref|doc|term)\}`([^`<]*?)\s*(?:<[^`]*>)?`", r"\1", text))

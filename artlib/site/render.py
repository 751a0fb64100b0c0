"""Render the staged book with Jupyter Book, warnings as errors, and publish the finished site in one step."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from artlib.collections import open_works
from artlib.errors import ArtlibError
from artlib.site import files, postprocess_html, previews
from artlib.site.layout import Layout

# The command of this Python's own installation, whether or not its scripts are on the path.
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


class RenderError(ArtlibError):
    """Jupyter Book found something wrong; its own words are in the text."""


def render(layout: Layout, strict: bool = True) -> bool:
    """Make the site from the staged copy; False when it already was the site of this very copy.

    strict : whether a warning ends it. Not where a chapter lacks figures that its text refers to.

    Pages are rendered all or none: Sphinx, left to find out what changed, misses style sheets and scripts.
    """
    stamp = layout.build / "site.key"
    key = _key(layout)
    if layout.site.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return False
    stamp.unlink(missing_ok=True)
    pages = _jupyter_book(layout, ["-W", "-n", "--keep-going"] if strict else [])
    for path in files.below(pages / "_static", "*.html"):
        path.unlink()  # the theme's templates, which are no pages
    _finish(pages)
    # The site's own address leads to the front page, which lies where its source does.
    entry = files.filled(Path(__file__).with_name("entry.html"), front=f"{layout.pages()[0]}.html")
    (pages / "index.html").write_text(entry, encoding="utf-8")
    _publish(layout, pages)
    stamp.write_text(key, encoding="utf-8")
    return True


def _key(layout: Layout) -> str:
    """All that shapes the pages: staged files, the package (documented by autodoc), the lock file and fetched works."""
    staged = files.contents(layout.stage, files.below(layout.stage))
    package = files.contents(layout.package, files.below(layout.package, "*.py"))
    fetched = files.listing(open_works.folder())
    return files.digest(part.encode() for part in (staged, package, layout.lock_file(), fetched))


def _jupyter_book(layout: Layout, strictness: list[str]) -> Path:
    output = layout.build / "jupyter-book"
    shutil.rmtree(output, ignore_errors=True)
    options = ["--path-output", str(output), *strictness, "-q"]
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(layout.stage), *options]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "ARTLIB_HOME": str(layout.root)}
    done = subprocess.run(command, cwd=layout.root, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = _COLOUR.sub("", done.stderr.strip() or done.stdout.strip()).replace(f"{layout.stage}{os.sep}", "")
        raise RenderError(f"Jupyter Book found faults (warnings are errors):\n{said}")
    return output / "_build" / "html"


def _finish(pages: Path) -> None:
    """Put every page right, and write what the search of sections reads."""
    made = files.below(pages, "*.html")
    trees = previews.parsed(made, pages)
    known = previews.collect(trees)
    (pages / "_static" / "sections.js").write_text(previews.sections(trees), encoding="utf-8")
    for path in made:
        html = path.read_text(encoding="utf-8")
        finished = postprocess_html.postprocess_html(html, path.relative_to(pages).as_posix(), known)
        path.write_text(finished, encoding="utf-8")


def _publish(layout: Layout, pages: Path) -> None:
    """Put the pages in the site's place by renaming, so that a served site is never half of one."""
    old = layout.build / "html.old"
    shutil.rmtree(old, ignore_errors=True)
    if layout.site.exists():
        os.replace(layout.site, old)
    os.replace(pages, layout.site)
    shutil.rmtree(old, ignore_errors=True)

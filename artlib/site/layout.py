"""Where the parts of a book lie: sources, results of execution, the staged copy, the site."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from filelock import FileLock, Timeout

import artlib
from artlib import paths
from artlib.errors import ArtlibError


class LayoutError(ArtlibError):
    """The table of contents and the files of the book do not agree."""


class Layout:
    """A book's places, all derived from the folder that holds ``_toc.yml``.

    Attributes
    ----------
    root : that folder.
    build : everything that is made; safe to delete.
    executed : results of chapters, each named by its key.
    failed : notebooks that run now, or that stopped at an error, with its traceback.
    stage : the mirror of the repository that Jupyter Book reads.
    site : the finished pages.
    package : the package that chapters import and the API page documents.
    """

    package = Path(artlib.__file__).parent

    def __init__(self, root: Path):
        self.root, self.build = root, root / "_build"
        self.executed, self.failed = self.build / "executed", self.build / "failed"
        self.stage, self.site = self.build / "stage", self.build / "html"

    def lock_file(self) -> str:
        """The text of the lock file; empty where there is none."""
        path = self.root / "requirements.lock"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Held while anything below ``build`` changes, so that two commands do not work on it at once.

        The same process may take it again; another waits, and says so.
        """
        lock = FileLock(self.build / "book.lock", is_singleton=True)
        try:
            self.build.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            typer.echo("Another artlib command is at work on this book; waiting for it to end.", err=True)
            lock.acquire()
        except OSError as error:
            raise LayoutError(
                f"{self.build} cannot be written ({error.strerror or error}), and the results of chapters go there: "
                "copy the repository to a folder of your own and run the command there."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def pages(self) -> list[str]:
        """Names of all pages in reading order, without suffix, as ``_toc.yml`` lists them."""
        from sphinx_external_toc.parsing import parse_toc_yaml

        return list(parse_toc_yaml(self.root / "_toc.yml"))

    def source(self, page: str) -> Path:
        """The file behind a page.

        Raises LayoutError when ``_toc.yml`` names a page that is not there.
        """
        for suffix in (".ipynb", ".md"):
            path = self.root / f"{page}{suffix}"
            if path.exists():
                return path
        raise LayoutError(f"_toc.yml names the page {page!r}, but neither {page}.ipynb nor {page}.md exists.")

    def chapters(self) -> list[str]:
        """Names of the pages that are notebooks, in reading order."""
        return [page for page in self.pages() if self.source(page).suffix == ".ipynb"]

    def chapter(self, name: str) -> str:
        """The full name of a chapter given by its short one: ``fine-tuning`` is ``book/fine-tuning``.

        Raises LayoutError naming the chapters there are.
        """
        wanted = name.removesuffix(".ipynb")
        for chapter in self.chapters():
            if wanted in (chapter, Path(chapter).name):
                return chapter
        raise LayoutError(f"There is no chapter {name!r}; the book has {', '.join(self.chapters())}.")


def here() -> Layout:
    """The book of this repository.

    Raises LayoutError when ``artlib`` runs outside of it.
    """
    layout = Layout(paths.root())
    if not (layout.root / "_toc.yml").exists():
        raise LayoutError(
            f"No book in {layout.root}: _toc.yml is missing. Run the command in a clone of the repository, "
            "or set ARTLIB_HOME to one."
        )
    return layout

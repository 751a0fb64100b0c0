"""Chapters in JupyterLab: working copies that read as on the page; slow: three opened, run, and moved in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from urllib.request import urlopen

import nbformat
import pytest

from artlib.site import lab, layout, notebooks

RAW = re.compile(r"\{[a-z:+-]+\}`|^\([\w-]+\)=|^[`:]{3,}\{|^:\w+:", re.MULTILINE)


@pytest.fixture
def book(tmp_path):
    """The chapters of this book, in a folder of their own."""
    whole = layout.here()
    for name in ("_toc.yml", "book"):
        source = whole.root / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    return layout.Layout(tmp_path)


def test_no_copy_shows_the_markup_of_the_site_and_solutions_are_folded(book):
    assert lab.prepare(book) == []
    for chapter in book.chapters():
        name = chapter.split("/")[-1]
        copy = notebooks.read(book.root / lab.FOLDER / f"{name}.ipynb")
        nbformat.validate(copy)
        text = "\n\n".join(cell.source for cell in copy.cells if cell.cell_type == "markdown")
        assert not RAW.search(text), (name, RAW.search(text))
        assert ("\n## Your turn" in text) == (f"`artlib course check work/{name}.ipynb`" in text), name
        source = notebooks.read(book.source(chapter))
        begun = sum(cell.source.count("{solution-start}") for cell in source.cells)
        folded = [cell for cell in copy.cells if cell.metadata.get("jp-MarkdownHeadingCollapsed")]
        assert len(folded) == begun, name
        for address in re.findall(r"\]\(((?:\.\./book/)?[\w-]+\.(?:ipynb|md))\)", text):
            assert (book.root / lab.FOLDER / address).exists(), (name, address)


def test_what_someone_changed_in_a_copy_stays(book):
    lab.prepare(book)
    chapter = book.chapters()[0]
    source, copy = book.source(chapter), book.root / lab.FOLDER / f"{chapter.split('/')[-1]}.ipynb"
    changed = notebooks.read(source)
    changed.cells[0].source += "\n\nAnother sentence."
    nbformat.write(changed, source)
    assert lab.prepare(book) == []
    assert "Another sentence." in copy.read_text(encoding="utf-8"), "made anew, since nobody had touched it"
    own = notebooks.read(copy)
    own.cells.append(nbformat.v4.new_code_cell("mine = 1"))
    nbformat.write(own, copy)
    changed.cells[0].source += " And one more."
    nbformat.write(changed, source)
    assert lab.prepare(book) == [copy.name]
    assert "mine = 1" in copy.read_text(encoding="utf-8")


OPENED = ("collection-map", "scoreboard", "culture-map")  # a map, verdicts, and a slider; the quickest that have them
STATE = """() => [...jupyterapp.shell.currentWidget.content.model.cells].filter(cell => cell.type === "code")
    .map(cell => [cell.executionCount, cell.outputs.toJSON().filter(one => one.output_type === "error")])
"""
# The indicator is idle before there is a kernel, and what is asked then is lost.
RUN = """async () => {
    const context = jupyterapp.shell.currentWidget.sessionContext;
    await context.ready;
    await context.session.kernel.info;
    await jupyterapp.commands.execute("notebook:run-all-cells");
}"""


@pytest.mark.slow
def test_three_chapters_opened_in_jupyterlab_run_move_and_show_no_markup(book, tmp_path, chromium):
    lab.prepare(book)
    defaults = lab.settings(tmp_path / "defaults")
    given = json.loads((defaults / "overrides.json").read_text(encoding="utf-8"))
    given["@jupyterlab/notebook-extension:tracker"] = {"windowingMode": "none"}  # all of a notebook can be read at once
    (defaults / "overrides.json").write_text(json.dumps(given), encoding="utf-8")
    port, home = 8899, layout.here()
    environment = {**os.environ, "ARTLIB_HOME": str(home.root), "ARTLIB_CACHE": str(home.build / "cache"),
                   "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
                   "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")}  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--IdentityProvider.token=",
               f"--ServerApp.root_dir={book.root}", "--allow-root", "--expose-app-in-browser",
               f"--LabApp.app_settings_dir={defaults}"]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/api", server, tmp_path / "log")
        for chapter in OPENED:
            page, asked = chromium.new_page(viewport={"width": 1300, "height": 1000}), []
            page.set_default_timeout(120_000)
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(f"http://127.0.0.1:{port}/lab/workspaces/{chapter}/tree/{lab.FOLDER}/{chapter}.ipynb")
            page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1")
            page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
            page.evaluate(RUN)
            state = page.evaluate(STATE)
            # An error ends a run, so it is told before what was not run for it.
            assert not [errors for _, errors in state if errors], chapter
            assert all(count for count, _ in state), chapter
            text = page.locator(".jp-Notebook").inner_text()
            assert not RAW.search(text), (chapter, RAW.search(text))
            assert not page.locator(".jp-Dialog").count(), "a question that a student need not be asked"
            assert not [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
        slider = page.locator(".jp-Notebook .noUi-handle").first
        picture = page.locator(".jp-Notebook .jupyter-widgets.widget-image").first
        before = picture.get_attribute("src")
        slider.focus()
        slider.press("ArrowRight")
        page.wait_for_function("([image, was]) => image.src !== was", arg=[picture.element_handle(), before])
    finally:
        server.terminate()
        server.wait(20)


def _wait(address, server, log):
    for _ in range(120):
        assert server.poll() is None, log.read_text()
        try:
            with urlopen(address) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())

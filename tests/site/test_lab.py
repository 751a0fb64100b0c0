"""Chapters in JupyterLab: working copies that read as on the page; slow: one opened, run, and moved in a browser."""

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


@pytest.mark.slow
def test_a_chapter_opened_in_jupyterlab_runs_moves_and_shows_no_markup(book, tmp_path):
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("browser: no Chromium on this machine; .ci/run installs it")
    from playwright.sync_api import sync_playwright

    lab.prepare(book)
    path = book.root / lab.FOLDER / "collections.ipynb"
    whole = notebooks.read(path)
    wanted = ("parameters", "import", "museum =", "museum.redraw")
    first = [cell for cell in whole.cells if cell.cell_type == "markdown"][:3]
    code = [cell for cell in whole.cells if cell.cell_type == "code"]
    setup = notebooks.setup(whole)
    draws = nbformat.v4.new_code_cell(
        'museum = collections.read("museum", size=40)\n'
        'figures.museum.redraw(museum, figures.museum.example(museum, genre="landscape"))'
    )
    assert any("museum.redraw" in cell.source for cell in code), wanted
    whole.cells = [*first, *setup, draws]
    nbformat.write(whole, path)
    port = 8899
    environment = {**os.environ, "ARTLIB_HOME": str(layout.here().root), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--IdentityProvider.token=",
               f"--ServerApp.root_dir={book.root}", "--allow-root",
               f"--LabApp.app_settings_dir={lab.settings(tmp_path / 'defaults')}"]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/api", server, tmp_path / "log")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1300, "height": 1000})
            page.set_default_timeout(60_000)
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"http://127.0.0.1:{port}/lab/tree/{lab.FOLDER}/collections.ipynb")
            page.wait_for_selector(".jp-Notebook .jp-MarkdownOutput h1")
            page.wait_for_selector("[data-status=idle], .jp-Notebook-ExecutionIndicator[data-status=idle]")
            page.locator(".jp-Notebook .jp-Cell").first.click()
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells").first.click()
            slider = page.locator(".jp-Notebook .noUi-handle").first
            slider.wait_for()
            picture = page.locator(".jp-Notebook .jupyter-widgets.widget-image").first
            before = picture.get_attribute("src")
            slider.focus()
            slider.press("ArrowRight")
            page.wait_for_function("([image, was]) => image.src !== was", arg=[picture.element_handle(), before])
            text = page.locator(".jp-Notebook").inner_text()
            assert not RAW.search(text)
            assert not page.locator(".jp-Dialog").count(), "a question that a student need not be asked"
            assert not [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
            browser.close()
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

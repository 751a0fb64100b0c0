"""From chapters to pages: keys, staging, configuration, finishing and checking; slow: the real site."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
import yaml
from book_site import built_site

from artlib import paths
from artlib.site import (
    check,
    config,
    doctor,
    execute,
    extension,
    files,
    jobs,
    keys,
    notebooks,
    postprocess_html,
    previews,
    provenance,
    redact_paths,
    stage,
)  # fmt: skip
from artlib.site.layout import Layout, LayoutError

cell = nbformat.v4.new_code_cell
text = nbformat.v4.new_markdown_cell

TOC = {"format": "jb-book", "root": "book/index", "parts": [{"chapters": [{"file": "book/small"}]}]}


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def parameters(source, *tags):
    return cell(source, metadata={"tags": ["parameters", *tags]})


def picture(**said):
    data = {"image/png": base64.b64encode(b"pixels").decode(), "text/plain": "<Figure>"}
    return nbformat.v4.new_output("display_data", data, metadata={"image/png": said})


def printed(words):
    return nbformat.v4.new_output("stream", name="stdout", text=words)


@pytest.fixture
def small_book(tmp_path):
    """A book of a front page and one chapter."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(TOC), encoding="utf-8")
    (tmp_path / "_config.yml").write_text("title: Small\nhtml:\n  favicon: ''\n", encoding="utf-8")
    (tmp_path / "book" / "index.md").write_text("# Front\n", encoding="utf-8")
    source = notebook(text("# Small"), parameters('preset = "auto"\nseed = 3'), cell("seed + 1"))
    nbformat.write(source, tmp_path / "book" / "small.ipynb")
    return Layout(tmp_path)


# ---- layout and parameters ----


def test_pages_and_chapters_come_from_the_table_of_contents(small_book):
    assert small_book.pages() == ["book/index", "book/small"]
    assert small_book.chapters() == ["book/small"]
    assert small_book.chapter("small") == "book/small"


def test_an_unknown_chapter_is_named_with_those_there_are(small_book):
    with pytest.raises(LayoutError, match=r"'large'.*book/small"):
        small_book.chapter("large")


def test_a_page_without_a_file_is_named(small_book):
    (small_book.root / "book" / "index.md").unlink()
    with pytest.raises(LayoutError, match="book/index"):
        small_book.chapters()


def test_parameters_are_read_with_their_defaults():
    source = notebook(parameters('# what a run changes\npreset = "auto"\nroot = None\nseeds = [0, 1]'))
    assert notebooks.declared_parameters(source, "n.ipynb") == {"preset": "auto", "root": None, "seeds": [0, 1]}


@pytest.mark.parametrize("source", ["import os", "x = len([1])", "x = ", "x, y = 1, 2"])
def test_a_parameters_cell_holds_plain_values_only(source):
    with pytest.raises(notebooks.NotebookError, match=r"n\.ipynb"):
        notebooks.declared_parameters(notebook(parameters(source)), "n.ipynb")


@pytest.mark.parametrize("count", [0, 2])
def test_a_chapter_has_one_parameters_cell(count):
    with pytest.raises(notebooks.NotebookError, match=f"{count} cells"):
        notebooks.declared_parameters(notebook(*(parameters("a = 1") for _ in range(count))), "n.ipynb")


def test_a_file_that_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "torn.ipynb"
    path.write_text('{"cells": [', encoding="utf-8")
    with pytest.raises(notebooks.NotebookError, match="torn"):
        notebooks.read(path)


@pytest.fixture
def two_presets(monkeypatch):
    def load(chapter, preset):
        return SimpleNamespace(name="smoke", parameters={"seed": 7, "epochs": 2}, timeout=60)

    monkeypatch.setattr(jobs.presets, "load", load)


def test_the_command_line_wins_over_the_preset_and_the_preset_over_the_notebook(small_book, two_presets):
    (job,) = jobs.make(small_book, ["book/small"], "auto", {})
    assert job.injected == {"preset": "smoke", "seed": 7}
    (job,) = jobs.make(small_book, ["book/small"], "auto", {"seed": 9})
    assert job.settings == {"preset": "smoke", "seed": 9, "epochs": 2}


def test_a_parameter_of_no_chapter_is_refused(small_book, two_presets):
    with pytest.raises(jobs.ParameterError, match="colour"):
        jobs.make(small_book, ["book/small"], "auto", {"colour": "red"})


def test_a_root_that_is_not_there_is_refused(small_book, two_presets):
    with pytest.raises(jobs.ParameterError, match="nowhere"):
        jobs.make(small_book, ["book/small"], "auto", {"root": "nowhere"})


# ---- keys ----


def test_a_key_changes_with_all_that_shapes_a_result_and_with_nothing_else(small_book, monkeypatch, tmp_path):
    def key(seed=1, **more):
        return keys.result_key(small_book, "book/small", {"seed": seed, **more})

    monkeypatch.delenv("ARTLIB_REAL", raising=False)
    first = key()
    assert key() == first
    assert key(seed=2) != first
    (small_book.root / "book" / "index.md").write_text("# Another front\n", encoding="utf-8")
    assert key() == first
    (small_book.root / "data").mkdir()
    (small_book.root / "data" / "presets.yaml").write_text("a: 1", encoding="utf-8")
    with_data = key()
    assert with_data != first
    (small_book.root / "requirements.lock").write_text("six==1.0", encoding="utf-8")
    locked = key()
    assert locked != with_data
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    empty = key(root=str(pictures))
    (pictures / "one.png").write_bytes(b"1")
    assert key(root=str(pictures)) != empty


def test_a_key_knows_the_package_but_not_the_floor_that_executes(small_book, monkeypatch, tmp_path):
    package = tmp_path / "package"
    (package / "site").mkdir(parents=True)
    monkeypatch.setattr(Layout, "package", package)
    first = keys.result_key(small_book, "book/small", {})
    (package / "site" / "render.py").write_text("x = 1", encoding="utf-8")
    assert keys.result_key(small_book, "book/small", {}) == first
    (package / "tasks.pyc").write_text("compiled", encoding="utf-8")
    assert keys.result_key(small_book, "book/small", {}) == first
    (package / "tasks.py").write_text("x = 1", encoding="utf-8")
    known = {first, keys.result_key(small_book, "book/small", {})}
    for name in ("style.css", "frames.js", "book.mplstyle"):
        (package / name).write_text("/* a rule */", encoding="utf-8")
        known.add(keys.result_key(small_book, "book/small", {}))
    assert len(known) == 5, "what figures are styled with is code too"


def test_two_commands_do_not_work_on_one_book_at_once(small_book):
    other = (
        "import sys; from pathlib import Path; from artlib.site.layout import Layout\n"
        "with Layout(Path(sys.argv[1])).lock(): print('my turn')"
    )
    with small_book.lock(), small_book.lock():
        command = [sys.executable, "-c", other, str(small_book.root)]
        waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "waiting" in waiting.stderr.readline()
        assert waiting.poll() is None
    assert waiting.communicate(timeout=60)[0].strip() == "my turn"


def test_a_torn_result_is_no_result(small_book):
    folder = small_book.executed / "book/small"
    folder.mkdir(parents=True)
    assert execute.stored(small_book, "book/small", "k") is None
    whole = notebook(text("# Small"))
    nbformat.write(whole, folder / "k.ipynb")
    assert execute.stored(small_book, "book/small", "k") is None, "nothing was measured"
    whole.metadata["artlib"] = {"minutes": 1}
    nbformat.write(whole, folder / "k.ipynb")
    assert execute.stored(small_book, "book/small", "k").measured == {"minutes": 1}
    (folder / "k.ipynb").write_text((folder / "k.ipynb").read_text(encoding="utf-8")[:-9], encoding="utf-8")
    assert execute.stored(small_book, "book/small", "k") is None


# ---- staging ----


def staged(*cells):
    return stage.page(notebook(text("# Title\n\nFirst words."), *cells), "<div>strip</div>")


def test_the_strip_stands_between_title_and_text():
    assert staged().cells[0].source == "# Title\n\n<div>strip</div>\n\nFirst words."


def test_a_copy_for_hosted_notebooks_installs_the_package_first():
    page = stage.page(notebook(text("# Title"), parameters("a = 1"), cell("import artlib")), "", "https://a.org/b")
    first = next(one for one in page.cells if one.cell_type == "code")
    assert '"git+https://a.org/b"' in first.source
    assert first.metadata["tags"] == ["remove-cell"]
    compile(first.source, "installer", "exec")
    nbformat.validate(page)
    assert not any("git+" in one.source for one in staged(cell("import artlib")).cells)


def test_colab_opens_the_copy_and_nothing_else_does():
    links = [f"{host}/github/a/b/blob/some/branch/book/c.ipynb" for host in (config.COLAB, "https://example.org")]
    html = "".join(f'<a href="{link}">x</a>' for link in links)
    page = postprocess_html.postprocess_html(html)
    assert f'href="{config.COLAB}/github/a/b/blob/hosted/book/c.ipynb"' in page
    assert f'href="{links[1]}"' in page


def test_a_label_above_the_title_stays_there():
    page = stage.page(notebook(text("(label)=\n# Title\nWords.\n## Part")), "<div>strip</div>")
    assert page.cells[0].source == "(label)=\n# Title\n\n<div>strip</div>\n\nWords.\n## Part"


def test_a_chapter_without_a_title_is_refused():
    with pytest.raises(notebooks.NotebookError, match="title"):
        stage.page(notebook(text("Words.")), "")


def test_alternative_text_and_caption_are_lifted_to_the_cell():
    page = staged(cell("show()", outputs=[picture(alt="A dot.", caption="One *dot*.", name="fig-dot", width=70)]))
    said = page.cells[1].metadata["mystnb"]
    assert said == {"image": {"alt": "A dot.", "width": "70px"}, "figure": {"caption": "One *dot*.", "name": "fig-dot"}}


def test_every_picture_of_a_cell_has_its_own_words():
    page = staged(cell("two()", outputs=[printed("first"), picture(alt="One."), picture(alt="Two.")]))
    code, first, second = page.cells[1:]
    assert code.source == "two()"
    assert code.outputs[0].text == "first"
    assert first.metadata["mystnb"]["image"]["alt"] == "One."
    assert second.metadata["mystnb"]["image"]["alt"] == "Two."
    assert "remove-input" in first.metadata["tags"]
    assert first.source, "MyST-NB shows nothing of a cell without source"
    nbformat.validate(page)


def test_injected_parameters_are_folded():
    page = staged(cell("a = 1", metadata={"tags": ["injected-parameters"]}))
    assert "artlib-setup" in page.cells[1].metadata["tags"]


def test_what_a_run_sets_and_imports_is_folded_below_the_first_screen():
    lead, setup = cell("figures.sheet(pictures)"), cell("from artlib import figures\nrun = 1")
    page = staged(parameters("a = 1"), setup, lead)
    assert [notebooks.SETUP in notebooks.tags(one) for one in page.cells[1:]] == [True, True, False]
    html = (
        '<article class="bd-article"><section id="x"><h1>X</h1><div class="provenance">smoke</div>'
        f'<div class="cell tag_{notebooks.SETUP}">a = 1</div><p>The answer.</p><section id="y"><h2>Y</h2></section>'
        "</section></article>"
    )
    folded = postprocess_html.postprocess_html(html)
    assert folded.index("The answer") < folded.index("<details") < folded.index("smoke") < folded.index("<h2>")
    assert folded.count("How this page was made") == 1


def test_the_numbers_of_a_figure_follow_it_as_a_table_and_a_file():
    said = {"alt": "One.", "caption": "Two.", "data": "task,value\na & b,0.5\n"}
    drawn, numbers = staged(cell("x", outputs=[picture(**said)])).cells[1:]
    assert drawn.metadata["mystnb"]["figure"] == {"caption": "Two."}
    assert "mystnb" not in numbers.metadata, "the numbers would have the figure's caption once more"
    html = numbers.outputs[0].data["text/html"]
    assert "<td>a &amp; b</td><td>0.5</td>" in html
    assert 'download="figure.csv"' in html
    cells = f'<div class="cell"><figure><figcaption>Two.</figcaption></figure></div><div class="cell">{html}</div>'
    page = postprocess_html.postprocess_html(f"<html><body>{cells}</body></html>")
    assert page.index("artlib-data") < page.index("</figcaption>")
    assert page.count('class="cell"') == 1


def test_the_front_page_says_where_own_pictures_are():
    kinds = {"a": {"own": True, "of_pictures": True}, "b": {"own": True, "of_pictures": False}, "c": {"own": False}}
    results = [execute.Result(f"book/{name}", Path(), about, 1, False) for name, about in kinds.items()]
    page = stage._front("# Title\n\nText", results)
    assert page.startswith("# Title\n\n:::{admonition} Your pictures\n")
    assert page.endswith("\n:::\n\nText")
    assert "in: {doc}`a`." in page
    assert stage._front("# Title", results[1:]) == "# Title"


def test_what_a_table_lacks_is_a_dash():
    table = pd.DataFrame({"artist": ["Nan", None], "year": [float("nan"), 1]}).to_html()
    page = postprocess_html.postprocess_html(f'<article class="bd-article">{table}</article>')
    assert page.count("<td>–</td>") == 2
    assert "<td>Nan</td>" in page


def test_no_path_of_this_machine_is_kept():
    injected = cell('root = "/home/someone/art"', metadata={"tags": ["injected-parameters"]})
    shown = cell("open('/home/someone')", outputs=[printed("in /home/someone/art/a.png")])
    page = redact_paths.redact_paths(notebook(injected, shown), {"/home/someone": "~"})
    assert page.cells[0].source == 'root = "~/art"'
    assert page.cells[1].outputs[0].text == "in ~/art/a.png"
    assert page.cells[1].source == "open('/home/someone')", "what an author wrote is not changed"


def test_a_picture_inside_html_is_not_taken_for_a_path():
    html = '<img src="data:image/webp;base64,AA/root/BB=="> in /root/art'
    shown = cell("x", outputs=[nbformat.v4.new_output("display_data", {"text/html": html})])
    page = redact_paths.redact_paths(notebook(shown), {"/root": "~"})
    assert page.cells[0].outputs[0].data["text/html"] == '<img src="data:image/webp;base64,AA/root/BB=="> in ~/art'


def test_what_a_display_leaves_behind_goes():
    left = nbformat.v4.new_output("display_data", {"text/html": '<pre style="x"></pre>\n', "text/plain": ""})
    kept = nbformat.v4.new_output("display_data", {"text/html": "<p>words</p>", "text/plain": ""})
    assert staged(cell("x", outputs=[left, kept])).cells[1].outputs == [kept]


def widget(said):
    view = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": said}
    return nbformat.v4.new_output("display_data", view)


@pytest.mark.parametrize("said", [" 40%|####      | 4/10", "Output()"])
def test_progress_bars_go(said):
    assert staged(cell("x", outputs=[widget(said)])).cells[1].outputs == []


def test_other_widgets_are_refused():
    with pytest.raises(notebooks.NotebookError, match="widget"):
        staged(cell("x", outputs=[widget("IntSlider(value=0)")]))


def test_a_widget_with_a_page_beside_it_is_that_page():
    """What slides in JupyterLab is shown on a page by the HTML that comes with it; nothing is left of the widget."""
    both = widget("Frames: a dot.")
    both.data["text/html"] = "<figure>a dot</figure>"
    page = staged(cell("x", outputs=[both]))
    assert page.cells[1].outputs[0].data == {"text/html": "<figure>a dot</figure>", "text/plain": "Frames: a dot."}


def test_the_stage_mirrors_the_sources_and_forgets_what_is_gone(small_book):
    source = notebooks.read(small_book.source("book/small"))
    executed = small_book.build / "small.ipynb"
    executed.parent.mkdir()
    nbformat.write(source, executed)
    (small_book.root / "book" / ".ipynb_checkpoints").mkdir()
    (small_book.root / "book" / ".ipynb_checkpoints" / "old.md").write_text("old", encoding="utf-8")
    (small_book.stage / "book").mkdir(parents=True)
    (small_book.stage / "book" / "gone.md").write_text("gone", encoding="utf-8")
    stage.stage(small_book, [execute.Result("book/small", executed, {}, 0, True)], {})
    names = [path.relative_to(small_book.stage).as_posix() for path in files.below(small_book.stage)]
    assert names == ["_config.yml", "_toc.yml", "book/index.md", "book/small.ipynb"]


def test_the_longest_path_is_hidden_first(small_book):
    hidden = redact_paths.hidden_paths(small_book, {"root": str(small_book.root / "data" / "real")})
    lengths = [len(path) for path in hidden]
    assert lengths == sorted(lengths, reverse=True)
    assert hidden[str(small_book.root / "data" / "real")] == "real"


def test_provenance_says_everything_in_order():
    measured = {
        "settings": {"preset": "course", "collection": "museum", "seeds": 5},
        "commit": "abc",
        "device": "<GPU>",
        "minutes": 0.5,
        "peak_memory_mb": 2048,
    }
    assert provenance.facts(measured) == {
        "preset": "course",
        "collection": "museum",
        "seed": "0 to 4",
        "commit": "abc",
        "device": "<GPU>",
        "time": "30 s",
        "peak memory": "2.0 GiB",
    }
    strip = provenance.strip(measured, {"smoke": 2, "paper": 1440})
    assert "&lt;GPU&gt;" in strip
    assert "2 min at <code>smoke</code>, 24 h at <code>paper</code>" in strip
    assert "\n\n" not in strip  # Markdown would end it there


# ---- configuration ----


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, None),
        ({"GITHUB_REPOSITORY": "a/b"}, "https://github.com/a/b"),
        ({"GITHUB_REPOSITORY": "a/b", "ARTLIB_REPOSITORY": "https://example.org/c/"}, "https://example.org/c"),
    ],
)
def test_buttons_appear_with_an_address_and_not_before(small_book, environ, address):
    settings = yaml.safe_load(config.complete(small_book.root / "_config.yml", environ))
    assert settings.get("repository", {}).get("url") == address
    assert ("launch_buttons" in settings) == (address is not None)
    assert settings["html"].get("use_edit_page_button", False) == (address is not None)


def test_one_line_fields_become_numpydocs():
    lines = ["What it does.", "", "Parameters", "----------", "a : first thing,", "    and more", "b, c : others", ""]
    said = ["a", "    first thing,", "    and more", "b, c", "    others", ""]
    assert extension.fields_in_two_lines(lines) == [*lines[:4], *said]
    several = ["Attributes", "----------", "a, b : two"]
    assert extension.fields_in_two_lines(several) == [*several[:2], "a", "    two", "b", "    two"]
    prose = ["Ratio a : b stays.", ""]
    assert extension.fields_in_two_lines(prose) == prose


# ---- finished pages ----


def test_tables_scroll_inside_and_have_no_empty_headers():
    html = '<article class="bd-article"><table><tr><th></th><th>a</th></tr></table></article>'
    page = postprocess_html.postprocess_html(html)
    assert '<div aria-label="Table" class="artlib-scroll" role="group" tabindex="0"><table>' in page
    assert "<td></td><th>a</th>" in page
    framed = postprocess_html.postprocess_html(
        '<article class="bd-article"><div class="artlib-scroll"><table></table></div></article>'
    )
    assert framed.count("artlib-scroll") == 1


def test_a_page_says_how_to_cite_it():
    html = (
        '<title>3. A page — A book</title><article class="bd-article"><h1>A page</h1></article>'
        '<p class="component-author">By Somebody</p><p class="copyright">Copyright 2026</p>'
    )
    page = postprocess_html.postprocess_html(html)
    assert "Somebody (2026): “3. A page”, in: A book, version" in page
    assert "booktitle = {A book}" in page
    assert "@incollection{artlib-a-page," in page


def test_checkboxes_are_named_after_their_item():
    html = '<li class="task-list-item"><input class="task-list-item-checkbox" type="checkbox"> buy paint</li>'
    assert 'aria-label="buy paint"' in postprocess_html.postprocess_html(html)


# ---- checks ----


def faults(html, name="page.html", others=()):
    pages = [check.Page(Path("/site", path), path, source) for path, source in [(name, html), *others]]
    return check.findings(pages)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<img src="_images/a1b2.png">', "without alternative text"),
        ('<img src="a.png" alt=" ">', "without alternative text"),
        ('<img src="a.png" alt="../_images/a1b2.png">', "file's name"),
        ('<img src="x/boat.png" alt="boat">', "file's name"),
        ('<img src="https://example.org/a.png" alt="A boat.">', "another host"),
        ('<script src="//example.org/a.js"></script>', "another host"),
        ('<link rel="stylesheet" href="https://example.org/a.css">', "another host"),
        ('<style>@import "https://example.org/a.css";</style>', "another host"),
        ('<script>const url = "https://example.org/a.js"</script>', "names another host"),
        ('<div class="output traceback">Traceback\nKeyError: 1</div>', "KeyError: 1"),
        ('<a href="missing.html">there</a>', "leads nowhere"),
    ],
)
def test_a_fault_is_found(html, fault):
    (found,) = faults(html)
    assert fault in found
    assert found.startswith("page.html: ")


@pytest.mark.parametrize(
    "html",
    [
        '<img src="a.png" alt="A boat under a red sky.">',
        '<img class="logo__image" src="logo.svg" alt="">',
        '<a href="https://example.org/">elsewhere</a>',
        '<a href="mailto:a@example.org">write</a>',
        '<link rel="canonical" href="https://example.org/">',
        '<script src="_static/a.js"></script>',
    ],
)
def test_what_is_right_is_left_alone(html):
    assert faults(html) == []


def test_a_link_into_a_page_needs_its_place(tmp_path):
    target = tmp_path / "b.html"
    target.write_text('<h2 id="here">', encoding="utf-8")
    (tmp_path / "a.html").write_text('<a href="b.html#here">x</a><a href="b.html#gone">y</a>', encoding="utf-8")
    (found,) = check.findings(check.read(tmp_path))
    assert "b.html#gone" in found


def test_a_chapter_without_provenance_is_found(tmp_path):
    (tmp_path / "c.html").write_text("<p>words</p>", encoding="utf-8")
    assert check.findings(check.read(tmp_path), ["c"]) == ["c.html: no provenance strip"]


def test_styles_and_machine_paths_are_found(small_book):
    small_book.site.mkdir(parents=True)
    (small_book.site / "a.css").write_text("a { background: url(https://example.org/a.png) }", encoding="utf-8")
    (small_book.site / "a.html").write_text(f"<p>{small_book.root}/book</p>", encoding="utf-8")
    (small_book.site / "book").mkdir()
    (small_book.site / "book" / "small.html").write_text('<div class="provenance">', encoding="utf-8")
    with pytest.raises(check.CheckError, match="2 faults") as fault:
        check.check(small_book)
    assert "a.css" in str(fault.value)
    assert "path of this machine" in str(fault.value)


def test_a_site_that_is_not_there_is_said(small_book):
    with pytest.raises(check.CheckError, match="artlib build"):
        check.check(small_book)


# ---- execution ----


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_chapter_that_fails_is_named_and_the_others_are_kept(small_book, workers):
    broken = notebook(text("# Broken"), parameters("a = 1"), cell("b = 2\nb / 0"))
    nbformat.write(broken, small_book.root / "book" / "broken.ipynb")
    todo = [jobs.Job("book/broken", {}, {}, 60), jobs.Job("book/small", {"seed": 5}, {"seed": 5}, 60)]
    seen = []
    with pytest.raises(execute.ExecutionError, match="ZeroDivisionError") as fault:
        execute.run(small_book, todo, lambda result: seen.append(result.chapter), workers=workers)
    assert "book/broken.ipynb" in str(fault.value)
    assert "(b = 2)" in str(fault.value)
    assert "Executed without error: book/small" in str(fault.value)
    assert (small_book.failed / "book" / "broken.ipynb").exists()
    assert seen == ["book/broken", "book/small"]
    assert [bool(result.fault) for result in fault.value.results] == [True, False]

    (again,) = execute.run(small_book, todo[1:])
    assert again.reused
    assert again.measured["peak_memory_mb"] > 20
    assert notebooks.read(again.notebook).cells[-1].outputs[0].data["text/plain"] == "6"


@pytest.mark.slow
def test_a_chapter_that_takes_too_long_is_given_up(small_book):
    endless = notebook(text("# Endless"), parameters("a = 1"), cell("import time\nwhile True: time.sleep(0.1)"))
    nbformat.write(endless, small_book.root / "book" / "endless.ipynb")
    with pytest.raises(execute.ExecutionError, match=r"not done after 4 seconds, in the cell \(import time\)"):
        execute.run(small_book, [jobs.Job("book/endless", {}, {}, 4)])


# ---- the real site ----


@pytest.fixture(scope="module")
def site():
    return built_site()


@pytest.mark.slow
def test_the_whole_book_renders_without_a_warning_and_passes_its_checks(site):
    assert check.check(site) >= len(site.pages())
    assert (site.site / "index.html").exists()


@pytest.mark.slow
def test_every_chapter_has_figures_that_say_what_is_in_them(site):
    for chapter in site.chapters():
        page = check.Page(site.site, chapter, (site.site / f"{chapter}.html").read_text(encoding="utf-8"))
        images = page.soup.select(".bd-article figure img, .bd-article .cell_output img")
        assert all(len(image["alt"].split()) >= 5 for image in images), chapter
        shown = [o for c in notebooks.read(site.stage / f"{chapter}.ipynb").cells for o in c.get("outputs", [])]
        drawn = sum(bool(notebooks.pictures(output)) for output in shown)
        # Frames behind sliders, maps and real works are markup of their own; sources may have no picture.
        own = [image for image in images if image.find_parent(class_=["artlib-frames", "artlib-map", "artlib-works"])]
        assert len(images) - len(own) == drawn, chapter
        assert images or chapter == "book/sources", f"{chapter} shows no picture"
        captions = page.soup.select(".bd-article figcaption:not(.artlib-works *)")
        assert bool(drawn) == bool(captions), f"{chapter} has no caption"


_LEGEND = re.compile(r"(Points|Bars|Shaded|Dashed|Fig)[:.] ?[^.]*\.|[\d. #]+")
"""What only explains how to read a figure."""


@pytest.mark.slow
def test_captions_say_something_and_numbers_say_what_they_rest_on(site):
    faults = []
    for chapter in site.chapters():
        page = check.Page(site.site, chapter, (site.site / f"{chapter}.html").read_text(encoding="utf-8"))
        for figure in page.soup.select(".bd-article figure:has(> figcaption):has(> img)"):
            said, alt = figure.figcaption.p.get_text(" ", strip=True), figure.img["alt"]
            if not _LEGEND.sub("", said).strip():
                faults.append(f"{chapter}: only {said!r}")
            if figure.img["src"].endswith(".png") and not figure.select_one(".artlib-data"):
                faults.append(f"{chapter}: a drawing without its numbers: {said!r}")
            if "95% interval" in said and not alt.startswith(("RECORDED", "THIS PAGE")):
                faults.append(f"{chapter}: without a badge: {said!r}")
    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_formulas_are_typeset_by_the_site_itself(site):
    pages = [path.read_text(encoding="utf-8") for path in files.below(site.site, "*.html")]
    assert any("_static/mathjax/tex-chtml.js" in page for page in pages)
    assert (site.site / "_static" / "mathjax" / "tex-chtml.js").exists()


def test_only_whole_paths_are_hidden(monkeypatch, small_book):
    said = "in /a and /a/b.png, file:///a/c; not https://host/a, ~/a, x/a, /ab, /a.b, /a-b or and/or"
    page = redact_paths.redact_paths(notebook(cell("x", outputs=[printed(said)])), {"/a": "~"})
    shown = "in ~ and ~/b.png, file://~/c; not https://host/a, ~/a, x/a, /ab, /a.b, /a-b or and/or"
    assert page.cells[0].outputs[0].text == shown
    monkeypatch.setenv("HOME", "/")  # and no home at all
    assert "/" not in redact_paths.hidden_paths(small_book, {"root": "/"})
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert "~" not in redact_paths.hidden_paths(small_book, {}).values()
    assert Path(paths.environment()["HOME"]).is_absolute()
    assert redact_paths.redact_paths(notebook(cell("x", outputs=[printed(said)])), {}).cells[0].outputs[0].text == said


def test_a_key_holds_every_input_that_a_reader_reads(small_book, tmp_path, monkeypatch):
    def key(**named):
        return keys.result_key(small_book, "book/small", named)

    table, elsewhere = tmp_path / "mine" / "works.csv", tmp_path / "elsewhere"
    table.parent.mkdir()
    elsewhere.mkdir()
    table.write_text("image\na.png\n", encoding="utf-8")
    (table.parent / "linked").symlink_to(elsewhere)
    (elsewhere / "round").symlink_to(table.parent)
    (tmp_path / "columns.yaml").write_text("title: Titel", encoding="utf-8")

    def all_of_it():
        return key(root=str(table), columns=str(tmp_path / "columns.yaml"))

    seen = [all_of_it()]
    for changed in (table, table.parent / "a.png", elsewhere / "b.png", tmp_path / "columns.yaml"):
        changed.write_bytes(b"changed " * len(seen))
        seen.append(all_of_it())
    (table.parent / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")  # a name that is no UTF-8
    (table.parent / "broken").symlink_to("nowhere")
    seen.append(all_of_it())
    (small_book.root / "data" / "collections").mkdir(parents=True)
    (small_book.root / "data" / "collections" / "met.csv").write_text("x", encoding="utf-8")
    seen.append(all_of_it())
    monkeypatch.setenv("ARTLIB_REAL", str(elsewhere))
    seen.append(all_of_it())
    assert len(set(seen)) == len(seen)


def test_paths_in_the_environment_are_absolute_for_chapters(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTLIB_REAL", "real")
    assert paths.environment()["ARTLIB_REAL"] == str(tmp_path / "real")
    assert [found.state for found in doctor.pictures()][-1] == "note"


def test_a_book_that_cannot_be_written_says_so(small_book, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(LayoutError, match="cannot be written"), small_book.lock():
        pass


def test_the_doctor_never_falls_ill(monkeypatch):
    def ill():
        """A look, which fails."""
        raise KeyError("uid not found")

    monkeypatch.setattr(doctor, "LOOKS", (ill, doctor.python))
    assert [finding.state for finding in doctor.examine()] == ["problem", "fine"]


# ---- previews, search of sections, minutes ----


def test_links_show_what_they_lead_to_and_sections_are_found_with_their_figures(tmp_path):
    book = tmp_path / "book"
    book.mkdir()
    glossary = '<dl class="glossary"><dt id="term-style">style</dt><dd><p>A way of painting .</p></dd></dl>'
    chapter = (
        '<article class="bd-article"><section id="a"><h1>A</h1><p><a class="reference internal" '
        'href="glossary.html#term-style">style</a> <a class="reference internal" href="#f">Fig. 1</a></p>'
        '<section id="b"><h2>B</h2><figure id="f"><img src="../_images/x.png" alt="Pointillist boats"/><figcaption>'
        "<p>Boats.</p></figcaption></figure></section></section></article>"
    )
    (book / "glossary.html").write_text(glossary, encoding="utf-8")
    named = '<dl><dt class="sig" id="artlib.tasks.make">make()</dt><dd><p>A task.</p></dd></dl><h1>API</h1>'
    (book / "api.html").write_text(named, encoding="utf-8")
    (book / "a.html").write_text(chapter, encoding="utf-8")
    trees = previews.parsed(sorted(book.iterdir()), tmp_path)
    known = previews.collect(trees)
    page = postprocess_html.postprocess_html(chapter, "book/a.html", known)
    assert 'data-preview="A way of painting."' in page
    assert 'data-preview-image="../_images/x.png"' in page
    assert known["api.html#artlib.tasks.make"] == {"text": "tasks.make: A task."}
    script = previews.sections(trees)
    assert '["book/a.html", "b", "A", "B"' in script
    assert "Pointillist boats" in script
    assert script.count("Pointillist boats") == 1, "a section has its own words, not those of its parts"


def test_minutes_of_reading_of_exercises_and_of_the_machine_stand_apart():
    exercises = ["````{exercise}\n**A minute.** Look.\n````", "**Ten minutes.** Run.", "**An evening.** Yours."]
    texts = ["word " * 400, *exercises]
    line = provenance.times(texts, {"minutes": 2})
    assert "Reading the text: about 2 min" in line
    assert "exercises: 11 min and an evening" in line
    assert "computer, when this page was made: 2 min" in line

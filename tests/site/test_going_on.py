"""A chapter on a reader's own pictures goes on past what they cannot be asked, and says so."""

import shutil
from pathlib import Path

import nbformat
import pytest

from artlib import paths
from artlib.figures import badge, theme
from artlib.site import check, execute, going_on, jobs, notebooks, provenance, stage
from artlib.site.layout import Layout


@pytest.mark.parametrize(
    ("source", "used", "given"),
    [
        ("a = b\nc = a", {"b"}, {"a", "c"}),
        ("a += 1", {"a"}, {"a"}),
        ("x.y = z\nx['k'] = 1", {"x", "z"}, set()),
        ("for a, (b, c) in parts.items():\n    d = f(a)\nelse:\n    e = 1", {"parts", "f"}, {"a", "b", "c", "d", "e"}),
        ("[one for one in several if one]", {"several"}, set()),
        ("def f(n=d):\n    s = n\n    return s + g", {"d", "g"}, {"f"}),
        ("{k: v for k, v in t.items()} | (lambda q: q + r)(1)", {"t", "r"}, set()),
        ("try:\n    a()\nexcept E as m:\n    b = m", {"a", "E"}, {"b", "m"}),
        ("with open(p) as file:\n    said = file.read()", {"open", "p"}, {"file", "said"}),
        ("import numpy as np\nfrom x import y as z", set(), {"np", "z"}),
        ("%matplotlib inline", set(), set()),
    ],
)
def test_what_a_cell_uses_and_gives(source, used, given):
    assert going_on.used_and_given(source) == (used, given)


def test_a_name_that_is_given_anew_is_missing_no_more():
    names = going_on.Names()
    names.lost("split = deal(works)\nshown = 3")
    assert names.lacks("f(split, shown)") == ["shown", "split"]
    names.done("shown = 4")
    assert names.lacks("f(split, shown)") == ["split"]


def test_what_a_cell_gave_before_the_line_that_failed_is_there():
    names = going_on.Names()
    names.lost("import numpy\npictures = cache(collection)\nsheet(pictures,\n  rows='style')\nlater = 1", line=3)
    assert names.missing == {"later"}
    assert names.of_pictures == {"collection", "root", "pictures", "later"}


def test_only_what_comes_from_the_collection_is_of_the_pictures():
    names = going_on.Names()
    names.done("loaded = read(collection, root)\nwidth = 3")
    names.done("pictures = cache(loaded)")
    names.done("table = printed()")
    assert names.uses_pictures("sheet(pictures)")
    assert not names.uses_pictures("show(table)")
    names.done("pictures = printed()")
    assert not names.uses_pictures("sheet(pictures)")


CELLS = (
    "import warnings\nfrom artlib import splits, tasks\nimport pandas as pd\nfrom artlib.errors import SetupError",
    "warnings.warn('Own.', splits.SplitWarning)",
    "works = pd.DataFrame({'work_id': ['a', 'b'], 'style': ['x', 'y']}) if collection else None",
    "task = tasks.make(works, 'culture')",
    "classes = task.classes\nclasses",
    "works['genre'].nunique()",
    "for said in ('Kept: 3 <test>, 4.', 'Kept: 4, 3 <test>.'): warnings.warn(said, splits.SplitWarning)\nlen(works)",
    "pd.Series([1])\npd.Series([1]).to_frame()",
    "f'{len(works) * float(\"nan\"):.0%} of it'",
)


def book(folder, *more):
    made = folder / "book"
    made.mkdir()
    (folder / "data").mkdir()
    for table in paths.data().glob("*.yaml"):  # which modules read when they are imported
        shutil.copy(table, folder / "data")
    cells = [nbformat.v4.new_code_cell(source) for source in (*CELLS, *more)]
    parameters = nbformat.v4.new_code_cell("collection = None\nroot = None", metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell("# Small")
    nbformat.write(nbformat.v4.new_notebook(cells=[title, parameters, *cells]), made / "small.ipynb")
    settings = {"collection": "folder", "root": str(folder)}
    return Layout(folder), jobs.Job("book/small", settings, settings, 120)


def shown(notebook):
    return ["".join(o.get("data", {}).get("text/plain", "") for o in c.outputs) for c in notebook.cells[2:]]


def test_the_reason_stands_without_what_a_library_puts_before_it():
    said = "Exception raised in `Log` when calling event `after_epoch`:\n\t8 pictures are too few."
    error = nbformat.v4.new_output("error", ename="ScoreError", evalue=said, traceback=[said])
    assert going_on.unasked(nbformat.v4.new_code_cell("f()", outputs=[error])) == ("8 pictures are too few.", 1)


@pytest.mark.parametrize(
    ("told", "shown", "nothing"),
    [
        ("'They remove nan% of it.'", {}, True),
        ("'nan years'", {"text/html": "<p>nan years</p>"}, True),
        ("'Nan, a painter'", {}, False),
        ("Figure: the largest class is nan.", {"text/html": "<img>"}, False),
        ("Empty DataFrame\nColumns: []", {"text/html": "<table>"}, True),
        ("Not recorded yet.", {"text/html": "<p>"}, True),
    ],
)
def test_what_comes_to_nothing_is_known(told, shown, nothing):
    output = nbformat.v4.new_output("execute_result", {"text/plain": told, **shown})
    assert going_on._comes_to_nothing(output) == nothing


def test_recorded_runs_are_known_by_their_badge():
    for kinds in ("real", "drawn"):
        for recorded in (True, False):
            mark = badge.Badge(recorded, 3, frozenset([kinds]))
            whole = f"{theme.style('badge')}{mark.html}<table></table>"
            html = nbformat.v4.new_output("display_data", {"text/html": whole})
            about = {"image/png": {"alt": f"{mark}. Points."}}
            drawn = nbformat.v4.new_output("display_data", {"image/png": ""}, metadata=about)
            assert going_on._is_recorded(html) == going_on._is_recorded(drawn) == recorded


def test_a_page_says_whether_anything_of_the_pictures_is_on_it():
    for shown in (True, False):
        result = execute.Result("book/a", Path(), {"own": True, "of_pictures": shown}, 1, False)
        assert ("Nothing of yours" in provenance.banner(result)) is not shown


def test_a_reason_that_says_what_is_lacking_stands_before_one_that_does_not():
    cells = [nbformat.v4.new_code_cell() for _ in range(2)]
    for cell, why in zip(cells, (going_on._NOTHING_SAID, "The works have no column 'genre'."), strict=True):
        going_on._put_note(cell, "unasked", f"{going_on._UNASKED}{why}")
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert going_on.told(notebook)["unasked"] == ["The works have no column 'genre'.", going_on._NOTHING_SAID]


@pytest.mark.slow
def test_a_chapter_says_what_pictures_cannot_be_asked_and_goes_on(tmp_path):
    layout, job = book(tmp_path)
    (result,) = execute.run(layout, [job])
    *said, last = shown(notebooks.read(result.notebook))[-6:]
    assert last.startswith("Not asked of these pictures. A result is empty")
    assert said[0].startswith("Not asked of these pictures. The works have no column 'culture'")
    assert said[1].startswith("Passed over: it goes on from task")
    assert said[2] == "Not asked of these pictures. The works have no column 'genre'."
    assert said[3] == "2"
    assert said[4].startswith("The book's own, not of your pictures.")
    assert [reason.partition(".")[0] for reason in result.unasked] == [
        "The works have no column 'culture'; choose one of: work_id, style",
        "The works have no column 'genre'",
        "A result is empty: a label is missing, or there are too few works or runs, or they are all alike",
    ]
    assert result.of_pictures
    assert result.warned == ["Kept: 4, 3 <test>."]  # and not what the book's own cells warn of
    page = stage.page(notebooks.read(result.notebook), provenance.banner(result))
    assert "no column &#39;culture&#39;" in page.cells[0].source
    assert "<li>Kept: 4, 3 &lt;test&gt;.</li>" in page.cells[0].source


@pytest.mark.slow
def test_a_real_fault_ends_the_chapter_and_its_page_says_what_happened(tmp_path):
    layout, job = book(tmp_path, "raise SetupError('There are no weights. Install them.')")
    with pytest.raises(execute.ExecutionError, match="There are no weights") as stopped:
        execute.run(layout, [job])
    (result,) = stopped.value.results
    page = stage.page(notebooks.read(result.notebook), provenance.banner(result))
    assert "This chapter stopped before its end" in page.cells[0].source
    html = "".join(o.data.get("text/html", "") for cell in page.cells for o in cell.get("outputs", []) if "data" in o)
    assert "There are no weights" in html
    assert not list(check.no_errors(check.Page(tmp_path, "small", html)))

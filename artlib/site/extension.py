"""The book's own part of Sphinx: mathematics bundled with the site, and docstrings as this project writes them."""

import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from artlib.site import teaching

# Of the package's 24 MB a page needs one script, its fonts, and macros that it loads when a formula uses them.
_SCRIPT = "tex-chtml.js"
_PARTS = ("output/chtml/fonts", "input/tex/extensions")
# Types stand in the signatures, so a docstring says "name : what it is" in one line; numpydoc expects a type there.
_SECTIONS = {"Parameters", "Attributes", "Raises", "Returns", "Yields"}
_FUNCTION = re.compile(r"<function (\w+)(?: at 0x[0-9a-f]+)?>")
_FIELD = re.compile(r"(?P<name>\S.*?) : (?P<what>.+)")


class Found(SphinxDirective):
    """What the book found, computed from records: ``{found} B1 O1`` for these claims, without a name for all."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The paragraph as HTML."""
        from artlib import claims

        only = self.arguments[0].split() if self.arguments else ()
        return [nodes.raw("", claims.found(only=only)._repr_html_(), format="html")]


class OpenWorks(SphinxDirective):
    """Real works with what the recorded network said of their cultures: ``{open-works} front`` for those of a use."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The works as HTML; until they are fetched, drawn ones that the recorded network misnamed."""
        from artlib import figures

        shown = figures.open_works(self.arguments[0], answers("transfer-real", "culture"), instead=_drawn_mistakes)
        html = getattr(shown, "_repr_html_", None) or (lambda: shown._repr_mimebundle_()[0]["text/html"])
        return [nodes.raw("", html(), format="html")]


def answers(study: str, task: str) -> Any:
    """What the fine-tuned networks of a recorded study answered."""
    from artlib import experiments

    runs = experiments.recorded(study)
    return experiments.predictions(runs[(runs["cell.method"] == "fine-tuned") & (runs["cell.task"] == task)])


def _drawn_mistakes() -> Any:
    """What the recorded network most surely misnamed in the drawn museum; only these works are drawn."""
    from artlib import collections, figures, pixels
    from artlib.works import Collection

    said, museum = answers("transfer-museum", "style").query("draw == 0"), collections.read("museum")
    sure = said[said["target"] != said["predicted"]].nlargest(30, "confidence")["work_id"]
    some = museum.works[museum.works["work_id"].isin(sure)].drop_duplicates("work_id").reset_index(drop=True)
    pictures = pixels.cache(Collection("museum", some, museum.source), 192, progress=False)
    rows = said["work_id"].map(dict(zip(some["work_id"], some.index, strict=True))).fillna(-1).astype(int)
    return figures.mistakes(pictures, said.assign(row=rows), said.attrs["classes"])


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("found", Found)
    app.add_directive("open-works", OpenWorks)
    teaching.setup(app)
    app.connect("build-finished", _copy_mathjax)
    # Before napoleon (500) reads them.
    app.connect("autodoc-process-docstring", _spell_out_fields, priority=400)
    app.connect("autodoc-process-signature", _name_functions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _copy_mathjax(app: Any, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    # Hyphens keep the package from being imported by name.
    source = Path(import_module("sphinx-mathjax-offline").__file__).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in _PARTS:
        shutil.copytree(source / part, target / part, dirs_exist_ok=True)
    shutil.copy2(source / _SCRIPT, target / _SCRIPT)


def _spell_out_fields(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = fields_in_two_lines(lines)


def fields_in_two_lines(lines: list[str]) -> list[str]:
    """A docstring whose "name : what it is" fields are numpydoc's: the name, and below it, indented, what it is."""
    section, result = "", []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            section = line.strip()
        field = _FIELD.fullmatch(line) if section in _SECTIONS else None
        result += _two_lines(section, field) if field else [line]
    return result


def _two_lines(section: str, field: re.Match) -> list[str]:
    # napoleon knows several names in one field for parameters only.
    names = field["name"].split(", ") if section == "Attributes" else [field["name"]]
    return [line for name in names for line in (name, f"    {field['what']}")]


def _name_functions(
    app: Any, what: str, name: str, thing: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """A default that is a function stands in the signature by its name; its repr could not be parsed."""
    return (signature and _FUNCTION.sub(r"\1", signature)), returned

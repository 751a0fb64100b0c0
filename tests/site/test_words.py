"""The book's English: words that only its makers understood stay out of pages, captions and cards."""

import ast
import re

import pytest
import yaml

from artlib.site import layout, notebooks

ROOT = layout.here().root
WORDS = {
    r"nought": "zero",
    r"held against|hold against": "compare with",
    r"Notice": "say it as a statement",
    r"dealt": "divided, shuffled",
    r"artists apart": "training and test artists separated",
    r"a priori": "beforehand",
    r"oftener": "more often",
    r"told apart": "distinguished",
    r"tell as much": "say as much",
    r"to be had": "available",
    r"is cut|was cut": "is removed, or: the label has nothing to do with the picture",
    r"house": "book, package, museum",
}
"""Private word -> what to write instead. A pattern of whole words."""
ALLOWED = re.compile(r"[Pp]rivate house|house of cards")


def prose(page: str) -> str:
    """A page without code, mathematics, addresses and names in backticks."""
    path = layout.here().source(page)
    if path.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in notebooks.read(path).cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    text = re.sub(r"^```(?:bash|python|text)\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return ALLOWED.sub("", re.sub(r"`[^`]*`|\(https?:[^)]*\)", "", text))


def private(text: str) -> list[str]:
    """What is said in a private word, with what to write instead."""
    found = []
    for pattern, instead in WORDS.items():
        for hit in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            around = " ".join(text[max(0, hit.start() - 40) : hit.end() + 40].split())
            found.append(f"{hit[0]!r} ({instead}): ... {around} ...")
    return found


@pytest.mark.parametrize("page", layout.here().pages())
def test_a_page_is_in_plain_english(page):
    assert not private(prose(page))


def test_captions_and_notes_of_figures_are_in_plain_english():
    """Every text of more than four words in the modules that write captions."""
    files = [*(ROOT / "artlib" / "figures").glob("*.py"), *(ROOT / "artlib" / "papers").glob("*/figures.py")]
    said = []
    for path in files:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        homes = [node for node in nodes if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)]
        documented = {id(node.body[0].value) for node in homes if ast.get_docstring(node)}
        texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in documented]
        longer = [text for text in texts if isinstance(text, str) and len(text.split()) > 4]
        said += [f"{path.name}: {fault}" for text in longer for fault in private(text)]
    assert not said


def test_what_was_changed_and_where_it_stands_is_in_plain_english():
    for name in ("deviations.yaml", "places.yaml"):
        entries = yaml.safe_load((ROOT / "data" / name).read_text(encoding="utf-8"))
        text = ALLOWED.sub(
            "", " ".join(str(value) for rows in entries.values() for row in rows for value in row.values())
        )
        assert not private(text)


def test_the_list_finds_what_it_is_for():
    assert private("Notice the bars: right of nought.")
    assert not private("The bars right of zero.")

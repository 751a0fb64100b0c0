"""The real collections in words: one section a source, nothing in the words taken for HTML, what lies here shown."""

import itertools
import re
from html import unescape

import nbformat
import pandas as pd
import pytest
from PIL import Image

from artlib import collections, figures, paths
from artlib.collections import sources
from artlib.works import CollectionError, SkippedWarning

CHAPTER = paths.root() / "book" / "sources.ipynb"
KEYS = {"name", "title", "what", "licence", "how", "works", "faults", "available", "citation"}


def sections():
    """(heading, text of the Markdown cell, source shown) of each section with a source."""
    cells = nbformat.read(CHAPTER, as_version=4).cells
    for words, code in itertools.pairwise(cells):
        shown = re.search(r'figures\.source\("(\w+)"\)', code.source)
        if shown:
            yield words.source.splitlines()[0], words.source, shown.group(1)


def test_every_source_has_a_section_with_its_title_and_citation():
    shown = {name: (heading, text) for heading, text, name in sections()}
    assert list(shown) == list(sources.names())
    for name, (heading, text) in shown.items():
        entry = sources.entry(name)
        assert set(entry) - {"download"} == KEYS, name
        assert heading == f"## {entry['title']}"
        assert re.findall(r"{cite:t}`(\w+)`", text) == [entry["citation"]] * bool(entry["citation"])


def test_every_source_says_what_it_is_and_how_to_be_had():
    for name in sources.names():
        told = figures.source(name)._repr_html_()
        for word in ("holds", "licence", "how", "faults"):
            assert f"<dt>{word}</dt><dd>" in told
        assert f'collections.read("{name}"' in repr(figures.source(name))
        assert (f"<code>artlib download {name} " in told) == ("download" in sources.entry(name))
    assert list(sources.table().index) == list(sources.names())


def test_the_overview_names_every_source_and_its_whole_licence():
    told = unescape(figures.overview()._repr_html_())
    for name in sources.names():
        entry = sources.entry(name)
        assert entry["title"] in told
        assert entry["licence"] in told


def test_words_are_not_taken_for_html():
    entry = dict.fromkeys(KEYS, "<script>alert(1)</script>") | {"faults": ["<img src=x>"]}
    told = figures.Source(entry)._repr_html_()
    assert "<script" not in told
    assert "<img" not in told
    assert "&lt;img src=x&gt;" in told


def test_an_unknown_source_is_refused_with_the_known_ones():
    with pytest.raises(CollectionError, match=r"'louvre'.*wikiart"):
        figures.source("louvre")


def test_what_lies_here_is_shown_and_what_cannot_be_read_is_said(tmp_path, monkeypatch):
    mine = tmp_path / "mine"
    mine.mkdir()
    for number in range(3):
        Image.new("RGB", (20, 20), (90 * number, 0, 0)).save(mine / f"{number}.png")
    pd.DataFrame({"work_id": list("abc"), "image": ["0.png", "1.png", "2.png"]}).to_csv(mine / "works.csv", index=False)
    (tmp_path / "below" / "wikiart").mkdir(parents=True)
    with pytest.warns(SkippedWarning, match="wikiart: "):
        found = collections.present("table", mine, folder=tmp_path / "below")
    assert list(found) == ["table"]
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figures.sheets(found, size=16)
    assert shown[0].caption == "table: 3 of 3 pictures."


def test_where_nothing_lies_there_is_nothing_to_show(tmp_path):
    assert collections.present(folder=tmp_path) == {}

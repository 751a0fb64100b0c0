"""One line that tells how far something is: it counts, and nothing is left of it but what was to stay."""

import pytest

from artlib import progress
from artlib.progress import StatusLine


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, text by text."""
    texts = []

    class Handle:
        def update(self, data, raw):
            texts.append(data["text/plain"])

    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(progress, "_handle", Handle)
    return texts


def test_a_notebook_counts_and_keeps_nothing_unasked(shown, monkeypatch):
    moments = iter(range(1, 100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(moments))
    with StatusLine("decoding pictures", 40) as line:
        for _ in range(3):
            line.advance(16)
    assert shown == [
        "decoding pictures 16 of 40 (40%)",
        "decoding pictures 32 of 40 (80%)",
        "decoding pictures 40 of 40 (100%)",
        "",
    ]


def test_updates_are_far_apart_but_the_last_is_shown(shown, monkeypatch):
    monkeypatch.setattr(progress.time, "monotonic", lambda: 100.0)
    with StatusLine("works", 3) as line:
        line.advance()
        line.advance()
        line.advance()
        line.leave("3 works")
    assert shown == ["works 1 of 3 (33%)", "works 3 of 3 (100%)", "3 works"]


def test_quiet_is_quiet(shown):
    with StatusLine("works", 3, quiet=True) as line:
        line.advance(3)
        line.leave("done")
    assert shown == []

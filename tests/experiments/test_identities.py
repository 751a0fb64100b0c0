"""Names in records outlive the code: the runs of every declared study have the identities they were recorded under."""

import hashlib
import json
from pathlib import Path

import pytest

from artlib import experiments, records
from artlib.papers.artist_gan import study as artist_gan
from artlib.papers.artistry import study as artistry
from artlib.papers.culture import study as culture
from artlib.papers.finetuning import study as finetuning
from artlib.papers.omniart import study as omniart

KNOWN = json.loads(Path(__file__).with_name("identities.json").read_text(encoding="utf-8"))
"""Of each study: how many runs it had when this was written, and a digest of their identities in order."""


def test_every_run_keeps_the_identity_it_was_recorded_under():
    found = {}
    for name in KNOWN:
        own = sorted(one.id for one in experiments.load(name).runs())
        found[name] = [len(own), hashlib.sha256("".join(own).encode()).hexdigest()[:16]]
    assert found == KNOWN


@pytest.mark.parametrize(
    "paper", [artist_gan, artistry, culture, finetuning, omniart], ids=lambda paper: paper.__name__
)
def test_the_code_that_decides_what_is_cached_is_there(paper):
    assert records.code_version(*paper._CODE) != records.code_version(paper.__name__.replace(".", "/")[7:] + ".py")

"""Every reader on damaged copies of what it reads: a valid table, or our own error that names the file.

Many more copies are tried with `PYTHONPATH=tests python -m factories.fuzz_readers --n 10000 --record`; the records of
book/fuzz say how many, and with what result.
"""

import pytest
from factories import fuzz_readers

from artlib import collections

FEW, MANY = 2, 300  # copies a case, copies a reader


@pytest.mark.parametrize("name", fuzz_readers.CASES)
def test_a_few_damaged_copies_end_in_a_table_or_an_error_of_our_own(name):
    outcomes, _, failures = fuzz_readers.run(name, FEW)
    assert not failures
    assert sum(outcomes.values()) == FEW


@pytest.mark.parametrize("name", fuzz_readers.CASES)
def test_an_undamaged_copy_is_a_table(name, tmp_path):
    assert fuzz_readers.Bench(name, tmp_path).read() == "table"


@pytest.mark.slow
@pytest.mark.parametrize("name", fuzz_readers.CASES)
def test_many_damaged_copies_end_in_a_table_or_an_error_of_our_own(name):
    count = fuzz_readers.share(name, MANY)
    outcomes, _, failures = fuzz_readers.run(name, count, first=FEW)
    assert not failures
    assert sum(outcomes.values()) == count


@pytest.mark.parametrize(
    ("name", "number", "outcome"),
    [
        ("semart", 1870, "table"),  # a column without any text
        ("painter_by_numbers-train", 3600, "error"),  # a name that goes up, and down again inside the folder
        ("met", 3095, "error"),
        ("table-parquet", 2352, "error"),  # bytes that are no text
    ],
)
def test_what_once_broke_a_reader_does_so_no_more(tmp_path, name, number, outcome):
    assert fuzz_readers.Bench(name, tmp_path).outcome(number) == outcome


def test_every_reader_has_a_case():
    assert {case.reader for case in fuzz_readers.CASES.values()} == {
        name for name in collections.NAMES if not collections.drawn(name)
    }


def test_a_copy_is_damaged_in_the_same_way_every_time(tmp_path):
    seen = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        bench = fuzz_readers.Bench("wga", tmp_path / place, seed=3)
        bench.damaged(5)
        seen.append((bench.root / "catalog.csv").read_bytes())
        bench.restore()
        assert (bench.root / "catalog.csv").read_bytes() == bench.kept[bench.root / "catalog.csv"]
    assert seen[0] == seen[1] != bench.kept[bench.root / "catalog.csv"]


def test_a_reader_that_breaks_is_caught(monkeypatch):
    def broken(*_, **__):
        raise KeyError("AUTHOR")

    monkeypatch.setattr(collections, "read", broken)
    outcomes, _, failures = fuzz_readers.run("wga", 2)
    assert outcomes == {"failure": 2}
    assert failures[0] == (0, "KeyError: 'AUTHOR'")

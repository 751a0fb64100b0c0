"""An array in parts: read as one, made again where a part is cut off, refused where it is of something else."""

import numpy as np
import pytest

from artlib.learners import shards
from artlib.learners.shards import Shards, ShardsError

WHOLE = np.random.default_rng(0).normal(size=(50, 2, 3)).astype("float16")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Fifty rows in four parts."""
    monkeypatch.setattr(shards, "ROWS", 16)
    shards.filled(tmp_path / "array", 50, lambda rows: WHOLE[rows.start : rows.stop], {"of": "noise"})
    return tmp_path / "array"


def test_parts_read_as_one_array(folder):
    array = Shards(folder)
    assert (len(array), array.shape, array.dtype, array.ndim) == (50, (50, 2, 3), np.float16, 3)
    mixed = np.array([49, 3, 16, 15, 3, -1])
    for asked in (7, -2, slice(10, 40, 3), slice(None), mixed, np.arange(50) % 7 == 0, (mixed, 1), [], (slice(5), 0)):
        np.testing.assert_array_equal(array[asked], WHOLE[asked], err_msg=str(asked))
    views = np.array([0, 1, 0, 1, 0, 1])
    np.testing.assert_array_equal(array[mixed, views], WHOLE[mixed, views])
    np.testing.assert_array_equal(np.asarray(array), WHOLE)


@pytest.mark.parametrize("harm", [
    lambda file: file.unlink(),
    lambda file: file.write_bytes(file.read_bytes()[:-7]),
    lambda file: file.write_bytes(file.read_bytes()[:-1] + b"?"),
    lambda file: file.with_suffix(".json").write_text('{"sha2'),
])  # fmt: skip
def test_a_part_that_is_gone_cut_off_or_changed_is_made_again_and_no_other(folder, harm):
    harm(folder / "00002.npy")
    made = []

    def make(rows):
        made.append(rows.start)
        return WHOLE[rows.start : rows.stop]

    array = shards.filled(folder, 50, make, {"of": "noise"})
    assert made == [32]
    np.testing.assert_array_equal(np.asarray(array), WHOLE)


def test_parts_that_are_missing_are_told_and_not_read_over(folder):
    (folder / "00003.npy").unlink()
    with pytest.raises(ShardsError, match="1 of 4 parts are missing or cut off, part 3"):
        Shards(folder)
    with pytest.raises(ShardsError, match="holds no features"):
        Shards(folder.parent)


def test_a_folder_of_something_else_is_refused_and_left_alone(folder):
    with pytest.raises(ShardsError, match=r"another of \(noise, not paintings\)"):
        shards.filled(folder, 50, lambda rows: pytest.fail("made"), {"of": "paintings"})
    np.testing.assert_array_equal(np.asarray(Shards(folder)), WHOLE)


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(tmp_path):
    (tmp_path / "file").write_text("no folder")
    found = shards.filled(tmp_path / "file" / "array", 50, lambda rows: WHOLE[rows.start : rows.stop], {})
    np.testing.assert_array_equal(found, WHOLE)

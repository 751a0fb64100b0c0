"""Pictures written out and read back; the real pictures that the environment names."""

import numpy as np

from artlib import collections, pixels


def drawn(n=12):
    return pixels.cache(collections.read("museum", size=n), 24, progress=False)


def test_what_is_written_out_is_read_back_the_same(tmp_path):
    pictures = drawn()
    folder = pixels.export(pictures, rows=[3, 1, 4], folder=tmp_path / "mine")
    again = pixels.cache(collections.read("table", root=folder), 24, progress=False)
    np.testing.assert_array_equal(again.pixels, pictures.pixels[[3, 1, 4]])
    for column in ("work_id", "style", "materials", "year_begin"):
        assert again.works[column].tolist() == pictures.works[column].iloc[[3, 1, 4]].tolist()


def test_without_a_folder_the_cache_is_written(own_cache):
    assert own_cache in pixels.export(drawn(), rows=[0]).parents


def test_real_pictures_are_found_where_a_variable_names_them(tmp_path, monkeypatch):
    monkeypatch.delenv("ARTLIB_REAL", raising=False)
    assert collections.real() is None
    monkeypatch.setenv("ARTLIB_REAL", str(pixels.export(drawn(), folder=tmp_path)))
    assert len(collections.real()) == 12

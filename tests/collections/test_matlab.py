"""The reader of MATLAB's format 5: what another library writes, and files that lie about themselves."""

import struct

import numpy as np
import pytest
import scipy.io
from scipy import sparse

from artlib.collections import CollectionError, matlab


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_written_is_read(tmp_path, packed):
    values = {
        "numbers": np.arange(6.0).reshape(2, 3),
        "small": np.array([[1, -2]], dtype="int8"),
        "large": np.array([[2**60]], dtype="uint64"),
        "marks": sparse.csc_matrix(np.eye(3)[:, :2]),
        "names": np.array(["Köln", "", "a" * 300], dtype=object),
        "nested": {"inner": np.zeros((0, 2)), "text": "prent"},
        "cells": np.array([["é", np.ones((2, 2, 2))]], dtype=object),
        "rows": np.array(["ab", "cde"]),
    }
    file = tmp_path / "x.mat"
    scipy.io.savemat(file, {"before": 1, "gt": values, "after": 2}, do_compression=packed)
    found = matlab.read(file, "gt")
    for name in ("numbers", "small", "large"):
        assert np.array_equal(found[name], values[name])
        assert found[name].dtype == values[name].dtype
    assert np.array_equal(found["marks"].toarray(), values["marks"].toarray())
    assert [found["names"][0, number] for number in (0, 2)] == ["Köln", "a" * 300]
    assert found["nested"]["text"] == "prent"
    assert found["nested"]["inner"].shape == (0, 2)
    assert found["cells"][0, 0] == "é"
    assert found["cells"][0, 1].shape == (2, 2, 2)
    assert found["rows"] == ["ab", "cde"]
    assert matlab.read(file, "after") == 2
    with pytest.raises(CollectionError, match=r"x.mat holds no variable 'truth'"):
        matlab.read(file, "truth")


def written(tmp_path, change):
    file = tmp_path / "x.mat"
    scipy.io.savemat(file, {"gt": {"a": np.arange(6.0), "t": sparse.csc_matrix(np.eye(3))}})
    raw = bytearray(file.read_bytes())
    change(raw)
    file.write_bytes(raw)
    return file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.__setitem__(slice(0, 10), b"MATLAB 7.3"), "format 7.3"),
        (lambda raw: raw.__setitem__(slice(0, 10), b"Matrix 5.0"), "is not a MATLAB file"),
        (lambda raw: raw.__setitem__(slice(126, 128), b"XX"), "order of its bytes"),
        (lambda raw: raw.__delitem__(slice(200, None)), "ends within a value"),
        (lambda raw: raw.__setitem__(slice(132, 136), struct.pack("<I", 2**31)), "ends within a value"),
        (lambda raw: raw.__setitem__(slice(144, 148), struct.pack("<I", 17)), "class 17"),
        (lambda raw: raw.__setitem__(slice(160, 164), struct.pack("<i", 2**31 - 1)), "cells|elements"),
    ],
)
def test_a_file_that_lies_about_itself_is_an_error(tmp_path, change, said):
    with pytest.raises(CollectionError, match=said) as fault:
        matlab.read(written(tmp_path, change), "gt")
    assert "x.mat" in str(fault.value)


def test_every_damaged_byte_ends_in_a_value_or_an_error(tmp_path):
    whole = written(tmp_path, lambda raw: None).read_bytes()
    file = tmp_path / "y.mat"
    outcomes = set()
    for at in range(128, len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ (255, 1, 16)[at % 3]]) + whole[at + 1 :])
        try:
            matlab.read(file, "gt")
            outcomes.add("value")
        except CollectionError:
            outcomes.add("error")
    assert outcomes == {"value", "error"}

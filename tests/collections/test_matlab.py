"""MATLAB's format 5: what another library writes, and files that lie about themselves."""

import os
import signal
import struct

import numpy as np
import pytest
import scipy.io
from scipy import sparse

from artlib.collections import matlab
from artlib.works import CollectionError


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_written_is_read(tmp_path, packed):
    values = {
        "numbers": np.arange(6.0).reshape(2, 3),
        "small": np.array([[1, -2]], dtype="int8"),
        "large": np.array([[2**60]], dtype="uint64"),
        "marks": sparse.csc_matrix(np.eye(3)[:, :2]),
        "names": np.array(["Köln", "", "a" * 300], dtype=object),
        "text": "prent",
        "rows": np.array(["ab", "cde"]),
        "empty": np.zeros((0, 2)),
    }
    file = tmp_path / "x.mat"
    scipy.io.savemat(file, {"before": 1, "gt": values, "after": 2}, do_compression=packed)
    found = matlab.read(file, "gt")
    for name in ("numbers", "small", "large"):
        assert np.array_equal(found[name], values[name])
        assert found[name].dtype == values[name].dtype
    assert np.array_equal(found["marks"].toarray(), values["marks"].toarray())
    assert found["names"].tolist() == ["Köln", "", "a" * 300]
    assert found["text"].tolist() == ["prent"]
    assert found["rows"].tolist() == ["ab", "cde"]
    assert found["empty"].shape == (0, 2)


def test_a_number_alone_is_read_and_what_is_not_there_is_named(tmp_path, matlab_here):
    scipy.io.savemat(tmp_path / "x.mat", {"before": 1, "after": 2})
    assert matlab.read(tmp_path / "x.mat", "after") == 2
    with pytest.raises(CollectionError, match=r"x.mat .* holds no variable 'truth'"):
        matlab.read(tmp_path / "x.mat", "truth")


def written(tmp_path, change):
    file = tmp_path / "x.mat"
    scipy.io.savemat(file, {"gt": {"a": np.arange(6.0), "t": sparse.csc_matrix(np.eye(3))}})
    raw = bytearray(file.read_bytes())
    change(raw)
    file.write_bytes(raw)
    return file


DAMAGED = "is not a MATLAB file that can be read"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.__setitem__(slice(0, 10), b"MATLAB 7.3"), "format 7.3"),
        (lambda raw: raw.__setitem__(slice(0, 10), b"Matrix 5.0"), "is not a MATLAB file"),
        (lambda raw: raw.__delitem__(slice(200, None)), DAMAGED),
        (lambda raw: raw.__setitem__(slice(144, 148), struct.pack("<I", 17)), DAMAGED),
        (lambda raw: raw.__setitem__(slice(160, 164), struct.pack("<i", 2**31 - 1)), DAMAGED),
    ],
)
def test_a_file_that_lies_about_itself_is_an_error(tmp_path, change, said):
    with pytest.raises(CollectionError, match=said) as fault:
        matlab.read(written(tmp_path, change), "gt")
    assert "x.mat" in str(fault.value)


def test_values_of_another_kind_are_an_error(tmp_path, matlab_here):
    for value in ({"a": {"b": 1}}, {"a": np.array([np.ones(2)], dtype=object)}, {"a": np.ones(2) * 1j}):
        scipy.io.savemat(tmp_path / "x.mat", {"gt": value})
        with pytest.raises(CollectionError, match=r"x\.mat .*other things than texts|neither numbers nor texts"):
            matlab.read(tmp_path / "x.mat", "gt")


@pytest.mark.slow
def test_every_damaged_byte_ends_in_a_value_or_an_error(tmp_path):
    whole = written(tmp_path, lambda raw: None).read_bytes()
    file = tmp_path / "y.mat"
    outcomes = set()
    for at in range(128, len(whole), 37):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        try:
            matlab.read(file, "gt")
            outcomes.add("value")
        except CollectionError:
            outcomes.add("error")
    assert outcomes == {"value", "error"}


@pytest.mark.skipif(os.name != "posix", reason="signals as Unix has them")
def test_a_reading_that_crashes_or_never_ends_is_an_error(tmp_path, monkeypatch):
    file = written(tmp_path, lambda raw: None)
    for name, text, said in (
        ("crash", f"import os\nos.kill(os.getpid(), {int(signal.SIGSEGV)})\n", "ended with status -11"),
        ("endless", "import time\ntime.sleep(60)\n", "within 1 seconds"),
    ):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.setattr(matlab, "__name__", name)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(matlab, "SECONDS", 1)
        with pytest.raises(CollectionError, match=rf"x\.mat .*{said}"):
            matlab.read(file, "gt")

"""MATLAB files of format 5 by `scipy.io.loadmat`, in a process of its own: a damaged file can end that, never this one.

scipy trusts what a file says of itself; damaged copies of `rijksgt.mat` end the interpreter or ask for all memory. The
values come back as plain arrays in an .npz file, which is read without pickle.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from artlib.collections import delimited
from artlib.works import CollectionError

SECONDS = 120  # until a reading is given up
_BYTES = 4 << 30  # of memory that a reading may take, where the system knows such limits
_HEADER = 128  # bytes
_REFUSED = 3  # exit status of a reading that says itself what is wrong


def read(file: Path, variable: str) -> Any:
    """One variable of a file: an array of numbers or texts, a sparse array, or a struct as a dict of such.

    Parameters
    ----------
    file : pathlib.Path
        A .mat file of format 5 (MATLAB's own since version 5, not 7.3).
    variable : str
        Its name there. A list of texts becomes an array of them, of one dimension.

    Raises
    ------
    CollectionError
        Names the file: of another format, damaged, without the variable, or with values of another kind.
    """
    start = delimited.opened(file, _HEADER)
    if not start.startswith(b"MATLAB 5.0"):
        newer = start.startswith((b"MATLAB 7.3", b"\x89HDF"))
        what = "is in MATLAB's format 7.3; the published file is in format 5" if newer else "is not a MATLAB file"
        raise CollectionError(f"{file.name} {what}.")
    with tempfile.TemporaryDirectory() as folder:
        values = Path(folder) / "values.npz"
        _run(file, variable, values)
        try:
            with np.load(values, allow_pickle=False) as found:
                return _gathered({name: found[name] for name in found.files})
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise CollectionError(f"{file.name} is not a MATLAB file that can be read ({error}).") from None


def _run(file: Path, variable: str, values: Path) -> None:
    """Read in a process of its own; whatever becomes of it, the error names the file."""
    package = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(package), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", __name__, str(file.resolve()), variable, str(values)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise CollectionError(f"{file.name} cannot be read as a MATLAB file within {SECONDS} seconds.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
        why = said[-1][:200] if done.returncode == _REFUSED else f"its reading ended with status {done.returncode}"
        raise CollectionError(f"{file.name} is not a MATLAB file that can be read: {why}.")


def _gathered(arrays: dict[str, np.ndarray]) -> Any:
    """The value that `_flat` took apart."""
    from scipy import sparse

    if "/shape" in arrays:
        return sparse.coo_array((arrays["/data"], (arrays["/row"], arrays["/col"])), shape=tuple(arrays["/shape"]))
    if "" in arrays:
        return arrays[""]
    fields = dict.fromkeys(name.split("/")[1] for name in arrays)
    return {
        field: _gathered(
            {name.removeprefix(f"/{field}"): a for name, a in arrays.items() if name.split("/")[1] == field}
        )
        for field in fields
    }


# --- in the process of its own ---------------------------------------------------------------------------------------


def _flat(value: Any, name: str = "") -> dict[str, np.ndarray]:
    """A value as arrays that a file holds without pickle: the parts of a sparse array and fields of a struct apart."""
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        parts = {"row": coo.row, "col": coo.col, "data": coo.data, "shape": np.array(coo.shape)}
        return {f"{name}/{part}": array for part, array in parts.items()}
    if value.dtype.names and value.size == 1 and not name:
        fields = value.reshape(-1)[0]
        return {k: v for field in value.dtype.names for k, v in _flat(fields[field], f"/{field}").items()}
    if value.dtype.kind == "O":
        return {name: np.array([_text(cell) for cell in value.ravel()], dtype=str)}
    if value.dtype.kind not in "biufU":
        raise ValueError(f"{name.strip('/') or 'it'} holds neither numbers nor texts")
    return {name: np.char.rstrip(value) if value.dtype.kind == "U" else value}


def _text(cell: Any) -> str:
    if getattr(cell, "dtype", np.dtype(object)).kind != "U" or cell.size > 1:
        raise ValueError("a list holds other things than texts")
    return str(cell.item()) if cell.size else ""


def _main(file: str, variable: str, values: str) -> int:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    except (ImportError, ValueError, OSError):
        pass  # a system without such limits
    import scipy.io

    try:
        found = scipy.io.loadmat(file, variable_names=[variable])
        if variable not in found:
            raise ValueError(f"it holds no variable {variable!r}")
        np.savez(values, **_flat(found[variable]))
    except Exception as error:  # noqa: BLE001 - scipy raises nearly anything on damaged files
        sys.stderr.write(f"\n{' '.join(str(error).split()) or type(error).__name__}")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))

"""The Python that chapters run in: the one that runs this command, whatever else is installed on the machine."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from artlib import paths, presets

NAME = "python3"


@contextmanager
def this_python(folder: Path, root: Path, changes: Mapping[str, Any] | None = None) -> Iterator[None]:
    """While it lasts, the kernel ``python3`` is this interpreter, and ``artlib`` finds its repository at ``root``.

    A kernel of that name in the user's own folder would otherwise come first. ``folder`` takes the description;
    ``changes`` are what this run changes of its preset.
    """
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "--log-level=ERROR", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    described = folder / "kernels" / NAME
    described.mkdir(parents=True, exist_ok=True)
    (described / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    # Threads that wait for one another asleep: on a machine that does other work too, waiting awake costs minutes.
    patience = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
    named = {"JUPYTER_PATH": str(folder), "ARTLIB_HOME": str(root), presets.CHANGES: json.dumps(dict(changes or {}))}
    # unittest's, because it puts back all that was there before.
    with patch.dict(os.environ, PYDEVD_DISABLE_FILE_VALIDATION="1", **paths.environment(), **named, **patience):
        yield

"""What a worker costs to start, in processor seconds: other work on the machine does not count."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from pandas import DataFrame


def run(rounds: int = 3) -> DataFrame:
    """Of a process of ``--workers`` and of a worker of Ray, medians of ``rounds``; Ray itself is not counted."""
    import pandas as pd

    from artlib.experiments import engines

    rows = []
    tests = str(Path(__file__).resolve().parents[1])  # a worker of Ray has to find this module
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, (tests, os.environ.get("PYTHONPATH"))))):
        for name, engine in (("process", engines.processes(1)), ("Ray worker", engines.on_ray(workers=1))):
            found = [spent for _ in range(rounds) for _, spent in engine(ready, deque([None]))]
            rows.append({"name": f"starting a {name}", "ours": round(median(found), 1), "unit": "processor s"})
    return pd.DataFrame(rows)


def ready(_: None) -> float:
    """What this process has needed so far, when it has all that a training needs."""
    from artlib.experiments import training  # noqa: F401
    from artlib.learners import finetune  # noqa: F401

    return time.process_time()

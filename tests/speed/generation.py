"""What the scores of generated pictures cost on 10,000 pictures' features, beside torch-fidelity on the same ones."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from . import SpeedError

if TYPE_CHECKING:
    from pandas import DataFrame

_CLASSES, _TARGET = 1000, 1.0


def run() -> DataFrame:
    """`measure` as a table, with a column that says whether the target is reached."""
    import pandas as pd

    rows = pd.DataFrame(measure()).drop(columns="higher_is_better")
    return rows.assign(reached=rows["ratio"] <= rows["target"]).round({"ours": 2, "peer": 2, "ratio": 3})


def measure(pictures: int = 10_000, width: int = 2048, pairs: int = 10_000) -> list[dict]:
    """Processor seconds for two sets of so many pictures with `width` features each, from arrays to the score.

    Rows of name, ours, peer, ratio (ours / peer), unit, target (of the ratio), higher_is_better. Ours include filling
    the statistics. pairs: pictures a side for precision, recall and the kernel (in one subset). Each score is computed
    once by both, one after the other, and the processor's time counts: other work on the machine does not.
    """
    try:
        from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc
    except ImportError as fault:
        raise SpeedError("The comparison needs torch-fidelity: pip install torch-fidelity.") from fault
    import torch

    from artlib.papers.artist_gan import scores

    real, fake = (_drawn(pictures, width, seed) for seed in (0, 1))
    odds = torch.from_numpy(_drawn(pictures, _CLASSES, 2))
    few = real[:pairs], fake[:pairs]

    def filled(rows, **more):
        return scores.FeatureStatistics("drawn", sample=more.pop("sample", 2)).add(rows, **more)

    def frechet_of_theirs() -> float:
        both = [metric_fid.fid_features_to_statistics(torch.from_numpy(rows)) for rows in (real, fake)]
        return metric_fid.fid_statistics_to_metric(*both, False)["frechet_inception_distance"]

    def inception_of_ours() -> float:
        return scores.inception_score(filled(real[:, :2], probabilities=odds.softmax(1).numpy()))[0]

    kid = {"kid_subsets": 1, "kid_subset_size": pairs, "kid_kernel": "poly", "verbose": False}
    prc = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    tensors = [torch.from_numpy(rows) for rows in few]
    sampled = [filled(rows, sample=pairs) for rows in few]
    scores.frechet_distance(*(filled(rows[:50, :5]) for rows in (real, fake)))  # imports what it needs
    return [
        _row("Frechet distance", lambda: scores.frechet_distance(filled(real), filled(fake)), frechet_of_theirs),
        _row(
            "inception score",
            inception_of_ours,
            lambda: metric_isc.isc_features_to_metric(odds)["inception_score_mean"],
        ),
        _row(
            "precision and recall",
            lambda: scores.precision_recall(*sampled)[0],
            lambda: metric_prc.prc_features_to_metric(*tensors[::-1], **prc)["precision"],
        ),
        _row(
            "kernel MMD, polynomial",
            lambda: scores.kernel_mmd(*sampled, "polynomial"),
            lambda: metric_kid.kid_features_to_metric(*tensors, **kid)["kernel_inception_distance_mean"],
        ),
    ]


def _row(name: str, ours: Callable[[], float], peer: Callable[[], float]) -> dict:
    found, mine = _timed(ours)
    expected, theirs = _timed(peer)
    if abs(found - expected) > 0.05 * abs(expected) + 1e-3:
        raise SpeedError(f"The {name} is {found:.6g} here and {expected:.6g} there: nothing to compare.")
    return {
        "name": f"{name} against torch-fidelity",
        "ours": mine,
        "peer": theirs,
        "ratio": mine / theirs,
        "unit": "processor s",
        "target": _TARGET,
        "higher_is_better": False,
    }


def _timed(compute: Callable[[], float]) -> tuple[float, float]:
    start = process_time()
    found = compute()
    return float(found), process_time() - start


def _drawn(rows: int, width: int, seed: int) -> np.ndarray:
    """Correlated features, as networks have them: few directions hold most of the variance."""
    chance = np.random.default_rng(seed)
    scales = np.linspace(1, 30, width) ** -1.0
    turned, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(width, width)))
    return (chance.normal(size=(rows, width)) * scales @ turned).astype("float32")

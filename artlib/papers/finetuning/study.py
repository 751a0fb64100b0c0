"""The kind that compares networks with each other: how far apart do their features of the same pictures lie?"""

import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from artlib import paths, records
from artlib.experiments.run_context import Bench
from artlib.experiments.study import ExperimentError
from artlib.experiments.training import recipe, trained

COMPARED = 100
"""Pictures on which features of networks are compared (fine-tuning paper, section 5.5)."""


def compare(bench: Bench, cell: Mapping, settings: Mapping) -> Iterator[tuple[dict, None]]:
    """Mean cosine distance of the features of each two networks that differ in one thing only.

    Which thing stands in the method's ``cell``: ``between: weights``, ``tasks`` or ``seeds``.
    """
    from artlib.evaluate import similarity

    pairs, between = [], cell["cell"]["between"]
    for a, b in _pairs(bench, cell["seed"], between):
        first, second = (_features(bench, cell, *model, settings) for model in (a, b))
        distance = similarity.between({"a": first, "b": second}).loc["a", "b"]
        pairs.append([_told(a), _told(b), round(float(distance), 5)])
    if not pairs:
        raise ExperimentError(
            f"{cell['paper']}/{cell['experiment']} has only one of the {between} to compare: declare two or more."
        )
    mean = float(np.mean([distance for *_, distance in pairs]))
    yield {"metrics": {"cosine_distance": mean}, "pairs": pairs}, None


def _pairs(bench: Bench, seed: int, between: str) -> list[tuple]:
    """Pairs of models (task, weights, seed) that differ in what is compared and agree in all else."""
    weights, seeds = bench.study.weights, bench.study.seeds
    several = weights if isinstance(weights, tuple) else (weights,)
    models = list(itertools.product(bench.study.questions, (Path(str(one)).stem for one in several)))
    if between == "seeds":
        other = seeds[(seeds.index(seed) + 1) % len(seeds)]
        return [((*model, seed), (*model, other)) for model in models] if other != seed else []
    same = {"weights": 0, "tasks": 1}[between]
    return [
        ((*a, seed), (*b, seed)) for a, b in itertools.combinations(models, 2) if a[same] == b[same]
    ]  # fmt: skip


def _told(model: tuple) -> str:
    task, weights, seed = model
    return f"{task}, {weights}, seed {seed}"


def _features(bench: Bench, cell: Mapping, task: str, weights: str, seed: int, settings: Mapping):
    """Features of one trained model, kept in the cache: several comparisons ask for the same one."""
    from artlib.evaluate import similarity

    study = bench.study
    place = {**cell["cell"], "task": task, "weights": weights, "apart": study.questions[task].apart}
    # Always the pictures of the first seed, so that models of two seeds are shown the same ones.
    rows = bench.split(place, study.seeds[0]).test if study.split_by else np.arange(len(bench.pictures))
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:COMPARED])
    facts = [task, weights, seed, place["network"], recipe(study, settings)]
    key = hashlib.sha256(
        f"{facts} {bench.pictures.key} {place['draw']} {records.code_version()}".encode()
    ).hexdigest()  # fmt: skip
    file = paths.scratch("features") / f"{key[:24]}.npy"
    if not file.exists():
        model = {**cell, "seed": seed, "cell": place}
        learner = trained(bench, model, settings, paths.cache() / "checkpoints" / key[:12])
        made = similarity.features(learner.model, bench.pictures, rows, crop=study.crop)
        draft = file.with_suffix(f".{os.getpid()}.tmp.npy")
        np.save(draft, made.values)
        os.replace(draft, file)
    return similarity.features_from_vectors(np.load(file, allow_pickle=False), rows, key="compared")

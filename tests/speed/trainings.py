"""Trainings a core-hour, before and after: the same training as it was first run, and as it is run now.

    python tests/speed/trainings.py    # data/measurements/trainings.csv, about two minutes of one core

One training each of three studies, on the drawn museum: first from pictures, with weights in PyTorch's own order and
through all layers in every epoch; then with weights channels last, and what frozen layers make of a picture kept.
Processor seconds of one thread, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import pandas as pd

SHARING = 20
"""Trainings that share what is computed once: the cells of a study on one set of pictures and weights."""
FILE = Path(__file__).resolve().parents[2] / "data" / "measurements" / "trainings.csv"


def run(works: int = 400, few: int = 120, epochs: int = 10, upper_epochs: int = 3) -> pd.DataFrame:
    """One row a study and way: processor seconds once and for each training, trainings a core-hour, accuracy.

    Parameters
    ----------
    works, few : drawn works of the small networks, and of MobileNetV2. epochs, upper_epochs : of their trainings.
    """
    rows = [*_whole(works, epochs), *_upper(few, upper_epochs), *_four_tasks(works, epochs)]
    table = pd.DataFrame(rows, columns=["study", "way", "once_seconds", "seconds", "accuracy"])
    table["trainings_a_core_hour"] = 3600 / (table["seconds"] + table["once_seconds"] / SHARING)
    return table.round({"once_seconds": 1, "seconds": 1, "accuracy": 3, "trainings_a_core_hour": 1})


def _whole(works: int, epochs: int) -> Iterator[tuple]:
    """A whole network: the order of its weights in memory."""
    from artlib import nets
    from artlib.learners import finetune

    pictures, task, split = _asked(works, 64)
    study = f"whole network (ResNet18 in small, 64 px, {epochs} epochs)"
    for way, channels_last in (("before", False), ("after", True)):
        recipe = finetune.Recipe(epochs=epochs, lr=0.02, batch_size=64, precision="float32")
        network = nets.create("resnet18_s", task.outputs, "photographs")
        learner = finetune.learner(
            pictures, task, split, network, recipe, channels_last=channels_last, quiet=True, device="cpu"
        )
        yield study, way, 0.0, _seconds(learner.fit_recipe), _accuracy(learner)


def _upper(works: int, epochs: int) -> Iterator[tuple]:
    """The upper half of a network: what the lower half makes of three views of a picture is kept."""
    from artlib import nets
    from artlib.learners import finetune
    from artlib.papers.finetuning import kept
    from artlib.papers.finetuning.study import MODERN

    pictures, task, split = _asked(works, 160)
    recipe = finetune.Recipe(**{**MODERN, "epochs": epochs, "crop": 144, "scenario": "skip-first-half"})
    study = f"upper half (MobileNetV2, 144 px, {epochs} epochs, {works} works)"
    for way in ("before", "after"):
        network = nets.create("mobilenetv2_100", task.outputs)
        network.freeze(recipe.frozen([name for name, _ in network.layers()]))
        given, start = (pictures, task, split, network, recipe), process_time()
        if way == "before":
            learner, once = finetune.learner(*given, channels_last=False, quiet=True, device="cpu"), 0.0
        else:
            learner = kept.learner(*given, views=3, quiet=True, device="cpu")
            once = process_time() - start
        # Weights that have seen nothing: how often it is right says nothing.
        yield study, way, once, _seconds(learner.fit_recipe), float("nan")


def _four_tasks(works: int, epochs: int) -> Iterator[tuple]:
    """Four tasks on a frozen base: its features are computed once, not in every epoch."""
    from dataclasses import replace

    from artlib import nets, splits, tasks
    from artlib.collections import preparations
    from artlib.learners.feature_cache import PLAIN, cache_features
    from artlib.papers.omniart import learner as multitask
    from artlib.papers.omniart import measures

    pictures, *_ = _asked(works, 64)
    pictures = replace(pictures, works=preparations.with_year(pictures.works))
    four = tasks.mixed(pictures.works, minimum=8)
    split = splits.stratified(pictures.works, four["artist"])
    recipe = multitask.Recipe(shared=1024, epochs=epochs, lr=0.003, batch_size=128)
    study = f"four tasks on a frozen base (ResNet18 in small, 64 px, {epochs} epochs)"
    for way in ("before", "after"):
        network, features, once = nets.create("resnet18_s", 1, "photographs"), None, 0.0
        if way == "after":
            features, start = (PLAIN,), process_time()
            cache_features(network, pictures, features)
            once = process_time() - start
        learner = multitask.learner(pictures, four, split, network, recipe, features=features, quiet=True)
        seconds = _seconds(learner.fit_recipe)
        scores = measures.scores(measures.answers(learner), "artist", pictures.works)
        yield study, way, once, seconds, scores["accuracy"]


def _asked(works: int, size: int):
    from artlib import collections, pixels, splits, tasks

    pictures = pixels.cache(collections.read("museum", size=works), size, progress=False)
    task = tasks.make(pictures.works, "genre", minimum=5)
    return pictures, task, splits.stratified(pictures.works, task)


def _seconds(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def _accuracy(learner) -> float:
    from artlib.evaluate import predictions

    found = predictions.predict(learner, learner.split.test)
    return float((found["target"] == found["predicted"]).mean())


def main() -> None:
    """Measure with an empty cache of features, and write the table."""
    import tempfile

    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ARTLIB_CACHE"] = folder
        table = run()
    FILE.parent.mkdir(exist_ok=True)
    table.to_csv(FILE, index=False)
    print(table.to_string(index=False))


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    main()

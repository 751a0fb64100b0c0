"""How fast the museum draws, and whether its labels can be learned but not guessed from colour alone."""

from __future__ import annotations

from itertools import product
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame

TARGETS = {64: 150, 224: 50}
TASKS = ("artist", "style", "genre", "culture")


def run() -> DataFrame:
    """Works a second and core at 64 and 224 px, beside the targets, as a table."""
    import pandas as pd

    rows = pd.DataFrame([measure(size, 200 if size < 100 else 80) for size in TARGETS])
    return rows.assign(reached=rows["ours"] >= rows["target"])


def measure(size: int = 64, works: int = 200, rounds: int = 3) -> dict:
    """Works drawn in a second of processor time; each is drawn `rounds` times and its fastest counts.

    The fastest of several, because other work on the machine slows a drawing but never speeds it up.
    """
    from artlib.collections import museum

    drawn = museum.read("smoke")
    images = drawn.works.image[:works]
    drawn.source.read(images[0], size)
    best = np.full(len(images), np.inf)
    for _ in range(rounds):
        for k, image in enumerate(images):
            start = process_time()
            drawn.source.read(image, size)
            best[k] = min(best[k], process_time() - start)
    speed = round(float(len(best) / best.sum()))
    return {"name": f"museum at {size} px", "ours": speed, "unit": "works/s/core", "target": TARGETS.get(size, 0)}


def learning(seeds=(0,), tasks=TASKS, starts=("photographs", "none"), epochs: int = 10) -> DataFrame:
    """Cohen's kappa of resnet18_s and of colour alone: one row a task, seed and start, with seconds of training.

    1,500 works at 64 px; classes of ten works or more; a quarter of the works, never parts of one, is held out. The
    seed draws another museum, another split and another start. `start` "colour" is logistic regression on histograms.
    """
    import pandas as pd

    from artlib import pixels, splits
    from artlib import tasks as questions
    from artlib.collections import museum

    rows = []
    for seed in seeds:
        pictures = pixels.cache(museum.read("smoke", seed=seed), 64, progress=False)
        for name in tasks:
            task = questions.make(pictures.works, name, minimum=10)
            split = splits.stratified(pictures.works, task, (0.65, 0.1, 0.25), seed=seed)
            for start in ("colour", *starts):
                begun = perf_counter()
                if start == "colour":
                    kappa = _colour(pictures, task, split)
                else:
                    kappa = _network(pictures, task, split, start, seed, epochs)
                rows.append({"seed": seed, "task": name, "classes": task.outputs, "start": start, "kappa": kappa,
                             "seconds": round(perf_counter() - begun, 1)})  # fmt: skip
    return pd.DataFrame(rows)


def visible(shares=(1.0, 0.5, 0.0), only=None, seed: int = 5, epochs: int = 10) -> DataFrame:
    """Is artistry visible in the drawn fields? Kappa of resnet18_s, of colour alone, and of the causes; a row each.

    1,500 works of a field to learn from, 64 px, weights from photographs; `shared`: how much is common to all fields.
    `data/measurements/artistry.csv` holds what it gave.
    """
    import pandas as pd
    from sklearn.metrics import cohen_kappa_score

    from artlib import pixels
    from artlib.collections.museum import fields
    from artlib.papers.artistry.learner import ARTISTIC, split

    rows = []
    for shared, field in product(shares, only or fields.FIELDS):
        drawn = fields.read(9_230, seed, shared, field)
        pictures = pixels.cache(drawn, 64, progress=False)
        parts = split(pictures.works, (0.65, 0.1, 0.25), 0)
        works = pictures.works.iloc[parts.test]
        factors = np.array([list(drawn.source.factors(int(image[-6:])).values()) for image in works["image"]])
        said = factors @ np.sqrt(np.repeat([shared, 1 - shared], 4)) > 0
        rows.append({"shared": shared, "field": field, "works": len(parts.train), "tested": len(parts.test),
                     "network": _network(pictures, ARTISTIC, parts, "photographs", 0, epochs),
                     "colour": _colour(pictures, ARTISTIC, parts),
                     "causes": cohen_kappa_score(ARTISTIC.targets(works), said)})  # fmt: skip
    return pd.DataFrame(rows).round(3)


def histograms(pictures: np.ndarray) -> np.ndarray:
    """Square roots of colour frequencies: 64 joint bins and 16 bins a channel; (N, 112)."""
    out = []
    for picture in np.asarray(pictures):
        coarse = (picture // 64).astype(int) @ np.array([16, 4, 1])
        joint = np.bincount(coarse.ravel(), minlength=64)
        single = [np.bincount(picture[..., k].ravel() // 16, minlength=16) for k in range(3)]
        out.append(np.concatenate([joint, *single]) / coarse.size)
    return np.sqrt(np.array(out))


def _colour(pictures, task, split) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import cohen_kappa_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features, targets = histograms(pictures.pixels), task.targets(pictures.works)
    train, test = np.concatenate([split.train, split.valid]), split.test
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=400))
    model.fit(features[train], targets[train])
    return float(cohen_kappa_score(targets[test], model.predict(features[test])))


def _network(pictures, task, split, start: str, seed: int, epochs: int) -> float:
    """Train resnet18_s by Adam over one cycle of rates, and score it on the test works."""
    import torch
    from fastai.callback import schedule  # noqa: F401 - gives Learners their cycles
    from fastai.callback.core import TrainEvalCallback
    from fastai.learner import Learner
    from fastai.optimizer import Adam
    from sklearn.metrics import cohen_kappa_score

    from artlib import loaders, nets

    network = nets.create("resnet18_s", task.outputs, start, seed=seed).to(memory_format=torch.channels_last)
    dls = loaders.dataloaders(pictures, split, task, 64, crop=56, device="cpu", seed=seed)
    cycle = [TrainEvalCallback()]
    learner = Learner(dls, network, loss_func=task.loss(), opt_func=Adam, cbs=cycle, default_cbs=False)
    torch.manual_seed(seed)
    with learner.no_logging():
        learner.fit_one_cycle(epochs, 3e-3, wd=1e-2)
    network.eval()
    with torch.inference_mode():
        said, right = zip(*((network(x).argmax(1), y) for x, y in dls[2]), strict=True)
    return float(cohen_kappa_score(torch.cat(right), torch.cat(said)))

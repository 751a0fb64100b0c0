"""Starting weights without a download: networks trained on the museum's photographs, kept with their provenance.

`pretrain("resnet18_s")` makes what `weights="photographs"` loads: objects, places and surfaces told apart. The other
source tasks of the fine-tuning paper (objects, memorability, sentiment, style) are made by the same call.
"""

import time
from pathlib import Path

from artlib.errors import ArtlibError, one_of

SOURCES = ("objects", "hybrid", "memorability", "sentiment", "style")
KINDS = {"memorability": "regression"}


class PretrainError(ArtlibError):
    """A pre-training that cannot be run as asked."""


def weights_file(network: str, source: str = "hybrid") -> str:
    """The name of a network's kept weights: hybrid, the default, is called photographs."""
    return f"{network.replace('/', '-')}-{'photographs' if source == 'hybrid' else source}.safetensors"


def pretrain(
    network: str = "resnet18_s",
    source: str = "hybrid",
    works: int = 12_000,
    epochs: int = 6,
    seed: int = 0,
    folder: str | Path | None = None,
    rate: float | None = None,
) -> Path:
    """Train a network on photographs of a source task and keep its weights; returns the file.

    Pictures are cached an eighth larger than the network's input and cut at random; Adam, one cycle of rates, the
    last epoch is kept (nothing is chosen). `folder` None means the user's cache. Errors: PretrainError, and those
    of the parts. Source: fine-tuning paper, section 3.2 (its five initial networks), at small scale.
    """
    _check(source, works, epochs, seed)
    import numpy as np
    import torch
    from fastai.callback import schedule  # noqa: F401 - gives Learners their cycles
    from fastai.callback.core import TrainEvalCallback
    from fastai.learner import Learner
    from fastai.metrics import accuracy, mae
    from fastai.optimizer import Adam

    from artlib import loaders, nets, paths, pixels, splits, tasks
    from artlib.collections.museum import photographs
    from artlib.collections.museum.drawing import drawn_by
    from artlib.learners.base import DeviceRecorder
    from artlib.nets import weights as kept

    started = time.monotonic()
    collection = photographs.read(source, works, seed)
    task = tasks.make(collection.works, source, KINDS.get(source, "category"))
    model = nets.create(network, task.outputs, seed=seed)
    pictures = pixels.cache(collection, model.size * 9 // 8)
    rows = np.random.default_rng(seed).permutation(len(pictures))
    valid, train = np.split(rows, [len(rows) // 20])
    split = splits.Split(train, valid, valid[:0], seed, source)
    dls = loaders.dataloaders(pictures, split, task, batch_size=64, crop=model.size, seed=seed)
    torch.manual_seed(seed)
    if torch.device(dls.device).type in ("cpu", "cuda"):
        model.to(memory_format=torch.channels_last)
    measure, cbs = mae if task.kind == "regression" else accuracy, [TrainEvalCallback(), DeviceRecorder()]
    learner = Learner(dls, model, task.loss(), Adam, metrics=measure, cbs=cbs, default_cbs=False)
    with learner.no_logging():
        learner.fit_one_cycle(epochs, rate or (1e-3 if "caffenet" in network else 3e-3))
        loss, score = learner.validate()
    facts = {
        "source": f"museum photographs, task {source}, seed {seed}, drawn by {drawn_by()}",
        "command": f"pretrain({network!r}, {source!r}, works={works}, epochs={epochs}, seed={seed})",
        "pictures": works,
        "epochs": epochs,
        "valid_loss": round(loss, 4),
        "valid_score": round(score, 4),
        "score": "mean absolute error" if task.kind == "regression" else "accuracy",
        "classes": ", ".join(task.classes),
        "minutes": round((time.monotonic() - started) / 60, 1),
        "torch": torch.__version__,
        "licence": "BSD-3-Clause",
    }
    place = Path(folder) if folder else paths.cache() / "weights"
    return kept.save(learner.model, place / weights_file(network, source), facts, half=True)


def _check(source: str, works: int, epochs: int, seed: int) -> None:
    one_of(source, SOURCES, f"Unknown source task {source!r}", PretrainError)
    for name, value, least in (("works", works, 200), ("epochs", epochs, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise PretrainError(f"{name} must be a whole number of at least {least}, not {value!r}.")

"""How fast one GPU trains, beside what it is compared with in the same run: ``python tests/speed/gpu.py``.

Goals (published: Lambda's ResNet-50, FFCV's ResNet-18): see ``GOALS``. Without a GPU it says so and measures nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from pandas import DataFrame

GOALS = {
    "resnet50, pixels on the GPU": (2_790, "pictures/s"),
    "resnet50, share of synthetic input": (0.95, "ratio"),
    "resnet50, share where pixels come from the host": (0.90, "ratio"),
    "resnet50, times fastai's default": (2, "ratio"),
    "resnet50, times timm's loader": (1, "ratio"),
    "resnet18 at 160 px, pixels on the GPU": (10_000, "pictures/s"),
    "many small networks at once, times one after the other": (4, "ratio"),
}
"""What is wanted, and its unit."""


@dataclass(frozen=True)
class Sizes:
    """networks : a large, a middle and a small one. pixels, crops : of them. batch, steps : of a measurement.

    works : pictures in the cache. files : JPEGs for the peers. processes : small networks at once.
    """

    networks: tuple[str, str, str] = ("resnet50", "resnet18", "resnet18_s")
    pixels: tuple[int, int, int] = (256, 176, 64)
    crops: tuple[int, int, int] = (224, 160, 64)
    batch: int = 256
    steps: int = 40
    works: int = 4_096
    files: int = 2_048
    processes: int = 8


SMALL = Sizes(("mobilenet_s",) * 3, (36, 36, 32), (32, 32, 32), 8, 2, 32, 32, 2)
"""For a walk through the same code without a GPU."""


def run() -> DataFrame:
    """`measure` as a table, with the card's name and whether each goal is reached; one line without a GPU."""
    import pandas as pd
    import torch

    if not torch.cuda.is_available():
        return pd.DataFrame([{"name": "no GPU was found: nothing was measured"}])
    rows = pd.DataFrame(measure("cuda"))
    return rows.assign(reached=rows["ours"] >= rows["target"], card=torch.cuda.get_device_name()).round(3)


def measure(device: str, sizes: Sizes = Sizes()) -> list[dict]:
    """One row a goal: name, ours, peer, target, unit."""
    ours = _ours(device, sizes, 0)
    host = _ours(device, sizes, 0, resident=False)
    synthetic = _synthetic(device, sizes)
    with tempfile.TemporaryDirectory() as folder:
        peers = _peers(Path(folder), device, sizes)
    second = _ours(device, sizes, 1)
    alone, together = _many(device, sizes, 1), _many(device, sizes, sizes.processes)
    found = [
        (ours, synthetic), (ours / synthetic, synthetic), (host / ours, host),
        (ours / peers["fastai"], peers["fastai"]),
        (ours / peers["timm"], peers["timm"]), (second, float("nan")), (together / alone, alone),
    ]  # fmt: skip
    return [
        {"name": name, "ours": value, "peer": peer, "target": target, "unit": unit}
        for (name, (target, unit)), (value, peer) in zip(GOALS.items(), found, strict=True)
    ]


def _pictures(works: int, pixels: int):
    import pandas as pd

    from artlib.pixels import Pictures

    chance = np.random.default_rng(0)
    names = [str(k) for k in range(works)]
    table = pd.DataFrame({"work_id": names, "image": names, "style": [f"style {k % 10}" for k in range(works)]})
    values = chance.integers(0, 256, (works, pixels, pixels, 3), "uint8")
    return Pictures(
        table, values, pixels, "noise", pd.DataFrame({"image": [], "reason": []}), f"noise-{works}-{pixels}"
    )


def _ours(device: str, sizes: Sizes, which: int, resident: bool = True) -> float:
    """Pictures a second of our Learner, compiled, in the second of two epochs."""
    from artlib import nets, splits, tasks
    from artlib.learners import finetune
    from artlib.loaders import cutting
    from artlib.progress import StatusLine

    pictures = _pictures(sizes.works, sizes.pixels[which])
    task, every = tasks.make(pictures.works, "style"), np.arange(sizes.works)
    split = splits.Split(every, every[: sizes.batch], every[:0], 0, "style")
    recipe = finetune.Recipe(epochs=99, batch_size=sizes.batch, crop=sizes.crops[which], lr=1e-3)
    share, cutting._SHARE = cutting._SHARE, cutting._SHARE if resident else 0
    try:
        made = finetune.learner(
            pictures, task, split, nets.create(sizes.networks[which], task.outputs), recipe, device=device,
            quiet=True, compiled=device == "cuda",
        )  # fmt: skip
        made.opt = made.recipe_optimizer()

        def epoch() -> None:
            made.fit(1, cbs=made.recipe_callbacks(StatusLine(quiet=True)))

        epoch()
        return sizes.works / _seconds(epoch, device)
    finally:
        cutting._SHARE = share


def _synthetic(device: str, sizes: Sizes) -> float:
    """Pictures a second of a bare loop over one batch that is on the device: the most that this network can do."""
    from artlib import nets

    step = _step(nets.create(sizes.networks[0], 10), device)
    x, y = _batch(device, sizes)
    for _ in range(3):
        step(x, y)
    return sizes.steps * sizes.batch / _seconds(lambda: [step(x, y) for _ in range(sizes.steps)], device)


def _batch(device: str, sizes: Sizes):
    import torch

    x = torch.rand(sizes.batch, 3, sizes.crops[0], sizes.crops[0], device=device)
    return x.contiguous(memory_format=torch.channels_last), torch.randint(0, 10, (sizes.batch,), device=device)


def _step(network, device: str) -> Callable[[torch.Tensor, torch.Tensor], None]:
    """A training step as one writes it by hand: bfloat16, channels last, compiled."""
    import torch

    network = network.train().to(device, memory_format=torch.channels_last)
    if device == "cuda":
        network.compile()
    rate = torch.optim.SGD(network.parameters(), 1e-3, momentum=0.9)

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        with torch.autocast(device, torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(network(x), y)
        loss.backward()
        rate.step()
        rate.zero_grad()

    return step


def _peers(folder: Path, device: str, sizes: Sizes) -> dict[str, float]:
    """Pictures a second of fastai as it comes, and of timm's loader before the step by hand, from the same JPEGs."""
    from artlib import nets
    from speed.cache import write_photographs

    write_photographs(folder, sizes.files, 2 * sizes.crops[0], 2 * sizes.crops[0])
    step = _step(nets.create(sizes.networks[0], 10), device)
    loader = _timm(folder, device, sizes)

    def epoch() -> None:
        for x, y in loader:
            step(x.to(device, non_blocking=True), y.to(device, non_blocking=True))

    epoch()
    timm = len(loader) * sizes.batch / _seconds(epoch, device)
    learner = _fastai(folder, device, sizes)
    with learner.no_bar(), learner.no_logging():
        learner.fit(1)
        taken = _seconds(lambda: learner.fit(1), device)
    return {"timm": timm, "fastai": len(learner.dls.train) * learner.dls.bs / taken}


def _timm(folder: Path, device: str, sizes: Sizes) -> Iterable:
    from timm.data import create_loader
    from timm.data.dataset import ImageDataset

    return create_loader(
        ImageDataset(str(folder)), (3, sizes.crops[0], sizes.crops[0]), min(sizes.batch, sizes.files // 2),
        is_training=True, use_prefetcher=device == "cuda", num_workers=min(16, os.cpu_count() or 1),
        device=_torch_device(device), persistent_workers=True,
    )  # fmt: skip


def _torch_device(device: str):
    import torch

    return torch.device(device)


def _fastai(folder: Path, device: str, sizes: Sizes):
    from fastai.learner import Learner
    from fastai.losses import CrossEntropyLossFlat
    from fastai.vision.augment import Resize
    from fastai.vision.data import ImageDataLoaders

    from artlib import nets

    data = ImageDataLoaders.from_folder(
        folder, valid_pct=0.02, item_tfms=Resize(sizes.crops[0]), bs=min(64, sizes.files // 2), device=device
    )
    return Learner(data, nets.create(sizes.networks[0], 10), CrossEntropyLossFlat())


def _many(device: str, sizes: Sizes, processes: int) -> float:
    """Pictures a second of so many small trainings at once, one process each; start-up is not counted."""
    called = [sys.executable, __file__, device, *map(str, (sizes.networks[2], sizes.crops[2], 64, sizes.steps * 5))]
    running = [
        subprocess.Popen(called, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    for one in running:
        one.stdout.readline()
    start = perf_counter()
    for one in running:
        one.communicate("\n")
    return processes * sizes.steps * 5 * 64 / (perf_counter() - start)


def _one_of_many(device: str, name: str, size: str, batch: str, steps: str) -> None:
    import torch

    from artlib import nets

    network = nets.create(name, 10).train().to(device, memory_format=torch.channels_last)
    rate = torch.optim.SGD(network.parameters(), 1e-3, momentum=0.9)
    x = torch.rand(int(batch), 3, int(size), int(size), device=device)
    y = torch.randint(0, 10, (int(batch),), device=device)

    def step() -> None:
        torch.nn.functional.cross_entropy(network(x), y).backward()
        rate.step()
        rate.zero_grad()

    step()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(steps)):
        step()
    if device == "cuda":
        torch.cuda.synchronize()


def _seconds(function: Callable[[], object], device: str) -> float:
    import torch

    wait = torch.cuda.synchronize if device == "cuda" else (lambda: None)
    wait()
    start = perf_counter()
    function()
    wait()
    return perf_counter() - start


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    if len(sys.argv) > 1:
        _one_of_many(*sys.argv[1:])
    else:
        print(run().to_string(index=False))

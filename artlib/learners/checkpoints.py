"""Checkpoints that a run killed at any moment goes on from, and that no other run takes for its own.

A folder holds ``last.pt`` (the state after the last whole epoch; tensors and plain values, read with weights_only) and
the weights of the epoch that was best on validation; beside them, where pictures show how far a training is, one file
of them an epoch (``frame-0003.npy``). Files are written beside and renamed: each is old or new.
"""

import hashlib
import json
import os
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from artlib import cache, paths

LAST = "last.pt"


class CheckpointWarning(UserWarning):
    """A checkpoint that is of no use, so that the training starts afresh."""


def key(facts: Mapping, arrays: Mapping[str, np.ndarray], network: torch.nn.Module) -> str:
    """What a run is: a hash of plain facts, of arrays (rows, targets), and of the network's initial weights."""
    said, names = json.dumps(facts, sort_keys=True, default=str), sorted(arrays)
    contents = cache.digest(*(arrays[name] for name in names), network)
    return hashlib.sha256(f"{said} {names} {contents}".encode()).hexdigest()


def write(folder: Path, state: dict, best: Mapping[str, torch.Tensor] | None) -> None:
    """Keep the state after an epoch; `best` are the weights if this epoch is the best so far, else None."""
    from safetensors.torch import save_file

    name = _best_file(state)
    if best is not None:
        tensors = {k: v.detach().cpu().contiguous() for k, v in best.items()}
        paths.write_whole(folder / name, lambda draft: save_file(tensors, draft))
    paths.write_whole(folder / LAST, lambda draft: torch.save(state, draft))
    # Only now nothing refers to an earlier best epoch.
    for old in folder.glob("best-*.safetensors"):
        if old.name != name:
            old.unlink()


def read(folder: Path, run: str) -> tuple[dict, dict[str, torch.Tensor]] | None:
    """State and best weights of the run with this key; None where there are none, with a CheckpointWarning why not."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not (folder / LAST).exists():
        return None
    try:
        state = torch.load(folder / LAST, map_location="cpu", weights_only=True)
        if state["run"] != run:
            _warn(
                f"The checkpoint in {folder} belongs to another recipe, split, network or collection: starting afresh."
            )
            return None
        return state, load_file(folder / _best_file(state))
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError, SafetensorError) as error:
        _warn(f"The checkpoint in {folder} cannot be read ({type(error).__name__}): starting afresh.")
        return None


def write_frame(folder: Path, number: int, pictures: np.ndarray) -> None:
    """Keep the pictures (uint8) that show how far a training is after this epoch; number 0: before the first."""

    def save(draft: Path) -> None:
        with open(draft, "wb") as file:
            np.save(file, pictures, allow_pickle=False)

    paths.write_whole(folder / _frame_file(number), save)


def frames(folder: Path, last: int) -> list[np.ndarray] | None:
    """The pictures of epochs 0 to `last`; None where one cannot be read, with a CheckpointWarning."""
    try:
        return [np.load(folder / _frame_file(number), allow_pickle=False) for number in range(last + 1)]
    except (OSError, ValueError, EOFError) as error:
        _warn(f"The pictures of earlier epochs in {folder} cannot be read ({type(error).__name__}): starting afresh.")
        return None


def discard(folder: str | os.PathLike) -> None:
    """Delete the checkpoints in a folder, and the folder when nothing else is in it."""
    folder = Path(folder)
    for pattern in (LAST, "best-*.safetensors", "frame-*.npy", ".*.draft"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _warn(message: str) -> None:
    warnings.warn(message, CheckpointWarning, stacklevel=4)


def _best_file(state: Mapping) -> str:
    return f"best-{state['best_epoch']:04d}.safetensors"


def _frame_file(number: int) -> str:
    return f"frame-{number:04d}.npy"

"""Features of a frozen body, computed once and kept on disk: float16, memory-mapped, keyed by pictures and weights.

While nothing before the heads learns, the body says the same of a picture in every epoch. Source: Strezoski and
Worring, section 3.3 (only the added layers learn). Chapter: omniart.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from artlib import paths
from artlib.errors import ArtlibError
from artlib.learners import linear
from artlib.nets import Network, evaluating
from artlib.nets.levels import BODY, levels

_FORMAT = 1  # of the files and of what a view does; another number computes everything afresh
_LARGEST = float(np.finfo("float16").max)


class KeptError(ArtlibError):
    """Kept features that cannot be made, read, or used with these pictures and this network."""


@dataclass(frozen=True)
class View:
    """One way to show a picture to the body: ``change`` maps (B, 3, H, W), RGB in 0..1, to the same shape.

    ``key`` changes with whatever changes what comes out (a mean that was measured, for instance).
    """

    name: str
    change: Callable[[torch.Tensor], torch.Tensor] = field(repr=False)
    key: str = ""


PLAIN = View("plain", lambda x: x)
MIRROR = View("mirror", lambda x: x.flip(-1))


def rotated(degrees: float) -> View:
    """Pictures turned about their middle, the corners filled by the nearest edge (section 4.2 tries rotations)."""

    def turn(x: torch.Tensor) -> torch.Tensor:
        angle = torch.tensor(np.deg2rad(degrees), dtype=x.dtype)
        c, s = torch.cos(angle), torch.sin(angle)
        matrix = torch.stack([torch.stack([c, -s, c * 0]), torch.stack([s, c, c * 0])]).to(x.device)
        grid = torch.nn.functional.affine_grid(matrix.expand(len(x), 2, 3), list(x.shape), align_corners=False)
        return torch.nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)

    return View(f"rotated by {degrees:g}", turn)


def less_mean(pictures, rows: Sequence[int]) -> View:
    """Pictures less the mean picture of these (training) rows, about middle grey (section 4.2: mean subtraction)."""
    mean = np.zeros(pictures.pixels.shape[1:], dtype="float64")
    for row in rows:
        mean += pictures.pixels[row]
    centre = torch.from_numpy(mean / (255 * len(rows))).permute(2, 0, 1).float()
    return View("less mean", lambda x: x - centre.to(x.device) + 0.5, _digest(centre.numpy()))


def whitened(pictures, rows: Sequence[int], floor: float = 0.01) -> View:
    """Pictures with decorrelated pixels (ZCA whitening, section 4.2), fitted on these (training) rows.

    ``floor``, a share of the largest variance, is added to all; the result has a deviation of 0.25 about 0.5.
    """
    flat = np.stack([pictures.pixels[row].reshape(-1) for row in rows]).astype("float32") / 255
    mean = flat.mean(0)
    centred = flat - mean
    # Fewer pictures than pixels: the eigenvectors come from the small matrix of products between pictures.
    variances, turned = np.linalg.eigh(centred @ centred.T / len(rows))
    kept = variances > 1e-6 * variances[-1]
    variances, turned = variances[kept], turned[:, kept]
    axes = (centred.T @ turned) / np.sqrt(variances * len(rows))
    gains = 1 / np.sqrt(variances + floor * variances[-1])
    scale = 0.25 / max(float(((centred @ axes) * gains @ axes.T).std()), 1e-9)
    mean_t, axes_t, gains_t = torch.from_numpy(mean), torch.from_numpy(axes), torch.from_numpy(gains * scale)

    def whiten(x: torch.Tensor) -> torch.Tensor:
        columns = (x.permute(0, 2, 3, 1).flatten(1).cpu() - mean_t) @ axes_t
        made = (columns * gains_t) @ axes_t.T + 0.5
        return made.unflatten(1, (x.shape[2], x.shape[3], 3)).permute(0, 3, 1, 2).to(x.device)

    return View("whitened", whiten, _digest(mean, gains))


@dataclass(frozen=True)
class Kept:
    """Features (N, views, D) float16, mapped from disk; row i belongs to row i of the pictures' works.

    ``key`` names the pictures, the weights and how the pictures were shown; ``views`` and ``levels`` are names.
    """

    values: np.ndarray = field(repr=False)
    key: str
    views: tuple[str, ...]
    levels: tuple[str, ...]
    path: Path

    def __len__(self) -> int:
        return len(self.values)

    def view(self, name: str) -> int:
        """The place of a view. Raises KeptError when it was not kept."""
        if name not in self.views:
            raise KeptError(f"These features hold the views {', '.join(self.views)}, not {name!r}. Keep them again.")
        return self.views.index(name)


def keep(
    network: Network,
    pictures,
    views: Sequence[View] = (PLAIN,),
    names: Sequence[str] = (BODY,),
    *,
    crop: int | None = None,
    batch_size: int = 64,
    folder: Path | str | None = None,
) -> Kept:
    """The body's features of all pictures, from disk where they were computed before, else computed and kept.

    views: ways to show a picture. names: levels of the body (``nets.multitask.levels``). crop: the middle so many
    pixels. folder: None keeps them in the user's cache. Raises KeptError for features that float16 cannot hold.
    """
    key = key_of(network, pictures, views, names, crop)
    place = Path(folder) if folder is not None else paths.scratch("features")
    path = place / f"kept-{key}.npy"
    if not (path.exists() and path.with_suffix(".json").exists()):
        place.mkdir(parents=True, exist_ok=True)
        _compute(path, key, network, pictures, views, names, crop, batch_size)
    return load(path, network, pictures, views, names, crop=crop)


def load(
    path: Path | str, network: Network, pictures, views: Sequence[View] = (PLAIN,), names: Sequence[str] = (BODY,), *,
    crop: int | None = None,
) -> Kept:  # fmt: skip
    """Kept features from a file, refused where they are of other pictures, other weights or other views."""
    path = Path(path)
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as fault:
        raise KeptError(
            f"The kept features {path} cannot be read ({fault}). Delete them; they are made again."
        ) from None
    wanted = facts(network, pictures, views, names, crop)
    for name, value in wanted.items():
        if about.get(name) != value:
            raise KeptError(
                f"The kept features {path.name} were made with other {name} ({about.get(name)}) than these ({value}): "
                "they say nothing about them. Keep the features again (artlib.learners.feature_cache.keep)."
            )
    if len(values) != len(pictures.works):
        raise KeptError(f"{path.name} holds {len(values):,} rows for {len(pictures.works):,} works. Delete it.")
    return Kept(values, about["key"], tuple(view.name for view in views), tuple(names), path)


def facts(network: Network, pictures, views: Sequence[View], names: Sequence[str], crop: int | None) -> dict:
    """What kept features depend on, in words: pictures, weights, views, levels, crop."""
    return {
        "pictures": pictures.key,
        "weights": f"{network.name} {linear.digest(network)}",
        "views": [f"{view.name} {view.key}".strip() for view in views],
        "levels": list(names),
        "crop": crop,
    }


def key_of(network: Network, pictures, views: Sequence[View], names: Sequence[str], crop: int | None = None) -> str:
    """24 hexadecimal digits of `facts`."""
    text = json.dumps([_FORMAT, facts(network, pictures, views, names, crop)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _compute(path, key, network, pictures, views, names, crop, batch_size) -> None:
    from artlib import loaders

    device = next(network.parameters()).device
    draft = path.with_name(f".{path.stem}.{os.getpid()}.npy")
    rows, values = np.arange(len(pictures.works)), None
    try:
        with evaluating(network), torch.inference_mode():
            for start in range(0, len(rows), batch_size):
                x = loaders.batch_of(pictures, rows[start : start + batch_size], device=device, crop=crop)
                found = torch.stack([levels(network, view.change(x), names) for view in views], 1).cpu().numpy()
                if not np.isfinite(found).all() or np.abs(found).max(initial=0) > _LARGEST:
                    raise KeptError(
                        f"The features of {network.name} hold numbers beyond {_LARGEST:g}, which half precision cannot "
                        "keep. Are these weights trained, and the pictures in 0..1?"
                    )
                if values is None:
                    shape = (len(rows), *found.shape[1:])
                    values = np.lib.format.open_memmap(draft, mode="w+", dtype="float16", shape=shape)
                values[start : start + batch_size] = found
        if values is None:
            raise KeptError("There is no picture to keep features of.")
        values.flush()
        os.replace(draft, path)
        about = {"key": key, **facts(network, pictures, views, names, crop)}
        path.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
    finally:
        draft.unlink(missing_ok=True)


def _digest(*arrays: np.ndarray) -> str:
    made = hashlib.sha256()
    for array in arrays:
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()[:12]


PREPARATIONS = ("plain", "mirror", "rotation", "mean", "whitening")


def views(preparation: str, pictures, rows: Sequence[int], degrees: float = 10) -> tuple[View, ...]:
    """The views of a preparation of section 4.2: training chooses among them, the first is tested.

    rows: training works, on which a mean or a whitening is measured. Raises KeptError for an unknown name.
    """
    if preparation == "mean":
        return (less_mean(pictures, rows),)
    if preparation == "whitening":
        return (whitened(pictures, rows),)
    fixed = {"plain": (), "mirror": (MIRROR,), "rotation": (rotated(degrees), rotated(-degrees))}
    if preparation not in fixed:
        raise KeptError(f"Unknown preparation {preparation!r}. Choose one of: {', '.join(PREPARATIONS)}.")
    return (PLAIN, *fixed[preparation])

"""What a generator learns from, what it is scored against, and the noise that it makes pictures of."""

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from artlib.errors import ArtlibError, one_of
from artlib.pixels import Pictures
from artlib.splits import SplitWarning
from artlib.works import SETS, SkippedWarning


class GANError(ArtlibError):
    """A training that cannot begin, or that went astray."""


def select(pictures: Pictures, **where: str | Sequence[str]) -> np.ndarray:
    """Rows of the pictures with these values, ascending: ``select(pictures, genre="portrait")``; without any, all rows.

    where: a column of the works (genre, style, artist, ...) and the value, or values, that it shall have.
    Pictures of one colour are left out with a SkippedWarning. Errors: GANError for an unknown column or value.
    """
    works = pictures.works
    chosen = np.ones(len(works), dtype=bool)
    for column, value in where.items():
        chosen &= _having(works, column, [value] if isinstance(value, str) else list(value))
    rows = np.flatnonzero(chosen)
    if not len(rows):
        raise GANError(f"No picture has {_words(where)} at once. Choose fewer conditions.")
    plain = one_colour(pictures, rows)
    if plain.any():
        warnings.warn(
            f"{plain.sum():,} of {len(rows):,} pictures are of one colour and left out; the first is "
            f"{works['image'].iloc[rows[plain][0]]}.",
            SkippedWarning,
            stacklevel=2,
        )
    return rows[~plain]


def train_test_rows(
    works: pd.DataFrame, rows: np.ndarray, held: int, train: int | None = None, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(train, held): rows to learn from and rows to score against, drawn by the seed; no work stands on both sides.

    train: at most so many, None: all that are left. A published split (the column ``set``) is kept where it has enough
    works to learn from and to hold out; a SplitWarning says so, or why not. Errors: GANError when there are too few.
    """
    if not len(rows):
        raise GANError("No picture is left to train on: all that were chosen are of one colour, or none was chosen.")
    own = works["work_id"].to_numpy()[rows]
    order = np.random.default_rng(seed).permutation(pd.unique(own))
    place = pd.Series(np.arange(len(order)), index=order).loc[own].to_numpy()
    drawn, place = rows[np.argsort(place, kind="stable")], np.sort(place)
    sides = _published(works, drawn)
    if len(sides) and min(len(sides[0]) - (train or 1), len(sides[1]) - max(held, 2)) >= 0:
        said = f"The published split is kept: {len(sides[0]):,} to learn from, {len(sides[1]):,} to hold out."
        warnings.warn(said, SplitWarning, stacklevel=2)
        return np.sort(sides[0][:train]), np.sort(sides[1][:held])
    if len(sides):
        said = f"The published split has {len(sides[0]):,} to learn from and {len(sides[1]):,} to hold out: too few."
        warnings.warn(f"{said} Another one is made.", SplitWarning, stacklevel=2)
    # The work in which the held-out pictures end is not trained on.
    rest = drawn[place > place[min(held, len(rows)) - 1]]
    if held < 2 or len(rest) < (train or 1):
        wanted = f"{train:,}" if train else "some"
        raise GANError(f"{len(rows):,} pictures are too few to train on {wanted} and to hold out {held:,} (2 or more).")
    return np.sort(rest[:train]), np.sort(drawn[:held])


def interpolate_latents(stops: int, steps: int, z: int = 100, seed: int = 0) -> np.ndarray:
    """Noise along a closed way through `stops` random points, `steps` from one to the next: (stops * steps, z) float32.

    The way is spherical, because normal noise of many dimensions lies close to a sphere and is rare within it.
    """
    points = latents(stops, z, seed).double().numpy()
    lengths = np.linalg.norm(points, axis=1)
    found = []
    for k in range(stops):
        a, b = points[k], points[(k + 1) % stops]
        angle = math.acos(np.clip(a @ b / (lengths[k] * lengths[(k + 1) % stops]), -1, 1)) or 1e-9
        for t in np.arange(steps) / steps:
            found.append((math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle))
    return np.array(found, dtype="float32")


def _published(works: pd.DataFrame, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray] | tuple[()]:
    """These rows by the published split, trained on and not, in their order; a work on two sides is not trained on."""
    if "set" not in works or works["set"].isna().all():
        return ()
    sides = works["set"].iloc[rows].astype("string").str.strip().str.lower().map(SETS)
    known = pd.DataFrame({"work": works["work_id"].iloc[rows], "trained": sides.eq(0), "row": rows})[sides.notna()]
    trained = known.groupby("work")["trained"].transform("all").to_numpy(bool)
    return known["row"].to_numpy()[trained], known["row"].to_numpy()[~trained]


def _having(works: pd.DataFrame, column: str, values: list[str]) -> np.ndarray:
    one_of(column, works.columns, f"The works have no column {column!r}", GANError)
    counts = works[column].dropna().map(str).value_counts()
    for value in values:
        if str(value) not in counts.index:
            raise GANError(f"No picture has the {column} {str(value)!r}. {_suggestion(str(value), counts)}")
    return works[column].map(str).isin(list(map(str, values))).to_numpy() & works[column].notna().to_numpy()


def _suggestion(value: str, counts: pd.Series) -> str:
    from difflib import get_close_matches

    close = get_close_matches(value, list(counts.index), n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(f'{name!r} ({counts[name]:,} pictures)' for name in close)}?"
    if counts.empty:
        return "No picture has any."
    return f"The most frequent are: {', '.join(f'{name} ({count:,})' for name, count in counts.head(5).items())}."


def _words(where: Mapping) -> str:
    return " and ".join(f"{column} {value!r}" for column, value in where.items()) or "anything"


def latents(n: int, z: int, seed: int) -> torch.Tensor:
    """Noise that pictures are made from, (n, z); always drawn on the processor: the same on every device."""
    return torch.randn(n, z, generator=torch.Generator().manual_seed(seed))


def one_colour(pictures: Pictures, rows: np.ndarray) -> np.ndarray:
    """Which of the pictures are of one colour from corner to corner."""
    return np.array([bool((pictures.pixels[row] == pictures.pixels[row][:1, :1]).all()) for row in rows], dtype=bool)

"""Features of a collection of any size: decoded, asked and forgotten picture by picture, kept in parts of 8,192 works.

What ``artlib features`` does. A part is all that a process or a machine has to make, and a missing one the only state.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from artlib import nets, paths, pixels
from artlib.cache import key
from artlib.errors import count_reasons
from artlib.evaluate import similarity
from artlib.experiments import engines
from artlib.experiments.engines import Engine
from artlib.learners import linear, shards
from artlib.learners.shards import ShardsError
from artlib.pixels.workers import decoded
from artlib.progress import StatusLine
from artlib.works import Collection, PictureSource

if TYPE_CHECKING:
    import torch

_BATCH = 64
_CODE = ("learners/feature_cache.py", "nets", "loaders", "pixels")
INDEX = "neighbours.faiss"


@dataclass(frozen=True)
class Made:
    """What was made. folder : of the parts. parts, works : of this call. seconds : that it took."""

    folder: Path
    parts: int
    works: int
    seconds: float

    def __str__(self) -> str:
        features = shards.Shards(self.folder)
        skipped = features.skipped()
        left = f"; {len(skipped):,} could not be decoded ({count_reasons(skipped.values())})" if skipped else ""
        speed = f", {self.works / self.seconds:,.0f} pictures a second" if self.works else ""
        return (
            f"{len(features):,} x {features.shape[1]:,} features in {len(features.parts)} parts, "
            f"{self.parts} of them made now{speed}{left}"
        )


@dataclass(frozen=True)
class PartMaker:
    """What a process needs to make parts; small, so that it may travel."""

    source: PictureSource
    folder: Path
    network: str
    size: int
    crop: str

    def __call__(self, part: tuple[int, int, list[str]]) -> tuple[np.ndarray, dict[int, str]] | None:
        """Make a part: its number, its first row, its pictures. No numbers where one cannot be read.

        Returns None where it could be written, and else, on a machine with another disk, what is to be written.
        """
        import torch

        from artlib.learners.feature_cache import as_half
        from artlib.loaders.cutting import Store, middle
        from artlib.nets.levels import levels

        number, start, images = part
        network, device = _loaded(self.network)
        values, skipped = np.full((len(images), network.features), np.nan, "float16"), {}
        for first in range(0, len(images), _BATCH):
            squares, unread = decoded(self.source, images[first : first + _BATCH], self.size, self.crop)
            skipped |= {start + first + place: reason for place, reason in unread.items()}
            here = np.setdiff1d(np.arange(len(squares)), list(unread))
            if len(here):
                x = Store(squares).batch(middle(here, self.size, self.size), self.size, device)
                with torch.inference_mode():
                    values[first + here] = as_half(levels(network, x), network.name)
        if not (self.folder / shards.ABOUT).exists():
            return values, skipped
        shards.write(self.folder, number, values, skipped)
        return None

    def fault(self, part: tuple[int, int, list[str]]) -> str:
        """What this machine lacks to make parts, in a sentence; empty where it is ready."""
        images = part[2][:_BATCH]
        try:
            _loaded(self.network)
            unread = decoded(self.source, images, self.size, self.crop)[1]
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is told
            return str(fault)
        # A collection may have a picture that cannot be read; a machine without the collection reads none.
        none = f"none of the first {len(images)} pictures can be read there ({count_reasons(unread.values())})."
        return none if len(unread) == len(images) else ""


def build(
    collection: Collection,
    network: str = nets.OWN,
    folder: Path | None = None,
    size: int | None = None,
    engine: Engine | None = None,
    share: str = "1/1",
) -> Made:
    """Make the parts that are missing.

    Parameters
    ----------
    network : "NAME=WEIGHTS".
    folder : of the parts; None: in the cache.
    size : pixels a side that the network sees; None: what it was made for.
    engine : of ``experiments.engines``; None: one process a processor. The bytes do not depend on it.
    share : "3/40" for every fortieth part, from the third on: one job of an array.

    Raises
    ------
    ExperimentError : a share that is none. NetsError, WeightsError : before any picture is decoded.
    ShardsError : the folder holds other features, or a process died.
    """
    made = nets.named(network)
    size, images = size or made.size, collection.works["image"].tolist()
    facts = {
        "network": f"{network} {linear.digest(made)}", "pixels": size,
        "pictures": pixels.content_key(collection, size, "squash"),
    }  # fmt: skip
    folder = folder or paths.cache() / "collection-features" / key("features", facts, code=_CODE)
    task = PartMaker(collection.source, Path(folder), network, size, "squash")
    spans, (job, jobs) = shards.spans(len(images)), engines.share_of(share)
    missing = [number for number in shards.begin(task.folder, len(images), facts) if number % jobs == job - 1]
    todo = [(number, spans[number].start, images[spans[number].start : spans[number].stop]) for number in missing]
    start, works = time.perf_counter(), sum(len(spans[number]) for number in missing)
    engine = engine or engines.processes(max(1, min(pixels.processors(), len(todo))))
    with StatusLine("features of pictures", works) as line:
        for (number, _, asked), found in engines.outcomes(engine, task, todo) if todo else ():
            if isinstance(found, engines.Lost):
                raise ShardsError(f"{found} Every part that was made is kept: run the same command again.")
            if found is not None:
                shards.write(task.folder, number, *found)
            line.advance(len(asked))
    return Made(task.folder, len(missing), works, time.perf_counter() - start)


def neighbours(folder: Path) -> tuple[similarity.Index, dict[str, Any]]:
    """The index of a folder's features, built at the first call and read at others, and what is known of it.

    Returns
    -------
    Index, and: works, recall_at_10 (beside comparing all works one by one), seconds to build, bytes.
    """
    import faiss

    features = similarity.of_shards(shards.Shards(folder))
    file, of = Path(folder) / INDEX, shards.digests(folder)
    known = shards.read_json(file.with_suffix(".json"))
    compressed = features if len(features) > similarity.COMPRESSED else None
    if known.get("of") == of and file.is_file() and known["sha256"] == shards.digest(file):
        return similarity.Index(features.key, features.rows, faiss.read_index(str(file)), compressed), known
    start = time.perf_counter()
    index = similarity.index(features)
    seconds = round(time.perf_counter() - start, 2)
    paths.write_whole(file, lambda draft: faiss.write_index(index.searcher, str(draft)))
    known = {
        "of": of, "sha256": shards.digest(file), "works": len(features), "bytes": file.stat().st_size,
        "seconds": seconds, "recall_at_10": round(recall(index, features, min(10, len(features))), 4),
    }  # fmt: skip
    paths.write_whole(file.with_suffix(".json"), lambda draft: draft.write_text(json.dumps(known), encoding="utf-8"))
    return index, known


def recall(index: similarity.Index, features: similarity.Features, k: int = 10, queries: int = 200) -> float:
    """Share of the ``k`` nearest pictures of some that the index finds, beside comparing all of them one by one."""
    import faiss
    from faiss.contrib.exhaustive_search import knn_ground_truth

    some = np.random.default_rng(0).permutation(len(features))[:queries]
    asked = features.directions(some)
    blocks = (features.directions(slice(a, a + shards.ROWS)) for a in range(0, len(features), shards.ROWS))
    nearest = features.rows[knn_ground_truth(asked, blocks, k, faiss.METRIC_INNER_PRODUCT)[1]]
    found = index.search(similarity.Features(asked, features.rows[some], features.key), k)[1]
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)]))


@lru_cache(maxsize=1)
def _loaded(name: str) -> tuple[nets.Network, torch.device]:
    """The network of this process, on its GPU or on one core: sums must not depend on how many processes there are."""
    import torch

    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return nets.named(name).to(device, memory_format=torch.channels_last).eval(), device

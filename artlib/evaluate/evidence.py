"""Where the evidence for a label lies in the museum's pictures, many at once. Chapters: culture, artistry."""

import hashlib
import os
from collections.abc import Sequence

import numpy as np

from artlib import paths, records


def masks(house, rows: Sequence[int], label: str, size: int) -> np.ndarray:
    """Masks (len(rows), size, size) float32 from 0 to 1, as ``museum.truth.evidence`` has them, kept in the cache.

    house: the museum, as ``collections.read`` gives it. Drawing one mask takes five pictures. Errors: MuseumError where
    the collection is no museum, or the label no cause.
    """
    from artlib.collections.museum import truth

    images = house.works["image"].to_numpy()[np.asarray(rows, dtype="int64")]
    facts = [house.source.fingerprint(image) for image in images] if hasattr(house.source, "house") else []
    key = hashlib.sha256("\n".join([label, str(size), *facts, records.code_version("collections")]).encode())
    file = paths.scratch("evidence") / f"{key.hexdigest()[:24]}.npy"
    if not file.exists() or not facts:
        made = np.stack([truth.evidence(house, image, label, size) for image in images]).astype("float16")
        draft = file.with_suffix(f".{os.getpid()}.tmp.npy")
        np.save(draft, made)
        os.replace(draft, file)
    return np.load(file, allow_pickle=False).astype("float32")


def at_hand(house, rows: Sequence[int], label: str, size: int) -> dict[str, np.ndarray]:
    """``{"evidence": masks}`` in the museum; elsewhere nothing, and a printed line that says why."""
    if not hasattr(house.source, "house"):
        print(f"{house.name}: nobody knows where the evidence for {label} lies in these pictures. The museum does.")
        return {}
    return {"evidence": masks(house, rows, label, size)}

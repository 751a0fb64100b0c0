"""The handcrafted side of Table 2: dense SIFT in a Fisher vector, and a linear support vector machine.

Sources: Mensink and Van Gemert 2014 (the Rijksmuseum Challenge's baseline); Sanchez et al. 2013 (Fisher vectors, with
signed square roots and unit length). Chapter: omniart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from artlib.errors import ArtlibError
from artlib.pixels import Pictures


class HandcraftedError(ArtlibError):
    """Descriptors or a classifier that cannot be made from these pictures."""


@dataclass(frozen=True)
class Fisher:
    """A mixture of Gaussians over projected descriptors; ``vectors`` makes Fisher vectors of descriptors."""

    projection: object = field(repr=False)
    mixture: object = field(repr=False)

    def vectors(self, local: np.ndarray, batch: int = 64) -> np.ndarray:
        """(N, 2 K D) float32, of length 1, from descriptors (N, places, 128) of `dense`."""
        found = [self._vectors(local[start : start + batch]) for start in range(0, len(local), batch)]
        return np.concatenate(found)

    def _vectors(self, local: np.ndarray) -> np.ndarray:
        """Gradients of the mixture's log-likelihood in means and deviations (Sanchez et al., eq. 16 to 18)."""
        n, places, _ = local.shape
        x, m = self.projection.transform(local.reshape(n * places, -1).astype("float32")), self.mixture
        shares = m.predict_proba(x).astype("float32").reshape(n, places, -1)
        x, centres, variances = x.reshape(n, places, -1), m.means_, m.covariances_
        # Sums of 1, x and x^2 under the shares hold all that the gradients need.
        total = shares.sum(1)[..., None]
        first = np.einsum("npk,npd->nkd", shares, x, optimize=True)
        second = np.einsum("npk,npd->nkd", shares, x**2, optimize=True)
        means = (first - total * centres) / np.sqrt(variances) / np.sqrt(m.weights_)[:, None]
        squares = (second - 2 * first * centres + total * centres**2) / variances - total
        spreads = squares / np.sqrt(2 * m.weights_)[:, None]
        vectors = np.concatenate([means, spreads], axis=1).reshape(n, -1) / places
        vectors = np.sign(vectors) * np.sqrt(np.abs(vectors))
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype("float32")


def dense(pictures: Pictures, rows: Sequence[int]) -> np.ndarray:
    """Descriptors of pictures on one grid, (N, places, 128) float16."""
    return np.stack([descriptors(pictures.pixels[row]).astype("float16") for row in rows])


def descriptors(picture: np.ndarray, step: int = 6, sizes: Sequence[int] = (8, 12)) -> np.ndarray:
    """SIFT descriptors on a grid over a grey picture, (places, 128), as signed roots (RootSIFT).

    Parameters
    ----------
    picture : uint8 (H, W, 3).
    step : pixels between places.
    sizes : of the patches, in pixels.
    """
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    places = [
        cv2.KeyPoint(float(x), float(y), float(size))
        for size in sizes
        for y in range(size // 2, height - size // 2 + 1, step)
        for x in range(size // 2, width - size // 2 + 1, step)
    ]
    _, found = cv2.SIFT_create().compute(grey, places)
    if found is None or not len(found):
        raise HandcraftedError(f"A picture of {width}x{height} px is too small for patches of {max(sizes)} px.")
    return np.sqrt(found / np.maximum(found.sum(1, keepdims=True), 1e-9))


def fit(local: np.ndarray, gaussians: int = 16, dimensions: int = 32, seed: int = 0, sample: int = 20_000) -> Fisher:
    """The projection (principal components) and the mixture, from descriptors (N, places, 128) of training works."""
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture

    flat = local.reshape(-1, local.shape[-1])
    chosen = flat[np.random.default_rng(seed).permutation(len(flat))[:sample]].astype("float32")
    projection = PCA(dimensions, random_state=seed).fit(chosen)
    mixture = GaussianMixture(gaussians, covariance_type="diag", random_state=seed, max_iter=40, reg_covar=1e-5)
    return Fisher(projection, mixture.fit(projection.transform(chosen)))


def classify(train: np.ndarray, truth: np.ndarray, tested: np.ndarray, classes: int) -> np.ndarray:
    """Scores (N, classes) of a linear support vector machine, one class against the rest; absent classes score least.

    Parameters
    ----------
    train, truth : vectors (M, D) and numbers of classes (M,) of the training works.
    tested : (N, D).
    classes : how many there are.

    Raises
    ------
    HandcraftedError : with fewer than two classes to learn.
    """
    from sklearn.svm import LinearSVC

    if len(np.unique(truth)) < 2:
        raise HandcraftedError("The training works show fewer than two classes: nothing to tell apart.")
    model = LinearSVC(C=1.0).fit(train, truth)
    found = model.decision_function(tested)
    found = np.stack([-found, found], 1) if found.ndim == 1 else found
    scores = np.full((len(tested), classes), found.min() - 1)
    scores[:, model.classes_] = found
    return scores

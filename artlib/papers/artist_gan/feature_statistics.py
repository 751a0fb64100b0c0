"""What the scores need of a stream of pictures: running means and covariances, class probabilities, a random sample."""

from dataclasses import dataclass

import numpy as np

from artlib.errors import ArtlibError

SPLITS = 10
SAMPLE = 1000
TINY = 1e-20  # of a probability, where it is divided by
_MERGED = 2048  # rows of features at once
_LARGEST = 1e15  # of a feature: sums of squares beyond do not fit into float32


class ScoreError(ArtlibError):
    """Scores that cannot be computed, or that would mean nothing."""


class ScoreWarning(UserWarning):
    """A score that was computed, with something to know about it."""


@dataclass(frozen=True)
class Source:
    """Which network saw the pictures, started from which weights, at how many pixels; `digest` is of all its values."""

    network: str
    weights: str = "none"
    pixels: int = 0
    digest: str = ""

    def __str__(self) -> str:
        size = f" at {self.pixels} px" if self.pixels else ""
        digest = f" [{self.digest}]" if self.digest else ""
        return f"{self.network} (weights: {self.weights}){size}{digest}"


class FeatureStatistics:
    """What the scores need of a stream of pictures; `add` takes a batch, memory does not grow with their number.

    Parameters
    ----------
    source : a `Source`, or a plain name for features from elsewhere.
    sample : pictures kept for scores of pairs, drawn at random with ``seed``.
    splits : of the inception score.
    class_covariance : keep the covariance of the class probabilities too, which only `frechet_as_borrowed` needs.

    Attributes
    ----------
    n : pictures so far.
    features : their `Moments`: mean and covariance, (D,) and (D, D), float64.
    sample : (at most so many, D), float32.
    marginal : (K,), the mean class probabilities.
    said : (K,), how many pictures were taken for each class.
    dealt : (splits, 2 + K), for each split of the inception score: pictures, sum of p log p, sums of probabilities.
    """

    def __init__(
        self,
        source: Source | str,
        sample: int = SAMPLE,
        splits: int = SPLITS,
        seed: int = 0,
        *,
        class_covariance: bool = False,
    ):
        self.source = Source(source) if isinstance(source, str) else source
        self.features = Moments()
        self.classes = Moments() if class_covariance else None
        if sample < 2:
            raise ScoreError(f"Scores of pairs need a sample of two pictures or more, not {sample}.")
        self.sample: np.ndarray | None = None
        self._size, self._places, self._chance = sample, np.empty(0), np.random.default_rng(seed)
        self.splits = splits
        self.dealt: np.ndarray | None = None
        self.said: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Pictures so far."""
        return self.features.n

    @property
    def marginal(self) -> np.ndarray:
        """p(y): the mean of the class probabilities, (K,). ScoreError when they were not given."""
        if self.dealt is None:
            raise ScoreError("These features came without class probabilities: inception and mode score need them.")
        return self.dealt[:, 2:].sum(0) / self.dealt[:, 0].sum()

    def add(self, features: np.ndarray, probabilities: np.ndarray | None = None) -> "FeatureStatistics":
        """Count a batch in: features (B, D) and, for the inception and mode score, class probabilities (B, K)."""
        features = _checked(features, "features", self.features.width)
        if (probabilities is None) != (self.dealt is None) and self.n:
            raise ScoreError("Give class probabilities with every batch or with none.")
        if not len(features):
            return self
        if probabilities is not None:
            width = None if self.said is None else len(self.said)
            probabilities = _checked(probabilities, "class probabilities", width)
            if len(probabilities) != len(features):
                raise ScoreError(f"{len(features)} rows of features and {len(probabilities)} of class probabilities.")
            if (probabilities < 0).any() or (np.abs(probabilities.sum(1) - 1) > 0.01).any():
                raise ScoreError(
                    "Class probabilities are 0 or more and sum to 1 for a picture: are these scores before the softmax?"
                )
            self._add_classes(probabilities)
        self._keep(features)
        self.features.add(features)
        return self

    def _keep(self, features: np.ndarray) -> None:
        """Each picture draws a place in a queue; those that stand first are the sample, in the order of the stream."""
        places = np.concatenate([self._places, self._chance.random(len(features))])
        rows = features if self.sample is None else np.concatenate([self.sample, features])
        first = np.sort(np.argsort(places)[: self._size])
        self._places, self.sample = places[first], rows[first].astype("float32")

    def _add_classes(self, shares: np.ndarray) -> None:
        if self.dealt is None:
            self.dealt = np.zeros((self.splits, 2 + shares.shape[1]))
            self.said = np.zeros(shares.shape[1], dtype="int64")
        rows = np.c_[np.ones(len(shares)), negative_entropy(shares), shares]
        for split in range(self.splits):
            # Dealt out like cards: the number of pictures need not be known beforehand.
            self.dealt[split] += rows[(split - self.n) % self.splits :: self.splits].sum(0)
        self.said += np.bincount(shares.argmax(1), minlength=shares.shape[1])
        if self.classes is not None:
            self.classes.add(shares)

    def __repr__(self) -> str:
        return f"FeatureStatistics({self.n:,} pictures, {self.features.width} features of {self.source})"


class Moments:
    """Running mean and covariance in float64: batches are merged, as rows would be one by one (Chan et al. 1983)."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: np.ndarray | None = None
        self._squares: np.ndarray | None = None

    @property
    def width(self) -> int | None:
        """Numbers a row; None before the first."""
        return None if self.mean is None else len(self.mean)

    @property
    def covariance(self) -> np.ndarray:
        """Of all rows so far, (D, D). Raises ScoreError below two of them."""
        if self.n < 2:
            raise ScoreError(f"A covariance needs two pictures or more, not {self.n}.")
        return self._squares / (self.n - 1)

    def add(self, rows: np.ndarray) -> None:
        """Take these rows (N, D) in."""
        if self.mean is None:
            self.mean, self._squares = np.zeros(rows.shape[1]), np.zeros((rows.shape[1], rows.shape[1]))
        # Few rows at once would cost a pass over the whole matrix each; many would cost memory.
        for start in range(0, len(rows), _MERGED):
            self._merge(rows[start : start + _MERGED].astype("float64", copy=False))

    def _merge(self, rows: np.ndarray) -> None:
        count, mean = len(rows), rows.mean(0)
        shift, total = mean - self.mean, self.n + count
        # How far the means lie apart goes in as one row more: one matrix with its own transpose costs half of a product
        # of two, and the whole sum is passed over once.
        both = np.concatenate([rows - mean, [shift * np.sqrt(self.n * count / total)]])
        self._squares += both.T @ both
        self.mean = self.mean + shift * (count / total)
        self.n = total


def _checked(rows: np.ndarray, what: str, width: int | None) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.ndim != 2 or (width is not None and rows.shape[1] != width):
        raise ScoreError(f"The {what} of a batch are (B, {width or 'D'}), not {rows.shape}.")
    if not np.isfinite(rows).all():
        raise ScoreError(f"The {what} are not all finite numbers: are the pictures, or the network's weights?")
    if np.abs(rows).max(initial=0) > _LARGEST:
        raise ScoreError(
            f"The {what} are as large as {np.abs(rows).max():.1g}, and their squares would overflow: divide them, or "
            "look at the network's weights."
        )
    return rows


def comparable(real: FeatureStatistics, fake: FeatureStatistics) -> None:
    """Raise ScoreError where the two are of different networks or sizes, or of fewer than two pictures."""
    if real.source != fake.source:
        raise ScoreError(
            f"Features of different networks do not compare: the real pictures were seen by {real.source}, the "
            f"generated ones by {fake.source}. Compute both with one network at one size."
        )
    if min(real.n, fake.n) < 2:
        raise ScoreError(f"Two pictures a side are the least; there are {real.n} real and {fake.n} generated ones.")
    if real.features.width != fake.features.width:
        raise ScoreError(f"{real.features.width} features of real pictures, {fake.features.width} of generated ones.")


def samples_of(real: FeatureStatistics, fake: FeatureStatistics, equal: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Both samples; of equal size where the score wants it."""
    comparable(real, fake)
    a, b = real.sample, fake.sample
    if equal:
        count = min(len(a), len(b))
        a, b = _subsample(a, count), _subsample(b, count)
    return a, b


def _subsample(rows: np.ndarray, count: int) -> np.ndarray:
    # At random, because a sample that is not full is in the order of the collection.
    return rows if count == len(rows) else rows[np.random.default_rng(0).permutation(len(rows))[:count]]


def centred(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both less their common mean: distances by products of rows lose digits far from the origin."""
    mean = np.concatenate([a.mean(0, keepdims=True), b.mean(0, keepdims=True)]).mean(0)
    return a - mean, b - mean


def negative_entropy(shares: np.ndarray) -> np.ndarray:
    """The sum of p log p over the last axis, added up in float64; a probability of 0 adds nothing."""
    logs = np.log(np.maximum(shares, TINY))
    return np.multiply(logs, shares, out=logs).sum(-1, dtype="float64")

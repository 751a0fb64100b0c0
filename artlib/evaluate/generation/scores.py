"""How good generated pictures are: the scores of Xu et al. 2018, which the poster cites, and precision and recall.

All are computed from what one network makes of the pictures, so the numbers of two networks do not compare:
``FeatureStatistics`` carry their `Source`, and scores across sources are refused. They are filled batch by batch and
take the same memory for a thousand pictures as for a million: running means and covariances in float64, sums of class
probabilities, and a random sample of fixed size for the scores that need pairs of pictures.

**Small samples.** The Frechet distance of few pictures is too large, most with many features: two sets of one
distribution are never at distance 0, and the excess falls about as 1/n (Chong and Forsyth 2020). The inception score of
few pictures is too small for its number of classes, precision and recall too large, the Wasserstein distance too large.
So compare only sets of equal size, and give beside each score that of real pictures against other real pictures.
Kernel MMD is unbiased. The variants that the poster printed, or that the code it borrowed computes, end in
``_as_printed`` and ``_as_borrowed``: they explain its Fig. 6 and are good for nothing else.
"""

import hashlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from artlib.errors import ArtlibError

SPLITS = 10
SAMPLE = 1000
_BLOCK = 1024  # rows of distances at once
_MERGED = 2048  # rows of features at once
_TINY = 1e-20  # of a probability, where it is divided by


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

    source: a Source, or a plain name for features from elsewhere. sample: pictures kept for scores of pairs, drawn at
    random with `seed`. splits: of the inception score. class_covariance: keep the covariance of the class probabilities
    too, which only ``frechet_as_borrowed`` needs. Attributes: n; mean (D,) and covariance (D, D) of the features,
    float64; sample (at most so many, D), float32; marginal (K,), the mean class probabilities; said (K,), how many
    pictures were taken for each class.
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
        self.features = _Moments()
        self.classes = _Moments() if class_covariance else None
        self._reservoir = _Reservoir(sample, seed)
        self.splits = splits
        self._split_n = np.zeros(splits)
        self._split_entropy = np.zeros(splits)
        self._split_sums: np.ndarray | None = None
        self.said: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Pictures so far."""
        return self.features.n

    @property
    def mean(self) -> np.ndarray:
        """Mean of the features, (D,)."""
        return self.features.mean

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the features, (D, D), divided by n - 1."""
        return self.features.covariance

    @property
    def sample(self) -> np.ndarray:
        """A random sample of the features, (m, D)."""
        return self._reservoir.rows[: min(self.n, self._reservoir.size)]

    @property
    def marginal(self) -> np.ndarray:
        """p(y): the mean of the class probabilities, (K,). ScoreError when they were not given."""
        if self._split_sums is None:
            raise ScoreError("These features came without class probabilities: inception and mode score need them.")
        return self._split_sums.sum(0) / self._split_n.sum()

    def add(self, features: np.ndarray, probabilities: np.ndarray | None = None) -> "FeatureStatistics":
        """Count a batch in: features (B, D) and, for the inception and mode score, class probabilities (B, K)."""
        features = _checked(features, "features", self.features.width)
        if (probabilities is None) != (self._split_sums is None) and self.n:
            raise ScoreError("Give class probabilities with every batch or with none.")
        if not len(features):
            return self
        if probabilities is not None:
            width = None if self.said is None else len(self.said)
            probabilities = _checked(probabilities, "class probabilities", width)
            if len(probabilities) != len(features):
                raise ScoreError(f"{len(features)} rows of features and {len(probabilities)} of class probabilities.")
            self._add_classes(probabilities)
        self._reservoir.add(features, self.n)
        self.features.add(features)
        return self

    def _add_classes(self, shares: np.ndarray) -> None:
        if self._split_sums is None:
            self._split_sums = np.zeros((self.splits, shares.shape[1]))
            self.said = np.zeros(shares.shape[1], dtype="int64")
        entropy = _negative_entropy(shares)
        for split in range(self.splits):
            # Dealt out like cards: the number of pictures need not be known beforehand.
            dealt = slice((split - self.n) % self.splits, None, self.splits)
            self._split_n[split] += len(entropy[dealt])
            self._split_entropy[split] += entropy[dealt].sum()
            self._split_sums[split] += shares[dealt].sum(0, dtype="float64")
        self.said += np.bincount(shares.argmax(1), minlength=shares.shape[1])
        if self.classes is not None:
            self.classes.add(shares)

    def __repr__(self) -> str:
        return f"FeatureStatistics({self.n:,} pictures, {self.features.width} features of {self.source})"


def viewer(weights: str = "auto"):
    """The classifier in whose eyes pictures are scored, its last layer included, in evaluation mode.

    weights: "photographs" (a small network that learned 34 drawn objects, places and surfaces), a file of an ImageNet
    network (safetensors, in the library's or our names), or "auto": a file called ``NAME-imagenet.safetensors`` in
    ``data/weights`` or the cache where there is one, else photographs. Scores of two viewers do not compare.
    Raises WeightsError when the file does not fit. Source: Xu et al. 2018, section 5 (which take ImageNet's ResNet34).
    """
    from artlib import nets
    from artlib.nets import weights as kept

    given = _at_hand() if weights == "auto" else weights
    drawn = given == "photographs"
    name = "resnet18_s" if drawn else Path(given).stem.removesuffix("-imagenet")
    file = kept.find(name, given)
    network = nets.create(name, kept.outputs_of(nets.create(name, 1), file))
    kept.load(network, file, head=True)
    # Told by their name, not by where the file lies.
    network.provenance = {**network.provenance, "network": name, "weights": given if drawn else "imagenet"}
    return network.eval()


def _at_hand() -> str:
    from artlib import paths

    for folder in (paths.data() / "weights", paths.cache() / "weights"):
        found = sorted(folder.glob("*-imagenet.safetensors"))
        if found:
            return str(found[0])
    return "photographs"


def statistics_of(
    network,
    batches: Iterable[np.ndarray],
    size: int | None = None,
    sample: int = SAMPLE,
    splits: int = SPLITS,
    seed: int = 0,
    class_covariance: bool = False,
) -> FeatureStatistics:
    """Statistics of what a classifier (nets.Network) makes of batches of pictures, (B, H, W, 3) uint8.

    Features are what its body gives, class probabilities the softmax of its head, in evaluation mode. size: pixels to
    scale to first (antialiased); None: as they are. The rest as in `FeatureStatistics`. Chapter: painting generation.
    """
    gathered = None
    for pixels, features, shares in seen(network, batches, size):
        if gathered is None:
            source = source_of(network, pixels)
            gathered = FeatureStatistics(source, sample, splits, seed, class_covariance=class_covariance)
        if pixels != gathered.source.pixels:
            raise ScoreError(f"Pictures of {gathered.source.pixels} and of {pixels} px in one set: give a size.")
        gathered.add(features, shares)
    if gathered is None:
        raise ScoreError("There is no picture to score.")
    return gathered


def source_of(network, pixels: int) -> Source:
    """The Source of features that this network, as it is now, makes of pictures of so many pixels."""
    digest = hashlib.blake2b(network.name.encode(), digest_size=4)
    for name, tensor in network.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return Source(network.name, str(network.provenance.get("weights", "none")), int(pixels), digest.hexdigest())


def batches_of(pictures, rows: Iterable[int], batch_size: int = 256) -> Iterator[np.ndarray]:
    """Rows of pixels.Pictures as batches for ``statistics_of``, (B, S, S, 3) uint8."""
    rows = np.asarray(list(rows), dtype="int64")
    for start in range(0, len(rows), batch_size):
        yield np.asarray(pictures.pixels[rows[start : start + batch_size]])


def nearest(network, painted: np.ndarray, batches: Iterable[np.ndarray], size: int | None = None) -> tuple:
    """For each painted picture (M, H, W, 3) the nearest of a stream of training pictures: (numbers, distances), (M,).

    Is it copying? Numbers count the stream from 0; distances are Euclidean, between features. Memory does not grow.
    """
    own = np.concatenate([features for _, features, _ in seen(network, [painted], size)])
    best, found, start = np.full(len(own), np.inf), np.zeros(len(own), dtype="int64"), 0
    for _, features, _ in seen(network, batches, size):
        apart = _distances(own, features)
        closest = apart.argmin(1)
        distance = apart[np.arange(len(own)), closest]
        nearer = distance < best
        best[nearer], found[nearer] = distance[nearer], start + closest[nearer]
        start += len(features)
    return found, best


def scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """All scores of generated against real pictures, by name, for histories and records.

    Those of pairs (all after the Frechet distance) are computed on the samples.
    """
    _comparable(real, fake)
    mean, deviation = inception_score(fake)
    neighbours = neighbour_accuracy(real, fake)
    precision, recall = precision_recall(real, fake)
    return {
        "inception_score": mean,
        "inception_score_deviation": deviation,
        "mode_score": mode_score(real, fake),
        "frechet_distance": frechet_distance(real, fake),
        "kernel_mmd": kernel_mmd(real, fake),
        "wasserstein": wasserstein(real, fake),
        "neighbour_accuracy": neighbours["all"],
        "neighbour_accuracy_real": neighbours["real"],
        "neighbour_accuracy_fake": neighbours["fake"],
        "precision": precision,
        "recall": recall,
        "copied": copied(real, fake),
    }


def against(
    real: FeatureStatistics,
    network,
    n: int = SAMPLE,
    every: int = 1,
    size: int | None = None,
    seed: int = 0,
    *,
    poster: bool = False,
) -> Callable[..., dict[str, float]]:
    """What ``gan.learner`` takes as `measure`: the scores of `n` new pictures after every so many epochs and the last.

    real: statistics of real pictures, best of `n` of them that the generator is not trained on. network: the
    classifier that made them; size: as there. seed: of the noise, the same in every epoch. poster: the poster's scores
    too (``poster_scores``).
    """

    def measure(learner) -> dict[str, float]:
        epoch = len(learner.log) + 1
        if epoch % every and epoch != learner.recipe.epochs:
            return {}
        batches = learner.samples(n, seed)
        fake = statistics_of(network, batches, size, n, real.splits, class_covariance=poster)
        return scores(real, fake) | (poster_scores(real, fake) if poster else {})

    return measure


def poster_scores(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """The three scores of the poster's Fig. 6 as its formula prints and its borrowed code computes them.

    Both statistics need their `class_covariance`.
    """
    return {
        "inception_score_as_borrowed": inception_score_as_borrowed(fake),
        "mode_score_as_borrowed": mode_score_as_borrowed(real, fake),
        "frechet_as_borrowed": frechet_as_borrowed(real, fake),
        "frechet_as_printed": frechet_as_printed(real, fake),
    }


# --- scores of class probabilities ------------------------------------------------------------------------------------


def inception_score(fake: FeatureStatistics) -> tuple[float, float]:
    """``exp(E KL(p(y|x) || p(y)))``, mean and (population) deviation over the splits (Salimans et al. 2016).

    From 1 to the number of classes. Pictures are dealt out to the splits in turn.
    """
    fake.marginal  # noqa: B018 - says clearly what is missing
    if fake.n < fake.splits:
        raise ScoreError(f"{fake.n} pictures cannot fill {fake.splits} splits: use more pictures or fewer splits.")
    each = np.exp(fake._split_entropy / fake._split_n - _negative_entropy(fake._split_sums / fake._split_n[:, None]))
    return float(each.mean()), float(each.std())


def inception_score_as_borrowed(fake: FeatureStatistics) -> float:
    """The same over all pictures at once, without splits: larger than the mean over splits, and without deviation."""
    gain = fake._split_entropy.sum() / fake.n - _negative_entropy(fake.marginal)
    return float(np.exp(gain))


def mode_score(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """``exp(E KL(p(y|x) || p(y)) - KL(p(y) || p(y*)))``, y* of real pictures (Che et al. 2017; Xu et al. 2018).

    Over all pictures at once. With p(y*) in the first term it would be the inception score exactly.
    """
    _comparable(real, fake)
    shares, wanted = fake.marginal, real.marginal
    apart = float((shares * (np.log(shares + _TINY) - np.log(wanted + _TINY))).sum())
    return float(np.exp(np.log(inception_score_as_borrowed(fake)) - apart))


def mode_score_as_borrowed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """The mode score with its arguments swapped: its first term scores the real pictures, not the generated ones."""
    return mode_score(fake, real)


# --- Frechet distance -------------------------------------------------------------------------------------------------


def frechet_distance(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """``|mu_r - mu_g|^2 + Tr(C_r + C_g - 2 (C_r C_g)^(1/2))`` between the features (Heusel et al. 2017).

    Warns when there are fewer pictures than features.
    """
    shift, spread = _frechet(real, fake)
    return shift + spread


def frechet_as_printed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """As the poster prints it: the distance of the means is not squared, so the two terms are of different units."""
    shift, spread = _frechet(real, fake)
    return float(np.sqrt(shift)) + spread


def frechet_as_borrowed(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """As the borrowed code computes it: the square root of the Frechet distance between class probabilities."""
    _comparable(real, fake)
    real.marginal, fake.marginal  # noqa: B018 - says clearly what is missing
    if real.classes is None or fake.classes is None:
        raise ScoreError("The borrowed Frechet distance needs statistics that were made with class_covariance=True.")
    return float(np.sqrt(sum(_frechet_terms(real.classes, fake.classes))))


def _frechet(real: FeatureStatistics, fake: FeatureStatistics) -> tuple[float, float]:
    _comparable(real, fake)
    fewest, width = min(real.n, fake.n), real.features.width
    if fewest < width:
        warnings.warn(
            f"{fewest:,} pictures and {width:,} features: the covariance of so few has no full rank, and the Frechet "
            f"distance is far too large. Use {width + 1:,} pictures or more, a network with fewer features, or compare "
            "only with sets of the same size (real against real among them).",
            ScoreWarning,
            stacklevel=3,
        )
    return _frechet_terms(real.features, fake.features)


def _frechet_terms(real: "_Moments", fake: "_Moments") -> tuple[float, float]:
    """The squared distance of the means, and the term of the covariances; neither below 0."""
    shift = float(((real.mean - fake.mean) ** 2).sum())
    a, b = real.covariance, fake.covariance
    spread = np.trace(a) + np.trace(b) - 2 * _trace_of_root(a, b)
    return shift, max(0.0, float(spread))


def _trace_of_root(a: np.ndarray, b: np.ndarray) -> float:
    """Tr (AB)^(1/2) of two covariances: the roots of the eigenvalues of F'BF, where FF' = A; they are those of AB.

    F'BF is symmetric, which makes its eigenvalues real and several times cheaper than those of AB; no matrix root is
    taken. F is triangular where A has full rank.
    """
    from scipy import linalg

    try:
        factor = linalg.cholesky(a, lower=True, check_finite=False)
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(a, check_finite=False)
        real = values > values[-1] * len(values) * np.finfo(float).eps
        factor = vectors[:, real] * np.sqrt(values[real])
    if not factor.size:
        return 0.0
    import torch

    inner = torch.from_numpy(factor.T @ b @ factor)  # its eigenvalues come twice as fast from torch
    return float(torch.linalg.eigvalsh(inner).clamp_(min=0).sqrt_().sum())


# --- scores of pairs --------------------------------------------------------------------------------------------------


def kernel_mmd(
    real: FeatureStatistics, fake: FeatureStatistics, kernel: str = "gaussian", bandwidth: float | None = None
) -> float:
    """Squared kernel maximum mean discrepancy of the samples, unbiased (Gretton et al. 2012).

    About 0, even below, for one distribution. kernel: "gaussian", ``exp(-|x - y|^2 / 2 bandwidth^2)``, by default with
    the median distance as bandwidth (Xu et al.); "polynomial", ``(x'y / D + 1)^3``, is the kernel inception distance
    (Binkowski et al. 2018).
    """
    a, b = _pair(real, fake)
    if kernel not in ("gaussian", "polynomial"):
        raise ScoreError(f"There is no kernel {kernel!r}; choose gaussian or polynomial.")
    if kernel == "gaussian":
        # Distances do not change, and float32 keeps more of them.
        a, b = _centred(a, b)
        bandwidth = bandwidth or _median_distance(a, b)
        if not bandwidth:
            return 0.0  # all pictures look the same to the network
    within = [_kernel_within(x, kernel, bandwidth) / (len(x) * (len(x) - 1)) for x in (a, b)]
    return within[0] + within[1] - 2 * _kernel_sum(a, b, kernel, bandwidth) / (len(a) * len(b))


def wasserstein(real: FeatureStatistics, fake: FeatureStatistics, at_most: int = SAMPLE) -> float:
    """Earth mover's distance between equal parts of the samples, by the best assignment of pairs (Xu et al. 2018).

    Euclidean distance between features, mean over pairs. at_most: pictures a side; time grows with the cube.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    a, b = _pair(real, fake, at_most)
    apart = cdist(a, b)
    return float(apart[linear_sum_assignment(apart)].mean())


def neighbour_accuracy(real: FeatureStatistics, fake: FeatureStatistics) -> dict[str, float]:
    """Accuracy of telling real from generated by the nearest other picture (Xu et al. 2018): "all", "real", "fake".

    Of equal parts of the samples. About 0.5 for one distribution; 1 where they lie apart; near 0 where generated
    pictures are copies of the real ones; real high and fake low where the generator knows only a few pictures.
    """
    a, b = _pair(real, fake)
    pool = np.concatenate(_centred(a, b))
    truth = np.arange(len(pool)) < len(a)
    right = np.concatenate([truth[found[:, 0]] for found, _ in _neighbours(pool, 1)]) == truth
    return {"all": float(right.mean()), "real": float(right[truth].mean()), "fake": float(right[~truth].mean())}


def precision_recall(real: FeatureStatistics, fake: FeatureStatistics, k: int = 3) -> tuple[float, float]:
    """Improved precision and recall of the samples (Kynkaanniemi et al. 2019).

    Precision: the share of generated pictures within the k-th neighbour's distance of some real picture; recall: the
    share of real ones within that of some generated picture. From 0 to 1.
    """
    import torch

    a, b = _pair(real, fake, equal=False)
    if min(len(a), len(b)) <= k:
        raise ScoreError(f"Neighbours number {k} need more than {min(len(a), len(b))} pictures a side.")
    a, b = _centred(a, b)
    radii = [np.concatenate([squared[:, -1] for _, squared in _neighbours(x, k)]) for x in (a, b)]
    a, b, of_a, of_b = map(torch.from_numpy, (a, b, *radii))
    norm_a, norm_b = (x.square().sum(1) for x in (a, b))
    inside_b, least_a = [], torch.full((len(a),), torch.inf)
    for start in range(0, len(b), _BLOCK):
        part = slice(start, start + _BLOCK)
        products = (b[part] @ a.T).mul_(-2)
        # |x - y|^2 <= r^2 for some y, with what belongs to x alone left until after the minimum.
        least = torch.amin(products + (norm_a - of_a), dim=1)
        inside_b.append(least + norm_b[part] <= 0)
        products += (norm_b[part] - of_b[part])[:, None]
        torch.minimum(least_a, torch.amin(products, dim=0), out=least_a)
    precision = torch.cat(inside_b).float().mean()
    recall = (least_a + norm_a <= 0).float().mean()
    return float(precision), float(recall)


def copied(real: FeatureStatistics, fake: FeatureStatistics) -> float:
    """Share of generated pictures nearer to a real one than that is to any other real one.

    One less authenticity (Alaa et al. 2022). Below one half for new pictures of the same distribution, 1 for copies.
    Only copies of pictures in the real sample are seen: let it be as large as the training set (`sample`), or look
    with ``nearest``.
    """
    a, b = _centred(*_pair(real, fake, equal=False))
    own = np.concatenate([squared[:, 0] for _, squared in _neighbours(a, 1)])
    nearer = []
    for start in range(0, len(b), _BLOCK):
        squared = _distances(b[start : start + _BLOCK], a) ** 2
        closest = squared.argmin(1)
        nearer.append(squared[np.arange(len(closest)), closest] < own[closest])
    return float(np.concatenate(nearer).mean())


# --- parts ------------------------------------------------------------------------------------------------------------


class _Moments:
    """Running mean and covariance in float64: batches are merged, as rows would be one by one (Chan et al. 1983)."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: np.ndarray | None = None
        self._squares: np.ndarray | None = None

    @property
    def width(self) -> int | None:
        return None if self.mean is None else len(self.mean)

    @property
    def covariance(self) -> np.ndarray:
        if self.n < 2:
            raise ScoreError(f"A covariance needs two pictures or more, not {self.n}.")
        return self._squares / (self.n - 1)

    def add(self, rows: np.ndarray) -> None:
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


class _Reservoir:
    """A random sample of fixed size from a stream (Vitter 1985, algorithm R)."""

    def __init__(self, size: int, seed: int) -> None:
        if size < 2:
            raise ScoreError(f"Scores of pairs need a sample of two pictures or more, not {size}.")
        self.size = size
        self.rows = np.empty((0, 0), dtype="float32")
        self._chance = np.random.default_rng(seed)

    def add(self, rows: np.ndarray, before: int) -> None:
        if not self.rows.size:
            self.rows = np.empty((self.size, rows.shape[1]), dtype="float32")
        number = before + np.arange(len(rows))
        # While there is room everyone stays; then number i takes a place with probability size / (i + 1).
        place = np.where(number < self.size, number, self._chance.integers(0, number + 1))
        stays = place < self.size
        self.rows[place[stays]] = rows[stays]


def seen(
    network, batches: Iterable[np.ndarray], size: int | None = None
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Pixels, features (B, D) and class probabilities (B, K), batch by batch; the network stays in its mode."""
    import torch
    from torch.nn import functional as F

    from artlib.nets import evaluating

    device = next(network.parameters()).device
    with evaluating(network):
        for batch in batches:
            if batch.dtype != np.uint8 or batch.ndim != 4 or batch.shape[-1] != 3:
                raise ScoreError(f"Pictures come as uint8 (B, H, W, 3), not as {batch.dtype} {batch.shape}.")
            with torch.inference_mode():
                x = torch.from_numpy(np.ascontiguousarray(batch)).to(device).permute(0, 3, 1, 2).float() / 255
                if size and x.shape[-1] != size:
                    x = F.interpolate(x, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
                features = network.body(network.normalize(x))
                shares = network.head(features).softmax(1)
            yield x.shape[-1], features.float().cpu().numpy(), shares.float().cpu().numpy()


def _checked(rows: np.ndarray, what: str, width: int | None) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.ndim != 2 or (width is not None and rows.shape[1] != width):
        raise ScoreError(f"The {what} of a batch are (B, {width or 'D'}), not {rows.shape}.")
    if not np.isfinite(rows).all():
        raise ScoreError(f"The {what} are not all finite numbers: are the pictures, or the network's weights?")
    return rows


def _comparable(real: FeatureStatistics, fake: FeatureStatistics) -> None:
    if real.source != fake.source:
        raise ScoreError(
            f"Features of different networks do not compare: the real pictures were seen by {real.source}, the "
            f"generated ones by {fake.source}. Compute both with one network at one size."
        )
    if min(real.n, fake.n) < 2:
        raise ScoreError(f"Two pictures a side are the least; there are {real.n} real and {fake.n} generated ones.")
    if real.features.width != fake.features.width:
        raise ScoreError(f"{real.features.width} features of real pictures, {fake.features.width} of generated ones.")


def _pair(real: FeatureStatistics, fake: FeatureStatistics, at_most: int | None = None, equal: bool = True) -> tuple:
    """Both samples; of equal size where the score wants it."""
    _comparable(real, fake)
    a, b = real.sample, fake.sample
    if equal:
        count = min(len(a), len(b), at_most or len(a))
        a, b = _some(a, count), _some(b, count)
    return a, b


def _some(rows: np.ndarray, count: int) -> np.ndarray:
    # At random, because a sample that is not full is in the order of the collection.
    return rows if count == len(rows) else rows[np.random.default_rng(0).permutation(len(rows))[:count]]


def _centred(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both less their common mean: distances by products of rows lose digits far from the origin."""
    mean = np.concatenate([a.mean(0, keepdims=True), b.mean(0, keepdims=True)]).mean(0)
    return a - mean, b - mean


def _neighbours(rows: np.ndarray, k: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Block by block the k nearest other rows of each row: numbers and squared distances, (B, k)."""
    import torch

    rows = torch.from_numpy(rows)
    norms = rows.square().sum(1)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        squared = torch.addmm(norms, part, rows.T, alpha=-2)
        own = torch.arange(len(part))
        squared[own, start + own] = torch.inf
        least, found = squared.topk(k, dim=1, largest=False)
        least = (least + norms[start : start + _BLOCK, None]).clamp_(min=0)
        yield found.numpy(), least.numpy()


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    import torch

    return torch.cdist(torch.from_numpy(a), torch.from_numpy(b)).numpy()


def _median_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The median of the positive distances between some of the pictures; 0 where there are none."""
    pool = np.concatenate([a[:_BLOCK], b[:_BLOCK]])
    apart = _distances(pool, pool)
    apart = apart[apart > 0]
    return float(np.median(apart)) if apart.size else 0.0


def _kernel_within(rows: np.ndarray, kernel: str, bandwidth: float | None) -> float:
    """The kernel summed over all ordered pairs of different rows; each block beside the diagonal is computed once."""
    total = 0.0
    for start in range(0, len(rows), _BLOCK):
        part, rest = rows[start : start + _BLOCK], rows[start + _BLOCK :]
        values = _kernel_values(part, part, kernel, bandwidth)
        total += _added(values) - _added(values.diagonal())
        if len(rest):
            total += 2 * _added(_kernel_values(part, rest, kernel, bandwidth))
    return total


def _kernel_sum(a: np.ndarray, b: np.ndarray, kernel: str, bandwidth: float | None) -> float:
    parts = (a[start : start + _BLOCK] for start in range(0, len(a), _BLOCK))
    return sum(_added(_kernel_values(part, b, kernel, bandwidth)) for part in parts)


def _kernel_values(a: np.ndarray, b: np.ndarray, kernel: str, bandwidth: float | None):
    import torch

    a, b = torch.from_numpy(a), torch.from_numpy(b)
    if kernel == "gaussian":
        return torch.cdist(a, b).square_().div_(-2 * bandwidth**2).exp_()
    values = torch.addmm(torch.ones(()), a, b.T, alpha=1 / a.shape[1])
    return values.square().mul_(values)  # a general power costs many times more


def _added(values) -> float:
    import torch

    return float(values.sum(dtype=torch.float64))


def _negative_entropy(shares: np.ndarray) -> np.ndarray:
    """The sum of p log p over the last axis, added up in float64; a probability of 0 adds nothing."""
    logs = np.log(np.maximum(shares, _TINY))
    return np.multiply(logs, shares, out=logs).sum(-1, dtype="float64")

"""Training, validation and test sets that no work straddles.

A split never separates the pictures of one work (``work_id``); on request no artist stands on two sides either.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artlib.errors import ArtlibError, one_of
from artlib.tasks import Task
from artlib.works import SETS, connected


class SplitError(ArtlibError):
    """A split that cannot be made from these works."""


class SplitWarning(UserWarning):
    """A split that was made, with something to know about it."""


@dataclass(frozen=True)
class Split:
    """Rows of a works table for training, for choosing, and for the one last test.

    Attributes
    ----------
    train, valid, test : ascending positions into the works table, int64.
    seed : what the draw was made with.
    column : the task's column, whose classes have about the same shares on all sides.
    disjoint : None, or the column ("artist") of which no value stands on two sides.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    seed: int
    column: str
    disjoint: str | None = None

    def parts(self) -> dict[str, np.ndarray]:
        """The three sets by name."""
        return {"train": self.train, "valid": self.valid, "test": self.test}


def stratified(
    works: pd.DataFrame,
    task: Task,
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    disjoint: str | None = None,
) -> Split:
    """One random split with the same shares of every class on each side (fine-tuning paper, section 3: 70/10/20).

    Parameters
    ----------
    works, task : rows without a label for the task are in no part.
    fractions : shares of training, validation and test; they add up to 1.
    disjoint : "artist" for a split with no artist on two sides; works of unknown artists are then left out, since
        nobody can say on which side they belong.

    Raises
    ------
    SplitError : no labelled work, fractions that do not add up, or a side that stays empty.
    """
    if len(fractions) != 3 or min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise SplitError(f"Fractions of a split are three shares that add up to 1, not {fractions}.")
    rows, groups, strata, targets = _prepare(works, task, disjoint)
    parts = _deal(groups, strata, fractions, np.random.default_rng(seed))
    train, valid, test = (rows[parts == number] for number in range(3))
    split = Split(train, valid, test, seed, task.column, disjoint)
    _examine(split, targets, task, fractions)
    return split


def make(
    works: pd.DataFrame, task: Task, fractions: tuple[float, float, float] = (0.7, 0.1, 0.2), seed: int = 0
) -> Split:
    """The split that a chapter takes: the published one where the works carry one that can serve, else ``stratified``.

    It can serve where each of its sides has works of every class. Of works that carry one, in the column ``set``, a
    SplitWarning says in one sentence whether it is kept, and if not, why. Parameters and errors as of ``stratified``.
    """
    if "set" not in works or works["set"].isna().all():
        return stratified(works, task, fractions, seed)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            split = published(works, task, valid=fractions[1] / (fractions[0] + fractions[1]), seed=seed)
            why = _lacking_side(works, task, split)
        except SplitError as fault:
            why = str(fault)
    if why:
        said = f"The published split cannot serve for {task.column!r}, so another one is made: {why}"
        warnings.warn(said, SplitWarning, stacklevel=2)
        return stratified(works, task, fractions, seed)
    for one in seen:
        warnings.warn(one.message, stacklevel=2)
    sizes = ", ".join(f"{len(rows):,} {name}" for name, rows in split.parts().items())
    warnings.warn(f"The published split is kept for {task.column!r}: {sizes}.", SplitWarning, stacklevel=2)
    return split


def folds(
    works: pd.DataFrame,
    task: Task,
    k: int = 5,
    repeats: int = 1,
    seed: int = 0,
    disjoint: str | None = None,
    valid: float = 0.1,
) -> list[Split]:
    """Repeated grouped cross-validation: in every repeat each labelled work is tested once.

    Returns ``k * repeats`` splits, repeat by repeat; fewer folds, with a SplitWarning, where there are fewer than ``k``
    works (or artists) to deal. ``valid`` is the share of the remaining works kept for choosing epochs and
    hyper-parameters.
    """
    if k < 2:
        raise SplitError(f"Cross-validation needs at least two folds, not {k}.")
    rows, groups, strata, _ = _prepare(works, task, disjoint)
    if (most := _most_folds(groups, strata, task, disjoint)) < k:
        said = f"Cross-validation by {task.column!r} in {most} folds, not {k}: there are no more works to deal."
        warnings.warn(said, SplitWarning, stacklevel=2)
        k = most
    made = []
    for repeat in range(repeats):
        generator = np.random.default_rng([seed, repeat])
        fold_of = _deal(groups, strata, (1 / k,) * k, generator)
        for fold in range(k):
            rest = fold_of != fold
            if not rest.any():
                kept = f" with the same {disjoint!r}" if disjoint else ""
                raise SplitError(f"All works{kept} hang together: there is nothing to train on while they are tested.")
            inner = _deal(groups[rest], strata[rest], (1 - valid, valid), generator)
            train, valid_rows = (rows[rest][inner == side] for side in (0, 1))
            made.append(Split(train, valid_rows, rows[~rest], seed + repeat, task.column, disjoint))
    return made


def published(works: pd.DataFrame, task: Task, column: str = "set", valid: float = 0.1, seed: int = 0) -> Split:
    """The split that a source publishes, as a column of "train", "valid" and "test" (also "val", "validation").

    Where the source has two sets, the one that is not trained on is the test set; where it has no validation set,
    the share ``valid`` of the training works is cut off with ``seed``, same shares of every class. A work that the
    source puts on two sides goes whole to the later one (train, valid, test), with a SplitWarning. Rows without a
    label or a set are in no part.

    Raises
    ------
    SplitError : no such column, a value that names no set, or a part that stays empty.
    """
    rows, groups, strata, targets = _prepare(works, task, None)
    parts = _published_parts(works, column)[rows]
    rows, groups, strata, parts = (values[parts >= 0] for values in (rows, groups, strata, parts))
    if not (parts == 0).any() or not (parts > 0).any():
        raise SplitError(f"Column {column!r} has no labelled work for training, or none for testing.")
    latest = pd.Series(parts).groupby(groups).transform("max").to_numpy(copy=True)
    moved = len(set(groups[parts != latest]))
    if moved:
        warnings.warn(
            f"The published split {column!r} puts {moved} works on two sides; each goes whole to the later one.",
            SplitWarning,
            stacklevel=2,
        )
    if not (latest == 2).any():
        latest = np.where(latest == 1, 2, latest)
    if not (latest == 1).any() and valid:
        trained = np.flatnonzero(latest == 0)
        dealt = _deal(groups[trained], strata[trained], (1 - valid, valid), np.random.default_rng(seed))
        latest[trained[dealt == 1]] = 1
    split = Split(*(rows[latest == part] for part in range(3)), seed, task.column)
    _examine(split, targets, task, (1.0, valid, 1.0))
    return split


def straddling(works: pd.DataFrame, split: Split, column: str = "work_id") -> set:
    """Values of a column that stand on more than one side: empty for ``work_id``, always."""
    sides = [set(works[column].iloc[rows].dropna()) for rows in split.parts().values()]
    return (sides[0] & sides[1]) | (sides[0] & sides[2]) | (sides[1] & sides[2])


# --- how the groups are dealt ------------------------------------------------------------------------------------


def _prepare(
    works: pd.DataFrame, task: Task, disjoint: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Labelled rows, the group and the stratum of each, and the targets of all rows."""
    targets = task.targets(works)
    usable = task.has_label(targets)
    if disjoint is not None:
        one_of(disjoint, works.columns, f"The works have no column {disjoint!r} to keep apart", SplitError)
        usable &= works[disjoint].notna().to_numpy()
    rows = np.flatnonzero(usable)
    if not len(rows):
        raise SplitError(f"No work has a label for the task {task.column!r}: there is nothing to split.")
    groups = pd.factorize(works["work_id"].iloc[rows])[0]
    if disjoint is not None:
        groups = _joined(groups, pd.factorize(works[disjoint].iloc[rows])[0])
    return rows, groups, _strata(targets[rows], task), targets


def _published_parts(works: pd.DataFrame, column: str) -> np.ndarray:
    """0, 1, 2 for train, valid, test; -1 where a row has none."""
    if column not in works.columns:
        sets = [name for name in works.columns if str(name).startswith("set")]
        raise SplitError(f"The works have no column {column!r} with a published split (columns of sets: {sets}).")
    given = works[column].notna()
    parts = works[column].astype("string").str.strip().str.lower().map(SETS)
    if parts[given].isna().any():
        row = int(np.flatnonzero(given & parts.isna())[0])
        work, value = works["work_id"].iloc[row], works[column].iloc[row]
        raise SplitError(f"Work {work!r}, column {column!r}: {value!r} is not train, valid or test.")
    return parts.fillna(-1).to_numpy("int64")


def _lacking_side(works: pd.DataFrame, task: Task, split: Split) -> str:
    """The first class that a published side lacks, in words; a validation set that was cut off here may lack some."""
    if task.kind not in ("category", "binary"):
        return ""
    targets, three = task.targets(works), {1, 2} <= set(_published_parts(works, "set"))
    for name, rows in split.parts().items():
        lacking = sorted(set(range(task.outputs)) - set(targets[rows].tolist()))
        if lacking and (name != "valid" or three):
            return f"its {name} set has no work of {task.classes[lacking[0]]!r}."
    return ""


def _most_folds(groups: np.ndarray, strata: np.ndarray, task: Task, disjoint: str | None) -> int:
    """Folds of which none stays empty, and none without one of the classes unless artists are to be kept apart."""
    if disjoint is None and task.kind in ("category", "binary"):
        pairs = np.unique(np.column_stack([strata, groups]), axis=0)[:, 0]
        return max(2, int(np.unique(pairs, return_counts=True)[1].min()))
    return max(2, len(np.unique(groups)))


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Groups of rows that hang together by either key."""
    n = first.max() + 1
    return connected(n + second.max() + 1, first, n + second)[first]


def _strata(targets: np.ndarray, task: Task) -> np.ndarray:
    """What is held in proportion: the class; the rarest of several; a tenth of the range of a number."""
    if task.kind == "regression":
        return pd.factorize(pd.qcut(targets, 10, duplicates="drop"))[0]
    if task.kind == "multilabel":
        order = np.argsort(np.argsort(targets.sum(axis=0), kind="stable"))
        return np.where(targets > 0, order, len(order)).min(axis=1)
    return targets


def _deal(
    groups: np.ndarray, strata: np.ndarray, shares: tuple[float, ...], generator: np.random.Generator
) -> np.ndarray:
    """The part of each row. Groups come in random order; each goes where its stratum lacks most, relative to the aim.

    A part is passed over while it lacks less than half the group, so that one large group cannot fill a small part
    twice over; when that leaves none, the part lacking most takes it.
    """
    _, groups = np.unique(groups, return_inverse=True)
    stratum, sizes = _commonest(groups, strata), np.bincount(groups)
    aims = np.outer(np.bincount(stratum, weights=sizes), np.asarray(shares))
    # Ties between parts fall to the later one at random, so that no fold collects all the leftovers.
    nudges = (generator.random((len(sizes), len(shares))) * 1e-9).tolist()
    # Plain lists: a million steps on three numbers each, in which arrays would spend their time on themselves.
    lacks, floors = aims.tolist(), np.maximum(aims, 1e-12).tolist()
    stratum, counts, part_of = stratum.tolist(), sizes.tolist(), [0] * len(sizes)
    for group in generator.permutation(len(sizes)).tolist():
        lack, size, nudge, floor = lacks[stratum[group]], counts[group], nudges[group], floors[stratum[group]]
        best, most = -1, 0.0
        for part, short in enumerate(lack):
            if short * 2 >= size and (wanted := short / floor[part] + nudge[part]) > most:
                best, most = part, wanted
        if best < 0:
            best = max(range(len(lack)), key=lambda part: lack[part] + nudge[part])
        part_of[group] = best
        lack[best] -= size
    return np.array(part_of, dtype=np.int64)[groups]


def _commonest(groups: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """The stratum that most rows of each group have; the lowest of several."""
    _, strata = np.unique(strata, return_inverse=True)
    pairs, counts = np.unique(groups * (strata.max() + 1) + strata, return_counts=True)
    group, stratum = np.divmod(pairs, strata.max() + 1)
    order = np.lexsort((stratum, -counts, group))
    first = np.unique(group[order], return_index=True)[1]
    return stratum[order][first]


def _examine(split: Split, targets: np.ndarray, task: Task, fractions: tuple[float, float, float]) -> None:
    for (name, rows), share in zip(split.parts().items(), fractions, strict=True):
        if share > 0 and not len(rows):
            raise SplitError(
                f"The {name} set of the split by {task.column!r} stays empty: too few works"
                + (f" with different values of {split.disjoint!r}." if split.disjoint else ".")
            )
    if task.kind not in ("category", "binary"):
        return
    trained, chosen, tested = (set(np.unique(targets[rows])) for rows in split.parts().values())
    unseen = sorted(task.classes[number] for number in tested - trained)
    untested = sorted(task.classes[number] for number in (trained | chosen) - tested)
    only_chosen = sorted(task.classes[number] for number in chosen - trained - tested)
    for names, what in (
        (unseen, "are tested but never trained"),
        (untested, "have no work in the test set"),
        (only_chosen, "stand in the validation set only"),
    ):
        if names:
            shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
            warnings.warn(f"Split by {task.column!r}: {len(names)} classes {what}: {shown}", SplitWarning, stacklevel=3)

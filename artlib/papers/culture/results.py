"""What recorded runs say of the culture paper: agreement with the map, what materials do, attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from artlib import paths
from artlib.evaluate import comparisons, statistics
from artlib.experiments.results import gain, intervals, predictions, recorded, with_note
from artlib.papers.culture import measures

if TYPE_CHECKING:
    from artlib.learners.finetune import FineTuner
    from artlib.works import Collection

_AGREEMENT = ("mantel", "mantel_corrected")


def agreement(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Correlations with geography in sets of records of kind ``culture-map``: measure, museum, value, low, high.

    Of test pictures, as the paper measures it ("mantel"), and with the scatter of small classes subtracted.
    named: title -> runs. Trained models are resampled inside their draws.
    """
    whole = {
        title: runs[runs["cell.works"] == "all"] if "cell.works" in runs.columns else runs
        for title, runs in named.items()
    }
    rows = [
        {"measure": metric, "museum": title, **one.row()}
        for metric in _AGREEMENT
        for title, one in intervals(whole, f"metrics.{metric}").items()
    ]
    return pd.DataFrame(rows, columns=["measure", "museum", "value", "low", "high"])


def right_parts(runs: pd.DataFrame) -> pd.DataFrame:
    """The right culture first, among three, and the right side of East and West: share, low, high (section 4.1).

    Beside the last two stands what is right by always naming the largest. runs : of one classifier, with predictions.
    """
    table = predictions(runs)
    world = measures.by_region(table, table.attrs["classes"], measures.EAST_WEST)
    sizes, regions = (one["target"].value_counts(normalize=True) for one in (table, world))
    scores = {
        "the right culture first": comparisons.score(table, "accuracy"),
        "the right culture among three": comparisons.score(table, "top3"),
        "... by always naming the three largest": sizes.iloc[:3].sum(),
        "the right one of East and West": comparisons.score(world, "accuracy"),
        "... by always naming the largest": regions.iloc[0],
    }
    rows = [[e, "", ""] if isinstance(e, float) else list(e.row().values()) for e in scores.values()]
    shares = pd.DataFrame(rows, index=list(scores), columns=["share", "low", "high"])
    return shares.map(lambda value: round(value, 3) if isinstance(value, float) else value)


def balanced_materials(runs: pd.DataFrame) -> dict[str, statistics.Estimate]:
    """Recall with materials balanced less recall on works as they come, in the same networks: title -> Estimate.

    runs : of kind ``culture-map`` on the two sides, with a field ``cell.pictures``, the title. Over the cultures that
        have test works on both sides; trained models are resampled inside their draws.
    """
    keys = ["cell.task", "cell.draw", "seed", "cell.repeat", "cell.fold"]
    found = {}
    for title, own in runs.dropna(subset="metrics.recall_of_side").groupby("cell.pictures", sort=False):
        own = own.fillna(dict.fromkeys(keys, -1))
        sides = own.pivot_table(index=keys, columns="cell.works", values="metrics.recall_of_side").dropna()
        change = sides.mean(axis=1) - own.groupby(keys)["metrics.recall_as_they_come"].mean()
        change = change.dropna()
        found[title] = statistics.interval_of_runs(change, change.index.get_level_values("cell.draw"))
    return found


def alarms(named: Mapping[str, pd.DataFrame], level: float = 0.05) -> pd.DataFrame:
    """In how many runs Mantel's test says that the map agrees: one row a set of runs of kind ``culture-map``.

    As measured, and with the scatter of the means removed. On a museum without cultures this is the rate of false
    alarms, and ``level`` of it is what chance promises.
    """
    words = {"metrics.mantel_p": "as measured", "metrics.mantel_corrected_p": "scatter removed"}
    rows = {}
    for title, runs in named.items():
        known = {name: runs[column].dropna() for column, name in words.items() if column in runs.columns}
        if known and len(known["as measured"]):
            rows[title] = {"runs": len(known["as measured"])}
            rows[title] |= {f"p below {level:g}, {name}": int((values < level).sum()) for name, values in known.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def attention_scores(learner: FineTuner, collection: Collection, rows: np.ndarray) -> pd.DataFrame:
    """Scores of feature maps and Grad-CAM against the evidence, as ``attention.scores``: recorded, else this learner's.

    rows: of the museum ``collection``, pictures the learner was not trained on. Where nobody knows the evidence (any
    other collection) drawn pictures are shown to the learner instead. ``attrs["note"]`` says what was scored.
    """
    from artlib import collections, pixels

    found = recorded("culture-looking")
    if len(found):
        note = f"Recorded: culture-looking, {len(found)} networks, {int(found['n_test'].sum())} pictures."
        return with_note(predictions(found), note)
    pictures = learner.pictures
    if not hasattr(collection.source, "causes"):
        collection = collections.read("museum")
        pictures = pixels.cache(collection, learner.pictures.size)
        rows = np.arange(min(300, len(collection)))
    scores = measures.attention_scores(learner, pictures, rows, collection)
    return with_note(scores, f"No recorded run yet: this page's own network, on {len(rows)} drawn pictures.")


def in_words(summary: pd.DataFrame) -> pd.DataFrame:
    """``attention.summary`` with names for the two baselines that say what they are."""
    return summary.replace({"map": paths.table("words.yaml")["attention_maps"]})


def best_map(scored: pd.DataFrame) -> str:
    """What a summary of maps (``in_words``) says of the middle of the picture, in a sentence."""
    words = paths.table("words.yaml")["attention_maps"]
    middle, own = words["the middle"], ["Grad-CAM", words["summed feature map"]]
    wide = scored.set_index(["measure", "map"])[["low", "high"]]
    clear = [
        measure for measure in scored["measure"].unique()
        if all(wide.loc[(measure, middle), "low"] > wide.loc[(measure, one), "high"] for one in own)
    ]  # fmt: skip
    if len(clear) == scored["measure"].nunique():
        return "A dot in the middle of the picture beats both maps."
    return (
        f"A dot in the middle beats both maps in the {clear[0]}."
        if clear
        else "No map is clearly beaten by the middle."
    )


_PARTS = {"tenth": "10 %", "quarter": "25 %", "half": "50 %", "whole": "100 %"}


def resized(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Runs in which a class has a part of its training pictures, smallest part first; title -> runs.

    ``cell.on`` is the title, ``cell.method`` the part, "recall of that class, %" what they recognise of the class.
    """
    runs = pd.concat([one.assign(**{"cell.on": title}) for title, one in named.items()], ignore_index=True)
    runs = runs[(runs["cell.task"] == "culture") & runs["cell.method"].isin(list(_PARTS))]
    runs = runs.sort_values("cell.method", key=lambda method: method.map(list(_PARTS).index), kind="stable")
    recall = 100 * runs["metrics.recall_of_resized"]
    return runs.replace({"cell.method": _PARTS}).assign(**{"recall of that class, %": recall})


def by_setting(searched: pd.DataFrame) -> pd.DataFrame:
    """Validation accuracy of each setting that a search tried, and how much of it one validation work is."""
    setting = searched["cell.method"].str.replace(r"^\w+_s, ", "", regex=True)
    pictures, network = searched["collection"].replace("museum", "drawn"), searched["cell.network"]
    keys = {"pictures": pictures, "network": network, "setting": setting}
    found = searched.assign(**keys).groupby(list(keys))
    accuracy, works = 100 * found["metrics.valid_accuracy"].mean(), found["n_valid"].mean()
    return pd.DataFrame({"validation accuracy, %": accuracy, "one work, points": 100 / works}).round(1)


def unseen_artists(named: Mapping[str, pd.DataFrame], apart: str = "artists apart") -> dict[str, statistics.Estimate]:
    """What it costs to be tested on artists that were never seen: title -> Estimate, for titles whose runs tell.

    named: title -> runs on a task, and on the same with ``apart`` in its name (splits with no artist on two sides).
    """
    found = {}
    for title, runs in named.items():
        unseen = runs["cell.task"].astype(str).str.contains(apart) if len(runs) else pd.Series(dtype=bool)
        if unseen.any() and not unseen.all():
            sides = predictions(runs.assign(**{"cell.artists": np.where(unseen, "unseen", "seen")}))
            if one := gain(sides, "unseen", "seen", among="artists", by=None).get("all"):
                found[title] = one
    return found

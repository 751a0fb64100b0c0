"""Make ``data/open-works.csv`` from the recorded collection: ``ARTLIB_REAL=... python tests/open_works_table.py``.

What is open and has its museum's number stands there with the labels that the recorded experiments used, the folds in
which they tested it, and what it looks like, by which a picture of another work is known when it is fetched.
"""

import re
from collections.abc import Iterator

import pandas as pd

from artlib import collections, papers, paths, splits
from artlib.collections import duplicates, open_works
from artlib.collections.preparations import with_strata
from artlib.works import Collection

MUSEUMS = {
    "met_paintings": ("met", r"object (?P<object>\d+), (?P<number>[^)]+)\)"),
    "met_sculptures": ("met", r"object (?P<object>\d+), (?P<number>[^)]+)\)"),
    "npg_portraits": ("npg", r"/object/(?P<object>npg_(?P<number>\S+))"),
    "helen_hyde": ("saam", r"edanmdm-(?P<object>saam_(?P<number>[\w.]+))"),
    "aic_artwall": ("aic", r"id (?P<object>\d+)(?P<number>)"),
}
"""Source in the recorded collection -> folder, and where the licence names the museum's object."""

LABELS = (
    *("work_id", "title", "artist", "culture", "date_text", "year_begin", "year_end"),
    *("materials", "types", "genre", "field", "grayscale"),
)
CLIPPED = "background clipped"
STUDIES = {
    "folds_culture": ("culture-map-real", "culture"),
    "folds_culture_apart": ("culture-map-real", "culture, artists apart"),
    "folds_multi_task": ("multi-task-real-cpu", "stratum"),
}
"""Column -> study and question: in which fold of each repeat a work is tested. Studies of one question share them."""


def table(real: Collection) -> pd.DataFrame:
    """The open works, in the order of the recorded collection: splits depend on the order of the rows."""
    rows = []
    for work, museum, found in _open(real):
        labels = {name: "; ".join(of) or None if isinstance(of := work[name], list) else of for name in LABELS}
        labels["title"] = " ".join(str(labels["title"]).split())
        place = {"object": found["object"], "file": f"{museum}/{found['object']}.jpg"}
        credit = ", ".join(filter(None, (open_works.museum(museum)["title"], found["number"])))
        rows.append({"source": work["source"], **place, **labels, "licence": "CC0-1.0", "credit": credit})
    frame = pd.DataFrame(rows, dtype=object)
    for column, (study, question) in STUDIES.items():
        fold = frame["work_id"].map(tested(real, study, question))
        frame[column] = fold.where(frame["source"] == "met_paintings", None)  # the only source that these ask
    frame["look"] = [look(real, work) for work, *_ in _open(real)]
    return frame


def look(real: Collection, work: dict) -> str | None:
    """What a picture looks like, in 64 bits; None where its background was taken away before it was recorded."""
    clipped = CLIPPED in str(work["notes"])
    return None if clipped else f"{duplicates.perceptual_hash(work['image'], real.source):016x}"


def pictures(real: Collection) -> dict[str, str]:
    """Our file -> the picture of the recorded collection."""
    return {f"{museum}/{found['object']}.jpg": work["image"] for work, museum, found in _open(real)}


def _open(real: Collection) -> Iterator[tuple[dict, str, re.Match]]:
    """Works of a museum that dedicates them to everyone, where its number of the object is known."""
    for work in real.works[real.works["source"].isin(MUSEUMS)].to_dict("records"):
        museum, pattern = MUSEUMS[work["source"]]
        if found := re.search(pattern, work["licence"].replace("\ufffd", "–")):
            yield work, museum, found


def tested(real: Collection, study: str, question: str) -> pd.Series:
    """Work -> the fold that tests it, one for each repeat ("3; 1")."""
    declared = papers.load_study(study)
    works = real.works
    if "named" in declared.recipe:
        chosen = works["source"] == declared.recipe["source"]
        works = with_strata(works[chosen].reset_index(drop=True), declared.recipe["named"])
    asked = declared.questions[question].ask(works)
    disjoint = declared.questions[question].disjoint
    every = splits.folds(asked.works, asked.task, declared.folds, declared.repeats, disjoint=disjoint)
    fold = {}
    for number, split in enumerate(every):
        for work in works["work_id"].iloc[split.test].unique():
            fold.setdefault(work, []).append(str(number % declared.folds))
    return pd.Series(fold, dtype=object).map("; ".join)


if __name__ == "__main__":
    table(collections.real()).to_csv(paths.data() / "open-works.csv", index=False, lineterminator="\n")

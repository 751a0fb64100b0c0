"""What lies in a folder of pictures, and what the chapters can ask of it: said before anything runs."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artlib import collections, presets, splits, tasks, works
from artlib.errors import ArtlibError
from artlib.site import files
from artlib.site.jobs import Job

if TYPE_CHECKING:
    import pandas as pd

    from artlib.site.layout import Layout

LEAST_WORKS, LEAST_OF_A_CLASS = 20, tasks.FEWEST
_ONE_OF = ("style", "genre", "artist", "culture")
_MUSEUM = 1500  # works of the drawn museum, which the presets' minutes were measured on


class LookError(ArtlibError):
    """Nothing can be asked of these pictures; the text says what it would need."""


@dataclass(frozen=True)
class Look:
    """What is there.

    Attributes
    ----------
    name : the collection's.
    pictures, works : how many.
    labels : one row a column: column, classes (with enough works), labelled, largest.
    chapters : (chapter, what it lacks or an empty text, minutes).
    sizes : column -> how many works its classes have, the largest first.
    said : what the reader passed over, in its own words, and for which labels a published split is kept.
    parts : column -> of its largest class, the works that a published split trains on, and the others; empty without.
    """

    name: str
    pictures: int
    works: int
    labels: pd.DataFrame
    chapters: list[tuple[str, str, float]]
    said: list[str]
    sizes: dict[str, list[int]]
    parts: dict[str, tuple[int, int]]

    def changes(self, chapter: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of a preset that are too large for these works, as they are better: few works, small batches.

        ``minimum`` works of a class are halved, down to five, until two classes have them. A batch is a quarter of
        the works at most, and the learning rate falls with its root. A generator learns from two thirds of the largest
        class and is scored on the rest, or from what a published split trains on.
        """
        asked = presets.asks(chapter)[0][1] if presets.asks(chapter) else ()
        column = next((one for one in asked if _second(self.sizes.get(one, [])) >= LEAST_OF_A_CLASS), "")
        sizes = self.sizes.get(column, [])
        found: dict[str, Any] = {}
        if "minimum" in settings:
            found["minimum"] = _halved(settings["minimum"], LEAST_OF_A_CLASS, _second(sizes))
        if "thresholds" in settings:
            found["thresholds"] = [one for one in settings["thresholds"] if one <= _second(sizes)] or [found["minimum"]]
        fewest = min([self.works, *sizes[:1]]) if "held" in settings else self.works
        if "held" in settings:
            trained, others = self.parts.get(column, (0, 0))
            kept = min(trained, others) >= LEAST_OF_A_CLASS
            found["held"] = min(settings["held"], others if kept else fewest // 3)
            found["train"] = min(settings["train"], trained if kept else fewest - found["held"])
            fewest = found["train"]
        if "batch_size" in settings:
            found["batch_size"] = _halved(settings["batch_size"], 4, max(fewest // 4, 4))
        if "learning_rate" in settings and "batch_size" in found:  # a step of few pictures is a noisy one
            smaller = found["batch_size"] / settings["batch_size"]
            found["learning_rate"] = float(f"{settings['learning_rate'] * smaller**0.5:.2g}")
        return {name: value for name, value in found.items() if value != settings[name]}

    def lines(self) -> Iterator[str]:
        """The look as text."""
        yield f"{self.name}: {self.pictures:,} pictures of {self.works:,} works."
        yield from self.said
        for row in self.labels.itertuples():
            yield (
                f"  {row.column}: {row.classes} classes with {LEAST_OF_A_CLASS} works or more, {row.labelled:,} works "
                f"with a label (largest: {row.largest})"
            )
        yield "The chapters:"
        for chapter, lacks, minutes in self.chapters:
            yield f"  {chapter}: {f'in part, lacks {lacks}' if lacks else 'can be asked'}, about {minutes:.1f} minutes"
        yield f"In all about {sum(minutes for _, _, minutes in self.chapters):.0f} minutes, and some more to render."


def look(chapters: list[str], collection: str, root: str | Path, preset: str = "smoke") -> Look:
    """Read a collection's table, without opening its pictures, and ask what each chapter would find.

    Raises
    ------
    CollectionError : it cannot be read.
    LookError : fewer than 20 works, or no label with two classes of five works.
    """
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = collections.read(collection, root=root)
    labels = _labels(found.works)
    count = found.works["work_id"].nunique()
    named = ", ".join(f"{row.column} {row.classes}" for row in labels.itertuples()) or "none"
    if count < LEAST_WORKS or not (labels["classes"] >= 2).any():
        raise LookError(
            f"Nothing can be asked of the {count:,} works in {Path(root).name}: a chapter needs {LEAST_WORKS} works or "
            f"more, and one label with two classes of {LEAST_OF_A_CLASS} works or more (such classes found: {named}). "
            "Add pictures, one folder for each class (COLLECTION=folder), or labels in a table (COLLECTION=table)."
        )
    usable = set(labels["column"][labels["classes"] >= 2])
    usable |= {name for name in ("year_begin", "field") if name in found.works and found.works[name].notna().any()}
    names = [Path(chapter).name for chapter in chapters]
    rows = [(name, _lacking(name, usable), _minutes(name, preset, count)) for name in names]
    lines = list(dict.fromkeys([*(str(one.message) for one in said), *_kept(found.works, labels)]))
    return Look(found.name, len(found.works), count, labels, rows, lines, _sizes(found.works), _parts(found.works))


def adapted(jobs: list[Job], found: Look, asked: Collection[str]) -> list[Job]:
    """The jobs with numbers that these works allow; what the user ``asked`` for stays."""
    made = []
    for job in jobs:
        changes = found.changes(Path(job.chapter).name, job.settings)
        changes = {name: value for name, value in changes.items() if name not in asked}
        given = {name: value for name, value in changes.items() if name in job.injected}
        settings = {**job.settings, **changes}
        made.append(replace(job, injected={**job.injected, **given}, changes=job.changes | changes, settings=settings))
    return made


def refusal(layout: Layout, error: LookError) -> Path:
    """One page that says why there is no book of these pictures; beside the site, which stays as it was."""
    page = layout.build / "your-pictures.html"
    layout.build.mkdir(parents=True, exist_ok=True)
    page.write_text(files.filled(Path(__file__).with_name("your-pictures.html"), said=error), encoding="utf-8")
    return page


def _halved(number: int, least: int, most: int) -> int:
    while number > max(most, least):
        number = max(number // 2, least)
    return number


def _sizes(table: pd.DataFrame) -> dict[str, list[int]]:
    return {name: list(_counts(table, name)) for name in (*_ONE_OF, "timeframe") if name in table}


def _second(sizes: list[int]) -> int:
    return sizes[1] if len(sizes) > 1 else 0


def _kept(table: pd.DataFrame, labels: pd.DataFrame) -> list[str]:
    """For which labels a published split is kept, in the words of ``splits.make``; nothing where there is none."""
    if "set" not in table:
        return []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for column in labels["column"][(labels["classes"] >= 2) & labels["column"].isin(_ONE_OF)]:
            with suppress(splits.SplitError):
                splits.make(table, tasks.make(table, column, minimum=LEAST_OF_A_CLASS))
    return [str(one.message) for one in said if str(one.message).startswith("The published")]


def _parts(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    if "set" not in table:
        return {}
    trained, known = table["set"].astype("string").str.strip().str.lower().map(works.SETS).eq(0), table["set"].notna()
    counted = [name for name in _ONE_OF if name in table and table[name].notna().any()]
    largest = {name: table[name].eq(table[name].mode()[0]) & known for name in counted}
    return {name: (int((rows & trained).sum()), int((rows & ~trained).sum())) for name, rows in largest.items()}


def _counts(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column].explode().dropna().astype(str).value_counts()


def _labels(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for column in works.COLUMNS:
        if column in (*_ONE_OF, "timeframe", "types", "materials", "field", "artistic") and column in table:
            counts = _counts(table, column)
            if len(counts):
                labelled = table[column].explode().dropna().index.nunique()  # a work may have several materials
                rows.append((column, int((counts >= LEAST_OF_A_CLASS).sum()), labelled, counts.index[0]))
    return pd.DataFrame(rows, columns=["column", "classes", "labelled", "largest"])


def _lacking(chapter: str, usable: set[str]) -> str:
    lacks = [
        f"{'two labels' if wanted > 1 else 'a label' if len(columns) > 1 else 'the label'} {_listed(columns)}"
        for wanted, columns in presets.asks(chapter)
        if len(usable & set(columns)) < wanted
    ]
    return " and ".join(lacks)


def _listed(columns: tuple[str, ...]) -> str:
    return columns[0] if len(columns) == 1 else f"of {', '.join(columns[:-1])} or {columns[-1]}"


def _minutes(chapter: str, preset: str, count: int) -> float:
    if chapter not in presets.chapters():
        return 0.1
    return presets.load(chapter, preset).minutes * min(max(count / _MUSEUM, 0.3), 4)

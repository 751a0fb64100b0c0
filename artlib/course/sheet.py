"""One lesson of 90 minutes: a sheet of pictures to sort by eye, a form, and how far two people and a network agree."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib import paths
from artlib.course.lessons import CourseError

STYLES, EACH = 4, 6
_A4 = (8.27, 11.69)
_WORKS, _PIXELS = 500, 48


def write(seed: int, folder: Path) -> None:
    """Write the sheet and the form (PDF), ``labels.csv`` to be filled, and ``answers.csv`` for the instructor.

    The network that answers is logistic regression on features of a network that has seen photographs, trained on the
    museum's other works of the same four styles.
    """
    from artlib import collections

    museum = collections.read("museum", size=_WORKS, seed=seed)
    styles, examples, rows = choose(museum.works, seed)
    numbers = range(1, len(rows) + 1)
    folder.mkdir(parents=True, exist_ok=True)
    _sheet(museum, dict(zip(styles, examples, strict=True)), rows, folder / "sheet.pdf")
    _form(styles, len(rows), folder / "form.pdf")
    empty = pd.DataFrame({"picture": numbers, "first": "", "second": ""})
    empty.to_csv(folder / "labels.csv", index=False)
    said = _network(museum, styles, [*examples, *rows], rows)
    true = museum.works["style"].iloc[rows].to_list()
    pd.DataFrame({"picture": numbers, "museum": true, "network": said}).to_csv(folder / "answers.csv", index=False)


def choose(works: pd.DataFrame, seed: int) -> tuple[list[str], list[int], list[int]]:
    """The four most frequent styles, a row of the works as an example of each, and 24 others, six of each, mixed."""
    found = works.drop_duplicates("work_id").dropna(subset=["style"])
    styles = sorted(found["style"].value_counts().index[:STYLES])
    picked = [found[found["style"] == style].sample(EACH + 1, random_state=seed).index.to_list() for style in styles]
    rest = np.random.default_rng(seed).permutation([row for rows in picked for row in rows[1:]])
    return styles, [rows[0] for rows in picked], rest.tolist()


def agreement(labels: Path, answers: Path) -> str:
    """How far two people agree, each with the museum, and the network with it: Cohen's kappa, with intervals.

    Parameters
    ----------
    labels : columns picture, first, second; ``answers`` : columns picture, museum, network.

    Raises
    ------
    CourseError : a file that cannot be read, or fewer than six pictures that both have labelled.
    """
    people, known = _read(labels, "first", "second"), _read(answers, "museum", "network")
    both = people.merge(known, on="picture").query("first != '' and second != ''")
    if len(both) < EACH:
        raise CourseError(
            f"{labels}: only {len(both)} pictures have the labels of both people; fill in at least {EACH}."
        )
    strange = sorted({*both["first"], *both["second"]} - {*known["museum"]})
    notes = [f"Not on the sheet, so counted as wrong: {', '.join(strange)}."] if strange else []
    pairs = {
        "The two of you": ("first", "second"),
        "The first and the museum": ("first", "museum"),
        "The second and the museum": ("second", "museum"),
        "The network and the museum": ("network", "museum"),
    }
    return "\n".join([*notes, *(f"{words}: {_kappa(both, *columns)}" for words, columns in pairs.items())])


def _kappa(rows: pd.DataFrame, a: str, b: str) -> str:
    from artlib.evaluate import comparisons, predictions

    names = sorted({*rows[a], *rows[b]})
    predicted, target = (rows[column].map(names.index).to_numpy() for column in (a, b))
    works = rows.rename(columns={"picture": "work_id"})
    table = predictions.from_probabilities(works, range(len(rows)), target, np.eye(len(names))[predicted])
    # Where all is said alike there is nothing that chance could not do.
    found = comparisons.score(table, "kappa", resamples=2_000) if len(names) > 1 else None
    same = f"the same on {int((target == predicted).sum())} of {len(rows)} pictures"
    if found is None:
        return f"{same}; with one label alone there is no kappa."
    return f"{same}; kappa {found.value:.2f}, 95% interval {found.low:.2f} to {min(1, found.high):.2f}."


def _read(file: Path, *columns: str) -> pd.DataFrame:
    wanted = ["picture", *columns]
    try:
        rows = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", usecols=wanted).fillna("")
    except (OSError, ValueError) as fault:
        raise CourseError(f"{file} cannot be read as a table with the columns {', '.join(wanted)}: {fault!r}") from None
    return rows.apply(lambda column: column.str.strip().str.casefold()).drop_duplicates("picture", keep="last")


def _network(museum: Any, styles: list[str], left_out: list[int], rows: list[int]) -> list[str]:
    from artlib import nets, pixels, splits, tasks
    from artlib.learners import linear
    from artlib.works import Collection

    asked = museum.works["style"].isin(styles)
    asked &= ~museum.works["work_id"].isin(museum.works["work_id"].iloc[left_out]) | museum.works.index.isin(rows)
    chosen = museum.works[asked]
    place = {row: k for k, row in enumerate(chosen.index)}
    pictures = pixels.cache(Collection(museum.name, chosen.reset_index(drop=True), museum.source), _PIXELS)
    task = tasks.make(pictures.works, "style")
    test = np.array([place[row] for row in rows])
    others = np.random.default_rng(0).permutation(np.setdiff1d(np.arange(len(chosen)), test))
    valid, train = map(np.sort, np.split(others, [len(others) // 5]))
    network = nets.create("resnet18_s", task.outputs, weights="photographs")
    probe = linear.probe(pictures, task, splits.Split(train, valid, test, seed=0, column="style"), network)
    return [task.classes[k] for k in probe.probabilities(test).argmax(1)]


def _sheet(museum: Any, examples: Mapping[str, int], rows: list[int], target: Path) -> None:
    figure = _page("sheet")
    for k, (style, row) in enumerate(examples.items()):
        _put(figure, museum, row, (0.06 + 0.225 * k, 0.778, 0.2, 0.141), style)
    for k, row in enumerate(rows):
        line, column = divmod(k, 5)
        _put(figure, museum, row, (0.06 + 0.18 * column, 0.625 - 0.148 * line, 0.165, 0.117), str(k + 1))
    figure.savefig(target)


def _page(name: str) -> Any:
    """A page of the lesson with its words."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_A4)
    for x, y, size, words in paths.table("words.yaml")["lesson"][name]:
        figure.text(x, y, words, fontsize=size, weight="bold" if size > 12 else "normal")
    return figure


def _put(figure: Any, museum: Any, row: int, box: tuple[float, float, float, float], title: str) -> None:
    axes = figure.add_axes(box)
    axes.imshow(museum.source.read(museum.works["image"].iloc[row], 224))
    axes.set_title(title, fontsize=9, pad=2)
    axes.set_axis_off()


def _form(styles: list[str], pictures: int, target: Path) -> None:
    figure = _page("form")
    axes = figure.add_axes((0.08, 0.3, 0.84, 0.6))
    axes.set_axis_off()
    cells = [[str(k), *[""] * STYLES, ""] for k in range(1, pictures + 1)]
    table = axes.table(cells, colLabels=["picture", *styles, "sure? (1 to 3)"], loc="upper center", cellLoc="center")
    table.scale(1, 1.6)
    figure.savefig(target)

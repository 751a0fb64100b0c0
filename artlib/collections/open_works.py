"""The open works of the recorded real experiments, by their museums' numbers: facts here, pictures at the museums.

``data/open-works.csv`` lists them (made by ``tests/open_works_table.py``), ``data/open-works-display.csv`` names the
forty that the pages show, for what use, and what is to be seen. ``artlib download open`` fetches the pictures into
`folder`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from artlib import paths

DISPLAY = "display"
"""The folder below `folder` in which the works that pages show lie a little larger."""

WHOLE = ("met_paintings", "met_sculptures", "npg_portraits", "aic_artwall")
"""The sources of the recorded collection of which every work is listed."""


def works(display: bool = False) -> pd.DataFrame:
    """The open works, a row each, in the order of the recorded collection; those that the pages show, in theirs.

    Columns are those of a table of works (`artlib.works`) and ``object`` (the museum's number), ``file`` (the
    picture, below `folder`) and ``folds_culture``, ``folds_culture_apart``, ``folds_multi_task``: in which fold of
    each repeat the recorded experiments test a work ("3; 1"). With `display` also ``use`` (a list of words),
    ``shows`` (what is to be seen) and ``museum`` (its name).
    """
    every = _table("open-works.csv")
    if not display:
        return every
    chosen = _table("open-works-display.csv").merge(every, on="file", how="left", validate="one_to_one")
    museums = [museum(file)["title"] for file in chosen["file"]]
    return chosen.assign(use=chosen["use"].str.split("; "), museum=museums)


def folder() -> Path:
    """Where the pictures lie once they are fetched: ``collections/open`` in the cache."""
    return paths.cache() / "collections" / "open"


def museum(file: str) -> Mapping[str, Any]:
    """What ``data/downloads.yaml`` says of the museum whose picture this is."""
    table, name = paths.table("downloads.yaml"), file.partition("/")[0]
    return table["open"].get(name) or table["sources"][name]


def page(row: Any) -> str:
    """The museum's own page of a work, a row of `works`."""
    return museum(row["file"])["addresses"]["page"].format(key=row["object"])


def credit(row: Any) -> str:
    """Whose picture it is: museum, number and licence, for one line beneath it."""
    return f"{row['credit']} ({row['licence']})"


def alt(row: Any) -> str:
    """A displayed work for who does not see it: what is to be seen, and the facts."""
    known = [row["artist"], row["title"], row["date_text"], row["materials"]]
    return f"{row['shows']}. {', '.join(text for text in known if isinstance(text, str))}."


def displayed(use: str | None = None) -> pd.DataFrame:
    """The works of the pages whose pictures are here, with ``alt`` and ``path`` (absolute); no rows without pictures.

    use : one of "front", "portraits", "hands", "cultures", "techniques", "describe", "confusions", "sources"; all
        without it.
    """
    chosen = works(display=True)
    place = [str(folder() / DISPLAY / file) for file in chosen["file"]]
    chosen = chosen.assign(alt=[alt(row) for _, row in chosen.iterrows()], path=place)
    if (noted := folder() / "works.csv").is_file():  # with the museums' own credit lines
        credits = pd.read_csv(noted, dtype=str, usecols=["image", "credit"]).set_index("image")["credit"]
        chosen["credit"] = chosen["file"].map(credits).fillna(chosen["credit"])
    here = chosen["path"].map(lambda path: Path(path).is_file())
    asked = chosen["use"].map(lambda uses: use is None or use in uses)
    return chosen[here & asked].reset_index(drop=True)


def suffices(study: Mapping[str, Any]) -> bool:
    """Whether a declared study of real pictures asks of open works only, so that anyone can run it again."""
    sources = [set(task.get("where", {}).get("source", [""])) for task in study["tasks"].values()]
    return study["collection"] == "real" and all(one <= set(WHOLE) for one in sources)


def _table(name: str) -> pd.DataFrame:
    text = pd.read_csv(paths.data() / name, dtype=str, keep_default_na=False).astype(object)
    text = text.where(text != "", None)
    years = {name: pd.to_numeric(text[name]).astype("Int64") for name in ("year_begin", "year_end") if name in text}
    return text.assign(**years)

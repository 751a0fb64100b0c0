"""WikiArt Refined: 81,446 pictures by style, 64,995 by genre, 19,052 by artist, as lists beside folders or as Parquet.

The lists are those of github.com/cs-chan/ArtGAN ("WikiArt Dataset"); the Parquet files those of huggan/wikiart. Each
of the three tasks has a split of its own, and the three contradict one another (``data/sources/wikiart.yaml``
says by how much); the column ``set`` is one split by work that holds for all of them. Chapter: collections.
"""

import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

import pandas as pd

from artlib import works as works_table
from artlib.collections import columns, delimited, published, sources
from artlib.collections.files import SUFFIXES, folder_of
from artlib.collections.table import ReadingOptions, as_collection
from artlib.works import Collection, CollectionError, skipped

LICENCE = "Pictures from WikiArt, for non-commercial research only"

LISTS = sources.declared("wikiart")["lists"]
_HEADER = "(Path to image)"
_LINE = r"^(?P<path>[^/\\,.\x00-\x1f][^/\\,\x00-\x1f]*/[^/\\,.\x00-\x1f][^/\\,\x00-\x1f]*),{1,2}(?P<label>\d+)$"
_OTHER_FOLDERS = {"Art_Nouveau_Modern": "Art_Nouveau"}  # the folder's name in the lists, the class's in some archives
_ARTSAGENET = ("culture", "schools", "timeframe", "tags", "additional_styles", "set_artsagenet")


def read(root: str | Path, artsagenet: str | Path | None = None, **options: Unpack[ReadingOptions]) -> Collection:
    """Read the folder that holds Style/, Genre/ and Artist/ (the lists), or the Parquet files of Hugging Face.

    The pictures lie in folders of the styles' names beside the lists or in `wikiart/` there. Columns beyond
    `artlib.works.COLUMNS`: `set_style`, `set_genre`, `set_artist` (each list's own split, "train" or "valid"; missing
    where a list lacks the picture) and `set`, one split for all tasks. The same file in two style folders is one work.
    A picture with two labels in a list gets none, and is reported with a SkippedWarning. Chapter: collections.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder.
    artsagenet : str or pathlib.Path, optional
        A table of ArtSAGENet (`wikiart_artists.csv`), which adds years, schools (the first as `culture`), time frames
        and tags (`join_artsagenet`).
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        Names file and line.
    """
    folder = folder_of(root, "wikiart")
    parquet = sorted(file for file in folder.glob("**/*.parquet") if not file.name.startswith("."))
    if parquet and not any((place / "Style").is_dir() for place in _list_folders(folder)):
        from artlib.collections import hugging_face

        return hugging_face.read(folder, parquet, "wikiart", LICENCE, **options)
    listed = lists(folder)
    works = _works(listed)
    shown = _picture_folder(folder, works["image"])
    works["image"] = _on_disk(works["image"], shown)
    if artsagenet is not None:
        works = join_artsagenet(works, artsagenet)
    return as_collection("wikiart", works, shown, "the lists of WikiArt", chosen=True, **options)


def lists(root: str | Path) -> pd.DataFrame:
    """The published lists as they are, one row a line: task, set ("train", "valid"), path, label, file, line.

    Style 57,025 + 24,421 lines, genre 45,503 + 19,492, artist 13,346 + 5,706. Errors: CollectionError names file and
    line of what is no path and class, and of a class that the class file does not name.
    """
    folder = folder_of(root, "wikiart")
    base = next((place for place in _list_folders(folder) if (place / "Style").is_dir()), None)
    if base is None:
        raise CollectionError(
            f"{folder} holds no folder Style with {', '.join(Path(name).name for name in LISTS['style'])}: "
            "give the folder into which the lists of WikiArt Refined (Style, Genre, Artist) were unpacked."
        )
    found = []
    for task, names in LISTS.items():
        if not (base / names[0]).parent.is_dir():
            skipped(f"WikiArt: no lists for {task} in {base}.")
            continue
        classes = _classes(_list_file(base / names[0]))
        for part, name in zip(("train", "valid"), names[1:], strict=True):
            found.append(_list(_list_file(base / name), classes).assign(task=task, set=part))
    return pd.concat(found, ignore_index=True)[["task", "set", "path", "label", "file", "line"]]


def join_artsagenet(works: pd.DataFrame, file: str | Path) -> pd.DataFrame:
    """The works with what a table of ArtSAGENet (github.com/thefth/ArtSAGENet) says of them, joined by path.

    `year_begin` and `year_end` where it has a date, `culture` (the first school), `schools` (all, separated by
    semicolons), `timeframe`, `tags`, `additional_styles` and `set_artsagenet` (its own split). A SkippedWarning says
    what share matched. Errors: CollectionError when no row or no column fits.
    """
    file = Path(file).expanduser()
    table = published.rows("wikiart", file, sources.declared("wikiart")["artsagenet"])
    table = table.dropna(subset=["path"]).drop_duplicates("path").set_index("path")
    keys = works["path"] if "path" in works else works["image"]
    rows = table.reindex(keys).set_axis(works.index)
    matched = int(table.index.isin(keys).sum())
    if not matched:
        raise CollectionError(f"{file.name}: none of its {len(table):,} pictures is among the works; is it WikiArt's?")
    if matched < len(works):
        skipped(
            f"ArtSAGENet: {matched:,} of {len(table):,} rows matched ({matched / len(table):.1%}); "
            f"{matched / len(works):.1%} of {len(works):,} pictures now have its columns."
        )
    joined = works.assign(**{name: rows[name].to_numpy() for name in _ARTSAGENET})
    return joined.assign(**{year: rows[year].fillna(works[year]) for year in works_table.YEARS})


# --- lists -------------------------------------------------------------------------------------------------------


def _list_folders(folder: Path) -> tuple[Path, ...]:
    return folder, folder / "WikiArt Dataset", folder / "wikiart"


def _list_file(file: Path) -> Path:
    """The list under its published name, or with the ending that the publisher left out or a user took off."""
    others = (file, file.with_suffix(".csv"), file.with_suffix(".txt"), file.with_suffix(""))
    found = next((other for other in others if other.is_file()), None)
    if found is None:
        raise CollectionError(f"{file.parent.name}/{file.name} is missing from the lists of WikiArt ({file.parent}).")
    return found


def _lines(file: Path) -> pd.Series:
    """Lines that are not blank, by their number from 1, with either line end; a comma in a path would be a fault."""
    delimited.opened(file)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise delimited.undecodable(file, "utf-8") from None
    lines = pd.Series(text.split("\n"), dtype=object).str.removesuffix("\r").str.strip(" \t")
    lines.index += 1
    return lines[lines != ""]


def _classes(file: Path) -> dict[str, str]:
    """Class names by number: lines of "12 Impressionism"."""
    parts = _lines(file).str.extract(r"^(?P<number>\d+)\s+(?P<name>\w[\w.-]*)$")
    if parts.isna().any(axis=None):
        line = parts.index[parts["name"].isna()][0]
        raise CollectionError(f"{file.name}, line {line}: not a class, which is a number and a name ('3 Baroque').")
    if parts.empty or parts["number"].duplicated().any() or parts["name"].duplicated().any():
        raise CollectionError(f"{file.name} names no class, or one twice.")
    return dict(zip(parts["number"], parts["name"].str.replace("_", " "), strict=True))


def _list(file: Path, classes: Mapping[str, str]) -> pd.DataFrame:
    lines = _lines(file)
    if len(lines) and lines.iloc[0].startswith(_HEADER):
        lines = lines.iloc[1:]
    if lines.empty:
        raise CollectionError(f"{file.name} is empty: it should list pictures, one a line ('STYLE/name.jpg,3').")
    found = lines.str.extract(_LINE)
    if found["path"].isna().any():
        line = found.index[found["path"].isna()][0]
        raise CollectionError(
            f"{file.name}, line {line}: {lines[line][:120]!r} is not a picture and its class ('STYLE/name.jpg,3')."
        )
    labels = found["label"].map(classes)
    if labels.isna().any():
        line = labels.index[labels.isna()][0]
        raise CollectionError(
            f"{file.name}, line {line}: the class {found.at[line, 'label'][:20]} of {found.at[line, 'path']!r} is not "
            f"one of the {len(classes)} in the class file."
        )
    return found.assign(label=labels, file=file.name, line=found.index)


# --- works -------------------------------------------------------------------------------------------------------


def _works(listed: pd.DataFrame) -> pd.DataFrame:
    works = pd.DataFrame({"path": listed["path"].drop_duplicates().to_numpy()}, dtype=object)
    for task in LISTS:
        rows = listed[listed["task"] == task]
        works[task] = works["path"].map(_agreed(rows, "label", task))
        works[f"set_{task}"] = works["path"].map(_agreed(rows, "set", task))
    names = works["path"].str.rsplit("/", n=1).str[-1]
    slugs = names.str.replace(r"\.\w{1,5}$", "", regex=True).str.split("_", n=1, expand=True).reindex(columns=[0, 1])
    years = pd.to_numeric(slugs[1].str.extract(columns.YEAR_IN_SLUG)[0]).astype("Int64")
    return works.assign(
        work_id=names,
        image=works["path"],
        artist=works["artist"].fillna(slugs[0].map({slug: columns.person(slug) for slug in slugs[0].unique()})),
        title=slugs[1].map(columns.titled),
        year_begin=years,
        year_end=years,
        set=_one_split(works, names),
        source="WikiArt",
        licence=LICENCE,
    )


def _agreed(rows: pd.DataFrame, column: str, task: str) -> pd.Series:
    """Values by path where a path has one; paths with several are reported and have none."""
    values = rows[["path", column]].drop_duplicates()
    several = values["path"].duplicated(keep=False)
    if several.any():
        labels = values[several].groupby("path")[column].agg(" and ".join)
        skipped(
            f"WikiArt, lists for {task}: {len(labels):,} pictures with more than one {column} have none now "
            f"({'; '.join(f'{path}: {both}' for path, both in labels.head(3).items())})."
        )
    return values[~several].set_index("path")[column]


def _one_split(works: pd.DataFrame, names: pd.Series) -> pd.Series:
    """The style list's split, since it holds every picture; a work on both sides is validated on, never trained on."""
    sets = works["set_style"].fillna(works["set_genre"]).fillna(works["set_artist"])
    validated = (sets == "valid").groupby(names).transform("any")
    return sets.mask(validated & sets.notna(), "valid")


# --- pictures ----------------------------------------------------------------------------------------------------


def _picture_folder(folder: Path, images: pd.Series) -> Path:
    """Where the style folders lie: in `wikiart/`, beside the lists, or (when none is there) at the root."""
    styles = set(images.str.split("/").str[0])
    places = [folder / "wikiart", *_list_folders(folder)]
    return next((place for place in places if any((place / style).is_dir() for style in styles)), folder).resolve()


def _on_disk(images: pd.Series, folder: Path) -> pd.Series:
    """Each picture's name as its file is called: archives repair the mojibake, and rename a folder, or do not."""
    files: set[str] = set()
    for style in sorted(set(images.str.split("/").str[0]) | set(_OTHER_FOLDERS.values())):
        if (folder / style).is_dir():
            files |= {f"{style}/{file.name}" for file in os.scandir(folder / style)}
    if not files:
        return images
    absent = [image for image in images if image not in files]
    left = files.difference(images)
    by_key = {_key(file): file for file in left}
    names = {image: by_key[_key(image)] for image in absent if _key(image) in by_key}
    unlisted = [file for file in left - set(names.values()) if os.path.splitext(file)[1].lower() in SUFFIXES]
    if unlisted:
        skipped(
            f"WikiArt: {len(unlisted):,} pictures lie in the folders that no list names ({min(unlisted)!r}, ...); "
            "they are left out."
        )
    return images.map(lambda image: names.get(image, image))


def _key(image: str) -> str:
    """What is the same in all spellings of a name: its plain letters, without accents or their debris."""
    folder, _, name = image.partition("/")
    plain = unicodedata.normalize("NFKD", columns.repaired(name)).encode("ascii", "ignore").decode()
    return f"{_OTHER_FOLDERS.get(folder, folder)}/{re.sub(r'[^a-z0-9._()-]', '', plain)}"

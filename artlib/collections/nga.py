"""National Gallery of Art, Washington: open tables (CC0) of more than 130,000 objects, with pictures by IIIF.

github.com/NationalGalleryOfArt/opendata: objects, published_images, constituents, objects_constituents and
objects_terms, joined into one row a picture. Chapter: collections.
"""

from pathlib import Path
from typing import Unpack

import pandas as pd

from artlib.collections import columns, published, sources
from artlib.collections.table import ReadingOptions, as_collection
from artlib.works import Collection, CollectionError, skipped


def read(root: str | Path, open_access: bool = True, **options: Unpack[ReadingOptions]) -> Collection:
    """Read the gallery's tables: one row for the primary picture of each object. Chapter: collections.

    `artist` is the attribution as written ("Follower of Cimabue"), missing where the first constituent is anonymous;
    `culture` is the term of the type School or else the first artist's `nationality`; `style` the first term of the
    type Style; `themes` all of the type Theme. Years without a displaydate are the artist's life and not the work's:
    they count as unknown. Without the tables of constituents or terms their columns are missing, and a SkippedWarning
    says so.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder of the tables, or the one with `data/`. A picture is named by the manifest of a download where there
        is one, else `<objectid>.jpg`.
    open_access : bool
        False keeps pictures that the gallery shows as fair use, too (licence "fair use").
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        Names file and row.
    """
    folder = _folder(Path(root).expanduser())
    frame = joined(folder, open_access)
    home = folder.parent if folder.name == "data" and not (folder / published.MANIFEST).is_file() else folder
    works = published.as_works(frame, sources.declared("nga"), home)
    return as_collection("nga", works, home, "objects.csv", chosen=open_access, **options)


def joined(folder: Path, open_access: bool, required: tuple[str, ...] = ()) -> pd.DataFrame:
    """The tables as one, a row an object with its primary picture; ``required`` asks for columns of the pictures."""
    objects = columns.once(_table(folder, "objects"), "objectid", "objects.csv")
    frame = objects.merge(_primary(folder, open_access, required), on="objectid", how="inner", validate="1:1")
    if frame.empty:
        raise CollectionError("None of the pictures of published_images.csv shows an object of objects.csv.")
    frame = frame.merge(_artists(folder), on="objectid", how="left").merge(_terms(folder), on="objectid", how="left")
    dated = frame["displaydate"].notna()
    begin, end = (frame[name].where(dated) for name in ("beginyear", "endyear"))
    artist = frame["attribution"].fillna(frame["forwarddisplayname"]).mask(frame["constituenttype"] == "anonymous")
    return frame.assign(artist=artist, **columns.spans("objects.csv", begin, end, frame["displaydate"]))


def _folder(root: Path) -> Path:
    for folder in (root, root / "data", root.parent):
        if (folder / "objects.csv").is_file():
            return folder
    raise CollectionError(f"{root} holds no objects.csv, nor has its data/ one.")


def _table(folder: Path, name: str, *required: str) -> pd.DataFrame:
    declared = sources.declared("nga")["joined"][name]
    theirs = {column: column for column in declared["columns"]}
    return published.texts(folder / f"{name}.csv", theirs, required=[*declared["required"], *required])


def _first_by(frame: pd.DataFrame, order: str, key: str) -> pd.DataFrame:
    """The first row of each key in the order that a column of numbers gives."""
    places = pd.to_numeric(frame[order], errors="coerce").sort_values(kind="stable").index
    return frame.loc[places].drop_duplicates(key).dropna(subset=[key])


def _primary(folder: Path, open_access: bool, required: tuple[str, ...]) -> pd.DataFrame:
    """What is said of each object's first primary view, with its licence (older tables mark fair use by size)."""
    images = _table(folder, "published_images", *required)
    by_size = images["openaccess"].isna().all()
    is_open = images["maxpixels"].isna() if by_size else images["openaccess"].isin(("1", "true", "True"))
    images = images.assign(licence=is_open.map({True: "CC0", False: "fair use"}))
    chosen = images[(images["viewtype"] == "primary") & (is_open | (not open_access))]
    return _first_by(chosen, "sequence", "depictstmsobjectid").rename(columns={"depictstmsobjectid": "objectid"})


def _artists(folder: Path) -> pd.DataFrame:
    """objectid, forwarddisplayname, nationality, constituenttype of each object's first artist."""
    if not _there(folder, "constituents", "objects_constituents"):
        return pd.DataFrame(columns=["objectid", "forwarddisplayname", "nationality", "constituenttype"], dtype="str")
    links = _table(folder, "objects_constituents")
    firsts = _first_by(links[links["roletype"] == "artist"], "displayorder", "objectid")[["objectid", "constituentid"]]
    people = _table(folder, "constituents")
    return firsts.merge(people.drop_duplicates("constituentid"), how="left").drop(columns="constituentid")


def _terms(folder: Path) -> pd.DataFrame:
    """objectid, school and style (the first of each) and themes (all, separated by semicolons)."""
    if not _there(folder, "objects_terms"):
        return pd.DataFrame(columns=["objectid", "school", "style", "themes"], dtype="str")
    terms = _table(folder, "objects_terms")
    terms = terms.dropna(subset=["objectid", "term"]).drop_duplicates()
    of = {name: terms[terms["termtype"] == name].groupby("objectid")["term"] for name in ("School", "Style", "Theme")}
    joined = {"school": of["School"].first(), "style": of["Style"].first(), "themes": of["Theme"].agg("; ".join)}
    return pd.DataFrame(joined).rename_axis("objectid").reset_index()


def _there(folder: Path, *names: str) -> bool:
    missing = [f"{name}.csv" for name in names if not (folder / f"{name}.csv").is_file()]
    if missing:
        skipped(f"{' and '.join(missing)} not found in {folder}: what they say is missing.")
    return not missing

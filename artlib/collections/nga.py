"""National Gallery of Art, Washington: open tables (CC0) of more than 130,000 objects, with pictures by IIIF.

github.com/NationalGalleryOfArt/opendata: objects, published_images, constituents, objects_constituents and
objects_terms, joined into one row a picture. Chapter: collections.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

from artlib.collections import Collection, CollectionError, SkippedWarning, delimited, published
from artlib.collections.files import MAX_PIXELS

MUSEUM = "National Gallery of Art, Washington"
FIELDS = {"Painting": "painting", "Sculpture": "sculpture"}

_OBJECTS = ("objectid", "accessionnum", "title", "displaydate", "beginyear", "endyear", "visualbrowsertimespan")
_OBJECTS += ("medium", "attribution", "creditline", "classification", "subclassification", "departmentabbr")
_IMAGES = ("uuid", "iiifurl", "viewtype", "sequence", "maxpixels", "openaccess", "depictstmsobjectid")
_CONSTITUENTS = ("constituentid", "forwarddisplayname", "nationality", "constituenttype")
_LINKS = ("objectid", "constituentid", "displayorder", "roletype")
_TERMS = ("objectid", "termtype", "term")


def read(
    root: str | Path,
    open_access: bool = True,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Collection:
    """Read the gallery's tables from `root` (or its `data/`): one row for the primary picture of each object.

    `open_access=False` keeps pictures that the gallery shows as fair use, too (licence "fair use"). A picture is
    named by the manifest of a download where there is one, else `<objectid>.jpg`. `artist` is the attribution as
    written ("Follower of Cimabue"), missing where the first constituent is anonymous; `culture` is the term of the
    type School or else the first artist's `nationality`; `style` the first term of the type Style; `themes` all
    of the type Theme. Years without a displaydate are the artist's life and not the work's: they count as unknown.

    Errors: CollectionError names file and row. Without the tables of constituents or terms their columns are
    missing, and a SkippedWarning says so.
    """
    folder = _folder(Path(root).expanduser())
    objects = published.once(_table(folder, "objects", _OBJECTS, ("objectid", "title")), "objectid", "objects.csv")
    images = _primary(folder, open_access)
    works = objects.merge(images, left_on="objectid", right_on="depictstmsobjectid", how="inner", validate="1:1")
    if works.empty:
        raise CollectionError("None of the pictures of published_images.csv shows an object of objects.csv.")
    works = works.merge(_artists(folder), on="objectid", how="left").merge(_terms(folder), on="objectid", how="left")
    home = folder.parent if folder.name == "data" and not (folder / published.MANIFEST).is_file() else folder
    return published.collection(
        "nga", _works(works, home), home, "objects.csv", pictures, near_duplicates, max_pixels, open_access
    )


def _folder(root: Path) -> Path:
    for folder in (root, root / "data", root.parent):
        if (folder / "objects.csv").is_file():
            return folder
    raise CollectionError(f"{root} holds no objects.csv, nor has its data/ one.")


def _table(folder: Path, name: str, columns: tuple[str, ...], required: tuple[str, ...]) -> pd.DataFrame:
    return published.texts(delimited.read(folder / f"{name}.csv", columns, required=required))


def _primary(folder: Path, open_access: bool) -> pd.DataFrame:
    """One row an object: its first primary view, and whether it is open (an older table marks fair use by size)."""
    images = _table(folder, "published_images", _IMAGES, ("uuid", "viewtype", "depictstmsobjectid"))
    by_size = images["openaccess"].isna().all()
    images["is_open"] = images["maxpixels"].isna() if by_size else images["openaccess"].isin(("1", "true", "True"))
    chosen = images[(images["viewtype"] == "primary") & (images["is_open"] | (not open_access))]
    order = pd.to_numeric(chosen["sequence"], errors="coerce").sort_values(kind="stable").index
    return chosen.loc[order].drop_duplicates("depictstmsobjectid").dropna(subset=["depictstmsobjectid"])


def _artists(folder: Path) -> pd.DataFrame:
    """objectid, forwarddisplayname, nationality, constituenttype of each object's first artist."""
    if not _there(folder, "constituents", "objects_constituents"):
        return pd.DataFrame(columns=["objectid", *_CONSTITUENTS[1:]], dtype="str")
    links = _table(folder, "objects_constituents", _LINKS, ("objectid", "constituentid", "roletype"))
    links = links[links["roletype"] == "artist"]
    order = pd.to_numeric(links["displayorder"], errors="coerce").sort_values(kind="stable").index
    people = _table(folder, "constituents", _CONSTITUENTS, ("constituentid", "forwarddisplayname"))
    firsts = links.loc[order].drop_duplicates("objectid")[["objectid", "constituentid"]]
    return firsts.merge(people.drop_duplicates("constituentid"), on="constituentid", how="left").drop(
        columns="constituentid"
    )


def _terms(folder: Path) -> pd.DataFrame:
    """objectid, school and style (the first of each) and themes (all, separated by semicolons)."""
    if not _there(folder, "objects_terms"):
        return pd.DataFrame(columns=["objectid", "school", "style", "themes"], dtype="str")
    terms = _table(folder, "objects_terms", _TERMS, _TERMS)
    terms = terms.dropna(subset=["objectid", "term"]).drop_duplicates()
    of = {name: terms[terms["termtype"] == name].groupby("objectid")["term"] for name in ("School", "Style", "Theme")}
    joined = {"school": of["School"].first(), "style": of["Style"].first(), "themes": of["Theme"].agg("; ".join)}
    return pd.DataFrame(joined).rename_axis("objectid").reset_index()


def _there(folder: Path, *names: str) -> bool:
    missing = [f"{name}.csv" for name in names if not (folder / f"{name}.csv").is_file()]
    if missing:
        warnings.warn(f"{' and '.join(missing)} not found in {folder}: what they say is missing.", SkippedWarning, 4)
    return not missing


def _works(joined: pd.DataFrame, folder: Path) -> pd.DataFrame:
    dated = joined["displaydate"].notna()
    years = published.spans(
        joined["beginyear"].where(dated), joined["endyear"].where(dated), joined["displaydate"], "objects.csv"
    )
    artist = joined["attribution"].fillna(joined["forwarddisplayname"])
    return pd.DataFrame(
        {
            "work_id": joined["objectid"],
            "image": published.image_names(joined["objectid"], folder),
            "artist": artist.mask(joined["constituenttype"] == "anonymous"),
            "title": joined["title"].str.replace(r"_([^_]*)_", r"\1", regex=True),
            "date_text": joined["displaydate"],
            **years,
            "style": joined["style"],
            "culture": joined["school"].fillna(joined["nationality"]),
            "timeframe": joined["visualbrowsertimespan"],
            "types": published.parts(joined["classification"], r"\|"),
            "materials": published.parts(joined["medium"], r"[,;]"),
            "field": joined["classification"].map(FIELDS),
            "source": MUSEUM,
            "licence": joined["is_open"].map({True: "CC0", False: "fair use"}),
            "credit": joined["creditline"],
            "url": "https://www.nga.gov/collection/art-object-page." + joined["objectid"] + ".html",
            "address": joined["iiifurl"],
            "nationality": joined["nationality"],
            "themes": joined["themes"],
            "accession_number": joined["accessionnum"],
            "subclassification": joined["subclassification"],
            "department": joined["departmentabbr"],
        }
    )

"""Your own collection as a table: a CSV or Parquet file in the project's column names, beside its pictures."""

import os
import posixpath
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
import pandas as pd

from artlib import works as works_table
from artlib.collections import dates, delimited, duplicates, spellings
from artlib.collections.files import MAX_PIXELS, SUFFIXES, FileSource, is_hidden
from artlib.errors import one_of
from artlib.works import Collection, CollectionError, PictureError, skipped

FILES = ("works.csv", "works.parquet")
PICTURES = ("required", "optional")

# Letters, digits and the commonest marks, no part beginning with a point: what lies where it says, on every disk.
_PLAIN_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._()' -]*/)*[A-Za-z0-9_-][A-Za-z0-9._()' -]*")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_PICTURE_WORDS = ("file", "filename", "file_name", "path", "picture", "img", "image_path", "image_file")


class ReadingOptions(TypedDict, total=False):
    """What every reader of pictures on disk takes as keywords.

    Attributes
    ----------
    pictures : "required" leaves out works whose picture is missing, with a SkippedWarning; "optional" keeps them.
    near_duplicates : whether pictures that look alike get one `work_id` (`artlib.collections.duplicates`), so that a
        split keeps them together.
    max_pixels : larger pictures are refused when they are read, by what their header says.
    """

    pictures: str
    near_duplicates: bool
    max_pixels: int


def read(
    root: str | Path,
    encoding: str = "utf-8-sig",
    columns: Mapping[str, str] | None = None,
    **options: Unpack[ReadingOptions],
) -> Collection:
    """Read `works.csv` or `works.parquet` and the pictures beside it. Chapter: collections.

    Columns as in `artlib.works.COLUMNS`, of which only `image` is needed; `types` and `materials` separate their
    entries by semicolons; years may be words ("c. 1635"), which `date_text` then keeps; other columns are kept as
    they are. Without `work_id` every picture is a work of its own. Pictures that lie beside those of the works and
    are named by none are counted in a SkippedWarning.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder, or the table itself under any name; the pictures' names are relative to the table's folder.
    encoding : str
        Of a CSV file.
    columns : mapping of str to str, optional
        Which column of a table made elsewhere holds what, ours to theirs: {"title": "Title", "work_id": "Object ID"};
        one of theirs may serve for several of ours.
    **options
        As in `ReadingOptions`; with "optional" a table without any pictures needs no column `image` (its rows are then
        called row-1, row-2).

    Raises
    ------
    CollectionError, artlib.works.WorksError
        Name file, row or line, column and value.
    """
    file = _table_file(Path(root).expanduser())
    frame = _read_parquet(file) if file.suffix.lower() == ".parquet" else _read_csv(file, encoding)
    if frame.empty:
        raise CollectionError(f"{file.name} holds no works: it has a header and no row beneath it ({file}).")
    if columns:
        frame = _mapped(frame, columns, file.name)
    if options.get("pictures") == "optional" and "image" not in frame.columns:
        frame = frame.assign(image=[f"row-{number}" for number in range(1, len(frame) + 1)])
    home, name = file.resolve().parent, file.resolve().parent.name or "table"
    return as_collection(name, _complete(frame, file), home, file.name, **options)


def as_collection(
    name: str,
    frame: pd.DataFrame,
    root: Path,
    table: str,
    pictures: str = "required",
    near_duplicates: bool = False,
    max_pixels: int = MAX_PIXELS,
    chosen: bool = False,
) -> Collection:
    """The last step of a reader: the frame checked as works, its pictures found beneath `root`, copies grouped.

    Pictures that no work names are counted in a SkippedWarning, unless the works were `chosen` among the source's.
    """
    works = works_table.check(spellings.joined(frame, table), table, first=2)
    source = FileSource(root.resolve(), max_pixels)
    named = works["image"]
    works = present(works, source, table, pictures)
    if pictures == "required" and not chosen:
        report_unlisted(named, source, table)
    works = duplicates.joined_or_offered(works, source, near_duplicates)
    return Collection(name, works, source)


def present(works: pd.DataFrame, source: FileSource, table: str, pictures: str = "required") -> pd.DataFrame:
    """The rows whose picture is a file of the collection; the others are counted in a SkippedWarning.

    With `pictures="optional"` all rows stay, for work on the table alone; names that lead out of the folder are
    refused either way.
    """
    one_of(pictures, PICTURES, f"pictures={pictures!r} is not known", CollectionError)
    found = _there(works["image"], source, table)
    missing = works["image"][~found]
    if pictures == "optional":
        if len(missing):
            skipped(f"{table}: {len(missing):,} of {len(works):,} pictures are not on this disk; their rows stay.")
        return works
    if len(missing) == len(works):
        raise CollectionError(
            f"{table}: none of its {len(works):,} pictures is there. The first should be {missing.iloc[0]!r} beneath "
            f"{source.root}: are the pictures unpacked, and are the names relative to the table's folder? "
            "(pictures='optional' reads the table without them.)"
        )
    if len(missing):
        skipped(
            f"{table}: {len(missing):,} of {len(works):,} rows left out, since their pictures are missing "
            f"(first: {', '.join(map(repr, missing.head(3)))})."
        )
    return works[found].reset_index(drop=True)


def report_unlisted(images: pd.Series, source: FileSource, table: str) -> None:
    """A SkippedWarning that counts the pictures beside those of the works that the works do not name.

    Only after `present`, which refuses names that lead out of the folder.
    """
    named = {unicodedata.normalize("NFC", image.replace("\\", "/")) for image in images}
    lying = {name for folder in {image.rpartition("/")[0] for image in named} for name in _listing(source, folder)}
    shown = (
        name
        for name in lying
        if os.path.splitext(name)[1].lower() in SUFFIXES and not is_hidden(name.rpartition("/")[2])
    )
    others = sorted(name for name in shown if unicodedata.normalize("NFC", name) not in named)
    if others:
        skipped(
            f"{table}: {len(others):,} pictures lie beside those of the works, but no work names them; they are left "
            f"out (first: {', '.join(map(repr, others[:3]))})."
        )


def _there(images: pd.Series, source: FileSource, table: str) -> np.ndarray:
    """Which names are files. Plain ones are looked up in one listing a folder; others are looked at one by one."""
    plain = {image for image in images if _PLAIN_NAME.fullmatch(image)}
    listed = {name for folder in {image.rpartition("/")[0] for image in plain} for name in _listing(source, folder)}
    known = enumerate(images, 2)  # below the header
    return np.array([n in listed if n in plain else _is_there(source, n, row, table) for row, n in known], dtype=bool)


def _listing(source: FileSource, folder: str) -> Iterator[str]:
    try:
        with os.scandir(os.path.join(source.root, folder)) as entries:
            yield from (f"{folder}/{entry.name}" if folder else entry.name for entry in entries if entry.is_file())
    except OSError:  # no such folder: no picture there
        return


def _is_there(source: FileSource, image: str, row: int, table: str) -> bool:
    try:
        return source.exists(image)
    except PictureError as error:
        raise CollectionError(
            f"{table}, row {row}, column 'image': {image!r} is refused, {error}. "
            "Write names relative to the table's folder, without '..'."
        ) from None


def _table_file(root: Path) -> Path:
    if root.is_file():
        if root.suffix.lower() not in (".csv", ".tsv", ".txt", ".parquet"):
            first = {".zip": " Unpack it first.", ".xlsx": " Save it as CSV UTF-8 first."}.get(root.suffix.lower(), "")
            kind = root.suffix or "this"
            raise CollectionError(f"A table of works is a .csv or .parquet file, not {kind}: {root}.{first}")
        return root
    if not root.is_dir():
        raise CollectionError(f"There is no such file or folder: {root}")
    here = [root / name for name in FILES if (root / name).is_file()]
    if len(here) == 1:
        return here[0]
    if here:
        raise CollectionError(f"{root} holds both {' and '.join(FILES)}: give the path of the one that is meant.")
    others = sorted(file.name for file in root.iterdir() if file.suffix.lower() in (".csv", ".parquet"))
    hint = f"; it has {', '.join(others[:5])}: give the path of the table that is meant" if others else ""
    raise CollectionError(f"{root} holds no {' or '.join(FILES)}{hint}.")


def _read_parquet(file: Path) -> pd.DataFrame:
    import pyarrow

    try:
        frame = pd.read_parquet(file, engine="pyarrow")
        for name in frame.select_dtypes(include=["string", "object"]).columns:
            frame[name].to_numpy()  # texts are decoded only when they are asked for
    except (OSError, ValueError, TypeError, KeyError, pyarrow.ArrowException) as error:
        raise CollectionError(f"{file.name} is not a Parquet table that can be read: {_first_line(error)}") from None
    return frame.reset_index() if any(frame.index.names) else frame


def _read_csv(file: Path, encoding: str) -> pd.DataFrame:
    """A delimited file under our names where they are ours; rows without a word are passed over."""
    with open(file, encoding=delimited.encoding_of(file, encoding), errors="replace") as lines:
        first = next((line for line in lines if line.strip() and not delimited.separator(line)), "")
    table = delimited.read(file, delimiter=max(",;\t", key=first.count), encoding=encoding)
    names = delimited.unique([_ours(name) for name in table.column_names], file)
    frame = table.to_pandas().astype(object).set_axis(names, axis="columns")
    frame = frame[frame.apply(lambda column: column.str.strip() != "").any(axis="columns")]
    for name in frame.columns.difference(works_table.COLUMNS):
        frame[name] = _typed(frame[name])
    return frame.set_axis(range(2, len(frame) + 2))  # as messages number rows: 1 is the header


def _ours(name: str) -> str:
    """A column's name, ours in our spelling ("Work ID" is work_id)."""
    ours = re.sub(r"[\s-]+", "_", name.lower())
    return ours if ours in works_table.COLUMNS else name


def _typed(column: pd.Series) -> pd.Series:
    """Numbers where every entry is plainly one (no leading zeros, which ids have), else texts; empty is missing."""
    filled = column.where(column != "", None)
    given = filled.dropna()
    if len(given) and all(map(_NUMBER.fullmatch, given)):
        return pd.to_numeric(filled).convert_dtypes()
    return filled


def _mapped(frame: pd.DataFrame, columns: Mapping[str, str], table: str) -> pd.DataFrame:
    """The frame with our names for its columns; one of theirs that is named stays only under our name."""
    for ours in columns:
        said = f"columns= maps our columns to the table's; {ours!r} is none of ours"
        one_of(ours, (*works_table.COLUMNS, "set"), said, CollectionError)
    found = {ours: theirs if theirs in frame.columns else _ours(theirs) for ours, theirs in columns.items()}
    missing = sorted({columns[ours] for ours, theirs in found.items() if theirs not in frame.columns})
    if missing:
        raise CollectionError(
            f"{table}: column {' and '.join(map(repr, missing))} of the map is missing. "
            f"Columns found: {', '.join(map(str, frame.columns))}."
        )
    renamed = {ours: frame[theirs] for ours, theirs in found.items()}
    return frame.drop(columns=set(found.values())).assign(**renamed)


def _complete(frame: pd.DataFrame, file: Path) -> pd.DataFrame:
    """With what can be said without the user: a work_id a picture, years out of date_text."""
    if "image" not in frame.columns:
        near = [name for name in frame.columns if str(name).lower() in _PICTURE_WORDS]
        hint = f" Rename {near[0]!r} to 'image'?" if near else ""
        raise CollectionError(
            f"{file.name} has no column 'image', the picture's name relative to the table's folder. "
            f"Columns found: {', '.join(map(str, frame.columns))}.{hint}"
        )
    frame = frame.assign(image=frame["image"].map(_plain))
    if "work_id" not in frame.columns:
        warnings.warn(
            f"{file.name} has no column 'work_id': every picture counts as a work of its own. If several show one "
            "work, say so there, or ask for JOIN=yes (make), --join (artlib), near_duplicates=True (collections.read); "
            "else a split may test on what it trained on.",
            UserWarning,
            stacklevel=4,
        )
        frame = frame.assign(work_id=frame["image"])
    return dates.with_years(frame, file.name)


def _plain(image: object) -> object:
    """One spelling a picture ("./a.jpg" and "a.jpg" are one), so that none is listed twice unseen."""
    plain = not isinstance(image, str) or "://" in image or not ("./" in image or "//" in image)
    return image if plain else posixpath.normpath(image)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]

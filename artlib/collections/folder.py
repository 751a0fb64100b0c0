"""Your own collection as folders: one folder a class, as most image datasets are laid out."""

import os
from collections import Counter
from pathlib import Path

import pandas as pd

from artlib import works as works_table
from artlib.collections import duplicates, spellings
from artlib.collections.files import MAX_PIXELS, NOT_READ, SUFFIXES, FileSource, folder_of, is_hidden, pictures_below
from artlib.errors import one_of
from artlib.works import SETS, Collection, CollectionError, skipped

_CLASS_COLUMNS = tuple(
    name for name in works_table.COLUMNS if name not in (*works_table.REQUIRED, *works_table.YEARS, "artistic")
)


def read(
    root: str | Path, column: str = "style", near_duplicates: bool = False, max_pixels: int = MAX_PIXELS
) -> Collection:
    """Read a folder of folders: each folder's name is the class; pictures lie at any depth. Chapter: collections.

    Every picture is a work of its own. Where all folders are called train, valid (or val) and test, they are the
    published split, in the column `set`, and the classes are the folders inside. Labels that differ only in how they
    are spelled are one (`spellings`). Left out with a SkippedWarning are service folders of systems and network disks,
    formats that are not read, empty class folders, pictures in no class folder, and names that are not UTF-8.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder.
    column : str
        The column of the works that the class is written into. "style/artist" takes the folders inside the classes
        for artists.
    near_duplicates : bool
        Whether pictures that look alike become one work.
    max_pixels : int
        Larger pictures are refused when they are read, by what their header says.

    Raises
    ------
    CollectionError
        There is no folder, no class or no picture, or folders of a split lie beside others.
    """
    folder = folder_of(root, "folder")
    columns = column.split("/")
    for name in columns:
        one_of(name, _CLASS_COLUMNS, f"A class cannot go into {name!r}", CollectionError)
    try:
        works = _works(folder.resolve(), columns)
    except OSError as error:
        raise CollectionError(f"The collection's folder cannot be read ({error.strerror}): {error.filename}") from None
    source = FileSource(folder.resolve(), max_pixels)
    works = duplicates.joined_or_offered(works, source, near_duplicates)
    return Collection(folder.resolve().name or "folder", works, source)


def _works(folder: Path, columns: list[str]) -> pd.DataFrame:
    outer = _folders(folder)
    if not outer:
        raise CollectionError(
            f"{folder} has no folder inside: give each class a folder of its name, or name the pictures in a works.csv."
        )
    columns = ["set", *columns] if _is_split(folder, outer) else columns
    passed = Counter(entry.name for entry in os.scandir(folder) if entry.is_dir() and is_hidden(entry.name))
    found = [image for name in outer for image in pictures_below(folder / name, name, passed=passed)]
    deep = [image for image in found if _is_text(image) and image.count("/") >= len(columns)]
    if not deep:
        kinds = ", ".join(sorted(SUFFIXES))
        raise CollectionError(f"No picture lies in the {len(outer)} class folders of {folder} (looked for {kinds}).")
    _report(folder, sorted(set(outer) - {image.partition("/")[0] for image in found}), len(found) - len(deep), passed)
    names = dict(zip(columns, zip(*(image.split("/")[: len(columns)] for image in deep), strict=True), strict=True))
    frame = spellings.joined(pd.DataFrame({"work_id": deep, "image": deep, **names}), folder.name)
    works = works_table.check(frame, source=folder.name)
    return works.assign(work_id=deep, image=deep)  # names of files as they are, blanks at their ends included


def _folders(folder: Path) -> list[str]:
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not is_hidden(entry.name))


def _is_split(folder: Path, names: list[str]) -> bool:
    """Whether the folders are the sets of a published split, and not classes that are called so."""
    sets = [name for name in names if name.lower() in SETS and _folders(folder / name)]
    if len(sets) < 2 or 0 not in {SETS[name.lower()] for name in sets}:
        return False
    if others := sorted(set(names) - set(sets)):
        raise CollectionError(
            f"{folder} holds a split ({', '.join(sets)}) and beside it {', '.join(map(repr, others[:3]))}, which would "
            "be classes: move them away, or give the folder of one part."
        )
    return True


def _report(folder: Path, empty: list[str], unreadable: int, passed: Counter[str]) -> None:
    beside = Counter(file.suffix.lower() for file in folder.iterdir() if not is_hidden(file.name))
    loose = sum(beside[suffix] for suffix in SUFFIXES)
    passed.update({f"*{suffix}": beside[suffix] for suffix in NOT_READ})
    other = ", ".join(f"{count:,} x {name}" for name, count in passed.most_common(6) if count)
    parts = {
        f"{len(empty)} class folders without a picture ({', '.join(map(repr, empty[:3]))})": empty,
        f"{loose:,} pictures that lie in no class folder": loose,
        f"{unreadable:,} pictures whose names are not UTF-8, or that lie above the folders of the labels": unreadable,
        f"what no picture of yours is, or no format that is read ({other})": +passed,
    }
    said = [part for part, there in parts.items() if there]
    if said:
        skipped(f"{folder.name}: left out {' and '.join(said)}.")


def _is_text(name: str) -> bool:
    """Whether a name is text: the file system may hold bytes that are none, which no table can store."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)

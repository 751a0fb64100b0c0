"""Published tables: `data/sources/*.yaml` declares what each source calls its columns; here is the one reader.

Under ``reader`` a declaration says, as far as a source needs it:

- tables: the files, of which the first that is there is read (with ``all: true`` one below the other). Each has
  ``file`` (names or patterns), ``columns`` (ours: theirs, or a list of their names in the course of time),
  ``required`` (of ours), and may have ``delimiter``, ``encoding``, ``fixed`` (a column of one value), ``unescape``
  and ``missing`` (what stands for nothing). JSON is read by `artlib.collections.json_records`.
- within: folders in which the tables may lie, the first that has one; ``never``: files that are not opened, and why.
- pictures, beside: instead of tables, a pattern of the pictures' paths whose groups are columns, and a table to join.
- derive: further columns; ``checks``: column, pattern, and what is said of a value that does not match.
- key: the column of which each value counts once; ``years``: begin, end, written.
- image: ``name``, ``suffix`` and ``below`` (folders, the first that is there); or ``search``, a pattern of folders.
- works: the columns of the table of works; ``always``: those of one value.

Chapter: collections.
"""

import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from artlib import works as works_table
from artlib.collections import columns, delimited, json_records, sources
from artlib.collections.files import folder_of, pictures_below
from artlib.collections.table import ReadingOptions, as_collection
from artlib.works import Collection, CollectionError, SkippedWarning, skipped

MANIFEST = "manifest.jsonl"  # what a download leaves beside its pictures

Declared = Mapping[str, Any]


def read(
    name: str,
    root: str | Path,
    encoding: str | None = None,
    only: Callable[[pd.DataFrame, str], pd.DataFrame] | None = None,
    **options: Unpack[ReadingOptions],
) -> Collection:
    """Read a declared source: its table, and the pictures beside it.

    Parameters
    ----------
    name : str
        The source: a file of ``data/sources``.
    root : str or pathlib.Path
        The folder, or the table itself. A picture is named by the manifest of a download where there is one.
    encoding : str, optional
        That of the tables, if it is not the declared one.
    only : function, optional
        Chooses among the rows, given them and the table's name.
    **options
        As in `artlib.collections.table.ReadingOptions`.

    Raises
    ------
    CollectionError
        Names file, row and column. Repeated keys and impossible years are counted in a SkippedWarning.
    """
    declared = sources.declared(name)
    root = Path(root).expanduser()
    find = _pictured if "pictures" in declared else _tabled
    home, label, frame = find(name, root if root.is_file() else folder_of(root, name), declared, encoding)
    if only is not None:
        frame = only(frame, label)
    works = as_works(frame, declared, home)
    return as_collection(name, works, home, label, chosen=only is not None, **options)


def of_record(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the table of works for one record of a source's service, as declared for its files of records."""
    declared = sources.declared(name)
    table = {**declared, **declared["tables"][-1]}
    with warnings.catch_warnings():  # one record is no table: there are no rows to be counted
        warnings.simplefilter("ignore", SkippedWarning)
        frame = _changed(json_records.framed([json_records.row(record, table["columns"])]), table, name)
    return as_works(frame, declared).iloc[0].to_dict()


def as_works(frame: pd.DataFrame, declared: Declared, home: Path | None = None) -> pd.DataFrame:
    """The columns of the table of works, as declared, from those of the source; what it lacks is passed over.

    Without the folder in which pictures are looked for there is no column `image`.
    """
    expressions = {name: _listed(expression) for name, expression in declared["works"].items()}
    works = {name: columns.column(frame, steps) for name, steps in expressions.items() if steps[0] in frame}
    if home is not None:
        works["image"] = _images(frame, declared["image"], home)
    years = {name: frame[name] for name in works_table.YEARS if name in frame}
    return pd.DataFrame({**works, **years, **declared.get("always", {})})


# --- tables ----------------------------------------------------------------------------------------------------------


def _tabled(name: str, root: Path, declared: Declared, encoding: str | None) -> tuple[Path, str, pd.DataFrame]:
    """The folder that pictures are looked for in, the table's name for messages, and its rows."""
    found = [(root, _table_of(root, declared))] if root.is_file() else _tables(name, root, declared)
    home = _home(*found[0])
    label = found[0][0].name
    if declared.get("all") and not root.is_file():
        label = f"the tables of {sources.entry(name)['title']}"
        absent = [table["file"] for table in declared["tables"] if table not in [known for _, known in found]]
        if absent:
            skipped(f"{label}: {', '.join(absent)} is missing from {home}.")
    else:
        found = found[:1]
    found_rows = pd.concat(
        [rows(name, file, {**declared, **table}, encoding) for file, table in found], ignore_index=len(found) > 1
    )
    return home, label, columns.once(found_rows, declared["key"], label)


def _tables(name: str, root: Path, declared: Declared) -> list[tuple[Path, Declared]]:
    """The tables that are there, in the order in which they are declared."""
    for base in declared.get("within", [""]):
        found = [
            (file, table)
            for table in declared["tables"]
            for pattern in _listed(table["file"])
            if (file := _first(root / base, pattern)) is not None
        ]
        if found:
            return found
    asked = " or ".join(pattern for table in declared["tables"] for pattern in _listed(table["file"]))
    raise CollectionError(f"{root} holds no {asked} of {sources.entry(name)['title']}{_hint(root, declared)}.")


def _hint(root: Path, declared: Declared) -> str:
    never = [f"{name} {why}" for name, why in declared.get("never", {}).items() if (root / name).exists()]
    archives = [f"unpack {entry.name} first" for entry in sorted(root.glob("*.zip"))]
    return "".join(f"; {said}" for said in [*never, *archives][:1])


def _first(folder: Path, pattern: str) -> Path | None:
    """The first file of a name or pattern; of single records their folder."""
    found = (file for file in sorted(folder.glob(pattern)) if file.is_file())
    file = next((file for file in found if not file.name.startswith((".", "manifest"))), None)
    return file.parent if file is not None and pattern.endswith("*.json") else file


def _table_of(file: Path, declared: Declared) -> Declared:
    """Which of the tables a file is: by its name, else by its kind."""
    for same in (lambda pattern: Path(pattern).name == file.name, lambda pattern: pattern.endswith(file.suffix)):
        for table in declared["tables"]:
            if any(map(same, _listed(table["file"]))):
                return table
    return declared["tables"][0]


def _home(file: Path, table: Declared) -> Path:
    """The folder below which a table lies as declared ("data/csv/x.csv")."""
    if file.is_dir():
        return file
    patterns = [Path(pattern).parts for pattern in _listed(table["file"])]
    depth = max((len(parts) for parts in patterns if file.parts[-len(parts) :] == parts), default=1)
    return file.parents[depth - 1]


def rows(name: str, file: Path, table: Declared, encoding: str | None = None) -> pd.DataFrame:
    """The rows of one table, under our names; the index counts rows as the file does."""
    theirs = table["columns"]
    if file.is_dir() or file.suffix.startswith(".json"):
        frame = json_records.read(file, theirs, sources.entry(name)["title"])
    else:
        options = {"delimiter": table.get("delimiter", ","), "required": table["required"]}
        frame = texts(file, theirs, encoding=encoding or table.get("encoding", "utf-8-sig"), **options)
    return _changed(frame, table, file.name)


def _changed(frame: pd.DataFrame, table: Declared, label: str) -> pd.DataFrame:
    """The rows after what the declaration does with them: checks, further columns, years."""
    for escaped in table.get("unescape", ()):
        frame[escaped] = columns.unescaped(frame[escaped])
    if "missing" in table:
        frame = frame.mask(frame == table["missing"])
    _check(frame, table, label)
    frame = frame.assign(**table.get("fixed", {}))
    for new, expression in table.get("derive", {}).items():
        frame[new] = columns.column(frame, expression)
    if "years" in table:
        dates = {side: columns.column(frame, expression) for side, expression in table["years"].items()}
        frame = frame.assign(**columns.spans(label, **dates))
    return frame


def texts(file: Path, theirs: Mapping[str, Any], **options: Any) -> pd.DataFrame:
    """A delimited table as a frame of stripped texts under our names, empty ones missing; rows count as in the file."""
    import pyarrow
    from pyarrow import compute

    table = delimited.read(file, theirs, **options)
    trimmed = {}
    for name in table.column_names:
        stripped = compute.utf8_trim_whitespace(table.column(name))
        trimmed[name] = compute.if_else(compute.equal(stripped, ""), None, stripped)
    frame = pyarrow.table(trimmed).to_pandas(types_mapper={pyarrow.string(): columns.TEXT}.get)
    return frame.set_axis(pd.RangeIndex(2, len(frame) + 2))


def _check(frame: pd.DataFrame, table: Declared, file: str) -> None:
    for name, (pattern, said) in table.get("checks", {}).items():
        wrong = ~frame[name].fillna("").str.fullmatch(pattern).astype(bool) if name in table["columns"] else None
        if wrong is not None and wrong.any():
            theirs, row = _listed(table["columns"][name])[0], wrong.idxmax()
            raise CollectionError(f"{file}, row {row}, column {theirs!r}: {frame[name][row]!r} {said}.")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# --- pictures --------------------------------------------------------------------------------------------------------


def _pictured(name: str, root: Path, declared: Declared, encoding: str | None) -> tuple[Path, str, pd.DataFrame]:
    """As `_tabled`, where the pictures' own paths say what they are, and a table beside them says more."""
    pattern = re.compile(declared["pictures"])
    for base in declared["within"]:
        found = [match for image in pictures_below(root / base) if (match := pattern.fullmatch(image))]
        if found:
            break
    else:
        asked = f"pictures in folders such as {declared['shown']}"
        raise CollectionError(f"{root} holds no {asked} of {sources.entry(name)['title']}{_hint(root, declared)}.")
    found = [{"image": match[0], **match.groupdict()} for match in found]
    frame = pd.DataFrame(found, dtype=columns.TEXT)
    home, table = root / base, declared["beside"]
    places = dict.fromkeys((root, home, home.parent))
    file = next((place / table["file"] for place in places if (place / table["file"]).is_file()), None)
    if file is None:
        nothing = pd.Series(np.nan, index=frame.index, dtype=columns.TEXT)
        return home, table["file"], frame.assign(**dict.fromkeys(set(table["columns"]) - set(frame), nothing))
    return home, table["file"], _joined(frame, rows(name, file, table, encoding), table["on"], file.name)


def _joined(frame: pd.DataFrame, table: pd.DataFrame, on: list[str], file: str) -> pd.DataFrame:
    table = table.drop_duplicates(on).set_index(on)
    keys = pd.MultiIndex.from_frame(frame[on])
    unknown, absent = int((~keys.isin(table.index)).sum()), int((~table.index.isin(keys)).sum())
    if unknown == len(frame):
        raise CollectionError(f"{file} has no row for any of the {len(frame):,} pictures (by {' and '.join(on)}).")
    if unknown or absent:
        skipped(f"{file}: {unknown:,} pictures have no row in it, and {absent:,} of its rows have no picture.")
    return frame.assign(**table.reindex(keys).reset_index(drop=True))


def _images(frame: pd.DataFrame, declared: Declared, home: Path) -> pd.Series:
    """Where the pictures lie: as a download's manifest says, else as declared."""
    names = frame[declared["name"]]
    suffixed = names + declared.get("suffix", ".jpg")
    if "search" in declared:
        return _searched(suffixed, frame[declared["usual"]], declared, home)
    tops = {name.split("/")[0] for name in names.str.rpartition("/")[0].unique()}
    below = declared.get("below", [""])
    place = next((place for place in below if any((home / place / top).is_dir() for top in tops)), below[0])
    known = _manifest(home / MANIFEST) if (home / MANIFEST).is_file() else {}
    usual = (f"{place}/" if place else "") + suffixed
    return names.map(known).astype(object).where(names.isin(known), usual).astype(object)


def _searched(names: pd.Series, usual: pd.Series, declared: Declared, home: Path) -> pd.Series:
    """Where a file of each name lies in folders of a pattern, files that replace others first; else where it should."""
    there: dict[str, str] = {}
    for place in sorted(entry for entry in home.iterdir() if entry.is_dir()):
        if re.fullmatch(declared["search"], place.name):
            there |= {file.name: f"{place.name}/{file.name}" for file in os.scandir(place)}
    for file in (home / declared["instead"]).rglob("*.*"):
        if file.name in there:
            there[file.name] = file.relative_to(home).as_posix()
    parts = {part: f"{part}/" if (home / part).is_dir() else "" for part in usual.unique()}
    places = [there.get(name, parts[part] + name) for name, part in zip(names, usual, strict=True)]
    return pd.Series(places, index=names.index, dtype=object)


def _manifest(file: Path) -> dict[str, str]:
    """Pictures by their works' ids; a line that a broken-off download cut short is passed over."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
        with suppress(json.JSONDecodeError, RecursionError, AttributeError):
            entry = json.loads(line)
            key, image = str(entry.get("id")), str(entry.get("image"))
            # Each work's picture has its id for a name; a manifest that says otherwise is not a download's.
            if re.fullmatch(rf"pictures/{re.escape(key)}\.\w+", image):
                found[key] = image
    return found

"""Damaged copies of every collection's layout: each must end in a valid table of works or in an error of our own.

    PYTHONPATH=tests python -m factories.fuzz_readers --n 10000 [--only wga,semart] [--record]
    PYTHONPATH=tests python -m factories.fuzz_readers --only wga --at 123  # one damaged copy again, with its traceback

Nothing is random but the seed: copy number 123 of a case is damaged in the same way every time. `--record` keeps
one record a case (book/fuzz), and a run that was stopped goes on where its records end.
"""

import argparse
import contextlib
import dataclasses
import io
import json
import os
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from artlib import collections, works
from artlib.collections import wikiart
from artlib.errors import ArtlibError
from factories import published as museum
from factories import published_art as art

NASTY = (
    *("", " ", "-", "-1", "0", "1e400", "NaN", "inf", "null", "None", "99999999999999999999", "0x10", "1_000", "1.5"),
    *("=1+1", '=HYPERLINK("http://x")', "<script>alert(1)</script>", "&#x41;&eacute;&bogus;", "../../etc/passwd"),
    *("/etc/passwd", "C:\\x\\y.jpg", "..", ".", "a//b", "~", "a" * 300, "c. 4000 B.C.", "-32000", "2999", "1500-1400"),
    *(
        "0-0",
        "20th century",
        "1890s",
        "True",
        "maybe",
        "\uff11\uff19\uff10\uff16",
        "\u0663",
        "\u00b2",
        "\u202e",
        "\U0001f5bc",
    ),
    *(
        "\x85",
        "\u2028",
        "\x1c",
        "\x0b",
        "\ufeff",
        "'",
        '"',
        '""',
        '"a',
        "\n",
        "\r",
        "\t",
        ";",
        ",",
        "||||",
        ";;",
        "a|b|",
    ),
)
SWAPS = ((b",", b";"), (b";", b","), (b"\t", b","), (b"\n", b"\r\n"), (b"\r\n", b"\n"), (b"\n", b"\r"), (b'"', b""))
WHOLE = (
    *(b"", b"\n\n\n", b"\xef\xbb\xbf", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 317650992\n"),
    *(b"<!doctype html><html><body>403</body></html>", b"\x1f\x8b\x08\x00junk", b"PK\x03\x04../../x", b"{}", b"[]"),
    *(b"[[[[[[", b"{" * 5000, b'"' * 99, b"\0" * 64, b"a", b"," * 70, b"id\n1\n", bytes(range(256))),
)


@dataclass(frozen=True)
class Case:
    """A reader, how to write what it reads, which of the files are damaged, and what an error may call them."""

    reader: str
    write: Callable[[Path], Path]
    damaged: tuple[str, ...]
    called: tuple[str, ...] = ()
    options: dict = field(default_factory=dict)
    names_too: bool = False  # folders and files are renamed and removed as well


def _table(root: Path, form: str = "csv") -> Path:
    for number in range(3):
        art.picture(root / f"{number}.jpg", number)
    frame = pd.DataFrame(
        {
            "work_id": ["a", "a", "b"],
            "image": ["0.jpg", "1.jpg", "2.jpg"],
            "title": ["Storm, at sea", 'A "study"', None],
            "year_begin": ["1880", "c. 1635", None],
            "year_end": ["1885", "1640", None],
            "types": ["print;etching", "drawing", None],
            "artistic": ["yes", "no", None],
            "field": ["painting", None, "garden"],
            "height": [10, 20, 30],
        }
    )
    if form == "csv":
        frame.to_csv(root / "works.csv", index=False)
    else:
        frame.to_parquet(root / "works.parquet", index=False)
    return root


def _folder(root: Path) -> Path:
    for number, name in enumerate(
        ("baroque/a.jpg", "baroque/deep/b.png", "cubism/c.jpg", "loose.jpg", "empty/.hidden")
    ):
        art.picture(root / name, number) if "." in name[1:] and "hidden" not in name else (root / "empty").mkdir()
    return root


def _wikiart(root: Path) -> Path:
    art.artsagenet(root / "artsagenet.csv")
    return art.wikiart(root)


CASES: dict[str, Case] = {
    "table": Case("table", _table, ("works.csv",), options={"pictures": "optional"}),
    "table-parquet": Case("table", lambda root: _table(root, "parquet"), ("works.parquet",)),
    "folder": Case("folder", _folder, (), names_too=True),
    "wikiart": Case(
        "wikiart",
        _wikiart,
        ("Style/*", "Genre/*", "Artist/*", "artsagenet.csv"),
        (
            "lists of WikiArt",
            "artsagenet.csv",
            *sorted(Path(name).name for names in wikiart.LISTS.values() for name in names),
        ),
        {"artsagenet": "artsagenet.csv"},
        names_too=True,
    ),
    "wikiart-parquet": Case("wikiart", art.wikiart_parquet, ("data/*.parquet",), ("Parquet files of wikiart",)),
    "painter_by_numbers": Case("painter_by_numbers", art.painter_by_numbers, ("all_data_info.csv",)),
    "painter_by_numbers-train": Case(
        "painter_by_numbers",
        lambda root: art.painter_by_numbers(root, table="train_info.csv"),
        ("train_info.csv",),
        options={"pictures": "optional"},
    ),
    "wga": Case("wga", art.wga, ("catalog.csv",)),
    "semart": Case("semart", art.semart, ("semart_*.csv",), ("tables of SemArt",), {"pictures": "optional"}),
    "artbench": Case("artbench", art.artbench, ("ArtBench-10.csv",), ("ArtBench-10.csv",), names_too=True),
    "artistry": Case("artistry", art.artistry, (), ("artistry",), names_too=True),
}


def _add_museums() -> None:
    def cleveland(form):
        return lambda root: museum.cleveland(root, form)

    optional = {"pictures": "optional"}
    CASES.update(
        {
            "met": Case("met", museum.met, ("MetObjects.csv",), options=optional),
            "met-2017": Case("met", lambda root: museum.met(root, museum.MET_2017), ("MetObjects.csv",)),
            "met-records": Case("met", museum.met_records, ("*.json*",), ("objects.jsonl",), optional),
            "rijks": Case("rijks", museum.rijks, ("*.mat",), ("rijksgt.mat",)),
            "omniart": Case("omniart", museum.omniart, ("**/*.csv",)),
            "nga": Case("nga", museum.nga, ("**/*.csv",), ("objects.csv",), optional),
            "cleveland": Case("cleveland", museum.cleveland, ("*.csv",), options=optional),
            "cleveland-json": Case("cleveland", cleveland("json"), ("*.json",), options=optional),
            "cleveland-lines": Case("cleveland", cleveland("jsonl"), ("*.jsonl",), options=optional),
        }
    )


HEAD = 60  # rows of a published table: as many as show its kinds of entries


def _head(source: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(source, "rb") as lines:
        file.write_bytes(b"".join(line for line, _ in zip(lines, range(HEAD), strict=False)))


def _add_published(metadata: Path) -> None:
    """Cases of tables as they really were published: their first rows."""
    lists = sorted(file.relative_to(metadata / "wikiart") for file in metadata.glob("wikiart/*/*"))

    def wikiart_lists(root):
        for file in lists:
            _head(metadata / "wikiart" / file, root / file)
        _head(metadata / "artsagenet" / "wikiart_artists.csv", root / "artsagenet.csv")
        with open(root / "artsagenet.csv", "ab") as table:  # one that the first rows of the lists have, too
            name = (root / "Style/style_train.csv").read_bytes().split(b",")[0]
            table.write(name.split(b"/")[1] + b"," + name + b",,,1850-1900,train,1885.0,,french,\r\n")
        return root

    CASES["wikiart-published"] = dataclasses.replace(
        CASES["wikiart"], write=wikiart_lists, options={"artsagenet": "artsagenet.csv", "pictures": "optional"}
    )
    columns = {"work_id": "id", "date_text": "creation_date", "year_begin": "earliest", "culture": "nationality"}
    CASES["table-published"] = Case(
        "table",
        lambda root: _head(metadata / "cmoa" / "cmoa_sample.csv", root / "works.csv") or root,
        ("works.csv",),
        options={"pictures": "optional", "columns": columns | {"year_end": "latest", "materials": "medium"}},
    )


_add_museums()
if os.environ.get("ARTLIB_METADATA") and Path(os.environ["ARTLIB_METADATA"], "wikiart").is_dir():
    _add_published(Path(os.environ["ARTLIB_METADATA"]))


# --- damage ----------------------------------------------------------------------------------------------------------


def _at(draw: random.Random, raw: bytes) -> int:
    return draw.randrange(len(raw) + 1)


def _flip(draw, raw):
    raw = bytearray(raw)
    for _ in range(draw.randint(1, 6) if raw else 0):
        raw[draw.randrange(len(raw))] = draw.randrange(256)
    return bytes(raw)


def _insert(draw, raw):
    at = _at(draw, raw)
    return raw[:at] + _nasty(draw) + raw[at:]


def _cut(draw, raw):
    first, last = sorted((_at(draw, raw), _at(draw, raw)))
    return raw[:first] + raw[last:]


def _again(draw, raw):
    first, last = sorted((_at(draw, raw), _at(draw, raw)))
    return raw[:last] + raw[first:last] + raw[last:]


def _truncate(draw, raw):
    return raw[: _at(draw, raw)]


def _swap(draw, raw):
    old, new = draw.choice(SWAPS)
    return raw.replace(old, new, draw.choice((1, 3, -1)))


def _recode(draw, raw):
    old, new = draw.choice(("utf-8", "cp1252", "latin-1")), draw.choice(("utf-16", "utf-8-sig", "cp1252", "utf-16-le"))
    return raw.decode(old, "replace").encode(new, "replace")


def _replace_whole(draw, raw):
    return draw.choice(WHOLE)


def _lines(draw, raw):
    lines = raw.split(b"\n")
    kind = draw.randrange(4)
    first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
    if kind == 0:
        del lines[first]
    elif kind == 1:
        lines.insert(second, lines[first])
    elif kind == 2:
        lines[first], lines[second] = lines[second], lines[first]
    else:
        draw.shuffle(lines)
    return b"\n".join(lines)


def _cell(draw, raw, header=False):
    lines = raw.split(b"\n")
    number = 0 if header else draw.randrange(len(lines))
    mark = max((b",", b";", b"\t"), key=lines[0].count)
    cells = lines[number].split(mark)
    place = draw.randrange(len(cells))
    kind = draw.randrange(4)
    if kind == 0:
        cells[place] = draw.choice(cells)
    elif kind == 1 and header:
        del cells[place]
    else:
        cells[place] = _nasty(draw)
    lines[number] = mark.join(cells)
    return b"\n".join(lines)


def _header(draw, raw):
    return _cell(draw, raw, header=True)


def _nasty(draw) -> bytes:
    if draw.random() < 0.1:
        return draw.choice((b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x81", b"\xc3", b"A" * 200_000))
    return draw.choice(NASTY).encode(draw.choice(("utf-8", "cp1252")), "replace")


BYTES = (_flip, _insert, _cut, _again, _truncate, _swap, _recode, _replace_whole, _lines, _cell, _cell, _cell, _header)


def damage_json(draw: random.Random, raw: bytes) -> bytes:
    """One value of a JSON document (or of one of its lines) made into another kind of value."""
    lines = raw.split(b"\n")
    whole = not raw.lstrip().startswith(b"{") or b"\n" not in raw.strip()
    at = 0 if whole else draw.randrange(len(lines))
    try:
        document = json.loads(raw if whole else lines[at])
    except ValueError:
        return _flip(draw, raw)
    holder = document
    while isinstance(holder, dict | list) and holder:
        key = draw.choice(list(holder)) if isinstance(holder, dict) else draw.randrange(len(holder))
        if not isinstance(holder[key], dict | list) or not holder[key] or draw.random() < 0.3:
            holder[key] = draw.choice((None, [], {}, [[]], [None], 1e308, -1, True, {"a": 1}, "x", *NASTY))
            break
        holder = holder[key]
    text = json.dumps(document).encode()
    if whole:
        return text
    lines[at] = text
    return b"\n".join(lines)


def damage_parquet(draw: random.Random, raw: bytes) -> bytes:
    """One column made into another type, dropped, renamed or repeated; or the schema's metadata lost."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(pyarrow.BufferReader(raw))
    except (pyarrow.ArrowException, OSError):
        return _flip(draw, raw)
    if not table.num_columns:
        return _flip(draw, raw)
    rows, at, kind = table.num_rows, draw.randrange(table.num_columns), draw.randrange(6)
    name = table.column_names[at]
    if kind == 0 and table.num_columns > 1:
        table = table.remove_column(at)
    elif kind == 1:
        table = table.rename_columns([draw.choice(NASTY) if n == name else n for n in table.column_names])
    elif kind == 2:
        table = table.replace_schema_metadata({"huggingface": draw.choice(NASTY)} if draw.random() < 0.5 else None)
    elif kind == 3:
        table = table.append_column(draw.choice(table.column_names), table.column(at))
    else:
        value = draw.choice(
            (1, -1, 2.5, float("nan"), b"\xff", "x", None, True, [1], ["a", None], {"a": 1}, 10**18, *NASTY)
        )
        table = table.set_column(at, name, pyarrow.array([value] * rows))
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=3)
    return file.getvalue()


def damage_mat(draw: random.Random, raw: bytes) -> bytes:
    """One field of the ground truth given another shape, another type, or impossible numbers; or none at all."""
    import scipy.io

    truth = scipy.io.loadmat(io.BytesIO(raw))["gt"]
    fields = {name: truth[name][0, 0] for name in truth.dtype.names}
    name = draw.choice(list(fields))
    value, kind = fields[name], draw.randrange(7)
    if kind == 0:
        del fields[name]
    elif kind == 1 and value.shape[0] > 1:
        fields[name] = value[: draw.randrange(1, value.shape[0])]
    elif kind == 2:
        fields[name] = np.array(draw.choice((np.nan, -1, 10**9, 1.5, np.inf)))
    elif kind == 3:
        fields[name] = draw.choice(NASTY)
    elif kind == 4 and hasattr(value, "T"):
        fields[name] = value.T
    elif kind == 5 and getattr(value, "dtype", np.dtype(object)).kind != "O" and value.size:
        value = value.toarray() if hasattr(value, "toarray") else value.copy()
        value = value.astype(float)
        value.flat[draw.randrange(value.size)] = draw.choice((np.nan, -1, 0, 10**9, 0.5, -np.inf))
        fields[name] = value
    else:
        fields[name] = np.array([draw.choice(NASTY) for _ in range(3)], dtype=object)
    file = io.BytesIO()
    packed = draw.random() < 0.5
    scipy.io.savemat(file, {draw.choice(("gt", "gt", "gt", "truth")): fields}, do_compression=packed)
    return file.getvalue()


STRUCTURED = {".json": damage_json, ".jsonl": damage_json, ".parquet": damage_parquet, ".mat": damage_mat}


def _rename(draw: random.Random, root: Path) -> None:
    """A file or folder under another name, removed, emptied, or a file where a folder should be."""
    entry = draw.choice(sorted(root.rglob("*")))
    kind = draw.randrange(5)
    if kind < 2:
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    if kind == 1:
        entry.write_bytes(b"not a folder")
    elif kind == 2:
        name = draw.choice(NASTY).replace("/", "_").replace("\0", "")[:80].strip(".")
        with contextlib.suppress(OSError):
            entry.rename(entry.with_name((name or "x") + entry.suffix))
    elif kind == 3 and entry.is_file():
        with contextlib.suppress(OSError):
            shutil.copy(
                entry, entry.with_name(draw.choice((".hidden.jpg", "__MACOSX.jpg", "a b.JPG", "x.txt", "\u00e9.jpg")))
            )
    else:
        with contextlib.suppress(OSError):
            (entry if entry.is_dir() else entry.parent).joinpath("link").symlink_to(root)


# --- one damaged copy ------------------------------------------------------------------------------------------------


class Bench:
    """A case's files, written once, damaged and restored copy after copy."""

    def __init__(self, name: str, folder: Path, seed: int = 0) -> None:
        self.name, self.case, self.seed = name, CASES[name], seed
        self.root = folder / "collection"
        self.root.mkdir()
        self.case.write(self.root)
        self.kept = {file: file.read_bytes() for file in self.root.rglob("*") if file.is_file()}
        self.folders = [entry for entry in self.root.rglob("*") if entry.is_dir()]
        self.targets = sorted({file for pattern in self.case.damaged for file in self.root.glob(pattern)})
        assert self.targets or self.case.names_too, f"{name}: nothing to damage"

    def damaged(self, number: int) -> list[str]:
        """Damage the collection as copy `number` is; the names of the files that were."""
        draw = random.Random(f"{self.seed}/{self.name}/{number}")
        if self.case.names_too and (not self.targets or draw.random() < 0.4):
            for _ in range(draw.randint(1, 3)):
                _rename(draw, self.root)
            return []
        file = draw.choice(self.targets)
        if draw.random() < 0.02:
            file.unlink()
            if draw.random() < 0.5:
                file.mkdir()
            return [file.name]
        raw = self.kept[file]
        structured = STRUCTURED.get(file.suffix)
        if structured and draw.random() < 0.6:
            raw = structured(draw, raw)
        else:
            for _ in range(draw.choice((1, 1, 1, 2, 3))):
                raw = draw.choice(BYTES)(draw, raw)
        file.write_bytes(raw)
        return [file.name]

    def restore(self) -> None:
        """The collection as it was written."""
        if self.case.names_too:
            shutil.rmtree(self.root)
            for folder in (self.root, *self.folders):
                folder.mkdir(exist_ok=True, parents=True)
            for file, raw in self.kept.items():
                file.write_bytes(raw)
            return
        for file in self.targets:
            if file.is_dir():
                file.rmdir()
            file.write_bytes(self.kept[file])

    def outcome(self, number: int) -> str:
        """What becomes of one damaged copy, "table" or "error"; anything else is raised."""
        names = self.damaged(number)
        try:
            return self.read(*names)
        finally:
            self.restore()

    def read(self, *names: str) -> str:
        """What the collection is as it lies there, "table" or "error"; an error must name one of these files."""
        options = {k: self.root / v if k == "artsagenet" else v for k, v in self.case.options.items()}
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                found = collections.read(self.case.reader, self.root, **options)
            except ArtlibError as fault:
                said = str(fault)
            else:
                check(found)
                return "table"
        called = (*names, *self.case.called, str(self.root))
        if not any(word in said for word in called):
            raise AssertionError(f"the error names none of {called}: {said}")
        return "error"


def check(found: works.Collection) -> None:
    """A table of works that holds what it promises, value by value."""
    table = found.works
    assert len(table), "a table without rows"
    assert list(table.index) == list(range(len(table))), "rows are not numbered from 0"
    assert table.columns.is_unique, "two columns of one name"
    for column in works.REQUIRED:
        assert all(isinstance(value, str) and value for value in table[column]), f"{column} is empty"
    for column in table.columns.intersection(works.TEXT):
        assert all(value is None or isinstance(value, str) for value in table[column]), f"{column} is no text"
    for column in table.columns.intersection(works.LISTS):
        assert all(isinstance(value, list) for value in table[column]), f"{column} is no list"
    for column in table.columns.intersection(works.YEARS):
        assert str(table[column].dtype) == "Int64", f"{column} is no year"
        assert table[column].dropna().between(-40_000, 2_200).all(), f"{column} is out of range"
    images = list(table["image"])
    assert len(set(images)) == len(images), "a picture is listed twice"
    assert not any(".." in image.split("/") or image.startswith("/") for image in images), "a name leads out"


def run(name: str, n: int, seed: int = 0, first: int = 0) -> tuple[Counter, float, list[tuple[int, str]]]:
    """Copies `first` to `first + n` of one case: outcomes, the slowest in seconds, and failures (number, what)."""
    outcomes, slowest, failures = Counter(), 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(name, Path(folder), seed)
        for number in range(first, first + n):
            start = time.perf_counter()
            try:
                outcomes[bench.outcome(number)] += 1
            except Exception as fault:  # noqa: BLE001 - anything but our own error is what is looked for
                outcomes["failure"] += 1
                failures.append((number, f"{type(fault).__name__}: {str(fault)[:300]}"))
            slowest = max(slowest, time.perf_counter() - start)
    return outcomes, slowest, failures


def share(name: str, n: int) -> int:
    """A case's part of n copies of its reader."""
    return -(-n // sum(case.reader == CASES[name].reader for case in CASES.values()))


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--n", type=int, default=300, help="damaged copies a reader, shared by its cases")
    words.add_argument("--only", default=",".join(CASES), help="cases, separated by commas")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--at", type=int, help="one copy, by its number")
    words.add_argument("--record", action="store_true", help="keep a record a case, and go on where it ends")
    given = words.parse_args()
    names = given.only.split(",")
    if given.at is not None:
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                print(name, given.at, Bench(name, Path(folder), given.seed).outcome(given.at))
        return 0
    if given.record:
        return sum(_recorded(names, given.n, given.seed))
    failed = 0
    for name in names:
        start = time.perf_counter()
        outcomes, slowest, failures = run(name, share(name, given.n), given.seed)
        print(f"{name}: {dict(outcomes)}, slowest {slowest:.2f} s, {(time.perf_counter() - start) / 60:.1f} min")
        _tell(failures)
        failed += len(failures)
    return min(failed, 1)


def _tell(failures: list[tuple[int, str]]) -> None:
    """Each kind of failure once, with the number of the first copy that shows it."""
    for what, count in Counter(said[:100] for _, said in failures).most_common(8):
        print(f"   {count} x {next(pair for pair in failures if pair[1].startswith(what))}", flush=True)


PART = 250  # copies a reader between two writings of a record


def _recorded(names: list[str], n: int, seed: int) -> Iterator[int]:
    """Failures part by part: all cases in turn, so that a run that is stopped has tried all of them equally."""
    for target in range(PART, n + PART, PART):
        for name in names:
            known = _known(name, seed)
            done, aim = int(known.get("metrics.copies", 0)), share(name, min(target, n))
            if done >= aim:
                continue
            start = time.perf_counter()
            outcomes, slowest, failures = run(name, aim - done, seed, first=done)
            _record(name, seed, known, outcomes, slowest, (time.perf_counter() - start) / 60)
            print(f"{name}: {done:,} + {dict(outcomes)}", flush=True)
            _tell(failures)
            yield len(failures)


def _known(name: str, seed: int) -> dict:
    from artlib import records

    found = records.read("book", "fuzz", collection=name, seed=seed)
    return found.iloc[0].to_dict() if len(found) else {}


def _record(name: str, seed: int, known: dict, outcomes: Counter, slowest: float, minutes: float) -> None:
    from artlib import records

    counts = {kind: int(known.get(f"metrics.{kind}", 0)) + outcomes[kind] for kind in ("table", "error", "failure")}
    slowest = max(slowest, known.get("metrics.slowest_seconds", 0.0))
    records.write(
        {
            "paper": "book",
            "experiment": "fuzz",
            "preset": "paper",
            "collection": name,
            "cell": {"reader": CASES[name].reader},
            "seed": seed,
            "device": "CPU",
            "metrics": {"copies": sum(counts.values()), **counts, "slowest_seconds": round(slowest, 3)},
            "minutes": round(minutes + known.get("minutes", 0.0), 2),
        }
    )


if __name__ == "__main__":
    sys.exit(main())

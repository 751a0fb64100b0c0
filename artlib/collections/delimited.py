"""Published tables (CSV, TSV) read by Arrow: only the columns asked for, as texts; one clear error for each fault."""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import pyarrow
from pyarrow import csv as arrow_csv

from artlib.works import CollectionError

LFS_POINTER = b"version https://git-lfs"

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BLOCK = 1 << 23  # bytes; a record longer than this is an unclosed quote, not a record
_WIDE = ("utf16", "utf32")  # encodings in which a zero byte is nothing unusual


def read(
    file: str | Path,
    columns: Sequence[str] | Mapping[str, str | list[str]] | None = None,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
    required: Sequence[str] = (),
) -> pyarrow.Table:
    """The rows of a delimited file as a `pyarrow.Table` of texts, in the file's order; an empty field is "".

    Read in blocks: memory goes with the columns kept, not with the file. Byte-order marks, either line end, blank
    lines, quoted line ends and a spreadsheet's first line "sep=;" are understood. What the file shows wins over
    ``encoding``: UTF-16 and UTF-8 by their marks, and UTF-8 where another is named and every byte is UTF-8.

    Parameters
    ----------
    columns : the columns to keep, in this order (None: all); one that the file lacks comes back all null. A mapping
        gives them our names, ours to theirs (or to a list of theirs, of which the first that is there counts).
    required : columns without which the table is of no use, by our names where there are any.

    Raises
    ------
    CollectionError : the file is missing, empty, a Git LFS pointer, or holds zero bytes; its encoding or delimiter is
        another; required columns are missing; a row has too many or too few fields; a quote is not closed. The text
        names file and line, or row (row 1 is the file's first record, the header; blank lines do not count).

    Chapter: collections.
    """
    file = Path(file)
    encoding = encoding_of(file, encoding)
    _scan(file, encoding)
    with open(file, encoding=encoding, errors="replace") as lines:
        own = separator(lines.readline())
    delimiter = own or delimiter
    blanks, first = _first_record(file, delimiter, encoding, own)
    names = unique(first, file)
    _check_width(first, delimiter, file)
    theirs = columns if isinstance(columns, Mapping) else {name: name for name in columns or names}
    found = {ours: _present(other, names) for ours, other in theirs.items()}
    _check_names(names, [found.get(ours, ours) for ours in required], file)
    kept = list(dict.fromkeys(name for name in found.values() if name in names))
    table = _parsed(file, names, kept, delimiter, encoding, blanks)
    absent = pyarrow.nulls(table.num_rows, pyarrow.string())
    return pyarrow.table({ours: table[name] if name in kept else absent for ours, name in found.items()})


def opened(file: Path, size: int = 4096) -> bytes:
    """The first bytes of a file that should hold a table, or CollectionError: missing, empty, a Git LFS pointer."""
    try:
        with open(file, "rb") as stream:
            start = stream.read(size)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise CollectionError(f"There is no such file: {file}") from None
        raise CollectionError(f"{file} cannot be opened ({error.strerror}).") from None
    if not start.strip(b"\xef\xbb\xbf \t\r\n"):
        raise _empty(file)
    if start.startswith(LFS_POINTER):
        raise CollectionError(f"{file.name} is a Git LFS pointer, not the table itself: fetch it with 'git lfs pull'.")
    return start


def _empty(file: Path) -> CollectionError:
    return CollectionError(f"{file.name} is empty: it needs a header with the columns' names, and rows beneath it.")


def undecodable(file: Path, encoding: str) -> CollectionError:
    """What to say of a file that is not in this encoding: the first line and byte that are not."""
    where, what = "", f"is not {encoding}"
    with open(file, "rb") as stream:
        for number, line in enumerate(() if _wide(encoding) else stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                where = f", line {number}"
                what = f"byte 0x{line[error.start]:02x} is not {encoding.removesuffix('-sig')}"
                break
    return CollectionError(
        f"{file.name}{where}: {what}. Save the table as UTF-8, or name its encoding (for example encoding='cp1252')."
    )


def known_encoding(encoding: str) -> str:
    """The encoding's name in Python's spelling, or CollectionError when there is none of that name."""
    try:
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except LookupError:
        raise CollectionError(f"There is no text encoding called {encoding!r}.") from None


# --- before Arrow ----------------------------------------------------------------------------------------------------


def encoding_of(file: Path, encoding: str) -> str:
    """How a file is read: in what its mark says, in UTF-8 where all of it is, else in the encoding that is named."""
    name, start = known_encoding(encoding), opened(file)
    marks = {"utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-8-sig": (codecs.BOM_UTF8,)}
    marks["utf-16"] = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # asked last: UTF-32's begins with it
    marked = next((shown for shown, signs in marks.items() if start.startswith(signs)), None)
    return marked or ("utf-8" if _is_utf8(file) and not name.startswith("utf") else name)


def _is_utf8(file: Path) -> bool:
    """Whether every byte is UTF-8, some of several bytes: by chance no table in another encoding is."""
    decoder, plain = codecs.getincrementaldecoder("utf-8")(), True
    try:
        for block in _blocks(file):
            plain &= block.isascii()
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return not plain


def separator(line: str) -> str | None:
    """The delimiter that a spreadsheet's first line, "sep=;", names; None for any other line."""
    found = re.fullmatch(r'\ufeff?"?sep=(.)"?[,;\t]*\s*', line)
    return found[1] if found else None


def _wide(encoding: str) -> bool:
    return encoding.replace("-", "").replace("_", "").startswith(_WIDE)


def _scan(file: Path, encoding: str) -> None:
    """What Arrow would pass over in silence: zero bytes, and a quote that swallows the rest of the file."""
    if _wide(encoding):
        return
    quotes, lines = 0, 1
    for block in _blocks(file):
        if (at := block.find(b"\0")) >= 0:
            line = lines + block[:at].count(b"\n")
            raise CollectionError(
                f"{file.name}, line {line}: a zero byte. The file is damaged, not a table, or UTF-16 without its mark "
                "(then give encoding='utf-16-le')."
            )
        lines += block.count(b"\n")
        quotes += block.count(b'"')
    if quotes % 2:
        _find_open_quote(file, encoding)


def _find_open_quote(file: Path, encoding: str) -> None:
    """An odd number of quotes is a fault only where one is still open at the end of the file: in the last record."""
    limit, start = csv.field_size_limit(1 << 30), 1
    with open(file, encoding=encoding, errors="replace", newline="") as text:
        records = csv.reader(text, strict=False)
        try:
            for _ in records:
                last, start = start, records.line_num + 1
        finally:
            csv.field_size_limit(limit)
    with open(file, "rb") as stream:
        quotes = sum(line.count(b'"') for line in islice(stream, last - 1, None))
    if records.line_num > last and quotes % 2:
        raise CollectionError(
            f"{file.name}, line {last}: a double quote is opened and never closed, so that all that follows "
            "would be one field. Close it, or double quotes inside a field."
        )


def _blocks(file: Path) -> Iterator[bytes]:
    with open(file, "rb") as stream:
        while block := stream.read(1 << 20):
            yield block


def _first_record(file: Path, delimiter: str, encoding: str, own: str | None) -> tuple[int, list[str]]:
    """Lines before the header (blank, or of a spreadsheet's ``own`` separator), and its fields."""
    try:
        with open(file, encoding=encoding, newline="") as text:
            for blanks, fields in enumerate(csv.reader(text, delimiter=delimiter)):
                if blanks == 0 and own:
                    continue
                if any(field.strip() for field in fields):
                    if not any(line.strip() for line in text):
                        raise CollectionError(f"{file.name} holds no rows: it has a header and nothing beneath it.")
                    return blanks, [field.replace("\ufeff", "").strip() for field in fields]
    except UnicodeDecodeError:
        raise undecodable(file, encoding) from None
    except csv.Error as error:
        raise CollectionError(f"{file.name}, line 1: {error}. Is this a table of texts?") from None
    raise _empty(file)


def unique(names: list[str], file: Path) -> list[str]:
    """The names of a header, those that are blank numbered; CollectionError where one stands there twice."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise CollectionError(f"{file.name}: the header names {', '.join(map(repr, twice))} more than once.")
    return [name or f"unnamed_{number}" for number, name in enumerate(names, start=1)]


def _check_width(first: list[str], delimiter: str, file: Path) -> None:
    other = max((mark for mark in _DELIMITERS if mark != delimiter), key=first[0].count)
    if len(first) == 1 and other in first[0]:
        raise CollectionError(
            f"{file.name}: its first row is one field, {first[0][:80]!r}; fields seem to be separated by "
            f"{_DELIMITERS[other]}, not by {_DELIMITERS.get(delimiter, repr(delimiter))} (delimiter={other!r})."
        )


def _present(names: str | list[str], there: Sequence[str]) -> str:
    """The first of a column's names that a table has, else the first."""
    names = [names] if isinstance(names, str) else names
    return next((name for name in names if name in there), names[0])


def _check_names(names: Sequence[str], required: Sequence[str], file: Path) -> None:
    missing = [name for name in required if name not in names]
    if missing:
        there = ", ".join(map(repr, names[:60])) + (" ..." if len(names) > 60 else "")
        raise CollectionError(
            f"{file.name}: column {' and '.join(map(repr, missing))} is missing. Columns found: {there}."
        )


# --- by Arrow --------------------------------------------------------------------------------------------------------


def _parsed(file: Path, names: list[str], kept: list[str], delimiter: str, encoding: str, blanks: int) -> pyarrow.Table:
    schema = pyarrow.schema([(name, pyarrow.string()) for name in kept])
    code = "utf8" if encoding.startswith("utf-8") else encoding
    reading = arrow_csv.ReadOptions(
        use_threads=False,  # only then are faulty rows numbered
        block_size=_BLOCK, column_names=names, skip_rows=blanks, skip_rows_after_names=1, encoding=code,
    )  # fmt: skip
    parsing = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    converting = arrow_csv.ConvertOptions(
        column_types=schema, include_columns=kept or names[:1], strings_can_be_null=False
    )
    try:
        with arrow_csv.open_csv(str(file), reading, parsing, converting) as reader:
            return pyarrow.Table.from_batches(list(reader), reader.schema)
    except UnicodeDecodeError:
        raise undecodable(file, encoding) from None
    except (pyarrow.ArrowInvalid, OSError) as error:
        fault = undecodable(file, encoding) if "UTF8" in str(error) else _row_fault(str(error), file, delimiter)
        raise fault from None


def _row_fault(said: str, file: Path, delimiter: str) -> CollectionError:
    found = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+): (.*)", said, re.DOTALL)
    if found:
        row, expected, got, text = found.groups()
        return CollectionError(
            f"{file.name}, row {row or 'unknown'}: {got} fields where the header names {expected} "
            f"({text[:60]!r}). Put fields that contain {delimiter!r} or line ends between double quotes."
        )
    if "straddl" in said or "out of sync" in said:
        return CollectionError(
            f"{file.name} holds a record of more than {_BLOCK >> 20} MB. Is a double quote not closed?"
        )
    return CollectionError(f"{file.name} cannot be read as a table: {said.splitlines()[0][:200]}")

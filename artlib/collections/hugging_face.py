"""Collections as Hugging Face publishes them: Parquet files with the pictures' bytes and classes as numbers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import numpy as np
import pandas as pd
import pyarrow
from pyarrow import parquet

from artlib import works as works_table
from artlib.collections import columns, duplicates
from artlib.collections.files import MAX_PIXELS, FileSource, decode, stamp
from artlib.collections.table import ReadingOptions
from artlib.works import Collection, CollectionError, PictureError

_UNKNOWN = "unknown "  # "Unknown Artist" and "Unknown Genre" are classes there; here they are no label
_LARGE = 1 << 28  # bytes; of a row group larger than this only a few rows are held at a time
_FEW = 16  # rows


class ParquetSource(FileSource):
    """The picture source (`artlib.works.PictureSource`) of Parquet files whose column `image` holds bytes.

    A picture is called "FILE#ROW", FILE relative to `root` and ROW from 0. Row after row, each row group's pictures
    are read once and kept until the next; nothing else of the file is read. Chapter: collections.
    """

    threads = False
    _batch: tuple[str, int, list] | None = None  # file, first row, bytes of the batch read last

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_batch": None}

    def read(self, image: str, size: int) -> np.ndarray:
        """The picture as `artlib.collections.files.FileSource.read` gives it. Errors: PictureError."""
        file, row = self._place(image)
        data = self._bytes(file, row)
        if data is None:
            raise PictureError("its row holds no picture")
        return decode(data, size, self.max_pixels)

    def fingerprint(self, image: str) -> str:
        """Name, and bytes and time of the last change (ns) of the file that holds the picture."""
        try:
            return stamp(image, self._place(image)[0])
        except (OSError, PictureError):
            return f"{image}:missing"

    def _place(self, image: str) -> tuple[str, int]:
        name, mark, row = image.rpartition("#")
        if not mark or not row.isdecimal():
            raise PictureError("its name is not that of a row of a Parquet file of the collection")
        return self.path(name), int(row)

    def _bytes(self, file: str, row: int) -> bytes | None:
        kept = self._batch
        if kept is None or kept[0] != file or not kept[1] <= row < kept[1] + len(kept[2]):
            kept = self._batch = _batch_with(file, row)
        return kept[2][row - kept[1]]


def read(folder: Path, files: Sequence[Path], name: str, licence: str, **options: Unpack[ReadingOptions]) -> Collection:
    """The table of works of Parquet files with image {bytes, path} and class columns (artist, genre, style).

    The classes' names stand in the schema's metadata. Only the class columns are read; "Unknown Artist" becomes a
    missing label. A row is a work unless its picture carries a file name. Errors: CollectionError names the file.
    """
    folder = folder.resolve()
    parts = [_rows(file.resolve(), folder) for file in files]
    works = pd.concat(parts, ignore_index=True).assign(source=name, licence=licence)
    works = works_table.check(works, source=f"the Parquet files of {name}")
    source = ParquetSource(folder, options.get("max_pixels", MAX_PIXELS))
    works = duplicates.group(works, source) if options.get("near_duplicates") else works
    return Collection(name, works, source)


def _rows(file: Path, folder: Path) -> pd.DataFrame:
    label = file.relative_to(folder).as_posix()
    try:
        opened = parquet.ParquetFile(file)
        schema = opened.schema_arrow
        labels = [name for name in ("artist", "genre", "style") if name in schema.names]
        if "image" not in schema.names or not labels or len(set(schema.names)) < len(schema.names):
            raise CollectionError(
                f"{label}: columns {', '.join(schema.names[:20])}; expected image and artist, genre or style, once."
            )
        image = schema.field("image").type
        has_path = pyarrow.types.is_struct(image) and "path" in [inner.name for inner in image]
        table = opened.read(columns=[*labels, *(["image.path"] if has_path else [])])
    except (OSError, pyarrow.ArrowException) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CollectionError(f"{label} is not a Parquet table that can be read: {said}") from None
    images = [f"{label}#{row}" for row in range(table.num_rows)]
    rows = pd.DataFrame({"work_id": images, "image": images}, dtype=object)
    if has_path:
        paths = pd.Series([(image or {}).get("path") for image in table["image"].to_pylist()], dtype=object)
        rows["work_id"] = paths.where(paths.notna() & (paths != ""), rows["work_id"])
    for column in labels:
        rows[column] = _labels(table[column].to_pandas(), _class_names(schema, column, label), column, label)
    return rows


def _class_names(schema, column: str, file: str) -> list[str]:
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, TypeError, ValueError):
        raise CollectionError(
            f"{file}: the schema's metadata do not name the classes of {column!r} (key 'huggingface')."
        ) from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CollectionError(f"{file}: the classes of {column!r} in the schema's metadata are not a list of names.")
    return names


def _labels(numbers: pd.Series, names: list[str], column: str, file: str) -> pd.Series:
    """Names for numbers: -1 and "Unknown ..." mean that there is no label."""
    values = pd.to_numeric(numbers, errors="coerce")
    known = values.notna() & (values != -1)
    wrong = (known & ~values.between(0, len(names) - 1)) | (values.isna() & numbers.notna())
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise CollectionError(
            f"{file}, row {row}, column {column!r}: {numbers.iloc[row]!r} is none of the {len(names)} classes."
        )
    plain = [None if name.lower().startswith(_UNKNOWN) else _spelled(name, column) for name in names]
    return values.where(known).map(dict(enumerate(plain)))


def _spelled(name: str, column: str) -> str:
    if column != "artist":
        return name.replace("_", " ")
    return columns.person(name.replace("_", "-")) or name


def _batch_with(file: str, row: int) -> tuple[str, int, list]:
    """The batch of pictures that holds a row: (file, its first row, bytes)."""
    try:
        opened = parquet.ParquetFile(file)
        groups = [opened.metadata.row_group(number) for number in range(opened.num_row_groups)]
        starts = np.cumsum([0, *(group.num_rows for group in groups)])
        if row >= starts[-1]:
            raise PictureError("its Parquet file has no such row")
        group = int(np.searchsorted(starts, row, "right")) - 1
        first, whole = int(starts[group]), groups[group]
        size = _FEW if whole.total_byte_size > _LARGE else whole.num_rows
        for batch in opened.iter_batches(size, row_groups=[group], columns=["image.bytes"]):
            if row < first + batch.num_rows:
                return file, first, batch.column(0).field("bytes").to_pylist()
            first += batch.num_rows
    except (OSError, pyarrow.ArrowException, KeyError) as error:
        raise PictureError(f"its Parquet file cannot be read ({type(error).__name__})") from None
    raise PictureError("its Parquet file has no such row")

"""The folder of a download: pictures, a manifest that is only ever appended to, and the table made from it.

pictures/KEY.jpg    written under another name, then renamed: what has its name is whole
manifest.jsonl      one line a picture (address, licence, credit, sha256, ...) or a refusal; the first says the source
works.csv           the manifest's pictures as a table of works, for `collections.read("table", root=...)`
records.jsonl       the source's own records of them, where it has records, for its own reader (`read("met", ...)`)
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from artlib import works
from artlib.collections.download.web import Again, Refusal
from artlib.collections.files import WEB_PAGE, FileSource, header
from artlib.works import CollectionError, PictureError

MANIFEST, TABLE, RECORDS, PICTURES = "manifest.jsonl", "works.csv", "records.jsonl", "pictures"

_ENDINGS = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png"}  # what these museums send; no other decoder is started
_LOCK = ".lock"
_FIRST = ("work_id", "image")
_LAST = ("source", "licence", "credit", "url", "sha256", "width", "height")


@dataclass(frozen=True)
class Found:
    """A work that may be taken: its columns (`artlib.works.COLUMNS`), its picture's address, the source's record."""

    key: str
    columns: Mapping[str, str]
    address: str
    record: Mapping[str, Any] | None = None


class Store:
    """``with Store(root, source, size, max_pixels) as store``; a second download into the folder is turned away."""

    folders: tuple[str, ...] = (PICTURES,)
    keys = re.compile(r"[0-9]{1,12}")  # the sources' own ids; nothing else becomes the name of a file

    def __init__(self, root: Path, source: str, size: int | str, max_pixels: int) -> None:
        self.root, self._max_pixels = root, max_pixels
        self._head = {"manifest": 1, "source": source, "size": str(size)}
        self._entries: dict[str, dict[str, Any]] = {}
        self._lock = filelock.FileLock(root / _LOCK, timeout=0)
        self._manifest: int | None = None

    def __enter__(self) -> Store:
        with contextlib.ExitStack() as undone:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                _check_links(self.root, self.folders)
                for name in self.folders:
                    (self.root / name).mkdir(parents=True, exist_ok=True)
                self._lock.acquire()
                undone.callback(self.__exit__)
                self._open()
            except filelock.Timeout:
                raise CollectionError(f"Another download writes into {self.root}: wait for it, or end it.") from None
            except OSError as error:
                raise _cannot_write(error) from None
            undone.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        if self._manifest is not None:
            os.close(self._manifest)
            self._manifest = None
        self._lock.release()

    def _open(self) -> None:
        path = self.root / MANIFEST
        if (self.root / TABLE).exists() and not path.exists():
            raise CollectionError(
                f"{self.root} holds a {TABLE} that no download has written, and it would be replaced. "
                "Choose another folder (--root)."
            )
        text = path.read_bytes() if path.exists() else b""
        lines = list(_records(text, self.keys))
        heads = [line for line in lines if "manifest" in line]
        if heads and heads[0] != self._head:
            there = f"{heads[0].get('source')} in size {heads[0].get('size')}"
            raise CollectionError(f"{self.root} holds a download of {there}. Choose another folder (--root).")
        self._entries = {line["id"]: line for line in lines if "id" in line}
        for left in (part for name in self.folders for part in (self.root / name).glob("*.part")):
            left.unlink()
        flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._manifest = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | flags, 0o644)
        if not heads:
            self._append(self._head, cut=bool(text) and not text.endswith(b"\n"))
        elif not text.endswith(b"\n"):
            os.write(self._manifest, b"\n")  # a line that a kill cut short stays behind, and is passed over

    # --- what is there -------------------------------------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Whether the manifest has this picture and the file is still as large as then."""
        entry = self._entries.get(key, {})
        image = entry.get("image")
        if not isinstance(image, str) or image not in self._names(key):
            return False
        try:
            return os.lstat(self.root / image).st_size == entry.get("bytes")
        except OSError:
            return False

    def refused(self, key: str) -> str | None:
        """Why this work was refused for good in an earlier run."""
        reason = self._entries.get(key, {}).get("refused")
        return str(reason) if reason else None

    def adopt(self, found: Found) -> bool:
        """Take up a picture that lies here whole without a line in the manifest: a kill came between the two."""
        for name in self._names(found.key):
            path = self.root / name
            if path.is_file() and not path.is_symlink():
                try:
                    self._note(found, name, judge(path, self._max_pixels))
                    return True
                except (Again, Refusal):
                    path.unlink()
        return False

    def _names(self, key: str) -> list[str]:
        """What the picture of a work may be called, below the folder."""
        return [f"{PICTURES}/{key}{ending}" for ending in dict.fromkeys(_ENDINGS.values())]

    # --- what comes ------------------------------------------------------------------------------------------------

    def keep(self, found: Found, body: Iterator[bytes]) -> None:
        """Write a picture as it comes, judge it, give it its name, note it. Errors: Refusal, Again, CollectionError."""
        if not self.keys.fullmatch(found.key):
            raise Refusal("has an id that is not a number", lasting=True)
        part = (self.root / self._names(found.key)[0]).with_suffix(".part")
        with _writing(part):
            _write(part, body)
            name, picture = self._taken(found, part)
            os.replace(part, self.root / name)
            self._note(found, name, picture)

    def _taken(self, found: Found, part: Path) -> tuple[str, dict[str, Any]]:
        """The name of a picture that has come and what is noted of it; what is kept lies in `part` afterwards."""
        picture = judge(part, self._max_pixels)
        return f"{PICTURES}/{found.key}{_ENDINGS[picture['format']]}", picture

    def refuse(self, key: str, reason: str) -> None:
        """Note a refusal that another day would not change, so that nobody is asked again."""
        if self.keys.fullmatch(key):
            self._entry({"id": key, "refused": reason})

    def _note(self, found: Found, name: str, picture: dict[str, Any]) -> None:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"address": found.address, "fetched": moment, "columns": dict(found.columns), "record": found.record}
        self._entry({"id": found.key, "image": name, **picture, **said})

    def _entry(self, entry: dict[str, Any]) -> None:
        self._append(entry)
        self._entries[entry["id"]] = entry

    def _append(self, entry: dict[str, Any], cut: bool = False) -> None:
        line = ("\n" if cut else "") + json.dumps(entry, ensure_ascii=False) + "\n"
        with _writing():
            os.write(self._manifest, line.encode("utf-8", "replace"))
            os.fsync(self._manifest)

    def write_tables(self) -> None:
        """Write works.csv and records.jsonl from the manifest. A folder without pictures gets neither."""
        here = [entry for key, entry in self._entries.items() if self.has(key)]
        records = [entry["record"] for entry in here if isinstance(entry.get("record"), dict)]
        if here:
            rows = [self._row(entry) for entry in here]
            known = [name for name in works.COLUMNS if name not in (*_FIRST, *_LAST)]
            columns = [name for name in (*_FIRST, *known, *_LAST) if any(row.get(name) for row in rows)]
            save_table(self.root / TABLE, pd.DataFrame(rows, dtype=object)[columns])
        if records:
            save(self.root / RECORDS, (json.dumps(record).encode() + b"\n" for record in records))

    def _row(self, entry: dict[str, Any]) -> dict[str, Any]:
        known = {name: text for name, text in entry.get("columns", {}).items() if name in works.COLUMNS}
        return {**known, **{name: entry[name] for name in ("image", "sha256", "width", "height") if name in entry}}


def judge(path: Path, max_pixels: int) -> dict[str, Any]:
    """Format, width, height (px), bytes and hash of a picture that decodes. Errors: Refusal; Again: it is truncated."""
    try:
        kind, width, height = header(str(path), max_pixels)
        if kind not in _ENDINGS:
            raise Refusal(f"is a picture of a kind that is not taken ({kind})", lasting=True)
        FileSource(path.parent, max_pixels).read(path.name, 32)
    except PictureError as error:
        if "truncated" in str(error):
            raise Again(str(error)) from None
        raise Refusal(str(error), lasting=WEB_PAGE not in str(error)) from None
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"format": kind, "width": width, "height": height, "bytes": file.tell(), "sha256": digest}


def save(path: Path, body: Iterator[bytes]) -> None:
    """Write a file beside the pictures, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    with _writing(part):
        _write(part, body)
        os.replace(part, path)


def save_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as CSV that no spreadsheet takes for formulas."""
    text = frame.map(_cell).to_csv(index=False, lineterminator="\n")
    save(path, iter([text.encode("utf-8", "replace")]))


@contextlib.contextmanager
def _writing(part: Path | None = None) -> Iterator[None]:
    """A disk that is full or shut is one message; the part of a file that was not finished is taken away."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(error) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _write(path: Path, body: Iterator[bytes]) -> None:
    """A new file (a link of that name is not followed), on the disk and not only on the way there."""
    path.unlink(missing_ok=True)
    with open(path, "xb") as file:
        for piece in body:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _records(text: bytes, keys: re.Pattern[str]) -> Iterator[dict[str, Any]]:
    for line in text.split(b"\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # cut short by a kill; its picture is found by its name
        named = isinstance(record, dict) and ("manifest" in record or keys.fullmatch(str(record.get("id"))))
        if named and isinstance(record.get("id", ""), str) and isinstance(record.get("columns", {}), dict):
            yield record


def _cell(value: Any) -> str:
    """As text that no spreadsheet takes for a formula: a space in front, which the reader strips again."""
    text = "" if pd.isna(value) else str(value)
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"-\d+", text)
    return f" {text}" if formula else text


def _check_links(root: Path, folders: tuple[str, ...]) -> None:
    """The folder itself may be a link (to a larger disk); what is opened inside it may not."""
    for name in (*folders, MANIFEST, _LOCK):
        if (root / name).is_symlink():
            raise CollectionError(f"{root / name} is a link to another place, into which no download writes.")


def _cannot_write(error: OSError) -> CollectionError:
    where = f" {error.filename}" if error.filename else ""
    return CollectionError(
        f"The download cannot write{where}: {error.strerror or error}. What was fetched is kept; put that right and "
        "give the same command again."
    )

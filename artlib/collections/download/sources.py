"""The sources' own ways: how each lists its works, which of them are open, and where their pictures are.

The works come in an order that is fixed and has nothing to do with the source's own (by a hash of their ids), so that
the first N are a fair sample, and the same ones tomorrow.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from artlib.collections import delimited
from artlib.collections.download.service import Service
from artlib.collections.download.store import Found, save
from artlib.collections.download.web import Again, Refusal, Stopped, Web
from artlib.works import CollectionError

_EARLIEST, _LATEST = -40_000, 2_200  # years beyond these are placeholders (9999: still living)
_PAGE = 500  # records of one answer
_MOST = 1_000_000  # records of one list; far more than any of these museums has
_LONGEST = 200_000  # characters of one record
_FIELDS = {"painting": "painting", "sculpture": "sculpture"}  # types that are a field of art by themselves
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Lost = Callable[[str, str], object]


class Source(Protocol):
    """What a source must be able to say."""

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        """Ids of its works of these types (none: all), in the fixed order; `lost(what, why)` where a part does not
        come. Errors: CollectionError when the source answers otherwise than it is documented to."""
        ...

    def work(self, key: str) -> Found:
        """What is known of a work. Errors: Refusal when it is not open, or has no picture."""
        ...


class NationalGallery:
    """National Gallery of Art: tables from its public repository, pictures by IIIF."""

    _OBJECTS = (
        *("objectid", "title", "displaydate", "beginyear", "endyear", "medium", "attribution", "creditline"),
        "classification",
    )
    _MORE = ("objects_terms", "constituents", "objects_constituents")  # styles and schools; names and nationalities
    _PICTURES = ("uuid", "viewtype", "openaccess", "depictstmsobjectid")

    def __init__(self, service: Service, web: Web, root: Path, size: int | str) -> None:
        self._service, self._web, self._root, self._size = service, web, root, size
        self._rows: dict[str, dict[str, Any]] = {}
        self._styles: dict[str, str] = {}
        self._schools: dict[str, str] = {}

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        wanted = {self._service.types[name] for name in types}
        rows = self._joined().sort_by("uuid").to_pylist()
        self._rows = {row["objectid"]: row for row in rows if not wanted or row["classification"] in wanted}
        for name in self._MORE:
            try:
                self._table(name)
            except Stopped as error:
                lost(f"{name}.csv", str(error))
        self._styles, self._schools = self._terms("Style"), self._terms("School")
        yield from _shuffled(self._rows)

    def work(self, key: str) -> Found:
        row = self._rows[key]
        if row["openaccess"] != "1":
            raise Refusal("is not open access", lasting=True)
        if not _UUID.fullmatch(row["uuid"]):
            raise Refusal("has a picture without a proper id", lasting=True)
        columns = {
            "artist": row["attribution"],
            "title": row["title"],
            "date_text": row["displaydate"],
            # Without a date the table's years are the artist's life.
            **(_years(row["beginyear"], row["endyear"]) if row["displaydate"] else {}),
            "style": self._styles.get(key),
            "culture": self._schools.get(key),
            "types": row["classification"],
            "materials": _one(row["medium"]),
            "credit": _credit(self._service, row["creditline"]),
        }
        address = self._service.addresses["picture"].format(uuid=row["uuid"], size=self._size)
        return _found(self._service, key, columns, address)

    def _joined(self):
        """Objects with their primary picture."""
        import pyarrow.compute as pc

        objects = delimited.read(
            self._table("objects"),
            self._OBJECTS,
            required=["objectid", "title", "classification", "creditline"],
        )
        pictures = delimited.read(
            self._table("published_images"),
            self._PICTURES,
            required=self._PICTURES,
        )
        primary = pictures.filter(pc.equal(pictures["viewtype"], "primary"))
        return objects.join(primary, "objectid", "depictstmsobjectid", join_type="inner")

    def _terms(self, kind: str) -> dict[str, str]:
        """The first term of a kind of each object; none where the table of terms did not come."""
        import pyarrow.compute as pc

        file = self._root / "objects_terms.csv"
        if not file.is_file():
            return {}
        columns = ("objectid", "termtype", "term")
        terms = delimited.read(file, columns, required=columns)
        chosen = terms.filter(pc.equal(terms["termtype"], kind))
        pairs = zip(chosen["objectid"].to_pylist(), chosen["term"].to_pylist(), strict=True)
        return dict(reversed(list(pairs)))

    def _table(self, name: str) -> Path:
        """A table of the repository, fetched once and kept beside the pictures."""
        file = self._root / f"{name}.csv"
        if not file.is_file():
            limit = self._service.limits.table
            try:
                self._web.get(self._service.addresses[name], limit, lambda body: _save_table(file, body))
            except Refusal as error:
                raise Stopped(f"{self._service.name}: the table {file.name} {error}. Try again later.") from None
        return file


class Cleveland:
    """The Cleveland Museum of Art: pages of records, each with type, culture, creators, years and pictures."""

    _ASKED = (
        "id,accession_number,share_license_status,title,creation_date,creation_date_earliest,creation_date_latest,"
        "creators,culture,technique,department,type,creditline,url,images"
    )

    def __init__(self, service: Service, web: Web, root: Path, size: int | str) -> None:
        self._service, self._web, self._size = service, web, size
        self._records: dict[str, dict[str, Any]] = {}

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        for name in types or (None,):
            self._records |= {_key(record.get("id")): record for record in self._pages(name, lost)}
        yield from _shuffled(self._records)

    def work(self, key: str) -> Found:
        record = self._records[key]
        if str(record.get("share_license_status")).upper() != "CC0":
            raise Refusal("is not in the public domain (not CC0)", lasting=True)
        makers = [_text(maker.get("description")) for maker in _dicts(record.get("creators"))]
        cultures = record.get("culture") if isinstance(record.get("culture"), list) else []
        columns = {
            "artist": re.sub(r"\s*\([^()]*\d[^()]*\)$", "", makers[0]) if makers else "",
            "title": record.get("title"),
            "date_text": record.get("creation_date"),
            **_years(record.get("creation_date_earliest"), record.get("creation_date_latest")),
            "culture": _text(cultures[0]).partition(",")[0] if cultures else "",
            "types": _one(record.get("type")),
            "materials": _one(record.get("technique")),
            "credit": _credit(self._service, record.get("creditline")),
            "url": record.get("url"),
        }
        pictures = record.get("images")
        chosen = pictures.get(self._size) if isinstance(pictures, dict) else None
        address = chosen.get("url") if isinstance(chosen, dict) else None
        return _found(self._service, key, columns, address, record)

    def _pages(self, type_name: str | None, lost: Lost) -> Iterator[dict[str, Any]]:
        start, total = 0, 1
        while start < min(total, _MOST):
            asked = {"cc0": 1, "has_image": 1, "limit": _PAGE, "skip": start, "fields": self._ASKED}
            if type_name:
                asked["type"] = self._service.types[type_name]
            try:
                page = self._web.json(f"{self._service.addresses['records']}?{urlencode(asked)}")
            except Refusal as error:
                if start == 0:
                    raise Stopped(f"{self._service.name}: its list of works {error}. Try again later.") from None
                lost(f"records {start:,} to {start + _PAGE - 1:,}", str(error))
                start += _PAGE
                continue
            total, records = _listing(page, self._service)
            if not records:
                return
            yield from records
            start += len(records)


class Met:
    """The Metropolitan Museum: a search that lists ids, one record a work."""

    def __init__(self, service: Service, web: Web, root: Path, size: int | str) -> None:
        self._service, self._web, self._size = service, web, size

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        found: set[str] = set()
        for name in types or (None,):
            asked = {"hasImages": "true", **({"medium": self._service.types[name]} if name else {}), "q": "*"}
            try:
                answer = self._web.json(f"{self._service.addresses['search']}?{urlencode(asked, safe='*')}")
            except Refusal as error:
                raise Stopped(f"{self._service.name}: its list of works {error}. Try again later.") from None
            if not isinstance(answer, dict) or not isinstance(answer.get("objectIDs") or [], list):
                raise _otherwise(self._service, "a search without 'objectIDs'")
            found |= {_key(number) for number in answer.get("objectIDs") or []}
        yield from _shuffled(found)

    def work(self, key: str) -> Found:
        record = self._web.json(self._service.addresses["record"].format(key=key))
        if not isinstance(record, dict) or _key(record.get("objectID")) != key:
            raise Refusal("is answered with the record of another work")
        if record.get("isPublicDomain") is not True:
            raise Refusal("is not in the public domain", lasting=True)
        columns = {
            "artist": record.get("artistDisplayName"),
            "title": record.get("title"),
            "date_text": record.get("objectDate"),
            **_years(record.get("objectBeginDate"), record.get("objectEndDate")),
            "culture": record.get("culture"),
            "types": _one(record.get("classification") or record.get("objectName")),
            "materials": _one(record.get("medium")),
            "credit": _credit(self._service, record.get("creditLine")),
            "url": record.get("objectURL"),
        }
        return _found(self._service, key, columns, record.get(str(self._size)), record)


SOURCES: dict[str, type[Source]] = {"nga": NationalGallery, "cleveland": Cleveland, "met": Met}


def _save_table(file: Path, body: Iterator[bytes]) -> None:
    save(file, body)
    with open(file, "rb") as table:
        page = table.read(64).lstrip().startswith(b"<")
    if page:
        file.unlink()
        raise Again("is answered with a web page", blocked=True)


# --- what the sources say, as our columns -----------------------------------------------------------------------------


def _found(
    service: Service, key: str, columns: dict[str, Any], address: Any, record: dict[str, Any] | None = None
) -> Found:
    if not isinstance(address, str) or not address:
        raise Refusal("has no picture in this size")
    texts = {name: _text(value) for name, value in columns.items()}
    page = texts.get("url", "")
    texts["url"] = page if page.startswith("https://") else service.addresses["page"].format(key=key)
    known = {
        "work_id": f"{service.name}-{key}",
        "source": service.title,
        "licence": service.licence,
        "field": next((field for word, field in _FIELDS.items() if texts["types"].lower().startswith(word)), ""),
    }
    return Found(key, {name: text for name, text in {**texts, **known}.items() if text}, address, _short(record))


def _short(record: dict[str, Any] | None) -> dict[str, Any] | None:
    """The record for the manifest, unless it is longer than any record of these museums."""
    return record if record is None or len(json.dumps(record)) <= _LONGEST else None


def _text(value: Any) -> str:
    """On one line, without control characters, of a length that belongs into a table."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", str(value)).split())[:1000]


def _one(value: Any) -> str:
    """A text that stays one entry in a column of lists, which are separated by semicolons."""
    return _text(value).replace(";", ",")


def _years(begin: Any, end: Any) -> dict[str, str]:
    """Both years as the source has them; none where they are placeholders or in the wrong order."""
    try:
        first, last = int(str(begin)), int(str(end))
    except ValueError:
        return {}
    sensible = _EARLIEST <= first <= last <= _LATEST and (first, last) != (0, 0)
    return {"year_begin": str(first), "year_end": str(last)} if sensible else {}


def _credit(service: Service, line: Any) -> str:
    return ", ".join(filter(None, (service.title, _text(line))))


def _key(number: Any) -> str:
    """An id as text; "" for what is none (a truth value, a fraction, a path)."""
    whole = isinstance(number, int) and not isinstance(number, bool)
    return str(number) if whole or (isinstance(number, str) and number.isascii() and number.isdigit()) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _listing(page: Any, service: Service) -> tuple[int, list[dict[str, Any]]]:
    info = page.get("info") if isinstance(page, dict) else None
    total = info.get("total") if isinstance(info, dict) else None
    if not isinstance(total, int) or not isinstance(page.get("data"), list):
        raise _otherwise(service, "a page without 'info.total' and 'data'")
    return total, _dicts(page["data"])


def _otherwise(service: Service, what: str) -> CollectionError:
    return CollectionError(
        f"{service.name} answers otherwise than it did when this was written ({what}). The service may have changed: "
        f"see {service.about}."
    )


def _shuffled(keys: Iterable[str]) -> list[str]:
    return sorted(filter(None, keys), key=lambda key: hashlib.sha256(key.encode()).digest())

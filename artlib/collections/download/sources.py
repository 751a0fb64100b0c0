"""The sources' own ways: how each lists its works, which of them are open, and where their pictures are.

The works come in an order that is fixed and has nothing to do with the source's own (by a hash of their ids), so that
the first N are a fair sample, and the same ones tomorrow.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from artlib import works
from artlib.collections import nga, published
from artlib.collections.download.service import Service
from artlib.collections.download.store import Found, save
from artlib.collections.download.web import Again, Refusal, Stopped, Web
from artlib.collections.sources import declared
from artlib.works import CollectionError

_PAGE = 500  # records of one answer
_MOST = 1_000_000  # records of one list; far more than any of these museums has
_LONGEST = 200_000  # characters of one record
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Lost = Callable[[str, str], object]


class Source:
    """What a source must be able to say."""

    def __init__(self, service: Service, web: Web, root: Path, size: int | str) -> None:
        self.service, self.web, self.root, self.size = service, web, root, size
        self._records: dict[str, dict[str, Any]] = {}

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        """Ids of its works of these types (none: all), in the fixed order; `lost(what, why)` where a part does not
        come. Errors: CollectionError when the source answers otherwise than it is documented to."""
        raise NotImplementedError

    def work(self, key: str) -> Found:
        """What is known of a work. Errors: Refusal when it is not open, or has no picture."""
        raise NotImplementedError


class NationalGallery(Source):
    """National Gallery of Art: tables from its public repository, pictures by IIIF."""

    _TABLES = ("objects", "published_images")
    _MORE = ("objects_terms", "constituents", "objects_constituents")  # styles and schools; names and nationalities

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        for name in self._TABLES:
            self._table(name)
        for name in self._MORE:
            try:
                self._table(name)
            except Stopped as error:
                lost(f"{name}.csv", str(error))
        frame = nga.joined(self.root, open_access=False, required=("openaccess",))
        wanted = {self.service.types[name] for name in types}
        frame = frame[frame["classification"].isin(wanted)] if wanted else frame
        own = {name: frame[name].fillna("") for name in ("uuid", "openaccess")}
        rows = published.as_works(frame, declared("nga")).assign(**own, url=None)
        self._records = dict(zip(frame["objectid"], rows.to_dict("records"), strict=True))
        yield from _shuffled(self._records)

    def work(self, key: str) -> Found:
        row = self._records[key]
        if row["openaccess"] != "1":
            raise Refusal("is not open access", lasting=True)
        if not UUID.fullmatch(row["uuid"]):
            raise Refusal("has a picture without a proper id", lasting=True)
        address = self.service.addresses["picture"].format(uuid=row["uuid"], size=self.size)
        return _found(self.service, key, row, address)

    def _table(self, name: str) -> Path:
        """A table of the repository, fetched once and kept beside the pictures."""
        file = self.root / f"{name}.csv"
        if not file.is_file():
            limit = self.service.limits["table"]
            try:
                self.web.get(self.service.addresses[name], limit, lambda body: _save_table(file, body))
            except Refusal as error:
                raise Stopped(f"{self.service.name}: the table {file.name} {error}. Try again later.") from None
        return file


class Cleveland(Source):
    """The Cleveland Museum of Art: pages of records, each with type, culture, creators, years and pictures."""

    _ASKED = (
        "id,accession_number,share_license_status,title,creation_date,creation_date_earliest,creation_date_latest,"
        "creators,culture,technique,department,type,creditline,url,images"
    )

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        for name in types or (None,):
            self._records |= {_key(record.get("id")): record for record in self._pages(name, lost)}
        yield from _shuffled(self._records)

    def work(self, key: str) -> Found:
        record = self._records[key]
        if str(record.get("share_license_status")).upper() != "CC0":
            raise Refusal("is not in the public domain (not CC0)", lasting=True)
        pictures = record.get("images")
        chosen = pictures.get(self.size) if isinstance(pictures, dict) else None
        address = chosen.get("url") if isinstance(chosen, dict) else None
        columns = published.of_record("cleveland", record)
        return _found(self.service, key, columns, address, record)

    def _pages(self, type_name: str | None, lost: Lost) -> Iterator[dict[str, Any]]:
        start, total = 0, 1
        while start < min(total, _MOST):
            asked = {"cc0": 1, "has_image": 1, "limit": _PAGE, "skip": start, "fields": self._ASKED}
            if type_name:
                asked["type"] = self.service.types[type_name]
            try:
                page = self.web.json(f"{self.service.addresses['records']}?{urlencode(asked)}")
            except Refusal as error:
                if start == 0:
                    raise Stopped(f"{self.service.name}: its list of works {error}. Try again later.") from None
                lost(f"records {start:,} to {start + _PAGE - 1:,}", str(error))
                start += _PAGE
                continue
            total, records = _listing(page, self.service)
            if not records:
                return
            yield from records
            start += len(records)


class Met(Source):
    """The Metropolitan Museum: a search that lists ids, one record a work."""

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        found: set[str] = set()
        for name in types or (None,):
            asked = {"hasImages": "true", **({"medium": self.service.types[name]} if name else {}), "q": "*"}
            try:
                answer = self.web.json(f"{self.service.addresses['search']}?{urlencode(asked, safe='*')}")
            except Refusal as error:
                raise Stopped(f"{self.service.name}: its list of works {error}. Try again later.") from None
            if not isinstance(answer, dict) or not isinstance(answer.get("objectIDs") or [], list):
                raise _otherwise(self.service, "a search without 'objectIDs'")
            found |= {_key(number) for number in answer.get("objectIDs") or []}
        yield from _shuffled(found)

    def work(self, key: str) -> Found:
        record = self.web.json(self.service.addresses["record"].format(key=key))
        if not isinstance(record, dict) or _key(record.get("objectID")) != key:
            raise Refusal("is answered with the record of another work")
        if record.get("isPublicDomain") is not True:
            raise Refusal("is not in the public domain", lasting=True)
        columns = published.of_record("met", record)
        return _found(self.service, key, columns, record.get(str(self.size)), record)


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
    texts = {name: one_line(value) for name, value in columns.items() if name in works.COLUMNS}
    page = texts.get("url", "")
    known = {
        "work_id": f"{service.name}-{key}",
        "source": service.title,
        "licence": service.licence,
        "credit": ", ".join(filter(None, (service.title, texts.get("credit")))),
        "url": page if page.startswith("https://") else service.addresses["page"].format(key=key),
    }
    # The record for the manifest, unless it is longer than any record of these museums.
    kept = record if len(json.dumps(record)) <= _LONGEST else None
    return Found(key, {name: text for name, text in {**texts, **known}.items() if text}, address, kept)


def one_line(value: Any) -> str:
    """On one line, without control characters, of a length that belongs into a table."""
    if isinstance(value, (dict, list)) or pd.isna(value):
        return ""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", " ", str(value)).split())[:1000]


def _key(number: Any) -> str:
    """An id as text; "" for what is none (a truth value, a fraction, a path)."""
    whole = isinstance(number, int) and not isinstance(number, bool)
    return str(number) if whole or (isinstance(number, str) and number.isascii() and number.isdigit()) else ""


def _listing(page: Any, service: Service) -> tuple[int, list[dict[str, Any]]]:
    info = page.get("info") if isinstance(page, dict) else None
    total = info.get("total") if isinstance(info, dict) else None
    if not isinstance(total, int) or not isinstance(page.get("data"), list):
        raise _otherwise(service, "a page without 'info.total' and 'data'")
    return total, [record for record in page["data"] if isinstance(record, dict)]


def _otherwise(service: Service, what: str) -> CollectionError:
    return CollectionError(
        f"{service.name} answers otherwise than it did when this was written ({what}). The service may have changed: "
        f"see {service.about}."
    )


def _shuffled(keys: Iterable[str]) -> list[str]:
    return sorted(filter(None, keys), key=lambda key: hashlib.sha256(key.encode()).digest())

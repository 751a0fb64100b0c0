"""The open works of the recorded experiments, fetched from the museums that hold them: ``artlib download open``.

Each museum says of an object anew whether it is open, and where its picture is; then the picture is made smaller, as
the experiments had it, and compared with what they saw.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from PIL import Image

from artlib import paths
from artlib.collections import duplicates, open_works
from artlib.collections.download import Report, fetch
from artlib.collections.download.service import Service, agent, declared, described
from artlib.collections.download.sources import UUID, Lost, Met, Source, one_line
from artlib.collections.download.store import TABLE, Found, Store, judge, save, save_table
from artlib.collections.download.web import Refusal, Stopped, Web
from artlib.collections.files import FileSource
from artlib.progress import StatusLine
from artlib.works import COLUMNS, CollectionError

SIDE, SHOWN = 160, 256  # px, shorter side: as the experiments had them, and as pages show them
ODD, OTHER = 8, 20  # bits of 64; more are told, and more than OTHER another work's, as 99% of pairs of works have
CREDITS = "credits.txt"

_PAGE = 1_000  # records of one answer of a search
_MANY = 100  # objects asked of at once
_QUALITY = 92  # of JPEG


def download(
    display: bool = False,
    root: str | Path | None = None,
    services: Mapping[str, Service] | None = None,
    progress: bool = True,
) -> Report:
    """Fetch the open works from their museums, those that are not here yet; `display`: only those that pages show.

    Pictures get a shorter side of `SIDE` px (Lanczos; smaller ones stay as they are), those that pages show also one
    of `SHOWN` px below "display". ``works.csv`` keeps the order of the recorded collection, so that splits are the
    same where every work came. A museum that does not answer keeps none of the others waiting.

    Parameters
    ----------
    root : the folder; else `open_works.folder()`.
    services : the museums' hosts, addresses and pace, when not those of ``data/downloads.yaml``.

    Raises
    ------
    CollectionError : a folder that is not ours or cannot be written; no picture came at all.
    """
    services = services or museums()
    report = Report(Path(root).expanduser() if root else open_works.folder())
    every, shown = _by_key(open_works.works()), _by_key(open_works.works(display=True))
    asked = [*shown] if display else [*shown, *(key for key in every if key not in shown)]
    stopped = []
    with OpenStore(report.root, every, set(shown), services["met"].limits["pixels"]) as store:
        left = [key for key in asked if not store.has(key)]
        report.before, report.told = len(asked) - len(left), store.told
        try:
            for name, service in services.items():
                rows = {key: every[key] for key in left if key.startswith(f"{name}/")}
                try:
                    _from(service, rows, store, report, progress)
                except Stopped as error:
                    stopped.append(str(error))
        finally:
            store.write_tables()
    report.stopped = " ".join(stopped) or None
    if not report.pictures:
        raise CollectionError(report.stopped or f"No picture came. {report}")
    return report


def museums() -> dict[str, Service]:
    """The services that hold the open works, by the folder of their pictures."""
    return {"met": declared("met")} | {
        name: described(name, entry) for name, entry in paths.table("downloads.yaml")["open"].items()
    }


def _by_key(works: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["file"].removesuffix(".jpg"): row for row in works.to_dict("records")}


def _from(service: Service, rows: Mapping[str, Any], store: OpenStore, report: Report, progress: bool) -> None:
    if not rows:
        return
    with (
        StatusLine(f"{service.name}: pictures", len(rows), quiet=not progress) as line,
        Web(service, agent(), lambda text: line.show(f"{service.name}: {text or 'pictures'}", now=True)) as web,
    ):
        source = _MUSEUMS[service.name](service, web, report.root, rows)
        fetch(source, store, report, (), report.pictures + len(rows) + 1, line.advance)


# --- the museums ------------------------------------------------------------------------------------------------------


class Listed(Source):
    """A museum of which these objects are asked, and no others: key -> row of the table of open works."""

    def __init__(self, service: Service, web: Web, root: Path, rows: Mapping[str, dict[str, Any]]) -> None:
        super().__init__(service, web, root, service.size(None))
        self._rows = rows

    def keys(self, types: Sequence[str], lost: Lost) -> Iterator[str]:
        yield from self._rows

    def work(self, key: str) -> Found:
        row = self._rows[key]
        address, credit = self.picture(row["object"])
        if not isinstance(address, str) or not address:
            raise Refusal("has no picture in this size")
        said = one_line(credit)
        title = self.service.title
        credit = said if title in said else ", ".join(filter(None, (title, said)))
        return Found(key, {"credit": credit, "url": open_works.page(row)}, address)

    def picture(self, number: str) -> tuple[Any, Any]:
        """Address of an object's picture and the museum's credit line. Errors: Refusal when it is open no more."""
        raise NotImplementedError


class OpenMet(Listed):
    """The Metropolitan Museum: one record an object."""

    def picture(self, number: str) -> tuple[Any, Any]:
        found = Met(self.service, self.web, self.root, self.size).work(number)
        return found.address, found.columns["credit"]


class Chicago(Listed):
    """The Art Institute of Chicago: records of a hundred objects at once, pictures by IIIF."""

    _FIELDS = "id,image_id,is_public_domain,credit_line"

    def picture(self, number: str) -> tuple[Any, Any]:
        if number not in self._records:
            self._ask(number)
        record = self._records[number]
        if not record:
            raise Refusal("is not in the museum's catalogue", lasting=True)
        if record.get("is_public_domain") is not True:
            raise Refusal("is not in the public domain", lasting=True)
        if not UUID.fullmatch(str(record.get("image_id"))):
            raise Refusal("has a picture without a proper id", lasting=True)
        address = self.service.addresses["picture"].format(uuid=record["image_id"], size=self.size)
        return address, record.get("credit_line")

    def _ask(self, number: str) -> None:
        numbers = [row["object"] for row in self._rows.values()]
        asked = numbers[numbers.index(number) :][:_MANY]
        query = urlencode({"ids": ",".join(asked), "fields": self._FIELDS, "limit": _MANY}, safe=",")
        answer = self.web.json(f"{self.service.addresses['records']}?{query}")
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise Refusal("is answered without 'data'")
        records = {str(record.get("id")): record for record in answer["data"] if isinstance(record, dict)}
        self._records |= {one: records.get(one, {}) for one in asked}


class Smithsonian(Listed):
    """A museum of the Smithsonian: a search of its open works, a thousand a page, in the order of their ids."""

    _start, _total = 0, 1

    def picture(self, number: str) -> tuple[Any, Any]:
        while number not in self._records and self._start < self._total:
            self._page()
        record = self._records.get(number)
        if record is None:
            raise Refusal("is not among the museum's open works", lasting=True)
        media = _at(record, "descriptiveNonRepeating", "online_media", "media")
        pictures = [one for one in media if _at(one, "type") == "Images"] if isinstance(media, list) else []
        chosen = next((one for one in pictures if _at(one, "usage", "access") == "CC0"), None)
        if chosen is None:
            raise Refusal("is not open (its picture is not CC0)", lasting=True)
        address = str(chosen.get("content") or "")
        credits = _at(record, "freetext", "creditLine")
        credit = _at(credits[0], "content") if isinstance(credits, list) and credits else ""
        return address and f"{address}{'&' if '?' in address else '?'}max={self.size}", credit

    def _page(self) -> None:
        asked = {"q": self.service.addresses["query"], "start": self._start, "rows": _PAGE, "sort": "id"}
        answer = self.web.json(f"{self.service.addresses['search']}&{urlencode(asked)}")
        rows, total = _at(answer, "response", "rows"), _at(answer, "response", "rowCount")
        if not isinstance(rows, list) or not isinstance(total, int):
            raise Refusal("is answered without 'response.rows' and 'rowCount'")
        self._start, self._total = self._start + _PAGE, total
        for row in rows:
            self._records[str(_at(row, "content", "descriptiveNonRepeating", "record_ID"))] = _at(row, "content")


_MUSEUMS = {"met": OpenMet, "npg": Smithsonian, "saam": Smithsonian, "aic": Chicago}


def _at(value: Any, *path: str) -> Any:
    """What lies in nested objects; None where one of them is missing or something else."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


# --- the folder -------------------------------------------------------------------------------------------------------


class OpenStore(Store):
    """The folder of the open works: one folder a museum, and "display" for those that pages show.

    `told` : picture -> what is odd about it, though it was taken.
    """

    folders = (*_MUSEUMS, *(f"{open_works.DISPLAY}/{name}" for name in _MUSEUMS))
    keys = re.compile(rf"(?:{'|'.join(_MUSEUMS)})/[A-Za-z0-9][A-Za-z0-9_.]{{0,40}}")

    def __init__(self, root: Path, rows: Mapping[str, dict[str, Any]], shown: set[str], max_pixels: int) -> None:
        super().__init__(root, "open", f"a shorter side of {SIDE} px", max_pixels)
        self._rows, self._shown = rows, shown
        self.told: dict[str, str] = {}

    def has(self, key: str) -> bool:
        return self._is_shown(key) and super().has(key)

    def adopt(self, found: Found) -> bool:
        return self._is_shown(found.key) and super().adopt(found)

    def _is_shown(self, key: str) -> bool:
        return key not in self._shown or (self.root / open_works.DISPLAY / f"{key}.jpg").is_file()

    def _names(self, key: str) -> list[str]:
        return [f"{key}.jpg"]

    def _taken(self, found: Found, part: Path) -> tuple[str, dict[str, Any]]:
        key, sent = found.key, judge(part, self._max_pixels)
        source = FileSource(part.parent, self._max_pixels)
        self._compare(key, sent, duplicates.perceptual_hash(part.name, source))
        if key in self._shown:
            large = source.read(part.name, SHOWN)
            save(self.root / open_works.DISPLAY / f"{key}.jpg", iter([_jpeg(large, SHOWN)]))
        if sent["format"] != "JPEG" or min(sent["width"], sent["height"]) > SIDE:
            save(part, iter([_jpeg(source.read(part.name, 2 * SIDE), SIDE)]))
        return f"{key}.jpg", {**judge(part, self._max_pixels), "sent": sent}

    def _compare(self, key: str, sent: Mapping[str, Any], look: int) -> None:
        """Refuse a picture that looks like another work's; tell of one that is not what it was."""
        before = (self._entries.get(key, {}).get("sent") or {}).get("sha256", sent["sha256"])
        if before != sent["sha256"]:
            self.told[key] = "is another file at the museum than before"
        known = self._rows[key].get("look")
        bits = (look ^ int(known, 16)).bit_count() if known else 0
        if bits > OTHER:
            raise Refusal("looks like another work than the experiments saw", lasting=True)
        if bits > ODD:
            self.told[key] = f"looks different from what the experiments saw ({bits} of 64 bits)"

    def write_tables(self) -> None:
        """Write works.csv, in the order of the recorded collection, and credits.txt. Nothing without a picture."""
        here = [key for key in self._rows if self.has(key)]
        rows = [self._rows[key] | self._row(self._entries[key]) for key in here]
        if rows:
            names = [name for name in COLUMNS if name in rows[0]]
            save_table(self.root / TABLE, pd.DataFrame(rows, dtype=object)[[*names, "sha256", "width", "height"]])
            said = (
                f"{row['image']}: {row['title']}. {row['credit']} ({row['licence']}). {row['url']}\n" for row in rows
            )
            save(self.root / CREDITS, (line.encode("utf-8", "replace") for line in said))


def _jpeg(pixels: np.ndarray, side: int) -> bytes:
    """A picture with this shorter side (px), if it is larger, as the bytes of a JPEG file."""
    picture = Image.fromarray(pixels)
    share = side / min(picture.size)
    if share < 1:
        size = [max(1, round(share * length)) for length in picture.size]
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()

"""A museum's web service on this computer, with the manners and the faults of the real ones."""

import gzip
import io
import json
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import yaml
from PIL import Image

from artlib.collections import download

PAGE = b"<!DOCTYPE html><html><body>Request unsuccessful. Incident 7-42</body></html>"


def waits(*numbers):
    """What a service says of waiting."""
    return dict(zip(("first", "blocked", "most", "tries", "patience"), numbers, strict=True))


QUICK = waits(0.005, 0.02, 5, 3, 50)
GOOD = ("good", "png", "untyped", "moved", "busy", "fault", "cut once", "packed")


def jpeg(number: int, kind: str = "JPEG") -> bytes:
    """A small picture, another one for each number."""
    coarse = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((80, 60)).save(buffer, kind)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises another size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@dataclass
class Burst:
    """More than `most` requests, each within `window` s of the one before, and a host answers 403 for `pause` s."""

    most: int
    window: float
    pause: float


class OpenMuseum:
    """``with OpenMuseum({1: "good", 2: "html"}) as museum: download("met", service=museum.service("met"))``.

    `works` says of each id how its picture or record behaves; `asked` counts the requests for each path, and `moments`
    are their times.
    """

    def __init__(self, works: dict[int, str], burst: Burst | None = None, delay: float = 0) -> None:
        self.works, self.burst, self.delay = works, burst, delay
        self.asked: Counter[str] = Counter()
        self.moments: list[float] = []
        self.agents: set[str] = set()
        self.blocked = 0
        self.page_faults: dict[str, str] = {}  # path -> "cut", "cut once", "html", "html once"
        self._until, self._streak = 0.0, 0
        self._lock = threading.Lock()
        self._server = server(self._answer)
        self.host = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "OpenMuseum":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *fault) -> None:
        self._server.shutdown()
        self._server.server_close()

    def service(self, name: str, pace: float = 0, wait: dict = QUICK, **changes):
        """The source as declared, but here."""
        real = download.declared(name)
        here = {key: f"http://{self.host}/{name}{self._path(key)}" for key in real.addresses}
        limits = {**real.limits, "picture": 200_000, "record": 1_000_000}
        return replace(real, hosts={self.host: pace}, addresses=here, wait=wait, limits=limits, **changes)

    def declare(self, name: str, file: Path, pace: float = 0) -> None:
        """Write the source into a file such as ``data/downloads.yaml``."""
        service = self.service(name, pace)
        entry = {key: getattr(service, key) for key in ("title", "about", "licence", "sizes", "types")}
        entry |= {"hosts": dict(service.hosts), "addresses": dict(service.addresses)}
        table = {"wait": service.wait, "limits": dict(service.limits), "sources": {name: entry}}
        file.write_text(yaml.safe_dump(table, sort_keys=False), encoding="utf-8")

    def good(self) -> set[int]:
        """The works that a download should end with."""
        return {number for number, way in self.works.items() if way in GOOD}

    def pictures_asked(self) -> Counter[int]:
        """How often each picture was asked for."""
        return Counter({int(path[10:]): count for path, count in self.asked.items() if path.startswith("/pictures/")})

    # --- answers -----------------------------------------------------------------------------------------------------

    def _path(self, key: str) -> str:
        return {
            "picture": "/iiif/{uuid}/full/!{size},{size}/0/default.jpg",
            "record": "/objects/{key}",
            "page": "/page/{key}",
        }.get(key, f"/{key}")

    def _answer(self, request) -> None:
        url = urlsplit(request.path)
        path, asked = url.path, parse_qs(url.query)
        if "/iiif/" in path:
            path = f"/pictures/{int(path.split('/')[3].replace('-', ''), 16)}"
        with self._lock:
            self.asked[path] += 1
            self.agents.add(request.headers["User-Agent"])
            now = time.monotonic()
            self.moments.append(now)
            turned_away = self._turned_away(now)
        if turned_away:
            return send(request, 403, PAGE, "text/html")
        time.sleep(self.delay)
        if path.startswith("/pictures/"):
            return self._picture(request, int(path[10:]), self.asked[path])
        kind, body = self._text(path, asked)
        fault = self.page_faults.get(path, "")
        body = PAGE if fault == "html once" and self.asked[path] == 1 else body
        if fault == "html":
            return send(request, 200, PAGE, "text/html")
        if fault == "cut" or (fault == "cut once" and self.asked[path] == 1):
            body = body[: len(body) * 2 // 3]
        return send(request, 200, gzip.compress(body), kind, {"Content-Encoding": "gzip"})

    def _turned_away(self, now: float) -> bool:
        if self.burst is None:
            return False
        near = len(self.moments) > 1 and now - self.moments[-2] < self.burst.window
        self._streak = self._streak + 1 if near else 1
        if self._streak > self.burst.most:
            self._until, self._streak = now + self.burst.pause, 0
        self.blocked += now < self._until
        return now < self._until

    def _text(self, path: str, asked: dict[str, list[str]]) -> tuple[str, bytes]:
        if path == "/nga/objects":
            return "text/csv", self._objects()
        if path == "/nga/published_images":
            return "text/csv", self._published()
        if path == "/nga/objects_terms":
            rows = "".join(f"{n},Style,Realist\n{n},Style,Late\n{n},School,French\n" for n in self.works)
            return "text/csv", f"objectid,termtype,term\n{rows}".encode()
        if path == "/nga/constituents":
            return (
                "text/csv",
                b"constituentid,forwarddisplayname,nationality,constituenttype\n5,M.,French,individual\n",
            )
        if path == "/nga/objects_constituents":
            return "text/csv", b"objectid,constituentid,displayorder,roletype\n7,5,1,artist\n"
        if path == "/cleveland/records":
            start, many = int(asked["skip"][0]), int(asked["limit"][0])
            chosen = sorted(self.works)[start : start + many]
            page = {"info": {"total": len(self.works)}, "data": [self._cleveland(number) for number in chosen]}
            return "application/json", json.dumps(page).encode()
        if path == "/met/search":
            return "application/json", json.dumps({"total": 1, "objectIDs": sorted(self.works) or None}).encode()
        return "application/json", json.dumps(self._met(int(path.rpartition("/")[2]))).encode()

    def _objects(self) -> bytes:
        head = "objectid,title,displaydate,beginyear,endyear,medium,attribution,creditline,classification\n"
        row = '{0},"Work {0}, with a\nbreak",c. 1870,1870,1872,oil on canvas,Maria Example,Gift of {0},Painting\n'
        return (head + "".join(row.format(number) for number in self.works)).encode()

    def _published(self) -> bytes:
        head = "uuid,viewtype,openaccess,depictstmsobjectid\n"
        rows = []
        for number, way in self.works.items():
            open_access = 0 if way == "private" else 1
            rows += [
                f"{self._uuid(number)},primary,{open_access},{number}\n",
                f"{self._uuid(7)},alternate,1,{number}\n",
            ]
        return (head + "".join(rows)).encode()

    def _uuid(self, number: int) -> str:
        digits = f"{number:032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _cleveland(self, number: int) -> dict:
        return {
            "id": number,
            "share_license_status": "Copyrighted" if self.works[number] == "private" else "CC0",
            "title": f"Work {number}",
            "creation_date": "c. 1870",
            "creation_date_earliest": 1870,
            "creation_date_latest": 1872,
            "creators": [{"description": "Maria Example (French, 1840–1910)"}],
            "culture": ["France, 19th century"],
            "technique": "oil on canvas; gilded",
            "type": "Painting",
            "creditline": f"Gift of {number}",
            "url": f"https://www.clevelandart.org/art/{number}",
            "images": {"web": {"url": f"http://{self.host}/pictures/{number}"}, "print": None},
        }

    def _met(self, number: int) -> dict:
        private = self.works[number] == "private"
        return {
            "objectID": number,
            "isPublicDomain": not private,
            "primaryImageSmall": "" if private else f"http://{self.host}/pictures/{number}",
            "title": f"Work {number}",
            "artistDisplayName": "Maria Example",
            "objectDate": "ca. 1870",
            "objectBeginDate": 1870,
            "objectEndDate": 1872,
            "culture": "French",
            "classification": "Paintings",
            "medium": "Oil on canvas",
            "creditLine": f"Gift of {number}",
            "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}",
        }

    def _picture(self, request, number: int, time_asked: int) -> None:
        body, way = jpeg(number), self.works[number]
        first = time_asked == 1
        elsewhere = f"http://localhost:{self._server.server_port}/pictures/{number}"
        match way:
            case "png":
                send(request, 200, jpeg(number, "PNG"), "image/png")
            case "untyped":
                send(request, 200, body, "application/octet-stream")
            case "packed":
                send(request, 200, gzip.compress(body), "image/jpeg", {"Content-Encoding": "gzip"})
            case "moved":
                target = {"Location": f"/pictures/{number}?again"}
                send(request, *((302, b"", "text/plain", target) if "?" not in request.path else (200, body)))
            case "busy" if first:
                send(request, 429, b"", "text/plain", {"Retry-After": "0.1"})
            case "fault" if first:
                send(request, 503, PAGE, "text/html")
            case "cut once" if first:
                cut_short(request, body)
            case "truncated":
                cut_short(request, body)
            case "ends early":
                send(request, 200, body[: len(body) // 2])
            case "html":
                send(request, 200, PAGE)
            case "typed":
                send(request, 200, body, "text/html; charset=utf-8")
            case "svg":
                send(request, 200, b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "image/svg+xml")
            case "elsewhere":
                send(request, 302, b"", "text/plain", {"Location": elsewhere})
            case "plain":
                send(request, 301, b"", "text/plain", {"Location": "ftp://127.0.0.1/a.jpg"})
            case "round":
                send(request, 302, b"", "text/plain", {"Location": f"/pictures/{number}"})
            case "huge":
                cut_short(request, b"\xff\xd8", announced=3_000_000_000)
            case "endless":
                endless(request)
            case "absurd":
                send(request, 200, png_that_claims(60_000, 60_000), "image/png")
            case "tiny":
                send(request, 200, png_that_claims(1, 1), "image/png")
            case "bomb":
                send(request, 200, gzip.compress(b"\0" * 3_000_000), "image/jpeg", {"Content-Encoding": "gzip"})
            case "strange":
                send(request, 200, body, "image/jpeg", {"Content-Encoding": "br"})
            case "drip":
                drip(request)
            case "empty":
                send(request, 200, b"")
            case "gone":
                send(request, 404, PAGE, "text/html")
            case "forbidden":
                send(request, 403, PAGE, "text/html")
            case "long wait":
                send(request, 429, b"", "text/plain", {"Retry-After": "7200"})
            case _:
                send(request, 200, body)


def server(answer) -> ThreadingHTTPServer:
    """A server on this computer that hands each request to ``answer``, and tells nobody of it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self):
            answer(self)

        def log_message(self, *words):
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    return made


def send(request, status: int, body: bytes, kind: str = "image/jpeg", more: dict[str, str] | None = None) -> None:
    """One whole answer."""
    request.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
    request.wfile.flush()


def cut_short(request, body: bytes, announced: int | None = None) -> None:
    """Half a body, or one that is announced as larger than it will ever be; then the connection ends."""
    request.send_response(200)
    request.send_header("Content-Type", "image/jpeg")
    request.send_header("Content-Length", str(announced or len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.wfile.flush()
    request.close_connection = True


def drip(request) -> None:
    """A body of which a byte comes now and then."""
    request.send_response(200)
    request.send_header("Content-Type", "image/jpeg")
    request.send_header("Content-Length", "10000")
    request.end_headers()
    request.close_connection = True
    try:
        for _ in range(100):
            request.wfile.write(b"\xff")
            request.wfile.flush()
            time.sleep(0.01)
    except OSError:
        pass  # the reader has lost patience


def endless(request) -> None:
    """A body without an announced length, larger than anything allowed."""
    request.send_response(200)
    request.send_header("Content-Type", "image/jpeg")
    request.send_header("Connection", "close")
    request.end_headers()
    request.close_connection = True
    try:
        for _ in range(100):
            request.wfile.write(b"\xff" * 65536)
    except OSError:
        pass  # the reader has had enough

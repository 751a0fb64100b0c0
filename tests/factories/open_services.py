"""The services of the open works' museums on this computer, each with its own manners, its own host, and its faults."""

import json
import threading
from collections import Counter
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, urlsplit

from artlib.collections.download import museums
from factories.open_museum import PAGE, QUICK, send, server


class OpenServices:
    """``with OpenServices(rows, picture) as here: museums.download(services=here.services())``.

    `rows` are those of `open_works.works`, `picture` gives a file's bytes. `faults` says of a file what is wrong with
    it, `down` names museums that answer nothing. `asked` counts requests by (museum, what), and `strays` are those
    that reached a host that is not the museum's.
    """

    def __init__(self, rows, picture, faults=None):
        self.rows = {row["file"]: row for row in rows}
        self.picture, self.faults, self.down = picture, dict(faults or {}), set()
        self.asked, self.strays = Counter(), []
        self._lock = threading.Lock()
        self._servers = {name: server(partial(self._answer, name)) for name in museums.museums()}
        self.hosts = {name: f"127.0.0.1:{one.server_port}" for name, one in self._servers.items()}

    def __enter__(self):
        for one in self._servers.values():
            threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *fault):
        for one in self._servers.values():
            one.shutdown()
            one.server_close()

    def services(self, wait=QUICK):
        """The services as declared, but here."""
        made = {}
        for name, real in museums.museums().items():
            host = self.hosts[name]
            here = {
                key: address if key == "query" else urlsplit(address)._replace(scheme="http", netloc=host).geturl()
                for key, address in real.addresses.items()
            }
            limits = {**real.limits, "picture": 500_000}
            made[name] = replace(real, hosts={host: 0}, addresses=here, wait=wait, limits=limits)
        return made

    def pictures_asked(self):
        """How often each picture was asked for."""
        return Counter({what: count for (_, what), count in self.asked.items() if what in self.rows})

    # --- answers -----------------------------------------------------------------------------------------------------

    def _answer(self, name, request):
        url = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if request.headers["Host"] != self.hosts[name]:
            self.strays.append(request.headers["Host"])
        if name in self.down:
            return send(request, 503, PAGE, "text/html")
        parts = url.path.strip("/").split("/")
        if parts[0] == "picture":
            return self._picture(name, "/".join(parts[1:]), request)
        if parts[0] == "iiif":  # /iiif/2/{uuid}/full/843,/0/default.jpg
            return self._picture(name, f"aic/{int(parts[2].replace('-', ''), 16)}.jpg", request)
        what = {"met": f"record {parts[-1]}", "aic": "records"}.get(name, "search")
        self._count(name, what)
        answer = {"met": self._met, "aic": self._chicago}.get(name, self._smithsonian)(name, parts[-1], query)
        if answer is None:
            return send(request, 404, b'{"message": "not found"}', "application/json")
        return send(request, 200, answer if isinstance(answer, bytes) else json.dumps(answer).encode(), "text/json")

    def _count(self, name, what):
        with self._lock:
            self.asked[name, what] += 1
            return self.asked[name, what]

    def _met(self, name, number, query):
        file = f"met/{number}.jpg"
        fault = self.faults.get(file)
        if fault == "gone":
            return None
        if fault == "page":
            return PAGE
        return {
            "objectID": int(number) + (fault == "another record"),
            "isPublicDomain": fault != "closed",
            "primaryImageSmall": f"http://{self.hosts['met']}/picture/{file}",
            "creditLine": f"Gift of {number}",
            "objectURL": f"https://www.metmuseum.org/art/collection/search/{number}",
        }

    def _chicago(self, name, number, query):
        fields = set(query["fields"].split(","))
        found = []
        for one in query["ids"].split(","):
            fault = self.faults.get(f"aic/{one}.jpg")
            digits = f"{int(one):032x}"
            uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            record = {"id": int(one), "image_id": uuid, "is_public_domain": fault != "closed", "credit_line": "Fund"}
            if fault != "gone":
                found.append({key: value for key, value in record.items() if key in fields})
        config = {"iiif_url": "https://www.artic.edu/iiif/2", "website_url": "https://www.artic.edu"}
        return {"pagination": {"total": len(found)}, "data": found, "config": config}

    def _smithsonian(self, name, number, query):
        files = [file for file in sorted(self.rows) if file.startswith(f"{name}/")]
        files = [file for file in files if self.faults.get(file) != "gone"]
        start, rows = int(query["start"]), int(query["rows"])
        found = [self._edan(name, file) for file in files[start : start + rows]]
        return {"status": 200, "response": {"rows": found, "rowCount": len(files), "message": "content found"}}

    def _edan(self, name, file):
        number = self.rows[file]["object"]
        access = "Usage conditions apply" if self.faults.get(file) == "closed" else "CC0"
        # Its content has arguments of its own in one museum and none in the other.
        content = f"http://{self.hosts[name]}/picture/{file}{'?id=1' if name == 'npg' else ''}"
        media = {"type": "Images", "idsId": number, "usage": {"access": access}, "content": content}
        said = {"record_ID": number, "metadata_usage": {"access": "CC0"}, "online_media": {"media": [media]}}
        texts = {"creditLine": [{"label": "Credit Line", "content": f"Gift of {number}"}]}
        return {"id": number, "unitCode": name.upper(), "content": {"descriptiveNonRepeating": said, "freetext": texts}}

    def _picture(self, name, file, request):
        times = self._count(name, file)
        other = next(one for one in self.rows if one != file)
        match self.faults.get(file):
            case "burst" if times == 1:
                send(request, 403, PAGE, "text/html")
            case "busy" if times == 1:
                send(request, 429, b"", "text/plain", {"Retry-After": "0.1"})
            case "elsewhere":
                send(request, 302, b"", "text/plain", {"Location": f"http://localhost:1/{file}"})
            case "another":
                send(request, 200, self.picture(other))
            case "html":
                send(request, 200, PAGE, "text/html")
            case _:
                send(request, 200, self.picture(file))

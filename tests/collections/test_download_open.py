"""The open works from their museums: exactly these, each once, and a reason for every one that does not come."""

import errno
import hashlib
import io
import json
import os
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from factories.open_museum import QUICK, jpeg
from factories.open_services import OpenServices
from open_works_table import pictures
from PIL import Image
from typer.testing import CliRunner

from artlib import collections
from artlib.__main__ import _named, _place, app
from artlib.collections import open_works
from artlib.collections.download import museums, store
from artlib.collections.download.web import Refusal
from artlib.works import CollectionError


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """The museums are on this computer, whatever stands between it and the world."""
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="module")
def picture():
    """File -> bytes: the recorded pictures where they are at hand, else drawn ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = collections.real()
    if real is None:
        return lambda file: jpeg(sum(map(ord, file)))
    image = pictures(real)
    return lambda file: open(real.source.path(image[file]), "rb").read()


@pytest.fixture
def forty(monkeypatch):
    """Those that pages show. Drawn pictures look like nothing that the table knows."""
    if "ARTLIB_REAL" not in os.environ:
        known = open_works.works
        monkeypatch.setattr(open_works, "works", lambda display=False: known(display).assign(look=None))
    return open_works.works(display=True).to_dict("records")


@pytest.fixture
def rows(forty, monkeypatch):
    """Fourteen of them, of every museum."""
    known = open_works.works
    few = [row["file"] for row in (*forty[:9], *forty[-5:])] + ["saam/saam_1992.13.33.jpg"]
    monkeypatch.setattr(open_works, "works", lambda display=False: known(display)[lambda all_: all_["file"].isin(few)])
    return open_works.works(display=True).to_dict("records")


def fetch(here, root, **options):
    return museums.download(True, root, here.services(**options), progress=False)


def enlarged(body, side=320):
    file, picture = io.BytesIO(), Image.open(io.BytesIO(body)).convert("RGB")
    share = side / min(picture.size)
    size = [round(share * length) for length in picture.size]
    picture.resize(size, Image.Resampling.BICUBIC).save(file, "JPEG", quality=85)
    return file.getvalue()


def test_the_forty_from_an_empty_cache(forty, picture, own_cache):
    with OpenServices(forty, picture) as here:
        report = fetch(here, None)
        assert (report.new, report.before, report.refused, report.stopped) == (40, 0, {}, None)
        assert here.pictures_asked() == dict.fromkeys((row["file"] for row in forty), 1)
        assert not here.strays
        # A search gives all the works of a museum, and one question all those of another.
        assert here.asked["npg", "search"] == here.asked["saam", "search"] == here.asked["aic", "records"] == 1
        before = here.asked.total()
        again = fetch(here, None)
        assert (again.new, again.before) == (0, 40)
        assert here.asked.total() == before
    shown = open_works.displayed()
    assert len(shown) == 40
    assert len(open_works.displayed("hands")) == 8
    assert open_works.credit(shown.iloc[0]) == "The Metropolitan Museum of Art, New York, Gift of 437879 (CC0-1.0)"
    read = collections.read("open").works
    assert set(read["image"]) == {row["file"] for row in forty}
    # In the order of the recorded collection, on which splits depend.
    assert list(read["image"]) == [file for file in open_works.works()["file"] if file in set(read["image"])]
    work = read.set_index("image").loc["met/437879.jpg"]
    assert (work["artist"], work["culture"], work["source"]) == ("Johannes Vermeer", "Dutch", "met_paintings")
    assert work["credit"] == "The Metropolitan Museum of Art, New York, Gift of 437879"
    assert work["url"] == "https://www.metmuseum.org/art/collection/search/437879"
    lines = (open_works.folder() / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    noted = {entry.get("id"): entry for entry in map(json.loads, lines)}["met/437879"]
    assert noted["sent"]["sha256"] == hashlib.sha256(picture("met/437879.jpg")).hexdigest()
    assert noted["address"].startswith(f"http://{here.hosts['met']}/")
    assert noted["fetched"].startswith("20")
    credits = (open_works.folder() / "credits.txt").read_text(encoding="utf-8").splitlines()
    assert len(credits) == 40
    assert any("aic/80526.jpg" in line and "The Art Institute of Chicago, Fund (CC0-1.0)" in line for line in credits)


def test_pictures_are_as_large_as_the_experiments_had_them(rows, picture, own_cache):
    with OpenServices(rows, lambda file: enlarged(picture(file))) as here:
        assert fetch(here, None).new == len(rows)
    for _, row in open_works.displayed().iterrows():
        assert min(Image.open(open_works.folder() / row["file"]).size) == museums.SIDE
        assert min(Image.open(row["path"]).size) == museums.SHOWN


FAULTS = {
    "page": "web page instead of a record",
    "closed": "is not in the public domain",
    "gone": "404",
    "another record": "record of another work",
    "elsewhere": "none of the source's hosts",
    "html": "text/html",
    "another": "looks like another work",
    "burst": "",
    "busy": "",
}


def test_the_rest_arrives_and_what_failed_has_a_reason(rows, picture, tmp_path):
    from_met = [row["file"] for row in rows if row["file"].startswith("met/")]
    faults = dict(zip(from_met, FAULTS, strict=False))
    reasons = {file: FAULTS[fault] for file, fault in faults.items() if FAULTS[fault]}
    if rows[0]["look"] is None:
        reasons = {file: why for file, why in reasons.items() if faults[file] != "another"}
    others = {"npg": ("closed", "not CC0"), "saam": ("gone", "not among"), "aic": ("closed", "not in the public")}
    for name, (fault, why) in others.items():
        file = next(row["file"] for row in rows if row["file"].startswith(f"{name}/"))
        faults[file], reasons[file] = fault, why
    with OpenServices(rows, picture, faults) as here:
        report = fetch(here, tmp_path)
        assert report.new == len(rows) - len(reasons)
        assert report.refused.keys() == {file.removesuffix(".jpg") for file in reasons}
        for file, why in reasons.items():
            assert why in report.refused[file.removesuffix(".jpg")], file
        assert not here.strays
        # Of what is not open no picture is asked for.
        closed = [file for file, fault in faults.items() if fault in ("closed", "gone")]
        assert not any(here.pictures_asked()[file] for file in closed)
        # Nor is it asked of again: only what another day may change is.
        here.faults.clear()
        again = fetch(here, tmp_path)
        lasting = [file for file in reasons if faults[file] in ("closed", "gone", "another")]
        assert set(again.refused) <= {file.removesuffix(".jpg") for file in lasting}
    assert len(collections.read("table", root=tmp_path)) == again.pictures


def test_a_museum_that_is_down_keeps_no_other_waiting(rows, picture, tmp_path):
    impatient = {**QUICK, "tries": 2, "patience": 2}
    with OpenServices(rows, picture) as here:
        here.down = {"met", "npg"}
        report = fetch(here, tmp_path, wait=impatient)
        assert report.new == 2
        assert "met: 2 works in a row did not come" in report.stopped
        here.down = set()
        assert fetch(here, tmp_path).new == len(rows) - 2
        here.down = {"met", "npg", "saam", "aic"}
        with pytest.raises(CollectionError, match="503"):
            fetch(here, tmp_path / "other", wait={**QUICK, "tries": 1, "patience": 1})


def test_another_picture_than_before_is_told(rows, picture, tmp_path):
    with OpenServices(rows, picture) as here:
        fetch(here, tmp_path)
        (tmp_path / "met" / "437879.jpg").unlink()
        (tmp_path / "display" / "aic" / "80526.jpg").unlink()
        here.picture = lambda file: enlarged(picture(file))
        report = fetch(here, tmp_path)
    assert (report.new, report.before) == (2, len(rows) - 2)
    assert report.told["met/437879"] == "is another file at the museum than before"
    assert (tmp_path / "display" / "aic" / "80526.jpg").is_file()


def test_a_full_disk_is_one_message_and_loses_nothing(rows, picture, tmp_path, monkeypatch):
    real, count = store._write, []

    def full(path, body):
        count.append(path)
        if len(count) > 10:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, body)

    with OpenServices(rows, picture) as here:
        with monkeypatch.context() as patched:
            patched.setattr(store, "_write", full)
            with pytest.raises(CollectionError, match="No space left"):
                fetch(here, tmp_path)
        report = fetch(here, tmp_path)
    assert report.pictures == len(rows)
    assert report.before >= 3
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_of_another_download_is_left_alone(rows, picture, tmp_path):
    (tmp_path / "works.csv").write_text("image\na.jpg\n")
    with OpenServices(rows, picture) as here, pytest.raises(CollectionError, match="no download has written"):
        fetch(here, tmp_path)


def test_the_command_names_what_failed(rows, picture, own_cache, monkeypatch):
    with OpenServices(rows, picture, {"met/437879.jpg": "closed"}) as here:
        services = here.services()
        monkeypatch.setattr(museums, "museums", lambda: services)
        done = CliRunner().invoke(app, ["download", "open", "--display"])
    assert done.exit_code == 0, done.output
    assert "met/437879 is not in the public domain" in done.output
    assert f"{len(rows) - 1} pictures in" in done.output


ODD = (None, 1, "x", [], [1, None], {}, {"content": 3}, {"a": {"b": 1}})


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["met", "npg", "aic"])
def test_whatever_a_service_answers_it_is_a_work_or_a_refusal(name, odd):
    number = {"met": "437879", "npg": "npg_NPG.84.34", "aic": "80526"}[name]
    key, service = f"{name}/{number}", museums.museums()[name]
    record = {"descriptiveNonRepeating": {"record_ID": number, "online_media": {"media": odd}}, "freetext": odd}
    work = {"id": int(number), "image_id": odd, "is_public_domain": odd} if name == "aic" else odd
    rows = {"response": {"rows": [odd, {"content": odd}, {"content": record}], "rowCount": 3}}
    for answer in (odd, rows, {"data": odd}, {"data": [odd, work]}):
        web = SimpleNamespace(json=lambda address, answer=answer: answer)
        source = museums._MUSEUMS[name](service, web, None, {key: {"object": number, "file": f"{key}.jpg"}})
        with pytest.raises(Refusal):
            source.work(key)


def test_open_is_a_collection_and_a_root(own_cache):
    named = {"collection": "table", "root": own_cache / "collections" / "open"}
    assert _named("open", None, None, False) == named
    assert _place(Path("open")) == named["root"]
    assert _place(Path("opened")) == Path("opened")


def test_every_museum_is_asked_gently_and_only_at_its_own_hosts():
    from urllib.parse import urlsplit

    for name, service in museums.museums().items():
        assert service.licence == "CC0-1.0"
        assert all(seconds >= 0.5 for seconds in service.hosts.values())
        addresses = [address for key, address in service.addresses.items() if key not in ("query", "page")]
        assert {urlsplit(address).netloc for address in addresses} <= set(service.hosts)
        assert all(address.startswith("https://") for address in addresses), name

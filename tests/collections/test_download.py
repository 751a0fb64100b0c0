"""Downloads: polite, wary, resumable; exactly the good pictures, and a reason for every other."""

import errno
import hashlib
import json
import os
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import httpx
import pytest
from factories.open_museum import QUICK, Burst, OpenMuseum, jpeg, waits
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from artlib import collections, paths, works
from artlib.__main__ import app
from artlib.collections import download, published
from artlib.collections.download import service as services
from artlib.collections.download import sources, store, web
from artlib.works import CollectionError

SOURCES = ("nga", "cleveland", "met")
BAD = {
    "truncated": "ends before",
    "ends early": "is truncated",
    "html": "is a web page",
    "typed": "text/html",
    "svg": "drawing",
    "elsewhere": "none of the source's hosts",
    "plain": "none of the source's hosts",
    "round": "redirected more than",
    "huge": "3,000,000,000 bytes",
    "endless": "broken off",
    "absurd": "60,000 x 60,000",
    "tiny": "too small",
    "bomb": "broken off",
    "strange": "not asked for",
    "empty": "empty",
    "gone": "404",
    "forbidden": "403",
    "private": "",
}
GOOD = ("good", "png", "untyped", "moved", "busy", "fault", "cut once", "packed")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """The museum is on this computer, whatever stands between it and the world."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("ARTLIB_CONTACT", raising=False)


def fetch(museum, name, root, limit=100, pace=0, wait=QUICK, **options):
    return download.download(name, limit, root, service=museum.service(name, pace, wait), progress=False, **options)


def entries(root):
    return [json.loads(line) for line in (root / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def pictures(root):
    return {int(path.stem) for path in (root / "pictures").iterdir()}


@pytest.mark.parametrize("name", SOURCES)
def test_exactly_the_good_pictures_and_a_reason_for_every_other(name, tmp_path):
    works = dict(enumerate((*GOOD, *BAD, "good", "good"), start=1))
    with OpenMuseum(works) as museum:
        report = fetch(museum, name, tmp_path)
        assert pictures(tmp_path) == museum.good()
        assert report.new == len(museum.good())
        assert not report.stopped
        assert set(report.refused) == {str(number) for number in works} - {str(number) for number in museum.good()}
        for number, way in works.items():
            if way in BAD:
                assert BAD[way] in report.refused[str(number)], way
        # No byte was asked of a work that is not open; what is truncated was asked again, and what is too large not.
        asked = museum.pictures_asked()
        times = {way: asked[number] for number, way in works.items()}
        assert times["private"] == 0
        assert times["truncated"] == times["ends early"] == QUICK["tries"]
        assert times["huge"] == times["endless"] == times["absurd"] == times["gone"] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = collections.read("table", root=tmp_path)
    assert {int(image.split("/")[1].split(".")[0]) for image in read.works["image"]} == museum.good()
    assert {read.source.read(image, 60).shape for image in read.works["image"]} == {(60, 80, 3)}


@pytest.mark.parametrize("name", SOURCES)
def test_a_download_is_a_table_of_works_with_licence_credit_address_and_hash(name, tmp_path):
    with OpenMuseum({7: "good", 8: "png"}) as museum:
        fetch(museum, name, tmp_path)
    works = collections.read("table", root=tmp_path).works.sort_values("image").set_index("work_id")
    work = works.loc[f"{name}-7"]
    title = download.declared(name).title
    assert work["image"] == "pictures/7.jpg"
    assert works.loc[f"{name}-8", "image"] == "pictures/8.png"
    assert (work["artist"], work["year_begin"], work["year_end"]) == ("Maria Example", 1870, 1872)
    assert work["field"] == "painting"
    assert (work["licence"], work["credit"], work["source"]) == ("CC0-1.0", f"{title}, Gift of 7", title)
    assert work["url"].endswith("/7")
    assert work["materials"] == {"cleveland": ["oil on canvas", "gilded"], "met": ["Oil on canvas"]}.get(
        name, ["oil on canvas"]
    )
    assert work["sha256"] == hashlib.sha256(jpeg(7)).hexdigest()
    if name == "cleveland":
        assert work["culture"] == "France"
    if name == "nga":
        assert (work["title"], work["style"], work["culture"]) == ("Work 7, with a break", "Realist", "French")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own = collections.read(name, root=tmp_path).works.set_index("work_id")
    assert set(own.index) == {"7", "8"}
    assert own.loc["8", "image"] == "pictures/8.png"
    assert own.loc["7", "licence"] == "CC0"
    noted = next(entry for entry in entries(tmp_path) if entry.get("id") == "7")
    assert noted["sha256"] == hashlib.sha256((tmp_path / "pictures" / "7.jpg").read_bytes()).hexdigest()
    assert noted["address"].startswith("http://127.0.0.1")
    assert noted["columns"]["licence"] == "CC0-1.0"
    assert (noted["width"], noted["height"], noted["bytes"]) == (80, 60, len(jpeg(7)))


# --- politeness ------------------------------------------------------------------------------------------------------


def test_a_host_is_asked_at_its_pace_and_never_turns_us_away(tmp_path):
    with OpenMuseum(dict.fromkeys(range(1, 9), "good"), Burst(4, 0.02, 5)) as museum:
        fetch(museum, "met", tmp_path, pace=0.03)
        gaps = [late - early for early, late in zip(museum.moments, museum.moments[1:], strict=False)]
        assert museum.blocked == 0
        assert len(museum.moments) == 17
        # Moments are the server's, whose threads wake with a delay; on the whole the pace is kept.
        assert sum(gaps) > 0.03 * 16 * 0.95


def test_after_403_it_waits_longer_and_asks_less_often_and_gets_all(tmp_path):
    with OpenMuseum(dict.fromkeys(range(1, 13), "good"), Burst(10, 2, 0.1)) as museum:
        report = fetch(museum, "cleveland", tmp_path, wait=waits(0.01, 0.1, 5, 8, 3), pace=0.001)
        assert museum.blocked > 0
        assert report.new == 12
        assert not report.refused


def test_retry_after_is_obeyed(tmp_path):
    with OpenMuseum({1: "busy"}) as museum:
        fetch(museum, "cleveland", tmp_path)
        assert museum.moments[-1] - museum.moments[-2] >= 0.1


def test_a_long_pause_asked_for_ends_the_download_and_keeps_what_is_there(tmp_path):
    works = dict.fromkeys(range(1, 9), "good")
    order = sources._shuffled(map(str, works))
    works[int(order[5])] = "long wait"
    with OpenMuseum(works) as museum:
        report = fetch(museum, "cleveland", tmp_path)
        assert "120 minutes" in report.stopped
        assert report.new == 5
        assert len(collections.read("table", root=tmp_path)) == 5
        works[int(order[5])] = "good"
        again = fetch(museum, "cleveland", tmp_path)
        assert (again.new, again.before, again.stopped) == (3, 5, None)


def test_a_body_that_drips_is_given_up(tmp_path):
    with OpenMuseum({1: "drip", 2: "good"}) as museum:
        slow = museum.service("cleveland")
        hasty = replace(slow, limits={**slow.limits, "seconds": 0.05}, wait=waits(0.001, 0.001, 1, 2, 3))
        report = download.download("cleveland", 9, tmp_path, service=hasty, progress=False)
    assert pictures(tmp_path) == {2}
    assert "takes more than" in report.refused["1"]


def test_a_service_that_turns_everything_away_is_left_alone(tmp_path):
    works = dict.fromkeys(range(1, 40), "forbidden")
    works[int(sources._shuffled(map(str, works))[0])] = "good"
    with OpenMuseum(works) as museum:
        report = fetch(museum, "cleveland", tmp_path, wait=waits(0.001, 0.001, 1, 2, 3))
        assert "3 works in a row" in report.stopped
        assert report.new == 1
        assert sum(museum.pictures_asked().values()) == 1 + 3 * 2


def test_waits_double_with_every_try_up_to_the_most(tmp_path):
    service = SimpleNamespace(name="x", wait=waits(1, 10, 60, 9, 3))
    reader = web.Web.__new__(web.Web)
    reader._service, reader._said = service, lambda text: None

    def wait(attempt, fault):
        outcome = SimpleNamespace(exception=lambda: fault)
        return reader._seconds(SimpleNamespace(outcome=outcome, attempt_number=attempt))

    blocked = [wait(attempt, web.Again("", blocked=True)) for attempt in (1, 2, 3, 4, 9)]
    for seconds, least in zip(blocked, (10, 20, 40, 60, 60), strict=True):
        assert least <= seconds <= min(least + 5, 60)
    assert wait(1, web.Again("")) <= 1.5
    assert wait(1, web.Again("", blocked=True, after=30)) == 30
    assert len({wait(1, web.Again("", blocked=True)) for _ in range(5)}) == 5
    with pytest.raises(web.Stopped, match="2 minutes"):
        wait(1, web.Again("", blocked=True, after=120))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3), ("0.5", 0.5), ("", None), ("soon", None), ("-5", None), ("9" * 30, None), ("nan", None)],
)
def test_retry_after_in_seconds(header, seconds):
    assert web._retry_after(httpx.Response(429, headers={"Retry-After": header})) == seconds


def test_retry_after_as_a_date():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < web._retry_after(httpx.Response(429, headers={"Retry-After": moment})) < 91
    assert web._retry_after(httpx.Response(429, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0


def test_every_request_says_who_asks_and_whom_to_write_to(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLIB_CONTACT", "me@example.org")
    with OpenMuseum({1: "good"}) as museum:
        fetch(museum, "nga", tmp_path)
        (agent,) = museum.agents
    assert agent.startswith("artlib/0.")
    assert "contact: me@example.org" in agent


@pytest.mark.parametrize("contact", ["a@b.org\r\nX-Evil: 1", "ü@example.org", "x" * 200, "a\tb@c.org"])
def test_a_contact_that_cannot_stand_in_a_header_is_said(contact, monkeypatch):
    monkeypatch.setenv("ARTLIB_CONTACT", contact)
    with pytest.raises(CollectionError, match="ARTLIB_CONTACT"):
        services.agent()


# --- going on --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_a_larger_limit_adds_and_nothing_is_fetched_twice(name, tmp_path):
    with OpenMuseum(dict.fromkeys(range(1, 13), "good") | {50: "absurd", 51: "private"}) as museum:
        first = fetch(museum, name, tmp_path, limit=4)
        before = pictures(tmp_path)
        second = fetch(museum, name, tmp_path, limit=9)
        assert (first.new, second.new, second.before) == (4, 5, 4)
        assert before < pictures(tmp_path)
        third = fetch(museum, name, tmp_path)
        fourth = fetch(museum, name, tmp_path)
        assert (third.pictures, fourth.new, fourth.before) == (12, 0, 12)
        assert third.refused.keys() == fourth.refused.keys() == {"50", "51"}
        assert set(museum.pictures_asked().values()) == {1}
        if name == "met":  # nor is a record that said for good that there is nothing to take
            assert museum.asked["/met/objects/51"] == museum.asked["/met/objects/50"] == 1
        if name == "nga":
            assert museum.asked["/nga/objects"] == 1


def test_what_a_person_deleted_is_fetched_again_and_nothing_else(tmp_path):
    with OpenMuseum(dict.fromkeys(range(1, 5), "good")) as museum:
        fetch(museum, "cleveland", tmp_path)
        (tmp_path / "pictures" / "2.jpg").unlink()
        (tmp_path / "pictures" / "3.jpg").write_bytes(b"shorter")
        fetch(museum, "cleveland", tmp_path)
        assert museum.pictures_asked() == {1: 1, 2: 2, 3: 2, 4: 1}
    assert len(collections.read("table", root=tmp_path)) == 4


def test_a_kill_between_picture_and_note_costs_no_request(tmp_path):
    with OpenMuseum(dict.fromkeys(range(1, 6), "good")) as museum:
        fetch(museum, "cleveland", tmp_path)
        manifest = tmp_path / "manifest.jsonl"
        lines = manifest.read_bytes().splitlines(keepends=True)
        # The last note is cut in the middle, and the one before never came.
        manifest.write_bytes(b"".join(lines[:-2]) + lines[-1][:40])
        (tmp_path / "pictures" / "9.part").write_bytes(b"half")
        report = fetch(museum, "cleveland", tmp_path)
        assert (report.new, report.before) == (0, 5)
        assert set(museum.pictures_asked().values()) == {1}
    assert not list((tmp_path / "pictures").glob("*.part"))
    assert len(collections.read("table", root=tmp_path)) == 5


def test_an_interruption_leaves_a_table_of_what_is_there(tmp_path, monkeypatch):
    real, count = store.Store.keep, []

    def interrupted(self, found, body):
        count.append(found)
        if len(count) > 2:
            raise KeyboardInterrupt
        real(self, found, body)

    monkeypatch.setattr(store.Store, "keep", interrupted)
    with OpenMuseum(dict.fromkeys(range(1, 5), "good")) as museum, pytest.raises(KeyboardInterrupt):
        fetch(museum, "met", tmp_path)
    assert len(collections.read("table", root=tmp_path)) == 2


def test_a_full_disk_is_one_message_and_loses_nothing(tmp_path, monkeypatch):
    real, count = store._write, []

    def full(path, body):
        count.append(path.parent.name == "pictures")
        if count[-1] and sum(count) > 3:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, body)

    monkeypatch.setattr(store, "_write", full)
    with OpenMuseum(dict.fromkeys(range(1, 9), "good")) as museum:
        with pytest.raises(CollectionError, match="No space left"):
            fetch(museum, "cleveland", tmp_path)
        assert len(collections.read("table", root=tmp_path)) == 3
        monkeypatch.setattr(store, "_write", real)
        assert fetch(museum, "cleveland", tmp_path).before == 3


# --- whose folder ----------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_a_downloads_is_left_alone(tmp_path):
    (tmp_path / "works.csv").write_text("image\nmine.jpg\n", encoding="utf-8")
    with OpenMuseum({1: "good"}) as museum:
        with pytest.raises(CollectionError, match="no download has written"):
            fetch(museum, "met", tmp_path)
        assert (tmp_path / "works.csv").read_text(encoding="utf-8") == "image\nmine.jpg\n"
        fetch(museum, "met", tmp_path / "met")
        with pytest.raises(CollectionError, match="a download of met in size primaryImageSmall"):
            fetch(museum, "cleveland", tmp_path / "met")
        with pytest.raises(CollectionError, match="in size primaryImageSmall"):
            fetch(museum, "met", tmp_path / "met", size="large")
        with pytest.raises(CollectionError, match="cannot write"):
            fetch(museum, "met", tmp_path / "works.csv")


def test_a_second_download_into_a_folder_is_turned_away(tmp_path):
    with OpenMuseum({1: "good"}) as museum:
        first = store.Store(tmp_path, "met", "primaryImageSmall", 10**6)
        with first, pytest.raises(CollectionError, match="Another download"):
            fetch(museum, "met", tmp_path)
        assert fetch(museum, "met", tmp_path).new == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_in_the_folder_are_not_followed(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / "pictures").symlink_to(outside)
    with OpenMuseum({1: "good"}) as museum:
        with pytest.raises(CollectionError, match="is a link"):
            fetch(museum, "met", root)
        (root / "pictures").unlink()
        (outside / "precious").write_text("precious", encoding="utf-8")
        (root / "pictures").mkdir()
        for name in ("pictures/1.part", "pictures/1.jpg", "works.csv.part"):
            (root / name).symlink_to(outside / "precious")
        fetch(museum, "met", root)
        assert (outside / "precious").read_text(encoding="utf-8") == "precious"
        assert not (root / "pictures" / "1.jpg").is_symlink()
        (root / "manifest.jsonl").unlink()
        (root / "works.csv").unlink()
        (root / "manifest.jsonl").symlink_to(outside / "precious")
        with pytest.raises(CollectionError, match="is a link"):
            fetch(museum, "met", root)
        (root / "manifest.jsonl").unlink()
        (root / ".lock").unlink(missing_ok=True)
        (root / ".lock").symlink_to(outside / "precious")
        with pytest.raises(CollectionError, match="is a link"):
            fetch(museum, "met", root)
        assert (outside / "precious").read_text(encoding="utf-8") == "precious"


# --- what the sources say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["cut", "html"])
@pytest.mark.parametrize(("name", "path"), [("met", "/met/search"), ("cleveland", "/cleveland/records")])
def test_a_list_that_does_not_come_is_said(name, path, fault, tmp_path):
    with OpenMuseum({1: "good"}) as museum:
        museum.page_faults[path] = fault
        with pytest.raises(CollectionError, match="list of works is answered with"):
            fetch(museum, name, tmp_path)
        assert museum.asked[path] == QUICK["tries"]
        assert not (tmp_path / "works.csv").exists()


def test_a_record_that_is_cut_off_is_asked_for_again_and_then_refused(tmp_path):
    with OpenMuseum({1: "good", 2: "good", 3: "good"}) as museum:
        museum.page_faults |= {"/met/objects/1": "cut", "/met/objects/2": "cut once"}
        report = fetch(museum, "met", tmp_path)
        assert pictures(tmp_path) == {2, 3}
        assert "ends early" in report.refused["1"]
        assert museum.asked["/met/objects/2"] == 2


def test_a_page_that_does_not_come_costs_its_works_only(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_PAGE", 4)
    with OpenMuseum(dict.fromkeys(range(1, 11), "good")) as museum:
        asked = web.Web.json

        def broken(reader, address):
            if "skip=4" in address:
                raise web.Refusal("is answered with a record that ends early or is damaged")
            return asked(reader, address)

        monkeypatch.setattr(web.Web, "json", broken)
        report = fetch(museum, "cleveland", tmp_path)
    assert pictures(tmp_path) == {1, 2, 3, 4, 9, 10}
    assert list(report.refused) == ["records 4 to 7"]


@pytest.mark.parametrize(
    ("name", "answer"),
    [("met", {"message": "moved"}), ("met", []), ("cleveland", {"data": []}), ("cleveland", {"info": {"total": "9"}})],
)
def test_a_service_that_has_changed_is_said(name, answer, tmp_path, monkeypatch):
    if answer == {"message": "moved"}:
        answer = {"objectIDs": "moved"}
    with OpenMuseum({1: "good"}) as museum:
        monkeypatch.setattr(web.Web, "json", lambda reader, address: answer)
        with pytest.raises(CollectionError, match="answers otherwise"):
            fetch(museum, name, tmp_path)


def test_a_web_page_in_place_of_a_table_is_asked_for_again_and_never_kept(tmp_path):
    with OpenMuseum({1: "good"}) as museum:
        museum.page_faults["/nga/published_images"] = "html"
        with pytest.raises(CollectionError, match=r"published_images\.csv is answered with a web page"):
            fetch(museum, "nga", tmp_path)
        assert not (tmp_path / "published_images.csv").exists()
        museum.page_faults["/nga/published_images"] = "html once"
        museum.asked.clear()
        assert fetch(museum, "nga", tmp_path).new == 1
        assert museum.asked["/nga/published_images"] == 2
        museum.page_faults["/nga/objects_terms"] = "html"
        (tmp_path / "objects_terms.csv").unlink()
        report = fetch(museum, "nga", tmp_path)
        assert (report.before, list(report.refused)) == (1, ["objects_terms.csv"])
        assert museum.asked["/nga/objects"] == 0


def test_a_table_that_has_changed_is_said(tmp_path):
    with OpenMuseum({1: "good"}) as museum:
        museum._published = lambda: b"uuid,viewtype,depictstmsobjectid\na,primary,1\n"
        with pytest.raises(CollectionError, match="'openaccess' is missing"):
            fetch(museum, "nga", tmp_path)


@pytest.mark.parametrize(("uuid", "reason"), [("00000000-0000-0000-0000-000000000001", "not open access"), ("", "")])
def test_a_picture_of_which_nothing_is_said_is_not_taken(uuid, reason, tmp_path):
    with OpenMuseum({1: "good"}) as museum:
        museum._published = lambda: f"uuid,viewtype,openaccess,depictstmsobjectid\n{uuid},primary,,1\n".encode()
        with pytest.raises(CollectionError, match=f"no picture came.*1 refused.*{reason}"):
            fetch(museum, "nga", tmp_path)


def test_nothing_open_is_an_error_and_no_empty_table(tmp_path):
    with OpenMuseum({1: "private", 2: "private"}) as museum:
        with pytest.raises(CollectionError, match=r"no picture came.*2 refused"):
            fetch(museum, "met", tmp_path)
        assert not (tmp_path / "works.csv").exists()


def test_an_id_that_is_no_number_names_no_file(tmp_path, monkeypatch):
    with OpenMuseum({1: "good"}) as museum:
        numbers = ["../../evil", "CON", "1/2", True, 1.5, -3, None, "", "9" * 20, "٣", ["1"]]
        records = [{**museum._cleveland(1), "id": number} for number in numbers]
        page = {"info": {"total": len(numbers) + 1}, "data": [*records, museum._cleveland(1)]}
        monkeypatch.setattr(web.Web, "json", lambda reader, address: page)
        report = fetch(museum, "cleveland", tmp_path / "in")
    assert report.new == 1
    assert {path.name for path in (tmp_path / "in" / "pictures").iterdir()} == {"1.jpg"}
    assert {path.name for path in tmp_path.iterdir()} <= {"in", "artlib-cache"}


def test_hostile_records_become_plain_cells_or_refusals(tmp_path, monkeypatch):
    with OpenMuseum(dict.fromkeys(range(1, 7), "good")) as museum:
        records = [museum._cleveland(number) for number in range(1, 7)]
        records[0] |= {"title": '=HYPERLINK("http://evil")', "creators": [{"description": "@SUM(1)"}]}
        records[0] |= {"technique": "-2+3|cmd", "culture": "x"}
        records[1] |= {"title": 'two\r\nlines\0, "quoted" <script>alert(1)</script>', "creation_date_earliest": -500}
        records[1] |= {"creation_date_latest": -450, "url": "javascript:alert(1)", "creators": ["x", None, 3]}
        records[2] |= {"creation_date_earliest": 1900, "creation_date_latest": 1800, "title": {"a": 1}, "type": ["x"]}
        records[2] |= {"creation_date": "long ago"}
        records[3] |= {"images": {"web": {"url": ["x"]}}}
        records[4] |= {"images": "none"}
        records[5] |= {"images": {"web": {"url": "file:///etc/passwd"}}}
        page = {"info": {"total": 6}, "data": [*records, "x", None]}
        monkeypatch.setattr(web.Web, "json", lambda reader, address: page)
        report = fetch(museum, "cleveland", tmp_path)
    assert report.refused.keys() == {"4", "5", "6"}
    works = collections.read("table", root=tmp_path).works.set_index("work_id")
    assert works.loc["cleveland-1", "title"] == '=HYPERLINK("http://evil")'
    lines = (tmp_path / "works.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    assert not any(cell.startswith(("=", "@", "-2")) for line in lines for cell in line.replace('"', "").split(","))
    assert works.loc["cleveland-2", "title"] == 'two lines , "quoted" <script>alert(1)</script>'
    assert works.loc["cleveland-2", "year_begin"] == -500
    assert works.loc["cleveland-2", "url"].startswith("http://127.0.0.1")
    assert works.loc["cleveland-3", ["year_begin", "title"]].isna().all()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", ["met", "cleveland"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_record_it_is_a_work_or_a_refusal(name, data):
    museum = SimpleNamespace(host="127.0.0.1", works={7: "good"})
    record = (OpenMuseum._met if name == "met" else OpenMuseum._cleveland)(museum, 7)
    for field in data.draw(st.sets(st.sampled_from(sorted(record)), max_size=3)):
        record[field] = data.draw(JSON)
    service = download.declared(name)
    source = sources.SOURCES[name](service, SimpleNamespace(json=lambda address: record), None, service.size(None))
    source._records = {"7": record}
    try:
        found = source.work("7")
    except web.Refusal:
        return
    assert all(isinstance(text, str) and text == text.strip() != "" for text in found.columns.values())
    assert found.columns["licence"] == "CC0-1.0"
    assert set(found.columns) <= set(works.COLUMNS)
    assert found.columns.get("field", "painting") in works.FIELDS
    years = [int(found.columns[name]) for name in works.YEARS if name in found.columns]
    assert years == sorted(years)
    assert all(-40_000 <= year <= 2_200 for year in years)


@pytest.mark.parametrize(
    ("begin", "end", "years"),
    [
        (1870, 1872, (1870, 1872)),
        ("-500", "-450", (-500, -450)),
        (1927, 9999, (1927, None)),
        (None, 1800, (None, 1800)),
        *((years, other, (None, None)) for years, other in ((0, 0), (-400_000, -300_000), (1872, 1870), ("", ""))),
        ("c. 1800", "1800", (None, None)),
    ],
)
def test_years_that_are_placeholders_are_left_out(begin, end, years):
    record = {"objectID": 1, "objectBeginDate": begin, "objectEndDate": end}
    found = published.of_record("met", record)
    assert (found["year_begin"], found["year_end"]) == years


def test_the_order_depends_on_the_ids_alone():
    many = [str(number) for number in range(200)]
    assert sources._shuffled(many) == sources._shuffled(reversed(many)) != many
    without = [key for key in sources._shuffled(many) if key != "7"]
    assert sources._shuffled(key for key in many if key != "7") == without


# --- which hosts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://evil.example/a.jpg", "none of the source's hosts"),
        ("https://images.metmuseum.org.evil.example/a.jpg", "none of the source's hosts"),
        ("https://images.metmuseum.org:8443/a.jpg", "none of the source's hosts"),
        ("https://me:secret@images.metmuseum.org/a.jpg", "none of the source's hosts"),
        ("https://127.0.0.1/a.jpg", "none of the source's hosts"),
        ("http://images.metmuseum.org/a.jpg", "none of the source's hosts|without encryption"),
        ("ftp://images.metmuseum.org/a.jpg", "none of the source's hosts|without encryption"),
        ("//images.metmuseum.org/a.jpg", "without encryption"),
        ("file:///etc/passwd", "none of the source's hosts"),
        ("https://images.metmuseum.org\r\nHost: evil/", "address"),
        ("", "none of the source's hosts"),
    ],
)
def test_only_the_sources_hosts_and_only_encrypted(address, reason):
    with web.Web(download.declared("met"), "test") as reader, pytest.raises(web.Refusal, match=reason):
        reader.get(address, 10, lambda body: pytest.fail("asked"))
    assert reader.requests == 0


def test_what_is_declared_is_encrypted_and_among_its_own_hosts():
    for name in download.names():
        service = download.declared(name)
        for key, address in service.addresses.items():
            parts = urlsplit(address)
            assert parts.scheme == "https"
            assert key == "page" or parts.netloc in service.hosts
        assert all(seconds >= 0.5 for seconds in service.hosts.values())
        assert service.wait["most"] >= service.wait["blocked"] >= service.wait["first"] >= 1
        assert service.licence == "CC0-1.0"
        assert service.name in sources.SOURCES
        assert service.size(None) == next(iter(service.sizes.values()))
    # 30 quick requests bring a 403 there.
    assert download.declared("met").hosts["collectionapi.metmuseum.org"] > 1


def test_the_sources_chapter_names_every_download():
    from artlib.collections import sources as told

    for name in download.names():
        words = told.entry(name)["download"].split()
        assert words[:3] == ["artlib", "download", name]
        assert CliRunner().invoke(app, [*words[1:2], "--help"]).exit_code == 0
        download.declared(name).check_types((words[-1],))


def test_sizes_and_types_by_name():
    nga = download.declared("nga")
    assert (nga.size("small"), nga.size("843"), nga.size("4096")) == (512, 843, 4096)
    for size in ("4097", "-1", "0", "full", "1e3"):
        with pytest.raises(CollectionError, match="no size"):
            nga.size(size)
    with pytest.raises(CollectionError, match="no size '843'; choose one of: small, large"):
        download.declared("met").size("843")
    with pytest.raises(CollectionError, match="no type 'smell'"):
        nga.check_types(("painting", "smell"))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An ``ARTLIB_HOME`` whose sources are a museum on this computer."""

    def make(museum, name):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "presets.yaml").write_text("{}", encoding="utf-8")
        museum.declare(name, tmp_path / "data" / "downloads.yaml")
        monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))
        return tmp_path

    return make


def called(*words):
    return CliRunner().invoke(app, ["download", *words])


def test_the_command_says_what_it_got_and_what_not(home):
    with OpenMuseum({1: "good", 2: "html", 3: "good", 4: "absurd"}) as museum:
        root = home(museum, "cleveland") / "data" / "collections" / "cleveland"
        done = called("cleveland", "--limit", "10", "--type", "painting")
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "2 pictures in" in words
    assert "2 refused: " in words
    assert "1 x is a web page" in words
    assert len(collections.read("table", root=root)) == 2


def test_the_command_ends_with_a_failure_when_it_was_turned_away(home):
    works = dict.fromkeys(range(1, 4), "good")
    works[int(sources._shuffled(map(str, works))[-1])] = "long wait"
    with OpenMuseum(works) as museum:
        home(museum, "met")
        done = called("met")
    assert done.exit_code == 1
    assert "2 pictures in" in " ".join(done.output.split())
    assert "120 minutes" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["louvre"], "choose one of: nga, cleveland, met"),
        (["nga", "--type", "smell"], "smell"),
        (["nga", "--size", "9999"], "9999"),
        (["nga", "--limit", "0"], "at least 1"),
    ],
)
def test_a_wrong_word_is_one_message(words, said, tmp_path):
    done = called(*words, "--root", str(tmp_path / "new"))
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "new").exists()


def test_downloads_go_where_git_does_not_look(monkeypatch, tmp_path):
    assert download.folder("met") == paths.root() / "data" / "collections" / "met"
    monkeypatch.setenv("ARTLIB_HOME", str(tmp_path))  # installed without a repository around it
    assert download.folder("met").is_relative_to(paths.cache())

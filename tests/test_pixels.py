"""The pixel cache: right pixels, kept whatever happens, opened at once."""

import errno
import io
import json
import shutil
import threading
import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artlib import collections, paths, pixels
from artlib.collections.files import FileSource
from artlib.pixels import PixelsError, filling, journal
from artlib.pixels import cached as pixel_cache
from artlib.pixels import workers as worker_pool
from artlib.works import Collection, PictureError, SkippedWarning


@dataclass
class Drawn:
    """A source that draws each picture from its number, and counts how often; "bad" ones do not decode."""

    version: str = "1"
    bad: tuple[int, ...] = ()
    side: int = 20
    reads: list[str] = field(default_factory=list)

    def read(self, image, size):
        self.reads.append(image)
        if int(image) in self.bad:
            raise PictureError("is bad")
        return np.random.default_rng(int(image)).integers(0, 255, (self.side, self.side, 3), dtype=np.uint8)

    def fingerprint(self, image):
        return f"{self.version}:{image}"


def drawn(count, **options):
    works = pd.DataFrame({"work_id": [f"w{i}" for i in range(count)], "image": [f"{i}" for i in range(count)]})
    return Collection("drawn", works, Drawn(**options))


def cached(collection, size=20, **options):
    return pixels.cache(collection, size, progress=False, **options)


@pytest.fixture
def photographs(tmp_path):
    """40 JPEGs of two shapes in two classes."""
    for number in range(40):
        file = tmp_path / "set" / f"class {number % 2}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = np.random.default_rng(number).integers(0, 255, (5, 5, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((90, 60) if number % 3 else (50, 120)).save(file)
    return collections.read("folder", tmp_path / "set")


# --- pixels -----------------------------------------------------------------------------------------------------------


def test_rows_are_the_pictures(photographs):
    pictures = cached(photographs, 32)
    assert pictures.pixels.shape == (40, 32, 32, 3)
    assert pictures.pixels.dtype == np.uint8
    assert isinstance(pictures.pixels, np.memmap)
    assert (pictures.size, pictures.collection, len(pictures)) == (32, "set", 40)
    pd.testing.assert_frame_equal(pictures.works, photographs.works)
    for row in (0, 17, 39):
        whole = Image.open(photographs.source.path(photographs.works["image"][row]))
        plain = np.asarray(whole.resize((32, 32), Image.Resampling.BICUBIC), int)
        assert np.abs(plain - pictures.pixels[row]).mean() < 3


def test_squash_keeps_everything_and_center_the_middle():
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, :20], wide[:, 60:] = (250, 0, 0), (0, 0, 250)
    squashed, middle = pixels.fit(wide, 20, "squash"), pixels.fit(wide, 20, "center")
    assert squashed[10, 1].tolist() == [250, 0, 0]
    assert squashed[10, 18].tolist() == [0, 0, 250]
    assert middle.max() < 25  # what the filter sees beyond the edge
    tall = pixels.fit(wide.transpose(1, 0, 2), 20, "center")
    assert tall.shape == (20, 20, 3)
    assert tall.max() < 25


def test_resampling_neither_aliases_nor_shifts():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    small = pixels.fit(stripes, 96, "squash").astype(int)
    assert np.abs(small - 128).max() < 30  # dropping pixels would leave a pattern of 0 and 255
    ramp = np.repeat(np.linspace(0, 255, 256)[None, :, None], 256, 0).repeat(3, 2).astype(np.uint8)
    assert abs(pixels.fit(ramp, 64, "squash").mean() - ramp.mean()) < 1
    assert (
        np.abs(pixels.fit(ramp, 64, "squash")[:, ::-1].mean(0) + pixels.fit(ramp, 64, "squash").mean(0) - 255).max() < 2
    )


def test_small_pictures_are_enlarged_smoothly():
    enlarged = pixels.fit(np.array([[[0] * 3, [255] * 3]] * 2, np.uint8), 16, "squash")
    assert enlarged.shape == (16, 16, 3)
    assert (np.diff(enlarged[8, :, 0].astype(int)) >= 0).all()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_result_does_not_depend_on_the_workers(photographs, workers, monkeypatch, tmp_path):
    expected = cached(photographs, 24, crop="center").pixels
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / "again"))
    again = cached(photographs, 24, crop="center", workers=workers).pixels
    assert not np.shares_memory(again, expected)
    np.testing.assert_array_equal(again, expected)


def test_processes_give_the_same(photographs, monkeypatch, tmp_path):
    expected = cached(photographs, 24).pixels
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / "again"))
    monkeypatch.setattr(worker_pool, "_WORTH_PROCESSES", {True: 0, False: 0})
    monkeypatch.setattr(worker_pool, "_THREADS_SERVE", 0)
    monkeypatch.setattr(FileSource, "read", lambda *ignored: pytest.fail("decoded in this process"))
    np.testing.assert_array_equal(cached(photographs, 24, workers=2).pixels, expected)


# --- skipped pictures -------------------------------------------------------------------------------------------------


def test_works_and_pixels_stay_together_when_pictures_are_skipped():
    collection = drawn(50, bad=(0, 15, 16, 33, 49))
    with pytest.warns(SkippedWarning, match=r"drawn: 5 of 50 pictures left out .*5 x is bad"):
        pictures = cached(collection)
    assert len(pictures) == 45
    assert pictures.works.index.tolist() == list(range(45))
    assert pictures.skipped["image"].tolist() == ["0", "15", "16", "33", "49"]
    for row, image in enumerate(pictures.works["image"]):
        np.testing.assert_array_equal(pictures.pixels[row], Drawn().read(image, 20))
    with pytest.warns(SkippedWarning, match="5 of 50"):  # a later reader is told as well
        again = cached(collection)
    pd.testing.assert_frame_equal(again.skipped, pictures.skipped)


def test_nothing_to_show_is_an_error():
    with pytest.raises(PixelsError, match=r"None of the 3 pictures of 'drawn' can be decoded: 3 x is bad"):
        cached(drawn(3, bad=(0, 1, 2)))
    with pytest.raises(PixelsError, match="has no works"):
        cached(drawn(0))
    with pytest.raises(PixelsError, match=r"no crop called 'round'.*squash, center"):
        cached(drawn(3), crop="round")
    for size in (0, 9000, 1.5):
        with pytest.raises(PixelsError, match="number of pixels from 1 to 8192"):
            cached(drawn(3), size)


def test_a_source_that_breaks_its_promise_is_named():
    collection = drawn(3)
    collection.source.read = lambda image, size: np.zeros((size, size), float)
    with pytest.raises(PixelsError, match=r"'\d' was read as float64 \(20, 20\)"):
        cached(collection)


# --- the key ----------------------------------------------------------------------------------------------------------


def test_the_key_changes_with_content_order_size_and_crop(photographs):
    reverse = Collection("set", photographs.works[::-1].reset_index(drop=True), photographs.source)
    keys = [
        pixels.content_key(photographs, 24, "squash"),
        pixels.content_key(photographs, 32, "squash"),
        pixels.content_key(photographs, 24, "center"),
        pixels.content_key(reverse, 24, "squash"),
        pixels.content_key(Collection("set", photographs.works[:-1], photographs.source), 24, "squash"),
    ]
    Image.new("RGB", (50, 50)).save(photographs.source.path(photographs.works["image"][3]))
    keys.append(pixels.content_key(photographs, 24, "squash"))
    assert len(set(keys)) == 6


def test_labels_and_names_do_not_change_the_key(photographs):
    renamed = Collection("other name", photographs.works.assign(style="one"), photographs.source)
    assert pixels.content_key(renamed, 24, "squash") == pixels.content_key(photographs, 24, "squash")


def test_a_picture_is_decoded_once():
    collection = drawn(40)
    first = cached(collection)
    assert sorted(collection.source.reads, key=int) == collection.works["image"].tolist()
    np.testing.assert_array_equal(cached(collection).pixels, first.pixels)
    assert len(collection.source.reads) == 40
    cached(drawn(40, version="2"))
    assert len(list(paths.scratch("pixels").glob("*/about.json"))) == 2


def test_a_finished_cache_of_100_000_works_opens_at_once():
    collection = drawn(100_000)
    folder = paths.scratch("pixels") / pixels.content_key(collection, 1, "squash")
    folder.mkdir()
    np.save(folder / "pixels.npy", np.zeros((100_000, 1, 1, 3), np.uint8))
    (folder / "about.json").write_text(json.dumps({"file": "pixels.npy", "skipped": {}}))
    start = time.perf_counter()
    assert len(cached(collection, 1)) == 100_000
    took = time.perf_counter() - start  # 0.1 s where nothing else runs, nearly all of it for the fingerprints
    start = time.perf_counter()
    assert pixel_cache._opened(folder, collection, 1) is not None
    opened = time.perf_counter() - start
    assert not collection.source.reads
    assert took < 2
    assert opened < 0.2


# --- interruptions ----------------------------------------------------------------------------------------------------


class Stop(Exception):
    pass


def interrupted(collection, after, fault=Stop, **options):
    """Fills until `after` runs are written, then fails as told."""
    write, count = journal.write, iter(range(10**6))

    def failing(*arguments):
        if next(count) >= after:
            raise fault
        write(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "write", failing)
        with pytest.raises((Stop, PixelsError, KeyboardInterrupt)) as caught:
            cached(collection, **options)
    return caught.value


def test_an_interrupted_filling_goes_on_where_it_stopped():
    collection = drawn(90, bad=(5, 70))
    interrupted(collection, after=3, fault=KeyboardInterrupt)
    collection.source.reads.clear()
    with pytest.warns(SkippedWarning, match="2 of 90"):
        pictures = cached(collection)
    assert len(collection.source.reads) == 90 - 3 * 16
    assert len(pictures) == 88
    for row in (0, 5, 6, 87):
        np.testing.assert_array_equal(pictures.pixels[row], Drawn().read(pictures.works["image"][row], 20))


def test_a_full_disk_loses_nothing():
    collection = drawn(90)
    fault = interrupted(collection, after=2, fault=OSError(errno.ENOSPC, "No space left on device"))
    assert "The disk is full: 32 of 90 pictures are decoded and kept" in str(fault)
    assert "ARTLIB_CACHE" in str(fault)
    collection.source.reads.clear()
    assert len(cached(collection)) == 90
    assert len(collection.source.reads) == 58


def test_a_disk_that_is_full_from_the_start_is_noticed_before_decoding(monkeypatch):
    collection = drawn(90)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(PixelsError, match="The disk is full: 0 of 90"):
        cached(collection)
    assert not collection.source.reads


def test_a_cache_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ARTLIB_CACHE", str(tmp_path / "file"))
    with pytest.raises(PixelsError, match=r"cannot be used .*ARTLIB_CACHE"):
        cached(drawn(3))


def part_of(collection):
    return paths.scratch("pixels") / f"{pixels.content_key(collection, 20, 'squash')}.part"


def test_a_torn_journal_costs_the_torn_line_only():
    collection = drawn(90)
    interrupted(collection, after=4)
    journal = part_of(collection) / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    collection.source.reads.clear()
    assert len(cached(collection)) == 90
    assert len(collection.source.reads) == 90 - 3 * 16


def test_bytes_that_did_not_reach_the_disk_are_noticed():
    collection = drawn(90)
    interrupted(collection, after=4)
    with open(part_of(collection) / "pixels.npy", "r+b") as file:
        file.seek(500)
        file.write(bytes(100))  # as after a power cut: the journal is there, the pixels are not
    collection.source.reads.clear()
    np.testing.assert_array_equal(cached(collection).pixels[0], Drawn().read("0", 20))
    assert len(collection.source.reads) == 90 - 3 * 16


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "pixels.npy").write_bytes(b""),
        lambda folder: (folder / "about.json").write_text("{"),
        lambda folder: (folder / "about.json").write_text(json.dumps({"file": "pixels.npy", "skipped": {"1": "x"}})),
        lambda folder: (folder / "pixels.npy").unlink(),
    ],
)
def test_a_damaged_cache_is_made_anew(damage):
    collection = drawn(20)
    folder = paths.scratch("pixels") / cached(collection).key
    damage(folder)
    again = cached(collection)
    assert len(collection.source.reads) == 40
    np.testing.assert_array_equal(again.pixels[7], Drawn().read("7", 20))


def test_two_at_once_fill_it_once(monkeypatch):
    said = []
    line = filling.StatusLine
    monkeypatch.setattr(
        filling, "StatusLine", lambda text, *rest, **options: said.append(text) or line(text, *rest, **options)
    )
    collection = drawn(64)
    read = collection.source.read
    collection.source.read = lambda image, size: time.sleep(0.005) or read(image, size)
    results = []
    threads = [threading.Thread(target=lambda: results.append(cached(collection))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(pictures) for pictures in results] == [64] * 3
    assert len(collection.source.reads) == 64
    assert sum("waiting for it" in text for text in said) == 2


def test_leftovers_of_a_finished_cache_are_gone():
    with pytest.warns(SkippedWarning):
        pictures = cached(drawn(40, bad=(3,)))
    folder = paths.scratch("pixels") / pictures.key
    assert sorted(file.name for file in folder.iterdir()) == ["about.json", "kept.npy"]
    assert not list(folder.parent.glob("*.part"))


# --- what the user sees meanwhile -------------------------------------------------------------------------------------


def test_a_terminal_shows_a_line_and_a_file_does_not(monkeypatch):
    import rich
    from rich.console import Console

    seen = io.StringIO()
    terminal = Console(file=seen, force_terminal=True, width=100)
    monkeypatch.setattr(rich, "get_console", lambda: terminal)
    pixels.cache(drawn(40), 20, progress=False)
    assert seen.getvalue() == ""
    pixels.cache(drawn(48), 20)
    assert "decoding pictures 48 of 48" in seen.getvalue()

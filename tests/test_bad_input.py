"""Pictures as they are found in the wild: decoded rightly, or refused with one plain reason, never a traceback."""

import io
import multiprocessing
import os
import struct
import warnings
import zlib
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from artlib import collections, pixels
from artlib.collections.files import FileSource
from artlib.errors import ArtlibError
from artlib.works import PictureError, SkippedWarning

RED, WHITE = (200, 30, 30), (255, 255, 255)


def near(pixel, colour, within=6):
    return np.abs(np.asarray(pixel, int) - colour).max() <= within


def halves(width=48, height=32):
    """Red on the left, blue on the right: says whether a picture was turned."""
    values = np.zeros((height, width, 3), np.uint8)
    values[:, : width // 2] = RED
    values[:, width // 2 :] = (30, 30, 200)
    return Image.fromarray(values)


def saved(picture, kind="JPEG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def claimed(width, height):
    """A PNG of a few bytes whose header claims any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def block(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    content = block(b"IHDR", header) + block(b"IDAT", zlib.compress(b"\0" * 100)) + block(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content


def read(folder, data, size=16, name="picture.jpg", **options):
    (folder / name).write_bytes(data)
    return FileSource(folder, **options).read(name, size)


# --- what can be decoded ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotated_pictures_stand_upright(tmp_path, orientation):
    stored = halves()
    # What a camera stores for each orientation, so that turning it back gives the red half on the left.
    steps = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(steps[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = read(tmp_path, saved(stored, exif=exif, quality=95), size=32)
    assert upright.shape == (32, 48, 3)
    assert near(upright[16, 8], RED, 12)
    assert near(upright[16, 40], (30, 30, 200), 12)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    picture = read(tmp_path, saved(halves(), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0\0"), size=32)
    assert picture.shape == (32, 48, 3)


def test_cmyk(tmp_path):
    ink = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    assert near(read(tmp_path, saved(ink))[5, 5], (254, 0, 0), 8)
    assert near(read(tmp_path, saved(ink, "TIFF"), name="picture.tif")[5, 5], (255, 0, 0), 8)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits(tmp_path, kind):
    values = np.full((40, 40), 65535, np.uint16)
    values[:, :20] = 128 * 257
    picture = read(tmp_path, saved(Image.fromarray(values), kind))
    assert picture[5, 5].tolist() == [128] * 3
    assert picture[5, -5].tolist() == [255] * 3


@pytest.mark.parametrize(("dtype", "white"), [(np.int32, 65535), (np.float32, 1.0), (np.float32, 255.0)])
def test_thirty_two_bits(tmp_path, dtype, white):
    values = np.full((40, 40), white, dtype)
    values[:, :20] = 0
    picture = read(tmp_path, saved(Image.fromarray(values), "TIFF"))
    assert (picture[5, 5].tolist(), picture[5, -5].tolist()) == ([0] * 3, [255] * 3)


def test_transparency_lies_on_white(tmp_path):
    palette = Image.new("P", (40, 40), 0)
    palette.putpalette([*RED, 0, 200, 0])
    palette.paste(1, (20, 0, 40, 40))
    for kind in ("PNG", "GIF"):
        picture = read(tmp_path, saved(palette, kind, transparency=1))
        assert near(picture[5, 5], RED)
        assert near(picture[5, -5], WHITE)
    half = Image.new("RGBA", (40, 40), (*RED, 128))
    assert near(read(tmp_path, saved(half, "PNG"))[5, 5], (227, 142, 142))
    assert near(read(tmp_path, saved(Image.new("LA", (40, 40), (0, 0)), "PNG"))[5, 5], WHITE)
    keyed = saved(Image.new("RGB", (40, 40), RED), "PNG", transparency=RED)
    assert near(read(tmp_path, keyed)[5, 5], WHITE)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animated_pictures_give_their_first_frame(tmp_path, kind):
    later = [Image.new("RGB", (40, 40), colour) for colour in ((0, 0, 255), (0, 255, 0))]
    data = saved(Image.new("RGB", (40, 40), RED), kind, save_all=True, append_images=later)
    assert near(read(tmp_path, data)[20, 20], RED, 12)


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr"])
def test_other_modes_become_rgb(tmp_path, mode):
    kind = "JPEG" if mode == "YCbCr" else "PNG"
    picture = read(tmp_path, saved(Image.new("L", (40, 40), 255).convert(mode), kind))
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert near(picture[5, 5], WHITE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_pictures_are_made_smaller_but_not_too_small(tmp_path, kind):
    picture = read(tmp_path, saved(halves(1200, 800), kind), size=90)
    assert 90 <= min(picture.shape[:2]) <= 200
    assert near(picture[40, 10], RED, 8)
    assert read(tmp_path, saved(halves(120, 80), kind), size=90).shape == (80, 120, 3)  # never enlarged here


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (saved(halves(400, 300), quality=95)[:3000], "is truncated"),
        (saved(halves(400, 300), "PNG")[:-40], "is truncated|is damaged"),
        (saved(halves(400, 300), "GIF")[:600], "is truncated"),
        (saved(halves(), quality=95)[:100], "not a picture in a known format, or its header is damaged|truncated"),
        (claimed(50_000, 50_000), r"claims 50,000 x 50,000 pixels, more than the 200,000,000 allowed"),
        (saved(Image.new("RGB", (1, 1))), r"too small to show anything \(1 x 1 pixels\)"),
        (saved(Image.new("RGB", (500, 1)), "PNG"), r"too small to show anything \(500 x 1 pixels\)"),
        (b"<!DOCTYPE html><title>404</title>", "is a web page"),
        (b"\xef\xbb\xbf\n<html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 90 90\n", "not a picture in a known format"),
        (b"no picture at all", "not a picture in a known format"),
        (bytes(5000), "not a picture in a known format"),
    ],
)
def test_what_is_refused_and_why(tmp_path, data, said):
    with pytest.raises(PictureError, match=said):
        read(tmp_path, data)


def test_a_huge_picture_is_refused_by_its_header_alone(tmp_path, monkeypatch):
    ordinary = saved(halves())
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda picture: pytest.fail("decoded"))
    with pytest.raises(PictureError, match="not decoded"):
        read(tmp_path, claimed(50_000, 50_000))
    with pytest.raises(PictureError, match="more than the 1,000 allowed"):
        read(tmp_path, ordinary, max_pixels=1000)


def test_a_large_picture_within_the_limit_draws_no_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the library warns from 89 million pixels on and refuses from 179 million
        with pytest.raises(PictureError, match=r"truncated|damaged"):
            read(tmp_path, claimed(14_000, 14_000))
    assert Image.MAX_IMAGE_PIXELS is not None  # the library's own limit is as it was, for everybody else


def test_what_is_no_file(tmp_path):
    source = FileSource(tmp_path)
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")  # opening one would wait for ever
    for name, said in (("lost.jpg", "no such file"), ("folder.jpg", "not a file"), ("pipe.jpg", "not a file")):
        with pytest.raises(PictureError, match=said):
            source.read(name, 16)


@pytest.mark.parametrize("name", ["../outside.jpg", "a/../../outside.jpg", "/etc/passwd", "", ".", "a\0b.jpg"])
def test_names_that_lead_out_are_refused(tmp_path, name):
    (tmp_path / "outside.jpg").write_bytes(saved(halves()))
    (tmp_path / "root").mkdir()
    source = FileSource(tmp_path / "root")
    with pytest.raises(PictureError, match="leads out"):
        source.read(name, 16)
    assert source.fingerprint(name) == f"{name}:missing"


def test_the_fingerprint_changes_with_the_content(tmp_path):
    source, file = FileSource(tmp_path), tmp_path / "ä.jpg"
    seen = {source.fingerprint("ä.jpg")}
    file.write_bytes(saved(halves()))
    seen.add(source.fingerprint("ä.jpg"))
    os.utime(file, ns=(1, 1))
    seen.add(source.fingerprint("ä.jpg"))
    file.write_bytes(b"")
    os.utime(file, ns=(1, 1))
    seen.add(source.fingerprint("ä.jpg"))
    assert len(seen) == 4
    for name in ("lost.jpg", "../out.jpg"):
        assert source.fingerprint(name) == f"{name}:missing"


def test_a_source_travels_to_other_processes(tmp_path):
    (tmp_path / "a.jpg").write_bytes(saved(halves()))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        assert process.submit(FileSource(tmp_path).read, "a.jpg", 32).result().shape == (32, 48, 3)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000"]),
    cut=st.floats(0, 1),
    spots=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
)
def test_damage_anywhere_gives_a_picture_or_a_reason(tmp_path, kind, cut, spots):
    data = bytearray(saved(halves(), kind))
    for place, value in spots:
        data[int(place * len(data))] = value
    try:
        picture = read(tmp_path, bytes(data[: max(1, round(cut * len(data)))]), max_pixels=10_000)
    except PictureError as fault:
        reason = str(fault)
        picture = np.zeros((1, 1, 3), np.uint8)
    else:
        reason = "none"
    assert reason
    assert "\n" not in reason
    assert (picture.dtype, picture.shape[2]) == (np.uint8, 3)


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_a_collection_with_every_fault_is_cached_without_them(tmp_path):
    root = tmp_path / "set"
    (root / "one class").mkdir(parents=True)
    whole = saved(halves(200, 150), quality=95)
    files = {
        "cut.jpg": whole[: len(whole) // 2],
        "empty.png": b"",
        "bomb.png": claimed(50_000, 50_000),
        "dot.gif": saved(Image.new("RGB", (1, 1)), "GIF"),
        "page.jpg": b"<html>not found</html>",
        'it\'s "fine" – ü.jpg': whole,
        "zz last.jpg": whole,
    }
    for name, data in files.items():
        (root / "one class" / name).write_bytes(data)
    with pytest.warns(SkippedWarning, match=r"set: 5 of 7 pictures left out that cannot be decoded"):
        pictures = pixels.cache(collections.read("folder", root), 16, progress=False)
    assert pictures.works["image"].tolist() == ['one class/it\'s "fine" – ü.jpg', "one class/zz last.jpg"]
    assert pictures.works.index.tolist() == [0, 1]
    assert pictures.pixels.shape == (2, 16, 16, 3)
    assert near(pictures.pixels[1][8, 3], RED, 12)
    reasons = dict(zip(pictures.skipped["image"], pictures.skipped["reason"], strict=True))
    assert set(reasons) == {f"one class/{name}" for name in list(files)[:5]}
    assert reasons["one class/bomb.png"].startswith("claims 50,000 x 50,000 pixels")


def test_a_collection_of_nothing_but_faults_says_so(tmp_path):
    (tmp_path / "class").mkdir()
    for number in range(3):
        (tmp_path / "class" / f"{number}.jpg").write_bytes(b"")
    with pytest.raises(ArtlibError, match=r"None of the 3 pictures.*3 x the file is empty"):
        pixels.cache(collections.read("folder", tmp_path), 16, progress=False)

"""Kinds of input that readers met in public: files, names, tables and folders as people and systems leave them."""

import io
import os
import unicodedata

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from artlib import collections, works
from artlib.collections import delimited, duplicates
from artlib.collections.files import FileSource

PAINT = np.zeros((40, 24, 3), np.uint8)
PAINT[:20] = (255, 0, 0)  # red above


def picture(path, seed=0, size=(24, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3))
    Image.fromarray(values.astype("uint8")).save(path)


def read(path, size=16):
    return FileSource(path.parent).read(path.name, size)


# --- a picture looks as a viewer shows it ---------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["png", "tif", "webp", "jpg"])
@pytest.mark.parametrize(("tag", "back"), [(2, 0), (3, 3), (4, 1), (5, 5), (6, 2), (7, 6), (8, 4)])
def test_pictures_stand_upright_in_every_format(tmp_path, ending, tag, back):
    exif = Image.Exif()
    exif[0x0112] = tag
    Image.fromarray(PAINT).transpose(Image.Transpose(back)).save(tmp_path / f"a.{ending}", exif=exif, quality=95)
    seen = read(tmp_path / f"a.{ending}").astype(int)
    assert seen.shape == PAINT.shape
    assert np.abs(seen[4, 4] - (255, 0, 0)).max() < 12


def test_sixteen_bits_and_photometric_tags(tmp_path):
    grey = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype("uint16")
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(grey).save(tmp_path / "grey.tif")
    Image.fromarray(65535 - grey).save(tmp_path / "turned.tif", tiffinfo={262: 0})  # zero is white
    dark = (grey // 512).astype("uint16")  # a dark picture stays dark
    (tmp_path / "dark.pgm").write_bytes(b"P5 64 64 65535\n" + dark.astype(">u2").tobytes())
    shown = read(tmp_path / "grey.png", 64)
    assert np.array_equal(shown[..., 0], np.rint(grey / 257).astype("uint8"))
    assert np.array_equal(shown, read(tmp_path / "grey.tif", 64))
    assert np.array_equal(shown, read(tmp_path / "turned.tif", 64))
    assert read(tmp_path / "dark.pgm", 64).max() == 0


def test_colours_are_converted_to_srgb(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    Image.merge("LAB", [Image.new("L", (8, 8), value) for value in (136, 208, 195)]).save(tmp_path / "red.tif")
    assert np.abs(read(tmp_path / "red.tif").astype(int)[2, 2] - (255, 0, 0)).max() < 24
    # A profile that turns the first two primaries round: what is stored as red is shown as green.
    plain, srgb = Image.new("RGB", (8, 8), (200, 30, 30)), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    turned = bytearray(srgb.tobytes())
    for old, new in ((b"rXYZ", b"tmp_"), (b"gXYZ", b"rXYZ"), (b"tmp_", b"gXYZ")):
        at = bytes(turned).index(old, 128)
        turned[at : at + 4] = new
    turned = bytes(turned).replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be")).replace(b"sRGB", b"mine")
    plain.save(tmp_path / "own.png", icc_profile=turned)
    plain.save(tmp_path / "same.png", icc_profile=srgb.tobytes())
    plain.save(tmp_path / "broken.png", icc_profile=lab.tobytes()[:200])
    assert read(tmp_path / "own.png")[2, 2].argmax() == 1
    assert read(tmp_path / "same.png")[2, 2].tolist() == read(tmp_path / "broken.png")[2, 2].tolist() == [200, 30, 30]


def test_notes_that_nobody_needs_cost_no_picture(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", "<a/>" * 500_000, zip=True)
    Image.fromarray(PAINT).save(tmp_path / "notes.png", pnginfo=notes)
    Image.fromarray(PAINT).save(tmp_path / "profile.png", icc_profile=bytes(1_500_000))
    for name in ("notes.png", "profile.png"):
        assert np.array_equal(read(tmp_path / name), PAINT)


def test_other_formats_are_read_or_named(tmp_path):
    pixels = Image.fromarray(PAINT)
    pixels.save(tmp_path / "a.avif")
    # A flattened Photoshop file: header, three empty sections, planes.
    head = b"8BPS" + b"\0\1" + bytes(6) + (3).to_bytes(2) + (40).to_bytes(4) + (24).to_bytes(4) + b"\0\x08\0\3"
    (tmp_path / "a.psd").write_bytes(head + bytes(12) + b"\0\0" + PAINT.transpose(2, 0, 1).tobytes())
    for name in ("a.avif", "a.psd"):
        assert np.abs(read(tmp_path / name).astype(int)[4, 4] - (255, 0, 0)).max() < 12
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    with pytest.raises(works.PictureError):
        read(tmp_path / "b.heic")


def test_heic_by_the_soft_dependency(tmp_path):
    pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(PAINT)).save(tmp_path / "a.heic")
    assert np.abs(read(tmp_path / "a.heic").astype(int)[4, 4] - (255, 0, 0)).max() < 20


# --- folders --------------------------------------------------------------------------------------------------------


def test_service_folders_and_unread_formats_are_left_out_and_counted(tmp_path):
    for name in ("one/a.png", "one/@eaDir/a.png/SYNO.jpg", "two/b.png", "lost+found/c.png", "$RECYCLE.BIN/d.png"):
        picture(tmp_path / "mine" / name)
    for name in ("one/x.nef", "one/Thumbs.db", "two/.DS_Store", "two/more.zip", "more.zip"):
        (tmp_path / "mine" / name).write_bytes(b"x")
    with pytest.warns(works.SkippedWarning, match=r"\*\.nef") as said:
        made = collections.read("folder", tmp_path / "mine")
    assert sorted(made.works["image"]) == ["one/a.png", "two/b.png"]
    assert all(name in str(said[0].message) for name in ("@eaDir", "lost+found", "$RECYCLE.BIN", "2 x *.zip"))


def test_a_split_beside_other_folders_is_refused_and_classes_called_so_are_classes(tmp_path):
    for name in ("train/one/a.png", "test/one/b.png", "extra/one/c.png"):
        picture(tmp_path / "mixed" / name)
    with pytest.raises(works.CollectionError, match="beside it 'extra'"):
        collections.read("folder", tmp_path / "mixed")
    for name in ("Training/one/a.png", "Validation/one/b.png", "Testing/two/c.png"):
        picture(tmp_path / "split" / name)
    assert collections.read("folder", tmp_path / "split").works["style"].tolist() == ["two", "one", "one"]
    for name in ("train/a.png", "test/b.png"):
        picture(tmp_path / "plain" / name)
    assert set(collections.read("folder", tmp_path / "plain").works["style"]) == {"train", "test"}


def test_one_spelling_a_label_and_said(tmp_path):
    for number, form in enumerate(("NFC", "NFD", "NFC")):
        picture(tmp_path / "mine" / unicodedata.normalize(form, "\u00c9cole") / f"{number}{form}.png", number)
    picture(tmp_path / "mine" / "Atelier" / "a.png")
    with pytest.warns(works.SkippedWarning, match="\u00c9cole"):
        made = collections.read("folder", tmp_path / "mine")
    assert set(made.works["style"]) == {"\u00c9cole", "Atelier"}
    said = ["Monet", "monet ", "Claude\u00a0 Monet", "Claude Monet", None, "Ann\nOnly"]
    table = pd.DataFrame({"image": [f"{k}.png" for k in range(6)], "work_id": list("abcdef"), "artist": said})
    for image in table["image"]:
        picture(tmp_path / "table" / image)
    table.to_csv(tmp_path / "table" / "works.csv", index=False)
    with pytest.warns(works.SkippedWarning, match="'Monet', artist 'Claude Monet'"):
        made = collections.read("table", tmp_path / "table")
    assert made.works["artist"].tolist() == ["Monet", "Monet", "Claude Monet", "Claude Monet", None, "Ann Only"]


def test_works_seen_twice_are_offered_and_joined_on_request(tmp_path):
    for k in range(4):
        blots = np.random.default_rng(k).integers(0, 255, (12, 12), dtype=np.uint8)
        drawn = Image.fromarray(blots).resize((128, 128))
        for name, side in ((f"one/picture{'abcd'[k]}.png", 128), (f"two/picture{'abcd'[k]}-small.png", 64)):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            drawn.resize((side, side)).save(tmp_path / name)
    with pytest.warns(UserWarning, match="4 of 8 pictures look like another one"):
        made = collections.read("folder", tmp_path)
    assert made.works["work_id"].nunique() == 8
    assert duplicates.group(made.works, made.source)["work_id"].nunique() == 4


# --- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_what_a_file_shows_wins_over_the_encoding_that_is_named(tmp_path, mark):
    (tmp_path / "a.csv").write_bytes(mark + "id;title\r\n1;\u00dcn\u00efque\r\n".encode())
    found = delimited.read(tmp_path / "a.csv", delimiter=";", encoding="cp1252")
    assert found.to_pydict() == {"id": ["1"], "title": ["\u00dcn\u00efque"]}
    (tmp_path / "b.csv").write_bytes("id;title\r\n1;\u00dcn\u00efque\r\n".encode("cp1252"))
    assert delimited.read(tmp_path / "b.csv", delimiter=";", encoding="cp1252")["title"].to_pylist() == [
        "\u00dcn\u00efque"
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheets_first_line(tmp_path, encoding):
    for name in "ab":
        picture(tmp_path / f"{name}.png", ord(name))
    text = "sep=;\r\nwork_id;image;style\r\n1;a.png;baroque, late\r\n2;b.png;rococo\r\n"
    (tmp_path / "works.csv").write_bytes(text.encode(encoding))
    assert collections.read("table", tmp_path).works["style"].tolist() == ["baroque, late", "rococo"]


def test_a_name_that_is_no_utf_8_is_counted(tmp_path):
    picture(tmp_path / "mine" / "one" / "a.png")
    with open(os.fsencode(tmp_path / "mine" / "one") + b"/caf\xe9.png", "wb") as file:
        kept = io.BytesIO()
        Image.fromarray(PAINT).save(kept, "PNG")
        file.write(kept.getvalue())
    with pytest.warns(works.SkippedWarning, match="not UTF-8"):
        assert len(collections.read("folder", tmp_path / "mine")) == 1

"""Readers of a table and of folders: what they accept, what they report, and what they refuse in one sentence."""

import re
import unicodedata

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from artlib import collections
from artlib.collections import duplicates
from artlib.errors import ArtlibError
from artlib.works import CollectionError, SkippedWarning, WorksError


def picture(path, colour=(200, 30, 30), side=(24, 20)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", side, colour).save(path)
    return path


@pytest.fixture
def root(tmp_path):
    """A folder "mine" with three pictures."""
    for name in ("a.jpg", "b.png", "sub/c.jpg"):
        picture(tmp_path / "mine" / name)
    return tmp_path / "mine"


def table(root, text, name="works.csv", encoding="utf-8"):
    (root / name).write_bytes(text.encode(encoding))
    return root


# --- the one door -----------------------------------------------------------------------------------------------------


def test_an_unknown_collection_names_the_known_ones():
    with pytest.raises(CollectionError, match=r"'louvre'.*museum, .*table, folder"):
        collections.read("louvre")


def test_an_unknown_option_names_the_known_ones(root):
    with pytest.raises(CollectionError, match=r"no option colour.*near_duplicates"):
        collections.read("folder", root, colour="red")


@pytest.mark.parametrize("name", ["table", "folder"])
def test_a_collection_on_disk_wants_a_root(name):
    with pytest.raises(CollectionError, match="root="):
        collections.read(name)


def test_a_drawn_collection_wants_none(root):
    with pytest.raises(CollectionError, match="leave root out"):
        collections.read("museum", root)


# --- a table ----------------------------------------------------------------------------------------------------------


def test_a_table_with_a_bom_lists_dates_and_further_columns(root):
    table(
        root,
        "Work ID,image,artist,year_begin,date_text,types,materials,inventory,width\r\n"
        'w1,a.jpg,"Rubens, Peter Paul",c. 1635,,painting,Oil on canvas; gold leaf,007,24\r\n'
        "w1,b.png,,,,,,012,\r\n"
        'w2,sub/c.jpg,"a ""doubled"" quote\r\nand a line end",-350,fourth century BC,print;drawing,,3,30\r\n',
        encoding="utf-8-sig",
    )
    made = collections.read("table", root)
    works = made.works
    assert made.name == "mine"
    assert works["work_id"].tolist() == ["w1", "w1", "w2"]
    assert works["artist"].tolist() == ["Rubens, Peter Paul", None, 'a "doubled" quote and a line end']
    assert works["year_begin"].tolist() == [1635, pd.NA, -350]
    assert works["date_text"].tolist() == ["c. 1635", None, "fourth century BC"]
    assert works["types"].tolist() == [["painting"], [], ["print", "drawing"]]
    assert works["materials"].tolist() == [["Oil on canvas", "gold leaf"], [], []]
    assert works["inventory"].tolist() == ["007", "012", "3"]
    assert works["width"].tolist() == [24, pd.NA, 30]
    assert made.source.read("sub/c.jpg", 20).shape == (20, 24, 3)


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-16"), (",", "utf-8-sig")])
def test_other_delimiters_and_encodings_that_spreadsheets_write(root, delimiter, encoding):
    table(root, f"work_id{delimiter}image{delimiter}title\nw{delimiter}a.jpg{delimiter}Köln\n", encoding=encoding)
    assert collections.read("table", root).works["title"].tolist() == ["Köln"]


def test_the_tables_own_path_and_parquet_give_the_same_works(root):
    table(root, "work_id,image,year_begin,types\nw1,a.jpg,1600,print;drawing\nw2,b.png,,\n", "mine.csv")
    from_csv = collections.read("table", root / "mine.csv").works
    lists = from_csv.assign(types=from_csv["types"].map(list))
    lists.to_parquet(root / "other.parquet")
    pd.testing.assert_frame_equal(collections.read("table", root / "other.parquet").works, from_csv)


def test_years_come_out_of_date_text_when_there_is_no_column_for_them(root):
    table(root, "work_id,image,date_text\nw,a.jpg,1713-22\nv,b.png,n.d.\n")
    works = collections.read("table", root).works
    assert works["year_begin"].tolist() == [1713, pd.NA]
    assert works["year_end"].tolist() == [1722, pd.NA]


@pytest.mark.parametrize("name", ["with space.jpg", 'it\'s "quoted".jpg', "Dürer – 自画像.jpg", "100%.jpg", "a;b.jpg"])
def test_names_that_trouble_others(root, name):
    picture(root / name)
    pd.DataFrame({"work_id": ["w"], "image": [name]}).to_csv(root / "works.csv", index=False)
    made = collections.read("table", root)
    assert made.works["image"].tolist() == [name]
    assert made.source.read(name, 20).shape == (20, 24, 3)


def test_accents_composed_the_other_way_and_backslashes_are_found(root):
    picture(root / unicodedata.normalize("NFD", "Dürer.jpg"))
    table(root, "work_id,image\nw," + unicodedata.normalize("NFC", "Dürer.jpg") + "\nv,sub\\c.jpg\n")
    made = collections.read("table", root)
    assert [made.source.read(image, 20).shape for image in made.works["image"]] == [(20, 24, 3)] * 2


def test_a_table_without_work_id_says_what_that_means(root):
    table(root, "image\na.jpg\nb.png\n")
    with pytest.warns(UserWarning, match="a work of its own"):
        works = collections.read("table", root).works
    assert works["work_id"].tolist() == ["a.jpg", "b.png"]


def test_rows_without_picture_are_counted_and_left_out(root):
    table(root, "work_id,image\nw1,a.jpg\nw2,lost.jpg\nw3,b.png\nw4,sub\n")
    with pytest.warns(SkippedWarning, match=r"2 of 4 rows left out.*'lost.jpg', 'sub'"):
        works = collections.read("table", root).works
    assert works["image"].tolist() == ["a.jpg", "b.png"]
    assert works.index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"works\.csv is empty: it needs a header"),
        ("work_id,image\n", r"works\.csv holds no rows"),
        ("work_id,image\n\n , \n", r"works\.csv holds no works"),
        ("work_id,filename\nw,a.jpg\n", r"no column 'image'.*work_id, filename.*Rename 'filename'"),
        ("work_id,image\nw,a.jpg\nv,a.jpg\n", r"row 3, column 'image': 'a\.jpg' is listed twice"),
        ("work_id,image\nw,a.jpg\nv,./a.jpg\n", r"row 3, column 'image': 'a\.jpg' is listed twice"),
        ("work_id,image\nw,a.jpg\n,b.png\n", r"row 3, column 'work_id'.*must not be empty"),
        ("work_id,image\nw,a.jpg\nv,\n", r"row 3, column 'image'.*must not be empty"),
        ("work_id,image,year_end\nw,a.jpg,soon\n", r"works\.csv, row 2, column 'year_end': 'soon' is not a year"),
        ("work_id,image,image\nw,a.jpg,b.png\n", r"header names 'image' more than once"),
        ("work_id,image\nw,a.jpg,1600\n", r"works\.csv, row 2: 3 fields where the header names 2"),
        ("work_id,image,title\nw,a.jpg\n", r"row 2: 2 fields where the header names 3"),
        ('work_id,image\nw,"a.jpg\nv,b.png\n', r"line 2: a double quote is opened and never closed"),
        ("work_id,image\nw,x.jpg\n", r"none of its 1 pictures is there.*'x\.jpg'"),
        ("work_id,image\nw,../secret.jpg\n", r"row 2, column 'image': '\.\./secret\.jpg' is refused"),
        ("work_id,image\nw,sub/../../secret.jpg\n", r"is refused, its name leads out"),
        ("work_id,image\nw,/etc/passwd\n", r"'/etc/passwd' is refused"),
        ("version https://git-lfs.github.com/spec/v1\nsize 3\n", r"Git LFS pointer"),
    ],
)
def test_a_faulty_table_is_refused_in_one_sentence(root, text, said):
    picture(root.parent / "secret.jpg")
    table(root, text)
    with pytest.raises(ArtlibError, match=said) as caught:
        collections.read("table", root)
    assert isinstance(caught.value, CollectionError | WorksError)


def test_a_table_in_another_encoding_names_line_and_way_out(root):
    table(root, "work_id,image,title\nw,a.jpg,plain\nv,b.png,Köln\n", encoding="cp1252")
    with pytest.raises(CollectionError, match=r"line 3: byte 0xf6 is not utf-8.*encoding='cp1252'"):
        collections.read("table", root)
    assert collections.read("table", root, encoding="cp1252").works["title"].tolist() == ["plain", "Köln"]
    with pytest.raises(CollectionError, match="no text encoding called 'klingon'"):
        collections.read("table", root, encoding="klingon")


def test_what_is_no_table_at_all(root):
    with pytest.raises(CollectionError, match=r"holds no works\.csv or works\.parquet"):
        collections.read("table", root)
    table(root, "work_id,image\nw,a.jpg\n", "paintings.csv")
    with pytest.raises(CollectionError, match=r"it has paintings\.csv"):
        collections.read("table", root)
    table(root, "not a Parquet file", "works.parquet")
    with pytest.raises(CollectionError, match=r"works\.parquet is not a Parquet table"):
        collections.read("table", root)
    table(root, "work_id,image\nw,a.jpg\n")
    with pytest.raises(CollectionError, match="holds both"):
        collections.read("table", root)
    with pytest.raises(CollectionError, match="no such file or folder"):
        collections.read("table", root / "elsewhere")
    with pytest.raises(CollectionError, match=r"not \.jpg"):
        collections.read("table", root / "a.jpg")


def test_the_real_pictures(real_root):
    made = collections.read("table", real_root)
    assert len(made) == 5103
    assert made.works["work_id"].nunique() == 4738
    assert {"sha256", "width", "height", "grayscale", "notes"} <= set(made.works.columns)
    assert made.works["materials"].map(type).unique().tolist() == [list]
    assert (made.works["year_begin"] <= made.works["year_end"]).dropna().all()


# --- near-duplicates --------------------------------------------------------------------------------------------------


def scene(seed, side=256):
    """Smooth random patches, which a perceptual hash tells apart as it does photographs."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def test_near_duplicates_become_one_work(tmp_path):
    scene(1).save(tmp_path / "scan.png")
    scene(1).resize((160, 160)).save(tmp_path / "smaller.jpg", quality=60)
    scene(2).save(tmp_path / "other.png")
    scene(3).save(tmp_path / "detail.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    table(
        tmp_path,
        "work_id,image\nw1,scan.png\nw2,smaller.jpg\nw3,other.png\nw2,detail.png\nw4,broken.jpg\n",
    )
    apart = collections.read("table", tmp_path).works["work_id"].tolist()
    joined = collections.read("table", tmp_path, near_duplicates=True).works["work_id"].tolist()
    assert apart == ["w1", "w2", "w3", "w2", "w4"]
    assert joined == ["w1", "w1", "w3", "w1", "w4"]  # the detail comes along with its work
    assert collections.read("table+joined", tmp_path).works["work_id"].tolist() == joined


def test_hashes_are_kept_by_content(tmp_path, monkeypatch):
    scene(1).save(tmp_path / "a.png")
    source = collections.files.FileSource(tmp_path)
    first, seen = duplicates.perceptual_hashes(pd.Series(["a.png"]), source)
    assert seen.tolist() == [True]
    monkeypatch.setattr(duplicates, "_hash", lambda image, source: pytest.fail("decoded again"))
    assert duplicates.perceptual_hashes(pd.Series(["a.png"]), source)[0] == first


def test_all_alike_pairs_are_found():
    hashes = np.random.default_rng(0).integers(0, 2**63, 40, dtype=np.uint64)
    hashes[33] = hashes[2] ^ np.uint64(0b111)
    hashes[5] = hashes[4]
    assert sorted(map(tuple, duplicates._alike(hashes, 3).tolist())) == [(2, 33), (4, 5)]
    assert len(duplicates._alike(hashes, 2)) == 1


# --- folders ----------------------------------------------------------------------------------------------------------


def test_folders_are_classes(tmp_path):
    for name in ("Baroque/b.JPG", "Baroque/a.png", "Naïve Art/deep/c.jpg", "Baroque/._a.png", ".git/x.png"):
        picture(tmp_path / "set" / name)
    (tmp_path / "set" / "Baroque" / "notes.txt").write_text("no picture")
    works = collections.read("folder", tmp_path / "set", column="genre").works
    assert dict(zip(works["image"], works["genre"], strict=True)) == {
        "Baroque/a.png": "Baroque",
        "Naïve Art/deep/c.jpg": "Naïve Art",
        "Baroque/b.JPG": "Baroque",
    }
    assert works["work_id"].is_unique


def test_a_class_may_be_a_list_column(tmp_path):
    picture(tmp_path / "print" / "a.jpg")
    assert collections.read("folder", tmp_path, column="types").works["types"].tolist() == [["print"]]


def test_folders_inside_folders_and_a_published_split(tmp_path):
    for side, style, artist in (("train", "a", "x"), ("Val", "a", "y"), ("test", "b", "x")):
        picture(tmp_path / "set" / side / style / artist / "1.png")
    works = collections.read("folder:style/artist", tmp_path / "set").works
    rows = works[["set", "style", "artist"]].to_numpy().tolist()
    assert rows == [["Val", "a", "y"], ["test", "b", "x"], ["train", "a", "x"]]
    assert collections.read("folder", tmp_path / "set").works["style"].tolist() == ["a", "b", "a"]
    with pytest.raises(CollectionError, match="cannot go into 'colour'"):
        collections.read("folder:colour", tmp_path / "set")


def test_a_column_map_lies_beside_a_table(tmp_path):
    picture(tmp_path / "a.png")
    (tmp_path / "export.csv").write_text("File,Maker\na.png,Ada\n", encoding="utf-8")
    (tmp_path / "columns.yaml").write_text("image: File\nartist: Maker\n", encoding="utf-8")
    assert collections.read("table", tmp_path / "export.csv").works["artist"].tolist() == ["Ada"]
    (tmp_path / "columns.yaml").write_text("- image\n", encoding="utf-8")
    with pytest.raises(CollectionError, match="one line for each column"):
        collections.read("table", tmp_path / "export.csv")


def test_what_folders_leave_out_is_said(tmp_path):
    picture(tmp_path / "set" / "Baroque" / "a.jpg")
    picture(tmp_path / "set" / "loose.jpg")
    (tmp_path / "set" / "Empty").mkdir()
    with pytest.warns(SkippedWarning, match=r"1 class folders without a picture \('Empty'\) and 1 pictures"):
        works = collections.read("folder", tmp_path / "set").works
    assert works["image"].tolist() == ["Baroque/a.jpg"]


def test_names_that_are_not_text_are_left_out(tmp_path):
    picture(tmp_path / "Baroque" / "a.jpg")
    try:
        (tmp_path / "Baroque" / "\udcff.jpg").write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    with pytest.warns(SkippedWarning, match="not UTF-8"):
        assert len(collections.read("folder", tmp_path)) == 1


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (lambda root: None, {}, "does not exist"),
        (lambda root: root.write_text("x"), {}, "is a file"),
        (lambda root: root.mkdir(), {}, "no folder inside"),
        (lambda root: (root / "Baroque").mkdir(parents=True), {}, "No picture lies in the 1 class folders"),
        (lambda root: picture(root / "Baroque" / "a.jpg"), {"column": "year_begin"}, "cannot go into 'year_begin'"),
    ],
)
def test_faulty_folders(tmp_path, make, options, said):
    make(tmp_path / "set")
    with pytest.raises(CollectionError, match=re.escape(said)):
        collections.read("folder", tmp_path / "set", **options)

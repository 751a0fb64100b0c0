"""Painter by Numbers, the Web Gallery of Art, SemArt, ArtBench-10 and artistry: small copies with the real faults."""

import csv
import json
import warnings

import pandas as pd
import pytest
from factories.published_art import artbench, artistry, painter_by_numbers, picture, semart, wga
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artlib import collections, paths, splits, tasks
from artlib.collections import artistry as artistry_reader
from artlib.collections import sources
from artlib.works import CollectionError, PictureError, SkippedWarning

WRITERS = {
    "painter_by_numbers": (painter_by_numbers, "all_data_info.csv"),
    "wga": (wga, "catalog.csv"),
    "semart": (semart, "semart_val.csv"),
    "artbench": (artbench, "ArtBench-10.csv"),
}


def read(name, root, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkippedWarning)
        return collections.read(name, root, **options)


def by_name(collection):
    return collection.works.set_index(collection.works["image"].str.split("/").str[-1])


# --- Painter by Numbers -----------------------------------------------------------------------------------------------


def test_painter_by_numbers(tmp_path):
    collection = read("painter_by_numbers", painter_by_numbers(tmp_path, giant=True))
    works = by_name(collection)
    assert list(works["set"]) == ["train", "test", "train", "test", "train"]
    assert [*works["year_begin"].astype(object).where(works["year_begin"].notna(), None)] == [
        1906,
        1906,
        1905,
        1982,
        None,
    ]
    assert works.loc["37299.jpg", "title"] == "The Harem, a study"
    assert works.loc["31554.jpg", "genre"] == "nude painting (nu)"
    assert works.loc["35824.jpg", "style"] == "Naïve Art (Primitivism)"
    assert works.loc["35824.jpg", "title"] is None
    assert works.loc["2.jpg", "width"] * works.loc["2.jpg", "height"] > 89_478_485
    assert collection.source.read("test/2.jpg", 16).shape[2] == 3  # more than Pillow allows by itself
    with pytest.raises(PictureError, match="truncated"):
        collection.source.read("train/3917.jpg", 16)
    with pytest.raises(PictureError, match="more than the 1,000,000 allowed"):
        read("painter_by_numbers", tmp_path, max_pixels=10**6).source.read("test/2.jpg", 16)


def test_painter_by_numbers_with_digests_for_artists(tmp_path):
    works = read("painter_by_numbers", painter_by_numbers(tmp_path, table="train_info.csv")).works
    assert works.loc[0, ["image", "set", "year_begin"]].tolist() == ["train/37299.jpg", "train", 1955]


def test_pictures_in_parts_and_those_published_instead_of_broken_ones(tmp_path):
    (painter_by_numbers(tmp_path) / "train").rename(tmp_path / "train_3")
    picture(tmp_path / "replacements_for_corrupted_files/train/3917.jpg")
    collection = read("painter_by_numbers", tmp_path)
    assert len(collection) == 5
    assert collection.works["image"][0] == "train_3/37299.jpg"
    whole = collection.works["image"][4]
    assert whole == "replacements_for_corrupted_files/train/3917.jpg"
    assert collection.source.read(whole, 16).shape == (20, 24, 3)


# --- the Web Gallery of Art -------------------------------------------------------------------------------------------


def test_wga(tmp_path):
    with pytest.warns(SkippedWarning, match="1 rows without 'PATH'"):
        collection = collections.read("wga", wga(tmp_path))
    works = by_name(collection)
    adonis = works.loc["adonis.jpg"]
    assert adonis["artist"] == "Aachen, Hans von"
    assert "Köln" in adonis["born_died"]
    assert (adonis["year_begin"], adonis["year_end"], adonis["timeframe"]) == (1574, 1588, "1601-1650")
    assert adonis["materials"] == ["Oil on canvas"]
    assert (adonis["culture"], adonis["genre"], adonis["field"]) == ("German", "mythological", "painting")
    assert works.loc[["judg.jpg", "judg1.jpg", "judg2.jpg"], "work_id"].nunique() == 1
    assert works["work_id"].nunique() == 4
    assert works.loc["judg2.jpg", "date_text"] is None
    assert works.loc["remagen.jpg", "title"] == "Exterior <b>view</b> & spire"
    assert works.loc["remagen.jpg", "year_end"] == 1549
    assert works.loc["x.jpg", "artist"] is None
    assert works.loc["x.jpg", "title"] == '=HYPERLINK("x")'
    assert collection.source.read("art/a/aachen/adonis.jpg", 16).shape == (20, 24, 3)


def test_an_earlier_catalogue_has_other_names_for_two_columns(tmp_path):
    file = wga(tmp_path) / "catalog.csv"
    file.write_bytes(file.read_bytes().replace(b"AUTHOR", b"ARTIST").replace(b"TIMEFRAME", b"TIMELINE"))
    assert read("wga", tmp_path).works["timeframe"].notna().all()


@pytest.mark.parametrize("name", ["wga", "artistry", "artbench", "painter_by_numbers"])
def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch, name):
    def refused(place, *_):
        raise PermissionError(13, "Permission denied", str(place))

    reader = name if name == "artistry" else "published"
    monkeypatch.setattr(f"artlib.collections.{reader}.folder_of", refused)
    with pytest.raises(CollectionError, match=rf"{name}.*{tmp_path.name}.*Permission denied"):
        read(name, tmp_path)


def test_an_archive_is_never_unpacked(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "data_txt.zip", "w") as archive:
        archive.writestr("../catalog.csv", "AUTHOR")
    with pytest.raises(CollectionError, match=r"no catalog.csv .*; unpack data_txt.zip first"):
        read("wga", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["data_txt.zip"]


# --- SemArt -----------------------------------------------------------------------------------------------------------


def test_semart(tmp_path):
    works = by_name(read("semart", semart(tmp_path)))
    assert list(works["set"]) == ["train", "train", "valid", "test"]
    assert works.loc["00001-view.jpg", "title"] == "View of Dürnstein"
    assert "Köln" in works.loc["19873-1darmst.jpg", "description"]
    assert "donor’s family kneels\xa0below" in works.loc["19873-1darmst.jpg", "description"]
    assert works.loc["19873-1darmst.jpg", "work_id"] == works.loc["19874-detail.jpg", "work_id"]
    assert works.loc["00002-child.jpg", ["year_begin", "culture", "timeframe"]].tolist() == [
        1890,
        "French",
        "1851-1900",
    ]


def test_a_published_split_that_tests_on_a_trained_work_is_mended(tmp_path):
    works = read("semart", semart(tmp_path)).works
    with pytest.warns(splits.SplitWarning, match="1 works on two sides"):
        split = splits.published(works, tasks.make(works, "genre"), "set")
    assert not splits.straddling(works, split)
    assert len(split.test) == 2


# --- ArtBench-10 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("table", [True, False])
def test_artbench(tmp_path, split, table):
    collection = read("artbench", artbench(tmp_path, split, table))
    works = by_name(collection)
    assert len(works) == 4
    assert works.loc["hiroshige_snow-1840.jpg", ["style", "artist"]].tolist() == ["ukiyo e", "Hiroshige"]
    assert works.loc["abraham-storck_italianate-park-landscape.jpg", "artist"] == "Abraham Storck"
    assert works.loc["hiroshige_rain-1841.jpg", "set"] == ("test" if split or table else None)
    assert collection.source.read(collection.works["image"][0], 16).shape == (20, 24, 3)


def test_pickles_are_never_opened(tmp_path):
    (tmp_path / "artbench-10-batches-py").mkdir()
    (tmp_path / "artbench-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(CollectionError, match="pickles, which are never opened"):
        read("artbench", tmp_path)


def test_pictures_and_rows_that_have_no_counterpart_are_counted(tmp_path):
    folder = artbench(tmp_path) / "artbench-10-imagefolder-split/train/ukiyo_e"
    picture(folder / "hokusai_wave.jpg")
    (folder / "hiroshige_snow-1840.jpg").unlink()
    with pytest.warns(SkippedWarning, match="1 pictures have no row in it, and 1 of its rows have no picture"):
        works = by_name(collections.read("artbench", tmp_path))
    assert works.loc["hokusai_wave.jpg", "artist"] == "Hokusai"


# --- artistry ---------------------------------------------------------------------------------------------------------


def test_artistry(tmp_path):
    with pytest.warns(SkippedWarning, match=r"2 folders passed over .*'airfield', 'garden/unsorted'"):
        works = collections.read("artistry", artistry(tmp_path)).works
    found = {row.image.rsplit("/", 1)[0]: (row.field, row.artistic, row.style) for row in works.itertuples()}
    assert found == {
        "painting/artistic/museum": ("painting", True, "museum"),
        "painting/ordinary/snapshots": ("painting", False, "snapshots"),
        "Sculptures/artistic": ("sculpture", True, None),
        "garden/ordinary": ("garden", False, None),
        "palace": ("architecture", True, "palace"),
        "places365/japanese_garden": ("garden", True, "japanese_garden"),
        "church-outdoor": ("architecture", True, "church/outdoor"),
        "h/house": ("architecture", False, "house"),
        "a/apartment_building/outdoor": ("architecture", False, "apartment_building/outdoor"),
    }
    assert works["work_id"].is_unique


def test_the_table_of_places_has_both_sides_of_two_fields():
    table = artistry_reader.places365()
    assert table["category"].is_unique
    assert set(zip(table["field"], table["artistic"], strict=True)) == {
        (field, side) for field in ("architecture", "garden") for side in (True, False)
    }


def test_artistry_without_pictures_says_what_it_wants(tmp_path):
    (tmp_path / "painting" / "artistic").mkdir(parents=True)
    with pytest.raises(CollectionError, match="no picture of a field"):
        read("artistry", tmp_path)


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (lambda raw: b"", "is empty"),
        (
            lambda raw: raw.replace(b";", b"\t") if b";" in raw else raw.replace(b"\t", b"|").replace(b",", b"|"),
            "missing|separated",
        ),
        (
            lambda raw: (
                raw.splitlines(True)[0]
                .replace(b"TITLE", b"T")
                .replace(b"TYPE", b"T")
                .replace(b"name", b"n")
                .replace(b"date", b"d")
                + b"".join(raw.splitlines(True)[1:])
            ),
            "missing|more than once",
        ),
        (lambda raw: raw.splitlines(True)[0], "no rows"),
        (lambda raw: raw + b'"open', "never closed|fields"),
        (lambda raw: raw + b"one,two\n" * 2 + b"one;two\n", "fields where"),
        (lambda raw: raw + b"\0\0\0\n", "zero byte"),
        (lambda raw: raw.replace(b"e", b"\x81"), "byte 0x81 is not|missing"),
    ],
)
def test_a_faulty_table_is_named(tmp_path, name, change, said):
    write, file = WRITERS[name]
    path = write(tmp_path) / file
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CollectionError, match=said) as fault:
        read(name, tmp_path)
    assert file in str(fault.value)


@pytest.mark.parametrize("name", WRITERS)
def test_line_ends_and_a_mark_at_the_start_change_nothing(tmp_path, name):
    write, file = WRITERS[name]
    path = write(tmp_path) / file
    before = read(name, tmp_path).works
    raw = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    encoding = {"wga": "cp1252", "semart": "cp1252"}.get(name, "utf-8")
    path.write_bytes(raw if encoding == "cp1252" else b"\xef\xbb\xbf" + raw)
    pd.testing.assert_frame_equal(read(name, tmp_path).works, before)


TITLES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(TITLES, min_size=1, max_size=6))
def test_whatever_a_title_holds_is_read_as_it_was_written(tmp_path, titles):
    with open(tmp_path / "train_info.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["filename", "artist", "title", "style", "genre", "date"])
        rows.writerows([f"{number}.jpg", "a", title, "", "", ""] for number, title in enumerate(titles))
    found = read("painter_by_numbers", tmp_path, pictures="optional").works
    assert list(found["title"]) == [title.strip() or None for title in titles]


def test_a_path_that_leads_out_of_the_folder_is_refused(tmp_path):
    file = semart(tmp_path) / "semart_val.csv"
    file.write_bytes(file.read_bytes().replace(b"00002-child.jpg", b"../../../etc/passwd"))
    with pytest.raises(
        CollectionError, match=r"semart_val.csv, row 2, column 'IMAGE_FILE': '../../../etc/passwd' is no name"
    ):
        read("semart", tmp_path, pictures="optional")


def test_duplicated_ids_impossible_years_and_quoted_line_ends(tmp_path):
    file = painter_by_numbers(tmp_path) / "all_data_info.csv"
    text = file.read_text("utf-8").replace("1906.0", "99999").replace("c.1905", "300 B.C.")
    text = text.replace("Bust", '"Bust\nof a ""nude"""') + text.splitlines()[1] + "\n"
    file.write_text(text, "utf-8")
    with pytest.warns(SkippedWarning, match=r"1 rows whose 'image' an earlier row has \(first: row 7, '37299.jpg'\)"):
        works = by_name(collections.read("painter_by_numbers", tmp_path))
    assert works.loc["35824.jpg", "year_begin"] == -300
    assert works["year_begin"].isna().tolist() == [False, True, False, False, True]
    assert works.loc["31554.jpg", "date_text"] == "99999"
    assert works.loc["31554.jpg", "title"] == 'Bust\nof a "nude"'
    assert json.dumps(list(works["title"]))  # plain texts


def test_rows_without_a_picture_are_left_out_and_kept_on_request(tmp_path):
    root = painter_by_numbers(tmp_path)
    (root / "train/35824.jpg").unlink()
    with pytest.warns(SkippedWarning, match="1 of 5 rows left out"):
        assert len(collections.read("painter_by_numbers", root)) == 4
    assert len(read("painter_by_numbers", root, pictures="optional")) == 5


# --- what is said of every source -------------------------------------------------------------------------------------

KEYS = {"name", "title", "what", "licence", "how", "works", "faults", "available", "citation"}


def test_every_source_is_described():
    entries = [sources.entry(name) for name in sources.names()]
    bibliography = (paths.root() / "book" / "references.bib").read_text(encoding="utf-8")
    names = [entry["name"] for entry in entries]
    assert {file.stem for file in (paths.data() / "sources").iterdir()} == set(names)
    assert set(names) <= set(collections.NAMES) - {"museum", "table", "folder"}
    assert {"wikiart", "artistry", *WRITERS} <= set(names)
    for entry in entries:
        assert set(entry) - {"download"} == KEYS, entry["name"]
        assert entry["available"] in ("open", "on request", "copies", "no")
        assert entry["faults"]
        assert entry["citation"] is None or f"{{{entry['citation']}," in bibliography

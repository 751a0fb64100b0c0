"""WikiArt: its lists as published, their quirks and contradictions, the Parquet layout, and ArtSAGENet beside it."""

import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from factories.published_art import SOROLLA, artsagenet, picture, wikiart, wikiart_parquet
from hypothesis import given
from hypothesis import strategies as st

from artlib import collections, splits, tasks
from artlib.collections import columns
from artlib.collections import wikiart as reader
from artlib.works import CollectionError, PictureError, SkippedWarning


def read(root, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkippedWarning)
        return collections.read("wikiart", root, **options)


@pytest.fixture(scope="module")
def metadata():
    """The folder of published lists that ARTLIB_METADATA names."""
    named = os.environ.get("ARTLIB_METADATA")
    if not named or not Path(named, "wikiart", "Style").is_dir():
        pytest.skip("published lists: set ARTLIB_METADATA to a folder with wikiart/ to run this test")
    return Path(named)


@pytest.fixture
def root(tmp_path):
    return wikiart(tmp_path / "wikiart")


# --- the lists as published -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(metadata):
    with pytest.warns(SkippedWarning, match=r"maurice-de-vlaminck_the-village.jpg: cityscape and landscape"):
        return collections.read(
            "wikiart", metadata / "wikiart", artsagenet=metadata / "artsagenet/wikiart_artists.csv", pictures="optional"
        ).works


def test_the_published_lists_have_their_rows(metadata):
    listed = reader.lists(metadata / "wikiart")
    counts = listed.groupby(["task", "set"]).size()
    assert counts["style"].to_dict() == {"train": 57_025, "valid": 24_421}
    assert counts["genre"].to_dict() == {"train": 45_503, "valid": 19_492}
    assert counts["artist"].to_dict() == {"train": 13_346, "valid": 5_706}
    twice = listed[listed.groupby(["task", "path"])["label"].transform("nunique") > 1]
    assert set(twice["path"]) == {"Post_Impressionism/maurice-de-vlaminck_the-village.jpg"}
    assert sorted(twice["label"]) == ["cityscape", "landscape"]


def conflicts(works):
    """(one task, another) -> pictures that the one trains on and the other validates on."""
    sets = {task: works[f"set_{task}"] for task in reader.LISTS}
    return {(a, b): ((sets[a] == "train") & (sets[b] == "valid")).sum() for a in sets for b in sets}


@pytest.mark.slow
def test_the_published_splits_contradict_one_another(published):
    found = conflicts(published)
    assert found["style", "genre"] == 151
    assert found["genre", "style"] == 213
    assert found["artist", "style"] == 120
    assert found["style", "artist"] == 112
    assert found["artist", "genre"] == 111


@pytest.mark.slow
def test_the_published_table_is_whole(published):
    assert len(published) == 81_446
    assert published["style"].value_counts()["Art Nouveau"] == 4_334
    assert published["image"].str.startswith("Art_Nouveau_Modern/").sum() == 4_334
    assert (published.groupby("work_id")["image"].size() > 1).sum() == 1_349
    assert not published["artist"].str.contains("[\u00e3\u00e2]").any()
    named = published[published["set_artist"].notna()]
    assert named["artist"].nunique() == 23
    assert named["artist"].value_counts()["Vincent van Gogh"] == 1_890
    assert published["culture"].notna().sum() == 17_785


@pytest.mark.slow
def test_one_split_serves_all_published_tasks(published):
    sides = []
    for column in ("style", "genre"):
        split = splits.published(published, tasks.make(published, column), "set")
        assert not splits.straddling(published, split)
        sides.append({name: set(rows) for name, rows in split.parts().items()})
    assert not (sides[0]["train"] | sides[0]["valid"]) & sides[1]["test"]
    assert not (sides[1]["train"] | sides[1]["valid"]) & sides[0]["test"]
    assert len(sides[0]["test"]) == 24_430  # 24,421 and the nine works that the list has on both sides


@pytest.mark.slow
def test_published_schools_and_dates_are_joined(published, metadata):
    with pytest.warns(SkippedWarning, match=r"17,785 of 17,785 rows matched \(100.0%\); 21.8% of 81,446"):
        reader.join_artsagenet(published, metadata / "artsagenet/wikiart_artists.csv")
    row = published[published["image"].str.endswith("camille-pissarro_the-harvest-of-hay-in-eragny-1887.jpg")].iloc[0]
    assert (row["schools"], row["culture"], row["timeframe"]) == ("French; Jewish", "French", "1850-1900")
    assert row["year_begin"] == 1887


# --- the same in small ------------------------------------------------------------------------------------------------


def test_the_table_of_works(root):
    with pytest.warns(SkippedWarning, match="cityscape and landscape"):
        works = collections.read("wikiart", root).works.set_index("image")
    assert len(works) == 11
    mucha = works.loc["Art_Nouveau_Modern/alphonse-mucha_dance-1898.jpg"]
    assert (mucha["style"], mucha["artist"], mucha["title"]) == ("Art Nouveau", "Alphonse Mucha", "Dance")
    assert mucha["year_begin"] == mucha["year_end"] == 1898
    assert works.loc[SOROLLA, "artist"] == "Joaquín Sorolla"
    assert works.loc["Baroque/rembrandt_not_detected_240343.jpg", "title"] is None
    assert works.loc["Baroque/rembrandt_self-portrait-1634(2).jpg", "title"] == "Self portrait"
    village = works.loc["Post_Impressionism/maurice-de-vlaminck_the-village.jpg"]
    assert village["genre"] is None
    assert village["set_genre"] == "valid"
    seine = works[works["work_id"] == "paul-gauguin_the-seine-1875.jpg"]
    assert sorted(seine["style"]) == ["Impressionism", "Post Impressionism"]
    assert set(seine["set"]) == {"valid"}


def test_the_pictures_are_read(root):
    collection = read(root)
    assert collection.source.read(SOROLLA, 16).shape == (20, 24, 3)
    with pytest.raises(PictureError, match="truncated"):
        collection.source.read("Baroque/rembrandt_not_detected_240343.jpg", 16)


@pytest.mark.parametrize("name", ["joaquín-sorolla", "joaqui\u0301n-sorolla", "joaqu\u00c3\u00adn-sorolla"])
def test_archives_that_repaired_the_names_are_understood(root, name):
    file = f"Impressionism/{name}_ruins-of-bunol-1894.jpg"
    (root / SOROLLA).rename(root / file)
    collection = read(root)
    assert file in set(collection.works["image"])
    assert len(collection) == 11


@given(st.text(st.sampled_from("abcxyz -.\u00e0\u00e9\u00ed\u00f1\u00f3\u00f6\u00fc\u00e7\u00ff\u00ea"), max_size=30))
def test_names_that_were_read_as_latin_1_and_lower_cased_are_repaired(name):
    assert columns.repaired(name.encode("utf-8").decode("latin-1").lower()) == name
    assert columns.repaired(name) == name


def test_archives_that_renamed_the_folder_are_understood(root):
    (root / "Art_Nouveau_Modern").rename(root / "Art_Nouveau")
    works = read(root).works
    assert "Art_Nouveau/alphonse-mucha_dance-1898.jpg" in set(works["image"])
    assert len(works) == 11


def test_pictures_in_a_folder_of_their_own_are_found(root):
    (root / "wikiart").mkdir()
    for style in ("Impressionism", "Post_Impressionism", "Art_Nouveau_Modern", "Baroque", "Cubism"):
        (root / style).rename(root / "wikiart" / style)
    collection = read(root)
    assert Path(collection.source.root) == (root / "wikiart").resolve()
    assert len(collection) == 11


def test_pictures_may_be_missing_and_unlisted(root):
    (root / "Cubism/pablo-picasso_o'brien-s-house.jpg").unlink()
    picture(root / "Cubism/georges-braque_unlisted.jpg")
    with pytest.warns(SkippedWarning) as said:
        works = collections.read("wikiart", root).works
    told = " ".join(str(warning.message) for warning in said)
    assert "1 pictures lie in the folders that no list names ('Cubism/georges-braque_unlisted.jpg'" in told
    assert "1 of 11 rows left out" in told
    assert len(works) == 10


def test_lists_alone_are_read_on_request(tmp_path):
    root = wikiart(tmp_path, pictures=False)
    with pytest.raises(CollectionError, match="none of its 11 pictures is there"):
        read(root)
    assert len(read(root, pictures="optional")) == 11
    with pytest.raises(CollectionError, match="required, optional"):
        read(root, pictures="sometimes")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("Style/style_train.csv", b",3\r\n", b";3\r\n", r"style_train.csv, line 1: .*not a picture and its class"),
        ("Style/style_val.csv", b",4\r\n", b",27\r\n", r"style_val.csv, line 2: the class 27 of .*one of the 5"),
        ("Style/style_train.csv", b"Cubism/", b"../Cubism/", r"style_train.csv, line 7"),
        ("Style/style_train.csv", b"Cubism/pab", b"/etc/pab", r"style_train.csv, line 7"),
        ("Style/style_train.csv", b"Cubism/pab", b"Cubism\\pab", r"style_train.csv, line 7"),
        ("Style/style_train.csv", b"\xc3\xa3", b"\xe3", r"style_train.csv, line 3: byte 0xe3 is not utf-8"),
        ("Style/style_class.txt", b"2 Cubism", b"1 Cubism", r"style_class.txt names no class, or one twice"),
        ("Style/style_class.txt", b"2 Cubism", b"Cubism", r"style_class.txt, line 3: not a class"),
        ("Artist/artist_val", b"(Path", b"Path", r"artist_val, line 1"),
    ],
)
def test_faults_in_a_list_are_named(root, file, old, new, said):
    whole = (root / file).read_bytes()
    assert old in whole
    (root / file).write_bytes(whole.replace(old, new))
    with pytest.raises(CollectionError, match=said):
        read(root)


def test_a_list_that_is_missing_empty_or_a_pointer_is_named(root):
    file = root / "Genre/genre_val.csv"
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(CollectionError, match=r"genre_val.csv is a Git LFS pointer"):
        read(root)
    file.write_bytes(b"")
    with pytest.raises(CollectionError, match=r"genre_val.csv is empty"):
        read(root)
    file.unlink()
    with pytest.raises(CollectionError, match=r"genre_val.csv is missing"):
        read(root)
    with pytest.raises(CollectionError, match="holds no folder Style"):
        read(root / "Baroque")


# --- ArtSAGENet -------------------------------------------------------------------------------------------------------


def test_artsagenet_adds_what_the_lists_lack(root, tmp_path):
    with pytest.warns(SkippedWarning, match=r"3 of 4 rows matched \(75.0%\)"):
        joined = collections.read("wikiart", root, artsagenet=artsagenet(tmp_path / "wikiart_artists.csv"))
    works = joined.works.set_index("image")
    lilies = works.loc["Impressionism/claude-monet_water-lilies-6.jpg"]
    assert (lilies["year_begin"], lilies["culture"], lilies["schools"]) == (1906, "French", "French; Jewish")
    assert lilies["set_artsagenet"] == "valid"
    assert works.loc["Baroque/rembrandt_self-portrait-1634(2).jpg", "year_begin"] == 1634  # from the file's name
    assert works.loc[SOROLLA, "culture"] is None


def test_a_table_that_is_not_artsagenet_is_refused(root, tmp_path):
    file = artsagenet(tmp_path / "other.csv")
    file.write_text(file.read_text().replace("1906.0", "long ago"))
    with pytest.raises(CollectionError, match=r"other.csv, row \d+, column 'date': 'long ago' is not a year"):
        read(root, artsagenet=file)
    file.write_text(file.read_text().replace("relative_path", "path"))
    with pytest.raises(CollectionError, match="column 'relative_path' is missing"):
        read(root, artsagenet=file)


# --- Parquet ----------------------------------------------------------------------------------------------------------


def test_the_parquet_layout_is_read(tmp_path):
    collection = read(wikiart_parquet(tmp_path))
    works = collection.works
    assert len(works) == 14
    assert list(works["artist"][:3]) == [None, "Boris Kustodiev", "Vincent van Gogh"]
    assert list(works["genre"][:3]) == ["abstract painting", "landscape", None]
    assert works["style"].iloc[1] == "Art Nouveau"
    pixels = collection.source.read("data/train-00001-of-00002.parquet#5", 8)
    assert np.array_equal(pixels[0, 0], (200, 0, 100))
    copy = pickle.loads(pickle.dumps(collection.source))  # noqa: S301 - our own object, as another process gets it
    assert np.array_equal(copy.read("data/train-00001-of-00002.parquet#5", 8), pixels)
    with pytest.raises(PictureError, match=r"damaged|not a picture"):
        collection.source.read("data/train-00000-of-00002.parquet#0", 8)


@pytest.mark.parametrize("name", ["data/train-00000-of-00002.parquet#7", "a.parquet#1", "../x#0", "no-row", "#-1"])
def test_names_that_are_no_row_are_refused(tmp_path, name):
    source = read(wikiart_parquet(tmp_path)).source
    with pytest.raises(PictureError):
        source.read(name, 8)
    assert source.fingerprint(name)


def test_a_damaged_parquet_file_is_named(tmp_path):
    root = wikiart_parquet(tmp_path)
    file = root / "data/train-00001-of-00002.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(CollectionError, match=r"data/train-00001-of-00002.parquet is not a Parquet table"):
        read(root)

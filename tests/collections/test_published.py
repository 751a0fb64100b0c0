"""Readers of museums' own tables, on small faithful copies of what they publish."""

import numpy as np
import pandas as pd
import pytest
from factories import published

from artlib import collections, splits, tasks
from artlib.works import COLUMNS, CollectionError, SkippedWarning

pytestmark = pytest.mark.filterwarnings("ignore::artlib.works.SkippedWarning")


def rows(frame, *columns):
    """The values as plain Python: None for whatever is missing."""
    plain = frame[list(columns)].astype(object)
    return [tuple(row) for row in plain.where(plain.notna(), None).itertuples(index=False)]


# --- the Met ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [published.MET_2017, published.MET_TODAY])
def test_the_mets_table_in_both_column_sets(tmp_path, names):
    made = collections.read("met", published.met(tmp_path, names))
    works = made.works
    assert len(works) == 7  # eight works, one of them without a picture; the repeated id once
    assert set(works.columns) & set(COLUMNS) >= {"artist", "culture", "types", "materials", "licence", "credit", "url"}
    assert rows(works, "work_id", "artist", "culture", "nationality")[:4] == [
        ("435801", "Aert van Elders", None, "Netherlandish"),
        ("435802", None, "British (American market)", None),
        ("435803", "Li Wu", "China", "Chinese"),
        ("435804", "Ann Fisher", None, "American"),
    ]
    assert rows(works, "year_begin", "year_end", "date_text") == [
        (1565, 1565, "1565"),
        (1782, 1785, "ca. 1785"),
        (1909, 1927, "1909–27"),
        (1950, None, "begun 1950"),  # 9999: to this day
        (-600, -480, "ca. 600–480 B.C."),
        (1710, 1710, "ca. 1710"),  # 17100 cannot be: the date as written
        (None, None, None),  # 0: no year
    ]
    assert works["types"].tolist()[4:] == [["Ceramics-Pottery"], ["Paintings"], ["Paintings"]]
    assert works["materials"].tolist()[:3] == [["Oil on wood"], ["Earthenware", "basalt"], ["Ink", "color on paper"]]
    assert works["materials"].tolist()[6] == ["Enamel", "Gold"]
    assert works["licence"].tolist()[:4] == ["CC0", "CC0", "CC0", "rights reserved"]
    assert works["field"].tolist()[:2] == ["painting", None]
    assert works["title"].tolist()[2] == "Album of Small Views\r\n(twelve leaves)"
    assert made.source.read(works["image"][0], 20).shape == (20, 24, 3)


def test_what_the_mets_table_gets_wrong_is_counted(tmp_path):
    published.met(tmp_path)
    with pytest.warns(SkippedWarning) as warned:
        collections.read("met", tmp_path)
    said = " ".join(str(entry.message) for entry in warned)
    assert "left out 1 rows whose 'object_id' an earlier row has (first: row 10, '435801')" in said
    assert "2 rows with years that cannot be (first: row 7: 17100 to 1715); 2 took the date as written" in said
    assert "1 of 8 rows left out, since their pictures are missing" in said


def test_pictures_that_no_work_names_are_counted(tmp_path):
    published.met(tmp_path)
    published.picture(tmp_path / "images" / "435899.jpg")
    with pytest.warns(SkippedWarning, match=r"1 pictures lie beside .* no work names .*'images/435899\.jpg'"):
        works = collections.read("met", tmp_path).works
    assert "images/435899.jpg" not in set(works["image"])


@pytest.mark.parametrize("lines", [True, False])
def test_records_of_the_mets_api_and_the_pictures_of_a_download(tmp_path, lines):
    from_api = collections.read("met", published.met_records(tmp_path / "api", lines), pictures="optional").works
    from_table = collections.read("met", published.met(tmp_path / "table"), pictures="optional").works
    same = ["work_id", "artist", "culture", "nationality", "year_begin", "year_end", "types", "materials", "licence"]
    pd.testing.assert_frame_equal(from_api[same], from_table[same])
    assert from_api["image"].tolist()[2:4] == ["pictures/435803.png", "pictures/435804.jpg"]
    assert from_api["tags"][0] == from_table["tags"][0] == "Men|Landscapes"
    assert len(collections.read("met", tmp_path / "api")) == 3


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("MetObjects.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:de61\n", "Git LFS pointer"),
        ("MetObjects.csv", b"Object ID;Title\n1;x\n", "separated by semicolons"),
        ("MetObjects.csv", b"Object ID,Title\n1,x\n", r"column 'Culture' and .* is missing"),
        ("MetObjects.csv", ",".join(published.MET_TODAY).encode() + b"\n1,2\n", r"row 2: 2 fields where .* names 54"),
        ("a.jsonl", b'{"objectID": 1}\n{"objectID": \n', r"a\.jsonl, line 2: not JSON"),
        (
            "a.jsonl",
            b'{"message": "ObjectID not found"}\n',
            r"a\.jsonl, line 1: not a record of The Metropol",
        ),
        ("a.json", b'{"total": 2, "objectIDs": [1, 2]}', r"no 'objectID' \(found: total, objectIDs\)"),
        ("notes.txt", b"nothing", r"holds no MetObjects\.csv"),
    ],
)
def test_faulty_files_of_the_met(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CollectionError, match=said):
        collections.read("met", tmp_path)


def test_a_table_without_any_picture_says_how_to_read_it(tmp_path):
    published.met(tmp_path, pictures=False)
    with pytest.raises(CollectionError, match=r"none of its 8 pictures is there.*pictures='optional'"):
        collections.read("met", tmp_path)
    assert len(collections.read("met", tmp_path, pictures="optional")) == 8


# --- Rijksmuseum Challenge 2014 --------------------------------------------------------------------------------------


def test_rijks_with_its_own_split(tmp_path):
    works = collections.read("rijks", published.rijks(tmp_path)).works
    assert works["artist"].tolist() == ["Jan Luyken"] * 5 + ["Caspar Luyken"] * 3 + [None] * 3
    assert works["types"].tolist()[0] == ["prent", "boekillustratie"]
    assert works["types"].tolist()[-1] == ["schilderij"]
    assert works["materials"].tolist()[:2] == [[], ["papier"]]
    assert rows(works, "year_begin", "year_end")[:3] == [(1500, 1780), (None, None), (1690, 1705)]
    assert works["image"].tolist() == sorted(works["image"])
    split = splits.published(works, tasks.make(works, "artist"))
    assert [len(part) for part in split.parts().values()] == [3, 3, 2]


def test_the_prints_that_stand_in_for_ticc(tmp_path, matlab_here):
    published.rijks(tmp_path, {"Jan Luyken": 97, "Romeyn de Hooghe": 96, "Caspar Luyken": 95, "anoniem": 99})
    works = collections.read("rijks", tmp_path, ticc=True).works
    assert works["artist"].value_counts().to_dict() == {"Jan Luyken": 97, "Romeyn de Hooghe": 96}
    assert works.index.tolist() == list(range(193))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Tnames": None}, r"struct 'gt' lacks Tnames"),
        ({"set": np.full(11, 4)}, r"row 1: set is 4, which is not from 1 to 3"),
        ({"C": np.full(11, 9)}, r"row 1: C is 9, which is not from 1 to 4"),
        ({"C": np.full(7, 1)}, r"'C' should hold 11 whole numbers"),
        ({"Y": np.full(11, 1700)}, r"'Y' should have two years for each of 11 rows"),
        ({"M": np.zeros((11, 3))}, r"'M' is \(11, 3\); there are 11 rows and 2 names"),
    ],
)
def test_a_faulty_ground_truth(tmp_path, matlab_here, changes, said):
    with pytest.raises(CollectionError, match=said):
        collections.read("rijks", published.rijks(tmp_path, **changes))


def test_rijks_pictures_are_known_by_their_place(tmp_path):
    published.rijks(tmp_path)
    (tmp_path / "jpg2" / "RP-P-1000.jpg").unlink()
    with pytest.raises(CollectionError, match=r"holds 10 pictures and rijksgt\.mat has 11 rows"):
        collections.read("rijks", tmp_path)
    (tmp_path / "rijksgt.mat").write_bytes(b"MATLAB 5.0 MAT-file" + b"\x01" * 300)
    with pytest.raises(CollectionError, match="not a MATLAB file that can be read"):
        collections.read("rijks", tmp_path)


# --- OmniArt ---------------------------------------------------------------------------------------------------------


def test_omniart(tmp_path):
    with pytest.warns(SkippedWarning, match="1 rows whose 'omni_id' an earlier row has"):
        works = collections.read("omniart", published.omniart(tmp_path), pictures="optional").works
    assert rows(works, "work_id", "artist", "title", "year_begin", "century") == [
        ("1", "carl f. berg", "hind beside a pond", 1888, 19),
        ("2", "unknown", "the herb garden", 1877, 19),
        ("3", "niccol? dell' orso", None, 1490, None),
        ("4", "juan de la roca", "saint at a desk", None, None),
        ("4", "juan de la roca", "saint at a desk", 1490, 15),  # the same address: the same work
        ("6", None, "amulet", -300, -3),
        ("7", "unidentified", "broken bowl", None, None),
    ]
    assert works["types"].tolist()[1] == ["albums", "jewelry"]
    assert works["types"].tolist()[5] == ["ivory/bone", "amulets"]
    assert works["image"][0] == "data/img_300x/1.jpg"
    assert len(collections.read("omniart", tmp_path)) == 6


# --- National Gallery of Art -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("today", [True, False])
def test_nga_joins_its_five_tables(tmp_path, today):
    works = collections.read("nga", published.nga(tmp_path, today)).works
    assert rows(works, "work_id", "artist", "culture", "style", "year_begin", "year_end") == [
        ("11", "Follower of Hans Wald", "Netherlandish", "Northern Renaissance", 1528, 1532),
        ("12", "Rut van Rijn", "Dutch", None, None, None),  # without a date the years are the artist's life
        ("13", None, "American", None, 1801, 1900),
    ]
    assert works["title"].tolist()[:2] == ["Saint Jerome in a Landscape", "The Mill\nat Dusk"]
    assert works["themes"][0] == "saints; landscape"
    assert works["address"][0].endswith("aa-2")
    assert works["nationality"].tolist() == ["German", "Dutch", "American"]
    shown = collections.read("nga", tmp_path, open_access=False).works
    assert dict(zip(shown["work_id"], shown["licence"], strict=True))["14"] == "fair use"


def test_nga_without_some_of_its_tables(tmp_path):
    published.nga(tmp_path)
    (tmp_path / "data" / "objects_terms.csv").unlink()
    with pytest.warns(SkippedWarning, match=r"objects_terms\.csv not found"):
        works = collections.read("nga", tmp_path).works
    assert works["culture"].tolist() == ["German", "Dutch", "American"]
    (tmp_path / "data" / "published_images.csv").unlink()
    with pytest.raises(CollectionError, match=r"no such file.*published_images\.csv"):
        collections.read("nga", tmp_path)


# --- Cleveland -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "page"])
def test_cleveland_in_every_form(tmp_path, form):
    works = collections.read("cleveland", published.cleveland(tmp_path, form)).works
    assert rows(works, "work_id", "artist", "nationality", "culture", "year_begin", "year_end") == [
        ("101", "Claude Morel", "French", "France", 1915, 1926),
        ("102", None, None, "Egypt", -664, -525),
    ]
    assert works["materials"].tolist() == [["oil on canvas"], ["granite", "traces of paint"]]
    assert works["field"].tolist() == ["painting", "sculpture"]
    everything = collections.read("cleveland", tmp_path, cc0=False).works
    assert everything["licence"].tolist() == ["CC0", "CC0", "CC0", "Copyrighted"]
    assert everything["artist"].tolist()[3] == "Ann Fisher"


def test_cleveland_without_an_open_work(tmp_path):
    names = "id,share_license_status,title,creation_date_earliest,culture,type,image_web".split(",")  # noqa: SIM905
    published.write(tmp_path / "data.csv", names, [["1", "Copyrighted", "x", "1900", "", "Print", "http://x"]])
    with pytest.raises(CollectionError, match=r"no CC0 work with a picture \(1 rows\): cc0=False"):
        collections.read("cleveland", tmp_path)


# --- the real tables through a column map ----------------------------------------------------------------------------


MAPS = {
    "tate/tate_artworks_sample.csv": {
        "work_id": "acno",
        "year_begin": "start_year",
        "year_end": "end_year",
        "materials": "medium",
        "types": "classification",
        "style": "movements",
    },
    "cmoa/cmoa_sample.csv": {
        "work_id": "id",
        "date_text": "creation_date",
        "year_begin": "earliest",
        "year_end": "latest",
        "culture": "nationality",
        "materials": "medium",
        "types": "classification",
    },
    "nga/nga_constituents.csv": {
        "work_id": "constituentid",
        "artist": "forwarddisplayname",
        "year_begin": "beginyear",
        "year_end": "endyear",
        "culture": "nationality",
        "timeframe": "visualbrowsertimespan",
    },
    "nga/nga_objects_historical.csv": {"work_id": "objectid", "artist": "forwardtext"},
}


@pytest.mark.parametrize(("name", "count"), list(zip(MAPS, (5000, 3908, 5000, 5000), strict=True)))
def test_real_tables_read_through_a_column_map(metadata_root, name, count):
    works = collections.read("table", metadata_root / name, columns=MAPS[name], pictures="optional").works
    assert len(works) == count
    assert works["work_id"].notna().all()
    if "year_begin" in works:
        assert 0.3 < works["year_begin"].notna().mean() <= 1
        assert (works["year_begin"] <= works["year_end"]).fillna(True).all()


def test_a_table_made_elsewhere_through_a_column_map(tmp_path):
    published.write(
        tmp_path / "theirs.csv",
        ["acno", "Name", "Maker", "earliest", "medium", "title"],
        [
            ["T1", "Falls", "Ann Fisher", "1850-01-01", "oil; canvas", "shelf 3"],
            ["T2", "Jar", "", "-0099-01-01", "", ""],
        ],
        "utf-8-sig",
    )
    columns = {"work_id": "acno", "title": "Name", "artist": "Maker", "year_begin": "earliest", "materials": "medium"}
    works = collections.read("table", tmp_path / "theirs.csv", columns=columns, pictures="optional").works
    assert rows(works, "work_id", "title", "artist", "year_begin", "image") == [
        ("T1", "Falls", "Ann Fisher", 1850, "row-1"),
        ("T2", "Jar", None, -99, "row-2"),
    ]
    for wrong, said in (
        ({"titel": "Name"}, "'titel' is none of ours"),
        ({"title": "Nom"}, "'Nom' of the map is missing"),
    ):
        with pytest.raises(CollectionError, match=said):
            collections.read("table", tmp_path / "theirs.csv", columns=wrong, pictures="optional")

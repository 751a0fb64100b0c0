"""Small faithful copies of what museums publish, made anew for each test: real shapes and faults, invented works.

One function a source; each writes into a folder and returns it. `met_table` also makes the large table of the test
of scale. Nothing here is copied from a collection.
"""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image


def _columns(text: str) -> list[str]:
    return text.split(",")


MET_2017 = _columns(
    "Object Number,Is Highlight,Is Public Domain,Object ID,Department,Object Name,Title,Culture,Period,Dynasty,Reign,"
    "Portfolio,Artist Role,Artist Prefix,Artist Display Name,Artist Display Bio,Artist Suffix,Artist Alpha Sort,"
    "Artist Nationality,Artist Begin Date,Artist End Date,Object Date,Object Begin Date,Object End Date,Medium,"
    "Dimensions,Credit Line,Geography Type,City,State,County,Country,Region,Subregion,Locale,Locus,Excavation,River,"
    "Classification,Rights and Reproduction,Link Resource,Metadata Date,Repository"
)
MET_TODAY = _columns(
    "Object Number,Is Highlight,Is Timeline Work,Is Public Domain,Object ID,Gallery Number,Department,AccessionYear,"
    "Object Name,Title,Culture,Period,Dynasty,Reign,Portfolio,Constituent ID,Artist Role,Artist Prefix,"
    "Artist Display Name,Artist Display Bio,Artist Suffix,Artist Alpha Sort,Artist Nationality,Artist Begin Date,"
    "Artist End Date,Artist Gender,Artist ULAN URL,Artist Wikidata URL,Object Date,Object Begin Date,Object End Date,"
    "Medium,Dimensions,Credit Line,Geography Type,City,State,County,Country,Region,Subregion,Locale,Locus,Excavation,"
    "River,Classification,Rights and Reproduction,Link Resource,Object Wikidata URL,Metadata Date,Repository,Tags,"
    "Tags AAT URL,Tags Wikidata URL"
)
_MET_KEYS = {
    "Object ID": "objectID",
    "Object Number": "accessionNumber",
    "Is Public Domain": "isPublicDomain",
    "Department": "department",
    "Object Name": "objectName",
    "Title": "title",
    "Culture": "culture",
    "Artist Display Name": "artistDisplayName",
    "Artist Nationality": "artistNationality",
    "Object Date": "objectDate",
    "Object Begin Date": "objectBeginDate",
    "Object End Date": "objectEndDate",
    "Medium": "medium",
    "Credit Line": "creditLine",
    "Classification": "classification",
    "Link Resource": "objectURL",
}
# Title, object name, classification, culture, nationality, artist, date, begin, end, medium, public.
_MET_WORKS = (
    ("Harvest, with Reapers", "Painting", "Paintings", "", "Netherlandish", "Aert van Elders", "1565", "1565", "1565",
     "Oil on wood", "True"),
    ("Admiral in a Storm", "Figure", "Ceramics", "British (American market)", "", "", "ca. 1785", "1782", "1785",
     "Earthenware, basalt", "True"),
    ("Album of Small Views\r\n(twelve leaves)", "Album", "Paintings", "China", "Chinese", "Li Wu", "1909–27", "1909",
     "1927", "Ink; color on paper", "True"),
    ("Steep Falls", "Painting", "Paintings", "", "American|American", "Ann Fisher|Ben Fisher",
     "begun 1950", "1950", "9999", "Oil on canvas", "False"),
    ("Jar", "Jar", "Ceramics-Pottery", "Cypriot", " ", " ", "ca. 600–480 B.C.", "-600", "-480", "Terracotta", "True"),
    ("Krishna <b>among</b> the Cowherds", "Folio", "Paintings", "India (Rajasthan)", "", "", "ca. 1710", "17100",
     "1715", "Opaque watercolor, gold", "True"),
    ('=HYPERLINK("http://example.org")', "Snuffbox", "Paintings", "French", "French", "Jean Dupré", "", "0", "0",
     "Enamel|Gold", "True"),
    ("Still Life with Figs", "Painting", "Paintings", "", "Spanish", "Luis M. Ferrán", "1770s", "1779", "1770",
     "Oil on canvas", "True"),
)  # fmt: skip


def picture(path: Path, number: int = 0) -> Path:
    """A small picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 20), (40 * number % 256, 90, 160)).save(path)
    return path


def write(path: Path, names, rows, encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> Path:
    """A delimited table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
        writer.writerow(names)
        writer.writerows(rows)
    return path


# --- the Met ---------------------------------------------------------------------------------------------------------


def met_rows(names: list[str]) -> list[list[str]]:
    """The invented works in either column set: padded dates, 9999, lone blanks, a repeated id."""
    made = []
    for number, work in enumerate(_MET_WORKS, start=1):
        title, name, kind, culture, nation, artist, date, begin, end, medium, public = work
        several = artist.count("|")
        row = {
            "Object Number": f"04.{number}a–c",
            "Is Highlight": "False",
            "Is Public Domain": public,
            "Object ID": str(435800 + number),
            "Department": "European Paintings",
            "AccessionYear": "1904",
            "Object Name": name,
            "Title": title,
            "Culture": culture,
            "Constituent ID": "161708" * (several + 1),
            "Artist Prefix": " ",
            "Artist Suffix": " ",
            "Artist Display Name": artist,
            "Artist Nationality": nation,
            "Artist Begin Date": "|".join(["1859      "] * (several + 1)),
            "Artist End Date": "|".join(["9999      "] * (several + 1)),
            "Object Date": date,
            "Object Begin Date": begin,
            "Object End Date": end,
            "Medium": medium,
            "Credit Line": "Gift of Mr. and Mrs. Nobody, 1904",
            "Classification": kind,
            "Link Resource": f"http://www.metmuseum.org/art/collection/search/{435800 + number}",
            "Repository": "Metropolitan Museum of Art, New York, NY",
            "Tags": "Men|Landscapes" if number == 1 else "",
        }
        made.append([row.get(column, "") for column in names])
    return [*made, made[0]]


def met(root: Path, names: list[str] = MET_TODAY, pictures: bool = True) -> Path:
    """MetObjects.csv with its byte-order mark, and pictures of all works but one."""
    write(root / "MetObjects.csv", names, met_rows(names), "utf-8-sig", end="\n")
    for number in range(1, len(_MET_WORKS)) if pictures else ():
        picture(root / "images" / f"{435800 + number}.jpg", number)
    return root


def met_records(root: Path, lines: bool = True) -> Path:
    """The same works as the API gives them, one a line or one a file, with what a download leaves beside them."""
    records = []
    for row in met_rows(MET_TODAY)[:-1]:
        cells = dict(zip(MET_TODAY, row, strict=True))
        record = {key: cells[name] for name, key in _MET_KEYS.items()}
        record |= {"objectID": int(record["objectID"]), "isPublicDomain": cells["Is Public Domain"] == "True"}
        record |= {key: int(record[key]) for key in ("objectBeginDate", "objectEndDate")}
        record |= {"constituents": None, "primaryImage": "", "additionalImages": [], "GalleryNumber": ""}
        record["tags"] = [{"term": "Men", "AAT_URL": ""}, {"term": "Landscapes"}] if cells["Tags"] else None
        records.append(record)
    root.mkdir(parents=True, exist_ok=True)
    if lines:
        (root / "objects.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n", encoding="utf-8")
    else:
        for record in records:
            (root / f"{record['objectID']}.json").write_text(json.dumps(record), encoding="utf-8")
    manifest = [{"manifest": 1, "source": "met", "size": "small"}]
    for number, record in enumerate(records[:3]):
        name = f"pictures/{record['objectID']}.png"
        picture(root / name, number)
        manifest.append({"id": str(record["objectID"]), "image": name, "columns": {}})
    text = "\n".join(map(json.dumps, manifest)) + '\n{"id": "4358'  # a line that a kill cut short
    (root / "manifest.jsonl").write_text(text, encoding="utf-8")
    return root


def met_table(path: Path, rows: int, seed: int = 0) -> Path:
    """A large MetObjects.csv: as many rows as the museum's own, in its mix of classifications, cultures and faults."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    draw = np.random.default_rng(seed)
    number = np.arange(1, rows + 1).astype(str)

    def some(values, share=None):
        return np.array(values, dtype=object)[draw.choice(len(values), rows, p=share)]

    def joined(*pieces):
        return np.array(pieces[0], dtype=object) + sum_of(pieces[1:])

    def sum_of(pieces):
        total = pieces[0]
        for piece in pieces[1:]:
            total = total + piece
        return total

    kinds = ["Paintings", "Prints", "Ceramics-Porcelain", "Textiles-Laces", "Photographs", "Prints|Ephemera", ""]
    nations = ["American", "French", "Italian", "Dutch", "British", "German", "Spanish", "Flemish", "Netherlandish", ""]
    cultures = ["American", "Japan", "China", "India (Rajasthan)", "India (Gujarat, Ahmedabad)", "Iran", "British",
                "British (American market)", "French, Paris", "Roman", "", "", "", ""]  # fmt: skip
    year = draw.integers(-600, 1990, rows)
    later = year + draw.integers(0, 60, rows)
    faulty = draw.random(rows)
    begin = np.where(faulty < 0.01, (year * 10).astype(str), year.astype(str)).astype(object)
    end = np.where(faulty > 0.99, "9999", later.astype(str)).astype(object)
    artist = joined("Artist ", (draw.integers(0, 9000, rows)).astype(str).astype(object))
    artist = np.where(draw.random(rows) < 0.4, "", artist)
    several = draw.random(rows) < 0.1
    columns = {name: np.full(rows, "", dtype=object) for name in MET_TODAY}
    columns |= {
        "Object Number": joined(number.astype(object), np.full(rows, ".1a–c", dtype=object)),
        "Is Highlight": some(["False", "True"], [0.99, 0.01]),
        "Is Public Domain": some(["True", "False"]),
        "Object ID": number.astype(object),
        "Department": some(["Drawings and Prints", "European Paintings", "Asian Art", "The American Wing"]),
        "AccessionYear": some(["1904", "1957", "2003"]),
        "Object Name": some(["Painting", "Print", "Album", "Snuffbox", "Hanging scroll", "Folio", "Vase", "Miniature"]),
        "Title": joined(some(["View of a City\nand Harbor, ", 'The "Old" Mill ', "Portrait of a Lady, No. "]),
                        number.astype(object)),
        "Culture": some(cultures),
        "Period": some(["", "Edo period (1615–1868)", "Qing dynasty (1644–1911)"]),
        "Constituent ID": number.astype(object),
        "Artist Role": some(["Artist", "Maker", ""]),
        "Artist Prefix": np.full(rows, " ", dtype=object),
        "Artist Display Name": np.where(several, artist + "|Publisher of Prints", artist),
        "Artist Display Bio": joined(some(["French, Paris ", "American, born "]), begin),
        "Artist Nationality": np.where(several, some(nations) + "|French", some(nations)),
        "Artist Begin Date": np.where(several, "1859      |1837      ", "1859      "),
        "Artist End Date": np.where(several, "1927      |9999      ", "1927      "),
        "Object Date": joined("ca. ", begin),
        "Object Begin Date": begin,
        "Object End Date": end,
        "Medium": some(["Oil on canvas", "Ink and color on silk", "Etching; drypoint, second state of two", "Gold"]),
        "Dimensions": joined(some(["H. 4 1/2 in. (11.4 cm); W. "]), number.astype(object)),
        "Credit Line": joined(some(["Rogers Fund, ", "Gift of Mrs. Russell Sage, ", "Bequest of A. B., "]), begin),
        "Country": some(["", "France", "Japan", "Egypt"]),
        "Classification": some(kinds, [0.1, 0.35, 0.15, 0.1, 0.1, 0.1, 0.1]),
        "Link Resource": joined("http://www.metmuseum.org/art/collection/search/", number.astype(object)),
        "Repository": np.full(rows, "Metropolitan Museum of Art, New York, NY", dtype=object),
        "Tags": some(["", "Men|Portraits", "Landscapes"]),
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(b"\xef\xbb\xbf")
        table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
        arrow_csv.write_csv(table, file, arrow_csv.WriteOptions(quoting_style="needed"))
    return path


# --- Rijksmuseum Challenge 2014 --------------------------------------------------------------------------------------


def rijks(root: Path, prints_of: dict[str, int] | None = None, **changes) -> Path:
    """rijksgt.mat and jpg2/: creators with "anoniem" and "unknown" last, sparse marks, years more than 100 apart."""
    import scipy.io
    import scipy.sparse

    made = prints_of or {"Jan Luyken": 5, "Caspar Luyken": 3, "anoniem": 2, "unknown": 1}
    names = [*(name for name in made if name not in ("anoniem", "unknown")), "anoniem", "unknown"]
    creators = np.repeat([names.index(name) + 1 for name in made], list(made.values()))
    rows = len(creators)
    types = scipy.sparse.lil_matrix((rows, 3))
    types[:, 0] = 1
    types[rows - 1, 0], types[rows - 1, 1], types[0, 2] = 0, 1, 1
    materials = np.zeros((rows, 2), dtype="uint8")
    materials[1:, 0] = 1
    years = np.column_stack([np.full(rows, 1690.0), np.full(rows, 1705.0)])
    years[0], years[1] = (1500, 1780), (1705, 1690)
    truth = {
        "N": rows,
        "set": 1 + np.arange(rows) % 3,
        "C": creators,
        "Cnames": np.array(names, dtype=object),
        "Ccount": np.bincount(creators - 1, minlength=len(names)),
        "T": types.tocsc(),
        "Tnames": np.array(["prent", "schilderij", "boekillustratie"], dtype=object),
        "M": materials,
        "Mnames": np.array(["papier", "olieverf"], dtype=object),
        "Y": years,
    }
    truth |= changes
    root.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(root / "rijksgt.mat", {"gt": {name: value for name, value in truth.items() if value is not None}})
    for number in range(rows):
        picture(root / "jpg2" / f"RP-P-{1000 + 7 * number}.jpg", number)
    return root


# --- OmniArt ---------------------------------------------------------------------------------------------------------

OMNIART = _columns(
    "id,artwork_name,artist_full_name,artist_first_name,artist_last_name,creation_year,century,source_url,image_url,"
    "collection_origins,artwork_type,school,original_id_in_collection,created_at,last_modified,omni_id,created_by_id,"
    "general_type,geocoded"
)
# Name, artist, year, century, origin, type, school, the number of its address.
_OMNIART_WORKS = (
    ("hind beside a pond", "carl f. berg", "1888.0", "19.0", "Web Gallery of Art", "painting", "Danmark", 1),
    ("the herb garden", "unknown", "1877.0", "19.0", "The Met", "albums|jewelry", "Scotland, UK", 2),
    ("unknown", "niccol? dell' orso", "1490.0", "xv", "Web Gallery of Art", "painting", "Italia", 3),
    ("saint at a desk", "juan de la roca", "unknown", "unknown", "Rijksmuseum", "print", "España", 4),
    ("saint at a desk", "juan de la roca", "1490.0", "15.0", "Rijksmuseum", "print", "España", 4),
    ("amulet", "", "-300.0", "-3.0", "The Met", "ivory/bone-amulets", "België / Belgique / Belgien", 5),
    ("broken bowl", "unidentified", "20190.0", "202.0", "The Met", "ceramics-pottery", "", 6),
)


def omniart(root: Path) -> Path:
    """The dump where the source kept it, and pictures of all works but one; an id stands twice."""
    rows = []
    for number, (title, artist, year, century, origin, kind, school, address) in enumerate(_OMNIART_WORKS, start=1):
        row = dict.fromkeys(OMNIART, "")
        row |= {"id": f"0a-{number}", "artwork_name": title, "artist_full_name": artist, "creation_year": year}
        row |= {"century": century, "collection_origins": origin, "artwork_type": kind, "school": school}
        row |= {"omni_id": str(number), "source_url": f"http://example.org/{address}"}
        row |= {"image_url": f"http://example.org/{address}.jpg", "general_type": kind.split("|")[0]}
        rows.append(list(row.values()))
        if number > 1:
            picture(root / "data" / "img_300x" / f"{number}.jpg", number)
    write(root / "data" / "csv" / "omniart_v3_datadump.csv", OMNIART, [*rows, rows[2]], end="\n")
    return root


# --- National Gallery of Art -----------------------------------------------------------------------------------------

_NGA_OBJECTS = _columns(
    "objectid,uuid,accessioned,accessionnum,locationid,title,displaydate,beginyear,endyear,visualbrowsertimespan,medium,"
    "dimensions,inscription,markings,attributioninverted,attribution,provenancetext,creditline,classification,"
    "subclassification,visualbrowserclassification,parentid,isvirtual,departmentabbr,portfolio,series,volume,watermarks,"
    "lastdetectedmodification,wikidataid,customprinturl"
)
_NGA_IMAGES = _columns(
    "uuid,iiifurl,iiifthumburl,viewtype,sequence,width,height,maxpixels,openaccess,created,modified,"
    "depictstmsobjectid,assistivetext"
)
_NGA_CONSTITUENTS = _columns(
    "constituentid,ulanid,preferreddisplayname,forwarddisplayname,lastname,displaydate,artistofngaobject,beginyear,"
    "endyear,visualbrowsertimespan,nationality,visualbrowsernationality,constituenttype,wikidataid"
)
_NGA_LINKS = _columns(
    "objectid,constituentid,displayorder,roletype,role,prefix,suffix,displaydate,beginyear,endyear,country,zipcode"
)
_NGA_TERMS = _columns("termid,objectid,termtype,term,visualbrowsertheme,visualbrowserstyle")


def nga(root: Path, today: bool = True) -> Path:
    """The five tables; `today=False` as in March 2025, without uuid of objects and openaccess of pictures."""
    objects = [
        {"objectid": "11", "title": "_Saint Jerome_ in a Landscape", "displaydate": "c. 1530", "beginyear": "1528",
         "endyear": "1532", "attribution": "Follower of Hans Wald", "classification": "Painting",
         "medium": "oil on panel"},
        {"objectid": "12", "title": "The Mill\nat Dusk", "displaydate": "", "beginyear": "1606", "endyear": "1669",
         "attribution": "Rut van Rijn", "classification": "Print", "medium": "etching, drypoint"},
        {"objectid": "13", "title": "Weathervane", "displaydate": "19th century", "beginyear": "", "endyear": "",
         "attribution": "American 19th Century", "classification": "Index of American Design", "medium": "watercolor"},
        {"objectid": "14", "title": "Untitled", "displaydate": "1966", "beginyear": "1966", "endyear": "1966",
         "attribution": "Ann Fisher", "classification": "Sculpture", "medium": "steel"},
        {"objectid": "15", "title": "No picture", "displaydate": "1800", "beginyear": "1800", "endyear": "1800"},
    ]  # fmt: skip
    images = [
        {"uuid": "aa-1", "viewtype": "alternate", "sequence": "1", "depictstmsobjectid": "11", "openaccess": "1"},
        {"uuid": "aa-2", "viewtype": "primary", "sequence": "0", "depictstmsobjectid": "11", "openaccess": "1"},
        {"uuid": "bb-1", "viewtype": "primary", "sequence": "0", "depictstmsobjectid": "12", "openaccess": "1"},
        {"uuid": "cc-1", "viewtype": "primary", "sequence": "0", "depictstmsobjectid": "13", "openaccess": "1"},
        {"uuid": "dd-1", "viewtype": "primary", "sequence": "0", "depictstmsobjectid": "14", "openaccess": "0",
         "maxpixels": "640"},
        {"uuid": "ee-1", "viewtype": "primary", "sequence": "0", "depictstmsobjectid": "99", "openaccess": "1"},
    ]  # fmt: skip
    for image in images:
        image["iiifurl"] = f"https://api.nga.gov/iiif/{image['uuid']}"
    left = set() if today else {"openaccess"}
    tables = {
        "objects": ([name for name in _NGA_OBJECTS if today or name != "uuid"], objects),
        "published_images": ([name for name in _NGA_IMAGES if name not in left], images),
        "constituents": (_NGA_CONSTITUENTS, [
            {"constituentid": "1", "forwarddisplayname": "Hans Wald", "nationality": "German",
             "constituenttype": "individual"},
            {"constituentid": "2", "forwarddisplayname": "Rut van Rijn", "nationality": "Dutch",
             "constituenttype": "individual"},
            {"constituentid": "3", "forwarddisplayname": "American 19th Century", "nationality": "American",
             "constituenttype": "anonymous"},
            {"constituentid": "4", "forwarddisplayname": "A Donor", "nationality": "American",
             "constituenttype": "individual"},
        ]),
        "objects_constituents": (_NGA_LINKS, [
            {"objectid": "11", "constituentid": "4", "displayorder": "1", "roletype": "donor"},
            {"objectid": "11", "constituentid": "2", "displayorder": "10", "roletype": "artist"},
            {"objectid": "11", "constituentid": "1", "displayorder": "2", "roletype": "artist"},
            {"objectid": "12", "constituentid": "2", "displayorder": "1", "roletype": "artist"},
            {"objectid": "13", "constituentid": "3", "displayorder": "1", "roletype": "artist"},
        ]),
        "objects_terms": (_NGA_TERMS, [
            {"termid": "1", "objectid": "11", "termtype": "School", "term": "Netherlandish"},
            {"termid": "2", "objectid": "11", "termtype": "Style", "term": "Northern Renaissance"},
            {"termid": "3", "objectid": "11", "termtype": "Theme", "term": "saints"},
            {"termid": "4", "objectid": "11", "termtype": "Theme", "term": "landscape"},
            {"termid": "5", "objectid": "12", "termtype": "Place Executed", "term": "Leiden"},
        ]),
    }  # fmt: skip
    for name, (columns, rows) in tables.items():
        write(root / "data" / f"{name}.csv", columns, [[row.get(column, "") for column in columns] for row in rows])
    for number in (11, 12, 13, 14):
        picture(root / "images" / f"{number}.jpg", number)
    return root


# --- Cleveland -------------------------------------------------------------------------------------------------------


def cleveland(root: Path, form: str = "csv") -> Path:
    """The records as data.csv ("csv"), data.json ("json"), JSON lines ("jsonl") or a page of the API ("page")."""
    records = [
        {"id": 101, "title": "Water Garden", "share_license_status": "CC0", "creation_date": "c. 1915–26",
         "creation_date_earliest": 1915, "creation_date_latest": 1926, "culture": ["France, 20th century"],
         "creators": [{"description": "Claude Morel (French, 1840–1926)", "role": "artist"}],
         "technique": "oil on canvas",
         "type": "Painting", "images": {"web": {"url": "https://example.org/101_web.jpg", "width": "956"}}},
        {"id": 102, "title": "Head of a King", "share_license_status": "CC0", "creation_date": "664–525 BCE",
         "creation_date_earliest": -664, "creation_date_latest": -525, "culture": ["Egypt, Late Period", "Egypt"],
         "creators": [], "technique": "granite; traces of paint", "type": "Sculpture",
         "images": {"web": {"url": "https://example.org/102_web.jpg"}}},
        {"id": 103, "title": "Not Shown", "share_license_status": "CC0", "creation_date": "1700s",
         "creation_date_earliest": 1700, "creation_date_latest": 1799, "culture": [], "creators": [],
         "technique": None, "type": "Print", "images": None},
        {"id": 104, "title": "Not Open", "share_license_status": "Copyrighted", "creation_date": "1999",
         "creation_date_earliest": 1999, "creation_date_latest": 1999, "culture": ["America, 20th century"],
         "creators": [{"description": "Ann Fisher (American, born 1950), artist"}], "technique": "ink",
         "type": "Drawing", "images": {"web": {"url": "https://example.org/104_web.jpg"}}},
    ]  # fmt: skip
    for record in records:
        record |= {"accession_number": f"19{record['id']}.1", "department": "Everything", "creditline": "A gift"}
        record |= {"url": f"https://clevelandart.org/art/19{record['id']}.1"}
        picture(root / "images" / f"{record['id']}.jpg", record["id"])
    if form == "csv":
        names = [name for name in records[0] if name != "images"]
        rows = [[_cleveland_cell(record[name]) for name in names] for record in records]
        addresses = [record["images"]["web"]["url"] if record["images"] else "" for record in records]
        made = [[*row, address] for row, address in zip(rows, addresses, strict=True)]
        write(root / "data.csv", [*names, "image_web"], made)
    elif form == "jsonl":
        (root / "records.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    else:
        found = records if form == "json" else {"info": {"total": 4}, "data": records}
        (root / "data.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return root


def _cleveland_cell(value) -> str:
    if isinstance(value, list):
        return "; ".join(entry["description"] if isinstance(entry, dict) else entry for entry in value)
    return "" if value is None else str(value)

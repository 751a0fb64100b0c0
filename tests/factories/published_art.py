"""Small synthetic collections in the layouts of published ones, faults and all: WikiArt and its kin.

Every function writes one collection beneath a folder and returns that folder.
`python tests/factories/published_art.py FOLDER` writes them all, to look at.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SOROLLA = "Impressionism/joaqu\u00e3\u00adn-sorolla_ruins-of-bunol-1894.jpg"  # UTF-8 read as Latin-1, lower-cased
STYLES = ("Art_Nouveau", "Baroque", "Cubism", "Impressionism", "Post_Impressionism")
GENRES = ("cityscape", "landscape", "portrait")
ARTISTS = ("Claude_Monet", "Rembrandt")

_STYLE_TRAIN = (
    ("Impressionism/claude-monet_water-lilies-6.jpg", 3),
    ("Impressionism/claude-monet_banks-of-the-seine-1878.jpg", 3),
    (SOROLLA, 3),
    ("Art_Nouveau_Modern/alphonse-mucha_dance-1898.jpg", 0),
    ("Baroque/rembrandt_not_detected_240343.jpg", 1),
    ("Baroque/rembrandt_self-portrait-1634(2).jpg", 1),
    ("Cubism/pablo-picasso_o'brien-s-house.jpg", 2),
    ("Post_Impressionism/paul-gauguin_the-seine-1875.jpg", 4),
)
_STYLE_VAL = (
    ("Impressionism/paul-gauguin_the-seine-1875.jpg", 3),
    ("Post_Impressionism/maurice-de-vlaminck_the-village.jpg", 4),
    ("Impressionism/claude-monet_haystacks-1890-1.jpg", 3),
)
_GENRE_TRAIN = (
    ("Impressionism/claude-monet_water-lilies-6.jpg", 1),
    ("Impressionism/claude-monet_haystacks-1890-1.jpg", 1),
)
_GENRE_VAL = (
    ("Post_Impressionism/maurice-de-vlaminck_the-village.jpg", 0),
    ("Baroque/rembrandt_self-portrait-1634(2).jpg", 2),
    ("Post_Impressionism/maurice-de-vlaminck_the-village.jpg", 1),
)
_ARTIST_TRAIN = (("Impressionism/claude-monet_haystacks-1890-1.jpg", 0),)
_ARTIST_VAL = (("Baroque/rembrandt_self-portrait-1634(2).jpg", 1), ("Impressionism/claude-monet_water-lilies-6.jpg", 0))


def picture(path, seed=0, side=(24, 20)):
    """A JPEG or PNG of coarse noise; its folder is made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(side, Image.Resampling.NEAREST).save(path)
    return path


def wikiart(root, pictures=True):
    """The three lists (CRLF; the artists' with LF, a header, a blank line and ",,") and the style folders."""
    root = Path(root)
    classes = {"Style/style_class.txt": STYLES, "Genre/genre_class": GENRES, "Artist/artist_class": ARTISTS}
    for name, names in classes.items():
        _write(root / name, "".join(f"{number} {name}\n" for number, name in enumerate(names)))
    for name, rows in (
        ("Style/style_train.csv", _STYLE_TRAIN),
        ("Style/style_val.csv", _STYLE_VAL),
        ("Genre/genre_train.csv", _GENRE_TRAIN),
        ("Genre/genre_val.csv", _GENRE_VAL),
    ):
        _write(root / name, "".join(f"{path},{label}\r\n" for path, label in rows))
    for name, rows in (("Artist/artist_train", _ARTIST_TRAIN), ("Artist/artist_val", _ARTIST_VAL)):
        lines = "".join(f"{path},,{label}\n" for path, label in rows)
        _write(root / name, f"(Path to image),, (Groundtruth class)\n\n{lines}")
    if pictures:
        for seed, (path, _) in enumerate(_STYLE_TRAIN + _STYLE_VAL):
            picture(root / path, seed)
        _truncate(root / "Baroque/rembrandt_not_detected_240343.jpg")
    return root


def artsagenet(file):
    """Rows of wikiart_artists.csv: CRLF, dates as "1887.0", schools within quotes, one picture of elsewhere."""
    header = (
        "image,relative_path,style_classification,artist_attribution,timeframe_estimation,mode,date,"
        "additional_styles,artist_school,tags"
    )
    rows = [
        '{0},Impressionism/{0},impressionism,claude-monet,1850-1900,train,1890.0,,french,"fields,haystack"'.format(
            "claude-monet_haystacks-1890-1.jpg"
        ),
        '{0},Impressionism/{0},impressionism,claude-monet,1900-1950,val,1906.0,,"french, jewish",'.format(
            "claude-monet_water-lilies-6.jpg"
        ),
        "{0},Baroque/{0},baroque,rembrandt,1600-1650,test,,,dutch,".format("rembrandt_self-portrait-1634(2).jpg"),
        "{0},Baroque/{0},baroque,rembrandt,1600-1650,test,1640.0,,dutch,".format("rembrandt_elsewhere.jpg"),
    ]
    return _write(file, "\r\n".join([header, *rows]) + "\r\n")


def wikiart_parquet(root, rows=7, group=3):
    """Two files of image {bytes, path}, artist, genre, style as numbers, classes in the schema's metadata."""
    import io

    import pyarrow
    from pyarrow import parquet

    names = {
        "artist": ["Unknown Artist", "boris-kustodiev", "vincent-van-gogh"],
        "genre": ["abstract_painting", "landscape", "Unknown Genre"],
        "style": ["Abstract_Expressionism", "Art_Nouveau", "Realism"],
    }
    features = {"image": {"_type": "Image"}} | {c: {"names": n, "_type": "ClassLabel"} for c, n in names.items()}
    for part in range(2):
        images = []
        for row in range(rows):
            file = io.BytesIO()
            Image.new("RGB", (16, 12), (40 * row, 0, 100 * part)).save(file, "PNG")
            images.append({"bytes": file.getvalue() if row else b"\x89PNG broken", "path": None})
        table = pyarrow.table(
            {"image": images} | {column: [(row + part) % 3 for row in range(rows)] for column in names}
        ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        file = Path(root) / "data" / f"train-{part:05}-of-00002.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, file, row_group_size=group)
    return Path(root)


def painter_by_numbers(root, pictures=True, table="all_data_info.csv", giant=False):
    """Both tables of the competition: dates in all spellings, commas in titles, accents, a giant scan in train/."""
    root = Path(root)
    rows = [
        'Pablo Picasso,1906,genre painting,1734.0,2464.0,888133.0,wikiart,Expressionism,"The Harem, a study",'
        "train_and_test,True,37299.jpg",
        "Pablo Picasso,1906.0,nude painting (nu),1793.0,2275.0,708621.0,wikiart,Expressionism,Bust,"
        "train_and_test,False,31554.jpg",
        "Henri Rousseau,c.1905,portrait,1573.0,2454.0,614828.0,wikiart,Na\u00efve Art (Primitivism),,"
        "train_only,True,35824.jpg",
        "Agnes Martin,November 1982,,10000.0,9000.0,614828.0,,Art Nouveau (Modern),Untitled,test_only,False,2.jpg",
        "Unknown,,,,,,,,,train_only,True,3917.jpg",
    ]
    header = (
        "artist,date,genre,pixelsx,pixelsy,size_bytes,source,style,title,artist_group,in_train,new_filename"
        if table == "all_data_info.csv"
        else "filename,artist,title,style,genre,date"
    )
    if table != "all_data_info.csv":
        rows = ['37299.jpg,5b39c876740bfc1cfaf544b4b4e6,"The Harem, a study",Expressionism,genre painting,1955.0']
    _write(root / table, "\n".join([header, *rows]) + "\n")
    if pictures:
        for seed, name in enumerate(("train/37299.jpg", "test/31554.jpg", "train/35824.jpg", "train/3917.jpg")):
            picture(root / name, seed)
        _truncate(root / "train/3917.jpg")
        if giant:
            Image.new("L", (10_000, 9_000)).save(root / "test/2.jpg")  # 90 million pixels, more than Pillow's own limit
        else:
            picture(root / "test/2.jpg")
    return root


def wga(root, pictures=True):
    """catalog.csv with semicolons and Western European bytes; one fresco and two details of it."""
    root = Path(root)
    site = "https://www.wga.hu/html"
    rows = [
        '"AACHEN, Hans von";"(b. 1552, K\u00f6ln, d. 1615, Praha)";Venus and Adonis;1574-88;'
        '"Oil on canvas, 68 x 95 cm";"Fogg Art Museum, Harvard University, Cambridge";'
        f"{site}/a/aachen/adonis.html;painting;mythological;German;1601-1650",
        'GIOTTO di Bondone;"(b. 1267, Vespignano, d. 1337, Firenze)";Last Judgment;1306;Fresco;"Cappella, Padova";'
        f"{site}/g/giotto/padova/judg.html;painting;religious;Italian;1301-1350",
        'GIOTTO di Bondone;"(b. 1267, Vespignano, d. 1337, Firenze)";Last Judgment (detail);1306;Fresco;'
        f'"Cappella, Padova";{site}/g/giotto/padova/judg1.html;painting;religious;Italian;1301-1350',
        'GIOTTO di Bondone;"(b. 1267, Vespignano, d. 1337, Firenze)";Last Judgment (detail of the left);-;'
        f'Fresco;"Cappella, Padova";{site}/g/giotto/padova/judg2.html;painting;religious;Italian;1301-1350',
        '"ZWIRNER, Ernst Friedrich";"(b. 1802, Jakobswalde, d. 1861, K\u00f6ln)";'
        '"Exterior <b>view</b> &amp; spire";1540s;'
        f'Photo;"St. Apollinaris, Remagen";{site}/z/zwirner/remagen.html;architecture;other;German;1801-1850',
        f'"UNKNOWN MASTER, Flemish";(active c. 1490);=HYPERLINK("x");c. 1490;Panel;-;{site}/m/master/x.html;'
        "painting;portrait;Flemish;1451-1500",
        "GIOTTO di Bondone;-;A page elsewhere;1306;Fresco;-;http://example.org/html/a.html;painting;other;Italian;-",
    ]
    rows[5] = rows[5].replace('=HYPERLINK("x")', '"=HYPERLINK(""x"")"')
    header = "AUTHOR;BORN-DIED;TITLE;DATE;TECHNIQUE;LOCATION;URL;FORM;TYPE;SCHOOL;TIMEFRAME"
    _write(root / "catalog.csv", "\r\n".join([header, *rows]) + "\r\n", "cp1252")
    if pictures:
        names = ("a/aachen/adonis", "g/giotto/padova/judg", "g/giotto/padova/judg1", "g/giotto/padova/judg2")
        for seed, name in enumerate((*names, "z/zwirner/remagen", "m/master/x")):
            picture(root / "art" / f"{name}.jpg", seed)
    return root


def semart(root, pictures=True):
    """Three tables with tabs, cp1252 and HTML entities; a work in train with a detail of it in test."""
    root = Path(root)
    header = "IMAGE_FILE DESCRIPTION AUTHOR TITLE TECHNIQUE DATE TYPE SCHOOL TIMEFRAME".replace(" ", "\t")
    comment = '"The painting hung in K\u00f6ln, known as ""The Madonna""; its donor\u2019s family kneels&nbsp;below"'
    madonna = ("HOLBEIN, Hans the Younger", "Darmstadt Madonna", "Oil on panel, 147 x 102 cm", "1526")
    detail = ("HOLBEIN, Hans the Younger", "Darmstadt Madonna (detail)", "Oil on panel", "1526")
    view = ("CANALETTO", "View of D&uuml;rnstein", "Etching", "-")
    child = ("RENOIR, Pierre-Auguste", "Child", "Pastel", "c. 1890")
    rows = {
        "train": [
            ("19873-1darmst.jpg", comment, *madonna, "religious", "German", "1501-1550"),
            ("00001-view.jpg", "A view", *view, "landscape", "Italian", "1701-1750"),
        ],
        "val": [("00002-child.jpg", "A child", *child, "portrait", "French", "1851-1900")],
        "test": [("19874-detail.jpg", "The donor", *detail, "religious", "German", "1501-1550")],
    }
    for part, lines in rows.items():
        text = "\n".join([header, *("\t".join(fields) for fields in lines)]) + "\n"
        _write(root / f"semart_{part}.csv", text, "cp1252")
        if pictures:
            for seed, fields in enumerate(lines):
                picture(root / "Images" / fields[0], seed)
    return root


def artbench(root, split=True, table=True):
    """The image folders, with or without train/ and test/, and the table of metadata."""
    root = Path(root)
    names = {
        "baroque": ("abraham-storck_italianate-park-landscape.jpg", "jan-steen_the-feast.jpg"),
        "ukiyo_e": ("hiroshige_snow-1840.jpg", "hiroshige_rain-1841.jpg"),
    }
    rows = ["name,artist,url,is_public_domain,length,width,label,split,cifar_index"]
    for style, files in names.items():
        for number, (file, part) in enumerate(zip(files, ("train", "test"), strict=True)):
            place = root / "artbench-10-imagefolder-split" / part if split else root / "artbench-10-imagefolder"
            picture(place / style / file, number)
            artist = file.split("_")[0]
            rows.append(f"{file},{artist},https://uploads.wikiart.org/{file},True,400,300,{style},{part},{number}")
    if table:
        _write(root / "ArtBench-10.csv", "\n".join(rows) + "\n")
    return root


def artistry(root):
    """Four fields with two sides, and folders of Places365 in all the spellings in use."""
    root = Path(root)
    places = ("palace", "places365/japanese_garden", "church-outdoor", "h/house", "a/apartment_building/outdoor")
    sides = ("painting/artistic/museum", "painting/ordinary/snapshots", "Sculptures/artistic", "garden/ordinary")
    for seed, name in enumerate((*sides, *places, "airfield", "garden/unsorted")):
        picture(root / name / "00000001.jpg", seed)
    return root


def _write(file, text, encoding="utf-8"):
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))
    return file


def _truncate(path):
    """A picture whose download broke off, as some of every large collection's did."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for write in (wikiart, wikiart_parquet, painter_by_numbers, wga, semart, artbench, artistry):
        print(write(folder / write.__name__))

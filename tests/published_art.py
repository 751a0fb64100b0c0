"""Small synthetic collections in the layouts of published ones, faults and all: WikiArt and its kin.

Every function writes one collection beneath a folder and returns that folder. `python tests/published_art.py FOLDER`
writes them all, to look at.
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
    for write in (wikiart, wikiart_parquet):
        print(write(folder / write.__name__))

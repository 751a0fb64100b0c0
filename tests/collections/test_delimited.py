"""Published tables as they come: line ends, marks, quotes; and every fault in one sentence."""

import pytest

from artlib.collections import delimited
from artlib.works import CollectionError


@pytest.fixture
def file(tmp_path):
    def write(content, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("a,b\n1,x\n2,\n", {}),
        ("a,b\r\n1,x\r\n2,\r\n", {}),
        ("a,b\n1,x\n\n2,", {}),
        ('\n\n"a","b"\n1,"x"\n2,""\n', {}),
        ("a;b\n1;x\n2;\n", {"delimiter": ";"}),
        ("a\tb\n1\tx\n2\t\n", {"delimiter": "\t"}),
    ],
)
def test_the_same_rows_however_they_are_written(file, content, options):
    assert delimited.read(file(content), **options).to_pydict() == {"a": ["1", "2"], "b": ["x", ""]}


def test_marks_quotes_and_line_ends_inside_fields(file):
    path = file('"Object Number",Title\r\n04.1a–c,"A ""view""\r\nof Delft, 2"\r\n', encoding="utf-8-sig")
    assert delimited.read(path).to_pydict() == {"Object Number": ["04.1a–c"], "Title": ['A "view"\r\nof Delft, 2']}


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_other_encodings(file, encoding):
    table = delimited.read(file("a,b\n1,Köln\n", encoding=encoding), encoding="cp1252")
    assert table["b"].to_pylist() == ["Köln"]


def test_only_the_columns_asked_for_and_nulls_for_those_that_are_not_there(file):
    path = file("a,b,c\n1,x,007\n2,y,\n")
    table = delimited.read(path, columns=["c", "later", "a"], required=["a"])
    assert table.to_pydict() == {"c": ["007", ""], "later": [None, None], "a": ["1", "2"]}


def test_a_quote_inside_a_bare_field_is_a_letter(file):
    assert delimited.read(file('a,b\n1,12" high\n2,x\n'))["b"].to_pylist() == ['12" high', "x"]


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\nsize 3\n", {}, r"table\.csv is a Git LFS pointer.*git lfs pull"),
        (b"", {}, r"table\.csv is empty"),
        (b"\xef\xbb\xbf\r\n \n", {}, r"table\.csv is empty"),
        (b"a,b\n", {}, r"table\.csv holds no rows"),
        (b"a,b", {}, r"table\.csv holds no rows"),
        (b"a;b;c\n1;2;3\n", {}, r"separated by semicolons, not by commas \(delimiter=';'\)"),
        (b"a,b\n1,2\n", {"delimiter": ";"}, r"separated by commas, not by semicolons"),
        (b"a\tb\n1\t2\n", {}, r"separated by tabs"),
        (b"a,b\n1,K\xf6ln\n", {}, r"line 2: byte 0xf6 is not utf-8.*encoding='cp1252'"),
        (b"a,b\n1,\x81\n", {"encoding": "cp1252"}, r"line 2: byte 0x81 is not cp1252"),
        (b"a,b\n1,2\n", {"encoding": "hex"}, r"no text encoding called 'hex'"),
        (b"a,b\n1,2\n", {"encoding": "klingon"}, r"no text encoding called 'klingon'"),
        (b"a,b\n1,2\n", {"required": ["a", "title"]}, r"column 'title' is missing. Columns found: 'a', 'b'"),
        (b"a,b\n1,2\n1,2,3\n", {}, r"table\.csv, row 3: 3 fields where the header names 2"),
        (b"a,b\n1,2\n\n1\n", {}, r"table\.csv, row 3: 1 fields where the header names 2"),
        (b"a,a\n1,2\n", {}, r"header names 'a' more than once"),
        (b"a,b\n1,2\x00\n", {}, r"line 2: a zero byte"),
        (b'a,b\n1,2\n3,"4\n5,6\n', {}, r"line 3: a double quote is opened and never closed"),
    ],
)
def test_faults(file, content, options, said):
    with pytest.raises(CollectionError, match=said):
        delimited.read(file(content), **options)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CollectionError, match="no such file"):
        delimited.read(tmp_path / "none.csv")
    with pytest.raises(CollectionError, match="cannot be opened"):
        delimited.read(tmp_path)

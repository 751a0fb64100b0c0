"""The table of works: its check, its messages, and the years that museums write."""

import pandas as pd
import pytest

from artlib import works
from artlib.collections import dates


def table(**columns):
    count = len(next(iter(columns.values()))) if columns else 2
    base = {"work_id": [f"w{i}" for i in range(count)], "image": [f"{i}.jpg" for i in range(count)]}
    return pd.DataFrame({**base, **columns})


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("1883", (1883, 1883)),
        ("c. 1635", (1635, 1635)),
        ("c.1982", (1982, 1982)),
        ("1955.0", (1955, 1955)),
        (1600.0, (1600, 1600)),
        ("1760s", (1760, 1769)),
        ("1713\u201322", (1713, 1722)),
        ("1870/75", (1870, 1875)),
        ("ca. 470-80", (470, 480)),
        ("ca. 2300-2000 B.C.", (-2300, -2000)),
        ("500 BCE", (-500, -500)),
        ("-350", (-350, -350)),
        ("18th century", (1701, 1800)),
        ("late 16th century", (1567, 1600)),
        ("18th-19th century", (1701, 1900)),
        ("5th century B.C.", (-500, -401)),
        ("Han dynasty (206 B.C.-A.D. 220)", (-206, 220)),
        ("50 BCE \u2013 50 CE", (-50, 50)),
        ("Qing dynasty (1644\u20131911), Kangxi period (1662\u20131722)", (1662, 1722)),
        ("August 2, 1880", (1880, 1880)),
        ("1801-12-31 00:00:00", (1801, 1801)),
        ("1850-01-01T00:00:00Z/1852-03-04", (1850, 1852)),
        ("05.12.1880", (1880, 1880)),
        ("1st century B.C.\u20131st century A.D.", (-100, 100)),
        ("late 1st century B.C.\u2013early 1st century A.D.", (-34, 34)),
        ("16th, 17th or 18th century", (1501, 1800)),
        ("late 17th\u2013early 18th century", (1667, 1734)),
        ("first quarter of the 18th century", (1701, 1725)),
        ("[189-?]", (1890, 1899)),
        ("19??", (1900, 1999)),
        ("1850s-60s", (1850, 1869)),
        ("between 1850 and c. 1860", (1850, 1860)),
        ("480\u201370 B.C.", (-480, -470)),
        ("300-50 B.C.", (-300, -50)),
        ("B.C. 10,000", (-10000, -10000)),
        ("A.H. 1120/A.D. 1708", (1708, 1708)),
        ("1880, cast 1920\u201325", (1880, 1880)),
        # Open at one end, of another era or calendar, or unclear: missing, not wrong.
        *((said, (None, None)) for said in ("before 1850", "after ca. 1700", "1850 or later", "1990-present", "1850-")),
        *(
            (said, (None, None))
            for said in ("500 v. Chr.", "A.H. 1120", "206 B.C.-220", "1898-02", "3rd millennium BC")
        ),
        ("n.d.", (None, None)),
        ("-", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
        (float("nan"), (None, None)),
    ],
)
def test_years_as_museums_write_them(text, years):
    assert dates.parse_years(text) == years


def test_a_clean_table_gets_its_types():
    checked = works.check(
        table(
            artist=[" Titian ", ""],
            year_begin=["1510", None],
            types=["print; drawing", None],
            artistic=["true", "No"],
            extra=[1, 2],
        ),
        "works.csv",
    )
    assert checked["artist"].tolist() == ["Titian", None]
    assert checked["year_begin"].dtype == "Int64"
    assert checked["year_begin"].isna().tolist() == [False, True]
    assert checked["types"].tolist() == [["print", "drawing"], []]
    assert checked["artistic"].tolist() == [True, False]
    assert checked["extra"].tolist() == [1, 2]


def test_checking_twice_changes_nothing():
    once = works.check(table(year_begin=["1635", "1700"], types=["a;b", ""], artistic=["yes", None]), "t")
    pd.testing.assert_frame_equal(once, works.check(once, "t"))


def test_a_wordy_year_is_read_and_its_words_are_kept():
    said = table(year_begin=["c. 1635", "1640"], year_end=["1636", "1640s"])
    checked = works.check(dates.with_years(said, "works.csv"), "works.csv")
    assert checked["year_begin"].tolist() == [1635, 1640]
    assert checked["year_end"].tolist() == [1636, 1649]
    assert checked["date_text"].tolist() == ["c. 1635", "1640s"]


@pytest.mark.parametrize(
    ("frame", "parts"),
    [
        (pd.DataFrame({"work_id": ["a"]}), ["works.csv", "'image'", "missing"]),
        (table(year_begin=["soon", "1"]), ["works.csv", "row 0", "'year_begin'", "'soon'"]),
        (table(year_begin=[1700, 1701], year_end=[1600, 1702]), ["row 0", "year_begin lies after year_end"]),
        (table(field=["poem", "painting"]), ["row 0", "'field'", "'poem'"]),
        (table(artistic=["perhaps", "yes"]), ["row 0", "'artistic'", "'perhaps'"]),
        (table(year_begin=[99999, 1]), ["row 0", "99999"]),
        (pd.DataFrame({"work_id": ["a", "b"], "image": ["x", "x"]}), ["row 0", "'image'", "listed twice"]),
        (pd.DataFrame({"work_id": ["a", ""], "image": ["x", "y"]}), ["row 1", "'work_id'", "empty"]),
    ],
)
def test_a_fault_names_place_and_value(frame, parts):
    with pytest.raises(works.WorksError) as fault:
        works.check(frame, "works.csv")
    assert all(part in str(fault.value) for part in parts), str(fault.value)


def test_many_faults_become_one_short_message():
    with pytest.raises(works.WorksError, match="and 7 more") as fault:
        works.check(table(field=["poem"] * 10), "works.csv")
    assert "\n" not in str(fault.value)


def test_an_empty_table_is_a_table():
    assert len(works.check(pd.DataFrame({"work_id": [], "image": []}), "works.csv")) == 0


def test_the_real_table_is_read(real_root):
    checked = works.check(pd.read_csv(real_root / "works.csv"), "works.csv")
    assert len(checked) > 1000
    assert checked["year_begin"].notna().sum() > 500


def test_dates_that_say_a_number_and_no_sure_year_are_missing_and_counted():
    with pytest.warns(works.SkippedWarning, match=r"from 1 dates.*before 1850"):
        found = dates.with_years(table(date_text=["before 1850", "c. 1700", "undated"]), "works.csv")
    assert works.check(found, "works.csv")["year_begin"].isna().tolist() == [True, False, True]

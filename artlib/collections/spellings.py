"""One spelling a label: what differs only in Unicode form, blanks or case is one name, and said when it is joined."""

import re
import unicodedata
from collections import Counter

import pandas as pd

from artlib.works import skipped

COLUMNS = ("artist", "style", "genre", "culture", "timeframe")
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")


def joined(works: pd.DataFrame, source: str) -> pd.DataFrame:
    """The works with one spelling for each label of `COLUMNS`: the most frequent one, the first where several are.

    Labels are the same when their letters are (Unicode NFC, one blank between words) whatever their case. Joined ones
    are named in a SkippedWarning.
    """
    changed, told = {}, []
    for column in works.columns.intersection(COLUMNS):
        try:
            counts = works[column].value_counts(sort=False)
        except TypeError:  # lists: the table's check says so
            continue
        if not all(isinstance(label, str) for label in counts.index):
            continue
        groups: dict[str, Counter[str]] = {}
        for label, count in counts.items():
            groups.setdefault(tidy(label).casefold(), Counter())[label] = count
        best = {label: _best(names) for names in groups.values() for label in names}
        told += [f"{column} {_best(names)!r}" for key, names in groups.items() if len(names) > 1 and key]
        if any(label != name for label, name in best.items()):
            changed[column] = works[column].map(best).astype(object)
    if told:
        more = f" and {len(told) - 4} more" if len(told) > 4 else ""
        skipped(f"{source}: labels in several spellings are one each: {', '.join(told[:4])}{more}.")
    return works.assign(**changed) if changed else works


def _best(names: Counter[str]) -> str:
    name = names.most_common(1)[0][0]
    return tidy(name) if len(names) > 1 or not name.isprintable() else unicodedata.normalize("NFC", name)


def tidy(label: str) -> str:
    """A label in composed letters, one blank between words, without letters that nobody sees."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", label)).split())

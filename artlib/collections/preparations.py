"""The papers' preparations: from a museum's table to the works that each paper trained on, with a funnel that says so.

Each function takes works (`artlib.works`) and returns a `Prepared`: the works that are left, and how many each step
left. Lists and numbers stand in ``data/preparations.yaml``. What the papers did by eye is done here by rule, and the
counts differ for that; the funnels show by how much. Chapters: collections, culture, fine-tuning, artist
identification, omniart.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from artlib import paths
from artlib.errors import one_of
from artlib.works import CollectionError

UNKNOWN = "unknown"
_SHOWN = 30  # classes of which a funnel prints the counts


@dataclass(frozen=True)
class Prepared:
    """Works that a preparation leaves.

    Attributes
    ----------
    name : which preparation, and where the paper describes it.
    works : the table of works, rows numbered from 0; the label in `column`.
    column : what is predicted (`artlib.tasks.make(prepared.works, prepared.column)`).
    funnel : one row a step: step, works (left after it), dropped.
    groups : one row a class, largest first: initial (before the last step) and final; paper_initial and paper_final
        where the paper prints them.
    """

    name: str
    works: pd.DataFrame
    column: str
    funnel: pd.DataFrame
    groups: pd.DataFrame

    def __len__(self) -> int:
        return len(self.works)

    def __str__(self) -> str:
        """Both tables, as Table 1 of the culture paper prints them."""
        more = len(self.groups) - _SHOWN
        rest = [f"and {more:,} more"] if more > 0 else []
        tables = _text(self.funnel.set_index("step")), _text(self.groups.head(_SHOWN))
        return "\n".join([self.name, "", tables[0], "", tables[1], *rest])


def culture(works: pd.DataFrame, minimum: int | None = None, only: bool = True) -> Prepared:
    """Paintings of eleven cultures from the Met's works (culture paper, section 3.1, Table 1).

    Paintings; their Culture, or else their artist's nationality; places that overlap as one ("Gujarat" is Indian);
    cultures with at least `minimum` (100) works; without objects that are no paintings but are catalogued as such, by
    the words of `object_name`. `only=False` keeps cultures beside the paper's eleven that are large enough.

    A place with an "or" between two cultures is neither. Errors: CollectionError when no column says what is a
    painting, or when no work is left.
    """
    rules = _rules()["culture"]
    funnel = _Funnel("Cultures of paintings (culture paper, Table 1)", works)
    funnel.keep("tagged as paintings", _any_of(works, rules["paintings"]))
    origin = _origin(funnel.works)
    funnel.works = funnel.works.assign(culture_source=origin, culture=_cultures(origin, rules["merge"]))
    funnel.keep("with a culture, or else their artist's nationality", funnel.works["culture"].notna())
    if only:
        funnel.keep(f"of the paper's {len(rules['merge'])} cultures", funnel.works["culture"].isin(rules["merge"]))
    least = rules["minimum"] if minimum is None else minimum
    funnel.keep(f"cultures with at least {least:,} works", _large(funnel.works["culture"], least))
    funnel.keep("paintings by their object's name", ~_other_objects(funnel.works, rules))
    printed = pd.DataFrame.from_dict(rules["counts"], orient="index", columns=["paper_initial", "paper_final"])
    return funnel.prepared("culture", printed.astype("Int64"))


def with_culture(works: pd.DataFrame) -> pd.DataFrame:
    """With ``culture`` under the culture paper's names: places that overlap as one, else the artist's nationality.

    "Japan" and "Edo" are Japanese; a place that may be one of two is none. Names that the paper does not merge stay.
    """
    return works.assign(culture=_cultures(_origin(works), _rules()["culture"]["merge"]))


def finetuning(works: pd.DataFrame, source: str) -> dict[str, Prepared]:
    """The fine-tuning paper's tasks on one source, by name (section 3, Table 1): nine over its three sources.

    `source` "wikiart": artist, style, genre, nationality; "wga": artist, timeframe, genre, nationality; "ticc":
    artist. Pictures of other things (architecture, photographs, posters, ...) are dropped by their genre, from the
    genre task also "illustration" and "sketch and study"; classes need the paper's minimum. Nationality is `culture`.
    Tasks whose column the works lack are left out. Errors: CollectionError for another source, or when none is left.
    """
    rules = _rules()["finetuning"]
    one_of(source, rules["sources"], f"The paper has no source {source!r}", CollectionError)
    wanted = {name: task for name, task in rules["sources"][source].items() if task["column"] in works}
    if not wanted:
        columns = ", ".join(task["column"] for task in rules["sources"][source].values())
        raise CollectionError(
            f"These works have none of the columns that the paper's tasks on {source} ask for: {columns}."
        )
    made = {}
    for name, task in wanted.items():
        column, least = task["column"], task["minimum"]
        printed = f"Table 1: {task['classes']} classes, {task['images']:,} pictures"
        funnel = _Funnel(f"{source}: {name} (fine-tuning paper, {printed})", works)
        if "genre" in works:
            funnel.keep("paintings and drawings by their genre", ~_genres(funnel.works, rules["other_genres"]))
        if column == "genre":
            funnel.keep("genres that say what is shown", ~_genres(funnel.works, rules["not_content"]))
        if column == "artist":
            _keep_named(funnel)
        else:
            funnel.keep(f"with a {name}", funnel.works[column].notna())
        funnel.keep(f"classes with at least {least:,} works", _large(funnel.works[column], least))
        made[name] = funnel.prepared(column)
    return made


def artist(works: pd.DataFrame, minimum: int | None = None) -> Prepared:
    """Artists with at least `minimum` (300) pictures (artist paper, section 3).

    Unknown artists are dropped, and names that stand for somebody else ("Follower of ..."). Where the works have a
    published split (`set`), an artist must be on both of its sides, and the training pictures are counted.
    """
    least = _rules()["artist"]["minimum"] if minimum is None else minimum
    funnel = _Funnel(f"Artists with at least {least:,} pictures (artist paper, section 3)", works)
    _keep_named(funnel)
    what, trained = "pictures", pd.Series(True, funnel.works.index)
    if "set" in funnel.works:
        what, trained = "training pictures", funnel.works["set"].eq("train").fillna(False).astype(bool)
        sides = [trained.groupby(funnel.works["artist"]).transform(how) for how in ("any", "all")]
        funnel.keep("artists in training and test set", sides[0] & ~sides[1])
        trained = trained[sides[0] & ~sides[1]].reset_index(drop=True)
    counted = funnel.works["artist"][trained]
    funnel.keep(f"artists with at least {least:,} {what}", _large(funnel.works["artist"], least, counted))
    return funnel.prepared("artist")


def omniart(
    works: pd.DataFrame, minimum: int = 100, unknown: str = "drop", tested: int = 0, language: str = "english"
) -> Prepared:
    """Works for OmniArt: artists with at least `minimum` works, materials stemmed (section 4, Tables 2 to 4).

    `unknown` "drop" leaves out works without a named artist; "class" makes them, and the artists that are too few,
    one class "unknown" (374+u in Table 2). `tested` asks for that many works of an artist in the published test set,
    and for some in both others (10 gives the 374 artists of the Rijksmuseum Challenge). Each word of a material is
    reduced to its stem (`language` "dutch" for Rijksmuseum). Column `year` is the middle of the creation interval,
    missing where that is 100 years or wider.
    """
    one_of(unknown, ("drop", "class"), f"unknown={unknown!r} is not known", CollectionError)
    funnel = _Funnel(f"Artists with at least {minimum:,} works (OmniArt, section 4)", with_year(works))
    if unknown == "drop":
        _keep_named(funnel)
    artists = _by_name(funnel.works)
    kept = _large(artists, minimum)
    if tested:
        kept &= _in_every_set(funnel.works.assign(artist=artists), tested)
    if unknown == "drop":
        asked = f" and {tested:,} tested" if tested else ""
        funnel.keep(f"artists with at least {minimum:,} works{asked}", kept)
    else:
        funnel.works = funnel.works.assign(artist=artists.where(kept, UNKNOWN))
        funnel.note(f"{int((~kept).sum()):,} unknown or by artists with too few works: one class")
    if "materials" in funnel.works:
        funnel.works = funnel.works.assign(materials=stemmed(funnel.works["materials"], language))
        funnel.note("words of materials reduced to their stems")
    return funnel.prepared("artist")


def stemmed(lists: pd.Series, language: str = "english") -> pd.Series:
    """Lists of materials in lower case with each word reduced to its stem, repetitions left out (OmniArt, 4.3.3)."""
    import snowballstemmer

    one_of(language, snowballstemmer.algorithms(), f"There is no stemmer for {language!r}", CollectionError)
    stemmer = snowballstemmer.stemmer(language)

    @cache
    def stem(material: str) -> str:
        return " ".join(stemmer.stemWords(material.lower().split()))

    return lists.map(lambda materials: list(dict.fromkeys(map(stem, materials))))


def material_words(lists: pd.Series) -> pd.Series:
    """Phrases of materials ("oil on canvas, laid down") as the words in them that may name one, each its stem.

    The paper stems each word of a material (4.3.3). Words that join, count or name a format are left out.
    """

    passed = frozenset(_rules()["omniart"]["no_materials"].split())

    def words(phrases: list[str]) -> list[str]:
        found = re.findall(r"[a-z]+", " ".join(phrases).lower())
        return [word for word in found if len(word) > 2 and word not in passed]

    return stemmed(lists.map(words))


def with_strata(works: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Only artists who are named and have ``minimum`` works keep their names; ``stratum`` is the artist, else the type.

    So all works of a small collection can train the tasks for which they have a label, and one split serves all.
    """
    kept = _large(_by_name(works), minimum)
    kinds = works["types"].map(lambda labels: labels[0] if labels else "no type")
    artist = works["artist"].where(kept, None)
    return works.assign(artist=artist, stratum=artist.where(kept, kinds))


# --- the funnel --------------------------------------------------------------------------------------------------


class _Funnel:
    """Works on their way through the steps, and what each step left."""

    def __init__(self, name: str, works: pd.DataFrame) -> None:
        self.name = name
        self.works = self.before = works.reset_index(drop=True)
        self._steps: list[tuple[str, int, int]] = []
        self.note("all works")

    def keep(self, step: str, chosen: pd.Series) -> None:
        self.before, self.works = self.works, self.works[chosen.to_numpy(bool)].reset_index(drop=True)
        self._steps.append((step, len(self.works), len(self.before) - len(self.works)))
        if self.works.empty:
            said = "; ".join(f"{step}: {left:,}" for step, left, _ in self._steps)
            raise CollectionError(f"{self.name}: no work is left. Steps so far: {said}.")

    def note(self, step: str) -> None:
        self._steps.append((step, len(self.works), 0))

    def prepared(self, column: str, printed: pd.DataFrame | None = None) -> Prepared:
        """What is left, with the counts of the classes; where counts are printed also of those that are gone."""
        initial, final = (works[column].value_counts() for works in (self.before, self.works))
        names = final.index if printed is None else initial.index
        groups = pd.DataFrame({"initial": initial.reindex(names), "final": final.reindex(names).fillna(0)})
        groups = groups.astype("Int64").rename_axis(column)
        funnel = pd.DataFrame(self._steps, columns=["step", "works", "dropped"])
        return Prepared(self.name, self.works, column, funnel, groups if printed is None else groups.join(printed))


def _large(values: pd.Series, minimum: int, counted: pd.Series | None = None) -> pd.Series:
    """Values that occur so often, among those that are ``counted``."""
    counts = (values if counted is None else counted).value_counts()
    return values.isin(counts.index[counts >= minimum])


def _text(table: pd.DataFrame) -> str:
    """A table as text: names to the left, numbers to the right with their thousands."""
    shown = table.map(lambda number: "" if pd.isna(number) else f"{number:,}")
    shown = shown.rename_axis(index=None, columns=table.index.name).rename(columns=lambda name: name.replace("_", " "))
    return shown.to_string(col_space={name: len(name) + 1 for name in shown})


# --- cultures ----------------------------------------------------------------------------------------------------


def _any_of(works: pd.DataFrame, words: Sequence[str]) -> pd.Series:
    """Whether one of the types (else the field) is one of these words."""
    if "types" in works:
        types = works["types"].reset_index(drop=True).explode().astype("string").str.lower()
        return types.isin(words).groupby(level=0).any()
    if "field" in works:
        return works["field"].isin(words)
    raise CollectionError("These works have no column 'types' (or 'field') that says which are paintings.")


def _origin(works: pd.DataFrame) -> pd.Series:
    """The culture of each work, or else its artist's nationality."""
    nothing = pd.Series(None, index=works.index, dtype=object)
    return works.get("culture", nothing).fillna(works.get("nationality", nothing))


def _cultures(origin: pd.Series, merge: dict[str, list[str]]) -> pd.Series:
    """The culture of each place: by the merge table, else the place itself; none where it may be one of two."""
    known = {place: name for name, places in merge.items() for place in places}

    def one(part: str) -> str:
        plain = re.sub(r"\([^)]*\)", " ", part)
        plain = re.split(r"[,;|(]", plain, maxsplit=1)[0]
        plain = re.sub(r"^(probably|possibly|perhaps|present-day|made in)\s+|\s*\?\s*$", "", plain.strip(), flags=re.I)
        plain = " ".join(plain.split())
        return known.get(plain.lower(), plain)

    def either(text: str) -> str | None:
        if (whole := one(text)).lower() in known or whole in merge:
            return known.get(whole.lower(), whole)
        found = {one(part) for part in re.split(r"\s+or\s+|/", text)}
        return found.pop() or None if len(found) == 1 else None

    return origin.map({text: either(text) for text in origin.dropna().unique()}).astype(object)


def _other_objects(works: pd.DataFrame, rules: dict[str, Any]) -> pd.Series:
    """Whether the object's name has a word of the drop list, and none of the list of what is kept."""
    if "object_name" not in works:
        return pd.Series(False, index=works.index)
    drop, keep = (re.compile(rf"\b(?:{'|'.join(map(re.escape, rules[name]))})(?:e?s)?\b") for name in ("drop", "keep"))
    return _where(works["object_name"], lambda name: drop.search(name) and not keep.search(name))


# --- artists -----------------------------------------------------------------------------------------------------


def _keep_named(funnel: _Funnel) -> None:
    funnel.keep("with a named artist", _named(funnel.works))
    funnel.keep("by the artist, not a follower or school", ~_by_somebody_else(funnel.works))


def _named(works: pd.DataFrame) -> pd.Series:
    if "artist" not in works:
        raise CollectionError("These works have no column 'artist'.")
    words = _rules()["unknown_artists"]
    names, begin = set(words["names"]), tuple(words["begin"])
    return _where(works["artist"], lambda name: name not in names and not name.startswith(begin))


def _by_somebody_else(works: pd.DataFrame) -> pd.Series:
    words = tuple(f"{word} " for word in _rules()["not_the_artist"])
    return _where(works["artist"], lambda name: name.startswith(words))


def _by_name(works: pd.DataFrame) -> pd.Series:
    """The artists who are named and are the artist, missing elsewhere."""
    return works["artist"].where(_named(works) & ~_by_somebody_else(works))


def _in_every_set(works: pd.DataFrame, tested: int) -> pd.Series:
    """Works of artists that all three published sets have, and the test set at least `tested` times."""
    if "set" not in works:
        raise CollectionError("tested= asks for a published split, a column 'set'; these works have none.")
    counts = pd.crosstab(works["artist"], works["set"]).reindex(columns=["train", "valid", "test"], fill_value=0)
    return works["artist"].isin(counts.index[(counts > 0).all(axis=1) & (counts["test"] >= tested)])


# --- the rest ----------------------------------------------------------------------------------------------------


def _genres(works: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    return _where(works["genre"], lambda genre: genre.replace("_", " ") in names)


def with_year(works: pd.DataFrame) -> pd.DataFrame:
    """With ``year``, the middle of the creation interval, missing where that is too wide to say anything.

    Errors: CollectionError for an interval turned round.
    """
    if not {"year_begin", "year_end"} <= set(works):
        return works
    begin, end = intervals(works)
    return works.assign(year=((begin + end) / 2).mask(end - begin >= _rules()["omniart"]["longest_period"]))


def intervals(works: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """First and last year of each work, Float64, missing where unknown; of one that is alone the other is the same.

    Errors: CollectionError for an interval turned round.
    """
    begin = works["year_begin"].astype("Float64").fillna(works["year_end"].astype("Float64"))
    end = works["year_end"].astype("Float64").fillna(begin)
    if (turned := (begin > end).fillna(False).to_numpy(bool)).any():
        row = works.index[turned.argmax()]
        raise CollectionError(
            f"Row {row}: the period begins in {begin[row]:.0f} and ends in {end[row]:.0f} (such rows: "
            f"{int(turned.sum())}). Exchange year_begin and year_end there (artlib.works.check finds them)."
        )
    return begin, end


def _where(column: pd.Series, holds: Callable[[str], Any]) -> pd.Series:
    """In which rows something holds of a column's text in lower case, asked once for each; missing: in none."""
    return column.isin([value for value in column.dropna().unique() if holds(value.strip().lower())])


def _rules() -> dict[str, Any]:
    return paths.table("preparations.yaml")

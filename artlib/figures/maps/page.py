"""A collection as a map: what figures.collection_map gives, in a notebook and as a folder. Chapter: collection-map."""

import base64
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from artlib import cache, paths
from artlib.errors import one_of
from artlib.evaluate.similarity import Features
from artlib.figures import theme
from artlib.figures.figure import FigureError, csv
from artlib.figures.maps import plane, sheets, tsne
from artlib.figures.maps.plane import Layout
from artlib.pixels import Pictures
from artlib.works import Collection

_FOLDER = Path(__file__).parent
LIMIT = 1_500
"""Up to so many works in view are drawn one by one; above, the drawing of the whole is shown."""
_LABELS = ("style", "genre", "culture", "artist", "timeframe", "types", "materials", "field", "source")
_NO_LABELS = {"work_id", "image", "title", "date_text", "year_begin", "year_end", "licence", "credit", "url"}
_SIDES = ((5_000, 64), (10**9, 48))  # works -> pixels a side of a thumbnail
_OVERVIEWS = ((LIMIT, (768,)), (20_000, (768, 2_048)), (10**9, (1_024, 4_096)))  # works -> pixels a side
_LARGE = 192


@dataclass(frozen=True)
class CollectionMap:
    """A map of works that shows itself in a notebook; ``save`` makes a folder of it that needs no server.

    Attributes
    ----------
    layouts : ways to lay the works, the first shown at first.
    near : by network, the ten true neighbours of each work, (N, 10) rows.
    labels : columns to filter and colour by.
    missing : what these works or features lack, in one line; "" where nothing.
    """

    pictures: Pictures
    layouts: tuple[Layout, ...]
    near: Mapping[str, np.ndarray] = field(repr=False)
    labels: tuple[str, ...]
    missing: str = ""
    order: np.ndarray = field(default=None, repr=False)

    @cached_property
    def kept(self) -> pd.DataFrame:
        """Share of each work's ten true neighbours that are near on the plane, per layout and network."""
        works = self.pictures.works
        pairs = itertools.product(self.layouts, self.near.items() if works["work_id"].nunique() > 1 else ())
        return pd.DataFrame([
            {"layout": layout.name, "network": name, **plane.kept(layout.xy, near, works).row(),
             "chance": near.shape[1] / max(1, len(near) - 1)}
            for layout, (name, near) in pairs
        ])  # fmt: skip

    def save(self, folder: str | Path, originals: Collection | None = None) -> Path:
        """Write the map as a folder that stands alone; returns its ``index.html``, to be opened in any browser.

        Sheets that are there already are kept, so that a build which was stopped goes on.

        Parameters
        ----------
        originals : the collection; with it pictures have their own shape, and each work has a larger one of 192 pixels
            (the one of the map where it cannot be read).
        """
        folder = Path(folder)
        shapes, main = sheets.shapes(self.pictures, originals), self._main() | {"standalone": True}
        main["shapes"] = self._shapes(shapes)
        sides = {"sheets": main["sheets"]["side"]} | ({"large": _LARGE} if originals is not None else {})
        for name, side in sides.items():
            main[name] = _form(side) | {"files": self._sheets(folder, name.removesuffix("s"), side, originals)}
        for number, (layout, told) in enumerate(zip(self.layouts, main["layouts"], strict=True)):
            told["overview"] = self._overviews(folder, number, layout, shapes)
        parts = {"data.js": f"artlibMapData = {theme.as_json(main)}\n"}
        parts["works.js"] = f"artlibMapPart({theme.as_json(self._texts())})\n"
        for k, name in enumerate(self.near):
            parts[f"near-{k}.js"] = f"artlibMapPart({theme.as_json({'near': {k: self._near(name)}})})\n"
        parts["index.html"] = self._html("page.html", main, main["layouts"][0]["overview"][0])
        for name, text in parts.items():
            _write(folder / name, text.encode())
        pictures = {file for name in sides for file in main[name]["files"]}
        pictures |= {file for told in main["layouts"] for file in told["overview"]}
        for left in {*folder.glob("*-*.webp"), *folder.glob("near-*.js")}:
            if left.name not in pictures | set(parts):
                left.unlink()
        return folder / "index.html"

    def _repr_html_(self) -> str:
        shapes, main = sheets.shapes(self.pictures), self._main() | {"standalone": False}
        side = main["sheets"]["side"]
        main["sheets"]["files"] = [theme.address(self._sheet(rows, side)) for rows in self._parts(side)]
        first = theme.address(sheets.overview(self.pictures, self.layouts[0], shapes, 768))
        for layout in main["layouts"]:
            layout["overview"] = []
        held = {"shapes": self._shapes(shapes), "near": {k: self._near(name) for k, name in enumerate(self.near)}}
        return self._html("map.html", main | self._texts() | held, first)

    @property
    def data(self) -> pd.DataFrame:
        """The points: where each work lies in each layout, from 0 to 1."""
        places = {f"{one.name}, {axis}": one.xy[:, k] for one in self.layouts for k, axis in enumerate("xy")}
        return pd.DataFrame({"work": self.pictures.works["work_id"].array, **places})

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        bundle = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        return bundle, {"text/html": {"data": csv(self.data)}}

    def __repr__(self) -> str:
        return f"CollectionMap: {self._alt()}"

    # --- what the page is told -------------------------------------------------------------------------------------

    def _main(self) -> dict[str, Any]:
        """What the first view needs, in the page's order of works."""
        side = next(px for most, px in _SIDES if len(self.order) <= most)
        told = {(one["layout"], one["network"]): _said(one) for one in self.kept.to_dict("records")}
        names = list(self.near)
        networks = [layout.network or (names[0] if names else "") for layout in self.layouts]
        layouts = [
            {
                "name": layout.name,
                "network": names.index(network) if network else -1,
                "cell": round(layout.cell, 6),
                "marks": [[text, round(float(x), 4), round(float(y), 4)] for text, x, y in layout.marks],
                "kept": told.get((layout.name, network), ""),
                "xy": _packed((np.clip(layout.xy[self.order], 0, 1) * 65_535).round(), "<u2"),
            }
            for layout, network in zip(self.layouts, networks, strict=True)
        ]
        works = self.pictures.works.iloc[self.order]
        return {
            "n": len(works), "name": self.pictures.collection, "limit": LIMIT, "networks": names, "alt": self._alt(),
            "missing": self.missing, "layouts": layouts, "labels": [_facet(works[name]) for name in self.labels],
            "sheets": _form(side),
        }  # fmt: skip

    def _texts(self) -> dict[str, Any]:
        works = self.pictures.works.iloc[self.order]
        found = {name: _words(works, name) for name in ("work_id", "title", "artist", "date_text", "url")}
        if found["date_text"] is None and "year_begin" in works:
            found["date_text"] = _words(works, "year_begin")
        named = ("credit", "licence")
        return {"texts": found, "credits": {name: _facet(works[name]) for name in named if name in works}}

    def _near(self, name: str) -> str:
        place = np.empty(len(self.order) + 1, "int64")
        kind = "<u2" if len(self.order) < 2**16 else "<u4"
        place[self.order], place[-1] = np.arange(len(self.order)), np.iinfo(kind).max
        return _packed(place[self.near[name][self.order]], kind)

    def _alt(self) -> str:
        first = self.layouts[0]
        marked = theme.listed([mark[0] for mark in first.marks], 8)
        found = self.kept[self.kept["layout"] == first.name].to_dict("records") if len(self.kept) else []
        said = f"{len(self.pictures):,} works of {self.pictures.collection} as small pictures, laid {first.name}"
        return ". ".join(filter(None, [said, marked and f"Marked: {marked}", found and _said(found[0])])) + "."

    # --- files -----------------------------------------------------------------------------------------------------

    def _sheets(self, folder: Path, name: str, side: int, originals: Collection | None) -> list[str]:
        """The names of the sheets, those made that are not there yet."""
        parts = enumerate(self._parts(side))
        make = partial(self._sheet, side=side, originals=originals)
        return [self._file(folder, f"{name}-{k}", [rows, side], partial(make, rows)) for k, rows in parts]

    def _overviews(self, folder: Path, number: int, layout: Layout, shapes: np.ndarray) -> list[str]:
        sizes = next(sizes for most, sizes in _OVERVIEWS if len(self.order) <= most)
        facts = [layout.xy, layout.cell, shapes]
        make = partial(sheets.overview, self.pictures, layout, shapes)
        return [self._file(folder, f"overview-{number}-{size}", facts, partial(make, size)) for size in sizes]

    def _file(self, folder: Path, name: str, facts: Sequence[Any], make: Callable[[], bytes]) -> str:
        """The name of a picture's file, which is made where the same one is not there yet."""
        file = f"{name}-{cache.digest(*map(np.asarray, facts))[:8]}{self.pictures.key[:8]}.webp"
        if not (folder / file).exists():
            _write(folder / file, make())
        return file

    def _parts(self, side: int) -> list[np.ndarray]:
        """Rows of the works sheet by sheet."""
        each = _form(side)["each"]
        return [self.order[start : start + each] for start in range(0, len(self.order), each)]

    def _sheet(self, rows: np.ndarray, side: int, originals: Collection | None = None) -> bytes:
        """Thumbnails, or larger pictures from the originals."""
        if side < _LARGE:
            return sheets.sheet(sheets.thumbnails(self.pictures, rows, side), side)
        images, pixels = self.pictures.works["image"], self.pictures.pixels
        return sheets.sheet([sheets.original(originals, images.iloc[row], side, pixels[row]) for row in rows], side)

    def _shapes(self, shapes: np.ndarray) -> str:
        return _packed((shapes[self.order] * 255).round(), "u1")

    def _html(self, template: str, held: Mapping[str, Any], first: str) -> str:
        words = {name: (_FOLDER / f"map.{name}").read_text(encoding="utf-8") for name in ("css", "js")}
        words |= {"held": held, "json": theme.as_json(held), "first": first}
        page = theme.templates(_FOLDER).get_template(template)
        return page.render(words, kept=self.kept.to_dict("records"), said=_said)


def collection_map(
    pictures: Pictures,
    features: Features | Mapping[str, Features] | None = None,
    layouts: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
) -> CollectionMap:
    """A map of a collection: every work a small picture, near to those that a network finds alike.

    Pan, zoom, filter, search, open a work and see its true neighbours, select works and copy their ids.

    Parameters
    ----------
    features : by the name of the network that gave them (``evaluate.similarity.features``), all of the same rows of
        the works; only those are shown. What is true of drawn works can be such a network too
        (``museum.truth.vectors``).
    layouts : "alike" (one for each network), "date", or columns of the works; None: alike, date, and three labels.
    labels : columns to filter and colour by; None: those in which values repeat.

    Raises
    ------
    FigureError : no work, features of other works, or a layout or label that is no column.
    """
    if not len(pictures):
        raise FigureError("There is no work to lay on a map. Is the collection empty, or was every picture skipped?")
    named = {"the network": features} if isinstance(features, Features) else dict(features or {})
    pictures, without = _with_features(pictures, named)
    works = pictures.works
    numbered = {name: replace(one, rows=np.arange(len(works))) for name, one in named.items()}
    shown = tuple(_labels(works) if labels is None else labels)
    asked = ["alike", "date", *shown[:3]] if layouts is None else list(layouts)
    for name in (*asked, *shown):
        one_of(name, ("alike", "date", *works.columns), f"There is no layout or label {name!r}", FigureError)
    made, missing = _laid(pictures, numbered, asked)
    missing = [without, *missing] if without else missing
    order = plane.along(made[0].xy)
    near = {name: plane.neighbours(one, works) for name, one in numbered.items()}
    return CollectionMap(pictures, tuple(made), near, shown, "; ".join(missing), order)


def _with_features(pictures: Pictures, features: Mapping[str, Features]) -> tuple[Pictures, str]:
    """The pictures whose features are given, and how many are not shown, in words."""
    whole = np.arange(len(pictures))
    for name, one in features.items():
        first = next(iter(features.values()))
        if not np.array_equal(one.rows, first.rows) or not np.isin(one.rows, whole).all():
            raise FigureError(
                f"The features of {name!r} are of {len(one):,} pictures that are not these {len(pictures):,}, or not "
                "those of the other networks: compute them again for the same rows (evaluate.similarity.features)."
            )
    if not features or np.array_equal(first.rows, whole):
        return pictures, ""
    works = pictures.works.iloc[first.rows].reset_index(drop=True)
    key = f"{cache.digest(first.rows)[:8]}{pictures.key}"
    part = replace(pictures, works=works, pixels=pictures.pixels[first.rows], key=key)
    return part, f"{len(pictures) - len(works):,} works whose features are not given are not shown"


def _laid(pictures: Pictures, features: Mapping[str, Features], asked: Sequence[str]) -> tuple[list[Layout], list[str]]:
    """The layouts that these works allow, at least one, and what is missing, in words."""
    works, made, missing = pictures.works, [], []
    if len(pictures.skipped):
        missing.append(f"{len(pictures.skipped):,} pictures cannot be decoded and are left out")
    if not features:
        missing.append("no features: nothing is laid by likeness and no work has neighbours")
    order = np.arange(len(works))
    for name in asked:
        if name == "alike":
            for network, one in features.items():
                if len(one) < tsne.FEW or np.ptp(one.values, axis=0).max() < 1e-6:
                    why = "too few works" if len(one) < tsne.FEW else "all works are alike"
                    missing.append(f"{why} under {network}: they lie in the table's order")
                    made.append(replace(plane.in_rows(len(works)), name=f"alike: {network}", network=network))
                else:
                    xy, cell = tsne.alike(one), float(0.9 / np.sqrt(len(one)))
                    made.append(Layout(f"alike: {network}", xy, cell, network=network))
            order = plane.along(made[0].xy) if made else order
        elif name == "date":
            if not {"year_begin", "year_end"} <= set(works) or not works[["year_begin", "year_end"]].notna().any(
                axis=None
            ):
                missing.append("no work has a year: nothing is laid by date")
            else:
                made.append(plane.by_date(works, order))
        else:
            made.append(plane.by_label(works, name, order))
    missing += [layout.missing for layout in made if layout.missing]
    return made or [plane.in_rows(len(works))], missing


def _labels(works: pd.DataFrame) -> list[str]:
    """Columns of words whose values repeat: those that every collection may have first, then a collection's own."""
    words = works.select_dtypes(["object", "string"]).columns
    names = [*_LABELS, *(name for name in words if name not in {*_LABELS, *_NO_LABELS})]
    return [name for name in names if name in works and _repeats(works[name])]


def _repeats(column: pd.Series) -> bool:
    values = column.explode().dropna()
    different = values.astype(str).nunique()
    return different > 1 and 2 * different <= max(len(values), 8)


def _facet(column: pd.Series) -> dict[str, Any]:
    """A column as its different values, the most frequent first, and their numbers work by work."""
    lists = column.map(
        lambda value: [str(one) for one in value] if isinstance(value, list) else [] if pd.isna(value) else [str(value)]
    )
    counts = lists.explode().dropna().value_counts()
    number = {value: k for k, value in enumerate(counts.index)}
    codes = [[number[value] for value in values] for values in lists]
    held = {"name": str(column.name), "values": list(counts.index), "counts": counts.tolist()}
    if max(map(len, codes), default=0) > 1:
        return held | {"lists": codes}
    return held | {"codes": _packed([one[0] if one else -1 for one in codes], "<i2" if len(counts) < 2**15 else "<i4")}


def _words(works: pd.DataFrame, name: str) -> list[str] | None:
    return works[name].astype("string").fillna("").tolist() if name in works and works[name].notna().any() else None


def _said(kept: Mapping[str, Any]) -> str:
    """What a plane keeps, in a sentence."""
    near = f"{theme.percent(kept['value'])} [{100 * kept['low']:.0f}, {100 * kept['high']:.0f}]"
    return (
        f"Of a work's ten true neighbours under “{kept['network']}”, {near} are among the ten nearest on this plane; "
        f"by chance {100 * kept['chance']:.1f}%"
    )


def _form(side: int) -> dict[str, int]:
    """How pictures of so many pixels a side lie on a sheet."""
    across = sheets.SHEET // side
    return {"side": side, "across": across, "each": across**2}


def _packed(values: Any, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode("ascii")


def _write(file: Path, content: bytes) -> None:
    paths.write_whole(file, lambda draft: draft.write_bytes(content))

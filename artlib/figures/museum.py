"""Figures of the museum: what causes what, what changes with one cause, what the labels tell. Chapter: collections.

All take a collection that ``museum.read`` returned.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.collections import museum
from artlib.collections.museum import truth
from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import arrow, bars, blank, box, leaf_order, matrix, name_rows, pairs, pairs_of, panels
from artlib.figures.pictures import board, put, wrapped
from artlib.figures.sliders import Frames
from artlib.works import Collection

# Which causes each cause depends on (artlib/collections/museum/history.py samples them in this order).
PARENTS = {
    "culture": (),
    "artist": ("culture",),
    "year": ("artist",),
    "style": ("culture", "artist", "year"),
    "genre": ("artist", "year", "style"),
    "medium": ("culture", "artist", "year", "style"),
}
_SWITCHES = ("culture", "artist", "year", "style", "genre", "material")


@drawing
def causes(collection: Collection, image: str | None = None) -> Drawn:
    """The causal diagram of the museum: which cause depends on which, what is drawn, and what the labels make of it.

    The shares of faulty labels are counted, not stated.

    Parameters
    ----------
    image : the work shown as an example; None: the first.
    """
    example = collection.works["image"].iloc[0] if image is None else image
    faults = _faults(collection)
    arrows = "; ".join(f"{', '.join(given)} to {cause}" for cause, given in PARENTS.items() if given)
    labels = "; ".join(f"{name}, {words}" for name, words in faults.items())
    alt = theme.alt("causes", causes=", ".join(PARENTS), arrows=arrows, labels=labels)
    caption = theme.caption("causes")
    arrows = pd.DataFrame({"cause": list(PARENTS), "depends on": map("; ".join, PARENTS.values())})
    arrows["what its label says"] = arrows["cause"].map(faults)
    return _diagram(collection.source.read(example, 192), faults), alt, caption, arrows


@drawing
def techniques(collection: Collection, image: str, size: int = 160) -> Drawn:
    """One subject by every technique: the same scene in every style of the museum, the oldest style first."""
    styles = sorted(museum.STYLES, key=lambda name: museum.STYLES[name][2])
    cells = [(truth.redraw(collection, image, size, style=style), style) for style in styles]
    figure = board(wrapped(cells, 5))
    alt = f"The same scene drawn in {len(styles)} styles, the oldest first: {theme.listed(styles, len(styles))}."
    return figure, alt, f"{_named(collection, image)}, by every technique of the museum."


@drawing
def changed(collection: Collection, images: Sequence[str], size: int = 160, **change) -> Drawn:
    """Works as they are, above, and with one cause changed, below: ``changed(museum, images, style="Cubism")``."""
    words = ", ".join(f"{name} {value}" for name, value in change.items())
    lines = [
        ("as it is", [(truth.redraw(collection, image, size), "") for image in images]),
        (words, [(truth.redraw(collection, image, size, **change), "") for image in images]),
    ]
    alt = f"{len(images)} works in two rows: above as they are, below the same scenes with {words}."
    return board(lines), alt, f"Above, the works as they are; below, the same with {words}."


@drawing
def counterfactuals(collection: Collection, image: str, n: int = 4, size: int = 160) -> Drawn:
    """The same work with one cause changed at a time: a row a cause, the work itself at the left.

    Cultures and hands go from the nearest to the farthest, styles through time, years through the artist's life.
    """
    own, options = truth.causes(collection).iloc[_row(image)], _options(collection, image)
    unchanged = truth.redraw(collection, image, size)
    lines = []
    for name, values in options.items():
        others = [value for value in values if value != own[name]]
        chosen = [others[k] for k in np.linspace(0, len(others) - 1, n).round().astype(int)]
        drawn = [(truth.redraw(collection, image, size, **{name: value}), str(value)) for value in chosen]
        lines.append((_WORDS.get(name, name), [(unchanged, str(own[name])), *drawn]))
    told = "; ".join(f"{side}: {', '.join(words for _, words in cells[1:])}" for side, cells in lines)
    alt = theme.alt("counterfactuals", work=_named(collection, image), told=told[0].upper() + told[1:])
    caption = "The same scene, one cause changed in each row. The work itself stands at the left."
    return board(lines, heads={0: "as it is", 1: "changed"}, side=0.98, split=1), alt, caption


def redraw(collection: Collection, image: str, size: int = 224) -> Frames:
    """One work behind sliders, one for each cause: live in JupyterLab, one cause at a time on a page."""
    own, options = truth.causes(collection).iloc[_row(image)], _options(collection, image)
    controls = {**options, "genre": list(museum.GENRES)}

    def told(**choice) -> str:
        other = [f"{name} {value} instead of {own[name]}" for name, value in choice.items() if value != own[name]]
        return f"{_named(collection, image)}, {' and '.join(other) or 'as it is'}."

    def draw(**choice) -> np.ndarray:
        return truth.redraw(
            collection, image, size, **{name: value for name, value in choice.items() if value != own[name]}
        )

    caption = "Everything that is not changed stays as it is: the scene, the light, every accident of the brush."
    return Frames(draw, controls, {name: own[name] for name in controls}, told, together=False, caption=caption)


@drawing
def culture_map(collection: Collection, image: str, size: int = 112) -> Drawn:
    """One work as each culture of the museum would have it, at the culture's place on the map."""
    places = {name: (row[1], row[0]) for name, row in museum.CULTURES.items()}
    drawn = {name: truth.redraw(collection, image, size, culture=name) for name in places}
    near = theme.listed(pairs_of(truth.kilometres()).idxmin())
    alt = theme.alt("culture_map", work=_named(collection, image), cultures=len(places), near=near)
    caption = f"{_named(collection, image)}: the same scene, the culture changed."
    points = pd.DataFrame([(name, *place) for name, place in places.items()], columns=["culture", "east", "north"])
    return _map(places, drawn), alt, caption, points


@drawing
def distances() -> Drawn:
    """The true distances between cultures, and how they go with the distances on the map."""
    order = leaf_order(truth.distances())
    true, far = (table.loc[order, order] for table in (truth.distances(), truth.kilometres()))
    figure, axes = theme.canvas(7.2, 5.6, nrows=2, height_ratios=(1.8, 1))
    itself = np.eye(len(true), dtype=bool)
    matrix(axes[0], true, 9, 45, cmap=theme.ramp().reversed(), annot=True, fmt=".1f", mask=itself)
    axes[0].set_title("True distance (darker: more alike)")
    alike, apart = pairs_of(true), pairs_of(far)
    off = pairs(axes[1], apart, alike, 2)
    axes[1].set(xlabel="kilometres on the map", ylabel="true distance")
    axes[1].set_title("Every pair of cultures")
    r = np.corrcoef(apart, alike)[0, 1]
    ends = [f"{theme.listed(pair)} ({alike[pair]:.1f})" for pair in (alike.idxmin(), alike.idxmax())]
    farthest = [f"{theme.listed(pair)} ({'less' if above > 0 else 'more'} alike)" for pair, above in off.items()]
    alt = theme.alt("distances", cultures=len(true), ends=ends, pairs=len(alike), r=r, farthest=theme.listed(farthest))
    caption = theme.caption("distances", r=r)
    numbers = pd.DataFrame({"true distance": alike, "kilometres": apart}).round(2)
    return figure, alt, caption, numbers.rename_axis(["culture", "other"]).reset_index()


@drawing
def information(collection: Collection) -> Drawn:
    """Bits that two labels tell about each other; on the diagonal what there is to know about each."""
    bits = truth.information(collection)
    own = np.diag(bits.to_numpy())
    shares = bits / own[:, None]
    figure, axes = theme.canvas(4.3, 5.4)
    matrix(axes, shares, 10, 35, vmin=0, vmax=1.6, annot=bits.round(1), fmt=".1f")
    axes.set_title("bits; darker: a larger share of the row")
    common = pairs_of(bits).sort_values(ascending=False, kind="stable")
    told = [f"{one} and {other} {value:.1f}" for (one, other), value in common.items()]
    each = theme.listed([f"{name} {value:.1f}" for name, value in zip(bits, own, strict=True)])
    most, least = theme.listed(told[:3]), theme.listed(told[-3:])
    alt = theme.alt("information", labels=len(bits), each=each, most=most, least=least)
    caption = theme.caption("information", told=bits.loc["culture", "artist"], own=own)
    return figure, alt, caption, bits.round(3).rename_axis(index="label", columns=None).reset_index()


@drawing
def artist_entropy(collection: Collection) -> Drawn:
    """How uncertain the artist is when nothing, the period, the materials, or both are known."""
    left = truth.artist_entropy(collection)
    figure, axes = theme.canvas(2.3, 5.4)
    words = [f"{bits:.1f} bits: one of {2**bits:.0f}" for bits in left]
    bars(axes, left, words, [theme.GREY, *[theme.BLUE] * (len(left) - 2), theme.RED], 12)
    axes.set(xlabel="bits left to learn about the artist", xlim=(0, 1.45 * left.max()))
    told = [f"{name} {bits:.1f} bits (as if one of {2**bits:.0f} artists)" for name, bits in left.items()]
    alt = f"Bar chart of what is left to learn about the artist. Knowing {'; '.join(told)}."
    caption = theme.caption("artist_entropy", before=2 ** left.iloc[0], after=2 ** left.iloc[-1])
    return figure, alt, caption, left.rename("bits left").rename_axis("known").reset_index()


@drawing
def null(whole: Collection, cut: Mapping[str, object]) -> Drawn:
    """What each label tells about the cause it names, in the whole museum and with each switch cut.

    Parameters
    ----------
    cut : switch -> the museum with it cut, as ``nulls(size)`` gives them.
    """
    if not cut:
        raise FigureError("There is no cut museum to compare with: give at least one.")
    full = truth.faithfulness(whole)
    found = pd.DataFrame({name: truth.faithfulness(other) for name, other in cut.items()})
    figure, axes = panels(cut, 1.9, width=6.2, sharex=True, sharey=True)
    gone = {name: (full - found[name]).idxmax() for name in found}
    for name, ax in axes.items():  # filled: with the switch cut; outlined: the whole museum
        cause, place = gone[name], range(len(full))
        ax.barh(
            place, found[name], height=0.62, color=[theme.RED if one == cause else theme.BLUE for one in full.index]
        )
        ax.barh(place, full, height=0.62, facecolor="none", edgecolor=theme.INK, linewidth=0.9)
        words = {"va": "center", "fontsize": 9, "color": theme.RED, "fontweight": "bold"}
        left = found.loc[cause, name]
        ax.text(left + 0.08, full.index.get_loc(cause), f"{left:.1f}", **words)
        name_rows(ax, full.index)
        ax.set(xlabel="bits", title=f"{name} disconnected", ylim=(len(full) - 0.5, -0.5))
    rest = max(abs(found[name] - full).drop(gone[name]).max() for name in found)
    told = [f"{name} cut: {cause} from {full[cause]:.1f} to {found.loc[cause, name]:.1f} bits" for name, cause
        in gone.items()]  # fmt: skip
    alt = theme.alt("null", charts=len(cut), s="s" * (len(cut) > 1), told="; ".join(told), rest=rest)
    caption = theme.caption("null", rest=rest)
    bits = found.add_suffix(" disconnected").assign(**{"whole museum": full})
    return figure, alt, caption, bits.round(3).rename_axis("label").reset_index()


def nulls(size: str | int = "smoke", switches: Sequence[str] = _SWITCHES) -> dict:
    """The museum once for every switch that parts a label from its cause, by switch; nothing is drawn."""
    return {switch: museum.read(size, cut=switch) for switch in switches}


def example(collection: Collection, genre: str = "landscape", most: int = 24) -> str:
    """The key of the lightest and most colourful of ``most`` works of this genre: changes show best on it."""
    true = truth.causes(collection)
    fit = true[(true["genre"] == genre) & (true["detail"] < 0)]
    if fit.empty:
        raise FigureError(f"No work of this museum shows the genre {genre!r}: choose another, or a larger museum.")
    rows = fit.index[np.argsort(fit["medium"] != "oil on canvas", kind="stable")][:most]  # in oil, if there are any
    keys = collection.works["image"].iloc[rows]
    bare = {"style": "Academicism"}  # shows what is there, whatever the work's own style makes of it
    return max(keys, key=lambda key: sum(_clear(truth.redraw(collection, key, 32, **how)) for how in (bare, {})))


# --- what is told -------------------------------------------------------------------------------------------------

_WORDS = {"artist": "hand"}


def _clear(picture: np.ndarray) -> float:
    """How light a picture is and how many colours it has: their spread along red-green and yellow-blue."""
    r, g, b = picture.astype(float).reshape(-1, 3).T
    return float(picture.mean() + 2 * (r - g).std() + 2 * ((r + g) / 2 - b).std())


def _row(image: str) -> int:
    return int(image.split("/")[1])


def _named(collection: Collection, image: str) -> str:
    """A work in words, by what it was drawn from."""
    own = truth.causes(collection).iloc[_row(image)]
    return f"{'An' if own['culture'][0] in 'AEIOU' else 'A'} {own['culture']} {own['genre']} of {own['year']}"


def _options(collection: Collection, image: str) -> dict[str, list]:
    """Other values of each cause that leave the scene as it is: near to far, or early to late."""
    known, sampled = truth.causes(collection), collection.source.causes()
    own = known.iloc[_row(image)]
    many = known["artist"].value_counts().index[:9].union([own["artist"]], sort=False)
    names = list(sampled.artists["name"])
    who = names.index(own["artist"])
    hands = sampled.artists["hand"][[names.index(name) for name in many]]
    life = (
        np.linspace(sampled.artists["birth"][who] + 20, sampled.artists["death"][who], 7).round().astype(int).tolist()
    )
    return {
        "culture": list(truth.distances()[own["culture"]].sort_values().index),
        "artist": [
            many[k] for k in np.argsort(np.linalg.norm(hands - sampled.artists["hand"][who], axis=1), kind="stable")
        ],
        "year": sorted({*life, int(own["year"])}),
        "style": sorted(museum.STYLES, key=lambda name: museum.STYLES[name][2]),
    }


def _faults(collection: Collection) -> dict[str, str]:
    """What the labels of this collection leave out or get wrong, counted."""
    works, true = collection.works, truth.causes(collection)
    exact = works["date_text"].str.fullmatch(r"\d+").fillna(False)
    medium = {name: row[1].split("; ") for name, row in museum.MEDIA.items()}
    wrong = np.mean([list(t) != medium[m] for t, m in zip(works["types"], true["medium"], strict=True)])
    return {
        "culture": "the truth",
        "artist": f"{theme.percent(works['artist'].isna().mean())} unknown",
        "year": f"{theme.percent(1 - exact.mean())} circa, range or century",
        "style": "the truth",
        "genre": f"the truth; {theme.percent((true['detail'] >= 0).mean())} of pictures show a detail",
        "medium": f"materials by name; type wrong in {100 * wrong:.1f}%",
    }


# --- how it is drawn ----------------------------------------------------------------------------------------------


def _diagram(picture: np.ndarray, faults: Mapping[str, str]):
    """Causes in a column with arcs at their left, a line down to the picture, labels at the right; in inches."""
    pitch, width = 0.66, 5.0
    left, across, tall = 1.18, 1.02, 0.4  # left edge, width and height of a cause
    height = pitch * len(PARENTS) + 1.72
    figure, axes = blank(height, width)
    order = list(PARENTS)
    middle = {name: 0.52 + pitch * k for k, name in enumerate(order)}
    bus, bottom, centre = left + across + 0.2, height - 0.62, left + across / 2
    for name, parent in ((name, parent) for name, given in PARENTS.items() for parent in given):
        apart = order.index(name) - order.index(parent)
        if apart == 1:
            arrow(axes, (centre, middle[parent] + tall / 2), (centre, middle[name] - tall / 2), theme.BLUE)
        else:  # arcs leave low and arrive high, the longer the wider
            end = (left, middle[name] - 0.04 - 0.03 * (4 - apart))
            arc = f"arc3,rad={0.42 + 0.05 * apart}"
            arrow(axes, (left, middle[parent] + 0.05), end, theme.BLUE, connectionstyle=arc)
    axes.plot([bus, bus], [middle["culture"], bottom], color=theme.OCHRE, linewidth=2)
    arrow(axes, (bus, bottom), (left + across + 0.02, bottom), theme.OCHRE, linewidth=2)
    for name, y in middle.items():
        box(axes, (left, y - tall / 2), across, tall, name, theme.BLUE, fontsize=11, fontweight="bold")
        axes.plot([left + across, bus], [y, y], color=theme.OCHRE, linewidth=2)
        arrow(axes, (left + across, y), (bus + 0.34, y), theme.RED, linestyle=(0, (2, 2)), linewidth=1.1)
        words = theme.wrap(faults[name], 22)
        axes.text(bus + 0.4, y, words, va="center", fontsize=9.5, color=theme.RED, linespacing=1.1)
    axes.text(bus + 0.4, 0.14, "what its label says", fontsize=9, color=theme.MUTED, va="center")
    put(axes, picture, left + across - 1.16, bottom - 0.58, 1.16)
    axes.text(bus + 0.12, bottom, "the picture:\nall six causes\nshape it", va="center", fontsize=9.5)
    return figure


_WORLD, _EUROPE = (-150, 165, 12, 75), (-13, 21, 35, 59)  # west, east, south, north


def _map(places: Mapping[str, tuple[float, float]], drawn: Mapping[str, np.ndarray]):
    """The world above and Europe below, in degrees; under each its pictures from west to east, tied to their places."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    figure, axes = theme.canvas(6.6, 6.2, nrows=2, height_ratios=(1.2, 1.6))
    west, east, south, north = _EUROPE
    inside = {name for name, (x, y) in places.items() if west < x < east and south < y < north}
    for ax, limits, here in zip(axes, (_WORLD, _EUROPE), (set(places) - inside, inside), strict=True):
        ax.set(xlim=limits[:2], ylim=limits[2:])
        ax.tick_params(length=0, labelbottom=False, labelleft=False)
        ax.grid()
        ax.spines[:].set(visible=True, color=theme.FAINT)
        for number, name in enumerate(sorted(here, key=places.get)):
            ax.plot(*places[name], "o", markersize=4.5, color=theme.RED, zorder=5)
            tie = {"arrowstyle": "-", "color": theme.MUTED, "linewidth": 0.9}
            shown, x = OffsetImage(drawn[name], zoom=48 / len(drawn[name])), (number + 0.5) / len(here)
            ax.add_artist(AnnotationBbox(shown, places[name], (x, -0.25), boxcoords="axes fraction", frameon=False,
                                         arrowprops=tie))  # fmt: skip
            ax.annotate(name, (x, -0.25), (0, -27), "axes fraction", "offset points", ha="center", va="top", fontsize=9)
    axes[0].plot([west, east, east, west, west], [south, south, north, north, south], color=theme.BLUE, linewidth=1)
    axes[0].text((west + east) / 2, north + 1, "Europe, below", ha="center", fontsize=8.5, color=theme.BLUE)
    return figure

"""A network as a drawing: its layers, and which of them each scenario trains."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from artlib.errors import one_of
from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import blank

# From which layer on the layers learn (fine-tuning paper, section 4.2).
_SCENARIOS = {"all": 0, "skip-first": 1, "skip-first-two": 2, "only-last-three": -3, "only-last": -1}


@drawing
def network(summary: pd.DataFrame, scenarios: Mapping[str, Sequence[str]] | Sequence[str] | None = None) -> Drawn:
    """The layers of a network, drawn after ``nets.summary``, and below which of them learn in each scenario.

    Boxes are as high as their feature maps are wide in pixels, and the broader the more channels (on root scales).

    Parameters
    ----------
    summary : layer, kind, output shape, parameters, one row a layer (``nets.summary``).
    scenarios : names of the fine-tuning paper's five, or name -> the layers that learn; None: all five.

    In a deep network, layers in a row that are alike and learn in the same scenarios are drawn as one.
    """
    layers = summary[summary["parameters"] > 0].reset_index(drop=True)
    if layers.empty:
        raise FigureError("The summary lists no layer with parameters: there is nothing to draw.")
    learn = _learning(list(layers["layer"]), scenarios)
    numbers = layers.join(learn.replace({True: "learns", False: "frozen"}))
    if len(layers) > _MOST:
        layers, learn = _grouped(layers, learn)
    figure = _draw(layers, learn)
    return figure, _alt(layers, learn), _caption(layers), numbers


def _learning(names: list[str], scenarios: Mapping[str, Sequence[str]] | Sequence[str] | None) -> pd.DataFrame:
    """Which layers (rows) learn in which scenarios (columns)."""
    if not isinstance(scenarios, Mapping):
        wanted = _SCENARIOS if scenarios is None else scenarios
        for name in wanted:
            one_of(name, _SCENARIOS, f"Unknown scenario {name!r}", FigureError)
        scenarios = {name: names[_SCENARIOS[name] :] for name in wanted}
    return pd.DataFrame({scenario: [name in set(own) for name in names] for scenario, own in scenarios.items()})


def _grouped(layers: pd.DataFrame, learn: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Equal layers in a row as one, named after the first and the last of them: "blocks.1-9"."""
    stem = layers["layer"].str.rstrip("0123456789")
    kind = pd.concat([stem, layers[["output shape", "parameters"]], learn], axis=1)
    run = (kind != kind.shift()).any(axis=1).cumsum()
    first, last = layers.groupby(run).first(), layers.groupby(run).last()["layer"]
    ends = zip(first["layer"], last, stem.groupby(run).first(), strict=True)
    names = [one if one == other else f"{one}-{other.removeprefix(same)}" for one, other, same in ends]
    first = first.assign(layer=names, parameters=layers["parameters"].groupby(run).sum())
    return first.reset_index(drop=True), learn.groupby(run).first().reset_index(drop=True)


_MOST = 10  # layers that are drawn one by one
_LEARNS = {"facecolor": theme.RED, "edgecolor": theme.RED}
_FROZEN = {"facecolor": theme.PAPER, "edgecolor": theme.GREY, "hatch": "////", "linewidth": 0.7}
_LINE, _LEFT, _RIGHT = 0.32, 1.35, 0.75  # inches: a scenario's line, the names at the left, the shares at the right


def _draw(layers: pd.DataFrame, learn: pd.DataFrame):
    names = [theme.wrap(name.replace("_", " ").replace(".", " "), 7) for name in layers["layer"]]
    lines = 1 + max(name.count("\n") for name in names)
    base = _LINE * len(learn.columns) + 0.74 + 0.16 * lines
    figure, axes = blank(base + 1.62)
    axes.invert_yaxis()
    lefts, widths = _places(layers)
    colours = [theme.BLUE if "x" in str(shape) else theme.OCHRE for shape in layers["output shape"]]
    fill = [theme.shades(3, colour)[2] for colour in colours]
    axes.bar(lefts, _heights(layers), widths, base, align="edge", color=fill, edgecolor=colours, linewidth=1.2)
    # Below each box its name, the shape of its output, and how many parameters it has.
    small = {"fontsize": min(8.0, 19 * min(widths))}
    rows = {
        "layer": (0.07, names, {"fontsize": 9, "fontweight": "bold", "linespacing": 1.05}),
        "output": (0.12 + 0.16 * lines, [_told(shape) for shape in layers["output shape"]], small),
        "parameters": (0.29 + 0.16 * lines, [_short(count) for count in layers["parameters"]], small),
    }
    for word, (below, texts, style) in rows.items():
        axes.text(0.1, base - below, word, va="top", fontsize=8.5, color=theme.MUTED)
        for text, middle in zip(texts, lefts + widths / 2, strict=True):
            axes.text(middle, base - below, text, ha="center", va="top", **style)
    _rows(axes, layers, lefts, widths, learn)
    return figure


def _places(layers: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Left edge and width of each layer, in inches: broader with more channels, and never too narrow for a name."""
    roots = np.array([_shape(shape)[0] for shape in layers["output shape"]]) ** 0.25
    room = theme.WIDTH - _LEFT - _RIGHT
    gap = min(0.16, 0.25 * room / len(layers))
    widths = np.maximum(roots, 0.55 * roots.max())
    widths *= (room - gap * (len(layers) - 1)) / widths.sum()
    return _LEFT + np.cumsum(widths + gap) - widths - gap, widths


def _rows(axes, layers: pd.DataFrame, lefts: np.ndarray, widths: np.ndarray, learn: pd.DataFrame) -> None:
    """A line a scenario: which layers learn in it, and what share of the parameters."""
    right = lefts[-1] + widths[-1] + 0.1
    for number, (name, learning) in enumerate(learn.items()):
        learns = learning.to_numpy()
        y = _LINE * (len(learn.columns) - 1 - number) + 0.1
        axes.text(0.1, y + 0.11, name, va="center", fontsize=9.5, fontweight="bold")
        for look, those in ((_LEARNS, learns), (_FROZEN, ~learns)):
            axes.bar(lefts[those], 0.22, widths[those], y, align="edge", **look)
        share = _share(layers.loc[learns, "parameters"].sum() / layers["parameters"].sum())
        axes.text(right, y + 0.11, share, va="center", fontsize=9, color=theme.RED, fontweight="bold")
    top = _LINE * len(learn.columns) + 0.17
    for x, word, look in ((_LEFT, "learns", _LEARNS), (_LEFT + 0.85, "frozen", _FROZEN)):
        axes.bar(x, 0.12, 0.2, top - 0.06, align="edge", **look)
        axes.text(x + 0.26, top, word, va="center", fontsize=8.5, color=theme.MUTED)
    axes.text(right, top, "learns", fontsize=8.5, color=theme.RED, va="center")


def _heights(layers: pd.DataFrame) -> list[float]:
    sides = [_shape(shape)[1] for shape in layers["output shape"]]
    return [max(0.16, 1.5 * math.sqrt(side / max(sides))) for side in sides]


def _shape(shape: object) -> tuple[int, int]:
    """Channels and side of a feature map; a flat layer has a side of one."""
    numbers = [int(number) for number in str(shape).split("x") if number.isdigit()] or [1]
    # Transformers put tokens first: (tokens, channels).
    return (numbers[0], numbers[-1]) if len(numbers) == 3 else (numbers[-1], 1)


def _told(shape: object) -> str:
    """A shape in few characters: 96×27² for 96 maps of 27 by 27."""
    sizes = str(shape).split("x")
    square = len(sizes) == 3 and sizes[1] == sizes[2]
    return f"{sizes[0]}×{sizes[1]}²" if square else "×".join(sizes)


def _short(parameters: int) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if parameters >= size:
            return f"{parameters / size:.3g} {letter}"
    return str(parameters)


def _share(share: float) -> str:
    if 0.995 <= share < 1:
        return ">99%"
    return theme.percent(share) if share >= 0.01 else f"{100 * share:.1g}%"


def _alt(layers: pd.DataFrame, learn: pd.DataFrame) -> str:
    named = [f"{row.layer} ({row[3]}, {_short(row.parameters)})" for row in layers.itertuples()]
    told = [
        f"{name}: {theme.listed(layers.loc[~learning, 'layer']) or 'nothing'} frozen"
        for name, learning in learn.items()
    ]
    drawn = f"Network of {len(layers)} layers, with output shape and parameters: {', '.join(named)}."
    return f"{drawn} Scenarios: {'; '.join(told)}."


def _caption(layers: pd.DataFrame) -> str:
    total = int(layers["parameters"].sum())
    largest = layers.loc[layers["parameters"].idxmax()]
    share = largest["parameters"] / total
    return theme.caption("network", total=total, share=theme.percent(share), largest=largest["layer"])

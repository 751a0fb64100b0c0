"""Figures of a training."""

from collections.abc import Mapping, Sequence

import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import curve, epoch_axis, name_ends, panels


@drawing
def learning_curve(history: object) -> Drawn:
    """How loss and accuracy went over the epochs; of several runs the median, and a band from lowest to highest.

    Parameters
    ----------
    history : a learner, its ``history`` table (epoch, train_loss, valid_loss, accuracy), a list of either (runs with
        different seeds), or a mapping of names to these, to compare.
    """
    named = history if isinstance(history, Mapping) else {"": history}
    runs = {str(name): _tables(value) for name, value in named.items()}
    return _one(next(iter(runs.values()))) if len(runs) == 1 else _several(runs)


def _tables(value: object) -> list[pd.DataFrame]:
    several = value if isinstance(value, Sequence) and not isinstance(value, pd.DataFrame) else [value]
    tables = [getattr(one, "history", one) for one in several]
    for table in tables:
        if not isinstance(table, pd.DataFrame) or "epoch" not in table.columns or table.empty:
            raise FigureError("A learning curve needs a learner that has run, or its history with a column 'epoch'.")
    return tables


def _line(axes, tables: list[pd.DataFrame], column: str, colour: str, scale: float = 1) -> pd.Series:
    """Draw the median of a column over runs, by epoch, with a band from lowest to highest; returns the median."""
    grouped = scale * pd.concat(tables).dropna(subset=[column]).set_index("epoch")[column]
    low, middle, high = (grouped.groupby(level=0).agg(how) for how in ("min", "median", "max"))
    curve(axes, middle, colour, (low, high))
    return middle


def _one(tables: list[pd.DataFrame]):
    figure, axes = panels(("Loss", "Accuracy on the validation set, %"), 3.1)
    left, right = axes.values()
    train, valid = _line(left, tables, "train_loss", theme.OCHRE), _line(left, tables, "valid_loss", theme.BLUE)
    accuracy = _line(right, tables, "accuracy", theme.BLUE, 100)
    first, last = train.index[0], train.index[-1]
    best, top = accuracy.idxmax(), accuracy.max()
    right.plot([best], [top], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=theme.RED, mew=2)
    right.annotate(
        f"best: {top:.0f}%, epoch {best}", (best, top), (0, 9), textcoords="offset points", va="bottom",
        ha="right" if best > first + 0.55 * (last - first) else "left", color=theme.RED, fontsize=9.5,
        fontweight="bold",
    )  # fmt: skip
    right.margins(y=0.22)
    for title, panel in axes.items():
        epoch_axis(panel, title, first, last)
    name_ends(left, last, [(train.iloc[-1], "training", theme.OCHRE), (valid.iloc[-1], "validation", theme.BLUE)])
    losses = [
        f"{name} loss goes from {line.iloc[0]:.2f} to {line.iloc[-1]:.2f}"
        for name, line in (("Training", train), ("validation", valid))
    ]
    several = f", median of {len(tables)} runs" if len(tables) > 1 else ""
    alt = (
        f"Two learning curves over {len(train)} epochs{several}. {', '.join(losses)} (lowest {valid.min():.2f} at "
        f"epoch {valid.idxmin()}). Validation accuracy goes from {accuracy.iloc[0]:.0f}% to {accuracy.iloc[-1]:.0f}%, "
        f"best {top:.0f}% at epoch {best}."
    )
    caption = (
        "Loss and accuracy by epoch. Where the two losses part, the network learns its training pictures by heart."
    )
    return figure, alt, caption + _band(tables)


def _several(runs: dict[str, list[pd.DataFrame]]):
    titles = {"valid_loss": "Loss on the validation set", "accuracy": "Accuracy on the validation set, %"}
    figure, axes = panels(titles, 3.4)
    ends, said = [], []
    for name, (colour, _) in theme.styles(runs).items():
        _line(axes["valid_loss"], runs[name], "valid_loss", colour)
        accuracy = _line(axes["accuracy"], runs[name], "accuracy", colour, 100)
        ends.append((accuracy.iloc[-1], name, colour))
        said.append((accuracy.max(), f"{name} {accuracy.max():.0f}% at epoch {accuracy.idxmax()}"))
    every = pd.concat([table["epoch"] for tables in runs.values() for table in tables])
    for column, title in titles.items():
        epoch_axis(axes[column], title, every.min(), every.max())
    name_ends(axes["accuracy"], every.max(), ends)
    told = [words for _, words in sorted(said, reverse=True)]
    alt = f"Validation loss and accuracy by epoch for {len(runs)} methods. Best accuracy: {theme.listed(told)}."
    return figure, alt, "Validation loss and accuracy by epoch." + _band(*runs.values())


def _band(*several: list[pd.DataFrame]) -> str:
    most = max(map(len, several))
    return f" Lines are medians of {most} runs, bands reach from the lowest to the highest." if most > 1 else ""

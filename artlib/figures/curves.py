"""Figures of a training."""

from collections.abc import Mapping, Sequence

import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import FigureError, drawing

_PANELS = {"loss": ("train_loss", "valid_loss"), "accuracy": ("accuracy",)}


@drawing
def learning_curve(history):
    """How loss and accuracy went over the epochs; of several runs the median, and a band from lowest to highest.

    ``history`` is a learner, its ``history`` table (epoch, train_loss, valid_loss, accuracy), a list of either (runs
    with different seeds), or a mapping of names to these, to compare.
    """
    named = history if isinstance(history, Mapping) else {"": history}
    runs = {str(name): _tables(value) for name, value in named.items()}
    if len(runs) == 1:
        return _one(next(iter(runs.values())))
    return _several(runs)


def _tables(value) -> list[pd.DataFrame]:
    several = value if isinstance(value, Sequence) and not isinstance(value, pd.DataFrame) else [value]
    tables = [getattr(one, "history", one) for one in several]
    for table in tables:
        if not isinstance(table, pd.DataFrame) or "epoch" not in table.columns or table.empty:
            raise FigureError("A learning curve needs a learner that has run, or its history with a column 'epoch'.")
    return tables


def _middle(tables: list[pd.DataFrame], column: str) -> pd.DataFrame:
    """Median, lowest and highest over runs, by epoch."""
    grouped = pd.concat(tables).dropna(subset=[column]).groupby("epoch")[column]
    return grouped.agg(["median", "min", "max"])


def _line(axes, table: pd.DataFrame, colour: str, **style) -> None:
    axes.fill_between(table.index, table["min"], table["max"], color=colour, alpha=0.16, linewidth=0)
    axes.plot(
        table.index, table["median"], color=colour, marker="o" if len(table) <= 25 else None, markersize=4, **style
    )


def _one(tables: list[pd.DataFrame]):
    figure, (left, right) = theme.canvas(3.1, ncols=2)
    train, valid = (_middle(tables, column) for column in _PANELS["loss"])
    accuracy = _middle(tables, "accuracy")
    _line(left, train, theme.OCHRE)
    _line(left, valid, theme.BLUE)
    _line(right, accuracy * 100, theme.BLUE)
    last = train.index[-1]
    gap = 0.07 * (max(train["max"].max(), valid["max"].max()) - min(train["min"].min(), valid["min"].min()) or 1)
    ends = [(train["median"].iloc[-1], "training", theme.OCHRE), (valid["median"].iloc[-1], "validation", theme.BLUE)]
    theme.label_ends(left, last, ends, gap)
    best = accuracy["median"].idxmax()
    top = accuracy["median"].max()
    right.plot([best], [top * 100], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=theme.RED, mew=2)
    side = "right" if best > accuracy.index[0] + 0.55 * (last - accuracy.index[0]) else "left"
    right.annotate(
        f"best: {theme.percent(top)}, epoch {best}", (best, top * 100), (0, 9), textcoords="offset points", ha=side,
        va="bottom", color=theme.RED, fontsize=9.5, fontweight="bold",
    )  # fmt: skip
    finish(left, "Loss", train.index[0], last)
    finish(right, "Accuracy on the validation set, %", train.index[0], last)
    left.set_xlim(right=last + 0.34 * max(1, last - train.index[0]))
    right.margins(y=0.22)
    losses = [
        f"{name} loss goes from {line.iloc[0]:.2f} to {line.iloc[-1]:.2f}"
        for name, line in (("Training", train["median"]), ("validation", valid["median"]))
    ]
    alt = (
        f"Two learning curves over {len(train)} epochs{_of(tables)}. {', '.join(losses)} (lowest "
        f"{valid['median'].min():.2f} at epoch {valid['median'].idxmin()}). Validation accuracy goes from "
        f"{theme.percent(accuracy['median'].iloc[0])} to {theme.percent(accuracy['median'].iloc[-1])}, best "
        f"{theme.percent(top)} at epoch {best}."
    )
    caption = (
        "Loss and accuracy by epoch. Where the two losses part, the network learns its training pictures by heart."
    )
    return figure, alt, caption + _band(tables)


def _several(runs: dict[str, list[pd.DataFrame]]):
    figure, (left, right) = theme.canvas(3.4, ncols=2)
    styles = theme.styles(runs)
    ends, said = {"valid_loss": [], "accuracy": []}, []
    for name, tables in runs.items():
        for axes, column, scale in ((left, "valid_loss", 1), (right, "accuracy", 100)):
            table = _middle(tables, column) * scale
            _line(axes, table, styles[name][0])
            ends[column].append((table["median"].iloc[-1], name, styles[name][0]))
        best = _middle(tables, "accuracy")["median"]
        said.append((best.max(), f"{name} {theme.percent(best.max())} at epoch {best.idxmax()}"))
    last = max(table["epoch"].max() for tables in runs.values() for table in tables)
    first = min(table["epoch"].min() for tables in runs.values() for table in tables)
    low, high = right.get_ylim()
    theme.label_ends(right, last, ends["accuracy"], 0.08 * (high - low))
    for axes, title in ((left, "Loss on the validation set"), (right, "Accuracy on the validation set, %")):
        finish(axes, title, first, last)
    longest = max(map(len, runs))
    right.set_xlim(right=last + (0.08 + 0.04 * longest) * max(1, last - first))
    told = [words for _, words in sorted(said, reverse=True)]
    alt = f"Validation loss and accuracy by epoch for {len(runs)} methods. Best accuracy: {theme.listed(told)}."
    return figure, alt, "Validation loss and accuracy by epoch." + _band(*runs.values())


def finish(axes, title: str, first: int, last: int) -> None:
    """Title, axis and ticks of a curve over the epochs from `first` to `last`."""
    from matplotlib.ticker import MaxNLocator

    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.grid(axis="y")
    # Names of lines stand right of the last epoch, where there are no epochs to tick.
    ticks = MaxNLocator(integer=True, nbins=6).tick_values(first, last)
    axes.set_xticks([tick for tick in ticks if first <= tick <= last])


def _of(tables: list[pd.DataFrame]) -> str:
    return f", median of {len(tables)} runs" if len(tables) > 1 else ""


def _band(*several: list[pd.DataFrame]) -> str:
    most = max(map(len, several))
    return f" Lines are medians of {most} runs, bands reach from the lowest to the highest." if most > 1 else ""

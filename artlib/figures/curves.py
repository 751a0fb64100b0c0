"""Figures of a training."""

from collections.abc import Mapping, Sequence

import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import Drawn, FigureError, drawing
from artlib.figures.panels import epoch_lines, panels, spread


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
    (first, *others) = named.values()
    return _several(runs) if others else _one(first, runs[str(next(iter(named)))])


def _tables(value: object) -> list[pd.DataFrame]:
    several = value if isinstance(value, Sequence) and not isinstance(value, pd.DataFrame) else [value]
    tables = [getattr(one, "history", one) for one in several]
    for table in tables:
        if not isinstance(table, pd.DataFrame) or "epoch" not in table.columns or table.empty:
            raise FigureError("A learning curve needs a learner that has run, or its history with a column 'epoch'.")
    return tables


def _by_epoch(tables: list[pd.DataFrame], column: str, scale: float = 1, low: float = 0) -> pd.DataFrame:
    return spread(scale * pd.concat(tables).dropna(subset=[column]).set_index("epoch")[column], low, 1 - low)


def _kept(history: object, tables: list[pd.DataFrame], accuracy: pd.Series, loss: pd.Series) -> int:
    """The epoch that was kept, where one is known; else the best accuracy, and among equals the lowest loss."""
    known = getattr(history, "best_epoch", None) or (tables[0].attrs.get("best_epoch") if len(tables) == 1 else None)
    if known in accuracy.index:
        return int(known)
    return loss[accuracy[accuracy == accuracy.max()].index].idxmin()


def _one(history: object, tables: list[pd.DataFrame]):
    figure, axes = panels(("Loss", "Accuracy on the validation set, %"), 3.1)
    (left, loss), (right, precision) = ((panel, title) for title, panel in axes.items())
    lines = {"training": _by_epoch(tables, "train_loss"), "validation": _by_epoch(tables, "valid_loss")}
    shown = _by_epoch(tables, "accuracy", 100)
    epoch_lines(left, loss, lines, (theme.OCHRE, theme.BLUE))
    epoch_lines(right, precision, {"": shown}, (theme.BLUE,), named=False)
    train, valid, accuracy = (one["middle"] for one in (*lines.values(), shown))
    best = _kept(history, tables, accuracy, valid)
    top = accuracy[best]
    right.plot([best], [top], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=theme.RED, mew=2)
    late = best > (accuracy.index[0] + accuracy.index[-1]) / 2
    right.annotate(f"kept: {top:.0f}%, epoch {best}", (best, top), (0, 9), textcoords="offset points", va="bottom",
        ha="right" if late else "left", color=theme.RED, fontsize=9.5, fontweight="bold")  # fmt: skip
    right.margins(y=0.22)
    losses = [
        f"{name} loss goes from {line.iloc[0]:.2f} to {line.iloc[-1]:.2f}"
        for name, line in (("Training", train), ("validation", valid))
    ]
    several = f", median of {len(tables)} runs" if len(tables) > 1 else ""
    ends = {"least": valid.min(), "at": valid.idxmin(), "first": accuracy.iloc[0], "last": accuracy.iloc[-1]}
    facts = {"epochs": len(train), "several": several, "losses": ", ".join(losses)} | ends
    alt = theme.alt("learning_curve", best=best, top=top, **facts)
    caption = theme.caption("learning_curve", best=best, top=top)
    numbers = pd.DataFrame({"training loss": train, "validation loss": valid, "accuracy, %": accuracy})
    return figure, alt, caption + _band(tables), numbers.rename_axis("epoch").reset_index()


def _several(runs: dict[str, list[pd.DataFrame]]):
    titles = {"valid_loss": "Loss on the validation set", "accuracy": "Accuracy on the validation set, %"}
    figure, axes = panels(titles, 3.4)
    colours = [colour for colour, _ in theme.styles(runs).values()]
    # The middle half of the runs: bands from the lowest to the highest of several methods hide one another.
    spreads = {
        column: {name: _by_epoch(tables, column, scale, 0.25) for name, tables in runs.items()}
        for column, scale in (("valid_loss", 1), ("accuracy", 100))
    }
    medians = {column: {name: one["middle"] for name, one in own.items()} for column, own in spreads.items()}
    banded = len(runs) < 4  # more bands hide the lines
    for column, lines in (spreads if banded else medians).items():
        epoch_lines(axes[column], titles[column], lines, colours, named=column == "accuracy")
    tops = medians["accuracy"]
    said = [(one.max(), f"{name} {one.max():.0f}% at epoch {one.idxmax()}") for name, one in tops.items()]
    told = [words for _, words in sorted(said, reverse=True)]
    alt = f"Validation loss and accuracy by epoch for {len(runs)} methods. Best accuracy: {theme.listed(told)}."
    ends = sorted((one.iloc[-1], name) for name, one in tops.items())
    (least, last), (most, first) = ends[0], ends[-1]
    caption = f"After the last epoch {first} is right for {most:.0f} of 100 validation works, {last} for {least:.0f}."
    numbers = {"accuracy, %": pd.DataFrame(tops), "loss": pd.DataFrame(medians["valid_loss"])}
    words = ", bands hold the middle half of them" if banded else ""
    table = pd.concat(numbers, names=["measure", "epoch"]).reset_index()
    return figure, alt, caption + _band(*runs.values(), words=words), table


def _band(*several: list[pd.DataFrame], words: str = ", bands reach from the lowest to the highest") -> str:
    most = max(map(len, several))
    return f" Lines are medians of {most} runs{words}." if most > 1 else ""

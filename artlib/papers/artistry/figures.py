"""Figures of the artistry chapter: accuracy by epoch and field, gain against truth and against alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from artlib.figures import theme
from artlib.figures.figure import Drawn, drawing
from artlib.figures.panels import arrow, blank, box, epoch_lines, name_ends, panels, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from artlib.papers.artistry.learner import FieldLearner
    from artlib.papers.artistry.network import ArtistryNet

_CHANCE = 50  # per cent: artistic or ordinary
_GAIN = "gain in accuracy, percentage points"


@drawing
def networks(*nets: ArtistryNet) -> Drawn:
    """Networks of the paper, a scheme each: every field's own layers, and the branch that all share (Figs. 5 to 8)."""
    tall = 0.5 * len(nets[0].fields) + 0.55
    figure, axes = blank(tall * len(nets))
    for number, net in enumerate(nets):
        _scheme(axes, net, number * tall + 0.4)
    told = [
        f"{net.name}: {len(net.fields)} fields with blocks of their own"
        + (", and one branch that all of them share" if net.shared else "")
        for net in nets
    ]
    caption = "Numbers are the channels of the blocks. Blue: a field's own layers. Red: layers that all fields share."
    channels = [
        {"network": net.name, "field": field, **{part: " ".join(map(str, own)) for part, own in net.widths.items()}}
        for net in nets
        for field in net.fields
    ]
    return figure, f"Schemes of {theme.listed(told)}.", caption, pd.DataFrame(channels)


def _scheme(axes: Axes, net: ArtistryNet, top: float) -> None:
    """One network: a row for each field, and at the right the branch that all of them share."""
    axes.text(0.1, top - 0.12, net.name, fontsize=10, fontweight="bold")
    widths = {name: " ".join(map(str, own)) for name, own in net.widths.items()}
    head = 4.45 if net.shared else 2.75
    if net.shared:
        tall = 0.5 * len(net.fields) - 0.12
        box(axes, (6.1, top), 1.05, tall, f"shared by\nall fields\n{widths['common']}", theme.RED, fontsize=9)
    for row, field in enumerate(net.fields):
        y = top + 0.5 * row
        box(axes, (0.1, y), 2.1, 0.38, f"{field}: {widths['stem']}", theme.BLUE, fontsize=8.5)
        arrow(axes, (2.2, y + 0.12), (2.75, y + 0.12))
        box(axes, (head, y), 1.0, 0.24, "artistic?", theme.OCHRE, fontsize=8.5)
        if net.shared:
            box(axes, (2.75, y), 1.15, 0.24, widths["individual"], theme.BLUE, fontsize=8.5)
            arrow(axes, (3.9, y + 0.12), (head, y + 0.12))
            arrow(axes, (2.2, y + 0.32), (6.1, y + 0.32), theme.RED, linewidth=0.9)  # below the field's own boxes
            arrow(axes, (6.1, y + 0.12), (head + 1.0, y + 0.12), theme.RED, linewidth=0.9)


@drawing
def by_epoch(histories: Mapping[str, FieldLearner], only: Sequence[str] = ()) -> Drawn:
    """Test accuracy of each field by epoch, network against network (the paper's Fig. 17).

    A filled point marks the epoch that the validation set chooses, a ring the best on the test set, which is what the
    paper reports.

    Parameters
    ----------
    histories : name -> a FieldLearner that has run.
    only : these fields; all where none is named.
    """
    fields = only or list(dict.fromkeys(field for learner in histories.values() for field in learner.fields))
    colours = [colour for colour, _ in theme.styles(histories).values()]
    figure, grid = panels(fields, 2.6)
    told = []
    for field, axes in grid.items():
        lines, said = {}, []
        for (name, learner), colour in zip(histories.items(), colours, strict=True):
            own = learner.history[learner.history["field"] == field].set_index("epoch")["test_accuracy"] * 100
            chosen, best = learner.epoch_of(field), learner.epoch_of(field, "test")
            axes.plot([chosen], [own[chosen]], marker="o", color=colour, markersize=7, markeredgecolor=theme.PAPER)
            axes.plot([best], [own[best]], marker="o", markersize=11, mfc="none", mec=colour, mew=1.6)
            said.append(f"{name} {own[chosen]:.0f}% at epoch {chosen}, at best {own[best]:.0f}% at epoch {best}")
            lines[name] = own
        epoch_lines(axes, field.capitalize(), lines, colours, _CHANCE)
        told.append(f"{field}: {'; '.join(said)}")
    alt = f"{len(fields)} panels of test accuracy by epoch. {'. '.join(told)}."
    caption = theme.caption("artistry_by_epoch")
    numbers = pd.concat({name: learner.history for name, learner in histories.items()}, names=["network"])
    numbers = numbers.reset_index("network")[["network", "field", "epoch", "test_accuracy"]]
    return figure, alt, caption, numbers[numbers["field"].isin(fields)].rename(columns=theme.readable)


@drawing
def curves(found: pd.DataFrame) -> Drawn:
    """Test accuracy by epoch over several runs, a panel a field, network against network (Fig. 17, with its spread).

    Parameters
    ----------
    found : columns network, field, epoch, run, accuracy (shares), as ``results.by_epoch`` gives them.
    """
    fields, names = (list(dict.fromkeys(found[column])) for column in ("field", "network"))
    styles = theme.styles(names)
    figure, grid = panels(fields, 2.6)
    told = []
    for field, axes in grid.items():
        own = found[found["field"] == field].set_index("epoch")
        shown = {name: own.loc[own["network"] == name, "accuracy"] for name in names if (own["network"] == name).any()}
        lines = {name: spread(100 * values, 0.1, 0.9) for name, values in shown.items()}
        epoch_lines(axes, field.capitalize(), lines, [styles[name][0] for name in lines], _CHANCE)
        middles = {name: line["middle"] for name, line in lines.items()}
        said = [f"{name} {one.iloc[0]:.0f}% after epoch {one.index[0]}, {one.iloc[-1]:.0f}% at the end" for name, one
            in middles.items()]  # fmt: skip
        told.append(f"{field}: {'; '.join(said)}")
    runs = found["run"].nunique()
    numbers = 100 * found.groupby(["field", "network", "epoch"], sort=False)["accuracy"].median().rename("accuracy, %")
    alt = f"{len(fields)} panels of test accuracy by epoch, medians of {runs} runs. {'. '.join(told)}."
    caption = theme.caption("artistry_curves", runs=runs)
    return figure, alt, caption, numbers.reset_index()


@drawing
def calibration(gains: pd.DataFrame) -> Drawn:
    """Multi-task gain against how much of artistry the fields truly have in common.

    Parameters
    ----------
    gains : columns shared, field ("all fields" is drawn thick), value, low, high, as ``results.calibration`` gives
        them.
    """
    figure, axes = theme.canvas(3.7)
    axes.axhspan(-2, 2, color=theme.FAINT, alpha=0.75, linewidth=0, zorder=0)
    axes.axhline(0, color=theme.INK, linewidth=1.1, zorder=1)
    ends = []
    for number, (field, own) in enumerate(gains.groupby("field", sort=False)):
        own = own.sort_values("shared")
        whole = field == "all fields"
        colour = theme.INK if whole else theme.PALETTE[number % len(theme.PALETTE)]
        axes.plot(own["shared"], own["value"] * 100, color=colour, linewidth=2.8 if whole else 1.1, marker="o",
                  markersize=7 if whole else 3.5, zorder=6 if whole else 4)  # fmt: skip
        if whole:
            axes.vlines(own["shared"], own["low"] * 100, own["high"] * 100, color=colour, linewidth=2.2, zorder=5)
        ends.append((own["value"].iloc[-1] * 100, field, colour))
    levels = sorted(gains["shared"].unique())
    axes.set(xticks=levels, xlabel="share of artistry that is common to the fields (known, because drawn)")
    axes.set_xlim(left=levels[0] - 0.04)
    name_ends(axes, levels[-1], ends)
    axes.set_ylabel(_GAIN)
    axes.text(
        levels[0], 2, " nothing common: a gain\n here has another cause", va="bottom", fontsize=8.5, color=theme.MUTED
    )
    whole = gains[gains["field"] == "all fields"].sort_values("shared")
    told = [
        f"at {r.shared:g} {100 * r.value:+.2f} [{100 * r.low:+.2f}, {100 * r.high:+.2f}]" for r in whole.itertuples()
    ]
    alt = f"Gain of learning together over learning alone, in percentage points, over all fields: {'; '.join(told)}."
    caption = theme.caption("artistry_calibration")
    return figure, alt, caption, gains.round(4)


@drawing
def alignment(found: pd.DataFrame) -> Drawn:
    """How alike the fields' layers see the same pictures, by epoch: one line a part of the network.

    Parameters
    ----------
    found : columns part, epoch (0: before training), alignment, and, where there are several runs, run.
    """
    figure, axes = theme.canvas(3.2)
    middles = {part: own.groupby("epoch")["alignment"].median() for part, own in found.groupby("part", sort=False)}
    axes.set_ylim(min(0, found["alignment"].min()) - 0.03, 1.03)
    colours = [colour for colour, _ in theme.styles(middles).values()]
    epoch_lines(axes, "Alignment between fields (1: they see alike)", middles, colours)
    told = [f"{part} from {middle.iloc[0]:.2f} to {middle.iloc[-1]:.2f}" for part, middle in middles.items()]
    alt = f"Centred kernel alignment between fields over {int(found['epoch'].max())} epochs: {'; '.join(told)}."
    runs = found["run"].nunique() if "run" in found else 1
    medians = f" Medians of {runs} runs." if runs > 1 else ""
    caption = theme.caption("artistry_alignment", told=theme.listed(told), medians=medians)
    return figure, alt, caption, pd.DataFrame(middles).round(4).reset_index()

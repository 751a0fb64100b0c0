"""Figures of the artistry chapter: accuracy by epoch and field, gain against truth and against alignment."""

from collections.abc import Mapping

import pandas as pd

from artlib.figures import theme
from artlib.figures.curves import finish
from artlib.figures.figure import FigureError, drawing

_GAIN = "gain in accuracy, percentage points"


@drawing
def by_epoch(histories: Mapping[str, object]):
    """Test accuracy of each field by epoch, network against network (the paper's Fig. 17).

    A filled point marks the epoch that the validation set chooses, a ring the best on the test set, which is what the
    paper reports. histories: name -> a FieldLearner that has run.
    """
    fields = list(dict.fromkeys(field for learner in histories.values() for field in learner.fields))
    figure, axes = theme.canvas(2.45 * -(-len(fields) // 2) + 0.3, nrows=-(-len(fields) // 2), ncols=2, squeeze=False)
    styles, told = theme.styles(histories), []
    for panel, field in zip(axes.ravel(), fields, strict=False):
        ends, said = [], []
        for name, learner in histories.items():
            own = learner.history[learner.history["field"] == field].set_index("epoch")["test_accuracy"] * 100
            colour, chosen, best = styles[name][0], learner.best_epoch(field), learner.best_epoch(field, "test")
            panel.plot(own.index, own, color=colour)
            panel.plot([chosen], [own[chosen]], marker="o", color=colour, markersize=7, markeredgecolor=theme.PAPER)
            panel.plot([best], [own[best]], marker="o", markersize=11, mfc="none", mec=colour, mew=1.6)
            ends.append((own.iloc[-1], name, colour))
            said.append(f"{name} {own[chosen]:.0f}% at epoch {chosen}, at best {own[best]:.0f}% at epoch {best}")
        panel.hlines(50, own.index[0], own.index[-1], color=theme.MUTED, linestyle="--", linewidth=1)
        finish(panel, field.capitalize(), int(own.index[0]), int(own.index[-1]))
        low, high = panel.get_ylim()
        panel.set_ylim(low - 0.05 * (high - low), high + 0.08 * (high - low))
        theme.label_ends(panel, own.index[-1], ends, 0.11 * (high - low))
        panel.set_xlim(right=own.index[-1] + (0.1 + 0.05 * max(map(len, histories))) * max(1, len(own) - 1))
        told.append(f"{field}: {'; '.join(said)}")
    for panel in axes.ravel()[len(fields) :]:
        panel.axis("off")
    alt = f"{len(fields)} panels of test accuracy by epoch. {'. '.join(told)}."
    caption = (
        "Accuracy on the test works by epoch, per cent. Filled: the epoch that the validation works choose. Ring: the "
        "best on the test works. Dashed: chance."
    )
    return figure, alt, caption


@drawing
def curves(table: pd.DataFrame):
    """Test accuracy by epoch over several runs, a panel a field, network against network (Fig. 17, with its spread).

    table : columns network, field, epoch, run, accuracy (shares), as ``experiments.fields.by_epoch`` gives them.
    """
    if table.empty:
        raise FigureError("There is no curve to draw: run or record the networks first.")
    fields, names = (list(dict.fromkeys(table[column])) for column in ("field", "network"))
    figure, axes = theme.canvas(2.45 * -(-len(fields) // 2) + 0.3, nrows=-(-len(fields) // 2), ncols=2, squeeze=False)
    styles, told = theme.styles(names), []
    for panel, field in zip(axes.ravel(), fields, strict=False):
        ends, said = [], []
        for name in names:
            own = table[(table["field"] == field) & (table["network"] == name)]
            if own.empty:
                continue
            middle, low, high = (100 * own.groupby("epoch")["accuracy"].quantile(q) for q in (0.5, 0.1, 0.9))
            colour = styles[name][0]
            panel.fill_between(middle.index, low, high, color=colour, alpha=0.16, linewidth=0)
            panel.plot(middle.index, middle, color=colour)
            ends.append((middle.iloc[-1], name, colour))
            said.append(
                f"{name} {middle.iloc[0]:.0f}% after epoch {middle.index[0]}, {middle.iloc[-1]:.0f}% at the end"
            )
        first, last = int(table["epoch"].min()), int(table["epoch"].max())
        panel.hlines(50, first, last, color=theme.MUTED, linestyle="--", linewidth=1)
        finish(panel, field.capitalize(), first, last)
        low, high = panel.get_ylim()
        theme.label_ends(panel, last, ends, 0.1 * (high - low))
        panel.set_xlim(right=last + (0.1 + 0.05 * max(map(len, names))) * max(1, last - first))
        told.append(f"{field}: {'; '.join(said)}")
    for panel in axes.ravel()[len(fields) :]:
        panel.axis("off")
    runs = table["run"].nunique()
    alt = f"{len(fields)} panels of test accuracy by epoch, medians of {runs} runs. {'. '.join(told)}."
    caption = (
        f"Accuracy on the test works by epoch, per cent: medians of {runs} runs; in the bands lie eight of ten. "
        "Dashed: chance."
    )
    return figure, alt, caption


@drawing
def against_alignment(table: pd.DataFrame, part: str = "common branch"):
    """What each pair of fields gains from learning together, against how alike its layers see (claim A6).

    table : columns pair, measure ("gain" and names of parts), value, low, high, as ``experiments.fields.of_pairs``.
    """
    wide = table.pivot(index="pair", columns="measure", values=["value", "low", "high"])
    if wide.empty or {"gain", part} - set(table["measure"]):
        raise FigureError("There are no pairs to draw: run or record the relations first.")
    figure, axes = theme.canvas(3.6)
    x, y = wide[("value", part)], 100 * wide[("value", "gain")]
    ends = []
    for pair, colour in zip(x.index, theme.PALETTE * len(x), strict=False):
        own = wide.loc[pair]
        axes.vlines(
            x[pair], 100 * own["low", "gain"], 100 * own["high", "gain"], color=colour, linewidth=1.6, alpha=0.6
        )
        axes.hlines(y[pair], own["low", part], own["high", part], color=colour, linewidth=1.6, alpha=0.6)
        axes.plot([x[pair]], [y[pair]], "o", color=colour, markersize=8)
        ends.append((y[pair], pair.replace(", ", " + "), colour))
    axes.margins(0.06, 0.12)
    low, high = axes.get_xlim()
    axes.hlines(0, low, high, color=theme.INK, linewidth=1.1, zorder=1)
    theme.label_ends(axes, high, ends, 0.085 * (axes.get_ylim()[1] - axes.get_ylim()[0]))
    axes.set_xlim(low, high + 0.45 * (high - low))
    axes.set_xlabel(f"alignment of the {part} (1: both fields see alike)")
    axes.set_ylabel(_GAIN)
    told = [f"{pair} alignment {x[pair]:.2f}, gain {y[pair]:+.1f}" for pair in x.sort_values().index]
    alt = f"Gain of each pair of fields against the alignment of its {part}. {'; '.join(told)}."
    caption = (
        "Each point is a pair of fields, with 95% intervals both ways. If alike layers meant that fields help each "
        "other, the points would rise to the right."
    )
    return figure, alt, caption


@drawing
def calibration(gains: pd.DataFrame):
    """Multi-task gain against how much of artistry the fields truly have in common.

    gains : columns shared, field ("all fields" is drawn thick), value, low, high, as ``fields.calibration`` gives them.
    """
    if gains.empty:
        raise FigureError("There is no gain to draw: run or record the calibration first.")
    figure, axes = theme.canvas(3.7)
    axes.axhspan(-2, 2, color=theme.FAINT, alpha=0.75, linewidth=0, zorder=0)
    axes.axhline(0, color=theme.INK, linewidth=1.1, zorder=1)
    ends = []
    for number, (field, own) in enumerate(gains.groupby("field", sort=False)):
        own = own.sort_values("shared")
        whole = field == "all fields"
        colour = theme.INK if whole else theme.PALETTE[number % len(theme.PALETTE)]
        axes.plot(own["shared"], own["value"] * 100, color=colour, linewidth=2.8 if whole else 1.1, marker="o",
                  markersize=7 if whole else 3.5, zorder=4 if whole else 2)  # fmt: skip
        if whole:
            axes.vlines(own["shared"], own["low"] * 100, own["high"] * 100, color=colour, linewidth=2.2, zorder=3)
        ends.append((own["value"].iloc[-1] * 100, field, colour))
    levels = sorted(gains["shared"].unique())
    low, high = axes.get_ylim()
    theme.label_ends(axes, levels[-1], ends, 0.075 * (high - low))
    axes.set(xticks=levels, xlabel="share of artistry that is common to the fields (known, because drawn)")
    axes.set_xlim(levels[0] - 0.04, levels[-1] + 0.3 * max(0.3, levels[-1] - levels[0]))
    axes.set_ylabel(_GAIN)
    axes.text(
        levels[0], 2, " nothing common:\n gains here are false alarms", va="bottom", fontsize=8.5, color=theme.MUTED
    )
    whole = gains[gains["field"] == "all fields"].sort_values("shared")
    told = [
        f"at {r.shared:g} {100 * r.value:+.1f} [{100 * r.low:+.1f}, {100 * r.high:+.1f}]" for r in whole.itertuples()
    ]
    alt = f"Gain of learning together over learning alone, in percentage points, over all fields: {'; '.join(told)}."
    caption = (
        "Gain of the multi-task network over single networks of about equal size, against how much artistry the fields "
        "share. If gain meant common artistry, the thick line would start at nought and rise. Bars: 95% intervals."
    )
    return figure, alt, caption


@drawing
def alignment(table: pd.DataFrame):
    """How alike the fields' layers see the same pictures, by epoch: one line a part of the network.

    table : columns part, epoch (0: before training), alignment, and, where there are several runs, run.
    """
    figure, axes = theme.canvas(3.2)
    parts = list(dict.fromkeys(table["part"]))
    ends, told = [], []
    for part, (colour, _) in zip(parts, theme.styles(parts).values(), strict=True):
        own = table[table["part"] == part].groupby("epoch")["alignment"].agg(["median", "min", "max"])
        axes.fill_between(own.index, own["min"], own["max"], color=colour, alpha=0.16, linewidth=0)
        axes.plot(own.index, own["median"], color=colour, marker="o" if len(own) <= 25 else None, markersize=4)
        ends.append((own["median"].iloc[-1], part, colour))
        told.append(f"{part} from {own['median'].iloc[0]:.2f} to {own['median'].iloc[-1]:.2f}")
    first, last = int(table["epoch"].min()), int(table["epoch"].max())
    axes.set_ylim(min(0, table["alignment"].min()) - 0.03, 1.03)
    finish(axes, "Alignment between fields (1: they see alike)", first, last)
    theme.label_ends(axes, last, ends, 0.075)
    axes.set_xlim(right=last + (0.04 + 0.024 * max(map(len, parts))) * max(1, last - first))
    alt = f"Centred kernel alignment between fields over {last} epochs: {'; '.join(told)}."
    caption = (
        "The same pictures, seen by each field's layers. Mean over the pairs of fields; epoch 0 is before training."
    )
    runs = table["run"].nunique() if "run" in table else 1
    if runs > 1:
        caption += f" Lines are medians of {runs} runs, bands reach from the lowest to the highest."
    return figure, alt, caption

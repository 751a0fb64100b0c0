"""How often the book's intervals hold a known truth, and how often its verdicts err: recorded, not run by tests.

    python tests/claims/simulate.py intervals    # data/simulation/intervals.csv, a few minutes
    python tests/claims/simulate.py planted      # data/simulation/planted.csv
    python tests/claims/simulate.py draw         # from these files: two figures of book/reproduced.md, and their words

Nothing is estimated here by formulas of its own: `statistics` gives intervals and p, `sides` what is made of numbers a
run, and `verdict` what a claim's parts show, all as for the book's records.
"""

import itertools
import re
import sys
from unittest import mock

import numpy as np
import pandas as pd

from artlib import paths
from artlib.claims import declared, sides, verdict
from artlib.evaluate import predictions, statistics

FOLDER = paths.data() / "simulation"
NULLS, TRIALS = 13, 400  # claims of one paper that are all false; such papers
EFFECT = 0.05
SPREADS = (0, 0.015, 0.03, 0.06)


def museum(rng, draws, models, spread, works=50):
    """A difference of two methods: works, models and draws scatter, its true mean is zero.

    Works scatter as little as if there were three times as many, which takes a third of the time.
    """
    own, again = rng.normal(0, 0.127, (draws, 1, works)), rng.normal(0, 0.208, (draws, models, works))
    values = own + again + rng.normal(0, 0.01, (draws, models, 1)) + rng.normal(0, spread, (draws, 1, 1))
    draw, model, work = (grid.ravel() for grid in np.indices(values.shape))
    return statistics.interval(
        values.ravel(), draw * works + work, {"draw": draw, "model": model}, resamples=400, seed=int(rng.integers(1e9))
    )


def _folded(rng, repeats, spread, works=200):
    own, frames = rng.normal(0, 0.21, works), []
    for repeat in range(repeats):
        fold = rng.permutation(works) % 5
        values = own + rng.normal(0, 0.25, works) + rng.normal(0, spread, 5)[fold]
        frames.append(pd.DataFrame({"work": range(works), "repeat": repeat, "fold": fold, "value": values}))
    return pd.concat(frames, ignore_index=True)


def folds(rng, repeats, spread):
    """The same on real pictures, work by work: five folds, once or twice."""
    table = _folded(rng, repeats, spread)
    model = table["repeat"] * 5 + table["fold"]
    return statistics.interval(table["value"], table["work"], model, resamples=400, seed=int(rng.integers(1e9)))


def numbers(rng, repeats, spread):
    """The same where records keep one number a run."""
    runs = _folded(rng, repeats, spread).groupby(["repeat", "fold"], as_index=False)["value"].mean()
    block = sides._scalar(runs.assign(draw=0), "value")
    return statistics.resample([block], resamples=400, seed=int(rng.integers(1e9)))


DESIGNS = {
    "3 draws of 5": lambda rng, spread: museum(rng, 3, 5, spread),
    "5 draws of 5": lambda rng, spread: museum(rng, 5, 5, spread),
    "10 draws of 2": lambda rng, spread: museum(rng, 10, 2, spread),
    "5 folds once": lambda rng, spread: folds(rng, 1, spread),
    "5 folds twice": lambda rng, spread: folds(rng, 2, spread),
    "5 folds once, a number a run": lambda rng, spread: numbers(rng, 1, spread),
    "5 folds twice, a number a run": lambda rng, spread: numbers(rng, 2, spread),
}


def intervals():
    """Coverage, error of 13 nulls after Holm, and power at Holm's strictest bar for an effect of 5 points."""
    rows = []
    for name, make in DESIGNS.items():
        for spread in SPREADS if "draws" in name else SPREADS[:2]:
            rng = np.random.default_rng(0)
            found = [[make(rng, spread) for _ in range(NULLS)] for _ in range(TRIALS)]
            every = list(itertools.chain(*found))
            bar = 0.05 / NULLS / 2
            rows.append({
                "design": name, "spread": spread, "intervals": len(every), "families": TRIALS,
                "coverage": np.mean([one.low <= 0 <= one.high for one in every]),
                "family_error": np.mean([statistics.holm([one.p for one in family]).min() < 0.05 for family in found]),
                "power": np.mean([one.p_above(-EFFECT) < bar for one in every]),
                "half_width": np.mean([(one.high - one.low) / 2 for one in every]),
            })  # fmt: skip
            FOLDER.mkdir(exist_ok=True)  # as far as it has come
            pd.DataFrame(rows).round(5).to_csv(FOLDER / "intervals.csv", index=False)


def planted(studies=40):
    """Claim B3 from made-up records, an effect put into the museum alone or into the null museum too.

    Recovered: the claim's state as a verdict has it, at the strictest bar that 13 claims of a paper give.
    """
    rows, entry, group = [], declared.claim("B3"), ("museum", "cpu", "")
    for where, effect in itertools.product(("museum", "museum and null"), (0, 0.02, 0.04, 0.08)):
        found = 0
        for number in range(studies):
            runs, tables = _records(np.random.default_rng([number, int(1000 * effect), len(where)]), where, effect)
            with mock.patch.object(sides, "_read", lambda path, name, digest, tables=tables: tables[name]):
                table = verdict._Runs(runs)
                parts = verdict._parts(entry, table.of(group, entry), 400, table.null(group, entry))
            found += verdict._state(parts, min(1.0, NULLS * 2 * min(verdict._p(parts)))) == "holds"
        rows.append({"effect in": where, "effect": effect, "studies": studies, "recovered": found})
        FOLDER.mkdir(exist_ok=True)
        pd.DataFrame(rows).to_csv(FOLDER / "planted.csv", index=False)


def _records(rng, where, effect, draws=10, models=2, works=400):
    """Ten museums and their null museums, two models on each; accuracies scatter by three points between museums."""
    runs, tables = [], {}
    for draw, cut in itertools.product(range(draws), ("", "artist")):
        truth, hard = rng.integers(0, 11, works), rng.random(works)
        shift = rng.normal(0, 0.03)
        for seed, apart in itertools.product(range(models), (None, "artist")):
            bonus = shift + (effect if not cut or where != "museum" else 0) if apart is None else 0
            hit = rng.random(works) < np.clip(0.6 + bonus + 0.4 * (hard - 0.5), 0, 1)
            said = np.where(hit, truth, (truth + rng.integers(1, 11, works)) % 11)
            name = f"{draw}-{cut}-{seed}-{apart}"
            tables[name] = predictions.from_probabilities(
                pd.DataFrame({"work_id": np.arange(works)}), np.arange(works), truth, np.eye(11)[said] * 0.8 + 0.02
            )
            cell = {"task": "culture, artists apart" if apart else "culture", "method": "fine-tuned", "draw": draw}
            cell |= {"apart": apart, "cut": cut, "repeat": 0, "fold": None}
            run = {"paper": "finetuning", "experiment": "apart", "collection": "museum", "preset": "cpu", "seed": seed}
            run |= {f"cell.{field}": value for field, value in cell.items()}
            runs.append(run | {"id": name, "path": "made up", "digest": f"{name}-{rng.random()}"})
    classes = [f"class {number}" for number in range(11)]
    return pd.DataFrame(runs).assign(classes=[classes] * len(runs)), tables


def told():
    """What the two figures show, in words, by the name of the figure; and, as "folds", what real pictures' folds do."""
    found, put = (pd.read_csv(FOLDER / f"{name}.csv") for name in ("intervals", "planted"))
    drawn, folded = (found[found["design"].str.contains(word)] for word in ("draws", "folds"))
    power = (100 * drawn.set_index(["design", "spread"])["power"]).round().astype(int)
    share = (
        (100 * put["recovered"] / put["studies"]).round().astype(int).groupby(put["effect in"], sort=False).agg(list)
    )
    alone, both = (", ".join(map(str, one[:-1])) + f" and {one[-1]}" for one in share)
    effects = [f"{100 * effect:g}" for effect in put["effect"].unique()]
    few, many = "3 draws of 5", "10 draws of 2"
    return {
        "fig-reproduced-simulation": (
            f"Three panels over the spread between draws, from 0 to {100 * max(SPREADS):g} points, with lines for "
            f"{', '.join(drawn['design'].unique())} networks. They hold the truth in {_hundreds(drawn['coverage'])} "
            f"intervals, and believe a false claim among {NULLS} in {_hundreds(drawn['family_error'])} cases. A true "
            f"effect of {100 * EFFECT:g} points is found by {many} networks in {power[many, 0]} of 100 cases where "
            f"draws do not differ and in {power[many, max(SPREADS)]} where they differ by {100 * max(SPREADS):g} "
            f"points; by {few} in {power[few].max()} or fewer."
        ),
        "fig-reproduced-planted-effect": (
            f"Share of studies with the verdict recovered, over an effect of {', '.join(effects[:-1])} and "
            f"{effects[-1]} points put into made-up records. With the effect in the museum alone {alone} per cent; in "
            f"the museum and in its null museum {both} per cent."
        ),
        "folds": f"Their intervals hold the truth in {_hundreds(folded['coverage'])} cases.",
    }


def _hundreds(shares):
    return f"{100 * shares.min():.0f} to {100 * shares.max():.0f} of 100"


def draw():
    """The figures, as SVG with text as text; and their alternative texts, on the page."""
    page = paths.root() / "book/reproduced.md"
    text = page.read_text(encoding="utf-8")
    for name, words in told().items():
        text = re.sub(rf"(?<=:name: {name}\n):alt: .*", f":alt: {words}", text)
    page.write_text(text, encoding="utf-8")
    import matplotlib.pyplot as plt

    from artlib.figures import theme

    found, put = (pd.read_csv(FOLDER / f"{name}.csv") for name in ("intervals", "planted"))
    colours = {"3 draws of 5": theme.RED, "5 draws of 5": theme.OCHRE, "10 draws of 2": theme.BLUE}
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "artlib"}):
        figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
        panels = (
            ("coverage", "interval holds the truth, %", 95),
            ("family_error", "13 false claims, one believed, %", 5),
            ("power", "a true 5 points found, %", None),
        )
        for ax, (column, title, line) in zip(axes, panels, strict=True):
            for name, colour in colours.items():
                own = found[found["design"] == name]
                ax.plot(100 * own["spread"], 100 * own[column], "o-", color=colour, label=name)
            if line:
                ax.axhline(line, color=theme.INK, linewidth=0.9, linestyle="--")
            low, high = {"coverage": (85, 100), "family_error": (0, 15), "power": (0, 100)}[column]
            ax.set(title=title, xlabel="spread between draws, points", ylim=(low, high))
            ax.title.set_fontsize(10)
        axes[0].legend(frameon=False, loc="lower left")
        figure.savefig(paths.root() / "book/images/reproduced-simulation.svg", metadata={"Date": None})
        figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
        for (where, own), colour in zip(put.groupby("effect in", sort=False), (theme.BLUE, theme.RED), strict=True):
            share = 100 * own["recovered"] / own["studies"]
            ax.plot(100 * own["effect"], share, "o-", color=colour, label=f"effect in the {where}")
        ax.set(xlabel="effect put into made-up records, points", ylabel='verdict "recovered", %', ylim=(-3, 103))
        ax.legend(frameon=False, loc="upper left")
        figure.savefig(paths.root() / "book/images/reproduced-planted-effect.svg", metadata={"Date": None})


if __name__ == "__main__":
    {"intervals": intervals, "planted": planted, "draw": draw}[sys.argv[1]]()

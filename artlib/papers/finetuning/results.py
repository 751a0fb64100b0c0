"""What recorded runs say of the fine-tuning paper: best settings, what weights had learned, distances of networks."""

import pandas as pd

from artlib import records
from artlib.experiments.results import gain
from artlib.figures import theme


def by_source(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with a column ``source``: what their initial weights had learned, whichever files they came from."""
    from artlib.nets import weights

    return runs.assign(source=[weights.LEARNED.get(name, name) for name in runs.get("cell.weights", ())])


def best_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of each task's best settings (method and initial weights), chosen by validation accuracy."""
    trained = runs[runs["history"].notna()] if "history" in runs.columns else runs.iloc[:0]
    if trained.empty:
        return trained
    # The same cell may stand in two grids (all layers, first weights).
    same = [f"cell.{name}" for name in ("task", "method", "weights", "draw", "repeat", "fold")] + ["seed"]
    trained = trained.drop_duplicates([name for name in same if name in trained.columns])
    settings = ["cell.task", "cell.method", "cell.weights"]
    valid = [records.history(run)["accuracy"].max() for _, run in trained.iterrows()]
    means = trained.assign(valid=valid).groupby(settings)["valid"].mean()
    chosen = set(means.groupby("cell.task").idxmax())
    return trained[[tuple(row) in chosen for row in trained[settings].to_numpy()]].reset_index(drop=True)


def within_artist(runs: pd.DataFrame) -> pd.DataFrame:
    """How often a network is right among the classes of the work's own painter, in per cent, and by chance."""
    words = {"accuracy": "right among the painter's own, %", "chance": "by chance, %"}
    columns = {f"metrics.{name}_within_artist": said for name, said in words.items()}
    tasks = runs["cell.task"].str.replace("artists apart", "new artists").rename("task")
    found = 100 * runs.groupby([runs["cell.method"].rename("features"), tasks])[list(columns)].mean()
    return found.round().rename(columns=columns).reset_index()


def more_pixels(more: pd.DataFrame, few: pd.DataFrame) -> str:
    """What frozen features with more pixels gain over the tuned network with few, in a sentence."""
    ways = {"more": ("frozen", more), "few": ("fine-tuned", few)}
    sides = [runs[runs["cell.method"] == way].assign(**{"cell.pixels": side}) for side, (way, runs) in ways.items()]
    gains = gain(pd.concat(sides), "more", "few", among="pixels")
    told = [
        f"{theme.readable(name)} " + "{value:+.1f} [{low:+.1f}, {high:+.1f}]".format(**one.row(100)).replace("-", "−")
        for name, one in gains.items()
    ]
    return f"Frozen with more pixels minus fine-tuned with few, in points: {'; '.join(told)}."

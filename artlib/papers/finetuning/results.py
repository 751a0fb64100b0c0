"""What recorded runs say of the fine-tuning paper: best settings, what weights had learned, distances of networks."""

import pandas as pd


def by_source(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs with a column ``source``: what their initial weights had learned, whichever files they came from."""
    from artlib.nets import weights

    if runs.empty:
        return runs
    return runs.assign(source=[weights.LEARNED.get(name, name) for name in runs["cell.weights"]])


def best_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs of each task's best settings (method and initial weights), chosen by validation accuracy."""
    trained = runs[runs["history.accuracy"].notna()] if "history.accuracy" in runs.columns else runs.iloc[:0]
    if trained.empty:
        return trained
    # The same cell may stand in two grids (all layers, first weights).
    same = [f"cell.{name}" for name in ("task", "method", "weights", "draw", "repeat", "fold")] + ["seed"]
    trained = trained.drop_duplicates([name for name in same if name in trained.columns])
    settings = ["cell.task", "cell.method", "cell.weights"]
    means = trained.assign(valid=trained["history.accuracy"].map(max)).groupby(settings)["valid"].mean()
    chosen = set(means.groupby("cell.task").idxmax())
    return trained[[tuple(row) in chosen for row in trained[settings].to_numpy()]].reset_index(drop=True)

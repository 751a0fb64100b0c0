"""What the page says of records and of history, computed a second way: by plain NumPy, and by git."""

import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml

from artlib import paths, records
from artlib.claims import declared, verdict

MEANING = ("statement", "experiment", "where", "average", "ignore", "unit", "planted", "parts", "measure")


def estimates(name, group):
    """Estimates of a claim's parts as the verdict has them, by what the part says and where: few resamples do."""
    entry, table = declared.claim(name), verdict._Runs(records.read(declared.claim(name).paper))
    runs, null = table.of(group, entry.experiments), None if group[2] else table.null(group, entry)
    parts = verdict._parts(entry, runs, 20, null)
    return {(part.contrast.says, *part.stratum.values()): part.estimate.value for part in parts}


def runs(paper, experiment, **fields):
    """Records and their predictions: a row a tested picture."""
    found = records.read(paper, experiment, **{"preset": "cpu", **fields})
    return [(run, records.predictions(run)) for _, run in found.iterrows()]


def hits(found, *keys):
    """Work (and draw) -> number of right answers and of all answers, summed over trained models."""
    table = pd.concat([predicted.assign(**{key: run[key] for key in keys}) for run, predicted in found])
    right = (table["target"] == table["predicted"]).astype(float)
    return right.groupby([table[key] for key in (*keys, "row")]).agg(["sum", "size"])


def accuracy_difference(a, b, *keys):
    """On works that both sides were tested on."""
    a, b = hits(a, *keys), hits(b, *keys)
    both = a.index.intersection(b.index)
    shares = [side.loc[both].sum() for side in (a, b)]
    return float(shares[0]["sum"] / shares[0]["size"] - shares[1]["sum"] / shares[1]["size"])


def of(found, **cell):
    return [one for one in found if all(one[0][f"cell.{name}"] == value for name, value in cell.items())]


@pytest.mark.slow
def test_six_verdicts_by_plain_numpy():
    """B1, C1, F3, O1, G5 and A1, from the predictions and numbers in the archive."""
    near = {"abs": 1e-9, "rel": 0}
    real, drawn = ("real", "cpu", ""), ("museum", "cpu", "")

    transfer = runs("finetuning", "transfer", collection="real")
    for (_, task), value in estimates("B1", real).items():
        own = of(transfer, task=task)
        expected = accuracy_difference(of(own, method="fine-tuned"), of(own, method="frozen"))
        assert value == pytest.approx(expected, **near), ("B1", task)

    methods = runs("culture", "methods", collection="real")
    for (says, task), value in estimates("C1", real).items():
        pair = ("fine-tuned", "frozen") if says.startswith("fine") else ("frozen", "scratch")
        own = of(methods, task=task)
        expected = accuracy_difference(*(of(own, method=name) for name in pair))
        assert value == pytest.approx(expected, **near), ("C1", says)

    scenarios = runs("finetuning", "scenarios", collection="real")
    value = estimates("F3", real)[("training all beats training only the last",)]
    tasks = [
        accuracy_difference(of(scenarios, task=task, method="all"), of(scenarios, task=task, method="only-last"))
        for task in ("artist", "genre")
    ]
    assert value == pytest.approx(np.mean(tasks), **near), "F3"

    told = estimates("O1", real)
    multi = runs("omniart", "multi-task", collection="real")
    for task, metric, sign in (("material", "mean_average_precision", 1), ("period", "mean_absolute_error", -1)):
        own = [predicted.assign(method=run["cell.method"]) for run, predicted in of(multi, task=task)]
        means = pd.concat(own).astype({metric: float}).groupby("method")[metric].mean()
        value = next(number for (says, *_), number in told.items() if says.startswith(task))
        assert value == pytest.approx(sign * (means["multi-task"] - means["single-task"]), **near), ("O1", task)

    genres = runs("artist-gan", "generated-genres", collection="museum")
    kappas, works = [], []
    for draw in sorted({run["cell.draw"] for run, _ in genres}):
        table = pd.concat([predicted for _, predicted in of(genres, draw=draw)])
        classes = np.union1d(table["target"], table["predicted"])
        counts = np.array(
            [[((table["target"] == a) & (table["predicted"] == b)).sum() for b in classes] for a in classes]
        )
        n, luck = counts.sum(), (counts.sum(0) * counts.sum(1)).sum() / counts.sum() ** 2
        kappas.append((np.trace(counts) / n - luck) / (1 - luck))
        works.append(n)
    (value,) = estimates("G5", drawn).values()
    assert value == pytest.approx(np.average(kappas, weights=works), **near), "G5"

    networks = runs("artistry", "networks", collection="museum")
    for (_, task), value in estimates("A1", drawn).items():
        sides = []
        for shared in (0.5, 0.0):
            own = of(networks, task=task, shared=shared, drawing="visible")
            together, alone = (of(own, network=name) for name in ("multi-1", "single"))
            sides.append(accuracy_difference(together, alone, "cell.draw"))
        assert value == pytest.approx(sides[0] - sides[1], **near), ("A1", task)


def _git(*arguments):
    return subprocess.run(["git", *arguments], cwd=paths.root(), capture_output=True, text=True, check=True).stdout


def _history():
    """Claim -> [(day, commit, meaning)], whenever its meaning changed; skips where the history is not there."""
    try:
        if _git("rev-parse", "--is-shallow-repository").strip() == "true":
            pytest.skip("a shallow clone has no history to check dates against")
        log = _git("log", "--reverse", "--format=%h %aI", "--", "data/claims", "data/claims.yaml").splitlines()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git history here to check dates against")
    told = {}
    for commit, when in (line.split() for line in log):
        files = _git("ls-tree", "-r", "--name-only", commit, "data/claims", "data/claims.yaml").split()
        for file in files:
            for name, entry in _entries(yaml.safe_load(_git("show", f"{commit}:{file}"))):
                meaning = {field: entry.get(field) for field in MEANING}
                known = told.setdefault(name, [])
                if not known or known[-1][2] != meaning:
                    known.append((when, commit, meaning))
    return told


def _entries(table):
    """(id, claim) of all claims in a table, however deep: there was one for all papers once."""
    for name, entry in (table or {}).items():
        if isinstance(entry, dict) and "statement" in entry:
            yield name, entry
        elif isinstance(entry, dict):
            yield from _entries(entry)


@pytest.mark.slow
def test_dates_of_claims_are_those_of_the_history():
    history, known = _history(), declared.declared_claims()
    for name, entry in known.items():
        if name not in history:
            continue  # written, and not committed yet
        (when, commit, _), *changes = history[name]
        assert entry.written["at"][:10] == when[:10], (name, when)
        if "commit" in entry.written:
            assert entry.written["at"] == when[:16].replace("T", " "), name
            assert commit.startswith(str(entry.written["commit"])[:7]), (name, commit)
        days = {one["at"][:10] for one in entry.changed}
        silent = [(when, commit) for when, commit, _ in changes if when[:10] not in {*days, entry.written["at"][:10]}]
        assert not silent, f"{name} changed its meaning in {silent}: say so under `changed`"


def test_every_claim_says_when_it_was_written_and_what_changed():
    for name, entry in declared.declared_claims().items():
        assert entry.written["at"] <= min([one["at"] for one in entry.changed], default="9"), name
        assert all(len(one["what"]) > 10 for one in entry.changed), name


def test_the_oracles_are_those_of_the_museum():
    from scipy.stats import norm
    from sklearn.metrics import cohen_kappa_score

    from artlib.collections import museum
    from artlib.collections.museum import fields, truth

    oracle, drawn = declared.rules()["oracle"], museum.read(size="smoke")
    true = truth.causes(drawn)
    for name in ("culture", "artist", "genre", "style"):
        known = drawn.works[name].notna()
        agreement = cohen_kappa_score(drawn.works[name][known].astype(str), true[name][known].astype(str))
        assert oracle[name] == pytest.approx(agreement, abs=0.001)
    assert oracle["artistry"] == pytest.approx(2 * norm.cdf(fields.CONTRAST / 2) - 1, abs=0.001)


def test_the_recorded_simulation_keeps_what_the_page_promises():
    found = pd.read_csv(paths.data() / "simulation" / "intervals.csv")
    many = found[found["design"] == "10 draws of 2"]
    assert set(many["spread"]) == {0, 0.015, 0.03, 0.06}
    assert many["coverage"].between(0.93, 0.97).all()
    assert (many["family_error"] <= 0.08).all()
    assert found["coverage"].between(0.93, 0.985).all(), "folds with a number a run are a little too careful"
    put = pd.read_csv(paths.data() / "simulation" / "planted.csv").set_index(["effect in", "effect"])
    share = put["recovered"] / put["studies"]
    assert share["museum"].is_monotonic_increasing
    assert share["museum", 0.08] > 0.5
    assert (share["museum and null"] <= 0.1).all()

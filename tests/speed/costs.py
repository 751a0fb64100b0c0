"""The page "When one machine is not enough": its tables and its figure, from recorded measurements.

    python tests/speed/costs.py size STEP WORKS ...    # a row of data/measurements/size.csv for each size
    python tests/speed/costs.py processor NAME ...     # the ways of computing, for each of these networks
    python tests/speed/costs.py start                  # how long a worker takes to start
    python tests/speed/trainings.py                    # data/measurements/trainings.csv
    python tests/speed/retrieval.py 1000000            # what goes into data/measurements/search.csv
    python tests/speed/costs.py draw                   # the figure and the tables of book/one-machine.md

Measurements lie in ``data/measurements``, one table each; what a cell or a picture costs stands in ``costs.csv``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
FOLDER, PAGE = ROOT / "data" / "measurements", ROOT / "book" / "one-machine.md"
FIGURE = ROOT / "book" / "images" / "one-machine-size.svg"
MACHINES = ((1, 2), (1, 16), (10, 16))
"""Machines, and cores of each, for which times are given."""
COLOURS = {"table": "BLUE", "split": "GREEN", "split by artist": "PURPLE", "cache": "OCHRE", "features": "RED",
           "index": "INK", "map": "GREY"}  # fmt: skip


def read(name: str) -> pd.DataFrame:
    """A table of measurements."""
    return pd.read_csv(FOLDER / f"{name}.csv")


def duration(seconds: float) -> str:
    """In words, two digits."""
    for unit, length, most in (("s", 1, 90), ("minutes", 60, 90), ("hours", 3_600, 48), ("days", 86_400, 700)):
        if seconds < most * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds / (365.25 * 86_400):.2g} years"


def tables() -> dict[str, str]:
    """The page's tables, as Markdown, by name."""
    costs = read("costs").set_index("name")["seconds"]
    return {
        "cells": _cells(costs),
        "pictures": _pictures(costs),
        "size": _size(read("size")),
        "way": _way(),
        "trainings": _trainings(),
        "search": _search(),
    }


def _head(first: str) -> list[str]:
    machines = [f"{cores} cores" if count == 1 else f"{count} machines of {cores} cores" for count, cores in MACHINES]
    return [f"| {first} | {' | '.join(machines)} |", "|---|" + "---:|" * len(MACHINES)]


def _row(name: str, work: float) -> str:
    return f"| {name} | {' | '.join(duration(work / (count * cores)) for count, cores in MACHINES)} |"


def _cells(costs: pd.Series) -> str:
    kinds = [name for name in costs.index if name.startswith("cell, ")]
    rows = [_row(f"{cells:,} x {name.removeprefix('cell, ')}", cells * (costs[name] + costs["overhead of a cell"]))
            for cells in (1_000, 100_000) for name in kinds]  # fmt: skip
    starts = costs[costs.index.str.startswith("starting a ")].rename(lambda name: name.removeprefix("starting "))
    told = (
        "The times are computed from what one cell took in the book's records, and from what it costs to record one.\n"
        f"Starting comes once: {_each(starts, '{:.1f} s'.format)}, of processor time."
    )
    return "\n".join([*_head("cells"), *rows, "", told])


def _pictures(costs: pd.Series) -> str:
    networks = [name for name in costs.index if name.startswith("features, ")]
    rows = [
        _row(f"{n:,} pictures, {name.removeprefix('features, ')}", n * (costs[name] + costs["decoding a photograph"]))
        for n in (1_000_000, 100_000_000)
        for name in networks
    ]
    return "\n".join([*_head("features of"), *rows])


def _size(found: pd.DataFrame) -> str:
    sizes = sorted(found["works"].unique())
    lines = [f"| step | {' | '.join(f'{n:,}' for n in sizes)} |", "|---|" + "---:|" * len(sizes)]
    for step in found["name"].drop_duplicates():
        own = found[found["name"] == step].set_index("works")
        cells = [f"{duration(own.seconds[n])}, {own.memory_mb[n]:,.0f} MB" if n in own.index else "" for n in sizes]
        lines.append(f"| {step} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _way() -> str:
    found = read("processor").sort_values("name", kind="stable")
    head = ["network", "way", "pictures a second", "compared with plain eager", "loss at the end", "chosen"]
    lines = [f"| {' | '.join(head)} |", "|---|---|---:|---:|---:|---|"]
    for row in found.rename(columns={"name": "network"}).itertuples():
        cells = row.way, f"{row.ours:,.0f}", f"{row.ratio:.2f}", f"{row.loss:.3f}", "yes" * row.chosen
        lines.append(f"| {_named(row.network)} | {' | '.join(cells)} |")
    costs = read("costs").set_index("name")["seconds"]
    starts = costs[costs.index.str.startswith("compiling ")].rename(lambda name: name.partition(" ")[2])
    cores = read("cores").pivot(index="name", columns="way", values="ours").dropna()
    shares = cores["one process a core"] / cores["one process on all cores"]
    told = (
        *([f"Compiling comes first: {_each(starts, duration)} of processor time."] if len(starts) else []),
        "One process a core trained more pictures in sum than one process on all cores: "
        f"{_each(shares, '{:.1f} times as many'.format)}.",
        "A grid gains that by `--workers`.",
    )
    return "\n".join([*lines, "", *told])


def _each(values: pd.Series, said: Callable[[float], str]) -> str:
    """Numbers of networks in words; what stands behind a comma of their names is left out."""
    return ", ".join(f"{said(value)} for {_named(name.partition(',')[0])}" for name, value in values.items())


def _named(network: str) -> str:
    """A network of the records in a reader's words; what stands behind a comma stays."""
    from artlib.figures import theme

    name, comma, size = network.partition(",")
    return f"{theme.shown(name)}{comma}{size}"


def _trainings() -> str:
    found = read("trainings").pivot_table(index="study", columns="way", values="trainings_a_core_hour", sort=False)
    lines = ["| training | before, in an hour of a core | after | times as many |", "|---|---:|---:|---:|"]
    lines += [f"| {study} | {row.before:,.0f} | {row.after:,.0f} | {row.after / row.before:.2g} |"
              for study, row in found.iterrows()]  # fmt: skip
    return "\n".join(lines)


def _search() -> str:
    one = read("search").iloc[-1]
    lines = (
        f"Among {one.works:,.0f} works with {one.units:.0f} numbers each, {one.queries:.0f} searches took",
        f"{one.seconds:.2g} s with the index and {one.exact_seconds:.2g} s without it: {one.ratio:.0f} times as long.",
        f"The index found {one.recall_at_10:.0%} of the ten nearest. It was built in {duration(one.build_seconds)},",
        f"and has {one.index_mb:,.0f} MB where the features have {one.exact_mb:,.0f} MB.",
    )
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with its tables as they are now."""
    for name, table in tables().items():
        page = re.sub(
            rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", lambda mark, t=table: f"{mark[1]}\n{t}\n\n{mark[2]}",
            page, flags=re.DOTALL,
        )  # fmt: skip
    return page


def draw() -> None:
    """The figure, as SVG with text as text; and the tables."""
    import matplotlib.pyplot as plt

    from artlib.figures import theme

    found = read("size")
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "artlib"}):
        figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
        for ax, (column, title) in zip(axes, (("seconds", "seconds"), ("memory_mb", "memory, MB")), strict=True):
            for step, colour in COLOURS.items():
                own = found[found["name"] == step].sort_values("works")
                ax.loglog(own["works"], own[column].clip(lower=1 if column == "memory_mb" else 1e-3), "o-",
                          color=getattr(theme, colour), label=step)  # fmt: skip
            ax.set(xlabel="works", title=title)
        axes[1].legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))
        figure.savefig(FIGURE, metadata={"Date": None})
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def record(what: str, asked: list[str]) -> None:
    """Measure, and keep it in place of what was measured of the same before."""
    from speed import processor, size, start

    if what == "size":
        for works in asked[1:]:
            _keep("size", pd.DataFrame([size.measured(asked[0], int(works))]), ["name", "works"])
    elif what == "processor":
        for network in (one for one in processor.NETWORKS if one[0] in asked):
            with processor.nothing_compiled():
                _keep("costs", _as_costs(processor.compiling(*network)), ["name"])
                _keep("processor", pd.DataFrame(processor.measure(*network, rounds=3)), ["name", "way"])
            _keep("cores", pd.DataFrame(processor.by_cores(*network)), ["name", "way"])
    elif what == "start":
        _keep("costs", _as_costs(start.run().to_dict("records")), ["name"])


def _as_costs(found: list[dict]) -> pd.DataFrame:
    return pd.DataFrame([{"name": one["name"], "seconds": one["ours"], "how": "processor seconds"} for one in found])


def _keep(name: str, new: pd.DataFrame, by: list[str]) -> None:
    file = FOLDER / f"{name}.csv"
    known = pd.concat([pd.read_csv(file), new]) if file.exists() else new
    if len(known):
        known.groupby(by, sort=False).last().reset_index().to_csv(file, index=False)


if __name__ == "__main__":
    sys.path[0] = str(ROOT / "tests")
    FOLDER.mkdir(exist_ok=True)
    if sys.argv[1] == "draw":
        draw()
    else:
        record(sys.argv[1], sys.argv[2:])

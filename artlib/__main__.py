"""The command ``artlib``. Everything heavy is imported by the command that needs it, so that help comes at once."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artlib.course.commands import app as classes
from artlib.errors import ArtlibError, one_of

if TYPE_CHECKING:
    from artlib.site.execute import Result
    from artlib.site.layout import Layout


class _Commands(typer.core.TyperGroup):
    """A fault that the user can put right is one message and a failing exit, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ArtlibError as fault:
            typer.secho(f"{str(fault).rstrip('. ')}.", err=True, fg="red")
            raise typer.Exit(1) from fault
        except KeyboardInterrupt as stopped:
            typer.secho(f"\nStopped. {_KEPT}", err=True, fg="yellow")
            raise typer.Exit(130) from stopped


_KEPT = (
    "Kept: every chapter that was executed whole, decoded pictures, and the last whole epoch of a training. "
    "The same command goes on from there."
)

_MOST = 50  # works that are named one by one

app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Execute the book's chapters, render and check its pages, and look after what they need.",
)


def _place(root: Path | None) -> Path | None:
    """The folder that is meant: "open" is where `artlib download open` puts its pictures."""
    if root != Path("open") or root.exists():
        return root
    from artlib.collections import open_works

    return open_works.folder()


Chapters = Annotated[list[str] | None, typer.Argument(help="Chapters by name (fine-tuning); all when none is named.")]
PresetName = Annotated[str, typer.Option("--preset", "-p", help="smoke, course, paper, or auto (by the hardware).")]
CollectionName = Annotated[str | None, typer.Option("--collection", "-c", help="museum, table, folder, ...")]
Root = Annotated[
    Path | None, typer.Option("--root", "-r", callback=_place, help="The collection's folder; open: downloaded so.")
]
Column = Annotated[str | None, typer.Option("--column", help="What the folders' names are: style, artist, ...")]
Joined = Annotated[bool, typer.Option("--join", help="Pictures that look alike count as one work (copies, sizes).")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", "-s", help="A chapter's parameter, as name=value; may be repeated.")
]
EngineName = Annotated[str, typer.Option(help="local, or ray: the machines of a Ray cluster.")]
Address = Annotated[str | None, typer.Option(help="Of the cluster's head, HOST:6379, or auto; none starts one here.")]
Again = Annotated[bool, typer.Option("--again", help="Execute also what has not changed.")]
Workers = Annotated[int | None, typer.Option("--workers", "-w", min=1, help="Processes of this machine.")]


@app.command()
def build(
    preset: PresetName = "smoke",
    collection: CollectionName = None,
    root: Root = None,
    column: Column = None,
    join: Joined = False,
    settings: Settings = None,
    again: Again = False,
    workers: Workers = None,
) -> None:
    """Execute every chapter, render the site, check it, and say where it is.

    A chapter that stops at an error is rendered as far as it came; the exit status is then 1.
    """
    from artlib.site import check, layout, render, stage

    book = layout.here()
    with book.lock():
        named = _named(collection, root, column, join)
        results = _execute(book, None, preset, named, settings, again, workers)
        whole = not any(result.fault or "own" in result.measured for result in results)
        _timed("stage", stage.stage, book, results)
        _timed("render", render.render, book, whole)
        _timed("check", check.check, book)
    typer.echo(f"\n{_table(results)}")
    front = book.site / "index.html"
    typer.echo(f"\nThe book: {front}\nOpen that file in a browser, or run `make serve` (`artlib serve`).")
    _end(results)


@app.command()
def run(
    chapters: Chapters = None,
    preset: PresetName = "smoke",
    collection: CollectionName = None,
    root: Root = None,
    column: Column = None,
    join: Joined = False,
    settings: Settings = None,
    again: Again = False,
    workers: Workers = None,
) -> None:
    """Execute chapters, and keep each result until something it depends on changes."""
    from artlib.site import layout

    named = _named(collection, root, column, join)
    results = _execute(layout.here(), chapters, preset, named, settings, again, workers)
    typer.echo(f"\n{_table(results)}")
    for result in results:
        typer.echo(f"{result.chapter}: {result.notebook}")
    _end(results)


@app.command()
def look(
    root: Annotated[Path, typer.Argument(help="The folder, or the table's file.", callback=_place)],
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="table, folder, ...; else by what lies there.")
    ] = None,
    column: Column = None,
    join: Joined = False,
    preset: PresetName = "smoke",
) -> None:
    """Say what lies in a folder of pictures, which chapters can be asked of it, and how long that takes."""
    from artlib.site import jobs, layout
    from artlib.site import look as looking

    book = layout.here()
    tables = root.is_file() or any((root / name).is_file() for name in ("works.csv", "works.parquet"))
    name = _named(collection or ("table" if tables else "folder"), root, column, join)
    jobs.make(book, book.chapters(), preset, name)
    for line in looking.look(book.chapters(), name["collection"], root, preset).lines():
        typer.echo(line)


@app.command()
def check() -> None:
    """Check the rendered pages: descriptions of pictures, links, errors, loads from other hosts."""
    from artlib.site import check as rules
    from artlib.site import layout

    typer.echo(f"{rules.check(layout.here())} pages checked, nothing to complain of.")


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on this computer.")] = 8000) -> None:
    """Serve the site on this computer until Ctrl-C."""
    from artlib.site import layout
    from artlib.site import serve as web

    with web.server(layout.here().site, port) as running:
        typer.echo(f"The book: http://127.0.0.1:{running.server_port}/ (Ctrl-C ends)")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            typer.echo("")


@app.command()
def lab() -> None:
    """Open the chapters in JupyterLab: copies in work/, which read as on the page."""
    import subprocess

    from artlib import paths
    from artlib.site import kernel, layout
    from artlib.site import lab as copies

    book = layout.here()
    for name in copies.prepare(book):
        typer.echo(f"work/{name} holds your changes and stays as it is; delete it for the chapter as it is now.")
    defaults = copies.settings(book.build / "lab")
    options = [f"--ServerApp.root_dir={book.root}", f"--LabApp.default_url=/lab/tree/{copies.FOLDER}"]
    command = [sys.executable, "-m", "jupyterlab", *options, f"--LabApp.app_settings_dir={defaults}"]
    with kernel.this_python(book.build / "jupyter", book.root):
        seen_from_here = {**os.environ, **paths.environment()}
        raise typer.Exit(subprocess.run(command, cwd=book.root, env=seen_from_here).returncode)


@app.command()
def doctor() -> None:
    """Say in plain words whether Python, packages, GPU, disk, pictures and weights are in order."""
    from artlib.site import doctor as surgery

    colours = {"fine": "green", "note": "yellow", "problem": "red"}
    problems = 0
    for finding in surgery.examine():
        problems += finding.state == "problem"
        typer.echo(typer.style(f"{finding.state:>8}  ", fg=colours[finding.state]) + f"{finding.what}: {finding.found}")
    if problems:
        typer.secho(f"{problems} to put right before the book runs.", fg="red")
        raise typer.Exit(1)
    typer.secho("All in order.", fg="green")


@app.command()
def experiment(
    name: Annotated[str | None, typer.Argument(help="A study of data/studies; none lists them.")] = None,
    root: Root = None,
    weights: Annotated[
        list[str] | None, typer.Option(help="Initial weights, when not those that are declared; may be repeated.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A part of the grid: task=artist, repeat=0; may be repeated.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="A folder for the records: all is run again, and compared with the book's.")
    ] = None,
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = None,
    gpus: Annotated[float | None, typer.Option(help="Of each Ray worker; 0.25 lets four share one.")] = None,
    share: Annotated[str, typer.Option(help="3/40: the third of forty shares, each for a machine of its own.")] = "1/1",
    slurm: Annotated[int | None, typer.Option(help="Print a job array of so many shares for sbatch.")] = None,
    status: Annotated[bool, typer.Option("--status", help="Say what is done, missing and failed, and why.")] = False,
) -> None:
    """Run the cells of a declared experiment that have no record yet; `artlib records pack` archives them.

    A cell that fails stops no other. The same command goes on where it was interrupted.
    """
    from artlib import experiments, papers, records
    from artlib.experiments import engines, parts

    if name is None:
        for known, entry in experiments.declared_studies().items():
            typer.echo(f"{known}: {entry['question'].strip()}")
        return
    study = papers.load_study(name, weights)
    if slurm is not None:
        several = [("--weights", one) for one in weights or ()] + [("--only", one) for one in only or ()]
        several += [(option, str(path)) for option, path in (("--root", root), ("--into", into)) if path]
        words = [name, *(word for pair in several for word in pair)]
        command = [sys.executable, "-m", "artlib", "experiment", *words]
        typer.echo(parts.slurm(command, name, slurm), nl=False)
    elif status:
        _print_status(parts.status(study, into, _settings(only)))
    else:
        chosen = _engine(engine, address, workers, gpus) or engines.serial
        runs = parts.run(study, chosen, root, into, _settings(only), share)
        if records.processes()[0]:
            return
        if into is not None and len(beside := experiments.beside_recorded(runs)):
            typer.echo(beside.to_string(float_format="{:.3f}".format))
        where = f"in {into}" if into else f"({study.paper}/{study.experiment})"
        typer.echo(f"{len(runs)} records of {name} {where}")


def _engine(name: str, address: str | None, workers: int | None, gpus: float | None = None) -> Any:
    """Who does the parts of a command; None where nothing was asked for."""
    from artlib.experiments import engines

    one_of(name, ("local", "ray"), f"There is no --engine {name!r}", typer.BadParameter)
    return engines.on_ray(address, workers, gpus) if name == "ray" else workers and engines.processes(workers)


def _print_status(cells: Any) -> None:
    counts = cells["state"].value_counts()
    typer.echo(", ".join(f"{counts.get(state, 0):,} {state}" for state in ("done", "missing", "failed")))
    for reason, own in cells[cells["state"] == "failed"].groupby("reason"):
        typer.echo(f"{len(own)} failed: {reason} (first: {own['id'].iloc[0]})")


app.add_typer(classes, name="course")

recorded = typer.Typer(no_args_is_help=True, help="Records: archive the journal's, show one, count them.")
app.add_typer(recorded, name="records")


@recorded.command()
def pack() -> None:
    """Move the runs of the journal (data/runs) into the archive in git (data/results)."""
    from artlib.experiments import packing

    typer.echo("\n".join(packing.pack()) or "The journal is empty.")


@recorded.command()
def show(name: Annotated[str, typer.Argument(metavar="ID", help="Twelve digits: the column `id`.")]) -> None:
    """Print one record as JSON."""
    import json

    from artlib import records

    typer.echo(json.dumps(records.find(name), indent=1))


@recorded.command()
def status() -> None:
    """Count packed and loose runs by experiment, and those made from a work tree that differed from its commit."""
    from artlib.experiments import packing

    found = packing.status()
    typer.echo(found.to_string(index=False) if len(found) else "There are no records.")
    if len(found):
        total = found.drop(columns="experiment").sum()
        typer.echo(", ".join(f"{count:,} {name}" for name, count in total.items()))


@app.command()
def pretrain(
    network: Annotated[str, typer.Argument(help="A network by its name.")] = "resnet18_s",
    source: Annotated[str, typer.Option(help="hybrid, objects, memorability, sentiment or style.")] = "hybrid",
    works: Annotated[int, typer.Option(help="Photographs to learn from.")] = 16_000,
    epochs: Annotated[int, typer.Option(help="Times each is seen.")] = 8,
    seed: Annotated[int, typer.Option(help="Other photographs, another order.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Where to keep the weights; else the user's cache.")] = None,
) -> None:
    """Make starting weights: train a network on the museum's photographs."""
    from artlib.experiments import pretrain as training

    typer.echo(training.pretrain(network, source, works, epochs, seed, folder))


@app.command()
def download(
    name: Annotated[
        str, typer.Argument(help="An open collection: nga, cleveland or met; open: the recorded experiments' own.")
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", help="Pictures in all; those already there count.")] = 500,
    root: Annotated[Path | None, typer.Option("--root", "-r", help="The folder; else data/collections/NAME.")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", "-t", help="painting, drawing, print, ...; may be repeated.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="small or large; for nga also a number of pixels.")] = None,
    display: Annotated[bool, typer.Option("--display", help="For open: only the forty that pages show.")] = False,
) -> None:
    """Fetch open works of a museum, with licence and credit, into a folder that the chapters can read."""
    from artlib.collections import download as downloads

    if name == "open":
        return _download_open(display, root)
    service = downloads.declared(name)
    pace = max(service.hosts.values())
    least = limit * pace
    typer.echo(
        f"{service.title} ({service.licence}): at most one picture in {pace:g} s, so that {limit:,} take at least "
        f"{f'{least:.0f} s' if least < 120 else f'{least / 60:.0f} minutes'}. Ctrl-C ends; the same command goes on."
    )
    report = downloads.download(name, limit, root, types or (), size)
    _say_report(name, report)
    typer.echo(f"Use it: make book COLLECTION=table ROOT={report.root}")


def _say_report(name: str, report: Any) -> None:
    typer.echo(f"{name}: {report}")
    if report.stopped:
        typer.secho(report.stopped, err=True, fg="red")
        raise typer.Exit(1)


def _download_open(display: bool, root: Path | None) -> None:
    from artlib.collections.download import museums

    long = "about a minute" if display else "about an hour"
    typer.echo(f"Four museums are asked, one thing at a time: {long}. Ctrl-C ends; the same command goes on.")
    report = museums.download(display, root)
    odd = [f"{work} {why}" for work, why in (report.told | report.refused).items()]
    typer.echo("\n".join(odd[:_MOST] + [f"... and {len(odd) - _MOST:,} more"] * (len(odd) > _MOST)))
    _say_report("open", report)
    if not display:
        typer.echo("Use it: make book COLLECTION=open; artlib experiment culture-methods-real --root open --into again")


@app.command("map")
def map_(
    collection: Annotated[str, typer.Argument(help="museum, table, folder, ...")] = "museum",
    root: Root = None,
    networks: Annotated[
        list[str] | None,
        typer.Option("--network", "-n", help="NAME=WEIGHTS, such as resnet18_s=photographs; may be repeated."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to make.")] = Path("map"),
    size: Annotated[str, typer.Option(help="Of a collection that is drawn: smoke, course or paper.")] = "smoke",
    pixels: Annotated[int | None, typer.Option(help="Pixels a side that networks see; else the network's own.")] = None,
) -> None:
    """Make a folder with a map of a collection, for any browser: works that a network finds alike are near."""
    from artlib import collections, nets
    from artlib.figures.maps import build

    loaded = collections.read(collection, root, size=size)
    index, drawn = build.build(loaded, networks or [nets.OWN], out, pixels)
    missing = f"\nMissing: {drawn.missing}." if drawn.missing else ""
    typer.echo(f"{drawn}{missing}\nThe map: {index}\nOpen that file in a browser; the folder may be moved.")


@app.command()
def features(
    collection: Annotated[str, typer.Argument(help="museum, table, folder, ...")] = "museum",
    root: Root = None,
    network: Annotated[str | None, typer.Option("--network", "-n", help="NAME=WEIGHTS.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The folder of the parts; else the cache.")] = None,
    size: Annotated[
        str, typer.Option(help="Of a collection that is drawn: smoke, ..., or a number of works.")
    ] = "smoke",
    pixels: Annotated[int | None, typer.Option(help="Pixels a side that the network sees; else its own.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; else one a processor.")] = None,
    engine: EngineName = "local",
    address: Address = None,
    share: Annotated[str, typer.Option(help="3/40: the third of forty jobs that see the same folder.")] = "1/1",
    index: Annotated[bool, typer.Option("--index", help="Also an index of neighbours, with its recall.")] = False,
) -> None:
    """Compute a network's features of a collection of any size, in parts; the same command goes on where one ended."""
    from artlib import collections, nets
    from artlib.experiments import features as parts

    loaded = collections.read(collection, root, size=int(size) if size.isdigit() else size)
    made = parts.build(loaded, network or nets.OWN, out, pixels, _engine(engine, address, workers), share)
    typer.echo(f"{made}\nThe features: {made.folder}")
    if index:
        known = parts.neighbours(made.folder)[1]
        typer.echo(
            f"The index: {known['bytes'] / 2**20:,.0f} MB, built in {known['seconds']:,.0f} s, finds "
            f"{known['recall_at_10']:.1%} of the ten nearest."
        )


@app.command()
def clean(
    caches: Annotated[bool, typer.Option("--caches", help="Also the cache of decoded pictures.")] = False,
) -> None:
    """Delete what was built; with --caches also what was decoded."""
    import shutil

    from artlib import paths
    from artlib.site import layout

    for folder in [layout.here().build, *([paths.cache()] if caches else [])]:
        shutil.rmtree(folder, ignore_errors=True)
        typer.echo(f"deleted {folder}")


def _settings(written: list[str] | None) -> dict[str, Any]:
    """name=value, with values read as YAML, so that 3 is a number and [1, 2] a list."""
    import yaml

    pairs = [setting.partition("=") for setting in written or []]
    for name, equals, value in pairs:
        if not equals:
            raise typer.BadParameter(f"{name + value!r} is not name=value")
    return {name.strip(): yaml.safe_load(value) for name, _, value in pairs}


def _named(collection: str | None, root: Path | None, column: str | None, join: bool) -> dict[str, Any]:
    """The parameters collection and root; what folders' names are, and that copies are joined, goes with the first."""
    from artlib import collections
    from artlib.site.jobs import option

    if collection == "open":
        collection, root = "table", root or _place(Path("open"))
    if column and (collection or "folder") != "folder":
        raise typer.BadParameter(f"{option('column')} tells what folders' names are; the collection is {collection!r}")
    if join and (collection or ("folder" if column else "museum")) not in ("folder", "table"):
        raise typer.BadParameter(f"{option('join')} is for the collections folder and table")
    name = f"folder:{column}" if column else collection
    given = {"collection": f"{name}{collections.JOINED}" if join else name, "root": root}
    return {name: value for name, value in given.items() if value}


def _execute(
    book: "Layout",
    chapters: list[str] | None,
    preset: str,
    named: dict,
    settings: list[str] | None,
    again: bool,
    workers: int | None,
) -> list["Result"]:
    """Execute the named chapters, or all, with the parameters that the command line names.

    The small preset runs a chapter on each core, four at most; the others are made for one GPU, and run one by one.
    """
    from artlib.site import execute, going_on, jobs
    from artlib.site import look as looking

    names = [book.chapter(name) for name in chapters] if chapters else book.chapters()
    todo = jobs.make(book, names, preset, named | _settings(settings))
    own = next((job.settings for job in todo if going_on.own_pictures(job.settings.get("collection"))), None)
    if own:
        try:
            found = looking.look(names, own["collection"], own["root"], preset)
        except looking.LookError as nothing:
            typer.echo(f"As a page: {looking.refusal(book, nothing)}")
            raise
        typer.echo("\n".join(found.lines()))
        todo = looking.adapted(todo, found, _settings(settings))
        for job in todo:
            if job.changes:
                changed = ", ".join(f"{name} {value}" for name, value in job.changes.items())
                typer.echo(f"  {job.chapter} at this number of works: {changed}")
    told = set(found.lines()) if own else set()

    def show(result: "Result") -> None:
        kept = " (unchanged)" if result.reused else ""
        typer.echo(f"{result.seconds:8.1f} s  execute {result.chapter}{kept}{': stopped' if result.fault else ''}")
        for said in (one for one in result.warned if one not in told):
            typer.echo(f"            {said}")
            told.add(said)

    at_once = workers or (min(os.cpu_count() or 1, 4) if preset == "smoke" else 1)
    try:
        return execute.run(book, todo, show, again, min(at_once, len(todo)))
    except execute.ExecutionError as stopped:  # what came until then; `_end` says each fault
        return stopped.results


def _table(results: list["Result"]) -> str:
    """What ran: one line a chapter."""
    width = max(len(result.chapter) for result in results)
    rows = [f"{result.chapter.ljust(width)}  {result.seconds:7.1f} s  {_outcome(result)}" for result in results]
    return "\n".join(rows)


def _outcome(result: "Result") -> str:
    if result.fault:
        return "stopped"
    if result.measured.get("own") is False:
        return "whole, of the book's records"
    if not result.of_pictures:
        return f"not asked: {result.unasked[0] if result.unasked else 'it shows recorded results only'}"
    if result.unasked:
        more = f" (and {len(result.unasked) - 1} more, on its page)" if len(result.unasked) > 1 else ""
        return f"in part: {result.unasked[0]}{more}"
    return "whole"


def _end(results: list["Result"]) -> None:
    """A failing exit, with every fault, where a chapter stopped."""
    faults = [result.fault for result in results if result.fault]
    if faults:
        typer.secho("\n".join(faults), err=True, fg="red")
        raise typer.Exit(1)


def _timed(name: str, step: Callable[..., object], *arguments: object) -> None:
    """Take a step, say every few seconds that it goes on, and how long it took, also when it fails."""
    import threading

    start, over = time.perf_counter(), threading.Event()

    def say() -> None:
        while not over.wait(4):
            typer.echo(f"{time.perf_counter() - start:8.1f} s  {name} ...")

    threading.Thread(target=say, daemon=True).start()
    try:
        step(*arguments)
    finally:
        over.set()
        typer.echo(f"{time.perf_counter() - start:8.1f} s  {name}")


if __name__ == "__main__":
    app()

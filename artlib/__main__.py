"""The command ``artlib``. Everything heavy is imported by the command that needs it, so that help comes at once."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from artlib.errors import ArtlibError

if TYPE_CHECKING:
    from artlib.site.execute import Result
    from artlib.site.layout import Layout


class _Commands(typer.core.TyperGroup):
    """A fault that the user can put right is one message and a failing exit, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except ArtlibError as fault:
            typer.secho(str(fault), err=True, fg="red")
            raise typer.Exit(1) from fault


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Execute the book's chapters, render and check its pages, and look after what they need.",
)

Chapters = Annotated[list[str] | None, typer.Argument(help="Chapters by name (fine-tuning); all when none is named.")]
PresetName = Annotated[str, typer.Option("--preset", "-p", help="smoke, course, paper, or auto (by the hardware).")]
CollectionName = Annotated[str | None, typer.Option("--collection", "-c", help="museum, table, folder, ...")]
Root = Annotated[Path | None, typer.Option("--root", "-r", help="The collection's folder.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", "-s", help="A chapter's parameter, as name=value; may be repeated.")
]
Again = Annotated[bool, typer.Option("--again", help="Execute also what has not changed.")]


@app.command()
def build(
    preset: PresetName = "smoke",
    collection: CollectionName = None,
    root: Root = None,
    settings: Settings = None,
    again: Again = False,
) -> None:
    """Execute every chapter, render the site, check it, and say where it is."""
    from artlib.site import check, layout, render, stage

    book = layout.here()
    with book.lock():
        results = _execute(book, None, preset, {"collection": collection, "root": root}, settings, again)
        _timed("stage", stage.stage, book, results)
        _timed("render", render.render, book)
        _timed("check", check.check, book)
    front = book.site / "index.html"
    typer.echo(f"\nThe book: {front}\nOpen that file in a browser, or run `artlib serve`.")


@app.command()
def run(
    chapters: Chapters = None,
    preset: PresetName = "smoke",
    collection: CollectionName = None,
    root: Root = None,
    settings: Settings = None,
    again: Again = False,
) -> None:
    """Execute chapters, and keep each result until something it depends on changes."""
    from artlib.site import layout

    named = {"collection": collection, "root": root}
    for result in _execute(layout.here(), chapters, preset, named, settings, again):
        typer.echo(f"{result.chapter}: {result.notebook}")


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
    """Open the chapters in JupyterLab."""
    import subprocess

    from artlib.site import layout

    book = layout.here()
    options = [f"--ServerApp.root_dir={book.root}", "--LabApp.default_url=/lab/tree/book"]
    raise typer.Exit(subprocess.run([sys.executable, "-m", "jupyterlab", *options], cwd=book.root).returncode)


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
) -> None:
    """Run the cells of a declared experiment that have no record yet; `artlib records pack` archives them."""
    from artlib import experiments, papers

    if name is None:
        for known, entry in experiments.declared_studies().items():
            typer.echo(f"{known}: {entry['question'].strip()}")
        return
    study = papers.load_study(name, weights)
    runs = experiments.run(study, root=root, only=_settings(only), keep=True)
    typer.echo(f"{len(runs)} records of {name} ({study.paper}/{study.experiment})")


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
    name: Annotated[str, typer.Argument(help="An open collection: nga, cleveland or met.")],
    limit: Annotated[int, typer.Option("--limit", "-n", help="Pictures in all; those already there count.")] = 500,
    root: Annotated[Path | None, typer.Option("--root", "-r", help="The folder; else data/collections/NAME.")] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", "-t", help="painting, drawing, print, ...; may be repeated.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="small or large; for nga also a number of pixels.")] = None,
) -> None:
    """Fetch open works of a museum, with licence and credit, into a folder that the chapters can read."""
    from artlib.collections import download as downloads

    service = downloads.declared(name)
    pace = max(service.hosts.values())
    least = limit * pace
    typer.echo(
        f"{service.title} ({service.licence}): at most one picture in {pace:g} s, so that {limit:,} take at least "
        f"{f'{least:.0f} s' if least < 120 else f'{least / 60:.0f} minutes'}. Ctrl-C ends; the same command goes on."
    )
    report = downloads.download(name, limit, root, types or (), size)
    typer.echo(f"{name}: {report}")
    if report.stopped:
        typer.secho(report.stopped, err=True, fg="red")
        raise typer.Exit(1)
    typer.echo(f"Use it: make book COLLECTION=table ROOT={report.root}")


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


def _execute(
    book: "Layout", chapters: list[str] | None, preset: str, named: dict, settings: list[str] | None, again: bool
) -> list["Result"]:
    """Execute the named chapters, or all, with the parameters that the command line names."""
    from artlib.site import execute, jobs

    names = [book.chapter(name) for name in chapters] if chapters else book.chapters()
    overrides = {name: value for name, value in named.items() if value} | _settings(settings)
    return execute.run(book, jobs.make(book, names, preset, overrides), _show, again)


def _show(result: "Result") -> None:
    typer.echo(f"{result.seconds:8.1f} s  execute {result.chapter}{' (unchanged)' if result.reused else ''}")


def _timed(name: str, step: Callable[..., object], *arguments: object) -> None:
    """Take a step, and say how long it took, also when it fails."""
    start = time.perf_counter()
    try:
        step(*arguments)
    finally:
        typer.echo(f"{time.perf_counter() - start:8.1f} s  {name}")


if __name__ == "__main__":
    app()

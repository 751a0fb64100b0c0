"""Open collections, fetched politely: only open works, only from the source's hosts, each picture once.

What is fetched lies in one folder (`artlib.collections.download.store`) that `collections.read("table", root=...)`
reads. Where each source is and how gently it is asked stands in ``data/downloads.yaml``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from artlib import paths
from artlib.collections.download.service import Service, agent, declared, names
from artlib.collections.download.sources import SOURCES, Source
from artlib.collections.download.store import Store
from artlib.collections.download.web import Refusal, Stopped, Web
from artlib.errors import count_reasons
from artlib.progress import StatusLine
from artlib.works import CollectionError

__all__ = ["Report", "declared", "download", "folder", "names"]


@dataclass
class Report:
    """What a download came to.

    Attributes
    ----------
    root : the folder.
    new, before : pictures fetched now, and pictures of this request that were there already.
    refused : what is not taken -> why, in one plain reason.
    told : what was taken -> what is odd about it.
    stopped : why the download ended early; None when it did not.
    """

    root: Path
    new: int = 0
    before: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None

    @property
    def pictures(self) -> int:
        """Pictures of this request that are there."""
        return self.new + self.before

    def __str__(self) -> str:
        words = f"{self.pictures:,} pictures in {self.root} ({self.new:,} new, {self.before:,} from before)"
        why = f": {count_reasons(self.refused.values())}" if self.refused else ""
        return f"{words}, {len(self.refused):,} refused{why}."


def folder(name: str) -> Path:
    """Where a download goes when no folder is named: ``data/collections/NAME`` (which git ignores)."""
    beside = paths.root() / "data"
    return (beside if beside == paths.data() else paths.cache()) / "collections" / name


def download(
    name: str,
    limit: int = 500,
    root: str | Path | None = None,
    types: Sequence[str] = (),
    size: str | None = None,
    service: Service | None = None,
    progress: bool = True,
) -> Report:
    """Fetch up to `limit` open works of a source ("nga", "cleveland", "met") with their pictures.

    Works that are there are not fetched again, so that the same command goes on after an interruption, and a larger
    limit adds to what is there. Which works: a sample that depends on nothing but their ids.

    Parameters
    ----------
    root : the folder; else `folder(name)`.
    types : kinds of works ("painting", "print"); all when none is named.
    size : of the pictures ("small", "large"; for "nga" also a number of pixels); else the source's smallest.
    service : the source's hosts, addresses and pace, when not those of ``data/downloads.yaml``.

    Raises
    ------
    CollectionError : unknown source, type or size; a folder that is not ours or cannot be written; the source answers
        otherwise than documented; nothing at all came. A source that turns us away for long ends the download
        without an error: `Report.stopped` says so, and the table holds what was fetched.

    Chapter: collections.
    """
    service = service or declared(name)
    service.check_types(tuple(types))
    chosen = service.size(size)
    if limit < 1:
        raise CollectionError(f"A download needs a limit of at least 1 picture, not {limit}.")
    report = Report(Path(root).expanduser() if root else folder(name))
    with (
        Store(report.root, service.name, chosen, service.limits["pixels"]) as store,
        StatusLine(f"{service.name}: pictures", limit, quiet=not progress) as line,
        Web(service, agent(), lambda text: line.show(f"{service.name}: {text or 'pictures'}", now=True)) as web,
    ):
        source = SOURCES[service.name](service, web, report.root, chosen)
        try:
            fetch(source, store, report, types, limit, line.advance)
        except Stopped as error:
            report.stopped = str(error)
        finally:
            store.write_tables()
    if not report.pictures:
        raise CollectionError(report.stopped or f"{service.name}: no picture came. {report}")
    return report


def fetch(
    source: Source, store: Store, report: Report, types: Sequence[str], limit: int, advance: Callable[[], object]
) -> None:
    """Ask a source for its works, one after the other, and report what came and what was refused.

    Errors: Stopped when it turns us away.
    """
    left = 0
    for key in source.keys(types, report.refused.__setitem__):
        if report.pictures >= limit:
            return
        if store.has(key):
            report.before += 1
            advance()
            continue
        if (reason := store.refused(key)) is not None:
            report.refused[key] = reason
            continue
        requests = source.web.requests
        try:
            _one(source, store, report, key)
            left = 0
            advance()
        except Refusal as error:
            report.refused[key] = str(error)
            if error.lasting and source.web.requests > requests:  # what costs nobody a request need not be noted
                store.refuse(key, str(error))
            left = 0 if error.lasting else left + 1
            if left >= source.service.wait["patience"]:
                raise Stopped(
                    f"{source.service.name}: {left} works in a row did not come (the last one {error}). What was "
                    "fetched is kept; give the same command again later."
                ) from None


def _one(source: Source, store: Store, report: Report, key: str) -> None:
    """Fetch one picture, or take up one that a kill left without its note."""
    found = source.work(key)
    if store.adopt(found):
        report.before += 1
        return
    limit = source.service.limits["picture"]
    source.web.get(found.address, limit, lambda body: store.keep(found, body), picture=True)
    report.new += 1

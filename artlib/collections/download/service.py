"""What is known of a source on the network: hosts, addresses, pace, limits (``data/downloads.yaml``)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from artlib import __version__, paths
from artlib.errors import one_of
from artlib.works import CollectionError

CONTACT = "ARTLIB_CONTACT"

_SHOWABLE = re.compile(r"[ -~]{3,120}")  # what may stand in a header: printable ASCII on one line


@dataclass(frozen=True)
class Service:
    """One source, as ``data/downloads.yaml`` describes it; its comments say what each entry means."""

    name: str
    title: str
    about: str
    licence: str
    hosts: Mapping[str, float]
    addresses: Mapping[str, str]
    sizes: Mapping[str, int | str]
    types: Mapping[str, str]
    wait: Mapping[str, float]
    limits: Mapping[str, int]

    def size(self, name: str | None) -> int | str:
        """What the source calls this size (None: its first); where sizes are pixels, a number is one too."""
        name = name or next(iter(self.sizes))
        if name in self.sizes:
            return self.sizes[name]
        pixels = [size for size in self.sizes.values() if isinstance(size, int)]
        if pixels and re.fullmatch(r"[1-9]\d{1,4}", name) and int(name) <= max(pixels):
            return int(name)
        number = f", or a number of pixels to {max(pixels):,}" if pixels else ""
        raise CollectionError(f"{self.name} has no size {name!r}; choose one of: {', '.join(self.sizes)}{number}.")

    def check_types(self, types: tuple[str, ...]) -> None:
        """CollectionError when a type is not known here."""
        for name in types:
            one_of(name, self.types, f"{self.name} has no type {name!r}", CollectionError)


def names() -> tuple[str, ...]:
    """The sources that can be fetched."""
    return tuple(paths.table("downloads.yaml")["sources"])


def declared(name: str) -> Service:
    """The source of this name in ``data/downloads.yaml``; CollectionError when it has none."""
    table = paths.table("downloads.yaml")
    if name not in table["sources"]:
        raise CollectionError(
            f"There is no download called {name!r}; choose one of: {', '.join(table['sources'])}. "
            "Other collections are read from files that you have: see the chapter on collections."
        )
    return described(name, table["sources"][name])


def described(name: str, entry: Mapping[str, Any]) -> Service:
    """A service of ``data/downloads.yaml``, with its waits and limits."""
    table = paths.table("downloads.yaml")
    wait = {**table["wait"], **entry.get("wait", {})}
    return Service(**{**entry, "name": name, "wait": wait, "limits": table["limits"]})


def agent() -> str:
    """How we introduce ourselves: project, version, and whom to write to if we are a nuisance.

    The contact is ``ARTLIB_CONTACT``, else what ``CITATION.cff`` names. Errors: CollectionError for one that cannot
    stand in a header.
    """
    contact = os.environ.get(CONTACT, "").strip() or _citation("repository-code") or _citation("url")
    if contact and not _SHOWABLE.fullmatch(contact):
        raise CollectionError(
            f"{CONTACT} is sent with every request: write an address of mail or of a page, on one line, "
            "in plain letters."
        )
    project = "Deep learning for fine art: five papers, run again"
    return f"artlib/{__version__} ({project}; {f'contact: {contact}' if contact else 'for teaching and research'})"


def _citation(key: str) -> str:
    file = paths.root() / "CITATION.cff"
    return str(paths.table(str(file)).get(key, "")) if file.is_file() else ""

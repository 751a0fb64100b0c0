"""Strangers' code executed apart: no network, a folder of its own, little time, little memory, few processes.

On Linux the namespaces of ``unshare`` give a submission a file system that holds Python, the package and nothing else,
all of it read-only, no network and no other process. Elsewhere limits and a guard inside Python remain, and `strength`
says so.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from artlib import paths
from artlib.course import run_cells
from artlib.errors import ArtlibError

if sys.platform == "win32":
    raise ArtlibError(
        "Running notebooks apart needs Linux or macOS (on Windows: WSL). In a notebook each check works as it is."
    )
import resource

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
_MOST_RESULT = 4_000_000  # bytes
_EVERY = 0.05  # seconds between two looks
_UNSHARE = ("unshare", "--map-root-user", "--net", "--mount", "--pid", "--ipc", "--uts", "--kill-child")
_FOUND = "a fence of Linux namespaces: no network, no other files, no other processes"
_WEAK = (
    "This system offers no namespaces (Linux with `unshare` does): submissions run under limits and a "
    "guard inside Python that careless code does not pass and an attacker may. Grade strangers' work elsewhere."
)


@dataclass(frozen=True)
class Limits:
    """What one submission may use. seconds: of the clock. memory, disk: in MiB. processes: at once."""

    seconds: float = 300
    memory: int = 6_000
    disk: int = 512
    processes: int = 301  # Linux allows no fewer process numbers


@dataclass(frozen=True)
class Outcome:
    """What a run left: ``values`` of the wanted variables, ``errors`` by cell, ``stopped`` why it was ended early."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""


def strength() -> str:
    """Which fence there is, in one sentence."""
    return _FOUND if namespaces() else _WEAK


@cache
def namespaces() -> bool:
    """Whether the system lets this user make namespaces; tried once, with the fence itself."""
    # The fence's own PATH: a user's may lack the folders of the superuser's programs.
    tools, places = ("unshare", "setpriv", "chroot", "mount"), _environment("")["PATH"]
    if sys.platform != "linux" or not all(shutil.which(tool, path=places) for tool in tools):
        return False
    return _run([("try", "tried = 1")], ["tried"], None, Limits(seconds=30), apart=True).values == {"tried": 1}


def run(
    cells: Sequence[tuple[str, str]], wanted: Sequence[str], folder: Path | None, limits: Limits | None = None
) -> Outcome:
    """Run cells (name, source) apart, in a copy of a folder, and tell the values of some variables.

    Parameters
    ----------
    wanted : names of variables; None for one that is not there or is no plain value.
    folder : whose files the cells find beside them; None for none.
    """
    return _run(cells, wanted, folder, limits or Limits(), apart=namespaces())


def _run(
    cells: Sequence[tuple[str, str]], wanted: Sequence[str], folder: Path | None, limits: Limits, apart: bool
) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="artlib-fence-") as place:
        copy, root = Path(place, "work"), Path(place, "root")
        root.mkdir()
        shutil.copytree(folder, copy) if folder else copy.mkdir()
        reads, writes = os.pipe()
        job = {"cells": list(cells), "wanted": list(wanted), "result": writes, "guard": not apart}
        job |= {"folder": "/submission" if apart else str(copy), "readable": _readable()}
        process = subprocess.Popen(
            _command(copy, root, limits) if apart else _python(),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writes],
            start_new_session=True, preexec_fn=lambda: _limit(limits), cwd="/" if apart else copy,
            env=_environment("/tmp" if apart else str(copy)),
        )  # fmt: skip
        os.close(writes)
        try:
            return _watched(process, json.dumps(job).encode(), reads, limits)
        finally:
            _end(process)
            os.close(reads)


def _watched(process: subprocess.Popen, job: bytes, reads: int, limits: Limits) -> Outcome:
    """The result that a process writes, or why it was ended before it had."""
    ends, said = time.monotonic() + limits.seconds, b""
    try:
        process.stdin.write(job)
        process.stdin.close()
    except BrokenPipeError:
        return Outcome(stopped="It could not be started.")
    while time.monotonic() < ends:
        if select.select([reads], [], [], _EVERY)[0]:
            part = os.read(reads, 65_536)
            if not part:
                break
            said += part
            if len(said) > _MOST_RESULT:
                return Outcome(stopped="Its answers are larger than any answer should be.")
        if _memory(process.pid) > limits.memory * 2**20:
            return Outcome(stopped=f"It used more than {limits.memory:,} MiB of memory.")
    else:
        return Outcome(stopped=f"It did not end within {limits.seconds:g} seconds.")
    return _outcome(said)


def _outcome(said: bytes) -> Outcome:
    try:
        told = json.loads(said)
        values, errors = dict(told["values"]), {str(name): str(text) for name, text in dict(told["errors"]).items()}
    except (ValueError, TypeError, KeyError, RecursionError):
        return Outcome(stopped="It ended before it had told its answers.")
    return Outcome(values, errors)


def _command(work: Path, root: Path, limits: Limits) -> list[str]:
    options = [str(root), str(work), str(limits.disk), str(limits.processes), *_readable(), "--", *_python()]
    script = Path(__file__).with_name("fence.sh")
    return [*_UNSHARE, "sh", str(script), *options]


def _readable() -> list[str]:
    """What a submission may read: the system's programs, Python, the package and the book's data."""
    package = Path(run_cells.__file__).resolve().parents[1]
    wanted = [*_SYSTEM, sys.base_prefix, sys.prefix, str(package), str(paths.data().resolve())]
    return [place for place in dict.fromkeys(wanted) if not (place != "/usr" and place.startswith("/usr/"))]


def _python() -> list[str]:
    return [sys.executable, "-m", "artlib.course.run_cells"]


def _environment(scratch: str) -> dict[str, str]:
    """What a submission may know of this machine."""
    places = {"scratch": scratch, "package": Path(run_cells.__file__).resolve().parents[2], "home": paths.data().parent}
    named = Path(__file__).with_name("fence.env").read_text(encoding="utf-8").format_map(places)
    return dict(line.split("=", 1) for line in named.splitlines())


def _limit(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.disk * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(limits.seconds) + 1,) * 2)
    # Address space is more than memory: libraries reserve what they never touch.
    resource.setrlimit(resource.RLIMIT_AS, (4 * limits.memory * 2**20,) * 2)
    if os.getuid():  # the superuser's processes are counted with the machine's
        hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        listed = [process.info["uids"] for process in psutil.process_iter(["uids"])]
        own = sum(uids is not None and uids.real == os.getuid() for uids in listed)
        most = own + limits.processes
        resource.setrlimit(resource.RLIMIT_NPROC, (most if hard < 0 else min(most, hard), hard))


def _memory(pid: int) -> int:
    total = 0
    with suppress(psutil.Error):
        for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            with suppress(psutil.Error):
                total += process.memory_info().rss
    return total


def _end(process: subprocess.Popen) -> None:
    """End a process with all that it started; in a fence the first one takes the others with it."""
    left = []
    with suppress(psutil.Error, ProcessLookupError):
        left = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGKILL)
    for one in left:
        with suppress(psutil.Error):
            one.kill()
    process.wait()

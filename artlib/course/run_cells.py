"""Runs cells one after the other and tells what became of some variables. Only the standard library.

Called by ``fence`` as a script: a job as JSON on standard input, the result as JSON on the file descriptor that the job
names. A cell that fails does not stop those after it.
"""

import contextlib
import io
import json
import mimetypes
import os
import sys
from collections.abc import Callable

_KEPT = 400  # characters of an error
# What the guard knows of Python's audit events, by their beginnings: refused, and changes to the disk.
_BARRED = ("socket.", "subprocess.", "os.system", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "pty.", "ctypes.")
_CHANGES = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.link", "os.symlink", "os.truncate", "shutil.",
)  # fmt: skip
_KNOWN = ("/dev/", "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices", *mimetypes.knownfiles)


def main() -> None:
    """Run the job."""
    job = json.load(sys.stdin)
    os.chdir(job["folder"])
    sys.path.insert(0, job["folder"])
    from artlib.course.checks import plain

    if job["guard"]:
        sys.addaudithook(_guard(job["folder"], job["readable"]))
    names, errors = {"__name__": "__main__"}, {}
    for name, source in job["cells"]:
        try:
            with contextlib.redirect_stdout(_Few()), contextlib.redirect_stderr(_Few()):
                exec(compile(source, name, "exec"), names)
        # Whatever a stranger's cell raises, an exit included, is its result.
        except BaseException as fault:  # noqa: BLE001
            errors[name] = f"{type(fault).__name__}: {fault}"[:_KEPT]
    values = {}
    for name in job["wanted"]:
        try:
            values[name] = plain(names.get(name))
        except Exception as fault:  # noqa: BLE001
            errors[name] = f"{type(fault).__name__}: {fault}"[:_KEPT]
    with os.fdopen(job["result"], "w") as result:
        json.dump({"values": values, "errors": errors}, result)
    os._exit(0)  # without waiting for threads that a cell has started


class _Few(io.TextIOBase):
    """Takes what is printed, and refuses it when it is too much."""

    most = 1_000_000

    def __init__(self) -> None:
        self.taken = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.taken += len(text)
        if self.taken > self.most:
            raise OSError(f"more than {self.most:,} characters were printed")
        return len(text)


def _guard(folder: str, readable: list[str]) -> Callable[[str, tuple], None]:
    """Where the system has no namespaces: refuse what leaves the folder. Stops careless code, no attacker."""
    inside = (os.path.realpath(folder), os.devnull)
    seen = (*inside, *map(os.path.realpath, readable), *_KNOWN)

    def hook(event: str, given: tuple) -> None:
        # Libraries are loaded by it when numpy and torch are imported, and nothing is called.
        reads = event in ("os.listdir", "os.scandir", "ctypes.dlopen")
        if event.startswith(_BARRED) and not reads:
            raise PermissionError(f"{event} is not allowed in a submission")
        touches = event == "open" or reads or event.startswith(_CHANGES)
        if touches and isinstance(given[0], str | bytes | os.PathLike):
            writes = not reads and (event != "open" or set(str(given[1])) & set("wax+") or given[2] & 3)
            target = os.path.realpath(os.fsdecode(given[0]))
            if not target.startswith(inside if writes else seen):
                raise PermissionError(f"{target} lies outside of the submission's folder")

    return hook


if __name__ == "__main__":
    main()

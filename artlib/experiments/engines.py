"""Where the parts of a grid are done: here, in processes of this machine, or on the workers of Ray.

An engine is called with ``work``, a function that can be sent to another process, and ``todo``, parts for it. It takes
parts out as it has room and gives (part, what ``work`` gave), or (part, ``Lost``) where the process that had it is
gone; ``outcomes`` puts that part back meanwhile.

Ray Core, and not Ray Tune: its bookkeeping grows with the trials, and records are all that is needed to go on.
"""

import os
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from types import ModuleType
from typing import Any

from artlib.experiments.study import ExperimentError

Outcomes = Iterator[tuple[Any, Any]]
Engine = Callable[[Callable[[Any], Any], deque], Outcomes]

_PATIENCE = 5  # seconds in which a machine answers at all
_TRIES = 4  # of a part whose process is gone
_AHEAD = 4  # parts that are handed to Ray for each of its processors; more would only wait there


class Lost(str):
    """What became of a part whose process is gone: the reason."""


def outcomes(engine: Engine, work: Callable[[Any], Any], parts: Iterable) -> Outcomes:
    """What came of each part; one whose process is gone is put back a few times, and then ``Lost``."""
    todo, tries = deque(parts), Counter()
    for part, found in engine(work, todo):
        tries[id(part)] += 1
        if not isinstance(found, Lost):
            yield part, found
        elif tries[id(part)] < _TRIES:
            todo.append(part)
        else:
            yield part, Lost(f"Given up after {_TRIES} tries: {found}")


def share_of(written: str) -> tuple[int, int]:
    """ "3/40" as (3, 40), the third of forty shares. Raises ExperimentError where it is none."""
    number, _, count = written.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise ExperimentError(f"A share is written 3/40, the third of forty, not {written!r}.")
    return int(number), int(count)


def serial(work: Callable[[Any], Any], todo: deque) -> Outcomes:
    """One part after the other, in this process."""
    while todo:
        part = todo.popleft()
        yield part, work(part)


def processes(count: int) -> Engine:
    """So many processes of this machine; one that is killed is replaced, and takes no other's part with it."""
    if count < 1:
        raise ExperimentError(f"At least one worker is needed, not {count}.")

    def engine(work: Callable[[Any], Any], todo: deque) -> Outcomes:
        busy: dict[Connection, tuple] = {}
        idle: list[tuple] = []
        try:
            while todo or busy:
                while todo and len(busy) < count:
                    taken = {process.name for process, _ in busy.values()}
                    number = next(n for n in range(count) if str(n) not in taken)
                    pipe, process = idle.pop() if idle else _started(work, number, count)
                    part = todo.popleft()
                    with suppress(OSError):  # it died meanwhile, as is seen below
                        pipe.send(part)
                    busy[pipe] = process, part
                for pipe in wait(list(busy)):
                    process, part = busy.pop(pipe)
                    try:
                        found = pipe.recv()
                        idle.append((pipe, process))
                    except (EOFError, OSError):
                        process.join()
                        found = Lost(f"its process ended with {process.exitcode}; is there enough memory?")
                    yield part, found
        finally:
            for process in (*(one for _, one in idle), *(one for one, _ in busy.values())):
                process.terminate()
                process.join()

    return engine


def _started(work: Callable[[Any], Any], number: int, count: int) -> tuple[Connection, Any]:
    import multiprocessing

    # Forked processes could inherit a lock that a thread holds, and hang; spawned ones start clean.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, name=str(number), args=(there, work, number, count))
    process.start()
    there.close()  # so that the end of the process is the end of the pipe
    return here, process


def _serve(pipe: Connection, work: Callable[[Any], Any], number: int, count: int) -> None:
    """A worker's life: its share of the processor and of the GPUs, then part after part until the pipe is closed."""
    import torch

    from artlib.pixels import processors
    from artlib.pixels.workers import follow_parent

    follow_parent()
    torch.set_num_threads(max(1, min(torch.get_num_threads(), processors() // count)))
    if torch.cuda.is_available():
        torch.cuda.set_device(number % torch.cuda.device_count())
    with suppress(EOFError):
        while True:
            pipe.send(work(pipe.recv()))


def on_ray(address: str | None = None, workers: int | None = None, gpus: float | None = None) -> Engine:
    """The workers of a Ray cluster, or of one that is started on this machine and ends with the grid.

    Parameters
    ----------
    address : "host:6379" of a cluster's head, "auto" for the one that this machine belongs to, or None.
    workers : of the cluster that is started here; None: one a processor.
    gpus : of a part; a fraction lets several share one. None: a whole one where the cluster has any.

    Raises
    ------
    ExperimentError : Ray is not installed, nothing answers at the address, or a machine of the cluster is not ready:
        another version of the code, or no collection.
    """
    ray = _ray()
    address = address or os.environ.get("RAY_ADDRESS")
    if address:
        _must_answer(address)

    def engine(work: Callable[[Any], Any], todo: deque) -> Outcomes:
        _connect(ray, address, workers)
        try:
            handle, there = ray.put(work), ray.cluster_resources()
            if address:  # a cluster of this machine alone has its code and its disk
                _must_be_ready(ray, handle, todo[0])
            cards = gpus if gpus is not None else float(there.get("GPU", 0) > 0)
            # A lost part is given back by this engine like that of any other, so Ray itself tries once.
            options = {"num_cpus": 1, "num_gpus": cards, "max_retries": 0, "scheduling_strategy": "SPREAD"}
            task = ray.remote(**options)(_call)
            running: dict[Any, Any] = {}
            while todo or running:
                while todo and len(running) < _AHEAD * max(1, int(there.get("CPU", 1))):
                    part = todo.popleft()
                    running[task.remote(handle, part)] = part
                for ready in ray.wait(list(running))[0]:
                    part = running.pop(ready)
                    try:
                        found = ray.get(ready)
                    except ray.exceptions.RayError as fault:
                        found = Lost(_reason(fault))
                    yield part, found
        finally:
            ray.shutdown()

    return engine


def _call(work: Callable[[Any], Any], part: Any) -> Any:
    return work(part)


def _reason(fault: BaseException) -> str:
    """Of what Ray raises, the line that says it: an error inside a part comes at the end of a traceback."""
    lines = str(fault).strip().splitlines() or [""]
    return f"{type(fault).__name__}: {lines[-1 if 'Traceback' in lines[0] or len(lines) > 5 else 0]}"


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home
    try:
        import ray
    except ImportError:
        raise ExperimentError(
            "Ray is not installed: `pip install artlib[cluster]`, in a clone `.venv/bin/pip install -e .[cluster]`. "
            "On one machine `--workers N` needs no Ray, on several `--share i/n` or `--slurm` need none."
        ) from None
    return ray


def _must_answer(address: str) -> None:
    """Asked before Ray is, which would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, ValueError) as fault:
        raise ExperimentError(
            f"Nothing answers at the address {address!r} ({fault}). `ray start --head` prints the address of a "
            "cluster, `ray status --address HOST:PORT` says who is in it. Nothing was begun."
        ) from None


def _connect(ray: ModuleType, address: str | None, workers: int | None) -> None:
    import logging

    if address:
        own: dict[str, Any] = {"address": address}
    else:
        # Parts and results are small; by default a third of the memory would be set aside for them.
        own = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": 200 << 20}
    try:
        ray.init(**own, log_to_driver=False, logging_level=logging.ERROR)
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - whatever it is, it is told
        # It raises plain Exception where it is slow to start, and ends the process where something else answers.
        raise ExperimentError(f"Ray cannot be used ({_reason(fault)}). Nothing was begun.") from None


def _must_be_ready(ray: ModuleType, handle: Any, part: Any) -> None:
    """Ask every machine of the cluster what it lacks, before one of them takes all parts and fails with each."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    asked = []
    for node in ray.nodes():
        if node["Alive"] and node["Resources"].get("CPU"):
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            task = ray.remote(num_cpus=0, max_retries=2, scheduling_strategy=there)(lambda own, part: own.fault(part))
            asked.append((node["NodeManagerHostname"], task.remote(handle, part)))
    faults = []
    for host, answer in asked:
        try:
            fault = ray.get(answer)
        except ray.exceptions.RayError as error:
            fault = f"{_reason(error)} (is artlib installed there?)"
        if fault:
            faults.append(f"{host}: {fault}")
    if faults:
        raise ExperimentError(
            f"{len(faults)} of {len(asked)} machines of the cluster are not ready, and nothing was begun. "
            + " ".join(faults)
        )

"""Workers of an engine, processes or Ray's, that are killed at random moments."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def killed(times: int, every: tuple[float, float] = (0.1, 0.6)) -> Iterator[None]:
    """While the block runs, one of our workers is killed so many times; AssertionError where it ended before that."""
    seed, stop, done = time.time_ns(), threading.Event(), []
    chance, me = random.Random(seed), psutil.Process()

    def kill() -> None:
        for _ in range(times):
            time.sleep(chance.uniform(*every))
            found = []
            while not found and not stop.is_set():
                found = [one for one in me.children(recursive=True) if _working(one)]
            if found:
                chance.choice(found).send_signal(signal.SIGKILL)
                done.append(1)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        stop.set()
        killer.join()
    assert len(done) == times, f"hardly killed (seed {seed})"


def _working(process: psutil.Process) -> bool:
    """Whether a worker has a part at this moment."""
    try:
        words = " ".join(process.cmdline())
        return "ray::_call" in words or ("spawn_main" in words and process.cpu_times().user > 2)
    except psutil.Error:
        return False

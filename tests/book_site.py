"""The rendered book, made once for all tests that look at it; after `make book` it is there already."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Thread

from artlib.site import layout, serve


@cache
def built_site() -> layout.Layout:
    """Build the book at ``smoke`` as `make book` does, and say where it lies."""
    book = layout.here()
    # Not the test's own cache, which is gone after it, nor the user's.
    environment = {**os.environ, "ARTLIB_CACHE": str(book.build / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "artlib", "build"], cwd=book.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return book


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """A site's address while the block lasts."""
    with serve.server(site, 0) as running:
        thread = Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()

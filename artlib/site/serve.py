"""The site on this computer: a web server that nobody else can reach."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from artlib.errors import ArtlibError


class ServeError(ArtlibError):
    """There is no site, or the port is taken."""


class _Quiet(SimpleHTTPRequestHandler):
    """Says nothing of each request, and minds no browser that has gone away."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def copyfile(self, source, outputfile) -> None:
        """Send a file, unless the browser no longer wants it."""
        try:
            super().copyfile(source, outputfile)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def server(site: Path, port: int = 8000) -> ThreadingHTTPServer:
    """A server of the site on 127.0.0.1; port 0 takes any that is free.

    Raises ServeError when there is no site, or the port is taken.
    """
    if not (site / "index.html").exists():
        raise ServeError(f"There is no site in {site}; `artlib build` (or `make book`) makes it.")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(site)))
    except OSError as error:
        raise ServeError(f"Port {port} cannot be used ({error.strerror}); choose another with --port.") from error

"""A polite and wary reader of the web: one pace for each host, only the source's hosts, nothing larger than allowed."""

from __future__ import annotations

import json
import random
import re
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import Any, TypeVar

import httpx
import tenacity

from artlib.collections.download.service import Service
from artlib.works import CollectionError

T = TypeVar("T")

_HOPS = 5
_SLOWER, _SLOWEST = 1.5, 8  # a host that turned us away is asked less often from then on
_GONE = (404, 410)
_BLOCKED = (403, 429)
_UNTYPED = ("", "application/octet-stream", "binary/octet-stream")


class Stopped(CollectionError):
    """The source is asked no more in this run; what was fetched is kept."""


class Refusal(Exception):
    """One thing that is not taken; its text is one plain reason. `lasting`: another day would change nothing."""

    def __init__(self, reason: str, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Again(Exception):
    """Worth another try: `blocked` when the host turned us away, `after` the seconds that it asks for."""

    def __init__(self, reason: str, blocked: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.blocked, self.after = blocked, after


class Web:
    """``with Web(service, agent) as web: record = web.json(address)``; `said` is told what is being waited for.

    `requests` counts them.
    """

    def __init__(self, service: Service, agent: str, said: Callable[[str], object] = lambda text: None) -> None:
        self.requests = 0
        self._service, self._said = service, said
        self._free: dict[str, float] = {}  # host -> moment (monotonic) from which it may be asked again
        self._slower: dict[str, float] = {}  # host -> by how much longer than declared we wait for it
        # gzip only: other encodings can blow up a small answer beyond any limit before it can be measured.
        headers = {"User-Agent": agent, "Accept-Encoding": "gzip"}
        timeout = httpx.Timeout(30, connect=15)
        self._client = httpx.Client(headers=headers, timeout=timeout, follow_redirects=False, verify=_trusted())

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def json(self, address: str) -> Any:
        """The record at an address. Errors: Refusal, Stopped."""
        return self.get(address, self._service.limits["record"], _parsed)

    def get(self, address: str, limit: int, take: Callable[[Iterator[bytes]], T], picture: bool = False) -> T:
        """What `take` makes of the body, which it is given in pieces and of which there are `limit` bytes at most.

        Asked again, ever later, when the host turns us away, the connection breaks, or `take` raises Again.
        Errors: Refusal with the reason when this address gives nothing; Stopped when the host asks for a long wait.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Again),
            stop=tenacity.stop_after_attempt(self._service.wait["tries"]),
            wait=self._seconds,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._once, address, limit, take, picture)
        except Again as error:
            raise Refusal(str(error)) from None

    def _once(self, address: str, limit: int, take: Callable[[Iterator[bytes]], T], picture: bool) -> T:
        try:
            url = httpx.URL(address)
            for _ in range(_HOPS + 1):
                self._check(url)
                self._pace(url)
                with self._client.stream("GET", url) as answer:
                    if answer.has_redirect_location:
                        url = url.join(answer.headers["location"])
                        continue
                    self._judge(answer, limit, picture)
                    return take(self._body(answer, limit))
        except (httpx.InvalidURL, UnicodeError) as error:
            raise Refusal(f"has no proper address ({str(error)[:80]})", lasting=True) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Again(_in_words(error)) from None
        raise Refusal(f"is redirected more than {_HOPS} times")

    def _check(self, url: httpx.URL) -> None:
        """Only hosts of the source, only encrypted; unencrypted on this computer itself, where tests have a server."""
        host = url.netloc.decode("ascii", "replace")
        if host not in self._service.hosts or url.userinfo:
            raise Refusal(f"leads to {host[:80] or 'no host'}, which is none of the source's hosts")
        if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
            raise Refusal(f"leads to {host} without encryption ({url.scheme}:)")

    def _pace(self, url: httpx.URL) -> None:
        self.requests += 1
        host = url.netloc.decode("ascii")
        wait = self._free.get(host, 0) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._free[host] = time.monotonic() + self._service.hosts[host] * self._slower.get(host, 1)

    def _judge(self, answer: httpx.Response, limit: int, picture: bool) -> None:
        """Refuse, by status and headers, what need not be read."""
        status, kind = answer.status_code, answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if status in _BLOCKED:
            host = answer.url.netloc.decode("ascii")
            self._slower[host] = min(_SLOWER * self._slower.get(host, 1), _SLOWEST)
            raise Again(f"is refused by the server ({status})", blocked=True, after=_retry_after(answer))
        if status >= 500 or status == 408:
            raise Again(f"the server has a fault ({status})", after=_retry_after(answer))
        if status != 200:
            gone = status in _GONE
            raise Refusal(f"is not there ({status})" if gone else f"is answered with status {status}", lasting=gone)
        if answer.headers.get("content-encoding", "identity").lower() not in ("identity", "gzip"):
            raise Refusal("is packed in a way that was not asked for")
        if picture and not kind.startswith("image/") and kind not in _UNTYPED:
            raise Refusal(f"is sent as {_plain(kind)}, not as a picture")
        announced = answer.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            raise Refusal(f"has {int(announced):,} bytes, more than the {limit:,} allowed; not fetched", lasting=True)

    def _body(self, answer: httpx.Response, limit: int) -> Iterator[bytes]:
        size, start, seconds = 0, time.monotonic(), self._service.limits["seconds"]
        for piece in answer.iter_bytes():  # as they come: gathering larger ones would hide how slowly they do
            size += len(piece)
            if size > limit:
                raise Refusal(f"has more than the {limit:,} bytes allowed; broken off", lasting=True)
            if time.monotonic() > start + seconds:
                raise Again(f"takes more than {seconds:.0f} seconds")
            yield piece

    def _seconds(self, state: tenacity.RetryCallState) -> float:
        """Until the next try: doubling, with a random part so that many readers do not return at once."""
        error, wait = state.outcome.exception(), self._service.wait
        if (error.after or 0) > wait["most"]:
            raise Stopped(
                f"{self._service.name} asks for a pause of {error.after / 60:.0f} minutes. What was fetched is kept; "
                "give the same command again after that."
            )
        first = wait["blocked" if error.blocked and error.after is None else "first"]
        doubling = tenacity.wait_exponential(multiplier=first, max=wait["most"])(state)
        seconds = max(min(doubling + random.uniform(0, first / 2), wait["most"]), error.after or 0)
        if seconds >= 1:
            self._said(f"waiting {seconds:.0f} s, since a request {error}")
        return seconds

    def _sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        self._said("")


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted, read once."""
    return httpx.create_ssl_context()


def _parsed(body: Iterator[bytes]) -> Any:
    text = b"".join(body)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if text.lstrip()[:1] == b"<":
            raise Again("is answered with a web page instead of a record", blocked=True) from None
        raise Again("is answered with a record that ends early or is damaged") from None


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds from a Retry-After header in either of its forms; None without one that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,7}(\.\d{1,6})?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _in_words(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "is not answered in time"
    if isinstance(error, httpx.RemoteProtocolError) and "peer closed" in str(error):
        return "is truncated: the connection ends before the answer does"
    if isinstance(error, httpx.ConnectError):
        return f"cannot be reached ({_plain(str(error)) or 'no connection'})"
    return f"breaks off ({type(error).__name__})"


def _plain(text: str) -> str:
    """A server's words, fit to be printed."""
    return re.sub(r"[^ -~]", "?", text)[:80]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

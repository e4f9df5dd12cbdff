"""Bytes over HTTP from a server that may be anyone's: bounded, and led nowhere else.

Only http and https are spoken. A redirect leads to https, or stays on its host; what a server sends
is counted while it comes; nothing waits longer than WAIT for a server that is silent, or than WHOLE
for one that is slow. The proxies of the environment are used, except for this machine itself.
"""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Timer
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote_to_bytes, urljoin, urlsplit, urlunsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from looplet.models.http_client import is_on_this_machine
from looplet.version import version

WAIT = 30.0
"""Seconds that a server may be silent."""

WHOLE = 600.0
"""Seconds that one answer may take, redirects included."""

REDIRECTS: Final = 5
PIECE: Final = 1 << 16


class Unreachable(OSError):
    """Nothing was got, or not all of it. `answered`: there is a server, and this is its word."""

    def __init__(self, why: str, answered: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.answered = answered


def pieces(url: str, most: int) -> Iterator[bytes]:
    """What is at `url`, piece by piece. Raises Unreachable, also for more than `most` bytes."""
    watch = _Watch()
    try:
        with closing(_answer(url, watch)) as answer:
            yield from _counted(answer, most)
        if watch.said:  # an answer of no said length ends where it is cut off
            raise Unreachable(watch.said)
    except Unreachable as error:
        raise Unreachable(watch.said or error.why, error.answered and not watch.said) from None
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(watch.said or _why(error)) from None
    finally:
        watch.close()


def shown(url: str) -> str:
    """An address as it may be printed: without a password, a query and a fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _counted(answer: HTTPResponse, most: int) -> Iterator[bytes]:
    said = answer.headers.get("Content-Length", "")
    length = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None
    if length is not None and length > most:
        raise Unreachable(
            f"it has {length:,} bytes, and {most:,} are the most that are taken", True
        )
    got = 0
    while piece := answer.read1(PIECE):
        got += len(piece)
        if got > most:
            raise Unreachable(f"it sends more than the {most:,} bytes that are taken", True)
        yield piece
    if length is not None and got < length:
        raise Unreachable(f"the connection ended after {got:,} of {length:,} bytes")


# ── one question ──────────────────────────────────────────────────────────────────────────────────


def _answer(url: str, watch: _Watch) -> HTTPResponse:
    """The answer of the server that has it, after redirects."""
    began = at = urlsplit(url)
    for _ in range(REDIRECTS + 1):
        try:
            return _asked(at, watch, began)
        except HTTPError as error:
            # Closed unread: a redirect and an error are of any length that a server likes.
            error.close()
            where = error.headers.get("Location")
            if error.code not in (301, 302, 303, 307, 308) or not where:
                raise Unreachable(f"the server answers {error.code}", True) from None
            at = _led(at, where)
    raise Unreachable(f"it is redirected more than {REDIRECTS} times", True)


def _asked(at: SplitResult, watch: _Watch, began: SplitResult) -> HTTPResponse:
    bare = at._replace(netloc=at.netloc.rpartition("@")[2], fragment="")
    url = urlunsplit(bare)
    request = Request(url, headers={"User-Agent": f"looplet/{version()}"})
    if "@" in began.netloc and _place(at) == _place(began):
        request.add_unredirected_header("Authorization", _password(began, url))
    opener = OpenerDirector()
    for handler in (
        ProxyHandler({}) if is_on_this_machine(url) else ProxyHandler(),
        _Https(watch) if at.scheme == "https" else _Http(watch),
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    answer: HTTPResponse = opener.open(request, timeout=WAIT)
    return answer


def _led(at: SplitResult, where: str) -> SplitResult:
    to = urlsplit(urljoin(urlunsplit(at), where))
    if to.scheme == "https" or (to.scheme == "http" and _place(to) == _place(at)):
        return to
    target = f"{shown(urlunsplit(to))!r:.200}"
    raise Unreachable(
        f"it is redirected to {target}, and only https or the same host will do", True
    )


def _place(at: SplitResult) -> tuple[str, str]:
    return at.scheme, at.netloc.rpartition("@")[2].lower()


def _password(began: SplitResult, url: str) -> str:
    if began.scheme != "https" and not is_on_this_machine(url):
        raise Unreachable("a password over http can be read on the way; write https://")
    return "Basic " + b64encode(unquote_to_bytes(began.netloc.rpartition("@")[0])).decode()


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"the server was silent for {WAIT:g} seconds"
    if isinstance(reason, socket.gaierror):
        return "there is no host of that name, or no network"
    if isinstance(reason, OSError):
        return reason.strerror or str(reason) or type(reason).__name__
    return f"the server does not speak HTTP as it should ({type(reason).__name__})"


# ── its connection ────────────────────────────────────────────────────────────────────────────────


class _Watch:
    """Ends the connections of one question when its time is over, whatever it waits for then."""

    def __init__(self) -> None:
        self.said = ""
        self._sockets: list[socket.socket] = []
        self._timer = Timer(WHOLE, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def connect(self, *args: Any, **options: Any) -> socket.socket:
        connection = socket.create_connection(*args, **options)
        # A second handle, for TLS takes the first one over.
        self._sockets.append(connection.dup())
        return connection

    def close(self) -> None:
        self._timer.cancel()
        for each in self._sockets:
            each.close()

    def _cut(self) -> None:
        self.said = f"it takes more than {WHOLE:g} seconds"
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _connection(kind: type[HTTPConnection], watch: _Watch, host: str, **options: Any) -> Any:
    made: Any = kind(host, **options)
    made._create_connection = watch.connect
    return made


class _Http(HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._made: Any = partial(_connection, HTTPConnection, watch)

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._made, req)


class _Https(HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        from ssl import create_default_context

        super().__init__(context=create_default_context())
        self._made: Any = partial(_connection, HTTPSConnection, watch)

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._made, req, context=self._context)  # type: ignore[attr-defined]


__all__ = ["Unreachable", "pieces", "shown"]

"""Web servers on loopback: one that hands out a folder, and ones that misbehave."""

from __future__ import annotations

import contextlib
import functools
import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path


class Folder(http.server.SimpleHTTPRequestHandler):
    """A folder, as any web server has it. `asked` are the paths and headers of its requests."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server:
    """url: without a slash at its end. asked: (path, headers) of each request."""

    def __init__(self, url: str, asked: list[tuple[str, dict[str, str]]]) -> None:
        self.url = url
        self.asked = asked

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    handler = functools.partial(Folder, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            yield Server(url, server.asked)  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


Answer = Callable[[str, socket.socket], None]
"""What a raw server does for the path of a request, with its connection."""


@contextlib.contextmanager
def answering(answer: Answer) -> Iterator[Server]:
    """A server that does what `answer` does, byte for byte."""
    asked: list[tuple[str, dict[str, str]]] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := connection.recv(4096)):
                    return
                head += more
            first, *lines = head.decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines if ": " in line)
            path = first.split(" ")[1]
            asked.append((path, headers))
            answer(path, connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}", asked)
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def reply(body: bytes = b"", code: int = 200, **headers: str) -> bytes:
    """A whole answer. headers: with `_` for `-`; `content_length=""` leaves that one out."""
    told = {"content_length": str(len(body)), "connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items() if value]
    return f"HTTP/1.1 {code} X\r\n{''.join(lines)}\r\n".encode() + body

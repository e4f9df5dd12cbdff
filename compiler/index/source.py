"""Where an index is: a folder, or below an address. Either gives the bytes of a file beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from looplet.compiler.index.web import PIECE, Unreachable, pieces, shown

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class Source(Protocol):
    """shown: how it is called in messages, without a password. remark: what to know of it."""

    shown: str
    remark: str

    def read(self, name: str, most: int) -> Iterator[bytes]:
        """The bytes of the file `name`, which is a plain name; raises Unreachable."""
        ...


class BadSource(ValueError):
    """What was given names no index. `shown`: what was given, without a password."""

    def __init__(self, given: str, why: str) -> None:
        super().__init__(why)
        head, at, tail = given.rpartition("@")
        self.shown = f"{head.partition('://')[0]}://{tail}" if at and "://" in head else given


def source_of(given: str) -> Source:
    """The index at a URL or a folder; `…/index.json` may stand behind either. Raises BadSource."""
    if not given or any(ord(char) < 32 for char in given):
        raise BadSource(given, "it is empty or has a control character; give a folder or https://…")
    if not _SCHEME.match(given):
        return Folder(given)
    try:
        parts = urlsplit(given)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        port_is_number = False
    if not port_is_number:
        raise BadSource(given, "it is no address")
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise BadSource(given, "a file:// address names no host; give the folder")
        return Folder(unquote(parts.path))
    if parts.scheme not in ("http", "https"):
        raise BadSource(
            given, f"{parts.scheme}:// is not spoken; give a folder, https:// or http://"
        )
    if not parts.hostname:
        raise BadSource(given, "it names no host")
    if parts.query or parts.fragment:
        raise BadSource(
            given, "it has a query or a fragment; give the folder that index.json is in"
        )
    return Web(urlunsplit(parts))


class Folder:
    def __init__(self, folder: str) -> None:
        self._folder = _without_index(folder)
        self.shown = self._folder
        self.remark = ""

    def read(self, name: str, most: int) -> Iterator[bytes]:
        try:
            with open(os.path.join(self._folder, name), "rb", opener=_opened) as stream:
                size = os.fstat(stream.fileno()).st_size
                if size > most:
                    raise Unreachable(
                        f"it has {size:,} bytes, and {most:,} are the most that are taken", True
                    )
                got = 0
                while (piece := stream.read(PIECE)) and (got := got + len(piece)) <= most:
                    yield piece
        except Unreachable:
            raise
        except (OSError, ValueError) as error:
            raise Unreachable(getattr(error, "strerror", None) or str(error), True) from None


class Web:
    def __init__(self, url: str) -> None:
        self._base = _without_index(url).rstrip("/") + "/"
        self.shown = shown(self._base)
        self.remark = ""
        if self._base.startswith("http://"):
            from looplet.models.http_client import is_on_this_machine

            if not is_on_this_machine(self._base):
                self.remark = (
                    f"{self.shown}: over http, whoever is on the way can change what it lists"
                )

    def read(self, name: str, most: int) -> Iterator[bytes]:
        return pieces(self._base + quote(name), most)


def _without_index(given: str) -> str:
    head, slash, tail = given.rpartition("/")
    if tail in ("index.json", "index.html"):
        return (head or slash) if slash else os.curdir
    return given


def _opened(path: str, flags: int) -> int:
    # Not to wait for whoever writes into a pipe of that name.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


__all__ = ["BadSource", "Folder", "Source", "Web", "source_of"]

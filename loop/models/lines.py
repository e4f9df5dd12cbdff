"""Lines to a server, sync and async: they do what `looplet.models.asking` wants done. No rules.

A line goes through an official SDK's client, for its addresses, keys and connections, and takes
the body of the answer as bytes: the SDKs' own streams end without a word where the server does.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from looplet.models.asking import Talk
    from looplet.models.reply import Reply


class Line:
    """One question at a time. create: an SDK's `with_streaming_response.create`."""

    def __init__(self, create: Callable[..., Any]) -> None:
        self._create = create
        self._open: Any = None
        self._pieces: Any = None

    def send(self, request: dict[str, Any]) -> str:
        self._open = self._create(**request)
        response = self._open.__enter__()
        self._pieces = response.iter_bytes()
        return str(response.headers.get("content-type", "")).lower()

    def read(self) -> bytes | None:
        return next(self._pieces, None)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.__exit__(None, None, None)


def run(talk: Talk[Reply], line: Line) -> Reply:
    """Have the talk over the line. Returns its reply, and raises what it raises."""
    resume: Any = talk.send
    answer: Any = None
    try:
        while True:
            name, *args = resume(answer)
            try:
                resume, answer = talk.send, getattr(line, name)(*args)
            except BaseException as error:
                resume, answer = talk.throw, error
    except StopIteration as end:
        reply: Reply = end.value
        return reply
    finally:
        line.close()


class AsyncLine:
    """The same for an async client."""

    def __init__(self, create: Callable[..., Any]) -> None:
        self._create = create
        self._open: Any = None
        self._pieces: Any = None

    async def send(self, request: dict[str, Any]) -> str:
        self._open = self._create(**request)
        response = await self._open.__aenter__()
        self._pieces = response.iter_bytes()
        return str(response.headers.get("content-type", "")).lower()

    async def read(self) -> bytes | None:
        piece: bytes | None = await anext(self._pieces, None)
        return piece

    async def sleep(self, seconds: float) -> None:
        from asyncio import sleep

        await sleep(seconds)

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await opened.__aexit__(None, None, None)


async def run_async(talk: Talk[Reply], line: AsyncLine) -> Reply:
    """As `run`, awaiting the line."""
    resume: Any = talk.send
    answer: Any = None
    try:
        while True:
            name, *args = resume(answer)
            try:
                resume, answer = talk.send, await getattr(line, name)(*args)
            except BaseException as error:
                resume, answer = talk.throw, error
    except StopIteration as end:
        reply: Reply = end.value
        return reply
    finally:
        await line.close()


__all__ = ["AsyncLine", "Line", "run", "run_async"]

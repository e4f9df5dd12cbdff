"""The HTTP client under an SDK's: what a server may send where it has no answer, and past whom.

An answer is read piece by piece and bounded there; of an error the SDKs read all there is. And what
is asked of a server on this machine is asked directly: the proxies that the environment names are
for others, and need not see it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import Any

MAX_ERROR = 2**18
"""Bytes of an error, or of a redirect, that are read. What is longer is cut."""


def http_client(sdk: Any, base_url: str, *, is_async: bool) -> Any:
    """The client to hand to the SDK's client, which closes it."""
    make = sdk.DefaultAsyncHttpxClient if is_async else sdk.DefaultHttpxClient
    shorten = _shorten_async if is_async else _shorten
    settings: dict[str, Any] = {"event_hooks": {"response": [shorten]}}
    if is_on_this_machine(base_url):
        # Twice, for one of the SDKs asks the environment itself.
        direct = dict.fromkeys(("all://", "http://", "https://"))
        settings |= {"trust_env": False, "mounts": direct}
    return make(**settings)


def is_on_this_machine(url: str) -> bool:
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _shorten(response: Any) -> None:
    if not response.is_success:
        response.stream = _beginning_of(response.stream, "SyncByteStream", _Beginning)


async def _shorten_async(response: Any) -> None:
    if not response.is_success:
        response.stream = _beginning_of(response.stream, "AsyncByteStream", _AsyncBeginning)


def _beginning_of(stream: Any, base: str, beginning: type) -> Any:
    # By name: the SDKs' HTTP library is httpx or httpx2, and wants streams of its own class.
    kind = next(each for each in type(stream).__mro__ if each.__name__ == base)
    return type("Beginning", (beginning, kind), {})(stream)


class _Beginning:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        left = MAX_ERROR
        for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    def close(self) -> None:
        self._stream.close()


class _AsyncBeginning:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ERROR
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


__all__ = ["http_client", "is_on_this_machine"]

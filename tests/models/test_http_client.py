"""What lies under the SDKs: how much of an error is read, who sees a question, which secrets show.

For both providers and through both drivers.
"""

import asyncio
import socket
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from chat_server import Raw, Server, completion, message
from faces import BACKENDS, Face, faces

from looplet.models import http_client
from looplet.models.errors import ModelError
from looplet.models.retry import RetryPolicy

NEVER = {"retry": RetryPolicy(0)}
KEY = "sk-0123456789abcdef"


def at(server: Server, face: Face) -> str:
    return server.url if face.provider == "openai" else server.url.removesuffix("/v1")


class Flood:
    """Answers every request with a status and a body that has no end; sent: how much of it."""

    def __init__(self, status: int) -> None:
        self.sent = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, args=(status,))
        self._thread.start()

    def _serve(self, status: int) -> None:
        connection, _ = self._listening.accept()
        with connection:
            head = f"HTTP/1.1 {status} x\r\ncontent-type: text/plain\r\nlocation: /x\r\n\r\n"
            connection.recv(65536)
            connection.sendall(head.encode())
            try:
                while self.sent < 2**28:
                    connection.sendall(b"x" * 2**16)
                    self.sent += 2**16
            except OSError:
                pass

    def close(self) -> None:
        self._listening.close()
        self._thread.join()


@pytest.fixture(params=[500, 400])
def flood(request: pytest.FixtureRequest) -> Iterator[Flood]:
    made = Flood(request.param)
    yield made
    made.close()


@faces()
def test_an_error_without_an_end_is_read_to_its_bound(face: Face, flood: Flood) -> None:
    with pytest.raises(ModelError, match=r"answered [45]00: xxxx"):
        face.ask(flood.url, settings=NEVER)
    flood.close()
    assert flood.sent < 2**26


@faces()
def test_no_proxy_sees_what_stays_on_this_machine(
    face: Face, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.answers = [completion("hi") if face.provider == "openai" else message("hi")]
    assert face.ask(at(server, face), settings=NEVER).text == "hi"


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.1.2.3", True),
        ("http://[::1]:80/v1", True),
        ("http://api.localhost", True),
        ("http://localhost.example.com", False),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.1", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_which_addresses_are_on_this_machine(url: str, is_here: bool) -> None:
    assert http_client.is_on_this_machine(url) is is_here


@faces()
@pytest.mark.parametrize("status", [401, 500, 200])
def test_a_key_that_the_server_repeats_is_not_shown(
    face: Face, server: Server, status: int
) -> None:
    body = b'{"error": {"message": "no such key: %s"}}' % KEY.encode()
    server.answers = [Raw(body, "application/json", status=status, length=len(body))]
    again = {"retry": RetryPolicy(1, first_delay_s=0.01), "api_key": KEY}
    told: list[Any] = []
    with pytest.raises(ModelError, match=r"no such key: \(the key\)") as caught:
        face.ask(at(server, face), report=lambda *a, **data: told.append(data), settings=again)
    assert KEY not in repr(told)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@faces()
@pytest.mark.parametrize("url", ["http://u:pass123@127.0.0.1:9/v1", "http://127.0.0.1:9?k=pass123"])
def test_a_password_in_an_address_is_not_shown(face: Face, url: str) -> None:
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9") as caught:
        face.ask(url, settings=NEVER)
    assert "pass123" not in str(caught.value)
    assert "pass123" not in repr(face.llm)


@faces()
@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}é"])
def test_a_key_that_http_cannot_carry_is_said_and_not_shown(face: Face, key: str) -> None:
    with pytest.raises(ModelError, match="_API_KEY begins or ends with a space") as caught:
        face.ask("http://127.0.0.1:9", settings={"api_key": key})
    assert caught.value.kind == "not_configured"
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_async_model_works_in_one_event_loop_after_the_other(
    provider: str, server: Server
) -> None:
    body = b'{"choices": [{"message": {"content": "hi"}}]}'
    if provider == "anthropic":
        body = b'{"content": [{"type": "text", "text": "hi"}]}'
    kept = [("Connection", "keep-alive")]
    server.http.RequestHandlerClass.protocol_version = "HTTP/1.1"
    server.answers = [Raw(body, "application/json", length=len(body), headers=kept)]
    backend = BACKENDS[provider, "async"]
    llm = backend(model="m", base_url=server.url, api_key="k", retry=RetryPolicy(0))
    ended = threading.Event()

    async def ask() -> list[str]:
        first = await llm.generate("hello")
        again = await llm.generate("hello")
        if not ended.is_set():
            ended.set()
            await asyncio.to_thread(lambda: asyncio.run(ask()))  # another loop, at the same time
        third = await llm.generate("hello")
        await llm.aclose()
        return [first.text, again.text, third.text]

    for _ in range(2):
        assert asyncio.run(ask()) == ["hi", "hi", "hi"]

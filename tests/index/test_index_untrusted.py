"""What stands where an index should be, and servers that are not what they should be."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import answering, reply, serving
from made_packages import archive

from looplet.compiler.archive.errors import PackageError
from looplet.compiler.cli import main
from looplet.compiler.index import web
from looplet.compiler.index.fetch import fetch
from looplet.compiler.index.listing import NotAnIndex, from_json, to_json
from looplet.compiler.index.source import BadSource, source_of

SHA = "0" * 64
FILE: dict[str, Any] = {"file": "hello-1.0.0.cartridge", "size": 10, "sha256": SHA}
RELEASE: dict[str, Any] = {
    "version": "1.0.0",
    "digests": {"tree": SHA, "meaning": SHA},
    "files": [FILE],
}


def document(release: object = RELEASE, name: str = "hello", **more: object) -> bytes:
    return json.dumps({"looplet-index": 1, "packages": {name: [release]}, **more}).encode()


def refused(where: str, requirement: str = "hello") -> tuple[str, str]:
    """The code and the text that this is refused with."""
    with pytest.raises(PackageError) as caught:
        fetch(where, requirement)
    return caught.value.diagnostic.code, str(caught.value)


# ── index.json ────────────────────────────────────────────────────────────────────────────────────


def test_the_least_index_is_read() -> None:
    (release,) = from_json(document())["hello"]
    assert (release.version, release.declared, release.files[0].size) == ("1.0.0", None, 10)
    assert from_json(document(later={"keys": "are passed over"}))
    assert from_json(to_json({"hello": (release,)})) == {"hello": (release,)}


NO_INDEX = {
    "empty": b"",
    "a page": b"<!DOCTYPE html><html><title>Log in</title>",
    "cut off": document()[:-5],
    "no object": b"[1, 2]",
    "other json": b'{"name": "hello"}',
    "not utf-8": b'{"looplet-index": 1, "\xff": 1}',
    "deep": b"[" * 100_000,
    "long number": b"1" * 5000,
    "no packages": b'{"looplet-index": 1}',
    "packages are a list": b'{"looplet-index": 1, "packages": []}',
    "a key twice": b'{"looplet-index": 1, "packages": {}, "packages": {}}',
    "releases are no list": b'{"looplet-index": 1, "packages": {"hello": {}}}',
    "a release is a text": document("1.0.0"),
    "no version": document({**RELEASE, "version": None}),
    "no digests": document({**RELEASE, "digests": {}}),
    "a short digest": document({**RELEASE, "digests": {"tree": "00", "meaning": SHA}}),
    "a digest in capitals": document({**RELEASE, "digests": {"tree": "A" * 64, "meaning": SHA}}),
    "no files": document({**RELEASE, "files": None}),
    "a file is a text": document({**RELEASE, "files": ["hello.cartridge"]}),
    "no size": document({**RELEASE, "files": [{**FILE, "size": None}]}),
    "a negative size": document({**RELEASE, "files": [{**FILE, "size": -1}]}),
    "a size that is true": document({**RELEASE, "files": [{**FILE, "size": True}]}),
    "a huge size": document({**RELEASE, "files": [{**FILE, "size": 1 << 40}]}),
    "no sha256": document({**RELEASE, "files": [{**FILE, "sha256": 5}]}),
    "a description that is a list": document({**RELEASE, "description": []}),
    "capabilities that are texts": document({**RELEASE, "capabilities": {"declared": "files"}}),
    "a version twice": json.dumps(
        {"looplet-index": 1, "packages": {"hello": [RELEASE, RELEASE]}}
    ).encode(),
    "two names that are one": json.dumps(
        {"looplet-index": 1, "packages": {"a-b": [RELEASE], "A_b": [RELEASE]}}
    ).encode(),
    "a version for the shell": document({**RELEASE, "version": "1.0;reboot"}),
    **{
        f"the name {name!r}": document(name=name)
        for name in ("../hello", "/etc/passwd", "", ".", "..", "a b", "a\nb", "-a", "a;b", "C:a")
    },
}


@pytest.mark.parametrize("what", NO_INDEX)
def test_what_is_no_index_is_refused(dist: Path, what: str) -> None:
    (dist / "index.json").write_bytes(NO_INDEX[what])
    code, text = refused(str(dist))
    assert code == "CT793" and "\n" not in text
    assert ("web page" in text) == (what == "a page")


@pytest.mark.parametrize("found", [2, 0, "1", True, None, [1]])
def test_an_index_of_another_format_says_what_to_do(dist: Path, found: object) -> None:
    (dist / "index.json").write_text(json.dumps({"looplet-index": found, "shape": "unknown"}))
    code, text = refused(str(dist))
    assert code == "CT794" and "pip install --upgrade looplet" in text


@pytest.mark.parametrize(
    "file",
    [
        "../hello-1.0.0.cartridge",
        "/etc/hello.cartridge",
        "sub/hello.cartridge",
        "..\\hello.cartridge",
        "C:hello.cartridge",
        "https://example.org/hello.cartridge",
        "//example.org/hello.cartridge",
        "hello.cartridge?x=.cartridge",
        "hello%2f..cartridge",
        "..cartridge",
        ".cartridge",
        "hello.cartridge\n",
        "hello\0.cartridge",
        "-o.cartridge",
        "hello.txt",
        "index.html",
        "x" * 300 + ".cartridge",
        "",
    ],
)
def test_a_file_that_is_not_beside_the_index_is_refused(dist: Path, cache: Path, file: str) -> None:
    (dist / "index.json").write_bytes(document({**RELEASE, "files": [{**FILE, "file": file}]}))
    assert refused(str(dist))[0] == "CT798"
    assert not (cache / "packages").exists()


def test_an_index_that_is_too_large(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("looplet.compiler.index.fetch.MAX_INDEX", 1000)
    (dist / "index.json").write_bytes(document() + b" " * 1000)
    assert refused(str(dist))[0] == "CT796"
    with serving(dist) as server:
        code, text = refused(server.url)
        assert code == "CT796" and "1,000 are the most that are taken" in text


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["looplet-index", "packages", "hello", "files", "version", "digests"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_it_is_it_is_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotAnIndex):
        from_json(data)


@pytest.mark.parametrize("made", ["folder", "pipe"])
def test_something_else_of_that_name(dist: Path, made: str) -> None:
    import os

    path = dist / "index.json"
    path.mkdir() if made == "folder" else os.mkfifo(path)
    assert refused(str(dist))[0] in ("CT793", "CT796")


# ── addresses ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ftp://example.org/x",
        "javascript://x",
        "http://",
        "https:///path",
        "http://[::1",
        "http://localhost:port/",
        "http://localhost:99999/",
        "https://example.org/?token=secret",
        "https://example.org/#x",
        "https://example.org/a\nb",
        "file://host/share",
    ],
)
def test_an_address_that_is_none(given: str) -> None:
    with pytest.raises(BadSource):
        source_of(given)
    assert refused(given)[0] == "CT793"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, text = refused(str(tmp_path / "none"))
    assert code == "CT796" and "No such file" in text


def test_plain_http_is_remarked_on_unless_it_is_this_machine() -> None:
    assert "over http" in source_of("http://example.org/x").remark
    assert source_of("https://example.org/x").remark == ""
    assert source_of("http://127.0.0.1:8/x").remark == ""


# ── servers ───────────────────────────────────────────────────────────────────────────────────────


def drip(start: bytes, piece: bytes) -> Callable[[str, socket.socket], None]:
    """A little at a time, for as long as anyone listens."""

    def answer(path: str, connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(100):
            connection.sendall(piece)
            time.sleep(0.05)

    return answer


def once(data: bytes) -> Callable[[str, socket.socket], None]:
    return lambda path, connection: connection.sendall(data)


def endless(path: str, connection: socket.socket) -> None:
    connection.sendall(reply(content_length=""))
    with contextlib.suppress(OSError):
        for _ in range(10_000):
            connection.sendall(b" " * 65536)


def silent(path: str, connection: socket.socket) -> None:
    connection.settimeout(3)
    connection.recv(1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (once(reply(code=404)), "the server answers 404"),
        (once(reply(code=500, body=b"x" * 100)), "the server answers 500"),
        (once(reply(code=401)), "the server answers 401"),
        (once(reply(code=304)), "the server answers 304"),
        (once(reply(code=204)), "it is empty"),
        (once(reply(b"<html>Log in</html>")), "it is a web page and no JSON"),
        (once(b""), "Remote end closed connection"),
        (once(b"220 ftp ready\r\n"), "does not speak HTTP as it should"),
        (once(reply(b"[]", content_length="100")), "ended after 2 of 100 bytes"),
        (once(reply(b"[]", content_length="99999999999")), "are the most that are taken"),
        (once(reply(b"{}", content_length="", transfer_encoding="chunked")), "HTTP as it should"),
        (endless, "it sends more than the 67,108,864 bytes"),
        (once(reply(code=302)), "the server answers 302"),
        (
            once(reply(code=302, location="file:///etc/passwd")),
            "redirected to 'file:///etc/passwd'",
        ),
        (once(reply(code=302, location="http://example.org/x")), "redirected to 'http://example"),
        (once(reply(code=302, location="ftp://u:secret@x/y")), "redirected to 'ftp://x/y'"),
        (once(reply(code=302, location="//example.org/x")), "redirected to 'http://example.org/x'"),
        (once(reply(code=302, location="/again")), "redirected more than 5 times"),
        (once(reply(code=302, location="http://[")), "HTTP as it should"),
    ],
)
def test_a_server_that_is_none_is_refused(answer: Any, said: str) -> None:
    with answering(answer) as server:
        code, text = refused(server.url)
    assert code in ("CT793", "CT796")
    assert said in text
    assert "\n" not in text


def test_a_server_that_is_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WAIT", 0.2)
    with answering(silent) as server:
        code, text = refused(server.url)
    assert code == "CT796" and "the server was silent for 0.2 seconds" in text


@pytest.mark.parametrize(
    "answer",
    [
        drip(reply(content_length="1000"), b" "),
        drip(reply(content_length=""), b" "),
        drip(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        drip(b"", b"H"),
    ],
    ids=["its body", "a body without a length", "its headers", "its first line"],
)
def test_a_server_that_is_slow_without_end_is_left(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(web, "WHOLE", 0.4)
    with answering(answer) as server:
        code, text = refused(server.url)
    assert code == "CT796" and "it takes more than 0.4 seconds" in text


def test_the_body_of_a_redirect_is_not_read(dist: Path, source: Path) -> None:
    archive(dist, source)
    assert main(["index", str(dist)]) == 0

    def answer(path: str, connection: socket.socket) -> None:
        if path.startswith("/moved/"):
            data = (dist / path.removeprefix("/moved/")).read_bytes()
            connection.sendall(reply(data))
            return
        connection.sendall(reply(code=307, location=f"/moved{path}", content_length=""))
        with contextlib.suppress(OSError):
            for _ in range(10_000):
                connection.sendall(b" " * 65536)

    with answering(answer) as server:
        assert fetch(server.url, "hello").version == "1.0.0"
        assert [path for path, _ in server.asked] == [
            *("/index.json", "/moved/index.json"),
            *("/hello-1.0.0.cartridge", "/moved/hello-1.0.0.cartridge"),
        ]


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    code, text = refused(f"http://127.0.0.1:{port}")
    assert code == "CT796" and "Connection refused" in text


# ── secrets and proxies ───────────────────────────────────────────────────────────────────────────


def test_a_password_is_sent_to_its_server_only_and_never_shown(dist: Path, source: Path) -> None:
    archive(dist, source)
    assert main(["index", str(dist)]) == 0
    with serving(dist) as server:
        with_password = server.url.replace("//", "//ada:sec%20ret@")
        fetch(with_password, "hello")
        sent = {headers.get("Authorization") for _, headers in server.asked}
        assert sent == {"Basic YWRhOnNlYyByZXQ="}
        (dist / "index.json").unlink()
        _, text = refused(with_password)
    assert "ret" not in text and "ada" not in text
    for address in ("ftp://ada:secret@example.org", "http://ada:secret@example.org:x/"):
        assert "secret" not in refused(address)[1]


def test_a_password_does_not_follow_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    # Elsewhere is https, which a test has not: were http allowed, this is what would be sent.
    monkeypatch.setattr(web, "_led", lambda at, where: urlsplit(where))
    with answering(once(reply(code=404))) as other:

        def answer(path: str, connection: socket.socket) -> None:
            connection.sendall(reply(code=302, location=other.url + path))

        with answering(answer) as server:
            assert refused(server.url.replace("//", "//ada:secret@"))[0] == "CT796"
            assert "Authorization" in server.asked[0][1]
    ((path, headers),) = other.asked
    assert path == "/index.json" and "Authorization" not in headers


def test_a_redirect_to_https_is_not_asked_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "WHOLE", 0.5)
    with answering(once(reply(code=404))) as other:

        def answer(path: str, connection: socket.socket) -> None:
            connection.sendall(reply(code=302, location=other.url.replace("http:", "https:")))

        with answering(answer) as server:
            assert refused(server.url)[0] == "CT796"
        assert other.asked == []


def test_a_password_over_plain_http_is_refused() -> None:
    code, text = refused("http://ada:secret@example.org/")
    assert code == "CT796" and "a password over http can be read on the way" in text


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    dist: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(dist, source)
    assert main(["index", str(dist)]) == 0
    with answering(once(reply(code=418))) as proxy, serving(dist) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert fetch(server.url, "hello").version == "1.0.0"
        assert proxy.asked == []
        code, text = refused("http://example.org/packages/")
        assert code == "CT796" and "418" in text
        assert [path for path, _ in proxy.asked] == ["http://example.org/packages/index.json"]

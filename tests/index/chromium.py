"""A real browser for tests: headless Chromium from the npm package, spoken to over a pipe.

The package holds the browser and the libraries it needs, packed; it runs on Linux of x86-64 without
root and without anything being installed. `LOOPLET_CHROMIUM` names another one to use.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import platform
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node_packages import node_modules

PATIENCE = 60.0
"""Seconds that the browser may say nothing, on a machine that has much else to do."""

PACKAGE = "@sparticuz/chromium"
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage"),
]
_START = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_UNPACK = """
const fs = require("fs"), zlib = require("zlib");
const [from, to] = process.argv.slice(1);
fs.createReadStream(from).pipe(zlib.createBrotliDecompress()).pipe(fs.createWriteStream(to));
"""


class Console(list[str]):
    """What a page wrote to its console, its exceptions and what its policy blocked, as texts."""


class Page:
    """One open page. `console` is what it, and the browser about it, complained of."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target
        self.console = Console()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Go there, and wait until all of it is loaded."""
        self._browser.loaded.discard(self._session)
        found = self.call("Page.navigate", url=url)
        assert "errorText" not in found, found
        self._browser.wait_for(lambda: self._session in self._browser.loaded)

    def run(self, expression: str) -> Any:
        """The value of some JavaScript, run by the browser and not by the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def type(self, selector: str, text: str) -> None:
        """Put the text into a field as a person does, key by key."""
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self.run("document.activeElement.select()")
        if text:
            self.call("Input.insertText", text=text)
        else:
            for kind in ("keyDown", "keyUp"):
                key = {"key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8}
                self.call("Input.dispatchKeyEvent", type=kind, **key)

    def screenshot(self, path: Path) -> None:
        found = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))


class Browser:
    """A running Chromium. Messages are JSON, each ended by a zero byte, on two pipes."""

    def __init__(self, command: list[str], environment: dict[str, str], profile: str) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # It reads from 3 and writes to 4; a program in between puts the pipes there.
        start = [sys.executable, "-c", _START, str(theirs_in), str(theirs_out)]
        self._process = subprocess.Popen(
            [*start, *command, *ARGUMENTS, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
            env=environment,
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in = os.fdopen(ours_in, "rb", 0)
        self._out = os.fdopen(ours_out, "wb", 0)
        self._buffer = b""
        self._last = 0
        self._pages: dict[str, Page] = {}
        self.loaded: set[str] = set()

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._last:
                assert "error" not in found, found
                return found["result"]  # type: ignore[no-any-return]

    def wait_for(self, ready: Any) -> None:
        while not ready():
            self._next()

    @contextlib.contextmanager
    def page(
        self, *, scripts: bool = True, dark: bool = False, width: int = 1000
    ) -> Iterator[Page]:
        context = self.call("Target.createBrowserContext")["browserContextId"]
        made = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        target = made["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        yield page
        self.call("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.call("Browser.close")
            self._process.wait(10)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # its own session, so nothing but it
        self._process.wait(10)
        self._in.close()
        self._out.close()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], PATIENCE)[0], "the browser says nothing"
            piece = self._in.read(1 << 16)
            assert piece, "the browser has ended"
            self._buffer += piece
        one, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(one)
        self._note(found)
        return found

    def _note(self, found: dict[str, Any]) -> None:
        session, said = found.get("sessionId", ""), found.get("params", {})
        page = self._pages.get(session)
        match found.get("method"):
            case "Page.loadEventFired":
                self.loaded.add(session)
            case "Runtime.consoleAPICalled" if page:
                page.console.append(f"{said['type']}: {said['args']}")
            case "Runtime.exceptionThrown" if page:
                page.console.append(str(said["exceptionDetails"]))
            case "Log.entryAdded" if page:
                page.console.append(said["entry"]["text"])
            case "Audits.issueAdded" if page:
                page.console.append(str(said["issue"]["code"]))
            case "Page.javascriptDialogOpening" if page:
                page.console.append(f"dialog: {said['message']}")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for as long as the block lasts; the test is skipped where there is none."""
    with tempfile.TemporaryDirectory(
        prefix="looplet-chromium-", ignore_cleanup_errors=True
    ) as made:
        folder = Path(made)
        command, environment = _given() or _unpacked(folder)
        browser = Browser(command, environment, str(folder / "profile"))
        try:
            yield browser
        finally:
            browser.close()


def _given() -> tuple[list[str], dict[str, str]] | None:
    named = os.environ.get("LOOPLET_CHROMIUM")
    return ([named], dict(os.environ)) if named else None


def _unpacked(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command of the browser in the npm package, unpacked to `folder`, and its environment."""
    modules, node = node_modules(), shutil.which("node")
    packed = None if modules is None else modules / PACKAGE / "bin"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("the browser that npm has is for Linux on x86-64; LOOPLET_CHROMIUM names one")
    if node is None or packed is None or not packed.is_dir():
        why = f"{PACKAGE} is not installed: `make test` does it, where there is npm"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    for name in ("chromium", "al2023.tar", "fonts.tar", "swiftshader.tar"):
        subprocess.run([node, "-e", _UNPACK, packed / f"{name}.br", folder / name], check=True)
        if name.endswith(".tar"):
            with tarfile.open(folder / name) as archive:
                archive.extractall(folder, filter="data")
            (folder / name).unlink()
    (folder / "chromium").chmod(0o755)
    (folder / "home").mkdir()
    (folder / "fonts.conf").write_text(
        f'<?xml version="1.0"?><fontconfig><dir>{folder}/fonts</dir>'
        f"<cachedir>{folder}/fonts-cache</cachedir></fontconfig>"
    )
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder / "home"),
        "LD_LIBRARY_PATH": str(folder / "lib"),
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    return [str(folder / "chromium")], environment

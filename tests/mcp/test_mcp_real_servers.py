"""Servers that others wrote, over stdio and streamable HTTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from node_packages import node_package_bin

from looplet import MCPToolAdapter, cartridge_to_preset, tools_from
from looplet.types import ToolCall

DONE = {"tool": "done", "args": {"summary": "ok"}}


def say(tool: str, **args: Any) -> dict[str, Any]:
    return {"tool": tool, "args": args}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.txt").write_text("one\n")
    git = ["git", "-C", str(folder), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (["init", "-q"], ["add", "a.txt"], ["commit", "-q", "-m", "The first one"]):
        subprocess.run([*git, *command], check=True)
    return folder


def test_the_time_and_a_repository(cartridge: Any, run: Any, repository: Path) -> None:
    """Two servers in one agent, each with a list of what is taken."""
    python = "${runtime.python_executable} -m "
    servers = {
        "clock": {"command": python + "mcp_server_time", "args": ["--local-timezone", "UTC"]},
        "git": {
            "command": python + "mcp_server_git --repository ${runtime.repo}",
            "tools": ["git_log", "git_status"],
        },
    }
    folder = cartridge(servers, inputs={"repo": {"type": "string"}})
    script = [
        say("get_current_time", timezone="Asia/Tokyo"),
        say("get_current_time", timezone="Nowhere/Else"),
        say("git_log", repo_path=str(repository)),
        say("git_commit", repo_path=str(repository), message="no"),
        DONE,
    ]
    with cartridge_to_preset(folder).bind({"repo": repository}) as binding:
        now, nowhere, log, commit, _ = [step.tool_result for step in run(binding, script)]
    assert "Asia/Tokyo" in now.text()
    assert nowhere.error_detail.kind == "tool_error" and "Nowhere/Else" in nowhere.error
    assert "The first one" in log.text() and "Ada" in log.text()
    assert commit.error_detail.kind == "unknown_tool"


def test_everything_that_a_result_can_be(run: Any, cartridge: Any) -> None:
    folder = cartridge({"all": {"command": node_package_bin("mcp-server-everything")}})
    script = [
        say("get-structured-content", location="New York"),
        say("get-tiny-image"),
        say("get-resource-links", count=2),
        say("get-sum", a=1, b="2"),
        say("get-env"),
        DONE,
    ]
    with cartridge_to_preset(folder).bind() as binding:
        results = [step.tool_result for step in run(binding, script)]
        assert binding.tools.start() == []  # nothing had to be left out
    structured, image, links, wrong, env, _ = results
    assert structured.data.keys() == {"temperature", "conditions", "humidity"}
    assert [part["type"] for part in image.data if isinstance(part, dict)] == ["image"]
    assert len(image.metadata["content"][0]["data"]) > 1000
    assert [part["type"] for part in links.data[1:]] == ["resource_link"] * 2
    assert wrong.error_detail.kind == "bad_arguments"
    assert "PATH" in env.data and "PYTEST_CURRENT_TEST" not in env.data


def test_files_only_where_it_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("inside")
    (tmp_path / "b.txt").write_text("outside")
    command = [*node_package_bin("mcp-server-filesystem"), str(tmp_path / "in")]
    with MCPToolAdapter(command, tools=["read_text_file"]) as files:
        tools = tools_from(files)
        inside = tools.dispatch(ToolCall("read_text_file", {"path": str(tmp_path / "in/a.txt")}))
        outside = tools.dispatch(ToolCall("read_text_file", {"path": str(tmp_path / "b.txt")}))
    assert tools.tool_names == ["read_text_file"]
    assert inside.data == {"content": "inside"}
    assert outside.error is not None and "denied" in outside.error


class HttpServer:
    """`server-everything` over streamable HTTP, which can be stopped and started again."""

    def __init__(self) -> None:
        self.command = [*node_package_bin("mcp-server-everything"), "streamableHttp"]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, "PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(1000):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.01)
        pytest.fail("the server does not listen")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    server = HttpServer()
    yield server
    server.stop()


def test_over_http(cartridge: Any, run: Any, http_server: HttpServer) -> None:
    folder = cartridge(
        {"all": {"url": "${runtime.url}", "tools": ["echo"], "headers": {"X-Key": "k"}}}
    )
    with cartridge_to_preset(folder).bind({"url": http_server.url}) as binding:
        steps = run(binding, [say("echo", message="hello"), DONE])
    assert steps[0].tool_result.data == "Echo: hello"


def test_an_http_server_that_goes_and_comes_back(http_server: HttpServer) -> None:
    echo = ToolCall("echo", {"message": "x"})
    with MCPToolAdapter(url=http_server.url, timeout_s=5) as adapter:
        tools = tools_from(adapter)
        assert tools.dispatch(echo).data == "Echo: x"
        http_server.stop()
        away = tools.dispatch(echo)
        assert away.error_detail is not None and away.error_detail.kind == "server"
        http_server.start()
        assert tools.dispatch(echo).data == "Echo: x"
        http_server.stop()
        http_server.start()  # a new process knows nothing of the session
        assert [tools.dispatch(echo).data for _ in range(2)][-1] == "Echo: x"


def test_an_interpreter_that_ends_takes_its_servers_along(misbehaving: Any, starts: Any) -> None:
    """Nobody closed anything: neither a process nor a warning is left."""
    program = (
        "from looplet import MCPToolAdapter\n"
        f"adapter = MCPToolAdapter({misbehaving('polite')!r})\nadapter.tools()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    with pytest.raises(ProcessLookupError):
        os.kill(starts()[0], 0)

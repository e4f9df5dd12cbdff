"""A cartridge as a server, talked to by the SDK's own client, in both ages of the protocol."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

mcp = pytest.importorskip("mcp")
import mcp_types as types  # noqa: E402
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402

from looplet import MockLLMBackend, cartridge_to_preset  # noqa: E402
from looplet.mcp.as_agent import CartridgeAgent  # noqa: E402
from looplet.mcp.as_tools import CartridgeTools  # noqa: E402
from looplet.mcp.serve import server_of  # noqa: E402

Client = mcp.Client
DONE = {"tool": "done", "args": {"summary": "ok"}}
LOOPLET = [sys.executable, "-m", "looplet.cli"]

FILES = {
    "tools/add/tool.yaml": """\
name: add
description: Add two numbers.
parameters: {a: {type: integer}, b: {type: integer, default: 1}}
output_schema: {type: object, properties: {sum: {type: integer}}, required: [sum]}
idempotency: idempotent
""",
    "tools/add/execute.py": "def execute(*, a: int, b: int = 1):\n    return {'sum': a + b}\n",
    "tools/loud/tool.yaml": "name: loud\ndescription: Print.\n",
    "tools/loud/execute.py": """\
import os, subprocess, sys

print("on import")

def execute(ctx):
    print("by print")
    os.write(1, b"by write\\n")
    subprocess.run([sys.executable, "-c", "print('by a child')"])
    ctx.report_progress("half", progress=1, total=2)
    ctx.warn("careful")
    return "done"
""",
    "tools/asks/tool.yaml": "name: asks\ndescription: Ask.\n"
    "parameters: {about: {type: string, default: it}}\n",
    "tools/asks/execute.py": "def execute(ctx, *, about='it'):\n"
    "    return ctx.approve('Really?')\n",
    "tools/fails/tool.yaml": "name: fails\ndescription: Fail.\n",
    "tools/fails/execute.py": "def execute():\n    raise ValueError('no luck')\n",
    "tools/waits/tool.yaml": "name: waits\ndescription: Wait.\nconcurrent_safe: true\n",
    "tools/waits/execute.py": """\
import asyncio, pathlib

async def execute(*, mark: str):
    path = pathlib.Path(mark)
    path.write_text("begun")
    try:
        await asyncio.sleep(30)
    finally:
        path.write_text("ended")
""",
}
FILES["tools/waits/tool.yaml"] += "parameters: {mark: {type: string}}\n"


@pytest.fixture(params=["legacy", "auto"])
def age(request: pytest.FixtureRequest) -> str:
    """How a client begins: with the handshake of 2025, or without one, as of 2026."""
    found: str = request.param
    return found


def talk(offer: Any, age: str, what: Callable[[Any], Awaitable[Any]], **client: Any) -> Any:
    """What comes of talking to a server in this process."""

    async def main() -> Any:
        async with Client(server_of(offer, "small", "1.2", ""), mode=age, **client) as session:
            return await what(session)

    return asyncio.run(main())


def text_of(result: Any) -> str:
    return "\n".join(block.text for block in result.content)


# ── as tools ──────────────────────────────────────────────────────────────────────────────────────


def test_a_client_lists_and_calls_the_tools(cartridge: Any, age: str) -> None:
    async def what(client: Any) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"add", "asks", "fails", "loud", "waits"}  # `done` ends a run
        assert tools["add"].input_schema["required"] == ["a"]
        assert tools["add"].output_schema["required"] == ["sum"]
        assert tools["add"].annotations.idempotent_hint is True
        result = await client.call_tool("add", {"a": 2})
        assert result.structured_content == {"sum": 3} and not result.is_error
        assert json.loads(text_of(result)) == {"sum": 3}
        for name, args, says in [
            ("add", {"a": "2"}, "`a` must be an integer"),
            ("add", {"a": 1, "c": 2}, "`c` is not known"),
            ("fails", {}, "no luck"),
            ("done", {"summary": "x"}, "there is no tool `done`"),
            ("ad", {}, "there is no tool `ad`"),
        ]:
            result = await client.call_tool(name, args)
            assert result.is_error and says in text_of(result)

    with cartridge_to_preset(cartridge({}, FILES)).bind() as binding:
        talk(CartridgeTools(binding), age, what)


def test_permissions_hold(cartridge: Any, age: str) -> None:
    """Denied is denied, and what they ask about is denied to a client that cannot ask anybody."""
    rules = {
        "deny": [{"tool": "add", "matches": {"a": 9}, "reason": "nine is not for you"}],
        "ask": ["add"],
    }

    async def what(client: Any) -> None:
        denied = await client.call_tool("add", {"a": 9})
        assert denied.is_error and "nine is not for you" in text_of(denied)
        asked = await client.call_tool("add", {"a": 2})
        assert asked.is_error and "nobody can be asked" in text_of(asked)

    with cartridge_to_preset(cartridge({}, FILES, permissions=rules)).bind() as binding:
        talk(CartridgeTools(binding), age, what)


@pytest.mark.parametrize(
    ("action", "answer", "allowed"),
    [
        ("accept", {"answer": "yes"}, True),
        ("accept", {"answer": "no"}, False),
        ("accept", {}, False),
        ("accept", {"answer": 1}, False),
        ("decline", None, False),
        ("cancel", None, False),
    ],
)
def test_a_question_goes_to_the_human_of_the_client(
    cartridge: Any, age: str, action: str, answer: Any, allowed: bool
) -> None:
    """That of a permission, and that of a tool itself."""
    asked: list[str] = []

    async def human(context: Any, form: Any) -> Any:
        asked.append(form.message)
        assert form.requested_schema["properties"]["answer"]["enum"] == ["yes", "no"]
        return types.ElicitResult(action=action, content=answer)

    async def what(client: Any) -> None:
        result = await client.call_tool("add", {"a": 2})
        assert result.is_error is not allowed
        result = await client.call_tool("asks", {})
        assert text_of(result) == ("true" if allowed else "false")

    rules = {"ask": [{"tool": "add", "reason": "sums are dear"}]}
    with cartridge_to_preset(cartridge({}, FILES, permissions=rules)).bind() as binding:
        talk(CartridgeTools(binding), age, what, elicitation_callback=human)
    assert asked == ["Allow add(a=2)? (sums are dear)", "Really?"]


def test_a_yes_opens_one_call_and_no_other(cartridge: Any) -> None:
    """An answer that a client brings along for another call is none."""

    async def human(context: Any, form: Any) -> Any:
        return types.ElicitResult(action="accept", content={"answer": "no"})

    async def what(client: Any) -> None:
        ask = client.session.call_tool
        first = await ask("asks", {"about": "this"}, allow_input_required=True)
        (key,) = first.input_requests
        yes = {key: types.ElicitResult(action="accept", content={"answer": "yes"})}
        done = await ask("asks", {"about": "this"}, input_responses=yes)
        assert text_of(done) == "true"
        other = await ask("asks", {"about": "that"}, input_responses=yes, allow_input_required=True)
        assert key not in other.input_requests

    with cartridge_to_preset(cartridge({}, FILES)).bind() as binding:
        talk(CartridgeTools(binding), "auto", what, elicitation_callback=human)


def test_hooks_see_a_call_and_one_that_stops_it_is_heard(cartridge: Any, age: str) -> None:
    hook = {
        "hooks/10_Guard/config.yaml": "class_name: Guard\n",
        "hooks/10_Guard/hook.py": """\
from looplet import Block, Stop

class Guard:
    def pre_dispatch(self, state, session_log, call, step_num):
        if call.args.get("a") == 1:
            return Block("not one")
        if call.args.get("a") == 2:
            return Stop("that is enough")

        if call.args.get("a") == 3:
            raise ValueError("no three")

    def on_loop_end(self, state, session_log, context, llm):
        if state.steps and state.steps[0].tool_call.args.get("a") == 4:
            raise ValueError("no four")
""",
    }

    async def what(client: Any) -> None:
        for a, says in ((1, "blocked: not one"), (2, "that is enough"), (3, "no three")):
            result = await client.call_tool("add", {"a": a})
            assert result.is_error and says in text_of(result)
        late = await client.call_tool("add", {"a": 4})  # it was made, and its client has to know
        assert late.structured_content == {"sum": 5} and "no four" in text_of(late)
        assert not (await client.call_tool("add", {"a": 5})).is_error

    folder = cartridge({}, FILES | hook, builtin_hooks=[{"budget_cap": {"max_cost": 1}}])
    with cartridge_to_preset(folder).bind() as binding:
        talk(CartridgeTools(binding), age, what)


def test_tools_of_servers_are_passed_on(
    cartridge: Any, misbehaving: Any, starts: Any, age: str
) -> None:
    async def what(client: Any) -> None:
        assert starts() == []
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "double" in names and len(starts()) == 1
        assert text_of(await client.call_tool("double", {"n": 4})) == "8"

    folder = cartridge({"s": {"command": misbehaving("polite"), "tools": ["double"]}}, FILES)
    with cartridge_to_preset(folder).bind() as binding:
        talk(CartridgeTools(binding), age, what)


def test_a_call_that_its_client_cancels_ends(cartridge: Any, age: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def what(client: Any) -> None:
        calls = [
            asyncio.create_task(client.call_tool("waits", {"mark": str(mark)})) for _ in range(2)
        ]
        while not mark.exists() or mark.read_text() != "begun":
            await asyncio.sleep(0.01)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        while mark.read_text() != "ended":
            await asyncio.sleep(0.01)
        assert not (await client.call_tool("add", {"a": 1})).is_error  # nobody holds it up

    with cartridge_to_preset(cartridge({}, FILES)).bind() as binding:
        talk(CartridgeTools(binding), age, what)


# ── as an agent ───────────────────────────────────────────────────────────────────────────────────

SCRIPT = [{"tool": "add", "args": {"a": 2}}, DONE]


def agent(folder: Path, script: Any = SCRIPT, **given: Any) -> CartridgeAgent:
    return CartridgeAgent(
        cartridge_to_preset(folder), given, lambda: MockLLMBackend([*script], cycle=False)
    )


def test_an_agent_is_one_tool(cartridge: Any, age: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async def what(client: Any) -> None:
        (tool,) = (await client.list_tools()).tools
        assert tool.name == "small" and tool.input_schema["required"] == ["task"]
        for _ in range(2):  # each call is a run of its own
            result = await client.call_tool("small", {"task": "go"}, progress_callback=progress)
            assert not result.is_error and text_of(result) == "ok"
            data = result.structured_content
            assert (data["result"], data["stop_reason"], data["steps"]) == ("ok", "done", 2)
        stopped = await client.call_tool("small", {"task": "go", "max_steps": 1})
        assert stopped.is_error and "max_steps" in text_of(stopped)
        for args in ({}, {"task": 3}, {"task": "go", "max_step": 1}, {"task": ""}):
            assert (await client.call_tool("small", args)).is_error
        assert (await client.call_tool("other", {"task": "go"})).is_error

    talk(agent(cartridge({}, FILES)), age, what)
    assert [(done, total) for done, total, _ in told] == [(1, 9), (2, 9)] * 2
    assert "add(a=2)" in str(told[0][2])


def test_inputs_that_are_not_given_are_arguments(cartridge: Any, age: str) -> None:
    async def what(client: Any) -> None:
        (tool,) = (await client.list_tools()).tools
        assert tool.input_schema["properties"]["inputs"]["properties"].keys() == {"who", "size"}
        assert tool.input_schema["required"] == ["task", "inputs"]
        good = await client.call_tool("small", {"task": "go", "inputs": {"who": "Ada"}})
        assert not good.is_error
        bad = await client.call_tool("small", {"task": "go", "inputs": {"who": 3}})
        assert bad.is_error and "`inputs.who` must be a string" in text_of(bad)

    inputs = {
        "who": {"type": "string"},
        "size": {"type": "integer", "default": 1},
        "given": {"type": "string"},
    }
    talk(agent(cartridge({}, FILES, inputs=inputs), given="x"), age, what)


def test_what_ends_a_run_is_an_error_of_the_tool(cartridge: Any, age: str) -> None:
    async def what(client: Any) -> None:
        result = await client.call_tool("small", {"task": "go"})
        assert result.is_error and "the run failed" in text_of(result)

    talk(agent(cartridge({}, FILES), script=[]), age, what)


def test_an_agent_that_its_client_cancels_ends(cartridge: Any, age: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = [{"tool": "waits", "args": {"mark": str(mark)}}, DONE]

    async def what(client: Any) -> None:
        call = asyncio.create_task(client.call_tool("small", {"task": "go"}))
        while not mark.exists() or mark.read_text() != "begun":
            await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.wait([call])
        while mark.read_text() != "ended":
            await asyncio.sleep(0.01)

    talk(agent(cartridge({}, FILES), script=script), age, what)


# ── the command ───────────────────────────────────────────────────────────────────────────────────


def over_stdio(what: Callable[[Any], Awaitable[Any]], age: str, *args: Any) -> str:
    """Talk to `looplet mcp serve` as any client does: by starting it. What it says to stderr."""

    async def main() -> None:
        parameters = StdioServerParameters(
            command=LOOPLET[0], args=[*LOOPLET[1:], "mcp", "serve", *map(str, args)], env=ENV
        )
        async with Client(stdio_client(parameters, errlog=errors), mode=age) as session:
            await what(session)

    with TemporaryFile("w+") as errors:
        asyncio.run(main())
        errors.seek(0)
        return errors.read()


ENV = {name: os.environ[name] for name in ("LOOPLET_CACHE_DIR", "PYTHONPATH") if name in os.environ}


def test_the_command_serves_and_keeps_its_output_clean(cartridge: Any, age: str) -> None:
    files = FILES | {"resources/store.py": "print('in build')\n\n\ndef build():\n    return {}\n"}
    told = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append((done, total, message))

    async def what(client: Any) -> None:
        assert client.server_info.name == "small" and client.server_info.version == "1.2"
        result = await client.call_tool("loud", {}, progress_callback=progress)
        assert text_of(result) == "done\nwarning: careful"
        assert (await client.call_tool("add", {"a": 1})).structured_content == {"sum": 2}

    err = over_stdio(what, age, cartridge({}, files))
    assert told == [(1, 2, "half")]
    for printed in ("in build", "on import", "by print", "by write", "by a child"):
        assert printed in err


def test_the_command_serves_an_agent(cartridge: Any) -> None:
    async def what(client: Any) -> None:
        result = await client.call_tool("small", {"task": "go"})
        assert result.structured_content["result"] == "ok"

    script = {"evals/scripts/demo.json": json.dumps(SCRIPT)}
    over_stdio(what, "auto", cartridge({}, FILES | script), "--agent", "--scripted")


def start(*args: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*LOOPLET, "mcp", "serve", *map(str, args)],
        env=os.environ | ENV,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_over_http_on_this_machine_only(cartridge: Any, age: str) -> None:
    import httpx2

    async def main(url: str) -> None:
        async with Client(url, mode=age) as client:
            result = await client.call_tool("add", {"a": 2})
            assert result.structured_content == {"sum": 3}
        async with httpx2.AsyncClient() as browser:  # a page that was made to point here
            for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
                answer = await browser.post(url, json={}, headers=headers)
                assert answer.status_code in (403, 421)

    with start(cartridge({}, FILES), "--http", 0) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        try:
            assert "serving http://127.0.0.1:" in line, line + process.stderr.read()
            asyncio.run(main(line.split()[-1]))
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "") and "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(cartridge: Any, number: signal.Signals) -> None:
    with start(cartridge({}, FILES)) as process:
        assert process.stdin is not None and process.stdout is not None
        hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        process.stdin.write(json.dumps(hello) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(number)
        process.wait(20)
        out, err = process.communicate()
    assert process.returncode == 128 + number
    assert out == "" and "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_the_client_does_not_read(
    cartridge: Any, number: signal.Signals
) -> None:
    with start(cartridge({}, FILES)) as process:
        assert process.stdin is not None and process.stdout is not None
        ask = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        process.stdin.write(json.dumps(ask) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        pipe = process.stdin.fileno()
        os.set_blocking(pipe, False)
        many = "".join(json.dumps({**ask, "method": "x" * 9000}) + "\n" for _ in range(20)).encode()
        for _ in range(200):  # until the answers fill one pipe, and what is asked the other
            try:
                os.write(pipe, many)
            except BlockingIOError:
                time.sleep(0.005)
        process.send_signal(number)
        try:
            assert process.wait(20) == 128 + number
        finally:
            process.kill()


def test_a_client_that_leaves_ends_it(cartridge: Any) -> None:
    with start(cartridge({}, FILES)) as process:
        out, err = process.communicate(input="", timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["{}", "--model", "openai:x"], "a model is for the agent: add --agent"),
        (["{}", "--input", "a"], "--input takes NAME=VALUE"),
        (["{}", "--http", "99999"], "it is a port from 0 to 65535, not '99999'"),
        (["nowhere"], "there is no folder or file 'nowhere'"),
        (["{}", "--agent", "--script", "none.json"], "none.json"),
        ([], "the following arguments are required: CARTRIDGE"),
    ],
)
def test_what_is_wrong_is_said_before_it_serves(cartridge: Any, args: Any, says: str) -> None:
    folder = str(cartridge({}, FILES))
    with start(*(arg.format(folder) for arg in args)) as process:
        out, err = process.communicate(input="", timeout=20)
    assert (process.returncode, out) == (2, "") and says in err and "Traceback" not in err


def test_a_port_that_is_taken(cartridge: Any) -> None:
    import socket

    folder = cartridge({}, FILES)
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        start(folder, "--http", taken.getsockname()[1]) as process,
    ):
        _, err = process.communicate(input="", timeout=20)
    assert process.returncode == 2 and "cannot serve on port" in err and "Traceback" not in err


def test_without_the_sdk_it_says_what_to_install(
    cartridge: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from looplet import cli
    from looplet.mcp.errors import ServerSetupError

    monkeypatch.setitem(sys.modules, "mcp", None)
    folder = cartridge({"s": {"command": "x"}})
    assert cli.main(["mcp", "serve", str(folder)]) == 2
    assert "pip install 'looplet[mcp]'" in capsys.readouterr().err
    says = r"pip install 'looplet\[mcp\]'"
    preset = cartridge_to_preset(folder)
    with preset.bind() as binding, pytest.raises(ServerSetupError, match=says):
        binding.tools.start()

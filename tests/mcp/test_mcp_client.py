"""Tools of servers in a run, and what becomes of it when a server misbehaves."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from looplet import (
    MockLLMBackend,
    PresetError,
    async_composable_loop,
    cartridge_to_preset,
    composable_loop,
)
from looplet.cancel import CancelToken
from looplet.compiler import check
from looplet.events import TOOL_PROGRESS
from looplet.mcp.errors import ServerSetupError
from looplet.types import Step, ToolCall, ToolContext

DONE = {"tool": "done", "args": {"summary": "ok"}}

Starts = Callable[[], list[int]]


def say(tool: str, **args: Any) -> dict[str, Any]:
    return {"tool": tool, "args": args}


def outcome(step: Step) -> str:
    detail = step.tool_result.error_detail
    return "ok" if detail is None else detail.kind


def gone(pid: int) -> bool:
    """Whether a process has ended and been waited for; it may take a moment."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


# ── when a server is started ──────────────────────────────────────────────────────────────────────


def test_nothing_starts_a_server_but_a_run(
    cartridge: Any, misbehaving: Any, starts: Starts, run: Any
) -> None:
    folder = cartridge({"s": {"command": misbehaving("polite")}})
    assert check(folder).errors == 0
    preset = cartridge_to_preset(folder)
    with preset.bind() as binding:
        assert binding.tools.tool_names == ["done"] and "act" not in binding.tools
        assert binding.tools.get("act") is None and len(binding.tools) == 1
        steps = iter(())
        assert starts() == []
        steps = run(binding, [say("double", n=4), DONE])
        assert [step.tool_result.data for step in steps] == ["8", "ok"]
        assert len(starts()) == 1
        run(binding, [DONE])  # a second run of the same binding has the same server
        assert len(starts()) == 1
    assert gone(starts()[0])


def test_an_unknown_call_is_a_need_too(cartridge: Any, misbehaving: Any, starts: Starts) -> None:
    folder = cartridge({"s": {"command": misbehaving("polite")}})
    with cartridge_to_preset(folder).bind() as binding:
        assert binding.tools.dispatch(ToolCall("double", {"n": 2})).data == "4"
    assert len(starts()) == 1


def test_a_closed_binding_starts_nothing(cartridge: Any, misbehaving: Any, starts: Starts) -> None:
    binding = cartridge_to_preset(cartridge({"s": {"command": misbehaving("polite")}})).bind()
    binding.close()
    with pytest.raises(ServerSetupError, match="closed"):
        binding.tools.tool_schemas()
    assert starts() == []


def test_the_async_driver_goes_on_while_a_server_starts(cartridge: Any, misbehaving: Any) -> None:
    """Neither the start nor a call holds up the event loop."""

    async def main(binding: Any) -> int:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.001)
                turns += 1

        other = asyncio.create_task(turn())
        llm = MockLLMBackend([say("double", n=1), DONE])
        first = True
        async for _ in async_composable_loop(llm, "go", binding.tools, config=binding.config):
            if first:
                assert turns > 3
                first = False
        other.cancel()
        return turns

    folder = cartridge({"s": {"command": misbehaving("polite")}})
    with cartridge_to_preset(folder).bind() as binding:
        assert asyncio.run(main(binding)) > 3


# ── which tools there are ─────────────────────────────────────────────────────────────────────────


def test_the_list_is_all_that_can_be_called(cartridge: Any, misbehaving: Any, run: Any) -> None:
    folder = cartridge({"s": {"command": misbehaving("echoes"), "tools": ["double"]}})
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=3), DONE])
        assert [outcome(step) for step in steps] == ["unknown_tool", "ok", "ok"]
        assert binding.tools.tool_names == ["done", "double"]


def test_a_listed_tool_that_is_not_there_ends_the_run(
    cartridge: Any, misbehaving: Any, run: Any, starts: Starts
) -> None:
    folder = cartridge({"s": {"command": misbehaving("polite"), "tools": ["dubble", "act"]}})
    says = r"`s` has no tool `dubble` \(did you mean `double`\?\), .* it has: act, double"
    with cartridge_to_preset(folder).bind() as binding, pytest.raises(ServerSetupError, match=says):
        run(binding, [DONE])
    assert all(map(gone, starts()))


def test_names_are_kept_apart_by_a_prefix(cartridge: Any, misbehaving: Any, run: Any) -> None:
    command = misbehaving("echoes")
    servers = {"a": {"command": command, "prefix": "a_"}, "b": {"command": command, "prefix": "b-"}}
    with cartridge_to_preset(cartridge(servers)).bind() as binding:
        steps = run(binding, [say("a_act"), say("b-double", n=3), DONE])
        assert [step.tool_result.error for step in steps] == [None, None, None]
        assert binding.tools.tool_names == ["done", "a_double", "a_act", "b-double", "b-act"]
        assert steps[0].tool_result.data == {"name": "act", "args": {}}


def test_odd_tools_are_named_or_left_out_with_the_reason(
    cartridge: Any, misbehaving: Any, run: Any
) -> None:
    folder = cartridge({"s": {"command": misbehaving("odd_tools")}})
    with cartridge_to_preset(folder).bind() as binding:
        run(binding, [DONE])
        names = set(binding.tools.tool_names)
        notes = "\n".join(binding.tools.start())
        told = {each["name"]: each for each in binding.tools.tool_schemas()}
    assert names == {"done", "fine", "dotted_name_x", "null_default", "has_ctx", "long"}
    for left_out, why in {
        "unknown_keyword": "unevaluatedProperties: this keyword",
        "bad_reference": "not one that can be checked",
        "huge": "longer than 100000",
        "done": "there already is a tool `done`",
    }.items():
        line = next(line for line in notes.splitlines() if f"`{left_out}` of the MCP" in line)
        assert why in line
    assert notes.count("\n") == 4  # and the name that is too long
    assert len(told["long"]["description"]) < 11_000
    assert told["null_default"]["parameters"]["properties"] == {"n": {"type": "integer"}}


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("odd_tools", "the tool `huge` of the MCP server `s` is left out: its schema is longer"),
        ("bad_list", "the MCP server `s` (`{}`) gave an answer that cannot be used: tools.1.input"),
    ],
)
def test_the_model_is_told_what_it_cannot_use(
    cartridge: Any, misbehaving: Any, mode: str, says: str
) -> None:
    command = misbehaving(mode)
    with cartridge_to_preset(cartridge({"s": {"command": command}})).bind() as binding:
        state = binding.state()
        llm = MockLLMBackend([DONE])
        list(composable_loop(llm, "go", binding.tools, config=binding.config, state=state))
    texts = [m["content"] for m in state.conversation if m["role"] == "user"]
    assert any(says.format(command[0]) in text for text in texts)


def test_arguments_are_checked_before_the_server_sees_them(
    cartridge: Any, misbehaving: Any, run: Any
) -> None:
    with cartridge_to_preset(cartridge({"s": {"command": misbehaving("echoes")}})).bind() as bound:
        steps = run(bound, [say("double", n="3"), say("double"), DONE])
    assert [outcome(step) for step in steps[:2]] == ["bad_arguments"] * 2
    assert "`n` must be an integer" in steps[0].tool_result.error


def test_a_parameter_may_be_called_ctx(cartridge: Any, misbehaving: Any, run: Any) -> None:
    folder = cartridge({"s": {"command": misbehaving("odd_tools"), "tools": ["has_ctx"]}})
    with cartridge_to_preset(folder).bind() as binding:
        (step, _) = run(binding, [say("has_ctx", ctx="mine"), DONE])
    assert outcome(step) == "tool_error" and step.tool_result.error == "no"


def test_permissions_hold_for_tools_of_servers(cartridge: Any, misbehaving: Any, run: Any) -> None:
    rules = {"deny": ["act"], "ask": [{"tool": "double", "matches": {"n": 2}}]}
    folder = cartridge({"s": {"command": misbehaving("echoes")}}, permissions=rules)
    assert check(folder).errors == 0  # a server may have them
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=2), say("double", n=3), DONE])
    assert [outcome(step) for step in steps] == ["denied", "denied", "ok", "ok"]


def test_a_rule_about_a_tool_that_no_server_was_asked_for_is_found(cartridge: Any) -> None:
    servers = {"s": {"command": "x", "tools": ["list.all"], "prefix": "s_"}}
    folder = cartridge(servers, permissions={"deny": ["s_list_all", "s_lost_all", "act"]})
    found = [(e.code, e.message) for e in check(folder).diagnostics if e.severity == "error"]
    assert [code for code, _ in found] == ["CT601", "CT601"]
    assert "`s_list_all`" in found[0][1]


# ── what it is started with ───────────────────────────────────────────────────────────────────────


def test_a_server_gets_its_environment_and_no_more(
    cartridge: Any, misbehaving: Any, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_SECRET", "hunter2")
    command = " ".join([*map(repr, misbehaving("says")), "'a b'", "${runtime.word}", "$HOME", "*"])
    server = {
        "command": command,
        "args": ["--port", "${runtime.port}"],
        "env": {"TOKEN": "${runtime.word}", "PORT": "${runtime.port}"},
        "cwd": str(tmp_path),
    }
    inputs = {"word": {"type": "string"}, "port": {"type": "integer"}}
    folder = cartridge({"s": server}, inputs=inputs)
    with cartridge_to_preset(folder).bind({"word": "two words; rm", "port": 80}) as binding:
        (step, _) = run(binding, [say("act"), DONE])
    said = step.tool_result.data
    assert said["argv"][2:] == ["a b", "two words; rm", "$HOME", "*", "--port", "80"]
    assert said["env"]["TOKEN"] == "two words; rm" and said["env"]["PORT"] == "80"
    assert "MY_SECRET" not in said["env"] and "PATH" in said["env"]
    assert Path(said["cwd"]).samefile(tmp_path)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ({"command": "no-such-program-here"}, "there is no program 'no-such-program-here'"),
        ({"command": [str(Path(__file__))]}, "Permission denied|Exec format"),
        ({"command": ["true"], "cwd": "/no/such/folder"}, "'/no/such/folder', is no folder"),
    ],
)
def test_what_cannot_be_started_ends_the_run(
    cartridge: Any, run: Any, server: Any, says: str
) -> None:
    preset = cartridge_to_preset(cartridge({"s": server}))
    with preset.bind() as binding, pytest.raises(ServerSetupError, match=says):
        run(binding, [DONE])


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ({"command": "${runtime.bad}"}, "mcp_servers.s.command is empty"),
        ({"url": "${runtime.bad}"}, "mcp_servers.s.url is an address such as"),
        ({"url": "${runtime.secret}"}, "holds a password"),
        ({"url": "http://a/", "headers": {"A": "${runtime.lines}"}}, "line break"),
        ({"url": "http://a/", "headers": {"A": "${runtime.flag}"}}, "is made of text, not True"),
        ({"command": "x", "timeout_s": "${runtime.bad}"}, "timeout_s is a time in seconds"),
    ],
)
def test_what_an_input_makes_of_a_server_is_checked(cartridge: Any, server: Any, says: str) -> None:
    preset = cartridge_to_preset(cartridge({"s": server}))
    with pytest.raises(PresetError, match=says):
        preset.bind({"bad": "", "flag": True, "secret": "http://a:b@c/", "lines": "x\ny"})


# ── servers that misbehave ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", ["garbage", "floods", "closes_stderr", "endless_list"])
def test_noise_does_no_harm(
    cartridge: Any, misbehaving: Any, run: Any, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with cartridge_to_preset(cartridge({"s": {"command": misbehaving(mode)}})).bind() as binding:
        steps = run(binding, [say("double", n=4), say("double", n=5), DONE])
        assert [step.tool_result.data for step in steps] == ["8", "10", "ok"]
    assert capfd.readouterr() == ("", "")


def test_a_server_that_dies_is_an_error_and_is_started_again(
    cartridge: Any, misbehaving: Any, run: Any, starts: Starts
) -> None:
    folder = cartridge({"s": {"command": misbehaving("dies_once")}})
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=2), say("act"), DONE])
    assert [outcome(step) for step in steps] == ["server", "ok", "tool_error", "ok"]
    error = steps[0].tool_result.error
    assert "`s`" in error and "ended before it answered" in error
    assert "I am out of memory" in error and "do it another way" in error
    assert len(starts()) == 2 and all(map(gone, starts()))


def test_a_server_that_was_killed_between_calls_is_not_noticed(
    cartridge: Any, misbehaving: Any, starts: Starts
) -> None:
    """It is started again before the next call, which then just works."""
    folder = cartridge({"s": {"command": misbehaving("polite")}})
    with cartridge_to_preset(folder).bind() as binding:
        assert binding.tools.dispatch(ToolCall("double", {"n": 1})).data == "2"
        os.kill(starts()[0], 9)
        assert gone(starts()[0])
        assert binding.tools.dispatch(ToolCall("double", {"n": 2})).data == "4"
    assert len(starts()) == 2


@pytest.mark.parametrize("mode", ["dies_at_once", "silent", "endless_line"])
def test_a_server_that_does_not_come_up_is_told_to_the_model(
    cartridge: Any, misbehaving: Any, run: Any, starts: Starts, mode: str
) -> None:
    """The run goes on without it; a call tries again, three times in all."""
    servers = {
        "s": {"command": misbehaving(mode), "timeout_s": 0.4, "tools": ["act"]},
        "t": {"command": [*misbehaving("polite")[:3]], "prefix": "t_"},
    }
    with cartridge_to_preset(cartridge(servers)).bind() as binding:
        steps = run(binding, [say("act"), say("t_double", n=2), say("act"), say("act"), DONE])
        (note,) = binding.tools.start()
    kind = "server" if mode == "dies_at_once" else "timeout"
    assert [outcome(step) for step in steps] == [kind, "ok", kind, "server", "ok"]
    assert "3 times in a row" in steps[3].tool_result.error
    assert "the MCP server `s`" in note
    assert ("there is no database" in note) == (mode == "dies_at_once")
    assert len(starts()) == 3 and all(map(gone, starts()))


def test_a_server_that_comes_up_late_checks_its_arguments(
    cartridge: Any, misbehaving: Any, run: Any, tmp_path: Path
) -> None:
    """Its tools were offered by name alone; now their schemas are known, and hold."""
    late = tmp_path / "late.py"
    late.write_text(
        f"import os, sys\nif not os.path.exists({str(tmp_path / 'up')!r}):\n"
        f"    open({str(tmp_path / 'up')!r}, 'w').close()\n    sys.exit(1)\n"
        f"os.execv({misbehaving('x')[0]!r}, {misbehaving('polite')!r})\n"
    )
    server = {"command": [misbehaving("x")[0], str(late)], "tools": ["double"]}
    with cartridge_to_preset(cartridge({"s": server})).bind() as binding:
        steps = run(binding, [say("double", n="x"), say("double", n=2), DONE])
    assert [outcome(step) for step in steps] == ["bad_arguments", "ok", "ok"]
    assert "`n` must be an integer" in steps[0].tool_result.error


def test_a_call_that_hangs_times_out_and_the_server_goes(
    cartridge: Any, misbehaving: Any, run: Any, starts: Starts
) -> None:
    folder = cartridge({"s": {"command": misbehaving("hangs"), "timeout_s": 0.3}})
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=2), DONE])
    assert [outcome(step) for step in steps] == ["timeout", "ok", "ok"]
    assert "did not answer within 0.3 s" in steps[0].tool_result.error
    assert len(starts()) == 2 and all(map(gone, starts()))


def test_a_server_that_lets_one_call_hang_is_kept(
    cartridge: Any, misbehaving: Any, run: Any, starts: Starts
) -> None:
    """It may hold a session that took long to make."""
    folder = cartridge({"s": {"command": misbehaving("hangs_in_calls"), "timeout_s": 0.3}})
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=2), DONE])
    assert [outcome(step) for step in steps] == ["timeout", "ok", "ok"]
    assert len(starts()) == 1


def test_an_answer_that_is_none_is_an_error(cartridge: Any, misbehaving: Any, run: Any) -> None:
    folder = cartridge({"s": {"command": misbehaving("garbage_answer")}})
    with cartridge_to_preset(folder).bind() as binding:
        steps = run(binding, [say("act"), say("double", n=2), DONE])
    assert [outcome(step) for step in steps] == ["server", "ok", "ok"]
    assert "an answer that cannot be used" in steps[0].tool_result.error


def test_a_cancelled_call_comes_back_at_once(cartridge: Any, misbehaving: Any) -> None:
    from threading import Timer

    token = CancelToken()
    folder = cartridge({"s": {"command": misbehaving("hangs_in_calls")}})
    with cartridge_to_preset(folder).bind() as binding:
        binding.tools.start()
        timer = Timer(0.1, token.cancel)
        timer.start()
        result = binding.tools.dispatch(ToolCall("act"), ToolContext(cancel_token=token))
        timer.join()
    assert result.error_detail is not None and result.error_detail.kind == "cancelled"


def test_closing_gives_up_a_start(cartridge: Any, misbehaving: Any, starts: Starts) -> None:
    from threading import Timer

    binding = cartridge_to_preset(cartridge({"s": {"command": misbehaving("silent")}})).bind()
    timer = Timer(0.2, binding.close)
    timer.start()
    with pytest.raises(BaseException):  # noqa: B017 - whatever it is, it comes before the time-out
        binding.tools.start()
    timer.join()
    assert all(map(gone, starts()))


# ── what a server answers ─────────────────────────────────────────────────────────────────────────


def test_blocks_are_named_to_the_model_and_kept_for_the_host(
    cartridge: Any, misbehaving: Any, run: Any
) -> None:
    with cartridge_to_preset(cartridge({"s": {"command": misbehaving("blocks")}})).bind() as bound:
        (step, _) = run(bound, [say("act"), DONE])
    assert step.tool_result.data == [
        "see",
        {"type": "image", "mime_type": "image/png", "bytes": 6},
        {"type": "resource_link", "uri": "a://d", "name": "d"},
        {"type": "resource", "uri": "a://b", "mime_type": "application/pdf", "bytes": 6},
        {"type": "resource", "uri": "a://c", "text": "words"},
    ]
    assert "aGVsbG8=" not in step.tool_result.text()
    kept = step.tool_result.metadata["content"]
    assert [block["type"] for block in kept] == ["image", "resource"]
    assert kept[0]["data"] == "aGVsbG8="


def test_a_huge_answer_is_cut(cartridge: Any, misbehaving: Any, run: Any) -> None:
    with cartridge_to_preset(cartridge({"s": {"command": misbehaving("big")}})).bind() as binding:
        (step, _) = run(binding, [say("act"), DONE])
    text = step.tool_result.data
    assert len(text) < 1_000_100 and text.endswith("(cut: 2000000 characters more)")


def test_progress_of_a_server_is_an_event(cartridge: Any) -> None:
    from node_packages import node_package_bin

    folder = cartridge({"s": {"command": node_package_bin("mcp-server-everything")}})
    events = []
    script = [say("trigger-long-running-operation", duration=0.2, steps=2), DONE]
    with cartridge_to_preset(folder).bind() as binding:
        steps = composable_loop(
            MockLLMBackend(script), "go", binding.tools, config=binding.config, stream=events.append
        )
        assert [outcome(step) for step in steps] == ["ok", "ok"]
    progress = [event.data for event in events if event.event == TOOL_PROGRESS]
    assert [(data["progress"], data["total"]) for data in progress] == [(1, 2), (2, 2)]


# ── our own end ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_run(
    cartridge: Any, misbehaving: Any, starts: Starts, number: signal.Signals
) -> None:
    """Not even when the process is killed: the server's input ends, and so does a good server."""
    script = [say("double", n=1), say("act"), DONE]
    folder = cartridge(
        {"s": {"command": misbehaving("hangs_in_calls")}},
        {"evals/scripts/demo.json": json.dumps(script)},
    )
    command = [sys.executable, "-m", "looplet.cli", "run", str(folder), "go", "--scripted"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first step is made, the second hangs
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode in (-number, 128 + number) and "Traceback" not in err
    assert all(map(gone, starts())) and len(starts()) == 1

"""What config.yaml may say of a server, and MCPToolAdapter, which takes the same."""

import sys
from pathlib import Path
from typing import Any

import pytest
from mcp_types import Tool

from looplet import BaseToolRegistry, MCPToolAdapter, ToolCall, ToolResult, ToolSpec
from looplet.mcp.errors import ServerError, ServerSetupError
from looplet.mcp.offered import specs_of
from looplet.mcp.settings import ServerSettings, servers_of, split_command, with_commands_split


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        ("docs-server --stdio", ["docs-server", "--stdio"]),
        ("a 'b c' \"d e\" f\\ g", ["a", "b c", "d e", "f g"]),
        (
            "a $HOME `id` $(id) * ; b | c > d && e",
            ["a", "$HOME", "`id`", "$(id)", "*", ";", "b", "|", "c", ">", "d", "&&", "e"],
        ),
        ("${runtime.python} -m x", ["${runtime.python}", "-m", "x"]),
        ("a --root=${runtime.root:-my files}/b", ["a", "--root=${runtime.root:-my files}/b"]),
        ("a '${runtime.x:-it's}'", ["a", "${runtime.x:-it's}"]),
        ("a # b", ["a", "#", "b"]),
    ],
)
def test_a_command_is_split_and_a_reference_in_it_is_not(command: str, parts: list[str]) -> None:
    assert split_command(command, "s") == parts
    assert with_commands_split({"s": {"command": command}}) == {"s": {"command": parts}}


def test_what_is_no_command_is_left_for_the_check_to_name() -> None:
    for odd in (None, 3, [], {"s": None}, {"s": {"command": 3}}, {"x-s": {"command": "a 'b"}}):
        assert with_commands_split(odd) == odd


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "s needs either a `command` to start it or the `url` of it"),
        ({"command": "a", "url": "http://a/"}, "has a `command` and a `url`"),
        ({"command": "a 'b"}, "s.command cannot be split into arguments: no closing quotation"),
        ({"command": []}, "s.command is empty"),
        ({"command": ""}, "s.command is empty"),
        ({"command": ["a", True]}, "s.command is made of text, not True"),
        ({"command": ["a\0b"]}, "s.command is made of text"),
        ({"command": {"a": 1}}, "s.command is a text or a list of texts"),
        ({"command": "a", "args": "b"}, "s.args is a list of texts, not 'b'"),
        ({"command": "a", "env": {"A=B": "c"}}, "s.env: 'A=B' is no name"),
        ({"command": "a", "env": {"A": None}}, "s.env.A is made of text, not None"),
        ({"command": "a", "env": ["A"]}, "s.env is a mapping"),
        ({"command": "a", "headers": {"A": "b"}}, "s.headers is for a server with a `url`"),
        ({"url": "http://a/", "env": {"A": "b"}}, "s.env is for a server with a `command`"),
        ({"url": "file:///a"}, "s.url is an address such as"),
        ({"url": "http://[::1"}, "s.url is an address such as"),
        ({"url": 3}, "s.url is an address such as"),
        ({"url": "http://a/", "headers": {"A b": "c"}}, "s.headers: 'A b' is no header"),
        ({"url": "http://a/", "headers": {"A": "é"}}, "s.headers: 'A' is no header"),
        ({"command": "a", "timeout_s": 0}, "s.timeout_s is a time in seconds, not 0"),
        ({"command": "a", "timeout_s": True}, "s.timeout_s is a time in seconds, not True"),
        ({"command": "a", "timeout_s": float("inf")}, "s.timeout_s is a time in seconds"),
        ({"command": "a", "tools": "b"}, "s.tools is a list of the names"),
        ({"command": "a", "tools": [""]}, "s.tools is a list of the names"),
        ({"command": "a", "prefix": "a b"}, "s.prefix is made of"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ServerSettings("s", **given)


def test_an_unknown_key_is_an_error_with_the_one_that_was_meant() -> None:
    says = r"mcp_servers\.s: no key `tool` \(did you mean `tools`\?\)"
    with pytest.raises(ValueError, match=says):
        servers_of({"s": {"command": "a", "tool": ["b"]}})
    (server,) = servers_of({"x-note": 1, "s": {"command": ["a", 1], "x-mine": 2, "cwd": None}})
    assert (server.name, server.command, server.timeout_s) == ("s", ["a", "1"], 60.0)


def offered(schema: dict[str, Any]) -> ToolSpec:
    def reached(name: str, ctx: Any, args: dict[str, Any]) -> ToolResult:
        return ToolResult.failure(ToolCall(name, args), "server", "it was called")

    tool = Tool(name="t", input_schema={"type": "object", **schema})
    specs, notes = specs_of(ServerSettings("s", "x"), [tool], (), reached)
    assert notes == []
    return specs[0]


SLOW = {"type": "string", "pattern": "^(a+)+$"}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {**SLOW, "default": "a" * 40 + "!"}, "b": {"default": 1}}},
        {"properties": {"a": {"$ref": "#/$defs/slow"}}, "$defs": {"slow": SLOW}},
        {"properties": {"a": {"not": {"anyOf": [SLOW, {"const": 1}]}}}},
        {"properties": {"a": {"oneOf": [SLOW, {"type": "string", "pattern": "b"}]}}},
        {"patternProperties": {"^(a+)+$": {"type": "string"}}, "additionalProperties": False},
        {"properties": {"a": {"if": SLOW, "then": {"const": 1}}}},
        {"additionalProperties": SLOW, "propertyNames": SLOW},
    ],
)
def test_no_text_is_matched_with_an_expression_of_the_server(schema: dict[str, Any]) -> None:
    registry = BaseToolRegistry([offered(schema)])
    result = registry.dispatch(ToolCall("t", {"a": "a" * 40 + "!"}))  # would take for ever
    assert result.error == "it was called"


def test_the_model_is_told_of_the_expression() -> None:
    part = offered({"properties": {"a": {**SLOW, "description": "Some."}, "pattern": {}}}).schema
    words = "Some. Matches the regular expression ^(a+)+$"
    expected = {"a": {"type": "string", "description": words}, "pattern": {}}
    assert part["properties"] == expected
    one = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    assert offered({"properties": {"a": one}}).schema["properties"] == {"a": one}, "none there"


def test_messages_hold_no_secrets() -> None:
    assert ServerSettings("s", "serve --key hunter2").in_words == "`s` (`serve`)"
    address = "https://a.example/mcp?key=hunter2"
    assert ServerSettings("s", url=address).in_words == "`s` (https://a.example/mcp)"


# ── MCPToolAdapter ────────────────────────────────────────────────────────────────────────────────


def test_an_adapter_gives_tools_to_a_program(misbehaving: Any, starts: Any) -> None:
    with MCPToolAdapter(misbehaving("polite"), prefix="s_", name="sums") as adapter:
        assert starts() == []
        registry = BaseToolRegistry([ToolSpec("act", execute=dict)])
        assert adapter.register_all(registry) == 2
        assert registry.tool_names == ["act", "s_double", "s_act"]
        assert [spec.name for spec in adapter] == ["s_double", "s_act"]
        assert adapter.notes == [] and len(starts()) == 1
    with pytest.raises(ServerSetupError, match="closed"):
        MCPToolAdapter.tools(adapter)


def test_an_adapter_has_no_run_to_go_on_with(misbehaving: Any) -> None:
    with MCPToolAdapter(misbehaving("dies_at_once")) as adapter:
        with pytest.raises(ServerError, match=r"ended right after its start.*there is no database"):
            adapter.tools()
        with pytest.raises(ServerError):  # it is tried anew
            adapter.tools()


def test_a_command_is_the_first_thing_it_takes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mcp needs either a `command`"):
        MCPToolAdapter()
    assert MCPToolAdapter(f"{sys.executable} -V").settings.command == [sys.executable, "-V"]

"""Permissions: the order of decision, fail-closed reading, and no way around them."""

import json
from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import Allow, LoopConfig, PermissionEngine, PermissionHook, ToolCall, ToolSpec
from looplet.permissions import permission_hook

DONE = ("done", {"summary": "ok"})


def verdict(data: Any, tool: str, **args: Any) -> str:
    return PermissionEngine.from_config(data).evaluate(ToolCall(tool, args))[0]


RULES = {
    "default": "deny",
    "deny": [{"tool": "bash", "contains": {"command": "rm -rf"}, "reason": "no deleting"}],
    "ask": ["write", {"tool": "bash", "matches": {"as_root": True}}],
    "allow": ["bash", "read", "write"],
}


@pytest.mark.parametrize(
    ("tool", "args", "expected"),
    [
        ("read", {}, "allow"),
        ("other", {}, "deny"),
        ("write", {}, "ask"),
        ("bash", {"command": "ls", "as_root": False}, "allow"),
        ("bash", {"command": "ls", "as_root": True}, "ask"),
        ("bash", {"command": "ls", "as_root": 1}, "allow"),
        ("bash", {"command": "rm -rf /", "as_root": True}, "deny"),
        ("bash", {"command": ["sh", ["-c", "rm -rf /"]], "as_root": False}, "deny"),
        ("bash", {"command": {"line": "rm -rf /"}, "as_root": False}, "deny"),
        ("bash", {"as_root": False}, "deny"),
        ("bash", {"command": "ls"}, "ask"),
        ("done", {}, "allow"),
    ],
)
def test_deny_then_ask_then_allow_then_default(
    tool: str, args: dict[str, Any], expected: str
) -> None:
    assert verdict(RULES, tool, **args) == expected


def test_allow_rules_hold_only_when_sure() -> None:
    data = {
        "default": "deny",
        "allow": [{"tool": "t", "matches": {"n": 1}, "contains": {"s": "x"}}],
    }
    assert verdict(data, "t", n=1, s="axb") == "allow"
    assert verdict(data, "t", n=1.0, s="x") == "allow"
    for args in ({}, {"n": 1}, {"s": "x"}, {"n": True, "s": "x"}, {"n": 1, "s": ["x"]}):
        assert verdict(data, "t", **args) == "deny"


def test_equality_is_that_of_json() -> None:
    data = {"deny": [{"tool": "t", "matches": {"v": {"a": [1, False]}}}]}
    assert verdict(data, "t", v={"a": [1.0, False]}) == "deny"
    assert verdict(data, "t", v={"a": [1, 0]}) == "allow"
    assert verdict(data, "t", v={"a": [1]}) == "allow"


def test_a_rule_may_name_the_done_tool() -> None:
    assert verdict({"default": "deny", "deny": ["done"]}, "done") == "deny"
    assert verdict({"default": "ask"}, "done") == "allow"
    engine = PermissionEngine("deny", done_tool="finish")
    assert engine.evaluate(ToolCall("finish"))[0] == "allow"
    assert engine.evaluate(ToolCall("done"))[0] == "deny"


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "deny",
        {"defualt": "deny"},
        {"default": "Deny"},
        {"default": None},
        {"default": True},
        {"deny": "bash"},
        {"deny": {"tool": "bash"}},
        {"deny": None},
        {"deny": [None]},
        {"deny": [3]},
        {"deny": [""]},
        {"deny": ["**"]},
        {"deny": ["write_*"]},
        {"deny": [" "]},
        {"deny": [{}]},
        {"deny": [{"tool": ""}]},
        {"deny": [{"tool": ["bash"]}]},
        {"deny": [{"tol": "bash"}]},
        {"deny": [{"tool": "bash", "match": {"a": 1}}]},
        {"deny": [{"tool": "bash", "matches": ["a"]}]},
        {"deny": [{"tool": "bash", "matches": None}]},
        {"deny": [{"tool": "bash", "contains": {"a": 1}}]},
        {"deny": [{"tool": "bash", "contains": {"a": ""}}]},
        {"deny": [{"tool": "bash", "contains": {}}]},
        {"deny": [{"tool": "bash", "reason": 3}]},
        {"allow": [{"tool": "bash", "arguments": {}}]},
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_a_permission(data: Any) -> None:
    with pytest.raises(ValueError, match="permissions"):
        PermissionEngine.from_config(data)


@pytest.mark.parametrize("data", [RULES, {"default": "allow", "deny": ["*"]}])
def test_the_config_comes_back(data: Any) -> None:
    hook = permission_hook(data)
    assert hook.to_config() == data
    assert json.loads(json.dumps(hook.to_config())) == data


def test_a_star_is_every_tool() -> None:
    for tool in ("bash", "done"):
        assert verdict({"deny": ["*"]}, tool) == "deny"
        assert verdict({"ask": [{"tool": "*"}]}, tool) == "ask"
        assert verdict({"default": "deny", "allow": ["*"]}, tool) == "allow"
    rules = {"deny": [{"tool": "*", "contains": {"path": "secret"}}], "allow": ["*"]}
    assert verdict(rules, "read", path="a/secret") == "deny"
    assert verdict(rules, "read", path="a") == "allow"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"text": {"type": "string"}}, "ran"),  # it has no `path` at all
        ({"path": {"type": "string", "default": "a"}}, "ran"),
        ({"path": {"type": "string", "default": "a secret"}}, None),
        ({"path": {"type": "string"}}, None),  # what the function puts there is not known
        ({"allOf": [{"properties": {"path": {"type": "string"}}}], "type": "object"}, None),
    ],
)
def test_a_condition_on_every_tool_is_about_those_with_the_argument(
    go: Go, parameters: Any, expected: Any
) -> None:
    rules = {"deny": [{"tool": "*", "contains": {"path": "secret"}}]}
    tool = ToolSpec("t", "", parameters, lambda text="", path="secret": "ran")
    args = {"text": ""} if "text" in parameters else {}
    run = go(Script(("t", args), DONE), [tool], hooks=[permission_hook(rules)])
    assert run.data[0] == expected and run.state.stop_reason == "done"


def run_bash(
    go: Go, rules: Any, args: dict[str, Any], hooks: list[Any] | None = None, **config: Any
) -> Any:
    ran: list[Any] = []

    def bash(command: str = "rm -rf /", as_root: bool = False) -> str:
        ran.append((command, as_root))
        return "ran"

    schema = {
        "type": "object",
        "properties": {
            "command": {"type": "string"},
            "as_root": {"type": "boolean", "default": True},
        },
    }
    tool = ToolSpec("bash", "", schema, bash)
    run = go(
        Script(("bash", args), DONE),
        [tool],
        hooks=[PermissionHook(PermissionEngine.from_config(rules)), *(hooks or [])],
        config=LoopConfig(**config),
    )
    assert run.state.stop_reason == "done"
    return run, ran


def test_a_denial_is_a_recorded_step_with_the_reason(go: Go) -> None:
    run, ran = run_bash(go, RULES, {"command": "rm -rf /"})
    assert run.errors[0] == "denied: no deleting. Do it another way" and not ran
    assert run.steps[0].tool_result.error_detail.kind == "denied"


def test_defaults_are_judged_as_if_they_were_given(go: Go) -> None:
    run, ran = run_bash(go, RULES, {"command": "ls"})
    assert "nobody can be asked" in str(run.errors[0]) and not ran
    run, ran = run_bash(go, RULES, {"command": "ls"}, approval_handler=lambda q, o: "yes")
    assert ran == [("ls", True)], "and what was judged is what runs"


def test_a_default_can_also_be_what_allows(go: Go) -> None:
    for rules in (
        {"default": "deny", "allow": [{"tool": "bash", "matches": {"as_root": True}}]},
        {"deny": [{"tool": "bash", "matches": {"as_root": False}}]},
    ):
        assert run_bash(go, rules, {"command": "ls"})[1] == [("ls", True)]


def test_a_default_that_only_the_function_knows_is_no_way_around_a_denial(go: Go) -> None:
    rules = {"deny": [{"tool": "bash", "contains": {"command": "rm"}}]}
    run, ran = run_bash(go, rules, {})
    assert not ran and "depends on `command`, which the call leaves out; give it" in str(
        run.errors[0]
    )


def test_no_other_hook_can_open_what_a_permission_closes(go: Go) -> None:
    class Opens:
        def pre_dispatch(self, state: Any, log: Any, call: ToolCall, step: int) -> Any:
            return Allow({"command": "rm -rf /"}) if call.tool == "bash" else None

    run, ran = run_bash(go, RULES, {"command": "ls", "as_root": False}, [Opens()])
    assert not ran and "denied: no deleting" in str(run.errors[0])


def test_an_unknown_tool_is_told_so_and_not_denied(go: Go) -> None:
    run = go(Script(("bsh", {}), DONE), hooks=[permission_hook({"default": "deny"})])
    assert "there is no tool `bsh`" in str(run.errors[0])

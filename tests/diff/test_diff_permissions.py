"""Permissions compared, with the engine itself as the oracle: no call may slip through."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.diff import Change, compare
from looplet.compiler.diff.calls import LISTS, STRICTNESS, Budget, Rules, laxer_call
from looplet.permissions import PermissionEngine
from looplet.preset import AgentPreset, File, ToolDef
from looplet.types import ToolCall

CODE = File(b"def execute(**given): return given\n")


def agent(
    permissions: Any = None, tools: tuple[str, ...] = ("a", "b"), done: str = "done"
) -> AgentPreset:
    config = {"done_tool": done} | ({} if permissions is None else {"permissions": permissions})
    defs = {name: ToolDef(name, f"Does {name}.", {"type": "object"}) for name in (*tools, done)}
    files = {tool.code: File(b"# %s\n" % name.encode() + CODE.data) for name, tool in defs.items()}
    return AgentPreset("agent", config_values=config, tool_defs=defs, files=files)


def changes(old: Any, new: Any, **parts: Any) -> list[Change]:
    found = compare(agent(old, **parts), agent(new, **parts)).changes
    return [change for change in found if change.kind.startswith("permission")]


def kinds(old: Any, new: Any) -> set[str]:
    return {change.kind for change in changes(old, new)}


RM = {"tool": "a", "contains": {"x": "rm"}}
LS = {"tool": "a", "contains": {"x": "ls"}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"default": "deny"}, {"default": "ask"}, "widened"),
        ({"default": "ask"}, {"default": "allow"}, "widened"),
        ({"default": "deny"}, None, "widened"),
        (None, {"default": "deny"}, "narrowed"),
        ({"deny": ["a"]}, {}, "widened"),
        ({"deny": ["a"]}, {"ask": ["a"]}, "widened"),
        ({"deny": ["a"]}, {"deny": [RM]}, "widened"),
        ({"deny": [RM]}, {"deny": ["a"]}, "narrowed"),
        ({"deny": [RM]}, {"deny": [RM, LS]}, "narrowed"),
        ({"deny": [RM]}, {"deny": [LS]}, "widened narrowed"),
        ({"deny": ["*"]}, {"deny": ["a"]}, "widened"),
        ({"default": "deny", "allow": ["a"]}, {"default": "deny", "allow": ["a", "b"]}, "widened"),
        ({"default": "deny", "allow": [LS]}, {"default": "deny", "allow": ["a"]}, "widened"),
        # An `ask` in front of an `allow` is decided first, so this takes nothing back.
        ({"ask": ["a"], "allow": ["a"]}, {"ask": ["a"]}, "rewritten"),
        ({"default": "allow"}, {}, "rewritten"),
        ({"deny": ["a", "a"]}, {"deny": ["a"]}, "rewritten"),
        ({"deny": ["a", RM]}, {"deny": ["a"]}, "rewritten"),
        # A longer text is in fewer arguments.
        (
            {"deny": [{"tool": "a", "contains": {"x": "git push"}}]},
            {"deny": [{"tool": "a", "contains": {"x": "git push --force"}}]},
            "widened",
        ),
        # 1 is 1.0 for a rule, and not for the text that is looked for in it.
        (
            {"deny": [{"tool": "a", "matches": {"x": 1}}]},
            {"deny": [{"tool": "a", "contains": {"x": "1"}}]},
            "narrowed",
        ),
        (
            {"deny": [{"tool": "a", "matches": {"x": 1}}]},
            {"deny": [{"tool": "a", "contains": {"x": "1.0"}}]},
            "widened narrowed",
        ),
        # 1.0 is denied as before, 1 is not.
        (
            {"deny": [{"tool": "a", "matches": {"x": 1.0}}]},
            {"deny": [{"tool": "a", "contains": {"x": "."}}]},
            "widened narrowed",
        ),
        # Only a call that leaves `x` out fares better: both rules hold for what is not known.
        (
            {"deny": [{"tool": "a", "matches": {"x": 1}}]},
            {"default": "deny", "ask": [{"tool": "a", "matches": {"x": 2}}]},
            "widened narrowed",
        ),
        # And here only if its function has no value for it, so that the rule on `*` is silent.
        (
            {"deny": [{"tool": "a", "matches": {"x": 1}}]},
            {
                "default": "deny",
                "deny": [{"tool": "*", "matches": {"x": 1}}],
                "ask": [{"tool": "a", "matches": {"x": 2}}],
            },
            "widened narrowed",
        ),
        # An `allow` does not look into lists, an `ask` does; one that leaves `x` out is denied.
        (
            {"default": "deny", "allow": [RM]},
            {"default": "deny", "deny": [{"tool": "a", "matches": {"x": 5}}], "ask": [RM]},
            "widened narrowed",
        ),
        # A text with more in it than the one that is denied.
        (
            {"default": "deny"},
            {"default": "deny", "allow": [RM], "deny": [{"tool": "a", "matches": {"x": "rm"}}]},
            "widened",
        ),
    ],
)
def test_what_is_wider_and_what_is_narrower(old: Any, new: Any, expected: str) -> None:
    assert kinds(old, new) == {f"permissions-{word}" for word in expected.split()}


def test_an_example_says_which_call_and_which_rules() -> None:
    (found,) = changes({"deny": [RM]}, {"ask": [RM]})
    assert found.message == '`a` with `x = "rm"`: deny → ask'
    assert (found.old, found.new, found.severity) == ("deny", "ask", "risk")
    assert found.notes == ('gone: deny a where "rm" in x', 'new: ask a where "rm" in x')


def test_tools_that_fare_alike_are_told_together() -> None:
    found = changes({"default": "deny"}, {"default": "allow", "ask": ["b"]})
    assert [change.message for change in found] == [
        "`b`: deny → ask",
        "every tool that no rule names: deny → allow",
    ]


def test_another_done_tool_is_another_decision() -> None:
    old = agent({"default": "deny"}, done="done")
    new = agent({"default": "deny"}, done="finish")
    found = {change.kind: change for change in compare(old, new).changes}
    assert found["permissions-widened"].message == "`finish`: deny → allow"
    assert found["permissions-narrowed"].message == "`done`: allow → deny"


def test_a_renamed_tool_is_judged_by_its_old_name() -> None:
    """The rule that named it is still there, and holds for nothing any more."""
    block = {"deny": ["a"]}
    old = agent(block, tools=("a",))
    renamed = ToolDef("z", "Does a.", {"type": "object"})
    rest = {name: tool for name, tool in old.tool_defs.items() if name != "a"}
    files = {p: f for p, f in old.files.items() if p != "tools/a/execute.py"}
    new = AgentPreset(
        "agent",
        config_values=old.config_values,
        tool_defs={**rest, "z": renamed},
        files={**files, "tools/z/execute.py": old.files["tools/a/execute.py"]},
    )
    found = {change.kind: change for change in compare(old, new).changes}
    assert found["tool-renamed"].message == "tool `a` is now called `z`"
    assert found["permissions-widened"].message == "`z`: deny → allow"
    assert compare(new, old).changes[0].kind != "permissions-widened"


def test_what_depends_on_the_caller_is_not_called_narrower() -> None:
    """With `foo` given as input, the new rules allow what the old ones denied."""
    rule = {"tool": "a", "matches": {"x": "${runtime.y}"}}
    old = {"default": "deny", "deny": [{"tool": "a", "matches": {"x": "foo"}}], "allow": [rule]}
    new = {"default": "deny", "allow": [rule], "ask": ["b"]}
    assert "permissions-undecided" in kinds(old, new)
    assert kinds(old, old) == set()


def test_a_reason_is_what_the_model_reads() -> None:
    (found,) = changes({"deny": [RM | {"reason": "no"}]}, {"deny": [RM | {"reason": "call b"}]})
    assert (found.kind, found.severity) == ("permission-reason-changed", "behaviour")
    assert found.message == 'deny a where "rm" in x: "no" → "call b"'


@pytest.mark.parametrize("block", [5, {"deny": "a"}, {"deyn": []}, {"default": "${runtime.x}"}])
def test_a_block_that_the_engine_does_not_take_is_undecided(block: Any) -> None:
    assert kinds({}, block) == kinds(block, {}) == {"permissions-undecided"}


def test_very_many_rules_are_decided_or_said_to_be_undecided() -> None:
    many = [{"tool": "*", "contains": {"x": f"<{n}>", "y": f"[{n}]"}} for n in range(150)]
    named = [f"tool{n}" for n in range(100)]
    found = kinds({"deny": many, "ask": named}, {"deny": many[:1], "ask": many, "allow": named})
    assert found & {"permissions-widened", "permissions-undecided"}


def test_what_is_too_much_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget.__init__, "__defaults__", (10,))
    assert kinds({"ask": [RM, LS]}, {"deny": [RM], "ask": [LS, "b"]}) == {"permissions-undecided"}


# ── the oracle ────────────────────────────────────────────────────────────────────────────────────

TEXTS = ["r", "rm", "m", "1", "."]
VALUES: list[Any] = ["r", "rm", 1, 1.0, True, None, [], ["rm"], {"rm": 1}, 0]
ARGUMENTS: list[Any] = [
    *VALUES,
    *("m", "xrmx", "r m", "1.0", "m1", " ", False, 2, -0.0, 1.5, ["r", "m"], [1], [1.0]),
    *({"m": "x"}, {"rm": 1.0}, [["rm"]]),
]
LEFT_OUT = object()

matched = st.dictionaries(st.sampled_from("xy"), st.sampled_from(VALUES), min_size=1, max_size=2)
contained = st.dictionaries(st.sampled_from("xy"), st.sampled_from(TEXTS), min_size=1, max_size=2)
rule = st.one_of(
    st.sampled_from(["a", "b", "*"]),
    st.builds(lambda tool, m: {"tool": tool, "matches": m}, st.sampled_from("ab*"), matched),
    st.builds(lambda tool, c: {"tool": tool, "contains": c}, st.sampled_from("ab*"), contained),
    st.builds(
        lambda tool, m, c: {"tool": tool, "matches": m, "contains": c},
        st.sampled_from("ab*"),
        matched,
        contained,
    ),
)
rules = st.lists(rule, max_size=3)
blocks = st.builds(
    lambda default, deny, ask, allow: {
        "default": default,
        "deny": deny,
        "ask": ask,
        "allow": allow,
    },
    st.sampled_from(["allow", "ask", "deny"]),
    rules,
    rules,
    rules,
)
arguments = st.dictionaries(st.sampled_from("xyz"), st.sampled_from(ARGUMENTS), max_size=3)
calls = st.builds(
    lambda tool, args, left: ToolCall(
        tool,
        args,
        metadata={} if left is None else {"left_out": [n for n in left if n not in args]},
    ),
    st.sampled_from(["a", "b", "c", "done"]),
    arguments,
    st.none() | st.lists(st.sampled_from("xy"), max_size=2),
)


@given(blocks, blocks, st.lists(calls, min_size=20, max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_call_is_decided_more_laxly_unsaid(old: Any, new: Any, tried: list[ToolCall]) -> None:
    one, two = PermissionEngine.from_config(old), PermissionEngine.from_config(new)
    steps = {
        STRICTNESS[two.evaluate(call)[0]] - STRICTNESS[one.evaluate(call)[0]] for call in tried
    }
    found = kinds(old, new)
    if min(steps) < 0:
        assert "permissions-widened" in found
    if max(steps) > 0:
        assert "permissions-narrowed" in found


SMALL_RULES: list[Any] = [
    None,
    "a",
    *({"tool": tool, "matches": {"x": 1}} for tool in "a*"),
    *({"tool": tool, "contains": {"x": "rm"}} for tool in "a*"),
    {"tool": "a", "matches": {"x": "rm"}},
    {"tool": "a", "contains": {"x": "r"}},
    {"tool": "a", "contains": {"x": "r", "y": "r"}},
]
SMALL_VALUES: list[Any] = [LEFT_OUT, 1, 1.0, 2, "rm", " rm", "r", ["rm"], ["r"], []]
SMALL_CALLS = [
    ToolCall(
        "a",
        {name: value for name, value in (("x", x), ("y", y)) if value is not LEFT_OUT},
        metadata={"left_out": left},
    )
    for x, y in product(SMALL_VALUES, [LEFT_OUT, "r", []])
    for left in ([], ["x"])
]


def test_every_call_of_a_small_world_agrees() -> None:
    """All blocks with at most one rule of a kind, and what they decide of every call there is."""
    world = []
    for default, *lists in product(STRICTNESS, SMALL_RULES, SMALL_RULES, SMALL_RULES):
        named = zip(LISTS, lists, strict=True)
        block = {"default": default} | {key: [rule] for key, rule in named if rule}
        world.append(PermissionEngine.from_config(block))
    chosen = random.Random(7)
    for _ in range(1500):
        old, new = chosen.choice(world), chosen.choice(world)
        steps = [
            STRICTNESS[new.evaluate(call)[0]] - STRICTNESS[old.evaluate(call)[0]]
            for call in SMALL_CALLS
        ]
        laxer = laxer_call(Rules(old), Rules(new), "a")
        assert (laxer is not None) == (min(steps) < 0), (old.to_config(), new.to_config())
        if laxer is not None:
            now, was = new.evaluate(laxer.call)[0], old.evaluate(laxer.call)[0]
            assert (was, now) == (laxer.before, laxer.after)
            assert STRICTNESS[now] < STRICTNESS[was], "the example is one"

from __future__ import annotations

from typing import Any

import pytest

from looplet.compiler.checks.tool_code import check_tool, defaults
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.facts import facts

PATH = "tools/search/execute.py"


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT = {"type": "string"}
QUERY = schema("query", query=TEXT)


def check(text: str, parameters: dict[str, Any] | None = QUERY, **more: Any) -> list[Diagnostic]:
    return check_tool(PATH, facts(text.encode()), parameters, **more)


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "def execute(*, query): ...",
        "def execute(query: str): ...",
        "async def execute(ctx, *, query: str) -> dict: ...",
        "def execute(*, query, ctx=None): ...",
        "def execute(ctx, /, *, query): ...",
        "def execute(**kwargs): ...",
        "def execute(ctx, **kwargs): ...",
        "from lib import execute",
        "from lib import *",
        "execute = make()",
        "execute = lambda *, query: 1",
        "def make(): ...\nexecute = functools.partial(make, 1)",
        "@tool\ndef execute(a, b): ...",
        "def execute(a): ...\nexecute = wrap(execute)",
        "try:\n    import x\n    def execute(a): ...\nexcept ImportError:\n    def execute(b): ...",
        "if x:\n    def execute(a): ...",
        "def __getattr__(name): ...",
        "def (",
    ],
)
def test_what_fits_or_cannot_be_told(text: str) -> None:
    assert check(text) == []


def test_no_execute() -> None:
    (found,) = check("def helper(): ...")
    assert found.code == "CT407" and found.span is None and "`def execute`" in found.message


def test_a_misspelt_execute_has_a_safe_fix() -> None:
    (found,) = check("# é\ndef exceute(*, query): ...")
    assert found.code == "CT407" and found.span == Span.at(2, 5, 7)
    assert found.message.endswith("not `exceute`; did you mean `execute`?")
    (fix,) = found.fixes
    assert fix.safe and fix.edits[0].text == "execute" and fix.edits[0].span == found.span


def test_renaming_what_is_used_elsewhere_is_not_safe() -> None:
    (found,) = check("def exceute(*, query): return exceute(query=1)")
    assert not found.fixes[0].safe


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("execute = 'search'", "a text"),
        ("execute = 3", "a number"),
        ("execute = None", "`None`"),
        ("execute = []", "a list"),
        ("class execute: ...", "a class"),
        ("def execute(*, query): ...\nexecute = {}", "a mapping"),
    ],
)
def test_execute_is_something_else(text: str, what: str) -> None:
    (found,) = check(text)
    assert found.code == "CT408" and what in found.message and found.span


def test_a_generator() -> None:
    (found,) = check("def execute(*, query):\n    yield query")
    assert found.code == "CT409" and found.span == Span.at(1, 5, 7)


def test_a_parameter_that_is_not_declared() -> None:
    (found,) = check("def execute(*, query, limit): ...")
    assert found.code == "CT411" and found.span == Span.at(1, 23, 5)
    assert "every call fails" in found.message
    (found,) = check("def execute(*, query, limit=3): ...")
    assert found.code == "CT411" and "no call can set it" in found.message


def test_a_misspelt_parameter_is_one_finding() -> None:
    def declared(name: str) -> tuple[str, Span]:
        return "tools/search/tool.yaml", Span.at(4, 3, len(name))

    (found,) = check("def execute(*, qeury): ...", declared=declared)
    assert found.code == "CT411" and "did you mean `query`?" in found.message
    assert found.notes == ("`query` is declared in tools/search/tool.yaml, line 4",)
    assert found.fixes == ()


def test_two_misspelt_parameters_pair_up_once() -> None:
    both = schema("path", "paths", path=TEXT, paths=TEXT)
    found = check("def execute(*, pathh, pathhs): ...", both)
    assert codes(found) == ["CT411", "CT411"]


def test_a_context_by_another_name() -> None:
    (found,) = check("def execute(context, *, query): ...")
    assert found.code == "CT411" and "did you mean `ctx`?" in found.message


def test_a_declared_parameter_that_execute_does_not_take() -> None:
    (found,) = check("def execute(): ...")
    assert found.code == "CT412" and found.span == Span.at(1, 5, 7)
    assert check("def execute(**kwargs): ...") == []


def test_required_against_default() -> None:
    optional = schema(query=TEXT)
    (found,) = check("def execute(*, query): ...", optional)
    assert found.code == "CT413" and found.span == Span.at(1, 16, 5)
    (found,) = check("def execute(*, query=''): ...")
    assert found.code == "CT414"
    assert check("def execute(*, query=''): ...", inferred=True) == []
    assert check("def execute(*, query): ...", schema(query={**TEXT, "default": ""})) == []


@pytest.mark.parametrize(
    ("here", "declared", "same"),
    [
        *(("20", 20, True), ("20", 20.0, True), ("1", True, False), ("0", False, False)),
        *(("'a'", "a", True), ("'a'", "b", False), ("None", [], True), ("None", "x", False)),
        *(("(1, 2)", [1, 2], True), ("[1]", [True], False), ("{'a': 1}", {"a": 2}, False)),
        *(("f()", 3, True), ("{}", {}, True), ("[]", {}, False)),
    ],
)
def test_different_defaults(here: str, declared: Any, same: bool) -> None:
    found = check(f"def execute(*, x={here}): ...", schema(x={"default": declared}))
    assert codes(found) == ([] if same else ["CT415"])
    if found:
        assert found[0].span == Span.at(1, 18, len(here)) and found[0].severity == "warning"


def test_positional_only_and_star_args() -> None:
    (found,) = check("def execute(query, /): ...")
    assert found.code == "CT416" and found.span == Span.at(1, 13, 5)
    (found,) = check("def execute(query, *rest): ...")
    assert (found.code, found.severity) == ("CT418", "warning")
    assert codes(check("def execute(query, ctx, /): ...")) == ["CT416", "CT416"]


def test_ctx_is_not_declared() -> None:
    parameters = schema("query", query=TEXT, ctx=TEXT)
    (found,) = check("def execute(ctx, *, query): ...", parameters)
    assert found.code == "CT417" and found.path == PATH and found.span == Span.at(1, 13, 3)
    place = ("tools/search/tool.yaml", Span.at(5, 3, 3))
    (found,) = check(
        "def execute(ctx, *, query): ...",
        parameters,
        declared=lambda n: place if n == "ctx" else None,
    )
    assert (found.path, found.span) == place


@pytest.mark.parametrize(
    ("annotation", "type", "fits"),
    [
        *(("int", "string", False), ("str", "integer", False), ("str", "string", True)),
        *(("float", "integer", True), ("int", "number", True), ("bool", "integer", False)),
        *(("list[str]", "array", True), ("dict[str, int]", "array", False)),
        *(("'int | None'", "integer", True), ("Optional[int]", "string", False)),
        *(("Union[int, str]", "string", True), ("Union[int, list[str]]", "string", False)),
        *(("Annotated[int, 'x, y']", "string", False), ("Literal['a']", "integer", True)),
        *(("Path", "string", True), ("np.ndarray", "array", True), ("Any", "string", True)),
        *(("Sequence[str]", "array", True), ("None", "string", False), ("str", "array", False)),
        *(("int", ["string", "null"], False), ("int", ["string", "integer"], True)),
        *(("str", "nonsense", True), ("str", None, True), ("str", [], True)),
        *(("typing.Optional[str]", "string", True), ("x[", "string", True)),
    ],
)
def test_annotations(annotation: str, type: Any, fits: bool) -> None:
    if annotation == "x[":
        annotation = "'x['"
    found = check(f"def execute(*, x: {annotation}): ...", schema("x", x={"type": type}))
    assert codes(found) == ([] if fits else ["CT419"])


def test_a_tool_that_always_fails() -> None:
    (found,) = check("def execute(ctx, **kwargs):\n    raise NotImplementedError('todo')")
    assert (found.code, found.severity) == ("CT420", "warning")
    assert found.span == Span.at(2, 5, len("raise NotImplementedError('todo')"))


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {"properties": []},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "object", "$ref": "#/$defs/x"},
    ],
)
def test_schemas_that_say_too_little(parameters: dict[str, Any] | None) -> None:
    assert check("def execute(*, query): ...", parameters) == []


@pytest.mark.parametrize("part", [3, None, {"type": 3}, {"type": [{}]}, {"default": {"a": [1]}}])
@pytest.mark.parametrize("required", [3, None, [3], "query"])
def test_odd_schemas_do_not_raise(part: Any, required: Any) -> None:
    check(
        "def execute(*, query: str = 'x'): ...",
        {"properties": {"query": part}, "required": required},
    )


def test_where_is_how_messages_call_the_declaration() -> None:
    (found,) = check("def execute(*, query, x): ...", where="`__parameters__`")
    assert "is not declared in `__parameters__`" in found.message


def test_defaults_of_execute() -> None:
    assert defaults(facts(b"def execute(ctx, a, *, b=f(), c=1): ...")) == {"b", "c"}
    assert defaults(facts(b"x = 1")) == frozenset()

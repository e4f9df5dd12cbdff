"""ToolSpec, BaseToolRegistry and tools_from: schemas from functions, defaults, dispatch."""

import functools
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import pytest

from looplet import BaseToolRegistry, ToolCall, ToolContext, ToolResult, ToolSpec, tools_from


class Point(TypedDict):
    x: int
    y: int


class Colour(Enum):
    RED = "red"


def test_a_functions_signature_becomes_a_schema() -> None:
    def search(
        query: str,
        limit: int = 10,
        ratio: float | None = None,
        *,
        tags: list[str] = [],  # noqa: B006
        mode: Literal["a", "b"] = "a",
        where: dict[str, int] = {},  # noqa: B006
        at: Annotated[Point, "the place"],
        colour: Colour = Colour.RED,
        anything: Any = None,
        bare=object(),  # type: ignore[no-untyped-def]  # noqa: B008
        ctx: ToolContext,
    ) -> list[str]:
        """Search the index.

        Args:
            query: what to look for
            limit (int): how many

        Returns:
            lines
        """
        return []

    [schema] = tools_from([search]).tool_schemas()
    assert schema == {
        "name": "search",
        "description": "Search the index.",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "what to look for"},
                "limit": {"type": "integer", "description": "how many", "default": 10},
                "ratio": {"type": ["number", "null"], "default": None},
                "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                "mode": {"enum": ["a", "b"], "default": "a"},
                "where": {
                    "type": "object",
                    "additionalProperties": {"type": "integer"},
                    "default": {},
                },
                "at": {
                    "type": "object",
                    "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
                    "required": ["x", "y"],
                    "description": "the place",
                },
                "colour": {"enum": ["red"]},
                "anything": {"default": None},
                "bare": {},
            },
            "required": ["query", "at"],
        },
    }


def test_param_lines_of_a_docstring_are_descriptions() -> None:
    def f(a: int) -> int:
        """Do.

        :param int a: the number
        """
        return a

    [schema] = tools_from([f]).tool_schemas()
    assert schema["description"] == "Do."
    assert schema["parameters"]["properties"]["a"]["description"] == "the number"


@pytest.mark.parametrize("function", [lambda *args: 1, lambda a, /: 1])
def test_a_function_that_cannot_be_called_by_name_is_no_tool(function: Any) -> None:
    function.__name__ = "f"
    with pytest.raises(TypeError, match="called by name"):
        tools_from([function])


def test_a_type_without_a_schema_is_an_error() -> None:
    def f(a: ToolSpec) -> None: ...

    with pytest.raises(TypeError, match="no JSON Schema for the type"):
        tools_from([f])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "é"}, "name"),
        ({"execute": None}, "execute"),
        ({"execute": 3}, "no function"),
        ({"concurrent_safe": "false"}, "true or false"),
        ({"free": 1}, "true or false"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"timeout_s": -1}, "timeout_s"),
        ({"timeout_s": True}, "timeout_s"),
        ({"timeout_s": float("nan")}, "timeout_s"),
        ({"timeout_s": float("inf")}, "timeout_s"),
        ({"idempotency": "maybe"}, "idempotency"),
    ],
)
def test_a_spec_that_is_wrong_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ToolSpec(**{"name": "t", "execute": lambda: 1, **fields})


def test_the_short_form_of_parameters() -> None:
    spec = ToolSpec(
        "t",
        "",
        {"a": "int", "b": {"type": "string", "default": "x"}, "c": "any words", "type": {}},
        lambda a, b, c=1, *, type: [a, b, c, type],
    )
    assert spec.schema == {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "string", "default": "x"},
            "c": {"description": "any words"},
            "type": {},
        },
        "required": ["a", "type"],
    }
    registry = BaseToolRegistry([spec])
    assert registry.dispatch(ToolCall("t", {"a": 1, "type": 0})).data == [1, "x", 1, 0]
    with pytest.raises(ValueError, match="described by"):
        _ = ToolSpec("t", "", {"a": 3}, lambda a: 1).schema


def test_defaults_of_the_schema_are_given_and_never_shared() -> None:
    def f(items: list[int] = [7]) -> list[int]:  # noqa: B006
        items.append(1)
        return items

    schema = {"type": "object", "properties": {"items": {"type": "array", "default": [0]}}}
    registry = BaseToolRegistry([ToolSpec("f", "", schema, f)])
    for _ in range(2):
        assert registry.dispatch(ToolCall("f")).data == [0, 1], "what the model was told"
    assert schema["properties"]["items"]["default"] == [0]  # type: ignore[index]


def test_ways_to_take_the_context() -> None:
    def first(ctx: Any, a: int) -> Any:
        return [ctx.resources, a]

    def last(a: int, *, ctx: Any) -> Any:
        return [ctx.resources, a]

    def position(ctx: Any, /, a: int) -> Any:
        return [ctx.resources, a]

    class Holder:
        def method(self, ctx: Any, a: int) -> Any:
            return [ctx.resources, a]

        def __call__(self, ctx: Any, a: int) -> Any:
            return [ctx.resources, a]

    @functools.wraps(last)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return last(*args, **kwargs)

    ctx = ToolContext({"db": 1})
    functions = (first, last, position, Holder().method, Holder(), wrapped, functools.partial(last))
    for function in functions:
        registry = BaseToolRegistry([ToolSpec("f", "", {"a": "int"}, function)])
        assert registry.dispatch(ToolCall("f", {"a": 1}), ctx).data == [{"db": 1}, 1]
        assert registry.dispatch(ToolCall("f", {"a": 1})).data == [{}, 1]


def test_a_parameter_named_ctx_of_the_schema_is_an_argument() -> None:
    registry = BaseToolRegistry([ToolSpec("f", "", {"ctx": "str"}, lambda ctx: ctx)])
    assert registry.dispatch(ToolCall("f", {"ctx": "mine"})).data == "mine"


def test_the_model_cannot_pass_a_context() -> None:
    registry = BaseToolRegistry([ToolSpec("f", "", {}, lambda ctx: type(ctx).__name__)])
    assert "`ctx`" in str(registry.dispatch(ToolCall("f", {"ctx": 1})).error)
    assert registry.dispatch(ToolCall("f")).data == "ToolContext"


def test_open_functions_and_open_schemas_take_any_name() -> None:
    registry = BaseToolRegistry(
        [
            ToolSpec("open", "", {}, lambda **more: more),
            ToolSpec(
                "listed",
                "",
                {"type": "object", "additionalProperties": {"type": "integer"}},
                lambda **more: more,
            ),
        ]
    )
    assert registry.dispatch(ToolCall("open", {"x": 1})).data == {"x": 1}
    assert registry.dispatch(ToolCall("listed", {"x": 1})).data == {"x": 1}
    assert registry.dispatch(ToolCall("listed", {"x": "1"})).error


def test_a_name_is_taken_once() -> None:
    registry = tools_from([], include_done=True)
    with pytest.raises(ValueError, match="there already is a tool `done`"):
        registry.register(ToolSpec("done", "", {}, lambda: 1))
    assert tools_from([ToolSpec("done", "", {}, lambda: 1)], include_done=True).tool_names == [
        "done"
    ]


def test_the_decorator_registers_and_returns_the_function() -> None:
    registry = BaseToolRegistry()

    @registry.tool
    def one(a: int) -> int:
        """One."""
        return a

    @registry.tool(name="zwei", concurrent_safe=True)
    def two(a: int) -> int:
        return a

    assert one(1) == two(1) == 1
    assert registry.tool_names == ["one", "zwei"] and "zwei" in registry and len(registry) == 2
    assert registry.is_concurrent_safe("zwei") and not registry.is_concurrent_safe("one")
    assert registry.get("one").description == "One."  # type: ignore[union-attr]


def test_a_batch_keeps_the_order_and_makes_each_fault_a_result() -> None:
    registry = BaseToolRegistry([ToolSpec("f", "", {"n": "int"}, lambda n: 1 // n)])
    results = registry.dispatch_batch([ToolCall("f", {"n": n}) for n in (1, 0, 1)])
    assert [result.data for result in results] == [1, None, 1]
    assert results[1].error == "ZeroDivisionError: integer division or modulo by zero"


def test_a_tool_may_make_its_own_result() -> None:
    def f() -> ToolResult:
        return ToolResult("", error="not today", metadata={"a": 1})

    result = tools_from([f]).dispatch(ToolCall("f", call_id="c"))
    assert (result.tool, result.call_id, result.error) == ("f", "c", "not today")


def test_a_result_is_held_against_its_output_schema() -> None:
    spec = ToolSpec(
        "f", "", {}, lambda: {"n": "x"}, output_schema={"properties": {"n": {"type": "integer"}}}
    )
    result = BaseToolRegistry([spec]).dispatch(ToolCall("f"))
    assert "does not fit its output_schema" in str(result.error) and "`n`" in str(result.error)

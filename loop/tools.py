"""Tools: what one is (ToolSpec), a set of them (BaseToolRegistry), and how functions become some.

Dispatch is where the model's faults end: an unknown tool, wrong arguments, a tool that raises,
exits, hangs or returns nonsense all become a ToolResult whose `error` says what to do next.
"""

from __future__ import annotations

from _thread import RLock

from looplet.types import Record, ToolResult, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, overload

    from looplet.calling import BoundTool, Invocation
    from looplet.context import ToolContext
    from looplet.types import ToolCall

_NAMED_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
}
# Keywords that can name parameters elsewhere than in `properties`.
ELSEWHERE = frozenset({"$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas"})
_JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


class ToolSpec(Record):
    """One tool: what the model is told of it, and the function that it is.

    name: `[a-zA-Z0-9_-]`, 1 to 64 characters.
    description: for the model.
    parameters: a JSON Schema of type object; or, shorter, parameter name → JSON Schema (or the
        name of a type), each required unless it, or the function, has a default. A default in
        the schema is given to the function, also where that has one of its own.
    execute: the function, also `async def`. It gets the arguments by name, and the ToolContext if
        it has a parameter `ctx`. It returns what JSON can hold.
    load: in place of `execute`, a function that returns it, called once, before the first call.
        Nothing looks at the function earlier, so listing tools loads no code.
    requires: names of the resources that the tool takes from `ctx.resources`.
    concurrent_safe: it may run at the same time as others.
    free: a call does not count against `max_steps`.
    timeout_s: after so many seconds nobody waits any longer.
    idempotency, retryable: what may be done with a call whose outcome is not known.
    output_schema: a JSON Schema of what it returns; on the done tool, the answer contract.
    """

    __slots__ = (
        "_bound",
        "_lock",
        "_schema",
        "concurrent_safe",
        "description",
        "execute",
        "free",
        "idempotency",
        "load",
        "name",
        "output_schema",
        "parameters",
        "requires",
        "retryable",
        "timeout_s",
    )

    def __init__(
        self,
        name: str,
        description: str = "",
        parameters: Mapping[str, Any] | None = None,
        execute: Callable[..., Any] | None = None,
        concurrent_safe: bool = False,
        free: bool = False,
        timeout_s: float | None = None,
        requires: Iterable[str] = (),
        idempotency: str = "unknown",
        retryable: bool = False,
        output_schema: Mapping[str, Any] | None = None,
        *,
        load: Callable[[], Callable[..., Any]] | None = None,
    ) -> None:
        if not is_tool_name(name):
            raise ValueError(f"a tool's name is 1 to 64 of a-z, A-Z, 0-9, _ and -, not {name!r}")
        if (execute is None) == (load is None):
            raise ValueError(f"the tool `{name}` needs either `execute` or `load`")
        if not callable(load if execute is None else execute):
            raise ValueError(f"the tool `{name}` has an `execute` or `load` that is no function")
        flags = {"concurrent_safe": concurrent_safe, "free": free, "retryable": retryable}
        for flag, value in flags.items():
            if type(value) is not bool:  # "false" is true to Python
                raise ValueError(f"`{flag}` of the tool `{name}` is true or false, not {value!r}")
        if timeout_s is not None and (
            type(timeout_s) not in (int, float) or not 0 < timeout_s < float("inf")
        ):
            raise ValueError(f"`timeout_s` of the tool `{name}` is a time, not {timeout_s!r}")
        if idempotency not in ("idempotent", "not_idempotent", "unknown"):
            raise ValueError(
                f"`idempotency` of the tool `{name}` is idempotent, not_idempotent or unknown, "
                f"not {idempotency!r}"
            )
        self.name = name
        self.description = description
        self.parameters: Mapping[str, Any] = {} if parameters is None else parameters
        self.execute = execute
        self.load = load
        self.concurrent_safe = concurrent_safe
        self.free = free
        self.timeout_s = timeout_s
        self.requires = tuple(requires)
        self.idempotency = idempotency
        self.retryable = retryable
        self.output_schema = output_schema
        self._schema: Mapping[str, Any] | None = None
        self._bound: BoundTool | None = None
        self._lock = RLock()

    @property
    def schema(self) -> Mapping[str, Any]:
        """The parameters as a JSON Schema of type object, whichever form they were given in."""
        if self._schema is None:
            given = self.parameters
            is_schema = given.get("type") == "object" or "$ref" in given
            self._schema = given if is_schema else self._from_short_form(given)
        return self._schema

    def _from_short_form(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        properties = {name: _member_schema(part) for name, part in given.items()}
        optional = {name for name, part in properties.items() if "default" in part}
        if self.execute is not None:
            from looplet.signatures import calling_of

            optional |= calling_of(self.execute, properties).defaults
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required := [name for name in properties if name not in optional]:
            schema["required"] = required
        return schema

    def function(self) -> Callable[..., Any]:
        """The function; the first call loads it."""
        if self.execute is not None:
            return self.execute
        assert self.load is not None
        function = self.load()
        if not callable(function):
            raise TypeError(f"what was loaded for the tool `{self.name}` is no function")
        return function

    def bound(self) -> BoundTool:
        """The tool with its code loaded and its schema compiled, once."""
        if self._bound is None:
            from looplet.calling import BoundTool

            with self._lock:
                if self._bound is None:
                    self._bound = BoundTool(self)
        return self._bound

    def defaults(self) -> dict[str, Any]:
        """The defaults that the schema declares, by parameter."""
        return {
            name: part["default"]
            for name, part in self.schema.get("properties", {}).items()
            if isinstance(part, dict) and "default" in part
        }

    def parameter_names(self) -> list[str] | None:
        """The names of the parameters; None if the schema may have some beside `properties`."""
        if ELSEWHERE.intersection(self.schema):
            return None
        return list(self.schema.get("properties", {}))

    def to_dict(self) -> dict[str, Any]:
        """What a model is told: `{"name", "description", "parameters"}`."""
        return {"name": self.name, "description": self.description, "parameters": self.schema}

    def _values(self) -> tuple[tuple[str, Any], ...]:
        names = [name for name in self.__slots__ if not name.startswith("_")]
        return tuple((name, getattr(self, name)) for name in names)


class BaseToolRegistry:
    """A set of tools by name, and the one place where calls are run."""

    def __init__(self, specs: Iterable[ToolSpec] = ()) -> None:
        self._specs: dict[str, ToolSpec] = {}
        for spec in specs:
            self.register(spec)

    def register(self, spec: ToolSpec) -> ToolSpec:
        """Add a tool. Raises ValueError if the name is taken."""
        if spec.name in self._specs:
            raise ValueError(f"there already is a tool `{spec.name}`")
        self._specs[spec.name] = spec
        return spec

    if TYPE_CHECKING:

        @overload
        def tool(self, function: Callable[..., Any], /) -> Callable[..., Any]: ...

        @overload
        def tool(self, /, **fields: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...

    def tool(self, function: Callable[..., Any] | None = None, /, **fields: Any) -> Any:
        """A decorator that registers a function, as it is or with fields of ToolSpec.

        @registry.tool
        def add(a: int, b: int) -> dict: ...

        @registry.tool(name="sum", concurrent_safe=True)
        def add(a: int, b: int) -> dict: ...
        """

        def decorate(decorated: Callable[..., Any]) -> Callable[..., Any]:
            self.register(spec_from(decorated, **fields))
            return decorated

        return decorate if function is None else decorate(function)

    def get(self, name: str) -> ToolSpec | None:
        return self._specs.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def __len__(self) -> int:
        return len(self._specs)

    to_start = False
    """Whether `start` has something to do."""

    def start(self) -> Sequence[str]:
        """Get at the tools that have to be started first; a registry of functions has none.

        It may take a while. What it returns are notes for the model.
        """
        return ()

    def close(self) -> None:
        """End what `start` began."""

    @property
    def tool_names(self) -> list[str]:
        return list(self._specs)

    @property
    def specs(self) -> list[ToolSpec]:
        return list(self._specs.values())

    def tool_schemas(self) -> list[dict[str, Any]]:
        """What a model is told of the tools."""
        return [spec.to_dict() for spec in self._specs.values()]

    def prepare(self, call: ToolCall, ctx: ToolContext | None = None) -> Invocation | ToolResult:
        """The call with its arguments checked, ready to run; or why it cannot be, as its result."""
        spec = self._specs.get(call.tool)
        if spec is None:
            return ToolResult.failure(call, "unknown_tool", self._no_such_tool(call.tool))
        bound = spec._bound
        if bound is None:
            bound_or_failure = self._bind(spec, call)
            if isinstance(bound_or_failure, ToolResult):
                return bound_or_failure
            bound = bound_or_failure
        return bound.prepare(call, ctx)

    def dispatch(self, call: ToolCall, ctx: ToolContext | None = None) -> ToolResult:
        """Run one call to its end. Whatever the call or the tool does wrong is in the result."""
        ready = self.prepare(call, ctx)
        return ready if isinstance(ready, ToolResult) else ready.run()

    def dispatch_batch(
        self, calls: Sequence[ToolCall], ctx: ToolContext | None = None, *, max_parallel: int = 10
    ) -> list[ToolResult]:
        """Run several calls; at the same time if every one of the tools is `concurrent_safe`."""
        if len(calls) < 2 or not all(self.is_concurrent_safe(call.tool) for call in calls):
            return [self.dispatch(call, ctx) for call in calls]
        from functools import partial

        from looplet.threads import run_all

        return run_all([partial(self.dispatch, call, ctx) for call in calls], max_parallel)

    def is_concurrent_safe(self, name: str) -> bool:
        spec = self._specs.get(name)
        return spec is not None and spec.concurrent_safe

    def _bind(self, spec: ToolSpec, call: ToolCall) -> BoundTool | ToolResult:
        from looplet.calling import BadSchema, error_in_words

        try:
            return spec.bound()
        except BadSchema:
            raise
        except (Exception, SystemExit) as error:
            why = error_in_words(error)
            return ToolResult.failure(call, "raised", f"`{spec.name}` could not be loaded: {why}")

    def _no_such_tool(self, name: str) -> str:
        from looplet.calling import did_you_mean

        tools = ", ".join(self.tool_names[:60]) or "none"
        meant = did_you_mean(name, self._specs)
        return f"there is no tool `{printable(name, 64)}`{meant}; the tools are: {tools}"


def spec_from(function: Callable[..., Any], **fields: Any) -> ToolSpec:
    """A ToolSpec from a function's name, docstring and annotations; `fields` go before these."""
    from looplet.signatures import schema_of, summary_of

    fields.setdefault("name", getattr(function, "__name__", ""))
    if "description" not in fields:
        fields["description"] = summary_of(function)
    if "parameters" not in fields:
        fields["parameters"] = schema_of(function)
    return ToolSpec(execute=function, **fields)


def tools_from(
    functions: Iterable[ToolSpec | Callable[..., Any]], *, include_done: bool = False
) -> BaseToolRegistry:
    """A registry of functions and ToolSpecs; `include_done` adds the ready-made `done`."""
    registry = BaseToolRegistry()
    for function in functions:
        registry.register(function if isinstance(function, ToolSpec) else spec_from(function))
    if include_done and "done" not in registry:
        registry.register(done_tool())
    return registry


def done_tool(name: str = "done") -> ToolSpec:
    """The ready-made done tool. It takes a `summary`; its data is `{"summary": …}`."""
    summary = {"type": "string", "description": "The answer, or what was done and found."}
    return ToolSpec(
        name,
        "End the task: call this once, when everything is done.",
        {"type": "object", "properties": {"summary": summary}, "required": ["summary"]},
        _done,
        idempotency="idempotent",
    )


def _done(summary: str) -> dict[str, str]:
    return {"summary": summary}


def is_tool_name(name: object) -> bool:
    """Whether a tool can have this name: what every provider takes."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= 64
        and name.isascii()
        and all(char.isalnum() or char in "_-" for char in name)
    )


def _member_schema(part: Any) -> Mapping[str, Any]:
    if isinstance(part, str):
        kind = _NAMED_TYPES.get(part, part)
        return {"type": kind} if kind in _JSON_TYPES else {"description": part}
    if isinstance(part, dict):
        return part
    raise ValueError(f"a parameter is described by a JSON Schema, not by {part!r}")

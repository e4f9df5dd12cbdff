"""What a function's signature says: how to call a tool, and which schema its parameters have.

How to call it is read off the code object, which needs no module; `inspect` only where that is not
enough, and for schemas.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


class Calling:
    """How to call one function.

    named: the parameters that can be given by name, `ctx` left out.
    defaults: those of them that have a default of their own.
    takes_ctx: "" or "name" or "position".
    open: whether it takes any name (`**kwargs`).
    is_async: whether it is an `async def`.
    """

    __slots__ = ("defaults", "is_async", "named", "open", "takes_ctx")

    def __init__(
        self,
        named: Iterable[str],
        defaults: Iterable[str],
        takes_ctx: str,
        *,
        open: bool,
        is_async: bool,
    ) -> None:
        self.named = tuple(named)
        self.defaults = frozenset(defaults)
        self.takes_ctx = takes_ctx
        self.open = open
        self.is_async = is_async


def calling_of(function: Callable[..., Any], properties: Mapping[str, Any]) -> Calling:
    """How to call `function`. A parameter `ctx` is the context, unless the schema has a `ctx`."""
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return _inspected(function, properties)
    plain = getattr(function, "__func__", function)
    names = code.co_varnames
    first = 1 if plain is not function else 0  # a bound method's self
    count = code.co_argcount
    positional = names[first:count]
    keyword = names[count : count + code.co_kwonlyargcount]
    own = plain.__defaults__ or ()
    defaults = {*positional[len(positional) - len(own) :], *(plain.__kwdefaults__ or ())}
    takes_ctx = ""
    if "ctx" in (*positional, *keyword) and "ctx" not in properties:
        only_position = "ctx" in names[first : code.co_posonlyargcount]
        takes_ctx = "position" if only_position else "name"
    return Calling(
        [name for name in (*positional, *keyword) if not (name == "ctx" and takes_ctx)],
        defaults,
        takes_ctx,
        open=bool(code.co_flags & 0x08),
        is_async=bool(code.co_flags & 0x80),
    )


def _inspected(function: Callable[..., Any], properties: Mapping[str, Any]) -> Calling:
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        # A builtin without a signature: trust the schema.
        return Calling(properties, (), "", open=True, is_async=False)
    named, defaults, takes_ctx, is_open = [], [], "", False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            is_open = True
        elif parameter.name == "ctx" and "ctx" not in properties:
            takes_ctx = "position" if parameter.kind is parameter.POSITIONAL_ONLY else "name"
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            named.append(parameter.name)
            if parameter.default is not parameter.empty:
                defaults.append(parameter.name)
    called = function if inspect.isroutine(function) else type(function).__call__
    is_async = inspect.iscoroutinefunction(inspect.unwrap(called)) or inspect.iscoroutinefunction(
        getattr(function, "func", None)
    )
    return Calling(named, defaults, takes_ctx, open=is_open, is_async=is_async)


# ── schemas ───────────────────────────────────────────────────────────────────────────────────────

_TYPES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    tuple: "array",
    set: "array",
    dict: "object",
    type(None): "null",
}


def schema_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON Schema of a function's parameters, from annotations, defaults and docstring.

    Raises TypeError for a parameter that a tool cannot have (`*args`, positional-only), and for an
    annotation that no JSON Schema says.
    """
    import inspect
    from typing import get_type_hints

    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception:
        # A name that is only there for type checkers: read what is left as text.
        hints = dict(getattr(function, "__annotations__", {}))
    described = _described(inspect.getdoc(function) or "")
    properties: dict[str, Any] = {}
    required = []
    for parameter in inspect.signature(function).parameters.values():
        name = parameter.name
        if name == "ctx" or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
            raise TypeError(
                f"the parameter `{name}` of `{_name(function)}` cannot be given by name, and tools "
                "are called by name"
            )
        try:
            schema = _schema_of_type(hints.get(name, parameter.empty))
        except TypeError as error:
            raise TypeError(f"the parameter `{name}` of `{_name(function)}`: {error}") from None
        if name in described and "description" not in schema:
            schema["description"] = described[name]
        if parameter.default is parameter.empty:
            required.append(name)
        elif _plain(parameter.default):
            schema["default"] = parameter.default
        properties[name] = schema
    schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return schema


def summary_of(function: Callable[..., Any]) -> str:
    """The docstring without its section on the parameters."""
    import inspect

    text = inspect.getdoc(function) or ""
    for heading in (
        "\nArgs:",
        "\nArguments:",
        "\nParameters:",
        "\nReturns:",
        "\nRaises:",
        "\n:param",
    ):
        text = text.partition(heading)[0]
    return text.strip()


def _schema_of_type(hint: Any) -> dict[str, Any]:
    import inspect
    from types import UnionType
    from typing import Annotated, Any, Literal, Union, get_args, get_origin, is_typeddict

    if hint is inspect.Parameter.empty or hint is Any or isinstance(hint, str):
        return {}
    if hint is None:
        return {"type": "null"}
    if isinstance(hint, type) and hint in _TYPES:
        return {"type": _TYPES[hint]}
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        schema = _schema_of_type(args[0])
        texts = [extra for extra in args[1:] if isinstance(extra, str)]
        return {**schema, "description": " ".join(texts)} if texts else schema
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, UnionType):
        return _any_of([_schema_of_type(arg) for arg in args])
    if is_typeddict(hint):
        from typing import get_type_hints

        members = get_type_hints(hint)
        return {
            "type": "object",
            "properties": {name: _schema_of_type(member) for name, member in members.items()},
            "required": sorted(hint.__required_keys__),
        }
    if isinstance(origin, type):
        from collections.abc import Iterable, Mapping

        if issubclass(origin, Mapping):
            values = _schema_of_type(args[1]) if len(args) == 2 else {}
            return {"type": "object", **({"additionalProperties": values} if values else {})}
        if issubclass(origin, Iterable):
            items = _schema_of_type(args[0]) if args else {}
            return {"type": "array", **({"items": items} if items else {})}
    if isinstance(hint, type):
        from enum import Enum

        if issubclass(hint, Enum):
            return {"enum": [member.value for member in hint]}
    raise TypeError(f"no JSON Schema for the type {hint!r}; give the ToolSpec its parameters")


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if {} in schemas:
        return {}
    if all(list(schema) == ["type"] for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


def _described(doc: str) -> dict[str, str]:
    """What a docstring says of parameters: `name: text` below `Args:`, or `:param name:`."""
    found: dict[str, str] = {}
    inside = False
    for line in doc.splitlines():
        words = line.strip()
        if words in ("Args:", "Arguments:", "Parameters:"):
            inside = True
        elif words.startswith(":param "):
            name, _, text = words[7:].partition(":")
            found[name.split()[-1] if name.split() else ""] = text.strip()
        elif inside and words and not line[0].isspace():
            inside = False
        elif inside and ":" in words:
            name, _, text = words.partition(":")
            found[name.split("(")[0].strip()] = text.strip()
    return found


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_plain(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(k, str) and _plain(v) for k, v in value.items())
    return (
        value is None
        or type(value) in (str, int, bool)
        or (type(value) is float and value == value and abs(value) != float("inf"))
    )


def _name(function: object) -> str:
    return getattr(function, "__name__", type(function).__name__)

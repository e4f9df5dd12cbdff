"""Live Python objects to a preset: functions and hook classes become source text, or are refused.

What a function needs from around it (imports, other functions, literal constants) comes along. What
cannot be written down faithfully (a closure, a lambda, a live object) is an error that names it.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import sys
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from looplet.frozen import NotData, freeze, thaw
from looplet.preset import CONFIG_DEFAULTS, AgentPreset, File, HookDef, PresetError, Prompt, ToolDef

_CONFIG_KEYS: Final = ("max_steps", "done_tool")
_RUNTIME_KEYS: Final = (
    *("temperature", "max_tokens", "generate_kwargs", "use_native_tools", "concurrent_dispatch"),
    *("max_parallel_calls", "context_window", "context_window_steps"),
    "context_inline_per_step_chars",
)
# What a module knows of itself, and what reaches for names that no reader of the code can tell.
_ELSEWHERE: Final = frozenset(
    ("__file__", "__path__", "__spec__", "__loader__", "__package__", "__cached__", "__doc__")
) | {"eval", "exec", "globals"}
_LIVE_KEYS: Final = ("approval_handler", "cancel_token", "resources")


def capture(
    name: str,
    *,
    tools: Any = (),
    hooks: Iterable[object] = (),
    config: Any = None,
    version: str = "0.0.0",
    description: str = "",
) -> AgentPreset:
    """The preset of an agent that was built in Python.

    tools: a registry, or functions and `ToolSpec`s. hooks: objects whose class is in a source
    file, each with a `to_config()` that returns the arguments it was made with; a
    `PermissionHook` becomes `permissions`. config: a `LoopConfig`.

    Raises PresetError for the first thing that cannot be written faithfully.
    """
    files: dict[str, File] = {}
    tool_defs: dict[str, ToolDef] = {}
    values: dict[str, Any] = {}
    for spec in _specs(tools):
        tool_defs[spec.name], files[f"tools/{spec.name}/execute.py"] = _tool(spec)
    hook_defs: dict[str, HookDef] = {}
    for number, hook in enumerate(hooks, 1):
        if _is_permissions(hook):
            values["permissions"] = _to_config(hook)
            continue
        id = f"{number * 10:02d}_{type(hook).__name__}"
        hook_defs[id] = HookDef(id, type(hook).__name__, _to_config(hook), number * 10)
        files[f"hooks/{id}/hook.py"] = _file(type(hook), f"the hook {type(hook).__name__}")
    prompt = ""
    runtime: dict[str, Any] = {}
    if config is not None:
        prompt, more, runtime = _config(config)
        values |= more
    return AgentPreset(
        name=name,
        version=version,
        description=description,
        config_values={**CONFIG_DEFAULTS, **values},
        runtime_values=runtime,
        prompts={"system": Prompt(prompt or f"You are {name}.\n")},
        tool_defs=tool_defs,
        hook_defs=hook_defs,
        files=files,
    )


def _specs(tools: Any) -> Iterator[Any]:
    from looplet.tools import BaseToolRegistry, ToolSpec, tools_from

    if isinstance(tools, BaseToolRegistry):
        yield from filter(None, map(tools.get, tools.tool_names))
        return
    for tool in tools:
        if isinstance(tool, ToolSpec):
            yield tool
        else:
            try:
                made = tools_from([tool])
            except TypeError as error:
                raise PresetError(str(error)) from None
            yield from filter(None, map(made.get, made.tool_names))


def _tool(spec: Any) -> tuple[ToolDef, File]:
    if spec.execute is None:
        raise PresetError(
            f"the tool {spec.name} loads its function lazily; capture its preset instead"
        )
    definition = ToolDef(
        name=spec.name,
        description=spec.description,
        parameters=thaw(spec.schema),
        requires=tuple(spec.requires),
        concurrent_safe=spec.concurrent_safe,
        free=spec.free,
        timeout_s=spec.timeout_s,
        idempotency=spec.idempotency,
        retryable=spec.retryable,
        output_schema=spec.output_schema,
    )
    return definition, _file(spec.execute, f"the tool {spec.name}", entry="execute")


def _is_permissions(hook: object) -> bool:
    from looplet.permissions import PermissionHook

    return isinstance(hook, PermissionHook)


def _to_config(hook: object) -> Any:
    what = f"the hook {type(hook).__name__}"
    to_config = getattr(hook, "to_config", None)
    if not callable(to_config):
        raise PresetError(
            f"{what} has no `to_config()`, so the arguments it was made with are not known; give "
            "it one that returns them as a mapping"
        )
    try:
        return thaw(freeze(to_config()))
    except NotData as error:
        raise PresetError(f"{what}: to_config(): {error}") from None


def _config(config: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The system prompt, the values of `config.yaml` and those of `runtime.yaml`."""
    from looplet.config import LoopConfig

    plain = LoopConfig()
    for key in _LIVE_KEYS:
        if getattr(config, key):
            raise PresetError(
                f"config.{key} is live and cannot be written; the host gives it again"
            )
    if callable(config.system_prompt):
        raise PresetError("config.system_prompt is a function and cannot be written; give a text")
    for source in config.memory_sources:
        if not isinstance(source, str):
            raise PresetError("config.memory_sources holds a function, which cannot be written")
    values = {key: getattr(config, key) for key in _CONFIG_KEYS}
    if config.memory_sources:
        values["memory_sources"] = list(config.memory_sources)
    runtime = {}
    for key in _RUNTIME_KEYS:
        value = getattr(config, key)
        if value != getattr(plain, key):
            runtime[key] = thaw(freeze(value))
    return config.system_prompt, values, runtime


# ── source text ───────────────────────────────────────────────────────────────────────────────────


def _file(thing: Callable[..., Any] | type, what: str, entry: str = "") -> File:
    """A module that defines `thing` and all that it needs; under the name `entry`, if given."""
    parts = _Parts(what)
    name = parts.add(thing)
    body = "\n\n\n".join(parts.sources.values())
    if entry and name != entry:
        if entry in parts.things or any(line.split()[-1] == entry for line in parts.imports):
            raise PresetError(
                f"{what} needs something else named `{entry}`; give that another name"
            )
        body += f"\n\n\n{entry} = {name}"
    head = sorted(parts.imports) + [f"{key} = {value}" for key, value in parts.constants.items()]
    text = ("\n".join(head) + "\n\n\n" if head else "") + body + "\n"
    try:
        compile(text, f"<{what}>", "exec", dont_inherit=True)
    except SyntaxError as error:
        raise PresetError(f"{what}: its source does not stand alone: {error}") from None
    return File(("from __future__ import annotations\n\n" + text).encode())


class _Parts:
    """The pieces of a module, gathered from what a function or class refers to."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.imports: set[str] = set()
        self.constants: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self.things: dict[str, Any] = {}

    def add(self, thing: Any) -> str:
        """Take in a function or class with its dependencies; the name it is defined under."""
        name = getattr(thing, "__name__", "")
        if isinstance(thing, type):
            file = inspect.getsourcefile(thing)
            functions = [
                inner
                for member in vars(thing).values()
                for inner in (
                    getattr(member, "__func__", None),
                    getattr(member, "fget", None),
                    member,
                )
                # Methods that a decorator wrote have no source and need none.
                if isinstance(inner, types.FunctionType) and inner.__code__.co_filename == file
            ]
        elif isinstance(thing, types.FunctionType):
            functions = [thing]
            if name == "<lambda>":
                raise PresetError(f"{self.what} is a lambda; write it as a function of a module")
        else:
            raise PresetError(
                f"{self.what} is an object of type {type(thing).__name__}, and no function of a "
                "module"
            )
        for function in functions:
            captured = [n for n in function.__code__.co_freevars if n != "__class__"]
            if captured:
                raise PresetError(
                    f"{self.what} is a closure over {', '.join(captured)}, which a file cannot "
                    "hold; make it a function of a module, and what it needs a resource"
                )
        if "<locals>" in thing.__qualname__ and not isinstance(thing, types.FunctionType):
            raise PresetError(f"{self.what} is defined inside a function; move it to its module")
        if self.things.setdefault(name, thing) is not thing:
            raise PresetError(f"{self.what} needs two different things named {name}; rename one")
        if name in self.sources:
            return name
        self.sources[name] = ""  # keeps its place, and stops at recursion
        try:
            source = textwrap.dedent(inspect.getsource(thing))
        except (OSError, TypeError):
            raise PresetError(f"{self.what}: the source of {name} cannot be found") from None
        for function in functions:
            for needed in _globals_of(function.__code__):
                self._need(needed, function.__globals__)
        scope = (
            vars(sys.modules[thing.__module__]) if isinstance(thing, type) else thing.__globals__
        )
        for needed in _read_at_definition(ast.parse(source).body[0]):
            if needed in scope:
                self._need(needed, scope)
        del self.sources[name]  # behind what it needs
        self.sources[name] = source.rstrip()
        return name

    def _need(self, name: str, scope: Mapping[str, Any]) -> None:
        if name in _ELSEWHERE:
            raise PresetError(
                f"{self.what} uses {name}, which means something else in another file"
            )
        if name == "__name__":
            return
        if name not in scope:
            if hasattr(builtins, name) or name.startswith("__"):
                return
            raise PresetError(f"{self.what} uses the name {name}, which is not defined")
        value = scope[name]
        if isinstance(value, types.ModuleType):
            self.imports.add(
                f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
            )
            return
        home = getattr(value, "__module__", None)
        own = scope.get("__name__", home)
        if isinstance(value, (type, types.FunctionType)) and home == own:
            known = self.add(value)
            if known != name:
                self._alias(name, value, known)
        elif isinstance(home, str) and getattr(value, "__qualname__", "") == getattr(
            value, "__name__", "?"
        ):
            alias = "" if value.__name__ == name else f" as {name}"
            self.imports.add(f"from {home} import {value.__name__}{alias}")
        else:
            self._constant(name, value)

    def _alias(self, name: str, thing: Any, known: str) -> None:
        if self.things.setdefault(name, thing) is not thing:
            raise PresetError(f"{self.what} needs two different things named {name}; rename one")
        self.sources[name] = f"{name} = {known}"

    def _constant(self, name: str, value: Any) -> None:
        try:
            freeze(value)
        except NotData:
            raise PresetError(
                f"{self.what} uses {name}, a live object of type {type(value).__name__}; make it a "
                "resource"
            ) from None
        self.constants[name] = repr(value)
        self.things[name] = value


def _read_at_definition(node: ast.AST) -> Iterator[str]:
    """The names that are read when a definition runs: decorators, defaults, bases, class bodies."""
    for field, value in ast.iter_fields(node):
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if field in ("annotation", "returns") or (function and field == "body"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.Name):
                yield inner.id
            elif isinstance(inner, ast.AST):
                yield from _read_at_definition(inner)


def _globals_of(code: types.CodeType) -> Iterator[str]:
    """The global names that a function reads, those of functions inside it included."""
    instructions = list(dis.get_instructions(code))
    own = {each.argval for each in instructions if each.opname == "STORE_NAME"}  # a class body's
    for each in instructions:
        if each.opname == "LOAD_GLOBAL" or (each.opname == "LOAD_NAME" and each.argval not in own):
            yield each.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_of(constant)

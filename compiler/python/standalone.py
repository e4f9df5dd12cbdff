"""One function or class as the text of a module that stands alone.

What it needs from around it (imports, other functions, literal constants) comes along.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from looplet.frozen import NotData, freeze
from looplet.preset import PresetError

# What a module knows of itself, and what reaches for names that no reader of the code can tell.
_ELSEWHERE: Final = frozenset(
    ("__file__", "__path__", "__spec__", "__loader__", "__package__", "__cached__", "__doc__")
) | {"eval", "exec", "globals"}
_CHANGING: Final = frozenset(
    ("append", "extend", "insert", "pop", "remove", "clear", "update", "setdefault", "sort")
) | {"popitem", "reverse"}


class Shared:
    """The lists and mappings that several modules were given, each a copy of its own."""

    def __init__(self) -> None:
        self._users: dict[int, tuple[str, bool]] = {}
        self._alive: list[Any] = []  # an id is good as long as what it names lives

    def look(self, what: str, things: Mapping[str, Any], source: str) -> None:
        """Refuse what one part changes and another one reads."""
        for name, value in things.items():
            if not isinstance(value, (list, dict)):
                continue
            changes = any(_changes(node, name) for node in ast.walk(ast.parse(source)))
            other, changed = self._users.get(id(value), ("", False))
            if other and (changes or changed):
                raise PresetError(
                    f"{what} shares {name} with {other}, and it is changed; in files of their own "
                    "each would have its own: make it a resource"
                )
            self._users[id(value)] = (other or what, changes or changed)
            self._alive.append(value)


def _changes(node: ast.AST, name: str) -> bool:
    """Whether `node` changes what the global `name` holds."""
    if isinstance(node, ast.Global):
        return name in node.names
    inner: Any = None
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        inner = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = node.func.value if node.func.attr in _CHANGING else None
    while isinstance(inner, (ast.Subscript, ast.Attribute)):
        inner = inner.value
    return isinstance(inner, ast.Name) and inner.id == name


def standalone(
    thing: Callable[..., Any] | type, what: str, shared: Shared, entry: str = ""
) -> bytes:
    """A module that defines `thing` and all that it needs; under the name `entry`, if given.

    Raises PresetError when the module would not do what `thing` does.
    """
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
    shared.look(what, parts.things, body)
    return ("from __future__ import annotations\n\n" + text).encode()


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

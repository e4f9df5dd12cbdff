"""What `ast` says about one Python file, as plain JSON-able data.

The file is parsed; it is never imported, compiled to code or run. The answer is kept under the
file's hash, so it depends on nothing but the bytes. A place is `[line, column, end line, end
column]` in code points from 1, the end exclusive, lines as in `looplet.compiler.text.lines`.
"""

from __future__ import annotations

import ast
import codecs
import re
import threading
import warnings
from typing import Any, Final, Literal, NotRequired, TypeAlias, TypedDict

from looplet.compiler.capabilities.uses import Uses, uses
from looplet.compiler.python.places import Places
from looplet.compiler.python.walk import Walk, secrets

Place: TypeAlias = list[int]
ProblemKind = Literal["syntax", "encoding", "depth", "size"]
ParameterKind = Literal["positional_only", "positional", "args", "keyword", "kwargs"]


class Problem(TypedDict):
    """Why the file cannot be read as Python; then the other facts are empty and it is `open`."""

    kind: ProblemKind
    message: str
    span: Place


class Exit(TypedDict):
    """The statement that ends a body each time it runs: `raise ValueError`, `sys.exit()`."""

    what: str
    span: Place


class Parameter(TypedDict):
    """One parameter of a function, or one that a dataclass makes of a field."""

    name: str
    kind: ParameterKind
    span: Place  # of the name
    required: bool  # False for * and **
    annotation: str | None  # as written
    default_span: NotRequired[Place]
    default: NotRequired[Any]  # there, if the default is a JSON-able literal


class Function(TypedDict):
    """A function or a method; the first parameter of a method is its `self`."""

    name: str
    span: Place  # of the name
    conditional: bool  # inside an if, a try, a loop, …
    is_async: bool
    is_generator: bool
    decorators: list[str]  # dotted names, `?` for what has none
    parameters: list[Parameter]
    exits: Exit | None  # what each call ends in
    mentions: int  # how often the text holds the name; at 1 it is safe to rename


class Class(TypedDict):
    """A class of the top level."""

    name: str
    span: Place  # of the name
    conditional: bool
    bases: list[str]  # dotted names, `?` for what has none
    metaclass: bool
    decorators: list[str]
    methods: list[Function]
    attributes: list[str]  # every name bound in the body, methods included
    fields: list[Parameter] | None  # the constructor that @dataclass writes; None without one


class Assigned(TypedDict):
    """The last `NAME = …` of the top level."""

    span: Place  # of the name
    value_span: Place
    conditional: bool
    value: NotRequired[Any]  # there, if the value is a JSON-able literal


class Import(TypedDict):
    """A module named by an import statement; of `from .a import b`: module `a`, level 1."""

    module: str
    names: list[str]  # what `from … import` takes; empty for `import …`
    level: int
    span: Place  # of the module's name
    guarded: bool  # inside a try that catches the failure, or suppress
    typing: bool  # under TYPE_CHECKING
    function: bool  # inside a function: done when that runs


class ResourceUse(TypedDict):
    """`ctx.resources["key"]`; `ctx.resources.get("key")` is `optional`."""

    key: str
    span: Place  # of the string
    optional: bool


class Secret(TypedDict):
    """Text that looks like a live key."""

    kind: str
    span: Place


class Facts(TypedDict):
    """What is known of a file. Functions and classes are those of the top level, in order."""

    problem: Problem | None
    doc: str  # the first line of the module's docstring
    functions: list[Function]
    classes: list[Class]
    assigned: dict[str, Assigned]
    imports: list[Import]
    names: list[str]  # every name bound at the top level
    open: bool  # there may be more names: import *, __getattr__, globals(), exec
    exits: Exit | None  # what loading the file ends in
    resources: list[ResourceUse]
    secrets: list[Secret]
    uses: Uses | None  # what of the world it uses; None for nothing


MAX_BYTES: Final = 2_000_000
"""Past this size a file is data, and parsing it would take many seconds."""

_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_COOKIE: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK: Final = re.compile(rb"^[ \t\f]*(?:#.*)?$")

_warnings_lock = threading.Lock()


def facts(source: bytes, filename: str = "") -> Facts:
    """All that the compiler needs to know about one Python file. Never raises."""
    if len(source) > MAX_BYTES:
        return _refused("size", f"is larger than {MAX_BYTES:,} bytes")
    try:
        text = decode(source)
    except UnicodeDecodeError as error:
        what = f"byte 0x{error.object[error.start]:02x} is not {error.encoding}"
        return _refused("encoding", what, _place_of_byte(source, bytes(error.object), error.start))
    except (LookupError, UnicodeError, SyntaxError, ValueError) as error:
        return _refused("encoding", str(error))
    if "\0" in text:
        place = _place_of_byte(source, source, source.find(b"\0"))
        return _refused("syntax", "source code cannot contain null bytes", place)
    found = _empty()
    try:
        # The parser's own limits hold for brackets (200) and blocks (100), and it raises where
        # operators nest too deeply, so 100 000 brackets are an error here and not a crash.
        tree, walk = _parse(text, filename), Walk(text, found)
        walk.module(tree)
        found["uses"] = uses(tree, walk.places, walk.imports)
    except SyntaxError as error:
        return _syntax_error(error, text)
    except (MemoryError, RecursionError):
        return _refused("depth", "it is nested too deeply for Python's parser")
    except (ValueError, OverflowError) as error:
        return _refused("syntax", str(error))
    return found


def decode(source: bytes) -> str:
    """The text of a Python file, without a byte order mark, by the rules of PEP 263."""
    body = source.removeprefix(codecs.BOM_UTF8)
    if b"coding" in body[:1000]:
        for line in _LINE_END.split(body[:1000], maxsplit=2)[:2]:
            if cookie := _COOKIE.match(line):
                name = cookie[1].decode("ascii", "replace")
                spelt = name.lower().replace("_", "-") + "-"
                if body is not source and not spelt.startswith("utf-8-"):  # not even `utf8`
                    raise SyntaxError(f"the coding line says {name}, the byte order mark utf-8")
                return body.decode(codecs.lookup(name).name)
            if not _BLANK.match(line):
                break
    return body.decode("utf-8")


def _parse(text: str, filename: str) -> ast.Module:
    # The parser reports odd escapes through `warnings`, whose filters are shared by all threads.
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename or "<unknown>")


def _empty() -> Facts:
    return {
        "problem": None,
        "doc": "",
        "functions": [],
        "classes": [],
        "assigned": {},
        "imports": [],
        "names": [],
        "open": False,
        "exits": None,
        "resources": [],
        "secrets": [],
        "uses": None,
    }


def _refused(kind: ProblemKind, message: str, span: Place | None = None) -> Facts:
    found = _empty()
    found["problem"] = {"kind": kind, "message": message, "span": span or [1, 1, 1, 1]}
    found["open"] = True
    return found


def _place_of_byte(source: bytes, body: bytes, offset: int) -> Place:
    """The place of `body[offset]`; `body` is the source with or without its byte order mark."""
    before = body[:offset].removeprefix(codecs.BOM_UTF8)
    lines = _LINE_END.split(before)
    column = len(lines[-1].decode("utf-8", "replace")) + 1
    return [len(lines), column, len(lines), column + 1]


def _syntax_error(error: SyntaxError, text: str) -> Facts:
    """The parser's finding, its place held inside the text."""
    places = Places(text)
    line = min(max(error.lineno or 1, 1), len(places.starts))
    width = len(places.line(line).rstrip("\r\n"))
    column = min(max(error.offset or 1, 1), width + 1)
    end = min(column + 1, width + 1)
    if error.end_lineno == line and error.end_offset and error.end_offset > column:
        end = min(error.end_offset, width + 1)
    found = _refused("syntax", error.msg or "invalid syntax", [line, column, line, end])
    found["secrets"] = secrets(places)
    return found

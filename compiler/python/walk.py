"""One pass over the statements of a module, which collects the facts.

Blocks are walked with a stack of our own; expressions are entered only on lines that hold one of
the words that matter, which keeps the pass cheaper than the parse.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from looplet.compiler.python import flow
from looplet.compiler.python.places import Places
from looplet.compiler.python.values import NotLiteral, dotted, flag, is_text, last_name, literal
from looplet.compiler.secrets import find_secrets

if TYPE_CHECKING:
    from looplet.compiler.python.facts import (
        Assigned,
        Class,
        Exit,
        Facts,
        Function,
        Parameter,
        ParameterKind,
        Secret,
    )

# What surrounds a statement.
_CONDITIONAL: Final = 1
_GUARDED: Final = 2
_TYPING: Final = 4
_FUNCTION: Final = 8

_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS: Final = (ast.Import, ast.ImportFrom)
_TRIES: Final = (ast.Try, ast.TryStar)
_LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)
_WITHS: Final = (ast.With, ast.AsyncWith)
_BLOCKS: Final = (ast.stmt, ast.excepthandler, ast.match_case)

_CATCHES_IMPORT: Final = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_HOT: Final = ("yield", "import", "resources")
_MOST_COUNTED: Final = 200
_OPEN: Final = re.compile(r"\b(?:globals|exec)\(")


def secrets(places: Places) -> list[Secret]:
    """What looks like a key in a text, with its places."""
    return [
        {"kind": kind, "span": places.between(start, end)}
        for start, end, kind in find_secrets(places.text)
    ]


class Walk:
    """Fills `found` with the facts of one module."""

    def __init__(self, text: str, found: Facts) -> None:
        self.places = Places(text)
        self.found = found
        self.names: dict[str, None] = {}
        self.counted = 0
        self.imports: list[ast.Import | ast.ImportFrom] = []
        hits = {offset for word in _HOT for offset in _occurrences(text, word)}
        self.hot = sorted(map(self.places.line_at, hits))

    def module(self, tree: ast.Module) -> None:
        found = self.found
        doc = ast.get_docstring(tree, clean=False)
        if doc and is_text(doc):
            found["doc"] = doc.strip().partition("\n")[0].strip()
        self.body(tree.body)
        found["names"] = list(self.names)
        if "__getattr__" in self.names or _adds_names(self.places.text):
            found["open"] = True
        found["exits"] = self.exit(flow.ending(tree.body, self.names)) or self.main(tree.body)
        found["secrets"] = secrets(self.places)

    # -- statements --------------------------------------------------------------------------

    def body(
        self,
        body: list[ast.stmt],
        flags: int = 0,
        owner: Class | None = None,
        function: Function | None = None,
    ) -> None:
        """Every statement of a module, of the class `owner` or of a function, blocks included."""
        stack = [(statement, flags) for statement in reversed(body)]
        while stack:
            node, flags = stack.pop()
            if isinstance(node, _FUNCTIONS):
                self.function(node, flags, owner)
            elif isinstance(node, ast.ClassDef):
                self.class_(node, flags, owner)
            elif isinstance(node, _IMPORTS):
                self.import_(node, flags, owner)
            else:
                if not flags & _FUNCTION:
                    self.bindings(node, flags, owner)
                elif not self.is_hot(node):
                    continue
                if self.is_hot(node):
                    self.expressions(node, function)
                self.push(stack, node, flags)

    def is_hot(self, node: ast.stmt) -> bool:
        """Does the statement hold a word that expressions are searched for?"""
        at = bisect_left(self.hot, node.lineno)
        return at < len(self.hot) and self.hot[at] <= (node.end_lineno or node.lineno)

    def push(self, stack: list[tuple[ast.stmt, int]], node: ast.stmt, flags: int) -> None:
        """Put the blocks of a compound statement on the stack, the first one on top."""
        inner = flags | _CONDITIONAL
        if isinstance(node, ast.If):
            typing = _TYPING if last_name(node.test) == "TYPE_CHECKING" else 0
            stack += [(child, inner) for child in reversed(node.orelse)]
            stack += [(child, inner | typing) for child in reversed(node.body)]
        elif isinstance(node, _TRIES):
            # What a handler imports instead is as optional as what was missing.
            guarded = inner | (_GUARDED if any(map(_catches_import, node.handlers)) else 0)
            stack += [(child, flags) for child in reversed(node.finalbody)]
            stack += [(child, inner) for child in reversed(node.orelse)]
            for handler in reversed(node.handlers):
                if handler.name and not flags & _FUNCTION:
                    self.names[handler.name] = None
                stack += [(child, guarded) for child in reversed(handler.body)]
            stack += [(child, guarded) for child in reversed(node.body)]
        elif isinstance(node, _WITHS):
            guard = any(last_name(item.context_expr) == "suppress" for item in node.items)
            stack += [(child, flags | _GUARDED * guard) for child in reversed(node.body)]
        elif isinstance(node, _LOOPS):
            stack += [(child, inner) for child in reversed(node.orelse)]
            stack += [(child, inner) for child in reversed(node.body)]
        elif isinstance(node, ast.Match):
            for case in reversed(node.cases):
                stack += [(child, inner) for child in reversed(case.body)]

    # -- names -------------------------------------------------------------------------------

    def bind(self, name: str, owner: Class | None) -> None:
        if owner is None:
            self.names[name] = None
        elif name not in owner["attributes"]:
            owner["attributes"].append(name)

    def bindings(self, node: ast.stmt, flags: int, owner: Class | None) -> None:
        """The names that a statement other than a definition or an import binds."""
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target] if node.value is not None else []
        elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor)):
            targets = [node.target]
        elif isinstance(node, _WITHS):
            targets = [item.optional_vars for item in node.items if item.optional_vars]
        elif isinstance(node, ast.Match):
            for case in node.cases:
                for part in ast.walk(case.pattern):
                    name = getattr(part, "name", None) or getattr(part, "rest", None)
                    if isinstance(name, str):
                        self.bind(name, owner)
        for target in targets:
            if isinstance(target, ast.Name):
                self.bind(target.id, owner)
                if owner is None:
                    self.assigned(target, node, flags)
                continue
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    self.bind(part.id, owner)

    def assigned(self, target: ast.Name, node: ast.stmt, flags: int) -> None:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        entry: Assigned = {
            "span": self.places.name(target),
            "value_span": self.places.whole(target if value is None else value),
            "conditional": bool(flags & _CONDITIONAL),
        }
        if value is not None:
            with suppress(NotLiteral):
                entry["value"] = literal(value)
        self.found["assigned"][target.id] = entry

    def import_(self, node: ast.Import | ast.ImportFrom, flags: int, owner: Class | None) -> None:
        self.imports.append(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imported(alias.name, [], 0, self.places.module(alias), flags)
        else:
            names = [alias.name for alias in node.names]
            span = self.places.imported_from(node)
            self.imported(node.module or "", names, node.level, span, flags)
        if flags & _FUNCTION:
            return
        for alias in node.names:
            if alias.name == "*":
                self.found["open"] = True
            elif alias.asname or isinstance(node, ast.ImportFrom):
                self.bind(alias.asname or alias.name, owner)
            else:
                self.bind(alias.name.partition(".")[0], owner)

    def imported(
        self, module: str, names: list[str], level: int, span: list[int], flags: int
    ) -> None:
        self.found["imports"].append(
            {
                "module": module,
                "names": names,
                "level": level,
                "span": span,
                "guarded": bool(flags & _GUARDED),
                "typing": bool(flags & _TYPING),
                "function": bool(flags & _FUNCTION),
            }
        )

    # -- definitions -------------------------------------------------------------------------

    def function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, flags: int, owner: Class | None
    ) -> None:
        if flags & _FUNCTION:
            if self.is_hot(node):
                self.body(node.body, flags)
            return
        found: Function = {
            "name": node.name,
            "span": self.places.defined(node),
            "conditional": bool(flags & _CONDITIONAL),
            "is_async": isinstance(node, ast.AsyncFunctionDef),
            "is_generator": False,
            "decorators": [dotted(each) for each in node.decorator_list],
            "parameters": self.parameters(node.args),
            "exits": None,
            "mentions": self.mentions(node.name),
        }
        self.bind(node.name, owner)
        (self.found["functions"] if owner is None else owner["methods"]).append(found)
        if self.is_hot(node):
            self.body(node.body, flags | _FUNCTION, None, found)
        if not found["is_generator"]:  # calling a generator runs nothing of it
            found["exits"] = self.exit(flow.ending(node.body, self.names))

    def mentions(self, name: str) -> int:
        """How often the text holds a name; past the first functions of a file, 2 to be safe."""
        self.counted += 1
        return self.places.text.count(name) if self.counted <= _MOST_COUNTED else 2

    def parameters(self, args: ast.arguments) -> list[Parameter]:
        found: list[Parameter] = []
        early, positional = len(args.posonlyargs), [*args.posonlyargs, *args.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
        defaults += args.defaults
        for index, (arg, value) in enumerate(zip(positional, defaults, strict=True)):
            kind: ParameterKind = "positional_only" if index < early else "positional"
            found.append(self.parameter(arg, kind, value))
        if args.vararg:
            found.append(self.parameter(args.vararg, "args"))
        for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            found.append(self.parameter(arg, "keyword", value))
        if args.kwarg:
            found.append(self.parameter(args.kwarg, "kwargs"))
        return found

    def parameter(
        self, arg: ast.arg, kind: ParameterKind, value: ast.expr | None = None
    ) -> Parameter:
        entry: Parameter = {
            "name": arg.arg,
            "kind": kind,
            "span": self.places.name(arg),
            "required": value is None and kind not in ("args", "kwargs"),
            "annotation": self.places.source(arg.annotation) if arg.annotation else None,
        }
        if value is not None:
            self.default(entry, value)
        return entry

    def default(self, entry: Parameter, value: ast.expr) -> None:
        entry["default_span"] = self.places.whole(value)
        with suppress(NotLiteral):
            entry["default"] = literal(value)

    def class_(self, node: ast.ClassDef, flags: int, owner: Class | None) -> None:
        if flags & _FUNCTION:
            if self.is_hot(node):
                self.body(node.body, flags)
            return
        found: Class = {
            "name": node.name,
            "span": self.places.defined(node),
            "conditional": bool(flags & _CONDITIONAL),
            "bases": [dotted(base) for base in node.bases],
            "metaclass": bool(node.keywords),
            "decorators": [dotted(each) for each in node.decorator_list],
            "methods": [],
            "attributes": [],
            "fields": None,
        }
        self.bind(node.name, owner)
        if owner is None:
            self.found["classes"].append(found)
        for decorator in node.decorator_list:
            if last_name(decorator) == "dataclass" and flag(decorator, "init", True):
                found["fields"] = self.fields(node.body, flag(decorator, "kw_only", False))
        self.body(node.body, flags & ~_CONDITIONAL, found)

    def fields(self, body: list[ast.stmt], keyword_only: bool) -> list[Parameter]:
        """The parameters of the constructor that `@dataclass` writes for a class body."""
        found: dict[str, Parameter] = {}
        for node in body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            annotation = self.places.source(node.annotation)
            kind = annotation.strip("\"' ").partition("[")[0].rpartition(".")[2]
            field = node.value if isinstance(node.value, ast.Call) else None
            if field is not None and last_name(field) != "field":
                field = None
            if kind == "KW_ONLY":
                keyword_only = True
            if kind in ("KW_ONLY", "ClassVar") or not flag(field, "init", True):
                continue
            value = node.value
            if field is not None:
                given = {each.arg: each.value for each in field.keywords}
                value = given.get("default") or given.get("default_factory") or given.get(None)
            entry: Parameter = {
                "name": node.target.id,
                "kind": "keyword" if flag(field, "kw_only", keyword_only) else "positional",
                "span": self.places.name(node.target),
                "required": value is None,
                "annotation": annotation,
            }
            if value is not None:
                self.default(entry, value)
            found[node.target.id] = entry
        return list(found.values())

    # -- expressions -------------------------------------------------------------------------

    def expressions(self, node: ast.stmt, function: Function | None) -> None:
        """`yield` and uses of resources in the expressions of one statement, blocks aside."""
        stack: list[tuple[ast.AST, bool]] = [(node, False)]
        while stack:
            parent, in_lambda = stack.pop()
            for child in ast.iter_child_nodes(parent):
                if isinstance(child, _BLOCKS):
                    continue
                if isinstance(child, (ast.Yield, ast.YieldFrom)) and function and not in_lambda:
                    function["is_generator"] = True
                elif isinstance(child, (ast.Subscript, ast.Call)):
                    self.resource(child)
                stack.append((child, in_lambda or isinstance(child, ast.Lambda)))

    def resource(self, node: ast.Subscript | ast.Call) -> None:
        match node:
            case ast.Subscript(
                value=ast.Attribute(attr="resources"), slice=ast.Constant(value=str(key)) as name
            ):
                optional = not isinstance(node.ctx, ast.Load)
            case ast.Call(
                func=ast.Attribute(attr="get", value=ast.Attribute(attr="resources")),
                args=[ast.Constant(value=str(key)) as name, *_],
            ):
                optional = True
            case _:
                return
        if is_text(key):
            span = self.places.whole(name)
            self.found["resources"].append({"key": key, "span": span, "optional": optional})

    # -- endings -----------------------------------------------------------------------------

    def exit(self, ending: flow.Ending | None) -> Exit | None:
        if ending is None:
            return None
        return {"what": ending.what, "span": self.places.whole(ending.statement)}

    def main(self, body: list[ast.stmt]) -> Exit | None:
        """`main()` at the top level, where `def main()` always exits."""
        ends = {each["name"] for each in self.found["functions"] if _surely_exits(each)}
        for node in body if ends else ():
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                name = node.value.func.id if isinstance(node.value.func, ast.Name) else ""
                if name in ends:
                    return {"what": f"{name}()", "span": self.places.whole(node)}
        return None


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _adds_names(text: str) -> bool:
    # Tools are full of the word `execute`, so the cheap look comes first.
    return ("globals(" in text or "exec(" in text) and _OPEN.search(text) is not None


def _surely_exits(function: Function) -> bool:
    unclear = function["is_async"] or function["conditional"] or function["decorators"]
    return function["exits"] is not None and not unclear


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(dotted(kind) in _CATCHES_IMPORT for kind in kinds)

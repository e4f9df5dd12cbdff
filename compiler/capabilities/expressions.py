"""The expressions of a file: which names in them are a reach.

Each is judged by what it may stand for and by how it is used: called, handed on as a value, only
named as a type, given another name. A module that is handed on is not followed, and is said to be.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.capabilities import anywhere
from looplet.compiler.capabilities.scopes import Scopes, name_in, text_in
from looplet.compiler.capabilities.statements import LISTS, is_hot, parts_of
from looplet.compiler.capabilities.verdicts import (
    below,
    canonical,
    is_standard,
    shortened,
    verdict_of,
)

if TYPE_CHECKING:
    from looplet.compiler.capabilities.uses import Use
    from looplet.compiler.python.places import Places

Functions = tuple[ast.AST, ...]

_IMPORTERS: Final = {"builtins.__import__", "importlib.import_module", "importlib.__import__"}
_GETTERS: Final = {"operator.attrgetter", "operator.methodcaller"}
_NOTHING: Final[frozenset[str]] = frozenset()
_MOST: Final = 6
"""So many things a name may stand for before they are put together."""

_MANY: Final = 4 * _MOST
"""And so many before all of a module is."""

_TESTS: Final = {"isinstance", "issubclass"}
_NEVER_GIVEN_ON: Final = ("bind", "receiver")
_OPENERS: Final = ("open", "FileIO", "GzipFile", "BZ2File", "LZMAFile")
_BY_NUMBERS: Final = ("os.open", "os.fdopen", "tarfile.open")


class Expressions:
    """Fills `found`, and `bound` with the names that assignments give to modules."""

    def __init__(self, scopes: Scopes, places: Places, bound: dict[str, set[str]]) -> None:
        self.scopes = scopes
        self.places = places
        self.bound = bound
        self.found: list[Use] = []
        self.around: Functions = ()
        self.opened: dict[int, str] = {}
        """By the function of a call that opens a file: whether the call reads or writes it."""
        self.speaks_of_paths = "pathlib" in places.text
        self.speaks_of_streams = any(word in places.text for word in ("stdin", "stdout", "stderr"))

    # -- statements --------------------------------------------------------------------------

    def statement(self, node: ast.stmt, around: Functions, hot: list[int] | None) -> None:
        """Look at the expressions of a statement, not at the statements in it."""
        self.around = around
        small = hot is None or not hasattr(node, "body")
        for part, how in parts_of(node):
            if how == "bind" and self.in_class():
                how = "value"  # whoever has the class has it
            if small or not hasattr(part, "lineno") or is_hot(part, hot):  # type: ignore[arg-type]
                self.expression(part, how)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.model_method(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self.named(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.named(node.target, node.value)
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and self.in_class():
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self.report(alias, self.bound.get(name, set()), "value")

    def named(self, target: ast.expr, value: ast.expr) -> None:
        """A name gets what `value` stands for, as far as that is a module."""
        if isinstance(target, ast.Name):
            for origin in self.origins(value):
                known = self.bound.setdefault(target.id, set())
                # `node = node.next` has no end, and neither need `os.a or os.b or …`.
                if len(known) >= _MOST:
                    origin = shortened(origin, 3 if len(known) < _MANY else 1)
                known.add(origin)
            if self.in_class() and target.id in anywhere.MODEL_METHODS:
                self.note(target.id, "hook", "?rebound", target)
        elif isinstance(target, ast.Attribute) and target.attr in anywhere.MODEL_METHODS:
            self.note(target.attr, "hook", "?rebound", target)
        elif isinstance(target, LISTS) and isinstance(value, LISTS):
            for one, other in zip(target.elts, value.elts, strict=False):
                self.named(one, other)

    def in_class(self) -> bool:
        return bool(self.around) and isinstance(self.around[-1], ast.ClassDef)

    def model_method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """`on_loop_end` is handed the model; a `compact` that yields asks it."""
        if node.name == "compact":
            for part in ast.walk(node):
                if isinstance(part, (ast.Yield, ast.YieldFrom)):
                    self.note("yield", "hook", "model", part)
        elif node.name == "on_loop_end":
            args = [*node.args.posonlyargs, *node.args.args]
            last = args[4:5] or [arg for arg in [node.args.vararg] if arg]
            names = {arg.arg for arg in last}
            for part in ast.walk(node):
                if isinstance(part, ast.Name) and part.id in names:
                    self.note(part.id, "hook", "model", part)

    # -- expressions -------------------------------------------------------------------------

    def expression(self, node: ast.AST, how: str) -> None:
        """Look at an expression and at all that is in it, without recursion: it may be deep."""
        stack = [(node, how)]
        while stack:
            node, how = stack.pop()
            kind = node.__class__
            if kind is ast.Name:
                if isinstance(node.ctx, ast.Load) and (found := self.origins(node)):  # type: ignore[attr-defined]
                    self.report(node, found, how)
            elif kind is ast.Constant:
                self.text(node)  # type: ignore[arg-type]
            elif look := _LOOKS.get(kind):
                stack += look(self, node, how)
            elif kind in LISTS and how == "type":
                stack += [(each, how) for each in node.elts]  # type: ignore[attr-defined]
            elif kind is ast.BinOp and how == "type":
                stack += [(node.left, how), (node.right, how)]  # type: ignore[attr-defined]
            else:
                stack += [(child, "value") for child in ast.iter_child_nodes(node)]

    def pattern(self, node: ast.MatchClass, _: str) -> Iterator[tuple[ast.AST, str]]:
        """`case Thing(llm=model)` takes an attribute as well."""
        for name in node.kwd_attrs:
            self.attribute_of_anything(name, node, "value")
        yield node.cls, "type"
        yield from ((each, "value") for each in (*node.patterns, *node.kwd_patterns))

    def keyword(self, node: ast.keyword, _: str) -> Iterator[tuple[ast.AST, str]]:
        if node.arg in anywhere.KEYWORDS:
            self.note(f"{node.arg}=", "call", anywhere.KEYWORDS[node.arg], node)
        yield node.value, "value"

    def parameter(self, node: ast.arg, _: str) -> Iterator[tuple[ast.AST, str]]:
        if node.annotation:
            yield node.annotation, "type"

    def choice(self, node: ast.AST, how: str) -> Iterator[tuple[ast.AST, str]]:
        """`a if x else b`, `a or b`, `(name := a)`: what they give is what one of them is."""
        how = how if how in ("bind", "call", "receiver") else "value"
        if isinstance(node, ast.IfExp):
            yield from ((node.test, "receiver"), (node.body, how), (node.orelse, how))
        elif isinstance(node, ast.BoolOp):
            yield from ((each, how) for each in node.values)
        elif isinstance(node, ast.NamedExpr):
            self.named(node.target, node.value)
            yield node.value, "bind" if how != "value" else how

    def subscript(self, node: ast.Subscript, how: str) -> Iterator[tuple[ast.AST, str]]:
        if how == "type":
            yield from ((node.value, how), (node.slice, how))
            return
        found = self.origins(node)
        if found:
            self.report(node, found, how)
            if isinstance(node.value, ast.Attribute):
                yield node.value.value, "receiver"
        else:
            yield node.value, "value"
        yield node.slice, "value"

    def attribute(self, node: ast.Attribute, how: str) -> list[tuple[ast.AST, str]]:
        """Judge `a.b.c` as a whole; what is left to look at is what it begins with."""
        found = self.origins(node)
        if not isinstance(node.ctx, ast.Load):
            found = frozenset(filter(is_standard, found))
            how = "store"
        self.report(node, found, how)
        base: ast.AST = node
        while isinstance(base, ast.Attribute):
            if base is not node or how != "store":
                self.attribute_of_anything(base.attr, base, how if base is node else "chain", found)
            base = base.value
        # A name that begins what was found is a part of it, and nothing by itself.
        return [] if found and isinstance(base, ast.Name) else [(base, "receiver")]

    def attribute_of_anything(
        self, name: str, node: ast.AST, how: str, known: Collection[str] = ()
    ) -> None:
        """Judge an attribute by its name, if what it is of is not `known`."""
        verdict = anywhere.verdict_on(name)
        if not verdict and isinstance(node, ast.Attribute):
            verdict = self.by_its_receiver(name, node, how)
        if verdict and (not known or verdict == "?inside"):
            self.note(f".{name}", "call", verdict, node)

    def by_its_receiver(self, name: str, node: ast.Attribute, how: str) -> str:
        """The words on an attribute that means something on some objects only."""
        of = getattr(node.value, "attr", "")
        if name == "router" and of == "config":
            return "model"
        if name == "_run" and how != "call":
            return "?inside"
        if name == "raw" and of == "buffer" and self.speaks_of_streams:
            return "?inside"
        if name in ("format", "format_map") and not self.is_written_out(node.value):
            return "?template"
        if name in anywhere.PATHS and self.speaks_of_paths and not self.origins(node):
            return anywhere.PATHS[name]
        return ""

    def is_written_out(self, node: ast.expr) -> bool:
        """Whether a template is a text that can be read here, and reads nothing of an inside."""
        text = self.scopes.text_of(node)
        return text is not None and not anywhere.INSIDE.search(text)

    def text(self, node: ast.Constant) -> None:
        """Judge a text: it may be used as the name of an attribute."""
        if not isinstance(node.value, str):
            return
        if node.value == anywhere.CARTRIDGE_ROOT:
            self.note(anywhere.CARTRIDGE_ROOT, "value", "files", node)
        elif node.value in anywhere.MODEL_METHODS:
            self.note(node.value, "hook", "?rebound", node)
        elif hit := anywhere.INSIDE.search(node.value):
            self.note(hit[0], "value", "?text", node)

    # -- calls -------------------------------------------------------------------------------

    def call(self, node: ast.Call, how: str) -> Iterator[tuple[ast.AST, str]]:
        function = self.origins(node.func)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if "builtins.getattr" in function and len(node.args) > 1:
            yield from self.getattr(node, how)
            return
        if function & _IMPORTERS and (module := self.module_named(node)):
            self.report(node.func, {module}, "import")
            if how in ("value", "type"):
                self.report(node, {module}, how)
        elif function & _GETTERS and (names := _all_texts(node.args)):
            for attribute in ".".join(names).split("."):
                self.attribute_of_anything(attribute, node, "value")
        elif "builtins.vars" in function:
            if not node.args:
                self.note("vars", "call", "?names", node.func)
        elif "builtins.setattr" in function and len(node.args) > 1:
            if text_in(node.args[1]) is None:
                self.note("setattr", "call", "?attribute", node.func)
        else:
            self.access(node, function)
            yield node.func, "call"
        typed = name in _TESTS and len(node.args) == 2
        for index, argument in enumerate(node.args):
            yield argument, "type" if typed and index else "receiver" if typed else "value"
        yield from ((keyword, "value") for keyword in node.keywords)

    def getattr(self, node: ast.Call, how: str) -> Iterator[tuple[ast.AST, str]]:
        """`getattr(os, "system")` is `os.system`; with a name that is not written out, anything."""
        attribute = name_in(node.args[1])
        if attribute is None:
            self.note("getattr", "call", "?attribute", node.func)
        else:
            self.report(node, self.origins(node), how)
            self.attribute_of_anything(attribute, node, how)
            if self.speaks_of_paths and attribute in anywhere.PATHS:
                self.note(f".{attribute}", "call", anywhere.PATHS[attribute], node)
        yield node.args[0], "receiver"
        yield from ((each, "value") for each in node.args[2:])
        yield from ((keyword, "value") for keyword in node.keywords)
        if attribute is None:
            yield node.args[1], "value"

    def module_named(self, node: ast.Call) -> str:
        """The module that a call imports, if that is written out."""
        name = name_in(node.args[0]) if node.args else None
        return canonical(name) if name and name[0] != "." else ""

    def access(self, node: ast.Call, function: Set[str]) -> None:
        """Whether a file is opened to read or to write, where the call says so."""
        known = any(each.endswith(_OPENERS) and each not in _BY_NUMBERS for each in function)
        of_path = not function and isinstance(node.func, ast.Attribute) and node.func.attr == "open"
        if not (known or of_path) or any(isinstance(each, ast.Starred) for each in node.args):
            return
        if not all(each.arg for each in node.keywords):
            return
        given = [each.value for each in node.keywords if each.arg == "mode"]
        given = given or node.args[known : known + 1]
        mode = text_in(given[0]) if given else "r"
        if mode is not None:
            writes = any(letter in mode for letter in "wax+")
            reads = "r" in mode or "+" in mode or not writes
            words = ["files:read"] * reads + ["files:write"] * writes
            self.opened[id(node.func)] = " ".join(words)

    # -- what a node stands for --------------------------------------------------------------

    def origins(self, node: ast.AST) -> Set[str]:
        """The full names of what an expression may stand for, as far as it comes of a module."""
        if isinstance(node, ast.Name):
            known = self.bound.get(node.id, _NOTHING)
            if node.id in anywhere.BUILTINS and not self.scopes.is_own(node, self.around):
                meant = "builtins" if node.id == "__builtins__" else f"builtins.{node.id}"
                return known | {meant}
            return known
        if isinstance(node, ast.Attribute):
            return self.below(node.value, node.attr)
        if isinstance(node, ast.Call):
            return self.result(node)
        if isinstance(node, ast.Subscript):
            return self.item(node)
        if isinstance(node, ast.IfExp):
            return self.origins(node.body) | self.origins(node.orelse)
        if isinstance(node, ast.BoolOp):
            return _NOTHING.union(*map(self.origins, node.values))
        return self.origins(node.value) if isinstance(node, ast.NamedExpr) else _NOTHING

    def below(self, node: ast.AST, attribute: str) -> Set[str]:
        origins = self.origins(node)
        if not origins:
            guess = below("", attribute)
            return {guess} if guess else _NOTHING
        return {below(origin, attribute) for origin in origins}

    def result(self, node: ast.Call) -> Set[str]:
        """What a call gives, if that is a module or a part of one."""
        function = self.origins(node.func)
        if "builtins.getattr" in function and len(node.args) > 1:
            attribute = name_in(node.args[1])
            return _NOTHING if attribute is None else self.below(node.args[0], attribute)
        if function & _IMPORTERS and (module := self.module_named(node)):
            return {module.partition(".")[0] if "builtins.__import__" in function else module}
        return _NOTHING

    def item(self, node: ast.Subscript) -> Set[str]:
        """`sys.modules["os"]` and `__builtins__["open"]`."""
        key = name_in(node.slice)
        if key is None:
            return _NOTHING
        found = set()
        for origin in self.origins(node.value):
            if origin.lstrip("~") == "sys.modules":
                found.add(canonical(key))
            elif origin.lstrip("~") == "builtins":
                found.add(f"builtins.{key}")
        return found

    # -- what is found -----------------------------------------------------------------------

    def report(self, node: ast.AST, origins: Set[str], how: str) -> None:
        """Enter the uses of what a node may stand for."""
        for origin in sorted(origins):
            if not is_standard(origin):
                if how not in _NEVER_GIVEN_ON:
                    self.note(origin, how, "", node)
                continue
            verdict = verdict_of(origin, how)
            if verdict:
                self.note(origin.lstrip("~"), how, verdict, node)

    def note(self, what: str, how: str, verdict: str, node: Any) -> None:
        if verdict == "files":
            verdict = self.opened.get(id(node), verdict)
        span = self.places.whole(node)
        self.found.append({"what": what, "how": how, "verdict": verdict, "span": span})


_LOOKS: Final[dict[type, Callable[[Expressions, Any, str], Iterable[tuple[ast.AST, str]]]]] = {
    ast.Attribute: Expressions.attribute,
    ast.Call: Expressions.call,
    ast.Subscript: Expressions.subscript,
    ast.IfExp: Expressions.choice,
    ast.BoolOp: Expressions.choice,
    ast.NamedExpr: Expressions.choice,
    ast.MatchClass: Expressions.pattern,
    ast.keyword: Expressions.keyword,
    ast.arg: Expressions.parameter,
}


def _all_texts(nodes: list[ast.expr]) -> list[str]:
    """The texts in these arguments; none if one of them, or a first one, is not written out."""
    texts = [text_in(node) for node in nodes]
    return [] if not texts or None in texts else [text for text in texts if text]


__all__ = ["Expressions"]

"""Is a name the author's own, and which text is it? Asked rarely, of a file as a whole."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cached_property

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_APART = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
"""What has a scope of its own."""


class Scopes:
    """The names of one file."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._bound: dict[int, set[str]] = {}

    def is_own(self, node: ast.Name, around: tuple[ast.AST, ...]) -> bool:
        """Whether a name that builtins have is surely the author's own where it stands.

        around: the functions and classes that it stands in. In a function that binds it, it is. At
        the top level it is behind a statement that is always run, in a file that deletes nothing.
        """
        for scope in around:
            if isinstance(scope, _FUNCTIONS) and node.id in self._bound_in(scope):
                return True
        return self._first.get(node.id, node.lineno) < node.lineno

    def text_of(self, node: ast.expr) -> str | None:
        """The text that an expression is: written out there, or in all that is given its name."""
        return self._texts.get(node.id) if isinstance(node, ast.Name) else text_in(node)

    def _bound_in(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
        names = self._bound.get(id(function))
        if names is None:
            args = function.args
            every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
            names = {arg.arg for arg in every if arg is not None}
            not_own: set[str] = set()
            for part in _inside(function.body):
                names.update(_bound_by(part))
                if isinstance(part, (ast.Global, ast.Nonlocal)):
                    not_own.update(part.names)
            names = self._bound[id(function)] = names - not_own
        return names

    @cached_property
    def _first(self) -> dict[str, int]:
        """For each name of the top level, the last line of the statement that binds it first."""
        found: dict[str, int] = {}
        if not any(isinstance(each, ast.Delete) for each in ast.walk(self.tree)):
            for statement in self.tree.body:
                for name in _bound_by(statement):
                    found.setdefault(name, statement.end_lineno or statement.lineno)
        return found

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The names that are nothing but texts written out, with all of these."""
        texts: dict[str, list[str | None]] = {}
        stores: Counter[str] = Counter()
        others: set[str] = set()
        for part in ast.walk(self.tree):
            if isinstance(part, ast.Assign):
                for name in _bound_by(part):
                    texts.setdefault(name, []).append(text_in(part.value))
            elif isinstance(part, ast.AnnAssign):
                for name in _bound_by(part.target):
                    value = text_in(part.value) if part.value is not None else None
                    texts.setdefault(name, []).append(value)
            elif isinstance(part, ast.Name):
                stores.update(_bound_by(part))
            else:
                others.update([part.arg] if isinstance(part, ast.arg) else _bound_by(part))
        return {
            name: "\n".join(text for text in found if text)
            for name, found in texts.items()
            if None not in found and len(found) == stores[name] and name not in others
        }


def _inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Everything in a function but what is in a scope of its own."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _APART):
            stack += ast.iter_child_nodes(node)


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node binds by itself; of an assignment, the plain ones."""
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    return []


def text_in(node: ast.AST) -> str | None:
    """The text that an expression plainly is: a literal, or literals put together."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_in(node.left), text_in(node.right)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.JoinedStr):
        parts = [text_in(each) for each in node.values]
        return None if None in parts else "".join(part for part in parts if part)
    return None


def name_in(node: ast.AST) -> str | None:
    """The name, or names with dots, that an expression plainly is as a text."""
    text = text_in(node)
    return text if text is not None and text.replace(".", "").isidentifier() else None


__all__ = ["Scopes", "name_in", "text_in"]

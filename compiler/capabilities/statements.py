"""The statements of a file that stand on certain lines, and the expressions in each of them."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

LISTS: Final = (ast.Tuple, ast.List)
DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_hot(node: ast.stmt | ast.expr, hot: list[int] | None) -> bool:
    """Whether a node stands on one of these lines; the lines of decorators are among its own."""
    if hot is None:
        return True
    first = node.lineno
    if node.__class__ in DEFINITIONS and node.decorator_list:
        first = node.decorator_list[0].lineno
    at = bisect_left(hot, first)
    return at < len(hot) and hot[at] <= (node.end_lineno or node.lineno)


def statements(
    tree: ast.Module, hot: list[int] | None
) -> Iterator[tuple[ast.stmt, tuple[ast.AST, ...]]]:
    """The statements that stand on these lines, each with the functions and classes around it."""
    stack: list[tuple[ast.stmt, tuple[ast.AST, ...]]] = [(node, ()) for node in tree.body[::-1]]
    while stack:
        node, around = stack.pop()
        if not is_hot(node, hot):
            continue
        yield node, around
        inside = (*around, node) if isinstance(node, DEFINITIONS) else around
        for body in blocks(node):
            stack += [(child, inside) for child in body[::-1]]


def blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of statements in a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if body:
            yield body
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


# -- the expressions in a statement ------------------------------------------------------------


def parts_of(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    """The expressions of a statement, its blocks aside, and how each is used."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        args = node.args
        yield from ((each, "call") for each in node.decorator_list)
        yield from ((each, "value") for each in (*args.defaults, *filter(None, args.kw_defaults)))
        for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
            if arg is not None and arg.annotation is not None:
                yield arg.annotation, "type"
        if node.returns is not None:
            yield node.returns, "type"
        yield from ((each, "value") for each in getattr(node, "type_params", ()))
    elif isinstance(node, ast.ClassDef):
        yield from ((each, "call") for each in (*node.decorator_list, *node.bases))
        yield from ((each, "value") for each in node.keywords)
    elif isinstance(node, ast.Assign):
        yield from ((each, "store") for each in node.targets)
        if len(node.targets) == 1:
            yield from _given(node.targets[0], node.value)
        else:
            names = all(isinstance(each, ast.Name) for each in node.targets)
            yield node.value, "bind" if names else "value"
    elif isinstance(node, ast.AnnAssign):
        yield from ((node.target, "store"), (node.annotation, "type"))
        if node.value is not None:
            yield node.value, "bind" if isinstance(node.target, ast.Name) else "value"
    elif isinstance(node, ast.Expr):
        yield node.value, "receiver"
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        return
    else:
        yield from _other_parts(node)


def _other_parts(node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            continue
        if isinstance(child, ast.ExceptHandler):
            if child.type is not None:
                yield child.type, "type"
        elif isinstance(child, ast.match_case):
            yield child.pattern, "value"
            if child.guard is not None:
                yield child.guard, "value"
        else:
            yield child, "value"


def _given(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.AST, str]]:
    """What an assignment gives to names, one by one where it can be told which gets what."""
    if isinstance(target, LISTS) and isinstance(value, LISTS):
        starred = any(isinstance(each, ast.Starred) for each in (*target.elts, *value.elts))
        if len(target.elts) == len(value.elts) and not starred:
            for one, other in zip(target.elts, value.elts, strict=True):
                yield from _given(one, other)
            return
    yield value, "bind" if isinstance(target, ast.Name) else "value"


__all__ = ["DEFINITIONS", "LISTS", "blocks", "is_hot", "parts_of", "statements"]

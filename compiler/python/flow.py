"""Does a body always end in a `raise` or an exit? Conservative: None where it is not plain."""

from __future__ import annotations

import ast
from collections.abc import Container
from typing import Final, NamedTuple

_EXITS: Final = {"sys.exit", "os._exit", "os.abort", "exit", "quit"}

_COMPOUND: Final = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith),
    *(ast.Try, ast.TryStar, ast.Match, ast.excepthandler, ast.match_case),
)
_CAN_END: Final = (ast.Raise, ast.Expr, ast.Assert, ast.If, ast.Try)


class Ending(NamedTuple):
    """`what` is how it ends, as the author would say it: `raise ValueError`, `sys.exit()`."""

    what: str
    statement: ast.stmt


def ending(body: list[ast.stmt], defined: Container[str] = ()) -> Ending | None:
    """The statement at which every run of this body ends by raising or exiting.

    `defined` are the names the author binds; an `exit` of the author's own is none of ours.
    """
    for index, statement in enumerate(body):
        if isinstance(statement, ast.Return):
            return None
        if isinstance(statement, _CAN_END) and (found := _ends(statement, defined)):
            return None if any(map(_may_return, body[:index])) else found
    return None


def _ends(statement: ast.stmt, defined: Container[str]) -> Ending | None:
    if isinstance(statement, ast.Raise):
        return Ending(_raised(statement.exc), statement)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        name = _name(statement.value.func)
        if name in _EXITS and name not in defined:
            return Ending(f"{name}()", statement)
    elif isinstance(statement, ast.Assert):
        if isinstance(statement.test, ast.Constant) and not statement.test.value:
            return Ending("assert", statement)
    elif isinstance(statement, ast.If):
        return _all_branches(statement, defined)
    elif isinstance(statement, ast.Try):
        if found := ending(statement.finalbody, defined):
            return None if _may_return(statement) else found
        found = ending(statement.body, defined) or ending(statement.orelse, defined)
        if found and all(ending(each.body, defined) for each in statement.handlers):
            return None if _may_return(statement) else found
    return None


def _all_branches(branch: ast.If, defined: Container[str]) -> Ending | None:
    """The first ending of `if … elif … else`, if each branch has one. A chain may be very long."""
    first = ending(branch.body, defined)
    found = first
    while found and len(branch.orelse) == 1 and isinstance(branch.orelse[0], ast.If):
        branch = branch.orelse[0]
        found = ending(branch.body, defined)
    return first if found and ending(branch.orelse, defined) else None


def _may_return(statement: ast.stmt) -> bool:
    """Is there a `return` in the statement, functions inside it aside?"""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            return True
        if isinstance(node, _COMPOUND):
            stack.extend(ast.iter_child_nodes(node))
    return False


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _raised(raised: ast.expr | None) -> str:
    name = _name(raised.func if isinstance(raised, ast.Call) else raised)
    return f"raise {name}".rstrip()

"""What an expression plainly says: a literal's value, a dotted name, a keyword argument.

Nothing is evaluated: only what can be read off the syntax has a value.
"""

from __future__ import annotations

import ast
from typing import Any, Final

MAX_NODES: Final = 2_000
MAX_INTEGER_BITS: Final = 1_024


class NotLiteral(Exception):
    """The expression is no JSON-able literal."""


def literal(node: ast.expr) -> Any:
    """The JSON-able value of a literal, a tuple as a list; raises `NotLiteral` for all else."""
    try:
        return _literal(node, [MAX_NODES])
    except RecursionError:
        raise NotLiteral from None


def _literal(node: ast.expr, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise NotLiteral
    if isinstance(node, ast.Constant):
        return _scalar(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return _scalar(-number)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_literal(item, budget) for item in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {_key(key): _literal(value, budget) for key, value in pairs}
    raise NotLiteral


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() <= MAX_INTEGER_BITS:  # Python refuses to print very long ones
            return value
    elif isinstance(value, float):
        if value - value == 0:  # neither inf nor nan, which JSON does not have
            return value
    elif isinstance(value, str) and is_text(value):
        return value
    raise NotLiteral


def is_text(value: str) -> bool:
    """Can the string be written as UTF-8? A lone surrogate (`"\\ud800"`) cannot."""
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_text(node.value):
        return node.value
    raise NotLiteral


def dotted(node: ast.expr) -> str:
    """`a.b` of `a.b`, `a.b(…)` and `a.b[…]`; `?` of anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    elif isinstance(node, ast.Subscript):
        node = node.value
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return "?"
    return ".".join([node.id, *reversed(parts)]) if parts else node.id


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c(…)`."""
    return dotted(node).rpartition(".")[2]


def flag(call: ast.expr | None, name: str, default: bool) -> bool:
    """A boolean keyword argument of a call, as written: `kw_only=True`."""
    if isinstance(call, ast.Call):
        for each in call.keywords:
            if each.arg == name and isinstance(each.value, ast.Constant):
                return bool(each.value.value)
    return default

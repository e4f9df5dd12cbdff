"""Is a name the author's own, and which text is it? Asked rarely, answered by the whole file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def is_own(node: ast.Name, around: tuple[ast.AST, ...], tree: ast.Module) -> bool:
    """Whether a name that builtins have is surely the author's own where it stands.

    In a function that binds it, it is. At the top level it is behind a statement that is always
    run, in a file that deletes nothing.
    """
    for scope in around:
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) and _binds(scope, node.id):
            return True
    first = next((each for each in tree.body if node.id in _bound_by(each)), None)
    if first is None or (first.end_lineno or first.lineno) >= node.lineno:
        return False
    return not any(isinstance(each, ast.Delete) for each in ast.walk(tree))


def _binds(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    if any(arg is not None and arg.arg == name for arg in every):
        return True
    inside = list(_own_parts(function.body))
    for part in inside:
        if isinstance(part, (ast.Global, ast.Nonlocal)) and name in part.names:
            return False
    return any(name in _bound_by(part) for part in inside)


def _own_parts(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Everything in a function but what has a scope of its own."""
    stack: list[ast.AST] = [*body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*_SCOPES, *_COMPREHENSIONS)):
            stack += ast.iter_child_nodes(node)


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a node binds by itself; of an assignment, the plain ones."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
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


def text_of(node: ast.expr, tree: ast.Module) -> str | None:
    """The text that an expression is: written out there, or in every assignment to its name."""
    if not isinstance(node, ast.Name):
        return text_in(node)
    texts: list[str | None] = []
    stores = 0
    for part in ast.walk(tree):
        if isinstance(part, ast.Assign) and node.id in _bound_by(part):
            texts.append(text_in(part.value))
        elif isinstance(part, ast.AnnAssign) and node.id in _bound_by(part.target):
            texts.append(text_in(part.value) if part.value is not None else None)
        elif isinstance(part, ast.Name):
            stores += node.id in _bound_by(part)
        elif node.id in _bound_by(part) or (isinstance(part, ast.arg) and part.arg == node.id):
            return None
    if not texts or len(texts) != stores:
        return None
    return None if None in texts else "\n".join(text for text in texts if text)


__all__ = ["is_own", "text_in", "text_of"]

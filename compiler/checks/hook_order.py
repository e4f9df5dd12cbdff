"""Hooks that would run in an order nobody chose."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.lower import hook_order
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_references as ct3


def check_order(resolved: Resolved) -> Iterator[Diagnostic]:
    """One finding for each hook whose number an earlier one has."""
    seen: dict[int, str] = {}
    for hook in resolved.hooks.values():
        if hook.home is None or hook.value.get("enabled") is False:
            continue
        order = hook_order(hook)
        if type(order) is not int:
            continue
        if order in seen:
            document = hook.document
            span = document.where(("order",)) if document is not None else None
            found = ct3.hook_order.at(hook.path, span, other=seen[order], order=order)
            yield hook.home.located(found)
        seen.setdefault(order, hook.id)

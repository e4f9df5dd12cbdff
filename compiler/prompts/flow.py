"""Follows a template as a run would, through loops and both sides of every condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from looplet.compiler.prompts.shapes import ANYTHING, TEXT
from looplet.compiler.prompts.state import State, Value
from looplet.compiler.prompts.values import Values
from looplet.compiler.rules import ct5_prompts as rules
from looplet.prompts.language import include_fault, included

_ITERABLE: Final = frozenset({"array", "object"})


class Flow(Values):
    """One template; what it includes goes to `include`, with what it sees there."""

    def __init__(self, path: str, text: str, include: Callable[[str, State, Any], None]) -> None:
        super().__init__(path, text)
        self.include = include

    def run(self, body: Iterable[Any], state: State) -> State:
        for node in body:
            step = getattr(self, "run_" + type(node).__name__.lower(), None)
            if step is not None:
                state = step(node, state)
        return state

    def run_output(self, node: Any, state: State) -> State:
        for child in node.nodes:
            if type(child).__name__ != "TemplateData":
                self.use(child, state)
        return state

    def run_assign(self, node: Any, state: State) -> State:
        value = self.use(node.node, state)
        if type(node.target).__name__ != "Name":
            return state
        return state.having(node.target.name, Value(value))

    def run_if(self, node: Any, state: State) -> State:
        ends: list[State] = []
        for branch in (node, *node.elif_):
            verdict = self.judge(branch.test, state)
            ends.append(self.run(branch.body, state.knowing(verdict.yes)))
            state = state.knowing(verdict.no)
        after = self.run(node.else_, state)
        for end in ends:
            after = after.meet(end)
        return after

    def run_for(self, node: Any, state: State) -> State:
        shape = self.use(node.iter, state)
        self.expect(shape, _ITERABLE, "`for`", node.iter)
        inner = state
        if type(node.target).__name__ == "Tuple":
            pairs = type(node.iter).__name__ == "Filter" and node.iter.name == "items"
            if not pairs or len(node.target.items) != 2:
                what = "a loop with several names needs pairs"
                span = self.word(node.iter)
                self.report(
                    rules.forbidden_construct,
                    span,
                    what=what,
                    instead="write two names and `| items` after a mapping",
                )
            values = [TEXT, shape.items.items] if pairs else [ANYTHING]
            for at, name in enumerate(node.target.items):
                if type(name).__name__ == "Name":
                    inner = inner.having(name.name, Value(values[min(at, len(values) - 1)]))
        elif type(node.target).__name__ == "Name":
            inner = inner.having(node.target.name, Value(shape.items))
        if node.test is not None:
            verdict = self.judge(node.test, replace(inner, in_loop=False))
            inner = inner.knowing(verdict.yes)
        self.run(node.body, replace(inner, in_loop=True))
        self.run(node.else_, state)
        return state

    def run_include(self, node: Any, state: State) -> State:
        name = included(node)
        if name is not None and not include_fault(name):
            self.include(name, replace(state, in_loop=False), node)
        return state

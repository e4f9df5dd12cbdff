"""Where a checked template runs: Jinja's immutable sandbox, over plain data, on a budget.

The sandbox stops escapes; it does not stop cost. So every loop, filter, comparison and include
first pays for itself, and the tree is rewritten to make it: loops go through the filter ` each`,
compared values through ` weigh`, includes through ` spend`. No template can name a filter that has
a space in its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from looplet.prompts.filters import (
    FILTERS,
    TESTS,
    FilterRule,
    Live,
    Refused,
    Task,
    called,
    fits,
    kind_name,
    kind_of,
    text_of,
)
from looplet.prompts.language import LOOP, argument_problem
from looplet.prompts.reading import LAYOUT, weight_of

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_ROUNDS: Final = 10_000  # of all loops of one rendering together
MAX_WORK: Final = 500_000  # about the number of nodes that are visited
INCLUDE_COST: Final = 50  # an include costs as much as this many nodes
CHARACTERS_A_UNIT: Final = 256


class Value(str):
    """Text that came from an expression, not from the template itself."""

    __slots__ = ()

    def __str__(self) -> str:  # Jinja calls `str` on what it prints; stay what we are
        return self


class TaskText(str):
    """A task given as text; `task.goal` is the same text."""

    __slots__ = ()


class Budget:
    """What one rendering has used so far."""

    __slots__ = ("rounds", "work")

    def __init__(self) -> None:
        self.rounds = self.work = 0

    def spend(self, units: int) -> None:
        self.work += units
        if self.work > MAX_WORK:
            raise Refused("the template does too much work; loop over less")

    def loop(self, rounds: int, weight: int) -> None:
        self.rounds += rounds
        if self.rounds > MAX_ROUNDS:
            raise Refused(f"the loops of the template go round more than {MAX_ROUNDS} times in all")
        self.spend(rounds * weight)

    def weigh(self, value: Any) -> None:
        size = len(value) if isinstance(value, (str, list, dict)) else 0
        self.spend(1 + size // (CHARACTERS_A_UNIT if isinstance(value, str) else 4))


def sandbox(trees: Mapping[str, nodes.Template], budget: Budget) -> ImmutableSandboxedEnvironment:
    """An environment that knows these checked templates and nothing else, for one rendering."""
    made: ImmutableSandboxedEnvironment = _sandbox_type()(trees, budget)
    return made


@cache
def _sandbox_type() -> Any:
    from jinja2 import BaseLoader, StrictUndefined, Template, Undefined, pass_context
    from jinja2.exceptions import TemplateNotFound
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Missing(StrictUndefined):
        """Raises whenever it is used; its message is the name and nothing else."""

        __slots__ = ()

        @property
        def _undefined_message(self) -> str:
            return str(self._undefined_name)

    class Loader(BaseLoader):
        def __init__(self, trees: Mapping[str, nodes.Template]) -> None:
            self.trees = trees

        def load(self, environment: Any, name: str, globals: Any = None) -> Template:
            if name not in self.trees:
                raise TemplateNotFound(name)
            tree = _paying(self.trees[name], self.trees)
            tree.set_environment(environment)
            code = environment.compile(tree, name, name)
            return Template.from_code(environment, code, {})

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset("+-")
        intercepted_unops = frozenset("-")

        def __init__(self, trees: Mapping[str, nodes.Template], budget: Budget) -> None:
            super().__init__(
                loader=Loader(trees),
                undefined=Missing,
                optimized=False,  # nothing is evaluated before it is paid for
                auto_reload=False,
                finalize=self.printed,
                **LAYOUT,
            )
            self.budget = budget
            self.globals.clear()
            self.filters = {name: self.filter(name, rule) for name, rule in FILTERS.items()}
            self.filters["d"] = self.filters["default"] = self.default
            self.filters |= {" each": self.each, " weigh": self.weigh, " spend": self.spend}
            self.tests = {name: self.test(test) for name, test in TESTS.items()}
            self.tests["defined"] = lambda value: not isinstance(value, Undefined)
            self.tests["undefined"] = lambda value: isinstance(value, Undefined)

        # what expressions are made of

        def getattr(self, obj: Any, attribute: str) -> Any:
            return self.member(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            if isinstance(argument, slice):
                self.present(obj)
                if not isinstance(obj, (str, list)):
                    raise Refused(f"a part `[…:…]` of a {kind_name(obj)} can't be taken")
                self.budget.weigh(obj)
                return obj[argument]
            return self.member(obj, self.present(argument))

        def member(self, obj: Any, key: Any) -> Any:
            """Data only: no attribute of a Python object is ever looked at."""
            self.present(obj)
            if isinstance(obj, dict):
                if isinstance(key, str) and key in obj:
                    return obj[key]
            elif isinstance(obj, LoopContext):
                if key in LOOP:
                    return getattr(obj, key)
            elif isinstance(obj, TaskText) and key == "goal":
                return str.__str__(obj)
            elif isinstance(obj, (str, list)) and type(key) is int and -len(obj) <= key < len(obj):
                return obj[key]
            return Missing(obj=obj, name=key)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            for side in (left, right):
                if kind_of(self.present(side)) != "number":
                    raise Refused(f"`{operator}` needs numbers, not a {kind_name(side)}; use `~`")
            return self.binop_table[operator](left, right)

        def call_unop(self, context: Any, operator: str, arg: Any) -> Any:
            if kind_of(self.present(arg)) != "number":
                raise Refused(f"`{operator}` needs a number, not a {kind_name(arg)}")
            return -arg

        def call(self, *args: Any, **kwargs: Any) -> Any:
            raise Refused("templates can't call anything")

        # what pays

        @pass_context  # so that Jinja doesn't print constants while compiling
        def printed(self, context: Any, value: Any) -> Value:
            text = text_of(self.plain(value))
            self.budget.spend(1)
            fits(len(text))
            return Value(text)

        def each(self, value: Any, weight: int) -> list[Any]:
            if not isinstance(self.present(value), (list, dict)):
                raise Refused(f"`for` needs a list or a mapping, not a {kind_name(value)}")
            self.budget.loop(len(value), weight)
            return list(value)

        def weigh(self, value: Any) -> Any:
            if not isinstance(value, Undefined):
                self.budget.weigh(value)
            return value

        def spend(self, value: str, units: int) -> str:
            self.budget.spend(units)
            return value

        def present(self, value: Any) -> Any:
            """The value, if it may be used."""
            if isinstance(value, Undefined):
                str(value)  # raises
            if isinstance(value, Live):
                value.refuse()
            return value

        def plain(self, value: Any) -> Any:
            if isinstance(self.present(value), LoopContext):
                raise Refused("`loop` by itself has no value; write `loop.index`")
            return value

        def default(self, value: Any, default_value: Any = "", boolean: bool = False) -> Any:
            if isinstance(value, Undefined) or (boolean and not value):
                return default_value
            return value

        def filter(self, name: str, rule: FilterRule) -> Any:
            positional = [each.name for each in rule.parameters if not each.keyword]
            known = {each.name: each for each in rule.parameters}

            def apply(value: Any, *args: Any, **named: Any) -> Any:
                self.plain(value)
                if kind_of(value) not in rule.takes:
                    wanted = called(rule.takes)
                    if not (isinstance(value, Task) and "string" in rule.takes):
                        raise Refused(
                            f"the filter `{name}` needs a {wanted}, not a {kind_name(value)}"
                        )
                    value = text_of(value)
                named |= zip(positional, args, strict=False)
                for key, argument in named.items():
                    problem = argument_problem(known[key], self.plain(argument))
                    if problem:
                        raise Refused(f"the filter `{name}` {problem}")
                if name in ("first", "last") and not value:
                    return Missing(name=name)
                if name == "join":  # a literal list may hold undefined values
                    for item in value:
                        self.present(item)
                self.budget.weigh(value)
                result = rule.function(value, **named)
                if isinstance(result, str):
                    fits(len(result))
                self.budget.weigh(result)
                return result

            return apply

        def test(self, test: Any) -> Any:
            return lambda value: test(self.plain(value))

    return Sandbox


def _paying(tree: nodes.Template, trees: Mapping[str, nodes.Template]) -> nodes.Template:
    """The tree, changed so that what may cost pays first."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def through(name: str, value: Any, *args: int) -> nodes.Filter:
        constants = [nodes.Const(each, lineno=value.lineno) for each in args]
        return nodes.Filter(value, name, constants, [], None, None, lineno=value.lineno)

    class Payer(NodeTransformer):
        def visit_For(self, node: nodes.For) -> nodes.Node:
            weight = weight_of(node)
            self.generic_visit(node)
            node.iter = through(" each", node.iter, weight)
            return node

        def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
            self.generic_visit(node)
            node.expr = through(" weigh", node.expr)
            for operand in node.ops:
                operand.expr = through(" weigh", operand.expr)
            return node

        def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
            self.generic_visit(node)
            return through("join", nodes.List(node.nodes, lineno=node.lineno))

        def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
            self.generic_visit(node)  # of values, a list; of names that a loop sets, itself
            return nodes.List(node.items, lineno=node.lineno) if node.ctx == "load" else node

        def visit_Include(self, node: nodes.Include) -> Any:
            name = node.template.value  # type: ignore[attr-defined]
            cost = INCLUDE_COST + weight_of(trees[name])
            nothing = nodes.Const("", lineno=node.lineno)
            return [nodes.Output([through(" spend", nothing, cost)], lineno=node.lineno), node]

    changed: nodes.Template = Payer().visit(tree)
    return changed

"""What the expressions of a template give, and what its conditions tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from looplet.compiler.diagnostics import Edit, Fix
from looplet.compiler.prompts.findings import Findings, names_of
from looplet.compiler.prompts.shapes import (
    ANYTHING,
    BOOLEAN,
    KINDS,
    NUMBER,
    TEXT,
    UNKNOWN,
    Shape,
    either,
    list_of,
)
from looplet.compiler.prompts.state import TASK, Fact, State, Value, Verdict, narrowed
from looplet.compiler.rules import ct5_prompts as rules
from looplet.compiler.suggest import closest
from looplet.prompts.filters import FILTERS
from looplet.prompts.language import arguments_of, dotted, path_of

_TESTS: Final = {"none": "null", "string": "string", "mapping": "object", "boolean": "boolean"}
_HOLDERS: Final = frozenset({"string", "array", "object"})


class Values(Findings):
    """`use` and `value` give the shape of an expression, `judge` also what follows from its truth.

    One method for each node: `value_getattr`, `judge_and`. A node without one was refused before.
    """

    def use(self, node: Any, state: State) -> Shape:
        """The shape of an expression whose value is needed; a missing one is reported."""
        value = self.value(node, state)
        if value.why:
            path = path_of(node)
            what = dotted(path) if path else "the value"
            if type(node).__name__ == "Filter":
                what = f"… | {node.name}"
            self.report(rules.may_be_missing, self.span_of(node), what=what, why=value.why)
        return value.shape

    def value(self, node: Any, state: State) -> Value:
        step = getattr(self, "value_" + type(node).__name__.lower(), None)
        if step is None:  # refused by the language already
            return Value(ANYTHING)
        value: Value = step(node, state)
        path = path_of(node)
        return narrowed(value, path, state.facts) if path else value

    def value_const(self, node: Any, state: State) -> Value:
        return Value(Shape({"const": node.value}))

    def value_list(self, node: Any, state: State) -> Value:
        items = [self.use(item, state) for item in node.items]
        shape = items[0] if items else ANYTHING
        for item in items[1:]:
            shape = either(shape, item)
        return Value(list_of(shape, len(items)))

    value_tuple = value_list

    def value_name(self, node: Any, state: State) -> Value:
        known = state.names.get(node.name)
        if known is not None:
            return known
        if node.name == "loop" or node.name.startswith("_"):
            return Value(ANYTHING)
        nearest = closest(node.name, state.names)
        inputs = state.names.get("inputs", Value(ANYTHING)).shape.properties
        span = self.word(node)
        fixes = self.renaming(span, node.name, nearest)
        if nearest is None:
            input_ = node.name if node.name in inputs else closest(node.name, inputs)
            if input_ is not None:
                nearest = _spelt_input(input_)
                exact = input_ == node.name
                edit = Edit(self.path, span, nearest)
                fixes = (Fix(f"write `{nearest}`", exact, (edit,)),)
        names = tuple(state.names)
        self.report(
            rules.unknown_variable, span, fixes, name=node.name, known=names, nearest=nearest
        )
        return Value(UNKNOWN)

    def value_getattr(self, node: Any, state: State) -> Value:
        if getattr(node.node, "name", None) == "loop" and "loop" not in state.names:
            if not state.in_loop:
                span = self.word(node.node)
                known = tuple(state.names)
                self.report(rules.unknown_variable, span, name="loop", known=known, nearest=None)
            return Value(BOOLEAN if node.attr in ("first", "last") else NUMBER)
        return self.member(node, self.use(node.node, state), node.attr)

    def value_getitem(self, node: Any, state: State) -> Value:
        owner = self.use(node.node, state)
        if type(node.arg).__name__ == "Slice":
            for part in (node.arg.start, node.arg.stop, node.arg.step):
                if part is not None:
                    self.expect(self.use(part, state), {"number"}, "`[…:…]`", part)
            self.expect(owner, {"string", "array"}, "`[…:…]`", node.node)
            return Value(list_of(owner.items) if owner.kinds == {"array"} else owner)
        key = getattr(node.arg, "value", None)
        if isinstance(key, str):
            return self.member(node, owner, key)
        if not isinstance(key, int):
            self.use(node.arg, state)
        if owner.kinds == {"array"}:
            sure = isinstance(key, int) and -owner.filled <= key < owner.filled
            return Value(owner.items, "" if sure else "the list may be shorter")
        if owner.kinds == {"string"}:
            return Value(TEXT, "the text may be shorter")
        return Value(ANYTHING, "it is known only at run time what is read")

    def member(self, node: Any, owner: Shape, name: str) -> Value:
        path = path_of(node.node)
        what = dotted(path) if path else "the value"
        span = self.word(node)
        if owner.schema is TASK.schema and name == "goal":
            return Value(TEXT)  # of a task that is a text, too
        if owner.schema is UNKNOWN.schema:
            return Value(UNKNOWN)
        if name.startswith("_"):  # refused as such
            return Value(ANYTHING)
        if "object" not in owner.kinds:
            kind = names_of(owner.kinds)
            self.report(
                rules.unknown_attribute,
                span,
                owner=what,
                name=name,
                known=(),
                nearest=None,
                kind=kind,
            )
            return Value(ANYTHING)
        found = owner.member(name)
        if found is None:
            known = tuple(owner.properties)
            nearest = closest(name, known)
            dashed = [each for each in known if "-" in each and each.split("-")[0] == name]
            fixes = self.renaming(span, name, nearest)
            if dashed and not nearest:  # `inputs.my-key` is a subtraction
                nearest, fixes = f'{what}["{dashed[0]}"]', ()
            self.report(
                rules.unknown_attribute,
                span,
                fixes,
                owner=what,
                name=name,
                known=known,
                nearest=nearest,
                kind="",
            )
            return Value(UNKNOWN)
        if found.sure:
            return Value(found.shape)
        if owner.kinds != {"object"} and owner.known and name in owner.properties:
            others = names_of(owner.kinds - {"object"})
            return Value(found.shape, f"`{what}` may be {others}")
        if name in owner.properties:
            return Value(found.shape, "its schema doesn't require it")
        return Value(found.shape, "no schema says that it is there")

    def value_filter(self, node: Any, state: State) -> Value:
        rule = FILTERS.get(node.name)
        if rule is None or node.dyn_args is not None or node.dyn_kwargs is not None:
            self.use(node.node, state)
            return Value(ANYTHING)
        arguments = arguments_of(node, rule.parameters)
        if node.name in ("default", "d"):
            return self.default(node, arguments, state)
        shape = self.use(node.node, state)
        who = f"the filter `{node.name}`"
        if shape.schema is not TASK.schema or "string" not in rule.takes:
            self.expect(shape, rule.takes, who, node.node, _hint(node.name, shape))
        for parameter in rule.parameters:
            if parameter.name in arguments:
                argument = arguments[parameter.name]
                given = self.use(argument, state)
                if type(argument).__name__ != "Const":
                    self.expect(given, parameter.takes, f"`{parameter.name}` of {who}", argument)
        items = shape.items
        attribute = arguments.get("attribute")
        if attribute is not None and isinstance(getattr(attribute, "value", None), str):
            items = self.attribute(attribute, items)
        if node.name in ("sort", "unique") and items.known and shape.kinds == {"array"}:
            one = next(iter(items.kinds)) if len(items.kinds) == 1 else ""
            if one not in ("string", "number", "boolean"):
                self.expect(items, {"string"} & items.kinds or {"number"}, who, node)
        if rule.gives == "item":
            if shape.kinds == {"array"}:
                return Value(shape.items, "" if shape.filled else "the list may be empty")
            return Value(TEXT if shape.kinds == {"string"} else ANYTHING, "it may be empty")
        if rule.gives == "same":
            return Value(shape if shape.kinds == {"string"} else list_of(shape.items, shape.filled))
        if node.name == "map":
            return Value(list_of(items, shape.filled))
        if node.name == "items":
            return Value(list_of(list_of(_values(shape))))
        return Value(Shape({"type": rule.gives}))

    def attribute(self, node: Any, items: Shape) -> Shape:
        """What `attribute="name"` reads of each item."""
        name, span = node.value, self.word(node)
        self.expect(items, {"object"}, "`attribute`", node)
        found = items.member(name)
        if found is None:
            known = tuple(items.properties)
            nearest = closest(name, known)
            self.report(
                rules.unknown_attribute,
                span,
                self.renaming(span, name, nearest),
                owner="item",
                name=name,
                known=known,
                nearest=nearest,
                kind="",
            )
            return ANYTHING
        if not found.sure and items.kinds == {"object"}:
            why = "no schema requires it of the items"
            self.report(rules.may_be_missing, span, what=name, why=why)
        return found.shape

    def default(self, node: Any, arguments: Mapping[str, Any], state: State) -> Value:
        value = self.value(node.node, state)
        other = TEXT
        for name, argument in arguments.items():
            shape = self.use(argument, state)
            other = shape if name == "default_value" else other
        boolean = arguments.get("boolean")
        if boolean is not None and getattr(boolean, "value", None):
            present = value.shape.but(value.shape.kinds - {"null"} or KINDS)
            return Value(either(present, other))
        return Value(either(value.shape, other) if value.why else value.shape)

    def value_test(self, node: Any, state: State) -> Value:
        return Value(self.judge(node, state).shape)

    value_not = value_and = value_or = value_compare = value_test

    def value_concat(self, node: Any, state: State) -> Value:
        for part in node.nodes:
            self.use(part, state)
        return Value(TEXT)

    def value_add(self, node: Any, state: State) -> Value:
        for side in (node.left, node.right):
            shape = self.use(side, state)
            instead = "join texts with `~`" if type(node).__name__ == "Add" else ""
            self.expect(shape, {"number"}, f"`{node.operator}`", side, instead)
        return Value(NUMBER)

    value_sub = value_add

    def value_neg(self, node: Any, state: State) -> Value:
        self.expect(self.use(node.node, state), {"number"}, "`-`", node.node)
        return Value(NUMBER)

    def value_condexpr(self, node: Any, state: State) -> Value:
        verdict = self.judge(node.test, state)
        left = self.value(node.expr1, state.knowing(verdict.yes))
        if node.expr2 is None:
            return left
        right = self.value(node.expr2, state.knowing(verdict.no))
        return Value(either(left.shape, right.shape), left.why or right.why)

    # Conditions

    def judge(self, node: Any, state: State) -> Verdict:
        """An expression of which the truth counts."""
        step = getattr(self, "judge_" + type(node).__name__.lower(), None)
        if step is not None:
            verdict: Verdict = step(node, state)
            return verdict
        shape, path = self.use(node, state), path_of(node)
        if path is None:
            return Verdict(shape)
        return Verdict(shape, frozenset([(path, False, "null"), (path, False, "undefined")]))

    def judge_not(self, node: Any, state: State) -> Verdict:
        verdict = self.judge(node.node, state)
        return Verdict(BOOLEAN, verdict.no, verdict.yes)

    def judge_and(self, node: Any, state: State) -> Verdict:
        left = self.judge(node.left, state)
        right = self.judge(node.right, state.knowing(left.yes))
        shape = either(left.shape, right.shape)
        return Verdict(shape, left.yes | right.yes, left.no & right.no)

    def judge_or(self, node: Any, state: State) -> Verdict:
        left = self.judge(node.left, state)
        right = self.judge(node.right, state.knowing(left.no))
        present = left.shape.but(left.shape.kinds - {"null"} or KINDS)
        return Verdict(either(present, right.shape), left.yes & right.yes, left.no | right.no)

    def judge_test(self, node: Any, state: State) -> Verdict:
        path = path_of(node.node)
        if node.name in ("defined", "undefined"):
            self.value(node.node, state)
        else:
            self.use(node.node, state)
        if path is None:
            return Verdict(BOOLEAN)
        kind = _TESTS.get(node.name)
        yes: Fact | None = (path, True, kind) if kind else None
        no: Fact | None = (path, False, kind) if kind else None
        if node.name == "defined":
            yes = (path, False, "undefined")
        elif node.name == "undefined":
            no = (path, False, "undefined")
        return Verdict(BOOLEAN, frozenset([yes] if yes else []), frozenset([no] if no else []))

    def judge_compare(self, node: Any, state: State) -> Verdict:
        facts: set[Fact] = set()
        left_node, left = node.expr, self.use(node.expr, state)
        for operand in node.ops:
            right = self.use(operand.expr, state)
            if operand.op in ("in", "notin"):
                self.expect(right, _HOLDERS, "`in`", operand.expr)
                if right.kinds == {"string"}:
                    self.expect(left, {"string"}, "`in` a text", left_node)
                path, key = path_of(operand.expr), getattr(left_node, "value", None)
                if operand.op == "in" and path and isinstance(key, str):
                    facts.add(((*path, key), False, "undefined"))
            elif operand.op in ("lt", "lteq", "gt", "gteq") and left.known and right.known:
                wanted = {"string"} if left.kinds == {"string"} else {"number"}
                self.expect(left, wanted, "a comparison by size", left_node)
                self.expect(right, wanted, "a comparison by size", operand.expr)
            left_node, left = operand.expr, right
        return Verdict(BOOLEAN, frozenset(facts))


def _values(shape: Shape) -> Shape:
    """The values of a mapping of which only some may be declared."""
    properties = shape.properties
    extra = shape.schema.get("additionalProperties")
    if properties and extra is False:
        each = [Shape.of(schema, shape.root) for schema in properties.values()]
        found = each[0]
        for other in each[1:]:
            found = either(found, other)
        return found
    return (
        Shape.of(extra, shape.root) if isinstance(extra, Mapping) and not properties else ANYTHING
    )


def _hint(name: str, shape: Shape) -> str:
    if shape.kinds == {"array"} and name != "items":
        return 'join the list first, with `join(", ")`'
    if shape.kinds == {"object"} and name in ("join", "first", "last", "sort", "map"):
        return "take its `items` first"
    return ""


def _spelt_input(name: str) -> str:
    return f"inputs.{name}" if "-" not in name else f'inputs["{name}"]'

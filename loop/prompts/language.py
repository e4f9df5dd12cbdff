"""What a template may say: the one definition that the compiler checks and the renderer obeys.

An allow-list: what is not named here is refused. `faults` lists what stands in a tree and may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from looplet.prompts.filters import (
    FILTERS,
    FILTERS_INSTEAD,
    TESTS,
    TESTS_INSTEAD,
    Parameter,
    called,
    kind_name,
    kind_of,
)
from looplet.prompts.reading import Fault, place_of

if TYPE_CHECKING:
    from jinja2 import nodes

MAX_INCLUDES: Final = 8  # files, one in the other
GIVEN: Final = ("task", "inputs", "cartridge", "tools")
LOOP: Final = ("index", "index0", "revindex", "revindex0", "first", "last", "length")

_STATEMENTS: Final = {"Template", "Output", "TemplateData", "If", "For", "Assign", "Include"}
_VALUES: Final = {"Name", "Getattr", "Getitem", "Slice", "Const", "List", "Tuple"}
_CHOICES: Final = {"And", "Or", "Not", "Compare", "Operand", "CondExpr", "Test"}
_COMPUTED: Final = {"Filter", "Keyword", "Concat", "Add", "Sub", "Neg"}
_NODES: Final = _STATEMENTS | _VALUES | _CHOICES | _COMPUTED
_COMPUTE: Final = "compute it before the run and pass it as an input"
_PARTIAL: Final = "put the shared text into a file below `partials/` and `include` it"
_NODES_INSTEAD: Final[dict[str, tuple[str, str]]] = {
    "Call": ("a call", "use a filter, as in `{{ tools | length }}`"),
    "Mul": ("`*`", _COMPUTE),
    "Div": ("`/`", _COMPUTE),
    "FloorDiv": ("`//`", _COMPUTE),
    "Mod": ("`%`", "write the values between the words, as in `{{ a }} of {{ b }}`"),
    "Pow": ("`**`", _COMPUTE),
    "Pos": ("a leading `+`", "leave it out"),
    "Dict": ("a mapping", "name the values one by one, or pass them as an input"),
    "Macro": ("`macro`", _PARTIAL),
    "CallBlock": ("`call`", _PARTIAL),
    "Import": ("`import`", _PARTIAL),
    "FromImport": ("`import`", _PARTIAL),
    "Extends": ("`extends`", _PARTIAL),
    "Block": ("`block`", _PARTIAL),
    "FilterBlock": ("`filter` as a tag", "apply the filter to each value, as in `{{ x | upper }}`"),
    "AssignBlock": (
        "`set` with a body",
        "write `{% set name = value %}`, or the text where it goes",
    ),
    "With": ("`with`", "write `{% set name = value %}`"),
    "ScopedEvalContextModifier": ("`autoescape`", "leave it out: prompts are not HTML"),
    "NSRef": ("setting an attribute", "set a name of its own"),
}
_SPECIAL: Final = frozenset({"self", "super", "caller", "varargs", "kwargs", "namespace"})


def faults(tree: nodes.Template) -> Iterator[Fault]:
    """Everything in the tree that a prompt may not use, in the order of the text."""
    return _node_faults(tree)


def path_of(node: Any) -> tuple[str | int, ...] | None:
    """`inputs.user.name` as ("inputs", "user", "name"); None for what is no plain path."""
    steps: list[str | int] = []
    while True:
        kind = type(node).__name__
        if kind == "Name":
            return (node.name, *reversed(steps))
        if kind == "Getattr":
            steps.append(node.attr)
        elif kind == "Getitem" and type(node.arg).__name__ == "Const":
            if type(node.arg.value) not in (str, int):
                return None
            steps.append(node.arg.value)
        else:
            return None
        node = node.node


def dotted(path: tuple[str | int, ...]) -> str:
    """A path as the author would write it."""
    first, *rest = path
    return str(first) + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in rest)


def included(node: nodes.Include) -> str | None:
    """The file an `include` names, when it names one plainly."""
    value = getattr(node.template, "value", None)
    return value if isinstance(value, str) else None


def include_fault(name: str) -> str | None:
    """Why a name can't be the name of an included file, whatever files there are."""
    steps = name.split("/")
    if name.startswith(("/", "~")) or "\\" in name or ":" in name or ".." in steps:
        return f"`{name[:80]}` leaves the folder `prompts/`"
    if not name or "" in steps or "." in steps:
        return f"`{name[:80]}` is no plain path below `prompts/`"
    return None


def _fault(node: nodes.Node, kind: str, what: str, instead: str = "", word: str = "") -> Fault:
    place = place_of(node)
    return Fault(kind, what, instead, int(place), place.offset, word)


def _node_faults(node: Any) -> Iterator[Fault]:
    kind = type(node).__name__
    if kind not in _NODES:
        what, instead = _NODES_INSTEAD.get(kind, (f"`{kind}`", "leave it out"))
        at = node.node if kind == "Call" else node
        word = getattr(node, "operator", None) or getattr(at, "attr", None) or ""
        what = f"{what} can't be used in a prompt"
        yield _fault(at, "construct", what, instead, word)
        return
    check = _CHECKS.get(kind)
    if check is not None:
        yield from check(node)
    if kind == "Getattr" and getattr(node.node, "name", None) == "loop":
        return  # `loop` by itself is a fault, `loop.index` is none
    for child in node.iter_child_nodes():
        yield from _node_faults(child)


def _name(node: nodes.Name) -> Iterator[Fault]:
    if node.ctx == "store" and node.name in (*GIVEN, "loop"):
        what = f"`{node.name}` is given by the run"
        yield _fault(node, "construct", what, "choose another name", node.name)
    elif node.name.startswith("_") or node.name in _SPECIAL:
        what = f"the name `{node.name[:60]}` can't be used in a prompt"
        yield _fault(node, "construct", what, "choose another name", node.name)
    elif node.name == "loop":
        yield _fault(
            node, "construct", "`loop` by itself has no value", "write `loop.index`", "loop"
        )


def _getattr(node: nodes.Getattr) -> Iterator[Fault]:
    if node.attr.startswith("_"):
        what = f"the attribute `{node.attr[:60]}` can't be used in a prompt"
        yield _fault(node, "construct", what, "templates see plain data only", node.attr)
    elif getattr(node.node, "name", None) == "loop" and node.attr not in LOOP:
        known = ", ".join(f"`{name}`" for name in LOOP)
        what = f"`loop` has no `{node.attr[:60]}` here"
        yield _fault(node, "construct", what, f"it has {known}", node.attr)


def _const(node: nodes.Const) -> Iterator[Fault]:
    value = node.value
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            yield _fault(node, "syntax", "the text has half of a surrogate pair", "write it whole")
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 2**63:
        yield _fault(node, "size", "the number is too large", "write a smaller one")


def _target(node: Any) -> Iterator[Fault]:
    names = node.target.items if type(node.target).__name__ == "Tuple" else [node.target]
    for name in names:
        if type(name).__name__ not in ("Name", "NSRef"):
            yield _fault(name, "construct", "only names can be set here", "write one or two names")


def _for(node: nodes.For) -> Iterator[Fault]:
    if node.recursive:
        what = "`recursive` can't be used in a prompt"
        yield _fault(node, "construct", what, "write one loop inside the other")
    yield from _target(node)


def _assign(node: nodes.Assign) -> Iterator[Fault]:
    if type(node.target).__name__ == "Tuple":
        what = "`set` with several names can't be used in a prompt"
        yield _fault(node, "construct", what, "write one `set` for each")


def _condition(node: nodes.CondExpr) -> Iterator[Fault]:
    if node.expr2 is None:
        what = "an inline `if` without `else` has no value when it is false"
        yield _fault(node, "construct", what, "write `else` with a value, such as `else ''`")


def _include(node: nodes.Include) -> Iterator[Fault]:
    name = included(node)
    if name is None:
        what = "the file to include is not written out"
        yield _fault(
            node.template, "include", what, 'name it, as in `{% include "partials/x.md" %}`'
        )
    elif why := include_fault(name):
        yield _fault(node.template, "include", why, "name a file below `prompts/`", name)
    if node.ignore_missing:
        what = "`ignore missing` can't be used in a prompt"
        yield _fault(node, "include", what, "leave it out: whether the file is there is known")
    if not node.with_context:
        what = "`without context` can't be used in a prompt"
        yield _fault(node, "include", what, "leave it out")


def _filter(node: nodes.Filter) -> Iterator[Fault]:
    rule = FILTERS.get(node.name)
    if node.node is None:
        return
    if rule is None:
        instead = FILTERS_INSTEAD.get(node.name, "")
        what = f"there is no filter `{node.name[:60]}`"
        if instead:
            what = f"the filter `{node.name}` can't be used in a prompt"
        yield _fault(node, "filter", what, instead, node.name)
        return
    yield from _arguments(node, node.name, rule.parameters)


def _test(node: nodes.Test) -> Iterator[Fault]:
    if node.name not in TESTS:
        instead = TESTS_INSTEAD.get(node.name, "")
        what = f"there is no test `{node.name[:60]}`"
        if instead:
            what = f"the test `{node.name}` can't be used in a prompt"
        yield _fault(node, "test", what, instead, node.name)
    elif node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield _fault(node, "argument", f"the test `{node.name}` takes no argument", "", node.name)


def arguments_of(node: Any, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The arguments of a filter by name, as nodes."""
    positional = [parameter.name for parameter in parameters if not parameter.keyword]
    named: dict[str, Any] = dict(zip(positional, node.args, strict=False))
    return named | {pair.key: pair.value for pair in node.kwargs}


def _arguments(node: Any, name: str, parameters: tuple[Parameter, ...]) -> Iterator[Fault]:
    def wrong(at: Any, what: str, instead: str = "") -> Fault:
        return _fault(at, "argument", f"the filter `{name}` {what}", instead)

    if node.dyn_args is not None or node.dyn_kwargs is not None:
        yield wrong(node, "can't take `*` or `**`", "write the arguments out")
        return
    known = {parameter.name: parameter for parameter in parameters}
    positional = [parameter.name for parameter in parameters if not parameter.keyword]
    takes = ", ".join(f"`{word}`" for word in known) or "none"
    if len(node.args) > len(positional):
        yield wrong(node.args[len(positional)], "has too many arguments", f"it takes {takes}")
    given = set(positional[: len(node.args)])
    for pair in node.kwargs:
        if pair.key not in known:
            yield wrong(pair, f"has no argument `{pair.key[:60]}`", f"it takes {takes}")
        elif pair.key in given:
            yield wrong(pair, f"has the argument `{pair.key}` twice", "leave one out")
        given.add(pair.key)
    for parameter in parameters:
        if parameter.required and parameter.name not in given:
            instead = f'write `{name}({parameter.name}="…")`' if parameter.keyword else ""
            yield wrong(node, f"needs the argument `{parameter.name}`", instead)
    for key, value in arguments_of(node, parameters).items():
        parameter = known.get(key, Parameter(key, frozenset()))
        if parameter.takes and type(value).__name__ == "Const":
            if problem := argument_problem(parameter, value.value):
                yield wrong(value, problem)
        elif parameter.constant:
            yield wrong(value, f"needs `{key}` written out", "write the value itself")


def argument_problem(parameter: Parameter, value: object) -> str | None:
    """Why the value is none for this parameter of a filter."""
    kind, name = kind_of(value), parameter.name
    if kind not in parameter.takes:
        return f"takes a {called(parameter.takes)} as `{name}`, not a {kind_name(value)}"
    if not parameter.most or kind != "number":
        return None
    if not isinstance(value, int) or not parameter.least <= value <= parameter.most:
        return f"takes a whole number from {parameter.least} to {parameter.most} as `{name}`"
    return None


_CHECKS: Final[dict[str, Any]] = {
    "Name": _name,
    "Getattr": _getattr,
    "Const": _const,
    "For": _for,
    "Assign": _assign,
    "CondExpr": _condition,
    "Include": _include,
    "Filter": _filter,
    "Test": _test,
}

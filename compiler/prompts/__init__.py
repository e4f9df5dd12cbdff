"""Checks the prompts of a cartridge without rendering: every name, every filter, every include.

What a template may say is defined once, for here and for run time (`looplet.prompts.language`);
`flow` follows what it means. A template that passes without a warning renders, for every task and
for all inputs that fit their schemas, unless it meets a limit of size.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.diagnostics import Diagnostic, Fix, Span, order
from looplet.compiler.prompts.mentions import Mention, mentioned_tools
from looplet.compiler.prompts.shapes import UNKNOWN, Shape, list_of
from looplet.compiler.rules import ct5_prompts as rules
from looplet.compiler.suggest import closest
from looplet.compiler.text.lines import Lines
from looplet.prompts import is_constant

if TYPE_CHECKING:
    from looplet.compiler.prompts.flow import Flow
    from looplet.compiler.prompts.state import State

__all__ = [
    "Mention",
    "Scope",
    "check_plain",
    "check_prompts",
    "check_template",
    "mentioned_tools",
    "used_inputs",
]

FOLDER: Final = "prompts/"
SUFFIX: Final = ".jinja"
MAX_VISITS: Final = 200  # of included files, each time it is included

_TOOL: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "parameters"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "parameters": {"type": "object", "additionalProperties": True},
    },
}
_CARTRIDGE: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "version", "description"],
    "properties": {name: {"type": "string"} for name in ("name", "version", "description")},
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run gives to a prompt.

    inputs: name → JSON Schema, as config.yaml declares them; None when it declares none, and a run
    takes whatever it is given. unread: what it declares could not be read, so that nothing is said
    of inputs. optional: inputs that may be missing even when a run starts.
    tools: whether there is at least one tool, as there is in every cartridge that can end.
    """

    inputs: Mapping[str, object] | None = None
    optional: Collection[str] = ()
    tools: bool = True
    unread: bool = False

    def shapes(self) -> dict[str, Shape]:
        """The variables of a template."""
        from looplet.compiler.prompts.state import TASK

        inputs: dict[str, Any] = {"type": "object", "additionalProperties": self.inputs is None}
        if self.inputs is not None:
            inputs["properties"] = dict(self.inputs)
            inputs["required"] = [name for name in self.inputs if name not in self.optional]
        return {
            "task": TASK,
            "inputs": UNKNOWN if self.unread else Shape(inputs),
            "cartridge": Shape(_CARTRIDGE, _CARTRIDGE),
            "tools": list_of(Shape(_TOOL, _TOOL), int(self.tools)),
        }


def check_prompts(files: Mapping[str, str], *, scope: Scope) -> list[Diagnostic]:
    """The findings in all prompts: path in the cartridge (`prompts/system.md.jinja`) → text.

    A template that others include is followed from there, with what it sees there; each finding
    is reported once.
    """
    templates = {
        path.removeprefix(FOLDER): text for path, text in files.items() if path.startswith(FOLDER)
    }
    partials: set[str] = set()
    for name, text in templates.items():
        if name.endswith(SUFFIX):
            partials |= _included_by(text)
    found: set[Diagnostic] = set()
    seen: set[str] = set()
    for name, text in templates.items():
        if not name.endswith(SUFFIX):
            found.update(check_plain(FOLDER + name, text))
        elif name not in partials:
            found.update(_checked(name, text, scope, templates, seen))
    for name, text in templates.items():  # a circle that nothing outside leads into
        if name.endswith(SUFFIX) and name not in seen:
            found.update(_checked(name, text, scope, templates, seen))
    return sorted(found, key=order)


def check_template(
    path: str, text: str, *, scope: Scope, templates: Mapping[str, str]
) -> list[Diagnostic]:
    """The findings in one template and in what it includes, as seen from there.

    templates: the texts of all prompts by path below `prompts/`.
    """
    name = path.removeprefix(FOLDER)
    return sorted(set(_checked(name, text, scope, templates, set())), key=order)


def check_plain(path: str, text: str) -> list[Diagnostic]:
    """Advice on a prompt that is taken word for word and looks like a template."""
    text = text.removeprefix("\ufeff")
    match = re.search(
        r"\{\{-?\s*(?:task|inputs|tools|cartridge|loop)\b[^{}\n]{0,80}\}\}"
        r"|\{%-?\s*(?:if|for|set|include|endif|endfor|else)\b[^{}\n]{0,80}%\}",
        text,
    )
    if match is None:
        return []
    fixes = (Fix(f"rename it to `{path}{SUFFIX}`", False, rename=(path, path + SUFFIX)),)
    lines = Lines(text)
    span = Span(lines.position(match.start()), lines.position(match.end()))
    return [rules.braces_in_plain_prompt.at(path, span, fixes=fixes, word=match[0])]


def used_inputs(text: str) -> set[str]:
    """The inputs that a template reads by name; of one that can't be read, none."""
    if is_constant(text):
        return set()
    from jinja2 import nodes

    from looplet.prompts.language import path_of
    from looplet.prompts.reading import TemplateFault, parse

    try:
        tree = parse(text)
    except TemplateFault:
        return set()
    paths = [path_of(node) for node in tree.find_all((nodes.Getattr, nodes.Getitem))]
    names = {path[1] for path in paths if path and path[0] == "inputs"}
    for test in tree.find_all(nodes.Compare):  # `"name" in inputs`
        if any(path_of(operand.expr) == ("inputs",) for operand in test.ops):
            names.add(getattr(test.expr, "value", None) or "")
    return {name for name in names if isinstance(name, str) and name}


def _included_by(text: str) -> set[str]:
    if is_constant(text):
        return set()
    from jinja2 import nodes

    from looplet.prompts.language import included
    from looplet.prompts.reading import TemplateFault, parse

    try:
        return {included(node) or "" for node in parse(text).find_all(nodes.Include)}
    except TemplateFault:
        return set()


def _checked(
    name: str, text: str, scope: Scope, templates: Mapping[str, str], seen: set[str]
) -> Iterable[Diagnostic]:
    seen.add(name)
    if is_constant(text):
        return []
    from looplet.compiler.prompts.state import State, Value

    walk = _Walk(templates, seen)
    walk.enter(name, text, State({key: Value(shape) for key, shape in scope.shapes().items()}))
    return walk.found


@dataclass
class _Walk:
    """A template and all that it includes, each entered with what it sees there."""

    templates: Mapping[str, str]
    seen: set[str]
    found: list[Diagnostic] = field(default_factory=list)
    trees: dict[str, Any] = field(default_factory=dict)
    chain: list[str] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    visits: int = 0

    def enter(self, name: str, text: str, state: State) -> None:
        from looplet.compiler.prompts.flow import Flow
        from looplet.prompts import reading

        flow = Flow(FOLDER + name, reading.normal(text), self.include)
        if name not in self.trees:
            self.trees[name] = self.read(flow, text)
            weight = sum(reading.weight_of(tree) for tree in self.trees.values() if tree)
            if weight > reading.MAX_NODES:
                fault = reading.too_large(reading.Place(1, 0))
                self.found.append(_worded(flow, fault))
                return
        tree = self.trees[name]
        if tree is None:
            return
        self.chain.append(name)
        self.flows.append(flow)
        flow.run(tree.body, state)
        self.flows.pop()
        self.chain.pop()
        self.found += flow.found

    def read(self, flow: Flow, text: str) -> Any:
        """The tree, once what it may not say is reported."""
        from looplet.prompts.language import faults
        from looplet.prompts.reading import TemplateFault, parse

        try:
            tree = parse(text)
        except TemplateFault as error:
            self.found.append(_worded(flow, error.fault))
            return None
        self.found += (_worded(flow, fault) for fault in faults(tree))
        return tree

    def include(self, name: str, state: State, node: Any) -> None:
        """Follow an include that stands in the file entered last."""
        from looplet.prompts.language import MAX_INCLUDES

        flow = self.flows[-1]
        self.seen.add(name)
        span = flow.word(node.template)
        if name not in self.templates:
            nearest = closest(name, self.templates)
            if name + SUFFIX in self.templates:
                nearest = name + SUFFIX
            fixes = flow.renaming(span, name, nearest)
            flow.report(rules.missing_include, span, fixes, name=name, nearest=nearest)
            return
        row = (*self.chain, name)
        if name in self.chain:
            names = row[self.chain.index(name) :]
            flow.report(rules.include_cycle, span, names=names, limit=0)
        elif len(row) > MAX_INCLUDES:
            flow.report(rules.include_cycle, span, names=row, limit=MAX_INCLUDES)
        elif name.endswith(SUFFIX):
            self.visits += 1
            if self.visits == MAX_VISITS:
                what = f"more than {MAX_VISITS} files are included, counting repetitions"
                flow.report(rules.template_too_large, span, what=what, instead="include fewer")
            if self.visits < MAX_VISITS:
                self.enter(name, self.templates[name], state)


def _worded(flow: Flow, fault: Any) -> Diagnostic:
    """A fault of the language as a finding."""
    from looplet.prompts.filters import FILTERS, TESTS

    span = flow.span(fault.offset, fault.word)
    rule = {
        "syntax": rules.template_syntax,
        "size": rules.template_too_large,
        "construct": rules.forbidden_construct,
        "filter": rules.unknown_filter,
        "test": rules.unknown_test,
        "argument": rules.filter_argument,
        "include": rules.bad_include,
    }[fault.kind]
    facts = {"what": fault.what, "instead": fault.instead}
    if fault.kind not in ("filter", "test"):
        return rule.at(flow.path, span, **facts)
    known = FILTERS if fault.kind == "filter" else TESTS
    nearest = None if fault.instead else closest(fault.word, known)
    fixes = flow.renaming(span, fault.word, nearest)
    return rule.at(flow.path, span, fixes=fixes, nearest=nearest, **facts)

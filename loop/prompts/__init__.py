"""Prompts at run time: a template and plain data become text. Templates are compiled, not trusted.

A template has `{{ … }}`, `{% if %}`, `{% for %}`, `{% set %}` and `{% include "partials/x.md" %}`
over `task`, `inputs`, `cartridge` and `tools`; `language` defines what may stand in them, for the
compiler too. Text is printed as it is, a task as its goal, and everything else as JSON. What is
printed is never read as a template, and can't open a chat turn (`roles`). Jinja loads with the
first template that has an expression; `reading`, `filters` and `sandbox` with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType

    from jinja2 import nodes

__all__ = ["PromptError", "check", "is_constant", "render"]

MAX_DEPTH: Final = 64  # of the data


class PromptError(Exception):
    """A prompt could not be rendered: its path below `prompts/`, the line if known, and why."""

    def __init__(self, message: str, template: str, line: int | None = None) -> None:
        place = f"prompts/{template}" + ("" if line is None else f":{line}")
        super().__init__(f"{place}: {message}")
        self.message, self.template, self.line = message, template, line


def is_constant(text: str) -> bool:
    """Whether a template says nothing but itself: it has no `{{`, no `{%` and no `{#`."""
    return "{{" not in text and "{%" not in text and "{#" not in text


def render(
    template_name: str, templates: Mapping[str, str], variables: Mapping[str, object]
) -> str:
    """The text of a prompt.

    templates: the texts of all prompts by path below `prompts/` (`system.md.jinja`,
    `partials/rules.md`); those that don't end in `.jinja` are taken word for word.
    variables: what the template may name, as plain data: text, numbers, booleans, None, lists and
    mappings with text as keys. Anything else may be there, but not be used.

    Raises PromptError, which names the file, the line and what to change.
    """
    text = _text(template_name, templates)
    if not template_name.endswith(".jinja") or is_constant(text):
        return text
    trees = dict(_checked(template_name, templates))
    data = {name: _plain(value, name, template_name) for name, value in variables.items()}
    return _rendered(template_name, trees, data)


def check(template_name: str, templates: Mapping[str, str]) -> None:
    """Raise the PromptError that rendering would, whatever the variables are; else return."""
    text = _text(template_name, templates)
    if template_name.endswith(".jinja") and not is_constant(text):
        for _ in _checked(template_name, templates):
            pass


def _text(name: str, templates: Mapping[str, str]) -> str:
    if name not in templates:
        raise PromptError("there is no such file", name)
    return templates[name].removeprefix("\ufeff")


def _checked(root: str, templates: Mapping[str, str]) -> Iterator[tuple[str, nodes.Template]]:
    """The trees of a template and of all it includes, once everything in them is allowed."""
    try:
        from jinja2 import nodes
    except ImportError:
        message = 'a template with expressions needs Jinja: pip install "looplet[compiler]"'
        raise PromptError(message, root) from None
    from looplet.prompts import reading
    from looplet.prompts.language import MAX_INCLUDES, faults, included
    from looplet.prompts.reading import TemplateFault, parse, place_of

    trees: dict[str, nodes.Template] = {}
    depths: dict[str, int] = {}

    def read(name: str, chain: tuple[str, ...]) -> int:
        """Read a file and those it includes; the number of files one in the other."""
        if name in depths:
            return depths[name]
        text = _text(name, templates)
        deepest = 0
        if not name.endswith(".jinja"):
            trees[name] = nodes.Template([nodes.Output([nodes.TemplateData(text)])], lineno=1)
        else:
            try:
                tree = trees[name] = parse(text)
                fault = next(faults(tree), None)
            except TemplateFault as error:
                fault = error.fault
            if fault is not None:
                raise PromptError(fault.message, name, fault.line)
            for node in tree.find_all(nodes.Include):
                target = str(included(node))
                line = int(place_of(node))
                if target in (*chain, name):
                    raise PromptError(f"`{target}` is included by itself", name, line)
                if target not in templates:
                    message = f"there is no file `{target[:80]}` below `prompts/` to include"
                    raise PromptError(message, name, line)
                deepest = max(deepest, read(target, (*chain, name)))
                if deepest >= MAX_INCLUDES:
                    message = f"more than {MAX_INCLUDES} files include one another in a row"
                    raise PromptError(message, name, line)
        depths[name] = deepest + 1
        return deepest + 1

    read(root, ())
    if sum(map(reading.weight_of, trees.values())) > reading.MAX_NODES:
        raise PromptError(reading.too_large(reading.Place(1, 0)).message, root)
    yield from trees.items()


def _plain(value: object, name: str, template: str, depth: int = 0) -> Any:
    """A deep copy as plain `dict` and `list`, so that no object reaches a template."""
    from looplet.prompts.filters import Live, Task
    from looplet.prompts.sandbox import TaskText

    if value is None or isinstance(value, (bool, int)):
        return value if value is None or isinstance(value, bool) else int(value)
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise PromptError(f"`{name}` is not valid Unicode text", template) from None
        return TaskText(value) if name == "task" else str.__str__(value)
    if isinstance(value, float):
        if value - value != 0:
            raise PromptError(f"`{name}` is {value}, which no prompt can say", template)
        return float(value)
    if depth > MAX_DEPTH:
        raise PromptError(f"`{name[:80]}…` is nested more than {MAX_DEPTH} deep", template)
    if isinstance(value, Mapping):
        copy = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise PromptError(f"`{name}` has the key {key!r:.60}, which is no text", template)
            copy[str.__str__(key)] = _plain(item, f"{name}.{key}", template, depth + 1)
        return Task(copy) if name == "task" else copy
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{name}[{at}]", template, depth + 1) for at, item in enumerate(value)]
    return Live(name, type(value).__name__)


def _rendered(root: str, trees: dict[str, nodes.Template], data: dict[str, Any]) -> str:
    from jinja2 import UndefinedError

    from looplet.prompts.filters import MAX_TEXT, Refused
    from looplet.prompts.roles import guarded
    from looplet.prompts.sandbox import Budget, Value, sandbox

    def pieces() -> Iterator[tuple[str, bool]]:
        length = 0
        for piece in sandbox(trees, Budget()).get_template(root).generate(data):
            length += len(piece)
            if length > MAX_TEXT:
                raise Refused(f"the prompt grows past {MAX_TEXT} characters")
            yield piece, isinstance(piece, Value)

    try:
        return guarded(pieces())
    except Refused as error:
        name, line = _place(error.__traceback__, trees, root)
        raise PromptError(str(error), name, line) from None
    except UndefinedError as error:
        name, line = _place(error.__traceback__, trees, root)
        what = _spelt(trees[name], line, str(error))
        raise PromptError(
            f"`{what}` is not given; pass it, or write `| default(…)`", name, line
        ) from None
    except RecursionError:
        raise PromptError("the template is nested too deep", root) from None
    except Exception as error:  # of the template's own making: a comparison of a text with a number
        name, line = _place(error.__traceback__, trees, root)
        raise PromptError(f"the values don't fit: {error!s:.200}", name, line) from None


def _place(
    traceback: TracebackType | None, trees: Mapping[str, object], root: str
) -> tuple[str, int | None]:
    """The file and line of the template where the error came up."""
    place: tuple[str, int | None] = (root, None)
    while traceback is not None:
        if (name := traceback.tb_frame.f_code.co_filename) in trees:
            template = traceback.tb_frame.f_globals.get("__jinja_template__")
            line = traceback.tb_lineno
            place = (name, template.get_corresponding_lineno(line) if template else line)
        traceback = traceback.tb_next
    return place


def _spelt(tree: nodes.Template, line: int | None, name: str) -> str:
    """`inputs.depth` for the `depth` that was missing on this line, if it is found there."""
    from jinja2 import nodes

    from looplet.prompts.language import dotted, path_of

    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        path = path_of(node)
        if node.lineno == line and path and str(path[-1]) == name:
            return dotted(path)
    return name

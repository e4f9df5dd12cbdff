"""A template's text becomes Jinja's tree, every node placed to the character, or else a Fault.

The guards stand in front of Jinja's parser, which recurses as deep as the text is nested.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

MAX_TEMPLATE: Final = 262_144  # characters of one file
MAX_BRACKETS: Final = 16  # one in the other
MAX_BLOCKS: Final = 12  # `{% for %}` and `{% if %}`, one in the other
MAX_TREE: Final = 100  # nodes, one in the other
MAX_NODES: Final = 5_000  # of a template with all that it includes

LAYOUT: Final[dict[str, Any]] = {  # a tag on a line of its own leaves no line behind
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "autoescape": False,
}


class Place(int):
    """A line number, as Jinja wants one, that also knows its `offset` into the text."""

    offset: int

    def __new__(cls, line: int, offset: int) -> Place:
        place = super().__new__(cls, line)
        place.offset = offset
        return place


class Fault(NamedTuple):
    """What a template may not say. `kind` picks the rule; `word` is what stands at the offset."""

    kind: str  # syntax, size, construct, filter, test, argument, include
    what: str
    instead: str
    line: int
    offset: int
    word: str

    @property
    def message(self) -> str:
        return f"{self.what}; {self.instead}" if self.instead else self.what


class TemplateFault(Exception):
    """`parse` could not read the template."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def normal(text: str) -> str:
    """The text as Jinja counts it: no BOM, every line break a `\\n`. Offsets count from here."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse(text: str) -> nodes.Template:
    """The tree of a template; each node's `lineno` is a Place. Raises TemplateFault."""
    from jinja2 import TemplateSyntaxError

    text = normal(text)
    if len(text) > MAX_TEMPLATE:
        what = f"the template has {len(text)} characters, more than {MAX_TEMPLATE}"
        raise TemplateFault(Fault("size", what, "split or shorten it", 1, 0, ""))
    try:
        tree = _grammar().parse(text)
    except TemplateSyntaxError as error:
        raise TemplateFault(_syntax_fault(error, text)) from None
    except RecursionError:
        raise TemplateFault(_too_deep(Place(1, 0))) from None
    deepest = _depth(tree)
    if deepest is not None:
        raise TemplateFault(_too_deep(deepest))
    return tree


def weight_of(tree: nodes.Node) -> int:
    """The number of nodes: what visiting them all costs."""
    count, waiting = 0, [tree]
    while waiting:
        count += 1
        waiting += waiting.pop().iter_child_nodes()
    return count


def place_of(node: nodes.Node) -> Place:
    line = node.lineno
    return line if isinstance(line, Place) else Place(line or 1, 0)


@cache
def _grammar_type() -> type[Environment]:
    from jinja2 import Environment
    from jinja2.ext import Extension

    class Places(Extension):
        """Reads the tokens once more, each with its offset, in place of Jinja's own."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            self.source = source
            return source

        def filter_stream(self, stream: Any) -> Any:
            return self.environment.lexer.wrap(_placed(self.environment, self.source))

    class Grammar(Environment):
        def __init__(self) -> None:
            super().__init__(extensions=[Places], cache_size=0, **LAYOUT)

        def handle_exception(self, source: str | None = None) -> NoReturn:
            raise  # the error as it is: Jinja would rewrite its traceback, which nobody sees

    return Grammar


def _grammar() -> Environment:
    """A fresh one for each text: its extension remembers what it reads."""
    return _grammar_type()()


_SPACE: Final = re.compile(r"\s*")
_BAD_ESCAPE: Final = re.compile(r"\\(?![\\'\"abfnrtv0-7xuUN\n])")
_OPENING: Final = frozenset({"if", "for", "macro", "call", "filter", "block", "with", "autoescape"})


def _placed(environment: Environment, text: str) -> Iterator[tuple[Place, str, str]]:
    """Jinja's tokens with their places; stops before the parser would recurse too deep."""
    from jinja2 import TemplateSyntaxError

    done = brackets = words = 0
    opened: list[tuple[str, Place]] = []
    after_begin = False
    tokens = environment.lexer.tokeniter(text, None)
    place = Place(1, 0)
    while True:
        try:
            line, kind, value = next(tokens)
        except StopIteration:
            break
        except TemplateSyntaxError as error:
            space = _SPACE.match(text, done)
            at = space.end() if space else done
            raise TemplateFault(_syntax_fault(error, text, at)) from None
        # Whitespace that the layout drops is in the text but in no token, so look for the token.
        found = text.find(value, done) if value.strip() else done
        place = Place(line, found)
        done = max(done, found + len(value) if value.strip() else done)
        words += kind not in ("data", "whitespace")
        if words > 4 * MAX_NODES:
            raise TemplateFault(too_large(place))
        if kind == "operator":
            brackets += (value in "([{") - (value in ")]}")
            if brackets > MAX_BRACKETS:
                raise TemplateFault(_too_deep(place))
        elif kind == "string":
            _check_string(value, place)
        elif kind == "integer" and len(value) > 20:
            fault = Fault("size", "a number of more than 20 digits", "", line, found, value)
            raise TemplateFault(fault)
        elif kind == "name" and after_begin:
            if value in _OPENING:
                opened.append((value, place))
                if len(opened) > MAX_BLOCKS:
                    raise TemplateFault(_too_deep(place))
            elif opened and value == "end" + opened[-1][0]:
                opened.pop()
        if kind != "whitespace":
            after_begin = kind == "block_begin"
        yield place, kind, value
    if opened:
        tag, place = opened[-1]
        what, instead = f"`{{% {tag} %}}` is never closed", f"close it with `{{% end{tag} %}}`"
        raise TemplateFault(Fault("syntax", what, instead, int(place), place.offset, tag))


def _check_string(value: str, place: Place) -> None:
    bad = _BAD_ESCAPE.search(value.replace("\\\\", "__"))
    if bad is None:
        return
    word = value[bad.start() : bad.start() + 2]
    offset = place.offset + bad.start()
    line = place + value[: bad.start()].count("\n")
    what = f"`{word}` is no escape in a text"
    raise TemplateFault(Fault("syntax", what, f"write `\\{word}`", line, offset, word))


def too_large(place: Place) -> Fault:
    """A template, or one with all it includes, that has more expressions than can be afforded."""
    what = f"the template has more than {MAX_NODES} parts"
    instead = "prepare the text before the run and pass it as an input"
    return Fault("size", what, instead, int(place), place.offset, "")


def _too_deep(place: Place) -> Fault:
    what, instead = "the template is nested too deep", "move a part into a file and `include` it"
    return Fault("size", what, instead, int(place), place.offset, "")


def _depth(tree: nodes.Template) -> Place | None:
    """The place where the tree is deeper than it may be."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_TREE:
            return place_of(node)
        waiting += ((child, depth + 1) for child in node.iter_child_nodes())
    return None


def _syntax_fault(error: Any, text: str, offset: int | None = None) -> Fault:
    """Jinja's words, in our form."""
    message = str(error.message or "this is no Jinja")
    if offset is None:
        offset = error.lineno.offset if isinstance(error.lineno, Place) else None
    if offset is None:  # only the line is known
        lines = text.split("\n")
        offset = sum(len(line) + 1 for line in lines[: error.lineno - 1])
        offset += len(lines[error.lineno - 1]) - len(lines[error.lineno - 1].lstrip())
    word = re.compile(r"\w+|\S|").match(text, offset)
    kind, instead = "syntax", ""
    if unknown := re.match(r"Encountered unknown tag '(.*?)'", message):
        if unknown[1].startswith("end") or unknown[1] in ("else", "elif"):
            inner = re.search(r"needs to be closed is '(.*?)'", message)
            message = f"`{{% {unknown[1]} %}}` closes nothing that is open here"
            instead = f"write `{{% end{inner[1]} %}}` first" if inner else "leave it out"
        else:
            kind, message = "construct", f"`{unknown[1]}` is no tag of a prompt"
            instead = "the tags are `if`, `for`, `set`, `include` and `raw`"
    elif message.startswith("Missing end of"):
        what = "comment" if "comment" in message else "raw"
        message = "`{#` is never closed" if what == "comment" else "`{% raw %}` is never closed"
        instead = "close it with `#}`" if what == "comment" else "close it with `{% endraw %}`"
    elif message.startswith(("Unexpected end of template", "unexpected end of template")):
        message = "the template ends in the middle of a tag"
    message = re.sub(r" at \d+$", "", message).rstrip(".")
    message = message[:1].lower() + message[1:]
    found = word[0] if word else ""
    line = text.count("\n", 0, offset) + 1
    return Fault(kind, message, instead, line, offset, found)

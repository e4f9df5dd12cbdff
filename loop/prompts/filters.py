"""The filters and tests a template may use: what each takes, what it gives, bounded in cost.

One table for both sides: the compiler checks templates against it and `looplet.prompts` renders
with it. Plain Python over plain data, without Jinja, so that no filter can reach its internals.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, NoReturn

MAX_TEXT: Final = 262_144  # characters: of one value while rendering, and of the rendered prompt

SCALAR: Final = frozenset({"string", "number", "boolean"})
TEXT: Final = frozenset({"string"})
NUMBER: Final = frozenset({"number"})
ARRAY: Final = frozenset({"array"})
ANY: Final = frozenset({"string", "number", "boolean", "null", "array", "object"})


_WORDS: Final = {"string": "text", "array": "list", "object": "mapping"}


class Refused(Exception):
    """A value or a limit stands against rendering; its text goes to the author of the template."""


class Task(dict[str, Any]):
    """A task given as a mapping: it prints its `goal`, as a task given as text prints itself."""


class Live:
    """Stands for an object that is no plain data; a template may have it, but not use it."""

    __slots__ = ("kind", "name")

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind

    def refuse(self) -> NoReturn:
        raise Refused(f"`{self.name}` is a live {self.kind}, not plain data, and can't be used")


class Parameter(NamedTuple):
    """An argument of a filter: the kinds it takes, and for whole numbers the bounds."""

    name: str
    takes: frozenset[str]
    least: int = 0
    most: int = 0  # 0: any number
    required: bool = False
    constant: bool = False  # must be written out in the template, so that it can be resolved
    keyword: bool = False  # only as name=value


class FilterRule(NamedTuple):
    """`gives` is the kind of the result; "same" is the value's own, "item" that of its items,
    "special" is worked out by the compiler."""

    function: Callable[..., Any]
    takes: frozenset[str]
    gives: str
    parameters: tuple[Parameter, ...] = ()


def kind_of(value: object) -> str:
    """The JSON type of plain data; an integer is a number."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, (list, tuple)):
        return "array"
    return type(value).__name__


def called(kinds: Iterable[str]) -> str:
    """Kinds in the words of messages: `text or list`."""
    return " or ".join(sorted(_WORDS.get(kind, kind) for kind in kinds))


def kind_name(value: object) -> str:
    return called([kind_of(value)])


def text_of(value: object) -> str:
    """How a value is printed: text as it is, a task as its goal, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Task) and isinstance(value.get("goal"), str):
        return str(value["goal"])
    return tojson(value)


def fits(length: int) -> None:
    """Refuse a text of this length before it is made."""
    if length > MAX_TEXT:
        raise Refused(f"a text grows past {MAX_TEXT} characters")


def tojson(value: object, indent: int | None = None) -> str:
    """JSON, readable: not escaped for HTML, in the order given, other scripts kept."""
    if indent is None:
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False, default=Live.refuse)
        except ValueError:
            raise Refused("a number is too long to be printed, or not finite") from None
    parts: list[str] = []
    length = 0
    encoder = json.JSONEncoder(
        ensure_ascii=False, allow_nan=False, indent=indent, default=Live.refuse
    )
    for part in encoder.iterencode(value):
        length += len(part)
        fits(length)
        parts.append(part)
    return "".join(parts)


def title(value: object) -> str:
    words: list[str] = []
    fresh = True
    for letter in text_of(value):
        words.append(letter.upper() if fresh else letter.lower())
        fresh = letter.isspace() or letter in "-({[<"
    return "".join(words)


def trim(value: object, chars: str | None = None) -> str:
    return text_of(value).strip(chars)


def replace(value: object, old: str, new: str, count: int | None = None) -> str:
    text = text_of(value)
    times = text.count(old) if count is None else min(text.count(old), count)
    fits(len(text) + times * (len(new) - len(old)))
    return text.replace(old, new, times)


def indent(value: object, width: int = 4, first: bool = False, blank: bool = False) -> str:
    text = text_of(value)
    fits(len(text) + width * (text.count("\n") + 1))
    margin = " " * width
    head, *rest = text.split("\n")
    lines = [margin + line if line or blank else line for line in rest]
    return "\n".join([margin + head if first else head, *lines])


def truncate(value: object, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    text = text_of(value)
    if len(text) <= length:
        return text
    if len(end) > length:
        raise Refused("`truncate` has an `end` that is longer than its `length`")
    kept = text[: length - len(end)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def join(value: list[Any], d: str = "", attribute: str | None = None) -> str:
    items = value if attribute is None else take(value, attribute)
    texts = [text_of(item) for item in items]
    fits(sum(map(len, texts)) + len(d) * len(texts))
    return d.join(texts)


def take(value: list[Any], attribute: str) -> list[Any]:
    """The attribute of every item; `map(attribute=…)`."""
    for item in value:
        if not isinstance(item, Mapping) or attribute not in item:
            raise Refused(f"an item of the list has no `{attribute}`")
    return [item[attribute] for item in value]


def _comparable(items: list[Any], what: str) -> list[Any]:
    kinds = {kind_of(item) for item in items}
    if len(kinds) > 1 or not kinds <= SCALAR:
        raise Refused(f"`{what}` needs a list of texts only or of numbers only")
    return [item.lower() if isinstance(item, str) else item for item in items]


def sort(value: list[Any], reverse: bool = False, attribute: str | None = None) -> list[Any]:
    keys = _comparable(value if attribute is None else take(value, attribute), "sort")
    ranks = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    return [value[rank] for rank in ranks]


def unique(value: list[Any], attribute: str | None = None) -> list[Any]:
    keys = _comparable(value if attribute is None else take(value, attribute), "unique")
    seen: dict[Any, Any] = {}
    for key, item in zip(keys, value, strict=True):
        seen.setdefault(key, item)
    return list(seen.values())


def to_int(value: str | float, default: float = 0) -> float:
    try:
        return int(value)
    except (ValueError, OverflowError):
        number = to_float(value, math.nan)
    return default if math.isnan(number) else int(number)


def to_float(value: str | float, default: float = 0.0) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


def round_to(value: float, precision: int = 0) -> float:
    return round(value, precision)


_ATTRIBUTE: Final = Parameter("attribute", TEXT, constant=True, keyword=True)
_FLAG: Final = frozenset({"boolean"})

FILTERS: Final[dict[str, FilterRule]] = {
    "upper": FilterRule(lambda value: text_of(value).upper(), SCALAR, "string"),
    "lower": FilterRule(lambda value: text_of(value).lower(), SCALAR, "string"),
    "capitalize": FilterRule(lambda value: text_of(value).capitalize(), SCALAR, "string"),
    "title": FilterRule(title, SCALAR, "string"),
    "string": FilterRule(text_of, ANY, "string"),
    "trim": FilterRule(trim, SCALAR, "string", (Parameter("chars", TEXT),)),
    "replace": FilterRule(
        replace,
        SCALAR,
        "string",
        (
            Parameter("old", TEXT, required=True),
            Parameter("new", TEXT, required=True),
            Parameter("count", NUMBER, most=MAX_TEXT),
        ),
    ),
    "indent": FilterRule(
        indent,
        SCALAR,
        "string",
        (Parameter("width", NUMBER, most=40), Parameter("first", _FLAG), Parameter("blank", _FLAG)),
    ),
    "truncate": FilterRule(
        truncate,
        SCALAR,
        "string",
        (
            Parameter("length", NUMBER, least=8, most=MAX_TEXT),
            Parameter("killwords", _FLAG),
            Parameter("end", TEXT),
        ),
    ),
    "tojson": FilterRule(tojson, ANY, "string", (Parameter("indent", NUMBER, most=8),)),
    "length": FilterRule(len, frozenset({"string", "array", "object"}), "number"),
    "join": FilterRule(join, ARRAY, "string", (Parameter("d", TEXT), _ATTRIBUTE)),
    "map": FilterRule(take, ARRAY, "special", (_ATTRIBUTE._replace(required=True),)),
    "sort": FilterRule(sort, ARRAY, "same", (Parameter("reverse", _FLAG), _ATTRIBUTE)),
    "unique": FilterRule(unique, ARRAY, "same", (_ATTRIBUTE,)),
    "reverse": FilterRule(lambda value: value[::-1], frozenset({"string", "array"}), "same"),
    "first": FilterRule(lambda value: value[0], frozenset({"string", "array"}), "item"),
    "last": FilterRule(lambda value: value[-1], frozenset({"string", "array"}), "item"),
    "items": FilterRule(
        lambda value: [list(pair) for pair in value.items()], frozenset({"object"}), "special"
    ),
    "int": FilterRule(to_int, SCALAR, "number", (Parameter("default", NUMBER),)),
    "float": FilterRule(to_float, SCALAR, "number", (Parameter("default", NUMBER),)),
    "round": FilterRule(round_to, NUMBER, "number", (Parameter("precision", NUMBER, most=15),)),
    "default": FilterRule(
        lambda value, default_value="", boolean=False: value,  # the sandbox decides
        ANY,
        "special",
        (Parameter("default_value", ANY), Parameter("boolean", _FLAG, constant=True)),
    ),
}
FILTERS["d"] = FILTERS["default"]
FILTERS["count"] = FILTERS["length"]

TESTS: Final[dict[str, Callable[[Any], bool]]] = {
    "defined": lambda value: True,  # these two are asked of undefined values too: see the sandbox
    "undefined": lambda value: False,
    "none": lambda value: value is None,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "mapping": lambda value: isinstance(value, Mapping),
    "number": lambda value: isinstance(value, (int, float)),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
}

# What Jinja has and a prompt may not use, with what to write instead.
FILTERS_INSTEAD: Final[dict[str, str]] = {
    "abs": "compute it before the run and pass it as an input",
    "attr": "write the attribute out, as in `tool.name`",
    "batch": "loop over the list with `{% for %}`",
    "center": "write the text as it should stand",
    "dictsort": "write `items`",
    "e": "prompts are not HTML: leave it out",
    "escape": "prompts are not HTML: leave it out",
    "filesizeformat": "format it before the run and pass it as an input",
    "forceescape": "prompts are not HTML: leave it out",
    "format": "write the values between the words, as in `{{ a }} of {{ b }}`",
    "groupby": "loop over the list and use `{% if %}`",
    "list": "leave it out: every list is one already",
    "max": "compute it before the run and pass it as an input",
    "min": "compute it before the run and pass it as an input",
    "pprint": "write `tojson(indent=2)`",
    "random": "leave it out: a prompt is the same at every run",
    "reject": "loop with `{% for x in xs if … %}`",
    "rejectattr": "loop with `{% for x in xs if … %}`",
    "safe": "prompts are not HTML: leave it out",
    "select": "loop with `{% for x in xs if … %}`",
    "selectattr": "loop with `{% for x in xs if … %}`",
    "slice": "loop over the list with `{% for %}`",
    "striptags": "prompts are not HTML: leave it out",
    "sum": "compute it before the run and pass it as an input",
    "urlencode": "prompts are not URLs: leave it out",
    "urlize": "prompts are not HTML: leave it out",
    "wordcount": "write `length`, which counts characters or items",
    "wordwrap": "write `truncate`, or wrap the text before the run",
    "xmlattr": "prompts are not XML: write the attributes out",
}
TESTS_INSTEAD: Final[dict[str, str]] = {
    "callable": "leave it out: nothing in a template can be called",
    "divisibleby": "compute it before the run and pass it as an input",
    "even": "compute it before the run and pass it as an input",
    "odd": "compute it before the run and pass it as an input",
    "eq": "write `==`",
    "equalto": "write `==`",
    "ne": "write `!=`",
    "lt": "write `<`",
    "le": "write `<=`",
    "gt": "write `>`",
    "ge": "write `>=`",
    "in": "write `x in xs` without `is`",
    "sameas": "write `==`",
    "iterable": "write `is string` or `is mapping`",
    "sequence": "write `is string` or `is mapping`",
}

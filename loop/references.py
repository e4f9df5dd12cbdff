"""References in a preset's values: `${runtime.a.b}`, `${ref:name}` and `"@name"`.

A reference is resolved in a *value*, after the file was parsed, and what it stands for is never
parsed again: an input can change a value, never add a key.

- A text that is one reference becomes the object itself, with its type. A reference inside a
  longer text is written into it: text as it is, numbers, truth values, `null`, lists and mappings
  as JSON, anything else by `str`.
- `${runtime.a.b:-words}` has a default, for when the input is missing. As a whole value the
  default is read as JSON if it is JSON (`5`, `true`, `"5"`, `[]`) and as text if not; it holds
  no `}`.
- `"@name"` is the whole text or no reference: `ada@example.org` is text.
- `$${runtime.x}` is the text `${runtime.x}`, and a whole `"@@name"` is the text `@name`.
- Any other `${…}` (`${HOME}`) is text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

_BRACED = re.compile(r"\$(\$?)\{([^}]*)\}")
_RUNTIME = re.compile(r"runtime\.([\w-]+(?:\.[\w-]+)*)(?::-([^{}]*))?", re.DOTALL)
_REF = re.compile(r"ref:([\w.-]+)")
_OURS = re.compile(r"\s*(?:runtime|ref)\b")
_AT = re.compile(r"@[\w.-]+")


class Reference(NamedTuple):
    """One reference in a text.

    kind: "runtime" or "ref"; "malformed" for a `${runtime…}` or `${ref…}` that is neither;
        "unknown" for any other `${…}`.
    name: the dotted name of an input, the name of a resource, or what stands in the braces.
    path: the parts of an input's name; empty for the other kinds.
    default: what follows `:-`, as written; None without one.
    start, end: where the reference stands in the text, in code points; `end` is exclusive.
    """

    kind: Literal["runtime", "ref", "malformed", "unknown"]
    name: str
    path: tuple[str, ...]
    default: str | None
    start: int
    end: int


def find_references(text: str) -> list[Reference]:
    """Every reference in `text`, in order. An escaped one (`$${…}`, `@@…`) is none."""
    if _AT.fullmatch(text):
        return [Reference("ref", text[1:], (), None, 0, len(text))]
    if "${" not in text:
        return []
    return [_classify(match[2], *match.span()) for match in _BRACED.finditer(text) if not match[1]]


def _classify(inner: str, start: int, end: int) -> Reference:
    if match := _RUNTIME.fullmatch(inner):
        return Reference("runtime", match[1], tuple(match[1].split(".")), match[2], start, end)
    if match := _REF.fullmatch(inner):
        return Reference("ref", match[1], (), None, start, end)
    return Reference("malformed" if _OURS.match(inner) else "unknown", inner, (), None, start, end)


def references_in(value: Any) -> list[Reference]:
    """Every reference in the texts of nested data (keys hold none)."""
    if isinstance(value, str):
        return find_references(value)
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in references_in(item)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in references_in(item)]
    return []


class Resolver:
    """Puts values in the place of references.

    runtime: the inputs by name. resource: gives the resource of a name, or raises KeyError.
    problems: every reference that could not be resolved, as a sentence; filled by `resolve`.
    """

    def __init__(
        self, runtime: Mapping[str, Any], resource: Callable[[str], object] | None = None
    ) -> None:
        self.runtime = runtime
        self.resource = resource
        self.problems: list[str] = []

    def resolve(self, value: Any, where: str) -> Any:
        """A copy of `value` as ordinary dicts and lists, with every reference resolved.

        `where` names the value in `problems`: `config.model.name`.
        """
        if isinstance(value, str):
            return self._text(value, where)
        if isinstance(value, Mapping):
            return {key: self.resolve(item, f"{where}.{key}") for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolve(item, f"{where}[{i}]") for i, item in enumerate(value)]
        return value

    def _text(self, text: str, where: str) -> Any:
        if text.startswith("@@") and _AT.fullmatch(text, 1):
            return text[1:]
        if not text.startswith("@") and "${" not in text:
            return text
        found = find_references(text)
        if len(found) == 1 and found[0].start == 0 and found[0].end == len(text):
            return self._whole(found[0], text, where)
        return _BRACED.sub(lambda match: self._embedded(match, where), text)

    def _whole(self, reference: Reference, text: str, where: str) -> Any:
        if reference.kind == "unknown":
            return text
        try:
            return self._value(reference)
        except KeyError:
            if reference.default is None:
                self._complain(reference, text, where)
                return text
        return _typed(reference.default)

    def _embedded(self, match: re.Match[str], where: str) -> str:
        reference = _classify(match[2], *match.span())
        if reference.kind == "unknown":
            return match[0]
        if match[1]:
            return match[0][1:]
        try:
            return _as_text(self._value(reference))
        except KeyError:
            if reference.default is None:
                self._complain(reference, match[0], where)
                return match[0]
        return reference.default

    def _value(self, reference: Reference) -> Any:
        if reference.kind == "malformed":
            raise KeyError(reference.name)
        if reference.kind == "ref":
            if self.resource is None:
                raise KeyError(reference.name)
            return self.resource(reference.name)
        value: Any = self.runtime
        for part in reference.path:
            value = _member(value, part)
        return value

    def _complain(self, reference: Reference, text: str, where: str) -> None:
        if reference.kind == "runtime":
            why = f"the input `{reference.name}` is missing; give it, or write a default: "
            why += f"`${{runtime.{reference.name}:-…}}`"
        elif reference.kind == "ref":
            why = f"there is no resource `{reference.name}`; it would be "
            why += f"`resources/{reference.name}.py`"
        else:
            why = "it is no reference; write `${runtime.name}`, `${runtime.name:-default}` "
            why += "or `${ref:name}`"
        self.problems.append(f"{where}: `{text}`: {why}")


def _member(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value[part]
    if isinstance(value, (list, tuple)) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    raise KeyError(part)


def _typed(default: str) -> Any:
    try:
        # NaN and Infinity are words here, as in YAML.
        return json.loads(default, parse_constant=lambda _: default)
    except (ValueError, RecursionError):
        return default


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float, Mapping, list, tuple)):
        try:
            return json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError):
            return str(value)
    return str(value)


__all__ = ["Reference", "Resolver", "find_references", "references_in"]

"""Why a value does not fit its schema, in words: a second reading of the schema, not of closures.

Slow and thorough where the closures are fast and mute. The two must agree on every verdict, which
the property tests hold them to. One cause gives one problem: a value of the wrong type is not also
too short, and a failed `anyOf` is explained by the branch that was meant.
"""

from __future__ import annotations

from looplet.validation import Problem, values
from looplet.validation.compiling import MAX_DEPTH
from looplet.validation.pointers import resolve
from looplet.validation.words import (
    KINDS,
    counted,
    described,
    either,
    got,
    listed,
    literal,
    place,
    quoted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from looplet.validation import Validator

    Schema = dict[str, Any]

    class Add(Protocol):
        def __call__(self, keyword: str, message: str, expected: object = None) -> None: ...

    Path = tuple[str | int, ...]


def explain(validator: Validator, value: object, name: str) -> list[Problem]:
    """Every reason why `validator` refuses `value`, which it does."""
    reasons = _Reasons(validator.schema, name)
    if not (validator.recursive and values.nested_deeper(value, MAX_DEPTH)):
        try:
            part: Any = validator.schema
            for step in validator.at:
                part = part[step]
            found = reasons.of(part, value, (), validator.at)
        except RecursionError:
            found = []
        if found:
            return found
    message = f"{name} is nested too deeply; {MAX_DEPTH} levels are the limit"
    return [Problem((), "depth", message, (), MAX_DEPTH)]


class _Reasons:
    def __init__(self, root: object, name: str) -> None:
        self.root = root
        self.name = name
        self.known: dict[tuple[Path, Path], list[Problem]] = {}

    def of(self, schema: object, value: object, path: Path, where: Path) -> list[Problem]:
        """The problems of `value`, at `path`, under `schema`, at `where`.

        Each part of the schema reads each part of the value once: with `oneOf` in a recursive
        schema, reading again at every level would double the time with each.
        """
        question = (where, path)
        if question not in self.known:
            self.known[question] = self.read(schema, value, path, where)
        return self.known[question]

    def read(self, schema: object, value: object, path: Path, where: Path) -> list[Problem]:
        name = place(path, self.name)
        if schema is False:
            return [Problem(path, "false", f"{name} is not allowed", where)]
        if not isinstance(schema, dict):
            return []
        out: list[Problem] = []

        def add(keyword: str, message: str, expected: object = None) -> None:
            out.append(Problem(path, keyword, f"{name} {message}", (*where, keyword), expected))

        self.kind(schema, value, add)
        if out:
            return out
        if values.is_numeric(value):
            self.number(schema, value, add)
        elif isinstance(value, str):
            self.string(schema, value, add)
        elif isinstance(value, (list, tuple)):
            out += self.array_reasons(schema, value, path, where, add)
        elif isinstance(value, dict):
            out += self.object_reasons(schema, value, path, where, add)
        return out + self.combined(schema, value, path, where)

    def fits(self, schema: object, value: object, path: Path, where: Path) -> bool:
        return not self.of(schema, value, path, where)

    def kind(self, schema: Schema, value: object, add: Add) -> None:
        kinds = schema.get("type")
        if kinds is not None:
            kinds = [kinds] if isinstance(kinds, str) else list(kinds)
            if not any(values.TYPES[kind](value) for kind in kinds):
                words = either(KINDS[kind] for kind in kinds)
                return add("type", f"must be {words}, not {got(value)}", kinds)
        for keyword in ("const", "enum"):
            if keyword in schema:
                allowed = [schema["const"]] if keyword == "const" else list(schema["enum"])
                if values.identity(value) not in {values.identity(item) for item in allowed}:
                    words = either(literal(item) for item in allowed) or "absent"
                    return add(keyword, f"must be {words}, not {got(value)}", allowed)
        return None

    def number(self, schema: Schema, value: object, add: Add) -> None:
        number: float = value  # type: ignore[assignment]
        for keyword, words, holds in (
            ("minimum", "at least", lambda bound: number >= bound),
            ("maximum", "at most", lambda bound: number <= bound),
            ("exclusiveMinimum", "more than", lambda bound: number > bound),
            ("exclusiveMaximum", "less than", lambda bound: number < bound),
            ("multipleOf", "a multiple of", lambda bound: values.is_multiple(number, bound)),
        ):
            if keyword in schema and not holds(schema[keyword]):
                bound = schema[keyword]
                add(keyword, f"must be {words} {literal(bound)}, not {literal(value)}", bound)

    def string(self, schema: Schema, value: str, add: Add) -> None:
        self.size(schema, "Length", "character", len(value), add)
        pattern = schema.get("pattern")
        if pattern is not None and not values.searcher(pattern)(value):
            add("pattern", f"must match `{pattern}`, which {quoted(value)} does not", pattern)

    def size(self, schema: Schema, what: str, noun: str, size: int, add: Add) -> None:
        low, high = schema.get(f"min{what}", 0), schema.get(f"max{what}", size)
        if size < low:
            words = "must not be empty" if low == 1 else None
            words = words or f"must have at least {counted(low, noun)}, not {size}"
            add(f"min{what}", words, low)
        if size > high:
            add(f"max{what}", f"must have at most {counted(high, noun)}, not {size}", high)

    def array_reasons(
        self, schema: Schema, value: Sequence[object], path: Path, where: Path, add: Add
    ) -> list[Problem]:
        out: list[Problem] = []
        self.size(schema, "Items", "item", len(value), add)
        prefix = schema.get("prefixItems", ())
        for index, item in enumerate(value):
            if index < len(prefix):
                below = (*where, "prefixItems", index)
                out += self.of(prefix[index], item, (*path, index), below)
            elif "items" in schema and not (schema["items"] is False and index > len(prefix)):
                out += self.of(schema["items"], item, (*path, index), (*where, "items"))
        if schema.get("uniqueItems") is True and not values.all_different(value):
            first: dict[object, int] = {}
            for index, item in enumerate(value):
                same = first.setdefault(values.identity(item), index)
                if same != index:
                    add("uniqueItems", f"holds an item twice: items {same} and {index} are equal")
                    break
        if "contains" in schema:
            low, high = schema.get("minContains", 1), schema.get("maxContains", len(value))
            count = sum(
                self.fits(schema["contains"], item, (*path, index), (*where, "contains"))
                for index, item in enumerate(value)
            )
            words = described(schema["contains"], self.root)
            if count < low:
                least = f"must hold at least {counted(low, 'item')} that is {words}"
                add("contains", f"{least}, not {count}", low)
            if count > high:
                most = f"must hold at most {counted(high, 'item')} that is {words}"
                add("maxContains", f"{most}, not {count}", high)
        return out

    def object_reasons(
        self, schema: Schema, value: dict[Any, object], path: Path, where: Path, add: Add
    ) -> list[Problem]:
        out: list[Problem] = []
        properties = schema.get("properties", {})

        def missing(key: str, keyword: str, why: str) -> None:
            words = described(properties.get(key, True), self.root)
            wanted = "" if words == "any value" else f"; it must be {words}"
            message = f"{place((*path, key), '')} is missing{wanted}{why}"
            out.append(Problem(path, keyword, message, (*where, keyword), words, key))

        for key in schema.get("required", ()):
            if key not in value:
                missing(key, "required", "")
        for given, needed in schema.get("dependentRequired", {}).items():
            for key in needed if given in value else ():
                if key not in value and key not in schema.get("required", ()):
                    missing(key, "dependentRequired", f", because `{given}` is given")
        self.size(schema, "Properties", "property", len(value), add)
        patterns = [
            (values.searcher(pattern), part, (*where, "patternProperties", pattern))
            for pattern, part in schema.get("patternProperties", {}).items()
        ]
        for key, item in value.items():
            readings = [
                (part, at) for search, part, at in patterns if isinstance(key, str) and search(key)
            ]
            if key in properties:
                readings.insert(0, (properties[key], (*where, "properties", key)))
            for part, at in readings:
                out += self.of(part, item, (*path, key), at)
            if not readings and "additionalProperties" in schema:
                at = (*where, "additionalProperties")
                if schema["additionalProperties"] is False:
                    out.append(self.unknown(key, list(properties), path, at))
                else:
                    out += self.of(schema["additionalProperties"], item, (*path, key), at)
            if "propertyNames" in schema:
                at = (*where, "propertyNames")
                naming = _Reasons(self.root, f"the name {literal(key)}")
                for problem in naming.of(schema["propertyNames"], key, (), at)[:1]:
                    expected = problem.expected
                    out.append(Problem(path, "propertyNames", problem.message, at, expected, key))
        return out

    def unknown(self, key: str | int, known: list[str], path: Path, where: Path) -> Problem:
        inside = f" in {place(path, '')}" if path else ""
        names = f"; known are {listed(known)}" if known else ""
        message = f"{place((str(key),), '')} is not known{inside}{names}"
        return Problem(path, "additionalProperties", message, where, known, key)

    def combined(self, schema: Schema, value: object, path: Path, where: Path) -> list[Problem]:
        out: list[Problem] = []
        name = place(path, self.name)
        if "$ref" in schema:
            target, part = resolve(self.root, schema["$ref"])
            out += self.of(part, value, path, target)
        for index, part in enumerate(schema.get("allOf", ())):
            out += self.of(part, value, path, (*where, "allOf", index))
        for key, part in schema.get("dependentSchemas", {}).items():
            if isinstance(value, dict) and key in value:
                out += self.of(part, value, path, (*where, "dependentSchemas", key))
        if "anyOf" in schema:
            out += self.alternatives(schema, "anyOf", value, path, where)
        if "oneOf" in schema:
            fitting = [
                part
                for index, part in enumerate(schema["oneOf"])
                if self.fits(part, value, path, (*where, "oneOf", index))
            ]
            if not fitting:
                out += self.alternatives(schema, "oneOf", value, path, where)
            elif len(fitting) > 1:
                forms = [described(part, self.root) for part in fitting]
                message = f"{name} fits more than one of the forms allowed: {', '.join(forms)}"
                out.append(Problem(path, "oneOf", message, (*where, "oneOf"), forms))
        if "not" in schema and self.fits(schema["not"], value, path, (*where, "not")):
            words = described(schema["not"], self.root)
            message = f"{name} must not be {words}"
            out.append(Problem(path, "not", message, (*where, "not"), words))
        if "if" in schema:
            branch = "then" if self.fits(schema["if"], value, path, (*where, "if")) else "else"
            out += self.of(schema.get(branch, True), value, path, (*where, branch))
        return out

    def alternatives(
        self, schema: Schema, keyword: str, value: object, path: Path, where: Path
    ) -> list[Problem]:
        """The failed branch that was meant, or one problem that names what all of them take."""
        at = (*where, keyword)
        failed = []
        for index, part in enumerate(schema[keyword]):
            problems = self.of(part, value, path, (*at, index))
            if not problems:
                return []
            failed.append((part, problems))
        failed = [each for each in failed if not self.is_aside(each[0])] or failed
        meant = [each for each in failed if not _other_kind(each[1], value, path)] or failed
        if len(meant) > 1:
            # Tagged unions: the branch whose `kind: const` fits is the one that was meant.
            tagged = [each for each in meant if not _other_tag(each[1], path)]
            meant = tagged if len(tagged) == 1 else meant
        if len(meant) == 1:
            return meant[0][1]
        words = [described(part, self.root) for part, _ in meant]
        allowed: list[object] = [*words]
        keywords = {problems[0].keyword for _, problems in meant}
        if keywords <= {"type"} or keywords <= {"enum", "const"}:
            allowed = [item for _, problems in meant for item in _listed(problems[0].expected)]
        name = place(path, self.name)
        if keywords <= {"type", "enum", "const", "pattern"}:
            message = f"{name} must be {either(words)}, not {got(value)}"
        else:
            message = f"{name} fits none of the forms allowed: {either(words)}"
        return [Problem(path, keyword, message, at, allowed)]

    def is_aside(self, part: object) -> bool:
        """Whether a branch says of itself that it is never the one to explain (`x-aside`)."""
        if isinstance(part, dict) and "$ref" in part:
            part = resolve(self.root, part["$ref"])[1]
        return isinstance(part, dict) and part.get("x-aside") is True


def _other_kind(problems: list[Problem], value: object, path: Path) -> bool:
    """Whether a branch is about values of another type altogether."""
    for problem in problems:
        if problem.path == path and problem.keyword in ("type", "false"):
            return True
        if problem.path == path and problem.keyword in ("const", "enum"):
            return not any(type(item) is type(value) for item in _listed(problem.expected))
    return False


def _other_tag(problems: list[Problem], path: Path) -> bool:
    below = len(path) + 1
    return any(p.keyword in ("const", "enum") and len(p.path) == below for p in problems)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []

"""The walk over a schema that turns it into closures and collects everything it must refuse."""

from __future__ import annotations

from looplet.validation import closures, keywords, values
from looplet.validation.pointers import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from looplet.validation.closures import Check

    Path = tuple[str | int, ...]

MAX_DEPTH = 100
"""How deep a schema may be nested, and a value under a recursive schema."""


class UnsupportedSchema(ValueError):
    """A schema that can't be compiled, because of `keyword` of the schema at `path`; `why` says it.

    `keyword` is None when the thing at `path` is no schema at all.
    """

    def __init__(self, path: Path, keyword: str | None, why: str) -> None:
        self.path = path
        self.keyword = keyword
        self.why = why
        place = "/".join(["#", *map(str, path), *([] if keyword is None else [keyword])])
        super().__init__(f"{place}: {why}")


def compile_parts(root: object, at: Path = ()) -> tuple[Check, bool, list[UnsupportedSchema]]:
    """The closure of the schema at `at` in `root`, whether it is recursive, and its faults."""
    walk = _Walk(root)
    schema = root
    for step in at:
        schema = schema[step]  # type: ignore[index]
    if values.nested_deeper(schema, MAX_DEPTH):
        walk.refuse((), None, "the schema is nested too deeply")
        return closures.nothing, False, list(walk.faults.values())
    try:
        check = walk.target(at, schema)
        walk.refuse_idle_cycles()
    except RecursionError:
        check = walk.refuse((), None, "the schema is nested too deeply")
    return check, walk.recursive, list(walk.faults.values())


class _Walk:
    """One walk over a schema.

    `owner` is the `$ref` target whose value a part looks at, None once the walk went into the
    value. It is how a reference that returns to itself without consuming anything is found.
    """

    def __init__(self, root: object) -> None:
        self.root = root
        self.faults: dict[tuple[Path, str | None], UnsupportedSchema] = {}
        self.recursive = False
        self.checks: dict[Path, Check] = {}
        self.open: set[Path] = set()
        self.edges: dict[Path, dict[Path, Path]] = {}

    def refuse(self, path: Path, keyword: str | None, why: str) -> Check:
        self.faults.setdefault((path, keyword), UnsupportedSchema(path, keyword, why))
        return closures.nothing

    def target(self, path: Path, schema: object) -> Check:
        """The check of a place that can be referred to; compiled once."""
        if path in self.checks:
            return self.checks[path]
        if path in self.open:
            self.recursive = True
            checks = self.checks
            return lambda value: checks[path](value)
        self.open.add(path)
        check = self.compile(schema, path, path)
        self.open.discard(path)
        self.checks[path] = check
        return check

    def refuse_idle_cycles(self) -> None:
        """Depth first over the references that don't go into the value: none may lead back."""
        finished: set[Path] = set()
        for start in list(self.edges):
            trail: list[Path] = []
            todo = [(start, False)]
            while todo:
                node, leaving = todo.pop()
                if leaving:
                    finished.add(trail.pop())
                elif node in trail:
                    place = self.edges[trail[-1]][node]
                    self.refuse(place, "$ref", "refers to itself without going into the value")
                elif node not in finished:
                    trail.append(node)
                    todo.append((node, True))
                    todo.extend((to, False) for to in self.edges.get(node, ()))

    def compile(self, schema: object, path: Path, owner: Path | None) -> Check:
        if schema is True:
            return closures.anything
        if schema is False:
            return closures.nothing
        if not isinstance(schema, dict):
            return self.refuse(path, None, "a schema is an object, `true` or `false`")
        good = True
        for keyword, value in schema.items():
            why = self.fault_of(keyword, value, path)
            if why:
                good = False
                self.refuse(path, keyword, why)
        if not good:
            self.look_below(schema, path)
            return closures.nothing
        for keyword in ("$defs", "definitions"):
            for name, part in _entries(schema.get(keyword)):
                self.target((*path, keyword, name), part)
        self.sub(schema, "contentSchema", path)
        return closures.all_of([*self.families(schema, path), *self.combined(schema, path, owner)])

    def fault_of(self, keyword: object, value: object, path: Path) -> str | None:
        """What is wrong with one keyword, None when it is good (its subschemas come later)."""
        if not isinstance(keyword, str):
            return "a keyword is a string"
        shape = keywords.KEYWORDS.get(keyword)
        if shape is None:
            return None if keyword.startswith("x-") else "this keyword is not supported"
        if not keywords.SHAPES[shape][0](value):
            return f"its value must be {keywords.SHAPES[shape][1]}"
        if keyword == "$id" and path:
            return "only the outermost schema may have an `$id`"
        try:
            if keyword == "$ref" and isinstance(value, str):
                resolve(self.root, value)
            elif keyword == "pattern" and isinstance(value, str):
                values.searcher(value)
            elif keyword == "patternProperties":
                for pattern, _ in _entries(value):
                    values.searcher(pattern)
        except (LookupError, ValueError) as error:
            return str(error.args[0])
        return None

    def look_below(self, schema: dict[str, object], path: Path) -> None:
        """Collect the faults inside a schema that has a fault of its own."""
        for steps, part in keywords.subschemas(schema):
            self.compile(part, path + steps, None)

    def families(self, schema: dict[str, object], path: Path) -> list[Check]:
        """The closures of the keywords that look at one type of value, and of `type` itself."""
        kinds = schema.get("type")
        checks: list[Check] = []
        tested = kinds is None
        for family, own, build in (
            (("object",), keywords.OBJECT, self.object_check),
            (("array",), keywords.ARRAY, self.array_check),
            (("string",), keywords.STRING, self.string_check),
            (("number", "integer"), keywords.NUMBER, self.number_check),
        ):
            if not own.isdisjoint(schema):
                alone = isinstance(kinds, str) and kinds in family
                tested = tested or alone
                checks.append(build(schema, path, not alone))
        if not tested:
            checks.insert(0, closures.any_of([values.TYPES[kind] for kind in _names(kinds)]))
        if "const" in schema:
            checks.append(closures.one_of_values([schema["const"]]))
        if "enum" in schema:
            checks.append(closures.one_of_values(_items(schema["enum"])))
        return checks

    def sub(self, schema: dict[str, object], keyword: str, path: Path) -> Check | None:
        """The check of a keyword that holds one schema about something inside the value."""
        if keyword not in schema:
            return None
        return self.compile(schema[keyword], (*path, keyword), None)

    def mapped(self, schema: dict[str, object], keyword: str, path: Path) -> dict[str, Check]:
        return {
            name: self.compile(part, (*path, keyword, name), None)
            for name, part in _entries(schema.get(keyword))
        }

    def object_check(self, schema: dict[str, object], path: Path, otherwise: bool) -> Check:
        named = self.mapped(schema, "properties", path)
        patterns = [
            (values.searcher(pattern), part)
            for pattern, part in self.mapped(schema, "patternProperties", path).items()
        ]
        rest = self.sub(schema, "additionalProperties", path) or closures.anything
        required = tuple(_names(schema.get("required")))
        checks = [closures.object_check(required, named, patterns, rest, otherwise)]
        tags = [
            (name, named[name])
            for name, part in _entries(schema.get("properties"))
            if isinstance(part, dict) and "const" in part
        ]
        if tags and len(named) > len(tags):
            # Told apart by its tag, the wrong branch of a union is left before it reads the rest.
            checks.insert(0, closures.tags_check(tags))
        names = self.sub(schema, "propertyNames", path)
        if names is not None:
            checks.append(closures.property_names(names))
        if "minProperties" in schema or "maxProperties" in schema:
            checks.append(closures.property_count(*_range(schema, "Properties")))
        for key, needed in _entries(schema.get("dependentRequired")):
            checks.append(closures.dependent_required(key, _names(needed)))
        return closures.all_of(checks)

    def array_check(self, schema: dict[str, object], path: Path, otherwise: bool) -> Check:
        prefix = [
            self.compile(part, (*path, "prefixItems", index), None)
            for index, part in enumerate(_items(schema.get("prefixItems")))
        ]
        rest = self.sub(schema, "items", path) or closures.anything
        unique = schema.get("uniqueItems") is True
        check = closures.array_check(prefix, rest, *_range(schema, "Items"), unique, otherwise)
        inner = self.sub(schema, "contains", path)
        if inner is None:
            return check
        low, high = _range(schema, "Contains")
        return closures.all_of(
            [check, closures.contains(inner, low if "minContains" in schema else 1, high)]
        )

    def string_check(self, schema: dict[str, object], path: Path, otherwise: bool) -> Check:
        pattern = schema.get("pattern")
        search = values.searcher(pattern) if isinstance(pattern, str) else None
        return closures.string_check(*_range(schema, "Length"), search, otherwise)

    def number_check(self, schema: dict[str, object], path: Path, otherwise: bool) -> Check:
        kind = schema.get("type")
        applies = values.is_numeric if otherwise else values.TYPES[str(kind)]
        bounds = [schema.get(keyword) for keyword in keywords.BOUNDS]
        return closures.number_check(applies, bounds, otherwise)

    def combined(self, schema: dict[str, object], path: Path, owner: Path | None) -> list[Check]:
        """The closures of the keywords that look at the same value again."""
        if keywords.COMBINED.isdisjoint(schema):
            return []
        checks: list[Check] = []
        reference = schema.get("$ref")
        if isinstance(reference, str):
            place, target = resolve(self.root, reference)
            if owner is not None:
                self.edges.setdefault(owner, {})[place] = path
            checks.append(self.target(place, target))

        def each(keyword: str) -> list[Check]:
            return [
                self.compile(part, (*path, keyword, index), owner)
                for index, part in enumerate(_items(schema.get(keyword)))
            ]

        def one(keyword: str) -> Check:
            return self.compile(schema.get(keyword, True), (*path, keyword), owner)

        checks.extend(each("allOf"))
        for key, part in _entries(schema.get("dependentSchemas")):
            inner = self.compile(part, (*path, "dependentSchemas", key), owner)
            checks.append(closures.dependent_schema(key, inner))
        if "anyOf" in schema:
            checks.append(closures.any_of(each("anyOf")))
        if "oneOf" in schema:
            checks.append(closures.exactly_one(each("oneOf")))
        if "not" in schema:
            checks.append(closures.negation(one("not")))
        condition, then, otherwise = one("if"), one("then"), one("else")
        if "if" in schema:
            checks.append(closures.choice(condition, then, otherwise))
        return checks


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _names(value: object) -> list[str]:
    return [value] if isinstance(value, str) else [n for n in _items(value) if isinstance(n, str)]


def _entries(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _range(schema: dict[str, object], what: str) -> tuple[float, float]:
    low, high = schema.get(f"min{what}", 0), schema.get(f"max{what}", values.INFINITY)
    return low, high  # type: ignore[return-value]

"""The closures a schema is compiled into: one function per family of keywords.

Each takes keyword values that were found good and parts already compiled, and returns a function
from a value to the verdict. `otherwise` is the verdict on a value of another type: False when the
schema's `type` is just this one (then no separate type check is made), True when the keywords
simply don't apply. Loops are written out where a generator would cost more than the check.
"""

from __future__ import annotations

from looplet.validation import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Check = Callable[[object], bool]


def anything(value: object) -> bool:
    return True


def nothing(value: object) -> bool:
    return False


def all_of(checks: list[Check]) -> Check:
    checks = [check for check in checks if check is not anything]
    if not checks:
        return anything
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) and second(value)

    def check(value: object) -> bool:
        for part in checks:  # noqa: SIM110
            if not part(value):
                return False
        return True

    return check


def any_of(checks: list[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: object) -> bool:
        for part in checks:  # noqa: SIM110
            if part(value):
                return True
        return False

    return check


def exactly_one(checks: list[Check]) -> Check:
    return lambda value: sum([part(value) for part in checks]) == 1


def negation(inner: Check) -> Check:
    return lambda value: not inner(value)


def choice(condition: Check, then: Check, otherwise: Check) -> Check:
    return lambda value: then(value) if condition(value) else otherwise(value)


def one_of_values(allowed: Sequence[object]) -> Check:
    keys = {values.identity(value) for value in allowed}
    identity = values.identity
    return lambda value: (value if type(value) is str else identity(value)) in keys


def object_check(
    required: tuple[str, ...],
    named: Mapping[str, Check],
    patterns: list[tuple[Callable[[str], object], Check]],
    rest: Check,
    otherwise: bool,
) -> Check:
    """`required`, `properties`, `patternProperties` and `additionalProperties` in one pass."""
    # Which patterns a known name matches is known beforehand: they join its own check.
    find = {
        name: all_of([own, *[part for matches, part in patterns if matches(name)]])
        for name, own in named.items()
    }.get

    def check(value: object) -> bool:
        if not isinstance(value, dict):
            return otherwise
        for key in required:
            if key not in value:
                return False
        for key, item in value.items():  # noqa: SIM110
            if not (find(key) or rest)(item):
                return False
        return True

    def check_patterns(value: object) -> bool:
        if not isinstance(value, dict):
            return otherwise
        for key in required:
            if key not in value:
                return False
        for key, item in value.items():
            known = find(key)
            if known is not None:
                if not known(item):
                    return False
                continue
            parts = [part for matches, part in patterns if isinstance(key, str) and matches(key)]
            for part in parts or (rest,):
                if not part(item):
                    return False
        return True

    return check_patterns if patterns else check


def tags_check(tags: list[tuple[str, Check]]) -> Check:
    def check(value: object) -> bool:
        if isinstance(value, dict):
            for key, part in tags:
                if key in value and not part(value[key]):
                    return False
        return True

    return check


def property_names(names: Check) -> Check:
    return lambda value: not isinstance(value, dict) or all([names(key) for key in value])


def property_count(low: float, high: float) -> Check:
    return lambda value: not isinstance(value, dict) or low <= len(value) <= high


def dependent_required(key: str, needed: Sequence[str]) -> Check:
    return lambda value: (
        not isinstance(value, dict) or key not in value or all([name in value for name in needed])
    )


def dependent_schema(key: str, inner: Check) -> Check:
    return lambda value: not isinstance(value, dict) or key not in value or inner(value)


def array_check(
    prefix: list[Check], rest: Check, low: float, high: float, unique: bool, otherwise: bool
) -> Check:
    start = len(prefix)

    def check(value: object) -> bool:
        if not isinstance(value, (list, tuple)):
            return otherwise
        if not low <= len(value) <= high:
            return False
        for part, item in zip(prefix, value, strict=False):
            if not part(item):
                return False
        if rest is not anything:
            for item in value[start:]:
                if not rest(item):
                    return False
        return not unique or values.all_different(value)

    return check


def contains(inner: Check, low: float, high: float) -> Check:
    return lambda value: (
        not isinstance(value, (list, tuple)) or low <= sum([inner(item) for item in value]) <= high
    )


def string_check(
    low: float, high: float, search: Callable[[str], object] | None, otherwise: bool
) -> Check:
    def check(value: object) -> bool:
        if not isinstance(value, str):
            return otherwise
        return low <= len(value) <= high and (search is None or bool(search(value)))

    return check


def number_check(applies: Check, bounds: Sequence[object], otherwise: bool) -> Check:
    """`bounds` are the values of `keywords.BOUNDS`, None where one is not given."""
    minimum: float | None
    maximum: float | None
    above: float | None
    below: float | None
    step: float | None
    minimum, maximum, above, below, step = bounds  # type: ignore[assignment]

    def check(value: object) -> bool:
        if not applies(value):
            return otherwise
        number: float = value  # type: ignore[assignment]
        # NaN is no less than any bound and no more either: asked this way round, it fails.
        return (
            (minimum is None or number >= minimum)
            and (maximum is None or number <= maximum)
            and (above is None or number > above)
            and (below is None or number < below)
            and (step is None or values.is_multiple(number, step))
        )

    return check

"""What a caller gives an agent, checked against what the agent declares.

`config.yaml` declares `inputs`: name → JSON Schema. One without a `default` must be given. An agent
that declares none takes whatever it is given.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from looplet.frozen import thaw
from looplet.preset import PresetError
from looplet.validation import UnsupportedSchema, Validator, compile_schema

ALWAYS_THERE = ("cartridge_root", "python_executable", "runtime")
"""What a reference finds without anyone giving it."""


class InputError(PresetError):
    """The inputs do not fit what the agent declares. `problems` has a sentence for each reason."""

    def __init__(self, agent: str, problems: list[str], declared: Iterable[str]) -> None:
        takes = ", ".join(f"`{name}`" for name in declared) or "none"
        lines = [f"the inputs do not fit {agent}, which takes: {takes}"]
        super().__init__("\n  ".join([*lines, *problems]))
        self.problems = problems


def complete_inputs(
    agent: str,
    declared: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    mentioned: Iterable[str] = (),
) -> dict[str, Any]:
    """`given` with the declared defaults filled in. Raises InputError with all that is wrong.

    mentioned: names that the agent's references use; they are welcome without a declaration.
    """
    values: dict[str, Any] = dict(given or {})
    if declared is None:
        return values
    problems = []
    for name in values:
        if name not in declared and name not in mentioned:
            problems.append(_unknown(name, declared))
    for name, schema in declared.items():
        if name in values:
            if isinstance(values[name], os.PathLike):
                values[name] = os.fspath(values[name])
            validator = _validator(agent, name, schema)
            problems += [p.message for p in validator.problems(values[name], f"`{name}`")]
        elif isinstance(schema, Mapping) and "default" in schema:
            values[name] = thaw(schema["default"])
        else:
            problems.append(f"`{name}` is missing{_meaning(schema)}")
    if problems:
        raise InputError(agent, problems, declared)
    return values


def typed_input(agent: str, name: str, schema: Any, text: str) -> Any:
    """What `text`, typed on a command line, means for this schema.

    It is the text itself where the schema takes that, and otherwise what it says as JSON.
    """
    import json

    validator = _validator(agent, name, schema)
    if validator(text):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    types = schema.get("type") if isinstance(schema, Mapping) else None
    takes_text = types is None or "string" in ([types] if isinstance(types, str) else types)
    return text if takes_text and not validator(value) else value


def _validator(agent: str, name: str, schema: Any) -> Validator:
    try:
        return compile_schema(thaw(schema))
    except UnsupportedSchema as error:
        raise PresetError(
            f"{agent}: config.inputs.{name} is no usable JSON Schema: {error}"
        ) from None


def _unknown(name: str, declared: Iterable[str]) -> str:
    if name in ALWAYS_THERE:
        return f"`{name}` is given by looplet itself"
    from difflib import get_close_matches

    near = get_close_matches(name, list(declared), 1)
    return f"`{name}` is not an input" + (f"; did you mean `{near[0]}`?" if near else "")


def _meaning(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return ""
    types = schema.get("type")
    kind = " or ".join([types] if isinstance(types, str) else types or ())
    words = [word for word in (kind, schema.get("description")) if word]
    return f" ({': '.join(map(str, words))})" if words else ""


__all__ = ["ALWAYS_THERE", "InputError", "complete_inputs", "typed_input"]

"""What a run is made of: a saved run goes on only with the agent that it began with."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.run import Run

MOST_NAMED: Final = 8


def made_of(run: Run) -> dict[str, Any]:
    """The parts of the agent that `run` is of, as JSON data: its preset, or else its tools."""
    preset = run.config.preset
    if preset is not None:
        from json import loads

        from looplet.preset import canonical_json

        values: dict[str, Any] = loads(canonical_json(preset.values()))
        return values
    prompt = run.config.system_prompt
    return {
        "tools": {schema["name"]: schema for schema in run.schemas},
        "config": {
            "done_tool": run.config.done_tool,
            "output_schema": run.config.output_schema,
            "system_prompt": prompt if isinstance(prompt, str) else None,
        },
    }


def differences(then: Any, now: Any, place: str = "") -> list[str]:
    """What differs between two of these, each in a few words with its place."""
    if then == now:
        return []
    if isinstance(then, dict) and isinstance(now, dict):
        if "sha256" in then and "sha256" in now:
            return [f"{place} was changed"]
        found = []
        for key in [*then, *(key for key in now if key not in then)]:
            inner = f"{place}.{key}" if place else str(key)
            if place == "files":
                inner = key
            if key not in now:
                found.append(f"{inner} is gone")
            elif key not in then:
                found.append(f"{inner} is new")
            else:
                found += differences(then[key], now[key], inner)
        return found
    shown = [_short(value) for value in (then, now)]
    if None in shown:
        return [f"{place} was changed"]
    return [f"{place} was {shown[0]} and is {shown[1]}"]


def in_words(found: list[str]) -> str:
    """The differences in one line."""
    more = len(found) - MOST_NAMED
    return "; ".join(found[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _short(value: Any) -> str | None:
    text = repr(value)
    return text if len(text) <= 40 and not isinstance(value, (dict, list)) else None

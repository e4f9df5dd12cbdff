"""Greets one person. What the run shares is in the resource, so this file keeps nothing."""

import re


def execute(ctx, *, name: str, style: str = "warm") -> dict:
    # The model reads an error and mends its next call: so an error says what to do instead.
    people = re.split(r"\s*(?:,|&|\band\b)\s*", name)
    if len(people) > 1:
        raise ValueError(f"one person a call: greet {people[0]}, then {people[-1]}")
    greetings = ctx.resources["greetings"]
    if name in greetings.greeted():
        raise ValueError(f"{name} was greeted already; if everybody in the task is, call `done`")
    return {"greeting": greetings.greet(name, style)}

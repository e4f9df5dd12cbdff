"""Greets one person. What the run shares is in the resource, so this file keeps nothing."""


def execute(ctx, *, name: str, style: str = "warm") -> dict:
    return {"greeting": ctx.resources["greetings"].greet(name, style)}

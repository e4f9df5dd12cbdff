"""The answer: the model's summary, beside the names that were really greeted."""


def execute(ctx, *, summary: str) -> dict:
    return {"summary": summary, "greeted": ctx.resources["greetings"].greeted()}

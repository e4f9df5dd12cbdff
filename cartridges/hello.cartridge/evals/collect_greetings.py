"""What a run did, drawn from its steps; the evals find it in `ctx.artifacts`."""


def collect_greetings(ctx) -> dict:
    calls = [
        step.tool_call.args
        for step in ctx.steps
        if step.tool_call.tool == "greet" and not step.tool_result.error
    ]
    return {
        "greeted": [args["name"] for args in calls],
        "styles": [args.get("style", "warm") for args in calls],
    }

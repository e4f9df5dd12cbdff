def execute(ctx, *, text: str, title: str = ""):
    notes = ctx.resources["notes"]
    return "café"

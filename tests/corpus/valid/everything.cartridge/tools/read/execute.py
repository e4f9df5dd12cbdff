def execute(ctx, *, path: str) -> str:
    return ctx.resources["index"].read(path)

async def execute(ctx, *, path: str, text: str, mode: str = "replace") -> int:
    return ctx.resources["index"].write(path, text, mode)

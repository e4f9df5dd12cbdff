def execute(ctx, **arguments) -> dict:
    return dict(arguments)

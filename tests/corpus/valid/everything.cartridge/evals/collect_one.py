def collect_one(ctx, runtime):
    return {}

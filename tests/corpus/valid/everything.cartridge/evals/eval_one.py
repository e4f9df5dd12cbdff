def eval_one(ctx, llm=None):
    return True

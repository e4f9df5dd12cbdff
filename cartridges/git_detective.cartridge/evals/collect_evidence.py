"""What a run asked, and which files the answers named; the evals find it in `ctx.artifacts`."""


def collect_evidence(ctx) -> dict:
    results = {
        step.tool_call.tool: step.tool_result.data
        for step in ctx.steps
        if not step.tool_result.error and step.tool_call.tool != "done"
    }
    return {"tools": list(results), "files": sorted(set(files_in(results)))}


def files_in(value):
    """Every text under a key that holds a path, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from files_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("file", "when", "then"):
                yield item
            else:
                yield from files_in(item)

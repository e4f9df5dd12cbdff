"""The answer and what it rests on, so that no model can leave out how much history was read."""


def execute(ctx, *, headline: str, findings: list, recommendations: list) -> dict:
    repository = ctx.resources["repository"]
    return {
        "headline": headline,
        "findings": findings,
        "recommendations": recommendations,
        "basis": basis(repository),
    }


def basis(repository) -> dict:
    if problem := repository.problem():
        nothing = {"repository": "", "head": "", "commits": 0, "first_day": None, "last_day": None}
        return nothing | {"limits": [problem]}
    history = repository.history()
    days = [history.date(commit.when) for commit in history.commits]
    return {
        "repository": history.name,
        "head": history.head[:12],
        "commits": len(history.commits),
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "limits": list(history.notes),
    }

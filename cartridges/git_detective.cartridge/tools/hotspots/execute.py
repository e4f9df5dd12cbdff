"""Hotspots: how often a file changes, times how large it is."""

from history import is_fix

CANDIDATES = 500  # lines are counted for the files with the most commits only


def execute(
    ctx, *, by: str = "score", under: str = "", include: str = "code", limit: int = 10
) -> dict:
    repository = ctx.resources["repository"]
    history = repository.history()
    paths = history.select(under, ("code", "test") if include == "code" else ())
    touched = {path: events for path, events in history.touches(paths).items() if events}
    busiest = sorted(touched, key=lambda path: (-len(touched[path]), path))[:CANDIDATES]
    lines = repository.line_counts(busiest)
    rows = [row(history, path, touched[path], lines[path]) for path in busiest]
    weights = [(r["commits"] - 1) * r["lines"] for r in rows]  # to be written once is no risk
    for r, weight in zip(rows, weights, strict=True):
        r["score"] = round(weight / (max(weights) or 1), 3)
    rows.sort(key=lambda r: (-r[by], -r["commits"], -r["churn"], r["file"]))
    return {
        "ranked_by": by,
        "files_considered": len(paths),
        "files_changed": len(touched),
        "hotspots": rows[:limit],
    }


def row(history, path, events, lines) -> dict:
    added = sum(change.added for _, change in events)
    deleted = sum(change.deleted for _, change in events)
    return {
        "file": path,
        "score": 0.0,
        "commits": len(events),
        "commits_in_last_90_days": sum(history.days(commit.when) < 90 for commit, _ in events),
        "lines": lines,
        "churn": added + deleted,
        "added": added,
        "deleted": deleted,
        "authors": len({commit.author for commit, _ in events}),
        "fixes": sum(is_fix(commit.subject) for commit, _ in events),
        "last_changed": history.date(max(commit.when for commit, _ in events)),
    }

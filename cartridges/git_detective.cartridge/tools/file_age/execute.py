"""How long files have been left alone."""

from statistics import median

BOUNDS = [
    (30, "under 30 days"),
    (90, "30 to 89 days"),
    (365, "90 to 364 days"),
    (1095, "1 to 3 years"),
]
BEYOND = "3 years and more"


def execute(
    ctx, *, stale_days: int = 365, under: str = "", include: str = "all", limit: int = 10
) -> dict:
    history = ctx.resources["repository"].history()
    paths = history.select(under, ("code", "test") if include == "code" else ())
    rows = []
    for path, events in history.touches(paths).items():
        if events:
            commit, _ = max(events, key=lambda event: event[0].when)
            rows.append(
                {
                    "file": path,
                    "days": history.days(commit.when),
                    "last_changed": history.date(commit.when),
                    "by": commit.author,
                    "bytes": history.files[path].size,
                    "commits": len(events),
                }
            )
    rows.sort(key=lambda r: (-r["days"], -r["bytes"], r["file"]))
    stale = [r for r in rows if r["days"] >= stale_days]
    large = median(r["bytes"] for r in rows) if rows else 0
    counts = dict.fromkeys([name for _, name in BOUNDS] + [BEYOND], 0)
    for r in rows:
        counts[next((name for bound, name in BOUNDS if r["days"] < bound), BEYOND)] += 1
    return {
        "as_of": history.date(history.as_of) if history.commits else None,
        "files": len(paths),
        "not_changed_in_this_history": len(paths) - len(rows),
        "median_days": median(r["days"] for r in rows) if rows else None,
        "distribution": [
            {"age": age, "files": n, "share": round(n / len(rows), 3) if rows else 0.0}
            for age, n in counts.items()
        ],
        "stale_files": len(stale),
        "stale_large": sorted(
            (r for r in stale if r["bytes"] >= large), key=lambda r: (-r["bytes"], r["file"])
        )[:limit],
        "oldest": rows[:limit],
    }

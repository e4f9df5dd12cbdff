"""How a team commits: when, how much at once, and how often to repair what was there."""

import re
from collections import Counter
from datetime import UTC, datetime
from statistics import median

from history import is_fix

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
REVERT = re.compile(r"^revert\b", re.IGNORECASE)
VAGUE = re.compile(
    r"^\W*(wip|updates?|fix(es)?|changes?|misc|tmp|temp|stuff|cleanup|\w{0,2})\W*$", re.IGNORECASE
)
CONVENTIONAL = re.compile(r"^(\w+)(\([^)]*\))?!?: ")


def execute(ctx, *, limit: int = 6) -> dict:
    history = ctx.resources["repository"].history()
    commits = [c for c in history.commits if not c.merge]
    clock = [datetime.fromtimestamp(c.when + c.offset * 60, UTC) for c in commits]
    weekdays = Counter(moment.weekday() for moment in clock)
    hours = Counter(moment.hour for moment in clock)
    months = Counter(moment.strftime("%Y-%m") for moment in clock)
    types = Counter(m[1].lower() for c in commits if (m := CONVENTIONAL.match(c.subject)))
    sized = [c for c in commits if c.changes]
    files = [len(c.changes) for c in sized]
    lines = [churn(c) for c in sized]

    def share(count: int) -> float:
        return round(count / len(commits), 3) if commits else 0.0

    return {
        "commits": len(commits),
        "merges": len(history.commits) - len(commits),
        "fix_share": share(sum(is_fix(c.subject) for c in commits)),
        "reverts": sum(bool(REVERT.match(c.subject)) for c in commits),
        "vague_subjects": sum(bool(VAGUE.match(c.subject)) for c in commits),
        "conventional_types": dict(types.most_common(8)),
        "files_per_commit": spread(files),
        "lines_per_commit": spread(lines),
        "weekdays": {name: weekdays[i] for i, name in enumerate(DAYS)},
        "hours": {f"{hour:02}": hours[hour] for hour in range(24) if hours[hour]},
        "weekend_share": share(weekdays[5] + weekdays[6]),
        "night_share": share(sum(hours[hour] for hour in (22, 23, 0, 1, 2, 3, 4, 5))),
        "months": dict(sorted(months.items())[-limit:]),
        "largest": [
            {
                "commit": c.sha[:12],
                "day": history.date(c.when, c.offset),
                "author": c.author,
                "subject": c.subject,
                "files": len(c.changes),
                "lines": churn(c),
            }
            for c in sorted(sized, key=churn, reverse=True)[:limit]
        ],
    }


def churn(commit) -> int:
    return sum(change.added + change.deleted for change in commit.changes)


def spread(values: list[int]) -> dict:
    """The middle, nine in ten, and the most."""
    if not values:
        return {"median": 0, "p90": 0, "max": 0}
    values = sorted(values)
    return {
        "median": median(values),
        "p90": values[(len(values) * 9 + 9) // 10 - 1],
        "max": values[-1],
    }

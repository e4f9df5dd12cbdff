"""Temporal coupling: which files change together, as association rules over commits."""

import re
from collections import Counter
from itertools import combinations
from pathlib import PurePosixPath

from history import kind


def execute(
    ctx,
    *,
    min_support: int = 3,
    min_confidence: float = 0.5,
    min_lift: float = 1.2,
    max_files: int = 30,
    under: str = "",
    include: str = "code",
    limit: int = 10,
) -> dict:
    history = ctx.resources["repository"].history()
    known = set(history.select(under, ("code", "test") if include == "code" else ()))
    baskets = [{c.path for c in commit.changes} for commit in history.commits if commit.changes]
    used = [basket & known for basket in baskets if len(basket) <= max_files]
    used = [basket for basket in used if basket]
    single = Counter(path for basket in used for path in basket)
    both = Counter(pair for basket in used for pair in combinations(sorted(basket), 2))
    pairs = []
    for (one, other), support in both.items():
        when, then = (one, other) if single[one] <= single[other] else (other, one)
        confidence = support / single[when]
        lift = confidence * len(used) / single[then]
        if support < min_support or confidence < min_confidence or lift < min_lift:
            continue
        pairs.append(
            {
                "when": when,
                "then": then,
                "support": support,
                "confidence": round(confidence, 3),
                "lift": round(lift, 2),
                "relation": relation(when, then),
            }
        )
    pairs.sort(key=lambda p: (-p["support"] * p["confidence"], -p["lift"], p["when"], p["then"]))
    return {
        "commits_used": len(used),
        "commits_too_large": sum(len(basket) > max_files for basket in baskets),
        "pairs_found": len(pairs),
        "pairs": pairs[:limit],
    }


def relation(one: str, other: str) -> str:
    """`test`: one tests the other; else whether they share a folder."""
    names = [PurePosixPath(path).name.partition(".")[0] for path in (one, other)]
    names = [re.sub(r"^test_|[_-](test|spec)$|Test$", "", name) for name in names]
    if names[0] == names[1] and (kind(one) == "test") != (kind(other) == "test"):
        return "test"
    same = PurePosixPath(one).parent == PurePosixPath(other).parent
    return "same folder" if same else "across folders"

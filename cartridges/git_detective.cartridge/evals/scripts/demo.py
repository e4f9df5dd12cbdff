"""A scripted detective: asks each tool once, and draws its answer from what they really returned.

`reply` gets the conversation and the data of the last tool result. All it knows it reads from the
conversation, so that it can be asked again. Any repository will do, also a folder that is none.
"""

import json

PLAN = [
    ("overview", {}),
    ("hotspots", {"limit": 5}),
    ("coupled_files", {"limit": 5}),
    ("contributors", {"limit": 5}),
    ("file_age", {"limit": 5}),
    ("commit_patterns", {}),
]


def reply(messages, last_result):
    seen = {m["tool"]: data(m["content"]) for m in messages if m["role"] == "tool"}
    if "overview" in seen and not seen["overview"]:
        return {"tool": "done", "args": unreadable()}
    for tool, args in PLAN:
        if tool not in seen:
            return {"tool": tool, "args": args}
    return {"tool": "done", "args": verdict(seen)}


def data(content):
    """What a tool returned; nothing if it failed."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) and "error" not in value else {}


def unreadable():
    return {
        "headline": "There is no history to read here.",
        "findings": [],
        "recommendations": ["Give the folder of a Git repository as the input `repo`."],
    }


def verdict(seen):
    found = [f for look in (hot, coupled, owned, left_alone, repaired) for f in look(seen)]
    found.sort(key=lambda f: ("high", "medium", "low").index(f["severity"]))
    commits = seen["overview"]["commits"]
    hottest = next((f["file"] for f in found if f["severity"] == "high"), None)
    if not commits:
        headline = "Nothing was committed here yet."
    elif hottest:
        headline = f"The risk gathers in {hottest}, as {count(commits, 'commit')} show."
    else:
        headline = f"No file stands out in {count(commits, 'commit')}."
    return {"headline": headline, "findings": found, "recommendations": advice(seen, hottest)}


def hot(seen):
    for rank, spot in enumerate(seen["hotspots"].get("hotspots", [])):
        if spot["commits"] < 3 or spot["score"] < 0.25:
            break
        yield {
            "file": spot["file"],
            "why": "It is changed often for its size: a mistake here is likely, and costly."
            if rank
            else "Size and change meet here more than anywhere: a mistake is likely, and costly.",
            "evidence": f"hotspots: {count(spot['commits'], 'commit')}, {spot['fixes']} of them "
            f"fixes; {count(spot['lines'], 'line')}; score {spot['score']}",
            "severity": "medium" if rank else "high",
        }


def coupled(seen):
    pairs = seen["coupled_files"].get("pairs", [])
    for pair in [p for p in pairs if p["relation"] == "across folders"][:2]:
        yield {
            "file": pair["when"],
            "why": f"When it changes, {pair['then']} in another folder changes too.",
            "evidence": f"coupled_files: {count(pair['support'], 'common commit')}, confidence "
            f"{pair['confidence']}, lift {pair['lift']}",
            "severity": "medium",
        }


def owned(seen):
    known = seen["contributors"]
    if known.get("bus_factor") == 1:
        yield {
            "file": ".",
            "why": f"{known['core'][0]} made more than half of the commits: what leaves with one "
            "person is most of what is known.",
            "evidence": f"contributors: bus factor 1 of {known['contributors']}",
            "severity": "medium",
        }
    for file in known.get("orphaned_files", [])[:2]:
        yield {
            "file": file["file"],
            "why": f"{file['main_owner']}, who knows it best, has been away.",
            "evidence": f"contributors: {file['share']:.0%} of {count(file['commits'], 'commit')}",
            "severity": "medium",
        }


def left_alone(seen):
    for file in seen["file_age"].get("stale_large", [])[:1]:
        yield {
            "file": file["file"],
            "why": "Large, and untouched for long: finished, or forgotten.",
            "evidence": f"file_age: {file['bytes']} bytes, {count(file['days'], 'day')}",
            "severity": "low",
        }


def repaired(seen):
    habits = seen["commit_patterns"]
    if habits.get("fix_share", 0) >= 0.3:
        yield {
            "file": ".",
            "why": "Much of the work repairs what was there.",
            "evidence": f"commit_patterns: {habits['fix_share']:.0%} of "
            f"{count(habits['commits'], 'commit')} are fixes, {count(habits['reverts'], 'revert')}",
            "severity": "medium",
        }


def advice(seen, hottest):
    steps = {
        f"Read {hottest} with who changed it last; split it, or test it better.": hottest,
        "Ask again when there is more history.": not hottest,
        "Let a second person review, and change, what one person owns.": (
            seen["contributors"].get("bus_factor") == 1
        ),
        "Give files that change together one home, or write down why they do.": (
            seen["coupled_files"].get("pairs")
        ),
    }
    return [step for step, needed in steps.items() if needed]


def count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")

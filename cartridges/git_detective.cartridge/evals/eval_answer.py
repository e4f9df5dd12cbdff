"""How well an answer stands on its evidence. Each function scores one thing: a bool, or 0 to 1."""

import re


def eval_several_kinds_of_evidence(ctx) -> float:
    return min(1.0, len(set(ctx.artifacts["tools"]) - {"overview"}) / 2)


def eval_findings_name_files_that_a_tool_named(ctx) -> float:
    named = [f["file"] for f in findings(ctx) if f["file"] != "."]
    return share(name in ctx.artifacts["files"] for name in named)


def eval_evidence_has_numbers(ctx) -> float:
    return share(re.search(r"\d", f["evidence"]) is not None for f in findings(ctx))


def eval_something_is_recommended(ctx) -> bool:
    return bool((ctx.final_output or {}).get("recommendations"))


def eval_done_was_accepted(ctx) -> bool:
    return ctx.stop_reason == "done"


def findings(ctx) -> list[dict]:
    return (ctx.final_output or {}).get("findings", [])


def share(marks) -> float:
    marks = list(marks)
    return sum(marks) / len(marks) if marks else 1.0

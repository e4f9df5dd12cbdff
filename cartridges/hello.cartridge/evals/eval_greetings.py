"""How well a run greeted. Each function scores one thing: a bool, or a number from 0 to 1."""


def eval_somebody_was_greeted(ctx) -> bool:
    return bool(ctx.artifacts["greeted"])


def eval_nobody_was_made_up(ctx) -> float:
    greeted = ctx.artifacts["greeted"]
    return sum(name in str(ctx.task) for name in greeted) / len(greeted) if greeted else 0.0


def eval_the_answer_names_who_was_greeted(ctx) -> bool:
    answer = ctx.final_output or {}
    return sorted(answer.get("greeted", [])) == sorted(set(ctx.artifacts["greeted"]))


def eval_done_was_accepted(ctx) -> bool:
    return ctx.stop_reason == "done"

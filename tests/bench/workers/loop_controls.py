"""CPU per step with controls on: `{"with", "steps", "runs"}` in, `{"us"}` out."""

import json
import os
import shutil
import statistics
import sys
import tempfile
from time import process_time

from models import model

from looplet import LoopConfig, composable_loop, tools_from
from looplet.builtin_hooks import builtin_hooks
from looplet.permissions import permission_hook

ORDER = ("nothing", "hooks", "permissions", "events", "journal")
HOOKS = [
    "stagnation",
    {"per_tool_limit": {"limits": {"other": 3}}},
    {"recovery_hint": {"text": "Try something else."}},
]
RULES = {
    "default": "deny",
    "deny": [{"tool": "add", "matches": {"a": -1}}],
    "ask": ["other"],
    "allow": ["add"],
}
MEMORY = "/dev/shm"


class Watches:
    """The fourth hook: every method of a step, and no opinion."""

    def pre_prompt(self, state, session_log, context, step_num):
        return None

    def pre_dispatch(self, state, session_log, tool_call, step_num):
        return None

    def post_dispatch(self, state, session_log, tool_call, tool_result, step_num):
        return None

    def should_stop(self, state, step_num, new_entities):
        return False


def add(a: int, b: int) -> dict:
    """Add two numbers."""
    return {"sum": a + b}


def per_step(controls: str, steps: int) -> float:
    """Microseconds of CPU a step of one run takes, set-up included."""
    level = ORDER.index(controls)
    heard = [0]

    def listen(event: object) -> None:
        heard[0] += 1

    start = process_time()
    hooks = [*builtin_hooks(HOOKS), Watches()] if level > 0 else []
    if level > 1:
        hooks.insert(0, permission_hook(RULES, "done"))
    folder = tempfile.mkdtemp(dir=MEMORY if os.path.isdir(MEMORY) else None)
    try:
        seen = 0
        for step in composable_loop(
            llm=model("native"),
            tools=tools_from([add], include_done=True),
            task={"goal": "add for ever"},
            hooks=hooks,
            stream=listen if level > 2 else None,
            config=LoopConfig(
                max_steps=steps, checkpoint_dir=f"{folder}/run" if level > 3 else None
            ),
        ):
            assert step.tool_result.error is None, step.tool_result.error
            seen += 1
        assert seen == steps, seen
        assert heard[0] >= 5 * steps if level > 2 else not heard[0]
        return (process_time() - start) / steps * 1e6
    finally:
        shutil.rmtree(folder)


ask = json.loads(sys.argv[1])
per_step(ask["with"], 10)
runs = [per_step(ask["with"], ask["steps"]) for _ in range(ask["runs"])]
print(json.dumps({"us": statistics.median(runs)}))

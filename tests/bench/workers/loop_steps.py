"""CPU per step of whole runs of N steps: `{"model", "steps", "runs"}` in, `{"us"}` out."""

import json
import statistics
import sys
from time import process_time

from models import model

from looplet import LoopConfig, composable_loop, tools_from


def add(a: int, b: int) -> dict:
    """Add two numbers."""
    return {"sum": a + b}


def per_step(kind: str, steps: int) -> float:
    """Microseconds of CPU a step of one run takes, set-up included."""
    start = process_time()
    seen = 0
    for step in composable_loop(
        llm=model(kind),
        tools=tools_from([add], include_done=True),
        task={"goal": "add for ever"},
        config=LoopConfig(max_steps=steps, use_native_tools=kind == "native"),
    ):
        assert step.tool_result.error is None, step.tool_result.error
        seen += 1
    assert seen == steps, seen
    return (process_time() - start) / steps * 1e6


ask = json.loads(sys.argv[1])
per_step(ask["model"], 10)
runs = [per_step(ask["model"], ask["steps"]) for _ in range(ask["runs"])]
print(json.dumps({"us": statistics.median(runs)}))

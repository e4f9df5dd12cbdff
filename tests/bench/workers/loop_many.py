"""Many runs at once in one process: `{"agents", "steps"}` in, `{"steps", "us", "mb"}` out."""

import asyncio
import json
import os
import sys
from time import process_time

from looplet import DefaultState, LoopConfig, Reply, ToolCall, async_composable_loop, tools_from


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Model:
    """Answers after a turn of the event loop, so that all the runs are under way at once."""

    def __init__(self) -> None:
        self.turn = 0

    async def generate(self, messages, *, tools):
        self.turn += 1
        await asyncio.sleep(0)
        call = ToolCall("add", {"a": self.turn, "b": 2}, call_id=f"call-{self.turn}")
        return Reply(tool_calls=(call,))


async def add(a: int, b: int) -> dict:
    """Add two numbers."""
    await asyncio.sleep(0)
    return {"sum": a + b}


async def agent(steps: int, states: list) -> None:
    state = DefaultState(steps)
    states.append(state)
    run = async_composable_loop(
        Model(),
        "add for ever",
        tools_from([add], include_done=True),
        state=state,
        config=LoopConfig(max_steps=steps),
    )
    async for step in run:
        assert step.tool_result.data == {"sum": step.number + 2}, step


async def main(agents: int, steps: int) -> dict:
    states: list = []
    await agent(3, [])  # what is imported on the way is not what an agent costs
    before, start = resident(), process_time()
    await asyncio.gather(*(agent(steps, states) for _ in range(agents)))
    took = process_time() - start
    recorded = sum(len(state.steps) for state in states)
    return {
        "steps": recorded,
        "us": took / recorded * 1e6,
        "mb": (resident() - before) / 1e6 / agents,
    }


ask = json.loads(sys.argv[1])
print(json.dumps(asyncio.run(main(ask["agents"], ask["steps"]))))

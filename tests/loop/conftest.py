"""One way to run a conversation through either driver: a test that uses `go` runs twice."""

import asyncio
from typing import Any

import pytest
from loop_doubles import Go, Run, add

from looplet import (
    BaseToolRegistry,
    DefaultState,
    Step,
    async_composable_loop,
    composable_loop,
    done_tool,
    tools_from,
)


@pytest.fixture
def registry() -> BaseToolRegistry:
    return tools_from([add], include_done=True)


@pytest.fixture(params=["sync", "async"])
def go(request: pytest.FixtureRequest) -> Go:
    """go(llm, tools, …) runs to the end with one of the drivers. `leave_after`: break there."""

    def run(
        llm: Any,
        tools: Any = None,
        task: Any = "the task",
        *,
        state: Any = None,
        leave_after: int | None = None,
        **options: Any,
    ) -> Run:
        if tools is None:
            tools = tools_from([add], include_done=True)
        elif isinstance(tools, list):
            tools = tools_from(tools)
            tools.register(done_tool())
        state = DefaultState() if state is None else state
        steps: list[Step] = []
        error: BaseException | None = None
        try:
            if request.param == "sync":
                loop = composable_loop(llm, task, tools, state=state, **options)
                for step in loop:
                    steps.append(step)
                    if len(steps) == leave_after:
                        break
                loop.close()
            else:

                async def main() -> None:
                    loop = async_composable_loop(llm, task, tools, state=state, **options)
                    async for step in loop:
                        steps.append(step)
                        if len(steps) == leave_after:
                            break
                    await loop.aclose()

                asyncio.run(main())
        except BaseException as raised:
            error = raised
        return Run(steps, state, error)

    return run

"""Import looplet and run one scripted step to its end; runs in either environment."""

from looplet import LoopConfig, MockLLMBackend, composable_loop, tools_from


def add(a: int, b: int) -> dict:
    """Add two numbers."""
    return {"sum": a + b}


llm = MockLLMBackend(['{"tool": "add", "args": {"a": 2, "b": 3}}'])
steps = list(
    composable_loop(
        llm=llm,
        tools=tools_from([add], include_done=True),
        task={"goal": "add"},
        config=LoopConfig(max_steps=1),
    )
)
assert len(steps) == 1 and steps[0].tool_result.data == {"sum": 5}, steps

"""A run with a model whose price is known: each step, the state and what is told carry the cost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from looplet import (
    DefaultState,
    LoopConfig,
    Reply,
    Step,
    ToolCall,
    Usage,
    async_composable_loop,
    composable_loop,
    tools_from,
)
from looplet.builtin_hooks import BudgetCap
from looplet.cost import PriceError
from looplet.events import Event


class Model:
    def __init__(self, name: str, cost: float | None = None) -> None:
        self.name = name
        self.cost = cost

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
        usage = Usage(1_000_000, 0, cost=self.cost)
        tool = "done" if len(messages) > 2 else "nothing"
        return Reply("", [ToolCall(tool, {"summary": "x"} if tool == "done" else {})], usage)


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("LOOPLET_PRICES", raising=False)

    def go(llm: Any, **options: Any) -> tuple[list[Step], Any]:
        state = DefaultState()
        parts = (llm, "t", tools_from([], include_done=True))
        if request.param == "sync":
            return list(composable_loop(*parts, state=state, **options)), state

        async def main() -> list[Step]:
            return [step async for step in async_composable_loop(*parts, state=state, **options)]

        return asyncio.run(main()), state

    return go


def costs(steps: list[Step]) -> list[float | None]:
    return [step.usage.cost if step.usage else None for step in steps]


def test_a_known_model_has_a_cost_on_every_step(run: Any) -> None:
    told: list[Event] = []
    steps, state = run(Model("openai:gpt-5-mini"), stream=told.append)
    assert costs(steps) == [0.25, 0.25] and state.usage.cost == 0.5
    replies = [event.reply for event in told if event.reply is not None]
    assert [reply.usage and reply.usage.cost for reply in replies] == [0.25, 0.25]


@pytest.mark.parametrize("name", ["openai:gpt-99", "scripted", ""])
def test_an_unknown_one_has_none(name: str, run: Any) -> None:
    steps, state = run(Model(name))
    assert costs(steps) == [None, None] and state.usage.cost is None


def test_a_cost_that_the_provider_tells_is_kept(run: Any) -> None:
    assert costs(run(Model("openai:gpt-5-mini", cost=7.0))[0]) == [7.0, 7.0]


def test_a_table_that_cannot_be_read_is_an_error_before_the_run(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"models": {"openai:*": {"input": 1}}}')
    monkeypatch.setenv("LOOPLET_PRICES", str(path))
    with pytest.raises(PriceError, match="the price of output is missing"):
        run(Model("openai:gpt-5-mini"))
    path.write_text('{"models": {"openai:*": {"input": 1, "output": 1}}}')
    assert costs(run(Model("openai:gpt-5-mini"))[0]) == [1.0, 1.0]


PRICES = {"acme:cheap": {"input": 1, "output": 1}, "acme:dear": {"input": 10, "output": 10}}


def test_a_router_s_model_costs_what_it_costs(run: Any) -> None:
    dear = Model("acme:dear")
    config = LoopConfig(prices=PRICES, router=lambda state, number: dear if number > 1 else None)
    steps, state = run(Model("acme:cheap"), config=config)
    assert costs(steps) == [1, 10] and state.usage.cost == 11


def test_a_router_s_model_without_a_price_is_no_way_around_a_cap(run: Any) -> None:
    config = LoopConfig(prices=PRICES, router=lambda *_: Model("acme:new"))
    with pytest.raises(ValueError, match="the price of the model 'acme:new' is not known"):
        run(Model("acme:cheap"), config=config, hooks=[BudgetCap(max_cost=5.0)])

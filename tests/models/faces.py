"""Both providers through both drivers: what the tests against other people's servers share."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from looplet.aio import async_composable_loop
from looplet.drivers import composable_loop
from looplet.models.anthropic import AnthropicBackend, AsyncAnthropicBackend
from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend
from looplet.models.retry import RetryPolicy
from looplet.state import DefaultState
from looplet.tools import tools_from

QUICK = RetryPolicy(first_delay_s=0.06)
"""Tries again as often as always, and waits as little as still counts as backing off."""

BACKENDS: dict[tuple[str, str], Any] = {
    ("openai", "sync"): OpenAIBackend,
    ("openai", "async"): AsyncOpenAIBackend,
    ("anthropic", "sync"): AnthropicBackend,
    ("anthropic", "async"): AsyncAnthropicBackend,
}


class Face:
    """One provider through one driver. `base_url(root)` is its address on a server of both."""

    def __init__(self, provider: str, driver: str) -> None:
        self.provider = provider
        self.driver = driver
        self.clear()

    def clear(self) -> None:
        self.events: list[Any] = []
        self.state = DefaultState(20)
        self.llm: Any = None

    def model(self, base_url: str, **settings: Any) -> Any:
        settings = {"model": "claude-x", "api_key": "k", "timeout": 5.0, "retry": QUICK, **settings}
        self.llm = BACKENDS[self.provider, self.driver](base_url=base_url, **settings)
        return self.llm

    def run(self, base_url: str, task: Any = "add", listen: bool = True, **more: Any) -> list[Any]:
        """The steps of a run with `add` and `done`; its events and its state stay here."""
        settings = more.pop("settings", {})
        tools = more.pop("tools", None) or tools_from([add], include_done=True)
        if listen:
            more["stream"] = self.events.append
        args = (self.model(base_url, **settings), task, tools)
        if self.driver == "sync":
            try:
                return list(composable_loop(*args, state=self.state, **more))
            finally:
                self.llm.close()

        async def main() -> list[Any]:
            try:
                loop = async_composable_loop(*args, state=self.state, **more)
                return [step async for step in loop]
            finally:
                await self.llm.aclose()

        return asyncio.run(main())

    def ask(self, base_url: str, messages: Any = "hello", **more: Any) -> Any:
        """One answer, without a run."""
        settings = more.pop("settings", {})
        llm = self.model(base_url, **settings)
        if self.driver == "sync":
            try:
                return llm.generate(messages, **more)
            finally:
                llm.close()

        async def main() -> Any:
            try:
                return await llm.generate(messages, **more)
            finally:
                await llm.aclose()

        return asyncio.run(main())

    def told(self, event: str) -> list[Any]:
        """The data of the events of that name."""
        return [seen.data for seen in self.events if seen.event == event]


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def faces(*providers: str) -> Callable[..., Any]:
    """A test for each provider through each driver, as the argument `face`."""
    pairs = [(p, d) for p, d in BACKENDS if not providers or p in providers]
    return pytest.mark.parametrize(
        "face", [Face(*pair) for pair in pairs], ids=["-".join(pair) for pair in pairs]
    )

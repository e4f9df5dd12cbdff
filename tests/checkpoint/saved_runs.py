"""Runs that are saved, cut off, and gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from looplet import (
    DefaultState,
    FileCheckpointStore,
    LoopConfig,
    MockLLMBackend,
    ToolSpec,
    async_composable_loop,
    composable_loop,
    tools_from,
)

DONE = {"tool": "done", "args": {"summary": "all of it"}}


class Bench:
    """One agent whose tool `note` keeps a list of what it did; `go` runs or resumes it."""

    def __init__(self, folder: Path, *, is_async: bool) -> None:
        self.folder = folder
        self.is_async = is_async
        self.noted: list[Any] = []
        self.idempotency = "unknown"
        self.config: dict[str, Any] = {}
        self.state = DefaultState(50)
        self.llm: Any = None

    def tools(self) -> Any:
        def note(text: str) -> dict[str, Any]:
            self.noted.append(text)
            return {"noted": text}

        schema = {"text": {"type": "string"}}
        spec = ToolSpec("note", "Note it.", schema, note, idempotency=self.idempotency)
        return tools_from([spec], include_done=True)

    def go(
        self,
        script: Sequence[Any],
        *,
        resume: bool = False,
        hooks: Sequence[object] = (),
        leave_after: int | None = None,
        answer: str | None = None,
        task: Any = "note things",
        tools: Any = None,
        **config: Any,
    ) -> Any:
        """Run the script, or go on with it; the state."""
        self.state = DefaultState(50)
        self.llm = MockLLMBackend(list(script), cycle=False)
        if resume:
            saved = FileCheckpointStore(self.folder).load()
            if answer is not None:
                saved.answer(answer)
            self.llm.skip(saved.turns)
            config["initial_checkpoint"] = saved
            task = saved.task
        else:
            config["checkpoint_dir"] = self.folder
        loop: Callable[..., Any] = async_composable_loop if self.is_async else composable_loop
        steps = loop(
            self.llm,
            task,
            self.tools() if tools is None else tools,
            hooks=hooks,
            state=self.state,
            config=LoopConfig(max_steps=50, **config),
        )
        if self.is_async:
            asyncio.run(self._iterate(steps, leave_after))
        else:
            for number, _ in enumerate(steps, 1):
                if number == leave_after:
                    steps.close()
                    break
        return self.state

    async def _iterate(self, steps: Any, leave_after: int | None) -> None:
        number = 0
        async for _ in steps:
            number += 1
            if number == leave_after:
                await steps.aclose()
                break

    def entries(self) -> list[str]:
        return (self.folder / "journal.jsonl").read_text().splitlines(keepends=True)

    def cut(self, entries: int, rest: str = "") -> None:
        """As if the process had been killed when it had written so many entries."""
        kept = self.entries()[:entries]
        (self.folder / "journal.jsonl").write_text("".join(kept) + rest)


def outline(state: Any) -> list[Any]:
    """What of a run has to be the same, whether it was cut off or not."""
    return [
        (s.number, s.tool_call, s.tool_result.data, s.tool_result.error, s.usage, s.finish_reason)
        for s in state.steps
    ]

"""Cartridges with servers, and servers that misbehave."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from looplet import DefaultState, MockLLMBackend, async_composable_loop, composable_loop
from looplet.link import Binding
from looplet.types import Step

SERVER = Path(__file__).parent / "misbehaving.py"

Make = Callable[..., Path]
Misbehaving = Callable[[str], list[str]]
Run = Callable[[Binding, Sequence[Any]], list[Step]]


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK gives a server seconds to end by itself, which those that hang here never do."""
    stdio = pytest.importorskip("mcp.client.stdio")
    monkeypatch.setattr(stdio, "PROCESS_TERMINATION_TIMEOUT", 0.2)


@pytest.fixture
def misbehaving(tmp_path: Path) -> Misbehaving:
    """misbehaving(mode): the command of a server; each start of it adds a line to `starts`."""
    return lambda mode: [sys.executable, str(SERVER), mode, str(tmp_path / "starts")]


@pytest.fixture
def starts(tmp_path: Path) -> Callable[[], list[int]]:
    """The process ids of the servers that were started."""
    path = tmp_path / "starts"
    return lambda: [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def cartridge(tmp_path: Path) -> Make:
    """cartridge({server: settings}, files={path: text}, **config): a small one with servers."""

    def make(
        servers: Mapping[str, Any], files: Mapping[str, str] | None = None, **config: Any
    ) -> Path:
        folder = tmp_path / "small.cartridge"
        config = {"max_steps": 9, **config, "mcp_servers": dict(servers)}
        texts = {
            "cartridge.json": '{"name": "small", "schema_version": 2, "version": "1.2"}',
            "config.yaml": yaml.safe_dump(config, sort_keys=False),
            "prompts/system.md": "Use the tools.\n",
            "tools/done/tool.yaml": "name: done\ndescription: End.\n"
            "parameters:\n  summary: {type: string}\n",
            "tools/done/execute.py": "def execute(*, summary: str):\n    return summary\n",
            **(files or {}),
        }
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return make


def _sync(binding: Binding, script: Sequence[Any]) -> list[Step]:
    return list(
        composable_loop(
            MockLLMBackend([*script], cycle=False),
            "go",
            binding.tools,
            hooks=binding.hooks,
            config=binding.config,
            state=DefaultState(9),
        )
    )


def _async(binding: Binding, script: Sequence[Any]) -> list[Step]:
    import asyncio

    async def collect() -> list[Step]:
        llm = MockLLMBackend([*script], cycle=False)
        steps = async_composable_loop(
            llm,
            "go",
            binding.tools,
            hooks=binding.hooks,
            config=binding.config,
            state=DefaultState(9),
        )
        return [step async for step in steps]

    return asyncio.run(collect())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    """run(binding, script): the steps, through both drivers."""
    found: Run = request.param
    return found

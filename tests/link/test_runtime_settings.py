"""What runtime.yaml says of the context reaches the run, and what it cannot say is an error."""

from pathlib import Path
from typing import Any

import pytest

from looplet import MockLLMBackend, PresetError, composable_loop
from looplet.compaction import Chain

SCRIPT = [{"tool": "done", "args": {"summary": "ok"}}]


def run(bound: Any, script: Any = SCRIPT) -> Any:
    state = bound.state()
    for _ in composable_loop(
        MockLLMBackend(script),
        "go",
        bound.tools,
        hooks=bound.hooks,
        config=bound.config,
        state=state,
    ):
        pass
    return state


def test_the_settings_of_the_context_are_those_of_the_loop(make: Any, tmp_path: Path) -> None:
    values = {
        "context_window": 9000,
        "context_window_total_chars": 5000,
        "max_briefing_tokens": 100,
        "tool_result_persist_dir": str(tmp_path / "results"),
        "reactive_recovery": False,
        "recovery_temperature": 0.1,
        "max_turn_continuations": 2,
        "compact_service": ["prune", {"truncate": {"keep_recent": 2}}],
    }
    with make(runtime_values=values).bind() as bound:
        config = bound.config
        service = config.compact_service
        assert isinstance(service, Chain) and service.services[1].keep_recent == 2
        for key in values.keys() - {"compact_service"}:
            assert getattr(config, key) == values[key], key
        state = run(bound)
        assert state.stop_reason == "done" and state.window.tokens == 9000


def test_a_resource_may_shorten_route_and_listen(make: Any) -> None:
    preset = make(
        {
            "resources/short.py": "class S:\n    def compact(self, state, step): return None\n"
            "def build(): return S()",
            "resources/way.py": "def build():\n    return lambda state, step: None",
            "resources/ear.py": "def build():\n    heard = []\n"
            "    class E:\n        def on_event(self, event): heard.append(event.event)\n"
            "    E.heard = heard\n    return E()",
        },
        runtime_values={
            "compact_service": "@short",
            "router": "${ref:way}",
            "tracer": "@ear",
        },
    )
    with preset.bind() as bound:
        assert bound.config.compact_service is bound.resources["short"]
        assert run(bound).stop_reason == "done"
        assert bound.resources["ear"].heard[0] == "run_start"
    function = make(
        {"resources/ear.py": "def build():\n    heard = []\n    return heard.append"},
        runtime_values={"tracer": "@ear"},
    )
    with function.bind() as bound:
        run(bound)
        assert bound.resources["ear"].__self__[-1].event == "run_end"


def test_the_warnings_name_the_done_tool_of_the_agent(make: Any) -> None:
    with make(config={"builtin_hooks": ["budget_cap"], "max_steps": 1}).bind() as bound:
        said = run(bound).conversation[-3]["content"]
        assert said.endswith("Wrap up and call `done` with what you have.")
    with make(
        config={"builtin_hooks": [{"budget_cap": {"done_tool": "finish"}}], "max_steps": 1}
    ).bind() as bound:
        assert "call `finish`" in run(bound).conversation[-3]["content"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"compact_service": "prun"}, "agent: compact_service: no compaction is called 'prun'"),
        ({"compact_service": {"prune": {"keep": 1}}}, "the compaction prune: .*'keep'"),
        ({"compact_service": "@short"}, "compact_service.*or an object with `compact`"),
        ({"router": "@short"}, "router is a callable of state and step"),
        ({"tracer": "@short"}, "runtime.tracer is a resource that is called with events"),
        ({"max_briefing_tokens": 0}, "max_briefing_tokens"),
        ({"recovery_registry": "@short"}, "does not run the `recovery_registry` of runtime.yaml"),
    ],
)
def test_what_cannot_be_is_one_line(make: Any, values: dict[str, Any], says: str) -> None:
    preset = make({"resources/short.py": "def build(): return 3"}, runtime_values=values)
    with pytest.raises(PresetError, match=says):
        preset.bind()


def test_keys_that_change_nothing_change_nothing(make: Any) -> None:
    values = {"cache_policy": {"ttl": "1h"}, "tool_render_hints": {"done": {"style": "big"}}}
    with make(runtime_values=values).bind() as bound:
        assert run(bound).stop_reason == "done"

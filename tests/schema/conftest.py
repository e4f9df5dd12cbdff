"""Good values of each kind of file, using every key, and mutants of them with one fault each."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

SAMPLES: dict[str, dict[str, Any]] = {
    "cartridge": {
        "$schema": "schemas/cartridge.schema.json",
        "name": "git_detective",
        "schema_version": 2,
        "version": "1.0",
        "description": "Finds risk.",
        "language": "python",
        "metadata": {"team": "search"},
        "compatibility": ">=1",
        "license": "MIT",
        "authors": ["Ada", {"name": "Grace", "email": "grace@example.org"}],
        "homepage": "https://example.org",
        "keywords": ["git"],
        "requires_python": ">=3.11",
        "dependencies": ["httpx>=0.27"],
        "capabilities": ["files", "network"],
        "x-note": {"free": [1]},
    },
    "config": {
        "extends": "../base.cartridge",
        "max_steps": 20,
        "done_tool": "done",
        "model": {
            "provider": "p",
            "name": "m",
            "reasoning_effort": "low",
            "max_tokens": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "extra": {"seed": 1},
        },
        "permissions": {
            "default": "allow",
            "deny": ["bash", {"tool": "write", "matches": {"path": 1}, "reason": "no"}],
            "ask": [{"tool": "mail", "contains": {"to": "@"}}],
            "allow": [],
        },
        "memory": {"long_term": "memory/long_term.md", "include": ["a.md"], "max_tokens": 9},
        "memory_sources": ["@notes", {"text": "hi"}],
        "builtin_tools": ["subagent", "search_skills"],
        "builtin_hooks": ["stagnation", {"per_tool_limit": {"limits": {"a": 1}}}],
        "mcp_servers": {
            "docs": {"command": "serve", "env": {"A": "b"}, "timeout_s": 1.5, "tools": ["t"]},
            "logs": {"command": ["serve", "-v"], "args": ["--port", 80], "cwd": "/srv"},
            "web": {"url": "https://a.example/mcp", "headers": {"A": "b"}, "prefix": "web_"},
        },
        "state": "@state",
        "inputs": {"repo": {"type": "string"}, "days": {"type": "integer", "default": 3}},
        "state_services": {"s": {"command": "serve", "env": {"A": "b"}, "timeout_s": 3}},
        "llm_gateway": False,
        "x-note": 1,
    },
    "runtime": {
        "max_tokens": 100,
        "temperature": 0,
        "recovery_temperature": 0.1,
        "max_turn_continuations": 0,
        "generate_kwargs": {"seed": 1},
        "use_native_tools": True,
        "concurrent_dispatch": False,
        "max_parallel_calls": "${runtime.parallel:-4}",
        "reactive_recovery": True,
        "context_window": 32000,
        "context_window_steps": 10,
        "context_inline_per_step_chars": 4000,
        "context_window_total_chars": 9000,
        "max_briefing_tokens": 100,
        "compact_service": "@compact",
        "cache_policy": {"a": 1},
        "checkpoint_dir": "out",
        "initial_checkpoint": "${runtime.resume}",
        "tool_result_persist_dir": "results",
        "router": "@router",
        "tracer": "@tracer",
        "recovery_registry": "@recovery",
        "tool_render_hints": {"bash": {}},
        "x-note": 1,
    },
    "tool": {
        "name": "search",
        "description": "Searches.",
        "parameters": {"query": {"type": "string"}},
        "requires": ["index"],
        "concurrent_safe": True,
        "free": False,
        "timeout_s": 30,
        "idempotency": "idempotent",
        "retryable": True,
        "output_schema": {"type": "object"},
        "x-note": 1,
    },
    "hook": {
        "class_name": "Guard",
        "kwargs": {"limit": 3, "store": "@notes"},
        "order": 10,
        "enabled": False,
        "kind": "lep",
        "server": "serve",
        "command": ["serve"],
        "view": "full",
        "on_failure": "fail_closed",
        "x-note": 1,
    },
    "eval-case": {
        "$schema": "x.json",
        "id": "one",
        "description": "A case.",
        "notes": "Why it is here.",
        "task": {"goal": "greet"},
        "expected": ["Ada"],
        "marks": ["smoke"],
        "inputs": {"repo": "."},
        "script": "demo",
        "max_steps": 5,
        "x-note": 1,
    },
    "lock": {
        "format": 1,
        "digest": "0" * 64,
        "looplet": ">=1,<2",
        "cartridge": {"name": "git_detective", "schema_version": 2},
        "model": {"provider": "p", "name": "m"},
        "parents": [
            {"place": "../base.cartridge", "name": "base", "version": "1", "tree": "0" * 64},
        ],
        "python": {
            "requires": ["httpx>=0.27"],
            "requires_python": ">=3.11",
            "resolver": "pip",
            "resolved_for": {
                "implementation_name": "cpython",
                "platform_machine": "x86_64",
                "python_version": "3.11",
                "sys_platform": "linux",
            },
            "packages": [
                {
                    "name": "httpx",
                    "version": "0.27.0",
                    "marker": "os_name == 'posix'",
                    "url": "https://example.org/httpx-0.27.0-py3-none-any.whl",
                    "hashes": ["sha256:" + "0" * 64],
                }
            ],
        },
        "servers": {
            "docs": {
                "kind": "npm",
                "command": ["npx", "-y", "docs@1.0.0"],
                "cwd": "/srv",
                "env": ["TOKEN"],
                "packages": [{"name": "docs", "version": "1.0.0", "integrity": ["sha512-QQ=="]}],
            },
            "logs": {"kind": "program", "command": ["logs"], "starts": "logs"},
            "web": {"kind": "url", "url": "https://a.example/mcp"},
        },
        "agents": {"agents/a.cartridge": {"model": {}, "servers": {}}},
    },
}

WRONG: list[Any] = [
    None, True, "no", "false", "", -1, 0, 2.5, 3, "a b", "@ref", "${runtime.x}", [], ["a", "a"],
    [1], {}, {"a": 1}, {"x-a": 1},
]  # fmt: skip


def mutants(value: Any) -> Iterator[Any]:
    """`value` with one thing changed: a value replaced, a key dropped, misspelt or added."""
    for path in list(places(value)):
        for wrong in WRONG:
            yield changed(value, path, lambda home, step, wrong=wrong: put(home, step, wrong))
        if path:
            yield changed(value, path, lambda home, step: home.pop(step))
        if path and isinstance(path[-1], str):
            yield changed(value, path, lambda home, step: put(home, step + "e", home.pop(step)))
        inner = at(value, path)
        if isinstance(inner, dict):
            yield changed(value, (*path, "extra_key"), lambda home, step: put(home, step, 1))
        if isinstance(inner, list) and inner:
            index = len(inner)
            first = copy.deepcopy(inner[0])
            yield changed(value, (*path, index), lambda home, _, first=first: home.append(first))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    indices = range(len(value)) if isinstance(value, list) else ()
    for step in value if isinstance(value, dict) else indices:
        yield from places(value[step], (*path, step))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def put(home: Any, step: Any, value: Any) -> None:
    home[step] = value


def changed(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    whole = {"it": copy.deepcopy(value)}
    change(at(whole, ("it", *path)[:-1]), ("it", *path)[-1])
    return whole.get("it")


@pytest.fixture(params=sorted(SAMPLES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sample(kind: str) -> dict[str, Any]:
    return copy.deepcopy(SAMPLES[kind])


@pytest.fixture
def corpus(sample: dict[str, Any]) -> list[Any]:
    """The sample, its mutants, and things that are no file of any kind."""
    return [sample, *mutants(sample), {}, [], None, "text", 3, True, {"name": "a"}]

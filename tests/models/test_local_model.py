"""A model in a file: what is checked before it runs, its process, and how it answers."""

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gbnf import Grammar

from looplet.aio import async_composable_loop
from looplet.drivers import composable_loop
from looplet.models.errors import ModelError
from looplet.models.local import LocalBackend
from looplet.state import DefaultState
from looplet.tools import tools_from

STUB = Path(__file__).parent / "stub_llama"
HELLO = [{"role": "user", "content": "hello"}]
ADD = '{"tool": "add", "args": {"a": 1, "b": 2}}'
DONE = '{"tool": "done", "args": {"summary": "3}"}}'
REAL = os.environ.get("LOOPLET_GGUF")


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


TOOLS = tools_from([add], include_done=True)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a LocalBackend of a file that says what is answered; see stub_llama."""
    pytest.importorskip("openai")
    monkeypatch.setenv("PYTHONPATH", str(STUB))
    monkeypatch.syspath_prepend(str(STUB))
    made: list[LocalBackend] = []

    def make(*answers: str, **settings: Any) -> LocalBackend:
        path = tmp_path / "tiny.gguf"
        path.write_text("GGUF " + "\n".join(answers))
        made.append(LocalBackend(path, **settings))
        return made[-1]

    yield make
    for llm in made:
        llm.close()


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[Any]]:
    return lambda: [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()]


def listens(url: str) -> bool:
    port = int(url.split(":")[2].split("/")[0])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ends(url: str) -> bool:
    """Whether nobody listens there any more, within some seconds."""
    for _ in range(250):
        if not listens(url):
            return True
        time.sleep(0.02)
    return False


def address(llm: LocalBackend) -> str:
    llm.connect()
    assert llm._process is not None
    return llm._process.address(1)


# ── before it runs ────────────────────────────────────────────────────────────────────────────────


def refused(llm: LocalBackend) -> str:
    with pytest.raises(ModelError) as caught:
        llm.connect()
    assert caught.value.kind == "not_configured"
    return str(caught.value)


def test_a_missing_file_and_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "qwen-1.5b-q4.gguf").write_bytes(b"GGUF")
    said = refused(LocalBackend(tmp_path / "qwen-1.5b-q8.gguf"))
    assert said.startswith("there is no file ") and "qwen-1.5b-q8.gguf; did you mean " in said
    assert said.endswith(f"{tmp_path / 'qwen-1.5b-q4.gguf'}?")
    assert refused(LocalBackend(tmp_path / "zzz")).endswith("has qwen-1.5b-q4.gguf")
    assert "no such folder either" in refused(LocalBackend(tmp_path / "no" / "x.gguf"))
    assert "name the model's file" in refused(LocalBackend(tmp_path))


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    for content in (b"", b"GGU", b"PK\x03\x04 a zip", b"version https://git-lfs"):
        (tmp_path / "x.gguf").write_bytes(content)
        assert "is no GGUF file" in refused(LocalBackend(tmp_path / "x.gguf"))
    assert "cannot be read" in refused(LocalBackend("a\0b.gguf"))


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    llm = LocalBackend("~/m.gguf")
    assert (llm.path, llm.name) == (str(tmp_path / "m.gguf"), "local:m.gguf")


@pytest.mark.parametrize("package", ["xllamacpp", "openai"])
def test_a_missing_package(model: Any, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    from importlib import util

    found = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == package else found(name))
    said = refused(model(DONE))
    assert said == f"the {package} package is missing: pip install 'looplet[local]'"


@pytest.mark.parametrize("settings", [{"context_window": 0}, {"threads": -1}, {"threads": "2"}])
def test_settings_that_are_none(settings: Any) -> None:
    with pytest.raises(ValueError, match="is a whole number from 1"):
        LocalBackend("x.gguf", **settings)


# ── its process ───────────────────────────────────────────────────────────────────────────────────


def test_a_model_that_cannot_be_loaded_is_told_of_in_llamas_words(model: Any) -> None:
    with pytest.raises(ModelError) as caught:
        model("broken").connect()
    assert caught.value.kind == "server"
    said = str(caught.value)
    assert "tiny.gguf: llama.cpp cannot load the model: it ended with exit code 1" in said
    assert "unknown model architecture: 'abc'" in said and "\n  load: loading the model" in said


def test_a_model_that_takes_too_long_to_load(model: Any) -> None:
    llm = model("silent", start_timeout=0.3)
    with pytest.raises(ModelError, match=r"did not load the model within 0\.3 seconds") as caught:
        llm.connect()
    assert caught.value.kind == "timeout" and llm._process is None
    assert "\n  load: loading the model" in str(caught.value)


def test_close_ends_it_and_a_question_starts_it_again(model: Any) -> None:
    llm = model("hi")
    first = address(llm)
    assert listens(first)
    llm.close()
    assert not listens(first)
    llm.close()
    assert llm.generate(HELLO).text == "hi"
    with llm:
        second = address(llm)
    assert not listens(second)


def test_it_goes_with_the_last_reference(model: Any, tmp_path: Path) -> None:
    model("hi")
    llm: LocalBackend | None = LocalBackend(tmp_path / "tiny.gguf")
    assert llm is not None
    url = address(llm)
    llm = None
    gc.collect()
    assert ends(url)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit()"])
def test_it_goes_with_its_parent(model: Any, tmp_path: Path, end: str) -> None:
    model("hi")
    code = (
        "import os, signal, sys\n"
        "from looplet.models.local import LocalBackend\n"
        f"llm = LocalBackend({str(tmp_path / 'tiny.gguf')!r})\n"
        "llm.connect()\n"
        "print(llm._process.address(1), flush=True)\n"
        f"{end}\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert ran.stdout.startswith("http://127.0.0.1:"), ran.stderr
    assert ran.returncode == (-signal.SIGKILL if "KILL" in end else 0), ran.stderr
    assert ends(ran.stdout.strip())


def test_a_crash_is_an_error_and_the_next_question_starts_it_again(model: Any) -> None:
    llm = model("crash")
    with pytest.raises(ModelError) as caught:
        llm.generate(HELLO)
    assert caught.value.kind == "server"
    said = str(caught.value)
    assert "llama.cpp failed at an answer of local:tiny.gguf: it ended with SIGKILL" in said
    assert "GGML_ASSERT(false) failed" in said
    Path(llm.path).write_text("GGUF hi")
    assert llm.generate(HELLO).text == "hi"


# ── how it answers ────────────────────────────────────────────────────────────────────────────────


def test_a_question_is_asked_under_the_grammar_of_its_tools(model: Any, asked: Any) -> None:
    llm = model(ADD, threads=3, context_window=512)
    schemas = TOOLS.tool_schemas()
    reply = llm.generate(HELLO, tools=schemas, temperature=0.5, seed=7)
    (call,) = reply.tool_calls
    assert (call.tool, call.args, reply.text, reply.stop) == (
        "add",
        {"a": 1, "b": 2},
        "",
        "tool_calls",
    )
    assert reply.usage is not None and reply.usage.input_tokens == 9
    (request,) = asked()
    grammar = Grammar(request["grammar"])
    assert grammar.allows(ADD) and not grammar.allows('{"tool": "add", "args": {"a": 1}}')
    assert "- add: Add two numbers." in request["messages"][0]["content"]
    assert "tools" not in request and request["key"] is True
    assert (request["seed"], request["temperature"]) == (7, 0.5)
    assert (request["max_tokens"], request["n_ctx"], request["threads"]) == (2048, 512, 3)


def test_without_tools_it_says_what_it_likes(model: Any, asked: Any) -> None:
    reply = model("A summary.").generate("Sum it up", system_prompt="be brief", max_tokens=5)
    assert (reply.text, list(reply.tool_calls), reply.stop) == ("A summary.", [], "stop")
    (request,) = asked()
    assert "grammar" not in request and request["max_tokens"] == 5
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


def test_what_it_says_is_told_as_a_call(model: Any) -> None:
    told: list[Any] = []
    llm = model(DONE)
    llm.generate(
        HELLO, tools=TOOLS.tool_schemas(), report=lambda event, **data: told.append((event, data))
    )
    assert {event for event, _ in told} == {"model_delta"} and len(told) > 2
    assert {data["tool"] for _, data in told} == {"done"}
    assert "".join(data["arguments"] for _, data in told) == '{"summary": "3}"}'
    told.clear()
    llm.generate(HELLO, report=lambda event, **data: told.append((event, data)))
    assert "".join(data["text"] for _, data in told) == DONE


def test_no_proxy_is_asked(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert model("hi").generate(HELLO).text == "hi"


def test_a_run_through_both_drivers(model: Any, asked: Any) -> None:
    llm = model(ADD, ADD, DONE, ADD, ADD, DONE)
    steps = [step.to_dict() for step in composable_loop(llm, "add", TOOLS)]

    async def run() -> Any:
        return [step.to_dict() async for step in async_composable_loop(llm, "add", TOOLS)]

    other = asyncio.run(run())
    for step in (*steps, *other):
        step["tool_result"].pop("duration_ms")
    assert steps == other and [step["tool_call"]["tool"] for step in steps] == [
        "add",
        "add",
        "done",
    ]
    assert steps[2]["tool_result"]["data"] == {"summary": "3}"}
    requests = asked()
    assert len({request["grammar"] for request in requests}) == 1
    # What is sent again is sent as it was: llama.cpp keeps what it has read of it.
    for shorter, longer in pairwise(requests[:3]):
        assert longer["messages"][: len(shorter["messages"])] == shorter["messages"]
    assert [message["role"] for message in requests[2]["messages"]] == [
        *("system", "user", "assistant", "user", "assistant", "user")
    ]
    assert requests[2]["messages"][2]["content"] == ADD


def test_an_answer_that_was_cut_off_is_a_step_that_says_so(model: Any) -> None:
    llm = model("cut", DONE)
    first, second = composable_loop(llm, "add", TOOLS)
    assert "cut off" in str(first.tool_result.error) and second.tool_call.tool == "done"


def test_a_conversation_that_is_too_long(model: Any) -> None:
    with pytest.raises(ModelError) as caught:
        model("long", context_window=2048).generate(HELLO, tools=TOOLS.tool_schemas())
    assert caught.value.kind == "too_long" and caught.value.status == 400
    assert str(caught.value).startswith(
        "the conversation of 3030 tokens is longer than the context of local:tiny.gguf, 2048 tokens"
    )


def test_a_failure_ends_a_run_with_everything_so_far(model: Any) -> None:
    state = DefaultState(5)
    with pytest.raises(ModelError):
        list(composable_loop(model(ADD, "crash"), "x", TOOLS, state=state))
    assert state.stop_reason == "model_error" and state.step_count == 1


# ── with a real model ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not REAL, reason="LOOPLET_GGUF names no model")
def test_a_real_model_answers_with_calls_only() -> None:
    with LocalBackend(str(REAL), context_window=2048, threads=1) as llm:
        for question in ("What is 2 and 3?", "Tell me a story.", "Antworte auf Deutsch!"):
            messages = [{"role": "user", "content": question}]
            reply = llm.generate(
                messages, tools=TOOLS.tool_schemas(), temperature=1.5, max_tokens=300
            )
            if reply.stop == "length":
                continue  # it found no end; what it began was a call
            (call,) = reply.tool_calls
            assert TOOLS.dispatch(call).error is None

"""Which model is used: what was asked for, then the cartridge's, then the environment's."""

import os
from typing import Any

import pytest

from looplet.models.choose import PROVIDERS, model_from, ollama_url
from looplet.models.errors import ModelError
from looplet.models.local import LocalBackend


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in tuple(os.environ):
        if name.startswith(("OPENAI_", "ANTHROPIC_", "OLLAMA_", "LOOPLET_")):
            monkeypatch.delenv(name)
    return lambda **values: [monkeypatch.setenv(name, value) for name, value in values.items()]


def refused(*args: Any) -> str:
    with pytest.raises(ModelError) as caught:
        model_from(*args)
    assert caught.value.kind == "not_configured"
    return str(caught.value)


def chosen(*args: Any, **options: Any) -> str:
    """The class and the name of the model."""
    made = model_from(*args, **options)
    return f"{type(made).__name__} {made.name}"


OPENAI = {"OPENAI_API_KEY": "k", "OPENAI_MODEL": "of-env"}
ANTHROPIC = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_MODEL": "claude-of-env"}


def test_what_was_asked_for_goes_before_the_cartridge_and_that_before_the_environment(
    env: Any,
) -> None:
    env(**OPENAI, LOOPLET_MODEL="ollama:e")
    made_for = {"provider": "ollama", "name": "c", "temperature": 0}
    assert chosen("openai:flag", made_for) == "OpenAIBackend openai:flag"
    assert chosen(None, made_for) == "OpenAIBackend ollama:c"
    assert chosen(None, {"temperature": 0}) == "OpenAIBackend ollama:e"
    env(LOOPLET_MODEL="")
    assert chosen(None, {"temperature": 0}) == "OpenAIBackend openai:of-env"
    assert chosen() == "OpenAIBackend openai:of-env"


def test_each_provider(env: Any) -> None:
    env(**OPENAI, **ANTHROPIC)
    assert chosen("openai:a") == "OpenAIBackend openai:a"
    assert chosen("anthropic:a") == "AnthropicBackend anthropic:a"
    assert chosen("ollama:qwen3:4b") == "OpenAIBackend ollama:qwen3:4b"
    assert chosen("local:a/b.gguf") == "LocalBackend local:b.gguf"
    assert chosen("openai") == "OpenAIBackend openai:of-env"
    assert chosen("anthropic") == "AnthropicBackend anthropic:claude-of-env"
    assert {spec.partition(":")[0] for spec in ("openai", "anthropic", "ollama:", "local:")} == {
        *PROVIDERS
    }


def test_for_the_async_loop(env: Any) -> None:
    env(**OPENAI, **ANTHROPIC)
    assert chosen("openai:a", is_async=True) == "AsyncOpenAIBackend openai:a"
    assert chosen("anthropic:a", is_async=True) == "AsyncAnthropicBackend anthropic:a"
    assert chosen("ollama:a", is_async=True) == "AsyncOpenAIBackend ollama:a"
    assert chosen("local:a.gguf", is_async=True) == "LocalBackend local:a.gguf"


def test_the_environment_alone(env: Any) -> None:
    env(**ANTHROPIC)
    assert chosen() == "AnthropicBackend anthropic:claude-of-env"
    env(OPENAI_BASE_URL="http://127.0.0.1:9/v1", OPENAI_MODEL="m")
    assert chosen() == "OpenAIBackend openai:m"


def test_nothing_at_all_names_every_way() -> None:
    said = refused()
    assert said.startswith("no model is configured. Choose one:\n")
    for way in (
        *("--model openai:NAME", "--model anthropic:NAME", "--model ollama:NAME"),
        *("--model local:PATH.gguf", "--scripted", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"),
        *("OPENAI_BASE_URL", "LOOPLET_MODEL", "pip install 'looplet[local]'"),
    ):
        assert way in said
    assert max(map(len, said.splitlines())) <= 100
    assert refused(None, {"temperature": 0}) == said


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("opneai:gpt", "'opneai:gpt' names no provider; did you mean `openai:gpt`?"),
        ("antropic:x", "did you mean `anthropic:x`?"),
        ("OpenAI:x", "did you mean `openai:x`?"),
        ("olama:q", "did you mean `ollama:q`?"),
        ("locl:x.gguf", "did you mean `local:x.gguf`?"),
        ("qwen.gguf", "'qwen.gguf' names no provider; a file is `local:qwen.gguf`"),
        ("gpt-5", "'gpt-5' names no provider; choose one:\n  --model openai:NAME"),
        ("http://localhost:1", "names no provider; choose one"),
        ("", "'' names no provider; choose one"),
        (":x", "':x' names no provider; choose one"),
        ("local:", "which file? write `local:PATH.gguf`"),
        ("ollama:", "which model? write `ollama:NAME`"),
        ("openai:gpt", "openai:gpt needs OPENAI_API_KEY, or OPENAI_BASE_URL"),
        ("anthropic:c", "anthropic:c needs ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL"),
        ("openai", "set OPENAI_API_KEY and OPENAI_MODEL"),
    ],
)
def test_a_wrong_spec_says_what_to_write(spec: str, says: str, env: Any) -> None:
    assert says in refused(spec)
    if "needs" not in says and "set OPENAI" not in says:
        env(LOOPLET_MODEL=spec)
        assert spec == "" or says.partition("names")[2] in refused()


@pytest.mark.parametrize(
    ("made_for", "says"),
    [
        (
            {"provider": "openai", "name": "small-1"},
            "openai:small-1 needs OPENAI_API_KEY.*\nThe agent is made for this model; --model",
        ),
        ({"provider": "opnai"}, "made for a model of 'opnai'.* did you mean `openai`"),
        ({"provider": "acme", "name": "x"}, "'acme', and looplet knows none.*--model PROVIDER:"),
        ({"name": 5}, "model.name is a text, not 5"),
        ({"provider": ["openai"]}, "model.provider is a text"),
        ({"name": "${runtime.model}"}, r"the input `model` is missing.*--model"),
        ({"provider": "local"}, "which file"),
    ],
)
def test_a_cartridges_model_that_cannot_be_had(made_for: Any, says: str) -> None:
    import re

    assert re.search(says, refused(None, made_for), re.DOTALL)


def test_a_cartridge_names_a_model_and_not_where_it_is(env: Any) -> None:
    env(**OPENAI)
    made_for = {"name": "small-1", "extra": {"base_url": "http://evil.example"}}
    made = model_from(None, made_for)
    assert made.name == "openai:small-1" and made.base_url == "https://api.openai.com/v1"


def test_references_stand_for_the_callers_inputs() -> None:
    made_for = {"provider": "ollama", "name": "${runtime.model:-usual}"}
    assert chosen(None, made_for) == "OpenAIBackend ollama:usual"
    assert chosen(None, made_for, {"model": "mine"}) == "OpenAIBackend ollama:mine"


def test_settings_of_a_local_model(env: Any) -> None:
    env(LOOPLET_LOCAL_CONTEXT="4096", LOOPLET_LOCAL_THREADS="2")
    made = model_from("local:m.gguf")
    assert isinstance(made, LocalBackend)
    assert (made.context_window, made.threads) == (4096, 2)
    for text in ("0", "-1", "many", "1.5", "٣"):
        env(LOOPLET_LOCAL_THREADS=text)
        assert "LOOPLET_LOCAL_THREADS is a whole number from 1" in refused("local:m.gguf")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://localhost:11434/v1"),
        ("box", "http://box:11434/v1"),
        ("10.0.0.7:99", "http://10.0.0.7:99/v1"),
        (":99", "http://localhost:99/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("http://0.0.0.0:99", "http://127.0.0.1:99/v1"),
        ("[::]:99", "http://[::1]:99/v1"),
        ("https://box", "https://box:443/v1"),
        ("http://box/", "http://box:80/v1"),
        ("https://box:1/ollama/", "https://box:1/ollama/v1"),
    ],
)
def test_where_ollama_is(host: str, url: str, env: Any) -> None:
    assert ollama_url(host) == url
    env(OLLAMA_HOST=host)
    assert model_from("ollama:q").base_url == url


@pytest.mark.parametrize("host", ["a:b", "http://a:99999", "[::1"])
def test_an_address_that_is_none(host: str, env: Any) -> None:
    env(OLLAMA_HOST=host)
    assert "OLLAMA_HOST is no address" in refused("ollama:q")

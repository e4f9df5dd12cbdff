"""Which model is used: the one asked for, the one the agent is made for, or the environment's.

    model_from("local:qwen.gguf")       # openai:NAME, anthropic:NAME, ollama:NAME, local:PATH.gguf

An address or a key is never taken from a cartridge, only from the environment: or a cartridge could
send the key of whoever runs it to a server of its own.
"""

from __future__ import annotations

import os

from looplet.models.errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

PROVIDERS: Final = ("openai", "anthropic", "ollama", "local")

WAYS: Final = """\
  --model openai:NAME        a model of OpenAI; needs OPENAI_API_KEY. With OPENAI_BASE_URL, of any
                             server that speaks its protocol
  --model anthropic:NAME     a model of Anthropic; needs ANTHROPIC_API_KEY
  --model ollama:NAME        a model that Ollama serves, on this machine or at OLLAMA_HOST
  --model local:PATH.gguf    a file on this machine, run by llama.cpp: pip install 'looplet[local]'
  --scripted                 no model: the replies that the cartridge brings along
or name it in the environment: LOOPLET_MODEL=openai:NAME; or OPENAI_MODEL with OPENAI_API_KEY or
OPENAI_BASE_URL; or ANTHROPIC_MODEL with ANTHROPIC_API_KEY."""

_OLLAMA_PORT: Final = 11434


def model_from(
    spec: str | None = None,
    made_for: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    *,
    is_async: bool = False,
) -> Any:
    """The model to ask; its `connect()` shows what is missing before the first question.

    spec: what somebody asked for, `PROVIDER:NAME`; goes before everything else.
    made_for: the `model` of a cartridge. inputs: what references in it (`${runtime.x}`) stand for.
    is_async: whether it is for `async_composable_loop`, which takes the others too, in threads.

    Raises ModelError: `not_configured`, with the ways to get a model if there is none at all.
    """
    if spec is not None:
        return _backend(*_parts(spec, ""), is_async)
    if (named := _made_for(made_for, inputs)) is None:
        return _backend(*_in_environment(), is_async)
    try:
        return _backend(*named, is_async)
    except ModelError as error:
        raise ModelError(
            error.kind, f"{error}\nThe agent is made for this model; --model chooses another"
        ) from None


def _backend(provider: str, name: str, is_async: bool) -> Any:
    if provider == "local":
        return _local(name)
    if provider == "ollama":
        return _ollama(name, is_async)
    if provider == "anthropic":
        from looplet.models.anthropic import AnthropicBackend, AsyncAnthropicBackend

        backend: Any = AsyncAnthropicBackend if is_async else AnthropicBackend
    else:
        from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend

        backend = AsyncOpenAIBackend if is_async else OpenAIBackend
    prefix = provider.upper()
    if name and not any(os.environ.get(f"{prefix}_{what}") for what in ("API_KEY", "BASE_URL")):
        raise ModelError(
            "not_configured",
            f"{provider}:{name} needs {prefix}_API_KEY, or {prefix}_BASE_URL for another server "
            "of that protocol",
        )
    return backend.from_env(model=name or None)


# ── where it is named ─────────────────────────────────────────────────────────────────────────────


def _made_for(
    made_for: Mapping[str, Any] | None, inputs: Mapping[str, Any] | None
) -> tuple[str, str] | None:
    """What a cartridge says; None if it names neither a provider nor a model."""
    from looplet.references import Resolver

    resolver = Resolver(inputs or {})
    given = made_for or {}
    said = {key: resolver.resolve(given.get(key), f"model.{key}") for key in ("provider", "name")}
    if resolver.problems:
        raise ModelError(
            "not_configured", f"{resolver.problems[0]}; or choose a model with --model"
        )
    provider, name = said["provider"], said["name"]
    if provider is None and name is None:
        return None
    for key, value in said.items():
        if value is not None and not isinstance(value, str):
            raise ModelError("not_configured", f"model.{key} is a text, not {value!r:.80}")
    if provider is None:
        return "openai", name
    if provider not in PROVIDERS:
        raise ModelError(
            "not_configured",
            f"the agent is made for a model of {provider!r:.80}, and looplet knows none of that "
            f"name{_meant(provider, '')}; choose another with --model PROVIDER:NAME",
        )
    return provider, name or ""


def _in_environment() -> tuple[str, str]:
    """What the environment says. Raises ModelError if it says nothing."""
    if spec := os.environ.get("LOOPLET_MODEL"):
        return _parts(spec, "LOOPLET_MODEL: ")
    for provider in ("openai", "anthropic"):
        prefix = provider.upper()
        if os.environ.get(f"{prefix}_API_KEY") or os.environ.get(f"{prefix}_BASE_URL"):
            return provider, ""
    raise ModelError("not_configured", f"no model is configured. Choose one:\n{WAYS}")


def _parts(spec: str, where: str) -> tuple[str, str]:
    provider, colon, name = spec.strip().partition(":")
    if provider in PROVIDERS:
        return provider, name.strip()
    shown = f"{where}{spec.strip()[:200]!r}"
    if provider.endswith(".gguf"):
        why = f"{shown} names no provider; a file is `local:{provider}`"
    elif meant := _meant(provider, f":{name}" if colon else ":NAME"):
        why = f"{shown} names no provider{meant}"
    else:
        why = f"{shown} names no provider; choose one:\n{WAYS}"
    raise ModelError("not_configured", why)


def _meant(provider: str, rest: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(provider.lower(), PROVIDERS, 1)
    return f"; did you mean `{near[0]}{rest[:200]}`?" if near else ""


# ── on this machine ───────────────────────────────────────────────────────────────────────────────


def _local(path: str) -> Any:
    from looplet.models.local import LocalBackend

    if not path:
        raise ModelError("not_configured", "which file? write `local:PATH.gguf`")
    settings = {
        "context_window": _number("LOOPLET_LOCAL_CONTEXT"),
        "threads": _number("LOOPLET_LOCAL_THREADS"),
    }
    return LocalBackend(path, **{key: value for key, value in settings.items() if value})


def _number(variable: str) -> int | None:
    text = os.environ.get(variable) or None
    if text is not None and (not text.isascii() or not text.isdecimal() or not int(text)):
        raise ModelError("not_configured", f"{variable} is a whole number from 1, not {text!r:.80}")
    return None if text is None else int(text)


def _ollama(name: str, is_async: bool) -> Any:
    from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend

    if not name:
        raise ModelError(
            "not_configured", "which model? write `ollama:NAME`; `ollama list` shows what is there"
        )
    backend: Any = AsyncOpenAIBackend if is_async else OpenAIBackend
    base_url = ollama_url(os.environ.get("OLLAMA_HOST", ""))
    return backend(model=name, base_url=base_url, api_key="ollama", provider="ollama")


def ollama_url(host: str) -> str:
    """The address of Ollama's OpenAI-compatible API, for an OLLAMA_HOST as Ollama itself reads it.

    `host`, `host:port`, `:port`, each with or without `http://`; empty for this machine. Raises
    ModelError for what is no address.
    """
    from urllib.parse import urlsplit

    given = host.strip()
    scheme, _, rest = given.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError as error:
        raise ModelError(
            "not_configured", f"OLLAMA_HOST is no address: {given!r:.80}: {error}"
        ) from None
    # What a server listens at is no place to ask: 0.0.0.0 is every address of this machine.
    name = parts.hostname or "localhost"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    name = f"[{name}]" if ":" in name else name
    port = port or {"http": 80, "https": 443}.get(scheme, _OLLAMA_PORT)
    return f"{scheme or 'http'}://{name}:{port}{parts.path.rstrip('/')}/v1"


__all__ = ["PROVIDERS", "model_from", "ollama_url"]

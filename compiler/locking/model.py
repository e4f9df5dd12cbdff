"""The model that an agent is made for: what of it is locked, and whether another one was asked for.

A lock has the provider and the name as they are configured; what the provider serves under the name
nobody outside of it can pin.
"""

from __future__ import annotations

import re
from typing import Final

from looplet.compiler.locking.errors import Found
from looplet.preset import AgentPreset

_DATED: Final = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_KNOWN: Final = re.compile(r"(?:gpt|chatgpt|claude|o\d)-?")


def named(preset: AgentPreset) -> dict[str, str]:
    """The provider and the name, as far as config.yaml has them."""
    given = preset.config_values.get("model") or {}
    return {key: given[key] for key in ("name", "provider") if isinstance(given.get(key), str)}


def remarks(preset: AgentPreset) -> list[Found]:
    """A remark on a name that can come to mean another model."""
    given = named(preset)
    name, provider = given.get("name", ""), given.get("provider", "openai")
    if not name:
        why = ""  # whoever runs the agent chooses, and the lock says so
    elif "${" in name or name.startswith("@"):
        why = "its name is an input, so whoever runs the agent decides"
    elif "latest" in name.lower():
        why = f"`{name}` is whichever is the latest"
    elif provider == "ollama" and ":" not in name:
        why = f"`{name}` has no tag and means `{name}:latest`; write the tag"
    elif provider in ("openai", "anthropic") and _KNOWN.match(name) and not _DATED.search(name):
        why = f"`{name}` is an alias; a name with a date in it is one model"
    elif provider == "local":
        why = f"`{name}` is a file of the machine"
    else:
        why = ""
    facts = {"what": "the model", "why": why}
    return [Found("loosely", facts, "config.yaml", ("model", "name"))] if why else []


def shown(model: dict[str, str]) -> str:
    """A model as `--model` writes it."""
    if not model:
        return "none"
    return f"`{model.get('provider', 'openai')}:{model.get('name', '…')}`"


def other(locked: dict[str, str], spec: str) -> bool:
    """Whether `spec`, of `--model`, asks for another model than the one that is locked."""
    provider, _, name = spec.strip().partition(":")
    if not locked:
        return False
    if provider != locked.get("provider", "openai"):
        return True
    wanted = locked.get("name")
    return wanted is not None and "${" not in wanted and name.strip() != wanted


__all__ = ["named", "other", "remarks", "shown"]

"""An agent's memory: what goes into the first message besides the system prompt.

`memory/*.md` are texts and `memory/*.py` have `def load(state) -> str`, in the order of their
file names. `memory.long_term` in config.yaml names the file of the long-term memory
(`memory/long_term.md` if it names none), which comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looplet.link.namespace import Namespace
from looplet.preset import File, PresetError

LONG_TERM = "memory/long_term.md"
CHARACTERS_A_TOKEN = 4

Source = str | Callable[[Any], str]


def memory_of(
    files: Mapping[str, File], namespace: Namespace, settings: Mapping[str, Any]
) -> list[Source]:
    """The memory sources in `files`, as LoopConfig takes them.

    settings: `memory` of config.yaml. `include` names the files of `memory/` to use, in order,
    and leaves out the others; `max_tokens` cuts the whole.
    """
    paths = _paths(files, settings)
    sources = [_source(path, files[path], namespace) for path in paths]
    limit = settings.get("max_tokens")
    return [_cut(sources, limit)] if sources and limit is not None else sources


def source_from(value: Any, where: str) -> Source:
    """What an entry of `memory_sources` stands for: a text, or an object with `load(state)`."""
    if isinstance(value, str):
        return value
    load = getattr(value, "load", value)
    if callable(load):
        return load  # type: ignore[no-any-return]
    raise PresetError(f"{where}: a {type(value).__name__} is no text and has no `load(state)`")


def _paths(files: Mapping[str, File], settings: Mapping[str, Any]) -> list[str]:
    include, long_term = settings.get("include"), settings.get("long_term")
    if include is not None:
        paths = [name if name.startswith("memory/") else f"memory/{name}" for name in include]
    else:
        paths = sorted(
            path
            for path in files
            if path.startswith("memory/") and path.count("/") == 1 and path.endswith((".md", ".py"))
        )
        if LONG_TERM in paths:
            paths.remove(LONG_TERM)
            long_term = long_term or LONG_TERM
    if long_term is not None:
        paths = [*(path for path in paths if path != long_term), long_term]
    for path in paths:
        if path not in files:
            raise PresetError(f"config.memory: there is no file `{path}`")
    return paths


def _source(path: str, file: File, namespace: Namespace) -> Source:
    if path.endswith(".py"):
        return namespace.function(path, "load", "load(state)")
    return file.data.decode("utf-8-sig", "replace").strip()


def _cut(sources: list[Source], max_tokens: int) -> Source:
    limit = max_tokens * CHARACTERS_A_TOKEN

    def load(state: Any) -> str:
        texts = [source if isinstance(source, str) else str(source(state)) for source in sources]
        text = "\n\n".join([text for text in texts if text])
        return text if len(text) <= limit else f"{text[:limit]}\n[cut at {max_tokens} tokens]"

    return load


__all__ = ["Source", "memory_of", "source_from"]

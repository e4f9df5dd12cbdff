"""Prompts, word by word."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler.diff.changes import Change
from looplet.compiler.diff.textdiff import TextDiff, compare_texts
from looplet.compiler.diff.words import count, quote
from looplet.preset import AgentPreset


def compare_prompts(old: AgentPreset, new: AgentPreset) -> Iterator[Change]:
    """What changed in the prompts."""
    for name in sorted({*old.prompts, *new.prompts}):
        keys = ("prompts", name)
        was, now = old.prompts.get(name), new.prompts.get(name)
        said = f"prompt {quote(name)}"
        if was is None and now is not None:
            text = compare_texts("", now.text)
            yield Change("prompt-added", keys, f"{said} is new", text=text)
        elif now is None and was is not None:
            text = compare_texts(was.text, "")
            yield Change("prompt-removed", keys, f"{said} is gone", text=text)
        elif was is not None and now is not None:
            if was.text != now.text:
                text = compare_texts(was.text, now.text)
                message = f"{said}: {extent(text)}"
                yield Change("prompt-changed", (*keys, "text"), message, text=text)
            if was.template != now.template:
                kind = "a template" if now.template else "plain text, taken word for word"
                message = f"{said} is now {kind}"
                change = Change("prompt-template-changed", (*keys, "template"), message)
                yield change


def extent(text: TextDiff) -> str:
    """How much of a text changed: `3 lines more, 1 line less`."""
    if text.only:
        return f"only {text.only} differ"
    parts = []
    if text.added:
        parts.append(f"{count(text.added, 'line')} in")
    if text.removed:
        parts.append(f"{count(text.removed, 'line')} out")
    return ", ".join(parts) or "the byte order mark"


__all__ = ["compare_prompts", "extent"]

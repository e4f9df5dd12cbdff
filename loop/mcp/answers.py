"""What a server answers, as the result of a call: data for the model, the bytes for the host.

A model reads text, so pictures, sound and files are named to it; the blocks themselves are in
`metadata["content"]` of the result. Everything is bounded.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from looplet.types import ToolResult

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from looplet.types import ToolCall

MOST_CHARS = 1_000_000
"""Of one result; what is longer is cut, and says so."""
MOST_BASE64 = 10_000_000
"""Of what is kept for the host of one result."""


def result_of(call: ToolCall, answer: CallToolResult) -> ToolResult:
    """The result of `call`. An answer that is an error says `tool_error`."""
    blocks: list[Any] = []
    kept: list[dict[str, Any]] = []
    room = MOST_BASE64
    for block in answer.content:
        dumped = block.model_dump(mode="json", by_alias=True, exclude_none=True)
        words, size = _described(dumped)
        blocks.append(words)
        if size and size <= room:
            room -= size
            kept.append(dumped)
    if answer.is_error:
        why = "\n".join(part if isinstance(part, str) else json.dumps(part) for part in blocks)
        message = why or f"`{call.tool}` failed, and its server did not say why"
        return ToolResult.failure(call, "tool_error", _cut(message, 20_000))
    others = [part for part in blocks if not isinstance(part, str)]
    data: Any = answer.structured_content
    if data is None:
        data = blocks if others and len(blocks) > 1 else others[0] if others else "\n".join(blocks)
    elif others:
        data = {"structured": data, "content": others}
    result = ToolResult(call.tool, call.args, _bounded(data), call_id=call.call_id)
    if kept:
        result.metadata["content"] = kept
    return result


def _described(block: dict[str, Any]) -> tuple[Any, int]:
    """A block as the model reads it, and how many characters of base64 it holds."""
    kind = block["type"]
    if kind == "text":
        return block["text"], 0
    if kind in ("image", "audio"):
        size = len(block["data"])
        return {"type": kind, "mime_type": block.get("mimeType"), "bytes": size * 3 // 4}, size
    if kind == "resource":
        resource = block["resource"]
        if "text" in resource:
            return {"type": kind, "uri": resource["uri"], "text": resource["text"]}, 0
        size = len(resource["blob"])
        about = {"uri": resource["uri"], "mime_type": resource.get("mimeType")}
        return {"type": kind, **about, "bytes": size * 3 // 4}, size
    names = {"uri": "uri", "name": "name", "description": "description", "mimeType": "mime_type"}
    return {"type": kind} | {to: block[key] for key, to in names.items() if key in block}, 0


def _bounded(data: Any) -> Any:
    """`data`, or as much of its text as there is room for."""
    if isinstance(data, str):
        return _cut(data, MOST_CHARS)
    text = json.dumps(data, ensure_ascii=False)
    return data if len(text) <= MOST_CHARS else _cut(text, MOST_CHARS)


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[:most]}… (cut: {len(text) - most} characters more)"


__all__ = ["result_of"]

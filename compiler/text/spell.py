"""Values to YAML or JSON text: how a value is spelt where it is written for the first time."""

from __future__ import annotations

import json
import re
from typing import Any, Final, Literal

Language = Literal["yaml", "json"]

_PLAIN: Final = re.compile(r"[A-Za-z_/$][A-Za-z0-9_./()$+~^-]*(?: [A-Za-z0-9_./()$+~^&=-]+)*\Z")
# Words that YAML 1.1 or 1.2 read as something other than a text.
_TAKEN: Final = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", "inf", ".nan", ".inf"]
)
_NOT_RAW: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def scalar(value: Any, language: Language = "yaml", style: str = "") -> str:
    """One line for a text, number, truth value or nothing; `style` is the quote to prefer."""
    if not isinstance(value, str):
        return json.dumps(value, allow_nan=False)
    if language == "json" or style == '"':
        return double_quoted(value)
    if style == "'" and not _NOT_RAW.search(value):
        return "'" + value.replace("'", "''") + "'"
    if style == "" and is_plain(value):
        return value
    return double_quoted(value)


def is_plain(text: str) -> bool:
    """Whether every YAML reader takes `text`, unquoted, for this text."""
    return bool(_PLAIN.match(text)) and text.lower() not in _TAKEN and len(text) < 500


def double_quoted(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_RAW.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def flow(value: Any, language: Language = "yaml") -> str:
    """A value of any kind on one line."""
    if isinstance(value, dict):
        inner = ", ".join(
            f"{scalar(key, language)}: {_in_flow(item, language)}" for key, item in value.items()
        )
        return "{" + inner + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_in_flow(item, language) for item in value) + "]"
    return scalar(value, language)


def _in_flow(value: Any, language: Language) -> str:
    return flow(value, language)


def block(value: Any, indent: int = 0) -> list[str]:
    """A collection as the lines of a YAML block, indented by `indent` columns."""
    pad = " " * indent
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            lines += member(f"{pad}{scalar(key)}:", item, indent)
    else:
        for item in value:
            if isinstance(item, (dict, list, tuple)) and item:
                first, *rest = block(item, indent + 2)
                lines += [f"{pad}- {first[indent + 2 :]}", *rest]
            else:
                lines += member(f"{pad}-", item, indent)
    return lines


def member(head: str, value: Any, indent: int) -> list[str]:
    """The lines of `head` (a key and its colon, or a dash) with its value."""
    if isinstance(value, (dict, list, tuple)) and value:
        return [head, *block(value, indent + 2)]
    if isinstance(value, str) and (literal := literal_block(value, indent + 2)):
        return [f"{head} {literal[0]}", *literal[1:]]
    return [f"{head} {flow(value)}"]


def literal_block(text: str, indent: int) -> list[str] | None:
    """A text of several lines as a `|` block, or None when it would not come back the same."""
    body = text.rstrip("\n")
    tail = len(text) - len(body)
    lines = body.split("\n")
    if (
        "\n" not in text
        or not body
        or tail > 1
        or lines[0][:1] in (" ", "")
        or _NOT_RAW.search(text.replace("\n", "").replace("\t", ""))
        or any(line != line.rstrip() or line[:1] == "\t" for line in lines)
    ):
        return None
    pad = " " * indent
    return ["|" if tail else "|-", *(pad + line if line else "" for line in lines)]


def yaml_file(value: dict[str, Any]) -> str:
    """A mapping as a whole YAML file."""
    return "\n".join(block(value)) + "\n" if value else "{}\n"


def json_file(value: Any) -> str:
    """A value as a whole JSON file."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

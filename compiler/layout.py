"""Where things lie in a cartridge: the one place that knows the format's paths."""

from __future__ import annotations

import re
from typing import Final, Literal

Kind = Literal["cartridge", "config", "runtime", "tool", "hook", "eval-case", "lock"]
Code = Literal["tool", "short-tool", "hook", "resource", "memory", "collector", "grader", "script"]

MANIFEST: Final = "cartridge.json"
CONFIG: Final = "config.yaml"
RUNTIME: Final = "runtime.yaml"
SYSTEM: Final = "prompts/system.md"
TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")

_DOCUMENTS: Final = {MANIFEST: "cartridge", CONFIG: "config", RUNTIME: "runtime"}
_CODE: Final[tuple[tuple[re.Pattern[str], Code], ...]] = (
    (re.compile(r"tools/[^/]+/execute\.py\Z"), "tool"),
    (re.compile(r"tools/(?!_)[^/]+\.py\Z"), "short-tool"),
    (re.compile(r"hooks/[^/]+/hook\.py\Z"), "hook"),
    (re.compile(r"resources/(?!_)[^/]+\.py\Z"), "resource"),
    (re.compile(r"memory/(?!_)[^/]+\.py\Z"), "memory"),
    (re.compile(r"evals/collect_[^/]*\.py\Z"), "collector"),
    (re.compile(r"evals/eval_[^/]*\.py\Z"), "grader"),
    (re.compile(r"evals/scripts/[^/]+\.py\Z"), "script"),
)


def document_kind(path: str) -> Kind | None:
    """Which schema the file at `path` answers to; None for a file that has none."""
    if path in _DOCUMENTS:
        return _DOCUMENTS[path]  # type: ignore[return-value]
    parts = path.split("/")
    if len(parts) == 3:
        if parts[0] == "tools" and parts[2] == "tool.yaml":
            return "tool"
        if parts[0] == "hooks" and parts[2] == "config.yaml":
            return "hook"
        if parts[:2] == ["evals", "cases"] and parts[2].endswith(".json"):
            return "eval-case"
    return None


def code_kind(path: str) -> Code | None:
    """What the Python file at `path` is for; None for a helper."""
    if not path.endswith(".py"):
        return None
    return next((kind for pattern, kind in _CODE if pattern.match(path)), None)


def tool_of(path: str) -> str | None:
    """The tool that the file at `path` belongs to."""
    parts = path.split("/")
    if parts[0] != "tools" or len(parts) < 2:
        return None
    if len(parts) == 2:
        return parts[1][:-3] if code_kind(path) == "short-tool" else None
    return parts[1]


def is_script(path: str) -> bool:
    """Whether the file at `path` is a script of recorded replies in JSON."""
    return path.startswith("evals/scripts/") and path.endswith(".json") and path.count("/") == 2


def prompt_of(path: str) -> tuple[str, bool] | None:
    """The name of the prompt at `path`, and whether it is a template; None if it is no prompt."""
    if not path.startswith("prompts/"):
        return None
    if path.endswith(".md"):
        return path[8:-3], False
    if path.endswith(".md.jinja"):
        return path[8:-9], True
    return None


def prompt_path(name: str, template: bool) -> str:
    """The path of a prompt, the inverse of `prompt_of`."""
    return f"prompts/{name}.md" + (".jinja" if template else "")


def hook_number(folder: str) -> int | None:
    """The order that a hook's folder name gives: 10 of `10_Guard`."""
    digits = re.match(r"\d{1,9}(?=_|\Z)", folder)
    return int(digits.group()) if digits else None

"""`activate_skill`: the instructions of one skill, and, on demand, one of its files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from looplet.skills.library import OWN
from looplet.tools import ToolSpec

if TYPE_CHECKING:
    from looplet.builtin_tools.host import Host
    from looplet.skills import Skill

MAX_CHARS: Final = 40_000
"""So much of a text is given at once; `offset` reads on."""

PARAMETERS: Final = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "description": "The skill's name."},
        "file": {
            "type": "string",
            "minLength": 1,
            "description": "One of the skill's files, to read it instead of the instructions.",
        },
        "offset": {
            "type": "integer",
            "minimum": 0,
            "default": 0,
            "description": "The character to read on from, if a text was too long.",
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


def make(host: Host, *, paths: Any = ()) -> list[ToolSpec]:
    """The tool. `paths`, folders of installed skills, are in `host.skills` already."""

    def execute(*, name: str, file: str | None = None, offset: int = 0) -> dict[str, Any]:
        skill = host.skills[name]
        if file is not None:
            return {"skill": name, "file": file, **_part("text", skill.text(file), offset)}
        answer = {"skill": name, **_part("instructions", skill.instructions, offset)}
        if skill.files and not offset:
            answer["files"] = list(skill.files)
            if any(path.startswith("scripts/") for path in skill.files):
                # A script can only be run by its place on this machine.
                answer["folder"] = _folder(host, skill)
        return answer

    return [
        ToolSpec(
            "activate_skill",
            "Read the instructions of a skill, and then follow them. They may speak of files of "
            "the skill, which are listed; read one with `file` when you need it.",
            PARAMETERS,
            execute,
            concurrent_safe=True,
            idempotency="idempotent",
        )
    ]


def _part(key: str, text: str, offset: int) -> dict[str, Any]:
    part: dict[str, Any] = {key: text[offset : offset + MAX_CHARS]}
    if offset + MAX_CHARS < len(text):
        part["more"] = f"it goes on: offset={offset + MAX_CHARS} (of {len(text)} characters)"
    return part


def _folder(host: Host, skill: Skill) -> str:
    return skill.folder or os.path.join(host.root(), *OWN.split("/")[:-1], skill.name)


__all__ = ["make"]

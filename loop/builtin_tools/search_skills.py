"""`search_skills`: which skills there are for what has to be done, by name and description.

Only these two are told; the instructions of a skill are read when it is activated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from looplet.skills.search import search
from looplet.tools import ToolSpec

if TYPE_CHECKING:
    from looplet.builtin_tools.host import Host
    from looplet.context import ToolContext

PARAMETERS: Final = {
    "type": "object",
    "properties": {
        "query": {
            "type": "string",
            "minLength": 1,
            "description": "What has to be done, in a few words.",
        },
        "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
    },
    "required": ["query"],
    "additionalProperties": False,
}


def make(host: Host, *, paths: Any = ()) -> list[ToolSpec]:
    """The tool. `paths`, folders of installed skills, are in `host.skills` already."""

    def execute(ctx: ToolContext, *, query: str, limit: int) -> dict[str, Any]:
        library = host.skills
        found = search(library.skills.values(), query, limit)
        for problem in library.problems:
            ctx.warn(f"left out: {problem}")
        answer: dict[str, Any] = {
            "skills": [{"name": skill.name, "description": skill.description} for skill in found]
        }
        if not found:
            answer["hint"] = (
                f"none of the {len(library.skills)} skills has these words; try others, or do it "
                "without a skill"
            )
        return answer

    return [
        ToolSpec(
            "search_skills",
            "Find skills (instructions for special tasks) by what has to be done. Returns names "
            "and descriptions, the best first; read one with `activate_skill` before you begin.",
            PARAMETERS,
            execute,
            concurrent_safe=True,
            idempotency="idempotent",
        )
    ]


__all__ = ["make"]

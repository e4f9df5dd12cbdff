"""SkillActivation: the skills of an agent, told of in a line each, and in full when asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.types import ToolCall, ToolResult


class SkillActivation:
    """`skill_activation`: the model is told which skills there are, and gets the instructions of
    one when it asks for it with the tool `activate_skill`.

    skills: name → the text of its SKILL.md. manager: instead, an object with a `skills`, such as a
    SkillLibrary. The builtin tool `activate_skill` answers with the instructions itself; they are
    not said twice.
    """

    def __init__(self, *, skills: Mapping[str, Any] | None = None, manager: Any = None) -> None:
        if (skills is None) == (manager is None):
            raise ValueError("skill_activation needs either `skills` or a `manager`")
        given = manager.skills if skills is None else skills
        self.skills = {name: _skill(text) for name, text in given.items()}
        self.active: list[str] = []

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> str | None:
        self.active = []
        lines = [f"- {name}: {description}" for name, (description, _) in self.skills.items()]
        if not lines:
            return None
        return "Skills, each activated with `activate_skill`:\n" + "\n".join(lines)

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> str | None:
        name = tool_call.args.get("name")
        if tool_call.tool != "activate_skill" or tool_result.error is not None:
            return None
        if not isinstance(name, str) or name not in self.skills or name in self.active:
            return None
        self.active.append(name)
        if isinstance(tool_result.data, dict) and tool_result.data.get("instructions"):
            return None
        return f"The skill {name}:\n\n{self.skills[name][1]}"

    def save_state(self) -> dict[str, Any]:
        return {"active": [*self.active]}

    def restore_state(self, data: dict[str, Any]) -> None:
        self.active = list(data["active"])


def _skill(text: Any) -> tuple[str, str]:
    """Description and instructions of a Skill, or of the text of a SKILL.md, however written."""
    if not isinstance(text, str):
        return text.description, text.instructions
    head, body = "", text
    if text.startswith("---"):
        head, _, body = text[3:].partition("\n---")
    for line in head.splitlines():
        if line.startswith("description:"):
            return line[12:].strip().strip("\"'"), body.strip()
    return (body.strip().splitlines() or [""])[0].lstrip("# "), body.strip()

"""Agent Skills: folders of instructions that a model looks up when it needs them.

`frontmatter` reads what stands at the head of a SKILL.md, `skill` what a skill is, `library` finds
those that an agent has, `search` ranks them. The tools over them are in `looplet.builtin_tools`.
"""

from __future__ import annotations

from looplet.skills.library import SkillLibrary
from looplet.skills.skill import Skill, SkillError, read_skill

__all__ = ["Skill", "SkillError", "SkillLibrary", "read_skill"]

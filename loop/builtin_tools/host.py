"""What a builtin tool may ask of the agent that it is made for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from looplet.preset import AgentPreset
    from looplet.skills import SkillLibrary


class Host:
    """The agent behind a binding.

    preset: its data. entries: its `builtin_tools`, references resolved. root: gives the folder of
    its files on this machine, which may have to be written first.
    """

    def __init__(
        self, preset: AgentPreset, entries: Sequence[Any], root: Callable[[], str]
    ) -> None:
        self.preset = preset
        self.entries = entries
        self.root = root

    @cached_property
    def skills(self) -> SkillLibrary:
        """The skills that the agent has, in `skills/` and in folders that any entry names."""
        from looplet.skills import SkillLibrary

        paths = self._skill_paths()
        inside = any(not path.startswith(("/", "~")) for path in paths)
        return SkillLibrary(self.preset.files, paths, self.root() if inside else "")

    def _skill_paths(self) -> list[str]:
        from looplet.builtin_tools import named

        paths: list[str] = []
        for entry in self.entries:
            name, settings = named(entry)
            if name not in ("search_skills", "activate_skill"):
                continue
            given = settings.get("paths") or []
            if not isinstance(given, (list, tuple)) or not all(isinstance(p, str) for p in given):
                raise ValueError(f"the builtin tool `{name}`: `paths` is a list of folders")
            paths += [path for path in given if path not in paths]
        return paths


__all__ = ["Host"]

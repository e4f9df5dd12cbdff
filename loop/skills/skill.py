"""One Agent Skill: a folder with a SKILL.md, as the open specification has it.

skills/pdf-forms/
├── SKILL.md          name and description in front matter, then the instructions
├── scripts/ …        what the instructions speak of, read when it is needed
└── references/ …
"""

from __future__ import annotations

import re

from looplet.skills.frontmatter import FrontMatterError, read, split
from looplet.types import Record, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

SKILL_FILE: Final = "SKILL.md"
MAX_SKILL: Final = 1024 * 1024
"""Bytes of one SKILL.md; the specification recommends some 20 000."""
NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
MAX_NAME: Final = 64
MAX_DESCRIPTION: Final = 1024


class SkillError(ValueError):
    """A folder that is no skill, or a file of one that cannot be read; the message says why."""


class Skill(Record):
    """What a SKILL.md says, and the other files of its folder.

    name, description: what a model chooses by. instructions: the text behind the front matter.
    files: the paths of the others, relative to the folder, sorted. fields: all of the front matter.
    folder: where an installed skill is on this machine; empty for one of an agent's own.
    """

    __slots__ = ("_load", "description", "fields", "files", "folder", "instructions", "name")

    def __init__(
        self,
        name: str,
        description: str,
        instructions: str,
        files: tuple[str, ...] = (),
        fields: Mapping[str, Any] | None = None,
        load: Callable[[str], bytes] | None = None,
        folder: str = "",
    ) -> None:
        self.name = name
        self.description = description
        self.instructions = instructions
        self.files = files
        self.fields = dict(fields or {})
        self.folder = folder
        self._load = load

    def _values(self) -> tuple[tuple[str, Any], ...]:
        return tuple(pair for pair in super()._values() if pair[0] != "load")

    def text(self, path: str) -> str:
        """The text of one of `files`. Raises SkillError for any other path, and for what is none.

        Only a path that is listed is ever opened, so none leads out of the folder.
        """
        path = path.removeprefix("./")
        if path not in self.files or self._load is None:
            from looplet.calling import did_you_mean

            there = ", ".join(self.files[:20]) or "none"
            meant = did_you_mean(path, self.files)
            raise SkillError(f"the skill {self.name} has no file {path!r}{meant}; it has: {there}")
        try:
            return self._load(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise SkillError(f"{path} of the skill {self.name} is no text") from None


def read_skill(
    data: bytes,
    folder: str,
    files: tuple[str, ...] = (),
    load: Callable[[str], bytes] | None = None,
) -> Skill:
    """The skill whose SKILL.md has these bytes. Raises SkillError with what is wrong.

    folder: the name of its folder, which is the skill's.
    """
    if len(data) > MAX_SKILL:
        raise SkillError(f"{SKILL_FILE} has more than {MAX_SKILL} bytes")
    try:
        head, body = split(data.decode())
        fields = read(head)
    except UnicodeDecodeError:
        raise SkillError(f"{SKILL_FILE} is not UTF-8") from None
    except FrontMatterError as error:
        raise SkillError(f"{SKILL_FILE}, {error}") from None
    for wrong in (name_fault(fields.get("name"), folder), description_fault(fields)):
        if wrong is not None:
            raise SkillError(f"{SKILL_FILE}: {wrong}")
    return Skill(folder, fields["description"].strip(), body.strip(), files, fields, load)


def name_fault(name: object, folder: str) -> str | None:
    """What is wrong with the `name` of a skill in this folder; None if nothing is."""
    if name is None:
        return f"it has no `name`; write `name: {folder}`"
    if not isinstance(name, str):
        return f"the name is text, not `{name!r:.40}`; put it in quotes"
    if len(name) > MAX_NAME:
        return f"the name has {len(name)} characters; {MAX_NAME} is the most"
    if not NAME.match(name):
        return (
            f"`{printable(name, 80)}` is no name for a skill; write a-z, 0-9 and single `-` "
            "between them"
        )
    if name != folder:
        return f"the name is `{name}` and the folder `{folder}`; make them the same"
    return None


def description_fault(fields: Mapping[str, Any]) -> str | None:
    """What is wrong with the `description`; None if nothing is."""
    text = fields.get("description")
    if text is None:
        return "it has no `description`, by which a model chooses; say what it does and when"
    if not isinstance(text, str):
        return f"the description is text, not `{text!r:.40}`; put it in quotes"
    if not text.strip():
        return "the description is empty; say what the skill does and when it is of use"
    if len(text) > MAX_DESCRIPTION:
        return f"the description has {len(text)} characters; {MAX_DESCRIPTION} is the most"
    return None


__all__ = ["Skill", "SkillError", "read_skill"]

"""The skills that an agent has: its own, in `skills/`, and those of folders that it names.

Nothing of a named folder is read before somebody asks for a skill, and a folder that is not there
is no failure: what is installed differs from machine to machine. What could not be read is told.
"""

from __future__ import annotations

import os
from _thread import RLock

from looplet.skills.skill import MAX_SKILL, SKILL_FILE, Skill, SkillError, read_skill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

    from looplet.preset import File

OWN: Final = "skills/"
MAX_FILES: Final = 500
MAX_SKILLS: Final = 1000
MAX_FILE: Final = 16 * 1024 * 1024


class SkillLibrary:
    """Skills by name; an agent's own come before installed ones of the same name.

    files: the agent's, by posix path. paths: folders of this machine that hold skill folders.
    root: relative paths start there.

    May be asked from any thread. `problems` says what was left out, and why.
    """

    def __init__(
        self, files: Mapping[str, File], paths: Iterable[str] = (), root: str = ""
    ) -> None:
        self._files = files
        self._paths = list(paths)
        self._root = root
        self._skills: dict[str, Skill] | None = None
        self._lock = RLock()
        self.problems: list[str] = []

    @property
    def skills(self) -> Mapping[str, Skill]:
        """Every skill, by name, sorted; looked for once."""
        with self._lock:
            if self._skills is None:
                found: dict[str, Skill] = {}
                for path in self._paths:
                    found = {**self._installed(path), **found}
                found.update(self._own())
                self._skills = dict(sorted(found.items()))
            return self._skills

    def __getitem__(self, name: str) -> Skill:
        """The skill of that name. Raises SkillError, with what there is."""
        if name in self.skills:
            return self.skills[name]
        from looplet.calling import did_you_mean

        there = ", ".join(list(self.skills)[:40]) or "none"
        meant = did_you_mean(name, self.skills)
        raise SkillError(f"there is no skill {name!r:.80}{meant}; there are: {there}")

    def _own(self) -> Iterator[tuple[str, Skill]]:
        for folder, files in own_folders(self._files).items():
            if SKILL_FILE not in files:
                continue
            others = tuple(sorted(files.keys() - {SKILL_FILE}))
            try:
                yield folder, read_skill(files[SKILL_FILE], folder, others, files.__getitem__)
            except SkillError as error:
                self.problems.append(f"{OWN}{folder}: {error}")

    def _installed(self, path: str) -> dict[str, Skill]:
        place = os.path.join(self._root, os.path.expanduser(path))
        found: dict[str, Skill] = {}
        try:
            with os.scandir(place) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir())
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            self.problems.append(f"the folder of skills {path!r} cannot be read: {why}")
            return found
        for name in names[:MAX_SKILLS]:
            folder = os.path.realpath(os.path.join(place, name))
            if not os.path.isfile(os.path.join(folder, SKILL_FILE)):
                continue
            try:
                data = _read(folder, SKILL_FILE, MAX_SKILL)
                skill = read_skill(data, name, _files_of(folder), _Loader(folder))
                skill.folder = folder
                found[name] = skill
            except (OSError, SkillError) as error:
                self.problems.append(f"{os.path.join(path, name)}: {error}")
        return found


def own_folders(files: Mapping[str, File]) -> dict[str, dict[str, bytes]]:
    """The folders in `skills/` of an agent: of each, its files' bytes by path, sorted."""
    folders: dict[str, dict[str, bytes]] = {}
    for path in sorted(files):
        if path.startswith(OWN) and path.count("/") > 1:
            _, folder, rest = path.split("/", 2)
            folders.setdefault(folder, {})[rest] = files[path].data
    return folders


class _Loader:
    """Reads files of one installed skill."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, path: str) -> bytes:
        try:
            return _read(self.folder, path, MAX_FILE)
        except OSError as error:
            raise SkillError(f"{path} cannot be read: {error.strerror}") from None


def _read(folder: str, path: str, most: int) -> bytes:
    """The bytes of a regular file in `folder`; links may not lead out of it."""
    place = os.path.realpath(os.path.join(folder, *path.split("/")))
    if not place.startswith(folder + os.sep) or not os.path.isfile(place):
        raise SkillError(f"{path} is no file in the skill's folder")
    with open(place, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise SkillError(f"{path} has more than {most} bytes")
    return data


def _files_of(folder: str) -> tuple[str, ...]:
    """The files of an installed skill besides its SKILL.md; hidden ones are left out."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each[0] not in "._")
        for name in sorted(names):
            path = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
            if path != SKILL_FILE and name[0] != ".":
                found.append(path)
        if len(found) >= MAX_FILES:
            break
    return tuple(sorted(found[:MAX_FILES]))


__all__ = ["SkillLibrary", "own_folders"]

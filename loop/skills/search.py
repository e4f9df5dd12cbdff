"""Which skills a few words are about: by the words of their names and descriptions."""

from __future__ import annotations

import re
from math import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

    from looplet.skills.skill import Skill

_WORD: Final = re.compile(r"[^\W_]+")
# Words that say nothing of what a skill is about.
_STOP: Final = frozenset(
    _WORD.findall(
        "a an and are as at be by can do for from how i in is it me my of on or our please so that "
        "the this to use used we what when which with you your skill skills"
    )
)
_IN_NAME, _IN_DESCRIPTION, _BEGINNING = 3.0, 1.0, 0.5


def search(skills: Iterable[Skill], query: str, limit: int) -> list[Skill]:
    """The skills that have most of the query's words, the best first; those with none are left out.

    A word counts by how few skills have it, more in the name than in the description, and half
    where it only begins one or is begun by one (`form`, `forms`).
    """
    pool = [(skill, _words(skill.name), _words(skill.description)) for skill in skills]
    wanted = _words(query) - _STOP or _words(query)
    scores: dict[str, float] = {}
    for word in wanted:
        found = [
            (skill.name, worth)
            for skill, name, description in pool
            if (worth := _worth(word, name, description))
        ]
        rarity = log(1 + len(pool) / len(found)) if found else 0.0
        for name, worth in found:
            scores[name] = scores.get(name, 0.0) + worth * rarity
    best = [skill for skill, _, _ in pool if skill.name in scores]
    best.sort(key=lambda skill: (-scores[skill.name], skill.name))
    return best[:limit]


def _worth(word: str, name: frozenset[str], description: frozenset[str]) -> float:
    for words, weight in ((name, _IN_NAME), (description, _IN_DESCRIPTION)):
        if word in words:
            return weight
    for words, weight in ((name, _IN_NAME), (description, _IN_DESCRIPTION)):
        if any(_begins(word, other) for other in words):
            return weight * _BEGINNING
    return 0.0


def _begins(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return len(short) > 2 and long.startswith(short)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


__all__ = ["search"]

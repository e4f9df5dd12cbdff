"""The verdict on one name of a module, such as `os.path.exists`. Pure: a name in, words out.

Of the standard library and looplet it is known here; of any other module only the cartridge, or
the table of well-known packages, can tell.
"""

from __future__ import annotations

import sys
from typing import Final

from looplet.compiler.capabilities.standard import PARTS, PURE, SAME, TYPES, WHOLE

MAYBE: Final = "~"
"""Begins the name of a module that something may be: `x.os` of an `x` nobody knows."""

MORE: Final = ".…"
"""Ends a name that stands for all that is below it, where there were too many to follow."""

HOLDERS: Final = frozenset(
    [
        *("bltns", "builtins", "codecs", "importlib", "inspect", "io", "linecache", "operator"),
        *("os", "pathlib", "posix", "posixpath", "shutil", "string", "subprocess", "sys", "types"),
    ]
)
"""Modules that harmless ones use themselves: `json.codecs` is as good as `import codecs`."""

_NO_MORE: Final = ("Error", "Exception", "Expired", "timeout", "herror", "gaierror")
_STANDARD: Final = sys.stdlib_module_names | {"looplet"}


def is_standard(name: str) -> bool:
    """Whether `name` begins with a module whose verdicts are in the tables."""
    return name.partition(".")[0] in _STANDARD or name[:1] == MAYBE


def is_module(name: str) -> bool:
    """Whether a name of the standard library is that of a module, as far as the tables know."""
    name = name.lstrip(MAYBE)
    return name in PURE or name in WHOLE or name in PARTS or name in _STANDARD


def is_pure(name: str) -> bool:
    return name in PURE


def canonical(name: str) -> str:
    """The name that the tables have for a module."""
    if name in SAME:
        return SAME[name]
    top, dot, rest = name.partition(".")
    return SAME[top] + dot + rest if top in SAME else name


def below(name: str, attribute: str) -> str:
    """What `attribute` of the thing called `name` is called; "" for `name` asks for a guess."""
    if name.endswith(MORE):
        return name
    plain = attribute.lstrip("_")
    if plain in HOLDERS and not _listed(name, attribute):
        known = name and is_standard(name) and name[0] != MAYBE
        return ("" if known else MAYBE) + canonical("builtins" if plain == "bltns" else plain)
    return canonical(f"{name}.{attribute}") if name else ""


def _listed(name: str, attribute: str) -> bool:
    if f"{name}.{attribute}" in PURE or f"{name}.{attribute}" in WHOLE:
        return True
    return name in PARTS and (attribute in PARTS[name][1] or f"{name}.{attribute}" in PARTS)


def shortened(name: str, parts: int = 3) -> str:
    """A name with what is below its first parts left open."""
    plain = name.removesuffix(MORE).lstrip(".")
    dots = name[: len(name) - len(name.lstrip("."))]
    return dots + ".".join(plain.split(".")[:parts]) + MORE


def verdict_of(name: str, how: str) -> str:
    """The words on a name of the standard library.

    how: `import`; `call`; `type` in an annotation or for isinstance; `value` for any other use that
    gives it on; `store` where it is assigned to; `bind` where it only gets another name.
    """
    guess = name[:1] == MAYBE
    name = name.lstrip(MAYBE)
    if name.endswith(MORE):
        known = verdict_of(name.removesuffix(MORE), "value")
        return known or ("" if guess else "?entangled")
    if how in ("type", "import") and name in TYPES:
        return ""
    module, rest = _split(name)
    if not rest:
        return _of_module(module, how, guess)
    if how == "store":
        return _with("?rebound", "" if guess else _of_part(module, rest, guess))
    return _of_part(module, rest, guess)


def _split(name: str) -> tuple[str, str]:
    """The longest module that `name` begins with, and what is left."""
    module, rest = name, ""
    while not (module in PARTS or module in PURE or module in WHOLE):
        module, dot, last = module.rpartition(".")
        if not dot:
            top, _, rest = name.partition(".")
            return top, rest
        rest = f"{last}.{rest}" if rest else last
    return module, rest


def _of_module(module: str, how: str, guess: bool) -> str:
    if module in PURE or guess:
        return ""
    if how == "import":
        if module in PARTS:
            return ""
        return WHOLE.get(module, "?unlisted")
    return "?handed" if how in ("value", "type", "call") else ""


def _of_part(module: str, rest: str, guess: bool) -> str:
    """The words on `rest`, a name of `module` with what is below it."""
    first = rest.partition(".")[0]
    if module in PARTS:
        others, parts = PARTS[module]
        if first in parts:
            return parts[first]
        if guess:
            return ""
        if _private(first):
            return "?private"
        return others or _further(rest)
    if module in WHOLE:
        # The import has been said; a constant or an exception says no more.
        return "" if first.isupper() or first.endswith(_NO_MORE) else WHOLE[module]
    if module not in PURE:
        return "" if guess else "?unlisted"
    return "?private" if _private(first) and not guess else _further(rest)


def _further(rest: str) -> str:
    """The words on a name in which another module is named on the way: `message.utils.socket.x`."""
    names = [canonical(name.lstrip("_")) for name in rest.split(".")]
    for at, name in enumerate(names[:-1]):
        if name in WHOLE or name in PARTS:
            return verdict_of(".".join([name, *names[at + 1 :]]), "value")
    return ""


def _private(name: str) -> bool:
    return name[:1] == "_" and name[:2] != "__"


def _with(*verdicts: str) -> str:
    return " ".join(word for verdict in verdicts for word in verdict.split())


__all__ = [
    "HOLDERS",
    "MAYBE",
    "MORE",
    "below",
    "canonical",
    "is_module",
    "is_pure",
    "is_standard",
    "shortened",
    "verdict_of",
]

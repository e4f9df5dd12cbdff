"""The bytes of `cartridge.lock`: JSON that a person can review, of one spelling, with its digest.

The digest shows that somebody edited the file, or merged two branches of it; it is no signature.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.locking.errors import LockError
from looplet.preset import AgentPreset, canonical_json

if TYPE_CHECKING:
    from looplet.validation import Validator

LOCK: Final = "cartridge.lock"
FORMAT: Final = 1
MOST: Final = 4 * 1024 * 1024
AGAIN: Final = "write it again with `looplet-compile lock`"
_MARKS: Final = ("<<<<<<< ", ">>>>>>> ", "||||||| ")


def lock_of(preset: AgentPreset) -> bytes | None:
    """The lock that lies in a cartridge; a parent's is none of its own."""
    files = preset.layers[0].files if preset.layers else preset.files
    return files[LOCK].data if LOCK in files else None


def written(lock: Mapping[str, Any]) -> bytes:
    """The file of a lock: sorted, indented, with the digest of all the rest in it."""
    sealed = {**lock, "digest": digest_of(lock)}
    return (json.dumps(sealed, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def digest_of(lock: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON of everything but `digest`."""
    rest = {key: value for key, value in lock.items() if key != "digest"}
    return sha256(canonical_json(rest).encode()).hexdigest()


def read(data: bytes) -> dict[str, Any]:
    """The lock in the file `data`. Raises LockError for what is none, or was changed by hand."""
    if len(data) > MOST:
        raise LockError("unreadable", why=f"it has {len(data)} bytes, more than any lock; {AGAIN}")
    lock = _parsed(data)
    found = lock.get("format")
    if found != FORMAT or type(found) is not int:
        raise LockError("other_format", found=found, known=FORMAT)
    validator = _validator()
    if not validator(lock):
        message = validator.problems(lock, "the lock")[0].message
        raise LockError("unreadable", why=f"{message}; {AGAIN}")
    try:
        real = digest_of(lock)
    except (ValueError, RecursionError):
        real = ""
    if lock["digest"] != real:
        raise LockError(
            "unreadable",
            why="it was changed after it was written, by hand or in a merge: its `digest` is of "
            f"other contents; {AGAIN}",
        )
    return lock


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise LockError("unreadable", why=f"it is no text: {error.reason}; {AGAIN}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_MARKS):
            mark = line[:7]
            raise LockError(
                "unreadable",
                (number, 1),
                why=f"it has the marks of a merge (`{mark}`); take either side of each, then "
                "write it again with `looplet-compile lock`",
            )
    try:
        lock = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        why = f"it is no JSON: {error.msg[:1].lower()}{error.msg[1:]}; {AGAIN}"
        raise LockError("unreadable", (error.lineno, error.colno), why=why) from None
    except _Twice as error:
        raise LockError(
            "unreadable", why=f"it has the key `{error}` twice in one place; {AGAIN}"
        ) from None
    except (ValueError, RecursionError):
        raise LockError("unreadable", why=f"it is no JSON of a lock; {AGAIN}") from None
    if not isinstance(lock, dict):
        raise LockError("unreadable", why=f"it holds no mapping; {AGAIN}")
    return lock


class _Twice(Exception):
    """A mapping has a key twice, of which every reader takes another one."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _Twice(key.replace("`", "'")[:60])
        made[key] = value
    return made


def _no_constant(word: str) -> Any:
    raise ValueError(word)


@cache
def _validator() -> Validator:
    from importlib import import_module

    from looplet.validation import compile_schema

    (folder, *_) = import_module("looplet.schema").__path__
    with open(f"{folder}/lock.schema.json", encoding="utf-8") as file:
        return compile_schema(json.load(file))


__all__ = ["FORMAT", "LOCK", "digest_of", "lock_of", "read", "written"]

"""The trust file: whose keys count, and for which cartridges.

    {
      "keys": [
        {"key": "ssh-ed25519 AAAA… ada@example.org", "names": ["hello", "team-*"]},
        {"key": "ssh-ed25519 AAAA… bob@example.org", "names": ["*"], "valid_before": "2027-01-01"},
        {"key": "ssh-ed25519 AAAA…", "revoked": "was on a laptop that was stolen"}
      ],
      "trust": 1
    }

Who is not in it is a stranger, and without the file everybody is. It says what runs without a
question, so a mistake in it is an error and never a key less, and one that others can write is
refused.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from looplet.compiler.signing.errors import SigningError
from looplet.compiler.signing.keys import PublicKey, key_of_line
from looplet.compiler.signing.owned import others_write, user_folder
from looplet.compiler.signing.times import moment

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic

FORMAT: Final = 1
MOST_BYTES: Final = 1 << 20
_NAME: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-*?")


class TrustError(SigningError):
    """A trust file that cannot be used; the message names the file and the place in it.

    code: of the rule that it breaks.
    """

    def __init__(self, path: str, why: str, code: str = "CT775") -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why
        self.code = code

    @property
    def diagnostic(self) -> Diagnostic:
        """The same as a finding."""
        from looplet.compiler.signing.findings import finding

        return finding(self.code, self.path, "", self.why)


class TrustedKey(NamedTuple):
    """What a trust file says of a key. who: the comment of its line."""

    key: PublicKey
    who: str = ""
    names: tuple[str, ...] = ()
    valid_after: str = ""
    valid_before: str = ""
    revoked: str = ""


class Standing(NamedTuple):
    """What a key counts for one name, now: "trusted", "expired", "untrusted" or "revoked", and
    why it does not."""

    word: str
    why: str = ""
    who: str = ""


class Trust(NamedTuple):
    """A trust file, read. path: where from; "" for none."""

    path: str = ""
    keys: tuple[TrustedKey, ...] = ()

    def standing(self, key: PublicKey, name: str, now: str) -> Standing:
        """What a signature by `key` counts for the cartridge `name` at the moment `now`.

        A key that is revoked anywhere counts nowhere. Of several entries the best one is taken.
        """
        own = [each for each in self.keys if each.key == key]
        for each in own:
            if each.revoked:
                return Standing("revoked", f"its key was revoked: {each.revoked}", each.who)
        if not own:
            where = f"{self.path} does not name it" if self.path else "there is no trust file"
            return Standing("untrusted", f"its key is not known here: {where}")
        found = [_standing(each, name, now) for each in own]
        return min(found, key=lambda one: ("trusted", "expired", "untrusted").index(one.word))


def _standing(entry: TrustedKey, name: str, now: str) -> Standing:
    if not any(fnmatchcase(name, pattern) for pattern in entry.names):
        why = f"its key counts for {', '.join(entry.names)} only"
        return Standing("untrusted", why, entry.who)
    if entry.valid_before and now >= entry.valid_before:
        return Standing("expired", f"its key counted until {entry.valid_before}", entry.who)
    if now < entry.valid_after:
        return Standing("untrusted", f"its key counts from {entry.valid_after} on", entry.who)
    return Standing("trusted", "", entry.who)


def trust_path() -> str | None:
    """Where the user's own trust file is looked for; None where there is no home."""
    folder = user_folder("XDG_CONFIG_HOME", ".config")
    return os.path.join(folder, "trust.json") if folder else None


def read_trust(path: str | None = None) -> Trust:
    """The trust file at `path`, which has to be there; or the user's own, if there is one.

    Raises TrustError.
    """
    own = path is None
    place = trust_path() if path is None else path
    if place is None:
        return Trust()
    try:
        with open(place, "rb", opener=_not_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise TrustError(place, "it cannot be read: it is no file")
            writers = others_write(file.fileno(), place, own=own)
            data = b"" if writers else file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        if own and not os.path.islink(place):
            return Trust()
        if os.path.islink(place):
            raise TrustError(place, "it is a link that leads to nothing") from None
        raise TrustError(place, "there is no trust file of that name") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise TrustError(place, f"it cannot be read: {why}") from None
    if writers:
        raise TrustError(place, f"{writers}; whoever can decides who is trusted", "CT776")
    if len(data) > MOST_BYTES:
        raise TrustError(place, f"it has more than {MOST_BYTES} bytes")
    try:
        return Trust(place, _keys(_json(data)))
    except _Bad as error:
        raise TrustError(place, str(error)) from None


def _not_waiting(path: str, flags: int) -> int:
    """Opens without waiting for who would write into a named pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class _Bad(ValueError):
    pass


def _json(data: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise _Bad(f"{twice!r:.40} is there twice in one object")
        return value

    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=once)
    except _Bad:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Bad(f"it is no JSON at {where}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _Bad(f"it is no JSON: {str(error)[:80]}") from None


def _keys(document: Any) -> tuple[TrustedKey, ...]:
    keys, version = _object(document, "it", {"keys": list, "trust": int}, {})
    if version != FORMAT:
        raise _Bad(f"it is of format {version}, and this looplet reads {FORMAT}")
    return tuple(_entry(entry, f"keys[{index}]") for index, entry in enumerate(keys))


def _entry(entry: Any, where: str) -> TrustedKey:
    optional = {"names": list, "valid_after": str, "valid_before": str, "revoked": str}
    line, names, after, before, revoked = _object(entry, where, {"key": str}, optional)
    try:
        key = key_of_line(line)
    except SigningError as error:
        raise _Bad(f"{where}.key: {error}") from None
    who = " ".join(line.split()[2:])
    if revoked is not None:
        if len(entry) > 2:
            raise _Bad(f"{where}: a revoked key counts for nothing; leave only key and revoked")
        if not revoked.strip():
            raise _Bad(f"{where}.revoked: say in a few words why")
        return TrustedKey(key, who, revoked=revoked)
    if not names:
        raise _Bad(f'{where}.names: say for which cartridges it counts; ["*"] is all of them')
    for pattern in names:
        if not isinstance(pattern, str) or not pattern or not _NAME.issuperset(pattern):
            raise _Bad(
                f"{where}.names: {pattern!r:.40} is no name of a cartridge, and no pattern of "
                "such with * and ?"
            )
    dates = (_date(after, f"{where}.valid_after"), _date(before, f"{where}.valid_before"))
    if all(dates) and dates[0] >= dates[1]:
        raise _Bad(f"{where}: valid_before is not after valid_after, so it never counts")
    return TrustedKey(key, who, tuple(names), *dates)


def _date(text: str | None, where: str) -> str:
    try:
        return "" if text is None else moment(text)
    except SigningError as error:
        raise _Bad(f"{where}: {error}") from None


def _object(
    value: Any, where: str, required: Mapping[str, type], optional: Mapping[str, type]
) -> list[Any]:
    """The members of an object in the order of the two tables; None for an optional one."""
    known = {**required, **optional}
    if not isinstance(value, dict):
        raise _Bad(f"{where} is {_kind(value)}, not an object with {', '.join(known)}")
    for name in value:
        if name not in known:
            _unknown(where, name, known)
    for name in required:
        if name not in value:
            raise _Bad(f"{where} has no {name!r}")
    for name, kind in known.items():
        if name in value and type(value[name]) is not kind:
            due = {list: "a list", str: "a text", int: "a whole number"}[kind]
            raise _Bad(f"{where}: {name} is {_kind(value[name])}, not {due}")
    return [value.get(name) for name in known]


def _unknown(where: str, name: str, known: Mapping[str, type]) -> NoReturn:
    from looplet.compiler.suggest import closest

    near = closest(name, known)
    hint = f"did you mean {near!r}?" if near else f"it takes {', '.join(known)}"
    raise _Bad(f"{where}: there is no {name!r:.40}; {hint}")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    names = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return names[type(value)]


__all__ = ["Standing", "Trust", "TrustError", "TrustedKey", "read_trust", "trust_path"]
